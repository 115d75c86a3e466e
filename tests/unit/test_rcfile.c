/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of settings: what it says, what of it stays, and how it gets to its place. */
#include "ipctop/rcfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipctop/io.h"
#include "unit.h"

#define NOBODY 65534

static int parse(struct rcfile *r, const char *text, struct buf *error)
{
	*r = (struct rcfile)RCFILE_INIT;
	return rcfile_parse(r, "rc", text, strlen(text), error);
}

static void test_values(void **state)
{
	static const struct {
		const char *text, *key, *value;
	} cases[] = {
		{ "a = b", "a", "b" },
		{ "a=b\n", "a", "b" },
		{ "  a\t=\tb c \t\r\n", "a", "b c" },
		{ "a =", "a", "" },
		{ "a = \n", "a", "" },
		{ "a = b # c", "a", "b # c" },
		{ "a = b = c", "a", "b = c" },
		{ "a = 1\nb = 2\na = 3\n", "a", "3" },
		{ "a = \\x20b\\x0a\\x5Cx\\xff\\x20", "a", " b\n\\x\xff " },
		{ "Tab-1.sort_by = size:desc", "Tab-1.sort_by", "size:desc" },
		{ "a = \xc3\xa4", "a", "\xc3\xa4" },
		{ "a = b", "b", NULL },
		{ "# a = b", "a", NULL },
		{ "", "a", NULL },
		{ "\n\n", "", NULL },
	};

	FOR_EACH_CASE(c, cases) {
		struct buf error = BUF_INIT;
		const char *value;
		struct rcfile r;

		CHECK(c->text, !parse(&r, c->text, &error) && !error.len);
		value = rcfile_get(&r, c->key);
		CHECK(c->text, !value == !c->value);
		if (value)
			CHECK_TEXT(c->text, value, c->value);
		rcfile_release(&r);
	}
}

static void test_errors(void **state)
{
	static const struct {
		const char *text, *sentence;
	} cases[] = {
		{ "a", "rc:1: expected key = value: 'a'" },
		{ "a b = c", "rc:1: expected key = value: 'a b = c'" },
		{ "= c", "rc:1: expected key = value: '= c'" },
		{ "# x\n\na = 1\n\x1b[2J\n", "rc:4: expected key = value: '\\x1B[2J'" },
		{ "a = \\.", "rc:1: a backslash is written as \\x5C, other bytes but NUL in the same way: "
		  "'a = \\x5C.'" },
		{ "a = b\\", "rc:1: a backslash is written as \\x5C, other bytes but NUL in the same way: "
		  "'a = b\\x5C'" },
		{ "a = b\\x00c", "rc:1: a backslash is written as \\x5C, other bytes but NUL in the same way: "
		  "'a = b\\x5Cx00c'" },
	};
	struct buf error = BUF_INIT;
	struct rcfile r = RCFILE_INIT;

	FOR_EACH_CASE(c, cases) {
		CHECK(c->text, parse(&r, c->text, &error) == -EINVAL);
		CHECK_TEXT(c->text, error.s, c->sentence);
		CHECK(c->text, !r.lines.count);
		buf_reset(&error);
	}
	assert_int_equal(rcfile_parse(&r, "rc", "a = b\nc\0 = d", 12, &error), -EINVAL);
	assert_string_equal(error.s, "rc:2: a NUL byte is no text: 'c'");
	buf_release(&error);
}

