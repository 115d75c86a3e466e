#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What nobody meant is not done: keys that were for something else, pastes, an older configuration. And
# it ends when it is told to, wherever it is.

load monitor

setup()
{
	world_open
	in_world sh -c 'head -c 100000 /dev/zero >/dev/shm/psm_leak'
}

teardown()
{
	monitor_close
	world_close
}

# The plan to remove the file is begun.
plan()
{
	go_to psm_leak
	press F9
	wait_screen "What is to be done"
	type remove
	press Enter
}

open_monitor()
{
	monitor_open 100x30 "$@" --older-than 0s
	wait_screen psm_leak
}

exists()
{
	in_world test -e /dev/shm/psm_leak
}

paste()
{
	mux set-buffer -- "$1"
	mux paste-buffer "${@:2}"
}

# A shell tells of its jobs before a prompt.
tells_end()
{
	press Enter
	shows Terminated
}

@test "monitor: a plan waits until nothing else is typed" {
	open_monitor
	go_to psm_leak
	press F9
	wait_screen "What is to be done"
	type remove
	press Enter /
	wait_screen Search:
	type yyyyyy
	wait_screen "Search: yyyyyy"
	press Esc
	wait_screen "Remove 1 object"
	exists
	answer n
	wait_screen "nothing was changed"
}

@test "monitor: no letter of a paste is a yes" {
	local how
	open_monitor
	for how in -p ''; do
		plan
		wait_screen "Remove 1 object"
		paste 'my way' $how
		press Right
		wait_screen "Remove 1 object"
		answer n
		wait_screen "nothing was changed"
	done
	exists
}

@test "monitor: a paste into the table is no keys, and in a prompt text" {
	open_monitor
	go_to psm_leak
	paste $'k\ry' -p
	press /
	wait_screen Search:
	paste $'psm\r_leak' -p
	wait_screen "Search: psm_leak"
	press Esc
	exists
}

@test "monitor: what was put on the keep list since it began stays" {
	open_monitor
	mkdir -p "$CONFIG/ipctop"
	echo 'keep posix-shm:/psm_*' >"$CONFIG/ipctop/ipctop.conf"
	plan
	wait_screen "it is on the keep list"
	wait_screen "Type its name:"
	press Esc
	wait_screen "nothing was changed"
	exists
}

@test "monitor: stopped by a shell, it ends when it is told to" {
	terminal_open 100 30 nsenter -t "$WORLD_PID" "${WORLD_ENTER[@]}" -- env PS1='$ ' bash --norc --noprofile -i
	type "$IPCTOP --no-config"
	press Enter
	wait_screen F1Help
	press Ctrl-z
	wait_screen Stopped
	type 'kill %1'
	until_true tells_end || fail "$SCREEN"
}

@test "monitor: Ctrl-\\ ends it" {
	open_monitor
	press "Ctrl-\\"
	until_true job_ended "$MONITOR_PID"
}
