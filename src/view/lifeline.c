/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lifeline.h"

#include "ipctop/text.h"

/* Of a stage: not reached, past, where the object is now, or unknown. */
enum mark { MARK_NO, MARK_PAST, MARK_NOW, MARK_UNKNOWN, NR_MARKS };

static const char *const marks_utf8[NR_MARKS] = {
	[MARK_NO] = "○", [MARK_PAST] = "●", [MARK_NOW] = "◉", [MARK_UNKNOWN] = "?",
};
static const char *const marks_ascii[NR_MARKS] = {
	[MARK_NO] = ".", [MARK_PAST] = "*", [MARK_NOW] = "@", [MARK_UNKNOWN] = "?",
};

struct moment {
	enum mark mark;
	bool has_time;
	int64_t time;
	const char *before;	/* word before the time, or instead of one */
	const char *after;	/* words behind the time */
};

static bool is_used(const struct object *o)
{
	return (FACT_KNOWN(o, nattch) && o->nattch) || (FACT_KNOWN(o, mappings) && o->mappings) ||
	       (FACT_KNOWN(o, openers) && o->openers);
}

static bool is_mapped(const struct object *o)
{
	return (FACT_KNOWN(o, nattch) && o->nattch) || (FACT_KNOWN(o, mappings) && o->mappings);
}

static bool in_state(const struct object *o, enum state state)
{
	return FACT_KNOWN(o, state) && o->state == state;
}

static bool is_removed(const struct object *o)
{
	return in_state(o, STATE_CONDEMNED) ||
	       (FACT_KNOWN(o, flags) && o->flags & (OBJECT_CONDEMNED | OBJECT_UNLINKED));
}

static void at_time(struct moment *m, bool known, int64_t t)
{
	m->has_time = known;
	m->time = t;
}

static void get_created(const struct object *o, struct moment *m)
{
	m->mark = in_state(o, STATE_CREATED) ? MARK_NOW : MARK_PAST;
	at_time(m, FACT_KNOWN(o, birth_time), o->birth_time);
	if (m->has_time || !FACT_KNOWN(o, change_time))
		return;
	/* a segment's birth is not kept, only its last change, which may be later than its first use */
	at_time(m, true, o->change_time);
	if (FACT_KNOWN(o, attach_time) && o->attach_time < m->time)
		m->time = o->attach_time;
	if (FACT_KNOWN(o, modify_time) && o->modify_time < m->time)
		m->time = o->modify_time;
	m->after = " or earlier";
}

static void get_attached(const struct object *o, struct moment *m)
{
	if (FACT_KNOWN(o, attach_time)) {
		m->mark = MARK_PAST;
		at_time(m, true, o->attach_time);
		m->before = "last ";
	} else if (is_mapped(o)) {
		m->mark = MARK_PAST;
	} else {
		/* that a file was mapped once leaves no trace */
		m->mark = kinds[o->kind].counted || !kind_is_mapped(o->kind) ? MARK_NO : MARK_UNKNOWN;
	}
}

/* Of what nobody holds: an operation, a message, or somebody who waits. */
static void get_last_use(const struct object *o, struct moment *m)
{
	const int64_t uses[] = { o->operation_time, o->send_time, o->receive_time };

	m->before = "last ";
	for (unsigned int i = 0; i < ARRAY_SIZE(uses); i++)
		if (uses[i] > m->time)
			at_time(m, true, uses[i]);
	m->mark = m->has_time ? MARK_PAST : MARK_NO;
	if (FACT_KNOWN(o, waiters) && o->waiters)
		m->mark = MARK_NOW;
}

static void get_in_use(const struct object *o, struct moment *m)
{
	if (kinds[o->kind].unheld) {
		get_last_use(o, m);
	} else if (is_used(o) || in_state(o, STATE_ATTACHED) || in_state(o, STATE_OPEN)) {
		m->mark = MARK_NOW;
		m->before = "now";
	} else if (kinds[o->kind].counted) {
		m->mark = FACT_KNOWN(o, attach_time) ? MARK_PAST : MARK_NO;
	} else {
		m->mark = FACT_KNOWN(o, modify_time) ? MARK_PAST : MARK_UNKNOWN;
		at_time(m, FACT_KNOWN(o, modify_time), o->modify_time);
		m->before = "written ";
	}
}

