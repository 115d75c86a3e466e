/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipctop/limit.h"

#include <errno.h>

#define DAY 86400

/* One row a limit; those of huge pages are made of their pools. */
struct limit_info {
	const char *name, *setting;
	enum unit unit;
	uint16_t limit, used;		/* offsets in struct limits; used 0: nothing is counted */
	bool untold;			/* the kernel counts, and tells nobody */
	const char *fails, *help;
};
#define LIMIT(name_)		.name = #name_, .limit = offsetof(struct limits, name_)
#define USED(name_)		.used = offsetof(struct limits, name_)

static const struct limit_info infos[] = {
	{ LIMIT(shmmni), USED(segments), .setting = "kernel.shmmni", .unit = UNIT_OBJECTS,
	  .fails = "shmget: ENOSPC", .help = "System V segments" },
	{ LIMIT(shmall), USED(pages), .setting = "kernel.shmall", .unit = UNIT_PAGES,
	  .fails = "shmget: ENOSPC", .help = "pages of all System V segments" },
	{ LIMIT(shmmax), .setting = "kernel.shmmax", .unit = UNIT_BYTES,
	  .fails = "shmget: EINVAL", .help = "one System V segment" },
	{ LIMIT(shm_rmid_forced), .setting = "kernel.shm_rmid_forced", .unit = UNIT_SWITCH,
	  .help = "1: System V segments go with their last attachment or creator" },
	{ LIMIT(semmni), USED(semaphore_sets), .setting = "kernel.sem, fourth", .unit = UNIT_OBJECTS,
	  .fails = "semget: ENOSPC", .help = "sets of System V semaphores" },
	{ LIMIT(semmns), USED(semaphores), .setting = "kernel.sem, second", .unit = UNIT_OBJECTS,
	  .fails = "semget: ENOSPC", .help = "semaphores, of all sets together" },
	{ LIMIT(semmsl), .setting = "kernel.sem, first", .unit = UNIT_OBJECTS,
	  .fails = "semget: EINVAL", .help = "semaphores of one set" },
	{ LIMIT(semopm), .setting = "kernel.sem, third", .unit = UNIT_OBJECTS,
	  .fails = "semop: E2BIG", .help = "operations of one semop" },
	{ LIMIT(msgmni), USED(queues), .setting = "kernel.msgmni", .unit = UNIT_OBJECTS,
	  .fails = "msgget: ENOSPC", .help = "System V queues" },
	{ LIMIT(msgmnb), USED(fullest_bytes), .setting = "kernel.msgmnb", .unit = UNIT_BYTES,
	  .fails = "msgsnd: waits, or EAGAIN", .help = "one System V message queue: the fullest" },
	{ LIMIT(msgmax), .setting = "kernel.msgmax", .unit = UNIT_BYTES,
	  .fails = "msgsnd: EINVAL", .help = "one message of a System V queue" },
	{ LIMIT(mqueue_queues_max), USED(mqueues), .setting = "fs.mqueue.queues_max",
	  .unit = UNIT_OBJECTS, .fails = "mq_open: ENOSPC", .help = "POSIX queues" },
	{ LIMIT(mqueue_msg_max), .setting = "fs.mqueue.msg_max", .unit = UNIT_OBJECTS,
	  .fails = "mq_open: EINVAL", .help = "messages of one POSIX queue" },
	{ LIMIT(mqueue_msgsize_max), .setting = "fs.mqueue.msgsize_max", .unit = UNIT_BYTES,
	  .fails = "mq_open: EINVAL", .help = "one message of a POSIX queue" },
	{ LIMIT(mqueue_msg_default), .setting = "fs.mqueue.msg_default", .unit = UNIT_OBJECTS,
	  .help = "messages of a POSIX queue that is made without attributes" },
	{ LIMIT(mqueue_msgsize_default), .setting = "fs.mqueue.msgsize_default", .unit = UNIT_BYTES,
	  .help = "one message of a POSIX queue that is made without attributes" },
	{ LIMIT(rlimit_msgqueue), .untold = true, .setting = "RLIMIT_MSGQUEUE", .unit = UNIT_BYTES,
	  .fails = "mq_open: EMFILE", .help = "POSIX queues of this user, by the limit of this process" },
	{ LIMIT(rlimit_memlock), .untold = true, .setting = "RLIMIT_MEMLOCK", .unit = UNIT_BYTES,
	  .fails = "shmctl SHM_LOCK: ENOMEM",
	  .help = "segments that this user locked, by the limit of this process" },
	{ LIMIT(tmpfs_size), USED(tmpfs_used), .setting = "size= of /dev/shm", .unit = UNIT_BYTES,
	  .fails = "write: ENOSPC; a store: SIGBUS", .help = "what lies on /dev/shm" },
	{ LIMIT(tmpfs_inodes), USED(tmpfs_inodes_used), .setting = "nr_inodes= of /dev/shm",
	  .unit = UNIT_OBJECTS, .fails = "shm_open, sem_open: ENOSPC", .help = "files on /dev/shm" },
};

