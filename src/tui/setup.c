/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Setting up: columns, colours, and what else is kept. */
#include "verbs.h"
#include "settings.h"

void settings_save(struct monitor *m, int arg)
{
	struct buf error = BUF_INIT;

	if (settings_keep(m, true, &error))
		monitor_error(m, "settings: not kept: %s", error.s);
	else
		monitor_tell(m, "settings are kept");
	buf_release(&error);
}

static void columns_checked(struct monitor *m, const struct menu_item *items, int count)
{
	struct panel *p = monitor_panel(m);
	struct columns columns = { 0 };

	for (int i = 0; i < count; i++)
		if (items[i].checked && columns.count < ARRAY_SIZE(columns.fields))
			columns.fields[columns.count++] = field_at(p->info->class, items[i].value);
	if (!columns.count) {
		monitor_error(m, "a table has a column at least");
		return;
	}
	p->columns = columns;
	p->scroll = 0;
	panel_arrange(m, p);
	monitor_demand(m);
}

/* The place of a field among those of its class, which its item is known by. */
static int field_number(enum row_class class, const struct field *field)
{
	int i = 0;

	while (field_at(class, i) != field)
		i++;
	return i;
}

/* Those that are shown come first, as they stand; then the others. */
void columns_open(struct monitor *m, int arg)
{
	const struct panel *p = monitor_panel(m);
	const struct menu menu = {
		.title = "Columns: Space chooses, [ ] move, Enter ends", .checks = true, .moves = true,
		.checked = columns_checked,
	};
	struct menu_item items[ARRAY_SIZE(p->columns.fields)];
	const struct field *f;
	int n = 0;

	for (unsigned int c = 0; c < p->columns.count; c++)
		items[n++] = (struct menu_item){
			.label = p->columns.fields[c]->name, .help = p->columns.fields[c]->help,
			.value = field_number(p->info->class, p->columns.fields[c]), .checked = true,
		};
	for (unsigned int i = 0; (f = field_at(p->info->class, i)) && n < (int)ARRAY_SIZE(items); i++)
		if (!(f->flags & FIELD_HIDDEN) && !panel_shows(p, f))
			items[n++] = (struct menu_item){ .label = f->name, .help = f->help, .value = (int)i };
	menu_open(m, &menu, items, n);
}

static void colors_chosen(struct monitor *m, const struct menu_item *item)
{
	m->scheme = item->value;
	screen_scheme(m->scheme);
	if (!screen_color() && m->scheme != SCHEME_MONO)
		monitor_tell(m, "there are no colours here, or NO_COLOR is set");
}

static void colors_open(struct monitor *m, int arg)
{
	static const char *const helps[NR_SCHEMES] = {
		[SCHEME_DEFAULT] = "for a dark background", [SCHEME_LIGHT] = "for a light background",
		[SCHEME_MONO] = "bold, underlined and reversed alone", [SCHEME_CONTRAST] = "high contrast",
	};
	const struct menu menu = { .title = "Colours", .chosen = colors_chosen, .selected = m->scheme };
	struct menu_item items[NR_SCHEMES];

	for (unsigned int i = 0; i < NR_SCHEMES; i++)
		items[i] = (struct menu_item){ .label = scheme_names[i], .help = helps[i], .value = (int)i };
	menu_open(m, &menu, items, NR_SCHEMES);
}

static void by_chosen(struct monitor *m, const struct menu_item *item)
{
	m->by = item->value;
	monitor_tab(m, TAB_USERS);
}

void by_open(struct monitor *m, int arg)
{
	const struct menu menu = {
		.title = "The tab of users: processes by", .chosen = by_chosen, .selected = m->by - 1,
	};
	struct menu_item items[NR_HOLDING_BYS];
	int n = 0;

	for (unsigned int by = HOLDING_BY_PROCESS + 1; by < NR_HOLDING_BYS; by++)
		items[n++] = (struct menu_item){ .label = holding_by_names[by], .value = (int)by };
	menu_open(m, &menu, items, n);
}

static const struct {
	const char *label, *help;
	void (*open)(struct monitor *m, int arg);
} pages[] = {
	{ "columns", "of this tab, and their order", columns_open },
	{ "colours", "default, light, monochrome, high contrast", colors_open },
	{ "interval", "how often it looks", interval_open },
	{ "users", "that tab by user, cgroup, unit or container", by_open },
	{ "keep", "all settings, now; changes are kept at the end", settings_save },
};

static void page_chosen(struct monitor *m, const struct menu_item *item)
{
	pages[item->value].open(m, 0);
}

void setup_open(struct monitor *m, int arg)
{
	const struct menu menu = { .title = "Setup", .chosen = page_chosen };
	struct menu_item items[ARRAY_SIZE(pages)];

	for (unsigned int i = 0; i < ARRAY_SIZE(pages); i++)
		items[i] = (struct menu_item){
			.label = pages[i].label, .help = pages[i].help, .value = (int)i,
		};
	menu_open(m, &menu, items, ARRAY_SIZE(pages));
}
