/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <pthread.h>
#include <sys/sysmacros.h>

#include "ipctop/filter.h"
#include "unit.h"

#define WHOLE	1795531999	/* seconds: the latest time of the known object */
#define START	1795530990120	/* milliseconds */

/*
 * Three rows of each class that is filtered here: 'k' all is known, 'u' all is unknown, 'n'
 * nothing applies (but for objects' names and kinds, which always are).
 */
enum { ROW_K, ROW_U, ROW_N, NR_ROWS };

static struct snapshot *snap;

static void *rows_of(enum row_class class)
{
	void *first = NULL;

	for (int i = 0; i < NR_ROWS; i++)
		snapshot_add(snap, class);
	first = snapshot_row(snap, class, 0);
	((struct facts *)((char *)first + ROW_U * field_classes[class].size))->unknown = UINT64_MAX;
	return first;
}

static void add_processes(void)
{
	struct process *p = rows_of(CLASS_PROCESS);
	struct holder *h = rows_of(CLASS_HOLDER);
	struct mapping *m = rows_of(CLASS_MAPPING);

	FACT_SET(p, pid, 4712);
	FACT_SET(p, start_time, START);
	FACT_SET(p, comm, "worker");
	FACT_SET(p, cmdline, "worker \xff\x1b[31m --fast");
	for (uint32_t i = 0; i < NR_ROWS; i++)
		FACT_SET(&h[i], process, i);
	FACT_SET(h, mappings, ((struct span){ 0, 1 }));
	FACT_SET(h, fds, ((struct span){ 0, 0 }));
	FACT_SET(m, start, 0x7f0000000000);
	FACT_SET(m, length, 65536);
	FACT_SET(m, prot, "rw-s");
}

static void add_known_object(struct object *o)
{
	FACT_SET(o, name, "posix-shm:/a\\x0Ab\\x40c@0:30");
	FACT_SET(o, kind, KIND_POSIX_SHM);
	FACT_SET(o, id, 7);
	FACT_SET(o, key, 0x00a76098);
	FACT_SET(o, label, "m");
	FACT_SET(o, path, "/dev/shm/a.b");
	FACT_SET(o, device, makedev(0, 30));
	FACT_SET(o, size, 64ULL << 20);
	FACT_SET(o, allocated, 4096);
	FACT_SET(o, rss, 1ULL << 63);
	FACT_SET(o, mode, 0600);
	FACT_SET(o, uid, 1000);
	FACT_SET(o, user, "alice");
	FACT_SET(o, gid, 1000);
	FACT_SET(o, creator_uid, 0);
	FACT_SET(o, creator_user, "root");
	FACT_SET(o, creator_alive, 0);
	FACT_SET(o, last_alive, 1);
	FACT_SET(o, attach_time, WHOLE);
	FACT_SET(o, detach_time, WHOLE - 1);
	FACT_SET(o, nattch, 2);
	FACT_SET(o, links, 0);
	FACT_SET(o, state, STATE_ATTACHED);
	FACT_SET(o, flags, OBJECT_LOCKED | OBJECT_UNLINKED);
	FACT_SET(o, family, "");
	FACT_SET(o, verdict, VERDICT_UNKNOWN);
	FACT_UNKNOWN(o, swap);
	FACT_SET(o, reasons, ((struct span){ 0, 2 }));
	FACT_SET(o, holders, ((struct span){ 0, 3 }));
}

static void add_objects(void)
{
	struct object *o = rows_of(CLASS_OBJECT);
	struct reason *r = rows_of(CLASS_REASON);

	add_known_object(o);
	FACT_SET(r, code, "no-lease");
	FACT_SET(&r[1], code, "holders-unreadable");
	FACT_SET(&o[ROW_U], name, "shm:8");
	FACT_SET(&o[ROW_U], kind, KIND_SHM);
	FACT_SET(&o[ROW_N], name, "device:/dev/x");
	FACT_SET(&o[ROW_N], kind, KIND_DEVICE);
}

