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

# The sanitizers take several times the time.
slow()
{
	grep -q __asan_init "$IPCTOP"
}

# killed MODE…: kills of what detaches such targets.
killed()
{
	local kills=${DETACH_KILLS:-100}
	[ -n "${DETACH_KILLS-}" ] || ! slow || kills=50
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

# interrupted N: what does the work is killed at the entry of its N-th call of ptrace(2), and that is told. Else it
# was done (status 0), or could not be.
interrupted()
{
	run in_world env ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" strace -f -qq -o /dev/null -e trace=ptrace \
		-e inject="ptrace:signal=KILL:when=$1" "$IPCTOP" detach "${FACT[t.name]}" --pid "${FACT[t.pid]}" --yes
	[[ $status = 1 && $output = *"what does it was killed"* ]]
}

@test "detach killed: at each of its steps, in a storm of signals" {
	local step fresh each=1
	need_command strace
	! slow || each=3
	# a new target where the last has let go, or has no place for code any more
	for ((step = 0;;)); do
		target t signals+writers threads=1
		for ((fresh = step; ; step += each)); do
			interrupted $((step + 1)) || break
		done
		finish t
		[ "$status" = 1 ] || break
		[ "$step" -gt "$fresh" ] || fail "at step $((step + 1)): $output"
	done
	[ "$step" -gt 50 ] || fail "only $step steps"
}
