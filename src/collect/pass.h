/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef COLLECT_PASS_H
#define COLLECT_PASS_H

/*
 * What the files of this room share.
 *
 * A pass goes: list the tasks; read each task's mappings, descriptors and namespaces
 * (scan.c, in threads, into struct task); read what has no holder (segments, files); join
 * all of it into objects (join.c); ask leases, locks, mounts; judge.
 */
#include "ipctop/buf.h"
#include "ipctop/collect.h"
#include "ipctop/snapshot.h"

/* One VMA as a task has it. */
struct raw_map {
	uint64_t start, end, offset;
	uint64_t device, inode;
	uint32_t name;			/* offset in the task's names */
	uint32_t object;		/* where it was found in the last pass, +1: look there first */
#define NO_OBJECT UINT32_MAX		/* ... that it is of none that is asked for */
	uint8_t prot;			/* enum prot */
	bool segment;			/* of System V, by its name; known with @object */
};

/* One descriptor of a regular file or a character device. */
struct raw_fd {
	uint64_t device, inode;
	uint32_t fd, tid;		/* tid: whose table; the pid itself as a rule */
	uint32_t name;			/* offset in the task's names */
	uint8_t access;			/* enum access */
};

/* What libproc2 tells of a process; the strings belong to it. */
struct process_facts {
	int64_t cpu;			/* task.cpu when it was asked */
	bool found;
	uint64_t tics;			/* of its start */
	uint32_t euid;
	char *comm, *cmdline, *cgroup;	/* cgroup NULL: none was told */
};

/* A process, and what is kept of it between passes. */
struct task {
	uint32_t pid;
	uint32_t euid;			/* by /proc's inode: root's where it is not dumpable */
#define EUID_UNREAD UINT32_MAX
	uint64_t inode;			/* of /proc/PID: changes with the process behind the number */
	int64_t cpu;			/* CPU clock at the last reading of the mappings, ns */
	uint64_t ipc_ns, mnt_ns, pid_ns;	/* 0: could not be read */
	uint64_t nfds_seen;		/* size of the fd folder at the last reading */
	uint32_t reader;		/* tid through which maps are read: a dead leader's thread */
	uint32_t process;		/* row of CLASS_PROCESS in this pass, +1; 0: none yet */
	int16_t maps_error, fds_error, ns_error;	/* errno, 0: read */
	bool maps_valid;		/* maps hold what stood at @cpu; the last scan read them */
	bool private_read;		/* private mappings of files are among them */
	bool fds_valid;			/* as maps_valid */
	bool gone;			/* vanished while it was read */
	bool slept;			/* has not run since the last pass */
	bool skipped;			/* was not read again in this scan */
	uint64_t print, last_print;	/* fingerprint of the maps, and that of the reading before */
	struct table maps, fds;		/* struct raw_map, struct raw_fd */
	struct process_facts *facts;	/* NULL: none yet */
	struct buf names;		/* of both, each with its NUL; offset 0 is "" */
};
static inline const char *task_name(const struct task *t, uint32_t offset)
{
	return t->names.s + offset;
}

/* A file system on which files are shared memory. */
struct shared_fs {
	uint64_t device;
	enum { FS_POSIX, FS_HUGETLB, FS_MQUEUE } type;
	bool own;			/* at /dev/shm of the reader, or of its IPC namespace (FS_MQUEUE) */
	uint64_t ipc_ns;		/* FS_MQUEUE; 0: unknown */
	bool whole;			/* its own root is mounted there, not a folder of it */
	bool walked;			/* whole, and every folder of it could be read */
	uint64_t page_size;		/* FS_HUGETLB */
	int root;			/* descriptor of its root (O_PATH), -1: none */
	char *path;			/* where it is mounted, as its mount namespace sees it */
};

struct mount {
	uint64_t device;
	char *root, *point, *type, *source, *options;
	bool remote;			/* of a server that may be away */
};

