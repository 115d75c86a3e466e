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
	const uint32_t *last = pids->count ? (uint32_t *)pids->rows + pids->count - 1 : NULL;

	/* neighbours are often of one maker */
	if (known && pid && pid <= INT32_MAX && !(last && *last == pid))
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
		add_pid(&pids, o->evidence.has_family_pid, o->evidence.family_pid);
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

static bool has_uid(const struct table *sorted, uint64_t uid)
{
	return sorted->count &&
	       bsearch(&uid, sorted->rows, sorted->count, sizeof(uid), compare_u64);
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

static void add_uid(struct table *uids, uint64_t uid)
{
	const uint64_t *last = uids->count ? (uint64_t *)uids->rows + uids->count - 1 : NULL;

	if (!last || *last != uid)
		*(uint64_t *)table_add(uids, sizeof(uid)) = uid;
}

static bool anything_unheld(const struct pass *p)
{
	for (uint32_t i = 0; i < snapshot_count(p->s, CLASS_OBJECT); i++)
		if (!is_held(snapshot_object(p->s, i)))
			return true;
	return false;
}

/* Owners of what nobody holds that no process seen so far belongs to. */
static bool owner_missing(const struct pass *p)
{
	for (uint32_t i = 0; i < snapshot_count(p->s, CLASS_OBJECT); i++) {
		const struct object *o = snapshot_object(p->s, i);

		if (!is_held(o) && FACT_KNOWN(o, uid) && !has_uid(&p->uids, o->uid))
			return true;
	}
	return false;
}

static void sort_uids(struct table *uids)
{
	if (uids->count)
		qsort(uids->rows, uids->count, sizeof(uint64_t), compare_u64);
}

/*
 * The owner of /proc/PID is cheap to see and settles most; only for a missing one are all
 * four user numbers of all processes read.
 */
void uids_find(struct pass *p)
{
	if (!anything_unheld(p))
		return;
	for (uint32_t i = 0; i < p->c->tasks.count; i++) {
		const struct task *t = pass_task(p, i);

		if (!t->gone)
			add_uid(&p->uids, euid_of(t));
	}
	sort_uids(&p->uids);
	p->scene.uids_complete = p->uids.count && !p->hidden && p->c->proc_is_ours;
	if (owner_missing(p)) {
		if (uids_read(p, &p->uids) < 0)
			p->scene.uids_complete = false;
		sort_uids(&p->uids);
	}
	p->scene.uids = p->uids.rows;
	p->scene.nuids = p->uids.count;
}
