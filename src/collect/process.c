/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about processes and memory, by libproc2. */
#include "pass.h"

#include <errno.h>
#include <fcntl.h>
#include <libproc2/meminfo.h>
#include <libproc2/pids.h>
#include <pthread.h>
#include <unistd.h>
#include "cgroup.h"
#include "ipctop/io.h"
#include "ipctop/library.h"

/*
 * libproc2 comes with libsystemd and its six libraries, which take longer to load than a list of
 * segments takes to make: it is opened when the first fact is asked for, and stays.
 */
#define CALLS(X)									\
	X(procps_pids_new) X(procps_pids_unref) X(procps_pids_select) X(procps_pids_reap)	\
	X(procps_meminfo_new) X(procps_meminfo_unref) X(procps_meminfo_get)
LIBRARY(library, LIBPROC2, call, CALLS);

/* Pids asked for in one call; libproc2 takes no more than 255. */
#define CHUNK 200

/* Items are reached by their place, not by PIDS_VAL: its arguments differ between versions. */
enum fact { FACT_PID, FACT_TICS, FACT_EUID, FACT_CMD, FACT_CMDLINE, FACT_CGROUP, NR_FACTS };
static const enum pids_item fact_items[NR_FACTS] = {
	[FACT_PID] = PIDS_ID_PID,	  [FACT_TICS] = PIDS_TICS_BEGAN,
	[FACT_EUID] = PIDS_ID_EUID,	  [FACT_CMD] = PIDS_CMD,
	[FACT_CMDLINE] = PIDS_CMDLINE_V,  [FACT_CGROUP] = PIDS_CGROUP_V,
};

int64_t tics_ms(uint64_t tics)
{
	return tics * 1000 / sysconf(_SC_CLK_TCK);
}

/* libproc2 takes a table of items that it may write to. 0 or -errno. */
static int open_items(struct pids_info **info, const enum pids_item *items, unsigned int n)
{
	enum pids_item copy[16];
	int rc = library_open(&library);

	*info = NULL;
	if (rc)
		return rc;
	memcpy(copy, items, n * sizeof(*items));
	return call.procps_pids_new(info, copy, n) < 0 ? -EIO : 0;
}

