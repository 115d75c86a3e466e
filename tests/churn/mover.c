// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A process of the churn test: it maps, opens, forks and so on as it is told (churn.h).
 *
 *	mover DIR [leaderless]
 *
 * Files are those of /dev/shm and of DIR. Without a leader its first thread has ended, and
 * another obeys.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "churn.h"

#define PAGE		4096UL
#define PAGES		4
#define MOST_MAPS	12
#define LAST_FD		40
#define MOST_CHILDREN	2
#define MOST_THREADS	3
#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

static char **arguments;
static struct answer said;

/* What is mapped. A map that was split by munmap has a hole where its second page was. */
static struct map {
	char *at;
	bool segment, hole;
} maps[MOST_MAPS];

static pid_t children[MOST_CHILDREN], sharer;
static bool sharer_blocks;
static unsigned int nthreads;
static int failures;

__attribute__((format(printf, 1, 2))) static void say(const char *fmt, ...)
{
	size_t n = strlen(said.text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(said.text + n, sizeof(said.text) - n, fmt, ap);
	va_end(ap);
}

/* Files of a few names, so that movers meet. Those of DIR never get a second link. */
static const char *const names[] = {
	"plain", "sem.one", "two (deleted)", "sub/three", "sem.four", "five", "six", "seven",
};

struct path {
	char s[256];
};

static struct path path_of(uint32_t a, bool in_shm)
{
	struct path p;

	snprintf(p.s, sizeof(p.s), "%s/%s", in_shm ? "/dev/shm" : arguments[1],
		 names[a % COUNT(names)]);
	return p;
}

static struct path any_path(uint32_t a, uint32_t b)
{
	return path_of(a, b % 3 != 0);
}

static off_t any_size(uint32_t c)
{
	static const off_t sizes[] = { PAGES * PAGE, 32, 0, 2 * PAGE, 5000, 6 * PAGE };

	return sizes[c % COUNT(sizes)];
}

static struct map *free_map(void)
{
	for (unsigned int i = 0; i < MOST_MAPS; i++)
		if (!maps[i].at)
			return &maps[i];
	return NULL;
}

static struct map *any_map(uint32_t a, bool segment)
{
	for (unsigned int i = 0; i < MOST_MAPS; i++) {
		struct map *m = &maps[(a + i) % MOST_MAPS];

		if (m->at && m->segment == segment)
			return m;
	}
	return NULL;
}

static void drop_map(struct map *m)
{
	if (m->segment) {
		shmdt(m->at);
	} else if (m->hole) {
		munmap(m->at, PAGE);
		munmap(m->at + 2 * PAGE, (PAGES - 2) * PAGE);
	} else {
		munmap(m->at, PAGES * PAGE);
	}
	memset(m, 0, sizeof(*m));
}

static bool is_ours(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

static int any_fd(uint32_t a)
{
	for (int i = 0; i < LAST_FD - FIRST_OTHER; i++) {
		int fd = FIRST_OTHER + (int)(a + (uint32_t)i) % (LAST_FD - FIRST_OTHER);

		if (is_ours(fd))
			return fd;
	}
	return -1;
}

static bool has_room(int fd)
{
	if (fd < LAST_FD)
		return true;
	close(fd);
	return false;
}

static void do_shmat(const struct order *o)
{
	struct map *m = free_map();
	int id = shmget((key_t)(o->a % 5 + 1), PAGES * PAGE, IPC_CREAT | 0600);

	if (o->a % 6 == 5)
		id = shmget(IPC_PRIVATE, PAGES * PAGE, IPC_CREAT | 0600);
	if (!m || id < 0)
		return;
	m->at = shmat(id, NULL, o->b % 4 ? 0 : SHM_RDONLY);
	if (m->at == (void *)-1)
		m->at = NULL;
	m->segment = m->at != NULL;
	if (m->at && o->b % 4 && o->c % 2)
		m->at[0] = 1;
	if (o->a % 6 == 5)
		shmctl(id, IPC_RMID, NULL);
	say(" %d at %p", id, (void *)m->at);
}

static void do_shmdt(const struct order *o)
{
	struct map *m = any_map(o->a, true);

	if (!m)
		return;
	say(" %p", (void *)m->at);
	drop_map(m);
	/* a segment for another: the kernel's counts add up to the same as before */
	if (o->c % 2)
		do_shmat(o);
}

static void do_shmctl(const struct order *o)
{
	int id = shmget((key_t)(o->a % 5 + 1), 0, 0);
	struct shmid_ds ds;

	say(" %d", id);
	if (o->b % 3 == 0) {
		shmctl(id, IPC_RMID, NULL);
	} else if (shmctl(id, IPC_STAT, &ds) == 0) {
		ds.shm_perm.mode = 0600 | (o->c & 077);
		shmctl(id, IPC_SET, &ds);
	}
}

static int open_any(const struct order *o)
{
	struct path p = any_path(o->a, o->b);
	int fd;

	if (o->c % 3 == 0) {
		fd = memfd_create(names[o->a % COUNT(names)], 0);
		say(" memfd");
	} else {
		fd = open(p.s, O_RDWR | O_CREAT, 0600);
		say(" %s", p.s);
	}
	if (fd >= 0 && o->b % 2 && ftruncate(fd, any_size(o->a)))
		failures++;
	return fd;
}

static void do_map(const struct order *o)
{
	struct map *m = free_map();
	int fd = -1, flags = o->b % 8 == 7 ? MAP_PRIVATE : MAP_SHARED;
	bool close_it = false;

	if (!m)
		return;
	if (o->c % 5 == 0) {
		flags = MAP_SHARED | MAP_ANONYMOUS;
	} else if (o->c % 2) {
		fd = any_fd(o->a);
	}
	if (fd < 0 && !(flags & MAP_ANONYMOUS)) {
		fd = open_any(o);
		close_it = o->a % 2 || !has_room(fd);
	}
	m->at = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, flags, fd, 0);
	if (m->at == MAP_FAILED)
		m->at = NULL;
	if (flags & MAP_ANONYMOUS && m->at)
		m->at[0] = 1;
	if (close_it)
		close(fd);
	say(" %p fd %d flags %x", (void *)m->at, fd, (unsigned int)flags);
}

static void do_unmap(const struct order *o)
{
	struct map *m = any_map(o->a, false);

	if (!m)
		return;
	say(" %p", (void *)m->at);
	drop_map(m);
}

static void do_split(const struct order *o)
{
	struct map *m = any_map(o->a, o->b % 2);

	if (!m || m->hole)
		return;
	m->hole = o->c % 2;
	if (m->hole)
		munmap(m->at + PAGE, PAGE);
	else
		mprotect(m->at + PAGE, PAGE, o->c % 4 ? PROT_READ : PROT_NONE);
	say(" %p by %s", (void *)m->at, m->hole ? "munmap" : "mprotect");
}

static void do_open(const struct order *o)
{
	int fd = open_any(o);

	if (fd >= 0 && has_room(fd))
		say(" as %d", fd);
}

static void do_close(const struct order *o)
{
	int fd = any_fd(o->a);

	if (fd < 0)
		return;
	close(fd);
	say(" %d", fd);
	/* another in its place: as many descriptors as before */
	if (o->c % 2)
		do_open(o);
}

static void do_dup(const struct order *o)
{
	int from = any_fd(o->a), to = any_fd(o->b);

	if (from < 0)
		return;
	if (o->c % 2 && to >= 0)
		dup2(from, to);
	else
		has_room(to = dup(from));
	say(" %d to %d", from, to);
}

/* A file of another mover, by its descriptor. */
static void do_adopt(const struct order *o)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/fd/%u", o->pid,
		 FIRST_OTHER + o->a % (LAST_FD - FIRST_OTHER));
	fd = open(path, O_RDWR);
	if (fd < 0 || !has_room(fd))
		return;
	say(" %s as %d", path, fd);
	if (!is_ours(fd))
		close(fd);
}