static int set_up(void **state)
{
	struct document *doc;
	struct gap *g;
	struct policy_row *p;

	snap = snapshot_new();
	doc = snapshot_document(snap);
	FACT_SET(doc, time, (WHOLE + 5) * 1000LL + 123);
	FACT_SET(doc, duration, 1500);
	FACT_SET(doc, policy, 0);
	add_processes();
	add_objects();
	g = rows_of(CLASS_GAP);
	FACT_SET(g, source, "maps");
	FACT_SET(g, pids, ((struct span){ 0, 2 }));
	*(uint64_t *)table_add(&snap->numbers, 8) = 1;
	*(uint64_t *)table_add(&snap->numbers, 8) = 7;
	p = rows_of(CLASS_POLICY);
	FACT_SET(p, keep, ((struct span){ 0, 2 }));
	*(const char **)table_add(&snap->words, sizeof(char *)) = "shm:7";
	*(const char **)table_add(&snap->words, sizeof(char *)) = "posix-shm:/oracle_*";
	return 0;
}

static int tear_down(void **state)
{
	snapshot_free(snap);
	return 0;
}

/* Which rows @expression selects: "k", "un", "". */
static void expect(enum row_class class, const char *expression, const char *want)
{
	struct filter_error error = { 0 };
	struct filter *f;
	char got[NR_ROWS + 1];
	unsigned int n = 0;

	if (filter_parse(class, expression, &f, &error))
		fail_msg("%s: column %u: %s", expression, error.column, error.text);
	for (uint32_t i = 0; i < NR_ROWS && i < snapshot_count(snap, class); i++)
		if (filter_match(f, snap, snapshot_row(snap, class, i)))
			got[n++] = "kun"[i];
	got[n] = '\0';
	filter_free(f);
	if (strcmp(got, want))
		fail_msg("%s: selects '%s', not '%s'", expression, got, want);
}

static const char *const ops[] = { "==", "!=", "<", "<=", ">", ">=" };

/* Whether "value op literal" holds, where the literal is below (-1), at or above (1) the value. */
static bool holds(unsigned int op, int literal)
{
	const bool truth[] = { !literal, literal, literal > 0, literal >= 0, literal < 0, literal <= 0 };

	return truth[op];
}

struct scale {
	enum row_class class;
	const char *field;
	const char *literals[3];	/* below, at, above */
	bool unordered;			/* == and != only */
};

static const struct scale scales[] = {
	{ CLASS_OBJECT, "id", { "6", "7", "8" } },
	{ CLASS_OBJECT, "id", { "0x6", "0x07", "0xA" } },
	{ CLASS_OBJECT, "nattch", { "0", "2", "18446744073709551615" } },
	{ CLASS_OBJECT, "size", { "63M", "64M", "65M" } },
	{ CLASS_OBJECT, "size", { "67108863", "67108864", "67108865" } },
	{ CLASS_OBJECT, "size", { "64MB", "64MiB", "0.1G" } },
	{ CLASS_OBJECT, "rss", { "7E", "8E", "10E" } },
	{ CLASS_OBJECT, "age", { "4s", "5s", "1m" } },
	{ CLASS_OBJECT, "age", { "4.999", "5", "5.001" } },
	{ CLASS_OBJECT, "attach_time", { "1795531998.9", "1795531999", "1795531999.1" } },
	{ CLASS_OBJECT, "attach_time", { "\"2026-11-24T14:53:18Z\"", "\"2026-11-24T14:53:19Z\"",
					 "2026-11-24T14:53:20Z" } },
	{ CLASS_OBJECT, "attach_time", { "\"2026-11-24 15:53:18+01:00\"", "2026-11-24T13:53:19-0100",
					 "2026-11-25" } },
	{ CLASS_OBJECT, "attach_time", { "\"2026-11-24T14:53\"", "\"2026-11-24T14:53:19\"",
					 "\"2026-11-24T14:53:19.001\"" } },
	{ CLASS_OBJECT, "key", { "0xa76097", "0x00a76098", "0x00A76099" } },
	{ CLASS_OBJECT, "key", { "\"0xa76097\"", "10969240", "'0x00A76099'" } },
	{ CLASS_OBJECT, "mode", { "0577", "0600", "0601" } },
	{ CLASS_OBJECT, "mode", { "\"577\"", "\"0600\"", "'601'" } },
	{ CLASS_OBJECT, "device", { "0:29", "0:30", "0:31" }, true },
	{ CLASS_OBJECT, "device", { "\"1:30\"", "\"0:30\"", "4294967295:30" }, true },
	{ CLASS_OBJECT, "last_alive", { "false", "true", "false" }, true },
	{ CLASS_OBJECT, "user", { "alicd", "alice", "alice2" } },
	{ CLASS_OBJECT, "user", { "''", "\"alice\"", "\"b\"" } },
	{ CLASS_OBJECT, "path", { "/dev/shm/a.a", "/dev/shm/a.b", "/dev/shm/a_b" } },
	{ CLASS_OBJECT, "state", { "created", "attached", "\"open\"" }, true },
	{ CLASS_OBJECT, "verdict", { "idle", "unknown", "stale" }, true },
	{ CLASS_OBJECT, "holders", { "2", "3", "4" } },
	{ CLASS_OBJECT, "reasons", { "0", "2", "0x3" } },
	{ CLASS_HOLDER, "pid", { "4711", "4712", "4713" } },
	{ CLASS_HOLDER, "start-time", { "1795530990.119", "1795530990.12", "1795530990.1201" } },
	{ CLASS_HOLDER, "mappings", { "0", "1", "2" } },
	{ CLASS_MAPPING, "start", { "0x7effffffffff", "0x7f0000000000", "\"0x7f0000000001\"" } },
};

