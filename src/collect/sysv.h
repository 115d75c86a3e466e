/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef COLLECT_SYSV_H
#define COLLECT_SYSV_H

#include "pass.h"

/*
 * How the objects of one kind are read, in every IPC namespace in sight: shm.c, sem.c, msg.c, mqueue.c;
 * which namespaces there are, and how to get into them, is ipcns.c's.
 */
struct sysv_kind {
	enum source source;
	/* Memory for what one namespace holds; @own: the reader's. */
	void *(*begin)(struct pass *p, bool own);
	/* Fill it, in a thread that is in the namespace; any thread. 0 or an errno. */
	int (*read)(void *reading);
	/* Make objects of it, unless it could not be @read, and free it. */
	void (*take)(struct pass *p, void *reading, uint64_t ns, bool read);
};
extern const struct sysv_kind sysv_shm, sysv_sem, sysv_msg, posix_mqueue;

/* msg.c: the queue at that index of the kernel's: its id, or -1 and errno. */
struct msqid_ds;
int sysv_stat_queue(int index, struct msqid_ds *ds);

/* Owner, mode, key and change time, which all have in one form (struct ipc_perm). */
struct ipc_perm;
void sysv_perm(struct pass *p, struct object *o, const struct ipc_perm *perm, uint64_t ns, int64_t changed);
/* A pid as the kernel tells it: 0 is not visible in the reader's pid namespace, where @ever anybody did it. */
#define SYSV_PID(o, member, pid, ever)		\
	do {					\
		if (pid)			\
			FACT_SET(o, member, pid);	\
		else if (ever)			\
			FACT_UNKNOWN(o, member);	\
	} while (0)

#endif
