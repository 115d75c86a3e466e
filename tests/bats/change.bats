#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# chmod and chown: mode and owner of named objects, and of nothing else.

load world

setup()
{
	world_open
	actor seg shmget mode=0666 size=4096
	actor file shm_open name=file mode=0666
	in_world chmod 666 /dev/shm/file
	SEG=shm:${FACT[seg.id]}
}

teardown()
{
	world_close
}

@test "chmod: octal and symbolic modes, of segments and files alike" {
	ipctop chmod 640 "$SEG" posix-shm:/file
	look
	expect "$SEG" mode=0640 uid=0 flags=
	expect posix-shm:/file mode=0640 flags=
	ipctop chmod u+x,g=u,o-r "$SEG" posix-shm:/file
	look
	expect "$SEG" mode=0770
	expect posix-shm:/file mode=0770
}

@test "chmod: in use is no reason against it, and nothing else changes" {
	tell seg shmat n=2
	look
	cp "$DOC" "$BATS_TEST_TMPDIR/before"
	run ipctop chmod -v go= "$SEG"
	assert_success
	assert_line "$SEG: changed"
	look
	expect "$SEG" mode=0600 nattch=2 size=4096 uid=0 creator_pid="${FACT[seg.pid]}"
	tell seg shmat
}

@test "chmod: a semaphore" {
	actor sem sem_open name=sem mode=0666
	ipctop chmod 600 posix-sem:/sem
	look
	expect posix-sem:/sem mode=0600
}

@test "chmod, chown: semaphores and queues of System V, which keep all else" {
	actor a semget n=3
	tell a semset number=1 value=7
	local set=sem:${FACT[a.id]} queue
	tell a msgget key=0x77
	tell a msgsnd bytes=50
	queue=msg:${FACT[a.id]}
	ipctop chmod 640 "$set" "$queue"
	ipctop chown 1234:77 "$set" msg:0x77
	look
	expect "$set" mode=0640 uid=1234 gid=77 creator_uid=0 semaphores=3
	expect "$queue" mode=0640 uid=1234 gid=77 messages=1 max_bytes=16384
	assert_equal "$(jq -c '[.objects[] | select(.kind == "sem") | .values[].value]' "$DOC")" '[0,7,0]'
	world_public
	run -1 ipctop_as_nobody chmod 600 "$set" "$queue"
	assert_line --regexp "^ipctop: $set: mode not changed: semctl\\(IPC_SET\\): not permitted"
	assert_line --regexp "^ipctop: $queue: mode not changed: msgctl\\(IPC_SET\\): not permitted"
	tell a unshare_ipc
	tell a semget mode=0666
	look
	set=$(names sem | grep '@')
	ipctop chmod --all-namespaces 600 "$set"
	look
	expect "$set" mode=0600
}

@test "chown: owner, group, and the group of the login" {
	ipctop chown 1234:77 "$SEG" posix-shm:/file
	look
	expect "$SEG" uid=1234 gid=77 creator_uid=0 mode=0666
	expect posix-shm:/file uid=1234 gid=77
	ipctop chown :78 "$SEG" posix-shm:/file
	look
	expect "$SEG" uid=1234 gid=78
	expect posix-shm:/file uid=1234 gid=78
	ipctop chown root "$SEG"
	look
	expect "$SEG" uid=0 gid=78
	ipctop chown nobody: "$SEG" posix-shm:/file
	look
	expect "$SEG" user=nobody gid="$(id -g nobody)"
	expect posix-shm:/file user=nobody gid="$(id -g nobody)"
}

@test "chmod, chown: --dry-run tells what would be, and changes nothing" {
	look
	cp "$DOC" "$BATS_TEST_TMPDIR/before"
	run ipctop chmod --dry-run go-w "$SEG" posix-shm:/file
	assert_success
	assert_line --regexp "^$SEG +root +0666 +0644$"
	assert_line --regexp "^posix-shm:/file +root +0666 +0644$"
	run ipctop chown --dry-run 5:6 "$SEG"
	assert_success
	assert_line --regexp "^$SEG +root +root +5 +6$"
	look
	for name in "$SEG" posix-shm:/file; do
		expect "$name" mode=0666 uid=0 gid=0
	done
}

