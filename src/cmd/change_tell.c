/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What people are told of plans and of what became of them. */
#include "change.h"

#include "ipctop/text.h"

static void put_size(struct buf *out, const struct query *q, uint64_t bytes)
{
	units_put_size(out, bytes, q->style.bytes);
}

bool change_failed(const struct act *act)
{
	return act->result == OUTCOME_REFUSED || act->result == OUTCOME_FAILED ||
	       (act->result == OUTCOME_GONE && act->action != ACTION_REMOVE && act->action != ACTION_DETACH);
}

/* What is planned, or was done. */
struct tally {
	uint64_t objects;
	uint64_t mappings, processes;	/* that let go */
	bool fences;
	bool shared;			/* some of it is held by others too */
	bool files;			/* some of it is written back to a file */
	int64_t stopped;		/* microseconds, at most */
};

/* Whether @act is of the same process and object as the row before it. */
static bool goes_on(const struct plan *plan, const struct act *act)
{
	const struct act *before = act - 1;

	return act > plan_act(plan, 0) && FACT_KNOWN(act, pid) && FACT_KNOWN(before, pid) &&
	       act->pid == before->pid && !strcmp(act->name, before->name);
}

/* Whether a row before @act with the same result is of the same process. */
static bool was_counted(const struct plan *plan, const struct act *act)
{
	for (const struct act *before = plan_act(plan, 0); before < act; before++)
		if (before->result == act->result && FACT_KNOWN(before, pid) && before->pid == act->pid)
			return true;
	return false;
}

static struct tally tally(const struct plan *plan, enum outcome result)
{
	struct tally t = { 0 };

	for (uint32_t i = 0; i < plan_count(plan); i++) {
		const struct act *act = plan_act(plan, i);

		if (act->result != result)
			continue;
		t.objects += act->action != ACTION_DETACH;
		t.mappings += act->action == ACTION_DETACH;
		t.processes += act->action == ACTION_DETACH && !goes_on(plan, act) && !was_counted(plan, act);
		t.fences |= FACT_KNOWN(act, leave) && act->leave == LEAVE_FENCE;
		t.shared |= FACT_KNOWN(act, others);
		t.files |= act->action == ACTION_DETACH && act->kind == KIND_FILE;
		if (FACT_KNOWN(act, stopped) && act->stopped > t.stopped)
			t.stopped = act->stopped;
	}
	return t;
}

static void put_count(struct buf *out, uint64_t n, const char *one, const char *many)
{
	buf_printf(out, "%llu %s", (unsigned long long)n, n == 1 ? one : many);
}

static void put_mappings(struct buf *out, const struct changes *c, const struct query *q, const struct tally *t)
{
	put_count(out, t->mappings, "mapping of ", "mappings of ");
	put_count(out, t->processes, "process", "processes");
	if (!plan_copies(&c->plan))
		return;
	buf_puts(out, ", ");
	put_size(out, q, plan_copies(&c->plan));
	buf_puts(out, " to copy");
}

/* What the columns do not say. */
static void tell_effects(const struct tally *t)
{
	if (t->fences)
		puts("a process that touches a fence gets SIGSEGV, which ends most");
	else if (t->shared)
		puts("these processes no longer see what others write there, nor others what they do");
	if (t->files && !t->fences)
		puts("what these processes write there no longer reaches the file");
}

void change_tell_plan(const struct changes *c, const struct query *q)
{
	struct tally t = tally(&c->plan, OUTCOME_PLANNED);
	struct buf line = BUF_INIT;

	if (!plan_count(&c->plan)) {
		if (!c->explained)
			puts("nothing matches");
		return;
	}
	if (c->action != ACTION_DETACH)
		put_count(&line, t.objects, "object", "objects");
	if (c->action == ACTION_REMOVE) {
		buf_puts(&line, ", ");
		put_size(&line, q, plan_bytes(&c->plan));
		buf_puts(&line, " would come back");
	}
	if (t.mappings || c->action == ACTION_DETACH) {
		buf_puts(&line, line.len ? "; " : "");
		put_mappings(&line, c, q, &t);
	}
	printf("%s\n", line.s);
	buf_release(&line);
	tell_effects(&t);
}

void change_put_amounts(struct buf *out, const struct changes *c, const struct query *q)
{
	struct tally t = tally(&c->plan, OUTCOME_PLANNED);

	if (t.objects) {
		put_count(out, t.objects, "object, ", "objects, ");
		put_size(out, q, plan_bytes(&c->plan));
	}
	if (t.mappings) {
		buf_puts(out, t.objects ? "; " : "");
		put_mappings(out, c, q, &t);
	}
}

static void put_span(struct buf *out, int64_t us)
{
	if (us < 1000000)
		buf_printf(out, "%.1f ms", (double)us / 1000);
	else
		buf_printf(out, "%.2f s", (double)us / 1000000);
}

