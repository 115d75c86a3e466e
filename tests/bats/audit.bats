#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The audit trail: what is changed is told to syslog and to the file that is asked for, in exact words.

load monitor

setup()
{
	world_open
	LOG=$BATS_TEST_TMPDIR/log
	FILE=$BATS_TEST_TMPDIR/audit.jsonl
}

teardown()
{
	monitor_close
	world_close
}

# A /dev of the world's own, and on it a daemon of syslog that writes each message as a line of JSON. With
# "deaf" it reads none, and its queue is full.
syslog_open()
{
	mkdir "$BATS_TEST_TMPDIR/dev"
	# shellcheck disable=SC2016
	in_world sh -c 'mount -t tmpfs -o mode=755 dev "$1" && mknod "$1/null" c 1 3 && mkdir "$1/shm" &&
		mount --move /dev/shm "$1/shm" && mount --move "$1" /dev' - "$BATS_TEST_TMPDIR/dev" ||
		skip "no /dev of its own"
	in_world "$PYTHON" -c '
import json, signal, socket, sys
daemon = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
with open(sys.argv[1], "w", 1) as log:
    daemon.bind("/dev/log")
    if sys.argv[2:]:
        client = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        client.setblocking(False)
        client.connect("/dev/log")
        try:
            while True: client.send(b"x")
        except BlockingIOError:
            print("full", file=log)
            signal.pause()
    while True:
        print(json.dumps(daemon.recv(65536).decode()), file=log)' "$LOG" "$@" 3>&- &
	until_true in_world test -S /dev/log
}

has_lines()
{
	[ "$(wc -l <"$LOG")" -ge "$1" ]
}

# messages N: the first N, without the time and the pid, which no test can know.
messages()
{
	until_true has_lines "$1" || fail "only $(wc -l <"$LOG") messages: $(cat "$LOG")"
	jq -r . "$LOG" | sed -E 's/^(<[0-9]+>)[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} ipctop\[[0-9]+\]: /\1/; s/ pid=[0-9]+/ pid=N/'
}

login()
{
	local uid
	uid=$(cat /proc/self/loginuid 2>/dev/null) || return 0
	[ "$uid" = 4294967295 ] || echo " login=$uid"
}

@test "audit: what ipcrm removes, and may not remove, in syslog" {
	syslog_open
	in_world chmod 666 /dev/log
	world_public
	actor held shmget
	tell held shmat
	actor idle shmget
	actor set semget n=1
	run -0 ipctop ipcrm -m "${FACT[held.id]}" -m "${FACT[idle.id]}"
	run -1 in_world setpriv --reuid 65534 --regid 65534 --clear-groups /mnt/ipctop ipcrm -s "${FACT[set.id]}"
	local by
	by="command=ipcrm by=0$(login) pid=N"
	assert_equal "$(messages 3)" "<85>action=remove object=shm:${FACT[held.id]} kind=shm result=condemned uid=0 size=4096 $by
<85>action=remove object=shm:${FACT[idle.id]} kind=shm result=removed uid=0 size=4096 $by
<84>action=remove object=sem:${FACT[set.id]} kind=sem result=failed ${by/by=0/by=65534} why=\"Operation not permitted\""
}

