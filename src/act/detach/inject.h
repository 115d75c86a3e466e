/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ACT_DETACH_INJECT_H
#define ACT_DETACH_INJECT_H

/*
 * System calls done by a stopped thread of another process.
 *
 * The code for it is the blob of arch.h, in the free end of the vdso, which every process has and can
 * execute; what is written there is a copy of its own. The thread's registers are set so that it runs
 * the blob; it stops at the entry and at the exit of the system call, and gets its registers back. When the
 * tracer dies in between, the blob gives them back: at every moment the thread is either where it was, or in
 * code that leads there. A call that has not begun by then does nothing: it gets its real arguments at its
 * entry. That other threads do not run before one that has begun is the gate's to see to (gate.h).
 *
 * To give them back right at the exit would leak the kernel's own error numbers (ERESTARTSYS) to a program
 * that was in a system call: the thread is interrupted once more, so that the kernel looks at what it
 * restores as it does on the way back from any stop.
 */
#include "target.h"

struct injector {
	struct target *t;
	struct thread *th;
	uint64_t blob;			/* where it stands */
	uint64_t gate;			/* that it opens behind its call (gate.h), 0: none */
	struct arch_regs saved;		/* what the thread had */
	bool away;			/* its registers are not those now */
};

/*
 * A free place for a blob in the vdso at @vdso, @length bytes, of the thread @tid: 0 and *@blob, or -EOPNOTSUPP
 * with a sentence. A place that is not empty belongs to a run that was killed: a thread may still be in it.
 */
int blob_place(pid_t tid, uint64_t vdso, uint64_t length, uint64_t *blob, struct buf *why) __must_check;

/* Write the blob: 0, or -errno. @th is parked. What the injector then does ends with injector_close. */
int injector_open(struct injector *in, struct target *t, struct thread *th, uint64_t blob) __must_check;
/*
 * Another blob, at @blob, from the next call on: one that opens @gate, or 0. 0 or -errno: then it stays with
 * that which it had.
 */
int injector_move(struct injector *in, uint64_t blob, uint64_t gate) __must_check;
/*
 * One call: 0 and its result in *@result (-errno of the target's), or -errno: it was not done. -ETIMEDOUT: the
 * thread does not run, -ESRCH.
 */
int inject(struct injector *in, enum arch_sys call, const uint64_t args[6], int64_t *result) __must_check;
/* The thread as it was, parked, and the place empty again. 0 or -errno. */
int injector_close(struct injector *in);

/* Memory of a stopped thread, wherever it may not read or write itself: 0 or -errno. */
int poke(pid_t tid, uint64_t at, const void *bytes, size_t n) __must_check;

#endif
