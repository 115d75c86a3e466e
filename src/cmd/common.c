/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options that several commands share: each stands here once. */
#include "cmd.h"

#include <errno.h>
#include "ipctop/text.h"

int query_add_kind(struct query *q, const char *name, struct buf *error)
{
	enum kind kind;

	if (!kind_parse(name, &kind)) {
		q->kinds |= KIND_BIT(kind);
		return 0;
	}
	text_escape(error, name, strlen(name), 0);
	buf_puts(error, ": no such kind; there are");
	for (unsigned int k = 0; k < NR_KINDS; k++)
		buf_printf(error, "%s %s", k ? "," : "", kinds[k].name);
	return -EINVAL;
}

bool pid_parse(const char *text, uint64_t *pid)
{
	char *end;

	errno = 0;
	*pid = strtoull(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && !*end && !errno && *pid && *pid <= INT32_MAX;
}

static int set_kinds(void *target, const char *arg, struct buf *error)
{
	char *list = xstrdup(arg), *rest = list, *word;
	int rc = 0;

	while (!rc && (word = strsep(&rest, ",")))
		rc = query_add_kind(target, word, error);
	free(list);
	return rc;
}

static int set_limit(void *target, const char *arg, struct buf *error)
{
	struct query *q = target;
	char *end;

	errno = 0;
	q->limit = strtoull(arg, &end, 10);
	q->limited = true;
	if (arg[0] >= '0' && arg[0] <= '9' && !*end && !errno)
		return 0;
	buf_puts(error, "'");
	text_escape(error, arg, strlen(arg), 0);
	buf_puts(error, "' is not a number of rows");
	return -EINVAL;
}

static int set_older_than(void *target, const char *arg, struct buf *error)
{
	struct query *q = target;

	q->collect.older_than_set = true;
	if (!units_parse_duration(arg, &q->collect.older_than))
		return 0;
	buf_puts(error, "'");
	text_escape(error, arg, strlen(arg), 0);
	buf_puts(error, "' is not a duration such as 90s, 4h or 2d");
	return -EINVAL;
}

static int set_time_format(void *target, const char *arg, struct buf *error)
{
	struct query *q = target;
	int rc = units_parse_time_format(arg, &q->style.time_format);

	if (rc)
		buf_puts(error, "times are shown as relative, iso or epoch");
	return rc;
}

static const char *const color_names[] = {
	[COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never", NULL
};

static int set_color(void *target, const char *arg, struct buf *error)
{
	struct query *q = target;

	for (unsigned int i = 0; color_names[i]; i++) {
		if (!strcmp(arg ? arg : "always", color_names[i])) {
			q->color = i;
			return 0;
		}
	}
	buf_puts(error, "colour is auto, always or never");
	return -EINVAL;
}

/*
 * In these rows a target is the place in struct query, and that of a call the query
 * itself: query_options makes them pointers.
 */
#define AT(member)	((void *)offsetof(struct query, member))
#define CALL(fn)	OPTION_CALL, (void *)0, fn

static const struct option_row which_options[] = {
	{ 0, NULL, NULL, "Which rows", OPTION_HEADING },
	OPTION_END
};

static const struct option_row rows_options[] = {
	{ 'k', "kind", "KIND[,KIND...]", "only these kinds", CALL(set_kinds) },
	{ 'u', "user", "USER[,USER...]", "only of these users, by name or number", OPTION_CALL,
	  AT(users), users_add },
	OPTION_END
};

static const struct option_row filter_options[] = {
	{ 'Q', "filter", "EXPR", "only rows of which it is true, as in 'user != \"root\" && path =~ \"tmp\"'",
	  OPTION_STRING, AT(filter_text) },
	OPTION_END
};

static const struct option_row sort_options[] = {
	{ 'x', "sort", "COL[:desc][,COL...]", "order by these columns", OPTION_STRING, AT(sort_text) },
	OPTION_END
};

static const struct option_row limit_options[] = {
	{ 0, "limit", "N", "at most N rows, 0 for all", CALL(set_limit) },
	OPTION_END
};

static const struct option_row columns_options[] = {
	{ 0, NULL, NULL, "How", OPTION_HEADING },
	{ 'o', "output", "COL[,COL...]", "these columns; +COL adds to the usual ones", OPTION_STRING,
	  AT(output_text) },
	{ 0, "output-all", NULL, "all columns", OPTION_FLAG, AT(output_all) },
	OPTION_END
};

static const struct option_row formats_options[] = {
	{ 'J', "json", NULL, "JSON, just the chosen columns", OPTION_FLAG, AT(json) },
	{ 'r', "raw", NULL, "raw: one blank between columns, blanks inside written \\x20",
	  OPTION_FLAG, AT(raw) },
	{ 'P', "pairs", NULL, "KEY=\"value\" pairs", OPTION_FLAG, AT(pairs) },
	{ 'n', "noheadings", NULL, "no line of headings", OPTION_FLAG, AT(noheadings) },
	OPTION_END
};

static const struct option_row json_options[] = {
	{ 'J', "json", NULL, "JSON, all members", OPTION_FLAG, AT(json) },
	OPTION_END
};

static const struct option_row values_options[] = {
	{ 'b', "bytes", NULL, "sizes in bytes, ages in seconds", OPTION_FLAG, AT(style.bytes) },
	{ 0, "numeric", NULL, "numbers instead of user and group names", OPTION_FLAG,
	  AT(style.numeric) },
	{ 0, "time-format", "FORMAT", "relative, iso or epoch", CALL(set_time_format),
	  time_format_names },
	{ 0, "color", "[=WHEN]", "auto, always or never", CALL(set_color), color_names },
	OPTION_END
};

static const struct option_row what_options[] = {
	{ 0, NULL, NULL, "What is read", OPTION_HEADING },
	OPTION_END
};

static const struct option_row read_options[] = {
	{ 0, "no-procmap-query", NULL, "read mappings as text, as on kernels before 6.11",
	  OPTION_FLAG, AT(collect.no_procmap_query) },
	OPTION_END
};

static const struct option_row source_options[] = {
	{ 0, "no-lease", NULL, "do not ask the kernel by write leases who holds a file",
	  OPTION_FLAG, AT(collect.no_lease) },
	{ 0, "older-than", "T", "both grace times: judge stale what is older than this",
	  CALL(set_older_than) },
	OPTION_END
};

static const struct option_row snapshot_options[] = {
	{ 0, "snapshot", "FILE", "a document that --json wrote, - for stdin, instead of this machine",
	  OPTION_STRING, AT(file) },
	OPTION_END
};

static const struct option_row help_options[] = {
	{ 'h', "help", NULL, "this help", OPTION_FLAG, AT(help) },
	OPTION_END
};

/* In the order of --help. */
static const struct {
	unsigned int groups;	/* shown with any of these; 0: always */
	const struct option_row *rows;
} option_tables[] = {
	{ OPTIONS_ROWS | OPTIONS_FILTER, which_options },
	{ OPTIONS_ROWS, rows_options },
	{ OPTIONS_ROWS | OPTIONS_FILTER, filter_options },
	{ OPTIONS_SORT, sort_options },
	{ OPTIONS_LIMIT, limit_options },
	{ OPTIONS_COLUMNS, columns_options },
	{ OPTIONS_FORMATS, formats_options },
	{ OPTIONS_JSON, json_options },
	{ OPTIONS_VALUES, values_options },
	{ OPTIONS_READ | OPTIONS_SOURCE | OPTIONS_SNAPSHOT, what_options },
	{ OPTIONS_READ | OPTIONS_SOURCE, read_options },
	{ OPTIONS_SOURCE, source_options },
	{ OPTIONS_SOURCE | OPTIONS_SNAPSHOT, snapshot_options },
	{ 0, help_options },
};

#define MAX_ROWS 48

static unsigned int rows_copy(struct query *q, const struct option_row *from,
			      struct option_row *to, unsigned int n)
{
	for (; (from->name || from->letter || from->help) && n < MAX_ROWS - 1; from++, n++) {
		to[n] = *from;
		to[n].target = (char *)q + (size_t)from->target;
	}
	return n;
}

static void print_columns(enum row_class class, const char *title)
{
	const struct field *f;

	printf("\n%s:\n", title);
	for (unsigned int i = 0; (f = field_at(class, i)); i++)
		if (!(f->flags & FIELD_HIDDEN))
			printf("  %-16s %s\n", f->name, f->help);
}

void cmd_print_head(const struct command *command)
{
	char first = command->help[0];

	printf("Usage: ipctop %s%s%s%s\n\n%c%s.\n", command->name,
	       command->options ? " [OPTION...]" : "", command->args ? " " : "",
	       command->args ? command->args : "",
	       first >= 'a' && first <= 'z' ? first - 'a' + 'A' : first, command->help + 1);
}

static void print_help(const struct query *q, const struct command *command,
		       const struct option_row *const *tables, unsigned int groups)
{
	cmd_print_head(command);
	putchar('\n');
	option_help(tables, stdout);
	if (q->shown) {		/* told by commands whose rows are others than those that they choose */
		print_columns(q->class, "Filter words");
		print_columns(q->shown, "Columns and JSON members");
	} else if (groups & (OPTIONS_COLUMNS | OPTIONS_ROWS)) {
		print_columns(q->class, "Columns, filter words and JSON members");
	}
}

int query_options(struct query *q, const struct command *command, unsigned int groups,
		  const struct option_row *own, int argc, char **argv, int *status)
{
	static const struct option_row none[] = { OPTION_END };
	struct option_row rows[MAX_ROWS] = { 0 };
	const struct option_row *tables[] = { own ? own : none, rows, NULL };
	struct buf error = BUF_INIT;
	unsigned int n = 0;
	int first;

	for (unsigned int t = 0; t < ARRAY_SIZE(option_tables); t++)
		if (!option_tables[t].groups || option_tables[t].groups & groups)
			n = rows_copy(q, option_tables[t].rows, rows, n);
	if (argc > 2 && !strcmp(argv[1], command_complete.name)) {
		complete_words(command, q, tables, argc - 2, argv + 2);
		*status = DONE;
		return -1;
	}
	first = option_parse(tables, argc, argv, &error);
	if (first < 0) {
		*status = cmd_usage(command, "%s", error.s);
	} else if (q->help) {
		print_help(q, command, tables, groups);
		*status = DONE;
		first = -1;
	}
	buf_release(&error);
	return first < 0 ? -1 : first;
}
