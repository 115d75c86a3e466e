#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The table in README of what ipcs, ipcrm, ipcmk, lsipc and ipctop each can do: each row is true of the
# programs that are here.

load world

all=(ipcs ipcrm ipcmk lsipc)

setup()
{
	local tool
	! sanitized || skip "what it runs has tests of its own"
	for tool in "${all[@]}"; do need_command "$tool"; done
	world_open --steady
}

teardown()
{
	world_close
}

# says ROW CELL…: that is what README says; what follows runs it.
says()
{
	local line
	line=$(printf '| %s ' "$@")'|'
	grep -qxF "$line" "$SOURCE/README.md" || fail "README does not have: $line"
}

# knows WORD TOOL…: the help of each has it.
knows()
{
	local tool
	for tool in "${@:2}"; do
		"$tool" --help | grep -qiE -e "$1" || fail "$tool does not know $1"
	done
}

# lacks WORD TOOL…: the help of none has it.
lacks()
{
	local tool
	for tool in "${@:2}"; do
		! "$tool" --help | grep -qiE -e "$1" || fail "$tool knows $1"
	done
}

# later TOOL…: they know of POSIX from 2.41 on, and not before.
later()
{
	local version
	version=$(ipcs -V | grep -oE '[0-9]+\.[0-9]+' | head -n 1)
	if printf '%s\n' 2.41 "$version" | sort -CV; then
		knows posix "$@"
	else
		lacks posix "$@"
	fi
}

@test "readme: System V and POSIX, listed, made and removed" {
	says 'System V segments, semaphores, queues' list remove create list 'list, remove, create'
	in_world ipcmk -M 4096 -S 2 -Q
	ipctop mk shm --size 4096
	local letter
	for letter in m s q; do
		in_world ipcs -$letter | grep -q 0x
		in_world lsipc -$letter | grep -q 0x
	done
	run -0 ipctop list -nr -o kind shm sem msg
	assert_equal "$(paste -s -d ' ' <<<"$output")" "shm shm sem msg"
	in_world ipcrm -m "$(ipctop list shm -nr -o id --limit 1)" -s 0
	ipctop rm -f shm:1 msg:0
	run -0 ipctop list -n shm sem msg
	assert_output ""

	says 'POSIX shared memory, semaphores, queues' - 'remove *' 'create *' 'list *' 'list, remove, create'
	ipctop mk posix-shm --name listed --size 4096
	ipctop mk posix-sem --name listed
	ipctop mk posix-mq --name listed
	run -0 ipctop list -nr -o name
	assert_equal "$(paste -s -d ' ' <<<"$output")" "posix-shm:/listed posix-sem:/listed posix-mq:/listed"
	run -0 in_world ipcs
	refute_output --partial listed
	later ipcrm ipcmk lsipc
	ipctop rm -f posix-shm:/listed posix-sem:/listed posix-mq:/listed
	run -0 ipctop list -n
	assert_output ""
}

