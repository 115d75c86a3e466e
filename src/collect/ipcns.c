/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The IPC namespaces in sight: the reader's, those of processes, and those that only a mount keeps. */
#include "sysv.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct sysv_kind *const readers[] = { &sysv_shm, &sysv_sem, &sysv_msg, &posix_mqueue };

/* One namespace, and what each kind has there. */
struct visit {
	int fd;				/* of the namespace; -1: the reader's own */
	int error;			/* of entering it */
	struct {
		void *reading;		/* NULL: not asked for */
		int error;
	} of[ARRAY_SIZE(readers)];
};

static void read_all(struct visit *v)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(readers); i++)
		if (v->of[i].reading)
			v->of[i].error = readers[i]->read(v->of[i].reading);
}

static void *enter(void *arg)
{
	struct visit *v = arg;

	/* a thread changes its own only; it ends right after */
	if (setns(v->fd, CLONE_NEWIPC) < 0)
		v->error = errno;
	else
		read_all(v);
	return NULL;
}

static void go_there(struct visit *v)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, enter, v))
		v->error = EAGAIN;
	else
		pthread_join(thread, NULL);
}

/* Through process @pid; 0: none. */
static void visit(struct pass *p, uint64_t ns, int fd, uint32_t pid)
{
	struct visit v = { .fd = fd };

	for (unsigned int i = 0; i < ARRAY_SIZE(readers); i++)
		if (p->sources & SOURCE_BIT(readers[i]->source))
			v.of[i].reading = readers[i]->begin(p, fd < 0);
	if (fd < 0)
		read_all(&v);
	else
		go_there(&v);
	if (v.error)
		snapshot_gap(p->s, "namespaces", v.error, pid);
	for (unsigned int i = 0; i < ARRAY_SIZE(readers); i++) {
		if (!v.of[i].reading)
			continue;
		/* ENOSYS: a kernel without System V IPC has none, and can say so */
		if (v.of[i].error)
			snapshot_gap(p->s, fd < 0 ? source_names[readers[i]->source] : "namespaces",
				     v.of[i].error, pid);
		readers[i]->take(p, v.of[i].reading, ns, !v.error && !v.of[i].error);
	}
}

struct seen {
	struct table numbers;		/* uint64_t: namespaces that were read */
};

static bool seen_before(struct seen *seen, uint64_t ns)
{
	const uint64_t *numbers = seen->numbers.rows;

	for (uint32_t i = 0; i < seen->numbers.count; i++)
		if (numbers[i] == ns)
			return true;
	*(uint64_t *)table_add(&seen->numbers, sizeof(ns)) = ns;
	return false;
}

static bool is_namespace(int fd, uint64_t ns)
{
	struct stat st;

	return !fstat(fd, &st) && st.st_ino == ns;
}

static void visit_those_of_tasks(struct pass *p, struct seen *seen)
{
	for (uint32_t i = 0; i < p->c->tasks.count; i++) {
		const struct task *t = pass_task(p, i);
		char path[40];
		int fd;

		if (!t->ipc_ns || t->gone || seen_before(seen, t->ipc_ns))
			continue;
		snprintf(path, sizeof(path), "/proc/%u/ns/ipc", t->pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0) {
			if (errno == ENOENT || errno == ESRCH)
				seen->numbers.count--;	/* another member will do */
			else
				snapshot_gap(p->s, "namespaces", errno, t->pid);
			continue;
		}
		/* it may have moved on, or be another process by now */
		if (is_namespace(fd, t->ipc_ns))
			visit(p, t->ipc_ns, fd, t->pid);
		else
			seen->numbers.count--;
		close(fd);
	}
}

/* Namespaces that only a bind mount keeps have no process: nsfs in mountinfo. */
static void visit_those_of_mounts(struct pass *p, struct seen *seen)
{
	const struct mounts *own = p->mounts.rows;
	const struct mount *m = p->mounts.count ? own->rows.rows : NULL;

	for (uint32_t k = 0; m && k < own->rows.count; k++) {
		uint64_t ns;
		int fd;

		if (strcmp(m[k].type, "nsfs") || strncmp(m[k].root, "ipc:[", 5))
			continue;
		ns = strtoull(m[k].root + 5, NULL, 10);
		if (seen_before(seen, ns))
			continue;
		if (mounts_may_hang(p, m[k].point)) {
			snapshot_gap(p->s, "namespaces", EREMOTE, 0);
			continue;
		}
		/* what stands on top of it may be anything, a FIFO as well */
		fd = open(m[k].point, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		if (fd < 0 || !is_namespace(fd, ns))
			snapshot_gap(p->s, "namespaces", fd < 0 ? errno : ENOENT, 0);
		else
			visit(p, ns, fd, 0);
		if (fd >= 0)
			close(fd);
	}
}

void sysv_perm(struct pass *p, struct object *o, const struct ipc_perm *perm, uint64_t ns, int64_t changed)
{
	FACT_SET(o, key, (uint32_t)perm->__key);
	FACT_SET(o, ipc_ns, ns);
	FACT_SET(o, mode, perm->mode & 0777);
	FACT_SET(o, uid, perm->uid);
	FACT_SET(o, gid, perm->gid);
	FACT_SET(o, creator_uid, perm->cuid);
	FACT_SET(o, creator_gid, perm->cgid);
	FACT_SET(o, change_time, changed);
	o->flags |= perm->mode & 0002 ? OBJECT_WORLD_WRITABLE : 0;
	o->evidence.namespace_other = ns != p->c->ipc_ns;
}

void ipc_namespaces_read(struct pass *p)
{
	struct seen seen = { 0 };

	visit(p, p->c->ipc_ns, -1, 0);
	seen_before(&seen, p->c->ipc_ns);
	visit_those_of_tasks(p, &seen);
	visit_those_of_mounts(p, &seen);
	table_release(&seen.numbers);
}
