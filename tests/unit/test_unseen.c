/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many segments came and went unseen: against a model of how the kernel gives ids. */
#include "ipctop/diff.h"

#include <inttypes.h>
#include "sample.h"
#include "unit.h"

#define NS	7
#define INDEXES	32768

/* As ipc_idr_alloc() of ipc/util.c has it. */
struct kernel {
	uint64_t ids[INDEXES];		/* + 1 */
	uint64_t order[INDEXES];	/* of creation */
	uint32_t in_use, next, last, round;
	uint64_t created;
};

static uint64_t create(struct kernel *k)
{
	uint32_t end = k->in_use * 3 / 2 > 64 ? k->in_use * 3 / 2 : 64, i;

	for (i = k->next; i < end && k->ids[i]; i++)
		;
	if (i >= end)
		for (i = 0; k->ids[i]; i++)
			;
	if (k->created && i <= k->last)
		k->round++;
	k->last = i;
	k->next = i + 1;
	k->in_use++;
	k->created++;
	k->order[i] = k->created;
	k->ids[i] = (uint64_t)k->round * INDEXES + i + 1;
	return k->ids[i] - 1;
}

static void drop(struct kernel *k, uint64_t id)
{
	k->ids[id % INDEXES] = 0;
	k->in_use--;
}

static void churn(struct kernel *k, uint32_t n)
{
	while (n--)
		drop(k, create(k));
}

static struct object *add_segment(struct snapshot *s, uint64_t id, uint64_t ns)
{
	struct object *o = sample_object(s, KIND_SHM, "shm:x");

	FACT_SET(o, id, id);
	FACT_SET(o, ipc_ns, ns);
	return o;
}

static struct snapshot *empty_look(const char *release)
{
	struct snapshot *s = snapshot_new();
	struct document *doc = snapshot_document(s);

	FACT_SET(doc, ipc_ns, NS);
	if (release)
		FACT_SET(doc, kernel, release);
	return s;
}

static struct snapshot *look(const struct kernel *k)
{
	struct snapshot *s = empty_look("6.18.44");

	for (uint32_t i = 0; i < INDEXES; i++)
		if (k->ids[i])
			add_segment(s, k->ids[i] - 1, NS);
	/* of another namespace: says nothing here */
	add_segment(s, 5 * INDEXES + 77, NS + 1);
	return s;
}

/* A watched machine: looks follow each other. */
struct watched {
	struct kernel k;
	struct unseen_watch w;
	struct snapshot *s;
};

static struct watched *watch(void)
{
	struct watched *x = xcalloc(1, sizeof(*x));

	return x;
}

static enum unseen look_again(struct watched *x, uint64_t *count)
{
	struct snapshot *s = look(&x->k);
	enum unseen answer = UNSEEN_UNKNOWN;

	*count = 0;
	if (x->s)
		answer = unseen_segments(&x->w, x->s, s, count);
	snapshot_free(x->s);
	x->s = s;
	return answer;
}

static void unwatch(struct watched *x)
{
	snapshot_free(x->s);
	free(x);
}

/* @kept stay, so many are created and removed, one stays: in each step, with a look behind it. */
static const struct step_case {
	const char *what;
	uint32_t kept;
	struct {
		uint32_t churn;
		bool silent;		/* nothing new stays */
		enum unseen answer;
		uint64_t count;
	} steps[4];
} step_cases[] = {
	{ "nothing unseen", 5, { { 0, false, UNSEEN_AT_MOST, 0 }, { 0, false, UNSEEN_AT_MOST, 0 } } },
	{ "within a round", 5, { { 7, false, UNSEEN_AT_MOST, 7 }, { 40, false, UNSEEN_AT_MOST, 40 } } },
	{ "over rounds", 5, { { 100, false, UNSEEN_ABOUT, 100 }, { 1000, false, UNSEEN_ABOUT, 1000 } } },
	{ "many stay", 200, { { 50, false, UNSEEN_AT_MOST, 50 }, { 5000, false, UNSEEN_ABOUT, 5000 } } },
	{ "told late, and once", 5, { { 7, true, UNSEEN_UNKNOWN, 0 }, { 3, true, UNSEEN_UNKNOWN, 0 },
				      { 1, false, UNSEEN_AT_MOST, 11 }, { 2, false, UNSEEN_AT_MOST, 2 } } },
	{ "too many rounds", 5, { { 30000, false, UNSEEN_UNKNOWN, 0 }, { 9, false, UNSEEN_AT_MOST, 9 } } },
};

