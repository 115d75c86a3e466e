/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What keys do in a table. */
#include "verbs.h"

#include "ipctop/clock.h"
#include "ipctop/text.h"

#define JUMP_MS	1500	/* digits that come sooner belong to one number */

void move_selection(struct monitor *m, int key)
{
	struct panel *p = monitor_panel(m);
	int64_t at = p->at;

	switch (key) {
	case K_UP: at--; break;
	case K_DOWN: at++; break;
	case K_PGUP: at -= p->page; break;
	case K_PGDN: at += p->page; break;
	case K_HOME: at = 0; break;
	case K_END: at = UINT32_MAX; break;
	}
	panel_select(p, at);
}

void scroll_columns(struct monitor *m, int columns)
{
	struct panel *p = monitor_panel(m);
	int most = 0;

	for (unsigned int c = 1; c < p->columns.count; c++)
		most += (int)p->widths[c] + 1;
	p->scroll += columns;
	if (p->scroll > most - 8)
		p->scroll = most - 8;
	if (p->scroll < 0)
		p->scroll = 0;
}

/* Whether a row has the number @n as one of the fields @names. */
static bool has_number(const struct panel *p, const struct entry *e, const char *name, uint64_t n)
{
	const struct field *field = field_find(p->info->class, name);
	struct value v;

	if (!field || e->type != ENTRY_ROW)
		return false;
	field_get_in(p->s, p->info->class, field, snapshot_row(p->s, p->info->class, e->row), &v);
	return v.state == VALUE_KNOWN && v.u == n;
}

static bool jump_to(struct panel *p, uint64_t n)
{
	static const char *const names[] = { "id", "pid", "creator_pid", "last_pid" };

	for (unsigned int f = 0; f < ARRAY_SIZE(names); f++) {
		for (uint32_t i = 0; i < p->rows.count; i++) {
			if (has_number(p, &p->rows.entries[i], names[f], n)) {
				panel_select(p, i);
				return true;
			}
		}
	}
	return false;
}

void jump_digit(struct monitor *m, int digit)
{
	int64_t now = clock_mono_us() / 1000;
	bool there;

	if (now - m->jumped > JUMP_MS || m->jump.len > 18)
		buf_reset(&m->jump);
	m->jumped = now;
	buf_putc(&m->jump, digit);
	there = jump_to(monitor_panel(m), strtoull(m->jump.s, NULL, 10));
	monitor_tell(m, "to id or pid %s%s", m->jump.s, there ? "" : ": none so far");
}

void switch_tab(struct monitor *m, int step)
{
	monitor_tab(m, (m->tab + NR_TABS + step) % NR_TABS);
}

static void set_sort(struct monitor *m, const struct field *field, bool descending)
{
	struct panel *p = monitor_panel(m);

	p->sort = (struct sort){ .keys = { { field, descending } }, .count = 1 };
	panel_arrange(m, p);
	monitor_demand(m);
}

/* The first of the fields that is a column; else the first that the rows of the tab have. */
static const struct field *sort_field(const struct panel *p, const char *const *names, unsigned int n)
{
	const struct field *first = NULL;

	for (unsigned int i = 0; i < n && names[i]; i++) {
		const struct field *field = field_find(p->info->class, names[i]);

		if (field && panel_shows(p, field))
			return field;
		first = first ? first : field;
	}
	return first;
}

void sort_by(struct monitor *m, int letter)
{
	static const struct {
		int letter;
		const char *fields[4];
		bool descending;
	} orders[] = {
		{ 'M', { "share", "size" }, true },
		{ 'P', { "uses", "objects", "mappings" }, true },
		{ 'T', { "age", "start_time", "time" }, true },
		{ 'N', { "name", "value", "comm" }, false },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(orders); i++) {
		const struct field *field;

		if (orders[i].letter != letter)
			continue;
		field = sort_field(monitor_panel(m), orders[i].fields, ARRAY_SIZE(orders[i].fields));
		if (field)
			set_sort(m, field, orders[i].descending);
	}
}

