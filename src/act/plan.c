/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipctop/plan.h"

#include <stdarg.h>
#include "actor.h"
#include "ipctop/field.h"

void plan_init(struct plan *plan, const struct snapshot *s)
{
	struct document *doc;

	*plan = (struct plan){ .s = snapshot_new() };
	doc = snapshot_document(plan->s);
	FACT_SET(doc, time, snapshot_document(s)->time);
}

void plan_release(struct plan *plan)
{
	snapshot_free(plan->s);
	*plan = (struct plan){ 0 };
}

/* Reasons that speak of age and length alone: nobody was seen who may come back. */
#define DISUSED (1U << REASON_ZERO_LENGTH | 1U << REASON_YOUNG | 1U << REASON_SETTLING)

/* Of what nobody counts the users of, age proves nothing. */
static bool is_disused(const struct object *o)
{
	return !kinds[o->kind].unheld && FACT_KNOWN(o, verdict) && o->verdict == VERDICT_IDLE &&
	       o->evidence.reason_set && !(o->evidence.reason_set & ~DISUSED);
}

static bool is_stale(const struct object *o)
{
	return FACT_KNOWN(o, verdict) && o->verdict == VERDICT_STALE;
}

static bool permit_covers(enum permit permit, const struct object *o)
{
	switch (permit) {
	case PERMIT_STALE:
		return is_stale(o);
	case PERMIT_DISUSED:
		return is_stale(o) || is_disused(o);
	case PERMIT_ANY:
		return true;
	}
	return false;
}

uint32_t holders_put(struct buf *out, const struct snapshot *s, const struct object *o, uint64_t but)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < o->holders.count; i++) {
		const struct holder *h = snapshot_row(s, CLASS_HOLDER, o->holders.first + i);
		const struct process *p = snapshot_row(s, CLASS_PROCESS, h->process);

		if (p->pid == but || ++count > HOLDERS_TOLD)
			continue;
		buf_printf(out, "%s%llu", count > 1 ? ", " : "", (unsigned long long)p->pid);
		if (FACT_KNOWN(p, comm))
			buf_printf(out, " (%s)", p->comm);
	}
	if (count > HOLDERS_TOLD)
		buf_printf(out, " and %u more", count - HOLDERS_TOLD);
	return count;
}

static void put_holders(struct buf *why, const struct snapshot *s, const struct object *o)
{
	if (!o->holders.count)
		return;
	buf_puts(why, "; held by ");
	holders_put(why, s, o, 0);
}

static void put_verdict(struct buf *why, const struct snapshot *s, const struct object *o)
{
	const struct reason *r;

	if (!FACT_KNOWN(o, verdict)) {
		buf_puts(why, "whether it is needed is not judged");
		return;
	}
	buf_puts(why, verdict_names[o->verdict]);
	if (!o->reasons.count)
		return;
	r = snapshot_row(s, CLASS_REASON, o->reasons.first);
	buf_printf(why, ": %s", r->text);
}

/* A file that was unlinked still tells the name that it had. */
static bool has_name(const struct object *o)
{
	return FACT_KNOWN(o, path) && !(FACT_KNOWN(o, flags) && o->flags & OBJECT_UNLINKED);
}

/* What cannot be removed at all, whatever the user insists on. */
static bool is_removable(const struct snapshot *s, const struct object *o, struct buf *why)
{
	if (!act_can(o->kind, ACTION_REMOVE)) {
		buf_puts(why, o->kind == KIND_FILE || o->kind == KIND_DEVICE ?
			 "ipctop removes none of that kind: rm(1) does" :
			 "it has no name to remove: it goes with its last holder");
	} else if (FACT_KNOWN(o, flags) && o->flags & OBJECT_CONDEMNED) {
		buf_puts(why, "removed already: it goes with its last attachment");
	} else if (!kinds[o->kind].sysv && !has_name(o)) {
		buf_puts(why, "it has lost its name already: it goes with its last holder");
	} else {
		return true;
	}
	put_holders(why, s, o);
	return false;
}

/* What takes nothing away needs no permit, but a way to the object. */
static bool is_within_reach(enum action action, const struct object *o, struct buf *why)
{
	if (!act_can(o->kind, action))
		buf_printf(why, "that cannot be done to %s", kinds[o->kind].plural);
	else if (action != ACTION_SAVE && action != ACTION_DETACH && !kinds[o->kind].sysv && !has_name(o))
		buf_puts(why, "it has lost its name, and only its holders reach it");
	else
		return true;
	return false;
}

bool permit_allows(enum permit permit, enum action action, const struct snapshot *s,
		   const struct object *o, struct buf *why)
{
	if (action != ACTION_REMOVE)
		return is_within_reach(action, o, why);
	if (!is_removable(s, o, why))
		return false;
	if (permit_covers(permit, o))
		return true;
	put_verdict(why, s, o);
	put_holders(why, s, o);
	return false;
}

static uint64_t known_age(const struct snapshot *s, const struct object *o, bool *known)
{
	struct value v;

	field_get(s, field_find(CLASS_OBJECT, "age"), o, &v);
	*known = v.state == VALUE_KNOWN;
	return *known ? v.u : 0;
}

#define COPY(act, o, m)							\
	do {								\
		if (FACT_KNOWN(o, m))					\
			FACT_SET(act, m, (o)->m);			\
		else if (FACT_IS_UNKNOWN(o, m))				\
			FACT_UNKNOWN(act, m);				\
	} while (0)
#define COPY_TEXT(act, o, m)						\
	do {								\
		if (FACT_KNOWN(o, m))					\
			FACT_SET(act, m, arena_strdup(arena, (o)->m));	\
		else if (FACT_IS_UNKNOWN(o, m))				\
			FACT_UNKNOWN(act, m);				\
	} while (0)

