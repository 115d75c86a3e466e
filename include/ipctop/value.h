/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_VALUE_H
#define IPCTOP_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "ipctop/buf.h"
#include "ipctop/units.h"

/*
 * Values: what a field of a row holds. Unknown is a state, never a number.
 *
 * A stored fact is a member of 8 bytes in a row's struct, which begins with `struct
 * facts`. Its bit in @known and @unknown is its place in the struct: so a new fact
 * is one member and one row in field.c. Neither bit: not applicable.
 */
struct facts {
	uint64_t known, unknown;
};

#define FACT_BIT(row, m) \
	(1ULL << ((offsetof(__typeof__(*(row)), m) - sizeof(struct facts)) / 8))
#define FACT_SET(row, m, v) \
	((row)->m = (v), (row)->facts.known |= FACT_BIT(row, m), \
	 (row)->facts.unknown &= ~FACT_BIT(row, m))
#define FACT_UNKNOWN(row, m) \
	((row)->facts.unknown |= FACT_BIT(row, m), (row)->facts.known &= ~FACT_BIT(row, m))
#define FACT_KNOWN(row, m)	(!!((row)->facts.known & FACT_BIT(row, m)))
#define FACT_IS_UNKNOWN(row, m)	(!!((row)->facts.unknown & FACT_BIT(row, m)))
/* The facts of a struct must fit: one bit for each 8 bytes behind the header. */
#define FACTS_FIT(type) \
	_Static_assert(sizeof(type) - sizeof(struct facts) <= 64 * 8, #type " has too many facts")

enum value_state {
	VALUE_NONE,		/* not applicable: '-', null */
	VALUE_KNOWN,
	VALUE_UNKNOWN,		/* could not be read: '?', null, and named in `unknown` */
};

/*
 * How a value is stored, compared and written. In brackets the member of struct
 * value that holds it.
 */
enum value_type {
	VT_STRING,	/* [s] bytes as they are; views escape them */
	VT_NAME,	/* [s] an object's name: escaped already */
	VT_UINT,	/* [u] a count or an id */
	VT_BYTES,	/* [u] a size in bytes */
	VT_BOOL,	/* [u] 0 or 1 */
	VT_TIME,	/* [i] seconds since the epoch */
	VT_STAMP,	/* [i] milliseconds since the epoch, written as seconds with a fraction */
	VT_SPAN_MS,	/* [i] a duration in milliseconds, written as seconds with a fraction */
	VT_SPAN_US,	/* [i] ... in microseconds */
	VT_AGE,		/* [u] a duration in seconds */
	VT_KEY,		/* [u] "0x00a76098" */
	VT_ADDRESS,	/* [u] "0x7f0000000000" */
	VT_MODE,	/* [u] "0600" */
	VT_DEVICE,	/* [u] dev_t as by makedev: "0:1" in decimal */
	VT_ENUM,	/* [u] an index into the field's @names */
	VT_FLAGS,	/* [u] a set of bits, named by @names: an array of strings in JSON */
	VT_FACTS,	/* the names of the row's unknown fields: an array of strings */
	VT_ROWS,	/* [span] rows of another class: an array of objects in JSON */
	VT_ROW,		/* [u] one row of another class, by index: an object in JSON */
	VT_EMBED,	/* [u] one row of another class, whose members stand among this row's own */
	VT_NUMBERS,	/* [span] of snapshot->numbers: an array of numbers */
	VT_STRINGS,	/* [span] of snapshot->words: an array of strings */
	NR_VALUE_TYPES
};

/* Lists and sets: where one is required and not known, JSON has an empty one, not null. */
static inline bool value_is_list(enum value_type type)
{
	return type == VT_FLAGS || type == VT_FACTS || type == VT_ROWS || type == VT_NUMBERS ||
	       type == VT_STRINGS;
}

struct value {
	enum value_state state;
	enum value_type type;
	union {
		uint64_t u;
		int64_t i;
		const char *s;
		struct span span;
	};
};

/* How people read values: one for each view. */
struct value_style {
	bool bytes;			/* sizes as plain numbers */
	bool numeric;			/* ids instead of user and group names */
	bool raw;			/* blanks escaped too; empty text as \x00 never arises */
	enum time_format time_format;
	int64_t now;			/* seconds since the epoch, for relative times */
};

#endif
