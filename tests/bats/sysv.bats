#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Semaphores and message queues of System V: what is told of them, beside ipcs, what is made of it,
# and what takes them away.

load cleaning
load halted

setup()
{
	world_open --steady
}

teardown()
{
	world_close
}

# What ipcs has, in a column of the line that names this id: ipcs_says OPTION ID COLUMN
ipcs_says()
{
	in_world ipcs "$1" | awk -v id="$2" -v n="$3" '$2 == id { print $n }'
}

set_gone() { [ -z "$(ipcs_says -s "$1" 2)" ] || fail "sem:$1 is still there"; }
set_there() { [ -n "$(ipcs_says -s "$1" 2)" ] || fail "sem:$1 is gone"; }
queue_gone() { [ -z "$(ipcs_says -q "$1" 2)" ] || fail "msg:$1 is still there"; }
queue_there() { [ -n "$(ipcs_says -q "$1" 2)" ] || fail "msg:$1 is gone"; }

# In the machine's pid namespace, which tells who has no process; others of it may not be readable.
world_of_users()
{
	world_close
	world_open --steady --host-pids
	[ "$(readlink /proc/self/ns/pid)" = 'pid:[4026531836]' ] ||
		skip "not in the initial pid namespace: who has no process is not known"
	! ps -o pid= -U 61234 || skip "user 61234 has processes"
}

# What the halted command said as a document.
result_of()
{
	output=$(grep -v '^ipctop: ' <<<"$output")
	act "$@"
}

# values NAME: "value/last/rise/zero" of each semaphore
values()
{
	jq -r --arg name "$1" '.objects[] | select(.name == $name) |
		[.values[] | "\(.value)/\(.last_pid)/\(.rise_waiters)/\(.zero_waiters)"] | join(" ")' "$DOC"
}

waits()
{
	look -k sem
	[ "$(member "$1" waiters)" = "$2" ]
}

@test "sysv: each semaphore of a set: its value, who used it last, who waits for more and who for 0" {
	actor a semget key=0x00a76098 n=3
	tell a semset number=1 value=7
	tell a sempost number=2 by=5
	actor b semwait id="${FACT[a.id]}" number=0
	tell b semwait id="${FACT[a.id]}" number=0 by=2
	actor c semwait id="${FACT[a.id]}" number=1 by=0
	until_true waits "sem:${FACT[a.id]}" 3

	look
	expect "sem:${FACT[a.id]}" kind=sem key=0x00a76098 semaphores=3 waiters=3 mode=0600 uid=0 \
		size=null state=null holders= holders_complete=null messages=null verdict=live reasons=waiters \
		why="3 processes wait in it"
	assert_equal "$(values "sem:${FACT[a.id]}")" "0/null/2/0 7/${FACT[a.pid]}/0/1 5/${FACT[a.pid]}/0/0"
	# ipcs -i has a line for each, with pid last, as ncount zcount follow the value
	assert_equal "$(in_world ipcs -s -i "${FACT[a.id]}" |
		awk '$1 ~ /^[0-9]+$/ { printf "%s%s/%s/%s/%s", sep, $2, $5 ? $5 : "null", $3, $4; sep = " " }')" \
		"$(values "sem:${FACT[a.id]}")"
	expect_doc '.totals.sem.objects == 1'
	run -0 ipctop show sem:0x00a76098
	assert_line "  1  value 7, last_pid ${FACT[a.pid]}, rise_waiters 0, zero_waiters 1"
	assert_line --regexp '^  waiters +3$'
	run -0 ipctop list sem msg -rn -o name,semaphores,waiters,state,size,messages
	assert_output "sem:${FACT[a.id]} 3 3 - - -"
}

@test "sysv: a queue: its messages and bytes, who sent and who received last, and when" {
	actor a msgget key=0x00a76098 mode=0644
	tell a msgsnd bytes=100
	tell a msgsnd bytes=50
	look
	expect "msg:${FACT[a.id]}" receive_pid=null receive_time=null last_pid="${FACT[a.pid]}" unknown=
	actor b msgrcv id="${FACT[a.id]}"

	look
	expect "msg:${FACT[a.id]}" kind=msg key=0x00a76098 messages=1 bytes=50 max_bytes=16384 mode=0644 \
		send_pid="${FACT[a.pid]}" receive_pid="${FACT[b.pid]}" values=null waiters=null state=null unknown=
	assert_equal "$(member "msg:${FACT[a.id]}" messages) $(member "msg:${FACT[a.id]}" bytes)" \
		"$(ipcs_says -q "${FACT[a.id]}" 6) $(ipcs_says -q "${FACT[a.id]}" 5)"
	assert_equal "${FACT[a.pid]} ${FACT[b.pid]}" \
		"$(in_world ipcs -q -p | awk -v id="${FACT[a.id]}" '$1 == id { print $3, $4 }')"
	expect_doc '.objects[] | select(.kind == "msg") | .time as $t |
		.send_time <= .receive_time and .receive_time >= .change_time and .operation_time == null'
	run -0 ipctop list msg -rn -o messages,bytes,send_pid,receive_pid
	assert_output "1 50B ${FACT[a.pid]} ${FACT[b.pid]}"
}

