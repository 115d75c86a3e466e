#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the monitor draws: at any size, with any characters, and nothing of what others chose as anything
# but text.

load monitor

teardown()
{
	monitor_close
	world_close
}

# Of 20 columns and 5 lines.
BOX=$'^┌[^\n]{18}┐\n(│[^\n]{18}│\n){2,3}└[^\n]{18}┘'
TABLE=$'^  NAME [^\n]*\n >shm:32768'

# any_size TEXT SMALL KEY…: what the keys open shows TEXT, and of 20x5 what matches SMALL. Made large again,
# it looks as if it had never been small, nor opened there.
any_size()
{
	local text=$1 small=$2 large
	shift 2
	press "$@"
	wait_screen "$text"
	at_size 500x200
	large=$SCREEN
	resize 20 5
	wait_screen -e "$small"
	resize 500 200
	until_seen same_screen "$large" || fail "$text, made large again: $SCREEN"
	close_all
	resize 20 5
	wait_screen -e "$TABLE"
	press "$@"
	wait_screen -e "$small"
	resize 500 200
	until_seen same_screen "$large" || fail "$text, opened at 20x5: $SCREEN"
	close_all
}

# Back to the table.
close_all()
{
	until_seen closed || fail "$SCREEN"
}

closed()
{
	press Esc
	screen
	[[ $SCREEN == *"[Objects]"*"F1Help"* && $SCREEN != *┌* ]]
}

@test "any size: dialogs are whole, and what is selected is seen" {
	monitor_recorded 500x200
	any_size "Keys in a table:" "$BOX" F1
	any_size "─ Setup ─" "$BOX" F2
	any_size "Columns: Space" "$BOX" f
	any_size "Order by" "$BOX" F6
	any_size "Whose" $'┌─ Whose ─+┐[^\n]*\n[^\n]*│ all users +│[^\n]*\n[^\n]*│ postgres +│[^\n]*\n[^\n]*└─[^\n]*─┘' u
	any_size "│ container" $'\n│ container [^\n]*\n└' b End
	any_size "│ holders" $'\n│ holders [^\n]*\n└' F6 End
}

@test "any size: prompts keep what is typed" {
	monitor_recorded 500x200
	any_size "Search: shm" "$TABLE.*"$'\nSearch: shm$' F3 s h m
	any_size "Filter: 327" "$TABLE.*"$'\nFilter: 327$' F4 3 2 7
	any_size "Seconds between looks: 75" "$TABLE.*"$'\nSeconds b[^\n]* 75$' d 7 5
}

@test "any size: the pane is as wide as the screen, and the help lies above it" {
	monitor_recorded 500x200
	any_size "shm:32768: 2G, user alice" $'^shm:32768: 2G, user\n' Enter
	any_size "Keys in a table:" "$BOX" Enter F1
}

@test "any size: the picture of an object's pages is as large as there is room for" {
	world_open
	in_world sh -c 'head -c 10000000 /dev/zero >/dev/shm/large'
	monitor_open 80x24 -k posix-shm
	go_to posix-shm:/large
	press Enter
	wait_screen -e '█{70}'
	at_size 200x50
	wait_screen -e $'(\n  █{190}[^\n]*){3}'
}

@test "any size: tables" {
	local size
	local -A seen
	monitor_recorded 20x5
	for size in 20x5 500x200 21x7 80x24 300x9; do
		at_size $size
		seen[$size]=$SCREEN
		wait_screen shm:32768
	done
	# none of what a terminal has: nothing to see, and nothing that breaks
	for size in 1x1 2x3 19x4 5x300 600x2; do
		resize "${size%x*}" "${size#*x}"
		press Down Up F1 Esc
	done
	for size in 500x200 300x9 80x24 21x7 20x5; do
		at_size $size
		until_seen same_screen "${seen[$size]}" || fail "$size: $SCREEN"
	done
	# as large as before: it was another meanwhile
	mux display -p "#{pane_tty}"
	printf '\e[2;5Hscribble' >"$SAID"
	wait_screen scribble
	kill -WINCH "$MONITOR_PID"
	wait_screen -v scribble
}

# plain TEXT KEY…: what the keys open, in ASCII alone.
plain()
{
	local LC_ALL=C
	press "${@:2}"
	wait_screen "$1"
	[[ $SCREEN =~ ^[$' -~\n']*$ ]] || fail "$1: $SCREEN"
}

leave()
{
	press Esc
	wait_screen -v "$1"
}

