/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the mappings of one process use: smaps, proc_pid_smaps(5). */
#include "pass.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

/* A VMA is complete when the next begins. */
struct smaps {
	smaps_fn fn;
	void *arg;
	bool pending;
	struct vma vma;
	struct smaps_usage usage;
	char names[2][PATH_MAX + 16];	/* of that one, and of the next */
	unsigned int at;
};

/* "Rss:                1024 kB" */
static bool parse_usage(const char *line, size_t len, const char *key, uint64_t *bytes)
{
	size_t n = strlen(key);

	if (len <= n || strncmp(line, key, n) || line[n] != ':')
		return false;
	*bytes = strtoull(line + n + 1, NULL, 10) * 1024;
	return true;
}

static int hand_over(struct smaps *x)
{
	bool pending = x->pending;

	x->pending = false;
	return pending ? x->fn(x->arg, &x->vma, &x->usage) : 0;
}

static int take_line(void *arg, const char *line, size_t len)
{
	struct smaps *x = arg;
	struct smaps_usage *u = &x->usage;
	struct vma vma;
	int stop;

	u->has_rss |= parse_usage(line, len, "Rss", &u->rss);
	u->has_pss |= parse_usage(line, len, "Pss", &u->pss);
	u->has_swap |= parse_usage(line, len, "Swap", &u->swap);
	if (maps_parse_line(line, len, &vma, x->names[!x->at], sizeof(x->names[0])))
		return 0;
	stop = hand_over(x);
	x->at = !x->at;
	x->vma = vma;
	x->usage = (struct smaps_usage){ 0 };
	x->pending = true;
	return stop;
}

int smaps_read(int dir, const char *path, smaps_fn fn, void *arg)
{
	struct smaps *x;
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC), rc;

	if (fd < 0)
		return -errno;
	x = xcalloc(1, sizeof(*x));
	x->fn = fn;
	x->arg = arg;
	rc = lines_read(fd, take_line, x);
	if (!rc)
		rc = hand_over(x);
	free(x);
	close(fd);
	return rc;
}
