/* SPDX-License-Identifier: GPL-2.0-or-later */
/* System V segments, and what can be done to a mapping of any kind. */
#include "actor.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

struct making {
	key_t key;
	size_t size;
	int flags, id, error;
};

static void *make_segment(void *arg)
{
	struct making *m = arg;

	m->id = shmget(m->key, m->size, m->flags);
	m->error = errno;
	return NULL;
}

static int run_shmget(const struct args *a)
{
	struct making m = {
		.key = (key_t)arg_number(a, "key"), .size = arg_number(a, "size"),
		.flags = IPC_CREAT | IPC_EXCL | (int)arg_number(a, "mode") |
			 (arg_number(a, "hugetlb") ? SHM_HUGETLB : 0) |
			 (arg_number(a, "noreserve") ? SHM_NORESERVE : 0),
	};
	pthread_t thread;

	for (uint64_t i = 0; i < arg_number(a, "count"); i++) {
		if (!arg_number(a, "thread")) {
			make_segment(&m);
		} else if (!pthread_create(&thread, NULL, make_segment, &m)) {
			pthread_join(thread, NULL);
		}
		errno = m.error;
		if (m.id < 0)
			return actor_fail("shmget");
		segment_set(m.id);
	}
	fact("id", "%d", m.id);
	fact("key", "0x%08x", (unsigned int)m.key);
	return 0;
}

static int segment_of(const struct args *a)
{
	return arg_given(a, "id") ? (int)arg_number(a, "id") : current_segment;
}

static int run_shmat(const struct args *a)
{
	int id = segment_of(a), flags = (arg_number(a, "ro") ? SHM_RDONLY : 0) |
		(arg_number(a, "exec") ? SHM_EXEC : 0);
	struct shmid_ds ds;

	if (shmctl(id, IPC_STAT, &ds))
		return actor_fail("shmctl");
	for (uint64_t i = 0; i < arg_number(a, "n"); i++) {
		char *address = shmat(id, NULL, flags);

		if (address == (char *)-1)
			return actor_fail("shmat");
		mapping_add(address, ds.shm_segsz, true);
	}
	current_segment = id;
	fact("id", "%d", id);
	fact("address", "0x%012llx", (unsigned long long)(uintptr_t)mapping_last()->address);
	return 0;
}

static int run_shmdt(const struct args *a)
{
	struct mapping *m;

	for (unsigned int i = 0; (m = mapping_at(i)); i++) {
		if (!m->segment)
			continue;
		if (shmdt(m->address))
			return actor_fail("shmdt");
		mapping_forget(m);
		return 0;
	}
	errno = EINVAL;
	return actor_fail("shmdt");
}

static int run_rmid(const struct args *a)
{
	int id = segment_of(a);

	if (shmctl(id, IPC_RMID, NULL))
		return actor_fail("shmctl");
	segment_forget(id);
	return 0;
}

static int run_shmset(const struct args *a)
{
	int id = segment_of(a);
	struct shmid_ds ds;

	if (shmctl(id, IPC_STAT, &ds))
		return actor_fail("shmctl");
	if (arg_given(a, "mode"))
		ds.shm_perm.mode = arg_number(a, "mode");
	if (arg_given(a, "uid"))
		ds.shm_perm.uid = arg_number(a, "uid");
	if (arg_given(a, "gid"))
		ds.shm_perm.gid = arg_number(a, "gid");
	return shmctl(id, IPC_SET, &ds) ? actor_fail("shmctl") : 0;
}

static int run_shmlock(const struct args *a)
{
	return shmctl(segment_of(a), SHM_LOCK, NULL) ? actor_fail("shmctl") : 0;
}

/* A creator that is dead but not yet buried. */
static int run_zombie(const struct args *a)
{
	int pipes[2], id = -1;
	siginfo_t info;
	pid_t pid;

	if (pipe(pipes))
		return actor_fail("pipe");
	pid = fork();
	if (pid == 0) {
		id = shmget(IPC_PRIVATE, arg_number(a, "size"), IPC_CREAT | 0600);
		_exit(write(pipes[1], &id, sizeof(id)) != sizeof(id));
	}
	if (pid < 0 || read(pipes[0], &id, sizeof(id)) != sizeof(id))
		return actor_fail("fork");
	if (waitid(P_PID, pid, &info, WEXITED | WNOWAIT))
		return actor_fail("waitid");
	close(pipes[0]);
	close(pipes[1]);
	segment_set(id);
	fact("id", "%d", id);
	fact("child", "%d", pid);
	return 0;
}

