#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Many of everything, exactly: every one of them, and each with the right holders.

load world

teardown()
{
	world_close
}

@test "scale: 32768 segments: each of them, as the kernel lists it" {
	world_open
	in_world sh -c 'echo 32768 >/proc/sys/kernel/shmmni'
	local i
	actor a shmget size=1 count=4096
	for i in 4096 4097 8192 10000 65536 1048576; do
		tell a shmget size=$i mode=0640 count=4096
	done
	tell a shmget size=3 count=4095
	tell a shmget size=12345 key=0x7fffffff
	tell a shmat n=2
	tell a leak

	look
	in_world cat /proc/sysvipc/shm >"$BATS_TEST_TMPDIR/sysvipc"
	"$PYTHON" - "$DOC" "$BATS_TEST_TMPDIR/sysvipc" <<-'END'
		import json, sys
		document = json.load(open(sys.argv[1]))
		got = [o for o in document["objects"] if o["kind"] == "shm"]
		lines = [l.split() for l in open(sys.argv[2])][1:]
		# key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime rss swap
		want = {int(l[1]): l for l in lines}
		assert len(want) == 32768 and len(got) == 32768
		assert {o["id"] for o in got} == set(want)
		members = set(got[0])
		for o in got:
		    l = want[o["id"]]
		    assert set(o) == members, o
		    assert o["name"] == "shm:%s" % l[1], o
		    assert int(o["key"], 16) == int(l[0]) and o["size"] == int(l[3]), o
		    assert int(o["mode"], 8) == int(l[2], 8) and o["nattch"] == int(l[6]), o
		    assert o["creator_pid"] == int(l[4]) and o["change_time"] == int(l[13]), o
		    assert o["nattch"] == o["mappings"] == sum(len(h["mappings"]) for h in o["holders"]), o
		total = document["totals"]["shm"]
		assert total["objects"] == 32768 and total["size"] == sum(o["size"] for o in got)
	END
	run -0 ipctop list shm -n -o id -Q 'size == 12345 && nattch == 2'
	assert_output "${FACT[a.id]}"
	run -0 ipctop list -J --by kind -Q 'kind == shm'
	assert_equal "$(jq -c '.groups[] | [.value, .objects]' <<<"$output")" '["shm",32768]'
}

@test "scale: 10000 files: of each the lease tells exactly whether somebody has it" {
	world_open
	local i
	declare -A by=()
	actor all shm_count name=f count=10000 size=4096
	tell all leak
	actor keeper nothing
	for i in 0 17 4095 9999; do
		tell keeper open path=/dev/shm/f$i
		tell keeper mmap length=4096
		tell keeper close
		by[$i]=mapped
	done
	for i in 1 5000 9998; do
		tell keeper open path=/dev/shm/f$i access=r
		by[$i]=open
	done
	for i in 2 128 7777; do
		tell keeper open path=/dev/shm/f$i
		tell keeper in_flight
		by[$i]=unseen
	done

	look --older-than 0
	jq -r '.objects[] | select(.kind == "posix-shm") |
		"\(.name) \(.state) \(.verdict) \([.reasons[].code] | join(",")) \(.holders_complete)"' "$DOC" |
		LC_ALL=C sort >"$BATS_TEST_TMPDIR/got"
	for ((i = 0; i < 10000; i++)); do
		case ${by[$i]-} in
		mapped) echo "posix-shm:/f$i attached live attached" ;;
		open) echo "posix-shm:/f$i open live open" ;;
		unseen) echo "posix-shm:/f$i null live in-use-unseen false" ;;
		*) echo "posix-shm:/f$i detached stale abandoned true" ;;
		esac
	done | LC_ALL=C sort >"$BATS_TEST_TMPDIR/want"
	# of what is seen to be held no lease is asked, so nobody knows whether there are more holders
	sed -i -E 's/^(.* live (attached|open)) .*/\1/' "$BATS_TEST_TMPDIR/got"
	diff "$BATS_TEST_TMPDIR/want" "$BATS_TEST_TMPDIR/got"
	expect posix-shm:/f17 pids="${FACT[keeper.pid]}"
	expect_doc '.totals["posix-shm"] | .objects == 10000 and .stale == 9990'
}

