#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# As an ordinary user: what cannot be seen is said, and never taken for "nobody".

load world

setup()
{
	world_open --steady
	world_public
	actor root shm_open name=roots size=4096
	actor seg shmget mode=0600
	tell seg shmat
	actor own setuid dumpable=1
	tell own shm_open name=own size=4096
	actor leak setuid
	tell leak shm_open name=leak size=4096
	kill_actor leak
}

teardown()
{
	world_close
}

look_as_nobody()
{
	ipctop_as_nobody --json "$@" >"$DOC" || fail "ipctop --json $*: status $?"
}

@test "unprivileged: gaps say what could not be read, and of whom" {
	look_as_nobody
	expect_doc '.complete == false and .uid == 65534'
	expect_doc "any(.gaps[]; .source == \"maps\" and .error == \"EACCES\" and .count >= 3 and
		any(.pids[]; . == ${FACT[root.pid]}))"
	expect_doc "any(.gaps[]; .source == \"fds\" and .error == \"EACCES\")"
	expect_doc 'all(.gaps[]; .pids | length <= 16)'
}

@test "unprivileged: a segment of another user is counted by the kernel, though nobody is seen" {
	look_as_nobody --older-than 0
	expect "shm:${FACT[seg.id]}" size=4096 mode=0600 user=root nattch=1 mappings=0 \
		holders_complete=false state=attached verdict=live reasons=attached
}

@test "unprivileged: a file of another user is unknown, not unused" {
	look_as_nobody --older-than 0
	expect posix-shm:/roots state=null verdict=unknown mappings=0 openers=0 holders_complete=false
	[[ $(member posix-shm:/roots reasons) == *holders-unreadable* ]] || \
		fail "reasons are $(member posix-shm:/roots reasons)"
	[[ $(member posix-shm:/roots unknown) == *state* ]] || fail "state is not unknown"
}

@test "unprivileged: one's own leak is told exactly, by the lease" {
	look_as_nobody --older-than 0
	expect posix-shm:/leak state=detached holders_complete=true verdict=stale reasons=abandoned
}

@test "unprivileged: one's own file that root holds is in use" {
	actor holder open path=/dev/shm/leak access=r
	look_as_nobody --older-than 0
	expect posix-shm:/leak state=null verdict=live reasons=in-use-unseen holders_complete=false
	kill_actor holder
	look_as_nobody --older-than 0
	expect posix-shm:/leak verdict=stale
}

@test "unprivileged: one's own processes are seen" {
	look_as_nobody
	expect posix-shm:/own state=open openers=1 pids="${FACT[own.pid]}" verdict=live reasons=open
}

@test "unprivileged: list says on a line what could not be read" {
	run -0 --separate-stderr ipctop_as_nobody list -n -o name,verdict --older-than 0
	assert_line --regexp '^posix-shm:/roots +unknown$'
	assert_line --regexp '^posix-shm:/leak +stale$'
	assert_regex "$stderr" "^ipctop: incomplete: "
	run -0 --separate-stderr ipctop_as_nobody list --by kind
	assert_regex "$stderr" "^ipctop: incomplete: "
}

@test "unprivileged: maps of another user's process is a failure with a reason" {
	run -1 --separate-stderr ipctop_as_nobody maps "${FACT[root.pid]}"
	assert_regex "$stderr" "^ipctop: ${FACT[root.pid]}: maps cannot be read: "
	run -0 ipctop_as_nobody maps -n -o pid "${FACT[own.pid]}"
	# of all processes: no failure, but said
	run -0 --separate-stderr ipctop_as_nobody maps -n -o pid
	assert_regex "$stderr" "^ipctop: incomplete: [0-9]+ process(es)? could not be read \\(EACCES\\)"
}

@test "unprivileged: a creator that may not be signalled lives" {
	actor creator shmget
	look_as_nobody --older-than 0
	refute [ "$(member "shm:${FACT[creator.id]}" verdict)" = stale ]
	expect "shm:${FACT[creator.id]}" creator_alive=true verdict=idle
	kill_actor creator
	look_as_nobody --older-than 0
	expect "shm:${FACT[creator.id]}" creator_alive=false verdict=stale
}

@test "unprivileged: hidepid hides processes, and is not taken for their absence" {
	actor creator shmget
	in_world mount -t proc -o hidepid=2 proc /proc
	in_world setpriv --reuid 65534 --regid 65534 --clear-groups test ! -e "/proc/${FACT[creator.pid]}" ||
		skip "hidepid does not work here"

	look_as_nobody --older-than 0
	expect_doc '.complete == false'
	refute [ "$(member "shm:${FACT[creator.id]}" verdict)" = stale ]
	refute [ "$(member "shm:${FACT[creator.id]}" creator_alive)" = false ]
	expect posix-shm:/roots verdict=unknown
	expect posix-shm:/leak verdict=stale
	run -0 ipctop_as_nobody list
	kill_actor creator
	look_as_nobody --older-than 0
	expect "shm:${FACT[creator.id]}" creator_alive=false verdict=stale
}

@test "unprivileged: hidepid in the machine's own pid namespace: hidden holders are not absent" {
	world_close
	world_open --host-pids
	world_public
	actor root shm_open name=roots size=4096 mode=0644
	in_world mount -t proc -o hidepid=2 proc /proc

	look_as_nobody --older-than 0
	expect_doc '.complete == false'
	expect posix-shm:/roots state=null verdict=unknown holders_complete=false
}

@test "unprivileged: a folder in /dev/shm that may not be entered is a gap" {
	actor closed shm_open name=closed/f
	in_world chmod 0700 /dev/shm/closed
	look_as_nobody
	expect_doc 'any(.gaps[]; .source == "tmpfs" and .error == "EACCES")'
	assert_equal "$(names posix-shm | grep -c closed || :)" 0
}

@test "unprivileged: a whole /dev/shm that may not be read is a gap" {
	in_world chmod 0700 /dev/shm
	look_as_nobody
	expect_doc '.complete == false and any(.gaps[]; .source == "tmpfs" and .error == "EACCES")'
}

@test "unprivileged: the answer is the same as text" {
	local keep='.objects |= (map(del(.age, .access_time, .reasons, .holders[].start_time)) | sort_by(.name)) | {objects, gaps}'
	look_as_nobody
	jq "$keep" "$DOC" >"$BATS_TEST_TMPDIR/query"
	look_as_nobody --no-procmap-query
	jq "$keep" "$DOC" >"$BATS_TEST_TMPDIR/text"
	diff "$BATS_TEST_TMPDIR/query" "$BATS_TEST_TMPDIR/text"
}

@test "unprivileged: what may be there all the same is not just said to be none" {
	run -1 ipctop_as_nobody show memfd:0:1:3
	assert_line 'ipctop: memfd:0:1:3: no such object'
	assert_line --regexp '^ipctop: incomplete: .*: run as root for all$'
	# the kernel lists all segments to everybody
	run -1 ipctop_as_nobody show shm:99
	assert_output 'ipctop: shm:99: no such object'
}
