/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ACT_PACK_H
#define ACT_PACK_H

#include <stdbool.h>
#include "ipctop/buf.h"

/*
 * Compressed streams in files: one zstd frame with its checksum (RFC 8878), on libzstd; nobody
 * else includes it. A stream belongs to one thread at a time; packing uses more inside.
 */

/* The strongest level; 0 is the library's own default. */
int pack_level_max(void);

/*
 * Pack into @fd, from where it stands. @expected: about how many bytes will come, to choose how many
 * threads are worth their start.
 */
struct packer;
struct packer *packer_new(int fd, int level, uint64_t expected);
/* 0, or -errno of writing; after an error the stream is of no use. */
int packer_put(struct packer *p, const void *s, size_t n) __must_check;
/* The end of the frame: all is written from then on. */
int packer_end(struct packer *p) __must_check;
/* @p may be NULL. */
void packer_free(struct packer *p);

/* Unpack @fd, a regular file, which stays the caller's. */
struct unpacker;
struct unpacker *unpacker_new(int fd);
void unpacker_free(struct unpacker *u);
/*
 * To the beginning of the file: 0, or -errno. -EINVAL: no frame begins there, or none with the
 * marks that a packer gives it.
 */
int unpacker_rewind(struct unpacker *u) __must_check;
/*
 * @n bytes: how many came, fewer only at the end of the frame. -EBADMSG: damaged, -ENODATA: cut off, other
 * -errno of reading.
 */
int64_t unpacker_get(struct unpacker *u, void *buffer, size_t n) __must_check;
/* Whether the frame ends here, its checksum is right, and the file ends with it: 0, or as unpacker_get. */
int unpacker_end(struct unpacker *u) __must_check;

#endif
