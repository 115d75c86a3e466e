#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What lies above the monitor's tables: prompts, menus, the detail pane; and the mouse.

load monitor

teardown()
{
	monitor_close
	world_close
}

# What another program wrote over the screen.
scribble()
{
	mux display -p "#{pane_tty}"
	printf "\e[5;5Hscribble" >"$SAID"
	wait_screen scribble
}

# A pane that is longer than its screen.
detail_recorded()
{
	monitor_recorded "$@"
	press Enter
	wait_screen "shm:32768: 2G, user alice"
}

@test "F2 and S: setup" {
	monitor_recorded
	press F2
	wait_screen "Setup"
	press Enter
	wait_screen "Columns: Space chooses"
	press Esc
	wait_screen -v "Columns: Space chooses"
	press S
	wait_screen "Setup"
	type colours
	press Enter
	wait_screen "high contrast"
	press Down Enter
	wait_screen -v "high contrast"
	press F2
	wait_screen "Setup"
	type users
	press Enter
	wait_screen "The tab of users"
	press Esc
	wait_screen -v "The tab of users"
	press F2
	wait_screen "Setup"
	type interval
	press Enter
	wait_screen "Seconds between looks:"
	press Esc
	wait_screen F1Help
	press F2
	wait_screen "Setup"
	type keep
	press Enter
	wait_screen "settings are kept"
	grep -q light "$CONFIG/ipctop/ipctoprc"
}

