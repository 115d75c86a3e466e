/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The audit trail: its lines are as documented, and nobody's name forges one. */
#include "ipctop/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "act/audit_line.h"
#include "ipctop/io.h"
#include "ipctop/json.h"
#include "ipctop/text.h"
#include "unit.h"

static const struct asker alice = {
	.command = "clean", .uid = 0, .has_login = true, .login = 1001, .sudo = "bob", .pid = 4242,
};

static struct act removed(const char *name)
{
	struct act act = { 0 };

	FACT_SET(&act, name, name);
	FACT_SET(&act, kind, KIND_SHM);
	FACT_SET(&act, action, ACTION_REMOVE);
	FACT_SET(&act, result, OUTCOME_REMOVED);
	FACT_SET(&act, verdict, VERDICT_STALE);
	FACT_SET(&act, code, "abandoned");
	FACT_SET(&act, uid, 1000);
	FACT_SET(&act, user, "alice");
	FACT_SET(&act, size, 65536);
	FACT_SET(&act, freed, 4096);
	return act;
}

static void check_line(const struct asker *asker, const struct act *act, const char *want)
{
	struct buf line = BUF_INIT;

	audit_line(&line, asker, act);
	assert_string_equal(line.s, want);
	buf_release(&line);
}

static void test_line(void **state)
{
	struct act act = removed("shm:7");

	check_line(&alice, &act, "action=remove object=shm:7 kind=shm result=removed verdict=stale "
		   "code=abandoned uid=1000 owner=alice size=65536 freed=4096 command=clean by=0 "
		   "login=1001 sudo=bob pid=4242");
}

static void test_members_that_do_not_apply(void **state)
{
	const struct asker nobody = { .command = "rm", .uid = 65534, .pid = 1 };
	struct act act = { 0 };

	FACT_SET(&act, name, "posix-shm:/x");
	FACT_SET(&act, kind, KIND_POSIX_SHM);
	FACT_SET(&act, action, ACTION_REMOVE);
	FACT_SET(&act, result, OUTCOME_REFUSED);
	FACT_UNKNOWN(&act, freed);
	FACT_SET(&act, why, "live: 2 mappings");
	assert_true(audit_warns(&act));
	check_line(&nobody, &act, "action=remove object=posix-shm:/x kind=posix-shm result=refused "
		   "freed=? command=rm by=65534 pid=1 why=\"live: 2 mappings\"");
}

/* What stands between blanks, quoted values taken as one word. */
static unsigned int count_words(const char *line)
{
	unsigned int words = 1;
	bool quoted = false;

	for (; *line; line++) {
		if (*line == '"')
			quoted = !quoted;
		words += *line == ' ' && !quoted;
	}
	assert_false(quoted);
	return words;
}

static void test_foreign_bytes(void **state)
{
	static const struct {
		const char *raw, *word;
	} cases[] = {
		{ "a b", "saved=\"a b\"" },
		{ "", "saved=\"\"" },
		{ "x\nresult=removed", "saved=\"x\\x0Aresult=removed\"" },
		{ "x\" result=\"removed", "saved=\"x\\x22 result=\\x22removed\"" },
		{ "k=v", "saved=\"k=v\"" },
		{ "\x1b[2K\r<85>Jan 1", "saved=\"\\x1B[2K\\x0D<85>Jan 1\"" },
		{ "back\\slash", "saved=back\\x5Cslash" },
		{ "\xe2\x80\xae\xff", "saved=\\xE2\\x80\\xAE\\xFF" },
	};

	FOR_EACH_CASE(c, cases) {
		struct act act = removed("shm:7");
		struct buf line = BUF_INIT;
		unsigned int words;

		FACT_SET(&act, saved, "plain");
		audit_line(&line, &alice, &act);
		words = count_words(line.s);
		buf_reset(&line);
		FACT_SET(&act, saved, c->raw);
		audit_line(&line, &alice, &act);
		CHECK(c->word, strstr(line.s, c->word));
		CHECK(c->word, !strpbrk(line.s, "\n\r\x1b"));
		CHECK(c->word, count_words(line.s) == words);
		buf_release(&line);
	}
}

