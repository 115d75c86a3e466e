#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Every key of the monitor, pressed on a terminal.

load monitor

teardown()
{
	monitor_close
	world_close
}

# Which test presses which keys, and where. The first test holds it to the help.
tested()
{
	cat <<-'END'
		table|F1 ? h|F1, ? and h: the help, until any key
		table|F2 S|F2 and S: setup
		table|f|f: columns
		table|b|b: the tab of users by something else
		table|W|W: the settings are kept
		table|F3 /|F3 and /: search while typing
		table|Shift-F3 n p|Shift-F3, n and p: the next that has the text, the one before
		table|F4 \|F4 and \: filter while typing
		table|F5 t|F5 and t: a tree by holder, owner, family, then none
		table|F6|F6: any column orders the rows
		table|F7 H|F7 and H: one kind after the other, then all
		table|F8 s|F8 and s: what is stale, then all
		table|F9 k|F9 and k: what can be done
		table|F10 q|F10 and q: the end
		table|Enter l|Enter and l: all about an object
		table|Tab Shift-Tab|Tab and Shift-Tab: the tabs, round and round
		table|Up Down Alt-k Alt-j|arrows, Alt-j and Alt-k: row by row
		table|PgUp PgDn Home End|PgUp, PgDn, Home and End: far away
		table|Left Right Alt-h Alt-l|Left and Right, Alt-h and Alt-l: columns further out
		table|< , > .|< and >, comma and full stop: the column beside orders
		table|I|I: the other way round
		table|M P T N|M, P, T and N: by size, use, age and name
		table|+ - *|+, - and *: folds
		table|u|u: one user's
		table|Esc|Esc: all rows again
		table|Space c U|Space, c and U: tags
		table|F|F: the screen goes with the row
		table|0 1 2|digits: to an id or a pid
		table|d|d: another interval
		table|Z|Z: frozen, and on again
		table|Ctrl-L|Ctrl-L: the screen anew
		detail|F1 ? h|detail: the help lies above it
		detail|F9 k|detail: F9 and k are about its object
		detail|Esc q Enter F10|detail: Esc, q, Enter and F10 lead back
		detail|Up Down Alt-k Alt-j|detail: line by line
		detail|PgUp PgDn Space Home End|detail: far away
		detail|Z|detail: Z freezes
		detail|Ctrl-L|detail: Ctrl-L draws anew
	END
}

# The same as lines: place and key, or with "titles" title and key.
tested_keys()
{
	local place keys title word
	local -a words
	while IFS='|' read -r place keys title; do
		read -ra words <<<"$keys"
		for word in "${words[@]}"; do
			[ "${1-}" = titles ] && place=$title
			printf '%s\t%s\n' "$place" "$word"
		done
	done < <(tested)
}

# The keys that the help has: place, key.
help_keys()
{
	local line place=
	local -a words
	while IFS= read -r line; do
		case $line in
		*"Keys in a table:"*) place=table ;;
		*"Keys in the detail pane:"*) place=detail ;;
		*"In the first columns:"*) return ;;
		esac
		if [[ -n $place && $line =~ │\ \ \ ([^ ].{15})\  ]]; then
			read -ra words <<<"${BASH_REMATCH[1]}"
			printf "$place\t%s\n" "${words[@]}"
		fi
	done
}