void sort_step(struct monitor *m, int step)
{
	const struct panel *p = monitor_panel(m);
	const struct columns *columns = &p->columns;
	unsigned int at = 0;

	for (unsigned int c = 0; c < columns->count; c++)
		if (p->sort.count && columns->fields[c] == p->sort.keys[0].field)
			at = (c + columns->count + step) % columns->count;
	set_sort(m, columns->fields[at], (columns->fields[at]->flags & FIELD_RIGHT) != 0);
}

void sort_invert(struct monitor *m, int arg)
{
	struct panel *p = monitor_panel(m);

	for (unsigned int i = 0; i < p->sort.count; i++)
		p->sort.keys[i].descending = !p->sort.keys[i].descending;
	panel_arrange(m, p);
}

static void sort_chosen(struct monitor *m, const struct menu_item *item)
{
	const struct field *field = field_at(monitor_panel(m)->info->class, item->value);

	set_sort(m, field, (field->flags & FIELD_RIGHT) != 0);
}

void sort_choose(struct monitor *m, int arg)
{
	const struct panel *p = monitor_panel(m);
	struct menu menu = { .title = "Order by", .chosen = sort_chosen };
	struct menu_item items[128];
	const struct field *f;
	int n = 0;

	for (unsigned int i = 0; (f = field_at(p->info->class, i)) && n < (int)ARRAY_SIZE(items); i++) {
		if (f->flags & FIELD_HIDDEN)
			continue;
		if (p->sort.count && p->sort.keys[0].field == f)
			menu.selected = n;
		items[n++] = (struct menu_item){ .label = f->name, .help = f->help, .value = (int)i };
	}
	menu_open(m, &menu, items, n);
}

void tree_next(struct monitor *m, int arg)
{
	struct panel *p = monitor_panel(m);

	if (!p->info->trees) {
		monitor_tell(m, "there is no tree here");
		return;
	}
	p->tree = (p->tree + 1) % NR_TREES;
	panel_relayout(p);
	monitor_demand(m);
	panel_arrange(m, p);
	monitor_tell(m, p->tree ? "below each %s" : "no tree", tree_names[p->tree]);
}

/* The group that the selected row is, or stands below. */
static struct row_group *selected_group(struct panel *p)
{
	const struct entry *e = panel_entry(p);

	return e && e->group != NO_ROW ? &p->rows.groups[e->group] : NULL;
}

void fold(struct monitor *m, int sign)
{
	struct panel *p = monitor_panel(m);
	struct row_group *group = selected_group(p);
	bool all = sign == '*', any = false;

	for (uint32_t i = 0; all && i < p->rows.ngroups; i++)
		any |= !p->rows.groups[i].folded;
	for (uint32_t i = 0; i < p->rows.ngroups; i++) {
		struct row_group *g = &p->rows.groups[i];

		if (!all && g != group)
			continue;
		if (all ? any : sign == '-')
			keymap_set(&p->folded, &g->key, 0);
		else
			keymap_remove(&p->folded, &g->key);
		if (g == group)	/* its rows may be out of sight now */
			p->selected = p->selected_group = g->key;
	}
	panel_arrange(m, p);
}

void kind_next(struct monitor *m, int arg)
{
	struct panel *p = monitor_panel(m);
	unsigned int next = 0;

	if (!field_find(p->info->class, "kind")) {
		monitor_tell(m, "these rows are of no kind");
		return;
	}
	for (unsigned int k = 0; k < NR_KINDS; k++)
		if (p->filter.kinds == KIND_BIT(k))
			next = k + 1;
	p->filter.kinds = next < NR_KINDS ? KIND_BIT(next) : 0;
	panel_arrange(m, p);
	monitor_tell(m, "%s", next < NR_KINDS ? kinds[next].plural : "all kinds");
}

static void user_chosen(struct monitor *m, const struct menu_item *item)
{
	struct panel *p = monitor_panel(m);

	free(p->filter.user);
	p->filter.user = item->value < 0 ? NULL : xstrdup(item->label);
	panel_arrange(m, p);
}

