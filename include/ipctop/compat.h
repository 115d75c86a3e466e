/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_COMPAT_H
#define IPCTOP_COMPAT_H

/*
 * The personalities: ipcs, ipcrm and ipcmk as util-linux 2.38.1 has them, down to the bytes of
 * their output and their exit status, and what later versions added. ipctop-ipcs(1) says
 * where they differ on purpose.
 *
 * Each is the whole of a command: it reads the options in @argv, prints its own errors under the name
 * in @argv[0], and gives its exit status: 0, or 1 when anything failed. What went to stdout is
 * written by then. Uses getopt_long(3): one call in a process.
 */
int compat_ipcs(int argc, char **argv);
int compat_ipcrm(int argc, char **argv);
int compat_ipcmk(int argc, char **argv);

#endif
