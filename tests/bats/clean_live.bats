#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What somebody uses, or may come back to, survives a clean that takes everything stale at once.
# Each time something that is stale goes beside it.

load cleaning

teardown()
{
	[ -z "${LOOP-}" ] || losetup -d "$LOOP"
	world_close
}

# held ACTOR NAME: a file of 4096 bytes that the actor has open.
held()
{
	actor "$1" shm_open name="$2" size=4096
	INODE=${FACT[$1.ino]}
}

@test "clean: a segment that nobody has attached, whose creator will attach it again" {
	world_open --steady
	actor a shmget
	tell a shmat
	tell a shmdt

	clean_now
	segment_there "${FACT[a.id]}"
	tell a shmat
}

@test "clean: a segment whose last user lives, and its creator does not" {
	world_open --steady
	actor a shmget
	actor b shmat id="${FACT[a.id]}"
	tell b shmdt
	kill_actor a

	clean_now
	segment_there "${FACT[a.id]}"
	tell b shmat
}

@test "clean: a segment whose creator may live: the clock was stepped" {
	world_open --unsteady
	actor a shmget

	clean_now
	segment_there "${FACT[a.id]}"
}

@test "clean: a segment whose creator has only a thread left" {
	world_open --steady
	actor a shmget
	tell a leader_exit

	clean_now
	segment_there "${FACT[a.id]}"
}

@test "clean: a segment whose creator is in another pid namespace" {
	world_open --steady
	actor_outside a shmget
	tell a shmat
	tell a shmdt

	clean_now
	segment_there "${FACT[a.id]}"
	tell a shmat
}

@test "clean: a segment that is attached: by a child, by a dead leader's thread, from outside" {
	world_open --steady
	actor child shmget
	tell child shmat
	tell child fork orphan=1
	kill_actor child
	actor thread shmget
	tell thread shmat
	tell thread leader_exit
	actor_outside outside shmget
	tell outside shmat

	clean_now
	segment_there "${FACT[child.id]}"
	segment_there "${FACT[thread.id]}"
	segment_there "${FACT[outside.id]}"
}

@test "clean: what the keep list of the configuration names" {
	world_open --steady
	leak_file one
	leak_file cache/two
	leak key shmget key=0x00a76098
	leak id shmget
	configure "keep posix-shm:/one posix-shm:/cache/* shm:0x00a76098 shm:${FACT[id.id]}"

	clean_now
	file_there one "${FACT[leak.one.ino]}"
	file_there cache/two "${FACT[leak.cache.two.ino]}"
	segment_there "${FACT[key.id]}"
	segment_there "${FACT[id.id]}"
	configure
	clean_now
	file_gone one
	segment_gone "${FACT[key.id]}"
	segment_gone "${FACT[id.id]}"
}

@test "clean: what --keep names: by name, by id, by key, by pattern" {
	world_open --steady
	leak_file one
	leak_file train_1
	leak_file train_2
	leak key shmget key=0x00a76098
	leak id shmget

	clean_now --keep posix-shm:/one --keep 'posix-shm:/train_*' --keep shm:0x00a76098 \
		--keep "shm:${FACT[id.id]}"
	file_there one "${FACT[leak.one.ino]}"
	file_there train_1 "${FACT[leak.train_1.ino]}"
	file_there train_2 "${FACT[leak.train_2.ino]}"
	segment_there "${FACT[key.id]}"
	segment_there "${FACT[id.id]}"
	clean_now --keep posix-shm:/on --keep 'posix-shm:/train'
	file_gone one
	file_gone train_1
}

@test "clean: a file that somebody has open, for reading, writing or the path alone" {
	world_open
	held rw f
	actor r open path=/dev/shm/f access=r
	leak_file g
	actor g open path=/dev/shm/g access=r
	leak_file h
	actor h open path=/dev/shm/h access=path

	clean_now
	file_there f "$INODE"
	file_there g "${FACT[leak.g.ino]}"
	file_there h "${FACT[leak.h.ino]}"
	stop r
	kill_actor rw
	kill_actor g
	kill_actor h
	clean_now
	file_gone f
	file_gone g
	file_gone h
}

