/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ACT_CREATE_H
#define ACT_CREATE_H

#include "ipctop/create.h"

/* Append why the kernel would not make @c, by the limits that it has; @what and the error where none says. */
void create_why(struct buf *error, const struct creation *c, const char *what, int rc);
/* Number @i in the file of a limit; UINT64_MAX: not known, so that nothing is beyond it. */
uint64_t create_knob(const char *path, unsigned int i);
/* A descriptor (O_PATH) of /dev/shm; where that is no tmpfs nobody would look for what is made there: -EOPNOTSUPP. */
int create_open_shm(struct buf *error) __must_check;
/* What the queue @id has room for: 0, or -errno with a sentence; -EPERM beyond kernel.msgmnb (CAP_SYS_RESOURCE). */
int queue_set_room(int id, uint64_t bytes, struct buf *error) __must_check;

#endif
