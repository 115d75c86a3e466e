/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sizes, durations and times as people write them. */
#include "ipctop/units.h"

#include <errno.h>

#include "unit.h"

#define KIB	1024ULL
#define MIB	(1024 * KIB)
#define GIB	(1024 * MIB)
#define EIB	(GIB * GIB)
#define UNTOUCHED 4242

struct parse_case {
	const char *text;
	int rc;
	uint64_t value;
};

static const struct parse_case sizes[] = {
	{ "0", 0, 0 },
	{ "1", 0, 1 },
	{ "512B", 0, 512 },
	{ "64M", 0, 64 * MIB },
	{ "64m", 0, 64 * MIB },
	{ "64MiB", 0, 64 * MIB },
	{ "64MB", 0, 64000000 },
	{ "1K", 0, 1024 },
	{ "1KB", 0, 1000 },
	{ "1.5G", 0, GIB + GIB / 2 },
	{ "0.1K", 0, 102 },
	{ "0.5", 0, 0 },
	{ "2T", 0, 2048 * GIB },
	{ "3P", 0, 3 * GIB * MIB },
	{ "15E", 0, 15 * EIB },
	{ "18EB", 0, 18000000000000000000ULL },
	{ "00012", 0, 12 },
	{ "1.000000000000000000000000001K", 0, 1024 },
	{ "9007199254740993", 0, 9007199254740993ULL },
	{ "18446744073709551615", 0, UINT64_MAX },
	{ "18446744073709551616", -ERANGE, 0 },
	{ "16E", -ERANGE, 0 },
	{ "15.99999999E", 0, 18446744062180336569ULL },
	{ "99999999999999999999999999999999999999999999999999", -ERANGE, 0 },
	{ "99999999999999999999999999999999999999999999999999E", -ERANGE, 0 },
	{ "", -EINVAL, 0 },
	{ "K", -EINVAL, 0 },
	{ "-1", -EINVAL, 0 },
	{ "+1", -EINVAL, 0 },
	{ " 1", -EINVAL, 0 },
	{ "1 ", -EINVAL, 0 },
	{ "1 K", -EINVAL, 0 },
	{ ".5K", -EINVAL, 0 },
	{ "1.K", -EINVAL, 0 },
	{ "1,5K", -EINVAL, 0 },
	{ "12Q", -EINVAL, 0 },
	{ "99999999999999999999Q", -EINVAL, 0 },
	{ "1Ki", -EINVAL, 0 },
	{ "1KiBs", -EINVAL, 0 },
	{ "1KK", -EINVAL, 0 },
	{ "0x10", -EINVAL, 0 },
	{ "1e3", -EINVAL, 0 },
	{ "nan", -EINVAL, 0 },
};

static const struct parse_case durations[] = {
	{ "0", 0, 0 },
	{ "90", 0, 90 },
	{ "90s", 0, 90 },
	{ "10m", 0, 600 },
	{ "4h", 0, 4 * 3600 },
	{ "2d", 0, 2 * 86400 },
	{ "1w", 0, 7 * 86400 },
	{ "1h30m", 0, 5400 },
	{ "2d 4h", 0, 2 * 86400 + 4 * 3600 },
	{ "30m1h", 0, 5400 },
	{ "1.5h", 0, 5400 },
	{ "1.9", 0, 1 },
	{ "0.5m", 0, 30 },
	{ "18446744073709551615", 0, UINT64_MAX },
	{ "18446744073709551615s", 0, UINT64_MAX },
	{ "18446744073709551615s1s", -ERANGE, 0 },
	{ "18446744073709551616", -ERANGE, 0 },
	{ "18446744073709551615w", -ERANGE, 0 },
	{ "99999999999999999999999999999999999999999999w1s", -ERANGE, 0 },
	{ "1h30", -EINVAL, 0 },
	{ "", -EINVAL, 0 },
	{ "h", -EINVAL, 0 },
	{ "-5", -EINVAL, 0 },
	{ "5x", -EINVAL, 0 },
	{ "5M", -EINVAL, 0 },
	{ "1h ", -EINVAL, 0 },
	{ "1h  1m", -EINVAL, 0 },
	{ "5 s", -EINVAL, 0 },
	{ "5ms", -EINVAL, 0 },
};

static void check_parser(const struct parse_case *c, size_t n, int (*parse)(const char *, uint64_t *))
{
	for (; n--; c++) {
		uint64_t v = UNTOUCHED;
		int rc = parse(c->text, &v);
		uint64_t want = c->rc ? UNTOUCHED : c->value;

		if (rc != c->rc || v != want)
			fail_msg("'%s': %d %llu, not %d %llu", c->text, rc, (unsigned long long)v, c->rc,
				 (unsigned long long)want);
	}
}

static void test_parse_size(void **state)
{
	check_parser(sizes, ARRAY_SIZE(sizes), units_parse_size);
}

