/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why an object cannot be made: which limit of the kernel stands against it. */
#include "create.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include "ipctop/io.h"

#define SEE "; 'ipctop limits' shows all limits"

union semun {
	int val;
	struct seminfo *info;
};

uint64_t create_knob(const char *path, unsigned int i)
{
	struct buf text = BUF_INIT;
	uint64_t v = UINT64_MAX;
	char *at, *end;

	if (!io_read_file(AT_FDCWD, path, &text, 256)) {
		at = text.s;
		do {
			v = strtoull(at, &end, 10);
			if (end == at)
				v = UINT64_MAX;
			at = end;
		} while (i--);
	}
	buf_release(&text);
	return v;
}

static bool why_segment(struct buf *error, const struct creation *c, int rc)
{
	uint64_t max = create_knob("/proc/sys/kernel/shmmax", 0), count = create_knob("/proc/sys/kernel/shmmni", 0);
	struct shm_info info = { 0 };

	if (rc == -EINVAL && c->size > max) {
		buf_printf(error, "kernel.shmmax allows a segment of %" PRIu64 " bytes at most" SEE, max);
		return true;
	}
	if (rc != -ENOSPC || shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&info) < 0)
		return false;
	if ((uint64_t)info.used_ids >= count)
		buf_printf(error, "there are %d segments, which is all that kernel.shmmni allows" SEE, info.used_ids);
	else
		buf_printf(error, "all segments together may have %" PRIu64 " pages, by kernel.shmall, and have %lu" SEE,
			   create_knob("/proc/sys/kernel/shmall", 0), info.shm_tot);
	return true;
}

static bool why_set(struct buf *error, const struct creation *c, int rc)
{
	static const char path[] = "/proc/sys/kernel/sem";	/* SEMMSL SEMMNS SEMOPM SEMMNI */
	struct seminfo info = { 0 };
	union semun arg = { .info = &info };

	if (rc == -EINVAL && c->count > create_knob(path, 0)) {
		buf_printf(error, "a set has %" PRIu64 " semaphores at most, by the first number of kernel.sem (SEMMSL)"
			   SEE, create_knob(path, 0));
		return true;
	}
	if (rc != -ENOSPC || semctl(0, 0, SEM_INFO, arg) < 0)
		return false;
	if ((uint64_t)info.semusz >= create_knob(path, 3))
		buf_printf(error, "there are %d sets, which is all that the fourth number of kernel.sem (SEMMNI) allows"
			   SEE, info.semusz);
	else
		buf_printf(error, "all sets together may have %" PRIu64 " semaphores, by the second number of kernel.sem "
			   "(SEMMNS), and have %d" SEE, create_knob(path, 1), info.semaem);
	return true;
}

static bool why_queue(struct buf *error, const struct creation *c, int rc)
{
	if (rc == -ENOSPC)
		buf_puts(error, "there are as many queues as kernel.msgmni allows" SEE);
	else if (rc == -EPERM && c->max_bytes > create_knob("/proc/sys/kernel/msgmnb", 0))
		buf_printf(error, "kernel.msgmnb allows %" PRIu64 " bytes at most without CAP_SYS_RESOURCE" SEE,
			   create_knob("/proc/sys/kernel/msgmnb", 0));
	else
		return false;
	return true;
}

static bool why_posix_queue(struct buf *error, const struct creation *c, int rc)
{
	uint64_t count = create_knob("/proc/sys/fs/mqueue/msg_max", 0), size = create_knob("/proc/sys/fs/mqueue/msgsize_max", 0);
	struct rlimit limit = { 0 };

	if (rc == -EINVAL && c->count > count)
		buf_printf(error, "fs.mqueue.msg_max allows %" PRIu64 " messages at most, with CAP_SYS_RESOURCE 65536"
			   SEE, count);
	else if (rc == -EINVAL && c->size > size)
		buf_printf(error, "fs.mqueue.msgsize_max allows messages of %" PRIu64 " bytes at most, with "
			   "CAP_SYS_RESOURCE 16777216" SEE, size);
	else if (rc == -EMFILE && !getrlimit(RLIMIT_MSGQUEUE, &limit) && limit.rlim_cur != RLIM_INFINITY)
		buf_printf(error, "all queues of a user may take %" PRIu64 " bytes together, by 'ulimit -q'" SEE,
			   (uint64_t)limit.rlim_cur);
	else if (rc == -ENOSPC)
		buf_puts(error, "there are as many queues as fs.mqueue.queues_max allows" SEE);
	else if (rc == -ENOSYS)
		buf_puts(error, "the kernel has no POSIX message queues");
	else
		return false;
	return true;
}

static bool why_file(struct buf *error, const struct creation *c, int rc)
{
	if (rc == -ENOSPC)
		buf_puts(error, "/dev/shm is full, by its size or its number of files: 'df /dev/shm; df -i /dev/shm'");
	else if (rc == -EFBIG || rc == -EINVAL)
		buf_printf(error, "no file can be of %" PRIu64 " bytes", c->size);
	else
		return false;
	return true;
}

static bool (*const reasons[NR_KINDS])(struct buf *error, const struct creation *c, int rc) = {
	[KIND_SHM] = why_segment,
	[KIND_SEM] = why_set,
	[KIND_MSG] = why_queue,
	[KIND_POSIX_SHM] = why_file,
	[KIND_POSIX_SEM] = why_file,
	[KIND_POSIX_MQ] = why_posix_queue,
};

void create_why(struct buf *error, const struct creation *c, const char *what, int rc)
{
	if (rc == -EEXIST && kinds[c->kind].sysv)
		buf_printf(error, "its key 0x%08" PRIx32 " is in use", c->key);
	else if (rc == -EEXIST)
		buf_puts(error, "there is one of that name already");
	else if (!reasons[c->kind] || !reasons[c->kind](error, c, rc))
		buf_printf(error, "%s: %s", what, strerrordesc_np(-rc));
}
