/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "ipctop/group.h"
#include "ipctop/text.h"
#include "ipctop/view.h"

/* Three objects: a known one, one with odd texts and an unknown size, a condemned one. */
static int setup(void **state)
{
	struct snapshot *s = snapshot_new();
	struct object *o = snapshot_add(s, CLASS_OBJECT);

	FACT_SET(o, name, "shm:7");
	FACT_SET(o, kind, KIND_SHM);
	FACT_SET(o, size, 65536);
	FACT_SET(o, uid, 1000);
	FACT_SET(o, user, "alice");
	FACT_SET(o, verdict, VERDICT_STALE);
	o = snapshot_add(s, CLASS_OBJECT);
	FACT_SET(o, name, "posix-shm:/a b\\x1B");
	FACT_SET(o, kind, KIND_POSIX_SHM);
	FACT_UNKNOWN(o, size);
	FACT_SET(o, user, "al\"ice $x\033[31m");
	FACT_SET(o, label, "");
	o = snapshot_add(s, CLASS_OBJECT);
	FACT_SET(o, name, "memfd:0:1:99");
	FACT_SET(o, kind, KIND_MEMFD);
	FACT_SET(o, size, 1536);
	FACT_SET(o, user, "zoë漢");
	FACT_SET(o, flags, OBJECT_UNLINKED);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	snapshot_free(*state);
	return 0;
}

static char *print(const struct snapshot *s, uint32_t count, const char *fields,
		   const struct table_options *options)
{
	static const uint32_t rows[] = { 0, 1, 2 };
	struct columns columns = { 0 };
	struct buf error = BUF_INIT;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(columns_parse(CLASS_OBJECT, fields, &columns, &error), 0);
	assert_int_equal(view_table(out, s, CLASS_OBJECT, rows, count, &columns, options), 0);
	fclose(out);
	buf_release(&error);
	return text;
}

static void expect(const struct snapshot *s, uint32_t count, const char *fields,
		   const struct table_options *options, const char *expected)
{
	char *text = print(s, count, fields, options);

	assert_string_equal(text, expected);
	free(text);
}

static void human_tables_align_by_the_width_on_a_terminal(void **state)
{
	struct table_options options = { 0 };
	char *text = print(*state, 3, "user,size,kind", &options);
	char *rest = text, *line = strsep(&rest, "\n");
	size_t at = strstr(line, "KIND") - line;

	assert_string_equal(line + at - 5, "SIZE KIND");
	for (unsigned int i = 0; i < 3; i++) {
		char *kind;

		line = strsep(&rest, "\n");
		kind = strrchr(line, ' ') + 1;
		*kind = '\0';
		assert_int_equal(text_width(line), at);
	}
	free(text);
}

/* A piece is padded as those before it were; what is wider widens the rest. */
static void pieces_keep_the_width(void **state)
{
	size_t widths[2] = { 0 };
	struct table_options options = { .widths = widths }, whole = { 0 };
	char *first = print(*state, 3, "name,size", &options), *again;

	expect(*state, 3, "name,size", &whole, first);
	options.noheadings = true;
	again = print(*state, 3, "name,size", &options);
	assert_string_equal(again, strchr(first, '\n') + 1);
	free(again);
	widths[0] += 5;
	again = print(*state, 1, "name,size", &options);
	assert_int_equal(strchr(again, '\n') - again, strchr(first, '\n') - first + 5);
	free(again);
	free(first);
}

/* Two ways lead to it: libsmartcols on a terminal, a plain one elsewhere. */
static void a_wide_terminal_shows_the_same_as_a_pipe(void **state)
{
	struct table_options terminal = { .width = 500 }, pipe = { 0 };
	const char *const choices[] = { "name,size,user,age", "size,name", "user,key,name,size",
					"key", "label,verdict,user" };

	for (unsigned int i = 0; i < ARRAY_SIZE(choices); i++) {
		char *text = print(*state, 3, choices[i], &terminal);

		expect(*state, 3, choices[i], &pipe, text);
		free(text);
	}
	terminal.noheadings = pipe.noheadings = true;
	for (unsigned int i = 0; i < ARRAY_SIZE(choices); i++) {
		char *text = print(*state, 3, choices[i], &terminal);

		expect(*state, 3, choices[i], &pipe, text);
		free(text);
	}
}

