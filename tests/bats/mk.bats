#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# mk: objects of each kind are made, as the C library's own users find them; what stands against it is
# said; what is held goes on with the program, or goes with it.

load world
load cleaning

setup()
{
	world_open
}

teardown()
{
	world_close
}

# The line of ipcs for this id, from its third column on: ipcs_line OPTION ID
ipcs_line()
{
	in_world ipcs "$1" | awk -v id="$2" '$2 == id { $1 = $2 = ""; print }' | xargs
}

# refused STATUS SENTENCE WORD…: nothing is made.
refused()
{
	run "-$1" ipctop mk "${@:3}"
	assert_output --partial "$2"
}

nothing_made()
{
	ipctop list -nr -k shm,sem,msg,posix-shm,posix-sem,posix-mq -o name >"$BATS_TEST_TMPDIR/names"
	[ ! -s "$BATS_TEST_TMPDIR/names" ] || fail "there are $(cat "$BATS_TEST_TMPDIR/names")"
}

@test "mk: System V, as ipcs sees it, with the name that other commands take" {
	local shm sem msg
	shm=$(ipctop mk shm -s 64K --key 0x1234 --mode 640 --owner nobody:)
	sem=$(ipctop mk sem -c 3 --value 7 --key 4660 --owner 1234:77)
	msg=$(ipctop mk msg --max-bytes 4K --key private -m u=rw,g=r)
	assert_equal "$(ipcs_line -m "${shm#shm:}")" "nobody 640 65536 0"
	assert_equal "$(ipcs_line -s "${sem#sem:}")" "1234 600 3"
	assert_equal "$(ipcs_line -q "${msg#msg:}")" "root 640 0 0"
	look
	expect "$shm" key=0x00001234 gid="$(id -g nobody)" creator_uid=0
	expect "$sem" key=0x00001234 gid=77
	expect "$msg" key=0x00000000 max_bytes=4096
	assert_equal "$(jq -c '[.objects[] | select(.kind == "sem") | .values[].value]' "$DOC")" '[7,7,7]'
	run -0 ipctop show "$shm" "$sem" "$msg"
}

@test "mk: without --key it is a random one, which is told" {
	run -0 ipctop mk -v shm -s 1
	assert_output --regexp '^shm:[0-9]+: created; its key is 0x[0-9a-f]{8}$'
	local key=${output##* } name=${output%%: *}
	look
	expect "$name" key="$key" mode=0600 size=1
	[ "$key" != 0x00000000 ]
}

@test "mk: POSIX kinds, as the C library opens them" {
	assert_equal "$(ipctop mk posix-shm --name pool -s 1M)" posix-shm:/pool
	assert_equal "$(ipctop mk posix-sem --name /gate --value 3 -m 666)" posix-sem:/gate
	assert_equal "$(ipctop mk posix-mq --name posix-mq:/jobs --max-messages 3 --message-size 100)" posix-mq:/jobs
	assert_equal "$(in_world stat -c '%s %b %a' /dev/shm/pool /dev/shm/sem.gate)" $'1048576 0 600\n32 8 666'
	in_world "$PYTHON" - <<-'END'
		import ctypes
		lib = ctypes.CDLL(None, use_errno=True)
		lib.sem_open.restype = ctypes.c_void_p
		gate = ctypes.c_void_p(lib.sem_open(b"/gate", 0))
		value = ctypes.c_int()
		assert not lib.sem_getvalue(gate, ctypes.byref(value)) and value.value == 3, value
		for i in range(3):
		    assert not lib.sem_trywait(gate)
		assert lib.sem_trywait(gate) and not lib.sem_post(gate)
		lib.sem_open(b"/other", 0o100, 0o600, 1)
		queue = lib.mq_open(b"/jobs", 1 | 0o4000)
		assert queue >= 0
		for i in range(3):
		    assert not lib.mq_send(queue, b"x" * 100, 100, 0)
		assert lib.mq_send(queue, b"x", 1, 0)
	END
	in_world cmp /dev/shm/sem.gate /dev/shm/sem.other
	look
	expect posix-mq:/jobs max_messages=3 message_size=100 messages=3 mode=0600
	# defaults above the maximum, and none that can be read
	in_world sh -c 'echo 4 >/proc/sys/fs/mqueue/msg_max'
	ipctop mk posix-mq --name less >/dev/null
	ipctop mk posix-mq --name less2 --message-size 64 >/dev/null
	in_world mount -t tmpfs none /proc/sys/fs/mqueue
	ipctop mk posix-mq --name blind >/dev/null
	in_world umount /proc/sys/fs/mqueue
	look
	expect posix-mq:/less max_messages=4
	expect posix-mq:/less2 max_messages=4 message_size=64
	expect posix-mq:/blind max_messages=4
	# pages are there, or not
	ipctop mk posix-shm --name kept -s 1M --reserve >/dev/null
	assert_equal "$(in_world stat -c %b /dev/shm/kept)" 2048
	assert_equal "$(ipctop mk posix-sem --name 'a\x40b')" 'posix-sem:/a\x40b'
	in_world test -f /dev/shm/sem.a@b
}

@test "mk: what exists is not touched" {
	local words
	for words in "shm -s 1 --key 5" "sem --key 5" "msg --key 5" "posix-shm -s 1 --name x" "posix-sem --name x" \
			"posix-mq --name x"; do
		# shellcheck disable=SC2086 # words
		ipctop mk $words >/dev/null
		# shellcheck disable=SC2086
		run -1 ipctop mk $words --mode 666
		assert_output --regexp ': (its key 0x00000005 is in use|there is one of that name already)$'
	done
	look
	assert_equal "$(jq -r '[.objects[] | select(.kind != "file") | .mode] | unique[]' "$DOC")" 0600
	assert_equal "$(names | grep -vc ^file:)" 6
	# by the name that other commands take
	ipctop mk posix-shm -s 1 --name 'a\x0Ab' >/dev/null
	run -1 ipctop mk posix-shm -s 1 --name 'a\x0Ab'
	assert_output 'ipctop: posix-shm:/a\x0Ab: there is one of that name already'
	in_world sh -c 'ln -s nowhere /dev/shm/link'
	refused 1 'there is one of that name already' posix-shm -s 1 --name link
}

@test "mk: wrong words make nothing, and say what would be right" {
	refused 2 'make which kind of object? There are shm, sem'
	refused 2 'memfd: no kind that can be made' memfd
	refused 2 'one object at a time' shm 4096
	refused 2 'shm needs a --size' shm
	refused 2 "a size is a number" shm -s 12Q
	refused 2 "a size is a number" shm -s -1
	refused 2 'it is at least 1' posix-shm -s 0 --name x
	refused 2 'it is at most 9223372036854775807' shm -s 16E
	refused 2 '--size is not for sem, but for shm, posix-shm' sem -s 3
	refused 2 'it is at most 32767' sem --value 40000
	refused 2 'it is a whole number' sem -c 2K
	refused 2 "a key of 0 names nothing: 'private'" shm -s 1 --key 0x0
	refused 2 'a key is 0x and' shm -s 1 --key 0x123456789
	refused 2 "is not a mode" shm -s 1 --mode 9999
	refused 2 'no such user' shm -s 1 --owner no-such-user
	refused 2 'posix-shm needs a --name' posix-shm -s 1
	refused 2 'no slash but the first' posix-shm -s 1 --name a/b
	refused 2 'no slash but the first' posix-sem --name a/b
	refused 2 'it is empty' posix-mq --name ''
	refused 2 'written \x40' posix-shm -s 1 --name a@b
	refused 2 'written \x5C' posix-shm -s 1 --name 'a\b'
	refused 2 'a name has 251 bytes at most' posix-sem --name "$(printf %0252d 0)"
	refused 2 "'mk posix-sem' makes those" posix-shm -s 32 --name sem.x
	refused 2 'nobody can hold System V semaphores' sem --hold
	refused 2 '--reserve is for posix-shm alone' shm -s 1 --reserve
	nothing_made
}

@test "mk: which limit stands against it" {
	in_world sh -c 'cd /proc/sys/kernel && echo 8192 >shmmax && echo "5 8 32 2" >sem && echo 1 >shmmni && echo 1 >msgmni'
	refused 1 'kernel.shmmax allows a segment of 8192 bytes at most' shm -s 8193
	refused 1 'a set has 5 semaphores at most, by the first number of kernel.sem (SEMMSL)' sem -c 6
	refused 1 'fs.mqueue.msg_max allows' posix-mq --name x --max-messages 99999999
	refused 1 'fs.mqueue.msgsize_max allows' posix-mq --name x --message-size 1G
	in_world mount -o remount,size=1m /dev/shm
	refused 1 '/dev/shm is full' posix-shm -s 2M --name x --reserve
	nothing_made
	run -1 in_world prlimit --msgqueue=1000 "$IPCTOP" mk posix-mq --name x
	assert_output --partial "take 1000 bytes together, by 'ulimit -q'"
	ipctop mk posix-shm -s 2M --name x >/dev/null
	ipctop mk shm -s 1 >/dev/null
	refused 1 'all that kernel.shmmni allows' shm -s 1
	ipctop mk msg >/dev/null
	refused 1 'as many queues as kernel.msgmni allows' msg
	ipctop mk sem -c 5 >/dev/null
	refused 1 'by the second number of kernel.sem (SEMMNS), and have 5' sem -c 4
	ipctop mk sem >/dev/null
	refused 1 'that the fourth number of kernel.sem (SEMMNI) allows' sem
	in_world sh -c 'echo 0 >/proc/sys/kernel/shmall; echo 9 >/proc/sys/kernel/shmmni'
	refused 1 'by kernel.shmall, and have 1' shm -s 1
	in_world sh -c 'echo 1 >/proc/sys/kernel/shm_rmid_forced'
	refused 1 'a segment that nobody has attached goes at once; --hold' shm -s 1
}

@test "mk, restore: without a tmpfs on /dev/shm" {
	ipctop mk posix-shm -s 1 --name x
	mkdir "$BATS_TEST_TMPDIR/saved"
	ipctop save posix-shm:/x --to "$BATS_TEST_TMPDIR/saved"
	world_close
	world_open --no-shm
	refused 1 '/dev/shm: No such file or directory' posix-shm -s 1 --name x
	in_world mkdir /dev/shm
	in_world mount --bind "$CONFIG" /dev/shm
	refused 1 '/dev/shm is no tmpfs' posix-shm -s 1 --name x
	run -1 ipctop restore "$BATS_TEST_TMPDIR/saved/posix-shm-x.ipctop"
	assert_output --partial '/dev/shm is no tmpfs'
	assert_equal "$(ls -A "$CONFIG")" ""
}

# as_nobody_refused SENTENCE WORD…
as_nobody_refused()
{
	run -1 ipctop_as_nobody mk "${@:2}"
	assert_output --partial "$1"
}

@test "mk: as nobody" {
	local kind
	world_public
	for kind in 'shm -s 4K' sem msg 'posix-shm -s 4K --name a' 'posix-sem --name a --value 2' 'posix-mq --name a'; do
		# shellcheck disable=SC2086 # words
		run -0 ipctop_as_nobody mk $kind
		[[ $output != *" "* ]]
	done
	look
	assert_equal "$(jq -r '[.objects[] | select(.kind != "file") | "\(.uid) \(.mode)"] | unique[]' "$DOC")" '65534 0600'
	run -0 ipctop_as_nobody mk sem --value 4
	run -1 ipctop_as_nobody chown root posix-shm:/a
	assert_output --partial 'to give away what is one'"'"'s own takes CAP_CHOWN'
	as_nobody_refused 'it cannot be given to user 0, group 65534: only root may do that' posix-shm -s 1 --name b --owner root
	as_nobody_refused 'only root may do that' posix-sem --name b --owner root
	as_nobody_refused 'only root may do that' posix-mq --name b --owner root
	as_nobody_refused 'fs.mqueue.msg_max allows 10 messages at most' posix-mq --name b --max-messages 11
	as_nobody_refused 'kernel.msgmnb allows' msg --max-bytes 1M
	ipctop mk sem --key 0x99 >/dev/null
	as_nobody_refused 'its key 0x00000099 is in use' sem --key 0x99
	look
	assert_equal "$(names | grep -c 'posix.*/b')" 0
	assert_equal "$(names msg | wc -l)" 1
}

# mk_in_background WORD…: its output in $OUT, once there is any.
mk_in_background()
{
	run_in_background "$IPCTOP" mk "$@"
}

run_in_background()
{
	OUT=$BATS_TEST_TMPDIR/out
	: >"$OUT"
	# shellcheck disable=SC2016 # of the shell inside
	in_world sh -c 'echo $$ >"$0" && exec "$@"' "$BATS_TEST_TMPDIR/pid" "$@" >"$OUT" &
	JOB=$!
	until_true test -s "$OUT"
}

# end_by SIGNAL: the status is in $status
end_by()
{
	in_world kill "-$1" "$(cat "$BATS_TEST_TMPDIR/pid")"
	status=0
	wait "$JOB" || status=$?
}

@test "mk: --hold holds it until a signal, and leaves it" {
	local name
	for words in "shm -s 4K" "posix-shm -s 4K --name h" "posix-sem --name h" "posix-mq --name h"; do
		# shellcheck disable=SC2086
		mk_in_background $words --hold
		name=$(cat "$OUT")
		look
		expect "$name" verdict=live
		[ "${words%% *}" = posix-mq ] || expect "$name" state=attached mappings=1
		end_by TERM
		assert_equal "$status" 0
		look
		expect "$name" mappings="$([ "${words%% *}" = posix-mq ] && echo null || echo 0)" openers="$(member "$name" openers)"
		[ "$(member "$name" verdict)" != live ]
	done
}

@test "mk: --temporary removes it at the end, and only it" {
	local words signal=INT
	for words in "shm -s 4K" sem msg "posix-shm -s 4K --name t" "posix-sem --name t" "posix-mq --name t"; do
		# shellcheck disable=SC2086
		mk_in_background $words --temporary
		[ "$signal" = INT ] && signal=HUP || signal=TERM
		end_by $signal
		assert_equal "$status" 0
		nothing_made
	done
	# another has its name by then
	mk_in_background posix-shm -s 4K --name 't\x40' --temporary 2>"$BATS_TEST_TMPDIR/errors"
	in_world sh -c 'rm /dev/shm/t@ && echo x >/dev/shm/t@'
	end_by TERM
	assert_equal "$status" 1
	assert_equal "$(cat "$BATS_TEST_TMPDIR/errors")" 'ipctop: posix-shm:/t\x40: not removed: another has its name by now'
	in_world grep -q x /dev/shm/t@
}

@test "mk: --temporary leaves a queue that took its name, though its maker may not read it" {
	local as_nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	world_public
	# one of its own that it may not read goes
	run_in_background "${as_nobody[@]}" /mnt/ipctop mk posix-mq --name t -m 0 --temporary
	end_by TERM
	assert_equal "$status" 0
	nothing_made
	run_in_background "${as_nobody[@]}" /mnt/ipctop mk posix-mq --name t --temporary 2>"$BATS_TEST_TMPDIR/errors"
	ipctop rm -f posix-mq:/t
	run -0 in_world "${as_nobody[@]}" /mnt/ipctop mk posix-mq --name t -m 0
	end_by TERM
	assert_equal "$status" 1
	assert_equal "$(cat "$BATS_TEST_TMPDIR/errors")" 'ipctop: posix-mq:/t: not removed: another has its name by now'
	look
	expect posix-mq:/t mode=0000
}

@test "mk: a plan, JSON and the audit" {
	run -0 ipctop mk --dry-run sem -c 3 --key 0x77
	assert_line --regexp '^sem:0x00000077 +- +0600 +0 +0 3 semaphores at 0, with this key$'
	run -0 ipctop mk --dry-run -J posix-shm -s 4K --name x
	output=$(act posix-shm:/x result)
	assert_output planned
	nothing_made
	run -0 ipctop mk -J --audit "$BATS_TEST_TMPDIR/audit" shm -s 4K --key 0x77 --owner 5:6
	assert_equal "$(jq -c '.acts[] | [.action, .result, .kind, .size, .new_mode, .new_uid, .new_gid, .why]' <<<"$output")" \
		'["create","created","shm",4096,"0600",5,6,"its key is 0x00000077"]'
	echo "$output" >"$DOC"
	ipctop --json-schema >"$BATS_TEST_TMPDIR/schema"
	! "$PYTHON" -c 'import jsonschema' 2>/dev/null || "$PYTHON" -c 'import json, sys, jsonschema
jsonschema.validate(json.load(open(sys.argv[2])), json.load(open(sys.argv[1])))' "$BATS_TEST_TMPDIR/schema" "$DOC"
	run -1 ipctop mk -J --audit "$BATS_TEST_TMPDIR/audit" shm -s 4K --key 0x77
	assert_equal "$(jq -c '[.object // .name, .action, .result, .command]' "$BATS_TEST_TMPDIR/audit" | tail -1)" \
		'["shm:0x00000077","create","failed","mk"]'
	assert_equal "$(wc -l <"$BATS_TEST_TMPDIR/audit")" 2
	# what cannot be told is not done
	run -1 ipctop mk --audit /proc/nowhere sem
	look
	assert_equal "$(names sem)" ""
}
