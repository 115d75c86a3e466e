# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Python's multiprocessing, the real one, in a world of its own.

# A steady world.
python_open()
{
	"$PYTHON" -c 'import multiprocessing.shared_memory' 2>/dev/null ||
		skip "Python 3.8 or newer is not installed"
	world_open --steady
	write_program
}

# An actor in Python, driven like the other: `tell a sem`.
write_program()
{
	PROGRAM=$BATS_TEST_TMPDIR/program
	{
		echo "#!$PYTHON"
		cat <<-'END'
			import multiprocessing, os, signal, sys
			from multiprocessing import resource_tracker, shared_memory

			kept = []

			def create(size):
			    block = shared_memory.SharedMemory(create=True, size=int(size))
			    block.buf[:] = bytes([65]) * int(size)
			    kept.append(block)
			    return "name=" + block.name

			def attach(name):
			    kept.append(shared_memory.SharedMemory(name=name))

			def close():
			    kept[-1].close()

			def unlink():
			    kept.pop().unlink()

			def sem(method):
			    kept.append(multiprocessing.get_context(method).Semaphore(3))
			    return "name=%s" % kept[-1]._semlock.name

			def heap(size):
			    kept.append(multiprocessing.RawArray("b", int(size)))

			def worker(semaphore):
			    semaphore.acquire()
			    signal.pause()

			def give():
			    child = multiprocessing.get_context("fork").Process(target=worker, args=(kept[-1],))
			    child.start()
			    kept.append(child)
			    return "child=%d" % child.pid

			def holds():
			    assert kept[-1].buf[:] == bytes([65]) * kept[-1].size

			def scribble():
			    kept[-1].buf[:] = bytes([66]) * kept[-1].size

			def scribbled():
			    assert kept[-1].buf[:] == bytes([66]) * kept[-1].size

			def acquire():
			    assert kept[-1].acquire(timeout=1)

			def pool(workers):
			    kept.append(multiprocessing.Pool(int(workers)))
			    work()

			def work():
			    assert kept[-1].map(abs, range(-1000, 0)) == list(range(1000, 0, -1))

			def untrack():
			    tracker = resource_tracker._resource_tracker._pid
			    os.kill(tracker, signal.SIGKILL)
			    os.waitpid(tracker, 0)

			def vanish():
			    os._exit(0)

			words = sys.argv[1:]
			while words:
			    facts = globals()[words[0]](*words[1:]) or ""
			    print("pid=%d" % os.getpid(), facts, flush=True)
			    words = sys.stdin.readline().split()
		END
	} >"$PROGRAM"
	chmod +x "$PROGRAM"
}

# python NAME COMMAND [ARGUMENT]
python()
{
	ACTOR=$PROGRAM actor "$@"
}

# leak NAME: it ends by os._exit, and its resource tracker before it.
leak()
{
	tell "$1" untrack
	echo vanish >&"${ACTOR_IN[$1]}"
	actor_wait "$1"
}
