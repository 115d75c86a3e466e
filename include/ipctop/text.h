/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_TEXT_H
#define IPCTOP_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include "ipctop/buf.h"

/*
 * Text that others chose (names, comm, command lines, paths): the only way of
 * it to a terminal or into JSON is through here.
 *
 * Escaping is reversible: every byte that is not part of printable UTF-8, and
 * the backslash itself, becomes \xHH (two capital hex digits). Not printable are
 * also control characters beyond ASCII, line and paragraph separators and the
 * marks that turn the direction of writing, since they let one line pass for
 * another. The result does not depend on the locale. Thread-safe.
 */
enum text_flags {
	TEXT_AT    = 1 << 0,	/* '@' too: inside an object's name */
	TEXT_BLANK = 1 << 1,	/* blanks too: in raw output, where they part columns */
};

/* Append @n bytes of @s to @out, escaped. */
void text_escape(struct buf *out, const char *s, size_t n, unsigned int flags);

/*
 * Append to @out the bytes that the escaped text @s (@n bytes) stands for.
 * 0, or -EINVAL for a backslash that does not begin \xHH: @out is then as before.
 */
int text_unescape(struct buf *out, const char *s, size_t n) __must_check;

/*
 * What @word was probably meant to be: the closest of some names, NULL where none is close. @name
 * gives the i-th of them, NULL behind the last.
 */
const char *text_closest(const char *word, const char *(*name)(const void *arg, unsigned int i),
			 const void *arg);

/* Append the code point @c as UTF-8. */
void text_put_char(struct buf *out, uint32_t c);

/* The code point at *@s, behind which it then points; escaped text, and not at its end. */
uint32_t text_next_char(const char **s);

/* Columns that @s takes on a terminal (combining characters 0, wide ones 2). */
size_t text_width(const char *s);

#endif
