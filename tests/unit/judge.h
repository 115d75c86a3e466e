/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_JUDGE_H
#define TESTS_JUDGE_H

#include <sys/sysmacros.h>

#include "unit.h"
#include "ipctop/lifecycle.h"

/*
 * Things to judge, described in a line. What a row leaves out speaks for leaked: nobody
 * holds it, its makers are gone, its owner has processes, it has no family, and it was last used
 * a week ago. So a row names just what it is about.
 */
#define NOW	2000000000LL		/* seconds since the epoch */
#define UPTIME	1000000LL		/* seconds on the boot clock: eleven days and a half */
#define BOOT	(NOW - UPTIME)
#define MINUTE	60LL
#define HOUR	3600LL
#define WEEK	(7 * 24 * HOUR)
#define GRACE	(10 * MINUTE)		/* the defaults of the policy */
#define LONG	(48 * HOUR)
#define NEW	-1LL			/* an age of nothing */

/* A thing came to be at CHANGED before its last use, and was attached at ATTACHED before it. */
#define CHANGED	200
#define ATTACHED 100

/*
 * Who is who. A thing of a week was made at second 395,000 of the boot clock, attached
 * at 395,100 and left at 395,200.
 */
enum {
	OLD = 100,			/* alive since boot */
	AFTER_CHANGE = 110,		/* started at 395,050 */
	AFTER_ATTACH = 120,		/* started at 395,150 */
	GONE = 200, THREAD = 300, ZOMBIE = 400, OURSELF = 500,
	REUSED = 600,			/* started ten seconds ago */
	VEILED = 700,			/* exists; its start cannot be read */
	UNLISTED = 800,			/* nobody looked */
};
#define HIDDEN	UINT64_MAX		/* the kernel says 0: of another pid namespace */

enum { RESIDENT_USER = 1000, DEPARTED_USER = 4242 };
enum said { GRANTED, REFUSED, NO_ANSWER, NOT_ASKED };
enum maker { NOBODY, UNSURE, HELD, KEPT };
/* The same row's fellows in one instance: bits. */
enum { MATE_LIVE = 1, MATE_UNKNOWN = 2 };

struct thing {
	enum kind kind;
	uint64_t nattch, mappings, openers;
	bool nattch_unknown, private_mapping, locked, waiters, mounted;
	bool values_unknown;		/* of semaphores: their values, last users and waiters */
	unsigned int messages;
	bool condemned;			/* shm: marked; others: without a link */
	enum said lease;
	bool absent, unread;		/* proven by looking twice; a task could not be read */
	bool kept;
	enum maker family;
	unsigned int family_pid;
	char instance;			/* 0: 'a' */
	uint64_t uid;			/* 0: RESIDENT_USER */
	uint64_t creator, last;		/* 0: GONE */
	bool never;			/* attached: no such time, no last user */
	bool attached_last;		/* the attach time is the later one */
	int64_t age;			/* since the latest of its times; 0: a week */
	int64_t changed, born;		/* seconds since the epoch instead of what follows from @age */
	int64_t future;			/* one of its times lies so far ahead */
	bool empty, subfolder, other_device, births_unknown;
	unsigned int links;		/* 0: one */
	unsigned int mates;
};

/* In what world. */
struct around {
	bool unsteady;			/* the clock */
	bool in_container;		/* not in the initial pid namespace */
	bool users_incomplete;
	bool older_than_set;
	uint64_t older_than;
};

struct world {
	struct snapshot *s;
	struct policy *policy;
	struct buf text;
};

static const char judge_policy[] =
	"keep shm:77777 sem:77777 msg:77777 posix-shm:/kept posix-sem:/kept memfd:0:1:77777\n"
	"family Unsure (sub/|sem\\.)?unsure-([0-9]+)-([a-z]) unsure pid=2 instance=3\n"
	"family Held (sub/|sem\\.)?held-([0-9]+)-([a-z]) held pid=2 instance=3\n"
	"family Kept (sub/|sem\\.)?kept-([0-9]+)-([a-z]) kept pid=2 instance=3\n"
	"family Unsure 0x1([0-9]{3})000([a-f]) unsure pid=1 instance=2 kinds=shm\n"
	"family Held 0x2([0-9]{3})000([a-f]) held pid=1 instance=2 kinds=shm\n"
	"family Kept 0x3([0-9]{3})000([a-f]) kept pid=1 instance=2 kinds=shm\n";

