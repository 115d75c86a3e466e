/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about processes and memory, by libproc2. */
#include "pass.h"

#include <errno.h>
#include <libproc2/meminfo.h>
#include <libproc2/pids.h>
#include <signal.h>
#include <unistd.h>
#include "cgroup.h"

/* Pids asked for in one call; libproc2 takes no more than 255. */
#define CHUNK 200

/* Items are reached by their place, not by PIDS_VAL: its arguments differ between versions. */
enum fact { FACT_PID, FACT_TICS, FACT_EUID, FACT_CMD, FACT_CMDLINE, FACT_CGROUP, NR_FACTS };
static const enum pids_item fact_items[NR_FACTS] = {
	[FACT_PID] = PIDS_ID_PID,	  [FACT_TICS] = PIDS_TICS_BEGAN,
	[FACT_EUID] = PIDS_ID_EUID,	  [FACT_CMD] = PIDS_CMD,
	[FACT_CMDLINE] = PIDS_CMDLINE_V,  [FACT_CGROUP] = PIDS_CGROUP_V,
};

static int64_t tics_ms(uint64_t tics)
{
	return tics * 1000 / sysconf(_SC_CLK_TCK);
}

/* libproc2 takes a table of items that it may write to. */
static int open_items(struct pids_info **info, const enum pids_item *items, unsigned int n)
{
	enum pids_item copy[16];

	memcpy(copy, items, n * sizeof(*items));
	*info = NULL;
	return procps_pids_new(info, copy, n);
}

/* One answer, kept in plain memory until the rows can be written by one thread. */
struct answer {
	bool found;
	uint64_t tics;
	uint32_t euid;
	char *comm, *cmdline, *cgroup;
};

struct asking {
	struct pass *p;
	uint32_t count;
	struct answer *answers;		/* one for each row of CLASS_PROCESS */
	int error;
};

static char *joined(char *const *words)
{
	struct buf b = BUF_INIT;

	for (unsigned int i = 0; words && words[i]; i++) {
		if (i)
			buf_putc(&b, ' ');
		buf_puts(&b, words[i]);
	}
	return buf_detach(&b);
}

/* The unified hierarchy's line, else systemd's own, else any. */
static char *cgroup_path(char *const *lines)
{
	const char *best = NULL;
	int rank = 0;

	for (unsigned int i = 0; lines && lines[i]; i++) {
		const char *path = strchr(lines[i], '/');
		int r = !strncmp(lines[i], "0::", 3) ? 3 : strstr(lines[i], "name=systemd") ? 2 : 1;

		if (path && r > rank) {
			best = path;
			rank = r;
		}
	}
	return best ? xstrdup(best) : NULL;
}

static void keep_answer(struct answer *a, const struct pids_result *r)
{
	a->found = true;
	a->tics = r[FACT_TICS].result.ull_int;
	a->euid = r[FACT_EUID].result.u_int;
	a->comm = xstrdup(r[FACT_CMD].result.str ? r[FACT_CMD].result.str : "");
	a->cmdline = joined(r[FACT_CMDLINE].result.strv);
	a->cgroup = cgroup_path(r[FACT_CGROUP].result.strv);
}

/* Rows of CLASS_PROCESS stand in the order of their first mention: find by pid. */
static void keep_answers(struct asking *x, uint32_t first, uint32_t n, struct pids_fetch *fetch)
{
	for (int i = 0; i < fetch->counts->total; i++) {
		uint32_t pid = fetch->stacks[i]->head[FACT_PID].result.s_int;

		for (uint32_t k = first; k < first + n; k++) {
			const struct process *row = snapshot_row(x->p->s, CLASS_PROCESS, k);

			if (row->pid == pid)
				keep_answer(&x->answers[k], fetch->stacks[i]->head);
		}
	}
}

static void ask_chunk(void *arg, uint32_t chunk)
{
	struct asking *x = arg;
	uint32_t first = chunk * CHUNK, n = x->count - first < CHUNK ? x->count - first : CHUNK;
	unsigned int pids[CHUNK];
	struct pids_info *info;
	struct pids_fetch *fetch;

	if (open_items(&info, fact_items, NR_FACTS) < 0) {
		x->error = EIO;
		return;
	}
	for (uint32_t k = 0; k < n; k++) {
		const struct process *row = snapshot_row(x->p->s, CLASS_PROCESS, first + k);

		pids[k] = row->pid;
	}
	fetch = procps_pids_select(info, pids, n, PIDS_SELECT_PID);
	if (fetch)
		keep_answers(x, first, n, fetch);
	procps_pids_unref(&info);
}

