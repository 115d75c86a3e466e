/* SPDX-License-Identifier: GPL-2.0-or-later */
/* list: a table of objects, or of sums over them. */
#include "cmd.h"

#include <errno.h>
#include "ipctop/group.h"
#include "ipctop/text.h"

#define GROUPS (OPTIONS_ROWS | OPTIONS_ORDER | OPTIONS_COLUMNS | OPTIONS_FORMATS | \
		OPTIONS_VALUES | OPTIONS_READ | OPTIONS_SOURCE)

static int set_by(void *target, const char *arg, struct buf *error)
{
	const struct field **by = target;

	*by = group_field(arg);
	if (*by)
		return 0;
	buf_puts(error, "'");
	text_escape(error, arg, strlen(arg), 0);
	buf_puts(error, "' cannot be summed up by; there are");
	for (unsigned int i = 0; group_names[i]; i++)
		buf_printf(error, "%s %s", i ? "," : "", group_names[i]);
	return -EINVAL;
}

static int add_kinds(struct query *q, const struct command *command, int argc, char **argv)
{
	struct buf error = BUF_INIT;
	int rc = 0;

	for (int i = 0; i < argc && !rc; i++)
		rc = query_add_kind(q, argv[i], &error);
	if (rc)
		cmd_usage(command, "%s", error.s);
	buf_release(&error);
	return rc ? USAGE : DONE;
}

/* On a terminal an empty table says why it is empty. */
static void print_nothing(const struct query *q, const struct snapshot *s)
{
	struct buf line = BUF_INIT;

	if (q->filter || q->users.uids.count || q->users.names.count)
		buf_puts(&line, "no object matches");
	else if (q->kinds)
		for (unsigned int k = 0, n = 0; k < NR_KINDS; k++) {
			if (!(q->kinds & KIND_BIT(k)))
				continue;
			buf_printf(&line, "%s%s", n++ ? ", " : "none here: ", kinds[k].plural);
		}
	else
		buf_printf(&line, "nothing is shared %s: no System V segment, no file in /dev/shm, "
			   "no shared mapping", s->replayed ? "in this document" : "here");
	view_gaps(&line, s);
	printf("%s\n", line.s);
	buf_release(&line);
}

static void print_total(const struct query *q, const struct snapshot *s, const uint32_t *rows,
			uint32_t count)
{
	struct summary sum = { 0 };
	struct buf line = BUF_INIT;

	for (uint32_t i = 0; i < count; i++)
		summary_add(&sum, snapshot_object(s, rows[i]));
	view_summary(&line, s, &sum, &q->style);
	printf("%s\n", line.s);
	buf_release(&line);
}

static void print_cut(const struct query *q, const struct screen *screen, uint32_t more)
{
	/* a row of a table that a script reads is no place for it */
	if (more && !q->json)
		query_print_cut(screen->terminal && !q->raw && !q->pairs ? stdout : stderr, more);
}

static int show_objects(const struct query *q, const struct snapshot *s, uint32_t *rows,
			uint32_t count)
{
	uint32_t shown = query_cut(q, count);
	struct screen screen;
	bool people;
	int rc;

	screen_look(&screen, q->color);
	people = screen.terminal && !q->json && !q->raw && !q->pairs;
	if (people && !count) {
		print_nothing(q, s);
		return 0;
	}
	query_sort(q, s, rows, count);
	rc = query_write(q, s, "objects", NULL, rows, shown);
	print_cut(q, &screen, count - shown);
	if (people && !q->noheadings && !rc)
		print_total(q, s, rows, count);
	else if (!people)
		query_print_incomplete(s);
	return rc;
}

static int show_groups(const struct query *q, struct snapshot *s, const struct field *by,
		       uint32_t *rows, uint32_t count)
{
	const char *name = by->name;
	struct screen screen;
	uint32_t shown, *groups;
	int rc;

	if (q->style.numeric && by->numeric)
		by = field_find(CLASS_OBJECT, by->numeric);
	group_objects(s, by, rows, count);
	count = snapshot_count(s, CLASS_GROUP);
	groups = xcalloc(count, sizeof(*groups));
	for (uint32_t i = 0; i < count; i++)
		groups[i] = i;
	query_sort(q, s, groups, count);
	shown = query_cut(q, count);
	rc = query_write(q, s, "groups", name, groups, shown);
	screen_look(&screen, q->color);
	print_cut(q, &screen, count - shown);
	query_print_incomplete(s);
	free(groups);
	return rc;
}

static int list(const struct query *q, const struct field *by)
{
	uint32_t needs = by ? group_needs(by) : 0, count, *rows;
	struct snapshot *s;
	struct feed feed;
	int status;

	needs |= query_needs(q);
	status = feed_open(&feed, q, needs, query_reads_reasons(q));
	if (status == DONE)
		status = feed_next(&feed, &s);
	if (feed.snapshot) {
		rows = query_select(q, s, &count);
		if (by ? show_groups(q, s, by, rows, count) : show_objects(q, s, rows, count))
			status = FAILED;
		free(rows);
	}
	feed_close(&feed);
	return status;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct query q = { .class = CLASS_OBJECT };
	const struct field *by = NULL;
	const struct option_row own[] = {
		{ 0, "by", "FIELD", "sums by user, family, cgroup, unit, container or kind",
		  OPTION_CALL, &by, set_by, group_names },
		OPTION_END
	};
	int status, first = query_options(&q, command, GROUPS, own, argc, argv, &status);

	if (first >= 0)
		status = add_kinds(&q, command, argc - first, argv + first);
	if (first >= 0 && status == DONE)
		status = query_prepare(&q, command, CLASS_OBJECT, by ? CLASS_GROUP : CLASS_OBJECT);
	if (first >= 0 && status == DONE)
		status = list(&q, by);
	query_release(&q);
	return status;
}

const struct command command_list = {
	.name = "list", .args = "[KIND...]", .options = true,
	.help = "a table of objects, or of sums over them", .run = run,
};
