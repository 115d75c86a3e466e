/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of the monitor's tables: which, in which order, below which headings, and what they are known by. */
#include "tui/rows.h"

#include "sample.h"
#include "unit.h"

/* Five objects of two users, two families, two processes. */
static struct object *add(struct snapshot *s, enum kind kind, const char *name, const char *user, uint64_t uid,
			  uint64_t size, enum verdict verdict)
{
	struct object *o = sample_object(s, kind, name);

	FACT_SET(o, inode, snapshot_count(s, CLASS_OBJECT));
	FACT_SET(o, id, snapshot_count(s, CLASS_OBJECT));
	FACT_SET(o, user, user);
	FACT_SET(o, uid, uid);
	FACT_SET(o, size, size);
	FACT_SET(o, verdict, verdict);
	return o;
}

static struct snapshot *make(void)
{
	struct snapshot *s = snapshot_new();
	struct object *o;

	o = add(s, KIND_SHM, "shm:1", "alice", 1000, 300, VERDICT_LIVE);
	sample_holder(s, o, sample_process(s, 4712, "worker"));
	sample_holder(s, o, sample_process(s, 4713, "other"));
	o = add(s, KIND_POSIX_SHM, "posix-shm:/psm_b", "bob", 1001, 100, VERDICT_STALE);
	FACT_SET(o, family, "Python");
	FACT_SET(o, holders_complete, 1);
	o = add(s, KIND_POSIX_SHM, "posix-shm:/psm_a", "alice", 1000, 500, VERDICT_STALE);
	FACT_SET(o, family, "Python");
	FACT_SET(o, holders_complete, 0);
	o = add(s, KIND_MEMFD, "memfd:0:1:9", "bob", 1001, 200, VERDICT_LIVE);
	sample_holder(s, o, 0);
	o = add(s, KIND_SHM, "shm:2", "10", 10, 400, VERDICT_UNKNOWN);
	FACT_UNKNOWN(o, user);
	return s;
}

/* What an arrangement shows, one word an entry: names, and "[title]" for headings. */
static const char *shown(const struct snapshot *s, const struct arrangement *a)
{
	static char text[512];
	struct buf out = BUF_INIT;

	for (uint32_t i = 0; i < a->count; i++) {
		const struct entry *e = &a->entries[i];

		if (e->type == ENTRY_GROUP)
			buf_printf(&out, "%s[%s]", i ? " " : "", a->groups[e->group].title);
		else
			buf_printf(&out, "%s%s", i ? " " : "", snapshot_object(s, e->row)->name);
	}
	snprintf(text, sizeof(text), "%s", out.s);
	buf_release(&out);
	return text;
}

static struct arranging usual(const struct snapshot *s, const struct row_filter *filter,
			      const struct columns *columns, const struct sort *sort,
			      const struct keymap *folded)
{
	return (struct arranging){
		.class = CLASS_OBJECT, .span = { .count = snapshot_count(s, CLASS_OBJECT) },
		.filter = filter, .columns = columns, .sort = sort, .folded = folded,
	};
}

#define ALL "posix-shm:/psm_a shm:2 shm:1 memfd:0:1:9 posix-shm:/psm_b"

static const struct {
	const char *what;
	uint32_t kinds;
	const char *user, *text;
	bool stale;
	const char *shown;
} filters[] = {
	{ "nothing chosen", 0, NULL, NULL, false, ALL },
	{ "a kind", KIND_BIT(KIND_SHM), NULL, NULL, false, "shm:2 shm:1" },
	{ "two kinds", KIND_BIT(KIND_SHM) | KIND_BIT(KIND_MEMFD), NULL, NULL, false, "shm:2 shm:1 memfd:0:1:9" },
	{ "a user", 0, "alice", NULL, false, "posix-shm:/psm_a shm:1" },
	{ "a user's number", 0, "1001", NULL, false, "memfd:0:1:9 posix-shm:/psm_b" },
	{ "the number of one without a name", 0, "10", NULL, false, "shm:2" },
	{ "several users", 0, "10,alice", NULL, false, "posix-shm:/psm_a shm:2 shm:1" },
	{ "the beginning of a user", 0, "ali", NULL, false, "" },
	{ "stale", 0, NULL, NULL, true, "posix-shm:/psm_a posix-shm:/psm_b" },
	{ "a text in the name", 0, NULL, "psm", false, "posix-shm:/psm_a posix-shm:/psm_b" },
	{ "in any case", 0, NULL, "PSM_A", false, "posix-shm:/psm_a" },
	{ "in another column", 0, NULL, "python", false, "posix-shm:/psm_a posix-shm:/psm_b" },
	{ "the word of a set", 0, NULL, "unknown", false, "shm:2" },
	{ "one of several texts", 0, NULL, "psm_b|memfd", false, "memfd:0:1:9 posix-shm:/psm_b" },
	{ "an empty text among them", 0, NULL, "|psm_b|", false, "posix-shm:/psm_b" },
	{ "a text of a column that is not shown", 0, NULL, "4712", false, "" },
	{ "an expression", 0, NULL, "=size > 250 && user == alice", false, "posix-shm:/psm_a shm:1" },
	{ "an expression and a kind", KIND_BIT(KIND_SHM), NULL, "=size > 250", false, "shm:2 shm:1" },
	{ "an expression that is still empty", 0, NULL, "=", false, ALL },
	{ "all of it", KIND_BIT(KIND_POSIX_SHM), "bob", "psm", true, "posix-shm:/psm_b" },
};