/* What is not asked for stays where it was, also what is written strangely. */
static void test_what_stays(void **state)
{
	static const char text[] = "# mine\n\n  old=1 \nunknown = \\x41\n#old = 2\nold = 3\nlast = x";
	struct buf error = BUF_INIT, out = BUF_INIT;
	struct rcfile r;

	assert_int_equal(parse(&r, text, &error), 0);
	rcfile_put(&r, &out);
	assert_int_equal(strncmp(out.s, text, strlen(text)), 0);
	assert_string_equal(out.s + strlen(text), "\n");
	buf_reset(&out);
	assert_int_equal(rcfile_set(&r, "unknown", "A"), 0);
	assert_int_equal(rcfile_set(&r, "old", "4"), 0);
	assert_int_equal(rcfile_set(&r, "new", ""), 0);
	assert_string_equal(rcfile_get(&r, "old"), "4");
	rcfile_put(&r, &out);
	assert_string_equal(out.s, "# mine\n\n  old=1 \nunknown = \\x41\n#old = 2\nold = 4\nlast = x\nnew = \n");
	buf_reset(&out);
	assert_int_equal(rcfile_set(&r, "old", NULL), 0);
	assert_int_equal(rcfile_set(&r, "absent", NULL), 0);
	assert_null(rcfile_get(&r, "old"));
	assert_int_equal(rcfile_set(&r, "a", "b"), 0);
	rcfile_put(&r, &out);
	assert_string_equal(out.s, "# mine\n\nunknown = \\x41\n#old = 2\nlast = x\nnew = \na = b\n");
	rcfile_release(&r);
	buf_release(&out);
}

static void test_keys(void **state)
{
	static const char *const bad[] = { "", " ", "a b", "a=", "#a", "a\n", "\xc3\xa4" };
	struct rcfile r = RCFILE_INIT;

	FOR_EACH_CASE(key, bad)
		CHECK(*key, rcfile_set(&r, *key, "x") == -EINVAL);
	assert_int_equal(r.lines.count, 0);
	rcfile_release(&r);
}

/* Whatever bytes a value has, they come back, and nothing else does. */
static void test_any_bytes(void **state)
{
	char all[256 * 3];
	static const char *const values[] = {
		" ", "  ", " a ", "a\nb = c\n# d", "\r\n", "\t", "\\x41", "\\", "# a", "= b", "\xff\xfe",
		("\xe2\x80\xae" "abc"), "a\x1b[31m",
	};

	for (unsigned int i = 0; i < 255; i++)
		all[i] = all[509 - i] = (char)(i + 1);
	all[510] = '\0';
	for (unsigned int i = 0; i <= ARRAY_SIZE(values); i++) {
		const char *value = i < ARRAY_SIZE(values) ? values[i] : all;
		struct rcfile r = RCFILE_INIT, again;
		struct buf out = BUF_INIT, error = BUF_INIT;

		assert_int_equal(rcfile_set(&r, "k", value), 0);
		assert_int_equal(rcfile_set(&r, "l", "x"), 0);
		rcfile_put(&r, &out);
		for (size_t k = 0; k < out.len; k++)
			CHECK(out.s, out.s[k] == '\n' || (unsigned char)out.s[k] >= ' ');
		assert_int_equal(parse(&again, out.s, &error), 0);
		assert_int_equal(again.lines.count, 2);
		CHECK_TEXT(out.s, rcfile_get(&again, "k"), value);
		rcfile_release(&r);
		rcfile_release(&again);
		buf_release(&out);
	}
}

static void test_path(void **state)
{
	struct buf path = BUF_INIT;

	setenv("HOME", "/home/a", 1);
	setenv("XDG_CONFIG_HOME", "/conf", 1);
	assert_string_equal(rcfile_path(&path, "rc"), "/conf");
	assert_string_equal(path.s, "/conf/ipctop/rc");
	buf_reset(&path);
	setenv("XDG_CONFIG_HOME", "relative", 1);
	assert_string_equal(rcfile_path(&path, "rc"), "/home/a");
	assert_string_equal(path.s, "/home/a/.config/ipctop/rc");
	buf_reset(&path);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("HOME");
	assert_null(rcfile_path(&path, "rc"));
	assert_string_equal(path.s, "");
	buf_release(&path);
}

/* Files: below a folder of the test's own. */
static char dir[] = "/tmp/ipctop-test-rcfile.XXXXXX";