@test "readme: memory without a name, and who holds it, in which namespace" {
	says 'memfds, anonymous shared memory, mapped files' - - - - list
	actor a memfd name=listed
	tell a mmap
	tell a anon
	tell a create path="$BATS_TEST_TMPDIR/file"
	tell a mmap
	run -0 ipctop list -nr -o kind
	assert_equal "$(paste -s -d ' ' <<<"$output")" "memfd anon file"
	run -0 in_world ipcs
	refute_output --partial 0x
	run -0 in_world lsipc -m --noheadings
	assert_output ""

	says 'who holds memory: every process, with addresses' - - - - yes
	actor b shmget key=0x51 size=64K
	tell b shmat
	tell b touch bytes=100
	actor c shmat id="${FACT[b.id]}"
	local held=${FACT[c.address]}
	actor d shmat id="${FACT[b.id]}"
	look
	expect shm:0 pids="${FACT[b.pid]},${FACT[c.pid]},${FACT[d.pid]}" \
		starts="${FACT[b.address]},$held,${FACT[d.address]}"
	# c neither made it nor used it last
	assert_equal "$(in_world ipcs -m -p | awk '$1 == 0 { print $3, $4, NF }')" "${FACT[b.pid]} ${FACT[d.pid]} 4"
	lacks holder "${all[@]}"

	says 'which process made it, and which used it last' numbers - - numbers 'numbers, and whether they live'
	assert_equal "$(in_world lsipc -m --noheadings -o CPID,LPID | tr -s ' ' | sed 's/^ //')" \
		"${FACT[b.pid]} ${FACT[d.pid]}"
	expect shm:0 creator_pid="${FACT[b.pid]}" last_pid="${FACT[d.pid]}" creator_alive=true last_alive=true
	kill_actor b
	look
	expect shm:0 creator_pid="${FACT[b.pid]}" creator_alive=false last_pid="${FACT[b.pid]}" last_alive=false

	says 'memory and swap that it takes' 'a sum' - - - 'each segment and file in memory'
	run -0 in_world ipcs -m -u
	assert_line 'pages resident  1'
	assert_line 'pages swapped   0'
	lacks 'swap|resident' ipcrm ipcmk lsipc
	expect shm:0 rss=4096 swap=0 allocated=4096
	run -0 ipctop list -nrb -o allocated memfd anon
	assert_equal "${#lines[@]}" 2
	refute_line -

	says 'other IPC and mount namespaces' - - - - yes
	actor e unshare_ipc
	tell e shmget key=0x52
	actor f own_shm
	tell f shm_open name=apart
	run -0 ipctop list -nr -o name shm posix-shm
	assert_line --regexp "^shm:${FACT[e.id]}@[0-9]+$"
	assert_line --regexp '^posix-shm:/apart@'
	for tool in ipcs "lsipc -m"; do
		# shellcheck disable=SC2086 # words
		run -0 in_world $tool
		refute_output --partial 0x00000052
	done
	lacks namespace "${all[@]}"
}

@test "readme: semaphores, columns, JSON and limits" {
	actor a semget key=0x51 n=2
	tell a semset number=1 value=7
	actor b semwait id="${FACT[a.id]}" number=0
	waits()
	{
		[ "$(ipctop list sem -nr -o waiters)" = 1 ]
	}
	until_true waits

	says 'value, last user and waiters of each System V semaphore' yes - - yes yes
	local each="0 0 1 0 0 1 7 0 0 ${FACT[a.pid]}"
	assert_equal "$(in_world ipcs -s -i "${FACT[a.id]}" | awk '/^[0-9]/ { print $1, $2, $3, $4, $5 }' |
		paste -s -d ' ')" "$each"
	assert_equal "$(in_world lsipc -s -i "${FACT[a.id]}" | awk '/^ +[0-9]/ { print $1, $2, $3, $4, $5 }' |
		paste -s -d ' ')" "$each"
	run -0 ipctop show "sem:${FACT[a.id]}"
	assert_line '  0  value 0, last_pid -, rise_waiters 1, zero_waiters 0'
	assert_line "  1  value 7, last_pid ${FACT[a.pid]}, rise_waiters 0, zero_waiters 0"

	says 'choose columns / sort / filter' - - - 'yes / - / -' 'yes / yes / yes'
	lacks '--(output|columns)\b' ipcs ipcrm ipcmk
	lacks '--(sort|filter)\b' "${all[@]}"
	assert_equal "$(in_world lsipc -s --noheadings -o NSEMS | tr -d ' ')" 2
	tell a semget key=0x52 n=5
	run -0 ipctop list sem -nr -o semaphores -x semaphores:desc
	assert_output $'5\n2'
	run -0 ipctop list -nr -o semaphores -Q 'semaphores > 4'
	assert_output 5

	says JSON - - - 'yes, strings' 'yes, numbers, with a schema'
	lacks json ipcs ipcrm ipcmk
	assert_equal "$(in_world lsipc -s -J | jq -r '[.[][][] | type] | unique | join(",")')" string
	assert_equal "$(ipctop list -J -o semaphores,mode | jq -r '.objects[0] | map(type) | join(",")')" \
		number,string
	ipctop --json-schema | jq -e '."$defs".object' >/dev/null

	says 'limits, and how much is in use' yes - - yes 'yes, growth, and a check for monitoring'
	look
	jq '.time -= 10' "$DOC" >"$BATS_TEST_TMPDIR/before"
	tell b shmget key=0x53
	run -0 in_world ipcs -m -l
	assert_line --regexp '^max number of segments = [0-9]+$'
	run -0 in_world ipcs -m -u
	assert_line 'segments allocated 1'
	run -0 in_world lsipc -g --noheadings -o RESOURCE,LIMIT,USED
	assert_line --regexp '^SHMMNI +[0-9]+ +1$'
	ipctop limits -J --since "$BATS_TEST_TMPDIR/before" | jq -e '.limits[] | select(.name == "shmmni") |
		.used == 1 and .limit > 1 and .growth > 0' >/dev/null
	run -0 ipctop limits --check
	assert_output --partial OK
	lacks 'limit' ipcrm ipcmk
}