static void expect_scale(const struct scale *c, unsigned int op, int side)
{
	const char *literal = c->literals[side + 1];
	/* 1795530990.1201 is the same millisecond */
	int at = side > 0 && strstr(literal, "990.1201") ? 0 : side;
	char text[200], mirror[200];
	static const unsigned int mirrored[] = { 0, 1, 4, 5, 2, 3 };

	snprintf(text, sizeof(text), "%s %s %s", c->field, ops[op], literal);
	expect(c->class, text, holds(op, at) ? "k" : "");
	snprintf(text, sizeof(text), "!(%s %s %s)", c->field, ops[op], literal);
	expect(c->class, text, holds(op, at) ? "" : "k");
	if (literal[0] >= 'a' && literal[0] <= 'z')
		return;	/* a word on the left is a field */
	snprintf(mirror, sizeof(mirror), "%s%s%s", literal, ops[mirrored[op]], c->field);
	if (literal[0] != '/')
		expect(c->class, mirror, holds(op, at) ? "k" : "");
}

static void each_type_compares_with_each_operator_and_never_in_the_dark(void **state)
{
	FOR_EACH_CASE(c, scales) {
		char text[200];

		for (unsigned int op = 0; op < (c->unordered ? 2 : ARRAY_SIZE(ops)); op++)
			for (int side = -1; side <= 1; side++)
				expect_scale(c, op, side);
		snprintf(text, sizeof(text), "%s == null", c->field);
		expect(c->class, text, "un");
		snprintf(text, sizeof(text), "null != %s", c->field);
		expect(c->class, text, "k");
		snprintf(text, sizeof(text), "!(%s != null)", c->field);
		expect(c->class, text, "un");
	}
}

struct selection {
	enum row_class class;
	const char *expression, *want;
};

static void expect_all(const struct selection *cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		expect(cases[i].class, cases[i].expression, cases[i].want);
}

static void texts_and_words_match_expressions(void **state)
{
	static const struct selection cases[] = {
		{ CLASS_OBJECT, "user =~ \"^al\"", "k" },
		{ CLASS_OBJECT, "user !~ \"^al\"", "" },
		{ CLASS_OBJECT, "user =~ \"^bo\"", "" },
		{ CLASS_OBJECT, "user !~ \"^bo\"", "k" },
		{ CLASS_OBJECT, "!(user =~ \"^bo\")", "k" },
		{ CLASS_OBJECT, "user =~ lic", "k" },
		{ CLASS_OBJECT, "user =~ user", "" },
		{ CLASS_OBJECT, "user =~ ''", "k" },
		{ CLASS_OBJECT, "user =~ \"^(bob|al[[:alpha:]]{2,3})$\"", "k" },
		{ CLASS_OBJECT, "path =~ \"a\\.b\"", "k" },
		{ CLASS_OBJECT, "path =~ \"a\\\\.b\"", "k" },
		{ CLASS_OBJECT, "path =~ \"a\\-b\"", "" },
		{ CLASS_OBJECT, "path =~ /dev/shm/a.b", "k" },
		{ CLASS_OBJECT, "path == \"/dev\\x2fshm/\\x61.b\"", "k" },
		{ CLASS_OBJECT, "label == \"\\t\" || label == 'm'", "k" },
		{ CLASS_OBJECT, "kind =~ \"^posix\"", "k" },
		{ CLASS_OBJECT, "kind !~ \"^posix\"", "un" },
		{ CLASS_OBJECT, "kind =~ shm", "ku" },
		{ CLASS_OBJECT, "kind =~ \"nothing at all\"", "" },
		{ CLASS_HOLDER, "cmdline =~ \"\\x1b\\[31m\"", "k" },
		{ CLASS_HOLDER, "cmdline =~ \"--fast$\"", "k" },
		{ CLASS_HOLDER, "comm == worker && cmdline !~ \"^bash\"", "k" },
		{ CLASS_MAPPING, "prot =~ \"w.s$\"", "k" },
		{ CLASS_MAPPING, "prot == 'rw-s'", "k" },
		{ CLASS_MAPPING, "prot == rw-s", "k" },
	};

	expect_all(cases, ARRAY_SIZE(cases));
}

