/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which pages of an object its holders have in their page tables: these are resident. Of the others
 * that tells nothing: of shared memory a page table does not show what is swapped (proc_pid_pagemap(5)).
 */
#include "picture.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "held.h"
#include "ipctop/clock.h"

/* linux/fs.h of kernels before 6.7 does not have it. */
struct page_region {
	uint64_t start, end, categories;
};
struct pm_scan_arg {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
#define PAGEMAP_SCAN_IOCTL	_IOWR('f', 16, struct pm_scan_arg)
#define SCAN_FILE		(1 << 2)
#define SCAN_PRESENT		(1 << 3)

#define ENTRY_PRESENT		(1ULL << 63)
#define ENTRY_FILE		(1ULL << 61)	/* of a file, or shared: no copy of a private mapping */

#define MOST_RUNS	(1U << 22)
#define STEP		(1ULL << 30)	/* bytes that are looked at between two looks at the clock */
#define MOST_HOLDERS	64

struct run {
	uint64_t first, end;
};

struct tables {
	struct picture *x;
	struct held held;
	struct table vmas;		/* struct vma, names left out */
	struct table runs;		/* struct run: pages of the object that are there */
};

static void add_vma(void *arg, const struct vma *vma)
{
	struct tables *t = arg;

	if (held_maps(&t->held, vma))
		*(struct vma *)table_add(&t->vmas, sizeof(*vma)) = *vma;
}

/* Its mappings of the object as they are now. */
static int find_vmas(struct tables *t)
{
	return held_vmas(&t->held, MAPS_SHARED | MAPS_PRIVATE_FILES, &t->vmas, add_vma, t);
}

/* The pages at @start to @end of @vma are there. Runs mostly come in order, and next to each other. */
static int add_run(struct tables *t, const struct vma *vma, uint64_t start, uint64_t end)
{
	const struct page_picture *p = t->x->p;
	struct run *last = t->runs.count ? (struct run *)t->runs.rows + t->runs.count - 1 : NULL;
	struct run run = {
		.first = (vma->offset + (start - vma->start)) / p->page_size,
		.end = (vma->offset + (end - vma->start) + p->page_size - 1) / p->page_size,
	};

	if (last && run.first >= last->first && run.first <= last->end) {
		last->end = run.end > last->end ? run.end : last->end;
		return 0;
	}
	if (t->runs.count == MOST_RUNS)
		return -EFBIG;
	*(struct run *)table_add(&t->runs, sizeof(run)) = run;
	return 0;
}

static int scan_step(struct tables *t, int fd, const struct vma *vma, uint64_t start, uint64_t end)
{
	struct page_region found[256];
	struct pm_scan_arg a = {
		.size = sizeof(a), .start = start, .end = end,
		.vec = (uintptr_t)found, .vec_len = ARRAY_SIZE(found),
		.category_mask = SCAN_FILE | SCAN_PRESENT, .return_mask = SCAN_PRESENT,
	};
	int rc = 0;
	long n;

	if (!(t->x->ways & WAY_SCAN))
		return -ENOTTY;
	for (; a.start < end; a.start = a.walk_end) {
		n = ioctl(fd, PAGEMAP_SCAN_IOCTL, &a);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		for (long i = 0; i < n && !rc; i++)
			rc = add_run(t, vma, found[i].start, found[i].end);
		if (rc || a.walk_end <= a.start)
			break;
	}
	return rc;
}

static int read_step(struct tables *t, int fd, const struct vma *vma, uint64_t start, uint64_t end)
{
	const uint64_t size = sysconf(_SC_PAGESIZE);
	uint64_t entries[4096];
	int rc = 0;

	while (!rc && start < end) {
		uint64_t wanted = (end - start) / size;
		ssize_t n;

		wanted = wanted < ARRAY_SIZE(entries) ? wanted : ARRAY_SIZE(entries);
		n = pread(fd, entries, wanted * sizeof(entries[0]), start / size * sizeof(entries[0]));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ESRCH;
		n /= sizeof(entries[0]);
		for (ssize_t i = 0; i < n && !rc; i++)
			if ((entries[i] & (ENTRY_PRESENT | ENTRY_FILE)) == (ENTRY_PRESENT | ENTRY_FILE))
				rc = add_run(t, vma, start + i * size, start + (i + 1) * size);
		start += n * size;
	}
	return rc;
}

static int look_at_vma(struct tables *t, int fd, const struct vma *vma)
{
	int rc = 0;

	for (uint64_t at = vma->start, end; !rc && at < vma->end; at = end) {
		end = vma->end - at > STEP ? at + STEP : vma->end;
		if (clock_mono_us() > t->x->until)
			return -ETIMEDOUT;
		rc = scan_step(t, fd, vma, at, end);
		if (rc == -ENOTTY)
			rc = read_step(t, fd, vma, at, end);
	}
	return rc;
}

static int look_at_holder(struct tables *t)
{
	int rc = find_vmas(t), fd;

	if (rc)
		return rc;
	fd = openat(t->held.dir, "pagemap", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	for (uint32_t i = 0; !rc && i < t->vmas.count; i++)
		rc = look_at_vma(t, fd, (struct vma *)t->vmas.rows + i);
	close(fd);
	return rc;
}

static int look_at_holders(struct tables *t)
{
	const struct picture *x = t->x;
	uint32_t seen = 0;
	int first = 0;

	for (uint32_t i = 0; i < x->o->holders.count && seen < MOST_HOLDERS; i++) {
		const struct holder *h = snapshot_row(x->s, CLASS_HOLDER, x->o->holders.first + i);
		int rc;

		if (!h->mappings.count)
			continue;
		seen++;
		rc = held_open(&t->held, x->s, x->o, i);
		if (!rc) {
			rc = look_at_holder(t);
			held_close(&t->held);
		}
		/* who has gone holds nothing any more */
		if (rc && rc != -ESRCH && rc != -ENOENT && !first)
			first = rc;
	}
	return first;
}

static int compare_runs(const void *pa, const void *pb)
{
	const struct run *a = pa, *b = pb;

	return (a->first > b->first) - (a->first < b->first);
}

/* Pages that several have are there once. */
static void count_runs(const struct tables *t)
{
	struct page_picture *p = t->x->p;
	struct run *runs = t->runs.rows;
	uint64_t at = 0;

	if (t->runs.count)
		qsort(runs, t->runs.count, sizeof(*runs), compare_runs);
	for (uint32_t i = 0, block = 0; i < t->runs.count; i++) {
		uint64_t end = runs[i].end < p->pages ? runs[i].end : p->pages;

		at = runs[i].first > at ? runs[i].first : at;
		while (at < end) {
			uint64_t next = pages_first(p, block + 1), n;

			if (next <= at) {
				block++;
				continue;
			}
			n = (next < end ? next : end) - at;
			p->blocks[block].resident += n;
			p->blocks[block].unknown -= n;
			at += n;
		}
	}
}

int picture_by_page_tables(struct picture *x)
{
	struct tables t = { .x = x };
	int rc = look_at_holders(&t);

	count_runs(&t);
	table_release(&t.runs);
	table_release(&t.vmas);
	return rc;
}
