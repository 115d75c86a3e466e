#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# detach as a command: what it takes, what it shows and asks, what it refuses and why, and every exit status.

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

# A process that has attached a segment of 64 KiB, 100 bytes of it written: $SEG, $PID.
attached()
{
	actor seg shmget size=65536
	tell seg shmat "$@"
	tell seg touch bytes=100
	SEG=shm:${FACT[seg.id]} PID=${FACT[seg.pid]}
}

# … and another one that has attached it too: $OTHER.
attached_by_two()
{
	attached
	actor other shmat id="${FACT[seg.id]}"
	OTHER=${FACT[other.pid]}
}

# By the kernel's count.
nattch()
{
	in_world awk -v id="${FACT[seg.id]}" '$2 == id { print $7 }' /proc/sysvipc/shm
}

# memory NAME BYTES: what the actor's latest mapping holds.
memory()
{
	in_world dd if="/proc/${FACT[$1.pid]}/mem" bs=1 skip="$((${FACT[$1.address]}))" count="$2" status=none |
		tr '\0' .
}

# How its mapping stands in maps: "rw-s", "rw-p" …
prot()
{
	in_world awk -v start="${FACT[$1.address]#0x}-" 'index($1, start) == 1 { print $2 }' "/proc/${FACT[$1.pid]}/maps"
}

untouched()
{
	assert_equal "$(nattch) $(prot seg)" "$1 rw-s"
}

TOO='with a copy of its own process [0-9]+ no longer sees what others write to it, nor they what it writes'

@test "detach: wrong usage: who, which, and what to leave" {
	attached
	run -2 ipctop detach
	assert_line --index 0 "ipctop: detach from which object? Names are those that 'ipctop list' prints"
	run -2 ipctop detach "$SEG"
	assert_line --index 0 'ipctop: which process is to let go? --pid names it, --all are all holders, --filter chooses among them'
	run -2 ipctop detach "$SEG" --pid "$PID" --all
	assert_line --index 0 'ipctop: --pid, --all and --filter exclude each other'
	run -2 ipctop detach "$SEG" --all --filter 'pid > 0'
	local pid
	for pid in '' 0 -1 1x 1,,2 4294967296 '*' $'1\e[2K'; do
		run -2 ipctop detach "$SEG" --yes "--pid=$pid"
		assert_line --index 0 --regexp "^ipctop: .*' is not a process number$"
	done
	run -2 ipctop detach "$SEG" --pid "$PID" --leave nothing
	assert_line --index 0 'ipctop: what is left is a copy or a fence'
	run -2 ipctop detach "$SEG" --filter 'com == "actor"'
	assert_line --index 0 "ipctop: filter: column 1: unknown field 'com' (did you mean 'comm'?)"
	run -2 ipctop detach /dev/shm/x --pid "$PID" --yes
	run -2 ipctop detach "$SEG" --pid "$PID" --yes --snapshot "$DOC"
	untouched 1
}

