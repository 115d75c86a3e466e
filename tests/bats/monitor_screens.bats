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

# The menu or prompt is there, and goes again.
opened()
{
	golden "$@"
	press Esc
	wait_screen -v "┌─"
	wait_screen F1Help
}

@test "screens: menus and prompts" {
	PLACE=80x24
	monitor_recorded
	press F1
	golden help ": keys"
	press PgDn
	golden help-2 -v "Keys in a table"
	press End
	opened help-end "there is none"
	press F2
	opened setup Setup
	press f
	opened columns "Columns:"
	press F2
	wait_screen Setup
	type colours
	press Enter
	opened colours "high contrast"
	press b
	opened users-by "processes by"
	press F6
	opened sort "Order by"
	press u
	opened whose Whose
	press d
	opened interval "Seconds between looks:"
	press F3
	golden search Search:
	type postgresx
	golden search-nothing "not there"
	press Esc
	wait_screen F1Help
	press F4
	type nccl
	golden filter "  1, filter nccl"
	type zzz
	golden filter-nothing "nothing matches"
	press Ctrl-U
	type '=siez > 1M'
	golden filter-wrong "column 1:"
	press Ctrl-U
	type '=size > 1M && verdict =='
	golden filter-unfinished "column "
	type ' "stale"'
	golden filter-expression "  2, filter"
}

@test "screens: choices" {
	PLACE=80x24
	monitor_recorded
	press F5
	golden tree-holder "below each holder"
	press '*'
	golden tree-folded -v shm:32768
	press '*' F5
	golden tree-owner "below each owner"
	press F5
	golden tree-family "below each family"
	press F5
	wait_screen "no tree"
	press F8
	golden stale "only what is stale"
	press F8 F7
	golden kind "  5, shm"
	press Esc
	wait_screen F1Help
	press F4
	type nosuch
	press Enter
	golden nothing -v "Filter:"
	press Esc
	wait_screen shm:32768
	press Space Space
	golden tagged "2 tagged"
	press F9
	golden recording "a recording cannot be changed"
	press U N
	golden by-name "NAME△"
	press Right Right
	golden scrolled FAMILY
	press Tab Enter
	golden held "held by process"
}

@test "screens: everything about an object" {
	PLACE=80x24
	details 80x24
	monitor_close
	PLACE=120x40
	details 120x40
	monitor_close
	PLACE=40x12
	details 40x12
	monitor_close
	PLACE=ascii
	details 80x24 LC_ALL=C
	press F1
	golden help ": keys"
}

# What was left behind, what is held, what hurts.
details()
{
	monitor_recorded "$@"
	press Enter
	golden detail-stale "shm:32768: 2G"
	press End
	golden detail-stale-end holders_complete
	press Esc
	wait_selected shm:32768
	go_to memfd:0:1:4711
	press Enter
	golden detail-held "memfd:0:1:4711: 8M"
	press Esc
	wait_selected memfd:0:1:4711
	press F3
	wait_screen Search:
	type long-name
	press Enter
	wait_selected posix-shm:/long
	press Enter
	golden detail-long "long-name-long"
}

@test "screens: without actions" {
	PLACE=80x24
	monitor_recorded --read-only
	golden read-only F10Quit
}

@test "screens: how they look, with colours and without" {
	local scheme
	for scheme in default monochrome; do
		PLACE=$scheme
		mkdir -p "$CONFIG/ipctop"
		echo "colors = $scheme" >"$CONFIG/ipctop/ipctoprc"
		monitor_recorded
		press Space Down
		golden_attributes objects "1 tagged"
		press F6
		golden_attributes sort "Order by"
		press Esc
		wait_screen F1Help
		press Up Enter
		golden_attributes detail "anon:0:1:900: 128M"
		monitor_close
	done
}

# A world whose screens are the same wherever and whenever it is made: names, sizes, pids and the memory
# of the machine are given. Ages are not shown, and times are masked.
fixed_world()
{
	[ "$(getconf PAGESIZE)" = 4096 ] || skip "memory comes in other pages here"
	world_open
	printf '%s kB\n' "MemTotal: 16777216" "MemFree: 8388608" "MemAvailable: 9437184" "Buffers: 0" \
		"Cached: 3145728" "SwapCached: 0" "Active: 0" "Inactive: 0" "SwapTotal: 0" "SwapFree: 0" \
		"Shmem: 262144" "Slab: 0" "SReclaimable: 0" >"$BATS_TEST_TMPDIR/meminfo"
	in_world mount --bind "$BATS_TEST_TMPDIR/meminfo" /proc/meminfo
	world_public
	# shellcheck disable=SC2034 # world.bash has it
	ACTOR=$PUBLIC/actor
	next_pid 4711
	actor keeper shm_open name=held size=8192
	tell keeper mmap
	in_world sh -c 'umask 077; head -c 100000 /dev/zero >/dev/shm/psm_2b14ac2c_of_a_job_that_crashed
		head -c 5000 /dev/zero >/dev/shm/psm_9e01f3aa_of_another_that_crashed'
	in_world ipcmk -M 65536 >&2
}