@test "scale: ids and names come sorted, numbers in names as numbers" {
	world_open
	in_world sh -c 'echo 2147483647 >/proc/sys/kernel/shm_next_id' || skip "the kernel cannot choose ids"
	actor a shmget
	in_world sh -c 'echo 7 >/proc/sys/kernel/shm_next_id'
	tell a shmget
	in_world sh -c 'echo 100000 >/proc/sys/kernel/shm_next_id'
	tell a shmget
	tell a shm_count name=f count=300 size=1
	run -0 ipctop list shm -r -n -o id -x id
	assert_output "$(printf '%s\n' 7 100000 2147483647)"
	run -0 ipctop list shm -r -n -o id -x id:desc
	assert_output "$(printf '%s\n' 2147483647 100000 7)"
	run -0 ipctop list posix-shm -n -o name -x name
	assert_output "$(printf 'posix-shm:/f%d\n' {0..299})"
	run -0 ipctop list posix-shm -n -o name -x name:desc
	assert_output "$(printf 'posix-shm:/f%d\n' {299..0})"
}

@test "scale: a key used three times over: each condemned segment keeps its own holders" {
	world_open
	local options
	actor a shmget key=0x00a76098 size=4096
	tell a shmat
	tell a rmid
	actor b shmget key=0x00a76098 size=8192
	tell b shmat n=2
	tell b rmid
	actor c shmget key=0x00a76098 size=12K
	actor d shmat id="${FACT[c.id]}"

	for options in "" --no-procmap-query; do
		# shellcheck disable=SC2086 # none or one
		look $options
		expect "shm:${FACT[a.id]}" state=condemned key=0x00000000 size=4096 nattch=1 mappings=1 \
			pids="${FACT[a.pid]}" lengths=4096 holders_complete=true
		expect "shm:${FACT[b.id]}" state=condemned key=0x00000000 size=8192 nattch=2 mappings=2 \
			pids="${FACT[b.pid]}" lengths=8192,8192 holders_complete=true
		expect "shm:${FACT[c.id]}" state=attached key=0x00a76098 size=12288 nattch=1 mappings=1 \
			pids="${FACT[d.pid]}" lengths=12288 holders_complete=true
		# in all three /proc/PID/maps says the same name
		# shellcheck disable=SC2086
		run -0 ipctop maps $options -n -o object -Q 'kind == shm' "${FACT[a.pid]}" "${FACT[b.pid]}" "${FACT[d.pid]}"
		assert_output "$(printf 'shm:%s\n' "${FACT[a.id]}" "${FACT[b.id]}" "${FACT[b.id]}" "${FACT[c.id]}")"
	done
	stop a
	look
	expect_gone "shm:${FACT[a.id]}"
	expect "shm:${FACT[b.id]}" state=condemned pids="${FACT[b.pid]}"
}

# A file is left behind by a process whose number is in its name; later another has that number.
leave_and_reuse()
{
	local born
	next_pid 500
	actor a nothing
	tell a shm_open name="torch_500_12345_0"
	kill_actor a
	actor seg shmget
	kill_actor seg
	born=$(in_world stat -c %Z /dev/shm/torch_500_12345_0)
	until_true seconds_after $((born + 3))
	next_pid 500
	actor other nothing
	assert_equal "${FACT[other.pid]}" 500
	look --older-than 0
}

@test "scale: a steady clock: the number in a name is another process's now" {
	world_open --steady
	leave_and_reuse
	expect posix-shm:/torch_500_12345_0 family=PyTorch state=detached verdict=stale reasons=abandoned
	expect "shm:${FACT[seg.id]}" creator_alive=false verdict=stale
}

@test "scale: a stepped clock: the number in a name may be the maker's: never stale" {
	world_open --unsteady
	leave_and_reuse
	expect posix-shm:/torch_500_12345_0 family=PyTorch state=detached verdict=unknown \
		reasons=clock-unsteady
	# whoever is gone is gone by any clock
	expect "shm:${FACT[seg.id]}" creator_alive=false verdict=stale reasons=abandoned
}
