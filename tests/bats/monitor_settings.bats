#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the monitor keeps between runs, and what it leaves alone.

load monitor

setup()
{
	mkdir -p "$CONFIG/ipctop"
	RC=$CONFIG/ipctop/ipctoprc
}

teardown()
{
	monitor_close
}

again()
{
	press F10
	wait_end 0
	monitor_close
	monitor_recorded "$@"
}

@test "settings: what was changed is there in the next run" {
	monitor_recorded 120x30
	press N Tab F2
	wait_screen Setup
	type colours
	press Enter
	wait_screen "high contrast"
	type light
	press Enter
	press d
	wait_screen "Seconds between looks:"
	type 7.5
	press Enter
	again 120x30
	wait_screen "[Processes]"
	press Shift-Tab
	wait_screen -e 'NAME[△^]'
	run -0 sort "$RC"
	assert_output "$(printf '%s\n' 'colors = light' 'interval = 7.5' 'objects.sort = name' 'tab = processes')"
}

@test "settings: columns are chosen and ordered" {
	monitor_recorded 120x30
	press f
	wait_screen "Columns: Space chooses"
	press Space Down ']' Enter
	wait_screen -e $'\n +ALLOCATED +SIZE'
	again 120x30
	wait_screen -e $'\n +ALLOCATED +SIZE'
	run -0 cat "$RC"
	assert_output "objects.columns = allocated,size,user,age,uses,state,verdict,family"
}

@test "settings: a table without a column is refused" {
	monitor_recorded 120x30
	press F6
	wait_screen "Order by"
	press Esc
	printf '%s\n' 'objects.columns = name' >"$RC"
	again 120x30
	press f
	wait_screen "[x] name"
	press Space Enter
	wait_screen "a table has a column at least"
	wait_screen -e $'\n  NAME'
}

@test "settings: nothing changed, nothing written" {
	monitor_recorded
	press Down Enter
	wait_screen created
	press Esc
	again
	[ ! -e "$RC" ]
}

@test "settings: options hold for one run" {
	monitor_recorded 120x30 -s age -d 9 -C
	wait_screen -e 'AGE[▽v]'
	press Tab
	again 120x30
	run -0 cat "$RC"
	assert_output "tab = processes"
}

@test "settings: W keeps all of them" {
	monitor_recorded
	press W
	wait_screen "settings are kept"
	run -0 grep -c = "$RC"
	assert_output 13
	run -0 stat -c %a "$RC"
	assert_output 600
}

@test "settings: comments, unknown keys and the order of lines stay" {
	printf '%s\n' '# mine' 'future = yes, please' 'tab = users' '' 'interval = 3' >"$RC"
	monitor_recorded
	wait_screen "[Users]"
	press Tab
	wait_screen "[Events]"
	again
	run -0 cat "$RC"
	assert_output "$(printf '%s\n' '# mine' 'future = yes, please' 'tab = events' '' 'interval = 3')"
}

@test "settings: a broken file is told of and left alone" {
	printf '%s\n' 'tab = users' 'this is no setting' >"$RC"
	cp "$RC" "$BATS_TEST_TMPDIR/before"
	recorded
	monitor_open 120x30 --snapshot "$RECORDED"
	wait_screen "settings: the file is left alone: "
	press Tab W
	wait_screen "not kept"
	press F10
	wait_end 0
	cmp "$RC" "$BATS_TEST_TMPDIR/before"
}

@test "settings: a wrong value is told of, the others are in force, the file is left alone" {
	printf '%s\n' 'interval = soon' 'tab = users' 'objects.sort = beauty' >"$RC"
	cp "$RC" "$BATS_TEST_TMPDIR/before"
	recorded
	monitor_open 120x30 --snapshot "$RECORDED"
	wait_screen -e 'settings: .*(interval|objects.sort)'
	wait_screen "[Users]"
	press Tab
	press F10
	wait_end 0
	cmp "$RC" "$BATS_TEST_TMPDIR/before"
}

@test "settings: --no-config reads and keeps none" {
	printf '%s\n' 'tab = users' >"$RC"
	monitor_recorded --no-config
	wait_screen "[Objects]"
	press Tab W
	wait_screen "--no-config keeps none"
	again --no-config
	run -0 cat "$RC"
	assert_output "tab = users"
}

@test "settings: what another monitor changed meanwhile stays" {
	monitor_recorded
	press Tab
	wait_screen "[Processes]"
	printf '%s\n' 'colors = contrast' >"$RC"
	again
	run -0 cat "$RC"
	assert_output "$(printf '%s\n' 'colors = contrast' 'tab = processes')"
}

@test "settings: an escape sequence in the file does not reach the terminal" {
	printf 'tab = \033[31mred\n' >"$RC"
	recorded
	monitor_open 120x30 --snapshot "$RECORDED"
	wait_screen 'settings: '
	wait_screen '\x1B'
}

@test "settings: a folder that cannot be written is told of at the end" {
	need_root
	rm -r "$CONFIG/ipctop"
	: >"$CONFIG/ipctop"
	monitor_recorded
	press Tab
	wait_screen "[Processes]"
	press F10
	wait_end 0
	wait_screen "Not a directory"
}
