/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines that are wider than the place they have. */
#include "tui.h"

#include "ipctop/text.h"

#define INDENT	4	/* of what goes on in the next line, more than the line has */

/* Bytes of the character, or of the escape, that stands at @s; and the columns it takes. */
static size_t next_part(const char *s, const char *end, int *columns)
{
	char c[8];
	size_t n = 1;

	*columns = 1;
	if (*s == '\033') {
		const char *m = memchr(s, 'm', end - s);

		*columns = 0;
		return m ? m + 1 - s : end - s;
	}
	if (!(*s & 0x80))
		return n;
	while (s + n < end && n < sizeof(c) - 1 && (s[n] & 0xc0) == 0x80)
		n++;
	memcpy(c, s, n);
	c[n] = '\0';
	if (screen_utf8())	/* else one sign stands for it */
		*columns = (int)text_width(c);
	return n;
}

/* Where the line is to end: behind a word in its second half, or else where the place ends. */
static const char *line_end(const char *s, const char *end, int room)
{
	const char *word = NULL;
	int at = 0, columns;

	for (size_t n; s < end; s += n) {
		n = next_part(s, end, &columns);
		if (at + columns > room && columns <= room)
			return word ? word : s;
		if (*s == ' ' && at > room / 2)
			word = s;
		at += columns;
	}
	return end;
}

static void wrap_line(struct buf *out, const char *s, const char *end, int width)
{
	const char *look = NULL;
	size_t look_len = 0, n;
	int indent = 0, room = width, columns;

	while (s + indent < end && s[indent] == ' ')
		indent++;
	indent = indent + INDENT < width / 2 ? indent + INDENT : 0;
	for (;;) {
		const char *to = line_end(s, end, room);

		buf_add(out, s, to - s);
		for (; s < to; s += n) {
			n = next_part(s, to, &columns);
			if (*s == '\033') {
				look = s;
				look_len = n;
			}
		}
		if (s == end)
			return;
		s += *s == ' ';
		buf_printf(out, "\n%*s", indent, "");
		buf_add(out, look, look_len);	/* each line of a view begins plain */
		room = width - indent;
	}
}

void wrap(struct buf *out, const char *text, size_t len, int width)
{
	const char *end = text + len;

	while (text < end) {
		const char *eol = memchr(text, '\n', end - text);

		wrap_line(out, text, eol ? eol : end, width);
		if (!eol)
			return;
		buf_putc(out, '\n');
		text = eol + 1;
	}
}
