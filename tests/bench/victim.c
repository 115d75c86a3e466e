/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * victim SECONDS: what a process feels that is looked at. Prints how many page faults
 * and how many pairs of mmap and munmap it managed in a second.
 */
#include <sys/mman.h>
#include <unistd.h>

#define PAGES	64
#define MAPS	200

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? strtod(argv[1], NULL) : 1, begin, faults_in = 0, maps_in = 0;
	unsigned long faults = 0, maps = 0;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *base = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	/* shared mappings for the scan to find here */
	for (int i = 0; i < MAPS; i++)
		if (mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
			return 1;
	while (faults_in + maps_in < seconds) {
		begin = now();
		madvise(base, PAGES * page, MADV_DONTNEED);
		for (size_t i = 0; i < PAGES; i++, faults++)
			base[i * page] = 1;
		faults_in += now() - begin;
		begin = now();
		for (int i = 0; i < PAGES; i++, maps++) {
			void *p = mmap(NULL, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

			munmap(p, page);
		}
		maps_in += now() - begin;
	}
	printf("%.0f %.0f\n", (double)faults / faults_in, (double)maps / maps_in);
	return 0;
}
