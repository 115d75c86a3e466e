/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared memory by control group, as the kernel charges it: memory.stat, cgroups(7). */
#include "pass.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "ipctop/io.h"

#define STAT_MAX	(1 << 20)
#define DEPTH_MAX	64

struct walk {
	struct pass *p;
	bool hierarchical;		/* version 2: each counts those below it, too */
	struct buf path;
};

/* Bytes of the line "shmem N"; -1: there is none. */
static int64_t shmem_of(struct walk *w, int dir)
{
	struct buf text = BUF_INIT;
	int rc = io_read_file(dir, "memory.stat", &text, STAT_MAX);
	const char *line = NULL;
	int64_t bytes = -1;

	if (!rc)
		line = !strncmp(text.s, "shmem ", 6) ? text.s : strstr(text.s, "\nshmem ");
	if (line)
		bytes = strtoll(strchr(line, ' ') + 1, NULL, 10);
	else if (rc && rc != -ENOENT && rc != -ENODEV)
		snapshot_gap(w->p->s, "cgroups", -rc, 0);
	buf_release(&text);
	return bytes;
}

static void add_row(struct walk *w, int64_t bytes)
{
	struct cgroup_row *row;

	if (bytes <= 0)
		return;
	row = snapshot_add(w->p->s, CLASS_CGROUP);
	FACT_SET(row, path, arena_strdup(w->p->s->arena, w->path.len ? w->path.s : "/"));
	FACT_SET(row, shmem, bytes);
}

static int64_t walk_folder(struct walk *w, int parent, const char *name, int depth);

/* What those below it come to. */
static int64_t walk_below(struct walk *w, DIR *dir, int depth)
{
	size_t len = w->path.len;
	struct dirent *e;
	int64_t sum = 0;

	while ((e = readdir(dir))) {
		if (e->d_type != DT_DIR || !strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		buf_printf(&w->path, "/%s", e->d_name);
		sum += walk_folder(w, dirfd(dir), e->d_name, depth + 1);
		w->path.len = len;
		w->path.s[len] = '\0';
	}
	return sum;
}

/* What it and those below it come to, as far as it counts them. */
static int64_t walk_folder(struct walk *w, int parent, const char *name, int depth)
{
	int fd = depth < DEPTH_MAX ? openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	int64_t all, below;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	all = shmem_of(w, fd);
	below = walk_below(w, dir, depth);
	closedir(dir);
	/* those below are read later, and may have grown */
	add_row(w, !w->hierarchical ? all : all - below);
	return all > below ? all : below;
}

void cgroups_read(struct pass *p)
{
	const struct mounts *own = p->mounts.rows;
	const struct mount *m = own->rows.rows;
	struct walk w = { .p = p, .path = BUF_INIT };

	for (uint32_t k = 0; k < own->rows.count; k++) {
		uint32_t before = snapshot_count(p->s, CLASS_CGROUP);

		w.hierarchical = !strcmp(m[k].type, "cgroup2");
		if (!w.hierarchical && (strcmp(m[k].type, "cgroup") || !strstr(m[k].options, "memory")))
			continue;
		walk_folder(&w, AT_FDCWD, m[k].point, 0);
		/* the controller is in one hierarchy only, and that may be mounted twice */
		if (snapshot_count(p->s, CLASS_CGROUP) > before)
			break;
	}
	if (!snapshot_count(p->s, CLASS_CGROUP))
		snapshot_gap(p->s, "cgroups", ENOENT, 0);
	buf_release(&w.path);
}
