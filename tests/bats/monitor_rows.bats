#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Which rows the monitor shows, and what is done with them.

load monitor

teardown()
{
	monitor_close
	world_close
}

@test "F3 and /: search while typing" {
	monitor_recorded 120x24
	wait_selected "shm:32768"
	press F3
	wait_screen "Search:"
	type postgres
	wait_selected "anon:0:1:900"
	type ql
	wait_selected PostgreSQL
	type x
	wait_screen "not there"
	wait_selected PostgreSQL
	press Backspace
	wait_screen -v "not there"
	# the next one: its family has the text
	press F3
	wait_selected "shm:7"
	press Enter
	wait_screen -v "Search:"
	wait_selected "shm:7"
	press /
	wait_screen "Search:"
	type 日本
	wait_selected 日本語の共有メモリ
	press Esc
	wait_screen -v "Search:"
	wait_selected 日本語の共有メモリ
	# what comes in one piece is done in order all the same
	press / s h m : 5 Enter Down
	wait_screen -v "Search:"
	wait_selected "special:0:15:1030"
}

@test "Shift-F3, n and p: the next that has the text, the one before" {
	monitor_recorded
	press n
	wait_screen "Search:"
	type memfd
	wait_selected "memfd:0:1:4712"
	press Enter
	wait_screen -v "Search:"
	press n
	wait_selected "memfd:0:1:4711"
	press p
	wait_selected "memfd:0:1:4712"
	press Shift-F3
	wait_selected "memfd:0:1:4711"
	# round about
	press Shift-F3
	wait_selected "memfd:0:1:4712"
}

@test "F4 and \: filter while typing" {
	monitor_recorded 120x24
	press F4
	wait_screen "Filter:"
	type nccl
	wait_first posix-shm:/nccl-Qx81Za
	wait_screen "  1, filter nccl"
	type "|guard"
	wait_screen "  2, filter nccl|guard"
	wait_first posix-shm:/nccl-Qx81Za posix-sem:/guard
	press Enter
	wait_screen -v "Filter:"
	wait_screen "  2, filter nccl|guard"
	press \\
	wait_screen "Filter: nccl|guard"
	press Ctrl-U
	wait_screen "[Objects] Processes  Users  Events   18"
	# an expression; until it is one, nothing changes
	type "=kind == mem"
	wait_screen "column 9:"
	wait_screen "Events   18"
	type "fd && size > 10M"
	wait_screen "  1, filter =kind == memfd && size > 10M"
	wait_first memfd:0:1:4712
	press Enter
	wait_screen -v "Filter:"
	press \\
	wait_screen "Filter: =kind"
	press Esc
	wait_screen -v "Filter:"
	wait_screen "Events   18"
}

@test "filter: what is wrong at the end is told, and nothing matches is no error" {
	monitor_recorded
	press F4
	type "=siez > 3"
	wait_screen "column 1:"
	press Enter
	wait_screen "filter: column 1:"
	wait_screen "Events   18"
	press F4
	wait_screen "Filter:"
	type nowhere
	wait_screen "nothing matches; Esc shows all"
	press Enter
	wait_screen -v "Filter:"
	wait_screen "  0, filter nowhere"
}

@test "F5 and t: a tree by holder, owner, family, then none" {
	monitor_recorded 120x50
	press F5
	wait_screen "▾ held by nobody (5)"
	wait_screen -e $'▾ 4712 worker \\(5\\) .*\n    shm:98304 .*\n    memfd:0:1:4712 '
	wait_screen "no holder seen (1)"
	press t
	wait_screen -e $'▾ alice \\(7\\) *2.1G *1.6G .*1 stale.*\n.>  shm:32768 '
	press t
	wait_screen -e $'▾ postgresql \\(2\\) .*1 stale'
	press F5
	wait_first shm:32768 anon:0:1:900
	# of other tabs there is none
	press Tab t
	wait_screen "there is no tree here"
}

@test "Enter and l: all about an object" {
	monitor_recorded 120x40
	for key in Enter l; do
		press "$key"
		wait_screen "shm:32768: 2G, user alice, detached, stale"
		wait_screen "stale: nobody uses it, and all that is known speaks for leaked"
		wait_screen "nobody is attached, and process 700, which made it, is gone"
		press Esc
		wait_first shm:32768
	done
	press Down Enter
	wait_screen "anon:0:1:900: 128M"
	press End
	wait_screen "postgres: 15/main: checkpointer"
}

@test "Enter on other rows: the objects of a process, of a user" {
	monitor_recorded 120x24
	press Tab
	wait_selected worker
	press Enter
	wait_screen "[Objects]"
	wait_screen "what that process holds; Esc shows all"
	wait_screen "  5, held by process 4712"
	wait_first shm:98304 memfd:0:1:4712
	press Tab Tab
	wait_selected alice
	press Enter
	wait_screen "what that user holds; Esc shows all"
	wait_screen "  10, held by user alice"
	wait_first shm:32768 shm:98304
	press b
	wait_screen "The tab of users"
	type unit
	press Enter
	wait_screen ", by unit"
	wait_selected session-2.scope
	press Enter
	wait_screen "  5, held by unit session-2.scope"
	wait_first shm:98304
	press Esc
	wait_screen "Events   18"
}

