/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of an object: a fact, unknown where it is not proven. */
#include "judge.h"

#define SHM	KIND_SHM
#define FILE_	KIND_POSIX_SHM
#define SEM	KIND_POSIX_SEM

static const struct state_case {
	const char *what;
	struct thing thing;
	const char *state;		/* "?": unknown */
} cases[] = {
	{ "never attached", { SHM, .never = true }, "created" },
	{ "attached, the first time", { SHM, .never = true, .nattch = 1 }, "attached" },
	{ "attached", { SHM, .nattch = 3 }, "attached" },
	{ "attached since the count was read", { SHM, .mappings = 1 }, "attached" },
	{ "mapped, the count unread", { SHM, .nattch_unknown = true, .mappings = 1 }, "attached" },
	{ "count unread", { SHM, .nattch_unknown = true }, "?" },
	{ "count unread, never attached", { SHM, .nattch_unknown = true, .never = true }, "?" },
	{ "detached", { SHM }, "detached" },
	{ "removed, attached", { SHM, .nattch = 1, .condemned = true }, "condemned" },
	{ "removed, mapping seen", { SHM, .nattch = 1, .mappings = 1, .condemned = true },
	  "condemned" },
	/* a lease says nothing of segments; nor does looking */
	{ "count 0, all the rest unread", { SHM, .lease = NO_ANSWER, .unread = true }, "detached" },
	{ "count unread, looked twice", { SHM, .nattch_unknown = true, .absent = true }, "?" },

	{ "mapped", { FILE_, .mappings = 1 }, "attached" },
	{ "mapped and open", { FILE_, .mappings = 1, .openers = 1 }, "attached" },
	{ "mapped private", { FILE_, .private_mapping = true }, "attached" },
	{ "mapped private and open", { FILE_, .private_mapping = true, .openers = 1 }, "attached" },
	{ "open", { FILE_, .openers = 1 }, "open" },
	{ "free", { FILE_ }, "detached" },
	{ "free, never written", { FILE_, .empty = true }, "detached" },
	{ "lease granted, others unread", { FILE_, .unread = true }, "detached" },
	{ "looked twice, no lease", { FILE_, .lease = NO_ANSWER, .absent = true }, "detached" },
	{ "looked twice, not asked", { FILE_, .lease = NOT_ASKED, .absent = true }, "detached" },
	{ "no lease", { FILE_, .lease = NO_ANSWER }, "?" },
	{ "not asked", { FILE_, .lease = NOT_ASKED }, "?" },
	{ "lease refused: how is unseen", { FILE_, .lease = REFUSED }, "?" },
	{ "unlinked, mapped", { FILE_, .mappings = 1, .condemned = true }, "condemned" },
	{ "unlinked, mapped private", { FILE_, .private_mapping = true, .condemned = true },
	  "condemned" },
	{ "unlinked, open", { FILE_, .openers = 1, .condemned = true }, "condemned" },
	{ "several links, open", { FILE_, .openers = 1, .links = 2 }, "open" },
	/* what no mapping or descriptor tells is no state */
	{ "locked", { FILE_, .locked = true }, "detached" },
	{ "locked, no lease", { FILE_, .locked = true, .lease = NO_ANSWER }, "?" },
	{ "mounted", { FILE_, .mounted = true }, "detached" },

	{ "semaphore mapped", { SEM, .mappings = 2 }, "attached" },
	{ "semaphore open", { SEM, .openers = 1 }, "open" },
	{ "semaphore free", { SEM }, "detached" },
	{ "semaphore, no lease", { SEM, .lease = NO_ANSWER }, "?" },
	{ "semaphore unlinked", { SEM, .mappings = 1, .condemned = true }, "condemned" },

	/* no name to lose: never condemned */
	{ "memfd mapped", { KIND_MEMFD, .mappings = 1, .condemned = true }, "attached" },
	{ "memfd open", { KIND_MEMFD, .openers = 1, .condemned = true }, "open" },
	{ "memfd mapped private", { KIND_MEMFD, .private_mapping = true, .condemned = true },
	  "attached" },
	{ "anon", { KIND_ANON, .mappings = 1, .condemned = true }, "attached" },
	{ "anon open: /dev/zero", { KIND_ANON, .openers = 1, .condemned = true }, "open" },
	{ "special mapped", { KIND_SPECIAL, .mappings = 1, .condemned = true }, "attached" },
	{ "special open", { KIND_SPECIAL, .openers = 1, .condemned = true }, "open" },
	{ "file mapped", { KIND_FILE, .mappings = 1 }, "attached" },
	{ "file open", { KIND_FILE, .openers = 1 }, "open" },
	{ "file unlinked, mapped", { KIND_FILE, .mappings = 1, .condemned = true }, "condemned" },
	{ "file unlinked, open", { KIND_FILE, .openers = 1, .condemned = true }, "condemned" },
	{ "device mapped", { KIND_DEVICE, .mappings = 1 }, "attached" },
	{ "device open", { KIND_DEVICE, .openers = 1 }, "open" },
	{ "device unlinked, mapped", { KIND_DEVICE, .mappings = 1, .condemned = true }, "condemned" },
};

static void test_state(void **state)
{
	FOR_EACH_CASE(c, cases) {
		struct world w;
		struct object *o;
		char what[100];

		world_begin(&w);
		snprintf(what, sizeof(what), "%s: %s", kinds[c->thing.kind].name, c->what);
		o = snapshot_object(w.s, world_add(&w, &c->thing));
		lifecycle_state(o);
		CHECK(what, FACT_KNOWN(o, state) != FACT_IS_UNKNOWN(o, state));
		CHECK_TEXT(what, FACT_KNOWN(o, state) ? state_names[o->state] : "?", c->state);
		world_end(&w);
	}
}

/* A file on hugetlbfs is of the kind `file`, and is listed also when nobody holds it. */
static void test_state_of_a_free_hugetlb_file(void **state)
{
	struct world w;
	struct object *o;

	world_begin(&w);
	o = snapshot_object(w.s, world_add(&w, &(struct thing){ KIND_FILE }));
	o->flags |= OBJECT_HUGETLB;
	lifecycle_state(o);
	assert_true(FACT_IS_UNKNOWN(o, state));
	o->evidence.lease = LEASE_GRANTED;
	lifecycle_state(o);
	assert_true(FACT_KNOWN(o, state));
	assert_int_equal(o->state, STATE_DETACHED);
	o->evidence.lease = LEASE_REFUSED;
	lifecycle_state(o);
	assert_true(FACT_IS_UNKNOWN(o, state));
	world_end(&w);
}

/* Refused says that somebody uses it, not how: no state, but a verdict. */
static void test_refused_is_live_in_an_unknown_state(void **state)
{
	struct world w;
	struct object *o;

	world_begin(&w);
	assert_string_equal(judge(&w, &(struct thing){ FILE_, .lease = REFUSED }, &(struct around){}),
			    "live: in-use-unseen");
	o = snapshot_object(w.s, 0);
	assert_true(FACT_IS_UNKNOWN(o, state));
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_state),
		cmocka_unit_test(test_state_of_a_free_hugetlb_file),
		cmocka_unit_test(test_refused_is_live_in_an_unknown_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
