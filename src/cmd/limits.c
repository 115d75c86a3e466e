/* SPDX-License-Identifier: GPL-2.0-or-later */
/* limits: limits of the kernel, how near they are, and which is full first. */
#include "cmd.h"

#include <errno.h>
#include <stdio_ext.h>
#include <time.h>
#include "ipctop/limit.h"
#include "ipctop/text.h"

#define GROUPS (OPTIONS_FILTER | OPTIONS_ORDER | OPTIONS_COLUMNS | OPTIONS_FORMATS | OPTIONS_VALUES | \
		OPTIONS_SNAPSHOT)
#define WARN 80
#define CRIT 90

/* What monitoring systems take exit statuses for. */
enum level { LEVEL_OK, LEVEL_WARNING, LEVEL_CRITICAL, LEVEL_UNKNOWN };
static const char *const level_words[] = {
	[LEVEL_OK] = "OK", [LEVEL_WARNING] = "WARNING", [LEVEL_CRITICAL] = "CRITICAL",
	[LEVEL_UNKNOWN] = "UNKNOWN",
};

struct limiting {
	struct query q;
	int64_t interval;		/* microseconds; 0: one reading */
	const char *since;		/* a document */
	bool check;
	struct threshold {
		bool set;
		uint64_t percent;
	} warn, crit;
};

static int set_interval(void *target, const char *arg, struct buf *error)
{
	int64_t *us = target;
	int rc = delay_parse(arg, us, error);

	if (rc || *us)
		return rc;
	buf_puts(error, "between two readings time must pass");
	return -EINVAL;
}

static int set_percent(void *target, const char *arg, struct buf *error)
{
	struct threshold *t = target;
	char *end;

	errno = 0;
	t->percent = strtoull(arg, &end, 10);
	t->set = true;
	if (arg[0] >= '0' && arg[0] <= '9' && !errno && t->percent <= 100 &&
	    (!*end || !strcmp(end, "%")))
		return 0;
	buf_puts(error, "'");
	text_escape(error, arg, strlen(arg), 0);
	buf_puts(error, "' is not a whole number from 0 to 100");
	return -EINVAL;
}

/* The limits of this machine, or those in @file: DONE, or FAILED with what went wrong in @error. */
static int take(const char *file, struct snapshot **s, struct buf *error)
{
	*s = NULL;
	if (!file)
		*s = collect_limits();
	else if (replay_read(file, s, error))
		return FAILED;
	limit_rows(*s);
	if (snapshot_count(*s, CLASS_LIMIT))
		return DONE;
	buf_puts(error, "a document without limits");
	return FAILED;
}

static const char *file_name(const char *file)
{
	return !file ? "this machine" : strcmp(file, "-") ? file : "standard input";
}

static int take_or_tell(const char *file, struct snapshot **s)
{
	struct buf error = BUF_INIT;
	int status = take(file, s, &error);

	if (status != DONE)
		cmd_error_of(file_name(file), "%s", error.s);
	buf_release(&error);
	return status;
}

