/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happened between two looks. */
#include "two_looks.h"

#include "unit.h"

static const struct diff_case {
	const char *what;
	struct thing was, is;
	const char *events;
} cases[] = {
	{ "as before", { SEG, OLD, .nattch = 1, .users = ONE }, { SEG, OLD, .nattch = 1, .users = ONE }, "" },
	{ "nothing at all", { 0 }, { 0 }, "" },

	/* creation */
	{ "created", { 0 }, { SEG, .born = 1001 }, "created 90 @1001999" },
	{ "created in the second of the later look", { 0 }, { SEG, .born = 1003 }, "created 90" },
	{ "created in the second of the earlier look", { 0 }, { SEG, .born = 1000 }, "created 90 @1000999" },
	{ "created: the clock is ahead", { 0 }, { SEG, .born = 2000 }, "created 90" },
	{ "created, the creator out of sight", { 0 }, { SEG, .born = 1001, .creator = NIL }, "created ? @1001999" },
	{ "created by a process in sight", { 0 },
	  { SEG, .born = 1001, .attached = 1001, .creator = 11, .nattch = 1, .last = 11, .users = ONE },
	  "created 11 c11 @1001999; attached 11 c11 x1 @1001999" },
	{ "its pid has gone to another", { 0 },
	  { SEG, .born = 1001, .attached = 1003, .creator = 11, .nattch = 1, .users = { { 11, 1, .started = 1004500 } } },
	  "created 11 @1001999; attached 11 c11 x1" },
	{ "created, attached, changed", { 0 },
	  { SEG, .born = 1003, .attached = 1001, .nattch = 1, .users = ONE },
	  "created 90 @1001999; attached 11 c11 x1 @1001999" },
	{ "detached, attached, changed", { 0 },
	  { SEG, .born = 1003, .attached = 1002, .detached = 1001, .nattch = 1, .users = ONE },
	  "created 90 @1001999; detached ? x? @1001999; attached 11 c11 x1 @1002999" },
	{ "created and used meanwhile", { 0 }, { SEG, .born = 1001, .attached = 1001, .detached = 1002, .last = 12 },
	  "created 90 @1001999; attached ? x? @1001999; detached 12 x? @1002999" },
	{ "created and condemned", { 0 },
	  { SEG, .born = 1001, .attached = 1001, .nattch = 1, .users = ONE, .flags = OBJECT_CONDEMNED },
	  "created 90 @1001999; attached 11 c11 x1 @1001999; condemned ?" },
	{ "come into sight", { 0 }, { SEG, .born = 990, .attached = 991, .nattch = 1, .users = ONE }, "" },
	{ "come into sight, a second too old", { 0 }, { SEG, .born = 999 }, "" },
	{ "come into sight, attached since", { 0 },
	  { SEG, .born = 990, .attached = 1002, .nattch = 1, .users = ONE }, "attached 11 c11 x1 @1002999" },
	{ "a file created", { 0 }, { POSIX, .born = 1002 }, "created ? @1002999" },
	{ "a file created, no time", { 0 }, { POSIX }, "created ?" },
	{ "a file created and mapped", { 0 }, { POSIX, .born = 1002, .users = ONE },
	  "created ? @1002999; attached 11 c11 x1" },
	{ "an old file, held by somebody new in sight", { 0 }, { MEMFD, .born = 5, .users = ONE },
	  "attached 11 c11 x1" },
	{ "a disk's file mapped", { 0 }, { DISK, .born = 5, .users = ONE }, "attached 11 c11 x1" },
	{ "a disk's file mapped, no time", { 0 }, { DISK, .users = ONE }, "attached 11 c11 x1" },
	{ "a disk's file, unlinked long ago", { 0 },
	  { DISK, .users = ONE, .links = NIL }, "attached 11 c11 x1" },
	{ "a disk's file created", { 0 }, { DISK, .born = 1001, .users = ONE },
	  "created ? @1001999; attached 11 c11 x1" },
	{ "a device mapped", { 0 }, { DEVICE, .users = ONE }, "attached 11 c11 x1" },
	{ "a file of huge pages", { 0 }, { DISK, .flags = OBJECT_HUGETLB }, "created ?" },
	{ "held by a descriptor only", { 0 }, { MEMFD, .born = 1001, .users = { { 11, 0 } } },
	  "created ? @1001999" },

	/* removal */
	{ "removed", { SEG, OLD }, { 0 }, "removed ?" },
	{ "removed, attached before", { SEG, OLD, .nattch = 2, .users = TWO }, { 0 },
	  "detached 11 c11 x1; detached 12 c12 x1; removed ?" },
	{ "removed, holders unread", { SEG, OLD, .nattch = 3, .users = ONE, .unread = true }, { 0 },
	  "detached 11 c11 x1; detached ? x2; removed ?" },
	{ "removed, holders uncollected", { SEG, OLD, .nattch = 3, .uncollected = true }, { 0 },
	  "detached ? x3; removed ?" },
	{ "a disk's file unmapped", { DISK, .users = ONE }, { 0 }, "detached 11 c11 x1" },
	{ "a disk's file unmapped, uncollected", { DISK, .mappings = 4, .uncollected = true }, { 0 },
	  "detached ? x4" },
	{ "an unlinked file unmapped", { DISK, .users = ONE, .links = NIL }, { 0 },
	  "detached 11 c11 x1; removed ?" },
	{ "a device unmapped", { DEVICE, .users = ONE }, { 0 }, "detached 11 c11 x1" },
	{ "a file of huge pages removed", { DISK, .flags = OBJECT_HUGETLB }, { 0 }, "removed ?" },
	{ "a memfd gone", { MEMFD, .users = ONE }, { 0 }, "detached 11 c11 x1; removed ?" },

	/* another in its place */
	{ "another creator", { SEG, OLD }, { SEG, .creator = 91, .born = 1002 },
	  "removed ? @1002999; created 91 @1002999" },
	{ "another creator's user", { SEG, OLD }, { SEG, .creator_uid = 2, .born = 1002 },
	  "removed ? @1002999; created 90 @1002999" },
	{ "another size", { SEG, OLD, .nattch = 1, .users = ONE }, { SEG, .size = 8192, .born = 1002 },
	  "detached 11 c11 x1 @1002999; removed ? @1002999; created 90 @1002999" },
	{ "another key", { SEG, OLD }, { SEG, .key = 6, .born = 1001 },
	  "removed ? @1001999; created 90 @1001999" },
	{ "a key lost, not condemned", { SEG, OLD }, { SEG, .key = NIL, .born = 1001 },
	  "removed ? @1001999; created 90 @1001999" },
	{ "by a process that is out of sight now", { SEG, OLD, .nattch = 1, .users = ONE },
	  { SEG, .creator = 11, .born = 1001 },
	  "detached 11 c11 x1 @1001999; removed ? @1001999; created 11 c11 @1001999" },
	{ "another file", { POSIX, OLD }, { POSIX, .born = 1002 },
	  "removed ? @1002999; created ? @1002999" },
	{ "a file, one birth unknown", { POSIX, OLD }, { POSIX }, "" },
	{ "a semaphore that got its size", { POSIX, .born = 1000 },
	  { KIND_POSIX_SEM, true, .size = 32, .born = 1000 }, "changed ?" },
	{ "a memfd in the place of a segment", { SEG, OLD }, { MEMFD, .born = 1001 },
	  "created ? @1001999; removed ?" },

	/* change */
	{ "mode", { SEG, OLD }, { SEG, OLD, .mode = 0666 }, "changed ?" },
	{ "mode, timed", { SEG, OLD }, { SEG, OLD, .born = 1002, .mode = 0666 },
	  "changed ? @1002999" },
	{ "owner", { SEG, OLD }, { SEG, OLD, .uid = 1 }, "changed ?" },
	{ "group", { SEG, OLD }, { SEG, OLD, .gid = 1 }, "changed ?" },
	{ "time of change alone", { SEG, OLD }, { SEG, OLD, .born = 1002 }, "" },
	{ "a file grew", { POSIX, OLD }, { POSIX, OLD, .size = 9999 }, "changed ?" },
	{ "condemned: the key goes", { SEG, OLD, .nattch = 1, .users = ONE },
	  { SEG, OLD, .key = NIL, .nattch = 1, .users = ONE, .flags = OBJECT_CONDEMNED }, "condemned ?" },
	{ "condemned before", { SEG, OLD, .key = NIL, .flags = OBJECT_CONDEMNED },
	  { SEG, OLD, .key = NIL, .flags = OBJECT_CONDEMNED }, "" },
	{ "other flags", { SEG, OLD }, { SEG, OLD, .flags = OBJECT_LOCKED }, "" },
	{ "unlinked", { POSIX, OLD, .users = ONE },
	  { POSIX, OLD, .users = ONE, .links = NIL, .changed = 1002 }, "condemned ? @1002999" },
	{ "unlinked, no time", { POSIX, OLD, .users = ONE }, { POSIX, OLD, .users = ONE, .links = NIL },
	  "condemned ?" },
	{ "unlinked, unknown before", { POSIX, OLD, .users = ONE, .links = UNKNOWN },
	  { POSIX, OLD, .users = ONE, .links = NIL }, "" },
	{ "unlinked before", { POSIX, OLD, .users = ONE, .links = NIL },
	  { POSIX, OLD, .users = ONE, .links = NIL }, "" },
	{ "one link of two", { POSIX, OLD, .users = ONE, .links = 2 }, { POSIX, OLD, .users = ONE }, "" },
	{ "a memfd has no name to lose", { MEMFD, OLD, .users = ONE }, { MEMFD, OLD, .users = ONE, .links = NIL },
	  "" },
	{ "a file created and unlinked", { 0 }, { POSIX, .born = 1001, .users = ONE, .links = NIL, .changed = 1002 },
	  "created ? @1001999; condemned ? @1002999; attached 11 c11 x1" },

	/* holders */
	{ "one more", { SEG, OLD, .nattch = 1, .users = ONE },
	  { SEG, OLD, .nattch = 2, .users = TWO, .attached = 1001, .last = 12 }, "attached 12 c12 x1 @1001999" },
	{ "one before it", { SEG, OLD, .nattch = 1, .users = { { 12, 1 } } },
	  { SEG, OLD, .nattch = 2, .users = TWO, .attached = 1001 }, "attached 11 c11 x1 @1001999" },
	{ "one fewer", { SEG, OLD, .nattch = 2, .users = TWO },
	  { SEG, OLD, .nattch = 1, .users = ONE, .detached = 1002 }, "detached 12 c12 x1 @1002999" },
	{ "the first goes", { SEG, OLD, .nattch = 2, .users = TWO },
	  { SEG, OLD, .nattch = 1, .users = { { 12, 1 } }, .detached = 1002 }, "detached 11 c11 x1 @1002999" },
	{ "one goes, one comes", { SEG, OLD, .nattch = 1, .users = ONE },
	  { SEG, OLD, .nattch = 1, .users = { { 12, 1 } }, .attached = 1002, .detached = 1001 },
	  "detached 11 c11 x1 @1001999; attached 12 c12 x1 @1002999" },
	{ "attached again", { SEG, OLD, .nattch = 1, .users = ONE },
	  { SEG, OLD, .nattch = 3, .users = { { 11, 3 } }, .attached = 1003 }, "attached 11 c11 x2" },
	{ "detached once", { SEG, OLD, .nattch = 3, .users = { { 11, 3 } } },
	  { SEG, OLD, .nattch = 1, .users = ONE, .detached = 1002 }, "detached 11 c11 x2 @1002999" },
	{ "a mapping split is no attach", { SEG, OLD, .nattch = 1, .users = { { 11, 1, 65536 } } },
	  { SEG, OLD, .nattch = 2, .users = { { 11, 2, 65536 } }, .attached = 1002 }, "" },
	{ "and two made one no detach", { SEG, OLD, .nattch = 2, .users = { { 11, 2, 65536 } } },
	  { SEG, OLD, .nattch = 1, .users = { { 11, 1, 65536 } }, .detached = 1002 }, "" },
	{ "a split where not all is read", { SEG, OLD, .nattch = 1, .users = { { 11, 1, 65536 } }, .unread = true },
	  { SEG, OLD, .nattch = 2, .users = { { 11, 2, 65536 } }, .attached = 1002, .unread = true }, "" },
	{ "two made one where not all is read",
	  { SEG, OLD, .nattch = 2, .users = { { 11, 2, 65536 } }, .unread = true },
	  { SEG, OLD, .nattch = 1, .users = { { 11, 1, 65536 } }, .detached = 1002, .unread = true }, "" },
	{ "another process of the same pid", { SEG, OLD, .nattch = 1, .users = ONE },
	  { SEG, OLD, .nattch = 1, .users = { { 11, 1, .started = 1001000 } }, .attached = 1002, .detached = 1001 },
	  "detached 11 c11 x1 @1001999; attached 11 c11 x1 @1002999" },
	{ "the same process, its start moved with the clock", { SEG, OLD, .nattch = 1, .users = ONE },
	  { SEG, OLD, .nattch = 1, .users = { { 11, 1, .started = 6000 } } }, "" },
	{ "a descriptor is no mapping", { POSIX, OLD, .users = ONE },
	  { POSIX, OLD, .users = { { 11, 1 }, { 12, 0 } } }, "" },
	{ "nor its end", { POSIX, OLD, .users = { { 11, 1 }, { 12, 0 } } },
	  { POSIX, OLD, .users = ONE }, "" },
	{ "unmapped, open still", { POSIX, OLD, .users = ONE }, { POSIX, OLD, .users = { { 11, 0 } } },
	  "detached 11 c11 x1" },
	{ "mapped, open before", { POSIX, OLD, .users = { { 11, 0 } } }, { POSIX, OLD, .users = ONE },
	  "attached 11 c11 x1" },

	/* what the kernel tells beyond the holders */
	{ "one more, unread", { SEG, OLD, .nattch = 1, .unread = true },
	  { SEG, OLD, .nattch = 2, .attached = 1002, .last = 33, .unread = true }, "attached 33 x1 @1002999" },
	{ "two more, unread", { SEG, OLD, .nattch = 1, .unread = true },
	  { SEG, OLD, .nattch = 3, .attached = 1002, .last = 33, .unread = true }, "attached ? x2 @1002999" },
	{ "one fewer, unread", { SEG, OLD, .nattch = 2, .unread = true },
	  { SEG, OLD, .nattch = 1, .detached = 1002, .last = 33, .unread = true }, "detached 33 x1 @1002999" },
	{ "one more, uncollected", { SEG, OLD, .nattch = 1, .uncollected = true },
	  { SEG, OLD, .nattch = 2, .attached = 1002, .last = 33, .uncollected = true }, "attached 33 x1 @1002999" },
	{ "one more that is told, and one unread", { SEG, OLD, .nattch = 1, .users = ONE, .unread = true },
	  { SEG, OLD, .nattch = 3, .users = TWO, .attached = 1002, .last = 33, .unread = true },
	  "attached 12 c12 x1 @1002999; attached 33 x1 @1002999" },
	{ "the last user is told: who the other was is not",
	  { SEG, OLD, .nattch = 1, .users = ONE, .unread = true },
	  { SEG, OLD, .nattch = 3, .users = TWO, .attached = 1002, .last = 12, .unread = true },
	  "attached 12 c12 x1 @1002999; attached ? x1 @1002999" },
	{ "the last user is in sight, but did something else",
	  { SEG, OLD, .nattch = 2, .users = ONE, .unread = true },
	  { SEG, OLD, .nattch = 3, .users = ONE, .attached = 1002, .last = 11, .unread = true },
	  "attached 11 c11 x1 @1002999" },
	{ "one told comes, one unread goes", { SEG, OLD, .nattch = 2, .users = ONE, .unread = true },
	  { SEG, OLD, .nattch = 2, .users = TWO, .attached = 1001, .detached = 1002, .last = 33, .unread = true },
	  "attached 12 c12 x1 @1001999; detached 33 x1 @1002999" },
	{ "a detach came last: not the one who attached", { SEG, OLD, .nattch = 1, .unread = true },
	  { SEG, OLD, .nattch = 2, .attached = 1001, .detached = 1002, .last = 33, .unread = true },
	  "attached ? x1 @1001999; detached 33 x? @1002999" },
	{ "both in one second: who was last is unknown", { SEG, OLD, .nattch = 1, .unread = true },
	  { SEG, OLD, .nattch = 2, .attached = 1002, .detached = 1002, .last = 33, .unread = true },
	  "attached ? x1 @1002999; detached ? x? @1002999" },
	{ "counted late, told before", { SEG, OLD, .nattch = 1, .users = TWO, .unread = true },
	  { SEG, OLD, .nattch = 1, .users = TWO, .unread = true }, "" },
	{ "more, but by its time long ago", { SEG, OLD, .nattch = 1, .unread = true },
	  { SEG, OLD, .nattch = 2, .unread = true }, "" },
	{ "fewer, but by its time long ago", { SEG, OLD, .nattch = 2, .unread = true },
	  { SEG, OLD, .nattch = 1, .unread = true }, "" },
	{ "a file mapped, uncollected", { POSIX, OLD, .mappings = 1, .uncollected = true },
	  { POSIX, OLD, .mappings = 3, .uncollected = true }, "attached ? x2" },
	{ "a file unmapped, uncollected", { POSIX, OLD, .mappings = 3, .uncollected = true },
	  { POSIX, OLD, .mappings = 2, .uncollected = true }, "detached ? x1" },
	{ "a file, all read", { POSIX, OLD, .users = ONE }, { POSIX, OLD, .users = TWO },
	  "attached 12 c12 x1" },

	/* its times alone */
	{ "came and went", { SEG, OLD, .nattch = 1, .users = ONE },
	  { SEG, OLD, .nattch = 1, .users = ONE, .attached = 1001, .detached = 1002, .last = 33 },
	  "attached ? x? @1001999; detached 33 x? @1002999" },
	{ "came and went, one in sight", { SEG, OLD, .nattch = 1, .users = ONE },
	  { SEG, OLD, .nattch = 1, .users = ONE, .attached = 1001, .detached = 1002, .last = 11 },
	  "attached ? x? @1001999; detached 11 c11 x? @1002999" },
	{ "went, and another came and went", { SEG, OLD, .nattch = 2, .users = TWO },
	  { SEG, OLD, .nattch = 1, .users = ONE, .attached = 1001, .detached = 1002, .last = 12 },
	  "attached ? x? @1001999; detached 12 c12 x1 @1002999" },
	{ "counted before an attach that is told", { SEG, OLD, .nattch = 0 },
	  { SEG, OLD, .nattch = 0, .users = ONE }, "attached 11 c11 x1" },
	{ "and seen by the count in the next look", { SEG, OLD, .nattch = 0, .users = ONE },
	  { SEG, OLD, .nattch = 1, .users = ONE, .attached = 1000, .last = 11 }, "" },
	{ "counted an attach that is not seen yet", { SEG, OLD, .nattch = 0 },
	  { SEG, OLD, .nattch = 1, .attached = 1002, .last = 11 }, "" },
};

static void test_cases(void **state)
{
	FOR_EACH_CASE(c, cases) {
		struct two_looks x;

		two_begin(&x);
		if (c->was.there)
			add_thing(x.before, &c->was);
		if (c->is.there)
			add_thing(x.now, &c->is);
		CHECK_TEXT(c->what, two_events(&x), c->events);
		two_end(&x);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
