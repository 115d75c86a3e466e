/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits of the kernel and what is in use of them, in the reader's own namespaces. */
#include "pass.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/statfs.h>
#include <unistd.h>
#include "ipctop/io.h"
#include "sysv.h"

#define HUGEPAGES "/sys/kernel/mm/hugepages"

static struct limits *limits_of(const struct pass *p)
{
	return snapshot_row(p->s, CLASS_LIMITS, 0);
}

void limits_begin(struct pass *p)
{
	struct limits *l = snapshot_add(p->s, CLASS_LIMITS);
	struct document *doc = snapshot_document(p->s);
	struct buf text = BUF_INIT;

	if (!io_read_file(AT_FDCWD, "/proc/sys/kernel/shm_rmid_forced", &text, 64))
		FACT_SET(l, shm_rmid_forced, text.s[0] == '1');
	buf_release(&text);
	FACT_SET(doc, limits, 0);
}

/* A tmpfs without a limit tells nothing: neither that, nor what is in use (mm/shmem.c, shmem_statfs). */
void limits_of_tmpfs(struct pass *p)
{
	struct limits *l = limits_of(p);
	struct statfs fs;
	int error = files_may_hang(p) ? ETIMEDOUT : statfs("/dev/shm", &fs) < 0 ? errno : 0;

	if (error == ENOENT)
		return;
	if (error) {
		FACT_UNKNOWN(l, tmpfs_size);
		FACT_UNKNOWN(l, tmpfs_used);
		FACT_UNKNOWN(l, tmpfs_inodes);
		FACT_UNKNOWN(l, tmpfs_inodes_used);
		return;
	}
	if (fs.f_blocks) {
		FACT_SET(l, tmpfs_size, (uint64_t)fs.f_blocks * fs.f_bsize);
		FACT_SET(l, tmpfs_used, (uint64_t)(fs.f_blocks - fs.f_bfree) * fs.f_bsize);
	} else {
		FACT_UNKNOWN(l, tmpfs_used);
	}
	if (fs.f_files) {
		FACT_SET(l, tmpfs_inodes, fs.f_files);
		FACT_SET(l, tmpfs_inodes_used, fs.f_files - fs.f_ffree);
	} else {
		FACT_UNKNOWN(l, tmpfs_inodes_used);
	}
}

void limits_of_segments(struct pass *p, const struct shminfo *limits, const struct shm_info *info)
{
	struct limits *l = limits_of(p);

	FACT_SET(l, segments, info->used_ids);
	FACT_SET(l, pages, info->shm_tot);
	FACT_SET(l, pages_resident, info->shm_rss);
	FACT_SET(l, pages_swapped, info->shm_swp);
	FACT_SET(l, shmmni, limits->shmmni);
	FACT_SET(l, shmall, limits->shmall);
	FACT_SET(l, shmmax, limits->shmmax);
}

static void read_segments(struct pass *p)
{
	struct limits *l = limits_of(p);
	struct shminfo limits;
	struct shm_info info;

	if (FACT_KNOWN(l, shmmni))	/* by who listed the segments */
		return;
	if (shmctl(0, IPC_INFO, (struct shmid_ds *)(void *)&limits) >= 0 &&
	    shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&info) >= 0) {
		limits_of_segments(p, &limits, &info);
	} else if (errno != ENOSYS) {
		FACT_UNKNOWN(l, shmmni);
		FACT_UNKNOWN(l, shmall);
		FACT_UNKNOWN(l, shmmax);
		snapshot_gap(p->s, "shmctl", errno, 0);
	}
}

static void read_semaphores(struct pass *p)
{
	struct limits *l = limits_of(p);
	struct seminfo info;
	union {
		int val;
		struct seminfo *info;
	} arg = { .info = &info };

	if (semctl(0, 0, SEM_INFO, arg) >= 0) {
		FACT_SET(l, semmni, info.semmni);
		FACT_SET(l, semmns, info.semmns);
		FACT_SET(l, semmsl, info.semmsl);
		FACT_SET(l, semopm, info.semopm);
		FACT_SET(l, semaphore_sets, info.semusz);
		FACT_SET(l, semaphores, info.semaem);
	} else if (errno != ENOSYS) {
		FACT_UNKNOWN(l, semmni);
		FACT_UNKNOWN(l, semmns);
		FACT_UNKNOWN(l, semmsl);
		FACT_UNKNOWN(l, semopm);
		snapshot_gap(p->s, "semctl", errno, 0);
	}
}