static void wait_for(int64_t us)
{
	struct timespec left = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

/* One reading, or two to compare: the later one in *@s. */
static int read_all(const struct limiting *x, struct snapshot **s)
{
	struct snapshot *before = NULL;
	struct buf error = BUF_INIT;
	int status = DONE;

	*s = NULL;
	if (x->interval || x->since)
		status = take_or_tell(x->since, &before);
	if (x->interval && status == DONE)
		wait_for(x->interval);
	if (status == DONE)
		status = take_or_tell(x->q.file, s);
	if (status == DONE && before && limit_growth(*s, before, &error)) {
		cmd_error_of(file_name(x->since), "cannot be compared: %s", error.s);
		status = FAILED;
	}
	snapshot_free(before);
	buf_release(&error);
	return status;
}

/* Those of a document are about its objects. */
static void put_gaps(struct buf *line, const struct limiting *x, const struct snapshot *s)
{
	if (!x->q.file)
		view_gaps(line, s);
}

/* What to look at first, for people at a terminal. */
static void print_last_line(const struct limiting *x, const struct snapshot *s)
{
	const struct limit *first = limit_first(s);
	struct buf line = BUF_INIT;

	if (first && FACT_KNOWN(first, full_in)) {
		buf_printf(&line, "full first: %s, in ", first->name);
		units_put_duration(&line, first->full_in);
	} else if (x->interval || x->since) {
		buf_puts(&line, "nothing that has a limit has grown");
	} else if (first) {
		buf_printf(&line, "nearest: %s, %llu%% in use", first->name,
			   (unsigned long long)first->percent);
	}
	if (first && FACT_KNOWN(first, fails))
		buf_printf(&line, "; what fails then is %s", first->fails);
	put_gaps(&line, x, s);
	printf("%s\n", line.s);
	buf_release(&line);
}

static void tell_incomplete(const struct limiting *x, const struct snapshot *s)
{
	struct buf line = BUF_INIT;

	put_gaps(&line, x, s);
	if (line.len)
		cmd_error("incomplete:%s", line.s + 1);
	buf_release(&line);
}

static int show(const struct limiting *x, const struct snapshot *s)
{
	const struct query *q = &x->q;
	uint32_t count, shown, *rows = query_select(q, s, &count);
	struct screen screen;
	int rc;

	query_sort(q, s, rows, count);
	shown = query_cut(q, count);
	rc = query_write(q, s, "limits", NULL, rows, shown);
	free(rows);
	screen_look(&screen, q->color);
	if (count > shown && !q->json)
		query_print_cut(screen.terminal && !q->raw && !q->pairs ? stdout : stderr, count - shown);
	if (screen.terminal && !q->json && !q->raw && !q->pairs && !q->noheadings)
		print_last_line(x, s);
	else
		tell_incomplete(x, s);
	return rc ? FAILED : DONE;
}

static enum level level_of(const struct limiting *x, const struct limit *l)
{
	if (!limit_is_counted(l))
		return limit_is_unread(l) ? LEVEL_UNKNOWN : LEVEL_OK;
	if (l->used >= limit_part(l->limit, x->crit.percent))
		return LEVEL_CRITICAL;
	return l->used >= limit_part(l->limit, x->warn.percent) ? LEVEL_WARNING : LEVEL_OK;
}

/* What is known to be nearly full is worse than what is not known. */
static enum level worse(enum level a, enum level b)
{
	static const int rank[] = {
		[LEVEL_OK] = 0, [LEVEL_UNKNOWN] = 1, [LEVEL_WARNING] = 2, [LEVEL_CRITICAL] = 3,
	};

	return rank[a] > rank[b] ? a : b;
}

static void put_amount(struct buf *out, const struct limit *l, uint64_t amount)
{
	if (l->unit == UNIT_BYTES)
		units_put_size(out, amount, false);
	else
		buf_u64(out, amount);
}

/* "shmmni 95% (3900 of 4096; what fails then is shmget: ENOSPC)" */
static void put_trouble(struct buf *out, const struct limit *l)
{
	buf_puts(out, out->len ? ", " : "");
	if (!limit_is_counted(l)) {
		buf_printf(out, "%s could not be read", l->name);
		return;
	}
	buf_printf(out, "%s %llu%% (", l->name, (unsigned long long)l->percent);
	put_amount(out, l, l->used);
	buf_puts(out, " of ");
	put_amount(out, l, l->limit);
	buf_printf(out, "; what fails then is %s)", l->fails);
}

/* name=used;warn;crit;0;limit */
static void put_performance(const struct limiting *x, struct buf *out, const struct limit *l)
{
	const uint64_t numbers[] = {
		l->used, limit_part(l->limit, x->warn.percent), limit_part(l->limit, x->crit.percent),
		0, l->limit,
	};

	buf_printf(out, " %s=", l->name);
	for (unsigned int i = 0; i < ARRAY_SIZE(numbers); i++) {
		buf_puts(out, i ? ";" : "");
		buf_u64(out, numbers[i]);
		if (!i && l->unit == UNIT_BYTES)
			buf_putc(out, 'B');
	}
}

/* What the monitoring system has not got is unknown to it; and that has been told then. */
static enum level told(enum level level)
{
	if (!cmd_stdout_failed())
		return level;
	clearerr(stdout);
	__fpurge(stdout);
	return LEVEL_UNKNOWN;
}

static int check(const struct limiting *x, const struct snapshot *s)
{
	uint32_t count, *rows = query_select(&x->q, s, &count);
	struct buf trouble = BUF_INIT, performance = BUF_INIT;
	const struct limit *nearest = NULL;
	enum level worst = LEVEL_OK;

	for (uint32_t i = 0; i < count; i++) {
		const struct limit *l = snapshot_row(s, CLASS_LIMIT, rows[i]);
		enum level level = level_of(x, l);

		worst = worse(worst, level);
		if (level != LEVEL_OK)
			put_trouble(&trouble, l);
		if (!limit_is_counted(l))
			continue;
		put_performance(x, &performance, l);
		if (!nearest || limit_is_nearer(l, nearest))
			nearest = l;
	}
	if (!trouble.len && nearest)
		buf_printf(&trouble, "nearest is %s, %llu%% in use", nearest->name,
			   (unsigned long long)nearest->percent);
	else if (!trouble.len)
		buf_puts(&trouble, "nothing to check");
	printf("IPC %s - %s%s%s\n", level_words[worst], trouble.s, performance.len ? " |" : "",
	       performance.s);
	buf_release(&trouble);
	buf_release(&performance);
	free(rows);
	return told(worst);
}

static int check_words(struct limiting *x, const struct command *command, int words)
{
	const struct query *q = &x->q;

	if (words)
		return cmd_usage(command, "limits takes no words; rows are chosen by --filter");
	if (x->interval && (x->since || q->file))
		return cmd_usage(command, "--interval reads this machine twice: it goes with neither --since "
				 "nor --snapshot");
	if (!x->check && (x->warn.set || x->crit.set))
		return cmd_usage(command, "--warn and --crit are for --check");
	if (x->check && (x->interval || x->since))
		return cmd_usage(command, "--check looks once: it takes neither --interval nor --since");
	if (x->check && (q->json || q->raw || q->pairs || q->output_text || q->output_all || q->sort_text))
		return cmd_usage(command, "--check writes one line: it takes no format, columns or order");
	x->warn.percent = x->warn.set ? x->warn.percent : WARN;
	x->crit.percent = x->crit.set ? x->crit.percent : CRIT;
	/* one that is given moves the other, which nobody gave, out of its way */
	if (!x->crit.set && x->crit.percent < x->warn.percent)
		x->crit.percent = x->warn.percent;
	if (!x->warn.set && x->warn.percent > x->crit.percent)
		x->warn.percent = x->crit.percent;
	if (x->warn.percent > x->crit.percent)
		return cmd_usage(command, "--warn is above --crit: it would never warn");
	return DONE;
}

static int prepare(struct limiting *x, const struct command *command, int words)
{
	static const char growing[] = "name,unit,limit,used,free,percent,growth,full_in,fails";
	struct buf error = BUF_INIT;
	int status = check_words(x, command, words);

	columns_default(CLASS_LIMIT, &x->q.columns);
	if (status == DONE && (x->interval || x->since) &&
	    columns_parse(CLASS_LIMIT, growing, &x->q.columns, &error))
		status = FAILED;
	buf_release(&error);
	return status == DONE ? query_prepare(&x->q, command, CLASS_LIMIT, CLASS_LIMIT) : status;
}

static bool asks_for_check(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++)
		if (!strcmp(argv[i], "--check") || !strncmp(argv[i], "--check=", 8))
			return true;
	return false;
}

