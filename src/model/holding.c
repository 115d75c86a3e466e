/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipctop/holding.h"

const char *const holding_by_names[NR_HOLDING_BYS + 1] = {
	[HOLDING_BY_PROCESS] = "process", [HOLDING_BY_USER] = "user", [HOLDING_BY_CGROUP] = "cgroup",
	[HOLDING_BY_UNIT] = "unit", [HOLDING_BY_CONTAINER] = "container",
};

#define NO_ROW UINT32_MAX

/* What processes have in common: a text, for users a number too. */
struct key {
	enum value_state state;
	bool number;
	uint64_t u;
	const char *text;
};

struct sums {
	struct snapshot *s;
	enum holding_by by;
	uint32_t first;			/* row */
	struct table keys;		/* struct key: of each row from @first on */
	uint32_t *slots, mask;		/* rows by key, + 1; 0: free */
	uint32_t *of_process;		/* row of each process, or NO_ROW */
	struct table last;		/* uint32_t: of each row the last object, + 1 */
};

uint32_t holding_needs(enum holding_by by)
{
	return NEED_BIT(NEED_HOLDERS) | NEED_BIT(NEED_PROCESSES) | NEED_BIT(NEED_RESIDENT) |
	       (by == HOLDING_BY_USER ? NEED_BIT(NEED_VERDICT) : 0);
}

#define KEY_OF(row, m)								\
	(FACT_KNOWN(row, m) ? (struct key){ .state = VALUE_KNOWN, .text = (row)->m } :	\
	 (struct key){ .state = FACT_IS_UNKNOWN(row, m) ? VALUE_UNKNOWN : VALUE_NONE })

static struct key with_number(struct key key, bool known, uint64_t number)
{
	if (known)
		return (struct key){ VALUE_KNOWN, true, number, key.text };
	return key;
}

static struct key process_key(enum holding_by by, const struct process *p)
{
	switch (by) {
	case HOLDING_BY_PROCESS:
	case NR_HOLDING_BYS:
		break;
	case HOLDING_BY_USER:
		return with_number(KEY_OF(p, user), FACT_KNOWN(p, uid), p->uid);
	case HOLDING_BY_CGROUP:
		return KEY_OF(p, cgroup);
	case HOLDING_BY_UNIT:
		return KEY_OF(p, unit);
	case HOLDING_BY_CONTAINER:
		return KEY_OF(p, container);
	}
	return (struct key){ .state = VALUE_NONE };
}

static uint32_t key_hash(const struct key *key)
{
	uint64_t h = 0xcbf29ce484222325ULL + key->state;

	if (key->number)
		h ^= key->u;
	else
		for (const char *c = key->text; c && *c; c++)
			h = (h ^ (unsigned char)*c) * 0x100000001b3ULL;
	return (h * 0x9e3779b97f4a7c15ULL) >> 32;
}

static bool same_key(const struct key *a, const struct key *b)
{
	if (a->state != b->state || a->number != b->number)
		return false;
	if (a->number)
		return a->u == b->u;
	return a->text == b->text || (a->text && b->text && !strcmp(a->text, b->text));
}

static struct holding *row_at(const struct sums *x, uint32_t row)
{
	return snapshot_row(x->s, CLASS_HOLDING, x->first + row);
}

static uint32_t add_row(struct sums *x)
{
	struct holding *h = snapshot_add(x->s, CLASS_HOLDING);

	FACT_SET(h, processes, 0);
	FACT_SET(h, objects, 0);
	FACT_SET(h, incomplete, 0);
	table_add(&x->last, sizeof(uint32_t));
	return snapshot_count(x->s, CLASS_HOLDING) - 1 - x->first;
}

static void set_value(struct sums *x, struct holding *h, const struct key *key)
{
	struct buf digits = BUF_INIT;

	if (key->text) {
		FACT_SET(h, value, key->text);
	} else if (key->number) {
		buf_u64(&digits, key->u);
		FACT_SET(h, value, arena_strdup(x->s->arena, digits.s));
		buf_release(&digits);
	} else if (key->state == VALUE_UNKNOWN) {
		FACT_UNKNOWN(h, value);
	}
}

static void put_slot(struct sums *x, uint32_t row)
{
	uint32_t at = key_hash((struct key *)x->keys.rows + row) & x->mask;

	while (x->slots[at])
		at = (at + 1) & x->mask;
	x->slots[at] = row + 1;
}

static void grow_slots(struct sums *x)
{
	if (x->slots && x->keys.count <= x->mask / 2)
		return;
	x->mask = x->slots ? x->mask * 2 + 1 : 15;
	free(x->slots);
	x->slots = xcalloc((size_t)x->mask + 1, sizeof(*x->slots));
	for (uint32_t i = 0; i < x->keys.count; i++)
		put_slot(x, i);
}

static uint32_t find_row(struct sums *x, const struct key *key)
{
	uint32_t row;

	grow_slots(x);
	for (uint32_t at = key_hash(key) & x->mask; x->slots[at]; at = (at + 1) & x->mask) {
		row = x->slots[at] - 1;
		if (same_key((struct key *)x->keys.rows + row, key))
			return row;
	}
	row = add_row(x);
	*(struct key *)table_add(&x->keys, sizeof(*key)) = *key;
	set_value(x, row_at(x, row), key);
	put_slot(x, row);
	return row;
}

