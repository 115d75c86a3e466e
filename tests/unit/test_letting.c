/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans to make processes let go: which rows, what refuses them, and what the object becomes. */
#include <unistd.h>
#include "held.h"
#include "sample.h"
#include "ipctop/act.h"

/* What a holder has of it, and others beside it. */
struct part {
	unsigned int shared, private, fds;
};

static const struct letting_case {
	const char *what;
	enum kind kind;
	uint64_t flags;
	enum leave leave;
	bool force, incomplete;
	uint64_t unseen;		/* attachments that nattch has and no holder does */
	struct part target, other;
	enum outcome result;
	unsigned int rows;
	const char *why;		/* a part of it */
	enum future becomes;		/* of what is planned; NR_FUTURES: unknown */
	uint64_t new_nattch;
} lettings[] = {
	{ "the only one of a segment", KIND_SHM, .target = { 1 }, .rows = 1, .becomes = FUTURE_DETACHED },
	{ "attached twice", KIND_SHM, .target = { 2 }, .rows = 2, .becomes = FUTURE_DETACHED },
	{ "condemned", KIND_SHM, OBJECT_CONDEMNED, .target = { 1 }, .rows = 1, .becomes = FUTURE_GONE },
	{ "with another", KIND_SHM, .target = { 1 }, .other = { 1 }, .rows = 1, .result = OUTCOME_REFUSED,
	  .why = "held too by 4713 (other): with a copy of its own process 4712 no longer sees" },
	{ "with another, by force", KIND_SHM, .force = true, .target = { 2 }, .other = { 1 }, .rows = 2,
	  .becomes = FUTURE_ATTACHED, .new_nattch = 1 },
	{ "condemned, with another, by force", KIND_SHM, OBJECT_CONDEMNED, .force = true, .target = { 1 },
	  .other = { 1 }, .rows = 1, .becomes = FUTURE_CONDEMNED, .new_nattch = 1 },
	{ "fenced, with another", KIND_SHM, .leave = LEAVE_FENCE, .target = { 1 }, .other = { 1 }, .rows = 1,
	  .result = OUTCOME_REFUSED, .why = "process 4712 gets SIGSEGV" },
	{ "fenced alone", KIND_SHM, .leave = LEAVE_FENCE, .target = { 1 }, .rows = 1, .becomes = FUTURE_DETACHED },
	{ "more attached than seen", KIND_SHM, .unseen = 2, .target = { 1 }, .rows = 1,
	  .result = OUTCOME_REFUSED, .why = "others that cannot be seen may hold it too: with a copy" },
	{ "more attached than seen, by force", KIND_SHM, .force = true, .unseen = 2, .target = { 1 }, .rows = 1,
	  .becomes = FUTURE_ATTACHED, .new_nattch = 2 },
	{ "a file that another only has open", KIND_POSIX_SHM, .target = { 1 }, .other = { .fds = 1 },
	  .rows = 1, .result = OUTCOME_REFUSED, .why = "held too by 4713" },
	{ "the same, by force", KIND_POSIX_SHM, .force = true, .target = { 1 }, .other = { .fds = 1 },
	  .rows = 1, .becomes = FUTURE_OPEN },
	{ "a file that it has open, too", KIND_POSIX_SHM, .target = { 1, .fds = 1 }, .rows = 1,
	  .becomes = FUTURE_OPEN },
	{ "a file that it maps private, too", KIND_POSIX_SHM, .target = { 1, 1 }, .rows = 1,
	  .becomes = FUTURE_ATTACHED },
	{ "a file", KIND_POSIX_SHM, .target = { 1 }, .rows = 1, .becomes = FUTURE_DETACHED },
	{ "a file without a name", KIND_POSIX_SHM, OBJECT_UNLINKED, .target = { 1 }, .rows = 1,
	  .becomes = FUTURE_GONE },
	{ "not all can be seen", KIND_MEMFD, .incomplete = true, .target = { 1 }, .rows = 1,
	  .result = OUTCOME_REFUSED, .why = "others that cannot be seen may hold it too: " },
	{ "not all can be seen, by force", KIND_MEMFD, .force = true, .incomplete = true, .target = { 1 },
	  .rows = 1, .becomes = NR_FUTURES },
	{ "a memfd", KIND_MEMFD, .target = { 1 }, .rows = 1, .becomes = FUTURE_GONE },
	{ "a memfd in a descriptor", KIND_MEMFD, .target = { 1, .fds = 1 }, .rows = 1, .becomes = FUTURE_OPEN },
	{ "only open", KIND_MEMFD, .force = true, .target = { .fds = 1 }, .rows = 1, .result = OUTCOME_REFUSED,
	  .why = "has it open, and does not map it shared" },
	{ "only private", KIND_FILE, .force = true, .target = { .private = 1 }, .rows = 1,
	  .result = OUTCOME_REFUSED, .why = "maps it private" },
	{ "a device", KIND_DEVICE, .force = true, .target = { 1 }, .rows = 1, .result = OUTCOME_REFUSED,
	  .why = "that cannot be done to device memory" },
	{ "the kernel's own", KIND_SPECIAL, .force = true, .target = { 1 }, .rows = 1,
	  .result = OUTCOME_REFUSED, .why = "that cannot be done to" },
};

