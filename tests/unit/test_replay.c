/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <fcntl.h>
#include <unistd.h>
#include "ipctop/collect.h"
#include "ipctop/view.h"
#include "sample.h"

/* @s with its first objects as a document; free() it. */
static char *document_of(const struct snapshot *s, uint32_t count)
{
	uint32_t *rows = xcalloc(count, sizeof(*rows));
	struct stream stream;
	FILE *f = stream_open(&stream);

	for (uint32_t i = 0; i < count; i++)
		rows[i] = i;
	assert_int_equal(view_json(f, s, rows, count), 0);
	free(rows);
	return stream_close(&stream);
}

static char *document(const struct snapshot *s)
{
	return document_of(s, snapshot_count(s, CLASS_OBJECT));
}

static char *sample_text(void)
{
	struct snapshot *s = sample_snapshot();
	char *text = document(s);

	snapshot_free(s);
	return text;
}

static struct snapshot *parsed(const char *text)
{
	struct buf error = BUF_INIT;
	struct snapshot *s;

	if (replay_parse(text, strlen(text), &s, &error))
		fail_msg("%s", error.s);
	assert_int_equal(error.len, 0);
	return s;
}

static void assert_refused(const char *text, const char *sentence)
{
	struct buf error = BUF_INIT;
	struct snapshot *s;

	assert_int_equal(replay_parse(text, strlen(text), &s, &error), -EINVAL);
	assert_null(s);
	assert_string_equal(error.s, sentence);
	buf_release(&error);
}

/* The sample with the first @from replaced by @to; free() it. */
static char *changed(const char *from, const char *to)
{
	char *text = sample_text(), *at = strstr(text, from);
	struct buf out = BUF_INIT;

	if (!at)
		fail_msg("%s is not in the sample", from);
	buf_add(&out, text, at - text);
	buf_puts(&out, to);
	buf_puts(&out, at + strlen(from));
	free(text);
	return buf_detach(&out);
}

static void test_gives_the_same_document_back(void **state)
{
	char *text = sample_text(), *again;
	struct snapshot *s = parsed(text);

	again = document(s);
	assert_string_equal(again, text);
	assert_true(s->replayed);
	assert_int_equal(s->sources, SOURCES_ALL);
	assert_int_equal(s->kinds, KINDS_ALL);
	snapshot_free(s);
	free(again);
	free(text);
}

static void test_facts_come_back(void **state)
{
	char *text = sample_text();
	struct snapshot *s = parsed(text), *orig = sample_snapshot();
	const struct object *o = snapshot_object(s, 0), *file = snapshot_object(s, 1), *set = snapshot_object(s, 8);
	const struct semaphore *one;
	const struct holder *h;
	const struct process *p;

	assert_int_equal(snapshot_count(s, CLASS_OBJECT), NR_KINDS);
	for (uint32_t i = 0; i < NR_KINDS; i++) {
		assert_int_equal(snapshot_object(s, i)->kind, snapshot_object(orig, i)->kind);
		assert_int_equal(snapshot_object(s, i)->facts.unknown,
				 snapshot_object(orig, i)->facts.unknown);
	}
	assert_true(o->size == (1ULL << 53) + 1);
	assert_true(o->allocated == UINT64_MAX);
	assert_true(o->key == 0x00a76098 && o->mode == 0600 && o->device == makedev(0, 1));
	assert_true(o->change_time == -1);
	assert_true(o->flags == (OBJECT_LOCKED | OBJECT_WORLD_WRITABLE));
	assert_false(FACT_KNOWN(o, creator_pid) || FACT_KNOWN(o, label));
	assert_true(FACT_IS_UNKNOWN(o, creator_pid) && !FACT_IS_UNKNOWN(o, label));
	assert_string_equal(file->path, "/dev/shm/a\n\xff@b");
	assert_string_equal(file->name, "posix-shm:/a\\x0A\\xFF\\x40b@0:25");
	assert_true(file->inode == UINT64_MAX - 1);
	h = snapshot_row(s, CLASS_HOLDER, o->holders.first);
	p = snapshot_row(s, CLASS_PROCESS, h->process);
	assert_true(p->pid == 4712 && p->start_time == SAMPLE_START);
	assert_int_equal(h->mappings.count, 2);
	assert_string_equal(set->name, "sem:3");
	assert_int_equal(set->values.count, 2);
	one = snapshot_row(s, CLASS_SEMAPHORE, set->values.first + 1);
	assert_true(one->number == 1 && one->value == 32767 && one->last_pid == 4712 && one->rise_waiters == 0);
	assert_int_equal(((struct limits *)snapshot_row(s, CLASS_LIMITS, 0))->shmmax, SAMPLE_SHMMAX);
	snapshot_free(orig);
	snapshot_free(s);
	free(text);
}

