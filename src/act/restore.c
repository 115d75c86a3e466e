/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Restoring: an object made again from its saved file. */
#include "ipctop/save.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "actor.h"
#include "copied.h"
#include "create.h"
#include "ipctop/name.h"

#define PIECE		(1 << 20)
#define COPIED_MAX	(1ULL << 31)	/* bytes of contents that are held at once */
#define SEMAPHORE_SIZE	2		/* of one in them */
#define MODE_BITS	0777		/* a set-user-ID bit from a file is not believed */

struct restoring {
	struct saved *saved;
	const struct restore_options *options;
	const struct object *o;
	struct name name;		/* of @o */
	char **made;
	struct buf *remark, *error;
};

static int __printf(3, 4) fail(struct restoring *r, int rc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(r->error, fmt, ap);
	va_end(ap);
	return rc;
}

static int fail_call(struct restoring *r, const char *what, int rc)
{
	return fail(r, rc, "%s: %s", what, strerrordesc_np(-rc));
}

static uint32_t saved_mode(const struct object *o)
{
	return FACT_KNOWN(o, mode) ? o->mode & MODE_BITS : 0600;
}

static bool keeps_owner(const struct restoring *r)
{
	return r->options->keep_owner && FACT_KNOWN(r->o, uid) && FACT_KNOWN(r->o, gid);
}

static void remark_owner(struct restoring *r)
{
	const struct object *o = r->o;

	if (FACT_KNOWN(o, uid) && o->uid == geteuid())
		return;
	buf_puts(r->remark, "it was ");
	if (FACT_KNOWN(o, user))
		buf_printf(r->remark, "%s's", o->user);
	else if (FACT_KNOWN(o, uid))
		buf_printf(r->remark, "user %" PRIu64 "'s", o->uid);
	else
		buf_puts(r->remark, "somebody else's, maybe");
	buf_puts(r->remark, " and is yours now");
}

/* All runs into memory, which is @o->size long. */
static int fill_memory(struct restoring *r, char *memory)
{
	uint64_t offset, length;
	int rc;

	while ((rc = saved_next(r->saved, &offset, &length, r->error)) > 0) {
		while (length) {
			int64_t n = saved_read(r->saved, memory + offset, length, r->error);

			if (n < 0)
				return n;
			offset += n;
			length -= n;
		}
	}
	return rc;
}

static int write_at(int fd, uint64_t offset, const char *s, size_t n)
{
	while (n) {
		ssize_t done = pwrite(fd, s, n, offset);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done ? -errno : -ENOSPC;
		s += done;
		offset += done;
		n -= done;
	}
	return 0;
}

static int fill_file(struct restoring *r, int fd, char *piece)
{
	uint64_t offset, length;
	int rc;

	while ((rc = saved_next(r->saved, &offset, &length, r->error)) > 0) {
		while (length) {
			int64_t n = saved_read(r->saved, piece, PIECE, r->error);

			if (n < 0)
				return n;
			rc = write_at(fd, offset, piece, n);
			if (rc)
				return fail_call(r, "its contents cannot be written", rc);
			offset += n;
			length -= n;
		}
	}
	return rc;
}

/* Segments. */

static int huge_flags(const struct object *o, int *flags)
{
	*flags = 0;
	if (!FACT_KNOWN(o, flags) || !(o->flags & OBJECT_HUGETLB))
		return 0;
	*flags = SHM_HUGETLB;
	if (!FACT_KNOWN(o, page_size))
		return 0;
	if (!o->page_size || o->page_size & (o->page_size - 1))
		return -EINVAL;
	*flags |= __builtin_ctzll(o->page_size) << MAP_HUGE_SHIFT;
	return 0;
}

