#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The life of a System V segment, stage by stage.

load world

setup()
{
	world_open --steady
}

teardown()
{
	world_close
}

@test "shm: as a textbook does it: shmget IPC_PRIVATE 1024, shmat, shmdt, IPC_RMID" {
	actor a shmget size=1024
	local name=shm:${FACT[a.id]} pid=${FACT[a.pid]}

	look
	expect "$name" kind=shm state=created size=1024 allocated=0 rss=0 swap=0 key=0x00000000 \
		mode=0600 nattch=0 mappings=0 processes=0 openers=0 creator_pid="$pid" \
		creator_alive=true last_pid=null attach_time=null detach_time=null unknown=page_size \
		flags= holders_complete=true verdict=idle
	assert_equal "$(member "$name" reasons)" creator-alive

	tell a shmat
	look
	expect "$name" state=attached nattch=1 mappings=1 processes=1 pids="$pid" prots=rw-s \
		starts="${FACT[a.address]}" lengths=4096 offsets=0 last_pid="$pid" last_alive=true \
		detach_time=null unknown= verdict=live reasons=attached why="1 mapping in 1 process"
	refute [ "$(member "$name" attach_time)" = null ]

	tell a touch bytes=1024
	look
	expect "$name" state=attached rss=4096 swap=0 allocated=4096

	tell a shmdt
	look
	expect "$name" state=detached nattch=0 mappings=0 processes=0 pids= rss=4096 verdict=idle \
		reasons=creator-alive,last-user-alive
	refute [ "$(member "$name" detach_time)" = null ]

	tell a rmid
	look
	expect_gone "$name"
}

@test "shm: removed while attached is condemned, and goes with the last detach" {
	actor a shmget key=0xa76098
	actor b shmat id="${FACT[a.id]}"
	local name=shm:${FACT[a.id]}
	tell a shmat
	tell a rmid

	look
	expect "$name" state=condemned flags=condemned key=0x00000000 nattch=2 verdict=live \
		reasons=attached
	tell a shmdt
	look
	expect "$name" state=condemned nattch=1 pids="${FACT[b.pid]}"
	stop b
	look
	expect_gone "$name"
}

@test "shm: a condemned segment can still be attached by its id" {
	actor a shmget
	tell a shmat
	tell a rmid
	actor b shmat id="${FACT[a.id]}"

	look
	expect "shm:${FACT[a.id]}" state=condemned nattch=2 processes=2 \
		pids="${FACT[a.pid]},${FACT[b.pid]}"
}

@test "shm: attached at three addresses of one process, one of them read-only" {
	actor a shmget size=8192
	tell a shmat n=2
	tell a shmat ro=1

	look
	expect "shm:${FACT[a.id]}" nattch=3 mappings=3 processes=1 lengths=8192,8192,8192
	assert_equal "$(member "shm:${FACT[a.id]}" prots | tr , '\n' | sort | tr '\n' ' ')" \
		"r--s rw-s rw-s "
}

@test "shm: unmapping the middle page makes two mappings of one attachment" {
	actor a shmget size=12K
	tell a shmat
	tell a munmap part=middle

	look
	expect "shm:${FACT[a.id]}" nattch=2 mappings=2 processes=1 lengths=4096,4096 offsets=0,8192 \
		holders_complete=true why="2 mappings in 1 process"
}

@test "shm: protecting the middle page makes three mappings of one attachment" {
	actor a shmget size=12K
	tell a shmat
	tell a mprotect part=middle prot=r

	look
	expect "shm:${FACT[a.id]}" nattch=3 mappings=3 processes=1 prots=rw-s,r--s,rw-s \
		lengths=4096,4096,4096 offsets=0,4096,8192
}

@test "shm: fork copies the attachments, and its end takes them away" {
	actor a shmget
	tell a shmat n=2
	tell a fork n=3

	look
	expect "shm:${FACT[a.id]}" nattch=8 mappings=8 processes=4
	tell a reap
	look
	expect "shm:${FACT[a.id]}" nattch=2 mappings=2 processes=1 pids="${FACT[a.pid]}"
}

@test "shm: attachments end with the process, the segment stays" {
	actor a shmget
	tell a shmat
	kill_actor a

	look
	expect "shm:${FACT[a.id]}" state=detached nattch=0 creator_alive=false last_alive=false
}

@test "shm: exec detaches" {
	actor a shmget
	actor b shmat id="${FACT[a.id]}"
	look
	expect "shm:${FACT[a.id]}" state=attached pids="${FACT[b.pid]}"
	tell b exec

	look
	expect "shm:${FACT[a.id]}" state=detached nattch=0 last_pid="${FACT[b.pid]}"
}

