/* SPDX-License-Identifier: GPL-2.0-or-later */
%code requires {
#include "filter_tree.h"
}

%define api.pure full
%define api.prefix {filter_lang_}
%define parse.error custom
%param { struct filter_parser *p }
%param { void *scanner }

%union {
	struct operand operand;
	struct compare compare;
	struct node *node;
	unsigned int column;
}

%code {
int filter_lang_lex(FILTER_LANG_STYPE *value, struct filter_parser *p, void *scanner);
static void filter_lang_error(struct filter_parser *p, void *scanner, const char *text);

/* An action that makes a node, or ends the parse. */
#define MAKE(target, call)			\
	do {					\
		(target) = (call);		\
		if (!(target))			\
			YYABORT;		\
	} while (0)
}

%token <operand> WORD TEXT NUMBER NOTHING
%token <compare> COMPARE
%token <column> OPEN CLOSE NOT
%token AND OR BAD

%type <operand> operand
%type <node> any all part term

%%

filter:
	any			{ p->filter->root = $1; }
;

any:
	all
|	any OR all		{ MAKE($$, filter_or(p, $1, $3)); }
;

all:
	part
|	all AND part		{ MAKE($$, filter_and(p, $1, $3)); }
;

part:
	term
|	NOT			{ if (!filter_enter(p, $1, false)) YYABORT; }
	part			{ filter_leave(p); MAKE($$, filter_not(p, $3)); }
|	OPEN			{ if (!filter_enter(p, $1, true)) YYABORT; }
	any CLOSE		{ filter_leave(p); $$ = $3; }
;

term:
	operand			{ MAKE($$, filter_lone(p, &$1)); }
|	operand COMPARE operand	{ MAKE($$, filter_compare(p, &$1, &$2, &$3)); }
;

operand: WORD | TEXT | NUMBER | NOTHING;

%%

static bool is_operand(int kind)
{
	return kind == WORD || kind == TEXT || kind == NUMBER || kind == NOTHING;
}

/* A field or value must stand at @now, and does not. */
static void want_operand(struct filter_parser *p, const struct token *now, const struct token *before)
{
	const char *after = filter_quote(p, p->text + before->column - 1, before->len);

	if (before->kind == COMPARE)
		filter_fail(p, now->column, "expected a value after '%s'", after);
	else if (before->kind)
		filter_fail(p, now->column, "expected a field after '%s'", after);
	else if (now->len)
		filter_fail(p, now->column, "expected a field before '%s'",
			    filter_quote(p, p->text + now->column - 1, now->len));
	else
		filter_fail(p, now->column, "expected a field: the filter is empty");
}

static unsigned int innermost_open(const struct filter_parser *p)
{
	for (unsigned int d = p->depth; d; d--)
		if (p->open[d - 1])
			return p->open[d - 1];
	return 0;
}

/* A term is complete, and something follows that cannot. */
static void want_joint(struct filter_parser *p, const struct token *now, const struct token *before,
		       bool compared)
{
	const char *what = filter_quote(p, p->text + now->column - 1, now->len);
	unsigned int open = innermost_open(p);

	if (now->kind == CLOSE)
		filter_fail(p, now->column, "')' without '('");
	else if (!now->len)
		filter_fail(p, now->column, "expected ')' for the '(' in column %u", open);
	else if (now->kind == COMPARE && before->kind == CLOSE)
		filter_fail(p, now->column, "what stands in '( )' cannot be compared");
	else if (now->kind == COMPARE)
		filter_fail(p, now->column, "expected '&&' or '||': comparisons do not chain");
	else if (compared || before->kind == CLOSE)
		filter_fail(p, now->column, "expected '&&' or '||'%s before '%s'",
			    open ? " or ')'" : "", what);
	else
		filter_fail(p, now->column, "expected a comparison, '&&' or '||' before '%s'", what);
}

static int yyreport_syntax_error(const yypcontext_t *context, struct filter_parser *p, void *scanner)
{
	const struct token *now = &p->seen[0], *before = &p->seen[1];

	if (now->kind == BAD)
		return 0;	/* the scanner has said why */
	if (before->kind == CLOSE || is_operand(before->kind))
		want_joint(p, now, before, p->seen[2].kind == COMPARE);
	else
		want_operand(p, now, before);
	return 0;
}

/* What is not a syntax error: the parser's stack. */
static void filter_lang_error(struct filter_parser *p, void *scanner, const char *text)
{
	filter_fail(p, p->seen[0].column, "%s", text);
}
