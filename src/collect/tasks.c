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
	process_forget(t);
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

/* They come in order, unless one was born meanwhile. */
static void sort_listed(struct table *pids)
{
	const struct listed *l = pids->rows;
	uint32_t i = 1;

	while (i < pids->count && l[i - 1].pid <= l[i].pid)
		i++;
	if (i < pids->count)
		qsort(pids->rows, pids->count, sizeof(*l), compare_pids);
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
	sort_listed(pids);
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
static void keep_task(struct task *t, const struct listed *l)
{
	if (t->inode != l->inode) {
		task_release(t);
		t->cpu = -1;
	}
	t->pid = l->pid;
	t->inode = l->inode;
	t->process = 0;
	t->gone = false;
}

/* Whether the same pids are there as before. */
static bool same_pids(const struct table *tasks, const struct table *pids)
{
	const struct listed *l = pids->rows;
	const struct task *t = tasks->rows;
	uint32_t i = 0;

	if (tasks->count != pids->count)
		return false;
	while (i < pids->count && t[i].pid == l[i].pid)
		i++;
	return i == pids->count;
}

/* The fresh list with what is known of those that were there before: both ascend. */
static struct table merge(struct table *old, const struct table *pids)
{
	struct table fresh = { 0 };
	struct task *known = old->rows;
	uint32_t k = 0;

	table_reserve(&fresh, sizeof(struct task), pids->count);
	for (uint32_t i = 0; i < pids->count; i++) {
		const struct listed *l = (struct listed *)pids->rows + i;
		struct task *t = table_add(&fresh, sizeof(*t));

		while (k < old->count && known[k].pid < l->pid)
			task_release(&known[k++]);
		if (k < old->count && known[k].pid == l->pid)
			*t = known[k++];
		else
			buf_init(&t->names);
	}
	while (k < old->count)
		task_release(&known[k++]);
	table_release(old);
	return fresh;
}

int tasks_list(struct pass *p)
{
	struct table *tasks = &p->c->tasks, pids = { 0 };
	int rc = p->c->only ? copy_pids(p->c, &pids) : read_pids(&pids);

	if (rc < 0) {
		table_release(&pids);
		return rc;
	}
	if (!same_pids(tasks, &pids))
		*tasks = merge(tasks, &pids);
	for (uint32_t i = 0; i < pids.count; i++)
		keep_task(pass_task(p, i), (struct listed *)pids.rows + i);
	table_release(&pids);
	return 0;
}
