/* SPDX-License-Identifier: GPL-2.0-or-later */
/* maps: the mappings of processes, private ones too. */
#include "cmd.h"

#include <errno.h>
#include "ipctop/text.h"

#define GROUPS (OPTIONS_ROWS | OPTIONS_ORDER | OPTIONS_COLUMNS | OPTIONS_FORMATS | \
		OPTIONS_VALUES | OPTIONS_READ | OPTIONS_SOURCE)

static const char usage_columns[] = "+rss,pss,swap";

static int parse_pids(const struct command *command, int argc, char **argv, struct table *pids)
{
	struct buf escaped = BUF_INIT;
	int status = DONE;

	for (int i = 0; i < argc && status == DONE; i++) {
		uint64_t *pid = table_add(pids, sizeof(*pid));

		if (pid_parse(argv[i], pid))
			continue;
		text_escape(&escaped, argv[i], strlen(argv[i]), 0);
		status = cmd_usage(command, "%s: not a process number", escaped.s);
	}
	buf_release(&escaped);
	return status;
}

/*
 * Of a process that was named, what could not be read is a failure; of all processes
 * it is an incomplete view.
 */
static int report_gaps(const struct snapshot *s)
{
	const uint64_t *numbers = s->numbers.rows;
	int status = DONE;

	for (uint32_t i = 0; i < snapshot_count(s, CLASS_GAP); i++) {
		const struct gap *gap = snapshot_row(s, CLASS_GAP, i);

		for (uint32_t k = 0; k < gap->pids.count; k++)
			cmd_error("%llu: %s cannot be read: %s",
				  (unsigned long long)numbers[gap->pids.first + k], gap->source,
				  !strcmp(gap->error, "ESRCH") ? "no such process" : gap->error);
		if (gap->count > gap->pids.count)
			cmd_error("%s of %llu processes more cannot be read: %s", gap->source,
				  (unsigned long long)(gap->count - gap->pids.count), gap->error);
		status = FAILED;
	}
	return status;
}

/* What has been shown so far. */
struct showing {
	struct listing list;
	uint64_t count, shown;
	int rc;
};

static void print_total(const struct query *q, const struct snapshot *s, const struct showing *x,
			bool named)
{
	struct buf line = BUF_INIT;
	struct screen screen;
	bool people;

	screen_look(&screen, q->color);
	people = screen.terminal && !q->json && !q->raw && !q->pairs;
	if (x->count > x->shown && !q->json)
		query_print_cut(people ? stdout : stderr, x->count - x->shown);
	if (people && !q->noheadings) {
		buf_printf(&line, "%llu mapping%s", (unsigned long long)x->count, x->count == 1 ? "" : "s");
		view_gaps(&line, s);
		printf("%s\n", line.s);
	} else if (!people && !named) {
		query_print_incomplete(s);
	}
	buf_release(&line);
}

static int show_piece(void *arg, const struct snapshot *s)
{
	struct showing *x = arg;
	const struct query *q = x->list.q;
	uint32_t count, shown, *rows = query_select(q, s, &count);

	shown = count;
	if (q->limit && count > q->limit - x->shown)
		shown = q->limit - x->shown;
	query_sort(q, s, rows, count);
	x->rc = listing_rows(&x->list, s, rows, shown);
	x->count += count;
	x->shown += shown;
	free(rows);
	return x->rc;
}

/* Sizes in memory slow down whom they are read of: only when they are asked for. */
static bool reads_usage(const struct query *q)
{
	static const char *const fields[] = { "rss", "pss", "swap" };

	for (unsigned int i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct field *field = field_find(CLASS_MAP, fields[i]);

		for (unsigned int k = 0; k < q->columns.count; k++)
			if (q->columns.fields[k] == field)
				return true;
		for (unsigned int k = 0; k < q->sort.count; k++)
			if (q->sort.keys[k].field == field)
				return true;
		if (q->filter_text && strcasestr(q->filter_text, fields[i]))
			return true;
	}
	return false;
}

/* Enough rows for columns that keep their width, and for several threads to be worth while. */
#define PIECE 16384

static int maps(const struct query *q, const struct table *pids, bool usage)
{
	struct showing x = { .list = { .q = q, .member = "maps" } };
	const struct maps_receiver receiver = {
		.piece = query_streams(q) ? PIECE : 0, .take = show_piece, .arg = &x,
	};
	struct collect_options options = q->collect;
	struct snapshot *s = NULL;
	int rc, status = DONE;

	options.kinds = KINDS_ALL;
	options.sources = SOURCES_ALL;
	rc = collect_maps(&options, pids->count ? pids->rows : NULL, pids->count,
			  usage || reads_usage(q), &receiver, &s);
	if (rc) {
		cmd_error("/proc: cannot be read: %s", strerror(-rc));
		return FAILED;
	}
	if (!x.rc)
		x.rc = listing_end(&x.list);
	if (x.rc)
		status = FAILED;
	else
		print_total(q, s, &x, pids->count);
	if (pids->count && report_gaps(s) != DONE)
		status = FAILED;
	snapshot_free(s);
	return status;
}

static int prepare(struct query *q, const struct command *command, bool usage)
{
	struct buf error = BUF_INIT;
	int rc = 0;

	if (q->file || q->collect.older_than_set || q->collect.no_lease)
		return cmd_usage(command, "maps reads the machine itself: it takes no --snapshot, "
				 "--no-lease or --older-than");
	columns_default(CLASS_MAP, &q->columns);
	if (usage)
		rc = columns_parse(CLASS_MAP, usage_columns, &q->columns, &error);
	buf_release(&error);
	return rc ? FAILED : query_prepare(q, command, CLASS_MAP, CLASS_MAP);
}

static int run(const struct command *command, int argc, char **argv)
{
	struct query q = { .class = CLASS_MAP };
	struct table pids = { 0 };
	bool usage = false;
	const struct option_row own[] = {
		{ 'X', "extended", NULL,
		  "also resident, proportional and swapped size (slows the processes meanwhile)",
		  OPTION_FLAG, &usage },
		OPTION_END
	};
	int status, first = query_options(&q, command, GROUPS, own, argc, argv, &status);

	if (first >= 0)
		status = parse_pids(command, argc - first, argv + first, &pids);
	if (first >= 0 && status == DONE)
		status = prepare(&q, command, usage);
	if (first >= 0 && status == DONE)
		status = maps(&q, &pids, usage);
	table_release(&pids);
	query_release(&q);
	return status;
}

const struct command command_maps = {
	.name = "maps", .args = "[PID...]", .options = true,
	.help = "the mappings of processes, private ones too", .run = run,
};
