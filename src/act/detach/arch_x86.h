/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ACT_DETACH_ARCH_X86_H
#define ACT_DETACH_ARCH_X86_H

/* x86-64, whose kernel also runs 32-bit programs (i386). */
#include "arch.h"

#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#define ARCH_NAME "x86-64"

/*
 * Of a 32-bit program too the registers are those of the processor: PTRACE_GETREGS by a 64-bit
 * tracer always gives 64-bit ones, unlike PTRACE_GETREGSET.
 *
 * orig_rax is no register but the kernel's note of the system call that the thread is in, -1 when it is in
 * none. Only where it is not -1 does the kernel look at rax, on the way back, for what is to be started
 * again; so it is set to -1 for a run of the blob.
 */
struct arch_regs {
	struct user_regs_struct x;
};

static inline int arch_get(pid_t tid, struct arch_regs *r)
{
	return ptrace(PTRACE_GETREGS, tid, NULL, &r->x) ? -errno : 0;
}

static inline int arch_set(pid_t tid, const struct arch_regs *r)
{
	return ptrace(PTRACE_SETREGS, tid, NULL, (void *)&r->x) ? -errno : 0;
}

/* By the code segment: USER32_CS of asm/segment.h. A 64-bit program can jump there. */
static inline enum arch_isa arch_isa(const struct arch_regs *r)
{
	return r->x.cs == 0x23 ? ISA_NARROW : ISA_WIDE;
}

/* asm/unistd_64.h, asm/unistd_32.h (where mmap2 counts its offset in pages; it is 0 here). */
static const int arch_numbers[NR_ISAS][NR_SYS_CALLS] = {
	[ISA_WIDE] = {
		[SYS_CALL_MMAP] = 9, [SYS_CALL_MUNMAP] = 11, [SYS_CALL_MPROTECT] = 10,
		[SYS_CALL_MREMAP] = 25, [SYS_CALL_MADVISE] = 28, [SYS_CALL_MLOCK2] = 325,
		[SYS_CALL_FUTEX] = 202, [SYS_CALL_SIGPROCMASK] = 14,
	},
	[ISA_NARROW] = {
		[SYS_CALL_MMAP] = 192, [SYS_CALL_MUNMAP] = 91, [SYS_CALL_MPROTECT] = 125,
		[SYS_CALL_MREMAP] = 163, [SYS_CALL_MADVISE] = 219, [SYS_CALL_MLOCK2] = 376,
		[SYS_CALL_FUTEX] = 240, [SYS_CALL_SIGPROCMASK] = 175,
	},
};
static const int arch_futexes[NR_ISAS][NR_FUTEXES] = {
	[ISA_WIDE] = { [FUTEX_ONE] = 202, [FUTEX_NEW] = 455, [FUTEX_LIST] = 449, [FUTEX_AGAIN] = 219 },
	[ISA_NARROW] = { [FUTEX_ONE] = 240, [FUTEX_NEW] = 455, [FUTEX_LIST] = 449, [FUTEX_AGAIN] = 0 },
};

/* As seccomp knows it: AUDIT_ARCH_X86_64, AUDIT_ARCH_I386. */
static const uint32_t arch_audit[NR_ISAS] = { 0xc000003e, 0x40000003 };

static const struct arch_wait arch_waits[NR_ISAS][8] = {
	[ISA_WIDE] = {
		{ 65, -1, -1 },			/* semop */
		{ 220, 3, -1 },			/* semtimedop */
		{ 232, 3, -1, true },		/* epoll_wait */
		{ 281, 3, 4, true },		/* epoll_pwait */
		{ 441, 3, 4 },			/* epoll_pwait2 */
		{ 128, 2, -1 },			/* rt_sigtimedwait */
		{ -1 }
	},
	[ISA_NARROW] = {
		{ 420, 3, -1 },			/* semtimedop_time64 */
		{ 256, 3, -1, true },		/* epoll_wait */
		{ 319, 3, 4, true },		/* epoll_pwait */
		{ 441, 3, 4 },			/* epoll_pwait2 */
		{ 177, 2, -1 },			/* rt_sigtimedwait */
		{ 421, 2, -1 },			/* rt_sigtimedwait_time64 */
		{ -1 }
	},
};

static inline uint64_t arch_ip(const struct arch_regs *r)
{
	return r->x.rip;
}

static inline int arch_syscall(const struct arch_regs *r, uint64_t args[6])
{
	bool narrow = arch_isa(r) == ISA_NARROW;
	const struct user_regs_struct *x = &r->x;
	const uint64_t wide_args[6] = { x->rdi, x->rsi, x->rdx, x->r10, x->r8, x->r9 };
	const uint64_t narrow_args[6] = { (uint32_t)x->rbx, (uint32_t)x->rcx, (uint32_t)x->rdx,
					  (uint32_t)x->rsi, (uint32_t)x->rdi, (uint32_t)x->rbp };

	memcpy(args, narrow ? narrow_args : wide_args, sizeof(wide_args));
	return (int)x->orig_rax;
}

