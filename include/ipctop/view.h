/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_VIEW_H
#define IPCTOP_VIEW_H

#include <stdio.h>
#include "ipctop/field.h"

/* Views: snapshots as text. They write to @out and give 0 or -errno. */

enum table_format { TABLE_HUMAN, TABLE_RAW, TABLE_PAIRS };
struct table_options {
	enum table_format format;
	bool noheadings;
	bool color;
	int width;			/* columns of the terminal; 0: no limit */
	struct value_style style;
};
/* The rows (indexes) of @class as a table of @columns. */
int view_table(FILE *out, const struct snapshot *s, enum row_class class, const uint32_t *rows,
	       uint32_t count, const struct columns *columns, const struct table_options *options)
	__must_check;

/* The whole document of design.md section 6, objects @rows in their order. */
int view_json(FILE *out, const struct snapshot *s, const uint32_t *rows, uint32_t count) __must_check;
/* {"schema": …, @member: [ rows with just the chosen fields ]}; @by adds "by". */
int view_json_rows(FILE *out, const struct snapshot *s, enum row_class class, const char *member,
		   const char *by, const uint32_t *rows, uint32_t count,
		   const struct columns *columns) __must_check;
/* The JSON Schema of all of these, made from the field table. */
int view_json_schema(FILE *out) __must_check;

/* All about one object, for people: life line, verdict, holders. */
struct detail_options {
	bool color, utf8;
	int width;
	struct value_style style;
};
int view_detail(FILE *out, const struct snapshot *s, uint32_t object,
		const struct detail_options *options) __must_check;

#endif
