/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ACT_DETACH_LEAVE_H
#define ACT_DETACH_LEAVE_H

/* What takes the place of a mapping: done through an injector, while all threads are stopped. */
#include "inject.h"
#include "origin.h"
#include "space.h"

/*
 * The steps, in their order; each is one system call of the target for each piece, or none where a piece does
 * not need it. Up to LEAVE_PLACE nothing of the original has changed; that puts the copy in its place at once
 * (mremap(2)).
 */
enum leave_step {
	LEAVE_RESERVE,		/* room for the copy: piece.room, piece.scratch */
	LEAVE_PAGES,		/* of which size its pages are to be */
	LEAVE_HIDE,		/* where the process runs on meanwhile: its children do not inherit the room */
	LEAVE_BEYOND,		/* what has SIGBUS to give needs no room, but a shared mapping of one page, ... */
	LEAVE_GROW,		/* ... made so long that the piece has its place behind the page: piece.scratch */
	LEAVE_SHOW,		/* they are to inherit the copy, as they did the original */
	LEAVE_PROTECT,		/* when it is filled: as the original */
	LEAVE_NO_FORK, LEAVE_NO_DUMP, LEAVE_RANDOM, LEAVE_SEQUENTIAL,	/* what madvise(2) was told */
	LEAVE_DROP,		/* the process's page tables of the original: to replace it is then quick */
	LEAVE_PLACE,
	LEAVE_LOCK,		/* it counts against a limit, together with the original before */
	LEAVE_UNRESERVE,	/* what is left of the room, or all of it */
	LEAVE_WALL,		/* of a fence, the only one: no access */
	NR_LEAVE_STEPS
};

/*
 * Do one step for @p: 0, or -errno with a sentence: of the target's call, or that it has gone. What it does is
 * noted in @p.
 */
int leave_step(struct injector *in, enum leave_step step, struct piece *p, struct buf *why) __must_check;

/*
 * The call of a step, and its arguments, as far as they are known before (piece.start for places that are not):
 * its name, or NULL where @p does not need it.
 */
const char *leave_call(enum leave_step step, const struct piece *p, enum arch_sys *call, uint64_t args[6]);
/* Whether it is a step on the way to @leave. */
bool leave_takes(enum leave leave, enum leave_step step);

#endif
