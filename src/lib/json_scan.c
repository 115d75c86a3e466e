/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "json_scan.h"

#include <errno.h>
#include <stdbool.h>

#include "utf8.h"

static int fail(struct json_scan *s, size_t pos, const char *error)
{
	s->pos = pos;
	s->error = error;
	return -EINVAL;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
	       c == '+' || c == '.' || c == '_';
}

void json_scan_blanks(struct json_scan *s)
{
	while (s->pos < s->len && memchr(" \t\r\n", s->text[s->pos], 4))
		s->pos++;
}

static int scan_string(struct json_scan *s)
{
	size_t i = s->pos + 1;

	while (i < s->len) {
		unsigned char c = s->text[i];
		uint32_t code;
		size_t n;

		if (c == '"') {
			s->pos = i + 1;
			return 0;
		}
		if (c < 0x20)
			return fail(s, i, "a control character in a string");
		if (c == '\\') {
			i += 2;
			continue;
		}
		n = c < 0x80 ? 1 : utf8_decode((const unsigned char *)s->text + i, s->len - i, &code);
		/* a sequence may be cut off at the end of the text */
		if (!n && s->len - i >= 4)
			return fail(s, i, "bytes that are not UTF-8 in a string");
		i += n ? n : 1;
	}
	s->pos = s->len;
	return -ENODATA;
}

static const char *skip_digits(const char *s, const char *end)
{
	while (s < end && is_digit(*s))
		s++;
	return s;
}

/* Whether all of @s is a number as JSON writes it; @whole: without fraction and exponent. */
static bool is_number(const char *s, const char *end, bool *whole)
{
	const char *digits;

	if (s < end && *s == '-')
		s++;
	digits = s;
	s = skip_digits(s, end);
	if (s == digits || (*digits == '0' && s > digits + 1))
		return false;
	*whole = s == end;
	if (s < end && *s == '.') {
		digits = ++s;
		s = skip_digits(s, end);
		if (s == digits)
			return false;
	}
	if (s < end && (*s == 'e' || *s == 'E')) {
		s++;
		if (s < end && (*s == '-' || *s == '+'))
			s++;
		digits = s;
		s = skip_digits(s, end);
		if (s == digits)
			return false;
	}
	return s == end;
}

/* Whether a whole number is beyond what int64_t or uint64_t holds. */
static bool is_big(const char *s, const char *end)
{
	uint64_t limit = *s == '-' ? (uint64_t)1 << 63 : UINT64_MAX;
	uint64_t v = 0;

	for (s += *s == '-'; s < end; s++)
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, *s - '0', &v))
			return true;
	return v > limit;
}

static int scan_word(struct json_scan *s)
{
	static const char *const literals[] = { "true", "false", "null" };
	const char *word = s->text + s->pos, *end = word;
	bool cut, whole;
	size_t n;

	while (end < s->text + s->len && is_word(*end))
		end++;
	n = end - word;
	cut = end == s->text + s->len;
	for (size_t i = 0; n && i < ARRAY_SIZE(literals); i++) {
		if (strncmp(literals[i], word, n) || (!cut && n < strlen(literals[i])))
			continue;
		s->pos += n;
		return cut ? -ENODATA : 0;
	}
	if (cut && n && (is_digit(*word) || *word == '-')) {
		s->pos = s->len;
		return -ENODATA;
	}
	if (!n || !is_number(word, end, &whole))
		return fail(s, s->pos, "a value was expected");
	s->pos += n;
	if (whole && is_big(word, end))
		*(size_t *)table_add(&s->big, sizeof(size_t)) = s->pos;
	return 0;
}

/* The brackets that are open: one bit each, 1 for an object. */
struct brackets {
	uint64_t objects;
	unsigned int open;
};

static int scan_bracket(struct json_scan *s, struct brackets *b, char c)
{
	bool object = c == '{' || c == '}';

	if (c == '{' || c == '[') {
		if (s->depth + b->open >= JSON_MAX_DEPTH)
			return fail(s, s->pos, "nested too deeply");
		b->objects = b->objects << 1 | object;
		b->open++;
	} else {
		if (!b->open || (b->objects & 1) != object)
			return fail(s, s->pos, "a bracket that does not match");
		b->objects >>= 1;
		b->open--;
	}
	s->pos++;
	return 0;
}

int json_scan_value(struct json_scan *s)
{
	struct brackets b = { 0 };
	int rc;

	do {
		char c;

		json_scan_blanks(s);
		if (s->pos >= s->len)
			return -ENODATA;
		c = s->text[s->pos];
		if (c == '"') {
			rc = scan_string(s);
		} else if (memchr("{}[]", c, 4)) {
			rc = scan_bracket(s, &b, c);
		} else if ((c == ',' || c == ':') && b.open) {
			s->pos++;
			rc = 0;
		} else {
			rc = scan_word(s);
		}
	} while (!rc && b.open);
	return rc;
}
