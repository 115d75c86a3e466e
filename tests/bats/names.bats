#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Names that others chose: whatever they hold, one line stays one line, no terminal obeys
# them, and what one command prints another accepts.

load world

setup()
{
	world_open
}

teardown()
{
	world_close
}

# same_everywhere NAME INODE: the one name in tables, JSON and as an argument of show.
same_everywhere()
{
	look
	expect "$1" inode="$2"
	assert_equal "$(ipctop list posix-shm -n -o name)" "$1"
	assert_equal "$(ipctop list posix-shm -n -r -o name)" "${1// /\\x20}"
	run -0 ipctop show -J "$1"
	assert_equal "$(jq -r '.objects[].inode' <<<"$output")" "$2"
	run -0 ipctop show "$1"
	refute_output --partial $'\e'
}

@test "name: with a newline" {
	actor a shm_open name='a\x0ab'
	tell a mmap
	same_everywhere 'posix-shm:/a\x0Ab' "${FACT[a.ino]}"
	assert_equal "$(ipctop list posix-shm -n -o name,state | wc -l)" 1
}

@test "name: with a backslash, which a newline cannot be taken for" {
	actor a shm_open name='a\x5c012b'
	tell a mmap
	same_everywhere 'posix-shm:/a\x5C012b' "${FACT[a.ino]}"
	actor b shm_open name='a\x0ab'
	tell b mmap

	look
	expect 'posix-shm:/a\x5C012b' pids="${FACT[a.pid]}" mappings=1
	expect 'posix-shm:/a\x0Ab' pids="${FACT[b.pid]}" mappings=1
	look --no-procmap-query
	expect 'posix-shm:/a\x5C012b' pids="${FACT[a.pid]}" mappings=1
	expect 'posix-shm:/a\x0Ab' pids="${FACT[b.pid]}" mappings=1
}