static struct holder *add_holder(struct snapshot *s, struct object *o, uint64_t pid, const char *comm,
				 struct part part)
{
	struct holder *h;

	if (!part.shared && !part.private && !part.fds)
		return NULL;
	h = sample_holder(s, o, sample_process(s, pid, comm));
	for (unsigned int i = 0; i < part.shared + part.private; i++) {
		struct mapping *m;

		sample_mapping(s, h, 0x7f0000000000 + 0x100000 * i);
		m = snapshot_row(s, CLASS_MAPPING, h->mappings.first + i);
		if (i >= part.shared)
			FACT_SET(m, prot, "rw-p");
	}
	for (unsigned int i = 0; i < part.fds; i++)
		sample_fd(s, h, 3 + i, ACCESS_RW);
	return h;
}

static struct object *object_of(struct snapshot *s, const struct letting_case *c)
{
	struct object *o = sample_object(s, c->kind, "x");

	FACT_SET(o, flags, c->flags);
	FACT_SET(o, holders_complete, !c->incomplete && !c->unseen);
	if (c->kind == KIND_SHM)
		FACT_SET(o, nattch, c->target.shared + c->other.shared + c->unseen);
	return o;
}

static void check_planned(const struct letting_case *c, const struct act *act)
{
	if (c->becomes == NR_FUTURES)
		CHECK(c->what, FACT_IS_UNKNOWN(act, becomes));
	else
		CHECK(c->what, FACT_KNOWN(act, becomes) && act->becomes == c->becomes);
	CHECK(c->what, FACT_KNOWN(act, new_nattch) == (c->kind == KIND_SHM));
	CHECK(c->what, act->new_nattch == c->new_nattch);
	CHECK(c->what, FACT_KNOWN(act, start) && act->length == 65536);
	CHECK(c->what, FACT_KNOWN(act, others) == (c->other.shared || c->other.fds || c->unseen || c->incomplete));
}

static void test_rows(void **state)
{
	FOR_EACH_CASE(c, lettings) {
		struct snapshot *s = snapshot_new();
		struct object *o = object_of(s, c);
		struct holder *h = add_holder(s, o, 4712, "worker", c->target);
		struct letting l;
		struct plan plan;

		add_holder(s, o, 4713, "other", c->other);
		/* the second may have moved the first */
		h = snapshot_row(s, CLASS_HOLDER, o->holders.first);
		plan_init(&plan, s);
		letting_begin(&l, &plan, s, o, c->leave, c->force ? PERMIT_ANY : PERMIT_DISUSED);
		CHECK(c->what, letting_add(&l, h, false) == 0);
		CHECK(c->what, plan_count(&plan) == c->rows);
		for (uint32_t i = 0; i < plan_count(&plan); i++) {
			const struct act *act = plan_act(&plan, i);

			CHECK(c->what, act->result == c->result);
			CHECK(c->what, act->pid == 4712 && act->leave == c->leave);
			if (c->result == OUTCOME_PLANNED)
				check_planned(c, act);
			else
				CHECK(c->what, act->why && strstr(act->why, c->why));
		}
		plan_release(&plan);
		snapshot_free(s);
	}
}

/* A segment that @n processes have attached, from pid 100 on, and a plan for it. */
static struct object *segment_of(struct snapshot *s, unsigned int n, struct plan *plan, struct letting *l)
{
	struct object *o = sample_object(s, KIND_SHM, "x");

