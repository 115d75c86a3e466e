/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is to be made, as people say it. */
#include "ipctop/create.h"

#include <errno.h>
#include "ipctop/kind.h"

#include "unit.h"

static const struct good {
	enum kind kind;
	struct create_words words;
	struct creation want;
} goods[] = {
	{ KIND_SHM, { .size = "64K" }, { .size = 65536, .mode = 0600, .random_key = true } },
	{ KIND_SHM, { .size = "1", .key = "random", .mode = "u=rw,g=r" }, { .size = 1, .mode = 0640, .random_key = true } },
	{ KIND_SHM, { .size = "9223372036854775807", .key = "0xFFFFFFFF" },
	  { .size = INT64_MAX, .mode = 0600, .key = UINT32_MAX } },
	{ KIND_SEM, { .key = "4294967295" }, { .count = 1, .mode = 0600, .key = UINT32_MAX } },
	{ KIND_SEM, { .key = "private", .count = "32000", .value = "32767" },
	  { .count = 32000, .value = 32767, .mode = 0600 } },
	{ KIND_MSG, { .key = "0X0a", .max_bytes = "1.5K" }, { .max_bytes = 1536, .mode = 0600, .key = 10 } },
	{ KIND_POSIX_SHM, { .name = "/a", .size = "2MB" }, { .path = "/a", .size = 2000000, .mode = 0600 } },
	{ KIND_POSIX_SHM, { .name = "sem.x", .size = "33" }, { .path = "/sem.x", .size = 33, .mode = 0600 } },
	{ KIND_POSIX_SEM, { .name = "posix-sem:/a b", .value = "2147483647", .mode = "666" },
	  { .path = "/a b", .size = 32, .value = INT32_MAX, .mode = 0666 } },
	{ KIND_POSIX_MQ, { .name = "q\\x40\\x5C\\x0A" }, { .path = "/q@\\\n", .mode = 0600 } },
	{ KIND_POSIX_MQ, { .name = "q", .max_messages = "7", .message_size = "1K" },
	  { .path = "/q", .count = 7, .size = 1024, .mode = 0600 } },
};

static void test_good(void **state)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(goods); i++) {
		const struct good *g = &goods[i];
		struct creation c = { .kind = g->kind };
		struct buf error = BUF_INIT;
		char *path = NULL;

		if (create_read(&g->words, &c, &path, &error))
			fail_msg("row %u: %s", i, error.s);
		if (c.size != g->want.size || c.count != g->want.count || c.value != g->want.value ||
		    c.max_bytes != g->want.max_bytes || c.mode != g->want.mode || c.key != g->want.key ||
		    c.random_key != g->want.random_key || !c.path != !g->want.path ||
		    (c.path && strcmp(c.path, g->want.path)))
			fail_msg("row %u: something else was read", i);
		assert_int_equal(c.folder, -1);
		free(path);
		buf_release(&error);
	}
}

