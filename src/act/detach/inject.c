/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inject.h"

#include <errno.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include "ipctop/clock.h"

/* By words, which works where writing to /proc/PID/mem is forbidden (proc_mem.force_override). */
int poke(pid_t tid, uint64_t at, const void *bytes, size_t n)
{
	for (size_t i = 0; i + sizeof(long) <= n; i += sizeof(long)) {
		long word;

		memcpy(&word, (const char *)bytes + i, sizeof(word));
		if (ptrace(PTRACE_POKEDATA, tid, (void *)(uintptr_t)(at + i), (void *)word))
			return -errno;
	}
	return 0;
}

static bool is_zero(const unsigned char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i])
			return false;
	return true;
}

/* Of this size, at such a place, and beginning with a system call. */
static bool is_blob(const unsigned char *bytes)
{
	return !memcmp(bytes, "\x0f\x05", 2) || !memcmp(bytes, "\xcd\x80", 2);
}

int blob_place(pid_t tid, uint64_t vdso, uint64_t length, uint64_t *blob, struct buf *why)
{
	unsigned char page[4096];
	size_t n = length < sizeof(page) ? length : sizeof(page);
	uint64_t start = vdso + length - n;
	struct iovec here = { page, n }, there = { (void *)(uintptr_t)start, n };

	if (process_vm_readv(tid, &here, 1, &there, 1, 0) != (ssize_t)n) {
		int rc = -errno;

		buf_printf(why, "its vdso cannot be read: %s", strerrordesc_np(-rc));
		return rc;
	}
	for (size_t end = n; end >= BLOB_SIZE; end -= BLOB_SIZE) {
		const unsigned char *slot = page + end - BLOB_SIZE;

		if (is_zero(slot, BLOB_SIZE)) {
			*blob = start + (slot - page);
			return 0;
		}
		if (!is_blob(slot))
			break;
	}
	buf_puts(why, "no free place for code is left in its vdso");
	return -EOPNOTSUPP;
}

/* What it is to unblock when the tracer is no more: as it is now. */
static int write_mask(const struct injector *in)
{
	uint64_t mask;

	if (ptrace(PTRACE_GETSIGMASK, in->th->tid, sizeof(mask), &mask))
		return -errno;
	return poke(in->th->tid, in->gate + offsetof(struct arch_gate, mask), &mask, sizeof(mask));
}

static int write_blob(const struct injector *in)
{
	size_t size = in->gate ? GATE_SIZE : BLOB_SIZE;
	unsigned char code[GATE_SIZE];
	int rc = in->gate ? write_mask(in) : 0;

	arch_blob(&in->saved, in->blob, in->gate, code, size);
	return rc ? rc : poke(in->th->tid, in->blob, code, size);
}

int injector_move(struct injector *in, uint64_t blob, uint64_t gate)
{
	struct injector moved = *in;
	int rc;

	moved.blob = blob;
	moved.gate = gate;
	rc = write_blob(&moved);
	if (!rc)
		*in = moved;
	return rc;
}

int injector_open(struct injector *in, struct target *t, struct thread *th, uint64_t blob)
{
	int rc;

	*in = (struct injector){ .t = t, .th = th, .blob = blob };
	rc = arch_get(th->tid, &in->saved);
	return rc ? rc : write_blob(in);
}

static int wait_here(struct injector *in)
{
	int rc = thread_wait(in->t, in->th);

	return !rc && in->th->state == THREAD_GONE ? -ESRCH : rc;
}

/*
 * To its own registers and to a stop where the kernel heeds what they say of an interrupted call. Signals on the
 * way are delivered as if nothing had been.
 */
static int restore(struct injector *in, int request, int signal)
{
	int rc = thread_interrupt(in->th);

	if (!rc)
		rc = arch_set(in->th->tid, &in->saved);
	if (!rc)
		rc = thread_go(in->th, request, signal);
	for (;;) {
		if (!rc)
			rc = wait_here(in);
		if (rc)
			return rc;
		if (in->th->parked)
			break;
		rc = thread_interrupt(in->th);
		if (!rc)
			rc = thread_go(in->th, PTRACE_CONT, status_signal(in->th->status));
	}
	in->away = false;
	/* a handler may be about to run: it goes on from there */
	return arch_get(in->th->tid, &in->saved);
}