static void test_steps(void **state)
{
	FOR_EACH_CASE(c, step_cases) {
		struct watched *x = watch();
		uint64_t count;

		for (uint32_t i = 0; i < c->kept; i++)
			create(&x->k);
		look_again(x, &count);
		for (unsigned int i = 0; i < 4; i++) {
			churn(&x->k, c->steps[i].churn);
			if (!c->steps[i].churn && c->steps[i].answer == UNSEEN_UNKNOWN)
				break;
			if (!c->steps[i].silent)
				create(&x->k);
			CHECK(c->what, look_again(x, &count) == c->steps[i].answer);
			if (count != c->steps[i].count && c->steps[i].answer != UNSEEN_ABOUT)
				fail_msg("%s: step %u: %" PRIu64, c->what, i, count);
			/* a round's end is not known better than by those that stay */
			if (count > c->steps[i].count + c->steps[i].count / 20 + 2 ||
			    count + c->steps[i].count / 20 + 2 < c->steps[i].count)
				fail_msg("%s: step %u: about %" PRIu64, c->what, i, count);
		}
		unwatch(x);
	}
}

/* The newest went: what was counted once is not counted again. */
static void test_the_newest_goes(void **state)
{
	struct watched *x = watch();
	uint64_t count, newest;

	create(&x->k);
	look_again(x, &count);
	churn(&x->k, 4);
	newest = create(&x->k);
	assert_int_equal(look_again(x, &count), UNSEEN_AT_MOST);
	assert_int_equal(count, 4);
	drop(&x->k, newest);
	assert_int_equal(look_again(x, &count), UNSEEN_UNKNOWN);
	churn(&x->k, 2);
	create(&x->k);
	assert_int_equal(look_again(x, &count), UNSEEN_AT_MOST);
	assert_int_equal(count, 2);
	unwatch(x);
}

/* The last segment goes, and others come. */
static void test_all_gone_meanwhile(void **state)
{
	struct watched *x = watch();
	uint64_t count, id;

	look_again(x, &count);
	assert_int_equal(look_again(x, &count), UNSEEN_UNKNOWN);
	id = create(&x->k);
	/* the first: nothing to count from */
	assert_int_equal(look_again(x, &count), UNSEEN_UNKNOWN);
	drop(&x->k, id);
	churn(&x->k, 3);
	assert_int_equal(look_again(x, &count), UNSEEN_UNKNOWN);
	create(&x->k);
	assert_int_equal(look_again(x, &count), UNSEEN_AT_MOST);
	assert_int_equal(count, 3);
	unwatch(x);
}

/* How long the rounds were is not known when many more, or fewer, are there at their end. */
static void test_many_more_than_before(void **state)
{
	struct watched *x = watch();
	uint64_t count;

	create(&x->k);
	look_again(x, &count);
	churn(&x->k, 100);
	for (unsigned int i = 0; i < 150; i++)
		create(&x->k);
	assert_int_equal(look_again(x, &count), UNSEEN_UNKNOWN);
	churn(&x->k, 7);
	create(&x->k);
	assert_int_equal(look_again(x, &count), UNSEEN_AT_MOST);
	assert_int_equal(count, 7);
	for (uint32_t i = 0; i < INDEXES; i++)
		if (x->k.ids[i])
			drop(&x->k, x->k.ids[i] - 1);
	churn(&x->k, 300);
	create(&x->k);
	assert_int_equal(look_again(x, &count), UNSEEN_UNKNOWN);
	unwatch(x);
}

/* Somebody chose an id, or the count of rounds began anew: counting starts there. */
static void test_ids_that_went_back(void **state)
{
	struct watched *x = watch();
	uint64_t count;

	x->k.round = 9;
	create(&x->k);
	look_again(x, &count);
	create(&x->k);
	look_again(x, &count);
	x->k.round = 0;
	create(&x->k);
	assert_int_equal(look_again(x, &count), UNSEEN_UNKNOWN);
	for (uint32_t i = 0; i < INDEXES; i++)
		if (x->k.ids[i] > 9 * INDEXES)
			drop(&x->k, x->k.ids[i] - 1);
	churn(&x->k, 3);
	create(&x->k);
	/* those of before are still in the look before: counting starts at the newest of all */
	look_again(x, &count);
	churn(&x->k, 3);
	create(&x->k);
	assert_int_equal(look_again(x, &count), UNSEEN_AT_MOST);
	assert_int_equal(count, 3);
	unwatch(x);
}

