/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* A table of cases: a failure names the row that it came from. */
#define FOR_EACH_CASE(c, table) \
	for (__typeof__(&(table)[0]) c = (table); c < (table) + sizeof(table) / sizeof((table)[0]); c++)
#define CHECK(what, cond) \
	do { \
		if (!(cond)) \
			fail_msg("%s: %s", (what), #cond); \
	} while (0)
#define CHECK_TEXT(what, got, want) \
	do { \
		const char *got_ = (got); \
		if (strcmp(got_, (want))) \
			fail_msg("%s: got '%s', not '%s'", (what), got_, (want)); \
	} while (0)

#endif
