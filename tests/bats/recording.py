# SPDX-License-Identifier: GPL-2.0-or-later
"""A recorded document for the monitor, made by hand: every kind, every verdict, names that hurt.

recording.py [ROWS]

The same document whenever and wherever it is asked for, as `ipctop --json` writes it. ROWS more
objects, all alike but for their numbers, make it long.
"""
import json
import sys

NOW = 1795532000
KINDS = "shm posix-shm posix-sem memfd anon file device special".split()
MIB = 1 << 20

# name: uid, pid, start, comm, command line, group, unit, container
PROCESSES = {
    "postgres": (70, 812, 90000, "postgres", "postgres: 15/main: checkpointer", "/system.slice/postgresql@15-main.service",
                 "postgresql@15-main.service", None),
    "writer": (70, 813, 90000, "postgres", "postgres: 15/main: background writer", "/system.slice/postgresql@15-main.service",
               "postgresql@15-main.service", None),
    "worker": (1000, 4712, 1000, "worker", "worker --fast", "/user.slice/user-1000.slice/session-2.scope",
               "session-2.scope", None),
    "nccl": (1000, 5001, 7200, "python3", "python3 train.py --epochs 90 --batch 512", "/docker/cafe", "docker.service",
             "cafe"),
    # what others chose to call themselves
    "red": (1001, 6001, 600, "\x1b[31mred", "red \x1b]0;owned\x07 \x1b[2J\r\n--x", "/user.slice", None, None),
    "wide": (1001, 6002, 600, "日本語のプロセス"[:5], "日本語 --名前=共有メモリ", "/user.slice", None, None),
    "combining": (1001, 6003, 600, "e\u0301te\u0301", "e\u0301te\u0301 --n\u0303", "/user.slice", None, None),
    "long": (1000, 999999, 60, "fifteen-letters", "/opt/" + "very-" * 60 + "long --option", "/user.slice", None, None),
}
USERS = {0: "root", 70: "postgres", 1000: "alice", 1001: "bøb", 54321: None}


def ago(seconds):
    return None if seconds is None else NOW - seconds


def holder(name, n, size, fds):
    uid, pid, start, comm, cmdline, cgroup, unit, container = PROCESSES[name]
    mappings = [{"start": "0x7f%02d%08x" % (i, pid << 12), "length": size or 4096, "prot": "rw-s", "offset": 0}
                for i in range(n)]
    return {"pid": pid, "start_time": NOW - start, "uid": uid, "user": USERS[uid], "comm": comm, "cmdline": cmdline,
            "cgroup": cgroup, "unit": unit, "container": container, "pid_ns": 4026531836, "mappings": mappings,
            "fds": [{"fd": fd, "access": "rw"} for fd in fds]}


def thing(name, verdict, code, text, size=None, used=None, uid=0, age=None, state="attached", holders=(), **more):
    """An object: holders are (process, mappings, descriptors)."""
    kind = name.partition(":")[0]
    held = [holder(p, n, size, fds) for p, n, fds in holders]
    mappings = sum(len(h["mappings"]) for h in held)
    row = {
        "name": name, "kind": kind, "id": None, "key": None, "label": None, "path": None, "ipc_ns": None,
        "device": "0:25", "inode": 100 + len(things), "links": 1, "size": size, "allocated": used,
        "rss": used, "swap": 0 if used is not None else None, "page_size": 4096, "mode": "0600", "uid": uid,
        "user": USERS[uid], "gid": uid, "group": USERS[uid], "creator_uid": None, "creator_user": None,
        "creator_gid": None, "creator_group": None, "creator_pid": None, "creator_alive": None,
        "last_pid": None, "last_alive": None, "attach_time": None, "detach_time": None,
        "change_time": ago(age), "modify_time": ago(age), "access_time": ago(age), "birth_time": ago(age),
        "age": age, "nattch": None, "mappings": mappings, "processes": sum(bool(h["mappings"]) for h in held),
        "openers": sum(bool(h["fds"]) for h in held), "holders_complete": True, "state": state, "flags": [],
        "logout": None, "family": None, "unknown": [], "verdict": verdict,
        "reasons": [{"code": code, "text": text}], "holders": held,
    }
    if kind == "shm":
        row.update(ipc_ns=4026531839, device="0:1", links=None, id=int(name[4:].split("@")[0]), key="0x00000000",
                   inode=int(name[4:].split("@")[0]), nattch=mappings, modify_time=None, access_time=None, birth_time=None,
                   attach_time=ago(age) if mappings else None, creator_uid=uid, creator_user=USERS[uid],
                   creator_gid=uid, creator_group=USERS[uid], creator_pid=700, creator_alive=False,
                   last_pid=held[0]["pid"] if held else 700, last_alive=bool(held))
    if kind == "posix-shm" and "path" not in more:
        row["path"] = "/dev/shm" + name.partition(":")[2]
    row.update(more)
    things.append(row)


things = []
thing("shm:7", "live", "attached", "2 mappings in 2 processes", 56, 4096, 70, 90000, key="0x00a76098",
      holders=[("postgres", 1, []), ("writer", 1, [])], family="postgresql")
thing("shm:32768", "stale", "abandoned", "nobody is attached, and process 700, which made it, is gone", 2048 * MIB,
      1536 * MIB, 1000, 864000, state="detached", detach_time=NOW - 864000, swap=512 * MIB, rss=1024 * MIB)
thing("shm:98304", "live", "attached", "1 mapping in 1 process", 64 * MIB, 64 * MIB, 1000, 3600, state="condemned",
      flags=["condemned", "locked"], holders=[("worker", 1, [])], mode="0666")
