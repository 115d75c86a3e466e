#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# --batch: text frames for logs and pipes.

load world

setup()
{
	world_open
}

teardown()
{
	world_close
}

# start_batch OPTION…: frames go into a pipe, whose end is FRAMES; BATCH is the job.
start_batch()
{
	mkfifo "$BATS_TEST_TMPDIR/frames"
	ipctop --batch "$@" >"$BATS_TEST_TMPDIR/frames" 2>"$BATS_TEST_TMPDIR/stderr" &
	BATCH=$!
	exec {FRAMES}<"$BATS_TEST_TMPDIR/frames"
}

# Up to the head of the next frame, which means that all is read that this frame will show.
read_head()
{
	local line
	while read -r -t $PATIENCE -u "$FRAMES" line; do
		[[ $line != "ipctop "* ]] || return 0
	done
	return 1
}

# read_rest LAST: the rest of a frame, down to the line with this. The segment's line is in LINE.
read_rest()
{
	local line
	LINE=
	while read -r -t $PATIENCE -u "$FRAMES" line; do
		[[ $line != shm:[0-9]* ]] || LINE=$line
		[[ $line != *"$1"* ]] || return 0
	done
	fail "the frame ended before $1"
}

# Within a bounded time; its exit status is in STATUS.
batch_ends()
{
	until_true batch_ended || fail "it goes on"
	STATUS=0
	wait "$BATCH" || STATUS=$?
}

batch_ended()
{
	! kill -0 "$BATCH" 2>/dev/null
}

@test "batch: three frames, and what changes from one to the next is seen" {
	# A frame is longer than a pipe takes: when its head is read, the next one cannot begin
	# before the rest is read too.
	actor many shm_count name="$(printf 'f%.0s' {1..200})" count=500 size=1
	actor last shm_open name=last
	actor a shmget size=4096
	start_batch -n 3 -d 0.1 --limit 0 -k shm,posix-shm -o name,uses,state -x kind,name

	read_head
	tell a shmat
	read_rest /last
	assert_regex "$LINE" "^shm:${FACT[a.id]} +0 created$"
	read_head
	tell a shmdt
	actor b shm_open name=zzz
	read_rest /last
	assert_regex "$LINE" "^shm:${FACT[a.id]} +1 attached$"
	read_head
	tell a rmid
	read_rest /zzz
	assert_regex "$LINE" "^shm:${FACT[a.id]} +0 detached$"
	run -1 read_head
	batch_ends
	assert_equal "$STATUS" 0
	assert_equal "$(cat "$BATS_TEST_TMPDIR/stderr")" ""
}

@test "batch: plain text: no escape sequence, no control character but the newline" {
	actor a shm_open name='odd\x1b[31m\x0aname'
	local term
	for term in dumb xterm-256color linux; do
		TERM=$term run -0 ipctop --batch -n 3 -d 0.1
		assert_equal "$(grep -c '^ipctop 20' <<<"$output")" 3
		assert_line --partial 'posix-shm:/odd\x1B[31m\x0Aname'
		assert_equal "$(LC_ALL=C tr -cd '\000-\011\013-\037\177' <<<"$output" | od -An -c)" ""
	done
}

# on_terminal OPTION…: --batch with a terminal of 80 columns as its standard output.
on_terminal()
{
	in_world env -u NO_COLOR TERM=xterm-256color script -qec "stty cols 80; $IPCTOP --batch $*" /dev/null
}

@test "batch: plain on a terminal too: no colour, and no line that its width breaks" {
	need_command script
	local name
	name=$(printf 'n%.0s' {1..100})
	actor a shm_open name="$name"
	run -0 on_terminal -n 2 -d 0.1
	assert_equal "$(grep -c '^ipctop 20' <<<"$output")" 2
	refute [ -n "$(LC_ALL=C tr -cd '\033' <<<"$output")" ]
	assert_equal "$(grep -c "^posix-shm:/$name .* live" <<<"$output")" 2
	# colour is all that it may be asked for; never a movement
	run -0 on_terminal -n 1 --color=always
	assert [ -n "$(LC_ALL=C tr -cd '\033' <<<"$output")" ]
	refute [ -n "$(sed -E 's/\x1b\[[0-9;]*m//g' <<<"$output" | LC_ALL=C tr -cd '\033')" ]
}