@test "readme: what is removed: all, or what nobody needs" {
	actor a shmget key=0x51
	tell a shmat
	actor b shmget key=0x52
	kill_actor b
	says 'whether anybody still needs it, and why' - - - - yes
	run -0 ipctop list shm -nr --older-than 0 -o key,verdict,reasons
	assert_output $'0x00000051 live attached\n0x00000052 stale abandoned'
	lacks 'stale|verdict|leak|unused' "${all[@]}"

	says 'look again before removal, dry run, audit' - - - - yes
	lacks 'dry|audit|log' "${all[@]}"
	run -0 ipctop rm --dry-run -f shm:0x51
	ipctop rm --audit "$BATS_TEST_TMPDIR/audit" shm:0x52
	assert_equal "$(jq -r '.action, .result' "$BATS_TEST_TMPDIR/audit" | paste -s -d ' ')" "remove removed"

	says 'remove all that is stale' - 'all, in use or not' - - yes
	actor b shmget key=0x53
	kill_actor b
	ipctop clean --older-than 0 --yes
	run -0 ipctop list shm -nr -o key
	assert_output 0x00000051
	in_world ipcrm -a
	run -0 ipctop list shm -nr -o state,nattch
	assert_output "condemned 1"
}

@test "readme: what else can be done, by ipctop alone" {
	actor a shmget key=0x51 size=4096 mode=0644
	tell a shmat
	tell a touch
	lacks 'save|restore|chmod|chown|contents|detach process|screen|metric' "${all[@]}"

	says 'save and restore, change owner and mode, look inside' - - - - yes
	ipctop save shm:0x51 --to "$BATS_TEST_TMPDIR"
	ipctop restore --private "$BATS_TEST_TMPDIR/shm-0.ipctop"
	cmp <(ipctop cat shm:0) <(ipctop cat shm:1)
	ipctop chmod 600 shm:0
	ipctop chown 1234 shm:0
	run -0 ipctop list shm -nr -o uid,mode -Q 'id == 0'
	assert_output "1234 0600"

	says 'make a process let go' - - - - yes
	ipctop detach shm:0 --pid "${FACT[a.pid]}" --yes
	assert_equal "$(ipctop list shm -nr -o nattch -Q 'id == 0')" 0

	says "full screen, events, metrics, where \`Shmem\` went" - - - - yes
	# the screen and its events: monitor*.bats
	ipctop help monitor >/dev/null
	ipctop metrics | grep -q '^ipctop_'
	run -0 ipctop account -nr -o value
	assert_line unexplained

	# each row of the table is one of these here
	local rows
	rows=$(sed -n '/^| | ipcs | ipcrm /,/^$/p' "$SOURCE/README.md" | sed 1,2d | grep -c '^|')
	assert_equal "$rows" "$(grep -cE '^[[:blank:]]says ' "$BATS_TEST_FILENAME")"
}
