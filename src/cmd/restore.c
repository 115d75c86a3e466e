/* SPDX-License-Identifier: GPL-2.0-or-later */
/* restore: objects made again from their saved files. */
#include "cmd.h"

#include <unistd.h>
#include "ipctop/audit.h"
#include "ipctop/save.h"
#include "ipctop/text.h"

#define GROUPS (OPTIONS_JSON | OPTIONS_VALUES)

struct restoring {
	struct query q;
	const struct command *command;
	bool list, no_owner, private_key, verbose;
	bool listed;			/* one already: a blank line stands before the next */
	const char *audit_file;
	struct audit *audit;
	struct plan plan;		/* one row for each file that could be opened */
};

static int print_detail(const struct query *q, const struct saved *saved)
{
	struct detail_options options = { .style = q->style };
	struct screen screen;

	screen_look(&screen, q->color);
	options.color = screen.color;
	options.utf8 = locale_is_utf8();
	options.width = screen.width;
	options.style.now = snapshot_document(saved_snapshot(saved))->time / 1000;
	return view_detail(stdout, saved_snapshot(saved), 0, &options);
}

static void print_origin(const struct query *q, const struct saved *saved, const char *file, uint64_t bytes)
{
	const struct document *doc = snapshot_document(saved_snapshot(saved));
	struct buf line = BUF_INIT;

	text_escape(&line, file, strlen(file), 0);
	buf_puts(&line, " was saved ");
	units_put_time(&line, doc->time / 1000, 0, TIME_ISO);
	if (FACT_KNOWN(doc, hostname)) {
		buf_puts(&line, " on ");
		text_escape(&line, doc->hostname, strlen(doc->hostname), 0);
	}
	buf_puts(&line, ", ");
	units_put_size(&line, bytes, q->style.bytes);
	buf_puts(&line, " of contents");
	printf("%s\n", line.s);
	buf_release(&line);
}

/* What is in it; and whether it is whole, which only reading all of it tells. */
static int list_one(struct restoring *x, struct saved *saved, const char *file, struct buf *error)
{
	static const uint32_t row = 0;
	uint64_t bytes;
	int rc = saved_check(saved, &bytes, error);

	if (rc)
		return rc;
	if (x->q.json)
		return view_json(stdout, saved_snapshot(saved), &row, 1);
	if (x->listed)
		putchar('\n');
	x->listed = true;
	rc = print_detail(&x->q, saved);
	print_origin(&x->q, saved, file, bytes);
	return rc;
}

/* The row of a plan, made here: what is restored is not there to be looked at again. */
static struct act *add_row(struct restoring *x, const struct object *o, const char *file)
{
	struct act *act = snapshot_add(x->plan.s, CLASS_ACT);
	struct arena *arena = x->plan.s->arena;

	x->plan.acts++;
	FACT_SET(act, result, OUTCOME_PLANNED);
	FACT_SET(act, action, ACTION_RESTORE);
	FACT_SET(act, name, arena_strdup(arena, o->name));
	FACT_SET(act, kind, o->kind);
	FACT_SET(act, size, o->size);
	FACT_SET(act, saved, arena_strdup(arena, file));
	if (FACT_KNOWN(o, uid))
		FACT_SET(act, uid, o->uid);
	if (FACT_KNOWN(o, user))
		FACT_SET(act, user, arena_strdup(arena, o->user));
	return act;
}

static void tell_made(const struct restoring *x, const char *file, const char *name)
{
	struct buf line = BUF_INIT;

	if (x->verbose) {
		text_escape(&line, file, strlen(file), 0);
		buf_puts(&line, ": restored as ");
	}
	if (!x->q.json)
		printf("%s%s\n", line.s, name);
	buf_release(&line);
}

/* The name of a user in it is the file's. */
static void tell_remark(const char *file, const struct buf *remark)
{
	struct buf line = BUF_INIT;

	text_escape(&line, remark->s, remark->len, 0);
	cmd_error_of(file, "%s", line.s);
	buf_release(&line);
}

