/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include "ipctop/clock.h"
#include "ipctop/io.h"

#ifndef PTRACE_EVENT_STOP
#define PTRACE_EVENT_STOP 128
#endif

/*
 * A thread that calls execve(2) waits for the end of the others, which their tracer is told of, who waits to
 * trace it: neither gets on, and the call is begun again after each signal. Nothing has been done by then, and
 * all go on when the tracer ends.
 */
static volatile int64_t seize_until;

static volatile unsigned int *signs_of_life;

static void on_alarm(int signal)
{
	++*signs_of_life;
	if (seize_until && clock_mono_us() > seize_until)
		_exit(1);
}

void target_clock(volatile unsigned int *beats)
{
	struct sigaction act = { .sa_handler = on_alarm };
	/* again and again: one that comes right before a wait would be lost */
	const struct itimerval every = { .it_interval = { 0, 20000 }, .it_value = { 0, 20000 } };
	sigset_t set;

	signs_of_life = beats;
	sigaction(SIGALRM, &act, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

static void add_group(struct target *t, pid_t pid)
{
	*(pid_t *)table_add(&t->groups, sizeof(pid_t)) = pid;
}

void target_init(struct target *t, pid_t pid, int pidfd)
{
	*t = (struct target){ .pid = pid, .pidfd = pidfd };
	add_group(t, pid);
}

#define EACH_US	1000

static struct thread *thread_at(const struct target *t, uint32_t i)
{
	return (struct thread *)t->threads.rows + i;
}

static int compare_threads(const void *a, const void *b)
{
	pid_t x = ((const struct thread *)a)->tid, y = ((const struct thread *)b)->tid;

	return (x > y) - (x < y);
}

static struct thread *find(const struct target *t, pid_t tid)
{
	const struct thread key = { .tid = tid };

	return t->sorted ? bsearch(&key, t->threads.rows, t->sorted, sizeof(key), compare_threads) : NULL;
}

static void sort(struct target *t)
{
	if (t->threads.count)
		qsort(t->threads.rows, t->threads.count, sizeof(struct thread), compare_threads);
	t->sorted = t->threads.count;
}

bool status_is_event(int status)
{
	return WIFSTOPPED(status) && status >> 16 == PTRACE_EVENT_STOP;
}

bool status_is_syscall(int status)
{
	return WIFSTOPPED(status) && WSTOPSIG(status) == (SIGTRAP | 0x80);
}

int status_signal(int status)
{
	if (!WIFSTOPPED(status) || status >> 16 || status_is_syscall(status))
		return 0;
	return WSTOPSIG(status);
}

int thread_interrupt(const struct thread *th)
{
	return ptrace(PTRACE_INTERRUPT, th->tid, NULL, NULL) ? -errno : 0;
}

int thread_go(struct thread *th, int request, int signal)
{
	if (ptrace(request, th->tid, NULL, (void *)(intptr_t)signal))
		return -errno;
	th->state = THREAD_RUNS;
	th->parked = false;
	return 0;
}

static void take_status(struct thread *th, int status)
{
	th->status = status;
	th->state = WIFSTOPPED(status) ? THREAD_STOPPED : THREAD_GONE;
	th->parked = status_is_event(status);
}

/* As waitpid(2) would say it. */
static int status_of(const siginfo_t *info)
{
	return info->si_code == CLD_TRAPPED || info->si_code == CLD_STOPPED ? info->si_status << 8 | 0x7f : 0;
}

/*
 * A status that was waited for is taken from the thread, and a signal that it was about to get goes with it, should
 * its tracer die before it hands that on (kernel/exit.c, wait_task_stopped). So such a one is left where it is.
 */
static void take(struct thread *th, const siginfo_t *info)
{
	siginfo_t unused;

	take_status(th, status_of(info));
	if (!status_signal(th->status))
		(void)!waitid(P_PID, th->tid, &unused, WEXITED | WSTOPPED | WNOHANG | __WALL);
}

/* 0: something was taken, or with WNOHANG nothing is there; -errno. */
static int look_for(struct thread *th, int flags)
{
	siginfo_t info = { 0 };

	if (waitid(P_PID, th->tid, &info, WEXITED | WSTOPPED | WNOWAIT | __WALL | flags))
		return -errno;
	if (info.si_pid)
		take(th, &info);
	return 0;
}

/* Of a process that was killed the leader tells its own end only when those of all others were taken. */
static void take_ends(struct target *t)
{
	for (uint32_t i = 0; i < t->threads.count; i++)
		if (thread_at(t, i)->state != THREAD_GONE)
			(void)!look_for(thread_at(t, i), WNOHANG);
}

int thread_wait(struct target *t, struct thread *th)
{
	while (th->state == THREAD_RUNS) {
		int rc = look_for(th, 0);

		if (rc == -EINTR && clock_mono_us() > t->deadline)
			return -ETIMEDOUT;
		if (rc == -EINTR)
			take_ends(t);
		else if (rc)
			return rc == -ECHILD ? -ESRCH : rc;
	}
	return 0;
}

pid_t number_of(const char *name)
{
	char *end;
	unsigned long n = strtoul(name, &end, 10);

	return *end || n > INT32_MAX ? 0 : (pid_t)n;
}

int thread_file(pid_t tid, const char *file, struct buf *text)
{
	char path[64];

	buf_reset(text);
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)tid, file);
	return io_read_file(AT_FDCWD, path, text, 1 << 20);
}

