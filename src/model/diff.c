/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipctop/diff.h"

#include "ipctop/identity.h"
#include "ipctop/lifecycle.h"

/* The kernel takes its times from a clock that moves by ticks, and lags by one at most. */
#define TICK_MS		10
/* How far a start time may move with the clock before it is another process's. */
#define START_SLACK_MS	2000

/* Rows of CLASS_PROCESS by pid. */
struct pids {
	uint32_t *slots;		/* row + 1; 0: free */
	uint32_t mask;
};

struct pass {
	const struct snapshot *before, *now;
	struct snapshot *events;
	struct diff *diff;
	int64_t from, to;		/* of the looks, milliseconds */
	struct identity_finder *finder;	/* of @before, once it is needed */
	struct pids pids_before, pids_now;
	uint8_t *fates;			/* enum fate: of each object of @before */
};

enum fate { FATE_GONE, FATE_STAYED, FATE_REPLACED };

/* One object in both looks; &nothing where it was not, or is no more. */
struct pair {
	const struct object *was, *is;
	int64_t since, until;		/* its events lie between, milliseconds */
	uint32_t told;			/* EVENT_BIT */
	uint64_t more, fewer;		/* mappings that the holders tell of */
	bool split;			/* a mapping was split or two became one: no attach, no detach */
	bool last_told;			/* what the last user did is told */
};

#define KNOWS_NOTHING(m) FACT_BIT((struct object *)0, m)
static const struct object nothing = {
	.facts.known = KNOWS_NOTHING(nattch) | KNOWS_NOTHING(mappings) | KNOWS_NOTHING(holders) |
		       KNOWS_NOTHING(flags),
};

static struct pids pids_new(const struct snapshot *s)
{
	uint32_t count = snapshot_count(s, CLASS_PROCESS), room = 16;
	struct pids p;

	while (room / 2 < count)
		room *= 2;
	p.mask = room - 1;
	p.slots = xcalloc(room, sizeof(*p.slots));
	for (uint32_t i = 0; i < count; i++) {
		const struct process *row = snapshot_row(s, CLASS_PROCESS, i);
		uint32_t at = row->pid & p.mask;

		while (p.slots[at])
			at = (at + 1) & p.mask;
		p.slots[at] = i + 1;
	}
	return p;
}

/* The process that had @pid at @time, if the snapshot knows it. */
static const struct process *find_pid(const struct snapshot *s, struct pids *p, uint64_t pid,
				      int64_t time)
{
	if (!p->slots)
		*p = pids_new(s);
	for (uint32_t at = pid & p->mask; p->slots[at]; at = (at + 1) & p->mask) {
		const struct process *row = snapshot_row(s, CLASS_PROCESS, p->slots[at] - 1);

		if (row->pid != pid)
			continue;
		return FACT_KNOWN(row, start_time) && row->start_time - START_SLACK_MS > time ? NULL : row;
	}
	return NULL;
}

/* Whether the kernel's time @second, if @known, may lie behind the earlier look. */
static bool lies_between(const struct pass *x, bool known, int64_t second)
{
	return known && second >= (x->from - TICK_MS) / 1000;
}

#define BETWEEN(x, o, m) lies_between(x, FACT_KNOWN(o, m), (o)->m)
/* Whether one of the kernel's times tells that something happened between the looks. */
#define MOVED(x, pair, m)							\
	(BETWEEN(x, (pair)->is, m) && !FACT_IS_UNKNOWN((pair)->was, m) &&	\
	 (!FACT_KNOWN((pair)->was, m) || (pair)->was->m != (pair)->is->m))

/* The end of that second, but within the pair's limits; @until where the kernel tells none. */
static int64_t event_time(const struct pass *x, const struct pair *p, bool known, int64_t second)
{
	int64_t time = p->until;

	if (lies_between(x, known, second) && second < time / 1000)
		time = second * 1000 + 999;
	return time < p->since ? p->since : time;
}

#define TIME(x, pair, m) event_time(x, pair, FACT_KNOWN((pair)->is, m), (pair)->is->m)

static struct event *add_event(struct pass *x, struct pair *p, enum event_type type, int64_t time)
{
	const struct object *o = p->is == &nothing ? p->was : p->is;
	struct event *e = snapshot_add(x->events, CLASS_EVENT);

