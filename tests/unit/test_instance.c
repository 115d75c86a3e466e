/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Families, the second pass: what one thing of an instance says about the others.
 */
#include "judge.h"

#define SHM	KIND_SHM
#define FILE_	KIND_POSIX_SHM
#define SEM	KIND_POSIX_SEM

#define LIVE	.mappings = 1
#define NAMED	.family = UNSURE

static const struct instance_case {
	const char *what;
	struct thing things[4];		/* as many as there are verdicts */
	const char *verdicts[4];
	struct around around;
} cases[] = {
	{ "a live mate", { { FILE_, NAMED }, { FILE_, NAMED, LIVE } },
	  { "idle: family-live", "live: attached" } },
	{ "a live mate before it", { { FILE_, NAMED, LIVE }, { FILE_, NAMED } },
	  { "live: attached", "idle: family-live" } },
	{ "a live mate and two others",
	  { { FILE_, NAMED }, { FILE_, NAMED, .openers = 1 }, { FILE_, NAMED } },
	  { "idle: family-live", "live: open", "idle: family-live" } },
	{ "segments", { { SHM, NAMED }, { SHM, NAMED, .nattch = 1 } },
	  { "idle: family-live", "live: attached" } },
	{ "segment and semaphore of one row", { { FILE_, NAMED }, { SEM, NAMED, LIVE } },
	  { "idle: family-live", "live: attached" } },
	{ "a mate used unseen", { { FILE_, NAMED }, { FILE_, NAMED, .lease = REFUSED } },
	  { "idle: family-live", "live: in-use-unseen" } },
	{ "a mate locked", { { FILE_, NAMED }, { FILE_, NAMED, .locked = true } },
	  { "idle: family-live", "live: locked" } },
	{ "held family, a live mate", { { FILE_, .family = HELD }, { FILE_, .family = HELD, LIVE } },
	  { "idle: family-live", "live: attached" } },

	{ "a mate idle by its creator", { { SHM, NAMED }, { SHM, NAMED, .creator = OLD } },
	  { "idle: family-live", "idle: creator-alive" } },
	{ "a mate idle by its last user", { { SHM, NAMED }, { SHM, NAMED, .last = OLD } },
	  { "idle: family-live", "idle: last-user-alive" } },
	{ "a mate idle by the name's pid",
	  { { FILE_, NAMED, .family_pid = GONE }, { FILE_, NAMED, .family_pid = OLD } },
	  { "idle: family-live", "idle: family-pid-alive" } },

	/* idle for other reasons says nothing about the others */
	{ "a mate on the keep list", { { FILE_, NAMED }, { FILE_, NAMED, .kept = true } },
	  { "stale: abandoned", "idle: kept" } },
	{ "a mate too young", { { FILE_, NAMED }, { FILE_, NAMED, .age = MINUTE } },
	  { "stale: abandoned", "idle: young" } },
	{ "a mate empty", { { FILE_, NAMED }, { FILE_, NAMED, .empty = true } },
	  { "stale: abandoned", "idle: zero-length" } },
	{ "a mate settling", { { FILE_, NAMED }, { FILE_, NAMED, .age = HOUR } },
	  { "stale: abandoned", "idle: settling" } },
	{ "a mate in a subfolder", { { FILE_, NAMED }, { FILE_, NAMED, .subfolder = true } },
	  { "stale: abandoned", "idle: not-posix-shm" } },
	{ "stale mates", { { FILE_, NAMED }, { FILE_, NAMED } },
	  { "stale: abandoned", "stale: abandoned" } },
	{ "orphans all", { { FILE_, .family = HELD }, { FILE_, .family = HELD } },
	  { "stale: family-orphan", "stale: family-orphan" } },

	{ "an unknown mate", { { FILE_, NAMED }, { FILE_, NAMED, .lease = NO_ANSWER } },
	  { "unknown: family-unknown", "unknown: no-lease" } },
	{ "an unknown mate of an orphan",
	  { { FILE_, .family = HELD }, { FILE_, .family = HELD, .lease = NO_ANSWER, .unread = true } },
	  { "unknown: family-unknown", "unknown: holders-unreadable no-lease" } },
	{ "a mate with a hidden creator", { { SHM, NAMED }, { SHM, NAMED, .creator = HIDDEN } },
	  { "unknown: family-unknown", "unknown: creator-hidden" } },
	{ "two with hidden creators",
	  { { SHM, NAMED, .creator = HIDDEN }, { SHM, NAMED, .last = HIDDEN } },
	  { "unknown: family-unknown", "unknown: family-unknown" } },
	{ "a mate under an unsteady clock", { { SHM, NAMED }, { SHM, NAMED, .creator = OLD } },
	  { "unknown: family-unknown", "unknown: clock-unsteady" }, { .unsteady = true } },
	{ "both unproven",
	  { { FILE_, NAMED, .lease = NO_ANSWER }, { FILE_, NAMED, .lease = NO_ANSWER } },
	  { "unknown: no-lease", "unknown: no-lease" } },
	{ "one live, one unknown",
	  { { FILE_, NAMED }, { FILE_, NAMED, .lease = NO_ANSWER }, { FILE_, NAMED, LIVE } },
	  { "idle: family-live", "unknown: no-lease", "live: attached" } },
	{ "a hidden creator, a live mate",
	  { { SHM, NAMED, .creator = HIDDEN }, { SHM, NAMED, .nattch = 1 } },
	  { "idle: family-live", "live: attached" } },

	/* earlier rules stand */
	{ "kept, a live mate", { { FILE_, NAMED, .kept = true }, { FILE_, NAMED, LIVE } },
	  { "idle: kept", "live: attached" } },
	{ "kept family, a live mate", { { FILE_, .family = KEPT }, { FILE_, .family = KEPT, LIVE } },
	  { "idle: kept-family", "live: attached" } },
	{ "creator alive, a live mate", { { SHM, NAMED, .creator = OLD }, { SHM, NAMED, .nattch = 1 } },
	  { "idle: creator-alive", "live: attached" } },
	{ "young, a live mate", { { FILE_, NAMED, .age = MINUTE }, { FILE_, NAMED, LIVE } },
	  { "idle: family-live", "live: attached" } },
	{ "owner gone, a live mate",
	  { { FILE_, NAMED, .uid = DEPARTED_USER }, { FILE_, NAMED, .uid = DEPARTED_USER, LIVE } },
	  { "idle: family-live", "live: attached" } },
	{ "--older-than 0, a live mate", { { FILE_, NAMED }, { FILE_, NAMED, LIVE } },
	  { "idle: family-live", "live: attached" }, { .older_than_set = true } },

	/* not the same instance */
	{ "another instance", { { FILE_, NAMED }, { FILE_, NAMED, .instance = 'b', LIVE } },
	  { "stale: abandoned", "live: attached" } },
	{ "another instance of segments",
	  { { SHM, NAMED }, { SHM, NAMED, .instance = 'b', .nattch = 1 } },
	  { "stale: abandoned", "live: attached" } },
	{ "another row", { { FILE_, .family = UNSURE }, { FILE_, .family = HELD, LIVE } },
	  { "stale: abandoned", "live: attached" } },
	{ "another user", { { FILE_, NAMED }, { FILE_, NAMED, .uid = 1001, LIVE } },
	  { "stale: abandoned", "live: attached" } },
	{ "another file system", { { FILE_, NAMED }, { FILE_, NAMED, .other_device = true, LIVE } },
	  { "stale: abandoned", "live: attached" } },
	{ "another instance unknown",
	  { { FILE_, NAMED }, { FILE_, NAMED, .instance = 'b', .lease = NO_ANSWER } },
	  { "stale: abandoned", "unknown: no-lease" } },
	{ "another user unknown",
	  { { FILE_, NAMED }, { FILE_, NAMED, .uid = 1001, .lease = NO_ANSWER } },
	  { "stale: abandoned", "unknown: no-lease" } },
	{ "no family at all",
	  { { FILE_ }, { FILE_, LIVE } }, { "stale: abandoned", "live: attached" } },
	{ "two instances, crossed",
	  { { FILE_, NAMED, .instance = 'b' }, { FILE_, NAMED, LIVE }, { FILE_, NAMED },
	    { FILE_, NAMED, .instance = 'b', .lease = NO_ANSWER } },
	  { "unknown: family-unknown", "live: attached", "idle: family-live", "unknown: no-lease" } },
	{ "another pid in the name is the same instance",
	  { { FILE_, NAMED, .family_pid = GONE }, { FILE_, NAMED, .family_pid = REUSED, LIVE } },
	  { "idle: family-live", "live: attached" } },
	{ "a pid alive elsewhere",
	  { { FILE_, NAMED, .family_pid = GONE }, { FILE_, NAMED, .family_pid = OLD, .uid = 1001 } },
	  { "stale: abandoned", "idle: family-pid-alive" } },
};

