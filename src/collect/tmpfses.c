/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lies on every tmpfs of all mount namespaces in sight, each file system once. */
#include "pass.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define DEPTH_MAX 64

struct owned {
	uint64_t uid, objects, memory;
};

struct walk {
	struct pass *p;
	uint64_t device;
	struct table owners;		/* struct owned */
	struct index places;		/* of users in @owners */
	struct index linked;		/* files with several names, that were met */
	uint64_t memory;		/* of all files */
};

static struct owned *owner_of(struct walk *w, uint64_t uid)
{
	uint32_t place = index_find(&w->places, 0, uid, 0);
	struct owned *row;

	if (place)
		return (struct owned *)w->owners.rows + place - 1;
	index_add(&w->places, 0, uid, 0, w->owners.count);
	row = table_add(&w->owners, sizeof(*row));
	*row = (struct owned){ .uid = uid };
	return row;
}

static void count_file(struct walk *w, const struct statx *stx)
{
	struct owned *owner;

	if (stx->stx_nlink > 1) {
		if (index_find(&w->linked, w->device, stx->stx_ino, 0))
			return;
		index_add(&w->linked, w->device, stx->stx_ino, 0, 0);
	}
	owner = owner_of(w, stx->stx_uid);
	owner->objects += S_ISREG(stx->stx_mode);
	owner->memory += stx->stx_blocks * 512;
	w->memory += stx->stx_blocks * 512;
}

static void walk_folder(struct walk *w, int parent, const char *name, int depth);

static void walk_entry(struct walk *w, int dir, const char *name, int depth)
{
	struct statx stx;

	if (statx(dir, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &stx)) {
		if (errno != ENOENT)
			snapshot_gap(w->p->s, "tmpfs", errno, 0);
		return;
	}
	/* what is mounted there is counted for itself */
	if (makedev(stx.stx_dev_major, stx.stx_dev_minor) != w->device)
		return;
	if (S_ISDIR(stx.stx_mode))
		walk_folder(w, dir, name, depth + 1);
	else
		count_file(w, &stx);
}

static void walk_folder(struct walk *w, int parent, const char *name, int depth)
{
	/* what somebody mounts or links there meanwhile is not walked into */
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};
	int fd = depth < DEPTH_MAX ? (int)syscall(SYS_openat2, parent, name, &how, sizeof(how)) : -1;
	int error = depth < DEPTH_MAX ? errno : ELOOP;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		if (error != ENOENT)
			snapshot_gap(w->p->s, "tmpfs", error, 0);
		return;
	}
	while ((errno = 0, e = readdir(dir)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			walk_entry(w, fd, e->d_name, depth);
	if (errno)
		snapshot_gap(w->p->s, "tmpfs", errno, 0);
	closedir(dir);
}

static struct pile *add_pile(struct walk *w, const char *path, uint64_t memory)
{
	struct pile *pile = snapshot_add(w->p->s, CLASS_PILE);
	const struct shared_fs *fs = files_fs(w->p, w->device);

	FACT_SET(pile, device, w->device);
	FACT_SET(pile, path, path);
	if (fs && fs->type == FS_POSIX)
		FACT_SET(pile, kind, KIND_POSIX_SHM);
	FACT_SET(pile, memory, memory);
	return pile;
}

/* @used: bytes of all its files, with a name or not. */
static void add_piles(struct walk *w, const char *point, uint64_t used)
{
	const struct owned *rows = w->owners.rows;
	const char *path = arena_strdup(w->p->s->arena, point);

	for (uint32_t i = 0; i < w->owners.count; i++) {
		struct pile *pile = add_pile(w, path, rows[i].memory);

		FACT_SET(pile, uid, rows[i].uid);
		FACT_SET(pile, objects, rows[i].objects);
	}
	if (used > w->memory) {
		struct pile *pile = add_pile(w, path, used - w->memory);

		FACT_UNKNOWN(pile, uid);
		FACT_UNKNOWN(pile, objects);
	}
}

/* A copy of the mount alone shows what other mounts on top of its folders hide; where that is allowed. */
static int without_others(int root)
{
	int fd = syscall(SYS_open_tree, root, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);

	if (fd < 0)
		return root;
	close(root);
	return fd;
}

/* 0 or -errno; -EBUSY: another mount stands on top of it. */
static int read_mount(struct pass *p, const struct mounts *set, const struct mount *m)
{
	struct walk w = { .p = p, .device = m->device };
	int root = mount_open(set, m->point);
	struct statfs fs;
	struct stat st;

	if (root < 0)
		return root;
	if (fstat(root, &st) || st.st_dev != m->device || fstatfs(root, &fs)) {
		close(root);
		return -EBUSY;
	}
	root = without_others(root);
	walk_folder(&w, root, ".", 0);
	add_piles(&w, m->point, (uint64_t)(fs.f_blocks - fs.f_bfree) * fs.f_bsize);
	close(root);
	table_release(&w.owners);
	index_release(&w.places);
	index_release(&w.linked);
	return 0;
}

enum round { ROUND_WHOLE, ROUND_ANY, ROUND_TELL };

/* Those of which the whole is mounted somewhere; then those of which just a folder is; what is left is told. */
static void read_all(struct pass *p, struct index *seen, enum round round)
{
	const struct mounts *sets = p->mounts.rows;

	for (uint32_t i = 0; i < p->mounts.count; i++) {
		const struct mount *m = sets[i].rows.rows;

		for (uint32_t k = 0; k < sets[i].rows.count; k++) {
			int rc;

			if ((strcmp(m[k].type, "tmpfs") && strcmp(m[k].type, "devtmpfs")) ||
			    (round == ROUND_WHOLE && strcmp(m[k].root, "/")) ||
			    index_find(seen, m[k].device, 0, 0))
				continue;
			rc = read_mount(p, &sets[i], &m[k]);
			if (!rc || round == ROUND_TELL)
				index_add(seen, m[k].device, 0, 0, 0);
			if (rc && round == ROUND_TELL && rc != -ENOENT && rc != -ESRCH)
				snapshot_gap(p->s, "tmpfs", -rc, sets[i].pid);
		}
	}
}

void tmpfses_read(struct pass *p)
{
	struct index seen = { 0 };

	for (enum round round = ROUND_WHOLE; round <= ROUND_TELL; round++)
		read_all(p, &seen, round);
	index_release(&seen);
}
