/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * measure COMMAND [ARG…]: run it with its output read through a pipe and thrown away, and
 * print wall, user and system time in microseconds, peak memory in KiB and its exit status.
 * A pipe, since grep stops at the first hit when it sees /dev/null; a small program of its
 * own, since peak memory counts that of whoever forked, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static long long us(struct timeval t)
{
	return t.tv_sec * 1000000LL + t.tv_usec;
}

int main(int argc, char **argv)
{
	struct timespec begin, end;
	static char drain[1 << 16];
	struct rusage use;
	int status, out[2];
	pid_t pid;

	if (argc < 2 || pipe2(out, O_CLOEXEC))
		return 2;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	pid = vfork();
	if (!pid) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 0);
		dup2(out[1], 1);
		dup2(null, 2);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	close(out[1]);
	while (read(out[0], drain, sizeof(drain)) > 0)
		;
	if (pid < 0 || wait4(pid, &status, 0, &use) != pid)
		return 1;
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("%lld %lld %lld %ld %d\n",
	       (end.tv_sec - begin.tv_sec) * 1000000LL + (end.tv_nsec - begin.tv_nsec) / 1000,
	       us(use.ru_utime), us(use.ru_stime), use.ru_maxrss,
	       WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return 0;
}
