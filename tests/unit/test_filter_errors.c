/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "ipctop/buf.h"
#include "ipctop/filter.h"
#include "unit.h"

struct mistake {
	const char *expression;
	unsigned int column;
	const char *text;
};

static void expect_mistakes(const struct mistake *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct filter_error error = { 0 };
		struct filter *f = (void *)&error;

		if (filter_parse(CLASS_OBJECT, cases[i].expression, &f, &error) != -EINVAL)
			fail_msg("%s: is no error", cases[i].expression);
		assert_null(f);
		CHECK_TEXT(cases[i].expression, error.text, cases[i].text);
		if (error.column != cases[i].column)
			fail_msg("%s: column %u, not %u", cases[i].expression, error.column,
				 cases[i].column);
	}
}

static void syntax_errors_say_what_was_expected(void **state)
{
	static const struct mistake cases[] = {
		{ "", 1, "expected a field: the filter is empty" },
		{ "  ", 3, "expected a field: the filter is empty" },
		{ "size >=", 8, "expected a value after '>='" },
		{ "size >= && id", 9, "expected a value after '>='" },
		{ "size == == 4", 9, "expected a value after '=='" },
		{ "size && ", 9, "expected a field after '&&'" },
		{ "size || )", 9, "expected a field after '||'" },
		{ "!", 2, "expected a field after '!'" },
		{ "()", 2, "expected a field after '('" },
		{ "== 4", 1, "expected a field before '=='" },
		{ "&& size", 1, "expected a field before '&&'" },
		{ "(size", 6, "expected ')' for the '(' in column 1" },
		{ "id && (size > 4 || (id)", 24, "expected ')' for the '(' in column 7" },
		{ "size)", 5, "')' without '('" },
		{ "size > 4)", 9, "')' without '('" },
		{ "4 < size < 9", 10, "expected '&&' or '||': comparisons do not chain" },
		{ "(size) > 4", 8, "what stands in '( )' cannot be compared" },
		{ "size 64M", 6, "expected a comparison, '&&' or '||' before '64M'" },
		{ "size > 4 id", 10, "expected '&&' or '||' before 'id'" },
		{ "size > 4 and id", 10, "expected '&&' or '||' before 'and'" },
		{ "(size > 4 id", 11, "expected '&&' or '||' or ')' before 'id'" },
		{ "(size) !id", 8, "expected '&&' or '||' before '!'" },
		{ "user == \"alice", 9, "unclosed string" },
		{ "user == 'al\\'", 9, "unclosed string" },
		{ "user == \"al\\", 9, "unclosed string" },
		{ "size = 4", 6, "'=' is no operator: '==' compares" },
		{ "size & id", 6, "'&' is no operator: '&&' means and" },
		{ "size | id", 6, "'|' is no operator: '||' means or" },
		{ "size > -4", 8, "'-' means nothing here" },
		{ "size > 4;", 9, "';' means nothing here" },
		{ "size \x1b", 6, "'\\x1B' means nothing here" },
		{ "user == \"a\\x00b\"", 9, "a text cannot hold a zero byte" },
		{ "64M", 1, "expected a field, not the value '64M' alone" },
		{ "\"a\" && size", 1, "expected a field, not the value 'a' alone" },
		{ "null", 1, "expected a field, not the value 'null' alone" },
	};

	expect_mistakes(cases, ARRAY_SIZE(cases));
}

