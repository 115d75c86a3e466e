/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What /proc/PID/stat and status tell of a pid. */
#include "unit.h"

#include "collect/pass.h"

/* What stands between the state and the end of interest, but for flags, threads and start. */
#define STAT(name, state, flags, threads, start)						\
	"41 (" name ") " state " 1 41 41 0 -1 " flags " 182 0 11 0 5 2 0 0 20 0 " threads " 0 "	\
	start " 2977792 310 18446744073709551615 1 1 0 0 0 0\n"

static const struct stat_case {
	const char *text;
	bool told;
	struct life_facts facts;
} stats[] = {
	{ STAT("cat", "R", "4194304", "1", "1264700"), true,
	  { .state = 'R', .flags = 4194304, .threads = 1, .start = 1264700 } },
	{ STAT("a b", "S", "1077936128", "12", "18446744073709551615"), true,
	  { .state = 'S', .flags = 1077936128, .threads = 12, .start = UINT64_MAX } },
	{ STAT(") Z 1 (", "Z", "4228108", "1", "7"), true,
	  { .state = 'Z', .flags = 4228108, .threads = 1, .start = 7 } },
	{ STAT("a\nb) R 1", "D", "0", "2", "0"), true, { .state = 'D', .threads = 2 } },
	{ "41 (cat) R 1 41 41 0 -1 4194304 182 0 11 0 5 2 0 0 20 0 1 0", false, { 0 } },
	{ "41 cat R 1", false, { 0 } },
	{ "", false, { 0 } },
};

static void test_stat(void **state)
{
	FOR_EACH_CASE(c, stats) {
		struct life_facts f = { 0 };
		bool told = life_parse_stat(c->text, &f);

		CHECK(c->text, told == c->told);
		CHECK(c->text, !told || !memcmp(&f, &c->facts, sizeof(f)));
	}
}

static const struct status_case {
	const char *text;
	bool told;
	uint64_t tgid;
} statuses[] = {
	{ "Name:\tcat\nUmask:\t0022\nState:\tR (running)\nTgid:\t41\nNgid:\t0\nPid:\t42\n", true, 41 },
	{ "Name:\tTgid:\t7\nState:\tR (running)\nTgid:\t41\n", true, 41 },
	{ "Name:\ta\\nTgid:\t7\nTgid:\t41\n", true, 41 },
	{ "Name:\tcat\nUmask:\t0022\n", false, 0 },
	{ "Name:\tcat\nTgid:\t", false, 0 },
	{ "", false, 0 },
};

static void test_status(void **state)
{
	FOR_EACH_CASE(c, statuses) {
		struct life_facts f = { 0 };
		bool told = life_parse_status(c->text, &f);

		CHECK(c->text, told == c->told);
		CHECK(c->text, !told || f.tgid == c->tgid);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stat),
		cmocka_unit_test(test_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
