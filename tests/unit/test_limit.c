/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How near limits are, with numbers of 64 bits, and when they are full. */
#include "ipctop/limit.h"

#include "unit.h"

static const struct {
	const char *name;
	uint64_t used, limit, percent;
} percents[] = {
	{ "nothing of something", 0, 4096, 0 },
	{ "less than one of a hundred", 40, 4096, 0 },
	{ "all but one", 4095, 4096, 99 },
	{ "all", 4096, 4096, 100 },
	{ "more than there may be: it was lowered", 12288, 4096, 300 },
	{ "of a limit of 0 nothing is left", 0, 0, 100 },
	{ "ULONG_MAX of ULONG_MAX", UINT64_MAX, UINT64_MAX, 100 },
	{ "half of ULONG_MAX", UINT64_MAX / 2 + 1, UINT64_MAX, 50 },
	{ "2^52 pages of 2^52", 1ULL << 52, 1ULL << 52, 100 },
	{ "far beyond what it was lowered to", UINT64_MAX, 1, UINT64_MAX },
};

static void percent_of_64_bits(void **state)
{
	FOR_EACH_CASE(c, percents)
		CHECK(c->name, limit_percent(c->used, c->limit) == c->percent);
}

static void thresholds_are_rounded_up(void **state)
{
	assert_true(limit_part(4096, 80) == 3277);
	assert_true(limit_part(3, 90) == 3);
	assert_true(limit_part(10, 80) == 8);
	assert_true(limit_part(0, 80) == 0);
	assert_true(limit_part(UINT64_MAX, 100) == UINT64_MAX);
	assert_true(limit_part(UINT64_MAX, 80) == 14757395258967641292ULL);
}

static const struct {
	const char *name;
	uint64_t free, grown, ms, in_a_day, full_in;
} growths[] = {
	{ "one a second", 3600, 1, 1000, 86400, 3600 },
	{ "one a day is not none", 10, 1, 86400000, 1, 864000 },
	{ "full already", 0, 5, 1000, 432000, 0 },
	{ "in less than a second", 1, 1000, 1000, 86400000, 0 },
	{ "all bytes that there are, in a millisecond", UINT64_MAX, UINT64_MAX, 1, UINT64_MAX, 0 },
	{ "never, as good as", UINT64_MAX, 1, UINT64_MAX, 0, UINT64_MAX },
};

static void growth_of_64_bits(void **state)
{
	FOR_EACH_CASE(c, growths) {
		CHECK(c->name, limit_rate(c->grown, c->ms, 86400) == c->in_a_day);
		CHECK(c->name, limit_full_in(c->free, c->grown, c->ms) == c->full_in);
	}
}

static struct snapshot *reading(int64_t time, const char *boot, uint64_t segments, uint64_t pages)
{
	struct snapshot *s = snapshot_new();
	struct limits *l = snapshot_add(s, CLASS_LIMITS);
	struct document *doc = snapshot_document(s);

	FACT_SET(doc, time, time);
	FACT_SET(doc, boot_id, boot);
	FACT_SET(doc, ipc_ns, 7);
	FACT_SET(l, shmmni, 4096);
	FACT_SET(l, segments, segments);
	FACT_SET(l, shmall, 1000000);
	FACT_SET(l, pages, pages);
	FACT_SET(l, semmni, 0);
	FACT_UNKNOWN(l, semaphore_sets);
	FACT_UNKNOWN(l, rlimit_msgqueue);
	limit_rows(s);
	return s;
}

static const struct limit *row(const struct snapshot *s, const char *name)
{
	for (uint32_t i = 0; i < snapshot_count(s, CLASS_LIMIT); i++) {
		const struct limit *l = snapshot_row(s, CLASS_LIMIT, i);

		if (!strcmp(l->name, name))
			return l;
	}
	fail_msg("no row %s", name);
	return NULL;
}

static void rows_tell_what_is_known(void **state)
{
	struct snapshot *s = reading(1000, "boot", 4000, 1000);

	assert_string_equal(limit_first(s)->name, "shmmni");
	assert_true(row(s, "shmmni")->free == 96 && row(s, "shmmni")->percent == 97);
	assert_true(limit_is_unread(row(s, "semmni")) && !limit_is_counted(row(s, "semmni")));
	assert_true(FACT_KNOWN(row(s, "semmni"), limit));
	assert_true(limit_is_unread(row(s, "rlimit_msgqueue")));
	/* nobody can count those, which is nothing that went wrong */
	assert_false(limit_is_unread(row(s, "rlimit_memlock")));
	assert_true(FACT_IS_UNKNOWN(row(s, "rlimit_memlock"), used));
	/* of a kernel without them */
	assert_false(limit_is_unread(row(s, "msgmni")) || limit_is_counted(row(s, "msgmni")));
	snapshot_free(s);
}

static void the_fastest_is_first_not_the_nearest(void **state)
{
	struct snapshot *before = reading(1000, "boot", 3999, 1000), *s = reading(11000, "boot", 4000, 900000);
	struct buf error = BUF_INIT;

	assert_int_equal(limit_growth(s, before, &error), 0);
	assert_string_equal(limit_first(s)->name, "shmall");
	assert_true(row(s, "shmall")->full_in == 1);
	assert_true(row(s, "shmmni")->growth == 8640 && row(s, "shmmni")->full_in == 960);
	snapshot_free(s);
	/* what shrinks is never full */
	s = reading(11000, "boot", 3998, 1000);
	assert_int_equal(limit_growth(s, before, &error), 0);
	assert_null(limit_first(s));
	assert_false(FACT_KNOWN(row(s, "shmmni"), growth) || FACT_KNOWN(row(s, "shmall"), full_in));
	buf_release(&error);
	snapshot_free(before);
	snapshot_free(s);
}

static void what_cannot_be_compared_is_said(void **state)
{
	struct snapshot *s = reading(11000, "boot", 1, 1);
	struct snapshot *others[] = { reading(1000, "another", 1, 1), reading(11000, "boot", 1, 1),
				      reading(1000, "boot", 1, 1) };

	FACT_SET(snapshot_document(others[2]), ipc_ns, 8);
	for (unsigned int i = 0; i < ARRAY_SIZE(others); i++) {
		struct buf error = BUF_INIT;

		assert_int_equal(limit_growth(s, others[i], &error), -22);
		assert_true(error.len > 0);
		buf_release(&error);
		snapshot_free(others[i]);
	}
	snapshot_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(percent_of_64_bits),
		cmocka_unit_test(thresholds_are_rounded_up),
		cmocka_unit_test(growth_of_64_bits),
		cmocka_unit_test(rows_tell_what_is_known),
		cmocka_unit_test(the_fastest_is_first_not_the_nearest),
		cmocka_unit_test(what_cannot_be_compared_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
