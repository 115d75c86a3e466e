# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Worlds, actors and looks, for all tests of the program.
#
# A world is a set of namespaces (IPC, mounts, pids) with an empty /dev/shm of its own. It
# ends with the test, and all that was made in it ends with it: the machine stays as it was.
#
#	world_open			in setup
#	actor a shmget size=4096	a process in the world that makes and holds something
#	tell a shmat n=2		... and goes on
#	look				ipctop --json, into $DOC
#	expect "shm:${FACT[a.id]}" state=attached nattch=2
#	stop a				it ends and cleans up
#	world_close			in teardown
#
# What actors say is in FACT: ${FACT[a.pid]}, ${FACT[a.id]}, ${FACT[a.address]} …

bats_require_minimum_version 1.5.0
BATS_LIB_PATH=${BATS_LIB_PATH:-/usr/lib/bats}:/usr/lib:/usr/share:/usr/share/bats
bats_load_library bats-support
bats_load_library bats-assert

SOURCE=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
: "${BUILD:=$SOURCE/build}"
: "${IPCTOP:=$BUILD/ipctop}"
: "${ACTOR:=$BUILD/tests/actor/actor}"
export LC_ALL=C.UTF-8 TZ=UTC
unset COLUMNS NO_COLOR XDG_CONFIG_HOME

# The system's own python3 has Debian's modules; another in PATH may not.
PYTHON=/usr/bin/python3
[ -x "$PYTHON" ] || PYTHON=python3

DOC=$BATS_TEST_TMPDIR/document.json
CONFIG=$BATS_TEST_TMPDIR/config
PATIENCE=20	# seconds that anything may take on a busy machine

declare -gA FACT=() ACTOR_IN=() ACTOR_OUT=() ACTOR_JOB=()
WORLD_PID=

need_root()
{
	[ "$(id -u)" = 0 ] || skip "needs root, for namespaces"
}

# Whether the program is instrumented, so that it takes several times the time.
sanitized()
{
	grep -q __asan_init "$IPCTOP"
}

need_command()
{
	command -v "$1" >/dev/null || skip "$1 is not installed"
}

# need_hugepages N: so many huge pages of the usual size may be used. world_close undoes it.
need_hugepages()
{
	local free=0 knob=/proc/sys/vm/nr_overcommit_hugepages
	# one test at a time: the knob is the machine's
	exec {HUGEPAGES_LOCK}<$knob
	flock "$HUGEPAGES_LOCK"
	free=$(awk '/HugePages_Free/ { print $2 }' /proc/meminfo)
	[ -n "$free" ] || skip "the kernel has no huge pages"
	[ "$free" -lt "$1" ] || return 0
	HUGEPAGES_BEFORE=$(cat $knob)
	echo $((HUGEPAGES_BEFORE + $1)) >$knob || skip "huge pages cannot be had"
}

# world_open [--steady | --unsteady] [--host-pids] [--no-shm]
#	--steady	a boot clock that agrees with the birth of /dev: times of processes count
#	--unsteady	one that is off by a day, as after a step of the clock
#	--host-pids	in the machine's own pid namespace
#	--no-shm	without /dev/shm
world_open()
{
	local clock='' pids=own shm='mount -t tmpfs -o mode=1777,size=1g shm /dev/shm' word offset
	local -a make=(unshare --ipc --mount)

	need_root
	for word; do
		case $word in
		--steady | --unsteady) clock=${word#--} ;;
		--host-pids) pids=host ;;
		--no-shm) shm='mount -t tmpfs -o mode=755 dev /dev' ;;
		*) fail "world_open: $word" ;;
		esac
	done
	WORLD_ENTER=(--ipc --mount)
	if [ $pids = own ]; then
		make+=(--pid --fork --mount-proc --kill-child)
		WORLD_ENTER+=(--pid)
	fi
	if [ -n "$clock" ]; then
		offset=$(clock_offset "$clock") || skip "the birth of /dev is not known"
		make+=(--time --boottime "$offset")
		[ $pids = own ] || make+=(--fork --kill-child)
		WORLD_ENTER+=(--time)
	fi
	mkdir -p "$CONFIG"
	mkfifo "$BATS_TEST_TMPDIR/world.in" "$BATS_TEST_TMPDIR/world.out"
	"${make[@]}" sh -c "$shm"' && if [ -d /etc/ipctop ]; then mount -t tmpfs none /etc/ipctop; fi &&
		exec "$0" init' "$ACTOR" \
		<"$BATS_TEST_TMPDIR/world.in" >"$BATS_TEST_TMPDIR/world.out" 3>&- &
	WORLD_JOB=$!
	exec {WORLD_IN}>"$BATS_TEST_TMPDIR/world.in" {WORLD_OUT}<"$BATS_TEST_TMPDIR/world.out"
	read -r -t $PATIENCE -u "$WORLD_OUT" _ || no_world
	WORLD_PID=$WORLD_JOB
	case " ${make[*]} " in *" --fork "*) WORLD_PID=$(pgrep -P "$WORLD_JOB") ;; esac
	rm "$BATS_TEST_TMPDIR/world.in" "$BATS_TEST_TMPDIR/world.out"
}

