/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rm: remove objects that are named. */
#include "cmd.h"

#define GROUPS (OPTIONS_ROWS | OPTIONS_SORT | OPTIONS_COLUMNS | OPTIONS_FORMATS | OPTIONS_VALUES | \
		OPTIONS_READ | OPTIONS_SOURCE)

static void add(struct changes *c, const struct snapshot *s, const struct object *o)
{
	struct act *act;

	if (c->parts && (!o->evidence.namespace_other || c->all_namespaces)) {
		plan_add_parted(&c->plan, s, o, LEAVE_COPY);
		return;
	}
	act = plan_add(&c->plan, s, o, ACTION_REMOVE, c->settings.permit);

	if (act->result == OUTCOME_PLANNED && o->evidence.namespace_other && !c->all_namespaces) {
		act_settle_foreign(&c->plan, act);
		return;
	}
	if (act->result != OUTCOME_REFUSED || c->settings.permit == PERMIT_ANY ||
	    !act_can(o->kind, ACTION_REMOVE) || (!kinds[o->kind].sysv && !FACT_KNOWN(o, path)) ||
	    o->flags & (OBJECT_CONDEMNED | OBJECT_UNLINKED))
		return;
	/* what force would do is said where it would do something */
	act_settle(&c->plan, act, OUTCOME_REFUSED, kinds[o->kind].unheld ?
		   "%s; --force removes it all the same: then whoever waits in it, or comes back to it, gets an error" :
		   o->kind == KIND_SHM ?
		   "%s; --force removes it all the same: then nobody finds it by its key, and it goes "
		   "with its last attachment" :
		   "%s; --force removes it all the same: then it loses its name, who has it keeps it, and "
		   "who opens that name makes another", act->why);
}

static int removing(struct changes *c, struct query *q, int argc, char **argv)
{
	uint32_t needs = NEED_BIT(NEED_HOLDERS) | NEED_BIT(NEED_PROCESSES) | query_needs(q);

	if (!q->kinds)
		q->kinds = change_kinds(ACTION_REMOVE);
	/* an expression may mean more than was thought of; -i asks about each anyway */
	return change_objects(c, q, needs, c->parts || (!argc && !c->interactive), argc, argv, add);
}

static int check(struct changes *c, struct query *q, int argc, char **argv)
{
	int status = change_words(c, q, argc, argv);

	if (status == DONE && c->interactive && !change_can_ask())
		status = cmd_usage(c->command, "-i asks on a terminal, and there is none");
	if (status == DONE && c->parts && c->settings.permit != PERMIT_ANY)
		status = cmd_usage(c->command, "--detach needs --force beside it: its holders lose what they share");
	if (status == DONE && c->parts && c->interactive)
		status = cmd_usage(c->command, "--detach asks about all at once: it does not go with -i");
	return status;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct query q = { .class = CLASS_OBJECT, .shown = CLASS_ACT };
	struct changes c = { .command = command, .action = ACTION_REMOVE };
	bool force = false;
	struct option_row own[4 + MAX_CHANGE_ROWS] = {
		{ 'f', "force", NULL, "also what is in use, or may be", OPTION_FLAG, &force },
		{ 'i', "interactive", NULL, "ask about each", OPTION_FLAG, &c.interactive },
		{ 0, "detach", NULL, "with --force: make its holders let go of it before", OPTION_FLAG, &c.parts },
		CHANGE_SAVE_OPTION(c),
	};
	int status, first;

	change_options(&c, own, 4);
	first = query_options(&q, command, GROUPS, own, argc, argv, &status);
	c.settings.permit = force ? PERMIT_ANY : PERMIT_DISUSED;
	if (first >= 0)
		status = check(&c, &q, argc - first, argv + first);
	if (first >= 0 && status == DONE)
		status = query_prepare(&q, command, CLASS_OBJECT, CLASS_ACT);
	if (first >= 0 && status == DONE)
		status = removing(&c, &q, argc - first, argv + first);
	change_release(&c);
	query_release(&q);
	return status;
}

const struct command command_rm = {
	.name = "rm", .args = "NAME...", .options = true,
	.help = "remove objects that you name, after looking again", .run = run,
};
