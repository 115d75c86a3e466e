#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The meters, and what they were.

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

# meter LABEL REGEX: the bar, and what stands in it and behind.
meter()
{
	wait_screen -e $'(^|\n)'"$(quoted "$1")"' *\['"$2"
}

@test "meters: what is used of what there may be" {
	in_world sysctl -q -w kernel.shmmni=10 kernel.shmall=1000
	actor a shmget size=$((600 * 4096))
	shm_files f
	in_world truncate -s 1M /dev/shm/f
	in_world sh -c 'head -c 786432 /dev/zero >/dev/shm/g'
	monitor_open 100x30 -d 0.2
	meter Segments '\|+ +1/10\]'
	tell a shmget size=$((49 * 4096)) count=8
	meter Segments '\|+ +9/10\]'
	meter Pages '\|+992/1000 pages\]'
	meter /dev/shm '\|+ +768K/1G\]'
	meter Shmem '.*S?P.*\] .*posix-shm 768K'
	meter Stale ' +0 stale\]'
}

@test "meters: what was in the last minutes stands beside them" {
	local began
	actor a shmget
	monitor_open 100x30 -d 0.2
	# as it was: low
	meter Segments '\| +1/4096\] +▁+( |$|'$'\n'')'
	began=$EPOCHSECONDS
	until_true seconds_after $((began + 10))
	tell a shmget count=50
	wait_screen "51/4096"
	meter Segments '\| +51/4096\] +▁+█'
}

@test "meters: what could not be read is told" {
	# without a limit it tells nobody how full it is
	in_world mount -t tmpfs -o size=0 shm /dev/shm
	monitor_open 100x30 -d 0.2
	meter /dev/shm ' +\?\] +\?'
}
