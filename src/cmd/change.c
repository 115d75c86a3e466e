/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What commands that change the system have in common. */
#include "change.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>
#include "ipctop/audit.h"
#include "ipctop/save.h"
#include "ipctop/text.h"

#define NAMED_GROUPS (OPTIONS_SORT | OPTIONS_COLUMNS | OPTIONS_FORMATS | OPTIONS_VALUES | OPTIONS_READ)

/* What tables show of an action without -o: of what is planned, of a plan with refusals, of results. */
static const struct shown {
	const char *planned, *mixed, *results;
} shown[NR_ACTIONS] = {
	[ACTION_REMOVE] = { "name,allocated,user,age,reason",
			    "name,allocated,user,age,reason,result,why", "name,freed,user,result,why" },
	[ACTION_SAVE] = { "name,size,user", "name,size,user,result,why", "name,size,result,saved,why" },
	[ACTION_CHMOD] = { "name,user,mode,new_mode", "name,user,mode,new_mode,result,why",
			   "name,user,mode,new_mode,result,why" },
	[ACTION_CHOWN] = { "name,user,group,new_uid,new_gid",
			   "name,user,group,new_uid,new_gid,result,why",
			   "name,user,group,new_uid,new_gid,result,why" },
	[ACTION_DETACH] = { "name,pid,comm,start,length,copy,others,becomes",
			    "name,pid,comm,start,length,copy,becomes,result,why",
			    "name,pid,comm,start,length,stopped,nattch,new_nattch,becomes,result,why" },
};

/* Of a removal that holders are parted from before. */
static const struct shown shown_parting = {
	"name,action,pid,comm,length,copy,allocated", "name,action,pid,comm,length,copy,allocated,result,why",
	"name,action,pid,comm,length,stopped,freed,result,why",
};

static const struct shown *columns_of(const struct changes *c)
{
	return c->parts ? &shown_parting : &shown[c->action];
}

/* Set by SIGINT and SIGTERM: the act under way is ended, and no other begun. */
static volatile int stopped;

static void stop(int signal)
{
	stopped = signal;
}

void change_options(struct changes *c, struct option_row rows[], unsigned int n)
{
	const struct option_row own[] = {
		{ 0, NULL, NULL, "What is done", OPTION_HEADING },
		{ 'y', "yes", NULL, "do it without a question", OPTION_FLAG, &c->yes },
		{ 0, "dry-run", NULL, "show the plan and change nothing", OPTION_FLAG, &c->dry_run },
		{ 'v', "verbose", NULL, "say what became of each object", OPTION_FLAG, &c->verbose },
		{ 0, "all-namespaces", NULL, "act in other IPC and mount namespaces too", OPTION_FLAG,
		  &c->all_namespaces },
		{ 0, "audit", "FILE", "append each act and its result to FILE, as JSON lines",
		  OPTION_STRING, &c->audit_file },
		OPTION_END
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(own); i++)
		rows[n + i] = own[i];
}

uint32_t change_kinds(enum action action)
{
	uint32_t set = 0;

	for (unsigned int k = 0; k < NR_KINDS; k++)
		if (act_can(k, action))
			set |= KIND_BIT(k);
	return set;
}

