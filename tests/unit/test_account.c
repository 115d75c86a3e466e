/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sums of all shared memory: what is in which row, and that nothing is in two. */
#include "ipctop/account.h"

#include <errno.h>
#include "unit.h"

/* @bytes: rss of segments, else allocated; -1: unknown. */
struct thing {
	enum kind kind;
	int64_t bytes, swap;
	uint64_t uid;
	bool hugetlb, unlinked;
	uint64_t device;
};

/* @uid -1: without a name. */
struct heap {
	uint64_t device;
	const char *path;
	bool posix;
	int64_t uid;
	uint64_t objects, memory;
};

/* Rows without anything in them are left out of @rows. */
static const struct account_case {
	const char *text;
	enum account_by by;
	int64_t shmem;			/* -1: unknown */
	uint64_t swapped;
	struct thing things[6];
	struct heap piles[5];
	const char *rows;		/* NULL: -ENODATA */
} cases[] = {
	{ "nothing", ACCOUNT_KIND, 0, 0, { { 0 } }, { { 0 } }, "" },
	{ "no Shmem", ACCOUNT_KIND, -1, 0, { { 0 } }, { { 0 } }, NULL },
	{ "segments by what is in memory", ACCOUNT_KIND, 10000, 0,
	  { { KIND_SHM, 4000, 2000 }, { KIND_SHM, -1, -1 } }, { { 0 } },
	  "shm 2 4000+2000 40%, unexplained - 6000 60%" },
	{ "huge pages are not in Shmem", ACCOUNT_KIND, 1000, 0,
	  { { KIND_SHM, 4000, 0, .hugetlb = true }, { KIND_MEMFD, 500, .hugetlb = true }, { KIND_ANON, 300 } }, { { 0 } },
	  "anon 1 300 30%, unexplained - 700 70%" },
	{ "semaphores are files of /dev/shm", ACCOUNT_KIND, 10000, 0,
	  { { KIND_POSIX_SEM, 4096, .device = 5 }, { KIND_POSIX_SHM, 904, .device = 5 } },
	  { { 5, "/dev/shm", true, 0, 2, 5000 } },
	  "posix-shm 1 904 9%, posix-sem 1 4096 41%, unexplained - 5000 50%" },
	{ "files that are mapped are not counted beside their tmpfs", ACCOUNT_KIND, 100, 0,
	  { { KIND_FILE, 60, .device = 7 }, { KIND_MEMFD, 40 } }, { { 7, "/run", false, 0, 1, 60 } },
	  "memfd 1 40 40%, tmpfs 1 60 60% /run" },
	{ "each tmpfs is a row, of all its users", ACCOUNT_KIND, 100, 0, { { 0 } },
	  { { 7, "/run", false, 0, 1, 10 }, { 7, "/run", false, 5, 2, 20 }, { 8, "/tmp", false, 0, 1, 30 } },
	  "tmpfs 3 30 30% /run, tmpfs 1 30 30% /tmp, unexplained - 40 40%" },
	{ "without a name", ACCOUNT_KIND, 100, 0, { { KIND_POSIX_SHM, 25, .unlinked = true, .device = 5 } },
	  { { 5, "/dev/shm", true, -1, 0, 30 }, { 7, "/run", false, -1, 0, 20 } },
	  "unlinked - 50 50%, unexplained - 50 50%" },
	{ "more than Shmem while something is in swap", ACCOUNT_KIND, 100, 4096, { { KIND_ANON, 160 } }, { { 0 } },
	  "anon 1 160 160%, swapped - 0+60 0%" },
	{ "more than Shmem without: it grew meanwhile", ACCOUNT_KIND, 100, 0, { { KIND_ANON, 104 } }, { { 0 } },
	  "anon 1 104 104%" },
	{ "by user", ACCOUNT_USER, 1000, 0,
	  { { KIND_SHM, 100, 0, 7 }, { KIND_MEMFD, 50, 0, 8 }, { KIND_POSIX_SHM, 30, .uid = 8, .device = 5 } },
	  { { 5, "/dev/shm", true, 8, 1, 30 }, { 7, "/run", false, 7, 1, 10 } },
	  "7 2 110 11%, 8 2 80 8%, unexplained - 810 81%" },
	{ "by user: who has what lost its name, as far as it is known", ACCOUNT_USER, 100, 0,
	  { { KIND_POSIX_SHM, 25, .uid = 8, .unlinked = true, .device = 5 } },
	  { { 5, "/dev/shm", true, -1, 0, 30 }, { 7, "/run", false, -1, 0, 20 } },
	  "8 1 25 25%, unlinked - 25 25%, unexplained - 50 50%" },
	{ "by user: what has lost its name since is not taken from others", ACCOUNT_USER, 100, 0,
	  { { KIND_POSIX_SHM, 25, .uid = 8, .unlinked = true, .device = 5 } }, { { 5, "/dev/shm", true, -1, 0, 20 } },
	  "unlinked - 20 20%, unexplained - 80 80%" },
	{ "all there is", ACCOUNT_KIND, INT64_MAX, 0, { { KIND_SHM, INT64_MAX, 0 } }, { { 0 } },
	  "shm 1 9223372036854775807 100%" },
};

