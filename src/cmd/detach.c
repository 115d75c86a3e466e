/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detach: make processes let go of objects. */
#include "cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "ipctop/text.h"

#define GROUPS (OPTIONS_SORT | OPTIONS_COLUMNS | OPTIONS_FORMATS | OPTIONS_VALUES | OPTIONS_READ)
#define NEEDS (NEED_BIT(NEED_HOLDERS) | NEED_BIT(NEED_PROCESSES))

struct detaching {
	struct changes c;
	struct query q;
	struct table pids;		/* uint64_t: --pid */
	bool all, force;
	enum leave leave;
	bool missed;			/* who was named does not hold it */
};

static int set_pids(void *target, const char *arg, struct buf *error)
{
	char *list = xstrdup(arg), *rest = list, *word;
	int rc = 0;

	while (!rc && (word = strsep(&rest, ","))) {
		if (pid_parse(word, table_add(target, sizeof(uint64_t))))
			continue;
		buf_puts(error, "'");
		text_escape(error, word, strlen(word), 0);
		buf_puts(error, "' is not a process number");
		rc = -EINVAL;
	}
	free(list);
	return rc;
}

static int set_leave(void *target, const char *arg, struct buf *error)
{
	enum leave *leave = target;

	for (unsigned int i = 0; i < NR_LEAVES; i++) {
		if (!strcmp(arg, leave_names[i])) {
			*leave = i;
			return 0;
		}
	}
	buf_puts(error, "what is left is a copy or a fence");
	return -EINVAL;
}

static bool is_named(const struct detaching *d, uint64_t pid)
{
	const uint64_t *pids = d->pids.rows;

	for (uint32_t i = 0; i < d->pids.count; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

static bool is_chosen(const struct detaching *d, const struct snapshot *s, const struct holder *h)
{
	const struct process *p = snapshot_row(s, CLASS_PROCESS, h->process);

	if (d->q.filter)
		return filter_match(d->q.filter, s, h);
	return d->all || is_named(d, p->pid);
}

/* Why a process that was named is not among the holders that were seen. */
static const char *why_not_seen(uint64_t pid)
{
	char path[40];
	int fd;

	snprintf(path, sizeof(path), "/proc/%llu/maps", (unsigned long long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		close(fd);
		return "does not hold it";
	}
	return errno == ENOENT || errno == ESRCH ? "does not exist" :
	       "cannot be read by this user: whether it holds it is not known";
}

static void tell_strangers(struct detaching *d, const struct snapshot *s, const struct object *o)
{
	const uint64_t *pids = d->pids.rows;

	for (uint32_t i = 0; i < d->pids.count; i++) {
		if (snapshot_holder(s, o, pids[i]))
			continue;
		cmd_error("%s: process %llu %s", o->name, (unsigned long long)pids[i], why_not_seen(pids[i]));
		d->missed = d->c.explained = true;
	}
}

/* Of all that it has, which is none, nobody can say that they have let go while some may be unseen. */
static void tell_nobody(struct detaching *d, const struct object *o)
{
	d->c.explained = true;
	if (FACT_KNOWN(o, holders_complete) && o->holders_complete) {
		if (!d->q.json && !d->q.raw && !d->q.pairs)
			printf("%s: nobody holds it\n", o->name);
		return;
	}
	cmd_error("%s: none of its holders can be seen", o->name);
	d->missed = true;
}

static void add(struct changes *c, const struct snapshot *s, const struct object *o)
{
	struct detaching *d = (struct detaching *)c;
	bool foreign = o->evidence.namespace_other && !c->all_namespaces;
	struct letting letting;

	letting_begin(&letting, &c->plan, s, o, d->leave, c->settings.permit);
	for (uint32_t i = 0; i < o->holders.count; i++) {
		const struct holder *h = snapshot_row(s, CLASS_HOLDER, o->holders.first + i);
		uint32_t first;

		if (!is_chosen(d, s, h))
			continue;
		first = letting_add(&letting, h, !foreign);
		for (uint32_t k = first; foreign && k < plan_count(&c->plan); k++)
			if (plan_act(&c->plan, k)->result == OUTCOME_PLANNED)
				act_settle_foreign(&c->plan, plan_act(&c->plan, k));
	}
	tell_strangers(d, s, o);
	if (d->all && !o->holders.count)
		tell_nobody(d, o);
}

static int check(struct detaching *d, int argc)
{
	struct changes *c = &d->c;
	int ways = !!d->pids.count + d->all + !!d->q.filter_text;

	if (!argc)
		return cmd_usage(c->command, "detach from which object? Names are those that 'ipctop list' prints");
	if (!ways)
		return cmd_usage(c->command, "which process is to let go? --pid names it, --all are all holders, "
				 "--filter chooses among them");
	if (ways > 1)
		return cmd_usage(c->command, "--pid, --all and --filter exclude each other");
	if (d->leave == LEAVE_FENCE && c->yes && !d->force && !c->dry_run)
		return cmd_usage(c->command, "--leave fence without a question needs --force beside --yes: "
				 "a process that touches a fence gets SIGSEGV");
	c->settings.permit = d->force ? PERMIT_ANY : PERMIT_DISUSED;
	c->asks_names = d->leave == LEAVE_FENCE;
	return DONE;
}

static int detach(struct detaching *d, int argc, char **argv)
{
	int status = check(d, argc);

	if (status == DONE)
		status = query_names(&d->q, argc, argv);
	if (status == DONE)
		status = query_prepare(&d->q, d->c.command, CLASS_HOLDER, CLASS_ACT);
	if (status == DONE)
		status = change_objects(&d->c, &d->q, NEEDS, true, argc, argv, add);
	return status == DONE && d->missed ? FAILED : status;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct detaching d = {
		.c = { .command = command, .action = ACTION_DETACH, .sums = true },
		.q = { .class = CLASS_HOLDER, .shown = CLASS_ACT },
	};
	struct option_row own[6 + MAX_CHANGE_ROWS] = {
		{ 'f', "force", NULL, "also what others hold, too", OPTION_FLAG, &d.force },
		{ 0, "leave", "WHAT", "what stays at that address: copy (the usual) or fence", OPTION_CALL,
		  &d.leave, set_leave, leave_names },
		{ 0, NULL, NULL, "Which processes", OPTION_HEADING },
		{ 'p', "pid", "PID[,PID...]", "these", OPTION_CALL, &d.pids, set_pids },
		{ 0, "all", NULL, "all that hold the object", OPTION_FLAG, &d.all },
		{ 'Q', "filter", "EXPR", "those holders of which it is true, as in 'comm == \"worker\"'",
		  OPTION_STRING, &d.q.filter_text },
	};
	int status, first;

	change_options(&d.c, own, 6);
	first = query_options(&d.q, command, GROUPS, own, argc, argv, &status);
	if (first >= 0)
		status = detach(&d, argc - first, argv + first);
	change_release(&d.c);
	table_release(&d.pids);
	query_release(&d.q);
	return status;
}

const struct command command_detach = {
	.name = "detach", .args = "NAME...", .options = true,
	.help = "make a running process let go of objects", .run = run,
};
