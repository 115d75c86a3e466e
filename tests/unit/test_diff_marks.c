/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which objects of two looks are the same, and in which order what happened to them is told. */
#include "two_looks.h"

#include "unit.h"

/* Files by inode: each look has those of the list, in its order; 0: no more. */
static void add_files(struct snapshot *s, const uint64_t *inodes)
{
	for (; *inodes; inodes++) {
		char name[40];
		struct object *o;

		snprintf(name, sizeof(name), "posix-shm:/%" PRIu64, *inodes % 1000);
		o = sample_object(s, KIND_POSIX_SHM, arena_strdup(s->arena, name));
		FACT_SET(o, inode, *inodes % 1000);
		FACT_SET(o, device, 1);
		/* above 1000: another birth */
		FACT_SET(o, birth_time, *inodes / 1000 ? 1002 : 100);
		FACT_SET(o, size, 0);
	}
}

/* "3+" new, "3=1" as row 1 of the earlier look; behind '|' the rows that are gone. */
static void put_marks(struct buf *text, const struct snapshot *now, const struct diff *d)
{
	for (uint32_t i = 0; i < snapshot_count(now, CLASS_OBJECT); i++) {
		const struct diff_mark *mark = diff_mark(d, i);

		if (mark->before == DIFF_NONE)
			buf_printf(text, "%" PRIu64 "+ ", snapshot_object(now, i)->inode);
		else
			buf_printf(text, "%" PRIu64 "=%u%s ", snapshot_object(now, i)->inode, mark->before,
				   mark->events ? "!" : "");
	}
	buf_putc(text, '|');
	for (uint32_t i = 0; i < d->gone.count; i++)
		buf_printf(text, " %u", ((uint32_t *)d->gone.rows)[i]);
}

static const struct marks_case {
	const char *what;
	uint64_t before[8], now[8];
	const char *marks;
} marks_cases[] = {
	{ "nothing", { 0 }, { 0 }, "|" },
	{ "as before", { 1, 2, 3 }, { 1, 2, 3 }, "1=0 2=1 3=2 |" },
	{ "all new", { 0 }, { 1, 2 }, "1+ 2+ |" },
	{ "all gone", { 1, 2 }, { 0 }, "| 0 1" },
	{ "one new in the middle", { 1, 3 }, { 1, 2, 3 }, "1=0 2+ 3=1 |" },
	{ "one gone in the middle", { 1, 2, 3 }, { 1, 3 }, "1=0 3=2 | 1" },
	{ "one new, one gone", { 1, 2, 4 }, { 1, 3, 4 }, "1=0 3+ 4=2 | 1" },
	{ "another order", { 1, 2, 3, 4 }, { 4, 3, 2, 1 }, "4=3 3=2 2=1 1=0 |" },
	{ "another in its place", { 1, 2, 3 }, { 1, 1002, 3 }, "1=0 2+ 3=2 | 1" },
	{ "gone, and another in a place", { 1, 2, 3 }, { 1002, 4 }, "2+ 4+ | 0 1 2" },
};

static void test_marks(void **state)
{
	struct diff d = { 0 };

	/* one struct for all: it forgets what it held */
	FOR_EACH_CASE(c, marks_cases) {
		struct two_looks x;

		two_begin(&x);
		add_files(x.before, c->before);
		add_files(x.now, c->now);
		diff_snapshots(x.before, x.now, x.events, &d);
		put_marks(&x.text, x.now, &d);
		CHECK_TEXT(c->what, x.text.s, c->marks);
		two_end(&x);
	}
	diff_release(&d);
}

/* What happened to an object is told by its mark too. */
static void test_marks_tell_the_events(void **state)
{
	struct two_looks x;

	two_begin(&x);
	add_thing(x.before, &(struct thing){ SEG, OLD, .nattch = 1, .users = ONE });
	add_thing(x.now, &(struct thing){ SEG, OLD, .mode = 0666, .nattch = 2, .users = TWO });
	diff_snapshots(x.before, x.now, x.events, &x.d);
	assert_int_equal(diff_mark(&x.d, 0)->events, EVENT_BIT(EVENT_ATTACHED) | EVENT_BIT(EVENT_CHANGED));
	assert_int_equal(x.d.gone.count, 0);
	two_end(&x);
}

/* Events of several looks in one list, each look's by time. */
static void test_events_are_in_order(void **state)
{
	static const struct { uint64_t id; int64_t born; } segments[] = { { 8, 1003 }, { 9, 1001 }, { 6, 1002 } };
	struct snapshot *later = look(TO + 1000);
	struct two_looks x;
	struct event *other;

	two_begin(&x);
	/* of another clock: what is there stays where it is */
	other = snapshot_add(x.events, CLASS_EVENT);
	FACT_SET(other, event, EVENT_CHANGED);
	FACT_SET(other, time, TO + 9000);
	FOR_EACH_CASE(segment, segments) {
		struct object *o = add_thing(x.now, &(struct thing){ SEG, .born = segment->born,
								     .creator = segment->id });

		FACT_SET(o, id, segment->id);
	}
	diff_snapshots(x.before, x.now, x.events, &x.d);
	snapshot_free(x.before);
	x.before = x.now;
	x.now = later;
	assert_string_equal(two_events(&x), "changed @1012500; created 9 @1001999; created 6 @1002999; created 8; "
			    "removed ? @1004500; removed ? @1004500; removed ? @1004500");
	assert_string_equal(((struct event *)snapshot_row(x.events, CLASS_EVENT, 1))->name, "shm:7");
	assert_string_equal(((struct event *)snapshot_row(x.events, CLASS_EVENT, 6))->user, "alice");
	two_end(&x);
}

