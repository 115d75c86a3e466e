#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the monitor's screens look like, each as a file below screens/. `make screens` writes them anew.

load screens

teardown()
{
	monitor_close
	world_close
	goldens_told
}

# tabs SIZE [WORD…]: one after the other.
tabs()
{
	local by
	PLACE=${PLACE:-$1}
	monitor_recorded "$@"
	golden objects "[Objects]"
	press Tab
	golden processes "[Processes]"
	press Tab
	golden users "[Users]"
	for by in cgroup unit container; do
		press b
		wait_screen "processes by"
		type $by
		press Enter
		golden users-by-$by -v "processes by"
	done
	press Tab
	golden events "[Events]"
}

@test "screens: tabs, 80x24" {
	tabs 80x24
}

@test "screens: tabs, 120x40" {
	tabs 120x40
}

@test "screens: tabs, 40x12" {
	tabs 40x12
}

@test "screens: tabs, where there is ASCII alone" {
	PLACE=ascii
	tabs 80x24 LC_ALL=C
}
