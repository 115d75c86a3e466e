/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options on the command line: names are whole, errors are sentences, help is made from the rows. */
#include "ipctop/option.h"

#include <errno.h>

#include "unit.h"

static struct {
	bool json, lease;
	const char *output, *sort, *color;
	uint64_t frames, grace;
} got;

static int set_color(void *target, const char *arg, struct buf *error)
{
	if (arg && strcmp(arg, "never")) {
		buf_puts(error, "what a colour");
		return -EINVAL;
	}
	*(const char **)target = arg ? arg : "always";
	return 0;
}

static const struct option_row first_rows[] = {
	{ .help = "Output", .type = OPTION_HEADING },
	{ 'J', "json", NULL, "write JSON", OPTION_FLAG, &got.json },
	{ 'o', "output", "LIST", "columns to show, of which there are so many that the line which "
	  "tells of them is far too long for a screen", OPTION_STRING, &got.output },
	{ 'x', "sort", "COL[:desc]", "sort by a column", OPTION_STRING, &got.sort },
	{ 0, "sorted", NULL, "another name with the same beginning", OPTION_FLAG, &got.json },
	{ 'c', "color", "[=WHEN]", "colours", OPTION_CALL, &got.color, set_color },
	OPTION_END
};
static const struct option_row second_rows[] = {
	{ .help = "Looking", .type = OPTION_HEADING },
	{ 'n', NULL, "N", "frames", OPTION_COUNT, &got.frames },
	{ 0, "no-lease", NULL, "ask for no leases", OPTION_CLEAR, &got.lease },
	{ 0, "older-than-something-with-a-long-name", "T", "grace time", OPTION_DURATION, &got.grace },
	OPTION_END
};
static const struct option_row *const tables[] = { first_rows, second_rows, NULL };

/* Reads a line of words parted by blanks; "_" stands for an empty one. */
struct line {
	char text[200];
	char *argv[20];
	int argc, rc;
	struct buf error;
};

static void parse(struct line *l, const char *text)
{
	char *rest = l->text;

	memset(&got, 0, sizeof(got));
	got.lease = true;
	*l = (struct line){ .error = BUF_INIT };
	snprintf(l->text, sizeof(l->text), "list%s%s", *text ? " " : "", text);
	while (rest)
		l->argv[l->argc++] = strsep(&rest, " ");
	for (int i = 0; i < l->argc; i++)
		if (!strcmp(l->argv[i], "_"))
			l->argv[i][0] = '\0';
	l->rc = option_parse(tables, l->argc, l->argv, &l->error);
}

static void test_errors(void **state)
{
	static const struct {
		const char *line, *error;
	} cases[] = {
		{ "--foo", "unknown option '--foo'" },
		{ "--foo=bar", "unknown option '--foo'" },
		{ "-z", "unknown option '-z'" },
		{ "-Jz", "unknown option '-z'" },
		{ "-\x1b", "unknown option '-\\x1B'" },
		{ "--f\x1b", "unknown option '--f\\x1B'" },
		{ "--js", "unknown option '--js' (did you mean '--json'?)" },
		{ "--js --json", "unknown option '--js' (did you mean '--json'?)" },
		{ "--sor size", "unknown option '--sor' (did you mean '--sort'?)" },
		{ "--sor=size", "unknown option '--sor' (did you mean '--sort'?)" },
		{ "--srot=size", "unknown option '--srot' (did you mean '--sort'?)" },
		{ "--outp size", "unknown option '--outp' (did you mean '--output'?)" },
		{ "--outp", "unknown option '--outp' (did you mean '--output'?)" },
		{ "--outp=x", "unknown option '--outp' (did you mean '--output'?)" },
		{ "--col", "unknown option '--col' (did you mean '--color'?)" },
		{ "word --no", "unknown option '--no' (did you mean '--no-lease'?)" },
		{ "--=x", "unknown option '--'" },
		{ "--sort", "option '--sort' needs an argument" },
		{ "-x", "option '-x' needs an argument" },
		{ "-Jx", "option '-x' needs an argument" },
		{ "--json=yes", "option '--json' takes no argument" },
		{ "-n x", "option '-n' needs a whole number, not 'x'" },
		{ "-n _", "option '-n' needs a whole number, not ''" },
		{ "-n -1", "option '-n' needs a whole number, not '-1'" },
		{ "-n 1.5", "option '-n' needs a whole number, not '1.5'" },
		{ "-n 18446744073709551616", "option '-n' has a number that is too large: '18446744073709551616'" },
		{ "--older-than-something-with-a-long-name=1y", "option '--older-than-something-with-a-long-name' "
		  "needs a duration (30, 90s, 10m, 1h30m, 2d, 1w), not '1y'" },
		{ "--color=red", "what a colour" },
	};

	FOR_EACH_CASE(c, cases) {
		struct line l;

		parse(&l, c->line);
		CHECK(c->line, l.rc == -EINVAL);
		CHECK_TEXT(c->line, l.error.s, c->error);
		buf_release(&l.error);
	}
}

