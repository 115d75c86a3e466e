/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Acts on who holds an object: a process lets go of all that it maps of it. */
#include "actor.h"

#include <errno.h>
#include <unistd.h>
#include "detach/detach.h"

/* All mappings that one process is to let go, which are rows of the plan. */
struct letting_go {
	struct actor *a;
	const struct object *fresh;
	struct process process;
	struct detach_range *ranges;
	struct table now;		/* struct reach_mapping: as it maps it */
	bool counted;			/* the kernel told how often it is attached: @nattch */
	uint64_t nattch;
	bool started;			/* the process was asked for more than to be looked at */
	bool ended;			/* it is no more */
	bool unseen;			/* what it maps after that could not be read */
	struct detach_result result;
	struct buf why;
};

static struct act *row(const struct letting_go *x, uint32_t i)
{
	return actor_row(x->a, i);
}

static bool is_as_planned(const struct letting_go *x)
{
	const struct reach_mapping *now = x->now.rows;

	if (x->now.count != x->a->ngroup)
		return false;
	for (uint32_t i = 0; i < x->now.count; i++) {
		const struct act *act = row(x, i);

		if (now[i].start != act->start || now[i].length != act->length || now[i].offset != act->offset)
			return false;
	}
	return true;
}

/* Nobody else may have come to hold it, unless that was allowed before. */
static bool is_alone(struct letting_go *x)
{
	struct buf names = BUF_INIT;
	struct others others;

	if (x->a->settings->permit == PERMIT_ANY)
		return true;
	/* the look at the machine is older than this count */
	if (x->counted && x->nattch != x->a->ngroup) {
		buf_puts(&x->why, "meanwhile somebody else attached it");
		return false;
	}
	others = others_of(x->a->fresh, x->fresh, x->process.pid, &names);
	if (names.len) {
		buf_puts(&x->why, "meanwhile ");
		others_put(&x->why, row(x, 0), &others, names.s);
	}
	buf_release(&names);
	return !x->why.len;
}

/* The last look, right before. 0, or -errno with a sentence; -ENOENT: there is nothing to let go of. */
static int look(struct letting_go *x)
{
	int rc = reach_mappings(&x->process, x->fresh, &x->now);

	if (rc == -EACCES || rc == -EPERM)
		buf_puts(&x->why, "its mappings may not be read");
	if (rc)
		return rc;
	if (!x->now.count)
		return -ENOENT;
	if (!is_as_planned(x)) {
		buf_puts(&x->why, "meanwhile it maps that in another way");
		return -ESTALE;
	}
	return is_alone(x) ? 0 : -EBUSY;
}

static int run(struct letting_go *x, int pidfd)
{
	const struct act *act = row(x, 0);
	struct detach_request r = {
		.pid = act->pid, .pidfd = pidfd, .device = x->fresh->device, .inode = x->fresh->inode,
		.ranges = x->ranges, .nranges = x->a->ngroup, .leave = act->leave,
		.force = x->a->settings->permit == PERMIT_ANY,
	};

	for (uint32_t i = 0; i < x->a->ngroup; i++)
		x->ranges[i] = (struct detach_range){ row(x, i)->start, row(x, i)->length, row(x, i)->offset };
	x->started = true;
	return detach_run(&r, &x->result, &x->why);
}

static int look_and_run(struct letting_go *x)
{
	int pidfd = reach_process(&x->process), rc = pidfd < 0 ? pidfd : look(x);

	if (!rc)
		rc = run(x, pidfd);
	else if (pidfd >= 0 && (rc == -ESRCH || rc == -EAGAIN))
		rc = reach_ended(pidfd) ? -ESRCH : -EAGAIN;
	if (pidfd >= 0)
		close(pidfd);
	return rc;
}

/* What was done is asked of the machine, not of who did it. */
static bool still_maps(const struct letting_go *x, const struct act *act)
{
	const struct reach_mapping *now = x->now.rows;

	for (uint32_t i = 0; i < x->now.count; i++)
		if (now[i].start < act->start + act->length && act->start < now[i].start + now[i].length)
			return true;
	return false;
}

