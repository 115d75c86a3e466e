/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_SNAPSHOT_H
#define IPCTOP_SNAPSHOT_H

#include "ipctop/alloc.h"
#include "ipctop/kind.h"
#include "ipctop/value.h"

/*
 * A snapshot: what was read in one pass, in memory.
 *
 * Rows of each class stand in one table. A row refers to others by span or index,
 * never by pointer; strings belong to the snapshot's arena. A snapshot is filled by
 * one thread, then frozen (snapshot_freeze), and from then on only read, by any number
 * of threads. Nobody keeps an index or pointer across snapshots.
 */
enum row_class {
	CLASS_DOCUMENT,		/* struct document: the one row that is the whole */
	CLASS_GAP,
	CLASS_POLICY,
	CLASS_LIMITS,
	CLASS_MEMORY,
	CLASS_TOTAL,
	CLASS_OBJECT,
	CLASS_HOLDER,
	CLASS_PROCESS,
	CLASS_MAPPING,
	CLASS_FD,
	CLASS_SEMAPHORE,	/* one of a set of System V */
	CLASS_REASON,
	CLASS_GROUP,		/* of `list --by` */
	CLASS_POOL,		/* of huge pages of one size */
	CLASS_LIMIT,		/* of `limits`: one limit, and how near it is */
	CLASS_MAP,		/* of `maps`: one VMA, private or shared */
	CLASS_ACT,		/* of a plan: one act on one object, and what became of it */
	CLASS_HOLDING,		/* what a process, or those of a user, hold */
	CLASS_PILE,		/* what the files of one user take on one tmpfs */
	CLASS_CGROUP,		/* shared memory of a control group */
	CLASS_ACCOUNT,		/* of `account`: a part of all shared memory */
	CLASS_EVENT,		/* of two looks: what happened to one object between them */
	NR_CLASSES
};

/* States and verdicts: design.md section 2. The order is that of urgency in sorting. */
enum state { STATE_CREATED, STATE_ATTACHED, STATE_OPEN, STATE_DETACHED, STATE_CONDEMNED, NR_STATES };
enum verdict { VERDICT_LIVE, VERDICT_IDLE, VERDICT_UNKNOWN, VERDICT_STALE, NR_VERDICTS };
extern const char *const state_names[NR_STATES + 1];
extern const char *const verdict_names[NR_VERDICTS + 1];

enum object_flag {		/* bits of object.flags, in the order of object_flag_names */
	OBJECT_CONDEMNED	= 1 << 0,
	OBJECT_LOCKED		= 1 << 1,
	OBJECT_HUGETLB		= 1 << 2,
	OBJECT_UNLINKED		= 1 << 3,
	OBJECT_SEALED		= 1 << 4,
	OBJECT_EXECUTABLE	= 1 << 5,
	OBJECT_WORLD_WRITABLE	= 1 << 6,
};
extern const char *const object_flag_names[];

/* What a write lease said (kernel-facts.md). */
enum lease { LEASE_NOT_ASKED, LEASE_GRANTED, LEASE_REFUSED, LEASE_NO_ANSWER };

/* A pid, judged: design.md section 2. */
enum life { LIFE_UNKNOWN, LIFE_ALIVE, LIFE_GONE };

/*
 * What the judgement needs of an object and no view shows. Not part of a document:
 * a document carries its verdicts.
 */
struct evidence {
	uint8_t lease;			/* enum lease */
	bool locked;			/* /proc/locks has a lock on it */
	bool waiters;			/* somebody sleeps in it: semaphores, queues */
	bool mounted;			/* root of a mount, layer of an overlay, loop device */
	bool private_mapping;		/* somebody maps it private */
	bool absent;			/* absence proven by looking twice (no lease, all was read) */
	bool holders_unread;		/* some task's mappings or descriptors could not be read */
	bool subfolder;			/* below a folder of /dev/shm */
	bool namespace_other;		/* of another IPC namespace or another mount's /dev/shm */
	/* set while judging */
	uint8_t creator;		/* enum life */
	uint8_t last;			/* enum life */
	uint8_t family_life;		/* enum life: of the pid in a family's name */
	bool has_family;
	bool has_family_pid;
	bool family_live, family_unknown;	/* another of the same instance is */
	uint8_t rule;			/* that decided, 0: none */
	uint32_t family_pid;
	int32_t family;			/* row of the family table in force */
	uint32_t reason_set;		/* bits: reason_infos that hold */
	const char *instance;		/* what the family's pattern captured; NULL: nothing */
};

