/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef COLLECT_CONFIG_H
#define COLLECT_CONFIG_H

#include "ipctop/policy.h"

/*
 * Add the configuration file @path to @p. A file that does not exist adds nothing. 0, or -errno
 * with a sentence in @error ("FILE: …", "FILE:LINE: …"); the policy is then as before.
 */
int config_add_file(struct policy *p, const char *path, struct buf *error) __must_check;

/* All of these files (the list ends with NULL), then policy_ready; or none of them. */
int config_load(struct policy *p, const char *const *paths, struct buf *error) __must_check;

#endif
