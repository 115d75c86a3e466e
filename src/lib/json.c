/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipctop/json.h"

#include <errno.h>
#include <limits.h>
#include <math.h>

/* json-c has an enum of the name that the function has here */
#define json_type json_c_type
#include <json-c/json.h>
#undef json_type

#include "json_scan.h"
#include "ipctop/library.h"

#define CALLS(X) \
	X(json_object_array_add) X(json_object_array_get_idx) X(json_object_array_length) \
	X(json_object_get_boolean) X(json_object_get_double) X(json_object_get_int64) \
	X(json_object_get_object) X(json_object_get_string) X(json_object_get_string_len) \
	X(json_object_get_type) X(json_object_get_uint64) X(json_object_is_type) \
	X(json_object_new_array) X(json_object_new_boolean) X(json_object_new_object) \
	X(json_object_new_string_len) X(json_object_new_uint64) \
	X(json_object_object_add_ex) X(json_object_object_get_ex) X(json_object_put) \
	X(json_object_to_json_string_length) X(json_tokener_error_desc) \
	X(json_tokener_free) X(json_tokener_get_error) X(json_tokener_get_parse_end) \
	X(json_tokener_new_ex) X(json_tokener_parse_ex) X(json_tokener_set_flags)

LIBRARY(library, LIBJSON_C, call, CALLS);
/* of json_object_object_foreachC */
#define json_object_get_object call.json_object_get_object

/*
 * A struct json is json-c's object under another name; NULL is a null. Who has another one has the
 * library open.
 */
static struct json_object *raw(const struct json *j)
{
	return (struct json_object *)j;
}

/* json-c tells by NULL that memory is out. */
static struct json *made(struct json_object *o)
{
	if (!o)
		out_of_memory();
	return (struct json *)o;
}

struct json *json_new_object(void)
{
	library_need(&library);
	return made(call.json_object_new_object());
}

struct json *json_new_array(void)
{
	library_need(&library);
	return made(call.json_object_new_array());
}

void json_free(struct json *j)
{
	if (j)
		call.json_object_put(raw(j));
}

void json_set(struct json *obj, const char *key, struct json *value)
{
	/* keys are constants and set once: neither a copy nor a search */
	const unsigned int flags = JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_ADD_CONSTANT_KEY;

	if (call.json_object_object_add_ex(raw(obj), key, raw(value), flags))
		out_of_memory();
}

void json_push(struct json *array, struct json *value)
{
	if (call.json_object_array_add(raw(array), raw(value)))
		out_of_memory();
}

static struct json *new_string(const char *s, size_t n)
{
	if (n > INT_MAX)
		out_of_memory();
	library_need(&library);
	return made(call.json_object_new_string_len(s, n));
}

void json_set_string(struct json *obj, const char *key, const char *s, size_t n)
{
	json_set(obj, key, new_string(s, n));
}

void json_set_u64(struct json *obj, const char *key, uint64_t v)
{
	json_set(obj, key, made(call.json_object_new_uint64(v)));
}

void json_set_bool(struct json *obj, const char *key, bool v)
{
	json_set(obj, key, made(call.json_object_new_boolean(v)));
}

void json_push_string(struct json *array, const char *s, size_t n)
{
	json_push(array, new_string(s, n));
}

void json_put(struct buf *out, struct json *j, bool pretty)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;
	const char *text;
	size_t n;

	flags |= pretty ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED : JSON_C_TO_STRING_PLAIN;
	library_need(&library);
	text = call.json_object_to_json_string_length(raw(j), flags, &n);
	if (!text)
		out_of_memory();
	buf_add(out, text, n);
}

void json_put_string(struct buf *out, const char *s, size_t n)
{
	struct json *string = new_string(s, n);

	json_put(out, string, false);
	json_free(string);
}

enum json_type json_type(const struct json *j)
{
	static const enum json_type types[] = {
		[json_type_null] = JSON_NULL,	  [json_type_boolean] = JSON_BOOL,
		[json_type_double] = JSON_NUMBER, [json_type_int] = JSON_NUMBER,
		[json_type_object] = JSON_OBJECT, [json_type_array] = JSON_ARRAY,
		[json_type_string] = JSON_STRING,
	};

