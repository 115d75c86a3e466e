/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "collect/config.h"
#include "ipctop/collect.h"
#include "ipctop/io.h"
#include "ipctop/policy.h"

static struct policy *with(const char *text)
{
	struct policy *p = policy_new();
	struct buf error = BUF_INIT;

	if (policy_add_text(p, "a.conf", text, &error))
		fail_msg("%s", error.s);
	buf_release(&error);
	return p;
}

static void refused(const char *text, const char *message)
{
	struct policy *p = with("grace 1h\nkeep shm:7\nfamily a b held\n");
	struct buf error = BUF_INIT;

	if (policy_add_text(p, "a.conf", text, &error) != -EINVAL)
		fail_msg("taken: %s", text);
	if (!strstr(error.s, message))
		fail_msg("%s\nis not: %s", error.s, message);
	/* nothing of it is left */
	assert_int_equal(p->grace, 3600);
	assert_int_equal(p->long_grace, 48 * 3600);
	assert_int_equal(p->nkeep, 1);
	assert_int_equal(p->nrows, 1);
	policy_free(p);
	buf_release(&error);
}

static bool keeps(const struct policy *p, const char *name, uint64_t key)
{
	struct object o = { .name = name, .kind = KIND_POSIX_SHM };

	if (!strncmp(name, "shm:", 4)) {
		o.kind = KIND_SHM;
		if (key)
			FACT_SET(&o, key, key);
	}
	return policy_keeps(p, &o);
}

static void without_a_file_the_defaults_hold(void **state)
{
	struct policy *p = policy_new();

	assert_int_equal(p->grace, 600);
	assert_int_equal(p->long_grace, 172800);
	assert_false(keeps(p, "shm:7", 0x1234));
	policy_free(p);
}

static void a_text_sets_times(void **state)
{
	struct policy *p = with("# a comment\n\n \t\ngrace 20m # behind\r\n\tlong-grace\t3d\ngrace 30");

	assert_int_equal(p->grace, 30);
	assert_int_equal(p->long_grace, 3 * 86400);
	policy_free(p);
}

static void families_of_a_site_are_read(void **state)
{
	struct policy *p = with("family \"our \\\"farm\\\"\" \"r (\\.[0-9]+)-(x#)\" held pid=1 instance=2 "
				"kinds=posix-shm,memfd # comment\nfamily b x#y kept\nfamily c \"#\" unsure\n");
	struct buf error = BUF_INIT;
	struct arena *arena = arena_new();
	struct family_match m;

	assert_int_equal(p->nrows, 3);
	assert_string_equal(p->rows[0].name, "our \"farm\"");
	assert_string_equal(p->rows[0].pattern, "r (\\.[0-9]+)-(x#)");
	assert_int_equal(p->rows[0].habit, FAMILY_HELD);
	assert_int_equal(p->rows[0].pid, 1);
	assert_int_equal(p->rows[0].instance, 2);
	assert_int_equal(p->rows[0].kinds, KIND_BIT(KIND_POSIX_SHM) | KIND_BIT(KIND_MEMFD));
	assert_string_equal(p->rows[1].pattern, "x#y");
	assert_int_equal(p->rows[1].habit, FAMILY_KEPT);
	assert_int_equal(p->rows[1].kinds, KINDS_ALL);
	assert_int_equal(p->rows[2].habit, FAMILY_UNSURE);

	assert_int_equal(policy_ready(p, &error), 0);
	family_match(p->families, KIND_MEMFD, "r .17-x#", arena, &m);
	assert_int_equal(m.row, 0);
	assert_string_equal(m.instance, "x#");
	assert_false(m.has_pid);
	family_match(p->families, KIND_FILE, "r .17-x#", arena, &m);
	assert_int_equal(m.row, -1);
	arena_free(arena);
	policy_free(p);
}

