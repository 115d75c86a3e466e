/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Acts on System V segments: shmctl(2). */
#include "actor.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef SHM_STAT_ANY
#define SHM_STAT_ANY 15		/* Linux 4.17 */
#endif

struct visit {
	int ns;
	int (*fn)(void *arg);
	void *arg;
	int rc;
};

static void *visit(void *arg)
{
	struct visit *v = arg;

	/* a thread changes its own namespace only; it ends right after */
	v->rc = setns(v->ns, CLONE_NEWIPC) < 0 ? -errno : v->fn(v->arg);
	return NULL;
}

static bool is_own_ns(uint64_t ns)
{
	struct stat st;

	return !stat("/proc/self/ns/ipc", &st) && st.st_ino == ns;
}

int in_ipc_ns(struct reach *ways, uint64_t ns, int (*fn)(void *arg), void *arg)
{
	struct visit v = { .fn = fn, .arg = arg };
	pthread_t thread;
	int error;

	if (is_own_ns(ns))
		return fn(arg);
	v.ns = reach_ipc_ns(ways, ns);
	if (v.ns < 0)
		return v.ns;
	error = pthread_create(&thread, NULL, visit, &v);
	if (!error)
		pthread_join(thread, NULL);
	return error ? -error : v.rc;
}

static int stat_any(int id, struct shmid_ds *ds)
{
	for (unsigned int i = 0; i < SYSV_INDEXES; i++)
		if (shmctl(sysv_index(id, i), SHM_STAT_ANY, ds) == id)
			return 0;
	return -EACCES;
}

static int ask(int id, struct shmid_ds *ds)
{
	if (!shmctl(id, IPC_STAT, ds))
		return 0;
	if (errno == EINVAL || errno == EIDRM)
		return -ENOENT;
	return errno == EACCES ? stat_any(id, ds) : -errno;
}

bool segment_is(const struct object *fresh, const struct shmid_ds *ds)
{
	return (uint32_t)ds->shm_perm.__key == fresh->key &&
	       ds->shm_perm.cuid == fresh->creator_uid && ds->shm_segsz == fresh->size &&
	       ds->shm_ctime == fresh->change_time &&
	       ds->shm_cpid == (pid_t)(FACT_KNOWN(fresh, creator_pid) ? fresh->creator_pid : 0);
}

int segment_look(const struct object *fresh, struct shmid_ds *ds)
{
	int rc = ask(fresh->id, ds);

	if (rc)
		return rc;
	if (!segment_is(fresh, ds))
		return -ESTALE;
	/* times have a second only; the last user tells of more */
	if (ds->shm_nattch != fresh->nattch ||
	    ds->shm_lpid != (pid_t)(FACT_KNOWN(fresh, last_pid) ? fresh->last_pid : 0) ||
	    !sysv_same_time(FACT_KNOWN(fresh, attach_time), fresh->attach_time, ds->shm_atime) ||
	    !sysv_same_time(FACT_KNOWN(fresh, detach_time), fresh->detach_time, ds->shm_dtime))
		return -ESTALE;
	return 0;
}

int segment_look_used(const struct object *fresh, struct shmid_ds *ds)
{
	int rc = segment_look(fresh, ds);

	return rc == -ESTALE && segment_is(fresh, ds) ? 0 : rc;
}

struct counting {
	const struct object *fresh;
	struct shmid_ds ds;
};

static int count_attachments(void *arg)
{
	struct counting *c = arg;

	return segment_look_used(c->fresh, &c->ds);
}

int segment_attachments(struct reach *ways, const struct object *fresh, uint64_t *nattch)
{
	struct counting c = { .fresh = fresh };
	int rc = in_ipc_ns(ways, fresh->ipc_ns, count_attachments, &c);

	*nattch = rc ? 0 : c.ds.shm_nattch;
	return rc;
}

struct removal {
	const struct object *fresh;
	bool force;
	bool condemned;
};

static int remove_it(void *arg)
{
	struct removal *r = arg;
	struct shmid_ds ds;
	/* by force it goes however it is used, but only if it is the one that was meant */
	int rc = r->force ? segment_look_used(r->fresh, &ds) : segment_look(r->fresh, &ds);

	if (rc)
		return rc;
	if (ds.shm_nattch && !r->force)
		return -EBUSY;
	if (shmctl(r->fresh->id, IPC_RMID, NULL))
		return errno == EINVAL || errno == EIDRM ? -ENOENT : -errno;
	/* somebody may have attached in the last instant */
	r->condemned = ask(r->fresh->id, &ds) != -ENOENT;
	return 0;
}

void segment_remove(struct actor *a, struct act *act, const struct object *fresh)
{
	struct removal r = { .fresh = fresh, .force = a->settings->permit == PERMIT_ANY };
	int rc = in_ipc_ns(a->ways, fresh->ipc_ns, remove_it, &r);

	if (rc == -EBUSY) {
		act_settle(a->plan, act, OUTCOME_REFUSED, "somebody attached it meanwhile");
	} else if (rc) {
		settle_errno(a, act, "shmctl(IPC_RMID)", -rc);
	} else if (r.condemned) {
		act_settle(a->plan, act, OUTCOME_CONDEMNED,
			   "it goes, and its memory comes back, with the last attachment");
		FACT_SET(act, freed, 0);
	} else {
		act_settle(a->plan, act, OUTCOME_REMOVED, NULL);
		if (FACT_KNOWN(fresh, allocated))
			FACT_SET(act, freed, fresh->allocated);
		else
			FACT_UNKNOWN(act, freed);
	}
}
