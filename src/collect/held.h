/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef COLLECT_HELD_H
#define COLLECT_HELD_H

#include "pass.h"

/* A process that a snapshot knows as holder of an object, looked at again. */
struct held {
	const struct snapshot *s;
	const struct object *o;
	const struct holder *holder;
	const struct process *process;
	int dir;			/* its folder in /proc (O_PATH): of a dead leader that of a thread */
};
/* Holder @i of @o. 0 (held_close), -ESRCH: it has gone, or its number is another's; -EAGAIN: its threads come and go; or -errno. */
int held_open(struct held *x, const struct snapshot *s, const struct object *o, uint32_t i) __must_check;
void held_close(struct held *x);
/* Whether @vma is of the object, and (part of) a mapping that the snapshot has. */
bool held_maps(const struct held *x, const struct vma *vma);
/*
 * Its VMAs as they are now, by @fn, which fills @rows: that is emptied before. 0 or -errno. @filter: enum
 * maps_filter, not MAPS_EVERYTHING.
 */
int held_vmas(const struct held *x, unsigned int filter, struct table *rows, maps_fn fn, void *arg) __must_check;
/* Behind the last address where it was mapped. */
uint64_t held_end(const struct held *x);

#endif
