/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_ALLOC_H
#define IPCTOP_ALLOC_H

#include <stddef.h>
#include <stdint.h>

/*
 * Memory that never fails.
 *
 * Running out of memory ends the program (exit status 1, a line on stderr): the
 * one exception to "below the commands nobody exits". All functions are safe in
 * threads, except that an arena belongs to one thread at a time.
 */
#define __must_check		__attribute__((warn_unused_result))
#define __printf(f, a)		__attribute__((format(printf, f, a)))
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))

/* What all of them do when there is none; for libraries that tell by NULL. */
void out_of_memory(void) __attribute__((noreturn));

/* What comes before that line, in any thread: the terminal is to show it. NULL: nothing. */
void out_of_memory_after(void (*first)(void));

/* Zeroed memory for @n elements of @size bytes; the product is checked. free() it. */
void *xcalloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull));

/* Resize @p to @n elements of @size bytes; new bytes are undefined. free() it. */
void *xrealloc(void *p, size_t n, size_t size) __attribute__((returns_nonnull));

/* Copies of a string; the caller frees them. */
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
char *xstrndup(const char *s, size_t n) __attribute__((malloc, returns_nonnull));

/*
 * A growing array: rows of one size, appended, never removed one by one.
 * Rows move when the table grows: keep indexes, not pointers, while it does.
 */
struct table {
	void *rows;
	uint32_t count, room;
	uint32_t dirty;		/* rows from this one on are still zero */
	size_t mapped;		/* bytes, where the rows are a mapping of their own */
};

/* One more zeroed row of @size bytes at the end of @t. */
void *table_add(struct table *t, size_t size) __attribute__((returns_nonnull));
/* @n more zeroed rows in a row; gives the first. */
void *table_add_n(struct table *t, size_t size, uint32_t n);
/* Room for @n rows in all, where that many will come: growing copies, and this has the memory at once. */
void table_reserve(struct table *t, size_t size, uint32_t n);
void table_release(struct table *t);

/* A run of rows of a table: what an object keeps instead of pointers. */
struct span {
	uint32_t first, count;
};

/*
 * An arena: many small pieces that are freed together. Pieces never move.
 */
struct arena;
struct arena *arena_new(void);
void arena_free(struct arena *a);
void *arena_alloc(struct arena *a, size_t size) __attribute__((returns_nonnull));
char *arena_strdup(struct arena *a, const char *s) __attribute__((returns_nonnull));
char *arena_strndup(struct arena *a, const char *s, size_t n) __attribute__((returns_nonnull));
/* Bytes taken from the system, for tests and benchmarks. */
size_t arena_bytes(const struct arena *a);

#endif