# shellcheck disable=SC2034 # screens.bash has it
fixed_open()
{
	mkdir -p "$CONFIG/ipctop"
	echo "objects.columns = name,size,allocated,user,uses,verdict,state,family" >"$CONFIG/ipctop/ipctoprc"
	MASKED='s/[0-9]{4}-[0-9]{2}-[0-9]{2}T/YYYY-MM-DDT/g; s/[0-9]{2}:[0-9]{2}:[0-9]{2}/HH:MM:SS/g; 2,6s/ *[▁▂▃▄▅▆▇█#?]+$//
		s/[0-9]+[ms]( [0-9]+s)? ago( *(│|\|))?/NN ago\3/; s/0x[0-9a-f]{12}/ADDRESS/g'
	AS=(unshare --uts --cgroup sh -c 'echo golden >/proc/sys/kernel/hostname && exec "$@"' uts)
	monitor_open "$@" -k shm,posix-shm --time-format iso --older-than 0s
	wait_screen psm_2b14
}

# act LABEL: choose it from the menu of actions.
act()
{
	press F9
	wait_screen "What is to be done"
	type "$1"
	press Enter
}

@test "screens: actions, their plans and what became of them" {
	PLACE=80x24
	fixed_world
	fixed_open 80x24 -d 3600
	go_to psm_2b14
	press F9
	golden actions "What is to be done"
	type remove
	press Enter
	golden plan-stale "would come back?"
	answer n
	golden plan-refused "nothing was changed"
	go_to posix-shm:/held
	act remove
	golden plan-live "Type its name:"
	type posix-shm:/hel
	golden plan-live-typed -e 'name: posix-shm:/hel'
	press Esc
	wait_screen "nothing was changed"
	press Space
	go_to psm_2b14
	press Space
	go_to shm:0
	press Space
	act remove
	golden plan-tagged "Left alone"
	answer y
	golden result "What became of it"
	press Esc
	golden gone -v "What became of it"
	go_to psm_9e01
	act "save, then"
	golden save-folder "Save in folder:"
	press Ctrl-U
	type /mnt
	press Enter
	golden plan-save "would come back, in"
	answer y
	golden result-save "saved in"
	press Esc
	wait_screen -v "saved in"
	go_to posix-shm:/held
	act "change mode"
	golden mode "Mode, as chmod has it:"
	type u=banana
	press Enter
	golden mode-wrong -v "Mode, as chmod has it:"
	act "change mode"
	wait_screen "Mode, as chmod has it:"
	type 0640
	press Enter
	golden plan-mode "then 0640"
	answer y
	golden result-mode "changed"
}

@test "screens: a plan, where there is ASCII alone" {
	PLACE=ascii
	fixed_world
	fixed_open 80x24 LC_ALL=C -d 3600
	go_to posix-shm:/held
	act remove
	golden plan-live "Type its name:"
}

@test "screens: which pages are there" {
	local -a ascii=()
	fixed_world
	tell keeper close
	actor pages shm_open name=pages size=1048576
	tell pages mmap
	in_world dd if=/dev/zero of=/dev/shm/pages bs=4096 seek=64 count=96 conv=notrunc status=none
	for PLACE in 80x24 ascii; do
		fixed_open 80x24 -d 3600 "${ascii[@]}"
		go_to posix-shm:/pages
		press Enter
		golden pages "never touched"
		monitor_close
		ascii=(-U)
	done
}

@test "screens: what has happened" {
	PLACE=80x24
	fixed_world
	fixed_open 80x24 -d 0.2
	press Shift-Tab
	wait_screen "[Events]"
	happens "created .*mail" actor writer shm_open name=mail size=65536
	happens "attached .*mail" tell writer mmap
	happens "removed .*psm_2b14" in_world rm /dev/shm/psm_2b14ac2c_of_a_job_that_crashed
	happens "removed .*shm:0" in_world ipcrm -m 0
	golden events-some -v "~"
	resize 120 40
	PLACE=120x40
	golden events-some -v "~"
}

# happens REGEX COMMAND…: a line of the events tells of it.
happens()
{
	"${@:2}"
	wait_screen -e "$1"
}
