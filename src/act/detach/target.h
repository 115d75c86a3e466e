/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ACT_DETACH_TARGET_H
#define ACT_DETACH_TARGET_H

/*
 * The threads of a process, stopped and let go: ptrace(2) by PTRACE_SEIZE, which itself stops nothing,
 * sends no signal, and lets a process that job control has stopped stay so. Never with
 * PTRACE_O_EXITKILL: when the tracer dies, all go on.
 *
 * The caller is a process of its own with one thread and no other children (child.h): what
 * waitpid(2) reports is about the target.
 */
#include <stdbool.h>
#include <sys/types.h>
#include "ipctop/buf.h"
#include "arch.h"

enum thread_state { THREAD_RUNS, THREAD_STOPPED, THREAD_GONE };

struct thread {
	pid_t tid;
	enum thread_state state;
	int status;			/* the last, as waitpid(2) says it */
	bool parked;			/* stopped by PTRACE_INTERRUPT or by job control, not on its way anywhere */
};

struct target {
	pid_t pid;
	int pidfd;
	struct table groups;		/* pid_t: processes that share the address space, @pid first */
	struct table threads;		/* struct thread, ordered by number but for those just found */
	uint32_t sorted;		/* so many */
	int64_t stopped_at;		/* clock_mono_us when the first was stopped, 0: none is */
	int64_t stopped;		/* microseconds, of earlier stops */
	int64_t deadline;		/* clock_mono_us for whatever is waited for */
};

#define PATIENCE_US	2000000		/* that a thread may take to stop, or to do a call */

/* Once for the process, before anything is waited for: waits end at deadlines. *@beats counts on as long as it lives. */
void target_clock(volatile unsigned int *beats);

void target_init(struct target *t, pid_t pid, int pidfd);
/* Lets all go: detaches. */
void target_release(struct target *t);

/*
 * Stop all threads, until a look finds no new one; or the first that can be. -ETIMEDOUT, -EPERM, -EBUSY
 * (traced by another), -ESRCH, with a sentence. What was stopped stays so.
 */
int target_stop_all(struct target *t, struct buf *why) __must_check;
int target_stop_one(struct target *t, struct buf *why) __must_check;
/* Let all go on their way: detach. */
void target_go(struct target *t);
/* Sentences, and the errors that go with them. */
int say_gone(pid_t pid, struct buf *why);	/* -ESRCH */
/* A file of it gave @rc: it is gone, or cannot be looked at for want of something else. */
int say_unread(pid_t pid, int rc, struct buf *why);
/* -EBUSY where @tid says that another traces it, else 0. */
int say_tracer(pid_t pid, pid_t tid, struct buf *why) __must_check;
int say_asleep(pid_t pid, struct buf *why);	/* -ETIMEDOUT */
int say_untraceable(pid_t pid, struct buf *why);	/* -EPERM */
/* Whether the process is still there. */
bool target_lives(const struct target *t);

/*
 * Wait for the next that happens to a thread that runs: its state and status. 0, -ETIMEDOUT at the deadline, -ESRCH
 * when there is no such thread any more.
 */
int thread_wait(struct target *t, struct thread *th) __must_check;

/* What a status says. */
bool status_is_event(int status);	/* PTRACE_EVENT_STOP */
bool status_is_syscall(int status);
/* The signal about to be delivered, 0: it is no such stop. */
int status_signal(int status);

/* PTRACE_INTERRUPT, PTRACE_CONT, PTRACE_SYSCALL with a signal: 0 or -errno. */
int thread_interrupt(const struct thread *th);
int thread_go(struct thread *th, int request, int signal);

/* The number that the name of a folder in /proc is, or 0. */
pid_t number_of(const char *name);
/* The beginning of /proc/TID/@file: 0 or -errno. */
int thread_file(pid_t tid, const char *file, struct buf *text) __must_check;
/* proc_pid_stat(5) of a thread; flags as in linux/sched.h. 0 or -errno: -ESRCH. */
struct thread_stat {
	char state;
	unsigned int flags;
};
#define PF_EXITING 0x4
#define PF_KTHREAD 0x200000
int thread_stat(pid_t tid, struct thread_stat *stat) __must_check;
/* It has ended, or is about to: it will run nothing more, and ptrace(2) is refused as if it were not allowed. */
bool thread_stat_dying(const struct thread_stat *stat);
bool thread_is_dying(pid_t tid);
/* "Name:	NUMBER" of its status; false: it is not there. */
bool status_number(const char *status, const char *name, int base, uint64_t *value);

#endif