	return j ? types[call.json_object_get_type(raw(j))] : JSON_NULL;
}

struct json *json_get(const struct json *obj, const char *key)
{
	struct json_object *value = NULL;

	if (obj)
		call.json_object_object_get_ex(raw(obj), key, &value);
	return (struct json *)value;
}

bool json_has(const struct json *obj, const char *key)
{
	return obj && call.json_object_object_get_ex(raw(obj), key, NULL);
}

size_t json_length(const struct json *array)
{
	return json_type(array) == JSON_ARRAY ? call.json_object_array_length(raw(array)) : 0;
}

struct json *json_at(const struct json *array, size_t i)
{
	return i < json_length(array) ? (struct json *)call.json_object_array_get_idx(raw(array), i) : NULL;
}

int json_each(const struct json *obj, int (*fn)(const char *key, struct json *value, void *arg), void *arg)
{
	struct json_object_iter it;
	int rc = 0;

	if (json_type(obj) != JSON_OBJECT)
		return 0;
	json_object_object_foreachC(raw(obj), it) {
		rc = fn(it.key, (struct json *)it.val, arg);
		if (rc)
			break;
	}
	return rc;
}

/*
 * A double as a whole number; beyond 2^53 it may stand for many, and integers that were
 * too large come as doubles (parse_text).
 */
static int whole_double(const struct json *j, int64_t *v)
{
	double d = call.json_object_get_double(raw(j));

	if (!(fabs(d) < 9007199254740992.0) || (double)(int64_t)d != d)
		return -ERANGE;
	*v = d;
	return 0;
}

int json_to_i64(const struct json *j, int64_t *v)
{
	if (json_type(j) != JSON_NUMBER)
		return -EINVAL;
	if (call.json_object_is_type(raw(j), json_type_double))
		return whole_double(j, v);
	if (call.json_object_get_uint64(raw(j)) > INT64_MAX)
		return -ERANGE;
	*v = call.json_object_get_int64(raw(j));
	return 0;
}

int json_to_u64(const struct json *j, uint64_t *v)
{
	int64_t whole;
	int rc;

	if (json_type(j) == JSON_NUMBER && call.json_object_get_uint64(raw(j)) > INT64_MAX &&
	    call.json_object_is_type(raw(j), json_type_int)) {
		*v = call.json_object_get_uint64(raw(j));
		return 0;
	}
	rc = json_to_i64(j, &whole);
	if (!rc && whole < 0)
		rc = -ERANGE;
	if (!rc)
		*v = whole;
	return rc;
}

int json_to_bool(const struct json *j, bool *v)
{
	if (json_type(j) != JSON_BOOL)
		return -EINVAL;
	*v = call.json_object_get_boolean(raw(j));
	return 0;
}

int json_to_milli(const struct json *j, int64_t *milliseconds)
{
	int64_t whole;
	double d;

	if (json_type(j) != JSON_NUMBER)
		return -EINVAL;
	if (!json_to_i64(j, &whole)) {
		if (__builtin_mul_overflow(whole, 1000, &whole))
			return -ERANGE;
		*milliseconds = whole;
		return 0;
	}
	if (call.json_object_is_type(raw(j), json_type_int))
		return -ERANGE;
	d = call.json_object_get_double(raw(j)) * 1000;
	/* below 2^50 (some 35,000 years) two roundings stay away from half a millisecond */
	if (!(fabs(d) < 1125899906842624.0))
		return -ERANGE;
	*milliseconds = d < 0 ? d - 0.5 : d + 0.5;
	return 0;
}

const char *json_to_string(const struct json *j, size_t *n)
{
	if (json_type(j) != JSON_STRING)
		return NULL;
	*n = call.json_object_get_string_len(raw(j));
	return call.json_object_get_string(raw(j));
}

