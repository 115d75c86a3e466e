/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipctop/view.h"

#include <errno.h>
#include <libsmartcols.h>
#include <locale.h>
#include "ipctop/text.h"
#include "palette.h"
#include "ipctop/library.h"

#define CALLS(X) \
	X(scols_cell_set_color) X(scols_column_get_flags) X(scols_column_set_flags) \
	X(scols_line_get_cell) X(scols_line_set_color) X(scols_line_set_data) \
	X(scols_new_table) X(scols_print_table) X(scols_table_enable_colors) \
	X(scols_table_enable_noencoding) X(scols_table_enable_noheadings) \
	X(scols_table_get_column) X(scols_table_new_column) X(scols_table_new_line) \
	X(scols_table_set_stream) X(scols_table_set_termforce) \
	X(scols_table_set_termwidth) X(scols_unref_table)

LIBRARY(library, LIBSMARTCOLS, call, CALLS);

/* What is coloured: one row a value. */
static const struct {
	const char *field;
	uint64_t value;
	const char *color;
} cell_colors[] = {
	{ "verdict", VERDICT_LIVE,	COLOR_LIVE },
	{ "verdict", VERDICT_IDLE,	COLOR_IDLE },
	{ "verdict", VERDICT_UNKNOWN,	COLOR_UNKNOWN },
	{ "verdict", VERDICT_STALE,	COLOR_STALE },
};

static const char *cell_color(const struct field *field, const struct value *v)
{
	if (field->type != VT_ENUM || v->state != VALUE_KNOWN)
		return NULL;
	for (unsigned int i = 0; i < ARRAY_SIZE(cell_colors); i++)
		if (cell_colors[i].value == v->u && !strcmp(cell_colors[i].field, field->name))
			return cell_colors[i].color;
	return NULL;
}

/* An object without a name goes with its last holder: dimmed. */
static const char *row_color(enum row_class class, const void *row)
{
	const struct object *o = row;

	if (class != CLASS_OBJECT || !FACT_KNOWN(o, flags) ||
	    !(o->flags & (OBJECT_CONDEMNED | OBJECT_UNLINKED)))
		return NULL;
	return COLOR_DIM;
}

static void put_value(struct buf *out, const struct snapshot *s, enum row_class class,
		      const struct field *field, const void *row,
		      const struct value_style *style, struct value *v)
{
	field_get_in(s, class, field, row, v);
	value_put(out, s, field, field_row(s, class, field, row), v, style);
}

static void put_heading(struct buf *out, const struct field *field)
{
	for (const char *c = field->name; *c; c++)
		buf_putc(out, *c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
}

/* Filling a table for libsmartcols: the first error is kept, what follows is skipped. */
struct grid {
	struct libscols_table *table;
	struct buf cell;
	size_t widths[ARRAY_SIZE(((struct columns *)0)->fields)];
	int failed;
};

static void grid_measure(struct grid *g, unsigned int column)
{
	size_t width = text_width(g->cell.s);

	if (width > g->widths[column])
		g->widths[column] = width;
}

static void grid_columns(struct grid *g, const struct columns *columns)
{
	for (unsigned int c = 0; c < columns->count && !g->failed; c++) {
		const struct field *field = columns->fields[c];
		int flags = (field->flags & FIELD_RIGHT ? SCOLS_FL_RIGHT : 0) |
			    (field->flags & FIELD_TRUNCATE ? SCOLS_FL_TRUNC : 0) |
			    (field->flags & FIELD_WRAP ? SCOLS_FL_WRAP : 0);

		buf_reset(&g->cell);
		put_heading(&g->cell, field);
		grid_measure(g, c);
		if (!call.scols_table_new_column(g->table, g->cell.s, 0, flags))
			g->failed = -ENOMEM;
	}
}

static void grid_row(struct grid *g, const struct snapshot *s, enum row_class class,
		     const void *row, const struct columns *columns,
		     const struct table_options *options)
{
	struct libscols_line *line = call.scols_table_new_line(g->table, NULL);

	if (!line) {
		g->failed = -ENOMEM;
		return;
	}
	if (options->color)
		g->failed = call.scols_line_set_color(line, row_color(class, row));
	for (unsigned int c = 0; c < columns->count && !g->failed; c++) {
		const char *color;
		struct value v;

		buf_reset(&g->cell);
		put_value(&g->cell, s, class, columns->fields[c], row, &options->style, &v);
		grid_measure(g, c);
		g->failed = call.scols_line_set_data(line, c, g->cell.s);
		color = options->color ? cell_color(columns->fields[c], &v) : NULL;
		if (color && !g->failed)
			g->failed = call.scols_cell_set_color(call.scols_line_get_cell(line, c), color);
	}
}

#define CUT_LEAST 16	/* what is left of a long text that is cut */

/*
 * Left to itself libsmartcols takes from what may be wrapped and from what may be cut: a name
 * stands in four lines, beside half a sentence. Where cutting does, nothing is wrapped.
 */
static void grid_fit(struct grid *g, const struct columns *columns, size_t room)
{
	size_t least = columns->count - 1;	/* a blank from one to the next */

	for (unsigned int c = 0; c < columns->count; c++) {
		bool cut = columns->fields[c]->flags & FIELD_TRUNCATE && g->widths[c] > CUT_LEAST;

		least += cut ? CUT_LEAST : g->widths[c];
	}
	for (unsigned int c = 0; c < columns->count && least <= room; c++) {
		struct libscols_column *column = call.scols_table_get_column(g->table, c);

		call.scols_column_set_flags(column, call.scols_column_get_flags(column) & ~SCOLS_FL_WRAP);
	}
}

/*
 * libsmartcols measures text by the locale, but what we write is UTF-8 in every
 * locale (text.h): measure it as that, whatever the user's is.
 */
static int grid_print(struct grid *g)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
	locale_t before = utf8 ? uselocale(utf8) : NULL;
	int rc = call.scols_print_table(g->table);

	if (utf8) {
		uselocale(before);
		freelocale(utf8);
	}
	return rc;
}

