/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef COMPAT_IPCS_H
#define COMPAT_IPCS_H

#include <sys/ipc.h>
#include "compat.h"
#include "ipctop/buf.h"

/* What ipcs shows; the last one asked for counts. */
enum format {
	FORMAT_LIST, FORMAT_CREATOR, FORMAT_TIME, FORMAT_PID, FORMAT_LIMITS, FORMAT_STATUS, NR_FORMATS
};
enum unit { UNIT_DEFAULT, UNIT_BYTES, UNIT_HUMAN };

/* Names of users or groups that were asked for, as they are shown: each is asked for once or little more. */
#define NAMES 64
struct names {
	struct known {
		bool used;
		uint32_t id;
		char *text;		/* the number, when it has no name */
	} known[NAMES];
};

/* Moments that were written: neighbours mostly have the same. */
#define MOMENTS 4
struct moments {
	struct moment {
		int64_t time;
		char text[48];		/* "Sat Nov 28 23:43:46 2026"; empty: not used */
	} last[MOMENTS];
};

struct ipcs {
	const struct compat *self;
	enum format format;
	enum unit unit;
	struct names users, groups;
	struct moments moments;
	struct buf out;			/* goes to stdout when it is large, and by ipcs_flush */
};

/* One object, as far as any kind has it. */
struct entry {
	int id;
	struct ipc_perm perm;
	int64_t times[3];		/* 0: never; the last is that of change */
	int pids[2];
	uint64_t size;			/* of a segment, of what is in a queue */
	uint64_t count;			/* attachments, semaphores, messages */
};

struct ipcs_kind {
	const char *titles[NR_FORMATS];	/* NULL: nothing is shown in that format */
	const char *heads[NR_FORMATS];
	const char *human_head;		/* of FORMAT_LIST, with UNIT_HUMAN */
	int width;			/* of the id beside times and pids */
	int pid_width;			/* ... beside pids */
	unsigned int times;		/* how many, of entry.times */
	bool whole_times;		/* with weekday and year */
	const char *limits_fault;	/* what is said when the kernel does not tell them */

	/* The highest index in use, or -1 where the kernel has no such objects. */
	int (*highest)(void);
	/* The object with that index: its id, or -1. @any: also who may not read it, Linux 4.17. */
	int (*stat)(int index, bool any, struct entry *e);
	void (*put_list)(struct ipcs *p, const struct entry *e);	/* what follows the mode */
	void (*put_pids)(struct ipcs *p, const struct entry *e);
	bool (*put_limits)(struct ipcs *p);	/* false: not told */
	void (*put_status)(struct ipcs *p);
	/* All of one object, @id as it was asked for: 0, or 1 after an error. */
	int (*put_detail)(struct ipcs *p, int id, const struct entry *e);
};
extern const struct ipcs_kind ipcs_shm, ipcs_sem, ipcs_msg;

/* ipcs_put.c */
void ipcs_flush(struct ipcs *p);
/* Text, or a number, with blanks up to @width behind it. */
void put_text(struct buf *out, const char *text, size_t n, size_t width);
void put_number(struct buf *out, uint64_t v, size_t width);
void put_octal(struct buf *out, unsigned int v, size_t width);
/* Like them, in the unit asked for; @width < 0: to the right. */
void put_size(struct ipcs *p, enum unit unit, uint64_t v, int width);
/* "LABEL (bytes) = 7": the label says the unit. */
void put_size_line(struct ipcs *p, const char *label, enum unit unit, uint64_t v);
/* A moment, "Not set" for 0, up to @width; @whole with weekday and year. */
void put_moment(struct ipcs *p, int64_t time, bool whole, size_t width);
/* "att_time=…" and the end of the line. */
void put_moment_line(struct ipcs *p, const char *label, int64_t time);
/* The rows of all objects of @kind, in the format asked for, with their heads. */
void ipcs_rows(struct ipcs *p, const struct ipcs_kind *kind);
void ipcs_release(struct ipcs *p);

#endif
