#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ipctop maps: the mappings of processes, private ones too.

load world

setup()
{
	world_open
	actor a shmget size=12K
	tell a shmat
	tell a touch
}

teardown()
{
	world_close
}

@test "maps: every mapping of a process is there, as the kernel lists them" {
	run -0 ipctop maps -J -o start,length,prot "${FACT[a.pid]}"
	local ours kernels
	ours=$(jq -r '.maps[] | "\(.start) \(.length) \(.prot)"' <<<"$output")
	kernels=$(in_world cat "/proc/${FACT[a.pid]}/maps" | while read -r range prot _; do
		printf '0x%012x %d %s\n' "0x${range%-*}" $((0x${range#*-} - 0x${range%-*})) "$prot"
	done)
	assert_equal "$ours" "$kernels"
}

@test "maps: a table with process, address, length, protection, kind, object, path" {
	run -0 ipctop maps "${FACT[a.pid]}"
	assert_line --index 0 --regexp '^ *PID +START +LENGTH +PROT +KIND +OBJECT +PATH$'
	assert_line --regexp "^ *${FACT[a.pid]} +${FACT[a.address]} +12K rw-s shm +shm:${FACT[a.id]} "
	assert_line --regexp '\[stack\]'
	assert_line --regexp ' r-xp .*actor'
}

@test "maps: -X adds resident, proportional and swapped size" {
	tell a fork
	run -0 ipctop maps -X -J -o start,rss,pss,swap "${FACT[a.pid]}"
	assert_equal "$(jq -c --arg at "${FACT[a.address]}" '.maps[] | select(.start == $at) | del(.start)' \
		<<<"$output")" '{"rss":12288,"pss":12288,"swap":0}'
	run -0 ipctop maps -X -n -b "${FACT[a.pid]}" -Q 'kind == shm'
	assert_output --regexp " 12288 +12288 +0$"
}

@test "maps: resident size is not read without -X" {
	run -0 ipctop maps -J "${FACT[a.pid]}"
	assert_equal "$(jq '[.maps[] | select(.rss != null)] | length' <<<"$output")" 0
	run -0 ipctop maps -J -o start,rss "${FACT[a.pid]}"
	[ "$(jq '[.maps[] | select(.rss != null)] | length' <<<"$output")" -gt 0 ] || \
		fail "a column that is named is not read"
}

@test "maps: without a pid, those of all processes" {
	actor b anon
	run -0 ipctop maps -n -r -o pid -Q 'comm != "ipctop"'
	local pids
	pids=$(sort -un <<<"$output" | tr '\n' ' ')
	assert_equal "$pids" "1 ${FACT[a.pid]} ${FACT[b.pid]} "
}

@test "maps: of several processes" {
	actor b shmat id="${FACT[a.id]}"
	run -0 ipctop maps -n -r -o pid,object -Q 'kind == shm' "${FACT[b.pid]}" "${FACT[a.pid]}"
	assert_equal "$(sort <<<"$output")" "$(printf '%s\n' "${FACT[a.pid]} shm:${FACT[a.id]}" \
		"${FACT[b.pid]} shm:${FACT[a.id]}" | sort)"
}

@test "maps: who still maps a library that was removed" {
	cp "$ACTOR" "$BATS_TEST_TMPDIR/libfoo.so"
	actor b create path="$BATS_TEST_TMPDIR/other"
	tell b open path="$BATS_TEST_TMPDIR/libfoo.so" access=r
	tell b mmap prot=rx private=1
	rm "$BATS_TEST_TMPDIR/libfoo.so"

	run -0 ipctop maps -n -r -o pid,path,deleted,prot -Q 'deleted && path =~ "libfoo"'
	assert_output "${FACT[b.pid]} $BATS_TEST_TMPDIR/libfoo.so yes r-xp"
}

@test "maps: a living file that ends in ' (deleted)' is not deleted" {
	actor b create path="$BATS_TEST_TMPDIR/f\\x20(deleted)"
	tell b mmap private=1
	tell b close

	run -0 ipctop maps -J -o path,deleted "${FACT[b.pid]}"
	assert_equal "$(jq -c '.maps[] | select(.path != null and (.path | test("/f "))) | [.path, .deleted]' <<<"$output")" \
		"[\"$BATS_TEST_TMPDIR/f (deleted)\",false]"
}

@test "maps: names of objects are those that show takes" {
	actor b memfd name=m
	tell b mmap
	actor c anon
	actor d shm_open name=f
	tell d mmap
	local pid
	for pid in "${FACT[a.pid]}" "${FACT[b.pid]}" "${FACT[c.pid]}" "${FACT[d.pid]}"; do
		run -0 ipctop maps -n -r -o object "$pid" -Q 'prot =~ "s$"'
		run -0 ipctop show "$output"
	done
}

@test "maps: a process without mappings has no lines, and is no failure" {
	actor b zombie
	run -0 ipctop maps -n "${FACT[b.child]}"
	assert_output ""
}

@test "maps: a process whose first thread ended shows what its others map" {
	tell a leader_exit
	run -0 ipctop maps -n -r -o object "${FACT[a.pid]}" -Q 'kind == shm'
	assert_output "shm:${FACT[a.id]}"
}

@test "maps: a process that does not exist is a failure, the others are shown" {
	run -1 --separate-stderr ipctop maps -n -r -o pid -Q 'kind == shm' 4194000 "${FACT[a.pid]}"
	assert_output "${FACT[a.pid]}"
	assert_equal "$stderr" "ipctop: 4194000: maps cannot be read: no such process"
}

@test "maps: what is no process number is wrong usage" {
	local word
	for word in x -1 0 1x 99999999999 ''; do
		run -2 ipctop maps -- "$word"
	done
}

@test "maps: needs the machine: not of a document" {
	look
	run -2 ipctop maps --snapshot "$DOC"
}

@test "maps: as text and by PROCMAP_QUERY the same" {
	local args=(maps -J -o "start,length,prot,offset,device,inode,kind,object,path,deleted" "${FACT[a.pid]}")
	assert_equal "$(ipctop "${args[@]}" --no-procmap-query)" "$(ipctop "${args[@]}")"
}

@test "maps: many rows, which go out in pieces, are those of one piece" {
	actor b shmat id="${FACT[a.id]}" n=17000
	actor c anon
	local columns=(-o "pid,start,object" -Q 'comm == "actor"') one=$BATS_TEST_TMPDIR/one some=$BATS_TEST_TMPDIR/some
	# an order wants all rows together
	ipctop maps -r "${columns[@]}" --sort pid >"$one"
	ipctop maps -r "${columns[@]}" >"$some"
	[ "$(wc -l <"$some")" -gt 17000 ]
	cmp "$one" "$some"
	ipctop maps -J "${columns[@]}" --sort pid >"$one"
	ipctop maps -J "${columns[@]}" >"$some"
	cmp "$one" "$some"
	ipctop maps "${columns[@]}" --sort pid >"$one"
	ipctop maps "${columns[@]}" >"$some"
	cmp <(tr -s ' ' <"$one") <(tr -s ' ' <"$some")
	tail -n 1 "$some" | grep "^ *${FACT[c.pid]} "
	run -0 --separate-stderr ipctop maps -n -r "${columns[@]}" --limit 17100
	assert_equal "${#lines[@]}" 17100
	assert_regex "$stderr" "^… and [0-9]+ more$"
}
