/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_HOLDING_H
#define IPCTOP_HOLDING_H

#include "ipctop/snapshot.h"

/*
 * Holdings: what each process holds, or all processes that have a user, control group, systemd
 * unit or container in common. Rows of CLASS_HOLDING.
 *
 * To hold is to map an object or to have a descriptor of it. An object counts once in a row,
 * however often it is mapped and by however many of the row's processes; so the rows of processes
 * that share do not add up, but their shares do: `share` divides the memory of an object by all
 * processes that were seen to hold it, and a row has one part for each of its own. The shares of
 * all rows together are the memory of all objects that are held.
 *
 * Sizes that are unknown are missing in the sums: these are lower bounds where `incomplete` is not
 * 0, and unknown where nothing else was summed up. Memory by kind does not apply to kinds that were
 * not collected, nor to those that use none of their own (files on a disk, devices).
 *
 * Rows of users also tell what the user owns and nobody was seen to hold: so a user may have a row
 * without a process.
 */
enum holding_by {
	HOLDING_BY_PROCESS,
	HOLDING_BY_USER,		/* effective; by number, shown by name */
	HOLDING_BY_CGROUP,
	HOLDING_BY_UNIT,
	HOLDING_BY_CONTAINER,
	NR_HOLDING_BYS
};
extern const char *const holding_by_names[NR_HOLDING_BYS + 1];

/* NEED_BIT set of what holdings_add reads. */
uint32_t holding_needs(enum holding_by by);

/*
 * Add the rows to @s, which is not frozen yet, and give where they stand; the order is that in which
 * objects are held. Processes whose value is unknown are a row each of their own kind: so is the
 * row's value then; the same holds where it does not apply. Takes time in proportion to the holders.
 */
struct span holdings_add(struct snapshot *s, enum holding_by by);

#endif
