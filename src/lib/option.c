/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipctop/option.h"

#include <errno.h>
#include <getopt.h>

#include "ipctop/text.h"
#include "ipctop/units.h"

/* What getopt_long gives for the long option of row i is this + i: no letter's number. */
#define LONG_BASE	256

static bool is_end(const struct option_row *row)
{
	return !row->letter && !row->name && !row->help;
}

static bool is_optional(const struct option_row *row)
{
	return row->arg && row->arg[0] == '[';
}

/* The tables in the form that getopt_long wants. */
struct parser {
	struct table rows;		/* const struct option_row * */
	struct table longs;		/* struct option */
	struct buf letters;
};

static const struct option_row *row_at(const struct parser *p, uint32_t i)
{
	return ((const struct option_row **)p->rows.rows)[i];
}

static void add_row(struct parser *p, const struct option_row *row)
{
	const struct option_row **slot = table_add(&p->rows, sizeof(*slot));

	*slot = row;
	if (row->letter) {
		buf_putc(&p->letters, row->letter);
		buf_puts(&p->letters, is_optional(row) ? "::" : row->arg ? ":" : "");
	}
	if (row->name)
		*(struct option *)table_add(&p->longs, sizeof(struct option)) = (struct option){
			.name = row->name,
			.has_arg = is_optional(row) ? optional_argument :
				   row->arg ? required_argument : no_argument,
			.val = LONG_BASE + (int)p->rows.count - 1,
		};
}

static void parser_init(struct parser *p, const struct option_row *const *tables)
{
	*p = (struct parser){ .letters = BUF_INIT };
	buf_putc(&p->letters, ':');	/* tell a missing argument from an unknown option */
	for (; *tables; tables++)
		for (const struct option_row *row = *tables; !is_end(row); row++)
			if (row->type != OPTION_HEADING)
				add_row(p, row);
	table_add(&p->longs, sizeof(struct option));
}

static void parser_release(struct parser *p)
{
	table_release(&p->rows);
	table_release(&p->longs);
	buf_release(&p->letters);
}

/* What getopt gave for a letter or a long option, as a row. */
static const struct option_row *find_row(const struct parser *p, int code)
{
	if (code >= LONG_BASE)
		return row_at(p, code - LONG_BASE);
	for (uint32_t i = 0; i < p->rows.count; i++)
		if (code && row_at(p, i)->letter == code)
			return row_at(p, i);
	return NULL;
}

static void put_word(struct buf *out, const char *s, size_t n)
{
	buf_putc(out, '\'');
	text_escape(out, s, n, 0);
	buf_putc(out, '\'');
}

static const char *name_of_option(const void *longs, unsigned int i)
{
	return ((const struct option *)longs)[i].name;
}

static int unknown_option(const struct parser *p, const struct option_row *row, struct buf *error,
			  const char *word)
{
	size_t len = strcspn(word, "=");
	char *name = xstrndup(word, len);
	/* a beginning is not taken, but what it begins is plain */
	const char *near = row ? row->name : text_closest(name + 2, name_of_option, p->longs.rows);

	buf_puts(error, "unknown option ");
	put_word(error, word, len);
	if (near)
		buf_printf(error, " (did you mean '--%s'?)", near);
	free(name);
	return -EINVAL;
}

static int unknown_letter(struct buf *error, char letter)
{
	const char word[2] = { '-', letter };

	buf_puts(error, "unknown option ");
	put_word(error, word, sizeof(word));
	return -EINVAL;
}

/* "option '--sort' ", as it was written: by its letter or by its name. */
static void put_option(struct buf *error, const struct option_row *row, int code)
{
	if (code >= LONG_BASE)
		buf_printf(error, "option '--%s' ", row->name);
	else
		buf_printf(error, "option '-%c' ", row->letter);
}

/* getopt_long takes any beginning of a name that is not ambiguous; a name must be whole here. */
static bool is_whole(const struct option_row *row, const char *word)
{
	size_t n = strcspn(word, "=");

	return n == strlen(row->name) + 2 && !memcmp(word + 2, row->name, n - 2);
}

static int fill_count(const char *arg, uint64_t *count)
{
	uint64_t v = 0;

	if (!*arg)
		return -EINVAL;
	for (const char *s = arg; *s; s++)
		if (*s < '0' || *s > '9')
			return -EINVAL;
	for (; *arg; arg++)
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, *arg - '0', &v))
			return -ERANGE;
	*count = v;
	return 0;
}

static int fill_number(const struct option_row *row, int code, const char *arg, struct buf *error)
{
	bool count = row->type == OPTION_COUNT;
	int rc;

	if (!arg)
		return 0;
	rc = count ? fill_count(arg, row->target) : units_parse_duration(arg, row->target);
	if (!rc)
		return 0;
	put_option(error, row, code);
	if (rc == -ERANGE) {
		buf_puts(error, "has a number that is too large: ");
	} else {
		buf_printf(error, "needs a %s, not ", count ? "whole number" : "duration (30, 90s, 10m, 1h30m, 2d, 1w)");
	}
	put_word(error, arg, strlen(arg));
	return -EINVAL;
}