/* The mounts of one mount namespace. */
struct mounts {
	uint64_t mnt_ns;
	uint32_t pid;			/* through which they were read; 0: the reader itself */
	bool remote;			/* some of them are */
	struct table rows;		/* struct mount */
};

/* Found objects by what identifies them. */
struct slot {
	uint64_t device, inode, extra;	/* extra: IPC namespace, or hash of a path */
	uint32_t object;		/* index + 1 */
};
struct index {
	struct slot *slots;
	uint32_t room, used;
};
uint32_t index_find(const struct index *x, uint64_t device, uint64_t inode, uint64_t extra);	/* +1; 0: none */
void index_add(struct index *x, uint64_t device, uint64_t inode, uint64_t extra, uint32_t object);
void index_clear(struct index *x);	/* empty, but keeps its memory */
void index_release(struct index *x);

struct user_names;

/*
 * What statx said of files without a name, by (device, inode). Only who holds such a file can
 * change it: as long as its holders are the same and all sleep it is as it was. One that has
 * gone may have changed it before.
 */
struct stats {
	struct index index;
	struct table rows;		/* struct kept_stat, of stat.c, most in the order of objects */
	uint32_t next;			/* the row that is likely to be asked for next */
	uint32_t used;			/* rows that this pass asked for */
};

struct collector {
	struct collect_options options;
	uint32_t kinds;			/* asked for, and their family's */
	unsigned int threads;
	unsigned long passes;
	bool query_works;		/* PROCMAP_QUERY */
	bool light;			/* the last scan had little to read of most tasks */
	bool want_private;		/* some lease was refused or not to be had */
	uint64_t miscounted;		/* segments whose mappings never added up to nattch */
	uint64_t shm_device;		/* the kernel's own tmpfs */
	uint64_t ipc_ns, pid_ns, mnt_ns;
	bool initial_pid_ns, proc_is_ours;
	struct table hugetlb;		/* struct hugetlb_device: the kernel's own mounts */
	bool hugetlb_sought;
	int64_t boot_offset;		/* real clock minus boot clock, ms */
	uint32_t segments;		/* of the reader's namespace in the last pass */
	struct stats stats;		/* facts about files whose holders may sleep */
	uint32_t counts[NR_CLASSES];	/* rows of the last snapshot */
	uint64_t devices;		/* fingerprint: which file systems the last pass knew */
	struct index index;		/* memory for that of the next pass */
	const uint64_t *only;		/* just these processes, ascending; NULL: all */
	uint32_t nonly;
	struct table tasks;		/* struct task, ascending by pid */
	struct user_names *names;
	/* the last look that found nobody, for absence without leases */
	struct look {
		int64_t at;		/* boot clock, ms */
		uint64_t tasks;		/* fingerprint of the task list */
		struct index unheld;
	} look;
};

/* One pass. pass_begin, pass_objects (all but the judgement), …, pass_release (not the snapshot). */
struct pass {
	struct collector *c;
	struct snapshot *s;
	uint32_t sources;
	int64_t start_us;
	struct scene scene;
	bool hidden;			/* some processes may be hidden from the reader */
	uint32_t gaps, numbers;		/* those that reading again does not tell again */
	struct table filesystems;	/* struct shared_fs */
	struct table mounts;		/* struct mounts: the reader's first */
	struct index index;
	struct index ids;		/* segments by id; where.same_id is the next of it */
	bool ids_known;
	uint32_t files;			/* objects from here on are no segments of a namespace in sight */
	struct folder *folders;		/* of stat.c, while it looks up files */
	struct table where;		/* struct where, one for each object: how to reach it */
	struct table links;		/* struct link: which task holds which object, if wanted */
	uint32_t shift;			/* how far objects stand behind their places in the last pass */
	struct table pid_facts, uids;
	struct buf text;		/* of the name that is being made */
};

int pass_begin(struct pass *p, struct collector *c);
void pass_objects(struct pass *p);
void pass_release(struct pass *p);

