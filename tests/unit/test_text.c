/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text that others chose: nothing of it steers a terminal, and none of it is lost. */
#include "ipctop/text.h"

#include <errno.h>
#include <locale.h>
#include <pthread.h>

#include "unit.h"

static const struct {
	const char *raw;
	size_t n;
	unsigned int flags;
	const char *escaped;
} cases[] = {
#define CASE(raw, flags, escaped) { raw, sizeof(raw) - 1, flags, escaped }
	CASE("", 0, ""),
	CASE("plain name-1.2", 0, "plain name-1.2"),
	CASE("a\nb\tc\r", 0, "a\\x0Ab\\x09c\\x0D"),
	CASE("\x1b[31mred", 0, "\\x1B[31mred"),
	CASE("\x7f", 0, "\\x7F"),
	CASE("back\\slash", 0, "back\\x5Cslash"),
	CASE("\\x41", 0, "\\x5Cx41"),
	CASE("nul\0in", 0, "nul\\x00in"),
	CASE("a@b c", 0, "a@b c"),
	CASE("a@b c", TEXT_AT, "a\\x40b c"),
	CASE("a@b c", TEXT_BLANK, "a@b\\x20c"),
	CASE("a@b c", TEXT_AT | TEXT_BLANK, "a\\x40b\\x20c"),
	CASE("gr\xc3\xbc\xc3\x9f \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80", 0,
	     "gr\xc3\xbc\xc3\x9f \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80"),
	/* blanks beyond ASCII part columns too */
	CASE("a\xc2\xa0" "b\xe3\x80\x80" "c", TEXT_BLANK, "a\\xC2\\xA0b\\xE3\\x80\\x80c"),
	CASE("a\xc2\xa0" "b", 0, "a\xc2\xa0" "b"),
	/* not UTF-8: byte by byte */
	CASE("\xff\xfe", 0, "\\xFF\\xFE"),
	CASE("\xc3", 0, "\\xC3"),
	CASE("\xc3(", 0, "\\xC3("),
	CASE("\xe6\x97", 0, "\\xE6\\x97"),
	CASE("\xe6\x97\xc3\xbc", 0, "\\xE6\\x97\xc3\xbc"),
	CASE("\xc0\x80\xc1\xbf", 0, "\\xC0\\x80\\xC1\\xBF"),
	CASE("\xe0\x80\xaf", 0, "\\xE0\\x80\\xAF"),
	CASE("\xf0\x80\x80\xaf", 0, "\\xF0\\x80\\x80\\xAF"),
	CASE("\xed\xa0\x80", 0, "\\xED\\xA0\\x80"),
	CASE("\xf4\x90\x80\x80", 0, "\\xF4\\x90\\x80\\x80"),
	CASE("\xf8\x88\x80\x80\x80", 0, "\\xF8\\x88\\x80\\x80\\x80"),
	/* control characters beyond ASCII: CSI, NEL */
	CASE("\xc2\x9b" "31m\xc2\x85", 0, "\\xC2\\x9B31m\\xC2\\x85"),
	/* line and paragraph separators */
	CASE("\xe2\x80\xa8\xe2\x80\xa9", 0, "\\xE2\\x80\\xA8\\xE2\\x80\\xA9"),
	/* right-to-left override and isolate, Arabic letter mark */
	CASE("\xe2\x80\xae", 0, "\\xE2\\x80\\xAE"),
	CASE("\xe2\x81\xa6", 0, "\\xE2\\x81\\xA6"),
	CASE("\xd8\x9c", 0, "\\xD8\\x9C"),
	/* zero width space and joiner, byte order mark, a tag */
	CASE("\xe2\x80\x8b\xe2\x80\x8d", 0, "\\xE2\\x80\\x8B\\xE2\\x80\\x8D"),
	CASE("\xef\xbb\xbf", 0, "\\xEF\\xBB\\xBF"),
	CASE("\xf3\xa0\x81\x81", 0, "\\xF3\\xA0\\x81\\x81"),
	/* no character */
	CASE("\xef\xbf\xbf", 0, "\\xEF\\xBF\\xBF"),
};

static void test_escape(void **state)
{
	FOR_EACH_CASE(c, cases) {
		struct buf out = BUF_INIT, back = BUF_INIT;

		text_escape(&out, c->raw, c->n, c->flags);
		CHECK_TEXT(c->escaped, out.s, c->escaped);
		CHECK(c->escaped, !text_unescape(&back, out.s, out.len));
		CHECK(c->escaped, back.len == c->n && !memcmp(back.s, c->raw, c->n));
		buf_release(&out);
		buf_release(&back);
	}
}

static void test_escape_appends(void **state)
{
	struct buf out = BUF_INIT;

	buf_puts(&out, "x:");
	text_escape(&out, "\n", 1, 0);
	assert_string_equal(out.s, "x:\\x0A");
	buf_release(&out);
}

