#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Filter expressions on a live population.

load world

setup()
{
	world_open
	actor big shmget key=0x2a size=64M noreserve=1
	tell big shmat
	actor small shmget size=1000 mode=0606
	actor file shm_open name=cache.bin size=2G
	actor left shm_open name=left size=8K
	kill_actor left
	actor frames memfd name=frames size=1M
}

teardown()
{
	world_close
}

# chosen EXPR NAME…: the filter selects just these, in any order.
chosen()
{
	local expr=$1
	shift
	run -0 --separate-stderr ipctop list shm posix-shm memfd -n -o name -Q "$expr"
	assert_equal "$(sort <<<"$output")" "$(printf '%s\n' "$@" | sort)"
	assert_equal "$stderr" ""
}

# refused COLUMN EXPR: with a sentence, and a caret below that column.
refused()
{
	run -2 ipctop list -Q "$2"
	assert_line --index 0 --partial "ipctop: filter: column $1: "
	local caret=${lines[2]}
	assert_equal "${#caret}" $(($1 + 2))
}

@test "filter: the example of the manual" {
	chosen 'kind == "shm" && nattch == 0 && size >= 64M && age > 4h' ""
	chosen 'kind == "shm" && nattch == 1 && size >= 64M && age < 4h' "shm:${FACT[big.id]}"
}

@test "filter: comparisons of sizes, with all suffixes" {
	chosen 'size == 64M' "shm:${FACT[big.id]}"
	chosen 'size == 65536KiB' "shm:${FACT[big.id]}"
	chosen 'size < 1KiB' "shm:${FACT[small.id]}"
	chosen 'size == 1KB' "shm:${FACT[small.id]}"
	chosen 'size > 1.5G' posix-shm:/cache.bin
	chosen 'size >= 8192 && size <= 8K' posix-shm:/left
}

@test "filter: texts, names, regular expressions" {
	chosen 'name == "posix-shm:/left"' posix-shm:/left
	chosen 'path =~ "\.bin$"' posix-shm:/cache.bin
	chosen 'kind =~ "^posix" && name !~ left' posix-shm:/cache.bin
	chosen "label == 'frames'" "memfd:${FACT[frames.dev]}:${FACT[frames.ino]}"
}

@test "filter: keys, modes, ids" {
	chosen 'key == 0x2a' "shm:${FACT[big.id]}"
	chosen 'key == "0x0000002a"' "shm:${FACT[big.id]}"
	chosen 'kind == shm && mode == "0606"' "shm:${FACT[small.id]}"
	chosen "id == ${FACT[small.id]}" "shm:${FACT[small.id]}"
	chosen 'flags == world-writable' "shm:${FACT[small.id]}"
}

@test "filter: state and verdict" {
	chosen 'state == detached' posix-shm:/left
	chosen 'verdict == live && kind == shm' "shm:${FACT[big.id]}"
	chosen 'reasons == open && kind == memfd' "memfd:${FACT[frames.dev]}:${FACT[frames.ino]}"
}

@test "filter: && binds closer than ||, brackets and ! as usual" {
	chosen 'kind == memfd || kind == shm && nattch == 0' \
		"memfd:${FACT[frames.dev]}:${FACT[frames.ino]}" "shm:${FACT[small.id]}"
	chosen '(kind == memfd || kind == shm) && nattch == 0' "shm:${FACT[small.id]}"
	chosen '!(kind == shm) && !(kind == memfd) && size < 1G' posix-shm:/left
}

@test "filter: a comparison with what does not apply selects nothing, negated neither" {
	chosen 'nattch == 0' "shm:${FACT[small.id]}"
	chosen 'nattch != 0' "shm:${FACT[big.id]}"
	chosen '!(nattch == 0)' "shm:${FACT[big.id]}"
	chosen 'nattch < 100' "shm:${FACT[small.id]}" "shm:${FACT[big.id]}"
}

@test "filter: null asks whether there is a value" {
	chosen 'nattch == null && kind != memfd' posix-shm:/left posix-shm:/cache.bin
	chosen 'key != null' "shm:${FACT[small.id]}" "shm:${FACT[big.id]}"
}

@test "filter: a state that is unknown is selected by null only" {
	actor_outside hidden shm_open name=hidden size=4096
	chosen 'state == null' posix-shm:/hidden
	chosen 'name =~ hidden && state != detached' ""
	chosen 'name =~ hidden && !(state == detached)' ""
}

@test "filter: times and durations" {
	chosen 'kind == shm && attach_time > "2020-01-01"' "shm:${FACT[big.id]}"
	chosen 'kind == shm && age < 1h30m && attach_time == null' "shm:${FACT[small.id]}"
	chosen "kind == shm && change_time >= $(($(date +%s) - 600))" "shm:${FACT[small.id]}" \
		"shm:${FACT[big.id]}"
}

@test "filter: nothing matches: no failure" {
	chosen 'size == 4711' ""
	run -0 ipctop list -J -Q 'size == 4711'
	assert_equal "$(jq -c .objects <<<"$output")" '[]'
}

@test "filter: columns that are not shown are read as well" {
	run -0 ipctop list shm -n -o id -Q 'processes == 1'
	assert_output --regexp "^ *${FACT[big.id]}$"
}

@test "filter: --json and --batch and --by and maps take it too" {
	run -0 ipctop --batch -n 1 -Q 'key == 42' -o name -k shm
	assert_output --partial "shm:${FACT[big.id]}"
	refute_output --partial "shm:${FACT[small.id]}"
	run -0 ipctop list --by kind -J -Q 'size > 1M'
	assert_equal "$(jq -c '[.groups[] | [.value, .objects]] | sort' <<<"$output")" '[["posix-shm",1],["shm",1]]'
	run -0 ipctop maps -n -o object -Q 'kind == shm'
	assert_output "shm:${FACT[big.id]}"
}

@test "filter: an error says what was expected, and where" {
	refused 10 'nattch =='
	assert_output --partial "expected a value after '=='"
	refused 1 'bogus == 1'
	refused 1 ''
	refused 9 'size == "not a size"'
	refused 13 'nattch == 0 size > 1'
	refused 10 '(size > 1'
	refused 9 'size > 1)'
	refused 9 'name =~ "("'
	refused 9 'kind == "semaphore"'
	refused 9 'name == "open'
	refused 6 'size = 1'
}

@test "filter: an error shows untrusted bytes harmlessly" {
	run -2 ipctop list -Q $'name == "\e[31m" nonsense'
	refute_output --partial $'\e'
	assert_output --partial '\x1B[31m'
}

@test "filter: very long and very deep expressions are refused, not crashed on" {
	local deep
	deep=$(printf '(%.0s' {1..5000})
	run -2 ipctop list -Q "$deep"
	[ "${#output}" -lt 2000 ] || fail "the message is ${#output} bytes long"
	run -2 ipctop list -Q "$(printf 'size > 1 || %.0s' {1..3000})size > 1"
}
