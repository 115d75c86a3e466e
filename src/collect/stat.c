/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What only a file itself tells, of objects that were found by a holder. */
#include "pass.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int stat_mapping(uint32_t tid, uint64_t start, uint64_t end, struct statx *stx)
{
	char path[96];

	snprintf(path, sizeof(path), "/proc/%u/map_files/%llx-%llx", tid,
		 (unsigned long long)start, (unsigned long long)end);
	return statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, STATX_BASIC_STATS | STATX_BTIME, stx) ?
		errno : 0;
}

static bool stat_holder(const struct pass *p, const struct where *w, struct statx *stx)
{
	const unsigned int mask = STATX_BASIC_STATS | STATX_BTIME;
	char path[96];

	if (w->fd >= 0) {
		snprintf(path, sizeof(path), "/proc/%u/fd/%d", w->tid, w->fd);
		if (!statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, mask, stx))
			return true;
	}
	return w->end && !stat_mapping(w->map_tid, w->start, w->end, stx);
}

/*
 * The kernel's names hold no symbolic links. One that has taken the place of a folder since,
 * anybody's, could lead to a server that does not answer.
 */
bool stat_path(const struct pass *p, const char *path, struct statx *stx)
{
	struct open_how how = {
		.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS,
	};
	int fd, rc;

	if (path[0] != '/' || mounts_may_hang(p, path))
		return false;
	fd = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
	if (fd < 0)
		return false;
	rc = statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS | STATX_BTIME, stx);
	close(fd);
	return !rc;
}

bool same_file(const struct statx *stx, uint64_t device, uint64_t inode)
{
	return makedev(stx->stx_dev_major, stx->stx_dev_minor) == device && stx->stx_ino == inode;
}

/* A file that the walk did not meet but that has a name all the same: its place below the root. */
static void locate(struct pass *p, const struct object *o, struct where *w)
{
	const struct shared_fs *fs = files_fs(p, o->device);
	size_t len = fs ? strlen(fs->path) : 0;

	if (!fs || !fs->own || strncmp(o->path, fs->path, len) || o->path[len] != '/')
		return;
	w->fs = fs - (struct shared_fs *)p->filesystems.rows + 1;
	w->below = (char *)o->path + len + 1;
}

/*
 * The name that a sleeping holder's mapping had when it was read need not be that of now: files
 * are renamed and unlinked under sleepers. The kernel's own link tells, where it may be read.
 */
static bool name_again(struct pass *p, struct object *o, struct where *w)
{
	char path[96], name[PATH_MAX];
	ssize_t n;

	if (!p->c->passes || p->c->options.no_skip)
		return false;
	if (w->end)
		snprintf(path, sizeof(path), "/proc/%u/map_files/%llx-%llx", w->map_tid,
			 (unsigned long long)w->start, (unsigned long long)w->end);
	else
		snprintf(path, sizeof(path), "/proc/%u/fd/%d", w->tid, w->fd);
	n = readlink(path, name, sizeof(name));
	if (n <= 0 || (size_t)n == sizeof(name))
		return false;
	name[n] = '\0';
	if (!strcmp(name, w->name))
		return false;
	w->name = arena_strndup(p->s->arena, name, n);
	if (o->kind == KIND_POSIX_SHM || o->kind == KIND_POSIX_SEM)
		o->kind = kind_on_posix(name);
	return true;
}

/* Whether @w's name leads to this very object. */
static bool leads_here(const struct pass *p, const struct object *o, const struct where *w,
		       struct statx *by_path, bool *found)
{
	*found = stat_path(p, w->name, by_path);
	return *found && same_file(by_path, o->device, o->inode);
}

/*
 * A file that has a path: is it what that path leads to? Then the path tells all; else a
 * holder does, where the reader may look through it.
 */
