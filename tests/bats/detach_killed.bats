#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ipctop is killed while it makes a process let go, at any moment: the process goes on unharmed.
# DETACH_KILLS says how often at random for each test, 100 times as a rule; make check-long takes 2000.

load targets

setup()
{
	world_open
}

teardown()
{
	world_close
}

# killed MODE…: kills of what detaches such targets.
killed()
{
	local kills=${DETACH_KILLS:-100}
	[ -n "${DETACH_KILLS-}" ] || ! sanitized || kills=25
	# who is traced cannot be searched for leaks, nor who is killed
	run in_world env ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" "$BUILD/tests/target/killer" \
		"$kills" 3 "$IPCTOP" "$TARGET" "$@"
	[ "$status" = 0 ] || fail "$output"
	assert_line --regexp '^ok kills='
}

@test "detach killed: at random moments, in a storm of signals" {
	killed signals+quiet
}

@test "detach killed: at random moments, of a process whose threads write" {
	killed signals+writers+rseq threads=2 rest=1000
}

# at_call CALL SIGNAL N OPTION…: detaches t, and what does the work gets the signal at the entry of its N-th such call.
at_call()
{
	run in_world env ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" strace -f -qq -o /dev/null -e trace="$1" \
		-e inject="$1:signal=$2:when=$3" "$IPCTOP" detach "${FACT[t.name]}" --pid "${FACT[t.pid]}" --yes "${@:4}"
}

# interrupted N: it is killed at its N-th call of ptrace(2), and that is told, whatever was done until then.
interrupted()
{
	at_call ptrace KILL "$1"
	[[ $output = *"what does it was killed"* ]]
}

# Whether it was told that it had let go all the same, which is then true. (A call that has begun ends after the kill,
# perhaps later than anybody looks.)
had_let_go()
{
	[ "$status" = 0 ] || return 1
	assert_output --partial "process ${FACT[t.pid]} (target) detached: "
	! in_world grep "/SYSV.* (deleted)" "/proc/${FACT[t.pid]}/maps" || fail "at step $((step + 1)): $output"
}

@test "detach killed: at each of its steps, in a storm of signals" {
	local step fresh told=0 each=1
	need_command strace
	! sanitized || each=3
	# a new target where the last has let go, or has no place for code any more
	for ((step = 0;;)); do
		target t signals+writers threads=1
		for ((fresh = step; ; step += each)); do
			interrupted $((step + 1)) || break
			! had_let_go || told=$((told + 1))
		done
		finish t
		[ "$status" = 1 ] || break
		[ "$step" -gt "$fresh" ] || fail "at step $((step + 1)): $output"
	done
	[ "$step" -gt 50 ] || fail "only $step steps"
	[ "$told" -gt 0 ] || fail 'after none of them it had let go'
}

@test "detach killed: what is reserved for a copy is not inherited by children" {
	need_command strace
	target t quiet kind=memfd size=16M
	at_call pwrite64 KILL 1 --force
	assert_output --partial 'what does it was killed'
	run in_world awk '/^[0-9a-f]+-/ { private = $2 == "rw-p" && $5 == 0 }
		private && /^Size:/ { size = $2 }
		private && /^VmFlags:/ && size > 16000 { print / dc( |$)/ ? "hidden" : "inherited"; size = 0 }' \
		"/proc/${FACT[t.pid]}/smaps"
	assert_output hidden
	finish t
}

@test "detach killed: what gives no sign of life is killed, and the process goes on" {
	need_command strace
	target t signals+writers
	at_call ptrace STOP 100
	assert_equal "$status" 1
	assert_output --partial 'does not answer'
	finish t
}