static void names_compare_as_they_are_written(void **state)
{
	static const struct selection cases[] = {
		{ CLASS_OBJECT, "name == 'posix-shm:/a\\x0Ab\\x40c@0:30'", "k" },
		{ CLASS_OBJECT, "name == 'posix-shm:/a\\x0ab\\x40c@0:30'", "k" },
		{ CLASS_OBJECT, "name == 'posix-shm:/a\\nb\\x40c@0:30'", "k" },
		{ CLASS_OBJECT, "name == 'posix-shm:/a\\nb@c@0:30'", "" },
		{ CLASS_OBJECT, "name == \"\\x73hm:8\"", "u" },
		{ CLASS_OBJECT, "name == shm:8", "u" },
		{ CLASS_OBJECT, "name != shm:8", "kn" },
		{ CLASS_OBJECT, "name == device:/dev/x", "n" },
		{ CLASS_OBJECT, "name =~ '^posix-shm:/a\\\\\\\\x0Ab'", "k" },
		{ CLASS_OBJECT, "name < e", "n" },
		{ CLASS_OBJECT, "name", "kun" },
	};

	expect_all(cases, ARRAY_SIZE(cases));
}

static void lists_pass_by_any_member(void **state)
{
	static const struct selection cases[] = {
		{ CLASS_OBJECT, "flags == locked", "k" },
		{ CLASS_OBJECT, "flags != locked", "" },
		{ CLASS_OBJECT, "flags == condemned", "" },
		{ CLASS_OBJECT, "flags != condemned", "k" },
		{ CLASS_OBJECT, "!(flags == condemned)", "k" },
		{ CLASS_OBJECT, "flags =~ \"^(un|con)\"", "k" },
		{ CLASS_OBJECT, "flags !~ \"^(un|con)\"", "" },
		{ CLASS_OBJECT, "flags == null", "un" },
		{ CLASS_OBJECT, "flags == \"world-writable\" || flags == 'unlinked'", "k" },
		{ CLASS_OBJECT, "reasons == no-lease", "k" },
		{ CLASS_OBJECT, "reasons == holders-unreadable", "k" },
		{ CLASS_OBJECT, "reasons != \"no-lease\"", "" },
		{ CLASS_OBJECT, "reasons == abandoned", "" },
		{ CLASS_OBJECT, "reasons != abandoned", "k" },
		{ CLASS_OBJECT, "reasons =~ \"lease$\"", "k" },
		{ CLASS_OBJECT, "reasons !~ \"lease$\"", "" },
		{ CLASS_OBJECT, "holders == worker", "k" },
		{ CLASS_OBJECT, "holders =~ 'work'", "k" },
		/* one holder's name is unknown: that none is called bash is not proven */
		{ CLASS_OBJECT, "holders == bash", "" },
		{ CLASS_OBJECT, "holders != bash", "" },
		{ CLASS_OBJECT, "holders != worker", "" },
		{ CLASS_OBJECT, "unknown == swap", "ku" },
		{ CLASS_OBJECT, "unknown != swap", "n" },
		{ CLASS_OBJECT, "unknown == creator-pid", "u" },
		{ CLASS_OBJECT, "unknown =~ \"^(swap|size)$\"", "ku" },
		{ CLASS_OBJECT, "unknown", "ku" },
		{ CLASS_OBJECT, "!unknown", "n" },
		{ CLASS_OBJECT, "unknown == null", "" },
		{ CLASS_GAP, "pids == 7", "k" },
		{ CLASS_GAP, "pids != 7", "" },
		{ CLASS_GAP, "pids == 2", "" },
		{ CLASS_GAP, "pids != 2", "k" },
		{ CLASS_GAP, "pids", "k" },
		{ CLASS_POLICY, "keep == 'shm:7'", "k" },
		{ CLASS_POLICY, "keep != 'shm:7'", "" },
		{ CLASS_POLICY, "keep =~ oracle", "k" },
		{ CLASS_POLICY, "keep !~ oracle", "" },
		{ CLASS_DOCUMENT, "policy != null", "k" },
		{ CLASS_DOCUMENT, "limits != null", "" },
		{ CLASS_DOCUMENT, "policy", "k" },
		{ CLASS_DOCUMENT, "duration == 1.5 && duration >= 1s && duration < 2s", "k" },
		{ CLASS_DOCUMENT, "time == 1795532004.123 && time != 1795532004", "k" },
	};

	snapshot_document(snap)->facts.known &= ~FACT_BIT(snapshot_document(snap), limits);
	expect_all(cases, ARRAY_SIZE(cases));
}