@test "audit: a removal, a refusal and a change in syslog, word for word" {
	syslog_open
	actor held shmget mode=0666
	tell held shmat
	actor a shm_open name=leak size=8192 mode=0640
	kill_actor a
	run -0 ipctop rm --force posix-shm:/leak
	run -0 ipctop chmod 600 "shm:${FACT[held.id]}"
	run -0 ipctop chown 12:34 "shm:${FACT[held.id]}"
	run -0 ipctop rm --force "shm:${FACT[held.id]}"
	run messages 4
	assert_line --index 0 --regexp "^<85>action=remove object=posix-shm:/leak kind=posix-shm result=removed verdict=idle code=[a-z-]+ uid=0 owner=root size=8192 freed=[0-9]+ command=rm by=0$(login) pid=N$"
	assert_line --index 1 "<85>action=chmod object=shm:${FACT[held.id]} kind=shm result=changed verdict=live code=attached uid=0 owner=root mode=0666 new_mode=0600 size=4096 command=chmod by=0$(login) pid=N"
	assert_line --index 2 "<85>action=chown object=shm:${FACT[held.id]} kind=shm result=changed verdict=live code=attached uid=0 owner=root gid=0 new_uid=12 new_gid=34 size=4096 command=chown by=0$(login) pid=N"
	assert_line --index 3 --regexp "^<85>action=remove object=shm:${FACT[held.id]} kind=shm result=condemned verdict=live code=attached uid=12 size=4096 freed=0 command=rm by=0$(login) pid=N why=\"[^\"]+\"$"
}

@test "audit: a process that let go, and one that could not" {
	syslog_open
	actor seg shmget
	tell seg shmat
	local name="shm:${FACT[seg.id]}" process
	process="process=${FACT[seg.pid]} comm=actor leave=copy start=${FACT[seg.address]} length=4096"
	ipctop detach --yes --pid "${FACT[seg.pid]}" "$name"
	tell seg shmat
	actor other shmat id="${FACT[seg.id]}"
	run -1 ipctop detach --yes --pid "${FACT[seg.pid]}" "$name"
	process+=" stopped=S nattch=1 new_nattch=0"
	run messages 2
	output=$(sed -E 's/stopped=[0-9.]+/stopped=S/' <<<"$output")
	assert_equal "${output%%$'\n'*}" "<85>action=detach object=$name kind=shm result=detached verdict=live code=attached uid=0 owner=root $process size=4096 command=detach by=0$(login) pid=N"
	assert_output --regexp "<84>action=detach object=$name kind=shm result=refused .* process=${FACT[seg.pid]} comm=actor leave=copy start=0x[0-9a-f]+ length=4096 nattch=2 size=4096 command=detach .* why=\"held too by "
}

@test "audit: what is done from within the monitor is told like any command" {
	syslog_open
	actor a shm_open name=leak size=8192 mode=0640
	kill_actor a
	monitor_open 100x30 --older-than 0s -k posix-shm
	wait_screen posix-shm:/leak
	go_to leak
	press F9
	wait_screen "What is to be done"
	press Enter
	wait_screen "Remove 1 object"
	answer y
	wait_screen -e "leak +removed"
	run messages 1
	assert_line --regexp "^<85>action=remove object=posix-shm:/leak kind=posix-shm result=removed verdict=stale code=[a-z-]+ uid=0 owner=root size=8192 freed=[0-9]+ command=monitor by=0$(login) pid=N$"
}

