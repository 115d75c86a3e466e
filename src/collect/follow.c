/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths that others may have led elsewhere. A thread that waits for a dead server cannot be ended,
 * so asking with patience is no way out: the links are followed here, one name at a time, and
 * each place is compared with the mounts before the kernel is asked for it.
 */
#include "follow.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#define MOST_LINKS 40	/* as path_resolution(7) */

struct walk {
	const struct mounts *mounts;
	struct buf at;		/* how far it came, free of links; "" is the root */
	struct buf rest;	/* what is still to go */
	int dir;		/* open at @at */
	unsigned int links;
};

static int step_into(struct walk *w, int fd)
{
	if (fd < 0)
		return -errno;
	if (w->dir >= 0)
		close(w->dir);
	w->dir = fd;
	return 0;
}

static int to_root(struct walk *w)
{
	buf_reset(&w->at);
	return step_into(w, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

static int to_parent(struct walk *w)
{
	char *slash = strrchr(w->at.s, '/');

	if (!slash)
		return 0;
	*slash = '\0';
	w->at.len = slash - w->at.s;
	return step_into(w, openat(w->dir, "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/* The first name of the rest, taken from it; false at its end. */
static bool take_name(struct walk *w, struct buf *name)
{
	size_t skip = strspn(w->rest.s, "/"), len = strcspn(w->rest.s + skip, "/");

	buf_reset(name);
	buf_add(name, w->rest.s + skip, len);
	w->rest.len -= skip + len;
	memmove(w->rest.s, w->rest.s + skip + len, w->rest.len + 1);
	return len > 0;
}

static int follow(struct walk *w, const char *name, int err)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(w->dir, name, target, sizeof(target) - 1);
	struct buf rest = BUF_INIT;

	if (n < 0)
		return err;	/* no link: then what open said counts */
	if (++w->links > MOST_LINKS)
		return -ELOOP;
	buf_add(&rest, target, n);
	buf_add(&rest, w->rest.s, w->rest.len);
	buf_release(&w->rest);
	w->rest = rest;
	return target[0] == '/' ? to_root(w) : 0;
}

/* One name further, 0 or -errno; @fd is what was to be opened, once the last one is reached. */
static int step(struct walk *w, const char *name, int flags, int *fd)
{
	bool last = !w->rest.s[strspn(w->rest.s, "/")];
	size_t before = w->at.len;
	int next, err;

	if (!strcmp(name, "."))
		return 0;
	if (!strcmp(name, ".."))
		return to_parent(w);
	buf_printf(&w->at, "/%s", name);
	if (mounts_pass_server(w->mounts, w->at.s, false))
		return -EREMOTE;
	next = openat(w->dir, name, O_NOFOLLOW | O_CLOEXEC | (last ? flags : O_PATH | O_DIRECTORY));
	if (next >= 0 && last) {
		*fd = next;
		return 0;
	}
	if (next >= 0)
		return step_into(w, next);
	err = -errno;
	w->at.s[w->at.len = before] = '\0';
	return err == -ELOOP || err == -ENOTDIR ? follow(w, name, err) : err;
}

int follow_open(const struct mounts *mounts, const char *path, int flags)
{
	struct walk w = { .mounts = mounts, .at = BUF_INIT, .rest = BUF_INIT, .dir = -1 };
	struct buf name = BUF_INIT;
	int fd = -1, err;

	buf_puts(&w.rest, path);
	err = to_root(&w);
	while (!err && fd < 0 && take_name(&w, &name))
		err = step(&w, name.s, flags, &fd);
	if (!err && fd < 0) {	/* it ended in a folder's "/", "." or ".." */
		fd = openat(w.dir, ".", O_CLOEXEC | flags);
		err = fd < 0 ? -errno : 0;
	}
	if (w.dir >= 0)
		close(w.dir);
	buf_release(&w.at);
	buf_release(&w.rest);
	buf_release(&name);
	return err ? err : fd;
}
