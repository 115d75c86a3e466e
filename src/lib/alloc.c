/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipctop/alloc.h"

#include <pthread.h>
#include <stdbool.h>
#include <sys/mman.h>

static void (*before_end)(void);

void out_of_memory_after(void (*first)(void))
{
	__atomic_store_n(&before_end, first, __ATOMIC_RELEASE);
}

void out_of_memory(void)
{
	void (*first)(void) = __atomic_load_n(&before_end, __ATOMIC_ACQUIRE);

	if (first)
		first();
	fputs("ipctop: out of memory\n", stderr);
	exit(1);
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xrealloc(void *p, size_t n, size_t size)
{
	p = reallocarray(p, n ? n : 1, size ? size : 1);
	if (!p)
		out_of_memory();
	return p;
}

char *xstrndup(const char *s, size_t n)
{
	char *copy = strndup(s, n);

	if (!copy)
		out_of_memory();
	return copy;
}

char *xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

/*
 * Mappings that were given back, for the next of the size: a program that looks again
 * and again fills the same pages instead of having the kernel clear new ones.
 */
static struct spare {
	void *rows;
	size_t mapped;
} spares[6];
static pthread_mutex_t spares_lock = PTHREAD_MUTEX_INITIALIZER;

/* Where all places are taken the smallest goes: it is the cheapest to have anew. */
static void spare_put(struct spare given)
{
	struct spare *place = spares;

	pthread_mutex_lock(&spares_lock);
	for (unsigned int i = 0; i < ARRAY_SIZE(spares); i++)
		if (spares[i].mapped < place->mapped)
			place = &spares[i];
	if (place->mapped < given.mapped) {
		struct spare smallest = *place;

		*place = given;
		given = smallest;
	}
	pthread_mutex_unlock(&spares_lock);
	if (given.rows)
		munmap(given.rows, given.mapped);
}

/* The smallest that is large enough, and not twice as large. */
static void *spare_take(size_t *length)
{
	struct spare *best = NULL;
	void *rows = NULL;

	pthread_mutex_lock(&spares_lock);
	for (unsigned int i = 0; i < ARRAY_SIZE(spares); i++)
		if (spares[i].rows && spares[i].mapped >= *length &&
		    spares[i].mapped / 2 <= *length && (!best || spares[i].mapped < best->mapped))
			best = &spares[i];
	if (best) {
		rows = best->rows;
		*length = best->mapped;
		*best = (struct spare){ 0 };
	}
	pthread_mutex_unlock(&spares_lock);
	return rows;
}

static void table_free(struct table *t)
{
	if (!t->mapped)
		free(t->rows);
	else
		spare_put((struct spare){ t->rows, t->mapped });
}

/*
 * Large tables are mappings of huge pages: first touches of small ones cost more than
 * filling them does.
 */
#define HUGE ((size_t)2 << 20)

static void table_map(struct table *t, size_t bytes)
{
	size_t length = (bytes + HUGE - 1) & ~(HUGE - 1);
	void *rows = t->mapped ? NULL : spare_take(&length);

	/* a mapping grows by moving its pages, not what is in them */
	if (t->mapped) {
		rows = mremap(t->rows, t->mapped, length, MREMAP_MAYMOVE);
	} else if (rows) {
		t->dirty = UINT32_MAX;
	} else {
		rows = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		t->dirty = t->count;
	}
	if (rows == MAP_FAILED)
		out_of_memory();
	madvise(rows, length, MADV_HUGEPAGE);
	t->mapped = length;
	t->rows = rows;
}

static size_t table_resize(struct table *t, size_t size, uint32_t room)
{
	struct table old = *t;
	size_t bytes;

	if (__builtin_mul_overflow(room, size, &bytes) || bytes > SIZE_MAX / 2)
		out_of_memory();
	if (bytes >= HUGE / 2) {
		if (bytes > old.mapped)
			table_map(t, bytes);
		if (!old.mapped && old.count)
			memcpy(t->rows, old.rows, old.count * size);
		if (!old.mapped)
			free(old.rows);
	} else if (old.rows) {
		t->rows = xrealloc(t->rows, room, size);
		t->dirty = UINT32_MAX;
	} else {
		t->rows = xcalloc(room, size);
	}
	t->room = room;
	return bytes;
}

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23	/* Linux 5.14 */
#endif

/* From this size on memory comes fresh from the kernel, as a rule. */
#define LARGE ((size_t)128 << 10)

void table_reserve(struct table *t, size_t size, uint32_t n)
{
	const uintptr_t page = 4096;
	uintptr_t start, end;
	size_t bytes;

	if (n <= t->room)
		return;
	bytes = table_resize(t, size, n);
	if (bytes < LARGE)
		return;
	/* one call is cheaper than a fault for each page, and where it does not work they do */
	start = ((uintptr_t)t->rows + page - 1) & ~(page - 1);
	end = ((uintptr_t)t->rows + bytes) & ~(page - 1);
	madvise((void *)start, end - start, MADV_POPULATE_WRITE);
}

/* What the kernel has just cleared need not be cleared again. */
static void clear_rows(struct table *t, size_t size, uint32_t from, uint32_t end)
{
	uint32_t dirty = t->dirty < end ? t->dirty : end;

	if (from < dirty)
		memset((char *)t->rows + (size_t)from * size, 0, (size_t)(dirty - from) * size);
	if (t->dirty < end)
		t->dirty = end;
}

void *table_add_n(struct table *t, size_t size, uint32_t n)
{
	char *rows;

	if (n > UINT32_MAX - t->count)
		out_of_memory();
	if (t->count + n > t->room) {
		/* by half: a table of 60,000 rows wastes less than by doubling */
		uint32_t room = t->room > UINT32_MAX / 2 ? UINT32_MAX : t->room + t->room / 2 + 16;

		if (room < t->count + n)
			room = t->count + n;
		table_resize(t, size, room);
	}
	rows = (char *)t->rows + (size_t)t->count * size;
	clear_rows(t, size, t->count, t->count + n);
	t->count += n;
	return rows;
}

void *table_add(struct table *t, size_t size)
{
	return table_add_n(t, size, 1);
}

void table_release(struct table *t)
{
	table_free(t);
	*t = (struct table){ 0 };
}

#define ARENA_CHUNK (64 * 1024)

struct chunk {
	struct chunk *next;
	size_t used, room;
	/* pieces hold 8-byte values at most */
	_Alignas(uint64_t) char bytes[];
};

struct arena {
	struct chunk *chunks;	/* the first is the one in use */
	size_t total;
};

struct arena *arena_new(void)
{
	return xcalloc(1, sizeof(struct arena));
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	while (a->chunks) {
		struct chunk *next = a->chunks->next;

		free(a->chunks);
		a->chunks = next;
	}
	free(a);
}

size_t arena_bytes(const struct arena *a)
{
	return a->total;
}

static struct chunk *arena_add_chunk(struct arena *a, size_t room)
{
	struct chunk *c = xrealloc(NULL, 1, sizeof(*c) + room);

	c->used = 0;
	c->room = room;
	a->total += sizeof(*c) + room;
	return c;
}

static char *arena_take(struct arena *a, size_t size, size_t align)
{
	struct chunk *c = a->chunks;
	size_t at = c ? (c->used + align - 1) & ~(align - 1) : 0;

	if (size > SIZE_MAX / 2)
		out_of_memory();
	if (c && size <= c->room && at <= c->room - size) {
		c->used = at + size;
		return c->bytes + at;
	}
	if (size > ARENA_CHUNK / 4 && c) {
		/* a large piece gets a chunk of its own behind the one in use */
		struct chunk *own = arena_add_chunk(a, size);

		own->used = size;
		own->next = c->next;
		c->next = own;
		return own->bytes;
	}
	c = arena_add_chunk(a, size > ARENA_CHUNK ? size : ARENA_CHUNK);
	c->used = size;
	c->next = a->chunks;
	a->chunks = c;
	return c->bytes;
}

void *arena_alloc(struct arena *a, size_t size)
{
	return memset(arena_take(a, size, sizeof(uint64_t)), 0, size);
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *copy = arena_take(a, n + 1, 1);

	memcpy(copy, s, n);
	copy[n] = '\0';
	return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}