static void test_parse_duration(void **state)
{
	check_parser(durations, ARRAY_SIZE(durations), units_parse_duration);
}

static void test_put_size(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{ 0, "0B" },
		{ 1, "1B" },
		{ 1023, "1023B" },
		{ 1024, "1K" },
		{ 1075, "1K" },
		{ 1076, "1.1K" },
		{ 1536, "1.5K" },
		{ 10188, "9.9K" },
		{ 10189, "10K" },
		{ 15872, "16K" },
		{ 64 * MIB, "64M" },
		{ GIB + GIB / 2, "1.5G" },
		{ MIB - 1, "1M" },
		{ 1023 * KIB + 511, "1023K" },
		{ 1023 * KIB + 512, "1M" },
		{ 9007199254740993ULL, "8P" },
		{ UINT64_MAX, "16E" },
	};

	FOR_EACH_CASE(c, cases) {
		struct buf out = BUF_INIT;

		units_put_size(&out, c->bytes, false);
		CHECK_TEXT(c->text, out.s, c->text);
		buf_reset(&out);
		units_put_size(&out, c->bytes, true);
		CHECK(c->text, strtoull(out.s, NULL, 10) == c->bytes);
		buf_release(&out);
	}
}

static void test_put_duration(void **state)
{
	static const struct {
		uint64_t seconds;
		const char *text;
	} cases[] = {
		{ 0, "0s" },
		{ 45, "45s" },
		{ 60, "1m" },
		{ 200, "3m 20s" },
		{ 3600, "1h" },
		{ 3659, "1h" },
		{ 3660, "1h 1m" },
		{ 2 * 86400 + 4 * 3600 + 59 * 60, "2d 4h" },
		{ 36 * 86400, "5w 1d" },
		{ 7 * 86400 + 3600, "1w" },
		{ UINT64_MAX, "30500568904943w" },
	};

	FOR_EACH_CASE(c, cases) {
		struct buf out = BUF_INIT;

		units_put_duration(&out, c->seconds);
		CHECK_TEXT(c->text, out.s, c->text);
		buf_release(&out);
	}
}

static void test_put_time(void **state)
{
	static const struct {
		int64_t t, now;
		enum time_format format;
		const char *zone, *text;
	} cases[] = {
		{ 1000, 1200, TIME_RELATIVE, "UTC", "3m 20s ago" },
		{ 1000, 1000, TIME_RELATIVE, "UTC", "0s ago" },
		{ 1005, 1000, TIME_RELATIVE, "UTC", "in 5s" },
		{ INT64_MIN, INT64_MAX, TIME_RELATIVE, "UTC", "30500568904943w ago" },
		{ INT64_MAX, INT64_MIN, TIME_RELATIVE, "UTC", "in 30500568904943w" },
		{ 1795541987, 0, TIME_ISO, "UTC", "2026-11-24T17:39:47+00:00" },
		{ 1795541987, 0, TIME_ISO, "XST-5:30", "2026-11-24T23:09:47+05:30" },
		{ 1795541987, 0, TIME_ISO, "XST3", "2026-11-24T14:39:47-03:00" },
		{ 0, 0, TIME_ISO, "UTC", "1970-01-01T00:00:00+00:00" },
		{ INT64_MAX, 0, TIME_ISO, "UTC", "9223372036854775807" },
		{ 1795541987, 0, TIME_EPOCH, "UTC", "1795541987" },
		{ -1, 0, TIME_EPOCH, "UTC", "-1" },
	};

	FOR_EACH_CASE(c, cases) {
		struct buf out = BUF_INIT;

		setenv("TZ", c->zone, 1);
		tzset();
		units_put_time(&out, c->t, c->now, c->format);
		CHECK_TEXT(c->text, out.s, c->text);
		buf_release(&out);
	}
}

static void test_parse_time_format(void **state)
{
	enum time_format format = TIME_EPOCH;

	assert_int_equal(units_parse_time_format("relative", &format), 0);
	assert_int_equal(format, TIME_RELATIVE);
	assert_int_equal(units_parse_time_format("iso", &format), 0);
	assert_int_equal(format, TIME_ISO);
	assert_int_equal(units_parse_time_format("epoch", &format), 0);
	assert_int_equal(format, TIME_EPOCH);
	assert_int_equal(units_parse_time_format("", &format), -EINVAL);
	assert_int_equal(units_parse_time_format("ISO", &format), -EINVAL);
	assert_int_equal(units_parse_time_format("isox", &format), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_size),
		cmocka_unit_test(test_parse_duration),
		cmocka_unit_test(test_put_size),
		cmocka_unit_test(test_put_duration),
		cmocka_unit_test(test_put_time),
		cmocka_unit_test(test_parse_time_format),
	};

	return cmocka_run_group_tests_name("units", tests, NULL, NULL);
}