@test "f: columns" {
	monitor_recorded 120x24
	press f
	wait_screen "Columns: Space chooses"
	wait_screen "[x] name "
	# the second goes, the third moves up, another comes
	press Down Space
	wait_screen "[ ] size "
	press Down [
	type mode
	wait_screen "[ ] mode "
	press Space Enter
	wait_screen -v "Columns: Space chooses"
	wait_screen -e 'NAME *ALLOCATED USER'
	wait_screen "MODE"
	press f
	wait_screen "Columns: Space chooses"
	press Down F8 Esc
	wait_screen -v "Columns: Space chooses"
	wait_screen -e 'NAME *ALLOCATED USER'
	# of no column there is no table
	press Tab Tab Tab f
	wait_screen "Columns: Space chooses"
	for _ in {1..9}; do
		press Space Down
	done
	press Enter
	wait_screen "a table has a column at least"
	wait_screen "TIME"
}

@test "b: the tab of users by something else" {
	local by
	monitor_recorded 100x24
	for by in cgroup unit container user; do
		press b
		wait_screen "The tab of users: processes by"
		type $by
		press Enter
		wait_screen "[Users]"
		wait_screen ", by $by"
	done
	wait_selected alice
}

@test "W: the settings are kept" {
	monitor_recorded 100x24
	press W
	wait_screen "settings are kept"
	grep -qx "objects.sort = size:desc" "$CONFIG/ipctop/ipctoprc"
	# changes are kept at the end anyway
	press N Tab
	wait_screen "[Processes]"
	press q
	wait_end 0
	grep -qx "objects.sort = name" "$CONFIG/ipctop/ipctoprc"
	monitor_close
	monitor_recorded 100x24
	wait_screen "[Processes]"
	press Shift-Tab
	wait_screen "NAME△"
	monitor_close
	monitor_recorded 100x24 --no-config
	wait_screen "[Objects]"
	press W
	wait_screen "settings: not kept: --no-config keeps none"
}

@test "F9 and k: what can be done" {
	world_open
	actor a shm_open name=it
	monitor_open -k posix-shm
	wait_selected "posix-shm:/it"
	for key in F9 k; do
		press "$key"
		wait_screen "What is to be done"
		wait_screen "save, then remove"
		press Esc
		wait_screen -v "What is to be done"
	done
}

@test "d: another interval" {
	world_open
	monitor_open -d 3600
	wait_screen "every 3600s"
	shm_files f
	press d
	wait_screen "Seconds between looks:"
	type 0.2
	press Enter
	wait_screen "a look each 0.2 s"
	wait_screen "every 0.2s"
	wait_screen posix-shm:/f
	for wrong in 0.01 -1 nan 1e9 x 5x; do
		press d
		wait_screen "Seconds between looks:"
		type "$wrong"
		press Enter
		wait_screen "seconds between looks are a number from 0.1 to 86400"
	done
	press d
	wait_screen "Seconds between looks:"
	press Esc
	wait_screen -v "Seconds between looks:"
	wait_screen "every 0.2s"
}

@test "Ctrl-L: the screen anew" {
	monitor_recorded
	scribble
	press Ctrl-L
	wait_screen -v scribble
	wait_selected "shm:32768"
}

@test "detail: the help lies above it" {
	detail_recorded
	for key in F1 '?' h; do
		press "$key"
		wait_screen ": keys"
		press q
		wait_screen -v ": keys"
		wait_screen "shm:32768: 2G, user alice"
	done
}

@test "detail: F9 and k are about its object" {
	world_open
	actor a shm_open name=it
	monitor_open -k posix-shm
	wait_selected "posix-shm:/it"
	press Enter
	wait_screen "posix-shm:/it: "
	for key in F9 k; do
		press "$key"
		wait_screen "What is to be done"
		press Esc
		wait_screen -v "What is to be done"
		wait_screen "posix-shm:/it: "
	done
}

@test "detail: Esc, q, Enter and F10 lead back" {
	monitor_recorded
	for key in Esc q Enter F10; do
		press Enter
		wait_screen "shm:32768: 2G, user alice"
		press "$key"
		wait_first shm:32768
	done
}

@test "detail: line by line" {
	detail_recorded
	press Up
	wait_screen "shm:32768: 2G, user alice"
	press Down
	wait_screen -v "shm:32768: 2G, user alice"
	press Up
	wait_screen "shm:32768: 2G, user alice"
	press Alt-j
	wait_screen -v "shm:32768: 2G, user alice"
	press Alt-k
	wait_screen "shm:32768: 2G, user alice"
}

@test "detail: far away" {
	detail_recorded
	wait_screen -v "page_size"
	press PgDn
	wait_screen "page_size"
	press PgUp
	wait_screen "shm:32768: 2G, user alice"
	press Space
	wait_screen "page_size"
	press Home
	wait_screen "shm:32768: 2G, user alice"
	press End
	wait_screen "detach_time"
	press PgDn
	wait_screen "detach_time"
}

@test "detail: Z freezes" {
	world_open
	shm_files f
	monitor_open -d 0.2 -k posix-shm
	wait_selected posix-shm:/f
	press Enter
	wait_screen "posix-shm:/f: "
	press Z
	wait_screen "FROZEN"
	in_world rm /dev/shm/f
	press Z
	wait_screen "going on"
	wait_screen "posix-shm:/f is gone"
}

@test "detail: Ctrl-L draws anew" {
	detail_recorded
	scribble
	press Ctrl-L
	wait_screen -v scribble
	wait_screen "shm:32768: 2G, user alice"
}

@test "mouse: rows, headings, tabs, function keys, the wheel" {
	monitor_recorded 120x24
	click "shm:98304"
	wait_selected "shm:98304"
	click "ALLOCATED"
	wait_screen "ALLOCATED▽"
	click "ALLOCATED▽"
	wait_screen "ALLOCATED△"
	click "Processes"
	wait_screen "[Processes]"
	click "Objects"
	wait_screen "[Objects]"
	press M Home
	wait_selected "shm:32768"
	mouse down 10 15
	wait_selected "posix-shm:/nccl"
	mouse up 10 15
	wait_selected "shm:32768"
	click "F8Stale"
	wait_screen "  2, stale"
	# the message gives way to the keys
	press Home
	click "F10Quit"
	wait_end 0
}

@test "mouse: twice on a row, in the pane, menus and dialogs" {
	monitor_recorded 120x30
	click "anon:0:1:900" twice
	wait_screen "anon:0:1:900: 128M"
	mouse down 10 15
	wait_screen -v "anon:0:1:900: 128M"
	# what lies below cannot be clicked
	click "F1Help"
	press Esc
	wait_first shm:32768
	click "F6SortBy"
	wait_screen "Order by"
	click "│ label"
	wait_screen -v "Order by"
	wait_first special:0:15:1030 memfd:0:1:4712
	click "F1Help"
	wait_screen ": keys"
	mouse down 10 15
	wait_screen -v "Keys in a table:"
}

@test "mouse: -M leaves it to the terminal" {
	monitor_recorded -M
	mux display -p "#{mouse_any_flag}"
	assert_equal "$SAID" 0
	monitor_close
	monitor_recorded
	mux display -p "#{mouse_any_flag}"
	assert_equal "$SAID" 1
}

@test "prompts: the line is edited as in a shell" {
	monitor_recorded 120x24
	press F4
	type "one two three"
	wait_screen "Filter: one two three"
	press Ctrl-W
	wait_screen -e 'Filter: one two( |$)'
	press Home
	type "a"
	wait_screen "Filter: aone two"
	press Right Delete
	wait_screen "Filter: aoe two"
	press Ctrl-K
	wait_screen -e 'Filter: ao( |$)'
	press Left Left
	type "日本e"
	wait_screen "Filter: 日本eao"
	press Backspace Backspace Backspace
	wait_screen -e 'Filter: ao( |$)'
	press End
	type x
	wait_screen "Filter: aox"
	press Ctrl-A
	type 1
	press Ctrl-E
	type 2
	wait_screen "Filter: 1aox2"
	# what was typed is foreign, too
	press Ctrl-U
	type $'a\x02b'
	wait_screen "Filter: ab"
}

@test "menus: letters, pages, the ends" {
	monitor_recorded
	press F6
	wait_screen "Order by"
	press End
	wait_screen "holders"
	press Home
	wait_screen "name, as every command takes it"
	press PgDn
	press PgUp
	type creator_pid
	wait_screen creator_pid
	press Enter
	wait_screen -v "Order by"
	press F6
	wait_screen "Order by"
	press q
	wait_screen -v "Order by"
	press F6
	wait_screen "Order by"
	press F10
	wait_screen -v "Order by"
}
