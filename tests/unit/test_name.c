/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of objects: what is written is read back the same, and nothing else is a name. */
#include "ipctop/name.h"

#include <errno.h>
#include <limits.h>

#include "unit.h"

/* makedev as a constant */
#define DEVICE(major, minor) \
	(((uint64_t)(minor) & 0xFF) | ((uint64_t)(major) & 0xFFF) << 8 | \
	 ((uint64_t)(minor) & ~0xFFULL) << 12 | ((uint64_t)(major) & ~0xFFFULL) << 32)

/* Written as they are read. */
static const struct {
	const char *text;
	struct name name;
} canonical[] = {
	{ "shm:0", { KIND_SHM, NAME_ID } },
	{ "shm:7", { KIND_SHM, NAME_ID, .id = 7 } },
	{ "shm:2147483647", { KIND_SHM, NAME_ID, .id = INT_MAX } },
	{ "shm:0x00a76098", { KIND_SHM, NAME_KEY, .key = 0xa76098 } },
	{ "shm:0xffffffff", { KIND_SHM, NAME_KEY, .key = UINT32_MAX } },
	{ "shm:7@4026531839", { KIND_SHM, NAME_ID, .id = 7, .has_ns = true, .ns = 4026531839 } },
	{ "shm:0x00000001@5", { KIND_SHM, NAME_KEY, .key = 1, .has_ns = true, .ns = 5 } },
	{ "sem:3", { KIND_SEM, NAME_ID, .id = 3 } },
	{ "sem:0x00a76098", { KIND_SEM, NAME_KEY, .key = 0xa76098 } },
	{ "sem:3@4026531839", { KIND_SEM, NAME_ID, .id = 3, .has_ns = true, .ns = 4026531839 } },
	{ "msg:5", { KIND_MSG, NAME_ID, .id = 5 } },
	{ "msg:0x00a76098@5", { KIND_MSG, NAME_KEY, .key = 0xa76098, .has_ns = true, .ns = 5 } },
	{ "posix-shm:/psm_1", { KIND_POSIX_SHM, NAME_PATH, .path = "/psm_1" } },
	{ "posix-shm:/sub/name", { KIND_POSIX_SHM, NAME_PATH, .path = "/sub/name" } },
	{ "posix-shm:/...", { KIND_POSIX_SHM, NAME_PATH, .path = "/..." } },
	{ "posix-shm:/.hidden", { KIND_POSIX_SHM, NAME_PATH, .path = "/.hidden" } },
	{ "posix-shm:/a b:c", { KIND_POSIX_SHM, NAME_PATH, .path = "/a b:c" } },
	{ "posix-shm:/a (deleted)", { KIND_POSIX_SHM, NAME_PATH, .path = "/a (deleted)" } },
	{ "posix-shm:/a\\x0Ab", { KIND_POSIX_SHM, NAME_PATH, .path = "/a\nb" } },
	{ "posix-shm:/a\\x40b", { KIND_POSIX_SHM, NAME_PATH, .path = "/a@b" } },
	{ "posix-shm:/a\\x5Cx40", { KIND_POSIX_SHM, NAME_PATH, .path = "/a\\x40" } },
	{ "posix-shm:/\\xFF\xc3\xbc", { KIND_POSIX_SHM, NAME_PATH, .path = "/\xff\xc3\xbc" } },
	{ "posix-shm:/0x5", { KIND_POSIX_SHM, NAME_PATH, .path = "/0x5" } },
	{ "posix-shm:/a@0:26", { KIND_POSIX_SHM, NAME_PATH, .path = "/a", .has_mount = true,
				 .mount = DEVICE(0, 26) } },
	{ "posix-shm:0:26:9", { KIND_POSIX_SHM, NAME_INODE, .device = DEVICE(0, 26), .inode = 9 } },
	{ "posix-sem:/mutex", { KIND_POSIX_SEM, NAME_PATH, .path = "/mutex" } },
	{ "posix-sem:/mutex@0:26", { KIND_POSIX_SEM, NAME_PATH, .path = "/mutex", .has_mount = true,
				     .mount = DEVICE(0, 26) } },
	{ "posix-sem:0:26:9", { KIND_POSIX_SEM, NAME_INODE, .device = DEVICE(0, 26), .inode = 9 } },
	{ "posix-mq:/jobs", { KIND_POSIX_MQ, NAME_PATH, .path = "/jobs" } },
	{ "posix-mq:/jobs@5", { KIND_POSIX_MQ, NAME_PATH, .path = "/jobs", .has_ns = true, .ns = 5 } },
	{ "posix-mq:0:19:9", { KIND_POSIX_MQ, NAME_INODE, .device = DEVICE(0, 19), .inode = 9 } },
	{ "memfd:0:1:77", { KIND_MEMFD, NAME_INODE, .device = DEVICE(0, 1), .inode = 77 } },
	{ "anon:0:1:18446744073709551615", { KIND_ANON, NAME_INODE, .device = DEVICE(0, 1), .inode = UINT64_MAX } },
	{ "special:0:14:1", { KIND_SPECIAL, NAME_INODE, .device = DEVICE(0, 14), .inode = 1 } },
	{ "file:/tmp/x", { KIND_FILE, NAME_PATH, .path = "/tmp/x" } },
	{ "file:259:1048575:3", { KIND_FILE, NAME_INODE, .device = DEVICE(259, 1048575), .inode = 3 } },
	{ "file:4294967295:4294967295:3", { KIND_FILE, NAME_INODE, .device = UINT64_MAX, .inode = 3 } },
	{ "device:/dev/dri/card0", { KIND_DEVICE, NAME_PATH, .path = "/dev/dri/card0" } },
};

