// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cleaners against users: processes that make, open, map, attach, pass on, fork, crash and
 * exit at random, while cleaners take away whatever is stale, without end. No user may ever lose
 * what it holds.
 *
 *	rivals IPCTOP SECONDS GRACE
 *
 * To be run as root in a world of its own (IPC, mounts, pids; an empty /dev/shm). With a GRACE
 * above 2 seconds users also make things, let go of them, and come back in less than that.
 * RIVALS_SEED is taken from the environment.
 *
 * A file counts as held from when it was opened and its name still led to it: the lease makes
 * that exact. Somebody may attach a segment in the instant between a cleaner's last look and its
 * act: what is condemned so soon after the attachment is counted as late, not as lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define USERS		6
#define CLEANERS	2
#define NAMES		40
#define KEYS		10
#define HOLDS		16	/* at a time, by each */
#define LATE_MS		1500	/* that a cleaner may stand still between two system calls */

/* What happened, of all processes together. */
static struct tally {
	uint64_t made, opened, mapped, passed, received, attached, came_back, crashes, checks;
	uint64_t late, cleanings, failures, lost;
} *tally;

enum how { OPEN, MAPPED, ATTACHED };
struct hold {
	enum how how;
	int number;		/* of the name or key */
	int fd, segment;
	void *map;
	uint64_t inode;
	int64_t since, good;	/* when it was got, and last seen to be there; ms */
};

static struct hold holds[HOLDS];
static unsigned int nholds;
static int ends[USERS][2];	/* what is sent to [1] may be received from [0], by whom it is for */
static uint64_t state;
static int64_t end_at;
static int grace, self;