static const char hugetlb_fails[] = "shmget, mmap: ENOMEM; a store: SIGBUS";

uint64_t limit_percent(uint64_t used, uint64_t limit)
{
	unsigned __int128 percent = limit ? (unsigned __int128)used * 100 / limit : 100;

	return percent > UINT64_MAX ? UINT64_MAX : (uint64_t)percent;
}

uint64_t limit_part(uint64_t limit, uint64_t percent)
{
	return ((unsigned __int128)limit * percent + 99) / 100;
}

uint64_t limit_rate(uint64_t grown, uint64_t ms, uint64_t seconds)
{
	unsigned __int128 rate = (unsigned __int128)grown * seconds * 1000 / ms;

	return rate > UINT64_MAX ? UINT64_MAX : (uint64_t)rate;
}

uint64_t limit_full_in(uint64_t free, uint64_t grown, uint64_t ms)
{
	unsigned __int128 seconds = (unsigned __int128)free * ms / grown / 1000;

	return seconds > UINT64_MAX ? UINT64_MAX : (uint64_t)seconds;
}

bool limit_is_counted(const struct limit *l)
{
	return FACT_KNOWN(l, percent);
}

bool limit_is_unread(const struct limit *l)
{
	return FACT_IS_UNKNOWN(l, limit) || FACT_IS_UNKNOWN(l, percent);
}

bool limit_is_nearer(const struct limit *a, const struct limit *b)
{
	if (a->percent != b->percent)
		return a->percent > b->percent;
	return (unsigned __int128)a->used * b->limit > (unsigned __int128)b->used * a->limit;
}

static struct limit *row_at(const struct snapshot *s, uint32_t i)
{
	return snapshot_row(s, CLASS_LIMIT, i);
}

static void set_amounts(struct limit *l, uint64_t limit, uint64_t used)
{
	FACT_SET(l, limit, limit);
	FACT_SET(l, used, used);
	FACT_SET(l, free, used < limit ? limit - used : 0);
	FACT_SET(l, percent, limit_percent(used, limit));
}

/* A stored fact of struct limits by its offset: known, unknown, not applicable. */
static enum value_state fact_at(const struct limits *limits, uint16_t offset, uint64_t *v)
{
	uint64_t bit = 1ULL << ((offset - sizeof(struct facts)) / 8);

	memcpy(v, (const char *)limits + offset, sizeof(*v));
	return limits->facts.known & bit ? VALUE_KNOWN :
	       limits->facts.unknown & bit ? VALUE_UNKNOWN : VALUE_NONE;
}

static struct limit *add_row(struct snapshot *s, const char *name, const char *setting, enum unit unit)
{
	struct limit *l = snapshot_add(s, CLASS_LIMIT);

	FACT_SET(l, name, name);
	FACT_SET(l, setting, setting);
	FACT_SET(l, unit, unit);
	FACT_SET(l, first, 0);
	return l;
}

static void add_limit(struct snapshot *s, const struct limits *limits, const struct limit_info *info)
{
	uint64_t limit, used = 0;
	enum value_state has_limit = fact_at(limits, info->limit, &limit);
	enum value_state has_used = info->used ? fact_at(limits, info->used, &used) : VALUE_NONE;
	struct limit *l = add_row(s, info->name, info->setting, info->unit);

	if (info->fails)
		FACT_SET(l, fails, info->fails);
	FACT_SET(l, help, info->help);
	/* a queue may have been set to take more or less than new ones do */
	if (info->used == offsetof(struct limits, fullest_bytes) && FACT_KNOWN(limits, fullest_max_bytes))
		limit = limits->fullest_max_bytes;
	if (has_limit == VALUE_KNOWN && has_used == VALUE_KNOWN) {
		set_amounts(l, limit, used);
		return;
	}
	if (has_limit == VALUE_KNOWN)
		FACT_SET(l, limit, limit);
	else if (has_limit == VALUE_UNKNOWN)
		FACT_UNKNOWN(l, limit);
	if (has_used == VALUE_KNOWN)
		FACT_SET(l, used, used);
	else if (has_used == VALUE_UNKNOWN || info->untold)
		FACT_UNKNOWN(l, used);
	if (has_used == VALUE_UNKNOWN && has_limit != VALUE_NONE) {
		FACT_UNKNOWN(l, free);
		FACT_UNKNOWN(l, percent);
	}
}

