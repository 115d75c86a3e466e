/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of all kinds as shared memory: made, mapped, locked, named and unnamed. */
#include "actor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <semaphore.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int fd_of(const struct args *a)
{
	return arg_given(a, "fd") ? (int)arg_number(a, "fd") : current_fd;
}

static const char *path_of(const struct args *a)
{
	return arg_given(a, "path") ? arg_text(a, "path") : current_path;
}

static int made(int fd, const char *path, bool ours)
{
	current_fd = fd;
	if (path && ours)
		path_set(path);
	else if (path)
		current_path = strdup(path);
	fact_inode(fd);
	return 0;
}

/* Folders on the way; what exists already stays. */
static void make_folders(const char *path)
{
	char folder[PATH_MAX];

	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
		mkdir(folder, 0755);
	}
}

static int make_file(const char *path, uint64_t mode, uint64_t size)
{
	int fd;

	make_folders(path);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)mode);
	if (fd < 0)
		return actor_fail("open");
	if (fchmod(fd, (mode_t)mode))
		return actor_fail("fchmod");
	if (size && ftruncate(fd, (off_t)size))
		return actor_fail("ftruncate");
	return fd;
}

static int run_create(const struct args *a)
{
	const char *path = arg_text(a, "path");
	int fd = make_file(path, arg_number(a, "mode"), arg_number(a, "size"));

	return fd < 0 ? -1 : made(fd, path, true);
}

/* As shm_open(3) does it; a name may lie in a folder, which shm_open would not allow. */
static int run_shm_open(const struct args *a)
{
	char path[PATH_MAX];
	const char *name = arg_text(a, "name");
	int fd;

	snprintf(path, sizeof(path), "/dev/shm/%s", name[0] == '/' ? name + 1 : name);
	fd = make_file(path, arg_number(a, "mode"), arg_number(a, "size"));
	return fd < 0 ? -1 : made(fd, path, true);
}

static int run_shm_count(const struct args *a)
{
	for (uint64_t i = 0; i < arg_number(a, "count"); i++) {
		char path[PATH_MAX];
		int fd;

		snprintf(path, sizeof(path), "/dev/shm/%s%llu", arg_text(a, "name"), (unsigned long long)i);
		fd = make_file(path, 0600, arg_number(a, "size"));
		if (fd < 0)
			return -1;
		path_set(path);
		close(fd);
	}
	return 0;
}

static int run_open(const struct args *a)
{
	static const struct {
		const char *name;
		int flags;
	} accesses[] = {
		{ "r", O_RDONLY }, { "w", O_WRONLY }, { "rw", O_RDWR }, { "path", O_PATH },
	};
	const char *path = path_of(a), *access = arg_text(a, "access");

	for (unsigned int i = 0; path && i < sizeof(accesses) / sizeof(accesses[0]); i++) {
		int fd;

		if (strcmp(access, accesses[i].name))
			continue;
		fd = open(path, accesses[i].flags | O_CLOEXEC);
		return fd < 0 ? actor_fail("open") : made(fd, path, false);
	}
	errno = EINVAL;
	return actor_fail("open");
}

/* A program that will not wait: how often is it turned away? */
static int run_open_often(const struct args *a)
{
	uint64_t refused = 0, opened = 0;

	for (uint64_t i = 0; i < arg_number(a, "n"); i++) {
		int fd = open(path_of(a), O_RDWR | O_NONBLOCK | O_CLOEXEC);

		if (fd >= 0) {
			opened++;
			close(fd);
		} else if (errno == EAGAIN) {
			refused++;
		} else {
			return actor_fail("open");
		}
	}
	fact("opened", "%llu", (unsigned long long)opened);
	fact("refused", "%llu", (unsigned long long)refused);
	return 0;
}

/* The textbook's way to size a file. */
static int run_lseek_write(const struct args *a)
{
	int fd = fd_of(a);
	off_t size = (off_t)arg_number(a, "size");

	if (lseek(fd, size - 1, SEEK_SET) < 0)
		return actor_fail("lseek");
	return write(fd, "", 1) == 1 ? 0 : actor_fail("write");
}

