#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The life of memory that is shared by mapping, stage by stage: files, POSIX shared memory,
# semaphores, memfds, anonymous memory.

load world

setup()
{
	world_open
}

teardown()
{
	world_close
}

@test "posix-shm: shm_open, mmap, close, munmap, shm_unlink" {
	actor a shm_open name=/block size=8192
	local name=posix-shm:/block pid=${FACT[a.pid]}

	look
	expect "$name" kind=posix-shm path=/dev/shm/block device="${FACT[a.dev]}" \
		inode="${FACT[a.ino]}" links=1 size=8192 allocated=0 mode=0600 uid=0 user=root \
		state=open openers=1 mappings=0 processes=0 pids="$pid" fds="${FACT[a.fd]}" access=rw \
		nattch=null id=null key=null creator_pid=null last_pid=null attach_time=null \
		flags= unknown= verdict=live reasons=open why="open in 1 process"

	tell a mmap
	tell a touch bytes=1
	look
	expect "$name" state=attached mappings=1 processes=1 openers=1 prots=rw-s \
		starts="${FACT[a.address]}" lengths=8192 allocated=4096 verdict=live reasons=attached,open

	tell a close
	look
	expect "$name" state=attached mappings=1 openers=0 fds= verdict=live reasons=attached

	tell a munmap
	look
	expect "$name" state=detached mappings=0 openers=0 pids= holders_complete=true verdict=idle \
		reasons=young

	tell a unlink
	look
	expect_gone "$name"
}

@test "file: as a textbook does it: open, lseek, write, mmap, close, munmap" {
	local path=$BATS_TEST_TMPDIR/textbook
	actor a create path="$path" size=0
	tell a lseek_write size=8192

	look
	assert_equal "$(names file | grep -c textbook)" 0	# a file on disk is shared once it is mapped

	tell a mmap length=8192
	look
	expect "file:$path" kind=file path="$path" size=8192 allocated=null state=attached \
		mappings=1 openers=1 pids="${FACT[a.pid]}" prots=rw-s lengths=8192 access=rw \
		device="${FACT[a.dev]}" inode="${FACT[a.ino]}" verdict=live unknown= links=1

	tell a close
	look
	expect "file:$path" state=attached mappings=1 openers=0 verdict=live reasons=attached

	tell a munmap
	look
	expect_gone "file:$path"
}

@test "file: unlinked while mapped is condemned" {
	actor a create path="$BATS_TEST_TMPDIR/doomed"
	tell a mmap
	tell a unlink

	look
	expect "file:${FACT[a.dev]}:${FACT[a.ino]}" state=condemned links=0 flags=unlinked \
		mappings=1 openers=1 verdict=live
}

@test "file: on a tmpfs that is not /dev/shm it takes memory" {
	in_world mount -t tmpfs -o mode=755 elsewhere /mnt
	actor a create path=/mnt/buffer size=1M
	tell a mmap
	tell a touch bytes=64K

	look
	expect file:/mnt/buffer kind=file size=1048576 allocated=65536 state=attached verdict=live
}

@test "posix-shm: unlinked while mapped is condemned and goes by its inode" {
	actor a shm_open name=block size=16K
	tell a mmap
	tell a touch
	tell a unlink
	local name=posix-shm:${FACT[a.dev]}:${FACT[a.ino]}

	look
	expect_gone posix-shm:/block
	expect "$name" kind=posix-shm state=condemned flags=unlinked links=0 size=16384 \
		allocated=16384 mappings=1 openers=1 verdict=live
	tell a close
	look
	expect "$name" state=condemned mappings=1 openers=0 size=16384 allocated=16384 verdict=live \
		reasons=attached
	tell a munmap
	look
	expect_gone "$name"
}

@test "posix-shm: unlinked and only open is condemned" {
	actor a shm_open name=block size=4096
	tell a unlink

	look
	expect "posix-shm:${FACT[a.dev]}:${FACT[a.ino]}" state=condemned mappings=0 openers=1 \
		verdict=live reasons=open
}

