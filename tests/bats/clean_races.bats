#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What happens between the look and the act: the cleaner is halted right before a system call (see
# tests/halt), and the world changes meanwhile.

load cleaning
load halted

teardown()
{
	world_close
}

# What clean, about to remove the file f, meets. For the plan and for the last look at the machine a
# lease is asked; the third time it is for the removal.
before_open() { halted_at open 3 clean --yes --older-than 0 --json; }
before_lease() { halted_at lease 3 clean --yes --older-than 0 --json; }
before_last_look() { halted_at ask 1 clean --yes --older-than 0 --json; }
before_unlink() { halted_at unlink 1 clean --yes --older-than 0 --json; }

# ended RESULT [WHY]
ended()
{
	assert_equal "$(act posix-shm:/f result)" "$1"
	[ -z "${2-}" ] || assert_regex "$(act posix-shm:/f why)" "$2"
	case $1 in
	refused | failed) assert_equal "$status" 1 ;;
	*) assert_equal "$status" 0 ;;
	esac
}

in_shm()
{
	in_world sh -c "cd /dev/shm && $1"
}

@test "races: nothing happens: it is removed, wherever it was halted" {
	world_open
	local at
	for at in before_open before_lease before_last_look before_unlink; do
		leak_file f
		$at
		file_there f "${FACT[leak.f.ino]}"
		go_on
		ended removed
		file_gone f
	done
}

@test "races: a file is made anew under its name" {
	world_open
	leak_file f
	before_open
	in_shm 'rm f && echo other >f'
	go_on
	ended refused 'changed'
	assert_equal "$(in_shm 'cat f')" other
	# with the lease in its hand it holds another file
	before_lease
	in_shm 'echo third >g && mv g f'
	go_on
	ended refused 'changed'
	assert_equal "$(in_shm 'cat f')" third
}

@test "races: a symbolic link, a folder, a pipe stands in its place" {
	world_open
	leak_file precious
	actor holder open path=/dev/shm/precious access=r
	local what
	for what in 'ln -s precious' 'ln -s /dev/shm/precious' mkdir mkfifo; do
		leak_file f
		before_open
		in_shm "rm f && $what f"
		go_on
		ended refused 'changed'
		in_shm '[ -L f ] || [ -d f ] || [ -p f ]' || fail "what was put there is gone"
		file_there precious "${FACT[leak.precious.ino]}"
		in_shm 'rmdir f 2>/dev/null || rm f'
	done
}

@test "races: the folder that it stands in is replaced by a link to another" {
	world_open
	leak_file sub/f
	in_shm 'mkdir other && echo precious >other/f'
	halted_at open 3 rm --older-than 0 --json --kind posix-shm --filter 'name == "posix-shm:/sub/f"' --yes --force
	in_shm 'mv sub moved && ln -s other sub'
	go_on
	assert_equal "$status" 1
	assert_equal "$(in_shm 'cat other/f')" precious
	in_shm 'test -e moved/f'
}

@test "races: somebody removes it, or gives it another name" {
	world_open
	leak_file f
	before_open
	in_shm 'rm f'
	go_on
	ended gone
	leak_file f
	before_open
	in_shm 'mv f g'
	go_on
	ended gone
	file_there g "${FACT[leak.f.ino]}"
}

@test "races: somebody opens it, maps it, has it in flight" {
	world_open
	local at access
	for at in before_open before_lease; do
		for access in r rw; do
			leak_file f
			$at
			actor a open path=/dev/shm/f access=$access
			go_on
			ended refused 'somebody opened it'
			file_there f "${FACT[leak.f.ino]}"
			kill_actor a
			in_shm 'rm f'
		done
	done
	leak_file f
	before_open
	actor a open path=/dev/shm/f
	tell a mmap private=1
	tell a in_flight
	go_on
	ended refused 'somebody opened it'
	file_there f "${FACT[leak.f.ino]}"
}

# An actor that waits to open what has a lease. opened: it has it.
opening()
{
	actor a nothing
	echo "open path=/dev/shm/f access=$1" >&"${ACTOR_IN[a]}"
	until_true in_world grep -q 'LEASE *BREAKING' /proc/locks
}

opened()
{
	actor_answer a || fail "it could not be opened: $ANSWER"
}