/* For people: what was done, in one line. */
void change_tell_results(const struct changes *c, const struct query *q)
{
	uint64_t counts[NR_OUTCOMES] = { 0 };
	struct buf line = BUF_INIT;

	for (uint32_t i = 0; i < plan_count(&c->plan); i++)
		counts[plan_act(&c->plan, i)->result]++;
	for (unsigned int r = 0; r < NR_OUTCOMES; r++) {
		if (!counts[r])
			continue;
		buf_printf(&line, "%s%llu %s", line.len ? ", " : "", (unsigned long long)counts[r],
			   r == OUTCOME_PLANNED ? "not done" : outcome_names[r]);
	}
	if (line.len && counts[OUTCOME_REMOVED]) {
		buf_puts(&line, "; ");
		put_size(&line, q, plan_bytes(&c->plan));
		buf_puts(&line, " came back");
	}
	if (tally(&c->plan, OUTCOME_DETACHED).stopped) {
		struct tally t = tally(&c->plan, OUTCOME_DETACHED);

		buf_puts(&line, t.processes == 1 ? "; the process stood still for " :
						   "; the processes stood still for at most ");
		put_span(&line, t.stopped);
	}
	if (line.len)
		printf("%s\n", line.s);
	buf_release(&line);
}

static const char *past(const struct act *act)
{
	static const char *const not[] = {
		[ACTION_REMOVE] = "not removed", [ACTION_SAVE] = "not saved",
		[ACTION_RESTORE] = "not restored",
		[ACTION_CHMOD] = "mode not changed", [ACTION_CHOWN] = "owner not changed",
		[ACTION_DETACH] = "not detached",
	};

	return change_failed(act) ? not[act->action] : outcome_names[act->result];
}

/* What it was done to, and what became of that. */
static void put_act(struct buf *out, const struct act *act)
{
	/* the name is escaped already */
	buf_printf(out, "%s: ", act->name);
	if (FACT_KNOWN(act, pid)) {
		buf_printf(out, "process %llu ", (unsigned long long)act->pid);
		if (FACT_KNOWN(act, comm)) {
			buf_putc(out, '(');
			text_escape(out, act->comm, strlen(act->comm), 0);
			buf_puts(out, ") ");
		}
	}
	buf_puts(out, past(act));
}

static void put_why(struct buf *out, const struct act *act)
{
	if (!FACT_KNOWN(act, why))
		return;
	buf_puts(out, ": ");
	text_escape(out, act->why, strlen(act->why), 0);
}

/* The same was said of the mapping before. */
static bool was_said(const struct plan *plan, const struct act *act)
{
	const struct act *before = act - 1;

	return goes_on(plan, act) && before->result == act->result && FACT_KNOWN(act, why) &&
	       FACT_KNOWN(before, why) && !strcmp(act->why, before->why);
}

static void tell_act(const struct plan *plan, const struct act *act)
{
	struct buf line = BUF_INIT;

	if (was_said(plan, act))
		return;
	put_act(&line, act);
	put_why(&line, act);
	cmd_error("%s", line.s);
	buf_release(&line);
}

void change_tell_failures(const struct plan *plan)
{
	for (uint32_t i = 0; i < plan_count(plan); i++)
		if (change_failed(plan_act(plan, i)))
			tell_act(plan, plan_act(plan, i));
}

void change_tell_done(const struct changes *c, const struct act *act)
{
	struct buf line = BUF_INIT;

	if (change_failed(act) || act->result == OUTCOME_CONDEMNED || act->result == OUTCOME_UNLINKED ||
	    (act->result == OUTCOME_DETACHED && FACT_KNOWN(act, why))) {
		tell_act(&c->plan, act);
		return;
	}
	if (!c->verbose)
		return;
	put_act(&line, act);
	if (FACT_KNOWN(act, start) && act->result == OUTCOME_DETACHED) {
		buf_puts(&line, ", ");
		units_put_size(&line, act->length, false);
		buf_printf(&line, " at 0x%llx", (unsigned long long)act->start);
	}
	if (FACT_KNOWN(act, stopped)) {
		buf_puts(&line, ", stood still for ");
		put_span(&line, act->stopped);
	}
	if (FACT_KNOWN(act, freed)) {
		buf_puts(&line, ", ");
		units_put_size(&line, act->freed, false);
		buf_puts(&line, " came back");
	}
	if (FACT_KNOWN(act, saved)) {
		buf_puts(&line, act->result == OUTCOME_SAVED ? " in " : ", saved in ");
		text_escape(&line, act->saved, strlen(act->saved), 0);
	}
	put_why(&line, act);
	printf("%s\n", line.s);
	buf_release(&line);
}
