# SPDX-License-Identifier: GPL-2.0-or-later
"""What the parts of the benchmark share: populations, runs of commands, tables."""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

POPULATIONS = {  # processes, private mappings in each, segments, shared mappings in all
    "S": (50, 300, 64, 340),
    "M": (1000, 300, 4160, 10800),
    "L": (5000, 500, 32768, 59500),
}


class Bench:
    def __init__(self, build, rounds):
        self.dir = os.path.join(build, "tests", "bench")
        self.ipctop = os.path.join(build, "ipctop")
        self.crowd = os.path.join(build, "tests", "churn", "crowd")
        self.rounds = rounds
        self.disk = tempfile.mkdtemp(prefix="ipctop-bench-", dir="/var/tmp")

    def program(self, name):
        return os.path.join(self.dir, name)

    def populate(self, shape):
        processes, private, segments, shared = shape
        begin = time.monotonic()
        p = subprocess.Popen(
            [self.program("populate"), "-p", str(processes), "-v", str(private),
             "-s", str(segments), "-m", str(shared), "-d", self.disk],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = p.stdout.readline().strip()
        if not line.startswith("ready"):
            sys.exit("bench: the population could not be made")
        note(f"{line} ({time.monotonic() - begin:.1f} s)")
        return p

    def clear(self, population):
        population.stdin.close()
        population.wait()

    def once(self, command):
        out = subprocess.run([self.program("measure")] + command, stdout=subprocess.PIPE,
                             stdin=subprocess.DEVNULL, text=True, check=True).stdout
        wall, user, system, memory, status = (int(word) for word in out.split())
        return {"wall": wall / 1e3, "cpu": (user + system) / 1e3, "rss": memory / 1024,
                "status": status}

    def compare(self, commands):
        """name -> medians of wall and CPU (ms), largest memory (MiB)."""
        runs = {name: [] for name in commands}
        for _ in range(self.rounds):
            for name, command in commands.items():
                runs[name].append(self.once(command))
        return medians(runs)

    def frame(self, start, more, frames):
        """What one further frame costs: CPU and wall in ms, medians over the rounds."""
        cpu, wall = [], []
        for _ in range(self.rounds):
            one, many = self.once(start), self.once(more)
            cpu.append((many["cpu"] - one["cpu"]) / frames)
            wall.append((many["wall"] - one["wall"]) / frames)
        return {"cpu": statistics.median(cpu), "wall": statistics.median(wall)}


def note(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def have(tool):
    return shutil.which(tool) is not None


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|" + "|".join("---" if i == 0 else "---:" for i in range(len(head))) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def ms(value):
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def medians(runs):
    return {name: {"wall": statistics.median(r["wall"] for r in rows),
                   "cpu": statistics.median(r["cpu"] for r in rows),
                   "rss": max(r["rss"] for r in rows),
                   "status": rows[-1]["status"]} for name, rows in runs.items()}