/* Facts go to the tasks, each to its own: any number of threads may ask. The rows are one thread's. */
struct asking {
	struct pass *p;
	const uint32_t *tasks;		/* of which they are asked, ascending by pid */
	uint32_t count;
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

/* NULL: it went away. */
static char *comm_read(uint32_t pid)
{
	struct buf raw = BUF_INIT;
	char path[40];

	snprintf(path, sizeof(path), "/proc/%u/comm", pid);
	if (io_read_file(AT_FDCWD, path, &raw, 4096) || !raw.len) {
		buf_release(&raw);
		return NULL;
	}
	raw.s[raw.len - 1] = '\0';	/* the newline behind it */
	return buf_detach(&raw);
}

/*
 * libproc2 has put '.' and '?' for what it thinks unprintable, the bytes of UTF-8 among them, and
 * no item of it gives the name as it is. Few names hold either: only those are read again.
 */
static char *command_name(uint32_t pid, const char *cleaned)
{
	char *raw = strpbrk(cleaned, ".?") ? comm_read(pid) : NULL;

	return raw ? raw : xstrdup(cleaned);
}

static void keep_facts(struct process_facts *facts, const struct pids_result *r)
{
	const char *name = r[FACT_CMD].result.str;

	facts->found = true;
	facts->tics = r[FACT_TICS].result.ull_int;
	facts->euid = r[FACT_EUID].result.u_int;
	facts->comm = command_name(r[FACT_PID].result.s_int, name ? name : "");
	facts->cmdline = joined(r[FACT_CMDLINE].result.strv);
	facts->cgroup = cgroup_path(r[FACT_CGROUP].result.strv);
}

static void keep_all_facts(const struct asking *x, uint32_t first, uint32_t n, struct pids_fetch *fetch)
{
	for (int i = 0; i < fetch->counts->total; i++) {
		uint32_t pid = fetch->stacks[i]->head[FACT_PID].result.s_int;

		for (uint32_t k = first; k < first + n; k++) {
			struct task *t = pass_task(x->p, x->tasks[k]);

			if (t->pid == pid && !t->facts->found)
				keep_facts(t->facts, fetch->stacks[i]->head);
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
	int rc = open_items(&info, fact_items, NR_FACTS);

	for (uint32_t k = 0; k < n; k++) {
		struct task *t = pass_task(x->p, x->tasks[first + k]);

		process_forget(t);
		t->facts = xcalloc(1, sizeof(*t->facts));
		t->facts->cpu = t->cpu;
		pids[k] = t->pid;
	}
	if (rc) {
		x->error = -rc;
		return;
	}
	fetch = call.procps_pids_select(info, pids, n, PIDS_SELECT_PID);
	if (fetch)
		keep_all_facts(x, first, n, fetch);
	call.procps_pids_unref(&info);
}

void process_forget(struct task *t)
{
	if (!t->facts)
		return;
	free(t->facts->comm);
	free(t->facts->cmdline);
	free(t->facts->cgroup);
	free(t->facts);
	t->facts = NULL;
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

static void set_facts(struct pass *p, struct process *row, const struct process_facts *facts)
{
	FACT_SET(row, start_time, tics_ms(facts->tics) + p->c->boot_offset);
	row->start_tics = facts->tics;
	FACT_SET(row, uid, facts->euid);
	FACT_SET(row, comm, arena_strdup(p->s->arena, facts->comm));
	/* "-" stands for none: a dead leader's memory is gone, and its command line with it */
	if (facts->cmdline[0] && strcmp(facts->cmdline, "-"))
		FACT_SET(row, cmdline, arena_strdup(p->s->arena, facts->cmdline));
	set_cgroup(p, row, facts->cgroup);
}

/*
 * Who has not run since is called as before and is still the same user's: only he himself changes
 * that. Into another control group he may be moved: it is seen when his turn to be read comes.
 */
static bool knows_facts(const struct task *t)
{
	return t->slept && t->facts && t->facts->found && t->facts->cpu == t->cpu;
}

void processes_read(struct pass *p)
{
	struct asking x = { .p = p };
	uint32_t *tasks = xcalloc(p->c->tasks.count, sizeof(*tasks));

	for (uint32_t i = 0; i < p->c->tasks.count; i++)
		if (pass_task(p, i)->process && !knows_facts(pass_task(p, i)))
			tasks[x.count++] = i;
	x.tasks = tasks;
	in_threads(p->c->threads, (x.count + CHUNK - 1) / CHUNK, 1, ask_chunk, &x);
	if (x.error)
		snapshot_gap(p->s, "processes", x.error, 0);
	for (uint32_t i = 0; i < p->c->tasks.count; i++) {
		const struct task *t = pass_task(p, i);
		struct process *row = t->process ? snapshot_row(p->s, CLASS_PROCESS, t->process - 1) : NULL;

		if (row && t->facts->found)
			set_facts(p, row, t->facts);
		else if (row)
			set_unknown(row);	/* it went away meanwhile */
	}
	free(tasks);
}

void comms_read(struct pass *p)
{
	for (uint32_t i = 0; i < p->c->tasks.count; i++) {
		struct task *t = pass_task(p, i);
		struct process *row = t->process ? snapshot_row(p->s, CLASS_PROCESS, t->process - 1) : NULL;
		char *comm = row && !(t->slept && t->facts) ? comm_read(t->pid) : NULL;

		if (comm && !t->facts)
			t->facts = xcalloc(1, sizeof(*t->facts));
		if (comm) {
			free(t->facts->comm);
			t->facts->comm = comm;
		}
		if (row && t->facts && t->facts->comm)
			FACT_SET(row, comm, arena_strdup(p->s->arena, t->facts->comm));
	}
}

int uids_read(struct pass *p, struct table *uids)
{
	static const enum pids_item items[] = { PIDS_ID_RUID, PIDS_ID_EUID, PIDS_ID_SUID, PIDS_ID_FUID };
	struct pids_info *info;
	struct pids_fetch *fetch;
	int rc = open_items(&info, items, ARRAY_SIZE(items));

	if (rc) {
		snapshot_gap(p->s, "processes", -rc, 0);
		return rc;
	}
	fetch = call.procps_pids_reap(info, PIDS_FETCH_TASKS_ONLY);
	for (int i = 0; fetch && i < fetch->counts->total; i++)
		for (unsigned int k = 0; k < ARRAY_SIZE(items); k++)
			*(uint64_t *)table_add(uids, sizeof(uint64_t)) =
				fetch->stacks[i]->head[k].result.u_int;
	call.procps_pids_unref(&info);
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
	int rc = library_open(&library);

	if (!rc && call.procps_meminfo_new(&info) < 0)
		rc = -EIO;
	if (rc) {
		snapshot_gap(p->s, "meminfo", -rc, 0);
		return;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(items); i++) {
		struct meminfo_result *r = call.procps_meminfo_get(info, items[i].item);
		uint64_t bytes;

		if (!r)
			continue;
		bytes = (uint64_t)r->result.ul_int * 1024;
		memcpy((char *)row + items[i].offset, &bytes, sizeof(bytes));
		row->facts.known |= 1ULL << ((items[i].offset - sizeof(struct facts)) / 8);
	}
	call.procps_meminfo_unref(&info);
}
