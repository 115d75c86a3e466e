/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What processes hold, one by one and together. */
#include "ipctop/field.h"
#include "ipctop/holding.h"

#include <inttypes.h>
#include "sample.h"
#include "unit.h"

/* Who has which value; pid 0: no more. "?" unknown, NULL not applicable. */
struct who {
	uint64_t pid;
	const char *user;
	int64_t uid;			/* -1: unknown, -2: not applicable */
	const char *cgroup, *unit, *container;
};
static const struct who people[] = {
	{ 11, "alice", 1000, "/a", "a.service", NULL },
	{ 12, "alice", 1000, "/a", "?", "box" },
	{ 13, "bob", 1001, "/b", NULL, "box" },
	{ 14, NULL, 1002, "?", NULL, NULL },
	{ 15, "?", -1, NULL, NULL, NULL },
};

/* Objects: who holds them by the numbers of @people, ends with -1. */
struct thing {
	enum kind kind;
	int64_t size, allocated;	/* -1: unknown; -2: not applicable */
	int holders[6];			/* in people, +1; 0: no more */
	int64_t uid;
	const char *user;
	int verdict;			/* enum verdict, +1; 0: unknown */
};

#define FACT(row, m, v) do {						\
	if ((v) >= 0)							\
		FACT_SET(row, m, v);					\
	else if ((v) == -1)						\
		FACT_UNKNOWN(row, m);					\
} while (0)
#define TEXT(row, m, v) do {						\
	(row)->facts.known &= ~FACT_BIT(row, m);			\
	(row)->facts.unknown &= ~FACT_BIT(row, m);			\
	if ((v) && strcmp(v, "?"))					\
		FACT_SET(row, m, v);					\
	else if (v)							\
		FACT_UNKNOWN(row, m);					\
} while (0)

static void add_people(struct snapshot *s)
{
	FOR_EACH_CASE(who, people) {
		uint32_t row = sample_process(s, who->pid, "worker");
		struct process *p = snapshot_row(s, CLASS_PROCESS, row);

		p->facts.known &= ~FACT_BIT(p, uid);
		FACT(p, uid, who->uid);
		TEXT(p, user, who->user);
		TEXT(p, cgroup, who->cgroup);
		TEXT(p, unit, who->unit);
		TEXT(p, container, who->container);
	}
}

static struct snapshot *world(const struct thing *things, unsigned int n)
{
	struct snapshot *s = snapshot_new();

	s->kinds = KINDS_ALL & ~KIND_BIT(KIND_ANON);
	add_people(s);
	for (unsigned int i = 0; i < n; i++) {
		struct object *o = sample_object(s, things[i].kind, "posix-shm:/x");

		FACT(o, size, things[i].size);
		FACT(o, allocated, things[i].allocated);
		FACT(o, uid, things[i].uid);
		TEXT(o, user, things[i].user);
		if (things[i].verdict)
			FACT_SET(o, verdict, things[i].verdict - 1);
		for (unsigned int k = 0; k < ARRAY_SIZE(things[i].holders) && things[i].holders[k]; k++)
			sample_mapping(s, sample_holder(s, o, things[i].holders[k] - 1), 0x1000);
	}
	return s;
}

static void put_number(struct buf *out, const char *what, uint64_t known, uint64_t unknown, uint64_t v)
{
	if (unknown)
		buf_printf(out, " %s=?", what);
	else if (!known)
		buf_printf(out, " %s=-", what);
	else if (v)
		buf_printf(out, " %s=%" PRIu64, what, v);
}

#define PUT(m) put_number(out, #m, FACT_KNOWN(h, m), FACT_IS_UNKNOWN(h, m), h->m)

/* "alice: processes=2 objects=…": what is 0 is left out. */
static void put_row(struct buf *out, const struct snapshot *s, const struct holding *h, bool users)
{
	if (FACT_KNOWN(h, process))
		buf_printf(out, "%" PRIu64 ":",
			   ((struct process *)snapshot_row(s, CLASS_PROCESS, h->process))->pid);
	else
		buf_printf(out, "%s:", FACT_KNOWN(h, value) ? h->value : FACT_IS_UNKNOWN(h, value) ? "?" : "-");
	PUT(processes);
	PUT(objects);
	PUT(size);
	PUT(allocated);
	PUT(share);
	PUT(incomplete);
	for (unsigned int k = 0; k < NR_KINDS; k++)
		if (kinds[k].memory && k != KIND_ANON)
			put_number(out, kinds[k].name, h->facts.known & FACT_BIT(h, by_kind) << k,
				   h->facts.unknown & FACT_BIT(h, by_kind) << k, h->by_kind[k]);
	if (!users) {
		assert_false(FACT_KNOWN(h, owned) || FACT_KNOWN(h, stale));
		return;
	}
	PUT(owned);
	PUT(owned_allocated);
	PUT(stale);
	PUT(stale_allocated);
}