/* A name below /dev/shm can have thousands of bytes: whoever makes one must not spoil the rest. */
static void a_very_long_name_widens_no_other_line(void **state)
{
	struct object *o = snapshot_object(*state, 1);
	char name[202];
	char *text, *rest, *line;

	memset(name, 'n', 201);
	name[201] = '\0';
	FACT_SET(o, name, name);
	text = rest = print(*state, 3, "name,kind", &(struct table_options){ 0 });
	assert_string_equal(strsep(&rest, "\n"), "NAME         KIND");
	assert_string_equal(strsep(&rest, "\n"), "shm:7        shm");
	line = strsep(&rest, "\n");
	assert_memory_equal(line, name, 201);
	assert_string_equal(line + 201, " posix-shm");
	free(text);

	name[200] = '\0';
	text = rest = print(*state, 3, "name,kind", &(struct table_options){ 0 });
	assert_int_equal(strlen(strsep(&rest, "\n")), 200 + strlen(" KIND"));
	free(text);
}

static void human_tables_escape_what_others_wrote(void **state)
{
	struct table_options options = { 0 };
	char *text = print(*state, 3, "name,user", &options);

	assert_null(strchr(text, '\033'));
	assert_non_null(strstr(text, "posix-shm:/a b\\x1B"));
	assert_non_null(strstr(text, "al\"ice $x\\x1B[31m"));
	free(text);
}

static void unknown_and_not_applicable_look_different(void **state)
{
	struct table_options options = { .format = TABLE_RAW, .noheadings = true };

	expect(*state, 3, "size,key", &options, "64K -\n? -\n1.5K -\n");
}

static void a_narrow_terminal_cuts_names_first(void **state)
{
	struct table_options options = { .width = 24 };
	char *text = print(*state, 3, "name,size,verdict", &options);

	assert_non_null(strstr(text, "64K stale\n"));
	assert_non_null(strstr(text, " 1.5K -\n"));
	for (char *rest = text, *line; (line = strsep(&rest, "\n"));)
		assert_true(text_width(line) <= 24);
	free(text);
}

static void raw_keeps_one_blank_between_columns(void **state)
{
	struct table_options options = { .format = TABLE_RAW };

	expect(*state, 2, "name,label,user", &options,
	       "NAME LABEL USER\n"
	       "shm:7 - alice\n"
	       "posix-shm:/a\\x20b\\x1B \"\" al\"ice\\x20$x\\x1B[31m\n");
}

static void pairs_are_safe_in_a_shell(void **state)
{
	struct table_options options = { .format = TABLE_PAIRS };

	expect(*state, 2, "name,user", &options,
	       "NAME=\"shm:7\" USER=\"alice\"\n"
	       "NAME=\"posix-shm:/a b\\x1B\" USER=\"al\\x22ice \\x24x\\x1B[31m\"\n");
}

static void a_table_without_rows_has_its_heading(void **state)
{
	struct table_options human = { 0 }, raw = { .format = TABLE_RAW },
			     pairs = { .format = TABLE_PAIRS }, none = { .noheadings = true };

	expect(*state, 0, "name,size", &human, "NAME SIZE\n");
	expect(*state, 0, "name,size", &raw, "NAME SIZE\n");
	expect(*state, 0, "name,size", &pairs, "");
	expect(*state, 0, "name,size", &none, "");
}

static void numbers_stand_for_users_where_asked(void **state)
{
	struct table_options options = { .format = TABLE_RAW, .noheadings = true,
					 .style = { .numeric = true, .bytes = true } };

	expect(*state, 1, "user,size", &options, "1000 65536\n");
}

static void colour_marks_verdicts_and_dims_what_has_no_name(void **state)
{
	struct table_options options = { .color = true };
	char *text = print(*state, 3, "kind,verdict", &options);
	char *memfd = strstr(text, "memfd");

	assert_non_null(strstr(text, "\033[1;31mstale"));
	assert_non_null(memfd);
	assert_memory_equal(memfd - 4, "\033[2m", 4);
	free(text);
	options.color = false;
	text = print(*state, 3, "kind,verdict", &options);
	assert_null(strchr(text, '\033'));
	free(text);
}