/* What was promised of it did not come to be. */
static void forget_promise(struct act *act)
{
	uint64_t bits = FACT_BIT(act, becomes) | FACT_BIT(act, new_nattch);

	act->facts.known &= ~bits;
	act->facts.unknown &= ~bits;
}

static bool was_refused(int rc)
{
	static const int refusals[] = {
		ESTALE, EPERM, EACCES, EBUSY, EOPNOTSUPP, ENOMEM, ERANGE, ETIMEDOUT, EAGAIN,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(refusals); i++)
		if (rc == -refusals[i])
			return true;
	return false;
}

static void settle_undone(const struct letting_go *x, struct act *act, int rc)
{
	struct plan *plan = x->a->plan;

	forget_promise(act);
	if (rc == -ENOENT && !x->started)
		act_settle(plan, act, OUTCOME_GONE, "that process has let go of it already");
	else if (!x->result.done && (rc == -ESRCH || was_refused(rc)))
		settle_detach(plan, act, rc, x->why.s);
	else
		act_settle(plan, act, OUTCOME_FAILED, "%s", x->why.len ? x->why.s :
			   rc ? strerror(-rc) : "the process still maps it");
}

/* Who was killed may have done one more than it came to tell. */
static bool was_done(const struct letting_go *x, uint32_t i, int rc)
{
	return i < x->result.done || (rc == -EINTR && x->started && !x->ended && !x->unseen);
}

static void settle(struct letting_go *x, int rc)
{
	for (uint32_t i = 0; i < x->a->ngroup; i++) {
		struct act *act = row(x, i);

		if (was_done(x, i, rc) && !still_maps(x, act))
			act_settle(x->a->plan, act, OUTCOME_DETACHED, x->why.len ? "%s" : NULL, x->why.s);
		else
			settle_undone(x, act, rc);
	}
	if (x->result.stopped)
		FACT_SET(row(x, 0), stopped, (int64_t)x->result.stopped);
}

/* What the kernel counts before and after: by it, not by what was meant, is told what became of a segment. */
static void count_again(struct letting_go *x)
{
	uint64_t after;
	int rc = segment_attachments(x->a->ways, x->fresh, &after);

	for (uint32_t i = 0; i < x->a->ngroup; i++) {
		struct act *act = row(x, i);

		FACT_SET(act, nattch, x->nattch);
		if (rc && rc != -ENOENT) {
			FACT_UNKNOWN(act, new_nattch);
			continue;
		}
		FACT_SET(act, new_nattch, after);
		if (rc == -ENOENT)
			FACT_SET(act, becomes, FUTURE_GONE);
		else if (act->result == OUTCOME_DETACHED && !(x->fresh->flags & OBJECT_CONDEMNED))
			FACT_SET(act, becomes, after ? FUTURE_ATTACHED : FUTURE_DETACHED);
	}
}

void holder_detach(struct actor *a, struct act *act, const struct object *fresh)
{
	struct letting_go x = {
		.a = a, .fresh = fresh, .process = act_process(act), .why = BUF_INIT,
		.ranges = xcalloc(a->ngroup, sizeof(*x.ranges)),
	};
	int rc, after = 0;

	x.counted = kinds[fresh->kind].counted && !segment_attachments(a->ways, fresh, &x.nattch);
	rc = look_and_run(&x);
	if (x.started)
		after = reach_mappings(&x.process, fresh, &x.now);
	/* who has ended maps nothing */
	x.ended = after == -ESRCH;
	x.unseen = after && !x.ended;
	if (after)
		x.now.count = 0;
	settle(&x, rc);
	if (x.counted && x.started)
		count_again(&x);
	/* who else holds it is another matter now */
	if (a->settings->permit != PERMIT_ANY)
		a->good_until = 0;
	free(x.ranges);
	table_release(&x.now);
	buf_release(&x.why);
}
