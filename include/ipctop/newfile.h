/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_NEWFILE_H
#define IPCTOP_NEWFILE_H

#include <sys/types.h>
#include "ipctop/alloc.h"

/*
 * A file that appears under its name only when it is whole. Until then it has none
 * (O_TMPFILE); where the file system knows no such files it has a hidden one, which only a killed
 * program leaves behind. One thread uses it.
 */
#define NEWFILE_HIDDEN	".ipctop-"

struct newfile {
	int folder;		/* the caller's */
	int fd;
	char *hidden;		/* NULL: it has no name */
};
/* Begin one in @folder, mode 0600. 0 (newfile_drop), or -errno. */
int newfile_open(struct newfile *n, int folder) __must_check;
/* Give it its @name: 0, -EEXIST when there is one, or -errno. It may be tried again. */
int newfile_link(struct newfile *n, const char *name) __must_check;
/*
 * The same, in the place of what has that name, if anything has: at each moment the name leads to the
 * old or the new one. After an error it still leads to the old one.
 */
int newfile_replace(struct newfile *n, const char *name) __must_check;
/* See that its name outlasts a crash, as its contents do after fsync(2). */
int newfile_settle(const struct newfile *n) __must_check;
/*
 * All of it at once: @n bytes under @name in @folder, with @mode, in the place of what is there. 0, or -errno
 * and what was there stays.
 */
int newfile_put(int folder, const char *name, const void *text, size_t n, mode_t mode) __must_check;
/* Close it; it goes when it has no name yet. */
void newfile_drop(struct newfile *n);

#endif
