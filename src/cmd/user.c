/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Users and groups by name: those chosen by -u, and new owners. */
#include "cmd.h"

#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <pwd.h>
#include "ipctop/text.h"

#define ANSWER_SECONDS 2

static bool parse_uid(const char *text, uint64_t *uid)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*uid = strtoull(text, &end, 10);
	return !*end && !errno && *uid < UINT32_MAX;
}

int users_add(void *users, const char *list, struct buf *error)
{
	struct users *u = users;
	char *rest = xstrdup(list), *word;
	uint64_t uid;

	u->kept = xrealloc(u->kept, u->nkept + 1, sizeof(*u->kept));
	u->kept[u->nkept++] = rest;
	while ((word = strsep(&rest, ","))) {
		if (!*word) {
			buf_puts(error, "a user has a name or a number, and there is none");
			return -EINVAL;
		}
		if (parse_uid(word, &uid))
			*(uint64_t *)table_add(&u->uids, sizeof(uid)) = uid;
		else
			*(const char **)table_add(&u->names, sizeof(word)) = word;
	}
	return 0;
}

/*
 * A name service may hang for minutes: the question is asked in a thread that is left behind
 * when it does not answer. Two hold the question: the last one frees it.
 */
struct question {
	pthread_mutex_t lock;
	pthread_cond_t answered;
	enum sought { A_USER, A_UID, A_GROUP } sought;
	char *name;		/* or the number of A_UID, in digits */
	unsigned int holders;
	bool done;
	int error;		/* positive; ENOENT: none of that name */
	uint64_t uid, gid;	/* gid: of a user, that of the login */
};

static void question_put(struct question *q)
{
	bool last;

	pthread_mutex_lock(&q->lock);
	last = !--q->holders;
	pthread_mutex_unlock(&q->lock);
	if (!last)
		return;
	pthread_mutex_destroy(&q->lock);
	pthread_cond_destroy(&q->answered);
	free(q->name);
	free(q);
}

static int ask_group(const struct question *q, char *text, size_t room, bool *found, uint64_t *gid)
{
	struct group entry, *g = NULL;
	int rc = getgrnam_r(q->name, &entry, text, room, &g);

	*found = g;
	if (g)
		*gid = g->gr_gid;
	return rc;
}

static int ask_user(const struct question *q, char *text, size_t room, bool *found, uint64_t *uid,
		    uint64_t *gid)
{
	struct passwd entry, *w = NULL;
	int rc = q->sought == A_USER ?
		 getpwnam_r(q->name, &entry, text, room, &w) :
		 getpwuid_r(strtoul(q->name, NULL, 10), &entry, text, room, &w);

	*found = w;
	if (w) {
		*uid = w->pw_uid;
		*gid = w->pw_gid;
	}
	return rc;
}

static void *ask(void *arg)
{
	struct question *q = arg;
	uint64_t uid = 0, gid = 0;
	size_t room = 16 * 1024;
	char *text = xcalloc(1, room);
	bool found;
	int rc;

	while ((rc = q->sought == A_GROUP ? ask_group(q, text, room, &found, &gid) :
		     ask_user(q, text, room, &found, &uid, &gid)) == ERANGE && room < 1 << 24)
		text = xrealloc(text, room *= 2, 1);
	pthread_mutex_lock(&q->lock);
	q->uid = uid;
	q->gid = gid;
	/* for "no such user" the services give any of these, or none */
	q->error = found ? 0 : rc && rc != ESRCH && rc != EBADF && rc != EPERM ? rc : ENOENT;
	q->done = true;
	pthread_cond_signal(&q->answered);
	pthread_mutex_unlock(&q->lock);
	free(text);
	question_put(q);
	return NULL;
}

static struct question *question_new(enum sought sought, const char *name)
{
	struct question *q = xcalloc(1, sizeof(*q));
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&q->answered, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&q->lock, NULL);
	q->sought = sought;
	q->name = xstrdup(name);
	q->holders = 2;
	return q;
}