@test "posix-shm: a name that was given again is another object" {
	actor a shm_open name=block size=4096
	tell a mmap
	tell a unlink
	actor b shm_open name=block size=8192

	look
	expect posix-shm:/block inode="${FACT[b.ino]}" size=8192 pids="${FACT[b.pid]}" state=open
	expect "posix-shm:${FACT[a.dev]}:${FACT[a.ino]}" size=4096 pids="${FACT[a.pid]}" state=condemned
}

@test "posix-shm: renamed under its mapper it goes by its new name" {
	actor a shm_open name=before size=4096
	tell a mmap
	tell a close
	tell a rename to=/dev/shm/after

	look
	expect_gone posix-shm:/before
	expect posix-shm:/after state=attached mappings=1 path=/dev/shm/after
}

@test "posix-shm: a sparse file is as large as its blocks" {
	actor a shm_open name=sparse size=512M
	tell a mmap length=4096
	tell a touch

	look
	expect posix-shm:/sparse size=536870912 allocated=4096
}

@test "posix-shm: a file without a holder is found, its lease proves that nobody has it" {
	actor a shm_open name=left size=4096
	tell a fill size=4096
	kill_actor a

	look
	expect posix-shm:/left state=detached mappings=0 openers=0 holders_complete=true \
		allocated=4096 verdict=idle reasons=young
	look --older-than 0
	expect posix-shm:/left state=detached verdict=stale reasons=abandoned
}

@test "posix-shm: in a folder of /dev/shm" {
	actor a shm_open name=pool/deep/block size=4096

	look
	expect posix-shm:/pool/deep/block path=/dev/shm/pool/deep/block state=open
	kill_actor a
	look --older-than 0
	expect posix-shm:/pool/deep/block state=detached verdict=idle reasons=not-posix-shm
}

@test "posix-shm: a file with two names is one object, and no POSIX segment" {
	actor a shm_open name=one size=4096
	tell a link to=/dev/shm/two
	kill_actor a

	look --older-than 0
	assert_equal "$(names posix-shm | wc -l)" 1
	expect "$(names posix-shm)" links=2 verdict=idle reasons=not-posix-shm inode="${FACT[a.ino]}"
}

@test "posix-shm: zero length may be just being made" {
	actor a shm_open name=empty size=0
	kill_actor a

	look --older-than 0
	expect posix-shm:/empty size=0 state=detached verdict=idle reasons=zero-length
}

@test "posix-shm: reading a file's facts does not make it younger" {
	actor a shm_open name=left size=4096
	kill_actor a
	in_world touch -a -d '2026-01-02 03:04:05' /dev/shm/left

	look
	expect posix-shm:/left access_time="$(date -d '2026-01-02 03:04:05' +%s)"
	look
	expect posix-shm:/left access_time="$(date -d '2026-01-02 03:04:05' +%s)"
	assert_equal "$(in_world stat -c %X /dev/shm/left)" "$(date -d '2026-01-02 03:04:05' +%s)"
}

@test "posix-shm: a file that never had a name" {
	actor_or_skip a tmpfile size=8192
	tell a mmap
	tell a close

	look
	expect "posix-shm:${FACT[a.dev]}:${FACT[a.ino]}" kind=posix-shm links=0 size=8192 mappings=1 \
		verdict=live
}

@test "posix-sem: the creator's mapping has another name and is found all the same" {
	actor a sem_open name=/turn

	look
	expect posix-sem:/turn kind=posix-sem path=/dev/shm/sem.turn size=32 allocated=4096 \
		state=attached mappings=1 pids="${FACT[a.pid]}" starts="${FACT[a.address]}" verdict=live
	kill_actor a
	look --older-than 0
	expect posix-sem:/turn state=detached verdict=stale
}

