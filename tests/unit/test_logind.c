/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RemoveIPC= as systemd-logind reads it: which file, which line, which word counts. */
#include "collect/logind.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "unit.h"

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		bool before, after;
	} cases[] = {
		{ "", true, true },
		{ "", false, false },
		{ "[Login]\nRemoveIPC=no\n", true, false },
		{ "[Login]\nRemoveIPC=no", true, false },
		{ "[Login]\n  RemoveIPC =  off \r\n", true, false },
		{ "[Login]\nRemoveIPC=yes\n", false, true },
		{ "[Login]\nRemoveIPC=1\n", false, true },
		{ "[Login]\nRemoveIPC=True\n", false, true },
		{ "[Login]\nRemoveIPC=N\n", true, false },
		{ "[Login]\n#RemoveIPC=no\n", true, true },
		{ "[Login]\n;RemoveIPC=no\n", true, true },
		{ "[Login]\n  # RemoveIPC=no\n", true, true },
		{ "[Login]\nRemoveIPC=no\nRemoveIPC=yes\n", true, true },
		{ "[Login]\nRemoveIPC=perhaps\n", true, true },
		{ "[Login]\nRemoveIPC=\n", false, false },
		{ "[Login]\nremoveipc=no\n", true, true },
		{ "[Login]\nRemoveIPCs=no\n", true, true },
		{ "RemoveIPC=no\n", true, true },
		{ "[Other]\nRemoveIPC=no\n", true, true },
		{ "[Login]\n[Other]\nRemoveIPC=no\n[Login]\nKillUserProcesses=no\n", true, true },
		{ "[Other]\n[Login]\nRemoveIPC=no\n", true, false },
		{ "[Login]\nRemoveIPC=\\\n no\n", true, false },
		{ "[Login]\nRemoveIPC=\\\n# yes\nno\n", true, false },
		{ "[Login]\nKillExcludeUsers=\\\nRemoveIPC=no\n", true, true },
		{ "[Login]\nRemoveIPC=no\\", true, false },
	};

	FOR_EACH_CASE(c, cases) {
		bool removes = c->before;

		logind_parse(c->text, &removes);
		CHECK(c->text, removes == c->after);
	}
}

static char root[64];

static int make_root(void **state)
{
	snprintf(root, sizeof(root), "/tmp/ipctop-logind-XXXXXX");
	return !mkdtemp(root);
}

static int remove_root(void **state)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -r %s", root);
	return system(command);
}

/* Write a file below the root, with its folders. */
static void put(const char *path, const char *text)
{
	char whole[256];
	int fd;

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	for (char *slash = strchr(whole + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(whole, 0755);
		*slash = '/';
	}
	fd = open(whole, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static bool removes(void)
{
	const struct logind l = { .root = root };
	bool value;

	assert_int_equal(logind_removes(&l, &value), 0);
	return value;
}

#define NO "[Login]\nRemoveIPC=no\n"
#define YES "[Login]\nRemoveIPC=yes\n"

static void test_order(void **state)
{
	assert_true(removes());
	put("/usr/lib/systemd/logind.conf", NO);
	assert_false(removes());
	/* the first main file is the only one */
	put("/etc/systemd/logind.conf", "[Login]\n");
	assert_true(removes());
	put("/etc/systemd/logind.conf", NO);
	assert_false(removes());
	/* drop-ins overrule it, in the order of their names, whatever their folder */
	put("/usr/lib/systemd/logind.conf.d/20-vendor.conf", YES);
	assert_true(removes());
	put("/etc/systemd/logind.conf.d/10-site.conf", NO);
	assert_true(removes());
	put("/run/systemd/logind.conf.d/30-now.conf", NO);
	assert_false(removes());
	/* one hides that of its name in a folder behind it, even an empty one */
	put("/etc/systemd/logind.conf.d/30-now.conf", "");
	assert_true(removes());
	put("/etc/systemd/logind.conf.d/20-vendor.conf", "");
	assert_false(removes());
	/* what is no drop-in */
	put("/etc/systemd/logind.conf.d/90-no.conf~", YES);
	put("/etc/systemd/logind.conf.d/.90.conf", YES);
	put("/etc/systemd/logind.conf.d/README", YES);
	assert_false(removes());
	put("/usr/local/lib/systemd/logind.conf.d/99.conf", YES);
	assert_true(removes());
}

static void test_unreadable(void **state)
{
	const struct logind l = { .root = root };
	char path[128];
	bool value;

	put("/etc/systemd/logind.conf.d/10.conf", NO);
	snprintf(path, sizeof(path), "%s/etc/systemd/logind.conf.d/20.conf", root);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(logind_removes(&l, &value), -EISDIR);
	rmdir(path);
	/* masked */
	assert_int_equal(symlink("/dev/null", path), 0);
	put("/usr/lib/systemd/logind.conf.d/20.conf", YES);
	assert_false(removes());
	unlink(path);
	assert_int_equal(mkfifo(path, 0644), 0);
	assert_false(removes());
}

static void test_there(void **state)
{
	const struct logind l = { .root = root };

	assert_false(logind_there(&l));
	put("/run/systemd/seats/seat0", "");
	assert_false(logind_there(&l));
	put("/run/systemd/system/x", "");
	assert_true(logind_there(&l));
}

static void test_lingering(void **state)
{
	const struct logind l = { .root = root };
	struct table names = { 0 };

	assert_int_equal(logind_lingering(&l, &names), 0);
	assert_int_equal(names.count, 0);
	put("/var/lib/systemd/linger/alice", "");
	assert_int_equal(logind_lingering(&l, &names), 0);
	assert_int_equal(names.count, 1);
	assert_string_equal(*(char **)names.rows, "alice");
	free(*(char **)names.rows);
	table_release(&names);
}

static void test_spared_users(void **state)
{
	static const struct {
		uint64_t uid;
		bool spared;
	} cases[] = {
		{ 0, true }, { 999, true }, { 1000, false }, { 60001, false }, { 61183, false },
		{ 61184, true }, { 65519, true }, { 65520, false }, { 65534, false }, { 100000, false },
	};

	FOR_EACH_CASE(c, cases)
		assert_int_equal(logind_spares(c->uid), c->spared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test_setup_teardown(test_order, make_root, remove_root),
		cmocka_unit_test_setup_teardown(test_unreadable, make_root, remove_root),
		cmocka_unit_test_setup_teardown(test_there, make_root, remove_root),
		cmocka_unit_test_setup_teardown(test_lingering, make_root, remove_root),
		cmocka_unit_test(test_spared_users),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