static bool same(const struct name *a, const struct name *b)
{
	return a->kind == b->kind && a->form == b->form && a->id == b->id && a->key == b->key &&
	       a->device == b->device && a->inode == b->inode && a->has_ns == b->has_ns && a->ns == b->ns &&
	       a->has_mount == b->has_mount && a->mount == b->mount && !a->path == !b->path &&
	       (!a->path || !strcmp(a->path, b->path));
}

static void test_canonical(void **state)
{
	FOR_EACH_CASE(c, canonical) {
		struct buf error = BUF_INIT, text = BUF_INIT;
		struct name name;

		name_put(&text, &c->name);
		CHECK_TEXT("put", text.s, c->text);
		if (name_parse(c->text, &name, &error))
			fail_msg("%s: %s", c->text, error.s);
		CHECK(c->text, same(&name, &c->name));
		CHECK_TEXT(c->text, error.s, "");
		name_release(&name);
		buf_release(&text);
	}
}

/* Other ways to write a name: each is read, and written as it should be. */
static void test_other_spellings(void **state)
{
	static const struct {
		const char *text, *canonical;
	} cases[] = {
		{ "shm:0xA76098", "shm:0x00a76098" },
		{ "shm:0x1", "shm:0x00000001" },
		{ "posix-shm:/a\\x0ab", "posix-shm:/a\\x0Ab" },
		{ "posix-shm:/a\nb", "posix-shm:/a\\x0Ab" },
		{ "posix-shm:/\\x61", "posix-shm:/a" },
		{ "posix-shm:/\xff", "posix-shm:/\\xFF" },
		{ "file:\\x2Ftmp", NULL },
	};

	FOR_EACH_CASE(c, cases) {
		struct buf error = BUF_INIT, text = BUF_INIT;
		struct name name;
		int rc = name_parse(c->text, &name, &error);

		CHECK(c->text, rc == (c->canonical ? 0 : -EINVAL));
		if (!rc)
			name_put(&text, &name);
		CHECK_TEXT(c->text, text.s, c->canonical ? c->canonical : "");
		name_release(&name);
		buf_release(&text);
		buf_release(&error);
	}
}

