/* SPDX-License-Identifier: GPL-2.0-or-later */
/* System V segments: shmctl(2), or proc_sysvipc(5) where what is resident is asked for. */
#include "sysv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

#ifndef SHM_STAT_ANY
#define SHM_STAT_ANY 15		/* Linux 4.17 */
#endif

/* One segment as the kernel tells it, by either way. */
struct segment {
	int id;
	uint32_t key, mode, uid, gid, creator_uid, creator_gid;
	pid_t creator, last;
	uint64_t size, nattch, rss, swap;	/* bytes */
	int64_t attached, detached, changed;	/* 0: never */
};

/* What one IPC namespace holds: read in a thread that is in it. */
struct reading {
	bool want_resident;
	uint32_t expected;		/* as many segments as there were before */
	unsigned int threads;		/* more than one only in the reader's own namespace */
	struct table segments;		/* struct segment, in the order of indexes */
	bool resident;			/* rss and swap were read */
	struct shm_info info;
	struct shminfo limits;
	int error, resident_error;	/* errno, 0: read */
	unsigned int denied;		/* segments that SHM_STAT refused */
};

/*
 * Indexes are read in steps, which threads may share: each step fills its own part, and the
 * parts are put together in order.
 */
#define STEP 512

struct steps {
	int highest, command;
	struct table *parts;		/* of struct segment, one for each step */
	unsigned int *denied;
};

static void set_segment(struct segment *s, int id, const struct shmid_ds *ds)
{
	*s = (struct segment){
		.id = id, .key = ds->shm_perm.__key, .mode = ds->shm_perm.mode,
		.uid = ds->shm_perm.uid, .gid = ds->shm_perm.gid,
		.creator_uid = ds->shm_perm.cuid, .creator_gid = ds->shm_perm.cgid,
		.creator = ds->shm_cpid, .last = ds->shm_lpid,
		.size = ds->shm_segsz, .nattch = ds->shm_nattch,
		.attached = ds->shm_atime, .detached = ds->shm_dtime, .changed = ds->shm_ctime,
	};
}

static void read_step(void *arg, uint32_t step)
{
	struct steps *x = arg;
	int end = (step + 1) * STEP - 1;

	table_reserve(&x->parts[step], sizeof(struct segment), STEP);
	for (int i = step * STEP; i <= end && i <= x->highest; i++) {
		struct shmid_ds ds;
		int id = shmctl(i, x->command, &ds);

		if (id >= 0)
			set_segment(table_add(&x->parts[step], sizeof(struct segment)), id, &ds);
		else if (errno == EACCES)
			x->denied[step]++;
	}
}

/* Before Linux 4.17 there is only SHM_STAT, which asks for the right to read. */
static int stat_command(int highest)
{
	struct shmid_ds ds;

	for (int i = 0; i <= highest; i++) {
		if (shmctl(i, SHM_STAT_ANY, &ds) >= 0)
			return SHM_STAT_ANY;
		if (shmctl(i, SHM_STAT, &ds) >= 0 || errno == EACCES)
			return SHM_STAT;
	}
	return SHM_STAT_ANY;
}

static void walk_indexes(struct reading *r, int highest)
{
	struct steps x = { .highest = highest, .command = stat_command(highest) };
	uint32_t n = highest / STEP + 1;

	x.parts = xcalloc(n, sizeof(*x.parts));
	x.denied = xcalloc(n, sizeof(*x.denied));
	in_threads(r->threads, n, 1, read_step, &x);
	for (uint32_t i = 0; i < n; i++) {
		if (x.parts[i].count)
			memcpy(table_add_n(&r->segments, sizeof(struct segment), x.parts[i].count),
			       x.parts[i].rows, x.parts[i].count * sizeof(struct segment));
		table_release(&x.parts[i]);
		r->denied += x.denied[i];
	}
	free(x.parts);
	free(x.denied);
}

static const char *parse_number(const char *at, unsigned int base, uint64_t *number)
{
	uint64_t n = 0;
	bool minus;
	const char *digits;

	while (*at == ' ')
		at++;
	minus = *at == '-';
	digits = at += minus;
	for (; (unsigned int)(*at - '0') < base; at++)
		n = n * base + (*at - '0');
	*number = minus ? -n : n;
	return at == digits ? NULL : at;
}

