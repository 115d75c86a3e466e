/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ACT_DETACH_GATE_H
#define ACT_DETACH_GATE_H

/*
 * A gate, at which all threads but the one that does the calls wait in the process itself.
 *
 * When the tracer dies, the kernel lets all threads run at once, and one that was just about to put a copy in the
 * place of a mapping may come to it long after the others: what they wrote meanwhile would be lost. So, as long as
 * that can be, the others' registers are set so that they would wait for a futex(2) before they go on, and the
 * code of the one that does the calls lets them go behind its call. Nothing of that runs while the tracer lives:
 * all get their registers back. With a gate the order is the same whether it lives or not.
 *
 *	1. the room for it is mapped and filled, with a blob (arch.h) for each thread
 *	2. the thread that does the calls goes over to its blob there, which opens the gate; its signals are
 *	   blocked, so that nothing leads it away from there, and that blob unblocks them too
 *	3. the others' registers are set: whenever the tracer dies from here on, that thread lets them go
 *	4. what is to be done is done
 *	5. the others get their registers back, then the thread its signals, and it goes back to its first blob
 *	6. the room is unmapped
 */
#include "inject.h"

struct gate {
	struct injector *in;
	int memory;			/* /proc/PID/mem of the target */
	uint64_t room;			/* in the target: a page with struct arch_gate; 0: none */
	uint64_t code, length;		/* ... and the blobs, that injector's first, bytes; 0: none */
	uint64_t first;			/* where the injector's blob was before */
	uint64_t mask;			/* of its signals */
	struct table waiting;		/* struct gated, of gate.c */
	bool shut;
};

/*
 * Shut it for all stopped threads but the injector's; where there are none, nothing is done. @memory is the target's
 * /proc/PID/mem. 0, or -errno with a sentence, and all is as before but for gate_open() to be called.
 */
int gate_shut(struct gate *g, struct injector *in, int memory, struct buf *why) __must_check;
/* Open it, if it is shut, and clear it away. 0 or -errno of the injector. */
int gate_open(struct gate *g) __must_check;

#endif
