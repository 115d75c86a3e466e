/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory and strings: tables that grow, arenas whose pieces stay, buffers. */
#include "ipctop/alloc.h"
#include "ipctop/buf.h"

#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

static void test_table_grows_and_keeps(void **state)
{
	struct table t = { 0 };

	for (uint64_t i = 0; i < 100000; i++)
		*(uint64_t *)table_add(&t, sizeof(uint64_t)) = i;
	assert_int_equal(t.count, 100000);
	for (uint64_t i = 0; i < t.count; i++)
		assert_int_equal(((uint64_t *)t.rows)[i], i);
	table_release(&t);
	assert_null(t.rows);
	assert_int_equal(t.count, 0);
}

static void test_table_rows_are_zero(void **state)
{
	struct table t = { 0 };
	char *rows;

	memset(table_add(&t, 24), 0xFF, 24);
	rows = table_add_n(&t, 24, 1000);
	assert_ptr_equal(rows, (char *)t.rows + 24);
	for (size_t i = 0; i < 24 * 1000; i++)
		assert_int_equal(rows[i], 0);
	table_add_n(&t, 24, 0);
	assert_int_equal(t.count, 1001);
	table_release(&t);
}

/* @n rows more, which must be zero, and are filled with ones. */
static void use_rows(struct table *t, uint32_t n)
{
	unsigned char *rows = table_add_n(t, 100, n);

	for (size_t i = 0; i < (size_t)100 * n; i++)
		if (rows[i])
			fail_msg("byte %zu of row %zu of %u is %u", i % 100, i / 100, n, rows[i]);
	memset(rows, 0xFF, (size_t)100 * n);
}

/* In sizes for which memory comes from different places, and comes back used. */
static void test_table_rows_are_zero_again(void **state)
{
	static const uint32_t sizes[] = { 10, 1000, 5000, 30000, 60000, 150000 };

	for (unsigned int round = 0; round < 3; round++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
			struct table grown = { 0 }, reserved = { 0 };

			for (unsigned int k = 0; k <= i; k++)
				use_rows(&grown, sizes[k]);
			table_reserve(&reserved, 100, sizes[i]);
			use_rows(&reserved, sizes[i] / 2);
			table_reserve(&reserved, 100, sizes[i] * 2);
			use_rows(&reserved, sizes[i]);
			/* rows that are given up by the count are used again */
			grown.count = sizes[0];
			reserved.count = 0;
			use_rows(&grown, sizes[i]);
			use_rows(&reserved, sizes[i] * 2);
			table_release(&grown);
			table_release(&reserved);
		}
	}
}

static void test_arena_pieces_stay(void **state)
{
	struct arena *a = arena_new();
	static char *pieces[20000];
	char text[32];

	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		snprintf(text, sizeof(text), "piece %zu", i);
		pieces[i] = arena_strdup(a, text);
	}
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		snprintf(text, sizeof(text), "piece %zu", i);
		assert_string_equal(pieces[i], text);
	}
	assert_true(arena_bytes(a) >= ARRAY_SIZE(pieces) * 8);
	arena_free(a);
}

static void test_arena_large_zeroed_aligned(void **state)
{
	static const size_t sizes[] = { 1, 7, 100000, 3, 65536, 16384, 16385, 0, 1000000, 8 };
	struct arena *a = arena_new();

	for (int round = 0; round < 20; round++) {
		FOR_EACH_CASE(size, sizes) {
			char *p = arena_alloc(a, *size);

			assert_int_equal((uintptr_t)p % 8, 0);
			for (size_t i = 0; i < *size; i++)
				assert_int_equal(p[i], 0);
			memset(p, 0xFF, *size);
			arena_strndup(a, "odd", 2);
		}
	}
	arena_free(a);
	arena_free(NULL);
}

static void test_arena_string_of_bytes(void **state)
{
	struct arena *a = arena_new();
	char *s = arena_strndup(a, "a\0b", 3);

	assert_memory_equal(s, "a\0b", 4);
	arena_free(a);
}

