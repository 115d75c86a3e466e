// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Halts a program right before a system call, so that a test can do something meanwhile.
 *
 *	halt OUT POINT N PROGRAM [ARG…]
 *
 * runs PROGRAM, its output in OUT, until it is about to make the Nth call of that kind; says
 * "pid=P at=POINT" and waits for a line on stdin. Answers that with "status=S" when the program
 * has ended (128 + N after signal N). POINT kill is any call, and no line is waited for: the program
 * and its threads die there by SIGKILL. One that never comes to that point: "error never status=S".
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <string.h>
#include <unistd.h>

typedef struct __ptrace_syscall_info syscall_info;

static bool any(pid_t pid, const syscall_info *call)
{
	return true;
}

static bool takes_lease(pid_t pid, const syscall_info *call)
{
	return call->entry.args[1] == F_SETLEASE && call->entry.args[2] == F_WRLCK;
}

static bool asks_lease(pid_t pid, const syscall_info *call)
{
	return call->entry.args[1] == F_GETLEASE;
}

static bool opens_file(pid_t pid, const syscall_info *call)
{
	/* the flags are the first member of struct open_how */
	long flags = ptrace(PTRACE_PEEKDATA, pid, (void *)call->entry.args[2], NULL);

	return (flags & O_NOFOLLOW) && !(flags & O_PATH);
}

static bool opens_path(pid_t pid, const syscall_info *call)
{
	return ptrace(PTRACE_PEEKDATA, pid, (void *)call->entry.args[2], NULL) & O_PATH;
}

static bool looks_at_segment(pid_t pid, const syscall_info *call)
{
	return (call->entry.args[1] & 0xff) == IPC_STAT;
}

static bool removes_segment(pid_t pid, const syscall_info *call)
{
	return (call->entry.args[1] & 0xff) == IPC_RMID;
}

/* semctl's command stands behind the number of a semaphore */
static bool looks_at_set(pid_t pid, const syscall_info *call)
{
	return (call->entry.args[2] & 0xff) == IPC_STAT;
}

static const struct point {
	const char *name;
	long call;
	bool (*is)(pid_t pid, const syscall_info *call);
} points[] = {
	{ "open", SYS_openat2, opens_file },
	{ "path", SYS_openat2, opens_path },
	{ "lease", SYS_fcntl, takes_lease },
	{ "ask", SYS_fcntl, asks_lease },
	{ "unlink", SYS_unlinkat, any },
	{ "stat", SYS_shmctl, looks_at_segment },
	{ "semstat", SYS_semctl, looks_at_set },
	{ "msgstat", SYS_msgctl, looks_at_segment },
	{ "rmid", SYS_shmctl, removes_segment },
	{ "sleep", SYS_clock_nanosleep, any },
	{ "kill", -1, any },
};

static pid_t program;

static _Noreturn void die(const char *what)
{
	printf("error call=%s errno=%s\n", what, strerrorname_np(errno));
	exit(1);
}

static bool is_point(pid_t pid, const struct point *point)
{
	syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) < 0 ||
	    info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return false;
	return (point->call < 0 || (long)info.entry.nr == point->call) && point->is(pid, &info);
}

/* What it says goes to @out; a descriptor of the test would keep that waiting. */
static void run_program(const char *out, char **argv)
{
	int fd = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600), null = open("/dev/null", O_RDONLY);

	if (fd < 0 || dup2(null, 0) < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
		_exit(126);
	close_range(3, ~0U, 0);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(126);
	execvp(argv[0], argv);
	_exit(127);
}

static int ended(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The signal to go on with: none after a stop that tracing itself made. */
static int signal_of(int status)
{
	int number = WSTOPSIG(status);

	if (number == (SIGTRAP | 0x80) || number == SIGTRAP || status >> 16)
		return 0;
	return number == SIGSTOP ? 0 : number;
}

static void halt_at(pid_t pid, const struct point *point)
{
	char line[64];

	if (point->call < 0) {
		kill(program, SIGKILL);
		return;
	}
	printf("pid=%d at=%s\n", pid, point->name);
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		kill(program, SIGKILL);
}

static int follow(const struct point *point, unsigned long n)
{
	bool halted = false;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (!WIFSTOPPED(status)) {
			if (pid != program)
				continue;
			printf("%sstatus=%d\n", halted ? "" : "error never ", ended(status));
			return 0;
		}
		if (!halted && WSTOPSIG(status) == (SIGTRAP | 0x80) && is_point(pid, point) && !--n) {
			halted = true;
			halt_at(pid, point);
		}
		/* from the point on nothing is of interest but the end */
		ptrace(halted ? PTRACE_CONT : PTRACE_SYSCALL, pid, NULL, (void *)(long)signal_of(status));
	}
	die("waitpid");
}

int main(int argc, char **argv)
{
	const struct point *point = points, *end = points + sizeof(points) / sizeof(points[0]);
	int status;

	while (argc > 4 && point < end && strcmp(point->name, argv[2]))
		point++;
	if (argc < 5 || point == end) {
		errno = EINVAL;
		die("usage");
	}
	program = fork();
	if (program < 0)
		die("fork");
	if (!program)
		run_program(argv[1], argv + 4);
	if (waitpid(program, &status, 0) != program || !WIFSTOPPED(status))
		die("exec");
	if (ptrace(PTRACE_SETOPTIONS, program, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE |
		   PTRACE_O_TRACEFORK | PTRACE_O_EXITKILL) < 0)
		die("ptrace");
	ptrace(PTRACE_SYSCALL, program, NULL, NULL);
	return follow(point, strtoul(argv[3], NULL, 0));
}
