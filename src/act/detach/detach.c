/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order of steps: see, stop, look, do, let go. */
#include "detach.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>
#include "ipctop/clock.h"
#include "ipctop/io.h"
#include "ipctop/reach.h"
#include "child.h"
#include "gate.h"
#include "leave.h"
#include "vet.h"

/* One run. */
struct work {
	const struct detach_request *r;
	pid_t self;			/* who asked: whose child does it */
	struct vetted v;
	struct target t;
	struct origin origin;
	struct injector in;
	uint64_t copied;
	struct report *report;
	struct buf *why;
};

/* Ranges: one may be of two pieces. */
static uint32_t count_done(const struct space *s)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->pieces.count && space_piece(s, i)->done; i++)
		n += !space_piece(s, i)->more;
	return n;
}

/* A step, for all pieces. */
static int each(struct work *w, enum leave_step step)
{
	int rc = 0;

	for (uint32_t i = 0; i < w->v.space.pieces.count && !rc; i++) {
		rc = leave_step(&w->in, step, space_piece(&w->v.space, i), w->why);
		w->report->result.done = count_done(&w->v.space);
	}
	if (rc == -ETIMEDOUT && w->report->result.done) {
		buf_reset(w->why);
		buf_printf(w->why, "process %d no longer runs, in the middle of it (frozen cgroup?)", (int)w->r->pid);
	}
	return rc;
}

static int steps(struct work *w, enum leave_step first, enum leave_step last)
{
	int rc = 0;

	for (unsigned int step = first; step <= last && !rc; step++)
		rc = each(w, step);
	return rc;
}

static int copy_all(struct work *w, uint64_t *copied)
{
	int rc = 0;

	for (uint32_t i = 0; i < w->v.space.pieces.count && !rc; i++)
		if (!(space_piece(&w->v.space, i)->flags & PIECE_BEYOND))
			rc = origin_copy(&w->origin, space_piece(&w->v.space, i), copied);
	return rc;
}

static int fill(struct work *w)
{
	int rc = copy_all(w, &w->copied);

	if (!rc && !origin_same(&w->origin)) {
		buf_puts(w->why, "the object has another size meanwhile");
		return -ESTALE;
	}
	if (rc)
		buf_printf(w->why, "the contents could not be copied: %s", strerrordesc_np(-rc));
	return rc;
}

/* What replaces memory is done with all other threads at the gate. */
static int behind_gate(struct work *w)
{
	struct gate gate;
	int rc = gate_shut(&gate, &w->in, w->v.memory, w->why), end;

	if (!rc)
		rc = steps(w, LEAVE_DROP, LEAVE_LOCK);
	end = gate_open(&gate);
	return rc ? rc : end;
}

/* All that can fail comes before the first mapping is replaced. */
static int do_copy(struct work *w)
{
	int rc = steps(w, LEAVE_RESERVE, LEAVE_PAGES), end;

	if (!rc)
		rc = fill(w);
	if (!rc)
		rc = steps(w, LEAVE_BEYOND, LEAVE_SEQUENTIAL);
	if (!rc)
		rc = behind_gate(w);
	end = rc == -ETIMEDOUT || rc == -ESRCH ? 0 : each(w, LEAVE_UNRESERVE);
	return rc ? rc : end;
}

/* Through @th, what @fn does. */
static int inject_all(struct work *w, struct thread *th, int (*fn)(struct work *w))
{
	int rc = injector_open(&w->in, &w->t, th, w->v.blob), end;

	if (rc)
		return say_unread(w->r->pid, rc, w->why);
	rc = fn(w);
	end = injector_close(&w->in);
	return rc ? rc : end;
}

static int replace(struct work *w)
{
	return w->r->leave == LEAVE_COPY ? do_copy(w) : each(w, LEAVE_WALL);
}

static int reserve(struct work *w)
{
	return steps(w, LEAVE_RESERVE, LEAVE_HIDE);
}

/* But for what is left of the room of one that was replaced: by now the process may have something else there. */
static int give_back(struct work *w)
{
	int rc = 0;

	for (uint32_t i = 0; i < w->v.space.pieces.count && !rc; i++)
		if (!space_piece(&w->v.space, i)->done)
			rc = leave_step(&w->in, LEAVE_UNRESERVE, space_piece(&w->v.space, i), w->why);
	return rc;
}

static void go(struct work *w)
{
	for (uint32_t i = 0; i < w->t.threads.count; i++)
		vet_again((struct thread *)w->t.threads.rows + i);
	target_go(&w->t);
}

#define TRIES		20
#define PAUSE_US	200

