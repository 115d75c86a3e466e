/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of users and groups, from a service that may not answer. */
#include "pass.h"

#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <pwd.h>

#define PATIENCE_S 2

struct entry {
	uint32_t id;
	bool is_group, resolved;
	char *name;			/* NULL: it has none */
};

/*
 * Shared with the thread that asks: should the service hang, the thread outlives its
 * owner, and the last of the two frees it.
 */
struct question {
	pthread_mutex_t lock;
	pthread_cond_t answered;
	struct table entries;		/* struct entry */
	bool done, abandoned;
};

struct user_names {
	struct table entries;		/* struct entry, ascending by group and id */
	bool stuck;			/* the service did not answer: it is not asked again */
};

static void question_free(struct question *q)
{
	struct entry *e = q->entries.rows;

	for (uint32_t i = 0; i < q->entries.count; i++)
		free(e[i].name);
	table_release(&q->entries);
	pthread_cond_destroy(&q->answered);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

static int look_up_in(uint32_t id, bool is_group, char *text, size_t room, char **name)
{
	int error;

	if (is_group) {
		struct group g, *found;

		error = getgrgid_r(id, &g, text, room, &found);
		if (!error && found)
			*name = xstrdup(g.gr_name);
	} else {
		struct passwd w, *found;

		error = getpwuid_r(id, &w, text, room, &found);
		if (!error && found)
			*name = xstrdup(w.pw_name);
	}
	return error;
}

/* A group comes with all of its members: that can be much. */
static char *look_up(uint32_t id, bool is_group)
{
	char *name = NULL;
	int error = ERANGE;

	for (size_t room = 4096; error == ERANGE && room <= 16 << 20; room *= 4) {
		char *text = xcalloc(room, 1);

		error = look_up_in(id, is_group, text, room, &name);
		free(text);
	}
	return name;
}

static void *answer(void *arg)
{
	struct question *q = arg;
	struct entry *e = q->entries.rows;
	bool abandoned;

	for (uint32_t i = 0; i < q->entries.count; i++) {
		char *name = look_up(e[i].id, e[i].is_group);

		pthread_mutex_lock(&q->lock);
		e[i].name = name;
		e[i].resolved = true;
		abandoned = q->abandoned;
		pthread_mutex_unlock(&q->lock);
		if (abandoned)
			break;
	}
	pthread_mutex_lock(&q->lock);
	q->done = true;
	abandoned = q->abandoned;
	pthread_cond_signal(&q->answered);
	pthread_mutex_unlock(&q->lock);
	if (abandoned)
		question_free(q);
	return NULL;
}

static int compare_entries(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;

	if (a->is_group != b->is_group)
		return a->is_group ? 1 : -1;
	return (a->id > b->id) - (a->id < b->id);
}

static const struct entry *find_entry(const struct table *entries, uint32_t id, bool is_group)
{
	struct entry key = { .id = id, .is_group = is_group };

	return entries->count ? bsearch(&key, entries->rows, entries->count, sizeof(key),
					compare_entries) : NULL;
}

struct user_names *user_names_new(void)
{
	return xcalloc(1, sizeof(struct user_names));
}

void user_names_free(struct user_names *n)
{
	struct entry *e = n->entries.rows;

	for (uint32_t i = 0; i < n->entries.count; i++)
		free(e[i].name);
	table_release(&n->entries);
	free(n);
}

/* Move the answers over; those still open count as unknown. */
static void take_answers(struct user_names *n, struct question *q)
{
	struct entry *e = q->entries.rows;

	for (uint32_t i = 0; i < q->entries.count; i++) {
		*(struct entry *)table_add(&n->entries, sizeof(*e)) = e[i];
		e[i].name = NULL;
	}
	qsort(n->entries.rows, n->entries.count, sizeof(struct entry), compare_entries);
}

/* 0, ETIMEDOUT when the service did not answer in time, or another errno. Takes @q over. */
static int ask(struct user_names *n, struct question *q)
{
	struct timespec until;
	sigset_t all, old;
	pthread_t thread;
	bool done;
	int rc;

	/* signals are for the thread that waits for them */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&thread, NULL, answer, q);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc) {
		question_free(q);
		return rc;
	}
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += PATIENCE_S;
	pthread_mutex_lock(&q->lock);
	rc = 0;
	while (!q->done && rc == 0)
		rc = pthread_cond_timedwait(&q->answered, &q->lock, &until);
	done = q->done;
	take_answers(n, q);
	q->abandoned = !done;
	pthread_mutex_unlock(&q->lock);
	if (!done) {
		pthread_detach(thread);
		return ETIMEDOUT;
	}
	/* a program that forks is better alone: locks of a thread on its way out stay locked in the child */
	pthread_join(thread, NULL);
	question_free(q);
	return 0;
}

