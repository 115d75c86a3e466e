/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of a tab on the screen: headings, rows, marks. */
#include "tui.h"
#include "verbs.h"

#include "ipctop/text.h"

#define GUTTER	2		/* before the columns: what became of the row, and whether it is tagged */
#define GAP	1
#define LEAST	8		/* columns that a text which can be cut keeps; a name a quarter of all */
#define CELL	4096		/* bytes of a value that are looked at: more than any screen shows */

/* A row with what drawing it needs to know. */
struct line {
	const struct entry *entry;
	const struct snapshot *s;
	const void *row;
	uint32_t before;		/* its row in the look before; NO_ROW: none */
	enum role role;			/* of the whole line */
	char mark;
	bool tagged, selected;
};

static void put_value(struct buf *out, const struct monitor *m, const struct panel *p,
		      const struct snapshot *s, const struct field *field, const void *row)
{
	struct value_style style = m->style;
	struct value v;

	buf_reset(out);
	/* what was not read is neither unknown nor absent */
	if (field->needs & ~(s == p->s ? p->collected : p->collected_before))
		return;
	style.now = snapshot_document(s)->time / 1000;
	if (style.numeric && field->numeric)
		field = field_find(p->info->class, field->numeric);
	field_get_in(s, p->info->class, field, row, &v);
	value_put(out, s, field, row, &v, &style);
	if (out->len > CELL)
		out->s[out->len = CELL] = '\0';
}

/* The sums of a group stand in the columns of what they are sums of. */
static bool put_sum(struct buf *out, const struct monitor *m, const struct row_group *g,
		    const struct field *field)
{
	buf_reset(out);
	if (!strcmp(field->name, "size") && g->sum.has_size)
		units_put_size(out, g->sum.size, m->style.bytes);
	else if (!strcmp(field->name, "allocated") && g->sum.has_allocated)
		units_put_size(out, g->sum.allocated, m->style.bytes);
	else if (!strcmp(field->name, "verdict") && g->sum.stale)
		buf_printf(out, "%llu stale", (unsigned long long)g->sum.stale);
	return out->len > 0;
}

static void put_group(struct buf *out, const struct row_group *g)
{
	const char *sign = screen_utf8() ? (g->folded ? "▸" : "▾") : (g->folded ? "+" : "-");

	buf_reset(out);
	buf_printf(out, "%s ", sign);
	text_escape(out, g->title, strlen(g->title), 0);
	buf_printf(out, " (%u)", g->rows);
}

static void put_cell(struct buf *out, const struct monitor *m, const struct panel *p,
		     const struct line *line, unsigned int column)
{
	const struct field *field = p->columns.fields[column];

	if (line->entry->type != ENTRY_GROUP) {
		put_value(out, m, p, line->s, field, line->row);
		return;
	}
	if (column == 0)
		put_group(out, &p->rows.groups[line->entry->group]);
	else
		put_sum(out, m, &p->rows.groups[line->entry->group], field);
}

static void line_init(struct line *line, const struct monitor *m, const struct panel *p, uint32_t at)
{
	const struct entry *e = &p->rows.entries[at];

	*line = (struct line){ .entry = e, .before = NO_ROW, .role = ROLE_TEXT, .mark = ' ' };
	line->s = e->type == ENTRY_GONE ? p->s_before : p->s;
	line->selected = p->any && at == p->at;
	if (e->type == ENTRY_GROUP) {
		line->role = ROLE_BOLD;
		return;
	}
	line->row = snapshot_row(line->s, p->info->class, e->row);
	if (p->tags.count) {
		struct row_key key;

		row_key_get(line->s, p->info->class, e->row, &key);
		line->tagged = keymap_has(&p->tags, &key);
	}
	if (e->type == ENTRY_ROW && p->s_before)
		line->before = panel_row_before(p, e->row);
	if (e->type == ENTRY_GONE) {
		line->role = ROLE_GONE;
		line->mark = '-';
	} else if (p->s_before && line->before == NO_ROW) {
		line->role = ROLE_NEW;
		line->mark = '+';
	} else if (line->tagged) {
		line->role = ROLE_TAGGED;
	}
}

static size_t heading_width(const struct field *field)
{
	return strlen(field->name) + 1;		/* and the sign of the order */
}