/* One line: key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime rss swap. */
static bool parse_line(const char *line, struct segment *s)
{
	enum { KEY, ID, PERMS, SIZE, CPID, LPID, NATTCH, UID, GID, CUID, CGID, ATIME, DTIME, CTIME,
	       RSS, SWAP, NR_COLUMNS };
	uint64_t n[NR_COLUMNS];

	for (unsigned int i = 0; i < NR_COLUMNS && line; i++)
		line = parse_number(line, i == PERMS ? 8 : 10, &n[i]);
	if (!line)
		return false;
	*s = (struct segment){
		.id = n[ID], .key = n[KEY], .mode = n[PERMS], .uid = n[UID], .gid = n[GID],
		.creator_uid = n[CUID], .creator_gid = n[CGID],
		.creator = n[CPID], .last = n[LPID], .size = n[SIZE], .nattch = n[NATTCH],
		.rss = n[RSS], .swap = n[SWAP],
		.attached = n[ATIME], .detached = n[DTIME], .changed = n[CTIME],
	};
	return true;
}

/* Whole lines of @text, which ends in a NUL; gives what is left of it, NULL for no such line. */
static const char *add_lines(struct reading *r, const char *text, bool *heading)
{
	const char *end;

	for (; (end = strchr(text, '\n')); text = end + 1) {
		struct segment s;

		if (!*heading && !parse_line(text, &s))
			return NULL;
		if (!*heading)
			*(struct segment *)table_add(&r->segments, sizeof(s)) = s;
		*heading = false;
	}
	return text;
}

/*
 * The listing has all that shmctl tells and, alone, what is resident. The thread's own namespace
 * answers: /proc/sysvipc is that of who opens it.
 */
static int read_listing(struct reading *r)
{
	int fd = open("/proc/sysvipc/shm", O_RDONLY | O_CLOEXEC);
	char text[2 * 4096];		/* the kernel gives lines for a page at a time */
	bool heading = true;
	size_t len = 0;
	ssize_t n;
	int error;

	if (fd < 0)
		return errno;
	while ((n = read(fd, text + len, sizeof(text) - 1 - len)) > 0) {
		const char *rest;

		text[len + n] = '\0';
		rest = add_lines(r, text, &heading);
		if (!rest) {
			n = -1;
			errno = EPROTO;
			break;
		}
		len = text + len + n - rest;
		memmove(text, rest, len);
	}
	error = n < 0 ? errno : len ? EPROTO : 0;
	close(fd);
	return error;
}

/* What SHM_INFO would say: the kernel goes through all segments for it once more. */
static void sum_up(struct reading *r)
{
	const struct segment *s = r->segments.rows;
	uint64_t page = sysconf(_SC_PAGESIZE);

	r->info.used_ids = r->segments.count;
	for (uint32_t i = 0; i < r->segments.count; i++) {
		r->info.shm_tot += s[i].size / page + (s[i].size % page != 0);
		r->info.shm_rss += s[i].rss / page;
		r->info.shm_swp += s[i].swap / page;
	}
}

static void read_namespace(struct reading *r)
{
	/* the highest used index, not a number of segments: indexes are sparse */
	int highest = shmctl(0, IPC_INFO, (struct shmid_ds *)(void *)&r->limits);

	if (highest < 0) {
		r->error = errno;
		return;
	}
	if (r->want_resident) {
		table_reserve(&r->segments, sizeof(struct segment), r->expected);
		r->resident_error = read_listing(r);
		r->resident = !r->resident_error;
	}
	if (r->resident) {
		sum_up(r);
	} else if (shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&r->info) < 0) {
		r->error = errno;
	} else {
		r->segments.count = 0;
		table_reserve(&r->segments, sizeof(struct segment), r->info.used_ids);
		walk_indexes(r, highest);
	}
}