# A container may not be allowed what worlds are made of.
no_world()
{
	unshare --ipc --mount --pid --fork --mount-proc true 2>/dev/null || skip "namespaces cannot be made here"
	fail "the world did not come to be"
}

# What to add to the boot clock, in seconds.
clock_offset()
{
	local born now up
	born=$(stat -c %W /dev)
	now=$(date +%s)
	up=$(cut -d. -f1 /proc/uptime)
	[ "$born" -gt 0 ] || return 1
	[ "$1" = steady ] || born=$((born - 86400))
	echo $((now - born - up))
}

world_close()
{
	local name
	for name in "${!ACTOR_IN[@]}"; do
		exec {ACTOR_IN[$name]}>&-
	done
	[ -z "$WORLD_PID" ] || kill -KILL "$WORLD_PID" || :
	for name in "${!ACTOR_JOB[@]}"; do
		# its end may be held open by what the test left behind
		until_true job_ended "${ACTOR_JOB[$name]}" || kill -KILL "${ACTOR_JOB[$name]}"
		wait "${ACTOR_JOB[$name]}" || :
	done
	if [ -n "$WORLD_PID" ]; then
		exec {WORLD_IN}>&- {WORLD_OUT}<&-
		wait "$WORLD_JOB" || :
	fi
	FACT=() ACTOR_IN=() ACTOR_OUT=() ACTOR_JOB=() WORLD_PID='' PUBLIC=''
	[ -z "${HUGEPAGES_BEFORE-}" ] || echo "$HUGEPAGES_BEFORE" >/proc/sys/vm/nr_overcommit_hugepages
	[ -z "${HUGEPAGES_LOCK-}" ] || exec {HUGEPAGES_LOCK}>&-
}

# seconds_after TIME: for until_true: a later second than $EPOCHSECONDS once was.
seconds_after()
{
	[ "$EPOCHSECONDS" -gt "$1" ]
}