static void want(struct question *q, const struct user_names *n, bool known, uint64_t id, bool is_group)
{
	struct entry *e = q->entries.rows;

	if (!known || find_entry(&n->entries, id, is_group))
		return;
	/* neighbours are mostly of one user */
	for (uint32_t i = q->entries.count; i-- > 0;)
		if (e[i].id == id && e[i].is_group == is_group)
			return;
	e = table_add(&q->entries, sizeof(*e));
	*e = (struct entry){ .id = id, .is_group = is_group };
}

static void want_all(struct pass *p, struct question *q, const struct user_names *n)
{
	for (uint32_t i = 0; i < snapshot_count(p->s, CLASS_OBJECT); i++) {
		const struct object *o = snapshot_object(p->s, i);

		want(q, n, FACT_KNOWN(o, uid), o->uid, false);
		want(q, n, FACT_KNOWN(o, gid), o->gid, true);
		want(q, n, FACT_KNOWN(o, creator_uid), o->creator_uid, false);
		want(q, n, FACT_KNOWN(o, creator_gid), o->creator_gid, true);
	}
	for (uint32_t i = 0; i < snapshot_count(p->s, CLASS_PROCESS); i++) {
		const struct process *row = snapshot_row(p->s, CLASS_PROCESS, i);

		want(q, n, FACT_KNOWN(row, uid), row->uid, false);
	}
	for (uint32_t i = 0; i < snapshot_count(p->s, CLASS_PILE); i++) {
		const struct pile *row = snapshot_row(p->s, CLASS_PILE, i);

		want(q, n, FACT_KNOWN(row, uid), row->uid, false);
	}
}

/* One copy in the arena for a run of rows of one user. */
struct last_name {
	const struct entry *entries[4];
	const char *copies[4];
	unsigned int next;
};

static const struct entry *find_again(const struct user_names *n, uint32_t id, bool is_group,
				      const struct last_name *last)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(last->entries); i++)
		if (last->entries[i] && last->entries[i]->id == id &&
		    last->entries[i]->is_group == is_group)
			return last->entries[i];
	return find_entry(&n->entries, id, is_group);
}

/* A number without a name is no unknown: the field does not apply. */
#define FILL(row, id_, name_, group_) do {						\
	const struct entry *e_;								\
											\
	if (FACT_IS_UNKNOWN(row, id_))							\
		FACT_UNKNOWN(row, name_);						\
	if (!FACT_KNOWN(row, id_))							\
		break;									\
	e_ = find_again(n, (row)->id_, group_, &last);					\
	if (!e_ || !e_->resolved)							\
		FACT_UNKNOWN(row, name_);						\
	else if (e_->name)								\
		FACT_SET(row, name_, shared_name(p, e_, &last));			\
} while (0)

static const char *shared_name(struct pass *p, const struct entry *e, struct last_name *last)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(last->entries); i++)
		if (last->entries[i] == e)
			return last->copies[i];
	last->next = (last->next + 1) % ARRAY_SIZE(last->entries);
	last->entries[last->next] = e;
	last->copies[last->next] = arena_strdup(p->s->arena, e->name);
	return last->copies[last->next];
}

static void fill_all(struct pass *p, const struct user_names *n)
{
	struct last_name last = { 0 };

	for (uint32_t i = 0; i < snapshot_count(p->s, CLASS_OBJECT); i++) {
		struct object *o = snapshot_object(p->s, i);

		FILL(o, uid, user, false);
		FILL(o, gid, group, true);
		FILL(o, creator_uid, creator_user, false);
		FILL(o, creator_gid, creator_group, true);
	}
	for (uint32_t i = 0; i < snapshot_count(p->s, CLASS_PROCESS); i++) {
		struct process *row = snapshot_row(p->s, CLASS_PROCESS, i);

		FILL(row, uid, user, false);
	}
	for (uint32_t i = 0; i < snapshot_count(p->s, CLASS_PILE); i++) {
		struct pile *row = snapshot_row(p->s, CLASS_PILE, i);

		FILL(row, uid, user, false);
	}
}

void user_names_fill(struct pass *p)
{
	struct user_names *n = p->c->names;
	struct question *q = xcalloc(1, sizeof(*q));
	pthread_condattr_t attr;
	int rc = n->stuck ? ETIMEDOUT : 0;

	pthread_mutex_init(&q->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&q->answered, &attr);
	pthread_condattr_destroy(&attr);
	if (!n->stuck)
		want_all(p, q, n);
	if (!q->entries.count)
		question_free(q);
	else
		rc = ask(n, q);
	n->stuck = rc == ETIMEDOUT;
	if (rc)
		snapshot_gap(p->s, "users", rc, 0);
	fill_all(p, n);
}
