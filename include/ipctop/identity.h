/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_IDENTITY_H
#define IPCTOP_IDENTITY_H

#include "ipctop/snapshot.h"

/*
 * What an object is, beyond its name: ids, keys, names and inode numbers are used again, so a
 * look that happened before an act knows its object by the facts of its birth. Everything in
 * it stands in the arena given to identity_set, so that it outlives the snapshot.
 *
 * A segment's change time is one of them: it also moves when owner or mode are set
 * (shmctl(2), IPC_SET), after which it counts as another object than was looked at. A file's
 * birth time does not move.
 */
struct identity {
	enum kind kind;
	bool other_namespace;		/* not of the reader's own */
	uint64_t device, inode;
	uint64_t id, key, ipc_ns;	/* segments */
	uint64_t creator_pid, creator_uid;
	int64_t born;			/* change time of a segment, birth time of a file; 0: unknown */
	const char *path;		/* of a file, where it is mounted included; NULL: none */
};

void identity_set(struct identity *who, const struct object *o, struct arena *arena);
/* Whether @o is that very object. */
bool identity_is(const struct identity *who, const struct object *o);

/* Finds objects of one snapshot by identity; it must outlive the finder. */
struct identity_finder;
struct identity_finder *identity_finder_new(const struct snapshot *s);
void identity_finder_free(struct identity_finder *f);
/*
 * The object that now stands in the place of @who (its id, its inode): whether it is the same is
 * identity_is()'s to say. NULL: the place is empty.
 */
struct object *identity_find(const struct identity_finder *f, const struct identity *who);

/*
 * The same between two looks, where a change of mode, owner or name leaves an object what it is.
 * Facts that are unknown in one of them speak for neither.
 */
bool identity_same_place(const struct object *a, const struct object *b);
/* Whether the object @was, in the same place, still is @is; their births tell. */
bool identity_same_birth(const struct object *was, const struct object *is);
/*
 * The object in the place of @o, which is of another snapshot; NULL: the place is empty. Where
 * several share one (files of btrfs and overlayfs can) that with the path of @o, if there is one.
 */
struct object *identity_beside(const struct identity_finder *f, const struct object *o);

#endif