static inline void world_begin(struct world *w)
{
	struct document *doc;

	w->s = snapshot_new();
	w->s->sources = SOURCES_ALL;
	w->s->kinds = KINDS_ALL;
	doc = snapshot_document(w->s);
	FACT_SET(doc, time, NOW * 1000);
	buf_init(&w->text);
	w->policy = policy_new();
	if (policy_add_text(w->policy, "judge.h", judge_policy, &w->text))
		fail_msg("%s", w->text.s);
	if (policy_ready(w->policy, &w->text))
		fail_msg("%s", w->text.s);
}

static inline void world_end(struct world *w)
{
	snapshot_free(w->s);
	policy_free(w->policy);
	buf_release(&w->text);
}

/* The families of judge_policy by key: 0x, one digit of the maker, three of the pid, the instance. */
static inline uint64_t family_key(const struct thing *t)
{
	char text[16];

	if (!t->family)
		return 0;
	snprintf(text, sizeof(text), "%d%03u000%c", t->family, t->family_pid,
		 t->instance ? t->instance : 'a');
	return strtoul(text, NULL, 16);
}

static inline const char *file_path(struct world *w, const struct thing *t)
{
	static const char *const makers[] = { "thing", "unsure", "held", "kept" };
	char text[64];

	snprintf(text, sizeof(text), "/dev/shm/%s%s-%u-%c",
		 t->subfolder ? "sub/" : t->kind == KIND_POSIX_SEM ? "sem." : "", makers[t->family],
		 t->family_pid, t->instance ? t->instance : 'a');
	return arena_strdup(w->s->arena, text);
}

/* Names and paths need not fit together: each is read by a rule of its own. */
static inline void set_name(struct world *w, struct object *o, const struct thing *t, uint32_t number)
{
	bool nameless = t->kind == KIND_MEMFD || t->kind == KIND_ANON || t->kind == KIND_SPECIAL;
	const char *kind = kinds[t->kind].name;
	char text[64];

	if (kinds[t->kind].sysv) {
		FACT_SET(o, id, t->kept ? 77777 : number);
		FACT_SET(o, key, family_key(t));
		snprintf(text, sizeof(text), "%s:%u", kind, (unsigned int)o->id);
	} else if (nameless || !t->kept) {
		snprintf(text, sizeof(text), "%s:0:1:%u", kind, t->kept ? 77777 : number);
	} else {
		snprintf(text, sizeof(text), "%s:/kept", kind);
	}
	FACT_SET(o, name, arena_strdup(w->s->arena, text));
	if (nameless)
		FACT_SET(o, label, "thing");
	else if (!kinds[t->kind].sysv)
		FACT_SET(o, path, file_path(w, t));
}

static inline void set_times(struct object *o, const struct thing *t)
{
	int64_t used = NOW - (!t->age ? WEEK : t->age == NEW ? 0 : t->age), first, then;

	FACT_SET(o, change_time, t->changed ? t->changed : used - CHANGED);
	if (!kinds[t->kind].sysv) {
		FACT_SET(o, modify_time, t->future ? NOW + t->future : used - ATTACHED);
		FACT_SET(o, access_time, used);
		if (t->births_unknown)
			FACT_UNKNOWN(o, birth_time);
		else
			FACT_SET(o, birth_time, t->born ? t->born : used - CHANGED);
		return;
	}
	if (t->never) {
		/* then the change time is the latest */
		FACT_SET(o, change_time, t->changed ? t->changed : used);
		return;
	}
	first = t->future ? NOW + t->future : t->attached_last ? used : used - ATTACHED;
	then = t->attached_last ? used - ATTACHED : used;
	if (t->kind == KIND_SEM) {
		FACT_SET(o, operation_time, t->future ? first : used);
	} else if (t->kind == KIND_MSG) {
		/* the receiver is the one that may be alive */
		FACT_SET(o, send_time, first);
		FACT_SET(o, receive_time, then);
		FACT_SET(o, send_pid, GONE);
		if (t->last == HIDDEN)
			FACT_UNKNOWN(o, receive_pid);
		else
			FACT_SET(o, receive_pid, t->last ? t->last : GONE);
	} else {
		FACT_SET(o, attach_time, first);
		FACT_SET(o, detach_time, then);
	}
}

