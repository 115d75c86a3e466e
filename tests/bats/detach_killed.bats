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

# killed N MODE…: so many kills of what detaches such targets.
killed()
{
	# who is traced cannot be searched for leaks, nor who is killed
	run in_world env ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" "$BUILD/tests/target/killer" \
		"$1" 3 "$IPCTOP" "$TARGET" "${@:2}"
	[ "$status" = 0 ] || fail "$output"
	assert_line --regexp '^ok kills='
}

@test "detach killed: at random moments, in a storm of signals" {
	killed "${DETACH_KILLS:-200}" signals+quiet
}

@test "detach killed: at random moments, of a process whose threads write" {
	killed "${DETACH_KILLS:-200}" signals+writers+rseq threads=2 rest=1000
}
