/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Contents of semaphores and message queues: semctl(2), msgop(2). */
#include "copied.h"

#include <endian.h>
#include <errno.h>
#include <mqueue.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <unistd.h>
#include "actor.h"
#include "attach.h"

#ifndef MSG_COPY
#define MSG_COPY 040000		/* Linux 3.8 */
#endif

#define TRIES 16		/* to find a queue at rest */
#define HEAD (2 * sizeof(uint64_t))

union semun {
	int val;
	unsigned short *array;
};

struct copying {
	const struct object *o;
	struct buf bytes;
};

static int copy_error(void)
{
	return errno == EINVAL || errno == EIDRM ? -ENOENT : -errno;
}

static int copy_set(void *arg)
{
	struct copying *x = arg;
	struct semid_ds ds;
	union semun all;
	int rc = set_look(x->o, &ds);

	if (rc)
		return rc;
	all.array = xcalloc(ds.sem_nsems, sizeof(*all.array));
	if (semctl((int)x->o->id, 0, GETALL, all))
		rc = copy_error();
	else
		rc = set_look(x->o, &ds);	/* it may have been removed, and another be there */
	for (unsigned long i = 0; !rc && i < ds.sem_nsems; i++) {
		uint16_t value = htole16(all.array[i]);

		buf_add(&x->bytes, (const char *)&value, sizeof(value));
	}
	free(all.array);
	return rc;
}

struct message {
	long type;
	char text[];
};

static void put_message(struct buf *out, const struct message *m, size_t n)
{
	const uint64_t head[] = { htole64((uint64_t)m->type), htole64(n) };

	buf_add(out, (const char *)head, sizeof(head));
	buf_add(out, m->text, n);
}

/* All that are there, by their place in the queue: it keeps them. */
static int copy_messages(int id, uint64_t room, struct buf *out)
{
	struct message *m = xcalloc(1, sizeof(*m) + room);
	ssize_t n;
	int rc;

	buf_reset(out);
	for (long i = 0; (n = msgrcv(id, m, room, i, MSG_COPY | IPC_NOWAIT)) >= 0; i++)
		put_message(out, m, n);
	rc = errno == ENOMSG ? 0 : errno == E2BIG ? -EAGAIN : errno == ENOSYS ? -EOPNOTSUPP : copy_error();
	free(m);
	return rc;
}

static bool is_same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && (!a->len || !memcmp(a->s, b->s, a->len));
}

/* Others may send and receive meanwhile, and move the places: twice the same is what was there. */
static int copy_queue(void *arg)
{
	struct copying *x = arg;
	struct buf before = BUF_INIT;
	struct msqid_ds ds;
	int rc = -EAGAIN;

	for (int i = 0; rc == -EAGAIN && i < TRIES; i++) {
		struct buf swap = before;

		before = x->bytes;
		x->bytes = swap;
		rc = queue_look(x->o, &ds);
		if (!rc)
			rc = copy_messages((int)x->o->id, ds.__msg_cbytes, &x->bytes);
		if (!rc && (!i || !is_same(&before, &x->bytes)))
			rc = -EAGAIN;
	}
	if (!rc)
		rc = queue_look(x->o, &ds);
	buf_release(&before);
	return rc;
}

static void put_why(const struct object *o, int error, struct buf *why)
{
	if (sysv_why(o, error, why))
		return;
	if (error == EAGAIN)
		buf_puts(why, "its messages come and go: no two looks at it were the same");
	else if (error == EOPNOTSUPP)
		buf_puts(why, "this kernel lets nobody read messages without taking them (CONFIG_CHECKPOINT_RESTORE)");
	else
		buf_printf(why, "its contents cannot be copied: %s", strerrordesc_np(error));
}

/* Of one with messages nobody can see them: whoever reads one has it, and the queue has it no more. */
static int look_at_mqueue(struct reach *ways, const struct object *o, struct buf *error)
{
	struct mq_attr attr;
	int fd = reach_named(ways, o), rc = 0;

	if (fd < 0 || mq_getattr(fd, &attr)) {
		rc = fd < 0 ? fd : -errno;
		put_why(o, -rc, error);
	} else if (attr.mq_curmsgs) {
		buf_printf(error, "it has %ld message%s, and of a POSIX queue nobody can read them without taking them: "
			   "an empty one can be saved", attr.mq_curmsgs, attr.mq_curmsgs == 1 ? "" : "s");
		rc = -EOPNOTSUPP;
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

int copied_open(struct reach *ways, const struct object *o, struct contents *c, struct buf *error)
{
	struct copying x = { .o = o, .bytes = BUF_INIT };
	int rc;

	if (o->kind == KIND_POSIX_MQ)
		return look_at_mqueue(ways, o, error);
	rc = in_ipc_ns(ways, o->ipc_ns, o->kind == KIND_SEM ? copy_set : copy_queue, &x);
	if (rc) {
		put_why(o, -rc, error);
	} else {
		c->size = x.bytes.len;
		c->copy = buf_detach(&x.bytes);
	}
	buf_release(&x.bytes);
	return rc;
}

int copied_set(int id, const char *s, size_t n, struct buf *error)
{
	union semun all = { .array = xcalloc(n / sizeof(uint16_t), sizeof(*all.array)) };
	int rc = 0;

	for (size_t i = 0; i < n / sizeof(uint16_t); i++) {
		uint16_t value;

		memcpy(&value, s + i * sizeof(value), sizeof(value));
		all.array[i] = le16toh(value);
	}
	if (semctl(id, 0, SETALL, all)) {
		rc = -errno;
		buf_printf(error, "its values cannot be set: %s", strerrordesc_np(-rc));
	}
	free(all.array);
	return rc;
}

static uint64_t number_at(const char *s)
{
	uint64_t v;

	memcpy(&v, s, sizeof(v));
	return le64toh(v);
}

static int send(int id, uint64_t type, const char *text, size_t n)
{
	struct message *m = xcalloc(1, sizeof(*m) + n);
	int rc;

	m->type = (long)type;
	memcpy(m->text, text, n);
	rc = msgsnd(id, m, n, IPC_NOWAIT) ? -errno : 0;
	free(m);
	return rc;
}

int copied_send(int id, const char *s, size_t n, struct buf *error)
{
	int rc = 0;

	while (!rc && n) {
		uint64_t length = n < HEAD ? 0 : number_at(s + sizeof(uint64_t));

		if (n < HEAD || length > n - HEAD) {
			buf_puts(error, "its contents are no messages");
			return -EBADMSG;
		}
		rc = send(id, number_at(s), s + HEAD, length);
		s += HEAD + length;
		n -= HEAD + length;
	}
	if (rc == -EAGAIN)
		buf_puts(error, "it has no room for its messages");
	else if (rc)
		buf_printf(error, "a message cannot be sent: %s", strerrordesc_np(-rc));
	return rc;
}
