#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# rm, option by option: what it takes by name and by choice, what it refuses and why, and every exit status.

load cleaning
load halted

setup()
{
	world_open --steady
}

teardown()
{
	world_close
}

# The semaphore NAME is not there any more.
semaphore_gone()
{
	file_gone "sem.$1"
}

condemned()
{
	in_world awk -v id="$1" '$2 == id && int($3 / 1000) % 2 { found = 1 } END { exit !found }' /proc/sysvipc/shm
}

@test "rm: each kind by its name, a segment by its key too; without a word when all goes well" {
	leak id shmget
	leak key shmget key=0x00a76098
	leak_file file
	leak_file folder/file
	leak sem sem_open name=/s

	local name
	for name in "shm:${FACT[id.id]}" shm:0x00a76098 posix-shm:/file posix-shm:/folder/file posix-sem:/s; do
		run -0 ipctop rm "$name"
		assert_output ''
	done
	segment_gone "${FACT[id.id]}"
	segment_gone "${FACT[key.id]}"
	file_gone file
	file_gone folder/file
	semaphore_gone s
}

@test "rm: several names, one of them unknown: the others go, and it is named" {
	leak seg shmget
	leak_file file
	run -1 --separate-stderr ipctop rm "shm:${FACT[seg.id]}" posix-shm:/nothing shm:0x7777 posix-shm:/file
	assert_equal "$stderr" $'ipctop: posix-shm:/nothing: no such object\nipctop: shm:0x00007777: no such object'
	assert_output '2 removed; 0B came back'
	segment_gone "${FACT[seg.id]}"
	file_gone file
}

@test "rm: a malformed name: nothing is removed at all" {
	leak_file file
	run -2 ipctop rm posix-shm:/file file
	assert_line --index 0 --regexp '^ipctop: file: a name begins with its kind'
	run -2 ipctop rm posix-shm:/file /dev/shm/file
	assert_line "Did you mean 'posix-shm:/file'?"
	file_there file "${FACT[leak.file.ino]}"
}

@test "rm: a name that is given twice, or once by id and once by key, is one object" {
	leak seg shmget key=0x00a76098
	leak_file file
	run -0 ipctop rm --json posix-shm:/file "shm:${FACT[seg.id]}" posix-shm:/file shm:0x00a76098
	assert_equal "$(jq -r '[.acts[] | .result] | join(" ")' <<<"$output")" 'removed removed'
	segment_gone "${FACT[seg.id]}"
	file_gone file
}

