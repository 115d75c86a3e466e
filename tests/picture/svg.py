# SPDX-License-Identifier: GPL-2.0-or-later
"""A terminal's screen, as tmux's capture-pane -e tells it, as an SVG: no scripts, no fonts of its own."""
import re
import unicodedata
from html import escape

CELL_W, CELL_H, SIZE, MARGIN = 8.4, 18, 14, 14
BACKGROUND, FOREGROUND = "#1b1e24", "#d5d8de"
PALETTE = ("#2b2f38", "#e5656f", "#8fc876", "#e0b860", "#6ca8ea", "#c487dc", "#56b8c4", "#c8ccd4",
           "#6b7280", "#ff8a92", "#aee08f", "#f5d17a", "#8fc1ff", "#dda6f2", "#7cd6e0", "#ffffff")
FONTS = "DejaVu Sans Mono, Menlo, Consolas, Liberation Mono, monospace"

# Light lines of boxes: to which edges of the cell they go, of left, right, top, bottom.
LINES = {"─": "lr", "│": "tb", "┌": "rb", "┐": "lb", "└": "rt", "┘": "lt", "├": "rtb", "┤": "ltb",
         "┬": "lrb", "┴": "lrt", "┼": "lrtb"}
EIGHTHS = "▁▂▃▄▅▆▇█"


class Pen:
    def __init__(self):
        self.fg = self.bg = None
        self.bold = self.dim = self.underline = self.reverse = False

    def take(self, codes):
        """An SGR sequence."""
        codes = [int(c or 0) for c in codes.split(";")]
        while codes:
            c = codes.pop(0)
            if c == 0:
                self.__init__()
            elif c in (1, 2, 4, 7):
                setattr(self, {1: "bold", 2: "dim", 4: "underline", 7: "reverse"}[c], True)
            elif c == 22:
                self.bold = self.dim = False
            elif c in (24, 27):
                setattr(self, {24: "underline", 27: "reverse"}[c], False)
            elif 30 <= c <= 37 or 90 <= c <= 97:
                self.fg = PALETTE[c - 30 if c < 90 else c - 82]
            elif 40 <= c <= 47 or 100 <= c <= 107:
                self.bg = PALETTE[c - 40 if c < 100 else c - 92]
            elif c in (39, 49):
                setattr(self, {39: "fg", 49: "bg"}[c], None)
            elif c in (38, 48) and codes[:1] == [5]:
                setattr(self, {38: "fg", 48: "bg"}[c], PALETTE[codes[1] % 16])
                del codes[:2]

    def style(self):
        fg, bg = self.fg or FOREGROUND, self.bg
        if self.reverse:
            fg, bg = bg or BACKGROUND, fg
        return fg, bg, self.bold, self.dim, self.underline


def cells(line, pen):
    """(column, character, style) of a line; wide characters take two columns."""
    x = 0
    for escaped, codes, c in re.findall(r"(\x1b\[([0-9;]*)m)|(.)", line):
        if escaped:
            pen.take(codes)
            continue
        if unicodedata.combining(c):
            continue
        yield x, c, pen.style()
        x += 2 if unicodedata.east_asian_width(c) in "WF" else 1


def runs(line):
    """Neighbours of one style together: [column, text, style]."""
    out = []
    for x, c, style in line:
        if out and out[-1][2] == style and out[-1][0] + len(out[-1][1]) == x:
            out[-1][1] += c
        else:
            out.append([x, c, style])
    return out


def rect(x, y, w, h, color):
    return f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" fill="{color}"/>'


def drawn(c, x, y, color):
    """What is drawn, not written: fonts leave gaps between such cells. None for a letter."""
    if c in EIGHTHS:
        h = (CELL_H - 2) * (EIGHTHS.index(c) + 1) / 8  # lines of a graph stay apart
        return rect(x, y + CELL_H - h, CELL_W, h, color)
    if c not in LINES:
        return None
    mx, my = x + CELL_W / 2, y + CELL_H / 2
    ends = {"l": f"H{x:g}", "r": f"H{x + CELL_W:g}", "t": f"V{y:g}", "b": f"V{y + CELL_H:g}"}
    path = "".join(f"M{mx:g},{my:g}{ends[e]}" for e in LINES[c])
    return f'<path d="{path}" stroke="{color}" stroke-width="1.2" fill="none"/>'


def write(text, x, y, style):
    """Text of one style, as wide as its cells whatever the font is; blanks part it."""
    fg, _, bold, dim, underline = style
    for m in re.finditer(r"\S+(?: \S+)*", text):
        word = m.group()
        wx = x + m.start() * CELL_W
        yield (f'<text x="{wx:g}" y="{y + SIZE:g}" textLength="{len(word) * CELL_W:g}" fill="{fg}"'
               + (' font-weight="bold"' if bold else "") + (' opacity="0.6"' if dim else "")
               + (' text-decoration="underline"' if underline else "") + f">{escape(word)}</text>")


def draw_run(text, x, y, style):
    fg, bg = style[:2]
    if bg:
        yield rect(x, y, len(text) * CELL_W, CELL_H, bg)
    letters = "".join(" " if c in EIGHTHS or c in LINES else c for c in text)
    for i, c in enumerate(text):
        shape = drawn(c, x + i * CELL_W, y, fg)
        if shape:
            yield shape
    yield from write(letters, x, y, style)


def svg(screen, columns, title):
    lines = screen.rstrip("\n").split("\n")
    width = columns * CELL_W + 2 * MARGIN
    height = len(lines) * CELL_H + 2 * MARGIN
    pen = Pen()
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
           f'viewBox="0 0 {width:g} {height:g}" font-family="{FONTS}" font-size="{SIZE}" '
           'xml:space="preserve">', f"<title>{escape(title)}</title>",
           f'<rect width="{width:g}" height="{height:g}" rx="8" fill="{BACKGROUND}"/>']
    for y, line in enumerate(lines):
        for x, text, style in runs(cells(line, pen)):
            out += draw_run(text, MARGIN + x * CELL_W, MARGIN + y * CELL_H, style)
    return "\n".join(out + ["</svg>", ""])
