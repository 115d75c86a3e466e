/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "leave.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/mman.h>

#define HUGE		(2UL << 20)	/* bytes of a page table's page, of a huge page */

/* A call that the target does, and what it says; @name NULL: whatever it says. */
static int call(struct injector *in, enum arch_sys number, const uint64_t args[6], const char *name,
		int64_t *result, struct buf *why)
{
	int rc = inject(in, number, args, result);

	if (rc == -ETIMEDOUT)
		return say_asleep(in->t->pid, why);
	if (rc)
		return say_gone(in->t->pid, why);
	/* the last page of the address space is no address */
	if (!name || *result >= 0 || *result < -4095)
		return 0;
	buf_printf(why, "%s in process %d: %s", name, (int)in->t->pid, strerrordesc_np((int)-*result));
	return (int)*result;
}

#define CALL(in, number, name, result, why, ...)						\
	call(in, number, (uint64_t[6]){ __VA_ARGS__ }, name, result, why)

static uint64_t length_of(const struct piece *p)
{
	return p->end - p->start;
}

/* Huge pages are quicker to fill and to move; where little was touched they would be mostly new memory. */
static bool is_dense(const struct piece *p)
{
	return length_of(p) >= HUGE && p->copy / 7 >= length_of(p) / 8;
}

int copy_reserve(struct injector *in, struct piece *p, struct buf *why)
{
	/* as far from a huge page's start as the original: so whole page tables move */
	uint64_t spare = length_of(p) >= HUGE ? HUGE : 0;
	int64_t at, unused;
	int rc;

	if (p->room)
		return 0;
	rc = CALL(in, SYS_CALL_MMAP, "mmap", &at, why, 0, length_of(p) + spare, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, (uint64_t)-1, 0);
	if (rc == -ENOMEM || rc == -EAGAIN) {
		buf_reset(why);
		buf_printf(why, "no room for the copy: process %d may not have %" PRIu64 " bytes more (its limits, or "
			   "those on overcommitment)", (int)in->t->pid, length_of(p) + spare);
		return -ENOMEM;
	}
	if (rc)
		return rc;
	p->room = at;
	p->room_length = length_of(p) + spare;
	p->scratch = p->room + (spare ? (p->start - p->room) % HUGE : 0);
	return CALL(in, SYS_CALL_MADVISE, NULL, &unused, why, p->room, p->room_length,
		    is_dense(p) ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
}

/* What madvise(2) was told of the original. */
static int advise(struct injector *in, const struct piece *p, struct buf *why)
{
	static const struct { enum piece_flag flag; int advice; } kept[] = {
		{ PIECE_NO_FORK, MADV_DONTFORK }, { PIECE_NO_DUMP, MADV_DONTDUMP },
		{ PIECE_RANDOM, MADV_RANDOM }, { PIECE_SEQUENTIAL, MADV_SEQUENTIAL },
	};
	int64_t result;
	int rc = 0;

	for (size_t i = 0; i < ARRAY_SIZE(kept) && !rc; i++)
		if (p->flags & kept[i].flag)
			rc = CALL(in, SYS_CALL_MADVISE, "madvise", &result, why, p->scratch, length_of(p),
				  kept[i].advice);
	return rc;
}

int copy_fill(struct injector *in, const struct origin *origin, struct piece *p, uint64_t *copied,
	      struct buf *why)
{
	int64_t result;
	int rc = origin_copy(origin, p, copied);

	if (rc) {
		buf_printf(why, "the contents could not be copied: %s", strerrordesc_np(-rc));
		return rc;
	}
	if (p->prot != (PROT_READ | PROT_WRITE))
		rc = CALL(in, SYS_CALL_MPROTECT, "mprotect", &result, why, p->scratch, length_of(p), p->prot);
	return rc ? rc : advise(in, p, why);
}

int copy_place(struct injector *in, struct piece *p, struct buf *why)
{
	int64_t at;
	int rc = CALL(in, SYS_CALL_MREMAP, "mremap", &at, why, p->scratch, length_of(p), length_of(p),
		      MREMAP_MAYMOVE | MREMAP_FIXED, p->start);

	p->done = !rc;
	return rc;
}

int copy_finish(struct injector *in, struct piece *p, struct buf *why)
{
	int64_t result;
	int rc;

	if (!(p->flags & PIECE_LOCKED))
		return 0;
	/* it is let go by now: that it could not be locked is told, no more */
	rc = CALL(in, SYS_CALL_MLOCK2, "its copy is not locked in memory: mlock", &result, why, p->start,
		  length_of(p), p->flags & PIECE_ON_FAULT ? MLOCK_ONFAULT : 0);
	return rc == -ETIMEDOUT || rc == -ESRCH ? rc : 0;
}

int copy_unreserve(struct injector *in, struct piece *p)
{
	struct buf unused = BUF_INIT;
	int64_t result;
	int rc = 0;

	if (p->room)
		rc = CALL(in, SYS_CALL_MUNMAP, NULL, &result, &unused, p->room, p->room_length);
	p->room = p->scratch = 0;
	buf_release(&unused);
	return rc;
}

int fence_place(struct injector *in, struct piece *p, struct buf *why)
{
	int64_t at;
	int rc = CALL(in, SYS_CALL_MMAP, "mmap", &at, why, p->start, length_of(p), PROT_NONE,
		      MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, (uint64_t)-1, 0);

	p->done = !rc;
	return rc;
}
