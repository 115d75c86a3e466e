#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Verdicts and their reasons, as the machine gives them: creators that live, died, or whose number
# somebody else has; clocks that were stepped; other pid namespaces; policy and families.

load world

teardown()
{
	world_close
}

# At once old enough for all rules.
judge()
{
	look --older-than 0 "$@"
}

@test "verdict: the creator lives" {
	world_open --steady
	actor a shmget

	judge
	expect "shm:${FACT[a.id]}" creator_alive=true verdict=idle reasons=creator-alive \
		why="its creator, process ${FACT[a.pid]}, is alive"
}

@test "verdict: the creator died" {
	world_open --steady
	actor a shmget
	kill_actor a

	judge
	expect "shm:${FACT[a.id]}" creator_alive=false verdict=stale reasons=abandoned
	assert_regex "$(member "shm:${FACT[a.id]}" why)" "its creator ${FACT[a.pid]} is gone"
}

@test "verdict: the last user lives, the creator does not" {
	world_open --steady
	actor a shmget
	actor b shmat id="${FACT[a.id]}"
	tell b shmdt
	kill_actor a

	judge
	expect "shm:${FACT[a.id]}" creator_alive=false last_pid="${FACT[b.pid]}" last_alive=true \
		verdict=idle reasons=last-user-alive
	kill_actor b
	judge
	expect "shm:${FACT[a.id]}" last_alive=false verdict=stale
}

@test "verdict: another process has the creator's number now" {
	world_open --steady
	actor a shmget
	look
	local born
	born=$(member "shm:${FACT[a.id]}" change_time)
	kill_actor a
	# what started within two seconds could still be the creator
	until_true seconds_after $((born + 3))
	next_pid "${FACT[a.pid]}"
	actor b nothing
	assert_equal "${FACT[b.pid]}" "${FACT[a.pid]}"

	judge
	expect "shm:${FACT[a.id]}" creator_pid="${FACT[b.pid]}" creator_alive=false verdict=stale \
		reasons=abandoned
}

@test "verdict: a thread has the creator's number now" {
	world_open --steady
	next_pid 500
	actor a shmget
	kill_actor a
	next_pid 499
	actor b nothing
	tell b thread
	assert_equal "${FACT[b.pid]} ${FACT[b.tid]}" "499 ${FACT[a.pid]}"

	judge
	expect "shm:${FACT[a.id]}" creator_pid=500 creator_alive=false verdict=stale
}

@test "verdict: the creator is a zombie" {
	world_open --steady
	actor a zombie

	judge
	expect "shm:${FACT[a.id]}" creator_pid="${FACT[a.child]}" creator_alive=false verdict=stale
}

@test "verdict: the creator's first thread ended, others go on: it lives" {
	world_open --steady
	actor a shmget
	tell a leader_exit

	judge
	expect "shm:${FACT[a.id]}" creator_alive=true verdict=idle reasons=creator-alive
}

@test "verdict: the clock is unsteady: a process with the creator's number may be another" {
	world_open --unsteady
	actor a shmget

	judge
	expect "shm:${FACT[a.id]}" creator_alive=null verdict=unknown reasons=clock-unsteady
	[[ $(member "shm:${FACT[a.id]}" unknown) == *creator_alive* ]] || fail "creator_alive is not unknown"
	kill_actor a
	judge
	expect "shm:${FACT[a.id]}" creator_alive=false verdict=stale reasons=abandoned
}

@test "verdict: the creator is in another pid namespace: it may live" {
	world_open --steady
	actor_outside a shmget
	tell a shmat
	tell a shmdt

	judge
	expect "shm:${FACT[a.id]}" creator_pid=null creator_alive=null last_pid=null verdict=unknown \
		reasons=creator-hidden
}

@test "verdict: a condemned segment is live as long as somebody has it" {
	world_open --steady
	actor a shmget
	actor b shmat id="${FACT[a.id]}"
	tell a rmid
	kill_actor a

	judge
	expect "shm:${FACT[a.id]}" state=condemned creator_alive=false verdict=live reasons=attached
}

