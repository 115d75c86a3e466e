/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the mappings of one object use, in each process that has them. */
#include "ipctop/pages.h"

#include <errno.h>
#include "held.h"
#include "ipctop/clock.h"

#define PATIENCE_US	500000

struct reading {
	struct held held;
	struct object_usage *u;
	struct holder_usage sum;
	int64_t until;
	bool any;			/* it has mappings at all */
};

enum { READ_ENOUGH = 1 };

static int take(void *arg, const struct vma *vma, const struct smaps_usage *usage)
{
	struct reading *r = arg;

	r->any = true;
	if (held_maps(&r->held, vma)) {
		if (!usage->has_rss || !usage->has_pss || !usage->has_swap)
			return -ENODATA;
		*(struct mapping_usage *)table_add(&r->u->mappings, sizeof(struct mapping_usage)) =
			(struct mapping_usage){
				.start = vma->start, .length = vma->end - vma->start,
				.rss = usage->rss, .pss = usage->pss, .swap = usage->swap,
			};
		r->sum.mappings.count++;
		r->sum.rss += usage->rss;
		r->sum.pss += usage->pss;
		r->sum.swap += usage->swap;
	}
	if (vma->end >= held_end(&r->held))
		return READ_ENOUGH;
	return clock_mono_us() > r->until ? -ETIMEDOUT : 0;
}

static int read_holder(struct reading *r)
{
	int rc = clock_mono_us() > r->until ? -ETIMEDOUT : smaps_read(r->held.dir, "smaps", take, r);

	/* it ended meanwhile; before Linux 6.12 the file is empty then */
	if (rc == -ENOENT || (!rc && !r->any))
		return -ESRCH;
	return rc < 0 ? rc : 0;
}

static void add_holder(struct object_usage *u, const struct snapshot *s, const struct object *o,
		       uint32_t i, int64_t until)
{
	struct reading r = { .u = u, .until = until };
	struct holder_usage *row = table_add(&u->holders, sizeof(*row));
	struct span mappings = { .first = u->mappings.count };
	int rc = held_open(&r.held, s, o, i);

	r.sum.mappings = mappings;
	if (!rc) {
		rc = read_holder(&r);
		held_close(&r.held);
	}
	if (rc) {
		u->mappings.count = mappings.first;
		r.sum = (struct holder_usage){ .mappings = mappings, .error = -rc };
	}
	r.sum.pid = r.held.process->pid;
	r.sum.start_time = r.held.process->start_time;
	*row = r.sum;
}

int usage_read(const struct snapshot *s, uint32_t object, struct object_usage *u)
{
	int64_t until = clock_mono_us() + PATIENCE_US;
	const struct object *o;

	*u = (struct object_usage){ 0 };
	if (s->replayed || object >= snapshot_count(s, CLASS_OBJECT))
		return -EINVAL;
	o = snapshot_object(s, object);
	if (!FACT_KNOWN(o, holders))
		return -ENODATA;
	for (uint32_t i = 0; i < o->holders.count; i++) {
		const struct holder *h = snapshot_row(s, CLASS_HOLDER, o->holders.first + i);

		if (!h->mappings.count)
			continue;
		if (u->holders.count < USAGE_HOLDERS)
			add_holder(u, s, o, i, until);
		else
			u->left_out++;
	}
	return 0;
}

void usage_release(struct object_usage *u)
{
	table_release(&u->holders);
	table_release(&u->mappings);
}
