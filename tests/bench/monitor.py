# SPDX-License-Identifier: GPL-2.0-or-later
"""The monitor beside top and htop, each on a pseudo-terminal of its own."""
import mmap
import os
import random
import signal
import statistics
import subprocess
import sys
import time

from common import POPULATIONS, have, ms, note, table
from terminal import Terminal, take_precedence

KEYS_EACH = 100  # presses of each key
REFRESHES = 5
TABS = ("Objects", "Processes", "Users", "Events")
ROWS = 100000
FILES = "/dev/shm"


def percentile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * part))]


def start(bench, *options):
    """The monitor with rows on its screen."""
    t = Terminal([bench.ipctop, "--no-config", *options])
    t.until(selected, "the first row")
    return t


def selected(screen):
    """The line of the selected row and what its name is; None: there is none."""
    for y in range(screen.rows):
        if screen.lines[y][1] == ">":
            return y, screen.text(y)[2:].split(" ")[0]
    return None


def show_tab(t, tab):
    while not t.screen.has(f"[{tab}]"):
        before = next(name for name in TABS if t.screen.has(f"[{name}]"))
        t.answer("Tab", lambda s: not s.has(f"[{before}]"))


def move(t, key):
    before = selected(t.screen)
    return t.answer(key, lambda s: selected(s) not in (None, before))


def change_tab(t):
    before = next(name for name in TABS if t.screen.has(f"[{name}]"))
    return t.answer("Tab", lambda s: not s.has(f"[{before}]"))


def open_menu(t):
    took = t.answer("F6", lambda s: s.has("Order by"))
    t.answer("Esc", lambda s: not s.has("Order by"))
    return took


def jump(t):
    """Digits of one number: the segment that has it is selected with each of them."""
    t.digits = getattr(t, "digits", 0) % 5 + 1
    if t.digits == 1:
        t.watch(1.6)  # after which a digit begins a number of its own
    return move(t, str(t.digits))


def invert(t):
    falls = t.screen.has("SIZE▽")
    return t.answer("I", lambda s: s.has("SIZE▽") != falls)


def latency(bench):
    """How soon keys are answered while it scans."""
    t = start(bench, "-d", "0.1")
    actions = (("Down", lambda: move(t, "Down")), ("PgDn", lambda: move(t, "PgDn")),
               ("F6", lambda: open_menu(t)), ("a digit", lambda: jump(t)),
               ("I (inverts the order)", lambda: invert(t)), ("Tab", lambda: change_tab(t)))
    dice, times = random.Random(1), {name: [] for name, _ in actions}
    for _ in range(KEYS_EACH):
        for name, press in actions:
            t.watch(dice.random() * 0.2)  # at any moment of a scan
            if name != "Tab" and not t.screen.has("[Objects]"):
                show_tab(t, "Objects")
            times[name].append(press() * 1e3)
    t.close()
    rows, worst = [], 0
    for name, values in times.items():
        worst = max(worst, percentile(values, 0.99))
        rows.append((name, ms(statistics.median(values)), ms(percentile(values, 0.99)), ms(max(values))))
    print("A key's answer while it scans all the time (`-d 0.1`), ms:\n")
    table(("key", "p50", "p99", "max"), rows)
    return [("99 of 100 keys while it scans", f"{ms(worst)} ms", "≤ 50 ms", worst <= 50)]


def beginning(bench):
    """From the start of the program on, ms: the first frame, the first rows."""
    frame, rows = [], []
    for _ in range(bench.rounds):
        t = Terminal([bench.ipctop, "--no-config"])
        frame.append((t.until(lambda s: s.has("[Objects]"), "the first frame") - t.started) * 1e3)
        rows.append((t.until(selected, "the first row") - t.started) * 1e3)
        t.close()
    return statistics.median(frame), statistics.median(rows)


def refresh(bench, tab):
    t = start(bench, "-d", "1")
    show_tab(t, tab)
    cost = t.refresh_cost(REFRESHES)
    t.close()
    return cost * 1e3


def peer_refresh(command):
    t = Terminal(command)
    cost = t.refresh_cost(REFRESHES)
    t.close()
    return cost * 1e3


def refreshes(bench, pop):
    """CPU of one refresh, each second: the monitor's tabs and its peers in turns."""
    runs = {f"ipctop, {tab}": (lambda tab=tab: refresh(bench, tab)) for tab in TABS}
    if have("top"):
        runs["top"] = lambda: peer_refresh(["top", "-d", "1"])
    if have("htop"):
        runs["htop"] = lambda: peer_refresh(["htop", "-d", "10"])
    costs = {name: [] for name in runs}
    for _ in range(bench.rounds):
        for name, run in runs.items():
            costs[name].append(run())
    costs = {name: statistics.median(values) for name, values in costs.items()}
    ours = costs["ipctop, Objects"]
    peers = [name for name in ("top", "htop") if name in costs]
    table(("a refresh", "CPU ms", *(f"/ {name}" for name in peers)),
          [(name, ms(cost), *(f"{cost / costs[peer]:.2f}" for peer in peers))
           for name, cost in costs.items()])
    targets = []
    for peer, most, where in (("top", 0.5, "SML"), ("htop", 0.05, "L")):
        if peer in costs and pop in where:
            targets.append((f"{pop}: a refresh / that of {peer} (CPU)", f"{ours / costs[peer]:.2f}",
                            f"≤ {most}", ours / costs[peer] <= most))
    return targets


