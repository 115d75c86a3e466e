/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipctop/kind.h"

#include <errno.h>
#include <strings.h>

#define S(s)	SOURCE_BIT(SOURCE_##s)

/*
 * An unlinked file has no name to be found by: mappings and descriptors of all
 * processes are part of listing the kinds that files can be.
 */
#define FILE_NEEDS {								\
	[NEED_BASE]	 = S(TMPFS) | S(MAPS) | S(FDS),				\
	[NEED_RESIDENT]	 = S(TMPFS) | S(MAPS) | S(FDS),				\
	[NEED_VALUES]	 = S(TMPFS) | S(MAPS) | S(FDS) | S(SEMVALUES),		\
	[NEED_HOLDERS]	 = S(TMPFS) | S(MAPS) | S(FDS) | S(LEASE) | S(HOLDERS),	\
	[NEED_PROCESSES] = S(TMPFS) | S(MAPS) | S(FDS) | S(HOLDERS) | S(PROCESSES), \
	[NEED_PIDS]	 = S(TMPFS) | S(MAPS) | S(FDS) | S(PIDS) | S(PIDS_ALL), \
	[NEED_STATE]	 = S(TMPFS) | S(MAPS) | S(FDS) | S(LEASE),		\
	[NEED_VERDICT]	 = S(TMPFS) | S(MAPS) | S(FDS) | S(LEASE) | S(LOCKS) |	\
			   S(MOUNTS) | S(PIDS) | S(UIDS),			\
	[NEED_LOGOUT]	 = S(LOGIND),						\
}
/* What cannot outlive its holders is all told by them. */
#define HELD_NEEDS {								\
	[NEED_BASE]	 = S(MAPS) | S(FDS),					\
	[NEED_RESIDENT]	 = S(MAPS) | S(FDS),					\
	[NEED_HOLDERS]	 = S(MAPS) | S(FDS) | S(HOLDERS),			\
	[NEED_PROCESSES] = S(MAPS) | S(FDS) | S(HOLDERS) | S(PROCESSES),	\
	[NEED_PIDS]	 = S(MAPS) | S(FDS),					\
	[NEED_STATE]	 = S(MAPS) | S(FDS),					\
	[NEED_VERDICT]	 = S(MAPS) | S(FDS),					\
}

const struct kind_info kinds[NR_KINDS] = {
	[KIND_SHM] = {
		.name = "shm", .plural = "System V segments",
		.needs = {
			[NEED_BASE]	 = S(SHMCTL),
			[NEED_RESIDENT]	 = S(SHMCTL) | S(SYSVIPC),
			[NEED_HOLDERS]	 = S(SHMCTL) | S(MAPS) | S(HOLDERS),
			[NEED_PROCESSES] = S(SHMCTL) | S(MAPS) | S(HOLDERS) | S(PROCESSES),
			[NEED_PIDS]	 = S(SHMCTL) | S(PIDS) | S(PIDS_ALL),
			[NEED_STATE]	 = S(SHMCTL),
			[NEED_VERDICT]	 = S(SHMCTL) | S(PIDS) | S(UIDS),
			[NEED_LOGOUT]	 = S(LOGIND),
		},
		.outlives = true, .counted = true, .sysv = true, .memory = true,
	},
	[KIND_SEM] = {
		.name = "sem", .plural = "System V semaphores",
		.needs = {
			[NEED_BASE]	 = S(SEMCTL),
			[NEED_VALUES]	 = S(SEMCTL) | S(SEMVALUES),
			[NEED_PIDS]	 = S(SEMCTL) | S(SEMVALUES) | S(PIDS) | S(PIDS_ALL),
			[NEED_VERDICT]	 = S(SEMCTL) | S(SEMVALUES) | S(PIDS) | S(UIDS),
			[NEED_LOGOUT]	 = S(LOGIND),
		},
		.outlives = true, .unheld = true, .sysv = true,
	},
	[KIND_MSG] = {
		.name = "msg", .plural = "System V message queues",
		.needs = {
			[NEED_BASE]	 = S(MSGCTL),
			[NEED_PIDS]	 = S(MSGCTL) | S(PIDS) | S(PIDS_ALL),
			[NEED_VERDICT]	 = S(MSGCTL) | S(PIDS) | S(UIDS),
			[NEED_LOGOUT]	 = S(LOGIND),
		},
		.outlives = true, .unheld = true, .sysv = true,
	},
	[KIND_POSIX_SHM] = {
		.name = "posix-shm", .plural = "POSIX shared memory", .needs = FILE_NEEDS,
		.outlives = true, .named = true, .memory = true,
	},
	[KIND_POSIX_SEM] = {
		.name = "posix-sem", .plural = "POSIX semaphores", .needs = FILE_NEEDS,
		.outlives = true, .named = true, .memory = true,
	},
	[KIND_POSIX_MQ] = {
		.name = "posix-mq", .plural = "POSIX message queues",
		.needs = {
			[NEED_BASE]	 = S(MQUEUE) | S(FDS),
			[NEED_CONTENTS]	 = S(MQUEUE) | S(FDS) | S(MQSTATUS),
			[NEED_HOLDERS]	 = S(MQUEUE) | S(FDS) | S(LEASE) | S(HOLDERS),
			[NEED_PROCESSES] = S(MQUEUE) | S(FDS) | S(HOLDERS) | S(PROCESSES),
			[NEED_PIDS]	 = S(MQUEUE) | S(FDS) | S(PIDS) | S(PIDS_ALL),
			[NEED_STATE]	 = S(MQUEUE) | S(MAPS) | S(FDS) | S(LEASE),
			[NEED_VERDICT]	 = S(MQUEUE) | S(MAPS) | S(FDS) | S(LEASE) | S(LOCKS) |
					   S(PIDS) | S(UIDS),
			[NEED_LOGOUT]	 = S(LOGIND),
		},
		.outlives = true, .named = true, .touched = true,
	},
	[KIND_MEMFD] = {
		.name = "memfd", .plural = "memfds", .needs = HELD_NEEDS, .memory = true,
	},
	[KIND_ANON] = {
		.name = "anon", .plural = "anonymous shared memory", .needs = HELD_NEEDS,
		.memory = true,
	},
	[KIND_FILE] = {
		.name = "file", .plural = "files mapped shared", .needs = FILE_NEEDS, .named = true,
	},
	[KIND_DEVICE] = {
		.name = "device", .plural = "device memory", .needs = HELD_NEEDS, .named = true,
	},
	[KIND_SPECIAL] = {
		.name = "special", .plural = "mappings made by the kernel", .needs = HELD_NEEDS,
	},
};

