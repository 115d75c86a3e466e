#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ipctop list: columns, formats, order, sums.

load world

setup()
{
	world_open
	actor seg shmget key=0x2a size=3M
	tell seg shmat
	tell seg touch bytes=1M
	actor small shmget size=100
	actor file shm_open name=block size=10M
	tell file fill size=2M
	actor user setuid uid=65534
	tell user shm_open name='nobodys\x20file' size=4096
}

teardown()
{
	world_close
}

# Runs ipctop with a terminal of N columns as its standard output.
on_terminal()
{
	local width=$1
	shift
	in_world env XDG_CONFIG_HOME="$CONFIG" TERM=xterm "$PYTHON" -c '
import fcntl, os, pty, struct, sys, termios
width, command = int(sys.argv[1]), sys.argv[2:]
main, other = pty.openpty()
fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
pid = os.fork()
if pid == 0:
    os.dup2(other, 1)
    os.close(main)
    os.execvp(command[0], command)
os.close(other)
seen = b""
while True:
    try:
        part = os.read(main, 65536)
    except OSError:
        break
    if not part:
        break
    seen += part
_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(seen.replace(b"\r\n", b"\n"))
sys.exit(os.waitstatus_to_exitcode(status))
' "$width" "$IPCTOP" "$@"
}

# longest LINES: of the text in $output.
longest()
{
	awk '{ if (length($0) > n) n = length($0) } END { print n + 0 }' <<<"$output"
}

@test "list: a table with headings, one line an object" {
	run -0 ipctop list shm posix-shm
	assert_line --index 0 --regexp '^NAME +SIZE +ALLOCATED +USER +AGE +USES +STATE +FAMILY +VERDICT$'
	assert_line --regexp "^shm:${FACT[seg.id]} +3M +1M +root +[0-9]+s +1 attached +- +live$"
	assert_line --regexp '^posix-shm:/block +10M +2M +root .* 1 open '
	assert_line --regexp '^posix-shm:/nobodys file +4K +0B? +nobody '
	assert_equal "${#lines[@]}" 5
}

@test "list: only the kinds that are named" {
	run -0 ipctop list shm -n -o name -x name
	assert_output "shm:${FACT[seg.id]}
shm:${FACT[small.id]}"
	run -0 ipctop list -k posix-shm,posix-sem -n -o kind
	assert_output "posix-shm
posix-shm"
	run -2 ipctop list semaphores
	assert_output --partial "semaphores: no such kind; there are shm, "
}

@test "list: only of the users that are named" {
	run -0 ipctop list -u nobody -n -o name
	assert_output "posix-shm:/nobodys file"
	run -0 ipctop list -u 65534 -n -o name
	assert_output "posix-shm:/nobodys file"
	run -0 ipctop list -u nobody,root -k shm,posix-shm -n -o name
	assert_equal "${#lines[@]}" 4
	run -2 ipctop list -u no.such.user
	assert_output --partial "no.such.user"
}

@test "list: columns are chosen, added, and all of them" {
	run -0 ipctop list shm -o id,key,nattch -x id
	assert_line --index 0 --regexp '^ *ID +KEY +NATTCH$'
	assert_line --index 1 --regexp "^ *${FACT[seg.id]} +0x0000002a +1$"
	run -0 ipctop list shm -o +mode,creator_pid
	assert_line --index 0 --regexp '^NAME .* VERDICT +MODE +CREATOR_PID$'
	run -0 ipctop list shm --output-all
	assert_line --index 0 --regexp '^NAME +KIND +ID .*'
	assert_line --index 0 --partial HOLDERS_COMPLETE
	run -0 ipctop list shm -o ID,Name -n -x id
	assert_line --index 0 --regexp "^ *${FACT[seg.id]} shm:${FACT[seg.id]}$"
	run -2 ipctop list -o name,bogus
	assert_output --partial "bogus"
}

