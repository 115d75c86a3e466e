/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ACT_DETACH_LEAVE_H
#define ACT_DETACH_LEAVE_H

/* What takes the place of a mapping: done through an injector, while all threads are stopped. */
#include "inject.h"
#include "origin.h"
#include "space.h"

/*
 * Room for a copy of @p in the target, in piece.scratch, unless it has it; nothing else changes. 0; -ENOMEM with a sentence, or
 * -errno of the injector.
 */
int copy_reserve(struct injector *in, struct piece *p, struct buf *why) __must_check;
/*
 * Copy it, give the copy the protections of the original, and what else it had but locks: still nothing of
 * the original has changed.
 */
int copy_fill(struct injector *in, const struct origin *origin, struct piece *p, uint64_t *copied,
	      struct buf *why) __must_check;
/* Put the copy in the place of the original, at once (mremap(2)). */
int copy_place(struct injector *in, struct piece *p, struct buf *why) __must_check;
/* What can only be done in its place: a lock counts against a limit; that it fails is told in @why alone. */
int copy_finish(struct injector *in, struct piece *p, struct buf *why) __must_check;
/* Give back what is left of the room, or all of it. */
int copy_unreserve(struct injector *in, struct piece *p) __must_check;

/* No access, in one call. */
int fence_place(struct injector *in, struct piece *p, struct buf *why) __must_check;

#endif