bool status_number(const char *status, const char *name, int base, uint64_t *value)
{
	size_t n = strlen(name);

	/* a newline in the name of a process is escaped: only a line of its own begins so */
	for (const char *line = status; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, n) && line[n] == ':') {
			*value = strtoull(line + n + 1, NULL, base);
			return true;
		}
	}
	return false;
}

int thread_stat(pid_t tid, struct thread_stat *stat)
{
	struct buf text = BUF_INIT;
	int rc = thread_file(tid, "stat", &text);
	const char *at = rc ? NULL : strrchr(text.s, ')');

	if (!rc && (!at || sscanf(at, ") %c %*d %*d %*d %*d %*d %u", &stat->state, &stat->flags) != 2))
		rc = -EPROTO;
	buf_release(&text);
	return rc == -ENOENT ? -ESRCH : rc;
}

/* Without memory already, it may be no zombie yet. */
bool thread_stat_dying(const struct thread_stat *stat)
{
	return stat->state == 'Z' || stat->state == 'X' || stat->flags & PF_EXITING;
}

bool thread_is_dying(pid_t tid)
{
	struct thread_stat stat;

	return thread_stat(tid, &stat) || thread_stat_dying(&stat);
}

int say_gone(pid_t pid, struct buf *why)
{
	buf_printf(why, "process %d went away", (int)pid);
	return -ESRCH;
}

int say_unread(pid_t pid, int rc, struct buf *why)
{
	if (rc == -ENOENT || rc == -ESRCH)
		return say_gone(pid, why);
	buf_printf(why, "process %d cannot be looked at: %s", (int)pid, strerrordesc_np(-rc));
	return rc;
}

static uint64_t tracer_of(pid_t tid)
{
	struct buf text = BUF_INIT;
	uint64_t tracer = 0;

	if (!thread_file(tid, "status", &text))
		status_number(text.s, "TracerPid", 10, &tracer);
	buf_release(&text);
	return tracer;
}

int say_tracer(pid_t pid, pid_t tid, struct buf *why)
{
	uint64_t tracer = tracer_of(tid);

	if (!tracer || tracer == (uint64_t)getpid())
		return 0;
	buf_printf(why, "process %d is already traced by process %" PRIu64, (int)pid, tracer);
	return -EBUSY;
}

int say_asleep(pid_t pid, struct buf *why)
{
	buf_printf(why, "process %d does not run (frozen cgroup?): nothing was changed", (int)pid);
	return -ETIMEDOUT;
}

int say_untraceable(pid_t pid, struct buf *why)
{
	buf_printf(why, "process %d may not be traced by this user: that takes CAP_SYS_PTRACE, or to be its user, "
		   "where the process and Yama allow it", (int)pid);
	return -EPERM;
}

/* One that was killed while it was stopped could not be let go of, and is ours until it has come to its end. */
static bool comes_to_its_end(pid_t tid)
{
	int64_t until = clock_mono_us() + PATIENCE_US;

	while (!thread_is_dying(tid)) {
		if (tracer_of(tid) != (uint64_t)getpid() || clock_mono_us() > until)
			return false;
		usleep(EACH_US);
	}
	return true;
}

/* 1: a new one, 0: it is known, or has gone. */
static int seize(struct target *t, pid_t tid, struct buf *why)
{
	struct thread *th;
	int rc;

	if (find(t, tid))
		return 0;
	seize_until = clock_mono_us() + PATIENCE_US;
	rc = ptrace(PTRACE_SEIZE, tid, NULL, (void *)(intptr_t)PTRACE_O_TRACESYSGOOD);
	seize_until = 0;
	if (rc) {
		if (errno == ESRCH || comes_to_its_end(tid))
			return 0;
		return say_tracer(t->pid, tid, why) ? -EBUSY : say_untraceable(t->pid, why);
	}
	th = table_add(&t->threads, sizeof(*th));
	th->tid = tid;
	return 1;
}

