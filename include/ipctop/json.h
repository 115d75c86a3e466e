/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_JSON_H
#define IPCTOP_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include "ipctop/buf.h"

/*
 * JSON out and in, on json-c; nobody else includes it.
 *
 * Rows are written as a stream and read one object at a time, so that neither side
 * ever holds a document as a tree. `struct json` is one value with all that is in it;
 * json_free ends it; adding it to another value hands it over.
 * Strings must be valid UTF-8: bring foreign bytes through text_escape first.
 * Keys must be string constants (they are not copied) of letters, digits and '_'. Values
 * and writers belong to one thread at a time; different ones may be used in different threads.
 */
struct json;

/*
 * Writing a stream, on one line: values are appended to @out as they come. @key is NULL in
 * an array and at the top. Begins and ends must match; nobody checks.
 */
struct json_writer {
	struct buf *out;
	bool more;			/* a comma comes before the next value */
};
void json_begin_object(struct json_writer *w, const char *key);
void json_end_object(struct json_writer *w);
void json_begin_array(struct json_writer *w, const char *key);
void json_end_array(struct json_writer *w);
void json_write_null(struct json_writer *w, const char *key);
void json_write_bool(struct json_writer *w, const char *key, bool v);
void json_write_u64(struct json_writer *w, const char *key, uint64_t v);
void json_write_i64(struct json_writer *w, const char *key, int64_t v);
/* A number of milliseconds as seconds with at most three digits after the point: 1795532000.123 */
void json_write_milli(struct json_writer *w, const char *key, int64_t milliseconds);
/* The same of microseconds: six digits. */
void json_write_micro(struct json_writer *w, const char *key, int64_t microseconds);
void json_write_string(struct json_writer *w, const char *key, const char *s, size_t n);
/* One member or several as another writer wrote them into an object of its own, without the braces. */
void json_write_members(struct json_writer *w, const char *text, size_t n);
/* A string with its quotes and escapes. */
void json_put_string(struct buf *out, const char *s, size_t n);

/* Making values, for small documents that want a tree. */
struct json *json_new_object(void);
struct json *json_new_array(void);
void json_free(struct json *j);
void json_set_string(struct json *obj, const char *key, const char *s, size_t n);
void json_set_u64(struct json *obj, const char *key, uint64_t v);
void json_set_bool(struct json *obj, const char *key, bool v);
void json_set(struct json *obj, const char *key, struct json *value);
void json_push_string(struct json *array, const char *s, size_t n);
void json_push(struct json *array, struct json *value);
/* Append the text of @j, on one line when @pretty is false. '/' is not escaped. */
void json_put(struct buf *out, struct json *j, bool pretty);

/* Looking at values that were read. */
enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };
enum json_type json_type(const struct json *j);		/* NULL is JSON_NULL */
/* The member, NULL when it is absent or null (json_has tells). Owned by @obj. */
struct json *json_get(const struct json *obj, const char *key);
bool json_has(const struct json *obj, const char *key);
size_t json_length(const struct json *array);
struct json *json_at(const struct json *array, size_t i);
/* Call @fn for each member of an object, until it gives non-zero; that is returned. */
int json_each(const struct json *obj, int (*fn)(const char *key, struct json *value, void *arg), void *arg);
/* 0, -EINVAL (another type), -ERANGE (negative, above 2^64 - 1, or with a fraction). */
int json_to_u64(const struct json *j, uint64_t *v) __must_check;
int json_to_i64(const struct json *j, int64_t *v) __must_check;
int json_to_bool(const struct json *j, bool *v) __must_check;
int json_to_milli(const struct json *j, int64_t *milliseconds) __must_check;
/* The bytes and their length (they may hold NUL); NULL when not a string. Owned by @j. */
const char *json_to_string(const struct json *j, size_t *n);

/*
 * Reading a document piece by piece from memory. The top must be an object; its
 * members are visited in order; an array member can be visited element by element.
 *
 *	json_reader_init(&r, text, len);
 *	while ((rc = json_reader_member(&r, &key)) > 0)
 *		if (!strcmp(key, "objects"))
 *			while ((rc = json_reader_element(&r, &value)) > 0) …
 *		else
 *			rc = json_reader_value(&r, &value);
 *
 * Errors are -EINVAL (not JSON, @error says what and where: line and column) and
 * -ENODATA (the text ends too early: cut off). All calls after an error repeat it.
 * Depth is bounded (32). The text need not be terminated.
 */
struct json_reader {
	const char *text;
	size_t len, pos;
	int failed;
	int state;
	bool first;
	char *key;
	char error[160];
};
void json_reader_init(struct json_reader *r, const char *text, size_t len);
void json_reader_release(struct json_reader *r);
/* 1 and the next key (owned by the reader, until the next call), 0 at the end of the object and of the text. */
int json_reader_member(struct json_reader *r, const char **key) __must_check;
/* The whole value of the current member, for json_free; NULL for null. */
int json_reader_value(struct json_reader *r, struct json **value) __must_check;
/* 1 and the next element of the current member, an array; 0 at its end. */
int json_reader_element(struct json_reader *r, struct json **value) __must_check;

#endif