static const struct holding_case {
	const char *what;
	enum holding_by by;
	struct thing things[4];
	unsigned int n;
	const char *rows;
} cases[] = {
	{ "nothing", HOLDING_BY_PROCESS, { { 0 } }, 0, "" },
	{ "one holder", HOLDING_BY_PROCESS, { { KIND_SHM, 100, 40, { 1 } } }, 1,
	  "11: processes=1 objects=1 size=100 allocated=40 share=40 shm=40; " },
	{ "shared: each has all, and a part", HOLDING_BY_PROCESS,
	  { { KIND_SHM, 100, 41, { 1, 2 } }, { KIND_MEMFD, 10, 10, { 2 } } }, 2,
	  "11: processes=1 objects=1 size=100 allocated=41 share=21 shm=41; "
	  "12: processes=1 objects=2 size=110 allocated=51 share=30 shm=41 memfd=10; " },
	{ "nobody", HOLDING_BY_PROCESS, { { KIND_SHM, 100, 40, { 0 } } }, 1, "" },
	{ "memory unknown: nothing is known", HOLDING_BY_PROCESS, { { KIND_POSIX_SHM, 100, -1, { 1 } } }, 1,
	  "11: processes=1 objects=1 size=100 allocated=? share=? incomplete=1 posix-shm=?; " },
	{ "one of two unknown: a lower bound", HOLDING_BY_PROCESS,
	  { { KIND_POSIX_SHM, -1, -1, { 1 } }, { KIND_POSIX_SHM, 5, 3, { 1 } }, { KIND_POSIX_SHM, -1, 2, { 1 } } }, 3,
	  "11: processes=1 objects=3 size=5 allocated=5 share=5 incomplete=2 posix-shm=5; " },
	{ "a disk's file uses no memory", HOLDING_BY_PROCESS, { { KIND_FILE, 100, -2, { 1 } } }, 1,
	  "11: processes=1 objects=1 size=100; " },
	{ "more than a number holds", HOLDING_BY_PROCESS,
	  { { KIND_SHM, INT64_MAX, INT64_MAX, { 1 } }, { KIND_SHM, INT64_MAX, INT64_MAX, { 1 } },
	    { KIND_SHM, INT64_MAX, INT64_MAX, { 1 } } }, 3,
	  "11: processes=1 objects=3 size=18446744073709551615 allocated=18446744073709551615 "
	  "share=18446744073709551615 shm=18446744073709551615; " },

	{ "an object counts once for a user", HOLDING_BY_USER,
	  { { KIND_SHM, 100, 40, { 1, 2 }, 1000, "alice" } }, 1,
	  "alice: processes=2 objects=1 size=100 allocated=40 share=40 shm=40; " },
	{ "two users share", HOLDING_BY_USER, { { KIND_SHM, 100, 40, { 1, 2, 3 }, 1000, "alice" } }, 1,
	  "alice: processes=2 objects=1 size=100 allocated=40 share=27 shm=40; "
	  "bob: processes=1 objects=1 size=100 allocated=40 share=13 shm=40; " },
	{ "again, after another's", HOLDING_BY_USER,
	  { { KIND_SHM, 1, 1, { 1, 3 }, 1000, "alice" }, { KIND_SHM, 2, 2, { 3 }, 1000, "alice" },
	    { KIND_SHM, 4, 4, { 1 }, 1000, "alice" } }, 3,
	  "alice: processes=1 objects=2 size=5 allocated=5 share=5 shm=5; "
	  "bob: processes=1 objects=2 size=3 allocated=3 share=2 shm=3; " },
	{ "a user without a name", HOLDING_BY_USER, { { KIND_SHM, 1, 1, { 4 }, 0, "root" } }, 1,
	  "1002: processes=1 objects=1 size=1 allocated=1 share=1 shm=1; " },
	{ "an unknown user", HOLDING_BY_USER, { { KIND_SHM, 1, 1, { 5 }, 0, "root" } }, 1,
	  "?: processes=1 objects=1 size=1 allocated=1 share=1 shm=1; " },
	{ "what nobody holds is its owner's", HOLDING_BY_USER,
	  { { KIND_SHM, 100, 40, { 0 }, 1001, "bob", VERDICT_STALE + 1 },
	    { KIND_POSIX_SHM, 100, 7, { 0 }, 1001, "bob", VERDICT_IDLE + 1 },
	    { KIND_SHM, 5, 5, { 3 }, 1001, "bob", VERDICT_LIVE + 1 } }, 3,
	  "bob: processes=1 objects=1 size=5 allocated=5 share=5 shm=5 owned=2 owned_allocated=47 "
	  "stale=1 stale_allocated=40; " },
	{ "what somebody unseen holds is not free", HOLDING_BY_USER,
	  { { KIND_SHM, 100, 40, { 0 }, 1001, "bob", VERDICT_LIVE + 1 } }, 1, "" },
	{ "not judged is free, and not stale", HOLDING_BY_USER,
	  { { KIND_SHM, 100, 40, { 0 }, 1001, "bob", 0 } }, 1, "bob: owned=1 owned_allocated=40; " },
	{ "owned by a number", HOLDING_BY_USER,
	  { { KIND_SHM, 100, -1, { 0 }, 1003, NULL, VERDICT_STALE + 1 } }, 1,
	  "1003: incomplete=1 owned=1 owned_allocated=? stale=1 stale_allocated=?; " },

	{ "control groups", HOLDING_BY_CGROUP, { { KIND_SHM, 6, 6, { 1, 2, 3, 4, 5 } } }, 1,
	  "/a: processes=2 objects=1 size=6 allocated=6 share=3 shm=6; "
	  "/b: processes=1 objects=1 size=6 allocated=6 share=1 shm=6; "
	  "?: processes=1 objects=1 size=6 allocated=6 share=1 shm=6; "
	  "-: processes=1 objects=1 size=6 allocated=6 share=1 shm=6; " },
	{ "units", HOLDING_BY_UNIT, { { KIND_SHM, 6, 6, { 1, 2, 3, 4 } } }, 1,
	  "a.service: processes=1 objects=1 size=6 allocated=6 share=2 shm=6; "
	  "?: processes=1 objects=1 size=6 allocated=6 share=2 shm=6; "
	  "-: processes=2 objects=1 size=6 allocated=6 share=2 shm=6; " },
	{ "containers", HOLDING_BY_CONTAINER, { { KIND_SHM, 6, 6, { 1, 2, 3 } } }, 1,
	  "-: processes=1 objects=1 size=6 allocated=6 share=2 shm=6; "
	  "box: processes=2 objects=1 size=6 allocated=6 share=4 shm=6; " },
};

