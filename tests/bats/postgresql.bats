#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# PostgreSQL, the real one: what it shares, what it leaves behind when it is killed, and what
# becomes of that at its next start.

load world
load postgres

setup()
{
	postgres_open
}

teardown()
{
	world_close
}

# processes_are [PID]: of PostgreSQL these are left.
processes_are()
{
	[ "$(in_world pgrep -x postgres)" = "${1-}" ]
}

# kill_postmaster [PID]: with SIGKILL; the rest of PostgreSQL goes by itself, but for that one.
kill_postmaster()
{
	in_world kill -KILL "$POSTMASTER"
	wait $PG_JOB || :
	until_true processes_are "$@" || fail "still there: $(in_world pgrep -xa postgres)"
}

# The names of its segment and of its files: the control file, which the postmaster keeps mapped,
# and what the statistics may have made besides.
its_names()
{
	SEGMENT=$(names shm)
	mapfile -t FILES < <(names posix-shm)
	CONTROL=$(jq -r --argjson pid "$POSTMASTER" '.objects[] |
		select(.kind == "posix-shm" and any(.holders[]; .pid == $pid)) | .name' "$DOC" | head -n 1)
	assert_regex "$SEGMENT" '^shm:[0-9]+$'
	assert_regex "$CONTROL" '^posix-shm:/PostgreSQL\.[0-9]+$'
	expect_doc 'all(.objects[] | select(.kind == "posix-shm"); .family == "PostgreSQL" and
		(.name | test("^posix-shm:/PostgreSQL\\.[0-9]+$")))'
}

# What holds for all that it shares while it runs, however old.
expect_running()
{
	its_names
	# the key is the inode of its folder
	expect "$SEGMENT" state=attached creator_pid="$POSTMASTER" creator_alive=true user=postgres \
		mode=0600 holders_complete=true verdict=live reasons=attached \
		key="$(printf '0x%08x' "$(in_world stat -c %i "$PG_DATA")")"
	expect "$CONTROL" state=attached user=postgres mode=0600 verdict=live reasons=attached
	expect_doc "[.objects[] | select(.name == \"$SEGMENT\" or .name == \"$CONTROL\")] |
		all(.[].holders; length > 1 and all(.comm == \"postgres\") and any(.pid == $POSTMASTER))"
	# nobody need have the others mapped at the moment
	expect_doc 'all(.objects[] | select(.kind == "posix-shm"); .verdict == "live" or
		(.verdict == "idle" and [.reasons[].code] == ["family-live"]))'
}

expect_left_behind()
{
	local name

	look
	expect "$SEGMENT" state=detached nattch=0 creator_pid="$POSTMASTER" creator_alive=false \
		last_alive=false pids= verdict=idle reasons=young
	for name in "${FILES[@]}"; do
		expect "$name" state=detached mappings=0 openers=0 holders_complete=true pids= \
			verdict=idle reasons=young
	done
	expect_doc '[.objects[] | select(.kind == "anon")] == []'
	look --older-than 0
	expect "$SEGMENT" state=detached verdict=stale reasons=abandoned
	for name in "${FILES[@]}"; do
		expect "$name" state=detached verdict=stale reasons=family-orphan
	done
	run -0 ipctop list -n -o name -Q 'verdict == stale' --older-than 0
	assert_equal "$(sort <<<"$output")" "$(printf '%s\n' "$SEGMENT" "${FILES[@]}" | sort)"
}

# expect_recycled TYPE: at the next start, what the last one left is gone.
expect_recycled()
{
	local name

	start_postgres "$1"
	look --older-than 0
	for name in "$SEGMENT" "${FILES[@]}"; do
		expect_gone "$name"
	done
	run -1 ipctop show "$SEGMENT"
	expect_running
}

@test "postgresql: main memory by mmap: seen, killed, left behind, recycled" {
	start_postgres mmap
	look --older-than 0
	expect_running
	assert [ "$(member "$SEGMENT" size)" -lt 4096 ]
	# the main memory: anonymous, larger than the buffers, with the same holders
	expect_doc "any(.objects[]; .kind == \"anon\" and .size > 1048576 and .verdict == \"live\" and
		.state == \"attached\" and (.holders | length > 1 and all(.comm == \"postgres\") and
		any(.pid == $POSTMASTER)))"

	kill_postmaster
	expect_left_behind
	expect_recycled mmap
}

@test "postgresql: main memory by shmget: seen, killed, left behind, recycled" {
	start_postgres sysv
	look --older-than 0
	expect_running
	assert [ "$(member "$SEGMENT" size)" -gt 1048576 ]
	expect_doc '[.objects[] | select(.kind == "anon" and .size > 1048576)] == []'

	kill_postmaster
	expect_left_behind
	assert [ "$(member "$SEGMENT" allocated)" -gt 65536 ]
	expect_recycled sysv
}

@test "postgresql: the postmaster is dead, one session is not: live, as PostgreSQL itself says" {
	start_postgres sysv
	mkfifo "$BATS_TEST_TMPDIR/sql"
	as_postgres "$PG_BIN/psql" -X -q -A -t <"$BATS_TEST_TMPDIR/sql" \
		>"$BATS_TEST_TMPDIR/session" 2>&1 &
	local client=$! session in
	exec {in}>"$BATS_TEST_TMPDIR/sql"
	echo 'select pg_backend_pid();' >&"$in"
	until_true test -s "$BATS_TEST_TMPDIR/session"
	session=$(head -n 1 "$BATS_TEST_TMPDIR/session")
	look
	its_names
	# stopped, it cannot notice
	in_world kill -STOP "$session"
	kill_postmaster "$session"

	look --older-than 0
	expect "$SEGMENT" state=attached creator_alive=false nattch=1 pids="$session" verdict=live \
		reasons=attached
	expect "$CONTROL" state=attached pids="$session" verdict=live reasons=attached
	run as_postgres "$PG_BIN/postgres" -D "$PG_DATA" -c shared_memory_type=sysv \
		-c unix_socket_directories="$PG_SOCKET" -c listen_addresses=
	refute [ "$status" = 0 ]
	assert_output --regexp "pre-existing shared memory block .*ID ${SEGMENT#shm:}\) is still in use"

	in_world kill -KILL "$session"
	until_true processes_are
	exec {in}>&-
	wait $client || :
	expect_left_behind
}

@test "postgresql: stopped in order, it leaves nothing" {
	start_postgres mmap
	look
	its_names
	in_world kill -TERM "$POSTMASTER"
	wait $PG_JOB
	look
	expect_doc '.objects == []'
}
