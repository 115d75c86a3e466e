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

/* The next page with data from @at on; @end where there is none before that. */
static uint64_t next_data(const struct picture *x, uint64_t at, uint64_t end)
{
	off_t data = at < end ? lseek(x->fd, at * x->p->page_size, SEEK_DATA) : -1;

	return data < 0 || data / x->p->page_size >= end ? end : data / x->p->page_size;
}

#define WINDOW		65536		/* pages that are asked for at a time */
#define LEAST_WINDOW	64

/*
 * The @n pages from @at on, of which @present tells whether they are in memory. Of a tmpfs what is
 * not is swapped where it has data.
 */
static void add_window(const struct picture *x, const unsigned char *present, uint64_t at, uint64_t n,
		       struct page_block *b)
{
	for (uint64_t i = 0; i < n;) {
		uint64_t data = present[i] & 1 ? at + i : x->on_tmpfs ? next_data(x, at + i, at + n) : at + n;

		if (present[i] & 1)
			b->resident++;
		else if (data == at + i)
			b->swapped++;
		else
			b->absent += data - (at + i);
		i = data == at + i ? i + 1 : data - at;
	}
}

/* Those from @first to @end, which are mapped at @map. */
static int ask_mapped(const struct picture *x, char *map, uint64_t first, uint64_t end, struct page_block *b)
{
	unsigned char *present = xcalloc(WINDOW, 1);
	uint64_t n = LEAST_WINDOW;
	int rc = 0;

	for (uint64_t at = first; !rc && at < end; at += n) {
		uint64_t data = x->on_tmpfs ? next_data(x, at, end) : at;

		/* what has no data is not asked for: it takes as long as what has */
		b->absent += data - at;
		n = data > at ? LEAST_WINDOW : n * 2 < WINDOW ? n * 2 : WINDOW;
		at = data;
		n = n < end - at ? n : end - at;
		rc = n && mincore(map + (at - first) * x->p->page_size, n * x->p->page_size, present) ? -errno : 0;
		if (!rc)
			add_window(x, present, at, n, b);
	}
	free(present);
	return rc;
}

/*
 * To map a file changes its time of access, but for O_NOATIME; and who may not have that is told by
 * mincore(2) that all is there.
 */
static int count_by_mincore(const struct picture *x, uint64_t first, uint64_t n, struct page_block *b)
{
	const uint64_t size = x->p->page_size;
	int flags = fcntl(x->fd, F_GETFL), rc;
	char *map;

	if (flags < 0 || !(flags & O_NOATIME))
		return -EPERM;
	map = mmap(NULL, n * size, PROT_READ, MAP_SHARED, x->fd, first * size);
	if (map == MAP_FAILED)
		return -errno;
	rc = ask_mapped(x, map, first, first + n, b);
	munmap(map, n * size);
	return rc;
}

static int count_by_holes(const struct picture *x, uint64_t first, uint64_t n, struct page_block *b)
{
	uint64_t end = first + n;

	if (!x->on_tmpfs)
		return -EPERM;
	for (uint64_t at = first; at < end; at++) {
		uint64_t data = next_data(x, at, end);

		b->absent += data - at;
		b->unknown += data < end;
		at = data;
	}
	return 0;
}

/*
 * A block is looked at in pieces, and each piece of all blocks before the next: when time is up, as much
 * is known of each. Pieces are taken in an order that spreads them over their block.
 */
#define LEAST_PIECE	1024		/* pages */
#define MOST_PIECES	16384		/* in all */

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
