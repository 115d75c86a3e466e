/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which pages of an open file are in memory. What page tables tell is less: pages that nobody maps
 * now are there as well.
 */
#include "picture.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "ipctop/clock.h"

#ifndef SYS_cachestat
#define SYS_cachestat	451		/* the same on all architectures */
#endif
struct cachestat_range {
	uint64_t off, len;
};
struct cachestat {
	uint64_t nr_cache, nr_dirty, nr_writeback, nr_evicted, nr_recently_evicted;
};

/* Add what is told of the @n pages from @first on. 0 or -errno. */
typedef int (*count_fn)(const struct picture *x, uint64_t first, uint64_t n, struct page_block *b);

static int count_by_cachestat(const struct picture *x, uint64_t first, uint64_t n, struct page_block *b)
{
	struct cachestat_range range = { first * x->p->page_size, n * x->p->page_size };
	struct cachestat c;
	uint64_t resident, swapped;

	if (syscall(SYS_cachestat, x->fd, &range, &c, 0))
		return -errno;
	/* of other files that counts pages that were in memory once */
	resident = c.nr_cache < n ? c.nr_cache : n;
	swapped = !x->on_tmpfs ? 0 : c.nr_evicted < n - resident ? c.nr_evicted : n - resident;
	b->resident += resident;
	b->swapped += swapped;
	b->absent += n - resident - swapped;
	return 0;
}

/* The next run of pages with data among those from *@first to @end: false where there is none. */
static bool next_data(const struct picture *x, uint64_t *first, uint64_t end, uint64_t *n)
{
	const uint64_t size = x->p->page_size;
	off_t data, hole;

	*n = end - *first;
	if (!x->on_tmpfs)
		return *n > 0;
	data = *n ? lseek(x->fd, *first * size, SEEK_DATA) : -1;
	if (data < 0 || (uint64_t)data / size >= end)
		return false;
	hole = lseek(x->fd, data, SEEK_HOLE);
	*first = data / size;
	*n = (hole < 0 || (uint64_t)hole / size > end ? end : (hole + size - 1) / size) - *first;
	return *n > 0;
}

#define WINDOW	65536			/* pages that are mapped at a time */

static int count_window(const struct picture *x, uint64_t first, uint64_t n, struct page_block *b)
{
	const uint64_t size = x->p->page_size;
	void *map = mmap(NULL, n * size, PROT_READ, MAP_SHARED, x->fd, first * size);
	unsigned char *present;
	uint64_t resident = 0;
	int rc;

	if (map == MAP_FAILED)
		return -errno;
	present = xcalloc(n, 1);
	rc = mincore(map, n * size, present) ? -errno : 0;
	munmap(map, n * size);
	for (uint64_t i = 0; !rc && i < n; i++)
		resident += present[i] & 1;
	free(present);
	if (rc)
		return rc;
	b->resident += resident;
	if (x->on_tmpfs)
		b->swapped += n - resident;
	else
		b->absent += n - resident;
	return 0;
}

/*
 * To map a file changes its time of access, but for O_NOATIME; and who may not have that is told by
 * mincore(2) that all is there.
 */
static int count_by_mincore(const struct picture *x, uint64_t first, uint64_t n, struct page_block *b)
{
	uint64_t end = first + n, at = first, told = 0;
	int flags = fcntl(x->fd, F_GETFL), rc = 0;

	if (flags < 0 || !(flags & O_NOATIME))
		return -EPERM;
	for (; !rc && next_data(x, &at, end, &n); at += n) {
		n = n < WINDOW ? n : WINDOW;
		rc = count_window(x, at, n, b);
		told += n;
	}
	b->absent += end - first - told;
	return rc;
}

static int count_by_holes(const struct picture *x, uint64_t first, uint64_t n, struct page_block *b)
{
	uint64_t end = first + n, data = 0;

	if (!x->on_tmpfs)
		return -EPERM;
	for (uint64_t at = first; next_data(x, &at, end, &n); at += n)
		data += n;
	b->unknown += data;
	b->absent += end - first - data;
	return 0;
}

/*
 * A block is looked at in pieces, and each piece of all blocks before the next: when time is up, as much
 * is known of each. Pieces are taken in an order that spreads them over their block.
 */
#define LEAST_PIECE	1024		/* pages */
#define MOST_PIECES	65536		/* in all */

static unsigned int count_bits(const struct page_picture *p)
{
	const uint64_t block = p->nblocks ? p->pages / p->nblocks : 0;
	unsigned int bits = 0;

	while (block >> (bits + 1) >= LEAST_PIECE && (uint64_t)p->nblocks << (bits + 1) <= MOST_PIECES)
		bits++;
	return bits;
}

static uint32_t reversed(uint32_t i, unsigned int bits)
{
	uint32_t r = 0;

	for (unsigned int b = 0; b < bits; b++)
		r |= (i >> b & 1) << (bits - 1 - b);
	return r;
}

static int look_at_piece(struct picture *x, count_fn count, uint32_t block, uint32_t piece, unsigned int bits)
{
	uint64_t first = pages_first(x->p, block), n = pages_first(x->p, block + 1) - first;
	uint64_t from = (n >> bits) * piece, to = piece + 1 == 1U << bits ? n : (n >> bits) * (piece + 1);

	return count(x, first + from, to - from, &x->p->blocks[block]);
}

static uint64_t told(const struct page_block *b)
{
	return b->resident + b->swapped + b->absent + b->unknown;
}

/* Let what was looked at stand for the whole block of @n pages. */
static void scale(struct page_block *b, uint64_t n)
{
	const uint64_t seen = told(b);
	const long double all = n;

	b->resident = all * b->resident / seen;
	b->swapped = all * b->swapped / seen;
	b->unknown = all * b->unknown / seen;
	b->absent = n - b->resident - b->swapped - b->unknown;
}

static void complete(struct page_picture *p)
{
	for (uint32_t i = 0; i < p->nblocks; i++) {
		struct page_block *b = &p->blocks[i];
		uint64_t n = pages_first(p, i + 1) - pages_first(p, i), seen = told(b);

		if (seen == n)
			continue;
		if (!seen) {
			b->unknown = n;
			p->error = ETIMEDOUT;
			continue;
		}
		p->sampled = true;
		scale(b, n);
	}
}

static int look(struct picture *x, count_fn count)
{
	const unsigned int bits = count_bits(x->p);
	bool in_time = true;
	int rc = 0;

	for (uint32_t piece = 0; !rc && in_time && piece < 1U << bits; piece++) {
		for (uint32_t i = 0; !rc && in_time && i < x->p->nblocks; i++) {
			rc = look_at_piece(x, count, i, reversed(piece, bits), bits);
			in_time = clock_mono_us() < x->until;
		}
	}
	if (rc)
		memset(x->p->blocks, 0, x->p->nblocks * sizeof(*x->p->blocks));
	else
		complete(x->p);
	return rc;
}

int picture_by_file(struct picture *x)
{
	static const struct {
		enum way way;
		count_fn count;
	} ways[] = {
		{ WAY_CACHESTAT, count_by_cachestat },
		{ WAY_MINCORE, count_by_mincore },
		{ WAY_HOLES, count_by_holes },
	};
	int rc = -EOPNOTSUPP;

	/* none of them knows huge pages: mincore(2) tells of those that the asker himself has touched */
	for (unsigned int i = 0; rc && !x->huge && i < ARRAY_SIZE(ways); i++)
		if (x->ways & ways[i].way)
			rc = look(x, ways[i].count);
	return rc;
}
