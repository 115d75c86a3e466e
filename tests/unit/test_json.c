/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON: numbers are exact, and what is not JSON, or only the beginning of it, is told. */
#include "ipctop/json.h"

#include <errno.h>

#include "unit.h"

static void check_put(struct json *j, bool pretty, const char *want)
{
	struct buf out = BUF_INIT;

	buf_puts(&out, "> ");
	json_put(&out, j, pretty);
	CHECK(want, !strncmp(out.s, "> ", 2));
	CHECK_TEXT("text", out.s + 2, want);
	buf_release(&out);
}

static void test_write(void **state)
{
	struct json *j = json_new_object(), *list = json_new_array(), *inner = json_new_object();

	json_set_string(j, "text", "a/b\"\\\n\x1b\0z \xc3\xbc", 12);
	json_set_u64(j, "largest", UINT64_MAX);
	json_set_u64(j, "odd", 9007199254740993ULL);
	json_set_bool(j, "yes", true);
	json_set_bool(j, "no", false);
	json_push_string(list, "two", 3);
	json_push(list, NULL);
	json_set_u64(inner, "a", 0);
	json_push(list, inner);
	json_set(j, "list", list);
	check_put(j, false,
		  "{\"text\":\"a/b\\\"\\\\\\n\\u001b\\u0000z \xc3\xbc\","
		  "\"largest\":18446744073709551615,\"odd\":9007199254740993,"
		  "\"yes\":true,\"no\":false,\"list\":[\"two\",null,{\"a\":0}]}");
	json_free(j);
	check_put(NULL, false, "null");
	json_free(NULL);
}

static void test_stream(void **state)
{
	struct buf out = BUF_INIT;
	struct json_writer w = { .out = &out };

	json_begin_object(&w, NULL);
	json_write_null(&w, "none");
	json_write_u64(&w, "largest", UINT64_MAX);
	json_write_i64(&w, "least", INT64_MIN);
	json_write_bool(&w, "yes", true);
	json_write_bool(&w, "no", false);
	json_begin_array(&w, "list");
	json_write_u64(&w, NULL, 0);
	json_write_string(&w, NULL, "two", 3);
	json_begin_object(&w, NULL);
	json_end_object(&w);
	json_begin_array(&w, NULL);
	json_end_array(&w);
	json_write_null(&w, NULL);
	json_end_array(&w);
	json_write_members(&w, "\"a\":1,\"b\":2", 11);
	json_begin_object(&w, "inner");
	json_write_i64(&w, "c", -1);
	json_end_object(&w);
	json_end_object(&w);
	CHECK_TEXT("stream", out.s,
		   "{\"none\":null,\"largest\":18446744073709551615,"
		   "\"least\":-9223372036854775808,\"yes\":true,\"no\":false,"
		   "\"list\":[0,\"two\",{},[],null],\"a\":1,\"b\":2,\"inner\":{\"c\":-1}}");
	buf_release(&out);
}

/* All bytes, alone and between others: as json-c writes them, and read back the same. */
static void test_stream_strings(void **state)
{
	for (unsigned int c = 0; c < 0x80; c++) {
		const char texts[2][4] = { { c }, { 'a', c, 'b', 'c' } };

		for (unsigned int i = 0; i < 2; i++) {
			size_t n = i ? 4 : 1;
			struct buf out = BUF_INIT, quoted = BUF_INIT;
			struct json_writer w = { .out = &out };

			json_write_string(&w, NULL, texts[i], n);
			json_put_string(&quoted, texts[i], n);
			CHECK_TEXT("string", out.s, quoted.s);
			buf_release(&out);
			buf_release(&quoted);
		}
	}
}

static void test_write_pretty(void **state)
{
	struct json *j = json_new_object(), *list = json_new_array();

	json_set_u64(j, "a", 1);
	json_push_string(list, "2", 1);
	json_set(j, "b", list);
	check_put(j, true, "{\n  \"a\": 1,\n  \"b\": [\n    \"2\"\n  ]\n}");
	json_free(j);
}

