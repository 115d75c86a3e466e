/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ACT_DETACH_CHILD_H
#define ACT_DETACH_CHILD_H

/*
 * What touches a process is done by a child of ipctop. To read memory that a server (FUSE, userfaultfd) or a
 * driver provides can last for ever, and no signal but SIGKILL ends it: a child that gives no sign of life is killed,
 * which sets free whatever it had stopped.
 */
#include "detach.h"

/* What the child tells; in memory that both see, since it may be killed at any moment. */
struct report {
	volatile bool finished;
	volatile unsigned int beats;	/* signs of life (target_clock) */
	int error;
	struct detach_look look;
	struct detach_result result;	/* of which done is true at any moment */
	char why[512];
};

/*
 * Run @fn in a child, which ends with it: 0 or -errno in report.error, its sentence in report.why. What @fn gives,
 * or -errno with a sentence: -EINTR: it was killed; -ETIMEDOUT: there was no sign of life. *@said: as far as it came.
 */
int child_run(const struct detach_request *r, int (*fn)(const struct detach_request *r, pid_t self,
	      struct report *report, struct buf *why), struct report *said, struct buf *why) __must_check;

#endif