static int make_dir(void **state)
{
	return mkdtemp(dir) && !chdir(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	pid_t pid = chdir("/") ? -1 : fork();
	int status;

	if (!pid)
		execlp("rm", "rm", "-rf", dir, NULL);
	return pid < 0 || waitpid(pid, &status, 0) != pid || status;
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(io_write(fd, text, strlen(text)), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void check_file(const char *path, const char *text, mode_t mode)
{
	struct buf got = BUF_INIT;
	struct stat st;

	CHECK(path, !lstat(path, &st) && S_ISREG(st.st_mode));
	CHECK(path, (st.st_mode & 07777) == mode);
	CHECK(path, !io_read_file(AT_FDCWD, path, &got, 2 << 20));
	CHECK_TEXT(path, got.s, text);
	buf_release(&got);
}

/* All that is in @path, but for itself and its parent. */
static unsigned int count_entries(const char *path)
{
	DIR *d = opendir(path);
	unsigned int n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static int write_setting(const char *path, const char *value)
{
	struct rcfile r = RCFILE_INIT;
	int rc = rcfile_set(&r, "key", value);

	if (!rc)
		rc = rcfile_write(&r, path);
	rcfile_release(&r);
	return rc;
}

static int read_setting(const char *path, char *value, size_t room, struct buf *error)
{
	struct rcfile r = RCFILE_INIT;
	int rc = rcfile_read(&r, path, error);
	const char *got = rc ? NULL : rcfile_get(&r, "key");

	snprintf(value, room, "%s", got ? got : "(none)");
	rcfile_release(&r);
	return rc;
}

static void test_read(void **state)
{
	struct buf error = BUF_INIT;
	char value[100];

	assert_int_equal(read_setting("absent", value, sizeof(value), &error), 0);
	assert_int_equal(read_setting("absent/rc", value, sizeof(value), &error), 0);
	assert_string_equal(value, "(none)");
	write_file("rc", "key = x\n", 0600);
	assert_int_equal(read_setting("rc", value, sizeof(value), &error), 0);
	assert_string_equal(value, "x");
	assert_int_equal(read_setting("rc/below", value, sizeof(value), &error), 0);
	assert_string_equal(error.s, "");
	write_file("rc", "key = x\n\nkey\n", 0600);
	assert_int_equal(read_setting("rc", value, sizeof(value), &error), -EINVAL);
	assert_string_equal(error.s, "rc:3: expected key = value: 'key'");
	buf_release(&error);
}

/* No look at them waits for anything. */
static void test_no_files(void **state)
{
	static const char *const paths[] = { "fifo", "folder", "/dev/zero", "/dev/null", "/dev/tty", "loop" };
	char value[100];

	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(mkdir("folder", 0700), 0);
	assert_int_equal(symlink("loop", "loop"), 0);
	alarm(60);
	FOR_EACH_CASE(path, paths) {
		struct buf error = BUF_INIT;
		int rc = read_setting(*path, value, sizeof(value), &error);

		/* without a terminal /dev/tty cannot be opened, and a link to itself never */
		CHECK(*path, rc == -EINVAL || rc == -ENXIO || rc == -ELOOP);
		CHECK(*path, error.len > strlen(*path) + 2);
		buf_release(&error);
	}
	assert_int_equal(write_setting("fifo", "x"), -EINVAL);
	assert_int_equal(write_setting("folder", "x"), -EINVAL);
	assert_int_equal(write_setting("loop", "x"), -ELOOP);
	alarm(0);
}

static void test_size(void **state)
{
	const size_t most = 1 << 20;
	struct buf text = BUF_INIT, error = BUF_INIT;
	char value[100];

	buf_puts(&text, "key = x\n#");
	while (text.len < most)
		buf_putc(&text, 'x');
	write_file("large", text.s, 0600);
	assert_int_equal(read_setting("large", value, sizeof(value), &error), 0);
	assert_string_equal(value, "x");
	buf_putc(&text, 'x');
	write_file("large", text.s, 0600);
	assert_int_equal(read_setting("large", value, sizeof(value), &error), -EFBIG);
	assert_int_equal(write_setting("large", text.s), -EFBIG);
	check_file("large", text.s, 0600);
	buf_release(&text);
	buf_release(&error);
}

static void check_mode(const char *path, mode_t mode)
{
	struct stat st;

	CHECK(path, !stat(path, &st) && (st.st_mode & 07777) == mode);
}

static void test_write(void **state)
{
	mode_t before = umask(0);

	assert_int_equal(write_setting("conf//a/ipctop/rc", "1"), 0);
	check_file("conf/a/ipctop/rc", "key = 1\n", 0600);
	check_mode("conf", 0700);
	check_mode("conf/a", 0700);
	check_mode("conf/a/ipctop", 0700);
	assert_int_equal(write_setting("conf/a/ipctop/rc", "2"), 0);
	check_file("conf/a/ipctop/rc", "key = 2\n", 0600);
	assert_int_equal(chmod("conf/a/ipctop/rc", 0644), 0);
	assert_int_equal(write_setting("conf/a/ipctop/rc", "3"), 0);
	check_file("conf/a/ipctop/rc", "key = 3\n", 0644);
	assert_int_equal(count_entries("conf/a/ipctop"), 1);
	assert_int_equal(write_setting("conf/a/ipctop/rc/below/rc", "4"), -ENOTDIR);
	umask(before);
}

static void test_links(void **state)
{
	struct buf absolute = BUF_INIT;
	char target[100] = "";

	buf_printf(&absolute, "%s/dots/second", dir);
	assert_int_equal(mkdir("dots", 0755), 0);
	assert_int_equal(mkdir("home", 0755), 0);
	assert_int_equal(symlink("../dots/first", "home/rc"), 0);
	assert_int_equal(symlink(absolute.s, "dots/first"), 0);
	/* one that leads nowhere: there the file comes to be */
	assert_int_equal(write_setting("home/rc", "1"), 0);
	check_file("dots/second", "key = 1\n", 0600);
	assert_int_equal(write_setting("home/rc", "2"), 0);
	check_file("dots/second", "key = 2\n", 0600);
	assert_int_equal(count_entries("home"), 1);
	assert_int_equal(count_entries("dots"), 2);
	assert_int_equal(readlink("home/rc", target, sizeof(target) - 1), strlen("../dots/first"));
	assert_string_equal(target, "../dots/first");
	assert_int_equal(unlink("dots/first"), 0);
	assert_int_equal(symlink("nowhere/rc", "dots/first"), 0);
	assert_int_equal(write_setting("home/rc", "3"), -ENOENT);
	buf_release(&absolute);
}

/* Run @try in a process of its own, which may change what is its own, and checks there. */
static void in_child(void (*try)(void))
{
	pid_t pid = fork();
	int status = -1;

	assert_true(pid >= 0);
	if (!pid) {
		try();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

#define DEMAND(cond) do { if (!(cond)) _exit(__LINE__ % 255 + 1); } while (0)

static void try_too_large(void)
{
	const struct rlimit limit = { 10, 10 };

	signal(SIGXFSZ, SIG_IGN);
	DEMAND(!setrlimit(RLIMIT_FSIZE, &limit));
	DEMAND(write_setting("limit/rc", "a value that is too long") == -EFBIG);
}

static void test_file_limit(void **state)
{
	assert_int_equal(mkdir("limit", 0700), 0);
	write_file("limit/rc", "key = old\n", 0640);
	in_child(try_too_large);
	check_file("limit/rc", "key = old\n", 0640);
	assert_int_equal(count_entries("limit"), 1);
}

static bool is_old(const char *path)
{
	struct buf error = BUF_INIT;
	char value[100];

	return !read_setting(path, value, sizeof(value), &error) && !strcmp(value, "old");
}

static void try_full(void)
{
	struct buf value = BUF_INIT;

	DEMAND(!unshare(CLONE_NEWNS));
	DEMAND(!mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	DEMAND(!mount("small", "full", "tmpfs", 0, "size=8k"));
	DEMAND(!write_setting("full/rc", "old"));
	while (value.len < 8192)
		buf_putc(&value, 'x');
	DEMAND(write_setting("full/rc", value.s) == -ENOSPC);
	DEMAND(is_old("full/rc"));
	DEMAND(count_entries("full") == 1);
	DEMAND(!mount(NULL, "full", NULL, MS_REMOUNT | MS_RDONLY, NULL));
	DEMAND(write_setting("full/rc", "new") == -EROFS);
	DEMAND(write_setting("full/sub/rc", "new") == -EROFS);
	DEMAND(is_old("full/rc"));
}

static void test_full_disk(void **state)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(unshare(CLONE_NEWNS) ? 1 : 0);
	if (waitpid(pid, &status, 0) != pid || status)
		skip();
	assert_int_equal(mkdir("full", 0700), 0);
	in_child(try_full);
}

static void try_closed_folder(void)
{
	DEMAND(geteuid() || !setresuid(NOBODY, NOBODY, NOBODY));
	DEMAND(write_setting("closed/rc", "new") == -EACCES);
	DEMAND(write_setting("closed/sub/rc", "new") == -EACCES);
}

static void test_closed_folder(void **state)
{
	assert_int_equal(chmod(dir, 0711), 0);
	assert_int_equal(mkdir("closed", 0700), 0);
	write_file("closed/rc", "key = old\n", 0600);
	if (!geteuid()) {
		assert_int_equal(chown("closed", NOBODY, -1), 0);
		assert_int_equal(chown("closed/rc", NOBODY, -1), 0);
	}
	assert_int_equal(chmod("closed", 0500), 0);
	in_child(try_closed_folder);
	check_file("closed/rc", "key = old\n", 0600);
	assert_int_equal(count_entries("closed"), 1);
	assert_int_equal(chmod("closed", 0700), 0);
}

/* Whoever has the folder, or the link in it, would choose what is overwritten. */
static void test_others_files(void **state)
{
	if (geteuid())
		skip();
	assert_int_equal(mkdir("others", 0777), 0);
	write_file("others/rc", "key = old\n", 0600);
	assert_int_equal(chown("others/rc", NOBODY, -1), 0);
	assert_int_equal(write_setting("others/rc", "new"), -EPERM);
	assert_int_equal(chown("others/rc", 0, -1), 0);
	assert_int_equal(symlink("rc", "others/link"), 0);
	assert_int_equal(lchown("others/link", NOBODY, -1), 0);
	assert_int_equal(write_setting("others/link", "new"), -EPERM);
	assert_int_equal(chown("others", NOBODY, -1), 0);
	assert_int_equal(write_setting("others/rc", "new"), -EPERM);
	check_file("others/rc", "key = old\n", 0600);
	assert_int_equal(count_entries("others"), 2);
}

/* As of 'sudo -E': folders of root in a user's home would keep him out of them. */
static void test_others_folders(void **state)
{
	if (geteuid())
		skip();
	assert_int_equal(mkdir("strange", 0755), 0);
	assert_int_equal(chown("strange", NOBODY, -1), 0);
	assert_int_equal(write_setting("strange/.config/ipctop/rc", "x"), -EPERM);
	assert_int_equal(write_setting("strange/rc", "x"), -EPERM);
	assert_int_equal(count_entries("strange"), 0);
	/* wherever his link leads to */
	assert_int_equal(mkdir("mine", 0755), 0);
	assert_int_equal(symlink("../mine", "strange/link"), 0);
	assert_int_equal(write_setting("strange/link/ipctop/rc", "x"), 0);
	assert_int_equal(write_setting("strange/link/rc", "x"), 0);
	assert_int_equal(lchown("strange/link", NOBODY, -1), 0);
	assert_int_equal(write_setting("strange/link/other/rc", "x"), -EPERM);
	assert_int_equal(write_setting("strange/link/rc", "y"), -EPERM);
	check_file("mine/rc", "key = x\n", 0600);
	assert_int_equal(count_entries("mine"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_what_stays),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_any_bytes),
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_no_files),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_file_limit),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_closed_folder),
		cmocka_unit_test(test_others_files),
		cmocka_unit_test(test_others_folders),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
