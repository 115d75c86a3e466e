/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mode and owner of objects. */
#include "actor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "create.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452	/* Linux 6.6 */
#endif

/* What can be changed of an object. */
struct traits {
	uint32_t mode, uid, gid;
};

static struct traits wanted(enum action action, const struct act_settings *settings,
			    const struct traits *now)
{
	struct traits t = *now;

	if (action == ACTION_CHMOD)
		t.mode = mode_apply(settings->mode, now->mode);
	if (action == ACTION_CHOWN && settings->has_uid)
		t.uid = settings->uid;
	if (action == ACTION_CHOWN && settings->has_gid)
		t.gid = settings->gid;
	return t;
}

static bool is_equal(const struct traits *a, const struct traits *b)
{
	return a->mode == b->mode && a->uid == b->uid && a->gid == b->gid;
}

static void tell(struct act *act, const struct act_settings *settings, const struct traits *now)
{
	struct traits want = wanted(act->action, settings, now);

	if (act->action == ACTION_CHMOD) {
		FACT_SET(act, mode, now->mode);
		FACT_SET(act, new_mode, want.mode);
		return;
	}
	FACT_SET(act, uid, now->uid);
	FACT_SET(act, gid, now->gid);
	FACT_SET(act, new_uid, want.uid);
	FACT_SET(act, new_gid, want.gid);
}

static void settle_same(struct plan *plan, struct act *act)
{
	act_settle(plan, act, OUTCOME_KEPT, "it is so already");
}

void act_foresee(struct plan *plan, struct act *act, const struct object *o,
		 const struct act_settings *settings)
{
	struct traits now = { .mode = o->mode, .uid = o->uid, .gid = o->gid }, want;

	if (!FACT_KNOWN(o, mode) || !FACT_KNOWN(o, uid) || !FACT_KNOWN(o, gid))
		return;
	if (FACT_KNOWN(o, group) && act->action == ACTION_CHOWN)
		FACT_SET(act, group, arena_strdup(plan->s->arena, o->group));
	tell(act, settings, &now);
	want = wanted(act->action, settings, &now);
	if (act->result == OUTCOME_PLANNED && is_equal(&now, &want))
		settle_same(plan, act);
}

/* One change on its way: of a segment, where it is called in its IPC namespace; or of a file. */
struct change {
	struct actor *a;
	struct act *act;
	const struct object *fresh;
	const char *call;		/* what the kernel was asked */
	int fd;
	struct traits now, want;
};

/* What it will be, told before it is done: the kernel's refusal is of just that. */
static void decide(struct change *c)
{
	c->want = wanted(c->act->action, c->a->settings, &c->now);
	tell(c->act, c->a->settings, &c->now);
}

/*
 * Whether the kernel took it as it was meant. Set-user-ID and set-group-ID are the kernel's to take
 * away, with the owner or from who is not of the group.
 */
static int verify(const struct change *c, struct traits after)
{
	struct traits want = c->want;

	want.mode &= 0777;
	after.mode &= 0777;
	return is_equal(&after, &want) ? 0 : -EUCLEAN;
}

/* What each kind of System V tells of itself, and is told: all of it begins with the same. */
union sysv_ds {
	struct ipc_perm perm;
	struct shmid_ds shm;
	struct semid_ds sem;
	struct msqid_ds msg;
};

union semun {
	int val;
	struct semid_ds *buf;
};

static int look_segment(const struct object *fresh, union sysv_ds *ds)
{
	return segment_look_used(fresh, &ds->shm);
}

static int set_segment(int id, union sysv_ds *ds)
{
	return shmctl(id, IPC_SET, &ds->shm);
}

static int look_set(const struct object *fresh, union sysv_ds *ds)
{
	return set_look(fresh, &ds->sem);
}

static int set_set(int id, union sysv_ds *ds)
{
	union semun arg = { .buf = &ds->sem };

	return semctl(id, 0, IPC_SET, arg);
}

static int look_queue(const struct object *fresh, union sysv_ds *ds)
{
	return queue_look(fresh, &ds->msg);
}

static int set_queue(int id, union sysv_ds *ds)
{
	return msgctl(id, IPC_SET, &ds->msg);
}

/* A look gives 0, -ENOENT, or -ESTALE where it is another or was changed, with what it saw. */
static const struct sysv_changer {
	int (*look)(const struct object *fresh, union sysv_ds *ds);
	int (*set)(int id, union sysv_ds *ds);
	const char *look_call, *set_call;
} changers[NR_KINDS] = {
	[KIND_SHM] = { look_segment, set_segment, "shmctl(IPC_STAT)", "shmctl(IPC_SET)" },
	[KIND_SEM] = { look_set, set_set, "semctl(IPC_STAT)", "semctl(IPC_SET)" },
	[KIND_MSG] = { look_queue, set_queue, "msgctl(IPC_STAT)", "msgctl(IPC_SET)" },
};

static struct traits traits_of_perm(const struct ipc_perm *perm)
{
	return (struct traits){ .mode = perm->mode & 0777, .uid = perm->uid, .gid = perm->gid };
}

