/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ACT_DETACH_ARCH_H
#define ACT_DETACH_ARCH_H

/*
 * What the rest of the room knows of a processor. An architecture is one header, which gives:
 *
 *	ARCH_NAME		for people
 *	struct arch_regs	what a thread has in its registers
 *	arch_get, arch_set	read and write those of a stopped thread: 0 or -errno
 *	arch_isa		the instruction set in which a thread runs
 *	arch_blob		the code that a thread is made to run; see there
 *	arch_call		registers for one run of it
 *	arch_args		other arguments, at the entry of the system call
 *	arch_result		what the system call gave
 *	arch_ip			where the thread would go on
 *	arch_syscall		the system call that it is in, -1: none, and its arguments
 *	arch_restarts		whether the kernel will start that again by itself
 *	arch_ended_early	whether that ended with EINTR
 *	arch_again		registers that start it again
 *	arch_waits		rows of calls that end with EINTR at any stop, the last with number -1
 *	arch_numbers, arch_futexes	numbers of system calls
 *	arch_audit		what seccomp(2) calls the instruction set
 *
 * All of it is pure, but for arch_get and arch_set.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Instruction sets of one processor, each with its own numbers of system calls. */
enum arch_isa { ISA_WIDE, ISA_NARROW, NR_ISAS };

/* System calls that a thread is made to do. */
enum arch_sys { SYS_CALL_MMAP, SYS_CALL_MUNMAP, SYS_CALL_MPROTECT, SYS_CALL_MREMAP, SYS_CALL_MADVISE,
		SYS_CALL_MLOCK2, SYS_CALL_FUTEX, SYS_CALL_SIGPROCMASK,
		NR_SYS_CALLS };

/*
 * Calls that wait for futexes: futex, futex_wait, futex_waitv; and restart_syscall, which a stop makes of one with a
 * time limit, with the same arguments (of other calls too, whose first is another address then).
 */
enum arch_futex { FUTEX_ONE, FUTEX_NEW, FUTEX_LIST, FUTEX_AGAIN, NR_FUTEXES };

/*
 * Bytes that a blob takes in the free end of the vdso. It begins at a multiple of it, so that one
 * that an aborted run left behind is found, and left alone.
 */
#define BLOB_SIZE 192
/* Bytes of one in a gate (gate.h), which may be longer. */
#define GATE_SIZE 256

/* What the threads at a gate wait for, at its beginning. */
struct arch_gate {
	uint32_t word;			/* a futex: 1 lets them go on */
	uint32_t unused;
	uint64_t mask;			/* signals that are blocked in the thread that does the calls */
};

/* With what it begins. */
#define SYSCALL_BYTES 2

/*
 * A system call that ends with EINTR at any stop, though no handler ran (signal(7)): where it waits
 * without an end, to call it again is the same.
 */
struct arch_wait {
	int number;
	int timeout, mask;		/* its arguments with these, -1: it has none */
	bool milliseconds;		/* the timeout is a number; else a pointer */
};

#if defined(__x86_64__) && !defined(__ILP32__)
#include "arch_x86.h"
#else
#include "arch_none.h"
#endif

#endif
