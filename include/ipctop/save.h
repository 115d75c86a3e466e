/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_SAVE_H
#define IPCTOP_SAVE_H

#include "ipctop/act.h"
#include "ipctop/json.h"

/*
 * Saved objects: contents and metadata in one file, NAME.ipctop.
 *
 * The file is one zstd frame with its checksum (RFC 8878), so that `zstd -dc` shows what is in
 * it. Inside:
 *
 *	"ipctop-saved 1\n"
 *	one line of JSON: "object" (all members of the document contract but holders), "saved" (time,
 *	hostname, boot_id, version of ipctop)
 *	runs of contents: offset and length, 8 bytes each, little-endian, then the bytes; offsets
 *	ascend, what lies between runs is zero
 *	the end: offset = size of the object, length 0, then the sum of all lengths (8 bytes)
 *
 * Contents are read while others may write: nothing is stopped, and what was written meanwhile may
 * be torn.
 */
struct save_options {
	const char *folder;		/* where files are made */
	int level;			/* of compression; 0: zstd's own default */
};
/*
 * Save @o, an object of @s. The file appears under its name only when it is whole and on
 * disk (fsync of it and of the folder); interrupted before that, nothing is left. Never writes over
 * a file: a number is added to the name. *@file: its path, freed by the caller. 0, or -errno with a
 * sentence.
 */
int save_object(const struct save_options *options, const struct snapshot *s, const struct object *o,
		char **file, struct buf *error) __must_check;

/* A saved file, open for reading. */
struct saved;
/* Read its head. 0, or -errno with a sentence (-EINVAL: not one, -EPROTO: of another version, -EIO: damaged). */
int saved_open(const char *file, struct saved **saved, struct buf *error) __must_check;
void saved_close(struct saved *saved);
/* What it holds: a snapshot with the one object, owned by @saved. */
const struct snapshot *saved_snapshot(const struct saved *saved);
/* The next run: 1 with @offset and @length, 0 at the good end, -errno with a sentence. */
int saved_next(struct saved *saved, uint64_t *offset, uint64_t *length, struct buf *error) __must_check;
/* Bytes of the current run, @n at most: how many, 0 at its end, -errno with a sentence. */
int64_t saved_read(struct saved *saved, void *buffer, size_t n, struct buf *error) __must_check;

/*
 * Make the object again: key or name, owner, mode, size, contents. Nothing that exists is written
 * over (-EEXIST). The file is read through once before, so that a damaged one makes nothing. A
 * POSIX object appears under its name when it is whole; a segment appears when it is made, mode 0 for
 * others until it is whole. When it fails midway what was begun is removed. *@name: what it is
 * called now, freed by the caller.
 */
struct restore_options {
	bool keep_owner;		/* needs privilege; without, the caller's own is told */
	bool private_key;		/* a new segment without a key, whatever the file says */
};
int restore_object(struct saved *saved, const struct restore_options *options, char **name,
		   struct buf *error) __must_check;

#endif
