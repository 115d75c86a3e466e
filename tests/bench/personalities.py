# SPDX-License-Identifier: GPL-2.0-or-later
"""The personalities beside util-linux's ipcs, with as many segments as the kernel takes."""
import os
import sys

from common import ms, note, table

SEGMENTS = 32768
OPTIONS = ("-m", "-mt", "-mp", "-mc", "-mu", "-ml", "-m -i {first}", "-m -i {last}")


def ids():
    with open("/proc/sysvipc/shm") as f:
        return [line.split()[1] for line in f.readlines()[1:]]


def personalities(bench):
    ours = os.path.join(bench.disk, "ipcs")
    os.symlink(bench.ipctop, ours)
    population = bench.populate((10, 10, SEGMENTS, 1000))
    names = ids()
    if len(names) != SEGMENTS:
        sys.exit(f"bench: {len(names)} segments instead of {SEGMENTS}")
    commands = {}
    for text in OPTIONS:
        words = text.format(first=names[0], last=names[-1]).split()
        commands["ours", text] = [ours] + words
        commands["theirs", text] = ["ipcs"] + words
    note("personalities, in turns")
    # the short ones take about as long as a fork: many rounds
    rounds, bench.rounds = bench.rounds, 6 * bench.rounds
    runs = bench.compare(commands)
    bench.rounds = rounds
    bench.clear(population)
    os.unlink(ours)

    print(f"## ipcs of ipctop beside that of util-linux, {SEGMENTS:,} segments\n\nMedians of {6 * rounds}.\n")
    rows = []
    for text in OPTIONS:
        a, b = runs["ours", text], runs["theirs", text]
        name = text.format(first="FIRST", last="LAST")
        rows.append((f"`ipcs {name}`", ms(a["wall"]), ms(b["wall"]), ms(a["cpu"]), ms(b["cpu"]),
                     f"{a['rss']:.1f}", f"{b['rss']:.1f}", f"{a['wall'] / b['wall']:.2f}",
                     "yes" if a["wall"] <= b["wall"] else "**no**"))
    table(("command", "wall ms, ipctop", "util-linux", "CPU ms, ipctop", "util-linux", "peak MiB, ipctop",
           "util-linux", "ratio, wanted ≤ 1", "reached"), rows)
