#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What can be done from within the monitor: the plan is shown, a y is asked for, and the objects are
# what they were promised to be.

load monitor

setup()
{
	world_open
	actor keeper shm_open name=held size=8192
	tell keeper mmap
	in_world sh -c 'head -c 100000 /dev/zero >/dev/shm/psm_leak1; head -c 5000 /dev/zero >/dev/shm/psm_leak2'
	FACT[leak.id]=$(in_world ipcmk -M 4096 | grep -oE '[0-9]+')
}

teardown()
{
	monitor_close
	world_close
}

# All that nobody holds is stale at once.
open_monitor()
{
	monitor_open 100x30 "$@" --older-than 0s
	wait_screen psm_leak1
}

# act LABEL: choose it from the menu, and wait for the plan.
act()
{
	press F9
	wait_screen "What is to be done"
	type "$1"
	press Enter
}

exists()
{
	in_world test -e "/dev/shm/$1"
}

has_segment()
{
	in_world ipcs -m -i "$1" 2>/dev/null | grep -q "shmid=$1"
}

@test "monitor: a stale file goes after a y, and its row with it" {
	open_monitor
	go_to psm_leak1
	act remove
	wait_screen "Remove 1 object, 100K would come back?"
	wait_screen -e 'psm_leak1 .* stale: nobody holds it'
	exists psm_leak1
	answer y
	wait_screen -e 'psm_leak1 +removed, 100K came back'
	press Esc
	wait_screen -v psm_leak1
	run ! exists psm_leak1
	exists psm_leak2
	exists held
}

@test "monitor: n, Esc and other keys change nothing" {
	local key
	open_monitor
	go_to psm_leak1
	for key in n Esc; do
		act remove
		wait_screen "would come back?"
		press x Enter Space
		answer $key
		wait_screen "nothing was changed"
	done
	exists psm_leak1
}

@test "monitor: tagged objects go together, of all kinds" {
	open_monitor
	go_to psm_leak1
	press Space
	go_to psm_leak2
	press Space
	go_to "shm:${FACT[leak.id]}"
	press Space
	wait_screen "3 tagged"
	act remove
	wait_screen "Remove 3 objects"
	answer y
	wait_screen "What became of it"
	wait_screen -e "shm:${FACT[leak.id]} +removed"
	press Esc
	wait_screen -v tagged
	run ! exists psm_leak1
	run ! exists psm_leak2
	run ! has_segment "${FACT[leak.id]}"
	exists held
}

@test "monitor: what is held among the tagged is left alone, and it is said by whom" {
	open_monitor
	go_to posix-shm:/held
	press Space
	go_to psm_leak1
	press Space
	act remove
	wait_screen "Remove 1 object"
	wait_screen "Left alone:"
	wait_screen "held by ${FACT[keeper.pid]} "
	answer y
	wait_screen -e '/held +refused'
	exists held
	run ! exists psm_leak1
}

@test "monitor: what is held goes alone, where its name is typed" {
	open_monitor
	go_to posix-shm:/held
	act remove
	wait_screen "Type its name:"
	wait_screen "held by ${FACT[keeper.pid]} "
	wait_screen "It loses its name; who has it keeps it"
	type posix-shm:/hel
	press Enter
	wait_screen "nothing was changed"
	exists held
	act remove
	wait_screen "Type its name:"
	press y Enter
	wait_screen "nothing was changed"
	exists held
	act remove
	wait_screen "Type its name:"
	type posix-shm:/held
	press Enter
	wait_screen -e '/held +unlinked'
	run ! exists held
}

@test "monitor: what somebody takes while the plan is shown is refused" {
	open_monitor
	go_to psm_leak1
	act remove
	wait_screen "would come back?"
	actor late open path=/dev/shm/psm_leak1
	answer y
	wait_screen -e 'psm_leak1 +refused'
	exists psm_leak1
}

@test "monitor: another file of that name is refused" {
	open_monitor
	go_to psm_leak1
	act remove
	wait_screen "would come back?"
	in_world sh -c 'rm /dev/shm/psm_leak1; echo other >/dev/shm/psm_leak1'
	answer y
	wait_screen -e 'psm_leak1 +(refused|gone)'
	exists psm_leak1
}

