/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_PLAN_H
#define IPCTOP_PLAN_H

#include "ipctop/identity.h"

/*
 * Plans: which acts on which objects. A plan is a snapshot of its own, whose rows are of
 * CLASS_ACT: so it is shown, sorted and written as JSON like any other, and what was shown is
 * what the executor (act.h) runs. It does not need the snapshot that it was made from.
 */
struct plan {
	struct snapshot *s;
	uint64_t acts;			/* rows that are still OUTCOME_PLANNED */
};

/* What may be done without further questions. */
enum permit {
	PERMIT_STALE,	/* only to what is stale */
	PERMIT_DISUSED,	/* also to what is idle by its age or length alone */
	PERMIT_ANY,	/* to whatever the user named: --force */
};

/* An empty plan, at the time of @s. plan_release frees it. */
void plan_init(struct plan *plan, const struct snapshot *s);
void plan_release(struct plan *plan);
/*
 * One more row: @action on @o, an object of @s judged with its reasons. What @permit does
 * not allow is in the plan all the same, refused, and says why.
 */
struct act *plan_add(struct plan *plan, const struct snapshot *s, const struct object *o,
		     enum action action, enum permit permit);
static inline struct act *plan_act(const struct plan *plan, uint32_t i)
{
	return (struct act *)plan->s->tables[CLASS_ACT].rows + i;
}
static inline uint32_t plan_count(const struct plan *plan)
{
	return snapshot_count(plan->s, CLASS_ACT);
}

/*
 * Making processes let go of one object: a row of ACTION_DETACH for each shared mapping of a process, those of
 * one process beside each other. Rows of several processes are done in their order, and tell what becomes
 * of the object with each.
 */
struct letting {
	struct plan *plan;
	const struct snapshot *s;
	const struct object *o;		/* with its holders (NEED_HOLDERS, NEED_PROCESSES) */
	enum leave leave;
	enum permit permit;		/* PERMIT_ANY: also what others hold too */
	uint64_t mappings, fds, nattch;	/* left when all that is planned is done */
};
void letting_begin(struct letting *l, struct plan *plan, const struct snapshot *s, const struct object *o,
		   enum leave leave, enum permit permit);
/*
 * The rows of @h, a holder of the object; gives the index of the first. What stands against it refuses all of
 * them: a process without a shared mapping has one row that says so. With @ask the process is looked at for
 * what stands against it there and what its copy takes; it runs on.
 */
uint32_t letting_add(struct letting *l, const struct holder *h, bool ask);
/*
 * An object that is to be removed once all its holders have let go of it: their rows, and below them that of
 * the removal, which the executor does when nobody maps it any more. Where one of them stands against it,
 * all are refused. Who only has it open keeps that.
 */
void plan_add_parted(struct plan *plan, const struct snapshot *s, const struct object *o, enum leave leave);

/* Settle a planned row: @fmt says why it is kept, refused or failed; NULL for a success. */
void act_settle(struct plan *plan, struct act *act, enum outcome outcome, const char *fmt, ...)
	__printf(4, 5);

/* Somebody else removed it. */
void act_settle_gone(struct plan *plan, struct act *act);
/* Refused: of another namespace, and those were not asked for. */
void act_settle_foreign(struct plan *plan, struct act *act);

/*
 * Whether a planned row still holds by a newer snapshot: the object as it is now, or NULL after the
 * row was settled (gone, another in its place, no longer permitted).
 */
const struct object *plan_recheck(struct plan *plan, struct act *act, enum permit permit,
				  const struct snapshot *s, const struct identity_finder *finder);

/* Of the rows that are planned, the @n youngest are kept. */
void plan_keep_newest(struct plan *plan, uint64_t n);
/* At most @n rows stay planned: the oldest. */
void plan_limit(struct plan *plan, uint64_t n);
/* The indexes of all rows, the oldest object first; the caller frees them. */
uint32_t *plan_order(const struct plan *plan);
/* Bytes that the planned rows would free, or that the done ones did. */
uint64_t plan_bytes(const struct plan *plan);
/* Bytes that the copies of the planned rows take. */
uint64_t plan_copies(const struct plan *plan);

/*
 * Whether @permit allows @action on @o; else a sentence in @why, for people: what it is, and
 * what could be done.
 */
bool permit_allows(enum permit permit, enum action action, const struct snapshot *s,
		   const struct object *o, struct buf *why) __must_check;

#endif
