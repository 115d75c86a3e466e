/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_KIND_H
#define IPCTOP_KIND_H

#include <stdbool.h>
#include <stdint.h>

/* Kinds of objects, and the sources that they are read from. */
#define KINDS(KIND)									\
	KIND(SHM, shm)			/* System V shared memory segment */		\
	KIND(SEM, sem)			/* System V set of semaphores */		\
	KIND(MSG, msg)			/* System V message queue */			\
	KIND(POSIX_SHM, posix_shm)	/* file on a tmpfs at /dev/shm */		\
	KIND(POSIX_SEM, posix_sem)	/* 32-byte file sem.* directly in /dev/shm */	\
	KIND(POSIX_MQ, posix_mq)	/* message queue on the mqueue file system of an IPC namespace */ \
	KIND(MEMFD, memfd)								\
	KIND(ANON, anon)		/* anonymous shared memory, /dev/zero included */ \
	KIND(FILE, file)		/* file mapped shared; on hugetlbfs also when nobody holds it */ \
	KIND(DEVICE, device)		/* a character device's memory */		\
	KIND(SPECIAL, special)		/* what the kernel itself maps shared */

enum kind {
#define KIND_ID(id, member) KIND_##id,
	KINDS(KIND_ID)
#undef KIND_ID
	NR_KINDS
};

/*
 * Sources: what a collector reads, from cheap to dear. A pass reads just those that
 * the chosen, filtered and sorted fields need together.
 */
enum source {
	SOURCE_SHMCTL,		/* shmctl over all indexes, all IPC namespaces in sight */
	SOURCE_SYSVIPC,		/* /proc/sysvipc/shm: rss and swap */
	SOURCE_SEMCTL,		/* semctl over all indexes, all IPC namespaces in sight */
	SOURCE_SEMVALUES,	/* ... and over all semaphores of each set; the files of POSIX ones */
	SOURCE_MSGCTL,		/* msgctl over all indexes, all IPC namespaces in sight */
	SOURCE_MQUEUE,		/* the mqueue file systems of all IPC namespaces in sight */
	SOURCE_MQSTATUS,	/* ... and what each queue tells when it is read, which moves its times */
	SOURCE_TMPFS,		/* the files on /dev/shm and hugetlbfs mounts */
	SOURCE_MAPS,		/* shared mappings of all processes */
	SOURCE_FDS,		/* descriptors of all processes */
	SOURCE_LEASE,		/* write leases for files without a holder */
	SOURCE_LOCKS,		/* /proc/locks */
	SOURCE_MOUNTS,		/* loop devices, overlays and bind mounts */
	SOURCE_PIDS,		/* creators, last users and family pids of what nobody holds */
	SOURCE_PIDS_ALL,	/* the same of all objects */
	SOURCE_UIDS,		/* which users have a process */
	SOURCE_HOLDERS,		/* each holder with its mappings and descriptors, not only counts */
	SOURCE_PROCESSES,	/* facts about holders */
	SOURCE_LOGIND,		/* what systemd-logind would remove at a logout */
	SOURCE_TMPFSES,		/* what the files of each user take on each tmpfs */
	SOURCE_CGROUPS,		/* shared memory by control group */
	SOURCE_LIMITS,		/* limits of the kernel */
	SOURCE_MACHINE,		/* memory of the machine */
	NR_SOURCES
};
#define SOURCE_BIT(s)	(1U << (s))
#define SOURCES_ALL	(SOURCE_BIT(NR_SOURCES) - 1)
/* Read inside of each IPC namespace. */
#define SOURCES_IPC_NS	(SOURCE_BIT(SOURCE_SHMCTL) | SOURCE_BIT(SOURCE_SEMCTL) | \
			 SOURCE_BIT(SOURCE_MSGCTL) | SOURCE_BIT(SOURCE_MQUEUE))
#define KIND_BIT(k)	(1U << (k))
#define KINDS_ALL	(KIND_BIT(NR_KINDS) - 1)

/*
 * What a field needs, in words that each kind translates into sources: the verdict
 * of a segment needs shmctl and a few pids, that of a file maps, descriptors, locks
 * and leases.
 */
enum need {
	NEED_BASE,		/* that the object exists, and its own facts */
	NEED_RESIDENT,		/* rss, swap, allocated */
	NEED_VALUES,		/* what each semaphore is at, and who waits for it */
	NEED_CONTENTS,		/* what is in a queue, and who is told of it */
	NEED_HOLDERS,		/* mappings and descriptors */
	NEED_PROCESSES,		/* facts about the holders */
	NEED_PIDS,		/* whether creator and last user live */
	NEED_STATE,
	NEED_VERDICT,
	NEED_LOGOUT,		/* whether it would go with its owner's logout */
	NEED_LIMITS,		/* limits of the kernel, whatever the objects are */
	NEED_DOCUMENT,		/* what a whole document tells beside its objects */
	/* of no document */
	NEED_ACCOUNT,		/* what takes all shared memory of the machine */
	NEED_CGROUPS,		/* ... by control group */
	NR_NEEDS
};
#define NEED_BIT(n)	(1U << (n))
#define NEEDS_DOCUMENT	(NEED_BIT(NEED_ACCOUNT) - 1)	/* all that a document tells */

struct kind_info {
	const char *name;	/* "posix-shm": in names, JSON and on command lines */
	const char *plural;	/* "POSIX shared memory": for people */
	uint32_t needs[NR_NEEDS];	/* masks of SOURCE_BIT */
	bool outlives;		/* may exist without a holder, so that rules after the first apply */
	bool counted;		/* the kernel's own count proves absence: nattch */
	bool unheld;		/* nobody maps it or has it open: who uses it the kernel does not count */
	bool sysv;		/* of System V: known by its id in an IPC namespace, and by a key */
	bool named;		/* a file that has, or had, a name */
	bool touched;		/* who reads it moves its change time, which so tells nothing of its use */
	bool memory;		/* its pages are memory and swap, not a disk's or a device's */
};
extern const struct kind_info kinds[NR_KINDS];
/* Whether processes can map it: then its holders are sought among the mappings. */
static inline bool kind_is_mapped(enum kind k)
{
	return kinds[k].needs[NEED_HOLDERS] & SOURCE_BIT(SOURCE_MAPS);
}

/* The kind of that name (any case), or -EINVAL. */
int kind_parse(const char *name, enum kind *kind);
/* The sources that a set of needs (NEED_BIT) of a set of kinds (KIND_BIT) comes to. */
uint32_t kind_sources(uint32_t kind_set, uint32_t need_set);
extern const char *const kind_names[NR_KINDS + 1];
extern const char *const source_names[NR_SOURCES + 1];

#endif
