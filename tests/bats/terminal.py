# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs a command on a terminal of its own, and answers its questions.

    terminal.py [ANSWER...] -- COMMAND [ARG...]

Each ANSWER (with the escapes of Python: 'y\\n', \\x04 for an end of input, \\x03 for ^C) is typed
when another "[y/N] " or "to go on: " was shown. What the terminal shows goes to stdout, and the command's status is
the exit status: 128 + N after signal N; 124 when nothing happens for too long, 125 when an answer
was left.
"""
import os
import pty
import select
import signal
import sys

PATIENCE_S = 20
QUESTIONS = (b"[y/N] ", b"to go on: ")


def converse(fd, answers):
    """Everything that was shown, and the status that the conversation itself asks for."""
    shown, asked = b"", 0
    while True:
        if not select.select([fd], [], [], PATIENCE_S)[0]:
            return shown, 124
        try:
            some = os.read(fd, 65536)
        except OSError:  # EIO: nobody has the other end any more
            some = b""
        if not some:
            return shown, 125 if answers else 0
        shown += some
        while answers and sum(map(shown.count, QUESTIONS)) > asked:
            asked += 1
            os.write(fd, answers.pop(0))


def main():
    split = sys.argv.index("--")
    answers = [a.encode().decode("unicode_escape").encode() for a in sys.argv[1:split]]
    pid, fd = pty.fork()
    if not pid:
        os.environ.update(TERM="dumb", COLUMNS="200")
        # a shell's background jobs have it ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.execvp(sys.argv[split + 1], sys.argv[split + 1:])
    shown, failure = converse(fd, answers)
    if failure == 124:
        os.kill(pid, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    sys.stdout.buffer.write(shown.replace(b"\r\n", b"\n"))
    sys.stdout.flush()
    return failure or (status if status >= 0 else 128 - status)


sys.exit(main())
