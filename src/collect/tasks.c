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

static int compare_pids(const void *pa, const void *pb)
{
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

	return (a > b) - (a < b);
}

static int read_pids(struct table *pids)
{
	DIR *dir = opendir("/proc");
	struct dirent *e;
	int error;

	if (!dir)
		return -errno;
	errno = 0;
	while ((e = readdir(dir))) {
		uint32_t *pid;

		if (e->d_name[0] < '0' || e->d_name[0] > '9')
			continue;
		pid = table_add(pids, sizeof(*pid));
		*pid = strtoul(e->d_name, NULL, 10);
	}
	error = errno;
	closedir(dir);
	qsort(pids->rows, pids->count, sizeof(uint32_t), compare_pids);
	return -error;
}

static int copy_pids(const struct collector *c, struct table *pids)
{
	for (uint32_t i = 0; i < c->nonly; i++)
		if (!i || c->only[i] != c->only[i - 1])
			*(uint32_t *)table_add(pids, sizeof(uint32_t)) = c->only[i];
	return 0;
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
	for (uint32_t i = 0; i < pids.count; i++) {
		uint32_t pid = ((uint32_t *)pids.rows)[i];
		struct task *t = table_add(&fresh, sizeof(*t));

		while (k < old.count && known[k].pid < pid)
			task_release(&known[k++]);
		if (k < old.count && known[k].pid == pid)
			*t = known[k++];
		else
			buf_init(&t->names);
		t->pid = pid;
		t->process = 0;
		t->gone = false;
	}
	while (k < old.count)
		task_release(&known[k++]);
	table_release(&old);
	table_release(&pids);
	p->c->tasks = fresh;
	return 0;
}
