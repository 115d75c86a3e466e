// SPDX-License-Identifier: GPL-2.0-or-later
/* The core: parameters, modes, mate and target, and what is said. */
#include "target.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_MODES 8

struct param {
	const char *name, *fallback, *help;
	const char *value;
};
static struct param params[] = {
	{ "kind", "shm", "of the object: shm, huge, posix, memfd, anon, file" },
	{ "size", "256K", "of the object; K, M, G" },
	{ "key", "0", "of a segment" },
	{ "path", "", "of a file; the name of a POSIX object" },
	{ "layout", "", "rw,r,none,rx,hole,lock,dontfork,seal,uffd…: parts of equal size" },
	{ "offset", "0", "pages of the object that are left out in front" },
	{ "short", "0", "pages by which the file is shorter than its mapping" },
	{ "sparse", "1", "only each such page is touched" },
	{ "ro", "0", "1: attached for reading only" },
	{ "twice", "0", "1: attached at another place too" },
	{ "condemn", "0", "1: removed at once" },
	{ "inherit", "0", "1: a child shares it" },
	{ "fence", "0", "1: at the end no access may be left" },
	{ "threads", "4", "of modes that have them" },
	{ "rest", "400", "microseconds that a thread pauses at most" },
	{ "call", "clock_nanosleep", "that blocks" },
	{ "ms", "0", "until the call times out; 0: never" },
	{ "late", "250", "milliseconds that it may come later" },
	{ "sigtrap", "default", "default, blocked, ignored, handled" },
	{ "leader", "stays", "exits: the first thread does" },
	{ "seccomp", "none", "a filter, see confine.c" },
	{ "dispatch", "0", "1: system calls are dispatched to the process" },
	{ "dumpable", "1", "0: not" },
};

static const struct mode quiet_modes[] = {
	{ "quiet", "just be there, and watch the object" },
	{ 0 }
};
static const struct mode *const tables[] = {
	quiet_modes, thread_modes, signal_modes, blocked_modes, process_modes,
};
static const struct mode *modes[MAX_MODES];
static unsigned int nmodes;

volatile bool stopping;
static char answer[8192], reason[512];
static size_t answered;
static int is_broken;
static uint64_t broken_at;

const char *text(const char *param)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(params); i++)
		if (!strcmp(params[i].name, param))
			return params[i].value ? params[i].value : params[i].fallback;
	abort();
}

bool is(const char *param, const char *value)
{
	return !strcmp(text(param), value);
}

uint64_t number(const char *param)
{
	static const char suffixes[] = "KMGT";
	char *end;
	uint64_t n = strtoull(text(param), &end, 0);
	const char *suffix = *end ? strchr(suffixes, *end) : NULL;

	return suffix ? n << 10 * (suffix - suffixes + 1) : n;
}

static void __attribute__((format(printf, 1, 0))) add(const char *format, va_list args)
{
	int n = vsnprintf(answer + answered, sizeof(answer) - answered, format, args);

	if (n > 0 && (size_t)n < sizeof(answer) - answered)
		answered += n;
}

static void __attribute__((format(printf, 1, 2))) add_text(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(format, args);
	va_end(args);
}

void fact(const char *name, const char *format, ...)
{
	va_list args;

	add_text("%s%s=", answered ? " " : "", name);
	va_start(args, format);
	add(format, args);
	va_end(args);
}

int fail(const char *call)
{
	answered = 0;
	add_text("error call=%s errno=%s", call, strerrorname_np(errno));
	return -1;
}

void broken(const char *format, ...)
{
	va_list args;

	if (__atomic_exchange_n(&is_broken, 1, __ATOMIC_SEQ_CST))
		return;
	broken_at = now_us();
	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
}

void say_line(int fd, const char *line)
{
	char out[sizeof(answer) + 1];
	size_t n = snprintf(out, sizeof(out), "%s\n", line);

	for (size_t done = 0; done < n;) {
		ssize_t k = write(fd, out + done, n - done);

		if (k < 0 && errno != EINTR)
			return;
		done += k > 0 ? (size_t)k : 0;
	}
}

uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

