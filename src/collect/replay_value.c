/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of a document that hold no rows. */
#include "replay.h"

#include <errno.h>
#include <sys/sysmacros.h>
#include "ipctop/text.h"

static void put_place(struct buf *out, const struct place *at)
{
	if (at->up)
		put_place(out, at->up);
	if (at->name)
		buf_printf(out, "%s%s", at->up ? "." : "", at->name);
	else
		buf_printf(out, "[%zu]", at->index);
}

int replay_fail(struct replay *r, const struct place *at, const char *what)
{
	if (r->cut)
		buf_puts(r->error, "is cut off too early: ");
	put_place(r->error, at);
	buf_printf(r->error, ": %s", what);
	return TOLD;
}

int replay_fail_word(struct replay *r, const struct place *at, const char *word, size_t n)
{
	replay_fail(r, at, "no such word: '");
	text_escape(r->error, word, n, 0);
	buf_putc(r->error, '\'');
	return TOLD;
}

/* Readers: one for each type. They give 0, TOLD, -EINVAL (another type) or -ERANGE. */

/* The bytes that the text stands for, as a string of the snapshot. */
static int unescape(struct replay *r, const struct json *json, const char **string)
{
	size_t n;
	const char *s = json_to_string(json, &n);

	if (!s)
		return -EINVAL;
	buf_reset(&r->scratch);
	if (text_unescape(&r->scratch, s, n) || memchr(r->scratch.s, '\0', r->scratch.len))
		return -ERANGE;
	*string = intern_string(&r->strings, r->s->arena, r->scratch.s, r->scratch.len);
	return 0;
}

static int read_text(struct cell *c)
{
	int rc = unescape(c->r, c->json, &c->v.s);

	return rc == -ERANGE ? replay_fail(c->r, c->at, "not escaped as \\xHH, or a zero byte") : rc;
}

/*
 * Names go to terminals as they are: nothing but what escaping leaves may be in them.
 * Which '@' was escaped, only the whole name tells.
 */
static bool is_escaped(struct replay *r, const char *s, size_t n)
{
	buf_reset(&r->scratch);
	if (text_unescape(&r->scratch, s, n) || memchr(r->scratch.s, '\0', r->scratch.len))
		return false;
	buf_reset(&r->scratch);
	buf_reset(&r->expected);
	text_escape(&r->scratch, s, n, 0);
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\\')
			buf_puts(&r->expected, "\\x5C");
		else
			buf_putc(&r->expected, s[i]);
	}
	return r->scratch.len == r->expected.len &&
	       !memcmp(r->scratch.s, r->expected.s, r->expected.len);
}

static int read_name(struct cell *c)
{
	size_t n;
	const char *s = json_to_string(c->json, &n);

	if (!s)
		return -EINVAL;
	if (!is_escaped(c->r, s, n))
		return replay_fail(c->r, c->at, "not an escaped name");
	c->v.s = intern_string(&c->r->strings, c->r->s->arena, s, n);
	return 0;
}

static int read_unsigned(struct cell *c)
{
	return json_to_u64(c->json, &c->v.u);
}

static int read_signed(struct cell *c)
{
	return json_to_i64(c->json, &c->v.i);
}

static int read_milli(struct cell *c)
{
	return json_to_milli(c->json, &c->v.i);
}

static int read_bool(struct cell *c)
{
	bool is = false;
	int rc = json_to_bool(c->json, &is);

	c->v.u = is;
	return rc;
}

/* All of @s as digits of @base: 0, -EINVAL, -ERANGE. */
static int parse_digits(const char *s, size_t n, unsigned int base, uint64_t most, uint64_t *v)
{
	static const char digits[] = "0123456789abcdef";

	*v = 0;
	if (!n)
		return -EINVAL;
	for (; n; s++, n--) {
		const char *digit = memchr(digits, *s, base);

		if (!digit)
			return -EINVAL;
		if (__builtin_mul_overflow(*v, base, v) ||
		    __builtin_add_overflow(*v, digit - digits, v) || *v > most)
			return -ERANGE;
	}
	return 0;
}

static int read_digits(struct cell *c, const char *prefix, unsigned int base, uint64_t most)
{
	size_t n, skip = strlen(prefix);
	const char *s = json_to_string(c->json, &n);

	if (!s || n < skip || memcmp(s, prefix, skip))
		return -EINVAL;
	return parse_digits(s + skip, n - skip, base, most, &c->v.u);
}

static int read_key(struct cell *c)
{
	return read_digits(c, "0x", 16, UINT32_MAX);
}

static int read_address(struct cell *c)
{
	return read_digits(c, "0x", 16, UINT64_MAX);
}

