# SPDX-License-Identifier: GPL-2.0-or-later
"""How each cell of a screen looks: from tmux's capture-pane -e on stdin, the text, then the same with a
letter for each look instead, then what the letters mean. How the terminal was told of it is not seen."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "picture"))
from svg import BACKGROUND, FOREGROUND, PALETTE, Pen, cells  # noqa: E402

NAMES = "black red green yellow blue magenta cyan white".split()
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def color(value, own):
    if value is None or value == own:
        return "own"
    at = PALETTE.index(value)
    return ("bright " if at > 7 else "") + NAMES[at % 8]


def words(pen):
    marks = [m for m in ("bold", "dim", "underline", "reverse") if getattr(pen, m)]
    return " ".join(marks + [color(pen.fg, FOREGROUND), "on", color(pen.bg, BACKGROUND)])


class Telling(Pen):
    def style(self):
        return words(self)


looks, pen = {"own on own": "."}, Telling()
text, map_ = [], []
for line in sys.stdin.read().rstrip("\n").split("\n"):
    drawn = list(cells(line, pen))
    text.append("".join(c for _, c, _ in drawn).rstrip())
    row = []
    for x, c, look in drawn:
        row += [" "] * (x - len(row)) + [looks.setdefault(look, LETTERS[len(looks) - 1])]
    map_.append("".join(row).rstrip("."))
print("\n".join(text + [""] + map_ + [""]))
for look, letter in looks.items():
    print(f"{letter}  {look}")
