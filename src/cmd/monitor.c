/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The full-screen monitor. */
#include "cmd.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <unistd.h>
#include "ipctop/monitor.h"

#define GROUPS (OPTIONS_ROWS | OPTIONS_SORT | OPTIONS_COLUMNS | OPTIONS_VALUES | OPTIONS_READ | \
		OPTIONS_SOURCE)

static int set_delay(void *target, const char *arg, struct buf *error)
{
	int64_t *interval = target;
	int rc = delay_parse(arg, interval, error);

	*interval /= 1000;
	if (!rc && *interval < 100) {
		buf_puts(error, "the monitor looks at most 10 times a second");
		rc = -EINVAL;
	}
	return rc;
}

/* As htop has it: numbers come with the largest first. */
static int set_sort_key(void *target, const char *arg, struct buf *error)
{
	const struct field *field = field_find(CLASS_OBJECT, arg);
	char **sort = target;

	free(*sort);
	*sort = xstrdup(arg);
	if (field && field->flags & FIELD_RIGHT) {
		struct buf text = BUF_INIT;

		buf_printf(&text, "%s:desc", arg);
		free(*sort);
		*sort = buf_detach(&text);
	}
	return 0;
}

/* Users as they were written; that they exist was looked up. */
static char *users_text(const struct users *u)
{
	struct buf text = BUF_INIT;

	for (uint32_t i = 0; i < u->uids.count; i++)
		buf_printf(&text, "%s%llu", text.len ? "," : "",
			   ((const unsigned long long *)u->uids.rows)[i]);
	for (uint32_t i = 0; i < u->names.count; i++)
		buf_printf(&text, "%s%s", text.len ? "," : "", ((const char *const *)u->names.rows)[i]);
	if (!text.len) {
		buf_release(&text);
		return NULL;
	}
	return buf_detach(&text);
}

/* The columns that were asked for, written out; NULL: none were. */
static char *columns_text(const struct query *q)
{
	struct buf text = BUF_INIT;

	if (!q->output_text && !q->output_all)
		return NULL;
	for (unsigned int i = 0; i < q->columns.count; i++)
		buf_printf(&text, "%s%s", i ? "," : "", q->columns.fields[i]->name);
	return buf_detach(&text);
}

/* A terminal that can only write lines gets frames one after another. */
static int watch_lines(const struct command *command, struct query *q, int64_t interval, const char *why)
{
	cmd_error("%s: frames follow one another, as with --batch", why);
	return batch_frames(command, q, interval ? interval * 1000 : 2000000);
}

static int end_by(int signal)
{
	struct sigaction action = { .sa_handler = SIG_DFL };

	sigaction(signal, &action, NULL);
	raise(signal);
	return FAILED;
}

static int monitor(const struct command *command, struct query *q, struct monitor_options *o)
{
	struct buf error = BUF_INIT;
	char *users = users_text(&q->users), *filter = NULL;
	struct feed feed;
	int rc, status = feed_open(&feed, q, 0, false);

	if (status == DONE && q->file)
		status = feed_next(&feed, &o->recorded);
	if (status != DONE) {
		feed_close(&feed);
		free(users);
		return status;
	}
	feed.snapshot = NULL;		/* the monitor takes it over */
	if (q->filter_text) {
		struct buf text = BUF_INIT;

		buf_printf(&text, "=%s", q->filter_text);
		filter = buf_detach(&text);
		o->filter = filter;
	}
	o->collect = feed.options;
	o->users = users;
	rc = monitor_run(o, &error);
	if (rc == -EOPNOTSUPP)
		status = watch_lines(command, q, o->interval, error.s);
	else if (error.len)
		cmd_error("%s%s", rc < 0 ? "" : "settings are not kept: ", error.s);
	feed_close(&feed);
	free(users);
	free(filter);
	buf_release(&error);
	return rc > 0 ? end_by(rc) : rc < 0 && rc != -EOPNOTSUPP ? USAGE : status;
}

static int check(const struct command *command, const struct query *q, const struct monitor_options *o, int words)
{
	if (words)
		return cmd_usage(command, "the monitor takes no words; kinds are chosen by --kind");
	if (q->filter_text && o->filter)
		return cmd_usage(command, "-F and --filter exclude each other");
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return cmd_usage(command, "the monitor needs a terminal; there are 'ipctop list' for a "
				 "table, 'ipctop --json' for scripts and 'ipctop --batch' for logs");
	return DONE;
}

static void print_keys(void)
{
	struct buf text = BUF_INIT;

	monitor_keys(&text);
	printf("\n%s", text.s);
	buf_release(&text);
}

static int run(const struct command *command, int argc, char **argv)
{
	struct query q = { .class = CLASS_OBJECT };
	struct monitor_options o = { 0 };
	char *sort_key = NULL, *columns = NULL;
	const struct option_row own[] = {
		{ 'd', "delay", "SECONDS", "time between looks, 2 seconds where not given", OPTION_CALL,
		  &o.interval, set_delay },
		{ 's', "sort-key", "COL", "order by this column, numbers with the largest first",
		  OPTION_CALL, &sort_key, set_sort_key },
		{ 'F', "find", "TEXT", "only rows with this text; a|b: with one of them", OPTION_STRING,
		  &o.filter },
		{ 'C', "no-color", NULL, "no colours", OPTION_FLAG, &o.no_color },
		{ 'U', "no-unicode", NULL, "draw with ASCII alone", OPTION_FLAG, &o.ascii },
		{ 'M', "no-mouse", NULL, "leave the mouse to the terminal", OPTION_FLAG, &o.no_mouse },
		{ 0, "read-only", NULL, "no actions", OPTION_FLAG, &o.read_only },
		{ 0, "readonly", NULL, "the same", OPTION_FLAG, &o.read_only },
		{ 0, "no-config", NULL, "neither read nor keep settings", OPTION_FLAG, &o.no_config },
		OPTION_END
	};
	int status, first = query_options(&q, command, GROUPS, own, argc, argv, &status);

	if (first < 0 && q.help)
		print_keys();
	if (first >= 0)
		status = check(command, &q, &o, argc - first);
	if (first >= 0 && status == DONE)
		status = query_prepare(&q, command, CLASS_OBJECT, CLASS_OBJECT);
	if (first >= 0 && status == DONE) {
		o.kinds = q.kinds;
		o.columns = columns = columns_text(&q);
		o.sort = sort_key ? sort_key : q.sort_text;
		o.style = q.style;
		o.no_color |= q.color == COLOR_NEVER;
		status = monitor(command, &q, &o);
	}
	free(sort_key);
	free(columns);
	query_release(&q);
	return status;
}

const struct command command_monitor = {
	.name = "monitor", .options = true,
	.help = "the full-screen monitor: what runs without a command", .run = run,
};
