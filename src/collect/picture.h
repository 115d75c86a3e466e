/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef COLLECT_PICTURE_H
#define COLLECT_PICTURE_H

#include "ipctop/pages.h"

/* How pages are told, from the best on; pages_picture takes the first that the kernel and the rights allow. */
enum way {
	WAY_CACHESTAT = 1 << 0,		/* cachestat(2), Linux 6.5 */
	WAY_MINCORE = 1 << 1,		/* mincore(2) and SEEK_DATA */
	WAY_HOLES = 1 << 2,		/* SEEK_DATA alone: what was never touched */
	WAY_PAGE_TABLES = 1 << 3,	/* the holders': what is resident */
	WAY_SCAN = 1 << 4,		/* those by PAGEMAP_SCAN, Linux 6.7 */
	WAYS_ALL = (1 << 5) - 1,
};
/* The object's picture that is being made. */
struct picture {
	const struct snapshot *s;
	const struct object *o;
	struct page_picture *p;
	unsigned int ways;
	int64_t until;			/* clock_mono_us */
	int fd;				/* -1: not open */
	bool on_tmpfs;			/* its pages may be swapped, and holes told */
	bool huge;
	bool has_allocated;
	uint64_t allocated;		/* pages in memory and swap */
};
/* pages_picture by some ways alone, with the time that it may take. */
int picture_make(const struct snapshot *s, uint32_t object, uint32_t nblocks, unsigned int ways,
		 int64_t patience_us, struct page_picture *p) __must_check;

/* filecache.c: all pages by @x->fd. 0, or -errno and nothing is told. */
int picture_by_file(struct picture *x) __must_check;
/*
 * pagetables.c: pages that holders have in their page tables, of blocks that are all unknown. 0, or -errno:
 * why some tell nothing.
 */
int picture_by_page_tables(struct picture *x) __must_check;

#endif
