/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_LIFECYCLE_H
#define IPCTOP_LIFECYCLE_H

#include "ipctop/policy.h"

/*
 * States and verdicts: design.md section 2, as pure functions.
 */

/* What is known of a pid: filled by a collector, judged here. */
struct pid_fact {
	uint64_t pid;
	bool exists;			/* kill(pid, 0) did not say ESRCH */
	bool is_thread;			/* the number is a thread's: Tgid differs */
	bool is_dead_zombie;		/* a zombie with one thread */
	bool is_self;			/* ipctop's own: counts as gone */
	bool has_start;			/* start time could be read */
	int64_t start;			/* milliseconds on the boot clock */
};

/* The world in which to judge. */
struct scene {
	int64_t now;			/* milliseconds since the epoch, at the start of the pass */
	int64_t boot;			/* milliseconds on the boot clock at that moment */
	bool steady;			/* birth of devtmpfs's root and boot time agree within 10 s */
	bool initial_pid_ns;		/* the reader is in the initial pid namespace */
	bool uids_complete;		/* the list of users with a process is complete */
	const uint64_t *uids;		/* users with a process, ascending */
	uint32_t nuids;
	const struct pid_fact *pids;	/* ascending by pid */
	uint32_t npids;
	const struct policy *policy;
	bool older_than_set;		/* --older-than: sets both graces */
	uint64_t older_than;
};

/*
 * A pid that is said to have done something at @when (seconds since the epoch; a
 * creator: the change time; a last user: the latest of attach and detach, of send and
 * receive, of the last operation; a family's pid: the birth time).
 */
enum life pid_judge(const struct scene *scene, uint64_t pid, bool has_when, int64_t when);

/* Whether it has lost its name and goes with its last user; what has none to lose never has. */
bool lifecycle_condemned(const struct object *o);
/* The state of an object: a fact, from its own members; unknown where it is not proven. */
void lifecycle_state(struct object *o);

/* What made it, by its name: sets family, and the evidence that the rules read. */
void lifecycle_family(struct snapshot *s, struct object *o, const struct policy *policy);

/*
 * Judge all objects of @s: sets creator_alive, last_alive, state, verdict and, if
 * @with_reasons, the reasons. Families must be set. Two passes: each alone, then by
 * family instance.
 */
void lifecycle_judge(struct snapshot *s, const struct scene *scene, bool with_reasons);

/* The reason codes, in the order of the rules: for the manual, the schema and tests. */
enum reason_code {
	REASON_ATTACHED, REASON_OPEN, REASON_LOCKED, REASON_WAITERS, REASON_MOUNTED,
	REASON_IN_USE_UNSEEN,
	REASON_KEPT, REASON_KEPT_FAMILY,
	REASON_HOLDERS_UNREADABLE, REASON_NO_LEASE,
	REASON_CREATOR_ALIVE, REASON_LAST_USER_ALIVE, REASON_FAMILY_PID_ALIVE,
	REASON_FAMILY_LIVE, REASON_FAMILY_UNKNOWN,
	REASON_ZERO_LENGTH, REASON_FUTURE_TIME, REASON_YOUNG,
	REASON_OWNER_GONE,
	REASON_FAMILY_ORPHAN,
	REASON_MESSAGES, REASON_NO_COUNT,
	REASON_NOT_POSIX_SHM,
	REASON_CREATOR_HIDDEN, REASON_CLOCK_UNSTEADY,
	REASON_SETTLING,
	REASON_ABANDONED,
	NR_REASONS
};
struct reason_info {
	const char *code;
	const char *meaning;	/* one line for the manual */
};
extern const struct reason_info reason_infos[NR_REASONS];

/* Append the sentence of reason @code of @o, as it stands in a document. */
void reason_put(struct buf *out, const struct snapshot *s, const struct scene *scene,
		const struct object *o, enum reason_code code);

#endif
