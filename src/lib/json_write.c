/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A document as a stream: no tree of values, which costs several times what its text does. */
#include "ipctop/json.h"

#define NUMBER_ROOM 24		/* a sign, 20 digits */

/* A comma and the key; @room bytes are there for what follows. */
static char *begin_value(struct json_writer *w, const char *key, size_t room)
{
	size_t len = key ? strlen(key) : 0;
	char *at;

	buf_grow(w->out, len + 4 + room);
	at = w->out->s + w->out->len;
	if (w->more)
		*at++ = ',';
	w->more = true;
	if (key) {
		*at++ = '"';
		memcpy(at, key, len);
		at += len;
		*at++ = '"';
		*at++ = ':';
	}
	return at;
}

static void end_value(struct json_writer *w, char *at)
{
	*at = '\0';
	w->out->len = at - w->out->s;
}

static void put_plain(struct json_writer *w, const char *key, const char *text, size_t n)
{
	char *at = begin_value(w, key, n);

	memcpy(at, text, n);
	end_value(w, at + n);
}

static char *put_sign(char *at, int64_t v, uint64_t *amount)
{
	*amount = v < 0 ? -(uint64_t)v : (uint64_t)v;
	if (v < 0)
		*at++ = '-';
	return at;
}

void json_begin_object(struct json_writer *w, const char *key)
{
	put_plain(w, key, "{", 1);
	w->more = false;
}

void json_begin_array(struct json_writer *w, const char *key)
{
	put_plain(w, key, "[", 1);
	w->more = false;
}

void json_end_object(struct json_writer *w)
{
	buf_putc(w->out, '}');
	w->more = true;
}

void json_end_array(struct json_writer *w)
{
	buf_putc(w->out, ']');
	w->more = true;
}

void json_write_null(struct json_writer *w, const char *key)
{
	put_plain(w, key, "null", 4);
}

void json_write_bool(struct json_writer *w, const char *key, bool v)
{
	put_plain(w, key, v ? "true" : "false", v ? 4 : 5);
}

void json_write_u64(struct json_writer *w, const char *key, uint64_t v)
{
	end_value(w, digits_put(begin_value(w, key, NUMBER_ROOM), v));
}

void json_write_i64(struct json_writer *w, const char *key, int64_t v)
{
	char *at = begin_value(w, key, NUMBER_ROOM);
	uint64_t amount;

	at = put_sign(at, v, &amount);
	end_value(w, digits_put(at, amount));
}

/* @v of so small parts that one has @digits digits behind the point. */
static void write_parts(struct json_writer *w, const char *key, int64_t v, unsigned int digits)
{
	static const unsigned int powers[] = { 1, 10, 100, 1000, 10000, 100000, 1000000 };
	const unsigned int parts = powers[digits];
	char *at = begin_value(w, key, NUMBER_ROOM);
	uint64_t amount, rest;

	at = put_sign(at, v, &amount);
	at = digits_put(at, amount / parts);
	rest = amount % parts;
	if (rest)
		*at++ = '.';
	for (unsigned int i = digits; rest; rest %= powers[i])
		*at++ = '0' + rest / powers[--i];
	end_value(w, at);
}

void json_write_milli(struct json_writer *w, const char *key, int64_t milliseconds)
{
	write_parts(w, key, milliseconds, 3);
}

void json_write_micro(struct json_writer *w, const char *key, int64_t microseconds)
{
	write_parts(w, key, microseconds, 6);
}

/* Most strings hold nothing that JSON wants escaped; what does is json-c's to write. */
void json_write_string(struct json_writer *w, const char *key, const char *s, size_t n)
{
	char *at = begin_value(w, key, n + 2), *start = at;
	const char *end = s + n, *c;

	*at++ = '"';
	for (c = s; c < end && (unsigned char)*c >= ' ' && *c != '"' && *c != '\\'; c++)
		*at++ = *c;
	if (c == end) {
		*at++ = '"';
		end_value(w, at);
		return;
	}
	end_value(w, start);
	json_put_string(w->out, s, n);
}

void json_write_members(struct json_writer *w, const char *text, size_t n)
{
	put_plain(w, NULL, text, n);
}