@test "monitor: saved, then removed; the file is whole" {
	local folder=$BATS_TEST_TMPDIR/saved
	mkdir "$folder"
	in_world sh -c 'seq 1 20000 >/dev/shm/psm_leak1'
	open_monitor
	go_to psm_leak1
	act "save, then"
	wait_screen "Save in folder:"
	press Ctrl-U
	type "$folder"
	press Enter
	wait_screen -e 'would come back, in .*saved'
	answer y
	wait_screen "saved in"
	run ! exists psm_leak1
	press Esc
	run -0 ipctop restore "$folder"/*.ipctop
	assert_equal "$(in_world cat /dev/shm/psm_leak1)" "$(seq 1 20000)"
}

@test "monitor: a folder that is not there stops the whole of it" {
	open_monitor
	go_to psm_leak1
	act "save, then"
	wait_screen "Save in folder:"
	press Ctrl-U
	type /nowhere/at/all
	press Enter
	wait_screen "would come back, in /nowhere"
	answer y
	wait_screen "No such file or directory"
	exists psm_leak1
}

@test "monitor: the mode is changed, and what is no mode is told" {
	open_monitor
	go_to psm_leak1
	act "change mode"
	wait_screen "Mode, as chmod has it:"
	type u=banana
	press Enter
	wait_screen -e 'mode|permission'
	act "change mode"
	wait_screen "Mode, as chmod has it:"
	type 0640
	press Enter
	wait_screen "then 0640"
	answer y
	wait_screen -e 'psm_leak1 +changed'
	assert_equal "$(in_world stat -c %a /dev/shm/psm_leak1)" 640
}

@test "monitor: from the detail pane the object in it is meant" {
	open_monitor
	go_to psm_leak2
	press Space
	go_to psm_leak1
	press Enter
	wait_screen "nobody uses it, and all that is known speaks for leaked"
	act remove
	wait_screen "Remove 1 object, 100K"
	answer y
	wait_screen -e 'psm_leak1 +removed'
	press Esc
	wait_screen "is gone; this is the last that was known of it"
	exists psm_leak2
}

@test "monitor: --read-only has no actions, and no key for them" {
	open_monitor --read-only
	wait_screen -v F9Act
	go_to psm_leak1
	press F9 k
	press F1
	wait_screen "Keys in a table"
	wait_screen -v "what can be done"
	press Esc
	run -0 ipctop help monitor
	exists psm_leak1
}

@test "monitor: what has no name of its own cannot be removed, and the menu says so" {
	actor anon anon size=65536
	open_monitor
	go_to anon:
	press F9
	wait_screen "What is to be done"
	wait_screen -v "remove  "
	wait_screen "save"
}

@test "monitor: no key sends a signal" {
	open_monitor
	go_to posix-shm:/held
	press k
	wait_screen "What is to be done"
	press Esc
	in_world kill -0 "${FACT[keeper.pid]}"
}

@test "monitor: what is of another namespace is left alone, and the way to it told" {
	actor other unshare_ipc
	tell other shmget mode=0666
	open_monitor
	go_to "shm:${FACT[other.id]}@"
	act "change mode"
	wait_screen "Mode, as chmod has it:"
	type 600
	press Enter
	wait_screen "Left alone:"
	wait_screen "of another namespace; commands act on those with --all-namespaces"
	wait_screen "Nothing to do."
}

@test "monitor: what the configuration keeps stays, also when it was written down meanwhile" {
	open_monitor
	configure 'keep posix-shm:/psm_leak1'
	go_to psm_leak1
	press Space
	go_to psm_leak2
	press Space
	act remove
	wait_screen -e "psm_leak2 .* stale: nobody holds it"
	wait_screen -e "Left alone:.*psm_leak1 .*it is on the keep list"
	answer y
	wait_screen -e "psm_leak2 +removed"
	exists psm_leak1
	run ! exists psm_leak2
}

@test "monitor: what has changed meanwhile is told: gone before the plan, in use behind it" {
	open_monitor -d 3600
	go_to psm_leak1
	press Space
	go_to psm_leak2
	press Space
	in_world rm /dev/shm/psm_leak2
	act remove
	wait_screen "1 of them is gone already"
	wait_screen "Remove 1 object"
	actor late open path=/dev/shm/psm_leak1
	answer y
	wait_screen -e "psm_leak1 +(kept|refused): [a-z]"
	wait_screen "0B came back"
	exists psm_leak1
}

@test "monitor: a recording cannot be changed" {
	local key
	monitor_recorded 100x30
	for key in F9 k; do
		press Space $key
		wait_screen "a recording cannot be changed"
		press Down
		wait_screen -v "cannot be changed"
	done
	press Enter
	wait_screen "created   attached"
	press F9
	wait_screen "a recording cannot be changed"
}
