/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ACT_DETACH_SECCOMP_H
#define ACT_DETACH_SECCOMP_H

/*
 * What the seccomp(2) filters of a thread would say to a system call, asked before it does one: most of what
 * they can answer kills the process. They are programs of classic BPF, which the kernel hands out; here
 * they are run on the same input.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/types.h>
#include "ipctop/buf.h"

/* A call that is meant to be done; @data as seccomp(2) has it: the address is that behind its instruction. */
struct seccomp_call {
	const char *name;
	struct seccomp_data data;
};

/*
 * Run one program of @n instructions, whatever they are: 0 and what it gives (SECCOMP_RET_… and its data) in *@action,
 * or -EINVAL where it is none that the kernel takes.
 */
int seccomp_run(const struct sock_filter *code, unsigned int n, const struct seccomp_data *data,
		uint32_t *action) __must_check;

/*
 * The mode of a thread: SECCOMP_MODE_DISABLED, SECCOMP_MODE_STRICT, SECCOMP_MODE_FILTER; or -errno, -ESRCH when it
 * has gone. One small read. Threads of one process may differ, and one that runs on may enter a mode right after
 * (none is ever left); so it is surely right only of a thread that is stopped.
 */
int seccomp_mode(pid_t tid) __must_check;

/*
 * Whether a thread in @mode, stopped by the caller's ptrace(2), may do all of @calls: 0, or -EOPNOTSUPP with a
 * sentence in @why. Reading filters takes CAP_SYS_ADMIN and a caller that has none itself. Without one (mode 0)
 * nothing is read.
 */
int seccomp_allows(pid_t tid, int mode, const struct seccomp_call *calls, unsigned int ncalls,
		   struct buf *why) __must_check;

#endif
