/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What seccomp filters say, beside what the kernel makes of them. */
#include "act/detach/seccomp.h"

#include <errno.h>
#include <linux/audit.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "unit.h"

#define S BPF_STMT
#define J BPF_JUMP
#define LD_DATA(member) S(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define RET_K(k) S(BPF_RET | BPF_K, k)
#define RET_A S(BPF_RET | BPF_A, 0)
#define ERRNO(e) (SECCOMP_RET_ERRNO | (e))
#define PROGRAM_MAX 64

struct program {
	const char *what;
	struct sock_filter code[12];
	uint32_t action;
};

static const struct seccomp_data sample = {
	.nr = 9, .arch = 0xc000003e, .instruction_pointer = 0x7fff12345678,
	.args = { 0x1122334455667788, 2, 3, 4, 5, 6 },
};

/* Programs on @sample; the kernel takes them all. */
static const struct program programs[] = {
	{ "a constant", { RET_K(7) }, 7 },
	{ "the number", { LD_DATA(nr), RET_A }, 9 },
	{ "the architecture", { LD_DATA(arch), RET_A }, 0xc000003e },
	{ "half of an address", { LD_DATA(instruction_pointer), RET_A }, 0x12345678 },
	{ "half of an argument", { LD_DATA(args[0]), RET_A }, 0x55667788 },
	{ "the last argument", { LD_DATA(args[5]), RET_A }, 6 },
	{ "the length", { S(BPF_LD | BPF_W | BPF_LEN, 0), RET_A }, 64 },
	{ "the length in X", { S(BPF_LDX | BPF_W | BPF_LEN, 0), S(BPF_MISC | BPF_TXA, 0), RET_A }, 64 },
	{ "memory", { S(BPF_LD | BPF_IMM, 5), S(BPF_ST, 15), S(BPF_LDX | BPF_MEM, 15), S(BPF_STX, 0),
		      S(BPF_LD | BPF_MEM, 0), S(BPF_ALU | BPF_ADD | BPF_X, 0), RET_A }, 10 },
	{ "a sum wraps", { S(BPF_LD | BPF_IMM, 0xffffffff), S(BPF_ALU | BPF_ADD | BPF_K, 3), RET_A }, 2 },
	{ "a difference wraps", { S(BPF_LD | BPF_IMM, 1), S(BPF_ALU | BPF_SUB | BPF_K, 2), RET_A },
	  0xffffffff },
	{ "a product wraps", { S(BPF_LD | BPF_IMM, 0x80000001), S(BPF_ALU | BPF_MUL | BPF_K, 2), RET_A }, 2 },
	{ "a quotient", { S(BPF_LD | BPF_IMM, 0xfffffff0), S(BPF_ALU | BPF_DIV | BPF_K, 3), RET_A },
	  0x55555550 },
	{ "divided by X, which is 0", { S(BPF_LD | BPF_IMM, 5), S(BPF_ALU | BPF_DIV | BPF_X, 0),
					RET_K(SECCOMP_RET_ALLOW) }, SECCOMP_RET_KILL_THREAD },
	{ "and, or, exclusive or", { LD_DATA(args[0]), S(BPF_ALU | BPF_AND | BPF_K, 0xf0f0),
				     S(BPF_ALU | BPF_OR | BPF_K, 1), S(BPF_ALU | BPF_XOR | BPF_K, 0xff), RET_A },
	  0x707e },
	{ "shifts", { S(BPF_LD | BPF_IMM, 0x80000001), S(BPF_ALU | BPF_RSH | BPF_K, 31),
		      S(BPF_ALU | BPF_LSH | BPF_K, 4), RET_A }, 16 },
	{ "shifted by more than there is", { S(BPF_LDX | BPF_IMM, 33), S(BPF_LD | BPF_IMM, 1),
					     S(BPF_ALU | BPF_LSH | BPF_X, 0), RET_A }, 2 },
	{ "negative", { LD_DATA(nr), S(BPF_ALU | BPF_NEG, 0), RET_A }, (uint32_t)-9 },
	{ "A to X and back", { LD_DATA(nr), S(BPF_MISC | BPF_TAX, 0), S(BPF_LD | BPF_IMM, 0),
			       S(BPF_MISC | BPF_TXA, 0), RET_A }, 9 },
	{ "a long jump", { S(BPF_JMP | BPF_JA, 1), RET_K(1), RET_K(2) }, 2 },
	{ "equal", { LD_DATA(nr), J(BPF_JMP | BPF_JEQ | BPF_K, 9, 1, 0), RET_K(1), RET_K(2) }, 2 },
	{ "not equal", { LD_DATA(nr), J(BPF_JMP | BPF_JEQ | BPF_K, 8, 1, 0), RET_K(1), RET_K(2) }, 1 },
	{ "greater, without a sign", { S(BPF_LD | BPF_IMM, 0x80000000), J(BPF_JMP | BPF_JGT | BPF_K, 1, 1, 0),
				       RET_K(1), RET_K(2) }, 2 },
	{ "not greater than itself", { LD_DATA(nr), J(BPF_JMP | BPF_JGT | BPF_K, 9, 1, 0), RET_K(1),
				       RET_K(2) }, 1 },
	{ "greater or equal", { LD_DATA(nr), J(BPF_JMP | BPF_JGE | BPF_K, 9, 1, 0), RET_K(1), RET_K(2) }, 2 },
	{ "compared with X", { S(BPF_LDX | BPF_IMM, 9), LD_DATA(nr), J(BPF_JMP | BPF_JEQ | BPF_X, 0, 1, 0),
			       RET_K(1), RET_K(2) }, 2 },
	{ "a bit of it", { LD_DATA(nr), J(BPF_JMP | BPF_JSET | BPF_K, 8, 1, 0), RET_K(1), RET_K(2) }, 2 },
	{ "no bit of it", { LD_DATA(nr), J(BPF_JMP | BPF_JSET | BPF_K, 6, 1, 0), RET_K(1), RET_K(2) }, 1 },
};

