/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter_tree.h"

#include <errno.h>
#include <sys/sysmacros.h>
#include "ipctop/text.h"

static int parse_u64(const char *s, uint64_t *v)
{
	bool hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
	const char *digits = hex ? s + 2 : s;

	if (!*digits || digits[strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789")])
		return -EINVAL;
	errno = 0;
	*v = strtoull(digits, NULL, hex ? 16 : 10);
	return errno ? -ERANGE : 0;
}

/* A decimal number, counted in thousandths; further digits are dropped. */
static int parse_milli(const char *s, int64_t *milli)
{
	size_t whole = strspn(s, "0123456789"), part = 0;
	int64_t v;

	if (s[whole] == '.')
		part = strspn(s + whole + 1, "0123456789");
	if (!whole || s[whole + (part ? part + 1 : 0)])
		return -EINVAL;
	errno = 0;
	v = strtoll(s, NULL, 10);
	if (errno || __builtin_mul_overflow(v, 1000, &v))
		return -ERANGE;
	for (size_t i = 0, unit = 100; i < part && unit; i++, unit /= 10)
		if (__builtin_add_overflow(v, (int64_t)(unit * (size_t)(s[whole + 1 + i] - '0')), &v))
			return -ERANGE;
	*milli = v;
	return 0;
}

bool filter_is_amount(const char *text)
{
	uint64_t v;

	return parse_u64(text, &v) != -EINVAL || units_parse_size(text, &v) != -EINVAL ||
	       units_parse_duration(text, &v) != -EINVAL;
}

static int literal_number(struct filter_parser *p, struct node *n, const struct operand *o)
{
	return o->type == OPERAND_NUMBER ? parse_u64(o->text, &n->u) : -EINVAL;
}

/* What JSON writes in quotes may be quoted here. */
static int literal_hex(struct filter_parser *p, struct node *n, const struct operand *o)
{
	return o->type == OPERAND_WORD ? -EINVAL : parse_u64(o->text, &n->u);
}

static int literal_size(struct filter_parser *p, struct node *n, const struct operand *o)
{
	int rc = literal_number(p, n, o);

	if (rc == -EINVAL && o->type == OPERAND_NUMBER)
		rc = units_parse_size(o->text, &n->u);
	return rc;
}

static int literal_span(struct filter_parser *p, struct node *n, const struct operand *o)
{
	uint64_t seconds;
	int rc;

	if (o->type != OPERAND_NUMBER)
		return -EINVAL;
	rc = parse_milli(o->text, &n->milli);
	if (rc != -EINVAL)
		return rc;
	rc = units_parse_duration(o->text, &seconds);
	if (!rc && seconds > INT64_MAX / 1000)
		rc = -ERANGE;
	if (!rc)
		n->milli = (int64_t)seconds * 1000;
	return rc;
}

/* Exactly @count digits that make a number from @min to @max; moves @s behind them. */
static bool take(const char **s, unsigned int count, int min, int max, int *v)
{
	*v = 0;
	while (count--) {
		if (**s < '0' || **s > '9')
			return false;
		*v = *v * 10 + (*(*s)++ - '0');
	}
	return *v >= min && *v <= max;
}

static bool skip(const char **s, char c)
{
	if (**s != c)
		return false;
	(*s)++;
	return true;
}

/* "17:39:47.123", seconds and fraction may be left out. */
static bool take_clock(const char **s, struct tm *tm, int64_t *milli)
{
	if (!take(s, 2, 0, 23, &tm->tm_hour) || !skip(s, ':') || !take(s, 2, 0, 59, &tm->tm_min))
		return false;
	if (!skip(s, ':'))
		return true;
	if (!take(s, 2, 0, 60, &tm->tm_sec))
		return false;
	if (!skip(s, '.'))
		return true;
	if (**s < '0' || **s > '9')
		return false;
	for (int unit = 100; **s >= '0' && **s <= '9'; (*s)++, unit /= 10)
		*milli += unit * (**s - '0');
	return true;
}

/* "Z", "+01:00" or nothing: then it is local time. */
static bool take_zone(const char **s, bool *local, int *offset)
{
	int hours, minutes, sign = **s == '-' ? -1 : 1;

	*offset = 0;
	*local = !**s;
	if (*local || skip(s, 'Z'))
		return true;
	if (!skip(s, '+') && !skip(s, '-'))
		return false;
	if (!take(s, 2, 0, 14, &hours))
		return false;
	skip(s, ':');
	if (!take(s, 2, 0, 59, &minutes))
		return false;
	*offset = sign * (hours * 3600 + minutes * 60);
	return true;
}

/* A time as ISO 8601 has it, in milliseconds since the epoch. */
static int parse_iso(const char *s, int64_t *milli)
{
	struct tm tm = { .tm_isdst = -1 };
	int year, month, day, offset;
	int64_t fraction = 0;
	bool local;
	time_t t;

	if (!take(&s, 4, 1900, 9999, &year) || !skip(&s, '-') || !take(&s, 2, 1, 12, &month) ||
	    !skip(&s, '-') || !take(&s, 2, 1, 31, &day))
		return -EINVAL;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	tm.tm_mday = day;
	if ((skip(&s, 'T') || skip(&s, ' ')) && !take_clock(&s, &tm, &fraction))
		return -EINVAL;
	if (!take_zone(&s, &local, &offset) || *s)
		return -EINVAL;
	t = local ? mktime(&tm) : timegm(&tm);
	if (tm.tm_mon != month - 1)
		return -EINVAL;	/* the 30th of February became the 2nd of March */
	*milli = ((int64_t)t - offset) * 1000 + fraction;
	return 0;
}

static int literal_time(struct filter_parser *p, struct node *n, const struct operand *o)
{
	int rc = parse_milli(o->text, &n->milli);

	if (o->type == OPERAND_WORD)
		return -EINVAL;
	return rc == -EINVAL ? parse_iso(o->text, &n->milli) : rc;
}

/* 600 alone is more likely a forgotten 0600 than a decimal number. */
static int literal_mode(struct filter_parser *p, struct node *n, const struct operand *o)
{
	size_t len = strlen(o->text);

	if (!len || len > 8 || strspn(o->text, "01234567") != len)
		return -EINVAL;
	if (o->type == OPERAND_WORD || (o->type == OPERAND_NUMBER && o->text[0] != '0'))
		return -EINVAL;
	n->u = strtoull(o->text, NULL, 8);
	return 0;
}

static int literal_device(struct filter_parser *p, struct node *n, const struct operand *o)
{
	size_t major_len = strspn(o->text, "0123456789");
	const char *rest = o->text + major_len + 1;
	char major_text[11] = "";
	uint64_t major_number, minor_number;

	if (!major_len || major_len >= sizeof(major_text) || o->text[major_len] != ':' || !*rest ||
	    rest[strspn(rest, "0123456789")])
		return -EINVAL;
	memcpy(major_text, o->text, major_len);
	if (parse_u64(major_text, &major_number) || parse_u64(rest, &minor_number))
		return -ERANGE;
	if (major_number > UINT32_MAX || minor_number > UINT32_MAX)
		return -ERANGE;
	n->u = makedev((unsigned int)major_number, (unsigned int)minor_number);
	return 0;
}

static int literal_bool(struct filter_parser *p, struct node *n, const struct operand *o)
{
	n->u = !strcmp(o->text, "true");
	return o->type == OPERAND_WORD && (n->u || !strcmp(o->text, "false")) ? 0 : -EINVAL;
}

/* Any operand is a text where a text is wanted: container == 3f2a. */
static int literal_text(struct filter_parser *p, struct node *n, const struct operand *o)
{
	n->text = o->text;
	return n->op == OP_MATCH ? filter_pattern(p, n, o->column) : 0;
}

static int literal_name(struct filter_parser *p, struct node *n, const struct operand *o)
{
	if (n->op == OP_MATCH)
		return literal_text(p, n, o);
	n->text = o->name;
	return 0;
}

static const char *name_of_list(const void *names, unsigned int i)
{
	return ((const char *const *)names)[i];
}

static int no_such_name(struct filter_parser *p, const struct field *field, const struct operand *o)
{
	const char *near = text_closest(o->text, name_of_list, field->names);
	struct buf all = BUF_INIT;
	int rc;

	for (unsigned int i = 0; field->names[i]; i++)
		buf_printf(&all, "%s%s", i ? ", " : "", field->names[i]);
	rc = filter_fail(p, o->column, "'%s' is none of %s%s%s%s",
			 filter_quote(p, o->text, strlen(o->text)), all.s,
			 near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
	buf_release(&all);
	return rc;
}

/* VT_ENUM and VT_FLAGS: the set of names that pass, so that matching is one test of a bit. */
static int literal_choice(struct filter_parser *p, struct node *n, const struct operand *o)
{
	const char *const *names = n->field->names;
	struct node test = *n;
	uint64_t passing = 0;
	int rc = literal_text(p, &test, o);

	if (rc)
		return rc;
	for (unsigned int i = 0; i < 64 && names[i]; i++)
		if (filter_text_passes(&test, names[i]))
			passing |= 1ULL << i;
	if (!passing && n->op == OP_EQ)
		return no_such_name(p, n->field, o);
	n->u = passing;
	return 0;
}

static int literal_facts(struct filter_parser *p, struct node *n, const struct operand *o)
{
	const struct field *field;

	if (n->op == OP_MATCH)
		return literal_text(p, n, o);
	field = field_find(p->filter->class, o->text);
	if (!field)
		return filter_fail(p, o->column, "'%s' lists fields, and '%s' is none", n->field->name,
				   filter_quote(p, o->text, strlen(o->text)));
	n->text = field->name;
	return 0;
}

/* What rows of a list are called by. */
static const char *const row_texts[NR_CLASSES] = {
	[CLASS_REASON] = "code",
	[CLASS_GAP] = "source",
	[CLASS_HOLDER] = "comm",
};

/* A number asks how many rows there are, a text whether one is called that. */
static int literal_rows(struct filter_parser *p, struct node *n, const struct operand *o)
{
	const char *text = row_texts[n->field->rows];
	int rc;

	if (o->type == OPERAND_NUMBER && n->op != OP_MATCH) {
		n->eval = filter_eval_count;
		return literal_number(p, n, o);
	}
	if (!text || (n->op != OP_EQ && n->op != OP_MATCH))
		return -EINVAL;
	rc = literal_text(p, n, o);
	n->other = field_find(n->field->rows, text);
	return n->other ? rc : -EINVAL;
}

bool filter_is_word_of(enum row_class class, const struct field *field, const char *word)
{
	if (field->type == VT_FACTS)
		return field_find(class, word) != NULL;
	for (unsigned int i = 0; field->names && field->names[i]; i++)
		if (!strcmp(field->names[i], word))
			return true;
	return false;
}

#define EQUAL	(1U << OP_EQ | 1U << OP_NE)
#define ORDERED	(EQUAL | 1U << OP_LT | 1U << OP_LE | 1U << OP_GT | 1U << OP_GE)
#define MATCHED	(1U << OP_MATCH | 1U << OP_NOMATCH)
#define ALL	(ORDERED | MATCHED)

#define RULE(noun_, example_, ops_, group_, amount_, kind_, eval_)			\
	{ .noun = noun_, .example = example_, .ops = ops_, .group = GROUP_##group_,	\
	  .amount = amount_, .literal = literal_##kind_, .eval = filter_eval_##eval_ }

static const char a_text[] = "a text such as \"abc\"", a_time[] = "epoch seconds or \"2026-11-24T17:39:47\"";

const struct type_rule filter_types[NR_VALUE_TYPES] = {
	[VT_STRING] = RULE("a text", a_text, ALL, TEXT, false, text, text),
	[VT_NAME] = RULE("a name", "a name such as \"shm:7\"", ALL, TEXT, false, name, text),
	[VT_UINT] = RULE("a number", "a number such as 7", ORDERED, NUMBER, true, number, number),
	[VT_BYTES] = RULE("a size", "a number such as 64M", ORDERED, SIZE, true, size, number),
	[VT_BOOL] = RULE("true or false", "true or false", EQUAL, BOOL, false, bool, number),
	[VT_TIME] = RULE("a time", a_time, ORDERED, TIME, false, time, milli),
	[VT_STAMP] = RULE("a time", a_time, ORDERED, TIME, false, time, milli),
	[VT_SPAN_MS] = RULE("a duration", "a number such as 4h", ORDERED, SPAN, true, span, milli),
	[VT_SPAN_US] = RULE("a duration", "a number such as 4h", ORDERED, SPAN, true, span, milli),
	[VT_AGE] = RULE("a duration", "a number such as 4h", ORDERED, SPAN, true, span, milli),
	[VT_KEY] = RULE("a key", "a number such as 0x00a76098", ORDERED, KEY, true, hex, number),
	[VT_ADDRESS] = RULE("an address", "a number such as 0x7f0000000000", ORDERED, ADDRESS, true,
			    hex, number),
	[VT_MODE] = RULE("a mode", "octal digits such as 0600", ORDERED, MODE, false, mode, number),
	[VT_DEVICE] = RULE("a device number", "MAJ:MIN such as 0:1", EQUAL, DEVICE, false, device,
			   number),
	[VT_ENUM] = RULE("one of a few words", "one of its words", EQUAL | MATCHED, CHOICE, false,
			 choice, choice),
	[VT_FLAGS] = RULE("a set of words", "one of its words", EQUAL | MATCHED, NONE, false, choice,
			  flags),
	[VT_FACTS] = RULE("a list of fields", "the name of a field", EQUAL | MATCHED, NONE, false,
			  facts, facts),
	[VT_ROWS] = RULE("a list", "a number such as 2 (how many)", ALL, NONE, false, rows, rows),
	[VT_ROW] = { .noun = "a record", .example = "null" },
	[VT_EMBED] = { .noun = "a record", .example = "null" },
	[VT_NUMBERS] = RULE("a list of numbers", "a number such as 7", EQUAL, NONE, true, number,
			    numbers),
	[VT_STRINGS] = RULE("a list of texts", a_text, EQUAL | MATCHED, NONE, false, text, strings),
};