static void a_mistake_is_told_with_its_line_and_undone(void **state)
{
	refused("grace 2h\nlong-grace 9d\nkeep shm:8\nfamily c d kept\nkepp shm:9\n",
		"a.conf:5: expected grace, long-grace, keep or family: 'kepp'");
	refused("grace", "a.conf:1: expected one duration");
	refused("grace 1m 2m", "a.conf:1: expected one duration");
	refused("\ngrace soon", "a.conf:2: expected a duration, such as 10m or 48h: 'soon'");
	refused("grace -1m", "expected a duration");
	refused("grace 99999999999999999999", "expected a duration");
	refused("grace 60000w", "longer than a thousand years");
	refused("keep", "a.conf:1: expected names of objects behind: 'keep'");
	refused("keep shm:8 oracle_*", "expected KIND:NAME, such as posix-shm:/name or shm:0x00a76098: 'oracle_*'");
	refused("keep hsm:0x12*", "expected a kind of object, such as posix-shm: 'hsm'");
	refused("keep shm:8 shm:x", "a.conf:1: ");
	refused("keep shm:0x0", "a.conf:1: shm:0x0");
	refused("keep oracle", "a.conf:1: ");
	refused("keep posix-shm:/a\\b*", "expected names as ipctop prints them: 'posix-shm:/a\\x5Cb*'");
	refused("keep posix-shm:/\xff*", "expected names as ipctop prints them: 'posix-shm:/\\xFF*'");
	refused("family a b", "a.conf:1: expected a name, a pattern, and held, kept or unsure behind: 'family'");
	refused("family a \"\" held", "needs a name and a pattern");
	refused("family a b heldd", "expected held, kept or unsure: 'heldd'");
	refused("family a ( held", "not a regular expression");
	refused("family a (b) held pid=2", "the pattern has no group 2: '(b)'");
	refused("family a (b) held pid=0", "expected the number of a group, 1 to 9: '0'");
	refused("family a (b) held instance=x", "expected the number of a group");
	refused("family a (b) held instance=11", "expected the number of a group");
	refused("family a b held kinds=posix-shm,posix", "expected a kind of object, such as posix-shm: 'posix'");
	refused("family a b held kinds=", "expected a kind of object");
	refused("family a b held sure", "expected pid=N, instance=N or kinds=K,K: 'sure'");
	refused("keep \"posix-shm:/a", "a.conf:1: a quote is not closed: 'posix-shm:/a'");
	refused("keep \"posix-shm:/a\\\"", "a quote is not closed: 'posix-shm:/a\"'");
	refused("keep \"posix-shm:/a\"b", "expected a blank behind the closing quote: 'b'");
	refused("\x1b[31m", "a.conf:1: expected grace, long-grace, keep or family: '\\x1B[31m'");
}

static void the_keep_list_knows_names_keys_and_patterns(void **state)
{
	struct policy *p = with("keep shm:7 shm:0xA76098\nkeep posix-shm:/oracle_* \"posix-shm:/a b\"\n"
				"keep posix-shm:/x[1] posix-shm:/n\\x40m file:/hp/*/z *:/every?\n");

	assert_true(keeps(p, "shm:7", 0));
	assert_false(keeps(p, "shm:77", 0));
	assert_true(keeps(p, "shm:9", 0x00a76098));
	assert_true(keeps(p, "shm:0x00a76098", 0x00a76098));
	assert_false(keeps(p, "shm:9", 0x00a76099));
	assert_false(keeps(p, "shm:9", 0));
	assert_true(keeps(p, "posix-shm:/oracle_a/b", 0));
	assert_false(keeps(p, "posix-shm:/xoracle_a", 0));
	assert_true(keeps(p, "posix-shm:/a b", 0));
	assert_false(keeps(p, "posix-shm:/a", 0));
	/* as text and as a pattern */
	assert_true(keeps(p, "posix-shm:/x[1]", 0));
	assert_true(keeps(p, "posix-shm:/x1", 0));
	assert_false(keeps(p, "posix-shm:/x2", 0));
	assert_true(keeps(p, "posix-shm:/n\\x40m", 0));
	assert_true(keeps(p, "file:/hp/a/b/z", 0));
	assert_true(keeps(p, "posix-mq:/every1", 0));
	assert_false(keeps(p, "posix-mq:/every", 0));
	policy_free(p);
}

static void a_backslash_in_a_pattern_is_itself(void **state)
{
	struct policy *p = with("keep posix-shm:/\\x1B*\n");

	assert_true(keeps(p, "posix-shm:/\\x1B[31m", 0));
	assert_false(keeps(p, "posix-shm:/x1B[31m", 0));
	policy_free(p);
}

static void an_entry_without_a_namespace_holds_in_all(void **state)
{
	struct policy *p = with("keep shm:7 shm:0x00000012 shm:8@4026532000 posix-shm:/a* shm:0x00000013@4026532000\n");

	assert_true(keeps(p, "shm:7@4026531839", 0));
	assert_true(keeps(p, "shm:9@4026531839", 0x12));
	assert_true(keeps(p, "shm:8@4026532000", 0));
	assert_false(keeps(p, "shm:8@4026532001", 0));
	assert_false(keeps(p, "shm:8", 0));
	assert_true(keeps(p, "posix-shm:/abc@0:23", 0));
	assert_true(keeps(p, "shm:9@4026532000", 0x13));
	assert_false(keeps(p, "shm:9@4026532001", 0x13));
	policy_free(p);
}

