/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ways to objects of other namespaces, and the lease on a file. */
#include "ipctop/reach.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "ipctop/name.h"
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

/* That of the device number @device, given to the caller, or -ENOENT. */
static int if_device(int fd, uint64_t device)
{
	struct stat st;

	if (fd < 0 || (!fstat(fd, &st) && st.st_dev == device))
		return fd;
	close(fd);
	return -ENOENT;
}

static int own_folder(uint64_t device)
{
	int fd = open("/dev/shm", O_PATH | O_DIRECTORY | O_CLOEXEC);

	fd = if_device(fd < 0 ? -errno : fd, device);
	return fd == -ENOENT ? if_device(mqueue_mount(), device) : fd;
}

static int find_folder(uint64_t device)
{
	struct collect_options options = {
		.kinds = KIND_BIT(KIND_POSIX_SHM) | KIND_BIT(KIND_POSIX_MQ),
		.sources = SOURCE_BIT(SOURCE_TMPFS) | SOURCE_BIT(SOURCE_FDS) | SOURCE_BIT(SOURCE_MQUEUE),
	};
	int fd = own_folder(device);
	const struct shared_fs *fs;
	struct collector *c;
	struct pass p;

	if (fd >= 0)
		return fd;
	c = begin(&p, &options);
	files_find(&p);
	ipc_namespaces_read(&p);
	fs = files_fs(&p, device);
	if (fs && fs->type != FS_HUGETLB)
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

bool reach_is(const struct object *o, const struct stat *st)
{
	return st->st_dev == o->device && st->st_ino == o->inode && S_ISREG(st->st_mode);
}

const char *reach_below(const char *path)
{
	static const char *const roots[] = { "/dev/shm/", "/dev/mqueue/" };

	for (unsigned int i = 0; path && i < ARRAY_SIZE(roots); i++)
		if (!strncmp(path, roots[i], strlen(roots[i])))
			return path + strlen(roots[i]);
	return NULL;
}

int reach_same(const char *path, int how, int how_more, const struct object *o)
{
	int fd = open(path, O_PATH | O_CLOEXEC | how), again;
	struct stat st;
	char self[40];

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || !reach_is(o, &st)) {
		close(fd);
		return -ENOENT;
	}
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	again = open(self, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | how_more);
	again = again < 0 ? -errno : again;
	close(fd);
	return again;
}

static int open_same(const char *path, int how, const struct object *o)
{
	int fd = reach_same(path, how, O_NOATIME, o);

	return fd == -EPERM ? reach_same(path, how, 0, o) : fd;
}

static int open_by_fds(const struct snapshot *s, const struct holder *h, uint64_t pid,
		       const struct object *o)
{
	int rc = -ENOENT;

	for (uint32_t i = 0; rc < 0 && i < h->fds.count; i++) {
		const struct fd *row = snapshot_row(s, CLASS_FD, h->fds.first + i);
		char path[64];

		if (FACT_KNOWN(row, access) && row->access == ACCESS_PATH)
			continue;
		snprintf(path, sizeof(path), "/proc/%" PRIu64 "/fd/%" PRIu64, pid, row->fd);
		rc = open_same(path, 0, o);
	}
	return rc;
}

static int open_by_mappings(const struct snapshot *s, const struct holder *h, uint64_t pid,
			    const struct object *o)
{
	int rc = -ENOENT;

	for (uint32_t i = 0; rc < 0 && i < h->mappings.count; i++) {
		const struct mapping *m = snapshot_row(s, CLASS_MAPPING, h->mappings.first + i);
		char path[96];

		snprintf(path, sizeof(path), "/proc/%" PRIu64 "/map_files/%" PRIx64 "-%" PRIx64, pid, m->start,
			 m->start + m->length);
		rc = open_same(path, 0, o);
	}
	return rc;
}

int reach_held(const struct snapshot *s, const struct object *o)
{
	int first = -ENXIO, rc = -ENXIO;

	for (uint32_t i = 0; rc < 0 && i < o->holders.count; i++) {
		const struct holder *h = snapshot_row(s, CLASS_HOLDER, o->holders.first + i);
		const struct process *p = snapshot_row(s, CLASS_PROCESS, h->process);

		rc = open_by_fds(s, h, p->pid, o);
		if (rc == -ENOENT)
			rc = open_by_mappings(s, h, p->pid, o);
		if (first == -ENXIO || first == -ENOENT)
			first = rc;
	}
	return rc < 0 ? first : rc;
}

/* The file of a /dev/shm by its name there. */
static int open_below(struct reach *r, const struct object *o)
{
	const char *below = reach_below(o->path);
	int root = below ? reach_folder(r, o->device) : -ENXIO, fd;
	struct stat st;

	if (root < 0)
		return root;
	fd = reach_file(root, below, O_NOATIME, &st);
	if (fd == -EPERM)
		fd = reach_file(root, below, 0, &st);
	if (fd >= 0 && !reach_is(o, &st)) {
		close(fd);
		return -ESTALE;
	}
	return fd;
}

/* A file elsewhere by its path, when that path was found to lead to it. */
static int open_path(const struct object *o)
{
	struct buf error = BUF_INIT;
	struct name name = { 0 };
	int fd = -ENXIO;

	if (!name_parse(o->name, &name, &error)) {
		if (name.form == NAME_PATH)
			fd = open_same(name.path, O_NOFOLLOW, o);
		name_release(&name);
	}
	buf_release(&error);
	return fd;
}

int reach_named(struct reach *r, const struct object *o)
{
	if (o->kind == KIND_POSIX_SHM || o->kind == KIND_POSIX_SEM || o->kind == KIND_POSIX_MQ)
		return open_below(r, o);
	return o->kind == KIND_FILE ? open_path(o) : -ENXIO;
}