/* The owners of what there is. */
void user_choose(struct monitor *m, int arg)
{
	struct menu menu = { .title = "Whose", .chosen = user_chosen };
	struct menu_item items[128] = { { .label = "all users", .value = -1 } };
	struct keymap seen = { 0 };
	int n = 1;

	for (uint32_t i = 0; m->look && i < snapshot_count(m->look->s, CLASS_OBJECT) &&
	     n < (int)ARRAY_SIZE(items); i++) {
		const struct object *o = snapshot_object(m->look->s, i);
		struct row_key key;

		if (!FACT_KNOWN(o, user))
			continue;
		row_key_text(o->user, strlen(o->user), &key);
		if (keymap_has(&seen, &key))
			continue;
		keymap_set(&seen, &key, 0);
		items[n++] = (struct menu_item){ .label = o->user };
	}
	keymap_release(&seen);
	menu_open(m, &menu, items, n);
}

void stale_only(struct monitor *m, int arg)
{
	struct panel *p = monitor_panel(m);

	if (p->info->class != CLASS_OBJECT) {
		monitor_tell(m, "only objects are stale");
		return;
	}
	p->filter.stale = !p->filter.stale;
	monitor_demand(m);
	panel_arrange(m, p);
	monitor_tell(m, p->filter.stale ? "only what is stale" : "stale or not");
}

void show_all(struct monitor *m, int arg)
{
	struct panel *p = monitor_panel(m);

	row_filter_release(&p->filter);
	panel_arrange(m, p);
	monitor_demand(m);
}

/* Rows that an action may be for: objects that are there. */
static bool get_object_key(const struct panel *p, const struct entry *e, struct row_key *key)
{
	if (!e || e->type != ENTRY_ROW || p->info->class != CLASS_OBJECT)
		return false;
	row_key_get(p->s, CLASS_OBJECT, e->row, key);
	return true;
}

static void tag_entry(struct panel *p, const struct entry *e)
{
	struct row_key key;

	if (get_object_key(p, e, &key))
		keymap_set(&p->tags, &key, 0);
}

void tag(struct monitor *m, int arg)
{
	struct panel *p = monitor_panel(m);
	const struct entry *e = panel_entry(p);
	struct row_key key;

	if (e && e->type == ENTRY_GROUP) {	/* all below it, as they are shown */
		for (uint32_t i = 0; i < p->rows.count; i++)
			if (p->rows.entries[i].group == e->group)
				tag_entry(p, &p->rows.entries[i]);
	} else if (get_object_key(p, e, &key)) {
		if (keymap_has(&p->tags, &key))
			keymap_remove(&p->tags, &key);
		else
			keymap_set(&p->tags, &key, 0);
	}
	panel_select(p, (int64_t)p->at + 1);
}

static bool is_alike(const struct object *a, const struct object *b)
{
	if (FACT_KNOWN(a, family))
		return FACT_KNOWN(b, family) && !strcmp(a->family, b->family) && a->uid == b->uid;
	return !FACT_KNOWN(b, family) && FACT_KNOWN(a, uid) && FACT_KNOWN(b, uid) && a->uid == b->uid;
}

void tag_alike(struct monitor *m, int arg)
{
	struct panel *p = monitor_panel(m);
	const struct entry *e = panel_entry(p);
	struct row_key key;

	if (!get_object_key(p, e, &key))
		return;
	for (uint32_t i = 0; i < p->rows.count; i++)
		if (p->rows.entries[i].type == ENTRY_ROW &&
		    is_alike(snapshot_object(p->s, e->row), snapshot_object(p->s, p->rows.entries[i].row)))
			tag_entry(p, &p->rows.entries[i]);
	monitor_tell(m, "%u tagged", p->tags.count);
}

void untag_all(struct monitor *m, int arg)
{
	keymap_release(&monitor_panel(m)->tags);
}

void follow(struct monitor *m, int arg)
{
	struct panel *p = monitor_panel(m);

	p->follow = !p->follow;
	monitor_tell(m, p->follow ? "the screen follows the row" : "the screen stays where it is");
}

void freeze(struct monitor *m, int arg)
{
	m->frozen = !m->frozen;
	monitor_demand(m);
	monitor_tell(m, m->frozen ? "frozen; Z goes on" : "going on");
}

void redraw(struct monitor *m, int arg)
{
	panel_relayout(monitor_panel(m));
	screen_redraw();
}

void quit(struct monitor *m, int arg)
{
	if (actions_run(m)) {
		monitor_tell(m, "an action is under way, and what became of it is not told yet; Esc stops it");
		return;
	}
	m->quit = true;
}