/* How to reach an object's file. What each mapping touches comes first. */
struct where {
	uint64_t holders;		/* fingerprint: which processes hold it, how many times */
	uint64_t start, end;		/* a mapping */
	uint32_t map_task, fd_task;	/* the last that was counted, +1 */
	bool awake;			/* one of its holders has run since the last pass */
	uint32_t map_tid;		/* mapping, seen through that thread */
	uint64_t map_device;		/* ... as maps tells it */
	uint32_t tid;			/* descriptor of that thread */
	int32_t fd;			/* ... -1: none */
	uint32_t fs;			/* index + 1 into filesystems, with @below */
	uint32_t same_id;		/* another segment of that id, +1 */
	char *below;			/* path below its root; in the arena */
	const char *name;		/* what the kernel calls it */
	bool statted;			/* its facts are there */
	bool dropped;			/* it went away meanwhile */
	bool named;			/* its path, looked up here, is this very object */
};

struct link {
	uint32_t object, task, item;
	bool is_fd;
};

struct hugetlb_device {
	uint64_t device, page_size;
};

/* tasks.c: the task list, kept between passes. -errno only when /proc cannot be read. */
int tasks_list(struct pass *p) __must_check;
void task_release(struct task *t);
/*
 * scan.c: mappings, descriptors and namespaces of all tasks, by threads. With @again those that
 * slept since the last reading are read as well. Gives how many were skipped.
 */
uint32_t tasks_scan(struct pass *p, bool maps, bool fds, bool again);
void tasks_gaps(struct pass *p, bool maps, bool fds);
/* The tids (uint32_t) of the process whose folder is @dir, but for its leader's; 0 or -errno. */
int thread_list(int dir, uint32_t pid, struct table *tids) __must_check;
/*
 * crew.c: run @work on the numbers below @count, on up to @threads threads that take @step of
 * them at a time: enough to make the counter cheap, few enough to end together. Any thread
 * may call it; while another has the helpers it works alone.
 */
void in_threads(unsigned int threads, uint32_t count, uint32_t step,
		void (*work)(void *arg, uint32_t i), void *arg);
static inline struct task *pass_task(const struct pass *p, uint32_t i)
{
	return (struct task *)p->c->tasks.rows + i;
}

/* maps.c */
struct vma {
	uint64_t start, end, offset, device, inode;
	uint8_t prot;
	const char *name;		/* "" for none; valid until the next */
	size_t name_len;
};
enum maps_filter { MAPS_SHARED = 1, MAPS_PRIVATE_FILES = 2, MAPS_EVERYTHING = 4 };
typedef void (*maps_fn)(void *arg, const struct vma *vma);
/*
 * The VMAs that @filter selects (not MAPS_EVERYTHING) of the process whose maps file is @fd. 0 or -errno; -ENOTTY:
 * the kernel has no PROCMAP_QUERY.
 */
int maps_query(int fd, unsigned int filter, maps_fn fn, void *arg) __must_check;
/* The same from text, read from @fd. @dir is the process's folder, to settle doubtful names; -1: none. */
int maps_read(int fd, int dir, unsigned int filter, maps_fn fn, void *arg) __must_check;
/*
 * The whole lines that come from @fd, each without its newline. @fn gives 0, or what ends the reading
 * and is given. 0 or -errno; -EINVAL: a line is too long.
 */
typedef int (*line_fn)(void *arg, const char *line, size_t len);
int lines_read(int fd, line_fn fn, void *arg) __must_check;
/* One line of maps text without its newline; @name decoded into @room bytes. 0 or -EINVAL. */
int maps_parse_line(const char *line, size_t len, struct vma *vma, char *name, size_t room) __must_check;

/*
 * smaps.c: the VMAs of a process with what they use, from its file @path below @dir. @fn gives 0, or
 * what ends the reading and is given. 0 or -errno. It slows the process while it is read.
 */
