/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules that compete. A trait makes one rule match; each pair of traits is put on one thing
 * and the earlier rule must decide. That both rules would match is seen twice: each trait alone
 * is decided by its own rule, and the two can be put on in either order with the same result, so
 * that neither undoes the other.
 */
#include "judge.h"

#define SHM	KIND_BIT(KIND_SHM)
#define FILES	KIND_BIT(KIND_POSIX_SHM)
#define SEMS	KIND_BIT(KIND_POSIX_SEM)
#define ALL	(SHM | FILES | SEMS)

struct subject {
	struct thing thing;
	struct around around;
};

#define TRAIT(name, ...) \
	static void name(struct subject *s) \
	{ \
		struct thing *t = &s->thing; \
		__VA_ARGS__; \
	}

/* Of several ages the least counts: who is young is settling as well. */
static void younger(struct thing *t, int64_t age)
{
	if (!t->age || age < t->age)
		t->age = age;
}

TRAIT(attached, t->nattch = 1)
TRAIT(mapped, t->mappings = 1)
TRAIT(mapped_private, t->private_mapping = true)
TRAIT(open_, t->openers = 1)
TRAIT(locked, t->locked = true)
TRAIT(waiters, t->waiters = true)
TRAIT(mounted, t->mounted = true)
TRAIT(refused, t->lease = REFUSED)
TRAIT(kept, t->kept = true)
TRAIT(kept_family, t->family = KEPT)
TRAIT(count_unread, t->nattch_unknown = true)
TRAIT(no_lease, t->lease = NO_ANSWER)
TRAIT(creator_alive, t->creator = OLD)
TRAIT(last_alive, t->last = OLD)
TRAIT(name_alive, t->family_pid = OLD)
TRAIT(mate_live, t->mates |= MATE_LIVE)
TRAIT(mate_unknown, t->mates |= MATE_UNKNOWN)
TRAIT(empty, t->empty = true)
TRAIT(ahead, t->future = HOUR)
TRAIT(young, younger(t, MINUTE))
TRAIT(owner_gone, t->uid = DEPARTED_USER)
TRAIT(held_family, t->family = HELD)
TRAIT(subfolder, t->subfolder = true)
TRAIT(links, t->links = 2)
TRAIT(creator_hidden, t->creator = HIDDEN)
TRAIT(last_hidden, t->last = HIDDEN)
TRAIT(unsteady, s->around.unsteady = true; t->creator = OLD)
TRAIT(before_boot, t->changed = BOOT - HOUR; t->creator = OLD)
TRAIT(settling, younger(t, HOUR))
TRAIT(nothing, (void)t)

