/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making objects: one row a kind. */
#include "create.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <mqueue.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/random.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "ipctop/io.h"
#include "ipctop/name.h"

#define SHM_FOLDER	"/dev/shm"
#define HIDDEN_MODE	0600		/* until it is whole, of what must be filled by its number */
#define KEY_TRIES	64

union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
};

/* Whose it becomes, and who may what. */
struct traits {
	bool give;
	uint32_t uid, gid, mode;
};

static int fail(struct buf *error, const struct creation *c, const char *what, int rc)
{
	create_why(error, c, what, rc);
	return rc;
}

/* System V. */

static uint32_t random_key(void)
{
	uint32_t key = 0;

	while (!key)
		if (getrandom(&key, sizeof(key), 0) != sizeof(key))
			return 0;
	return key;
}

/* An id, or -errno. */
static int begin_sysv(struct creation *c, int (*get)(const struct creation *c))
{
	int id = -1;

	if (!c->random_key) {
		id = get(c);
		return id < 0 ? -errno : id;
	}
	for (int i = 0; id < 0 && i < KEY_TRIES; i++) {
		c->key = random_key();
		if (!c->key)
			return -EIO;
		id = get(c);
		if (id < 0 && errno != EEXIST)
			return -errno;
	}
	return id < 0 ? -EEXIST : id;
}

static int get_segment(const struct creation *c)
{
	return shmget((key_t)c->key, c->size, IPC_CREAT | IPC_EXCL | c->flags);
}

static int set_segment(int id, const struct traits *t)
{
	struct shmid_ds ds = { .shm_perm = { .uid = t->uid, .gid = t->gid, .mode = t->mode } };

	return shmctl(id, IPC_SET, &ds) ? -errno : 0;
}

/* While the contents come its mode is 0, so that nobody takes it for whole; who made it may attach first. */
static void *attach_hidden(int id)
{
	struct traits own = { .uid = geteuid(), .gid = getegid(), .mode = HIDDEN_MODE };
	void *map = shmat(id, NULL, 0);

	if (map != (void *)-1 || errno != EACCES)
		return map;
	if (set_segment(id, &own))
		return (void *)-1;
	map = shmat(id, NULL, 0);
	own.mode = 0;
	if (map != (void *)-1)
		(void)!set_segment(id, &own);
	return map;
}

static int begin_segment(struct creation *c, struct newborn *n, struct buf *error)
{
	void *map;

	n->id = begin_sysv(c, get_segment);
	if (n->id < 0)
		return fail(error, c, c->flags ? "a segment of huge pages cannot be made"
					       : "a segment cannot be made", n->id);
	if (!c->map && !c->hold)
		return 0;
	map = attach_hidden(n->id);
	if (map == (void *)-1)
		return fail(error, c, "the new segment cannot be attached", -errno);
	n->map = map;
	n->length = c->size;
	return 0;
}

static int own_segment(const struct newborn *n, const struct traits *t)
{
	return set_segment(n->id, t);
}

static int drop_segment(const struct creation *c, const struct newborn *n)
{
	struct shmid_ds ds;

	/* who has given it away may not ask, but its maker may remove it */
	if (!shmctl(n->id, IPC_STAT, &ds) &&
	    ((uint32_t)ds.shm_perm.__key != c->key && !(ds.shm_perm.mode & SHM_DEST)))
		return -ESTALE;
	return shmctl(n->id, IPC_RMID, NULL) ? -errno : 0;
}

static void let_segment(struct newborn *n)
{
	shmdt(n->map);
}

static int get_set(const struct creation *c)
{
	return semget((key_t)c->key, (int)c->count, IPC_CREAT | IPC_EXCL | HIDDEN_MODE);
}

static int begin_set(struct creation *c, struct newborn *n, struct buf *error)
{
	/* beyond that the number would be another one for the system call */
	n->id = c->count > INT32_MAX ? -EINVAL : begin_sysv(c, get_set);
	return n->id < 0 ? fail(error, c, "a set of semaphores cannot be made", n->id) : 0;
}

static int fill_set(const struct creation *c, const struct newborn *n, struct buf *error)
{
	union semun arg = { .array = xcalloc(c->count, sizeof(*arg.array)) };
	int rc = 0;

	for (uint64_t i = 0; i < c->count; i++)
		arg.array[i] = (unsigned short)c->value;
	if (c->value && semctl(n->id, 0, SETALL, arg))
		rc = fail(error, c, "its values cannot be set", -errno);
	free(arg.array);
	return rc;
}

