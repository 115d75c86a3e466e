/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What clean says of segments that were removed, and that somebody keeps. */
#include "cmd.h"

#include "ipctop/text.h"

#define TOLD	5	/* segments, and of each so many holders */

static bool is_kept(const struct object *o)
{
	return o->kind == KIND_SHM && FACT_KNOWN(o, flags) && o->flags & OBJECT_CONDEMNED &&
	       !o->evidence.namespace_other;
}

static uint32_t count_kept(const struct snapshot *s)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < snapshot_count(s, CLASS_OBJECT); i++)
		n += is_kept(snapshot_object(s, i));
	return n;
}

/* "4711 (worker), 4712 (other) and 3 more", and as --pid wants them. */
static void put_holders(struct buf *out, struct buf *pids, const struct snapshot *s, const struct object *o)
{
	for (uint32_t i = 0; i < o->holders.count; i++) {
		const struct holder *h = snapshot_row(s, CLASS_HOLDER, o->holders.first + i);
		const struct process *p = snapshot_row(s, CLASS_PROCESS, h->process);

		buf_printf(pids, "%s%llu", i ? "," : "", (unsigned long long)p->pid);
		if (i >= TOLD)
			continue;
		buf_printf(out, "%s%llu", i ? ", " : "", (unsigned long long)p->pid);
		if (FACT_KNOWN(p, comm)) {
			buf_puts(out, " (");
			text_escape(out, p->comm, strlen(p->comm), 0);
			buf_putc(out, ')');
		}
	}
	if (o->holders.count > TOLD)
		buf_printf(out, " and %u more", o->holders.count - TOLD);
}

static void put_kept(struct buf *out, const struct query *q, const struct snapshot *s, const struct object *o)
{
	struct buf pids = BUF_INIT;

	buf_printf(out, "%s: removed, and ", o->name);
	if (FACT_KNOWN(o, allocated))
		units_put_size(out, o->allocated, q->style.bytes);
	else
		buf_puts(out, "its memory");
	if (o->holders.count) {
		buf_puts(out, " kept by ");
		put_holders(out, &pids, s, o);
		buf_printf(out, "; 'ipctop detach %s --pid %s%s' would make %s let go\n", o->name, pids.s,
			   o->holders.count > 1 ? " --force" : "", o->holders.count > 1 ? "them" : "it");
	} else {
		buf_puts(out, " kept by somebody who cannot be seen\n");
	}
	buf_release(&pids);
}

void tell_condemned(const struct query *q, const struct feed *feed, const struct snapshot *s)
{
	struct collect_options options = feed->options;
	struct collector *collector;
	struct snapshot *held = NULL;
	struct buf lines = BUF_INIT;
	uint32_t told = 0, n;

	/* who holds them is read only where there are some: it takes a look at all processes */
	if (!count_kept(s))
		return;
	options.kinds = KIND_BIT(KIND_SHM);
	options.sources = kind_sources(options.kinds, NEED_BIT(NEED_HOLDERS) | NEED_BIT(NEED_PROCESSES) |
				       NEED_BIT(NEED_RESIDENT));
	collector = collector_new(&options);
	if (!collector_pass(collector, &held)) {
		n = count_kept(held);
		for (uint32_t i = 0; i < snapshot_count(held, CLASS_OBJECT) && told < TOLD; i++) {
			if (!is_kept(snapshot_object(held, i)))
				continue;
			put_kept(&lines, q, held, snapshot_object(held, i));
			told++;
		}
		if (n > told)
			buf_printf(&lines, "%u more segments were removed, and are kept\n", n - told);
	}
	fputs(lines.s, stdout);
	buf_release(&lines);
	snapshot_free(held);
	collector_free(collector);
}