/* Of a plugin, what it could not do is unknown to the monitoring system, which may read stdout alone. */
static int as_plugin(int status)
{
	puts(status == USAGE ? "IPC UNKNOWN - wrong usage" : "IPC UNKNOWN - nothing could be read");
	return told(LEVEL_UNKNOWN);
}

static int run(const struct command *command, int argc, char **argv)
{
	struct limiting x = { .q = { .class = CLASS_LIMIT } };
	const struct option_row own[] = {
		{ 0, "interval", "T", "read twice, T apart: how they grow, and which is full first",
		  OPTION_CALL, &x.interval, set_interval },
		{ 0, "since", "FILE", "the same since a document that --json wrote", OPTION_STRING, &x.since },
		{ 0, "check", NULL, "one line and an exit status for monitoring systems", OPTION_FLAG, &x.check },
		{ 0, "warn", "PERCENT", "with --check: warning from there on (80)", OPTION_CALL, &x.warn,
		  set_percent },
		{ 0, "crit", "PERCENT", "with --check: critical from there on (90)", OPTION_CALL, &x.crit,
		  set_percent },
		OPTION_END
	};
	bool plugin = asks_for_check(argc, argv);
	struct snapshot *s = NULL;
	int status, first = query_options(&x.q, command, GROUPS, own, argc, argv, &status);

	if (first >= 0)
		status = prepare(&x, command, argc - first);
	if (first >= 0 && status == DONE)
		status = read_all(&x, &s);
	if (first >= 0 && status == DONE)
		status = x.check ? check(&x, s) : show(&x, s);
	else if (plugin && !x.q.help)
		status = as_plugin(status);
	snapshot_free(s);
	query_release(&x.q);
	return status;
}

const struct command command_limits = {
	.name = "limits", .options = true,
	.help = "limits of the kernel, and how near they are", .run = run,
};