static void get_detached(const struct object *o, struct moment *m)
{
	bool unused = in_state(o, STATE_DETACHED);

	at_time(m, FACT_KNOWN(o, detach_time), o->detach_time);
	m->before = m->has_time ? "last " : NULL;
	m->mark = unused ? MARK_NOW : m->has_time ? MARK_PAST : MARK_NO;
	if (!FACT_KNOWN(o, state) && !is_used(o) && !kinds[o->kind].unheld)
		m->mark = MARK_UNKNOWN;
}

static void get_removed(const struct object *o, struct moment *m)
{
	m->mark = is_removed(o) ? MARK_PAST : MARK_NO;
	if (is_removed(o))
		m->before = is_used(o) ? "goes with its last user" : "its name is gone";
}

static const struct {
	const char *name;
	void (*get)(const struct object *o, struct moment *m);
} stages[] = {
	{ "created", get_created },
	{ "attached", get_attached },
	{ "in use", get_in_use },
	{ "detached", get_detached },
	{ "removed", get_removed },
};
#define NR_STAGES ARRAY_SIZE(stages)

static void put_when(struct buf *out, const struct moment *m, const struct value_style *style)
{
	if (m->mark == MARK_UNKNOWN)
		buf_putc(out, '?');
	else if (m->has_time) {
		buf_puts(out, m->before ? m->before : "");
		units_put_time(out, m->time, style->now, style->time_format);
		buf_puts(out, m->after ? m->after : "");
	} else {
		buf_puts(out, m->mark != MARK_NO && m->before ? m->before : "-");
	}
}

/* @text in a column of @width, filled up with @fill but for the last column. */
static void put_padded(struct buf *out, const char *text, size_t width, const char *fill, bool last)
{
	buf_puts(out, text);
	for (size_t w = text_width(text); w < width && !last; w++)
		buf_puts(out, fill);
}

/* Beside each other: marks, names and times in a column for each stage. */
static void put_across(struct buf *out, const struct moment *moments, const struct buf *when,
		       const size_t *width, const struct detail_options *options)
{
	const char *const *marks = options->utf8 ? marks_utf8 : marks_ascii;

	buf_puts(out, "  ");
	for (unsigned int i = 0; i < NR_STAGES; i++)
		put_padded(out, marks[moments[i].mark], width[i], options->utf8 ? "─" : "-",
			   i + 1 == NR_STAGES);
	buf_puts(out, "\n  ");
	for (unsigned int i = 0; i < NR_STAGES; i++)
		put_padded(out, stages[i].name, width[i], " ", i + 1 == NR_STAGES);
	buf_puts(out, "\n  ");
	for (unsigned int i = 0; i < NR_STAGES; i++)
		put_padded(out, when[i].s, width[i], " ", i + 1 == NR_STAGES);
	buf_putc(out, '\n');
}

/* Below each other, for a terminal that is too narrow. */
static void put_down(struct buf *out, const struct moment *moments, const struct buf *when,
		     const struct detail_options *options)
{
	const char *const *marks = options->utf8 ? marks_utf8 : marks_ascii;

	for (unsigned int i = 0; i < NR_STAGES; i++)
		buf_printf(out, "  %s %-10s %s\n", marks[moments[i].mark], stages[i].name, when[i].s);
}

void lifeline_put(struct buf *out, const struct snapshot *s, const struct object *o,
		  const struct detail_options *options)
{
	struct moment moments[NR_STAGES] = { 0 };
	struct buf when[NR_STAGES];
	size_t width[NR_STAGES], total = 2;

	for (unsigned int i = 0; i < NR_STAGES; i++) {
		buf_init(&when[i]);
		stages[i].get(o, &moments[i]);
		put_when(&when[i], &moments[i], &options->style);
		width[i] = text_width(when[i].s);
		if (width[i] < strlen(stages[i].name))
			width[i] = strlen(stages[i].name);
		total += width[i] + (i ? 3 : 0);
		width[i] += 3;
	}
	if (options->width > 0 && total > (size_t)options->width)
		put_down(out, moments, when, options);
	else
		put_across(out, moments, when, width, options);
	for (unsigned int i = 0; i < NR_STAGES; i++)
		buf_release(&when[i]);
}
