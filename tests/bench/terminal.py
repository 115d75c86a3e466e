# SPDX-License-Identifier: GPL-2.0-or-later
"""A program on a pseudo-terminal, and what its screen shows: enough of xterm for what curses sends."""
import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

KEYS = {
    "Down": b"\x1bOB", "Up": b"\x1bOA", "PgDn": b"\x1b[6~", "PgUp": b"\x1b[5~", "Home": b"\x1bOH",
    "End": b"\x1bOF", "Tab": b"\t", "Esc": b"\x1b", "F6": b"\x1b[17~",
}
PATIENCE_S = 60


def take_precedence(pid):
    """
    Of the processors, before what else runs on this machine: each session has as much as any other,
    whatever its members' nice values are (sched(7), the autogroup feature).
    """
    try:
        with open(f"/proc/{pid}/autogroup", "w") as f:
            f.write("-19")
    except OSError:
        pass  # not in this kernel, or switched off


TOKEN = re.compile(
    r"\x1b\[(?P<private>[?>!]?)(?P<args>[0-9;]*)(?P<final>[@-~])"
    r"|\x1b\](?P<title>[^\x07\x1b]*)(?:\x07|\x1b\\)"
    r"|\x1b(?P<other>[()][0-9A-Z]|[=>78cMDEH])"
    r"|(?P<control>[\x00-\x1a\x1c-\x1f\x7f])"
    r"|(?P<text>[^\x00-\x1f\x7f]+)")


class Screen:
    """Characters without their attributes."""

    def __init__(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.lines = [[" "] * columns for _ in range(rows)]
        self.y = self.x = 0
        self.top, self.bottom = 0, rows - 1
        self.rest, self.last = "", " "

    def text(self, y):
        return "".join(self.lines[y])

    def has(self, words):
        return any(words in self.text(y) for y in range(self.rows))

    def feed(self, text):
        text = self.rest + text
        at = 0
        while at < len(text):
            m = TOKEN.match(text, at)
            if not m:
                break
            at = m.end()
            if m.group("text") is not None:
                self.put(m.group("text"))
            elif m.group("control") is not None:
                self.control(m.group("control"))
            elif m.group("final") and not m.group("private"):
                self.sequence(m.group("final"), [int(a or 0) for a in m.group("args").split(";")])
            elif m.group("other") == "M":
                self.reverse_feed()
        self.rest = text[at:]  # the beginning of a sequence

    def put(self, text):
        self.last = text[-1]
        while text:
            if self.x >= self.columns:
                self.x = 0
                self.line_feed()
            part, text = text[:self.columns - self.x], text[self.columns - self.x:]
            self.lines[self.y][self.x:self.x + len(part)] = part
            self.x += len(part)

    def control(self, c):
        if c == "\r":
            self.x = 0
        elif c == "\n":
            self.line_feed()
        elif c == "\b":
            self.x = max(0, self.x - 1)
        elif c == "\t":
            self.x = min(self.columns - 1, (self.x // 8 + 1) * 8)

    def line_feed(self):
        if self.y == self.bottom:
            self.scroll(self.top, 1)
        else:
            self.y = min(self.rows - 1, self.y + 1)

    def reverse_feed(self):
        if self.y == self.top:
            self.scroll(self.top, -1)
        else:
            self.y = max(0, self.y - 1)

    def scroll(self, top, n):
        """Lines from @top to the end of the region: up by @n, down where it is negative."""
        for _ in range(abs(n)):
            blank = [" "] * self.columns
            if n > 0:
                del self.lines[top]
                self.lines.insert(self.bottom, blank)
            else:
                del self.lines[self.bottom]
                self.lines.insert(top, blank)

    def erase(self, y, begin, end):
        self.lines[y][begin:end] = [" "] * (min(end, self.columns) - begin)

    def sequence(self, final, args):
        n = args[0] or 1
        line = self.lines[self.y]
        if final in "Hf":
            self.y, self.x = n - 1, (args[1] if len(args) > 1 and args[1] else 1) - 1
        elif final == "d":
            self.y = n - 1
        elif final in "G`":
            self.x = n - 1
        elif final in "AB":
            self.y += n if final == "B" else -n
        elif final in "CD":
            self.x += n if final == "C" else -n
        elif final == "K":
            self.erase(self.y, *((self.x, self.columns), (0, self.x + 1), (0, self.columns))[args[0]])
        elif final == "J":
            self.erase(self.y, *((self.x, self.columns), (0, self.x + 1), (0, self.columns))[args[0]])
            whole = (range(self.y + 1, self.rows), range(self.y), range(self.rows))[args[0]]
            for y in whole:
                self.erase(y, 0, self.columns)
        elif final == "X":
            self.erase(self.y, self.x, self.x + n)
        elif final == "b":
            self.put(self.last * n)
        elif final == "P":
            line[self.x:] = line[self.x + n:] + [" "] * min(n, self.columns - self.x)
        elif final == "@":
            line[self.x:] = ([" "] * n + line[self.x:])[:self.columns - self.x]
        elif final in "LM":
            self.scroll(self.y, n if final == "M" else -n)
        elif final in "ST":
            self.scroll(self.top, n if final == "S" else -n)
        elif final == "r":
            self.top, self.bottom = n - 1, (args[1] if len(args) > 1 and args[1] else self.rows) - 1
            self.y = self.x = 0
        self.y = min(max(self.y, 0), self.rows - 1)
        self.x = min(max(self.x, 0), self.columns)


class Terminal:
    """@command on a terminal of its own, from its start on."""

    def __init__(self, command, rows=50, columns=160):
        size = struct.pack("HHHH", rows, columns, 0, 0)
        self.screen = Screen(rows, columns)
        self.decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self.started = time.monotonic()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, size)
            os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
            os.environ.pop("NO_COLOR", None)
            take_precedence("self")
            os.execvp(command[0], command)

    def read(self, timeout):
        """What was shown next, to the screen: when it came, or None."""
        if not select.select([self.fd], [], [], max(timeout, 0))[0]:
            return None
        some = os.read(self.fd, 65536)
        now = time.monotonic()
        self.screen.feed(self.decode(some))
        return now

    def until(self, holds, what):
        """When the screen showed for the first time what @holds asks of it."""
        end = time.monotonic() + PATIENCE_S
        when = time.monotonic()
        while not holds(self.screen):
            when = self.read(end - time.monotonic())
            if when is None:
                raise TimeoutError(f"{what} is not shown:\n" +
                                   "\n".join(map(self.screen.text, range(self.screen.rows))))
        return when

    def press(self, key):
        os.write(self.fd, KEYS.get(key) or key.encode())
        return time.monotonic()

    def answer(self, key, holds):
        """Press @key: seconds until the screen shows what it changes."""
        begin = self.press(key)
        return self.until(holds, f"the answer to {key}") - begin

    def burst(self):
        """Wait for the next output, and for its end."""
        if self.read(PATIENCE_S) is None:
            raise TimeoutError("nothing is shown")
        while self.read(0.2) is not None:
            pass

    def refresh_cost(self, refreshes):
        """Seconds of CPU of one refresh, each of which ends in a burst of output."""
        self.burst()
        self.burst()
        before = self.cpu()
        for _ in range(refreshes):
            self.burst()
        return (self.cpu() - before) / refreshes

    def watch(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(end - time.monotonic())

    def cpu(self):
        """Seconds of CPU of all its threads, by its CPU clock (clock_getcpuclockid(3))."""
        return time.clock_gettime(~self.pid << 3 | 2)

    def rss(self):
        """MiB."""
        with open(f"/proc/{self.pid}/statm") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)
