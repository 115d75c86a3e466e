/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_SAMPLE_H
#define TESTS_SAMPLE_H

#include <errno.h>
#include <sys/sysmacros.h>
#include "ipctop/snapshot.h"

/* What is written to a stream, as a string. */
struct stream {
	FILE *file;
	char *text;
	size_t len;
};

static inline FILE *stream_open(struct stream *stream)
{
	stream->file = open_memstream(&stream->text, &stream->len);
	return stream->file;
}

/* All of it; free() it. */
static inline char *stream_close(struct stream *stream)
{
	char *text;

	fclose(stream->file);
	text = xstrndup(stream->text, stream->len);
	free(stream->text);
	return text;
}

/*
 * A snapshot made by hand: every kind, unknown and inapplicable facts, bytes that are not
 * text, numbers beyond 2^53, one process that holds two objects.
 */
#define SAMPLE_SHMMAX	18446744073692774399ULL
#define SAMPLE_START	1795530990120		/* of pid 4712 */

static inline struct object *sample_object(struct snapshot *s, enum kind kind, const char *name)
{
	struct object *o = snapshot_add(s, CLASS_OBJECT);

	FACT_SET(o, kind, kind);
	FACT_SET(o, name, name);
	FACT_SET(o, flags, 0);
	FACT_SET(o, reasons, ((struct span){ .first = snapshot_count(s, CLASS_REASON) }));
	FACT_SET(o, holders, ((struct span){ .first = snapshot_count(s, CLASS_HOLDER) }));
	return o;
}

static inline void sample_reason(struct snapshot *s, struct object *o, const char *code,
				 const char *text)
{
	struct reason *r = snapshot_add(s, CLASS_REASON);

	FACT_SET(r, code, code);
	FACT_SET(r, text, text);
	o->reasons.count++;
}

static inline uint32_t sample_process(struct snapshot *s, uint64_t pid, const char *comm)
{
	struct process *p = snapshot_add(s, CLASS_PROCESS);

	FACT_SET(p, pid, pid);
	FACT_SET(p, start_time, SAMPLE_START);
	FACT_SET(p, uid, 1000);
	FACT_SET(p, user, "alice");
	FACT_SET(p, comm, comm);
	FACT_SET(p, cmdline, "worker --fast \xff\x1b[31m \"quoted\" back\\slash /");
	FACT_UNKNOWN(p, cgroup);
	FACT_SET(p, pid_ns, 4026531836);
	return snapshot_count(s, CLASS_PROCESS) - 1;
}

static inline struct holder *sample_holder(struct snapshot *s, struct object *o, uint32_t process)
{
	struct holder *h = snapshot_add(s, CLASS_HOLDER);

	FACT_SET(h, process, process);
	FACT_SET(h, mappings, ((struct span){ .first = snapshot_count(s, CLASS_MAPPING) }));
	FACT_SET(h, fds, ((struct span){ .first = snapshot_count(s, CLASS_FD) }));
	o->holders.count++;
	return h;
}

static inline void sample_mapping(struct snapshot *s, struct holder *h, uint64_t start)
{
	struct mapping *m = snapshot_add(s, CLASS_MAPPING);

	FACT_SET(m, start, start);
	FACT_SET(m, length, 65536);
	FACT_SET(m, prot, "rw-s");
	FACT_SET(m, offset, 0);
	h->mappings.count++;
}

static inline void sample_fd(struct snapshot *s, struct holder *h, uint64_t fd, enum access access)
{
	struct fd *f = snapshot_add(s, CLASS_FD);

	FACT_SET(f, fd, fd);
	FACT_SET(f, access, access);
	h->fds.count++;
}