static int run_truncate(const struct args *a)
{
	return ftruncate(fd_of(a), (off_t)arg_number(a, "size")) ? actor_fail("ftruncate") : 0;
}

static int run_fill(const struct args *a)
{
	int rc = posix_fallocate(fd_of(a), 0, (off_t)arg_number(a, "size"));

	errno = rc;
	return rc ? actor_fail("posix_fallocate") : 0;
}

static int run_tmpfile(const struct args *a)
{
	int fd = open(arg_text(a, "dir"), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0)
		return actor_fail("open");
	if (ftruncate(fd, (off_t)arg_number(a, "size")))
		return actor_fail("ftruncate");
	return made(fd, NULL, false);
}

static int run_memfd(const struct args *a)
{
	unsigned int flags = MFD_CLOEXEC | (arg_number(a, "seal") ? MFD_ALLOW_SEALING : 0) |
			     (arg_number(a, "hugetlb") ? MFD_HUGETLB : 0);
	int fd = memfd_create(arg_text(a, "name"), flags);

	if (fd < 0)
		return actor_fail("memfd_create");
	if (ftruncate(fd, (off_t)arg_number(a, "size")))
		return actor_fail("ftruncate");
	if (arg_number(a, "seal") && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW))
		return actor_fail("fcntl");
	return made(fd, NULL, false);
}

static int run_sem_open(const struct args *a)
{
	char path[PATH_MAX];
	const char *name = arg_text(a, "name");
	sem_t *sem = sem_open(name, O_CREAT | O_EXCL, (mode_t)arg_number(a, "mode"),
			      (unsigned int)arg_number(a, "value"));

	if (sem == SEM_FAILED)
		return actor_fail("sem_open");
	snprintf(path, sizeof(path), "/dev/shm/sem.%s", name + (name[0] == '/'));
	path_set(path);
	mapping_add(sem, sizeof(*sem), false);
	fact("address", "0x%012llx", (unsigned long long)(uintptr_t)sem & ~(PAGE - 1));
	return 0;
}

static int map(const struct args *a, int fd, size_t length, int flags)
{
	const char *text = arg_text(a, "prot");
	int prot = (strchr(text, 'r') ? PROT_READ : 0) | (strchr(text, 'w') ? PROT_WRITE : 0) |
		   (strchr(text, 'x') ? PROT_EXEC : 0);

	for (uint64_t i = 0; i < arg_number(a, "n"); i++) {
		void *address = mmap(NULL, length, prot, flags, fd, (off_t)arg_number(a, "offset"));

		if (address == MAP_FAILED)
			return actor_fail("mmap");
		mapping_add(address, length, false);
	}
	fact("address", "0x%012llx", (unsigned long long)(uintptr_t)mapping_last()->address);
	return 0;
}

static int run_mmap(const struct args *a)
{
	int fd = fd_of(a);
	size_t length = arg_number(a, "length");
	struct stat st;

	if (!arg_given(a, "length") && !fstat(fd, &st))
		length = (size_t)st.st_size;
	return map(a, fd, length, arg_number(a, "private") ? MAP_PRIVATE : MAP_SHARED);
}

static int run_anon(const struct args *a)
{
	return map(a, -1, arg_number(a, "size"), MAP_SHARED | MAP_ANONYMOUS |
		   (arg_number(a, "hugetlb") ? MAP_HUGETLB : 0));
}

static int run_zero(const struct args *a)
{
	int fd = open("/dev/zero", O_RDWR | O_CLOEXEC), rc;

	if (fd < 0)
		return actor_fail("open");
	rc = map(a, fd, arg_number(a, "size"), MAP_SHARED);
	close(fd);
	return rc;
}

static int run_close(const struct args *a)
{
	int fd = fd_of(a);

	if (close(fd))
		return actor_fail("close");
	if (fd == current_fd)
		current_fd = -1;
	return 0;
}

static int run_unlink(const struct args *a)
{
	const char *path = path_of(a);

	if (!path || unlink(path))
		return actor_fail("unlink");
	path_forget(path);
	return 0;
}

