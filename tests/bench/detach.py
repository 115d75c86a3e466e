# SPDX-License-Identifier: GPL-2.0-or-later
"""How long a process is stopped that is made to let go of a segment."""
import json
import statistics
import subprocess
import sys

from common import note, table

MIB = 1 << 20
SIZES = (  # size, of it touched, what it is called
    (64 << 10, 64 << 10, "64 KiB"),
    (16 * MIB, 16 * MIB, "16 MiB"),
    (256 * MIB, 256 * MIB, "256 MiB"),
    (1024 * MIB, 1024 * MIB, "1 GiB"),
    (1024 * MIB, MIB, "1 GiB, 1 MiB of it touched"),
    (16384 * MIB, MIB, "16 GiB, 1 MiB of it touched"),
)
THREADS = (1, 10, 100, 1000, 5000)


def detach_once(bench, size, touched, threads, leave):
    """Milliseconds: for which it was stopped, as ipctop says; for which it did not run, as it says itself;
    of the whole command."""
    holder = subprocess.Popen([bench.program("holder"), str(size), str(touched), str(threads)],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    name = f"shm:{int(holder.stdout.readline())}"
    command = subprocess.run([bench.ipctop, "detach", name, "--pid", str(holder.pid), "--leave", leave, "--yes",
                              "--force", "--json"], stdout=subprocess.PIPE, text=True)
    if command.returncode:
        sys.exit(f"bench: detach: exit status {command.returncode}: {command.stdout}")
    acts = json.loads(command.stdout)["acts"]
    if leave == "fence":  # it looks at its contents at the end, and would die by it
        holder.kill()
        holder.communicate()
        return acts[0]["stopped"] * 1e3, None
    out, _ = holder.communicate()
    if holder.returncode:
        sys.exit(f"bench: the holder's contents are wrong: {holder.returncode}")
    return acts[0]["stopped"] * 1e3, float(out)


def figures(runs):
    stopped = [run[0] for run in runs]
    gaps = [run[1] for run in runs if run[1] is not None]
    return (f"{statistics.median(stopped):.2f}", f"{max(stopped):.2f}",
            f"{statistics.median(gaps):.2f}" if gaps else "-")


def measure(bench, cases, rounds):
    """Cases take turns: {name: (size, touched, threads, leave)}."""
    runs = {name: [] for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            runs[name].append(detach_once(bench, *case))
    return [(name,) + figures(of) for name, of in runs.items()]


def detach(bench):
    head = ("stopped ms", "longest", "did not run ms")
    note("detach: sizes")
    print(f"## Letting go: for how long the process is stopped\n\nMedians of {bench.rounds}; the last column "
          "is what the process itself saw.\n")
    for leave in ("copy", "fence"):
        table((f"{leave}, by size",) + head,
              measure(bench, {what: (size, touched, 2, leave) for size, touched, what in SIZES}, bench.rounds))
    note("detach: threads")
    for leave in ("copy", "fence"):
        table((f"{leave}, 64 KiB, by threads",) + head,
              measure(bench, {f"{n:,}": (64 << 10, 64 << 10, n, leave) for n in THREADS}, bench.rounds))