/* include/linux/errno.h of the kernel: never seen by a program. */
enum { RESTARTSYS = 512, RESTARTNOINTR = 513, RESTARTNOHAND = 514, RESTART_BLOCK = 516 };

/* Of 32 bits only an error is negative: addresses reach beyond 2 GiB. */
static inline int64_t arch_result(const struct arch_regs *r)
{
	uint32_t narrow = r->x.rax;

	if (arch_isa(r) == ISA_WIDE)
		return (int64_t)r->x.rax;
	return narrow > (uint32_t)-4096 ? (int32_t)narrow : (int64_t)narrow;
}

static inline bool arch_restarts(const struct arch_regs *r)
{
	int64_t result = -arch_result(r);

	return (int)r->x.orig_rax != -1 && (result == RESTARTSYS || result == RESTARTNOINTR ||
					    result == RESTARTNOHAND || result == RESTART_BLOCK);
}

static inline bool arch_ended_early(const struct arch_regs *r)
{
	return (int)r->x.orig_rax != -1 && arch_result(r) == -EINTR;
}

/*
 * As the kernel does it: `syscall`, `int $0x80` and `sysenter` (whose return address lies behind an
 * int $0x80 in the vdso) are of two bytes.
 */
static inline void arch_again(struct arch_regs *r)
{
	bool block = -arch_result(r) == RESTART_BLOCK;

	r->x.rip -= 2;
	r->x.rax = block ? (uint64_t)arch_futexes[arch_isa(r)][FUTEX_AGAIN] : r->x.orig_rax;
	r->x.orig_rax = -1;
}

static inline void arch_args(struct arch_regs *r, const uint64_t args[6])
{
	struct user_regs_struct *x = &r->x;

	if (arch_isa(r) == ISA_NARROW) {
		x->rbx = args[0], x->rcx = args[1], x->rdx = args[2];
		x->rsi = args[3], x->rdi = args[4], x->rbp = args[5];
	} else {
		x->rdi = args[0], x->rsi = args[1], x->rdx = args[2];
		x->r10 = args[3], x->r8 = args[4], x->r9 = args[5];
	}
}

static inline void arch_call(struct arch_regs *r, uint64_t blob, enum arch_sys call, const uint64_t args[6])
{
	struct user_regs_struct *x = &r->x;

	arch_args(r, args);
	x->rax = arch_numbers[arch_isa(r)][call];
	x->rip = blob;
	x->orig_rax = -1;
	x->eflags &= ~0x100UL;		/* TF: no trap behind each instruction */
}

/* The thread goes on at @ip. */
static inline void arch_jump(struct arch_regs *r, uint64_t ip)
{
	r->x.rip = ip;
}

/* Bytes of code, and where they are to stand in the thread's memory. */
struct arch_code {
	unsigned char *out;
	uint64_t at;
	size_t len;
	bool narrow;
};

static inline void arch_put(struct arch_code *c, const void *bytes, size_t n)
{
	memcpy(c->out + c->len, bytes, n);
	c->len += n;
}

static inline void arch_put32(struct arch_code *c, uint32_t value)
{
	arch_put(c, &value, sizeof(value));
}

/* The place of @to in an instruction that ends @behind bytes after it: 64-bit code counts from its end. */
static inline void arch_put_place(struct arch_code *c, uint64_t to, unsigned int behind)
{
	arch_put32(c, c->narrow ? to : to - (c->at + c->len + 4 + behind));
}

/*
 * Behind the call, in the thread that others wait for at the gate:
 *
 *	mov	dword [word], 1
 *	futex(word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, INT_MAX)
 *	rt_sigprocmask(SIG_SETMASK, mask, NULL, 8)
 */
