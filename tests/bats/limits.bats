#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Large ids, large sizes, large numbers.

load world

setup()
{
	world_open
}

teardown()
{
	world_close
}

# exactly PYTHON: an expression over d, the document, with integers of any size, is true. objects
# by name are in o.
exactly()
{
	"$PYTHON" - "$DOC" "$1" <<-'END' || fail "not true: $1"
		import json, sys
		d = json.load(open(sys.argv[1]))
		o = {x["name"]: x for x in d["objects"]}
		sys.exit(not eval(sys.argv[2]))
	END
}

next_shm_id()
{
	in_world sh -c "echo $1 >/proc/sys/kernel/shm_next_id" || skip "the kernel cannot choose ids"
}

@test "limits: an id of INT_MAX" {
	next_shm_id 2147483647
	actor a shmget size=4096
	assert_equal "${FACT[a.id]}" 2147483647
	tell a shmat

	look
	expect shm:2147483647 id=2147483647 inode=2147483647 nattch=1 mappings=1 state=attached
	run -0 ipctop show -J shm:2147483647
	run -0 ipctop list shm -n -o id
	assert_output 2147483647
}

@test "limits: a key of 0xffffffff" {
	actor a shmget key=0xffffffff
	look
	expect "shm:${FACT[a.id]}" key=0xffffffff
	run -0 ipctop show -J shm:0xffffffff
	run -0 ipctop list -n -o name -Q 'key == 0xffffffff'
	assert_output "shm:${FACT[a.id]}"
}

@test "limits: a segment and a file beyond 2^53 bytes, exact to the byte" {
	actor a shmget size=9007199254740993 noreserve=1
	actor b shm_open name=huge size=9007199254740993

	look
	exactly "o['shm:${FACT[a.id]}']['size'] == 9007199254740993"
	exactly "o['posix-shm:/huge']['size'] == 9007199254740993 and o['posix-shm:/huge']['allocated'] == 0"
	ipctop --json --snapshot "$DOC" | cmp - "$DOC"
	run -0 ipctop list -n -b -o size -Q 'size == 9007199254740993' -k shm,posix-shm
	assert_equal "${#lines[@]}" 2
	assert_line --index 0 9007199254740993
	run -0 ipctop list -n -o name -Q 'size == 9007199254740992'
	assert_output ""
	run -0 ipctop list -n -o size -k shm
	assert_output --regexp '^ *8P$'
}

@test "limits: shmmax and shmall are 64 bits wide and unsigned" {
	look
	exactly "d['limits']['shmmax'] == $(in_world cat /proc/sys/kernel/shmmax)"
	exactly "d['limits']['shmall'] == $(in_world cat /proc/sys/kernel/shmall)"
	exactly "d['limits']['shmmni'] == $(in_world cat /proc/sys/kernel/shmmni)"
	in_world sh -c 'echo 18446744073709551615 >/proc/sys/kernel/shmmax; echo 4503599627370496 >/proc/sys/kernel/shmall'
	look
	exactly "d['limits']['shmmax'] == 18446744073709551615 and d['limits']['shmall'] == 4503599627370496"
	ipctop --json --snapshot "$DOC" | cmp - "$DOC"
}

@test "limits: sums beyond 2^64 are not smaller than their parts" {
	actor a shm_open name=one size=9223372036854771712
	actor b shm_open name=two size=9223372036854771712
	actor c shm_open name=three size=9223372036854771712

	look
	exactly "d['totals']['posix-shm']['size'] >= 2 * 9223372036854771712"
	run -0 ipctop list --by kind -n -b -r -o size -Q 'kind == "posix-shm"'
	[[ $output =~ ^1[0-9]{19}$ ]] || fail "$output"
}

@test "limits: a hundred segments of one byte are a hundred pages" {
	actor a shmget size=1 count=100
	look
	expect_doc '.limits.pages == 100 and .limits.segments == 100 and .totals.shm.size == 100'
}

@test "limits: 32768 segments" {
	in_world sh -c 'echo 32768 >/proc/sys/kernel/shmmni'
	actor a shmget size=1 count=32768
	tell a leak
	tell a shmat

	look
	assert_equal "$(names shm | wc -l)" 32768
	expect "shm:${FACT[a.id]}" nattch=1 mappings=1
	expect_doc '.totals.shm.objects == 32768 and .limits.segments == 32768'
	ipctop --json --snapshot "$DOC" | cmp - "$DOC"
	assert_equal "$(ipctop list shm -n -r | wc -l)" 32768
	assert_equal "$(ipctop list shm -n -o name | sort -u | wc -l)" 32768
}

@test "limits: sparse indexes: a segment far above the others is found" {
	next_shm_id 3000
	actor a shmget
	tell a shmget
	look
	assert_equal "$(names shm | wc -l)" 2
}

@test "limits: 5000 files in /dev/shm, and as many names" {
	actor a shm_count name=f count=5000 size=1
	tell a leak
	look
	assert_equal "$(names posix-shm | wc -l)" 5000
	expect posix-shm:/f4999 state=detached
}

@test "limits: a thousand attachments, two hundred holders" {
	actor a shmget
	tell a shmat n=1000
	actor b shm_open name=popular
	tell b mmap
	tell b fork n=200
	look
	expect "shm:${FACT[a.id]}" nattch=1000 mappings=1000 processes=1 holders_complete=true
	expect posix-shm:/popular processes=201 openers=201
}

@test "limits: folders as deep as they may be: found, or a gap" {
	local path=/dev/shm/d
	for _ in $(seq 60); do path=$path/d; done
	in_world mkdir -p "$path"
	in_world touch "$path/f"
	look
	[ "$(names posix-shm | wc -l)" = 1 ] ||
		expect_doc '.complete == false and any(.gaps[]; .source == "tmpfs" and .error == "ELOOP")'
}

@test "limits: full: no segment left, no space left" {
	in_world sh -c 'echo 1 >/proc/sys/kernel/shmmni'
	actor a shmget
	run -1 actor_start "${WORLD_ENTER[*]}" b shmget
	look
	expect_doc '.limits.shmmni == 1 and .limits.segments == 1'
	in_world mount -o remount,size=16k /dev/shm
	in_world sh -c 'head -c 100000 /dev/zero >/dev/shm/full' || :
	look
	expect_doc '.limits.tmpfs_size == 16384 and .limits.tmpfs_used == 16384'
	expect posix-shm:/full allocated=16384
}