# What the tests of the monitor press: title and each word of a line that presses or types.
pressed_keys()
{
	awk '
		/^@test / { title = substr($0, 8, length - 10) }
		/press|type|for key/ {
			gsub(/["'\'';]/, " ")
			for (i = 1; i <= NF; i++) {
				print title "\t" $i
				if ($i == "\\\\")
					print title "\t\\"
			}
		}' "$BATS_TEST_DIRNAME"/monitor*.bats
}

@test "every key of the help is pressed by a test" {
	local help=$BATS_TEST_TMPDIR/help
	monitor_recorded 120x100
	press F1
	wait_screen "In the first columns"
	help_keys <<<"$SCREEN" | sort >"$help"
	[ "$(wc -l <"$help")" -gt 60 ]
	assert_equal "$(uniq -d "$help")" ""
	assert_equal "keys that no test presses:$(comm -23 "$help" <(tested_keys | sort))" "keys that no test presses:"
	assert_equal "keys that there are not:$(comm -13 "$help" <(tested_keys | sort))" "keys that there are not:"
	assert_equal "not pressed there:$(comm -23 <(tested_keys titles | sort) <(pressed_keys | sort -u))" \
		"not pressed there:"
}

@test "F1, ? and h: the help, until any key" {
	monitor_recorded
	for key in F1 '?' h; do
		press "$key"
		wait_screen ": keys"
		press PgDn
		wait_screen "other way round"
		press x
		wait_screen -v ": keys"
	done
}

@test "F6: any column orders the rows" {
	monitor_recorded 120x24
	press F6
	wait_screen "Order by"
	# the item that begins with what is typed
	type inode
	press Enter
	wait_screen -v "Order by"
	wait_first shm:98304 shm:32768 memfd:0:1:4712
	press F6
	wait_screen "Order by"
	press Home Enter
	wait_screen "NAME△"
	wait_first anon:0:1:900 device:/dev/dri/card0
	press F6
	wait_screen "Order by"
	press Down Esc
	wait_screen -v "Order by"
	wait_screen "NAME△"
}

@test "F7 and H: one kind after the other, then all" {
	local -a kinds=(shm sem msg posix-shm posix-sem posix-mq memfd anon file device special)
	local kind count
	monitor_recorded 120x24
	for kind in "${kinds[@]}"; do
		if [ $kind = posix-sem ]; then press H; else press F7; fi
		count=$(jq --arg kind "$kind" '.objects | map(select(.kind == $kind)) | length' "$RECORDED")
		wait_screen "  $count, $kind"
		[ "$count" = 0 ] || wait_screen -e $'NAME[^\n]*\n..'"$kind:"
	done
	press F7
	wait_screen "all kinds"
	wait_screen "Events   18"
}

@test "F8 and s: what is stale, then all" {
	monitor_recorded 120x24
	press F8
	wait_screen "  2, stale"
	wait_first shm:32768 posix-shm:/PostgreSQL.1804289383
	press s
	wait_screen "Events   18"
	press Tab s
	wait_screen "only objects are stale"
}

@test "F10 and q: the end" {
	for key in F10 q; do
		monitor_recorded
		press "$key"
		wait_end 0
		# the screen that was before it
		wait_screen -v recorded
		monitor_close
	done
}

@test "Tab and Shift-Tab: the tabs, round and round" {
	monitor_recorded
	for tab in Processes Users Events Objects; do
		press Tab
		wait_screen "[$tab]"
	done
	for tab in Events Users Processes Objects; do
		press Shift-Tab
		wait_screen "[$tab]"
	done
}

@test "arrows, Alt-j and Alt-k: row by row" {
	monitor_recorded
	wait_selected "shm:32768"
	press Up
	wait_selected "shm:32768"
	press Down
	wait_selected "anon:0:1:900"
	press Alt-j
	wait_selected "shm:98304"
	press Up
	wait_selected "anon:0:1:900"
	press Alt-k
	wait_selected "shm:32768"
}

@test "PgUp, PgDn, Home and End: far away" {
	monitor_recorded
	press PgDn
	wait_selected "special:0:15:1030"
	wait_screen -v "shm:32768"
	press PgUp
	wait_selected "shm:32768"
	press End
	wait_selected "device:/dev/dri/card"
	press PgDn Down
	wait_selected "device:/dev/dri/card"
	press Home
	wait_selected "shm:32768"
}

@test "Left and Right, Alt-h and Alt-l: columns further out" {
	monitor_recorded 40x12
	wait_screen -v "STATE"
	press Right Right
	wait_screen -e "NAME .* USER"
	press Alt-l Alt-l Alt-l
	wait_screen "VERDICT"
	# the name stays
	wait_first "shm:32768"
	press Left Left Left Left
	press Alt-h
	wait_screen -e "NAME *SIZE"
	press Left
	wait_screen -e "NAME *SIZE"
}

@test "< and >, comma and full stop: the column beside orders" {
	monitor_recorded 120x24
	press '>'
	wait_screen "ALLOCATED▽"
	wait_first shm:32768 shm:98304
	press .
	wait_screen "USER△"
	press '<'
	wait_screen "ALLOCATED▽"
	press ,
	wait_screen "SIZE▽"
	# round about
	press '<'
	wait_screen "NAME△"
	press '<'
	wait_screen "FAMILY△"
	press '>'
	wait_screen "NAME△"
}

@test "I: the other way round" {
	monitor_recorded 120x24
	press I
	wait_screen "SIZE△"
	# what has no size stays last
	wait_first posix-sem:/guard shm:7 shm:5
	press End
	wait_selected "device:/dev/dri/card0"
	press I
	wait_screen "SIZE▽"
	press Home
	wait_first shm:32768 anon:0:1:900
}

@test "M, P, T and N: by size, use, age and name" {
	monitor_recorded 120x24
	press N
	wait_screen "NAME△"
	wait_first anon:0:1:900 device:/dev/dri/card0
	press P
	wait_screen "USES▽"
	press T
	wait_screen "AGE▽"
	wait_first shm:32768 posix-shm:/long-name
	press M
	wait_screen "SIZE▽"
	wait_first shm:32768 anon:0:1:900
	press Tab N
	wait_screen "COMM△"
	press P
	wait_screen "OBJECTS▽"
	press M
	wait_screen "SHARE▽"
}
