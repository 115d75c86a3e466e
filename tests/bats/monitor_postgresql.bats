#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A PostgreSQL that runs, crashes, is found by the monitor and cleaned up from within it, beside one
# that works on.

load monitor
load postgres

teardown()
{
	monitor_close
	world_close
}

@test "monitor: PostgreSQL running, crashed, found and cleaned up" {
	postgres_open
	make_cluster nobody
	start_postgres sysv
	use_cluster postgres
	start_postgres sysv

	# it runs: nothing of it is stale, and its holders are told
	monitor_open 130x40 --older-than 0s -u postgres
	wait_screen -e 'PostgreSQL\.[0-9]+ .* attached +live'
	press s
	wait_screen "nothing matches"
	press s Tab
	wait_screen -e "$POSTMASTER +postgres +postgres"
	press Shift-Tab
	wait_screen -e 'shm:[0-9]+ .* attached +live'

	# it crashes: what it left is found, and why
	crash postgres
	press s
	wait_screen -e 'shm:[0-9]+ .* detached +stale'
	wait_screen -e 'PostgreSQL\.[0-9]+ .* detached +stale'
	press Home Enter
	wait_screen "all that is known speaks for leaked"
	press Esc

	# all of it goes at once: tagged alike, by family and by owner
	look
	go_to PostgreSQL
	press c
	go_to "$(jq -r '.objects[] | select(.user == "postgres" and .kind == "shm") | .name' "$DOC")"
	press c
	wait_screen -e '[3-9] tagged'
	press F9
	wait_screen "What is to be done"
	press Enter
	wait_screen "would come back?"
	answer y
	wait_screen "What became of it"
	press Esc
	wait_screen "nothing matches"
	look
	expect_doc '[.objects[] | select(.user == "postgres")] == []'

	# the other works, and this one starts again
	use_cluster nobody
	assert_equal "$(ask 'SELECT 42')" 42
	expect_doc '[.objects[] | select(.user == "nobody" and .verdict != "live")] == []'
	use_cluster postgres
	start_postgres sysv
	assert_equal "$(ask 'SELECT 42')" 42
	press Esc
	wait_screen -e 'shm:[0-9]+ .* attached +live'
}
