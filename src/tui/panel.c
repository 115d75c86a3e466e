/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of a tab, and where the user is in them. How they are drawn is table.c's. */
#include "tui.h"

/* The usual columns of a tab, written out. */
static void put_usual_columns(struct buf *out, const struct tab_info *info)
{
	const char *here = strstr(info->columns, KINDS_HERE);
	size_t n = here ? (size_t)(here - info->columns) : strlen(info->columns);
	bool any = false;

	buf_add(out, info->columns, n);
	for (unsigned int k = 0; here && k < NR_KINDS; k++) {
		if (!kinds[k].memory)
			continue;
		buf_printf(out, "%s%s", any ? "," : "", kinds[k].name);
		any = true;
	}
	if (here)
		buf_puts(out, here + strlen(KINDS_HERE));
}

void panel_init(struct panel *p, const struct tab_info *info)
{
	struct buf error = BUF_INIT, columns = BUF_INIT;

	*p = (struct panel){ .info = info };
	put_usual_columns(&columns, info);
	if (panel_columns(p, columns.s, &error) || panel_sort(p, info->sort, &error))
		abort();	/* a name in the table of tabs is wrong */
	buf_release(&error);
	buf_release(&columns);
}

void panel_release(struct panel *p)
{
	row_filter_release(&p->filter);
	arrangement_release(&p->rows);
	keymap_release(&p->tags);
	keymap_release(&p->folded);
	keymap_release(&p->now);
	keymap_release(&p->before);
}

int panel_columns(struct panel *p, const char *text, struct buf *error)
{
	struct columns columns = { 0 };
	int rc = columns_parse(p->info->class, text, &columns, error);

	if (rc)
		return rc;
	p->columns = columns;
	panel_relayout(p);
	return 0;
}

int panel_sort(struct panel *p, const char *text, struct buf *error)
{
	return sort_parse(p->info->class, text, &p->sort, error);
}

bool panel_shows(const struct panel *p, const struct field *field)
{
	for (unsigned int c = 0; c < p->columns.count; c++)
		if (p->columns.fields[c] == field)
			return true;
	return false;
}

const struct entry *panel_entry(const struct panel *p)
{
	return p->any && p->at < p->rows.count ? &p->rows.entries[p->at] : NULL;
}

static void entry_key(const struct panel *p, const struct entry *e, struct row_key *key)
{
	if (e->type == ENTRY_GROUP)
		*key = p->rows.groups[e->group].key;
	else
		row_key_get(e->type == ENTRY_GONE ? p->s_before : p->s, p->info->class, e->row, key);
}

static void remember_selected(struct panel *p)
{
	const struct entry *e = panel_entry(p);

	if (!e)
		return;
	entry_key(p, e, &p->selected);
	p->selected_group = (struct row_key){ 0 };
	if (e->group != NO_ROW)
		p->selected_group = p->rows.groups[e->group].key;
}

void panel_select(struct panel *p, int64_t at)
{
	if (at >= p->rows.count)
		at = (int64_t)p->rows.count - 1;
	if (at < 0)
		at = 0;
	p->at = at;
	p->any = p->rows.count > 0;
	remember_selected(p);
	/* into sight */
	if (p->at < p->top)
		p->top = p->at;
	else if (p->page > 0 && p->at >= p->top + p->page)
		p->top = p->at - p->page + 1;
}

/*
 * Rows first, entries then: rows lie in memory as they are numbered, entries refer to them in any
 * order.
 */
static uint32_t find_row(const struct panel *p, const struct snapshot *s, struct span span,
			 const struct row_key *key)
{
	for (uint32_t i = 0; s && i < span.count; i++) {
		struct row_key mine;

		row_key_get(s, p->info->class, span.first + i, &mine);
		if (row_key_same(&mine, key))
			return span.first + i;
	}
	return NO_ROW;
}

