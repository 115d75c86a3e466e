/* SPDX-License-Identifier: GPL-2.0-or-later */
/* save: objects into files. */
#include "cmd.h"

#include <errno.h>
#include "ipctop/save.h"

#define GROUPS (OPTIONS_ROWS | OPTIONS_COLUMNS | OPTIONS_FORMATS | OPTIONS_VALUES | OPTIONS_READ | \
		OPTIONS_SOURCE)

struct saving {
	struct query q;
	struct changes c;
};

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

static int find(struct saving *x, const struct snapshot *s, int argc, char **argv)
{
	int status = DONE;
	uint32_t count, *rows;

	plan_init(&x->c.plan, s);
	if (argc)
		rows = query_find(s, argc, argv, &count, &status);
	else
		rows = query_select(&x->q, s, &count);
	for (uint32_t i = 0; i < count; i++) {
		const struct object *o = snapshot_object(s, rows[i]);
		const struct act *act = plan_add(&x->c.plan, s, o, ACTION_SAVE, PERMIT_ANY);

		if (act->result == OUTCOME_PLANNED && !x->c.dry_run)
			warn_of_writers(s, o);
	}
	free(rows);
	return status;
}

static int save(struct saving *x, int argc, char **argv)
{
	uint32_t needs = CHANGE_NEEDS | NEED_BIT(NEED_HOLDERS) | NEED_BIT(NEED_PROCESSES) |
			 NEED_BIT(NEED_DOCUMENT) | query_needs(&x->q);
	struct snapshot *s;
	struct feed feed;
	int status, found = DONE;

	if (!x->q.kinds)
		x->q.kinds = change_kinds(ACTION_SAVE);
	x->c.settings.permit = PERMIT_ANY;
	status = feed_open(&feed, &x->q, needs, true);
	if (status == DONE)
		status = feed_next(&feed, &s);
	if (feed.snapshot) {
		found = find(x, s, argc, argv);
		status = change_run(&x->c, &x->q, &feed, false, FAILED);
	}
	feed_close(&feed);
	return status == DONE ? found : status;
}

static int check(struct saving *x, const struct command *command, int argc, char **argv)
{
	if (x->q.file)
		return cmd_usage(command, "save needs the machine itself, not a document");
	if (!x->c.save_folder)
		return cmd_usage(command, "save where? --to FOLDER says it");
	if (argc && (x->q.filter_text || x->q.kinds || x->q.users.uids.count || x->q.users.names.count))
		return cmd_usage(command, "save takes names, or --filter, --kind and --user; not both");
	if (!argc && !x->q.filter_text && !x->q.kinds && !x->q.users.uids.count &&
	    !x->q.users.names.count)
		return cmd_usage(command, "save which object? Names are those that 'ipctop list' prints");
	return argc ? query_names(&x->q, argc, argv) : DONE;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct saving x = { .q = { .class = CLASS_OBJECT }, .c = { .command = command } };
	struct option_row own[2 + MAX_CHANGE_ROWS] = {
		{ 0, "to", "FOLDER", "where the files are made", OPTION_STRING, &x.c.save_folder },
		{ 0, "level", "N", "how hard to compress, from 1", OPTION_CALL, &x.c.save_level,
		  set_level },
	};
	int status, first;

	change_options(&x.c, own, 2);
	first = query_options(&x.q, command, GROUPS, own, argc, argv, &status);
	if (first >= 0)
		status = check(&x, command, argc - first, argv + first);
	if (first >= 0 && status == DONE)
		status = query_prepare(&x.q, command, CLASS_OBJECT, CLASS_ACT);
	if (first >= 0 && status == DONE)
		status = save(&x, argc - first, argv + first);
	change_release(&x.c);
	query_release(&x.q);
	return status;
}

const struct command command_save = {
	.name = "save", .args = "NAME...", .options = true,
	.help = "contents and metadata of objects into files", .run = run,
};
