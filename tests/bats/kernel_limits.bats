#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ipctop limits: what the kernel says, how near it is, which is full first, and --check.

load world

setup()
{
	world_open
}

teardown()
{
	world_close
}

set_limit()
{
	in_world sysctl -q -w "$@"
}

# row NAME COLUMN…: as plain numbers
row()
{
	ipctop limits -rnb -Q "name == \"$1\"" -o "$(tr ' ' , <<<"${*:2}")"
}

sysctl_of()
{
	in_world cat "/proc/sys/$1"
}

@test "kernel limits: each is what the kernel says" {
	local name sem
	for name in shmmni shmall shmmax shm_rmid_forced msgmni msgmnb msgmax; do
		assert_equal "$name $(row $name limit)" "$name $(sysctl_of kernel/$name)"
	done
	read -ra sem < <(sysctl_of kernel/sem)
	assert_equal "$(for name in semmsl semmns semopm semmni; do row $name limit; done | tr '\n' ' ')" "${sem[*]} "
	for name in queues_max msg_max msgsize_max msg_default msgsize_default; do
		assert_equal "$name $(row mqueue_$name limit)" "$name $(sysctl_of fs/mqueue/$name)"
	done
	assert_equal "$(row tmpfs_size limit)" $((1 << 30))
	assert_equal "$(row tmpfs_inodes limit used)" "$(in_world df --output=itotal,iused /dev/shm |
		awk 'NR == 2 { print $1, $2 }')"
	run -0 in_world prlimit --msgqueue=12345 --memlock=65536 "$IPCTOP" limits -rnb \
		-Q 'name =~ "^rlimit"' -o name,limit,used
	assert_output "rlimit_msgqueue 12345 ?
rlimit_memlock 65536 ?"
}

@test "kernel limits: in use is what counts for the kernel: pages, semaphores, names of queues" {
	actor a shmget size=1 count=100
	actor b semget n=7
	tell b semget n=3
	actor c msgget
	tell c msgsnd bytes=100
	in_world mount -t mqueue none /mnt
	in_world touch /mnt/one /mnt/two
	in_world umount /mnt
	in_world dd if=/dev/zero of=/dev/shm/x bs=4096 count=5 status=none

	assert_equal "$(row shmmni used free)" "100 $(($(sysctl_of kernel/shmmni) - 100))"
	assert_equal "$(row shmall used)" 100
	assert_equal "$(row semmni used) $(row semmns used)" "2 10"
	assert_equal "$(row msgmni used) $(row msgmnb used)" "1 100"
	assert_equal "$(row mqueue_queues_max used)" 2
	assert_equal "$(row tmpfs_size used)" 20480
	look -k msg
	expect_doc '.limits | .segments == 100 and .pages == 100 and .semaphore_sets == 2 and .semaphores == 10 and
		.queues == 1 and .messages == 1 and .message_bytes == 100 and .mqueues == 2'
	# the same rows of the document
	ipctop limits -J --output-all >"$BATS_TEST_TMPDIR/now"
	ipctop limits -J --output-all --snapshot "$DOC" >"$BATS_TEST_TMPDIR/then"
	run -0 jq -n --slurpfile a "$BATS_TEST_TMPDIR/now" --slurpfile b "$BATS_TEST_TMPDIR/then" \
		'$a[0].limits - $b[0].limits | map(.name)'
	assert_output '[]'
}

@test "kernel limits: at their extremes: ULONG_MAX, 0, and a tmpfs without a limit" {
	set_limit kernel.shmmax=18446744073709551615 kernel.shmall=18446744073709551615
	actor a shmget size=4096
	assert_equal "$(row shmall limit used free percent)" "18446744073709551615 1 18446744073709551614 0"
	assert_equal "$(row shmmax limit used free percent)" "18446744073709551615 - - -"
	set_limit kernel.shmall=4503599627370496
	assert_equal "$(row shmall limit free)" "4503599627370496 4503599627370495"
	set_limit kernel.shmmni=0
	assert_equal "$(row shmmni limit used free percent first)" "0 1 0 100 yes"
	run -1 in_world ipcmk -M 1
	assert_output --partial "No space left"
	in_world mount -t tmpfs -o size=0,nr_inodes=0 shm /dev/shm
	assert_equal "$(row tmpfs_size limit used free percent)" "- ? - -"
	assert_equal "$(row tmpfs_inodes limit used free percent)" "- ? - -"
	# nothing of that is something that could not be read
	run -0 ipctop limits --check -Q 'name != "shmmni"'
}

@test "kernel limits: the fullest queue, by what it takes, and what really fails then" {
	set_limit kernel.msgmnb=1000
	actor a msgget
	tell a msgsnd bytes=900
	set_limit kernel.msgmnb=100000
	actor b msgget
	tell b msgsnd bytes=5000
	assert_equal "$(row msgmnb limit used percent)" "1000 900 90"
	set_limit kernel.msgmni=2 kernel.sem='5 6 7 1'
	run -1 in_world ipcmk -Q
	assert_output --partial "No space left"
	in_world ipcmk -S 5
	run -0 ipctop limits -nr -Q 'percent == 100 && fails =~ "ENOSPC"' -o name
	assert_output "semmni
msgmni"
	run -1 in_world ipcmk -S 1
	assert_output --partial "No space left"
}