struct object {
	struct facts facts;
	const char *name;		/* escaped; see name.h */
	uint64_t kind;			/* enum kind */
	uint64_t id, key;
	const char *label, *path;
	uint64_t ipc_ns, device, inode, links;
	uint64_t size, allocated, rss, swap, page_size;
	uint64_t mode, uid;
	const char *user;
	uint64_t gid;
	const char *group;
	uint64_t creator_uid;
	const char *creator_user;
	uint64_t creator_gid;
	const char *creator_group;
	uint64_t creator_pid, creator_alive, last_pid, last_alive;
	int64_t attach_time, detach_time, change_time, modify_time, access_time, birth_time;
	uint64_t semaphores;		/* of a set */
	struct span values;		/* of CLASS_SEMAPHORE, in their order */
	uint64_t waiters;		/* processes that sleep in it */
	int64_t operation_time;
	uint64_t messages, bytes, max_bytes;	/* in a queue; and what it takes */
	uint64_t max_messages, message_size;	/* of a POSIX queue; bytes of one message */
	const char *notify;		/* how somebody is told that a message came: signal, thread, none */
	uint64_t notify_signal, notify_pid;
	uint64_t send_pid, receive_pid;
	int64_t send_time, receive_time;
	uint64_t nattch, mappings, processes, openers, holders_complete;
	uint64_t state;			/* enum state */
	uint64_t flags;			/* enum object_flag */
	uint64_t logout;		/* whether systemd-logind would remove it at its owner's logout */
	const char *family;
	uint64_t verdict;		/* enum verdict */
	struct span reasons;		/* of CLASS_REASON, the deciding one first */
	struct span holders;		/* of CLASS_HOLDER, ordered by pid */
	struct evidence evidence;
};

struct holder {
	struct facts facts;
	uint64_t process;		/* index into CLASS_PROCESS */
	struct span mappings;		/* of CLASS_MAPPING, ordered by address */
	struct span fds;		/* of CLASS_FD, ordered by number */
};

struct process {
	struct facts facts;
	uint64_t pid;
	int64_t start_time;		/* milliseconds since the epoch */
	uint64_t start_tics;		/* the same as proc_pid_stat(5) has it, whatever the clock does; 0: not known */
	uint64_t uid;
	const char *user, *comm, *cmdline, *cgroup, *unit, *container;
	uint64_t pid_ns;
};

/* Protection of a mapping as maps writes it: bits of mapping.prot. */
enum prot { PROT_R = 1, PROT_W = 2, PROT_X = 4, PROT_SHARED = 8 };

struct mapping {
	struct facts facts;
	uint64_t start, length;
	const char *prot;		/* "rw-s" */
	uint64_t offset;
};

struct fd {
	struct facts facts;
	uint64_t fd;
	uint64_t access;		/* enum access */
};
enum access { ACCESS_PATH, ACCESS_R, ACCESS_W, ACCESS_RW, NR_ACCESSES };
extern const char *const access_names[NR_ACCESSES + 1];

struct semaphore {
	struct facts facts;
	uint64_t number, value;
	uint64_t last_pid;		/* who changed it last */
	uint64_t rise_waiters, zero_waiters;	/* processes that wait until it is larger, or 0 */
};

struct reason {
	struct facts facts;
	const char *code, *text;
};

/* A gap: a fact that could not be read. Summed up by source and error. */
struct gap {
	struct facts facts;
	const char *source, *error;	/* "maps", "EACCES" */
	uint64_t count;
	struct span pids;		/* of snapshot->numbers: the first 16 */
};

struct policy_row {
	struct facts facts;
	uint64_t grace, long_grace;	/* seconds */
	struct span keep;		/* of snapshot->words */
};

