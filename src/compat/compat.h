/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef COMPAT_PRIVATE_H
#define COMPAT_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>
#include "ipctop/alloc.h"
#include "ipctop/compat.h"

/* A personality at work: what all of them say, and how they read numbers. */
struct compat {
	const char *name;		/* of the program, without a folder */
};

/* Begin as @program, which stays, has it: by a path, too. */
void compat_begin(struct compat *c, const char *program);
/* "ipcs: …" on stderr, with @error (an errno; 0: without) behind it. Gives 1, as an exit status. */
int compat_error(const struct compat *c, int error, const char *fmt, ...) __printf(3, 4);
/* "Try 'ipcs --help' for more information."; gives 1. */
int compat_try_help(const struct compat *c);
/* The help: @usage with the program's name in the place of each %; then the rest. Gives 0. */
int compat_help(const struct compat *c, const char *usage, const char *rest);
int compat_version(const struct compat *c);
/*
 * The end of a personality: sees that stdout arrives, and gives @status; or 1, when it did not and
 * that was told.
 */
int compat_finish(const struct compat *c, int status);

/* A decimal number of 32 bits: whether @text is one; if not that is told behind @what. */
bool compat_number(const struct compat *c, const char *text, const char *what, int32_t *number);
/* A size with a suffix, as util-linux writes them: 0, -EINVAL or -ERANGE. */
int compat_size(const char *text, uint64_t *size) __must_check;

#endif