/* The entry with that key, below that group where it stands below several; NO_ROW: none. */
static uint32_t find_entry(const struct panel *p, const struct row_key *key, const struct row_key *group)
{
	uint32_t row = find_row(p, p->s, p->span, key), found = NO_ROW;

	for (uint32_t i = 0; i < p->rows.count; i++) {
		const struct entry *e = &p->rows.entries[i];
		struct row_key mine;

		if (e->type == ENTRY_ROW && e->row != row)
			continue;
		if (e->type != ENTRY_ROW) {
			entry_key(p, e, &mine);
			if (!row_key_same(&mine, key))
				continue;
		}
		if (e->group == NO_ROW || !group || row_key_same(&p->rows.groups[e->group].key, group))
			return i;
		if (found == NO_ROW)
			found = i;
	}
	return found;
}

bool panel_select_key(struct panel *p, const struct row_key *key)
{
	uint32_t at = find_entry(p, key, NULL);

	if (at != NO_ROW)
		panel_select(p, at);
	return at != NO_ROW;
}

/* The selection goes with its object; where that is no more, it stays where it was. */
static void find_selected(struct panel *p)
{
	uint32_t top = p->top, at = p->any ? find_entry(p, &p->selected, &p->selected_group) : 0;

	if (at != NO_ROW && p->any && !p->follow) {
		p->at = at;
		remember_selected(p);
		if (p->top && p->top >= p->rows.count)
			p->top = p->rows.count ? p->rows.count - 1 : 0;
		return;
	}
	panel_select(p, at == NO_ROW ? p->at : at);
	if (!p->follow && p->at >= top && p->at < top + p->page)
		p->top = top;
}

uint32_t panel_row_before(const struct panel *p, uint32_t row)
{
	struct row_key key;

	if (p->info->class == CLASS_OBJECT)
		return diff_mark(p->changes, row)->before;
	if (p->info->class == CLASS_EVENT) {
		const struct event *e = snapshot_row(p->s, CLASS_EVENT, row);

		return e->time > p->time_before ? NO_ROW : row;
	}
	row_key_get(p->s, p->info->class, row, &key);
	return keymap_get(&p->before, &key);
}

/* All rows of the class that there are, chosen or not. */
static void index_rows(struct keymap *map, const struct snapshot *s, enum row_class class,
		       const struct span *span)
{
	keymap_release(map);
	for (uint32_t i = 0; s && i < span->count; i++) {
		struct row_key key;

		row_key_get(s, class, span->first + i, &key);
		keymap_set(map, &key, span->first + i);
	}
}

/* After a while in another tab @now is not of the look before. */
static void index_both(const struct monitor *m, struct panel *p)
{
	struct span span = { 0 };
	const struct snapshot *before = p->s_before ? p->info->rows(m, m->before, &span) : NULL;

	if (p->info->class != CLASS_HOLDING)
		return;
	keymap_release(&p->before);
	if (before && p->number == m->before->number) {
		p->before = p->now;
		p->now = (struct keymap){ 0 };
	} else {
		index_rows(&p->before, before, p->info->class, &span);
	}
	index_rows(&p->now, p->s, p->info->class, &p->span);
}

/* Rows of the look before that are no more, as one byte each; NULL: there are none. */
static bool *mark_gone(const struct panel *p)
{
	uint32_t count = snapshot_count(p->s_before, p->info->class), n = 0;
	bool *gone = xcalloc(count, sizeof(*gone));
	struct row_key key;

	/* events stay */
	if (p->info->class == CLASS_OBJECT)
		for (; n < p->changes->gone.count; n++)
			gone[((const uint32_t *)p->changes->gone.rows)[n]] = true;
	for (uint32_t i = 0; p->info->class == CLASS_HOLDING && i < count; i++) {
		row_key_get(p->s_before, CLASS_HOLDING, i, &key);
		gone[i] = !keymap_has(&p->now, &key);
		n += gone[i];
	}
	if (n)
		return gone;
	free(gone);
	return NULL;
}

/* A row that stood there and is no more, and where. */
struct gone {
	uint32_t place, row;
};