/* An instruction of no class is all zeros but for LD IMM 0, which no program here ends with. */
static unsigned int length(const struct sock_filter *code, unsigned int most)
{
	while (most && !code[most - 1].code)
		most--;
	return most;
}

static void test_programs(void **state)
{
	FOR_EACH_CASE(p, programs) {
		uint32_t action;

		CHECK(p->what, !seccomp_run(p->code, length(p->code, ARRAY_SIZE(p->code)), &sample, &action));
		if (action != p->action)
			fail_msg("%s: %#x, not %#x", p->what, action, p->action);
	}
}

/* What the kernel would never have taken. */
static void test_nonsense(void **state)
{
	static const struct program wrong[] = {
		{ "an end without a return", { S(BPF_LD | BPF_IMM, 1) } },
		{ "beyond the data", { S(BPF_LD | BPF_W | BPF_ABS, 64), RET_A } },
		{ "far beyond the data", { S(BPF_LD | BPF_W | BPF_ABS, 0xfffffffc), RET_A } },
		{ "a crooked address", { S(BPF_LD | BPF_W | BPF_ABS, 2), RET_A } },
		{ "a byte", { S(BPF_LD | BPF_B | BPF_ABS, 0), RET_A } },
		{ "by way of X", { S(BPF_LD | BPF_W | BPF_IND, 0), RET_A } },
		{ "data to X", { S(BPF_LDX | BPF_W | BPF_ABS, 0), RET_A } },
		{ "read beyond the memory", { S(BPF_LD | BPF_MEM, 16), RET_A } },
		{ "written beyond the memory", { S(BPF_ST, 16), RET_A } },
		{ "X far beyond the memory", { S(BPF_STX, 0xffffffff), RET_A } },
		{ "divided by 0", { S(BPF_ALU | BPF_DIV | BPF_K, 0), RET_A } },
		{ "a remainder", { S(BPF_ALU | BPF_MOD | BPF_K, 3), RET_A } },
		{ "shifted by 32", { S(BPF_ALU | BPF_LSH | BPF_K, 32), RET_A } },
		{ "a jump to the end", { S(BPF_JMP | BPF_JA, 1), RET_A } },
		{ "a jump back", { S(BPF_JMP | BPF_JA, 0xffffffff), RET_A } },
		{ "a branch to the end", { J(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), RET_A } },
		{ "an unknown jump", { J(BPF_JMP | 0x60, 0, 0, 0), RET_A } },
		{ "X given back", { S(BPF_RET | BPF_X, 0) } },
		{ "what is none", { S(BPF_MISC | 0x40, 0), RET_A } },
		{ "bits that no class has", { S(0x100 | BPF_ALU | BPF_ADD, 0), RET_A } },
	};
	uint32_t action;

	FOR_EACH_CASE(p, wrong)
		CHECK(p->what, seccomp_run(p->code, length(p->code, ARRAY_SIZE(p->code)), &sample,
					   &action) == -EINVAL);
	assert_int_equal(seccomp_run(NULL, 0, &sample, &action), -EINVAL);
}

