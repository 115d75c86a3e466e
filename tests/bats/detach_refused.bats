#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What ipctop does not make let go: it says why, ends with 1, and the process has noticed nothing.

load targets

setup()
{
	world_open
}

teardown()
{
	world_close
	[ -z "${GROUP-}" ] || rmdir "$GROUP"
}

# What each filter forbids of what detaching needs.
FILTERS='kill-mmap kill-thread-mmap trap-mmap errno-mmap notify-mmap errno-mremap kill-mprotect'

@test "detach refused: filters of system calls are evaluated, and those that forbid nothing are no obstacle" {
	local how pid call
	local -a names=()
	for how in $FILTERS strict; do
		target $how quiet seccomp=$how layout=rw,r
		names+=("${FACT[$how.name]}")
	done
	for how in allow private-mmap other-abi; do target $how quiet seccomp=$how; done
	run -1 ipctop detach "${names[@]}" --all --yes --force
	for how in $FILTERS strict; do
		pid=${FACT[$how.pid]} call=${how##*-}
		# strict mode forbids whatever comes first
		assert_line --regexp "process $pid \(target\) not detached: the seccomp filter of $pid forbids ${call/strict/m}"
	done
	let_go allow private-mmap other-abi
	for how in $FILTERS; do finish $how 64; done
	finish strict
	for how in allow private-mmap other-abi; do finish $how 0; done
}

@test "detach refused: system calls that are dispatched to the process" {
	target t quiet dispatch=1
	refused t 'thread [0-9]+ uses syscall user dispatch$'
	finish t 64
}

@test "detach refused: mappings that are sealed, or whose faults another serves" {
	target_or_skip sealed quiet layout=rw,seal
	refused sealed 'mapping [0-9a-f]+-[0-9a-f]+ is sealed$'
	finish sealed 64
	target_or_skip served quiet kind=memfd layout=rw,uffd
	refused served 'mapping [0-9a-f]+-[0-9a-f]+ is registered with userfaultfd$'
	finish served 64
}

@test "detach refused: guard pages, which a copy would not have" {
	target_or_skip t quiet kind=memfd layout=rw,guard,rw
	refused t 'mapping [0-9a-f]+-[0-9a-f]+ is in part without access \(guard pages\)$'
	finish t 64
}

@test "detach refused: a filter of system calls that asks where they come from" {
	target t quiet seccomp=where
	refused t 'a seccomp filter of [0-9]+ asks from where in memory a call comes'
	finish t 64
}

@test "detach refused: a thread waits on a lock inside the object" {
	target t waiter+writers
	refused t 'thread [0-9]+ waits on a lock inside the object$'
	# the kernel waits by another call after a stop
	refused t 'thread [0-9]+ waits on a lock inside the object$'
	finish t 64
	# so large that room was made for its copy before: that is given back
	target large waiter+writers kind=memfd size=16M
	refused large 'thread [0-9]+ waits on a lock inside the object$'
	finish large 4096
}

@test "detach refused: who is traced by another" {
	need_command strace
	local job
	target t writers
	in_world strace -f -o /dev/null -p "${FACT[t.pid]}" 2>/dev/null &
	job=$!
	until_true in_world grep -q 'TracerPid:.*[1-9]' "/proc/${FACT[t.pid]}/status"
	refused t "process ${FACT[t.pid]} is already traced by process [0-9]+"
	in_world pkill -INT -P 0 strace || in_world pkill -INT -x strace
	wait $job || :
	finish t 64
}

@test "detach refused: a process that has ended, though nobody has asked for its status" {
	target t zombie
	until_true has_state t Z
	try_detach t
	assert_equal "$status" 1
	exec {ACTOR_IN[t]}>&-
	actor_wait t
}

@test "detach refused: no room for a copy by the limits of the process" {
	local vm
	target t writers size=8M
	vm=$(in_world awk '/^VmSize/ { print $2 * 1024 }' "/proc/${FACT[t.pid]}/status")
	in_world prlimit --pid "${FACT[t.pid]}" --as=$((vm + 65536)):
	refused t 'no room for the copy'
	in_world prlimit --pid "${FACT[t.pid]}" --as=unlimited:
	let_go t
	finish t 0
}

@test "detach refused: no room for a copy in the control group" {
	GROUP=/sys/fs/cgroup/memory/ipctop-test-$$-$BATS_TEST_NUMBER
	if [ ! -e /sys/fs/cgroup/memory/memory.limit_in_bytes ] || ! mkdir "$GROUP" 2>/dev/null; then
		GROUP=
		skip "no control group of memory can be made here"
	fi
	target t writers kind=memfd size=32M
	# by the number that it has outside
	host_pid t >"$GROUP/cgroup.procs"
	echo 16M >"$GROUP/memory.limit_in_bytes"
	refused t 'its memory cgroup has .* free, the copy needs'
	finish t 8192
}

# host_pid NAME: of an actor, in the machine's own namespace.
host_pid()
{
	local file pid world
	world=$(in_world readlink /proc/self/ns/pid)
	grep -slE "^NSpid:.*[[:space:]]${FACT[$1.pid]}$" /proc/[0-9]*/status | while read -r file; do
		pid=${file//[^0-9]/}
		if [ "$(readlink "/proc/$pid/ns/pid")" = "$world" ]; then echo "$pid"; fi
	done
}

# frozen FOLDER FILE FREEZE THAW SENTENCE: in a control group that does not run.
frozen()
{
	GROUP=$1/ipctop-test-$$-$BATS_TEST_NUMBER
	if [ ! -d "$1" ] || ! mkdir "$GROUP" 2>/dev/null || [ ! -e "$GROUP/$2" ]; then
		[ ! -d "$GROUP" ] || rmdir "$GROUP"
		GROUP=
		skip "there is no $1 to make a control group in"
	fi
	target t writers
	host_pid t >"$GROUP/cgroup.procs"
	echo "$3" >"$GROUP/$2"
	refused t "$5"
	echo "$4" >"$GROUP/$2"
	finish t 64
}

@test "detach refused: a frozen control group" {
	local group=/sys/fs/cgroup/unified
	[ -d $group ] || group=/sys/fs/cgroup
	frozen $group cgroup.freeze 1 0 'does not run \(frozen cgroup\?\): nothing was changed|did not stop within|frozen'
}

@test "detach refused: a frozen control group of the old kind" {
	frozen /sys/fs/cgroup/freezer freezer.state FROZEN THAWED 'did not stop within [0-9]+ ms \(state D\)|frozen'
}

@test "detach refused: another user's process" {
	world_public
	in_world install -m 755 "$TARGET" /mnt
	target t quiet
	run -1 ipctop_as_nobody detach "${FACT[t.name]}" --pid "${FACT[t.pid]}" --yes --force
	finish t 64
	ACTOR=/usr/bin/setpriv actor own --reuid 65534 --regid 65534 --clear-groups /mnt/target quiet
	ACTOR=/usr/bin/setpriv actor hidden --reuid 65534 --regid 65534 --clear-groups /mnt/target quiet dumpable=0
	run -1 ipctop_as_nobody detach "${FACT[hidden.name]}" --pid "${FACT[hidden.pid]}" --yes --force
	finish hidden
	run -0 ipctop_as_nobody detach "${FACT[own.name]}" --pid "${FACT[own.pid]}" --yes --force
	finish own 0
}

@test "detach refused: of two segments of one number in two namespaces the right one is meant" {
	local twin
	target here quiet
	ACTOR=/usr/bin/unshare actor there --ipc "$TARGET" quiet
	assert_equal "${FACT[there.name]}" "${FACT[here.name]}"
	run -1 ipctop detach "${FACT[here.name]}" --pid "${FACT[there.pid]}" --yes --force
	let_go here
	look
	twin=$(names shm | grep @)
	run -0 ipctop detach "$twin" --all --yes --force --all-namespaces
	finish here 0
	finish there 0
}
