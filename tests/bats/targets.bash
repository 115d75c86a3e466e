# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Processes that ipctop detaches, and that watch whether it does them harm: beside world.
#
#	target t writers kind=memfd	one of tests/target, named t
#	let_go t			it does
#	finish t			it ends and must say ok; its counts are in FACT

load "${BASH_SOURCE[0]%/*}/world"

: "${TARGET:=$BUILD/tests/target/target}"

# Each test has several, and looks at the machine only as far as it needs.
target()
{
	ACTOR=$TARGET actor "$@"
}

target_or_skip()
{
	ACTOR=$TARGET actor_or_skip "$@"
}

# try_detach NAME OPTION…: in $status, $output and $stderr.
try_detach()
{
	local name=$1
	shift
	run --separate-stderr ipctop detach "${FACT[$name.name]}" --pid "${FACT[$name.pid]}" --yes --force "$@"
}

# refused NAME SENTENCE OPTION…: with that reason, and 1; it maps what it mapped.
refused()
{
	local name=$1 sentence=$2 before after
	shift 2
	before=$(pages "$name")
	try_detach "$name" "$@"
	[ "$status" = 1 ] || fail "status $status: $output$stderr"
	[[ $stderr =~ $sentence ]] || fail "said: $stderr, not: $sentence"
	after=$(pages "$name")
	assert_equal "$after" "$before"
}

pages()
{
	in_world sed -n 's/ .*\(r\|-\)\(w\|-\)\(x\|-\)\(s\|p\).*/ \1\2\3\4/p' "/proc/${FACT[$1.pid]}/maps" 2>&1
}

# finish NAME [LEFT]: its last line is ok, and so many pages of the object are still mapped.
finish()
{
	local said
	exec {ACTOR_IN[$1]}>&-
	actor_answer "$1" || :
	said=$ANSWER
	actor_wait "$1"
	[[ $said == "ok"* ]] || fail "$1 says: $said"
	[ $# = 1 ] || [ "${FACT[$1.left]}" = "$2" ] ||
		fail "$1 maps ${FACT[$1.left]} pages, not $2; when all were to let go it was said: ${LET_GO-nothing}"
}

# wake NAME: its call ends as it is meant to.
wake()
{
	echo wake >&"${ACTOR_IN[$1]}"
}

# has_state NAME LETTER: of proc_pid_stat(5).
has_state()
{
	local stat
	stat=$(in_world cat "/proc/${FACT[$1.pid]}/stat" 2>&1)
	[[ ${stat##*)} == " $2 "* ]]
}

# Hundredths of a second since boot; for until_true: whether it is later.
uptime_now()
{
	local up
	read -r up _ </proc/uptime
	echo "${up/./}"
}

later_than()
{
	[ "$(uptime_now)" -gt "$1" ]
}

# let_go NAME… [-- OPTION…]: all of them in one call, whoever else may hold the objects.
let_go()
{
	local -a names=()
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		names+=("${FACT[$1.name]}")
		shift
	done
	run --separate-stderr ipctop detach "${names[@]}" --all --yes --force --verbose "${@:2}"
	LET_GO=$output$stderr
	[ "$status" = 0 ] || fail "detach: status $status, $output$stderr"
}
