/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verdicts: each rule alone, its bounds, and what it must not take for its own. Rules that
 * compete are in test_rule_pairs.c, families in test_instance.c.
 */
#include "judge.h"

#define SHM	KIND_SHM
#define FILE_	KIND_POSIX_SHM
#define SEM	KIND_POSIX_SEM
#define SET	KIND_SEM
#define QUEUE	KIND_MSG

static const struct rule_case {
	const char *what;
	struct thing thing;
	const char *verdict;
	struct around around;
} cases[] = {
	/* 1: somebody uses it */
	{ "attached", { SHM, .nattch = 2 }, "live: attached" },
	{ "attached, mapping seen", { SHM, .nattch = 1, .mappings = 1 }, "live: attached" },
	{ "mapping seen, count 0", { SHM, .mappings = 1 }, "live: attached" },
	{ "mapping seen, count unread", { SHM, .nattch_unknown = true, .mappings = 1 },
	  "live: attached" },
	{ "attached, condemned", { SHM, .nattch = 1, .condemned = true }, "live: attached" },
	{ "mapped", { FILE_, .mappings = 1 }, "live: attached" },
	{ "mapped private", { FILE_, .private_mapping = true }, "live: attached" },
	{ "open", { FILE_, .openers = 1 }, "live: open" },
	{ "unlinked, open", { FILE_, .openers = 1, .condemned = true }, "live: open" },
	{ "locked", { FILE_, .locked = true }, "live: locked" },
	{ "somebody waits", { SEM, .waiters = true }, "live: waiters" },
	{ "mounted", { FILE_, .mounted = true }, "live: mounted" },
	{ "lease refused", { FILE_, .lease = REFUSED }, "live: in-use-unseen" },
	{ "lease refused, others unread", { FILE_, .lease = REFUSED, .unread = true },
	  "live: in-use-unseen" },
	{ "mapped and open", { FILE_, .mappings = 1, .openers = 2 }, "live: attached open" },
	{ "all at once", { FILE_, .mappings = 1, .openers = 1, .locked = true, .waiters = true,
			   .mounted = true }, "live: attached open locked waiters mounted" },
	{ "unseen and locked", { FILE_, .lease = REFUSED, .locked = true },
	  "live: locked in-use-unseen" },
	{ "unseen, clock unsteady", { FILE_, .lease = REFUSED }, "live: in-use-unseen",
	  { .unsteady = true } },

	/* kinds that cannot outlive a holder end here */
	{ "memfd", { KIND_MEMFD, .mappings = 1 }, "live: attached" },
	{ "memfd open", { KIND_MEMFD, .openers = 1 }, "live: open" },
	{ "memfd nobody seen", { KIND_MEMFD }, "-" },
	{ "memfd, keep list", { KIND_MEMFD, .kept = true }, "-" },
	{ "memfd, owner gone", { KIND_MEMFD, .uid = DEPARTED_USER }, "-" },
	{ "anon", { KIND_ANON, .mappings = 1 }, "live: attached" },
	{ "anon nobody seen", { KIND_ANON, .age = NEW }, "-" },
	{ "file", { KIND_FILE, .mappings = 1 }, "live: attached" },
	{ "file locked", { KIND_FILE, .locked = true }, "live: locked" },
	{ "file nobody seen", { KIND_FILE }, "-" },
	{ "file of a held family", { KIND_FILE, .family = HELD }, "-" },
	{ "file with links", { KIND_FILE, .links = 2 }, "-" },
	{ "device", { KIND_DEVICE, .openers = 1 }, "live: open" },
	{ "device nobody seen", { KIND_DEVICE }, "-" },
	{ "special", { KIND_SPECIAL, .mappings = 1 }, "live: attached" },
	{ "special nobody seen", { KIND_SPECIAL }, "-" },

	/* 2: kept on purpose */
	{ "keep list", { SHM, .kept = true }, "idle: kept" },
	{ "keep list", { FILE_, .kept = true }, "idle: kept" },
	{ "keep list", { SEM, .kept = true }, "idle: kept" },
	{ "kept family", { SHM, .family = KEPT }, "idle: kept-family" },
	{ "kept family", { FILE_, .family = KEPT }, "idle: kept-family" },
	{ "kept twice", { FILE_, .kept = true, .family = KEPT }, "idle: kept kept-family" },
	{ "kept, with --older-than 0", { FILE_, .kept = true },
	  "idle: kept", { .older_than_set = true } },
	{ "an unsure family is not kept", { FILE_, .family = UNSURE }, "stale: abandoned" },

	/* 3: absence not proven */
	{ "count unread", { SHM, .nattch_unknown = true }, "unknown: holders-unreadable" },
	{ "no lease", { FILE_, .lease = NO_ANSWER }, "unknown: no-lease" },
	{ "lease not asked", { FILE_, .lease = NOT_ASKED }, "unknown: no-lease" },
	{ "no lease, a task unread", { FILE_, .lease = NO_ANSWER, .unread = true },
	  "unknown: holders-unreadable no-lease" },
	{ "no lease", { SEM, .lease = NO_ANSWER }, "unknown: no-lease" },
	{ "no lease, looked twice", { FILE_, .lease = NO_ANSWER, .absent = true }, "stale: abandoned" },
	{ "not asked, looked twice", { FILE_, .lease = NOT_ASKED, .absent = true },
	  "stale: abandoned" },
	{ "lease granted, a task unread", { FILE_, .unread = true }, "stale: abandoned" },
	{ "count 0, a task unread", { SHM, .unread = true }, "stale: abandoned" },
	{ "no lease, --older-than 0", { FILE_, .lease = NO_ANSWER }, "unknown: no-lease",
	  { .older_than_set = true } },

	/* 4: somebody may come back */
	{ "creator alive", { SHM, .creator = OLD }, "idle: creator-alive" },
	{ "last user alive", { SHM, .last = OLD }, "idle: last-user-alive" },
	{ "both alive", { SHM, .creator = OLD, .last = OLD }, "idle: creator-alive last-user-alive" },
	{ "creator alive, never attached", { SHM, .creator = OLD, .never = true },
	  "idle: creator-alive" },
	{ "creator alive, last hidden", { SHM, .creator = OLD, .last = HIDDEN },
	  "idle: creator-alive" },
	{ "creator hidden, last alive", { SHM, .creator = HIDDEN, .last = OLD },
	  "idle: last-user-alive" },
	{ "the pid in the name alive", { FILE_, .family = UNSURE, .family_pid = OLD },
	  "idle: family-pid-alive" },
	{ "the pid in the name alive", { SEM, .family = HELD, .family_pid = OLD },
	  "idle: family-pid-alive" },
	{ "the pid in the name gone", { FILE_, .family = UNSURE, .family_pid = GONE },
	  "stale: abandoned" },
	{ "the pid in the name reused", { FILE_, .family = UNSURE, .family_pid = REUSED },
	  "stale: abandoned" },
	{ "the pid in the name ours", { FILE_, .family = UNSURE, .family_pid = OURSELF },
	  "stale: abandoned" },
	{ "creator alive, --older-than 0", { SHM, .creator = OLD }, "idle: creator-alive",
	  { .older_than_set = true } },
	{ "a thread's number", { SHM, .creator = THREAD, .last = THREAD }, "stale: abandoned" },
	{ "zombies", { SHM, .creator = ZOMBIE, .last = ZOMBIE }, "stale: abandoned" },
	{ "ourselves", { SHM, .creator = OURSELF, .last = OURSELF }, "stale: abandoned" },
	{ "reused pids", { SHM, .creator = REUSED, .last = REUSED }, "stale: abandoned" },
	/* each by its own time */
	{ "creator by the change time", { SHM, .creator = AFTER_CHANGE }, "stale: abandoned" },
	{ "last by the detach time", { SHM, .last = AFTER_ATTACH }, "idle: last-user-alive" },
	{ "last by the attach time, the later one",
	  { SHM, .last = AFTER_ATTACH, .attached_last = true },
	  "idle: last-user-alive" },
	{ "creator, ctime moved by IPC_SET", { SHM, .creator = AFTER_CHANGE, .changed = NOW - HOUR },
	  "idle: creator-alive" },
	{ "last, ctime moved by IPC_SET", { SHM, .last = REUSED, .changed = NOW - MINUTE },
	  "idle: young" },
	{ "name's pid by birth", { FILE_, .family = UNSURE, .family_pid = AFTER_CHANGE },
	  "stale: abandoned" },
	{ "name's pid by birth, chmod since", { FILE_, .family = UNSURE, .family_pid = AFTER_CHANGE,
						.changed = NOW - 3 * 24 * HOUR }, "stale: abandoned" },
	{ "name's pid by birth, born later", { FILE_, .family = UNSURE, .family_pid = AFTER_CHANGE,
					       .born = BOOT + 395060 }, "idle: family-pid-alive" },
	/* neither alive nor gone: that somebody may live keeps it from being stale */
	{ "name's pid, birth unknown",
	  { FILE_, .family = UNSURE, .family_pid = OLD, .births_unknown = true },
	  "unknown: clock-unsteady" },
	{ "name's pid, clock unsteady", { FILE_, .family = UNSURE, .family_pid = OLD },
	  "unknown: clock-unsteady",
	  { .unsteady = true } },

	/* 6: too early to say */
	{ "empty", { FILE_, .empty = true }, "idle: zero-length" },
	{ "empty", { SEM, .empty = true }, "idle: zero-length" },
	{ "used just now", { FILE_, .age = NEW }, "idle: young" },
	{ "created just now", { SHM, .age = NEW, .never = true }, "idle: young" },
	{ "a second within the grace", { SHM, .age = GRACE - 1 }, "idle: young" },
	{ "at the grace", { SHM, .age = GRACE }, "idle: settling" },
	{ "at the grace", { FILE_, .age = GRACE }, "idle: settling" },
	{ "a time ahead", { SHM, .future = HOUR }, "idle: future-time young" },
	{ "a time ahead", { FILE_, .future = 3 }, "idle: future-time young" },
	{ "empty, new, ahead", { FILE_, .empty = true, .future = HOUR, .age = NEW },
	  "idle: zero-length future-time young" },
	{ "changed ahead: clock set back", { FILE_, .changed = NOW + HOUR },
	  "idle: future-time young" },
	{ "changed ahead: clock set back", { SHM, .changed = NOW + HOUR, .creator = OLD, .last = OLD },
	  "idle: future-time young" },
	{ "empty, --older-than 0", { FILE_, .empty = true },
	  "idle: zero-length", { .older_than_set = true } },
	{ "ahead, --older-than 0", { FILE_, .future = HOUR },
	  "idle: future-time", { .older_than_set = true } },
	{ "chmod is a use", { FILE_, .changed = NOW - MINUTE }, "idle: young" },
	{ "--older-than 1h", { SHM, .age = HOUR - 1 }, "idle: young",
	  { .older_than_set = true, .older_than = HOUR } },
	{ "--older-than 1h", { SHM, .age = HOUR }, "stale: abandoned",
	  { .older_than_set = true, .older_than = HOUR } },
	{ "--older-than 3w", { SHM },
	  "idle: young", { .older_than_set = true, .older_than = 3 * WEEK } },
	{ "--older-than 0", { SHM, .age = NEW }, "stale: abandoned", { .older_than_set = true } },
	{ "--older-than 0", { FILE_, .age = NEW }, "stale: abandoned", { .older_than_set = true } },

	/* 7: the owner has no process at all */
	{ "owner gone", { SHM, .uid = DEPARTED_USER }, "stale: owner-gone" },
	{ "owner gone", { FILE_, .uid = DEPARTED_USER }, "stale: owner-gone" },
	{ "owner gone", { SEM, .uid = DEPARTED_USER }, "stale: owner-gone" },
	{ "owner gone, at the grace", { FILE_, .uid = DEPARTED_USER, .age = GRACE },
	  "stale: owner-gone" },
	{ "owner gone, creator hidden", { SHM, .uid = DEPARTED_USER, .creator = HIDDEN, .age = HOUR },
	  "stale: owner-gone" },
	{ "owner gone, in a container", { FILE_, .uid = DEPARTED_USER, .age = HOUR }, "idle: settling",
	  { .in_container = true } },
	{ "owner gone, users incomplete", { FILE_, .uid = DEPARTED_USER, .age = HOUR },
	  "idle: settling",
	  { .users_incomplete = true } },
	{ "last of the users", { FILE_, .uid = 1001, .age = HOUR }, "idle: settling" },
	{ "owner gone, clock unsteady", { FILE_, .uid = DEPARTED_USER }, "stale: owner-gone",
	  { .unsteady = true } },

	/* 8: held while needed, and nobody holds it */
	{ "held family", { SHM, .family = HELD }, "stale: family-orphan" },
	{ "held family", { FILE_, .family = HELD }, "stale: family-orphan" },
	{ "held family", { SEM, .family = HELD, .family_pid = GONE }, "stale: family-orphan" },
	{ "held family, at the grace", { FILE_, .family = HELD, .age = GRACE },
	  "stale: family-orphan" },
	{ "held family, within it", { FILE_, .family = HELD, .age = GRACE - 1 }, "idle: young" },
	{ "unsure family", { FILE_, .family = UNSURE, .age = HOUR }, "idle: settling" },

	/* 9: semaphores and queues of System V, whose users nobody counts */
	{ "nothing known", { SET }, "unknown: no-count" },
	{ "nothing known", { QUEUE }, "unknown: no-count" },
	{ "used an hour ago", { SET, .age = HOUR }, "unknown: no-count" },
	{ "never used", { SET, .never = true }, "unknown: no-count" },
	{ "never used", { QUEUE, .never = true }, "unknown: no-count" },
	{ "--older-than 0", { SET, .age = NEW }, "unknown: no-count", { .older_than_set = true } },
	{ "messages", { QUEUE, .messages = 3 }, "idle: messages" },
	{ "messages, --older-than 0", { QUEUE, .messages = 3, .age = NEW }, "idle: messages",
	  { .older_than_set = true } },
	{ "somebody waits", { SET, .waiters = true }, "live: waiters" },
	{ "somebody waits, kept, its owner gone", { SET, .waiters = true, .kept = true, .uid = DEPARTED_USER },
	  "live: waiters" },
	{ "kept", { SET, .kept = true }, "idle: kept" },
	{ "kept", { QUEUE, .kept = true, .messages = 1 }, "idle: kept" },
	{ "the last user lives", { SET, .last = OLD }, "idle: last-user-alive" },
	{ "the last receiver lives, a sender came later", { QUEUE, .last = OLD, .messages = 1 },
	  "idle: last-user-alive" },
	{ "the last user's number is another's", { SET, .last = REUSED }, "unknown: no-count" },
	{ "the last user's number is another's", { QUEUE, .last = REUSED }, "unknown: no-count" },
	{ "young", { SET, .age = GRACE - 1 }, "idle: young" },
	{ "young", { QUEUE, .age = GRACE - 1, .messages = 1 }, "idle: young" },
	{ "a time ahead", { SET, .future = HOUR }, "idle: future-time young" },
	{ "a time ahead", { QUEUE, .future = HOUR }, "idle: future-time young" },
	{ "values unread", { SET, .values_unknown = true }, "unknown: holders-unreadable" },
	{ "values unread, young", { SET, .values_unknown = true, .age = NEW }, "unknown: holders-unreadable" },
	{ "values unread, kept", { SET, .values_unknown = true, .kept = true }, "idle: kept" },
	{ "values unread, its last user lives", { SET, .values_unknown = true, .last = OLD },
	  "unknown: holders-unreadable" },
	/* 7, with the long grace */
	{ "owner gone", { SET, .uid = DEPARTED_USER }, "stale: owner-gone" },
	{ "owner gone", { QUEUE, .uid = DEPARTED_USER }, "stale: owner-gone" },
	{ "owner gone, never used", { SET, .uid = DEPARTED_USER, .never = true }, "stale: owner-gone" },
	{ "owner gone, never used", { QUEUE, .uid = DEPARTED_USER, .never = true }, "stale: owner-gone" },
	{ "owner gone, messages", { QUEUE, .uid = DEPARTED_USER, .messages = 1 }, "stale: owner-gone" },
	{ "owner gone, at the long grace", { SET, .uid = DEPARTED_USER, .age = LONG }, "stale: owner-gone" },
	{ "owner gone, within it", { SET, .uid = DEPARTED_USER, .age = LONG - 1 }, "unknown: no-count" },
	{ "owner gone, within it", { QUEUE, .uid = DEPARTED_USER, .age = LONG - 1, .messages = 1 },
	  "idle: messages" },
	{ "owner gone, the last user lives", { SET, .uid = DEPARTED_USER, .last = OLD },
	  "idle: last-user-alive" },
	{ "owner gone, the last receiver lives", { QUEUE, .uid = DEPARTED_USER, .last = OLD },
	  "idle: last-user-alive" },
	{ "owner gone, the last user hidden", { SET, .uid = DEPARTED_USER, .last = HIDDEN },
	  "unknown: no-count" },
	{ "owner gone, the last receiver hidden", { QUEUE, .uid = DEPARTED_USER, .last = HIDDEN },
	  "unknown: no-count" },
	{ "owner gone, values unread", { SET, .uid = DEPARTED_USER, .values_unknown = true },
	  "unknown: holders-unreadable" },
	{ "owner gone, clock unsteady", { SET, .uid = DEPARTED_USER, .last = OLD }, "unknown: no-count",
	  { .unsteady = true } },
	{ "owner gone, in a container", { SET, .uid = DEPARTED_USER }, "unknown: no-count",
	  { .in_container = true } },

	/* 10: not made by shm_open */
	{ "subfolder", { FILE_, .subfolder = true }, "idle: not-posix-shm" },
	{ "two links", { FILE_, .links = 2 }, "idle: not-posix-shm" },
	{ "two links", { SEM, .links = 2 }, "idle: not-posix-shm" },
	{ "subfolder, --older-than 0", { FILE_, .subfolder = true }, "idle: not-posix-shm",
	  { .older_than_set = true } },
	{ "subfolder, unsure family", { FILE_, .subfolder = true, .family = UNSURE },
	  "idle: not-posix-shm" },

	/* 11: who made or used it cannot be told */
	{ "creator of another pid namespace", { SHM, .creator = HIDDEN }, "unknown: creator-hidden" },
	{ "last user of another pid namespace", { SHM, .last = HIDDEN }, "unknown: creator-hidden" },
	{ "both", { SHM, .creator = HIDDEN, .last = HIDDEN }, "unknown: creator-hidden" },
	{ "hidden, never attached", { SHM, .creator = HIDDEN, .never = true },
	  "unknown: creator-hidden" },
	{ "never attached has no last user", { SHM, .never = true }, "stale: abandoned" },
	{ "hidden, --older-than 0", { SHM, .creator = HIDDEN }, "unknown: creator-hidden",
	  { .older_than_set = true } },
	{ "creator exists, clock unsteady", { SHM, .creator = OLD }, "unknown: clock-unsteady",
	  { .unsteady = true } },
	{ "last exists, clock unsteady", { SHM, .last = OLD }, "unknown: clock-unsteady",
	  { .unsteady = true } },
	{ "reused or not, clock unsteady", { SHM, .last = REUSED }, "unknown: clock-unsteady",
	  { .unsteady = true } },
	{ "one hidden, one unsteady", { SHM, .creator = HIDDEN, .last = OLD },
	  "unknown: creator-hidden clock-unsteady", { .unsteady = true } },
	{ "both ESRCH, clock unsteady", { SHM }, "stale: abandoned", { .unsteady = true } },
	{ "changed before boot: clock set ahead", { SHM, .creator = OLD, .changed = BOOT - HOUR },
	  "unknown: clock-unsteady" },
	{ "the same, the last user", { SHM, .last = OLD, .changed = BOOT - HOUR },
	  "unknown: clock-unsteady" },
	{ "the same, both ESRCH", { SHM, .changed = BOOT - HOUR }, "stale: abandoned" },
	{ "changed in 1970", { SHM, .creator = OLD, .changed = 1000 }, "unknown: clock-unsteady" },
	{ "files have no creator", { FILE_, .creator = HIDDEN, .last = HIDDEN }, "stale: abandoned" },
	{ "files and an unsteady clock", { FILE_, .family = UNSURE }, "stale: abandoned",
	  { .unsteady = true } },
	{ "hidden, in a container", { SHM, .creator = HIDDEN }, "unknown: creator-hidden",
	  { .in_container = true } },

	/* 12: the long grace */
	{ "settling", { SHM, .age = HOUR }, "idle: settling" },
	{ "settling", { SEM, .age = HOUR }, "idle: settling" },
	{ "a second within it", { FILE_, .age = LONG - 1 }, "idle: settling" },
	{ "at it", { FILE_, .age = LONG }, "stale: abandoned" },
	{ "at it", { SHM, .age = LONG }, "stale: abandoned" },

	/* 13: what is left */
	{ "abandoned", { SHM }, "stale: abandoned" },
	{ "abandoned", { FILE_ }, "stale: abandoned" },
	{ "abandoned", { SEM }, "stale: abandoned" },
	{ "abandoned, in a container", { FILE_ }, "stale: abandoned", { .in_container = true } },
	{ "abandoned, never attached", { SHM, .never = true }, "stale: abandoned" },
};

