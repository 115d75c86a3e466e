# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A real monitor on a real terminal: keys in, screens out. The terminal is a pane of a tmux server
# of the test's own, which ends with the test.
#
#	monitor_open [COLUMNSxROWS] [NAME=VALUE…] [OPTION…]
#	monitor_recorded …		the same, on a document that is the same everywhere
#	press F4 Down Shift-Tab		keys, by the names that the help has for them
#	type 'text'
#	wait_screen 'text'		until it stands there; or wait_screen -e 'regex', -v 'text': until not
#	monitor_close			in teardown; it fails when the monitor does not end
#
# Inside the test's world where there is one (world_open). What was last seen is in $SCREEN.

load "${BASH_SOURCE[0]%/*}/world"

MUX=$BATS_TEST_TMPDIR/tmux
SCREEN='' MUX_PID='' PANE_PID='' MONITOR_PID=''
AS=()

# terminal_open COLUMNS ROWS COMMAND…: the command on a terminal of that size.
terminal_open()
{
	local fd
	need_command tmux
	printf '%s\n' "set -g default-terminal tmux-256color" "set -g status off" "set -g remain-on-exit on" \
		"set -g remain-on-exit-format ''" "set -g automatic-rename off" "set -s escape-time 0" >"$MUX.conf"
	rm -f "$MUX.in" "$MUX.out" "$MUX.never"
	mkfifo "$MUX.in" "$MUX.out" "$MUX.never"
	(
		# the ends of others' pipes: they would never see theirs end
		for fd in 3 4 "${ACTOR_IN[@]}" "${WORLD_IN-}" "${WORLD_OUT-}"; do
			[ -z "$fd" ] || exec {fd}>&-
		done
		tmux -u -S "$MUX" -f "$MUX.conf" new-session -d -P -F '#{pid} #{pane_pid}' -x "$1" -y "$2" \
			-c "$BATS_TEST_TMPDIR" -- "${@:3}" >"$MUX.pids" || exit
		exec tmux -u -C -S "$MUX" attach -f ignore-size,no-output <"$MUX.in" >"$MUX.out"
	) &
	MUX_JOB=$!
	exec {MUX_IN}>"$MUX.in" {MUX_OUT}<"$MUX.out" {MUX_NEVER}<>"$MUX.never"
	mux display -p ready || fail "no terminal: $SAID"
	read -r MUX_PID PANE_PID <"$MUX.pids"
}

# mux COMMAND WORD…: asks tmux; what it says is in $SAID, without the empty lines at its end. Tests ask
# often: nothing is started for it, and little of it is bash's. A second question marks the end.
mux()
{
	local word
	for word; do
		printf " '%s'" "${word//\'/\'\\\'\'}"
	done >&"$MUX_IN"
	printf "\n display -p '\001'\n" >&"$MUX_IN"
	SAID=
	IFS= read -r -d $'\1' -t "$PATIENCE" -u "$MUX_OUT" SAID || return
	SAID=$'\n'${SAID#*"%begin "*" 1"$'\n'}
	word=${SAID##*$'\n%end '}
	SAID=${SAID%$'\n%'e[nr]*}
	SAID=${SAID#$'\n'}
	SAID=${SAID%"${SAID##*[!$'\n']}"}
	[[ $word != *$'\n%error '* ]]
}

# monitor_open [COLUMNSxROWS] [NAME=VALUE…] [-uNAME…] [OPTION…]: -u takes a variable away. Inside a world it
# can be another's: AS=(setpriv … ) IPCTOP=/mnt/ipctop monitor_open.
monitor_open()
{
	local size=80x24
	local -a enter=() environment=()
	while [ $# -gt 0 ]; do
		case $1 in
		[0-9]*x[0-9]*) size=$1 ;;
		-u?* | [A-Z]*=*) environment+=("$1") ;;
		*) break ;;
		esac
		shift
	done
	[ -z "$WORLD_PID" ] || enter=(nsenter -t "$WORLD_PID" "${WORLD_ENTER[@]}" --)
	terminal_open "${size%x*}" "${size#*x}" "${enter[@]}" env XDG_CONFIG_HOME="$CONFIG" "${environment[@]}" \
		"${AS[@]}" "$IPCTOP" "$@"
	until_seen find_monitor || fail "the monitor did not come: $SCREEN"
}

# The same on the recorded document.
monitor_recorded()
{
	recorded
	monitor_open "$@" --snapshot "$RECORDED"
	wait_screen F1Help
}

# recorded [ROWS]: a document that is the same everywhere, as $RECORDED.
recorded()
{
	RECORDED=$BATS_FILE_TMPDIR/recorded${1-}.json
	[ -e "$RECORDED" ] && return
	need_command "$PYTHON"
	"$PYTHON" "$SOURCE/tests/bats/recording.py" "$@" >"$RECORDED"
}

# The process of the program below that of the pane. It has no children of its own.
find_monitor()
{
	local name
	MONITOR_PID=$PANE_PID
	while read -r name <"/proc/$MONITOR_PID/comm" && [ "$name" != ipctop ]; do
		read -r MONITOR_PID _ <"/proc/$MONITOR_PID/task/$MONITOR_PID/children"
		[ -n "$MONITOR_PID" ] || return 1
	done 2>/dev/null
	[ "$name" = ipctop ]
}

monitor_close()
{
	[ -n "$MUX_PID" ] || return 0
	# which does not answer; it may be gone
	(echo kill-server >&"$MUX_IN") 2>/dev/null || :
	wait "$MUX_JOB" || :
	exec {MUX_IN}>&- {MUX_OUT}<&- {MUX_NEVER}>&-
	until_true job_ended "$MUX_PID" || fail "the terminal did not end"
	[ -z "$MONITOR_PID" ] || until_true job_ended "$MONITOR_PID" ||
		fail "the monitor did not end with its terminal: $(kill -KILL "$MONITOR_PID")"
	MUX_PID='' MONITOR_PID=''
}

# press KEY…: by the names of the help; single characters are themselves.
press()
{
	local key
	local -a keys=()
	for key; do
		key=${key/#Shift-Tab/BTab} key=${key/#Shift-/S-} key=${key/#Alt-/M-} key=${key/#Ctrl-/C-}
		key=${key/#PgUp/PPage} key=${key/#PgDn/NPage} key=${key/#Esc/Escape} key=${key/#Backspace/BSpace}
		key=${key/#Delete/DC} key=${key/#Insert/IC}
		keys+=("$key")
	done
	mux send-keys -- "${keys[@]}"
}

# answer KEY: to a question, which takes no key that came in one piece with others.
answer()
{
	sleep 0.1
	press "$1"
}

# go_to TEXT: the row that has it, as F3 finds it.
go_to()
{
	press F3
	wait_screen Search:
	type "$1"
	press Enter
	wait_selected "$1"
}

type()
{
	mux send-keys -l -- "$1"
}

# mouse press|twice|up|down COLUMN ROW, from 1 on: a click, two in a row, or the wheel; told as the
# program asked for it.
mouse()
{
	local bytes=
	mux display -p '#{mouse_sgr_flag}'
	case $1 in
	press) mouse_event 0 M "$2" "$3" && mouse_event 0 m "$2" "$3" ;;
	twice) mouse_event 0 M "$2" "$3" && mouse_event 0 m "$2" "$3"
	       mouse_event 0 M "$2" "$3" && mouse_event 0 m "$2" "$3" ;;
	up) mouse_event 64 M "$2" "$3" ;;
	down) mouse_event 65 M "$2" "$3" ;;
	esac
	# shellcheck disable=SC2086 # words
	mux send-keys -H $bytes
}

