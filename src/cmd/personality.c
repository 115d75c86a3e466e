/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcs, ipcrm, ipcmk: the commands that a link to the program by their name starts, too. */
#include "cmd.h"

#include "ipctop/compat.h"

static int run_ipcs(const struct command *command, int argc, char **argv)
{
	return compat_ipcs(argc, argv);
}

static int run_ipcrm(const struct command *command, int argc, char **argv)
{
	return compat_ipcrm(argc, argv);
}

static int run_ipcmk(const struct command *command, int argc, char **argv)
{
	return compat_ipcmk(argc, argv);
}

const struct command command_ipcs = {
	.name = "ipcs", .args = "[OPTION...]", .help = "System V objects, as ipcs of util-linux shows them",
	.options = true, .by_link = true, .run = run_ipcs,
};

const struct command command_ipcrm = {
	.name = "ipcrm", .args = "[OPTION...]", .help = "remove objects, as ipcrm of util-linux does",
	.options = true, .by_link = true, .run = run_ipcrm,
};

const struct command command_ipcmk = {
	.name = "ipcmk", .args = "[OPTION...]", .help = "make objects, as ipcmk of util-linux does",
	.options = true, .by_link = true, .run = run_ipcmk,
};
