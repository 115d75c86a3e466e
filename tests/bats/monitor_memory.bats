#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The monitor takes no more memory, however long it looks.

load monitor

teardown()
{
	monitor_close
	world_close
}

GROWTH_KIB=2048

# Files that come and go, a hundred at a time.
churn()
{
	in_world "$PYTHON" -c '
import os, time
i = 0
while True:
	for i in range(i, i + 100):
		os.close(os.open("/dev/shm/%d" % i, os.O_RDWR | os.O_CREAT))
		if i >= 100:
			os.unlink("/dev/shm/%d" % (i - 100))
	i += 1
	time.sleep(0.05)' &
}

# How many events are kept, into $EVENTS; whether they became fewer, as when the older half goes.
events_fell()
{
	local before=${EVENTS:-0}
	screen
	[[ $SCREEN =~ \[Events\]\ +([0-9]+) ]] || return 1
	EVENTS=${BASH_REMATCH[1]}
	[ "$EVENTS" -lt "$before" ]
}

# At the same point of their number each time: what is kept of them is not what grows.
memory_after()
{
	local i
	for ((i = 0; i < $1; i++)); do
		until_seen events_fell || fail "the events never became fewer: $SCREEN"
	done
	KIB=$(awk '/^RssAnon/ { print $2 }' "/proc/$MONITOR_PID/status")
}

@test "some hundred looks at what comes and goes: no more memory than before" {
	local before
	need_command "$PYTHON"
	world_open
	churn
	# what was freed is not kept for long by the sanitizers
	monitor_open 120x24 ASAN_OPTIONS="${ASAN_OPTIONS-}:quarantine_size_mb=1" -d 0.1 -k posix-shm
	wait_screen "every 0.1s"
	press Shift-Tab
	wait_screen "[Events]"
	memory_after 3
	before=$KIB
	memory_after 4
	echo "# $before KiB, then $KIB KiB" >&3
	[ "$KIB" -lt $((before + GROWTH_KIB)) ] || fail "from $before to $KIB KiB"
	# and nothing is forgotten
	press q
	wait_end 0
}