static void wrong_words_and_values_are_told(void **state)
{
	static const struct mistake cases[] = {
		{ "siez > 4", 1, "unknown field 'siez' (did you mean 'size'?)" },
		{ "id && natch == 0", 7, "unknown field 'natch' (did you mean 'nattch'?)" },
		{ "bogusbogus", 1, "unknown field 'bogusbogus'" },
		{ "true", 1, "unknown field 'true'" },
		{ "size >= allocatde", 9, "unknown field 'allocatde' (did you mean 'allocated'?)" },
		{ "4 < siez", 5, "unknown field 'siez' (did you mean 'size'?)" },
		{ "ailce == user", 1, "unknown field 'ailce'" },
		{ "siez == null", 1, "unknown field 'siez' (did you mean 'size'?)" },
		{ "size == \"64M\"", 9, "'size' is a size: compare it with a number such as 64M" },
		{ "size > 4h", 8, "'size' is a size: compare it with a number such as 64M" },
		{ "size > 4x", 8, "'4x' is not a number, size or duration" },
		{ "size > 99999999999E", 8, "'99999999999E' is too large" },
		{ "size =~ 4", 6, "'size' is a size: '=~' cannot compare it" },
		{ "nattch > 64M", 10, "'nattch' is a number: compare it with a number such as 7" },
		{ "nattch > 1.5", 10, "'nattch' is a number: compare it with a number such as 7" },
		{ "nattch > 18446744073709551616", 10, "'18446744073709551616' is too large" },
		{ "age > 64M", 7, "'age' is a duration: compare it with a number such as 4h" },
		{ "age > \"4h\"", 7, "'age' is a duration: compare it with a number such as 4h" },
		{ "age > 99999999999999999999", 7, "'99999999999999999999' is too large" },
		{ "attach_time > 4h", 15,
		  "'attach_time' is a time: compare it with epoch seconds or \"2026-11-24T17:39:47\"" },
		{ "attach_time > 2026-02-30", 15,
		  "'attach_time' is a time: compare it with epoch seconds or \"2026-11-24T17:39:47\"" },
		{ "attach_time > yesterday", 15,
		  "'attach_time' is a time: compare it with epoch seconds or \"2026-11-24T17:39:47\"" },
		{ "key == 0xzz", 8, "'0xzz' is not a number, size or duration" },
		{ "key == \"abc\"", 8, "'key' is a key: compare it with a number such as 0x00a76098" },
		{ "mode == 600", 9, "'mode' is a mode: compare it with octal digits such as 0600" },
		{ "mode == 0800", 9, "'mode' is a mode: compare it with octal digits such as 0600" },
		{ "device == 30", 11, "'device' is a device number: compare it with MAJ:MIN such as 0:1" },
		{ "device < 0:30", 8, "'device' is a device number: '<' cannot compare it" },
		{ "last_alive == 1", 15, "'last_alive' is true or false: compare it with true or false" },
		{ "last_alive == yes", 15,
		  "'last_alive' is true or false: compare it with true or false" },
		{ "last_alive > true", 12, "'last_alive' is true or false: '>' cannot compare it" },
		{ "state == attachd", 10,
		  "'attachd' is none of created, attached, open, detached, condemned"
		  " (did you mean 'attached'?)" },
		{ "state != 5", 10, "'5' is none of created, attached, open, detached, condemned" },
		{ "state >= open", 7, "'state' is one of a few words: '>=' cannot compare it" },
		{ "flags == lock", 10,
		  "'lock' is none of condemned, locked, hugetlb, unlinked, sealed, executable,"
		  " world-writable" },
		{ "unknown == soze", 12, "'unknown' lists fields, and 'soze' is none" },
		{ "holders > worker", 11,
		  "'holders' is a list: compare it with a number such as 2 (how many)" },
		{ "size == null && size < null", 22, "null can only be compared with '==' and '!='" },
		{ "null == null", 1, "expected a field on one side of '=='" },
		{ "4 == 4", 1, "expected a field on one side of '=='" },
		{ "\"shm\" =~ kind", 1, "expected a field before '=~'" },
		{ "size == user", 9,
		  "'size' is a size, 'user' is a text: they cannot be compared" },
		{ "user == size", 9,
		  "'user' is a text, 'size' is a size: they cannot be compared (put a word in quotes)" },
		{ "state == verdict", 10,
		  "'state' is one of a few words, 'verdict' is one of a few words: they cannot be"
		  " compared" },
		{ "creator_alive < last_alive", 15,
		  "'creator_alive' is true or false: '<' cannot compare it" },
	};

	expect_mistakes(cases, ARRAY_SIZE(cases));
}

