// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The churn test: random changes by a dozen processes, and after each step an incremental
 * snapshot and a full one, which must say the same.
 *
 *	churn MOVER DIR [asking]
 *
 * With `asking` the incremental collector is asked for other kinds and sources every few rounds.
 * To be run as root in a world of its own (IPC, mounts, pids; an empty /dev/shm; DIR on a file
 * system that goes with the world). CHURN_ROUNDS and CHURN_SEED are taken from the environment.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "collect/pass.h"
#include "ipctop/clock.h"
#include "ipctop/policy.h"
#include "ipctop/view.h"
#include "churn.h"
#include "document.h"

#define MOVERS		12
#define SETTLED		100	/* rounds after which memory must not grow any more */
#define GROWTH_KIB	3072

#if defined(__SANITIZE_ADDRESS__)
#define INSTRUMENTED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define INSTRUMENTED 1
#endif
#endif
#ifndef INSTRUMENTED
#define INSTRUMENTED 0
#endif

static const char *const op_names[NR_OPS] = OP_NAMES;

static struct mover {
	pid_t pid;
	int orders, answers;			/* its own */
	int sharer_orders, sharer_answers;
	bool sharing, blocked;			/* blocked: by its sharer, as by vfork */
} movers[MOVERS];

static const char *program, *folder;
static uint64_t seed, state;

/* What was done lately: told when a difference shows. */
static struct deed {
	unsigned long round;
	unsigned int mover;
	bool by_sharer, asked;
	uint32_t op;
	pid_t pid;
	struct answer answer;
} deeds[16];
static unsigned long ndeeds;

static void die(const char *what)
{
	fprintf(stderr, "churn: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* splitmix64: the same seed gives the same orders everywhere. */
static uint32_t any(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return (z ^ z >> 31) >> 33;
}

static void make_pipe(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC))
		die("pipe");
}

/* In the child: pipes to their numbers, by way of high ones that are nobody's target. */
static void place(const int from[4])
{
	int high[4];

	for (int i = 0; i < 4; i++)
		high[i] = fcntl(from[i], F_DUPFD_CLOEXEC, 200);
	for (int i = 0; i < 4; i++)
		if (dup2(high[i], ORDERS + i) < 0)
			_exit(1);
}

static void tell_deeds(FILE *out, unsigned long from)
{
	unsigned long first = ndeeds > ARRAY_SIZE(deeds) ? ndeeds - ARRAY_SIZE(deeds) : 0;

	for (unsigned long i = first; i < ndeeds; i++) {
		const struct deed *d = &deeds[i % ARRAY_SIZE(deeds)];

		if (d->round < from)
			continue;
		if (d->asked)
			fprintf(out, "  round %lu: asked for %s\n", d->round, d->answer.text);
		else
			fprintf(out, "  round %lu: mover %u (%d)%s: %s%s\n", d->round, d->mover, d->pid,
				d->by_sharer ? " by its sharer" : "", op_names[d->op], d->answer.text);
	}
}

static struct answer await(int from)
{
	struct answer a;

	if (read(from, &a, sizeof(a)) != sizeof(a)) {
		tell_deeds(stderr, 0);
		errno = EPIPE;
		die("a mover gave no answer");
	}
	a.text[sizeof(a.text) - 1] = '\0';
	return a;
}

static void start(struct mover *m)
{
	int orders[2], answers[2], sharer_orders[2], sharer_answers[2];
	bool leaderless = m - movers >= MOVERS - 2;

	make_pipe(orders);
	make_pipe(answers);
	make_pipe(sharer_orders);
	make_pipe(sharer_answers);
	m->pid = fork();
	if (m->pid < 0)
		die("fork");
	if (!m->pid) {
		place((int[]){ orders[0], answers[1], sharer_orders[0], sharer_answers[1] });
		execl(program, "mover", folder, leaderless ? "leaderless" : NULL, NULL);
		_exit(1);
	}
	close(orders[0]);
	close(answers[1]);
	close(sharer_orders[0]);
	close(sharer_answers[1]);
	m->orders = orders[1];
	m->answers = answers[0];
	m->sharer_orders = sharer_orders[1];
	m->sharer_answers = sharer_answers[0];
	await(m->answers);
}

/* The next process gets the number of one that was. */
static void reuse(pid_t pid)
{
	FILE *f = fopen("/proc/sys/kernel/ns_last_pid", "w");

	if (!f)
		return;
	fprintf(f, "%d", pid - 1);
	fclose(f);
}

static void finish(struct mover *m)
{
	if (waitpid(m->pid, NULL, 0) != m->pid)
		die("waitpid");
	close(m->orders);
	close(m->answers);
	close(m->sharer_orders);
	close(m->sharer_answers);
}

static void give(int to, const struct order *o)
{
	if (write(to, o, sizeof(*o)) != sizeof(*o))
		die("write to a mover");
}

static struct deed *note(unsigned long round, const struct mover *m, const struct order *o, bool by_sharer)
{
	struct deed *d = &deeds[ndeeds++ % ARRAY_SIZE(deeds)];

