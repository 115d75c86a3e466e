/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_SAVE_H
#define IPCTOP_SAVE_H

#include "ipctop/act.h"

/*
 * Saved objects: contents and metadata in one file, NAME.ipctop.
 *
 * The file is one zstd frame with its checksum (RFC 8878), so that `zstd -dc` shows what is in
 * it. Inside:
 *
 *	"ipctop-saved 1\n"
 *	one line: a document (design.md section 6) of the one object, without its holders; its size is that
 *	of the contents
 *	runs of contents: offset and length, 8 bytes each, little-endian, then the bytes; runs
 *	ascend and do not meet behind the size; what lies between them is zero
 *	the end: offset = size of the contents, length 0, then the sum of all lengths (8 bytes)
 *
 * and nothing else. The contents of a set of semaphores are their values, 2 bytes each; those of a queue of
 * System V its messages, each as its type and length (8 bytes each) and its bytes; a POSIX queue has none, and is
 * saved only when it is empty. Contents are read while others may write: nothing is stopped, and what was
 * written meanwhile may be torn.
 */
#define SAVED_BEGIN	"ipctop-saved "
#define SAVED_FORMAT	"1"
#define SAVED_HEAD	SAVED_BEGIN SAVED_FORMAT "\n"
#define SAVED_SUFFIX	".ipctop"

struct save_options {
	const char *folder;		/* where files are made */
	int level;			/* of compression; 0: zstd's own default */
};
/* The strongest level of compression. */
int save_level_max(void);
/* The folder to save in, opened; or -errno with a sentence. */
int save_open_folder(const char *path, struct buf *error);
/*
 * Save @o, an object of the fresh snapshot @s. The file, mode 0600, appears under its name only
 * when it is whole and on disk (fsync of it and of the folder); interrupted before that, nothing is left
 * but, by SIGKILL on a file system without O_TMPFILE, a hidden file. Never writes over a file: a
 * number is added to the name. *@file: its path, freed by the caller. 0, or -errno with a sentence.
 */
int save_object(const struct save_options *options, struct reach *ways, const struct snapshot *s,
		const struct object *o, char **file, struct buf *error) __must_check;
/*
 * The name of the file for an object called @name, without number and suffix: one part of a path,
 * whatever @name is, and of characters that no shell takes for its own.
 */
void save_file_name(struct buf *out, const char *name);

/* A saved file, open for reading. */
struct saved;
/*
 * Read its head. 0, or -errno with a sentence (-EINVAL: not one, -EPROTO: of another version, -EBADMSG:
 * damaged, -ENODATA: cut off).
 */
int saved_open(const char *file, struct saved **saved, struct buf *error) __must_check;
void saved_close(struct saved *saved);
/* What it holds: a snapshot with the one object, owned by @saved. */
const struct snapshot *saved_snapshot(const struct saved *saved);
const struct object *saved_object(const struct saved *saved);
/*
 * Whether what it says of an owner may be followed: it is root's, the caller's or that user's own file, and
 * not everybody can write it.
 */
bool saved_may_give(const struct saved *saved, uint64_t uid);
/* The next run: 1 with @offset and @length, 0 at the good end, -errno with a sentence. */
int saved_next(struct saved *saved, uint64_t *offset, uint64_t *length, struct buf *error) __must_check;
/* Bytes of the current run, @n at most: how many, 0 at its end, -errno with a sentence. */
int64_t saved_read(struct saved *saved, void *buffer, size_t n, struct buf *error) __must_check;
/*
 * Read it all through, then go back to the first run: 0, or -errno with a sentence. *@bytes (may
 * be NULL): the sum of all runs.
 */
int saved_check(struct saved *saved, uint64_t *bytes, struct buf *error) __must_check;

/*
 * Make the object again, here: key or name, owner, mode, size, contents. Nothing that exists is written
 * over (-EEXIST). The file is read through once before, so that a damaged one makes nothing. A
 * POSIX object appears under its name when it is whole; a segment appears at once, with mode 0 until it
 * is whole. When it fails midway what was begun is removed. -EOPNOTSUPP: its kind has no name to be
 * made by, or it had none. -EPERM: the owner is to be kept, and the file may not say who that is.
 * *@name: what it is called now, freed by the caller; @remark: what is not as it was (its owner), with
 * words of the file as they are.
 */
struct restore_options {
	bool keep_owner;		/* needs privilege; without, it is the caller's own */
	bool private_key;		/* a new object of System V without a key, whatever the file says */
};
int restore_object(struct saved *saved, const struct restore_options *options, char **name,
		   struct buf *remark, struct buf *error) __must_check;

#endif