@test "-U, and a locale without UTF-8: ASCII alone" {
	local how text keys
	for how in -U LC_ALL=C; do
		monitor_recorded 120x50 $how --no-config
		plain "posix-shm:/?" N
		while IFS='|' read -r keys text; do
			# shellcheck disable=SC2086 # words
			plain "$text" $keys
			leave "$text"
		done <<-'PLACES'
			F1|Keys in a table:
			F2|- Setup -
			f|Columns: Space
			F6|Order by
			u|| all users
			F4 日|Filter:
			Home Enter|anon:0:1:900: 128M
		PLACES
		plain "- held by nobody (5)" t
		plain "+ held by nobody (5)" '*'
		plain "[Processes]" Tab
		plain "?????" End
		plain "[Users]" Tab
		plain "[Events]" Tab
		monitor_close
	done
}

@test "-U: pictures and graphs in ASCII alone" {
	local how
	world_open
	in_world sh -c 'head -c 1000000 /dev/zero >/dev/shm/large'
	for how in -U LC_ALL=C; do
		monitor_open 120x30 $how -d 0.2 -k posix-shm
		wait_screen posix-shm:/large
		go_to posix-shm:/large
		plain " resident" Enter
		plain "##########" Home
		leave " resident"
		plain "What is to be done" F9
		plain "Remove 1 object" Enter
		monitor_close
	done
}

# cells HEADING: of each row of the table what stands from the cell before that heading on. Wide characters
# have two cells, combining ones none.
cells()
{
	"$PYTHON" -c '
import sys, unicodedata
def cells(line):
	for c in line:
		if not unicodedata.combining(c):
			yield c
		if unicodedata.east_asian_width(c) in "WF":
			yield ""
lines = sys.stdin.read().split("\n")
first = next(i for i, line in enumerate(lines) if " " + sys.argv[1] in line)
at = lines[first].index(" " + sys.argv[1])
for line in lines[first + 1:]:
	if line.startswith(" "):
		print("".join(list(cells(line))[at:]))' "$1" <<<"$SCREEN" || fail "$SCREEN"
}

# straight HEADING REGEX ROWS: below it stands what matches, in each of so many rows.
straight()
{
	local rows
	rows=$(cells "$1")
	[ "$(wc -l <<<"$rows")" = "$3" ]
	! grep -vE "^ ($2)( |\$)" <<<"$rows" || fail "$1 is not straight: $SCREEN"
}

@test "wide and combining characters: columns are straight, wherever they are cut" {
	local columns verdicts='live|idle|stale|unknown'
	for how in '' -U; do
		monitor_recorded 100x30 --no-config $how -o name,verdict,label,state
		[ "$how" = -U ] || wait_screen "日本語の共有メモリ"
		[ "$how" = -U ] || wait_screen $'e\u0301te\u0301-n\u0303andu\u0301'
		straight VERDICT "$verdicts" 18
		straight STATE '[a-z]+|\?' 18
		for columns in {40..45}; do
			at_size ${columns}x30
			straight VERDICT "$verdicts" 18
		done
		at_size 160x30
		press Tab
		wait_screen "fifteen-letters"
		straight ANON ' *[0-9]+[BKMG]' 8
		# as wide as it is, and no wider
		press Shift-Tab F4
		wait_screen "Filter:"
		type andu
		[ "$how" = -U ] || wait_screen -e $'e\u0301te\u0301-n\u0303andu\u0301 live '
		monitor_close
	done
}

@test "wide characters in a prompt: cut in two they leave a blank, and the cursor is behind them" {
	monitor_recorded 80x24
	press F3
	wait_screen "Search:"
	type 日本語の共有
	wait_screen -e $'\nSearch: 日本語の共有$'
	mux display -p '#{cursor_x}'
	assert_equal "$SAID" 20
	resize 19 6
	wait_screen -e $'\nSearch: 本語の共有$'
	resize 18 6
	wait_screen -e $'\nSearch:  語の共有$'
	mux display -p '#{cursor_x}'
	assert_equal "$SAID" 17
}

# Nothing of what others chose was more than text: in these monitors nothing has a colour.
harmless()
{
	! colored || fail "$1: $(cat -v <<<"$SCREEN")"
	mux display -p '#{pane_title}'
	[[ $SAID != *owned* ]]
}

# sees TEXT KEY…
sees()
{
	press "${@:2}"
	wait_screen "$1"
	harmless "$1"
}

