/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_FIELD_H
#define IPCTOP_FIELD_H

#include "ipctop/snapshot.h"

/*
 * Fields: the named values of rows. One table for each class of rows, in the order
 * of the JSON contract; from these rows come the columns of tables, JSON in both
 * directions, the JSON Schema, filters, sorting, --help, completion and metrics.
 */
enum field_flags {
	FIELD_RIGHT	= 1 << 0,	/* a column of numbers: flush right */
	FIELD_DEFAULT	= 1 << 1,	/* among the columns of `list` without -o */
	FIELD_TABLE	= 1 << 2,	/* in tables and filters only, not in JSON documents */
	FIELD_TRUNCATE	= 1 << 3,	/* a long text: cut first when the terminal is narrow */
	FIELD_REQUIRED	= 1 << 4,	/* never null in JSON */
	FIELD_HIDDEN	= 1 << 5,	/* in JSON documents only */
	FIELD_WRAP	= 1 << 7,	/* never cut: wrapped when the terminal is narrow */
	FIELD_KEY	= 1 << 6,	/* VT_ENUM: rows of its class are, in JSON, an object by it, not an array */
};

struct field {
	const char *name;		/* the JSON member; the column is it in capitals */
	const char *help;		/* one line */
	enum value_type type;
	uint16_t flags;			/* enum field_flags */
	uint16_t offset;		/* stored: where in the row's struct */
	uint16_t needs;			/* NEED_BIT */
	enum row_class rows;		/* VT_ROWS, VT_ROW, VT_EMBED: of which class */
	const char *const *names;	/* VT_ENUM, VT_FLAGS: ends with NULL */
	/* derived: fills @v, its type only where people read it as another; NULL for a stored field */
	void (*get)(const struct snapshot *s, const void *row, struct value *v);
	const char *numeric;		/* the field shown instead of this one by --numeric */
};

struct field_class {
	const char *name;		/* "object" */
	const struct field *fields;
	unsigned int count;
	uint16_t size;			/* of the row's struct */
};
extern const struct field_class field_classes[NR_CLASSES];

/* The value of @field in @row; not applicable where there is none (NULL). Strings belong to the snapshot. */
void field_get(const struct snapshot *s, const struct field *field, const void *row,
	       struct value *v);

/* The field of that name in @class (any case; '-' reads as '_'), or NULL. Looks into embedded classes too. */
const struct field *field_find(enum row_class class, const char *name);
/* The field of @class with FIELD_KEY, or NULL. */
const struct field *field_key(enum row_class class);
/*
 * The fields of a class with those of embedded classes in their place, as a flat list:
 * the @i-th, or NULL behind the last.
 */
const struct field *field_at(enum row_class class, unsigned int i);

/*
 * The fields of @row that are unknown, in the order of the table: what a VT_FACTS field
 * lists. Gives their number, at most 64.
 */
unsigned int field_unknown(const struct snapshot *s, enum row_class class, const void *row,
			   const struct field *unknown[64]);

/* The row that has @field: @row of @class, or the one embedded in it; NULL where none is. */
const void *field_row(const struct snapshot *s, enum row_class class, const struct field *field,
		      const void *row);
/* The same as field_get, for fields found in an embedded class too. */
void field_get_in(const struct snapshot *s, enum row_class class, const struct field *field,
		  const void *row, struct value *v);

/*
 * Order of two values of one field: < 0, 0, > 0. Not applicable and unknown come
 * last, unknown behind all, both when @descending and when not. Never subtracts.
 */
int value_compare(const struct snapshot *s, const struct field *field, const struct value *a,
		  const struct value *b, bool descending);

/*
 * Append @v as people read it: '?' unknown, '-' not applicable, sizes, times and so
 * on by @style; foreign bytes escaped. Lists are comma-separated; rows give their count.
 */
void value_put(struct buf *out, const struct snapshot *s, const struct field *field,
	       const void *row, const struct value *v, const struct value_style *style);

/* Sorting of rows by up to 4 fields. */
struct sort_key {
	const struct field *field;
	bool descending;
};
struct sort {
	struct sort_key keys[4];
	unsigned int count;
};
/* "size:desc,age" of @class; 0, or -EINVAL with a sentence. */
int sort_parse(enum row_class class, const char *text, struct sort *sort, struct buf *error)
	__must_check;
/* Order the row indexes @rows (of @class); rows that compare equal keep their order. */
void sort_rows(const struct snapshot *s, enum row_class class, const struct sort *sort,
	       uint32_t *rows, uint32_t count);

/* A choice of columns. */
struct columns {
	const struct field *fields[128];
	unsigned int count;
};
/* "name,size" or "+age" (added to what @columns holds); 0, or -EINVAL with a sentence. */
int columns_parse(enum row_class class, const char *text, struct columns *columns,
		  struct buf *error) __must_check;
void columns_default(enum row_class class, struct columns *columns);
void columns_all(enum row_class class, struct columns *columns);
/* NEED_BIT set of all chosen columns. */
uint32_t columns_needs(const struct columns *columns);
uint32_t sort_needs(const struct sort *sort);

#endif
