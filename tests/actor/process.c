/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes and threads: who holds, and under which circumstances. */
#include "actor.h"

#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

void obey_stdin(void);

static pid_t children[256];
static unsigned int nchildren;

static void hold(pid_t parent, bool orphan)
{
	if (!orphan) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(0);
	}
	for (;;)
		pause();
}

static int run_fork(const struct args *a)
{
	pid_t parent = getpid();

	for (uint64_t i = 0; i < arg_number(a, "n") && nchildren < 256; i++) {
		pid_t pid = fork();

		if (pid == 0)
			hold(parent, arg_number(a, "orphan"));
		if (pid < 0)
			return actor_fail("fork");
		children[nchildren++] = pid;
	}
	fact("child", "%d", children[nchildren - 1]);
	return 0;
}

static int run_reap(const struct args *a)
{
	while (nchildren) {
		pid_t pid = children[--nchildren];

		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return 0;
}

/* What a thread is to do, and how it tells that it is done. */
struct order {
	int (*work)(void);
	pthread_barrier_t done;
	pid_t tid;
	int error;
};

static void *follow(void *arg)
{
	struct order *order = arg;

	order->tid = (pid_t)syscall(SYS_gettid);
	order->error = order->work() ? errno : 0;
	pthread_barrier_wait(&order->done);
	for (;;)
		pause();
	return NULL;
}

static int start_thread(int (*work)(void))
{
	static struct order order;
	pthread_t thread;

	order = (struct order){ .work = work };
	pthread_barrier_init(&order.done, NULL, 2);
	errno = pthread_create(&thread, NULL, follow, &order);
	if (errno)
		return actor_fail("pthread_create");
	pthread_barrier_wait(&order.done);
	fact("tid", "%d", order.tid);
	errno = order.error;
	return errno ? actor_fail("thread") : 0;
}

static int nothing(void)
{
	return 0;
}

static int own_table(void)
{
	return unshare(CLONE_FILES);
}

static int run_thread(const struct args *a)
{
	if (!arg_number(a, "own_table"))
		return start_thread(nothing);
	if (start_thread(own_table))
		return -1;
	close(current_fd);	/* from here on only the thread has it */
	current_fd = -1;
	return 0;
}

static void *go_on(void *arg)
{
	pthread_t leader = *(pthread_t *)arg;

	pthread_join(leader, NULL);
	printf("pid=%d tid=%ld\n", getpid(), syscall(SYS_gettid));
	fflush(stdout);
	obey_stdin();
	exit(0);
}

/* The leader becomes a zombie, and another thread goes on in its place. */
static int run_leader_exit(const struct args *a)
{
	static pthread_t leader;
	pthread_t thread;

	leader = pthread_self();
	errno = pthread_create(&thread, NULL, go_on, &leader);
	if (errno)
		return actor_fail("pthread_create");
	pthread_exit(NULL);
}

/*
 * A process that shares the address space without being a thread. At SIGUSR1 it attaches the
 * current segment: the CPU clock of the actor itself stands still.
 */
static int sharer(void *arg)
{
	sigset_t usr1;
	int signal_number;

	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	for (;;) {
		sigwait(&usr1, &signal_number);
		shmat(current_segment, NULL, 0);
	}
	return 0;
}

static int run_share_memory(const struct args *a)
{
	static char stack[65536];
	sigset_t usr1;
	pid_t pid;

	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	pid = clone(sharer, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);
	if (pid < 0)
		return actor_fail("clone");
	children[nchildren++] = pid;
	fact("child", "%d", pid);
	return 0;
}

static int run_unshare_ipc(const struct args *a)
{
	return unshare(CLONE_NEWIPC) ? actor_fail("unshare") : 0;
}

/* Another mount namespace with another /dev/shm. */
static int run_own_shm(const struct args *a)
{
	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return actor_fail("unshare");
	return mount("shm", "/dev/shm", "tmpfs", 0, "mode=1777") ? actor_fail("mount") : 0;
}

static int run_setuid(const struct args *a)
{
	uid_t uid = (uid_t)arg_number(a, "uid");

	if (setgroups(0, NULL) || setgid((gid_t)uid) || setuid(uid))
		return actor_fail("setuid");
	if (arg_number(a, "dumpable"))
		prctl(PR_SET_DUMPABLE, 1);
	return 0;
}

static int run_name(const struct args *a)
{
	return prctl(PR_SET_NAME, arg_text(a, "name")) ? actor_fail("prctl") : 0;
}

/* Start anew: what was mapped goes, and so do descriptors; standard ones stay. */
static int run_exec(const struct args *a)
{
	char self[] = "actor", command[] = "nothing";
	char *argv[] = { self, command, NULL };

	execv("/proc/self/exe", argv);
	return actor_fail("execv");
}

/* First process of a world: buries orphans. */
static int run_init(const struct args *a)
{
	struct sigaction bury = { .sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT };

	return sigaction(SIGCHLD, &bury, NULL) ? actor_fail("sigaction") : 0;
}

const struct command process_commands[] = {
	{ "fork", "n children that hold what this process holds; orphan=1: they stay when it ends",
	  { { "n", PARAM_NUMBER, "1" }, { "orphan", PARAM_NUMBER, "0" } }, run_fork },
	{ "reap", "end the children", { { 0 } }, run_reap },
	{ "thread", "a thread; own_table=1: that alone keeps the current descriptor",
	  { { "own_table", PARAM_NUMBER, "0" } }, run_thread },
	{ "leader_exit", "the first thread ends, another goes on", { { 0 } }, run_leader_exit },
	{ "share_memory", "a process with this one's address space; it attaches the segment at SIGUSR1",
	  { { 0 } }, run_share_memory },
	{ "unshare_ipc", "leave the IPC namespace", { { 0 } }, run_unshare_ipc },
	{ "own_shm", "leave the mount namespace, for one with another /dev/shm", { { 0 } }, run_own_shm },
	{ "setuid", "become another user", { { "uid", PARAM_NUMBER, "65534" },
	  { "dumpable", PARAM_NUMBER, "0" } }, run_setuid },
	{ "exec", "start anew, forgetting everything", { { 0 } }, run_exec },
	{ "name", "change the short name", { { "name", PARAM_TEXT, NULL } }, run_name },
	{ "init", "be a world's first process", { { 0 } }, run_init },
	{ 0 }
};
