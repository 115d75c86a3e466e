/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ACT_DETACH_ROOM_H
#define ACT_DETACH_ROOM_H

/* What the system says of a process before it is stopped. */
#include "detach.h"

/*
 * Whether @bytes of memory are free for the process: on the machine, and in its memory control groups, whose
 * limit would have the kernel kill it. 0, or -ENOMEM with a sentence.
 */
int room_check(pid_t pid, uint64_t bytes, struct buf *why) __must_check;
/* Whether a control group holds it frozen (version 2; one of version 1 shows as a thread in state D). */
bool room_frozen(pid_t pid);

#endif