struct limits {
	struct facts facts;
	uint64_t shmmni, shmall, shmmax, shm_rmid_forced;
	uint64_t segments, pages, pages_resident, pages_swapped;	/* in use, by SHM_INFO */
	uint64_t tmpfs_size, tmpfs_used, tmpfs_inodes, tmpfs_inodes_used;	/* of /dev/shm */
	uint64_t semmni, semmns, semmsl, semopm;
	uint64_t semaphore_sets, semaphores;	/* in use, by SEM_INFO */
	uint64_t msgmni, msgmnb, msgmax;
	uint64_t queues, messages, message_bytes;	/* in use, by MSG_INFO */
	uint64_t fullest_queue, fullest_bytes, fullest_max_bytes;	/* its id */
	uint64_t mqueue_queues_max, mqueue_msg_max, mqueue_msgsize_max;
	uint64_t mqueue_msg_default, mqueue_msgsize_default;
	uint64_t mqueues;		/* POSIX queues that have a name */
	uint64_t rlimit_msgqueue, rlimit_memlock;	/* bytes; not applicable: no limit */
	struct span hugetlb;		/* of CLASS_POOL */
};

struct pool {
	struct facts facts;
	uint64_t page_size;		/* bytes */
	uint64_t pages, overcommit;	/* kept ready; how many more may be made when they are needed */
	uint64_t used;			/* in use, or promised */
};

enum unit { UNIT_OBJECTS, UNIT_PAGES, UNIT_BYTES, UNIT_SWITCH, NR_UNITS };
extern const char *const unit_names[NR_UNITS + 1];

/* See limit.h. */
struct limit {
	struct facts facts;
	const char *name;		/* that of the fact in struct limits */
	const char *setting;		/* what an administrator turns */
	uint64_t unit;			/* enum unit */
	uint64_t limit, used, free;
	uint64_t percent;		/* rounded down; above 100 where the limit was lowered since */
	uint64_t growth;		/* in a day, at the rate between two readings */
	uint64_t full_in;		/* seconds, at that rate */
	uint64_t first;			/* whether it is full before the others, or is the nearest now */
	const char *fails, *help;
};

struct memory {
	struct facts facts;
	uint64_t total, available, shmem, swap_total, swap_free, cached, hugetlb;	/* bytes */
};

struct total {
	struct facts facts;
	uint64_t kind;
	uint64_t objects, size, allocated, stale, stale_allocated;
};

struct group_row {
	struct facts facts;
	const char *value;
	uint64_t objects, size, allocated, stale, stale_allocated;
};

struct map {
	struct facts facts;
	uint64_t process;		/* index into CLASS_PROCESS */
	uint64_t start, length;
	const char *prot;
	uint64_t offset, device, inode;
	uint64_t kind;			/* enum kind, when it is of an object */
	const char *object;		/* its name */
	const char *path;		/* as the kernel names the mapping: "[heap]", a file */
	uint64_t deleted;
	uint64_t rss, pss, swap;	/* bytes; with -X */
};

/* What a process keeps where it lets go of an object. */
enum leave { LEAVE_COPY, LEAVE_FENCE, NR_LEAVES };
extern const char *const leave_names[NR_LEAVES + 1];

/* What an object is after its holders have let go: one of its states, or nothing. */
enum future { FUTURE_ATTACHED, FUTURE_OPEN, FUTURE_DETACHED, FUTURE_CONDEMNED, FUTURE_GONE, NR_FUTURES };
extern const char *const future_names[NR_FUTURES + 1];

enum action {
	ACTION_REMOVE, ACTION_SAVE, ACTION_RESTORE, ACTION_CHMOD, ACTION_CHOWN, ACTION_DETACH,
	ACTION_CREATE, NR_ACTIONS
};
extern const char *const action_names[NR_ACTIONS + 1];

enum outcome {
	OUTCOME_PLANNED,	/* not done */
	OUTCOME_REMOVED,	/* gone, and its memory is free */
	OUTCOME_CONDEMNED,	/* a segment that goes with its last attachment */
	OUTCOME_UNLINKED,	/* a file that lost its name, and goes with its last user */
	OUTCOME_CHANGED,	/* owner or mode */
	OUTCOME_SAVED,
	OUTCOME_RESTORED,	/* made again */
	OUTCOME_DETACHED,	/* a process let go of a mapping */
	OUTCOME_CREATED,	/* a new object */
	OUTCOME_GONE,		/* somebody else removed it before */
	OUTCOME_KEPT,		/* left alone because the request said so */
	OUTCOME_REFUSED,	/* a safety rule stood against it */
	OUTCOME_FAILED,		/* the kernel said no */
	NR_OUTCOMES
};
extern const char *const outcome_names[NR_OUTCOMES + 1];