static inline void sample_document(struct snapshot *s)
{
	struct document *doc = snapshot_document(s);
	struct policy_row *policy = snapshot_add(s, CLASS_POLICY);
	struct limits *limits = snapshot_add(s, CLASS_LIMITS);
	struct pool *pool;
	struct memory *memory = snapshot_add(s, CLASS_MEMORY);

	FACT_SET(doc, schema, DOCUMENT_SCHEMA);
	FACT_SET(doc, version, "0.1");
	FACT_SET(doc, time, 1795532000123);
	FACT_SET(doc, duration, 41);
	FACT_SET(doc, hostname, "host");
	FACT_SET(doc, kernel, "6.18.44");
	FACT_UNKNOWN(doc, boot_id);
	FACT_SET(doc, uid, 0);
	FACT_SET(doc, ipc_ns, 4026531839);
	FACT_SET(doc, pid_ns, 4026531836);
	FACT_SET(doc, complete, 1);
	FACT_SET(doc, policy, 0);
	FACT_SET(doc, limits, 0);
	FACT_SET(doc, memory, 0);
	FACT_SET(policy, grace, 600);
	FACT_SET(policy, long_grace, 172800);
	FACT_SET(policy, keep, ((struct span){ s->words.count, 2 }));
	*(const char **)table_add(&s->words, sizeof(char *)) = "posix-shm:/keep*";
	*(const char **)table_add(&s->words, sizeof(char *)) = "odd\n\xfe";
	FACT_SET(limits, shmmni, 4096);
	FACT_SET(limits, shmmax, SAMPLE_SHMMAX);
	FACT_SET(limits, shm_rmid_forced, 0);
	pool = snapshot_add(s, CLASS_POOL);
	FACT_SET(pool, page_size, 2 << 20);
	FACT_SET(pool, pages, 3);
	FACT_SET(pool, used, 1);
	FACT_SET(limits, hugetlb, ((struct span){ 0, 1 }));
	FACT_SET(memory, total, 1ULL << 34);
	FACT_UNKNOWN(memory, shmem);
	snapshot_gap(s, "maps", EACCES, 1);
	snapshot_gap(s, "maps", EACCES, 7);
	snapshot_gap(s, "fds", ENOENT, 0);
}

static inline void sample_segment(struct snapshot *s)
{
	struct object *o = sample_object(s, KIND_SHM, "shm:7");
	struct holder *h;

	FACT_SET(o, id, 7);
	FACT_SET(o, key, 0x00a76098);
	FACT_SET(o, ipc_ns, 4026531839);
	FACT_SET(o, device, makedev(0, 1));
	FACT_SET(o, inode, 7);
	FACT_SET(o, size, (1ULL << 53) + 1);
	FACT_SET(o, allocated, UINT64_MAX);
	FACT_SET(o, mode, 0600);
	FACT_SET(o, uid, 1000);
	FACT_SET(o, user, "alice");
	FACT_UNKNOWN(o, creator_pid);
	FACT_UNKNOWN(o, creator_alive);
	FACT_SET(o, last_pid, 4712);
	FACT_SET(o, last_alive, 1);
	FACT_SET(o, attach_time, 1795531000);
	FACT_SET(o, change_time, -1);
	FACT_SET(o, nattch, 2);
	FACT_SET(o, mappings, 2);
	FACT_SET(o, processes, 1);
	FACT_SET(o, openers, 0);
	FACT_SET(o, holders_complete, 1);
	FACT_SET(o, state, STATE_ATTACHED);
	FACT_SET(o, flags, OBJECT_LOCKED | OBJECT_WORLD_WRITABLE);
	FACT_SET(o, logout, false);
	FACT_SET(o, verdict, VERDICT_LIVE);
	sample_reason(s, o, "attached", "2 mappings in 1 process");
	h = sample_holder(s, o, sample_process(s, 4712, "worker"));
	sample_mapping(s, h, 0x7f0000000000);
	sample_mapping(s, h, 0xffffffffff600000);
}

