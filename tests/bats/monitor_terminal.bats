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
		# what the sanitizers catch they make an end of themselves
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