/* As wide as what is on the screen, and never less than it was: columns do not tremble. */
static void measure(const struct monitor *m, struct panel *p, int rows)
{
	struct buf text = BUF_INIT;

	for (unsigned int c = 0; c < p->columns.count; c++)
		if (p->widths[c] < heading_width(p->columns.fields[c]))
			p->widths[c] = heading_width(p->columns.fields[c]);
	for (int y = 0; y < rows && p->top + y < p->rows.count; y++) {
		struct line line;

		line_init(&line, m, p, p->top + y);
		for (unsigned int c = 0; c < p->columns.count; c++) {
			size_t width;

			put_cell(&text, m, p, &line, c);
			width = text_width(text.s) + (p->tree && !c && line.entry->type == ENTRY_ROW ? 2 : 0);
			if (width > p->widths[c])
				p->widths[c] = width;
		}
	}
	buf_release(&text);
}

/* The narrowest that a column may become. */
static int least_width(const struct panel *p, unsigned int column, int screen)
{
	const struct field *field = p->columns.fields[column];
	int natural = (int)p->widths[column], least = natural;

	/* what tells a row from others */
	if (field->flags & FIELD_WRAP || (column == 0 && field->flags & FIELD_TRUNCATE))
		least = screen / 4 > 2 * LEAST ? screen / 4 : 2 * LEAST;
	else if (field->flags & FIELD_TRUNCATE)
		least = LEAST;
	return least < natural ? least : natural;
}

/* Make texts narrower, the widest first, until all fits; what is left over is the last column's. */
static void fit(const struct panel *p, int width, int widths[])
{
	int total = GUTTER;

	for (unsigned int c = 0; c < p->columns.count; c++) {
		widths[c] = p->widths[c] < 1000 ? (int)p->widths[c] : 1000;
		total += widths[c] + (c ? GAP : 0);
	}
	while (total > width) {
		int widest = -1;

		for (unsigned int c = 0; c < p->columns.count; c++)
			if (widths[c] > least_width(p, c, width) &&
			    (widest < 0 || widths[c] > widths[widest]))
				widest = c;
		if (widest < 0)
			return;
		widths[widest]--;
		total--;
	}
}

/* Where a column begins; the first stays when the others are scrolled. False: it is out of sight. */
static bool column_at(const struct panel *p, const int widths[], unsigned int column, int *x, int *skip,
		      int *width)
{
	int first = GUTTER + widths[0] + GAP;

	*x = GUTTER;
	*skip = 0;
	*width = widths[column];
	if (!column)
		return true;
	for (unsigned int c = 0; c < column; c++)
		*x += widths[c] + GAP;
	*x -= p->scroll;
	if (*x < first) {
		*skip = first - *x;
		*x = first;
	}
	*width -= *skip;
	return *width > 0;
}

static void click_heading(struct monitor *m, int column, const struct input *in)
{
	struct panel *p = monitor_panel(m);
	const struct field *field = p->columns.fields[column];

	if (p->sort.count && p->sort.keys[0].field == field)
		p->sort.keys[0].descending = !p->sort.keys[0].descending;
	else
		p->sort = (struct sort){ .keys = { { field, (field->flags & FIELD_RIGHT) != 0 } }, .count = 1 };
	panel_arrange(m, p);
}

static void draw_headings(struct monitor *m, const struct panel *p, const struct area *area, const int widths[])
{
	struct buf text = BUF_INIT;

	screen_fill(area->y, area->x, area->width, ROLE_HEADING);
	for (unsigned int c = 0; c < p->columns.count; c++) {
		const struct field *field = p->columns.fields[c];
		bool sorted = p->sort.count && p->sort.keys[0].field == field;
		int x, skip, width, pad;

		if (!column_at(p, widths, c, &x, &skip, &width))
			continue;
		buf_reset(&text);
		for (const char *s = field->name; *s; s++)
			buf_putc(&text, *s >= 'a' && *s <= 'z' ? *s - 'a' + 'A' : *s);
		if (sorted)
			buf_puts(&text, screen_utf8() ? (p->sort.keys[0].descending ? "▽" : "△") :
				 (p->sort.keys[0].descending ? "v" : "^"));
		pad = widths[c] - (int)text_width(text.s);
		if (field->flags & FIELD_RIGHT && pad > 0 && !skip)
			x += pad;
		screen_text(area->y, area->x + x, width, skip, sorted ? ROLE_SORTED : ROLE_HEADING, text.s);
		zone_add(m, area->y, area->x + x, 1, width, click_heading, c);
	}
	buf_release(&text);
}

/* Whether a cell of a row that was there before shows something else now; ages always do. */
static bool has_changed(const struct monitor *m, const struct panel *p, const struct line *line,
			const struct field *field, const struct buf *now)
{
	struct buf before = BUF_INIT;
	bool changed;

	if (line->before == NO_ROW || field->needs & ~p->collected_before || field->type == VT_AGE ||
	    field->type == VT_TIME)
		return false;
	put_value(&before, m, p, p->s_before, field,
		  snapshot_row(p->s_before, p->info->class, line->before));
	changed = strcmp(before.s, now->s) != 0;
	buf_release(&before);
	return changed;
}

