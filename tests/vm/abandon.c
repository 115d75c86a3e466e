/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * abandon PID ROUNDS: the tracer dies at each step of a system call that a thread of PID is made to do (inject.c),
 * for every thread and ROUNDS times; the code left behind must bring the thread back to where it was, which the
 * process itself watches. Prints how often, and exits with 1 when a thread did not come back.
 */
#include "act/detach/inject.h"
#include "act/detach/space.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

/* What has been done when the tracer dies. */
enum step { BLOB_WRITTEN, REGISTERS_SET, CALL_ENTERED, CALL_DONE, REGISTERS_BACK, STOPPED_AGAIN, NR_STEPS };

static void need(bool cond, const char *what)
{
	if (cond)
		return;
	fprintf(stderr, "abandon: %s: %s\n", what, strerrordesc_np(errno));
	_exit(2);
}

static int wait_for(pid_t tid)
{
	int status;

	need(waitpid(tid, &status, __WALL) == tid && WIFSTOPPED(status), "no stop");
	return status;
}

static void seize(pid_t tid)
{
	need(!ptrace(PTRACE_SEIZE, tid, NULL, (void *)PTRACE_O_TRACESYSGOOD), "seize");
	need(!ptrace(PTRACE_INTERRUPT, tid, NULL, NULL), "interrupt");
	while (!status_is_event(wait_for(tid)))
		need(!ptrace(PTRACE_CONT, tid, NULL, NULL), "continue");
}

/* On to a stop at a system call; false: a signal came first. */
static bool to_call(pid_t tid)
{
	need(!ptrace(PTRACE_SYSCALL, tid, NULL, NULL), "syscall");
	return status_is_syscall(wait_for(tid));
}

static void take(pid_t tid, uint64_t blob, enum step last)
{
	static const uint64_t args[6];
	unsigned char code[BLOB_SIZE];
	struct arch_regs saved, r;

	seize(tid);
	need(!arch_get(tid, &saved), "registers");
	r = saved;
	arch_blob(&saved, blob, 0, code, sizeof(code));
	need(!poke(tid, blob, code, sizeof(code)), "poke");
	if (last == BLOB_WRITTEN)
		return;
	arch_call(&r, blob, SYS_CALL_MUNMAP, args);
	need(!arch_set(tid, &r), "registers");
	if (last == REGISTERS_SET || !to_call(tid) || last == CALL_ENTERED || !to_call(tid) || last == CALL_DONE)
		return;
	need(!arch_get(tid, &r), "registers");
	need(arch_result(&r) == -EINVAL, "the result of munmap");
	need(!ptrace(PTRACE_INTERRUPT, tid, NULL, NULL), "interrupt");
	need(!arch_set(tid, &saved), "registers");
	if (last == REGISTERS_BACK)
		return;
	need(!ptrace(PTRACE_CONT, tid, NULL, NULL), "continue");
	wait_for(tid);
}

/* Whether the thread has left the code, which is then taken away. */
static void look(pid_t tid, uint64_t blob)
{
	static const unsigned char nothing[BLOB_SIZE];
	struct arch_regs r;
	bool inside;

	seize(tid);
	need(!arch_get(tid, &r), "registers");
	inside = arch_ip(&r) - blob < BLOB_SIZE;
	if (!inside)
		need(!poke(tid, blob, nothing, sizeof(nothing)), "poke");
	need(!ptrace(PTRACE_DETACH, tid, NULL, NULL), "detach");
	_exit(inside);
}

/* By a child, whose end is the tracer's: its exit status. */
static int by_child(pid_t tid, uint64_t blob, int step)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		if (step == NR_STEPS)
			look(tid, blob);
		take(tid, blob, step);
		raise(SIGKILL);
	}
	need(waitpid(pid, &status, 0) == pid, "no child");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

static void find_vdso(pid_t pid, uint64_t *start, uint64_t *length)
{
	char path[32], line[512];
	unsigned long from, to;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	f = fopen(path, "r");
	need(f, path);
	*start = 0;
	while (fgets(line, sizeof(line), f))
		if (strstr(line, "[vdso]") && sscanf(line, "%lx-%lx", &from, &to) == 2)
			*start = from, *length = to - from;
	fclose(f);
	need(*start, "vdso");
}

/* The thread comes back from the code. */
static void come_back(pid_t tid, uint64_t blob, int step)
{
	for (int tries = 0; tries < 200; tries++) {
		int rc = by_child(tid, blob, NR_STEPS);

		if (!rc)
			return;
		if (rc > 1)
			exit(rc);
		poll(NULL, 0, 10);
	}
	printf("thread %d is in the code still, left at step %d\n", (int)tid, step);
	exit(1);
}

/* All steps of one thread: how many it came back from. */
static unsigned int try_thread(pid_t tid, uint64_t blob)
{
	for (int step = 0; step < NR_STEPS; step++) {
		int rc = by_child(tid, blob, step);

		if (rc)
			exit(rc);
		come_back(tid, blob, step);
	}
	return NR_STEPS;
}

int main(int argc, char **argv)
{
	pid_t pid = argc == 3 ? (pid_t)strtol(argv[1], NULL, 10) : 0;
	long rounds = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
	uint64_t vdso, length = 0, blob;
	struct buf why = BUF_INIT;
	unsigned int done = 0;
	char path[32];

	need(pid > 0, "usage: abandon PID ROUNDS");
	find_vdso(pid, &vdso, &length);
	need(!blob_place(pid, vdso, length, &blob, &why), "place");
	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	while (rounds-- > 0) {
		DIR *dir = opendir(path);
		struct dirent *e;

		need(dir, path);
		while ((e = readdir(dir)))
			if (e->d_name[0] != '.')
				done += try_thread((pid_t)strtol(e->d_name, NULL, 10), blob);
		closedir(dir);
	}
	printf("abandoned %u times\n", done);
	return 0;
}
