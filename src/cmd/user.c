/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The users chosen by -u. */
#include "cmd.h"

#include <errno.h>
#include <pthread.h>
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
	char *name;
	unsigned int holders;
	bool done;
	int error;		/* positive; ENOENT: no such user */
	uint64_t uid;
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

static void *ask(void *arg)
{
	struct question *q = arg;
	struct passwd entry, *found = NULL;
	size_t room = 16 * 1024;
	char *text = xcalloc(1, room);
	int rc;

	while ((rc = getpwnam_r(q->name, &entry, text, room, &found)) == ERANGE && room < 1 << 24)
		text = xrealloc(text, room *= 2, 1);
	pthread_mutex_lock(&q->lock);
	q->uid = found ? found->pw_uid : 0;
	/* for "no such user" the services give any of these, or none */
	q->error = found ? 0 : rc && rc != ESRCH && rc != EBADF && rc != EPERM ? rc : ENOENT;
	q->done = true;
	pthread_cond_signal(&q->answered);
	pthread_mutex_unlock(&q->lock);
	free(text);
	question_put(q);
	return NULL;
}

static struct question *question_new(const char *name)
{
	struct question *q = xcalloc(1, sizeof(*q));
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&q->answered, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&q->lock, NULL);
	q->name = xstrdup(name);
	q->holders = 2;
	return q;
}

/* 0 or a positive errno; ETIMEDOUT when nothing came in time. */
static int look_up(const char *name, uint64_t *uid)
{
	struct question *q = question_new(name);
	struct timespec until;
	pthread_t thread;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ANSWER_SECONDS;
	if (pthread_create(&thread, NULL, ask, q))
		ask(q);
	else
		pthread_detach(thread);
	pthread_mutex_lock(&q->lock);
	while (!q->done && !rc)
		rc = pthread_cond_timedwait(&q->answered, &q->lock, &until);
	if (q->done) {
		rc = q->error;
		*uid = q->uid;
	}
	pthread_mutex_unlock(&q->lock);
	question_put(q);
	return rc;
}

int users_resolve(struct users *u, struct buf *error)
{
	const char **names = u->names.rows;

	for (uint32_t i = 0; i < u->names.count; i++) {
		uint64_t uid;
		int rc = look_up(names[i], &uid);

		if (!rc) {
			*(uint64_t *)table_add(&u->uids, sizeof(uid)) = uid;
			continue;
		}
		text_escape(error, names[i], strlen(names[i]), 0);
		buf_printf(error, ": %s", rc == ENOENT ? "no such user" : strerror(rc));
		return -rc;
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