static void test_rules(void **state)
{
	FOR_EACH_CASE(c, cases) {
		struct world w;
		char what[100];

		world_begin(&w);
		snprintf(what, sizeof(what), "%s: %s", kinds[c->thing.kind].name, c->what);
		CHECK_TEXT(what, judge(&w, &c->thing, &c->around), c->verdict);
		world_end(&w);
	}
}

/* A kernel that says 0 is not to be taken at its word, however a collector puts it. */
static void test_pid_zero_is_hidden(void **state)
{
	struct world w;
	struct object *o;

	world_begin(&w);
	o = snapshot_object(w.s, world_add(&w, &(struct thing){ SHM }));
	FACT_SET(o, creator_pid, 0);
	world_judge(&w, &(struct around){});
	assert_int_equal(snapshot_object(w.s, 0)->verdict, VERDICT_UNKNOWN);
	world_end(&w);
}

/* A pid that nobody looked at is not gone. */
static void test_unlisted_pid_is_not_gone(void **state)
{
	struct world w;

	world_begin(&w);
	world_add(&w, &(struct thing){ SHM, .creator = UNLISTED });
	world_add(&w, &(struct thing){ SHM, .last = UNLISTED });
	world_add(&w, &(struct thing){ SHM, .creator = VEILED });
	world_judge(&w, &(struct around){});
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(snapshot_object(w.s, i)->verdict, VERDICT_UNKNOWN);
	world_end(&w);
}