static int own_set(const struct newborn *n, const struct traits *t)
{
	struct semid_ds ds = { .sem_perm = { .uid = t->uid, .gid = t->gid, .mode = t->mode } };
	union semun arg = { .buf = &ds };

	return semctl(n->id, 0, IPC_SET, arg) ? -errno : 0;
}

static int drop_set(const struct creation *c, const struct newborn *n)
{
	struct semid_ds ds;
	union semun arg = { .buf = &ds };

	if (!semctl(n->id, 0, IPC_STAT, arg) && (uint32_t)ds.sem_perm.__key != c->key)
		return -ESTALE;
	return semctl(n->id, 0, IPC_RMID) ? -errno : 0;
}

static int get_queue(const struct creation *c)
{
	return msgget((key_t)c->key, IPC_CREAT | IPC_EXCL | HIDDEN_MODE);
}

int queue_set_room(int id, uint64_t bytes, struct buf *error)
{
	const struct creation c = { .kind = KIND_MSG, .max_bytes = bytes };
	struct msqid_ds ds;
	int rc = msgctl(id, IPC_STAT, &ds) ? -errno : 0;

	ds.msg_qbytes = bytes;
	if (!rc && msgctl(id, IPC_SET, &ds))
		rc = -errno;
	return rc ? fail(error, &c, "its room cannot be set", rc) : 0;
}

static int begin_queue(struct creation *c, struct newborn *n, struct buf *error)
{
	n->id = begin_sysv(c, get_queue);
	if (n->id < 0)
		return fail(error, c, "a queue cannot be made", n->id);
	return c->max_bytes ? queue_set_room(n->id, c->max_bytes, error) : 0;
}

static int own_queue(const struct newborn *n, const struct traits *t)
{
	struct msqid_ds ds;

	/* what it has room for is set by the same call */
	if (msgctl(n->id, IPC_STAT, &ds))
		return -errno;
	ds.msg_perm.uid = t->uid;
	ds.msg_perm.gid = t->gid;
	ds.msg_perm.mode = t->mode;
	return msgctl(n->id, IPC_SET, &ds) ? -errno : 0;
}

static int drop_queue(const struct creation *c, const struct newborn *n)
{
	struct msqid_ds ds;

	if (!msgctl(n->id, IPC_STAT, &ds) && (uint32_t)ds.msg_perm.__key != c->key)
		return -ESTALE;
	return msgctl(n->id, IPC_RMID, NULL) ? -errno : 0;
}

/* Files. */

int create_open_shm(struct buf *error)
{
	int fd = open(SHM_FOLDER, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0) {
		fd = -errno;
		buf_printf(error, SHM_FOLDER ": %s", strerrordesc_np(-fd));
		return fd;
	}
	if (!fstatfs(fd, &fs) && (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC))
		return fd;
	close(fd);
	buf_puts(error, SHM_FOLDER " is no tmpfs: 'mount -t tmpfs -o mode=1777 shm " SHM_FOLDER "' makes it one");
	return -EOPNOTSUPP;
}

static int begin_file(struct creation *c, struct newborn *n, struct buf *error)
{
	int folder = c->folder < 0 ? create_open_shm(error) : c->folder, rc;

	if (folder < 0)
		return folder;
	rc = newfile_open(&n->file, folder);
	if (rc)
		n->file = (struct newfile){ .folder = folder, .fd = -1 };
	if (rc)
		fail(error, c, "no file can be made there", rc);
	else if (c->size > INT64_MAX || ftruncate(n->file.fd, c->size))
		rc = fail(error, c, "a file of its size cannot be made", c->size > INT64_MAX ? -EFBIG : -errno);
	n->own_folder = c->folder < 0;
	return rc;
}

static int fill_shm(const struct creation *c, const struct newborn *n, struct buf *error)
{
	if (c->reserve && fallocate(n->file.fd, 0, 0, c->size))
		return fail(error, c, "memory for it cannot be had", -errno);
	return 0;
}

/* As sem_open(3) writes it: one that processes share. */
static int fill_sem(const struct creation *c, const struct newborn *n, struct buf *error)
{
	union {
		sem_t sem;
		char bytes[sizeof(sem_t)];
	} s = { .bytes = { 0 } };

	if (sem_init(&s.sem, 1, c->value) || pwrite(n->file.fd, s.bytes, sizeof(s), 0) != sizeof(s))
		return fail(error, c, "its value cannot be set", errno ? -errno : -ENOSPC);
	return 0;
}

