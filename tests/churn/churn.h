/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHURN_H
#define CHURN_H

#include <stdint.h>

/*
 * What the churn test's program and its movers tell each other. A mover takes one order at a
 * time from descriptor ORDERS, does it, and says on ANSWERS what it did; from then on it sleeps
 * until the next. The numbers of an order are random: what they come to depends on what the
 * mover holds.
 *
 * A sharer is a further process with the mover's memory (CLONE_VM without CLONE_THREAD). It
 * takes its orders from SHARER_ORDERS, so that the mover itself sleeps on. OP_UNSHARE ends it;
 * then OP_REAP goes to the mover.
 */
enum op {
	OP_SHMAT, OP_SHMDT, OP_SHMCTL,
	OP_MAP, OP_UNMAP, OP_SPLIT,
	OP_OPEN, OP_CLOSE, OP_DUP, OP_ADOPT,
	OP_RESIZE, OP_WRITE, OP_LEAVE,
	OP_RENAME, OP_UNLINK, OP_LINK,
	OP_FORK, OP_REAP_CHILD,
	OP_THREAD, OP_NAME, OP_EXEC, OP_EXIT,
	OP_SHARE, OP_UNSHARE, OP_REAP,
	NR_OPS
};

#define NAME(op) [OP_##op] = #op
#define OP_NAMES { \
	NAME(SHMAT), NAME(SHMDT), NAME(SHMCTL), NAME(MAP), NAME(UNMAP), NAME(SPLIT), NAME(OPEN), \
	NAME(CLOSE), NAME(DUP), NAME(ADOPT), NAME(RESIZE), NAME(WRITE), NAME(LEAVE), NAME(RENAME), \
	NAME(UNLINK), NAME(LINK), NAME(FORK), NAME(REAP_CHILD), NAME(THREAD), NAME(NAME), \
	NAME(EXEC), NAME(EXIT), NAME(SHARE), NAME(UNSHARE), NAME(REAP), \
}

struct order {
	uint32_t op;		/* enum op */
	uint32_t a, b, c;
	uint32_t pid;		/* OP_ADOPT: whose descriptor */
};

struct answer {
	char text[120];
};

enum { ORDERS = 3, ANSWERS, SHARER_ORDERS, SHARER_ANSWERS, FIRST_OTHER };

#endif
