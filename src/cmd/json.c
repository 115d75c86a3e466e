/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --json: one snapshot as one document. */
#include "cmd.h"

#define GROUPS (OPTIONS_ROWS | OPTIONS_READ | OPTIONS_SOURCE)

static int json(const struct query *q)
{
	uint32_t count, *rows;
	struct snapshot *s;
	struct feed feed;
	int status = feed_open(&feed, q, NEEDS_DOCUMENT, true);

	if (status == DONE)
		status = feed_next(&feed, &s);
	feed_last(&feed);
	if (feed.snapshot) {
		rows = query_select(q, s, &count);
		if (view_json(stdout, s, rows, count))
			status = FAILED;
		free(rows);
	}
	feed_close(&feed);
	return status;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct query q = { .class = CLASS_OBJECT };
	int status, first = query_options(&q, command, GROUPS, NULL, argc, argv, &status);

	if (first >= 0 && first < argc)
		status = cmd_usage(command, "--json takes no words; kinds are chosen by --kind");
	else if (first >= 0)
		status = query_prepare(&q, command, CLASS_OBJECT, CLASS_OBJECT);
	if (first == argc && status == DONE)
		status = json(&q);
	query_release(&q);
	return status;
}

const struct command command_json = {
	.name = "--json", .options = true, .help = "one snapshot as one JSON document", .run = run,
};
