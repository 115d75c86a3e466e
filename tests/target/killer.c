// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kills `ipctop detach` at work, and looks whether its targets go on as if nothing had been.
 *
 *	killer KILLS JOBS IPCTOP TARGET MODE [key=value…]
 *
 * Each job starts a target, lets ipctop detach it again and again, and kills ipctop and the process that does
 * the work: at random, or once the target is traced. A target that is detached, or from which no more can be
 * had, is told to end and must say ok. The last line is "ok COUNTS", or "broken: WHAT". KILLER_SEED is the
 * seed, which is told.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KILLS_EACH	8	/* of one target at most: each may take a place for the code */
#define AFTER_TRACE_US	3000	/* of a run that takes some 2 ms */
#define PATIENCE_MS	20000

/* Seen by all jobs. */
static struct counts {
	uint64_t kills, traced, targets, detached, refused, alone, orphaned;
	uint64_t run_us;	/* of the latest that was not killed: how late a kill may come */
	bool broken;
	char why[1024];
} *counts;

struct target {
	pid_t process, pid;	/* the child, and the process that is detached: its child */
	int in, out, status;
	char name[128];
	char story[1024];	/* what was done to it, and when */
};

static uint64_t seed;

static uint64_t any(uint64_t n)
{
	seed = seed * 6364136223846793005 + 1442695040888963407;
	return (seed >> 33) % n;
}

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void wait_us(uint64_t us)
{
	for (uint64_t end = now_us() + us; now_us() < end;)
		if (us > 500)
			usleep(100);
}

static void count(uint64_t *c)
{
	__atomic_fetch_add(c, 1, __ATOMIC_RELAXED);
}

static void broken(const char *what, const char *said)
{
	if (!__atomic_exchange_n(&counts->broken, true, __ATOMIC_SEQ_CST))
		snprintf(counts->why, sizeof(counts->why), "%s%s%s", what, *said ? ": " : "", said);
}

static _Noreturn void die(const char *what)
{
	broken(what, strerror(errno));
	_exit(1);
}

/* A line, however long that takes within patience. */
static bool read_line(int fd, char *line, size_t size)
{
	struct pollfd in = { .fd = fd, .events = POLLIN };
	size_t n = 0;

	while (n < size - 1 && poll(&in, 1, PATIENCE_MS) > 0 && read(fd, line + n, 1) == 1 && line[n] != '\n')
		n++;
	line[n] = '\0';
	return n != 0;
}

static void note(struct target *t, const char *what, uint64_t number)
{
	size_t n = strlen(t->story);

	snprintf(t->story + n, sizeof(t->story) - n, " %s:%llu@%llu", what, (unsigned long long)number,
		 (unsigned long long)now_us());
}

static void start_target(struct target *t, char **argv)
{
	int in[2], out[2];
	char line[1024], path[64];
	const char *name;

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		die("pipe");
	t->process = fork();
	if (!t->process) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(in[0], 0);
		dup2(out[1], 1);
		execv(argv[0], argv);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	t->in = in[1];
	t->out = out[0];
	if (!read_line(t->out, line, sizeof(line)) || sscanf(line, "pid=%d", &t->pid) != 1)
		die(line);
	name = strstr(line, " name=");
	if (!name || sscanf(name, " name=%127s", t->name) != 1)
		die(line);
	snprintf(path, sizeof(path), "/proc/%d/status", t->pid);
	t->status = open(path, O_RDONLY | O_CLOEXEC);
	if (t->status < 0)
		die(path);
	count(&counts->targets);
}

static void finish_target(struct target *t)
{
	char line[1024] = "";
	int status;

	close(t->in);
	if (!read_line(t->out, line, sizeof(line)) || strncmp(line, "ok", 2)) {
		note(t, *line ? line : "no answer", 0);
		broken("a target", t->story);
		kill(t->pid, SIGKILL);
	}
	waitpid(t->process, &status, 0);
	close(t->out);
	close(t->status);
}

static pid_t tracer_of(const struct target *t)
{
	char text[4096];
	ssize_t n = pread(t->status, text, sizeof(text) - 1, 0);
	const char *s;

	text[n > 0 ? n : 0] = '\0';
	s = strstr(text, "TracerPid:");
	return s ? (pid_t)strtol(s + strlen("TracerPid:"), NULL, 10) : 0;
}

static pid_t start_ipctop(const char *ipctop, const struct target *t)
{
	char number[16];
	pid_t pid;

	snprintf(number, sizeof(number), "%d", t->pid);
	pid = fork();
	if (!pid) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		execl(ipctop, ipctop, "detach", t->name, "--pid", number, "--yes", NULL);
		_exit(127);
	}
	return pid;
}

static bool ended(pid_t pid)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) || info.si_pid;
}