/* All threads of @pid; with @one at most so many. How many are new, or -errno. */
static int seize_group(struct target *t, pid_t pid, bool one, struct buf *why)
{
	int found = 0, rc = 0;
	struct dirent *e;
	char path[32];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	if (!dir)	/* one that cannot be listed may have threads that run on */
		return errno == ENOENT ? 0 : say_unread(t->pid, -errno, why);
	while (rc >= 0 && !(one && found) && (e = readdir(dir))) {
		pid_t tid = number_of(e->d_name);

		rc = tid > 0 ? seize(t, tid, why) : 0;
		found += rc > 0;
	}
	closedir(dir);
	return rc < 0 ? rc : found;
}

static int seize_new(struct target *t, bool one, struct buf *why)
{
	int found = 0;

	for (uint32_t i = 0; i < t->groups.count && !(one && found); i++) {
		int rc = seize_group(t, ((pid_t *)t->groups.rows)[i], one, why);

		if (rc < 0)
			return rc;
		found += rc;
	}
	return found;
}

/* On its way it may have met a signal: that is delivered, and it is asked again. */
static void park(struct thread *th)
{
	if (th->state != THREAD_STOPPED || th->parked)
		return;
	/* a trap takes the request back (ptrace(2) does not say so) */
	if (thread_interrupt(th) || thread_go(th, PTRACE_CONT, status_signal(th->status)))
		th->state = THREAD_GONE;
}

static int not_stopped(const struct target *t, pid_t tid, struct buf *why)
{
	struct buf text = BUF_INIT;
	const char *at = thread_file(tid, "status", &text) ? NULL : strstr(text.s, "\nState:\t");

	buf_printf(why, "thread %d of process %d did not stop within %d ms (state %c)", (int)tid, (int)t->pid,
		   PATIENCE_US / 1000, at ? at[8] : '?');
	buf_release(&text);
	return -ETIMEDOUT;
}

/* One after the other, which costs the kernel less than to say which of thousands is next. The leader comes last. */
static int settle(struct target *t, struct buf *why)
{
	for (uint32_t i = t->threads.count; i-- > 0;) {
		struct thread *th = thread_at(t, i);

		/* what was told of it while another was waited for is heeded first */
		for (park(th); th->state == THREAD_RUNS; park(th)) {
			int rc = thread_wait(t, th);

			if (rc == -ETIMEDOUT)
				return not_stopped(t, th->tid, why);
			if (rc)
				th->state = THREAD_GONE;
		}
	}
	return 0;
}

/* How many are new, all of them stopped; or -errno. */
static int stop_new(struct target *t, bool one, struct buf *why)
{
	int found = seize_new(t, one, why), rc;

	sort(t);
	for (uint32_t i = 0; i < t->threads.count; i++)
		if (thread_at(t, i)->state == THREAD_RUNS && thread_interrupt(thread_at(t, i)))
			thread_at(t, i)->state = THREAD_GONE;
	if (!t->stopped_at)
		t->stopped_at = clock_mono_us();
	if (found < 0)
		return found;
	/* thousands take their time, one of them may not */
	t->deadline = clock_mono_us() + PATIENCE_US + found * EACH_US;
	rc = settle(t, why);
	return rc ? rc : found;
}

static uint32_t count_stopped(const struct target *t)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->threads.count; i++)
		n += thread_at(t, i)->state == THREAD_STOPPED;
	return n;
}

#define ROUNDS	100	/* of one that makes threads all the time: each finds fewer */

static int stop(struct target *t, bool one, struct buf *why)
{
	int rc = 1;

	for (int i = 0; i < ROUNDS && rc > 0 && !(one && i); i++)
		rc = stop_new(t, one, why);
	if (rc < 0)
		return rc;
	if (rc > 0 && !one) {
		buf_printf(why, "process %d makes threads faster than they can be stopped", (int)t->pid);
		return -ETIMEDOUT;
	}
	return count_stopped(t) ? 0 : say_gone(t->pid, why);
}

int target_stop_all(struct target *t, struct buf *why)
{
	return stop(t, false, why);
}

int target_stop_one(struct target *t, struct buf *why)
{
	return stop(t, true, why);
}

void target_go(struct target *t)
{
	for (uint32_t i = 0; i < t->threads.count; i++)
		if (thread_at(t, i)->state == THREAD_STOPPED)	/* one that was on its way with a signal, too */
			(void)!thread_go(thread_at(t, i), PTRACE_DETACH, status_signal(thread_at(t, i)->status));
	if (t->stopped_at)
		t->stopped += clock_mono_us() - t->stopped_at;
	t->stopped_at = 0;
	t->threads.count = t->sorted = 0;
}

void target_release(struct target *t)
{
	target_go(t);
	table_release(&t->threads);
	table_release(&t->groups);
}

bool target_lives(const struct target *t)
{
	struct pollfd p = { .fd = t->pidfd, .events = POLLIN };

	/* the alarm may interrupt even that: it says nothing */
	return poll(&p, 1, 0) <= 0;
}