#ifdef __x86_64__

/* What a child leaves behind. */
struct outcome {
	volatile bool installed, returned, trapped;
	volatile long result;
	volatile int data;		/* of SIGSYS */
};
static struct outcome *outcome;

#define TRIED_NR SYS_getppid

/* Always at one address, that it gives in *@ip: the processor itself leaves it in rcx. */
static __attribute__((noinline)) long tried_call(uint64_t *ip)
{
	register long r10 __asm__("r10") = 4, r8 __asm__("r8") = 5, r9 __asm__("r9") = 6;
	long result;
	uint64_t at;

	__asm__ volatile("syscall" : "=a"(result), "=c"(at)
			 : "a"((long)TRIED_NR), "D"(0x1122334455667788), "S"(2L), "d"(3L), "r"(r10), "r"(r8),
			   "r"(r9) : "r11", "memory");
	*ip = at;
	return result;
}

static struct seccomp_data tried_data(void)
{
	struct seccomp_data data = { .nr = TRIED_NR, .arch = AUDIT_ARCH_X86_64,
				     .args = { 0x1122334455667788, 2, 3, 4, 5, 6 } };
	uint64_t ip;

	tried_call(&ip);
	data.instruction_pointer = ip;
	return data;
}

static int install(const struct sock_filter *code, unsigned int n)
{
	const struct sock_fprog program = { n, (struct sock_filter *)code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) ? -errno : 0;
}

/* @code for the tried call alone; all others are allowed. */
static unsigned int guard(const struct sock_filter *code, unsigned int n, struct sock_filter *out)
{
	const struct sock_filter head[] = { LD_DATA(nr), J(BPF_JMP | BPF_JEQ | BPF_K, TRIED_NR, 1, 0),
					    RET_K(SECCOMP_RET_ALLOW), S(BPF_LD | BPF_IMM, 0) };

	memcpy(out, head, sizeof(head));
	memcpy(out + ARRAY_SIZE(head), code, n * sizeof(*code));
	return n + ARRAY_SIZE(head);
}

static void on_sigsys(int signal, siginfo_t *info, void *context)
{
	outcome->trapped = true;
	outcome->data = info->si_errno;
}

/* Let a child do the call under a filter; its status. */
static int try_call(const struct sock_filter *code, unsigned int n)
{
	const struct sigaction act = { .sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO };
	struct sock_filter guarded[PROGRAM_MAX];
	unsigned int nguarded = guard(code, n, guarded);
	uint64_t ip;
	int status;
	pid_t pid;

	memset(outcome, 0, sizeof(*outcome));
	pid = fork();
	if (!pid) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
		sigaction(SIGSYS, &act, NULL);
		outcome->installed = !install(guarded, nguarded);
		if (outcome->installed)
			outcome->result = tried_call(&ip);
		outcome->returned = outcome->installed;
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* Whether the kernel did what @action means. */
static void check_outcome(const char *what, uint32_t action, int status)
{
	uint32_t data = action & SECCOMP_RET_DATA;
	bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS && !outcome->returned;
	long expected = getpid();

	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_TRAP:
		CHECK(what, outcome->trapped && outcome->data == (int)data);
		return;
	case SECCOMP_RET_ERRNO:
		expected = -(long)(data < 4095 ? data : 4095);
		break;
	case SECCOMP_RET_TRACE:
	case SECCOMP_RET_USER_NOTIF:
		expected = -ENOSYS;
		break;
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_ALLOW:
		break;
	default:
		CHECK(what, killed);
		return;
	}
	CHECK(what, outcome->returned && !outcome->trapped);
	if (outcome->result != expected)
		fail_msg("%s: %#x gave %ld, not %ld", what, action, outcome->result, expected);
}