/* 0 or a positive errno; ETIMEDOUT when nothing came in time. */
static int look_up(enum sought sought, const char *name, uint64_t *uid, uint64_t *gid)
{
	struct question *q = question_new(sought, name);
	struct timespec until;
	bool asked, done;
	sigset_t all, old;
	pthread_t thread;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ANSWER_SECONDS;
	/* signals are for the thread that waits for them */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	asked = !pthread_create(&thread, NULL, ask, q);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!asked)
		ask(q);
	pthread_mutex_lock(&q->lock);
	while (!q->done && !rc)
		rc = pthread_cond_timedwait(&q->answered, &q->lock, &until);
	done = q->done;
	if (done) {
		rc = q->error;
		*uid = q->uid;
		*gid = q->gid;
	}
	pthread_mutex_unlock(&q->lock);
	question_put(q);
	/* one on its way out would leave its locks behind in a child */
	if (asked && done)
		pthread_join(thread, NULL);
	else if (asked)
		pthread_detach(thread);
	return rc;
}

static int refuse(const char *name, int rc, enum sought sought, struct buf *error)
{
	text_escape(error, name, strlen(name), 0);
	buf_printf(error, ": %s", rc != ENOENT ? strerror(rc) :
		   sought == A_GROUP ? "no such group" : "no such user");
	return -rc;
}

/* "alice", "1000"; with @gid the group of its login. */
static int find_owner(const char *text, uint64_t *uid, uint64_t *gid, struct buf *error)
{
	bool number = parse_uid(text, uid);
	enum sought sought = number ? A_UID : A_USER;
	uint64_t group;
	int rc;

	if (number && !gid)
		return 0;
	rc = look_up(sought, text, uid, gid ? gid : &group);
	return rc ? refuse(text, rc, sought, error) : 0;
}

static int find_group(const char *text, uint64_t *gid, struct buf *error)
{
	uint64_t uid;
	int rc;

	if (parse_uid(text, gid))
		return 0;
	rc = look_up(A_GROUP, text, &uid, gid);
	return rc ? refuse(text, rc, A_GROUP, error) : 0;
}

int owner_parse(const char *text, struct owner *owner, struct buf *error)
{
	const char *colon = strchr(text, ':');
	char *user = colon ? xstrndup(text, colon - text) : xstrdup(text);
	bool login = colon && !colon[1];
	int rc = 0;

	*owner = (struct owner){ .has_uid = *user, .has_gid = colon && (*user || colon[1]) };
	if (!owner->has_uid && !owner->has_gid) {
		buf_puts(error, "an owner is USER, USER:GROUP, USER: (the group of the login) or :GROUP");
		rc = -EINVAL;
	}
	if (!rc && owner->has_uid)
		rc = find_owner(user, &owner->uid, login ? &owner->gid : NULL, error);
	if (!rc && owner->has_gid && !login)
		rc = find_group(colon + 1, &owner->gid, error);
	free(user);
	return rc;
}

int users_resolve(struct users *u, struct buf *error)
{
	const char **names = u->names.rows;

	for (uint32_t i = 0; i < u->names.count; i++) {
		uint64_t uid, gid;
		int rc = look_up(A_USER, names[i], &uid, &gid);

		if (rc)
			return refuse(names[i], rc, A_USER, error);
		*(uint64_t *)table_add(&u->uids, sizeof(uid)) = uid;
	}
	table_release(&u->names);
	return 0;
}

bool users_have(const struct users *u, bool has_uid, uint64_t uid, const char *name)
{
	const uint64_t *uids = u->uids.rows;
	const char *const *names = u->names.rows;

	for (uint32_t i = 0; has_uid && i < u->uids.count; i++)
		if (uids[i] == uid)
			return true;
	for (uint32_t i = 0; name && i < u->names.count; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

void users_release(struct users *u)
{
	for (unsigned int i = 0; i < u->nkept; i++)
		free(u->kept[i]);
	free(u->kept);
	table_release(&u->uids);
	table_release(&u->names);
}