	FACT_SET(e, time, time);
	FACT_SET(e, event, type);
	FACT_SET(e, name, arena_strdup(x->events->arena, o->name));
	FACT_SET(e, kind, o->kind);
#define COPY(m)	(FACT_KNOWN(o, m) ? FACT_SET(e, m, o->m) : FACT_IS_UNKNOWN(o, m) ? FACT_UNKNOWN(e, m) : 0)
	COPY(size);
	COPY(uid);
#undef COPY
	if (FACT_KNOWN(o, user))
		FACT_SET(e, user, arena_strdup(x->events->arena, o->user));
	else if (FACT_IS_UNKNOWN(o, user))
		FACT_UNKNOWN(e, user);
	FACT_UNKNOWN(e, pid);
	FACT_UNKNOWN(e, comm);
	p->told |= EVENT_BIT(type);
	return e;
}

static void set_process(struct pass *x, struct event *e, const struct process *process)
{
	FACT_SET(e, pid, process->pid);
	if (FACT_KNOWN(process, comm))
		FACT_SET(e, comm, arena_strdup(x->events->arena, process->comm));
	else
		FACT_UNKNOWN(e, comm);
}

/* Somebody did it: @pid if it is @known and somebody in sight of the reader. */
static void set_pid(struct pass *x, struct event *e, bool known, uint64_t pid)
{
	const struct process *process;

	if (!known || !pid)
		return;
	FACT_SET(e, pid, pid);
	process = find_pid(x->now, &x->pids_now, pid, e->time);
	if (!process)
		process = find_pid(x->before, &x->pids_before, pid, e->time);
	if (process)
		set_process(x, e, process);
}

/*
 * Holders
 */
static const struct process *process_of(const struct snapshot *s, const struct holder *h)
{
	return snapshot_row(s, CLASS_PROCESS, h->process);
}

static uint64_t mapped(const struct snapshot *s, const struct holder *h)
{
	const struct mapping *m = s->tables[CLASS_MAPPING].rows;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < h->mappings.count; i++)
		sum += m[h->mappings.first + i].length;
	return sum;
}

static void tell_holder(struct pass *x, struct pair *p, const struct process *process,
			enum event_type type, uint64_t mappings)
{
	bool attached = type == EVENT_ATTACHED;
	int64_t time = attached ? TIME(x, p, attach_time) : TIME(x, p, detach_time);
	struct event *e = add_event(x, p, type, time);

	set_process(x, e, process);
	FACT_SET(e, mappings, mappings);
	*(attached ? &p->more : &p->fewer) += mappings;
	p->last_told |= FACT_KNOWN(p->is, last_pid) && p->is->last_pid == process->pid;
}

static void compare_mappings(struct pass *x, struct pair *p, const struct holder *was,
			     const struct holder *is)
{
	uint32_t before = was->mappings.count, now = is->mappings.count;

	if (before == now)
		return;
	if (mapped(x->before, was) == mapped(x->now, is)) {
		p->split = true;
		p->more += now > before ? now - before : 0;
		p->fewer += before > now ? before - now : 0;
	} else if (now > before) {
		tell_holder(x, p, process_of(x->now, is), EVENT_ATTACHED, now - before);
	} else {
		tell_holder(x, p, process_of(x->now, is), EVENT_DETACHED, before - now);
	}
}

/* < 0: @was comes first, or its pid has gone to another; 0: the same process. */
static int compare_processes(const struct process *was, const struct process *is)
{
	if (was->pid != is->pid)
		return was->pid < is->pid ? -1 : 1;
	if (!FACT_KNOWN(was, start_time) || !FACT_KNOWN(is, start_time))
		return 0;
	return is->start_time - START_SLACK_MS > was->start_time ? -1 : 0;
}

