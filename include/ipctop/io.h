/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_IO_H
#define IPCTOP_IO_H

#include <stdint.h>
#include "ipctop/buf.h"

/*
 * Clean input and output. Functions give 0 or -errno; interrupted calls go on.
 */

/* Append all of the file @path below directory @dirfd (AT_FDCWD: here), at most @max bytes (-EFBIG beyond). */
int io_read_file(int dirfd, const char *path, struct buf *out, size_t max) __must_check;
/* Append all that comes from @fd, at most @max bytes. */
int io_read_fd(int fd, struct buf *out, size_t max) __must_check;
/* Write all of it. */
int io_write(int fd, const void *s, size_t n) __must_check;
/*
 * Flush stdout and tell whether all of it arrived: a full disk shows here and only
 * here. Called once, after every command.
 */
int io_flush_stdout(void) __must_check;

#endif
