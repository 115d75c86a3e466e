/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_COLLECT_H
#define IPCTOP_COLLECT_H

#include "ipctop/lifecycle.h"
#include "ipctop/policy.h"
#include "ipctop/snapshot.h"

/*
 * Collectors fill snapshots.
 *
 * A collector keeps what it learned between passes: further passes read again only
 * the mappings of processes that have run since (kernel-facts.md, the CPU-clock skip), and what
 * they are called; that a sleeper was moved to another control group may show 8 passes later. One
 * thread uses it; inside it works with as many as the machine has cores.
 */
struct collect_options {
	uint32_t kinds;			/* KIND_BIT */
	uint32_t sources;		/* SOURCE_BIT, see kind_sources */
	bool reasons;			/* verdicts with their reasons */
	bool no_procmap_query;		/* read maps as text */
	bool no_lease;
	bool no_skip;			/* every pass from scratch */
	bool comms;			/* of holders, where no other facts of them are asked for */
	bool no_wait;			/* ... for the second look that proves absence: the next pass is it */
	bool older_than_set;
	uint64_t older_than;		/* seconds: sets both graces */
	const struct policy *policy;	/* outlives the collector */
	int policy_error;		/* errno, a gap "config": a file of it was left out */
};
struct collector;
struct collector *collector_new(const struct collect_options *options);
void collector_free(struct collector *c);
/*
 * What further passes read, in place of what its options said: other columns, another tab. The next
 * pass tells what that of a new collector would, but for one thing: it does not wait for the second look
 * that proves absence where no lease does, so that some verdicts are unknown until the pass after it. What
 * the last pass did not read is read of all processes. Between passes, by the thread that uses it.
 */
void collector_ask(struct collector *c, uint32_t of_kinds, uint32_t sources, bool reasons);
/* One pass. 0 and *@s (snapshot_free), or -errno where nothing at all could be read. */
int collector_pass(struct collector *c, struct snapshot **s) __must_check;

/*
 * Policy from the configuration files; 0, or -errno with a sentence and nothing added. -ETIMEDOUT: a
 * file was left out, since a server on its way (a network or FUSE file system) did not answer within 2 s,
 * -EREMOTE: since it is on another user's FUSE file system; the others are in force. It may fork, and waits
 * for its child alone.
 */
int policy_load(struct policy *p, struct buf *error) __must_check;

/*
 * A snapshot without objects: limits of the kernel and what is in use of them (CLASS_LIMITS), and who read
 * them where. No process is looked at. snapshot_free.
 */
struct snapshot *collect_limits(void) __attribute__((returns_nonnull));

/*
 * Replay: a snapshot from a document that --json wrote; "-" is stdin. 0, or -errno
 * with a sentence. A document that is cut off gives what was whole before the cut, with a gap
 * "snapshot" / "ENODATA" that says so (and *@s).
 */
int replay_read(const char *file, struct snapshot **s, struct buf *error) __must_check;
int replay_parse(const char *text, size_t len, struct snapshot **s, struct buf *error) __must_check;

/*
 * The mappings of processes, private ones too: CLASS_MAP rows. @pids NULL: all. With
 * @usage resident, proportional and swapped sizes (smaps: slows the process while it is read).
 * A pid that does not exist is a gap with ESRCH; -errno only when /proc itself cannot be read.
 *
 * The rows are handed over in pieces, whole processes in the order of their pids, and then
 * forgotten: millions of them need not be in memory together. *@s is the rest, gaps above all.
 */
struct maps_receiver {
	/* so many rows at least, but for the last piece, which may have none; 0: all in one piece */
	uint32_t piece;
	/* 0, or anything else to be handed no more */
	int (*take)(void *arg, const struct snapshot *s);
	void *arg;
};
int collect_maps(const struct collect_options *options, const uint64_t *pids, uint32_t npids, bool usage,
		 const struct maps_receiver *receiver, struct snapshot **s) __must_check;

#endif
