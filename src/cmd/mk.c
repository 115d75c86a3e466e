/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mk: make an object, and maybe hold it. */
#include "cmd.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include "ipctop/audit.h"
#include "ipctop/create.h"
#include "ipctop/io.h"
#include "ipctop/text.h"

#define GROUPS (OPTIONS_COLUMNS | OPTIONS_FORMATS | OPTIONS_VALUES)

struct making {
	const struct command *command;
	struct query q;
	struct create_words words;
	const char *owner_text, *audit_file;
	bool dry_run, hold, temporary, verbose;
	struct creation c;
	char *path;
	struct newborn n;
	struct audit *audit;
	struct plan plan;
};

static int read_kind(struct making *m, const char *word, struct buf *error)
{
	const char *comma = "";

	if (word && !kind_parse(word, &m->c.kind) && CREATE_KINDS & KIND_BIT(m->c.kind))
		return 0;
	if (word) {
		text_escape(error, word, strlen(word), 0);
		buf_puts(error, ": no kind that can be made; there are ");
	} else {
		buf_puts(error, "make which kind of object? There are ");
	}
	for (unsigned int k = 0; k < NR_KINDS; k++) {
		if (!(CREATE_KINDS & KIND_BIT(k)))
			continue;
		buf_printf(error, "%s%s", comma, kinds[k].name);
		comma = ", ";
	}
	return -EINVAL;
}

static int read_owner(struct making *m, struct buf *error)
{
	struct owner owner;
	int rc = m->owner_text ? owner_parse(m->owner_text, &owner, error) : 0;

	if (rc || !m->owner_text)
		return rc;
	m->c.has_uid = owner.has_uid;
	m->c.has_gid = owner.has_gid;
	m->c.uid = owner.uid;
	m->c.gid = owner.gid;
	return 0;
}

static int read_words(struct making *m, int argc, char **argv, struct buf *error)
{
	int rc = read_kind(m, argc ? argv[0] : NULL, error);

	if (!rc && argc > 1) {
		buf_puts(error, "one object at a time: what stands behind its kind is an option, as --size 4K");
		rc = -EINVAL;
	}
	if (!rc)
		rc = create_read(&m->words, &m->c, &m->path, error);
	if (!rc && m->hold && !m->temporary && !(CREATE_HOLDS & KIND_BIT(m->c.kind))) {
		buf_printf(error, "nobody can hold %s; --temporary removes it when the program ends",
			   kinds[m->c.kind].plural);
		rc = -EINVAL;
	}
	m->hold |= m->temporary;
	m->c.hold = m->hold && CREATE_HOLDS & KIND_BIT(m->c.kind);
	return rc ? rc : read_owner(m, error);
}

/* What it is called before it is there: what is known already. */
static void put_label(const struct making *m, struct buf *out)
{
	const struct creation *c = &m->c;

	if (c->path)
		create_name(out, c, &m->n);
	else if (c->key)
		buf_printf(out, "%s:0x%08" PRIx32, kinds[c->kind].name, c->key);
	else
		buf_puts(out, kinds[c->kind].name);
}

/* What the columns of a plan do not tell. */
static void put_rest(const struct creation *c, struct buf *out)
{
	if (c->kind == KIND_SEM)
		buf_printf(out, "%" PRIu64 " semaphore%s at %" PRIu64 ", ", c->count, c->count == 1 ? "" : "s", c->value);
	if (c->kind == KIND_POSIX_SEM)
		buf_printf(out, "at %" PRIu64, c->value);
	if (c->max_bytes)
		buf_printf(out, "room for %" PRIu64 " bytes, ", c->max_bytes);
	if (c->kind == KIND_POSIX_MQ && c->count)
		buf_printf(out, "%" PRIu64 " messages at most", c->count);
	if (c->kind == KIND_POSIX_MQ && c->size)
		buf_printf(out, "%smessages of %" PRIu64 " bytes at most", c->count ? ", " : "", c->size);
	if (kinds[c->kind].sysv)
		buf_puts(out, c->random_key ? "with a key that is not in use" : c->key ? "with this key" :
			 "without a key");
}

static struct act *add_row(struct making *m, enum action action, const char *name)
{
	struct act *act = snapshot_add(m->plan.s, CLASS_ACT);
	const struct creation *c = &m->c;

	m->plan.acts++;
	FACT_SET(act, result, OUTCOME_PLANNED);
	FACT_SET(act, action, action);
	FACT_SET(act, name, arena_strdup(m->plan.s->arena, name));
	FACT_SET(act, kind, c->kind);
	if (kinds[c->kind].memory)
		FACT_SET(act, size, c->size);
	if (action != ACTION_CREATE)
		return act;
	FACT_SET(act, new_mode, c->mode);
	FACT_SET(act, new_uid, c->has_uid ? c->uid : geteuid());
	FACT_SET(act, new_gid, c->has_gid ? c->gid : getegid());
	return act;
}