static void do_resize(const struct order *o)
{
	int fd = any_fd(o->a);

	if (fd < 0)
		return;
	if (ftruncate(fd, any_size(o->c)))
		failures++;
	say(" %d to %ld", fd, (long)any_size(o->c));
}

static void do_write(const struct order *o)
{
	int fd = any_fd(o->a);

	if (fd < 0)
		return;
	if (pwrite(fd, "x", 1, (off_t)(o->c % 8 * PAGE)) != 1)
		failures++;
	if (o->b % 3 == 0)
		fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE);
	say(" %d", fd);
}

/* Change a file and let go of it: whoever else holds it sleeps. */
static void do_leave(const struct order *o)
{
	int fd = any_fd(o->a);
	struct stat st, other;

	if (fd < 0 || fstat(fd, &st))
		return;
	do_resize(o);
	do_write(o);
	for (int i = FIRST_OTHER; i < LAST_FD; i++)
		if (is_ours(i) && fstat(i, &other) == 0 && st.st_ino == other.st_ino)
			close(i);
	for (unsigned int i = 0; i < MOST_MAPS; i++)
		if (maps[i].at && !maps[i].segment)
			drop_map(&maps[i]);
}

static void do_rename(const struct order *o)
{
	struct path from = any_path(o->a, o->b), to = any_path(o->c, o->b);

	say(" %s to %s: %d", from.s, to.s, rename(from.s, to.s) ? errno : 0);
}

