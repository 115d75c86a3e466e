/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "leave.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/mman.h>

#define HUGE		(2UL << 20)	/* bytes of a huge page, and of what one page table maps */
#define PAGE		4096UL

static uint64_t length_of(const struct piece *p)
{
	return p->end - p->start;
}

/* So much more room than the copy needs: it lies as far from a huge page's start as the original. */
static uint64_t spare_of(const struct piece *p)
{
	return length_of(p) >= HUGE ? HUGE : 0;
}

static bool is_beyond(const struct piece *p)
{
	return p->flags & PIECE_BEYOND;
}

/* Bytes that are reserved for it, with its place. */
static uint64_t room_of(const struct piece *p)
{
	if (is_beyond(p))
		return PAGE + (p->scratch ? length_of(p) : 0);
	return length_of(p) + spare_of(p);
}

/* Huge pages are quicker to fill and to move; where little was touched they would be mostly new memory. */
static bool is_dense(const struct piece *p)
{
	return length_of(p) >= HUGE && p->copy / 7 >= length_of(p) / 8;
}

static uint64_t scratch_of(const struct piece *p)
{
	return p->scratch ? p->scratch : p->start;
}

/* How a step is done: whether @p needs it, and with which arguments. */
struct step {
	enum arch_sys call;
	const char *name;
	bool (*args)(const struct step *step, const struct piece *p, uint64_t args[6]);
	enum piece_flag flag;		/* of the original, for which it is done */
	int advice;
};

static void set(uint64_t args[6], uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	const uint64_t all[6] = { a, b, c, d, e, 0 };

	memcpy(args, all, sizeof(all));
}

#define RESERVED (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)

static bool reserve(const struct step *step, const struct piece *p, uint64_t args[6])
{
	set(args, 0, room_of(p), PROT_READ | PROT_WRITE, RESERVED, (uint64_t)-1);
	return !p->room && !is_beyond(p);
}

static bool choose_pages(const struct step *step, const struct piece *p, uint64_t args[6])
{
	set(args, p->room ? p->room : p->start, room_of(p), is_dense(p) ? MADV_HUGEPAGE : MADV_NOHUGEPAGE, 0, 0);
	return !is_beyond(p);
}

static bool hide(const struct step *step, const struct piece *p, uint64_t args[6])
{
	set(args, p->room ? p->room : p->start, room_of(p), step->advice, 0, 0);
	return !is_beyond(p) && p->hidden == (step->advice == MADV_DOFORK);
}

static bool begin_beyond(const struct step *step, const struct piece *p, uint64_t args[6])
{
	set(args, 0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, (uint64_t)-1);
	return is_beyond(p);
}

/* A longer mapping makes no longer object (mremap(2)). */
static bool grow(const struct step *step, const struct piece *p, uint64_t args[6])
{
	set(args, p->room ? p->room : p->start, PAGE, PAGE + length_of(p), MREMAP_MAYMOVE, 0);
	return is_beyond(p);
}

static bool protect(const struct step *step, const struct piece *p, uint64_t args[6])
{
	set(args, scratch_of(p), length_of(p), p->prot, 0, 0);
	return p->prot != (PROT_READ | PROT_WRITE);
}

static bool advise(const struct step *step, const struct piece *p, uint64_t args[6])
{
	set(args, scratch_of(p), length_of(p), step->advice, 0, 0);
	return p->flags & step->flag;
}

/* Of a shared mapping that takes no contents away: a touch finds them again. */
static bool drop(const struct step *step, const struct piece *p, uint64_t args[6])
{
	set(args, p->start, length_of(p), MADV_DONTNEED, 0, 0);
	return true;
}

static bool place(const struct step *step, const struct piece *p, uint64_t args[6])
{
	set(args, scratch_of(p), length_of(p), length_of(p), MREMAP_MAYMOVE | MREMAP_FIXED, p->start);
	return true;
}

static bool keep_locked(const struct step *step, const struct piece *p, uint64_t args[6])
{
	set(args, p->start, length_of(p), p->flags & PIECE_ON_FAULT ? MLOCK_ONFAULT : 0, 0, 0);
	return p->flags & step->flag && !is_beyond(p);
}

static bool unreserve(const struct step *step, const struct piece *p, uint64_t args[6])
{
	set(args, p->room ? p->room : p->start, room_of(p), 0, 0, 0);
	return true;
}

static bool wall(const struct step *step, const struct piece *p, uint64_t args[6])
{
	set(args, p->start, length_of(p), PROT_NONE, MAP_FIXED | RESERVED, (uint64_t)-1);
	return true;
}

