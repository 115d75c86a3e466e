/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipctop/snapshot.h"

#include <errno.h>
#include "ipctop/field.h"
#include "ipctop/name.h"

const char *const state_names[NR_STATES + 1] = {
	[STATE_CREATED] = "created",   [STATE_ATTACHED] = "attached",	[STATE_OPEN] = "open",
	[STATE_DETACHED] = "detached", [STATE_CONDEMNED] = "condemned",
};

const char *const verdict_names[NR_VERDICTS + 1] = {
	[VERDICT_LIVE] = "live", [VERDICT_IDLE] = "idle", [VERDICT_UNKNOWN] = "unknown",
	[VERDICT_STALE] = "stale",
};

const char *const access_names[NR_ACCESSES + 1] = {
	[ACCESS_PATH] = "path", [ACCESS_R] = "r", [ACCESS_W] = "w", [ACCESS_RW] = "rw",
};

const char *const object_flag_names[] = {
	"condemned", "locked", "hugetlb", "unlinked", "sealed", "executable", "world-writable", NULL,
};

const char *const action_names[NR_ACTIONS + 1] = {
	[ACTION_REMOVE] = "remove", [ACTION_SAVE] = "save", [ACTION_RESTORE] = "restore",
	[ACTION_CHMOD] = "chmod", [ACTION_CHOWN] = "chown",   [ACTION_DETACH] = "detach",
	[ACTION_CREATE] = "create",
};

const char *const future_names[NR_FUTURES + 1] = {
	[FUTURE_ATTACHED] = "attached", [FUTURE_OPEN] = "open",	[FUTURE_DETACHED] = "detached",
	[FUTURE_CONDEMNED] = "condemned", [FUTURE_GONE] = "gone",
};
const char *const leave_names[NR_LEAVES + 1] = { [LEAVE_COPY] = "copy", [LEAVE_FENCE] = "fence" };
const char *const outcome_names[NR_OUTCOMES + 1] = {
	[OUTCOME_PLANNED] = "planned",	 [OUTCOME_REMOVED] = "removed",
	[OUTCOME_CONDEMNED] = "condemned", [OUTCOME_UNLINKED] = "unlinked",
	[OUTCOME_CHANGED] = "changed",	 [OUTCOME_SAVED] = "saved",
	[OUTCOME_RESTORED] = "restored", [OUTCOME_DETACHED] = "detached",
	[OUTCOME_CREATED] = "created",	 [OUTCOME_GONE] = "gone",
	[OUTCOME_KEPT] = "kept",	 [OUTCOME_REFUSED] = "refused",
	[OUTCOME_FAILED] = "failed",
};

const char *const event_names[NR_EVENTS + 1] = {
	[EVENT_CREATED] = "created", [EVENT_ATTACHED] = "attached",   [EVENT_DETACHED] = "detached",
	[EVENT_CHANGED] = "changed", [EVENT_CONDEMNED] = "condemned", [EVENT_REMOVED] = "removed",
};

const char *const unit_names[NR_UNITS + 1] = {
	[UNIT_OBJECTS] = "objects", [UNIT_PAGES] = "pages",
	[UNIT_BYTES] = "bytes",	    [UNIT_SWITCH] = "switch",
};

#define GAP_PIDS 16

struct snapshot *snapshot_new(void)
{
	struct snapshot *s = xcalloc(1, sizeof(*s));

	s->arena = arena_new();
	snapshot_add(s, CLASS_DOCUMENT);
	return s;
}

void snapshot_free(struct snapshot *s)
{
	if (!s)
		return;
	for (unsigned int c = 0; c < NR_CLASSES; c++)
		table_release(&s->tables[c]);
	table_release(&s->numbers);
	table_release(&s->words);
	arena_free(s->arena);
	free(s);
}

void *snapshot_add(struct snapshot *s, enum row_class class)
{
	return table_add(&s->tables[class], field_classes[class].size);
}

void *snapshot_row(const struct snapshot *s, enum row_class class, uint32_t i)
{
	return (char *)s->tables[class].rows + (size_t)i * field_classes[class].size;
}

struct document *snapshot_document(const struct snapshot *s)
{
	return snapshot_row(s, CLASS_DOCUMENT, 0);
}

const char *errno_symbol(int error)
{
	const char *symbol = strerrorname_np(error);

	return symbol ? symbol : "EUNKNOWN";
}

const struct process *snapshot_holder(const struct snapshot *s, const struct object *o, uint64_t pid)
{
	for (uint32_t i = 0; i < o->holders.count; i++) {
		const struct holder *h = snapshot_row(s, CLASS_HOLDER, o->holders.first + i);
		const struct process *p = snapshot_row(s, CLASS_PROCESS, h->process);

		if (p->pid == pid)
			return p;
	}
	return NULL;
}

/*
 * The pids of a gap stand in one run of numbers, reserved when the gap appears, so
 * that gaps may grow in any order.
 */