static int change_sysv(void *arg)
{
	struct change *c = arg;
	const struct sysv_changer *ways = &changers[c->fresh->kind];
	union sysv_ds ds;
	int rc = ways->look(c->fresh, &ds);

	if (rc)
		return rc;
	c->now = traits_of_perm(&ds.perm);
	decide(c);
	if (is_equal(&c->now, &c->want))
		return 0;
	ds.perm.mode = c->want.mode;
	ds.perm.uid = c->want.uid;
	ds.perm.gid = c->want.gid;
	c->call = ways->set_call;
	if (ways->set((int)c->fresh->id, &ds))
		return errno == EIDRM || (errno == EINVAL && ways->look(c->fresh, &ds) == -ENOENT)
		       ? -ENOENT : -errno;
	/* its change time has moved: that of the look no longer fits */
	rc = ways->look(c->fresh, &ds);
	if (rc && rc != -ESTALE)
		return rc;
	return verify(c, traits_of_perm(&ds.perm));
}

static struct traits traits_of_file(const struct stat *st)
{
	return (struct traits){ .mode = st->st_mode & 07777, .uid = st->st_uid, .gid = st->st_gid };
}

/* A descriptor that gives no access, of the very file: nobody can put another in its place. */
static int open_file(const struct change *c)
{
	struct open_how how = {
		.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};
	const char *below = reach_below(c->fresh->path);
	int root = reach_folder(c->a->ways, c->fresh->device), fd;

	if (root < 0)
		return root;
	if (!below)
		return -ESTALE;
	fd = syscall(SYS_openat2, root, below, &how, sizeof(how));
	return fd < 0 ? (errno == ELOOP ? -ESTALE : -errno) : fd;
}

static bool same_birth(int fd, const struct object *fresh)
{
	struct statx stx;

	if (!FACT_KNOWN(fresh, birth_time))
		return true;
	return !statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &stx) && stx.stx_mask & STATX_BTIME &&
	       stx.stx_btime.tv_sec == fresh->birth_time;
}

static int set_mode(int fd, uint32_t mode)
{
	char path[40];

	if (!syscall(SYS_fchmodat2, fd, "", mode, AT_EMPTY_PATH))
		return 0;
	if (errno != ENOSYS)
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return chmod(path, mode) ? -errno : 0;
}

static int set_traits(struct change *c)
{
	if (c->act->action == ACTION_CHMOD) {
		c->call = "chmod";
		return set_mode(c->fd, c->want.mode);
	}
	c->call = "chown";
	return fchownat(c->fd, "", c->want.uid, c->want.gid, AT_EMPTY_PATH) ? -errno : 0;
}

static int change_file(struct change *c)
{
	struct stat st;
	int rc;

	c->fd = open_file(c);
	if (c->fd < 0)
		return c->fd;
	if (fstat(c->fd, &st) || !reach_is(c->fresh, &st) || !same_birth(c->fd, c->fresh))
		return -ESTALE;
	c->now = traits_of_file(&st);
	decide(c);
	if (is_equal(&c->now, &c->want))
		return 0;
	rc = set_traits(c);
	if (rc)
		return rc;
	return fstat(c->fd, &st) ? -errno : verify(c, traits_of_file(&st));
}

/* msgctl(IPC_SET) sets the room of a queue as well, also where that stays what it is. */
static bool is_for_room(const struct change *c, uint64_t *most)
{
	const struct object *o = c->fresh;

	*most = create_knob("/proc/sys/kernel/msgmnb", 0);
	return o->kind == KIND_MSG && FACT_KNOWN(o, max_bytes) && o->max_bytes > *most &&
	       (o->uid == geteuid() || o->creator_uid == geteuid());
}

static void settle(const struct change *c, int rc)
{
	struct plan *plan = c->a->plan;
	uint64_t most;

	if (rc == -EUCLEAN)
		act_settle(plan, c->act, OUTCOME_FAILED, "somebody else changed it at the same moment");
	else if (rc == -EPERM && is_for_room(c, &most))
		act_settle(plan, c->act, OUTCOME_FAILED, "%s: not permitted: it has more room than kernel.msgmnb allows "
			   "by now, %llu bytes: that takes CAP_SYS_RESOURCE", c->call, (unsigned long long)most);
	else if (rc == -EPERM && c->act->action == ACTION_CHOWN && c->now.uid == geteuid())
		act_settle(plan, c->act, OUTCOME_FAILED, "%s: not permitted: to give away what is one's own takes CAP_CHOWN",
			   c->call);
	else if (rc)
		settle_errno(c->a, c->act, c->call, -rc);
	else if (is_equal(&c->now, &c->want))
		settle_same(plan, c->act);
	else
		act_settle(plan, c->act, OUTCOME_CHANGED, NULL);
}

void sysv_change(struct actor *a, struct act *act, const struct object *fresh)
{
	struct change c = { .a = a, .act = act, .fresh = fresh, .call = changers[fresh->kind].look_call, .fd = -1 };
	int rc = in_ipc_ns(a->ways, fresh->ipc_ns, change_sysv, &c);

	settle(&c, rc);
}

void file_change(struct actor *a, struct act *act, const struct object *fresh)
{
	struct change c = { .a = a, .act = act, .fresh = fresh, .call = "open", .fd = -1 };
	int rc = change_file(&c);

	settle(&c, rc);
	if (c.fd >= 0)
		close(c.fd);
}
