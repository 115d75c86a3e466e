/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipctop/filter.h"

#include <errno.h>

#include "filter_tree.h"
#include "ipctop/text.h"

const char *const filter_op_names[NR_OPS] = {
	[OP_EQ] = "==", [OP_NE] = "!=", [OP_LT] = "<",	   [OP_LE] = "<=",
	[OP_GT] = ">",	[OP_GE] = ">=", [OP_MATCH] = "=~", [OP_NOMATCH] = "!~",
};

/* The same question with its sides swapped. */
static const enum filter_op mirrored[NR_OPS] = {
	[OP_EQ] = OP_EQ, [OP_NE] = OP_NE, [OP_LT] = OP_GT,	 [OP_LE] = OP_GE,
	[OP_GT] = OP_LT, [OP_GE] = OP_LE, [OP_MATCH] = OP_MATCH, [OP_NOMATCH] = OP_NOMATCH,
};

int filter_fail(struct filter_parser *p, unsigned int column, const char *fmt, ...)
{
	va_list ap;

	if (p->failed)
		return -EINVAL;
	p->failed = true;
	p->error->column = column;
	va_start(ap, fmt);
	vsnprintf(p->error->text, sizeof(p->error->text), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

const char *filter_quote(struct filter_parser *p, const char *s, size_t n)
{
	enum { SHORT = 40 };
	struct buf b = BUF_INIT;
	const char *quote;
	size_t cut = SHORT;

	text_escape(&b, s, n < 4 * SHORT ? n : 4 * SHORT, 0);
	if (b.len > SHORT) {
		while (cut && ((unsigned char)b.s[cut] & 0xc0) == 0x80)
			cut--;
		b.len = cut;
		buf_puts(&b, "...");
	}
	quote = arena_strndup(p->filter->arena, b.s, b.len);
	buf_release(&b);
	return quote;
}

static const char *name_of_field(const void *class, unsigned int i)
{
	const struct field *f = field_at(*(const enum row_class *)class, i);

	return f ? f->name : NULL;
}

static struct node *unknown_field(struct filter_parser *p, const struct operand *o)
{
	const char *near = text_closest(o->text, name_of_field, &p->filter->class);
	const char *word = filter_quote(p, o->text, strlen(o->text));

	if (near)
		filter_fail(p, o->column, "unknown field '%s' (did you mean '%s'?)", word, near);
	else
		filter_fail(p, o->column, "unknown field '%s'", word);
	return NULL;
}

static const struct field *field_of(struct filter_parser *p, const struct operand *o)
{
	return o->type == OPERAND_WORD ? field_find(p->filter->class, o->text) : NULL;
}

static struct node *new_node(struct filter_parser *p,
			     enum truth (*eval)(const struct node *n, const struct sight *at))
{
	struct node *n = arena_alloc(p->filter->arena, sizeof(*n));

	n->eval = eval;
	return n;
}

/* A node that looks at a field. */
static struct node *new_term(struct filter_parser *p, const struct field *field)
{
	const struct field_class *c = &field_classes[p->filter->class];
	struct node *n = new_node(p, filter_eval_lone);

	n->field = field;
	n->embedded = field < c->fields || field >= c->fields + c->count;
	p->filter->needs |= field->needs;
	return n;
}

static void set_op(struct node *n, enum filter_op op)
{
	n->negate = op == OP_NE || op == OP_NOMATCH;
	n->op = op == OP_NE ? OP_EQ : op == OP_NOMATCH ? OP_MATCH : op;
}

/* @o is no value for @field. */
static void misfit(struct filter_parser *p, const struct field *field, const struct operand *o, int rc)
{
	const struct type_rule *t = &filter_types[field->type];
	const char *value = filter_quote(p, o->text, strlen(o->text));

	if (rc == -ERANGE)
		filter_fail(p, o->column, "'%s' is too large", value);
	else if (t->amount && o->type == OPERAND_WORD)
		unknown_field(p, o);
	else if (t->amount && o->type == OPERAND_NUMBER && !filter_is_amount(o->text))
		filter_fail(p, o->column, "'%s' is not a number, size or duration", value);
	else
		filter_fail(p, o->column, "'%s' is %s: compare it with %s", field->name, t->noun,
			    t->example);
}

static struct node *compare_value(struct filter_parser *p, const struct field *field,
				  const struct compare *compare, enum filter_op op,
				  const struct operand *o)
{
	const struct type_rule *t = &filter_types[field->type];
	struct node *n = new_term(p, field);
	int rc;

	set_op(n, op);
	if (o->type == OPERAND_NULL) {
		n->eval = filter_eval_there;
		if (n->op != OP_EQ)
			filter_fail(p, compare->column, "null can only be compared with '==' and '!='");
	} else if (!t->ops) {
		misfit(p, field, o, -EINVAL);
	} else if (!(t->ops & 1U << op)) {
		filter_fail(p, compare->column, "'%s' is %s: '%s' cannot compare it", field->name,
			    t->noun, filter_op_names[compare->op]);
	} else {
		n->eval = t->eval;
		rc = t->literal(p, n, o);
		if (rc && !p->failed)
			misfit(p, field, o, rc);
	}
	return p->failed ? NULL : n;
}

static struct node *compare_fields(struct filter_parser *p, const struct field *left,
				   const struct compare *compare, const struct field *right,
				   const struct operand *o)
{
	const struct type_rule *l = &filter_types[left->type], *r = &filter_types[right->type];
	struct node *n = new_term(p, left);

	set_op(n, compare->op);
	n->other = right;
	n->eval = filter_eval_pair;
	p->filter->needs |= right->needs;
	if (!l->group || l->group != r->group || left->names != right->names)
		filter_fail(p, o->column, "'%s' is %s, '%s' is %s: they cannot be compared%s", left->name,
			    l->noun, right->name, r->noun,
			    left->type == VT_STRING ? " (put a word in quotes)" : "");
	else if (!(l->ops & 1U << compare->op))
		filter_fail(p, compare->column, "'%s' is %s: '%s' cannot compare it", left->name, l->noun,
			    filter_op_names[compare->op]);
	return p->failed ? NULL : n;
}

static bool count_term(struct filter_parser *p, const struct operand *first)
{
	if (++p->terms > FILTER_TERMS)
		filter_fail(p, first->column, "more than %d comparisons", FILTER_TERMS);
	return !p->failed;
}

struct node *filter_compare(struct filter_parser *p, const struct operand *left,
			    const struct compare *compare, const struct operand *right)
{
	const struct field *l = field_of(p, left), *r = field_of(p, right);
	const char *op = filter_op_names[compare->op];
	bool match = compare->op == OP_MATCH || compare->op == OP_NOMATCH;

	if (!count_term(p, left))
		return NULL;
	/* "device" is a field, and a kind: beside `kind` it is the kind */
	if (l && (match || filter_is_word_of(p->filter->class, l, right->text)))
		r = NULL;
	else if (r && filter_is_word_of(p->filter->class, r, left->text))
		l = NULL;
	else if (!l && left->type == OPERAND_WORD)
		return unknown_field(p, left);
	if (l && r)
		return compare_fields(p, l, compare, r, right);
	if (l)
		return compare_value(p, l, compare, compare->op, right);
	if (r && !match)
		return compare_value(p, r, compare, mirrored[compare->op], left);
	if (match)
		filter_fail(p, left->column, "expected a field before '%s'", op);
	else if (right->type == OPERAND_WORD)
		unknown_field(p, right);
	else
		filter_fail(p, left->column, "expected a field on one side of '%s'", op);
	return NULL;
}

struct node *filter_lone(struct filter_parser *p, const struct operand *o)
{
	const struct field *field = field_of(p, o);

	if (!count_term(p, o))
		return NULL;
	if (field)
		return new_term(p, field);
	if (o->type == OPERAND_WORD)
		return unknown_field(p, o);
	filter_fail(p, o->column, "expected a field, not the value '%s' alone",
		    filter_quote(p, o->text, strlen(o->text)));
	return NULL;
}

/* One node for a && b && c: the tree is then no deeper than the text is nested. */
static struct node *join(struct filter_parser *p, struct node *left, struct node *right,
			 enum truth (*eval)(const struct node *n, const struct sight *at))
{
	struct node *n = left;

	if (left->eval != eval) {
		n = new_node(p, eval);
		n->first = n->last = left;
	}
	n->last->next = right;
	n->last = right;
	return n;
}

struct node *filter_and(struct filter_parser *p, struct node *left, struct node *right)
{
	return join(p, left, right, filter_eval_all);
}

struct node *filter_or(struct filter_parser *p, struct node *left, struct node *right)
{
	return join(p, left, right, filter_eval_any);
}

struct node *filter_not(struct filter_parser *p, struct node *inner)
{
	struct node *n = new_node(p, filter_eval_not);

	n->first = inner;
	return n;
}

bool filter_enter(struct filter_parser *p, unsigned int column, bool parenthesis)
{
	if (p->depth == FILTER_DEPTH) {
		filter_fail(p, column, "nested deeper than %d", FILTER_DEPTH);
		return false;
	}
	p->open[p->depth++] = parenthesis ? column : 0;
	return true;
}

void filter_leave(struct filter_parser *p)
{
	p->depth--;
}

int filter_parse(enum row_class class, const char *text, struct filter **filter,
		 struct filter_error *error)
{
	struct filter_parser p = { .error = error, .text = text, .next = 1 };
	int rc;

	*filter = NULL;
	p.filter = xcalloc(1, sizeof(*p.filter));
	p.filter->class = class;
	p.filter->arena = arena_new();
	if (strnlen(text, FILTER_TEXT + 1) > FILTER_TEXT)
		rc = filter_fail(&p, 1, "longer than %d KiB", FILTER_TEXT / 1024);
	else
		rc = filter_lang(&p);
	if (rc)
		filter_free(p.filter);
	else
		*filter = p.filter;
	return rc;
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	for (struct pattern *p = f->patterns; p; p = p->next)
		regfree(&p->regex);
	arena_free(f->arena);
	free(f);
}

bool filter_match(const struct filter *f, const struct snapshot *s, const void *row)
{
	struct sight at = { .s = s, .class = f->class, .row = row };

	return f->root->eval(f->root, &at) == TRUTH_YES;
}

uint32_t filter_needs(const struct filter *f)
{
	return f->needs;
}
