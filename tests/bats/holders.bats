#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Who holds an object: all ways of holding, those that no scan can see included.

load world

setup()
{
	world_open
}

teardown()
{
	[ -z "${LOOP-}" ] || losetup -d "$LOOP"
	world_close
}

@test "held: by a descriptor for reading, for writing, for both" {
	actor a shm_open name=f size=4096
	tell a open access=r
	tell a open access=w

	look
	expect posix-shm:/f state=open openers=1 access=rw,r,w fds=3,4,5
}

@test "held: by a mapping whose descriptor is closed" {
	actor a shm_open name=f size=4096
	tell a mmap
	tell a close

	look
	expect posix-shm:/f state=attached openers=0 mappings=1 verdict=live reasons=attached
}

@test "held: by a private mapping" {
	actor a shm_open name=f size=4096
	tell a mmap private=1
	tell a close

	look
	expect posix-shm:/f state=attached verdict=live reasons=attached prots=rw-p pids="${FACT[a.pid]}"
}

@test "held: by an O_PATH descriptor, which says so" {
	actor a shm_open name=f size=4096
	tell a close
	tell a open access=path

	look
	expect posix-shm:/f state=open openers=1 access=path verdict=live reasons=open
}

@test "held: by a mapping without any access" {
	actor a shm_open name=f size=4096
	tell a mmap prot=-
	tell a close

	look
	expect posix-shm:/f state=attached prots=---s
}

@test "held: by forked children when the maker has gone" {
	actor a shm_open name=f size=4096
	tell a mmap
	tell a close
	tell a fork n=2 orphan=1
	kill_actor a

	look
	expect posix-shm:/f state=attached processes=2 verdict=live
}

@test "held: a segment by forked children when the creator has gone" {
	actor a shmget
	tell a shmat
	tell a fork n=2 orphan=1
	kill_actor a

	look
	expect "shm:${FACT[a.id]}" state=attached processes=2 nattch=2 creator_alive=false \
		verdict=live reasons=attached holders_complete=true
}

@test "held: by a thread's own table of descriptors" {
	actor a shm_open name=f size=4096
	tell a thread own_table=1

	look
	expect posix-shm:/f state=open openers=1 pids="${FACT[a.pid]}" verdict=live reasons=open
}

@test "held: by a process whose first thread has ended" {
	actor a shm_open name=f size=4096
	tell a mmap
	actor b shm_open name=g size=4096
	actor c shmget
	tell c shmat
	tell a leader_exit
	tell b leader_exit
	tell c leader_exit

	look
	expect posix-shm:/f state=attached mappings=1 openers=1 pids="${FACT[a.pid]}" verdict=live \
		reasons=attached,open
	expect posix-shm:/g state=open openers=1 pids="${FACT[b.pid]}" verdict=live
	expect "shm:${FACT[c.id]}" state=attached mappings=1 nattch=1 pids="${FACT[c.pid]}"
	# its command line went with the first thread's memory: not known, and not "-"
	expect_doc 'all(.objects[].holders[]; .cmdline != "-" and .cmdline != "")'
}

@test "held: by a descriptor in flight: the lease says so" {
	actor a shm_open name=f size=4096
	tell a in_flight

	look
	expect posix-shm:/f state=null unknown=state mappings=0 openers=0 holders_complete=false \
		verdict=live reasons=in-use-unseen
	look --older-than 0
	expect posix-shm:/f verdict=live reasons=in-use-unseen
	stop a
	look
	expect_gone posix-shm:/f
}

@test "held: by a descriptor in flight that can only read: the lease says so" {
	actor a shm_open name=f size=4096
	tell a close
	tell a open access=r
	tell a in_flight

	look --older-than 0
	expect posix-shm:/f state=null mappings=0 openers=0 verdict=live reasons=in-use-unseen
}

@test "held: by an io_uring: the lease says so" {
	actor a shm_open name=f size=4096
	actor_or_skip b uring_map
	tell a uring_file

	look --older-than 0
	expect posix-shm:/f state=null unknown=state verdict=live reasons=in-use-unseen
}

@test "held: by a loop device" {
	need_command losetup
	actor a shm_open name=disk size=1M
	tell a close
	local loop
	loop=$(losetup --find) || skip "no loop device is free"
	in_world losetup "$loop" /dev/shm/disk || skip "loop devices cannot be had"
	LOOP=$loop
	look --older-than 0

	local verdict reasons
	verdict=$(member posix-shm:/disk verdict) reasons=$(member posix-shm:/disk reasons)
	assert_equal "$verdict" live
	[[ $reasons =~ in-use-unseen|mounted ]] || fail "reasons are $reasons"
}

@test "held: in another pid namespace: the lease says so" {
	actor_outside a shm_open name=f size=4096
	tell a mmap

	look --older-than 0
	expect posix-shm:/f state=null verdict=live reasons=in-use-unseen holders_complete=false
	look --older-than 0 --no-lease
	expect posix-shm:/f state=null verdict=unknown
}

@test "held: a segment in another pid namespace: the kernel's count says so" {
	actor_outside a shmget
	tell a shmat n=2

	look --older-than 0
	expect "shm:${FACT[a.id]}" state=attached nattch=2 mappings=0 processes=0 \
		holders_complete=false verdict=live reasons=attached creator_pid=null last_pid=null
	[[ $(member "shm:${FACT[a.id]}" unknown) == *creator_pid* ]] || fail "creator_pid is not unknown"
}

@test "held: mounted elsewhere: the source of a bind mount is in use" {
	actor a shm_open name=f size=4096
	kill_actor a
	in_world mount -t tmpfs elsewhere /mnt
	in_world touch /mnt/target
	in_world mount --bind /dev/shm/f /mnt/target

	look --older-than 0
	expect posix-shm:/f verdict=live reasons=mounted
	in_world umount /mnt/target
	look --older-than 0
	expect posix-shm:/f verdict=stale
}

