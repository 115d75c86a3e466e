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
	/*
	 * A table in pieces: one for each column, zero at first. Without @width and @color columns
	 * are at least as wide, and how wide they became is told. NULL: of one piece.
	 */
	size_t *widths;
	struct value_style style;
};
/* The rows (indexes) of @class as a table of @columns. */
int view_table(FILE *out, const struct snapshot *s, enum row_class class, const uint32_t *rows,
	       uint32_t count, const struct columns *columns, const struct table_options *options)
	__must_check;

/* The whole document of design.md section 6, objects @rows in their order. */
int view_json(FILE *out, const struct snapshot *s, const uint32_t *rows, uint32_t count) __must_check;
/*
 * {"schema": …, @member: [ rows with just the chosen fields ]}; @by adds "by". The rows come in
 * one piece or in several: *@written counts them, 0 at first.
 */
int view_json_begin(FILE *out, const char *member, const char *by) __must_check;
int view_json_rows(FILE *out, const struct snapshot *s, enum row_class class, const uint32_t *rows,
		   uint32_t count, const struct columns *columns, uint64_t *written) __must_check;
int view_json_end(FILE *out, uint64_t written) __must_check;
/* The JSON Schema of all of these, made from the field table. */
int view_json_schema(FILE *out) __must_check;

/*
 * Sums over chosen objects. Only what was collected counts: @has_… tells whether
 * any of the objects had that fact.
 */
struct summary {
	uint64_t objects, size, allocated, stale, stale_allocated;
	bool has_size, has_allocated, has_verdict;
};
void summary_add(struct summary *sum, const struct object *o);
/*
 * One line without its end, for people: "12 objects, 3.1G shared (1.2G allocated); 2 stale, 640M to
 * win back; 3 processes could not be read (EACCES): run as root for all".
 */
void view_summary(struct buf *out, const struct snapshot *s, const struct summary *sum,
		  const struct value_style *style);
/* The same without what could not be read. */
void view_sums(struct buf *out, const struct summary *sum, const struct value_style *style);
/* The part about gaps: "; …" for each error, nothing when there are none. */
void view_gaps(struct buf *out, const struct snapshot *s);

/*
 * What else may remove objects, for people, as lines with their ends: how many of @s would go at their
 * owners' logout (NEED_LOGOUT), and kernel.shm_rmid_forced. Nothing where there is no such danger.
 */
void view_dangers(struct buf *out, const struct snapshot *s);

/*
 * Figures of @s for Prometheus, those of its rows of CLASS_LIMIT too: text that is both of its format 0.0.4 and
 * OpenMetrics. The @users who have most are told by name, all others together as "other".
 */
int view_metrics(FILE *out, const struct snapshot *s, uint64_t users) __must_check;

/* All about one object, for people: life line, verdict, holders. */
struct detail_options {
	bool color, utf8;
	int width;
	struct value_style style;
	const char *more;		/* lines of the caller's, behind the verdict; NULL: none */
};
int view_detail(FILE *out, const struct snapshot *s, uint32_t object,
		const struct detail_options *options) __must_check;

#endif
