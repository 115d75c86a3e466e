/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Contents of semaphores and message queues: semctl(2), msgop(2). */
#include "copied.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <mqueue.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <unistd.h>
#include "actor.h"
#include "attach.h"
#include "create.h"

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
	/* EINVAL: it is gone, or a message is longer than a copy may be */
	rc = errno == ENOMSG ? 0 : errno == E2BIG ? -EAGAIN : errno == ENOSYS ? -EOPNOTSUPP :
	     errno == EINVAL ? -EMSGSIZE : copy_error();
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
	if (!rc || rc == -EMSGSIZE) {
		int gone = queue_look(x->o, &ds);

		rc = gone ? gone : rc;
	}
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
	else if (error == EMSGSIZE)
		buf_printf(why, "a message in it is longer than kernel.msgmax, %" PRIu64 " bytes, and no longer ones can be "
			   "copied: raise that", create_knob("/proc/sys/kernel/msgmax", 0));
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

/* Programs wait for the first operation on a set that others make (semop(2)): one that had any has one again. */
static int operate(int id, unsigned short first)
{
	struct sembuf up = { .sem_op = 1, .sem_flg = IPC_NOWAIT }, down = { .sem_op = -1, .sem_flg = IPC_NOWAIT };
	struct sembuf both[] = { first ? down : up, first ? up : down };

	/* E2BIG: kernel.sem allows one at a time */
	return semop(id, both, ARRAY_SIZE(both)) && errno != E2BIG ? -errno : 0;
}

int copied_set(const struct object *o, int id, const char *s, size_t n, struct buf *error)
{
	union semun all = { .array = xcalloc(n / sizeof(uint16_t), sizeof(*all.array)) };
	int rc = 0;

	for (size_t i = 0; i < n / sizeof(uint16_t); i++) {
		uint16_t value;

		memcpy(&value, s + i * sizeof(value), sizeof(value));
		all.array[i] = le16toh(value);
	}
	if (semctl(id, 0, SETALL, all))
		rc = -errno;
	else if (FACT_KNOWN(o, operation_time))
		rc = operate(id, all.array[0]);
	if (rc)
		buf_printf(error, "its values cannot be set: %s", strerrordesc_np(-rc));
	free(all.array);
	return rc;
}

static uint64_t number_at(const char *s)
{
	uint64_t v;

	memcpy(&v, s, sizeof(v));
	return le64toh(v);
}

struct message_in {
	uint64_t type, length;
	const char *text;
};

/* The next of the @*n bytes at *@s: 1, 0 at the end, -EBADMSG. */
static int next_message(const char **s, size_t *n, struct message_in *m)
{
	if (!*n)
		return 0;
	if (*n < HEAD)
		return -EBADMSG;
	*m = (struct message_in){ number_at(*s), number_at(*s + sizeof(uint64_t)), *s + HEAD };
	if (m->length > *n - HEAD)
		return -EBADMSG;
	*s += HEAD + m->length;
	*n -= HEAD + m->length;
	return 1;
}

static int send(int id, const struct message_in *in)
{
	struct message *m = xcalloc(1, sizeof(*m) + in->length);
	int rc;

	m->type = (long)in->type;
	memcpy(m->text, in->text, in->length);
	rc = msgsnd(id, m, in->length, IPC_NOWAIT) ? -errno : 0;
	free(m);
	return rc;
}

/* The kernel asks for room for the bytes of a queue, and for as many messages. */
static int room_for(const char *s, size_t n, uint64_t *room)
{
	uint64_t count = 0, bytes = 0;
	struct message_in m;
	int rc;

	while ((rc = next_message(&s, &n, &m)) > 0) {
		count++;
		bytes += m.length;
	}
	*room = count > bytes ? count : bytes;
	return rc;
}

static int send_all(int id, const char *s, size_t n, struct buf *error)
{
	uint64_t most = create_knob("/proc/sys/kernel/msgmax", 0);
	struct message_in m;
	int rc = 0;

	while (!rc && next_message(&s, &n, &m) > 0)
		rc = send(id, &m);
	if (rc == -EAGAIN)
		buf_puts(error, "it has no room for its messages");
	else if (rc == -EINVAL && m.length > most)
		buf_printf(error, "a message is longer than kernel.msgmax, %" PRIu64 " bytes: raise that", most);
	else if (rc)
		buf_printf(error, "a message cannot be sent: %s", strerrordesc_np(-rc));
	return rc;
}

int copied_send(const struct object *o, int id, const char *s, size_t n, struct buf *error)
{
	bool has_room = FACT_KNOWN(o, max_bytes);
	uint64_t needed;
	int rc = room_for(s, n, &needed);

	if (rc) {
		buf_puts(error, "its contents are no messages");
		return rc;
	}
	/* room can be taken from a queue that is full: it comes back so */
	if (has_room)
		rc = queue_set_room(id, needed > o->max_bytes ? needed : o->max_bytes, error);
	if (!rc)
		rc = send_all(id, s, n, error);
	if (!rc && has_room && needed > o->max_bytes)
		rc = queue_set_room(id, o->max_bytes, error);
	return rc;
}