static void an_empty_list_has_no_member(void **state)
{
	static const struct selection cases[] = {
		{ CLASS_HOLDER, "fds == 0", "k" },	{ CLASS_HOLDER, "fds", "" },
		{ CLASS_HOLDER, "!fds", "k" },		{ CLASS_HOLDER, "!mappings", "" },
	};

	expect_all(cases, ARRAY_SIZE(cases));
}

static void a_field_alone_is_true_when_something_is_there(void **state)
{
	static const struct selection cases[] = {
		{ CLASS_OBJECT, "size", "k" },		{ CLASS_OBJECT, "!size", "" },
		{ CLASS_OBJECT, "links", "" },		{ CLASS_OBJECT, "!links", "k" },
		{ CLASS_OBJECT, "user", "k" },		{ CLASS_OBJECT, "family", "" },
		{ CLASS_OBJECT, "!family", "k" },	{ CLASS_OBJECT, "creator_alive", "" },
		{ CLASS_OBJECT, "!creator_alive", "k" }, { CLASS_OBJECT, "last_alive", "k" },
		{ CLASS_OBJECT, "swap", "" },		{ CLASS_OBJECT, "!swap", "" },
		{ CLASS_OBJECT, "kind", "kun" },	{ CLASS_OBJECT, "flags", "k" },
		{ CLASS_OBJECT, "reasons", "k" },	{ CLASS_OBJECT, "attach_time", "k" },
		{ CLASS_OBJECT, "SIZE", "k" },		{ CLASS_OBJECT, "Attach-Time", "k" },
		{ CLASS_OBJECT, "mode && key && device && age && id", "k" },
		{ CLASS_HOLDER, "start_time", "k" },	{ CLASS_MAPPING, "start && !offset", "" },
	};

	expect_all(cases, ARRAY_SIZE(cases));
}

static void logic_has_three_values(void **state)
{
	/* of the row 'k': yes, no, and undecided */
	static const char *const t[] = { "nattch == 0", "swap == 0", "nattch == 2" };
	char text[200];

	for (int a = 0; a < 3; a++) {
		snprintf(text, sizeof(text), "kind == posix-shm && !%s", t[a]);
		expect(CLASS_OBJECT, text, a == 0 ? "k" : "");
		snprintf(text, sizeof(text), "kind == posix-shm && !!%s", t[a]);
		expect(CLASS_OBJECT, text, a == 2 ? "k" : "");
		for (int b = 0; b < 3; b++) {
			int least = a < b ? a : b, most = a < b ? b : a;

			snprintf(text, sizeof(text), "%s && %s", t[a], t[b]);
			expect(CLASS_OBJECT, text, least == 2 ? "k" : "");
			snprintf(text, sizeof(text), "!(%s && %s)", t[a], t[b]);
			expect(CLASS_OBJECT, text, least == 0 ? "k" : "");
			snprintf(text, sizeof(text), "%s || %s", t[a], t[b]);
			expect(CLASS_OBJECT, text, most == 2 ? "k" : "");
			snprintf(text, sizeof(text), "!(%s || %s)", t[a], t[b]);
			expect(CLASS_OBJECT, text, most == 0 ? "k" : "");
		}
	}
}

