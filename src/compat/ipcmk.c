/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcmk: makes objects. */
#include "compat.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <mqueue.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/random.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

static const char usage[] = " % [options]\n";

static const char help[] =
	"\nCreate various IPC resources.\n"
	"\nOptions:\n"
	" -M, --shmem <size>       create shared memory segment of size <size>\n"
	" -m, --posix-shmem <size> create POSIX shared memory segment of size <size>\n"
	" -S, --semaphore <number> create semaphore array with <number> elements\n"
	" -s, --posix-semaphore    create POSIX semaphore\n"
	" -Q, --queue              create message queue\n"
	" -q, --posix-mqueue       create POSIX message queue\n"
	" -p, --mode <mode>        permission for the resource (default is 0644)\n"
	" -n, --name <name>        name of the POSIX resource\n"
	"\n"
	" -h, --help               display this help\n"
	" -V, --version            display version\n"
	"\nArguments:\n"
	" <size> arguments may be followed by the suffixes for\n"
	"   GiB, TiB, PiB, EiB, ZiB, and YiB (the \"iB\" is optional)\n"
	"\n"
	" -n, --name <name> option is required for POSIX IPC\n"
	"\nFor more details see ipcmk(1).\n";

static const struct option options[] = {
	{ "shmem", required_argument, NULL, 'M' },
	{ "posix-shmem", required_argument, NULL, 'm' },
	{ "semaphore", required_argument, NULL, 'S' },
	{ "posix-semaphore", no_argument, NULL, 's' },
	{ "queue", no_argument, NULL, 'Q' },
	{ "posix-mqueue", no_argument, NULL, 'q' },
	{ "mode", required_argument, NULL, 'p' },
	{ "name", required_argument, NULL, 'n' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL }
};

struct wish {
	bool asked[128];		/* by the letter of the option */
	uint64_t segment, file;		/* sizes */
	int32_t semaphores;
	int mode;
	const char *name;
};

/* An id, or -1. */
static int make_segment(const struct wish *w, key_t key)
{
	return shmget(key, w->segment, w->mode | IPC_CREAT | IPC_EXCL);
}

static int make_queue(const struct wish *w, key_t key)
{
	return msgget(key, w->mode | IPC_CREAT | IPC_EXCL);
}

static int make_set(const struct wish *w, key_t key)
{
	return semget(key, w->semaphores, w->mode | IPC_CREAT | IPC_EXCL);
}

/* 0, or -1. One that is there may be in use: it keeps its size. */
static int make_file(const struct wish *w)
{
	int fd = shm_open(w->name, O_RDWR | O_CREAT | O_EXCL, w->mode), rc, error;

	if (fd < 0)
		return -1;
	rc = w->file > INT64_MAX ? EFBIG : ftruncate(fd, (off_t)w->file) ? errno : 0;
	close(fd);
	if (!rc)
		return 0;
	error = rc;
	shm_unlink(w->name);
	errno = error;
	return -1;
}

static int make_posix_queue(const struct wish *w)
{
	mqd_t queue = mq_open(w->name, O_RDWR | O_CREAT, w->mode, NULL);

	return queue == (mqd_t)-1 ? -1 : mq_close(queue);
}

static int make_posix_semaphore(const struct wish *w)
{
	sem_t *semaphore = sem_open(w->name, O_CREAT, w->mode, 0);

	return semaphore == SEM_FAILED ? -1 : sem_close(semaphore);
}

/* In the order in which they are made: by a random key, or by the name. */
static const struct making {
	char letter;
	const char *what, *told;
	int (*by_key)(const struct wish *w, key_t key);
	int (*by_name)(const struct wish *w);
} makings[] = {
	{ 'M', "share memory", "Shared memory id", .by_key = make_segment },
	{ 'm', "POSIX shared memory", "POSIX shared memory name", .by_name = make_file },
	{ 'Q', "message queue", "Message queue id", .by_key = make_queue },
	{ 'q', "POSIX message queue", "POSIX message queue name", .by_name = make_posix_queue },
	{ 'S', "semaphore", "Semaphore id", .by_key = make_set },
	{ 's', "POSIX semaphore", "POSIX semaphore name", .by_name = make_posix_semaphore },
};

/* A key may be taken by chance: that is not the object that was asked for. */
static int make_by_key(const struct making *m, const struct wish *w)
{
	key_t key;
	int id;

	do {
		if (getrandom(&key, sizeof(key), 0) != sizeof(key))
			return -1;
		id = key == IPC_PRIVATE ? -1 : m->by_key(w, key);
	} while (key == IPC_PRIVATE || (id < 0 && errno == EEXIST));
	return id;
}

static int make(const struct compat *c, const struct making *m, const struct wish *w)
{
	int id = m->by_key ? make_by_key(m, w) : m->by_name(w);

	if (id < 0)
		return compat_error(c, errno, "create %s failed", m->what);
	if (m->by_key)
		printf("%s: %d\n", m->told, id);
	else
		printf("%s: %s\n", m->told, w->name);
	return 0;
}

static int make_all(const struct compat *c, const struct wish *w)
{
	bool any = false, named = false;
	int status = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(makings); i++) {
		bool asked = w->asked[(int)makings[i].letter];

		any |= asked;
		named |= asked && makings[i].by_name;
	}
	if (!any || (named && !w->name)) {
		compat_error(c, 0, any ? "name is required for POSIX IPC" : "bad usage");
		return compat_try_help(c);
	}
	for (unsigned int i = 0; !status && i < ARRAY_SIZE(makings); i++)
		if (w->asked[(int)makings[i].letter])
			status = make(c, &makings[i], w);
	return status;
}

static int read_size(const struct compat *c, const char *text, uint64_t *size)
{
	int rc = compat_size(text, size);

	return rc ? compat_error(c, -rc, "failed to parse size: '%s'", text) : 0;
}

static int read_mode(const struct compat *c, const char *text, int *mode)
{
	char *end;

	errno = 0;
	*mode = (int)strtoul(text, &end, 8);
	if (!errno && end != text && !*end)
		return 0;
	return compat_error(c, 0, "failed to parse mode: %s", strerror(errno));
}

/* 0, or the status with which it ends there. */
static int take_option(const struct compat *c, struct wish *w, int option)
{
	w->asked[option] = true;
	switch (option) {
	case 'M':
		return read_size(c, optarg, &w->segment);
	case 'm':
		return read_size(c, optarg, &w->file);
	case 'S':
		return !compat_number(c, optarg, "failed to parse elements", &w->semaphores);
	case 'p':
		return read_mode(c, optarg, &w->mode);
	case 'n':
		w->name = optarg;
		return 0;
	case '?':
		return compat_try_help(c);
	default:
		return 0;
	}
}

static int run(const struct compat *c, int argc, char **argv)
{
	struct wish w = { .mode = 0644 };
	int option, status;

	while ((option = getopt_long(argc, argv, "hM:m:QqS:sp:n:V", options, NULL)) != -1) {
		if (option == 'h')
			return compat_help(c, usage, help);
		if (option == 'V')
			return compat_version(c);
		status = take_option(c, &w, option);
		if (status)
			return status;
	}
	return make_all(c, &w);
}

int compat_ipcmk(int argc, char **argv)
{
	struct compat self;

	compat_begin(&self, argv[0]);
	return compat_finish(&self, run(&self, argc, argv));
}