static void grid_setup(struct grid *g, FILE *out, const struct table_options *options)
{
	call.scols_table_set_stream(g->table, out);
	/* value_put has escaped already, in a way that can be read back; theirs cannot */
	call.scols_table_enable_noencoding(g->table, 1);
	call.scols_table_enable_noheadings(g->table, options->noheadings);
	call.scols_table_enable_colors(g->table, options->color);
	call.scols_table_set_termforce(g->table, options->width > 0 ? SCOLS_TERMFORCE_ALWAYS
							       : SCOLS_TERMFORCE_NEVER);
	if (options->width > 0)
		call.scols_table_set_termwidth(g->table, options->width);
}

static int table_terminal(FILE *out, const struct snapshot *s, enum row_class class,
			  const uint32_t *rows, uint32_t count, const struct columns *columns,
			  const struct table_options *options)
{
	struct grid g = { .cell = BUF_INIT };

	library_need(&library);
	g.table = call.scols_new_table();
	if (!g.table)
		return -ENOMEM;
	grid_setup(&g, out, options);
	grid_columns(&g, columns);
	for (uint32_t r = 0; r < count && !g.failed; r++)
		grid_row(&g, s, class, snapshot_row(s, class, rows[r]), columns, options);
	if (options->width > 0)
		grid_fit(&g, columns, options->width);
	if (!g.failed)
		g.failed = grid_print(&g);
	call.scols_unref_table(g.table);
	buf_release(&g.cell);
	return g.failed;
}

/*
 * The same table where there is no width to respect and nothing to colour: then columns
 * only want padding. libsmartcols keeps every cell as several pieces of memory and
 * measures it more than once; 33,000 rows take it six times as long and 28 MB more.
 * All cells stand here one behind the other, each with its NUL.
 */
#define WIDEST 200	/* a longer text widens no other line: a name may have thousands of bytes */

struct sheet {
	struct buf cells;
	size_t widths[ARRAY_SIZE(((struct columns *)0)->fields)];
};

static void sheet_end_cell(struct sheet *sheet, unsigned int column, size_t start)
{
	size_t width = text_width(sheet->cells.s + start);

	if (width > sheet->widths[column] && width <= WIDEST)
		sheet->widths[column] = width;
	buf_putc(&sheet->cells, '\0');
}

static void put_blanks(FILE *out, size_t n)
{
	for (; n; n--)
		putc_unlocked(' ', out);
}

/* One line; gives the cell behind it. */
static const char *sheet_print_line(const struct sheet *sheet, FILE *out, const char *cell,
				    const struct columns *columns)
{
	for (unsigned int c = 0; c < columns->count; c++) {
		bool last = c + 1 == columns->count, right = columns->fields[c]->flags & FIELD_RIGHT;
		size_t len = strlen(cell), width = text_width(cell);
		size_t blanks = width < sheet->widths[c] ? sheet->widths[c] - width : 0;

		put_blanks(out, right ? blanks : 0);
		fwrite_unlocked(cell, 1, len, out);
		put_blanks(out, last ? 0 : right ? 1 : blanks + 1);
		cell += len + 1;
	}
	putc_unlocked('\n', out);
	return cell;
}

