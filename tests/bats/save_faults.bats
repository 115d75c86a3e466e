#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Saving and restoring when things go wrong: either a whole file or none, either the object or none.

load saved

setup()
{
	saved_open
}

teardown()
{
	world_close
}

# One object with runs and holes, saved and gone.
saved_object()
{
	in_world sh -c 'head -c 3000 /dev/urandom >/dev/shm/x; truncate -s 40000 /dev/shm/x
		printf end >>/dev/shm/x; chmod 640 /dev/shm/x'
	ipctop save posix-shm:/x --to "$SAVED"
	in_world rm /dev/shm/x
}

# traced OPTION… COMMAND…: by strace; what is traced cannot be searched for leaks.
traced()
{
	in_world env ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" strace -qq -o /dev/null "$@"
}

damage()
{
	in_world "$PYTHON" "$SOURCE/tests/bats/saved_damage.py" "$IPCTOP" "$@"
}

@test "saved file: cut anywhere it is refused, and nothing is made" {
	saved_object
	run -0 damage "$SAVED/posix-shm-x.ipctop" cut 29
	assert_output --partial " 0 without effect"
}

@test "saved file: with a bit flipped it is refused, and nothing is made" {
	saved_object
	run -0 damage "$SAVED/posix-shm-x.ipctop" flip 157
}