static int read_mode(struct cell *c)
{
	return read_digits(c, "", 8, UINT32_MAX);
}

static int read_device(struct cell *c)
{
	uint64_t maj, min;
	size_t n;
	const char *s = json_to_string(c->json, &n), *colon = s ? memchr(s, ':', n) : NULL;
	int rc;

	if (!colon)
		return -EINVAL;
	rc = parse_digits(s, colon - s, 10, UINT32_MAX, &maj);
	if (!rc)
		rc = parse_digits(colon + 1, s + n - colon - 1, 10, UINT32_MAX, &min);
	if (!rc)
		c->v.u = makedev(maj, min);
	return rc;
}

static int find_word(struct cell *c, const struct place *at, const struct json *json, uint64_t *i)
{
	size_t n;
	const char *s = json_to_string(json, &n);

	if (!s)
		return replay_fail(c->r, at, "not a string");
	for (*i = 0; c->field->names[*i]; ++*i)
		if (strlen(c->field->names[*i]) == n && !memcmp(c->field->names[*i], s, n))
			return 0;
	return replay_fail_word(c->r, at, s, n);
}

static int read_enum(struct cell *c)
{
	return find_word(c, c->at, c->json, &c->v.u);
}

static int read_flags(struct cell *c)
{
	if (json_type(c->json) != JSON_ARRAY)
		return -EINVAL;
	c->v.u = 0;
	for (size_t i = 0; i < json_length(c->json); i++) {
		struct place at = { .up = c->at, .index = i };
		uint64_t bit;
		int rc = find_word(c, &at, json_at(c->json, i), &bit);

		if (rc)
			return rc;
		c->v.u |= 1ULL << bit;
	}
	return 0;
}

static int read_numbers(struct cell *c)
{
	struct table *t = &c->r->s->numbers;

	if (json_type(c->json) != JSON_ARRAY)
		return -EINVAL;
	c->v.span = (struct span){ t->count, json_length(c->json) };
	for (size_t i = 0; i < json_length(c->json); i++) {
		struct place at = { .up = c->at, .index = i };
		uint64_t v;

		if (json_to_u64(json_at(c->json, i), &v))
			return replay_fail(c->r, &at, "not a number, or out of range");
		*(uint64_t *)table_add(t, sizeof(v)) = v;
	}
	return 0;
}

static int read_strings(struct cell *c)
{
	struct table *t = &c->r->s->words;

	if (json_type(c->json) != JSON_ARRAY)
		return -EINVAL;
	c->v.span = (struct span){ t->count, json_length(c->json) };
	for (size_t i = 0; i < json_length(c->json); i++) {
		struct place at = { .up = c->at, .index = i };
		const char *s;

		if (unescape(c->r, json_at(c->json, i), &s))
			return replay_fail(c->r, &at, "not a string escaped as \\xHH");
		*(const char **)table_add(t, sizeof(s)) = s;
	}
	return 0;
}

static const struct {
	int (*read)(struct cell *c);
	const char *wrong;	/* said when it gives -EINVAL */
} readers[NR_VALUE_TYPES] = {
	[VT_STRING] = { read_text, "not a string" },
	[VT_NAME] = { read_name, "not a string" },
	[VT_UINT] = { read_unsigned, "not a number" },
	[VT_BYTES] = { read_unsigned, "not a number" },
	[VT_BOOL] = { read_bool, "neither true nor false" },
	[VT_TIME] = { read_signed, "not a number" },
	[VT_STAMP] = { read_milli, "not a number" },
	[VT_SPAN_MS] = { read_milli, "not a number" },
	[VT_AGE] = { read_unsigned, "not a number" },
	[VT_KEY] = { read_key, "not a key, such as \"0x00a76098\"" },
	[VT_ADDRESS] = { read_address, "not an address, such as \"0x7f0000000000\"" },
	[VT_MODE] = { read_mode, "not an octal mode, such as \"0600\"" },
	[VT_DEVICE] = { read_device, "not a device, such as \"0:1\"" },
	[VT_ENUM] = { read_enum, "not a string" },
	[VT_FLAGS] = { read_flags, "not an array" },
	[VT_NUMBERS] = { read_numbers, "not an array" },
	[VT_STRINGS] = { read_strings, "not an array" },
};

int replay_value(struct cell *c)
{
	int rc = readers[c->field->type].read(c);

	if (rc == -EINVAL)
		return replay_fail(c->r, c->at, readers[c->field->type].wrong);
	return rc == -ERANGE ? replay_fail(c->r, c->at, "out of range") : rc;
}