static void compare_holders(struct pass *x, struct pair *p)
{
	const struct span a = p->was->holders, b = p->is->holders;
	uint32_t i = 0, k = 0;

	if (!FACT_KNOWN(p->was, holders) || !FACT_KNOWN(p->is, holders))
		return;
	while (i < a.count || k < b.count) {
		const struct holder *was = NULL, *is = NULL;
		int order;

		if (i < a.count)
			was = snapshot_row(x->before, CLASS_HOLDER, a.first + i);
		if (k < b.count)
			is = snapshot_row(x->now, CLASS_HOLDER, b.first + k);
		order = !was ? 1 : !is ? -1 :
			compare_processes(process_of(x->before, was), process_of(x->now, is));
		if (order == 0)
			compare_mappings(x, p, was, is);
		else if (order < 0 && was->mappings.count)
			tell_holder(x, p, process_of(x->before, was), EVENT_DETACHED, was->mappings.count);
		else if (order > 0 && is->mappings.count)
			tell_holder(x, p, process_of(x->now, is), EVENT_ATTACHED, is->mappings.count);
		i += order <= 0;
		k += order >= 0;
	}
}

/*
 * What the kernel tells beyond the holders
 */

/* The last user attached: the kernel's times are not in the same second. */
static bool attached_last(const struct pass *x, const struct pair *p)
{
	const struct object *o = p->is;

	return BETWEEN(x, o, attach_time) && !FACT_IS_UNKNOWN(o, detach_time) &&
	       (!FACT_KNOWN(o, detach_time) || o->attach_time > o->detach_time);
}

static bool detached_last(const struct pass *x, const struct pair *p)
{
	const struct object *o = p->is;

	return BETWEEN(x, o, detach_time) && !FACT_IS_UNKNOWN(o, attach_time) &&
	       (!FACT_KNOWN(o, attach_time) || o->detach_time > o->attach_time);
}

/* @mappings 0: unknown how many. */
static void tell_unseen(struct pass *x, struct pair *p, enum event_type type, uint64_t mappings)
{
	bool attached = type == EVENT_ATTACHED, last = attached ? attached_last(x, p) : detached_last(x, p);
	struct event *e = add_event(x, p, type, attached ? TIME(x, p, attach_time) : TIME(x, p, detach_time));

	set_pid(x, e, last && mappings <= 1 && !p->last_told && FACT_KNOWN(p->is, last_pid),
		p->is->last_pid);
	if (mappings)
		FACT_SET(e, mappings, mappings);
	else
		FACT_UNKNOWN(e, mappings);
}

static bool all_read(const struct object *o)
{
	return FACT_KNOWN(o, holders) && !o->evidence.holders_unread;
}

static bool count_of(const struct object *o, bool counted, uint64_t *count)
{
	bool kernels = counted && FACT_KNOWN(o, nattch);

	*count = kernels ? o->nattch : o->mappings;
	return kernels || FACT_KNOWN(o, mappings);
}

/* Of whom not all holders could be read: what the count moved further. */
static void compare_counts(struct pass *x, struct pair *p, bool counted)
{
	bool times = FACT_KNOWN(p->is, attach_time) || FACT_KNOWN(p->is, detach_time);
	uint64_t before, now;

	if (!count_of(p->was, counted, &before) || !count_of(p->is, counted, &now))
		return;
	now += p->fewer;
	before += p->more;
	/* counted before an attach that the holders of that look show already, it is no news */
	if (now > before && (!times || BETWEEN(x, p->is, attach_time)))
		tell_unseen(x, p, EVENT_ATTACHED, now - before);
	else if (now < before && (!times || BETWEEN(x, p->is, detach_time)))
		tell_unseen(x, p, EVENT_DETACHED, before - now);
}

static bool agrees(const struct object *o)
{
	return FACT_KNOWN(o, nattch) && FACT_KNOWN(o, mappings) && o->nattch == o->mappings;
}

/* Somebody was here and is gone again: a segment's times tell. */
static void compare_times(struct pass *x, struct pair *p, bool all)
{
	/* where count and holders differ, the count was read before one that is told already */
	if (p->split || (all && !(agrees(p->was) && agrees(p->is))))
		return;
	if (!(p->told & EVENT_BIT(EVENT_ATTACHED)) && MOVED(x, p, attach_time))
		tell_unseen(x, p, EVENT_ATTACHED, 0);
	if (!(p->told & EVENT_BIT(EVENT_DETACHED)) && MOVED(x, p, detach_time))
		tell_unseen(x, p, EVENT_DETACHED, 0);
}

