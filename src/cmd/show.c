/* SPDX-License-Identifier: GPL-2.0-or-later */
/* show: all about objects. */
#include "cmd.h"

#define GROUPS (OPTIONS_JSON | OPTIONS_VALUES | OPTIONS_READ | OPTIONS_SOURCE)

static int print_json(const struct snapshot *s, const uint32_t *rows, uint32_t count)
{
	struct columns all = { 0 };
	const struct field *f;
	uint64_t written = 0;
	int rc;

	for (unsigned int i = 0; (f = field_at(CLASS_OBJECT, i)); i++)
		if (!(f->flags & FIELD_TABLE) && all.count < ARRAY_SIZE(all.fields))
			all.fields[all.count++] = f;
	rc = view_json_begin(stdout, "objects", NULL);
	if (!rc)
		rc = view_json_rows(stdout, s, CLASS_OBJECT, rows, count, &all, &written);
	return rc ? rc : view_json_end(stdout, written);
}

static int print(const struct query *q, const struct snapshot *s, const uint32_t *rows,
		 uint32_t count)
{
	struct detail_options options = { .style = q->style };
	struct screen screen;
	int rc = 0;

	if (q->json)
		return print_json(s, rows, count);
	screen_look(&screen, q->color);
	options.color = screen.color;
	options.utf8 = locale_is_utf8();
	options.width = screen.width;
	options.style.now = snapshot_document(s)->time / 1000;
	for (uint32_t i = 0; i < count && !rc; i++) {
		if (i)
			putchar('\n');
		rc = view_detail(stdout, s, rows[i], &options);
	}
	return rc;
}

static int show(const struct query *q, int argc, char **argv)
{
	struct snapshot *s;
	struct feed feed;
	int status = feed_open(&feed, q, NEEDS_DOCUMENT, true);

	if (status == DONE)
		status = feed_next(&feed, &s);
	if (feed.snapshot) {
		uint32_t count, *rows = query_find(s, argc, argv, &count, &status);

		if (print(q, s, rows, count))
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

	if (first == argc)
		status = cmd_usage(command, "show which object? Names are those that 'ipctop list' prints");
	else if (first >= 0)
		status = query_names(&q, argc - first, argv + first);
	if (first >= 0 && status == DONE)
		status = query_prepare(&q, command, CLASS_OBJECT, CLASS_OBJECT);
	if (first >= 0 && status == DONE)
		status = show(&q, argc - first, argv + first);
	query_release(&q);
	return status;
}

const struct command command_show = {
	.name = "show", .args = "NAME...", .options = true,
	.help = "all about objects: life, verdict and why, every holder",
	.run = run,
};