static void do_unlink(const struct order *o)
{
	struct path p = any_path(o->a, o->b);

	say(" %s: %d", p.s, unlink(p.s) ? errno : 0);
}

static void do_link(const struct order *o)
{
	struct path from = path_of(o->a, true), to = path_of(o->b, true);

	say(" %s to %s: %d", from.s, to.s, link(from.s, to.s) ? errno : 0);
}

static void end_child(unsigned int i)
{
	if (!children[i])
		return;
	kill(children[i], SIGKILL);
	waitpid(children[i], NULL, 0);
	say(" %d", (int)children[i]);
	children[i] = 0;
}

static void do_reap_child(const struct order *o)
{
	end_child(o->a % MOST_CHILDREN);
}

/* The child changes nothing after it has closed its end of the pipe. */
static void do_fork(const struct order *o)
{
	unsigned int i = o->a % MOST_CHILDREN;
	int ready[2];
	char c;

	if (children[i] || pipe(ready))
		return;
	children[i] = fork();
	if (children[i] == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (o->c % 4 == 0)
			unshare(CLONE_NEWIPC);
		close(ready[0]);
		close(ready[1]);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (read(ready[0], &c, 1))
		failures++;
	close(ready[0]);
	say(" %d", (int)children[i]);
}

static void obey(const struct order *o);

struct errand {
	struct order order;
	bool own_table, stay;
	sem_t done;
};

static void *run_errand(void *arg)
{
	struct errand *e = arg;
	bool stay = e->stay;

	if (e->own_table)
		unshare(CLONE_FILES);
	obey(&e->order);
	sem_post(&e->done);
	while (stay)
		pause();
	return NULL;
}

/*
 * A thread does it, and stays or ends. One with a table of its own holds all that was open, and
 * stays: how soon the table of one that ends goes is the kernel's choice.
 */
static void do_thread(const struct order *o)
{
	static const uint32_t ops[] = { OP_SHMAT, OP_SHMDT, OP_MAP, OP_UNMAP, OP_OPEN, OP_CLOSE, OP_SPLIT };
	struct errand e = { .order = *o, .own_table = o->c % 3 == 0 };
	pthread_t thread;

	e.stay = e.own_table || o->b % 2;
	if (nthreads == MOST_THREADS)
		return;
	e.order.op = ops[o->a % COUNT(ops)];
	sem_init(&e.done, 0, 0);
	if (pthread_create(&thread, NULL, run_errand, &e)) {
		failures++;
		return;
	}
	if (e.stay) {
		nthreads++;
		while (sem_wait(&e.done) && errno == EINTR)
			;
		pthread_detach(thread);
	} else {
		pthread_join(thread, NULL);
	}
}

static void do_name(const struct order *o)
{
	char name[16];

	snprintf(name, sizeof(name), "mover%u", o->a % 1000);
	say(" %s: %d", name, prctl(PR_SET_NAME, name) ? errno : 0);
}

static void do_exec(const struct order *o)
{
	for (unsigned int i = 0; i < MOST_CHILDREN; i++)
		end_child(i);
	for (int fd = FIRST_OTHER; fd < LAST_FD; fd++)
		if (is_ours(fd) && (o->a >> fd % 16 & 1))
			fcntl(fd, F_SETFD, FD_CLOEXEC);
	/* the new image answers; /proc/self is the first thread's, which may have ended */
	execv("/proc/thread-self/exe", arguments);
	_exit(1);
}

static void do_exit(const struct order *o)
{
	for (unsigned int i = 0; i < MOST_CHILDREN; i++)
		end_child(i);
	_exit(0);
}

static void serve(int orders, int answers);

static int run_sharer(void *arg)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	serve(SHARER_ORDERS, SHARER_ANSWERS);
	return 0;
}

