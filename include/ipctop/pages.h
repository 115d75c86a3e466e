/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_PAGES_H
#define IPCTOP_PAGES_H

#include "ipctop/snapshot.h"

/*
 * What one object's pages are, read on demand: too dear for all objects of a pass. Nothing of it
 * makes a page come to be, attaches a segment, or changes a time of the object; nothing waits for a lease,
 * for a network or FUSE file system, or much longer than half a second. Any thread may call; a
 * snapshot is only read, a collector not needed. Results own their memory.
 */
struct page_block {
	uint64_t resident, swapped;
	uint64_t absent;		/* never touched; of a file on a disk: not in memory */
	uint64_t unknown;
};

/*
 * A picture: the object in blocks of (nearly) the same number of pages. The four of a block add up to
 * its pages.
 */
struct page_picture {
	uint64_t size;			/* bytes, as it is now; where nobody tells: as far as it is mapped */
	uint64_t page_size;		/* bytes: that of huge pages where it is made of them */
	uint64_t pages;
	uint32_t nblocks;
	struct page_block *blocks;
	struct page_block sum;
	bool sampled;			/* too large to look at all: parts of each block stand for the rest */
	/*
	 * Why some pages are unknown (an errno); 0: none are. EACCES, EPERM: the reader may not. EAGAIN: a
	 * lease is in the way. EREMOTE: a server would be asked. ETIMEDOUT: it took too long. ENXIO: nobody
	 * maps it, and to look at a segment would be to attach it. ENODATA: no page table tells.
	 */
	int error;
};
/*
 * The picture of object @object in at most @nblocks blocks (an object of fewer pages has one for
 * each). What cannot be told is unknown. 0 (pages_release), or -errno with @p empty: -EINVAL a
 * replayed snapshot, no such object or no blocks, -ENODATA its size is not known and nobody maps it, -EOPNOTSUPP a kind that
 * has no pages (device, special).
 */
int pages_picture(const struct snapshot *s, uint32_t object, uint32_t nblocks,
		  struct page_picture *p) __must_check;
/* The first page of block @i; that of @nblocks is the end. */
uint64_t pages_first(const struct page_picture *p, uint32_t i);
void pages_release(struct page_picture *p);

/* What the mappings of an object use in each process, by smaps: it slows those processes. */
struct mapping_usage {
	uint64_t start, length;		/* as it is now: it may be a part of what it was */
	uint64_t rss, pss, swap;	/* bytes */
};
struct holder_usage {
	uint64_t pid;
	int64_t start_time;		/* as the snapshot tells it; 0: it does not */
	struct span mappings;		/* of object_usage.mappings, ordered by address; none: unmapped since */
	uint64_t rss, pss, swap;	/* bytes, of all these */
	/*
	 * An errno: it could not be read, and the numbers say nothing. ESRCH: it has gone (or is
	 * another with its number). EACCES. ETIMEDOUT.
	 */
	int error;
};
struct object_usage {
	struct table holders;		/* struct holder_usage: those that map it, ordered by pid */
	struct table mappings;		/* struct mapping_usage */
	uint32_t left_out;		/* holders that map it and were not looked at: they are too many */
};
#define USAGE_HOLDERS	64
/*
 * Of object @object, whose holders the snapshot has. 0 (usage_release), or -errno with @u empty:
 * -EINVAL a replayed snapshot or no such object, -ENODATA one without holders' facts.
 */
int usage_read(const struct snapshot *s, uint32_t object, struct object_usage *u) __must_check;
void usage_release(struct object_usage *u);

#endif