@test "list: -J has real types and just the chosen columns" {
	run -0 ipctop list shm posix-shm -J -x size:desc -o name,size,key,nattch,mode,user,holders_complete
	assert_equal "$(jq -c 'keys_unsorted' <<<"$output")" '["schema","objects"]'
	assert_equal "$(jq -r .schema <<<"$output")" ipctop/1
	assert_equal "$(jq -c '.objects[0]' <<<"$output")" \
		'{"name":"posix-shm:/block","size":10485760,"key":null,"nattch":null,"mode":"0600","user":"root","holders_complete":false}'
	assert_equal "$(jq -c '.objects[1]' <<<"$output")" \
		"{\"name\":\"shm:${FACT[seg.id]}\",\"size\":3145728,\"key\":\"0x0000002a\",\"nattch\":1,\"mode\":\"0600\",\"user\":\"root\",\"holders_complete\":true}"
}

@test "list: -r has one blank between columns and none inside" {
	run -0 ipctop list posix-shm -r -n -b -o name,size,user,key
	assert_line 'posix-shm:/block 10485760 root -'
	assert_line 'posix-shm:/nobodys\x20file 4096 nobody -'
}

@test "list: -P makes pairs that a shell may read, whatever the name" {
	run -0 ipctop list posix-shm -P -b -o name,size -u nobody
	assert_output 'NAME="posix-shm:/nobodys file" SIZE="4096"'
	actor odd shm_open name='q\x22\x24(echo\x20no)\x60id\x60'
	run -0 ipctop list posix-shm -P -o name -Q 'name =~ "/q"'
	eval "$output"
	run -0 ipctop show -J "$NAME"
	assert_equal "$(jq -r '.objects[].inode' <<<"$output")" "${FACT[odd.ino]}"
}

@test "list: -n leaves the headings away, in every format" {
	run -0 ipctop list shm -n
	refute_output --partial NAME
	run -0 ipctop list shm -n -r
	refute_output --partial NAME
}

@test "list: formats exclude each other" {
	run -2 ipctop list -J -r
	run -2 ipctop list -r -P
}

@test "list: -b gives bytes and seconds" {
	run -0 ipctop list shm -b -n -r -o size,allocated,age -Q "id == ${FACT[seg.id]}"
	assert_output --regexp '^3145728 1048576 [0-9]+$'
}

@test "list: order by several columns, both ways, unknown last both ways" {
	run -0 ipctop list shm posix-shm -n -o size -b -x size
	assert_output --regexp '^ *100
 *4096
 *3145728
 *10485760$'
	run -0 ipctop list shm posix-shm -n -r -o kind,size -b --sort kind:desc,size:desc
	assert_output "posix-shm 10485760
posix-shm 4096
shm 3145728
shm 100"
	run -0 ipctop list shm posix-shm -n -r -o key -x key
	assert_output "0x00000000
0x0000002a
-
-"
	run -0 ipctop list shm posix-shm -n -r -o key -x key:desc
	assert_output "0x0000002a
0x00000000
-
-"
	run -2 ipctop list -x bogus
	run -2 ipctop list -x size:up
}

@test "list: --limit cuts, and says so" {
	run -0 --separate-stderr ipctop list shm posix-shm -n -o name --limit 1
	assert_equal "${#lines[@]}" 1
	assert_equal "$stderr" "… and 3 more"
	LC_ALL=C run -0 --separate-stderr ipctop list shm posix-shm --limit 1 -n
	assert_equal "$stderr" "... and 3 more"
	run -0 --separate-stderr ipctop list shm posix-shm -n -o name --limit 0
	assert_equal "${#lines[@]}" 4
}

@test "list: times relative, as ISO, as seconds" {
	run -0 ipctop list shm -n -o attach_time,detach_time --time-format iso -x id
	assert_line --index 0 --regexp '^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\+00:00 +-$'
	run -0 ipctop list shm -n -o attach_time --time-format epoch -x id
	assert_line --index 0 --regexp '^[0-9]{10}$'
	run -0 ipctop list shm -n -o attach_time --time-format relative -x id
	assert_line --index 0 --regexp '^[0-9]+s ago$'
	run -2 ipctop list --time-format fancy
}

@test "list: times are those of the local zone" {
	run -0 in_world env TZ=Asia/Kolkata "$IPCTOP" list shm -n -o attach_time --time-format iso -x id
	assert_line --index 0 --regexp '\+05:30$'
}

