#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Machines where /dev/shm or /proc are not as usual.

load world

teardown()
{
	world_close
}

@test "no /dev/shm at all: the rest is shown" {
	world_open --no-shm
	in_world test ! -e /dev/shm
	actor a shmget
	actor b memfd name=m

	look
	expect "shm:${FACT[a.id]}" state=created
	expect "memfd:${FACT[b.dev]}:${FACT[b.ino]}" state=open
	assert_equal "$(names posix-shm)" ""
	expect_doc '.limits.tmpfs_size == null'
	run -0 ipctop list
	refute_output --partial "/dev/shm"
}

@test "/dev/shm is a plain folder of a tmpfs" {
	world_open --no-shm
	in_world mkdir -m 1777 /dev/shm
	actor a shm_open name=f

	look
	expect posix-shm:/f state=open path=/dev/shm/f
}

@test "/dev/shm is a symbolic link" {
	world_open --no-shm
	in_world mkdir -m 1777 /dev/other
	in_world ln -s /dev/other /dev/shm
	actor a shm_open name=f

	look
	assert_equal "$(jq -r --arg ino "${FACT[a.ino]}" '.objects[] | select(.inode == ($ino | tonumber)) | .state' "$DOC")" open
}

@test "/dev/shm is on a disk: its files are shared memory as soon as they are mapped" {
	world_open --no-shm
	mkdir "$BATS_TEST_TMPDIR/disk"
	in_world mkdir /dev/shm
	in_world mount --bind "$BATS_TEST_TMPDIR/disk" /dev/shm
	actor a shm_open name=f
	tell a mmap

	look
	assert_equal "$(jq -r --arg ino "${FACT[a.ino]}" '.objects[] | select(.inode == ($ino | tonumber)) | .state' "$DOC")" attached
}

@test "/dev/shm is mounted read-only" {
	world_open
	actor a shm_open name=f
	tell a close
	in_world mount -o remount,ro /dev/shm

	look --older-than 0
	expect posix-shm:/f state=detached verdict=stale
}

@test "/proc is another pid namespace's: absence is not concluded from it" {
	world_open
	actor a shm_open name=f
	tell a close
	# a fresh pid namespace that keeps the old /proc
	run -0 in_world unshare --pid --fork "$IPCTOP" --json --older-than 0 --no-lease
	assert_equal "$(jq -r '.objects[] | select(.name == "posix-shm:/f") | .verdict' <<<"$output")" unknown
}

@test "/proc is not mounted: an error or a partial answer, never a crash or a wrong line" {
	world_open
	actor a shm_open name=f
	tell a mmap
	actor b shmget
	! grep -q __asan_init "$IPCTOP" || skip "the sanitizers themselves need /proc"
	run --separate-stderr in_world unshare --mount sh -c 'mount -t tmpfs none /proc && exec "$0" --json --older-than 0' "$IPCTOP"
	[ "$status" -lt 2 ] || fail "status $status: $output"
	if [ "$status" = 0 ]; then
		assert_equal "$(jq -r .complete <<<"$output")" false
		jq -e 'all(.objects[] | select(.kind == "posix-shm"); .verdict == "live")' <<<"$output" >/dev/null ||
			fail "not all is live: $output"
	else
		[[ $stderr == *"ipctop: "* ]] || fail "no word of what went wrong: $stderr"
	fi
}

@test "no System V IPC in the kernel, as far as /proc says: gaps, not zeros" {
	world_open
	actor a shmget
	in_world mount -t tmpfs none /proc/sysvipc || skip "/proc/sysvipc cannot be hidden"
	look
	expect "shm:${FACT[a.id]}" rss=null swap=null allocated=null state=created
	[[ $(member "shm:${FACT[a.id]}" unknown) == *rss* ]] || fail "rss is not unknown"
	expect_doc '.complete == false and any(.gaps[]; .source == "sysvipc" and .error == "ENOENT")'
}
