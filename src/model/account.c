/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipctop/account.h"

#include <errno.h>
#include <stdlib.h>

const char *const account_names[NR_ACCOUNT_BYS + 1] = {
	[ACCOUNT_KIND] = "kind", [ACCOUNT_USER] = "user", [ACCOUNT_CGROUP] = "cgroup",
};

uint32_t account_needs(enum account_by by)
{
	return by == ACCOUNT_CGROUP ? NEED_BIT(NEED_CGROUPS) :
	       NEED_BIT(NEED_ACCOUNT) | NEED_BIT(NEED_RESIDENT);
}

/* A row in the making. */
struct sum {
	const char *value, *what, *path;
	uint64_t key;			/* uid, or device */
	uint64_t objects, memory, swap;
	bool unnamed, uncounted;	/* the user has no name in sight; nobody knows how many objects */
};

struct sums {
	struct snapshot *s;
	struct table rows;		/* struct sum */
	uint64_t explained;
};

static struct sum *new_sum(struct sums *x, const char *value, const char *what)
{
	struct sum *sum = table_add(&x->rows, sizeof(*sum));

	*sum = (struct sum){ .value = value, .what = what };
	return sum;
}

static void add(struct sums *x, struct sum *sum, uint64_t objects, uint64_t memory)
{
	sum->objects += objects;
	sum_add(&sum->memory, true, memory);
	sum_add(&x->explained, true, memory);
}

/*
 * What an object has of Shmem by itself: the files of a tmpfs are counted with it. Of segments the kernel
 * tells memory and swap apart.
 */
static bool counts(const struct object *o, uint64_t *memory)
{
	if (o->flags & OBJECT_HUGETLB)
		return false;
	if (o->kind == KIND_SHM)
		*memory = FACT_KNOWN(o, rss) ? o->rss : 0;
	else
		*memory = FACT_KNOWN(o, allocated) ? o->allocated : 0;
	return o->kind == KIND_SHM || o->kind == KIND_MEMFD || o->kind == KIND_ANON;
}

static bool is_nameless(const struct object *o)
{
	return FACT_KNOWN(o, links) && !o->links && FACT_KNOWN(o, allocated) && !(o->flags & OBJECT_HUGETLB);
}

static const struct pile *pile_at(const struct snapshot *s, uint32_t i)
{
	return snapshot_row(s, CLASS_PILE, i);
}

static void sum_objects(struct sums *x, enum kind kind)
{
	struct sum *sum = new_sum(x, kinds[kind].name, kinds[kind].plural);

	for (uint32_t i = 0; i < snapshot_count(x->s, CLASS_OBJECT); i++) {
		const struct object *o = snapshot_object(x->s, i);
		uint64_t memory;

		if (o->kind != kind || !counts(o, &memory))
			continue;
		add(x, sum, 1, memory);
		sum_add(&sum->swap, FACT_KNOWN(o, swap), o->swap);
	}
}

/* Files of all /dev/shm with a name; some are semaphores. */
static void sum_posix(struct sums *x)
{
	struct sum semaphores = { .value = kinds[KIND_POSIX_SEM].name, .what = kinds[KIND_POSIX_SEM].plural };
	struct sum *shm = new_sum(x, kinds[KIND_POSIX_SHM].name, kinds[KIND_POSIX_SHM].plural);

	for (uint32_t i = 0; i < snapshot_count(x->s, CLASS_PILE); i++)
		if (FACT_KNOWN(pile_at(x->s, i), kind) && FACT_KNOWN(pile_at(x->s, i), uid))
			add(x, shm, pile_at(x->s, i)->objects, pile_at(x->s, i)->memory);
	for (uint32_t i = 0; i < snapshot_count(x->s, CLASS_OBJECT); i++) {
		const struct object *o = snapshot_object(x->s, i);

		/* made since the files were counted: it is in nobody's sum */
		if (o->kind != KIND_POSIX_SEM || is_nameless(o) || !FACT_KNOWN(o, allocated) || !shm->objects ||
		    o->allocated > shm->memory)
			continue;
		shm->objects--;
		shm->memory -= o->allocated;
		semaphores.objects++;
		semaphores.memory += o->allocated;
	}
	*(struct sum *)table_add(&x->rows, sizeof(semaphores)) = semaphores;
}

static void sum_tmpfses(struct sums *x)
{
	struct sum *sum = NULL;

	for (uint32_t i = 0; i < snapshot_count(x->s, CLASS_PILE); i++) {
		const struct pile *pile = pile_at(x->s, i);

		if (FACT_KNOWN(pile, kind) || !FACT_KNOWN(pile, uid))
			continue;
		if (!sum || sum->key != pile->device) {
			sum = new_sum(x, "tmpfs", "files on another tmpfs");
			sum->key = pile->device;
			sum->path = pile->path;
		}
		add(x, sum, pile->objects, pile->memory);
	}
}

static void sum_nameless(struct sums *x)
{
	struct sum *sum = new_sum(x, "unlinked", "files of a tmpfs without a name, which somebody holds");

	for (uint32_t i = 0; i < snapshot_count(x->s, CLASS_PILE); i++)
		if (!FACT_KNOWN(pile_at(x->s, i), uid))
			add(x, sum, 0, pile_at(x->s, i)->memory);
	sum->uncounted = sum->memory;
}

static void by_kind(struct sums *x)
{
	sum_objects(x, KIND_SHM);
	sum_posix(x);
	sum_objects(x, KIND_MEMFD);
	sum_objects(x, KIND_ANON);
	sum_tmpfses(x);
	sum_nameless(x);
}