@test "list: --numeric shows numbers in the place of names" {
	run -0 ipctop list posix-shm -n -o user,group --numeric -Q 'name =~ nobody'
	assert_output --regexp '^ *65534 +65534$'
}

@test "list: a user without a name is a number" {
	actor x setuid uid=54321
	tell x shm_open name=x
	run -0 ipctop list posix-shm -n -o user -Q 'name == "posix-shm:/x"'
	assert_output 54321
	look
	expect posix-shm:/x uid=54321
}

@test "list: long user names are not cut" {
	run -0 ipctop list --help
	assert_output --partial "--sort"
	local long=a-very-long-user-name-of-31-chars
	cp /etc/passwd "$BATS_TEST_TMPDIR/passwd"
	echo "$long:x:54321:54321::/:/bin/sh" >>"$BATS_TEST_TMPDIR/passwd"
	in_world mount --bind "$BATS_TEST_TMPDIR/passwd" /etc/passwd
	actor x setuid uid=54321
	tell x shm_open name=x
	run -0 ipctop list posix-shm -n -o user -u "$long"
	assert_output "$long"
}

@test "list: --by sums each object once" {
	tell file mmap n=3 length=4096
	tell file fork n=2
	run -0 ipctop list shm posix-shm --by user -b -x value
	assert_line --index 0 --regexp '^VALUE +OBJECTS +SIZE +ALLOCATED +STALE +STALE_ALLOCATED$'
	assert_line --index 1 --regexp '^nobody +1 +4096 +0 +0 +0$'
	assert_line --index 2 --regexp '^root +3 +13631588 +3145728 +0 +0$'
	run -0 ipctop list shm posix-shm --by kind -J
	assert_equal "$(jq -c '[.schema, .by, (.groups | length), ([.groups[].objects] | add)]' <<<"$output")" \
		'["ipctop/1","kind",2,4]'
	assert_equal "$(jq -c '.groups[] | select(.value == "shm") | [.objects, .size, .stale]' <<<"$output")" \
		'[2,3145828,0]'
	local by
	for by in family cgroup unit container; do
		run -0 ipctop list --by $by
	done
	run -2 ipctop list --by color
}

@test "list: nothing is shared: no line but the headings, and no failure" {
	run -0 ipctop list posix-sem
	[ "${#lines[@]}" -le 1 ] || fail "$output"
	run -0 ipctop list posix-sem -J
	assert_equal "$(jq -c . <<<"$output")" '{"schema":"ipctop/1","objects":[]}'
}

@test "list: on a terminal a total line says what is shared and what could not be read" {
	run -0 on_terminal 120 list shm posix-shm
	assert_line --index -1 --regexp '^4 objects.*13M'
	run -0 ipctop list shm posix-shm
	refute_line --regexp '^4 objects'
}

@test "list: the terminal's width is respected" {
	local long
	long=$(printf 'long%.0s' {1..50})
	actor long shm_open name="$long"
	run -0 on_terminal 90 list posix-shm --color=never
	[ "$(longest)" -le 90 ] || fail "a line is longer than 90: $output"
	run -0 on_terminal 300 list posix-shm --color=never
	assert_output --partial "$long"
	run -0 ipctop list posix-shm -o name
	assert_output --partial "$long"
}

@test "list: on a narrow terminal what may be cut is cut, and a name wrapped only where that does not do" {
	actor a shm_open name=abcdefghij0123456789
	run -0 on_terminal 50 list posix-shm --color=never -o name,path
	assert_line --index 1 --regexp '^posix-shm:/abcdefghij0123456789 /dev/shm/abc'
	[ "$(longest)" -le 50 ] || fail "a line is longer than 50: $output"
	run -0 on_terminal 30 list posix-shm --color=never -o name,path -Q 'name =~ "abc"'
	refute_line --regexp '^posix-shm:/abcdefghij0123456789'
	assert_equal "$(awk 'NR > 1 && !/shared/ { printf "%s", $1 }' <<<"$output")" posix-shm:/abcdefghij0123456789
}

