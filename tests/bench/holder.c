/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * holder SIZE TOUCHED THREADS: a process that has attached a segment of SIZE bytes, of which the first TOUCHED
 * were written, with so many threads asleep. Prints the segment's id and waits for the end of its stdin; then the
 * contents must be what was written. It also tells the longest time in milliseconds for which it did not run.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <time.h>
#include <unistd.h>

#define PAGE	4096UL

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void *sleeper(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static volatile int ended;

static void *listener(void *arg)
{
	char c;

	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	ended = 1;
	return arg;
}

static void start(void *(*fn)(void *))
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	if (pthread_create(&thread, &attr, fn, NULL))
		exit(1);
	pthread_attr_destroy(&attr);
}

int main(int argc, char **argv)
{
	size_t size, touched;
	double last, gap = 0;
	char *at;
	int id;

	if (argc != 4)
		return 2;
	size = strtoull(argv[1], NULL, 0);
	touched = strtoull(argv[2], NULL, 0);
	id = shmget(IPC_PRIVATE, size, 0600 | IPC_CREAT);
	at = shmat(id, NULL, 0);
	if (at == (char *)-1 || shmctl(id, IPC_RMID, NULL))
		return 1;
	for (size_t i = 0; i < touched; i += PAGE)
		*(size_t *)(at + i) = i + 1;
	start(listener);
	for (long i = strtol(argv[3], NULL, 0); i > 2; i--)
		start(sleeper);
	printf("%d\n", id);
	fflush(stdout);
	for (last = now(); !ended; usleep(100)) {
		double t = now();

		gap = t - last > gap ? t - last : gap;
		last = t;
	}
	for (size_t i = 0; i < touched; i += PAGE)
		if (*(size_t *)(at + i) != i + 1)
			return 3;
	printf("%.3f\n", gap);
	return 0;
}
