/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happened between two looks. */
#include "ipctop/diff.h"

#include <inttypes.h>
#include "sample.h"
#include "unit.h"

/* The looks: 1000.500 and 1003.500, in seconds. */
#define FROM	1000500
#define TO	1003500

struct user {
	uint64_t pid;			/* 0: none */
	uint32_t mappings;
	uint64_t length;		/* of all; 0: 65536 each */
	int64_t started;		/* milliseconds; 0: long ago */
};

/* One object in one look; all zero: it is not there. */
struct thing {
	enum kind kind;
	uint64_t id;			/* or inode; 0: no object */
	uint64_t key, creator, creator_uid, size, mode, uid, gid, flags;
	int64_t born, attached, detached;	/* seconds; 0: unknown or never */
	uint64_t nattch, mappings, last;
	struct user users[3];
	bool unread;			/* some holders could not be read */
	bool uncollected;		/* holders were not asked for */
};

static uint32_t add_process(struct snapshot *s, const struct user *u)
{
	char comm[20];
	uint32_t row;
	struct process *p;

	for (row = 0; row < snapshot_count(s, CLASS_PROCESS); row++)
		if (((struct process *)snapshot_row(s, CLASS_PROCESS, row))->pid == u->pid)
			return row;
	snprintf(comm, sizeof(comm), "c%" PRIu64, u->pid);
	row = sample_process(s, u->pid, arena_strdup(s->arena, comm));
	p = snapshot_row(s, CLASS_PROCESS, row);
	p->start_time = u->started ? u->started : 5000;
	return row;
}

static void add_users(struct snapshot *s, struct object *o, const struct thing *t)
{
	uint64_t mappings = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(t->users) && t->users[i].pid; i++) {
		const struct user *u = &t->users[i];
		struct holder *h = sample_holder(s, o, add_process(s, u));

		for (uint32_t k = 0; k < u->mappings; k++)
			sample_mapping(s, h, (k + 1) * 0x100000);
		if (u->length && u->mappings) {
			struct mapping *m = snapshot_row(s, CLASS_MAPPING, h->mappings.first);

			for (uint32_t k = 0; k < u->mappings; k++)
				m[k].length = u->length / u->mappings;
		}
		mappings += u->mappings;
	}
	FACT_SET(o, mappings, mappings);
}

static void set_times(struct object *o, const struct thing *t)
{
	if (t->kind != KIND_SHM) {
		if (t->born)
			FACT_SET(o, birth_time, t->born);
		return;
	}
	if (t->born)
		FACT_SET(o, change_time, t->born);
	if (t->attached)
		FACT_SET(o, attach_time, t->attached);
	if (t->detached)
		FACT_SET(o, detach_time, t->detached);
}

static struct object *add_thing(struct snapshot *s, const struct thing *t)
{
	struct object *o;
	char name[40];

	snprintf(name, sizeof(name), "%s:%" PRIu64, kinds[t->kind].name, t->id);
	o = sample_object(s, t->kind, arena_strdup(s->arena, name));
	FACT_SET(o, flags, t->flags);
	FACT_SET(o, size, t->size);
	FACT_SET(o, mode, t->mode);
	FACT_SET(o, uid, t->uid);
	FACT_SET(o, user, t->uid ? "alice" : "root");
	FACT_SET(o, gid, t->gid);
	FACT_SET(o, inode, t->id);
	FACT_SET(o, device, 1);
	set_times(o, t);
	if (t->kind == KIND_SHM) {
		FACT_SET(o, id, t->id);
		FACT_SET(o, key, t->key);
		FACT_SET(o, ipc_ns, 7);
		FACT_SET(o, nattch, t->nattch);
		FACT_SET(o, creator_pid, t->creator);
		FACT_SET(o, creator_uid, t->creator_uid);
		FACT_SET(o, last_pid, t->last);
	}
	o->evidence.holders_unread = t->unread;
	if (t->uncollected) {
		FACT_SET(o, mappings, t->mappings);
		o->facts.known &= ~FACT_BIT(o, holders);
	} else {
		add_users(s, o, t);
	}
	return o;
}

static struct snapshot *look(int64_t time)
{
	struct snapshot *s = snapshot_new();

	FACT_SET(snapshot_document(s), time, time);
	return s;
}

/* "attached 4712 c4712 +1 @1003500; …" */
static void put_events(struct buf *text, const struct snapshot *events)
{
	for (uint32_t i = 0; i < snapshot_count(events, CLASS_EVENT); i++) {
		const struct event *e = snapshot_row(events, CLASS_EVENT, i);

		buf_printf(text, "%s%s", i ? "; " : "", event_names[e->event]);
		if (FACT_KNOWN(e, pid))
			buf_printf(text, " %" PRIu64, e->pid);
		else if (FACT_IS_UNKNOWN(e, pid))
			buf_puts(text, " ?");
		if (FACT_KNOWN(e, comm))
			buf_printf(text, " %s", e->comm);
		if (FACT_KNOWN(e, mappings))
			buf_printf(text, " x%" PRIu64, e->mappings);
		else if (FACT_IS_UNKNOWN(e, mappings))
			buf_puts(text, " x?");
		if (e->time != TO)
			buf_printf(text, " @%" PRId64, e->time);
	}
}

#define SEG	KIND_SHM, 7, .key = 5, .creator = 90, .size = 4096, .mode = 0600
#define OLD	.born = 100
#define ONE	{ { 11, 1 } }
#define TWO	{ { 11, 1 }, { 12, 1 } }

static const struct diff_case {
	const char *what;
	struct thing was, is;
	const char *events;
} cases[] = {
	{ "as before", { SEG, OLD, .nattch = 1, .users = ONE }, { SEG, OLD, .nattch = 1, .users = ONE }, "" },
	{ "one more", { SEG, OLD, .nattch = 1, .users = ONE },
	  { SEG, OLD, .nattch = 2, .users = TWO, .attached = 1001 }, "attached 12 c12 x1 @1001999" },
};

static void test_cases(void **state)
{
	FOR_EACH_CASE(c, cases) {
		struct snapshot *before = look(FROM), *now = look(TO), *events = snapshot_new();
		struct diff d = { 0 };
		struct buf text = BUF_INIT;

		if (c->was.id)
			add_thing(before, &c->was);
		if (c->is.id)
			add_thing(now, &c->is);
		diff_snapshots(before, now, events, &d);
		snapshot_free(before);
		snapshot_free(now);
		put_events(&text, events);
		CHECK_TEXT(c->what, text.s, c->events);
		buf_release(&text);
		snapshot_free(events);
		diff_release(&d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
