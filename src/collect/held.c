/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes that a snapshot told of, found again. */
#include "held.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "ipctop/clock.h"
#include "ipctop/io.h"
#include "ipctop/reach.h"

static bool is_same_process(const struct process *row, const struct life_facts *f)
{
	/* where nothing was read of it, its mapping must do */
	return !row->start_tics || row->start_tics == f->start;
}

static bool has_memory(int dir)
{
	int fd = openat(dir, "maps", O_RDONLY | O_CLOEXEC);
	bool any;
	char c;

	if (fd < 0)
		return false;
	any = read(fd, &c, 1) == 1;
	close(fd);
	return any;
}

/* A leader that called pthread_exit has no memory; its threads still do. -EAGAIN: those that were seen went. */
static int go_to_thread(struct held *x)
{
	struct table tids = { 0 };
	const uint32_t *tid;
	int rc = -EAGAIN;

	if (!thread_list(x->dir, x->process->pid, &tids)) {
		tid = tids.rows;
		for (uint32_t i = 0; i < tids.count; i++) {
			char path[32];
			int dir;

			snprintf(path, sizeof(path), "task/%u", tid[i]);
			dir = openat(x->dir, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
			if (dir >= 0 && has_memory(dir)) {
				close(x->dir);
				x->dir = dir;
				rc = 0;
				break;
			}
			if (dir >= 0)
				close(dir);
		}
	}
	table_release(&tids);
	return rc;
}

static int look(struct held *x)
{
	struct buf stat = BUF_INIT;
	struct life_facts f;
	int rc = io_read_file(x->dir, "stat", &stat, 4096);

	if (!rc && !life_parse_stat(stat.s, &f))
		rc = -EPROTO;
	buf_release(&stat);
	if (rc)
		return rc == -ENOENT ? -ESRCH : rc;
	if (!is_same_process(x->process, &f))
		return -ESRCH;
	if (f.state != 'Z' && f.state != 'X')
		return 0;
	return f.threads > 1 ? go_to_thread(x) : -ESRCH;
}

static int open_process(struct held *x)
{
	char path[32];
	int rc;

	snprintf(path, sizeof(path), "/proc/%u", (uint32_t)x->process->pid);
	x->dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (x->dir < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	rc = look(x);
	if (rc)
		held_close(x);
	return rc;
}

int held_open(struct held *x, const struct snapshot *s, const struct object *o, uint32_t i)
{
	*x = (struct held){ .s = s, .o = o };
	x->holder = snapshot_row(s, CLASS_HOLDER, o->holders.first + i);
	x->process = snapshot_row(s, CLASS_PROCESS, x->holder->process);
	return open_process(x);
}

void held_close(struct held *x)
{
	close(x->dir);
}

int held_vmas(const struct held *x, unsigned int filter, struct table *rows, maps_fn fn, void *arg)
{
	int fd = openat(x->dir, "maps", O_RDONLY | O_CLOEXEC), rc;

	rows->count = 0;
	if (fd < 0)
		return -errno;
	rc = maps_query(fd, filter, fn, arg);
	if (rc == -ENOTTY || rc == -ENAMETOOLONG) {
		rows->count = 0;
		rc = maps_read(fd, -1, filter, fn, arg);
	}
	close(fd);
	return rc;
}

/* Who has the number after the descriptor was made and is the right one had it before, too. */
int reach_process(const struct process *p)
{
	int fd = syscall(SYS_pidfd_open, (pid_t)p->pid, 0), rc;
	struct held x = { .process = p };

	if (fd < 0)	/* a thread of another has its number */
		return errno == EINVAL || errno == ENOENT ? -ESRCH : -errno;
	rc = open_process(&x);
	if (!rc) {
		held_close(&x);
		return fd;
	}
	close(fd);
	return rc;
}

struct shared_vmas {
	const struct object *o;
	struct table *rows;
};

static void add_shared(void *arg, const struct vma *vma)
{
	const struct shared_vmas *x = arg;

	if (vma->device == x->o->device && vma->inode == x->o->inode)
		*(struct reach_mapping *)table_add(x->rows, sizeof(struct reach_mapping)) =
			(struct reach_mapping){ vma->start, vma->end - vma->start, vma->offset };
}

#define END_US	2000000		/* of a process that was killed: that its last thread has gone */

bool reach_ended(int pidfd)
{
	int64_t until = clock_mono_us() + END_US, left;
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	int n = -1;

	while (n < 0 && (left = until - clock_mono_us()) > 0) {
		n = poll(&p, 1, (int)(left / 1000) + 1);
		if (n < 0 && errno != EINTR)
			break;
	}
	return n > 0 && p.revents & POLLIN;
}

int reach_mappings(const struct process *p, const struct object *o, struct table *rows)
{
	struct shared_vmas shared = { .o = o, .rows = rows };
	struct held x = { .process = p };
	int rc = open_process(&x);

	if (rc)
		return rc;
	rc = held_vmas(&x, MAPS_SHARED, rows, add_shared, &shared);
	/* at its end it has no memory before it has ended */
	if (!rc && !rows->count && !has_memory(x.dir))
		rc = -EAGAIN;
	held_close(&x);
	return rc;
}

static const struct mapping *mapping_at(const struct held *x, uint32_t i)
{
	return snapshot_row(x->s, CLASS_MAPPING, x->holder->mappings.first + i);
}

bool held_maps(const struct held *x, const struct vma *vma)
{
	if (vma->device != x->o->device || vma->inode != x->o->inode)
		return false;
	for (uint32_t i = 0; i < x->holder->mappings.count; i++) {
		const struct mapping *m = mapping_at(x, i);

		if (vma->start >= m->start && vma->end <= m->start + m->length)
			return true;
	}
	return false;
}

uint64_t held_end(const struct held *x)
{
	const struct mapping *m;

	if (!x->holder->mappings.count)
		return 0;
	m = mapping_at(x, x->holder->mappings.count - 1);
	return m->start + m->length;
}