@test "clean: a file that somebody maps: shared, private, without any access" {
	world_open
	local how
	for how in private=0 private=1 prot=-; do
		held "$how" "$how"
		tell "$how" mmap $how
		tell "$how" close
	done

	clean_now
	for how in private=0 private=1 prot=-; do
		file_there "$how" "${FACT[$how.ino]}"
	done
}

@test "clean: a file whose descriptor is in flight, to read or to write" {
	world_open
	held w write
	tell w in_flight
	held r read
	tell r close
	tell r open access=r
	tell r in_flight

	clean_now
	file_there write "${FACT[w.ino]}"
	file_there read "${FACT[r.ino]}"
	kill_actor w
	kill_actor r
	clean_now
	file_gone write
	file_gone read
}

@test "clean: a file whose descriptor two processes pass back and forth all the time" {
	world_open
	held a f
	tell a juggle

	clean_now
	# shellcheck disable=SC2016 # the inner shell's
	run -0 in_world sh -c 'for i in 1 2 3 4 5 6 7 8 9 10; do
		"$0" clean --yes --older-than 0 || exit; done' "$IPCTOP"
	file_there f "$INODE"
	kill_actor a
	until_true in_world test ! -e "/proc/${FACT[a.left]}"
	until_true in_world test ! -e "/proc/${FACT[a.right]}"
	clean_now
	file_gone f
}

@test "clean: a file that a thread of a dead leader has open or maps" {
	world_open
	held open f
	tell open leader_exit
	held map g
	tell map mmap
	tell map close
	tell map leader_exit
	held table h
	tell table thread own_table=1

	clean_now
	file_there f "${FACT[open.ino]}"
	file_there g "${FACT[map.ino]}"
	file_there h "${FACT[table.ino]}"
}

@test "clean: a file behind a loop device" {
	need_command losetup
	world_open
	local loop
	leak_file disk 1M
	loop=$(losetup --find) || skip "no loop device is free"
	in_world losetup "$loop" /dev/shm/disk || skip "loop devices cannot be had"
	LOOP=$loop

	clean_now
	file_there disk "${FACT[leak.disk.ino]}"
	losetup -d "$LOOP"
	LOOP=
	clean_now
	file_gone disk
}

@test "clean: a file that an io_uring has" {
	world_open
	held a f
	actor_or_skip b uring_map
	tell a uring_file

	clean_now
	file_there f "$INODE"
}

@test "clean: a file whose holder may not be read" {
	world_open
	world_public
	leak_file f
	in_world chown nobody /dev/shm/f
	actor root open path=/dev/shm/f access=r
	leak_file decoy 4096 0666
	in_world chown nobody /dev/shm/decoy

	run -0 --separate-stderr ipctop_as_nobody clean --yes --older-than 0
	file_there f "${FACT[leak.f.ino]}"
	file_gone decoy
	kill_actor root
	run -0 --separate-stderr ipctop_as_nobody clean --yes --older-than 0
	file_gone f
}

# Root as containers have it: it may not read others' processes.
clean_as_container()
{
	in_world setpriv --bounding-set "$1" --inh-caps "$1" env XDG_CONFIG_HOME="$CONFIG" \
		"$IPCTOP" clean --yes --older-than 0
}

@test "clean: a file whose holder may not be read by root either" {
	world_open
	actor a setuid
	tell a shm_open name=f size=4096 mode=0666
	tell a mmap private=1
	tell a close
	decoy

	run -0 --separate-stderr clean_as_container -sys_ptrace,-dac_override,-dac_read_search
	file_gone decoy
	file_there f "${FACT[a.ino]}"
	# nor does it get a lease: then nobody's absence is proven
	decoy
	run -0 --separate-stderr clean_as_container \
		-sys_ptrace,-dac_override,-dac_read_search,-lease,-setuid
	file_gone decoy
	file_there f "${FACT[a.ino]}"
	kill_actor a
	run -0 --separate-stderr clean_as_container \
		-sys_ptrace,-dac_override,-dac_read_search,-lease,-setuid
	file_there f "${FACT[a.ino]}"
	run -0 --separate-stderr clean_as_container -sys_ptrace,-dac_override,-dac_read_search
	file_gone f
}

