/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ACT_DETACH_DETACH_H
#define ACT_DETACH_DETACH_H

#include <sys/types.h>
#include "ipctop/buf.h"
#include "ipctop/snapshot.h"

/*
 * Make another process let go of what it maps. The kernel has no call for that, so the process is
 * stopped by ptrace(2) and made to call mmap(2) and mremap(2) itself. This room is the only one that
 * traces anybody. It does no more than it is told: whether it should be done at all, and the look at
 * the object before, are its caller's.
 *
 *	LEAVE_COPY	a private copy of the contents takes the place of the mapping, at the same address,
 *			with the same protections. Threads lose no write; other processes write on
 *			meanwhile, so that of their writes the copy may be torn.
 *	LEAVE_FENCE	no access is left at the same address: a touch is SIGSEGV, and nothing else is ever
 *			mapped there.
 *
 * All threads are stopped for either: one that runs could unmap the object between the last look and the
 * act, and another mapping would stand in its place.
 *
 * Should ipctop be killed at any point, the process goes on as if nothing had been, with what was done
 * until then done: the code that it is made to run restores its registers by itself (inject.h).
 */
struct detach_range {
	uint64_t start, length;		/* of the process's address space, bytes: whole mappings */
	uint64_t offset;		/* in the object, bytes */
};

struct detach_request {
	pid_t pid;
	int pidfd;			/* of that process: it proves who it is (pidfd_open(2)) */
	uint64_t device, inode;		/* of the object, as /proc/PID/maps has them */
	const struct detach_range *ranges;	/* in the order of their addresses, without overlap */
	uint32_t nranges;
	enum leave leave;
	bool force;			/* also what is -ERANGE without */
};

/* What can be told before anything is stopped. */
struct detach_look {
	uint64_t length;		/* bytes of address space that are let go */
	uint64_t copy;			/* bytes of memory that the copy takes; 0 for a fence */
};
/*
 * Look at the process, which runs on, by a child: 0, or -errno with a sentence for people in @why and no more than
 * reading done: what stands against it. See detach_run() for the errors. Any thread.
 */
int detach_foresee(const struct detach_request *r, struct detach_look *look, struct buf *why) __must_check;

struct detach_result {
	uint64_t stopped;		/* microseconds for which the process was stopped, in all */
	uint64_t copied;		/* bytes that were copied while it was */
	uint32_t done;			/* ranges that were let go: the first so many */
};
/*
 * Do it: 0 and all ranges are let go, with a sentence in @why where a copy is not locked in memory as the original
 * was; or -errno with a sentence in @why, and @result->done ranges are: none,
 * but where the kernel refused in the middle.
 *
 *	-ESRCH		the process has gone, or is a zombie
 *	-ESTALE		it does not map that any more, or in another way
 *	-EPERM		it may not be traced (ptrace(2): credentials, dumpable, Yama)
 *	-EINTR		what does it was killed; @result->done ranges are let go
 *	-EAGAIN		none of its threads could do it: they are always elsewhere, or, without a sentence, those
 *			that were seen went and others came
 *	-EBUSY		it is traced by another, or cannot be interrupted just now
 *	-ETIMEDOUT	a thread did not stop, or did not run (state D, a frozen control group); or something that
 *			the process maps does not answer (FUSE, userfaultfd)
 *	-ENOMEM		no room for the copy
 *	-ERANGE		without request.force: the object ends before the mapping does: with a copy a touch beyond is
 *			SIGBUS as it was, and stays that when the object grows; or the process has memory pinned,
 *			perhaps of the object, to which a device would go on
 *	-EOPNOTSUPP	this processor, a kind of mapping, or something in that process forbids it
 *	others		of the system call that failed in the process
 *
 * The work is done by a child of the calling process that survives it (setsid(2)); the caller waits for it
 * and does not write meanwhile: what it writes to may be the process. Any thread.
 */
int detach_run(const struct detach_request *r, struct detach_result *result, struct buf *why) __must_check;

#endif
