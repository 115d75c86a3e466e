/* SPDX-License-Identifier: GPL-2.0-or-later */
/* save: objects into files. */
#include "cmd.h"

#include <errno.h>
#include "ipctop/save.h"

#define GROUPS (OPTIONS_ROWS | OPTIONS_SORT | OPTIONS_COLUMNS | OPTIONS_FORMATS | OPTIONS_VALUES | \
		OPTIONS_READ | OPTIONS_SOURCE)

void warn_of_writers(const struct snapshot *s, const struct object *o)
{
	bool unseen;
	uint32_t writers = contents_writers(s, o, &unseen);

	/* the name is escaped already */
	if (writers)
		cmd_error("%s: %u process%s may write to it meanwhile: what is read may be torn", o->name,
			  writers, writers == 1 ? "" : "es");
	else if (unseen)
		cmd_error("%s: somebody unseen may write to it meanwhile: what is read may be torn",
			  o->name);
}

static int set_level(void *target, const char *arg, struct buf *error)
{
	int *level = target;
	char *end;
	long number = strtol(arg, &end, 10);

	if (arg[0] >= '0' && arg[0] <= '9' && !*end && number >= 1 && number <= save_level_max()) {
		*level = number;
		return 0;
	}
	buf_printf(error, "levels of compression are 1 to %d", save_level_max());
	return -EINVAL;
}

static void add(struct changes *c, const struct snapshot *s, const struct object *o)
{
	const struct act *act = plan_add(&c->plan, s, o, ACTION_SAVE, c->settings.permit);

	if (act->result == OUTCOME_PLANNED && !c->dry_run)
		warn_of_writers(s, o);
}

static int save(struct changes *c, struct query *q, int argc, char **argv)
{
	uint32_t needs = NEED_BIT(NEED_HOLDERS) | NEED_BIT(NEED_PROCESSES) | NEED_BIT(NEED_DOCUMENT) |
			 query_needs(q);

	if (!q->kinds)
		q->kinds = change_kinds(ACTION_SAVE);
	return change_objects(c, q, needs, false, argc, argv, add);
}

static int check(const struct changes *c, struct query *q, int argc, char **argv)
{
	if (!q->file && !c->save_folder)
		return cmd_usage(c->command, "save where? --to FOLDER says it");
	return change_words(c, q, argc, argv);
}

static int run(const struct command *command, int argc, char **argv)
{
	struct query q = { .class = CLASS_OBJECT };
	struct changes c = {
		.command = command, .action = ACTION_SAVE, .settings.permit = PERMIT_ANY,
	};
	struct option_row own[2 + MAX_CHANGE_ROWS] = {
		{ 0, "to", "FOLDER", "where the files are made", OPTION_STRING, &c.save_folder },
		{ 0, "level", "N", "how hard to compress, from 1", OPTION_CALL, &c.save_level, set_level },
	};
	int status, first;

	change_options(&c, own, 2);
	first = query_options(&q, command, GROUPS, own, argc, argv, &status);
	if (first >= 0)
		status = check(&c, &q, argc - first, argv + first);
	if (first >= 0 && status == DONE)
		status = query_prepare(&q, command, CLASS_OBJECT, CLASS_ACT);
	if (first >= 0 && status == DONE)
		status = save(&c, &q, argc - first, argv + first);
	change_release(&c);
	query_release(&q);
	return status;
}

const struct command command_save = {
	.name = "save", .args = "NAME...", .options = true,
	.help = "contents and metadata of objects into files", .run = run,
};