@test "clean: a file whose holder is outside the pid namespace" {
	world_open
	actor_outside open shm_open name=f size=4096
	actor_outside read shm_open name=g size=4096
	tell read close
	tell read open access=r
	actor_outside map shm_open name=h size=4096
	tell map mmap private=1
	tell map close

	clean_now
	file_there f "${FACT[open.ino]}"
	file_there g "${FACT[read.ino]}"
	file_there h "${FACT[map.ino]}"
	# nor without leases, where nothing is proven in there
	run -0 --separate-stderr ipctop clean --yes --older-than 0 --no-lease
	file_there f "${FACT[open.ino]}"
}

@test "clean: a file that is locked: flock, fcntl, OFD" {
	world_open
	local how
	for how in flock fcntl ofd; do
		held "$how" "$how"
		tell "$how" lock how="$how"
	done

	clean_now
	for how in flock fcntl ofd; do
		file_there "$how" "${FACT[$how.ino]}"
	done
}

@test "clean: a lock alone tells of a holder that no scan sees and no lease was asked about" {
	world_open --host-pids
	held a f
	tell a lock how=flock
	tell a in_flight
	leak_file decoy

	# 2 s apart, nobody is seen twice; elsewhere on this machine others come and go
	run --separate-stderr ipctop clean --yes --older-than 0 --no-lease
	file_there f "$INODE"
}

@test "clean: the source of a bind mount, a layer of an overlay" {
	world_open
	leak_file f
	in_world mount -t tmpfs elsewhere /mnt
	in_world touch /mnt/target
	in_world mount --bind /dev/shm/f /mnt/target

	clean_now
	file_there f "${FACT[leak.f.ino]}"
	in_world umount /mnt/target
	clean_now
	file_gone f
	leak_file layers/upper/f
	in_world mkdir /dev/shm/layers/work /dev/shm/layers/lower /mnt/over
	in_world touch /dev/shm/layers/lower/g
	in_world mount -t overlay -o lowerdir=/dev/shm/layers/lower,upperdir=/dev/shm/layers/upper,workdir=/dev/shm/layers/work \
		none /mnt/over || skip "overlays cannot be had"
	clean_now
	in_world test -e /mnt/over/f || fail "the overlay lost its file"
	in_world test -e /mnt/over/g || fail "the overlay lost its file"
}

@test "clean: what stands in another mount or IPC namespace, whatever it is" {
	world_open --steady
	actor b own_shm
	tell b shm_open name=f size=4096
	tell b close
	actor c unshare_ipc
	tell c zombie

	clean_now
	assert_equal "$(in_world stat -c %i "/proc/${FACT[b.pid]}/root/dev/shm/f")" "${FACT[b.ino]}"
	in_world nsenter -t "${FACT[c.pid]}" --ipc sh -c '[ "$(wc -l </proc/sysvipc/shm)" = 2 ]'
}

@test "clean --all-namespaces: what is in use there" {
	world_open --steady
	actor b own_shm
	tell b shm_open name=f size=4096
	tell b in_flight
	actor c unshare_ipc
	tell c shmget
	tell c shmat

	clean_now --all-namespaces
	assert_equal "$(in_world stat -c %i "/proc/${FACT[b.pid]}/root/dev/shm/f")" "${FACT[b.ino]}"
	in_world nsenter -t "${FACT[c.pid]}" --ipc sh -c '[ "$(wc -l </proc/sysvipc/shm)" = 2 ]'
}

@test "clean: a POSIX semaphore that only its creator uses" {
	world_open
	actor a sem_open name=/s
	local inode
	inode=$(in_world stat -c %i /dev/shm/sem.s)

	clean_now
	file_there sem.s "$inode"
	kill_actor a
	clean_now
	file_gone sem.s
}

@test "clean: half of a family whose other half is in use" {
	world_open
	local data=fastrtps_0123456789abcdef
	held a $data
	tell a in_flight
	leak_file ${data}_el

	clean_now
	file_there $data "$INODE"
	file_there ${data}_el "${FACT[leak.${data}_el.ino]}"
	# choosing the other half alone does not hide the first
	clean_now --filter "name == 'posix-shm:/${data}_el' || name == 'posix-shm:/decoy'"
	file_there ${data}_el "${FACT[leak.${data}_el.ino]}"
	kill_actor a
	clean_now
	file_gone $data
	file_gone ${data}_el
}

