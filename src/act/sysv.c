/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Acts on System V semaphores and message queues: semctl(2), msgctl(2). */
#include "actor.h"

#include <errno.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>

#ifndef SEM_STAT_ANY
#define SEM_STAT_ANY 20		/* Linux 4.17 */
#endif
#ifndef MSG_STAT_ANY
#define MSG_STAT_ANY 13
#endif

union semun {
	int val;
	struct semid_ds *buf;
};

/* What a last look sees of one. */
struct seen {
	bool unused;			/* nobody did anything with it since the fresh look */
	int waiters;			/* 0: nobody waits in it; -errno: that cannot be asked */
};

struct removal {
	const struct object *fresh;
	bool force;
	bool saved;			/* before */
};

int sysv_index(int id, unsigned int try)
{
	static const unsigned int bits[SYSV_INDEXES] = { 15, 24 };	/* the second with ipcmni_extend */

	return id & ((1 << bits[try]) - 1);
}

static int look_error(int rc)
{
	return rc == EINVAL || rc == EIDRM ? -ENOENT : -rc;
}

static int stat_set(int id, struct semid_ds *ds)
{
	union semun arg = { .buf = ds };

	if (semctl(id, 0, IPC_STAT, arg) >= 0)
		return 0;
	for (unsigned int i = 0; errno == EACCES && i < SYSV_INDEXES; i++) {
		if (semctl(sysv_index(id, i), 0, SEM_STAT_ANY, arg) == id)
			return 0;
		errno = EACCES;
	}
	return look_error(errno);
}

/* 1, 0, or -errno: who may alter a set, and so wait in it, need not be allowed to read it. */
static int anybody_waits(int id, unsigned long count)
{
	for (unsigned long i = 0; i < count; i++) {
		int rise = semctl(id, (int)i, GETNCNT), zero = semctl(id, (int)i, GETZCNT);

		if (rise < 0 || zero < 0)
			return look_error(errno);
		if (rise || zero)
			return 1;
	}
	return 0;
}

bool sysv_same_time(bool known, int64_t then, int64_t now)
{
	return known ? then == now : !now;
}

static bool is_that(const struct object *fresh, const struct ipc_perm *perm, int64_t changed)
{
	return (uint32_t)perm->__key == fresh->key && perm->cuid == fresh->creator_uid &&
	       changed == fresh->change_time;
}

int set_look(const struct object *fresh, struct semid_ds *ds)
{
	int rc = stat_set((int)fresh->id, ds);

	return rc ? rc : is_that(fresh, &ds->sem_perm, ds->sem_ctime) && ds->sem_nsems == fresh->semaphores ?
	       0 : -ESTALE;
}

static int look_at_set(const struct object *fresh, struct seen *seen)
{
	struct semid_ds ds;
	int rc = set_look(fresh, &ds);

	if (rc)
		return rc;
	*seen = (struct seen){
		.unused = sysv_same_time(FACT_KNOWN(fresh, operation_time), fresh->operation_time, ds.sem_otime),
		.waiters = anybody_waits((int)fresh->id, ds.sem_nsems),
	};
	return 0;
}

static int stat_queue(int id, struct msqid_ds *ds)
{
	if (msgctl(id, IPC_STAT, ds) >= 0)
		return 0;
	for (unsigned int i = 0; errno == EACCES && i < SYSV_INDEXES; i++) {
		if (msgctl(sysv_index(id, i), MSG_STAT_ANY, ds) == id)
			return 0;
		errno = EACCES;
	}
	return look_error(errno);
}

int queue_look(const struct object *fresh, struct msqid_ds *ds)
{
	int rc = stat_queue((int)fresh->id, ds);

	return rc ? rc : is_that(fresh, &ds->msg_perm, ds->msg_ctime) ? 0 : -ESTALE;
}

static int look_at_queue(const struct object *fresh, struct seen *seen)
{
	struct msqid_ds ds;
	int rc = queue_look(fresh, &ds);

	if (rc)
		return rc;
	*seen = (struct seen){
		.unused = sysv_same_time(FACT_KNOWN(fresh, send_time), fresh->send_time, ds.msg_stime) &&
			  sysv_same_time(FACT_KNOWN(fresh, receive_time), fresh->receive_time, ds.msg_rtime) &&
			  ds.msg_qnum == fresh->messages,
	};
	return 0;
}

/* By force it goes however it is used; but not what came after it was saved. */
static int check(const struct removal *r, const struct seen *seen)
{
	if (r->force)
		return !r->saved || seen->unused ? 0 : -ESTALE;
	if (seen->waiters)
		return seen->waiters > 0 ? -EBUSY : -ENODATA;
	return seen->unused ? 0 : -ESTALE;
}

static int remove_set(void *arg)
{
	const struct removal *r = arg;
	struct seen seen;
	int rc = look_at_set(r->fresh, &seen);

	if (!rc)
		rc = check(r, &seen);
	if (!rc && semctl((int)r->fresh->id, 0, IPC_RMID))
		rc = look_error(errno);
	return rc;
}

static int remove_queue(void *arg)
{
	const struct removal *r = arg;
	struct seen seen;
	int rc = look_at_queue(r->fresh, &seen);

	if (!rc)
		rc = check(r, &seen);
	if (!rc && msgctl((int)r->fresh->id, IPC_RMID, NULL))
		rc = look_error(errno);
	return rc;
}

static void remove_by(struct actor *a, struct act *act, const struct object *fresh, int (*fn)(void *arg),
		      const char *call)
{
	struct removal r = { .fresh = fresh, .force = a->settings->permit == PERMIT_ANY,
			     .saved = a->settings->save };
	int rc = in_ipc_ns(a->ways, fresh->ipc_ns, fn, &r);

	if (rc == -EBUSY)
		act_settle(a->plan, act, OUTCOME_REFUSED, "meanwhile somebody waits in it");
	else if (rc == -ENODATA)
		act_settle(a->plan, act, OUTCOME_REFUSED, "whether somebody waits in it cannot be read");
	else if (rc)
		settle_errno(a, act, call, -rc);
	else
		act_settle(a->plan, act, OUTCOME_REMOVED, NULL);
}

void semaphores_remove(struct actor *a, struct act *act, const struct object *fresh)
{
	remove_by(a, act, fresh, remove_set, "semctl(IPC_RMID)");
}

void queue_remove(struct actor *a, struct act *act, const struct object *fresh)
{
	remove_by(a, act, fresh, remove_queue, "msgctl(IPC_RMID)");
}