/* A signal came before the call began. It is delivered to the thread as it was, and the blob is made anew. */
static int let_signal_in(struct injector *in)
{
	int rc = restore(in, PTRACE_CONT, status_signal(in->th->status));

	return rc ? rc : write_blob(in);
}

/*
 * It did not come to the call: the thread is asleep although it was told to run (a frozen control group).
 * -ETIMEDOUT, its registers given back; 0 when it ran at last.
 */
static int wake(struct injector *in)
{
	int rc = thread_interrupt(in->th);

	in->t->deadline = clock_mono_us() + PATIENCE_US;
	if (!rc)
		rc = wait_here(in);
	if (rc || !in->th->parked)
		return rc;
	/* others may wait for what its code does at the gate */
	if (!in->gate)
		rc = arch_set(in->th->tid, &in->saved);
	in->away = rc != 0 || in->gate;
	return rc ? rc : -ETIMEDOUT;
}

/* To unmap many gigabytes takes its time, and nothing interrupts it. */
#define CALL_US		60000000

/*
 * Until the thread stands at the entry of the call its arguments are those of one that does nothing, for no bytes:
 * should the tracer die, other threads run at once, perhaps for long before this one does (a handler may come
 * first), and what they write would be lost when it replaced their memory by what was copied before.
 */
static void disarm(enum arch_sys call, const uint64_t args[6], uint64_t harmless[6])
{
	memcpy(harmless, args, 6 * sizeof(*args));
	harmless[1] = 0;
	if (call == SYS_CALL_MREMAP)
		harmless[2] = 0;
}

static int arm(struct injector *in, const uint64_t args[6])
{
	struct arch_regs r;
	int rc = arch_get(in->th->tid, &r);

	if (rc)
		return rc;
	arch_args(&r, args);
	return arch_set(in->th->tid, &r);
}

static int aim(struct injector *in, enum arch_sys call, const uint64_t args[6])
{
	struct arch_regs r = in->saved;
	uint64_t harmless[6];
	int rc;

	disarm(call, args, harmless);
	arch_call(&r, in->blob, call, harmless);
	in->away = true;
	rc = arch_set(in->th->tid, &r);
	return rc ? rc : thread_go(in->th, PTRACE_SYSCALL, 0);
}

/* What comes between the start and the entry of a call: @*entered, or on the way there. */
static int to_entry(struct injector *in, enum arch_sys call, const uint64_t args[6], bool *entered)
{
	int rc;

	if (status_signal(in->th->status)) {
		rc = let_signal_in(in);
		return rc ? rc : aim(in, call, args);
	}
	*entered = status_is_syscall(in->th->status);
	if (*entered) {
		in->t->deadline = clock_mono_us() + CALL_US;
		rc = arm(in, args);
		if (rc)
			return rc;
	}
	return thread_go(in->th, PTRACE_SYSCALL, 0);
}

int inject(struct injector *in, enum arch_sys call, const uint64_t args[6], int64_t *result)
{
	struct arch_regs r;
	bool entered = false;
	int rc;

	in->t->deadline = clock_mono_us() + PATIENCE_US;
	rc = aim(in, call, args);
	while (!rc) {
		rc = wait_here(in);
		if (rc == -ETIMEDOUT && !entered)
			rc = wake(in);
		if (rc)
			return rc;
		if (entered && status_is_syscall(in->th->status))
			break;
		rc = to_entry(in, call, args, &entered);
	}
	if (!rc)
		rc = arch_get(in->th->tid, &r);
	if (!rc)
		*result = arch_result(&r);
	return rc;
}

/* From its end: what begins as a blob is known as one until the last word is gone. */
static int wipe(const struct injector *in)
{
	static const long nothing;

	for (size_t at = BLOB_SIZE; at > 0; at -= sizeof(nothing)) {
		int rc = poke(in->th->tid, in->blob + at - sizeof(nothing), &nothing, sizeof(nothing));

		if (rc)
			return rc;
	}
	return 0;
}

int injector_close(struct injector *in)
{
	int rc = 0;

	if (in->away) {
		in->t->deadline = clock_mono_us() + PATIENCE_US;
		rc = restore(in, PTRACE_CONT, 0);
	}
	/* where the thread did not get back, the code still leads there */
	return rc ? rc : wipe(in);
}