@test "clean: a semaphore of a family whose memory is in use" {
	world_open
	configure 'family Ours (sem\.)?ours-([0-9]+)(-lock)? held instance=2'
	held a ours-1
	leak sem sem_open name=/ours-1-lock

	clean_now --kind posix-sem,posix-shm
	in_world test -e /dev/shm/sem.ours-1-lock || fail "the semaphore is gone"
}

@test "clean: what the pid in a family's name still needs" {
	world_open --steady
	actor owner nothing
	leak_file "torch_${FACT[owner.pid]}_12345_0"

	clean_now
	in_world test -e "/dev/shm/torch_${FACT[owner.pid]}_12345_0" || fail "it is gone"
	kill_actor owner
	clean_now
	file_gone "torch_${FACT[owner.pid]}_12345_0"
}

@test "clean: as an ordinary user: what others may hold" {
	world_open --steady
	world_public
	actor root shm_open name=roots size=4096 mode=0666
	tell root in_flight
	leak_file roots2 4096 0666
	actor own setuid
	tell own shm_open name=own size=4096
	actor leak setuid
	tell leak shm_open name=leak size=4096
	kill_actor leak

	run -0 --separate-stderr ipctop_as_nobody clean --yes --older-than 0
	file_gone leak
	file_there roots "${FACT[root.ino]}"
	file_there roots2 "${FACT[leak.roots2.ino]}"
	file_there own "${FACT[own.ino]}"
}

@test "clean: as an ordinary user with hidepid, among the machine's own pids" {
	world_open --host-pids --steady
	world_public
	# in a folder without a sticky bit, where the file system would let it go
	in_world chmod 0777 /dev/shm
	held a f
	in_world chmod 0666 /dev/shm/f
	actor creator shmget mode=0666
	in_world mount -t proc -o hidepid=2 proc /proc || skip "/proc cannot be mounted"
	actor leak setuid
	tell leak shm_open name=leak size=4096
	kill_actor leak

	run -0 --separate-stderr ipctop_as_nobody clean --yes --older-than 0
	assert_regex "$stderr" '^ipctop: incomplete: '
	file_gone leak
	file_there f "$INODE"
	segment_there "${FACT[creator.id]}"
}

@test "clean: in a container that shares /dev/shm, as its root: what is held outside" {
	world_open
	world_public
	in_world chmod 0777 /dev/shm
	actor own setuid
	tell own shm_open name=own size=4096 mode=0666
	actor other setuid uid=4711
	tell other shm_open name=other size=4096 mode=0666
	leak_file roots 4096 0666
	actor leak setuid
	tell leak shm_open name=leak size=4096
	kill_actor leak

	run -0 --separate-stderr in_world setpriv --reuid 65534 --regid 65534 --clear-groups \
		unshare --user --map-root-user --pid --fork --mount-proc \
		/mnt/ipctop clean --yes --older-than 0
	file_gone leak
	file_there own "${FACT[own.ino]}"
	file_there other "${FACT[other.ino]}"
	file_there roots "${FACT[leak.roots.ino]}"
}

@test "clean: a file without length, at once and later; a time in the future" {
	world_open
	leak_file empty 0
	leak_file tomorrow
	in_world touch -d tomorrow /dev/shm/tomorrow

	clean_now
	file_there empty "${FACT[leak.empty.ino]}"
	file_there tomorrow "${FACT[leak.tomorrow.ino]}"
}

@test "clean: a file with several names, one in a folder, a symbolic link, a folder, a device" {
	world_open
	leak_file two
	in_world ln /dev/shm/two /dev/shm/three
	leak_file folder/f
	in_world ln -s /dev/shm/nowhere /dev/shm/link
	in_world mkdir /dev/shm/empty
	in_world mkfifo /dev/shm/fifo

	clean_now
	file_there two "${FACT[leak.two.ino]}"
	file_there three "${FACT[leak.two.ino]}"
	file_there folder/f "${FACT[leak.folder.f.ino]}"
	in_world test -L /dev/shm/link
	in_world test -d /dev/shm/empty
	in_world test -p /dev/shm/fifo
}

@test "clean --all-namespaces: what a container's process needs, whose number is nobody's here" {
	world_open --steady
	actor b own_shm
	tell b shm_open name=torch_30000_12345_0 size=4096
	tell b close

	clean_now --all-namespaces
	in_world test -e "/proc/${FACT[b.pid]}/root/dev/shm/torch_30000_12345_0" || fail "it is gone"
}