/* Where nobody set huge pages up there is nothing that could become full. */
static void add_pool(struct snapshot *s, const struct pool *pool)
{
	struct buf name = BUF_INIT;
	struct limit *l;
	uint64_t limit = pool->pages;

	buf_puts(&name, "hugetlb_");
	units_put_size(&name, pool->page_size, false);
	l = add_row(s, arena_strdup(s->arena, name.s), "vm.nr_hugepages, vm.nr_overcommit_hugepages",
		    UNIT_PAGES);
	buf_release(&name);
	FACT_SET(l, fails, hugetlb_fails);
	FACT_SET(l, help, "huge pages of that size, those that may be made when they are needed included");
	sum_add(&limit, true, pool->overcommit);
	if (!FACT_KNOWN(pool, pages) || !FACT_KNOWN(pool, overcommit) || !FACT_KNOWN(pool, used)) {
		FACT_UNKNOWN(l, limit);
		FACT_UNKNOWN(l, used);
		FACT_UNKNOWN(l, free);
		FACT_UNKNOWN(l, percent);
	} else if (limit || pool->used) {
		set_amounts(l, limit, pool->used);
	} else {
		FACT_SET(l, limit, 0);
		FACT_SET(l, used, 0);
		FACT_SET(l, free, 0);
	}
}

static void mark_nearest(struct snapshot *s)
{
	struct limit *nearest = NULL;

	for (uint32_t i = 0; i < snapshot_count(s, CLASS_LIMIT); i++)
		if (limit_is_counted(row_at(s, i)) && (!nearest || limit_is_nearer(row_at(s, i), nearest)))
			nearest = row_at(s, i);
	if (nearest)
		FACT_SET(nearest, first, 1);
}

void limit_rows(struct snapshot *s)
{
	const struct limits *limits = snapshot_count(s, CLASS_LIMITS) ?
				      snapshot_row(s, CLASS_LIMITS, 0) : NULL;

	if (!limits)
		return;
	for (unsigned int i = 0; i < ARRAY_SIZE(infos); i++)
		add_limit(s, limits, &infos[i]);
	for (uint32_t i = 0; FACT_KNOWN(limits, hugetlb) && i < limits->hugetlb.count; i++)
		add_pool(s, snapshot_row(s, CLASS_POOL, limits->hugetlb.first + i));
	mark_nearest(s);
}

static const struct limit *find(const struct snapshot *s, const char *name)
{
	for (uint32_t i = 0; i < snapshot_count(s, CLASS_LIMIT); i++)
		if (!strcmp(row_at(s, i)->name, name))
			return row_at(s, i);
	return NULL;
}

static int check_comparable(const struct document *now, const struct document *before, struct buf *error)
{
	if (!FACT_KNOWN(before, boot_id) || !FACT_KNOWN(now, boot_id) ||
	    strcmp(now->boot_id, before->boot_id))
		buf_puts(error, "it is of another machine, or of before its last boot");
	else if (now->ipc_ns != before->ipc_ns)
		buf_puts(error, "it is of another IPC namespace");
	else if (now->time <= before->time)
		buf_puts(error, "it is not older than what it is compared with");
	else
		return 0;
	return -EINVAL;
}

static void set_growth(struct limit *l, const struct limit *before, uint64_t ms)
{
	uint64_t grown;

	if (!before || !limit_is_counted(l) || !FACT_KNOWN(before, used) || before->used >= l->used)
		return;
	grown = l->used - before->used;
	FACT_SET(l, growth, limit_rate(grown, ms, DAY));
	FACT_SET(l, full_in, limit_full_in(l->free, grown, ms));
}

int limit_growth(struct snapshot *s, const struct snapshot *before, struct buf *error)
{
	const struct document *now = snapshot_document(s), *then = snapshot_document(before);
	struct limit *first = NULL;
	int rc = check_comparable(now, then, error);

	for (uint32_t i = 0; !rc && i < snapshot_count(s, CLASS_LIMIT); i++) {
		struct limit *l = row_at(s, i);

		FACT_SET(l, first, 0);
		set_growth(l, find(before, l->name), (uint64_t)(now->time - then->time));
		if (FACT_KNOWN(l, full_in) && (!first || l->full_in < first->full_in))
			first = l;
	}
	if (first)
		FACT_SET(first, first, 1);
	return rc;
}

const struct limit *limit_first(const struct snapshot *s)
{
	for (uint32_t i = 0; i < snapshot_count(s, CLASS_LIMIT); i++)
		if (row_at(s, i)->first)
			return row_at(s, i);
	return NULL;
}