static void check_order(const struct instance_case *c, unsigned int n, bool backwards)
{
	struct world w;

	world_begin(&w);
	for (unsigned int i = 0; i < n; i++)
		world_add(&w, &c->things[backwards ? n - 1 - i : i]);
	world_judge(&w, &c->around);
	for (unsigned int i = 0; i < n; i++) {
		const char *got = world_verdict(&w, backwards ? n - 1 - i : i);

		if (strcmp(got, c->verdicts[i]))
			fail_msg("%s%s: thing %u is '%s', not '%s'", c->what,
				 backwards ? ", backwards" : "", i, got, c->verdicts[i]);
	}
	world_end(&w);
}

/* In what order things stand in the snapshot does not matter. */
static void test_instances(void **state)
{
	FOR_EACH_CASE(c, cases) {
		unsigned int n = 0;

		while (n < ARRAY_SIZE(c->verdicts) && c->verdicts[n])
			n++;
		check_order(c, n, false);
		check_order(c, n, true);
	}
}

/* Captured by nothing, all of a user's on a file system are one instance. */
static void test_row_without_an_instance(void **state)
{
	struct world w;
	const char *paths[] = { "/dev/shm/plain-1", "/dev/shm/plain-2" };

	world_begin(&w);
	policy_free(w.policy);
	w.policy = policy_new();
	if (policy_add_text(w.policy, "test", "family Plain plain-[0-9] unsure\n", &w.text))
		fail_msg("%s", w.text.s);
	assert_int_equal(policy_ready(w.policy, &w.text), 0);
	for (unsigned int i = 0; i < 2; i++) {
		struct object *o = snapshot_object(w.s, world_add(&w, &(struct thing){ FILE_ }));

		FACT_SET(o, path, paths[i]);
		lifecycle_family(w.s, o, w.policy);
		assert_true(FACT_KNOWN(o, family));
		assert_string_equal(o->family, "Plain");
	}
	snapshot_object(w.s, 1)->mappings = 1;
	world_judge(&w, &(struct around){});
	assert_string_equal(world_verdict(&w, 0), "idle: family-live");
	assert_string_equal(world_verdict(&w, 1), "live: attached");
	world_end(&w);
}