/* Reads {"v": TEXT} and hands its value over. */
static int read_value(const char *text, struct json **value)
{
	struct json_reader r;
	struct buf doc = BUF_INIT;
	const char *key;
	int rc;

	buf_printf(&doc, "{\"v\": %s}", text);
	json_reader_init(&r, doc.s, doc.len);
	*value = NULL;
	rc = json_reader_member(&r, &key);
	if (rc > 0)
		rc = json_reader_value(&r, value);
	if (!rc)
		rc = json_reader_member(&r, &key);
	json_reader_release(&r);
	buf_release(&doc);
	return rc;
}

static void test_milliseconds(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ 5000, "5" },
		{ 40, "0.04" },
		{ 1, "0.001" },
		{ 1795532000123, "1795532000.123" },
		{ 1795532000120, "1795532000.12" },
		{ -5, "-0.005" },
		{ -1500, "-1.5" },
		{ -2000, "-2" },
		{ 1125899906842623, "1125899906842.623" },
		{ -1125899906842623, "-1125899906842.623" },
		{ 9007199254740991, "9007199254740.991" },
		{ INT64_MAX, "9223372036854775.807" },
		{ INT64_MIN, "-9223372036854775.808" },
	};

	FOR_EACH_CASE(c, cases) {
		struct json *back;
		struct buf out = BUF_INIT;
		struct json_writer w = { .out = &out };
		int64_t ms = 0;
		int rc;

		json_write_milli(&w, NULL, c->ms);
		CHECK_TEXT(c->text, out.s, c->text);
		CHECK(c->text, !read_value(c->text, &back));
		rc = json_to_milli(back, &ms);
		/* a double is sure to the millisecond below 2^50 of them */
		if (c->ms > 1125899906842623 || c->ms < -1125899906842623)
			CHECK(c->text, rc == -ERANGE);
		else
			CHECK(c->text, !rc && ms == c->ms);
		json_free(back);
		buf_release(&out);
	}
}

static void test_microseconds(void **state)
{
	static const struct {
		int64_t us;
		const char *text;
	} cases[] = {
		{ 0, "0" }, { 1, "0.000001" }, { 1412, "0.001412" }, { 1400, "0.0014" }, { 1000000, "1" },
		{ 3900000, "3.9" }, { -5, "-0.000005" }, { INT64_MAX, "9223372036854.775807" },
	};

	FOR_EACH_CASE(c, cases) {
		struct buf out = BUF_INIT;
		struct json_writer w = { .out = &out };

		json_write_micro(&w, NULL, c->us);
		CHECK_TEXT(c->text, out.s, c->text);
		buf_release(&out);
	}
}

