#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# While it looks, processes and objects come and go, and programs open their files.

load world

setup()
{
	world_open
}

teardown()
{
	world_close
}

# As long as the file "on" is there: processes that make, map and leave something.
churn()
{
	touch "$BATS_TEST_TMPDIR/on"
	# shellcheck disable=SC2016 # for that shell
	in_world sh -c '
		n=0
		while [ -e "$1" ]; do
			n=$((n + 1))
			{ echo shmat; echo fork n=2; echo "shm_open name=c$2-$n size=4096"; echo mmap; echo rmid; } |
				"$0" shmget size=8192 >/dev/null
		done' "$ACTOR" "$BATS_TEST_TMPDIR/on" "$1" 3>&- &
	CHURN+=($!)
}

churn_end()
{
	rm "$BATS_TEST_TMPDIR/on"
	wait "${CHURN[@]}" || :
}

@test "churn: processes that vanish midway are no error, no crash and no wrong line" {
	actor still shmget size=12345
	tell still shmat
	churn a
	churn b
	local i options
	for i in $(seq 30); do
		options=()
		[ $((i % 2)) = 0 ] || options=(--no-procmap-query)
		ipctop --json "${options[@]}" >"$DOC" 2>"$BATS_TEST_TMPDIR/stderr" || fail "status $?"
		[ ! -s "$BATS_TEST_TMPDIR/stderr" ] || fail "$(cat "$BATS_TEST_TMPDIR/stderr")"
		expect "shm:${FACT[still.id]}" size=12345 nattch=1 mappings=1 pids="${FACT[still.pid]}" state=attached
		expect_doc '[.objects[].name] | length == (unique | length)'
		expect_doc 'all(.objects[]; .mappings == ([.holders[].mappings[]] | length))'
		expect_doc 'all(.objects[]; .size != null or (.unknown | index("size")))'
	done
	churn_end
}

@test "churn: list, maps and batch too" {
	churn a
	local i
	for i in $(seq 10); do
		run -0 --separate-stderr ipctop list
		assert_equal "$stderr" ""
		run -0 --separate-stderr ipctop maps -n
		assert_equal "$stderr" ""
	done
	run -0 --separate-stderr ipctop --batch -n 20 -d 0
	assert_equal "$stderr" ""
	assert_equal "$(grep -c '^ipctop 20' <<<"$output")" 20
	churn_end
}

@test "churn: a live file is never called stale" {
	actor a shm_open name=handed size=4096
	actor b nothing
	touch "$BATS_TEST_TMPDIR/on"
	# two processes that take turns: each opens before the other closes
	(
		while [ -e "$BATS_TEST_TMPDIR/on" ]; do
			tell b open path=/dev/shm/handed access=rw && tell a close
			tell a open path=/dev/shm/handed access=rw && tell b close
		done
	) 3>&- &
	local turns=$! i
	for i in $(seq 30); do
		ipctop --json --older-than 0 >"$DOC"
		[ "$(member posix-shm:/handed verdict)" = live ] || {
			jq -c '.objects[] | select(.path == "/dev/shm/handed")' "$DOC"
			rm "$BATS_TEST_TMPDIR/on"
			wait $turns
			fail "look $i: not live"
		}
	done
	rm "$BATS_TEST_TMPDIR/on"
	wait $turns
}

@test "lease: an opener with O_NONBLOCK is hardly ever turned away, and never from a held file" {
	actor free shm_open name=free size=4096
	tell free close
	actor held shm_open name=held size=4096
	actor opener nothing
	ipctop --batch -n 100000 -d 0 -k posix-shm -o name,verdict >/dev/null 3>&- &
	local scans=$!

	tell opener open_often path=/dev/shm/held n=30000
	assert_equal "${FACT[opener.refused]}" 0
	tell opener open_often path=/dev/shm/free n=30000
	kill $scans
	in_world pkill -x ipctop || :
	echo "# turned away ${FACT[opener.refused]} times of 30000, under scans without pause" >&3
	[ "${FACT[opener.refused]}" -lt 1500 ] || fail "turned away ${FACT[opener.refused]} times"
}

@test "lease: --no-lease never turns anybody away" {
	actor free shm_open name=free size=4096
	tell free close
	actor opener nothing
	ipctop --batch -n 100000 -d 0 -k posix-shm -o name,verdict --no-lease >/dev/null 3>&- &
	tell opener open_often path=/dev/shm/free n=10000
	in_world pkill -x ipctop || :
	assert_equal "${FACT[opener.refused]}" 0
}