@test "races: somebody wants to open it while the lease is held: he gets it" {
	world_open
	local access
	for access in r rw; do
		leak_file f
		before_last_look
		opening $access
		go_on
		opened
		ended refused 'somebody opened it'
		file_there f "${FACT[leak.f.ino]}"
		assert_equal "${FACT[a.ino]}" "${FACT[leak.f.ino]}"
		kill_actor a
		in_shm 'rm f'
	done
}

@test "races: another that only asked for an instant is no user" {
	world_open
	leak_file f
	before_last_look
	# without waiting it is turned away, and the lease counts as asked back all the same
	run -0 ipctop list -n -o name
	go_on
	ended removed
	file_gone f
}

@test "races: the instant that nothing closes: who opens it right before the unlink has the file, not the name" {
	world_open
	leak_file f
	before_unlink
	opening rw
	go_on
	opened
	ended unlinked "last user"
	file_gone f
	assert_equal "${FACT[a.ino]}" "${FACT[leak.f.ino]}"
	tell a mmap
	tell a touch
}

@test "races: it was written meanwhile" {
	world_open
	leak_file f
	before_open
	until_true seconds_after "$(in_world stat -c %Z /dev/shm/f)"
	in_shm 'echo more >>f'
	go_on
	ended refused 'changed'
	file_there f "${FACT[leak.f.ino]}"
}

@test "races: killed with the lease in its hand: the lease is gone, the file is not" {
	world_open
	leak_file f
	before_unlink
	in_world kill -KILL "${FACT[halted.pid]}"
	tell halted go
	assert_equal "${FACT[halted.status]}" 137
	file_there f "${FACT[leak.f.ino]}"
	assert_equal "$(in_world grep -c LEASE /proc/locks)" 0
	in_world timeout 5 cat /dev/shm/f >/dev/null
	clean_now
	file_gone f
}

# halted_segment POINT: clean is about to look at the segment a, or to remove it.
halted_segment()
{
	halted_at "$1" 1 clean --yes --older-than 0 --json
}

segment_ended()
{
	assert_equal "$(act "shm:${FACT[a.id]}" result)" "$1"
	case $1 in
	refused | failed) assert_equal "$status" 1 ;;
	*) assert_equal "$status" 0 ;;
	esac
}

@test "races: a segment: nothing happens, somebody attaches, attaches and detaches again" {
	world_open --steady
	leak a shmget
	halted_segment stat
	go_on
	segment_ended removed
	segment_gone "${FACT[a.id]}"
	leak a shmget
	halted_segment stat
	actor b shmat id="${FACT[a.id]}"
	go_on
	segment_ended refused
	segment_there "${FACT[a.id]}"
	kill_actor b
	# all within a second: no time tells, but the last user does
	actor b shmat id="${FACT[a.id]}"
	tell b shmdt
	kill_actor b
	halted_segment stat
	actor c shmat id="${FACT[a.id]}"
	tell c shmdt
	go_on
	segment_ended refused
	segment_there "${FACT[a.id]}"
	tell c shmat
}

@test "races: a segment is made anew with the same key, or the same id" {
	world_open --steady
	leak a shmget key=0x00a76098
	halted_segment stat
	in_world ipcrm -M 0x00a76098
	actor b shmget key=0x00a76098
	go_on
	segment_ended gone
	segment_there "${FACT[b.id]}"
	stop b
	leak a shmget key=0x00a76098 size=4096
	halted_segment stat
	in_world ipcrm -M 0x00a76098
	in_world sh -c "echo ${FACT[a.id]} >/proc/sys/kernel/shm_next_id" || skip "the kernel cannot choose ids"
	actor b shmget key=0x00a76098 size=8192
	assert_equal "${FACT[b.id]}" "${FACT[a.id]}"
	go_on
	segment_ended refused
	segment_there "${FACT[b.id]}"
}

@test "races: a segment gets another owner" {
	world_open --steady
	leak a shmget
	local born=$EPOCHSECONDS
	halted_segment stat
	until_true seconds_after "$born"
	actor b nothing
	tell b shmset id="${FACT[a.id]}" uid=65534
	go_on
	segment_ended refused
	segment_there "${FACT[a.id]}"
}

@test "races: a segment: who attaches in the last instant keeps it, and it is said to be condemned" {
	world_open --steady
	leak a shmget
	halted_segment rmid
	actor b shmat id="${FACT[a.id]}"
	go_on
	segment_ended condemned
	assert_equal "$(act "shm:${FACT[a.id]}" freed)" 0
	tell b touch
	has_segment "${FACT[a.id]}"
	tell b shmdt
	segment_gone "${FACT[a.id]}"
}

