/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcs: segments of shared memory. */
#include "ipcs.h"

#include <sys/shm.h>
#include <unistd.h>

#ifndef SHM_STAT_ANY
#define SHM_STAT_ANY 15		/* Linux 4.17 */
#endif

static int highest(void)
{
	struct shm_info info;

	return shmctl(0, SHM_INFO, (struct shmid_ds *)&info);
}

static int stat_segment(int index, bool any, struct entry *e)
{
	struct shmid_ds ds;
	int id = shmctl(index, any ? SHM_STAT_ANY : SHM_STAT, &ds);

	if (id >= 0)
		*e = (struct entry){
			.id = id, .perm = ds.shm_perm, .times = { ds.shm_atime, ds.shm_dtime, ds.shm_ctime },
			.pids = { ds.shm_cpid, ds.shm_lpid }, .size = ds.shm_segsz, .count = ds.shm_nattch,
		};
	return id;
}

static void put_list(struct ipcs *p, const struct entry *e)
{
	bool human = p->unit == UNIT_HUMAN;

	put_size(p, p->unit, e->size, human ? -6 : 10);
	put_text(&p->out, "", 0, human ? 5 : 1);
	put_number(&p->out, e->count, 11);
	put_text(&p->out, "dest", e->perm.mode & SHM_DEST ? 4 : 0, 7);
	put_text(&p->out, "locked", e->perm.mode & SHM_LOCKED ? 6 : 0, 6);
}

static void put_pids(struct ipcs *p, const struct entry *e)
{
	for (unsigned int i = 0; i < 2; i++) {
		buf_putc(&p->out, ' ');
		put_number(&p->out, (unsigned int)e->pids[i], 10);
	}
}

/* What all of it is, in @unit bytes; where that is beyond 64 bits, the most that pages of that size can be. */
static uint64_t all_memory(uint64_t pages, uint64_t unit)
{
	uint64_t v;

	return __builtin_mul_overflow(pages, unit, &v) ? UINT64_MAX - UINT64_MAX % unit : v;
}

static bool put_limits(struct ipcs *p)
{
	uint64_t page = sysconf(_SC_PAGESIZE);
	struct shminfo info;

	if (shmctl(0, IPC_INFO, (struct shmid_ds *)&info) < 0)
		return false;
	buf_printf(&p->out, "------ Shared Memory Limits --------\nmax number of segments = %lu\n", info.shmmni);
	if (p->unit == UNIT_DEFAULT) {
		buf_printf(&p->out, "max seg size (kbytes) = %lu\n", info.shmmax / 1024);
		buf_printf(&p->out, "max total shared memory (kbytes) = %llu\n",
			   (unsigned long long)all_memory(info.shmall, page / 1024));
	} else {
		put_size_line(p, "max seg size", p->unit, info.shmmax);
		put_size_line(p, "max total shared memory", p->unit, all_memory(info.shmall, page));
	}
	put_size_line(p, "min seg size", p->unit == UNIT_DEFAULT ? UNIT_BYTES : p->unit, info.shmmin);
	return true;
}

static void put_status(struct ipcs *p)
{
	struct shm_info info;

	if (shmctl(0, SHM_INFO, (struct shmid_ds *)&info) < 0) {
		buf_puts(&p->out, "kernel not configured for shared memory\n");
		return;
	}
	buf_printf(&p->out, "------ Shared Memory Status --------\n"
		   "segments allocated %d\npages allocated %lu\npages resident  %lu\npages swapped   %lu\n"
		   "Swap performance: %lu attempts\t %lu successes\n",
		   info.used_ids, info.shm_tot, info.shm_rss, info.shm_swp, info.swap_attempts,
		   info.swap_successes);
}

static int put_detail(struct ipcs *p, int id, const struct entry *e)
{
	const struct ipc_perm *perm = &e->perm;

	buf_printf(&p->out, "\nShared memory Segment shmid=%d\nuid=%u\tgid=%u\tcuid=%u\tcgid=%u\n", id,
		   perm->uid, perm->gid, perm->cuid, perm->cgid);
	buf_printf(&p->out, "mode=%#o\taccess_perms=%#o\n%s=", perm->mode, perm->mode & 0777,
		   p->unit == UNIT_HUMAN ? "size" : "bytes");
	put_size(p, p->unit, e->size, 0);
	buf_printf(&p->out, "\tlpid=%u\tcpid=%u\tnattch=%llu\n", e->pids[1], e->pids[0],
		   (unsigned long long)e->count);
	put_moment_line(p, "att_time=", e->times[0]);
	put_moment_line(p, "det_time=", e->times[1]);
	put_moment_line(p, "change_time=", e->times[2]);
	buf_putc(&p->out, '\n');
	return 0;
}

const struct ipcs_kind ipcs_shm = {
	.titles = {
		[FORMAT_LIST] = "Shared Memory Segments",
		[FORMAT_CREATOR] = "Shared Memory Segment Creators/Owners",
		[FORMAT_TIME] = "Shared Memory Attach/Detach/Change Times",
		[FORMAT_PID] = "Shared Memory Creator/Last-op PIDs",
	},
	.heads = {
		[FORMAT_LIST] = "key        shmid      owner      perms      bytes      nattch     status      ",
		[FORMAT_CREATOR] = "shmid      perms      cuid       cgid       uid        gid       ",
		[FORMAT_TIME] = "shmid      owner      attached             detached             changed             ",
		[FORMAT_PID] = "shmid      owner      cpid       lpid      ",
	},
	.human_head = "key        shmid      owner      perms      size       nattch     status      ",
	.width = 10, .pid_width = 10, .times = 3, .limits_fault = "shared memory",
	.highest = highest, .stat = stat_segment, .put_list = put_list, .put_pids = put_pids,
	.put_limits = put_limits, .put_status = put_status, .put_detail = put_detail,
};