uint64_t any_number(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

int start_thread(void *(*run)(void *), void *arg, uintptr_t *thread)
{
	sigset_t all, before;
	pthread_t t;

	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	/* as the process has it, so that its state is one */
	sigdelset(&all, SIGTRAP);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	errno = pthread_create(&t, NULL, run, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (errno)
		return fail("pthread_create");
	*thread = (uintptr_t)t;
	return 0;
}

void join_thread(uintptr_t thread)
{
	pthread_join((pthread_t)thread, NULL);
}

/* What is to come on stdin: whether this is the end. */
static bool read_end(void)
{
	static char line[256];
	ssize_t n = read(0, line, sizeof(line));

	if (n < 0)
		broken("read of stdin: %s", strerror(errno));
	return n <= 0 || !strncmp(line, "done", 4);
}

static void watch(void)
{
	struct pollfd in = { .fd = 0, .events = POLLIN };
	uint64_t state = now_us();

	if (confined_strictly()) {
		while (!read_end())
			;
		return;
	}
	for (;;) {
		int n = poll(&in, 1, 1 + (int)(any_number(&state) % 4));

		if (n < 0)
			broken("poll: %s", strerror(errno));
		if (n && read_end())
			return;
		object_watch(&state);
	}
}

static void judge(void)
{
	stopping = true;
	for (unsigned int i = 0; i < nmodes; i++)
		if (modes[i]->end)
			modes[i]->end();
	object_judge();
	if (!confined_strictly()) {
		state_judge();
		object_remove();
	}
	if (is_broken) {
		answered = 0;
		add_text("broken: %s (at %llu us)", reason, (unsigned long long)broken_at);
		say_line(1, answer);
	} else {
		char line[sizeof(answer) + 8];

		snprintf(line, sizeof(line), "ok%s%s", answered ? " " : "", answer);
		say_line(1, line);
	}
	/* not exit_group(2), which strict mode forbids */
	if (confined_strictly())
		syscall(SYS_exit, is_broken);
	_exit(is_broken);
}

static void *live(void *arg)
{
	void (*how)(void) = watch;

	for (unsigned int i = 0; i < nmodes; i++)
		if (modes[i]->live)
			how = modes[i]->live;
	state_keep();
	if (confine()) {
		say_line(1, answer);
		_exit(1);
	}
	say_line(1, answer);
	answered = 0;
	answer[0] = '\0';
	how();
	judge();
	return NULL;
}

static bool any_mode(bool counts)
{
	for (unsigned int i = 0; i < nmodes; i++)
		if (counts ? modes[i]->counts : modes[i]->mated)
			return true;
	return false;
}

static void run_target(pid_t mate)
{
	uintptr_t thread;
	bool failed;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != mate)
		_exit(1);
	fact("pid", "%d", getpid());
	failed = object_make(any_mode(true)) != 0;
	for (unsigned int i = 0; !failed && i < nmodes; i++)
		failed = modes[i]->begin && modes[i]->begin();
	if (!failed && is("leader", "exits")) {
		failed = start_thread(live, NULL, &thread);
		if (!failed)
			pthread_exit(NULL);
	}
	if (!failed)
		live(NULL);
	say_line(1, answer);
	object_remove();
	_exit(1);
}

static int run_mate(pid_t target)
{
	int status;

	for (unsigned int i = 0; i < nmodes; i++)
		if (modes[i]->mate)
			modes[i]->mate(target);
	while (waitpid(target, &status, 0) != target)
		if (errno != EINTR)
			return 1;
	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status);
	snprintf(answer, sizeof(answer), "broken: killed by signal %d", WTERMSIG(status));
	say_line(1, answer);
	return 1;
}

static const struct mode *find_mode(const char *name)
{
	for (unsigned int t = 0; t < ARRAY_SIZE(tables); t++)
		for (const struct mode *m = tables[t]; m->name; m++)
			if (!strcmp(m->name, name))
				return m;
	return NULL;
}

static int usage(void)
{
	fprintf(stderr, "usage: target MODE[+MODE…] [key=value…]\n");
	for (unsigned int t = 0; t < ARRAY_SIZE(tables); t++)
		for (const struct mode *m = tables[t]; m->name; m++)
			fprintf(stderr, "%-10s %s\n", m->name, m->help);
	for (unsigned int i = 0; i < ARRAY_SIZE(params); i++)
		fprintf(stderr, "  %s=%-12s %s\n", params[i].name, params[i].fallback, params[i].help);
	return 2;
}

static bool read_args(char **argv)
{
	char *rest = argv[1], *word;

	while ((word = strsep(&rest, "+"))) {
		if (nmodes == MAX_MODES || !(modes[nmodes] = find_mode(word)))
			return false;
		nmodes++;
	}
	for (argv += 2; *argv; argv++) {
		unsigned int i = 0;

		word = strchr(*argv, '=');
		if (!word)
			return false;
		*word++ = '\0';
		while (i < ARRAY_SIZE(params) && strcmp(params[i].name, *argv))
			i++;
		if (i == ARRAY_SIZE(params))
			return false;
		params[i].value = word;
	}
	return true;
}

int main(int argc, char **argv)
{
	pid_t mate = getpid(), target;

	if (argc < 2 || !read_args(argv))
		return usage();
	/* pipes of others would never end while this one has them */
	close_range(3, ~0U, 0);
	for (unsigned int i = 0; i < nmodes; i++) {
		if (modes[i]->prepare && modes[i]->prepare()) {
			say_line(1, answer);
			return 1;
		}
	}
	target = fork();
	if (target < 0)
		return fail("fork");
	if (!target)
		run_target(mate);
	if (!any_mode(false))
		close(0);
	return run_mate(target);
}
