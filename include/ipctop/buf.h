/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_BUF_H
#define IPCTOP_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include "ipctop/alloc.h"

/*
 * A string that grows. @s is always a terminated string (bytes may include NUL
 * when the adder put them there; @len counts). Start with BUF_INIT; end with
 * buf_release, or take @s over with buf_detach.
 */
struct buf {
	char *s;
	size_t len, room;
};
extern char buf_empty[];
#define BUF_INIT { .s = buf_empty }

void buf_init(struct buf *b);
void buf_release(struct buf *b);
void buf_reset(struct buf *b);			/* length 0, keeps the memory */
char *buf_detach(struct buf *b);		/* the caller frees it; @b is empty again */
void buf_grow(struct buf *b, size_t extra);	/* room for @extra bytes more and a NUL */
void buf_add(struct buf *b, const void *s, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __printf(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) __printf(2, 0);
/* Decimal digits of @v; several times faster than buf_printf. */
void buf_u64(struct buf *b, uint64_t v);
/* The same at @at, which has room for DIGITS_MAX bytes; no NUL. Gives the end. */
#define DIGITS_MAX 20
char *digits_put(char *at, uint64_t v);

#endif
