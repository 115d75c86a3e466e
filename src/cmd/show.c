/* SPDX-License-Identifier: GPL-2.0-or-later */
/* show: all about objects. */
#include "cmd.h"

#include <errno.h>
#include "ipctop/name.h"
#include "ipctop/text.h"

#define GROUPS (OPTIONS_JSON | OPTIONS_VALUES | OPTIONS_READ | OPTIONS_SOURCE)

/* A path or an id in the place of a name, as other tools take them. */
static void hint_at_name(const char *word)
{
	static const char shm[] = "/dev/shm/";
	struct buf name = BUF_INIT;

	if (!strncmp(word, shm, strlen(shm)) && word[strlen(shm)]) {
		buf_puts(&name, "posix-shm:/");
		text_escape(&name, word + strlen(shm), strlen(word + strlen(shm)), TEXT_AT);
	} else if (*word && !word[strspn(word, "0123456789")]) {
		buf_printf(&name, "shm:%s", word);
	}
	if (name.len)
		fprintf(stderr, "Did you mean 'ipctop show %s'?\n", name.s);
	buf_release(&name);
}

/* All names are read before anything is collected, and only their kinds are. */
static int check_names(struct query *q, const struct command *command, int argc, char **argv)
{
	int status = DONE;

	if (!argc)
		return cmd_usage(command, "show which object? Names are those that 'ipctop list' prints");
	for (int i = 0; i < argc; i++) {
		struct buf error = BUF_INIT;
		struct name name = { 0 };

		if (name_parse(argv[i], &name, &error)) {
			cmd_error("%s", error.s);
			hint_at_name(argv[i]);
			status = USAGE;
		} else {
			q->kinds |= KIND_BIT(name.kind);
			name_release(&name);
		}
		buf_release(&error);
	}
	return status;
}

static const char *why_not(int64_t rc)
{
	switch (-rc) {
	case ENOENT:
		return "no such object";
	case EEXIST:
		return "several objects have that name; add the namespace, as 'ipctop list' prints it";
	}
	return strerror(-rc);
}

static bool has_row(const uint32_t *rows, uint32_t count, uint32_t row)
{
	for (uint32_t i = 0; i < count; i++)
		if (rows[i] == row)
			return true;
	return false;
}

/* The rows of the names, each once; an error for each that has none. */
static uint32_t *find_names(const struct snapshot *s, int argc, char **argv, uint32_t *count,
			    int *status)
{
	uint32_t *rows = xcalloc(argc, sizeof(*rows));

	*count = 0;
	for (int i = 0; i < argc; i++) {
		int64_t row = snapshot_find(s, argv[i]);

		if (row < 0) {
			cmd_error_of(argv[i], "%s", why_not(row));
			*status = FAILED;
		} else if (!has_row(rows, *count, row)) {
			rows[(*count)++] = row;
		}
	}
	return rows;
}

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
	options.utf8 = screen.utf8;
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
	int status = feed_open(&feed, q, NEED_BIT(NR_NEEDS) - 1, true);

	if (status == DONE)
		status = feed_next(&feed, &s);
	if (feed.snapshot) {
		uint32_t count, *rows = find_names(s, argc, argv, &count, &status);

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

	if (first >= 0)
		status = check_names(&q, command, argc - first, argv + first);
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