@test "escape sequences in names and command lines are shown as such: in a recording" {
	local red='\x1B[31mred'
	monitor_recorded 200x50 -C
	sees "posix-shm:/$red\\x1B]0;owned\\x07" Home
	sees "6001 $red (1)" t
	sees "below each owner" t
	sees "below each family" t
	sees "no tree" t
	sees "red \\x1B]0;owned\\x07 \\x1B[2J\\x0D\\x0A--x" Tab
	go_to 31mred
	sees "held by process 6001" Enter
	sees "posix-shm:/$red\\x1B]0;owned\\x07: 1M" Enter
	sees "6001 " End
	press Esc
	wait_screen "[Objects]"
	monitor_close
	monitor_recorded 200x50 -C -F $'\e[31mred'
	sees ", filter $red" Home
	sees "Filter: $red" F4
}

@test "escape sequences in names and command lines are shown as such: in what lives, and in what is done with it" {
	local shown='posix-shm:/\x1B[31mred\x1B]0;owned\x07'
	world_open
	in_world sh -c 'head -c 10000 /dev/zero >"$1"; cp "$(command -v sleep)" "$2"; exec 9<"$1"; exec "$2" 1000' sh \
		$'/dev/shm/\e[31mred\e]0;owned\a' $'/dev/shm/\e[32mgreen' &
	monitor_open 160x50 -C -d 0.2 --older-than 0s
	sees "$shown" N
	sees '\x1B[32mgreen 1000' Tab
	in_world pkill green
	wait_screen -v '\x1B[32mgreen 1000'
	press Shift-Tab
	go_to '31mred'
	sees "What is to be done" F9
	sees "$shown" Enter
}

# What a person might press; what ends the monitor is not among it.
RANDOM_KEYS=(F1 F2 F3 F4 F5 F6 F7 F8 F9 Up Down Left Right PgUp PgDn Home End Enter Esc Tab Shift-Tab Space
	Backspace Delete Ctrl-U Ctrl-L a b c d e f g h i j k l m n o p r s t u v w x y z A C F H I M N P S T U W Z
	0 1 2 9 / \\ '=' '|' + - '*' '<' '>' '?' '[' ']' Alt-k Alt-j Alt-h Alt-l 日 é)
RANDOM_SIZES=(20x5 40x12 80x24 200x50 500x200 33x9 120x6)

random_events()
{
	local i k size
	local -a keys
	for ((i = 0; i < $1; i++)); do
		keys=()
		for ((k = RANDOM % 7; k >= 0; k--)); do
			keys+=("${RANDOM_KEYS[RANDOM % ${#RANDOM_KEYS[@]}]}")
		done
		echo "${keys[@]}"	# seen when it fails
		press "${keys[@]}"
		case $((RANDOM % 12)) in
		0 | 1) size=${RANDOM_SIZES[RANDOM % ${#RANDOM_SIZES[@]}]}
		       resize "${size%x*}" "${size#*x}" ;;
		2) mouse press $((RANDOM % 80 + 1)) $((RANDOM % 24 + 1)) ;;
		3) mouse twice $((RANDOM % 80 + 1)) $((RANDOM % 24 + 1)) ;;
		4) mouse down 5 5 ;;
		esac
	done
}

# From wherever it is, one by one, the way out: for until_seen.
leaves()
{
	LEAVING=$((LEAVING + 1))
	# in one piece they would be Alt-q
	if [ $((LEAVING % 2)) = 1 ]; then answer Esc; else answer q; fi
	pane_ended
}

@test "whatever is pressed while its size changes: it goes on, and ends well" {
	RANDOM=4711
	recorded
	monitor_open --no-config --snapshot "$RECORDED"
	random_events 120
	until_seen leaves || fail "$SCREEN"
	assert_equal "$SAID" 0
}

@test "the same while objects come and go" {
	RANDOM=815
	need_command "$PYTHON"
	world_open
	in_world "$PYTHON" -c '
import mmap, os, time
held = []
for i in range(10**6):
	name = "/dev/shm/%d" % (i % 50)
	fd = os.open(name, os.O_RDWR | os.O_CREAT)
	os.ftruncate(fd, 4096 * (i % 9 + 1))
	if i % 3 == 0:
		held.append(mmap.mmap(fd, 4096))
	os.close(fd)
	if i % 2:
		os.unlink(name)
	if len(held) > 30:
		held.pop(i % 30).close()
	time.sleep(0.01)' &
	monitor_open -d 0.1
	random_events 120
	until_seen leaves || fail "$SCREEN"
	assert_equal "$SAID" 0
}
