// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A storm of signals, counted on both sides, while a thread computes in all registers: a timer of 5 kHz
 * and real-time signals with values, which the mate queues.
 */
#include "target.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TICK_US	 200U
#define BURST	 8
/* Ticks after the end in which the sum is looked at. */
#define LAST_TICKS 20
#define PATIENCE_US 5000000

static int QUEUED;		/* the signal */
static int asked[2], answered[2];	/* pipes to the mate, and back */
static uintptr_t thread;
static timer_t timer;
static pid_t mate_pid;
static volatile uint64_t ticks, queued, sent;
static uint64_t timer_begin, calls, interrupted, spins;
/* Ticks that the time says, less those that came; the least while it is looked at. */
static volatile int64_t missing;
static volatile int looks;

static void tick(int number_, siginfo_t *info, void *context)
{
	int64_t now;

	if (info->si_code != SI_TIMER)
		broken("SIGALRM came with code %d", info->si_code);
	ticks += 1 + (uint64_t)info->si_overrun;
	now = (int64_t)((now_us() - timer_begin) / TICK_US) - (int64_t)ticks;
	if (stopping && (!looks || now < missing))
		missing = now;
	looks += stopping;
}

static void take(int number_, siginfo_t *info, void *context)
{
	if (info->si_code != SI_QUEUE || info->si_pid != mate_pid)
		broken("a signal came with code %d from %d", info->si_code, info->si_pid);
	if (info->si_value.sival_int != (int)queued)
		broken("signal %llu has value %d", (unsigned long long)queued, info->si_value.sival_int);
	queued++;
}

static void signals_of_storm(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGALRM);
	sigaddset(set, QUEUED);
}

/* Blocked from the beginning, for the first may come before there is a handler. */
static int storm_prepare(void)
{
	sigset_t set;

	QUEUED = SIGRTMIN + 1;
	mate_pid = getpid();
	signals_of_storm(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return pipe(asked) || pipe(answered) ? fail("pipe") : 0;
}

/* Calls of which a handler may be the end, but nothing else. */
static void call_something(uint64_t *state)
{
	struct timespec ts = { .tv_nsec = 100000 };
	struct pollfd none = { .fd = -1 };
	const struct {
		long number, args[6], result;
	} rows[] = {
		{ SYS_getpid, { 0 }, getpid() },
		{ SYS_sched_yield, { 0 }, 0 },
		{ SYS_getppid, { 0 }, mate_pid },
		{ SYS_clock_nanosleep, { CLOCK_MONOTONIC, 0, (long)&ts, 0 }, 0 },
		{ SYS_poll, { (long)&none, 1, 1 }, 0 },
		{ SYS_close, { -1 }, -EBADF },
	}, *row = &rows[any_number(state) % ARRAY_SIZE(rows)];
	long result = registers_call(row->number, row->args, state);

	calls++;
	if (result == -EINTR && (row->number == SYS_clock_nanosleep || row->number == SYS_poll))
		interrupted++;
	else if (result != row->result)
		broken("system call %ld gave %ld, not %ld", row->number, result, row->result);
}

/* From a known time on, so that what it owes is known at any later one. */
static void start_timer(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	struct itimerspec every = { .it_interval = { 0, TICK_US * 1000L } };
	uint64_t first;

	timer_begin = now_us();
	first = timer_begin + TICK_US;
	every.it_value = (struct timespec){ (time_t)(first / 1000000), (long)(first % 1000000) * 1000 };
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) ||
	    timer_settime(timer, TIMER_ABSTIME, &every, NULL))
		broken("timer: %s", strerror(errno));
}

static void *storm(void *arg)
{
	struct itimerspec never = { 0 };
	uint64_t state = now_us(), end;
	sigset_t set;

	signals_of_storm(&set);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	start_timer();
	while (!stopping) {
		registers_spin(any_number(&state) % 100000 + 1, &state);
		spins++;
		for (unsigned int i = 0; i < 20; i++)
			call_something(&state);
	}
	/* on a busy machine many a handler comes so late that the next tick is due already */
	while (looks < LAST_TICKS || (missing && looks < 50 * LAST_TICKS))
		sched_yield();
	timer_settime(timer, 0, &never, NULL);
	/* what was queued before the mate stopped is still delivered */
	end = now_us() + PATIENCE_US;
	while ((sent == UINT64_MAX || queued < sent) && now_us() < end)
		sched_yield();
	return NULL;
}

static int storm_begin(void)
{
	struct sigaction on_tick = { .sa_sigaction = tick, .sa_flags = SA_SIGINFO | SA_RESTART };
	struct sigaction on_queued = { .sa_sigaction = take, .sa_flags = SA_SIGINFO | SA_RESTART };

	sigaction(SIGALRM, &on_tick, NULL);
	sigaction(QUEUED, &on_queued, NULL);
	sent = UINT64_MAX;
	close(asked[0]);
	close(answered[1]);
	return start_thread(storm, NULL, &thread);
}

static void storm_end(void)
{
	uint64_t n;

	close(asked[1]);
	if (read(answered[0], &n, sizeof(n)) != sizeof(n))
		broken("the mate does not say what it sent");
	else
		sent = n;
	join_thread(thread);
	fact("ticks", "%llu", (unsigned long long)ticks);
	fact("queued", "%llu", (unsigned long long)queued);
	fact("spins", "%llu", (unsigned long long)spins);
	fact("calls", "%llu", (unsigned long long)calls);
	fact("interrupted", "%llu", (unsigned long long)interrupted);
	if (queued != sent)
		broken("%llu signals were queued, %llu came", (unsigned long long)sent,
		       (unsigned long long)queued);
	if (missing)
		broken("%lld of %llu ticks did not come", (long long)missing, (unsigned long long)ticks);
}

/* The first is value 0. A full queue is no loss: the same value is sent again. */
static void storm_mate(pid_t target)
{
	struct pollfd end = { .fd = asked[0], .events = POLLIN };
	uint64_t n = 0;

	signal(SIGPIPE, SIG_IGN);
	close(asked[1]);
	close(answered[0]);
	while (!poll(&end, 1, 1)) {
		for (unsigned int i = 0; i < BURST; i++) {
			union sigval value = { .sival_int = (int)n };

			if (!sigqueue(target, QUEUED, value))
				n++;
			else if (errno != EAGAIN)
				break;
		}
	}
	if (write(answered[1], &n, sizeof(n)) != sizeof(n))
		return;
}

const struct mode signal_modes[] = {
	{ .name = "signals", .help = "a timer of 5 kHz and queued signals, registers are watched",
	  .prepare = storm_prepare, .begin = storm_begin, .end = storm_end, .mate = storm_mate },
	{ 0 }
};
