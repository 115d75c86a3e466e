#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The personalities: ipcs, ipcrm and ipcmk say what those of util-linux say, byte for byte.

load world

setup()
{
	local program
	[ "$(ipcs -V 2>&1)" = "ipcs from util-linux 2.38.1" ] ||
		skip "util-linux 2.38.1, which is what the personalities are held to, is not here"
	THEIRS=$(dirname "$(command -v ipcs)")
	world_open
	world_public
	in_world mkdir /mnt/ours
	for program in ipcs ipcrm ipcmk; do
		in_world ln -s ../ipctop "/mnt/ours/$program"
	done
}

teardown()
{
	world_close
}

# compare same|apart [all]: the lines of stdin, by ours and by util-linux's. The sanitizers get every
# fourth of them, unless all.
compare()
{
	local step=1
	[ "${2-}" = all ] || ! sanitized || step=4
	awk -v step=$step 'NR % step == 1 % step' >"$BATS_TEST_TMPDIR/lines"
	run in_world bash "$BATS_TEST_DIRNAME/compat_drive.bash" "$1" /mnt/ours "$THEIRS" <"$BATS_TEST_TMPDIR/lines"
	assert_success
}

# lines PROGRAM ARGUMENTS…: a line for each.
lines()
{
	printf "$1 %s\n" "${@:2}"
}

# What shows something, in whatever world.
looks()
{
	lines ipcs "" -a -m -q -s -{m,q,s}{t,p,c,u,l} -t -p -c -u -l "-m --human" "-m -b" "-q --human" \
		"-q -b" "-l -b" "-l --human" "-u --human" "-u -b" "--human" "-mqs" "-tc" "-m -c -t" "-lt"
	lines 'ipcs -m -i' 0 1 99 -1 99999999 2147483647
	lines 'ipcs -q -i' 0 1 99 -1 "0 --human" "0 -b"
	lines 'ipcs -s -i' 0 1 99 2147483647 "0 --human"
	lines 'nobody ipcs' "" "-m -i 0" "-q -i 0" "-s -i 0" "-s -i 1"
	echo 'for k in m:shm q:msg s:sem; do for i in $(cut -c 12-22 /proc/sysvipc/${k#*:} | tail -n +2);
		do ipcs -${k%:*} -i $i; ipcs -${k%:*} -i $i --human; done; done' | tr '\n' ' '
	echo
}

# Users and groups with names that do not fit, in this world alone.
long_names()
{
	local file
	for file in passwd group; do
		{
			cat "/etc/$file"
			echo "averyveryverylongname:x:61236:61236::/:/bin/sh"
			echo "grünmüllerß:x:61237:61237::/:/bin/sh"
		} >"$BATS_TEST_TMPDIR/$file"
		in_world mount --bind "$BATS_TEST_TMPDIR/$file" "/etc/$file"
	done
}

# next_id KIND ID: of the next object of that kind.
next_id()
{
	in_world sh -c "echo $2 >/proc/sys/kernel/$1_next_id" || skip "this kernel chooses all ids itself"
}

segments_in_many_states()
{
	next_id shm 0
	actor attached shmget key=0x2a size=5000 mode=0644
	tell attached shmat n=2
	tell attached touch
	actor condemned shmget size=1 mode=0777
	tell condemned shmat
	tell condemned rmid
	actor locked shmget key=0xfffffffe size=70000
	tell locked shmlock
	actor idle shmget size=1099511627776 noreserve=1 mode=01
	tell idle shmat
	tell idle shmdt
	actor other setuid uid=61236
	tell other shmget size=123456789 mode=0600
	actor umlaut setuid uid=61237
	tell umlaut shmget
	next_id shm 1234567890
	actor given shmget mode=0
	tell given shmset mode=0640 uid=4000000000 gid=61236
}

sets_and_queues_in_many_states()
{
	next_id sem 0
	actor set semget n=3 key=0x2a
	tell set semset value=7
	tell set semwait by=9
	tell set semwait by=0
	next_id sem 2147450879
	actor others setuid uid=61236
	tell others semget n=1 mode=0600
	next_id msg 0
	actor queue msgget key=0x2a mode=0622
	tell queue msgsnd bytes=1000
	tell queue msgsnd bytes=500
	tell queue msgrcv
	next_id msg 2147450879
	tell others msgget mode=0600
}

@test "ipcs: the same in an empty world" {
	looks >"$BATS_TEST_TMPDIR/table"
	compare same <"$BATS_TEST_TMPDIR/table"
}

