/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TUI_THREAD_H
#define TUI_THREAD_H

#include <pthread.h>

/*
 * A thread that works beside the screen: signals are the drawing thread's, but for faults. Those that
 * it starts inherit that. 0 or an errno.
 */
int thread_start(pthread_t *thread, void *(*run)(void *), void *arg);

/*
 * Such a thread for one thing after the other: libproc2 keeps buffers for each thread that it never
 * gives back. It is started with the first of them. All calls come from one thread.
 */
struct worker;
struct worker *worker_new(void);
void worker_free(struct worker *w);	/* waits as worker_wait does; NULL is fine */
/* Begin @run, once what is under way is over. */
void worker_do(struct worker *w, void (*run)(void *arg), void *arg);
/* Until nothing is under way. */
void worker_wait(struct worker *w);

#endif
