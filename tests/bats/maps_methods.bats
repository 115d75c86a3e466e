#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# PROCMAP_QUERY and the text of /proc/PID/maps give the same answer.

load world

setup()
{
	world_open
}

teardown()
{
	world_close
}

# same_answer: both ways, on what is there now.
same_answer()
{
	local keep='.objects |= (map(del(.age, .access_time, .reasons)) | sort_by(.name)) | del(.objects[].holders[].start_time) | {objects, gaps, complete}'
	look
	jq "$keep" "$DOC" >"$BATS_TEST_TMPDIR/query"
	look --no-procmap-query
	jq "$keep" "$DOC" >"$BATS_TEST_TMPDIR/text"
	diff -U 3 "$BATS_TEST_TMPDIR/query" "$BATS_TEST_TMPDIR/text" | head -n 60
	cmp -s "$BATS_TEST_TMPDIR/query" "$BATS_TEST_TMPDIR/text" || fail "the answers differ"
}

@test "maps methods: the same objects and mappings of a rich population" {
	actor s1 shmget size=64K
	tell s1 shmat n=3
	tell s1 munmap part=middle
	tell s1 fork n=2
	actor s2 shmget key=7 size=12K
	tell s2 shmat ro=1
	tell s2 mprotect part=middle prot=-
	tell s2 rmid
	actor f1 shm_open name=plain size=16K
	tell f1 mmap
	tell f1 mprotect part=middle prot=r
	actor f2 shm_open name='new\x0aline' size=4096
	tell f2 mmap
	actor f3 shm_open name='back\x5c012slash' size=4096
	tell f3 mmap
	actor f4 shm_open name='x\x20(deleted)' size=4096
	tell f4 mmap
	tell f4 close
	actor f5 shm_open name=gone size=4096
	tell f5 mmap
	tell f5 unlink
	tell f5 close
	actor f6 shm_open name=private size=4096
	tell f6 mmap private=1
	tell f6 close
	actor q sem_open name=/q
	actor m1 memfd name='label\x0aodd' size=8192
	tell m1 mmap n=2
	tell m1 close
	actor m2 memfd name=SYSV00000007 seal=1
	tell m2 mmap
	actor z zero
	actor an anon n=3
	actor d create path="$BATS_TEST_TMPDIR/on disk" size=8192
	tell d mmap
	actor dd create path="$BATS_TEST_TMPDIR/doomed" size=8192
	tell dd mmap
	tell dd unlink
	actor t tmpfile
	tell t mmap
	actor l shm_open name=leader
	tell l mmap
	tell l leader_exit
	local kind
	for kind in perf aio uring_map secretmem packet; do
		actor_start "${WORLD_ENTER[*]}" $kind $kind || unset "ACTOR_IN[$kind]"
	done
	same_answer
	# the population is really there
	[ "$(names | wc -l)" -ge 18 ] || fail "only: $(names)"
	[ "$(jq '[.objects[].mappings] | add' "$DOC")" -ge 30 ] || fail "only few mappings"
}

@test "maps methods: the same of huge pages" {
	need_hugepages 4
	actor_or_skip a shmget hugetlb=1 size=4M
	tell a shmat
	actor b memfd name=huge hugetlb=1 size=2M
	tell b mmap
	actor c anon hugetlb=1 size=2M
	same_answer
}

@test "maps methods: the same of a process with 3000 mappings" {
	actor a shm_open name=f size=12K
	tell a mmap n=1500
	tell a anon n=1500
	same_answer
	expect posix-shm:/f mappings=1500
}

@test "maps methods: the text is really read when told so" {
	need_command strace
	actor a anon
	# a leak checker cannot work under a tracer
	run -0 in_world env ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=ioctl -o /dev/stdout "$IPCTOP" list anon --no-procmap-query
	refute_output --regexp 'ioctl\([0-9]+, _IOC\(.*0x66, 0x11|PROCMAP_QUERY'
}
