/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter_tree.h"

void filter_value(const struct node *n, const struct sight *at, struct value *v)
{
	if (n->embedded)
		field_get_in(at->s, at->class, n->field, at->row, v);
	else
		field_get(at->s, n->field, at->row, v);
}

static enum truth told(const struct node *n, bool yes)
{
	return yes != n->negate ? TRUTH_YES : TRUTH_NO;
}

/* @order is below, at or above zero: of the left side against the right. */
static bool holds(enum filter_op op, int order)
{
	static const uint8_t below = 1, same = 2, above = 4;
	static const uint8_t which[NR_OPS] = {
		[OP_EQ] = 2, [OP_LT] = 1, [OP_LE] = 3, [OP_GT] = 4, [OP_GE] = 6,
	};

	return which[op] & (order < 0 ? below : order ? above : same);
}

#define ORDER(a, b)	(((a) > (b)) - ((a) < (b)))

bool filter_text_passes(const struct node *n, const char *s)
{
	if (!s)
		s = "";
	if (n->op != OP_MATCH)
		return holds(n->op, strcmp(s, n->text));
	if (!n->pattern)
		return strstr(s, n->text) != NULL;
	return !regexec(n->pattern, s, 0, NULL, 0);
}

/* Times and durations in milliseconds; what does not fit becomes the largest. */
int64_t filter_milli(enum value_type type, const struct value *v)
{
	int64_t ms;

	if (type == VT_STAMP || type == VT_SPAN_MS)
		return v->i;
	if (type == VT_SPAN_US)
		return v->i / 1000;
	if (type == VT_AGE)
		return v->u > INT64_MAX / 1000 ? INT64_MAX : (int64_t)v->u * 1000;
	if (__builtin_mul_overflow(v->i, 1000, &ms))
		return v->i < 0 ? INT64_MIN : INT64_MAX;
	return ms;
}

enum truth filter_eval_there(const struct node *n, const struct sight *at)
{
	struct value v;

	filter_value(n, at, &v);
	return told(n, v.state != VALUE_KNOWN);
}

static bool is_something(enum value_type type, const struct value *v)
{
	switch (type) {
	case VT_STRING:
	case VT_NAME:
		return v->s && v->s[0];
	case VT_ROWS:
	case VT_NUMBERS:
	case VT_STRINGS:
		return v->span.count;
	case VT_ROW:
	case VT_EMBED:
	case VT_ENUM:
		return true;	/* an index: 0 is the first */
	case VT_UINT:
	case VT_BYTES:
	case VT_BOOL:
	case VT_TIME:
	case VT_STAMP:
	case VT_SPAN_MS:
	case VT_SPAN_US:
	case VT_AGE:
	case VT_KEY:
	case VT_ADDRESS:
	case VT_MODE:
	case VT_DEVICE:
	case VT_FLAGS:
		return v->u;
	case VT_FACTS:
	case NR_VALUE_TYPES:
		break;
	}
	return false;
}

enum truth filter_eval_lone(const struct node *n, const struct sight *at)
{
	const struct field *unknown[64];
	struct value v;

	if (n->field->type == VT_FACTS)
		return told(n, field_unknown(at->s, at->class, at->row, unknown));
	filter_value(n, at, &v);
	if (v.state != VALUE_KNOWN)
		return TRUTH_UNDECIDED;
	return told(n, is_something(n->field->type, &v));
}

enum truth filter_eval_all(const struct node *n, const struct sight *at)
{
	enum truth least = TRUTH_YES;

	for (const struct node *c = n->first; c && least != TRUTH_NO; c = c->next) {
		enum truth t = c->eval(c, at);

		if (t < least)
			least = t;
	}
	return least;
}

enum truth filter_eval_any(const struct node *n, const struct sight *at)
{
	enum truth most = TRUTH_NO;

	for (const struct node *c = n->first; c && most != TRUTH_YES; c = c->next) {
		enum truth t = c->eval(c, at);

		if (t > most)
			most = t;
	}
	return most;
}

enum truth filter_eval_not(const struct node *n, const struct sight *at)
{
	return TRUTH_YES - n->first->eval(n->first, at);
}

static int order_of_pair(const struct node *n, const struct value *left, const struct value *right)
{
	enum type_group group = filter_types[n->field->type].group;

	if (group == GROUP_TEXT)
		return strcmp(left->s, right->s);
	if (group == GROUP_TIME || group == GROUP_SPAN)
		return ORDER(filter_milli(n->field->type, left), filter_milli(n->other->type, right));
	return ORDER(left->u, right->u);
}