static void compare_uses(struct pass *x, struct pair *p)
{
	const struct object *o = p->is == &nothing ? p->was : p->is;
	bool all = all_read(p->was) && all_read(p->is);

	compare_holders(x, p);
	if (!all)
		compare_counts(x, p, kinds[o->kind].counted);
	compare_times(x, p, all);
}

/*
 * Objects
 */

/* Exists whether or not somebody maps it, and is looked at only then. */
static bool lies_elsewhere(const struct object *o)
{
	return o->kind == KIND_DEVICE || (o->kind == KIND_FILE && !(o->flags & OBJECT_HUGETLB));
}

static bool is_older(const struct pass *x, const struct object *o)
{
	bool sysv = kinds[o->kind].sysv;
	bool known = sysv ? FACT_KNOWN(o, change_time) : FACT_KNOWN(o, birth_time);

	return known ? !lies_between(x, true, sysv ? o->change_time : o->birth_time)
		     : lies_elsewhere(o);
}

/* The end of the earliest second that tells of it. */
static int64_t creation_time(const struct pass *x, const struct pair *p)
{
	const struct object *o = p->is;
	int64_t time = kinds[o->kind].sysv ? TIME(x, p, change_time) : TIME(x, p, birth_time), other;

	other = TIME(x, p, attach_time);
	if (other < time)
		time = other;
	other = TIME(x, p, detach_time);
	return other < time ? other : time;
}

static void compare_names(struct pass *x, struct pair *p)
{
	bool file = !kinds[p->is->kind].sysv, known = file ? FACT_KNOWN(p->was, links) : FACT_KNOWN(p->was, flags);

	if ((known || p->was == &nothing) && !lifecycle_condemned(p->was) && lifecycle_condemned(p->is))
		add_event(x, p, EVENT_CONDEMNED,
			  event_time(x, p, file && MOVED(x, p, change_time), p->is->change_time));
}

static uint32_t tell_new(struct pass *x, const struct object *is)
{
	struct pair p = { .was = &nothing, .is = is, .since = x->from + 1, .until = x->to };
	bool older = is_older(x, is);
	struct event *e;

	/* a segment that nobody attached to meanwhile has only come into sight */
	if (older && kinds[is->kind].sysv && !BETWEEN(x, is, attach_time))
		return 0;
	if (!older) {
		p.since = creation_time(x, &p);
		e = add_event(x, &p, EVENT_CREATED, p.since);
		set_pid(x, e, FACT_KNOWN(is, creator_pid), is->creator_pid);
	}
	compare_uses(x, &p);
	if (!older)
		compare_names(x, &p);
	return p.told;
}

/* @heir: what stands in its place now, if anything does: the place was free before. */
static void tell_gone(struct pass *x, const struct object *was, const struct object *heir)
{
	struct pair p = { .was = &nothing, .is = heir, .since = x->from + 1, .until = x->to };

	if (heir)
		p.until = creation_time(x, &p);
	p.was = was;
	p.is = &nothing;
	compare_uses(x, &p);
	if (!lies_elsewhere(was) || lifecycle_condemned(was))
		add_event(x, &p, EVENT_REMOVED, p.until);
}

#define DIFFERS(p, m) \
	(FACT_KNOWN((p)->was, m) && FACT_KNOWN((p)->is, m) && (p)->was->m != (p)->is->m)

static uint32_t compare_both(struct pass *x, const struct object *was, const struct object *is)
{
	struct pair p = { .was = was, .is = is, .since = x->from + 1, .until = x->to };

	compare_uses(x, &p);
	if (DIFFERS(&p, mode) || DIFFERS(&p, uid) || DIFFERS(&p, gid) || DIFFERS(&p, size))
		add_event(x, &p, EVENT_CHANGED,
			  event_time(x, &p, MOVED(x, &p, change_time), is->change_time));
	compare_names(x, &p);
	return p.told;
}