	for (unsigned int i = 0; i < n; i++)
		add_holder(s, o, 100 + i, "worker", (struct part){ 1 });
	FACT_SET(o, nattch, n);
	FACT_SET(o, holders_complete, true);
	plan_init(plan, s);
	letting_begin(l, plan, s, o, LEAVE_COPY, PERMIT_ANY);
	return o;
}

/* One after the other: the last one lets the object go. */
static void test_all_holders(void **state)
{
	static const enum future becomes[] = { FUTURE_CONDEMNED, FUTURE_CONDEMNED, FUTURE_GONE };
	struct snapshot *s = snapshot_new();
	struct letting l;
	struct plan plan;
	struct object *o = segment_of(s, 3, &plan, &l);

	o->flags = OBJECT_CONDEMNED;
	for (unsigned int i = 0; i < 3; i++) {
		const struct act *act;

		act = plan_act(&plan, letting_add(&l, snapshot_row(s, CLASS_HOLDER, o->holders.first + i), false));
		assert_int_equal(act->new_nattch, 2 - i);
		assert_int_equal(act->becomes, becomes[i]);
		assert_int_equal(act->other_holders, 2);
	}
	plan_release(&plan);
	snapshot_free(s);
}

static void test_never(void **state)
{
	const uint64_t pids[] = { 1, getpid() };

	for (unsigned int i = 0; i < ARRAY_SIZE(pids); i++) {
		struct snapshot *s = snapshot_new();
		struct object *o = sample_object(s, KIND_MEMFD, "x");
		struct letting l;
		struct plan plan;

		add_holder(s, o, pids[i], "any", (struct part){ 1 });
		FACT_SET(o, holders_complete, true);
		plan_init(&plan, s);
		letting_begin(&l, &plan, s, o, LEAVE_COPY, PERMIT_ANY);
		letting_add(&l, snapshot_row(s, CLASS_HOLDER, o->holders.first), true);
		assert_int_equal(plan_act(&plan, 0)->result, OUTCOME_REFUSED);
		plan_release(&plan);
		snapshot_free(s);
	}
}

static void map_longer(void *arg)
{
	DEMAND(mmap(NULL, 4 * PAGE, PROT_READ, MAP_SHARED, *(int *)arg, 0) != MAP_FAILED);
}

/* Beyond the end of an object there is SIGBUS, and stays. */
static void test_longer(void **state)
{
	static const enum permit permits[] = { PERMIT_DISUSED, PERMIT_ANY };
	int fd = make_memfd(2);
	pid_t pid = start_process(map_longer, &fd);
	struct snapshot *s;
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(pwrite(fd, "x", 1, 0) + pwrite(fd, "x", 1, PAGE), 2);
	close(fd);
	s = take_snapshot(KIND_BIT(KIND_MEMFD));
	for (unsigned int i = 0; i < ARRAY_SIZE(permits); i++) {
		struct object *o = snapshot_row(s, CLASS_OBJECT, find_object(s, st.st_dev, st.st_ino));
		const struct act *act;
		struct letting l;
		struct plan plan;

		FACT_SET(o, holders_complete, true);
		plan_init(&plan, s);
		letting_begin(&l, &plan, s, o, LEAVE_COPY, permits[i]);
		letting_add(&l, snapshot_row(s, CLASS_HOLDER, o->holders.first), true);
		act = plan_act(&plan, 0);
		assert_int_equal(act->result, i ? OUTCOME_PLANNED : OUTCOME_REFUSED);
		if (i)
			assert_int_equal(act->copy, 2 * PAGE);
		else
			assert_non_null(strstr(act->why, "goes beyond the end of the object: there a touch is SIGBUS, "
					       "and would stay that when the object grows; --force does it"));
		plan_release(&plan);
	}
	end_process(pid);
	snapshot_free(s);
}

/* Of many, four are named. */
static void test_many_others(void **state)
{
	struct snapshot *s = snapshot_new();
	struct letting l;
	struct plan plan;
	struct object *o = segment_of(s, 7, &plan, &l);

	letting_add(&l, snapshot_row(s, CLASS_HOLDER, o->holders.first + 1), false);
	assert_string_equal(plan_act(&plan, 0)->others,
			    "100 (worker), 102 (worker), 103 (worker), 104 (worker) and 2 more");
	assert_int_equal(plan_act(&plan, 0)->other_holders, 6);
	plan_release(&plan);
	snapshot_free(s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_all_holders),
		cmocka_unit_test(test_never),
		cmocka_unit_test(test_longer),
		cmocka_unit_test(test_many_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