static void the_command_line_may_add_entries_late(void **state)
{
	struct policy *p = policy_new();
	struct buf error = BUF_INIT;

	assert_int_equal(policy_ready(p, &error), 0);
	assert_int_equal(policy_add_keep(p, "posix-shm:/late", &error), 0);
	assert_true(keeps(p, "posix-shm:/late", 0));
	assert_int_equal(policy_add_keep(p, "", &error), -EINVAL);
	assert_true(error.len > 0);
	assert_int_equal(p->nkeep, 1);
	buf_release(&error);
	policy_free(p);
}

/* Random lines neither crash nor leave half of a policy. */
static void random_texts_are_all_or_nothing(void **state)
{
	static const char *const pieces[] = { "grace", "long-grace", "keep", "family", " ", " ", " ", "\n", "\"",
		"\\", "#", "10m", "shm:7", "posix-shm:/a*", "held", "kept", "(a)", "pid=1", "kinds=", "shm", ",",
		"\xff", "\t", "=" };
	uint32_t seed = 7;

	for (unsigned int i = 0; i < 5000; i++) {
		struct policy *p = policy_new();
		struct buf text = BUF_INIT, error = BUF_INIT;

		for (unsigned int n = 0; n < 14; n++) {
			seed = seed * 1664525 + 1013904223;
			buf_puts(&text, pieces[(uint64_t)seed * ARRAY_SIZE(pieces) >> 32]);
		}
		if (policy_add_text(p, "f", text.s, &error)) {
			assert_true(!strncmp(error.s, "f:", 2));
			assert_int_equal(p->nkeep + p->nrows, 0);
			assert_int_equal(p->grace, 600);
		}
		buf_release(&text);
		buf_release(&error);
		policy_free(p);
	}
}

static char folder[] = "/tmp/ipctop-policy-XXXXXX";

