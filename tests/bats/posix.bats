#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# POSIX message queues, with and without /dev/mqueue, and what POSIX semaphores are at.

load cleaning
load halted

setup()
{
	world_open --steady
	# nothing that is made in it is left on the machine
	in_world mount -t tmpfs -o mode=755 scratch /srv
}

teardown()
{
	world_close
}

# Where the machine itself shows the queues of the world.
queues_at()
{
	in_world mkdir -p "$1"
	in_world mount -t mqueue queues "$1"
}

queue_there() { in_world test -e "/srv/queues/$1" || fail "$1 is gone"; }
queue_gone() { in_world test ! -e "/srv/queues/$1" || fail "$1 is still there"; }

# A queue that was made long ago and that nobody has open: old_queue NAME
old_queue()
{
	leak "queue.$1" mq_open name="/$1" mode=0666
	in_world touch -d '3 days ago' "/srv/queues/$1"
}

@test "posix-mq: size, messages, who wants to be notified, and who has it open" {
	actor a mq_open name=/jobs max=7 size=64 mode=0640
	tell a mq_send bytes=10
	tell a mq_send bytes=5
	actor b mq_open name=/jobs
	tell b mq_notify signal=12
	local mounts
	mounts=$(in_world cat /proc/self/mountinfo)

	look
	assert_equal "$(in_world cat /proc/self/mountinfo)" "$mounts"
	expect posix-mq:/jobs kind=posix-mq path=/dev/mqueue/jobs size=448 max_bytes=448 max_messages=7 \
		message_size=64 messages=2 bytes=15 mode=0640 uid=0 links=1 state=open openers=2 mappings=null \
		processes=null notify=signal notify_signal=12 notify_pid="${FACT[b.pid]}" inode="${FACT[a.ino]}" \
		pids="${FACT[a.pid]},${FACT[b.pid]}" access=rw,rw unknown= verdict=live reasons=open
	# what the kernel's own file says
	queues_at /srv/queues
	assert_regex "$(in_world cat /srv/queues/jobs)" "QSIZE:15 +NOTIFY:0 +SIGNO:12 +NOTIFY_PID:${FACT[b.pid]} "
	run -0 ipctop list posix-mq -rn -o name,messages,bytes,notify
	assert_output 'posix-mq:/jobs 2 15B signal'
	run -0 ipctop show posix-mq:/jobs
	assert_line --regexp '^  max_messages +7$'
	ipctop --json --snapshot "$DOC" | cmp - "$DOC"
}

@test "posix-mq: from open by way of condemned to gone" {
	actor a mq_open name=/jobs
	look
	expect posix-mq:/jobs state=open holders_complete=false
	tell a mq_unlink name=/jobs
	look
	expect "posix-mq:${FACT[a.dev]}:${FACT[a.ino]}" state=condemned flags=unlinked links=0 messages=0 \
		size=1000 path=/dev/mqueue/jobs verdict=live
	run -1 ipctop rm --force "posix-mq:${FACT[a.dev]}:${FACT[a.ino]}"
	assert_output --partial "it has lost its name already"
	tell a close
	look
	assert_equal "$(names posix-mq)" ''
	stop a
	leak b mq_open name=/left
	look
	expect posix-mq:/left state=detached holders_complete=true verdict=idle reasons=young
}

@test "posix-mq: one that nobody reads for days is stale, however often ipctop reads it" {
	queues_at /srv/queues
	old_queue left
	old_queue notes
	actor b mq_open name=/notes
	tell b mq_send
	kill_actor b
	for _ in 1 2; do
		look
		expect posix-mq:/left verdict=stale reasons=abandoned
	done
	expect posix-mq:/notes verdict=idle reasons=young messages=1
	assert [ "$(member posix-mq:/left change_time)" -gt "$(member posix-mq:/left modify_time)" ]
	run -0 ipctop list posix-mq -rn -o name,age
	assert_line 'posix-mq:/left 3d'
}

@test "posix-mq: what nobody seen has open, and a lock, keep it from being stale" {
	queues_at /srv/queues
	actor a mq_open name=/flight
	tell a in_flight
	actor b mq_open name=/locked
	tell b lock
	actor_outside c mq_open name=/outside
	in_world touch -d '3 days ago' /srv/queues/flight /srv/queues/locked /srv/queues/outside
	look
	expect posix-mq:/flight verdict=live reasons=in-use-unseen openers=0
	expect posix-mq:/outside verdict=live reasons=in-use-unseen
	expect posix-mq:/locked verdict=live reasons=open,locked
	ipctop clean --yes --older-than 0
	queue_there flight
	queue_there outside
	queue_there locked
}

@test "posix-mq: clean removes what is stale, and what is opened meanwhile stays" {
	queues_at /srv/queues
	old_queue stale
	leak fresh mq_open name=/fresh
	run -0 --separate-stderr ipctop clean --yes --json
	assert_equal "$(act posix-mq:/stale result)" removed
	assert_equal "$(jq -c '[.acts[] | .freed]' <<<"$output")" '[null]'
	queue_gone stale
	queue_there fresh
	old_queue late
	halted_at lease 3 clean --yes --json
	actor_outside a mq_open name=/late
	go_on
	output=$(grep -v '^ipctop: ' <<<"$output")
	assert_equal "$status $(act posix-mq:/late result)" '1 refused'
	queue_there late
}