	*d = (struct deed){
		.round = round, .mover = m - movers, .by_sharer = by_sharer, .op = o->op, .pid = m->pid,
	};
	return d;
}

static void unshare_memory(struct mover *m, const struct order *o)
{
	struct order end = *o;

	end.op = OP_UNSHARE;
	give(m->sharer_orders, &end);
	end.op = OP_REAP;
	give(m->orders, &end);
	await(m->answers);
	m->sharing = false;
}

static void by_sharer(unsigned long round, struct mover *m, struct order *o)
{
	static const uint32_t ops[] = { OP_SHMAT, OP_SHMAT, OP_SHMDT, OP_SHMDT, OP_SPLIT, OP_MAP, OP_UNMAP };
	struct deed *d;

	if (o->op == OP_SHARE || o->op == OP_EXIT || o->op == OP_EXEC || o->op == OP_UNSHARE) {
		o->op = OP_UNSHARE;
		note(round, m, o, true);
		unshare_memory(m, o);
		return;
	}
	o->op = ops[o->op % ARRAY_SIZE(ops)];
	d = note(round, m, o, true);
	give(m->sharer_orders, o);
	d->answer = await(m->sharer_answers);
}

static void by_mover(unsigned long round, struct mover *m, struct order *o)
{
	struct deed *d = note(round, m, o, false);

	give(m->orders, o);
	if (o->op == OP_EXIT) {
		pid_t pid = m->pid;

		finish(m);
		if (o->c % 2)
			reuse(pid);
		start(m);
		snprintf(d->answer.text, sizeof(d->answer.text), " then %d", m->pid);
		return;
	}
	d->answer = await(o->op == OP_SHARE ? m->sharer_answers : m->answers);
	if (o->op == OP_SHARE) {
		m->sharing = true;
		m->blocked = o->a % 2;
	}
}

static void change(unsigned long round)
{
	static const uint8_t weights[NR_OPS] = {
		[OP_SHMAT] = 8, [OP_SHMDT] = 6, [OP_SHMCTL] = 3, [OP_MAP] = 12, [OP_UNMAP] = 6,
		[OP_SPLIT] = 5, [OP_OPEN] = 6, [OP_CLOSE] = 4, [OP_DUP] = 3, [OP_ADOPT] = 4,
		[OP_RESIZE] = 5, [OP_WRITE] = 4, [OP_LEAVE] = 5, [OP_RENAME] = 7, [OP_UNLINK] = 5,
		[OP_LINK] = 3, [OP_FORK] = 4, [OP_REAP_CHILD] = 3, [OP_THREAD] = 4, [OP_NAME] = 3,
		[OP_EXEC] = 1, [OP_EXIT] = 2, [OP_SHARE] = 4,
	};
	struct mover *m = &movers[any() % MOVERS];
	struct order o = { .a = any(), .b = any(), .c = any() };
	uint32_t sum = 0, n;

	for (unsigned int i = 0; i < NR_OPS; i++)
		sum += weights[i];
	n = any() % sum;
	while (n >= weights[o.op])
		n -= weights[o.op++];
	o.pid = movers[any() % MOVERS].pid;
	/* who is blocked cannot act; else mover and sharer act by turns */
	if (m->sharing && (m->blocked || o.op == OP_SHARE || o.op == OP_EXIT || o.op == OP_EXEC ||
			   o.b % 4))
		by_sharer(round, m, &o);
	else
		by_mover(round, m, &o);
}

/* A file that only a private mapping holds: it makes every collector look for such. */
static void hold_private(void)
{
	int fd = open("/dev/shm/private", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, 4096) ||
	    mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED)
		die("/dev/shm/private");
	close(fd);
}

/* A process with a /dev/shm of its own, whose file is known only through it. */
static void live_elsewhere(void)
{
	int ready[2];
	pid_t pid;
	char c;

	make_pipe(ready);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) || unshare(CLONE_NEWNS) ||
		    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		    mount("shm", "/dev/shm", "tmpfs", 0, NULL) ||
		    mknod("/dev/shm/elsewhere", S_IFREG | 0600, 0) || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		die("a mount namespace");
	close(ready[0]);
}

static void prepare(void)
{
	char sub[4096];

	if (getpid() == 1 || access("/dev/shm", W_OK))
		die("this is no world of its own");
	snprintf(sub, sizeof(sub), "%s/sub", folder);
	if (mkdir(sub, 0700) || mkdir("/dev/shm/sub", 0700))
		die("sub");
	hold_private();
	live_elsewhere();
	for (unsigned int i = 0; i < MOVERS; i++)
		start(&movers[i]);
}

static uint64_t resident_kib(void)
{
	unsigned long long size = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (!f || fscanf(f, "%llu %llu", &size, &resident) != 2)
		die("/proc/self/statm");
	fclose(f);
	return resident * ((uint64_t)sysconf(_SC_PAGESIZE) / 1024);
}

static char *look(struct collector *c)
{
	struct snapshot *s;
	char *text;

	if (collector_pass(c, &s))
		die("a pass");
	text = document_of(s);
	if (!text)
		die("a document");
	snapshot_free(s);
	return text;
}