static const char *path_of(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void write_file(const char *path, const char *text, size_t len, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(io_write(fd, text, len), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void expect_file(const char *name, int want, const char *message)
{
	struct policy *p = policy_new();
	struct buf error = BUF_INIT;

	assert_int_equal(config_add_file(p, path_of(name), &error), want);
	if (!strstr(error.s, message))
		fail_msg("%s\nis not: %s", error.s, message);
	if (!want)
		assert_int_equal(error.len, 0);
	buf_release(&error);
	policy_free(p);
}

static void a_file_is_read_or_its_fault_told(void **state)
{
	write_file(path_of("good"), "grace 1m\n", 9, 0644);
	write_file(path_of("bad"), "grace 1m\nfoo\n", 13, 0644);
	write_file(path_of("nul"), "grace 1m\n\ngrace\0 1m", 19, 0644);
	write_file(path_of("open"), "grace 1m\n", 9, 0666);
	assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
	assert_int_equal(mkdir(path_of("dir"), 0700), 0);

	expect_file("good", 0, "");
	expect_file("none", 0, "");
	expect_file("good/below", 0, "");
	expect_file("bad", -EINVAL, "/bad:2: expected grace");
	expect_file("nul", -EINVAL, "/nul:3: expected text, not a NUL byte");
	expect_file("open", -EPERM, "/open: may be written by everybody");
	expect_file("fifo", -EINVAL, "/fifo: not a regular file");
	expect_file("dir", -EINVAL, "/dir: not a regular file");
}

static void a_fault_in_the_second_file_undoes_the_first(void **state)
{
	char good[512], bad[512];
	const char *const paths[] = { good, bad, NULL };
	struct policy *p = policy_new();
	struct buf error = BUF_INIT;

	snprintf(good, sizeof(good), "%s", path_of("good"));
	snprintf(bad, sizeof(bad), "%s", path_of("bad"));
	write_file(good, "grace 1m\nkeep shm:7\nfamily a b held\n", 36, 0644);
	write_file(bad, "foo\n", 4, 0644);
	assert_int_equal(config_load(p, paths, &error), -EINVAL);
	assert_non_null(strstr(error.s, "/bad:1: "));
	assert_int_equal(p->grace, 600);
	assert_int_equal(p->nkeep + p->nrows, 0);
	assert_null(p->families);

	write_file(bad, "long-grace 3d\nkeep shm:8\n", 25, 0644);
	assert_int_equal(config_load(p, paths, &error), 0);
	assert_int_equal(p->grace, 60);
	assert_int_equal(p->long_grace, 3 * 86400);
	assert_int_equal(p->nkeep, 2);
	assert_non_null(p->families);
	buf_release(&error);
	policy_free(p);
}

static void a_file_of_somebody_else_is_not_obeyed(void **state)
{
	if (geteuid())
		skip();
	write_file(path_of("his"), "grace 1m\n", 9, 0644);
	assert_int_equal(chown(path_of("his"), 12345, 12345), 0);
	expect_file("his", -EPERM, "/his: belongs neither to root nor to the user");
}

static void the_user_file_is_found(void **state)
{
	struct policy *p;
	struct buf error = BUF_INIT;

	if (!access(SYSCONFDIR "/ipctop/ipctop.conf", F_OK))
		skip();
	assert_int_equal(mkdir(path_of(".config"), 0700), 0);
	assert_int_equal(mkdir(path_of(".config/ipctop"), 0700), 0);
	write_file(path_of(".config/ipctop/ipctop.conf"), "grace 77\n", 9, 0600);

	setenv("XDG_CONFIG_HOME", path_of(".config"), 1);
	setenv("HOME", "/nonexistent", 1);
	p = policy_new();
	assert_int_equal(policy_load(p, &error), 0);
	assert_int_equal(p->grace, 77);
	assert_non_null(p->families);
	policy_free(p);

	unsetenv("XDG_CONFIG_HOME");
	setenv("HOME", folder, 1);
	p = policy_new();
	assert_int_equal(policy_load(p, &error), 0);
	assert_int_equal(p->grace, 77);
	policy_free(p);

	write_file(path_of(".config/ipctop/ipctop.conf"), "grace 78\nx\n", 11, 0600);
	p = policy_new();
	assert_int_equal(policy_load(p, &error), -EINVAL);
	assert_non_null(strstr(error.s, "/.config/ipctop/ipctop.conf:2: "));
	assert_int_equal(p->grace, 600);
	policy_free(p);

	unsetenv("HOME");
	p = policy_new();
	buf_reset(&error);
	assert_int_equal(policy_load(p, &error), 0);
	assert_int_equal(p->grace, 600);
	policy_free(p);
	buf_release(&error);
}

static void the_example_is_right_with_and_without_its_comments(void **state)
{
	struct buf text = BUF_INIT, error = BUF_INIT;
	struct policy *p;

	if (io_read_file(AT_FDCWD, "src/share/ipctop.conf", &text, 65536))
		skip();
	p = with(text.s);
	assert_int_equal(p->nkeep + p->nrows, 0);
	assert_int_equal(p->grace, 600);
	policy_free(p);

	for (char *s = text.s; (s = strstr(s, "#: "));)
		memset(s, ' ', 2);
	p = with(text.s);
	assert_int_equal(p->nkeep, 4);
	assert_int_equal(p->nrows, 2);
	assert_int_equal(policy_ready(p, &error), 0);
	policy_free(p);
	buf_release(&text);
}

static int set_up(void **state)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
	static const char *const files[] = { "good", "bad", "nul", "open", "fifo", "his",
					     ".config/ipctop/ipctop.conf" };
	static const char *const dirs[] = { "dir", ".config/ipctop", ".config" };

	for (unsigned int i = 0; i < ARRAY_SIZE(files); i++)
		unlink(path_of(files[i]));
	for (unsigned int i = 0; i < ARRAY_SIZE(dirs); i++)
		rmdir(path_of(dirs[i]));
	return rmdir(folder);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_file_the_defaults_hold),
		cmocka_unit_test(a_text_sets_times),
		cmocka_unit_test(families_of_a_site_are_read),
		cmocka_unit_test(a_mistake_is_told_with_its_line_and_undone),
		cmocka_unit_test(the_keep_list_knows_names_keys_and_patterns),
		cmocka_unit_test(a_backslash_in_a_pattern_is_itself),
		cmocka_unit_test(an_entry_without_a_namespace_holds_in_all),
		cmocka_unit_test(the_command_line_may_add_entries_late),
		cmocka_unit_test(random_texts_are_all_or_nothing),
		cmocka_unit_test(a_file_is_read_or_its_fault_told),
		cmocka_unit_test(a_fault_in_the_second_file_undoes_the_first),
		cmocka_unit_test(a_file_of_somebody_else_is_not_obeyed),
		cmocka_unit_test(the_user_file_is_found),
		cmocka_unit_test(the_example_is_right_with_and_without_its_comments),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
