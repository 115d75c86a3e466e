/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans to make processes let go of an object: which mappings, what stands against it, what becomes of it. */
#include "actor.h"

#include <errno.h>
#include <unistd.h>
#include "detach/detach.h"

static bool is_shared(const struct mapping *m)
{
	return m->prot && m->prot[0] && m->prot[strlen(m->prot) - 1] == 's';
}

static const struct mapping *mapping_of(const struct letting *l, const struct holder *h, uint32_t i)
{
	return snapshot_row(l->s, CLASS_MAPPING, h->mappings.first + i);
}

void letting_begin(struct letting *l, struct plan *plan, const struct snapshot *s, const struct object *o,
		   enum leave leave, enum permit permit)
{
	*l = (struct letting){
		.plan = plan, .s = s, .o = o, .leave = leave, .permit = permit, .nattch = o->nattch,
	};
	for (uint32_t i = 0; i < o->holders.count; i++) {
		const struct holder *h = snapshot_row(s, CLASS_HOLDER, o->holders.first + i);

		l->mappings += h->mappings.count;
		l->fds += h->fds.count;
	}
}

struct others others_of(const struct snapshot *s, const struct object *o, uint64_t pid, struct buf *names)
{
	struct others others = {
		.count = holders_put(names, s, o, pid),
		.unseen = !FACT_KNOWN(o, holders_complete) || !o->holders_complete,
	};

	if (others.unseen)
		buf_puts(names, others.count ? ", and maybe others that cannot be seen" :
						"maybe others that cannot be seen");
	return others;
}

void others_put(struct buf *why, const struct act *act, const struct others *others, const char *names)
{
	if (others->count)
		buf_printf(why, "held too by %s: ", names);
	else
		buf_puts(why, "others that cannot be seen may hold it too: ");
	if (act->leave == LEAVE_FENCE)
		buf_printf(why, "they go on with it, and process %llu gets SIGSEGV where it touches it",
			   (unsigned long long)act->pid);
	else
		buf_printf(why, "with a copy of its own process %llu no longer sees what others write to it, "
			   "nor they what it writes", (unsigned long long)act->pid);
}

static void set_process(struct act *act, const struct process *p, struct arena *arena)
{
	FACT_SET(act, pid, p->pid);
	if (FACT_KNOWN(p, start_time))
		FACT_SET(act, start_time, p->start_time);
	act->start_tics = p->start_tics;
	if (FACT_KNOWN(p, comm))
		FACT_SET(act, comm, arena_strdup(arena, p->comm));
}

struct process act_process(const struct act *act)
{
	struct process p = { 0 };

	FACT_SET(&p, pid, act->pid);
	if (FACT_KNOWN(act, start_time))
		FACT_SET(&p, start_time, act->start_time);
	p.start_tics = act->start_tics;
	return p;
}

static struct act *add_row(const struct letting *l, const struct process *p, const struct mapping *m)
{
	struct act *act = plan_add(l->plan, l->s, l->o, ACTION_DETACH, l->permit);
	struct arena *arena = l->plan->s->arena;

	set_process(act, p, arena);
	FACT_SET(act, leave, l->leave);
	if (FACT_KNOWN(l->o, nattch))
		FACT_SET(act, nattch, l->o->nattch);
	if (!m)
		return act;
	FACT_SET(act, start, m->start);
	FACT_SET(act, length, m->length);
	FACT_SET(act, offset, m->offset);
	FACT_SET(act, prot, arena_strdup(arena, m->prot));
	return act;
}

/* Each mapping that can be let go; one row without where there is none. Gives how many are. */
static uint32_t add_rows(const struct letting *l, const struct holder *h, const struct process *p)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < h->mappings.count; i++) {
		if (!is_shared(mapping_of(l, h, i)))
			continue;
		add_row(l, p, mapping_of(l, h, i));
		n++;
	}
	if (!n)
		add_row(l, p, NULL);
	return n;
}