/* All threads stopped, and one of them fit to do the calls. */
static int freeze(struct work *w, struct thread **th)
{
	int rc = -EAGAIN, more;

	for (int i = 0; rc == -EAGAIN && i < TRIES; i++) {
		if (i) {
			go(w);
			usleep(PAUSE_US * i);
		}
		buf_reset(w->why);
		rc = target_stop_all(&w->t, w->why);
		/* those that it shares its address space with, when none of its own can make more */
		while (!rc && (more = vet_sharers(&w->t, w->v.tid)))
			rc = more > 0 ? target_stop_all(&w->t, w->why) : say_unread(w->r->pid, more, w->why);
		if (!rc)
			rc = vet_stopped(&w->t, w->r, &w->v, th, w->why);
	}
	return rc;
}

#define LARGE	(8UL << 20)	/* bytes of a copy that is made twice: once while the process runs */

/* One thread stopped shortly, to do something. */
static int visit(struct work *w, int (*fn)(struct work *w))
{
	struct thread *th;
	int rc = target_stop_one(&w->t, w->why);

	if (!rc)
		rc = vet_choose(&w->t, w->r, &w->v, &th, w->why);
	if (!rc && !vet_same(&w->v))
		rc = -ESTALE;
	if (!rc)
		rc = inject_all(w, th, fn);
	go(w);
	return rc;
}

/*
 * Pages are made, and most of the contents are brought, while the process runs: the copy proper is then
 * quick. What fails here is left to that.
 */
static void prepare(struct work *w)
{
	uint64_t unused = 0;

	if (w->r->leave != LEAVE_COPY || w->v.copy < LARGE)
		return;
	/* a process that runs may become another: what is written is bound to the memory that was looked at */
	w->origin.memory = w->v.memory;
	if (!visit(w, reserve))
		(void)!copy_all(w, &unused);
	w->origin.memory = -1;
	buf_reset(w->why);
}

/* Room that was made by prepare(), for a copy that was not. */
static void tidy(struct work *w)
{
	struct buf *told = w->why, unused = BUF_INIT;
	bool any = false;

	for (uint32_t i = 0; i < w->v.space.pieces.count; i++)
		any |= space_piece(&w->v.space, i)->room && !space_piece(&w->v.space, i)->done;
	if (!any)
		return;
	w->why = &unused;
	(void)!visit(w, give_back);
	w->why = told;
	buf_release(&unused);
}

static int run(struct work *w)
{
	struct thread *th;
	int rc = vet_running(w->r, w->self, &w->v, w->why);

	if (rc)
		return rc;
	target_init(&w->t, w->r->pid, w->r->pidfd);
	origin_open(&w->origin, w->r, space_piece(&w->v.space, 0), w->v.tid);
	prepare(w);
	rc = freeze(w, &th);
	if (!rc)
		rc = inject_all(w, th, replace);
	go(w);
	tidy(w);
	origin_close(&w->origin);
	return rc;
}

/* A target's terminal may be ours: nothing is written meanwhile, and no signal from there arrives. */
static void settle_in(void)
{
	sigset_t all;
	FILE *f;

	sigfillset(&all);
	sigdelset(&all, SIGALRM);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	/* as long as it waits for its turn on a busy machine, somebody stands still */
	(void)!setpriority(PRIO_PROCESS, 0, -20);
	/* when memory is short others are to die: it would leave somebody stopped for longer */
	f = fopen("/proc/self/oom_score_adj", "we");
	if (f) {
		fputs("-1000", f);
		fclose(f);
	}
}

/* Of a process at its end mappings look changed, files forbidden, and threads not to be traced. */
static int or_gone(const struct detach_request *r, int rc, struct buf *why)
{
	if (!rc || rc == -ESRCH || vet_live_thread(r->pid))
		return rc;
	buf_reset(why);
	return say_gone(r->pid, why);
}

static int work(const struct detach_request *r, pid_t self, struct report *report, struct buf *why)
{
	struct work w = { .r = r, .self = self, .report = report, .why = why };
	int rc;

	settle_in();
	rc = run(&w);
	report->result.stopped = w.t.stopped;
	report->result.copied = w.copied;
	return or_gone(r, rc, why);
}

/* The child saw threads. Of a process all must have ended, which its descriptor tells; then nobody traces it any more. */
static int confirmed(const struct detach_request *r, int rc, struct buf *why)
{
	if (rc != -ESRCH || reach_ended(r->pidfd))
		return rc;
	buf_reset(why);
	return -EAGAIN;
}

int detach_run(const struct detach_request *r, struct detach_result *result, struct buf *why)
{
	struct report said;
	int rc = child_run(r, work, &said, why);

	*result = said.result;
	return confirmed(r, rc, why);
}

static int foresee(const struct detach_request *r, pid_t self, struct report *report, struct buf *why)
{
	struct vetted v;
	int rc = vet_running(r, self, &v, why);

	report->look.copy = v.copy;
	return or_gone(r, rc, why);
}

int detach_foresee(const struct detach_request *r, struct detach_look *look, struct buf *why)
{
	struct report said;
	int rc = child_run(r, foresee, &said, why);

	*look = said.look;
	for (uint32_t i = 0; i < r->nranges; i++)
		look->length += r->ranges[i].length;
	return confirmed(r, rc, why);
}