static inline void arch_put_opening(struct arch_code *c, uint64_t gate)
{
	const uint64_t word = gate + offsetof(struct arch_gate, word), mask = gate + offsetof(struct arch_gate, mask);
	const int *numbers = arch_numbers[c->narrow ? ISA_NARROW : ISA_WIDE];

	arch_put(c, "\xc7\x05", 2);				/* mov dword [word], 1 */
	arch_put_place(c, word, 4);
	arch_put32(c, 1);
	arch_put(c, "\xb8", 1);					/* mov eax, */
	arch_put32(c, numbers[SYS_CALL_FUTEX]);
	if (c->narrow)
		arch_put(c, "\xbb", 1);				/* mov ebx, word */
	else
		arch_put(c, "\x48\x8d\x3d", 3);			/* lea rdi, [word] */
	arch_put_place(c, word, 0);
	arch_put(c, c->narrow ? "\xb9" : "\xbe", 1);		/* mov ecx | esi, FUTEX_WAKE_PRIVATE */
	arch_put32(c, 129);
	arch_put(c, "\xba", 1);					/* mov edx, INT_MAX */
	arch_put32(c, INT32_MAX);
	arch_put(c, c->narrow ? "\xcd\x80" : "\x0f\x05", 2);
	arch_put(c, "\xb8", 1);					/* mov eax, rt_sigprocmask */
	arch_put32(c, numbers[SYS_CALL_SIGPROCMASK]);
	arch_put(c, c->narrow ? "\xbb" : "\xbf", 1);		/* mov ebx | edi, SIG_SETMASK */
	arch_put32(c, 2);
	if (c->narrow)
		arch_put(c, "\xb9", 1);				/* mov ecx, mask */
	else
		arch_put(c, "\x48\x8d\x35", 3);			/* lea rsi, [mask] */
	arch_put_place(c, mask, 0);
	arch_put(c, "\xba", 1);					/* mov edx, NULL */
	arch_put32(c, 0);
	arch_put(c, c->narrow ? "\xbe" : "\x41\xba", c->narrow ? 1 : 2);	/* mov esi | r10d, 8 */
	arch_put32(c, 8);
	arch_put(c, c->narrow ? "\xcd\x80" : "\x0f\x05", 2);
}

/*
 * The blob, at @at in the thread's memory, @size bytes:
 *
 *	syscall				(32-bit: int $0x80)
 *	...				with @gate (else 0): it is opened (arch_put_opening)
 *	mov	REG, [DATA]		for each register that the calls needed or changed
 *	jmp	[DATA]			to where the thread was
 *	DATA				what the registers were, 8 (4) bytes each
 *
 * It needs no stack and changes no flags, so that a thread which runs it to its end goes on as if it had
 * never been there. The tracer never lets it come that far; only when the tracer has died does it.
 * `syscall` puts its return address into rcx and the flags into r11: they are restored too.
 * 64-bit code finds its data relative to the instruction behind, 32-bit code by address.
 *
 * A thread that was in a system call which the kernel would start again by itself, had it not been for the
 * run, starts it again: that is put into rax and the address.
 */
static inline void arch_blob(const struct arch_regs *saved, uint64_t at, uint64_t gate, unsigned char *out,
			     size_t size)
{
	/* mov r64, [rip + d32]: REX 8b modrm; mov r32, [d32]: 8b modrm */
	static const unsigned char wide_codes[9][3] = {
		{ 0x48, 0x8b, 0x3d }, { 0x48, 0x8b, 0x35 }, { 0x48, 0x8b, 0x15 },	/* rdi rsi rdx */
		{ 0x4c, 0x8b, 0x15 }, { 0x4c, 0x8b, 0x05 }, { 0x4c, 0x8b, 0x0d },	/* r10 r8 r9 */
		{ 0x48, 0x8b, 0x0d }, { 0x4c, 0x8b, 0x1d }, { 0x48, 0x8b, 0x05 },	/* rcx r11 rax */
	};
	static const unsigned char narrow_codes[7][2] = {
		{ 0x8b, 0x1d }, { 0x8b, 0x0d }, { 0x8b, 0x15 }, { 0x8b, 0x35 },	/* ebx ecx edx esi */
		{ 0x8b, 0x3d }, { 0x8b, 0x2d }, { 0x8b, 0x05 },			/* edi ebp eax */
	};
	struct arch_code c = { .out = out, .at = at, .narrow = arch_isa(saved) == ISA_NARROW };
	struct arch_regs r = *saved;
	const struct user_regs_struct *x = &r.x;
	unsigned int n = c.narrow ? 7 : 9, word = c.narrow ? 4 : 8;
	size_t data = size - (n + 1) * word;
	uint64_t values[10];

	if (arch_restarts(saved))
		arch_again(&r);
	memcpy(values, c.narrow ?
	       (uint64_t[10]){ x->rbx, x->rcx, x->rdx, x->rsi, x->rdi, x->rbp, x->rax, x->rip } :
	       (uint64_t[10]){ x->rdi, x->rsi, x->rdx, x->r10, x->r8, x->r9, x->rcx, x->r11, x->rax,
			       x->rip }, sizeof(values));
	memset(out, 0, size);
	arch_put(&c, c.narrow ? "\xcd\x80" : "\x0f\x05", 2);
	if (gate)
		arch_put_opening(&c, gate);
	for (unsigned int i = 0; i <= n; i++) {
		uint64_t cell = data + (uint64_t)i * word;

		if (i == n)
			arch_put(&c, "\xff\x25", 2);
		else if (c.narrow)
			arch_put(&c, narrow_codes[i], 2);
		else
			arch_put(&c, wide_codes[i], 3);
		arch_put_place(&c, at + cell, 0);
		memcpy(out + cell, &values[i], word);
	}
}

#endif
