#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the monitor tells of changes, whichever tab is shown when they happen.

load monitor

setup()
{
	world_open
}

teardown()
{
	monitor_close
	world_close
}

# The first look is over: what comes now is news.
looked()
{
	wait_screen "Stale     ["
}

# event EVENT NAME PID COMM MAPPINGS: one line of the Events tab.
event()
{
	wait_screen -e $'\n[^\n]*(ago|now) *'"$1 +$(quoted "$2") [^"$'\n'"]* $3 +$4 +$5"
}

@test "events: a segment's life, with who did it, though another tab was shown" {
	local name
	monitor_open 120x30 -d 0.2
	looked
	actor a shmget size=4096
	name=shm:${FACT[a.id]}
	wait_screen -e "$name .* created"
	tell a shmat
	wait_screen -e "$name .* attached"
	tell a rmid
	wait_screen -e "$name .* condemned"
	tell a shmdt
	wait_screen -v "$name"
	press Shift-Tab
	wait_screen "[Events]"
	# who made it held nothing yet
	event created "$name" "${FACT[a.pid]}" '[^ ]+' -
	event attached "$name" "${FACT[a.pid]}" actor 1
	event condemned "$name" '[?]' '[?]' -
	event detached "$name" "${FACT[a.pid]}" actor 1
	event removed "$name" '[?]' '[?]' -
	# the latest first
	wait_screen -e "removed.*detached.*condemned.*attached.*created"
}

@test "events: who ends is told by the name that he had" {
	monitor_open 120x30 -d 0.2
	looked
	actor a shm_open name=held
	tell a mmap
	wait_screen -e "posix-shm:/held .* attached"
	kill_actor a
	wait_screen -e "posix-shm:/held .* detached"
	press Shift-Tab
	event detached posix-shm:/held "${FACT[a.pid]}" actor 1
}

@test "events: Enter shows the object, or that it is gone" {
	monitor_open 120x40 -d 0.2 -k posix-shm
	looked
	actor a shm_open name=stays
	tell a mmap
	actor b shm_open name=goes
	wait_screen posix-shm:/goes
	wait_screen posix-shm:/stays
	tell b unlink path=/dev/shm/goes
	stop b
	wait_screen -v posix-shm:/goes
	press Shift-Tab
	wait_screen "[Events]"
	go_to stays
	press Enter
	wait_screen "posix-shm:/stays"
	wait_screen -e "created +attached +in use"
	wait_screen "/dev/shm/stays"
	press Esc
	wait_screen "[Events]"
	go_to goes
	press Enter
	wait_screen "it is gone"
}

@test "events: segments that came and went between two looks are counted" {
	local n
	monitor_open 120x24 -d 1
	looked
	actor a shmget
	wait_screen "shm:${FACT[a.id]} "
	press Shift-Tab
	for ((n = 0; n < 20; n++)); do
		tell a shmget
		tell a rmid
	done
	# the number of the next one that is seen betrays them
	tell a shmget
	wait_screen -e "(about|at most) [0-9]+ segments more came and went unseen"
}