struct smaps_usage {
	bool has_rss, has_pss, has_swap;
	uint64_t rss, pss, swap;	/* bytes */
};
typedef int (*smaps_fn)(void *arg, const struct vma *vma, const struct smaps_usage *usage);
int smaps_read(int dir, const char *path, smaps_fn fn, void *arg) __must_check;

/*
 * fds.c: the descriptors of one table. @dir: folder of the process or thread. @size: how many
 * were open, before they were read; 0: the kernel (before 6.2) does not tell.
 */
typedef void (*fd_fn)(void *arg, const struct raw_fd *fd, const char *name);
int fds_read(int dir, uint32_t tid, fd_fn fn, void *arg, uint64_t *size) __must_check;

/*
 * ipcns.c: the objects of System V that are asked for, and the file systems of POSIX queues, of all IPC
 * namespaces in sight.
 */
void ipc_namespaces_read(struct pass *p);

/* mounts.c */
void mounts_read(struct pass *p);	/* the reader's, then those of other mount namespaces */
/* Those of one process (0: the reader) alone, as a further row (struct mounts); 0 or -errno. */
int mounts_read_of(uint32_t pid, struct table *mounts) __must_check;
void mounts_release(struct table *mounts);
/* Whether looking @path up may hang: a network or FUSE file system stands on its way. */
bool mounts_may_hang(const struct pass *p, const char *path);
/*
 * The same in any mount namespace, as its processes see it. Without @root its root does not
 * count: when the reader's own is away the reader does not run.
 */
bool mounts_pass_server(const struct mounts *set, const char *path, bool root);
/*
 * Whether the owners of files on @device, a file system of @set, are to be believed: a FUSE server tells
 * what it likes, so it must be root's or the reader's own (mount.fuse3(8), user_id).
 */
bool mounts_owner_told(const struct mounts *set, uint64_t device);
/* Whether there is any such file system beside the root. */
bool mounts_any_server(const struct mounts *set);
/* The type of the file system with that device number, NULL when unknown. */
const char *mounts_type(const struct pass *p, uint64_t device);
/* A fingerprint of all devices that mounts and filesystems tell, and what they are. */
uint64_t mounts_print(const struct pass *p);
void mounts_mark(struct pass *p);	/* evidence: bind mounts and overlay layers */

/* files.c: what lies on /dev/shm and hugetlbfs. */
void files_find(struct pass *p);	/* the file systems */
void files_walk(struct pass *p);	/* their files, as objects */
void files_release(struct pass *p);
/* Whether /dev/shm, or what it is a symbolic link to, is a server's that may be away. */
bool files_may_hang(const struct pass *p);
struct shared_fs *files_fs(const struct pass *p, uint64_t device);
bool is_hugetlb_device(const struct pass *p, uint64_t device, uint64_t *page_size);

/*
 * A folder (O_PATH) where something is mounted in the mount namespace of @set, or -errno: -EREMOTE where a
 * server that may be away stands on the way.
 */
int mount_open(const struct mounts *set, const char *point) __must_check;

/* tmpfses.c: rows of CLASS_PILE. */
void tmpfses_read(struct pass *p);
/* shmemcg.c: rows of CLASS_CGROUP. */
void cgroups_read(struct pass *p);

/* mqueue.c: what queues tell of themselves. */
void mqueues_read(struct pass *p);
/* As mqueue_mount() of the reader's namespace, or what is mounted of it where it may not mount; after mounts_read. */
int mqueue_own(const struct pass *p) __must_check;

/* semfile.c: the values of POSIX semaphores. */
void semfiles_read(struct pass *p);

/* object.c: rows of objects. */
struct object *object_add(struct pass *p, enum kind kind, uint32_t *index);
struct statx;
void object_stat(struct pass *p, struct object *o, const struct statx *stx);
struct where *pass_where(const struct pass *p, uint32_t object);
/* Names of all objects, once their facts are known. */
void object_name(struct pass *p, uint32_t i);

