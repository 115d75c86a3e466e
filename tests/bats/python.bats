#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Python's multiprocessing, the real one: what it shares, and what leaks past its resource tracker.

load world
load python

setup()
{
	python_open
}

teardown()
{
	world_close
}

@test "python: shared_memory leaked by os._exit: found" {
	python a create 10000
	local name=posix-shm:/${FACT[a.name]}

	look --older-than 0
	expect "$name" kind=posix-shm family="Python shared_memory" state=attached size=10000 \
		allocated=12288 mode=0600 pids="${FACT[a.pid]}" prots=rw-s verdict=live
	leak a
	look
	expect "$name" family="Python shared_memory" state=detached mappings=0 openers=0 pids= \
		holders_complete=true allocated=12288 verdict=idle reasons=young
	look --older-than 0
	expect "$name" state=detached verdict=stale reasons=abandoned
	run -0 ipctop list --by family -J --older-than 0
	assert_equal "$(jq -c '.groups[] | select(.value == "Python shared_memory") |
		[.objects, .size, .allocated, .stale, .stale_allocated]' <<<"$output")" '[1,10000,12288,1,12288]'
}

@test "python: shared_memory: live while another process has it, whoever made it" {
	python a create 4096
	local name=posix-shm:/${FACT[a.name]}
	python b attach "${FACT[a.name]}"
	leak a

	look --older-than 0
	expect "$name" state=attached processes=1 pids="${FACT[b.pid]}" verdict=live
	assert_equal "$(in_world cat "/proc/${FACT[b.pid]}/comm")" \
		"$(jq -r --arg name "$name" '.objects[] | select(.name == $name).holders[0].comm' "$DOC")"
	tell b close
	look --older-than 0
	expect "$name" state=detached holders_complete=true verdict=stale reasons=abandoned
	# it can come back by name, and does
	python c attach "${FACT[a.name]}"
	look --older-than 0
	expect "$name" state=attached pids="${FACT[c.pid]}" verdict=live
	tell c untrack
	tell b untrack
}

@test "python: shared_memory unlinked while another process has it" {
	python a create 4096
	python b attach "${FACT[a.name]}"
	tell b untrack
	tell a unlink

	look
	expect_gone "posix-shm:/${FACT[a.name]}"
	expect_doc "[.objects[] | select(.kind == \"posix-shm\")] | length == 1 and (.[0] |
		.state == \"condemned\" and .flags == [\"unlinked\"] and .links == 0 and .size == 4096 and
		.verdict == \"live\" and any(.holders[]; .pid == ${FACT[b.pid]}))"
	stop a
	stop b
	look
	expect_doc '[.objects[] | select(.kind == "posix-shm")] == []'
}

@test "python: shared_memory given back in order: nothing stays, and nothing is said" {
	python a create 4096
	tell a close
	tell a unlink
	stop a
	look
	expect_doc '[.objects[] | select(.kind == "posix-shm")] == []'
}

@test "python: a semaphore sem.mp-* leaked: its family holds while needed" {
	python a sem spawn
	local name=posix-sem:${FACT[a.name]}
	assert_regex "$name" '^posix-sem:/mp-'

	look --older-than 0
	expect "$name" kind=posix-sem family="Python multiprocessing" state=attached size=32 \
		pids="${FACT[a.pid]}" verdict=live
	tell a give
	leak a
	look --older-than 0
	expect "$name" state=attached pids="${FACT[a.child]}" verdict=live
	in_world kill -KILL "${FACT[a.child]}"
	until_true in_world sh -c "! kill -0 ${FACT[a.child]} 2>/dev/null"
	look
	expect "$name" state=detached verdict=idle reasons=young
	look --older-than 0
	expect "$name" state=detached holders_complete=true verdict=stale reasons=family-orphan
}

@test "python: a semaphore that has no name any more is still mapped by two" {
	python a sem fork
	tell a give

	look --older-than 0
	assert_equal "${FACT[a.name]}" None
		expect_doc "[.objects[] | select(.size == 32)] | length == 1 and (.[0] | .state == \"condemned\" and
		.verdict == \"live\" and .mappings == 2 and ([.holders[].pid] | sort) ==
		([${FACT[a.pid]}, ${FACT[a.child]}] | sort))"
	in_world kill -KILL "${FACT[a.child]}"
}

@test "python: the heap of RawArray has no name, and goes with its process" {
	python a heap 20000

	look --older-than 0
	expect_doc "[.objects[] | select(.kind == \"posix-shm\")] | length == 1 and (.[0] |
		.state == \"condemned\" and .verdict == \"live\" and .size >= 20000 and
		.family == \"Python multiprocessing\" and
		[.holders[].pid] == [${FACT[a.pid]}])"
	kill_actor a
	look --older-than 0
	expect_doc '[.objects[] | select(.kind == "posix-shm")] == []'
}