static int fill(const struct option_row *row, int code, const char *arg, struct buf *error)
{
	switch (row->type) {
	case OPTION_FLAG:
		*(bool *)row->target = true;
		return 0;
	case OPTION_CLEAR:
		*(bool *)row->target = false;
		return 0;
	case OPTION_STRING:
		*(const char **)row->target = arg;
		return 0;
	case OPTION_COUNT:
	case OPTION_DURATION:
		return fill_number(row, code, arg, error);
	case OPTION_CALL:
		return row->call(row->target, arg, error);
	case OPTION_HEADING:
		return 0;
	}
	return 0;
}

/* The word on the command line that getopt has just read the option from. */
static const char *option_word(char **argv)
{
	bool apart = optarg && optarg == argv[optind - 1];

	return argv[optind - (apart ? 2 : 1)];
}

static int parse_one(const struct parser *p, int found, char **argv, struct buf *error)
{
	bool failed = found == '?' || found == ':';
	int code = failed ? optopt : found;
	const struct option_row *row = find_row(p, code);

	if (!row && code)
		return unknown_letter(error, code);
	if (!row || (code >= LONG_BASE && !is_whole(row, option_word(argv))))
		return unknown_option(p, row, error, option_word(argv));
	if (!failed)
		return fill(row, code, optarg, error);
	put_option(error, row, code);
	buf_puts(error, found == ':' ? "needs an argument" : "takes no argument");
	return -EINVAL;
}

int option_parse(const struct option_row *const *tables, int argc, char **argv, struct buf *error)
{
	struct parser p;
	int rc = 0, found;

	if (argc < 1)
		return 0;
	parser_init(&p, tables);
	optind = 0;	/* forget an earlier command line (glibc, musl) */
	opterr = 0;
	while (!rc) {
		optarg = NULL;
		optopt = 0;
		found = getopt_long(argc, argv, p.letters.s, p.longs.rows, NULL);
		if (found < 0)
			break;
		rc = parse_one(&p, found, argv, error);
	}
	parser_release(&p);
	return rc ? rc : optind;
}

/* The layout of --help: two columns on a screen of 80. */
enum { HELP_WIDTH = 80, HELP_COLUMN = 30 };

/* "  -o, --output LIST" */
static void put_left(struct buf *out, const struct option_row *row)
{
	if (row->letter)
		buf_printf(out, "  -%c%s", row->letter, row->name ? ", " : "");
	else
		buf_puts(out, "      ");
	if (row->name)
		buf_printf(out, "--%s", row->name);
	if (row->arg)
		buf_printf(out, "%s%s", is_optional(row) ? "" : " ", row->arg);
}

static size_t column_of_text(const struct option_row *const *tables)
{
	struct buf left = BUF_INIT;
	size_t widest = 0;

	for (; *tables; tables++) {
		for (const struct option_row *row = *tables; !is_end(row); row++) {
			if (row->type == OPTION_HEADING)
				continue;
			buf_reset(&left);
			put_left(&left, row);
			if (left.len > widest && left.len + 2 <= HELP_COLUMN)
				widest = left.len;
		}
	}
	buf_release(&left);
	return widest + 2;
}

const struct option_row *option_at(const struct option_row *const *tables, unsigned int i)
{
	for (; *tables; tables++)
		for (const struct option_row *row = *tables; !is_end(row); row++)
			if (row->type != OPTION_HEADING && !i--)
				return row;
	return NULL;
}

const struct option_row *option_find(const struct option_row *const *tables, const char *word)
{
	bool is_long = !strncmp(word, "--", 2);
	const struct option_row *row;

	if (word[0] != '-' || !word[1])
		return NULL;
	for (unsigned int i = 0; (row = option_at(tables, i)); i++)
		if (is_long ? row->name && is_whole(row, word) : row->letter == word[strlen(word) - 1])
			break;
	return row;
}

/* Append @text, broken at blanks, each line from @column on; the first line is there already. */
static void put_wrapped(struct buf *out, const char *text, size_t column)
{
	size_t at = column;

	while (*text) {
		size_t n = strcspn(text, " ");

		if (at > column && at + 1 + n > HELP_WIDTH) {
			buf_printf(out, "\n%*s", (int)column, "");
			at = column;
		}
		if (at > column) {
			buf_putc(out, ' ');
			at++;
		}
		buf_add(out, text, n);
		at += n;
		text += n + strspn(text + n, " ");
	}
	buf_putc(out, '\n');
}

static void put_row(struct buf *out, const struct option_row *row, size_t column)
{
	size_t before = out->len, width;

	put_left(out, row);
	width = out->len - before;
	if (width + 2 > column) {
		buf_putc(out, '\n');
		width = 0;
	}
	buf_printf(out, "%*s", (int)(column - width), "");
	put_wrapped(out, row->help ? row->help : "", column);
}

void option_help(const struct option_row *const *tables, FILE *out)
{
	size_t column = column_of_text(tables);
	struct buf text = BUF_INIT;

	for (; *tables; tables++) {
		for (const struct option_row *row = *tables; !is_end(row); row++) {
			if (row->type == OPTION_HEADING)
				buf_printf(&text, "%s%s:\n", text.len ? "\n" : "", row->help);
			else
				put_row(&text, row, column);
		}
	}
	fputs(text.s, out);
	buf_release(&text);
}