/* The object by @c, with mode and owner of the saved one. */
static int make_new(struct restoring *r, struct creation *c, struct buf *name)
{
	const struct object *o = r->o;
	struct newborn n;
	int rc;

	c->kind = o->kind;
	if (o->kind != KIND_POSIX_MQ)
		c->size = o->size;
	c->mode = saved_mode(o);
	c->has_uid = c->has_gid = keeps_owner(r);
	c->uid = o->uid;
	c->gid = o->gid;
	c->owner_optional = true;
	c->arg = r;
	rc = create_object(c, &n, r->error);
	if (rc)
		return rc;
	if (!c->given)
		remark_owner(r);
	if (name)
		create_name(name, c, &n);
	create_release(&n);
	return 0;
}

static int fill_segment(const struct creation *c, const struct newborn *n, struct buf *error)
{
	return fill_memory(c->arg, n->map);
}

static int make_sysv(struct restoring *r, struct creation *c)
{
	const struct object *o = r->o;
	struct buf name = BUF_INIT;
	int rc;

	c->key = r->options->private_key || !FACT_KNOWN(o, key) ? 0 : o->key;
	c->folder = -1;
	rc = make_new(r, c, &name);
	if (rc == -EEXIST)
		buf_puts(r->error, ": --private makes it without");
	if (rc)
		return rc;
	*r->made = buf_detach(&name);
	return 0;
}

static int make_segment(struct restoring *r)
{
	struct creation c = { .map = true, .fill = fill_segment };

	if (create_goes_with_maker())
		return fail(r, -EOPNOTSUPP, "kernel.shm_rmid_forced is on: a segment that nobody has "
			    "attached goes at once");
	if (huge_flags(r->o, &c.flags))
		return fail(r, -EINVAL, "its page size is none");
	return make_sysv(r, &c);
}

/* Semaphores and queues. */

/* The size comes from a file: what there is no memory for is no reason to end. */
static int fill_copied(const struct creation *c, int id,
		       int (*put)(const struct object *o, int id, const char *s, size_t n, struct buf *error))
{
	struct restoring *r = c->arg;
	char *s = r->o->size < COPIED_MAX ? calloc(1, r->o->size + 1) : NULL;
	int rc;

	if (!s)
		return fail_call(r, "its contents cannot be held", -ENOMEM);
	rc = fill_memory(r, s);
	if (!rc)
		rc = put(r->o, id, s, r->o->size, r->error);
	free(s);
	return rc;
}

static int fill_set(const struct creation *c, const struct newborn *n, struct buf *error)
{
	return fill_copied(c, n->id, copied_set);
}

static int make_set(struct restoring *r)
{
	struct creation c = { .count = r->o->size / SEMAPHORE_SIZE, .fill = fill_set };

	if (!c.count || r->o->size % SEMAPHORE_SIZE)
		return fail(r, -EBADMSG, "its contents are no values of semaphores");
	return make_sysv(r, &c);
}

static int fill_queue(const struct creation *c, const struct newborn *n, struct buf *error)
{
	return fill_copied(c, n->id, copied_send);
}

static int make_queue(struct restoring *r)
{
	struct creation c = { .fill = fill_queue };

	return make_sysv(r, &c);
}

/* Files. */

static int fill_huge(const struct creation *c, const struct newborn *n, struct buf *error)
{
	struct restoring *r = c->arg;
	void *map;
	int rc;

	if (!c->size)
		return 0;
	map = mmap(NULL, c->size, PROT_READ | PROT_WRITE, MAP_SHARED, n->file.fd, 0);
	if (map == MAP_FAILED)
		return fail_call(r, "huge pages for it cannot be had", -errno);
	rc = fill_memory(r, map);
	munmap(map, c->size);
	return rc;
}

static int fill_small(const struct creation *c, const struct newborn *n, struct buf *error)
{
	char *piece = xcalloc(PIECE, 1);
	int rc = fill_file(c->arg, n->file.fd, piece);

	free(piece);
	return rc;
}

static int make_in(struct restoring *r, int folder, const char *last,
		   int (*fill)(const struct creation *c, const struct newborn *n, struct buf *error))
{
	struct creation c = { .folder = folder, .last = last, .fill = fill };

	return make_new(r, &c, NULL);
}