@test "sysv: they are chosen and sorted by their own fields, and come back from a document" {
	actor a semget n=2
	tell a semget n=9
	tell a msgget
	tell a msgsnd bytes=10
	tell a msgget
	run -0 ipctop list sem msg -rn -x semaphores:desc -o semaphores -Q 'semaphores > 0'
	assert_output $'9\n2'
	run -0 ipctop list -rn -k msg -o messages -Q 'bytes >= 10'
	assert_output 1
	run -0 ipctop list sem msg --by kind -rn -o value,objects
	assert_line 'sem 2'
	assert_line 'msg 2'
	look
	ipctop --json --snapshot "$DOC" | cmp - "$DOC"
}

@test "sysv: those of another IPC namespace" {
	actor a unshare_ipc
	tell a semget key=0x77 n=2
	local set=${FACT[a.id]} ns
	tell a msgget
	tell a msgsnd
	ns=$(in_world readlink "/proc/${FACT[a.pid]}/ns/ipc" | tr -dc 0-9)
	look
	expect "sem:$set@$ns" ipc_ns="$ns" semaphores=2
	expect "msg:${FACT[a.id]}@$ns" messages=1
	run -0 ipctop show "sem:0x77@$ns"
	run -1 ipctop rm --force "sem:$set@$ns"
	assert_output --partial "--all-namespaces"
	ipctop rm --force --all-namespaces "sem:$set@$ns" "msg:${FACT[a.id]}@$ns"
	assert_equal "$(in_world nsenter -t "${FACT[a.pid]}" --ipc ipcs -s -q | grep -c ^0x)" 0
}

@test "sysv: verdicts: its last user lives, messages, and else that nobody counts its users" {
	actor a semget
	tell a sempost
	actor b msgget
	tell b msgsnd
	actor c msgrcv id="${FACT[b.id]}"
	kill_actor b
	leak d semget
	look --older-than 0
	expect "sem:${FACT[a.id]}" verdict=idle reasons=last-user-alive last_alive=true \
		why="its last user, process ${FACT[a.pid]}, is alive"
	expect "msg:${FACT[b.id]}" verdict=idle reasons=last-user-alive
	expect "sem:${FACT[d.id]}" verdict=unknown reasons=no-count
	kill_actor a
	kill_actor c
	look --older-than 0
	expect "sem:${FACT[a.id]}" verdict=unknown reasons=no-count last_alive=false
	expect "msg:${FACT[b.id]}" verdict=unknown reasons=no-count
	leak e msgsnd id="${FACT[b.id]}"
	look --older-than 0
	expect "msg:${FACT[b.id]}" verdict=idle reasons=messages
	look
	expect "sem:${FACT[a.id]}" verdict=idle reasons=young
}

@test "sysv: clean takes what has no owner any more, after the long grace, and leaves the rest alone" {
	world_of_users
	leak used semget
	actor gone setuid uid=61234
	tell gone semget
	FACT[set]=${FACT[gone.id]}
	tell gone sempost
	tell gone msgget
	tell gone msgsnd
	run -0 --separate-stderr ipctop clean --yes --older-than 0
	assert_output 'nothing is stale'
	kill_actor gone
	run -0 --separate-stderr ipctop clean --yes
	assert_output 'nothing is stale'
	run -0 --separate-stderr ipctop clean --yes --older-than 0 --json
	assert_equal "$(act "sem:${FACT[set]}" result) $(act "msg:${FACT[gone.id]}" result)" 'removed removed'
	assert_equal "$(jq '.acts | length' <<<"$output")" 2
	set_gone "${FACT[set]}"
	queue_gone "${FACT[gone.id]}"
	set_there "${FACT[used.id]}"
}

@test "sysv: rm refuses without --force, and says what that would do" {
	leak a semget key=0x00a76098
	leak b msgget
	run -1 ipctop rm "sem:${FACT[a.id]}" "msg:${FACT[b.id]}"
	assert_line --partial "sem:${FACT[a.id]}: not removed: idle: "
	assert_line --partial "--force removes it all the same: then whoever waits in it, or comes back to it, gets an error"
	set_there "${FACT[a.id]}"
	queue_there "${FACT[b.id]}"
	run -0 ipctop rm --force sem:0x00a76098 "msg:${FACT[b.id]}"
	set_gone "${FACT[a.id]}"
	queue_gone "${FACT[b.id]}"
}