/* The name of the family is a fact of its own, whatever the verdict. */
static void test_family_is_told(void **state)
{
	static const struct { struct thing thing; const char *family; } rows[] = {
		{ { SHM, .family = HELD }, "Held" }, { { SHM }, NULL },
		{ { FILE_, .family = UNSURE, LIVE }, "Unsure" }, { { FILE_ }, NULL },
		{ { FILE_, .family = KEPT, .subfolder = true }, "Kept" },
		{ { SEM, .family = KEPT }, "Kept" }, { { KIND_FILE, .family = HELD, LIVE }, "Held" },
		{ { KIND_MEMFD, .family = HELD, LIVE }, NULL },
	};
	FOR_EACH_CASE(c, rows) {
		struct world w;
		const struct object *o;

		world_begin(&w);
		judge(&w, &c->thing, &(struct around){});
		o = snapshot_object(w.s, 0);
		CHECK(kinds[c->thing.kind].name, FACT_KNOWN(o, family) == (c->family != NULL));
		if (c->family)
			assert_string_equal(o->family, c->family);
		world_end(&w);
	}
}

static void test_empty_snapshot(void **state)
{
	struct world w;

	world_begin(&w);
	world_judge(&w, &(struct around){});
	assert_int_equal(snapshot_count(w.s, CLASS_OBJECT), 0);
	assert_int_equal(snapshot_count(w.s, CLASS_REASON), 0);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_instances),
		cmocka_unit_test(test_row_without_an_instance),
		cmocka_unit_test(test_family_is_told),
		cmocka_unit_test(test_empty_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
