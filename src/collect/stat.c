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
#include "ipctop/reach.h"

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

/* A folder in which files were looked up: to do so in it spares the way there. */
struct folder {
	char *path;			/* with its last '/' */
	size_t len;
	int fd;
};
#define FOLDERS 8

static void folders_open(struct pass *p)
{
	p->folders = xcalloc(FOLDERS, sizeof(*p->folders));
}

static void folders_close(struct pass *p)
{
	for (unsigned int i = 0; i < FOLDERS && p->folders[i].path; i++) {
		close(p->folders[i].fd);
		free(p->folders[i].path);
	}
	free(p->folders);
	p->folders = NULL;
}

/* The folder of @path, kept open; the one that was wanted last stands first. */
static const struct folder *folder_of(struct pass *p, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS,
	};
	const char *slash = strrchr(path, '/');
	struct folder found = { .len = slash ? slash + 1 - path : 0 };
	unsigned int at = 0;

	while (at < FOLDERS && p->folders[at].path &&
	       (p->folders[at].len != found.len || memcmp(p->folders[at].path, path, found.len)))
		at++;
	if (at < FOLDERS && p->folders[at].path) {
		found = p->folders[at];
	} else {
		found.path = xstrndup(path, found.len);
		found.fd = syscall(SYS_openat2, AT_FDCWD, found.path, &how, sizeof(how));
		if (found.fd < 0) {
			free(found.path);
			return NULL;
		}
		if (at == FOLDERS) {
			at--;
			close(p->folders[at].fd);
			free(p->folders[at].path);
		}
	}
	memmove(p->folders + 1, p->folders, at * sizeof(found));
	p->folders[0] = found;
	return &p->folders[0];
}

/* As stat_path does, for many files at a moment. */
static bool stat_in_folder(struct pass *p, const char *path, struct statx *stx)
{
	const struct folder *folder;

	if (path[0] != '/' || mounts_may_hang(p, path))
		return false;
	folder = folder_of(p, path);
	if (!folder)
		return false;
	if (!path[folder->len])
		return stat_path(p, path, stx);
	return !statx(folder->fd, path + folder->len,
		      AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC,
		      STATX_BASIC_STATS | STATX_BTIME, stx);
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
	const char *seen;
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
	seen = name_in_sight(p, o->device, name);
	if (!strcmp(seen, w->name))
		return false;
	w->name = seen;
	if (o->kind == KIND_POSIX_SHM || o->kind == KIND_POSIX_SEM)
		o->kind = kind_on_posix(name);
	return true;
}

/* Whether @w's name leads to this very object. */
static bool leads_here(struct pass *p, const struct object *o, const struct where *w,
		       struct statx *by_path, bool *found)
{
	*found = stat_in_folder(p, w->name, by_path);
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
	if (o->kind == KIND_DEVICE)
		FACT_UNKNOWN(o, links);
	else
		FACT_UNKNOWN(o, size);
	if (kinds[o->kind].named && o->kind != KIND_DEVICE)
		deduce_unlinked(p, o);
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

void stats_release(struct stats *s)
{
	index_release(&s->index);
	table_release(&s->rows);
}

struct kept_stat {
	uint64_t device, inode;		/* as maps tells them */
	uint64_t holders;		/* those of struct where */
	unsigned long pass;		/* the last that asked for it */
	bool sealed;
	struct statx stx;
};

/* Asking through a holder is dear: that is done beforehand, in threads. */
struct nameless {
	uint32_t object;
	bool statted, sealed;
	struct statx stx;
};

/* Objects are met in nearly the same order in each pass. */
static struct kept_stat *find_kept(struct stats *stats, const struct object *o)
{
	struct kept_stat *rows = stats->rows.rows;
	uint32_t found;

