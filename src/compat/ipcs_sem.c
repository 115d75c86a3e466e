/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcs: sets of semaphores. */
#include "ipcs.h"

#include <errno.h>
#include <sys/sem.h>

#ifndef SEM_STAT_ANY
#define SEM_STAT_ANY 20		/* Linux 4.17 */
#endif

union semun {
	int val;
	struct semid_ds *buf;
	struct seminfo *info;
};

/* Asks @what, IPC_INFO or SEM_INFO. */
static int ask(int what, struct seminfo *info)
{
	union semun arg = { .info = info };

	return semctl(0, 0, what, arg);
}

static int highest(void)
{
	struct seminfo info;

	return ask(SEM_INFO, &info);
}

static int stat_set(int index, bool any, struct entry *e)
{
	struct semid_ds ds;
	union semun arg = { .buf = &ds };
	int id = semctl(index, 0, any ? SEM_STAT_ANY : SEM_STAT, arg);

	if (id >= 0)
		*e = (struct entry){
			.id = id, .perm = ds.sem_perm, .times = { ds.sem_otime, ds.sem_ctime },
			.count = ds.sem_nsems,
		};
	return id;
}

static void put_list(struct ipcs *p, const struct entry *e)
{
	put_number(&p->out, e->count, 10);
}

static bool put_limits(struct ipcs *p)
{
	struct seminfo info;

	if (ask(IPC_INFO, &info) < 0)
		return false;
	buf_printf(&p->out, "------ Semaphore Limits --------\n"
		   "max number of arrays = %d\nmax semaphores per array = %d\n"
		   "max semaphores system wide = %d\nmax ops per semop call = %d\n"
		   "semaphore max value = %u\n",
		   info.semmni, info.semmsl, info.semmns, info.semopm, info.semvmx);
	return true;
}

static void put_status(struct ipcs *p)
{
	struct seminfo info;

	if (ask(SEM_INFO, &info) < 0)
		buf_puts(&p->out, "kernel not configured for semaphores\n");
	else
		buf_printf(&p->out, "------ Semaphore Status --------\nused arrays = %d\n"
			   "allocated semaphores = %d\n", info.semusz, info.semaem);
}

/* 0, or 1 after an error. */
static int put_values(struct ipcs *p, int id, uint64_t count)
{
	static const struct {
		int command;
		const char *name;
	} asked[] = {
		{ GETVAL, "GETVAL" }, { GETNCNT, "GETNCNT" }, { GETZCNT, "GETZCNT" }, { GETPID, "GETPID" },
	};

	for (uint64_t i = 0; i < count; i++) {
		put_number(&p->out, i, 10);
		for (unsigned int k = 0; k < ARRAY_SIZE(asked); k++) {
			int v = semctl(id, (int)i, asked[k].command);

			if (v < 0)
				return compat_error(p->self, errno, "semctl(%s) failed", asked[k].name);
			buf_putc(&p->out, ' ');
			put_number(&p->out, v, 10);
		}
		buf_putc(&p->out, '\n');
	}
	return 0;
}

static int put_detail(struct ipcs *p, int id, const struct entry *e)
{
	const struct ipc_perm *perm = &e->perm;
	int status;

	/* util-linux has an entry for it, and dies of it */
	if (id < 0) {
		compat_error(p->self, 0, "id %d not found", id);
		return 0;
	}
	buf_printf(&p->out, "\nSemaphore Array semid=%d\nuid=%u\t gid=%u\t cuid=%u\t cgid=%u\n", id, perm->uid,
		   perm->gid, perm->cuid, perm->cgid);
	buf_printf(&p->out, "mode=%#o, access_perms=%#o\nnsems = %llu\n", perm->mode, perm->mode & 0777,
		   (unsigned long long)e->count);
	put_moment_line(p, "otime = ", e->times[0]);
	put_moment_line(p, "ctime = ", e->times[1]);
	buf_puts(&p->out, "semnum     value      ncount     zcount     pid       \n");
	status = put_values(p, id, e->count);
	if (status)
		buf_reset(&p->out);
	else
		buf_putc(&p->out, '\n');
	return status;
}

const struct ipcs_kind ipcs_sem = {
	.titles = {
		[FORMAT_LIST] = "Semaphore Arrays",
		[FORMAT_CREATOR] = "Semaphore Arrays Creators/Owners",
		[FORMAT_TIME] = "Semaphore Operation/Change Times",
	},
	.heads = {
		[FORMAT_LIST] = "key        semid      owner      perms      nsems     ",
		[FORMAT_CREATOR] = "semid      perms      cuid       cgid       uid        gid       ",
		[FORMAT_TIME] = "semid    owner      last-op                    last-changed              ",
	},
	.width = 8, .times = 2, .whole_times = true, .limits_fault = "semaphore",
	.highest = highest, .stat = stat_set, .put_list = put_list,
	.put_limits = put_limits, .put_status = put_status, .put_detail = put_detail,
};