def rest(bench):
    """At the usual interval, nobody at the keys: % of a core."""
    t = start(bench)
    t.watch(10)
    begin, before = time.monotonic(), t.cpu()
    t.watch(60)
    part = 100 * (t.cpu() - before) / (time.monotonic() - begin)
    t.close()
    return [("S: at rest, a look each 2 s", f"{part:.2f} % of a core", "< 0.5 %", part < 0.5)]


def scroll(bench):
    """PgDn through many rows: as fast as it answers, and as a held key repeats."""
    subprocess.run([bench.crowd, str(ROWS)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   check=True)
    rows = []
    for interval in ("2", "0.1"):
        t = start(bench, "-d", interval)
        t.watch(1)
        before = t.cpu()
        begin = time.monotonic()
        times = []
        while time.monotonic() - begin < 20:
            there = len(times) // 2000 % 2 == 0
            times.append(move(t, "PgDn" if there else "PgUp") * 1e3)
        took, cpu = time.monotonic() - begin, t.cpu() - before
        t.close()
        rows.append((f"`-d {interval}`", f"{len(times) / took:.0f}", ms(statistics.median(times)),
                     ms(percentile(times, 0.99)), ms(max(times)), f"{100 * cpu / took:.0f}"))
    for name in os.listdir(FILES):
        os.unlink(os.path.join(FILES, name))
    print(f"### PgDn through {ROWS:,} rows\n")
    table(("", "keys a second", "p50 ms", "p99 ms", "worst frame ms", "CPU %"), rows)


def churn():
    """Objects come and go, for ever: files, memfds, mappings, processes that hold them."""
    dice, held = random.Random(1), []
    for n in range(1 << 62):
        if dice.random() < 0.5:
            path = f"{FILES}/churn_{n}"
            fd = os.open(path, os.O_RDWR | os.O_CREAT)
        else:
            path, fd = None, os.memfd_create(f"churn_{n}")
        os.ftruncate(fd, 4096 * dice.randrange(1, 64))
        held.append((path, mmap.mmap(fd, 0)))
        os.close(fd)
        if dice.random() < 0.2:
            child = os.fork()
            if child == 0:
                time.sleep(dice.random())
                os._exit(0)
        while len(held) > 40:
            path, memory = held.pop(dice.randrange(len(held)))
            memory.close()
            if path:
                os.unlink(path)
        while True:
            try:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    break
            except ChildProcessError:
                break
        time.sleep(0.02)


def memory(bench, most):
    """RSS while the monitor looks ten times a second at what comes and goes."""
    child = os.fork()
    if child == 0:
        churn()
    t = start(bench, "-d", "0.1")
    marks, sizes = [n for n in (100, 300, 1000, 3000, 10000) if n <= most], {}
    begin = time.monotonic()
    for n in marks:
        t.watch(begin + n / 10 - time.monotonic())
        sizes[n] = t.rss()
        note(f"after {n} refreshes: {sizes[n]:.1f} MiB")
    t.close()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    print("### Memory, ten refreshes a second, while objects and processes come and go\n")
    table(("refreshes", "MiB"), [(f"{n:,}", f"{size:.1f}") for n, size in sizes.items()])
    # at first the events fill their place: at least 10,000 are kept
    first, last = marks[-2 if len(marks) > 1 else 0], marks[-1]
    slope = 1024 * (sizes[last] - sizes[first]) / max(last - first, 1)
    return [(f"memory, from {first:,} to {last:,} refreshes", f"{1000 * slope:.0f} KiB in 1,000",
             "flat", 1000 * slope < 64)]


def monitor(bench, pops, most):
    targets, begins = [], []
    take_precedence("self")
    print("## The monitor\n")
    for pop in pops:
        population = bench.populate(POPULATIONS[pop])
        print(f"### Population {pop}, the monitor\n")
        note("the first frame")
        begins.append((pop, *beginning(bench)))
        note("refreshes, in turns")
        targets += refreshes(bench, pop)
        if pop == "S":
            note("at rest")
            targets += rest(bench)
            targets += memory(bench, most)
        if pop == "L":
            note("keys")
            targets += latency(bench)
        bench.clear(population)
    note("many rows")
    scroll(bench)
    table(("from the start", "first frame ms", "first rows ms"),
          [(pop, ms(frame), ms(rows)) for pop, frame, rows in begins])
    table(("target", "measured", "wanted", "reached"),
          [(*target[:3], "yes" if target[3] else "**no**") for target in targets])