static const struct {
	const char *text, *error;
} no_names[] = {
	{ "", ": a name begins with its kind, as in shm:7" },
	{ "7", "7: a name begins with its kind, as in shm:7" },
	{ "0x00a76098", "0x00a76098: a name begins with its kind, as in shm:7" },
	{ "/name", "/name: a name begins with its kind, as in shm:7" },
	{ "shm", "shm: a name begins with its kind, as in shm:7" },
	{ ":7", ":7: no kind of object is called so" },
	{ "sh:7", "sh:7: no kind of object is called so" },
	{ "shmm:7", "shmm:7: no kind of object is called so" },
	{ "SHM:7", "SHM:7: no kind of object is called so" },
	{ " shm:7", " shm:7: no kind of object is called so" },
	{ "\x1b[2J:7", "\\x1B[2J:7: no kind of object is called so" },
	{ "shm:", "shm:: an id is a number from 0 to 2147483647" },
	{ "shm:x", "shm:x: an id is a number from 0 to 2147483647" },
	{ "shm:7 ", "shm:7 : an id is a number from 0 to 2147483647" },
	{ "shm:-1", "shm:-1: an id is a number from 0 to 2147483647" },
	{ "shm:+1", "shm:+1: an id is a number from 0 to 2147483647" },
	{ "shm:07", "shm:07: an id is a number from 0 to 2147483647" },
	{ "shm:2147483648", "shm:2147483648: an id is a number from 0 to 2147483647" },
	{ "shm:18446744073709551623", "shm:18446744073709551623: an id is a number from 0 to 2147483647" },
	{ "shm:0x", "shm:0x: a key is 0x and one to eight hex digits" },
	{ "shm:0xg", "shm:0xg: a key is 0x and one to eight hex digits" },
	{ "shm:0x123456789", "shm:0x123456789: a key is 0x and one to eight hex digits" },
	{ "shm:0X1", "shm:0X1: an id is a number from 0 to 2147483647" },
	{ "shm:0x0", "shm:0x0: a key of 0 names nothing" },
	{ "shm:0x00000000", "shm:0x00000000: a key of 0 names nothing" },
	{ "shm:/a", "shm:/a: names of this kind are shm:7 or shm:0x00a76098" },
	{ "shm:0:1:7", "shm:0:1:7: names of this kind are shm:7 or shm:0x00a76098" },
	{ "shm:7@", "shm:7@: behind @ stands the number of an IPC namespace" },
	{ "shm:7@0", "shm:7@0: behind @ stands the number of an IPC namespace" },
	{ "shm:7@x", "shm:7@x: behind @ stands the number of an IPC namespace" },
	{ "shm:7@1@2", "shm:7@1@2: behind @ stands the number of an IPC namespace" },
	{ "shm:@1", "shm:@1: an id is a number from 0 to 2147483647" },
	{ "sem:/a", "sem:/a: names of this kind are sem:3 or sem:0x00a76098" },
	{ "msg:x", "msg:x: an id is a number from 0 to 2147483647" },
	{ "msg:0:1:7", "msg:0:1:7: names of this kind are msg:5 or msg:0x00a76098" },
	{ "posix-shm:", "posix-shm:: names of this kind are posix-shm:/name or posix-shm:MAJ:MIN:INODE" },
	{ "posix-shm:name", "posix-shm:name: names of this kind are posix-shm:/name or posix-shm:MAJ:MIN:INODE" },
	{ "posix-shm:/", "posix-shm:/: not the path of a file below /dev/shm" },
	{ "posix-shm:/a/", "posix-shm:/a/: not the path of a file below /dev/shm" },
	{ "posix-shm://a", "posix-shm://a: not the path of a file below /dev/shm" },
	{ "posix-shm:/.", "posix-shm:/.: not the path of a file below /dev/shm" },
	{ "posix-shm:/../etc/x", "posix-shm:/../etc/x: not the path of a file below /dev/shm" },
	{ "posix-shm:/a/\\x2E.", "posix-shm:/a/\\x2E.: not the path of a file below /dev/shm" },
	{ "posix-shm:/a\\", "posix-shm:/a\\: a backslash in a name is written \\x5C" },
	{ "posix-shm:/a\\n", "posix-shm:/a\\n: a backslash in a name is written \\x5C" },
	{ "posix-shm:/a\\x00", "posix-shm:/a\\x00: a path holds no zero byte" },
	{ "posix-shm:/a@b", "posix-shm:/a@b: behind @ stands the device of a /dev/shm, MAJ:MIN; an @ in a "
	  "name is written \\x40" },
	{ "posix-shm:/a@26", "posix-shm:/a@26: behind @ stands the device of a /dev/shm, MAJ:MIN; an @ in "
	  "a name is written \\x40" },
	{ "posix-shm:0:26:9@0:26", "posix-shm:0:26:9@0:26: nothing stands behind @ here" },
	{ "posix-shm:0:26", "posix-shm:0:26: expected MAJ:MIN:INODE, decimal numbers" },
	{ "posix-shm:0:26:9:1", "posix-shm:0:26:9:1: expected MAJ:MIN:INODE, decimal numbers" },
	{ "posix-sem:/a/b", "posix-sem:/a/b: a name of this kind has no slash but the first" },
	{ "posix-mq:/a/b", "posix-mq:/a/b: a name of this kind has no slash but the first" },
	{ "posix-mq:/..", "posix-mq:/..: nothing can have this name" },
	{ "posix-mq:/a@0:19", "posix-mq:/a@0:19: behind @ stands the number of an IPC namespace" },
	{ "posix-mq:0:19:9@5", "posix-mq:0:19:9@5: nothing stands behind @ here" },
	{ "posix-mq:5", "posix-mq:5: names of this kind are posix-mq:/name or posix-mq:MAJ:MIN:INODE" },
	{ "memfd:/x", "memfd:/x: names of this kind are memfd:MAJ:MIN:INODE" },
	{ "memfd:77", "memfd:77: names of this kind are memfd:MAJ:MIN:INODE" },
	{ "memfd:0:1:77@5", "memfd:0:1:77@5: nothing stands behind @ here" },
	{ "memfd:0:0x1:77", "memfd:0:0x1:77: expected MAJ:MIN:INODE, decimal numbers" },
	{ "memfd:0:1:18446744073709551616", "memfd:0:1:18446744073709551616: expected MAJ:MIN:INODE, "
	  "decimal numbers" },
	{ "memfd:4294967296:1:7", "memfd:4294967296:1:7: expected MAJ:MIN:INODE, decimal numbers" },
	{ "file:/", "file:/: a path is missing" },
	{ "file:tmp/x", "file:tmp/x: names of this kind are file:/path or file:MAJ:MIN:INODE" },
	{ "file:/a@b", "file:/a@b: an @ in a name is written \\x40" },
	{ "device:5", "device:5: names of this kind are device:/path" },
};

static void test_no_names(void **state)
{
	FOR_EACH_CASE(c, no_names) {
		struct buf error = BUF_INIT;
		struct name name;

		CHECK(c->text, name_parse(c->text, &name, &error) == -EINVAL);
		CHECK_TEXT(c->text, error.s, c->error);
		CHECK(c->text, !name.path);
		buf_release(&error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_canonical),
		cmocka_unit_test(test_other_spellings),
		cmocka_unit_test(test_no_names),
	};

	return cmocka_run_group_tests_name("name", tests, NULL, NULL);
}