static void set_resident(struct object *o, const struct segment *s, bool known)
{
	/* rss beyond the size proves huge pages counted 512 times: join.c mends it by a mapping */
	if (known) {
		FACT_SET(o, rss, s->rss);
		FACT_SET(o, swap, s->swap);
		FACT_SET(o, allocated, s->rss + s->swap);
	} else {
		FACT_UNKNOWN(o, rss);
		FACT_UNKNOWN(o, swap);
		FACT_UNKNOWN(o, allocated);
	}
}

static void set_pid(struct object *o, pid_t creator, pid_t last, bool attached_once)
{
	/* 0: not visible in the reader's pid namespace */
	if (creator)
		FACT_SET(o, creator_pid, creator);
	else
		FACT_UNKNOWN(o, creator_pid);
	if (last)
		FACT_SET(o, last_pid, last);
	else if (attached_once)
		FACT_UNKNOWN(o, last_pid);
}

static void set_times(struct object *o, const struct segment *s)
{
	if (s->attached)
		FACT_SET(o, attach_time, s->attached);
	if (s->detached)
		FACT_SET(o, detach_time, s->detached);
	FACT_SET(o, change_time, s->changed);
}

static void add_segment(struct pass *p, const struct segment *s, uint64_t ns, const struct reading *r)
{
	uint32_t index;
	struct object *o = object_add(p, KIND_SHM, &index);

	/* only mappings are looked up */
	if (p->sources & SOURCE_BIT(SOURCE_MAPS))
		index_add(&p->index, p->c->shm_device, s->id, ns, index);
	pass_where(p, index)->statted = true;
	FACT_SET(o, id, s->id);
	FACT_SET(o, key, s->key);
	FACT_SET(o, ipc_ns, ns);
	FACT_SET(o, device, p->c->shm_device);
	FACT_SET(o, inode, s->id);
	FACT_SET(o, size, s->size);
	FACT_SET(o, mode, s->mode & 0777);
	FACT_SET(o, uid, s->uid);
	FACT_SET(o, gid, s->gid);
	FACT_SET(o, creator_uid, s->creator_uid);
	FACT_SET(o, creator_gid, s->creator_gid);
	FACT_SET(o, nattch, s->nattch);
	set_pid(o, s->creator, s->last, s->attached != 0);
	set_times(o, s);
	if (r->want_resident)
		set_resident(o, s, r->resident);
	o->flags |= (s->mode & SHM_DEST ? OBJECT_CONDEMNED : 0) |
		    (s->mode & SHM_LOCKED ? OBJECT_LOCKED : 0) |
		    (s->mode & 0002 ? OBJECT_WORLD_WRITABLE : 0);
	o->evidence.namespace_other = ns != p->c->ipc_ns;
}

static void add_segments(struct pass *p, const struct reading *r, uint64_t ns)
{
	const struct segment *segments = r->segments.rows;

	table_reserve(&p->s->tables[CLASS_OBJECT], sizeof(struct object),
		      snapshot_count(p->s, CLASS_OBJECT) + r->segments.count);
	table_reserve(&p->where, sizeof(struct where), p->where.count + r->segments.count);

	for (uint32_t i = 0; i < r->segments.count; i++)
		add_segment(p, &segments[i], ns, r);
	for (unsigned int i = 0; i < r->denied; i++)
		snapshot_gap(p->s, "shmctl", EACCES, 0);
	if (r->resident_error)
		snapshot_gap(p->s, "sysvipc", r->resident_error, 0);
}

static void *begin(struct pass *p, bool own)
{
	struct reading *r = xcalloc(1, sizeof(*r));

	r->want_resident = p->sources & SOURCE_BIT(SOURCE_SYSVIPC);
	r->expected = own ? p->c->segments : 0;
	r->threads = own ? p->c->threads : 1;
	return r;
}

static int read_it(void *reading)
{
	struct reading *r = reading;

	read_namespace(r);
	return r->error;
}

static void take(struct pass *p, void *reading, uint64_t ns, bool read)
{
	struct reading *r = reading;

	if (ns == p->c->ipc_ns) {
		p->c->segments = r->segments.count;
		if (read)
			limits_of_segments(p, &r->limits, &r->info);
	}
	if (read)
		add_segments(p, r, ns);
	table_release(&r->segments);
	free(r);
}

const struct sysv_kind sysv_shm = { SOURCE_SHMCTL, begin, read_it, take };
