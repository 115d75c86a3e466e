/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ACT_DETACH_VET_H
#define ACT_DETACH_VET_H

/* Whether it can be done without harm: what is asked before anything is stopped, and what after. */
#include "inject.h"
#include "space.h"

struct vetted {
	pid_t tid;			/* a thread of the process that lives: its leader, as a rule */
	struct space space;
	uint64_t copy;			/* bytes of memory that the copies take */
	uint64_t blob;			/* the place for the code, from vet_choose on */
	int memory;			/* /proc/TID/mem: of this very address space, -1: none */
};

/* Of a process that runs on: 0 (vet_release), or -errno with a sentence (detach.h). @self is ipctop. */
int vet_running(const struct detach_request *r, pid_t self, struct vetted *v, struct buf *why) __must_check;
void vet_release(struct vetted *v);
/* A thread that is not at its end, 0: there is none. Of a process whose leader has ended others may live. */
pid_t vet_live_thread(pid_t pid);
/* Whether it still has that address space: it has not called execve(2) since. */
bool vet_same(const struct vetted *v);

/*
 * Of one that is stopped: nothing has changed, no thread waits for a futex in what is let go, and the
 * thread that will do the calls, in *@th. 0; -EAGAIN: a moment later there may be one; or -errno with a sentence.
 */
int vet_stopped(struct target *t, const struct detach_request *r, struct vetted *v,
		struct thread **th, struct buf *why) __must_check;
/* The choice alone, of @t's stopped threads; with it the place for the code. */
int vet_choose(struct target *t, const struct detach_request *r, struct vetted *v, struct thread **th,
	       struct buf *why) __must_check;
/*
 * Processes that share the address space of @tid and are not threads of it (CLONE_VM): how many new ones were
 * found, or -errno.
 */
int vet_sharers(struct target *t, pid_t tid);

/* Whether it does its system calls by user dispatch (prctl(2)): they would not be done. */
bool vet_dispatches(const struct thread *th);
/* Where @regs are in a restartable sequence (rseq(2)) of that thread: to where the kernel would have it go. */
void vet_abort(pid_t tid, struct arch_regs *regs);
/*
 * A call that ends with EINTR at any stop is to be done again, where that is the same: the thread is about to be
 * let go.
 */
void vet_again(const struct thread *th);

#endif