static inline void set_semaphores(struct world *w, struct object *o, const struct thing *t)
{
	/* one that was never used, and one that was */
	struct semaphore *unused = snapshot_add(w->s, CLASS_SEMAPHORE), *one;
	struct span both = { snapshot_count(w->s, CLASS_SEMAPHORE) - 1, 2 };

	FACT_SET(unused, number, 0);
	one = snapshot_add(w->s, CLASS_SEMAPHORE);
	FACT_SET(one, number, 1);
	if (t->last == HIDDEN)
		FACT_UNKNOWN(one, last_pid);
	else if (!t->never)
		FACT_SET(one, last_pid, t->last ? t->last : GONE);
	FACT_SET(o, values, both);
	FACT_SET(o, waiters, t->waiters);
}

static inline void set_sysv(struct world *w, struct object *o, const struct thing *t)
{
	if (t->creator == HIDDEN)
		FACT_UNKNOWN(o, creator_pid);
	else if (t->kind == KIND_SHM)
		FACT_SET(o, creator_pid, t->creator ? t->creator : GONE);
	if (t->values_unknown) {
		FACT_UNKNOWN(o, values);
		FACT_UNKNOWN(o, waiters);
	} else if (t->kind == KIND_SEM) {
		set_semaphores(w, o, t);
	}
	if (t->last == HIDDEN || t->values_unknown)
		FACT_UNKNOWN(o, last_pid);
	else if (!t->never && t->kind != KIND_SEM)
		FACT_SET(o, last_pid, t->last ? t->last : GONE);
	if (t->kind == KIND_MSG)
		FACT_SET(o, messages, t->messages);
	if (t->kind == KIND_SHM && !t->nattch_unknown)
		FACT_SET(o, nattch, t->nattch);
	else if (t->kind == KIND_SHM)
		FACT_UNKNOWN(o, nattch);
	o->flags |= t->condemned ? OBJECT_CONDEMNED : 0;
}

static inline void set_file(struct object *o, const struct thing *t)
{
	static const enum lease leases[] = {
		[GRANTED] = LEASE_GRANTED, [REFUSED] = LEASE_REFUSED, [NO_ANSWER] = LEASE_NO_ANSWER,
		[NOT_ASKED] = LEASE_NOT_ASKED,
	};

	/* nobody asks a file whose holders are known */
	o->evidence.lease = t->mappings || t->openers || t->private_mapping || !kinds[t->kind].outlives ?
		LEASE_NOT_ASKED : leases[t->lease];
	FACT_SET(o, links, t->condemned ? 0 : t->links ? t->links : 1);
	o->flags |= t->condemned ? OBJECT_UNLINKED : 0;
	FACT_SET(o, openers, t->openers);
}

