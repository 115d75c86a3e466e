/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What POSIX semaphores are at: the first eight bytes of their files, sem_overview(7). */
#include "pass.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* As the C libraries of 64-bit machines have it; the value is that of musl as well. */
static int read_one(const struct pass *p, uint32_t i, uint32_t *value, uint32_t *waiters)
{
	uint64_t data;
	ssize_t n;
	/* an access time that moves makes it look used; EPERM: who may not keep it still does not look */
	int fd = object_open(p, i, O_NOATIME), rc = 0;

	if (fd < 0)
		return fd;
	n = pread(fd, &data, sizeof(data), 0);
	if (n != sizeof(data))
		rc = n < 0 ? -errno : -EIO;
	*value = data & 0x7fffffff;
	*waiters = data >> 32;
	close(fd);
	return rc;
}

/* Of those who wait the file tells, also of those that were killed: it proves no user. */
static void set_value(struct pass *p, struct object *o, uint32_t value, uint32_t waiters)
{
	struct span values = { snapshot_count(p->s, CLASS_SEMAPHORE), 1 };
	struct semaphore *row = snapshot_add(p->s, CLASS_SEMAPHORE);

	FACT_SET(row, number, 0);
	FACT_SET(row, value, value);
	FACT_SET(row, rise_waiters, waiters);
	FACT_SET(o, semaphores, 1);
	FACT_SET(o, values, values);
	FACT_SET(o, waiters, waiters);
}

void semfiles_read(struct pass *p)
{
	for (uint32_t i = p->files; i < snapshot_count(p->s, CLASS_OBJECT); i++) {
		struct object *o = snapshot_object(p->s, i);
		uint32_t value, waiters;
		int rc;

		if (o->kind != KIND_POSIX_SEM)
			continue;
		rc = read_one(p, i, &value, &waiters);
		if (!rc) {
			set_value(p, o, value, waiters);
			continue;
		}
		FACT_UNKNOWN(o, values);
		FACT_UNKNOWN(o, waiters);
		if (rc != -ENOENT)
			snapshot_gap(p->s, "semaphores", -rc, 0);
	}
}
