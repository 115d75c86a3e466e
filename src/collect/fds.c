/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The descriptors of one table. */
#include "pass.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

struct dirent64_raw {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

/* Descriptors that can be no file: told by their link alone. */
static bool is_no_file(const char *name)
{
	return name[0] != '/' || !strcmp(name, "/dev/null");
}

/* The link's own mode tells how the file was opened: proc(5), /proc/pid/fd. */
static enum access access_of(mode_t mode)
{
	if ((mode & (S_IRUSR | S_IWUSR)) == (S_IRUSR | S_IWUSR))
		return ACCESS_RW;
	if (mode & S_IWUSR)
		return ACCESS_W;
	return mode & S_IRUSR ? ACCESS_R : ACCESS_PATH;
}

static int read_one(int fd_dir, const char *number, uint32_t tid, fd_fn fn, void *arg)
{
	char name[PATH_MAX + 16];
	struct raw_fd fd = { .tid = tid };
	struct statx file;
	struct stat link;
	ssize_t n = readlinkat(fd_dir, number, name, sizeof(name) - 1);

	if (n < 0)
		return errno == ENOENT ? 0 : -errno;	/* closed meanwhile */
	name[n] = '\0';
	if (is_no_file(name))
		return 0;
	/* never ask a file's server: what the kernel knows is enough */
	if (statx(fd_dir, number, AT_STATX_DONT_SYNC, STATX_TYPE | STATX_INO, &file) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISREG(file.stx_mode) && !S_ISCHR(file.stx_mode))
		return 0;
	if (fstatat(fd_dir, number, &link, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	fd.fd = strtoul(number, NULL, 10);
	fd.device = makedev(file.stx_dev_major, file.stx_dev_minor);
	fd.inode = file.stx_ino;
	fd.access = access_of(link.st_mode);
	fn(arg, &fd, name);
	return 0;
}

/* All entries of @n bytes; gives how many descriptors they are. */
static uint64_t read_entries(int fd_dir, const char *entries, long n, uint32_t tid, fd_fn fn, void *arg,
			     int *error)
{
	uint64_t count = 0;

	for (long at = 0; at < n;) {
		const struct dirent64_raw *e = (const void *)(entries + at);
		int rc;

		at += e->length;
		if (e->name[0] == '.')
			continue;
		count++;
		rc = read_one(fd_dir, e->name, tid, fn, arg);
		if (rc < 0)
			*error = rc;
	}
	return count;
}

int fds_read(int dir, uint32_t tid, fd_fn fn, void *arg, uint64_t *size)
{
	_Alignas(8) char entries[16 * 1024];
	int fd_dir = openat(dir, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint64_t count = 0;
	struct stat st;
	int error = 0;
	long n;

	*size = 0;
	if (fd_dir < 0)
		return -errno;
	if (!fstat(fd_dir, &st))
		*size = st.st_size;
	while ((n = syscall(SYS_getdents64, fd_dir, entries, sizeof(entries))) > 0) {
		count += read_entries(fd_dir, entries, n, tid, fn, arg, &error);
		/* all that were open: the kernel need not be asked for the end */
		if (*size && count >= *size)
			break;
	}
	if (n < 0)
		error = -errno;
	close(fd_dir);
	return error;
}
