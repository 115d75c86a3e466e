/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hash table from what identifies an object to its row. */
#include "pass.h"

static uint32_t slot_hash(uint64_t device, uint64_t inode, uint64_t extra)
{
	uint64_t h = inode * 0x9e3779b97f4a7c15ULL;

	h ^= (device + (extra << 20) + extra) * 0xc2b2ae3d27d4eb4fULL;
	h ^= h >> 29;
	h *= 0x165667b19e3779f9ULL;
	return h >> 32;
}

static struct slot *slot_for(const struct index *x, uint64_t device, uint64_t inode, uint64_t extra)
{
	uint32_t i = slot_hash(device, inode, extra) & (x->room - 1);

	while (x->slots[i].object &&
	       (x->slots[i].device != device || x->slots[i].inode != inode ||
		x->slots[i].extra != extra))
		i = (i + 1) & (x->room - 1);
	return &x->slots[i];
}

uint32_t index_find(const struct index *x, uint64_t device, uint64_t inode, uint64_t extra)
{
	return x->room ? slot_for(x, device, inode, extra)->object : 0;
}

static void index_grow(struct index *x)
{
	struct index bigger = { .room = x->room ? x->room * 2 : 1024 };

	bigger.slots = xcalloc(bigger.room, sizeof(*bigger.slots));
	for (uint32_t i = 0; i < x->room; i++)
		if (x->slots[i].object)
			*slot_for(&bigger, x->slots[i].device, x->slots[i].inode,
				  x->slots[i].extra) = x->slots[i];
	bigger.used = x->used;
	free(x->slots);
	*x = bigger;
}

void index_add(struct index *x, uint64_t device, uint64_t inode, uint64_t extra, uint32_t object)
{
	struct slot *slot;

	if (x->used >= x->room / 4 * 3)
		index_grow(x);
	slot = slot_for(x, device, inode, extra);
	x->used += !slot->object;
	*slot = (struct slot){ device, inode, extra, object + 1 };
}

void index_clear(struct index *x)
{
	if (x->used)
		memset(x->slots, 0, x->room * sizeof(*x->slots));
	x->used = 0;
}

void index_release(struct index *x)
{
	free(x->slots);
	*x = (struct index){ 0 };
}
