/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_DIFF_H
#define IPCTOP_DIFF_H

#include "ipctop/snapshot.h"

/*
 * What happened between two looks: events, and for each object whether it is new, changed or as
 * before. Both snapshots come from the same collector; neither is modified.
 *
 * An object is the same when it stands in the same place (identity.h) and was born there: another
 * birth is a removal and a creation. Mode, owner and time of change may move: that is a change.
 * What is proven older than the earlier look was not created, it has come into sight; and a disk's
 * file or a device that nobody maps any longer is not removed.
 *
 * Who attached and detached is told by the holders of both looks. Where not all of them could be
 * read, the kernel's count says that there were more, and a segment's last user who the last one
 * was. Where its times alone say that somebody came or went, how many mappings is unknown. Any
 * number of events may lie between two looks and show in neither.
 */
#define DIFF_NONE	UINT32_MAX
#define EVENT_BIT(e)	(1U << (e))

struct diff_mark {
	uint32_t before;	/* its row in the earlier look; DIFF_NONE: it is new there */
	uint32_t events;	/* EVENT_BIT of what happened to it; 0: as before */
};

/* Starts zeroed; what it holds may be used again for the next two looks. */
struct diff {
	struct table marks;	/* struct diff_mark: one for each object of the later look */
	struct table gone;	/* uint32_t: rows of the earlier look that are no more, ascending */
};
void diff_release(struct diff *d);

static inline const struct diff_mark *diff_mark(const struct diff *d, uint32_t object)
{
	return (const struct diff_mark *)d->marks.rows + object;
}

/*
 * Fill @d, forgetting what it held, and add rows of CLASS_EVENT to @events, in order of time behind
 * those that are there. Their strings are copied, so that @events outlives both looks.
 *
 * The time of an event is the kernel's own where it tells one between the looks (the end of that
 * second), else that of the later look; it lies behind the earlier look and never behind the later.
 * Takes time in proportion to the rows of both.
 */
void diff_snapshots(const struct snapshot *before, const struct snapshot *now,
		    struct snapshot *events, struct diff *d);

/*
 * Segments that came and went unseen
 *
 * Since Linux 5.2 a namespace gives its ids in a circle (ipc/util.c, ipc_idr_alloc): the index, the
 * low 15 bits, counts up past those in use; behind max(64, 3/2 of the segments in use) it starts
 * again, and the bits above count the rounds. So the newest segment of a look tells how many were
 * created since the newest of the looks before: those that no look saw, and that nothing else
 * tells of. Some may have gone already before the earlier of two looks; summed up over successive
 * looks none is counted twice.
 *
 * Only of the reader's own namespace. Rests on ids that nobody chose (a restored checkpoint does).
 * An index that was passed because its segment, which is gone since, still had it, counts as well:
 * hence "at most".
 */
enum unseen {
	/* nothing new in sight, an older kernel, ids that do not fit, many more or fewer than before */
	UNSEEN_UNKNOWN,
	UNSEEN_AT_MOST,		/* within one round: there were no more */
	UNSEEN_ABOUT,		/* over several: if as many existed all the time as in the looks */
};

/* What is remembered of the looks before. Starts zeroed. */
struct unseen_watch {
	bool begun;
	uint64_t ipc_ns, newest;	/* id */
};

/* Looks follow each other: @now of one call is @before of the next, or the same look again. */
enum unseen unseen_segments(struct unseen_watch *w, const struct snapshot *before,
			    const struct snapshot *now, uint64_t *count);

#endif
