#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A real program: PostgreSQL started, looked at, its postmaster killed, and what it leaves found.

load world

setup()
{
	world_open --steady
	local found=(/usr/lib/postgresql/*/bin/initdb)
	[ -x "${found[0]}" ] || skip "PostgreSQL is not installed"
	PGBIN=${found[0]%/*}
	id postgres >/dev/null 2>&1 || skip "there is no user postgres"
}

teardown()
{
	world_close
}

as_postgres()
{
	in_world setpriv --reuid postgres --regid postgres --init-groups env -C /mnt HOME=/mnt "$@"
}

start_postgres()
{
	in_world mount -t tmpfs -o mode=755,uid="$(id -u postgres)" data /mnt
	as_postgres "$PGBIN/initdb" -D /mnt/data --no-sync -A trust >"$BATS_TEST_TMPDIR/log" 2>&1 ||
		fail "initdb: $(tail -n 5 "$BATS_TEST_TMPDIR/log")"
	as_postgres "$PGBIN/pg_ctl" -D /mnt/data -w -t 60 -l /mnt/log \
		-o "-c listen_addresses= -c unix_socket_directories=/mnt -c fsync=off" start \
		>"$BATS_TEST_TMPDIR/log" 2>&1 3>&- || fail "pg_ctl: $(in_world tail -n 5 /mnt/log)"
	POSTMASTER=$(in_world head -n 1 /mnt/data/postmaster.pid)
}

no_postgres_left()
{
	! in_world pgrep -x postgres >/dev/null
}

# each_block MEMBER=VALUE…: expected of all its blocks of dynamic shared memory.
each_block()
{
	local block
	[ -n "$BLOCKS" ] || fail "there are no blocks"
	for block in $BLOCKS; do
		assert_regex "$block" '^posix-shm:/PostgreSQL\.[0-9]+$'
		expect "$block" family=PostgreSQL user=postgres "$@"
	done
}

@test "postgresql: running, then its postmaster killed, what it leaves, and started again" {
	start_postgres
	as_postgres "$PGBIN/psql" -h /mnt -Atc 'create table t as select generate_series(1, 1000) n' postgres

	# while it runs
	look --older-than 0
	local segment
	segment=$(names shm) BLOCKS=$(names posix-shm)
	assert_equal "$(wc -l <<<"$segment")" 1
	expect "$segment" user=postgres state=attached creator_pid="$POSTMASTER" creator_alive=true \
		verdict=live holders_complete=true
	assert_regex "$(member "$segment" pids)" "(^|,)$POSTMASTER(,|$)"
	each_block state=attached verdict=live
	# its buffers: one anonymous object, however many processes map it
	expect_doc '[.objects[] | select(.kind == "anon" and .size > 16000000)] | length == 1 and
		.[0].processes >= 5 and .[0].allocated < .[0].size'
	expect_doc 'all(.objects[] | select(.kind == "anon") | .holders[]; .comm == "postgres" and .user == "postgres")'
	run -0 ipctop show "$segment"
	assert_output --partial "$POSTMASTER"

	# as an administrator has to find it
	in_world kill -KILL "$POSTMASTER"
	until_true no_postgres_left
	look
	expect "$segment" state=detached nattch=0 creator_pid="$POSTMASTER" creator_alive=false \
		verdict=idle reasons=young
	each_block state=detached mappings=0 openers=0 verdict=idle reasons=young
	assert_equal "$(names anon)" ""
	look --older-than 0
	expect "$segment" verdict=stale reasons=abandoned
	each_block verdict=stale reasons=family-orphan
	run -0 ipctop list -n -r -o name -Q 'verdict == stale' --older-than 0 -x name
	assert_output "$(sort <<<"$BLOCKS")
$segment"

	# it takes its own leftovers away
	as_postgres "$PGBIN/pg_ctl" -D /mnt/data -w -t 60 -l /mnt/log \
		-o "-c listen_addresses= -c unix_socket_directories=/mnt -c fsync=off" start \
		>"$BATS_TEST_TMPDIR/log" 2>&1 3>&- || fail "pg_ctl: $(in_world tail -n 5 /mnt/log)"
	look --older-than 0
	expect_gone "$segment"
	expect "$(names shm)" state=attached verdict=live
	as_postgres "$PGBIN/pg_ctl" -D /mnt/data -w -m fast stop
	look
	assert_equal "$(names shm)$(names posix-shm)" ""
}

@test "postgresql: as an ordinary user, its memory is not taken for abandoned" {
	start_postgres
	in_world mkdir /mnt/bin
	in_world install -m 755 "$IPCTOP" /mnt/bin/ipctop
	in_world setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/ /mnt/bin/ipctop --json \
		--older-than 0 >"$DOC"
	expect "$(names shm)" state=attached verdict=live
	BLOCKS=$(names posix-shm)
	each_block state=null verdict=unknown
	in_world kill -INT "$POSTMASTER"
	until_true no_postgres_left
}

@test "postgresql: a server whose buffers are one System V segment" {
	start_postgres
	as_postgres "$PGBIN/pg_ctl" -D /mnt/data -w -m fast stop
	as_postgres "$PGBIN/pg_ctl" -D /mnt/data -w -t 60 -l /mnt/log \
		-o "-c listen_addresses= -c unix_socket_directories=/mnt -c fsync=off -c shared_memory_type=sysv -c dynamic_shared_memory_type=sysv" \
		start >"$BATS_TEST_TMPDIR/log" 2>&1 3>&- || fail "pg_ctl: $(in_world tail -n 5 /mnt/log)"
	POSTMASTER=$(in_world head -n 1 /mnt/data/postmaster.pid)
	look --older-than 0
	expect_doc '[.objects[] | select(.kind == "shm")] | length >= 2 and all(.verdict == "live") and
		any(.size > 16000000 and .nattch >= 5 and .nattch == .mappings)'
	in_world kill -KILL "$POSTMASTER"
	until_true no_postgres_left
	look --older-than 0
	expect_doc '[.objects[] | select(.kind == "shm")] | length >= 2 and all(.verdict == "stale")'
}
