#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Semaphores and message queues are saved and made again: values, messages in their order, what they had
# room for. What cannot be read without taking it is refused.

load saved

setup()
{
	saved_open
}

teardown()
{
	world_close
}

# messages ID: all that are in the queue, taken out: "TYPE:LENGTH:SUM" of each.
messages()
{
	in_world "$PYTHON" - "$1" <<-'END'
		import ctypes, sys, zlib
		lib = ctypes.CDLL(None, use_errno=True)
		lib.msgrcv.restype = ctypes.c_ssize_t
		buffer = ctypes.create_string_buffer(70000)
		lib.msgrcv.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_long, ctypes.c_int]
		while (n := lib.msgrcv(int(sys.argv[1]), buffer, 69000, 0, 0o4000)) >= 0:
		    print(f"{int.from_bytes(buffer.raw[:8], sys.byteorder)}:{n}:{zlib.crc32(buffer.raw[8:8 + n])}")
	END
}

# send ID TYPE:LENGTH…: of bytes that are different in each.
send()
{
	in_world "$PYTHON" - "$@" <<-'END'
		import ctypes, sys, zlib
		lib = ctypes.CDLL(None, use_errno=True)
		lib.msgsnd.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
		for i, word in enumerate(sys.argv[2:]):
		    kind, n = map(int, word.split(":"))
		    text = bytes((k * (i + 1)) % 251 for k in range(n))
		    assert not lib.msgsnd(int(sys.argv[1]), kind.to_bytes(8, sys.byteorder) + text, n, 0o4000)
		    print(f"{kind}:{n}:{zlib.crc32(text)}")
	END
}

# change_queue ID BYTES: what it has room for.
change_queue()
{
	in_world "$PYTHON" - "$@" <<-'END'
		import ctypes, sys
		ds = (ctypes.c_ulong * 15)()	# msqid_ds: msg_qbytes is its 12th long
		lib = ctypes.CDLL(None)
		assert not lib.msgctl(int(sys.argv[1]), 2, ds)
		ds[11] = int(sys.argv[2])
		assert not lib.msgctl(int(sys.argv[1]), 1, ds)
	END
}

values()
{
	jq -c --arg name "$1" '[.objects[] | select(.name == $name) | .values[].value]' "$DOC"
}

