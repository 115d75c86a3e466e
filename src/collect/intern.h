/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_COLLECT_INTERN_H
#define IPCTOP_COLLECT_INTERN_H

#include "ipctop/alloc.h"

/*
 * A set of strings or of rows in which equal ones are one. Starts zeroed; one set
 * holds either strings or the rows of one table.
 */
struct intern {
	struct intern_entry *entries;
	uint32_t count, room;		/* @room is a power of two, or 0 */
};
void intern_release(struct intern *set);

/* The string of @n bytes (without NUL) at @s; copied into @arena when it is new. */
const char *intern_string(struct intern *set, struct arena *arena, const char *s, size_t n);

/*
 * The first row of @rows (each of @size bytes, none with padding) that was seen here
 * and has the bytes of row @row: @row itself when it is new.
 */
uint32_t intern_row(struct intern *set, const void *rows, size_t size, uint32_t row);

#endif
