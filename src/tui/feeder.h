/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TUI_FEEDER_H
#define TUI_FEEDER_H

#include "ipctop/collect.h"
#include "ipctop/diff.h"
#include "ipctop/holding.h"
#include "ipctop/pages.h"
#include "rows.h"

/*
 * Collecting beside drawing: a thread of its own looks at the machine again and again, so that the
 * screen never waits for it. It looks no further ahead than one look: while that was not taken
 * (a terminal that is stopped, or takes no output), nothing is read.
 */

/* The one object that is looked at closely. */
struct closeup {
	struct row_key key;
	struct page_picture pages;
	struct object_usage usage;
	int pages_rc, usage_rc;		/* what reading them gave */
};

/* What was seen in one pass; immutable. Held by references; look_put by the last frees it. */
struct look {
	struct snapshot *s;
	struct summary sum;		/* of all objects */
	struct snapshot *events;	/* what happened since the look before; NULL: there was none */
	struct diff diff;		/* ... and to which objects */
	enum unseen unseen;		/* ... and of what no look saw, which is counted here */
	uint64_t unseen_count;
	struct span holdings[NR_HOLDING_BYS];	/* of those that were demanded */
	uint32_t needs, holding_bits;	/* what was demanded */
	struct closeup *closeup;	/* of the object that was demanded; NULL: none, or it has gone */
	/* by the choice of that number, 0: none; whoever holds the look may take them away */
	struct arrangement rows;
	uint64_t choice;
	uint64_t number;		/* counts them, from 1 */
	int references;			/* atomic */
};
struct look *look_new(struct snapshot *s);
/* Of a document: all that can be made of it. */
struct look *look_recorded(struct snapshot *s);
struct look *look_get(struct look *look);
void look_put(struct look *look);	/* NULL is fine */

/* What is to be read, how often. */
struct demand {
	uint32_t kinds;			/* KIND_BIT; 0: all */
	uint32_t needs;			/* NEED_BIT */
	uint32_t holdings;		/* bits of enum holding_by */
	uint32_t blocks;		/* of the picture of one object's pages; 0: none is wanted */
	struct row_key subject;		/* ... of which */
	bool reasons;
	int64_t interval;		/* milliseconds between the starts of passes */
	bool paused;
};

struct feeder;
/*
 * @options without kinds and sources. It reads nothing before the first feeder_demand. @wake, an
 * eventfd, is told of each look that is ready.
 */
struct feeder *feeder_new(const struct collect_options *options, int wake);
/* Ends the thread, once a pass that is under way is over. NULL is fine. */
void feeder_free(struct feeder *f);
/*
 * From the next pass on. What was not demanded before is read at once: the pass does not wait for
 * its time.
 */
void feeder_demand(struct feeder *f, const struct demand *demand);
/* What looks are arranged by from now on; taken over. NULL: they are not. */
void feeder_choose(struct feeder *f, struct choice *choice);
/* The next pass begins at once. */
void feeder_hurry(struct feeder *f);
/* The look that is ready, a reference of the caller's; NULL: none is. */
struct look *feeder_take(struct feeder *f);

#endif
