/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intern.h"

#include <stdbool.h>

struct intern_entry {
	uint64_t hash;
	const char *string;
	uint32_t row;
	bool used;
};

void intern_release(struct intern *set)
{
	free(set->entries);
	*set = (struct intern){ 0 };
}

static uint64_t hash_of(const char *bytes, size_t n)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001b3;
	return hash ^ hash >> 32;
}

/* The next entry of that hash after @i, or the unused one where it belongs. */
static struct intern_entry *next_entry(const struct intern *set, uint64_t hash, uint32_t *i)
{
	struct intern_entry *e;

	do {
		*i = (*i + 1) & (set->room - 1);
		e = &set->entries[*i];
	} while (e->used && e->hash != hash);
	return e;
}

static void make_room(struct intern *set)
{
	struct intern_entry *old = set->entries;
	uint32_t room = set->room;

	if (set->count < room / 2)
		return;
	set->room = room ? room * 2 : 64;
	set->entries = xcalloc(set->room, sizeof(*set->entries));
	for (uint32_t from = 0; from < room; from++) {
		uint32_t i = old[from].hash;
		struct intern_entry *to;

		if (!old[from].used)
			continue;
		do
			to = next_entry(set, old[from].hash, &i);
		while (to->used);
		*to = old[from];
	}
	free(old);
}

static void take(struct intern *set, struct intern_entry *e, uint64_t hash)
{
	e->hash = hash;
	e->used = true;
	set->count++;
}

const char *intern_string(struct intern *set, struct arena *arena, const char *s, size_t n)
{
	uint64_t hash = hash_of(s, n);
	uint32_t i = hash;
	struct intern_entry *e;

	make_room(set);
	while ((e = next_entry(set, hash, &i))->used)
		if (!strncmp(e->string, s, n) && !e->string[n])
			return e->string;
	take(set, e, hash);
	e->string = arena_strndup(arena, s, n);
	return e->string;
}

uint32_t intern_row(struct intern *set, const void *rows, size_t size, uint32_t row)
{
	const char *bytes = (const char *)rows + row * size;
	uint64_t hash = hash_of(bytes, size);
	uint32_t i = hash;
	struct intern_entry *e;

	make_room(set);
	while ((e = next_entry(set, hash, &i))->used)
		if (!memcmp((const char *)rows + e->row * size, bytes, size))
			return e->row;
	take(set, e, hash);
	e->row = row;
	return row;
}
