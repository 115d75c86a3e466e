# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# For the tests of what happens between the look and the act: beside world.

# halted_at POINT N COMMAND OPTION…: ipctop is about to make that call. go_on: to its end, which is
# in $status, $output and $lines.
halted_at()
{
	# who is traced cannot be searched for leaks
	ACTOR=$BUILD/tests/halt/halt actor halted "$BATS_TEST_TMPDIR/said" "$1" "$2" \
		env XDG_CONFIG_HOME="$CONFIG" ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" "$IPCTOP" "${@:3}"
}

go_on()
{
	tell halted go
	actor_wait halted
	status=${FACT[halted.status]} output=$(cat "$BATS_TEST_TMPDIR/said")
	# shellcheck disable=SC2034 # for assert_line
	mapfile -t lines <<<"$output"
}