static void test_cases(void **state)
{
	FOR_EACH_CASE(c, cases) {
		struct snapshot *s = world(c->things, c->n);
		struct span rows = holdings_add(s, c->by);
		struct buf text = BUF_INIT;

		for (uint32_t i = 0; i < rows.count; i++) {
			put_row(&text, s, snapshot_row(s, CLASS_HOLDING, rows.first + i),
				c->by == HOLDING_BY_USER);
			buf_puts(&text, "; ");
		}
		CHECK_TEXT(c->what, rows.count ? text.s : "", c->rows);
		buf_release(&text);
		snapshot_free(s);
	}
}

/* Rows of one look beside rows of another kind of it. */
static void test_rows_stand_behind_others(void **state)
{
	const struct thing thing = { KIND_SHM, 100, 40, { 1, 3 }, 1000, "alice" };
	struct snapshot *s = world(&thing, 1);
	struct span processes = holdings_add(s, HOLDING_BY_PROCESS), users = holdings_add(s, HOLDING_BY_USER);

	assert_int_equal(processes.first, 0);
	assert_int_equal(processes.count, 2);
	assert_int_equal(users.first, 2);
	assert_int_equal(users.count, 2);
	assert_int_equal(snapshot_count(s, CLASS_HOLDING), 4);
	snapshot_free(s);
}

/* Hundreds of users and of control groups: each has a row, and all shares are the whole. */
static void test_many_rows(void **state)
{
	struct snapshot *s = snapshot_new();
	struct object *o = sample_object(s, KIND_SHM, "shm:7");

	FACT_SET(o, allocated, 100003);
	for (uint32_t i = 0; i < 900; i++) {
		uint32_t row = sample_process(s, 1000 + i, "worker");
		struct process *p = snapshot_row(s, CLASS_PROCESS, row);
		char text[20];

		snprintf(text, sizeof(text), "/%u", i % 450);
		p->facts.known &= ~FACT_BIT(p, user);
		FACT_SET(p, uid, i % 300);
		FACT_SET(p, cgroup, arena_strdup(s->arena, text));
		sample_holder(s, o, row);
	}
	for (unsigned int by = 0; by <= HOLDING_BY_CGROUP; by++) {
		static const unsigned int counts[] = { 900, 300, 450 };
		struct span rows = holdings_add(s, by);
		uint64_t share = 0;

		assert_int_equal(rows.count, counts[by]);
		for (uint32_t i = 0; i < rows.count; i++) {
			const struct holding *h = snapshot_row(s, CLASS_HOLDING, rows.first + i);

			assert_int_equal(h->processes, 900 / counts[by]);
			assert_int_equal(h->allocated, 100003);
			share += h->share;
		}
		assert_int_equal(share, 100003);
	}
	snapshot_free(s);
}