const char *const kind_names[NR_KINDS + 1] = {
	[KIND_SHM] = "shm",	[KIND_SEM] = "sem",	[KIND_MSG] = "msg",
	[KIND_POSIX_SHM] = "posix-shm", [KIND_POSIX_SEM] = "posix-sem",
	[KIND_POSIX_MQ] = "posix-mq",
	[KIND_MEMFD] = "memfd", [KIND_ANON] = "anon",		[KIND_FILE] = "file",
	[KIND_DEVICE] = "device", [KIND_SPECIAL] = "special",
};

const char *const source_names[NR_SOURCES + 1] = {
	[SOURCE_SHMCTL] = "shmctl", [SOURCE_SYSVIPC] = "sysvipc",
	[SOURCE_SEMCTL] = "semctl", [SOURCE_SEMVALUES] = "semctl", [SOURCE_MSGCTL] = "msgctl",
	[SOURCE_MQUEUE] = "mqueue", [SOURCE_MQSTATUS] = "mqueue",
	[SOURCE_TMPFS] = "tmpfs",
	[SOURCE_MAPS] = "maps",	    [SOURCE_FDS] = "fds",	  [SOURCE_LEASE] = "lease",
	[SOURCE_LOCKS] = "locks",   [SOURCE_MOUNTS] = "mounts",	  [SOURCE_PIDS] = "pids",
	[SOURCE_PIDS_ALL] = "pids",
	[SOURCE_UIDS] = "uids",	    [SOURCE_HOLDERS] = "holders",
	[SOURCE_PROCESSES] = "processes", [SOURCE_LOGIND] = "logind",
	[SOURCE_TMPFSES] = "tmpfs", [SOURCE_CGROUPS] = "cgroups",
	[SOURCE_LIMITS] = "limits",  [SOURCE_MACHINE] = "machine",
};

int kind_parse(const char *name, enum kind *kind)
{
	for (unsigned int k = 0; k < NR_KINDS; k++) {
		if (!strcasecmp(name, kinds[k].name)) {
			*kind = k;
			return 0;
		}
	}
	return -EINVAL;
}

uint32_t kind_sources(uint32_t kind_set, uint32_t need_set)
{
	/* of the whole machine, whatever the kinds */
	static const uint32_t whole[NR_NEEDS] = {
		[NEED_DOCUMENT] = S(MACHINE) | S(LIMITS), [NEED_LIMITS] = S(LIMITS),
		[NEED_ACCOUNT] = S(MACHINE) | S(TMPFSES), [NEED_CGROUPS] = S(MACHINE) | S(CGROUPS),
	};
	uint32_t sources = 0;

	for (unsigned int n = 0; n < NR_NEEDS; n++)
		if (need_set & NEED_BIT(n))
			sources |= whole[n];

	for (unsigned int k = 0; k < NR_KINDS; k++) {
		if (!(kind_set & KIND_BIT(k)))
			continue;
		sources |= kinds[k].needs[NEED_BASE];
		for (unsigned int n = 0; n < NR_NEEDS; n++)
			if (need_set & NEED_BIT(n))
				sources |= kinds[k].needs[n];
	}
	return sources;
}