static int table_plain(FILE *out, const struct snapshot *s, enum row_class class,
		       const uint32_t *rows, uint32_t count, const struct columns *columns,
		       const struct table_options *options)
{
	struct sheet sheet = { .cells = BUF_INIT };
	const char *cell;

	if (options->widths)
		memcpy(sheet.widths, options->widths, columns->count * sizeof(*sheet.widths));
	for (unsigned int c = 0; c < columns->count; c++) {
		size_t start = sheet.cells.len;

		put_heading(&sheet.cells, columns->fields[c]);
		sheet_end_cell(&sheet, c, start);
	}
	if (options->noheadings)	/* they count for the widths, as libsmartcols has it */
		buf_reset(&sheet.cells);
	for (uint32_t r = 0; r < count; r++) {
		const void *row = snapshot_row(s, class, rows[r]);

		for (unsigned int c = 0; c < columns->count; c++) {
			size_t start = sheet.cells.len;
			struct value v;

			put_value(&sheet.cells, s, class, columns->fields[c], row, &options->style,
				  &v);
			sheet_end_cell(&sheet, c, start);
		}
	}
	cell = sheet.cells.s;
	while (cell < sheet.cells.s + sheet.cells.len)
		cell = sheet_print_line(&sheet, out, cell, columns);
	if (options->widths)
		memcpy(options->widths, sheet.widths, columns->count * sizeof(*sheet.widths));
	buf_release(&sheet.cells);
	return 0;
}

static int table_human(FILE *out, const struct snapshot *s, enum row_class class,
		       const uint32_t *rows, uint32_t count, const struct columns *columns,
		       const struct table_options *options)
{
	/* of a table without rows libsmartcols prints nothing, but a heading is always there */
	if (!count || (!options->width && !options->color))
		return table_plain(out, s, class, rows, count, columns, options);
	return table_terminal(out, s, class, rows, count, columns, options);
}

static void put_raw(struct buf *out, const char *text, size_t n)
{
	/* an empty cell would shift all that follow it */
	if (n)
		buf_add(out, text, n);
	else
		buf_puts(out, "\"\"");
}

/* In double quotes, for eval in a shell. */
static void put_quoted(struct buf *out, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strchr("\"$`", text[i]))
			buf_printf(out, "\\x%02X", (unsigned char)text[i]);
		else
			buf_putc(out, text[i]);
	}
}

static void put_cell(struct buf *line, const struct buf *cell, const struct field *field,
		     bool pairs)
{
	if (!pairs) {
		put_raw(line, cell->s, cell->len);
		return;
	}
	put_heading(line, field);
	buf_puts(line, "=\"");
	put_quoted(line, cell->s, cell->len);
	buf_putc(line, '"');
}

/* Raw and pairs need no widths: rows go out one by one, and no cell is kept. */
static int write_rows(FILE *out, const struct snapshot *s, enum row_class class,
		      const uint32_t *rows, uint32_t count, const struct columns *columns,
		      const struct table_options *options)
{
	bool pairs = options->format == TABLE_PAIRS;
	struct buf line = BUF_INIT, cell = BUF_INIT;
	struct value_style style = options->style;

	style.raw = !pairs;
	for (unsigned int c = 0; c < columns->count && !pairs && !options->noheadings; c++) {
		put_heading(&line, columns->fields[c]);
		buf_putc(&line, c + 1 < columns->count ? ' ' : '\n');
	}
	for (uint32_t r = 0; r < count; r++) {
		const void *row = snapshot_row(s, class, rows[r]);

		for (unsigned int c = 0; c < columns->count; c++) {
			struct value v;

			buf_reset(&cell);
			put_value(&cell, s, class, columns->fields[c], row, &style, &v);
			put_cell(&line, &cell, columns->fields[c], pairs);
			buf_putc(&line, c + 1 < columns->count ? ' ' : '\n');
		}
		fwrite(line.s, 1, line.len, out);
		buf_reset(&line);
	}
	fwrite(line.s, 1, line.len, out);
	buf_release(&line);
	buf_release(&cell);
	return 0;
}

static int (*const writers[])(FILE *, const struct snapshot *, enum row_class, const uint32_t *,
			      uint32_t, const struct columns *, const struct table_options *) = {
	[TABLE_HUMAN] = table_human,
	[TABLE_RAW] = write_rows,
	[TABLE_PAIRS] = write_rows,
};

int view_table(FILE *out, const struct snapshot *s, enum row_class class, const uint32_t *rows,
	       uint32_t count, const struct columns *columns, const struct table_options *options)
{
	int rc = writers[options->format](out, s, class, rows, count, columns, options);

	return rc ? rc : ferror(out) ? -EIO : 0;
}