/* Whether @a is fuller than @b: by what each takes, not by bytes. */
static bool is_fuller(const struct msqid_ds *a, const struct msqid_ds *b)
{
	return (unsigned __int128)a->__msg_cbytes * b->msg_qbytes >
	       (unsigned __int128)b->__msg_cbytes * a->msg_qbytes;
}

static void find_fullest(struct limits *l, int highest)
{
	struct msqid_ds fullest = { .msg_qbytes = 1 };
	int fullest_id = -1;

	for (int i = 0; i <= highest; i++) {
		struct msqid_ds ds;
		int id = sysv_stat_queue(i, &ds);

		if (id >= 0 && (fullest_id < 0 || is_fuller(&ds, &fullest))) {
			fullest = ds;
			fullest_id = id;
		}
	}
	FACT_SET(l, fullest_bytes, fullest_id < 0 ? 0 : fullest.__msg_cbytes);
	if (fullest_id >= 0) {
		FACT_SET(l, fullest_queue, fullest_id);
		FACT_SET(l, fullest_max_bytes, fullest.msg_qbytes);
	}
}

static void read_queues(struct pass *p)
{
	struct limits *l = limits_of(p);
	struct msginfo info;
	int highest = msgctl(0, MSG_INFO, (struct msqid_ds *)(void *)&info);

	if (highest >= 0) {
		FACT_SET(l, msgmni, info.msgmni);
		FACT_SET(l, msgmnb, info.msgmnb);
		FACT_SET(l, msgmax, info.msgmax);
		FACT_SET(l, queues, info.msgpool);
		FACT_SET(l, messages, info.msgmap);
		/* the kernel has 64 bits, and hands out 32 */
		if (info.msgtql >= 0)
			FACT_SET(l, message_bytes, info.msgtql);
		else
			FACT_UNKNOWN(l, message_bytes);
		find_fullest(l, highest);
	} else if (errno != ENOSYS) {
		FACT_UNKNOWN(l, msgmni);
		FACT_UNKNOWN(l, msgmnb);
		FACT_UNKNOWN(l, msgmax);
		snapshot_gap(p->s, "msgctl", errno, 0);
	}
}

/* The number in a file of the kernel's: 0, or -errno. */
static int read_number(const char *folder, const char *name, uint64_t *number)
{
	struct buf path = BUF_INIT, text = BUF_INIT;
	char *end;
	int rc;

	buf_printf(&path, "%s/%s", folder, name);
	rc = io_read_file(AT_FDCWD, path.s, &text, 64);
	if (!rc) {
		errno = 0;
		*number = strtoull(text.s, &end, 10);
		rc = errno ? -errno : end == text.s ? -EPROTO : 0;
	}
	buf_release(&path);
	buf_release(&text);
	return rc;
}

static void set_number(struct pass *p, struct facts *facts, const char *folder, const char *name,
		       uint64_t *member, uint64_t bit)
{
	int rc = read_number(folder, name, member);

	if (!rc)
		facts->known |= bit;
	else if (rc != -ENOENT)
		facts->unknown |= bit;
	if (rc && rc != -ENOENT)
		snapshot_gap(p->s, "limits", -rc, 0);
}
#define SET_NUMBER(p, row, folder, name, member) \
	set_number(p, &(row)->facts, folder, name, &(row)->member, FACT_BIT(row, member))

static void count_mqueues(struct pass *p, struct limits *l)
{
	int root = mqueue_own(p);
	int fd = root < 0 ? -1 : openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	uint64_t n = 0;

	while (dir && (e = readdir(dir)))
		n += e->d_type == DT_REG;
	if (dir)
		FACT_SET(l, mqueues, n);
	else
		FACT_UNKNOWN(l, mqueues);
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	if (root >= 0)
		close(root);
}

