/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ways to objects of other namespaces, and the lease on a file. */
#include "ipctop/reach.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "pass.h"

/* One that was found, by the folder's device number or the namespace's inode number. */
struct way {
	uint64_t number;
	int fd;				/* or -errno */
};

struct reach {
	struct table folders, ipc_ns;	/* struct way */
};

struct reach *reach_new(void)
{
	return xcalloc(1, sizeof(struct reach));
}

static void forget(struct table *ways)
{
	const struct way *rows = ways->rows;

	for (uint32_t i = 0; i < ways->count; i++)
		if (rows[i].fd >= 0)
			close(rows[i].fd);
	table_release(ways);
}

void reach_free(struct reach *r)
{
	if (!r)
		return;
	forget(&r->folders);
	forget(&r->ipc_ns);
	free(r);
}

static int remembered(struct table *ways, uint64_t number, int (*find)(uint64_t number))
{
	const struct way *rows = ways->rows;
	struct way *new;

	for (uint32_t i = 0; i < ways->count; i++)
		if (rows[i].number == number)
			return rows[i].fd;
	new = table_add(ways, sizeof(*new));
	*new = (struct way){ .number = number, .fd = find(number) };
	return new->fd;
}

/* A light pass: no object is looked at. */
static struct collector *begin(struct pass *p, struct collect_options *options)
{
	static const struct policy none;	/* nothing is judged */
	struct collector *c;

	options->policy = &none;
	c = collector_new(options);
	(void)pass_begin(p, c);
	/* namespaces of mounts are read with descriptors */
	tasks_scan(p, false, options->sources & SOURCE_BIT(SOURCE_FDS), false);
	mounts_read(p);
	return c;
}

static void end(struct pass *p, struct collector *c)
{
	struct snapshot *s = p->s;

	pass_release(p);
	snapshot_free(s);
	collector_free(c);
}

static int own_folder(uint64_t device)
{
	int fd = open("/dev/shm", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && st.st_dev == device)
		return fd;
	close(fd);
	return -ENOENT;
}

static int find_folder(uint64_t device)
{
	struct collect_options options = {
		.kinds = KIND_BIT(KIND_POSIX_SHM),
		.sources = SOURCE_BIT(SOURCE_TMPFS) | SOURCE_BIT(SOURCE_FDS),
	};
	int fd = own_folder(device);
	const struct shared_fs *fs;
	struct collector *c;
	struct pass p;

	if (fd != -ENOENT)
		return fd;
	c = begin(&p, &options);
	files_find(&p);
	fs = files_fs(&p, device);
	if (fs && fs->type == FS_POSIX)
		fd = fcntl(fs->root, F_DUPFD_CLOEXEC, 0);
	end(&p, c);
	return fd;
}

static int open_ns(const char *path, uint64_t ns)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && !fstat(fd, &st) && st.st_ino == ns)
		return fd;
	if (fd >= 0)
		close(fd);
	return -ENOENT;
}

static int ns_of_tasks(const struct pass *p, uint64_t ns)
{
	int fd = -ENOENT;

	for (uint32_t i = 0; i < p->c->tasks.count && fd < 0; i++) {
		const struct task *t = pass_task(p, i);
		char path[40];

		if (t->gone || t->ipc_ns != ns)
			continue;
		snprintf(path, sizeof(path), "/proc/%u/ns/ipc", t->pid);
		fd = open_ns(path, ns);
	}
	return fd;
}

/* One that no process is in lives by a bind mount. */
static int ns_of_mounts(const struct pass *p, uint64_t ns)
{
	const struct mounts *own = p->mounts.rows;
	const struct mount *m = p->mounts.count ? own->rows.rows : NULL;
	int fd = -ENOENT;

	for (uint32_t k = 0; m && k < own->rows.count && fd < 0; k++) {
		if (strcmp(m[k].type, "nsfs") || strncmp(m[k].root, "ipc:[", 5) ||
		    strtoull(m[k].root + 5, NULL, 10) != ns || mounts_may_hang(p, m[k].point))
			continue;
		fd = open_ns(m[k].point, ns);
	}
	return fd;
}

static int find_ipc_ns(uint64_t ns)
{
	struct collect_options options = {
		.kinds = KIND_BIT(KIND_SHM), .sources = SOURCE_BIT(SOURCE_SHMCTL),
	};
	struct pass p;
	struct collector *c = begin(&p, &options);
	int fd = ns_of_tasks(&p, ns);

	if (fd < 0)
		fd = ns_of_mounts(&p, ns);
	end(&p, c);
	return fd;
}

int reach_folder(struct reach *r, uint64_t device)
{
	return remembered(&r->folders, device, find_folder);
}

int reach_ipc_ns(struct reach *r, uint64_t ns)
{
	return remembered(&r->ipc_ns, ns, find_ipc_ns);
}

int reach_file(int root, const char *below, int how_more, struct stat *st)
{
	struct open_how how = {
		.flags = O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC | how_more,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};
	int fd = syscall(SYS_openat2, root, below, &how, sizeof(how));

	if (fd < 0)
		return -errno;
	if (!fstat(fd, st) && S_ISREG(st->st_mode))
		return fd;
	close(fd);
	return -EMEDIUMTYPE;
}

int lease_take(int fd, uint32_t owner)
{
	uid_t self;
	int rc;

	if (!fcntl(fd, F_SETLEASE, F_WRLCK))
		return 0;
	if (errno != EACCES)
		return -errno;
	/* without CAP_LEASE the owner may, and who may become him: only this thread does */
	self = setfsuid(owner);
	rc = fcntl(fd, F_SETLEASE, F_WRLCK) ? -errno : 0;
	setfsuid(self);
	return rc;
}

void lease_drop(int fd)
{
	fcntl(fd, F_SETLEASE, F_UNLCK);
}

bool lease_undisturbed(int fd)
{
	return fcntl(fd, F_GETLEASE) == F_WRLCK;
}
