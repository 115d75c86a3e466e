/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mappings, descriptors and namespaces of all processes, by as many threads as there are cores. */
#include "pass.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct scan {
	struct pass *p;
	bool maps, fds, again;
	bool private;			/* private mappings of files too */
	atomic_uint skipped;
	atomic_bool no_query, no_kcmp;
};

uint64_t ns_inode(int dir, const char *path, int *error)
{
	char link[64];
	const char *number;
	ssize_t n = readlinkat(dir, path, link, sizeof(link) - 1);

	if (n < 0) {
		*error = errno;
		return 0;
	}
	link[n] = '\0';
	number = strchr(link, '[');
	*error = 0;
	return number ? strtoull(number + 1, NULL, 10) : 0;
}

/* ESRCH and ENOENT both mean that it went away (or never had any): no gap. */
static int16_t task_error(int rc)
{
	return rc == -ENOENT || rc == -ESRCH ? 0 : -rc;
}

static uint32_t add_name(struct task *t, const char *name, size_t len, uint32_t last)
{
	uint32_t at;

	if (!t->names.len)
		buf_add(&t->names, "", 1);
	/* neighbours are often of one file */
	if (last < t->names.len && !strcmp(t->names.s + last, name))
		return last;
	at = t->names.len;
	buf_add(&t->names, name, len);
	buf_add(&t->names, "", 1);
	return at;
}

static void add_map(void *arg, const struct vma *vma)
{
	struct task *t = arg;
	const struct raw_map *last = t->maps.count ?
		(struct raw_map *)t->maps.rows + t->maps.count - 1 : NULL;
	uint32_t name = add_name(t, vma->name, vma->name_len, last ? last->name : 0);
	struct raw_map *m = table_add(&t->maps, sizeof(*m));

	*m = (struct raw_map){
		.start = vma->start, .end = vma->end, .offset = vma->offset,
		.device = vma->device, .inode = vma->inode, .prot = vma->prot, .name = name,
	};
}

static void add_fd(void *arg, const struct raw_fd *fd, const char *name)
{
	struct task *t = arg;
	uint32_t at = add_name(t, name, strlen(name), 0);
	struct raw_fd *f = table_add(&t->fds, sizeof(*f));

	*f = *fd;
	f->name = at;
}

static int compare_fds(const void *pa, const void *pb)
{
	const struct raw_fd *a = pa, *b = pb;

	if (a->fd != b->fd)
		return a->fd < b->fd ? -1 : 1;
	if (a->device != b->device)
		return a->device < b->device ? -1 : 1;
	return (a->inode > b->inode) - (a->inode < b->inode);
}

/* Threads that share a table other than their leader's, or where kcmp could not tell. */
static void drop_doubles(struct table *fds)
{
	struct raw_fd *f = fds->rows;
	uint32_t n = 1;

	if (fds->count < 2)
		return;
	qsort(f, fds->count, sizeof(*f), compare_fds);
	for (uint32_t i = 1; i < fds->count; i++)
		if (compare_fds(&f[i], &f[n - 1]))
			f[n++] = f[i];
	fds->count = n;
}

int thread_list(int dir, uint32_t pid, struct table *tids)
{
	int fd = openat(dir, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	int error = d ? 0 : errno;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return -error;
	}
	while ((errno = 0, e = readdir(d))) {
		uint32_t tid = strtoul(e->d_name, NULL, 10);

		if (tid && tid != pid)
			*(uint32_t *)table_add(tids, sizeof(tid)) = tid;
	}
	error = errno;
	closedir(d);
	return -error;
}

/*
 * The link count of the task folder is 2 and one for each thread; its owner is that of the
 * process's folder.
 */
static bool has_threads(struct task *t, int dir)
{
	struct stat st;

	if (fstatat(dir, "task", &st, 0) < 0)
		return false;
	t->euid = st.st_uid;
	return st.st_nlink > 3;
}