static void check_beside_kernel(const char *what, const struct sock_filter *code, unsigned int n,
				const struct seccomp_data *data)
{
	struct sock_filter guarded[PROGRAM_MAX];
	int status = try_call(code, n);
	uint32_t action;

	CHECK(what, outcome->installed);
	CHECK(what, !seccomp_run(guarded, guard(code, n, guarded), data, &action));
	check_outcome(what, action, status);
}

static void test_actions(void **state)
{
	static const struct program tried[] = {
		{ "allow", { RET_K(SECCOMP_RET_ALLOW) } },
		{ "allow, with data", { RET_K(SECCOMP_RET_ALLOW | 5) } },
		{ "log", { RET_K(SECCOMP_RET_LOG) } },
		{ "errno", { RET_K(ERRNO(ENOTTY)) } },
		{ "no errno", { RET_K(ERRNO(0)) } },
		{ "an errno beyond the last", { RET_K(ERRNO(0xffff)) } },
		{ "trap", { RET_K(SECCOMP_RET_TRAP | 0xbeef) } },
		{ "trace", { RET_K(SECCOMP_RET_TRACE | 1) } },
		{ "ask, with nobody there", { RET_K(SECCOMP_RET_USER_NOTIF) } },
		{ "kill the thread", { RET_K(SECCOMP_RET_KILL_THREAD) } },
		{ "kill the process", { RET_K(SECCOMP_RET_KILL_PROCESS) } },
		{ "an unknown action", { RET_K(0x00010000) } },
		{ "another unknown action", { RET_K(0x7fe00000) } },
		{ "by 0", { S(BPF_ALU | BPF_DIV | BPF_X, 0), RET_K(SECCOMP_RET_ALLOW) } },
		{ "the argument", { LD_DATA(args[0]), J(BPF_JMP | BPF_JEQ | BPF_K, 0x55667788, 0, 1),
				    RET_K(ERRNO(1)), RET_K(ERRNO(2)) } },
	};
	const struct seccomp_data data = tried_data();

	FOR_EACH_CASE(p, tried)
		check_beside_kernel(p->what, p->code, length(p->code, ARRAY_SIZE(p->code)), &data);
}

/* Each 32-bit word of the input, 12 bits at a time. */
static void test_input(void **state)
{
	const struct seccomp_data data = tried_data();

	for (uint32_t at = 0; at < sizeof(data); at += 4) {
		for (uint32_t shift = 0; shift < 32; shift += 11) {
			const struct sock_filter code[] = {
				S(BPF_LD | BPF_W | BPF_ABS, at), S(BPF_ALU | BPF_RSH | BPF_K, shift),
				S(BPF_ALU | BPF_AND | BPF_K, 0x7ff), S(BPF_ALU | BPF_OR | BPF_K, ERRNO(0)),
				RET_A,
			};
			char what[48];

			snprintf(what, sizeof(what), "byte %u, bit %u", at, shift);
			check_beside_kernel(what, code, ARRAY_SIZE(code), &data);
		}
	}
}

/* A generator of its own, so that a failure comes again. */
static uint32_t any(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % below;
}