bool change_can_ask(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

/* The whole line: no part of it answers the next question. NULL at the end of input; the caller frees it. */
static char *ask(const char *question)
{
	char *answer = NULL;
	size_t room = 0;

	printf("%s ", question);
	fflush(stdout);
	if (getline(&answer, &room, stdin) < 0) {
		putchar('\n');
		free(answer);
		return NULL;
	}
	answer[strcspn(answer, "\n")] = '\0';
	return answer;
}

bool change_ask(const char *question)
{
	struct buf text = BUF_INIT;
	char *answer;
	bool yes;

	if (!change_can_ask())
		return false;
	buf_printf(&text, "%s [y/N]", question);
	answer = ask(text.s);
	yes = answer && (answer[0] == 'y' || answer[0] == 'Y');
	free(answer);
	buf_release(&text);
	return yes;
}

static bool has_result(const struct plan *plan, bool (*wanted)(const struct act *act))
{
	for (uint32_t i = 0; i < plan_count(plan); i++)
		if (wanted(plan_act(plan, i)))
			return true;
	return false;
}

static bool is_settled(const struct act *act)
{
	return act->result != OUTCOME_PLANNED;
}

static int write_rows(const struct query *q, const struct plan *plan, const char *columns)
{
	struct buf error = BUF_INIT;
	uint32_t *order = plan_order(plan);
	struct query mine = *q;
	int rc;

	mine.shown = CLASS_ACT;
	if (q->sort.count)
		query_sort(&mine, plan->s, order, plan_count(plan));
	if (!q->output_all && (!q->output_text || *q->output_text == '+')) {
		mine.columns.count = 0;
		if (q->json)
			columns_all(CLASS_ACT, &mine.columns);
		else if (columns_parse(CLASS_ACT, columns, &mine.columns, &error) ||
			 (q->output_text && columns_parse(CLASS_ACT, q->output_text, &mine.columns, &error)))
			cmd_error("%s", error.s);	/* a name above is wrong */
	}
	buf_release(&error);
	rc = query_write(&mine, plan->s, "acts", NULL, order, plan_count(plan));
	free(order);
	return rc;
}

/* Of what the executor has no part in: refused, kept or gone by the plan; failures maybe were @told with it. */
static void tell_settled(const struct changes *c, bool told)
{
	for (uint32_t i = 0; i < plan_count(&c->plan); i++) {
		const struct act *act = plan_act(&c->plan, i);

		if (is_settled(act) && !(told && change_failed(act)))
			change_tell_done(c, act);
	}
}

static void on_done(void *arg, const struct act *act)
{
	change_tell_done(arg, act);
}

/* One question for each; what is answered with no is kept. */
static void ask_each(struct changes *c)
{
	for (uint32_t i = 0; i < plan_count(&c->plan); i++) {
		struct act *act = plan_act(&c->plan, i);
		struct buf question = BUF_INIT;

		if (act->result != OUTCOME_PLANNED)
			continue;
		buf_printf(&question, "%s %s", action_names[act->action], act->name);
		if (FACT_KNOWN(act, verdict)) {
			buf_printf(&question, " (%s: ", verdict_names[act->verdict]);
			text_escape(&question, act->reason, act->reason ? strlen(act->reason) : 0, 0);
			buf_puts(&question, ")");
		}
		buf_puts(&question, "?");
		if (!change_ask(question.s)) {
			act_settle(&c->plan, act, OUTCOME_KEPT, "you said so");
			change_tell_done(c, act);
		}
		buf_release(&question);
	}
}

/* Whether the name of each object is typed. */
static bool ask_names(const struct changes *c)
{
	const char *last = NULL;
	bool yes = true;

	for (uint32_t i = 0; yes && i < plan_count(&c->plan); i++) {
		const struct act *act = plan_act(&c->plan, i);
		struct buf question = BUF_INIT;
		char *answer;

		if (act->result != OUTCOME_PLANNED || (last && !strcmp(last, act->name)))
			continue;
		last = act->name;
		buf_printf(&question, "Type %s to go on:", act->name);
		answer = ask(question.s);
		yes = answer && !strcmp(answer, act->name);
		free(answer);
		buf_release(&question);
	}
	return yes;
}

static bool ask_all(const struct changes *c, const struct query *q)
{
	struct buf question = BUF_INIT;
	bool yes;

	if (c->asks_names)
		return ask_names(c);
	buf_puts(&question, "Go on with ");
	change_put_amounts(&question, c, q);
	buf_puts(&question, "?");
	yes = change_ask(question.s);
	buf_release(&question);
	return yes;
}

static int open_audit(struct changes *c)
{
	struct buf error = BUF_INIT;
	int rc = audit_open(c->command->name, c->audit_file, &c->settings.audit, &error);

	if (rc)
		cmd_error("%s", error.s);
	buf_release(&error);
	return rc ? FAILED : DONE;
}

int change_close_audit(struct audit **audit, const char *file)
{
	int rc = audit_close(*audit);

	*audit = NULL;
	if (!rc)
		return DONE;
	cmd_error_of(file ? file : "audit", "not all of it could be written: %s",
		     strerror(-rc));
	return FAILED;
}

/* Who does not know what is to be kept cannot tell what may go. */
static bool knows_what_to_keep(const struct changes *c, const struct feed *feed)
{
	if (!feed->options.policy_error || c->action != ACTION_REMOVE || c->settings.permit == PERMIT_ANY)
		return true;
	cmd_error("nothing is removed: the configuration, which says what to keep, could not be read");
	return false;
}

/* Of a folder that is not there one line is enough: each object would fail by it. */
static int check_folder(const struct changes *c)
{
	struct buf error = BUF_INIT;
	int folder;

	if (!c->save_folder || !c->plan.acts)
		return DONE;
	folder = save_open_folder(c->save_folder, &error);
	if (folder < 0)
		cmd_error_of(c->save_folder, "%s", error.s);
	else
		close(folder);
	buf_release(&error);
	return folder < 0 ? FAILED : DONE;
}

static int execute(struct changes *c, const struct query *q, struct feed *feed)
{
	struct sigaction act = { .sa_handler = stop }, old_int, old_term;
	struct collect_options collect = feed->options;
	const struct save_options save = { .folder = c->save_folder, .level = c->save_level };
	int rc, status = check_folder(c);

	if (status == DONE)
		status = open_audit(c);
	if (status != DONE)
		return status;	/* what cannot be saved or told is not done */
	feed_forget(feed);
	collect.sources |= kind_sources(collect.kinds, CHANGE_NEEDS);
	collect.reasons = true;
	c->settings.command = c->command->name;
	c->settings.all_namespaces = c->all_namespaces;
	c->settings.save = c->save_folder ? &save : NULL;
	sigaction(SIGINT, &act, &old_int);
	sigaction(SIGTERM, &act, &old_term);
	rc = act_run(&c->plan, &collect, &c->settings, q->json ? NULL : on_done, c, &stopped);
	sigaction(SIGINT, &old_int, NULL);
	sigaction(SIGTERM, &old_term, NULL);
	if (rc == -EINTR)
		cmd_error("interrupted: %llu not done", (unsigned long long)c->plan.acts);
	status = change_close_audit(&c->settings.audit, c->audit_file);
	return rc || has_result(&c->plan, change_failed) ? FAILED : status;
}

static int show_results(const struct changes *c, const struct query *q, int status)
{
	bool table = q->raw || q->pairs || q->output_text || q->output_all;

	if (q->json || table) {
		if (write_rows(q, &c->plan, columns_of(c)->results))
			return FAILED;
	} else if (c->verbose || c->sums || isatty(STDOUT_FILENO) || plan_count(&c->plan) > 1) {
		change_tell_results(c, q);
	}
	return status;
}

static int show_plan(const struct changes *c, const struct query *q)
{
	const char *columns = has_result(&c->plan, is_settled) ?
			      columns_of(c)->mixed : columns_of(c)->planned;

	if (plan_count(&c->plan) || q->json)
		return write_rows(q, &c->plan, columns) ? FAILED : DONE;
	return DONE;
}

int change_run(struct changes *c, const struct query *q, struct feed *feed, bool ask,
	       int unasked)
{
	bool people = !q->json && !q->raw && !q->pairs;
	bool asks = ask && !c->yes && !c->dry_run && change_can_ask();
	bool stops = c->dry_run || (ask && !c->yes && !asks);
	bool told = false;
	int status;

	if (asks || stops) {
		status = show_plan(c, q);
		if (people)
			change_tell_plan(c, q);
		/* a terminal cuts the table's last column off */
		told = people && plan_count(&c->plan) && has_result(&c->plan, change_failed);
		if (told)
			change_tell_failures(&c->plan);
		/* about nothing nobody need be asked */
		if (status != DONE || c->dry_run || (stops && !plan_count(&c->plan)))
			return status;
		if (stops) {
			if (unasked != DONE && c->plan.acts)
				cmd_error("nothing was changed: there is no terminal to ask on; "
					  "%s does it without a question", c->asks_names ? "--yes --force" : "--yes");
			return unasked;
		}
		if (!c->plan.acts || !ask_all(c, q)) {
			puts("nothing was changed");
			return c->plan.acts || !has_result(&c->plan, change_failed) ? DONE : FAILED;
		}
	}
	if (!knows_what_to_keep(c, feed))
		return FAILED;
	if (!q->json)
		tell_settled(c, told);
	if (c->interactive)
		ask_each(c);
	status = execute(c, q, feed);
	return show_results(c, q, status);
}

int change_words(const struct changes *c, struct query *q, int argc, char **argv)
{
	bool chosen = q->filter_text || q->kinds || q->users.uids.count || q->users.names.count;
	const char *name = c->command->name;

	if (q->file)
		return cmd_usage(c->command, "%s needs the machine itself, not a document", name);
	if (argc && chosen)
		return cmd_usage(c->command, "%s takes names, or --filter, --kind and --user; not both",
				 name);
	if (!argc && !chosen)
		return cmd_usage(c->command, "%s which object? Names are those that 'ipctop list' prints",
				 action_names[c->action]);
	return argc ? query_names(q, argc, argv) : DONE;
}

int change_objects(struct changes *c, struct query *q, uint32_t needs, bool ask, int argc, char **argv,
		   change_fn add)
{
	uint32_t count, *rows;
	struct snapshot *s;
	struct feed feed;
	int status, found = DONE;

	status = feed_open(&feed, q, CHANGE_NEEDS | needs, true);
	if (status == DONE)
		status = feed_next(&feed, &s);
	if (feed.snapshot) {
		plan_init(&c->plan, s);
		rows = argc ? query_find(s, argc, argv, &count, &found) : query_select(q, s, &count);
		for (uint32_t i = 0; i < count; i++)
			add(c, s, snapshot_object(s, rows[i]));
		free(rows);
		status = change_run(c, q, &feed, ask, FAILED);
	}
	feed_close(&feed);
	return status == DONE ? found : status;
}

static void add(struct changes *c, const struct snapshot *s, const struct object *o)
{
	struct act *act = plan_add(&c->plan, s, o, c->action, c->settings.permit);

	if (act->result == OUTCOME_PLANNED && o->evidence.namespace_other && !c->all_namespaces)
		act_settle_foreign(&c->plan, act);
	act_foresee(&c->plan, act, o, &c->settings);
}

int change_command(struct changes *c, int argc, char **argv,
		   int (*read)(struct changes *c, const char *word))
{
	struct query q = { .class = CLASS_ACT };
	struct option_row own[MAX_CHANGE_ROWS] = { 0 };
	int status, first;

	change_options(c, own, 0);
	first = query_options(&q, c->command, NAMED_GROUPS, own, argc, argv, &status);
	if (first >= 0 && argc - first < 2)
		status = cmd_usage(c->command, "%s takes %s", c->command->name, c->command->args);
	else if (first >= 0)
		status = read(c, argv[first]);
	if (first >= 0 && status == DONE)
		status = query_names(&q, argc - first - 1, argv + first + 1);
	if (first >= 0 && status == DONE)
		status = query_prepare(&q, c->command, CLASS_OBJECT, CLASS_ACT);
	if (first >= 0 && status == DONE)
		status = change_objects(c, &q, 0, false, argc - first - 1, argv + first + 1, add);
	change_release(c);
	query_release(&q);
	return status;
}

void change_release(struct changes *c)
{
	if (c->plan.s)
		plan_release(&c->plan);
}