@test "batch: our own words are ASCII where the locale is no UTF-8" {
	actor a shm_open name=a
	actor b shm_open name=b
	LC_ALL=C run -0 ipctop --batch -n 1 --limit 1 -k posix-shm
	assert_line "... and 1 more"
	LC_ALL=C.UTF-8 run -0 ipctop --batch -n 1 --limit 1 -k posix-shm
	assert_line "… and 1 more"
}

@test "batch: frames are as far apart as asked" {
	local begin=${EPOCHREALTIME/./}
	ipctop --batch -n 3 -d 0.5 >/dev/null
	assert [ $((${EPOCHREALTIME/./} - begin)) -ge 1000000 ]
}

@test "batch: it ends at once when its reader closes the pipe, however long the sleep" {
	start_batch -d 3600
	read_head
	exec {FRAMES}<&-
	batch_ends
	assert_equal "$STATUS" 141
}

@test "batch: it ends when its reader has gone before the first frame" {
	mkfifo "$BATS_TEST_TMPDIR/frames"
	exec {FRAMES}<>"$BATS_TEST_TMPDIR/frames"
	# shellcheck disable=SC2094 # nothing is read
	ipctop --batch -d 3600 >"$BATS_TEST_TMPDIR/frames" {FRAMES}<&- &
	BATCH=$!
	exec {FRAMES}<&-
	batch_ends
	assert_equal "$STATUS" 141
}

@test "batch: standard input is never read, and need not be there" {
	local line
	{
		ipctop --batch -n 3 -d 0.1 >/dev/null
		read -r line
	} <<<"untouched"
	assert_equal "$line" untouched
	run -0 ipctop --batch -n 2 -d 0.1 <&-
	assert_equal "$(grep -c '^ipctop 20' <<<"$output")" 2
	# an input that would stop whoever reads it
	mkfifo "$BATS_TEST_TMPDIR/never"
	exec {FRAMES}<>"$BATS_TEST_TMPDIR/never"
	run -0 ipctop --batch -n 2 -d 0.1 <&"$FRAMES"
}

@test "batch: a mapping that sleeps is another kind's once its file system stands at /dev/shm" {
	in_world mount -t tmpfs -o mode=755 elsewhere /mnt
	actor a create path=/mnt/buffer
	tell a mmap
	tell a close
	tell a unlink
	local name=posix-shm:${FACT[a.dev]}:${FACT[a.ino]} line
	start_batch -d 0.1 -k posix-shm -o name
	read_head
	read_head
	in_world mount --bind /mnt /dev/shm
	# the frame that was under way, and the next
	read_head
	read_head
	while read -r -t $PATIENCE -u "$FRAMES" line && [[ $line != "$name"* ]]; do
		[[ $line != "ipctop "* ]] || fail "it is not seen"
	done
	assert_equal "$line" "$name"
	exec {FRAMES}<&-
	batch_ends
}

@test "batch: who sleeps is seen in the control group that he is moved into" {
	local line group
	group=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)/ipctop-test-$BASHPID
	mkdir "$group" 2>/dev/null || skip "control groups cannot be made here"
	actor a shm_open name=held size=4096
	tell a mmap
	start_batch -n 100 -d 0.05 --limit 0 -k posix-shm -o name,cgroup
	read_head
	in_world sh -c "echo ${FACT[a.pid]} >'$group/cgroup.procs'" || line="not moved"
	# one of 32 frames asks anew
	until [ -n "$line" ]; do
		read -r -t $PATIENCE -u "$FRAMES" line || line="not seen"
		[[ $line == posix-shm:/held*" /${group##*/}" ]] || [ "$line" = "not seen" ] || line=
	done
	exec {FRAMES}<&-
	stop a
	rmdir "$group"
	batch_ends
	[ "$line" != "not moved" ] || skip "control groups take no process here"
	assert_regex "$line" "^posix-shm:/held +/${group##*/}$"
}
