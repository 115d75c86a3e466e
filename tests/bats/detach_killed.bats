#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ipctop is killed while it makes a process let go, at any moment: the process goes on unharmed.
# DETACH_KILLS says how often, 200 times as a rule; make check-long takes 2000.

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
	local kills=${DETACH_KILLS:-200}
	# the sanitizers take several times the time
	[ -n "${DETACH_KILLS-}" ] || ! grep -q __asan_init "$IPCTOP" || kills=50
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