/* part=all, first, middle: of pages. */
static int part_of(const struct args *a, const struct mapping *m, char **from, size_t *length)
{
	const char *part = arg_text(a, "part");
	size_t pages = m->length / PAGE;

	*from = m->address;
	*length = m->length;
	if (!strcmp(part, "first"))
		*length = PAGE;
	if (!strcmp(part, "middle")) {
		*from += pages / 2 * PAGE;
		*length = PAGE;
	}
	return *from && *length ? 0 : -1;
}

static int run_munmap(const struct args *a)
{
	struct mapping *m = mapping_last();
	size_t length;
	char *from;

	errno = EINVAL;
	if (!m || part_of(a, m, &from, &length) || munmap(from, length))
		return actor_fail("munmap");
	if (length == m->length)
		mapping_forget(m);
	return 0;
}

static int prot_from(const char *text)
{
	return (strchr(text, 'r') ? PROT_READ : 0) | (strchr(text, 'w') ? PROT_WRITE : 0) |
	       (strchr(text, 'x') ? PROT_EXEC : 0);
}

static int run_mprotect(const struct args *a)
{
	struct mapping *m = mapping_last();
	size_t length;
	char *from;

	errno = EINVAL;
	if (!m || part_of(a, m, &from, &length) ||
	    mprotect(from, length, prot_from(arg_text(a, "prot"))))
		return actor_fail("mprotect");
	return 0;
}

static int run_touch(const struct args *a)
{
	struct mapping *m = mapping_last();
	size_t bytes = m ? m->length : 0;

	if (!m) {
		errno = EINVAL;
		return actor_fail("touch");
	}
	if (arg_given(a, "bytes"))
		bytes = arg_number(a, "bytes");
	memset(m->address, 'x', bytes);
	return 0;
}

#define ID { "id", PARAM_NUMBER, "0" }
#define PART { "part", PARAM_TEXT, "all" }

const struct command sysv_commands[] = {
	{ "shmget", "make a segment; thread=1: from another thread",
	  { { "key", PARAM_NUMBER, "0" }, { "size", PARAM_NUMBER, "4096" },
	    { "mode", PARAM_NUMBER, "0600" }, { "hugetlb", PARAM_NUMBER, "0" },
	    { "noreserve", PARAM_NUMBER, "0" }, { "count", PARAM_NUMBER, "1" },
	    { "thread", PARAM_NUMBER, "0" } }, run_shmget },
	{ "shmat", "attach at n addresses",
	  { ID, { "n", PARAM_NUMBER, "1" }, { "ro", PARAM_NUMBER, "0" },
	    { "exec", PARAM_NUMBER, "0" } }, run_shmat },
	{ "shmdt", "detach the latest", { { 0 } }, run_shmdt },
	{ "rmid", "remove a segment", { ID }, run_rmid },
	{ "shmset", "change owner or mode", { ID, { "mode", PARAM_NUMBER, "0" },
	  { "uid", PARAM_NUMBER, "0" }, { "gid", PARAM_NUMBER, "0" } }, run_shmset },
	{ "shmlock", "keep a segment in memory", { ID }, run_shmlock },
	{ "zombie", "a segment made by a child that is a zombie now",
	  { { "size", PARAM_NUMBER, "4096" } }, run_zombie },
	{ "munmap", "unmap part=all, first or middle of the latest mapping", { PART }, run_munmap },
	{ "mprotect", "protect part=all, first or middle of the latest mapping",
	  { PART, { "prot", PARAM_TEXT, "r" } }, run_mprotect },
	{ "touch", "write to the latest mapping", { { "bytes", PARAM_NUMBER, "0" } }, run_touch },
	{ 0 }
};