static void test_filters(void **state)
{
	struct snapshot *s = make();
	struct columns columns = { 0 };
	struct sort sort = { 0 };
	struct buf error = BUF_INIT;
	struct keymap folded = { 0 };

	assert_int_equal(columns_parse(CLASS_OBJECT, "name,user,family,verdict", &columns, &error), 0);
	assert_int_equal(sort_parse(CLASS_OBJECT, "size:desc", &sort, &error), 0);
	FOR_EACH_CASE(c, filters) {
		struct row_filter f = { .kinds = c->kinds, .stale = c->stale };
		struct arranging how = usual(s, &f, &columns, &sort, &folded);
		struct arrangement a;

		f.user = c->user ? xstrdup(c->user) : NULL;
		if (c->text)
			CHECK(c->what, !row_filter_text(&f, CLASS_OBJECT, c->text, &error));
		arrange(&a, s, &how);
		CHECK_TEXT(c->what, shown(s, &a), c->shown);
		CHECK(c->what, a.rows == a.count);
		arrangement_release(&a);
		row_filter_release(&f);
	}
	snapshot_free(s);
}

static void test_wrong_expression(void **state)
{
	struct row_filter f = { 0 };
	struct buf error = BUF_INIT;

	assert_int_equal(row_filter_text(&f, CLASS_OBJECT, "=size > 1", &error), 0);
	assert_int_equal(row_filter_text(&f, CLASS_OBJECT, "=size >", &error), -EINVAL);
	assert_non_null(strstr(error.s, "column"));
	assert_string_equal(f.text, "=size > 1");	/* as it was */
	assert_non_null(f.expression);
	assert_int_equal(row_filter_text(&f, CLASS_OBJECT, "", &error), 0);
	assert_null(f.text);
	assert_null(f.expression);
	buf_release(&error);
	row_filter_release(&f);
}

static const struct {
	const char *what;
	enum tree tree;
	const char *fold;
	const char *shown;
	uint32_t rows;
} trees[] = {
	{ "by owner", TREE_OWNER, NULL,
	  "[alice] posix-shm:/psm_a shm:1 [?] shm:2 [bob] memfd:0:1:9 posix-shm:/psm_b", 5 },
	{ "by family", TREE_FAMILY, NULL,
	  "[Python] posix-shm:/psm_a posix-shm:/psm_b [-] shm:2 shm:1 memfd:0:1:9", 5 },
	{ "by holder, below each", TREE_HOLDER, NULL,
	  "[no holder seen] posix-shm:/psm_a shm:2 [4712 worker] shm:1 memfd:0:1:9 [4713 other] shm:1 "
	  "[held by nobody] posix-shm:/psm_b", 5 },
	{ "one folded", TREE_OWNER, "alice", "[alice] [?] shm:2 [bob] memfd:0:1:9 posix-shm:/psm_b", 5 },
};

static void test_trees(void **state)
{
	struct snapshot *s = make();
	struct columns columns = { 0 };
	struct sort sort = { 0 };
	struct buf error = BUF_INIT;
	struct row_filter none = { 0 };

	assert_int_equal(sort_parse(CLASS_OBJECT, "size:desc", &sort, &error), 0);
	FOR_EACH_CASE(c, trees) {
		struct keymap folded = { 0 };
		struct arranging how = usual(s, &none, &columns, &sort, &folded);
		struct arrangement a;
		struct row_key key;

		if (c->fold) {
			row_key_text(c->fold, strlen(c->fold), &key);
			keymap_set(&folded, &key, 0);
		}
		how.tree = c->tree;
		arrange(&a, s, &how);
		CHECK_TEXT(c->what, shown(s, &a), c->shown);
		CHECK(c->what, a.rows == c->rows);
		arrangement_release(&a);
		keymap_release(&folded);
	}
	snapshot_free(s);
}

