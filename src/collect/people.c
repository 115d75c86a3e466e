/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who made or used an object, and whether its owner has any process. */
#include "pass.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>
#include "ipctop/io.h"

static int compare_u32(const void *pa, const void *pb)
{
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

	return (a > b) - (a < b);
}

static int compare_u64(const void *pa, const void *pb)
{
	uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;

	return (a > b) - (a < b);
}

static void add_pid(struct table *pids, bool known, uint64_t pid)
{
	if (known && pid && pid <= INT32_MAX)
		*(uint32_t *)table_add(pids, sizeof(uint32_t)) = pid;
}

static bool is_held(const struct object *o)
{
	return (FACT_KNOWN(o, nattch) && o->nattch) || o->mappings || o->openers ||
	       o->evidence.lease == LEASE_REFUSED;
}

void pids_judge(struct pass *p)
{
	bool all = p->sources & SOURCE_BIT(SOURCE_PIDS_ALL);
	struct table pids = { 0 };
	uint32_t *sorted, n = 0;

	for (uint32_t i = 0; i < snapshot_count(p->s, CLASS_OBJECT); i++) {
		const struct object *o = snapshot_object(p->s, i);

		if (!all && is_held(o))
			continue;
		add_pid(&pids, FACT_KNOWN(o, creator_pid), o->creator_pid);
		add_pid(&pids, FACT_KNOWN(o, last_pid), o->last_pid);
		add_pid(&pids, FACT_KNOWN(o, send_pid), o->send_pid);
		add_pid(&pids, FACT_KNOWN(o, receive_pid), o->receive_pid);
		add_pid(&pids, o->evidence.has_family_pid, o->evidence.family_pid);
	}
	for (uint32_t i = 0; i < snapshot_count(p->s, CLASS_SEMAPHORE); i++) {
		const struct semaphore *one = snapshot_row(p->s, CLASS_SEMAPHORE, i);

		add_pid(&pids, FACT_KNOWN(one, last_pid), one->last_pid);
	}
	sorted = pids.rows;
	if (pids.count)
		qsort(sorted, pids.count, sizeof(*sorted), compare_u32);
	for (uint32_t i = 0; i < pids.count; i++)
		if (!n || sorted[n - 1] != sorted[i])
			sorted[n++] = sorted[i];
	pid_facts_read(p, sorted, n);
	table_release(&pids);
	p->scene.pids = p->pid_facts.rows;
	p->scene.npids = p->pid_facts.count;
}

bool tasks_hidden(const struct pass *p)
{
	const struct mounts *own = p->mounts.rows;
	const struct mount *m = own->rows.rows;

	/* who sees somebody else's init sees all; root need not, as in a user namespace */
	for (uint32_t k = 0; k < own->rows.count; k++)
		if (!strcmp(m[k].point, "/proc") && strstr(m[k].options, "hidepid=") &&
		    !strstr(m[k].options, "hidepid=0") && !strstr(m[k].options, "hidepid=off"))
			return (geteuid() && !p->c->initial_pid_ns) || access("/proc/1/stat", R_OK);
	return !own->rows.count;
}

static uint64_t euid_of(const struct task *t)
{
	char path[32];
	struct stat st;

	if (t->euid != EUID_UNREAD)
		return t->euid;
	snprintf(path, sizeof(path), "/proc/%u", t->pid);
	return stat(path, &st) < 0 ? EUID_UNREAD : st.st_uid;
}

struct owner {
	uint64_t uid;
	bool seen;			/* it has a process */
};

static int compare_owners(const void *pa, const void *pb)
{
	const struct owner *a = pa, *b = pb;

	return (a->uid > b->uid) - (a->uid < b->uid);
}

/* Who owns what nobody holds: each once, in order. */
static void owners_of_unheld(const struct pass *p, struct table *owners)
{
	struct owner *rows;
	uint32_t n = 0;

	for (uint32_t i = 0; i < snapshot_count(p->s, CLASS_OBJECT); i++) {
		const struct object *o = snapshot_object(p->s, i);

		rows = owners->rows;
		/* neighbours are mostly of one owner */
		if (is_held(o) || !FACT_KNOWN(o, uid) ||
		    (owners->count && rows[owners->count - 1].uid == o->uid))
			continue;
		((struct owner *)table_add(owners, sizeof(*rows)))->uid = o->uid;
	}
	rows = owners->rows;
	if (owners->count)
		qsort(rows, owners->count, sizeof(*rows), compare_owners);
	for (uint32_t i = 0; i < owners->count; i++)
		if (!n || rows[n - 1].uid != rows[i].uid)
			rows[n++] = rows[i];
	owners->count = n;
}

/* Look at processes until all owners are met, and list those that were; gives how many are missing. */
static uint32_t meet_owners(struct pass *p, struct table *owners)
{
	uint32_t missing = owners->count;

	for (uint32_t i = 0; missing && i < p->c->tasks.count; i++) {
		const struct task *t = pass_task(p, i);
		struct owner key = { .uid = t->gone ? EUID_UNREAD : euid_of(t) }, *owner;

		owner = key.uid == EUID_UNREAD ? NULL :
			bsearch(&key, owners->rows, owners->count, sizeof(key), compare_owners);
		if (!owner || owner->seen)
			continue;
		owner->seen = true;
		missing--;
		*(uint64_t *)table_add(&p->uids, sizeof(uint64_t)) = owner->uid;
	}
	return missing;
}

static void sort_uids(struct table *uids)
{
	if (uids->count)
		qsort(uids->rows, uids->count, sizeof(uint64_t), compare_u64);
}

/*
 * Whether owners of what nobody holds have a process: the owner of /proc/PID is cheap to see and
 * settles most; only for a missing one are all four user numbers of all processes read. Where
 * not all processes are in sight absence says nothing, and nobody asks.
 */
void uids_find(struct pass *p)
{
	struct table owners = { 0 };

	if (!p->scene.initial_pid_ns || p->hidden || !p->c->tasks.count)
		return;
	owners_of_unheld(p, &owners);
	p->scene.uids_complete = !meet_owners(p, &owners) || !uids_read(p, &p->uids);
	sort_uids(&p->uids);
	p->scene.uids = p->uids.rows;
	p->scene.nuids = p->uids.count;
	table_release(&owners);
}