static uint32_t any(uint32_t below)
{
	uint64_t z = state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return (uint32_t)((z ^ z >> 31) >> 33) % below;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void count(uint64_t *n)
{
	__atomic_add_fetch(n, 1, __ATOMIC_RELAXED);
}

static void rest(uint32_t ms)
{
	usleep(1000 * any(ms));
}

static const char *path_of(int number)
{
	static char path[64];

	/* some are as semaphores are */
	snprintf(path, sizeof(path), "/dev/shm/%srival-%d", number % 5 ? "" : "sem.", number);
	return path;
}

static bool leads_to(int number, uint64_t inode)
{
	struct stat st;

	return !lstat(path_of(number), &st) && st.st_ino == inode;
}

static struct hold *hold_add(enum how how, int number)
{
	struct hold *h = &holds[nholds++];

	*h = (struct hold){ .how = how, .number = number, .fd = -1, .since = now_ms() };
	h->good = h->since;
	return h;
}

static void let_go(struct hold *h)
{
	if (h->how == OPEN)
		close(h->fd);
	if (h->how == MAPPED)
		munmap(h->map, 4096);
	if (h->how == ATTACHED)
		shmdt(h->map);
	*h = holds[--nholds];
}

static void lost(const struct hold *h)
{
	static const char *const hows[] = { "open", "mapped", "attached" };

	count(&tally->lost);
	printf("LOST: %d had number %d %s for %lld ms, and saw it %lld ms ago\n", getpid(), h->number,
	       hows[h->how], (long long)(now_ms() - h->since), (long long)(now_ms() - h->good));
	fflush(stdout);
}

/* Whether it is still there; what came to nothing is let go of. */
static bool check(struct hold *h)
{
	struct shmid_ds ds;
	bool there;

	count(&tally->checks);
	if (h->how == ATTACHED)
		there = !shmctl(h->segment, IPC_STAT, &ds) && !(ds.shm_perm.mode & SHM_DEST);
	else
		there = leads_to(h->number, h->inode);
	if (there) {
		h->good = now_ms();
		return true;
	}
	if (h->how == ATTACHED && h->good - h->since < LATE_MS)
		count(&tally->late);
	else
		lost(h);
	let_go(h);
	return false;
}

static void check_all(void)
{
	for (unsigned int i = 0; i < nholds;)
		if (check(&holds[i]))
			i++;
}

/* From the open on it is held, if its name still leads to it. */
static bool hold_file(int fd, int number)
{
	struct stat st;
	struct hold *h;

	if (fstat(fd, &st) || !leads_to(number, st.st_ino)) {
		count(&tally->late);
		close(fd);
		return false;
	}
	h = hold_add(OPEN, number);
	h->fd = fd;
	h->inode = st.st_ino;
	return true;
}

static off_t size_of(int number)
{
	return number % 5 ? 4096 * (1 + number % 3) : 32;
}

static int make(int number)
{
	int fd = open(path_of(number), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return -1;
	if (any(2))
		rest(3);
	if (ftruncate(fd, size_of(number)))
		_exit(1);
	count(&tally->made);
	return fd;
}

static void do_make(void)
{
	int number = (int)any(NAMES), fd = make(number);

	if (fd >= 0)
		hold_file(fd, number);
}

static void do_open(void)
{
	static const int flags[] = { O_RDONLY, O_RDWR, O_WRONLY, O_RDONLY | O_NONBLOCK };
	int number = (int)any(NAMES), fd = open(path_of(number), flags[any(4)] | O_CLOEXEC);

	if (fd >= 0 && hold_file(fd, number))
		count(&tally->opened);
}

static struct hold *any_hold(enum how how)
{
	struct hold *h = nholds ? &holds[any(nholds)] : NULL;

	return h && h->how == how ? h : NULL;
}

static void do_map(void)
{
	struct hold *h = any_hold(OPEN);
	void *map;

	if (!h)
		return;
	map = mmap(NULL, 4096, PROT_READ, any(2) ? MAP_SHARED : MAP_PRIVATE, h->fd, 0);
	if (map == MAP_FAILED)
		return;
	close(h->fd);
	h->how = MAPPED;
	h->map = map;
	count(&tally->mapped);
}

/* Between the two a file is in nobody's hands, and held all the same. */
struct note {
	int number;
	uint64_t inode;
	int64_t since;
};
union rights {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

static void do_pass(void)
{
	struct hold *h = any_hold(OPEN);
	struct note note;
	union rights rights = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET,
					    .cmsg_type = SCM_RIGHTS } };
	struct iovec one = { .iov_base = &note, .iov_len = sizeof(note) };
	struct msghdr message = { .msg_iov = &one, .msg_iovlen = 1, .msg_control = &rights,
				  .msg_controllen = sizeof(rights) };

	if (!h)
		return;
	note = (struct note){ .number = h->number, .inode = h->inode, .since = h->since };
	memcpy(CMSG_DATA(&rights.header), &h->fd, sizeof(int));
	if (sendmsg(ends[any(USERS)][1], &message, MSG_DONTWAIT) != sizeof(note))
		return;
	count(&tally->passed);
	let_go(h);
}

static void do_receive(void)
{
	struct note note;
	union rights rights;
	struct iovec one = { .iov_base = &note, .iov_len = sizeof(note) };
	struct msghdr message = { .msg_iov = &one, .msg_iovlen = 1, .msg_control = &rights,
				  .msg_controllen = sizeof(rights) };
	struct hold *h;

	if (recvmsg(ends[self][0], &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != sizeof(note))
		return;
	h = hold_add(OPEN, note.number);
	memcpy(&h->fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	h->inode = note.inode;
	h->since = note.since;
	count(&tally->received);
	check(h);
}

static void attach(int id, int number)
{
	struct shmid_ds ds;
	void *map = shmat(id, NULL, any(2) ? SHM_RDONLY : 0);
	struct hold *h;

	if (map == (void *)-1)
		return;
	if (shmctl(id, IPC_STAT, &ds) || ds.shm_perm.mode & SHM_DEST) {
		count(&tally->late);
		shmdt(map);
		return;
	}
	h = hold_add(ATTACHED, number);
	h->segment = id;
	h->map = map;
	count(&tally->attached);
}

static void do_attach(void)
{
	int number = (int)any(KEYS), id = shmget(number + 1, 4096, IPC_CREAT | 0600);

	if (id >= 0)
		attach(id, number);
}

static void do_let_go(void)
{
	if (nholds)
		let_go(&holds[any(nholds)]);
}

/* A child has it all as well, when its parent has let go of it. */
static void do_fork(void)
{
	pid_t pid = fork();

	if (pid) {
		while (pid > 0 && nholds > 2)
			do_let_go();
		return;
	}
	for (int i = (int)any(20); i > 0 && now_ms() < end_at; i--) {
		rest(20);
		check_all();
	}
	if (any(2))
		_exit(0);
	raise(SIGKILL);
}

static void do_crash(void)
{
	if (any(8))
		return;
	count(&tally->crashes);
	raise(SIGKILL);
}

/*
 * Comes back, in less than the grace time, to what nobody holds. A cleaner knows times to a
 * second.
 */
static void do_come_back(void)
{
	int number = (int)any(NAMES), fd;
	int64_t began = now_ms(), gap;
	struct stat st;

	if (grace <= 2)
		return;
	fd = make(number);
	if (fd < 0)
		return;
	if (fstat(fd, &st))
		_exit(1);
	close(fd);
	rest(1000 * (uint32_t)(grace - 2));
	fd = open(path_of(number), O_RDWR | O_CLOEXEC);
	gap = now_ms() - began;
	if (fd >= 0) {
		if (leads_to(number, st.st_ino)) {
			hold_file(fd, number);
			count(&tally->came_back);
			return;
		}
		close(fd);
	}
	if (gap < 1000 * (grace - 1)) {
		count(&tally->lost);
		printf("LOST: %d came back after %lld ms to number %d\n", getpid(), (long long)gap, number);
		fflush(stdout);
	}
}

static void use(int number, uint64_t seed)
{
	static void (*const deeds[])(void) = {
		do_make, do_make, do_make, do_open, do_open, do_map, do_pass, do_pass, do_receive,
		do_receive, do_attach, do_attach, do_let_go, do_let_go, do_let_go, do_fork, do_crash,
		do_come_back,
	};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGCHLD, SIG_IGN);
	self = number;
	state = seed;
	while (now_ms() < end_at) {
		deeds[any(sizeof(deeds) / sizeof(deeds[0]))]();
		while (nholds > HOLDS - 2)
			do_let_go();
		check_all();
		rest(8);
	}
	_exit(0);
}

static pid_t start_cleaner(const char *program)
{
	char age[16];
	pid_t pid;

	snprintf(age, sizeof(age), "%d", grace);
	pid = fork();
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
		_exit(126);
	close_range(3, ~0U, 0);
	execl(program, "ipctop", "clean", "--yes", "--older-than", age, NULL);
	_exit(127);
}

static void cleaner_ended(int status)
{
	count(&tally->cleanings);
	/* 1: something was refused, as it should be */
	if (WIFEXITED(status) && WEXITSTATUS(status) <= 1)
		return;
	count(&tally->failures);
	printf("FAILED: a cleaner ended with status %#x\n", status);
}

static void contend(const char *program, uint64_t seed)
{
	pid_t users[USERS] = { 0 }, cleaners[CLEANERS] = { 0 }, pid;
	int status;

	while (now_ms() < end_at) {
		for (int i = 0; i < USERS; i++) {
			if (users[i])
				continue;
			users[i] = fork();
			if (!users[i])
				use(i, ++seed * 0x9e3779b97f4a7c15ULL);
		}
		for (int i = 0; i < CLEANERS; i++)
			if (!cleaners[i])
				cleaners[i] = start_cleaner(program);
		pid = wait(&status);
		for (int i = 0; i < USERS; i++)
			if (users[i] == pid)
				users[i] = 0;
		for (int i = 0; i < CLEANERS; i++) {
			if (cleaners[i] != pid)
				continue;
			cleaners[i] = 0;
			cleaner_ended(status);
		}
		seed += 1000;
	}
	while (wait(&status) > 0 || errno == EINTR)
		;
}

static bool verdict(void)
{
	const struct tally *t = tally;

	printf("%llu made, %llu opened, %llu mapped, %llu passed on, %llu received, %llu attached, %llu came "
	       "back, %llu crashes, %llu checks, %llu cleanings, %llu late, %llu lost\n",
	       (unsigned long long)t->made, (unsigned long long)t->opened,
	       (unsigned long long)t->mapped, (unsigned long long)t->passed,
	       (unsigned long long)t->received, (unsigned long long)t->attached,
	       (unsigned long long)t->came_back, (unsigned long long)t->crashes,
	       (unsigned long long)t->checks, (unsigned long long)t->cleanings,
	       (unsigned long long)t->late, (unsigned long long)t->lost);
	/* a name can be made again only when a cleaner took it */
	if (t->made <= NAMES || !t->received || !t->mapped || !t->attached || t->cleanings < 2 ||
	    (grace > 2 && !t->came_back)) {
		printf("too little happened\n");
		return false;
	}
	return !t->lost && !t->failures;
}

int main(int argc, char **argv)
{
	const char *seed = getenv("RIVALS_SEED");

	if (argc != 4 || getpid() == 1 || access("/dev/shm", W_OK)) {
		fprintf(stderr, "usage: rivals IPCTOP SECONDS GRACE, in a world of its own\n");
		return 2;
	}
	tally = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tally == MAP_FAILED)
		return 2;
	for (int i = 0; i < USERS; i++)
		if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends[i]))
			return 2;
	grace = (int)strtol(argv[3], NULL, 10);
	end_at = now_ms() + 1000LL * strtol(argv[2], NULL, 10);
	state = seed ? strtoull(seed, NULL, 0) : (uint64_t)time(NULL);
	printf("RIVALS_SEED=%llu\n", (unsigned long long)state);
	fflush(stdout);
	contend(argv[1], state);
	return verdict() ? 0 : 1;
}
