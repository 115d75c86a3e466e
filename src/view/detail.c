/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All about one object, for people. */
#include "ipctop/view.h"

#include <errno.h>
#include "ipctop/text.h"
#include "lifeline.h"
#include "palette.h"

#define CODE_WIDTH 18	/* of the longest reason code */

struct page {
	struct buf out;
	const struct snapshot *s;
	const struct object *o;
	const struct detail_options *options;
};

/* Which facts stand together; a field that stands nowhere here comes at the end. */
static const struct {
	const char *title;
	const char *fields[24];
} sections[] = {
	{ "what", { "kind", "id", "key", "label", "path", "ipc_ns", "device", "inode", "links",
		    "flags", "family" } },
	{ "memory", { "size", "allocated", "rss", "swap", "page_size" } },
	{ "whose", { "mode", "user", "group", "creator_user", "creator_group", "creator_pid",
		     "creator_alive", "last_pid", "last_alive", "send_pid", "receive_pid", "notify",
		     "notify_signal", "notify_pid" } },
	{ "when", { "birth_time", "change_time", "modify_time", "access_time", "attach_time",
		    "detach_time", "operation_time", "send_time", "receive_time", "age" } },
	{ "use", { "state", "nattch", "mappings", "processes", "openers", "holders_complete",
		   "semaphores", "waiters", "messages", "bytes", "max_bytes", "max_messages", "message_size",
		   "cgroup", "unit", "container", "logout" } },
};

/* What stands elsewhere on the page. */
static const char *const elsewhere[] = {
	"name", "verdict", "reasons", "values", "holders", "uses", "uid", "gid", "creator_uid", "creator_gid",
};

static const char *const verdict_texts[NR_VERDICTS] = {
	[VERDICT_LIVE] = "somebody uses it",
	[VERDICT_IDLE] = "nobody uses it now, but there is a sign that somebody may come back",
	[VERDICT_UNKNOWN] = "a fact that the judgement needs could not be read",
	[VERDICT_STALE] = "nobody uses it, and all that is known speaks for leaked",
};

static const char *const verdict_colors[NR_VERDICTS] = {
	[VERDICT_LIVE] = COLOR_LIVE, [VERDICT_IDLE] = COLOR_IDLE,
	[VERDICT_UNKNOWN] = COLOR_UNKNOWN, [VERDICT_STALE] = COLOR_STALE,
};

static void put_colored(struct page *p, const char *color, const char *text)
{
	if (p->options->color)
		buf_puts(&p->out, color);
	buf_puts(&p->out, text);
	if (p->options->color)
		buf_puts(&p->out, COLOR_RESET);
}

static void put_title(struct page *p, const char *title)
{
	buf_putc(&p->out, '\n');
	put_colored(p, COLOR_BOLD, title);
	buf_putc(&p->out, '\n');
}

/* "  label            value": false when there is nothing to tell. */
static bool put_fact(struct page *p, const struct field *field)
{
	const struct value_style *style = &p->options->style;
	struct value v, number;

	field_get(p->s, field, p->o, &v);
	if (v.state == VALUE_NONE)
		return false;
	buf_printf(&p->out, "  %-17s ", field->name);
	value_put(&p->out, p->s, field, p->o, &v, style);
	if (field->numeric && !style->numeric) {
		const struct field *numeric = field_find(CLASS_OBJECT, field->numeric);

		field_get(p->s, numeric, p->o, &number);
		buf_puts(&p->out, " (");
		value_put(&p->out, p->s, numeric, p->o, &number, style);
		buf_putc(&p->out, ')');
	}
	buf_putc(&p->out, '\n');
	return true;
}

static bool in_sections(const char *name)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(sections); i++)
		for (unsigned int k = 0; k < ARRAY_SIZE(sections[i].fields); k++)
			if (sections[i].fields[k] && !strcmp(sections[i].fields[k], name))
				return true;
	for (unsigned int i = 0; i < ARRAY_SIZE(elsewhere); i++)
		if (!strcmp(elsewhere[i], name))
			return true;
	return false;
}

