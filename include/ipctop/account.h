/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_ACCOUNT_H
#define IPCTOP_ACCOUNT_H

#include "ipctop/snapshot.h"

/*
 * Where all of Shmem in /proc/meminfo went (proc_meminfo(5)): pages of System V segments, of memfds and
 * anonymous shared memory, and of the files of every tmpfs. Huge pages are not in it.
 *
 * The memory of all rows, less what the row "swapped" has in swap, is Shmem; each page is in one row.
 */
enum account_by { ACCOUNT_KIND, ACCOUNT_USER, ACCOUNT_CGROUP, NR_ACCOUNT_BYS };
extern const char *const account_names[NR_ACCOUNT_BYS + 1];

/* What is to be collected for it: NEED_BIT. */
uint32_t account_needs(enum account_by by);
/*
 * Add rows of CLASS_ACCOUNT to @s: by kind in the order of kinds, else the largest first, and last
 * "unexplained", which is what Shmem has beyond them. By user, what has no owner in sight is "unlinked".
 * 0, or -ENODATA: Shmem is not known.
 */
int account_sum(struct snapshot *s, enum account_by by) __must_check;

#endif
