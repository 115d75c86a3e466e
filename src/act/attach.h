/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ACT_ATTACH_H
#define ACT_ATTACH_H

#include "ipctop/act.h"

/* Contents of a segment: contents_open for those, and what its fields mean. */
int attach_open(struct reach *ways, const struct object *o, struct contents *c,
		struct buf *error) __must_check;
void attach_close(struct contents *c);
int attach_next(const struct contents *c, uint64_t from, uint64_t *start, uint64_t *end) __must_check;
int64_t attach_read(const struct contents *c, uint64_t offset, void *buffer, size_t n) __must_check;

/* Why an object of System V cannot be read, where it is one of the usual reasons: whether it was. */
bool sysv_why(const struct object *o, int error, struct buf *why);

#endif