@test "audit: what is refused before anything is tried is told as well, and not what was only asked" {
	syslog_open
	actor held shmget
	tell held shmat
	actor mem memfd
	actor a shm_open name=leak size=8192
	kill_actor a
	look
	local seg="shm:${FACT[held.id]}" memfd
	memfd=$(names memfd)
	ipctop rm --dry-run "$seg"
	run -1 ipctop rm -k shm
	ipctop clean --older-than 0 --yes --keep 'posix-shm:/*'
	run -1 ipctop chmod --dry-run 600 "$memfd" shm:999999

	run -1 ipctop rm --audit "$FILE" "$seg" posix-shm:/leak shm:999999
	run -1 ipctop chmod --audit "$FILE" 600 "$memfd"
	run -1 ipctop rm --audit "$FILE" --json --yes -k shm
	run messages 4
	assert_line --index 0 --regexp "^<84>action=remove object=$seg kind=shm result=refused verdict=live code=attached uid=0 owner=root size=4096 command=rm by=0$(login) pid=N why=\"live: 1 mapping in 1 process; held by ${FACT[held.pid]} \(actor\); --force .*\"$"
	assert_line --index 1 --regexp '^<85>action=remove object=posix-shm:/leak kind=posix-shm result=removed '
	assert_line --index 2 --regexp "^<84>action=chmod object=$memfd kind=memfd result=refused .* why=\"that cannot be done to memfds\"$"
	assert_line --index 3 --regexp "^<84>action=remove object=$seg kind=shm result=refused "
	[ ${#lines[@]} = 4 ] || fail "$output"
	jq -se --arg seg "$seg" '[.[] | .command + " " + .result] ==
			["rm refused", "rm removed", "chmod refused", "rm refused"] and
		(.[0] | .name == $seg and .by == 0 and (.why | test("^live: ")) and .freed == null)' "$FILE"
}

@test "audit: a refusal that cannot be told fails like any other line" {
	actor held shmget
	tell held shmat
	mkdir "$BATS_TEST_TMPDIR/small"
	in_world mount -t tmpfs -o size=4k none "$BATS_TEST_TMPDIR/small"
	in_world sh -c 'head -c 4096 /dev/zero >"$1"' - "$BATS_TEST_TMPDIR/small/file"
	run -1 ipctop rm --audit "$BATS_TEST_TMPDIR/small/file" "shm:${FACT[held.id]}"
	assert_line "ipctop: $BATS_TEST_TMPDIR/small/file: not all of it could be written: No space left on device"
}

@test "audit: who asked, and that the kernel said no" {
	syslog_open
	in_world chmod 666 /dev/log
	world_public
	actor seg shmget mode=0600
	run -1 in_world setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/ SUDO_USER='eve result=removed' \
		/mnt/ipctop chmod 666 "shm:${FACT[seg.id]}"
	run messages 1
	assert_line --regexp "^<84>action=chmod object=shm:${FACT[seg.id]} kind=shm result=failed .* command=chmod by=65534$(login) sudo=\"eve result=removed\" pid=N why=\"shmctl\(IPC_SET\): not permitted: it is root's\"$"
}

@test "audit: no name forges a line or a word" {
	syslog_open
	local name
	for name in $'x\n<85>Jan  1 00:00:00 ipctop[1]: action=remove' 'x" result="removed' 'x result=removed' \
			$'\e[2K\r' $'x\xff\xe2\x80\xae' 'x=y' 'back\slash'; do
		in_world sh -c 'echo >"/dev/shm/$1"' - "$name"
	done
	ipctop list posix-shm -J -o name >"$DOC"
	mapfile -t names < <(names)
	[ ${#names[@]} = 7 ]
	run -0 ipctop chmod 640 --audit "$FILE" "${names[@]}"
	run messages 7
	[ ${#lines[@]} = 7 ]
	for name in "${lines[@]}"; do
		[[ $name == '<85>action=chmod object='* ]] || fail "$name"
		[ "$(grep -o ' result=' <<<"${name//\"[^\"]*\"/}" | wc -l)" = 1 ] ||
			[[ $name == *'object="'*' result='*'" kind='* ]] || fail "$name"
	done
	assert_line --regexp '^<85>action=chmod object="posix-shm:/x\\x22 result=\\x22removed" kind=posix-shm result=changed '
	assert_line --regexp '^<85>action=chmod object="posix-shm:/x result=removed" kind=posix-shm result=changed '
	assert_line --regexp '^<85>action=chmod object="posix-shm:/x=y" kind='
	assert_line --regexp '^<85>action=chmod object=posix-shm:/back\\x5Cslash kind='
	assert_line --regexp '^<85>action=chmod object=posix-shm:/\\x1B\[2K\\x0D kind='
	run jq -r .name "$FILE"
	[ "$(sort <<<"$output")" = "$(printf '%s\n' "${names[@]}" | sort)" ] || fail "$output"
}

@test "audit: --audit appends one JSON object an act, for its owner alone" {
	actor seg shmget mode=0666
	tell seg shmat
	local name="shm:${FACT[seg.id]}"
	ipctop chmod --audit "$FILE" 600 "$name"
	[ "$(stat -c %a "$FILE")" = 600 ]
	run -1 ipctop rm --audit "$FILE" "$name" shm:999999
	ipctop rm --force --audit "$FILE" "$name"
	jq -se --arg name "$name" 'length == 3 and
		all(.[]; .name == $name and .by == 0 and (.time | type) == "number" and has("login") and has("sudo") and .pid > 0) and
		(.[0] | .action == "chmod" and .result == "changed" and .mode == "0666" and .new_mode == "0600"
			and .command == "chmod" and .user == "root") and
		(.[1] | .action == "remove" and .result == "refused" and .command == "rm") and
		(.[-1] | .action == "remove" and .result == "condemned" and .command == "rm")' "$FILE"
	# all facts of an act
	actor other shmget
	ipctop chmod -J --dry-run 600 "shm:${FACT[other.id]}" >"$DOC"
	[ "$(jq -c '.acts[0] | keys' "$DOC")" = \
		"$(jq -c 'del(.time, .command, .by, .login, .sudo) | .pid = .process | del(.process) | keys' \
			"$FILE" | head -n 1)" ]
}

@test "audit: a file that cannot be written to stops everything beforehand" {
	actor seg shmget mode=0666
	ln -s "$BATS_TEST_TMPDIR/elsewhere" "$BATS_TEST_TMPDIR/link"
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	local file
	for file in "$BATS_TEST_TMPDIR/link" "$BATS_TEST_TMPDIR/fifo" "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/none/file" \
			/dev/null; do
		run -1 ipctop chmod --audit "$file" 600 "shm:${FACT[seg.id]}"
		assert_output --regexp "^ipctop: $file: the audit file cannot be opened: "
	done
	[ ! -e "$BATS_TEST_TMPDIR/elsewhere" ]
	look
	expect "shm:${FACT[seg.id]}" mode=0666
}

@test "audit: a full disk is told, and fails" {
	local i
	local -a names
	mkdir "$BATS_TEST_TMPDIR/small"
	in_world mount -t tmpfs -o size=4k none "$BATS_TEST_TMPDIR/small"
	for i in {1..20}; do
		in_world sh -c "echo >/dev/shm/f$i"
		names+=("posix-shm:/f$i")
	done
	run -1 ipctop chmod 640 --audit "$BATS_TEST_TMPDIR/small/file" "${names[@]}"
	assert_output --partial "$BATS_TEST_TMPDIR/small/file: not all of it could be written: No space left on device"
	look
	expect posix-shm:/f20 mode=0640
	# what did arrive is whole but for the last line, and the next has a line of its own
	in_world mount -o remount,size=1m "$BATS_TEST_TMPDIR/small"
	ipctop chmod 600 --audit "$BATS_TEST_TMPDIR/small/file" posix-shm:/f1
	in_world tail -n 1 "$BATS_TEST_TMPDIR/small/file" | jq -e '.name == "posix-shm:/f1" and .new_mode == "0600"'
}

@test "audit: without syslog all works as well" {
	actor seg shmget mode=0666
	in_world test ! -e /dev/log || skip "there is one"
	run -0 ipctop chmod 600 "shm:${FACT[seg.id]}"
	refute_output
}

@test "audit: a daemon that does not read delays nothing for long" {
	syslog_open deaf
	until_true has_lines 1
	in_world sh -c 'for i in $(seq 50); do echo >/dev/shm/f$i; done'
	ipctop list posix-shm -J -o name >"$DOC"
	mapfile -t names < <(names)
	SECONDS=0
	run -0 timeout 20 nsenter -t "$WORLD_PID" "${WORLD_ENTER[@]}" -- "$IPCTOP" chmod 640 "${names[@]}"
	[ $SECONDS -le 4 ] || fail "$SECONDS s"
	look
	expect posix-shm:/f50 mode=0640
}