static void copy_facts(struct plan *plan, struct act *act, const struct snapshot *s,
		       const struct object *o)
{
	struct arena *arena = plan->s->arena;
	uint64_t age;
	bool known;

	FACT_SET(act, name, arena_strdup(arena, o->name));
	FACT_SET(act, kind, o->kind);
	COPY(act, o, size);
	COPY(act, o, allocated);
	COPY(act, o, uid);
	COPY_TEXT(act, o, user);
	COPY(act, o, state);
	COPY(act, o, verdict);
	COPY_TEXT(act, o, family);
	age = known_age(s, o, &known);
	if (known)
		FACT_SET(act, age, age);
	else
		FACT_UNKNOWN(act, age);
	if (o->reasons.count) {
		const struct reason *r = snapshot_row(s, CLASS_REASON, o->reasons.first);

		FACT_SET(act, code, arena_strdup(arena, r->code));
		FACT_SET(act, reason, arena_strdup(arena, r->text));
	}
}

struct act *plan_add(struct plan *plan, const struct snapshot *s, const struct object *o,
		     enum action action, enum permit permit)
{
	struct act *act = snapshot_add(plan->s, CLASS_ACT);
	struct identity *who = arena_alloc(plan->s->arena, sizeof(*who));
	struct buf why = BUF_INIT;

	identity_set(who, o, plan->s->arena);
	act->who = who;
	copy_facts(plan, act, s, o);
	FACT_SET(act, action, action);
	FACT_SET(act, result, OUTCOME_PLANNED);
	plan->acts++;
	if (!permit_allows(permit, action, s, o, &why))
		act_settle(plan, act, OUTCOME_REFUSED, "%s", why.s);
	buf_release(&why);
	return act;
}

void act_settle(struct plan *plan, struct act *act, enum outcome outcome, const char *fmt, ...)
{
	struct buf why = BUF_INIT;
	va_list ap;

	if (act->result == OUTCOME_PLANNED)
		plan->acts--;
	FACT_SET(act, result, outcome);
	if (!fmt)
		return;
	va_start(ap, fmt);
	buf_vprintf(&why, fmt, ap);
	va_end(ap);
	FACT_SET(act, why, arena_strndup(plan->s->arena, why.s, why.len));
	buf_release(&why);
}

void act_settle_gone(struct plan *plan, struct act *act)
{
	act_settle(plan, act, OUTCOME_GONE, "it was removed meanwhile");
}

void act_settle_foreign(struct plan *plan, struct act *act)
{
	act_settle(plan, act, OUTCOME_REFUSED,
		   "of another namespace; commands act on those with --all-namespaces");
}

const struct object *plan_recheck(struct plan *plan, struct act *act, enum permit permit,
				  const struct snapshot *s, const struct identity_finder *finder)
{
	const struct object *o = identity_find(finder, act->who);
	struct buf why = BUF_INIT;

	if (!o)
		act_settle_gone(plan, act);
	else if (!identity_is(act->who, o))
		act_settle(plan, act, OUTCOME_REFUSED,
			   "it changed since it was looked at, or another has its place");
	else if (!permit_allows(permit, act->action, s, o, &why))
		act_settle(plan, act, OUTCOME_REFUSED, "meanwhile %s", why.s);
	buf_release(&why);
	return act->result == OUTCOME_PLANNED ? o : NULL;
}

/* Oldest first; of what has no age nobody can say how long it is needed no more. */
uint32_t *plan_order(const struct plan *plan)
{
	uint32_t n = plan_count(plan), *rows = xcalloc(n, sizeof(*rows));
	struct sort sort = { .count = 1 };

	sort.keys[0] = (struct sort_key){ field_find(CLASS_ACT, "age"), true };
	for (uint32_t i = 0; i < n; i++)
		rows[i] = i;
	sort_rows(plan->s, CLASS_ACT, &sort, rows, n);
	return rows;
}

void plan_keep_newest(struct plan *plan, uint64_t n)
{
	uint32_t *order = plan_order(plan);
	uint64_t kept = 0;

	for (uint32_t i = plan_count(plan); i-- > 0 && kept < n;) {
		struct act *act = plan_act(plan, order[i]);

		if (act->result != OUTCOME_PLANNED)
			continue;
		act_settle(plan, act, OUTCOME_KEPT, "among the %llu newest", (unsigned long long)n);
		kept++;
	}
	free(order);
}

void plan_limit(struct plan *plan, uint64_t n)
{
	uint32_t *order = plan_order(plan);
	uint64_t planned = 0;

	for (uint32_t i = 0; i < plan_count(plan); i++) {
		struct act *act = plan_act(plan, order[i]);

		if (act->result == OUTCOME_PLANNED && ++planned > n)
			act_settle(plan, act, OUTCOME_KEPT, "beyond the %llu that may go at once",
				   (unsigned long long)n);
	}
	free(order);
}

uint64_t plan_bytes(const struct plan *plan)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < plan_count(plan); i++) {
		const struct act *act = plan_act(plan, i);
		uint64_t bytes = 0;

		if (act->result == OUTCOME_PLANNED && act->action != ACTION_DETACH && FACT_KNOWN(act, allocated))
			bytes = act->allocated;
		else if (FACT_KNOWN(act, freed))
			bytes = act->freed;
		if (__builtin_add_overflow(sum, bytes, &sum))
			return UINT64_MAX;
	}
	return sum;
}

uint64_t plan_copies(const struct plan *plan)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < plan_count(plan); i++) {
		const struct act *act = plan_act(plan, i);

		sum_add(&sum, act->result == OUTCOME_PLANNED && FACT_KNOWN(act, copy), act->copy);
	}
	return sum;
}
