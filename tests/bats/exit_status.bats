#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Exit status, standard error, full disks and closed pipes.

load world

setup()
{
	world_open
	actor a shmget key=0x2a
}

teardown()
{
	world_close
}

# to_full COMMAND…: standard output is a disk that is full.
to_full()
{
	in_world sh -c 'exec "$@" >/dev/full' sh "$IPCTOP" "$@"
}

@test "status: 0 when done, also when not everything could be seen" {
	world_public
	actor_outside b shm_open name=f size=1
	run -0 ipctop list
	run -0 ipctop --json
	run -0 ipctop --batch -n 1
	run -0 ipctop_as_nobody --json
	assert_equal "$(jq .complete <<<"$output")" false
}

@test "status: 1 for a name that does not exist" {
	run -1 --separate-stderr ipctop show shm:4711
	assert_output ""
	assert_equal "$stderr" "ipctop: shm:4711: no such object"
}

@test "status: 2 for wrong usage, on stderr only, with a word on where help is" {
	local words
	for words in "frobnicate" "list --bogus" "list -o" "show" "list -o bogus" "--json extra" \
		"help bogus" "--batch -n x" "list -Z" "--frobnicate" "-q" "list --snapshot"; do
		# shellcheck disable=SC2086 # words
		run -2 --separate-stderr ipctop $words
		assert_output ""
		assert_regex "$stderr" '^ipctop: '
	done
}

# means WORDS HINT
means()
{
	# shellcheck disable=SC2086 # words
	run -2 --separate-stderr ipctop $1
	assert_regex "${stderr,,}" "did you mean '$2'\?"
}

@test "status: what was probably meant is said: commands, options, columns, names of other tools" {
	means lst "ipctop list"
	means --jsno "ipctop --json"
	means shm "ipctop list shm"
	means shm:7 "ipctop show shm:7"
	means "list --srot=size" --sort
	means "list -o naem" name
	means "list -x sise" size
	means "list -Q naem==1" name
	means "show /dev/shm/sub/f@1" 'posix-shm:/sub/f\\x401'
	means "show 7" shm:7
	run -2 ipctop frobnicate
	refute_output --partial "mean"
	run -2 ipctop show /dev/shm/
	refute_output --partial "mean"
}

@test "status: the example of a filter in the help is one that the command takes" {
	local command
	local -a once
	for command in list maps --json --batch; do
		once=()
		[ "$command" != --batch ] || once=(-n 1)
		run -0 ipctop help "$command"
		[[ ${output//$'\n'+( )/ } =~ "as in '"([^\']+)"'" ]] || fail "no example: $output"
		run -0 ipctop "$command" -Q "${BASH_REMATCH[1]}" "${once[@]}"
	done
}

@test "status: no line of the help is longer than a terminal is wide" {
	local words
	for words in help "help list" "help show" "help maps" "help --json" "help --batch"; do
		# shellcheck disable=SC2086 # words
		run -0 ipctop $words
		refute_line --regexp '^.{81}'
	done
}

@test "status: 2 without a command where there is no terminal, naming what there is" {
	run -2 --separate-stderr ipctop
	assert_output ""
	assert_regex "$stderr" "--json"
	assert_regex "$stderr" "--batch"
	assert_regex "$stderr" "list"
}

@test "status: 0 for help and version, on stdout" {
	run -0 --separate-stderr ipctop --help
	assert_output --partial "Usage: ipctop"
	assert_equal "$stderr" ""
	run -0 ipctop help
	run -0 ipctop --version
	assert_output --regexp '^ipctop [0-9]+\.[0-9]+'
	local command
	for command in list show maps help; do
		run -0 ipctop help "$command"
		assert_output --partial "Usage: ipctop $command"
	done
	run -0 ipctop help help
	assert_output $'Usage: ipctop help [COMMAND]\n\nThis help, or the options of a command.'
	for command in list show maps; do
		run -0 ipctop "$command" --help
		assert_output --partial "Usage: ipctop $command"
	done
	run -0 ipctop --json --help
	run -0 ipctop --batch --help
}

@test "status: 1 on a full disk, whatever is written" {
	look
	local words
	for words in list "list -J" "list -r" "list -P" --json --json-schema "--batch -n 1" \
		"show shm:${FACT[a.id]}" "show -J shm:${FACT[a.id]}" "maps ${FACT[a.pid]}" --help \
		--version "help list" "list --by user" "--json --snapshot $DOC"; do
		# shellcheck disable=SC2086 # words
		run -1 to_full $words
		assert_output --partial "ipctop: "
		assert_output --partial "No space left on device"
		assert_equal "${#lines[@]}" 1
	done
}

@test "status: a closed pipe ends silently" {
	actor many shm_count name=x count=3000 size=1
	local words
	for words in list "list -J" "list -r" --json "--batch -n 1000 -d 0"; do
		# shellcheck disable=SC2086 # words
		run -0 --separate-stderr in_world bash -c '"$@" | head -n 1; [ "${PIPESTATUS[0]}" = 141 ]' \
			bash "$IPCTOP" $words
		assert_equal "$stderr" ""
	done
}

@test "status: closed standard output is a failure, and no other file is written to" {
	run -1 in_world sh -c 'exec "$@" >&-' sh "$IPCTOP" list
	run -1 in_world sh -c 'exec "$@" >&-' sh "$IPCTOP" --json
}

@test "status: no file takes the place of a closed standard error, or input" {
	need_command strace
	run in_world env ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=openat,open,openat2 -o /dev/shm/calls \
		sh -c 'exec "$@" 2>&- <&-' sh "$IPCTOP" rm shm:999999
	assert_failure 1
	run -0 in_world grep -E ' = [02]$' /dev/shm/calls
	# what the dynamic linker opened is closed again
	assert_equal "$(tail -n 2 <<<"$output" | grep -c /dev/null)" 2
	run -1 --separate-stderr in_world sh -c 'exec "$@" <&-' sh "$IPCTOP" list --snapshot -
	assert_regex "$stderr" "Bad file descriptor"
}

@test "status: -- ends the options" {
	run -0 ipctop list -n -o name -- shm
	assert_output "shm:${FACT[a.id]}"
	run -2 ipctop show -- -n
}

@test "status: a mistake in the configuration stops with file and line" {
	configure "grace 5m" "graze 10m"
	run --separate-stderr ipctop list
	refute [ "$status" = 0 ]
	assert_regex "$stderr" '^ipctop: .*ipctop\.conf:2: '
	assert_output ""
	configure 'family broken "(" held'
	run --separate-stderr ipctop list
	refute [ "$status" = 0 ]
	assert_regex "$stderr" 'ipctop\.conf:1: '
}

@test "status: signals end it, and nothing stays behind" {
	ipctop --batch -d 0.05 >"$BATS_TEST_TMPDIR/frames" 3>&- &
	local job=$!
	until_true grep -q "shm:${FACT[a.id]}" "$BATS_TEST_TMPDIR/frames"
	in_world pkill -TERM -x ipctop
	wait $job || [ $? = 143 ]
	run -1 in_world pgrep -x ipctop
}
