/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TARGET_H
#define TARGET_H

/*
 * A process to be detached from what it maps, which watches all the time that nothing is done to it.
 *
 *	target MODE[+MODE…] [key=value…]
 *
 * makes and maps an object, prints one line of facts ("pid=12 id=7 name=shm:7 address=0x…"), and
 * lives by its modes until stdin ends or says `done`. Then it prints "ok COUNTS", or "broken: WHAT",
 * and exits with 0 or 1. What it cannot prepare is "error call=CALL errno=NAME".
 *
 * There are two processes: the target, and its parent, which is called its mate. The mate maps nothing,
 * sends signals, ends the waits of the target, and tells how the target ended.
 *
 * A mode is one row in a table, and so is a parameter.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PAGE	   4096UL
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct mode {
	const char *name, *help;
	bool counts;			/* keeps counters in the first pages of the object */
	bool mated;			/* the mate reads stdin, the target does not */
	int (*prepare)(void);		/* before the mate and the target part */
	int (*begin)(void);		/* in the target: 0, or -1 after fail() */
	void (*live)(void);		/* instead of watching the object until the end */
	void (*end)(void);		/* stop, and judge */
	void (*mate)(pid_t target);	/* what the mate does meanwhile */
};
/* Tables end with a row without a name. */
extern const struct mode thread_modes[], signal_modes[], blocked_modes[], process_modes[];

const char *text(const char *param);
uint64_t number(const char *param);
bool is(const char *param, const char *value);

/* One more fact of the first line, or count of the last. */
void fact(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The call that failed, with errno; gives -1. */
int fail(const char *call);
/* Something was done to this process. The first is told. Any thread, signal handlers too. */
void broken(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* All of it, whatever interrupts. */
void say_line(int fd, const char *line);
extern volatile bool stopping;
uint64_t now_us(void);
uint64_t any_number(uint64_t *state);

/* A thread of this program, all signals blocked but those that the process itself raises; counted. */
int start_thread(void *(*run)(void *), void *arg, uintptr_t *thread);
void join_thread(uintptr_t thread);

/* The object (object.c). */
extern char *object_base;		/* where the first byte of it is mapped */
extern int object_id;			/* of a segment; -1: none */
/* The first pages belong to the counters of @users modes; the rest is known contents. */
int object_make(bool counts);
void object_remove(void);
void object_watch(uint64_t *state);	/* look at one page, whichever */
void object_judge(void);		/* look at all of it, protections too */
bool object_inside(const void *address);
/* Room for @length bytes of counters. */
void *object_counters(size_t length);

/* What may not change in this process (confine.c). */
int confine(void);			/* filters and the like, right before it lives */
void state_keep(void);
void state_judge(void);
bool confined_strictly(void);

/* All registers (registers.c). */
struct registers {
	uint64_t in[16], out[16];	/* rax rbx rcx rdx rsi rdi rbp r8 … r15, not rsp */
	unsigned char vector_in[16][32], vector_out[16][32];
	uint64_t flags, wide;		/* after it; whether there are ymm registers */
};
/* Compute for @n rounds and look: whether anything differs is told as broken. */
void registers_spin(uint64_t n, uint64_t *state);
/* A system call: its result as the kernel gave it. Registers that it leaves alone are looked at. */
long registers_call(long number, const long args[6], uint64_t *state);

#endif
