/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans: what may be done to which object, who is the same as before, and how many go. */
#include "unit.h"
#include "sample.h"
#include "ipctop/act.h"
#include "ipctop/lifecycle.h"

#define NOW	1795532000
#define R(code)	(1U << REASON_##code)

/* An object as the collector leaves it behind, judged. */
static struct object *judged(struct snapshot *s, enum kind kind, const char *name,
			     enum verdict verdict, uint32_t reasons)
{
	struct object *o = sample_object(s, kind, name);

	FACT_SET(o, verdict, verdict);
	o->evidence.reason_set = reasons;
	sample_reason(s, o, "code", "so it is");
	FACT_SET(o, change_time, NOW - 100);
	FACT_SET(o, allocated, 4096);
	if (kind == KIND_SHM) {
		FACT_SET(o, id, 7);
		FACT_SET(o, key, 0x1234);
		FACT_SET(o, ipc_ns, 99);
		FACT_SET(o, creator_pid, 4711);
		FACT_SET(o, creator_uid, 1000);
	} else {
		FACT_SET(o, device, makedev(0, 44));
		FACT_SET(o, inode, 12);
		FACT_SET(o, birth_time, NOW - 200);
		FACT_SET(o, path, "/dev/shm/x");
	}
	return o;
}

static struct snapshot *at_now(void)
{
	struct snapshot *s = snapshot_new();

	FACT_SET(snapshot_document(s), time, NOW * 1000LL);
	return s;
}

static const struct permit_case {
	const char *what;
	enum kind kind;
	enum verdict verdict;
	uint32_t reasons;
	uint64_t flags;
	bool nameless;
	const char *allowed;		/* letters of permits: stale, disused, any */
} permits[] = {
	{ "stale", KIND_SHM, VERDICT_STALE, R(ABANDONED), .allowed = "sda" },
	{ "a stale file", KIND_POSIX_SHM, VERDICT_STALE, R(FAMILY_ORPHAN), .allowed = "sda" },
	{ "a stale semaphore", KIND_POSIX_SEM, VERDICT_STALE, R(OWNER_GONE), .allowed = "sda" },
	{ "young", KIND_SHM, VERDICT_IDLE, R(YOUNG), .allowed = "da" },
	{ "settling", KIND_POSIX_SHM, VERDICT_IDLE, R(SETTLING), .allowed = "da" },
	{ "empty and young", KIND_POSIX_SHM, VERDICT_IDLE, R(ZERO_LENGTH) | R(YOUNG), .allowed = "da" },
	{ "young, with a time in the future", KIND_SHM, VERDICT_IDLE, R(YOUNG) | R(FUTURE_TIME),
	  .allowed = "a" },
	{ "its creator lives", KIND_SHM, VERDICT_IDLE, R(CREATOR_ALIVE), .allowed = "a" },
	{ "its creator lives, and it is young", KIND_SHM, VERDICT_IDLE, R(CREATOR_ALIVE) | R(YOUNG),
	  .allowed = "a" },
	{ "kept", KIND_SHM, VERDICT_IDLE, R(KEPT), .allowed = "a" },
	{ "in a subfolder", KIND_POSIX_SHM, VERDICT_IDLE, R(NOT_POSIX_SHM), .allowed = "a" },
	{ "idle without a reason", KIND_SHM, VERDICT_IDLE, 0, .allowed = "a" },
	{ "unknown", KIND_POSIX_SHM, VERDICT_UNKNOWN, R(NO_LEASE), .allowed = "a" },
	{ "young, and nobody counts who uses it", KIND_SEM, VERDICT_IDLE, R(YOUNG), .allowed = "a" },
	{ "its owner is gone for long", KIND_MSG, VERDICT_STALE, R(OWNER_GONE), .allowed = "sda" },
	{ "messages in it", KIND_MSG, VERDICT_IDLE, R(MESSAGES), .allowed = "a" },
	{ "live", KIND_SHM, VERDICT_LIVE, R(ATTACHED), .allowed = "a" },
	{ "condemned", KIND_SHM, VERDICT_LIVE, R(ATTACHED), OBJECT_CONDEMNED, .allowed = "" },
	{ "a file without a name", KIND_POSIX_SHM, VERDICT_LIVE, R(OPEN), OBJECT_UNLINKED, true,
	  .allowed = "" },
	{ "a memfd", KIND_MEMFD, VERDICT_LIVE, R(OPEN), .nameless = true, .allowed = "" },
	{ "a file on disk", KIND_FILE, VERDICT_LIVE, R(ATTACHED), .allowed = "" },
	{ "a device", KIND_DEVICE, VERDICT_LIVE, R(ATTACHED), .allowed = "" },
};