/* Under the address sanitizer as without it: a request too large gives NULL. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

/* Whether @fn ends its process with status 1 and says why. */
static bool runs_out_of_memory(void (*fn)(void))
{
	FILE *said = tmpfile();
	char text[4096];
	pid_t pid;
	int status;
	size_t n;

	assert_non_null(said);
	pid = fork();
	if (!pid) {
		dup2(fileno(said), STDERR_FILENO);
		fn();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	rewind(said);
	n = fread(text, 1, sizeof(text) - 1, said);
	text[n] = '\0';
	fclose(said);
	return WIFEXITED(status) && WEXITSTATUS(status) == 1 && strstr(text, "ipctop: out of memory\n");
}

/* times 4 it is 0 in 64 bits */
static volatile size_t half = SIZE_MAX / 2 + 1;

static void product_overflows(void)
{
	free(xrealloc(NULL, half, 4));
}

static void zeroed_product_overflows(void)
{
	free(xcalloc(half, 4));
}

static void table_overflows(void)
{
	struct table t = { 0 };

	table_add(&t, 1);
	table_add_n(&t, 1, UINT32_MAX);
}

static void test_overflow_ends_the_program(void **state)
{
	assert_true(runs_out_of_memory(product_overflows));
	assert_true(runs_out_of_memory(zeroed_product_overflows));
	assert_true(runs_out_of_memory(table_overflows));
}

static void test_buf_is_always_a_string(void **state)
{
	struct buf b = BUF_INIT;

	assert_string_equal(b.s, "");
	buf_reset(&b);
	buf_add(&b, "", 0);
	assert_string_equal(b.s, "");
	buf_puts(&b, "one");
	buf_putc(&b, ' ');
	buf_printf(&b, "%d %s", 2, "three");
	assert_string_equal(b.s, "one 2 three");
	assert_int_equal(b.len, 11);
	buf_reset(&b);
	assert_string_equal(b.s, "");
	buf_add(&b, "a\0b", 3);
	assert_int_equal(b.len, 3);
	assert_memory_equal(b.s, "a\0b", 4);
	buf_release(&b);
	assert_string_equal(b.s, "");
}

static void test_buf_prints_long_text(void **state)
{
	struct buf b = BUF_INIT;

	for (int width = 1; width < 3000; width += 37) {
		buf_reset(&b);
		buf_puts(&b, "x");
		buf_printf(&b, "%*d", width, 7);
		assert_int_equal(b.len, width + 1);
		assert_int_equal(strlen(b.s), b.len);
		assert_int_equal(b.s[b.len - 1], '7');
	}
	buf_release(&b);
}

static void test_buf_detach(void **state)
{
	struct buf b = BUF_INIT;
	char *s = buf_detach(&b);

	assert_string_equal(s, "");
	free(s);
	buf_puts(&b, "mine");
	s = buf_detach(&b);
	assert_string_equal(s, "mine");
	assert_int_equal(b.len, 0);
	assert_string_equal(b.s, "");
	free(s);
}

static void test_buf_numbers(void **state)
{
	static const struct {
		uint64_t v;
		const char *text;
	} cases[] = {
		{ 0, "0" }, { 9, "9" }, { 10, "10" }, { 9007199254740993ULL, "9007199254740993" },
		{ UINT64_MAX, "18446744073709551615" },
	};

	FOR_EACH_CASE(c, cases) {
		struct buf b = BUF_INIT;

		buf_u64(&b, c->v);
		CHECK_TEXT(c->text, b.s, c->text);
		buf_release(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_grows_and_keeps),
		cmocka_unit_test(test_table_rows_are_zero),
		cmocka_unit_test(test_table_rows_are_zero_again),
		cmocka_unit_test(test_arena_pieces_stay),
		cmocka_unit_test(test_arena_large_zeroed_aligned),
		cmocka_unit_test(test_arena_string_of_bytes),
		cmocka_unit_test(test_overflow_ends_the_program),
		cmocka_unit_test(test_buf_is_always_a_string),
		cmocka_unit_test(test_buf_prints_long_text),
		cmocka_unit_test(test_buf_detach),
		cmocka_unit_test(test_buf_numbers),
	};

	return cmocka_run_group_tests_name("alloc", tests, NULL, NULL);
}
