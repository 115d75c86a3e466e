/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pid, judged. */
#include "judge.h"

/* Second 395,000 of the boot clock, as all things here were made. */
#define WHEN	(BOOT + 395000)
#define AT_MS(ms) .exists = true, .has_start = true, .start = 395000000 + (ms)

static const char *const life_names[] = {
	[LIFE_UNKNOWN] = "unknown", [LIFE_ALIVE] = "alive", [LIFE_GONE] = "gone",
};

static const struct pid_case {
	const char *what;
	struct pid_fact fact;
	bool unsteady, timeless;
	int64_t when;			/* 0: WHEN */
	enum life life;
} cases[] = {
	{ "ESRCH", {}, .life = LIFE_GONE },
	{ "ESRCH under an unsteady clock", {}, .unsteady = true, .life = LIFE_GONE },
	{ "ESRCH, no time known", {}, .timeless = true, .life = LIFE_GONE },
	{ "a thread's number", { AT_MS(-9000), .is_thread = true }, .life = LIFE_GONE },
	{ "a thread's number, unsteady", { AT_MS(-9000), .is_thread = true }, true, .life = LIFE_GONE },
	{ "zombie with one thread", { AT_MS(-9000), .is_dead_zombie = true }, .life = LIFE_GONE },
	{ "zombie, unsteady", { AT_MS(-9000), .is_dead_zombie = true }, true, .life = LIFE_GONE },
	{ "our own", { AT_MS(-9000), .is_self = true }, .life = LIFE_GONE },
	{ "our own, unsteady", { AT_MS(-9000), .is_self = true }, true, .life = LIFE_GONE },

	{ "started long before", { AT_MS(-300000000) }, .life = LIFE_ALIVE },
	{ "started in the same second", { AT_MS(900) }, .life = LIFE_ALIVE },
	{ "10 ms within the slack", { AT_MS(1990) }, .life = LIFE_ALIVE },
	{ "at the slack", { AT_MS(2000) }, .life = LIFE_ALIVE },
	{ "10 ms beyond the slack", { AT_MS(2010) }, .life = LIFE_GONE },
	{ "started long after", { AT_MS(300000000) }, .life = LIFE_GONE },
	{ "pid 1, started at boot",
	  { .exists = true, .has_start = true, .start = 0 }, .life = LIFE_ALIVE },

	{ "exists, unsteady", { AT_MS(-9000) }, .unsteady = true, .life = LIFE_UNKNOWN },
	{ "started after, unsteady", { AT_MS(9000) }, .unsteady = true, .life = LIFE_UNKNOWN },
	{ "exists, no time known", { AT_MS(-9000) }, .timeless = true, .life = LIFE_UNKNOWN },
	{ "exists, no start known", { .exists = true }, .life = LIFE_UNKNOWN },

	{ "at boot",
	  { .exists = true, .has_start = true, .start = 10 }, .when = BOOT, .life = LIFE_ALIVE },
	{ "a second before boot", { .exists = true, .has_start = true, .start = 10 }, .when = BOOT - 1,
	  .life = LIFE_UNKNOWN },
	{ "in 1970: a clock that was set later", { AT_MS(0) }, .when = 1000, .life = LIFE_UNKNOWN },
	{ "before the epoch", { AT_MS(0) }, .when = -1000, .life = LIFE_UNKNOWN },
	{ "now", { AT_MS(0) }, .when = NOW, .life = LIFE_ALIVE },
	{ "2 s ahead", { AT_MS(0) }, .when = NOW + 2, .life = LIFE_ALIVE },
	{ "3 s ahead", { AT_MS(0) }, .when = NOW + 3, .life = LIFE_UNKNOWN },
	{ "hours ahead: a clock set back", { AT_MS(0) }, .when = NOW + 7 * HOUR, .life = LIFE_UNKNOWN },
	{ "before boot, but ESRCH", {}, .when = BOOT - 1, .life = LIFE_GONE },
	{ "ahead, but ESRCH", {}, .when = NOW + HOUR, .life = LIFE_GONE },
};

static void check_life(const char *what, enum life got, enum life want)
{
	CHECK_TEXT(what, life_names[got], life_names[want]);
}

static void test_pid(void **state)
{
	struct scene scene = { .now = NOW * 1000, .boot = UPTIME * 1000, .npids = 1 };

	FOR_EACH_CASE(c, cases) {
		struct pid_fact fact = c->fact;

		fact.pid = 4711;
		scene.pids = &fact;
		scene.steady = !c->unsteady;
		check_life(c->what, pid_judge(&scene, 4711, !c->timeless, c->when ? c->when : WHEN),
			   c->life);
	}
}

