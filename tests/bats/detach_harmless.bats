#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Processes that are made to let go notice nothing: no write, no signal, no wait of theirs is lost or changed.
# Each target keeps watch over itself (tests/target) and says at its end whether it is ok.

load targets

setup()
{
	world_open
}

teardown()
{
	world_close
}

@test "detach harmless: threads that write lose nothing, of no kind of object" {
	local kind
	target t.shm writers kind=shm
	target t.posix writers kind=posix
	target t.memfd writers kind=memfd
	target t.anon writers kind=anon
	target t.file writers kind=file path="$BATS_TEST_TMPDIR/file"
	target t.large writers kind=memfd size=12M
	target t.condemned writers kind=shm condemn=1
	let_go t.shm t.posix t.memfd t.anon t.file t.large t.condemned
	for kind in shm posix memfd anon file large condemned; do
		finish t.$kind 0
	done
}

@test "detach harmless: signals are neither lost nor doubled, and registers keep what they had" {
	local i
	for i in 1 2 3 4; do target t$i signals; done
	let_go t1 t2 t3
	let_go t4
	for i in 1 2 3 4; do
		finish t$i 0
		[ "${FACT[t$i.ticks]}" -gt 0 ] && [ "${FACT[t$i.queued]}" -gt 0 ] || fail "no signal came"
	done
}

@test "detach harmless: restartable sequences are begun again, or end" {
	local i
	for i in 1 2 3; do target_or_skip t$i rseq threads=6; done
	let_go t1 t2 t3
	for i in 1 2 3; do finish t$i 0; done
}

@test "detach harmless: all of it at once, while processes and threads come and go" {
	target all signals+writers+rseq+churn+spawn
	target churn churn
	target spawn spawn
	let_go all churn spawn
	finish all 0
	finish churn 0
	finish spawn 0
}

# Calls that end in what they wait for.
WAITS='poll ppoll select pselect pipe tty eventfd inotify futex accept recv msgrcv sigsuspend pause wait4 flock fcntl mq'
# What signal(7) says of any stop: EINTR. Where they wait without an end they go on all the same.
INTERRUPTED='epoll_wait recv_timeout semop semtimedop sigwaitinfo sigtimedwait io_getevents'
# Calls that know a time.
TIMED='nanosleep clock_nanosleep clock_absolute poll ppoll select pselect futex mq'
TIMED_INTERRUPTED='epoll_wait recv_timeout semtimedop sigtimedwait io_getevents'

@test "detach harmless: the only thread of a process, in a call that blocks, gets what it waits for" {
	local call
	for call in $WAITS $INTERRUPTED; do
		target "$call" blocked call="$call" size=128K
	done
	let_go $WAITS $INTERRUPTED
	for call in $WAITS $INTERRUPTED; do
		wake "$call"
		finish "$call" 0
	done
}

@test "detach harmless: a call with a time limit takes just its time" {
	local call begin
	for call in $TIMED $TIMED_INTERRUPTED; do
		target "$call" blocked call="$call" ms=12000 late=700 size=128K
	done
	begin=$(uptime_now)
	# what began anew would be too late by this
	until_true later_than $((begin + 100))
	let_go $TIMED $TIMED_INTERRUPTED
	for call in $TIMED $TIMED_INTERRUPTED; do finish "$call" 0; done
}

@test "detach harmless: for a fence no thread is stopped that would be interrupted" {
	local call
	# recv with a time limit looks like one without, aio like what it may wait for
	local known='epoll_wait semop semtimedop sigwaitinfo sigtimedwait'
	for call in $known; do
		target "$call" blocked+sleepers call="$call" threads=1 fence=1
	done
	let_go $known -- --leave fence
	for call in $known; do
		wake "$call"
		finish "$call" 0
		assert_equal "$call: ${FACT[$call.interrupted]}" "$call: 0"
	done
}

@test "detach harmless: SIGTRAP stays blocked, ignored or handled" {
	local how
	for how in default blocked ignored handled; do target t.$how quiet sigtrap=$how; done
	let_go t.default t.blocked t.ignored t.handled
	for how in default blocked ignored handled; do finish t.$how 0; done
}

@test "detach harmless: who is stopped stays stopped, and goes on when told" {
	target t stopped
	until_true has_state t T
	let_go t
	has_state t T || fail "it was set going"
	in_world kill -CONT "${FACT[t.pid]}"
	finish t 0
}

