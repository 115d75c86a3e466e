#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The monitor and its terminal: whatever kind it is, however it ends, it is left as it was.

load monitor

teardown()
{
	monitor_close
	world_close
}

# A shell on the terminal, told from elsewhere what to run: it leaves the terminal's modes as it finds
# them, as shells with a prompt do not.
shell_open()
{
	recorded
	mkfifo "$BATS_TEST_TMPDIR/commands" "$BATS_TEST_TMPDIR/answers"
	exec {COMMANDS}<>"$BATS_TEST_TMPDIR/commands" {ANSWERS}<>"$BATS_TEST_TMPDIR/answers"
	# shellcheck disable=SC2016
	terminal_open 80 24 sh -c 'set -m; ulimit -c 0; exec 8>answers 9<commands
		while read -r line <&9; do eval "$line" 8>&- 9<&-; echo $? >&8; done'
	shell "stty -g >before"
	STATE=$(terminal_state)
}

# tell_shell COMMAND; shell_says STATUS: once it is done. shell COMMAND: both.
tell_shell()
{
	echo "$1" >&"$COMMANDS"
}

shell_says()
{
	local status
	read -r -t "$PATIENCE" -u "$ANSWERS" status || fail "it did not end"
	assert_equal "$status" "$1"
}

shell()
{
	tell_shell "$1"
	shell_says 0
}

# In front of the shell; its $MONITOR_PID is known then.
monitor_in_shell()
{
	tell_shell "$IPCTOP --no-config --snapshot $RECORDED $*"
	wait_screen "F1Help"
	until_seen find_monitor || fail "there is no monitor"
}

# What programs leave behind: the other screen, the cursor, keys, the mouse.
terminal_state()
{
	mux display -p '#{alternate_on} #{cursor_flag} #{keypad_cursor_flag} #{keypad_flag} #{mouse_any_flag} #{mouse_sgr_flag} #{insert_flag} #{wrap_flag}'
	echo "$SAID"
}

# Whether it tells of pastes: what it puts around them.
paste_is_plain()
{
	tell_shell "cat >pasted"
	mux set-buffer pasted
	mux paste-buffer -p
	press Enter Ctrl-D
	shell_says 0
	assert_equal "$(cat "$BATS_TEST_TMPDIR/pasted")" pasted
}

# left_sane STATUS: the shell has the terminal again, and the program ended so, or was stopped.
left_sane()
{
	shell_says "$1"
	assert_equal "$(terminal_state)" "$STATE"
	shell "stty -g >after"
	cmp "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
	paste_is_plain
}

# What the sanitizers catch they make an end of themselves.
sanitized()
{
	grep -q __asan_init "$IPCTOP"
}

@test "the end: the terminal is left as it was" {
	shell_open
	monitor_in_shell
	refute [ "$(terminal_state)" = "$STATE" ]
	press q
	left_sane 0
}

@test "signals that end it: the terminal is left as it was, and the status tells the signal" {
	local signal status
	shell_open
	for signal in TERM HUP INT; do
		monitor_in_shell
		kill -$signal "$MONITOR_PID"
		status=$((128 + $(kill -l $signal)))
		[ $signal != INT ] || status=0
		left_sane $status
	done
	# from the terminal itself
	monitor_in_shell
	press Ctrl-C
	left_sane 0
}

@test "signals of a crash: the terminal is left as it was, and the status tells the signal" {
	local signal status
	shell_open
	for signal in SEGV BUS FPE ILL ABRT QUIT; do
		monitor_in_shell
		kill -$signal "$MONITOR_PID"
		status=$((128 + $(kill -l $signal)))
		case $signal in SEGV | BUS | FPE) ! sanitized || status=1 ;; esac
		left_sane $status
	done
	monitor_in_shell
	press "Ctrl-\\"
	left_sane $((128 + $(kill -l QUIT)))
}