/* A row of a user has no process: its pid does not apply, and is not that of the first. */
static void test_no_process_is_embedded(void **state)
{
	const struct thing thing = { KIND_SHM, 100, 40, { 1 }, 1000, "alice" };
	const struct field *pid = field_find(CLASS_HOLDING, "pid"), *shm = field_find(CLASS_HOLDING, "posix-shm");
	struct snapshot *s = world(&thing, 1);
	struct holding *h;
	struct value v;

	assert_non_null(pid);
	assert_non_null(shm);
	holdings_add(s, HOLDING_BY_PROCESS);
	holdings_add(s, HOLDING_BY_USER);
	field_get_in(s, CLASS_HOLDING, pid, snapshot_row(s, CLASS_HOLDING, 0), &v);
	assert_int_equal(v.state, VALUE_KNOWN);
	assert_int_equal(v.u, 11);
	h = snapshot_row(s, CLASS_HOLDING, 1);
	field_get_in(s, CLASS_HOLDING, pid, h, &v);
	assert_int_equal(v.state, VALUE_NONE);
	assert_int_equal(v.type, VT_UINT);
	assert_null(field_row(s, CLASS_HOLDING, pid, h));
	assert_ptr_equal(field_row(s, CLASS_HOLDING, shm, h), h);
	FACT_UNKNOWN(h, process);
	field_get_in(s, CLASS_HOLDING, pid, h, &v);
	assert_int_equal(v.state, VALUE_UNKNOWN);
	snapshot_free(s);
}

/* Memory by kind does not apply where the kind was not collected, nor to a disk's file. */
static void test_kinds_that_do_not_apply(void **state)
{
	const struct thing things[] = { { KIND_SHM, 100, 40, { 1 } }, { KIND_FILE, 100, -2, { 1 } } };
	struct snapshot *s = world(things, 2);
	const struct holding *h;

	holdings_add(s, HOLDING_BY_PROCESS);
	h = snapshot_row(s, CLASS_HOLDING, 0);
	assert_true(FACT_KNOWN(h, by_kind[KIND_MEMFD]));
	assert_int_equal(h->by_kind[KIND_MEMFD], 0);
	assert_false(FACT_KNOWN(h, by_kind[KIND_ANON]) || FACT_IS_UNKNOWN(h, by_kind[KIND_ANON]));
	assert_false(FACT_KNOWN(h, by_kind[KIND_FILE]) || FACT_IS_UNKNOWN(h, by_kind[KIND_FILE]));
	snapshot_free(s);
}

/* Of what nobody looked for holders, nobody knows that it has none. */
static void test_holders_not_collected(void **state)
{
	const struct thing thing = { KIND_SHM, 100, 40, { 0 }, 1000, "alice" };
	struct snapshot *s = world(&thing, 1);

	snapshot_object(s, 0)->facts.known &= ~FACT_BIT(snapshot_object(s, 0), holders);
	assert_int_equal(holdings_add(s, HOLDING_BY_USER).count, 0);
	snapshot_free(s);
}

static void test_needs(void **state)
{
	for (unsigned int by = 0; by < NR_HOLDING_BYS; by++) {
		uint32_t needs = holding_needs(by);

		assert_non_null(holding_by_names[by]);
		assert_true(needs & NEED_BIT(NEED_HOLDERS) && needs & NEED_BIT(NEED_PROCESSES) &&
			    needs & NEED_BIT(NEED_RESIDENT));
		assert_int_equal(!!(needs & NEED_BIT(NEED_VERDICT)), by == HOLDING_BY_USER);
	}
	assert_null(holding_by_names[NR_HOLDING_BYS]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_rows_stand_behind_others),
		cmocka_unit_test(test_many_rows),
		cmocka_unit_test(test_no_process_is_embedded),
		cmocka_unit_test(test_kinds_that_do_not_apply),
		cmocka_unit_test(test_holders_not_collected),
		cmocka_unit_test(test_needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
