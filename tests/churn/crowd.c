// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A crowd in /dev/shm: many files that dead programs left behind, and among them some that are
 * in use. Both have names of the same families, with the numbers of the same dead processes in
 * them: only that somebody holds them tells the one from the other.
 *
 *	crowd LEAKED [LIVE]
 *
 * Says "ready" when all are there, for each line on its standard input whether the owners of
 * those in use still have them (name, inode and contents), and goes with its end. To be run as
 * root.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define OWNERS		4
#define DEAD		64	/* programs that left something */
#define SIZE		4096
#define SEM_SIZE	32
#define IN_MEMORY	16	/* of so many left behind one has contents: the rest would only take memory */
#define IN_FLIGHT_MAX	253	/* descriptors in one message: the kernel's SCM_MAX_FD */
#define OTHER_UID	65533	/* who has no process */

/* % stands for the number of a process, # for six digits. */
static const char *const families[] = {
	"psm_00#", "sem.mp-00#", "pym-%-00#", "sem.loky-%-#", "torch_%_#_0", "nccl-#",
	"vader_segment.node.#.0", "sm_segment.node.1000.#.3", "PostgreSQL.#", "fastrtps_port#",
	"mpich_shar_tmp#", "Intel_MPI_#", "ucx_shm_posix_#", "psm2_shm.#", "%:1:2:#", "pulse-shm-#",
	".org.chromium.Chromium.#", "org.mozilla.ipc.%.#", "shmpipe.%.#", "wine-#-fsync", "afl_%_#",
	"cuda.shm.0.#.0", "plasma#", "__KMP_REGISTERED_LIB_%_#", "qipc_sharedmemory_#",
	"zm.mmap.#", "sem.MDBr#",
};
#define NR_FAMILIES	(sizeof(families) / sizeof(families[0]))

enum how { MAPPED, MAPPED_PRIVATE, OPEN, OPEN_READ, LOCKED, IN_FLIGHT, NR_HOWS };
struct hold {
	unsigned int number;
	enum how how;
	int fd;				/* -1: none */
	const char *map;
	ino_t inode;
};
struct answer {
	unsigned int good, lost;
	char first[128];
};

static pid_t dead[DEAD];
static unsigned int leaked, live;
static struct hold *holds;
static unsigned int nholds;
static int flight[2];
static int orders[OWNERS][2], answers[OWNERS][2];

static void die(const char *what)
{
	printf("error %s: %s\n", what, strerror(errno));
	exit(1);
}

static size_t size_of(const char *name)
{
	return strncmp(name, "sem.", 4) ? SIZE : SEM_SIZE;
}

/* Numbers of those in use lie between those of the others. */
static void name_of(char *name, size_t room, unsigned int number, bool used)
{
	size_t n = 0;

	for (const char *c = families[number % NR_FAMILIES]; *c && n < room; c++) {
		if (*c == '%')
			n += (size_t)snprintf(name + n, room - n, "%d", (int)dead[number % DEAD]);
		else if (*c == '#')
			n += (size_t)snprintf(name + n, room - n, "%06u",
					      2 * (number / (unsigned int)NR_FAMILIES) + used);
		else
			name[n++] = *c;
	}
	name[n < room ? n : room - 1] = '\0';
}

static void contents_of(char *bytes, unsigned int number)
{
	for (unsigned int i = 0; i < SIZE; i++)
		bytes[i] = (char)(number * 31 + i * 7 + 1);
}

static int make(int folder, const char *name, const char *bytes)
{
	int fd = openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	size_t size = size_of(name);

	if (fd < 0 || ftruncate(fd, (off_t)size) ||
	    (bytes && write(fd, bytes, size) != (ssize_t)size))
		die(name);
	return fd;
}

/* All of PostgreSQL's files of one user speak for each other: those left behind are another's. */
static void leave(int folder, unsigned int first, unsigned int end)
{
	char name[64], bytes[SIZE];

	for (unsigned int i = first; i < end; i++) {
		int fd;

		name_of(name, sizeof(name), i, false);
		contents_of(bytes, i);
		fd = make(folder, name, i % IN_MEMORY ? NULL : bytes);
		if (!strncmp(name, "PostgreSQL", 10) && fchown(fd, OTHER_UID, OTHER_UID))
			die("fchown");
		close(fd);
	}
}

static void make_dead(void)
{
	for (unsigned int i = 0; i < DEAD; i++) {
		dead[i] = fork();
		if (!dead[i])
			_exit(0);
		if (dead[i] < 0 || waitpid(dead[i], NULL, 0) != dead[i])
			die("fork");
	}
}

static void take(int folder, struct hold *h)
{
	char name[64], bytes[SIZE];
	struct stat st;
	int made;

	name_of(name, sizeof(name), h->number, true);
	contents_of(bytes, h->number);
	made = make(folder, name, bytes);
	h->fd = openat(folder, name, (h->how == OPEN_READ || h->how == MAPPED_PRIVATE ? O_RDONLY : O_RDWR) |
		       O_CLOEXEC);
	close(made);
	if (h->fd < 0 || fstat(h->fd, &st))
		die(name);
	h->inode = st.st_ino;
	if (h->how == LOCKED && flock(h->fd, LOCK_EX))
		die("flock");
	if (h->how != MAPPED && h->how != MAPPED_PRIVATE)
		return;
	h->map = mmap(NULL, size_of(name), PROT_READ, h->how == MAPPED ? MAP_SHARED : MAP_PRIVATE, h->fd, 0);
	if (h->map == MAP_FAILED)
		die("mmap");
	close(h->fd);
	h->fd = -1;
}