@test "verdict: grace times come from the configuration" {
	world_open
	actor a shm_open name=left
	kill_actor a

	look
	expect posix-shm:/left verdict=idle reasons=young
	expect_doc '.policy.grace == 600 and .policy.long_grace == 172800'
	configure "grace 0"
	look
	expect posix-shm:/left verdict=idle reasons=settling
	configure "grace 0" "long-grace 0"
	look
	expect posix-shm:/left verdict=stale reasons=abandoned
	expect_doc '.policy.grace == 0 and .policy.long_grace == 0'
	configure "grace 2h" "long-grace 1w"
	look
	expect_doc '.policy.grace == 7200 and .policy.long_grace == 604800'
}

@test "verdict: --older-than sets both grace times" {
	world_open
	actor a shm_open name=left
	kill_actor a

	look --older-than 1h
	expect posix-shm:/left verdict=idle reasons=young
	look --older-than 0s
	expect posix-shm:/left verdict=stale
}

@test "verdict: the keep list: by name, by key, by pattern" {
	world_open --steady
	actor a shm_open name=cache/one
	kill_actor a
	actor b shmget key=0x00a76098
	kill_actor b
	actor c shm_open name=plain
	kill_actor c
	configure "keep posix-shm:/cache/* shm:0x00a76098"

	judge
	expect posix-shm:/cache/one verdict=idle reasons=kept
	expect "shm:${FACT[b.id]}" verdict=idle reasons=kept
	expect posix-shm:/plain verdict=stale
	expect_doc '.policy.keep == ["posix-shm:/cache/*", "shm:0x00a76098"]'
	configure "keep posix-shm:/plain"
	judge
	expect posix-shm:/plain verdict=idle reasons=kept
	expect "shm:${FACT[b.id]}" verdict=stale
}

@test "verdict: in use beats everything else" {
	world_open
	actor a shm_open name=kept
	configure "keep posix-shm:/kept"
	judge
	expect posix-shm:/kept verdict=live reasons=open
}

@test "verdict: a time in the future" {
	world_open
	actor a shm_open name=tomorrow
	kill_actor a
	in_world touch -d tomorrow /dev/shm/tomorrow

	judge
	expect posix-shm:/tomorrow verdict=idle reasons=future-time age=0
}

@test "verdict: families that are held while needed are stale after the short grace" {
	world_open
	actor a sem_open name=/mp-abcdefgh
	kill_actor a
	actor b shm_open name=psm_0123abcd
	kill_actor b
	actor c shm_open name=unknown
	kill_actor c
	configure "grace 0"

	look
	expect posix-sem:/mp-abcdefgh family="Python multiprocessing" verdict=stale reasons=family-orphan
	expect posix-shm:/psm_0123abcd family="Python shared_memory" verdict=idle reasons=settling
	expect posix-shm:/unknown family=null verdict=idle reasons=settling
}

@test "verdict: the pid in a family's name lives" {
	world_open --steady
	actor owner nothing
	actor a shm_open name="torch_${FACT[owner.pid]}_12345_0"
	kill_actor a

	judge
	expect "posix-shm:/torch_${FACT[owner.pid]}_12345_0" family=PyTorch verdict=idle \
		reasons=family-pid-alive
	kill_actor owner
	judge
	expect "posix-shm:/torch_${FACT[owner.pid]}_12345_0" verdict=stale reasons=abandoned
}

