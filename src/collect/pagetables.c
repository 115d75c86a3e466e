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

#define MOST_PAGES	(1ULL << 30)	/* of the object: a bit each */
#define STEP		(1ULL << 30)	/* bytes that are looked at between two looks at the clock */
#define MOST_HOLDERS	64

struct tables {
	struct picture *x;
	struct held held;
	struct table vmas;		/* struct vma, names left out */
	uint64_t *present;		/* a bit for each page of the object */
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
	const unsigned int filter = MAPS_SHARED | MAPS_PRIVATE_FILES;
	int fd = openat(t->held.dir, "maps", O_RDONLY | O_CLOEXEC), rc;

	t->vmas.count = 0;
	if (fd < 0)
		return -errno;
	rc = maps_query(fd, filter, add_vma, t);
	if (rc == -ENOTTY || rc == -ENAMETOOLONG) {
		t->vmas.count = 0;
		rc = maps_read(fd, -1, filter, add_vma, t);
	}
	close(fd);
	return rc;
}

/* The pages at @start to @end of @vma are there. */
static void set_present(struct tables *t, const struct vma *vma, uint64_t start, uint64_t end)
{
	const struct page_picture *p = t->x->p;
	uint64_t first = (vma->offset + (start - vma->start)) / p->page_size;
	uint64_t last = (vma->offset + (end - vma->start) + p->page_size - 1) / p->page_size;

	for (uint64_t i = first; i < last && i < p->pages; i++)
		t->present[i / 64] |= 1ULL << i % 64;
}

static int scan_step(struct tables *t, int fd, const struct vma *vma, uint64_t start, uint64_t end)
{
	struct page_region found[256];
	struct pm_scan_arg a = {
		.size = sizeof(a), .start = start, .end = end,
		.vec = (uintptr_t)found, .vec_len = ARRAY_SIZE(found),
		.category_mask = SCAN_FILE | SCAN_PRESENT, .return_mask = SCAN_PRESENT,
	};
	long n;

	if (!(t->x->ways & WAY_SCAN))
		return -ENOTTY;
	for (; a.start < end; a.start = a.walk_end) {
		n = ioctl(fd, PAGEMAP_SCAN_IOCTL, &a);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		for (long i = 0; i < n; i++)
			set_present(t, vma, found[i].start, found[i].end);
		if (a.walk_end <= a.start)
			break;
	}
	return 0;
}

static int read_step(struct tables *t, int fd, const struct vma *vma, uint64_t start, uint64_t end)
{
	const uint64_t size = sysconf(_SC_PAGESIZE);
	uint64_t entries[4096];

	while (start < end) {
		uint64_t wanted = (end - start) / size;
		ssize_t n;

		wanted = wanted < ARRAY_SIZE(entries) ? wanted : ARRAY_SIZE(entries);
		n = pread(fd, entries, wanted * sizeof(entries[0]), start / size * sizeof(entries[0]));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ESRCH;
		n /= sizeof(entries[0]);
		for (ssize_t i = 0; i < n; i++)
			if ((entries[i] & (ENTRY_PRESENT | ENTRY_FILE)) == (ENTRY_PRESENT | ENTRY_FILE))
				set_present(t, vma, start + i * size, start + (i + 1) * size);
		start += n * size;
	}
	return 0;
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

static void count_present(const struct tables *t)
{
	struct page_picture *p = t->x->p;

	for (uint32_t i = 0; i < p->nblocks; i++) {
		struct page_block *b = &p->blocks[i];
		uint64_t at = pages_first(p, i), end = pages_first(p, i + 1);

		b->unknown = end - at;
		for (; at < end; at++)
			b->resident += t->present[at / 64] >> at % 64 & 1;
		b->unknown -= b->resident;
	}
}

int picture_by_page_tables(struct picture *x)
{
	struct tables t = { .x = x };
	int rc = -EFBIG;

	if (x->p->pages <= MOST_PAGES) {
		/* not xcalloc: without it there is less of a picture */
		t.present = calloc((x->p->pages + 63) / 64, sizeof(*t.present));
		rc = t.present ? 0 : -ENOMEM;
	}
	if (rc)
		return rc;
	rc = look_at_holders(&t);
	count_present(&t);
	free(t.present);
	table_release(&t.vmas);
	return rc;
}