/* Strings and the identity (identity.h) belong to the plan's own arena. */
struct identity;
struct act {
	struct facts facts;
	const char *name;		/* of the object */
	uint64_t kind;			/* enum kind */
	uint64_t action;		/* enum action */
	uint64_t size, allocated;	/* bytes */
	uint64_t uid;
	const char *user;		/* the owner */
	uint64_t mode, new_mode;	/* of chmod: as it was, as it is to be */
	uint64_t gid;			/* of chown: the group as it was */
	const char *group;
	uint64_t new_uid, new_gid;	/* of chown */
	uint64_t age;			/* seconds */
	uint64_t state, verdict;
	const char *family;
	const char *code, *reason;	/* the deciding one */
	uint64_t result;		/* enum outcome */
	const char *why;		/* of what was refused, failed or kept */
	uint64_t freed;			/* bytes that came back at once */
	const char *saved;		/* file that its contents went to */
	/* of detach: one row for each mapping of a process, those of one process beside each other */
	uint64_t pid;
	int64_t start_time;		/* of the process, milliseconds since the epoch */
	uint64_t start_tics;		/* as of struct process */
	const char *comm;
	uint64_t start, length, offset;	/* of the mapping */
	const char *prot;		/* "rw-s" */
	uint64_t leave;			/* enum leave */
	uint64_t copy;			/* bytes that its copies take: in its first row */
	uint64_t other_holders;		/* processes */
	const char *others;		/* who they are */
	uint64_t becomes;		/* enum future: of the object, with those above it done */
	int64_t stopped;		/* microseconds that it stood still: in its first row */
	uint64_t nattch, new_nattch;	/* of segments */
	const struct identity *who;	/* no fact: what the executor knows the object by */
};

/* Memory is `allocated`; each object counts once, however many of them hold it. See holding.h. */
struct holding {
	struct facts facts;
	uint64_t process;		/* index into CLASS_PROCESS, when it is of one */
	const char *value;		/* what the processes have in common, when it is of several */
	uint64_t processes, objects;
	uint64_t size, allocated, share;	/* bytes */
	uint64_t incomplete;		/* objects of which a size is missing in the sums */
	uint64_t by_kind[NR_KINDS];	/* bytes of memory */
	uint64_t owned, owned_allocated;	/* of users: objects that nobody holds */
	uint64_t stale, stale_allocated;
};

/* In the order in which they happen to one object. */
enum event_type {
	EVENT_CREATED, EVENT_ATTACHED, EVENT_DETACHED, EVENT_CHANGED, EVENT_CONDEMNED, EVENT_REMOVED,
	NR_EVENTS
};
extern const char *const event_names[NR_EVENTS + 1];

struct event {
	struct facts facts;
	int64_t time;			/* milliseconds since the epoch */
	uint64_t event;			/* enum event_type */
	const char *name;		/* of the object */
	uint64_t kind;			/* enum kind */
	uint64_t size;			/* bytes */
	uint64_t uid;
	const char *user;		/* the owner */
	uint64_t pid;			/* who did it */
	const char *comm;
	uint64_t mappings;		/* attached, detached: how many more or fewer */
};

/* Those of one file system stand beside each other. */
struct pile {
	struct facts facts;
	uint64_t device;
	const char *path;		/* where it is mounted, as its mount namespace sees it */
	uint64_t kind;			/* KIND_POSIX_SHM, when it is a /dev/shm */
	uint64_t uid;			/* unknown: of files that have no name, or that no look met */
	const char *user;
	uint64_t objects, memory;	/* files; bytes of memory and swap */
};

struct cgroup_row {
	struct facts facts;
	const char *path;
	uint64_t shmem;			/* bytes charged to itself, without those below it */
};