/*
 * What was on the screen or beyond its edges and has gone since: of the old arrangement, whose
 * rows are those of the look before.
 */
static void find_gone(const struct panel *p, const struct arrangement *old, struct table *found)
{
	bool *gone = p->tree == TREE_NONE ? mark_gone(p) : NULL;

	for (uint32_t i = 0; gone && i < old->count; i++)
		if (old->entries[i].type == ENTRY_ROW && gone[old->entries[i].row])
			*(struct gone *)table_add(found, sizeof(struct gone)) =
				(struct gone){ i, old->entries[i].row };
	free(gone);
}

/* Put them in where they were: they are seen once more, as gone. */
static void keep_gone(struct arrangement *a, const struct table *found)
{
	const struct gone *gone = found->rows;
	uint32_t n = found->count, to = 0, from = 0;
	struct entry *entries = xcalloc((size_t)a->count + n, sizeof(*entries));

	for (uint32_t g = 0; g < n || from < a->count;) {
		if (g < n && (gone[g].place <= to || from == a->count))
			entries[to++] = (struct entry){ ENTRY_GONE, gone[g++].row, NO_ROW };
		else
			entries[to++] = a->entries[from++];
	}
	free(a->entries);
	a->entries = entries;
	a->count = to;
}

/* So that the next look comes with its rows arranged; those of events are the journal's. */
static void choose_ahead(struct monitor *m, const struct panel *p, const struct arranging *how)
{
	struct choice *c = p->info->class == CLASS_EVENT ? NULL : choice_new(how);

	m->chosen = m->choice;
	if (c) {
		c->number = m->choice;
		c->by = tab_holding(m, m->tab);
	}
	feeder_choose(m->feeder, c);
}

static void choose(struct monitor *m, struct panel *p)
{
	struct arranging how = {
		.class = p->info->class, .filter = &p->filter, .columns = &p->columns,
		.sort = &p->sort, .tree = p->tree, .folded = &p->folded,
	};

	p->span = (struct span){ 0 };
	p->s = m->look ? p->info->rows(m, m->look, &p->span) : NULL;
	how.span = p->span;
	if (m->look && m->look->choice && m->look->choice == m->choice) {
		p->rows = m->look->rows;
		m->look->rows = (struct arrangement){ 0 };
		m->look->choice = 0;
		return;
	}
	if (p->s)
		arrange(&p->rows, p->s, &how);
	else
		p->rows = (struct arrangement){ 0 };
	if (m->feeder && m->chosen != m->choice)
		choose_ahead(m, p, &how);
}

void panel_arrange(struct monitor *m, struct panel *p)
{
	zones_forget(m);
	arrangement_release(&p->rows);
	panel_relayout(p);
	m->choice++;
	choose(m, p);
	find_selected(p);
}

/* What the look before had of the tab's rows, if it was asked for them. */
static void set_before(const struct monitor *m, struct panel *p)
{
	uint32_t holdings = tab_holdings(m, p->info - tab_infos);
	struct span span;

	p->s_before = NULL;
	p->collected_before = 0;
	if (!m->before || holdings & ~m->before->holding_bits)
		return;
	p->s_before = p->info->rows(m, m->before, &span);
	p->collected_before = m->before->needs;
	p->time_before = snapshot_document(m->before->s)->time;
	p->changes = &m->look->diff;
}

void panel_refresh(struct monitor *m, struct panel *p)
{
	struct arrangement old = p->rows;
	struct table gone = { 0 };

	zones_forget(m);
	set_before(m, p);
	p->collected = m->look ? m->look->needs : 0;
	choose(m, p);
	index_both(m, p);
	if (p->s_before && p->number == m->before->number)
		find_gone(p, &old, &gone);
	p->number = m->look ? m->look->number : 0;
	if (gone.count)
		keep_gone(&p->rows, &gone);
	table_release(&gone);
	arrangement_release(&old);
	find_selected(p);
}
