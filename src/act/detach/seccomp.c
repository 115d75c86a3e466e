/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seccomp.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/ptrace.h>
#include "target.h"

#ifndef PTRACE_SECCOMP_GET_FILTER
#define PTRACE_SECCOMP_GET_FILTER 0x420c
#endif

struct machine {
	uint32_t a, x, memory[BPF_MEMWORDS];
	unsigned int at, end;		/* the instruction, and how many there are */
	const struct seccomp_data *data;
};

static int load(struct machine *m, const struct sock_filter *f)
{
	bool to_x = BPF_CLASS(f->code) == BPF_LDX;
	uint32_t *to = to_x ? &m->x : &m->a;

	switch (f->code & ~BPF_CLASS(f->code)) {
	case BPF_IMM:
		*to = f->k;
		return 0;
	case BPF_W | BPF_LEN:
		*to = sizeof(*m->data);
		return 0;
	case BPF_MEM:
		if (f->k >= BPF_MEMWORDS)
			return -EINVAL;
		*to = m->memory[f->k];
		return 0;
	case BPF_W | BPF_ABS:
		if (to_x || f->k >= sizeof(*m->data) || f->k % sizeof(m->a))
			return -EINVAL;
		memcpy(&m->a, (const char *)m->data + f->k, sizeof(m->a));
		return 0;
	}
	return -EINVAL;
}

static int store(struct machine *m, const struct sock_filter *f)
{
	if (f->code & ~BPF_CLASS(f->code) || f->k >= BPF_MEMWORDS)
		return -EINVAL;
	m->memory[f->k] = f->code == BPF_ST ? m->a : m->x;
	return 0;
}

/* The other operand, where the instruction may say which. */
static uint32_t operand(const struct machine *m, const struct sock_filter *f)
{
	return BPF_SRC(f->code) == BPF_X ? m->x : f->k;
}

/* 1: it ends there. The kernel lets a division by zero end the program with 0, which is to kill. */
static int compute(struct machine *m, const struct sock_filter *f, uint32_t *action)
{
	bool by_x = BPF_SRC(f->code) == BPF_X;
	uint32_t b = operand(m, f);

	switch (BPF_OP(f->code)) {
	case BPF_ADD:
		m->a += b;
		return 0;
	case BPF_SUB:
		m->a -= b;
		return 0;
	case BPF_MUL:
		m->a *= b;
		return 0;
	case BPF_DIV:
		if (!b) {
			*action = SECCOMP_RET_KILL_THREAD;
			return by_x ? 1 : -EINVAL;
		}
		m->a /= b;
		return 0;
	case BPF_AND:
		m->a &= b;
		return 0;
	case BPF_OR:
		m->a |= b;
		return 0;
	case BPF_XOR:
		m->a ^= b;
		return 0;
	case BPF_LSH:
	case BPF_RSH:
		if (!by_x && b > 31)
			return -EINVAL;
		m->a = BPF_OP(f->code) == BPF_LSH ? m->a << (b & 31) : m->a >> (b & 31);
		return 0;
	case BPF_NEG:
		m->a = -m->a;
		return by_x ? -EINVAL : 0;
	}
	return -EINVAL;
}

static int jump(struct machine *m, const struct sock_filter *f)
{
	uint32_t b = operand(m, f), far = f->jf;
	bool yes;

	switch (BPF_OP(f->code)) {
	case BPF_JA:
		if (BPF_SRC(f->code) == BPF_X)
			return -EINVAL;
		far = f->k;
		yes = false;
		break;
	case BPF_JEQ:
		yes = m->a == b;
		break;
	case BPF_JGT:
		yes = m->a > b;
		break;
	case BPF_JGE:
		yes = m->a >= b;
		break;
	case BPF_JSET:
		yes = m->a & b;
		break;
	default:
		return -EINVAL;
	}
	if (yes)
		far = f->jt;
	/* only ever onward, so that every program ends */
	if (far >= m->end - m->at)
		return -EINVAL;
	m->at += far;
	return 0;
}

/* One instruction, @m->at is behind it: 0, 1 when the program ends with *@action, -EINVAL. */
static int step(struct machine *m, const struct sock_filter *f, uint32_t *action)
{
	/* what seccomp has no use for uses the bits that no class has */
	if (f->code > 0xff)
		return -EINVAL;
	switch (BPF_CLASS(f->code)) {
	case BPF_LD:
	case BPF_LDX:
		return load(m, f);
	case BPF_ST:
	case BPF_STX:
		return store(m, f);
	case BPF_ALU:
		return compute(m, f, action);
	case BPF_JMP:
		return jump(m, f);
	case BPF_RET:
		*action = BPF_RVAL(f->code) == BPF_A ? m->a : f->k;
		return f->code == (BPF_RET | BPF_A) || f->code == (BPF_RET | BPF_K) ? 1 : -EINVAL;
	case BPF_MISC:
		if (f->code == (BPF_MISC | BPF_TAX))
			m->x = m->a;
		else if (f->code == (BPF_MISC | BPF_TXA))
			m->a = m->x;
		else
			return -EINVAL;
		return 0;
	}
	return -EINVAL;
}

