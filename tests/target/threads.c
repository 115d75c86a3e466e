// SPDX-License-Identifier: GPL-2.0-or-later
/* Threads that write, that depend on restartable sequences, that wait, and that come and go. */
#include "target.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_THREADS 64
#define LINE	    64UL	/* bytes that processors share */

/* Threads of one kind, each with a number of its own in the object and one in private memory. */
struct crew {
	uintptr_t threads[MAX_THREADS];
	uint64_t done[MAX_THREADS];
	unsigned int count;
	char *inside;
};
static struct crew writers, sequences, comers;

static unsigned int threads_wanted(void)
{
	uint64_t n = number("threads");

	return n < MAX_THREADS ? (unsigned int)n : MAX_THREADS;
}

static int crew_begin(struct crew *c, void *(*run)(void *))
{
	c->count = threads_wanted();
	for (unsigned int i = 0; i < c->count; i++)
		if (start_thread(run, (void *)(uintptr_t)i, &c->threads[i]))
			return -1;
	return 0;
}

static uint64_t crew_end(struct crew *c)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < c->count; i++) {
		join_thread(c->threads[i]);
		sum += c->done[i];
	}
	return sum;
}

static void rest(uint64_t *state)
{
	struct timespec ts = { .tv_nsec = (long)(any_number(state) % (number("rest") * 1000 + 1)) };

	if (clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL))
		broken("a thread's sleep was interrupted");
}

/* Object and shadow agree before and after each write. */
static void *write_on(void *arg)
{
	unsigned int i = (unsigned int)(uintptr_t)arg;
	volatile uint64_t *inside = (uint64_t *)(writers.inside + i * LINE);
	uint64_t state = i, shadow = 0;

	while (!stopping) {
		for (uint64_t n = any_number(&state) % 20000; n && !stopping; n--) {
			(*inside)++;
			shadow++;
			if (*inside != shadow) {
				broken("thread %u wrote %llu, the object has %llu", i,
				       (unsigned long long)shadow, (unsigned long long)*inside);
				return NULL;
			}
		}
		rest(&state);
	}
	writers.done[i] = shadow;
	return NULL;
}

static int writers_begin(void)
{
	writers.inside = object_counters(MAX_THREADS * LINE);
	return crew_begin(&writers, write_on);
}

static void writers_end(void)
{
	fact("writes", "%llu", (unsigned long long)crew_end(&writers));
	for (unsigned int i = 0; i < writers.count; i++)
		if (*(uint64_t *)(writers.inside + i * LINE) != writers.done[i])
			broken("a write of thread %u is lost", i);
}

/*
 * One more in the counter of this processor, as a restartable sequence: a load, some time, a store. Who is
 * moved or makes room for another thread in between must begin again, or the other's store is lost.
 */
static bool add_one(struct rseq *area, char *per_cpu)
{

	__asm__ goto volatile(
		".pushsection __rseq_cs, \"aw\"\n"
		".balign 32\n"
		"3: .long 0, 0\n"
		".quad 1f, 2f - 1f, 4f\n"
		".popsection\n"
		"leaq 3b(%%rip), %%rax\n"
		"movq %%rax, %c[cs](%[area])\n"
		"1: movl %c[id](%[area]), %%ecx\n"
		"shlq $6, %%rcx\n"
		"movq (%[base], %%rcx), %%rdx\n"
		"movl $40, %%eax\n"
		"5: decl %%eax\n"
		"jnz 5b\n"
		"incq %%rdx\n"
		"movq %%rdx, (%[base], %%rcx)\n"
		"2:\n"
		".pushsection __rseq_failure, \"ax\"\n"
		/* the signature that the kernel wants before an abort handler */
		".byte 0x0f, 0xb9, 0x3d\n"
		".long 0x53053053\n"
		"4: jmp %l[aborted]\n"
		".popsection\n"
		:
		: [area] "r"(area), [base] "r"(per_cpu), [cs] "i"(offsetof(struct rseq, rseq_cs)),
		  [id] "i"(offsetof(struct rseq, cpu_id))
		: "rax", "rcx", "rdx", "cc", "memory"
		: aborted);
	return true;
aborted:
	return false;
}