static struct sock_filter any_instruction(uint32_t *seed, unsigned int left)
{
	static const uint16_t codes[] = {
		BPF_LD | BPF_W | BPF_ABS, BPF_LD | BPF_W | BPF_LEN, BPF_LD | BPF_IMM, BPF_LD | BPF_MEM,
		BPF_LDX | BPF_W | BPF_LEN, BPF_LDX | BPF_IMM, BPF_LDX | BPF_MEM, BPF_ST, BPF_STX,
		BPF_ALU | BPF_ADD, BPF_ALU | BPF_SUB, BPF_ALU | BPF_MUL, BPF_ALU | BPF_DIV, BPF_ALU | BPF_AND,
		BPF_ALU | BPF_OR, BPF_ALU | BPF_XOR, BPF_ALU | BPF_LSH, BPF_ALU | BPF_RSH, BPF_ALU | BPF_NEG,
		BPF_JMP | BPF_JA, BPF_JMP | BPF_JEQ, BPF_JMP | BPF_JGT, BPF_JMP | BPF_JGE, BPF_JMP | BPF_JSET,
		BPF_MISC | BPF_TAX, BPF_MISC | BPF_TXA,
	};
	static const uint32_t numbers[] = { 0, 1, 3, 31, 64, 0xffff, 0x55667788, 0x80000000, 0xffffffff };
	struct sock_filter f = { .code = codes[any(seed, ARRAY_SIZE(codes))] };
	unsigned int class = BPF_CLASS(f.code);

	f.k = numbers[any(seed, ARRAY_SIZE(numbers))];
	if (f.code == (BPF_LD | BPF_W | BPF_ABS))
		f.k = 4 * any(seed, sizeof(struct seccomp_data) / 4);
	else if (class == BPF_ST || class == BPF_STX || BPF_MODE(f.code) == BPF_MEM)
		f.k = class == BPF_ALU || class == BPF_JMP ? f.k : any(seed, 2);
	if ((class == BPF_ALU || class == BPF_JMP) && f.code != (BPF_ALU | BPF_NEG) &&
	    f.code != (BPF_JMP | BPF_JA))
		f.code |= any(seed, 2) ? BPF_X : BPF_K;
	if (f.code == (BPF_ALU | BPF_LSH) || f.code == (BPF_ALU | BPF_RSH))
		f.k %= 32;
	if (f.code == (BPF_JMP | BPF_JA))
		f.k = any(seed, left);
	f.jt = class == BPF_JMP ? any(seed, left) : 0;
	f.jf = class == BPF_JMP ? any(seed, left) : 0;
	return f;
}

/* What A is at the end of programs of chance, in 11 bits after 11 bits of it. */
static void test_chance(void **state)
{
	const struct seccomp_data data = tried_data();
	unsigned int taken = 0;

	for (uint32_t round = 0; round < 500; round++) {
		struct sock_filter code[PROGRAM_MAX], guarded[PROGRAM_MAX];
		uint32_t seed = round, n = 0, action;
		char what[32];
		int status;

		/* most read memory only where something was written, which the kernel wants */
		code[n++] = (struct sock_filter)S(BPF_ST, 0);
		code[n++] = (struct sock_filter)S(BPF_ST, 1);
		code[n++] = (struct sock_filter)LD_DATA(args[0]);
		for (uint32_t left = 3 + any(&seed, 16); left; left--)
			code[n++] = any_instruction(&seed, left);
		code[n++] = (struct sock_filter)S(BPF_ALU | BPF_RSH | BPF_K, round % 3 * 11);
		code[n++] = (struct sock_filter)S(BPF_ALU | BPF_AND | BPF_K, 0x7ff);
		code[n++] = (struct sock_filter)S(BPF_ALU | BPF_OR | BPF_K, ERRNO(0));
		code[n++] = (struct sock_filter)RET_A;
		snprintf(what, sizeof(what), "program %u", round);
		status = try_call(code, n);
		if (!outcome->installed)
			continue;
		taken++;
		CHECK(what, !seccomp_run(guarded, guard(code, n, guarded), &data, &action));
		check_outcome(what, action, status);
	}
	assert_true(taken > 300);
}

/* A stopped child that has installed filters, the newest last. */
struct stack {
	const char *what;
	bool strict;
	struct sock_filter filters[3][7];
	const char *why;		/* NULL: allowed */
};

