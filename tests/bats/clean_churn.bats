#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Cleaners against users, at random: tests/churn/rivals. RIVALS_SECONDS is how long each takes,
# RIVALS_SEED what happens.

load cleaning

setup()
{
	world_open --steady
}

teardown()
{
	world_close
}

# contend GRACE
contend()
{
	run in_world "$BUILD/tests/churn/rivals" "$IPCTOP" "${RIVALS_SECONDS:-10}" "$1"
	echo "# $output" | sed 's/^[^#]/# &/' | cut -c1-400 >&3
	assert_success
	# when all have gone, all is left behind
	clean_now
	assert_equal "$(in_world find /dev/shm -type f -size +0 | wc -l)" 0
	assert_equal "$(in_world wc -l /proc/sysvipc/shm)" '1 /proc/sysvipc/shm'
}

@test "churn: cleaners without end, no grace: nobody loses what it holds" {
	contend 0
}

@test "churn: a grace longer than anybody stays away: nobody loses what it comes back to" {
	contend 4
}