/* Where a reader stands. */
enum reader_state {
	AT_START,	/* before the object */
	AT_MEMBER,	/* before a member or the end of the object */
	AT_VALUE,	/* before the value of the member whose key was given */
	AT_ELEMENT,	/* within that value, an array */
	AT_END,
};

void json_reader_init(struct json_reader *r, const char *text, size_t len)
{
	*r = (struct json_reader){ .text = text, .len = len };
}

void json_reader_release(struct json_reader *r)
{
	free(r->key);
	r->key = NULL;
}

static int fail(struct json_reader *r, int rc, size_t pos, const char *what)
{
	size_t line = 1, column = 1;

	for (size_t i = 0; i < pos; i++) {
		if (r->text[i] == '\n') {
			line++;
			column = 1;
		} else if ((r->text[i] & 0xC0) != 0x80) {
			column++;
		}
	}
	snprintf(r->error, sizeof(r->error), "line %zu, column %zu: %s", line, column, what);
	r->failed = rc;
	return rc;
}

static int fail_cut(struct json_reader *r)
{
	return fail(r, -ENODATA, r->len, "the text ends here, too early");
}

/*
 * Make a value of @n bytes that are known to be whole. @consumed: bytes that were right.
 */
static enum json_tokener_error parse_text(const char *text, size_t n, struct json_object **o, size_t *consumed)
{
	struct json_tokener *tok;
	enum json_tokener_error rc;

	library_need(&library);
	tok = call.json_tokener_new_ex(JSON_MAX_DEPTH + 2);
	if (!tok)
		out_of_memory();
	call.json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS |
				    JSON_TOKENER_VALIDATE_UTF8);
	*o = call.json_tokener_parse_ex(tok, text, n);
	/* a number ends only with what follows it */
	if (call.json_tokener_get_error(tok) == json_tokener_continue)
		*o = call.json_tokener_parse_ex(tok, " ", 1);
	rc = call.json_tokener_get_error(tok);
	*consumed = call.json_tokener_get_parse_end(tok);
	call.json_tokener_free(tok);
	return rc;
}

/*
 * json-c makes 2^64 - 1 of every larger integer. Written with a point they become doubles,
 * which are told from it.
 */
static void mark_big(struct buf *out, const struct json_scan *s, size_t start)
{
	for (uint32_t i = 0; i < s->big.count; i++) {
		size_t end = ((size_t *)s->big.rows)[i];

		buf_add(out, s->text + start, end - start);
		buf_puts(out, ".0");
		start = end;
	}
	buf_add(out, s->text + start, s->pos - start);
}

static int parse_scanned(struct json_reader *r, const struct json_scan *s, struct json **value)
{
	struct buf copy = BUF_INIT;
	const char *text = s->text + r->pos;
	size_t n = s->pos - r->pos, consumed;
	enum json_tokener_error rc;
	struct json_object *o;

	if (s->big.count) {
		mark_big(&copy, s, r->pos);
		text = copy.s;
		n = copy.len;
	}
	if (n > INT_MAX)
		return fail(r, -EINVAL, r->pos, "a value of more than 2 GiB");
	rc = parse_text(text, n, &o, &consumed);
	buf_release(&copy);
	if (rc != json_tokener_success)
		return fail(r, -EINVAL, r->pos + (consumed < n ? consumed : n), call.json_tokener_error_desc(rc));
	*value = (struct json *)o;
	r->pos = s->pos;
	return 0;
}

/* Read the value at @pos, which lies within @depth brackets. */
static int read_value(struct json_reader *r, unsigned int depth, struct json **value)
{
	struct json_scan s = { .text = r->text, .len = r->len, .pos = r->pos, .depth = depth };
	int rc;

	json_scan_blanks(&s);
	r->pos = s.pos;
	rc = json_scan_value(&s);
	if (rc == -ENODATA)
		rc = fail_cut(r);
	else if (rc)
		rc = fail(r, rc, s.pos, s.error);
	else
		rc = parse_scanned(r, &s, value);
	table_release(&s.big);
	return rc;
}

