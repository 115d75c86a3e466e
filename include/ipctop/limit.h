/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_LIMIT_H
#define IPCTOP_LIMIT_H

#include "ipctop/snapshot.h"

/*
 * Limits of the kernel, one row each: made of the facts that a document tells of them (struct limits),
 * so that a recorded one gives the same rows as this machine.
 */

/* Add a row of CLASS_LIMIT for each limit that @s tells of; the nearest one is marked `first`. */
void limit_rows(struct snapshot *s);
/*
 * How the rows of @s have grown since @before, which has rows too, and when they are full at that rate; the
 * one that is full first is marked `first`. What did not grow has neither. 0, or -EINVAL with a sentence:
 * they are not of one machine, boot and IPC namespace, or no time lies between them.
 */
int limit_growth(struct snapshot *s, const struct snapshot *before, struct buf *error) __must_check;

/* The row marked `first`, or NULL: nothing that has a limit is counted, or with growth, nothing grows. */
const struct limit *limit_first(const struct snapshot *s);

/* In use of a hundred, rounded down; of a limit of 0 all is in use. */
uint64_t limit_percent(uint64_t used, uint64_t limit);
/* What @percent of @limit is, rounded up: from there on it is that much. */
uint64_t limit_part(uint64_t limit, uint64_t percent);
/* What grows by @grown in @ms milliseconds grows by that in @seconds; at most UINT64_MAX. */
uint64_t limit_rate(uint64_t grown, uint64_t ms, uint64_t seconds);
/* Seconds until it has grown by @free; at most UINT64_MAX. @grown is not 0. */
uint64_t limit_full_in(uint64_t free, uint64_t grown, uint64_t ms);

/* Whether that row says something of how near it is, and whether what it says could not be read. */
bool limit_is_counted(const struct limit *l);
bool limit_is_unread(const struct limit *l);
/* Whether more of @a is in use than of @b, both counted. */
bool limit_is_nearer(const struct limit *a, const struct limit *b);

#endif