/* One more object; gives its index. */
static inline uint32_t world_add(struct world *w, const struct thing *t)
{
	uint32_t i = snapshot_count(w->s, CLASS_OBJECT);
	struct object *o = snapshot_add(w->s, CLASS_OBJECT);

	FACT_SET(o, kind, t->kind);
	set_name(w, o, t, i + 1);
	FACT_SET(o, device, t->other_device ? makedev(0, 31) : makedev(0, kinds[t->kind].sysv ? 1 : 30));
	FACT_SET(o, inode, i + 1);
	FACT_SET(o, size, t->empty ? 0 : 4096);
	FACT_SET(o, uid, t->uid ? t->uid : RESIDENT_USER);
	FACT_SET(o, mappings, t->mappings);
	FACT_SET(o, processes, t->mappings > 0);
	FACT_SET(o, flags, 0);
	set_times(o, t);
	if (kinds[t->kind].sysv)
		set_sysv(w, o, t);
	else
		set_file(o, t);
	o->evidence.private_mapping = t->private_mapping;
	o->evidence.locked = t->locked;
	o->evidence.waiters = t->waiters;
	o->evidence.mounted = t->mounted;
	o->evidence.absent = t->absent;
	o->evidence.holders_unread = t->unread;
	o->evidence.subfolder = t->subfolder;
	lifecycle_family(w->s, o, w->policy);
	return i;
}

static const struct pid_fact judge_pids[] = {
	{ .pid = OLD, .exists = true, .has_start = true, .start = 10000 },
	{ .pid = AFTER_CHANGE, .exists = true, .has_start = true, .start = 395050000 },
	{ .pid = AFTER_ATTACH, .exists = true, .has_start = true, .start = 395150000 },
	{ .pid = GONE },
	{ .pid = THREAD, .exists = true, .is_thread = true, .has_start = true, .start = 10000 },
	{ .pid = ZOMBIE, .exists = true, .is_dead_zombie = true, .has_start = true, .start = 10000 },
	{ .pid = OURSELF, .exists = true, .is_self = true, .has_start = true, .start = 10000 },
	{ .pid = REUSED, .exists = true, .has_start = true, .start = (UPTIME - 10) * 1000 },
	{ .pid = VEILED, .exists = true },
};
static const uint64_t judge_users[] = { 0, RESIDENT_USER, 1001 };

static inline struct scene world_scene(const struct world *w, const struct around *around)
{
	return (struct scene){
		.now = NOW * 1000, .boot = UPTIME * 1000,
		.steady = !around->unsteady, .initial_pid_ns = !around->in_container,
		.uids_complete = !around->users_incomplete,
		.uids = judge_users, .nuids = ARRAY_SIZE(judge_users),
		.pids = judge_pids, .npids = ARRAY_SIZE(judge_pids),
		.policy = w->policy,
		.older_than_set = around->older_than_set, .older_than = around->older_than,
	};
}

static inline void world_judge(struct world *w, const struct around *around)
{
	struct scene scene = world_scene(w, around);

	lifecycle_judge(w->s, &scene, true);
}

/* "stale: abandoned": the verdict and the codes as told; "-" for none. Valid until the next call. */
static inline const char *world_verdict(struct world *w, uint32_t i)
{
	const struct object *o = snapshot_object(w->s, i);

	buf_reset(&w->text);
	if (!FACT_KNOWN(o, verdict)) {
		buf_putc(&w->text, FACT_IS_UNKNOWN(o, verdict) ? '?' : '-');
	} else {
		buf_puts(&w->text, verdict_names[o->verdict]);
		buf_putc(&w->text, ':');
	}
	for (uint32_t n = 0; n < o->reasons.count; n++) {
		const struct reason *r = snapshot_row(w->s, CLASS_REASON, o->reasons.first + n);

		buf_putc(&w->text, ' ');
		buf_puts(&w->text, r->code);
	}
	return w->text.s;
}

/* One thing, judged alone or with its mates. */
static inline const char *judge(struct world *w, const struct thing *t, const struct around *around)
{
	uint32_t i = world_add(w, t);
	struct thing mate = { .kind = t->kind, .family = t->family, .instance = t->instance,
			      .family_pid = t->family_pid, .uid = t->uid };

	if (t->mates & MATE_LIVE) {
		mate.nattch = t->kind == KIND_SHM;
		mate.mappings = 1;
		world_add(w, &mate);
		mate.nattch = mate.mappings = 0;
	}
	if (t->mates & MATE_UNKNOWN) {
		mate.nattch_unknown = true;
		mate.lease = NO_ANSWER;
		world_add(w, &mate);
	}
	world_judge(w, around);
	return world_verdict(w, i);
}

#endif