static char *look_afresh(struct collect_options options)
{
	struct collector *c;
	char *text;

	options.no_skip = true;
	c = collector_new(&options);
	text = look(c);
	collector_free(c);
	return text;
}

static uint64_t count_skipped(const struct collector *c)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < c->tasks.count; i++)
		n += ((const struct task *)c->tasks.rows)[i].slept;
	return n;
}

/* How much of the work the incremental collector was spared, and what that gained. */
struct tally {
	uint64_t tasks, skipped;
	int64_t us, us_afresh;
};

static bool compare(struct collector *c, const struct collect_options *options, struct tally *tally,
		    unsigned long round)
{
	int64_t begin = clock_mono_us(), middle;
	char *now = look(c), *fresh;
	bool same;

	middle = clock_mono_us();
	fresh = look_afresh(*options);
	tally->us += middle - begin;
	tally->us_afresh += clock_mono_us() - middle;
	tally->tasks += c->tasks.count;
	tally->skipped += count_skipped(c);
	same = !strcmp(now, fresh);
	if (!same) {
		printf("difference in round %lu with CHURN_SEED=%llu, after\n", round,
		       (unsigned long long)seed);
		tell_deeds(stdout, round > 4 ? round - 4 : 0);
		printf("incremental (-) and full (+) snapshot:\n");
		document_differences(stdout, now, fresh);
	}
	free(now);
	free(fresh);
	return same;
}

/*
 * What a view may want: kinds and what it tells of them; now and then all there is, and now and then
 * any sources, whether they make sense together or not.
 */
static void choose(struct collect_options *options)
{
	uint32_t way = any() % 8;

	options->reasons = any() % 2;
	options->kinds = way < 2 ? KINDS_ALL : any() & KINDS_ALL;
	options->sources = way == 0 ? SOURCES_ALL : way > 5 ? any() & SOURCES_ALL :
			   kind_sources(options->kinds, any() & any() & (NEED_BIT(NR_NEEDS) - 1));
	/* without their namespaces segments of one id are one, of which any mapping may tell the times */
	if (options->kinds & KIND_BIT(KIND_SHM) && options->sources & SOURCE_BIT(SOURCE_MAPS))
		options->sources |= SOURCE_BIT(SOURCE_SHMCTL);
}

static void ask(struct collector *c, struct collect_options *options, unsigned long round)
{
	struct deed *d = &deeds[ndeeds++ % ARRAY_SIZE(deeds)];

	choose(options);
	collector_ask(c, options->kinds, options->sources, options->reasons);
	*d = (struct deed){ .round = round, .asked = true };
	snprintf(d->answer.text, sizeof(d->answer.text), "kinds %#x, sources %#x", options->kinds,
		 options->sources);
}

static bool verify(const struct tally *t, unsigned long rounds, uint64_t settled, bool asking)
{
	uint64_t end = resident_kib();

	printf("%lu rounds were equal; %llu of %llu readings skipped; %lld ms, afresh %lld ms; "
	       "resident %llu KiB, before %llu KiB\n", rounds, (unsigned long long)t->skipped,
	       (unsigned long long)t->tasks, (long long)t->us / 1000, (long long)t->us_afresh / 1000,
	       (unsigned long long)end, (unsigned long long)settled);
	/* an incremental collector that reads everything proves nothing */
	if (t->skipped < t->tasks / (asking ? 16 : 4)) {
		printf("too little was skipped\n");
		return false;
	}
	if (!INSTRUMENTED && settled && end > settled + GROWTH_KIB) {
		printf("memory grows\n");
		return false;
	}
	return true;
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
	const char *s = getenv(name);

	return s && *s ? strtoull(s, NULL, 0) : otherwise;
}

static int run(unsigned long rounds, bool asking)
{
	struct policy *policy = policy_new();
	struct collect_options options = {
		.kinds = KINDS_ALL, .sources = SOURCES_ALL, .reasons = true, .policy = policy,
	};
	struct collector *c = collector_new(&options);
	struct tally tally = { 0 };
	uint64_t settled = 0;
	bool good = true;

	for (unsigned long round = 1; good && round <= rounds; round++) {
		if (asking && any() % 3 == 0)
			ask(c, &options, round);
		for (uint32_t n = any() % 3 + 1; n; n--)
			change(round);
		good = compare(c, &options, &tally, round);
		if (round == SETTLED)
			settled = resident_kib();
	}
	if (good)
		good = verify(&tally, rounds, settled, asking);
	collector_free(c);
	policy_free(policy);
	return good ? 0 : 1;
}

int main(int argc, char **argv)
{
	bool asking = argc == 4 && !strcmp(argv[3], "asking");

	if (argc != 3 && !asking) {
		fprintf(stderr, "usage: churn MOVER DIR [asking]\n");
		return 2;
	}
	program = argv[1];
	folder = argv[2];
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	state = seed = number_from("CHURN_SEED", (uint64_t)clock_real_ms());
	printf("CHURN_SEED=%llu\n", (unsigned long long)seed);
	prepare();
	return run(number_from("CHURN_ROUNDS", INSTRUMENTED ? 200 : 1000), asking);
}