/* Two fields of one group. */
enum truth filter_eval_pair(const struct node *n, const struct sight *at)
{
	struct value left, right;

	filter_value(n, at, &left);
	field_get_in(at->s, at->class, n->other, at->row, &right);
	if (left.state != VALUE_KNOWN || right.state != VALUE_KNOWN)
		return TRUTH_UNDECIDED;
	return told(n, holds(n->op, order_of_pair(n, &left, &right)));
}

enum truth filter_eval_number(const struct node *n, const struct sight *at)
{
	struct value v;

	filter_value(n, at, &v);
	if (v.state != VALUE_KNOWN)
		return TRUTH_UNDECIDED;
	return told(n, holds(n->op, ORDER(v.u, n->u)));
}

enum truth filter_eval_milli(const struct node *n, const struct sight *at)
{
	struct value v;
	int64_t ms;

	filter_value(n, at, &v);
	if (v.state != VALUE_KNOWN)
		return TRUTH_UNDECIDED;
	ms = filter_milli(n->field->type, &v);
	return told(n, holds(n->op, ORDER(ms, n->milli)));
}

enum truth filter_eval_text(const struct node *n, const struct sight *at)
{
	struct value v;

	filter_value(n, at, &v);
	if (v.state != VALUE_KNOWN)
		return TRUTH_UNDECIDED;
	return told(n, filter_text_passes(n, v.s));
}

/* The names that pass are bits of n->u. */
enum truth filter_eval_choice(const struct node *n, const struct sight *at)
{
	struct value v;

	filter_value(n, at, &v);
	if (v.state != VALUE_KNOWN)
		return TRUTH_UNDECIDED;
	return told(n, v.u < 64 && n->u >> v.u & 1);
}

enum truth filter_eval_flags(const struct node *n, const struct sight *at)
{
	struct value v;

	filter_value(n, at, &v);
	if (v.state != VALUE_KNOWN)
		return TRUTH_UNDECIDED;
	return told(n, v.u & n->u);
}

enum truth filter_eval_facts(const struct node *n, const struct sight *at)
{
	const struct field *unknown[64];
	unsigned int count = field_unknown(at->s, at->class, at->row, unknown);

	for (unsigned int i = 0; i < count; i++)
		if (filter_text_passes(n, unknown[i]->name))
			return told(n, true);
	return told(n, false);
}

enum truth filter_eval_count(const struct node *n, const struct sight *at)
{
	struct value v;

	filter_value(n, at, &v);
	if (v.state != VALUE_KNOWN)
		return TRUTH_UNDECIDED;
	return told(n, holds(n->op, ORDER(v.span.count, n->u)));
}

/* Any row of a list: one whose text is not known leaves it undecided, unless another passes. */
enum truth filter_eval_rows(const struct node *n, const struct sight *at)
{
	enum row_class class = n->field->rows;
	bool undecided = false;
	struct value v, text;

	filter_value(n, at, &v);
	if (v.state != VALUE_KNOWN)
		return TRUTH_UNDECIDED;
	for (uint32_t i = 0; i < v.span.count; i++) {
		field_get_in(at->s, class, n->other, snapshot_row(at->s, class, v.span.first + i), &text);
		if (text.state != VALUE_KNOWN)
			undecided = true;
		else if (filter_text_passes(n, text.s))
			return told(n, true);
	}
	return undecided ? TRUTH_UNDECIDED : told(n, false);
}

enum truth filter_eval_numbers(const struct node *n, const struct sight *at)
{
	const uint64_t *numbers = at->s->numbers.rows;
	struct value v;

	filter_value(n, at, &v);
	if (v.state != VALUE_KNOWN)
		return TRUTH_UNDECIDED;
	for (uint32_t i = 0; i < v.span.count; i++)
		if (numbers[v.span.first + i] == n->u)
			return told(n, true);
	return told(n, false);
}

enum truth filter_eval_strings(const struct node *n, const struct sight *at)
{
	const char *const *words = at->s->words.rows;
	struct value v;

	filter_value(n, at, &v);
	if (v.state != VALUE_KNOWN)
		return TRUTH_UNDECIDED;
	for (uint32_t i = 0; i < v.span.count; i++)
		if (filter_text_passes(n, words[v.span.first + i]))
			return told(n, true);
	return told(n, false);
}
