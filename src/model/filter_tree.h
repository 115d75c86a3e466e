/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_FILTER_TREE_H
#define IPCTOP_FILTER_TREE_H

#include <regex.h>
#include "ipctop/filter.h"

/*
 * The tree of a filter, and what the scanner, the parser and the tree share.
 * Everything of a filter lies in its arena; only compiled patterns are freed apart.
 */
#define FILTER_TEXT	(64 * 1024)	/* bytes of text */
#define FILTER_TERMS	1000		/* comparisons and lone fields */
#define FILTER_DEPTH	100		/* '(' and '!' within each other */
#define PATTERN_LENGTH	4096		/* bytes of one regular expression */
#define PATTERN_DEPTH	50		/* '(' within each other in it */
#define PATTERN_SIZE	20000		/* elements of all of them, repetitions written out */

/* In this order: "not" is TRUTH_YES - t, "and" the least, "or" the greatest. */
enum truth { TRUTH_NO, TRUTH_UNDECIDED, TRUTH_YES };

enum filter_op { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_MATCH, OP_NOMATCH, NR_OPS };
extern const char *const filter_op_names[NR_OPS];

enum operand_type { OPERAND_WORD, OPERAND_TEXT, OPERAND_NUMBER, OPERAND_NULL };

struct operand {
	enum operand_type type;
	unsigned int column;
	const char *text;	/* the bytes meant */
	const char *name;	/* the same as names of objects are written: escaped */
};

struct compare {
	enum filter_op op;
	unsigned int column;
};

/* The row that is looked at. */
struct sight {
	const struct snapshot *s;
	enum row_class class;
	const void *row;
};

struct node {
	enum truth (*eval)(const struct node *n, const struct sight *at);
	struct node *first, *last, *next;	/* of what it joins; its next sibling */
	const struct field *field;
	const struct field *other;	/* compared with @field; or the text of rows in a list */
	enum filter_op op;		/* never OP_NE and OP_NOMATCH: @negate */
	bool negate;
	bool embedded;			/* @field is of an embedded class */
	union {
		uint64_t u;		/* a number; a set of bits by index into names */
		int64_t milli;
		const char *text;
	};
	regex_t *pattern;		/* OP_MATCH; NULL: @text occurs in it as it is */
};

struct pattern {
	regex_t regex;
	struct pattern *next;
};

struct filter {
	struct arena *arena;
	enum row_class class;
	struct node *root;
	struct pattern *patterns;
	uint32_t needs;
};

/* A token: where it stands in the text. */
struct token {
	int kind;			/* as the scanner returned it; 0: the end, or none */
	unsigned int column, len;
};

struct filter_parser {
	struct filter *filter;
	struct filter_error *error;
	bool failed;			/* @error is set: the first stays */
	const char *text;
	unsigned int next;		/* column behind the last token */
	struct token seen[3];		/* the last tokens, the latest first */
	unsigned int terms, depth, pattern_size;
	unsigned int open[FILTER_DEPTH];	/* columns of '(' that are open; 0: a '!' */
};

/* Set the error. Gives -EINVAL, always. */
int filter_fail(struct filter_parser *p, unsigned int column, const char *fmt, ...) __printf(3, 4);
/* A piece of the user's text for a message: printable and short. Lives in the filter's arena. */
const char *filter_quote(struct filter_parser *p, const char *s, size_t n);

/* filter_lang.l: scan and parse p->text. 0 and p->filter->root, or -EINVAL. */
int filter_lang(struct filter_parser *p) __must_check;

/* Building the tree: NULL after filter_fail. */
struct node *filter_compare(struct filter_parser *p, const struct operand *left,
			    const struct compare *compare, const struct operand *right);
struct node *filter_lone(struct filter_parser *p, const struct operand *operand);
struct node *filter_and(struct filter_parser *p, struct node *left, struct node *right);
struct node *filter_or(struct filter_parser *p, struct node *left, struct node *right);
struct node *filter_not(struct filter_parser *p, struct node *n);
/* Around what stands in a '(' or behind a '!'. Gives false when that is too deep. */
bool filter_enter(struct filter_parser *p, unsigned int column, bool parenthesis) __must_check;
void filter_leave(struct filter_parser *p);

/* Fields of one group can be compared with each other. */
enum type_group {
	GROUP_NONE, GROUP_TEXT, GROUP_NUMBER, GROUP_SIZE, GROUP_SPAN, GROUP_TIME, GROUP_KEY,
	GROUP_ADDRESS, GROUP_MODE, GROUP_DEVICE, GROUP_BOOL, GROUP_CHOICE,
};

/* filter_value.c: what values of a type are compared with. */
struct type_rule {
	const char *noun;		/* "a size" */
	const char *example;		/* "a number such as 64M" */
	unsigned int ops;		/* bits by enum filter_op */
	enum type_group group;
	bool amount;			/* compared with numbers, sizes or durations */
	/* Read @o into @n: 0; -EINVAL not of the type, -ERANGE too large; or filter_fail. */
	int (*literal)(struct filter_parser *p, struct node *n, const struct operand *o);
	enum truth (*eval)(const struct node *n, const struct sight *at);
};
extern const struct type_rule filter_types[NR_VALUE_TYPES];
/* Whether @word is among the words that stand for values of @field. */
bool filter_is_word_of(enum row_class class, const struct field *field, const char *word);
/* Whether @text is a number, a size or a duration at all. */
bool filter_is_amount(const char *text);

/* filter_eval.c */
void filter_value(const struct node *n, const struct sight *at, struct value *v);
int64_t filter_milli(enum value_type type, const struct value *v);
enum truth filter_eval_there(const struct node *n, const struct sight *at);
enum truth filter_eval_lone(const struct node *n, const struct sight *at);
enum truth filter_eval_all(const struct node *n, const struct sight *at);
enum truth filter_eval_any(const struct node *n, const struct sight *at);
enum truth filter_eval_not(const struct node *n, const struct sight *at);
enum truth filter_eval_pair(const struct node *n, const struct sight *at);
enum truth filter_eval_number(const struct node *n, const struct sight *at);
enum truth filter_eval_milli(const struct node *n, const struct sight *at);
enum truth filter_eval_text(const struct node *n, const struct sight *at);
enum truth filter_eval_choice(const struct node *n, const struct sight *at);
enum truth filter_eval_flags(const struct node *n, const struct sight *at);
enum truth filter_eval_facts(const struct node *n, const struct sight *at);
enum truth filter_eval_count(const struct node *n, const struct sight *at);
enum truth filter_eval_rows(const struct node *n, const struct sight *at);
enum truth filter_eval_numbers(const struct node *n, const struct sight *at);
enum truth filter_eval_strings(const struct node *n, const struct sight *at);
/* Whether @s passes the text test of @n. */
bool filter_text_passes(const struct node *n, const char *s);

/* filter_pattern.c: compile the regular expression n->text into @n; 0 or filter_fail. */
int filter_pattern(struct filter_parser *p, struct node *n, unsigned int column) __must_check;

#endif
