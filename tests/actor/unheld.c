/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Semaphores and message queues of System V, which nobody holds, and POSIX queues. They are not removed
 * at the end: they go with the IPC namespace of the test.
 */
#include "actor.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <unistd.h>

static int current_set = -1, current_queue = -1;

static int made(int id, const struct args *a, const char *call)
{
	if (id < 0)
		return actor_fail(call);
	fact("id", "%d", id);
	fact("key", "0x%08x", (unsigned int)arg_number(a, "key"));
	return 0;
}

static int flags_of(const struct args *a)
{
	return IPC_CREAT | IPC_EXCL | (int)arg_number(a, "mode");
}

static int run_semget(const struct args *a)
{
	current_set = semget((key_t)arg_number(a, "key"), (int)arg_number(a, "n"), flags_of(a));
	return made(current_set, a, "semget");
}

static int set_of(const struct args *a)
{
	return arg_given(a, "id") ? (int)arg_number(a, "id") : current_set;
}

static int operate(const struct args *a, short op, short flags)
{
	struct sembuf what = { (unsigned short)arg_number(a, "number"), op, flags };

	return semop(set_of(a), &what, 1);
}

static int run_sempost(const struct args *a)
{
	return operate(a, (short)arg_number(a, "by"), IPC_NOWAIT) ? actor_fail("semop") : 0;
}

/* A child, which ends with the actor, sleeps until the value is at least @by; 0: until it is 0. */
static int run_semwait(const struct args *a)
{
	pid_t pid = fork();

	if (pid < 0)
		return actor_fail("fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(operate(a, (short)-(int)arg_number(a, "by"), 0) ? errno : 0);
	}
	fact("child", "%d", pid);
	return 0;
}

static int run_semset(const struct args *a)
{
	return semctl(set_of(a), (int)arg_number(a, "number"), SETVAL, (int)arg_number(a, "value")) ?
	       actor_fail("semctl") : 0;
}

static int run_msgget(const struct args *a)
{
	current_queue = msgget((key_t)arg_number(a, "key"), flags_of(a));
	return made(current_queue, a, "msgget");
}

static int queue_of(const struct args *a)
{
	return arg_given(a, "id") ? (int)arg_number(a, "id") : current_queue;
}

struct message {
	long type;
	char text[8192];
};

static int run_msgsnd(const struct args *a)
{
	static struct message m = { .type = 1 };

	return msgsnd(queue_of(a), &m, arg_number(a, "bytes"), IPC_NOWAIT) ? actor_fail("msgsnd") : 0;
}

static int run_msgrcv(const struct args *a)
{
	static struct message m;

	return msgrcv(queue_of(a), &m, sizeof(m.text), 0, IPC_NOWAIT) < 0 ? actor_fail("msgrcv") : 0;
}

static int run_mq_open(const struct args *a)
{
	struct mq_attr attr = { .mq_maxmsg = (long)arg_number(a, "max"), .mq_msgsize = (long)arg_number(a, "size") };
	int fd = mq_open(arg_text(a, "name"), O_RDWR | O_CREAT | O_NONBLOCK, (mode_t)arg_number(a, "mode"), &attr);

	if (fd < 0)
		return actor_fail("mq_open");
	current_fd = fd;
	fact_inode(fd);
	return 0;
}

static int run_mq_send(const struct args *a)
{
	static char text[8192];

	return mq_send(current_fd, text, arg_number(a, "bytes"), 0) ? actor_fail("mq_send") : 0;
}

static int run_mq_notify(const struct args *a)
{
	struct sigevent how = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = (int)arg_number(a, "signal") };

	return mq_notify(current_fd, &how) ? actor_fail("mq_notify") : 0;
}

static int run_mq_unlink(const struct args *a)
{
	return mq_unlink(arg_text(a, "name")) ? actor_fail("mq_unlink") : 0;
}

#define MAKING { "key", PARAM_NUMBER, "0" }, { "mode", PARAM_NUMBER, "0600" }
#define NAME { "name", PARAM_TEXT, NULL }
#define ID { "id", PARAM_NUMBER, "0" }
#define SEMAPHORE ID, { "number", PARAM_NUMBER, "0" }

const struct command unheld_commands[] = {
	{ "semget", "make a set of n semaphores", { MAKING, { "n", PARAM_NUMBER, "1" } }, run_semget },
	{ "sempost", "let a semaphore rise", { SEMAPHORE, { "by", PARAM_NUMBER, "1" } }, run_sempost },
	{ "semwait", "a child waits until a semaphore is at least that; by=0: until it is 0",
	  { SEMAPHORE, { "by", PARAM_NUMBER, "1" } }, run_semwait },
	{ "semset", "set a semaphore", { SEMAPHORE, { "value", PARAM_NUMBER, "1" } }, run_semset },
	{ "msgget", "make a message queue", { MAKING }, run_msgget },
	{ "msgsnd", "send a message", { ID, { "bytes", PARAM_NUMBER, "100" } }, run_msgsnd },
	{ "msgrcv", "receive a message", { ID }, run_msgrcv },
	{ "mq_open", "open a POSIX queue, and make it if it is not there",
	  { NAME, { "max", PARAM_NUMBER, "10" }, { "size", PARAM_NUMBER, "100" }, { "mode", PARAM_NUMBER, "0600" } },
	  run_mq_open },
	{ "mq_send", "send a message to the queue", { { "bytes", PARAM_NUMBER, "10" } }, run_mq_send },
	{ "mq_notify", "want a signal for the next message", { { "signal", PARAM_NUMBER, "10" } }, run_mq_notify },
	{ "mq_unlink", "take a queue's name away", { NAME }, run_mq_unlink },
	{ 0 }
};
