/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipctop/io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#define LEAST_READ	4096

/*
 * Whether a call that failed with errno is to be made again. A terminal or pipe that
 * somebody else made non-blocking is waited for.
 */
static bool again(int fd, short event)
{
	struct pollfd p = { .fd = fd, .events = event };

	if (errno == EINTR)
		return true;
	if (errno != EAGAIN)
		return false;
	if (poll(&p, 1, -1) >= 0 || errno == EINTR)
		return true;
	return false;
}

int io_read_fd(int fd, struct buf *out, size_t max)
{
	size_t before = out->len;
	size_t piece = LEAST_READ;
	int rc = 0;

	for (;;) {
		ssize_t n;

		buf_grow(out, piece);
		n = read(fd, out->s + out->len, piece);
		if (n < 0 && again(fd, POLLIN))
			continue;
		if (n < 0)
			rc = -errno;
		if (n <= 0)
			break;
		out->len += n;
		if (out->len - before > max) {
			rc = -EFBIG;
			break;
		}
		/* /proc gives a page at a time, a regular file all that fits */
		if ((size_t)n == piece && piece < 1024 * 1024)
			piece *= 2;
	}
	if (rc)
		out->len = before;
	if (out->room)
		out->s[out->len] = '\0';
	return rc;
}

int io_read_file(int dirfd, const char *path, struct buf *out, size_t max)
{
	int fd, rc;

	do
		fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return -errno;
	rc = io_read_fd(fd, out, max);
	close(fd);
	return rc;
}

int io_write(int fd, const void *s, size_t n)
{
	const char *at = s;

	while (n) {
		ssize_t done = write(fd, at, n);

		if (done < 0 && again(fd, POLLOUT))
			continue;
		if (done < 0)
			return -errno;
		at += done;
		n -= done;
	}
	return 0;
}

int io_flush_stdout(void)
{
	int copy;

	errno = 0;
	if (fflush(stdout) || ferror(stdout))
		return errno ? -errno : -EIO;
	/* what a network file system keeps back for close() shows in closing a copy */
	copy = dup(STDOUT_FILENO);
	if (copy >= 0 && close(copy) && errno != EINTR)
		return -errno;
	return 0;
}