static void test_one_process_is_one_row(void **state)
{
	char *text = sample_text();
	struct snapshot *s = parsed(text);
	const struct object *a = snapshot_object(s, 0), *b = snapshot_object(s, 1);
	const struct holder *ha = snapshot_row(s, CLASS_HOLDER, a->holders.first);
	const struct holder *hb = snapshot_row(s, CLASS_HOLDER, b->holders.first);

	assert_int_equal(snapshot_count(s, CLASS_PROCESS), 2);
	assert_int_equal(snapshot_count(s, CLASS_HOLDER), 3);
	assert_int_equal(ha->process, hb->process);
	assert_int_not_equal(hb[1].process, hb->process);
	snapshot_free(s);
	free(text);
}

/* What was kept of a document says that it is a part, and is a document itself. */
static void assert_stable(const struct snapshot *s)
{
	char *part = document(s), *again;
	struct snapshot *twice = parsed(part);

	assert_non_null(strstr(part, "{\"source\":\"snapshot\",\"error\":\"ENODATA\",\"count\":1,\"pids\":[]}"));
	again = document(twice);
	assert_string_equal(again, part);
	free(again);
	free(part);
	snapshot_free(twice);
}

/* Cut off anywhere: a clear error before the times are known, else what was whole. */
static void test_cut_off_anywhere(void **state)
{
	struct snapshot *sample = sample_snapshot();
	char *text = document_of(sample, 3), *time = strstr(text, "\"time\"");
	size_t len = strlen(text), objects = strstr(text, "\"objects\": [") - text;
	size_t reached = 0;

	for (size_t n = 0; n < len - 2; n++) {
		char *part = memcpy(xcalloc(n + 1, 1), text, n);	/* of just this size, for ASan */
		struct buf error = BUF_INIT;
		struct snapshot *s;
		int rc = replay_parse(part, n, &s, &error);

		free(part);
		if (rc) {
			assert_true(n <= (size_t)(time - text) + 25);
			assert_int_equal(rc, -EINVAL);
			assert_true(error.len > 0);
			buf_release(&error);
			continue;
		}
		assert_int_equal(error.len, 0);
		assert_int_equal(snapshot_document(s)->complete, 0);
		assert_true(snapshot_count(s, CLASS_OBJECT) >= reached);
		if (snapshot_count(s, CLASS_OBJECT) > reached || n % 97 == 0)
			assert_stable(s);
		reached = snapshot_count(s, CLASS_OBJECT);
		assert_true(n > objects || !reached);
		snapshot_free(s);
	}
	assert_int_equal(reached, 3);
	snapshot_free(sample);
	free(text);
}

static void test_cut_off_says_so(void **state)
{
	assert_refused("", "is not an ipctop document: line 1, column 1: the text ends here, too early");
	assert_refused("{\"schema\": \"ipctop/1\",", "is cut off too early: time: missing");
	assert_refused("{\"schema\": \"ipctop/1\"}", "time: missing");
}