/* A mapping's process is a row of its own: its fields are found there. */
static void fields_of_an_embedded_row_are_its_own(void **state)
{
	struct snapshot *s = *state;
	struct process *p = snapshot_add(s, CLASS_PROCESS);
	struct map *m = snapshot_add(s, CLASS_MAP);
	struct table_options options = { .format = TABLE_RAW, .noheadings = true,
					 .style = { .numeric = true } };
	struct columns columns = { 0 };
	struct buf error = BUF_INIT;
	const uint32_t row = 0;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	FACT_SET(p, pid, 4711);
	FACT_SET(p, uid, 42);
	FACT_SET(p, user, "alice");
	FACT_SET(m, process, 0);
	FACT_SET(m, start, 0x1000);
	assert_int_equal(columns_parse(CLASS_MAP, "pid,user,start", &columns, &error), 0);
	assert_int_equal(view_table(out, s, CLASS_MAP, &row, 1, &columns, &options), 0);
	fclose(out);
	assert_string_equal(text, "4711 42 0x1000\n");
	free(text);
}

static void a_full_disk_is_an_error(void **state)
{
	static const uint32_t rows[] = { 0, 1, 2 };
	struct table_options options = { .format = TABLE_RAW };
	struct columns columns;
	FILE *out = fopen("/dev/full", "w");

	assert_non_null(out);
	setvbuf(out, NULL, _IONBF, 0);
	columns_default(CLASS_OBJECT, &columns);
	assert_true(view_table(out, *state, CLASS_OBJECT, rows, 3, &columns, &options) < 0);
	fclose(out);
}

static void the_total_line_tells_sums_and_gaps(void **state)
{
	struct snapshot *s = *state;
	struct value_style style = { 0 };
	struct summary sum = { 0 };
	struct buf line = BUF_INIT;

	for (uint32_t i = 0; i < 3; i++)
		summary_add(&sum, snapshot_object(s, i));
	view_summary(&line, s, &sum, &style);
	assert_string_equal(line.s, "3 objects, 66K shared; 1 stale");
	/* maps and descriptors of the same two processes */
	for (unsigned int i = 0; i < 2; i++) {
		snapshot_gap(s, "maps", 13, 100 + i);
		snapshot_gap(s, "fds", 13, 100 + i);
	}
	FACT_SET(snapshot_document(s), uid, 1000);
	FACT_SET(snapshot_object(s, 0), allocated, 4096);
	sum = (struct summary){ 0 };
	summary_add(&sum, snapshot_object(s, 0));
	buf_reset(&line);
	view_summary(&line, s, &sum, &style);
	assert_string_equal(line.s, "1 object, 64K shared (4K allocated); 1 stale, 4K to win back; "
			    "2 processes could not be read (EACCES): run as root for all");
	buf_release(&line);
}

static void groups_sum_up_and_keep_the_unknown_apart(void **state)
{
	struct snapshot *s = *state;
	uint32_t rows[] = { 2, 1, 0 };
	struct object *o = snapshot_object(s, 2);
	struct group_row *g;

	FACT_SET(o, user, "alice");
	FACT_UNKNOWN(snapshot_object(s, 1), user);
	group_objects(s, group_field("user"), rows, 3);
	assert_int_equal(snapshot_count(s, CLASS_GROUP), 2);
	g = snapshot_row(s, CLASS_GROUP, 0);
	assert_string_equal(g->value, "alice");
	assert_int_equal(g->objects, 2);
	assert_int_equal(g->size, 65536 + 1536);
	assert_int_equal(g->stale, 1);
	g = snapshot_row(s, CLASS_GROUP, 1);
	assert_true(FACT_IS_UNKNOWN(g, value));
	assert_int_equal(g->objects, 1);
	assert_null(group_field("size"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(human_tables_align_by_the_width_on_a_terminal),
		TEST(pieces_keep_the_width),
		TEST(a_wide_terminal_shows_the_same_as_a_pipe),
		TEST(a_very_long_name_widens_no_other_line),
		TEST(human_tables_escape_what_others_wrote),
		TEST(unknown_and_not_applicable_look_different),
		TEST(a_narrow_terminal_cuts_names_first),
		TEST(raw_keeps_one_blank_between_columns),
		TEST(pairs_are_safe_in_a_shell),
		TEST(a_table_without_rows_has_its_heading),
		TEST(numbers_stand_for_users_where_asked),
		TEST(colour_marks_verdicts_and_dims_what_has_no_name),
		TEST(fields_of_an_embedded_row_are_its_own),
		TEST(a_full_disk_is_an_error),
		TEST(the_total_line_tells_sums_and_gaps),
		TEST(groups_sum_up_and_keep_the_unknown_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