@test "kernel limits: which is full first at the present growth" {
	set_limit kernel.shmmni=100 kernel.sem='10 1000 10 20'
	actor a shmget count=90
	actor b semget
	look -k msg
	tell a shmget
	tell b semget
	tell b semget
	tell b semget
	# more segments are in use; sets grow faster
	assert_equal "$(row shmmni first) $(row semmni first)" "yes no"
	run -0 ipctop limits --since "$DOC" -rn -Q 'first' -o name,used,free
	assert_output "semmni 4 16"
	run -0 ipctop limits --since "$DOC" -J -o name,growth,full_in
	echo "$output" >"$BATS_TEST_TMPDIR/grown"
	run -0 jq -c '[.limits[] | select(.growth) | .name] | sort' "$BATS_TEST_TMPDIR/grown"
	assert_output '["semmni","semmns","shmall","shmmni"]'
	run -0 jq -e '[.limits[] | select(.growth)] | all((.growth | type) == "number" and (.full_in | type) == "number")' \
		"$BATS_TEST_TMPDIR/grown"
	run -0 ipctop limits --interval 0.1 -rn -Q first -o name
	assert_output ""
	# what shrank is never full
	cp "$DOC" "$DOC.before"
	in_world ipcrm --all=sem
	look -k msg
	run -0 ipctop limits --since "$DOC.before" --snapshot "$DOC" -rn -Q first -o name
	assert_output shmmni
	run -1 ipctop limits --since "$DOC" --snapshot "$DOC.before"
	assert_output --partial 'not older'
}

@test "kernel limits: two readings one interval apart" {
	in_world sh -c 'while ipcmk -M 1 >/dev/null; do :; done' 3>&- 4>&- &
	run -0 ipctop limits --interval 0.5 -rnb -Q first -o name,full_in
	kill $!
	assert_output --regexp '^shmmni [0-9]+$'
}

@test "kernel limits: --check tells by its exit status, and what is nearest" {
	set_limit kernel.shmmni=100
	run -0 ipctop limits --check
	assert_output --regexp '^IPC OK - nearest is [a-z_]+, 0% in use \| shmmni=0;80;90;0;100 .* tmpfs_size=0B;'
	actor a shmget count=79
	run -0 ipctop limits --check
	tell a shmget
	run -1 ipctop limits --check
	assert_output --partial 'IPC WARNING - shmmni 80% (80 of 100; what fails then is shmget: ENOSPC) |'
	run -0 ipctop limits --check --warn 81
	run -0 ipctop limits --check -Q 'name != "shmmni"'
	run -2 ipctop limits --check --crit 80
	assert_output --partial 'IPC CRITICAL - shmmni 80%'
	assert_equal "$(wc -l <<<"$output")" 1
	# a recorded one
	look -k msg
	run -1 ipctop limits --check --snapshot "$DOC"
	# what the monitoring system has not got
	run -3 --separate-stderr in_world sh -c '"$0" limits --check >/dev/full' "$IPCTOP"
	assert_equal "$stderr" 'ipctop: standard output: cannot be written: No space left on device'
}

@test "kernel limits: --check of what cannot be read is unknown, unless something is nearly full" {
	world_public
	in_world chmod 0 /dev/shm
	in_world mount --bind /dev/null /proc/sys/fs/mqueue/queues_max
	run -3 ipctop_as_nobody limits --check
	assert_output --partial 'IPC UNKNOWN - mqueue_queues_max could not be read |'
	set_limit kernel.shmmni=0
	run -2 ipctop_as_nobody limits --check
	set_limit kernel.shmmni=10
	run -0 ipctop_as_nobody limits --check -Q 'name !~ "mqueue"'
}

@test "kernel limits: --check reads no process and goes through no list" {
	need_command strace
	run -0 in_world env ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" strace -f -qq -o "$BATS_TEST_TMPDIR/calls" \
		"$IPCTOP" limits --check
	run ! grep -E '"/proc/?"|/proc/[0-9]|passwd|SHM_STAT|sysvipc' "$BATS_TEST_TMPDIR/calls"
	run -0 grep -c shmctl "$BATS_TEST_TMPDIR/calls"
}

@test "kernel limits: wrong usage is 2, and with --check 3" {
	local args
	for args in "--warn 50" "name" "--interval 0" "--interval x" "--interval 1 --since $DOC" "-o nonsense" \
		"--interval 1 --snapshot $DOC" "-Q percent=="; do
		# shellcheck disable=SC2086
		run -2 ipctop limits $args
	done
	for args in "--warn 101" "--warn x" "--crit -1" "--warn 90 --crit 80" "-J" "--interval 1" "--nonsense" "word" \
		"--warn" "-Q percent==" "--snapshot $DOC.absent" "--check=1"; do
		# shellcheck disable=SC2086
		run -3 --separate-stderr ipctop limits --check $args
		assert_equal "${output%% -*}" "IPC UNKNOWN"
		[ -n "$stderr" ] || fail "nothing on stderr for: $args"
	done
	run -1 ipctop limits --since "$DOC.absent"
	echo '{"schema": "ipctop/1", "objects": []}' >"$DOC"
	run -1 ipctop limits --snapshot "$DOC"
	look -k msg
	jq '.boot_id = "another"' "$DOC" >"$DOC.other"
	run -1 --separate-stderr ipctop limits --since "$DOC.other"
	assert_equal "$output" ""
	assert_equal "$stderr" "ipctop: $DOC.other: cannot be compared: it is of another machine, or of before its last boot"
}