static void operators_bind_as_documented(void **state)
{
	static const struct selection cases[] = {
		{ CLASS_OBJECT, "id == 7 || id == 8 && id == 9", "k" },
		{ CLASS_OBJECT, "(id == 7 || id == 8) && id == 9", "" },
		{ CLASS_OBJECT, "id == 9 && id == 8 || id == 7", "k" },
		{ CLASS_OBJECT, "id == 9 && (id == 8 || id == 7)", "" },
		{ CLASS_OBJECT, "!id == 8", "k" },
		{ CLASS_OBJECT, "!id == 8 && id == 9", "" },
		{ CLASS_OBJECT, "!(id == 8 || id == 7)", "" },
		{ CLASS_OBJECT, "id==7&&nattch==2&&size>=64M", "k" },
		{ CLASS_OBJECT, "\t id\n==\r7 ", "k" },
		{ CLASS_OBJECT, "((((id == 7))))", "k" },
		{ CLASS_OBJECT, "id == 1 || (id == 2 || id == 7) || id == 3", "k" },
	};

	expect_all(cases, ARRAY_SIZE(cases));
}

static void fields_compare_with_fields(void **state)
{
	static const struct selection cases[] = {
		{ CLASS_OBJECT, "uid == gid", "k" },	{ CLASS_OBJECT, "uid != creator_uid", "k" },
		{ CLASS_OBJECT, "uid < creator_uid", "" }, { CLASS_OBJECT, "allocated < size", "k" },
		{ CLASS_OBJECT, "size > swap", "" },	{ CLASS_OBJECT, "!(size > swap)", "" },
		{ CLASS_OBJECT, "user != creator_user", "k" },
		{ CLASS_OBJECT, "user < creator_user", "k" },
		{ CLASS_OBJECT, "name > path", "k" },
		{ CLASS_OBJECT, "attach_time > detach_time", "k" },
		{ CLASS_OBJECT, "attach_time == detach_time", "" },
		{ CLASS_OBJECT, "last_alive != creator_alive", "k" },
		{ CLASS_OBJECT, "kind == device", "n" },
		{ CLASS_OBJECT, "device == kind", "n" },
		{ CLASS_OBJECT, "verdict == unknown", "k" },
	};

	expect_all(cases, ARRAY_SIZE(cases));
}

static void needs_are_those_of_all_fields(void **state)
{
	static const struct {
		const char *expression;
		uint32_t needs;
	} cases[] = {
		{ "kind == shm", 0 },
		{ "rss > 4K", NEED_BIT(NEED_RESIDENT) },
		{ "size > rss", NEED_BIT(NEED_RESIDENT) },
		{ "id || !(verdict == stale && creator_alive)",
		  NEED_BIT(NEED_VERDICT) | NEED_BIT(NEED_PIDS) },
		{ "holders =~ worker", NEED_BIT(NEED_HOLDERS) | NEED_BIT(NEED_PROCESSES) },
	};

	FOR_EACH_CASE(c, cases) {
		struct filter_error error;
		struct filter *f;

		assert_int_equal(filter_parse(CLASS_OBJECT, c->expression, &f, &error), 0);
		if (filter_needs(f) != c->needs)
			fail_msg("%s: needs %#x, not %#x", c->expression, filter_needs(f), c->needs);
		filter_free(f);
	}
}

static void *match_often(void *arg)
{
	const struct filter *f = arg;
	unsigned long selected = 0;

	for (int i = 0; i < 2000; i++)
		for (uint32_t row = 0; row < NR_ROWS; row++)
			selected += filter_match(f, snap, snapshot_row(snap, CLASS_OBJECT, row));
	return (void *)selected;
}

static void one_filter_serves_several_threads(void **state)
{
	struct filter_error error;
	pthread_t threads[4];
	struct filter *f;
	void *selected;

	assert_int_equal(filter_parse(CLASS_OBJECT, "user =~ '^a.*e$' && size >= 64M", &f, &error), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, match_often, f), 0);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(threads[i], &selected), 0);
		assert_int_equal((unsigned long)selected, 2000);
	}
	filter_free(f);
	filter_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_type_compares_with_each_operator_and_never_in_the_dark),
		cmocka_unit_test(texts_and_words_match_expressions),
		cmocka_unit_test(names_compare_as_they_are_written),
		cmocka_unit_test(lists_pass_by_any_member),
		cmocka_unit_test(an_empty_list_has_no_member),
		cmocka_unit_test(a_field_alone_is_true_when_something_is_there),
		cmocka_unit_test(logic_has_three_values),
		cmocka_unit_test(operators_bind_as_documented),
		cmocka_unit_test(fields_compare_with_fields),
		cmocka_unit_test(needs_are_those_of_all_fields),
		cmocka_unit_test(one_filter_serves_several_threads),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