/* In the order of the rules. @verdict is the whole of what a thing with that trait alone gets. */
static const struct trait {
	const char *name;
	unsigned int rule;
	uint32_t kinds;
	void (*put)(struct subject *s);
	const char *verdict;
	bool in_family;			/* says nothing of a thing without one: an unsure one then */
} traits[] = {
	{ "attached", 1, SHM, attached, "live: attached" },
	{ "mapped", 1, ALL, mapped, "live: attached" },
	{ "mapped private", 1, ALL, mapped_private, "live: attached" },
	{ "open", 1, FILES | SEMS, open_, "live: open" },
	{ "locked", 1, FILES | SEMS, locked, "live: locked" },
	{ "waiters", 1, SEMS, waiters, "live: waiters" },
	{ "mounted", 1, FILES | SEMS, mounted, "live: mounted" },
	{ "lease refused", 1, FILES | SEMS, refused, "live: in-use-unseen" },
	{ "kept", 2, ALL, kept, "idle: kept" },
	{ "kept family", 2, ALL, kept_family, "idle: kept-family" },
	{ "count unread", 3, SHM, count_unread, "unknown: holders-unreadable" },
	{ "no lease", 3, FILES | SEMS, no_lease, "unknown: no-lease" },
	{ "creator alive", 4, SHM, creator_alive, "idle: creator-alive" },
	{ "last user alive", 4, SHM, last_alive, "idle: last-user-alive" },
	{ "the name's pid alive", 4, FILES | SEMS, name_alive, "idle: family-pid-alive", true },
	{ "a mate live", 5, ALL, mate_live, "idle: family-live", true },
	{ "a mate unknown", 5, ALL, mate_unknown, "unknown: family-unknown", true },
	{ "empty", 6, FILES | SEMS, empty, "idle: zero-length" },
	{ "a time ahead", 6, ALL, ahead, "idle: future-time young" },
	{ "young", 6, ALL, young, "idle: young" },
	{ "owner gone", 7, ALL, owner_gone, "stale: owner-gone" },
	{ "held family", 8, ALL, held_family, "stale: family-orphan" },
	{ "subfolder", 10, FILES, subfolder, "idle: not-posix-shm" },
	{ "several links", 10, FILES | SEMS, links, "idle: not-posix-shm" },
	{ "creator hidden", 11, SHM, creator_hidden, "unknown: creator-hidden" },
	{ "last user hidden", 11, SHM, last_hidden, "unknown: creator-hidden" },
	{ "clock unsteady", 11, SHM, unsteady, "unknown: clock-unsteady" },
	{ "changed before boot", 11, SHM, before_boot, "unknown: clock-unsteady" },
	{ "settling", 12, ALL, settling, "idle: settling" },
	{ "nothing", 13, ALL, nothing, "stale: abandoned" },
};

/* Pairs that cannot both hold, and why. */
static const struct impossible {
	void (*a)(struct subject *s), (*b)(struct subject *s);
	const char *why;
} impossible[] = {
	{ attached, count_unread, "the count is known or it is not" },
	{ refused, no_lease, "a lease has one answer" },
	{ kept_family, held_family, "a family has one habit" },
	{ creator_alive, creator_hidden, "the creator is seen or hidden" },
	{ creator_alive, unsteady, "no pid is alive while the clock is not steady" },
	{ creator_alive, before_boot, "the same, for this one object" },
	{ last_alive, last_hidden, "the last user is seen or hidden" },
	{ last_alive, unsteady, "no pid is alive while the clock is not steady" },
	{ last_alive, before_boot, "the same, for this one object" },
	{ last_alive, ahead, "the time ahead is the last user's own: no pid can be held against it" },
};

static const struct impossible *find_impossible(const struct trait *a, const struct trait *b)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(impossible); i++)
		if (impossible[i].a == a->put && impossible[i].b == b->put)
			return &impossible[i];
	return NULL;
}

/* A subject without padding that differs by chance, with up to two traits. */
static void make(struct subject *s, enum kind kind, const struct trait *a, const struct trait *b)
{
	memset(s, 0, sizeof(*s));
	s->thing.kind = kind;
	if (a)
		a->put(s);
	if (b)
		b->put(s);
	if (((a && a->in_family) || (b && b->in_family)) && !s->thing.family)
		s->thing.family = UNSURE;
}

typedef void check_fn(enum kind kind, const struct trait *a, const struct trait *b);

static unsigned int each_kind(uint32_t set, check_fn *check, const struct trait *a,
			      const struct trait *b)
{
	unsigned int n = 0;

	for (unsigned int k = 0; k < NR_KINDS; k++) {
		if (!(set & KIND_BIT(k)))
			continue;
		check(k, a, b);
		n++;
	}
	return n;
}

static void check_alone(enum kind kind, const struct trait *t, const struct trait *unused)
{
	struct subject s;
	struct world w;
	char what[100];

	world_begin(&w);
	make(&s, kind, t, NULL);
	snprintf(what, sizeof(what), "%s, %s", kinds[kind].name, t->name);
	CHECK_TEXT(what, judge(&w, &s.thing, &s.around), t->verdict);
	assert_int_equal(snapshot_object(w.s, 0)->evidence.rule, t->rule);
	world_end(&w);
}