/* Whatever is cut off is a whole character or escape, and every word is there and closed. */
static void test_long_values(void **state)
{
	static const char *const units[] = { "a", "\n", "\"", "ü", " ", "日" };

	FOR_EACH_CASE(unit, units) {
		for (unsigned int lead = 0; lead < 4; lead++) {
			struct buf text = BUF_INIT, line = BUF_INIT, back = BUF_INIT;
			struct asker asker = alice;
			struct act act;
			const char *from, *end;

			for (unsigned int i = 0; i < lead; i++)
				buf_putc(&text, 'x');
			while (text.len < 5000)
				buf_puts(&text, *unit);
			act = removed("shm:7");
			asker.sudo = text.s;
			FACT_SET(&act, user, text.s);
			FACT_SET(&act, saved, text.s);
			FACT_SET(&act, why, text.s);
			audit_line(&line, &asker, &act);
			CHECK(*unit, line.len < 8000);
			CHECK(*unit, count_words(line.s) == 17);
			from = strstr(line.s, " why=") + strlen(" why=");
			from += *from == '"';
			end = strstr(from, "…");
			CHECK(*unit, end && (!end[strlen("…")] || !strcmp(end + strlen("…"), "\"")));
			CHECK(*unit, !text_unescape(&back, from, end - from));
			CHECK(*unit, back.len > 300 && !strncmp(back.s, text.s, back.len));
			CHECK(*unit, (back.len - lead) % strlen(*unit) == 0);
			buf_release(&text);
			buf_release(&line);
			buf_release(&back);
		}
	}
}

static void read_whole(const char *path, struct buf *text)
{
	buf_reset(text);
	assert_int_equal(io_read_file(AT_FDCWD, path, text, 1 << 20), 0);
}

static char *temp_folder(void)
{
	static char folder[64];

	snprintf(folder, sizeof(folder), "/tmp/ipctop-audit-XXXXXX");
	assert_non_null(mkdtemp(folder));
	return folder;
}

static void test_file(void **state)
{
	char *folder = temp_folder(), path[96];
	struct act act = removed("posix-shm:/a\\x0A\"}");
	struct buf text = BUF_INIT, error = BUF_INIT;
	struct json_reader reader;
	struct audit *audit;
	struct stat st;
	const char *key;
	unsigned int members = 0;
	size_t n;

	snprintf(path, sizeof(path), "%s/log", folder);
	assert_int_equal(audit_open("rm", path, &audit, &error), 0);
	assert_int_equal(audit_act(audit, &act), 0);
	assert_int_equal(audit_close(audit), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	read_whole(path, &text);
	assert_ptr_equal(strchr(text.s, '\n'), text.s + text.len - 1);
	json_reader_init(&reader, text.s, text.len);
	while (json_reader_member(&reader, &key) > 0) {
		struct json *value;

		assert_true(json_reader_value(&reader, &value) >= 0);
		if (!strcmp(key, "name"))
			assert_string_equal(json_to_string(value, &n), "posix-shm:/a\\x0A\"}");
		if (!strcmp(key, "command"))
			assert_string_equal(json_to_string(value, &n), "rm");
		json_free(value);
		members++;
	}
	assert_true(members >= 23);
	json_reader_release(&reader);
	unlink(path);
	rmdir(folder);
	buf_release(&text);
	buf_release(&error);
}

/* A line that somebody else left half written stays a line of its own. */
static void test_torn_file(void **state)
{
	char *folder = temp_folder(), path[96];
	struct act act = removed("shm:7");
	struct buf text = BUF_INIT, error = BUF_INIT;
	struct audit *audit;
	int fd;

	snprintf(path, sizeof(path), "%s/log", folder);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "{\"half", 6), 6);
	close(fd);
	assert_int_equal(audit_open("rm", path, &audit, &error), 0);
	assert_int_equal(audit_act(audit, &act), 0);
	assert_int_equal(audit_act(audit, &act), 0);
	assert_int_equal(audit_close(audit), 0);
	read_whole(path, &text);
	assert_memory_equal(text.s, "{\"half\n{\"time\":", 14);
	assert_null(strstr(text.s, "\n\n"));
	unlink(path);
	rmdir(folder);
	buf_release(&text);
	buf_release(&error);
}

static void test_no_file(void **state)
{
	char *folder = temp_folder(), path[96], other[96];
	struct buf error = BUF_INIT;
	struct audit *audit;

	snprintf(path, sizeof(path), "%s/log", folder);
	snprintf(other, sizeof(other), "%s/other", folder);
	assert_int_equal(symlink(other, path), 0);
	assert_int_equal(audit_open("rm", path, &audit, &error), -ELOOP);
	assert_non_null(strstr(error.s, "symbolic link"));
	assert_null(audit);
	assert_int_equal(access(other, F_OK), -1);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	buf_reset(&error);
	assert_int_equal(audit_open("rm", path, &audit, &error), -EMEDIUMTYPE);
	assert_non_null(strstr(error.s, "not a regular file"));
	unlink(path);
	buf_reset(&error);
	assert_int_equal(audit_open("rm", folder, &audit, &error), -EISDIR);
	rmdir(folder);
	buf_release(&error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_members_that_do_not_apply),
		cmocka_unit_test(test_foreign_bytes),
		cmocka_unit_test(test_long_values),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_torn_file),
		cmocka_unit_test(test_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
