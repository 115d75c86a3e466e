/* SPDX-License-Identifier: GPL-2.0-or-later */
/* System V message queues: msgctl(2). */
#include "sysv.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/msg.h>

#ifndef MSG_STAT_ANY
#define MSG_STAT_ANY 13		/* Linux 4.17 */
#endif

struct queue {
	int id;
	struct msqid_ds ds;
};

struct reading {
	struct table queues;
	unsigned int denied;
};

static void *begin(struct pass *p, bool own)
{
	return xcalloc(1, sizeof(struct reading));
}

/* Before Linux 4.17 there is only MSG_STAT, which asks for the right to read. */
int sysv_stat_queue(int index, struct msqid_ds *ds)
{
	int id = msgctl(index, MSG_STAT_ANY, ds);

	return id < 0 && errno == EINVAL ? msgctl(index, MSG_STAT, ds) : id;
}

static int read_queues(void *reading)
{
	struct reading *r = reading;
	struct msginfo info;
	/* the highest used index, not a number of queues: indexes are sparse */
	int highest = msgctl(0, MSG_INFO, (struct msqid_ds *)(void *)&info);

	if (highest < 0)
		return errno;
	for (int i = 0; i <= highest; i++) {
		struct msqid_ds ds;
		int id = sysv_stat_queue(i, &ds);

		if (id >= 0)
			*(struct queue *)table_add(&r->queues, sizeof(struct queue)) = (struct queue){ id, ds };
		else if (errno == EACCES)
			r->denied++;
	}
	return 0;
}

static void set_users(struct object *o, const struct msqid_ds *ds)
{
	bool sent_last = ds->msg_stime >= ds->msg_rtime;

	SYSV_PID(o, send_pid, ds->msg_lspid, ds->msg_stime);
	SYSV_PID(o, receive_pid, ds->msg_lrpid, ds->msg_rtime);
	SYSV_PID(o, last_pid, sent_last ? ds->msg_lspid : ds->msg_lrpid, ds->msg_stime || ds->msg_rtime);
	if (ds->msg_stime)
		FACT_SET(o, send_time, ds->msg_stime);
	if (ds->msg_rtime)
		FACT_SET(o, receive_time, ds->msg_rtime);
}

static void add_queue(struct pass *p, const struct queue *q, uint64_t ns)
{
	uint32_t index;
	struct object *o = object_add(p, KIND_MSG, &index);

	pass_where(p, index)->statted = true;
	FACT_SET(o, id, q->id);
	sysv_perm(p, o, &q->ds.msg_perm, ns, q->ds.msg_ctime);
	FACT_SET(o, messages, q->ds.msg_qnum);
	FACT_SET(o, bytes, q->ds.__msg_cbytes);
	FACT_SET(o, max_bytes, q->ds.msg_qbytes);
	set_users(o, &q->ds);
}

static void take(struct pass *p, void *reading, uint64_t ns, bool read)
{
	struct reading *r = reading;
	const struct queue *queues = r->queues.rows;

	for (uint32_t i = 0; read && i < r->queues.count; i++)
		add_queue(p, &queues[i], ns);
	for (unsigned int i = 0; i < r->denied; i++)
		snapshot_gap(p->s, "msgctl", EACCES, 0);
	table_release(&r->queues);
	free(r);
}

const struct sysv_kind sysv_msg = { SOURCE_MSGCTL, begin, read_queues, take };
