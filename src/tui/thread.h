/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TUI_THREAD_H
#define TUI_THREAD_H

#include <pthread.h>

/*
 * A thread that works beside the screen: signals are the drawing thread's, but for faults. Those that
 * it starts inherit that. 0 or an errno.
 */
int thread_start(pthread_t *thread, void *(*run)(void *), void *arg);

#endif