/* The next byte that is not blank; 0 at the end of the text. */
static char peek(struct json_reader *r)
{
	struct json_scan s = { .text = r->text, .len = r->len, .pos = r->pos };

	json_scan_blanks(&s);
	r->pos = s.pos;
	return r->pos < r->len ? r->text[r->pos] : '\0';
}

/* Take @c, the next byte that is not blank. */
static int expect(struct json_reader *r, char c, const char *what)
{
	if (peek(r) != c)
		return r->pos >= r->len ? fail_cut(r) : fail(r, -EINVAL, r->pos, what);
	r->pos++;
	return 0;
}

/*
 * Before an item of what @close ends: 1 when there is one, 0 at the end, which is taken
 * along with the comma.
 */
static int next_item(struct json_reader *r, char close, const char *what)
{
	int rc;

	if (peek(r) == close) {
		r->pos++;
		return 0;
	}
	if (!r->first) {
		rc = expect(r, ',', what);
		if (rc)
			return rc;
	}
	r->first = false;
	return 1;
}

static int read_key(struct json_reader *r)
{
	struct json *key = NULL;
	const char *s;
	size_t n = 0;
	int rc;

	if (peek(r) != '"')
		return r->pos >= r->len ? fail_cut(r) : fail(r, -EINVAL, r->pos, "a key was expected");
	rc = read_value(r, 1, &key);
	if (rc)
		return rc;
	s = json_to_string(key, &n);
	if (strlen(s) == n) {
		free(r->key);
		r->key = xstrndup(s, n);
		rc = expect(r, ':', "':' was expected");
	} else {
		rc = fail(r, -EINVAL, r->pos, "a key that holds a zero byte");
	}
	json_free(key);
	return rc;
}

/* Pass over what the caller left of the member's value. */
static int skip_rest(struct json_reader *r)
{
	struct json *value = NULL;
	int rc;

	if (r->state == AT_VALUE) {
		rc = json_reader_value(r, &value);
		json_free(value);
		return rc;
	}
	while ((rc = json_reader_element(r, &value)) > 0)
		json_free(value);
	return rc;
}

static int end_of_text(struct json_reader *r)
{
	r->state = AT_END;
	peek(r);
	return r->pos < r->len ? fail(r, -EINVAL, r->pos, "more text after the end of the object") : 0;
}

int json_reader_member(struct json_reader *r, const char **key)
{
	int rc = r->failed;

	if (rc || r->state == AT_END)
		return rc;
	if (r->state == AT_START) {
		rc = expect(r, '{', "not a JSON object");
		r->first = true;
	} else if (r->state != AT_MEMBER) {
		rc = skip_rest(r);
	}
	if (rc)
		return rc;
	rc = next_item(r, '}', "',' or '}' was expected");
	if (!rc)
		return end_of_text(r);
	if (rc > 0)
		rc = read_key(r);
	if (rc)
		return rc;
	r->state = AT_VALUE;
	*key = r->key;
	return 1;
}

int json_reader_value(struct json_reader *r, struct json **value)
{
	int rc;

	*value = NULL;
	if (r->failed)
		return r->failed;
	if (r->state != AT_VALUE)
		return fail(r, -EINVAL, r->pos, "no value is due here");
	rc = read_value(r, 1, value);
	r->state = AT_MEMBER;
	r->first = false;
	return rc;
}

int json_reader_element(struct json_reader *r, struct json **value)
{
	int rc;

	*value = NULL;
	if (r->failed)
		return r->failed;
	if (r->state == AT_VALUE) {
		rc = expect(r, '[', "an array was expected");
		if (rc)
			return rc;
		r->state = AT_ELEMENT;
		r->first = true;
	}
	if (r->state != AT_ELEMENT)
		return fail(r, -EINVAL, r->pos, "no element is due here");
	rc = next_item(r, ']', "',' or ']' was expected");
	if (!rc) {
		r->state = AT_MEMBER;
		r->first = false;
	}
	if (rc > 0)
		rc = read_value(r, 2, value);
	else
		return rc;
	return rc ? rc : 1;
}