static enum role verdict_role(const struct line *line)
{
	static const enum role roles[NR_VERDICTS] = {
		[VERDICT_LIVE] = ROLE_LIVE, [VERDICT_IDLE] = ROLE_IDLE,
		[VERDICT_UNKNOWN] = ROLE_UNKNOWN, [VERDICT_STALE] = ROLE_STALE,
	};
	const struct object *o = line->row;

	return FACT_KNOWN(o, verdict) ? roles[o->verdict] : ROLE_TEXT;
}

static enum role cell_role(const struct panel *p, const struct line *line, const struct field *field,
			   bool changed)
{
	if (line->role != ROLE_TEXT)
		return line->role;
	if (p->info->class == CLASS_OBJECT && !strcmp(field->name, "verdict"))
		return verdict_role(line);
	return changed ? ROLE_CHANGED : ROLE_TEXT;
}

static void draw_cells(struct monitor *m, const struct panel *p, struct line *line, int y, int x0,
		       int room, const int widths[])
{
	struct buf text = BUF_INIT;

	for (unsigned int c = 0; c < p->columns.count; c++) {
		const struct field *field = p->columns.fields[c];
		int x, skip, width, pad, indent = 0;
		bool changed;

		if (!column_at(p, widths, c, &x, &skip, &width))
			continue;
		put_cell(&text, m, p, line, c);
		if (c + 1 == p->columns.count && !(field->flags & FIELD_RIGHT))
			width = room - x;	/* the last has what is left */
		changed = has_changed(m, p, line, field, &text);
		if (changed && line->mark == ' ')
			line->mark = '~';
		pad = widths[c] - (int)text_width(text.s);
		if (field->flags & FIELD_RIGHT && pad > 0) {
			indent = pad > skip ? pad - skip : 0;
			skip = pad > skip ? 0 : skip - pad;
		}
		if (p->tree && !c && line->entry->type == ENTRY_ROW)
			indent = 2;
		screen_text(y, x0 + x + indent, width - indent, skip, cell_role(p, line, field, changed),
			    text.s);
	}
	buf_release(&text);
}

/* @first: the entry that would stand in the first line of the screen. */
static void click_row(struct monitor *m, int first, const struct input *in)
{
	panel_select(monitor_panel(m), (int64_t)first + in->y);
	if (in->twice)
		detail_open(m, 0);
}

static void draw_row(struct monitor *m, const struct panel *p, const struct area *area, int y,
		     uint32_t at, const int widths[])
{
	struct line line;
	char gutter[GUTTER + 1];

	line_init(&line, m, p, at);
	draw_cells(m, p, &line, y, area->x, area->width, widths);
	gutter[0] = line.tagged && line.selected && line.mark == ' ' ? '*' : line.mark;
	gutter[1] = line.selected ? '>' : line.tagged ? '*' : ' ';
	gutter[2] = '\0';
	screen_text(y, area->x, GUTTER, 0, line.role, gutter);
	if (line.selected)
		screen_paint(y, area->x, area->width, ROLE_SELECTED);
}

static void draw_nothing(struct monitor *m, const struct panel *p, const struct area *area)
{
	const char *text = m->frozen ? "not read before the screen was frozen; Z goes on" : "reading ...";
	bool read = m->look && !(tab_holdings(m, m->tab) & ~m->look->holding_bits);

	if (read && p->s && row_filter_chooses(&p->filter))
		text = "nothing matches; Esc shows all";
	else if (read)
		text = p->info->empty;
	if (area->height > 1)
		screen_text(area->y + 1, area->x + GUTTER, area->width - GUTTER, 0, ROLE_DIM, text);
}

void panel_draw(struct monitor *m, struct panel *p, const struct area *area)
{
	int widths[ARRAY_SIZE(p->widths)];
	int rows = area->height - 1;

	p->page = rows > 1 ? rows : 1;
	if (p->top >= p->rows.count)
		p->top = p->rows.count ? p->rows.count - 1 : 0;
	/* no empty place below when there are rows above */
	if (rows > 0 && p->top + rows > p->rows.count)
		p->top = p->rows.count > (uint32_t)rows ? p->rows.count - rows : 0;
	measure(m, p, rows);
	fit(p, area->width, widths);
	draw_headings(m, p, area, widths);
	if (!p->rows.count)
		draw_nothing(m, p, area);
	for (int y = 0; y < rows && p->top + y < p->rows.count; y++)
		draw_row(m, p, area, area->y + 1 + y, p->top + y, widths);
	zone_add(m, area->y + 1, area->x, rows, area->width, click_row, (int)p->top - area->y - 1);
}
