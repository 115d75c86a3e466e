/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clean: what is stale, why, and away with it on --yes. */
#include "cmd.h"

#include <errno.h>
#include <time.h>
#include "ipctop/text.h"

#define GROUPS (OPTIONS_ROWS | OPTIONS_SORT | OPTIONS_COLUMNS | OPTIONS_FORMATS | OPTIONS_VALUES | \
		OPTIONS_READ | OPTIONS_SOURCE)

struct cleaning {
	struct query q;
	struct changes c;
	uint64_t min_size, keep_newest, max_remove, confirm_after;
	bool limited, check;
	bool chosen;			/* by kind, user or expression */
	const char **keep;		/* entries of --keep */
	unsigned int nkeep;
};

static int set_min_size(void *target, const char *arg, struct buf *error)
{
	if (!units_parse_size(arg, target))
		return 0;
	buf_puts(error, "'");
	text_escape(error, arg, strlen(arg), 0);
	buf_puts(error, "' is not a size such as 4096, 64M or 2GiB");
	return -EINVAL;
}

static int set_max_remove(void *target, const char *arg, struct buf *error)
{
	struct cleaning *x = target;
	char *end;

	errno = 0;
	x->max_remove = strtoull(arg, &end, 10);
	x->limited = true;
	if (arg[0] >= '0' && arg[0] <= '9' && !*end && !errno)
		return 0;
	buf_puts(error, "'");
	text_escape(error, arg, strlen(arg), 0);
	buf_puts(error, "' is not a number of objects");
	return -EINVAL;
}

static int add_keep(void *target, const char *arg, struct buf *error)
{
	struct cleaning *x = target;

	x->keep = xrealloc(x->keep, x->nkeep + 1, sizeof(*x->keep));
	x->keep[x->nkeep++] = arg;
	return 0;
}

static int keep(struct cleaning *x, const struct feed *feed)
{
	struct buf error = BUF_INIT;
	int rc = 0;

	for (unsigned int i = 0; i < x->nkeep && !rc; i++) {
		rc = policy_add_keep(feed->policy, x->keep[i], &error);
		if (rc)
			cmd_usage(x->c.command, "--keep: %s", error.s);
	}
	buf_release(&error);
	return rc ? USAGE : DONE;
}

static bool is_wanted(const struct cleaning *x, const struct object *o)
{
	if (!FACT_KNOWN(o, verdict) || o->verdict != VERDICT_STALE)
		return false;
	if (o->evidence.namespace_other && !x->c.all_namespaces)
		return false;
	return !x->min_size || (FACT_KNOWN(o, size) && o->size >= x->min_size);
}

static void make_plan(struct cleaning *x, const struct snapshot *s)
{
	uint32_t count, *rows = query_select(&x->q, s, &count);

	plan_init(&x->c.plan, s);
	for (uint32_t i = 0; i < count; i++) {
		const struct object *o = snapshot_object(s, rows[i]);

		if (is_wanted(x, o))
			plan_add(&x->c.plan, s, o, ACTION_REMOVE, PERMIT_STALE);
	}
	free(rows);
	plan_keep_newest(&x->c.plan, x->keep_newest);
	if (x->limited)
		plan_limit(&x->c.plan, x->max_remove);
}

/* Only what is stale both times. */
static int confirm(struct cleaning *x, struct feed *feed)
{
	struct timespec left = { .tv_sec = x->confirm_after };
	struct identity_finder *finder;
	struct snapshot *s;
	int status;

	if (!x->confirm_after || !x->c.plan.acts)
		return DONE;
	while (nanosleep(&left, &left) && errno == EINTR)
		;
	status = feed_next(feed, &s);
	if (!feed->snapshot)
		return status;
	finder = identity_finder_new(s);
	for (uint32_t i = 0; i < plan_count(&x->c.plan); i++) {
		struct act *act = plan_act(&x->c.plan, i);

		if (act->result != OUTCOME_PLANNED)
			continue;
		if (!plan_recheck(&x->c.plan, act, PERMIT_STALE, s, finder) &&
		    act->result == OUTCOME_REFUSED)
			act->result = OUTCOME_KEPT;	/* nobody asked for what is not stale */
	}
	identity_finder_free(finder);
	return status;
}

static void tell_check(const struct cleaning *x)
{
	struct buf line = BUF_INIT;

	buf_printf(&line, "%llu stale object%s, ", (unsigned long long)x->c.plan.acts,
		   x->c.plan.acts == 1 ? "" : "s");
	units_put_size(&line, plan_bytes(&x->c.plan), x->q.style.bytes);
	printf("%s\n", line.s);
	buf_release(&line);
}