/* join.c: objects out of mappings and descriptors. */
void join(struct pass *p, bool maps, bool fds);
void places_forget(struct collector *c);	/* which object each mapping is of: looked up anew */
/* What the name of a file on a tmpfs at /dev/shm makes of it, until its size is known. */
enum kind kind_on_posix(const char *name);
/*
 * What the kernel calls a file, as a path: names of queues begin at the root of their own file system. In
 * the arena.
 */
const char *name_in_sight(const struct pass *p, uint64_t device, const char *name);
/* The name without the kernel's " (deleted)", and whether it bore it. */
const char *without_mark(struct arena *arena, const char *name, bool *marked);

/* stat.c: facts of objects that were found by a holder; the files first, then all others. */
void stat_files(struct pass *p);
void stat_others(struct pass *p);
void stats_release(struct stats *s);
/* The file behind a mapping: 0 or an errno. */
int stat_mapping(uint32_t tid, uint64_t start, uint64_t end, struct statx *stx);
/*
 * Open object @i to read it, with @flags of open(2), by its name or else through a holder: a descriptor or
 * -errno. Never waits.
 */
int object_open(const struct pass *p, uint32_t i, int flags) __must_check;
/* What @path, a name that the kernel gave, leads to; false where it may not be looked up. */
bool stat_path(const struct pass *p, const char *path, struct statx *stx);
bool same_file(const struct statx *stx, uint64_t device, uint64_t inode);

/* The row of CLASS_PROCESS that stands for a task, made when it is missing. */
uint64_t process_row(struct pass *p, uint32_t task);
/* "rw-s"; a constant. */
const char *prot_text(uint8_t prot);
/* holders.c: CLASS_HOLDER and the counts; holders_complete once the leases are known. */
void join_holders(struct pass *p);
void holders_complete(struct pass *p);

/* lease.c, locks.c */
void leases_ask(struct pass *p);
void locks_read(struct pass *p);

/*
 * process.c: the only user of libproc2, which takes longer to load than a list of segments takes
 * to make.
 */
void processes_read(struct pass *p);	/* facts of CLASS_PROCESS rows */
void comms_read(struct pass *p);	/* their comm alone, which is cheap */
void process_forget(struct task *t);	/* they are another's */
int64_t tics_ms(uint64_t tics);
int uids_read(struct pass *p, struct table *uids) __must_check;	/* all uids of all tasks */
void memory_read(struct pass *p);

/* lives.c: what is to be known of these pids, ascending; into p->pid_facts. */
void pid_facts_read(struct pass *p, const uint32_t *pids, uint32_t n);
/*
 * Facts out of the texts of /proc/PID/stat and status; false where they do not tell. Start times
 * are in clock ticks since boot.
 */
struct life_facts {
	char state;
	uint64_t flags, threads, start, tgid;
};
bool life_parse_stat(const char *stat, struct life_facts *f);
bool life_parse_status(const char *status, struct life_facts *f);

/* people.c: judged pids and the users with a process. */
void pids_judge(struct pass *p);
void uids_find(struct pass *p);
bool tasks_hidden(const struct pass *p);	/* whether hidepid may keep processes from the reader */

/* logind.c: object.logout, once the owners' names are known and before the rows are ordered. */
void logouts_find(struct pass *p);

/* names.c: user and group names. */
struct user_names *user_names_new(void);
void user_names_free(struct user_names *n);
void user_names_fill(struct pass *p);

/* system.c: the machine itself. */
void system_begin(struct pass *p);
void system_end(struct pass *p);

/* limits.c: CLASS_LIMITS. */
void limits_begin(struct pass *p);
void limits_of_tmpfs(struct pass *p);	/* after mounts_read */
struct shminfo;
struct shm_info;
void limits_of_segments(struct pass *p, const struct shminfo *limits, const struct shm_info *info);
void limits_read(struct pass *p);	/* all the others; after the segments were */

/* A number behind "name:[" in a link such as ns/ipc: 0 when there is none. */
uint64_t ns_inode(int dir, const char *path, int *error);

#endif