# During the second between the two looks of --confirm-after.
before_confirmation()
{
	halted_at sleep 1 clean --yes --older-than 0 --json --confirm-after 1
}

@test "races: --confirm-after: what came back to life meanwhile is kept" {
	world_open --steady
	leak_file f
	leak_file goes
	leak a shmget
	before_confirmation
	actor b open path=/dev/shm/f access=r
	actor c shmat id="${FACT[a.id]}"
	go_on
	ended kept 'live'
	segment_ended kept
	assert_equal "$(act posix-shm:/goes result)" removed
	file_there f "${FACT[leak.f.ino]}"
	segment_there "${FACT[a.id]}"
	file_gone goes
}

@test "races: --confirm-after: what is another by then is kept, and what is gone is gone" {
	world_open --steady
	leak_file f
	leak_file g
	leak_file h
	leak_file link
	leak a shmget key=7
	before_confirmation
	in_shm 'rm f && echo other >f; rm g; mv h i; rm link && ln -s f link'
	in_world ipcrm -M 7
	actor b shmget key=7
	go_on
	ended gone
	assert_equal "$(act posix-shm:/g result) $(act posix-shm:/h result)" "gone kept"
	segment_ended gone
	assert_equal "$(in_shm 'cat f')" other
	in_shm 'test -L link && test -e i'
	segment_there "${FACT[b.id]}"
}

@test "races: rm: what came to life after it was named is refused" {
	world_open
	leak_file f
	halted_at open 3 rm --json posix-shm:/f
	actor a open path=/dev/shm/f access=r
	go_on
	ended refused 'somebody opened it'
	file_there f "${FACT[leak.f.ino]}"
}

@test "races: two cleaners at once on 2000 files: each goes once, and nothing fails" {
	world_open
	actor all shm_count name=f count=2000 size=4096
	tell all leak
	stop all
	actor keeper shm_open name=kept size=4096

	# shellcheck disable=SC2016 # the inner shell's
	in_world sh -c '"$0" clean --yes --older-than 0 --json >"$1/one" 2>"$1/errors" &
		"$0" clean --yes --older-than 0 --json >"$1/two" 2>>"$1/errors"; wait' "$IPCTOP" "$BATS_TEST_TMPDIR"
	jq -rs '[.[].acts[] | select(.result | IN("gone", "removed", "unlinked") | not)] |
		map(select(.result != "refused" or (.why | test("^somebody opened it meanwhile$|^meanwhile live: open in 1 process") | not)))[]' \
		"$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/two" >"$BATS_TEST_TMPDIR/others"
	[ ! -s "$BATS_TEST_TMPDIR/others" ] || fail "$(cat "$BATS_TEST_TMPDIR/others")"
	# on a busy machine each may have stood in the other's way for longer than it waits
	clean_now
	assert_equal "$(in_world ls /dev/shm)" kept
	assert_equal "$(jq -s '[.[].acts[] | select(.result | IN("removed", "unlinked"))] | length <= 2000 and length > 1900' \
		"$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/two")" true
}

@test "races: killed at any of its system calls: no lease stays, what lives lives, the next does the rest" {
	world_open --steady
	actor keeper shm_open name=kept size=4096
	actor seg shmget
	tell seg shmat
	leak_file f
	leak a shmget

	# shellcheck disable=SC2016 # the inner shell's
	run -0 in_world sh -c '
		halt=$1 ipctop=$2 said=$3 n=1 steps=$4
		while :; do
			test -e /dev/shm/f || head -c 5000 /dev/zero >/dev/shm/f
			case $("$halt" "$said" kill $n "$ipctop" clean --yes --older-than 0 </dev/null) in
			*never*) break ;;
			esac
			test -e /dev/shm/kept || { echo "$n: the file in use is gone"; exit 1; }
			! grep LEASE /proc/locks || { echo "$n: a lease is left"; exit 1; }
			n=$((n + steps))
		done
		test ! -e /dev/shm/f || { echo "the last one left it"; exit 1; }
		echo $n' sh "$BUILD/tests/halt/halt" "$IPCTOP" "$BATS_TEST_TMPDIR/said" "${KILL_STEPS:-13}"
	[ "$output" -gt 100 ] || fail "only $output calls"
	segment_there "${FACT[seg.id]}"
	segment_gone "${FACT[a.id]}"
}
