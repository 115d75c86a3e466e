/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gate.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <unistd.h>
#include "vet.h"

#define PAGE	4096UL

/* A thread at the gate. */
struct gated {
	pid_t tid;
	struct arch_regs saved;
	bool waits;			/* its registers are those that wait */
};

static struct gated *gated_at(const struct gate *g, uint32_t i)
{
	return (struct gated *)g->waiting.rows + i;
}

/* The blob of thread @i; the injector's is the first. */
static uint64_t code_at(const struct gate *g, uint32_t i)
{
	return g->code + (uint64_t)i * GATE_SIZE;
}

/* Those that wait: one that does its calls by user dispatch would not come to the futex. */
static void list_threads(struct gate *g)
{
	const struct target *t = g->in->t;

	for (uint32_t i = 0; i < t->threads.count; i++) {
		const struct thread *th = (struct thread *)t->threads.rows + i;
		struct arch_regs regs;
		struct gated *x;

		if (th == g->in->th || !th->parked || vet_dispatches(th) || arch_get(th->tid, &regs) ||
		    arch_isa(&regs) != arch_isa(&g->in->saved))
			continue;
		x = table_add(&g->waiting, sizeof(*x));
		x->tid = th->tid;
		x->saved = regs;
	}
}

/*
 * The code is never writable for the process itself, which many are not allowed (prctl(2), PR_SET_MDWE, and filters
 * that do the same). In one piece where the kernel takes that from a tracer.
 */
static int fill(struct gate *g)
{
	size_t n = (g->waiting.count + 1UL) * GATE_SIZE;
	unsigned char *code = xcalloc(n, 1);
	int rc = 0;

	for (uint32_t i = 0; i < g->waiting.count; i++) {
		const struct gated *x = gated_at(g, i);
		struct arch_regs regs = x->saved;

		/* out of a restartable sequence it goes as the kernel would have it go: to where that is begun anew */
		vet_abort(x->tid, &regs);
		arch_blob(&regs, code_at(g, i + 1), 0, code + (i + 1UL) * GATE_SIZE, GATE_SIZE);
	}
	if (pwrite(g->memory, code, n, (off_t)g->code) != (ssize_t)n)
		rc = poke(g->in->th->tid, g->code, code, n);
	free(code);
	return rc;
}

/* A call that must not fail. */
static int must(struct injector *in, enum arch_sys call, const uint64_t args[6], int64_t *result)
{
	int rc = inject(in, call, args, result);

	if (rc)
		return rc;
	return *result < 0 && *result >= -4095 ? (int)*result : 0;
}

static int map(struct gate *g, uint64_t length, int prot, uint64_t *at)
{
	int64_t result;
	int rc = must(g->in, SYS_CALL_MMAP, (uint64_t[6]){ 0, length, (uint64_t)prot, MAP_PRIVATE | MAP_ANONYMOUS,
		      (uint64_t)-1, 0 }, &result);

	if (!rc)
		*at = result;
	return rc;
}

static int make_room(struct gate *g)
{
	int rc;

	g->length = ((g->waiting.count + 1UL) * GATE_SIZE + PAGE - 1) & ~(PAGE - 1);
	rc = map(g, g->length, PROT_READ | PROT_EXEC, &g->code);
	if (!rc)
		rc = map(g, PAGE, PROT_READ | PROT_WRITE, &g->room);
	/* code reaches that far */
	if (!rc && (g->room > g->code ? g->room - g->code : g->code - g->room) > INT32_MAX - g->length)
		rc = -EOVERFLOW;
	return rc ? rc : fill(g);
}

static void stop_waiting(struct gate *g)
{
	for (uint32_t i = 0; i < g->waiting.count; i++) {
		struct gated *x = gated_at(g, i);

		if (x->waits)
			(void)!arch_set(x->tid, &x->saved);	/* -ESRCH: it was killed */
		x->waits = false;
	}
}

static void wait_there(struct gate *g)
{
	const uint64_t args[6] = { g->room, 128 /* FUTEX_WAIT | FUTEX_PRIVATE_FLAG */, 0, 0, 0, 0 };

	for (uint32_t i = 0; i < g->waiting.count; i++) {
		struct gated *x = gated_at(g, i);
		struct arch_regs regs = x->saved;

		arch_call(&regs, code_at(g, i + 1), SYS_CALL_FUTEX, args);
		x->waits = !arch_set(x->tid, &regs);
	}
}

/* The injector in its second blob, where no signal reaches it. */
static int go_over(struct gate *g)
{
	const uint64_t all = UINT64_MAX;
	int64_t result;
	int rc;

	g->first = g->in->blob;
	rc = injector_move(g->in, code_at(g, 0), g->room);
	if (rc)
		return rc;
	/* nothing, to be there; a signal on the way still leads it to its handler */
	rc = must(g->in, SYS_CALL_MADVISE, (uint64_t[6]){ g->room, 0, MADV_NORMAL }, &result);
	if (rc)
		return rc;
	if (ptrace(PTRACE_GETSIGMASK, g->in->th->tid, sizeof(g->mask), &g->mask))
		return -errno;
	g->shut = !ptrace(PTRACE_SETSIGMASK, g->in->th->tid, sizeof(all), &all);
	return g->shut ? 0 : -errno;
}

int gate_shut(struct gate *g, struct injector *in, int memory, struct buf *why)
{
	int rc;

	*g = (struct gate){ .in = in, .memory = memory };
	list_threads(g);
	if (!g->waiting.count)
		return 0;
	rc = make_room(g);
	if (!rc)
		rc = go_over(g);
	if (!rc)
		wait_there(g);
	else
		buf_printf(why, "the threads of process %d could not be held together: %s", (int)in->t->pid,
			   strerrordesc_np(-rc));
	return rc;
}

static int unmap(struct gate *g, uint64_t *at, uint64_t length)
{
	int64_t result;
	int rc = *at ? must(g->in, SYS_CALL_MUNMAP, (uint64_t[6]){ *at, length }, &result) : 0;

	*at = 0;
	return rc;
}

int gate_open(struct gate *g)
{
	int rc = 0;

	stop_waiting(g);
	table_release(&g->waiting);
	if (g->shut && ptrace(PTRACE_SETSIGMASK, g->in->th->tid, sizeof(g->mask), &g->mask))
		rc = -errno;
	g->shut = false;
	if (!rc && g->first)
		rc = injector_move(g->in, g->first, 0);
	if (!rc)
		rc = unmap(g, &g->code, g->length);
	return rc ? rc : unmap(g, &g->room, PAGE);
}
