/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lies on /dev/shm, on hugetlbfs mounts and on the file systems of queues, of all namespaces in sight. */
#include "pass.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define DEPTH_MAX 32

struct shared_fs *files_fs(const struct pass *p, uint64_t device)
{
	struct shared_fs *fs = p->filesystems.rows;

	for (uint32_t i = 0; i < p->filesystems.count; i++)
		if (fs[i].device == device)
			return &fs[i];
	return NULL;
}

bool is_hugetlb_device(const struct pass *p, uint64_t device, uint64_t *page_size)
{
	const struct hugetlb_device *h = p->c->hugetlb.rows;
	const struct shared_fs *fs;

	for (uint32_t i = 0; i < p->c->hugetlb.count; i++) {
		if (h[i].device == device) {
			*page_size = h[i].page_size;
			return true;
		}
	}
	fs = files_fs(p, device);
	if (!fs || fs->type != FS_HUGETLB)
		return false;
	*page_size = fs->page_size;
	return true;
}

/*
 * A container's symbolic link must not lead into the reader's own root: resolve inside
 * of the process's root, without links.
 */
static int open_inside(uint32_t pid, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	char link[40];
	int root, fd;

	snprintf(link, sizeof(link), "/proc/%u/root", pid);
	root = open(link, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -errno;
	fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
	fd = fd < 0 ? -errno : fd;
	close(root);
	return fd;
}

/* Where it is mounted; a server that does not answer may stand on the way there: FUSE is anybody's. */
int mount_open(const struct mounts *set, const char *point)
{
	int fd;

	if (mounts_pass_server(set, point, set->pid))
		return -EREMOTE;
	if (set->pid)
		return open_inside(set->pid, point);
	fd = open(point, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static void add_fs(struct pass *p, const struct mounts *set, const struct mount *m, int type)
{
	int root = mount_open(set, m->point);
	struct shared_fs *fs;
	struct statfs sfs;
	struct stat st;

	if (root < 0) {
		/* a process that went away took its view along */
		if (root != -ENOENT && root != -ESRCH)
			snapshot_gap(p->s, "tmpfs", -root, set->pid);
		return;
	}
	/* another mount may stand on top of it */
	if (fstat(root, &st) < 0 || st.st_dev != m->device || fstatfs(root, &sfs) < 0) {
		close(root);
		return;
	}
	fs = table_add(&p->filesystems, sizeof(*fs));
	*fs = (struct shared_fs){
		.device = m->device, .type = type, .root = root, .path = xstrdup(m->point),
		.own = !set->pid, .whole = !strcmp(m->root, "/"), .page_size = sfs.f_bsize,
	};
	if (fs->own && type == FS_POSIX)
		p->s->posix_device = m->device;
}

bool files_may_hang(const struct pass *p)
{
	char link[PATH_MAX];
	ssize_t n;

	if (mounts_pass_server(p->mounts.rows, "/dev/shm", false))
		return true;
	n = readlink("/dev/shm", link, sizeof(link) - 1);
	link[n < 0 ? 0 : n] = '\0';
	return link[0] == '/' && mounts_pass_server(p->mounts.rows, link, false);
}

/* /dev/shm need not be a mount of its own: a folder on a tmpfs serves as well. */
static void add_plain_folder(struct pass *p)
{
	int root = files_may_hang(p) ? -1 : open("/dev/shm", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct shared_fs *fs;
	struct statfs sfs;
	struct stat st;

	if (root < 0)
		return;
	if (fstat(root, &st) < 0 || fstatfs(root, &sfs) < 0 || sfs.f_type != TMPFS_MAGIC ||
	    files_fs(p, st.st_dev)) {
		close(root);
		return;
	}
	fs = table_add(&p->filesystems, sizeof(*fs));
	*fs = (struct shared_fs){
		.device = st.st_dev, .type = FS_POSIX, .root = root, .own = true,
		.path = xstrdup("/dev/shm"),
	};
	p->s->posix_device = st.st_dev;
}

/*
 * Whoever may make a user namespace, or choose what a container binds, can have any tmpfs that he sees at
 * his /dev/shm: /run, too. What is mounted elsewhere under another last name than "shm", which those that
 * container engines make have, is for something else.
 */
static void find_others(const struct pass *p, struct index *others)
{
	const struct mounts *sets = p->mounts.rows;

	for (uint32_t i = 0; i < p->mounts.count; i++) {
		const struct mount *m = sets[i].rows.rows;

		for (uint32_t k = 0; k < sets[i].rows.count; k++) {
			const char *last = strrchr(m[k].point, '/');

			if (!strcmp(m[k].type, "tmpfs") && (!last || strcmp(last, "/shm")))
				index_add(others, m[k].device, 0, 0, 0);
		}
	}
}

void files_find(struct pass *p)
{
	const struct mounts *sets = p->mounts.rows;
	struct index others = { 0 };

	find_others(p, &others);
	for (uint32_t i = 0; i < p->mounts.count; i++) {
		const struct mount *m = sets[i].rows.rows;

		for (uint32_t k = 0; k < sets[i].rows.count; k++) {
			if (files_fs(p, m[k].device))
				continue;
			if (!strcmp(m[k].type, "tmpfs") && !strcmp(m[k].point, "/dev/shm") &&
			    (!i || !index_find(&others, m[k].device, 0, 0)))
				add_fs(p, &sets[i], &m[k], FS_POSIX);
			else if (!strcmp(m[k].type, "hugetlbfs"))
				add_fs(p, &sets[i], &m[k], FS_HUGETLB);
		}
		if (i == 0)
			add_plain_folder(p);
	}
	index_release(&others);
}

void files_release(struct pass *p)
{
	struct shared_fs *fs = p->filesystems.rows;

	for (uint32_t i = 0; i < p->filesystems.count; i++) {
		close(fs[i].root);
		free(fs[i].path);
	}
	table_release(&p->filesystems);
}

struct walk {
	struct pass *p;
	struct shared_fs *fs;
	uint32_t number;		/* of fs, + 1 */
	struct buf below;		/* path of the folder below the root, with its '/' */
};

static enum kind kind_of_file(const struct walk *w, const char *name, const struct statx *stx)
{
	if (w->fs->type == FS_HUGETLB)
		return KIND_FILE;
	if (w->fs->type == FS_MQUEUE)
		return KIND_POSIX_MQ;
	return !w->below.len && !strncmp(name, "sem.", 4) && name[4] && stx->stx_size == 32 ?
		KIND_POSIX_SEM : KIND_POSIX_SHM;
}

static void add_file(struct walk *w, const char *name, const struct statx *stx)
{
	enum kind kind = kind_of_file(w, name, stx);
	struct object *o;
	struct where *where;
	struct buf path = BUF_INIT;
	uint32_t index;

	if (!(w->p->c->kinds & KIND_BIT(kind)))
		return;
	/* several links: one object, named by the first that was met */
	if (index_find(&w->p->index, w->fs->device, stx->stx_ino, 0))
		return;
	o = object_add(w->p, kind, &index);
	index_add(&w->p->index, w->fs->device, stx->stx_ino, 0, index);
	object_stat(w->p, o, stx);
	o->evidence.subfolder = w->below.len > 0;
	buf_printf(&path, "%s/%s%s", w->fs->path, w->below.s, name);
	FACT_SET(o, path, arena_strndup(w->p->s->arena, path.s, path.len));
	where = pass_where(w->p, index);
	where->fs = w->number;
	where->below = (char *)o->path + strlen(w->fs->path) + 1;
	where->statted = true;
	buf_release(&path);
}

static void walk_folder(struct walk *w, int parent, const char *name, int depth);

static void walk_entry(struct walk *w, int dir, const char *name, int depth)
{
	struct statx stx;
	size_t len = w->below.len;

	if (statx(dir, name, AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC, STATX_BASIC_STATS | STATX_BTIME,
		  &stx) < 0) {
		if (errno != ENOENT) {
			w->fs->walked = false;
			snapshot_gap(w->p->s, "tmpfs", errno, 0);
		}
		return;
	}
	/* what is mounted below is another file system, and hides what was there */
	if (makedev(stx.stx_dev_major, stx.stx_dev_minor) != w->fs->device) {
		w->fs->walked = false;
		return;
	}
	if (S_ISREG(stx.stx_mode))
		add_file(w, name, &stx);
	if (!S_ISDIR(stx.stx_mode))
		return;
	buf_printf(&w->below, "%s/", name);
	walk_folder(w, dir, name, depth + 1);
	w->below.len = len;
	w->below.s[len] = '\0';
}

static void walk_folder(struct walk *w, int parent, const char *name, int depth)
{
	int fd = depth < DEPTH_MAX ?
		openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
	int error = depth < DEPTH_MAX ? errno : ELOOP;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!dir) {
		if (error != ENOENT) {
			w->fs->walked = false;
			snapshot_gap(w->p->s, "tmpfs", error, 0);
		}
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((errno = 0, e = readdir(dir)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			walk_entry(w, fd, e->d_name, depth);
	if (errno) {
		w->fs->walked = false;
		snapshot_gap(w->p->s, "tmpfs", errno, 0);
	}
	closedir(dir);
}

void files_walk(struct pass *p)
{
	for (uint32_t i = 0; i < p->filesystems.count; i++) {
		struct walk w = {
			.p = p, .fs = (struct shared_fs *)p->filesystems.rows + i, .number = i + 1,
			.below = BUF_INIT,
		};

		if (!(p->sources & SOURCE_BIT(w.fs->type == FS_MQUEUE ? SOURCE_MQUEUE : SOURCE_TMPFS)))
			continue;
		w.fs->walked = w.fs->whole;
		walk_folder(&w, w.fs->root, ".", 0);
		buf_release(&w.below);
	}
}