static void set_unknown(struct process *row)
{
	FACT_UNKNOWN(row, start_time);
	FACT_UNKNOWN(row, uid);
	FACT_UNKNOWN(row, comm);
	FACT_UNKNOWN(row, cmdline);
	FACT_UNKNOWN(row, cgroup);
	FACT_UNKNOWN(row, unit);
	FACT_UNKNOWN(row, container);
}

static void set_cgroup(struct pass *p, struct process *row, const char *path)
{
	struct buf word = BUF_INIT;

	if (!path) {
		FACT_UNKNOWN(row, cgroup);
		FACT_UNKNOWN(row, unit);
		FACT_UNKNOWN(row, container);
		return;
	}
	FACT_SET(row, cgroup, arena_strdup(p->s->arena, path));
	if (cgroup_unit(path, &word))
		FACT_SET(row, unit, arena_strdup(p->s->arena, word.s));
	buf_reset(&word);
	if (cgroup_container(path, &word))
		FACT_SET(row, container, arena_strdup(p->s->arena, word.s));
	buf_release(&word);
}

static void set_facts(struct pass *p, struct process *row, const struct answer *a)
{
	FACT_SET(row, start_time, tics_ms(a->tics) + p->c->boot_offset);
	FACT_SET(row, uid, a->euid);
	FACT_SET(row, comm, arena_strdup(p->s->arena, a->comm));
	/* "-" stands for none: a dead leader's memory is gone, and its command line with it */
	if (a->cmdline[0] && strcmp(a->cmdline, "-"))
		FACT_SET(row, cmdline, arena_strdup(p->s->arena, a->cmdline));
	set_cgroup(p, row, a->cgroup);
}

void processes_read(struct pass *p)
{
	struct asking x = { .p = p, .count = snapshot_count(p->s, CLASS_PROCESS) };
	uint32_t chunks = (x.count + CHUNK - 1) / CHUNK;

	x.answers = xcalloc(x.count, sizeof(*x.answers));
	in_threads(p->c->threads, chunks, 1, ask_chunk, &x);
	if (x.error)
		snapshot_gap(p->s, "processes", x.error, 0);
	for (uint32_t i = 0; i < x.count; i++) {
		struct process *row = snapshot_row(p->s, CLASS_PROCESS, i);

		if (x.answers[i].found)
			set_facts(p, row, &x.answers[i]);
		else
			set_unknown(row);	/* it went away meanwhile */
		free(x.answers[i].comm);
		free(x.answers[i].cmdline);
		free(x.answers[i].cgroup);
	}
	free(x.answers);
}

/* What there is to know of a number that somebody is said to have had. */
enum life_item { LIFE_PID, LIFE_TGID, LIFE_STATE, LIFE_THREADS, LIFE_TICS, NR_LIFE_ITEMS };
static const enum pids_item life_items[NR_LIFE_ITEMS] = {
	[LIFE_PID] = PIDS_ID_PID,   [LIFE_TGID] = PIDS_ID_TGID, [LIFE_STATE] = PIDS_STATE,
	[LIFE_THREADS] = PIDS_NLWP, [LIFE_TICS] = PIDS_TICS_BEGAN,
};

static void keep_life(struct pid_fact *f, const struct pids_result *r)
{
	f->is_thread = r[LIFE_TGID].result.s_int != r[LIFE_PID].result.s_int;
	f->is_dead_zombie = r[LIFE_STATE].result.s_ch == 'Z' && r[LIFE_THREADS].result.s_int <= 1;
	f->has_start = true;
	f->start = tics_ms(r[LIFE_TICS].result.ull_int);
}

static void read_lives(struct pids_info *info, struct pid_fact **facts, uint32_t n)
{
	unsigned int pids[CHUNK];
	struct pids_fetch *fetch;

	for (uint32_t i = 0; i < n; i++)
		pids[i] = facts[i]->pid;
	fetch = n ? procps_pids_select(info, pids, n, PIDS_SELECT_PID) : NULL;
	for (int i = 0; fetch && i < fetch->counts->total; i++)
		for (uint32_t k = 0; k < n; k++)
			if (facts[k]->pid == (uint64_t)fetch->stacks[i]->head[LIFE_PID].result.s_int)
				keep_life(facts[k], fetch->stacks[i]->head);
}

static int compare_processes(const void *pa, const void *pb)
{
	const struct process *a = *(const struct process *const *)pa;
	const struct process *b = *(const struct process *const *)pb;

	return (a->pid > b->pid) - (a->pid < b->pid);
}

