/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reasons: their codes, their order, their sentences. */
#include "judge.h"

#define SHM	KIND_SHM
#define FILE_	KIND_POSIX_SHM
#define SEM	KIND_POSIX_SEM

/* In the order of the rules, as scripts know them. */
static const char *const codes[] = {
	"attached", "open", "locked", "waiters", "mounted", "in-use-unseen",
	"kept", "kept-family",
	"holders-unreadable", "no-lease",
	"creator-alive", "last-user-alive", "family-pid-alive",
	"family-live", "family-unknown",
	"zero-length", "future-time", "young",
	"owner-gone",
	"family-orphan",
	"messages", "no-count", "not-posix-shm",
	"creator-hidden", "clock-unsteady",
	"settling",
	"abandoned",
};
_Static_assert(ARRAY_SIZE(codes) == NR_REASONS, "a reason without its code here");

static void test_codes(void **state)
{
	for (unsigned int i = 0; i < NR_REASONS; i++) {
		assert_string_equal(reason_infos[i].code, codes[i]);
		assert_non_null(reason_infos[i].meaning);
		assert_true(strlen(reason_infos[i].meaning) > 10);
		assert_null(strchr(reason_infos[i].meaning, '\n'));
	}
}

/* What a sentence must say; several parts in the order in which they stand. */
static const struct sentence_case {
	const char *code;
	struct thing thing;
	const char *parts[5];
	struct around around;
} cases[] = {
	{ "attached", { SHM, .nattch = 2, .mappings = 2 }, { "2 mappings in 1 process" } },
	{ "attached", { SHM, .nattch = 1, .mappings = 1 }, { "1 mapping in 1 process" } },
	{ "attached", { SHM, .nattch = 5, .mappings = 2 }, { "5 ", "2 seen in 1 process" } },
	{ "attached", { FILE_, .mappings = 1 }, { "1 mapping in 1 process" } },
	{ "open", { FILE_, .openers = 1 }, { "open in 1 process" } },
	{ "open", { FILE_, .openers = 3 }, { "open in 3 processes" } },
	{ "locked", { FILE_, .locked = true }, { "lock" } },
	{ "waiters", { SEM, .waiters = true }, { "wait" } },
	{ "waiters", { KIND_SEM, .waiters = true }, { "1 process waits in it" } },
	{ "mounted", { FILE_, .mounted = true }, { "mount" } },
	{ "in-use-unseen", { FILE_, .lease = REFUSED }, { "kernel", "see" } },
	{ "kept", { SHM, .kept = true }, { "keep list" } },
	{ "kept-family", { FILE_, .family = KEPT }, { "Kept", "on purpose" } },
	{ "holders-unreadable", { SHM, .nattch_unknown = true }, { "could be read" } },
	{ "no-lease", { FILE_, .lease = NO_ANSWER }, { "no answer" } },
	{ "creator-alive", { SHM, .creator = OLD }, { "creator", "100", "alive" } },
	{ "last-user-alive", { SHM, .last = OLD }, { "last user", "100", "alive" } },
	{ "family-pid-alive", { FILE_, .family = UNSURE, .family_pid = OLD },
	  { "100", "name", "alive" } },
	{ "family-live", { FILE_, .family = UNSURE, .mates = MATE_LIVE }, { "Unsure", "in use" } },
	{ "family-unknown", { FILE_, .family = UNSURE, .mates = MATE_UNKNOWN }, { "Unsure",
	  "unknown" } },
	{ "zero-length", { FILE_, .empty = true }, { "empty" } },
	{ "future-time", { FILE_, .future = HOUR }, { "future" } },
	{ "young", { FILE_, .age = 200 }, { "3m 20s ago", "grace", "10m" } },
	{ "young", { FILE_, .age = 200 }, { "3m 20s ago", "grace", "2h" },
	  { .older_than_set = true, .older_than = 2 * HOUR } },
	{ "young", { SHM, .never = true, .age = 200 }, { "last changed 3m 20s ago" } },
	{ "owner-gone", { FILE_, .uid = DEPARTED_USER }, { "owner", "4242", "no process" } },
	{ "family-orphan", { FILE_, .family = HELD }, { "Held", "nobody" } },
	{ "last-user-alive", { KIND_SEM, .last = OLD }, { "last users", "alive" } },
	{ "last-user-alive", { KIND_MSG, .last = OLD }, { "last receiver", "alive" } },
	{ "messages", { KIND_MSG, .messages = 1 }, { "1 message in it" } },
	{ "messages", { KIND_MSG, .messages = 7 }, { "7 messages in it" } },
	{ "no-count", { KIND_SEM }, { "does not count" } },
	{ "not-posix-shm", { FILE_, .links = 2 }, { "links" } },
	{ "not-posix-shm", { FILE_, .subfolder = true }, { "subfolder" } },
	{ "creator-hidden", { SHM, .creator = HIDDEN }, { "creator or last user", "not to be seen" } },
	{ "clock-unsteady", { SHM, .creator = OLD }, { "number", "same" }, { .unsteady = true } },
	{ "settling", { FILE_, .age = 2 * HOUR }, { "nobody holds it", "2h", "long grace", "2d" } },
	{ "settling", { SHM, .never = true, .age = 2 * HOUR }, { "last changed 2h" } },
	{ "abandoned", { SHM, .never = true }, { "creator 200 is gone", "last changed 1w ago" } },
	{ "abandoned", { SHM }, { "nobody holds it", "creator 200 is gone", "1w", "ago" } },
	{ "abandoned", { SHM, .last = ZOMBIE }, { "creator 200 is gone", "last user 400 is gone" } },
	{ "abandoned", { FILE_ }, { "nobody holds it", "1w", "ago" } },
};