static void test_values(void **state)
{
	struct line l;

	parse(&l, "-J --output=a,b -x size:desc --no-lease -n18446744073709551615 --color");
	assert_int_equal(l.rc, l.argc);
	assert_string_equal(l.error.s, "");
	assert_true(got.json);
	assert_false(got.lease);
	assert_string_equal(got.output, "a,b");
	assert_string_equal(got.sort, "size:desc");
	assert_string_equal(got.color, "always");
	assert_int_equal(got.frames, UINT64_MAX);

	parse(&l, "--older-than-something-with-a-long-name 1h30m --color=never -o --json --sorted");
	assert_int_equal(l.rc, l.argc);
	assert_int_equal(got.grace, 5400);
	assert_string_equal(got.color, "never");
	assert_string_equal(got.output, "--json");	/* an argument may begin with dashes */
	assert_true(got.json);
	assert_true(got.lease);
}

static void test_optional_argument_stands_close(void **state)
{
	struct line l;

	parse(&l, "-c never");
	assert_string_equal(got.color, "always");
	assert_int_equal(l.argc - l.rc, 1);
	assert_string_equal(l.argv[l.rc], "never");
	parse(&l, "-cnever");
	assert_string_equal(got.color, "never");
}

static void test_words(void **state)
{
	static const struct {
		const char *line;
		int words;
		const char *first, *last;
		bool json;
	} cases[] = {
		{ "", 0, NULL, NULL, false },
		{ "shm", 1, "shm", "shm", false },
		{ "shm -J memfd", 2, "shm", "memfd", true },
		{ "shm memfd --json", 2, "shm", "memfd", true },
		{ "-- -J", 1, "-J", "-J", false },
		{ "shm -- --foo", 2, "shm", "--foo", false },
		{ "-J -", 1, "-", "-", true },
		{ "-o x _ y", 2, "", "y", false },
	};

	FOR_EACH_CASE(c, cases) {
		struct line l;

		parse(&l, c->line);
		CHECK_TEXT(c->line, l.error.s, "");
		CHECK(c->line, l.rc >= 1 && l.argc - l.rc == c->words);
		CHECK(c->line, got.json == c->json);
		if (c->words) {
			CHECK_TEXT(c->line, l.argv[l.rc], c->first);
			CHECK_TEXT(c->line, l.argv[l.argc - 1], c->last);
		}
	}
}

static void test_nothing_at_all(void **state)
{
	struct buf error = BUF_INIT;
	char *none[] = { NULL };

	assert_int_equal(option_parse(tables, 0, none, &error), 0);
}

static void test_help(void **state)
{
	static const char want[] =
		"Output:\n"
		"  -J, --json             write JSON\n"
		"  -o, --output LIST      columns to show, of which there are so many that the\n"
		"                         line which tells of them is far too long for a screen\n"
		"  -x, --sort COL[:desc]  sort by a column\n"
		"      --sorted           another name with the same beginning\n"
		"  -c, --color[=WHEN]     colours\n"
		"\n"
		"Looking:\n"
		"  -n N                   frames\n"
		"      --no-lease         ask for no leases\n"
		"      --older-than-something-with-a-long-name T\n"
		"                         grace time\n";
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	assert_non_null(out);
	option_help(tables, out);
	fclose(out);
	assert_string_equal(text, want);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_optional_argument_stands_close),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_nothing_at_all),
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests_name("option", tests, NULL, NULL);
}