@test "rm: names as tables print them: escapes, blanks, an @" {
	local name
	local -a odd=($'\e[2K\rposix-shm:other' 'a b' $'\xff\xfe' 'me@home' 'back\slash' $'new\nline')
	for name in "${odd[@]}"; do
		# shellcheck disable=SC2016 # the inner shell's
		in_world sh -c 'echo >"/dev/shm/$1"' - "$name"
	done
	ipctop list posix-shm -J -o name >"$DOC"
	mapfile -t odd < <(names)
	[ ${#odd[@]} = 6 ]
	# the same in raw output, where a blank is escaped too
	ipctop list posix-shm -r -n -o name >"$BATS_TEST_TMPDIR/raw"
	mapfile -t raw <"$BATS_TEST_TMPDIR/raw"
	[ ${#raw[@]} = 6 ]

	run -0 ipctop rm --dry-run "${raw[@]}"
	assert_line '6 objects, 24K would come back'
	run -0 ipctop rm -v "${odd[@]}"
	assert_line 'posix-shm:/\x1B[2K\x0Dposix-shm:other: removed, 4K came back'
	assert_line 'posix-shm:/a b: removed, 4K came back'
	assert_line 'posix-shm:/\xFF\xFE: removed, 4K came back'
	assert_line 'posix-shm:/me\x40home: removed, 4K came back'
	assert_line 'posix-shm:/back\x5Cslash: removed, 4K came back'
	assert_line 'posix-shm:/new\x0Aline: removed, 4K came back'
	[ ${#lines[@]} = 7 ] || fail "$output"
	assert_equal "$(in_world ls -A /dev/shm)" ''
	# an error has the name in the same form
	run -1 ipctop rm 'posix-shm:/\x1B[2K' $'posix-shm:/\e[3K' 'posix-shm:/a\x20b'
	assert_output 'ipctop: posix-shm:/\x1B[2K: no such object
ipctop: posix-shm:/\x1B[3K: no such object
ipctop: posix-shm:/a b: no such object'
}

@test "rm: what is stale, and what is idle by its age or length alone, goes; --older-than changes nothing" {
	leak_file young
	leak_file empty 0
	leak seg shmget
	look
	expect posix-shm:/young verdict=idle reasons=young
	expect posix-shm:/empty verdict=idle
	expect "shm:${FACT[seg.id]}" verdict=idle reasons=young
	run -0 ipctop rm posix-shm:/young posix-shm:/empty "shm:${FACT[seg.id]}"
	assert_equal "$(in_world ls -A /dev/shm)" ''
	segment_gone "${FACT[seg.id]}"
	leak_file stale
	look --older-than 0
	expect posix-shm:/stale verdict=stale
	run -0 ipctop rm --older-than 0 posix-shm:/stale
	leak_file young
	run -0 ipctop rm --older-than 1w posix-shm:/young
	assert_equal "$(in_world ls -A /dev/shm)" ''
}

@test "rm: idle since its creator lives: refused, with the reason and what --force would do" {
	actor seg shmget
	run -1 --separate-stderr ipctop rm "shm:${FACT[seg.id]}"
	assert_output ''
	assert_regex "$stderr" "^ipctop: shm:${FACT[seg.id]}: not removed: idle: its creator, process ${FACT[seg.pid]}, is alive; --force removes it all the same: then nobody finds it by its key, and it goes with its last attachment$"
	segment_there "${FACT[seg.id]}"
	run -0 ipctop rm --force "shm:${FACT[seg.id]}"
	segment_gone "${FACT[seg.id]}"
}

@test "rm: on the keep list: refused, and --force takes it" {
	leak_file precious
	configure 'keep posix-shm:/precious'
	run -1 ipctop rm posix-shm:/precious
	assert_output --regexp '^ipctop: posix-shm:/precious: not removed: idle: .*keep'
	file_there precious "${FACT[leak.precious.ino]}"
	run -0 ipctop rm -f posix-shm:/precious
	file_gone precious
}

@test "rm: live: refused, and it says who holds it" {
	actor seg shmget
	tell seg shmat
	actor file shm_open name=file size=4096
	actor sem sem_open name=/s
	run -1 --separate-stderr ipctop rm "shm:${FACT[seg.id]}" posix-shm:/file posix-sem:/s
	assert_output '3 refused'
	assert_regex "$stderr" "ipctop: shm:${FACT[seg.id]}: not removed: live: 1 mapping in 1 process; held by ${FACT[seg.pid]} \(actor\); --force "
	assert_regex "$stderr" "ipctop: posix-shm:/file: not removed: live: open in 1 process; held by ${FACT[file.pid]} \(actor\); --force removes it all the same: then it loses its name, who has it keeps it, and who opens that name makes another"
	assert_regex "$stderr" "ipctop: posix-sem:/s: not removed: live: 1 mapping in 1 process; held by ${FACT[sem.pid]} \(actor\); --force "
	segment_there "${FACT[seg.id]}"
	file_there file "${FACT[file.ino]}"
	in_world test -e /dev/shm/sem.s
}

@test "rm: of many holders four are named" {
	actor file shm_open name=file size=4096
	local i
	for i in 1 2 3 4 5; do
		actor "more$i" open path=/dev/shm/file access=r
	done
	run -1 ipctop rm posix-shm:/file
	assert_output --regexp 'live: open in 6 processes; held by [0-9]+ \(actor\), [0-9]+ \(actor\), [0-9]+ \(actor\), [0-9]+ \(actor\) and 2 more; '
}

@test "rm --force: an attached segment is condemned: its holder reads on, its key is free, it goes with him" {
	actor seg shmget key=0x00a76098 size=4096
	tell seg shmat
	run -0 --separate-stderr ipctop rm --force shm:0x00a76098
	assert_output ''
	assert_equal "$stderr" \
		"ipctop: shm:${FACT[seg.id]}: condemned: it goes, and its memory comes back, with the last attachment"
	condemned "${FACT[seg.id]}"
	tell seg touch
	actor other shmget key=0x00a76098 size=4096
	[ "${FACT[other.id]}" != "${FACT[seg.id]}" ]
	# a second time there is nothing to remove
	run -1 ipctop rm --force "shm:${FACT[seg.id]}"
	assert_output "ipctop: shm:${FACT[seg.id]}: not removed: removed already: it goes with its last attachment; held by ${FACT[seg.pid]} (actor)"
	tell seg shmdt
	segment_gone "${FACT[seg.id]}"
	segment_there "${FACT[other.id]}"
}

@test "rm --force: a mapped file loses its name: its holder reads on, who opens the name has a twin" {
	actor file shm_open name=file size=4096
	tell file mmap
	tell file close
	run -0 --separate-stderr ipctop rm -f posix-shm:/file
	assert_output ''
	assert_equal "$stderr" \
		'ipctop: posix-shm:/file: unlinked: its memory comes back when the last user lets go of it'
	file_gone file
	tell file touch
	actor twin shm_open name=file size=4096
	[ "${FACT[twin.ino]}" != "${FACT[file.ino]}" ]
	look
	expect posix-shm:/file inode="${FACT[twin.ino]}"
	local lost
	lost=$(names posix-shm | grep -v /)
	expect "$lost" inode="${FACT[file.ino]}" state=condemned flags=unlinked
	run -1 ipctop rm -f "$lost"
	assert_output "ipctop: $lost: not removed: it has lost its name already: it goes with its last holder; held by ${FACT[file.pid]} (actor)"
	file_there file "${FACT[twin.ino]}"
}

@test "rm --force: what nobody uses is removed like any other" {
	leak_file file
	leak seg shmget
	run -0 ipctop rm -f --json posix-shm:/file "shm:${FACT[seg.id]}"
	assert_equal "$(jq -r '[.acts[].result] | unique[]' <<<"$output")" removed
}

@test "rm: what has no name, or is not ipctop's, is refused, with --force too" {
	actor mem memfd
	tell mem mmap
	actor anon anon size=4096
	actor file create path="$BATS_TEST_TMPDIR/file" size=4096
	tell file mmap
	look
	local force memfd anon
	memfd=$(names memfd) anon=$(names anon)
	for force in '' --force; do
		run -1 ipctop rm $force "$memfd" "$anon" "file:$BATS_TEST_TMPDIR/file"
		assert_line "ipctop: $memfd: not removed: it has no name to remove: it goes with its last holder; held by ${FACT[mem.pid]} (actor)"
		assert_line "ipctop: $anon: not removed: it has no name to remove: it goes with its last holder; held by ${FACT[anon.pid]} (actor)"
		assert_line "ipctop: file:$BATS_TEST_TMPDIR/file: not removed: ipctop removes none of that kind: rm(1) does; held by ${FACT[file.pid]} (actor)"
		assert_line '3 refused'
	done
	[ -e "$BATS_TEST_TMPDIR/file" ]
}

@test "rm: --filter, --kind and --user each choose, and without a terminal just the plan is shown: 1" {
	leak_file file
	leak_file nobodys
	in_world chown nobody /dev/shm/nobodys
	leak sem sem_open name=/s
	local choice wanted
	for choice in '--filter=name == "posix-shm:/file"' '--kind=posix-sem' '--user=nobody'; do
		case $choice in
		--filter*) wanted=posix-shm:/file ;;
		--kind*) wanted=posix-sem:/s ;;
		--user*) wanted=posix-shm:/nobodys ;;
		esac
		run -1 --separate-stderr ipctop rm "$choice"
		assert_equal "$stderr" "ipctop: nothing was changed: there is no terminal to ask on; --yes does it without a question"
		assert_line --index 0 --regexp '^NAME +ALLOCATED USER +AGE REASON$'
		assert_line --index 1 --regexp "^$wanted "
		assert_line --index 2 --regexp '^1 object, .* would come back$'
		[ ${#lines[@]} = 3 ] || fail "$output"
		run -0 ipctop rm "$choice" --yes -v
		assert_line --index 0 --regexp "^$wanted: removed, "
		assert_line --index 1 --regexp '^1 removed; '
	done
	assert_equal "$(in_world ls -A /dev/shm)" ''
}

@test "rm: chosen: what is in use is refused, and fails; the rest goes" {
	leak_file file
	actor held shm_open name=held size=4096
	run -1 --separate-stderr ipctop rm -k posix-shm -y
	assert_output '1 removed, 1 refused; 0B came back'
	assert_regex "$stderr" '^ipctop: posix-shm:/held: not removed: live: '
	file_gone file
	file_there held "${FACT[held.ino]}"
	# nothing else is left to ask about, on a terminal neither
	run -1 ipctop rm -k posix-shm
	assert_line '0 objects, 0B would come back'
	run -1 on_terminal -- rm -k posix-shm
	assert_line 'nothing was changed'
	refute_output --partial '[y/N]'
}

@test "rm: names that list prints raw go through xargs, blanks and all" {
	leak_file 'a job'
	leak_file 'a\b'
	run -0 in_world sh -c '"$0" list posix-shm -nr -o name | xargs -r -d "\n" "$0" rm -v' "$IPCTOP"
	assert_line 'posix-shm:/a job: removed, 0B came back'
	assert_line '2 removed; 0B came back'
	assert_equal "$(in_world ls -A /dev/shm)" ''
}

@test "rm: a choice that matches nothing is no failure" {
	leak_file file
	run -0 ipctop rm -k posix-shm -Q 'size > 1G'
	assert_output 'nothing matches'
	run -0 ipctop rm -k posix-shm -Q 'size > 1G' --yes
	run -0 ipctop rm -k posix-shm -Q 'size > 1G' --json
	assert_equal "$(jq -c .acts <<<"$output")" '[]'
	run -0 on_terminal -- rm -k posix-shm -Q 'size > 1G'
	assert_line 'nothing was changed'
	file_there file "${FACT[leak.file.ino]}"
}

@test "rm: chosen, on a terminal: a question about all; names are not asked about" {
	leak_file one
	leak_file two
	run -0 on_terminal 'n\n' -- rm -k posix-shm
	assert_line '2 objects, 0B would come back'
	assert_line 'Go on with 2 objects, 0B? [y/N] n'
	assert_line 'nothing was changed'
	run -130 on_terminal '\x03' -- rm -k posix-shm
	file_there one "${FACT[leak.one.ino]}"
	file_there two "${FACT[leak.two.ino]}"
	run -0 on_terminal -- rm posix-shm:/one
	assert_output '1 removed; 0B came back'
	file_gone one
	run -0 on_terminal 'y\n' -- rm -k posix-shm
	file_gone two
}

@test "rm -i: on a terminal each is asked about, with its verdict" {
	leak_file one
	leak_file two
	leak_file three
	run -0 on_terminal 'y\n' 'n\n' 'Y\n' -- rm -i -v --older-than 0 posix-shm:/one posix-shm:/two posix-shm:/three
	assert_line --regexp '^remove posix-shm:/one \(stale: nobody holds it, .*\)\? \[y/N\] y$'
	assert_line --regexp '^remove posix-shm:/two \(stale: .*\)\? \[y/N\] n$'
	assert_line 'posix-shm:/two: kept: you said so'
	assert_line '2 removed, 1 kept; 0B came back'
	file_gone one
	file_there two "${FACT[leak.two.ino]}"
	file_gone three
}

@test "rm -i: chosen: each is asked about, and not all of them once more" {
	leak_file one
	leak_file two
	run -0 on_terminal 'n\n' 'y\n' -- rm -i -k posix-shm
	refute_output --partial 'Go on with'
	assert_line '1 removed, 1 kept; 0B came back'
	assert_equal "$(in_world ls -A /dev/shm | wc -l)" 1
}

@test "rm -i: what is typed beyond one answer answers nothing else; after an end of input all is kept" {
	leak_file one
	leak_file two
	run -0 on_terminal 'no, thank you\xa0y\n' '\x04' -- rm -i posix-shm:/one posix-shm:/two
	assert_line '2 kept'
	run -0 on_terminal 'nnnnnnnnnnnnnnnyyyyyyyyyyyyyyyyyyyy\n' 'n\n' -- rm -i posix-shm:/one posix-shm:/two
	assert_line '2 kept'
	run -0 on_terminal '\x04' -- rm -i posix-shm:/one
	assert_line '1 kept'
	file_there one "${FACT[leak.one.ino]}"
	file_there two "${FACT[leak.two.ino]}"
}

@test "rm -i: of what it refuses nothing is asked, and --force is asked about too" {
	actor held shm_open name=held size=4096
	run -1 on_terminal -- rm -i posix-shm:/held
	assert_line '1 refused'
	run -0 on_terminal 'n\n' -- rm -i -f posix-shm:/held
	assert_line --index 0 'remove posix-shm:/held (live: open in 1 process)? [y/N] n'
	assert_line --index 1 '1 kept'
	file_there held "${FACT[held.ino]}"
	# as with any other: --yes speaks of the question about all
	run -0 on_terminal 'y\n' -- rm -i -f -y posix-shm:/held
	file_gone held
}

@test "rm -i: without a terminal it is wrong usage, and nothing is removed" {
	leak_file file
	run -2 ipctop rm -i posix-shm:/file
	assert_line --index 0 'ipctop: -i asks on a terminal, and there is none'
	run -2 ipctop rm -i -f -y posix-shm:/file
	file_there file "${FACT[leak.file.ino]}"
}

@test "rm: -v says what became of each" {
	leak_file file
	in_world sh -c 'head -c 8192 /dev/zero >/dev/shm/file'
	leak seg shmget
	run -0 ipctop rm -v posix-shm:/file
	assert_output $'posix-shm:/file: removed, 8K came back\n1 removed; 8K came back'
	run -0 ipctop rm --verbose "shm:${FACT[seg.id]}"
	assert_output "shm:${FACT[seg.id]}: removed, 0B came back
1 removed; 0B came back"
}

@test "rm: --dry-run shows what would be done, refusals too, and changes nothing: 0" {
	leak_file file
	actor held shm_open name=held size=4096
	run -0 --separate-stderr ipctop rm --dry-run posix-shm:/file posix-shm:/held
	assert_line --regexp '^posix-shm:/file .* planned +-$'
	assert_line --regexp '^posix-shm:/held .* refused +live: open in 1 process; held by '
	assert_line '1 object, 0B would come back'
	assert_regex "$stderr" '^ipctop: posix-shm:/held: not removed: live: '
	run -0 ipctop rm --dry-run --yes --force -k posix-shm --json
	assert_equal "$(jq -r '.acts | sort_by(.name)[] | .name + " " + .result' <<<"$output")" \
		$'posix-shm:/file planned\nposix-shm:/held planned'
	# a name that does not exist is a failure here too
	run -1 ipctop rm --dry-run posix-shm:/file posix-shm:/nothing
	file_there file "${FACT[leak.file.ino]}"
	file_there held "${FACT[held.ino]}"
}

@test "rm: --json has the result of each, and nothing else is on standard output" {
	leak_file file
	actor held shm_open name=held size=4096
	actor seg shmget
	tell seg shmat
	run -1 --separate-stderr ipctop rm --json posix-shm:/file posix-shm:/held posix-shm:/nothing
	assert_equal "$stderr" 'ipctop: posix-shm:/nothing: no such object'
	assert_equal "$(act posix-shm:/file result) $(act posix-shm:/held result)" 'removed refused'
	assert_regex "$(act posix-shm:/held why)" '^live: open in 1 process; held by '
	assert_equal "$(act posix-shm:/held freed)" null
	run -0 --separate-stderr ipctop rm --json -f posix-shm:/held "shm:${FACT[seg.id]}"
	assert_equal "$(act posix-shm:/held result) $(act "shm:${FACT[seg.id]}" result)" 'unlinked condemned'
	assert_equal "$(act posix-shm:/held freed)" 0
}

@test "rm: a segment that vanishes before the look is gone, and that is no failure" {
	leak a shmget key=0x00a76098
	halted_at stat 1 rm -v "shm:${FACT[a.id]}"
	in_world ipcrm -m "${FACT[a.id]}"
	go_on
	assert_equal "$status" 0
	assert_line "shm:${FACT[a.id]}: gone: it was removed meanwhile"
}

@test "rm: another segment that has got the number meanwhile stays" {
	leak a shmget key=0x00a76098
	halted_at stat 1 rm --force --json "shm:${FACT[a.id]}"
	in_world ipcrm -m "${FACT[a.id]}"
	in_world sh -c "echo ${FACT[a.id]} >/proc/sys/kernel/shm_next_id" || skip "the kernel cannot choose ids"
	actor b shmget key=0x00a76099 size=8192
	assert_equal "${FACT[b.id]}" "${FACT[a.id]}"
	go_on
	assert_equal "$status" 1
	assert_equal "$(act "shm:${FACT[a.id]}" result)" refused
	segment_there "${FACT[b.id]}"
}

@test "rm: of other namespaces only with --all-namespaces, --force or not" {
	actor ipc unshare_ipc
	tell ipc zombie
	actor mount own_shm
	tell mount shm_open name=f size=4096
	tell mount close
	leak_file f
	look
	local seg file force
	seg=$(names shm | grep "^shm:${FACT[ipc.id]}@")
	file=$(names posix-shm | grep '/f@')
	for force in '' --force; do
		# the plan says so already
		run -0 ipctop rm $force --dry-run --json "$seg" "$file"
		assert_equal "$(jq -r '[.acts[].result] | unique[]' <<<"$output")" refused
		run -1 ipctop rm $force "$seg" "$file"
		assert_line "ipctop: $seg: not removed: of another namespace; commands act on those with --all-namespaces"
		assert_line "ipctop: $file: not removed: of another namespace; commands act on those with --all-namespaces"
	done
	run -0 ipctop rm --all-namespaces "$seg" "$file"
	assert_output '2 removed; 0B came back'
	look
	expect_gone "$seg"
	expect_gone "$file"
	file_there f "${FACT[leak.f.ino]}"
}

@test "rm: as an ordinary user: another's is not removed, and it says whose it is; his own goes" {
	world_public
	leak root shmget mode=0666
	actor own setuid
	tell own shm_open name=own size=4096
	kill_actor own
	run -1 --separate-stderr ipctop_as_nobody rm -f "shm:${FACT[root.id]}" posix-shm:/own
	assert_output '1 removed, 1 failed; 0B came back'
	assert_equal "$stderr" "ipctop: shm:${FACT[root.id]}: not removed: shmctl(IPC_RMID): not permitted: it is root's"
	segment_there "${FACT[root.id]}"
	file_gone own
}

@test "rm: wrong usage: nothing, names with a choice, a document, abbreviations" {
	leak_file file
	run -2 ipctop rm
	assert_line --index 0 "ipctop: remove which object? Names are those that 'ipctop list' prints"
	local choice
	for choice in --kind=posix-shm --user=root '--filter=size > 0' --user=no-such-user; do
		run -2 ipctop rm "$choice" posix-shm:/file
		assert_line --index 0 'ipctop: rm takes names, or --filter, --kind and --user; not both'
	done
	run -2 ipctop rm --yes
	run -2 ipctop rm --forc posix-shm:/file
	run -2 ipctop rm --snapshot "$DOC" posix-shm:/file
	assert_line --index 0 'ipctop: rm needs the machine itself, not a document'
	run -2 ipctop rm -k nothing -y
	run -2 ipctop rm -u no-such-user -y
	run -2 ipctop rm -y -Q 'size >'
	run -2 ipctop rm -o nonsense posix-shm:/file
	file_there file "${FACT[leak.file.ino]}"
}

@test "rm: --sort and columns, of the results" {
	leak_file b 4K
	leak_file c 64K
	leak_file a 16K
	run -0 ipctop rm --dry-run -r -n -o name --sort name posix-shm:/c posix-shm:/a posix-shm:/b
	assert_output $'posix-shm:/a\nposix-shm:/b\nposix-shm:/c'
	run -0 ipctop rm -r -n -o name,result,size -b --sort size:desc posix-shm:/a posix-shm:/b posix-shm:/c
	assert_output $'posix-shm:/c removed 65536\nposix-shm:/a removed 16384\nposix-shm:/b removed 4096'
}

@test "rm: a full disk: the work is done, and the status is 1" {
	leak_file one
	leak_file two
	# shellcheck disable=SC2016 # the inner shell's
	run -1 in_world sh -c '"$0" rm posix-shm:/one posix-shm:/two >/dev/full' "$IPCTOP"
	assert_output --partial 'No space left on device'
	assert_equal "$(in_world ls -A /dev/shm)" ''
}

@test "rm: SIGTERM ends it between two removals, and it says what is left" {
	leak_file one
	until_true seconds_after "$((EPOCHSECONDS + 1))"
	leak_file two
	halted_at unlink 1 rm posix-shm:/one posix-shm:/two
	in_world kill -TERM "${FACT[halted.pid]}"
	go_on
	assert_equal "$status" 1
	assert_line 'ipctop: interrupted: 1 not done'
	assert_line '1 not done, 1 removed; 0B came back'
	assert_equal "$(in_world ls -A /dev/shm)" two
}