@test "detach: without a terminal and without --yes: the plan, nothing changed, 1" {
	attached n=2
	run -1 --separate-stderr ipctop detach "$SEG" --pid "$PID"
	assert_line --index 0 --regexp '^NAME +PID COMM +START LENGTH COPY OTHERS BECOMES$'
	assert_line --index 1 --regexp "^$SEG +$PID actor 0x[0-9a-f]+ +64K +[0-9.K]+ - +detached$"
	assert_line --index 2 --regexp "^$SEG +$PID actor 0x[0-9a-f]+ +64K +- - +detached$"
	assert_line --index 3 --regexp '^2 mappings of 1 process, [0-9.K]+ to copy$'
	[ ${#lines[@]} = 4 ] || fail "$output"
	assert_equal "$stderr" 'ipctop: nothing was changed: there is no terminal to ask on; --yes does it without a question'
	untouched 2
}

@test "detach: --dry-run shows the plan and changes nothing, --yes or not: 0" {
	attached
	run -0 ipctop detach "$SEG" --pid "$PID" --dry-run --yes
	assert_line --index 1 --regexp "^$SEG +$PID "
	run -0 ipctop detach "$SEG" --all --dry-run --leave fence
	assert_line 'a process that touches a fence gets SIGSEGV, which ends most'
	run -0 ipctop detach "$SEG" --all --dry-run --json
	jq -e --argjson pid "$PID" --arg start "${FACT[seg.address]}" '.acts | length == 1 and (.[0] |
		.action == "detach" and .result == "planned" and .pid == $pid and .comm == "actor" and
		.start == $start and .length == 65536 and .offset == 0 and .prot == "rw-s" and .leave == "copy" and
		.copy >= 4096 and .other_holders == 0 and .others == null and .becomes == "detached" and
		.stopped == null and .nattch == 1 and .new_nattch == 0)' <<<"$output"
	untouched 1
}

@test "detach: the process goes on with what was there, and the kernel's count falls" {
	attached n=2
	run -0 --separate-stderr ipctop detach "$SEG" --pid "$PID" --yes
	assert_output --regexp '^2 detached; the process stood still for [0-9.]+ (ms|s)$'
	assert_equal "$stderr" ''
	assert_equal "$(nattch) $(prot seg)" '0 rw-p'
	assert_equal "$(memory seg 102)" "$(printf 'x%.0s' {1..100}).."
	tell seg touch bytes=200
	look
	expect "$SEG" nattch=0 mappings=0 state=detached
	run -1 ipctop detach "$SEG" --pid "$PID" --yes
	assert_output "ipctop: $SEG: process $PID does not hold it"
}

@test "detach: -v says what became of each mapping, --json all of it" {
	attached n=2
	run -0 ipctop detach "$SEG" --pid "$PID" --yes -v
	assert_line --index 0 --regexp "^$SEG: process $PID \(actor\) detached, 64K at 0x[0-9a-f]+, stood still for [0-9.]+ m?s$"
	assert_line --index 1 --regexp "^$SEG: process $PID \(actor\) detached, 64K at 0x[0-9a-f]+$"
	tell seg shmat n=2
	run -0 ipctop detach "$SEG" --pid "$PID" --yes --json
	jq -e '.acts | length == 2 and all(.[]; .result == "detached" and .nattch == 2 and .new_nattch == 0 and
			.becomes == "detached" and .why == null) and
		(.[0].stopped | type == "number" and . > 0 and . < 20) and .[1].stopped == null' <<<"$output"
}

@test "detach: what others hold too is refused, and says who they are and what it would mean" {
	attached_by_two
	run -1 --separate-stderr ipctop detach "$SEG" --pid "$PID" --yes
	assert_output '1 refused'
	assert_regex "$stderr" "^ipctop: $SEG: process $PID \(actor\) not detached: held too by $OTHER \(actor\): $TOO; --force does it all the same$"
	# the plan says so already
	run -1 --separate-stderr ipctop detach "$SEG" --pid "$PID"
	assert_regex "$stderr" "not detached: held too by $OTHER "
	assert_line '0 mappings of 0 processes'
	run -0 ipctop detach "$SEG" --pid "$PID" --dry-run --json
	assert_equal "$(act "$SEG" result) $(act "$SEG" others) $(act "$SEG" other_holders)" "refused $OTHER (actor) 1"
	run -1 ipctop detach "$SEG" --pid "$PID" --leave fence
	assert_line --regexp "not detached: held too by $OTHER \(actor\): they go on with it, and process $PID gets SIGSEGV where it touches it; --force "
	untouched 2
}

@test "detach --force: the others keep it, and neither sees any more what the other writes" {
	attached_by_two
	run -1 ipctop detach "$SEG" --pid "$PID" --force
	assert_line --regexp "^$SEG +$PID .* $OTHER \(actor\) +attached$"
	assert_line 'these processes no longer see what others write there, nor others what they do'
	run -0 ipctop detach "$SEG" --pid "$PID" --force --yes --json
	assert_equal "$(act "$SEG" nattch) $(act "$SEG" new_nattch) $(act "$SEG" becomes)" '2 1 attached'
	assert_equal "$(nattch) $(prot seg) $(prot other)" '1 rw-p rw-s'
	assert_equal "$(memory other 101)" "$(printf 'x%.0s' {1..100})."
	tell other touch bytes=300
	assert_equal "$(memory seg 101)" "$(printf 'x%.0s' {1..100})."
	tell seg touch bytes=400
	assert_equal "$(memory other 301)" "$(printf 'x%.0s' {1..300})."
}

