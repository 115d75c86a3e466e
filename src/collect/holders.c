/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who holds each object: rows of CLASS_HOLDER out of the links of a pass. */
#include "pass.h"

/* Links ordered by object; within one they stay in the order of pids and addresses. */
static struct link *sorted_links(const struct pass *p, uint32_t **firsts)
{
	uint32_t objects = snapshot_count(p->s, CLASS_OBJECT);
	uint32_t *first = xcalloc((size_t)objects + 1, sizeof(*first)), *next;
	struct link *links = p->links.rows, *sorted = xcalloc(p->links.count, sizeof(*sorted));

	for (uint32_t i = 0; i < p->links.count; i++)
		first[links[i].object + 1]++;
	for (uint32_t i = 0; i < objects; i++)
		first[i + 1] += first[i];
	next = xcalloc((size_t)objects + 1, sizeof(*next));
	memcpy(next, first, ((size_t)objects + 1) * sizeof(*next));
	for (uint32_t i = 0; i < p->links.count; i++)
		sorted[next[links[i].object]++] = links[i];
	free(next);
	*firsts = first;
	return sorted;
}

/* Mappings come before descriptors in the list of links: order by task first. */
static int compare_links(const void *pa, const void *pb)
{
	const struct link *a = pa, *b = pb;

	if (a->task != b->task)
		return a->task < b->task ? -1 : 1;
	if (a->is_fd != b->is_fd)
		return a->is_fd ? 1 : -1;
	return (a->item > b->item) - (a->item < b->item);
}

const char *prot_text(uint8_t prot)
{
	static const char *const texts[16] = {
		"---p", "r--p", "-w-p", "rw-p", "--xp", "r-xp", "-wxp", "rwxp",
		"---s", "r--s", "-w-s", "rw-s", "--xs", "r-xs", "-wxs", "rwxs",
	};

	return texts[prot & 15];
}

uint64_t process_row(struct pass *p, uint32_t task)
{
	struct task *t = pass_task(p, task);
	struct process *row;

	if (!t->process) {
		row = snapshot_add(p->s, CLASS_PROCESS);
		FACT_SET(row, pid, t->pid);
		if (t->pid_ns)
			FACT_SET(row, pid_ns, t->pid_ns);
		else
			FACT_UNKNOWN(row, pid_ns);
		t->process = snapshot_count(p->s, CLASS_PROCESS);
	}
	return t->process - 1;
}

static void add_mapping(struct pass *p, const struct raw_map *m)
{
	struct mapping *row = snapshot_add(p->s, CLASS_MAPPING);

	FACT_SET(row, start, m->start);
	FACT_SET(row, length, m->end - m->start);
	FACT_SET(row, prot, prot_text(m->prot));
	FACT_SET(row, offset, m->offset);
}

static void add_fd(struct pass *p, const struct raw_fd *f)
{
	struct fd *row = snapshot_add(p->s, CLASS_FD);

	FACT_SET(row, fd, f->fd);
	FACT_SET(row, access, f->access);
}

static void add_holder(struct pass *p, const struct link *links, uint32_t n)
{
	const struct task *t = pass_task(p, links[0].task);
	struct span mappings = { .first = snapshot_count(p->s, CLASS_MAPPING) };
	struct span fds = { .first = snapshot_count(p->s, CLASS_FD) };
	uint64_t process = process_row(p, links[0].task);
	struct holder *h = snapshot_add(p->s, CLASS_HOLDER);

	for (uint32_t i = 0; i < n; i++) {
		if (links[i].is_fd)
			add_fd(p, (struct raw_fd *)t->fds.rows + links[i].item);
		else
			add_mapping(p, (struct raw_map *)t->maps.rows + links[i].item);
	}
	mappings.count = snapshot_count(p->s, CLASS_MAPPING) - mappings.first;
	fds.count = snapshot_count(p->s, CLASS_FD) - fds.first;
	FACT_SET(h, process, process);
	FACT_SET(h, mappings, mappings);
	FACT_SET(h, fds, fds);
}

static bool anything_unread(const struct pass *p)
{
	if (!p->c->initial_pid_ns || !p->c->proc_is_ours || p->hidden)
		return true;
	for (uint32_t i = 0; i < p->c->tasks.count; i++) {
		const struct task *t = pass_task(p, i);

		if (!t->gone && (t->maps_error || t->fds_error))
			return true;
	}
	return false;
}

static void count_holders(struct pass *p, struct object *o)
{
	if (p->sources & SOURCE_BIT(SOURCE_MAPS) && kind_is_mapped(o->kind)) {
		FACT_SET(o, mappings, o->mappings);
		FACT_SET(o, processes, o->processes);
	}
	if (p->sources & SOURCE_BIT(SOURCE_FDS))
		FACT_SET(o, openers, o->openers);
}

static void add_holders(struct pass *p)
{
	uint32_t *first;
	struct link *links = sorted_links(p, &first);

	for (uint32_t i = 0; i < snapshot_count(p->s, CLASS_OBJECT); i++) {
		struct object *o = snapshot_object(p->s, i);
		struct span holders = { .first = snapshot_count(p->s, CLASS_HOLDER) };
		uint32_t from = first[i], n = first[i + 1] - from;

		if (n > 1)
			qsort(links + from, n, sizeof(*links), compare_links);
		for (uint32_t k = from, start = from; k < first[i + 1]; k++) {
			if (k + 1 < first[i + 1] && links[k + 1].task == links[start].task)
				continue;
			add_holder(p, links + start, k + 1 - start);
			start = k + 1;
		}
		holders.count = snapshot_count(p->s, CLASS_HOLDER) - holders.first;
		FACT_SET(o, holders, holders);
	}
	free(links);
	free(first);
}

void join_holders(struct pass *p)
{
	bool unread = anything_unread(p);
	bool scanned = p->sources & (SOURCE_BIT(SOURCE_MAPS) | SOURCE_BIT(SOURCE_FDS));

	if (p->sources & SOURCE_BIT(SOURCE_HOLDERS))
		add_holders(p);
	for (uint32_t i = 0; i < snapshot_count(p->s, CLASS_OBJECT); i++) {
		struct object *o = snapshot_object(p->s, i);

		o->evidence.holders_unread = unread;
		if (scanned && !kinds[o->kind].unheld)
			count_holders(p, o);
	}
}

/* After the leases: what was seen is all where the kernel's own count says so. */
void holders_complete(struct pass *p)
{
	for (uint32_t i = 0; i < snapshot_count(p->s, CLASS_OBJECT); i++) {
		struct object *o = snapshot_object(p->s, i);
		bool complete;

		if (!(p->sources & SOURCE_BIT(kind_is_mapped(o->kind) ? SOURCE_MAPS : SOURCE_FDS)) ||
		    kinds[o->kind].unheld)
			continue;
		if (kinds[o->kind].counted)
			complete = FACT_KNOWN(o, nattch) && o->nattch == o->mappings;
		else
			complete = o->evidence.lease == LEASE_GRANTED ||
				   (!o->evidence.holders_unread &&
				    o->evidence.lease != LEASE_REFUSED);
		FACT_SET(o, holders_complete, complete);
	}
}