static int run_link(const struct args *a)
{
	const char *path = path_of(a), *to = arg_text(a, "to");

	if (!path || link(path, to))
		return actor_fail("link");
	path_set(to);
	return 0;
}

static int run_rename(const struct args *a)
{
	const char *path = path_of(a), *to = arg_text(a, "to");

	if (!path || rename(path, to))
		return actor_fail("rename");
	path_forget(path);
	path_set(to);
	return 0;
}

static int run_lock(const struct args *a)
{
	const char *how = arg_text(a, "how");
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = fd_of(a);

	if (!strcmp(how, "flock"))
		return flock(fd, LOCK_EX | LOCK_NB) ? actor_fail("flock") : 0;
	if (!strcmp(how, "fcntl"))
		return fcntl(fd, F_SETLK, &whole) ? actor_fail("fcntl") : 0;
	if (!strcmp(how, "ofd"))
		return fcntl(fd, F_OFD_SETLK, &whole) ? actor_fail("fcntl") : 0;
	errno = EINVAL;
	return actor_fail("lock");
}

#define FD { "fd", PARAM_NUMBER, "0" }
#define PATH { "path", PARAM_TEXT, "" }
#define SIZE { "size", PARAM_NUMBER, "4096" }
#define MODE { "mode", PARAM_NUMBER, "0600" }
#define MAP_PARAMS { "n", PARAM_NUMBER, "1" }, { "prot", PARAM_TEXT, "rw" }, { "offset", PARAM_NUMBER, "0" }

const struct command file_commands[] = {
	{ "create", "make a file", { { "path", PARAM_TEXT, NULL }, SIZE, MODE }, run_create },
	{ "shm_open", "make POSIX shared memory, in folders too", { { "name", PARAM_TEXT, NULL }, SIZE, MODE },
	  run_shm_open },
	{ "shm_count", "make so many files name0, name1 … in /dev/shm, and hold none",
	  { { "name", PARAM_TEXT, NULL }, { "count", PARAM_NUMBER, NULL }, SIZE }, run_shm_count },
	{ "open", "open for access=r, w, rw or path", { PATH, { "access", PARAM_TEXT, "rw" } }, run_open },
	{ "open_often", "open n times with O_NONBLOCK", { PATH, { "n", PARAM_NUMBER, "1000" } },
	  run_open_often },
	{ "lseek_write", "size a file by lseek and write", { FD, SIZE }, run_lseek_write },
	{ "truncate", "size a file", { FD, SIZE }, run_truncate },
	{ "fill", "give a file memory", { FD, SIZE }, run_fill },
	{ "tmpfile", "a file that never had a name", { { "dir", PARAM_TEXT, "/dev/shm" }, SIZE },
	  run_tmpfile },
	{ "memfd", "make a memfd", { { "name", PARAM_TEXT, "actor" }, SIZE, { "seal", PARAM_NUMBER, "0" },
	  { "hugetlb", PARAM_NUMBER, "0" } }, run_memfd },
	{ "sem_open", "make a POSIX semaphore", { { "name", PARAM_TEXT, NULL }, MODE,
	  { "value", PARAM_NUMBER, "1" } }, run_sem_open },
	{ "mmap", "map a descriptor n times", { FD, { "length", PARAM_NUMBER, "0" },
	  { "private", PARAM_NUMBER, "0" }, MAP_PARAMS }, run_mmap },
	{ "anon", "map anonymous shared memory", { SIZE, { "hugetlb", PARAM_NUMBER, "0" }, MAP_PARAMS },
	  run_anon },
	{ "zero", "map /dev/zero shared", { SIZE, MAP_PARAMS }, run_zero },
	{ "close", "close a descriptor", { FD }, run_close },
	{ "unlink", "take a file's name away", { PATH }, run_unlink },
	{ "link", "give a file another name", { PATH, { "to", PARAM_TEXT, NULL } }, run_link },
	{ "rename", "rename a file", { PATH, { "to", PARAM_TEXT, NULL } }, run_rename },
	{ "lock", "lock a file: how=flock, fcntl or ofd", { FD, { "how", PARAM_TEXT, "flock" } }, run_lock },
	{ 0 }
};