@test "verdict: parts of a family's instance stand and fall together" {
	world_open
	local data=fastrtps_0123456789abcdef
	actor a shm_open name=$data
	actor b shm_open name=${data}_el
	tell b close
	actor c shm_open name=fastrtps_fedcba9876543210_el
	tell c close

	judge
	expect posix-shm:/$data family=Fast-DDS verdict=live
	expect posix-shm:/${data}_el family=Fast-DDS verdict=idle reasons=family-live
	expect posix-shm:/fastrtps_fedcba9876543210_el verdict=stale reasons=family-orphan
	tell a close
	judge
	expect posix-shm:/$data verdict=stale reasons=family-orphan
	expect posix-shm:/${data}_el verdict=stale reasons=family-orphan
}

@test "verdict: a site's own families: held, kept, with a pid" {
	world_open --steady
	actor owner nothing
	actor a shm_open name="render_${FACT[owner.pid]}_tile"
	kill_actor a
	actor b shm_open name=weights-7b
	kill_actor b
	actor c shm_open name=scratch.1
	kill_actor c
	configure 'family Renderer render_([0-9]+)_.* held pid=1 instance=1' \
		'family "Our weights" weights-.+ kept' 'family Scratch scratch\..* held'

	judge
	expect "posix-shm:/render_${FACT[owner.pid]}_tile" family=Renderer verdict=idle \
		reasons=family-pid-alive
	expect posix-shm:/weights-7b family="Our weights" verdict=idle reasons=kept-family
	expect posix-shm:/scratch.1 family=Scratch verdict=stale reasons=family-orphan
}

@test "verdict: a family's name alone is never a verdict" {
	world_open
	actor a shm_open name=PostgreSQL.1234567
	judge
	expect posix-shm:/PostgreSQL.1234567 family=PostgreSQL verdict=live reasons=open
	tell a close
	look
	expect posix-shm:/PostgreSQL.1234567 family=PostgreSQL verdict=idle reasons=young
}

@test "verdict: the owner has no process any more" {
	world_open --host-pids
	actor a setuid uid=54321
	tell a shm_open name=left
	actor b setuid uid=54321
	configure "grace 0"
	kill_actor a

	look
	expect posix-shm:/left verdict=idle reasons=settling
	kill_actor b
	look
	expect posix-shm:/left verdict=stale reasons=owner-gone why="its owner, user 54321, has no process"
}

@test "verdict: an owner's absence is not concluded inside a pid namespace" {
	world_open
	actor a setuid uid=54321
	tell a shm_open name=left
	kill_actor a
	configure "grace 0"

	look
	expect posix-shm:/left verdict=idle reasons=settling
}

@test "verdict: without leases, absence is unknown unless everything could be seen" {
	world_open
	actor a shm_open name=left
	kill_actor a

	judge --no-lease
	expect posix-shm:/left state=null verdict=unknown
	[[ $(member posix-shm:/left reasons) == *no-lease* ]] || fail "no-lease is not among the reasons"
	judge
	expect posix-shm:/left state=detached verdict=stale
}

@test "verdict: without leases, where everything is seen, a second look decides" {
	world_open --host-pids
	actor a shm_open name=left
	kill_actor a

	judge --no-lease
	[ "$(jq .complete "$DOC")" = true ] || skip "not everything can be read on this machine"
	expect posix-shm:/left state=detached verdict=stale
}

@test "verdict: what cannot outlive its holders is live, and never stale" {
	world_open
	actor a memfd name=m
	actor b anon
	actor c create path="$BATS_TEST_TMPDIR/f"
	tell c mmap

	judge
	expect_doc '[.objects[] | select(.kind == "memfd" or .kind == "anon" or .kind == "file") | .verdict] |
		length >= 3 and all(. == "live")'
}

@test "verdict: only stale things are counted as stale" {
	world_open --steady
	actor a shmget size=1M
	tell a shmat
	tell a touch
	actor b shmget
	kill_actor a

	judge
	expect_doc '.totals.shm | .objects == 2 and .stale == 1 and .stale_allocated == 1048576'
	run -0 ipctop list -J -o name -Q 'verdict == stale' --older-than 0
	assert_equal "$(jq -r '.objects[].name' <<<"$output")" "shm:${FACT[a.id]}"
}
