#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What is kept from pass to pass is never wrong: tests/churn. CHURN_ROUNDS and CHURN_SEED choose
# how many changes, and which.

load world

setup()
{
	world_open
	in_world mount -t tmpfs -o mode=755 churn /mnt
}

teardown()
{
	world_close
}

churn()
{
	run in_world "$BUILD/tests/churn/churn" "$BUILD/tests/churn/mover" /mnt "$@"
	echo "# $output" | sed 's/^[^#]/# &/' | cut -c1-400 >&3
	assert_success
}

@test "churn: incremental and full snapshots are equal, change after change" {
	churn
}

@test "churn: the same while a collector is asked for other things" {
	churn asking
}