/* The same moment and the same start, but another boot: the boot clock decides. */
static void test_boot_clock(void **state)
{
	struct pid_fact fact = { .pid = 7, .exists = true, .has_start = true, .start = 40000000 };
	struct scene scene = { .now = NOW * 1000, .steady = true, .pids = &fact, .npids = 1 };

	static const struct { const char *what; int64_t up_ms, ago; enum life life; } rows[] = {
		{ "started at the time", 50000000, 10000, LIFE_ALIVE },
		{ "3 s before", 50000000, 10003, LIFE_GONE },
		{ "2 s before", 50000000, 10002, LIFE_ALIVE },
		{ "booted a second earlier", 50001000, 10003, LIFE_ALIVE },
		{ "booted half a second earlier", 50000500, 10003, LIFE_GONE },
		{ "booted a second later", 49999000, 10002, LIFE_GONE },
		{ "booted long before", 500000000, 10000, LIFE_ALIVE },
	};
	FOR_EACH_CASE(c, rows) {
		scene.boot = c->up_ms;
		check_life(c->what, pid_judge(&scene, 7, true, NOW - c->ago), c->life);
	}
}

/* The pass did not begin at a whole second, times of files are floored to one. */
static void test_fractions(void **state)
{
	struct pid_fact fact = { .pid = 7, .exists = true, .has_start = true, .start = 100 };
	struct scene scene = { .now = NOW * 1000 + 700, .boot = UPTIME * 1000 + 100, .steady = true,
			       .pids = &fact, .npids = 1 };

	/* booted at BOOT + 0.6 s: what happened 0.3 s later bears the time BOOT */
	check_life("in the second of boot", pid_judge(&scene, 7, true, BOOT), LIFE_ALIVE);
	check_life("in the second before", pid_judge(&scene, 7, true, BOOT - 1), LIFE_UNKNOWN);
	check_life("2 s ahead", pid_judge(&scene, 7, true, NOW + 2), LIFE_ALIVE);
	check_life("3 s ahead", pid_judge(&scene, 7, true, NOW + 3), LIFE_UNKNOWN);
	fact.start = 9400 + 2000;
	check_life("at the slack", pid_judge(&scene, 7, true, BOOT + 10), LIFE_ALIVE);
	fact.start += 10;
	check_life("beyond the slack", pid_judge(&scene, 7, true, BOOT + 10), LIFE_GONE);
}

static void test_pid_among_many(void **state)
{
	struct world w;
	struct scene scene;

	static const struct { const char *what; uint64_t pid; enum life life; } rows[] = {
		{ "0: of another pid namespace", 0, LIFE_UNKNOWN },
		{ "the first", OLD, LIFE_ALIVE },
		{ "the last", VEILED, LIFE_UNKNOWN },
		{ "in between", GONE, LIFE_GONE },
		{ "reused", REUSED, LIFE_GONE },
		{ "below all", 1, LIFE_UNKNOWN },
		{ "above all", UNLISTED, LIFE_UNKNOWN },
		{ "between two", 450, LIFE_UNKNOWN },
		{ "beyond 32 bits", (1ULL << 32) + OLD, LIFE_UNKNOWN },
	};
	world_begin(&w);
	scene = world_scene(&w, &(struct around){});
	FOR_EACH_CASE(c, rows)
		check_life(c->what, pid_judge(&scene, c->pid, true, WHEN), c->life);
	scene.npids = 0;
	check_life("no list", pid_judge(&scene, OLD, true, WHEN), LIFE_UNKNOWN);
	world_end(&w);
}

/* Pid 0 is nobody, even if a list should have it. */
static void test_pid_zero(void **state)
{
	struct pid_fact facts[] = { { .pid = 0 }, { .pid = 1, .exists = true, .has_start = true } };
	struct scene scene = { .now = NOW * 1000, .boot = UPTIME * 1000, .steady = true,
			       .pids = facts, .npids = 2 };

	check_life("0", pid_judge(&scene, 0, true, WHEN), LIFE_UNKNOWN);
	check_life("1", pid_judge(&scene, 1, true, WHEN), LIFE_ALIVE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pid),
		cmocka_unit_test(test_boot_clock),
		cmocka_unit_test(test_fractions),
		cmocka_unit_test(test_pid_among_many),
		cmocka_unit_test(test_pid_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
