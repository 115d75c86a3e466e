# SPDX-License-Identifier: GPL-2.0-or-later
"""Every kind of damage to a saved file, and what `ipctop restore` makes of it.

saved_damage.py IPCTOP FILE cut|flip STEP

FILE is the saved file of a POSIX object that is not there. Cut at each STEPth length, or with each
STEPth bit flipped, it must be refused and nothing made; a flip that changes nothing of what is in it
(a bit that no decoder reads) may be restored, to the very contents.
"""
import os
import subprocess
import sys

SHM = "/dev/shm"
ipctop, original, kind, step = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])


def restore(path):
    run = subprocess.run([ipctop, "restore", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    made = {}
    for name in os.listdir(SHM):
        with open(f"{SHM}/{name}", "rb") as f:
            made[name] = (f.read(), os.stat(f.name).st_mode)
        os.unlink(f"{SHM}/{name}")
    with open("/proc/sysvipc/shm") as f:
        assert len(f.readlines()) == 1, "a segment was made"
    return run, made


def variants(data):
    if kind == "cut":
        for length in range(0, len(data), step):
            yield f"cut at {length}", data[:length]
        yield "with a byte behind it", data + b"\0"
        yield "twice", data + data
    else:
        for bit in range(0, 8 * len(data), step):
            damaged = bytearray(data)
            damaged[bit // 8] ^= 1 << bit % 8
            yield f"bit {bit}", bytes(damaged)


with open(original, "rb") as f:
    whole = f.read()
run, wanted = restore(original)
assert run.returncode == 0 and len(wanted) == 1, run.stderr
refused = harmless = 0
for what, data in variants(whole):
    path = original + ".damaged"
    with open(path, "wb") as f:
        f.write(data)
    run, made = restore(path)
    if run.returncode == 0 and kind == "flip":
        assert made == wanted, f"{what}: restored to something else"
        harmless += 1
        continue
    assert run.returncode == 1, f"{what}: exit status {run.returncode}"
    assert not made, f"{what}: made {list(made)}"
    assert len(run.stderr.splitlines()) == 1, f"{what}: said {run.stderr}"
    refused += 1
print(f"{refused} refused, {harmless} without effect")
assert harmless <= refused / 50, "too many flips without effect"
