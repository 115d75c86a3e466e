/* SPDX-License-Identifier: GPL-2.0-or-later */
/* chown: owners of objects. */
#include "cmd.h"

#include <errno.h>

static int read_owner(struct changes *c, const char *word)
{
	struct act_settings *settings = &c->settings;
	struct buf error = BUF_INIT;
	struct owner owner;
	int rc = owner_parse(word, &owner, &error);

	if (rc == -EINVAL)
		cmd_usage(c->command, "%s", error.s);
	else if (rc)
		cmd_error("%s", error.s);
	buf_release(&error);
	settings->has_uid = owner.has_uid;
	settings->has_gid = owner.has_gid;
	settings->uid = owner.uid;
	settings->gid = owner.gid;
	return !rc ? DONE : rc == -EINVAL || rc == -ENOENT ? USAGE : FAILED;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct changes c = { .command = command, .action = ACTION_CHOWN };

	return change_command(&c, argc, argv, read_owner);
}

const struct command command_chown = {
	.name = "chown", .args = "OWNER[:GROUP] NAME...", .options = true,
	.help = "change the owner of objects", .run = run,
};
