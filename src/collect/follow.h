/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef COLLECT_FOLLOW_H
#define COLLECT_FOLLOW_H

#include "pass.h"

/*
 * Open the absolute @path, symbolic links followed, without looking up anything on a network or
 * FUSE file system of @mounts (mounts_pass_server, without the root): a descriptor, -EREMOTE
 * where one stands on the way, or another -errno. @flags as in open(2); those without O_PATH, or
 * with O_DIRECTORY beside it.
 */
int follow_open(const struct mounts *mounts, const char *path, int flags) __must_check;

#endif