static void test_permits(void **state)
{
	static const struct {
		enum permit permit;
		char letter;
	} all[] = { { PERMIT_STALE, 's' }, { PERMIT_DISUSED, 'd' }, { PERMIT_ANY, 'a' } };

	FOR_EACH_CASE(c, permits) {
		struct snapshot *s = at_now();
		struct object *o = judged(s, c->kind, "x", c->verdict, c->reasons);

		o->flags = c->flags;
		if (c->nameless)
			o->facts.known &= ~FACT_BIT(o, path);
		for (unsigned int i = 0; i < ARRAY_SIZE(all); i++) {
			bool want = strchr(c->allowed, all[i].letter);
			struct buf why = BUF_INIT;

			CHECK(c->what, permit_allows(all[i].permit, ACTION_REMOVE, s, o, &why) == want);
			CHECK(c->what, want == !why.len);	/* a refusal says why */
			buf_release(&why);
		}
		snapshot_free(s);
	}
}

static void set_other_key(struct object *o) { o->key++; }
static void set_other_creator(struct object *o) { o->creator_pid++; }
static void set_other_owner(struct object *o) { o->creator_uid++; }
static void set_later(struct object *o) { o->change_time++; }
static void set_other_namespace(struct object *o) { o->ipc_ns++; }
static void set_other_id(struct object *o) { o->id++; }
static void set_reborn(struct object *o) { o->birth_time++; }
static void set_other_inode(struct object *o) { o->inode++; }
static void set_other_device(struct object *o) { o->device++; }
static void set_renamed(struct object *o) { FACT_SET(o, path, "/dev/shm/y"); }
static void set_unlinked(struct object *o) { o->facts.known &= ~FACT_BIT(o, path); }
static void set_used(struct object *o) { o->nattch = 3; o->size = 9; o->allocated = 1; }
static void set_touched(struct object *o) { o->change_time++; o->modify_time++; }

static const struct identity_case {
	const char *what;
	enum kind kind;
	void (*change)(struct object *o);
	bool found, same;
} identities[] = {
	{ "a segment that is used", KIND_SHM, set_used, true, true },
	{ "another key", KIND_SHM, set_other_key, true, false },
	{ "another creator", KIND_SHM, set_other_creator, true, false },
	{ "another creator's user", KIND_SHM, set_other_owner, true, false },
	{ "made later", KIND_SHM, set_later, true, false },
	{ "that id in another namespace", KIND_SHM, set_other_namespace, false, false },
	{ "another id", KIND_SHM, set_other_id, false, false },
	{ "a file that was written", KIND_POSIX_SHM, set_touched, true, true },
	{ "a file made later", KIND_POSIX_SHM, set_reborn, true, false },
	{ "another inode", KIND_POSIX_SHM, set_other_inode, false, false },
	{ "another file system", KIND_POSIX_SHM, set_other_device, false, false },
	{ "a file of another name", KIND_POSIX_SHM, set_renamed, true, false },
	{ "a file without a name", KIND_POSIX_SHM, set_unlinked, true, false },
};

static void test_identity(void **state)
{
	FOR_EACH_CASE(c, identities) {
		struct snapshot *s = at_now();
		struct object *o = judged(s, c->kind, "x", VERDICT_STALE, R(ABANDONED));
		struct identity_finder *finder;
		struct identity who;

		identity_set(&who, o, s->arena);
		CHECK(c->what, identity_is(&who, o));
		c->change(o);
		finder = identity_finder_new(s);
		CHECK(c->what, !!identity_find(finder, &who) == c->found);
		CHECK(c->what, identity_is(&who, o) == c->same);
		identity_finder_free(finder);
		snapshot_free(s);
	}
}

