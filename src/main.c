/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/cmd.h"

const struct command *const commands[] = {
	&command_monitor,
	&command_json,
	&command_batch,
	&command_list,
	&command_show,
	&command_maps,
	&command_limits,
	&command_metrics,
	&command_account,
	&command_clean,
	&command_rm,
	&command_detach,
	&command_save,
	&command_restore,
	&command_cat,
	&command_chmod,
	&command_chown,
	&command_mk,
	&command_ipcs,
	&command_ipcrm,
	&command_ipcmk,
	&command_schema,
	&command_help,
	&command_help_option,
	&command_version,
	&command_complete,
	NULL
};

int main(int argc, char **argv)
{
	return cmd_main(argc, argv);
}
