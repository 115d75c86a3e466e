/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ACT_DETACH_SPACE_H
#define ACT_DETACH_SPACE_H

/* The address space of the target: the mappings that it is about, and what the kernel says of them. */
#include "arch.h"
#include "detach.h"

/* Of VmFlags in smaps (proc_pid_smaps(5)): what forbids it, or must be the same for a copy. */
enum piece_flag {
	PIECE_LOCKED	= 1 << 0,	/* lo */
	PIECE_ON_FAULT	= 1 << 1,	/* lf: locked as pages come */
	PIECE_NO_FORK	= 1 << 2,	/* dc */
	PIECE_NO_DUMP	= 1 << 3,	/* dd */
	PIECE_RANDOM	= 1 << 4,	/* rr */
	PIECE_SEQUENTIAL = 1 << 5,	/* sr */
	PIECE_SEALED	= 1 << 6,	/* sl */
	PIECE_DEVICE	= 1 << 7,	/* io, pf, mm */
	PIECE_UFFD	= 1 << 8,	/* um, uw, ui */
	PIECE_BEYOND	= 1 << 9,	/* not of VmFlags: the object has ended before, a touch is SIGBUS */
	PIECE_KEY	= 1 << 10,	/* under a protection key (pkeys(7)); not of VmFlags either */
	PIECE_GUARD	= 1 << 11,	/* with guard pages (madvise(2), MADV_GUARD_INSTALL): nor that */
};

/* One VMA that is to be let go, or the part of it up to the end of the object, or that beyond. */
struct piece {
	uint64_t start, end, offset;	/* bytes */
	uint32_t prot;			/* PROT_READ … of mmap(2) */
	uint32_t flags;			/* enum piece_flag */
	uint64_t copy;			/* bytes of memory that its copy takes */
	uint64_t room;			/* reserved in the target for the copy, 0: nothing */
	uint64_t scratch;		/* where in it the copy is made */
	bool hidden;			/* from children (MADV_DONTFORK) */
	bool more;			/* the next is the rest of the same VMA */
	bool done;
};

struct space {
	struct table pieces;		/* struct piece, in the order of addresses */
	uint64_t vdso, vdso_length;	/* 0: none */
	bool wide;			/* a 64-bit program: by its vdso */
};

/*
 * Read what is mapped in the ranges of @r, by smaps of the thread @tid: 0 (space_release), -ESTALE when they are
 * not each one shared mapping of the object, or -errno, with a sentence.
 */
int space_read(struct space *s, const struct detach_request *r, pid_t tid, struct buf *why) __must_check;
void space_release(struct space *s);
static inline struct piece *space_piece(const struct space *s, uint32_t i)
{
	return (struct piece *)s->pieces.rows + i;
}

/* Cut a piece in two where an object of @size bytes ends (page by page). Whether it ends within, or before. */
bool space_cut(struct space *s, uint32_t i, uint64_t size);

/* Whether all that is still so, by maps of a stopped thread (smaps would be slow): 0, -ESTALE, -errno. */
int space_check(const struct space *s, const struct detach_request *r, pid_t tid, struct buf *why) __must_check;
int say_changed(struct buf *why);	/* -ESTALE */

#endif