static bool stat_named(struct pass *p, struct object *o, struct where *w, struct statx *stx)
{
	struct statx by_path;
	const char *plain;
	bool marked, found, held = false;

	/* " (deleted)" can end a real name: try it as it is first */
	w->named = leads_here(p, o, w, &by_path, &found);
	if (!w->named && name_again(p, o, w))
		w->named = leads_here(p, o, w, &by_path, &found);
	if (!w->named) {
		held = stat_holder(p, w, stx);
		/* stat may know the file by another device than maps does: btrfs, overlay */
		w->named = held && found &&
			   same_file(&by_path, makedev(stx->stx_dev_major, stx->stx_dev_minor),
				     stx->stx_ino);
	}
	if (w->named) {
		FACT_SET(o, path, w->name);
		locate(p, o, w);
		*stx = by_path;
		return true;
	}
	plain = without_mark(p->s->arena, w->name, &marked);
	FACT_SET(o, path, held && stx->stx_nlink ? w->name : plain);
	return held;
}

/* On the reader's /dev/shm all names were seen: an inode without one has none. */
static void deduce_unlinked(struct pass *p, struct object *o)
{
	const struct shared_fs *fs = files_fs(p, o->device);

	if (!fs || !fs->walked) {
		FACT_UNKNOWN(o, links);
		return;
	}
	FACT_SET(o, links, 0);
	o->flags |= OBJECT_UNLINKED;
}

static void unknown_facts(struct pass *p, struct object *o)
{
	if (o->kind == KIND_FILE || o->kind == KIND_POSIX_SHM || o->kind == KIND_POSIX_SEM)
		deduce_unlinked(p, o);
	if (o->kind == KIND_DEVICE)
		FACT_UNKNOWN(o, links);
	else
		FACT_UNKNOWN(o, size);
	if (kinds[o->kind].memory)
		FACT_UNKNOWN(o, allocated);
	FACT_UNKNOWN(o, mode);
	FACT_UNKNOWN(o, uid);
	FACT_UNKNOWN(o, gid);
	FACT_UNKNOWN(o, change_time);
	FACT_UNKNOWN(o, modify_time);
	FACT_UNKNOWN(o, access_time);
	FACT_UNKNOWN(o, birth_time);
}

static bool is_named_kind(enum kind kind)
{
	return kind == KIND_FILE || kind == KIND_POSIX_SHM || kind == KIND_POSIX_SEM;
}

void stats_release(struct stats *s)
{
	index_release(&s->index);
	table_release(&s->rows);
}

struct kept_stat {
	struct statx stx;
	bool sealed;
	uint64_t holders;		/* those of struct where */
};

/* Asking through a holder is dear: that is done beforehand, in threads. */
struct nameless {
	uint32_t object;
	bool statted, sealed;
	struct statx stx;
};

/* The first pass may be the only one: it keeps nothing. */
static void keep_stat(struct pass *p, const struct object *o, const struct where *w,
		      const struct nameless *n)
{
	struct kept_stat *row;

	if (!p->c->passes || p->c->options.no_skip)
		return;
	index_add(&p->stats.index, o->device, o->inode, 0, p->stats.rows.count);
	row = table_add(&p->stats.rows, sizeof(*row));
	row->stx = n->stx;
	row->sealed = n->sealed;
	row->holders = w->holders;
}

/* What was kept of an object that cannot have changed since; NULL: nothing. */
static const struct kept_stat *kept_stat(const struct collector *c, const struct object *o,
					 const struct where *w)
{
	uint32_t found = w->awake ? 0 : index_find(&c->stats.index, o->device, o->inode, 0);
	const struct kept_stat *row = found ? (struct kept_stat *)c->stats.rows.rows + found - 1 : NULL;

	return row && row->holders == w->holders ? row : NULL;
}

struct asking {
	struct pass *p;
	struct table rows;		/* struct nameless */
};