static int restore_one(struct restoring *x, struct saved *saved, const char *file, struct buf *error)
{
	const struct restore_options options = {
		.keep_owner = !x->no_owner && !geteuid(), .private_key = x->private_key,
	};
	struct act *act = add_row(x, saved_object(saved), file);
	struct buf remark = BUF_INIT;
	char *name = NULL;
	int rc = restore_object(saved, &options, &name, &remark, error);

	if (rc) {
		act_settle(&x->plan, act, OUTCOME_FAILED, "%s", error->s);
	} else {
		FACT_SET(act, name, arena_strdup(x->plan.s->arena, name));
		act_settle(&x->plan, act, OUTCOME_RESTORED, remark.len ? "%s" : NULL, remark.s);
		if (remark.len && !x->no_owner)
			tell_remark(file, &remark);
		tell_made(x, file, name);
	}
	/* the first line that did not arrive is told at the end */
	(void)!audit_act(x->audit, act);
	free(name);
	buf_release(&remark);
	return rc;
}

static int each_file(struct restoring *x, const char *file)
{
	struct buf error = BUF_INIT;
	struct saved *saved = NULL;
	int rc = saved_open(file, &saved, &error);

	if (!rc)
		rc = x->list ? list_one(x, saved, file, &error) : restore_one(x, saved, file, &error);
	if (rc && error.len)
		cmd_error_of(file, "%s", error.s);
	saved_close(saved);
	buf_release(&error);
	return rc ? FAILED : DONE;
}

static int each_of(struct restoring *x, int argc, char **argv)
{
	int status = DONE;

	for (int i = 0; i < argc; i++)
		if (each_file(x, argv[i]) != DONE)
			status = FAILED;
	return status;
}

static int write_json(struct restoring *x)
{
	uint32_t count = plan_count(&x->plan), *rows = xcalloc(count, sizeof(*rows));
	int rc;

	for (uint32_t i = 0; i < count; i++)
		rows[i] = i;
	x->q.shown = CLASS_ACT;
	columns_all(CLASS_ACT, &x->q.columns);
	rc = query_write(&x->q, x->plan.s, "acts", NULL, rows, count);
	free(rows);
	return rc ? FAILED : DONE;
}

static int restore(struct restoring *x, int argc, char **argv)
{
	struct snapshot *nothing;
	struct buf error = BUF_INIT;
	int status = FAILED, rc = audit_open(x->command->name, x->audit_file, &x->audit, &error);

	if (rc) {
		cmd_error("%s", error.s);
		buf_release(&error);
		return FAILED;	/* what cannot be told is not done */
	}
	nothing = snapshot_new();
	plan_init(&x->plan, nothing);
	status = each_of(x, argc, argv);
	if (x->q.json && write_json(x) != DONE)
		status = FAILED;
	if (change_close_audit(&x->audit, x->audit_file) != DONE)
		status = FAILED;
	plan_release(&x->plan);
	snapshot_free(nothing);
	buf_release(&error);
	return status;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct restoring x = { .q = { .class = CLASS_OBJECT }, .command = command };
	const struct option_row own[] = {
		{ 0, "list", NULL, "only show what is in the files, and whether they are whole", OPTION_FLAG,
		  &x.list },
		{ 0, "private", NULL, "make objects without their key", OPTION_FLAG, &x.private_key },
		{ 0, "no-owner", NULL, "what is made is yours", OPTION_FLAG, &x.no_owner },
		{ 'v', "verbose", NULL, "say of each file what was made of it", OPTION_FLAG, &x.verbose },
		{ 0, "audit", "FILE", "append each act and its result to FILE, one line of JSON for each",
		  OPTION_STRING, &x.audit_file },
		OPTION_END
	};
	int status, first = query_options(&x.q, command, GROUPS, own, argc, argv, &status);

	if (first >= 0 && first == argc)
		status = cmd_usage(command, "restore from which file? 'ipctop save' makes them");
	else if (first >= 0)
		status = query_prepare(&x.q, command, CLASS_OBJECT, CLASS_OBJECT);
	if (first >= 0 && first < argc && status == DONE)
		status = x.list ? each_of(&x, argc - first, argv + first)
				: restore(&x, argc - first, argv + first);
	query_release(&x.q);
	return status;
}

const struct command command_restore = {
	.name = "restore", .args = "FILE...", .options = true,
	.help = "make saved objects again, over nothing that exists", .run = run,
};