@test "saved file: what is none is told" {
	saved_object
	echo rubbish >"$SAVED/rubbish"
	echo rubbish | zstd -q >"$SAVED/zstd"
	zstd -dc "$SAVED"/*.ipctop | sed '1s/1/2/' | zstd -q >"$SAVED/version"
	zstd -dc "$SAVED"/*.ipctop | zstd -q --no-check >"$SAVED/unchecked"
	: >"$SAVED/empty"
	mkdir "$SAVED/folder"
	mkfifo "$SAVED/fifo"
	run -1 ipctop restore "$SAVED"/{rubbish,zstd,version,unchecked,empty,folder,fifo}
	assert_output "ipctop: $SAVED/rubbish: it is not a saved object
ipctop: $SAVED/zstd: it is not a saved object
ipctop: $SAVED/version: its format is 2; this program reads 1
ipctop: $SAVED/unchecked: it is not a saved object
ipctop: $SAVED/empty: it is not a saved object
ipctop: $SAVED/folder: it is not a regular file: it is read twice
ipctop: $SAVED/fifo: it is not a regular file: it is read twice"
	run -1 ipctop restore --list "$SAVED"/{rubbish,version}
	assert_equal "$(in_world ls -A /dev/shm)" ""
}

# forge SED: the saved file with its lines of text changed, its checksum right again.
forge()
{
	"$PYTHON" -c '
import subprocess, sys
data = subprocess.run(["zstd", "-dc", sys.argv[1]], stdout=subprocess.PIPE, check=True).stdout
head, document, rest = data.split(b"\n", 2)
document = document.replace(sys.argv[2].encode(), sys.argv[3].encode())
def sum(more): return (int.from_bytes(rest[-8:], "little") + more).to_bytes(8, "little")
rest = eval(sys.argv[5]) if len(sys.argv) > 5 else rest
with open(sys.argv[4], "wb") as f:
    subprocess.run(["zstd", "-q"], input=head + b"\n" + document + b"\n" + rest, stdout=f, check=True)
' "$SAVED/posix-shm-x.ipctop" "$@"
}

@test "saved file: forged, it leads nowhere else" {
	saved_object
	forge '"posix-shm:/x"' '"posix-shm:/../x"' "$SAVED/up"
	forge '"posix-shm:/x"' '"posix-sem:/a/b"' "$SAVED/kind"
	forge '"posix-shm:/x"' '"shm:5"' "$SAVED/other"
	forge '"kind":"posix-shm"' '"kind":"file"' "$SAVED/file"
	forge '"name":"posix-shm:/x","kind":"posix-shm"' '"name":"file:'"$BATS_TEST_TMPDIR"'/forged","kind":"file"' "$SAVED/etc"
	forge '"mode":"0640"' '"mode":"6777"' "$SAVED/mode"
	for file in up kind other file etc; do
		run -1 ipctop restore "$SAVED/$file"
	done
	assert_output --partial "of files only those on hugetlbfs are made again"
	[ ! -e "$BATS_TEST_TMPDIR/forged" ]
	assert_equal "$(in_world ls -A /dev/shm)" ""
	run -0 ipctop restore "$SAVED/mode"
	assert_equal "$(in_world stat -c %a /dev/shm/x)" 777
}

@test "saved file: forged runs are refused" {
	saved_object
	local size
	size='b"\x43\x9c\0\0\0\0\0\0"'	# 40003
	forge nothing nothing "$SAVED/same"
	ipctop restore --list "$SAVED/same"
	# beyond the size; behind each other in the wrong order; a wrong sum; no end; something behind it
	forge nothing nothing "$SAVED/beyond" "$size + b'\x01' + bytes(7) + b'x' + $size + bytes(8) + b'\x01' + bytes(7)"
	forge nothing nothing "$SAVED/over" 'b"\xff" * 8 + b"\x02" + bytes(7) + b"xx" + rest'
	forge nothing nothing "$SAVED/long" 'bytes(8) + b"\xff" * 8 + rest'
	forge nothing nothing "$SAVED/order" 'b"\x09" + bytes(7) + b"\x01" + bytes(7) + b"x" + rest[:-8] + sum(1)'
	forge nothing nothing "$SAVED/sum" 'rest[:-8] + bytes(8)'
	forge nothing nothing "$SAVED/end" 'rest[:-24]'
	forge nothing nothing "$SAVED/more" 'rest + b"x"'
	forge '"size":40003' '"size":40004' "$SAVED/size"
	forge '"size":40003' '"size":null' "$SAVED/null"
	forge '"objects": [' '"objects": [{},' "$SAVED/two"
	for file in beyond over long order sum end more size null two; do
		run -1 ipctop restore "$SAVED/$file"
		assert_regex "$output" '^ipctop: [^ ]+: its? '
		assert_equal "${#lines[@]}" 1
	done
	assert_equal "$(in_world ls -A /dev/shm)" ""
}

@test "save: a full disk leaves nothing behind, and the object as it was" {
	local sum
	shm_file x 1000000
	sum=$(sum_of /dev/shm/x)
	in_world mount -t tmpfs -o size=64k,mode=755 small /mnt
	run -1 ipctop save posix-shm:/x --to /mnt
	assert_output --partial "not saved: the file cannot be written: No space left on device"
	assert_equal "$(in_world ls -A /mnt)" ""
	run -1 ipctop rm --force posix-shm:/x --save /mnt
	assert_output --partial "not removed"
	assert_equal "$(sum_of /dev/shm/x)" "$sum"
	assert_equal "$(in_world ls -A /mnt)" ""
}

# failing CALLS:ERROR… COMMAND…: with system calls that fail. Follows no forks: threads compress.
failing()
{
	traced -e trace=fsync,write,openat,linkat,renameat2 -e inject="$1" "${@:2}"
}

@test "save: what could not be saved is not removed" {
	in_world sh -c 'head -c 300000 /dev/urandom >/dev/shm/x'
	actor a shmget key=0x74 size=100000
	segment write "${FACT[a.id]}" 0:100000
	tell a leak
	stop a
	in_world mount -t tmpfs -o size=64k full "$SAVED"
	run -1 ipctop rm --older-than 0 --save "$SAVED" posix-shm:/x shm:0x74
	assert_line 'ipctop: posix-shm:/x: not removed: it could not be saved: the file cannot be written: No space left on device'
	assert_line --partial "shm:${FACT[a.id]}: not removed: it could not be saved: the file cannot be written"
	run -1 ipctop clean --yes --older-than 0 --save "$SAVED"
	in_world test -e /dev/shm/x
	assert_equal "$(segments)" 1
	assert_equal "$(in_world ls -A "$SAVED")" ""
}

@test "save: EIO leaves nothing behind" {
	need_command strace
	shm_file x 300000
	for fault in fsync:error=EIO:when=1 fsync:error=EIO:when=2 write:error=EIO:when=2 linkat:error=EIO; do
		run -1 failing "$fault" "$IPCTOP" save posix-shm:/x --to "$SAVED"
		assert_output --regexp "(the file cannot be written|cannot get its name): Input/output error"
		nothing_left "$SAVED"
	done
	run -0 ipctop save posix-shm:/x --to "$SAVED"
}

@test "save: a file system without nameless files" {
	need_command strace
	shm_file x 300000
	# the folder is opened to see that it is there, and to save in it; then comes the file
	strace_nameless()
	{
		traced -P "$SAVED" -e trace=openat,renameat2,linkat \
			-e inject=openat:error=EOPNOTSUPP:when=3 "$@" "$IPCTOP" save posix-shm:/x --to "$SAVED"
	}
	run -0 strace_nameless
	run -0 strace_nameless -e inject=renameat2:error=EINVAL
	assert_equal "$(cd "$SAVED" && echo .[!.]* *)" ".[!.]* posix-shm-x.1.ipctop posix-shm-x.ipctop"
	run -0 ipctop restore --list "$SAVED"/*
	run -1 strace_nameless -e inject=renameat2:error=EIO
	assert_equal "$(find "$SAVED" -type f | wc -l)" 2
}

# soon_killed COMMAND…: killed at a random moment of the time that it took before ($TOOK, ms).
soon_killed()
{
	local ms=$((RANDOM % (TOOK + TOOK / 8)))
	in_world timeout -s KILL "$((ms / 1000)).$(printf %03d $((ms % 1000 + 1)))" "$@" >/dev/null 2>&1 || :
}

# timed COMMAND…
timed()
{
	local before=${EPOCHREALTIME/./}
	in_world "$@" >/dev/null
	TOOK=$(((${EPOCHREALTIME/./} - before) / 1000))
}

@test "save: killed at any moment, there is a whole file or none" {
	local files=0
	shm_file x 30000000
	timed "$IPCTOP" save posix-shm:/x --to "$SAVED"
	rm "$SAVED"/*
	for _ in {1..25}; do
		soon_killed "$IPCTOP" save posix-shm:/x --to "$SAVED"
	done
	files=$(find "$SAVED" -type f | wc -l)
	echo "# $files of 25 were saved" >&3
	assert_equal "$(find "$SAVED" -type f ! -name '*.ipctop')" ""
	[ "$files" = 0 ] || run -0 ipctop restore --list "$SAVED"/*
}

@test "restore: killed at any moment, there is the whole object or none, or a segment of mode 0" {
	local sum id whole=0 half=0
	shm_file x 30000000
	actor a shmget key=0x71 size=30000000
	segment write "${FACT[a.id]}" 0:30000000
	sum=$(segment sum "${FACT[a.id]}")
	ipctop save posix-shm:/x "shm:${FACT[a.id]}" --to "$SAVED"
	in_world cp /dev/shm/x "$BATS_TEST_TMPDIR/x"
	in_world rm /dev/shm/x
	stop a
	timed "$IPCTOP" restore "$SAVED"/*
	in_world sh -c 'rm /dev/shm/x; ipcrm -M 0x71'
	for _ in {1..25}; do
		soon_killed "$IPCTOP" restore "$SAVED"/*
		if in_world test -e /dev/shm/x; then
			in_world cmp /dev/shm/x "$BATS_TEST_TMPDIR/x"
		fi
		in_world rm -f /dev/shm/x
		assert_equal "$(in_world ls -A /dev/shm)" ""
		id=$(in_world awk 'NR > 1 { print $2 }' /proc/sysvipc/shm)
		[ -n "$id" ] || continue
		if [ "$(sysv "$id" perms)" = 0 ]; then
			half=$((half + 1))
		else
			assert_equal "$(sysv "$id" perms) $(segment sum "$id")" "600 $sum"
			whole=$((whole + 1))
		fi
		in_world ipcrm -m "$id"
	done
	in_world rm "$BATS_TEST_TMPDIR/x"
	echo "# $whole whole and $half half made segments" >&3
}

@test "restore: what does not fit leaves nothing behind" {
	saved_object
	in_world mount -t tmpfs -o size=4k,mode=1777 small /dev/shm
	run -1 ipctop restore "$SAVED"/*
	assert_output --partial "No space left on device"
	assert_equal "$(in_world ls -A /dev/shm)" ""
	in_world umount /dev/shm

	actor a shmget key=0x72 size=1M
	ipctop save shm:0x72 --to "$SAVED"
	stop a
	in_world sh -c 'echo 4096 >/proc/sys/kernel/shmmax'
	run -1 ipctop restore "$SAVED"/shm*
	assert_output --partial "kernel.shmmax allows a segment of 4096 bytes at most"
	assert_equal "$(segments)" 0
}

@test "restore: a file that gets damaged while it is read makes nothing" {
	need_command strace
	saved_object
	# the second reading gets other bytes than the first: an error midway
	run -1 traced -P "$SAVED/posix-shm-x.ipctop" -e inject=read:error=EIO:when=3 \
		"$IPCTOP" restore "$SAVED/posix-shm-x.ipctop"
	assert_equal "$(in_world ls -A /dev/shm)" ""
}

@test "restore: a segment whose file gets damaged after it was made goes again" {
	need_command strace
	local n
	actor a shmget key=0x73 size=100000
	segment write "${FACT[a.id]}" 0:100000
	ipctop save shm:0x73 --to "$SAVED"
	local file=("$SAVED"/shm*)
	stop a
	assert_equal "$(segments)" 0
	# it is read once to be checked, and once more when the segment is there
	for n in {1..20}; do
		run traced -P "${file[0]}" -e inject=read:error=EIO:when="$n" "$IPCTOP" restore "${file[0]}"
		[ "$status" -ne 0 ] || break
		assert_equal "$(segments)" 0
	done
	assert_success
	[ "$n" -gt 4 ] || fail "only $n readings"
}
