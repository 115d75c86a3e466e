/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_HELD_H
#define TESTS_HELD_H

/*
 * Real objects, the processes that hold them, and snapshots of both: for tests of what is read of one
 * object on demand.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collect/pass.h"
#include "unit.h"

#define PAGE	((size_t)sysconf(_SC_PAGESIZE))
#define NOBODY	65534

/* What must hold in a process that a test made. */
#define DEMAND(cond) do { if (!(cond)) _exit(__LINE__ % 255 + 1); } while (0)

/* The processes that a test made and that are still there. */
static uint64_t processes[128];
static uint32_t nprocesses;

static inline int compare_processes(const void *pa, const void *pb)
{
	const uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;

	return (a > b) - (a < b);
}

/* All there is to know of these kinds (KIND_BIT), as far as the test and its processes hold them. */
static inline struct snapshot *take_snapshot(uint32_t of_kinds)
{
	struct policy *policy = policy_new();
	uint64_t only[ARRAY_SIZE(processes) + 1];
	const struct collect_options options = {
		.kinds = of_kinds, .policy = policy,
		.sources = kind_sources(of_kinds, NEED_BIT(NEED_RESIDENT) | NEED_BIT(NEED_PROCESSES)),
	};
	struct collector *c = collector_new(&options);
	struct snapshot *s = NULL;

	/* a machine may have many others */
	memcpy(only, processes, sizeof(processes));
	only[nprocesses] = getpid();
	qsort(only, nprocesses + 1, sizeof(*only), compare_processes);
	c->only = only;
	c->nonly = nprocesses + 1;
	if (collector_pass(c, &s))
		s = NULL;
	collector_free(c);
	policy_free(policy);
	return s;
}

#define NO_OBJECT UINT32_MAX

static inline uint32_t find_object(const struct snapshot *s, uint64_t device, uint64_t inode)
{
	for (uint32_t i = 0; i < snapshot_count(s, CLASS_OBJECT); i++) {
		const struct object *o = snapshot_object(s, i);

		if (o->device == device && o->inode == inode)
			return i;
	}
	return NO_OBJECT;
}

static inline uint32_t find_file(const struct snapshot *s, int fd)
{
	struct stat st;

	return fstat(fd, &st) ? NO_OBJECT : find_object(s, st.st_dev, st.st_ino);
}

/* A segment of this IPC namespace. */
static inline uint32_t find_segment(const struct snapshot *s, int id)
{
	for (uint32_t i = 0; i < snapshot_count(s, CLASS_OBJECT); i++) {
		const struct object *o = snapshot_object(s, i);

		if (o->kind == KIND_SHM && o->id == (uint64_t)id && !o->evidence.namespace_other)
			return i;
	}
	return NO_OBJECT;
}

static inline struct stat stat_of(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return st;
}

static inline int make_memfd(size_t pages)
{
	int fd = memfd_create("ipctop-test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, pages * PAGE), 0);
	return fd;
}

/* In /dev/shm; @name for shm_unlink. */
static inline int make_posix(char *name, size_t room, off_t size)
{
	int fd;

	snprintf(name, room, "/ipctop-test-%d", getpid());
	fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	return fd;
}

static inline pid_t remember(pid_t pid)
{
	assert_true(nprocesses < ARRAY_SIZE(processes));
	processes[nprocesses++] = pid;
	return pid;
}

/* A process that did @act and then sleeps, until end_process or the test's own end. */
static inline pid_t start_process(void (*act)(void *arg), void *arg)
{
	int ready[2];
	pid_t pid;
	char c;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		DEMAND(!prctl(PR_SET_PDEATHSIG, SIGKILL));
		act(arg);
		DEMAND(write(ready[1], "", 1) == 1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	return remember(pid);
}

static inline void end_process(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	for (uint32_t i = 0; i < nprocesses; i++) {
		if (processes[i] == (uint64_t)pid) {
			processes[i] = processes[--nprocesses];
			break;
		}
	}
}

/* Run @act in a process of its own: how it ended, 0 for well. */
static inline int run_process(void (*act)(void *arg), void *arg)
{
	pid_t pid = fork();
	int status = -1;

	if (!pid) {
		act(arg);
		_exit(0);
	}
	return pid < 0 || waitpid(pid, &status, 0) != pid ? -1 : status;
}

/* Map @pages of @fd. */
static inline char *map_pages(int fd, size_t pages)
{
	char *at = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

/* Write to @n pages from page @first on. */
static inline void touch(char *at, size_t first, size_t n)
{
	for (size_t i = first; i < first + n; i++)
		at[i * PAGE] = 1;
}

#endif