static const struct reason *find_reason(const struct world *w, uint32_t i, const char *code)
{
	const struct object *o = snapshot_object(w->s, i);

	for (uint32_t n = 0; n < o->reasons.count; n++) {
		const struct reason *r = snapshot_row(w->s, CLASS_REASON, o->reasons.first + n);

		if (!strcmp(r->code, code))
			return r;
	}
	return NULL;
}

static void check_sentence(const char *text, const struct sentence_case *c)
{
	const char *at = text;

	if (!*text || strchr(text, '\n') || text[strlen(text) - 1] == '.')
		fail_msg("%s: not a bare sentence: '%s'", c->code, text);
	for (unsigned int i = 0; i < ARRAY_SIZE(c->parts) && c->parts[i]; i++) {
		at = strstr(at, c->parts[i]);
		if (!at)
			fail_msg("%s: '%s' is not told in '%s'", c->code, c->parts[i], text);
		at += strlen(c->parts[i]);
	}
}

static void test_sentences(void **state)
{
	bool told[NR_REASONS] = { 0 };

	FOR_EACH_CASE(c, cases) {
		struct world w;
		const struct reason *r;

		world_begin(&w);
		judge(&w, &c->thing, &c->around);
		r = find_reason(&w, 0, c->code);
		if (!r)
			fail_msg("%s: not among '%s'", c->code, world_verdict(&w, 0));
		check_sentence(r->text, c);
		for (unsigned int i = 0; i < NR_REASONS; i++)
			told[i] |= !strcmp(codes[i], c->code);
		world_end(&w);
	}
	for (unsigned int i = 0; i < NR_REASONS; i++)
		CHECK(codes[i], told[i]);
}

/* "Its last user" is said once when it is the creator. */
static void test_abandoned_says_a_pid_once(void **state)
{
	struct world w;

	world_begin(&w);
	judge(&w, &(struct thing){ SHM }, &(struct around){});
	assert_null(strstr(find_reason(&w, 0, "abandoned")->text, "last user"));
	world_end(&w);
}

