#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A holder that is made to let go, from within the monitor.

load monitor

setup()
{
	world_open
	actor alone shmget size=65536
	tell alone shmat
	SEGMENT=shm:${FACT[alone.id]}
}

teardown()
{
	monitor_close
	world_close
}

# choose PROCESS: it is to let go of the selected object, or of that in the pane.
choose()
{
	press F9
	wait_screen "What is to be done"
	type "detach"
	press Enter
	wait_screen "Which process lets go"
	type "$1"
	press Enter
}

@test "monitor: a holder that is the only one lets go after a y" {
	monitor_open 100x30
	go_to "$SEGMENT"
	choose "${FACT[alone.pid]} actor"
	wait_screen "Detach 1 mapping?"
	wait_screen -e "${FACT[alone.pid]} actor +at [0-9a-f]+, 64K rw-s"
	wait_screen "its own copy takes "
	wait_screen "$SEGMENT is then: detached"
	look
	expect "$SEGMENT" nattch=1
	answer y
	wait_screen -e "$SEGMENT +${FACT[alone.pid]} actor .* detached, stopped for [0-9.]+ ms"
	look
	expect "$SEGMENT" nattch=0
	tell alone touch
}

@test "monitor: what others hold too takes the object's name, from the pane" {
	actor other shmat id="${FACT[alone.id]}"
	monitor_open 100x30
	go_to "$SEGMENT"
	press Enter
	wait_screen "memory of its holders"
	choose "${FACT[alone.pid]} actor"
	wait_screen "Type its name:"
	wait_screen "held too by ${FACT[other.pid]} (actor)"
	wait_screen "The others go on with the object"
	press y Enter
	wait_screen "nothing was changed"
	look
	expect "$SEGMENT" nattch=2
	choose "${FACT[alone.pid]} actor"
	wait_screen "Type its name:"
	type "$SEGMENT"
	press Enter
	wait_screen "detached, stopped for"
	look
	expect "$SEGMENT" nattch=1 pids="${FACT[other.pid]}"
}