@test "ipcs: the same of objects in many states, for root and for nobody" {
	long_names
	segments_in_many_states
	sets_and_queues_in_many_states
	looks >"$BATS_TEST_TMPDIR/table"
	compare same <"$BATS_TEST_TMPDIR/table"
	assert_output "compared $(wc -l <"$BATS_TEST_TMPDIR/lines")"
	# they are there
	run -0 in_world /mnt/ours/ipcs
	assert_output --partial "dest"
	assert_output --partial "locked"
	assert_output --partial "1234567890"
	assert_output --partial "averyveryv 600"
	refute_output --partial "averyveryve"
}

@test "ipcs: the same times in every zone, and the same words in every locale" {
	local zone
	actor a shmget
	tell a shmat
	actor b semget
	tell b semset
	for zone in UTC Asia/Kolkata America/St_Johns :/nonexistent ''; do
		lines "TZ=$zone ipcs" -t "-m -i ${FACT[a.id]}" "-s -i ${FACT[b.id]}"
	done >"$BATS_TEST_TMPDIR/table"
	echo 'unset TZ; ipcs -t' >>"$BATS_TEST_TMPDIR/table"
	for zone in C C.UTF-8 POSIX ''; do
		lines "LC_ALL=$zone ipcs" "" -l -x "-i x -m" "-m -i 4711"
		lines "LC_ALL=$zone ipcrm" -x "-M x" "-m 4711"
		lines "LC_ALL=$zone ipcmk" -x "-M 12Q"
	done >>"$BATS_TEST_TMPDIR/table"
	compare same <"$BATS_TEST_TMPDIR/table"
	# zones make a difference
	refute [ "$(in_world env TZ=UTC /mnt/ours/ipcs -mt)" = "$(in_world env TZ=Asia/Kolkata /mnt/ours/ipcs -mt)" ]
}

@test "ipcs: the same limits, up to the largest numbers, in every unit" {
	local v
	for v in 0 1 1023 1024 1100 1587 1588 1048575 1073741823 123456789012 1152921504606846975 \
		4503599627370495 4503599627370496 18446744073692774399 18446744073709551614 18446744073709551615; do
		echo "echo $v >/proc/sys/kernel/shmmax; echo $v >/proc/sys/kernel/shmall; ipcs -l; ipcs -lb; ipcs -l --human"
	done >"$BATS_TEST_TMPDIR/table"
	cat >>"$BATS_TEST_TMPDIR/table" <<-'END'
		echo 7 >/proc/sys/kernel/shmmni; echo 0 >/proc/sys/kernel/msgmni; ipcs -l
		echo 2147483647 >/proc/sys/kernel/msgmax; echo 2147483647 >/proc/sys/kernel/msgmnb; ipcs -l; ipcs -l --human
		echo 1 2 3 4 >/proc/sys/kernel/sem; ipcs -l
		echo 65536 2147483647 2147483647 32768 >/proc/sys/kernel/sem; ipcs -l
	END
	compare same <"$BATS_TEST_TMPDIR/table"
}

@test "ipcs, ipcrm, ipcmk: the same for wrong words, full disks and closed outputs" {
	{
		lines ipcs -x --xx --s --sh -i "-i x -m" "-i 9999999999 -m" "-i 0x0 -m" "-i 1 -m -s" "-i 0" "-i +0 -m" \
			"-i '' -m" "-i ' 1' -m" "-i '1 ' -m" junk "-m junk" "-mh" "-h -x" --human=3 "-- -m" -i1m "-ai 1" \
			--id=1 ">/dev/full" "-l >/dev/full" "-x >/dev/full" "-h >/dev/full" ">&-" "-l >&-" "2>&-" "-x 2>&-"
		lines ipcrm "" shm "shm x" foo -m -q -S "-m x" "-m 9999999999" "-m 0x5" "-M x" "-M 0" "-M 5x" \
			"-M 99999999999999999999999" "-a shm" --all=foo -afoo -av --shmem -x -v "-m ''" "-v -m 99 >/dev/full"
		lines ipcmk "" -M "-M x" "-M 12Q" "-M -5" "-M ''" "-M 1B" "-M 1.5" "-M 1,5K" "-M .5K" "-M 1KIB" "-M 20E" \
			"-M 1Z" "-M 16E" "-M 99999999999999999999999" "-S x" "-S ''" "-S 99999999999" "-p x -Q" "-p 9 -Q" \
			"-p ''" "-p 600x -Q" "-p 7777777777777777777777777 -Q" -x "--s 3" "-M 1KK" "-M KiB"
		lines 'exec -a /x/ipcs ipcs' -x "-i 7 -m" "-i x"
	} >"$BATS_TEST_TMPDIR/table"
	compare same <"$BATS_TEST_TMPDIR/table"
}