static int hold_file(const struct creation *c, struct newborn *n, struct buf *error)
{
	void *map = mmap(NULL, c->size, PROT_READ | PROT_WRITE, MAP_SHARED, n->file.fd, 0);

	if (map == MAP_FAILED)
		return fail(error, c, "it cannot be mapped", -errno);
	n->map = map;
	n->length = c->size;
	return 0;
}

static void let_file(struct newborn *n)
{
	munmap(n->map, n->length);
}

static int own_file(const struct newborn *n, const struct traits *t)
{
	if (t->give && fchown(n->file.fd, t->uid, t->gid))
		return -errno;
	return fchmod(n->file.fd, t->mode) ? -errno : 0;
}

static void put_last(struct buf *out, const struct creation *c)
{
	buf_printf(out, "%s%s", c->kind == KIND_POSIX_SEM ? "sem." : "", c->path + 1);
}

static int publish_file(const struct creation *c, struct newborn *n, struct buf *error)
{
	struct buf last = BUF_INIT;
	int rc;

	if (!c->last)
		put_last(&last, c);
	rc = newfile_link(&n->file, c->last ? c->last : last.s);
	if (rc)
		fail(error, c, "it cannot get its name", rc);
	buf_release(&last);
	return rc;
}

/* Whether both are one file, with one birth. */
static bool is_same(int fd, const struct stat *other)
{
	struct stat st;

	return !fstat(fd, &st) && st.st_dev == other->st_dev && st.st_ino == other->st_ino;
}

/* The descriptor keeps its inode from being another's. */
static int undo_file(const struct creation *c, const struct newborn *n)
{
	struct buf last = BUF_INIT;
	struct stat st;
	int rc = 0;

	put_last(&last, c);
	if (fstatat(n->file.folder, last.s, &st, AT_SYMLINK_NOFOLLOW))
		rc = -errno;
	else if (!is_same(n->file.fd, &st))
		rc = -ESTALE;
	else if (unlinkat(n->file.folder, last.s, 0))
		rc = -errno;
	buf_release(&last);
	return rc;
}

/* POSIX queues. */

/* As the kernel has it where nothing is said: mq_attr_ok() would refuse a default that is above the maximum. */
static uint64_t usual(const char *most, const char *unless_said)
{
	uint64_t a = create_knob(most, 0), b = create_knob(unless_said, 0);

	return a < b ? a : b;
}

static int begin_mqueue(struct creation *c, struct newborn *n, struct buf *error)
{
	bool said = c->count || c->size;
	struct mq_attr attr;

	if (said && !c->count)
		c->count = usual("/proc/sys/fs/mqueue/msg_max", "/proc/sys/fs/mqueue/msg_default");
	if (said && !c->size)
		c->size = usual("/proc/sys/fs/mqueue/msgsize_max", "/proc/sys/fs/mqueue/msgsize_default");
	attr = (struct mq_attr){ .mq_maxmsg = (long)c->count, .mq_msgsize = (long)c->size };
	n->file.fd = c->count > INT32_MAX || c->size > INT32_MAX ? (errno = EINVAL, -1) :
		     mq_open(c->path, O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK, 0, said ? &attr : NULL);
	return n->file.fd < 0 ? fail(error, c, "a queue cannot be made", -errno) : 0;
}

static int undo_mqueue(const struct creation *c, const struct newborn *n)
{
	struct stat own, st;
	mqd_t there;
	int rc;

	if (fstat(n->file.fd, &own))
		return -errno;
	/* what its maker may not read with the mode that it was given would look like another's */
	(void)!fchmod(n->file.fd, HIDDEN_MODE);
	there = mq_open(c->path, O_RDONLY | O_NONBLOCK);
	if (there < 0)
		rc = errno == EACCES ? -ESTALE : -errno;
	else if (fstat(there, &st) || !is_same(n->file.fd, &st))
		rc = -ESTALE;
	else
		rc = mq_unlink(c->path) ? -errno : 0;
	if (there >= 0)
		mq_close(there);
	if (rc)
		(void)!fchmod(n->file.fd, own.st_mode & 0777);
	return rc;
}

