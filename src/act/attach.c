/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Contents of segments, without making pages that nobody ever touched. */
#include "attach.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <unistd.h>
#include "actor.h"
#include "ipctop/io.h"

#define TABLE_MAX	(64 << 20)	/* bytes of a text in /proc */

struct attachment {
	const struct object *o;
	void *map;
	struct shmid_ds ds;
};

/* Attached it can no longer go; that it is the one that was looked at shows only then. */
static int attach(void *arg)
{
	struct attachment *a = arg;
	int rc = 0;

	a->map = shmat(a->o->id, NULL, SHM_RDONLY);
	if (a->map == (void *)-1)
		return errno == EINVAL || errno == EIDRM ? -ENOENT : -errno;
	if (shmctl(a->o->id, IPC_STAT, &a->ds))
		rc = -errno;
	else if (a->ds.shm_segsz != a->o->size || a->ds.shm_perm.cuid != a->o->creator_uid ||
		 a->ds.shm_ctime != a->o->change_time)
		rc = -ESTALE;
	if (rc)
		shmdt(a->map);
	return rc;
}

static size_t ordinary_page(void)
{
	return sysconf(_SC_PAGESIZE);
}

static size_t rounded(uint64_t size, uint64_t page)
{
	return (size + page - 1) / page * page;
}

/*
 * The page size of our mapping at @map by smaps (proc(5)), and in @length how long it is; 0 when it is
 * not told.
 */
static uint64_t told_page_size(const void *map, size_t *length)
{
	struct buf text = BUF_INIT;
	char *rest, *line;
	uint64_t kib = 0;
	bool ours = false;

	if (io_read_file(AT_FDCWD, "/proc/self/smaps", &text, TABLE_MAX))
		return 0;
	rest = text.s;
	while (!kib && (line = strsep(&rest, "\n"))) {
		uintptr_t start, end;

		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &start, &end) == 2) {
			ours = start == (uintptr_t)map;
			*length = end - start;
		} else if (ours) {
			(void)!sscanf(line, "KernelPageSize: %" SCNu64 " kB", &kib);
		}
	}
	buf_release(&text);
	return kib * 1024;
}

/* The segment as a file: the kernel shows it to who may restore processes. */
static int open_as_file(const void *map, size_t length)
{
	char path[80];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/map_files/%" PRIxPTR "-%" PRIxPTR, (uintptr_t)map,
		 (uintptr_t)map + length);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Its pages in memory and in swap, by /proc/sysvipc/shm. */
static int count_pages(uint64_t id, uint64_t *resident, uint64_t *swapped)
{
	struct buf text = BUF_INIT;
	char *rest, *line;
	int rc = io_read_file(AT_FDCWD, "/proc/sysvipc/shm", &text, TABLE_MAX);

	if (rc)
		return rc;
	rc = -ENOENT;
	rest = text.s;
	while (rc && (line = strsep(&rest, "\n"))) {
		uint64_t row, rss, swap;

		if (sscanf(line, "%*s %" SCNu64 " %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %" SCNu64
			   " %" SCNu64, &row, &rss, &swap) != 3 || row != id)
			continue;
		*resident = rss / ordinary_page();
		*swapped = swap / ordinary_page();
		rc = 0;
	}
	buf_release(&text);
	return rc;
}

#define TRIES 10

/*
 * mincore sees what is in memory, pages just read from swap included. So swapped ones are fetched
 * until as many are seen as the segment has, counted after the look: pages never become fewer, but by
 * MADV_REMOVE. (Of huge pages it tells only those that this very mapping has touched.)
 */
static unsigned char *look_for_pages(const struct object *o, const char *map, size_t length)
{
	size_t page = ordinary_page(), pages = length / page;
	unsigned char *present = xcalloc(pages, 1);
	uint64_t resident, swapped;

	for (int n = 0; n < TRIES; n++) {
		uint64_t seen = 0;

		if (mincore((void *)map, length, present))
			break;
		for (size_t i = 0; i < pages; i++)
			seen += present[i] &= 1;
		if (count_pages(o->id, &resident, &swapped))
			break;
		if (seen >= resident + swapped)
			return present;
		if (swapped)
			(void)!madvise((void *)map, length, MADV_WILLNEED);
		usleep(1000 << n);
	}
	free(present);
	return NULL;
}

static void find_pages(const struct object *o, struct contents *c)
{
	size_t length = rounded(c->size, ordinary_page());
	struct statfs sfs;

	c->fd = open_as_file(c->map, length);
	if (c->fd == -ENOENT && told_page_size(c->map, &length))	/* it ends at a huge page */
		c->fd = open_as_file(c->map, length);
	if (c->fd >= 0) {
		if (!fstatfs(c->fd, &sfs) && sfs.f_type == HUGETLBFS_MAGIC)
			c->page_size = sfs.f_bsize;
		else
			c->page_size = ordinary_page();
		return;
	}
	c->fd = -1;
	c->page_size = told_page_size(c->map, &length);
	if (c->page_size == ordinary_page())
		c->present = look_for_pages(o, c->map, length);
}

bool sysv_why(const struct object *o, int error, struct buf *why)
{
	if (error == ENOENT)
		buf_puts(why, "it is gone");
	else if (error == ESTALE)
		buf_puts(why, "another has its place now, or its owner changed");
	else if (error == EACCES && FACT_KNOWN(o, user))
		buf_printf(why, "it is %s's and may not be read (mode %04" PRIo64 ")", o->user, o->mode);
	else
		return false;
	return true;
}

int attach_open(struct reach *ways, const struct object *o, struct contents *c, struct buf *error)
{
	struct attachment a = { .o = o };
	int rc = in_ipc_ns(ways, o->ipc_ns, attach, &a);

	if (rc) {
		if (!sysv_why(o, -rc, error))
			buf_printf(error, "it cannot be attached: %s", strerrordesc_np(-rc));
		return rc;
	}
	c->map = a.map;
	c->size = a.ds.shm_segsz;
	find_pages(o, c);
	return 0;
}

void attach_close(struct contents *c)
{
	shmdt(c->map);
	free(c->present);
}

int attach_next(const struct contents *c, uint64_t from, uint64_t *start, uint64_t *end)
{
	size_t page = ordinary_page(), pages = rounded(c->size, page) / page, i = from / page;

	*start = from;
	*end = c->size;
	if (from >= c->size)
		return 0;
	if (!c->present)
		return 1;
	while (i < pages && !c->present[i])
		i++;
	if (i == pages)
		return 0;
	if (i * page > from)
		*start = i * page;
	while (i < pages && c->present[i])
		i++;
	if (i < pages)
		*end = i * page;
	return 1;
}

/* By a system call: a page that cannot be had is an error then, where a load would be a signal. */
int64_t attach_read(const struct contents *c, uint64_t offset, void *buffer, size_t n)
{
	struct iovec to = { .iov_base = buffer }, from = { .iov_base = (char *)c->map + offset };
	ssize_t done;

	if (offset >= c->size)
		return 0;
	from.iov_len = to.iov_len = n < c->size - offset ? n : c->size - offset;
	done = process_vm_readv(getpid(), &to, 1, &from, 1, 0);
	if (done < 0 && (errno == ENOSYS || errno == EPERM)) {
		memcpy(buffer, from.iov_base, from.iov_len);
		return from.iov_len;
	}
	return done < 0 ? errno == EFAULT ? -EIO : -errno : done;
}