/* All rows of a process have one result. */
static void refuse(const struct letting *l, uint32_t first, enum outcome outcome, const char *why)
{
	for (uint32_t i = first; i < plan_count(l->plan); i++) {
		struct act *act = plan_act(l->plan, i);

		if (act->result == OUTCOME_PLANNED)
			act_settle(l->plan, act, outcome, "%s", why);
	}
}

static const char *never(const struct process *p, const struct holder *h, uint32_t shared)
{
	if (p->pid == (uint64_t)getpid())
		return "that process is ipctop itself";
	if (p->pid == 1)
		return "process 1 is never stopped: all others depend on it";
	if (!shared && h->mappings.count)
		return "that process maps it private: it shares nothing that it could let go of";
	if (!shared)
		return "that process has it open, and does not map it shared: a descriptor goes when the process closes it";
	return NULL;
}

static void tell_others(const struct letting *l, uint32_t first)
{
	const struct act *act = plan_act(l->plan, first);
	struct buf names = BUF_INIT, why = BUF_INIT;
	struct others others = others_of(l->s, l->o, act->pid, &names);

	for (uint32_t i = first; i < plan_count(l->plan); i++) {
		struct act *row = plan_act(l->plan, i);

		if (others.unseen)
			FACT_UNKNOWN(row, other_holders);
		else
			FACT_SET(row, other_holders, others.count);
		if (names.len)
			FACT_SET(row, others, arena_strdup(l->plan->s->arena, names.s));
	}
	if (names.len && l->permit != PERMIT_ANY) {
		others_put(&why, act, &others, names.s);
		buf_puts(&why, "; --force does it all the same");
		refuse(l, first, OUTCOME_REFUSED, why.s);
	}
	buf_release(&names);
	buf_release(&why);
}

void settle_detach(struct plan *plan, struct act *act, int rc, const char *why)
{
	if (rc == -ESRCH)
		act_settle(plan, act, OUTCOME_GONE, "that process has ended");
	else if (rc == -EAGAIN && !*why)
		act_settle(plan, act, OUTCOME_REFUSED, "its threads came and went: none could be asked");
	else
		act_settle(plan, act, OUTCOME_REFUSED, "%s%s", *why ? why : strerror(-rc),
			   rc == -ERANGE ? "; --force does it all the same" : "");
}

static int foresee(const struct letting *l, uint32_t first, struct detach_look *look, struct buf *why)
{
	uint32_t n = plan_count(l->plan) - first;
	struct process p = act_process(plan_act(l->plan, first));
	struct detach_range *ranges;
	struct detach_request r = {
		.pid = p.pid, .pidfd = reach_process(&p), .device = l->o->device, .inode = l->o->inode,
		.nranges = n, .leave = l->leave, .force = l->permit == PERMIT_ANY,
	};
	int rc;

	if (r.pidfd < 0)
		return r.pidfd;
	ranges = xcalloc(n, sizeof(*ranges));
	for (uint32_t i = 0; i < n; i++) {
		const struct act *act = plan_act(l->plan, first + i);

		ranges[i] = (struct detach_range){ act->start, act->length, act->offset };
	}
	r.ranges = ranges;
	rc = detach_foresee(&r, look, why);
	free(ranges);
	close(r.pidfd);
	return rc;
}

static void ask_process(const struct letting *l, uint32_t first)
{
	struct act *act = plan_act(l->plan, first);
	struct detach_look look = { 0 };
	struct buf why = BUF_INIT;
	int rc = foresee(l, first, &look, &why);

	if (!rc)
		FACT_SET(act, copy, look.copy);
	for (uint32_t i = first; rc && i < plan_count(l->plan); i++)
		settle_detach(l->plan, plan_act(l->plan, i), rc, why.s);
	buf_release(&why);
}

static bool lost_its_name(const struct object *o)
{
	return FACT_KNOWN(o, flags) && o->flags & (OBJECT_CONDEMNED | OBJECT_UNLINKED);
}