@test "posix-sem: only a file of 32 bytes directly in /dev/shm is one" {
	actor a shm_open name=sem.large size=33
	actor b shm_open name=folder/sem.deep size=32
	actor c shm_open name=semaphore size=32

	look
	assert_equal "$(names posix-sem)" ""
	assert_equal "$(names posix-shm | sort | tr '\n' ' ')" \
		"posix-shm:/folder/sem.deep posix-shm:/sem.large posix-shm:/semaphore "
}

@test "memfd: created, mapped, closed, unmapped" {
	actor a memfd name=frames size=8192
	local name=memfd:${FACT[a.dev]}:${FACT[a.ino]}

	look
	expect "$name" kind=memfd label=frames path=null state=open size=8192 allocated=0 openers=1 \
		mappings=0 access=rw flags= verdict=live reasons=open
	tell a mmap
	tell a touch
	look
	expect "$name" state=attached allocated=8192 mappings=1 openers=1 prots=rw-s verdict=live
	tell a close
	look
	expect "$name" label=frames state=attached size=8192 allocated=8192 openers=0 unknown=
	tell a munmap
	look
	expect_gone "$name"
}

@test "memfd: sealed" {
	actor a memfd name=sealed seal=1

	look
	expect "memfd:${FACT[a.dev]}:${FACT[a.ino]}" flags=sealed
	tell a mmap
	look
	expect "memfd:${FACT[a.dev]}:${FACT[a.ino]}" flags=sealed state=attached
}

@test "memfd: of huge pages" {
	need_hugepages 1
	actor_or_skip a memfd name=huge hugetlb=1 size=2M
	tell a mmap
	tell a touch bytes=1

	look
	expect "memfd:${FACT[a.dev]}:${FACT[a.ino]}" kind=memfd label=huge size=2097152 \
		allocated=2097152 page_size=2097152 flags=hugetlb
}

@test "memfd: two of the same label are two objects" {
	actor a memfd name=twin size=4096
	actor b memfd name=twin size=8192

	look
	assert_equal "$(names memfd | wc -l)" 2
	expect "memfd:${FACT[b.dev]}:${FACT[b.ino]}" size=8192 pids="${FACT[b.pid]}"
}

@test "anon: shared by fork, gone with the last unmap" {
	actor a anon size=12K
	tell a touch
	tell a fork n=2

	look
	local name
	name=$(name_at "${FACT[a.address]}")
	expect "$name" kind=anon size=12288 allocated=12288 state=attached mappings=3 processes=3 \
		openers=0 flags= path=null verdict=live
	tell a reap
	tell a munmap
	look
	expect_gone "$name"
}

@test "anon: two mappings of one process are two objects" {
	actor a anon size=4096 n=2

	look
	assert_equal "$(names anon | wc -l)" 2
}

@test "anon: /dev/zero mapped shared is anonymous memory" {
	actor a zero size=8192

	look
	expect "$(name_at "${FACT[a.address]}")" kind=anon size=8192 state=attached
}

@test "anon: of huge pages" {
	need_hugepages 1
	actor_or_skip a anon hugetlb=1 size=2M
	tell a touch bytes=1

	look
	expect "$(name_at "${FACT[a.address]}")" kind=anon size=2097152 page_size=2097152 flags=hugetlb \
		allocated=2097152
}

@test "file: on hugetlbfs it is an object also when nobody holds it" {
	need_hugepages 1
	in_world mount -t hugetlbfs -o size=8M none /mnt || skip "hugetlbfs is not to be had here"
	actor a create path=/mnt/pages size=2M
	tell a mmap
	tell a touch bytes=1

	look
	expect file:/mnt/pages kind=file size=2097152 allocated=2097152 page_size=2097152 \
		flags=hugetlb state=attached verdict=live
	tell a munmap
	kill_actor a
	look
	expect file:/mnt/pages state=detached flags=hugetlb page_size=2097152 allocated=2097152
}