/* For a monitoring system: one line, or for a program the plan. */
static int check(struct cleaning *x, struct feed *feed)
{
	int status = DONE;

	x->c.dry_run = true;
	if (x->q.json || x->q.raw || x->q.pairs)
		status = change_run(&x->c, &x->q, feed, true, DONE);
	else
		tell_check(x);
	return status == DONE && x->c.plan.acts ? STALE : status;
}

static int tell_none(const struct cleaning *x)
{
	if (!x->q.json && !x->q.raw && !x->q.pairs)
		puts(x->chosen ? "nothing of what you chose is stale" : "nothing is stale");
	return DONE;
}

/* For people who decide what is to go: what goes without them, and what went and is still there. */
static void tell_dangers(const struct cleaning *x, const struct feed *feed, const struct snapshot *s)
{
	struct buf lines = BUF_INIT;

	if (x->c.yes || x->check || x->q.json || x->q.raw || x->q.pairs)
		return;
	view_dangers(&lines, s);
	fputs(lines.s, stdout);
	buf_release(&lines);
	if (!x->chosen)
		tell_condemned(&x->q, feed, s);
}

static int clean(struct cleaning *x)
{
	uint32_t needs = CHANGE_NEEDS | NEED_BIT(NEED_LOGOUT) | query_needs(&x->q);
	struct snapshot *s;
	struct feed feed;
	int status;

	x->chosen = x->q.kinds || x->q.filter || x->q.users.uids.count || x->min_size;
	if (!x->q.kinds)
		x->q.kinds = change_kinds(ACTION_REMOVE);
	status = feed_open(&feed, &x->q, needs, true);
	if (status == DONE)
		status = keep(x, &feed);
	if (status == DONE)
		status = feed_next(&feed, &s);
	if (status == DONE) {
		make_plan(x, s);
		status = confirm(x, &feed);
		query_print_incomplete(feed.snapshot);
		tell_dangers(x, &feed, feed.snapshot);
		x->c.settings.permit = PERMIT_STALE;
		if (status == DONE && x->check)
			status = check(x, &feed);
		else if (status == DONE && !plan_count(&x->c.plan) && !x->q.json)
			status = tell_none(x);
		else if (status == DONE)
			status = change_run(&x->c, &x->q, &feed, true, DONE);
	}
	feed_close(&feed);
	return status;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct cleaning x = {
		.q = { .class = CLASS_OBJECT, .shown = CLASS_ACT },
		.c = { .command = command, .sums = true },
	};
	struct option_row own[8 + MAX_CHANGE_ROWS] = {
		{ 0, "min-size", "SIZE", "only objects of that size at least", OPTION_CALL, &x.min_size,
		  set_min_size },
		{ 0, "keep", "NAME|KEY|PATTERN", "never this, beside the keep list of the configuration",
		  OPTION_CALL, &x, add_keep },
		{ 0, "keep-newest", "N", "leave the N newest of them", OPTION_COUNT, &x.keep_newest },
		{ 0, "max-remove", "N", "remove N at most, the oldest", OPTION_CALL, &x, set_max_remove },
		{ 0, "confirm-after", "SECONDS", "look again so much later; act on what is stale both times",
		  OPTION_DURATION, &x.confirm_after },
		{ 0, "check", NULL, "one line, and exit status 3 when something is stale", OPTION_FLAG,
		  &x.check },
		CHANGE_SAVE_OPTION(x.c),
	};
	int status, first;

	change_options(&x.c, own, 7);
	first = query_options(&x.q, command, GROUPS, own, argc, argv, &status);
	if (first >= 0 && first < argc)
		status = cmd_usage(command, "clean takes no names: 'ipctop rm' does; kinds are chosen "
				   "by --kind");
	else if (first >= 0 && x.q.file)
		status = cmd_usage(command, "clean needs the machine itself, not a document");
	else if (first >= 0)
		status = query_prepare(&x.q, command, CLASS_OBJECT, CLASS_ACT);
	if (first == argc && status == DONE)
		status = clean(&x);
	change_release(&x.c);
	query_release(&x.q);
	free(x.keep);
	return status;
}

const struct command command_clean = {
	.name = "clean", .options = true,
	.help = "what is stale and why; removes it on --yes", .run = run,
};