@test "detach harmless: SIGSTOP and SIGCONT all the while" {
	local i storm
	for i in 1 2 3; do target t$i writers; done
	: >"$BATS_TEST_TMPDIR/storm"
	# shellcheck disable=SC2016
	in_world bash -c 'while [ -e "$1" ]; do kill -STOP "${@:2}"; kill -CONT "${@:2}"; done' storm \
		"$BATS_TEST_TMPDIR/storm" "${FACT[t1.pid]}" "${FACT[t2.pid]}" "${FACT[t3.pid]}" &
	storm=$!
	run ipctop detach "${FACT[t1.name]}" "${FACT[t2.name]}" "${FACT[t3.name]}" --all --yes --force
	rm "$BATS_TEST_TMPDIR/storm"
	wait $storm
	[ "$status" = 0 ] || fail "$output"
	in_world kill -CONT "${FACT[t1.pid]}" "${FACT[t2.pid]}" "${FACT[t3.pid]}"
	for i in 1 2 3; do finish t$i 0; done
}

@test "detach harmless: a first thread that has ended, another process with the same memory, many threads" {
	target leader writers leader=exits
	target vm vm
	target many sleepers+quiet threads=60
	let_go leader many
	try_detach vm
	[ "$status" = 0 ] || fail "$output$stderr"
	finish leader 0
	finish vm 0
	finish many 0
}

@test "detach harmless: who waits for a child of vfork cannot be stopped, and is not harmed by the attempt" {
	target t vfork
	refused t 'did not stop within [0-9]+ ms \(state D\)$'
	finish t 64
}

LAYOUT=layout=rw,r,none,rx,hole,lock,dontfork,dontdump,random

@test "detach harmless: protections, holes, locks and advice are as they were" {
	target shm quiet kind=shm $LAYOUT
	target posix quiet kind=posix ${LAYOUT/rx,/}
	target memfd quiet kind=memfd $LAYOUT
	target anon quiet kind=anon $LAYOUT
	target file quiet kind=file path="$BATS_TEST_TMPDIR/file" ${LAYOUT/rx,/}
	target ro quiet ro=1
	target twice quiet twice=1
	target offset quiet kind=memfd offset=5
	target hidden quiet dumpable=0
	let_go shm posix memfd anon file ro twice offset hidden
	local t
	for t in shm posix memfd anon file ro twice offset hidden; do finish $t 0; done
}

@test "detach harmless: beyond the end of an object a touch stays SIGBUS" {
	target memfd quiet kind=memfd offset=3 short=7
	target file quiet kind=file path="$BATS_TEST_TMPDIR/file" short=40 twice=1
	target parts quiet kind=memfd short=20 layout=rw,r,dontfork,none
	target large quiet kind=memfd size=16M short=100
	target ro quiet kind=memfd ro=1 short=1
	let_go memfd file parts large ro
	local t
	for t in memfd file parts large ro; do finish $t 0; done
}

@test "detach harmless: huge pages become ordinary ones" {
	need_hugepages 2
	target_or_skip t quiet kind=huge size=4M
	let_go t
	finish t 0
}

@test "detach harmless: of a sparse mapping only what was touched takes memory" {
	target t quiet kind=memfd size=16G sparse=65536
	let_go t
	local kib
	kib=$(in_world awk '/^RssAnon/ { print $2 }' "/proc/${FACT[t.pid]}/status")
	[ "$kib" -lt 16384 ] || fail "it takes $kib KiB"
	finish t 0
}

@test "detach harmless: a fence stands everywhere, also where nobody had access" {
	target t quiet fence=1 layout=rw,none,r,hole,rw
	let_go t -- --leave fence
	finish t 0
}

@test "detach harmless: who is killed while it is held dies at once" {
	local job
	target t writers kind=memfd size=256M
	# shellcheck disable=SC2016
	in_world bash -c 'while [ $SECONDS -lt 20 ] && [ -e "/proc/$1/status" ]; do
			while read -r key value; do
				[ "$key" != TracerPid: ] || [ "$value" = 0 ] || { kill -KILL "$1"; exit; }
			done <"/proc/$1/status"
		done' watch "${FACT[t.pid]}" &
	job=$!
	run ipctop detach "${FACT[t.name]}" --all --yes --force
	actor_answer t || :
	assert_equal "$ANSWER" 'broken: killed by signal 9'
	actor_wait t
	wait $job
	assert_equal "$status" 0
	assert_output --regexp 'gone|went away'
}