/* Times that lie before and behind. */
static void test_clock_set_back(void **state)
{
	struct two_looks x;

	two_begin(&x);
	FACT_SET(snapshot_document(x.before), time, TO + 9000);
	add_thing(x.now, &(struct thing){ SEG, .born = 1003, .attached = 1003, .nattch = 1, .users = ONE });
	assert_string_equal(two_events(&x), "created 90; attached 11 c11 x1");
	two_end(&x);
}

/* The kernel's clock moves by ticks: what it says happened right before the look happened behind it. */
static void test_a_tick_before(void **state)
{
	struct two_looks x;

	two_begin(&x);
	FACT_SET(snapshot_document(x.before), time, 1000005);
	add_thing(x.now, &(struct thing){ SEG, .born = 999 });
	assert_string_equal(two_events(&x), "created 90 @1000006");
	two_end(&x);
}

/* What is unknown of an object is so in its event. */
static void test_facts(void **state)
{
	const struct event *e;
	struct two_looks x;
	struct object *o;

	two_begin(&x);
	o = add_thing(x.now, &(struct thing){ SEG, .born = 1001 });
	FACT_UNKNOWN(o, size);
	FACT_UNKNOWN(o, user);
	o = add_thing(x.now, &(struct thing){ POSIX, .born = 1002 });
	o->facts.known &= ~FACT_BIT(o, user);
	two_events(&x);
	e = snapshot_row(x.events, CLASS_EVENT, 0);
	assert_int_equal(e->kind, KIND_SHM);
	assert_true(FACT_IS_UNKNOWN(e, size) && FACT_IS_UNKNOWN(e, user));
	assert_true(FACT_KNOWN(e, uid));
	assert_int_equal(e->uid, 1000);
	e = snapshot_row(x.events, CLASS_EVENT, 1);
	assert_int_equal(e->kind, KIND_POSIX_SHM);
	assert_int_equal(e->size, 4096);
	assert_false(FACT_KNOWN(e, user) || FACT_IS_UNKNOWN(e, user));
	assert_false(FACT_KNOWN(e, mappings) || FACT_IS_UNKNOWN(e, mappings));
	two_end(&x);
}

static struct object *add_file(struct snapshot *s, uint64_t device, const char *path)
{
	struct object *o = sample_object(s, KIND_FILE, "file:/x");

	FACT_SET(o, inode, 7);
	FACT_SET(o, device, device);
	FACT_SET(o, path, path);
	return o;
}

/* Two files of an overlay may share device and inode, and no row is taken twice. */
static void test_shared_places(void **state)
{
	struct two_looks x;

	two_begin(&x);
	add_file(x.before, 1, "/a");
	add_file(x.before, 1, "/b");
	add_file(x.before, 2, "/c");
	add_file(x.now, 2, "/renamed");
	add_file(x.now, 1, "/b");
	add_file(x.now, 1, "/a");
	add_file(x.now, 1, "/d");
	diff_snapshots(x.before, x.now, x.events, &x.d);
	put_marks(&x.text, x.now, &x.d);
	assert_string_equal(x.text.s, "7=2 7=1 7=0 7+ |");
	two_end(&x);
}

static void add_segment(struct snapshot *s, uint64_t ns)
{
	struct object *o = add_thing(s, &(struct thing){ SEG, OLD });

	FACT_SET(o, ipc_ns, ns);
}

/* A semaphore in the making is a file of another size, wherever it stands in the look. */
static void test_kind_that_is_settled_late(void **state)
{
	struct two_looks x;

	two_begin(&x);
	add_thing(x.before, &(struct thing){ POSIX, OLD });
	add_file(x.before, 2, "/c");
	add_file(x.now, 2, "/c");
	add_thing(x.now, &(struct thing){ KIND_POSIX_SEM, true, OLD });
	diff_snapshots(x.before, x.now, x.events, &x.d);
	put_marks(&x.text, x.now, &x.d);
	assert_string_equal(x.text.s, "7=1 7=0 |");
	two_end(&x);
}

/* One id in two namespaces; objects of which no inode is known. */
static void test_places(void **state)
{
	struct two_looks x;

	two_begin(&x);
	add_segment(x.before, 7);
	add_segment(x.before, 8);
	sample_object(x.before, KIND_ANON, "anon:one");
	add_segment(x.now, 8);
	add_segment(x.now, 7);
	sample_object(x.now, KIND_ANON, "anon:two");
	sample_object(x.now, KIND_ANON, "anon:one");
	diff_snapshots(x.before, x.now, x.events, &x.d);
	put_marks(&x.text, x.now, &x.d);
	assert_string_equal(x.text.s, "7=1 7=0 0+ 0=2 |");
	two_end(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_marks_tell_the_events),
		cmocka_unit_test(test_events_are_in_order),
		cmocka_unit_test(test_clock_set_back),
		cmocka_unit_test(test_a_tick_before),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_shared_places),
		cmocka_unit_test(test_kind_that_is_settled_late),
		cmocka_unit_test(test_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