thing("shm:5", "idle", "young", "it was made or used less than 10m ago", 4096, 0, 0, 12, state="created",
      creator_alive=None, unknown=["creator_alive"])
thing("shm:0@4026532177", "unknown", "creator-hidden", "the pid of its creator is of another namespace", 65536, 4096, 0, 400,
      state="detached", ipc_ns=4026532177, creator_pid=None, unknown=["creator_pid", "creator_alive"])
thing("posix-shm:/PostgreSQL.1804289383", "stale", "family-orphan", "PostgreSQL holds such files while it needs them", 27 * MIB,
      MIB, 70, 7200, state="detached", family="postgresql")
thing("posix-shm:/nccl-Qx81Za", "live", "attached", "1 mapping in 1 process", 32 * MIB, 9 * MIB, 1000, 7100,
      holders=[("nccl", 1, [17])], family="nccl")
thing("posix-shm:/日本語の共有メモリ", "idle", "settling", "it was last used less than 48h ago", 3 * MIB, 3 * MIB, 1001, 90000,
      state="detached")
thing("posix-shm:/e\u0301te\u0301-n\u0303andu\u0301", "live", "attached", "2 mappings in 2 processes", 2 * MIB, MIB, 1001, 500,
      holders=[("combining", 1, []), ("wide", 1, [])])
thing("posix-shm:/\\x1B[31mred\\x1B]0;owned\\x07", "live", "attached", "1 mapping in 1 process", MIB, MIB, 1001, 500,
      path="/dev/shm/\\x1B[31mred\\x1B]0;owned\\x07", holders=[("red", 1, [])])
thing("posix-shm:/" + "long-name-" * 25 + "end", "unknown", "holders-unreadable",
      "412 processes could not be read; one of them may hold it", 20 * MIB, 20 * MIB, 1000, 100000, state=None,
      holders_complete=False, unknown=["state"])
thing("posix-sem:/guard", "live", "attached", "2 mappings in 2 processes", 32, 4096, 1000, 1000, path="/dev/shm/sem.guard",
      holders=[("worker", 1, []), ("long", 1, [])])
thing("memfd:0:1:4711", "live", "attached", "1 mapping in 1 process, open in 1", 8 * MIB, 5 * MIB, 1000, 60,
      label="wayland-⚓-buffer", device="0:1", inode=4711, holders=[("long", 1, [3, 4])], flags=["sealed"])
thing("memfd:0:1:4712", "live", "open", "open in 1 process", 16 * MIB, 0, 54321, None, state="open", label="queue",
      device="0:1", inode=4712, holders=[("worker", 0, [9])], unknown=["user", "change_time", "modify_time"])
thing("anon:0:1:900", "live", "attached", "2 mappings in 1 process", 128 * MIB, 11 * MIB, 70, 90000, device="0:1", inode=900,
      holders=[("postgres", 2, [])])
thing("file:/var/lib/app/cache.db", "live", "attached", "1 mapping in 1 process", 6 * MIB, None, 1000, 30, device="8:1", inode=1234,
      path="/var/lib/app/cache.db", holders=[("worker", 1, [5])])
thing("device:/dev/dri/card0", "live", "attached", "1 mapping in 1 process", None, None, 0, None, path="/dev/dri/card0",
      device="0:6", inode=77, holders=[("long", 1, [6])])
thing("special:0:15:1030", "live", "attached", "1 mapping in 1 process", 4096, None, 0, None, label="anon_inode:[io_uring]",
      device="0:15", inode=1030, holders=[("worker", 1, [7])])
for i in range(int(sys.argv[1]) if len(sys.argv) > 1 else 0):
    thing("shm:%d" % (200000 + i), "idle", "settling", "it was last used less than 48h ago", 4096 * (i + 1), 4096, 1000, 7200 + i,
          state="detached")


def total(kind):
    of_kind = [t for t in things if t["kind"] == kind]
    stale = [t for t in of_kind if t["verdict"] == "stale"]
    return {"objects": len(of_kind), "size": sum(t["size"] or 0 for t in of_kind),
            "allocated": sum(t["allocated"] or 0 for t in of_kind) if kind not in ("file", "device", "special") else None,
            "stale": len(stale), "stale_allocated": sum(t["allocated"] for t in stale)}


segments = [t for t in things if t["kind"] == "shm"]
json.dump({
    "schema": "ipctop/1", "version": "0.1", "time": NOW + 0.123, "duration": 0.041, "hostname": "küste",
    "kernel": "6.18.44", "boot_id": "07036310-a0e7-41ab-9422-365fbd9d644f", "uid": 0, "ipc_ns": 4026531839,
    "pid_ns": 4026531836, "mnt_ns": 4026531832, "complete": False,
    "gaps": [{"source": "maps", "error": "EACCES", "count": 412, "pids": [1, 7]}],
    "policy": {"grace": 600, "long_grace": 172800, "keep": []},
    "limits": {"shmmni": 4096, "shmall": 1048576, "shmmax": 18446744073692774399, "shm_rmid_forced": False,
               "segments": len(segments), "pages": sum(-(-t["size"] // 4096) for t in segments), "pages_resident": 278530,
               "pages_swapped": 131072, "tmpfs_size": 64 * MIB, "tmpfs_used": 61 * MIB, "tmpfs_inodes": 3085452,
               "tmpfs_inodes_used": 8},
    "memory": {"total": 16384 * MIB, "available": 9000 * MIB, "shmem": 1200 * MIB, "swap_total": 4096 * MIB,
               "swap_free": 3584 * MIB, "cached": 3000 * MIB, "hugetlb": 0},
    "totals": {k: total(k) for k in KINDS}, "objects": things,
}, sys.stdout, ensure_ascii=False)
