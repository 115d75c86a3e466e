/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The picture of an object's pages: by the best way that leads to them. */
#include "ipctop/pages.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "ipctop/clock.h"
#include "ipctop/reach.h"
#include "pass.h"
#include "picture.h"

#define PATIENCE_US	500000
#define MOST_MOUNTS	4		/* other mount namespaces that are asked for a device */

uint64_t pages_first(const struct page_picture *p, uint32_t i)
{
	/* the product of two numbers below 2^32 */
	return p->nblocks ? p->pages / p->nblocks * i + p->pages % p->nblocks * i / p->nblocks : 0;
}

static bool in_mounts(const struct mounts *set, uint64_t device, bool *remote)
{
	const struct mount *m = set->rows.rows;

	for (uint32_t i = 0; i < set->rows.count; i++) {
		if (m[i].device != device)
			continue;
		*remote = m[i].remote;
		return true;
	}
	return false;
}

/* Whether a file's pages are no server's business; a file system that nobody knows may be one's. */
static bool is_local(const struct picture *x, struct table *mounts)
{
	bool remote = true, found;

	found = !mounts_read_of(0, mounts) && in_mounts(mounts->rows, x->o->device, &remote);
	for (uint32_t i = 0; !found && i < x->o->holders.count && i < MOST_MOUNTS; i++) {
		const struct holder *h = snapshot_row(x->s, CLASS_HOLDER, x->o->holders.first + i);
		const struct process *p = snapshot_row(x->s, CLASS_PROCESS, h->process);

		found = !mounts_read_of(p->pid, mounts) &&
			in_mounts((struct mounts *)mounts->rows + mounts->count - 1, x->o->device, &remote);
	}
	return !remote;
}

static int open_file(const struct picture *x)
{
	struct table mounts = { 0 };
	struct reach *ways;
	int fd = -EREMOTE;

	if (is_local(x, &mounts)) {
		fd = -ENXIO;
		ways = reach_new();
		if (!mounts_pass_server(mounts.rows, x->o->path ? x->o->path : "/", true))
			fd = reach_named(ways, x->o);
		reach_free(ways);
	}
	mounts_release(&mounts);
	return fd;
}

/* Of another /dev/shm: to find that takes a look at all processes, its holders are known. */
static int open_posix(const struct picture *x)
{
	struct reach *ways;
	int fd;

	if (x->o->device != x->s->posix_device)
		return -ENXIO;
	ways = reach_new();
	fd = reach_named(ways, x->o);
	reach_free(ways);
	return fd;
}

static int open_nameless(const struct picture *x)
{
	return -ENXIO;
}

/* How each kind is opened by its name; NULL: it has no pages of its own. */
static int (*const openers[NR_KINDS])(const struct picture *x) = {
	[KIND_SHM] = open_nameless, [KIND_POSIX_SHM] = open_posix, [KIND_POSIX_SEM] = open_posix,
	[KIND_MEMFD] = open_nameless, [KIND_ANON] = open_nameless, [KIND_FILE] = open_file,
};

/* What it is made of, as the file itself tells. */
static int look_at_file(struct picture *x)
{
	struct statfs fs;
	struct stat st;

	if (fstat(x->fd, &st) || fstatfs(x->fd, &fs))
		return -errno;
	x->huge = fs.f_type == HUGETLBFS_MAGIC;
	x->on_tmpfs = fs.f_type == TMPFS_MAGIC;
	x->p->size = st.st_size;
	if (x->huge)
		x->p->page_size = st.st_blksize;
	x->has_allocated = x->huge || x->on_tmpfs;
	x->allocated = (uint64_t)st.st_blocks * 512;
	return 0;
}

static int open_object(struct picture *x)
{
	int rc = openers[x->o->kind](x);

	if (rc == -ENXIO || rc == -ENOENT || rc == -ESTALE) {
		int held = reach_held(x->s, x->o);

		rc = held != -ENXIO ? held : rc;
	}
	if (rc < 0)
		return rc;
	x->fd = rc;
	rc = look_at_file(x);
	if (rc) {
		close(x->fd);
		x->fd = -1;
	}
	return rc;
}

/* How far its holders map it; 0: nobody does. */
static uint64_t mapped_size(const struct picture *x)
{
	uint64_t size = 0;

	for (uint32_t i = 0; i < x->o->holders.count; i++) {
		const struct holder *h = snapshot_row(x->s, CLASS_HOLDER, x->o->holders.first + i);

		for (uint32_t k = 0; k < h->mappings.count; k++) {
			const struct mapping *m = snapshot_row(x->s, CLASS_MAPPING, h->mappings.first + k);

			if (m->offset + m->length > size)
				size = m->offset + m->length;
		}
	}
	return size;
}