@test "chmod: --json has the plan and the result of each" {
	ipctop chmod -J 600 "$SEG" posix-shm:/file >"$DOC"
	expect_doc '[.acts[] | .action, .result, .mode, .new_mode] ==
		["chmod", "changed", "0666", "0600", "chmod", "changed", "0666", "0600"]'
	ipctop chmod -J 600 "$SEG" >"$DOC"
	expect_doc '.acts[0] | .result == "kept" and .why == "it is so already"'
	ipctop chown -J --dry-run 7 "$SEG" >"$DOC"
	expect_doc '.acts[0] | .result == "planned" and .uid == 0 and .new_uid == 7 and .new_gid == 0'
}

@test "chmod: what cannot be changed is said, and the rest is done" {
	world_public
	actor own setuid dumpable=1
	tell own shmget mode=0666
	run -1 ipctop_as_nobody chmod 600 "$SEG" posix-shm:/file "shm:${FACT[own.id]}" shm:999999
	assert_line --regexp "^ipctop: $SEG: mode not changed: .*not permitted"
	assert_line --regexp '^ipctop: posix-shm:/file: mode not changed: .*not permitted'
	assert_line 'ipctop: shm:999999: no such object'
	look
	expect "$SEG" mode=0666
	expect posix-shm:/file mode=0666
	expect "shm:${FACT[own.id]}" mode=0600
	# the kernel lets nobody give files away
	tell own shm_open name=own
	run -1 ipctop_as_nobody chown 0 posix-shm:/own
	assert_output --partial 'posix-shm:/own: owner not changed: chown: '
}

@test "chmod: kinds without a mode, and files without a name, are refused with the reason" {
	actor mem memfd
	actor gone shm_open name=gone mode=0640
	tell gone unlink path=/dev/shm/gone
	look
	run -1 ipctop chmod 600 "$(names memfd)" "$(names posix-shm | grep -v /)"
	assert_line --regexp '^ipctop: memfd:.*: mode not changed: that cannot be done to memfds$'
	assert_line --regexp '^ipctop: posix-shm:[0-9:]*: mode not changed: it has lost its name, and only its holders'
}

@test "chmod: other namespaces only with --all-namespaces" {
	actor other unshare_ipc
	tell other shmget mode=0666
	actor apart own_shm
	tell apart shm_open name=apart mode=0600
	look
	local seg file
	seg=$(names shm | grep "^shm:${FACT[other.id]}@")
	file=$(names posix-shm | grep '/apart@')
	run -1 ipctop chmod 640 "$seg" "$file"
	assert_line --regexp "^ipctop: $seg: mode not changed: of another namespace"
	look
	expect "$seg" mode=0666
	ipctop chmod --all-namespaces 640 "$seg" "$file"
	look
	expect "$seg" mode=0640
	expect "$file" mode=0640
	# the segment of that id here is another
	[ "${FACT[other.id]}" != "${FACT[seg.id]}" ] || expect "$SEG" mode=0666
}

@test "chmod, chown: wrong usage changes nothing" {
	local words
	for words in "chmod" "chmod 600" "chmod 888 $SEG" "chmod 4755 $SEG" "chmod u+s $SEG" "chmod 600 nonsense" \
			"chown : $SEG" "chown 1:2:3 $SEG" "chown no-such-user $SEG" "chown :no-such-group $SEG" \
			"chown 99999999999 $SEG" "chmod --chmo 600 $SEG"; do
		# shellcheck disable=SC2086 # words
		run -2 ipctop $words
		assert_output --regexp '^ipctop: '
	done
	run -2 ipctop chmod 600 "$SEG" nonsense
	look
	expect "$SEG" mode=0666 uid=0
}

@test "chmod: a symbolic link that has the name is not followed" {
	in_world sh -c 'echo x >/dev/shm/target && chmod 666 /dev/shm/target && ln -s target /dev/shm/link'
	run -1 ipctop chmod 600 posix-shm:/link
	assert_output 'ipctop: posix-shm:/link: no such object'
	look
	expect posix-shm:/target mode=0666
}