/* A pid that exists, but as somebody else's, is not called alive anywhere. */
static void test_abandoned_is_not_alive(void **state)
{
	struct world w;

	world_begin(&w);
	judge(&w, &(struct thing){ SHM, .creator = REUSED, .last = THREAD }, &(struct around){});
	assert_string_equal(world_verdict(&w, 0), "stale: abandoned");
	assert_null(strstr(find_reason(&w, 0, "abandoned")->text, "alive"));
	world_end(&w);
}

/* All of the deciding rule, in the order of the codes, and those of no other. */
static void test_all_reasons_of_the_deciding_rule(void **state)
{
	static const struct { struct thing thing; const char *verdict; struct around around; } rows[] = {
		{ { FILE_, .mounted = true, .locked = true, .mappings = 1, .kept = true },
		  "live: attached locked mounted" },
		{ { FILE_, .family = KEPT, .kept = true, .lease = NO_ANSWER }, "idle: kept kept-family" },
		{ { FILE_, .lease = NO_ANSWER, .unread = true, .empty = true },
		  "unknown: holders-unreadable no-lease" },
		{ { SHM, .creator = OLD, .last = OLD, .age = MINUTE }, "idle: creator-alive last-user-alive" },
		{ { FILE_, .empty = true, .age = MINUTE, .uid = DEPARTED_USER }, "idle: zero-length young" },
		{ { SHM, .creator = OLD, .last = HIDDEN, .age = HOUR }, "unknown: creator-hidden clock-unsteady",
		  { .unsteady = true } },
	};
	FOR_EACH_CASE(c, rows) {
		struct world w;

		world_begin(&w);
		CHECK_TEXT(c->verdict, judge(&w, &c->thing, &c->around), c->verdict);
		world_end(&w);
	}
}

/* The second pass takes the place of what the first one thought. */
static void test_family_leaves_no_trace_of_the_first_pass(void **state)
{
	struct world w;
	const struct object *o;

	world_begin(&w);
	judge(&w, &(struct thing){ SHM, .family = HELD, .mates = MATE_LIVE }, &(struct around){});
	o = snapshot_object(w.s, 0);
	assert_string_equal(world_verdict(&w, 0), "idle: family-live");
	assert_int_equal(o->evidence.rule, 5);
	assert_int_equal(o->reasons.count, 1);
	world_end(&w);
}

static void test_without_reasons(void **state)
{
	struct world w;
	struct scene scene;

	world_begin(&w);
	world_add(&w, &(struct thing){ SHM });
	world_add(&w, &(struct thing){ FILE_, .openers = 1 });
	scene = world_scene(&w, &(struct around){});
	lifecycle_judge(w.s, &scene, false);
	assert_string_equal(world_verdict(&w, 0), "stale:");
	assert_string_equal(world_verdict(&w, 1), "live:");
	assert_int_equal(snapshot_count(w.s, CLASS_REASON), 0);
	world_end(&w);
}

/* Each object has its own, whatever stands between. */
static void test_reasons_of_many(void **state)
{
	struct world w;

	world_begin(&w);
	for (unsigned int i = 0; i < 300; i++)
		world_add(&w, &(struct thing){ FILE_, .openers = i % 3, .mappings = i % 2 });
	world_judge(&w, &(struct around){});
	for (unsigned int i = 0; i < 300; i++) {
		bool mapped = i % 2, open = i % 3;

		assert_string_equal(world_verdict(&w, i),
				    mapped && open ? "live: attached open" : mapped ? "live: attached" :
				    open ? "live: open" : "stale: abandoned");
	}
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_abandoned_says_a_pid_once),
		cmocka_unit_test(test_abandoned_is_not_alive),
		cmocka_unit_test(test_all_reasons_of_the_deciding_rule),
		cmocka_unit_test(test_family_leaves_no_trace_of_the_first_pass),
		cmocka_unit_test(test_without_reasons),
		cmocka_unit_test(test_reasons_of_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
