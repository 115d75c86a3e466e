/* SPDX-License-Identifier: GPL-2.0-or-later */
/* File locks: /proc/locks, proc(5). */
#include "pass.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sysmacros.h>
#include "ipctop/io.h"

#define LOCKS_MAX (256 << 20)

/* "1: POSIX  ADVISORY  WRITE 4711 00:19:5 0 EOF", or "1: -> …" for one who waits. */
static bool parse_lock(const char *line, uint64_t *device, uint64_t *inode)
{
	unsigned int maj, min;
	unsigned long long ino;

	/* a lease is asked for by those who look as well; who holds one for long has it open */
	if (strstr(line, ": LEASE "))
		return false;
	for (const char *at = line; (at = strchr(at, ' ')); at++) {
		if (sscanf(at, " %x:%x:%llu ", &maj, &min, &ino) == 3) {
			*device = makedev(maj, min);
			*inode = ino;
			return true;
		}
	}
	return false;
}

void locks_read(struct pass *p)
{
	struct buf text = BUF_INIT;
	char *rest, *line;
	int rc = io_read_file(AT_FDCWD, "/proc/locks", &text, LOCKS_MAX);

	if (rc < 0)
		snapshot_gap(p->s, "locks", -rc, 0);
	rest = text.s;
	while (rc == 0 && (line = strsep(&rest, "\n"))) {
		uint64_t device, inode;
		uint32_t found;

		if (!parse_lock(line, &device, &inode))
			continue;
		found = index_find(&p->index, device, inode, 0);
		if (found)
			snapshot_object(p->s, found - 1)->evidence.locked = true;
	}
	buf_release(&text);
}