static struct sum *sum_of_user(struct sums *x, uint64_t uid, bool named, const char *name)
{
	struct sum *sum = x->rows.rows;
	char digits[24];

	for (uint32_t i = 0; i < x->rows.count; i++)
		if (sum[i].key == uid)
			return &sum[i];
	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)uid);
	sum = new_sum(x, named ? name : arena_strdup(x->s->arena, digits), NULL);
	sum->key = uid;
	return sum;
}

static void add_to_user(struct sums *x, const struct object *o, uint64_t memory)
{
	struct sum *sum = sum_of_user(x, o->uid, FACT_KNOWN(o, user), o->user);

	add(x, sum, 1, memory);
	sum_add(&sum->swap, o->kind == KIND_SHM && FACT_KNOWN(o, swap), o->swap);
}

/* What of @pile those come to that a holder betrayed, each added to its owner. */
static uint64_t add_betrayed(struct sums *x, const struct pile *pile)
{
	uint64_t left = pile->memory;

	for (uint32_t i = 0; i < snapshot_count(x->s, CLASS_OBJECT); i++) {
		const struct object *o = snapshot_object(x->s, i);

		if (!FACT_KNOWN(o, device) || o->device != pile->device || !is_nameless(o) || !FACT_KNOWN(o, uid) ||
		    o->allocated > left)
			continue;
		add_to_user(x, o, o->allocated);
		left -= o->allocated;
	}
	return left;
}

static int larger_first(const void *pa, const void *pb)
{
	const struct sum *a = pa, *b = pb;

	if (a->memory != b->memory)
		return a->memory > b->memory ? -1 : 1;
	return strcmp(a->value, b->value);
}

static void order(struct sums *x)
{
	if (x->rows.count)
		qsort(x->rows.rows, x->rows.count, sizeof(struct sum), larger_first);
}

static void by_user(struct sums *x)
{
	uint64_t nameless = 0;

	for (uint32_t i = 0; i < snapshot_count(x->s, CLASS_OBJECT); i++) {
		const struct object *o = snapshot_object(x->s, i);
		uint64_t memory;

		if (counts(o, &memory) && FACT_KNOWN(o, uid))
			add_to_user(x, o, memory);
	}
	for (uint32_t i = 0; i < snapshot_count(x->s, CLASS_PILE); i++) {
		const struct pile *pile = pile_at(x->s, i);

		if (FACT_KNOWN(pile, uid))
			add(x, sum_of_user(x, pile->uid, FACT_KNOWN(pile, user), pile->user), pile->objects,
			    pile->memory);
		else
			nameless += add_betrayed(x, pile);
	}
	order(x);
	if (!nameless)
		return;
	add(x, new_sum(x, "unlinked", "files of a tmpfs without a name, whose holder was not seen"), 0, nameless);
	((struct sum *)x->rows.rows)[x->rows.count - 1].uncounted = true;
}

static void by_cgroup(struct sums *x)
{
	for (uint32_t i = 0; i < snapshot_count(x->s, CLASS_CGROUP); i++) {
		const struct cgroup_row *row = snapshot_row(x->s, CLASS_CGROUP, i);

		add(x, new_sum(x, row->path, NULL), 0, row->shmem);
		((struct sum *)x->rows.rows)[i].uncounted = true;
	}
	order(x);
}

static void (*const makers[NR_ACCOUNT_BYS])(struct sums *x) = {
	[ACCOUNT_KIND] = by_kind, [ACCOUNT_USER] = by_user, [ACCOUNT_CGROUP] = by_cgroup,
};

/* What is in swap counts as memory of a file: nobody tells the two apart. */
static void add_rest(struct sums *x, uint64_t shmem, bool swaps)
{
	struct sum *sum;

	if (x->explained > shmem && swaps) {
		sum = new_sum(x, "swapped", "of the files above, at least so much is in swap");
		sum->swap = x->explained - shmem;
		sum->uncounted = true;
	}
	sum = new_sum(x, "unexplained", "the kernel's own, or of what could not be read");
	sum->memory = shmem > x->explained ? shmem - x->explained : 0;
	sum->uncounted = true;
}

static void emit(struct snapshot *s, const struct sum *sum, uint64_t shmem)
{
	struct account *row = snapshot_add(s, CLASS_ACCOUNT);
	uint64_t percent = shmem ? (double)sum->memory * 100 / shmem + 0.5 : 0;

	FACT_SET(row, value, sum->value);
	if (sum->what)
		FACT_SET(row, what, sum->what);
	if (sum->path)
		FACT_SET(row, path, sum->path);
	if (!sum->uncounted)
		FACT_SET(row, objects, sum->objects);
	FACT_SET(row, memory, sum->memory);
	FACT_SET(row, swap, sum->swap);
	FACT_SET(row, percent, percent);
}

int account_sum(struct snapshot *s, enum account_by by)
{
	const struct memory *m = snapshot_count(s, CLASS_MEMORY) ? snapshot_row(s, CLASS_MEMORY, 0) : NULL;
	struct sums x = { .s = s };
	const struct sum *rows;

	if (!m || !FACT_KNOWN(m, shmem))
		return -ENODATA;
	makers[by](&x);
	add_rest(&x, m->shmem, FACT_KNOWN(m, swap_total) && FACT_KNOWN(m, swap_free) && m->swap_total > m->swap_free);
	rows = x.rows.rows;
	for (uint32_t i = 0; i < x.rows.count; i++)
		emit(s, &rows[i], m->shmem);
	table_release(&x.rows);
	return 0;
}