static void test_what_is_no_document(void **state)
{
	static const struct {
		const char *text, *sentence;
	} cases[] = {
		{ "hello", "is not an ipctop document: line 1, column 1: not a JSON object" },
		{ "[]", "is not an ipctop document: line 1, column 1: not a JSON object" },
		{ "{}", "is not an ipctop document" },
		{ "{\"objects\": []}", "is not an ipctop document" },
		{ "{\"schema\": 1}", "is not an ipctop document" },
		{ "{\"schema\": null}", "is not an ipctop document" },
		{ "{\"schema\": \"ipctop/2\", \"objects\": 7}",
		  "schema ipctop/2: this program reads ipctop/1" },
		{ "{\"objects\": 7, \"schema\": \"\\u001b[31m\"}",
		  "schema \\x1B[31m: this program reads ipctop/1" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_refused(cases[i].text, cases[i].sentence);
}

static void test_wrong_values_are_named(void **state)
{
	static const struct {
		const char *from, *to, *sentence;
	} cases[] = {
		{ "\"time\": 1795532000.123", "\"time\": \"now\"", "time: not a number" },
		{ "\"time\": 1795532000.123", "\"time\": null", "time: null" },
		{ "\"complete\": false", "\"complete\": 0", "complete: neither true nor false" },
		{ "\"uid\": 0", "\"uid\": -1", "uid: out of range" },
		{ "\"count\":2", "\"count\":\"2\"", "gaps[0].count: not a number" },
		{ "\"pids\":[1,7]", "\"pids\":[1,\"7\"]", "gaps[0].pids[1]: not a number, or out of range" },
		{ "\"pids\":[1,7]", "\"pids\":7", "gaps[0].pids: not an array" },
		{ "\"keep\":[", "\"keep\":[3,", "policy.keep[0]: not a string escaped as \\xHH" },
		{ "\"grace\":600", "\"grace\":18446744073709551616", "policy.grace: out of range" },
		{ "\"policy\": {", "\"policy\": [], \"x\": {", "policy: not an object" },
		{ "\"gaps\": [", "\"gaps\": 3, \"x\": [", "gaps: not an array" },
		{ "\"totals\": {", "\"totals\": [], \"x\": {", "totals: not an object" },
		{ "\"totals\": {\"shm\"", "\"totals\": {\"odd\"", "totals: no such word: 'odd'" },
		{ "\"totals\": {\"shm\":{\"objects\":1", "\"totals\": {\"shm\":{\"objects\":true",
		  "totals.shm.objects: not a number" },
		{ "\"objects\": [", "\"objects\": {}, \"x\": [", "objects: not an array" },
		{ "\"objects\": [", "\"objects\": [7,", "objects[0]: not an object" },
		{ "\"name\":\"shm:7\"", "\"n\":1", "objects[0].name: missing" },
		{ "\"name\":\"shm:7\"", "\"name\":null", "objects[0].name: null" },
		{ "\"name\":\"shm:7\"", "\"name\":7", "objects[0].name: not a string" },
		{ "\"name\":\"shm:7\"", "\"name\":\"shm:\\u001b\"", "objects[0].name: not an escaped name" },
		{ "\"name\":\"shm:7\"", "\"name\":\"shm:\\\\n\"", "objects[0].name: not an escaped name" },
		{ "\"kind\":\"memfd\"", "\"kind\":\"fd\"", "objects[3].kind: no such word: 'fd'" },
		{ "\"size\":0,\"allocated\":null", "\"size\":[],\"allocated\":null",
		  "objects[1].size: not a number" },
		{ "\"key\":\"0x00a76098\"", "\"key\":\"0x100000000\"", "objects[0].key: out of range" },
		{ "\"key\":\"0x00a76098\"", "\"key\":\"00a76098\"",
		  "objects[0].key: not a key, such as \"0x00a76098\"" },
		{ "\"mode\":\"0600\"", "\"mode\":\"0680\"",
		  "objects[0].mode: not an octal mode, such as \"0600\"" },
		{ "\"device\":\"0:1\"", "\"device\":\"0:\"", "objects[0].device: not a device, such as \"0:1\"" },
		{ "\"device\":\"0:1\"", "\"device\":\"1\"", "objects[0].device: not a device, such as \"0:1\"" },
		{ "\"age\":1000", "\"age\":\"old\"", "objects[0].age: not a number" },
		{ "\"state\":\"attached\"", "\"state\":\"gone\"", "objects[0].state: no such word: 'gone'" },
		{ "[\"locked\",", "[\"locked\",\"odd\",", "objects[0].flags[1]: no such word: 'odd'" },
		{ "\"unknown\":[\"creator_pid\"", "\"unknown\":[\"name\"",
		  "objects[0].unknown[0]: what is always known is said to be unknown" },
		{ "\"unknown\":[\"creator_pid\"", "\"unknown\":[7", "objects[0].unknown[0]: not a string" },
		{ "\"pid\":4712", "\"pid\":null", "objects[0].holders[0].pid: null" },
		{ "\"comm\":\"worker\"", "\"comm\":\"a\\\\b\"",
		  "objects[0].holders[0].comm: not escaped as \\xHH, or a zero byte" },
		{ "\"comm\":\"worker\"", "\"comm\":\"a\\\\x00b\"",
		  "objects[0].holders[0].comm: not escaped as \\xHH, or a zero byte" },
		{ "\"comm\":\"worker\"", "\"comm\":\"a\\u0000b\"",
		  "objects[0].holders[0].comm: not escaped as \\xHH, or a zero byte" },
		{ "\"start\":\"0x7f0000000000\"", "\"start\":\"0x10000000000000000\"",
		  "objects[0].holders[0].mappings[0].start: out of range" },
		{ "\"access\":\"rw\"", "\"access\":\"x\"", "objects[1].holders[0].fds[0].access: no such word: 'x'" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *text = changed(cases[i].from, cases[i].to);

		assert_refused(text, cases[i].sentence);
		free(text);
	}
}

static void test_broken_json_is_located(void **state)
{
	char *text = changed("\"id\":7", "\"id\":7x");
	struct buf error = BUF_INIT;
	struct snapshot *s;

	assert_int_equal(replay_parse(text, strlen(text), &s, &error), -EINVAL);
	assert_int_equal(strncmp(error.s, "line 20, column ", 16), 0);
	buf_release(&error);
	free(text);
}

/* Members of later versions, members in another order, lists that an earlier version had not. */
static void test_other_programs_documents(void **state)
{
	static const char text[] =
		"{\"objects\":[{\"new\":{\"a\":[1]},\"unknown\":[\"size\",\"new\",\"age\",\"uses\"],"
		"\"kind\":\"anon\",\"size\":5,\"name\":\"anon:0:1:2\"}],\"new\":[1,2],\"uses\":3,"
		"\"time\":1e3,\"schema\":\"ipctop/1\",\"complete\":true}";
	struct snapshot *s = parsed(text);
	const struct object *o = snapshot_object(s, 0);

	assert_int_equal(snapshot_count(s, CLASS_OBJECT), 1);
	assert_string_equal(o->name, "anon:0:1:2");
	assert_true(FACT_IS_UNKNOWN(o, size) && !FACT_KNOWN(o, size));
	assert_true(FACT_KNOWN(o, holders) && o->holders.count == 0);
	assert_true(snapshot_document(s)->time == 1000000);
	snapshot_free(s);
}

static void test_files(void **state)
{
	char path[] = "/tmp/ipctop-test-XXXXXX", *text = sample_text(), *again;
	int fd = mkstemp(path), stdin_kept = dup(0);
	struct buf error = BUF_INIT;
	struct snapshot *s;

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(replay_read(path, &s, &error), 0);
	again = document(s);
	assert_string_equal(again, text);
	free(again);
	snapshot_free(s);
	lseek(fd, 0, SEEK_SET);
	dup2(fd, 0);
	assert_int_equal(replay_read("-", &s, &error), 0);
	dup2(stdin_kept, 0);
	close(stdin_kept);
	snapshot_free(s);
	close(fd);
	unlink(path);
	assert_int_equal(replay_read(path, &s, &error), -ENOENT);
	assert_string_equal(error.s, "cannot be read: No such file or directory");
	buf_reset(&error);
	assert_int_equal(replay_read("/tmp", &s, &error), -EISDIR);
	assert_null(s);
	assert_string_equal(error.s, "cannot be read: Is a directory");
	buf_release(&error);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gives_the_same_document_back),
		cmocka_unit_test(test_facts_come_back),
		cmocka_unit_test(test_one_process_is_one_row),
		cmocka_unit_test(test_cut_off_anywhere),
		cmocka_unit_test(test_cut_off_says_so),
		cmocka_unit_test(test_what_is_no_document),
		cmocka_unit_test(test_wrong_values_are_named),
		cmocka_unit_test(test_broken_json_is_located),
		cmocka_unit_test(test_other_programs_documents),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
