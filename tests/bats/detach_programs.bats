#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Real programs that are made to let go, and go on.

load world
load python
load postgres

teardown()
{
	[ -z "${MUX-}" ] || in_world tmux -L "$MUX" kill-server || :
	[ -z "${WORLD_PID:-}" ] || world_close
}

@test "detach: a process in Python keeps its block of shared memory, which is gone from the others'" {
	python_open
	python a create 100000
	local name=posix-shm:/${FACT[a.name]} pid=${FACT[a.pid]}
	python b attach "${FACT[a.name]}"
	# b's view of it stays what a and b share
	tell b holds
	run -0 --separate-stderr ipctop detach "$name" --pid "$pid" --yes --force --json
	assert_equal "$(jq -r '.acts[] | .result, .becomes' <<<"$output" | sort -u | xargs)" "attached detached"
	tell a holds
	tell a scribble
	tell b holds
	tell a scribbled
	# the memory of a is its own, and goes with it
	tell b close
	run -0 ipctop rm --force "$name"
	look
	run names posix-shm
	refute_output --partial "${FACT[a.name]}"
	tell a scribbled
	tell a close
}

@test "detach: a backend of PostgreSQL is refused without --force, since others hold its memory too" {
	postgres_open
	local segment before
	start_postgres sysv
	look
	segment=$(jq -r --argjson pid "$POSTMASTER" \
		'first(.objects[] | select(.kind == "shm" and any(.holders[]; .pid == $pid)) | .name)' "$DOC")
	before=$(member "$segment" nattch)
	[ "$before" -gt 1 ]
	run -1 --separate-stderr ipctop detach "$segment" --pid "$POSTMASTER" --yes
	assert_output "1 refused"
	[[ $stderr == *"$segment"*"not detached: "*"held too by "*" (postgres)"*"no longer sees what others write to it"*"--force does it all the same"* ]] ||
		fail "$stderr"
	look
	expect "$segment" nattch="$before"
	assert_equal "$(ask 'SELECT 42')" 42
	crash postgres
}

@test "detach: a shell in tmux lets go by a command that it started itself, on its own terminal" {
	need_command tmux
	world_open
	MUX=ipctop-detach-$BATS_ROOT_PID-$BATS_TEST_NUMBER
	in_world sh -c 'head -c 8192 /dev/zero >/dev/shm/block'
	in_world tmux -L "$MUX" -f /dev/null new-session -d -x 100 -y 30 \
		"$PYTHON -iq -c 'import mmap, os; m = mmap.mmap(os.open(\"/dev/shm/block\", os.O_RDWR), 8192); m[0] = 65'"
	until_true held_by_python || fail "$(in_world tmux -L "$MUX" capture-pane -p)"
	local pid
	pid=$(jq -r '.objects[] | select(.name == "posix-shm:/block") | .holders[0].pid' "$DOC")
	in_world tmux -L "$MUX" send-keys -l "import subprocess; subprocess.call(['$IPCTOP', 'detach', 'posix-shm:/block', '--pid', '$pid', '--yes', '--force'])"
	in_world tmux -L "$MUX" send-keys Enter
	until_true let_go || fail "$(in_world tmux -L "$MUX" capture-pane -p)"
	in_world tmux -L "$MUX" send-keys -l "print('still', m[0] + 1)"
	in_world tmux -L "$MUX" send-keys Enter
	until_true shows 'still 66' || fail "$(in_world tmux -L "$MUX" capture-pane -p)"
}

held_by_python()
{
	look
	[ "$(member posix-shm:/block processes)" = 1 ]
}

let_go()
{
	look
	[ "$(member posix-shm:/block mappings)" = 0 ]
}

shows()
{
	in_world tmux -L "$MUX" capture-pane -p | grep -qF -- "$1"
}

@test "detach: a program under a debugger is refused, and let go of once that has gone" {
	need_command strace
	world_open
	actor a shmget size=8192
	tell a shmat
	local name=shm:${FACT[a.id]} pid=${FACT[a.pid]} tracer
	in_world strace -qq -o /dev/null -p "$pid" 3>&- 4>&- &
	tracer=$!
	until_true traced "$pid"
	run -1 ipctop detach "$name" --pid "$pid" --yes
	assert_output --regexp "process $pid is already traced by process [0-9]+"
	look
	expect "$name" nattch=1
	in_world pkill -x strace
	wait $tracer || :
	until_true not_traced "$pid"
	run -0 ipctop detach "$name" --pid "$pid" --yes
	look
	expect "$name" nattch=0
}

traced()
{
	[ "$(in_world awk '/^TracerPid/ { print $2 }' "/proc/$1/status")" != 0 ]
}

not_traced()
{
	! traced "$1"
}