/* The title of a section appears with its first fact. */
static void put_sections(struct page *p)
{
	const struct field *f;

	for (unsigned int i = 0; i < ARRAY_SIZE(sections); i++) {
		size_t before = p->out.len, titled;
		bool any = false;

		put_title(p, sections[i].title);
		titled = p->out.len;
		for (unsigned int k = 0; k < ARRAY_SIZE(sections[i].fields); k++)
			if (sections[i].fields[k])
				any |= put_fact(p, field_find(CLASS_OBJECT, sections[i].fields[k]));
		if (!any && p->out.len == titled)
			p->out.s[p->out.len = before] = '\0';
	}
	for (unsigned int i = 0; (f = field_at(CLASS_OBJECT, i)); i++)
		if (!in_sections(f->name) && (f->type != VT_FACTS || p->o->facts.unknown))
			put_fact(p, f);
}

static void put_verdict(struct page *p)
{
	const struct object *o = p->o;

	if (!FACT_KNOWN(o, verdict))
		return;
	buf_putc(&p->out, '\n');
	put_colored(p, verdict_colors[o->verdict], verdict_names[o->verdict]);
	buf_printf(&p->out, ": %s\n", verdict_texts[o->verdict]);
	for (uint32_t i = 0; i < o->reasons.count; i++) {
		const struct reason *r = snapshot_row(p->s, CLASS_REASON, o->reasons.first + i);

		buf_puts(&p->out, "  ");
		text_escape(&p->out, r->code, strlen(r->code), 0);
		for (size_t w = text_width(r->code); w < CODE_WIDTH; w++)
			buf_putc(&p->out, ' ');
		buf_putc(&p->out, ' ');
		text_escape(&p->out, r->text, strlen(r->text), 0);
		buf_putc(&p->out, '\n');
	}
}

/* What else may take it away. */
static void put_dangers(struct page *p)
{
	const struct object *o = p->o;
	const struct limits *limits = snapshot_count(p->s, CLASS_LIMITS) ?
				      snapshot_row(p->s, CLASS_LIMITS, 0) : NULL;

	if (FACT_KNOWN(o, logout) && o->logout)
		buf_puts(&p->out, "\nsystemd-logind removes it when its owner logs out (RemoveIPC=yes)\n");
	if (o->kind == KIND_SHM && limits && FACT_KNOWN(limits, shm_rmid_forced) &&
	    limits->shm_rmid_forced)
		buf_puts(&p->out, "\nkernel.shm_rmid_forced is on: it goes with its last attachment\n");
}

/* " WORD VALUE" for a field of a holder's process that is known. */
static void put_process_fact(struct page *p, const struct process *process, const char *name,
			     const char *word)
{
	const struct field *field = field_find(CLASS_PROCESS, name);
	struct value v;

	field_get(p->s, field, process, &v);
	if (v.state == VALUE_NONE)
		return;
	buf_puts(&p->out, word);
	value_put(&p->out, p->s, field, process, &v, &p->options->style);
}

static void put_process(struct page *p, const struct process *process)
{
	put_process_fact(p, process, "pid", "  ");
	put_process_fact(p, process, "comm", " ");
	put_process_fact(p, process, "user", ", user ");
	put_process_fact(p, process, "start_time", ", started ");
	buf_putc(&p->out, '\n');
	put_process_fact(p, process, "cmdline", "      command ");
	if (p->out.s[p->out.len - 1] != '\n')
		buf_putc(&p->out, '\n');
	if (FACT_KNOWN(process, unit) || FACT_KNOWN(process, container) ||
	    FACT_KNOWN(process, cgroup)) {
		buf_puts(&p->out, "      in");
		put_process_fact(p, process, "unit", " unit ");
		put_process_fact(p, process, "container", " container ");
		put_process_fact(p, process, "cgroup", " cgroup ");
		buf_putc(&p->out, '\n');
	}
}