static void test_numbers(void **state)
{
	static const struct {
		const char *text;
		int u_rc;
		uint64_t u;
		int i_rc;
		int64_t i;
		int ms_rc;
		int64_t ms;
	} cases[] = {
		{ "0", 0, 0, 0, 0, 0, 0 },
		{ "-0", 0, 0, 0, 0, 0, 0 },
		{ "7", 0, 7, 0, 7, 0, 7000 },
		{ "7.0", 0, 7, 0, 7, 0, 7000 },
		{ "1e3", 0, 1000, 0, 1000, 0, 1000000 },
		{ "-7", -ERANGE, 0, 0, -7, 0, -7000 },
		{ "0.5", -ERANGE, 0, -ERANGE, 0, 0, 500 },
		{ "-0.5", -ERANGE, 0, -ERANGE, 0, 0, -500 },
		{ "0.0005", -ERANGE, 0, -ERANGE, 0, 0, 1 },
		{ "9007199254740993", 0, 9007199254740993, 0, 9007199254740993, 0, 9007199254740993000 },
		{ "9223372036854775807", 0, INT64_MAX, 0, INT64_MAX, -ERANGE, 0 },
		{ "9223372036854775808", 0, 1ULL << 63, -ERANGE, 0, -ERANGE, 0 },
		{ "18446744073709551615", 0, UINT64_MAX, -ERANGE, 0, -ERANGE, 0 },
		{ "18446744073709551616", -ERANGE, 0, -ERANGE, 0, -ERANGE, 0 },
		{ "184467440737095516150", -ERANGE, 0, -ERANGE, 0, -ERANGE, 0 },
		{ "-9223372036854775808", -ERANGE, 0, 0, INT64_MIN, -ERANGE, 0 },
		{ "-9223372036854775809", -ERANGE, 0, -ERANGE, 0, -ERANGE, 0 },
		{ "1e30", -ERANGE, 0, -ERANGE, 0, -ERANGE, 0 },
		{ "1e999", -ERANGE, 0, -ERANGE, 0, -ERANGE, 0 },
		{ "-1e999", -ERANGE, 0, -ERANGE, 0, -ERANGE, 0 },
	};

	FOR_EACH_CASE(c, cases) {
		struct json *j;
		uint64_t u = 0;
		int64_t i = 0, ms = 0;

		CHECK(c->text, !read_value(c->text, &j));
		CHECK(c->text, json_type(j) == JSON_NUMBER);
		CHECK(c->text, json_to_u64(j, &u) == c->u_rc && u == c->u);
		CHECK(c->text, json_to_i64(j, &i) == c->i_rc && i == c->i);
		CHECK(c->text, json_to_milli(j, &ms) == c->ms_rc && ms == c->ms);
		json_free(j);
	}
}

static void test_large_numbers_among_others(void **state)
{
	struct json *j, *list;
	uint64_t u;
	size_t n;

	assert_int_equal(read_value("{\"a\": [1, 99999999999999999999, \"99999999999999999999\", "
				    "18446744073709551615], \"b\": -99999999999999999999, \"c\": 3}", &j), 0);
	list = json_get(j, "a");
	assert_int_equal(json_length(list), 4);
	assert_int_equal(json_to_u64(json_at(list, 0), &u), 0);
	assert_int_equal(json_to_u64(json_at(list, 1), &u), -ERANGE);
	assert_string_equal(json_to_string(json_at(list, 2), &n), "99999999999999999999");
	assert_int_equal(json_to_u64(json_at(list, 3), &u), 0);
	assert_int_equal(u, UINT64_MAX);
	assert_int_equal(json_to_u64(json_get(j, "b"), &u), -ERANGE);
	assert_int_equal(json_to_u64(json_get(j, "c"), &u), 0);
	json_free(j);
}

static int stop_at_b(const char *key, struct json *value, void *arg)
{
	++*(int *)arg;
	return *key == 'b' ? 42 : 0;
}

static void test_look(void **state)
{
	struct json *j;
	uint64_t u;
	int64_t i;
	bool flag;
	size_t n;
	int visited = 0;
	const char *s;

	assert_int_equal(read_value("{\"a\": null, \"b\": true, \"s\": \"x\\u0000y\", \"list\": [], \"o\": {}}", &j), 0);
	assert_int_equal(json_type(j), JSON_OBJECT);
	assert_int_equal(json_type(NULL), JSON_NULL);
	assert_int_equal(json_type(json_get(j, "b")), JSON_BOOL);
	assert_int_equal(json_type(json_get(j, "s")), JSON_STRING);
	assert_int_equal(json_type(json_get(j, "list")), JSON_ARRAY);
	assert_int_equal(json_type(json_get(j, "o")), JSON_OBJECT);
	assert_null(json_get(j, "a"));
	assert_true(json_has(j, "a"));
	assert_null(json_get(j, "z"));
	assert_false(json_has(j, "z"));
	assert_int_equal(json_to_bool(json_get(j, "b"), &flag), 0);
	assert_true(flag);
	s = json_to_string(json_get(j, "s"), &n);
	assert_int_equal(n, 3);
	assert_memory_equal(s, "x\0y", 4);
	assert_int_equal(json_each(j, stop_at_b, &visited), 42);
	assert_int_equal(visited, 2);

	/* of another type */
	assert_int_equal(json_to_u64(json_get(j, "b"), &u), -EINVAL);
	assert_int_equal(json_to_i64(json_get(j, "s"), &i), -EINVAL);
	assert_int_equal(json_to_milli(NULL, &i), -EINVAL);
	assert_int_equal(json_to_bool(json_get(j, "s"), &flag), -EINVAL);
	assert_null(json_to_string(json_get(j, "b"), &n));
	assert_int_equal(json_length(j), 0);
	assert_null(json_at(json_get(j, "list"), 0));
	assert_null(json_get(json_get(j, "list"), "a"));
	assert_false(json_has(NULL, "a"));
	assert_int_equal(json_each(NULL, stop_at_b, &visited), 0);
	json_free(j);
}

