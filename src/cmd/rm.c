/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rm: remove objects that are named. */
#include "cmd.h"

#include "ipctop/text.h"

#define GROUPS (OPTIONS_ROWS | OPTIONS_COLUMNS | OPTIONS_FORMATS | OPTIONS_VALUES | OPTIONS_READ | \
		OPTIONS_SOURCE)

struct removal {
	struct query q;
	struct changes c;
	bool force;
};

static void add(struct removal *x, const struct snapshot *s, uint32_t row)
{
	const struct object *o = snapshot_object(s, row);
	struct act *act = plan_add(&x->c.plan, s, o, ACTION_REMOVE, x->c.settings.permit);

	if (act->result == OUTCOME_PLANNED && o->evidence.namespace_other && !x->c.all_namespaces) {
		act_settle_foreign(&x->c.plan, act);
		return;
	}
	if (act->result != OUTCOME_REFUSED || x->force || !act_can(o->kind, ACTION_REMOVE) ||
	    (o->kind != KIND_SHM && !FACT_KNOWN(o, path)) ||
	    o->flags & (OBJECT_CONDEMNED | OBJECT_UNLINKED))
		return;
	/* what force would do is said where it would do something */
	act_settle(&x->c.plan, act, OUTCOME_REFUSED, o->kind == KIND_SHM ?
		   "%s; --force removes it all the same: then nobody finds it by its key, and it goes "
		   "with its last attachment" :
		   "%s; --force removes it all the same: then it loses its name, who has it keeps it, and "
		   "who opens that name makes another", act->why);
}

static int find(struct removal *x, const struct snapshot *s, int argc, char **argv)
{
	int status = DONE;
	uint32_t count, *rows;

	plan_init(&x->c.plan, s);
	if (argc)
		rows = query_find(s, argc, argv, &count, &status);
	else
		rows = query_select(&x->q, s, &count);
	for (uint32_t i = 0; i < count; i++)
		add(x, s, rows[i]);
	free(rows);
	return status;
}

static int removing(struct removal *x, int argc, char **argv)
{
	uint32_t needs = CHANGE_NEEDS | NEED_BIT(NEED_HOLDERS) | NEED_BIT(NEED_PROCESSES) |
			 query_needs(&x->q);
	struct snapshot *s;
	struct feed feed;
	int status, found = DONE;

	if (!x->q.kinds)
		x->q.kinds = change_kinds(ACTION_REMOVE);
	x->c.settings.permit = x->force ? PERMIT_ANY : PERMIT_DISUSED;
	status = feed_open(&feed, &x->q, needs, true);
	if (status == DONE)
		status = feed_next(&feed, &s);
	if (feed.snapshot) {
		found = find(x, s, argc, argv);
		/* names are asked for one by one; an expression may mean more than was thought of */
		status = change_run(&x->c, &x->q, &feed, !argc, FAILED);
	}
	feed_close(&feed);
	return status == DONE ? found : status;
}

static int check(struct removal *x, const struct command *command, int argc, char **argv)
{
	if (x->q.file)
		return cmd_usage(command, "rm needs the machine itself, not a document");
	if (argc && (x->q.filter_text || x->q.kinds || x->q.users.uids.count || x->q.users.names.count))
		return cmd_usage(command, "rm takes names, or --filter, --kind and --user; not both");
	if (!argc && !x->q.filter_text && !x->q.kinds && !x->q.users.uids.count &&
	    !x->q.users.names.count)
		return cmd_usage(command, "remove which object? Names are those that 'ipctop list' prints");
	if (x->c.interactive && !change_can_ask())
		return cmd_usage(command, "-i asks on a terminal, and there is none");
	return argc ? query_names(&x->q, argc, argv) : DONE;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct removal x = { .q = { .class = CLASS_OBJECT, .shown = CLASS_ACT }, .c = { .command = command } };
	struct option_row own[3 + MAX_CHANGE_ROWS] = {
		{ 'f', "force", NULL, "also what is in use, or may be", OPTION_FLAG, &x.force },
		{ 'i', "interactive", NULL, "ask about each", OPTION_FLAG, &x.c.interactive },
		CHANGE_SAVE_OPTION(x.c),
	};
	int status, first;

	change_options(&x.c, own, 3);
	first = query_options(&x.q, command, GROUPS, own, argc, argv, &status);
	if (first >= 0)
		status = check(&x, command, argc - first, argv + first);
	if (first >= 0 && status == DONE)
		status = query_prepare(&x.q, command, CLASS_OBJECT, CLASS_ACT);
	if (first >= 0 && status == DONE)
		status = removing(&x, argc - first, argv + first);
	change_release(&x.c);
	query_release(&x.q);
	return status;
}

const struct command command_rm = {
	.name = "rm", .args = "NAME...", .options = true,
	.help = "remove objects that you name, after looking again", .run = run,
};
