#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What nobody needs any more, however it looks: clean finds it, and it goes.

load cleaning

teardown()
{
	world_close
}

# take OPTION…: clean, of whatever age. There must be nothing that it could not do.
take()
{
	run -0 --separate-stderr ipctop clean --yes --older-than 0 --json "$@"
	assert_equal "$(jq -r '[.acts[] | .result] | unique | join(",")' <<<"$output")" removed
}

@test "leaks: another program has the dead creator's number now" {
	world_open --steady
	leak a shmget
	local born=$EPOCHSECONDS
	# what started within two seconds could still be the creator
	until_true seconds_after $((born + 3))
	next_pid "${FACT[a.pid]}"
	actor b nothing
	assert_equal "${FACT[b.pid]}" "${FACT[a.pid]}"

	take
	segment_gone "${FACT[a.id]}"
}

@test "leaks: another program has the last user's number, and the number in a name" {
	world_open --steady
	next_pid 700
	leak a nothing
	actor a shmget
	actor b shmat id="${FACT[a.id]}"
	tell b shmdt
	kill_actor a
	kill_actor b
	leak_file "torch_${FACT[b.pid]}_1_0"
	local born=$EPOCHSECONDS
	until_true seconds_after $((born + 3))
	next_pid "${FACT[b.pid]}"
	actor c nothing
	assert_equal "${FACT[b.pid]}" "${FACT[c.pid]}"

	take
	segment_gone "${FACT[a.id]}"
	file_gone "torch_${FACT[b.pid]}_1_0"
}

@test "leaks: a dead creator's number is only a thread's now; a zombie has it" {
	world_open --steady
	next_pid 500
	leak a shmget
	next_pid 499
	actor b nothing
	tell b thread
	assert_equal "${FACT[b.tid]}" "${FACT[a.pid]}"
	actor z zombie

	take
	segment_gone "${FACT[a.id]}"
	segment_gone "${FACT[z.id]}"
}

@test "leaks: ipctop itself has the creator's and the last user's number" {
	# no clock helps: what runs now could be the creator, were it not ipctop
	world_open --unsteady
	next_pid 800
	actor a shmget
	tell a shmat
	tell a shmdt
	kill_actor a
	next_pid "${FACT[a.pid]}"

	take
	segment_gone "${FACT[a.id]}"
}

@test "leaks: a container's: segments and files of other namespaces, with --all-namespaces" {
	world_open --steady
	actor ipc unshare_ipc
	tell ipc zombie
	actor shm own_shm
	tell shm shm_open name=f size=64K
	tell shm fill size=64K
	tell shm close
	tell shm sem_open name=/s
	tell shm munmap

	take --all-namespaces
	assert_equal "$(jq -r '[.acts[].name | sub("@.*"; "@")] | sort | join(" ")' <<<"$output")" \
		"posix-sem:/s@ posix-shm:/f@ shm:${FACT[ipc.id]}@"
	assert_equal "$(jq -r '.acts[] | select(.kind == "posix-shm").freed' <<<"$output")" 65536
	in_world test ! -e "/proc/${FACT[shm.pid]}/root/dev/shm/f" || fail "the file is still there"
	in_world nsenter -t "${FACT[ipc.pid]}" --ipc sh -c '[ "$(wc -l </proc/sysvipc/shm)" = 1 ]'
}

@test "leaks: a whole container's, with processes of its own that do not need them" {
	world_open --steady
	mkfifo "$BATS_TEST_TMPDIR/inside"
	# shellcheck disable=SC2016 # the inner shell's
	in_world unshare --ipc --mount --pid --fork --mount-proc --kill-child sh -c '
		mount -t tmpfs shm /dev/shm
		for what in "shmget size=8K" "shm_open name=torch_3_1_0 size=4K" "shm_open name=plain size=4K"; do
			echo leak | "$0" $what
		done >/dev/null
		echo there
		sleep 60' "$ACTOR" >"$BATS_TEST_TMPDIR/inside" &
	local inside=$!
	read -r -t "$PATIENCE" _ <"$BATS_TEST_TMPDIR/inside"

	run -0 --separate-stderr ipctop clean --older-than 0 --json
	assert_equal "$(jq '.acts | length' <<<"$output")" 0
	take --all-namespaces
	assert_equal "$(jq -r '[.acts[].name | sub("@.*"; "@")] | sort | join(" ")' <<<"$output")" \
		"posix-shm:/plain@ shm:0@"
	kill "$inside" 2>/dev/null || :
	wait "$inside" || :
}

@test "leaks: an ordinary user's own, and nothing else" {
	world_open --steady
	world_public
	actor a setuid
	tell a shm_open name=file size=4096
	tell a sem_open name=/sem
	tell a shmget
	kill_actor a
	leak roots shmget
	leak_file roots

	run -0 --separate-stderr ipctop_as_nobody clean --yes --older-than 0 --user nobody --json
	assert_equal "$(jq -r '[.acts[] | .name] | sort | join(" ")' <<<"$output")" \
		"posix-sem:/sem posix-shm:/file shm:${FACT[a.id]}"
	file_gone file
	file_gone sem.sem
	segment_gone "${FACT[a.id]}"
	segment_there "${FACT[roots.id]}"
	file_there roots "${FACT[leak.roots.ino]}"
}

@test "leaks: a file that nobody may read, not even its owner" {
	world_open
	world_public
	leak_file closed 4096 0000
	actor a setuid
	tell a shm_open name=own size=4096 mode=0000
	kill_actor a

	take --filter 'name == "posix-shm:/closed"'
	file_gone closed
	# its owner gets no lease and so no answer: it stays, and root takes it
	run -0 --separate-stderr ipctop_as_nobody clean --yes --older-than 0
	file_there own "${FACT[a.ino]}"
	take
	file_gone own
}

@test "leaks: what only another cleaner looked at, and read by cat or stat meanwhile" {
	world_open --steady
	leak seg shmget
	leak_file f
	in_world cat /dev/shm/f >"$BATS_TEST_TMPDIR/copy"
	run -0 ipctop --json
	run -0 ipctop list --older-than 0

	take
	file_gone f
	segment_gone "${FACT[seg.id]}"
}

@test "leaks: names that need quoting, in a folder under another name, very long" {
	world_open
	local odd=$'new\nline \\ @ \x1b[31m' long
	long=$(printf 'x%.0s' {1..255})
	in_world sh -c 'head -c 10000 /dev/zero >"/dev/shm/$1"; head -c 1 /dev/zero >"/dev/shm/$2"; : >"/dev/shm/-rf"
		head -c 1 /dev/zero >/dev/shm/-rf' sh "$odd" "$long"

	take
	assert_equal "$(in_world ls -A /dev/shm | wc -l)" 0
}

@test "leaks: without leases, where everything is in sight: the second look decides" {
	world_open --host-pids
	leak_file f

	run --separate-stderr ipctop clean --older-than 0 --no-lease --json
	[ "$(jq '.acts | length' <<<"$output")" = 1 ] || skip "not everything can be read on this machine"
	run --separate-stderr ipctop clean --yes --older-than 0 --no-lease --json
	[ "$(act posix-shm:/f result)" = removed ] ||
		assert_regex "$(act posix-shm:/f why)" 'could not tell|unknown|null'
}