@test "held: a layer of an overlay in /dev/shm is in use" {
	actor a shm_open name=upper/f size=4096
	kill_actor a
	in_world mkdir /dev/shm/work /dev/shm/lower
	in_world mount -t overlay -o lowerdir=/dev/shm/lower,upperdir=/dev/shm/upper,workdir=/dev/shm/work \
		none /mnt || skip "overlays cannot be had"

	look --older-than 0
	expect posix-shm:/upper/f verdict=live reasons=mounted
}

@test "held: locks tell that somebody still uses a file: flock, fcntl, OFD" {
	local how
	for how in flock fcntl ofd; do
		actor "$how" shm_open name="$how" size=4096
		tell "$how" lock how="$how"
	done

	look
	for how in flock fcntl ofd; do
		expect "posix-shm:/$how" verdict=live reasons=open,locked
	done
}

@test "held: somebody else's lease is a sign of use, and stays" {
	actor a shm_open name=f size=4096
	tell a close
	tell a open access=r
	# a writable descriptor elsewhere would be in the way of the lease
	tell a lease

	look
	expect posix-shm:/f verdict=live
	tell a lease
}

@test "held: asking by leases disturbs neither holder nor file" {
	actor a shm_open name=f size=4096
	kill_actor a
	actor b nothing

	look
	in_world flock --nonblock /dev/shm/f true
	tell b open path=/dev/shm/f access=rw
	tell b lock how=fcntl
	assert_equal "$(in_world cat /proc/locks | wc -l)" "$(in_world grep -c . /proc/locks)"
}

@test "held: a process that left the IPC namespace keeps its attachment, and is not blamed for another's" {
	actor a shmget size=4096
	tell a shmat
	tell a unshare_ipc
	tell a shmget size=8192	# most likely with the same id, elsewhere

	look
	expect "shm:${FACT[a.id]}" size=4096 nattch=1 state=attached verdict=live
}

@test "held: two worlds with the same id are two objects" {
	actor a shmget size=4096
	actor b unshare_ipc
	tell b shmget size=8192
	tell b shmat

	look
	assert_equal "${FACT[a.id]}" "${FACT[b.id]}"
	local other
	other=$(in_world readlink "/proc/${FACT[b.pid]}/ns/ipc" | tr -dc 0-9)
	expect "shm:${FACT[a.id]}" size=4096 nattch=0 mappings=0 state=created
	expect "shm:${FACT[b.id]}@$other" size=8192 nattch=1 mappings=1 state=attached ipc_ns="$other" \
		pids="${FACT[b.pid]}"
}

@test "held: another mount namespace's /dev/shm is shown once, by its device" {
	actor a shm_open name=f size=4096
	actor b own_shm
	tell b shm_open name=f size=6

	look
	assert_equal "$(names posix-shm | grep -c /f)" 2
	local other
	other=$(names posix-shm | grep @)
	expect "$other" size=6 openers=1 state=open
	assert_regex "$other" '^posix-shm:/f@[0-9]+:[0-9]+$'
}

@test "held: what the kernel maps: perf, aio, io_uring, secret memory, packet socket" {
	local kind address
	for kind in perf aio uring_map secretmem packet; do
		actor_start "${WORLD_ENTER[*]}" $kind $kind || {
			echo "# $kind is not to be had here: $ANSWER" >&3
			unset "ACTOR_IN[$kind]"
		}
	done

	look
	for kind in "${!ACTOR_IN[@]}"; do
		address=$(name_at "${FACT[$kind.address]}")
		expect "$address" kind=special state=attached mappings=1 pids="${FACT[$kind.pid]}" verdict=live
		[ "$(member "$address" label)" != null ] || fail "$kind has no label"
	done
}

@test "held: a character device's memory" {
	local device
	for device in /dev/mem /dev/fb0 /dev/hpet; do
		[ -c $device ] || continue
		actor a open path=$device access=r || continue
		try_tell a mmap prot=r length=4096 offset=0xf0000 || { stop a; continue; }
		look
		expect "device:$device" kind=device state=attached mappings=1 verdict=live path=$device
		return
	done
	skip "no device here can be mapped"
}

@test "held: the holder is described: pid, start, user, comm, command line, namespaces" {
	actor a shm_open name=f size=4096
	tell a name name=keeper
	tell a setuid uid=65534 dumpable=1

	look
	jq -c '.objects[] | select(.name == "posix-shm:/f") | .holders[0]' "$DOC" >"$BATS_TEST_TMPDIR/holder"
	local user start now
	user=$(jq -r .user "$BATS_TEST_TMPDIR/holder")
	start=$(jq .start_time "$BATS_TEST_TMPDIR/holder") now=$(date +%s)
	assert_equal "$user" nobody
	assert_equal "$(jq -r .comm "$BATS_TEST_TMPDIR/holder")" keeper
	assert_equal "$(jq -r .uid "$BATS_TEST_TMPDIR/holder")" 65534
	assert_equal "$(jq -r .cmdline "$BATS_TEST_TMPDIR/holder")" "$ACTOR shm_open name=f size=4096"
	assert_equal "$(jq -r .pid_ns "$BATS_TEST_TMPDIR/holder")" \
		"$(in_world readlink /proc/self/ns/pid | tr -dc 0-9)"
	[ "$(printf '%.0f' "$start")" -ge $((now - 60)) ] && [ "$(printf '%.0f' "$start")" -le $((now + 2)) ] ||
		fail "start_time $start is not just before $now"
}