/* Reads all of a document, array members element by element; puts what it saw into @seen. */
static int read_all(const char *text, size_t len, struct buf *seen, char *error, size_t room)
{
	struct json_reader r;
	const char *key;
	struct json *value;
	int rc;

	json_reader_init(&r, text, len);
	while ((rc = json_reader_member(&r, &key)) > 0) {
		buf_printf(seen, "%s:", key);
		if (!strcmp(key, "skip"))
			continue;
		if (strcmp(key, "list")) {
			rc = json_reader_value(&r, &value);
			if (rc)
				break;
			json_put(seen, value, false);
			json_free(value);
		} else {
			while ((rc = json_reader_element(&r, &value)) > 0) {
				json_put(seen, value, false);
				buf_putc(seen, ';');
				json_free(value);
			}
			if (rc)
				break;
		}
		buf_putc(seen, ' ');
	}
	if (rc < 0) {
		/* an error stays */
		assert_int_equal(json_reader_member(&r, &key), rc);
		assert_int_equal(json_reader_value(&r, &value), rc);
		assert_int_equal(json_reader_element(&r, &value), rc);
	} else {
		assert_int_equal(json_reader_member(&r, &key), 0);
	}
	snprintf(error, room, "%s", r.error);
	json_reader_release(&r);
	return rc;
}

static const char whole[] =
	"\t{ \"schema\" : \"ipctop/1\", \"skip\":[1,{\"a\":[2]}] ,\r\n"
	"  \"list\": [ {\"n\":1}, null, [ ], \"\xc3\xbc\\u00fc\\\"\", -1.5e2, 18446744073709551616 ],\n"
	"  \"e\\u0041\": {}, \"list\": [], \"t\": true\n} \n";

static void test_read(void **state)
{
	struct buf seen = BUF_INIT;
	char error[200];

	assert_int_equal(read_all(whole, strlen(whole), &seen, error, sizeof(error)), 0);
	assert_string_equal(error, "");
	assert_string_equal(seen.s, "schema:\"ipctop/1\" skip:list:{\"n\":1};null;[];\"\xc3\xbc\xc3\xbc\\\"\";"
			    "-1.5e2;18446744073709551616.0; eA:{} list: t:true ");
	buf_release(&seen);
}

/* Every beginning of a document is told from the whole, and from what is no JSON. */
static void test_cut_everywhere(void **state)
{
	size_t end = strrchr(whole, '}') - whole;

	for (size_t n = 0; n <= end; n++) {
		struct buf seen = BUF_INIT;
		/* of its exact size: reading beyond it is an error under the sanitizer */
		char *copy = memcpy(xcalloc(n, 1), whole, n);
		char error[200];
		int rc = read_all(copy, n, &seen, error, sizeof(error));

		if (rc != -ENODATA)
			fail_msg("cut at %zu: %d %s", n, rc, error);
		CHECK(error, strstr(error, "too early"));
		free(copy);
		buf_release(&seen);
	}
}