@test "detach: attachments that no holder is seen of count as others" {
	attached
	actor_outside unseen shmat id="${FACT[seg.id]}"
	run -1 ipctop detach "$SEG" --pid "$PID" --yes
	assert_line --regexp "^ipctop: $SEG: process $PID \(actor\) not detached: others that cannot be seen may hold it too: $TOO; --force "
	run -0 ipctop detach "$SEG" --pid "$PID" --yes --force
	assert_equal "$(nattch)" 1
	# none of those can be made to let go, and that is no success
	run -1 ipctop detach "$SEG" --all --yes --force
	assert_output "ipctop: $SEG: none of its holders can be seen"
}

@test "detach: who does not hold it, does not exist, or only has it open or private" {
	attached
	actor other open path=/dev/null
	run -1 ipctop detach "$SEG" --pid "${FACT[other.pid]},4194303" --yes
	assert_line --index 0 "ipctop: $SEG: process ${FACT[other.pid]} does not hold it"
	assert_line --index 1 "ipctop: $SEG: process 4194303 does not exist"
	[ ${#lines[@]} = 2 ] || fail "$output"
	# of several the others let go all the same
	run -1 ipctop detach "$SEG" --pid "${FACT[other.pid]}" --pid "$PID" --yes
	assert_line --regexp '^1 detached; '
	actor file shm_open name=f size=4096
	run -1 ipctop detach posix-shm:/f --pid "${FACT[file.pid]}" --yes --force
	assert_line "ipctop: posix-shm:/f: process ${FACT[file.pid]} (actor) not detached: that process has it open, and does not map it shared: a descriptor goes when the process closes it"
	actor private create path="$BATS_TEST_TMPDIR/file" size=4096
	tell private mmap
	actor reader open path="$BATS_TEST_TMPDIR/file"
	tell reader mmap private=1
	run -1 ipctop detach "file:$BATS_TEST_TMPDIR/file" --pid "${FACT[reader.pid]}" --yes --force
	assert_line --regexp "^ipctop: .*: process ${FACT[reader.pid]} \(actor\) not detached: that process has it open, "
	run -1 ipctop detach shm:999999 --pid "$PID" --yes
	assert_output 'ipctop: shm:999999: no such object'
}

@test "detach: what nobody holds, and what the kernel itself maps" {
	leak seg shmget
	run -0 ipctop detach "shm:${FACT[seg.id]}" --all --yes
	assert_output "shm:${FACT[seg.id]}: nobody holds it"
	run -0 ipctop detach "shm:${FACT[seg.id]}" --all --json
	assert_equal "$(jq -c .acts <<<"$output")" '[]'
	actor_or_skip aio aio
	look
	run -1 ipctop detach "$(names special | head -n 1)" --all --yes --force
	assert_line --regexp 'not detached: that cannot be done to mappings made by the kernel$'
}

@test "detach --filter chooses among the holders, --all takes each" {
	attached_by_two
	tell other name name=worker
	run -0 ipctop detach "$SEG" --filter 'comm == "nobody"' --yes
	run -0 ipctop detach "$SEG" --filter 'comm == "nobody"' --dry-run
	assert_output 'nothing matches'
	run -0 ipctop detach "$SEG" -Q 'comm == "worker" && uid == 0' --yes --force -v
	assert_line --index 0 --regexp "^$SEG: process $OTHER \(worker\) detached, "
	assert_equal "$(nattch) $(prot seg) $(prot other)" '1 rw-s rw-p'
	tell other shmat
	run -0 ipctop detach "$SEG" --all --yes --force --json
	assert_equal "$(jq -c '[.acts[] | [.result, .nattch, .new_nattch, .becomes]]' <<<"$output")" \
		'[["detached",2,1,"attached"],["detached",1,0,"detached"]]'
	assert_equal "$(nattch)" 0
}

@test "detach: the last holder of a condemned segment: it is gone" {
	attached
	tell seg rmid
	run -0 ipctop detach "$SEG" --all --yes --json
	assert_equal "$(act "$SEG" result) $(act "$SEG" becomes) $(act "$SEG" new_nattch)" 'detached gone 0'
	segment_gone "${FACT[seg.id]}"
	assert_equal "$(memory seg 101)" "$(printf 'x%.0s' {1..100})."
}

@test "detach: POSIX shared memory, memfd, anonymous memory and a file, in one call" {
	actor posix shm_open name=f size=8192
	tell posix mmap prot=rw
	tell posix touch bytes=10
	actor memfd memfd size=8192
	tell memfd mmap
	tell memfd touch bytes=10
	actor anon anon size=8192
	tell anon touch bytes=10
	actor file create path="$BATS_TEST_TMPDIR/file" size=8192
	tell file mmap
	tell file touch bytes=10
	look
	local name what memfd anon
	memfd=$(names memfd) anon=$(names anon)
	# not all processes of the machine are in sight from here
	run -1 ipctop detach posix-shm:/f "$memfd" "$anon" "file:$BATS_TEST_TMPDIR/file" --all --yes
	assert_line '4 refused'
	run -0 ipctop detach posix-shm:/f "$memfd" "$anon" "file:$BATS_TEST_TMPDIR/file" --all --yes --force --json
	for name in posix-shm:/f "$memfd" "file:$BATS_TEST_TMPDIR/file"; do
		assert_equal "$(act "$name" result) $(act "$name" becomes) $(act "$name" nattch)" 'detached open null'
	done
	assert_equal "$(act "$anon" result)" detached
	for what in posix memfd anon file; do
		assert_equal "$what $(prot $what) $(memory $what 11)" "$what rw-p xxxxxxxxxx."
	done
	look
	expect posix-shm:/f state=open mappings=0
	expect_gone "$anon"
	assert_equal "$(head -c 11 "$BATS_TEST_TMPDIR/file" | tr '\0' .)" xxxxxxxxxx.
}

@test "detach: on a terminal a question; no is no failure, and changes nothing" {
	attached
	run -0 on_terminal 'n\n' -- detach "$SEG" --pid "$PID"
	assert_line --regexp '^Go on with 1 mapping of 1 process, [0-9.K]+ to copy\? \[y/N\] n$'
	assert_line 'nothing was changed'
	run -0 on_terminal '\x04' -- detach "$SEG" --pid "$PID"
	untouched 1
	run -0 on_terminal 'y\n' -- detach "$SEG" --pid "$PID"
	assert_line --regexp '^1 detached; the process stood still for '
	assert_equal "$(nattch)" 0
}

@test "detach --leave fence: asks for the name, or wants --yes and --force" {
	attached
	run -2 ipctop detach "$SEG" --pid "$PID" --leave fence --yes
	assert_line --index 0 --regexp '^ipctop: --leave fence without a question needs --force beside --yes'
	run -1 --separate-stderr ipctop detach "$SEG" --pid "$PID" --leave fence
	assert_equal "$stderr" 'ipctop: nothing was changed: there is no terminal to ask on; --yes --force does it without a question'
	local answer
	for answer in 'y\n' 'shm:\n' '\n' "$SEG \n" '\x04'; do
		run -0 on_terminal "$answer" -- detach "$SEG" --pid "$PID" --leave fence
		assert_line 'nothing was changed'
	done
	untouched 1
	run -0 on_terminal "$SEG\n" -- detach "$SEG" --pid "$PID" --leave fence
	assert_line "Type $SEG to go on: $SEG"
	assert_equal "$(nattch) $(prot seg)" '0 ---p'
	tell seg shmat
	run -0 ipctop detach "$SEG" --pid "$PID" --leave fence --yes --force
	assert_equal "$(nattch) $(prot seg)" '0 ---p'
	# who touches it gets what was promised
	printf 'touch\n' >&"${ACTOR_IN[seg]}"
	actor_wait seg
}

@test "detach: on a terminal, too, a sentence says why something is refused, once" {
	attached_by_two
	run -1 on_terminal -- detach "$SEG" --pid "$PID"
	assert_line --regexp "^ipctop: $SEG: process $PID \(actor\) not detached: held too by $OTHER .*; --force does it all the same$"
	actor third shmget key=0 size=4096
	tell third shmat
	run -1 on_terminal 'y\n' -- detach "$SEG" "shm:${FACT[third.id]}" --pid "$PID,${FACT[third.pid]}"
	assert_equal "$(grep -c 'not detached: held too by' <<<"$output")" 1
	assert_line --regexp '^1 detached, 1 refused; '
}

@test "detach: a process with two objects is one process, and +COL adds to what detach shows" {
	attached
	tell seg create path="$BATS_TEST_TMPDIR/file" size=4096
	tell seg mmap
	look
	run -0 ipctop detach "$SEG" "file:$BATS_TEST_TMPDIR/file" --pid "$PID" --force --dry-run -o +prot
	assert_line --index 0 --regexp '^NAME +PID COMM .* BECOMES +PROT$'
	assert_line --regexp '^2 mappings of 1 process, '
	assert_line 'what these processes write there no longer reaches the file'
}

@test "detach: who runs out of descriptors does not take a process for gone" {
	local n
	attached
	for n in 5 6 7; do
		run in_world bash -c "ulimit -n $n; exec \"\$@\"" - "$IPCTOP" detach "$SEG" --pid "$PID" --yes
		[ "$(nattch)" = 0 ] && break
		assert_equal "$n $status" "$n 1"
		assert_line --regexp "Too many open files"
	done
}

@test "detach: an audit file beyond RLIMIT_FSIZE is told as a full disk is" {
	attached
	run -1 in_world bash -c 'ulimit -f 0; exec "$@"' - "$IPCTOP" detach "$SEG" --pid "$PID" --yes \
		--audit "$BATS_TEST_TMPDIR/audit"
	assert_line --regexp 'not all of it could be written: File too large$'
	assert_line --regexp '^1 detached; '
}

@test "detach: an object of another IPC namespace only with --all-namespaces" {
	actor ipc unshare_ipc
	tell ipc shmget
	tell ipc shmat
	look
	local seg
	seg=$(names shm)
	assert_regex "$seg" "^shm:${FACT[ipc.id]}@"
	run -1 ipctop detach "$seg" --all --yes
	assert_line --regexp "^ipctop: $seg: process ${FACT[ipc.pid]} \(actor\) not detached: of another namespace; commands act on those with --all-namespaces$"
	assert_equal "$(prot ipc)" rw-s
	run -0 ipctop detach "$seg" --all --yes --all-namespaces --json
	assert_equal "$(act "$seg" result) $(act "$seg" nattch) $(act "$seg" new_nattch)" 'detached 1 0'
	assert_equal "$(prot ipc)" rw-p
}

@test "detach: what changes between the look and the act is refused, and says what" {
	attached
	halted_at stat 1 detach "$SEG" --pid "$PID" --yes
	tell seg shmat
	go_on
	assert_equal "$status" 1
	assert_line --index 0 "ipctop: $SEG: process $PID (actor) not detached: meanwhile it maps that in another way"
	tell seg shmdt
	halted_at stat 1 detach "$SEG" --pid "$PID" --yes
	tell seg shmdt
	go_on
	assert_equal "$status" 0
	assert_line --index 0 '1 gone'
}

@test "detach: who attaches it, or goes, between the look and the act" {
	attached
	actor other nothing
	halted_at stat 1 detach "$SEG" --pid "$PID" --yes
	tell other shmat id="${FACT[seg.id]}"
	go_on
	assert_equal "$status" 1
	assert_line --index 0 "ipctop: $SEG: process $PID (actor) not detached: meanwhile somebody else attached it"
	untouched 2
	halted_at stat 1 detach "$SEG" --pid "$PID" --yes --force --json
	kill_actor seg
	go_on
	assert_equal "$status" 0
	assert_equal "$(act "$SEG" result) $(act "$SEG" why) $(act "$SEG" becomes)" 'gone that process has ended null'
}

@test "detach: as an ordinary user: another's process is not traced, his own lets go" {
	world_public
	actor own setuid dumpable=1
	tell own shmget
	tell own shmat
	run -0 ipctop_as_nobody detach "shm:${FACT[own.id]}" --all --yes
	assert_equal "$(prot own)" rw-p
	attached
	tell seg shmset mode=0666
	run -1 ipctop_as_nobody detach "$SEG" --pid "$PID" --yes --force
	assert_output "ipctop: $SEG: process $PID cannot be read by this user: whether it holds it is not known"
	untouched 1
}

@test "detach: who may trace a process and not send it signals is not told that it has ended" {
	actor a setuid uid=65534
	tell a shmget size=65536
	tell a shmat
	run -0 in_world setpriv --bounding-set -kill --inh-caps -kill "$IPCTOP" detach "shm:${FACT[a.id]}" --all --yes --verbose
	assert_output --partial "process ${FACT[a.pid]} (actor) detached"
	look
	expect "shm:${FACT[a.id]}" nattch=0
}

@test "detach: tables as asked for, raw and in pairs" {
	attached
	run -0 ipctop detach "$SEG" --all --yes -nr -o name,pid,result,nattch,new_nattch
	assert_output "$SEG $PID detached 1 0"
	tell seg shmat
	run -0 ipctop detach "$SEG" --all --yes -P -o pid,leave
	assert_output "PID=\"$PID\" LEAVE=\"copy\""
}

@test "detach: --audit has each mapping, with its process" {
	attached n=2
	ipctop detach "$SEG" --all --yes --audit "$BATS_TEST_TMPDIR/audit"
	jq -se --arg name "$SEG" --argjson pid "$PID" 'length == 2 and
		all(.[]; .action == "detach" and .name == $name and .process == $pid and .comm == "actor" and
			.pid != $pid and .result == "detached" and .leave == "copy" and .length == 65536 and
			.nattch == 2 and .new_nattch == 0 and .command == "detach") and
		(.[0].stopped | type == "number")' "$BATS_TEST_TMPDIR/audit"
}

@test "rm --detach: wants --force, and asks once about all" {
	attached
	run -2 ipctop rm --detach "$SEG" --yes
	assert_line --index 0 'ipctop: --detach needs --force beside it: its holders lose what they share'
	run -2 on_terminal -- rm --detach --force -i "$SEG"
	run -1 --separate-stderr ipctop rm --detach --force "$SEG"
	assert_line --index 0 --regexp '^NAME +ACTION +PID COMM +LENGTH COPY ALLOCATED$'
	assert_line --index 1 --regexp "^$SEG +detach +$PID actor +64K "
	assert_line --index 2 --regexp "^$SEG +remove +- - +- +- "
	assert_line --index 3 --regexp '^1 object, 4K would come back; 1 mapping of 1 process, [0-9.K]+ to copy$'
	run -0 on_terminal 'n\n' -- rm --detach --force "$SEG"
	assert_line --regexp '^Go on with 1 object, 4K; 1 mapping of 1 process, .* to copy\? \[y/N\] n$'
	untouched 1
	segment_there "${FACT[seg.id]}"
}

@test "rm --detach: holders let go, and then the object goes: a segment, a file" {
	attached_by_two
	actor file shm_open name=f size=4096
	tell file mmap
	tell file close
	actor opener shm_open name=g size=4096
	run -0 ipctop rm --detach --force --yes --json "$SEG" posix-shm:/f posix-shm:/g
	assert_equal "$(jq -r '[.acts[] | .name + " " + .result] | sort | join(", ")' <<<"$output")" \
		"posix-shm:/f detached, posix-shm:/f removed, posix-shm:/g unlinked, $SEG detached, $SEG detached, $SEG removed"
	segment_gone "${FACT[seg.id]}"
	file_gone f
	assert_equal "$(prot seg) $(prot other) $(prot file)" 'rw-p rw-p rw-p'
	assert_equal "$(memory other 101)" "$(printf 'x%.0s' {1..100})."
}

@test "rm --detach: where one does not let go, nobody does, and the object stays" {
	attached
	actor_outside unseen shmat id="${FACT[seg.id]}"
	run -1 ipctop rm --detach --force --yes "$SEG"
	assert_line "ipctop: $SEG: process $PID (actor) not detached: it is not removed, since not all of its holders would let go"
	assert_line "ipctop: $SEG: not removed: some of its attachments are of processes that cannot be seen"
	assert_line '2 refused'
	untouched 2
	segment_there "${FACT[seg.id]}"
}

@test "rm --detach: who attaches it while its holders let go keeps it" {
	attached
	actor other nothing
	# the first call is the look before the holder lets go
	halted_at stat 1 rm --detach --force --yes "$SEG"
	tell seg shmat
	go_on
	assert_equal "$status" 1
	assert_line "ipctop: $SEG: process $PID (actor) not detached: meanwhile it maps that in another way"
	assert_line "ipctop: $SEG: not removed: process $PID has not let go of it"
	segment_there "${FACT[seg.id]}"
	tell seg shmdt
	halted_at stat 1 rm --detach --force --yes "$SEG"
	tell other shmat id="${FACT[seg.id]}"
	go_on
	assert_equal "$status" 1
	assert_line "ipctop: $SEG: not removed: meanwhile somebody else came to map it"
	segment_there "${FACT[seg.id]}"
	assert_equal "$(nattch)" 1
}
