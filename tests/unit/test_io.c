/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Input and output: all of it, or an error. */
#include "ipctop/io.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipctop/clock.h"
#include "unit.h"

static char dir[] = "/tmp/ipctop-test-io.XXXXXX";
static char path[64];

static int make_file(void **state)
{
	int fd;

	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/file", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || io_write(fd, "0123456789", 10))
		return -1;
	return close(fd);
}

static int remove_file(void **state)
{
	return unlink(path) || rmdir(dir);
}

static void test_read_file(void **state)
{
	struct buf out = BUF_INIT;
	int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	buf_puts(&out, "> ");
	assert_int_equal(io_read_file(AT_FDCWD, path, &out, 10), 0);
	assert_string_equal(out.s, "> 0123456789");
	assert_int_equal(io_read_file(dirfd, "file", &out, 100), 0);
	assert_string_equal(out.s, "> 01234567890123456789");
	close(dirfd);
	buf_release(&out);
}

/* After an error the buffer is as it was. */
static void test_read_errors(void **state)
{
	struct buf out = BUF_INIT;

	assert_int_equal(io_read_file(AT_FDCWD, "/nonexistent/file", &out, 100), -ENOENT);
	buf_puts(&out, "> ");
	assert_int_equal(io_read_file(AT_FDCWD, path, &out, 9), -EFBIG);
	assert_int_equal(io_read_file(AT_FDCWD, path, &out, 0), -EFBIG);
	assert_int_equal(io_read_file(AT_FDCWD, dir, &out, 100), -EISDIR);
	assert_int_equal(io_read_fd(-1, &out, 100), -EBADF);
	assert_string_equal(out.s, "> ");
	assert_int_equal(out.len, 2);
	buf_release(&out);
}

static void test_read_nothing(void **state)
{
	struct buf out = BUF_INIT;

	assert_int_equal(io_read_file(AT_FDCWD, "/dev/null", &out, 0), 0);
	assert_string_equal(out.s, "");
	buf_release(&out);
}

#define MUCH	(3 * 1024 * 1024)

static void *write_much(void *arg)
{
	char *bytes = xcalloc(MUCH, 1);
	int fd = *(int *)arg, rc;

	memset(bytes, 'x', MUCH);
	rc = io_write(fd, bytes, MUCH);
	close(fd);
	free(bytes);
	return rc ? arg : NULL;
}

/* Both ends of the pipe give EAGAIN again and again. */
static void test_nonblocking_pipe(void **state)
{
	struct buf out = BUF_INIT;
	pthread_t writer;
	void *failed;
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(pthread_create(&writer, NULL, write_much, &fds[1]), 0);
	assert_int_equal(io_read_fd(fds[0], &out, MUCH), 0);
	pthread_join(writer, &failed);
	assert_null(failed);
	assert_int_equal(out.len, MUCH);
	assert_int_equal(strspn(out.s, "x"), MUCH);
	close(fds[0]);
	buf_release(&out);
}

static void test_write_errors(void **state)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	assert_int_equal(io_write(full, "x", 1), -ENOSPC);
	assert_int_equal(io_write(full, "", 0), 0);
	assert_int_equal(io_write(-1, "x", 1), -EBADF);
	close(full);
}

/* What io_flush_stdout gives in a process that wrote @n bytes to @target. */
static int flush_status(const char *target, size_t n)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		if (target && !freopen(target, "w", stdout))
			_exit(255);
		if (!target)
			close(STDOUT_FILENO);
		while (n--)
			putchar('x');
		_exit(-io_flush_stdout());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_flush(void **state)
{
	fflush(stdout);		/* nothing of it may be inherited */
	assert_int_equal(flush_status("/dev/null", 10), 0);
	assert_int_equal(flush_status("/dev/full", 0), 0);
	assert_int_equal(flush_status("/dev/full", 10), ENOSPC);
	/* the disk was full long before the end */
	assert_int_not_equal(flush_status("/dev/full", 1000000), 0);
	assert_int_equal(flush_status(NULL, 10), EBADF);
	assert_int_equal(flush_status(NULL, 0), 0);
}

static void test_clocks(void **state)
{
	int64_t mono = clock_mono_us(), boot = clock_boot_ms(), real = clock_real_ms();

	/* time() reads a coarser clock, which may lag by a tick */
	assert_true(real / 1000 <= time(NULL) + 1 && real / 1000 >= time(NULL) - 60);
	assert_true(boot >= mono / 1000 && boot > 0);	/* boot counts sleep too */
	assert_true(clock_mono_us() >= mono);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_file),
		cmocka_unit_test(test_read_errors),
		cmocka_unit_test(test_read_nothing),
		cmocka_unit_test(test_nonblocking_pipe),
		cmocka_unit_test(test_write_errors),
		cmocka_unit_test(test_flush),
		cmocka_unit_test(test_clocks),
	};

	return cmocka_run_group_tests_name("io", tests, make_file, remove_file);
}