@test "shm: size is exact to the byte, memory is counted in pages" {
	actor a shmget size=10000
	tell a shmat
	tell a touch bytes=5000

	look
	expect "shm:${FACT[a.id]}" size=10000 rss=8192 allocated=8192 lengths=12288
}

@test "shm: IPC_SET changes owner and mode, never the creator" {
	actor a shmget mode=0640
	tell a shmset mode=0606 uid=65534 gid=65533

	look
	expect "shm:${FACT[a.id]}" mode=0606 uid=65534 user=nobody gid=65533 group=null \
		creator_uid=0 creator_user=root creator_gid=0 creator_group=root flags=world-writable
}

@test "shm: flags tell what is locked, executable, or writable by all" {
	actor locked shmget
	tell locked shmlock
	actor executable shmget mode=0700
	tell executable shmat exec=1
	actor open shmget mode=0602

	look
	expect "shm:${FACT[locked.id]}" flags=locked
	expect "shm:${FACT[executable.id]}" flags=executable prots=rwxs
	expect "shm:${FACT[open.id]}" flags=world-writable mode=0602
}

@test "shm: huge pages: page size known, resident memory not counted 512 times" {
	need_hugepages 2
	actor_or_skip a shmget hugetlb=1 size=4M
	tell a shmat
	tell a touch bytes=1

	look
	expect "shm:${FACT[a.id]}" state=attached size=4194304 rss=2097152 allocated=2097152 \
		page_size=2097152 nattch=1 mappings=1 flags=hugetlb
}

@test "shm: a segment made by a thread has the process as its creator" {
	actor a shmget thread=1

	look
	expect "shm:${FACT[a.id]}" creator_pid="${FACT[a.pid]}" creator_alive=true
}

@test "shm: kernel.shm_rmid_forced takes what its last user leaves" {
	in_world sh -c 'echo 1 >/proc/sys/kernel/shm_rmid_forced'
	actor a shmget
	tell a shmat
	look
	expect_doc '.limits.shm_rmid_forced == true'
	kill_actor a

	look
	expect_gone "shm:${FACT[a.id]}"
}

# Segments of many makes, and a listing of them that says nothing about memory.
OWN_COLUMNS=NAME,ID,KEY,INODE,SIZE,MODE,UID,GID,CREATOR_UID,CREATOR_GID,CREATOR_PID,LAST_PID
OWN_COLUMNS+=,ATTACH_TIME,DETACH_TIME,CHANGE_TIME,NATTCH,FLAGS,STATE,VERDICT
many_makes()
{
	actor a shmget key=0xfffffffe size=3000001 mode=0666
	tell a shmat
	actor b shmget key=0x7fffffff mode=0711
	tell b shmat
	tell b rmid
	actor c shmget mode=0
	tell c shmset uid=65534 mode=0640
	tell c shmlock
	actor d setuid uid=65534
	tell d shmget size=1
	tell d shmat n=2
	tell d shmdt
}

@test "shm: what memory they use is asked for or not, all else is the same" {
	many_makes
	local without
	without=$(in_world "$IPCTOP" list shm -J -o "$OWN_COLUMNS")
	assert_equal "$(jq '.objects | length' <<<"$without")" 4
	assert_equal "$(in_world "$IPCTOP" list shm -J -o "$OWN_COLUMNS,RSS" | jq -cS 'del(.objects[].rss)')" \
		"$(jq -cS . <<<"$without")"
}

@test "shm: a listing that is not understood is a gap, and the segments are told all the same" {
	many_makes
	local without odd
	without=$(in_world "$IPCTOP" list shm -J -o "$OWN_COLUMNS")
	for odd in 's/ *[0-9]*$//' 's/[0-9]*$/x/' '$s/.*/ 7/' ''; do
		in_world cat /proc/sysvipc/shm | sed "$odd" | head -c -1 >"$BATS_TEST_TMPDIR/odd"
		in_world mount --bind "$BATS_TEST_TMPDIR/odd" /proc/sysvipc/shm ||
			skip "/proc/sysvipc/shm cannot be hidden"
		run --separate-stderr in_world "$IPCTOP" list shm -J -o "$OWN_COLUMNS,RSS"
		in_world umount /proc/sysvipc/shm
		assert_success
		[[ $stderr == *sysvipc* ]] || fail "$odd: no gap: $stderr"
		assert_equal "$(jq -c '[.objects[].rss] | unique' <<<"$output")" '[null]'
		assert_equal "$(jq -cS 'del(.objects[].rss)' <<<"$output")" "$(jq -cS . <<<"$without")"
	done
}
