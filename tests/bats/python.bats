#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Another real program: Python's multiprocessing, and what it leaks.

load world

setup()
{
	world_open --steady
	"$PYTHON" -c 'import multiprocessing.shared_memory' 2>/dev/null || skip "python3 has no shared_memory"
}

teardown()
{
	world_close
}

no_python_left()
{
	! in_world pgrep -f 'resource_tracker|multiprocessing' >/dev/null
}

# python_holds SCRIPT: runs it in the world; it prints a line and waits for one.
python_start()
{
	mkfifo "$BATS_TEST_TMPDIR/py.in" "$BATS_TEST_TMPDIR/py.out"
	in_world "$PYTHON" -c "$1" <"$BATS_TEST_TMPDIR/py.in" >"$BATS_TEST_TMPDIR/py.out" 2>"$BATS_TEST_TMPDIR/py.err" 3>&- &
	PY_JOB=$!
	exec {PY_IN}>"$BATS_TEST_TMPDIR/py.in" {PY_OUT}<"$BATS_TEST_TMPDIR/py.out"
	read -r -t $PATIENCE -u "$PY_OUT" PY_SAID || fail "python: $(cat "$BATS_TEST_TMPDIR/py.err")"
}

python_go_on()
{
	echo >&"$PY_IN"
	wait "$PY_JOB" || :
	exec {PY_IN}>&-
}

@test "python: shared_memory leaked by os._exit" {
	# the tracker that would clean up is killed too, as an OOM killer or a container's end does
	python_start '
import os, signal
from multiprocessing import shared_memory, resource_tracker
block = shared_memory.SharedMemory(create=True, size=1 << 20)
block.buf[:4096] = b"x" * 4096
print(block.name, flush=True)
input()
os.kill(resource_tracker._resource_tracker._pid, signal.SIGKILL)
os._exit(1)
'
	local name=posix-shm:/$PY_SAID
	look --older-than 0
	assert_regex "$PY_SAID" '^psm_[0-9a-f]+$'
	expect "$name" family="Python shared_memory" size=1048576 allocated=4096 state=attached mappings=1 \
		openers=1 verdict=live reasons=attached,open
	python_go_on

	look
	expect "$name" state=detached mappings=0 openers=0 holders_complete=true verdict=idle reasons=young
	configure "grace 0"
	look
	expect "$name" verdict=idle reasons=settling
	look --older-than 0
	expect "$name" verdict=stale reasons=abandoned allocated=4096
	expect_doc '.totals["posix-shm"] | .stale == 1 and .stale_allocated == 4096'
}

@test "python: the tracker that cleans up leaves nothing to be found" {
	python_start '
import os
from multiprocessing import shared_memory
block = shared_memory.SharedMemory(create=True, size=4096)
print(block.name, flush=True)
input()
os._exit(1)
'
	look
	expect "posix-shm:/$PY_SAID" state=attached
	python_go_on
	until_true no_python_left
	look
	expect_gone "posix-shm:/$PY_SAID"
}

@test "python: a lock of a spawning context leaked by a kill" {
	python_start '
import multiprocessing, os, signal
from multiprocessing import resource_tracker
lock = multiprocessing.get_context("spawn").Lock()
print(lock._semlock.name, flush=True)
input()
os.kill(resource_tracker._resource_tracker._pid, signal.SIGKILL)
os.kill(os.getpid(), signal.SIGKILL)
'
	local name=posix-sem:$PY_SAID
	look --older-than 0
	expect "$name" family="Python multiprocessing" size=32 state=attached verdict=live reasons=attached
	python_go_on
	look
	expect "$name" state=detached verdict=idle reasons=young
	configure "grace 0"
	look
	expect "$name" verdict=stale reasons=family-orphan
}

@test "python: a second process that holds the block keeps it alive" {
	python_start '
import multiprocessing, os, signal, time
from multiprocessing import shared_memory, resource_tracker
block = shared_memory.SharedMemory(create=True, size=4096)
child = os.fork()
if child == 0:
    signal.pause()
print(block.name, flush=True)
input()
os.kill(resource_tracker._resource_tracker._pid, signal.SIGKILL)
os._exit(1)
'
	python_go_on
	look --older-than 0
	expect "posix-shm:/$PY_SAID" state=attached processes=1 verdict=live
}