static void test_not_json(void **state)
{
	static const struct {
		const char *text;
		int rc;
		const char *where;
	} cases[] = {
		{ "", -ENODATA, "line 1, column 1: " },
		{ " \n ", -ENODATA, "line 2, column 2: " },
		{ "[]", -EINVAL, "line 1, column 1: " },
		{ "null", -EINVAL, "line 1, column 1: " },
		{ "hello", -EINVAL, "line 1, column 1: " },
		{ "\xef\xbb\xbf{}", -EINVAL, "line 1, column 1: " },
		{ "{} {}", -EINVAL, "line 1, column 4: " },
		{ "{}\n\nx", -EINVAL, "line 3, column 1: " },
		{ "{\"a\":1,}", -EINVAL, "line 1, column 8: " },
		{ "{,\"a\":1}", -EINVAL, "line 1, column 2: " },
		{ "{\"a\" 1}", -EINVAL, "line 1, column 6: " },
		{ "{\"a\":}", -EINVAL, "line 1, column 6: " },
		{ "{\"a\":1 \"b\":2}", -EINVAL, "line 1, column 8: " },
		{ "{\"\xc3\xbc\xc3\xbc\":x}", -EINVAL, "line 1, column 7: " },
		{ "{a:1}", -EINVAL, "line 1, column 2: " },
		{ "{'a':1}", -EINVAL, "line 1, column 2: " },
		{ "{\"a\":'b'}", -EINVAL, "line 1, column 6: " },
		{ "{\"a\\u0000b\":1}", -EINVAL, "line 1, " },
		{ "{\"a\":[1}}", -EINVAL, "line 1, column 8: " },
		{ "{\"a\":[1,]}", -EINVAL, "line 1, " },
		{ "{\"a\":[1 2]}", -EINVAL, "line 1, column 9: " },
		{ "{\"a\":{\"b\":1,}}", -EINVAL, "line 1, " },
		{ "{\"list\":[1,]}", -EINVAL, "line 1, column 12: " },
		{ "{\"list\":[1 2]}", -EINVAL, "line 1, column 12: " },
		{ "{\"list\":[,1]}", -EINVAL, "line 1, column 10: " },
		{ "{\"list\":{}}", -EINVAL, "line 1, column 9: " },
		{ "{\"list\":null}", -EINVAL, "line 1, column 9: " },
		{ "{\"skip\":[1,]}", -EINVAL, "line 1, " },
		{ "{\"a\":NaN}", -EINVAL, "line 1, column 6: " },
		{ "{\"a\":Infinity}", -EINVAL, "line 1, column 6: " },
		{ "{\"a\":-Infinity}", -EINVAL, "line 1, column 6: " },
		{ "{\"a\":nul}", -EINVAL, "line 1, column 6: " },
		{ "{\"a\":nullx}", -EINVAL, "line 1, column 6: " },
		{ "{\"a\":True}", -EINVAL, "line 1, column 6: " },
		{ "{\"a\":01}", -EINVAL, "line 1, column 6: " },
		{ "{\"a\":-}", -EINVAL, "line 1, column 6: " },
		{ "{\"a\":1.}", -EINVAL, "line 1, column 6: " },
		{ "{\"a\":.5}", -EINVAL, "line 1, column 6: " },
		{ "{\"a\":1e}", -EINVAL, "line 1, column 6: " },
		{ "{\"a\":+1}", -EINVAL, "line 1, column 6: " },
		{ "{\"a\":0x10}", -EINVAL, "line 1, column 6: " },
		{ "{\"a\":1} // b", -EINVAL, "line 1, column 9: " },
		{ "{\"a\":/* b */ 1}", -EINVAL, "line 1, column 6: " },
		{ "{\"a\":\"b\nc\"}", -EINVAL, "line 1, column 8: " },
		{ "{\"a\":\"\xff.....\"}", -EINVAL, "line 1, column 7: " },
		{ "{\"a\":\"\xed\xa0\x80..\"}", -EINVAL, "line 1, column 7: " },
		{ "{\"a\":\"\\q\"}", -EINVAL, "line 1, " },
		{ "{\"a\":\"\\u12g4\"}", -EINVAL, "line 1, " },
	};

	FOR_EACH_CASE(c, cases) {
		struct buf seen = BUF_INIT;
		char error[200];
		int rc = read_all(c->text, strlen(c->text), &seen, error, sizeof(error));

		if (rc != c->rc)
			fail_msg("%s: %d, not %d", c->text, rc, c->rc);
		if (strncmp(error, c->where, strlen(c->where)))
			fail_msg("%s: '%s', not '%s'", c->text, error, c->where);
		buf_release(&seen);
	}
}

