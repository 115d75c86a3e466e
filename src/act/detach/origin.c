/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <unistd.h>

#define PIECE_BYTES	(2UL << 20)	/* moved at a time */
#define MAPPED_BYTES	(64UL << 20)	/* ... where nothing has to be read; a sign of life comes in between */
#define PAGE		4096UL		/* what a hole is a multiple of, at least */

/* For reading, if it is a regular file, and with @r that of the object: it is known before it is opened. */
static int open_file(int dir, const char *path, const struct detach_request *r)
{
	int there = openat(dir, path, O_PATH | O_CLOEXEC), fd = -1;
	char self[32];
	struct stat st;

	if (there < 0)
		return -1;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", there);
	if (!fstat(there, &st) && S_ISREG(st.st_mode) && (!r || (st.st_dev == r->device && st.st_ino == r->inode)))
		fd = open(self, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	close(there);
	return fd;
}

/* Its device and inode may be told in another way than maps does (btrfs, overlayfs). */
static int open_mapping(pid_t tid, const struct piece *p)
{
	char path[96];

	snprintf(path, sizeof(path), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, (int)tid, p->start, p->end);
	return open_file(AT_FDCWD, path, NULL);
}

/* A descriptor of the same file. */
static int open_descriptor(const struct detach_request *r, pid_t tid)
{
	char path[64];
	struct dirent *e;
	int fd = -1;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)tid);
	dir = opendir(path);
	while (dir && fd < 0 && (e = readdir(dir))) {
		struct stat st;

		/* most are of others */
		if (!fstatat(dirfd(dir), e->d_name, &st, 0) && st.st_dev == r->device && st.st_ino == r->inode)
			fd = open_file(dirfd(dir), e->d_name, r);
	}
	if (dir)
		closedir(dir);
	return fd;
}