/* The name without what says that it was another namespace's. */
static void put_made(struct restoring *r)
{
	struct buf name = BUF_INIT;

	r->name.has_mount = r->name.has_ns = false;
	name_put(&name, &r->name);
	*r->made = buf_detach(&name);
}

static int make_below(struct restoring *r)
{
	struct buf below = BUF_INIT;
	const char *last;
	int root = create_open_shm(r->error), folder, rc;

	if (root < 0)
		return root;
	buf_printf(&below, "%s%s", r->o->kind == KIND_POSIX_SEM ? "sem." : "", r->name.path + 1);
	folder = file_parent(root, below.s, &last);
	if (folder < 0) {
		rc = fail_call(r, "its folder cannot be opened", folder);
	} else {
		rc = make_in(r, folder, last, fill_small);
		close(folder);
	}
	if (!rc)
		put_made(r);
	close(root);
	buf_release(&below);
	return rc;
}

static int make_mqueue(struct restoring *r)
{
	const struct object *o = r->o;
	struct creation c = { .path = r->name.path, .folder = -1 };
	int rc;

	if (!FACT_KNOWN(o, max_messages) || !FACT_KNOWN(o, message_size) || o->size)
		return fail(r, -EBADMSG, "what it had room for is not told");
	c.count = o->max_messages;
	c.size = o->message_size;
	rc = make_new(r, &c, NULL);
	if (!rc)
		put_made(r);
	return rc;
}

/* Anywhere else a path from a file would let its maker choose what root writes. */
static int make_on_hugetlbfs(struct restoring *r)
{
	const char *slash = strrchr(r->name.path, '/');
	char *path = xstrndup(r->name.path, slash - r->name.path + 1);
	int folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC), rc;
	struct statfs sfs;

	free(path);
	if (folder < 0)
		return fail_call(r, "the folder of the file cannot be opened", -errno);
	if (fstatfs(folder, &sfs) || sfs.f_type != HUGETLBFS_MAGIC)
		rc = fail(r, -EOPNOTSUPP, "of files only those on hugetlbfs are made again");
	else
		rc = make_in(r, folder, slash + 1, fill_huge);
	close(folder);
	if (!rc)
		put_made(r);
	return rc;
}

static const struct maker {
	int (*make)(struct restoring *r);	/* NULL: it cannot be without a holder */
	bool by_path;
} makers[NR_KINDS] = {
	[KIND_SHM] = { make_segment, false },
	[KIND_SEM] = { make_set, false },
	[KIND_MSG] = { make_queue, false },
	[KIND_POSIX_SHM] = { make_below, true },
	[KIND_POSIX_SEM] = { make_below, true },
	[KIND_POSIX_MQ] = { make_mqueue, true },
	[KIND_FILE] = { make_on_hugetlbfs, true },
};

static int make(struct restoring *r)
{
	const struct maker *m = &makers[r->o->kind];
	int rc;

	if (r->name.kind != r->o->kind)
		return fail(r, -EINVAL, "its name and its kind contradict each other");
	if (!m->make)
		return fail(r, -EOPNOTSUPP, "%s live by their holders alone: it cannot be made again",
			    kinds[r->o->kind].plural);
	if (m->by_path && r->name.form != NAME_PATH)
		return fail(r, -EOPNOTSUPP, "it had lost its name when it was saved");
	if (keeps_owner(r) && !saved_may_give(r->saved, r->o->uid))
		return fail(r, -EPERM, "others can write this file, so it does not decide whose the object is: "
			    "--no-owner makes it yours");
	rc = saved_check(r->saved, NULL, r->error);
	return rc ? rc : m->make(r);
}

int restore_object(struct saved *saved, const struct restore_options *options, char **name,
		   struct buf *remark, struct buf *error)
{
	struct restoring r = {
		.saved = saved, .options = options, .o = saved_object(saved), .made = name,
		.remark = remark, .error = error,
	};
	int rc = name_parse(r.o->name, &r.name, error);

	*name = NULL;
	if (rc)
		return rc;
	rc = make(&r);
	name_release(&r.name);
	return rc;
}
