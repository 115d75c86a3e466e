/* SPDX-License-Identifier: GPL-2.0-or-later */
/* chmod: permissions of objects. */
#include "cmd.h"

#include <sys/stat.h>

static uint32_t ask_umask(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return mask;
}

static int read_mode(struct changes *c, const char *word)
{
	struct buf error = BUF_INIT;
	int rc = mode_parse(word, ask_umask(), &c->mode, &error);

	c->settings.mode = &c->mode;
	if (rc)
		cmd_usage(c->command, "%s", error.s);
	buf_release(&error);
	return rc ? USAGE : DONE;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct changes c = { .command = command, .action = ACTION_CHMOD };

	return change_command(&c, argc, argv, read_mode);
}

const struct command command_chmod = {
	.name = "chmod", .args = "MODE NAME...", .options = true,
	.help = "change the permissions of objects", .run = run,
};
