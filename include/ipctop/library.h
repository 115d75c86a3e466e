/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_LIBRARY_H
#define IPCTOP_LIBRARY_H

#include <stddef.h>

/*
 * A shared library that is opened when something of it is needed first: to load all of them takes
 * longer than many commands do. The file that uses one lists the names once:
 *
 *	#define CALLS(X) X(ZSTD_createCCtx) X(ZSTD_freeCCtx)
 *	LIBRARY(library, "libzstd.so.1", call, CALLS);
 *
 * and calls call.ZSTD_createCCtx() once &library is open. It stays open. Thread-safe.
 */
struct library {
	const char *soname;
	const char *const *names;
	void *pointers;			/* a struct of pointers alone, one for each name */
	size_t count;
	int state;			/* 0: not tried; 1: open; else -errno */
};
#define LIBRARY_POINTER(name)	__typeof__(name) *name;
#define LIBRARY_NAME(name)	#name,
#define LIBRARY(library, so, calls, list)						\
	static struct { list(LIBRARY_POINTER) } calls;					\
	static const char *const calls##_names[] = { list(LIBRARY_NAME) };		\
	static struct library library = {						\
		.soname = so, .names = calls##_names, .pointers = &(calls),		\
		.count = sizeof(calls) / sizeof(void *),				\
	}

/* 0, or -ELIBACC: it is not there, or has not all of them. */
int library_open(struct library *l) __attribute__((warn_unused_result));
/*
 * For what cannot go on without: says so and ends the program with 127, as the dynamic loader does
 * with one that is linked.
 */
void library_need(struct library *l);

#endif