@test "sysv: what is gone, or another, when it is looked at for the last time" {
	leak a semget
	leak b msgget
	halted_at semstat 1 rm --force -v "sem:${FACT[a.id]}"
	in_world ipcrm -s "${FACT[a.id]}"
	go_on
	assert_line "sem:${FACT[a.id]}: gone: it was removed meanwhile"
	assert_equal "$status" 0
	halted_at msgstat 1 rm --force --json "msg:${FACT[b.id]}"
	in_world ipcrm -q "${FACT[b.id]}"
	in_world sh -c "echo ${FACT[b.id]} >/proc/sys/kernel/msg_next_id" || skip "the kernel cannot choose ids"
	actor c msgget key=0x55
	assert_equal "${FACT[c.id]}" "${FACT[b.id]}"
	go_on
	assert_equal "$status $(act "msg:${FACT[b.id]}" result)" '1 refused'
	queue_there "${FACT[b.id]}"
}

@test "sysv: what is used meanwhile stays, unless by force" {
	world_of_users
	actor a setuid uid=61234
	tell a semget mode=0666
	local set=${FACT[a.id]}
	tell a msgget mode=0666
	kill_actor a

	halted_at semstat 1 clean --yes --older-than 0 --json -k sem
	actor b semwait id="$set"
	until_true waits "sem:$set" 1
	go_on
	assert_equal "$status $(result_of "sem:$set" result) $(result_of "sem:$set" why)" '1 refused meanwhile somebody waits in it'
	kill_actor b
	halted_at msgstat 1 clean --yes --older-than 0 --json -k msg
	actor c msgsnd id="${FACT[a.id]}"
	go_on
	assert_equal "$status $(result_of "msg:${FACT[a.id]}" result)" '1 refused'
	halted_at semstat 1 rm --force --json "sem:$set"
	tell c sempost id="$set"
	go_on
	assert_equal "$status $(result_of "sem:$set" result)" '0 removed'
	queue_there "${FACT[a.id]}"
}

@test "sysv: without permission the values are unknown, the rest is told, and nothing is removed" {
	world_public
	actor a semget n=2
	tell a sempost
	FACT[set]=${FACT[a.id]}
	tell a msgget
	tell a msgsnd
	ipctop_as_nobody --json -k sem,msg --older-than 0 >"$DOC"
	expect "sem:${FACT[set]}" semaphores=2 values=null waiters=null verdict=unknown reasons=holders-unreadable
	assert_regex ",$(member "sem:${FACT[set]}" unknown)," ',values,.*waiters,|,waiters,.*values,'
	expect "msg:${FACT[a.id]}" messages=1 verdict=idle
	expect_doc 'any(.gaps[]; .source == "semctl" and .error == "EACCES" and .count == 1)'
	run -1 ipctop_as_nobody rm --force "sem:${FACT[set]}" "msg:${FACT[a.id]}"
	assert_line "ipctop: sem:${FACT[set]}: not removed: semctl(IPC_RMID): not permitted: it is root's"
	assert_line "ipctop: msg:${FACT[a.id]}: not removed: msgctl(IPC_RMID): not permitted: it is root's"
	set_there "${FACT[set]}"
	queue_there "${FACT[a.id]}"
}

@test "sysv: a set that its owner may alter and not read: who waits in it is unknown, and it stays unless by force" {
	world_public
	local set
	set=$(ipctop_as_nobody mk sem --mode 200)
	in_world setpriv --reuid 65534 --regid 65534 --clear-groups "$PYTHON" -c 'import ctypes, sys
print("begun", flush=True)
ctypes.CDLL(None).semop(int(sys.argv[1]), b"\0\0\xff\xff\0\0", 1)' "${set#sem:}" >"$BATS_TEST_TMPDIR/waiter" 3>&- &
	local waiter=$!
	until_true waits "$set" 1
	ipctop_as_nobody --json -k sem >"$DOC"
	expect "$set" waiters=null verdict=unknown reasons=holders-unreadable
	run -0 ipctop_as_nobody show "$set"
	assert_output --partial 'whether somebody waits in it could not be read'
	run -1 ipctop_as_nobody rm --yes "$set"
	set_there "${set#sem:}"
	ipctop_as_nobody rm --force "$set"
	set_gone "${set#sem:}"
	wait $waiter || :
}