# break_function NAME: the monitor's process meets no instruction there. x86 and ARM have none in these bytes.
break_function()
{
	local base offset
	base=$(awk -F- -v program="$IPCTOP" 'index($0, program) { print $1; exit }' "/proc/$MONITOR_PID/maps")
	offset=$(nm "$IPCTOP" | awk -v name="$1" '$3 == name { print $1 }')
	[ -n "$offset" ] || skip "the program has no symbols"
	printf '\017\013\0\0' | dd of="/proc/$MONITOR_PID/mem" bs=1 seek=$((16#$base + 16#$offset)) conv=notrunc status=none
}

@test "a fault of its own: the terminal is left as it was" {
	need_root
	need_command nm
	shell_open
	monitor_in_shell
	break_function screen_show
	press Down
	left_sane $((128 + $(kill -l ILL)))
}

@test "memory runs out: the terminal is left as it was, and it is told" {
	! sanitized || skip "the sanitizers have an end of their own"
	shell_open
	# of what is freed nothing is kept
	shell "export GLIBC_TUNABLES=glibc.malloc.mmap_threshold=1"
	monitor_in_shell
	prlimit --pid "$MONITOR_PID" --as=1
	press F1
	left_sane 1
	wait_screen "out of memory"
}

shell_has_size()
{
	shell "stty size >size"
	[ "$(cat "$BATS_TEST_TMPDIR/size")" = "$1" ]
}

@test "Ctrl-Z and fg: in between the terminal is the shell's, and then all is drawn anew" {
	shell_open
	monitor_in_shell
	press N
	wait_screen "NAME△"
	press F4
	wait_screen "Filter:"
	type shm
	wait_screen "Filter: shm"
	press Ctrl-Z
	left_sane $((128 + $(kill -l TSTP)))
	resize 100 30
	until_true shell_has_size "30 100"
	tell_shell fg
	wait_screen "Filter: shm"
	wait_screen -e '^ipctop.{84}'
	press Enter
	wait_screen "F10Quit"
	# again; a paste is told of as before
	press Ctrl-Z
	left_sane $((128 + $(kill -l TSTP)))
	tell_shell fg
	wait_screen "F10Quit"
	mux set-buffer q
	mux paste-buffer -p
	press F1
	wait_screen "Keys in a table:"
	press Esc
	wait_screen -v "Keys in a table:"
	press q
	left_sane 0
}

# All that was pressed is on the screen then.
drawn()
{
	press F4
	wait_screen "Filter:"
	press Esc
	wait_screen F10Quit
}

@test "stopped by another signal, and continued: what was written over it meanwhile is not there" {
	local small large
	shell_open
	monitor_in_shell
	press N
	drawn
	small=$SCREEN
	resize 100 30
	wait_screen -e '^ipctop.{84}'
	drawn
	large=$SCREEN
	resize 80 24
	until_seen same_screen "$small"
	kill -STOP "$MONITOR_PID"
	shell_says $((128 + $(kill -l STOP)))
	resize 100 30
	until_true shell_has_size "30 100"
	shell "stty sane"
	shell "printf '\033[2J\033[5;5Hscribble'"
	wait_screen scribble
	shows -v "NAME△"
	tell_shell fg
	until_seen same_screen "$large" || fail "$SCREEN"
	press q
	left_sane 0
}

same_screen()
{
	screen
	[ "$SCREEN" = "$1" ]
}

# Whether anything on the screen has a colour.
colored()
{
	screen -e
	[[ $SCREEN =~ $'\e['([0-9]+\;)*[34][0-7](\;[0-9]+)*m ]]
}

@test "TERM=vt100: no colours, and all the rest" {
	monitor_recorded 120x24 TERM=vt100
	screen -e
	refute colored
	press N
	wait_screen "NAME△"
	press F1
	wait_screen "Keys in a table:"
	press q
	wait_screen -v "Keys in a table:"
	press Down
	wait_selected "shm:98304"
	press q
	wait_end 0
}

@test "TERM=dumb: frames follow one another" {
	recorded
	terminal_open 160 50 env TERM=dumb "$IPCTOP" --snapshot "$RECORDED"
	wait_end 0
	wait_screen "ipctop: this terminal cannot move its cursor: frames follow one another, as with --batch"
	wait_screen "posix-shm:/nccl-Qx81Za"
	monitor_close
	world_open
	monitor_open 160x50 TERM=dumb -d 0.1 -k posix-shm
	wait_screen -e $'ipctop 2[^\n]*\n.*ipctop 2[^\n]*\n.*ipctop 2'
	press Ctrl-C
	wait_end $((128 + $(kill -l INT)))
}

@test "TERM unknown, empty or not set: wrong usage that is told" {
	recorded
	for term in TERM=nonesuch TERM= -uTERM; do
		# newterm(3) forgets 1.6 KB where it fails
		terminal_open 120 24 env ${term/-uTERM/-u TERM} ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" \
			"$IPCTOP" --snapshot "$RECORDED"
		wait_end 2
		wait_screen "ipctop: the type of the terminal"
		monitor_close
	done
}

@test "colours: where they are wanted, and told by more than them" {
	monitor_recorded
	until_seen colored || fail "there are no colours"
	monitor_close
	for how in NO_COLOR=1 -C --color=never; do
		monitor_recorded $how
		! colored || fail "$how: $(cat -v <<<"$SCREEN")"
		# what is reversed shows where one is
		[[ $SCREEN == *$'\e[7m'* ]] || fail "$how: nothing stands out"
		monitor_close
	done
	# an empty one is as none (no-color.org)
	monitor_recorded NO_COLOR=
	until_seen colored || fail "there are no colours"
}

@test "-U, and a locale without UTF-8: ASCII alone" {
	for how in -U LC_ALL=C; do
		monitor_recorded 120x50 $how
		for keys in F1 Esc F6 Esc Enter Esc Tab Tab Tab Tab t t F4 日 Esc; do
			press $keys
			screen
			LC_ALL=C
			[[ $SCREEN =~ ^[$' -~\n']*$ ]] || fail "$how, after $keys: $SCREEN"
			LC_ALL=C.UTF-8
		done
		monitor_close
	done
}

# The terminal goes, and the monitor with it, without wasting time.
terminal_dies()
{
	kill -KILL "$MUX_PID"
	until_true job_ended "$MONITOR_PID" || fail "it lives on, used $(cut -d' ' -f14,15 "/proc/$MONITOR_PID/stat") ticks"
	monitor_close
}

@test "the terminal is killed: the monitor ends" {
	monitor_recorded
	terminal_dies
	world_open
	monitor_open -d 0.1
	wait_screen "every 0.1s"
	terminal_dies
}

@test "the terminal is killed, and no signal tells of it: the monitor ends" {
	recorded
	AS=(setsid -w)
	monitor_recorded
	terminal_dies
	# nor one that is ignored
	AS=(env --ignore-signal=HUP)
	monitor_recorded
	terminal_dies
}

@test "a terminal that takes nothing: an end is asked for and comes" {
	world_open
	monitor_open -d 0.1
	wait_screen "every 0.1s"
	press Ctrl-S
	until_true blocked "$MONITOR_PID" || fail "it does not wait for the terminal"
	kill -TERM "$MONITOR_PID"
	until_seen pane_ended || fail "it did not end"
	[[ $SAID == 137 || $SAID == 143 ]]
}

# Whether its first thread sleeps in a write to the terminal.
blocked()
{
	[[ $(cat "/proc/$1/wchan" "/proc/$1/syscall" 2>/dev/null) == *tty*write* || $(cat "/proc/$1/syscall") == 1\ 0x1\ * ]]
}

@test "a terminal that takes nothing for a while: then all is as before" {
	world_open
	monitor_open -d 0.1
	wait_screen "every 0.1s"
	press Ctrl-S
	until_true blocked "$MONITOR_PID" || fail "it does not wait for the terminal"
	press Ctrl-Q
	press F1
	wait_screen "Keys in a table:"
	press q
	wait_screen -v "Keys in a table:"
	press q
	wait_end 0
}

@test "no terminal on either side: wrong usage that names what there is" {
	recorded
	terminal_open 160 24 sh -c '"$@" </dev/null; echo "in: $?"; "$@" | cat; "$@" >/dev/null; echo "out: $?"' sh "$IPCTOP" \
		--snapshot "$RECORDED"
	wait_screen "in: 2"
	wait_screen "out: 2"
	wait_screen "ipctop: the monitor needs a terminal; there are 'ipctop list'"
}

@test "as nobody: what cannot be read is told, and the rest is there" {
	world_open
	world_public
	actor a shm_open name=his mode=0600
	# shellcheck disable=SC2034
	AS=(setpriv --reuid 65534 --regid 65534 --clear-groups env -u XDG_CONFIG_HOME HOME=/)
	IPCTOP=/mnt/ipctop monitor_open 120x24 -d 0.2
	wait_screen "could not be read (EACCES)"
	wait_screen "posix-shm:/his"
	press Tab
	wait_screen "[Processes]"
	press q
	wait_end 0
}

# at_size COLUMNSxROWS: until that much is drawn on: the lowest line is not empty.
at_size()
{
	resize "${1%x*}" "${1#*x}"
	wait_screen -e $'^[^\n]*(\n[^\n]*){'$((${1#*x} - 1))'}'
}

@test "any size, with any dialog open" {
	local keys text size
	monitor_recorded
	while IFS='|' read -r keys text; do
		# shellcheck disable=SC2086 # words
		press $keys
		wait_screen "$text"
		for size in 20x5 500x200 21x7 200x50; do
			at_size $size
		done
		# none of what a terminal has: nothing to see, and nothing that breaks
		for size in 1x1 2x3 19x4 5x300 600x2; do
			resize "${size%x*}" "${size#*x}"
			press Down Up
		done
		at_size 80x24
		wait_screen "$text"
		press Esc
		wait_screen -v "$text"
	done <<-'END'
		F1|Keys in a table:
		F2|─ Setup ─
		f|Columns: Space
		F6|Order by
		b|The tab of users
		u|Whose
		F3|Search:
		F4|Filter:
		d|Seconds between looks:
		Enter|shm:32768: 2G
	END
	press q
	wait_end 0
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
	if [ $((LEAVING % 2)) = 1 ]; then press Esc; else press q; fi
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