int seccomp_run(const struct sock_filter *code, unsigned int n, const struct seccomp_data *data,
		uint32_t *action)
{
	struct machine m = { .end = n, .data = data };
	int rc = 0;

	while (!rc && m.at < n) {
		const struct sock_filter *f = &code[m.at++];

		rc = step(&m, f, action);
	}
	return rc == 1 ? 0 : -EINVAL;
}

int seccomp_mode(pid_t tid)
{
	/* the line is not there: a kernel without seccomp */
	uint64_t mode = SECCOMP_MODE_DISABLED;
	struct buf status = BUF_INIT;
	int rc = thread_file(tid, "status", &status);

	if (!rc)
		status_number(status.s, "Seccomp", 10, &mode);
	buf_release(&status);
	if (rc)
		return rc == -ENOENT ? -ESRCH : rc;
	return (int)mode;
}

/* In the kernel's order: that of several filters which stands first here is done. */
static const struct action {
	uint32_t code;
	bool allows;
	const char *would;
} actions[] = {
	{ SECCOMP_RET_KILL_PROCESS, false, "kill the process" },
	{ SECCOMP_RET_KILL_THREAD, false, "kill the thread" },
	{ SECCOMP_RET_TRAP, false, "send SIGSYS" },
	{ SECCOMP_RET_ERRNO, false, "fail" },
	{ SECCOMP_RET_USER_NOTIF, false, "wait for another process to decide" },
	{ SECCOMP_RET_TRACE, false, "fail, or wait for a tracer" },
	{ SECCOMP_RET_LOG, true, NULL },
	{ SECCOMP_RET_ALLOW, true, NULL },
};

static unsigned int rank(uint32_t action)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(actions); i++)
		if (actions[i].code == (action & SECCOMP_RET_ACTION_FULL))
			return i;
	/* whatever the kernel does not know kills too */
	return 0;
}

static int unreadable(pid_t tid, int error, struct buf *why)
{
	buf_printf(why, "the seccomp filters of %d cannot be read (%s)%s", (int)tid, strerrordesc_np(error),
		   error == EACCES || error == EPERM ?
		   ": that takes CAP_SYS_ADMIN, and to be under no filter oneself" : "");
	return -EOPNOTSUPP;
}

static int forbids(pid_t tid, const char *call, unsigned int verdict, struct buf *why)
{
	buf_printf(why, "the seccomp filter of %d forbids %s (it would %s)", (int)tid, call,
		   actions[verdict].would);
	return -EOPNOTSUPP;
}

/*
 * The calls come from more than one place, and what follows should ipctop die from others: of a filter that asks for
 * that no answer is known.
 */
static bool asks_where(const struct sock_filter *code, long n)
{
	const uint32_t at = offsetof(struct seccomp_data, instruction_pointer);

	for (long i = 0; i < n; i++)
		if (code[i].code == (BPF_LD | BPF_W | BPF_ABS) && (code[i].k == at || code[i].k == at + 4))
			return true;
	return false;
}

/* What all filters say to each call: the rank of it in @verdicts. 0, or -EOPNOTSUPP. */
static int judge(pid_t tid, const struct seccomp_call *calls, unsigned int ncalls, unsigned int *verdicts,
		 struct sock_filter *code, struct buf *why)
{
	for (unsigned int i = 0; i < ncalls; i++)
		verdicts[i] = rank(SECCOMP_RET_ALLOW);
	for (uintptr_t filter = 0;; filter++) {
		long n = ptrace(PTRACE_SECCOMP_GET_FILTER, tid, (void *)filter, code);

		if (n < 0 && errno == ENOENT && filter)
			return 0;
		if (n < 0)
			return unreadable(tid, errno, why);
		if (asks_where(code, n)) {
			buf_printf(why, "a seccomp filter of %d asks from where in memory a call comes: what it would say "
				   "is not known", (int)tid);
			return -EOPNOTSUPP;
		}
		for (unsigned int i = 0; i < ncalls; i++) {
			uint32_t action;
			unsigned int verdict;

			if (seccomp_run(code, n, &calls[i].data, &action))
				return unreadable(tid, EINVAL, why);
			verdict = rank(action);
			if (verdict < verdicts[i])
				verdicts[i] = verdict;
		}
	}
}

int seccomp_allows(pid_t tid, int mode, const struct seccomp_call *calls, unsigned int ncalls,
		   struct buf *why)
{
	struct sock_filter *code;
	unsigned int *verdicts;
	int rc;

	if (mode == SECCOMP_MODE_DISABLED || !ncalls)
		return 0;
	if (mode == SECCOMP_MODE_STRICT)
		return forbids(tid, calls[0].name, rank(SECCOMP_RET_KILL_THREAD), why);
	if (mode != SECCOMP_MODE_FILTER)
		return unreadable(tid, mode < 0 ? -mode : EINVAL, why);
	/* the kernel hands out whole programs: of so many instructions at most */
	code = xcalloc(BPF_MAXINSNS, sizeof(*code));
	verdicts = xcalloc(ncalls, sizeof(*verdicts));
	rc = judge(tid, calls, ncalls, verdicts, code, why);
	for (unsigned int i = 0; i < ncalls && !rc; i++)
		if (!actions[verdicts[i]].allows)
			rc = forbids(tid, calls[i].name, verdicts[i], why);
	free(verdicts);
	free(code);
	return rc;
}