static void test_sums_of_groups(void **state)
{
	struct snapshot *s = make();
	struct columns columns = { 0 };
	struct sort sort = { 0 };
	struct row_filter none = { 0 };
	struct keymap folded = { 0 };
	struct arranging how = usual(s, &none, &columns, &sort, &folded);
	struct arrangement a;

	how.tree = TREE_OWNER;
	arrange(&a, s, &how);
	assert_int_equal(a.ngroups, 3);
	assert_string_equal(a.groups[0].title, "alice");
	assert_int_equal(a.groups[0].rows, 2);
	assert_int_equal(a.groups[0].sum.size, 800);
	assert_int_equal(a.groups[0].sum.stale, 1);
	arrangement_release(&a);
	snapshot_free(s);
}

/* A choice is arranged by as it was, whatever becomes of what it was made of. */
static void test_choice(void **state)
{
	struct snapshot *s = make();
	struct columns columns = { 0 };
	struct sort sort = { 0 };
	struct row_filter f = { .stale = true };
	struct keymap folded = { 0 };
	struct arranging how = usual(s, &f, &columns, &sort, &folded);
	struct buf error = BUF_INIT;
	struct arrangement a;
	struct row_key key;
	struct choice *c;

	f.user = xstrdup("alice,bob");
	assert_int_equal(row_filter_text(&f, CLASS_OBJECT, "=size < 600", &error), 0);
	assert_int_equal(sort_parse(CLASS_OBJECT, "size", &sort, &error), 0);
	row_key_text("alice", 5, &key);
	keymap_set(&folded, &key, 0);
	how.tree = TREE_OWNER;
	c = choice_new(&how);
	keymap_release(&folded);
	row_filter_release(&f);
	sort.keys[0].descending = true;
	choice_arrange(c, &a, s, how.span);
	assert_string_equal(shown(s, &a), "[bob] posix-shm:/psm_b [alice]");
	arrangement_release(&a);
	choice_free(c);
	choice_free(NULL);
	snapshot_free(s);
}

/* A row stays the same while its mode is changed; another in its place is another. */
static void test_keys_of_objects(void **state)
{
	struct snapshot *s = make();
	struct object *segment = snapshot_object(s, 0), *file = snapshot_object(s, 1);
	struct row_key before, after;

	FACT_SET(segment, creator_pid, 77);
	FACT_SET(segment, key, 0xbeef);
	row_key_get(s, CLASS_OBJECT, 0, &before);
	FACT_SET(segment, change_time, 12345);
	FACT_SET(segment, mode, 0640);
	FACT_SET(segment, key, 0);	/* as its removal does */
	row_key_get(s, CLASS_OBJECT, 0, &after);
	assert_true(row_key_same(&before, &after));
	FACT_SET(segment, creator_pid, 78);
	row_key_get(s, CLASS_OBJECT, 0, &after);
	assert_false(row_key_same(&before, &after));
	row_key_get(s, CLASS_OBJECT, 1, &before);
	FACT_SET(file, birth_time, 99);
	row_key_get(s, CLASS_OBJECT, 1, &after);
	assert_false(row_key_same(&before, &after));
	/* an inode number is an id of its own */
	FACT_SET(segment, creator_pid, 0);
	file->inode = segment->id;
	file->birth_time = 0;
	row_key_get(s, CLASS_OBJECT, 0, &before);
	row_key_get(s, CLASS_OBJECT, 1, &after);
	assert_false(row_key_same(&before, &after));
	snapshot_free(s);
}

/* Against a plain array: many keys set, changed, removed and set again. */
static void test_keymap(void **state)
{
	enum { KEYS = 500, ROUNDS = 20000 };
	static uint32_t values[KEYS];
	struct keymap map = { 0 };
	uint32_t random = 1, count = 0;

	for (unsigned int i = 0; i < KEYS; i++)
		values[i] = NO_ROW;
	for (unsigned int round = 0; round < ROUNDS; round++) {
		uint32_t k = (random = random * 1664525 + 1013904223) >> 16;
		struct row_key key = { { k % KEYS, 0, 7 } };

		count += values[k % KEYS] == NO_ROW;
		if (random & 0x2000) {
			keymap_set(&map, &key, round);
			values[k % KEYS] = round;
		} else {
			keymap_remove(&map, &key);
			values[k % KEYS] = NO_ROW;
			count--;
		}
		assert_int_equal(keymap_get(&map, &key), values[k % KEYS]);
		assert_int_equal(map.count, count);
	}
	for (uint32_t k = 0; k < KEYS; k++)
		assert_int_equal(keymap_get(&map, &(struct row_key){ { k, 0, 7 } }), values[k]);
	assert_true(map.room <= 4096);	/* what was removed does not fill it */
	keymap_release(&map);
	assert_false(keymap_has(&map, &(struct row_key){ { 0 } }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_wrong_expression),
		cmocka_unit_test(test_trees),
		cmocka_unit_test(test_sums_of_groups),
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_keys_of_objects),
		cmocka_unit_test(test_keymap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