/* The graces of the policy; --older-than sets both. */
static void test_policy_graces(void **state)
{
	static const struct {
		const char *what, *policy, *verdict;
		int64_t age;
		struct around around;
	} rows[] = {
		{ "grace 1h", "grace 1h\n", "idle: young", HOUR - 1 },
		{ "grace 1h", "grace 1h\n", "idle: settling", HOUR },
		{ "long-grace 1h", "long-grace 1h\n", "idle: settling", HOUR - 1 },
		{ "long-grace 1h", "long-grace 1h\n", "stale: abandoned", HOUR },
		{ "none", "grace 0\nlong-grace 0\n", "stale: abandoned", NEW },
		{ "--older-than over both", "grace 0\nlong-grace 0\n", "idle: young", HOUR - 1,
		  { .older_than_set = true, .older_than = HOUR } },
		{ "--older-than under both", "grace 3w\nlong-grace 4w\n", "stale: abandoned", HOUR,
		  { .older_than_set = true, .older_than = HOUR } },
	};
	FOR_EACH_CASE(c, rows) {
		struct world w;

		world_begin(&w);
		if (policy_add_text(w.policy, "test", c->policy, &w.text))
			fail_msg("%s", w.text.s);
		CHECK_TEXT(c->what, judge(&w, &(struct thing){ SHM, .age = c->age }, &c->around),
			   c->verdict);
		world_end(&w);
	}
}

