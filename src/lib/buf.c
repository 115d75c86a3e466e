/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipctop/buf.h"

char buf_empty[1];

void buf_init(struct buf *b)
{
	*b = (struct buf)BUF_INIT;
}

void buf_release(struct buf *b)
{
	if (b->s != buf_empty)
		free(b->s);
	buf_init(b);
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	if (b->room)	/* buf_empty is shared by threads */
		b->s[0] = '\0';
}

char *buf_detach(struct buf *b)
{
	char *s = b->s == buf_empty ? xstrdup("") : b->s;

	buf_init(b);
	return s;
}

void buf_grow(struct buf *b, size_t extra)
{
	size_t room;

	if (b->room > b->len + extra)
		return;
	room = b->room + b->room / 2 + 64;
	if (room < b->len + extra + 1)
		room = b->len + extra + 1;
	b->s = xrealloc(b->s == buf_empty ? NULL : b->s, room, 1);
	b->s[b->len] = '\0';
	b->room = room;
}

void buf_add(struct buf *b, const void *s, size_t n)
{
	if (!n)
		return;
	buf_grow(b, n);
	memcpy(b->s + b->len, s, n);
	b->len += n;
	b->s[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_putc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	buf_grow(b, 64);
	n = vsnprintf(b->s + b->len, b->room - b->len, fmt, ap);
	if (n >= 0 && (size_t)n >= b->room - b->len) {
		buf_grow(b, n);
		n = vsnprintf(b->s + b->len, b->room - b->len, fmt, again);
	}
	va_end(again);
	if (n > 0)
		b->len += n;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

char *digits_put(char *at, uint64_t v)
{
	char digits[DIGITS_MAX];
	unsigned int n = sizeof(digits);

	do {
		digits[--n] = '0' + v % 10;
		v /= 10;
	} while (v);
	memcpy(at, digits + n, sizeof(digits) - n);
	return at + sizeof(digits) - n;
}

void buf_u64(struct buf *b, uint64_t v)
{
	buf_grow(b, DIGITS_MAX);
	b->len = digits_put(b->s + b->len, v) - b->s;
	b->s[b->len] = '\0';
}
