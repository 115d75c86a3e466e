/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcs: message queues. */
#include "ipcs.h"

#include <sys/msg.h>

#ifndef MSG_STAT_ANY
#define MSG_STAT_ANY 13		/* Linux 4.17 */
#endif

static int highest(void)
{
	struct msginfo info;

	return msgctl(0, MSG_INFO, (struct msqid_ds *)&info);
}

static int stat_queue(int index, bool any, struct entry *e)
{
	struct msqid_ds ds;
	int id = msgctl(index, any ? MSG_STAT_ANY : MSG_STAT, &ds);

	if (id >= 0)
		*e = (struct entry){
			.id = id, .perm = ds.msg_perm, .times = { ds.msg_stime, ds.msg_rtime, ds.msg_ctime },
			.pids = { ds.msg_lspid, ds.msg_lrpid }, .size = ds.__msg_cbytes, .count = ds.msg_qnum,
		};
	return id;
}

static void put_list(struct ipcs *p, const struct entry *e)
{
	bool human = p->unit == UNIT_HUMAN;

	put_size(p, p->unit, e->size, human ? -6 : 12);
	put_text(&p->out, "", 0, human ? 7 : 1);
	put_number(&p->out, e->count, 12);
}

static void put_pids(struct ipcs *p, const struct entry *e)
{
	buf_printf(&p->out, "  %5d     %5d", e->pids[0], e->pids[1]);
}

static bool put_limits(struct ipcs *p)
{
	enum unit unit = p->unit == UNIT_DEFAULT ? UNIT_BYTES : p->unit;
	struct msginfo info;

	if (msgctl(0, IPC_INFO, (struct msqid_ds *)&info) < 0)
		return false;
	buf_printf(&p->out, "------ Messages Limits --------\nmax queues system wide = %d\n", info.msgmni);
	put_size_line(p, "max size of message", unit, info.msgmax);
	put_size_line(p, "default max size of queue", unit, info.msgmnb);
	return true;
}

static void put_status(struct ipcs *p)
{
	struct msginfo info;

	if (msgctl(0, MSG_INFO, (struct msqid_ds *)&info) < 0) {
		buf_puts(&p->out, "kernel not configured for message queues\n");
		return;
	}
	buf_printf(&p->out, "------ Messages Status --------\nallocated queues = %d\nused headers = %d\n",
		   info.msgpool, info.msgmap);
	if (p->unit == UNIT_DEFAULT)
		buf_printf(&p->out, "used space = %d bytes\n", info.msgtql);
	else
		put_size_line(p, "used space", p->unit, info.msgtql);
}

static int put_detail(struct ipcs *p, int id, const struct entry *e)
{
	const struct ipc_perm *perm = &e->perm;
	const char *what = p->unit == UNIT_HUMAN ? "size" : "bytes";
	struct msqid_ds ds;
	/* util-linux has it from here alone, and without the right to read it shows 0 */
	bool told = id >= 0 && !msgctl(id, IPC_STAT, &ds);

	buf_printf(&p->out, "\nMessage Queue msqid=%d\nuid=%u\tgid=%u\tcuid=%u\tcgid=%u\tmode=%#o\nc%s=", id,
		   perm->uid, perm->gid, perm->cuid, perm->cgid, perm->mode, what);
	put_size(p, p->unit, e->size, 0);
	buf_printf(&p->out, "\tq%s=", what);
	put_size(p, p->unit, told ? ds.msg_qbytes : 0, 0);
	buf_printf(&p->out, "\tqnum=%llu\tlspid=%d\tlrpid=%d\n", (unsigned long long)e->count, e->pids[0],
		   e->pids[1]);
	put_moment_line(p, "send_time=", e->times[0]);
	put_moment_line(p, "rcv_time=", e->times[1]);
	put_moment_line(p, "change_time=", e->times[2]);
	buf_putc(&p->out, '\n');
	return 0;
}

const struct ipcs_kind ipcs_msg = {
	.titles = {
		[FORMAT_LIST] = "Message Queues",
		[FORMAT_CREATOR] = "Message Queues Creators/Owners",
		[FORMAT_TIME] = "Message Queues Send/Recv/Change Times",
		[FORMAT_PID] = "Message Queues PIDs",
	},
	.heads = {
		[FORMAT_LIST] = "key        msqid      owner      perms      used-bytes   messages    ",
		[FORMAT_CREATOR] = "msqid      perms      cuid       cgid       uid        gid       ",
		[FORMAT_TIME] = "msqid    owner      send                 recv                 change              ",
		[FORMAT_PID] = "msqid      owner      lspid      lrpid     ",
	},
	.human_head = "key        msqid      owner      perms      size         messages    ",
	.width = 8, .pid_width = 8, .times = 3, .limits_fault = "message",
	.highest = highest, .stat = stat_queue, .put_list = put_list, .put_pids = put_pids,
	.put_limits = put_limits, .put_status = put_status, .put_detail = put_detail,
};