static uint64_t aborts;

static void *count_on(void *arg)
{
	unsigned int i = (unsigned int)(uintptr_t)arg;
	struct rseq *area = (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
	uint64_t state = i, done = 0, failed = 0;

	while (!stopping) {
		for (uint64_t n = any_number(&state) % 20000; n && !stopping; n--) {
			while (!add_one(area, sequences.inside))
				failed++;
			done++;
		}
		rest(&state);
	}
	sequences.done[i] = done;
	__atomic_fetch_add(&aborts, failed, __ATOMIC_RELAXED);
	return NULL;
}

static int rseq_begin(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);

	errno = ENOSYS;
	if (!__rseq_size || cpus > 128)
		return fail("rseq");
	sequences.inside = object_counters((size_t)cpus * LINE);
	return crew_begin(&sequences, count_on);
}

static void rseq_end(void)
{
	uint64_t done = crew_end(&sequences), sum = 0;

	for (long cpu = 0; cpu < sysconf(_SC_NPROCESSORS_CONF); cpu++)
		sum += *(uint64_t *)(sequences.inside + (size_t)cpu * LINE);
	fact("sequences", "%llu", (unsigned long long)done);
	fact("aborts", "%llu", (unsigned long long)aborts);
	if (sum != done)
		broken("of %llu sequences %llu were stored", (unsigned long long)done,
		       (unsigned long long)sum);
}

/* Many threads that only sleep. */
static void *sleep_on(void *arg)
{
	while (!stopping)
		if (usleep(100000))
			broken("a thread's sleep was interrupted");
	return NULL;
}

static struct crew sleepers;

static int sleepers_begin(void)
{
	return crew_begin(&sleepers, sleep_on);
}

static void sleepers_end(void)
{
	crew_end(&sleepers);
}

/* Threads that come and go. */
static void *be_short(void *arg)
{
	__atomic_fetch_add(&comers.done[0], 1, __ATOMIC_RELAXED);
	return NULL;
}

static void *start_on(void *arg)
{
	uint64_t state = (uintptr_t)arg;

	while (!stopping) {
		pthread_t t[4];
		unsigned int n = 0;

		while (n < ARRAY_SIZE(t) && !pthread_create(&t[n], NULL, be_short, NULL))
			n++;
		if (n < ARRAY_SIZE(t))
			broken("no thread could be started");
		while (n--)
			pthread_join(t[n], NULL);
		rest(&state);
	}
	return NULL;
}

static int churn_begin(void)
{
	return crew_begin(&comers, start_on);
}

static void churn_end(void)
{
	fact("came", "%llu", (unsigned long long)crew_end(&comers));
}

/* A semaphore of several processes inside the object, and a thread that waits for it. */
static sem_t *lock;
static uintptr_t waiter;

static void *wait_for_lock(void *arg)
{
	struct timespec late;

	/* with a time limit: the kernel goes on with another call after a stop */
	clock_gettime(CLOCK_REALTIME, &late);
	late.tv_sec += 3600;
	if (sem_timedwait(lock, &late))
		broken("sem_timedwait: %s", strerror(errno));
	return NULL;
}

static int waiter_begin(void)
{
	lock = object_counters(LINE);
	if (sem_init(lock, 1, 0))
		return fail("sem_init");
	return start_thread(wait_for_lock, NULL, &waiter);
}

static void waiter_end(void)
{
	sem_post(lock);
	join_thread(waiter);
}

const struct mode thread_modes[] = {
	{ .name = "writers", .help = "threads that write to the object", .counts = true,
	  .begin = writers_begin, .end = writers_end },
	{ .name = "rseq", .help = "threads that count by restartable sequences", .counts = true,
	  .begin = rseq_begin, .end = rseq_end },
	{ .name = "sleepers", .help = "threads that sleep", .begin = sleepers_begin, .end = sleepers_end },
	{ .name = "churn", .help = "threads that come and go", .begin = churn_begin, .end = churn_end },
	{ .name = "waiter", .help = "a thread waits for a semaphore in the object", .counts = true,
	  .begin = waiter_begin, .end = waiter_end },
	{ 0 }
};
