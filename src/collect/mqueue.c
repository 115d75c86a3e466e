/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * POSIX message queues: mq_overview(7). Each IPC namespace has a file system of them. A mount of it that
 * is not attached to any folder shows it, and is gone with its descriptor.
 */
#include "sysv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <mqueue.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "ipctop/reach.h"

#define FOLDER "/dev/mqueue"

struct reading {
	const struct mounts *own;	/* the reader's mounts, when the namespace is its own */
	int root;
	bool unsure;			/* that @root is of this namespace */
};

static void *begin(struct pass *p, bool own)
{
	struct reading *r = xcalloc(1, sizeof(*r));

	r->own = own && p->mounts.count ? p->mounts.rows : NULL;
	r->root = -1;
	return r;
}

int mqueue_mount(void)
{
	int fs = syscall(SYS_fsopen, "mqueue", FSOPEN_CLOEXEC), root = -1, error;

	if (fs >= 0 && !syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		root = syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	error = errno;
	if (fs >= 0)
		close(fs);
	return root < 0 ? -error : root;
}

enum proof { PROOF_NONE, PROOF_OURS, PROOF_ANOTHERS };

/* mq_open looks in the own namespace: whether the file @name of @root is what it finds. */
static enum proof compare(int root, const char *name)
{
	struct buf path = BUF_INIT;
	struct stat here, there;
	enum proof proof = PROOF_NONE;
	mqd_t queue;

	buf_printf(&path, "/%s", name);
	queue = mq_open(path.s, O_RDONLY | O_NONBLOCK);
	if (queue < 0 && errno == ENOENT)
		proof = fstatat(root, name, &here, AT_SYMLINK_NOFOLLOW) ? PROOF_NONE : PROOF_ANOTHERS;
	else if (queue >= 0 && !fstatat(root, name, &here, AT_SYMLINK_NOFOLLOW) && !fstat(queue, &there))
		proof = here.st_dev == there.st_dev ? PROOF_OURS : PROOF_ANOTHERS;
	if (queue >= 0)
		mq_close(queue);
	buf_release(&path);
	return proof;
}

/* A program may be in another namespace than what it sees at /dev/mqueue: unshare(1) without --mount. */
static bool is_anothers(int root)
{
	int fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	enum proof proof = PROOF_NONE;
	struct dirent *e;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while (!proof && (e = readdir(dir)))
		if (e->d_name[0] != '.' || (e->d_name[1] && e->d_name[1] != '.'))
			proof = compare(root, e->d_name);
	closedir(dir);
	return proof == PROOF_ANOTHERS;
}

static int open_mounted(const struct mounts *own)
{
	const struct mount *m = own->rows.rows;

	for (uint32_t k = 0; k < own->rows.count; k++) {
		struct stat st;
		int root;

		if (strcmp(m[k].type, "mqueue") || mounts_pass_server(own, m[k].point, false))
			continue;
		root = open(m[k].point, O_PATH | O_DIRECTORY | O_CLOEXEC);
		/* another mount may stand on top of it */
		if (root >= 0 && !fstat(root, &st) && st.st_dev == m[k].device)
			return root;
		if (root >= 0)
			close(root);
	}
	return -ENOENT;
}

/* Who may not mount must do with what is mounted. */
static int open_root(void *reading)
{
	struct reading *r = reading;
	int rc = r->root = mqueue_mount();

	if (rc == -EPERM && r->own) {
		r->root = open_mounted(r->own);
		if (r->root >= 0)
			r->unsure = is_anothers(r->root);
	}
	/* ENODEV: a kernel without POSIX queues has none */
	return r->root >= 0 && !r->unsure ? 0 : rc == -ENODEV ? 0 : -rc;
}

int mqueue_own(const struct pass *p)
{
	struct reading r = { .own = p->mounts.count ? p->mounts.rows : NULL };
	int error = open_root(&r);

	if (error && r.root >= 0)
		close(r.root);
	return error ? -error : r.root < 0 ? -ENODEV : r.root;
}

static void take(struct pass *p, void *reading, uint64_t ns, bool read)
{
	struct reading *r = reading;
	struct shared_fs *fs;
	struct stat st;

	if (r->root >= 0 && !fstat(r->root, &st) && !files_fs(p, st.st_dev)) {
		fs = table_add(&p->filesystems, sizeof(*fs));
		*fs = (struct shared_fs){
			.device = st.st_dev, .type = FS_MQUEUE, .root = r->root, .whole = true,
			.own = ns == p->c->ipc_ns && !r->unsure, .ipc_ns = r->unsure ? 0 : ns,
			.path = xstrdup(FOLDER),
		};
	} else if (r->root >= 0) {
		close(r->root);
	}
	free(r);
}

const struct sysv_kind posix_mqueue = { SOURCE_MQUEUE, begin, open_root, take };

static const char *notify_name(int how)
{
	switch (how) {
	case SIGEV_SIGNAL:
		return "signal";
	case SIGEV_THREAD:
		return "thread";
	}
	return "none";
}

/* What the file says when it is read; all of it is 0 where nobody wants to be notified. */
static int read_status(struct object *o, int fd)
{
	unsigned long bytes;
	unsigned int pid;
	int how, number;
	char text[128];
	ssize_t n = read(fd, text, sizeof(text) - 1);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	if (sscanf(text, "QSIZE:%lu NOTIFY:%d SIGNO:%d NOTIFY_PID:%u", &bytes, &how, &number, &pid) != 4)
		return -EPROTO;
	FACT_SET(o, bytes, bytes);
	o->facts.unknown &= ~FACT_BIT(o, notify);
	if (!how && !number && !pid)
		return 0;
	FACT_SET(o, notify, notify_name(how));
	if (how == SIGEV_SIGNAL)
		FACT_SET(o, notify_signal, number);
	/* 0: it is not visible in the reader's pid namespace */
	if (pid)
		FACT_SET(o, notify_pid, pid);
	else
		FACT_UNKNOWN(o, notify_pid);
	return 0;
}

/* The attributes leave no trace; what the file says when it is read does, so it comes last. */
static int read_queue(const struct pass *p, struct object *o, int fd)
{
	struct mq_attr attr;
	uint64_t room;

	if (mq_getattr(fd, &attr))
		return -errno;
	room = (uint64_t)attr.mq_maxmsg * attr.mq_msgsize;
	FACT_SET(o, size, room);
	FACT_SET(o, max_bytes, room);
	FACT_SET(o, messages, attr.mq_curmsgs);
	FACT_SET(o, max_messages, attr.mq_maxmsg);
	FACT_SET(o, message_size, attr.mq_msgsize);
	return p->sources & SOURCE_BIT(SOURCE_MQSTATUS) ? read_status(o, fd) : 0;
}

static void set_unknown(const struct pass *p, struct object *o)
{
	FACT_UNKNOWN(o, size);
	FACT_UNKNOWN(o, max_bytes);
	FACT_UNKNOWN(o, messages);
	FACT_UNKNOWN(o, max_messages);
	FACT_UNKNOWN(o, message_size);
	if (!(p->sources & SOURCE_BIT(SOURCE_MQSTATUS)))
		return;
	FACT_UNKNOWN(o, bytes);
	FACT_UNKNOWN(o, notify);
}

static void read_facts(struct pass *p, uint32_t i)
{
	struct object *o = snapshot_object(p->s, i);
	const struct shared_fs *fs = files_fs(p, o->device);
	int fd = object_open(p, i, 0), rc = fd;

	if (fs && fs->ipc_ns)
		FACT_SET(o, ipc_ns, fs->ipc_ns);
	else
		FACT_UNKNOWN(o, ipc_ns);
	o->evidence.namespace_other = !fs || !fs->own;
	set_unknown(p, o);
	if (fd >= 0) {
		rc = read_queue(p, o, fd);
		close(fd);
	}
	if (rc < 0 && rc != -ENOENT)
		snapshot_gap(p->s, "mqueue", -rc, 0);
}

void mqueues_read(struct pass *p)
{
	for (uint32_t i = p->files; i < snapshot_count(p->s, CLASS_OBJECT); i++)
		if (snapshot_object(p->s, i)->kind == KIND_POSIX_MQ)
			read_facts(p, i);
}