union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(IN_FLIGHT_MAX * sizeof(int))];
};

static void let_fly(void)
{
	struct iovec byte = { .iov_base = "", .iov_len = 1 };
	union control control = { 0 };
	struct msghdr message = { .msg_iov = &byte, .msg_iovlen = 1, .msg_control = &control };
	struct cmsghdr *c = &control.header;
	unsigned int n = 0;

	for (unsigned int i = 0; i < nholds; i++) {
		if (holds[i].how != IN_FLIGHT)
			continue;
		if (n == IN_FLIGHT_MAX) {
			errno = E2BIG;
			die("too many in flight");
		}
		memcpy(CMSG_DATA(c) + n++ * sizeof(int), &holds[i].fd, sizeof(int));
	}
	if (!n)
		return;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	message.msg_controllen = CMSG_SPACE(n * sizeof(int));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, flight) || sendmsg(flight[0], &message, 0) != 1)
		die("sendmsg");
	for (unsigned int i = 0; i < nholds; i++) {
		if (holds[i].how == IN_FLIGHT) {
			close(holds[i].fd);
			holds[i].fd = -1;
		}
	}
}

/* From then on they are held as any other. */
static void land(void)
{
	char c;
	struct iovec byte = { .iov_base = &c, .iov_len = 1 };
	union control control = { 0 };
	struct msghdr message = {
		.msg_iov = &byte, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control),
	};
	unsigned int n = 0;

	if (!flight[1])
		return;
	if (recvmsg(flight[1], &message, MSG_CMSG_CLOEXEC) != 1)
		die("recvmsg");
	for (unsigned int i = 0; i < nholds; i++) {
		if (holds[i].how != IN_FLIGHT)
			continue;
		memcpy(&holds[i].fd, CMSG_DATA(&control.header) + n++ * sizeof(int), sizeof(int));
		holds[i].how = OPEN;
	}
	flight[1] = 0;
}

static bool is_there(int folder, const struct hold *h, const char *name)
{
	char wanted[SIZE], got[SIZE];
	size_t size = size_of(name);
	struct stat st;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) || st.st_ino != h->inode || st.st_nlink != 1 ||
	    (size_t)st.st_size != size)
		return false;
	contents_of(wanted, h->number);
	if (h->map)
		return !memcmp(h->map, wanted, size);
	return pread(h->fd, got, sizeof(got), 0) == (ssize_t)size && !memcmp(got, wanted, size);
}

static void check(int folder, struct answer *a)
{
	char name[64];

	land();
	*a = (struct answer){ 0 };
	for (unsigned int i = 0; i < nholds; i++) {
		name_of(name, sizeof(name), holds[i].number, true);
		if (is_there(folder, &holds[i], name))
			a->good++;
		else if (!a->lost++)
			snprintf(a->first, sizeof(a->first), "%s", name);
	}
}

/* Every other owner is the child of who opened it all, and has it by inheritance. */
static void own(unsigned int owner, int folder)
{
	struct answer a = { 0 };
	char c;

	for (unsigned int i = 0; i <= owner; i++) {
		close(orders[i][1]);
		close(answers[i][0]);
	}
	holds = calloc(live / OWNERS + 1, sizeof(*holds));
	for (unsigned int i = owner; i < live; i += OWNERS) {
		holds[nholds] = (struct hold){ .number = i, .how = i / OWNERS % NR_HOWS };
		take(folder, &holds[nholds++]);
	}
	let_fly();
	if (owner % 2 && fork())
		_exit(0);
	do {
		if (write(answers[owner][1], &a, sizeof(a)) != sizeof(a) || read(orders[owner][0], &c, 1) != 1)
			_exit(0);
		check(folder, &a);
	} while (true);
}

static void hear(struct answer *sum)
{
	*sum = (struct answer){ 0 };
	for (unsigned int i = 0; i < OWNERS; i++) {
		struct answer a;

		if (read(answers[i][0], &a, sizeof(a)) != sizeof(a)) {
			errno = ECHILD;
			die("an owner");
		}
		sum->good += a.good;
		sum->lost += a.lost;
		if (a.lost)
			memcpy(sum->first, a.first, sizeof(a.first));
	}
}

static void start_owners(int folder)
{
	struct answer none;

	for (unsigned int i = 0; i < OWNERS; i++) {
		pid_t pid;

		if (pipe2(orders[i], O_CLOEXEC) || pipe2(answers[i], O_CLOEXEC))
			die("pipe");
		pid = fork();
		if (pid < 0)
			die("fork");
		if (!pid)
			own(i, folder);
		close(orders[i][0]);
		close(answers[i][1]);
	}
	hear(&none);
}

int main(int argc, char **argv)
{
	int folder = open("/dev/shm", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char line[64];

	if (argc < 2 || folder < 0)
		return 2;
	leaked = (unsigned int)strtoul(argv[1], NULL, 10);
	live = argc > 2 ? (unsigned int)strtoul(argv[2], NULL, 10) : 0;
	make_dead();
	leave(folder, 0, leaked / 2);
	start_owners(folder);
	leave(folder, leaked / 2, leaked);
	printf("ready pid=%d\n", (int)getpid());
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		struct answer a;

		for (unsigned int i = 0; i < OWNERS; i++)
			if (write(orders[i][1], "", 1) != 1)
				die("an owner");
		hear(&a);
		if (a.lost)
			printf("error lost=%u first=%s\n", a.lost, a.first);
		else
			printf("ready good=%u\n", a.good);
		fflush(stdout);
	}
	return 0;
}
