# SPDX-License-Identifier: GPL-2.0-or-later
"""What the picture shows: a machine with a database, a training, a sound server, and what crashed."""
import ctypes
import mmap
import os
import signal
import subprocess
import tempfile
import time
import traceback

SHM = "/dev/shm"
KIB, MIB = 1 << 10, 1 << 20
USERS = {"root": 0, "postgres": 105, "www-data": 33, "alice": 1000, "bob": 1001}
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p


def furnish():
    """In namespaces of its own: an empty /dev/shm, limits that mean something, users with names."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=1777,size=2g", "shm", SHM], check=True)
    for name, value in (("shmmni", 32), ("shmall", 65536)):
        with open(f"/proc/sys/kernel/{name}", "w") as f:
            f.write(str(value))
    with tempfile.NamedTemporaryFile("w", delete=False) as f:
        for name, uid in USERS.items():
            f.write(f"{name}:x:{uid}:{uid}::/:/bin/sh\n")
    os.chmod(f.name, 0o644)
    subprocess.run(["mount", "--bind", f.name, "/etc/passwd"], check=True)
    os.unlink(f.name)


def become(user, name):
    with open("/proc/self/comm", "w") as f:
        f.write(name)
    os.setgid(USERS[user])
    os.setuid(USERS[user])


def hold(work, ready=None):
    """A child's life: have what @work gives, and sleep until somebody kills it."""
    try:
        kept = work()  # for as long as this does not return
        if ready is not None:
            os.write(ready, b"x")
            os.close(ready)
        while True:
            signal.pause()
    except BaseException:
        traceback.print_exc()
    os._exit(1)


def actor(user, name, work):
    """A process that has what its work gives, and has it when this returns."""
    def life():
        become(user, name)
        return work()

    done, ready = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(done)
        hold(life, ready)
    os.close(ready)
    if os.read(done, 1) != b"x":
        raise RuntimeError(f"{name} did not come to be")
    os.close(done)
    return pid


def crash(user, name, work):
    pid = actor(user, name, work)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def fill(memory, size):
    for at in range(0, size, mmap.PAGESIZE):
        memory[at] = 1


def file(name, size, used=None):
    """A mapped file in /dev/shm, so much of it written."""
    fd = os.open(f"{SHM}/{name}", os.O_RDWR | os.O_CREAT, 0o600)
    os.ftruncate(fd, size)
    memory = mmap.mmap(fd, size)
    os.close(fd)
    fill(memory, size if used is None else used)
    return memory


def memfd(name, size):
    fd = os.memfd_create(name)
    os.ftruncate(fd, size)
    memory = mmap.mmap(fd, size)
    fill(memory, size)
    return fd, memory


def segment(key, size, used):
    shmid = libc.shmget(key, ctypes.c_size_t(size), 0o1600)
    at = libc.shmat(shmid, None, 0)
    if shmid < 0 or at in (None, ctypes.c_void_p(-1).value):
        raise OSError(ctypes.get_errno(), "shmget, shmat")
    for offset in range(0, used, mmap.PAGESIZE):
        ctypes.memset(at + offset, 1, 1)
    return at


def family(children, work):
    """A process with children that have what it has."""
    kept = work()
    for _ in range(children):
        if os.fork() == 0:
            hold(lambda: kept)
    return kept


def database():
    buffers = mmap.mmap(-1, 143 * MIB)
    fill(buffers, 96 * MIB)
    return (segment(0x0010B0F1, 56, 56), file("PostgreSQL.1583571942", 26 * KIB),
            file("PostgreSQL.3546140452", MIB), buffers)


def cache():
    memory = mmap.mmap(-1, 10 * MIB)
    fill(memory, 6 * MIB)
    return memory


def populate():
    actor("postgres", "postgres", lambda: family(5, database))
    actor("www-data", "nginx", lambda: family(4, cache))
    actor("alice", "train.py", lambda: family(2, lambda: [
        file(f"torch_{os.getpid()}_{n}_0", 32 * MIB) for n in (2806174093, 3166912604)]))
    actor("bob", "pipewire", lambda: memfd("pipewire-memfd:flags=0x0000000f", 2 * MIB + 256 * KIB))
    actor("alice", "gnome-shell", lambda: memfd("wayland-cursor", 72 * KIB))
    # what was left behind
    crash("bob", "solver", lambda: segment(0x00A76098, 64 * MIB, 48 * MIB))
    crash("bob", "mpirun", lambda: [
        file(f"sm_segment.node7.1001.3f2a0001.{n}", 4 * MIB, MIB) for n in range(2)])
    crash("alice", "python3", lambda: file("psm_2b14ac2c", 256 * MIB, 180 * MIB))
    crash("alice", "python3", lambda: file("sem.mp-k3w9x_7q", 32))


def leak(seconds):
    """A job that crashes again and again, each time with shared memory that nobody removes."""
    for n in range(6):
        time.sleep(seconds)
        size = (16, 24, 48, 16, 64, 32)[n] * MIB
        crash("alice", "python3", lambda: file(f"psm_{(n * 0x3D0F1B77 + 0x9E01F3AA) & 0xFFFFFFFF:08x}", size))