static const struct maker {
	/* made, and kept from others: 0, or -errno with a sentence */
	int (*begin)(struct creation *c, struct newborn *n, struct buf *error);
	int (*fill)(const struct creation *c, const struct newborn *n, struct buf *error);
	int (*hold)(const struct creation *c, struct newborn *n, struct buf *error);
	int (*own)(const struct newborn *n, const struct traits *t);
	int (*publish)(const struct creation *c, struct newborn *n, struct buf *error);
	int (*undo)(const struct creation *c, const struct newborn *n);
	void (*let)(struct newborn *n);	/* unmap it */
} makers[NR_KINDS] = {
	[KIND_SHM] = { begin_segment, .own = own_segment, .undo = drop_segment, .let = let_segment },
	[KIND_SEM] = { begin_set, fill_set, .own = own_set, .undo = drop_set },
	[KIND_MSG] = { begin_queue, .own = own_queue, .undo = drop_queue },
	[KIND_POSIX_SHM] = { begin_file, fill_shm, hold_file, own_file, publish_file, undo_file, let_file },
	[KIND_POSIX_SEM] = { begin_file, fill_sem, hold_file, own_file, publish_file, undo_file, let_file },
	[KIND_POSIX_MQ] = { begin_mqueue, .own = own_file, .undo = undo_mqueue },
	/* on hugetlbfs */
	[KIND_FILE] = { begin_file, .own = own_file, .publish = publish_file },
};

static int give(const struct maker *m, struct creation *c, const struct newborn *n, struct buf *error)
{
	struct traits t = {
		.give = c->has_uid || c->has_gid, .mode = c->mode,
		.uid = c->has_uid ? c->uid : geteuid(), .gid = c->has_gid ? c->gid : getegid(),
	};
	int rc = m->own(n, &t);

	c->given = !rc && t.give;
	if (rc && t.give && c->owner_optional) {
		/* not privileged, or a user that this namespace does not know */
		t = (struct traits){ .uid = geteuid(), .gid = getegid(), .mode = c->mode };
		rc = m->own(n, &t);
	}
	if (rc == -EPERM && t.give)
		buf_printf(error, "it cannot be given to user %" PRIu32 ", group %" PRIu32 ": only root may do that",
			   t.uid, t.gid);
	else if (rc)
		fail(error, c, "its owner and mode cannot be set", rc);
	return rc;
}

static int complete(const struct maker *m, struct creation *c, struct newborn *n, struct buf *error)
{
	int rc = c->fill ? c->fill(c, n, error) : m->fill ? m->fill(c, n, error) : 0;

	if (!rc && c->hold && m->hold)
		rc = m->hold(c, n, error);
	if (!rc)
		rc = give(m, c, n, error);
	if (!rc && m->publish)
		rc = m->publish(c, n, error);
	return rc;
}

static void let_go(const struct maker *m, struct newborn *n)
{
	if (n->map && m->let)
		m->let(n);
	n->map = NULL;
}

void create_release(struct newborn *n)
{
	let_go(&makers[n->kind], n);
	newfile_drop(&n->file);
	if (n->own_folder)
		close(n->file.folder);
	n->own_folder = false;
}

int create_object(struct creation *c, struct newborn *n, struct buf *error)
{
	const struct maker *m = &makers[c->kind];
	int rc;

	*n = (struct newborn){ .kind = c->kind, .id = -1, .file = { .fd = -1 } };
	rc = m->begin ? m->begin(c, n, error) : -EOPNOTSUPP;
	if (rc == -EOPNOTSUPP && !m->begin)
		buf_printf(error, "%s live by their holders alone: it cannot be made", kinds[c->kind].plural);
	if (!rc)
		rc = complete(m, c, n, error);
	if (!rc)
		return 0;
	/* a file goes with its descriptor, as it has no name yet */
	if (!m->publish && (n->id >= 0 || n->file.fd >= 0))
		(void)!m->undo(c, n);
	create_release(n);
	return rc;
}

void create_name(struct buf *out, const struct creation *c, const struct newborn *n)
{
	struct name name = { .kind = c->kind, .form = NAME_PATH, .path = (char *)c->path };

	if (kinds[c->kind].sysv)
		name = (struct name){ .kind = c->kind, .form = NAME_ID, .id = (uint64_t)n->id };
	name_put(out, &name);
}

int create_undo(const struct creation *c, const struct newborn *n)
{
	int rc = makers[c->kind].undo(c, n);

	return rc == -EINVAL || rc == -EIDRM ? -ENOENT : rc;
}

bool create_goes_with_maker(void)
{
	struct buf text = BUF_INIT;
	bool yes = !io_read_file(AT_FDCWD, "/proc/sys/kernel/shm_rmid_forced", &text, 64) &&
		   text.s[0] == '1';

	buf_release(&text);
	return yes;
}