@test "posix-mq: rm refuses what is in use; by force it loses its name" {
	actor a mq_open name=/jobs
	queues_at /srv/queues
	run -1 ipctop rm posix-mq:/jobs
	assert_output --partial 'posix-mq:/jobs: not removed: live: open in 1 process'
	queue_there jobs
	run -0 ipctop rm --force -v posix-mq:/jobs
	assert_line --partial 'posix-mq:/jobs: unlinked'
	queue_gone jobs
	tell a mq_send
	run -1 ipctop rm posix-mq:/jobs
	run -2 ipctop rm posix-mq:/a/b
	assert_output --partial 'a name of this kind has no slash but the first'
}

@test "posix-mq: mode and owner" {
	leak a mq_open name=/jobs mode=0600
	queues_at /srv/queues
	ipctop chmod g+r posix-mq:/jobs
	ipctop chown 65534:7 posix-mq:/jobs
	assert_equal "$(in_world stat -c '%a %u %g' /srv/queues/jobs)" '640 65534 7'
}

@test "posix-mq: a name that would harm a terminal" {
	leak a mq_open name='/\x1B[31m@\x5Cx'
	look
	expect 'posix-mq:/\x1B[31m\x40\x5Cx' kind=posix-mq
	run -0 ipctop rm --force 'posix-mq:/\x1B[31m\x40\x5Cx'
	look
	assert_equal "$(names posix-mq)" ''
}

@test "posix-mq: those of another IPC namespace, also when a foreign one is mounted at /dev/mqueue" {
	actor a unshare_ipc
	tell a mq_open name=/theirs
	actor b mq_open name=/ours
	local ns
	ns=$(in_world readlink "/proc/${FACT[a.pid]}/ns/ipc" | tr -dc 0-9)
	in_world mkdir /srv/q
	in_world nsenter -t "${FACT[a.pid]}" --ipc mount -t mqueue queues /srv/q
	in_world test -e /srv/q/theirs
	look
	expect "posix-mq:/theirs@$ns" ipc_ns="$ns" openers=1 path=/dev/mqueue/theirs
	expect posix-mq:/ours openers=1
	assert_equal "$(names posix-mq | wc -l)" 2
	run -1 ipctop rm --force "posix-mq:/theirs@$ns"
	assert_output --partial "--all-namespaces"
	ipctop rm --force --all-namespaces "posix-mq:/theirs@$ns"
	in_world test ! -e /srv/q/theirs
	in_world umount /srv/q

	# who may not mount believes /dev/mqueue only as far as his own queues are there
	world_public
	in_world sh -c 'mkdir /srv/m; mount -t mqueue queues /srv/m; chmod 755 /srv/m'
	in_world chmod 666 /srv/m/ours
	ipctop_as_nobody --json -k posix-mq >"$DOC"
	expect posix-mq:/ours messages=0
	expect_doc 'all(.gaps[]; .source != "mqueue")'
	tell a mq_open name=/more mode=0666
	run -0 in_world nsenter -t "${FACT[a.pid]}" --ipc setpriv --reuid 65534 --clear-groups \
		/mnt/ipctop --json -k posix-mq
	echo "$output" >"$DOC"
	expect "$(names posix-mq)" ipc_ns=null path=/dev/mqueue/ours
	assert_regex "$(names posix-mq)" '^posix-mq:[0-9]+:[0-9]+:[0-9]+$'
	expect_doc 'any(.gaps[]; .source == "mqueue" and .error == "EPERM")'
}

@test "posix-mq: as an ordinary user: own ones whole, others' by what their names tell, and none in silence" {
	world_public
	actor a setuid uid=65534
	tell a mq_open name=/mine
	actor b mq_open name=/roots
	ipctop_as_nobody --json -k posix-mq >"$DOC"
	assert_equal "$(names posix-mq)" ''
	expect_doc 'any(.gaps[]; .source == "mqueue" and .error == "EPERM")'
	queues_at /srv/mqueue
	ipctop_as_nobody --json -k posix-mq >"$DOC"
	expect posix-mq:/mine messages=0 size=1000
	expect posix-mq:/roots messages=null size=null notify=null uid=0
	assert_regex ",$(member posix-mq:/roots unknown)," ',size,.*messages,'
	expect_doc 'any(.gaps[]; .source == "mqueue" and .error == "EACCES" and .count == 1)'
	run -1 ipctop_as_nobody rm --force posix-mq:/roots posix-mq:/mine
	assert_line --partial 'ipctop: posix-mq:/roots: not removed: '
	in_world test -e /srv/mqueue/roots
	in_world test ! -e /srv/mqueue/mine
}

@test "posix-sem: what it is at, without making it look used" {
	actor a sem_open name=/turn value=5
	actor b sem_open name=/full value=0
	in_world touch -d '3 days ago' /dev/shm/sem.turn
	local before
	before=$(in_world stat -c %X /dev/shm/sem.turn)
	look
	expect posix-sem:/turn semaphores=1 waiters=0 unknown=
	assert_equal "$(jq -c '.objects[] | select(.kind == "posix-sem") |
		[.name, (.values[] | .number, .value, .rise_waiters, .last_pid)]' "$DOC" | sort | tr '\n' ' ')" \
		'["posix-sem:/full",0,0,0,null] ["posix-sem:/turn",0,5,0,null] '
	assert_equal "$(in_world stat -c %X /dev/shm/sem.turn)" "$before"
	run -0 ipctop show posix-sem:/turn
	assert_line --partial '0  value 5,'
	tell a unlink path=/dev/shm/sem.turn
	look
	assert_equal "$(jq -c '.objects[] | select(.kind == "posix-sem" and .links == 0) | .values[].value' "$DOC")" 5
	world_public
	in_world chmod 644 /dev/shm/sem.full
	ipctop_as_nobody --json -k posix-sem >"$DOC"
	expect posix-sem:/full values=null waiters=null
	assert_regex ",$(member posix-sem:/full unknown)," ',values,'
}