static void add_thing(struct snapshot *s, const struct thing *t)
{
	struct object *o = snapshot_add(s, CLASS_OBJECT);

	FACT_SET(o, kind, t->kind);
	FACT_SET(o, flags, t->hugetlb ? OBJECT_HUGETLB : 0);
	FACT_SET(o, uid, t->uid);
	if (t->device)
		FACT_SET(o, device, t->device);
	if (t->kind != KIND_SHM) {
		FACT_SET(o, links, !t->unlinked);
		FACT_SET(o, allocated, t->bytes);
	} else if (t->bytes >= 0) {
		FACT_SET(o, rss, t->bytes);
		FACT_SET(o, swap, t->swap);
	} else {
		FACT_UNKNOWN(o, rss);
	}
}

static void add_pile(struct snapshot *s, const struct heap *h)
{
	struct pile *pile = snapshot_add(s, CLASS_PILE);

	FACT_SET(pile, device, h->device);
	FACT_SET(pile, path, h->path);
	if (h->posix)
		FACT_SET(pile, kind, KIND_POSIX_SHM);
	if (h->uid < 0)
		FACT_UNKNOWN(pile, uid);
	else
		FACT_SET(pile, uid, h->uid);
	FACT_SET(pile, objects, h->objects);
	FACT_SET(pile, memory, h->memory);
}

static struct snapshot *made(const struct account_case *c)
{
	struct snapshot *s = snapshot_new();
	struct memory *m = snapshot_add(s, CLASS_MEMORY);

	if (c->shmem >= 0)
		FACT_SET(m, shmem, c->shmem);
	FACT_SET(m, swap_total, 8192);
	FACT_SET(m, swap_free, 8192 - c->swapped);
	for (unsigned int i = 0; i < ARRAY_SIZE(c->things) && (c->things[i].bytes || c->things[i].hugetlb); i++)
		add_thing(s, &c->things[i]);
	for (unsigned int i = 0; i < ARRAY_SIZE(c->piles) && c->piles[i].path; i++)
		add_pile(s, &c->piles[i]);
	return s;
}

static void put_row(struct buf *out, const struct account *row)
{
	if (!row->memory && !row->swap)
		return;
	buf_printf(out, "%s%s ", out->len ? ", " : "", row->value);
	if (FACT_KNOWN(row, objects))
		buf_u64(out, row->objects);
	else
		buf_putc(out, '-');
	buf_printf(out, " %llu", (unsigned long long)row->memory);
	if (row->swap)
		buf_printf(out, "+%llu", (unsigned long long)row->swap);
	buf_printf(out, " %llu%%", (unsigned long long)row->percent);
	if (FACT_KNOWN(row, path))
		buf_printf(out, " %s", row->path);
}

static void test_sums(void **state)
{
	FOR_EACH_CASE(c, cases) {
		struct snapshot *s = made(c);
		struct buf rows = BUF_INIT;

		CHECK(c->text, account_sum(s, c->by) == (c->rows ? 0 : -ENODATA));
		for (uint32_t i = 0; i < snapshot_count(s, CLASS_ACCOUNT); i++)
			put_row(&rows, snapshot_row(s, CLASS_ACCOUNT, i));
		CHECK_TEXT(c->text, rows.s, c->rows ? c->rows : "");
		buf_release(&rows);
		snapshot_free(s);
	}
}

static void test_groups(void **state)
{
	struct snapshot *s = snapshot_new();
	struct memory *m = snapshot_add(s, CLASS_MEMORY);
	static const struct { const char *path; uint64_t shmem; } groups[] = { { "/a", 100 }, { "/", 300 }, { "/a/b", 200 } };
	struct buf rows = BUF_INIT;

	FACT_SET(m, shmem, 1000);
	for (unsigned int i = 0; i < ARRAY_SIZE(groups); i++) {
		struct cgroup_row *row = snapshot_add(s, CLASS_CGROUP);

		FACT_SET(row, path, groups[i].path);
		FACT_SET(row, shmem, groups[i].shmem);
	}
	assert_int_equal(account_sum(s, ACCOUNT_CGROUP), 0);
	for (uint32_t i = 0; i < snapshot_count(s, CLASS_ACCOUNT); i++)
		put_row(&rows, snapshot_row(s, CLASS_ACCOUNT, i));
	CHECK_TEXT("groups", rows.s, "/ - 300 30%, /a/b - 200 20%, /a - 100 10%, unexplained - 400 40%");
	buf_release(&rows);
	snapshot_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
