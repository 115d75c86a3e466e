/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Queries: which rows of a snapshot, in which order, shown how. */
#include "cmd.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "ipctop/text.h"

#define WINDOW_BEFORE	60	/* bytes of a long expression that are shown around an error */
#define WINDOW_AFTER	40

static bool is_middle(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;	/* inside a UTF-8 sequence */
}

/* The expression on one line, and a caret below the column. */
static void show_column(const char *text, unsigned int column)
{
	size_t len = strlen(text), at = column ? column - 1 : 0, from, to;
	struct buf line = BUF_INIT;
	size_t width;

	at = at < len ? at : len;
	from = at > WINDOW_BEFORE ? at - WINDOW_BEFORE : 0;
	to = len - at > WINDOW_AFTER ? at + WINDOW_AFTER : len;
	while (from && is_middle(text[from]))
		from--;
	while (to < len && is_middle(text[to]))
		to++;
	text_escape(&line, text + from, at - from, 0);
	width = text_width(line.s);
	text_escape(&line, text + at, to - at, 0);
	fprintf(stderr, "  %s\n  %*s^\n", line.s, (int)width, "");
	buf_release(&line);
}

static int compile_filter(struct query *q)
{
	struct filter_error error = { 0 };

	if (!q->filter_text || !filter_parse(q->class, q->filter_text, &q->filter, &error))
		return DONE;
	cmd_error("filter: column %u: %s", error.column, error.text);
	show_column(q->filter_text, error.column);
	return USAGE;
}

static int check_options(const struct query *q, const struct command *command)
{
	if (q->json + q->raw + q->pairs > 1)
		return cmd_usage(command, "--json, --raw and --pairs exclude each other");
	if (q->file && q->collect.older_than_set)
		return cmd_usage(command, "--older-than needs the machine itself: "
				 "a document carries its verdicts");
	return DONE;
}

static int choose_columns(struct query *q, const struct command *command)
{
	struct buf error = BUF_INIT;
	int rc = 0;

	if (q->output_all)
		columns_all(q->shown, &q->columns);
	else if (!q->columns.count)
		columns_default(q->shown, &q->columns);
	if (q->output_text)
		rc = columns_parse(q->shown, q->output_text, &q->columns, &error);
	if (!rc && q->sort_text)
		rc = sort_parse(q->shown, q->sort_text, &q->sort, &error);
	if (rc)
		cmd_usage(command, "%s", error.s);
	buf_release(&error);
	return rc ? USAGE : DONE;
}

static int resolve_users(struct query *q)
{
	struct buf error = BUF_INIT;
	int rc = 0;

	if (!q->file)	/* of a document, names are those that it tells */
		rc = users_resolve(&q->users, &error);
	if (rc)
		cmd_error("%s", error.s);
	buf_release(&error);
	return !rc ? DONE : rc == -ENOENT ? USAGE : FAILED;
}

int query_prepare(struct query *q, const struct command *command, enum row_class class,
		  enum row_class shown)
{
	int status;

	q->class = class;
	q->shown = shown;
	status = check_options(q, command);
	if (status == DONE)
		status = choose_columns(q, command);
	if (status == DONE)
		status = compile_filter(q);
	if (status == DONE)
		status = resolve_users(q);
	return status;
}

void query_release(struct query *q)
{
	filter_free(q->filter);
	users_release(&q->users);
}

uint32_t query_needs(const struct query *q)
{
	uint32_t needs = columns_needs(&q->columns) | sort_needs(&q->sort);

	return q->filter ? needs | filter_needs(q->filter) : needs;
}

static bool shows_reasons(const struct field *field)
{
	return field->type == VT_ROWS && field->rows == CLASS_REASON;
}

bool query_reads_reasons(const struct query *q)
{
	for (unsigned int i = 0; i < q->columns.count; i++)
		if (shows_reasons(q->columns.fields[i]))
			return true;
	for (unsigned int i = 0; i < q->sort.count; i++)
		if (shows_reasons(q->sort.keys[i].field))
			return true;
	/* a text that merely holds the word costs some sentences too many */
	return q->filter_text && strcasestr(q->filter_text, "reasons");
}

/* What the choice reads of every row, looked up once. */
struct choice {
	const struct field *kind, *uid, *user;
};

static bool is_chosen(const struct query *q, const struct choice *c, const struct snapshot *s,
		      const void *row)
{
	struct value v, name;

	if (q->kinds) {
		field_get_in(s, q->class, c->kind, row, &v);
		if (v.state != VALUE_KNOWN || !(q->kinds & KIND_BIT(v.u)))
			return false;
	}
	if (q->users.uids.count || q->users.names.count) {
		field_get_in(s, q->class, c->uid, row, &v);
		field_get_in(s, q->class, c->user, row, &name);
		if (!users_have(&q->users, v.state == VALUE_KNOWN, v.u,
				name.state == VALUE_KNOWN ? name.s : NULL))
			return false;
	}
	return !q->filter || filter_match(q->filter, s, row);
}

