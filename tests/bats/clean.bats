#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# clean, option by option: what each chooses, spares and says, and every exit status.

load cleaning
load halted

setup()
{
	world_open --steady
}

teardown()
{
	world_close
}

# leaks NAME…: a file each, the first the oldest by a second and more.
leaks()
{
	local name
	for name; do
		[ "$name" = "$1" ] || until_true seconds_after "$((EPOCHSECONDS + 1))"
		leak_file "$name"
	done
}

# there NAME…: just these are in /dev/shm.
there()
{
	assert_equal "$(in_world ls -A /dev/shm | tr '\n' ' ')" "$(printf '%s ' "$@" | sed 's/^ $//')"
}

# results [OPTION…]: "name result" of each, in the order of names.
results()
{
	ipctop clean --older-than 0 --json "$@" >"$DOC"
	jq -r '.acts | sort_by(.name)[] | "\(.name) \(.result)"' "$DOC"
}

@test "clean: without --yes and without a terminal: the plan, and nothing else" {
	leak_file file 8192
	in_world sh -c 'head -c 8192 /dev/zero >/dev/shm/file'
	leak seg shmget key=0x1234
	actor held shm_open name=held size=4096

	run -0 --separate-stderr ipctop clean --older-than 0
	assert_line --index 0 --regexp '^NAME +ALLOCATED USER +AGE REASON$'
	assert_line --regexp '^posix-shm:/file +8K root +[0-9]+s nobody holds it, last used '
	assert_line --regexp "^shm:${FACT[seg.id]} +0B root +[0-9]+s nobody holds it, its creator ${FACT[seg.pid]} is gone"
	assert_line '2 objects, 8K would come back'
	[ ${#lines[@]} = 4 ] || fail "$output"
	assert_equal "$stderr" ''
	there file held
	segment_there "${FACT[seg.id]}"
}

@test "clean: --yes removes just what the plan has" {
	leak_file file
	leak seg shmget
	leak sem sem_open name=/s
	actor held shm_open name=held size=4096
	ipctop clean --older-than 0 -r -n -o name | sort >"$BATS_TEST_TMPDIR/planned"

	run -0 ipctop clean --older-than 0 --yes --json
	diff <(jq -r '.acts[].name' <<<"$output" | sort) "$BATS_TEST_TMPDIR/planned"
	assert_equal "$(jq -r '[.acts[].result] | unique[]' <<<"$output")" removed
	there held
	segment_gone "${FACT[seg.id]}"
}

@test "clean: --yes tells little, -v tells of each" {
	leak_file one
	run -0 ipctop clean --older-than 0 --yes
	assert_output '1 removed; 0B came back'
	leak_file one
	in_world sh -c 'head -c 4096 /dev/zero >/dev/shm/one'
	leak_file two
	run -0 ipctop clean --older-than 0 --yes
	assert_output '2 removed; 4K came back'
	leaks one two
	run -0 ipctop clean --older-than 0 --yes -v --max-remove 1
	assert_line 'posix-shm:/one: removed, 0B came back'
	assert_line 'posix-shm:/two: kept: beyond the 1 that may go at once'
	assert_line '1 removed, 1 kept; 0B came back'
	[ ${#lines[@]} = 3 ] || fail "$output"
}

@test "clean: --dry-run wins over --yes, also on a terminal" {
	leak_file file
	run -0 ipctop clean --older-than 0 --yes --dry-run
	assert_line '1 object, 0B would come back'
	run -0 on_terminal -- clean --older-than 0 --dry-run
	assert_line '1 object, 0B would come back'
	refute_output --partial '[y/N]'
	there file
}

@test "clean: on a terminal: the plan and a question; y, Y and yes remove" {
	local answer
	for answer in 'y\n' 'Y\n' 'yes\n'; do
		leak_file file
		run -0 on_terminal "$answer" -- clean --older-than 0
		assert_line --index 0 --regexp '^NAME '
		assert_line --index 1 --regexp '^posix-shm:/file '
		assert_line --index 2 '1 object, 0B would come back'
		assert_line --index 3 --regexp '^Go on with 1 object, 0B\? \[y/N\] [yY]'
		assert_line --index 4 '1 removed; 0B came back'
		file_gone file
	done
}

@test "clean: on a terminal: n, an empty line, an end of input and anything else change nothing" {
	local answer
	leak_file file
	for answer in 'n\n' '\n' '\x04' 'no\n' ' y\n' 'maybe, the day after tomorrow: yes\n'; do
		run -0 on_terminal "$answer" -- clean --older-than 0
		assert_line 'nothing was changed'
		file_there file "${FACT[leak.file.ino]}"
	done
}

@test "clean: on a terminal: ^C at the question ends it by the signal, and changes nothing" {
	leak_file file
	run -130 on_terminal '\x03' -- clean --older-than 0
	assert_output --partial '[y/N] '
	file_there file "${FACT[leak.file.ino]}"
}

@test "clean: on a terminal: --yes asks nothing, and where nothing is to be done neither is asked" {
	leak_file file
	run -0 on_terminal -- clean --older-than 0 --yes
	assert_output '1 removed; 0B came back'
	file_gone file
	run -0 on_terminal -- clean --older-than 0
	assert_output 'nothing is stale'
	leak_file file
	run -0 on_terminal -- clean --older-than 0 --max-remove 0
	assert_line 'nothing was changed'
	refute_output --partial '[y/N]'
}

@test "clean: nothing is stale, and nothing of what was chosen" {
	actor held shm_open name=held size=4096
	run -0 ipctop clean --older-than 0
	assert_output 'nothing is stale'
	run -0 ipctop clean --older-than 0 --yes
	assert_output 'nothing is stale'
	local choice
	for choice in --kind=posix-shm --user=nobody '--filter=size > 0' --min-size=1; do
		run -0 ipctop clean --older-than 0 "$choice"
		assert_output 'nothing of what you chose is stale'
	done
	for choice in --raw --pairs; do
		run -0 ipctop clean --older-than 0 $choice
		assert_output ''
	done
	for choice in --yes --dry-run --check; do
		run -0 ipctop clean --older-than 0 --json $choice
		assert_equal "$(jq -c '[keys, .acts]' <<<"$output")" '[["acts","schema"],[]]'
	done
}

@test "clean: --older-than, in all its units" {
	leak_file file
	local age
	for age in 3600 60m 1h 1d 1w 1h30m; do
		run -0 ipctop clean --older-than $age
		assert_output 'nothing is stale'
	done
	for age in 0 0s 0m 0h 0d 0w; do
		run -0 ipctop clean --older-than $age
		assert_line --regexp '^posix-shm:/file '
	done
	until_true seconds_after "$((EPOCHSECONDS + 1))"
	for age in 1 1s; do
		run -0 ipctop clean --older-than $age
		assert_line --regexp '^posix-shm:/file '
	done
	for age in x '' -1 1y; do
		run -2 ipctop clean --yes --older-than "$age"
		assert_line --index 0 "ipctop: '$age' is not a duration such as 90s, 4h or 2d"
	done
	there file
}

@test "clean: --user by name, by number, several" {
	leak_file root
	leak_file nobody
	leak_file other
	leak_file third
	in_world sh -c 'cd /dev/shm && chown 65534 nobody && chown 4711 other && chown 4712 third'

	assert_equal "$(results -u nobody)" 'posix-shm:/nobody planned'
	assert_equal "$(results --user 4711)" 'posix-shm:/other planned'
	assert_equal "$(results --user nobody,4711)" $'posix-shm:/nobody planned\nposix-shm:/other planned'
	run -0 ipctop clean --older-than 0 --yes -u 4711 -u nobody
	there root third
	run -0 ipctop clean --older-than 0 --yes -u root
	there third
}

@test "clean: --user: one that does not exist is an error, not an empty choice" {
	leak_file file
	run -2 ipctop clean --older-than 0 --yes -u no-such-user
	assert_output 'ipctop: no-such-user: no such user'
	run -2 ipctop clean --older-than 0 --yes -u root,no-such-user
	assert_output 'ipctop: no-such-user: no such user'
	local list
	for list in '' 'root,' ',root'; do
		run -2 ipctop clean --older-than 0 --yes -u "$list"
		assert_line --index 0 'ipctop: a user has a name or a number, and there is none'
	done
	there file
}

@test "clean: --kind, one, several, with commas and without" {
	leak_file file
	leak sem sem_open name=/s
	leak seg shmget
	local segment="shm:${FACT[seg.id]} planned"

	assert_equal "$(results -k shm)" "$segment"
	assert_equal "$(results --kind posix-sem,shm)" "posix-sem:/s planned
$segment"
	assert_equal "$(results -k posix-sem -k posix-shm)" $'posix-sem:/s planned\nposix-shm:/file planned'
	assert_equal "$(results -k memfd)" ''
	run -2 ipctop clean --older-than 0 --yes --kind shm,nothing
	assert_line --index 0 --regexp '^ipctop: nothing: no such kind; there are shm, sem, msg, posix-shm, '
	run -0 ipctop clean --older-than 0 --yes --kind posix-sem
	there file
	segment_there "${FACT[seg.id]}"
}

@test "clean: --filter chooses further, among what is stale alone" {
	leak_file small
	leak_file large 1M
	actor held shm_open name=held size=1M
	leak seg shmget size=1M
	leak_file nobodys 1M
	in_world chown nobody /dev/shm/nobodys

	assert_equal "$(results -Q 'size >= 1M' -k posix-shm -u root)" 'posix-shm:/large planned'
	assert_equal "$(results -Q 'name =~ "held"')" ''
	run -0 ipctop clean --older-than 0 --yes -Q 'size >= 1M' -k posix-shm -u root
	there held nobodys small
	segment_there "${FACT[seg.id]}"
}

@test "clean: --filter: an error points at the column, and nothing is removed" {
	leak_file file
	run -2 ipctop clean --older-than 0 --yes -Q 'size > > 3'
	assert_line --index 0 "ipctop: filter: column 8: expected a value after '>'"
	assert_line --index 1 '  size > > 3'
	assert_line --index 2 '         ^'
	# columns of results are none of objects
	run -2 ipctop clean --older-than 0 --yes -Q 'result == "removed"'
	assert_line --index 0 --regexp '^ipctop: filter: column 1: '
	there file
}

@test "clean: --min-size, with suffixes" {
	leak_file a 1K
	leak_file b 1M
	leak_file c 2M
	assert_equal "$(results --min-size 1048577)" 'posix-shm:/c planned'
	assert_equal "$(results --min-size 1M)" $'posix-shm:/b planned\nposix-shm:/c planned'
	assert_equal "$(results --min-size 2MB)" 'posix-shm:/c planned'
	assert_equal "$(results --min-size 1KiB | wc -l)" 3
	assert_equal "$(results --min-size 0 | wc -l)" 3
	local size
	for size in 12Q big '' -1; do
		run -2 ipctop clean --older-than 0 --yes --min-size "$size"
		assert_line --index 0 "ipctop: '$size' is not a size such as 4096, 64M or 2GiB"
	done
	run -0 ipctop clean --older-than 0 --yes --min-size 2M
	there a b
}

@test "clean: --keep-newest leaves the youngest, and says so" {
	leaks one two three
	assert_equal "$(results --keep-newest 2)" 'posix-shm:/one planned
posix-shm:/three kept
posix-shm:/two kept'
	assert_equal "$(jq -r '.acts[] | select(.name == "posix-shm:/two").why' "$DOC")" 'among the 2 newest'
	assert_equal "$(results --keep-newest 0 | grep -c planned)" 3
	assert_equal "$(results --keep-newest 9 | grep -c kept)" 3
	run -0 ipctop clean --older-than 0 --yes --keep-newest 1
	there three
	run -2 ipctop clean --older-than 0 --yes --keep-newest x
	assert_line --index 0 "ipctop: option '--keep-newest' needs a whole number, not 'x'"
	there three
}

@test "clean: --max-remove takes the oldest; 0 is none" {
	leaks one two three
	run -0 ipctop clean --older-than 0 --yes --max-remove 0
	assert_output '3 kept'
	there one three two
	local number
	for number in -1 x '' 1k 99999999999999999999; do
		run -2 ipctop clean --older-than 0 --yes --max-remove "$number"
		assert_line --index 0 "ipctop: '$number' is not a number of objects"
	done
	there one three two
	run -0 ipctop clean --older-than 0 --yes --max-remove 1
	there three two
	# what the newest are is asked first: they count for nothing here
	run -0 ipctop clean --older-than 0 --yes --max-remove 1 --keep-newest 1
	there three
	run -0 ipctop clean --older-than 0 --yes --max-remove 5
	there ''
}

@test "clean: --keep: what is no name, key or pattern is an error, and nothing is removed" {
	leak_file file
	run -2 ipctop clean --older-than 0 --yes --keep file
	assert_line --index 0 --regexp '^ipctop: --keep: file: a name begins with its kind'
	there file
}

@test "clean: --confirm-after: in use by then is kept, gone by then is gone, and both are told" {
	leak_file goes
	leak_file stays
	leak_file vanishes
	halted_at sleep 1 clean --yes --older-than 0 -v --confirm-after 1
	actor user open path=/dev/shm/stays access=r
	in_world rm /dev/shm/vanishes
	go_on
	assert_equal "$status" 0
	assert_line 'posix-shm:/goes: removed, 0B came back'
	assert_line --regexp '^posix-shm:/stays: kept: meanwhile live: open in 1 process'
	assert_line --regexp '^posix-shm:/vanishes: gone: it was removed meanwhile$'
	assert_line '1 removed, 1 gone, 1 kept; 0B came back'
	there stays
}

@test "clean: --confirm-after waits that long, for the plan too, and not where nothing is stale" {
	run -0 timeout 10 nsenter -t "$WORLD_PID" "${WORLD_ENTER[@]}" -- "$IPCTOP" clean --older-than 0 --confirm-after 1h
	assert_output 'nothing is stale'
	leak_file file
	SECONDS=0
	run -0 ipctop clean --older-than 0 --confirm-after 2s
	[ $SECONDS -ge 2 ] || fail "$SECONDS s"
	assert_line --regexp '^posix-shm:/file '
	run -2 ipctop clean --older-than 0 --yes --confirm-after soon
	assert_line --index 0 --regexp "^ipctop: option '--confirm-after' needs a duration .*, not 'soon'$"
	there file
}

@test "clean: --check: one line and status 3, and nothing is changed, not even with --yes" {
	run -0 --separate-stderr ipctop clean --older-than 0 --check
	assert_output '0 stale objects, 0B'
	leak_file one
	in_world sh -c 'head -c 8192 /dev/zero >/dev/shm/one'
	run -3 --separate-stderr ipctop clean --older-than 0 --check
	assert_output '1 stale object, 8K'
	leak_file two
	run -3 --separate-stderr ipctop clean --older-than 0 --check --yes
	assert_output '2 stale objects, 8K'
	run -3 --separate-stderr ipctop clean --older-than 0 --check --bytes
	assert_output '2 stale objects, 8192'
	run -3 on_terminal -- clean --older-than 0 --check
	assert_output '2 stale objects, 8K'
	there one two
	# what is chosen and spared counts
	run -3 ipctop clean --older-than 0 --check --min-size 8K
	assert_output '1 stale object, 8K'
	run -0 ipctop clean --older-than 0 --check --user nobody
	run -0 ipctop clean --check
	run -0 ipctop clean --older-than 0 --check --keep 'posix-shm:/*'
}

@test "clean: --check with a format for programs: the plan in it, and status 3 all the same" {
	leak_file file
	run -3 ipctop clean --older-than 0 --check --json --yes
	assert_equal "$(jq -r '.acts[] | .name + " " + .result' <<<"$output")" 'posix-shm:/file planned'
	run -3 ipctop clean --older-than 0 --check --raw -o name
	assert_output $'NAME\nposix-shm:/file'
	there file
}

@test "clean: --json: plan and results have the same members" {
	leak_file file
	ipctop clean --older-than 0 --dry-run --json >"$BATS_TEST_TMPDIR/plan"
	ipctop clean --older-than 0 --yes --json >"$BATS_TEST_TMPDIR/done"
	jq -e '.schema == "ipctop/1" and (.acts | length == 1) and (.acts[0] | .name == "posix-shm:/file" and
		.kind == "posix-shm" and .action == "remove" and .result == "planned" and .size == 4096 and
		.uid == 0 and .user == "root" and .state == "detached" and .verdict == "stale" and
		.code == "abandoned" and .freed == null and .why == null)' "$BATS_TEST_TMPDIR/plan"
	jq -e '.acts[0] | .result == "removed" and .freed == 0' "$BATS_TEST_TMPDIR/done"
	diff <(jq -c '.acts[0] | keys' "$BATS_TEST_TMPDIR/plan") <(jq -c '.acts[0] | keys' "$BATS_TEST_TMPDIR/done")
}

@test "clean: columns and formats, of the plan and of the results" {
	leak_file file
	run -0 ipctop clean --older-than 0 -o name,size,verdict
	assert_line --index 0 --regexp '^NAME +SIZE VERDICT$'
	assert_line --index 1 --regexp '^posix-shm:/file +4K stale$'
	run -0 ipctop clean --older-than 0 -n -r -o name,size -b
	assert_output 'posix-shm:/file 4096'
	run -0 ipctop clean --older-than 0 -P -o name,result
	assert_output 'NAME="posix-shm:/file" RESULT="planned"'
	run -0 ipctop clean --older-than 0 -J -o name,result
	assert_equal "$(jq -c .acts <<<"$output")" '[{"name":"posix-shm:/file","result":"planned"}]'
	run -2 ipctop clean --older-than 0 --yes -o nonsense
	run -2 ipctop clean --older-than 0 --yes -r -P
	file_there file "${FACT[leak.file.ino]}"
	run -0 ipctop clean --older-than 0 --yes -r -o name,result
	assert_output $'NAME RESULT\nposix-shm:/file removed'
	leak_file file
	run -0 ipctop clean --older-than 0 --yes -P
	assert_output 'NAME="posix-shm:/file" FREED="0B" USER="root" RESULT="removed" WHY="-"'
	leak_file file
	run -0 ipctop clean --older-than 0 --yes -n -o name,result
	assert_output --regexp '^posix-shm:/file +removed$'
}

@test "clean: --sort, of the plan and of the results" {
	leak_file b 4K
	leak_file c 64K
	leak_file a 16K
	local -a show=(--older-than 0 -r -n -o name)
	run -0 ipctop clean "${show[@]}" --sort name
	assert_output $'posix-shm:/a\nposix-shm:/b\nposix-shm:/c'
	run -0 ipctop clean "${show[@]}" -x size:desc
	assert_output $'posix-shm:/c\nposix-shm:/a\nposix-shm:/b'
	run -2 ipctop clean "${show[@]}" --yes --sort nonsense
	run -0 ipctop clean "${show[@]}" --yes --sort size
	assert_output $'posix-shm:/b\nposix-shm:/a\nposix-shm:/c'
	there ''
}

@test "clean: names, documents and unknown options are wrong usage, and nothing is removed" {
	leak_file file
	look
	run -2 ipctop clean --older-than 0 --yes posix-shm:/file
	assert_line --index 0 "ipctop: clean takes no names: 'ipctop rm' does; kinds are chosen by --kind"
	run -2 ipctop clean --yes --snapshot "$DOC"
	assert_line --index 0 'ipctop: clean needs the machine itself, not a document'
	run -2 ipctop clean --older-than 0 --yes --force
	assert_line --index 0 "ipctop: unknown option '--force'"
	run -2 ipctop clean --older-than 0 --ye
	run -2 ipctop clean --older-than 0 --yes --limit 1
	there file
}

@test "clean: as an ordinary user: his own goes; another's segment is refused by the kernel, and told" {
	world_public
	leak root shmget mode=0666
	leak_file roots 4096 0666
	actor own setuid
	tell own shm_open name=own size=4096
	tell own shmget
	kill_actor own

	run -1 --separate-stderr ipctop_as_nobody clean --older-than 0 --yes -v
	assert_line 'posix-shm:/own: removed, 0B came back'
	assert_line "shm:${FACT[own.id]}: removed, 0B came back"
	assert_line '2 removed, 1 failed; 0B came back'
	assert_equal "$(grep -v incomplete <<<"$stderr")" \
		"ipctop: shm:${FACT[root.id]}: not removed: shmctl(IPC_RMID): not permitted: it is root's"
	there roots
	segment_there "${FACT[root.id]}"
	segment_gone "${FACT[own.id]}"
	# with himself chosen, all goes well
	run -0 --separate-stderr ipctop_as_nobody clean --older-than 0 --yes -u nobody
}

@test "clean: a full disk: without --yes nothing is removed; with it the work is done, and the status is 1" {
	leak_file file
	run -1 in_world sh -c '"$0" clean --older-than 0 --check >/dev/full' "$IPCTOP"
	run -1 in_world sh -c '"$0" clean --older-than 0 >/dev/full' "$IPCTOP"
	assert_output --partial 'No space left on device'
	run -1 in_world sh -c '"$0" clean --older-than 0 --dry-run --json >/dev/full' "$IPCTOP"
	there file
	local how
	for how in -v --json; do
		run -1 in_world sh -c '"$0" clean --older-than 0 --yes "$1" >/dev/full' "$IPCTOP" $how
		assert_output --partial 'No space left on device'
		there ''
		leak_file file
	done
}

@test "clean: a closed standard output is a failure, and no file of what is cleaned is written to" {
	leak_file file
	run -1 in_world sh -c '"$0" clean --older-than 0 >&-' "$IPCTOP"
	file_there file "${FACT[leak.file.ino]}"
	run -1 in_world sh -c '"$0" clean --older-than 0 --yes -v >&-' "$IPCTOP"
	there ''
}

@test "clean: SIGTERM and SIGINT end it between two removals, and it says what is left" {
	local signal
	for signal in TERM INT; do
		leaks one two
		leak_file three
		halted_at unlink 1 clean --yes --older-than 0 -v
		in_world kill -$signal "${FACT[halted.pid]}"
		go_on
		assert_equal "$status" 1
		assert_line 'posix-shm:/one: removed, 0B came back'
		assert_line 'ipctop: interrupted: 2 not done'
		assert_line '2 not done, 1 removed; 0B came back'
		there three two
		in_world rm /dev/shm/three /dev/shm/two
	done
}

@test "clean: interrupted, --json has what is left as planned" {
	leaks one two
	halted_at unlink 1 clean --yes --older-than 0 --json
	in_world kill -TERM "${FACT[halted.pid]}"
	go_on
	assert_equal "$status" 1
	assert_line 'ipctop: interrupted: 1 not done'
	output=$(grep -v '^ipctop: ' <<<"$output")
	assert_equal "$(act posix-shm:/one result) $(act posix-shm:/two result)" 'removed planned'
	there two
}

@test "clean: a condemned segment is told with who keeps it, and the command that lets go" {
	actor keeper shmget size=65536
	tell keeper shmat
	tell keeper touch
	tell keeper rmid
	local name=shm:${FACT[keeper.id]} pid=${FACT[keeper.pid]}
	run -0 ipctop clean
	assert_line "nothing is stale"
	assert_line "$name: removed, and 64K kept by $pid (actor); 'ipctop detach $name --pid $pid' would make it let go"
	# not where it would be in the way
	run -0 ipctop clean --json
	refute_output --partial "kept by"
	run -0 ipctop clean --kind posix-shm
	refute_output --partial "kept by"
	run -0 ipctop detach "$name" --pid "$pid" --yes
	run -0 ipctop clean
	refute_output --partial "kept by"
	actor one shmget
	tell one shmat
	actor other shmat id="${FACT[one.id]}"
	tell one rmid
	run -0 ipctop clean
	assert_line --partial "shm:${FACT[one.id]}: removed, and 0B kept by ${FACT[one.pid]} (actor), ${FACT[other.pid]} (actor); 'ipctop detach shm:${FACT[one.id]} --pid ${FACT[one.pid]},${FACT[other.pid]} --force' would make them let go"
}