static void read_mqueues(struct pass *p)
{
	static const char folder[] = "/proc/sys/fs/mqueue";
	struct limits *l = limits_of(p);

	SET_NUMBER(p, l, folder, "queues_max", mqueue_queues_max);
	SET_NUMBER(p, l, folder, "msg_max", mqueue_msg_max);
	SET_NUMBER(p, l, folder, "msgsize_max", mqueue_msgsize_max);
	SET_NUMBER(p, l, folder, "msg_default", mqueue_msg_default);
	SET_NUMBER(p, l, folder, "msgsize_default", mqueue_msgsize_default);
	/* without them the kernel has no queues */
	if (FACT_KNOWN(l, mqueue_queues_max))
		count_mqueues(p, l);
}

static void read_rlimits(struct limits *l)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MSGQUEUE, &limit) < 0)
		FACT_UNKNOWN(l, rlimit_msgqueue);
	else if (limit.rlim_cur != RLIM_INFINITY)
		FACT_SET(l, rlimit_msgqueue, limit.rlim_cur);
	if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0)
		FACT_UNKNOWN(l, rlimit_memlock);
	else if (limit.rlim_cur != RLIM_INFINITY)
		FACT_SET(l, rlimit_memlock, limit.rlim_cur);
}

static void read_pool(struct pass *p, const char *name, uint64_t page_size)
{
	struct pool *pool = snapshot_add(p->s, CLASS_POOL);
	uint64_t all = 0, surplus = 0, free = 0, promised = 0;
	struct buf folder = BUF_INIT;
	int rc;

	buf_printf(&folder, HUGEPAGES "/%s", name);
	FACT_SET(pool, page_size, page_size);
	SET_NUMBER(p, pool, folder.s, "nr_overcommit_hugepages", overcommit);
	rc = read_number(folder.s, "nr_hugepages", &all);
	if (!rc)
		rc = read_number(folder.s, "surplus_hugepages", &surplus);
	if (!rc)
		rc = read_number(folder.s, "free_hugepages", &free);
	if (!rc)
		rc = read_number(folder.s, "resv_hugepages", &promised);
	buf_release(&folder);
	if (rc) {
		FACT_UNKNOWN(pool, pages);
		FACT_UNKNOWN(pool, used);
		snapshot_gap(p->s, "limits", -rc, 0);
		return;
	}
	/* four files are not one moment */
	FACT_SET(pool, pages, all > surplus ? all - surplus : 0);
	FACT_SET(pool, used, (all > free ? all - free : 0) + promised);
}

static int compare_sizes(const void *pa, const void *pb)
{
	const struct pool *a = pa, *b = pb;

	return (a->page_size > b->page_size) - (a->page_size < b->page_size);
}

static void read_pools(struct pass *p)
{
	struct limits *l = limits_of(p);
	struct span span = { .first = snapshot_count(p->s, CLASS_POOL) };
	DIR *dir = opendir(HUGEPAGES);
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		unsigned long long kib;

		if (sscanf(e->d_name, "hugepages-%llukB", &kib) == 1 && kib)
			read_pool(p, e->d_name, kib * 1024);
	}
	if (dir)
		closedir(dir);
	else if (errno != ENOENT)
		snapshot_gap(p->s, "limits", errno, 0);
	span.count = snapshot_count(p->s, CLASS_POOL) - span.first;
	if (span.count)
		qsort(snapshot_row(p->s, CLASS_POOL, span.first), span.count, sizeof(struct pool), compare_sizes);
	if (dir)
		FACT_SET(l, hugetlb, span);
}

void limits_read(struct pass *p)
{
	read_segments(p);
	read_semaphores(p);
	read_queues(p);
	read_mqueues(p);
	read_rlimits(limits_of(p));
	read_pools(p);
}

struct snapshot *collect_limits(void)
{
	const struct collect_options options = { 0 };
	struct collector *c = collector_new(&options);
	struct pass p = { .c = c, .s = snapshot_new(), .text = BUF_INIT };

	system_begin(&p);
	mounts_read(&p);
	limits_of_tmpfs(&p);
	limits_read(&p);
	system_end(&p);
	pass_release(&p);
	collector_free(c);
	return p.s;
}