static void wait_for_stop(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, __WALL), pid);
	assert_true(WIFSTOPPED(status));
}

/* A child traced by this process, stopped. */
static pid_t stopped_child(const struct stack *s)
{
	int ready[2], never[2];
	char byte = 0;
	pid_t pid;

	assert_false(pipe(ready));
	assert_false(pipe(never));
	pid = fork();
	if (!pid) {
		bool bad = false;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (size_t i = 0; i < ARRAY_SIZE(s->filters); i++) {
			unsigned int n = length(s->filters[i], ARRAY_SIZE(s->filters[i]));

			bad |= n && install(s->filters[i], n);
		}
		if (s->strict)
			bad |= prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
		(void)!write(ready[1], bad ? "b" : "g", 1);
		for (;;)
			(void)!read(never[0], &byte, 1);
	}
	close(ready[1]);
	(void)!read(ready[0], &byte, 1);
	close(ready[0]);
	close(never[0]);
	close(never[1]);
	if (byte == 'g' && !ptrace(PTRACE_SEIZE, pid, NULL, NULL) && !ptrace(PTRACE_INTERRUPT, pid, NULL, NULL)) {
		wait_for_stop(pid);
		return pid;
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	fail_msg("%s: no child that is stopped", s->what);
	return -1;
}

static void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, __WALL), pid);
}

static const struct seccomp_call meant[] = {
	{ "mmap", { .nr = SYS_mmap, .arch = AUDIT_ARCH_X86_64, .args = { 0, 4096, 0, 0x22, -1 } } },
	{ "mremap", { .nr = SYS_mremap, .arch = AUDIT_ARCH_X86_64 } },
	{ "mprotect", { .nr = SYS_mprotect, .arch = AUDIT_ARCH_X86_64, .args = { 4096, 4096, PROT_READ } } },
};

#define ON(nr_, action) \
	{ LD_DATA(nr), J(BPF_JMP | BPF_JEQ | BPF_K, nr_, 0, 1), RET_K(action), RET_K(SECCOMP_RET_ALLOW) }
#define WITH_PROT(prot) \
	{ LD_DATA(nr), J(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 0, 3), LD_DATA(args[2]), \
	  J(BPF_JMP | BPF_JEQ | BPF_K, prot, 0, 1), RET_K(SECCOMP_RET_KILL_PROCESS), RET_K(SECCOMP_RET_ALLOW) }
#define ALL(action) { RET_K(action) }

static const struct stack stacks[] = {
	{ "no filter", .why = NULL },
	{ "strict", true, .why = "forbids mmap (it would kill the thread)" },
	{ "all allowed", .filters = { ALL(SECCOMP_RET_ALLOW) } },
	{ "all logged", .filters = { ALL(SECCOMP_RET_ALLOW), ALL(SECCOMP_RET_LOG) } },
	{ "another call", .filters = { ON(SYS_socket, SECCOMP_RET_KILL_PROCESS) } },
	{ "kill", .filters = { ON(SYS_mmap, SECCOMP_RET_KILL_PROCESS) },
	  .why = "forbids mmap (it would kill the process)" },
	{ "kill the thread", .filters = { ON(SYS_mmap, SECCOMP_RET_KILL_THREAD) },
	  .why = "forbids mmap (it would kill the thread)" },
	{ "unknown", .filters = { ON(SYS_mmap, 0x1234000) }, .why = "forbids mmap (it would kill the process)" },
	{ "trap", .filters = { ON(SYS_mmap, SECCOMP_RET_TRAP) }, .why = "forbids mmap (it would send SIGSYS)" },
	{ "the second call", .filters = { ON(SYS_mremap, ERRNO(EPERM)) },
	  .why = "forbids mremap (it would fail)" },
	{ "ask", .filters = { ON(SYS_mmap, SECCOMP_RET_USER_NOTIF) },
	  .why = "forbids mmap (it would wait for another process to decide)" },
	{ "trace", .filters = { ON(SYS_mmap, SECCOMP_RET_TRACE) },
	  .why = "forbids mmap (it would fail, or wait for a tracer)" },
	{ "the oldest of three", .filters = { ON(SYS_mmap, ERRNO(EPERM)), ALL(SECCOMP_RET_ALLOW),
					      ALL(SECCOMP_RET_LOG) },
	  .why = "forbids mmap (it would fail)" },
	{ "the newest of three", .filters = { ALL(SECCOMP_RET_ALLOW), ALL(SECCOMP_RET_LOG),
					      ON(SYS_mmap, ERRNO(EPERM)) },
	  .why = "forbids mmap (it would fail)" },
	{ "the strongest of three", .filters = { ON(SYS_mmap, SECCOMP_RET_TRAP),
						 ON(SYS_mmap, SECCOMP_RET_KILL_THREAD),
						 ON(SYS_mmap, ERRNO(EPERM)) },
	  .why = "forbids mmap (it would kill the thread)" },
	{ "with those arguments", .filters = { WITH_PROT(PROT_READ) },
	  .why = "forbids mprotect (it would kill the process)" },
	{ "with other arguments", .filters = { WITH_PROT(PROT_WRITE) } },
};