static void bad_regular_expressions_are_told(void **state)
{
	static const struct mistake cases[] = {
		{ "user =~ \"(a\"", 9, "'(a' is no regular expression: Unmatched ( or \\(" },
		{ "user =~ \"[a\"", 9,
		  "'[a' is no regular expression: Unmatched [, [^, [:, [., or [=" },
		{ "user =~ '(a)\\1'", 9, "regular expressions have no references to groups here" },
		{ "user =~ 'a{200}{200}'", 9, "the regular expression is too large" },
		{ "user =~ '(((((a{9}){9}){9}){9}){9})'", 9, "the regular expression is too large" },
		{ "user =~ 'a++++++++++++++++++++++++++'", 9, "the regular expression is too large" },
	};

	expect_mistakes(cases, ARRAY_SIZE(cases));
}

/* @n times @unit between @head and @tail. */
static char *repeat(const char *head, const char *unit, unsigned int n, const char *tail)
{
	struct buf b = BUF_INIT;

	buf_puts(&b, head);
	while (n--)
		buf_puts(&b, unit);
	buf_puts(&b, tail);
	return buf_detach(&b);
}

static const struct bound {
	const char *head, *unit;
	unsigned int n;
	const char *tail;
	unsigned int column;		/* 0: no error */
	const char *text;
} bounds[] = {
	{ "id == 7", " && id == 7", 999, "", 0, NULL },
	{ "id == 7", " && id == 7", 1000, "", 11001, "more than 1000 comparisons" },
	{ "id", "||id", 1000, "", 4001, "more than 1000 comparisons" },
	{ "", "(", 60000, "", 101, "nested deeper than 100" },
	{ "", "!", 60000, "id", 101, "nested deeper than 100" },
	{ "", "!(", 30000, "id", 101, "nested deeper than 100" },
	{ "", "!", 100, "id", 0, NULL },
	{ "", "!(", 50, "id == 7", 108, "expected ')' for the '(' in column 100" },
	{ "id", " ", 65534, "", 0, NULL },
	{ "id", " ", 65535, "", 1, "longer than 64 KiB" },
	{ "user == '", "a", 65000, "'", 0, NULL },
	{ "user =~ '", "a", 4097, ".'", 9, "the regular expression is longer than 4096 bytes" },
	{ "user =~ '", "(", 51, "'", 9, "the regular expression is nested too deeply" },
	{ "user =~ '", "[[:alpha:]]?", 300, "'", 0, NULL },
	{ "user =~ 'a{2000}'", " && user =~ 'a{2000}'", 12, "", 198,
	  "the regular expressions are too large together" },
	{ "", "q", 60000, "", 1, "unknown field 'qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq...'" },
	{ "size > ", "9", 60000, "", 8, "'9999999999999999999999999999999999999999...' is too large" },
};

static void text_terms_depth_and_patterns_are_bounded(void **state)
{
	FOR_EACH_CASE(c, bounds) {
		char *text = repeat(c->head, c->unit, c->n, c->tail);
		struct filter_error error = { 0 };
		struct filter *f;
		int rc = filter_parse(CLASS_OBJECT, text, &f, &error);

		if (c->text) {
			assert_int_equal(rc, -EINVAL);
			CHECK_TEXT(c->text, error.text, c->text);
			CHECK(c->text, error.column == c->column);
		} else if (rc) {
			fail_msg("%.40s...: column %u: %s", text, error.column, error.text);
		}
		filter_free(f);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(syntax_errors_say_what_was_expected),
		cmocka_unit_test(wrong_words_and_values_are_told),
		cmocka_unit_test(bad_regular_expressions_are_told),
		cmocka_unit_test(text_terms_depth_and_patterns_are_bounded),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
