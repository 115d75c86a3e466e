/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_ACT_H
#define IPCTOP_ACT_H

#include "ipctop/collect.h"
#include "ipctop/mode.h"
#include "ipctop/plan.h"
#include "ipctop/reach.h"

/*
 * The one executor of plans: design.md section 7.
 *
 * Before each act it looks again. First at the whole machine, half a second before at most (or
 * as long as that look took): is the object the same (identity.h), and does the permit still
 * hold? Then, right at the act, at the object itself: a segment by IPC_STAT, a file under a
 * write lease that nobody else can open it against. What no look can close is the instant
 * between the last one and the system call: who attaches a segment then keeps it (it is condemned),
 * who began to open a file then gets it without a name (it is unlinked). The result says so.
 */
struct audit;
struct save_options;

struct act_settings {
	enum permit permit;
	bool all_namespaces;		/* else of the reader's own alone */
	const char *command;		/* "clean", "rm": for the audit */
	const struct mode_change *mode;	/* ACTION_CHMOD */
	bool has_uid, has_gid;		/* ACTION_CHOWN */
	uint32_t uid, gid;
	const struct save_options *save;	/* save first what is removed; NULL: do not */
	struct audit *audit;		/* NULL: nobody is told */
};

/*
 * Run what is planned in @plan, row by row; each row then has its result. @done (may be NULL) is
 * called after each. What the plan refuses is told to the audit before. One thread; ignores SIGIO
 * from then on. 0, or -EINTR when *@stop (may be NULL) was set: the rest stays planned.
 */
typedef void (*act_fn)(void *arg, const struct act *act);
int act_run(struct plan *plan, const struct collect_options *collect,
	    const struct act_settings *settings, act_fn done, void *arg,
	    const volatile int *stop) __must_check;

/*
 * What ACTION_CHMOD or ACTION_CHOWN by @settings will make of @o, for the row @act of the plan; it is
 * kept when it is so already.
 */
void act_foresee(struct plan *plan, struct act *act, const struct object *o,
		 const struct act_settings *settings);

/* Whether objects of @kind know @action at all. */
bool act_can(enum kind kind, enum action action);

/*
 * Contents of an object, to be read. A segment is attached read-only, which the kernel counts
 * as use: its attach time and last pid change (shmop(2)); a file keeps its access time where the
 * reader may say so (O_NOATIME: its owner, and who has CAP_FOWNER).
 *
 * To read a page of a segment that nobody ever touched through an attachment would make that page. So
 * it is read as a file, which needs CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN; or, without, only where
 * the kernel says that there are pages (mincore(2)) and their number proves that these are all. Where
 * it does not, since pages come and go from swap, all is read.
 */
struct contents {
	uint64_t size;
	uint64_t page_size;		/* 0: not told */
	int fd;				/* -1: by @map alone */
	const char *map;		/* of a segment; NULL: none */
	char *copy;			/* of a set's values or a queue's messages (save.h); NULL: none */
	unsigned char *present;		/* a byte for each page of @map, 1: there is one; NULL: not known */
};
/*
 * Open the contents of @o, an object of the fresh snapshot @s; in another namespace, by @ways, too. What has
 * no name is read by its holders, as far as @s has them. Never waits for somebody's lease. 0
 * (contents_close), or -errno with a sentence: -EOPNOTSUPP, the kind has none to read.
 */
int contents_open(struct reach *ways, const struct snapshot *s, const struct object *o,
		  struct contents *c, struct buf *error) __must_check;
void contents_close(struct contents *c);
/*
 * The next run of bytes at or behind @from that may hold data: 1 and its bounds, 0 behind the
 * last, or -errno. What lies between runs is zero.
 */
int contents_next(const struct contents *c, uint64_t from, uint64_t *start, uint64_t *end) __must_check;
/* Read at @offset: bytes read (fewer at the end), or -errno. */
int64_t contents_read(const struct contents *c, uint64_t offset, void *buffer, size_t n) __must_check;

/*
 * Who may write while the contents are read: how many of the holders in @s, and in @unseen whether there
 * may be others that @s does not have.
 */
uint32_t contents_writers(const struct snapshot *s, const struct object *o, bool *unseen);

#endif
