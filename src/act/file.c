/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Acts on the files of a /dev/shm, POSIX shared memory and semaphores, and on queues, which are files as well. */
#include "actor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Another reader that asks for a lease at the same moment is no user: it is gone in microseconds. */
#define TRIES 8

int file_parent(int root, const char *below, const char **last)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};
	const char *slash = strrchr(below, '/');
	char *folder;
	int fd;

	*last = slash ? slash + 1 : below;
	folder = slash ? xstrndup(below, slash - below) : xstrdup(".");
	fd = syscall(SYS_openat2, root, folder, &how, sizeof(how));
	fd = fd < 0 ? -errno : fd;
	free(folder);
	return fd;
}

bool file_is_gone(struct actor *a, const struct identity *who)
{
	const char *below = reach_below(who->path), *last;
	int root = below ? reach_folder(a->ways, who->device) : -1;
	int parent = root < 0 ? root : file_parent(root, below, &last);
	struct stat st;
	bool gone;

	if (root < 0)
		return false;
	gone = parent < 0 ? parent == -ENOENT :
	       fstatat(parent, last, &st, AT_SYMLINK_NOFOLLOW) && errno == ENOENT;
	if (parent >= 0)
		close(parent);
	return gone;
}

enum use { USE_NONE, USE_SOMEBODY, USE_UNTOLD };

struct removal {
	int parent, fd;			/* fd: of the file itself, -1: it may not be read */
	const char *last;
	enum use use;
	struct stat st;
};

/* Whether it was written, renamed or linked since the look. */
static bool was_touched(const struct object *fresh, const struct stat *st)
{
	return (FACT_KNOWN(fresh, change_time) && !kinds[fresh->kind].touched &&
		st->st_ctime != fresh->change_time) ||
	       (FACT_KNOWN(fresh, modify_time) && st->st_mtime != fresh->modify_time) ||
	       (kinds[fresh->kind].memory && FACT_KNOWN(fresh, size) && (uint64_t)st->st_size != fresh->size);
}

/* Who waited to open it gets it, and a passing asker goes on: the longer, the more often it was so. */
static void let_go(struct removal *r, int tries)
{
	/* closing gives the lease back */
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
	if (tries)
		usleep(100 << tries);
}

/* Open it, look what it is and take the lease: from then on nobody can open it, and who has it shows. */
static int take(struct removal *r, uint32_t owner)
{
	for (int n = 0; n < TRIES; n++) {
		int rc;

		let_go(r, n);
		r->fd = reach_file(r->parent, r->last, 0, &r->st);
		if (r->fd == -EAGAIN)
			continue;	/* a lease is in the way: its owner has it open */
		if (r->fd < 0)
			return r->fd;
		rc = lease_take(r->fd, owner);
		r->use = !rc ? USE_NONE : rc == -EAGAIN ? USE_SOMEBODY : USE_UNTOLD;
		if (r->use != USE_SOMEBODY)
			return 0;
	}
	r->use = USE_SOMEBODY;
	return 0;
}

/* -EACCES is of a file that its owner himself may not read: what its folder says must do. */
static int look(struct removal *r, const struct object *fresh)
{
	int rc = take(r, fresh->uid);

	if (rc == -EACCES || rc == -EPERM)
		r->use = USE_UNTOLD;
	else if (rc)
		return rc == -ELOOP || rc == -EMEDIUMTYPE ? -ESTALE : rc;
	if (r->fd >= 0 && !reach_is(fresh, &r->st))
		return -ESTALE;
	/* the name must lead to the very file that the lease is on */
	if (fstatat(r->parent, r->last, &r->st, AT_SYMLINK_NOFOLLOW))
		return -errno;
	return reach_is(fresh, &r->st) ? 0 : -ESTALE;
}

/* 0, or why not: -EAGAIN somebody waits to open it, -EBUSY somebody uses it, -ESTALE it changed, -ENOLCK nobody can tell. */
static int may_go(const struct actor *a, const struct removal *r, const struct object *fresh)
{
	if (a->settings->permit == PERMIT_ANY)
		return 0;
	if (r->use == USE_SOMEBODY)
		return -EBUSY;
	if (was_touched(fresh, &r->st))
		return -ESTALE;
	if (r->use == USE_UNTOLD && !fresh->evidence.absent)
		return -ENOLCK;
	if (r->use == USE_NONE && !lease_undisturbed(r->fd))
		return -EAGAIN;
	return 0;
}

static void settle(struct actor *a, struct act *act, const struct removal *r, int rc)
{
	if (rc == -EBUSY || rc == -EAGAIN) {
		act_settle(a->plan, act, OUTCOME_REFUSED, "somebody opened it meanwhile");
	} else if (rc == -ENOLCK) {
		act_settle(a->plan, act, OUTCOME_REFUSED, "the kernel could not tell whether it is in use");
	} else if (rc) {
		settle_errno(a, act, "unlink", -rc);
	} else if (r->use == USE_NONE) {
		act_settle(a->plan, act, OUTCOME_REMOVED, NULL);
		if (kinds[act->kind].memory)
			FACT_SET(act, freed, r->st.st_nlink == 1 ? (uint64_t)r->st.st_blocks * 512 : 0);
	} else {
		act_settle(a->plan, act, OUTCOME_UNLINKED,
			   "its memory comes back when the last user lets go of it");
		FACT_SET(act, freed, 0);
	}
}

/* Who began to open it in the last instant gets it, without a name; who only asks for a lease goes again. */
static bool used_since(const struct removal *r, uint32_t owner)
{
	for (int n = 1; !lease_undisturbed(r->fd); n++) {
		if (n == TRIES)
			return true;
		lease_drop(r->fd);
		usleep(100 << n);
		/* one that is not had is not undisturbed */
		(void)!lease_take(r->fd, owner);
	}
	return false;
}

static int remove_file(const struct actor *a, struct removal *r, const struct object *fresh)
{
	int rc = -EAGAIN;

	/* another asker is in the way for an instant; who really opened it is seen the next time */
	for (int n = 0; n < TRIES && rc == -EAGAIN; n++) {
		let_go(r, n);
		rc = look(r, fresh);
		if (!rc)
			rc = may_go(a, r, fresh);
	}
	if (!rc && unlinkat(r->parent, r->last, 0))
		rc = -errno;
	if (!rc && r->use == USE_NONE && used_since(r, fresh->uid))
		r->use = USE_SOMEBODY;
	return rc;
}

void file_remove(struct actor *a, struct act *act, const struct object *fresh)
{
	const char *below = reach_below(fresh->path);
	int root = reach_folder(a->ways, fresh->device), rc = root < 0 ? root : below ? 0 : -ESTALE;
	/* nearly all stand in the root itself */
	struct removal r = { .parent = root, .fd = -1, .last = below };

	if (!rc && strchr(below, '/'))
		r.parent = file_parent(root, below, &r.last);
	if (!rc)
		rc = r.parent < 0 ? r.parent : remove_file(a, &r, fresh);
	settle(a, act, &r, rc);
	let_go(&r, 0);
	if (r.parent >= 0 && r.parent != root)
		close(r.parent);
}