# Of a button that is let go, the old way does not say which.
mouse_event()
{
	local button=$1 event
	if [ "$SAID" = 1 ]; then
		event=$'\e'"[<$button;$3;$4$2"
		while [ -n "$event" ]; do
			printf -v bytes '%s %x' "$bytes" "'$event"
			event=${event:1}
		done
		return
	fi
	[ "$2" = M ] || button=3
	printf -v bytes '%s 1b 5b 4d %x %x %x' "$bytes" $((32 + button)) $((32 + $3)) $((32 + $4))
}

# click TEXT [twice]: where it stands first.
click()
{
	local line row=0
	wait_screen "$1"
	while IFS= read -r line; do
		row=$((row + 1))
		[[ $line != *"$1"* ]] || break
	done <<<"$SCREEN"
	line=${line%%"$1"*}
	mouse "${2-press}" $((${#line} + 1)) $row
}

resize()
{
	mux resize-window -x "$1" -y "$2"
}

# at_size COLUMNSxROWS: until all is drawn there. The lowest line was away meanwhile, and comes last.
at_size()
{
	resize "${1%x*}" $((${1#*x} - 1))
	resize "${1%x*}" "${1#*x}"
	wait_screen -e $'^[^\n]*(\n[^\n]*){'$((${1#*x} - 1))'}'
}

# screen [OPTION…]: what stands there now, into $SCREEN; -e: with colours.
screen()
{
	mux capture-pane -p "$@"
	SCREEN=$SAID
}

shows()
{
	screen
	case $1 in
	-e) [[ $SCREEN =~ $2 ]] ;;
	-v) [[ $SCREEN != *"$2"* ]] ;;
	*) [[ $SCREEN == *"$1"* ]] ;;
	esac
}

# same_screen SCREEN: whether it looks like that.
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

# until_seen COMMAND…: like until_true, and nothing is started in between.
until_seen()
{
	local end=$((SECONDS + PATIENCE))
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		read -r -t 0.03 -u "$MUX_NEVER" || :
	done
}

# wait_screen TEXT | -e REGEX | -v TEXT
wait_screen()
{
	until_seen shows "$@" || fail "never seen: $*"$'\n'"$SCREEN"
}

# wait_selected TEXT: until the selected row has it. Tagged ones are marked otherwise.
wait_selected()
{
	wait_screen -e $'(^|\n)[^\n]>[^\n]*'"$(quoted "$1")"
}

# wait_first NAME…: until these are the first rows of the table, in that order.
wait_first()
{
	local name regex=$'(^|\n)  (TIME|NAME|VALUE| *PID)[^\n]*'
	for name; do
		regex+=$'\n..'"$(quoted "$name")"$'[^\n]*'
	done
	wait_screen -e "$regex"
}

# For a regex.
quoted()
{
	# shellcheck disable=SC2001
	sed 's/[][\\.*^$+?(){}|]/\\&/g' <<<"$1"
}

# wait_end STATUS: until it ended; 128 + N after signal N.
wait_end()
{
	until_seen pane_ended || fail "it did not end: $SCREEN"
	assert_equal "$SAID" "$1"
}

pane_ended()
{
	screen
	# it misses a child's end now and then, and looks again when told of one
	kill -CHLD "$MUX_PID"
	mux display -p '#{?pane_dead_signal,#{e|+:128,#{pane_dead_signal}},#{pane_dead_status}}'
	[ -n "$SAID" ]
}

# shm_files NAME…: in /dev/shm of the world, empty.
shm_files()
{
	in_world sh -c 'for f; do : >"/dev/shm/$f"; done' files "$@"
}