/* -ESRCH where there is no memory to read: a kernel thread, a zombie, a dead leader. */
static int read_maps_file(struct scan *scan, struct task *t, int dir, const char *path)
{
	unsigned int filter = MAPS_SHARED | (scan->private ? MAPS_PRIVATE_FILES : 0);
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	int rc = -ENOTTY;

	if (fd < 0)
		return -errno;
	if (scan->p->c->query_works && !atomic_load(&scan->no_query))
		rc = maps_query(fd, filter, add_map, t);
	/* a path longer than PATH_MAX is told by the text alone */
	if (rc == -ENOTTY || rc == -ENAMETOOLONG) {
		if (rc == -ENOTTY)
			atomic_store(&scan->no_query, true);
		t->maps.count = 0;
		rc = maps_read(fd, dir, filter, add_map, t);
		/* before Linux 6.12 such files are empty instead */
		if (!rc && lseek(fd, 0, SEEK_CUR) == 0)
			rc = -ESRCH;
	}
	close(fd);
	return rc;
}

/* A leader that called pthread_exit has no memory; its threads still do. */
static int read_thread_maps(struct scan *scan, struct task *t, int dir)
{
	struct table tids = { 0 };
	int error = thread_list(dir, t->pid, &tids), rc = error ? error : -ESRCH;
	for (uint32_t i = 0; i < tids.count && rc == -ESRCH; i++) {
		uint32_t tid = ((uint32_t *)tids.rows)[i];
		char path[48];

		snprintf(path, sizeof(path), "task/%u/maps", tid);
		t->maps.count = 0;
		rc = read_maps_file(scan, t, dir, path);
		if (!rc)
			t->reader = tid;
	}
	table_release(&tids);
	return rc;
}

static uint64_t maps_print(const struct task *t)
{
	const struct raw_map *m = t->maps.rows;
	uint64_t h = 0;

	for (uint32_t i = 0; i < t->maps.count; i++) {
		const uint64_t words[] = {
			m[i].start, m[i].end, m[i].offset, m[i].device, m[i].inode, m[i].prot,
		};

		for (unsigned int k = 0; k < ARRAY_SIZE(words); k++)
			h = ((h ^ words[k]) * 0x9e3779b97f4a7c15ULL) ^ h >> 29;
	}
	return h;
}

static void read_maps(struct scan *scan, struct task *t, int dir)
{
	bool known = t->maps_valid;
	uint64_t last;
	int rc;

	t->maps.count = 0;
	t->reader = t->pid;
	rc = read_maps_file(scan, t, dir, "maps");
	if (rc == -ESRCH && has_threads(t, dir))
		rc = read_thread_maps(scan, t, dir);
	t->maps_error = task_error(rc);
	t->private_read = scan->private;
	t->maps_valid = rc == 0 || rc == -ESRCH;
	if (rc == -ENOENT)
		t->gone = true;
	last = t->print;
	t->print = maps_print(t);
	t->last_print = known ? last : t->print;
}

/*
 * A thread can have a table of its own (CLONE_FILES not set). kcmp tells without
 * reading them; where it cannot, all are read.
 */
