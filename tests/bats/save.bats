#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# save and restore: what was saved comes back as it was, and nothing is written over.

load saved

setup()
{
	saved_open
}

teardown()
{
	[ -z "${SWAP_GROUP-}" ] || no_swap || :
	world_close
}

@test "save: a segment comes back with key, mode, owner and contents" {
	local sum
	actor a shmget key=0x1234 size=300000 mode=0640
	tell a shmset mode=0640 uid=1234 gid=2345
	segment write "${FACT[a.id]}" 0:5000 8192:1 250000:50000
	sum=$(segment sum "${FACT[a.id]}")

	run -0 ipctop save shm:0x1234 --to "$SAVED"
	assert_output ""
	assert_equal "$(ls -A "$SAVED")" "shm-${FACT[a.id]}.ipctop"
	assert_equal "$(stat -c %a "$SAVED"/*)" 600
	stop a
	assert_equal "$(segments)" 0

	run -0 ipctop restore "$SAVED/shm-${FACT[a.id]}.ipctop"
	assert_output --regexp '^shm:[0-9]+$'
	id=${output#shm:}
	assert_equal "$(sysv "$id" key perms size uid gid nattch)" "$((0x1234)) 640 300000 1234 2345 0"
	assert_equal "$(segment sum "$id")" "$sum"
}

@test "save: a segment without a key comes back without one" {
	actor a shmget size=4096
	ipctop save "shm:${FACT[a.id]}" --to "$SAVED"
	run -0 ipctop restore "$SAVED"/*
	assert_equal "$(sysv "${output#shm:}" key size)" "0 4096"
	assert_equal "$(segments)" 2
}

@test "save: a sparse gigabyte makes no pages and a small file, and comes back sparse" {
	local sum
	actor a shmget key=0x77 size=1G noreserve=1
	segment write "${FACT[a.id]}" 0:1 500000000:3 1073741823:1
	assert_equal "$(sysv "${FACT[a.id]}" rss)" 12288

	ipctop save shm:0x77 --to "$SAVED"
	ipctop cat shm:0x77 | sha256sum >"$BATS_TEST_TMPDIR/sum"
	assert_equal "$(sysv "${FACT[a.id]}" rss swap)" "12288 0"
	[ "$(stat -c %s "$SAVED"/*)" -lt 4096 ]
	stop a

	run -0 ipctop restore "$SAVED"/*
	id=${output#shm:}
	assert_equal "$(sysv "$id" size rss)" "1073741824 12288"
	assert_equal "$(ipctop cat "shm:$id" | sha256sum)" "$(cat "$BATS_TEST_TMPDIR/sum")"
}

@test "save: an ordinary user's sparse segment makes no pages either" {
	local sum
	saved_public
	actor a setuid
	tell a shmget key=0x78 size=256M
	segment write "${FACT[a.id]}" 4096:5 100000000:9000
	assert_equal "$(sysv "${FACT[a.id]}" rss)" 16384
	run -0 ipctop_as_nobody save shm:0x78 --to "$SAVED"
	assert_equal "$(sysv "${FACT[a.id]}" rss)" 16384
	sum=$(segment sum "${FACT[a.id]}")
	stop a

	run -0 ipctop_as_nobody restore "$SAVED/shm-${FACT[a.id]}.ipctop"
	id=${output#shm:}
	assert_equal "$(sysv "$id" size perms uid rss)" "268435456 600 65534 16384"
	assert_equal "$(segment sum "$id")" "$sum"
}

@test "save: pages in swap are saved, for root and for the owner" {
	local sum
	saved_public
	have_swap
	actor a setuid
	tell a shmget key=0x79 size=32M
	in_world sh -c 'echo $$ >"$1"/cgroup.procs && shift && exec "$@"' - "$SWAP_GROUP" "$PYTHON" \
		"$SOURCE/tests/bats/segment.py" write "${FACT[a.id]}" 0:3000000 20000000:3000000
	until_true swapped_out "${FACT[a.id]}" || fail "no page is in swap"
	run -0 ipctop_as_nobody save shm:0x79 --to "$SAVED"
	until_true swapped_out "${FACT[a.id]}" || fail "no page is in swap"
	run -0 ipctop save shm:0x79 --to "$SAVED"
	no_swap
	assert_equal "$(sysv "${FACT[a.id]}" rss swap)" "6008832 0"
	sum=$(segment sum "${FACT[a.id]}")
	for number in "" .1; do
		run -0 ipctop restore --private "$SAVED/shm-${FACT[a.id]}$number.ipctop"
		assert_equal "$(segment sum "${output#shm:}")" "$sum"
	done
}

# Swap, and a group of processes whose pages can be sent there: $SWAP_GROUP. no_swap undoes it.
have_swap()
{
	local group
	for group in /sys/fs/cgroup/memory /sys/fs/cgroup; do
		if [ -e "$group/memory.force_empty" ] || grep -qs memory "$group/cgroup.subtree_control"; then
			break
		fi
		group=
	done
	[ -n "$group" ] || skip "needs the memory controller of control groups"
	SWAP_FILE=$BATS_TEST_TMPDIR/swap
	if ! { fallocate -l 64M "$SWAP_FILE" && chmod 600 "$SWAP_FILE" && mkswap -q "$SWAP_FILE" &&
		swapon "$SWAP_FILE"; }; then
		skip "swap cannot be had here"
	fi
	SWAP_GROUP=$group/ipctop-$$
	mkdir "$SWAP_GROUP"
}

no_swap()
{
	swapoff "$SWAP_FILE"
	rmdir "$SWAP_GROUP"
	SWAP_GROUP=
}

# swapped_out ID: by cgroup v1 or v2.
swapped_out()
{
	if [ -e "$SWAP_GROUP/memory.force_empty" ]; then
		echo 0 >"$SWAP_GROUP/memory.force_empty"
	else
		echo 32M >"$SWAP_GROUP/memory.reclaim"
	fi 2>/dev/null
	[ "$(sysv "$1" rss swap)" = "0 6008832" ]
}

@test "save: a segment of huge pages comes back with huge pages" {
	local sum
	need_hugepages 6
	actor_or_skip a shmget key=0x80 hugetlb=1 size=6M
	segment write "${FACT[a.id]}" 0:10 2500000:1000
	sum=$(segment sum "${FACT[a.id]}")
	ipctop save shm:0x80 --to "$SAVED"
	stop a
	run -0 ipctop restore "$SAVED"/*
	id=${output#shm:}
	assert_equal "$(segment sum "$id")" "$sum"
	actor b shmat id="$id"
	look
	expect "shm:$id" page_size=2097152 flags=hugetlb size=6291456
}

@test "save: a condemned segment can be saved by its id, and comes back without its key" {
	actor a shmget key=0x81
	tell a shmat
	tell a touch
	tell a rmid
	ipctop save "shm:${FACT[a.id]}" --to "$SAVED"
	run -0 ipctop restore "$SAVED"/*
	assert_equal "$(sysv "${output#shm:}" key)" 0
}

@test "save: POSIX shared memory comes back under its name" {
	local sum
	shm_file 'a b' 100000
	in_world sh -c 'chown 1234:2345 "/dev/shm/a b"; chmod 4640 "/dev/shm/a b"'
	sum=$(sum_of '/dev/shm/a b')
	ipctop save 'posix-shm:/a b' --to "$SAVED"
	in_world rm '/dev/shm/a b'

	run -0 ipctop restore "$SAVED"/*
	assert_output 'posix-shm:/a b'
	assert_equal "$(sum_of '/dev/shm/a b')" "$sum"
	# a bit that makes programs run as another is not believed
	assert_equal "$(in_world stat -c '%a %u %g %h' '/dev/shm/a b')" "640 1234 2345 1"
}

@test "save: odd names stay in the folder, and come back" {
	local name
	in_world mkdir -p /dev/shm/..x/y
	for name in '..x/y/z' $'new\nline' $'\e[31mred' '-rf' '%n@&;$(x)' "$(printf 'l%.0s' {1..255})" '...'; do
		in_world sh -c 'printf "%s" "$1" >"/dev/shm/$1"' - "$name"
	done
	run -0 ipctop save -k posix-shm --to "$SAVED"
	assert_equal "$(find "$SAVED" -type f | wc -l)" 7
	assert_equal "$(find "$SAVED" -name '*[^-a-zA-Z0-9._+,=@]*' -type f)" ""
	assert_equal "$(find "$SAVED" -mindepth 1 ! -type f)" ""
	in_world find /dev/shm -type f -delete
	run -0 ipctop restore "$SAVED"/*
	for name in '..x/y/z' $'new\nline' $'\e[31mred' '-rf' '%n@&;$(x)' "$(printf 'l%.0s' {1..255})" '...'; do
		assert_equal "$(in_world cat "/dev/shm/$name")" "$name"
	done
}

@test "save: a file in a folder that is gone is not restored, nor its folder made" {
	in_world mkdir /dev/shm/sub
	shm_file sub/x 10
	ipctop save posix-shm:/sub/x --to "$SAVED"
	in_world rm -r /dev/shm/sub
	run -1 ipctop restore "$SAVED"/*
	assert_output --partial "its folder cannot be opened: No such file or directory"
	assert_equal "$(in_world ls -A /dev/shm)" ""
	# what stands in its place leads nowhere else
	mkdir "$BATS_TEST_TMPDIR/elsewhere"
	in_world ln -s "$BATS_TEST_TMPDIR/elsewhere" /dev/shm/sub
	run -1 ipctop restore "$SAVED"/*
	nothing_left "$BATS_TEST_TMPDIR/elsewhere"
}

@test "save: a sparse POSIX file stays sparse" {
	actor a shm_open name=sparse size=512M
	in_world sh -c 'printf end | dd of=/dev/shm/sparse bs=1 seek=400000000 conv=notrunc status=none'
	stop_leaving a
	ipctop save posix-shm:/sparse --to "$SAVED"
	assert_equal "$(in_world stat -c %b /dev/shm/sparse)" 8
	in_world rm /dev/shm/sparse
	ipctop restore "$SAVED"/*
	assert_equal "$(in_world stat -c '%s %b' /dev/shm/sparse)" "536870912 8"
	assert_equal "$(ipctop cat posix-shm:/sparse --offset 400000000 --length 3)" end
}

stop_leaving()
{
	tell "$1" leak
	stop "$1"
}

@test "save: zeros that were written take no memory when they come back" {
	in_world sh -c 'head -c 4M /dev/zero >/dev/shm/x; printf end >>/dev/shm/x'
	local sum
	sum=$(sum_of /dev/shm/x)
	ipctop save posix-shm:/x --to "$SAVED"
	in_world rm /dev/shm/x
	ipctop restore "$SAVED/posix-shm-x.ipctop"
	assert_equal "$(sum_of /dev/shm/x)" "$sum"
	assert_equal "$(in_world stat -c %b /dev/shm/x)" 8
}

@test "save: a semaphore keeps its value" {
	actor a sem_open name=/turn value=7
	stop_leaving a
	ipctop save posix-sem:/turn --to "$SAVED"
	in_world rm /dev/shm/sem.turn
	run -0 ipctop restore "$SAVED"/*
	assert_output posix-sem:/turn
	assert_equal "$(in_world od -An -tu4 -N4 /dev/shm/sem.turn | tr -d ' ')" 7
}

@test "save: reading leaves the times of a file alone" {
	local before
	shm_file x 5000
	in_world touch -d '3 days ago' /dev/shm/x
	before=$(in_world stat -c '%X %Y %Z' /dev/shm/x)
	ipctop save posix-shm:/x --to "$SAVED"
	ipctop cat posix-shm:/x >/dev/null
	assert_equal "$(in_world stat -c '%X %Y %Z' /dev/shm/x)" "$before"
}

@test "save: what has no name is saved by its holder, and not restored" {
	actor a memfd name=x size=64K
	tell a mmap
	tell a touch bytes=5
	actor b shm_open name=y
	tell b unlink
	tell b mmap
	tell b touch bytes=6
	actor c anon size=8192
	tell c touch bytes=7
	look
	local memfd anon unlinked
	memfd=$(names memfd)
	unlinked=$(names posix-shm)
	anon=$(name_at "${FACT[c.address]}")

	run -0 ipctop save "$memfd" "$unlinked" "$anon" --to "$SAVED"
	assert_equal "$(ipctop cat "$memfd" 2>/dev/null | tr -d '\0')" xxxxx
	assert_equal "$(ipctop cat "$unlinked" 2>/dev/null | tr -d '\0')" xxxxxx
	assert_equal "$(ipctop cat "$anon" 2>/dev/null | tr -d '\0')" xxxxxxx
	for file in "$SAVED"/*; do
		run -0 ipctop restore --list "$file"
		run -1 ipctop restore "$file"
		assert_output --regexp 'cannot be made again|had lost its name'
	done
}

@test "save: of another namespace only when told, and restored here" {
	actor a unshare_ipc
	tell a shmget key=0x99 size=8192
	tell a shmat
	tell a touch bytes=100
	actor b own_shm
	tell b shm_open name=far
	tell b mmap
	tell b touch bytes=50
	look
	local shm posix
	shm=$(names shm)
	posix=$(names posix-shm)
	[[ $shm == *@* && $posix == *@* ]]

	run -1 ipctop save "$shm" "$posix" --to "$SAVED"
	nothing_left "$SAVED"
	run -0 --separate-stderr ipctop save "$shm" "$posix" --to "$SAVED" --all-namespaces
	run -0 ipctop restore "$SAVED"/*
	assert_line posix-shm:/far
	assert_equal "$(ipctop cat posix-shm:/far | tr -d '\0' | wc -c)" 50
	assert_equal "$(ipctop cat "${lines[1]}" | tr -d '\0' | wc -c)" 100
	assert_equal "$(sysv "${lines[1]#shm:}" key)" $((0x99))
}

@test "restore: nothing is written over" {
	local sum
	actor a shmget key=0x11
	shm_file x 1000
	ipctop save shm:0x11 posix-shm:/x --to "$SAVED"
	shm_file x 2000
	sum=$(sum_of /dev/shm/x)

	run -1 ipctop restore "$SAVED"/*
	assert_output --partial "there is one of that name already"
	assert_output --partial "its key 0x00000011 is in use"
	assert_equal "$(segments)" 1
	assert_equal "$(sum_of /dev/shm/x)" "$sum"
	assert_equal "$(in_world ls -A /dev/shm)" x
	run -0 ipctop restore --private "$SAVED"/shm*
	assert_equal "$(segments)" 2
}

@test "save: a number is added to the name of a file that exists" {
	shm_file x 1000
	ipctop save posix-shm:/x --to "$SAVED"
	ipctop save posix-shm:/x --to "$SAVED"
	ipctop save posix-shm:/x --to "$SAVED"
	assert_equal "$(cd "$SAVED" && echo *)" "posix-shm-x.1.ipctop posix-shm-x.2.ipctop posix-shm-x.ipctop"
	run -0 ipctop restore --list "$SAVED"/*
}

@test "save: many files whose names begin alike are saved soon, each in a file of its own" {
	need_command strace
	local long
	long=$(printf 'l%.0s' {1..250})
	in_world sh -c 'for i in $(seq 200); do echo "$i" >"/dev/shm/$1$i"; done' - "$long"
	in_world env ASAN_OPTIONS=detect_leaks=0 strace -f -qq -e trace=linkat,newfstatat -o "$BATS_TEST_TMPDIR/calls" \
		"$IPCTOP" clean --yes --older-than 0 --save "$SAVED" >/dev/null
	assert_equal "$(in_world ls /dev/shm)" ""
	assert_equal "$(find "$SAVED" -name '*.ipctop' | wc -l)" 200
	assert [ "$(grep -c '"posix-shm-l' "$BATS_TEST_TMPDIR/calls")" -lt 5000 ]
	run -0 ipctop restore "$SAVED"/*
	assert_equal "$(in_world sh -c 'cat /dev/shm/* | sort -n')" "$(seq 200)"
}

@test "save: what is removed after saving is not looked for on the whole machine each time" {
	need_command strace
	in_world sh -c 'for i in $(seq 100); do echo "$i" >"/dev/shm/f$i"; done'
	in_world env ASAN_OPTIONS=detect_leaks=0 strace -f -qq -e trace=openat -o "$BATS_TEST_TMPDIR/calls" \
		"$IPCTOP" clean --yes --older-than 0 --save "$SAVED" >/dev/null
	assert_equal "$(in_world ls /dev/shm)" ""
	assert_equal "$(find "$SAVED" -name '*.ipctop' | wc -l)" 100
	# one look each half second, however slow this machine is
	assert [ "$(grep -c '"/proc/locks"' "$BATS_TEST_TMPDIR/calls")" -lt 50 ]
}

@test "restore: a file of somebody else's does not decide who owns what root restores" {
	saved_public
	shm_file x 1000
	ipctop save posix-shm:/x --to "$SAVED"
	in_world rm /dev/shm/x
	local file=$SAVED/posix-shm-x.ipctop

	in_world chown 65534 "$file"
	run -1 ipctop restore "$file"
	assert_output --partial "it does not decide whose the object is"
	assert_equal "$(in_world ls -A /dev/shm)" ""
	run -0 ipctop restore --no-owner "$file"
	in_world rm /dev/shm/x
	in_world chown 0 "$file"
	in_world chmod 666 "$file"
	run -1 ipctop restore "$file"
	assert_equal "$(in_world ls -A /dev/shm)" ""
	in_world chmod 644 "$file"
	run -0 ipctop restore "$file"
}

@test "restore: his own file may say that the object is his" {
	saved_public
	shm_file x 1000
	in_world chown 65534:65534 /dev/shm/x
	run -0 ipctop_as_nobody save posix-shm:/x --to "$SAVED"
	in_world rm /dev/shm/x
	assert_equal "$(in_world stat -c %u "$SAVED/posix-shm-x.ipctop")" 65534
	run -0 ipctop restore "$SAVED/posix-shm-x.ipctop"
	assert_equal "$(in_world stat -c %u /dev/shm/x)" 65534
}

@test "restore: no name of a user in a file reaches a terminal as it is" {
	need_command zstd
	saved_public
	shm_file x 1000
	ipctop save posix-shm:/x --to "$SAVED"
	in_world rm /dev/shm/x
	# shellcheck disable=SC2016 # of the inner shell
	in_world sh -c 'zstd -q -d -c "$1" | LC_ALL=C sed "2s/\"user\": *\"root\"/\"user\":\"\\\\u001b[31mroot\"/" |
		zstd -q --check --no-content-size -o "$2"; chmod 644 "$2"' - "$SAVED/posix-shm-x.ipctop" "$SAVED/forged"
	run -0 ipctop_as_nobody restore "$SAVED/forged"
	assert_output --partial "it was \\x1B[31mroot's and is yours now"
}

@test "restore: an owner that cannot be kept is told" {
	saved_public
	shm_file x 1000
	ipctop save posix-shm:/x --to "$SAVED"
	in_world chmod 644 "$SAVED/posix-shm-x.ipctop"
	in_world rm /dev/shm/x
	run -0 ipctop_as_nobody restore "$SAVED/posix-shm-x.ipctop"
	assert_output --partial "it was root's and is yours now"
	assert_equal "$(in_world stat -c %u /dev/shm/x)" 65534
	in_world rm /dev/shm/x
	run -0 ipctop restore --no-owner "$SAVED/posix-shm-x.ipctop"
	assert_output posix-shm:/x
}

@test "save: what may not be read is told, and the rest is done" {
	saved_public
	actor a shmget key=0x21
	actor b setuid
	tell b shmget key=0x22
	in_world sh -c 'echo secret >/dev/shm/root; chmod 600 /dev/shm/root'
	run -1 ipctop_as_nobody save shm:0x21 shm:0x22 posix-shm:/root --to "$SAVED"
	assert_output --partial "may not be read"
	assert_equal "$(in_world ls "$SAVED")" "shm-${FACT[b.id]}.ipctop"
	run -1 ipctop_as_nobody cat shm:0x21
	assert_output --partial "it is root's and may not be read"
}

@test "save: writers meanwhile are told of" {
	actor a shmget key=0x31
	tell a shmat
	run -0 --separate-stderr ipctop save shm:0x31 --to "$SAVED"
	assert_regex "$stderr" "1 process may write to it meanwhile: what is read may be torn"
	run -0 --separate-stderr ipctop cat shm:0x31
	assert_regex "$stderr" "1 process may write to it meanwhile"
	tell a shmdt
	tell a shmat ro=1
	run -0 --separate-stderr ipctop cat shm:0x31
	assert_equal "$stderr" ""
}

@test "save: a lease in the way is not waited for" {
	actor a shm_open name=x
	tell a lease
	run -1 timeout 10 nsenter -t "$WORLD_PID" "${WORLD_ENTER[@]}" -- "$IPCTOP" cat posix-shm:/x
	assert_output --partial "somebody has a lease on it"
}

@test "save: the document inside is one that every command reads" {
	actor a shmget key=0x41 size=12345
	ipctop save -v shm:0x41 --to "$SAVED" >"$BATS_TEST_TMPDIR/said"
	assert_equal "$(head -n 1 "$BATS_TEST_TMPDIR/said")" \
		"shm:${FACT[a.id]}: saved in $SAVED/shm-${FACT[a.id]}.ipctop"
	assert_equal "$(zstd -dc "$SAVED"/* | head -n 1)" "ipctop-saved 1"
	zstd -dc "$SAVED"/* | sed -n 2p >"$BATS_TEST_TMPDIR/document"
	assert_equal "$(jq -r '.objects[0] | "\(.key) \(.size) \(.holders | length)"' "$BATS_TEST_TMPDIR/document")" \
		"0x00000041 12345 0"
	run -0 ipctop list --snapshot "$BATS_TEST_TMPDIR/document" -n -o name,size -b
	assert_output --partial "shm:${FACT[a.id]}"
	run -0 ipctop restore --list -J "$SAVED"/*
	assert_equal "$(jq -r .objects[0].name <<<"$output")" "shm:${FACT[a.id]}"
	run -0 ipctop restore --list "$SAVED"/*
	assert_output --partial "was saved 2"
	# a blank line stands between two, and nothing for what is no saved object
	local one=$output
	run -1 --separate-stderr --keep-empty-lines ipctop restore --list "$IPCTOP" "$SAVED"/* "$IPCTOP" "$SAVED"/*
	assert_equal "$output" "$one"$'\n\n'"$one"$'\n'
}

@test "save: --json tells of each object" {
	shm_file x 1000
	run -0 ipctop save posix-shm:/x --to "$SAVED" -J
	assert_equal "$(jq -r '.acts[] | "\(.action) \(.result) \(.saved)"' <<<"$output")" \
		"save saved $SAVED/posix-shm-x.ipctop"
	in_world rm /dev/shm/x
	run -0 ipctop restore -J "$SAVED"/*
	assert_equal "$(jq -r '.acts[] | "\(.action) \(.result) \(.name)"' <<<"$output")" \
		"restore restored posix-shm:/x"
}

@test "save: each act is told to the audit" {
	shm_file x 1000
	ipctop save posix-shm:/x --to "$SAVED" --audit "$BATS_TEST_TMPDIR/audit"
	in_world rm /dev/shm/x
	ipctop restore "$SAVED"/* --audit "$BATS_TEST_TMPDIR/audit"
	run -1 ipctop restore "$SAVED"/* --audit "$BATS_TEST_TMPDIR/audit"
	assert_equal "$(jq -r '"\(.action) \(.result) \(.command)"' "$BATS_TEST_TMPDIR/audit")" \
		$'save saved save\nrestore restored restore\nrestore failed restore'
}

@test "restore: where segments go with their maker none is made" {
	actor a shmget key=0x51
	ipctop save shm:0x51 --to "$SAVED"
	stop a
	in_world sh -c 'echo 1 >/proc/sys/kernel/shm_rmid_forced'
	run -1 ipctop restore "$SAVED"/*
	assert_output --partial "kernel.shm_rmid_forced is on"
	assert_equal "$(segments)" 0
}

@test "restore: a file on hugetlbfs comes back there, one on a disk does not" {
	need_hugepages 3
	in_world mount -t hugetlbfs -o size=8M none /mnt || skip "hugetlbfs is not to be had here"
	in_world "$PYTHON" -c '
import mmap, os
f = os.open("/mnt/pages", os.O_RDWR | os.O_CREAT)
os.ftruncate(f, 4 << 20)
mmap.mmap(f, 4 << 20)[3000000:3000005] = b"pages"'
	ipctop save file:/mnt/pages --to "$SAVED"
	in_world rm /mnt/pages
	run -0 ipctop restore "$SAVED"/*
	assert_output file:/mnt/pages
	assert_equal "$(ipctop cat file:/mnt/pages --offset 3000000 --length 5)" pages
	assert_equal "$(in_world stat -c %s /mnt/pages)" 4194304
	in_world umount /mnt

	rm "$SAVED"/*
	actor a create path="$BATS_TEST_TMPDIR/disk"
	tell a mmap
	run -0 --separate-stderr ipctop save "file:$BATS_TEST_TMPDIR/disk" --to "$SAVED"
	stop a
	run -1 ipctop restore "$SAVED"/*
	assert_output --partial "only those on hugetlbfs are made again"
	[ ! -e "$BATS_TEST_TMPDIR/disk" ]
}

@test "save: wrong usage" {
	run -2 ipctop save shm:1
	assert_output --partial -- "--to FOLDER says it"
	run -2 ipctop save --to "$SAVED"
	run -2 ipctop save shm:1 --to "$SAVED" --level 0
	run -2 ipctop save shm:1 --to "$SAVED" --level 23
	run -2 ipctop save rubbish --to "$SAVED"
	run -1 ipctop save shm:1 --to "$SAVED"
	assert_output "ipctop: shm:1: no such object"
	run -2 ipctop restore
	run -1 ipctop restore "$SAVED/none"
	assert_output "ipctop: $SAVED/none: it cannot be read: No such file or directory"
	actor a shmget key=0x61
	run -1 ipctop save shm:0x61 --to "$SAVED/none"
	assert_output "ipctop: $SAVED/none: the folder to save in cannot be opened: No such file or directory"
	actor b shmget key=0x62
	# one line, not one for each object
	run -1 --separate-stderr ipctop rm --force shm:0x61 shm:0x62 --save "$SAVED/none"
	assert_equal "$stderr" "ipctop: $SAVED/none: the folder to save in cannot be opened: No such file or directory"
	assert_output '2 not done'
	run -0 ipctop show shm:0x61 shm:0x62
	run -0 ipctop save shm:0x61 --to "$SAVED" --level 19
}
