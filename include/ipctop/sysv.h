/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_SYSV_H
#define IPCTOP_SYSV_H

/*
 * The index that the commands want which ask for no permission (SHM_STAT_ANY): the low bits of the id, so many as
 * the kernel takes (ipc/util.h). @try: below SYSV_INDEXES.
 */
#define SYSV_INDEXES 2
int sysv_index(int id, unsigned int try);

#endif
