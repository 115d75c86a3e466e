/* SPDX-License-Identifier: GPL-2.0-or-later */
/* System V sets of semaphores: semctl(2). */
#include "sysv.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/sem.h>

#ifndef SEM_STAT_ANY
#define SEM_STAT_ANY 20		/* Linux 4.17 */
#endif

union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
	struct seminfo *info;
};

struct one {
	unsigned short value;
	pid_t last;
	int rise, zero;			/* how many wait */
};

struct set {
	int id;
	struct semid_ds ds;
	struct one *semaphores;		/* NULL: not asked for, or @error */
	int error;
};

struct reading {
	bool values;
	struct table sets;
	unsigned int denied;
};

static void *begin(struct pass *p, bool own)
{
	struct reading *r = xcalloc(1, sizeof(*r));

	r->values = p->sources & SOURCE_BIT(SOURCE_SEMVALUES);
	return r;
}

/* Each is asked by itself: only values come all at once. */
static int read_one(int id, int number, struct one *one)
{
	int value = semctl(id, number, GETVAL), pid, rise, zero;

	if (value < 0)
		return errno;
	pid = semctl(id, number, GETPID);
	rise = semctl(id, number, GETNCNT);
	zero = semctl(id, number, GETZCNT);
	if (pid < 0 || rise < 0 || zero < 0)
		return errno;
	*one = (struct one){ value, pid, rise, zero };
	return 0;
}

static void read_values(struct set *set)
{
	set->semaphores = xcalloc(set->ds.sem_nsems, sizeof(*set->semaphores));
	for (unsigned long i = 0; i < set->ds.sem_nsems && !set->error; i++)
		set->error = read_one(set->id, (int)i, &set->semaphores[i]);
}

/* Before Linux 4.17 there is only SEM_STAT, which asks for the right to read. */
static int stat_set(int index, struct semid_ds *ds)
{
	union semun arg = { .buf = ds };
	int id = semctl(index, 0, SEM_STAT_ANY, arg);

	return id < 0 && errno == EINVAL ? semctl(index, 0, SEM_STAT, arg) : id;
}

static int read_sets(void *reading)
{
	struct reading *r = reading;
	struct seminfo info;
	union semun arg = { .info = &info };
	/* the highest used index, not a number of sets: indexes are sparse */
	int highest = semctl(0, 0, SEM_INFO, arg);

	if (highest < 0)
		return errno;
	for (int i = 0; i <= highest; i++) {
		struct semid_ds ds;
		struct set *set;
		int id = stat_set(i, &ds);

		if (id < 0) {
			r->denied += errno == EACCES;
			continue;
		}
		set = table_add(&r->sets, sizeof(*set));
		*set = (struct set){ .id = id, .ds = ds };
		if (r->values)
			read_values(set);
	}
	return 0;
}

static struct span add_values(struct pass *p, const struct set *set, uint64_t *waiters)
{
	struct span span = { snapshot_count(p->s, CLASS_SEMAPHORE), set->ds.sem_nsems };

	for (unsigned long i = 0; i < set->ds.sem_nsems; i++) {
		const struct one *one = &set->semaphores[i];
		struct semaphore *row = snapshot_add(p->s, CLASS_SEMAPHORE);

		FACT_SET(row, number, i);
		FACT_SET(row, value, one->value);
		/* 0 is nobody as well */
		SYSV_PID(row, last_pid, one->last, set->ds.sem_otime);
		FACT_SET(row, rise_waiters, one->rise);
		FACT_SET(row, zero_waiters, one->zero);
		*waiters += one->rise + one->zero;
	}
	return span;
}

/* The last user, where all semaphores agree on it. */
static void set_last(struct object *o, const struct set *set)
{
	pid_t last = set->semaphores[0].last;

	for (unsigned long i = 1; i < set->ds.sem_nsems; i++)
		if (set->semaphores[i].last != last)
			last = 0;
	SYSV_PID(o, last_pid, last, set->ds.sem_otime);
}

static void set_values(struct pass *p, struct object *o, const struct set *set)
{
	struct span values;
	uint64_t waiters = 0;

	if (set->error) {
		FACT_UNKNOWN(o, values);
		FACT_UNKNOWN(o, waiters);
		if (set->ds.sem_otime)
			FACT_UNKNOWN(o, last_pid);
		snapshot_gap(p->s, "semctl", set->error, 0);
		return;
	}
	values = add_values(p, set, &waiters);
	FACT_SET(o, values, values);
	FACT_SET(o, waiters, waiters);
	o->evidence.waiters = waiters != 0;
	set_last(o, set);
}

static void add_set(struct pass *p, const struct set *set, uint64_t ns)
{
	uint32_t index;
	struct object *o = object_add(p, KIND_SEM, &index);

	pass_where(p, index)->statted = true;
	FACT_SET(o, id, set->id);
	sysv_perm(p, o, &set->ds.sem_perm, ns, set->ds.sem_ctime);
	FACT_SET(o, semaphores, set->ds.sem_nsems);
	if (set->ds.sem_otime)
		FACT_SET(o, operation_time, set->ds.sem_otime);
	if (set->semaphores)
		set_values(p, o, set);
}

static void take(struct pass *p, void *reading, uint64_t ns, bool read)
{
	struct reading *r = reading;
	struct set *sets = r->sets.rows;

	for (uint32_t i = 0; i < r->sets.count; i++) {
		/* EIDRM, EINVAL: it was removed meanwhile */
		if (read && sets[i].error != EIDRM && sets[i].error != EINVAL)
			add_set(p, &sets[i], ns);
		free(sets[i].semaphores);
	}
	for (unsigned int i = 0; i < r->denied; i++)
		snapshot_gap(p->s, "semctl", EACCES, 0);
	table_release(&r->sets);
	free(r);
}

const struct sysv_kind sysv_sem = { SOURCE_SEMCTL, begin, read_sets, take };
