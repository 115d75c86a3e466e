#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What somebody could arrange so that the program waits for ever, or tells what is not so.

load monitor

teardown()
{
	monitor_close
	world_close
}

# in_background COMMAND…: in the world; its first word is waited for.
in_background()
{
	local fd
	mkfifo "$BATS_TEST_TMPDIR/background"
	(
		# the ends of actors' pipes: they would never see theirs end
		for fd in "${ACTOR_IN[@]}"; do exec {fd}>&-; done
		exec nsenter -t "$WORLD_PID" "${WORLD_ENTER[@]}" -- "$@" \
			>"$BATS_TEST_TMPDIR/background" 3>&- 4>&- {WORLD_IN}>&-
	) &
	exec {READY}<"$BATS_TEST_TMPDIR/background"
	read -r -t "$PATIENCE" -u "$READY" ANSWER || fail "no word from $*"
	rm "$BATS_TEST_TMPDIR/background"
}

# server PATH [TEXT]: a FUSE file system, all folders but for files ipctop.conf that read TEXT.
# server_dies: it never answers again.
server()
{
	need_command "$PYTHON"
	[ -c /dev/fuse ] || skip "there is no FUSE"
	in_background "$PYTHON" -c '
import ctypes, os, signal, struct, sys, time
signal.signal(signal.SIGUSR1, lambda *_: time.sleep(60))
INIT, LOOKUP, GETATTR, OPEN, READ, FORGET, BATCH_FORGET = 26, 1, 3, 14, 15, 2, 42
text = sys.argv[2].encode() if len(sys.argv) > 2 else None
files = set()
fd = os.open("/dev/fuse", os.O_RDWR)
options = "fd=%d,rootmode=40000,user_id=%s,group_id=0,allow_other" % (fd, os.environ.get("SERVED_BY", "0"))
libc = ctypes.CDLL(None, use_errno=True)
if libc.mount(b"server", sys.argv[1].encode(), b"fuse.server", 0, options.encode()):
	print("failed:", os.strerror(ctypes.get_errno()), flush=True)
	sys.exit()
print("mounted", os.getpid(), flush=True)

def attributes(node):
	mode, size = (0o100644, len(text)) if node in files else (0o40777, 0)
	return struct.pack("6Q10I", node, size, 0, 0, 0, 0, 0, 0, 0, mode, 2, 0, 0, 0, 4096, 0)

def answer(code, node, body):
	if code == INIT:
		return struct.pack("4IHHIIHHI7I", 7, 31, 4096, 0, 16, 12, 4096, 1, 1, 0, *[0] * 8)
	if code == LOOKUP:
		if text and body == b"ipctop.conf\0":
			files.add(node + 1)
		return struct.pack("4Q2I", node + 1, 0, 0, 0, 0, 0) + attributes(node + 1)
	if code == GETATTR:
		return struct.pack("Q2I", 0, 0, 0) + attributes(node)
	if code == OPEN:
		return struct.pack("Q2I", 1, 0, 0)
	if code == READ:
		offset, size = struct.unpack("QI", body[8:20])
		return text[offset:offset + size]
	return None

while True:
	request = os.read(fd, 65536)
	_, code, unique, node = struct.unpack("IIQQ", request[:24])
	if code in (FORGET, BATCH_FORGET):
		continue
	data = answer(code, node, request[40:])
	error = -38 if data is None else 0
	os.write(fd, struct.pack("IiQ", 16 + len(data or b""), error, unique) + (data or b""))
' "$@"
	[ "${ANSWER%% *}" = mounted ] || skip "FUSE cannot be mounted: $ANSWER"
	SERVER=${ANSWER#* }
	exec {READY}<&-
}

server_dies()
{
	in_world kill -USR1 "$SERVER"
}

# look_soon: like look, but it must not wait.
look_soon()
{
	in_world env XDG_CONFIG_HOME="$CONFIG" timeout -s KILL 10 "$IPCTOP" --json >"$DOC" ||
		fail "ipctop --json: status $?"
}

@test "a mapped file's folder is replaced by a symbolic link to a dead server: nobody waits" {
	world_open
	in_world mount -t tmpfs none /mnt
	in_world mkdir /mnt/dead /mnt/folder
	actor a create path=/mnt/folder/f
	tell a mmap
	tell a leak	# cleaning up would follow the link
	in_world rm /mnt/folder/f
	in_world rmdir /mnt/folder
	in_world ln -s /mnt/dead /mnt/folder
	server /mnt/dead
	server_dies

	look_soon
	expect "file:${FACT[a.dev]}:${FACT[a.ino]}" pids="${FACT[a.pid]}" flags=unlinked
	run -0 in_world timeout -s KILL 10 "$IPCTOP" maps "${FACT[a.pid]}"
	assert_output --partial /mnt/folder/f
}

# The configuration lies in $1, seen from the world. Nobody waits; what was left out is said.
expect_left_out()
{
	run -0 --separate-stderr in_world env "$1" timeout -s KILL 10 "$IPCTOP" list posix-shm -n -o name
	assert_output posix-shm:/f
	assert_regex "$stderr" "^ipctop: $2/ipctop/ipctop.conf: left out: "
	in_world env "$1" timeout -s KILL 10 "$IPCTOP" --json >"$DOC" 2>/dev/null
	expect_doc '[.gaps[] | select(.source == "config") | .error] == ["ETIMEDOUT"]'
}

@test "the settings are on a dead server: the monitor comes all the same, and leaves them alone" {
	world_open
	actor a shm_open name=f
	in_world mount -t tmpfs none /mnt
	in_world mkdir /mnt/dead
	server /mnt/dead
	server_dies
	# the leak check would wait for the thread that waits
	CONFIG=/mnt/dead monitor_open 120x24 ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" -d 0.2
	wait_screen "settings: the file is left alone: a network or FUSE file system on its way does not answer"
	wait_screen posix-shm:/f
	press q
	wait_end 0
}

@test "the configuration is on a dead server: left out, said, and nobody waits long" {
	world_open
	actor a shm_open name=f
	in_world mount -t tmpfs none /mnt
	in_world mkdir /mnt/dead /mnt/home
	in_world ln -s ../dead /mnt/home/.config
	in_world ln -s /mnt/home/. /mnt/link
	server /mnt/dead
	server_dies

	expect_left_out XDG_CONFIG_HOME=/mnt/dead/x /mnt/dead/x
	expect_left_out HOME=/mnt/dead /mnt/dead/.config
	expect_left_out HOME=/mnt/home /mnt/home/.config
	expect_left_out HOME=/mnt/link /mnt/link/.config
	# beside it there is nothing to fear
	in_world rm /mnt/home/.config
	in_world mkdir -p /mnt/deadline/ipctop
	in_world ln -s /mnt/./dead/../deadline/ /mnt/home/.config
	run -0 --separate-stderr in_world env HOME=/mnt/home timeout -s KILL 10 "$IPCTOP" list posix-shm -n -o name
	assert_equal "$stderr" ""	# the way back leads through its root, which asks nobody
	in_world ln -sfn ../home/../deadline/ /mnt/home/.config
	in_world sh -c 'echo keep posix-shm:/f >/mnt/deadline/real && ln -s ../real /mnt/deadline/ipctop/ipctop.conf'
	tell a leak
	stop a
	run -0 --separate-stderr in_world env HOME=/mnt/link "$IPCTOP" list posix-shm -n -r -o name,reasons
	assert_output "posix-shm:/f kept"
	assert_equal "$stderr" ""
	# who may not know what is to be kept removes nothing, unless by force
	run -1 --separate-stderr in_world env HOME=/mnt/dead "$IPCTOP" clean --yes --older-than 0
	assert_regex "$stderr" "nothing is removed: the configuration, which says what to keep, could not be read"
	run -1 in_world env HOME=/mnt/dead "$IPCTOP" rm posix-shm:/f
	in_world test -e /dev/shm/f
	in_world env HOME=/mnt/dead "$IPCTOP" rm --force posix-shm:/f
	in_world test ! -e /dev/shm/f
}

# A file that is left behind, and a configuration by FUSE, of user $SERVED_BY or root, that keeps it.
served_keep()
{
	actor a shm_open name=f
	tell a leak
	stop a
	in_world mount -t tmpfs none /mnt
	in_world mkdir /mnt/served
	server /mnt/served "keep posix-shm:/f"
}

@test "the configuration is on another user's FUSE: he does not decide what is kept" {
	world_open
	SERVED_BY=1234 served_keep
	run -0 --separate-stderr in_world env XDG_CONFIG_HOME=/mnt/served/x "$IPCTOP" list posix-shm -n -r -o name,reasons --older-than 0
	refute_output --partial kept
	assert_regex "$stderr" "ipctop.conf: left out: it is on another user's FUSE file system"
	run -1 in_world env XDG_CONFIG_HOME=/mnt/served/x "$IPCTOP" clean --yes --older-than 0
	in_world test -e /dev/shm/f
}

@test "the configuration is on a server that answers: it is read" {
	world_open
	served_keep
	run -0 --separate-stderr in_world env XDG_CONFIG_HOME=/mnt/served/x "$IPCTOP" list posix-shm -n -r -o name,reasons
	assert_output "posix-shm:/f kept"
	assert_equal "$stderr" ""
	in_world env XDG_CONFIG_HOME=/mnt/served/x "$IPCTOP" clean --yes --older-than 0
	in_world test -e /dev/shm/f
}

@test "/dev/shm is a dead server's: a gap, and nobody waits" {
	world_open
	actor a memfd name=m
	server /dev/shm
	server_dies
	look_soon
	expect "memfd:${FACT[a.dev]}:${FACT[a.ino]}" state=open
	expect_doc '.limits.tmpfs_size == null'
}

@test "a dead server stands on the way to another namespace's /dev/shm: a gap, and nobody waits" {
	world_open
	in_world mount -t tmpfs none /mnt
	in_world mkdir -p /mnt/root
	server /mnt/root
	# its mounts are told as they look from its root
	# shellcheck disable=SC2016 # $0 is that of the inner shell
	in_background unshare --mount sh -c '
		mount -t tmpfs none /mnt/root/dev/shm && touch /mnt/root/dev/shm/f && exec "$0" -c "
import os, time
os.chroot(\"/mnt/root\")
print(\"there\", flush=True)
time.sleep(60)"' "$PYTHON"
	server_dies
	look_soon
	expect_doc 'any(.gaps[]; .source == "tmpfs" and .error == "EREMOTE")'
}

@test "few descriptors: what could not be opened is a gap, never gone" {
	world_open
	actor a memfd name=m
	tell a mmap
	run -0 --separate-stderr in_world prlimit --nofile=4:4 "$IPCTOP" --json
	echo "$output" >"$DOC"
	expect_doc 'any(.gaps[]; .source == "maps" and .error == "EMFILE" and
		any(.pids[]; . == '"${FACT[a.pid]}"'))'
	# what the hard limit allows is taken
	run -0 --separate-stderr in_world prlimit --nofile=4:64 "$IPCTOP" --json
	echo "$output" >"$DOC"
	expect_doc '.complete'
	expect "memfd:${FACT[a.dev]}:${FACT[a.ino]}" mappings=1
}

@test "few threads: names of users are a gap that says why, and all else is told" {
	world_open
	world_public
	actor a shm_open name=f mode=0666
	# a user of whom there is nobody else; the leak check would need a thread of its own
	run -0 --separate-stderr in_world prlimit --nproc=1 setpriv --reuid 54321 --regid 54321 --clear-groups \
		env HOME=/ ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0" /mnt/ipctop --json
	echo "$output" >"$DOC"
	expect_doc '[.gaps[] | select(.source == "users") | .error] == ["EAGAIN"]'
	expect posix-shm:/f user=null uid=0
}

@test "a segment whose namespace is gone: one object, whoever maps it how often" {
	world_open
	need_command "$PYTHON"
	in_background unshare --ipc "$PYTHON" -c '
import ctypes, os, time
libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
segment = libc.shmget(0, 1 << 20, 0o1600)
for i in range(3):
	libc.shmat(segment, None, 0)
os.fork()
libc.unshare(0x08000000)
print("moved", flush=True)
time.sleep(60)'
	read -r -t "$PATIENCE" -u "$READY" || fail "the child did not move"
	look
	assert_equal "$(jq -c '[.objects[] | select(.kind == "shm") | [.size, .mappings, .processes]]' "$DOC")" \
		'[[1048576,6,2]]'
	expect_doc '.totals.shm.size == 1048576'
}

@test "a path longer than PATH_MAX: the mappings behind it are seen all the same" {
	world_open
	need_command "$PYTHON"
	in_background "$PYTHON" -c '
import mmap, os, time
os.chdir("/dev/shm")
for i in range(20):
	os.mkdir("d" * 250)
	os.chdir("d" * 250)
fd = os.open("f", os.O_RDWR | os.O_CREAT)
os.ftruncate(fd, 4096)
held = mmap.mmap(fd, 4096)
os.close(fd)
print("mapped", flush=True)
time.sleep(60)'
	look
	expect_doc 'all(.gaps[]; .source != "maps")'
	assert_equal "$(jq -c '[.objects[] | select(.kind == "posix-shm") | .mappings]' "$DOC")" '[1]'
}

@test "an ordinary user: kernel threads and dead zombies are nothing unreadable" {
	world_open --host-pids
	world_public
	actor a zombie
	run -0 --separate-stderr ipctop_as_nobody --json
	echo "$output" >"$DOC"
	# what no pid says: kthreadd and all of its children are among the 16 lowest
	expect_doc '[.gaps[].pids[]] | index(2) == null'
	expect_doc 'any(.gaps[]; .source == "maps")'
}

@test "hidepid: what an ordinary user does not see may hold anything" {
	world_open --host-pids --steady
	world_public
	actor a shm_open name=f mode=0644
	in_world mount -t proc -o hidepid=2 proc /proc || skip "/proc cannot be mounted"
	run -0 --separate-stderr ipctop_as_nobody --json --older-than 0
	echo "$output" >"$DOC"
	expect posix-shm:/f verdict=unknown state=null holders_complete=false
	expect_doc '.complete == false and any(.gaps[]; .source == "pids" and .error == "EPERM")'

	look --older-than 0
	expect posix-shm:/f verdict=live state=open
	expect_doc 'all(.gaps[]; .source != "pids")'
}

@test "a device node in /dev/shm that is open: no shared memory" {
	world_open
	in_world mknod /dev/shm/null c 1 3 || skip "no device node can be made"
	actor a open path=/dev/shm/null access=r
	look
	expect_doc 'all(.objects[]; .inode != '"${FACT[a.ino]}"')'
}

@test "sem. of 32 bytes is no semaphore: its name could not be read back" {
	world_open
	actor a shm_open name=sem. size=32
	look
	expect posix-shm:/sem. inode="${FACT[a.ino]}"
	run -0 ipctop show posix-shm:/sem.
}

@test "whatever tmpfs somebody binds at a /dev/shm of his own: no file of it is shared memory" {
	world_open --steady
	actor b own_shm
	tell b shm_open name=f size=4096
	tell b close
	world_public
	in_world sh -c 'mkdir /mnt/run && mount -t tmpfs -o mode=755 run /mnt/run && mkdir /mnt/run/sub &&
		echo 1 >/mnt/run/daemon.pid && echo 2 >/mnt/run/sub/daemon.pid'
	in_background setpriv --reuid 65534 --regid 65534 --clear-groups unshare --user --map-root-user --mount sh -c '
		mount --rbind /mnt/run /dev/shm && echo bound && exec sleep 60'
	[ "$ANSWER" = bound ] || skip "no user namespace can be made"
	in_background setpriv --reuid 65534 --regid 65534 --clear-groups unshare --user --map-root-user --mount sh -c '
		mount --rbind /mnt/run/sub /dev/shm && echo bound && exec sleep 60'

	run -0 ipctop list -n -o name posix-shm
	refute_output --partial daemon.pid
	run -0 ipctop clean --yes --older-than 0 --all-namespaces
	assert_output --partial "1 removed"
	in_world cat /mnt/run/daemon.pid /mnt/run/sub/daemon.pid
	run -1 in_world test -e "/proc/${FACT[b.pid]}/root/dev/shm/f"
}

@test "thousands of files and of mounts: they are not held against each other one by one" {
	world_open
	need_command "$PYTHON"
	in_world sh -c 'seq -f /dev/shm/%.0f 20000 | xargs touch'
	in_background unshare --mount "$PYTHON" -c '
import ctypes, time
libc = ctypes.CDLL(None)
open("/dev/shm/source", "w")
libc.mount(b"none", b"/tmp", b"tmpfs", 0, None)
for i in range(40000):
	open("/tmp/%d" % i, "w").close()
	if libc.mount(b"/dev/shm/source", b"/tmp/%d" % i, None, 4096, None):
		break
print(i + 1, flush=True)
time.sleep(60)'
	[ "$ANSWER" = 40000 ] || skip "so many mounts are not to be had here"
	# seconds of the processor; pair by pair it takes more than five
	run -0 --separate-stderr in_world prlimit --cpu=4 "$IPCTOP" list -n -o name,verdict posix-shm
	assert_line --regexp "^posix-shm:/source +live$"
}