/* The sharer answers in the mover's place. */
static void do_share(const struct order *o)
{
	static char stack[64 * 1024] __attribute__((aligned(64)));

	sharer_blocks = o->a % 2;
	sharer = clone(run_sharer, stack + sizeof(stack),
		       CLONE_VM | SIGCHLD | (sharer_blocks ? CLONE_VFORK : 0), NULL);
	if (sharer < 0)
		_exit(1);
}

static void do_unshare(const struct order *o)
{
	_exit(0);
}

static void do_reap(const struct order *o)
{
	waitpid(sharer, NULL, 0);
	sharer = 0;
}

static void (*const works[NR_OPS])(const struct order *o) = {
	[OP_SHMAT] = do_shmat,	 [OP_SHMDT] = do_shmdt,	  [OP_SHMCTL] = do_shmctl,
	[OP_MAP] = do_map,	 [OP_UNMAP] = do_unmap,	  [OP_SPLIT] = do_split,
	[OP_OPEN] = do_open,	 [OP_CLOSE] = do_close,	  [OP_DUP] = do_dup,
	[OP_ADOPT] = do_adopt,	 [OP_RESIZE] = do_resize, [OP_WRITE] = do_write,
	[OP_LEAVE] = do_leave,	 [OP_RENAME] = do_rename, [OP_UNLINK] = do_unlink,
	[OP_LINK] = do_link,	 [OP_FORK] = do_fork,	  [OP_REAP_CHILD] = do_reap_child,
	[OP_THREAD] = do_thread, [OP_NAME] = do_name,	  [OP_EXEC] = do_exec,
	[OP_EXIT] = do_exit,
	[OP_SHARE] = do_share,	 [OP_UNSHARE] = do_unshare, [OP_REAP] = do_reap,
};

static void obey(const struct order *o)
{
	if (o->op < NR_OPS)
		works[o->op](o);
}

static void answer(int to)
{
	if (write(to, &said, sizeof(said)) != sizeof(said))
		_exit(1);
	memset(&said, 0, sizeof(said));
}

/* Until nobody gives orders any more. */
static void serve(int orders, int answers)
{
	struct order o;

	answer(answers);
	while (read(orders, &o, sizeof(o)) == sizeof(o)) {
		obey(&o);
		if (o.op != OP_SHARE)
			answer(answers);
	}
	_exit(0);
}

static void *serve_thread(void *arg)
{
	pthread_t *leader = arg;

	pthread_join(*leader, NULL);
	serve(ORDERS, ANSWERS);
	return NULL;
}

int main(int argc, char **argv)
{
	static pthread_t leader;
	pthread_t thread;

	if (argc < 2)
		return 2;
	arguments = argv;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (argc < 3)
		serve(ORDERS, ANSWERS);
	leader = pthread_self();
	if (pthread_create(&thread, NULL, serve_thread, &leader))
		return 1;
	pthread_exit(NULL);
}
