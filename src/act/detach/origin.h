/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ACT_DETACH_ORIGIN_H
#define ACT_DETACH_ORIGIN_H

/*
 * The contents of the object that a copy is made of. Through the target's own mapping, as a file, where the
 * reader may (/proc/PID/map_files: CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE): then what was never touched is
 * known, and is neither made nor copied. Else by one of the target's descriptors. Else by what the target sees
 * (process_vm_readv), which makes pages that were not there.
 */
#include "space.h"

struct origin {
	pid_t tid;
	int fd;				/* -1: by what the target sees */
	uint64_t size;			/* bytes, of the file */
	char *view;			/* all of it as mapped here; NULL: read it */
	void *buffer;
	int memory;			/* /proc/PID/mem to write through, where the target runs; else -1 */
};
/* Of the object that @p maps; @tid is a thread of the target. */
void origin_open(struct origin *x, const struct detach_request *r, const struct piece *p, pid_t tid);
void origin_close(struct origin *x);
/* Whether its size is still what it was. */
bool origin_same(const struct origin *x);
/* How many bytes of memory a copy of @p takes, at most: 0 or -errno with a sentence. */
int origin_measure(const struct origin *x, const struct piece *p, uint64_t *bytes, struct buf *why) __must_check;
/*
 * Copy what @p maps to where its copy is made (piece.scratch), and add the bytes to *@copied: 0 or -errno.
 * Pages of nothing but zeros may be left out.
 */
int origin_copy(const struct origin *x, const struct piece *p, uint64_t *copied) __must_check;

#endif
