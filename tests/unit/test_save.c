/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of saved files, and the compressed streams in them. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "act/pack.h"
#include "ipctop/save.h"

static void a_file_name_is_one_plain_part_of_a_path(void **state)
{
	static const struct {
		const char *name, *want;
	} cases[] = {
		{ "shm:7", "shm-7" },
		{ "shm:7@4026532192", "shm-7@4026532192" },
		{ "posix-shm:/psm_1a2b", "posix-shm-psm_1a2b" },
		{ "posix-shm:/a/b", "posix-shm-a_b" },
		{ "posix-shm:/../../etc/x", "posix-shm-.._.._etc_x" },
		{ "posix-shm:/x\\x0A y", "posix-shm-x_x0A_y" },
		{ "posix-shm:/$(rm *);'\"&|<>?[~#", "posix-shm-__rm______________" },
		{ "posix-shm:/\xc3\xa4", "posix-shm-__" },
		{ "memfd:0:1:77", "memfd-0-1-77" },
		{ "..", "_." },
		{ ".hidden", "_hidden" },
		{ "/etc/passwd", "_etc_passwd" },
	};

	FOR_EACH_CASE(c, cases) {
		struct buf name = BUF_INIT;

		save_file_name(&name, c->name);
		CHECK_TEXT(c->name, name.s, c->want);
		buf_release(&name);
	}
}

static void a_long_name_leaves_room_for_number_and_suffix(void **state)
{
	char name[4 * NAME_MAX + 1];
	struct buf file = BUF_INIT;

	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	save_file_name(&file, name);
	assert_true(file.len + strlen(".99999" SAVED_SUFFIX) <= NAME_MAX);
	assert_true(file.len > NAME_MAX / 2);
	buf_release(&file);
}

static int scratch(void)
{
	char path[] = "/tmp/ipctop-test-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	return fd;
}

/* Bytes that do not compress. */
static char *noise(size_t n)
{
	char *s = xcalloc(n, 1);
	uint64_t x = 88172645463325252ULL;

	for (size_t i = 0; i < n; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		s[i] = x;
	}
	return s;
}

static int packed(const char *s, size_t n, size_t piece, int level)
{
	int fd = scratch();
	struct packer *p = packer_new(fd, level, n);

	for (size_t at = 0; at < n; at += piece)
		assert_int_equal(packer_put(p, s + at, n - at < piece ? n - at : piece), 0);
	assert_int_equal(packer_end(p), 0);
	packer_free(p);
	return fd;
}

static void what_was_packed_is_unpacked(void **state)
{
	static const size_t sizes[] = { 0, 1, 4096, 131072, 131073, 1000000, 20000000 };

	FOR_EACH_CASE(size, sizes) {
		char *in = noise(*size), *out = xcalloc(*size + 1, 1);
		int fd = packed(in, *size, 70001, 1);
		struct unpacker *u = unpacker_new(fd);

		for (int again = 0; again < 2; again++) {
			size_t got = 0;

			assert_int_equal(unpacker_rewind(u), 0);
			while (got < *size) {
				size_t want = *size - got < 65537 ? *size - got : 65537;

				assert_int_equal(unpacker_get(u, out + got, want), want);
				got += want;
			}
			assert_int_equal(unpacker_end(u), 0);
			assert_memory_equal(in, out, *size);
		}
		assert_int_equal(unpacker_get(u, out, 1), 0);
		unpacker_free(u);
		close(fd);
		free(in);
		free(out);
	}
}

static int unpack_all(int fd)
{
	struct unpacker *u = unpacker_new(fd);
	char piece[1000];
	int64_t n = unpacker_rewind(u);

	if (!n)
		do
			n = unpacker_get(u, piece, sizeof(piece));
		while (n == sizeof(piece));
	if (n >= 0)
		n = unpacker_end(u);
	unpacker_free(u);
	return n;
}

static void a_stream_that_is_cut_or_longer_is_refused(void **state)
{
	char *in = noise(300000);
	int fd = packed(in, 300000, 300000, 3);
	off_t size = lseek(fd, 0, SEEK_END);

	assert_int_equal(unpack_all(fd), 0);
	assert_int_equal(pwrite(fd, "x", 1, size), 1);
	assert_int_equal(unpack_all(fd), -EBADMSG);
	for (off_t length = size - 1; length >= 0; length -= length > 200 ? 9973 : 1) {
		assert_int_equal(ftruncate(fd, length), 0);
		assert_int_equal(unpack_all(fd), length < 5 ? -EINVAL : -ENODATA);
	}
	close(fd);
	free(in);
}

static void a_damaged_stream_is_refused(void **state)
{
	char *in = noise(300000), byte;
	int fd = packed(in, 300000, 300000, 3);
	off_t size = lseek(fd, 0, SEEK_END);

	for (off_t at = 100; at < size; at += 7919) {
		assert_int_equal(pread(fd, &byte, 1, at), 1);
		byte ^= 4;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		assert_int_equal(unpack_all(fd), -EBADMSG);
		byte ^= 4;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
	assert_int_equal(unpack_all(fd), 0);
	close(fd);
	free(in);
}

static void a_file_that_takes_no_more_is_told(void **state)
{
	char *in = noise(1000000);
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC), rc = 0;
	struct packer *p = packer_new(fd, 1, 1000000);

	rc = packer_put(p, in, 1000000);
	if (!rc)
		rc = packer_end(p);
	assert_int_equal(rc, -ENOSPC);
	packer_free(p);
	close(fd);
	free(in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_name_is_one_plain_part_of_a_path),
		cmocka_unit_test(a_long_name_leaves_room_for_number_and_suffix),
		cmocka_unit_test(what_was_packed_is_unpacked),
		cmocka_unit_test(a_stream_that_is_cut_or_longer_is_refused),
		cmocka_unit_test(a_damaged_stream_is_refused),
		cmocka_unit_test(a_file_that_takes_no_more_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