uint32_t *query_select(const struct query *q, const struct snapshot *s, uint32_t *count)
{
	uint32_t total = snapshot_count(s, q->class);
	uint32_t *rows = xcalloc(total, sizeof(*rows));
	const struct choice choice = {
		.kind = field_find(q->class, "kind"),
		.uid = field_find(q->class, "uid"),
		.user = field_find(q->class, "user"),
	};

	*count = 0;
	for (uint32_t i = 0; i < total; i++)
		if (is_chosen(q, &choice, s, snapshot_row(s, q->class, i)))
			rows[(*count)++] = i;
	return rows;
}

void query_sort(const struct query *q, const struct snapshot *s, uint32_t *rows, uint32_t count)
{
	sort_rows(s, q->shown, &q->sort, rows, count);
}

uint32_t query_cut(const struct query *q, uint32_t count)
{
	return q->limit && q->limit < count ? q->limit : count;
}

/* The terminal as far as it matters to a table. */
static void look(const struct query *q, struct screen *screen)
{
	screen_look(screen, q->plain && q->color == COLOR_AUTO ? COLOR_NEVER : q->color);
	if (q->plain)
		screen->width = 0;
}

static int write_table(struct listing *l, const struct snapshot *s, const uint32_t *rows,
		       uint32_t count)
{
	const struct query *q = l->q;
	struct screen screen;
	struct table_options options = {
		.format = q->raw ? TABLE_RAW : q->pairs ? TABLE_PAIRS : TABLE_HUMAN,
		.noheadings = q->noheadings || l->begun,
		.style = q->style,
		.widths = l->widths,
	};

	look(q, &screen);
	options.color = screen.color;
	options.width = screen.width;
	options.style.now = snapshot_document(s)->time / 1000;
	return view_table(stdout, s, q->shown, rows, count, &q->columns, &options);
}

int listing_rows(struct listing *l, const struct snapshot *s, const uint32_t *rows, uint32_t count)
{
	int rc = 0;

	if (l->begun && !count)
		return 0;
	if (!l->q->json)
		rc = write_table(l, s, rows, count);
	else if (!l->begun)
		rc = view_json_begin(stdout, l->member, l->by);
	if (l->q->json && !rc)
		rc = view_json_rows(stdout, s, l->q->shown, rows, count, &l->q->columns, &l->written);
	l->begun = true;
	return rc;
}

int listing_end(struct listing *l)
{
	return l->q->json ? view_json_end(stdout, l->written) : 0;
}

bool query_streams(const struct query *q)
{
	struct screen screen;

	look(q, &screen);
	return !q->sort.count && (q->json || q->raw || q->pairs || (!screen.width && !screen.color));
}

int query_write(const struct query *q, const struct snapshot *s, const char *member,
		const char *by, const uint32_t *rows, uint32_t count)
{
	struct listing l = { .q = q, .member = member, .by = by };
	int rc = listing_rows(&l, s, rows, count);

	return rc ? rc : listing_end(&l);
}

bool locale_is_utf8(void)
{
	locale_t locale = newlocale(LC_CTYPE_MASK, "", NULL);
	bool utf8;

	if (!locale)
		return false;
	utf8 = !strcmp(nl_langinfo_l(CODESET, locale), "UTF-8");
	freelocale(locale);
	return utf8;
}

void query_print_cut(FILE *out, uint32_t more)
{
	fflush(stdout);	/* where both are one terminal or file: below the table */
	fprintf(out, "%s and %u more\n", locale_is_utf8() ? "…" : "...", more);
}

void query_print_incomplete(const struct snapshot *s)
{
	struct buf line = BUF_INIT;

	view_gaps(&line, s);
	if (line.len)
		cmd_error("incomplete:%s", line.s + 1);
	buf_release(&line);
}

static int terminal_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	long width = columns ? strtol(columns, NULL, 10) : 0;

	if (width > 0 && width <= UINT16_MAX)
		return width;
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col)
		return size.ws_col;
	return 80;
}

static bool terminal_has_color(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return !(no && *no) && term && *term && strcmp(term, "dumb");
}

void screen_look(struct screen *screen, enum color_when color)
{
	screen->terminal = isatty(STDOUT_FILENO);
	screen->width = screen->terminal ? terminal_width() : 0;
	screen->color = color == COLOR_ALWAYS ||
			(color == COLOR_AUTO && screen->terminal && terminal_has_color());
}
