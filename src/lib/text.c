/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipctop/text.h"

#include <errno.h>
#include <locale.h>
#include <pthread.h>
#include <wchar.h>
#include <wctype.h>

#include "utf8.h"

/* What can stop a run of bytes that are copied as they are. */
enum stop {
	STOP_ALWAYS	= 1 << 7,	/* control characters, the backslash, beyond ASCII */
	STOP_AT		= TEXT_AT,
	STOP_BLANK	= TEXT_BLANK,
};

static const unsigned char stops[256] = {
	[0 ... 0x1F] = STOP_ALWAYS,
	[' '] = STOP_BLANK,
	['@'] = STOP_AT,
	['\\'] = STOP_ALWAYS,
	[0x7F ... 0xFF] = STOP_ALWAYS,
};

/*
 * Characters that the locale calls printable and that nobody can see: with them one
 * line passes for another. In order.
 */
static const struct range {
	uint32_t first, last;
} invisible[] = {
	{ 0x00AD, 0x00AD },	/* soft hyphen */
	{ 0x061C, 0x061C },	/* direction marks */
	{ 0x180E, 0x180E },
	{ 0x200B, 0x200F },	/* zero width, joiners, direction marks */
	{ 0x2028, 0x202E },	/* line, paragraph; embedding and override of direction */
	{ 0x2060, 0x206F },	/* word joiner, isolates of direction */
	{ 0xFEFF, 0xFEFF },
	{ 0xFFF9, 0xFFFB },	/* annotation */
	{ 0x1D173, 0x1D17A },	/* musical formatting */
	{ 0xE0000, 0xE007F },	/* tags */
};

static locale_t utf8_locale;

static void make_locale(void)
{
	/* 0 where the system has no such locale: nothing beyond ASCII is printable then */
	utf8_locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

static locale_t get_locale(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_locale);
	return utf8_locale;
}

static bool is_invisible(uint32_t c)
{
	for (size_t i = 0; i < ARRAY_SIZE(invisible) && invisible[i].first <= c; i++)
		if (c <= invisible[i].last)
			return true;
	return false;
}

/* Spaces that do not break a line are no space to the locale, and are to a reader. */
static bool is_blank(uint32_t c, locale_t locale)
{
	return c == 0xA0 || c == 0x2007 || c == 0x202F || iswspace_l(c, locale);
}

static bool is_printable(uint32_t c, unsigned int flags)
{
	locale_t locale = get_locale();

	if (!locale || !iswprint_l(c, locale) || is_invisible(c))
		return false;
	return !(flags & TEXT_BLANK) || !is_blank(c, locale);
}

static void put_hex(struct buf *out, unsigned char c)
{
	static const char digits[] = "0123456789ABCDEF";
	const char hex[4] = { '\\', 'x', digits[c >> 4], digits[c & 15] };

	buf_add(out, hex, sizeof(hex));
}

/* Append the character at @s, as it is or escaped; gives its length. */
static size_t escape_one(struct buf *out, const unsigned char *s, size_t n, unsigned int flags)
{
	uint32_t c;
	size_t len = s[0] < 0x80 ? 0 : utf8_decode(s, n, &c);

	if (len && is_printable(c, flags)) {
		buf_add(out, s, len);
		return len;
	}
	if (!len)
		len = 1;
	for (size_t i = 0; i < len; i++)
		put_hex(out, s[i]);
	return len;
}

void text_escape(struct buf *out, const char *s, size_t n, unsigned int flags)
{
	const unsigned char *bytes = (const unsigned char *)s;
	unsigned int stop = STOP_ALWAYS | (flags & (TEXT_AT | TEXT_BLANK));
	size_t i = 0;

	while (i < n) {
		size_t run = i;

		while (i < n && !(stops[bytes[i]] & stop))
			i++;
		buf_add(out, s + run, i - run);
		if (i < n)
			i += escape_one(out, bytes + i, n - i, flags);
	}
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int text_unescape(struct buf *out, const char *s, size_t n)
{
	size_t before = out->len;
	size_t i = 0;

	while (i < n) {
		const char *backslash = memchr(s + i, '\\', n - i);
		size_t run = backslash ? (size_t)(backslash - (s + i)) : n - i;

		buf_add(out, s + i, run);
		i += run;
		if (i == n)
			break;
		if (n - i < 4 || s[i + 1] != 'x' || hex_digit(s[i + 2]) < 0 || hex_digit(s[i + 3]) < 0) {
			if (out->len > before)
				out->s[before] = '\0';
			out->len = before;
			return -EINVAL;
		}
		buf_putc(out, hex_digit(s[i + 2]) << 4 | hex_digit(s[i + 3]));
		i += 4;
	}
	return 0;
}

void text_put_char(struct buf *out, uint32_t c)
{
	unsigned int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	static const unsigned char lead[] = { 0, 0xc0, 0xe0, 0xf0 };

	buf_putc(out, (char)(lead[more] | c >> 6 * more));
	while (more--)
		buf_putc(out, (char)(0x80 | (c >> 6 * more & 0x3f)));
}

static size_t wide_width(const unsigned char *s, size_t n)
{
	locale_t locale = get_locale();
	/* there is no wcwidth_l: borrow the locale, for this thread only */
	locale_t before = locale ? uselocale(locale) : (locale_t)0;
	size_t width = 0;

	for (size_t i = 0; i < n;) {
		uint32_t c;
		size_t len = utf8_decode(s + i, n - i, &c);
		int columns = len && locale ? wcwidth(c) : 1;

		width += columns < 0 ? 1 : columns;
		i += len ? len : 1;
	}
	if (locale)
		uselocale(before);
	return width;
}

size_t text_width(const char *s)
{
	const unsigned char *bytes = (const unsigned char *)s;
	size_t n = 0;

	while (bytes[n] && bytes[n] < 0x80)
		n++;
	return bytes[n] ? n + wide_width(bytes + n, strlen(s + n)) : n;
}

uint32_t text_next_char(const char **s)
{
	const unsigned char *p = (const unsigned char *)*s;
	unsigned int more = *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc0 ? 1 : 0;
	uint32_t c = more == 3 ? *p & 0x07 : more == 2 ? *p & 0x0f : more == 1 ? *p & 0x1f : *p;

	for (p++; more && (*p & 0xc0) == 0x80; more--)
		c = c << 6 | (*p++ & 0x3f);
	*s = (const char *)p;
	return c;
}
