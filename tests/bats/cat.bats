#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# cat: the contents of objects, as bytes and as a hex dump.

load saved

setup()
{
	saved_open
}

teardown()
{
	world_close
}

# same_hex NAME FILE: the dump of NAME is what hexdump -C says of FILE.
same_hex()
{
	diff <(ipctop cat --hex "$1") <(in_world hexdump -C "$2")
}

@test "cat: the bytes of a file and of a segment" {
	shm_file x 100000
	assert_equal "$(ipctop cat posix-shm:/x | sha256sum | cut -d' ' -f1)" "$(sum_of /dev/shm/x)"
	actor a shmget key=0x91 size=70000
	segment write "${FACT[a.id]}" 0:10 60000:10000
	assert_equal "$(ipctop cat shm:0x91 | sha256sum | cut -d' ' -f1)" "$(segment sum "${FACT[a.id]}")"
	assert_equal "$(ipctop cat shm:0x91 | wc -c)" 70000
}

@test "cat: several objects, one behind the other" {
	in_world sh -c 'printf one >/dev/shm/1; printf two >/dev/shm/2'
	run -0 ipctop cat posix-shm:/2 posix-shm:/1
	assert_output twoone
	run -1 ipctop cat posix-shm:/2 posix-shm:/3 posix-shm:/1
	assert_line --partial twoone
	assert_line "ipctop: posix-shm:/3: no such object"
}

@test "cat: an empty object has no contents" {
	in_world sh -c ': >/dev/shm/empty'
	run -0 ipctop cat posix-shm:/empty
	assert_output ""
	run -0 ipctop cat --hex posix-shm:/empty
	assert_output ""
}

@test "cat: --offset and --length" {
	in_world sh -c 'printf 0123456789 >/dev/shm/x; truncate -s 8K /dev/shm/x; printf end >>/dev/shm/x'
	run -0 ipctop cat posix-shm:/x --offset 3 --length 4
	assert_output 3456
	run -0 ipctop cat posix-shm:/x --offset 8KiB
	assert_output end
	run -0 ipctop cat posix-shm:/x --offset 8193 --length 1G
	assert_output nd
	run -0 ipctop cat posix-shm:/x --length 0
	assert_output ""
	run -0 ipctop cat posix-shm:/x --offset 1T
	assert_output ""
	assert_equal "$(ipctop cat posix-shm:/x --offset 9 --length 5000 | wc -c)" 5000
	assert_equal "$(ipctop cat posix-shm:/x --offset 9 --length 5000 | tr -d '\0')" 9
	assert_equal "$(ipctop cat posix-shm:/x --offset 6K --length 2049 | tr -d '\0')" e
	run -2 ipctop cat posix-shm:/x --offset much
	run -2 ipctop cat posix-shm:/x --length -1
	run -2 ipctop cat
}

@test "cat: --hex is what hexdump -C says" {
	need_command hexdump
	local n
	for n in 1 7 8 9 15 16 17 32 100 1000; do
		shm_file "r$n" "$n"
		same_hex "posix-shm:/r$n" "/dev/shm/r$n"
	done
	# holes, zeros, repeated lines, ends that look like the line before
	in_world sh -c 'cd /dev/shm; truncate -s 1000003 hole
		{ cat hole; printf abc; cat hole; } >mixed
		truncate -s 20M mixed; printf x >>mixed
		yes 0123456789abcde | head -c 100000 >yes; yes "" | head -c 77777 >lines
		head -c 40 /dev/zero >z40; head -c 4 /dev/zero >z4'
	for n in hole mixed yes lines z40 z4; do
		same_hex "posix-shm:/$n" "/dev/shm/$n"
	done
	diff <(ipctop cat --hex posix-shm:/mixed --offset 1000 --length 50000) \
		<(in_world hexdump -C -s 1000 -n 50000 /dev/shm/mixed)
	diff <(ipctop cat -C posix-shm:/mixed --offset 999990 --length 40) \
		<(in_world hexdump -C -s 999990 -n 40 /dev/shm/mixed)
}

@test "cat: a hex dump of a large hole takes no time" {
	actor a shm_open name=huge size=200G
	run -0 timeout 20 nsenter -t "$WORLD_PID" "${WORLD_ENTER[@]}" -- "$IPCTOP" cat --hex posix-shm:/huge
	assert_line --index -1 3200000000
}

@test "cat: a closed pipe ends it silently, a full disk is told" {
	shm_file x 3000000
	run -0 --separate-stderr bash -c '"$@" | head -c 5 | wc -c' - nsenter -t "$WORLD_PID" "${WORLD_ENTER[@]}" -- \
		"$IPCTOP" cat posix-shm:/x
	assert_output 5
	assert_equal "$stderr" ""
	run -1 in_world sh -c '"$0" cat posix-shm:/x >/dev/full' "$IPCTOP"
	assert_output "ipctop: standard output: cannot be written: No space left on device"
}

@test "cat: what has no contents is told" {
	actor a secretmem || skip "no secret memory here"
	look
	run -1 ipctop cat "$(names special | head -n 1)"
	assert_output --partial "have no contents that can be read"
	run -1 ipctop cat shm:12345
	assert_output "ipctop: shm:12345: no such object"
}