static void test_each_trait_alone(void **state)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(traits); i++)
		assert_true(each_kind(traits[i].kinds, check_alone, &traits[i], NULL));
}

static void check_pair(enum kind kind, const struct trait *a, const struct trait *b)
{
	struct subject both, turned;
	struct world w;
	char what[100];

	snprintf(what, sizeof(what), "%s, %s and %s", kinds[kind].name, a->name, b->name);
	make(&both, kind, a, b);
	make(&turned, kind, b, a);
	if (memcmp(&both, &turned, sizeof(both)))
		fail_msg("%s: one undoes the other", what);
	world_begin(&w);
	judge(&w, &both.thing, &both.around);
	if (snapshot_object(w.s, 0)->evidence.rule != a->rule)
		fail_msg("%s: rule %u decides (%s), not rule %u", what,
			 snapshot_object(w.s, 0)->evidence.rule, world_verdict(&w, 0), a->rule);
	/* nor does the later rule add to what the earlier one says */
	if (strcmp(world_verdict(&w, 0), a->verdict))
		fail_msg("%s: got '%s', not '%s'", what, world_verdict(&w, 0), a->verdict);
	world_end(&w);
}

static void test_each_pair(void **state)
{
	unsigned int tried = 0, skipped = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(traits); i++) {
		for (unsigned int j = i + 1; j < ARRAY_SIZE(traits); j++) {
			const struct trait *a = &traits[i], *b = &traits[j];

			if (a->rule == b->rule)
				continue;
			if (find_impossible(a, b))
				skipped++;
			else
				tried += each_kind(a->kinds & b->kinds, check_pair, a, b);
		}
	}
	assert_int_equal(skipped, ARRAY_SIZE(impossible));
	assert_true(tried > 500);
}

/* Every two rules meet in some pair, but for those that judge different kinds. */
static void test_no_pair_of_rules_is_left_out(void **state)
{
	static const unsigned int rules[] = { 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13 };
	bool met[14][14] = { 0 };

	for (unsigned int i = 0; i < ARRAY_SIZE(traits); i++)
		for (unsigned int j = i + 1; j < ARRAY_SIZE(traits); j++)
			if (traits[i].kinds & traits[j].kinds && !find_impossible(&traits[i], &traits[j]))
				met[traits[i].rule][traits[j].rule] = true;
	for (unsigned int i = 0; i < ARRAY_SIZE(rules); i++) {
		for (unsigned int j = i + 1; j < ARRAY_SIZE(rules); j++) {
			/* 10 is about files, 11 about segments */
			bool never = rules[i] == 10 && rules[j] == 11;

			if (met[rules[i]][rules[j]] == never)
				fail_msg("rules %u and %u", rules[i], rules[j]);
		}
	}
}

/* Three and more at once: the first still decides. */
static void test_all_that_can_hold_at_once(void **state)
{
	static const unsigned int order[] = { 1, 2, 3, 4, 5, 6, 7, 10, 12, 13 };
	static void (*const put[])(struct subject *) = {
		locked, kept, no_lease, name_alive, mate_live, empty, owner_gone, links, settling, nothing,
	};

	for (unsigned int from = 0; from < ARRAY_SIZE(order); from++) {
		struct subject s = { .thing = { .kind = KIND_POSIX_SHM, .family = UNSURE } };
		struct world w;

		for (unsigned int i = from; i < ARRAY_SIZE(put); i++)
			put[i](&s);
		world_begin(&w);
		judge(&w, &s.thing, &s.around);
		assert_int_equal(snapshot_object(w.s, 0)->evidence.rule, order[from]);
		world_end(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_trait_alone),
		cmocka_unit_test(test_each_pair),
		cmocka_unit_test(test_no_pair_of_rules_is_left_out),
		cmocka_unit_test(test_all_that_can_hold_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