static int write_row(struct making *m, const char *columns)
{
	static const uint32_t row = 0;
	struct query *q = &m->q;
	struct buf error = BUF_INIT;
	int rc = 0;

	if (!q->output_all && (!q->output_text || *q->output_text == '+')) {
		q->columns.count = 0;
		if (q->json && !q->output_text)
			columns_all(CLASS_ACT, &q->columns);
		else if (columns_parse(CLASS_ACT, columns, &q->columns, &error) ||
			 (q->output_text && columns_parse(CLASS_ACT, q->output_text, &q->columns, &error)))
			rc = -EINVAL;
	}
	if (!rc)
		rc = query_write(q, m->plan.s, "acts", NULL, &row, 1);
	buf_release(&error);
	return rc;
}

static bool is_formatted(const struct query *q)
{
	return q->json || q->raw || q->pairs || q->output_text || q->output_all;
}

static int tell_plan(struct making *m, struct act *act)
{
	struct buf rest = BUF_INIT;
	int rc;

	put_rest(&m->c, &rest);
	if (rest.len)
		FACT_SET(act, why, arena_strdup(m->plan.s->arena, rest.s));
	rc = write_row(m, "name,size,new_mode,new_uid,new_gid,why");
	buf_release(&rest);
	return rc ? FAILED : DONE;
}

static int tell_made(struct making *m, const struct act *act)
{
	if (is_formatted(&m->q))
		return write_row(m, "name,size,new_mode,new_uid,new_gid,result,why") ? FAILED : DONE;
	if (act->result == OUTCOME_CREATED)
		printf("%s%s%s%s\n", act->name, m->verbose ? ": created" : "",
		       m->verbose && FACT_KNOWN(act, why) ? "; " : "",
		       m->verbose && FACT_KNOWN(act, why) ? act->why : "");
	return DONE;
}

static int make(struct making *m, struct act *act)
{
	struct buf error = BUF_INIT, name = BUF_INIT;
	int rc = -EOPNOTSUPP;

	if (m->c.kind == KIND_SHM && !m->c.hold && create_goes_with_maker())
		buf_puts(&error, "kernel.shm_rmid_forced is on: a segment that nobody has attached goes at once; "
			 "--hold keeps it as long as this program runs");
	else
		rc = create_object(&m->c, &m->n, &error);
	if (rc) {
		act_settle(&m->plan, act, OUTCOME_FAILED, "%s", error.s);
		cmd_error("%s: %s", act->name, error.s);	/* a name is escaped already */
	} else {
		create_name(&name, &m->c, &m->n);
		FACT_SET(act, name, arena_strdup(m->plan.s->arena, name.s));
		if (m->c.key)
			act_settle(&m->plan, act, OUTCOME_CREATED, "its key is 0x%08" PRIx32, m->c.key);
		else
			act_settle(&m->plan, act, OUTCOME_CREATED, NULL);
	}
	/* the first line that did not arrive is told at the end */
	(void)!audit_act(m->audit, act);
	buf_release(&error);
	buf_release(&name);
	return rc;
}

/* The end of what is temporary. */
static int unmake(struct making *m, const char *name)
{
	struct act *act = add_row(m, ACTION_REMOVE, name);
	int rc = create_undo(&m->c, &m->n);

	if (!rc)
		act_settle(&m->plan, act, OUTCOME_REMOVED, NULL);
	else if (rc == -ENOENT)
		act_settle_gone(&m->plan, act);
	else
		act_settle(&m->plan, act, OUTCOME_FAILED, "%s", rc == -ESTALE ? "another has its name by now" :
			   strerrordesc_np(-rc));
	(void)!audit_act(m->audit, act);
	if (!rc || rc == -ENOENT)
		return DONE;
	cmd_error("%s: not removed: %s", name, act->why);
	return FAILED;
}

/* They end the holding; of a closed pipe SIGPIPE waits until what is temporary is removed. */
static void block_signals(sigset_t *ends, sigset_t *before)
{
	sigemptyset(ends);
	sigaddset(ends, SIGINT);
	sigaddset(ends, SIGTERM);
	sigaddset(ends, SIGHUP);
	sigprocmask(SIG_BLOCK, ends, before);
	sigaddset(ends, SIGPIPE);
	sigprocmask(SIG_BLOCK, ends, NULL);
	sigdelset(ends, SIGPIPE);
}

