/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of processes, kept from pass to pass. */
#include "pass.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

void task_release(struct task *t)
{
	table_release(&t->maps);
	table_release(&t->fds);
	buf_release(&t->names);
	t->maps_valid = t->fds_valid = t->private_read = false;
}

/* A process as the listing of /proc shows it. */
struct listed {
	uint32_t pid;
	uint64_t inode;
};

static int compare_pids(const void *pa, const void *pb)
{
	const struct listed *a = pa, *b = pb;

	return (a->pid > b->pid) - (a->pid < b->pid);
}

static void add_listed(struct table *pids, uint32_t pid, uint64_t inode)
{
	*(struct listed *)table_add(pids, sizeof(struct listed)) =
		(struct listed){ .pid = pid, .inode = inode };
}

static int read_pids(struct table *pids)
{
	DIR *dir = opendir("/proc");
	struct dirent *e;
	int error;

	if (!dir)
		return -errno;
	errno = 0;
	while ((e = readdir(dir)))
		if (e->d_name[0] >= '0' && e->d_name[0] <= '9')
			add_listed(pids, strtoul(e->d_name, NULL, 10), e->d_ino);
	error = errno;
	closedir(dir);
	if (pids->count)
		qsort(pids->rows, pids->count, sizeof(struct listed), compare_pids);
	return -error;
}

static int copy_pids(const struct collector *c, struct table *pids)
{
	for (uint32_t i = 0; i < c->nonly; i++)
		if (!i || c->only[i] != c->only[i - 1])
			add_listed(pids, c->only[i], 0);
	return 0;
}

/*
 * The inode of /proc/PID is made for the process: another number behind the same pid is
 * another process, of which nothing is known yet.
 */
static void keep_task(struct task *t, struct task *known, const struct listed *l)
{
	if (!known)
		buf_init(&t->names);
	else
		*t = *known;
	if (t->inode != l->inode) {
		task_release(t);
		t->cpu = -1;
	}
	t->pid = l->pid;
	t->inode = l->inode;
	t->process = 0;
	t->gone = false;
}

/* Merge the fresh list with what is known: both ascend. */
int tasks_list(struct pass *p)
{
	struct table old = p->c->tasks, fresh = { 0 }, pids = { 0 };
	struct task *known = old.rows;
	uint32_t k = 0;
	int rc = p->c->only ? copy_pids(p->c, &pids) : read_pids(&pids);

	if (rc < 0) {
		table_release(&pids);
		return rc;
	}
	table_reserve(&fresh, sizeof(struct task), pids.count);
	for (uint32_t i = 0; i < pids.count; i++) {
		const struct listed *l = (struct listed *)pids.rows + i;
		struct task *t = table_add(&fresh, sizeof(*t));
		bool same;

		while (k < old.count && known[k].pid < l->pid)
			task_release(&known[k++]);
		same = k < old.count && known[k].pid == l->pid;
		keep_task(t, same ? &known[k++] : NULL, l);
	}
	while (k < old.count)
		task_release(&known[k++]);
	table_release(&old);
	table_release(&pids);
	p->c->tasks = fresh;
	return 0;
}