void origin_open(struct origin *x, const struct detach_request *r, const struct piece *p, pid_t tid)
{
	struct statfs sfs;
	struct stat st;

	*x = (struct origin){ .tid = tid, .memory = -1 };
	x->fd = open_mapping(tid, p);
	if (x->fd < 0)
		x->fd = open_descriptor(r, tid);
	if (x->fd >= 0 && (fstat(x->fd, &st) || fstatfs(x->fd, &sfs))) {
		close(x->fd);
		x->fd = -1;
	}
	if (x->fd >= 0) {
		x->size = st.st_size;
		/* of hugetlbfs read(2) alone makes no pages; no page of the view comes to be but by a copy */
		if (sfs.f_type != HUGETLBFS_MAGIC)
			x->view = mmap(NULL, x->size, PROT_READ, MAP_SHARED, x->fd, 0);
		if (x->view == MAP_FAILED)
			x->view = NULL;
	}
	x->buffer = mmap(NULL, PIECE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (x->buffer == MAP_FAILED)
		out_of_memory();
}

void origin_close(struct origin *x)
{
	if (x->view)
		munmap(x->view, x->size);
	if (x->fd >= 0)
		close(x->fd);
	munmap(x->buffer, PIECE_BYTES);
}

static uint64_t piece_length(const struct piece *p)
{
	return p->end - p->start;
}

/* The next run of data of @p at or behind @from, in offsets of the object: 1, 0 or -errno. */
static int next_data(const struct origin *x, const struct piece *p, uint64_t from, uint64_t *start, uint64_t *end)
{
	uint64_t limit = p->offset + piece_length(p);
	off_t at;

	if (from >= limit)
		return 0;
	*start = from;
	*end = limit;
	if (x->fd < 0)
		return 1;
	at = lseek(x->fd, from, SEEK_DATA);
	if (at < 0 && errno == ENXIO)
		return 0;
	if (at < 0)
		return errno == EINVAL ? 1 : -errno;	/* a file system that knows of no holes */
	*start = at;
	at = lseek(x->fd, *start, SEEK_HOLE);
	if (at > 0 && (uint64_t)at < limit)
		*end = at;
	/* ... or up to the end, in the middle of a page */
	*end = (*end + PAGE - 1) & ~(PAGE - 1);
	return *start < limit;
}

int origin_measure(const struct origin *x, const struct piece *p, uint64_t *bytes, struct buf *why)
{
	uint64_t at = p->offset, start, end;
	int rc;

	*bytes = 0;
	while ((rc = next_data(x, p, at, &start, &end)) > 0) {
		*bytes += end - start;
		at = end;
	}
	if (rc)
		buf_printf(why, "the object cannot be read: %s", strerrordesc_np(-rc));
	return rc;
}

/* One call moves 2 GiB at most. */
static int write_there(const struct origin *x, const void *bytes, uint64_t there, size_t n)
{
	for (size_t at = 0; at < n;) {
		struct iovec from = { (char *)bytes + at, n - at };
		struct iovec to = { (void *)(uintptr_t)(there + at), n - at };
		ssize_t done = x->memory >= 0 ? pwrite(x->memory, from.iov_base, from.iov_len, (off_t)(there + at)) :
			       process_vm_writev(x->tid, &from, 1, &to, 1, 0);

		if (done <= 0)
			return done ? -errno : -EFAULT;
		at += done;
	}
	return 0;
}

static bool is_zero(const unsigned char *bytes, size_t n)
{
	return !bytes[0] && !memcmp(bytes, bytes + 1, n - 1);
}

/* Through a buffer: a page of zeros needs no memory. @fd -1: the target's own view at @at. */
static int copy_read(const struct origin *x, const struct piece *p, uint64_t offset, uint64_t n)
{
	uint64_t into = offset - p->offset;
	struct iovec here = { x->buffer, n }, there = { (void *)(uintptr_t)(p->start + into), n };
	ssize_t got = x->fd >= 0 ? pread(x->fd, x->buffer, n, offset) :
		      process_vm_readv(x->tid, &here, 1, &there, 1, 0);

	if (got < 0)
		return -errno;
	memset((char *)x->buffer + got, 0, n - got);
	if (x->fd < 0 && (uint64_t)got < n)
		return -EFAULT;
	for (uint64_t at = 0; at < n; at += PAGE) {
		const unsigned char *page = (unsigned char *)x->buffer + at;
		int rc = is_zero(page, PAGE) ? 0 : write_there(x, page, p->scratch + into + at, PAGE);

		if (rc)
			return rc;
	}
	return 0;
}

/*
 * Straight from the object's pages, as mapped here: half the work. Only the kernel touches them, so that a
 * file which becomes shorter is an error, no SIGBUS.
 */
static int copy_mapped(const struct origin *x, const struct piece *p, uint64_t offset, uint64_t n)
{
	/* one that was shorter when the view of it was made */
	if (offset + n > ((x->size + PAGE - 1) & ~(PAGE - 1)))
		return -ESTALE;
	return write_there(x, x->view + offset, p->scratch + offset - p->offset, n);
}

bool origin_same(const struct origin *x)
{
	struct stat st;

	return x->fd < 0 || (!fstat(x->fd, &st) && (uint64_t)st.st_size == x->size);
}

int origin_copy(const struct origin *x, const struct piece *p, uint64_t *copied)
{
	bool mapped = x->view != NULL;
	uint64_t at = p->offset, start, end;
	int rc;

	while ((rc = next_data(x, p, at, &start, &end)) > 0) {
		for (at = start; at < end && rc >= 0;) {
			uint64_t n = end - at;

			if (n > (mapped ? MAPPED_BYTES : PIECE_BYTES))
				n = mapped ? MAPPED_BYTES : PIECE_BYTES;
			rc = mapped ? copy_mapped(x, p, at, n) : copy_read(x, p, at, n);
			if (rc)
				return rc;
			at += n;
			*copied += n;
		}
	}
	return rc;
}