	if (stats->next < stats->rows.count && rows[stats->next].device == o->device &&
	    rows[stats->next].inode == o->inode)
		return &rows[stats->next++];
	found = index_find(&stats->index, o->device, o->inode, 0);
	if (!found)
		return NULL;
	stats->next = found;
	return &rows[found - 1];
}

/* Whether all who can change it are in sight; what is of System V is no file that somebody opens. */
static bool all_seen(const struct pass *p, const struct object *o)
{
	const uint32_t all = SOURCE_BIT(SOURCE_MAPS) | SOURCE_BIT(SOURCE_FDS);

	return kinds[o->kind].sysv || (p->sources & all) == all;
}

static void keep_stat(struct pass *p, const struct object *o, const struct where *w,
		      const struct nameless *n)
{
	struct stats *stats = &p->c->stats;
	struct kept_stat *row;

	if (p->c->options.no_skip || !all_seen(p, o))
		return;
	row = find_kept(stats, o);
	if (!row) {
		index_add(&stats->index, o->device, o->inode, 0, stats->rows.count);
		row = table_add(&stats->rows, sizeof(*row));
	}
	*row = (struct kept_stat){
		.device = o->device, .inode = o->inode, .holders = w->holders,
		.pass = p->c->passes, .sealed = n->sealed, .stx = n->stx,
	};
	stats->used++;
}

/*
 * What was kept of an object that cannot have changed since; NULL: nothing. What the last pass
 * did not see may have been held by others meanwhile.
 */
static const struct kept_stat *kept_stat(struct pass *p, const struct object *o,
					 const struct where *w)
{
	struct kept_stat *row = w->awake || !all_seen(p, o) ? NULL : find_kept(&p->c->stats, o);

	if (!row || row->holders != w->holders || row->pass + 1 < p->c->passes)
		return NULL;
	row->pass = p->c->passes;
	p->c->stats.used++;
	return row;
}

/* Leave out what is no more, once it is much. */
static void drop_unused(struct pass *p)
{
	struct stats *stats = &p->c->stats;
	struct kept_stat *rows = stats->rows.rows;
	uint32_t n = 0;

	if (stats->rows.count / 2 <= stats->used)
		return;
	index_clear(&stats->index);
	for (uint32_t i = 0; i < stats->rows.count; i++) {
		if (rows[i].pass != p->c->passes)
			continue;
		index_add(&stats->index, rows[i].device, rows[i].inode, 0, n);
		rows[n++] = rows[i];
	}
	stats->rows.count = n;
}

struct asking {
	struct pass *p;
	struct table rows;		/* struct nameless */
};

/* Who looks at a file's users or removes it holds a lease on it for an instant. */
#define TRIES 6

static int open_named(const struct shared_fs *fs, const char *below, int flags)
{
	struct stat st;
	int fd = -EAGAIN;

	for (int n = 0; n < TRIES && fd == -EAGAIN; n++) {
		if (n)
			usleep(100 << n);
		fd = reach_file(fs->root, below, flags, &st);
	}
	return fd;
}

static int open_holder(const struct where *w, int flags, const struct object *o)
{
	char path[96];

	if (w->fd >= 0)
		snprintf(path, sizeof(path), "/proc/%u/fd/%d", w->tid, w->fd);
	else
		snprintf(path, sizeof(path), "/proc/%u/map_files/%llx-%llx", w->map_tid,
			 (unsigned long long)w->start, (unsigned long long)w->end);
	return reach_same(path, 0, flags, o);
}

int object_open(const struct pass *p, uint32_t i, int flags)
{
	const struct object *o = snapshot_object(p->s, i);
	const struct where *w = pass_where(p, i);
	struct stat st;
	int fd;

	fd = w->fs ? open_named((struct shared_fs *)p->filesystems.rows + w->fs - 1, w->below, flags) :
	     w->fd >= 0 || w->end ? open_holder(w, flags, o) : -ENOENT;
	if (fd < 0 || (!fstat(fd, &st) && reach_is(o, &st)))
		return fd;
	close(fd);
	return -ENOENT;
}

/* A memfd made without MFD_ALLOW_SEALING is sealed against sealing: that seals nothing. */
static bool is_sealed(const struct where *w, const struct object *o)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;
	int fd = open_holder(w, 0, o), rc;

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