/* Who worked for an ipctop that has died is a child of this process now. Dead or alive, none is left. */
static void reap(const struct target *t, bool killing)
{
	char path[64], text[1024] = "";
	uint64_t end = now_us() + PATIENCE_MS * 1000UL;
	bool any_left = true;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	while (any_left) {
		FILE *f = fopen(path, "re");
		char *rest = text, *word;

		any_left = false;
		if (!f || !fgets(text, sizeof(text), f))
			text[0] = '\0';
		if (f)
			fclose(f);
		while ((word = strsep(&rest, " \n"))) {
			pid_t pid = (pid_t)strtol(word, NULL, 10);

			if (!pid || pid == t->process)
				continue;
			any_left = true;
			if (killing || now_us() > end)
				kill(pid, SIGKILL);
			if (!killing && now_us() > end)
				broken("ipctop", "does not end");
			if (waitpid(pid, NULL, killing ? 0 : WNOHANG) == 0)
				usleep(200);
		}
	}
}

/* Until it is time to kill; false: it ended before. */
static bool await(const struct target *t, pid_t ipctop)
{
	uint64_t begin = now_us(), latest = counts->run_us ? counts->run_us : 20000;

	if (any(4) == 0) {
		for (uint64_t end = begin + any(latest + latest / 4); now_us() < end;) {
			if (ended(ipctop))
				return false;
			usleep(100);
		}
		return !ended(ipctop);
	}
	while (!tracer_of(t))
		if (ended(ipctop))
			return false;
	wait_us(any(AFTER_TRACE_US));
	return !ended(ipctop);
}

enum { MORE, DETACHED, REFUSED };

static int look_at_end(struct target *t, pid_t ipctop, uint64_t begin)
{
	int status;

	waitpid(ipctop, &status, 0);
	counts->run_us = now_us() - begin;
	note(t, "ended", (uint64_t)status);
	if (WIFEXITED(status) && !WEXITSTATUS(status)) {
		count(&counts->detached);
		return DETACHED;
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 1)
		broken("ipctop", "ended in a strange way");
	count(&counts->refused);
	return REFUSED;
}

static int kill_one(const char *program, struct target *t)
{
	uint64_t begin = now_us(), way = any(10);
	pid_t ipctop = start_ipctop(program, t), tracer;

	if (!await(t, ipctop))
		return look_at_end(t, ipctop, begin);
	tracer = tracer_of(t);
	note(t, tracer ? "traced" : "untraced", way);
	count(&counts->kills);
	if (tracer)
		count(&counts->traced);
	if (way == 0 && tracer) {
		/* ipctop notices, and tells by its exit status */
		count(&counts->orphaned);
		kill(tracer, SIGKILL);
		reap(t, false);
		return MORE;
	}
	/* the worker first, or its master */
	if (way % 2 && tracer)
		kill(tracer, SIGKILL);
	kill(ipctop, SIGKILL);
	if (way == 2)
		count(&counts->alone);
	reap(t, way != 2);
	note(t, "reaped", 0);
	return MORE;
}

static void job(uint64_t kills, char **argv)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (__atomic_load_n(&counts->kills, __ATOMIC_RELAXED) < kills && !counts->broken) {
		struct target t = { 0 };
		int then = MORE;

		start_target(&t, argv + 1);
		for (unsigned int i = 0; i < KILLS_EACH && then == MORE; i++)
			then = kill_one(argv[0], &t);
		finish_target(&t);
	}
	_exit(0);
}

static void tell(uint64_t kills)
{
	if (!counts->broken && counts->traced < kills / 4)
		broken("too few kills while a target was traced", "");
	printf("%s%s kills=%llu traced=%llu targets=%llu detached=%llu refused=%llu alone=%llu orphaned=%llu\n",
	       counts->broken ? "broken: " : "ok", counts->why, (unsigned long long)counts->kills,
	       (unsigned long long)counts->traced, (unsigned long long)counts->targets,
	       (unsigned long long)counts->detached, (unsigned long long)counts->refused,
	       (unsigned long long)counts->alone, (unsigned long long)counts->orphaned);
}

int main(int argc, char **argv)
{
	const char *given = getenv("KILLER_SEED");
	uint64_t kills = argc > 5 ? strtoull(argv[1], NULL, 10) : 0;
	unsigned long jobs = argc > 5 ? strtoul(argv[2], NULL, 10) : 0;

	if (!kills || !jobs) {
		fprintf(stderr, "usage: killer KILLS JOBS IPCTOP TARGET MODE [key=value…]\n");
		return 2;
	}
	counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (counts == MAP_FAILED)
		return 2;
	seed = given && *given ? strtoull(given, NULL, 0) : now_us();
	printf("KILLER_SEED=%llu\n", (unsigned long long)seed);
	fflush(stdout);
	for (unsigned long i = 0; i < jobs; i++) {
		any(2);
		if (!fork()) {
			seed += i << 32;
			job(kills, argv + 3);
		}
	}
	for (int status; wait(&status) > 0;)
		if (status)
			broken("a job", "ended badly");
	tell(kills);
	return counts->broken;
}