static int make_and_hold(struct making *m, struct act *act)
{
	sigset_t ends, before;
	int status, signal;
	char *name;

	if (m->hold)
		block_signals(&ends, &before);
	if (make(m, act)) {
		/* the row tells the failure where rows were asked for */
		if (is_formatted(&m->q))
			(void)!tell_made(m, act);
		status = FAILED;
		goto out;
	}
	name = xstrdup(act->name);
	status = tell_made(m, act);
	if (m->hold && status == DONE && !io_flush_stdout())
		sigwait(&ends, &signal);
	if (m->temporary && unmake(m, name) != DONE)
		status = FAILED;
	create_release(&m->n);
	free(name);
out:
	if (m->hold)
		sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}

static int run_plan(struct making *m)
{
	struct snapshot *nothing = snapshot_new();
	struct buf label = BUF_INIT, error = BUF_INIT;
	struct act *act;
	int status = FAILED;

	plan_init(&m->plan, nothing);
	put_label(m, &label);
	act = add_row(m, ACTION_CREATE, label.s);
	if (m->dry_run) {
		status = tell_plan(m, act);
	} else if (audit_open(m->command->name, m->audit_file, &m->audit, &error)) {
		cmd_error("%s", error.s);	/* what cannot be told is not done */
	} else {
		status = make_and_hold(m, act);
		if (change_close_audit(&m->audit, m->audit_file) != DONE)
			status = FAILED;
	}
	plan_release(&m->plan);
	snapshot_free(nothing);
	buf_release(&label);
	buf_release(&error);
	return status;
}

static int making(struct making *m, int argc, char **argv)
{
	struct buf error = BUF_INIT;
	int rc = read_words(m, argc, argv, &error), status = DONE;

	if (rc == -EINVAL)
		status = cmd_usage(m->command, "%s", error.s);
	else if (rc)
		cmd_error("%s", error.s);
	if (rc && rc != -EINVAL)
		status = rc == -ENOENT ? USAGE : FAILED;
	if (!rc)
		status = query_prepare(&m->q, m->command, CLASS_ACT, CLASS_ACT);
	if (status == DONE)
		status = run_plan(m);
	buf_release(&error);
	return status;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct making m = { .command = command, .q = { .class = CLASS_ACT } };
	const struct option_row own[] = {
		{ 's', "size", "SIZE", "of shm and posix-shm, in bytes", OPTION_STRING, &m.words.size },
		{ 'c', "count", "N", "of sem: how many semaphores; 1 unless said", OPTION_STRING, &m.words.count },
		{ 0, "value", "N", "of sem and posix-sem: what each is at; 0 unless said", OPTION_STRING,
		  &m.words.value },
		{ 0, "max-bytes", "SIZE", "of msg: how much it has room for", OPTION_STRING, &m.words.max_bytes },
		{ 0, "max-messages", "N", "of posix-mq: how many it has room for", OPTION_STRING,
		  &m.words.max_messages },
		{ 0, "message-size", "SIZE", "of posix-mq: how large a message may be", OPTION_STRING,
		  &m.words.message_size },
		{ 0, "reserve", NULL, "of posix-shm: take all its memory now", OPTION_FLAG, &m.words.reserve },
		{ 0, "key", "KEY", "of shm, sem and msg: 0x..., a number, random (unless said) or private",
		  OPTION_STRING, &m.words.key },
		{ 0, "name", "NAME", "of POSIX kinds: /name", OPTION_STRING, &m.words.name },
		{ 'm', "mode", "MODE", "its permissions, as chmod has them; 0600 unless said", OPTION_STRING,
		  &m.words.mode },
		{ 0, "owner", "OWNER", "whose it is: USER, USER:GROUP, USER: or :GROUP", OPTION_STRING,
		  &m.owner_text },
		{ 0, NULL, NULL, "What is done", OPTION_HEADING },
		{ 0, "hold", NULL, "attach or open it, until a signal ends the program", OPTION_FLAG, &m.hold },
		{ 0, "temporary", NULL, "the same, and remove it then", OPTION_FLAG, &m.temporary },
		{ 0, "dry-run", NULL, "show what would be made", OPTION_FLAG, &m.dry_run },
		{ 'v', "verbose", NULL, "say that it was made", OPTION_FLAG, &m.verbose },
		{ 0, "audit", "FILE", "append the act and its result to FILE, one line of JSON",
		  OPTION_STRING, &m.audit_file },
		OPTION_END
	};
	int status, first = query_options(&m.q, command, GROUPS, own, argc, argv, &status);

	if (first >= 0)
		status = making(&m, argc - first, argv + first);
	free(m.path);
	query_release(&m.q);
	return status;
}

const struct command command_mk = {
	.name = "mk", .args = "KIND", .options = true,
	.help = "make an object, and hold it where that is asked for", .run = run,
};