@test "list: colour on a terminal only, never with NO_COLOR, always when told" {
	run -0 on_terminal 120 list shm
	assert_output --partial $'\e['
	NO_COLOR=1 run -0 on_terminal 120 list shm
	refute_output --partial $'\e['
	run -0 on_terminal 120 list shm --color=never
	refute_output --partial $'\e['
	run -0 ipctop list shm
	refute_output --partial $'\e['
	run -0 ipctop list shm --color=always
	assert_output --partial $'\e['
	run -2 ipctop list shm --color=maybe
}

@test "list: words of an option are never abbreviated" {
	run -2 ipctop list --noheading
	run -2 ipctop li
	run -2 ipctop list --sor name
}

@test "list: only what the columns need is read" {
	# without maps, descriptors or leases there is nothing that could be denied
	world_public
	run -0 ipctop_as_nobody list shm -J -o name,size,user,nattch,state
	assert_equal "$(jq -r '.objects | length' <<<"$output")" 2
	if command -v strace >/dev/null; then
		run -0 in_world env ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=openat,open -o /dev/stdout "$IPCTOP" list shm -o name,size
		refute_output --regexp '/proc/[0-9]+/(maps|fd)'
	fi
}

@test "show: life line, verdict and why, every holder with its addresses" {
	run -0 ipctop show "shm:${FACT[seg.id]}"
	assert_line --index 0 --regexp "^shm:${FACT[seg.id]}: 3M, user root, attached, live"
	assert_line --regexp 'created.*attached.*in use.*detached.*removed'
	assert_line --regexp '^live: '
	assert_output --partial "1 mapping in 1 process"
	assert_output --partial "${FACT[seg.address]}"
	assert_output --partial "${FACT[seg.pid]}"
	assert_output --partial "$ACTOR"
}

@test "show: -J gives the object with all its members" {
	run -0 ipctop show -J "shm:${FACT[seg.id]}" posix-shm:/block
	assert_equal "$(jq -c '[.schema, (.objects | length)]' <<<"$output")" '["ipctop/1",2]'
	look
	assert_equal "$(jq -c '.objects[0] | keys' <<<"$output")" "$(jq -c '.objects[0] | keys' "$DOC")"
}

@test "batch: so many frames, so far apart, each with a head line" {
	run -0 ipctop --batch -n 3 -d 0.05 -k shm
	assert_equal "$(grep -c '^ipctop 20' <<<"$output")" 3
	assert_equal "$(grep -c "^shm:${FACT[seg.id]} " <<<"$output")" 3
	refute_output --partial $'\e'
	run -2 ipctop --batch -n 0
	run -2 ipctop --batch -d never
}

@test "batch: later frames show what came and went" {
	ipctop --batch -n 1000 -d 0.05 -k shm,posix-shm -o name,uses,state -n 1000 \
		>"$BATS_TEST_TMPDIR/frames" 3>&- &
	until_true grep -q "shm:${FACT[small.id]} .*0 created" "$BATS_TEST_TMPDIR/frames"
	tell small shmat n=2
	until_true grep -q "shm:${FACT[small.id]} .*2 attached" "$BATS_TEST_TMPDIR/frames"
	tell small shmdt
	until_true grep -q "shm:${FACT[small.id]} .*1 attached" "$BATS_TEST_TMPDIR/frames"
	actor new shm_open name=new
	until_true grep -q "posix-shm:/new .*1 open" "$BATS_TEST_TMPDIR/frames"
	tell new rename to=/dev/shm/newer
	until_true grep -q "posix-shm:/newer .*1 open" "$BATS_TEST_TMPDIR/frames"
}

@test "batch: an attachment by a process that shares the address space is not missed" {
	tell small share_memory
	ipctop --batch -n 1000 -d 0.05 -k shm -o name,nattch,mappings,processes \
		>"$BATS_TEST_TMPDIR/frames" 3>&- &
	until_true grep -Eq "shm:${FACT[small.id]} +0 +0 +0" "$BATS_TEST_TMPDIR/frames"
	in_world kill -USR1 "${FACT[small.child]}"
	# one mapping, which two processes have
	until_true grep -Eq "shm:${FACT[small.id]} +1 +[12] +2" "$BATS_TEST_TMPDIR/frames"
}
