/* SPDX-License-Identifier: GPL-2.0-or-later */
/* account: where all of Shmem in /proc/meminfo went. */
#include "cmd.h"

#include <errno.h>
#include "ipctop/account.h"
#include "ipctop/text.h"

#define GROUPS (OPTIONS_ORDER | OPTIONS_COLUMNS | OPTIONS_FORMATS | OPTIONS_VALUES | OPTIONS_READ)

static int set_by(void *target, const char *arg, struct buf *error)
{
	enum account_by *by = target;

	for (unsigned int i = 0; i < NR_ACCOUNT_BYS; i++) {
		if (strcmp(arg, account_names[i]))
			continue;
		*by = i;
		return 0;
	}
	buf_puts(error, "'");
	text_escape(error, arg, strlen(arg), 0);
	buf_puts(error, "' is no way to account; there are");
	for (unsigned int i = 0; i < NR_ACCOUNT_BYS; i++)
		buf_printf(error, "%s %s", i ? "," : "", account_names[i]);
	return -EINVAL;
}

static void print_total(const struct query *q, const struct snapshot *s)
{
	const struct memory *m = snapshot_row(s, CLASS_MEMORY, 0);
	struct buf line = BUF_INIT;
	struct screen screen;

	screen_look(&screen, q->color);
	if (screen.terminal && !q->json && !q->raw && !q->pairs && !q->noheadings) {
		units_put_size(&line, m->shmem, q->style.bytes);
		buf_puts(&line, " of shared memory in all, by /proc/meminfo");
		view_gaps(&line, s);
		printf("%s\n", line.s);
	} else {
		query_print_incomplete(s);
	}
	buf_release(&line);
}

static int show(const struct query *q, struct snapshot *s, enum account_by by)
{
	uint32_t count, *rows;
	int rc = account_sum(s, by);

	if (rc) {
		cmd_error("/proc/meminfo: it does not tell Shmem");
		return FAILED;
	}
	count = snapshot_count(s, CLASS_ACCOUNT);
	rows = xcalloc(count, sizeof(*rows));
	for (uint32_t i = 0; i < count; i++)
		rows[i] = i;
	query_sort(q, s, rows, count);
	rc = query_write(q, s, "account", account_names[by], rows, query_cut(q, count));
	free(rows);
	if (!rc)
		print_total(q, s);
	return rc ? FAILED : DONE;
}

static int account(const struct query *q, enum account_by by)
{
	struct snapshot *s;
	struct feed feed;
	int status = feed_open(&feed, q, account_needs(by), false);

	if (status == DONE)
		status = feed_next(&feed, &s);
	if (feed.snapshot)
		status = show(q, s, by);
	feed_close(&feed);
	return status;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct query q = { .class = CLASS_ACCOUNT };
	enum account_by by = ACCOUNT_KIND;
	const struct option_row own[] = {
		{ 0, "by", "FIELD", "by kind, user or cgroup", OPTION_CALL, &by, set_by, account_names },
		OPTION_END
	};
	int status, first = query_options(&q, command, GROUPS, own, argc, argv, &status);

	if (first >= 0 && argc > first)
		status = cmd_usage(command, "it takes no names: all shared memory is accounted for");
	else if (first >= 0)
		status = query_prepare(&q, command, CLASS_ACCOUNT, CLASS_ACCOUNT);
	if (first >= 0 && status == DONE)
		status = account(&q, by);
	query_release(&q);
	return status;
}

const struct command command_account = {
	.name = "account", .args = "", .options = true,
	.help = "where all of Shmem in /proc/meminfo went", .run = run,
};