@test "ipcrm, ipcmk: the same is said and done, object by object" {
	{
		lines ipcrm "shm 0" "shm 0 99 x -1 4294967295 99999999999999999999 1" "msg 0" "sem 1 0 5" "shm ' 0'" \
			"shm -- 0" "msg -v 0" "-m 0" "-m 99" "-m -1" "-m 01" "-m +0" "-M 0x5" "-M 0x1ffffffff" "-M -1" \
			"-M 010" "-Q 5" "-S 5" "-q 0" "-s 0" -ashm --all=msg --all=sem "-v -a" "-a -m 99" "-m 0 junk" \
			"--shmem-i 0" --a "-v -m 0 -m 5 -q 0" "-m 0 -m x -m 1" "-m0 -q1" '-M $KM' '-M $KM -Q $KQ -S $KS' \
			'-v -M $KM' '-M $((KM))' "-m 0 -m 0" "--verbose --semaphore-id=0" '--queue-key=$KQ'
		lines 'nobody ipcrm' "-m 0 -q 0 -s 0" "shm 0 1" -a -va '-M $KM' '-S $KS -s 1'
		lines ipcmk "-M 0" "-M 1KB -p 0777" "-M 1KiB" "-M 1k" "-M 1kB" "-M 010" "-M 0x10" "-M 1.5K" "-M 1.K" \
			"-M 1Kb" "-M 0x1K" "-M 0.5M" "-S 0" "-S -1" "-S 999999" "-S 40" "-p 7777 -Q" "-p -1 -Q" \
			"-p 1000000000000 -Q" "-p 400 -S 2" "-Q junk" -QQ --q "-M 5 -S 2 -Q" "-M ' 5'" "-M +5" "-M 0 -Q" \
			"-Q -p 600 -M 10 -M 20" "-Q >/dev/full"
		lines 'nobody ipcmk' "-M 10 -Q -S 1"
		echo 'echo 2 >/proc/sys/kernel/msgmni; ipcmk -M 5 -Q -S 2'
	} >"$BATS_TEST_TMPDIR/table"
	compare apart <"$BATS_TEST_TMPDIR/table"
}

@test "ipcs, ipcrm: what scripts do with them has the same result" {
	compare apart all <<-'END'
		ipcs -m | awk '$3 == "root" && $6 == 0 { print $2, $5 }'
		ipcs -m | awk '$6==0 {print $2}' | xargs -n1 ipcrm -m
		ipcs -s | awk '/root/{print $2}' | xargs -n1 ipcrm -s
		ipcrm -m $(ipcs -m | awk '/5000/{print $2}')
		for i in $(ipcs -q | grep ^0x | cut -d' ' -f2); do ipcrm -q $i; done
		ipcs -m | grep -c "^$KM"; ipcs | grep "$KS" | awk '{ print $2 }'
		ipcs -mp | awk 'NR > 3 && NF { print $1, $2, $4 }'
		ipcs | egrep "0x[0-9a-f]+ +[0-9]+" | grep "$(whoami)" | tr -s ' ' | cut -f 2,4 -d ' '
		ipcs -u | awk '/pages allocated/ { print $3 } /used arrays/ { print $4 }'
		ipcs -l | awk -F= '/max seg size|max number of segments/ { print $2 + 0 }'
		ipcs -ma | sed -n '4,$p' | sort -k 5 -n -r | awk '{ s += $5 } END { print s }'
		ipcs -m -i 0 | sed -n 's/.*nattch=//p'
		id=$(ipcmk -M 1024 | awk '{ print $NF }'); ipcs -m -i $id | grep -o 'bytes=[0-9]*'; ipcrm -m $id
		ipcs -c -m | awk 'NR > 3 && $3 != $5' | wc -l
		ipcs -q | awk 'NR>3 && $6 == 0 {print "-q " $2}' | xargs ipcrm
		ipcrm --all=msg; ipcs -q | wc -l
	END
	assert_output "compared 16"
}

@test "ipcrm: one of ten may not be removed, and the other nine are" {
	local i
	local -a words=()
	actor mine setuid uid=65534
	for ((i = 0; i < 9; i++)); do
		tell mine shmget
		words+=(-m "${FACT[mine.id]}")
	done
	actor roots shmget mode=0600
	words=("${words[@]:0:6}" -m "${FACT[roots.id]}" "${words[@]:6}")
	run -1 --separate-stderr in_world setpriv --reuid 65534 --regid 65534 --clear-groups /mnt/ours/ipcrm "${words[@]}"
	assert_output ""
	assert_equal "$stderr" "ipcrm: permission denied for id (${FACT[roots.id]})"
	run -0 in_world /mnt/ours/ipcs -m
	assert_equal "$(grep -c ^0x <<<"$output")" 1
}

