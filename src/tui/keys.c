/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which key does what: the footer, the help and the manual are made from this, or compared with it. */
#include "verbs.h"

/* A line of the help each; in the order of the help. Keys that are labelled stand in the footer. */
const struct binding bindings[] = {
	{ { K_F(1), '?', 'h' }, PLACE_ANY, help_open, 0, "Help", "this help" },
	{ { K_F(2), 'S' }, PLACE_TABS, setup_open, 0, "Setup", "columns, colours and what else is kept" },
	{ { K_F(3), '/' }, PLACE_TABS, search_open, 0, "Search", "go to a row by a text in it" },
	{ { K_F(15), 'n' }, PLACE_TABS, search_again, 1, NULL, "the next row that has the text" },
	{ { 'p' }, PLACE_TABS, search_again, -1, NULL, "the one before that has it" },
	{ { K_F(4), '\\' }, PLACE_TABS, filter_open, 0, "Filter",
	  "only rows that have a text, or a|b one; =EXPR: --filter" },
	{ { K_F(5), 't' }, PLACE_TABS, tree_next, 0, "Tree", "rows below their holder, owner or family" },
	{ { K_F(6) }, PLACE_TABS, sort_choose, 0, "SortBy", "choose the column that orders the rows" },
	{ { K_F(7), 'H' }, PLACE_TABS, kind_next, 0, "Kind", "one kind after the other, then all" },
	{ { K_F(8), 's' }, PLACE_TABS, stale_only, 0, "Stale", "only what is stale, or all again" },
	{ { K_F(9), 'k' }, PLACE_ANY, actions_open, 0, "Act",
	  "what can be done with the tagged rows, or the selected", true },
	{ { K_F(10), 'q' }, PLACE_TABS, quit, 0, "Quit", "end" },
	{ { K_ENTER, 'l' }, PLACE_TABS, detail_open, 0, NULL, "all about the selected object" },
	{ { K_ESC, 'q', K_ENTER, K_F(10) }, PLACE_DETAIL, detail_close, 0, "Back", "back to the table" },
	{ { K_TAB }, PLACE_TABS, switch_tab, 1, NULL, "the next tab" },
	{ { K_BACKTAB }, PLACE_TABS, switch_tab, -1, NULL, "the tab before" },
	{ { K_UP, K_ALT | 'k' }, PLACE_TABS, move_selection, K_UP, NULL, "the row above" },
	{ { K_DOWN, K_ALT | 'j' }, PLACE_TABS, move_selection, K_DOWN, NULL, "the row below" },
	{ { K_PGUP }, PLACE_TABS, move_selection, K_PGUP, NULL, "a page up" },
	{ { K_PGDN }, PLACE_TABS, move_selection, K_PGDN, NULL, "a page down" },
	{ { K_HOME }, PLACE_TABS, move_selection, K_HOME, NULL, "the first row" },
	{ { K_END }, PLACE_TABS, move_selection, K_END, NULL, "the last row" },
	{ { K_LEFT, K_ALT | 'h' }, PLACE_TABS, scroll_columns, -8, NULL, "columns further left" },
	{ { K_RIGHT, K_ALT | 'l' }, PLACE_TABS, scroll_columns, 8, NULL, "columns further right" },
	{ { K_UP, K_ALT | 'k' }, PLACE_DETAIL, detail_scroll, K_UP, NULL, "a line up" },
	{ { K_DOWN, K_ALT | 'j' }, PLACE_DETAIL, detail_scroll, K_DOWN, NULL, "a line down" },
	{ { K_PGUP }, PLACE_DETAIL, detail_scroll, K_PGUP, NULL, "a page up" },
	{ { K_PGDN, ' ' }, PLACE_DETAIL, detail_scroll, K_PGDN, NULL, "a page down" },
	{ { K_HOME }, PLACE_DETAIL, detail_scroll, K_HOME, NULL, "the beginning" },
	{ { K_END }, PLACE_DETAIL, detail_scroll, K_END, NULL, "the end" },
	{ { '<', ',' }, PLACE_TABS, sort_step, -1, NULL, "order by the column to the left" },
	{ { '>', '.' }, PLACE_TABS, sort_step, 1, NULL, "order by the column to the right" },
	{ { 'I' }, PLACE_TABS, sort_invert, 0, NULL, "the other way round" },
	{ { 'M' }, PLACE_TABS, sort_by, 'M', NULL, "order by size" },
	{ { 'P' }, PLACE_TABS, sort_by, 'P', NULL, "order by mappings and attachments" },
	{ { 'T' }, PLACE_TABS, sort_by, 'T', NULL, "order by age or time" },
	{ { 'N' }, PLACE_TABS, sort_by, 'N', NULL, "order by name" },
	{ { '+' }, PLACE_TABS, fold, '+', NULL, "in a tree: show what is below" },
	{ { '-' }, PLACE_TABS, fold, '-', NULL, "in a tree: hide what is below" },
	{ { '*' }, PLACE_TABS, fold, '*', NULL, "in a tree: hide or show what is below all" },
	{ { 'u' }, PLACE_TABS, user_choose, 0, NULL, "only one user's" },
	{ { K_ESC }, PLACE_TABS, show_all, 0, NULL, "all rows again: no filter, user, kind" },
	{ { ' ' }, PLACE_TABS, tag, 0, NULL, "tag the row, and go to the next", true },
	{ { 'c' }, PLACE_TABS, tag_alike, 0, NULL,
	  "tag the same family or, without one, the same owner", true },
	{ { 'U' }, PLACE_TABS, untag_all, 0, NULL, "untag all", true },
	{ { 'F' }, PLACE_TABS, follow, 0, NULL, "the screen goes with the selected row" },
	{ { '0', '1', '2' }, PLACE_TABS, jump_digit, ARG_KEY, NULL, "... and all digits: go to an id or a pid" },
	{ { 'd' }, PLACE_TABS, interval_open, 0, NULL, "seconds between looks" },
	{ { 'Z' }, PLACE_ANY, freeze, 0, NULL, "freeze the screen, or let it go on" },
	{ { 'f' }, PLACE_TABS, columns_open, 0, NULL, "choose and order the columns" },
	{ { 'b' }, PLACE_TABS, by_open, 0, NULL, "the tab of users by user, cgroup, unit or container" },
	{ { 'W' }, PLACE_TABS, settings_save, 0, NULL, "keep the settings now" },
	{ { K_CTRL('L') }, PLACE_ANY, redraw, 0, NULL, "draw the screen anew" },
	{ { 0 }, 0, NULL, 0, NULL, NULL }
};