/* What is left holds it, or only its name does, or nothing. */
static void set_future(const struct letting *l, struct act *act)
{
	const struct object *o = l->o;
	bool mapped = kinds[o->kind].counted ? l->nattch : l->mappings, held = mapped || l->fds;

	if (kinds[o->kind].counted ? !FACT_KNOWN(o, nattch) :
	    !held && !(FACT_KNOWN(o, holders_complete) && o->holders_complete))
		FACT_UNKNOWN(act, becomes);
	else if (held)
		FACT_SET(act, becomes, lost_its_name(o) ? FUTURE_CONDEMNED : mapped ? FUTURE_ATTACHED : FUTURE_OPEN);
	else
		FACT_SET(act, becomes, kinds[o->kind].outlives && !lost_its_name(o) ? FUTURE_DETACHED : FUTURE_GONE);
}

static void tell_future(struct letting *l, uint32_t first)
{
	uint32_t n = plan_count(l->plan) - first;

	/* private mappings and descriptors stay */
	l->mappings -= n;
	l->nattch -= l->nattch < n ? l->nattch : n;
	for (uint32_t i = first; i < plan_count(l->plan); i++) {
		struct act *act = plan_act(l->plan, i);

		set_future(l, act);
		if (FACT_KNOWN(l->o, nattch))
			FACT_SET(act, new_nattch, l->nattch);
	}
}

uint32_t letting_add(struct letting *l, const struct holder *h, bool ask)
{
	const struct process *p = snapshot_row(l->s, CLASS_PROCESS, h->process);
	uint32_t first = plan_count(l->plan), shared = add_rows(l, h, p);
	const char *why = never(p, h, shared);

	if (why)
		refuse(l, first, OUTCOME_REFUSED, why);
	tell_others(l, first);
	if (ask && plan_act(l->plan, first)->result == OUTCOME_PLANNED)
		ask_process(l, first);
	if (plan_act(l->plan, first)->result == OUTCOME_PLANNED)
		tell_future(l, first);
	return first;
}

static bool maps_shared(const struct letting *l, const struct holder *h)
{
	for (uint32_t i = 0; i < h->mappings.count; i++)
		if (is_shared(mapping_of(l, h, i)))
			return true;
	return false;
}

/* Why not all can be made to let go: the first row that says so; NULL: nothing is known against it. */
static const struct act *obstacle(const struct plan *plan, uint32_t first)
{
	for (uint32_t i = first; i < plan_count(plan); i++)
		if (plan_act(plan, i)->result == OUTCOME_REFUSED)
			return plan_act(plan, i);
	return NULL;
}

static void refuse_parting(const struct letting *l, uint32_t first, struct act *removal)
{
	const struct act *in_the_way = obstacle(l->plan, first);

	if (!in_the_way && kinds[l->o->kind].counted && l->nattch) {
		act_settle(l->plan, removal, OUTCOME_REFUSED,
			   "some of its attachments are of processes that cannot be seen");
		in_the_way = removal;
	} else if (in_the_way && removal->result == OUTCOME_PLANNED) {
		act_settle(l->plan, removal, OUTCOME_REFUSED, "process %llu cannot be made to let go of it",
			   (unsigned long long)in_the_way->pid);
	}
	if (in_the_way)
		refuse(l, first, OUTCOME_REFUSED, "it is not removed, since not all of its holders would let go");
}

void plan_add_parted(struct plan *plan, const struct snapshot *s, const struct object *o, enum leave leave)
{
	uint32_t first = plan_count(plan);
	struct buf why = BUF_INIT;
	bool removable = permit_allows(PERMIT_ANY, ACTION_REMOVE, s, o, &why);
	struct letting l;

	letting_begin(&l, plan, s, o, leave, PERMIT_ANY);
	for (uint32_t i = 0; removable && i < o->holders.count; i++) {
		const struct holder *h = snapshot_row(s, CLASS_HOLDER, o->holders.first + i);

		if (maps_shared(&l, h))
			letting_add(&l, h, true);
	}
	refuse_parting(&l, first, plan_add(plan, s, o, ACTION_REMOVE, PERMIT_ANY));
	buf_release(&why);
}
