#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ipctop is killed while it makes a process let go, at any moment: the process goes on unharmed.
# DETACH_KILLS says how often; make check-long takes 2000.

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
	[ -n "${DETACH_KILLS-}" ] || skip "make check-long does it"
	killed "$DETACH_KILLS" signals+quiet
}

# The one thing that a kill can still do: between the entry of mremap and its end, on a machine so busy that
# a thread waits for longer than the kernel takes to end ipctop, what other threads write is lost.
@test "detach killed: at random moments, of a process whose threads write" {
	[ -n "${DETACH_KILLS-}" ] || skip "make check-long does it"
	killed "$DETACH_KILLS" signals+writers+rseq threads=2 rest=1000
}
