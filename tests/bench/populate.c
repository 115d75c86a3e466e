/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Populations to measure on: processes with private mappings, System V segments and
 * shared mappings of all kinds, at rest. Made in the namespaces it is started in;
 * says "ready" when all stands, and takes everything away at the end of stdin.
 *
 *	populate [-p PROCESSES] [-v PRIVATE] [-s SEGMENTS] [-m SHARED] [-d DIR]
 *
 * PRIVATE mappings in each process, SHARED mappings in all. DIR: for files on a disk.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#define SEGMENT_SIZE	(64 << 10)
#define FILE_SIZE	(64 << 10)

static long processes = 50, private_maps = 300, segments = 64, shared = 340;
static const char *folder = "/tmp";
static int *segment_ids;
static pid_t *children;
static long page;

static void die(const char *what)
{
	fprintf(stderr, "populate: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Of every 20 shared mappings: 12 System V, 3 POSIX, 1 memfd, 2 anonymous, 2 files. */
enum shape { SYSV, POSIX, MEMFD, ANON, DISK, NR_SHAPES };
static const enum shape mix[20] = {
	SYSV, SYSV, POSIX, SYSV, ANON, SYSV, SYSV, DISK, SYSV, POSIX,
	SYSV, MEMFD, SYSV, SYSV, ANON, SYSV, POSIX, SYSV, DISK, SYSV,
};

static long posix_files(void)
{
	return processes / 4 + 1;
}

static void file_path(char *path, size_t size, enum shape shape, long n)
{
	if (shape == POSIX)
		snprintf(path, size, "/dev/shm/bench_%ld", n);
	else
		snprintf(path, size, "%s/bench-%d-%ld", folder, (int)getpgrp(), n);
}

static void make_file(enum shape shape, long n)
{
	char path[4096];
	int fd;

	file_path(path, sizeof(path), shape, n);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, FILE_SIZE) || pwrite(fd, "x", 1, 0) != 1)
		die(path);
	close(fd);
}

static void make_objects(void)
{
	segment_ids = calloc((size_t)segments, sizeof(*segment_ids));
	for (long i = 0; i < segments; i++) {
		char *at;

		segment_ids[i] = shmget(IPC_PRIVATE, SEGMENT_SIZE, IPC_CREAT | 0600);
		if (segment_ids[i] < 0)
			die("shmget (kernel.shmmni?)");
		at = shmat(segment_ids[i], NULL, 0);
		if (at == (void *)-1)
			die("shmat");
		*at = 1;
		shmdt(at);
	}
	/* as many POSIX files again that nobody holds, so that leases have work */
	for (long i = 0; i < 2 * posix_files(); i++)
		make_file(POSIX, i);
	for (long i = 0; i < posix_files(); i++)
		make_file(DISK, i);
}

static void drop_objects(void)
{
	char path[4096];

	for (long i = 0; i < segments; i++)
		shmctl(segment_ids[i], IPC_RMID, NULL);
	for (long i = 0; i < 2 * posix_files(); i++) {
		file_path(path, sizeof(path), POSIX, i);
		unlink(path);
		file_path(path, sizeof(path), DISK, i);
		unlink(path);
	}
}

/*
 * Neighbours of different protection stay apart, so every page is a mapping of its
 * own. A third of them shows a file, as in ordinary programs.
 */
static void map_private(long count)
{
	long file = count / 3, anon = count - file;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	char *base;

	if (fd < 0)
		die("/proc/self/exe");
	base = mmap(NULL, (size_t)(anon * page), PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	for (long i = 1; base != MAP_FAILED && i < anon; i += 2)
		mprotect(base + i * page, (size_t)page, PROT_READ);
	if (base == MAP_FAILED)
		die("mmap");
	for (long i = 0; i < file; i++) {
		if (mmap(NULL, (size_t)page, i % 2 ? PROT_READ : PROT_READ | PROT_EXEC, MAP_PRIVATE,
			 fd, 0) == MAP_FAILED)
			die("mmap");
	}
	close(fd);
}

static void map_fd(int fd, bool keep)
{
	if (fd < 0 || mmap(NULL, FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED)
		die("mmap");
	if (!keep)
		close(fd);
}

/* The @n-th shared mapping of all. An eighth of the segments stays without any. */
static void map_shared(long n)
{
	long used = segments - segments / 8;
	enum shape shape = mix[n % 20];
	char path[4096];
	int fd;

	switch (shape) {
	case SYSV:
		if (used && shmat(segment_ids[(n * 12 / 20) % used], NULL, 0) == (void *)-1)
			die("shmat");
		break;
	case POSIX:
	case DISK:
		file_path(path, sizeof(path), shape, n % posix_files());
		map_fd(open(path, O_RDWR | O_CLOEXEC), n % 2);
		break;
	case MEMFD:
		fd = memfd_create("bench", MFD_CLOEXEC);
		if (fd < 0 || ftruncate(fd, FILE_SIZE))
			die("memfd_create");
		map_fd(fd, true);
		break;
	case ANON:
		if (mmap(NULL, FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
			 0) == MAP_FAILED)
			die("mmap");
		break;
	case NR_SHAPES:
		break;
	}
}

static void live(long number, int ready)
{
	long first = shared * number / processes, last = shared * (number + 1) / processes;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (long n = first; n < last; n++)
		map_shared(n);
	if (write(ready, "", 1) != 1)
		_exit(1);
	close(ready);
	for (;;)
		pause();
}

static void make_processes(void)
{
	char done[4096];
	long waiting = processes;
	int ready[2];

	if (pipe2(ready, O_CLOEXEC))
		die("pipe");
	children = calloc((size_t)processes, sizeof(*children));
	for (long i = 0; i < processes; i++) {
		children[i] = fork();
		if (children[i] < 0)
			die("fork (kernel.pid_max, pids.max?)");
		if (!children[i])
			live(i, ready[1]);
	}
	close(ready[1]);
	while (waiting) {
		ssize_t n = read(ready[0], done, sizeof(done));

		if (n <= 0) {
			errno = ECHILD;
			die("a process ended early");
		}
		waiting -= n;
	}
	close(ready[0]);
}

static void drop_processes(void)
{
	for (long i = 0; i < processes; i++)
		kill(children[i], SIGKILL);
	while (wait(NULL) > 0)
		;
}

static long number(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*end || end == text || n < 0 || n > 10000000) {
		errno = EINVAL;
		die(text);
	}
	return n;
}

int main(int argc, char **argv)
{
	char c;
	int opt;

	while ((opt = getopt(argc, argv, "p:v:s:m:d:")) != -1) {
		switch (opt) {
		case 'p': processes = number(optarg); break;
		case 'v': private_maps = number(optarg); break;
		case 's': segments = number(optarg); break;
		case 'm': shared = number(optarg); break;
		case 'd': folder = optarg; break;
		default: return 2;
		}
	}
	if (processes < 1)
		return 2;
	page = sysconf(_SC_PAGESIZE);
	setpgid(0, 0);
	make_objects();
	map_private(private_maps);
	make_processes();
	printf("ready: %ld processes of %ld private mappings, %ld segments, %ld shared mappings\n",
	       processes, private_maps, segments, shared);
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		;
	drop_processes();
	drop_objects();
	return 0;
}