static int read_thread_tables(struct scan *scan, struct task *t, int dir)
{
	struct table tids = { 0 };
	uint32_t last = t->pid;
	int error = thread_list(dir, t->pid, &tids);

	for (uint32_t i = 0; i < tids.count; i++) {
		uint32_t tid = ((uint32_t *)tids.rows)[i];
		uint64_t size;
		char path[32];
		int thread, rc;

		if (!atomic_load(&scan->no_kcmp)) {
			if (syscall(SYS_kcmp, t->pid, tid, KCMP_FILES, 0, 0) == 0 ||
			    (last != t->pid && syscall(SYS_kcmp, last, tid, KCMP_FILES, 0, 0) == 0))
				continue;
			if (errno == ENOSYS)
				atomic_store(&scan->no_kcmp, true);
		}
		snprintf(path, sizeof(path), "task/%u", tid);
		thread = openat(dir, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		rc = thread < 0 ? -errno : fds_read(thread, tid, add_fd, t, &size);
		if (rc < 0 && rc != -ENOENT && rc != -ESRCH)
			error = rc;
		if (thread < 0)
			continue;	/* ended meanwhile, as a rule */
		close(thread);
		last = tid;
	}
	if (last != t->pid)
		drop_doubles(&t->fds);
	table_release(&tids);
	return error;
}

static void read_fds(struct scan *scan, struct task *t, int dir)
{
	int rc, threads = 0;

	t->fds.count = 0;
	rc = fds_read(dir, t->pid, add_fd, t, &t->nfds_seen);
	if (has_threads(t, dir))
		threads = read_thread_tables(scan, t, dir);
	if (!rc)
		rc = threads;
	t->fds_error = task_error(rc);
	t->fds_valid = rc == 0;
}

static int64_t cpu_clock(uint32_t pid)
{
	struct timespec ts;

	/* the CPU clock of another process: clock_getcpuclockid(3) */
	if (clock_gettime((clockid_t)(~pid << 3 | 2), &ts) < 0)
		return -1;
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* The size of the fd folder is the number of open descriptors since Linux 6.2. */
static uint64_t count_fds(const char *path)
{
	char fds[48];
	struct stat st;

	snprintf(fds, sizeof(fds), "%s/fd", path);
	return stat(fds, &st) < 0 ? 0 : st.st_size;
}

/*
 * A few sleepers are read again in each pass, so that sharers of memory or tables are caught, and who
 * moves them into other control groups.
 */
static bool its_turn(const struct scan *scan, uint32_t i)
{
	return (i + scan->p->c->passes) % 32 == 0;
}

static void read_namespaces(struct task *t, int dir)
{
	int error;

	t->ipc_ns = ns_inode(dir, "ns/ipc", &error);
	t->ns_error = task_error(-error);
	t->mnt_ns = ns_inode(dir, "ns/mnt", &error);
	t->pid_ns = ns_inode(dir, "ns/pid", &error);
}

/*
 * Kernel threads and dead zombies may be as unreadable as other users' processes are, but
 * there is nothing to read: proc_pid_stat(5), flags and num_threads.
 */
static bool holds_nothing(int dir, const char *path)
{
	const unsigned long pf_kthread = 0x00200000;	/* include/linux/sched.h */
	char stat[512];
	const char *at;
	unsigned long flags;
	long threads;
	ssize_t n;
	char state;
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	n = read(fd, stat, sizeof(stat) - 1);
	close(fd);
	stat[n < 0 ? 0 : n] = '\0';
	/* a name may hold parentheses itself */
	at = strrchr(stat, ')');
	return at && sscanf(at, ") %c %*d %*d %*d %*d %*d %lu %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %ld",
			    &state, &flags, &threads) == 3 &&
	       (flags & pf_kthread || (state == 'Z' && threads <= 1));
}

/* All that segments need to know of a process: one look, without its folder being opened. */
static void read_ipc_ns(struct task *t)
{
	char path[40];
	int error;

	snprintf(path, sizeof(path), "/proc/%u/ns/ipc", t->pid);
	t->ipc_ns = ns_inode(AT_FDCWD, path, &error);
	t->ns_error = task_error(-error);
	t->gone = error == ENOENT || error == ESRCH;
	t->euid = EUID_UNREAD;
	snprintf(path, sizeof(path), "/proc/%u/stat", t->pid);
	if (t->ns_error && holds_nothing(AT_FDCWD, path))
		t->ns_error = 0;
}

/* Out of descriptors or memory is not gone. */
static void not_opened(struct scan *scan, struct task *t, int error)
{
	task_release(t);
	t->euid = EUID_UNREAD;
	t->gone = error == ENOENT || error == ESRCH;
	t->maps_error = scan->maps && !t->gone ? error : 0;
	t->fds_error = scan->fds && !t->gone ? error : 0;
}

static void read_task(struct scan *scan, struct task *t, const char *path)
{
	int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (dir < 0) {
		not_opened(scan, t, errno);
		return;
	}
	t->euid = EUID_UNREAD;
	/* with descriptors the look at threads tells as well */
	if (!scan->fds && !fstat(dir, &st))
		t->euid = st.st_uid;
	/* names of both lie together */
	buf_reset(&t->names);
	read_namespaces(t, dir);
	if (scan->maps)
		read_maps(scan, t, dir);
	if (scan->fds)
		read_fds(scan, t, dir);
	if ((t->maps_error || t->fds_error || t->ns_error) && holds_nothing(dir, "stat"))
		t->maps_error = t->fds_error = t->ns_error = 0;
	close(dir);
}

/*
 * Processes can share one table of descriptors (CLONE_FILES without CLONE_THREAD): the number of
 * open ones betrays what an awake sharer did to a sleeper. Looked at in turn, as it is dear.
 */
static bool table_changed(const struct scan *scan, struct task *t, uint32_t i, const char *path)
{
	if (!scan->fds)
		return false;
	return !t->fds_valid ||
	       ((i + scan->p->c->passes) % 4 == 0 && count_fds(path) != t->nfds_seen);
}

/*
 * What a scan does not read no later one trusts: meanwhile others who share its memory or its
 * descriptors, and have gone since, may have changed them under a sleeper.
 */
static void forget_unread(const struct scan *scan, struct task *t)
{
	if (!scan->maps) {
		t->maps_valid = t->private_read = false;
		t->maps_error = 0;
	}
	if (!scan->fds) {
		t->fds_valid = false;
		t->fds_error = 0;
	}
	if (!scan->maps && !scan->fds) {
		t->mnt_ns = t->pid_ns = 0;
		t->slept = false;
	}
}

static void scan_task(void *arg, uint32_t i)
{
	struct scan *scan = arg;
	struct task *t = pass_task(scan->p, i);
	char path[32];
	int64_t cpu;

	t->skipped = false;
	forget_unread(scan, t);
	if (!scan->maps && !scan->fds) {
		read_ipc_ns(t);
		return;
	}
	snprintf(path, sizeof(path), "/proc/%u", t->pid);
	/* before anything is read: what happens later changes it */
	cpu = cpu_clock(t->pid);
	t->slept = cpu >= 0 && cpu == t->cpu && !scan->again && !its_turn(scan, i);
	t->skipped = t->slept && (!scan->maps || t->maps_valid) && t->private_read == scan->private &&
		     !table_changed(scan, t, i, path);
	if (t->skipped) {
		atomic_fetch_add(&scan->skipped, 1);
		return;
	}
	read_task(scan, t, path);
	t->cpu = cpu;
}

/* Where the kernel does not tell, it may be. */
static bool shares_memory(const struct task *a, const struct task *b)
{
	long order = syscall(SYS_kcmp, a->reader, b->reader, KCMP_VM, 0, 0);

	return order == 0 || (order < 0 && errno != ESRCH);
}

/*
 * Who sleeps can still have got other mappings: from a process that has the same memory without
 * being a thread of it (CLONE_VM alone, vfork). Both had the same before.
 */
static void read_sharers(struct scan *scan)
{
	struct table movers = { 0 };	/* const struct task * */
	uint32_t count = scan->p->c->tasks.count;

	for (uint32_t i = 0; i < count; i++) {
		const struct task *t = pass_task(scan->p, i);

		if (!t->gone && !t->skipped && t->maps_valid && t->print != t->last_print)
			*(const struct task **)table_add(&movers, sizeof(t)) = t;
	}
	for (uint32_t i = 0; movers.count && i < count; i++) {
		const struct task *const *mover = movers.rows;
		struct task *t = pass_task(scan->p, i);
		char path[32];

		for (uint32_t k = 0; t->skipped && k < movers.count; k++) {
			if (t->print != mover[k]->last_print || !shares_memory(t, mover[k]))
				continue;
			snprintf(path, sizeof(path), "/proc/%u", t->pid);
			read_task(scan, t, path);
			t->slept = t->skipped = false;
			atomic_fetch_sub(&scan->skipped, 1);
		}
	}
	table_release(&movers);
}

uint32_t tasks_scan(struct pass *p, bool maps, bool fds, bool again)
{
	struct scan scan = {
		.p = p, .maps = maps, .fds = fds,
		.again = again || p->c->options.no_skip,
		.private = maps && p->c->want_private,
	};

	in_threads(p->c->threads, p->c->tasks.count, p->c->light && !scan.again ? 128 : 8, scan_task, &scan);
	/* of a light look the start of a thread costs as much as a hundred */
	p->c->light = (!maps && !fds) || atomic_load(&scan.skipped) > p->c->tasks.count / 4 * 3;
	if (maps && atomic_load(&scan.skipped))
		read_sharers(&scan);
	if (atomic_load(&scan.no_query))
		p->c->query_works = false;
	return atomic_load(&scan.skipped);
}

void tasks_gaps(struct pass *p, bool maps, bool fds)
{
	for (uint32_t i = 0; i < p->c->tasks.count; i++) {
		const struct task *t = pass_task(p, i);

		if (t->gone)
			continue;
		if (maps && t->maps_error)
			snapshot_gap(p->s, "maps", t->maps_error, t->pid);
		if (fds && t->fds_error)
			snapshot_gap(p->s, "fds", t->fds_error, t->pid);
		if (t->ns_error)
			snapshot_gap(p->s, "namespaces", t->ns_error, t->pid);
	}
}