static uint32_t row_of_process(struct sums *x, uint64_t process)
{
	uint32_t row = x->of_process[process];
	struct key key;

	if (row != NO_ROW)
		return row;
	if (x->by == HOLDING_BY_PROCESS) {
		row = add_row(x);
		FACT_SET(row_at(x, row), process, process);
	} else {
		key = process_key(x->by, snapshot_row(x->s, CLASS_PROCESS, process));
		row = find_row(x, &key);
	}
	row_at(x, row)->processes++;
	return x->of_process[process] = row;
}

/* A sum is known as soon as anything is known of it. */
static void add_fact(struct facts *sums, uint64_t bit, uint64_t *sum, struct value v)
{
	if (v.state == VALUE_NONE || (v.state == VALUE_UNKNOWN && sums->known & bit))
		return;
	sum_add(sum, v.state == VALUE_KNOWN, v.u);
	if (v.state == VALUE_KNOWN) {
		sums->known |= bit;
		sums->unknown &= ~bit;
	} else {
		sums->unknown |= bit;
	}
}

#define ADD(h, m, v) add_fact(&(h)->facts, FACT_BIT(h, m), &(h)->m, v)
#define VALUE_OF(o, m) ((struct value){ .u = (o)->m, .state =			\
	FACT_KNOWN(o, m) ? VALUE_KNOWN : FACT_IS_UNKNOWN(o, m) ? VALUE_UNKNOWN : VALUE_NONE })

static bool misses_a_size(const struct object *o)
{
	return FACT_IS_UNKNOWN(o, size) || FACT_IS_UNKNOWN(o, allocated);
}

static void add_object(struct holding *h, const struct object *o)
{
	h->objects++;
	h->incomplete += misses_a_size(o);
	ADD(h, size, VALUE_OF(o, size));
	ADD(h, allocated, VALUE_OF(o, allocated));
	add_fact(&h->facts, FACT_BIT(h, by_kind) << o->kind, &h->by_kind[o->kind], VALUE_OF(o, allocated));
}

/* What does not divide evenly goes to the first ones, so that all shares are the whole. */
static void add_share(struct holding *h, const struct object *o, uint32_t holder)
{
	struct value v = VALUE_OF(o, allocated);
	uint32_t n = o->holders.count;

	v.u = v.u / n + (holder < v.u % n);
	ADD(h, share, v);
}

static void add_holders(struct sums *x, uint32_t object)
{
	const struct object *o = snapshot_object(x->s, object);

	for (uint32_t i = 0; i < o->holders.count; i++) {
		const struct holder *holder = snapshot_row(x->s, CLASS_HOLDER, o->holders.first + i);
		uint32_t row = row_of_process(x, holder->process);
		uint32_t *last = (uint32_t *)x->last.rows + row;

		if (*last != object + 1)
			add_object(row_at(x, row), o);
		*last = object + 1;
		add_share(row_at(x, row), o, i);
	}
}

static void add_owned(struct sums *x, const struct object *o)
{
	struct key key = with_number(KEY_OF(o, user), FACT_KNOWN(o, uid), o->uid);
	struct holding *h = row_at(x, find_row(x, &key));
	bool stale = FACT_KNOWN(o, verdict) && o->verdict == VERDICT_STALE;

	h->owned++;
	h->stale += stale;
	h->incomplete += misses_a_size(o);
	ADD(h, owned_allocated, VALUE_OF(o, allocated));
	if (stale)
		ADD(h, stale_allocated, VALUE_OF(o, allocated));
}

/* Held by somebody unseen is held. */
static bool is_free(const struct object *o)
{
	return FACT_KNOWN(o, holders) && !o->holders.count &&
	       !(FACT_KNOWN(o, verdict) && o->verdict == VERDICT_LIVE);
}

/* What nothing was added to is 0. */
static void finish_row(const struct sums *x, struct holding *h)
{
	uint64_t bits = FACT_BIT(h, size) | FACT_BIT(h, allocated) | FACT_BIT(h, share);

	if (x->by == HOLDING_BY_USER)
		bits |= FACT_BIT(h, owned) | FACT_BIT(h, owned_allocated) | FACT_BIT(h, stale) |
			FACT_BIT(h, stale_allocated);
	for (unsigned int k = 0; k < NR_KINDS; k++)
		if (x->s->kinds & KIND_BIT(k) && kinds[k].memory)
			bits |= FACT_BIT(h, by_kind) << k;
	h->facts.known |= bits & ~h->facts.unknown;
}

struct span holdings_add(struct snapshot *s, enum holding_by by)
{
	uint32_t processes = snapshot_count(s, CLASS_PROCESS), objects = snapshot_count(s, CLASS_OBJECT);
	struct sums x = { .s = s, .by = by, .first = snapshot_count(s, CLASS_HOLDING) };
	struct span rows = { .first = x.first };

	x.of_process = xcalloc(processes, sizeof(*x.of_process));
	memset(x.of_process, 0xff, processes * sizeof(*x.of_process));
	for (uint32_t i = 0; i < objects; i++) {
		add_holders(&x, i);
		if (by == HOLDING_BY_USER && is_free(snapshot_object(s, i)))
			add_owned(&x, snapshot_object(s, i));
	}
	rows.count = snapshot_count(s, CLASS_HOLDING) - x.first;
	for (uint32_t i = 0; i < rows.count; i++)
		finish_row(&x, row_at(&x, i));
	free(x.of_process);
	free(x.slots);
	table_release(&x.keys);
	table_release(&x.last);
	return rows;
}