# In a table, in JSON and on the page of an object; what is no UTF-8 and what is.
@test "name: of a process, with what a terminal obeys, and with what it shows" {
	actor a shm_open name=f
	tell a mmap
	local name wanted
	while read -r name wanted; do
		tell a name name="$name"
		look
		assert_equal "$(jq -r '.objects[] | select(.kind == "posix-shm") | .holders[0].comm' "$DOC")" "$wanted"
		assert_equal "$(ipctop maps "${FACT[a.pid]}" -n -o comm --limit 1 2>/dev/null)" "$wanted"
		run -0 ipctop show posix-shm:/f
		assert_line --partial "  ${FACT[a.pid]} $wanted, user root"
	done <<-'END'
		\x1b[5m\x0a\x07 \x1B[5m\x0A\x07
		\x5c\xff@\x9b \x5C\xFF@\x9B
		\xc3\xa9.\xe2\x80\xae é.\xE2\x80\xAE
		a.b?c a.b?c
	END
}

@test "name: with an escape sequence" {
	actor a shm_open name='\x1b[31mred\x1b]0;title\x07\x9b2J'
	tell a mmap
	same_everywhere 'posix-shm:/\x1B[31mred\x1B]0;title\x07\x9B2J' "${FACT[a.ino]}"
}

@test "name: with C1 controls and bidirectional marks in UTF-8" {
	actor a shm_open name='a\xc2\x9b2J\xe2\x80\xaeb'
	same_everywhere 'posix-shm:/a\xC2\x9B2J\xE2\x80\xAEb' "${FACT[a.ino]}"
}

@test "name: that is not UTF-8" {
	actor a shm_open name='\xff\xfe\xc3(\xed\xa0\x80'
	tell a mmap
	same_everywhere 'posix-shm:/\xFF\xFE\xC3(\xED\xA0\x80' "${FACT[a.ino]}"
}

@test "name: printable UTF-8 is left as it is" {
	actor a shm_open name='größe-日本'
	tell a mmap
	same_everywhere 'posix-shm:/größe-日本' "${FACT[a.ino]}"
}

@test "name: of a living file that ends in ' (deleted)'" {
	actor a shm_open name='a\x20(deleted)'
	tell a mmap
	tell a close
	same_everywhere 'posix-shm:/a (deleted)' "${FACT[a.ino]}"

	expect 'posix-shm:/a (deleted)' state=attached links=1 flags= mappings=1
	look --no-procmap-query
	expect 'posix-shm:/a (deleted)' state=attached links=1 flags= mappings=1
}

@test "name: of a file on disk that ends in ' (deleted)', beside one that is" {
	actor a create path="$BATS_TEST_TMPDIR/f\\x20(deleted)"
	tell a mmap
	actor b create path="$BATS_TEST_TMPDIR/f"
	tell b mmap
	tell b unlink

	look
	expect "file:$BATS_TEST_TMPDIR/f (deleted)" state=attached links=1 inode="${FACT[a.ino]}"
	expect "file:${FACT[b.dev]}:${FACT[b.ino]}" state=condemned links=0
}

@test "name: with an @" {
	actor a shm_open name='user@1:2'
	tell a mmap
	same_everywhere 'posix-shm:/user\x401:2' "${FACT[a.ino]}"
}

@test "name: with blanks, quotes, and what else shells care about" {
	actor a shm_open name='\x20\x22$(id)\x27\x60;&\x20*'
	tell a mmap
	same_everywhere "posix-shm:/ \"\$(id)'\`;& *" "${FACT[a.ino]}"

	run -0 ipctop list posix-shm -P -o name,state
	assert_output --regexp '^NAME="posix-shm:/ \\x22.*" STATE="attached"$'
}

@test "name: of a semaphore is as sem_open takes it" {
	actor a sem_open name=/odd.name
	look
	expect posix-sem:/odd.name path=/dev/shm/sem.odd.name
	run -0 ipctop show -J posix-sem:/odd.name
}

@test "name: 255 bytes long" {
	local long
	long=$(printf 'x%.0s' {1..255})
	actor a shm_open name="$long"
	same_everywhere "posix-shm:/$long" "${FACT[a.ino]}"
}

@test "name: a memfd's label is the maker's choice" {
	actor a memfd name='e\x1b[1m\x0a\x5c\xff(deleted)'
	tell a mmap
	look
	expect "memfd:${FACT[a.dev]}:${FACT[a.ino]}" label='e\x1B[1m\x0A\x5C\xFF(deleted)'
	tell a close
	look
	expect "memfd:${FACT[a.dev]}:${FACT[a.ino]}" label='e\x1B[1m\x0A\x5C\xFF(deleted)'
	look --no-procmap-query
	expect "memfd:${FACT[a.dev]}:${FACT[a.ino]}" label='e\x1B[1m\x0A\x5C\xFF(deleted)'
	run -0 ipctop list memfd -n -o label
	assert_output 'e\x1B[1m\x0A\x5C\xFF(deleted)'
}

@test "name: a memfd cannot pose as a segment or a POSIX file" {
	actor a memfd name='SYSV00000000'
	tell a mmap
	actor b shmget
	tell b shmat
	look
	expect "memfd:${FACT[a.dev]}:${FACT[a.ino]}" kind=memfd label=SYSV00000000
	expect "shm:${FACT[b.id]}" mappings=1 pids="${FACT[b.pid]}"
}

@test "name: a file called like a segment, a memfd or anonymous memory is a file" {
	local name n=0
	for name in SYSV00000000 memfd:x zero anon_hugepage; do
		n=$((n + 1))
		actor a$n create path="$BATS_TEST_TMPDIR/$name"
		tell a$n mmap
		look
		expect "file:$BATS_TEST_TMPDIR/$name" kind=file state=attached mappings=1
	done
}

@test "name: a process chose its own short name and command line" {
	actor a shm_open name=f
	tell a name name='\x1b[5m\x0a\xff'
	look
	# libproc2 has its own way to make them harmless
	run -0 jq -r '.objects[] | select(.name == "posix-shm:/f") | .holders[0].comm' "$DOC"
	assert_output --partial '[5m'
	refute_output --regexp '[[:cntrl:]]'
	run -0 ipctop show posix-shm:/f
	refute_output --partial $'\e'
}

@test "name: symbolic links, folders, pipes and sockets in /dev/shm are no objects" {
	actor a shm_open name=real
	in_world ln -s real /dev/shm/link
	in_world ln -s /etc/passwd /dev/shm/passwd
	in_world ln -s /nowhere /dev/shm/dangling
	in_world mkdir /dev/shm/folder
	in_world mkfifo /dev/shm/pipe

	look
	assert_equal "$(names posix-shm)" posix-shm:/real
	assert_equal "$(jq '[.objects[] | select(.path == "/etc/passwd")] | length' "$DOC")" 0
	run -1 ipctop show posix-shm:/link
	assert_output "ipctop: posix-shm:/link: no such object"
}

@test "name: a file system mounted below /dev/shm is another one" {
	in_world mkdir /dev/shm/sub
	in_world mount -t tmpfs sub /dev/shm/sub
	actor a create path=/dev/shm/sub/f size=4096
	tell a mmap

	look
	expect file:/dev/shm/sub/f kind=file state=attached
	assert_equal "$(names posix-shm)" ""
}

@test "name: of a file that something was mounted over is not its path" {
	in_world mount -t tmpfs hide /mnt
	actor a create path=/mnt/f size=4096
	tell a mmap
	in_world mount -t tmpfs over /mnt

	look
	expect "file:${FACT[a.dev]}:${FACT[a.ino]}" state=attached
	expect_gone file:/mnt/f
}

@test "name: by key means the segment that has the key now" {
	actor a shmget key=0x00a76098 size=4096
	tell a shmat
	tell a rmid
	actor b shmget key=0x00a76098 size=8192

	look
	expect "shm:${FACT[a.id]}" key=0x00000000 nattch=1 mappings=1 state=condemned size=4096
	expect "shm:${FACT[b.id]}" key=0x00a76098 nattch=0 mappings=0 pids= state=created
	run -0 ipctop show -J shm:0x00a76098
	assert_equal "$(jq -r '.objects[].name' <<<"$output")" "shm:${FACT[b.id]}"
	run -1 ipctop show shm:0x00a76099
	assert_output "ipctop: shm:0x00a76099: no such object"
}

@test "name: by inode, of all kinds that have one" {
	actor a memfd name=m
	actor b anon
	actor c shm_open name=gone
	tell c unlink

	look
	local name
	for name in "memfd:${FACT[a.dev]}:${FACT[a.ino]}" "$(name_at "${FACT[b.address]}")" \
		"posix-shm:${FACT[c.dev]}:${FACT[c.ino]}"; do
		run -0 ipctop show -J "$name"
		assert_equal "$(jq -r '.objects[].name' <<<"$output")" "$name"
	done
}

@test "name: malformed ones are wrong usage, and a sentence says why" {
	local name
	for name in shm: shm:x shm:0x shm:0x00000000 shm:-1 posix-shm:name posix-shm: memfd:1:2 \
		nothing:1 7 '' 'posix-shm:/a\x4' 'posix-shm:/a\q' 'shm:7@' 'shm:7@x' shm:99999999999999999999; do
		run -2 ipctop show "$name"
		assert_output --partial "ipctop: "
	done
}

@test "name: several at once, those that exist are shown although others do not" {
	actor a shm_open name=here
	run -1 --separate-stderr ipctop show -J posix-shm:/missing posix-shm:/here shm:4711
	assert_equal "$(jq -r '.objects[].name' <<<"$output")" posix-shm:/here
	assert_equal "$stderr" "ipctop: posix-shm:/missing: no such object
ipctop: shm:4711: no such object"
}