static const struct step steps[NR_LEAVE_STEPS] = {
	[LEAVE_RESERVE] = { SYS_CALL_MMAP, "mmap", reserve },
	[LEAVE_PAGES] = { SYS_CALL_MADVISE, "madvise", choose_pages },
	[LEAVE_HIDE] = { SYS_CALL_MADVISE, "madvise", hide, .advice = MADV_DONTFORK },
	[LEAVE_SHOW] = { SYS_CALL_MADVISE, "madvise", hide, .advice = MADV_DOFORK },
	[LEAVE_BEYOND] = { SYS_CALL_MMAP, "mmap", begin_beyond },
	[LEAVE_GROW] = { SYS_CALL_MREMAP, "mremap", grow },
	[LEAVE_PROTECT] = { SYS_CALL_MPROTECT, "mprotect", protect },
	[LEAVE_NO_FORK] = { SYS_CALL_MADVISE, "madvise", advise, PIECE_NO_FORK, MADV_DONTFORK },
	[LEAVE_NO_DUMP] = { SYS_CALL_MADVISE, "madvise", advise, PIECE_NO_DUMP, MADV_DONTDUMP },
	[LEAVE_RANDOM] = { SYS_CALL_MADVISE, "madvise", advise, PIECE_RANDOM, MADV_RANDOM },
	[LEAVE_SEQUENTIAL] = { SYS_CALL_MADVISE, "madvise", advise, PIECE_SEQUENTIAL, MADV_SEQUENTIAL },
	[LEAVE_DROP] = { SYS_CALL_MADVISE, "madvise", drop },
	[LEAVE_PLACE] = { SYS_CALL_MREMAP, "mremap", place },
	[LEAVE_LOCK] = { SYS_CALL_MLOCK2, "mlock2", keep_locked, PIECE_LOCKED },
	[LEAVE_UNRESERVE] = { SYS_CALL_MUNMAP, "munmap", unreserve },
	[LEAVE_WALL] = { SYS_CALL_MMAP, "mmap", wall },
};

bool leave_takes(enum leave leave, enum leave_step step)
{
	return (leave == LEAVE_FENCE) == (step == LEAVE_WALL);
}

const char *leave_call(enum leave_step step, const struct piece *p, enum arch_sys *call, uint64_t args[6])
{
	*call = steps[step].call;
	return steps[step].args(&steps[step], p, args) ? steps[step].name : NULL;
}

/* What the piece is after it. */
static void note(enum leave_step step, struct piece *p, uint64_t result)
{
	if (step == LEAVE_RESERVE) {
		p->room = result;
		p->scratch = p->room + (spare_of(p) ? (p->start - p->room) % HUGE : 0);
	} else if (step == LEAVE_HIDE || step == LEAVE_SHOW) {
		p->hidden = step == LEAVE_HIDE;
	} else if (step == LEAVE_BEYOND) {
		p->room = result;
	} else if (step == LEAVE_GROW) {
		p->room = result;
		p->scratch = result + PAGE;
	} else if (step == LEAVE_UNRESERVE) {
		p->room = p->scratch = 0;
	} else if (step == LEAVE_PLACE || step == LEAVE_WALL) {
		p->done = true;
	}
}

/* Some are no reason to stop: no huge pages, page tables that are locked; a copy that could not be locked. */
static bool may_fail(enum leave_step step)
{
	return step == LEAVE_PAGES || step == LEAVE_HIDE || step == LEAVE_DROP || step == LEAVE_LOCK ||
	       step == LEAVE_UNRESERVE;
}

static int refused(const struct injector *in, enum leave_step step, const struct piece *p, int rc, struct buf *why)
{
	if (step == LEAVE_RESERVE && (rc == -ENOMEM || rc == -EAGAIN)) {
		buf_printf(why, "no room for the copy: process %d may not have %" PRIu64 " bytes more (its limits, or "
			   "those on overcommitment)", (int)in->t->pid, room_of(p));
		return -ENOMEM;
	}
	if (step == LEAVE_LOCK)
		buf_printf(why, "its copy is not locked in memory: mlock: %s", strerrordesc_np(-rc));
	else if (!may_fail(step))
		buf_printf(why, "%s in process %d: %s", steps[step].name, (int)in->t->pid, strerrordesc_np(-rc));
	return may_fail(step) ? 0 : rc;
}

int leave_step(struct injector *in, enum leave_step step, struct piece *p, struct buf *why)
{
	enum arch_sys call;
	uint64_t args[6];
	int64_t result;
	int rc;

	if (!leave_call(step, p, &call, args) || (step == LEAVE_UNRESERVE && !p->room))
		return 0;
	rc = inject(in, call, args, &result);
	if (rc == -ETIMEDOUT)
		return say_asleep(in->t->pid, why);
	if (rc)
		return say_unread(in->t->pid, rc, why);
	/* the last page of the address space is no address */
	if (result < 0 && result >= -4095)
		return refused(in, step, p, (int)result, why);
	note(step, p, result);
	return 0;
}