static uint64_t random_next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return *seed >> 33;
}

static void live(struct kernel *k, uint64_t *seed)
{
	for (uint64_t n = random_next(seed) % 40; n; n--) {
		uint32_t at = random_next(seed) % 64;

		if (k->ids[at] && k->in_use > 1)
			drop(k, k->ids[at] - 1);
		else if (k->in_use < 40)
			create(k);
	}
}

static uint64_t count_newer(const struct kernel *k, uint64_t id)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < INDEXES; i++)
		n += k->ids[i] > id + 1;
	return n;
}

/* Whatever comes and goes: within a round there were no more. */
static void test_at_most(void **state)
{
	unsigned int answers = 0;

	for (uint64_t run = 1; run <= 20; run++) {
		struct watched *x = watch();
		uint64_t seed = run, newest = create(&x->k), order = x->k.created, count;

		look_again(x, &count);
		for (unsigned int i = 0; i < 40; i++) {
			uint64_t seen, created;
			enum unseen answer;

			live(&x->k, &seed);
			seen = count_newer(&x->k, newest);
			answer = look_again(x, &count);
			if (answer == UNSEEN_UNKNOWN)
				continue;
			newest = x->w.newest;
			created = x->k.order[newest % INDEXES] - order;
			order += created;
			answers += answer == UNSEEN_AT_MOST;
			if (answer == UNSEEN_AT_MOST && seen + count < created)
				fail_msg("run %" PRIu64 ": %" PRIu64 " seen and %" PRIu64 " told, but %" PRIu64
					 " created", run, seen, count, created);
		}
		unwatch(x);
	}
	assert_true(answers > 100);
}

static const struct strange_case {
	const char *what, *release;
	uint64_t before[3], now[3];	/* + 1; 0: no more */
	enum unseen answer;
} strange_cases[] = {
	{ "as it should be", "5.2.0-rc1", { 1 }, { 1, 5 }, UNSEEN_AT_MOST },
	{ "of two numbers", "6.1", { 1 }, { 1, 5 }, UNSEEN_AT_MOST },
	{ "of one", "6", { 1 }, { 1, 5 }, UNSEEN_AT_MOST },
	{ "before ids went in a circle", "5.1.21", { 1 }, { 1, 5 }, UNSEEN_UNKNOWN },
	{ "long before", "4.19.0", { 1 }, { 1, 5 }, UNSEEN_UNKNOWN },
	{ "no release", NULL, { 1 }, { 1, 5 }, UNSEEN_UNKNOWN },
	{ "not a release", "x", { 1 }, { 1, 5 }, UNSEEN_UNKNOWN },
	{ "an index twice", "6.1", { 1 }, { 1, INDEXES + 1 }, UNSEEN_UNKNOWN },
	{ "an index twice, before", "6.1", { 1, INDEXES + 1 }, { 1, 5 }, UNSEEN_UNKNOWN },
	{ "not an id", "6.1", { 1 }, { 1, 1ULL << 40 }, UNSEEN_UNKNOWN },
	{ "no ids", "6.1", { 1ULL << 40 }, { 1ULL << 40, (1ULL << 40) + 5 }, UNSEEN_UNKNOWN },
};

static void test_strange_looks(void **state)
{
	FOR_EACH_CASE(c, strange_cases) {
		struct snapshot *before = empty_look(c->release), *now = empty_look(c->release);
		struct unseen_watch w = { 0 };
		uint64_t count;

		for (unsigned int i = 0; i < 3 && c->before[i]; i++)
			add_segment(before, c->before[i] - 1, NS);
		for (unsigned int i = 0; i < 3 && c->now[i]; i++)
			add_segment(now, c->now[i] - 1, NS);
		CHECK(c->what, unseen_segments(&w, before, now, &count) == c->answer);
		snapshot_free(before);
		snapshot_free(now);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_the_newest_goes),
		cmocka_unit_test(test_all_gone_meanwhile),
		cmocka_unit_test(test_many_more_than_before),
		cmocka_unit_test(test_ids_that_went_back),
		cmocka_unit_test(test_at_most),
		cmocka_unit_test(test_strange_looks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