/* Whether creator and last user live, as a document tells it. */
static void test_pids_told(void **state)
{
	static const struct {
		const char *what;
		struct thing thing;
		const char *creator, *last;
	} rows[] = {
		{ "both gone", { SHM }, "no", "no" },
		{ "both alive", { SHM, .creator = OLD, .last = OLD }, "yes", "yes" },
		{ "of an attached segment too", { SHM, .nattch = 1, .creator = OLD }, "yes", "no" },
		{ "hidden", { SHM, .creator = HIDDEN, .last = HIDDEN }, "?", "?" },
		{ "unsteady", { SHM, .creator = OLD, .changed = BOOT - 1 }, "?", "no" },
		{ "never attached", { SHM, .never = true }, "no", "-" },
		{ "a file has neither", { FILE_ }, "-", "-" },
		{ "semaphores tell no creator", { SET, .last = OLD }, "-", "-" },
		{ "a queue", { QUEUE, .last = OLD }, "-", "yes" },
		{ "a queue that was never used", { QUEUE, .never = true }, "-", "-" },
	};
#define TOLD(o, m) (FACT_IS_UNKNOWN(o, m) ? "?" : !FACT_KNOWN(o, m) ? "-" : (o)->m ? "yes" : "no")
	FOR_EACH_CASE(c, rows) {
		struct world w;
		struct object *o;

		world_begin(&w);
		judge(&w, &c->thing, &(struct around){});
		o = snapshot_object(w.s, 0);
		CHECK_TEXT(c->what, TOLD(o, creator_alive), c->creator);
		CHECK_TEXT(c->what, TOLD(o, last_alive), c->last);
		world_end(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_pid_zero_is_hidden),
		cmocka_unit_test(test_unlisted_pid_is_not_gone),
		cmocka_unit_test(test_policy_graces),
		cmocka_unit_test(test_pids_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
