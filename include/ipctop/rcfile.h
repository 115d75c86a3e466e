/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_RCFILE_H
#define IPCTOP_RCFILE_H

#include "ipctop/alloc.h"
#include "ipctop/buf.h"

/*
 * A small file of settings that the program writes itself and people may edit: lines `key = value`,
 * and comments behind a `#` at the beginning of a line. Keys are letters, digits, '.', '_' and '-'.
 * Of several lines with one key the last counts. A value goes to the end of its line, without the blanks
 * around it; it may be any string, for what is not printable, the backslash, and blanks at its ends stand
 * there as \xHH (text.h).
 *
 * What is not asked for (unknown keys, comments, empty lines) and the order of lines stay as they
 * are when the file is written again. Start with RCFILE_INIT, end with rcfile_release. One thread at
 * a time.
 */
struct rcfile {
	struct table lines;		/* of rcfile.c */
};
#define RCFILE_INIT { .lines = { .rows = NULL } }

void rcfile_release(struct rcfile *r);

/*
 * Append to @path where the user's file @name is: $XDG_CONFIG_HOME/ipctop/@name, else
 * $HOME/.config/ipctop/@name. Gives the folder that the environment told; NULL, and nothing is
 * appended, where it tells none.
 */
const char *rcfile_path(struct buf *path, const char *name);

/*
 * The file @path into an empty @r. No file is an empty one. 0, or -errno with a sentence (and the
 * number of the line that is none), @r stays empty: to write it then would lose what was there. At most
 * 1 MiB is read; what is no regular file is -EINVAL, and never waited for.
 */
int rcfile_read(struct rcfile *r, const char *path, struct buf *error) __must_check;
/* The same from @len bytes of @text; sentences call it @path. */
int rcfile_parse(struct rcfile *r, const char *path, const char *text, size_t len,
		 struct buf *error) __must_check;

/* The value of @key, NULL where it has none. It is @r's, until the key is set again. */
const char *rcfile_get(const struct rcfile *r, const char *key);
/*
 * Set @key, whose line is added at the end when there is none; @value NULL takes its lines away. 0, or
 * -EINVAL: that is no key.
 */
int rcfile_set(struct rcfile *r, const char *key, const char *value) __must_check;

/* Append the text of the file. */
void rcfile_put(const struct rcfile *r, struct buf *out);
/*
 * Write it to @path: all of it in the place of the old one (whose mode it keeps; a new one's is
 * 0600), or -errno and the old one is as it was. Missing folders are made (0700), in the caller's or root's
 * alone. Where a symbolic link is, the file that it leads to is replaced. -EPERM: the folder, the file or
 * the link is another user's, who would decide what is overwritten, or in whose way it would be. -EINVAL: something else than a file is there.
 * -EFBIG: more than could be read again.
 */
int rcfile_write(const struct rcfile *r, const char *path) __must_check;

#endif