@test "save, restore: a set, with the value of each semaphore, its key, mode and owner" {
	local set new before
	actor a semget key=0x71 n=4
	tell a semset number=1 value=32767
	tell a semset number=3 value=1
	tell a sempost number=3
	set=sem:${FACT[a.id]}
	ipctop chmod 640 "$set"
	ipctop chown 1234:77 "$set"
	look
	before=$(member "$set" change_time)/$(member "$set" operation_time)
	run -0 ipctop save "$set" --to "$SAVED"
	assert_output ''
	look
	assert_equal "$(member "$set" change_time)/$(member "$set" operation_time)" "$before"
	run -1 ipctop restore "$SAVED"/*
	assert_output --partial 'its key 0x00000071 is in use: --private makes it without'
	new=$(ipctop restore --private "$SAVED"/*)
	look
	expect "$new" key=0x00000000 semaphores=4 mode=0640 uid=1234 gid=77
	assert_equal "$(values "$new")" '[0,32767,0,2]'
	run -0 ipctop rm -f --save "$SAVED" "$set"
	new=$(ipctop restore "$SAVED/sem-${FACT[a.id]}.1.ipctop")
	look
	expect "$new" key=0x00000071 semaphores=4
	# for which programs wait that found it, and not made it
	[ "$(member "$new" operation_time)" != null ]
	assert_equal "$(values "$new")" '[0,32767,0,2]'
	assert_equal "$(ipctop cat "$new" | od -An -tu2 | xargs)" '0 32767 0 2'
}

@test "save, restore: a queue, with its messages in their order, which stay in it" {
	local queue sent
	in_world sh -c 'echo 102400 >/proc/sys/kernel/msgmnb'
	queue=$(ipctop mk msg --key 0x72 --max-bytes 100K -m 666)
	sent=$(send "${queue#msg:}" 5:0 1:8192 4611686018427387904:10 5:1 2:5000)
	look
	cp "$DOC" "$BATS_TEST_TMPDIR/before"
	ipctop save "$queue" --to "$SAVED"
	look
	assert_equal "$(jq -c '.objects[] | select(.kind == "msg") | del(.age, .reasons[].text)' "$DOC")" \
		"$(jq -c '.objects[] | select(.kind == "msg") | del(.age, .reasons[].text)' "$BATS_TEST_TMPDIR/before")"
	ipctop rm -f "$queue"
	queue=$(ipctop restore "$SAVED"/*)
	look
	expect "$queue" key=0x00000072 messages=5 max_bytes=102400 mode=0666
	assert_equal "$(messages "${queue#msg:}")" "$sent"
	# one whose room was taken from it since
	sent=$(send "${queue#msg:}" 5:0 1:800 5:0)
	change_queue "${queue#msg:}" 1
	ipctop rm -f --save "$SAVED" "$queue"
	queue=$(ipctop restore "$SAVED/msg-${queue#msg:}.ipctop")
	look
	expect "$queue" messages=3 max_bytes=1
	assert_equal "$(messages "${queue#msg:}")" "$sent"
	change_queue "${queue#msg:}" 102400
	# an empty one
	ipctop rm -f --save "$SAVED" "$queue"
	queue=$(ipctop restore "$SAVED/msg-${queue#msg:}.ipctop")
	look
	expect "$queue" messages=0 max_bytes=102400
}

@test "save, restore: a POSIX queue only when it is empty" {
	ipctop mk posix-mq --name jobs --max-messages 3 --message-size 100 -m 640 --owner 1234:77 >/dev/null
	ipctop save posix-mq:/jobs --to "$SAVED"
	in_world "$PYTHON" -c 'import ctypes
lib = ctypes.CDLL(None)
assert not lib.mq_send(lib.mq_open(b"/jobs", 1), b"x", 1, 0)'
	run -1 ipctop save posix-mq:/jobs --to "$SAVED"
	assert_output --partial 'it has 1 message, and of a POSIX queue nobody can read them without taking them'
	run -1 ipctop cat posix-mq:/jobs
	assert_output --partial 'it has 1 message'
	run -1 ipctop rm -f --save "$SAVED" posix-mq:/jobs
	assert_output --partial 'it could not be saved: it has 1 message'
	look
	expect posix-mq:/jobs messages=1
	ipctop rm -f posix-mq:/jobs
	run -0 ipctop restore "$SAVED"/*
	assert_output posix-mq:/jobs
	look
	expect posix-mq:/jobs messages=0 max_messages=3 message_size=100 mode=0640 uid=1234 gid=77
	run -1 ipctop restore "$SAVED"/*
	assert_output --partial 'there is one of that name already'
	assert_equal "$(ls "$SAVED")" posix-mq-jobs.ipctop
}

@test "save: what goes away or changes midway, and what may not be read, leaves no file" {
	need_command zstd
	local queue
	in_world sh -c 'echo 102400 >/proc/sys/kernel/msgmnb'
	queue=$(ipctop mk msg)
	saved_public
	run -1 ipctop_as_nobody save "$queue" --to "$SAVED"
	assert_output --partial "it is root's and may not be read (mode 0600)"
	# somebody sends and receives all the time
	in_world "$PYTHON" - "${queue#msg:}" >"$BATS_TEST_TMPDIR/busy" 3>&- <<-'END' &
		import ctypes, sys
		lib = ctypes.CDLL(None)
		lib.msgsnd.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
		lib.msgrcv.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_long, ctypes.c_int]
		number, buffer = 0, ctypes.create_string_buffer(64)
		print("begun", flush=True)
		while True:
		    number += 1
		    text = b"%032d" % number
		    if lib.msgsnd(int(sys.argv[1]), (1).to_bytes(8, sys.byteorder) + text, 32, 0):
		        break
		    if number > 2000:
		        lib.msgrcv(int(sys.argv[1]), buffer, 32, 0, 0)
	END
	local busy=$!
	until_true test -s "$BATS_TEST_TMPDIR/busy"
	until_true test "$(in_world ipcs -q | awk '$6 >= 1999' | wc -l)" -ge 1
	run in_world "$IPCTOP" save "$queue" --to "$SAVED"
	if [ "$status" = 1 ]; then
		assert_output --partial 'its messages come and go: no two looks at it were the same'
		assert_equal "$(in_world ls -A "$SAVED")" ""
	else
		# of one moment: the numbers follow each other
		in_world sh -c "cat '$SAVED'/*" | zstd -dcq | grep -aoE '0{20}[0-9]{12}' >"$BATS_TEST_TMPDIR/numbers"
		awk 'NR > 1 && $1 + 0 != last + 1 { exit 1 } { last = $1 + 0 } END { if (NR < 1999) exit 1 }' \
			"$BATS_TEST_TMPDIR/numbers"
	fi
	in_world ipcrm -q "${queue#msg:}"
	wait $busy || :
	run -1 ipctop save "$queue" --to "$SAVED"
	assert_output --partial 'no such object'
}

# forged FILE SED…: the contents of a saved file, changed.
forged()
{
	zstd -dcq "$1" | LC_ALL=C sed "$2" | zstd -q --no-progress -o "$BATS_TEST_TMPDIR/forged" -f
	echo "$BATS_TEST_TMPDIR/forged"
}

@test "save, chmod: a queue beyond limits that were lowered is not said to be gone, or another's" {
	local queue
	world_public
	queue=$(ipctop mk msg --owner nobody)
	send "${queue#msg:}" 1:5000 >/dev/null
	in_world sh -c 'echo 4096 >/proc/sys/kernel/msgmax; echo 8192 >/proc/sys/kernel/msgmnb'
	run -1 ipctop save "$queue" --to "$SAVED"
	assert_output --partial 'a message in it is longer than kernel.msgmax, 4096 bytes'
	run -1 ipctop_as_nobody chmod 640 "$queue"
	assert_output --partial 'it has more room than kernel.msgmnb allows by now, 8192 bytes: that takes CAP_SYS_RESOURCE'
}

@test "restore: a file whose contents are none of a set or queue makes nothing" {
	need_command zstd
	local set queue
	set=$(ipctop mk sem -c 2 --value 7)
	queue=$(ipctop mk msg)
	send "${queue#msg:}" 5:8 >/dev/null
	ipctop save "$set" "$queue" --to "$SAVED"
	ipctop rm -f "$set" "$queue"
	run -1 ipctop restore "$(forged "$SAVED/sem-0.ipctop" 's/\x07\x00\x07\x00/\xff\xff\x07\x00/')"
	assert_output --partial 'its values cannot be set: Numerical result out of range'
	run -1 ipctop restore "$(forged "$SAVED/msg-0.ipctop" 's/\x05\x00\x00\x00\x00\x00\x00\x00\x08/\x05\x00\x00\x00\x00\x00\x00\x00\x09/')"
	assert_output --partial 'its contents are no messages'
	run -1 ipctop restore "$(forged "$SAVED/msg-0.ipctop" 's/\x05\x00\x00\x00\x00\x00\x00\x00\x08/\x00\x00\x00\x00\x00\x00\x00\x00\x08/')"
	assert_output --partial 'a message cannot be sent: Invalid argument'
	run -0 ipctop list -nr sem msg -o name
	assert_output ''
}

@test "rm --force --save: nothing that is sent between the copy and the removal is lost" {
	actor a msgget key=0x77 mode=0600
	in_world "$PYTHON" - "${FACT[a.id]}" "$BATS_TEST_TMPDIR/enough" >"$BATS_TEST_TMPDIR/sent" <<-'END' &
		import ctypes, os, sys, time
		lib = ctypes.CDLL(None, use_errno=True)
		lib.msgsnd.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
		print("begun", flush=True)
		while not os.path.exists(sys.argv[2]) and not lib.msgsnd(int(sys.argv[1]), b"\x01" + bytes(7), 0, 0):
		    time.sleep(0.005)
	END
	local sender=$!
	until_true grep -q begun "$BATS_TEST_TMPDIR/sent"
	run -1 ipctop rm --force --yes --save "$SAVED" msg:0x77
	assert_output --regexp 'not removed: (it is in use|it could not be saved|it changed)|could not be saved'
	touch "$BATS_TEST_TMPDIR/enough"
	wait $sender
	look
	local n
	n=$(member "msg:${FACT[a.id]}" messages)
	assert [ "$n" -gt 0 ]
	rm -f "$SAVED"/*
	run -0 ipctop rm --force --yes --save "$SAVED" msg:0x77
	run -0 ipctop restore "$SAVED"/*
	look
	expect "$(names msg)" messages="$n" key=0x00000077
}