struct account {
	struct facts facts;
	const char *value;		/* kind, user or control group */
	const char *what;		/* the same for people */
	const char *path;		/* of a tmpfs */
	uint64_t objects;
	uint64_t memory, swap;		/* bytes */
	uint64_t percent;		/* of all shared memory */
};

#define DOCUMENT_SCHEMA "ipctop/1"	/* the contract that this program writes and reads */

struct document {
	struct facts facts;
	const char *schema, *version;
	int64_t time, duration;		/* milliseconds */
	const char *hostname, *kernel, *boot_id;
	uint64_t uid, ipc_ns, pid_ns, mnt_ns;
	uint64_t complete;
	struct span gaps;
	uint64_t policy, limits, memory;	/* indexes */
	struct span totals, objects;
};

FACTS_FIT(struct holder);
FACTS_FIT(struct process);
FACTS_FIT(struct document);
FACTS_FIT(struct map);
FACTS_FIT(struct act);
FACTS_FIT(struct event);
FACTS_FIT(struct holding);
FACTS_FIT(struct limits);
_Static_assert(offsetof(struct object, evidence) - sizeof(struct facts) <= 64 * 8,
	       "struct object has too many facts");

struct snapshot {
	struct table tables[NR_CLASSES];
	struct table numbers;		/* uint64_t */
	struct table words;		/* const char * */
	struct arena *arena;
	uint32_t kinds;			/* KIND_BIT: which were asked for */
	uint32_t sources;		/* SOURCE_BIT: which were read */
	uint64_t shm_device;		/* of the kernel's own tmpfs */
	uint64_t posix_device;		/* st_dev of the reader's /dev/shm; 0: none */
	bool replayed;			/* from a document */
};

struct snapshot *snapshot_new(void);
void snapshot_free(struct snapshot *s);
/* A new row of @class; it may move when the next is added. */
void *snapshot_add(struct snapshot *s, enum row_class class) __attribute__((returns_nonnull));
/* Row @i of @class; the index must exist. */
void *snapshot_row(const struct snapshot *s, enum row_class class, uint32_t i)
	__attribute__((returns_nonnull));
static inline uint32_t snapshot_count(const struct snapshot *s, enum row_class class)
{
	return s->tables[class].count;
}
/* The document row, made by snapshot_new. */
struct document *snapshot_document(const struct snapshot *s) __attribute__((returns_nonnull));
static inline struct object *snapshot_object(const struct snapshot *s, uint32_t i)
{
	return (struct object *)s->tables[CLASS_OBJECT].rows + i;
}

/* The process with that number that holds @o, or NULL. */
const struct process *snapshot_holder(const struct snapshot *s, const struct object *o, uint64_t pid);

/*
 * Count one fact of @source that could not be read because of @error (an errno,
 * positive) in process @pid (0: none). Equal gaps are summed up.
 */
void snapshot_gap(struct snapshot *s, const char *source, int error, uint64_t pid);
/* Forget all gaps but the first @gaps, for what is read again; @numbers as it was then. */
void snapshot_keep_gaps(struct snapshot *s, uint32_t gaps, uint32_t numbers);

/* Add @v, if it is @known, to @sum, which stays at UINT64_MAX when it would be more. */
static inline void sum_add(uint64_t *sum, bool known, uint64_t v)
{
	if (known && __builtin_add_overflow(*sum, v, sum))
		*sum = UINT64_MAX;
}

/* Count @o in @t; what is not known adds nothing. Its facts are not set. */
void total_add(struct total *t, const struct object *o);
/* Sums by kind: fills CLASS_TOTAL and the document's members. Before freezing. */
void snapshot_sum(struct snapshot *s);

/* Finds objects of one snapshot by name; it must outlive the finder. */
struct name_finder;
struct name_finder *name_finder_new(const struct snapshot *s);
void name_finder_free(struct name_finder *f);
/*
 * The object that @name (name.h) means: its index, -ENOENT, -EINVAL (malformed), -EEXIST when it means
 * several (a key without its namespace, or a document that has a name twice).
 */
int64_t name_find(const struct name_finder *f, const char *name);

/* An errno's symbol, "EACCES"; "E123" for one without. Never NULL. */
const char *errno_symbol(int error);

#endif