bool binding_works(const struct binding *b, enum place place, bool read_only)
{
	return b->places & place && !(b->acts && read_only);
}

static bool has_key(const struct binding *b, int key)
{
	/* of the digits the table names the first */
	if (b->run == jump_digit)
		return key >= '0' && key <= '9';
	for (unsigned int i = 0; i < ARRAY_SIZE(b->keys) && b->keys[i]; i++)
		if (b->keys[i] == key)
			return true;
	return false;
}

const struct binding *binding_find(const struct monitor *m, int key, enum place place)
{
	for (const struct binding *b = bindings; b->run; b++)
		if (binding_works(b, place, m->options->read_only) && has_key(b, key))
			return b;
	return NULL;
}

void key_put_name(struct buf *out, int key)
{
	static const struct {
		int key;
		const char *name;
	} names[] = {
		{ K_UP, "Up" }, { K_DOWN, "Down" }, { K_LEFT, "Left" }, { K_RIGHT, "Right" },
		{ K_PGUP, "PgUp" }, { K_PGDN, "PgDn" }, { K_HOME, "Home" }, { K_END, "End" },
		{ K_BACKTAB, "Shift-Tab" }, { K_TAB, "Tab" }, { K_ENTER, "Enter" }, { K_ESC, "Esc" },
		{ ' ', "Space" }, { K_BACKSPACE, "Backspace" }, { K_DELETE, "Delete" },
		{ K_INSERT, "Insert" }, { K_F(15), "Shift-F3" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i].key == key) {
			buf_puts(out, names[i].name);
			return;
		}
	}
	if (key >= K_F(1))
		buf_printf(out, "F%d", key - K_F0);
	else if (key & K_ALT)
		buf_printf(out, "Alt-%c", key & 0x7f);
	else if (key < ' ')
		buf_printf(out, "Ctrl-%c", key + '@');
	else
		buf_putc(out, key);
}
