/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Write leases: the kernel's own count of a file's users. fcntl(2), F_SETLEASE. */
#include "pass.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Another reader that asks at the same moment is no user: it is gone in microseconds. */
#define TRIES 3

static int open_file(const struct shared_fs *fs, const char *below)
{
	struct open_how how = {
		.flags = O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};

	return syscall(SYS_openat2, fs->root, below, &how, sizeof(how));
}

static int take_lease(int fd, uid_t owner)
{
	uid_t self;
	int rc = fcntl(fd, F_SETLEASE, F_WRLCK);

	if (rc == 0 || errno != EACCES)
		return rc;
	/* without CAP_LEASE the owner may, and who may become him: only this thread does */
	self = setfsuid(owner);
	rc = fcntl(fd, F_SETLEASE, F_WRLCK);
	if (rc < 0) {
		int error = errno;

		setfsuid(self);
		errno = error;
		return rc;
	}
	setfsuid(self);
	return 0;
}

static enum lease ask_once(const struct shared_fs *fs, const char *below, const struct object *o)
{
	enum lease answer = LEASE_NO_ANSWER;
	int fd = open_file(fs, below);
	struct stat st;

	/* somebody else's lease is in the way: he has it open */
	if (fd < 0)
		return errno == EAGAIN ? LEASE_REFUSED : LEASE_NO_ANSWER;
	if (!fstat(fd, &st) && st.st_ino == o->inode && st.st_dev == o->device) {
		if (take_lease(fd, st.st_uid) == 0)
			answer = LEASE_GRANTED;
		else if (errno == EAGAIN)
			answer = LEASE_REFUSED;
		/* others wait to open it as long as it is held */
		if (answer == LEASE_GRANTED)
			fcntl(fd, F_SETLEASE, F_UNLCK);
	}
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