static int expected_mode(const struct stack *s)
{
	if (s->strict)
		return SECCOMP_MODE_STRICT;
	return s->filters[0][0].code ? SECCOMP_MODE_FILTER : SECCOMP_MODE_DISABLED;
}

/* Without the right to read filters, or under a filter oneself, all but the modes is unknown. */
static bool can_read_filters(void)
{
	return !geteuid() && prctl(PR_CAPBSET_READ, 21 /* CAP_SYS_ADMIN */) == 1 &&
	       seccomp_mode(getpid()) == SECCOMP_MODE_DISABLED;
}

static void test_stopped(void **state)
{
	if (!can_read_filters()) {
		print_message("[          ] needs CAP_SYS_ADMIN, and no filter of its own\n");
		skip();
	}
	FOR_EACH_CASE(s, stacks) {
		struct buf why = BUF_INIT;
		pid_t pid = stopped_child(s);
		int mode = seccomp_mode(pid), rc = seccomp_allows(pid, mode, meant, ARRAY_SIZE(meant), &why);

		end_child(pid);
		CHECK(s->what, mode == expected_mode(s));
		CHECK(s->what, rc == (s->why ? -EOPNOTSUPP : 0));
		if (s->why ? !strstr(why.s, s->why) : why.len != 0)
			fail_msg("%s: '%s'", s->what, why.s);
		buf_release(&why);
	}
}

/* Whoever is under a filter is told none. */
static int read_under_filter(void)
{
	static const struct sock_filter own[] = { RET_K(SECCOMP_RET_ALLOW) };
	const struct stack killing = { "kill", .filters = { ON(SYS_mmap, SECCOMP_RET_KILL_PROCESS) } };
	struct buf why = BUF_INIT;
	pid_t pid = stopped_child(&killing);
	int rc = install(own, 1);

	if (!rc)
		rc = seccomp_allows(pid, seccomp_mode(pid), meant, 1, &why) == -EOPNOTSUPP &&
		     strstr(why.s, "cannot be read") && strstr(why.s, "CAP_SYS_ADMIN") ? 0 : 1;
	kill(pid, SIGKILL);
	buf_release(&why);
	return rc;
}

static void test_unreadable(void **state)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(read_under_filter() != 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_gone(void **state)
{
	struct buf why = BUF_INIT;
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
	assert_int_equal(seccomp_mode(pid), -ESRCH);
	assert_int_equal(seccomp_allows(pid, -ESRCH, meant, 1, &why), -EOPNOTSUPP);
	assert_non_null(strstr(why.s, "cannot be read (No such process)"));
	buf_release(&why);
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_nonsense),
#ifdef __x86_64__
		cmocka_unit_test(test_actions),
		cmocka_unit_test(test_input),
		cmocka_unit_test(test_chance),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_gone),
#endif
	};

#ifdef __x86_64__
	outcome = mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
#endif
	return cmocka_run_group_tests(tests, NULL, NULL);
}
