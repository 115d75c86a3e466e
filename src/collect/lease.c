/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Write leases: the kernel's own count of a file's users. fcntl(2), F_SETLEASE. */
#include "pass.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>
#include "ipctop/reach.h"

/* Another reader that asks at the same moment is no user: it is gone in microseconds. */
#define TRIES 3

static enum lease ask_once(const struct shared_fs *fs, const char *below, const struct object *o)
{
	enum lease answer = LEASE_NO_ANSWER;
	struct stat st;
	int fd = reach_file(fs->root, below, 0, &st), rc;

	/* somebody else's lease is in the way: he has it open */
	if (fd < 0)
		return fd == -EAGAIN ? LEASE_REFUSED : LEASE_NO_ANSWER;
	if (st.st_ino == o->inode && st.st_dev == o->device) {
		rc = lease_take(fd, st.st_uid);
		answer = !rc ? LEASE_GRANTED : rc == -EAGAIN ? LEASE_REFUSED : LEASE_NO_ANSWER;
	}
	/* at once: others wait to open it as long as the lease is held */
	close(fd);
	return answer;
}

static void ask(void *arg, uint32_t i)
{
	struct pass *p = arg;
	struct object *o = snapshot_object(p->s, p->files + i);
	const struct where *w = pass_where(p, p->files + i);
	const struct shared_fs *fs;
	enum lease answer = LEASE_NO_ANSWER;

	/* never of files that are held: it would be in their users' way */
	if (!w->fs || o->mappings || o->openers || !FACT_KNOWN(o, uid))
		return;
	fs = (struct shared_fs *)p->filesystems.rows + w->fs - 1;
	for (int n = 0; n < TRIES; n++) {
		answer = ask_once(fs, w->below, o);
		if (answer != LEASE_REFUSED)
			break;
		usleep(100 << n);
	}
	o->evidence.lease = answer;
}

void leases_ask(struct pass *p)
{
	if (p->c->options.no_lease)
		return;
	in_threads(p->c->threads, snapshot_count(p->s, CLASS_OBJECT) - p->files, 64, ask, p);
}
