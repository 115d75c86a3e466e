/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ACT_COPIED_H
#define ACT_COPIED_H

#include "ipctop/act.h"

/*
 * Contents that are no memory: a copy of them is made at once, and taken back at once.
 *
 * A set: the value of each semaphore, 2 bytes. A queue of System V: its messages in their order, each as its type (8
 * bytes), its length (8 bytes) and its bytes. A POSIX queue: nothing. Numbers are little-endian.
 */
/* contents_open for those: -EOPNOTSUPP where the kernel lets nobody read without taking. */
int copied_open(struct reach *ways, const struct object *o, struct contents *c, struct buf *error) __must_check;
/*
 * Put @n bytes of contents into the new set or queue @id, made after the saved @o: 0, or -errno with a sentence. A
 * queue gets @o's room.
 */
int copied_set(const struct object *o, int id, const char *s, size_t n, struct buf *error) __must_check;
int copied_send(const struct object *o, int id, const char *s, size_t n, struct buf *error) __must_check;

#endif