@test "ipcrm: an id of nothing or of too many bits means no other object" {
	in_world sh -c "echo 0 >/proc/sys/kernel/shm_next_id"
	actor a shmget key=5
	run -1 --separate-stderr in_world /mnt/ours/ipcrm shm '' 4294967296
	assert_equal "$stderr" $'ipcrm: invalid id: \nipcrm: invalid id: 4294967296'
	run -1 --separate-stderr in_world /mnt/ours/ipcrm -M 0x100000005
	assert_equal "$stderr" "ipcrm: invalid key (0x100000005)"
	assert_equal "$(in_world /mnt/ours/ipcs -m | grep -c ^0x)" 1
}

@test "compat: the same through 'ipctop ipcs', and help and version name who speaks" {
	local program
	actor a shmget
	assert_equal "$(ipctop ipcs -m)" "$(in_world ipcs -m)"
	run -1 --separate-stderr ipctop ipcrm -m 4711
	assert_equal "$stderr" "ipcrm: invalid id (4711)"
	run -0 ipctop ipcmk -Q
	assert_output --regexp '^Message queue id: [0-9]+$'
	for program in ipcs ipcrm ipcmk; do
		run -0 in_world "/mnt/ours/$program" -V
		assert_output "$program from $(ipctop --version)"
		# nothing of the other's help is missing
		assert_equal "$(comm -23 <(in_world "$program" -h | sort) <(in_world "/mnt/ours/$program" -h | sort))" ""
	done
	assert_equal "$(ipctop help ipcs)" "$(in_world ipcs -h)"
}

@test "ipcmk, ipcrm: objects of POSIX, as later versions of util-linux have them" {
	run -1 --separate-stderr in_world /mnt/ours/ipcmk --posix-shmem 1K
	assert_equal "$stderr" $'ipcmk: name is required for POSIX IPC\nTry \'ipcmk --help\' for more information.'
	run -0 in_world /mnt/ours/ipcmk -m 1K -n /one -s -q -p 600
	assert_output $'POSIX shared memory name: /one\nPOSIX message queue name: /one\nPOSIX semaphore name: /one'
	assert_equal "$(in_world stat -c '%a %s' /dev/shm/one /dev/shm/sem.one)" $'600 1024\n600 32'
	# what is there, and perhaps in use, keeps its size
	run -1 --separate-stderr in_world /mnt/ours/ipcmk --posix-shmem 1 --name /one
	assert_equal "$stderr" "ipcmk: create POSIX shared memory failed: File exists"
	assert_equal "$(in_world stat -c %s /dev/shm/one)" 1024
	run -1 --separate-stderr in_world /mnt/ours/ipcrm -v --posix-shmem /none --posix-shmem /a/b --posix-shmem one
	assert_output $'removing POSIX shared memory `/none\'\nremoving POSIX shared memory `/a/b\'\nremoving POSIX shared memory `one\''
	assert_equal "$stderr" $'ipcrm: name `/none\' not found\nipcrm: name `/a/b\' not found'
	run -0 in_world /mnt/ours/ipcrm --posix-semaphore /one --posix-mqueue /one
	assert_equal "$(in_world ls -A /dev/shm)" ""
}

@test "ipcrm: all of one kind of POSIX leaves folders, links and the other kinds, and -a is System V" {
	in_world /mnt/ours/ipcmk -m 1 -n /one -s -M 1 -Q -S 1
	in_world sh -c 'cd /dev/shm && mkdir folder && ln -s one link && touch folder/inside two'
	run -0 in_world /mnt/ours/ipcrm -a
	assert_equal "$(in_world cat /proc/sysvipc/{shm,msg,sem} | wc -l)" 3
	assert_equal "$(in_world ls -A /dev/shm | xargs)" "folder link one sem.one two"
	run -0 in_world /mnt/ours/ipcrm --all=pshm
	assert_equal "$(in_world ls -A /dev/shm | xargs)" "folder link sem.one"
	run -0 in_world /mnt/ours/ipcrm --all=psem
	assert_equal "$(in_world ls -A /dev/shm | xargs)" "folder link"
	# names were chosen by others
	in_world touch $'/dev/shm/a\e[7mb'
	run -0 in_world /mnt/ours/ipcrm -v --all=pshm
	assert_output 'removing POSIX shared memory `/a\x1B[7mb'"'"
}

@test "ipcrm: all queues of POSIX are those of the own IPC namespace, also where none are mounted" {
	in_world /mnt/ours/ipcmk -n /one -q
	run -0 in_world /mnt/ours/ipcrm -v --all=pmsg
	assert_output "removing POSIX message queue \`/one'"
	assert_equal "$(in_world "$IPCTOP" list -nr -k posix-mq -o name)" ""
}