	n->statted = stat_holder(x->p, w, &n->stx);
	n->sealed = o->kind == KIND_MEMFD && n->statted && is_sealed(w, o);
}

/* @stx NULL: it could not be asked. */
static void set_stat(struct pass *p, uint32_t i, const struct statx *stx)
{
	struct object *o = snapshot_object(p->s, i);
	struct where *w = pass_where(p, i);

	w->statted = true;
	if (o->kind == KIND_FILE && (stx ? S_ISCHR(stx->stx_mode) : !strncmp(w->name, "/dev/", 5)))
		o->kind = KIND_DEVICE;
	/* a device node there is no memory of its file system */
	if ((o->kind == KIND_POSIX_SHM || o->kind == KIND_POSIX_SEM) && stx && S_ISCHR(stx->stx_mode)) {
		o->kind = KIND_DEVICE;
		w->dropped = !o->mappings;
	}
	/* a semaphore is known by its length; what is not directly there is none */
	if (o->kind == KIND_POSIX_SEM &&
	    ((stx && stx->stx_size != 32) || (w->fs && strchr(w->below, '/'))))
		o->kind = KIND_POSIX_SHM;
	if (!stx) {
		unknown_facts(p, o);
		return;
	}
	object_stat(p, o, stx);
	if (o->kind == KIND_FILE && !same_file(stx, o->device, o->inode))
		index_add(&p->index, makedev(stx->stx_dev_major, stx->stx_dev_minor), stx->stx_ino, 0, i);
}

static void set_nameless(struct pass *p, uint32_t i, bool sealed, const struct statx *stx)
{
	if (sealed)
		snapshot_object(p->s, i)->flags |= OBJECT_SEALED;
	set_stat(p, i, stx);
}

/* Those of some kinds (KIND_BIT) that were not met on their file system. */
static void stat_all_named(struct pass *p, uint32_t of)
{
	folders_open(p);
	for (uint32_t i = p->files; i < snapshot_count(p->s, CLASS_OBJECT); i++) {
		struct object *o = snapshot_object(p->s, i);
		struct where *w = pass_where(p, i);
		struct statx stx;

		if (!w->statted && of & KIND_BIT(o->kind))
			set_stat(p, i, stat_named(p, o, w, &stx) ? &stx : NULL);
	}
	folders_close(p);
}

/* Facts that only the file itself tells, of objects that were found by a holder. */
void stat_files(struct pass *p)
{
	stat_all_named(p, KIND_BIT(KIND_FILE));
}

static void stat_nameless(struct pass *p)
{
	struct asking x = { .p = p };

	p->c->stats.next = p->c->stats.used = 0;
	for (uint32_t i = p->files; i < snapshot_count(p->s, CLASS_OBJECT); i++) {
		const struct object *o = snapshot_object(p->s, i);
		const struct where *w = pass_where(p, i);
		const struct kept_stat *kept;

		if (w->statted || kinds[o->kind].named)
			continue;
		kept = kept_stat(p, o, w);
		if (kept)
			set_nameless(p, i, kept->sealed, &kept->stx);
		else
			((struct nameless *)table_add(&x.rows, sizeof(struct nameless)))->object = i;
	}
	in_threads(p->c->threads, x.rows.count, 32, ask_nameless, &x);
	p->c->stats.next = 0;
	for (uint32_t i = 0; i < x.rows.count; i++) {
		const struct nameless *n = (struct nameless *)x.rows.rows + i;

		if (n->statted)
			keep_stat(p, snapshot_object(p->s, n->object), pass_where(p, n->object), n);
		set_nameless(p, n->object, n->sealed, n->statted ? &n->stx : NULL);
	}
	table_release(&x.rows);
	drop_unused(p);
}

void stat_others(struct pass *p)
{
	stat_nameless(p);
	stat_all_named(p, KINDS_ALL);
}