/* A holder has been read already, and is neither a thread's number nor a dead zombie. */
static void keep_holders(struct pass *p, struct pid_fact *facts, uint32_t n)
{
	uint32_t count = snapshot_count(p->s, CLASS_PROCESS), at = 0;
	const struct process **rows = xcalloc(count, sizeof(*rows));

	for (uint32_t i = 0; i < count; i++)
		rows[i] = snapshot_row(p->s, CLASS_PROCESS, i);
	qsort(rows, count, sizeof(*rows), compare_processes);
	for (uint32_t i = 0; i < n; i++) {
		while (at < count && rows[at]->pid < facts[i].pid)
			at++;
		if (at == count || rows[at]->pid != facts[i].pid || !FACT_KNOWN(rows[at], start_time))
			continue;
		facts[i].has_start = true;
		facts[i].start = rows[at]->start_time - p->c->boot_offset;
	}
	free(rows);
}

void pid_facts_read(struct pass *p, const uint32_t *pids, uint32_t n)
{
	struct pid_fact *facts = table_add_n(&p->pid_facts, sizeof(*facts), n), *open[CHUNK];
	struct pids_info *info;
	uint32_t waiting = 0;

	for (uint32_t i = 0; i < n; i++)
		facts[i].pid = pids[i];
	/* another pid namespace's /proc tells of others by the same numbers */
	info = NULL;
	if (p->c->proc_is_ours) {
		keep_holders(p, facts, n);
		if (open_items(&info, life_items, NR_LIFE_ITEMS) < 0)
			info = NULL;
	}
	for (uint32_t i = 0; i < n; i++) {
		/* EPERM is said of those that are there, hidden ones included */
		facts[i].exists = kill(pids[i], 0) == 0 || errno != ESRCH;
		facts[i].is_self = pids[i] == (uint32_t)getpid();
		if (!facts[i].exists || facts[i].is_self || facts[i].has_start || !info)
			continue;
		open[waiting++] = &facts[i];
		if (waiting == CHUNK) {
			read_lives(info, open, waiting);
			waiting = 0;
		}
	}
	if (info) {
		read_lives(info, open, waiting);
		procps_pids_unref(&info);
	}
}

int uids_read(struct pass *p, struct table *uids)
{
	static const enum pids_item items[] = { PIDS_ID_RUID, PIDS_ID_EUID, PIDS_ID_SUID, PIDS_ID_FUID };
	struct pids_info *info;
	struct pids_fetch *fetch;

	if (open_items(&info, items, ARRAY_SIZE(items)) < 0)
		return -EIO;
	fetch = procps_pids_reap(info, PIDS_FETCH_TASKS_ONLY);
	for (int i = 0; fetch && i < fetch->counts->total; i++)
		for (unsigned int k = 0; k < ARRAY_SIZE(items); k++)
			*(uint64_t *)table_add(uids, sizeof(uint64_t)) =
				fetch->stacks[i]->head[k].result.u_int;
	procps_pids_unref(&info);
	return fetch ? 0 : -EIO;
}

void memory_read(struct pass *p)
{
	static const struct {
		enum meminfo_item item;
		size_t offset;
	} items[] = {
		{ MEMINFO_MEM_TOTAL, offsetof(struct memory, total) },
		{ MEMINFO_MEM_AVAILABLE, offsetof(struct memory, available) },
		{ MEMINFO_MEM_SHARED, offsetof(struct memory, shmem) },
		{ MEMINFO_SWAP_TOTAL, offsetof(struct memory, swap_total) },
		{ MEMINFO_SWAP_FREE, offsetof(struct memory, swap_free) },
		{ MEMINFO_MEM_CACHED, offsetof(struct memory, cached) },
		{ MEMINFO_MEM_HUGETBL, offsetof(struct memory, hugetlb) },
	};
	struct memory *row = snapshot_row(p->s, CLASS_MEMORY, 0);
	struct meminfo_info *info = NULL;

	if (procps_meminfo_new(&info) < 0) {
		snapshot_gap(p->s, "meminfo", EIO, 0);
		return;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(items); i++) {
		struct meminfo_result *r = procps_meminfo_get(info, items[i].item);
		uint64_t bytes;

		if (!r)
			continue;
		bytes = (uint64_t)r->result.ul_int * 1024;
		memcpy((char *)row + items[i].offset, &bytes, sizeof(bytes));
		row->facts.known |= 1ULL << ((items[i].offset - sizeof(struct facts)) / 8);
	}
	procps_meminfo_unref(&info);
}
