/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipctop/identity.h"

static int64_t born(const struct object *o)
{
	if (kinds[o->kind].sysv)
		return FACT_KNOWN(o, change_time) ? o->change_time : 0;
	return FACT_KNOWN(o, birth_time) ? o->birth_time : 0;
}

void identity_set(struct identity *who, const struct object *o, struct arena *arena)
{
	*who = (struct identity){
		.kind = o->kind, .other_namespace = o->evidence.namespace_other,
		.device = o->device, .inode = o->inode, .id = o->id, .key = o->key,
		.ipc_ns = o->ipc_ns, .creator_pid = o->creator_pid, .creator_uid = o->creator_uid,
		.born = born(o),
		.path = FACT_KNOWN(o, path) ? arena_strdup(arena, o->path) : NULL,
	};
}

/* Where something stands: two objects of one snapshot never share it. */
static bool same_place(const struct identity *who, const struct object *o)
{
	if (o->kind != who->kind)
		return false;
	if (kinds[o->kind].sysv)
		return o->id == who->id && o->ipc_ns == who->ipc_ns;
	return o->inode == who->inode && o->device == who->device;
}

bool identity_is(const struct identity *who, const struct object *o)
{
	if (!same_place(who, o) || born(o) != who->born)
		return false;
	if (kinds[o->kind].sysv)
		return o->key == who->key && o->creator_pid == who->creator_pid &&
		       o->creator_uid == who->creator_uid;
	/* renamed, it is no longer what was named */
	return FACT_KNOWN(o, path) ? who->path && !strcmp(o->path, who->path) : !who->path;
}

struct identity_finder {
	const struct snapshot *s;
	uint32_t *slots;		/* index + 1; 0: free */
	uint32_t mask;
};

/* Of files not by kind: a semaphore in the making is a file of another size. */
static uint32_t place_hash(enum kind kind, uint64_t a, uint64_t b)
{
	uint64_t h = (a ^ (b << 1) ^ (kinds[kind].sysv ? kind + 1 : 0)) * 0x9e3779b97f4a7c15ULL;

	return h >> 32;
}

static uint32_t object_hash(const struct object *o)
{
	return kinds[o->kind].sysv ? place_hash(o->kind, o->id, o->ipc_ns)
				   : place_hash(o->kind, o->inode, o->device);
}

struct identity_finder *identity_finder_new(const struct snapshot *s)
{
	struct identity_finder *f = xcalloc(1, sizeof(*f));
	uint32_t count = snapshot_count(s, CLASS_OBJECT), room = 16;

	while (room / 2 < count)
		room *= 2;
	f->s = s;
	f->mask = room - 1;
	f->slots = xcalloc(room, sizeof(*f->slots));
	for (uint32_t i = 0; i < count; i++) {
		uint32_t at = object_hash(snapshot_object(s, i)) & f->mask;

		while (f->slots[at])
			at = (at + 1) & f->mask;
		f->slots[at] = i + 1;
	}
	return f;
}

void identity_finder_free(struct identity_finder *f)
{
	if (!f)
		return;
	free(f->slots);
	free(f);
}

struct object *identity_find(const struct identity_finder *f, const struct identity *who)
{
	uint32_t hash = kinds[who->kind].sysv ? place_hash(who->kind, who->id, who->ipc_ns)
					      : place_hash(who->kind, who->inode, who->device);

	for (uint32_t at = hash & f->mask; f->slots[at]; at = (at + 1) & f->mask) {
		struct object *o = snapshot_object(f->s, f->slots[at] - 1);

		if (same_place(who, o))
			return o;
	}
	return NULL;
}

bool identity_same_place(const struct object *a, const struct object *b)
{
	if (kinds[a->kind].sysv || kinds[b->kind].sysv)
		return a->kind == b->kind && a->id == b->id && a->ipc_ns == b->ipc_ns;
	if (!FACT_KNOWN(a, inode) || !FACT_KNOWN(b, inode))
		return FACT_KNOWN(a, inode) == FACT_KNOWN(b, inode) && !strcmp(a->name, b->name);
	return a->inode == b->inode && a->device == b->device;
}

#define DIFFERS(m) (FACT_KNOWN(was, m) && FACT_KNOWN(is, m) && was->m != is->m)

bool identity_same_birth(const struct object *was, const struct object *is)
{
	if (!kinds[is->kind].sysv)
		return !DIFFERS(birth_time);
	/* removal takes a segment's key */
	if (DIFFERS(key) && !(is->flags & OBJECT_CONDEMNED && !is->key))
		return false;
	return !DIFFERS(creator_pid) && !DIFFERS(creator_uid) && !DIFFERS(size);
}

static bool same_path(const struct object *a, const struct object *b)
{
	if (!FACT_KNOWN(a, path) || !FACT_KNOWN(b, path))
		return FACT_KNOWN(a, path) == FACT_KNOWN(b, path);
	return !strcmp(a->path, b->path);
}

struct object *identity_beside(const struct identity_finder *f, const struct object *o)
{
	struct object *found = NULL;

	for (uint32_t at = object_hash(o) & f->mask; f->slots[at]; at = (at + 1) & f->mask) {
		struct object *here = snapshot_object(f->s, f->slots[at] - 1);

		if (!identity_same_place(here, o))
			continue;
		if (same_path(here, o))
			return here;
		if (!found)
			found = here;
	}
	return found;
}