# Also where nobody has asked for its status yet: an init may take its time.
job_ended()
{
	local stat=
	! { read -r stat <"/proc/$1/stat"; } 2>/dev/null || [[ ${stat##*)} == " Z"* ]]
}

in_world()
{
	nsenter -t "$WORLD_PID" "${WORLD_ENTER[@]}" -- "$@" 3>&- 4>&-
}

# Where everybody may run the programs from.
world_public()
{
	[ -z "${PUBLIC-}" ] || return 0
	in_world mount -t tmpfs -o mode=755 public /mnt
	in_world install -m 755 "$IPCTOP" "$ACTOR" /mnt
	PUBLIC=/mnt
}

ipctop()
{
	in_world env XDG_CONFIG_HOME="$CONFIG" "$IPCTOP" "$@"
}

# As nobody, who owns nothing but what an actor made after `setuid`.
ipctop_as_nobody()
{
	in_world setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/ /mnt/ipctop "$@"
}

# configure LINE…: the user's configuration.
configure()
{
	mkdir -p "$CONFIG/ipctop"
	printf '%s\n' "$@" >"$CONFIG/ipctop/ipctop.conf"
}

# actor NAME COMMAND [key=value…]: fails when the command does.
actor()
{
	actor_start "${WORLD_ENTER[*]}" "$@" || fail "actor $*: $ANSWER"
}

# The same; what this machine cannot do skips the test.
actor_or_skip()
{
	actor_start "${WORLD_ENTER[*]}" "$@" || skip "$2 is not to be had here: $ANSWER"
}

# In the world, but with pids of the machine: not to be seen from inside.
actor_outside()
{
	actor_start "--ipc --mount" "$@" || fail "actor $*: $ANSWER"
}

actor_start()
{
	local name=$2 pipe=$BATS_TEST_TMPDIR/$2 fd
	local -a enter
	read -ra enter <<<"$1"
	shift 2
	rm -f "$pipe.in" "$pipe.out"
	mkfifo "$pipe.in" "$pipe.out"
	(
		# the ends of others' pipes: they would never see theirs end
		for fd in "${ACTOR_IN[@]}"; do exec {fd}>&-; done
		exec nsenter -t "$WORLD_PID" "${enter[@]}" -- "$ACTOR" "$@" <"$pipe.in" >"$pipe.out" \
			3>&- 4>&- {WORLD_IN}>&-
	) &
	ACTOR_JOB[$name]=$!
	exec {ACTOR_IN[$name]}>"$pipe.in" {ACTOR_OUT[$name]}<"$pipe.out"
	actor_answer "$name"
}

# tell NAME COMMAND [key=value…]
tell()
{
	try_tell "$@" || fail "tell $*: $ANSWER"
}

try_tell()
{
	printf '%s\n' "${*:2}" >&"${ACTOR_IN[$1]}"
	actor_answer "$1"
}

actor_answer()
{
	local word
	ANSWER=
	read -r -t $PATIENCE -u "${ACTOR_OUT[$1]}" ANSWER || ANSWER="error ${ANSWER:-no answer}"
	[ "${ANSWER%% *}" != error ] || return 1
	for word in $ANSWER; do
		FACT[$1.${word%%=*}]=${word#*=}
	done
}

# stop NAME: its stdin ends, it cleans up and exits.
stop()
{
	exec {ACTOR_IN[$1]}>&-
	actor_wait "$1"
}

# kill_actor NAME [SIGNAL]: it dies without cleaning up.
kill_actor()
{
	in_world kill "-${2:-KILL}" "${FACT[$1.pid]}"
	actor_wait "$1"
}

actor_wait()
{
	wait "${ACTOR_JOB[$1]}" || :
	unset "ACTOR_IN[$1]" "ACTOR_JOB[$1]"
}

# next_pid N: the next process of the world gets this number.
next_pid()
{
	in_world sh -c "echo $(($1 - 1)) >/proc/sys/kernel/ns_last_pid"
}

# until_true COMMAND…: ask again and again, for a bounded time.
until_true()
{
	local end=$((SECONDS + PATIENCE))
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.02
	done
}

# look [OPTION…]: one snapshot, in $DOC.
look()
{
	ipctop --json "$@" >"$DOC" || fail "ipctop --json $*: status $?"
}

# shellcheck disable=SC2016 # jq's own variables
JQ_MEMBERS='
	def text: if type == "array" then map(tostring) | join(",") else tostring end;
	def member($k):
		if $k == "reasons" then [.reasons[].code]
		elif $k == "why" then [.reasons[].text]
		elif $k == "pids" then [.holders[].pid]
		elif $k == "prots" then [.holders[].mappings[].prot]
		elif $k == "starts" then [.holders[].mappings[].start]
		elif $k == "lengths" then [.holders[].mappings[].length]
		elif $k == "offsets" then [.holders[].mappings[].offset]
		elif $k == "fds" then [.holders[].fds[].fd]
		elif $k == "access" then [.holders[].fds[].access]
		elif has($k) then .[$k]
		else "missing" end | text;
'

# member NAME MEMBER: its value as text; lists with commas.
member()
{
	jq -r --arg name "$1" --arg k "$2" "$JQ_MEMBERS"'
		first(.objects[] | select(.name == $name)) | member($k)' "$DOC"
}

# expect NAME MEMBER=VALUE…: what the last look says of an object. Besides members there are
# reasons (their codes), why (their sentences), pids, prots, starts, lengths, offsets, fds, access.
expect()
{
	local name=$1 got wanted
	shift
	wanted=$(printf '%s\n' "$@")
	# shellcheck disable=SC2016
	got=$(jq -r --arg name "$name" "$JQ_MEMBERS"'
		first(.objects[] | select(.name == $name)) as $o | $ARGS.positional[] |
		sub("=.*"; "") as $k | "\($k)=\($o | member($k))"' "$DOC" --args "$@")
	[ -n "$got" ] || fail "there is no $name among: $(names | tr '\n' ' ')"
	[ "$got" = "$wanted" ] || {
		jq -c --arg name "$name" '.objects[] | select(.name == $name)' "$DOC"
		fail "$name is not as expected:"$'\n'"$(diff <(echo "$wanted") <(echo "$got"))"
	}
}

# expect_gone NAME
expect_gone()
{
	! names | grep -qxF -- "$1" || fail "$1 is still there: $(jq -c --arg name "$1" \
		'.objects[] | select(.name == $name)' "$DOC")"
}

# names [KIND]: of all objects of the last look.
names()
{
	jq -r --arg kind "${1-}" '.objects[] | select($kind == "" or .kind == $kind) | .name' "$DOC"
}

# name_at ADDRESS: the object that is mapped there.
name_at()
{
	jq -r --arg at "$1" 'first(.objects[] | select(any(.holders[].mappings[]; .start == $at)) | .name)' "$DOC"
}

# expect_doc FILTER: a jq expression over the document must be true.
expect_doc()
{
	jq -e "$1" "$DOC" >/dev/null || {
		jq -c 'del(.objects)' "$DOC"
		fail "not true of the document: $1"
	}
}
