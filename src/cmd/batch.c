/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --batch: text frames for logs, as top -b writes them. */
#include "cmd.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <unistd.h>
#include "ipctop/clock.h"
#include "ipctop/io.h"
#include "ipctop/text.h"

#define GROUPS (OPTIONS_ROWS | OPTIONS_ORDER | OPTIONS_COLUMNS | OPTIONS_VALUES | \
		OPTIONS_READ | OPTIONS_SOURCE)

/* Columns that need no look at /proc/sysvipc/shm, the dearest part of a frame of segments. */
static const char usual_columns[] = "name,size,user,age,uses,state,family,verdict";
static const char usual_order[] = "size:desc";
#define USUAL_ROWS 20

struct pace {
	bool limited;
	uint64_t frames;
	int64_t delay;		/* microseconds */
};

static int set_frames(void *target, const char *arg, struct buf *error)
{
	struct pace *pace = target;
	char *end;

	errno = 0;
	pace->frames = strtoull(arg, &end, 10);
	pace->limited = true;
	if (arg[0] >= '0' && arg[0] <= '9' && !*end && !errno && pace->frames)
		return 0;
	buf_puts(error, "'");
	text_escape(error, arg, strlen(arg), 0);
	buf_puts(error, "' is not a number of frames");
	return -EINVAL;
}

int delay_parse(const char *arg, int64_t *us, struct buf *error)
{
	uint64_t seconds;
	char *end;
	double delay = strtod(arg, &end);

	if (*end && !units_parse_duration(arg, &seconds)) {
		delay = seconds;
		end += strlen(end);
	}
	if (arg[0] && strchr("0123456789.", arg[0]) && !*end && isfinite(delay) && delay <= 1e9) {
		*us = (int64_t)(delay * 1e6);
		return 0;
	}
	buf_puts(error, "'");
	text_escape(error, arg, strlen(arg), 0);
	buf_puts(error, "' is not a number of seconds");
	return -EINVAL;
}

static int set_delay(void *target, const char *arg, struct buf *error)
{
	return delay_parse(arg, &((struct pace *)target)->delay, error);
}

static void print_kinds(const struct query *q, const struct snapshot *s, const uint32_t *rows,
			uint32_t count)
{
	struct summary sums[NR_KINDS] = { 0 };

	for (uint32_t i = 0; i < count; i++) {
		const struct object *o = snapshot_object(s, rows[i]);

		summary_add(&sums[o->kind], o);
	}
	for (unsigned int k = 0; k < NR_KINDS; k++) {
		struct buf line = BUF_INIT;

		if (!sums[k].objects)
			continue;
		buf_printf(&line, "%s: ", kinds[k].name);
		view_sums(&line, &sums[k], &q->style);
		printf("%s\n", line.s);
		buf_release(&line);
	}
}

static void print_header(const struct query *q, const struct snapshot *s, const uint32_t *rows,
			 uint32_t count)
{
	const struct document *doc = snapshot_document(s);
	struct summary sum = { 0 };
	struct buf line = BUF_INIT;

	for (uint32_t i = 0; i < count; i++)
		summary_add(&sum, snapshot_object(s, rows[i]));
	buf_puts(&line, "ipctop ");
	units_put_time(&line, doc->time / 1000, doc->time / 1000,
		       q->style.time_format == TIME_EPOCH ? TIME_EPOCH : TIME_ISO);
	buf_putc(&line, ' ');
	if (FACT_KNOWN(doc, hostname))
		text_escape(&line, doc->hostname, strlen(doc->hostname), 0);
	buf_puts(&line, ": ");
	view_summary(&line, s, &sum, &q->style);
	printf("%s\n", line.s);
	buf_release(&line);
	print_kinds(q, s, rows, count);
}

static int print_frame(const struct query *q, const struct snapshot *s)
{
	uint32_t count, shown, *rows = query_select(q, s, &count);
	int rc;

	print_header(q, s, rows, count);
	putchar('\n');
	query_sort(q, s, rows, count);
	shown = query_cut(q, count);
	rc = query_write(q, s, "objects", NULL, rows, shown);
	if (shown < count)
		query_print_cut(stdout, count - shown);
	free(rows);
	return rc ? rc : io_flush_stdout();
}

/* A reader that has gone ends the sleep: nothing else would tell it before the next frame. */
static void sleep_until(int64_t mono_us)
{
	int64_t left;

	while ((left = mono_us - clock_mono_us()) > 0) {
		struct timespec timeout = { .tv_sec = left / 1000000, .tv_nsec = left % 1000000 * 1000 };
		struct pollfd reader = { .fd = STDOUT_FILENO };

		if (ppoll(&reader, 1, &timeout, NULL) > 0)
			return;
	}
}

static int batch(const struct query *q, const struct pace *pace)
{
	struct snapshot *s;
	struct feed feed;
	int status = feed_open(&feed, q, query_needs(q), query_reads_reasons(q));

	for (uint64_t n = 0; status == DONE && (!pace->limited || n < pace->frames); n++) {
		int64_t next = clock_mono_us() + pace->delay;

		if (n)
			putchar('\n');
		status = feed_next(&feed, &s);
		if (feed.snapshot && print_frame(q, s))
			status = FAILED;
		if (status == DONE && (!pace->limited || n + 1 < pace->frames))
			sleep_until(next);
	}
	feed_close(&feed);
	return status;
}

static int prepare(struct query *q, const struct command *command, struct pace *pace)
{
	struct buf error = BUF_INIT;
	int rc = columns_parse(CLASS_OBJECT, usual_columns, &q->columns, &error);

	buf_release(&error);
	if (rc)
		return FAILED;
	if (!q->sort_text)
		q->sort_text = usual_order;
	if (!q->limited)
		q->limit = USUAL_ROWS;
	q->plain = true;
	if (q->file) {	/* a recording does not change */
		pace->limited = true;
		pace->frames = 1;
	}
	return query_prepare(q, command, CLASS_OBJECT, CLASS_OBJECT);
}

int batch_frames(const struct command *command, struct query *q, int64_t delay)
{
	struct pace pace = { .delay = delay };
	int status = prepare(q, command, &pace);

	return status == DONE ? batch(q, &pace) : status;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct query q = { .class = CLASS_OBJECT };
	struct pace pace = { .delay = 2000000 };
	const struct option_row own[] = {
		{ 'n', "iterations", "N", "end after N frames", OPTION_CALL, &pace, set_frames },
		{ 'd', "delay", "SECONDS", "time between frames, 2 seconds where not given",
		  OPTION_CALL, &pace, set_delay },
		OPTION_END
	};
	int status, first = query_options(&q, command, GROUPS, own, argc, argv, &status);

	if (first >= 0 && first < argc)
		status = cmd_usage(command, "--batch takes no words; kinds are chosen by --kind");
	else if (first >= 0)
		status = prepare(&q, command, &pace);
	if (first == argc && status == DONE)
		status = batch(&q, &pace);
	query_release(&q);
	return status;
}

const struct command command_batch = {
	.name = "--batch", .options = true, .help = "text frames for logs, as top -b writes them",
	.run = run,
};