/* As the snapshot tells it. */
static int begin(struct picture *x, const struct object *o)
{
	if (!openers[o->kind])
		return -EOPNOTSUPP;
	x->p->size = FACT_KNOWN(o, size) ? o->size : mapped_size(x);
	if (!x->p->size && !FACT_KNOWN(o, size))
		return -ENODATA;
	x->p->page_size = FACT_KNOWN(o, page_size) ? o->page_size : (uint64_t)sysconf(_SC_PAGESIZE);
	x->huge = FACT_KNOWN(o, flags) && o->flags & OBJECT_HUGETLB;
	x->has_allocated = FACT_KNOWN(o, allocated);
	x->allocated = o->allocated;
	return 0;
}

static void divide(struct page_picture *p, uint32_t nblocks)
{
	p->pages = p->size / p->page_size + (p->size % p->page_size != 0);
	p->nblocks = p->pages < nblocks ? p->pages : nblocks;
	p->blocks = xcalloc(p->nblocks, sizeof(*p->blocks));
}

static void sum_up(struct page_picture *p)
{
	p->sum = (struct page_block){ 0 };
	for (uint32_t i = 0; i < p->nblocks; i++) {
		p->sum.resident += p->blocks[i].resident;
		p->sum.swapped += p->blocks[i].swapped;
		p->sum.absent += p->blocks[i].absent;
		p->sum.unknown += p->blocks[i].unknown;
	}
}

/* What is known of the whole may tell what page tables did not. */
static void settle(struct picture *x)
{
	struct page_picture *p = x->p;
	uint64_t allocated = x->allocated / p->page_size;
	bool none_swapped = x->huge || (FACT_KNOWN(x->o, swap) && !x->o->swap);
	bool no_more, all;

	sum_up(p);
	if (!x->has_allocated || !p->sum.unknown)
		return;
	no_more = allocated == p->sum.resident;
	all = allocated == p->pages && none_swapped;
	for (uint32_t i = 0; (no_more || all) && i < p->nblocks; i++) {
		struct page_block *b = &p->blocks[i];

		if (no_more)
			b->absent += b->unknown;
		else
			b->resident += b->unknown;
		b->unknown = 0;
	}
	sum_up(p);
}

static void all_unknown(struct page_picture *p)
{
	for (uint32_t i = 0; i < p->nblocks; i++)
		p->blocks[i].unknown = pages_first(p, i + 1) - pages_first(p, i);
}

/* @why: what opening the file said. */
static void by_page_tables(struct picture *x, int why)
{
	int rc;

	all_unknown(x->p);
	rc = x->ways & WAY_PAGE_TABLES ? picture_by_page_tables(x) : -ENODATA;
	settle(x);
	if (!x->p->sum.unknown)
		x->p->error = 0;
	else if (why && why != -ENXIO && why != -EOPNOTSUPP)
		x->p->error = -why;
	else
		x->p->error = rc ? -rc : mapped_size(x) ? ENODATA : ENXIO;
}

int picture_make(const struct snapshot *s, uint32_t object, uint32_t nblocks, unsigned int ways,
		 int64_t patience_us, struct page_picture *p)
{
	struct picture x = { .s = s, .p = p, .ways = ways, .fd = -1 };
	int rc;

	*p = (struct page_picture){ 0 };
	if (s->replayed || object >= snapshot_count(s, CLASS_OBJECT) || !nblocks)
		return -EINVAL;
	x.o = snapshot_object(s, object);
	x.until = clock_mono_us() + patience_us;
	rc = begin(&x, x.o);
	if (rc)
		return rc;
	rc = open_object(&x);
	divide(p, nblocks);
	if (!rc)
		rc = picture_by_file(&x);
	if (rc)
		by_page_tables(&x, rc);
	sum_up(p);
	if (p->sum.unknown && !p->error)
		p->error = EPERM;
	if (x.fd >= 0)
		close(x.fd);
	return 0;
}

int pages_picture(const struct snapshot *s, uint32_t object, uint32_t nblocks, struct page_picture *p)
{
	return picture_make(s, object, nblocks, WAYS_ALL, PATIENCE_US, p);
}

void pages_release(struct page_picture *p)
{
	free(p->blocks);
	*p = (struct page_picture){ 0 };
}
