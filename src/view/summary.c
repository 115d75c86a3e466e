/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipctop/view.h"

#include "ipctop/text.h"

static void add(uint64_t *sum, uint64_t v)
{
	if (__builtin_add_overflow(*sum, v, sum))
		*sum = UINT64_MAX;
}

void summary_add(struct summary *sum, const struct object *o)
{
	bool stale = FACT_KNOWN(o, verdict) && o->verdict == VERDICT_STALE;

	sum->objects++;
	sum->stale += stale;
	sum->has_verdict |= FACT_KNOWN(o, verdict);
	if (!kinds[o->kind].memory)
		return;	/* the length of a file on a disk is no memory that is shared */
	if (FACT_KNOWN(o, size)) {
		sum->has_size = true;
		add(&sum->size, o->size);
	}
	if (!FACT_KNOWN(o, allocated))
		return;
	sum->has_allocated = true;
	add(&sum->allocated, o->allocated);
	if (stale)
		add(&sum->stale_allocated, o->allocated);
}

/* A gap that names processes is so many of them. */
static bool of_processes(const struct gap *gap)
{
	return gap->pids.count > 0;
}

/*
 * The maps and the descriptors of one process are two gaps: of several sources of
 * one error, the largest is how many processes it was.
 */
static bool is_largest(const struct snapshot *s, uint32_t i)
{
	const struct gap *gap = snapshot_row(s, CLASS_GAP, i);

	for (uint32_t k = 0; k < snapshot_count(s, CLASS_GAP); k++) {
		const struct gap *other = snapshot_row(s, CLASS_GAP, k);

		if (k == i || !of_processes(other) || strcmp(other->error, gap->error))
			continue;
		if (other->count > gap->count || (other->count == gap->count && k < i))
			return false;
	}
	return true;
}

static bool is_denied(const struct gap *gap)
{
	return !strcmp(gap->error, "EACCES") || !strcmp(gap->error, "EPERM");
}

static void put_count(struct buf *out, uint64_t n, const char *one, const char *many)
{
	buf_u64(out, n);
	buf_printf(out, " %s", n == 1 ? one : many);
}

void view_gaps(struct buf *out, const struct snapshot *s)
{
	const struct document *doc = snapshot_document(s);
	bool denied = false;

	for (uint32_t i = 0; i < snapshot_count(s, CLASS_GAP); i++) {
		const struct gap *gap = snapshot_row(s, CLASS_GAP, i);

		if (of_processes(gap) && !is_largest(s, i))
			continue;
		buf_puts(out, "; ");
		if (of_processes(gap)) {
			put_count(out, gap->count, "process", "processes");
			buf_puts(out, " could not be read (");
		} else {
			text_escape(out, gap->source, strlen(gap->source), 0);
			buf_puts(out, " could not be read ");
			put_count(out, gap->count, "time", "times");
			buf_puts(out, " (");
		}
		text_escape(out, gap->error, strlen(gap->error), 0);
		buf_putc(out, ')');
		denied |= is_denied(gap);
	}
	if (denied && !s->replayed && FACT_KNOWN(doc, uid) && doc->uid != 0)
		buf_puts(out, ": run as root for all");
}

void view_sums(struct buf *out, const struct summary *sum, const struct value_style *style)
{
	put_count(out, sum->objects, "object", "objects");
	if (sum->has_size) {
		buf_puts(out, ", ");
		units_put_size(out, sum->size, style->bytes);
		buf_puts(out, " shared");
	}
	if (sum->has_allocated) {
		buf_puts(out, " (");
		units_put_size(out, sum->allocated, style->bytes);
		buf_puts(out, " allocated)");
	}
	if (sum->has_verdict) {
		buf_puts(out, "; ");
		put_count(out, sum->stale, "stale", "stale");
	}
	if (sum->has_verdict && sum->stale && sum->has_allocated) {
		buf_puts(out, ", ");
		units_put_size(out, sum->stale_allocated, style->bytes);
		buf_puts(out, " to win back");
	}
}

/* Where segments were looked at. */
static bool is_rmid_forced(const struct snapshot *s)
{
	const struct limits *limits;

	if (!snapshot_count(s, CLASS_LIMITS) || !(s->kinds & KIND_BIT(KIND_SHM)))
		return false;
	limits = snapshot_row(s, CLASS_LIMITS, 0);
	return FACT_KNOWN(limits, shm_rmid_forced) && limits->shm_rmid_forced;
}

static void put_rmid_forced(struct buf *out)
{
	buf_puts(out, "kernel.shm_rmid_forced is on: segments go with their last attachment");
}

void view_summary(struct buf *out, const struct snapshot *s, const struct summary *sum,
		  const struct value_style *style)
{
	view_sums(out, sum, style);
	if (is_rmid_forced(s)) {
		buf_puts(out, "; ");
		put_rmid_forced(out);
	}
	view_gaps(out, s);
}

void view_dangers(struct buf *out, const struct snapshot *s)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < snapshot_count(s, CLASS_OBJECT); i++) {
		const struct object *o = snapshot_object(s, i);

		n += FACT_KNOWN(o, logout) && o->logout;
	}
	if (n) {
		put_count(out, n, "object", "objects");
		buf_printf(out, " would go at %s logout (RemoveIPC=yes)\n",
			   n == 1 ? "its owner's" : "their owners'");
	}
	if (is_rmid_forced(s)) {
		put_rmid_forced(out);
		buf_putc(out, '\n');
	}
}
