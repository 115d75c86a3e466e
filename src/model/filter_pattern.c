/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter_tree.h"

/*
 * regcomp() of glibc writes repetitions out ("(a{100}){100}" becomes 10,000 elements, each '+'
 * doubles what stands before it) and recurses at each parenthesis: so the size is
 * reckoned first, and what is too large never gets there.
 */
struct reckoning {
	unsigned int size[PATTERN_DEPTH + 1];	/* of the group at each depth, so far */
	unsigned int depth;
	unsigned int last;			/* of the element that a repetition would repeat */
};

/* Behind the "[:alpha:]", "[.a.]" or "[=a=]" at @s. */
static const char *skip_class(const char *s)
{
	const char closing[] = { s[1], ']', '\0' };
	const char *end = strstr(s + 2, closing);

	return end ? end + 2 : s + strlen(s);
}

/* Behind the bracket expression at @s. */
static const char *skip_bracket(const char *s)
{
	s++;
	if (*s == '^')
		s++;
	if (*s == ']')
		s++;
	while (*s && *s != ']')
		s = *s == '[' && s[1] && strchr(":.=", s[1]) ? skip_class(s) : s + 1;
	return *s ? s + 1 : s;
}

/* How many times a repetition at @s writes out its element; *@end is behind it. 0: none is there. */
static unsigned int read_repetition(const char *s, const char **end)
{
	unsigned int times = 1, n = 0;

	*end = s + 1;
	if (*s == '*' || *s == '?')
		return 1;
	if (*s == '+')
		return 2;
	if (*s != '{')
		return 0;
	for (s++; (*s >= '0' && *s <= '9') || *s == ','; s++) {
		n = *s == ',' ? 0 : n * 10 + (unsigned int)(*s - '0');
		if (n > PATTERN_SIZE)
			n = PATTERN_SIZE;
		if (n > times)
			times = n;
	}
	*end = *s == '}' ? s + 1 : s;
	/* "{3,}" is three and a starred fourth */
	return times + 1;
}

/* Add an element of @size, or @more to the last one. */
static bool grow(struct reckoning *r, unsigned int more, unsigned int last)
{
	r->last = last;
	r->size[r->depth] += more;
	return r->size[r->depth] <= PATTERN_SIZE && last <= PATTERN_SIZE;
}

/* Reckon with what stands at @s; gives what is behind it, or NULL and @why. */
static const char *reckon(struct reckoning *r, const char *s, const char **why)
{
	const char *end;
	uint64_t times = read_repetition(s, &end);

	*why = "the regular expression is too large";
	if (times) {
		uint64_t more = (times - 1) * r->last;

		return more <= PATTERN_SIZE && grow(r, (unsigned int)more, r->last + (unsigned int)more) ?
			       end : NULL;
	}
	if (*s == '(') {
		*why = "the regular expression is nested too deeply";
		if (r->depth == PATTERN_DEPTH)
			return NULL;
		r->size[++r->depth] = 0;
		r->last = 0;
		return s + 1;
	}
	if (*s == ')' && r->depth) {
		unsigned int inner = r->size[r->depth--] + 1;

		return grow(r, inner, inner) ? s + 1 : NULL;
	}
	if (*s == '\\' && s[1] >= '1' && s[1] <= '9') {
		*why = "regular expressions have no references to groups here";
		return NULL;
	}
	end = *s == '[' ? skip_bracket(s) : *s == '\\' && s[1] ? s + 2 : s + 1;
	return grow(r, 1, 1) ? end : NULL;
}

static int check_size(struct filter_parser *p, const char *s, unsigned int column)
{
	struct reckoning r = { 0 };
	const char *why = NULL;

	if (strlen(s) > PATTERN_LENGTH)
		return filter_fail(p, column, "the regular expression is longer than %d bytes",
				   PATTERN_LENGTH);
	while (*s) {
		s = reckon(&r, s, &why);
		if (!s)
			return filter_fail(p, column, "%s", why);
	}
	for (; r.depth; r.depth--)
		p->pattern_size += r.size[r.depth];
	p->pattern_size += r.size[0];
	if (p->pattern_size > PATTERN_SIZE)
		return filter_fail(p, column, "the regular expressions are too large together");
	return 0;
}

int filter_pattern(struct filter_parser *p, struct node *n, unsigned int column)
{
	struct pattern *pattern;
	char why[120];
	int rc;

	/* most patterns are plain words, and looking for one is many times faster */
	if (n->text[strcspn(n->text, "^$.[]|()*+?{}\\")] == '\0')
		return 0;
	rc = check_size(p, n->text, column);
	if (rc)
		return rc;
	pattern = arena_alloc(p->filter->arena, sizeof(*pattern));
	rc = regcomp(&pattern->regex, n->text, REG_EXTENDED | REG_NOSUB);
	if (rc) {
		regerror(rc, &pattern->regex, why, sizeof(why));
		return filter_fail(p, column, "'%s' is no regular expression: %s",
				   filter_quote(p, n->text, strlen(n->text)), why);
	}
	pattern->next = p->filter->patterns;
	p->filter->patterns = pattern;
	n->pattern = &pattern->regex;
	return 0;
}
