/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Contents of objects: the way to each kind, and reading. */
#include "ipctop/act.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "actor.h"
#include "attach.h"
#include "copied.h"

/* Kinds whose contents are in a file. */
#define FILES (KIND_BIT(KIND_POSIX_SHM) | KIND_BIT(KIND_POSIX_SEM) | KIND_BIT(KIND_FILE) | \
	       KIND_BIT(KIND_MEMFD) | KIND_BIT(KIND_ANON))
/* And those that are copied. */
#define COPIED (KIND_BIT(KIND_SEM) | KIND_BIT(KIND_MSG) | KIND_BIT(KIND_POSIX_MQ))

static void put_why(const struct object *o, int error, struct buf *why)
{
	if (error == ENXIO)
		buf_puts(why, "it has no name here, and no holder was seen to read it from");
	else if (error == ENOENT || error == ESTALE)
		buf_puts(why, "it changed since it was looked at, or it is gone");
	else if (error == EAGAIN)
		buf_puts(why, "somebody has a lease on it, which reading would break");
	else if ((error == EACCES || error == EPERM) && FACT_KNOWN(o, user))
		buf_printf(why, "it is %s's and may not be read", o->user);
	else
		buf_printf(why, "it cannot be opened: %s", strerrordesc_np(error));
}

static int open_file(struct reach *ways, const struct snapshot *s, const struct object *o,
		     struct contents *c, struct buf *error)
{
	struct stat st;

	c->fd = reach_named(ways, o);
	/* it has no name, or another has that name by now: its holders still have it */
	if (c->fd == -ENXIO || c->fd == -ENOENT || c->fd == -ESTALE) {
		int rc = reach_held(s, o);

		if (rc != -ENXIO)
			c->fd = rc;
	}
	if (c->fd < 0) {
		put_why(o, -c->fd, error);
		return c->fd;
	}
	if (fstat(c->fd, &st)) {
		int rc = -errno;

		close(c->fd);
		put_why(o, -rc, error);
		return rc;
	}
	c->size = st.st_size;
	if (FACT_KNOWN(o, flags) && o->flags & OBJECT_HUGETLB)
		c->page_size = st.st_blksize;
	return 0;
}

int contents_open(struct reach *ways, const struct snapshot *s, const struct object *o,
		  struct contents *c, struct buf *error)
{
	*c = (struct contents){ .fd = -1 };
	if (o->kind == KIND_SHM)
		return attach_open(ways, o, c, error);
	if (FILES & KIND_BIT(o->kind))
		return open_file(ways, s, o, c, error);
	if (COPIED & KIND_BIT(o->kind))
		return copied_open(ways, o, c, error);
	buf_printf(error, "%s have no contents that can be read", kinds[o->kind].plural);
	return -EOPNOTSUPP;
}

void contents_close(struct contents *c)
{
	if (c->fd >= 0)
		close(c->fd);
	if (c->map)
		attach_close(c);
	free(c->copy);
	*c = (struct contents){ .fd = -1 };
}

int contents_next(const struct contents *c, uint64_t from, uint64_t *start, uint64_t *end)
{
	off_t at;

	if (c->copy) {
		*start = from;
		*end = c->size;
		return from < c->size;
	}
	if (c->fd < 0)
		return attach_next(c, from, start, end);
	if (from >= c->size)
		return 0;
	at = lseek(c->fd, from, SEEK_DATA);
	if (at < 0 && errno != ENXIO && errno != EINVAL)
		return -errno;
	if (at < 0 && errno == ENXIO)
		return 0;
	*start = at < 0 ? from : (uint64_t)at;	/* a file system that knows of no holes */
	at = lseek(c->fd, *start, SEEK_HOLE);
	*end = at < 0 || (uint64_t)at > c->size ? c->size : (uint64_t)at;
	return *start < c->size;
}

int64_t contents_read(const struct contents *c, uint64_t offset, void *buffer, size_t n)
{
	size_t done = 0;

	if (c->copy) {
		n = offset > c->size ? 0 : n < c->size - offset ? n : c->size - offset;
		memcpy(buffer, c->copy + offset, n);
		return n;
	}
	if (c->fd < 0)
		return attach_read(c, offset, buffer, n);
	while (done < n) {
		ssize_t got = pread(c->fd, (char *)buffer + done, n - done, offset + done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			break;
		done += got;
	}
	return done;
}

static bool may_write(const struct snapshot *s, const struct holder *h)
{
	for (uint32_t i = 0; i < h->mappings.count; i++) {
		const struct mapping *m = snapshot_row(s, CLASS_MAPPING, h->mappings.first + i);

		/* private ones write to copies */
		if (strchr(m->prot, 'w') && strchr(m->prot, 's'))
			return true;
	}
	for (uint32_t i = 0; i < h->fds.count; i++) {
		const struct fd *row = snapshot_row(s, CLASS_FD, h->fds.first + i);

		if (row->access == ACCESS_W || row->access == ACCESS_RW)
			return true;
	}
	return false;
}

uint32_t contents_writers(const struct snapshot *s, const struct object *o, bool *unseen)
{
	uint32_t writers = 0;

	for (uint32_t i = 0; !(COPIED & KIND_BIT(o->kind)) && i < o->holders.count; i++)
		writers += may_write(s, snapshot_row(s, CLASS_HOLDER, o->holders.first + i));
	/* what is copied is read at once */
	*unseen = !(COPIED & KIND_BIT(o->kind)) && (!FACT_KNOWN(o, holders_complete) || !o->holders_complete);
	return writers;
}