/* Most stand as far apart in both looks as the one before them. */
static uint32_t find_before(struct pass *x, const struct object *o, uint32_t guess)
{
	const struct object *rows = x->before->tables[CLASS_OBJECT].rows, *found;

	if (guess < snapshot_count(x->before, CLASS_OBJECT) && x->fates[guess] == FATE_GONE &&
	    identity_same_place(&rows[guess], o) && identity_same_birth(&rows[guess], o))
		return guess;
	if (!x->finder)
		x->finder = identity_finder_new(x->before);
	found = identity_beside(x->finder, o);
	return found && x->fates[found - rows] == FATE_GONE ? found - rows : DIFF_NONE;
}

static struct diff_mark compare_object(struct pass *x, const struct object *is, uint32_t before)
{
	struct diff_mark mark = { .before = before };
	const struct object *was;

	if (before == DIFF_NONE) {
		mark.events = tell_new(x, is);
		return mark;
	}
	was = snapshot_object(x->before, before);
	if (identity_same_birth(was, is)) {
		x->fates[before] = FATE_STAYED;
		mark.events = compare_both(x, was, is);
	} else {
		x->fates[before] = FATE_REPLACED;
		tell_gone(x, was, is);
		mark.before = DIFF_NONE;
		mark.events = tell_new(x, is);
	}
	return mark;
}

static void compare_objects(struct pass *x)
{
	uint32_t count = snapshot_count(x->now, CLASS_OBJECT), guess = 0;
	struct diff_mark *marks = table_add_n(&x->diff->marks, sizeof(*marks), count);

	for (uint32_t i = 0; i < count; i++) {
		const struct object *is = snapshot_object(x->now, i);
		uint32_t before = find_before(x, is, guess);

		marks[i] = compare_object(x, is, before);
		if (before != DIFF_NONE)
			guess = before + 1;
	}
	for (uint32_t i = 0; i < snapshot_count(x->before, CLASS_OBJECT); i++) {
		if (x->fates[i] == FATE_STAYED)
			continue;
		*(uint32_t *)table_add(&x->diff->gone, sizeof(i)) = i;
		if (x->fates[i] == FATE_GONE)
			tell_gone(x, snapshot_object(x->before, i), NULL);
	}
}

struct order {
	int64_t time;
	uint32_t row;
};

static int compare_order(const void *pa, const void *pb)
{
	const struct order *a = pa, *b = pb;

	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	return (a->row > b->row) - (a->row < b->row);
}

/* What stands behind row @first, by time; what is of one time stays in order. */
static void order_events(struct snapshot *events, uint32_t first)
{
	uint32_t count = snapshot_count(events, CLASS_EVENT) - first;
	struct event *rows = count ? snapshot_row(events, CLASS_EVENT, first) : NULL, *sorted;
	struct order *order;
	bool ordered = true;

	for (uint32_t i = 1; i < count && ordered; i++)
		ordered = rows[i - 1].time <= rows[i].time;
	if (ordered)
		return;
	order = xcalloc(count, sizeof(*order));
	sorted = xcalloc(count, sizeof(*sorted));
	for (uint32_t i = 0; i < count; i++)
		order[i] = (struct order){ rows[i].time, i };
	qsort(order, count, sizeof(*order), compare_order);
	for (uint32_t i = 0; i < count; i++)
		sorted[i] = rows[order[i].row];
	memcpy(rows, sorted, count * sizeof(*rows));
	free(sorted);
	free(order);
}

void diff_snapshots(const struct snapshot *before, const struct snapshot *now,
		    struct snapshot *events, struct diff *d)
{
	struct pass x = {
		.before = before, .now = now, .events = events, .diff = d,
		.from = snapshot_document(before)->time, .to = snapshot_document(now)->time,
		.fates = xcalloc(snapshot_count(before, CLASS_OBJECT), sizeof(*x.fates)),
	};
	uint32_t first = snapshot_count(events, CLASS_EVENT);

	/* a clock that was set back: there is no time between */
	if (x.from >= x.to)
		x.from = x.to - 1;
	d->marks.count = d->gone.count = 0;
	compare_objects(&x);
	order_events(events, first);
	identity_finder_free(x.finder);
	free(x.pids_before.slots);
	free(x.pids_now.slots);
	free(x.fates);
}

void diff_release(struct diff *d)
{
	table_release(&d->marks);
	table_release(&d->gone);
}
