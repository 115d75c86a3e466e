/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prompts: what to search, what to show, how often to look. */
#include "verbs.h"

#include <errno.h>
#include <math.h>
#include "ipctop/text.h"

static bool entry_has_text(const struct panel *p, uint32_t at, const char *text)
{
	const struct entry *e = &p->rows.entries[at];

	if (e->type == ENTRY_GROUP)
		return strcasestr(p->rows.groups[e->group].title, text) != NULL;
	return e->type == ENTRY_ROW && row_has_text(p->s, p->info->class, e->row, &p->columns, text);
}

/* The next one from the entry @from on (@step 1 or -1), round about. */
static bool find_from(struct panel *p, int64_t from, int step, const char *text)
{
	int64_t count = p->rows.count;

	for (int64_t i = 0; i < count; i++) {
		int64_t at = ((from + i * step) % count + count) % count;

		if (entry_has_text(p, (uint32_t)at, text)) {
			panel_select(p, at);
			return true;
		}
	}
	return false;
}

static void search_change(struct monitor *m, const char *text)
{
	struct panel *p = monitor_panel(m);

	buf_reset(&m->search);
	buf_puts(&m->search, text);
	if (*text && !find_from(p, p->at, 1, text))
		prompt_error(m, "not there");
}

void search_again(struct monitor *m, int step)
{
	struct panel *p = monitor_panel(m);

	if (!m->search.len)
		search_open(m, 0);
	else if (!find_from(p, (int64_t)p->at + step, step, m->search.s))
		monitor_tell(m, "no row has the text");
}

static void search_repeat(struct monitor *m, const char *text)
{
	search_again(m, 1);
}

static void search_done(struct monitor *m, const char *text, bool accepted)
{
}

void search_open(struct monitor *m, int arg)
{
	const struct prompt prompt = {
		.label = "Search:", .change = search_change, .done = search_done, .again = K_F(3),
		.repeat = search_repeat,
	};

	prompt_open(m, &prompt);
}

/* Incremental: what is no expression yet changes nothing, and says so. */
static void filter_change(struct monitor *m, const char *text)
{
	struct panel *p = monitor_panel(m);
	struct buf error = BUF_INIT;

	if (row_filter_text(&p->filter, p->info->class, text, &error)) {
		prompt_error(m, "%s", error.s);
	} else {
		panel_arrange(m, p);
		monitor_demand(m);
		if (!p->rows.count && *text)
			prompt_error(m, "nothing matches");
	}
	buf_release(&error);
}

static void filter_done(struct monitor *m, const char *text, bool accepted)
{
	struct panel *p = monitor_panel(m);
	struct buf error = BUF_INIT;

	/* Esc gives up the filter, as it does for htop's hands */
	if (row_filter_text(&p->filter, p->info->class, accepted ? text : "", &error))
		monitor_error(m, "filter: %s", error.s);
	panel_arrange(m, p);
	monitor_demand(m);
	buf_release(&error);
}

void filter_open(struct monitor *m, int arg)
{
	const struct prompt prompt = {
		.label = "Filter:", .text = monitor_panel(m)->filter.text, .change = filter_change,
		.done = filter_done,
	};

	prompt_open(m, &prompt);
}

int interval_parse(const char *text, int64_t *interval, struct buf *error)
{
	char *end;
	double seconds = strtod(text, &end);

	if (!*text || *end || !isfinite(seconds) || seconds < 0.1 || seconds > 86400) {
		buf_puts(error, "seconds between looks are a number from 0.1 to 86400");
		return -EINVAL;
	}
	*interval = (int64_t)(seconds * 1000);
	return 0;
}

static void interval_done(struct monitor *m, const char *text, bool accepted)
{
	struct buf error = BUF_INIT;

	if (accepted && *text && interval_parse(text, &m->interval, &error))
		monitor_error(m, "%s", error.s);
	else if (accepted && *text)
		monitor_tell(m, "a look each %g s", (double)m->interval / 1000);
	monitor_demand(m);
	buf_release(&error);
}

void interval_open(struct monitor *m, int arg)
{
	const struct prompt prompt = { .label = "Seconds between looks:", .done = interval_done };

	prompt_open(m, &prompt);
}
