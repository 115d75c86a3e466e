/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rows.h"

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15ULL;
	return h ^ h >> 29;
}

void row_key_text(const char *text, size_t n, struct row_key *key)
{
	uint64_t a = 0xcbf29ce484222325ULL, b = n;

	for (size_t i = 0; i < n; i++) {
		a = (a ^ (unsigned char)text[i]) * 0x100000001b3ULL;
		b = mix(b, (unsigned char)text[i]);
	}
	*key = (struct row_key){ { a, b, n, UINT64_MAX } };
}

/* What does not change while it is the same: a segment's change time moves with its mode, its key goes. */
static void object_key(const struct object *o, struct row_key *key)
{
	bool sysv = kinds[o->kind].sysv;

	key->part[0] = sysv ? o->id : o->inode;
	key->part[1] = sysv ? o->ipc_ns : o->device;
	key->part[2] = sysv ? o->creator_pid : FACT_KNOWN(o, birth_time) ? (uint64_t)o->birth_time : 0;
	key->part[3] = o->kind;
}

static uint64_t text_part(const char *text)
{
	struct row_key key;

	row_key_text(text, strlen(text), &key);
	return mix(key.part[0], key.part[1]);
}

static void holding_key(const struct snapshot *s, const struct holding *h, struct row_key *key)
{
	const struct process *p = FACT_KNOWN(h, process) ? snapshot_row(s, CLASS_PROCESS, h->process) : NULL;

	if (p)
		key->part[0] = p->pid;
	if (p && FACT_KNOWN(p, start_time))
		key->part[1] = (uint64_t)p->start_time;
	if (FACT_KNOWN(h, value))
		key->part[2] = text_part(h->value);
}

static void event_key(const struct event *e, struct row_key *key)
{
	key->part[0] = (uint64_t)e->time;
	key->part[1] = e->event;
	key->part[2] = text_part(e->name);
	key->part[3] = FACT_KNOWN(e, pid) ? e->pid : 0;
}

void row_key_get(const struct snapshot *s, enum row_class class, uint32_t row, struct row_key *key)
{
	const void *data = snapshot_row(s, class, row);

	*key = (struct row_key){ 0 };
	if (class == CLASS_OBJECT)
		object_key(data, key);
	else if (class == CLASS_HOLDING)
		holding_key(s, data, key);
	else
		event_key(data, key);
}

static uint32_t key_hash(const struct row_key *key)
{
	uint64_t h = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(key->part); i++)
		h = mix(h, key->part[i]);
	return h >> 32;
}

/* The place of @key, or the free one where it would go. */
static uint32_t keymap_place(const struct keymap *map, const struct row_key *key)
{
	uint32_t mask = map->room - 1, at = key_hash(key) & mask;

	while (map->values[at] && !row_key_same(&map->keys[at], key))
		at = (at + 1) & mask;
	return at;
}

/* Values are kept plus 2: 0 is a free place, 1 one whose key was removed. */
static void keymap_grow(struct keymap *map)
{
	struct keymap old = *map;

	map->room = 64;
	while (map->room / 4 < old.count + 1)
		map->room *= 2;
	map->keys = xcalloc(map->room, sizeof(*map->keys));
	map->values = xcalloc(map->room, sizeof(*map->values));
	map->used = map->count = 0;
	for (uint32_t i = 0; i < old.room; i++)
		if (old.values[i] > 1)
			keymap_set(map, &old.keys[i], old.values[i] - 2);
	free(old.keys);
	free(old.values);
}

void keymap_set(struct keymap *map, const struct row_key *key, uint32_t value)
{
	uint32_t at;

	if (map->used >= map->room / 2)
		keymap_grow(map);
	at = keymap_place(map, key);
	map->used += !map->values[at];
	map->count += map->values[at] < 2;
	map->keys[at] = *key;
	map->values[at] = value + 2;
}

uint32_t keymap_get(const struct keymap *map, const struct row_key *key)
{
	uint32_t value = map->room ? map->values[keymap_place(map, key)] : 0;

	return value > 1 ? value - 2 : NO_ROW;
}

void keymap_remove(struct keymap *map, const struct row_key *key)
{
	uint32_t at = map->room ? keymap_place(map, key) : 0;

	if (!map->room || map->values[at] < 2)
		return;
	map->values[at] = 1;
	map->count--;
}

void keymap_copy(struct keymap *to, const struct keymap *from)
{
	*to = *from;
	if (!from->room)
		return;
	to->keys = xcalloc(from->room, sizeof(*to->keys));
	to->values = xcalloc(from->room, sizeof(*to->values));
	memcpy(to->keys, from->keys, from->room * sizeof(*to->keys));
	memcpy(to->values, from->values, from->room * sizeof(*to->values));
}

void keymap_release(struct keymap *map)
{
	free(map->keys);
	free(map->values);
	*map = (struct keymap){ 0 };
}
