# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# For tests of what removes: what is there is asked of the machine itself, never of ipctop.

load "${BASH_SOURCE[0]%/*}/world"

# leak NAME WORD…: an actor does that and is killed.
leak()
{
	actor "$@"
	kill_actor "$1"
}

# leak_file NAME [SIZE [MODE]]: what is known of it is ${FACT[leak.NAME.ino]}, with dots for slashes.
leak_file()
{
	local name=leak.${1//\//.}
	leak "$name" shm_open name="$1" size="${2:-4096}" mode="${3:-0600}"
}

# What every clean takes: one that does nothing at all is noticed.
decoy()
{
	leak_file decoy 4096 0666
}

# clean_now [OPTION…]: whatever is stale, however young. The decoy goes, and all goes well.
clean_now()
{
	in_world test -e /dev/shm/decoy || decoy
	run -0 --separate-stderr ipctop clean --yes --older-than 0 "$@"
	in_world test ! -e /dev/shm/decoy || fail "the decoy is still there: $output$stderr"
}

# file_there NAME INODE, file_gone NAME
file_there()
{
	assert_equal "$(in_world stat -c %i "/dev/shm/$1" 2>&1)" "$2"
}

file_gone()
{
	in_world test ! -e "/dev/shm/$1" || fail "/dev/shm/$1 is still there: $(ipctop show "posix-shm:/$1")"
}

has_segment()
{
	in_world awk -v id="$1" 'NR > 1 && $2 == id { found = 1 } END { exit !found }' /proc/sysvipc/shm
}

segment_there()
{
	has_segment "$1" || fail "shm:$1 is gone"
	# condemned is as good as gone
	[ "$(in_world awk -v id="$1" '$2 == id { print int($3 / 1000) % 2 }' /proc/sysvipc/shm)" = 0 ] ||
		fail "shm:$1 is condemned"
}

segment_gone()
{
	! has_segment "$1" || fail "shm:$1 is still there: $(ipctop show "shm:$1")"
}

# The act of $output (clean --json, rm --json) on that object: act NAME MEMBER
act()
{
	jq -r --arg name "$1" --arg k "$2" 'first(.acts[] | select(.name == $name))[$k]' <<<"$output"
}

# on_terminal [ANSWER…] -- OPTION…: ipctop on a terminal of its own, see terminal.py.
on_terminal()
{
	local -a answers=()
	while [ "$1" != -- ]; do
		answers+=("$1")
		shift
	done
	in_world env XDG_CONFIG_HOME="$CONFIG" "$PYTHON" "$SOURCE/tests/bats/terminal.py" "${answers[@]}" \
		-- "$IPCTOP" "${@:2}"
}