void snapshot_gap(struct snapshot *s, const char *source, int error, uint64_t pid)
{
	const char *symbol = errno_symbol(error);
	struct document *doc = snapshot_document(s);
	struct gap *gap = NULL;

	for (uint32_t i = 0; i < snapshot_count(s, CLASS_GAP); i++) {
		struct gap *g = snapshot_row(s, CLASS_GAP, i);

		if (!strcmp(g->source, source) && !strcmp(g->error, symbol))
			gap = g;
	}
	if (!gap) {
		gap = snapshot_add(s, CLASS_GAP);
		FACT_SET(gap, source, arena_strdup(s->arena, source));
		FACT_SET(gap, error, arena_strdup(s->arena, symbol));
		FACT_SET(gap, count, 0);
		FACT_SET(gap, pids, ((struct span){ .first = s->numbers.count }));
		table_add_n(&s->numbers, sizeof(uint64_t), GAP_PIDS);
		doc = snapshot_document(s);
	}
	gap->count++;
	if (pid && gap->pids.count < GAP_PIDS)
		((uint64_t *)s->numbers.rows)[gap->pids.first + gap->pids.count++] = pid;
	FACT_SET(doc, gaps, ((struct span){ .count = snapshot_count(s, CLASS_GAP) }));
	FACT_SET(doc, complete, 0);
}

void snapshot_keep_gaps(struct snapshot *s, uint32_t gaps, uint32_t numbers)
{
	struct document *doc = snapshot_document(s);

	s->tables[CLASS_GAP].count = gaps;
	s->numbers.count = numbers;
	FACT_SET(doc, gaps, ((struct span){ .count = gaps }));
	FACT_SET(doc, complete, !gaps);
}

void total_add(struct total *t, const struct object *o)
{
	bool stale = FACT_KNOWN(o, verdict) && o->verdict == VERDICT_STALE;

	t->objects++;
	t->stale += stale;
	sum_add(&t->size, FACT_KNOWN(o, size), o->size);
	sum_add(&t->allocated, FACT_KNOWN(o, allocated), o->allocated);
	sum_add(&t->stale_allocated, stale && FACT_KNOWN(o, allocated), o->allocated);
}

void snapshot_sum(struct snapshot *s)
{
	struct total sums[NR_KINDS] = { 0 };
	struct document *doc;
	uint32_t first = snapshot_count(s, CLASS_TOTAL);

	for (uint32_t i = 0; i < snapshot_count(s, CLASS_OBJECT); i++) {
		const struct object *o = snapshot_object(s, i);

		total_add(&sums[o->kind], o);
	}
	for (unsigned int k = 0; k < NR_KINDS; k++) {
		struct total *t;

		if (!(s->kinds & KIND_BIT(k)))
			continue;
		t = snapshot_add(s, CLASS_TOTAL);
		FACT_SET(t, kind, k);
		FACT_SET(t, objects, sums[k].objects);
		FACT_SET(t, size, sums[k].size);
		FACT_SET(t, allocated, sums[k].allocated);
		FACT_SET(t, stale, sums[k].stale);
		FACT_SET(t, stale_allocated, sums[k].stale_allocated);
	}
	doc = snapshot_document(s);
	FACT_SET(doc, totals, ((struct span){ first, snapshot_count(s, CLASS_TOTAL) - first }));
	FACT_SET(doc, objects, ((struct span){ 0, snapshot_count(s, CLASS_OBJECT) }));
}

struct name_finder {
	const struct snapshot *s;
	const struct object **order;	/* by name */
	uint32_t count;
};

static int compare_names(const void *pa, const void *pb)
{
	const struct object *a = *(const struct object *const *)pa, *b = *(const struct object *const *)pb;

	return strcmp(a->name, b->name);
}

struct name_finder *name_finder_new(const struct snapshot *s)
{
	struct name_finder *f = xcalloc(1, sizeof(*f));

	f->s = s;
	f->count = snapshot_count(s, CLASS_OBJECT);
	f->order = xcalloc(f->count, sizeof(*f->order));
	for (uint32_t i = 0; i < f->count; i++)
		f->order[i] = snapshot_object(s, i);
	qsort(f->order, f->count, sizeof(*f->order), compare_names);
	return f;
}

void name_finder_free(struct name_finder *f)
{
	free(f->order);
	free(f);
}

/* Keys are not in order, and few. */
static int64_t find_key(const struct snapshot *s, const struct name *name)
{
	uint64_t ns = name->has_ns ? name->ns : snapshot_document(s)->ipc_ns;
	int64_t found = -ENOENT;

	for (uint32_t i = 0; i < snapshot_count(s, CLASS_OBJECT); i++) {
		const struct object *o = snapshot_object(s, i);

		if (o->kind != name->kind || !FACT_KNOWN(o, key) || o->key != name->key || o->ipc_ns != ns)
			continue;
		if (found >= 0)
			return -EEXIST;
		found = i;
	}
	return found;
}

static int64_t find_text(const struct name_finder *f, const char *text)
{
	const struct object key = { .name = text }, *wanted = &key;
	const struct object **at = f->count ? bsearch(&wanted, f->order, f->count, sizeof(*f->order),
						      compare_names) : NULL;
	const struct object **end = f->order + f->count;

	if (!at)
		return -ENOENT;
	if ((at > f->order && !strcmp(at[-1]->name, text)) || (at + 1 < end && !strcmp(at[1]->name, text)))
		return -EEXIST;
	return *at - snapshot_object(f->s, 0);
}

int64_t name_find(const struct name_finder *f, const char *text)
{
	struct buf canonical = BUF_INIT, error = BUF_INIT;
	struct name name;
	int64_t found;

	if (name_parse(text, &name, &error) < 0) {
		buf_release(&error);
		return -EINVAL;
	}
	name_put(&canonical, &name);
	found = name.form == NAME_KEY ? find_key(f->s, &name) : find_text(f, canonical.s);
	name_release(&name);
	buf_release(&canonical);
	return found;
}
