# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Golden screens: what stands on the terminal, as files below tests/bats/screens.
#
#	PLACE=80x24			the folder of those that follow
#	golden NAME TEXT		once TEXT stands there, the screen is that of PLACE/NAME.txt
#	golden NAME -e REGEX | -v TEXT	the same, waiting as wait_screen does
#	golden_attributes NAME …	the same, and how each cell looks (attributes.py)
#	goldens_told			in teardown: fails with the differences
#
# With SCREENS_ANEW set they are written instead: that is `make screens`. All differences of a test are
# told at its end, so that one run shows them.

load "${BASH_SOURCE[0]%/*}/monitor"

SCREENS=$SOURCE/tests/bats/screens
PLACE='' DIFFERENT='' WANTED='' LAST=''
MASKED=	# sed expressions for what differs from run to run, of a live monitor

golden()
{
	local file=$SCREENS/$PLACE/$1.txt
	wait_screen "${@:2}"
	if [ -n "${SCREENS_ANEW-}" ]; then
		LAST=
		until_seen is_still || fail "$1 does not stand still: $SCREEN"
		mkdir -p "${file%/*}"
		printf '%s\n' "$SCREEN" >"$file"
		return
	fi
	[ -e "$file" ] || fail "there is no $file; make screens writes it"
	WANTED=$(<"$file")
	until_seen is_wanted || tell_difference "$file"
}

# A frame may come in pieces: what is seen twice, with some time between, is one.
is_still()
{
	read -r -t 0.3 -u "$MUX_NEVER" || :
	take_screen
	[ "$SCREEN" = "$LAST" ] && return
	LAST=$SCREEN
	return 1
}

is_wanted()
{
	take_screen
	[ "$SCREEN" = "$WANTED" ]
}

take_screen()
{
	if [ -n "${ATTRIBUTES-}" ]; then
		screen -e -N
		SCREEN=$("$PYTHON" "$SOURCE/tests/bats/attributes.py" <<<"$SCREEN")
	else
		screen
		[ -z "$MASKED" ] || SCREEN=$(sed -E "$MASKED" <<<"$SCREEN")
	fi
}

tell_difference()
{
	DIFFERENT+="--- ${1#"$SOURCE"/} (is on the screen: +)"$'\n'
	DIFFERENT+=$(diff -U 100 <(printf '%s\n' "$WANTED") <(printf '%s\n' "$SCREEN") | tail -n +4)$'\n'
	# shellcheck disable=SC2034 # monitor.bash has it
	PATIENCE=3	# it will not be alone
}

# Besides the text how each cell of it looks.
golden_attributes()
{
	local ATTRIBUTES=1
	need_command "$PYTHON"
	golden "$@"
}

goldens_told()
{
	[ -z "$DIFFERENT" ] || fail "$DIFFERENT""If that is meant: make screens, and look at what git diff says."
}