/* Objects of ages 100, 200, …, and one that has none. */
static void fill(struct plan *plan, struct snapshot *s, unsigned int n)
{
	plan_init(plan, s);
	for (unsigned int i = 0; i <= n; i++) {
		struct object *o = judged(s, KIND_SHM, "x", VERDICT_STALE, R(ABANDONED));

		o->id = i;
		o->change_time = NOW - 100 * (int64_t)(i + 1);
		if (i == n)
			o->facts.known &= ~FACT_BIT(o, change_time);
		plan_add(plan, s, o, ACTION_REMOVE, PERMIT_STALE);
	}
}

static void test_how_many(void **state)
{
	struct snapshot *s = at_now();
	struct plan plan;

	fill(&plan, s, 4);
	assert_int_equal(plan.acts, 5);
	assert_int_equal(plan_bytes(&plan), 5 * 4096);
	plan_keep_newest(&plan, 2);
	assert_int_equal(plan.acts, 3);
	/* of unknown age: nobody can say that it is not the newest */
	assert_int_equal(plan_act(&plan, 4)->result, OUTCOME_KEPT);
	assert_int_equal(plan_act(&plan, 0)->result, OUTCOME_KEPT);
	plan_limit(&plan, 1);
	assert_int_equal(plan.acts, 1);
	assert_int_equal(plan_act(&plan, 3)->result, OUTCOME_PLANNED);
	assert_int_equal(plan_act(&plan, 1)->result, OUTCOME_KEPT);
	assert_int_equal(plan_bytes(&plan), 4096);
	plan_release(&plan);
	snapshot_free(s);
}

static void test_limits_at_their_ends(void **state)
{
	struct snapshot *s = at_now();
	struct plan plan;

	fill(&plan, s, 2);
	plan_keep_newest(&plan, 0);
	plan_limit(&plan, UINT64_MAX);
	assert_int_equal(plan.acts, 3);
	plan_limit(&plan, 0);
	assert_int_equal(plan.acts, 0);
	plan_release(&plan);
	fill(&plan, s, 2);
	plan_keep_newest(&plan, UINT64_MAX);
	assert_int_equal(plan.acts, 0);
	plan_release(&plan);
	snapshot_free(s);
}

static void test_recheck(void **state)
{
	static const struct {
		const char *what;
		void (*change)(struct object *o);
		enum verdict verdict;
		enum outcome outcome;
	} cases[] = {
		{ "nothing changed", set_used, VERDICT_STALE, OUTCOME_PLANNED },
		{ "it lives again", set_used, VERDICT_LIVE, OUTCOME_REFUSED },
		{ "another took its place", set_other_key, VERDICT_STALE, OUTCOME_REFUSED },
		{ "gone", set_other_id, VERDICT_STALE, OUTCOME_GONE },
	};

	FOR_EACH_CASE(c, cases) {
		struct snapshot *s = at_now();
		struct object *o = judged(s, KIND_SHM, "x", VERDICT_STALE, R(ABANDONED));
		struct identity_finder *finder;
		struct plan plan;

		plan_init(&plan, s);
		plan_add(&plan, s, o, ACTION_REMOVE, PERMIT_STALE);
		c->change(o);
		o->verdict = c->verdict;
		finder = identity_finder_new(s);
		plan_recheck(&plan, plan_act(&plan, 0), PERMIT_STALE, s, finder);
		CHECK(c->what, plan_act(&plan, 0)->result == c->outcome);
		CHECK(c->what, plan.acts == (c->outcome == OUTCOME_PLANNED));
		identity_finder_free(finder);
		plan_release(&plan);
		snapshot_free(s);
	}
}

/* A plan lives on without the snapshot that it was made from. */
static void test_outlives_its_snapshot(void **state)
{
	struct snapshot *s = at_now();
	struct plan plan;

	fill(&plan, s, 1);
	snapshot_free(s);
	assert_string_equal(plan_act(&plan, 0)->name, "x");
	assert_string_equal(plan_act(&plan, 0)->reason, "so it is");
	assert_int_equal(plan_act(&plan, 0)->who->key, 0x1234);
	plan_release(&plan);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_permits),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_how_many),
		cmocka_unit_test(test_limits_at_their_ends),
		cmocka_unit_test(test_recheck),
		cmocka_unit_test(test_outlives_its_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