static inline void sample_file(struct snapshot *s)
{
	struct object *o = sample_object(s, KIND_POSIX_SHM, "posix-shm:/a\\x0A\\xFF\\x40b@0:25");
	struct holder *h;

	FACT_SET(o, path, "/dev/shm/a\n\xff@b");
	FACT_SET(o, device, makedev(0, 25));
	FACT_SET(o, inode, UINT64_MAX - 1);
	FACT_SET(o, links, 1);
	FACT_SET(o, size, 0);
	FACT_UNKNOWN(o, allocated);
	FACT_SET(o, mode, 01777);
	FACT_UNKNOWN(o, modify_time);
	FACT_UNKNOWN(o, state);
	FACT_UNKNOWN(o, verdict);
	FACT_SET(o, family, "PostgreSQL");
	sample_reason(s, o, "no-lease", "no answer");
	sample_reason(s, o, "zero-length", "text with \"quotes\" and \\");
	h = sample_holder(s, o, 0);		/* the process of the segment */
	sample_fd(s, h, 5, ACCESS_RW);
	sample_fd(s, h, 6, ACCESS_PATH);
	h = sample_holder(s, o, sample_process(s, 4713, "other"));
	sample_mapping(s, h, 0x1000);
	sample_fd(s, h, 3, ACCESS_R);
}

static inline void sample_semaphores(struct snapshot *s)
{
	struct object *o = sample_object(s, KIND_SEM, "sem:3");

	FACT_SET(o, semaphores, 2);
	FACT_SET(o, waiters, 1);
	FACT_UNKNOWN(o, last_pid);
	FACT_SET(o, operation_time, 1795531000);
	FACT_SET(o, values, ((struct span){ .first = snapshot_count(s, CLASS_SEMAPHORE), .count = 2 }));
	for (uint64_t i = 0; i < o->values.count; i++) {
		struct semaphore *one = snapshot_add(s, CLASS_SEMAPHORE);

		FACT_SET(one, number, i);
		FACT_SET(one, value, 32767 * i);
		if (i)
			FACT_SET(one, last_pid, 4712);
		FACT_SET(one, rise_waiters, !i);
		FACT_SET(one, zero_waiters, 0);
	}
}

static inline void sample_queue(struct snapshot *s)
{
	struct object *o = sample_object(s, KIND_MSG, "msg:5");

	FACT_SET(o, messages, 3);
	FACT_SET(o, bytes, 300);
	FACT_SET(o, max_bytes, 16384);
	FACT_SET(o, send_pid, 4712);
	FACT_UNKNOWN(o, receive_pid);
	FACT_SET(o, send_time, 1795531000);
	FACT_SET(o, receive_time, 1795530000);
}

static inline void sample_posix_queue(struct snapshot *s)
{
	struct object *o = sample_object(s, KIND_POSIX_MQ, "posix-mq:/jobs");

	FACT_SET(o, path, "/dev/mqueue/jobs");
	FACT_SET(o, max_messages, 10);
	FACT_SET(o, message_size, 8192);
	FACT_SET(o, notify, "signal");
	FACT_SET(o, notify_signal, 10);
	FACT_UNKNOWN(o, notify_pid);
}

static inline struct snapshot *sample_snapshot(void)
{
	struct snapshot *s = snapshot_new();
	struct object *o;

	s->kinds = KINDS_ALL;
	s->sources = SOURCES_ALL;
	sample_document(s);
	sample_segment(s);
	sample_file(s);
	sample_object(s, KIND_POSIX_SEM, "posix-sem:/lock");
	o = sample_object(s, KIND_MEMFD, "memfd:0:1:7");
	FACT_SET(o, label, "\xe2\x80\xae" "gnp.exe");	/* turns the direction of writing */
	FACT_SET(o, flags, OBJECT_SEALED | OBJECT_HUGETLB);
	sample_object(s, KIND_ANON, "anon:0:1:8");
	o = sample_object(s, KIND_FILE, "file:8:1:99");
	FACT_UNKNOWN(o, path);
	FACT_UNKNOWN(o, flags);
	FACT_UNKNOWN(o, holders);
	sample_object(s, KIND_DEVICE, "device:/dev/dri/card0");
	o = sample_object(s, KIND_SPECIAL, "special:0:15:3");
	FACT_SET(o, label, "perf_event");
	sample_semaphores(s);
	sample_queue(s);
	sample_posix_queue(s);
	snapshot_sum(s);
	return s;
}

#endif