static void test_zero_byte_in_text(void **state)
{
	struct buf seen = BUF_INIT;
	char error[200];

	assert_int_equal(read_all("{\0}", 3, &seen, error, sizeof(error)), -EINVAL);
	assert_int_equal(read_all("{\"a\":\0}", 7, &seen, error, sizeof(error)), -EINVAL);
	assert_int_equal(read_all("{\"a\":\"\0\"}", 9, &seen, error, sizeof(error)), -EINVAL);
	assert_int_equal(read_all("{}\0", 3, &seen, error, sizeof(error)), -EINVAL);
	buf_release(&seen);
}

static void put_nested(struct buf *text, const char *open, const char *close, size_t depth)
{
	for (size_t i = 0; i < depth; i++)
		buf_puts(text, open);
	for (size_t i = 0; i < depth; i++)
		buf_puts(text, close);
}

static int read_nested(const char *member, const char *open, const char *close, size_t depth)
{
	struct buf text = BUF_INIT, seen = BUF_INIT;
	char error[200];
	int rc;

	buf_printf(&text, "{\"%s\":", member);
	put_nested(&text, open, close, depth);
	buf_putc(&text, '}');
	rc = read_all(text.s, text.len, &seen, error, sizeof(error));
	buf_release(&text);
	buf_release(&seen);
	return rc;
}

static void test_depth(void **state)
{
	/* with the object around it 32 */
	assert_int_equal(read_nested("a", "[", "]", 31), 0);
	assert_int_equal(read_nested("a", "[", "]", 32), -EINVAL);
	assert_int_equal(read_nested("list", "[", "]", 31), 0);
	assert_int_equal(read_nested("list", "[", "]", 32), -EINVAL);
	assert_int_equal(read_nested("a", "[{\"k\":", "}]", 1000000), -EINVAL);
	assert_int_equal(read_nested("a", "[", "]", 1000000), -EINVAL);
}

static void test_member_left_within_array(void **state)
{
	static const char text[] = "{\"list\": [1, [2], 3], \"b\": 4}";
	struct json_reader r;
	struct json *value;
	const char *key;

	json_reader_init(&r, text, strlen(text));
	assert_int_equal(json_reader_member(&r, &key), 1);
	assert_int_equal(json_reader_element(&r, &value), 1);
	json_free(value);
	assert_int_equal(json_reader_member(&r, &key), 1);
	assert_string_equal(key, "b");
	assert_int_equal(json_reader_value(&r, &value), 0);
	assert_string_equal(key, "b");
	json_free(value);
	assert_int_equal(json_reader_member(&r, &key), 0);
	json_reader_release(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_stream_strings),
		cmocka_unit_test(test_write_pretty),
		cmocka_unit_test(test_milliseconds),
		cmocka_unit_test(test_microseconds),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_large_numbers_among_others),
		cmocka_unit_test(test_look),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_cut_everywhere),
		cmocka_unit_test(test_not_json),
		cmocka_unit_test(test_zero_byte_in_text),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_member_left_within_array),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
