/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_TWO_LOOKS_H
#define TESTS_TWO_LOOKS_H

#include "ipctop/diff.h"

#include <inttypes.h>
#include "sample.h"

/* The looks: 1000.500 and 1003.500, in seconds. */
#define FROM	1000500
#define TO	1003500

#define NIL	(-1)
#define UNKNOWN	(-2)

struct user {
	uint64_t pid;			/* 0: none */
	uint32_t mappings;
	uint64_t length;		/* of all; 0: 65536 each */
	int64_t started;		/* milliseconds; 0: long ago */
};

/* One object in one look. What is 0 is as usual. */
struct thing {
	enum kind kind;
	bool there;
	bool old;			/* its times are, where nothing else is said */
	int64_t key, creator, creator_uid, size, mode, uid, gid, flags;	/* NIL: 0 */
	int64_t born, changed, attached, detached;	/* seconds; a segment is born when it changed */
	uint64_t nattch, mappings, last;
	struct user users[3];
	int links;			/* of a file: 0 is one, NIL none, UNKNOWN */
	bool unread;			/* some holders could not be read */
	bool uncollected;		/* holders were not asked for */
};

static inline uint32_t add_process(struct snapshot *s, const struct user *u)
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

static inline void add_users(struct snapshot *s, struct object *o, const struct thing *t)
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

static inline uint64_t or_usual(int64_t v, int64_t usual)
{
	return v == NIL ? 0 : v ? v : usual;
}

static inline void set_segment(struct object *o, const struct thing *t)
{
	FACT_SET(o, id, 7);
	FACT_SET(o, key, or_usual(t->key, 5));
	FACT_SET(o, ipc_ns, 7);
	FACT_SET(o, nattch, t->nattch);
	FACT_SET(o, creator_pid, or_usual(t->creator, 90));
	FACT_SET(o, creator_uid, or_usual(t->creator_uid, 1));
	FACT_SET(o, last_pid, t->last);
	if (t->born || t->old)
		FACT_SET(o, change_time, t->born ? t->born : 100);
	if (t->attached || t->old)
		FACT_SET(o, attach_time, t->attached ? t->attached : 200);
	if (t->detached || t->old)
		FACT_SET(o, detach_time, t->detached ? t->detached : 150);
}

static inline void set_file(struct object *o, const struct thing *t)
{
	if (t->links != UNKNOWN)
		FACT_SET(o, links, or_usual(t->links, 1));
	if (t->born || t->old)
		FACT_SET(o, birth_time, t->born ? t->born : 100);
	if (t->changed)
		FACT_SET(o, change_time, t->changed);
}

static inline struct object *add_thing(struct snapshot *s, const struct thing *t)
{
	struct object *o = sample_object(s, t->kind, "shm:7");

	FACT_SET(o, flags, or_usual(t->flags, 0));
	FACT_SET(o, size, or_usual(t->size, 4096));
	FACT_SET(o, mode, or_usual(t->mode, 0600));
	FACT_SET(o, uid, or_usual(t->uid, 1000));
	FACT_SET(o, user, arena_strdup(s->arena, "alice"));
	FACT_SET(o, gid, or_usual(t->gid, 1000));
	FACT_SET(o, inode, 7);
	FACT_SET(o, device, 1);
	if (t->kind == KIND_SHM)
		set_segment(o, t);
	else
		set_file(o, t);
	o->evidence.holders_unread = t->unread;
	if (t->uncollected) {
		FACT_SET(o, mappings, t->mappings);
		o->facts.known &= ~FACT_BIT(o, holders);
	} else {
		add_users(s, o, t);
	}
	return o;
}

static inline struct snapshot *look(int64_t time)
{
	struct snapshot *s = snapshot_new();

	FACT_SET(snapshot_document(s), time, time);
	return s;
}

/* "attached 4712 c4712 +1 @1003500; …" */
static inline void put_events(struct buf *text, const struct snapshot *events)
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

#define SEG	KIND_SHM, true
#define POSIX	KIND_POSIX_SHM, true
#define MEMFD	KIND_MEMFD, true
#define DISK	KIND_FILE, true
#define DEVICE	KIND_DEVICE, true
#define OLD	.old = true
#define ONE	{ { 11, 1 } }
#define TWO	{ { 11, 1 }, { 12, 1 } }

/* Two looks and what is told of them. */
struct two_looks {
	struct snapshot *before, *now, *events;
	struct diff d;
	struct buf text;
};

static inline void two_begin(struct two_looks *x)
{
	*x = (struct two_looks){
		.before = look(FROM), .now = look(TO), .events = snapshot_new(), .text = BUF_INIT,
	};
}

/* The looks are gone before their events are read. */
static inline const char *two_events(struct two_looks *x)
{
	diff_snapshots(x->before, x->now, x->events, &x->d);
	snapshot_free(x->before);
	snapshot_free(x->now);
	x->before = x->now = NULL;
	buf_reset(&x->text);
	put_events(&x->text, x->events);
	return x->text.s;
}

static inline void two_end(struct two_looks *x)
{
	snapshot_free(x->before);
	snapshot_free(x->now);
	snapshot_free(x->events);
	diff_release(&x->d);
	buf_release(&x->text);
}

#endif