@test "+, - and *: folds" {
	monitor_recorded 120x50
	press t t
	wait_screen "▾ alice (7)"
	# of a row below it the whole group goes
	wait_selected "shm:32768"
	press -
	wait_screen -e '>▸ alice \(7\) '
	wait_screen -v shm:32768
	press +
	wait_screen "▾ alice (7)"
	wait_screen shm:32768
	press '*'
	wait_screen "▸ alice (7)"
	wait_screen "▸ root (4)"
	press '*'
	wait_screen "▾ alice (7)"
	wait_screen "▾ root (4)"
	# Enter on a group does the same
	wait_selected "alice (7)"
	press Enter
	wait_screen "▸ alice (7)"
	press Enter
	wait_screen "▾ alice (7)"
}

@test "u: one user's" {
	monitor_recorded
	press u
	wait_screen "Whose"
	press Down Enter
	wait_screen -v "Whose"
	wait_screen "  3, user postgres"
	wait_first anon:0:1:900
	press u
	wait_screen "Whose"
	type all
	press Enter
	wait_screen "Events   18"
}

@test "Esc: all rows again" {
	monitor_recorded 120x24
	press s
	wait_screen "  2, stale"
	press H
	wait_screen "  1, shm, stale"
	press u
	wait_screen "Whose"
	type bøb
	press Enter
	wait_screen "nothing matches; Esc shows all"
	press Esc
	wait_screen "Events   18"
}

@test "Space, c and U: tags" {
	monitor_recorded 120x40
	press Space
	wait_screen -e $'\n \\*shm:32768 '
	wait_screen "18, 1 tagged"
	wait_selected "anon:0:1:900"
	press Up
	wait_screen -e $'\n\\*>shm:32768 '
	press Space
	wait_screen -v "tagged"
	# of the same owner, where there is no family
	press Home c
	wait_screen "18, 6 tagged"
	wait_screen -e $'\n \\*memfd:0:1:4711 '
	press U
	wait_screen -v "tagged"
	# of the same family and owner
	press End Up Up
	wait_selected "shm:7"
	press c
	wait_screen "18, 2 tagged"
	wait_screen -e $'\n \\*posix-shm:/PostgreSQL.1804289383 '
	press U
	wait_screen -v "tagged"
}

@test "a tree: Space on a group tags all of it" {
	monitor_recorded 120x50
	press t t Up
	wait_selected "alice (7)"
	press Space
	wait_screen ", 7 tagged"
}

@test "F: the screen goes with the row" {
	world_open
	shm_files $(seq -f b%02.0f 20)
	monitor_open 80x12 -d 0.2 -x name -k posix-shm
	wait_first posix-shm:/b01
	press Down
	wait_selected posix-shm:/b02
	# the selection stays with the object, and the screen where it was
	shm_files $(seq -f a%02.0f 20)
	wait_first posix-shm:/a01
	wait_screen "Events   40"
	wait_screen -v posix-shm:/b02
	press F
	wait_screen "the screen follows the row"
	wait_selected posix-shm:/b02
	shm_files $(seq -f 9%02.0f 20)
	wait_screen "Events   60"
	wait_selected posix-shm:/b02
	press F
	wait_screen "the screen stays where it is"
}

@test "digits: to an id or a pid" {
	local key began
	monitor_recorded
	for key in 3 2; do
		press $key
	done
	wait_screen "to id or pid 32: none so far"
	for key in 7 6 8; do
		press $key
	done
	wait_screen "to id or pid 32768"
	wait_selected shm:32768
	# another key ends the number
	press Down 5
	wait_selected "shm:5 "
	# and so does time
	began=$EPOCHSECONDS
	until_true seconds_after $((began + 2))
	press 0
	wait_screen -e "to id or pid 0( |"$'\n'"|$)"
	wait_selected "shm:0@"
	press Tab
	wait_selected worker
	press 6 0 0 1
	wait_selected "6001"
	press Up 8 1 2
	wait_selected " 812"
}

@test "Z: frozen, and on again" {
	local began
	world_open
	shm_files f
	monitor_open -d 0.2
	wait_screen posix-shm:/f
	press Z
	wait_screen "FROZEN"
	shm_files g
	# it moves all the same
	press N
	wait_screen "NAME△"
	began=$EPOCHSECONDS
	until_true seconds_after $((began + 1))
	shows -v posix-shm:/g
	press Z
	wait_screen "going on"
	wait_screen posix-shm:/g
	wait_screen -v "FROZEN"
}