/* A memfd made without MFD_ALLOW_SEALING is sealed against sealing: that seals nothing. */
static bool is_sealed(const struct where *w)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;
	char path[96];
	int fd, rc;

	if (w->fd >= 0)
		snprintf(path, sizeof(path), "/proc/%u/fd/%d", w->tid, w->fd);
	else
		snprintf(path, sizeof(path), "/proc/%u/map_files/%llx-%llx", w->map_tid,
			 (unsigned long long)w->start, (unsigned long long)w->end);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return false;
	rc = fcntl(fd, F_GET_SEALS);
	close(fd);
	return rc > 0 && rc & seals;
}

static void ask_nameless(void *arg, uint32_t i)
{
	struct asking *x = arg;
	struct nameless *n = (struct nameless *)x->rows.rows + i;
	const struct object *o = snapshot_object(x->p->s, n->object);
	const struct where *w = pass_where(x->p, n->object);
	const struct kept_stat *kept = kept_stat(x->p->c, o, w);

	if (kept) {
		n->statted = true;
		n->stx = kept->stx;
		n->sealed = kept->sealed;
		return;
	}
	n->statted = stat_holder(x->p, w, &n->stx);
	n->sealed = o->kind == KIND_MEMFD && n->statted && is_sealed(w);
}

static void stat_object(struct pass *p, uint32_t i, const struct nameless *nameless)
{
	struct object *o = snapshot_object(p->s, i);
	struct where *w = pass_where(p, i);
	struct statx stx;
	bool statted;

	if (nameless) {
		statted = nameless->statted;
		stx = nameless->stx;
		if (statted)
			keep_stat(p, o, w, nameless);
		if (nameless->sealed)
			o->flags |= OBJECT_SEALED;
	} else {
		statted = stat_named(p, o, w, &stx);
	}

	w->statted = true;
	if (o->kind == KIND_FILE && (statted ? S_ISCHR(stx.stx_mode) : !strncmp(w->name, "/dev/", 5)))
		o->kind = KIND_DEVICE;
	/* a device node there is no memory of its file system */
	if ((o->kind == KIND_POSIX_SHM || o->kind == KIND_POSIX_SEM) && statted && S_ISCHR(stx.stx_mode)) {
		o->kind = KIND_DEVICE;
		w->dropped = !o->mappings;
	}
	/* a semaphore is known by its length; what is not directly there is none */
	if (o->kind == KIND_POSIX_SEM &&
	    ((statted && stx.stx_size != 32) || (w->fs && strchr(w->below, '/'))))
		o->kind = KIND_POSIX_SHM;
	if (!statted) {
		unknown_facts(p, o);
		return;
	}
	object_stat(p, o, &stx);
	if (o->kind == KIND_FILE && !same_file(&stx, o->device, o->inode))
		index_add(&p->index, makedev(stx.stx_dev_major, stx.stx_dev_minor), stx.stx_ino, 0, i);
}

/* Facts that only the file itself tells, of objects that were found by a holder. */
void stat_files(struct pass *p)
{
	for (uint32_t i = 0; i < snapshot_count(p->s, CLASS_OBJECT); i++)
		if (!pass_where(p, i)->statted && snapshot_object(p->s, i)->kind == KIND_FILE)
			stat_object(p, i, NULL);
}

void stat_others(struct pass *p)
{
	struct asking x = { .p = p };

	for (uint32_t i = 0; i < snapshot_count(p->s, CLASS_OBJECT); i++)
		if (!pass_where(p, i)->statted && !is_named_kind(snapshot_object(p->s, i)->kind))
			((struct nameless *)table_add(&x.rows, sizeof(struct nameless)))->object = i;
	in_threads(p->c->threads, x.rows.count, 32, ask_nameless, &x);
	for (uint32_t i = 0; i < x.rows.count; i++) {
		const struct nameless *n = (struct nameless *)x.rows.rows + i;

		stat_object(p, n->object, n);
	}
	table_release(&x.rows);
	for (uint32_t i = 0; i < snapshot_count(p->s, CLASS_OBJECT); i++)
		if (!pass_where(p, i)->statted)
			stat_object(p, i, NULL);
	stats_release(&p->c->stats);
	p->c->stats = p->stats;
	p->stats = (struct stats){ 0 };
}
