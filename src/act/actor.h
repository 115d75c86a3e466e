/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ACT_ACTOR_H
#define ACT_ACTOR_H

/* What the files of this room share: one run of a plan. */
#include "ipctop/act.h"
#include "ipctop/sysv.h"

struct actor {
	struct plan *plan;
	const struct act_settings *settings;
	struct collector *collector;
	struct snapshot *fresh;		/* the last look at the machine */
	struct identity_finder *finder;
	int64_t good_until;		/* clock_mono_us: look again from then on */
	struct reach *ways;
	const uint32_t *order;		/* in which the rows of the plan are done */
	uint32_t at;			/* the row under way, in @order */
	uint32_t ngroup;		/* rows from there on that are one act: all mappings of a process */
};

/* Row @i of the act under way. */
static inline struct act *actor_row(const struct actor *a, uint32_t i)
{
	return plan_act(a->plan, a->order[a->at + i]);
}

/*
 * What can be done to a kind, one row each in kinds.c. A function gets the object as the
 * fresh look showed it, looks at the object itself, acts, and settles @act.
 */
struct act_kind {
	void (*act[NR_ACTIONS])(struct actor *a, struct act *act, const struct object *fresh);
};
extern const struct act_kind act_kinds[NR_KINDS];

/* segment.c */
void segment_remove(struct actor *a, struct act *act, const struct object *fresh);
/*
 * Run @fn in the IPC namespace @ns, in a thread of its own when it is not the reader's. What it
 * gives, or -errno when the namespace cannot be entered.
 */
int in_ipc_ns(struct reach *ways, uint64_t ns, int (*fn)(void *arg), void *arg) __must_check;
/*
 * Ask the kernel for the segment that @fresh was: 0 when it is still the same, -ENOENT when it is gone,
 * -ESTALE when it is another or was used since, else -errno. In its namespace.
 */
struct shmid_ds;
int segment_look(const struct object *fresh, struct shmid_ds *ds) __must_check;

/* sysv.c: semaphores and queues of System V */
void semaphores_remove(struct actor *a, struct act *act, const struct object *fresh);
void queue_remove(struct actor *a, struct act *act, const struct object *fresh);
/*
 * Ask the kernel for the set or queue that @fresh was, in its namespace: 0 when it is still the same, however it was
 * used since, -ENOENT when it is gone, -ESTALE when it is another or was changed, else -errno.
 */
struct semid_ds;
struct msqid_ds;
int set_look(const struct object *fresh, struct semid_ds *ds) __must_check;
int queue_look(const struct object *fresh, struct msqid_ds *ds) __must_check;
/* Whether a time of the kernel's is that of the look; 0: it never happened. */
bool sysv_same_time(bool known, int64_t then, int64_t now);

/* file.c: files of a /dev/shm */
void file_remove(struct actor *a, struct act *act, const struct object *fresh);
/*
 * A descriptor (O_PATH) of the folder that the name @below @root stands in, without following links,
 * and in @last the name's last part; or -errno.
 */
int file_parent(int root, const char *below, const char **last) __must_check;
/* Whether nothing has the name any more that the file had. */
bool file_is_gone(struct actor *a, const struct identity *who);

/* save.c: any kind with contents */
void object_save(struct actor *a, struct act *act, const struct object *fresh);

/* Whether @ds is the segment that @fresh was, however it was used since. */
bool segment_is(const struct object *fresh, const struct shmid_ds *ds);
/* As segment_look, but that it was used since is no matter. */
int segment_look_used(const struct object *fresh, struct shmid_ds *ds) __must_check;
/* How often it is attached now. 0, or as segment_look; from any namespace. */
int segment_attachments(struct reach *ways, const struct object *fresh, uint64_t *nattch) __must_check;

/* holder.c: any kind that processes map and ipctop knows how to copy */
void holder_detach(struct actor *a, struct act *act, const struct object *fresh);

/* letting.c */
struct others {
	uint32_t count;			/* processes */
	bool unseen;			/* there may be more, that were not seen */
};
/* Who but the process @pid holds @o; their names are appended to @names. */
struct others others_of(const struct snapshot *s, const struct object *o, uint64_t pid, struct buf *names);
/* What it means for @act's process and them, for people. */
void others_put(struct buf *why, const struct act *act, const struct others *others, const char *names);
/* The process of @act, as reach_process wants it. */
struct process act_process(const struct act *act);
/* Settle @act by what detach_foresee or detach_run said: @rc < 0, @why, and that nothing was done. */
void settle_detach(struct plan *plan, struct act *act, int rc, const char *why);

/* plan.c: append "4711 (worker), 4712 (other) and 3 more", of all holders but the process @but; how many. */
#define HOLDERS_TOLD 4
uint32_t holders_put(struct buf *out, const struct snapshot *s, const struct object *o, uint64_t but);

/* change.c: mode and owner */
void sysv_change(struct actor *a, struct act *act, const struct object *fresh);
void file_change(struct actor *a, struct act *act, const struct object *fresh);

/*
 * Settle @act by an errno: what the system call @call said of it; ENOENT: it is gone, ESTALE: a look
 * right before found another.
 */
void settle_errno(struct actor *a, struct act *act, const char *call, int error);

#endif