static void test_unescape_refuses(void **state)
{
	static const char *const wrong[] = { "\\", "a\\x4", "\\x4g", "\\xg4", "\\n", "\\\\", "\\X41", "a\\x41\\" };

	FOR_EACH_CASE(s, wrong) {
		struct buf out = BUF_INIT;

		buf_puts(&out, "before");
		CHECK(*s, text_unescape(&out, *s, strlen(*s)) == -EINVAL);
		CHECK_TEXT(*s, out.s, "before");
		CHECK(*s, out.len == strlen("before"));
		buf_release(&out);
	}
}

static void test_unescape_takes_small_digits(void **state)
{
	struct buf out = BUF_INIT;

	assert_int_equal(text_unescape(&out, "\\x5c\\xfF", 8), 0);
	assert_string_equal(out.s, "\\\xff");
	buf_release(&out);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* Bytes that often come near to UTF-8. */
static size_t random_bytes(uint32_t *seed, char *s, size_t room)
{
	static const char leads[] = "\xc2\xe2\xe0\xed\xf0\xf4\\@ x";
	size_t n = next_random(seed) % room;

	for (size_t i = 0; i < n; i++) {
		uint32_t r = next_random(seed);

		s[i] = r % 3 == 0 ? (char)(r >> 4) : r % 3 == 1 ? (char)(0x80 | (r >> 4 & 0x3F)) :
		       leads[(r >> 4) % (sizeof(leads) - 1)];
	}
	return n;
}

static void test_any_bytes_survive(void **state)
{
	uint32_t seed = 1;

	for (int round = 0; round < 20000; round++) {
		struct buf out = BUF_INIT, back = BUF_INIT;
		char raw[40];
		size_t n = random_bytes(&seed, raw, sizeof(raw));

		text_escape(&out, raw, n, round & 3);
		assert_int_equal(text_unescape(&back, out.s, out.len), 0);
		assert_int_equal(back.len, n);
		assert_memory_equal(back.s, raw, n);
		for (size_t i = 0; i < out.len; i++)
			assert_false((unsigned char)out.s[i] < 0x20 || out.s[i] == 0x7F);
		buf_release(&out);
		buf_release(&back);
	}
}

static void test_locale_does_not_matter(void **state)
{
	struct buf out = BUF_INIT;

	assert_non_null(setlocale(LC_ALL, "C"));
	text_escape(&out, "\xc3\xbc", 2, 0);
	assert_string_equal(out.s, "\xc3\xbc");
	assert_int_equal(text_width("\xe6\x97\xa5"), 2);
	buf_release(&out);
}

static void *escape_much(void *arg)
{
	struct buf out = BUF_INIT;

	for (int i = 0; i < 2000; i++) {
		buf_reset(&out);
		text_escape(&out, "\xc3\xbc\xe2\x80\xae", 5, 0);
		if (strcmp(out.s, "\xc3\xbc\\xE2\\x80\\xAE"))
			*(int *)arg = 1;
	}
	buf_release(&out);
	return NULL;
}

static void test_threads(void **state)
{
	pthread_t threads[4];
	int failed[4] = { 0 };

	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, escape_much, &failed[i]), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(failed[i], 0);
	}
}

static void test_width(void **state)
{
	static const struct {
		const char *s;
		size_t width;
	} widths[] = {
		{ "", 0 },
		{ "plain", 5 },
		{ "gr\xc3\xbc\xc3\x9f", 4 },
		{ "\xe6\x97\xa5\xe6\x9c\xac", 4 },
		{ "u\xcc\x88", 1 },		/* a combining diaeresis */
		{ "\xf0\x9f\x98\x80", 2 },
		{ "a\xff", 2 },
	};

	FOR_EACH_CASE(c, widths)
		assert_int_equal(text_width(c->s), c->width);
}

/* The first and the last character of each length. */
static void test_put_char(void **state)
{
	static const struct {
		uint32_t c;
		const char *text;
	} table[] = {
		{ 'a', "a" }, { 0x7f, "\x7f" }, { 0x80, "\xc2\x80" }, { 0x7ff, "\xdf\xbf" },
		{ 0x800, "\xe0\xa0\x80" }, { 0xffff, "\xef\xbf\xbf" }, { 0x10000, "\xf0\x90\x80\x80" },
		{ 0x10ffff, "\xf4\x8f\xbf\xbf" },
	};

	FOR_EACH_CASE(c, table) {
		struct buf out = BUF_INIT;

		text_put_char(&out, c->c);
		CHECK_TEXT("a character", out.s, c->text);
		buf_release(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put_char),
		cmocka_unit_test(test_threads),		/* first: the locale is made once */
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_escape_appends),
		cmocka_unit_test(test_unescape_refuses),
		cmocka_unit_test(test_unescape_takes_small_digits),
		cmocka_unit_test(test_any_bytes_survive),
		cmocka_unit_test(test_locale_does_not_matter),
		cmocka_unit_test(test_width),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
