#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Where Shmem of /proc/meminfo went. A world sees nothing but what is made in it, so its sums are exact.

load world

setup()
{
	world_open
}

teardown()
{
	world_close
}

# account [OPTION…]: as JSON, in $DOC
account()
{
	ipctop account -J "$@" >"$DOC" 2>"$BATS_TEST_TMPDIR/stderr"
}

# row VALUE MEMBER
row()
{
	jq -c --arg v "$1" --arg k "$2" '.account[] | select(.value == $v) | .[$k]' "$DOC"
}

# Of Shmem, each page stands in one row.
sums_up()
{
	local before after sum
	before=$(awk '/^Shmem:/ { print $2 * 1024 }' /proc/meminfo)
	account "$@"
	after=$(awk '/^Shmem:/ { print $2 * 1024 }' /proc/meminfo)
	# others may make and remove some meanwhile; the kernel's own counters lag by some pages
	[ "$before" = "$after" ] || return 1
	sum=$(jq '[.account[] | .memory - if .value == "swapped" then .swap else 0 end] | add' "$DOC")
	[ $((sum - after)) -lt 4194304 ] && [ $((after - sum)) -lt 4194304 ]
}

@test "account: each kind, other tmpfs mounts, and files without a name, nothing twice" {
	actor a shmget size=4M
	tell a shmat
	tell a touch
	actor b shm_open name=file size=0
	tell b fill size=3M
	tell b mmap
	actor c sem_open name=/turn
	actor d memfd size=2M
	tell d mmap
	tell d touch
	actor e anon size=1M
	tell e touch
	in_world mount -t tmpfs none /mnt
	in_world mkdir /mnt/one /mnt/two
	in_world mount -t tmpfs one /mnt/one
	in_world mount --bind /mnt/one /mnt/two
	in_world dd if=/dev/zero of=/mnt/one/file bs=1M count=5 status=none
	in_world ln /mnt/one/file /mnt/one/again
	actor f create path=/mnt/one/gone size=0
	tell f fill size=6M
	tell f mmap
	tell f unlink

	account
	assert_equal "$(row shm memory) $(row shm objects)" '4194304 1'
	assert_equal "$(row posix-shm memory) $(row posix-shm objects)" '3145728 1'
	assert_equal "$(row posix-sem memory) $(row posix-sem objects)" '4096 1'
	assert_equal "$(row memfd memory) $(row memfd objects)" '2097152 1'
	assert_equal "$(row anon memory) $(row anon objects)" '1048576 1'
	assert_equal "$(jq -c '.account[] | select(.path == "/mnt/one") | [.value, .memory, .objects]' "$DOC")" \
		'["tmpfs",5242880,1]'
	assert_equal "$(jq '[.account[] | select(.path == "/mnt/two")] | length' "$DOC")" 0
	assert_equal "$(row unlinked memory) $(row unlinked objects)" '6291456 null'
	assert_equal "$(jq -r '.account[-1].value' "$DOC")" unexplained
	until_true sums_up
}

@test "account: what other mounts hide is counted, a mount namespace's own tmpfs, too" {
	in_world mount -t tmpfs one /mnt
	in_world mkdir /mnt/hidden
	in_world dd if=/dev/zero of=/mnt/hidden/file bs=1M count=5 status=none
	in_world mount -t tmpfs two /mnt/hidden
	actor a own_shm
	tell a shm_open name=theirs size=0
	tell a fill size=2M
	account
	assert_equal "$(jq -c '.account[] | select(.path == "/mnt") | .memory' "$DOC")" 5242880
	assert_equal "$(jq -c '.account[] | select(.path == "/mnt/hidden") | .memory' "$DOC")" ''
	assert_equal "$(row posix-shm memory)" 2097152
	until_true sums_up
}

@test "account: by user, with what holders betray" {
	actor a setuid uid=61234
	tell a shmget size=4M
	tell a shmat
	tell a touch
	tell a shm_open name=file size=0
	tell a fill size=2M
	actor b setuid uid=65534
	tell b shm_open name=gone size=0
	tell b fill size=3M
	tell b mmap
	tell b unlink
	account --by user
	assert_equal "$(jq -r .by "$DOC")" user
	assert_equal "$(row 61234 memory) $(row 61234 objects)" '6291456 2'
	assert_equal "$(row nobody memory)" 3145728
	assert_equal "$(row unlinked memory)" ''
	until_true sums_up --by user
}

@test "account: by control group, as the kernel charges it" {
	local root stat
	root=$(awk '$9 == "cgroup2" || $8 == "cgroup2" { print $5 } / cgroup / && /memory/ { print $5 }' /proc/self/mountinfo |
		while read -r at; do [ -e "$at/memory.stat" ] && echo "$at"; done | head -n 1)
	[ -n "$root" ] || skip "no control groups of memory are mounted"
	mkdir "$root/ipctop-test.$$" || skip "no control group can be made"
	actor a nothing
	# pids of the world are others here
	local pid
	pid=$(pgrep -P "${ACTOR_JOB[a]}")
	echo "$pid" >"$root/ipctop-test.$$/cgroup.procs" || { rmdir "$root/ipctop-test.$$"; skip "no process may move"; }
	tell a anon size=8M
	tell a touch
	account --by cgroup
	stat=$(awk '$1 == "shmem" { print $2 }' "$root/ipctop-test.$$/memory.stat")
	stop a
	rmdir "$root/ipctop-test.$$"
	assert_equal "$(row "/ipctop-test.$$" memory)" "$stat"
	[ "$stat" -ge 8388608 ] || fail "the group was charged $stat"
}

@test "account: formats, and what is no way to account" {
	run -0 ipctop account -rn -o value,memory
	assert_line --regexp '^memfd '
	run -2 ipctop account --by colour
	assert_output --partial "'colour' is no way to account; there are kind, user, cgroup"
	run -2 ipctop account shm:1
	assert_output --partial 'it takes no names'
	run -2 ipctop account --snapshot x
	world_public
	run -0 --separate-stderr ipctop_as_nobody account
	assert_line --regexp '^unexplained '
}
