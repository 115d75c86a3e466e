/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Threads that stay for the life of the program: libproc2 keeps buffers for each thread that
 * it never gives back, and a pass needs helpers several times.
 */
#include "pass.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

struct job {
	atomic_uint next;
	uint32_t count, step;
	void (*work)(void *arg, uint32_t i);
	void *arg;
	unsigned int seats;		/* helpers that may still join; under the lock */
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t posted, left;
	struct job *job;		/* NULL: none */
	unsigned int helpers, working;
} crew = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.posted = PTHREAD_COND_INITIALIZER,
	.left = PTHREAD_COND_INITIALIZER,
};

static void job_run(struct job *job)
{
	uint32_t from;

	while ((from = atomic_fetch_add(&job->next, job->step)) < job->count)
		for (uint32_t i = from; i < from + job->step && i < job->count; i++)
			job->work(job->arg, i);
}

static void *help(void *arg)
{
	pthread_mutex_lock(&crew.lock);
	for (;;) {
		struct job *job = crew.job;

		if (!job || !job->seats) {
			pthread_cond_wait(&crew.posted, &crew.lock);
			continue;
		}
		job->seats--;
		crew.working++;
		pthread_mutex_unlock(&crew.lock);
		job_run(job);
		pthread_mutex_lock(&crew.lock);
		crew.working--;
		pthread_cond_signal(&crew.left);
	}
	return arg;
}

/* Signals are for the thread that waits for them. Fewer helpers than wanted will do. */
static void hire(unsigned int wanted)
{
	sigset_t all, old;
	pthread_t thread;

	if (crew.helpers >= wanted)
		return;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (crew.helpers < wanted && !pthread_create(&thread, NULL, help, NULL)) {
		pthread_detach(thread);
		crew.helpers++;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* False: another thread has the crew. */
static bool post(struct job *job)
{
	bool posted;

	pthread_mutex_lock(&crew.lock);
	posted = !crew.job;
	if (posted) {
		hire(job->seats);
		crew.job = job;
		pthread_cond_broadcast(&crew.posted);
	}
	pthread_mutex_unlock(&crew.lock);
	return posted;
}

/* Who has not joined by now comes too late. */
static void finish(struct job *job)
{
	pthread_mutex_lock(&crew.lock);
	job->seats = 0;
	while (crew.working)
		pthread_cond_wait(&crew.left, &crew.lock);
	crew.job = NULL;
	pthread_mutex_unlock(&crew.lock);
}

void in_threads(unsigned int threads, uint32_t count, uint32_t step,
		void (*work)(void *arg, uint32_t i), void *arg)
{
	struct job job = { .count = count, .step = step, .work = work, .arg = arg };
	uint32_t shares = count / step + (count % step != 0);

	job.seats = threads < shares ? threads : shares;
	/* the caller works as well */
	if (job.seats)
		job.seats--;
	if (!job.seats || !post(&job)) {
		job_run(&job);
		return;
	}
	job_run(&job);
	finish(&job);
}
