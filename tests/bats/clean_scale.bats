#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A node full of leaks: one run takes them all, and nothing of the thousand in use among them.
# Who is in use is told by tests/churn/crowd, which holds them.

load cleaning

setup()
{
	world_open --steady
	LEAKED=100000
	# the sanitizers take ten times the time
	! sanitized || LEAKED=10000
}

teardown()
{
	world_close
}

# crowd LIVE: with so many in use among $LEAKED left behind.
crowd()
{
	ACTOR=$BUILD/tests/churn/crowd actor crowd "$LEAKED" "$1"
	assert_equal "$(files_there)" $((LEAKED + $1))
}

files_there()
{
	in_world find /dev/shm -type f | wc -l
}

@test "scale: one run cleans 100000 leaked files, and none of 1000 in use by the same families" {
	crowd 1000

	ipctop clean --dry-run --older-than 0 --raw -n -o name >"$BATS_TEST_TMPDIR/plan"
	assert_equal "$(sort -u "$BATS_TEST_TMPDIR/plan" | wc -l)" "$LEAKED"
	run -0 --separate-stderr ipctop clean --yes --older-than 0
	assert_output --regexp "^$LEAKED removed; [0-9.]+M came back\$"
	assert_equal "$stderr" ""
	assert_equal "$(files_there)" 1000
	tell crowd check
	assert_equal "${FACT[crowd.good]}" 1000

	# their owners gone, they are leaks like the others
	stop crowd
	run -0 --separate-stderr ipctop clean --yes --older-than 0
	assert_equal "$(files_there)" 0
}
