/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rows.h"

/* Fields whose values together are the key of a row; of objects see below. */
static const char *const key_fields[NR_CLASSES][4] = {
	[CLASS_HOLDING] = { "pid", "start_time", "value" },
	[CLASS_EVENT] = { "time", "event", "name", "pid" },
};

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

/* What does not change while it is the same: a segment's change time moves with its mode. */
static void object_key(const struct object *o, struct row_key *key)
{
	bool segment = o->kind == KIND_SHM;

	key->part[0] = segment ? o->id : o->inode;
	key->part[1] = segment ? o->ipc_ns : o->device;
	key->part[2] = segment ? o->creator_pid << 32 ^ o->key :
		       FACT_KNOWN(o, birth_time) ? (uint64_t)o->birth_time : 0;
	key->part[3] = o->kind;
}

void row_key_get(const struct snapshot *s, enum row_class class, uint32_t row, struct row_key *key)
{
	const void *data = snapshot_row(s, class, row);
	struct value v;

	if (class == CLASS_OBJECT) {
		object_key(data, key);
		return;
	}
	*key = (struct row_key){ 0 };
	for (unsigned int i = 0; i < ARRAY_SIZE(key_fields[class]) && key_fields[class][i]; i++) {
		const struct field *field = field_find(class, key_fields[class][i]);
		struct row_key text;

		field_get_in(s, class, field, data, &v);
		if (v.state != VALUE_KNOWN)
			continue;
		key->part[i] = v.u;
		if (field->type == VT_STRING || field->type == VT_NAME) {
			row_key_text(v.s, strlen(v.s), &text);
			key->part[i] = mix(text.part[0], text.part[1]);
		}
	}
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

void keymap_release(struct keymap *map)
{
	free(map->keys);
	free(map->values);
	*map = (struct keymap){ 0 };
}