static void put_mapping(struct page *p, const struct mapping *m)
{
	buf_printf(&p->out, "      mapping 0x%llx-0x%llx ", (unsigned long long)m->start,
		   (unsigned long long)(m->start + m->length));
	text_escape(&p->out, m->prot, strlen(m->prot), 0);
	buf_putc(&p->out, ' ');
	units_put_size(&p->out, m->length, p->options->style.bytes);
	if (m->offset) {
		buf_puts(&p->out, " from ");
		units_put_size(&p->out, m->offset, p->options->style.bytes);
	}
	buf_putc(&p->out, '\n');
}

static void put_holders(struct page *p)
{
	const struct object *o = p->o;

	if (o->holders.count)
		put_title(p, "holders");
	for (uint32_t i = 0; i < o->holders.count; i++) {
		const struct holder *h = snapshot_row(p->s, CLASS_HOLDER, o->holders.first + i);

		put_process(p, snapshot_row(p->s, CLASS_PROCESS, h->process));
		for (uint32_t k = 0; k < h->mappings.count; k++)
			put_mapping(p, snapshot_row(p->s, CLASS_MAPPING, h->mappings.first + k));
		for (uint32_t k = 0; k < h->fds.count; k++) {
			const struct fd *fd = snapshot_row(p->s, CLASS_FD, h->fds.first + k);

			buf_printf(&p->out, "      descriptor %llu %s\n", (unsigned long long)fd->fd,
				   FACT_KNOWN(fd, access) ? access_names[fd->access] : "?");
		}
	}
	if (FACT_KNOWN(o, holders_complete) && !o->holders_complete)
		buf_puts(&p->out, "  there may be more holders than could be seen\n");
}

/* What is true of one, in the words of its fields: "  0  value 1, last_pid 4712 …". */
static void put_semaphores(struct page *p)
{
	const struct object *o = p->o;
	const struct field *f;

	if (FACT_KNOWN(o, values))
		put_title(p, "semaphores");
	for (uint32_t i = 0; i < o->values.count; i++) {
		const void *row = snapshot_row(p->s, CLASS_SEMAPHORE, o->values.first + i);

		for (unsigned int k = 0; (f = field_at(CLASS_SEMAPHORE, k)); k++) {
			struct value v;

			field_get(p->s, f, row, &v);
			if (k)
				buf_printf(&p->out, "%s%s ", k == 1 ? "  " : ", ", f->name);
			else
				buf_puts(&p->out, "  ");
			value_put(&p->out, p->s, f, row, &v, &p->options->style);
		}
		buf_putc(&p->out, '\n');
	}
}

/* "shm:7: 64K, user alice, attached, live" */
static void put_header(struct page *p)
{
	static const char *const fields[][2] = {
		{ "size", ": " }, { "user", ", user " }, { "state", ", " }, { "verdict", ", " },
	};

	put_colored(p, COLOR_BOLD, p->o->name);
	for (unsigned int i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct field *field = field_find(CLASS_OBJECT, fields[i][0]);
		struct value v;

		field_get(p->s, field, p->o, &v);
		if (v.state != VALUE_KNOWN)
			continue;
		buf_puts(&p->out, fields[i][1]);
		value_put(&p->out, p->s, field, p->o, &v, &p->options->style);
	}
	buf_puts(&p->out, "\n\n");
}

int view_detail(FILE *out, const struct snapshot *s, uint32_t object,
		const struct detail_options *options)
{
	struct page p = {
		.out = BUF_INIT, .s = s, .o = snapshot_object(s, object), .options = options,
	};

	put_header(&p);
	lifeline_put(&p.out, s, p.o, options);
	put_verdict(&p);
	put_dangers(&p);
	if (options->more)
		buf_puts(&p.out, options->more);
	put_sections(&p);
	put_semaphores(&p);
	put_holders(&p);
	fwrite(p.out.s, 1, p.out.len, out);
	buf_release(&p.out);
	return ferror(out) ? -EIO : 0;
}