static const struct bad {
	enum kind kind;
	struct create_words words;
	const char *sentence;		/* a part of it */
} bads[] = {
	{ KIND_SHM, { 0 }, "shm needs a --size" },
	{ KIND_SHM, { .size = "" }, "--size '': a size is a number" },
	{ KIND_SHM, { .size = "12Q" }, "a size is a number" },
	{ KIND_SHM, { .size = "-1" }, "a size is a number" },
	{ KIND_SHM, { .size = "0" }, "it is at least 1" },
	{ KIND_SHM, { .size = "0.5" }, "it is at least 1" },
	{ KIND_SHM, { .size = "9223372036854775808" }, "it is at most 9223372036854775807" },
	{ KIND_SHM, { .size = "99999999999999999999999E" }, "it is at most 9223372036854775807" },
	{ KIND_SHM, { .size = "1", .key = "0" }, "'private'" },
	{ KIND_SHM, { .size = "1", .key = "" }, "a key is" },
	{ KIND_SHM, { .size = "1", .key = "0x" }, "a key is" },
	{ KIND_SHM, { .size = "1", .key = "0x100000000" }, "a key is" },
	{ KIND_SHM, { .size = "1", .key = "4294967296" }, "a key is" },
	{ KIND_SHM, { .size = "1", .key = "99999999999999999999999" }, "a key is" },
	{ KIND_SHM, { .size = "1", .key = "-1" }, "a key is" },
	{ KIND_SHM, { .size = "1", .key = "12a" }, "a key is" },
	{ KIND_SHM, { .size = "1", .mode = "9999" }, "not a mode" },
	{ KIND_SHM, { .size = "1", .name = "a" }, "--name is not for shm" },
	{ KIND_SEM, { .size = "1" }, "--size is not for sem, but for shm, posix-shm" },
	{ KIND_SEM, { .count = "0" }, "it is at least 1" },
	{ KIND_SEM, { .count = "" }, "a whole number" },
	{ KIND_SEM, { .count = "18446744073709551617" }, "it is at most 2147483647" },
	{ KIND_SEM, { .value = "32768" }, "it is at most 32767" },
	{ KIND_SEM, { .reserve = true }, "--reserve is for posix-shm" },
	{ KIND_POSIX_SEM, { .name = "a", .value = "2147483648" }, "it is at most 2147483647" },
	{ KIND_POSIX_SEM, { .name = "a", .key = "1" }, "--key is not for posix-sem" },
	{ KIND_POSIX_MQ, { 0 }, "posix-mq needs a --name" },
	{ KIND_POSIX_MQ, { .name = "" }, "it is empty" },
	{ KIND_POSIX_MQ, { .name = "/" }, "nothing can have this name" },
	{ KIND_POSIX_MQ, { .name = ".." }, "nothing can have this name" },
	{ KIND_POSIX_MQ, { .name = "a/b" }, "no slash" },
	{ KIND_POSIX_MQ, { .name = "a@4026531839" }, "\\x40" },
	{ KIND_POSIX_MQ, { .name = "a\\" }, "\\x5C" },
	{ KIND_POSIX_MQ, { .name = "a\\x00" }, "zero byte" },
	{ KIND_POSIX_MQ, { .name = "posix-mq:0:20:7" }, "no slash but the first" },
	{ KIND_POSIX_SHM, { .name = "a/b", .size = "1" }, "no slash" },
	{ KIND_POSIX_SHM, { .name = "sem.x", .size = "32" }, "would be a POSIX semaphore" },
};

static void test_bad(void **state)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(bads); i++) {
		struct creation c = { .kind = bads[i].kind };
		struct buf error = BUF_INIT;
		char *path = NULL;
		int rc = create_read(&bads[i].words, &c, &path, &error);

		if (rc != -EINVAL || !strstr(error.s, bads[i].sentence))
			fail_msg("row %u: %d, '%s' and not '%s'", i, rc, error.s, bads[i].sentence);
		free(path);
		buf_release(&error);
	}
}

static void test_longest_name(void **state)
{
	static const struct {
		enum kind kind;
		size_t most;
	} rows[] = { { KIND_POSIX_SHM, 255 }, { KIND_POSIX_SEM, 251 }, { KIND_POSIX_MQ, 255 } };

	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
		for (size_t n = rows[i].most; n <= rows[i].most + 1; n++) {
			struct creation c = { .kind = rows[i].kind };
			struct buf error = BUF_INIT, name = BUF_INIT;
			struct create_words words = { .size = rows[i].kind == KIND_POSIX_SHM ? "1" : NULL };
			char *path = NULL;

			for (size_t k = 0; k < n; k++)
				buf_putc(&name, 'a');
			words.name = name.s;
			assert_int_equal(create_read(&words, &c, &path, &error), n > rows[i].most ? -EINVAL : 0);
			free(path);
			buf_release(&error);
			buf_release(&name);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_longest_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
