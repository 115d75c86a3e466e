/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "job.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "ipctop/audit.h"
#include "ipctop/text.h"
#include "thread.h"

#define HOLDERS_TOLD 8

static void set_phase(struct job *job, enum job_phase phase)
{
	__atomic_store_n(&job->phase, phase, __ATOMIC_RELEASE);
	eventfd_write(job->wake, 1);
}

enum job_phase job_phase(const struct job *job)
{
	return __atomic_load_n(&job->phase, __ATOMIC_ACQUIRE);
}

/* "  NAME  64K alice" */
static void put_act(struct buf *text, const struct act *act)
{
	buf_printf(text, "  %s  ", act->name);	/* escaped already */
	if (FACT_KNOWN(act, size))
		units_put_size(text, act->size, false);
	if (FACT_KNOWN(act, user)) {
		buf_putc(text, ' ');
		text_escape(text, act->user, strlen(act->user), 0);
	}
}

static void put_reason(struct buf *text, const struct act *act)
{
	if (!FACT_KNOWN(act, verdict))
		return;
	buf_printf(text, "  %s", verdict_names[act->verdict]);
	if (FACT_KNOWN(act, reason)) {
		buf_puts(text, ": ");
		text_escape(text, act->reason, strlen(act->reason), 0);
	}
}

static void put_holders(struct buf *text, const struct snapshot *s, const struct object *o)
{
	for (uint32_t i = 0; i < o->holders.count && i < HOLDERS_TOLD; i++) {
		const struct holder *h = snapshot_row(s, CLASS_HOLDER, o->holders.first + i);
		const struct process *p = snapshot_row(s, CLASS_PROCESS, h->process);

		buf_printf(text, "%s%llu ", i ? ", " : "      held by ", (unsigned long long)p->pid);
		if (FACT_KNOWN(p, comm))
			text_escape(text, p->comm, strlen(p->comm), 0);
	}
	if (o->holders.count > HOLDERS_TOLD)
		buf_printf(text, " and %u more", o->holders.count - HOLDERS_TOLD);
	if (o->holders.count)
		buf_putc(text, '\n');
}

static void put_planned(struct job *job, const struct snapshot *s, const struct act *act,
			const struct object *o)
{
	put_act(&job->text, act);
	if (FACT_KNOWN(act, new_mode))
		buf_printf(&job->text, "  mode %04llo, then %04llo", (unsigned long long)act->mode,
			   (unsigned long long)act->new_mode);
	put_reason(&job->text, act);
	buf_putc(&job->text, '\n');
	if (o && (job->forced || job->action == ACTION_SAVE))
		put_holders(&job->text, s, o);
}

static void put_left_alone(struct job *job, const struct snapshot *s, const struct act *act,
			   const struct object *o)
{
	put_act(&job->text, act);
	if (FACT_KNOWN(act, why)) {
		buf_puts(&job->text, "  ");
		text_escape(&job->text, act->why, strlen(act->why), 0);
	}
	buf_putc(&job->text, '\n');
	if (o)
		put_holders(&job->text, s, o);
}

static void add(struct job *job, const struct snapshot *s, const struct object *o)
{
	struct act *act = plan_add(&job->plan, s, o, job->action, job->settings.permit);

	if (act->result == OUTCOME_PLANNED && o->evidence.namespace_other)
		act_settle_foreign(&job->plan, act);
	if (job->action == ACTION_CHMOD)
		act_foresee(&job->plan, act, o, &job->settings);
}

/* The objects of the keys; those that have gone meanwhile are told. */
static uint32_t *find_objects(struct job *job, const struct snapshot *s, uint32_t *count)
{
	uint32_t *rows = xcalloc(job->keys.count, sizeof(*rows));
	struct keymap map = { 0 };

	for (uint32_t i = 0; i < snapshot_count(s, CLASS_OBJECT); i++) {
		struct row_key key;

		row_key_get(s, CLASS_OBJECT, i, &key);
		keymap_set(&map, &key, i);
	}
	*count = 0;
	for (uint32_t i = 0; i < job->keys.count; i++) {
		uint32_t row = keymap_get(&map, (const struct row_key *)job->keys.rows + i);

		if (row != NO_ROW)
			rows[(*count)++] = row;
	}
	keymap_release(&map);
	return rows;
}

/* What no rule allows is planned all the same where it is one object, for who types its name. */
static void plan_forced(struct job *job, const struct snapshot *s, const struct object *o)
{
	struct plan refused = job->plan;

	if (job->action != ACTION_REMOVE || o->evidence.namespace_other)
		return;
	job->settings.permit = PERMIT_ANY;
	plan_init(&job->plan, s);
	add(job, s, o);
	job->forced = job->plan.acts > 0;
	if (job->forced) {
		plan_release(&refused);
		return;
	}
	plan_release(&job->plan);
	job->plan = refused;
}

static bool is_chosen(const struct job *job, uint64_t pid)
{
	const uint64_t *pids = job->pids.rows;

	for (uint32_t i = 0; i < job->pids.count; i++)
		if (pids[i] == pid)
			return true;
	return !job->pids.count;
}

static void add_holders(struct job *job, const struct snapshot *s, const struct object *o)
{
	struct letting letting;

	plan_init(&job->plan, s);
	letting_begin(&letting, &job->plan, s, o, LEAVE_COPY, job->settings.permit);
	for (uint32_t i = 0; i < o->holders.count; i++) {
		const struct holder *h = snapshot_row(s, CLASS_HOLDER, o->holders.first + i);
		const struct process *p = snapshot_row(s, CLASS_PROCESS, h->process);

		if (is_chosen(job, p->pid))
			letting_add(&letting, h, !o->evidence.namespace_other);
	}
	for (uint32_t i = 0; i < plan_count(&job->plan); i++)
		if (plan_act(&job->plan, i)->result == OUTCOME_PLANNED && o->evidence.namespace_other)
			act_settle_foreign(&job->plan, plan_act(&job->plan, i));
}

/* "  4711 worker  7f0000000000, 64K rw-s" */
static void put_mapping(struct buf *text, const struct act *act)
{
	buf_printf(text, "  %llu ", (unsigned long long)act->pid);
	if (FACT_KNOWN(act, comm))
		text_escape(text, act->comm, strlen(act->comm), 0);
	if (!FACT_KNOWN(act, length))
		return;
	buf_printf(text, "  at %llx, ", (unsigned long long)act->start);
	units_put_size(text, act->length, false);
	buf_printf(text, " %s", act->prot);
}

static void put_letting(struct buf *text, const struct act *act)
{
	put_mapping(text, act);
	if (FACT_KNOWN(act, why)) {
		buf_puts(text, "  ");
		text_escape(text, act->why, strlen(act->why), 0);
	}
	buf_putc(text, '\n');
	if (act->result != OUTCOME_PLANNED)
		return;
	if (FACT_KNOWN(act, copy)) {
		buf_puts(text, "      its own copy takes ");
		units_put_size(text, act->copy, false);
		buf_puts(text, " of memory\n");
	}
	if (FACT_KNOWN(act, others)) {
		buf_puts(text, "      held too by ");
		text_escape(text, act->others, strlen(act->others), 0);
		buf_puts(text, ": it no longer sees what they write, nor they what it writes\n");
	}
}

/* What is held by others too is planned all the same, for who types the object's name. */
static void plan_letting(struct job *job, const struct snapshot *s, const struct object *o)
{
	const struct act *last = NULL;

	add_holders(job, s, o);
	if (!job->plan.acts) {
		struct plan refused = job->plan;

		job->settings.permit = PERMIT_ANY;
		add_holders(job, s, o);
		job->forced = job->plan.acts > 0;
		if (!job->forced) {
			plan_release(&job->plan);
			job->plan = refused;
		} else {
			plan_release(&refused);
		}
	}
	for (uint32_t i = 0; i < plan_count(&job->plan); i++) {
		put_letting(&job->text, plan_act(&job->plan, i));
		if (plan_act(&job->plan, i)->result == OUTCOME_PLANNED)
			last = plan_act(&job->plan, i);
	}
	if (last && FACT_KNOWN(last, becomes))
		buf_printf(&job->text, "\n%s is then: %s\n", o->name, future_names[last->becomes]);
}

static void make_letting_plan(struct job *job, const struct snapshot *s)
{
	uint32_t count, *rows = find_objects(job, s, &count);

	if (count)
		plan_letting(job, s, snapshot_object(s, rows[0]));
	else
		buf_puts(&job->error, "it is gone");
	free(rows);
}

static void make_plan(struct job *job, const struct snapshot *s)
{
	uint32_t count, *rows = find_objects(job, s, &count);
	uint32_t gone = job->keys.count - count;

	plan_init(&job->plan, s);
	for (uint32_t i = 0; i < count; i++)
		add(job, s, snapshot_object(s, rows[i]));
	if (count == 1 && !job->plan.acts)
		plan_forced(job, s, snapshot_object(s, rows[0]));
	for (uint32_t i = 0; i < count; i++)
		if (plan_act(&job->plan, i)->result == OUTCOME_PLANNED)
			put_planned(job, s, plan_act(&job->plan, i), snapshot_object(s, rows[i]));
	if (job->plan.acts < count)
		buf_printf(&job->text, "%sLeft alone:\n", job->text.len ? "\n" : "");
	for (uint32_t i = 0; i < count; i++)
		if (plan_act(&job->plan, i)->result != OUTCOME_PLANNED)
			put_left_alone(job, s, plan_act(&job->plan, i), snapshot_object(s, rows[i]));
	if (gone)
		buf_printf(&job->text, "%u of them %s gone already\n", gone, gone == 1 ? "is" : "are");
	free(rows);
}

#define NEEDS (NEED_BIT(NEED_VERDICT) | NEED_BIT(NEED_RESIDENT) | NEED_BIT(NEED_HOLDERS) |	\
	       NEED_BIT(NEED_PROCESSES) | NEED_BIT(NEED_DOCUMENT))

/*
 * What is to be kept may have been written down since the monitor began. 0, or why nothing can be
 * planned.
 */
static int read_policy(struct job *job)
{
	int rc;

	job->policy = policy_new();
	rc = policy_load(job->policy, &job->error);
	job->collect.policy = job->policy;
	job->collect.policy_error = -rc;
	if ((rc == -ETIMEDOUT || rc == -EREMOTE) && job->action != ACTION_REMOVE) {
		buf_reset(&job->error);
		rc = 0;
	}
	if (rc && job->action == ACTION_REMOVE)
		buf_puts(&job->error, "; it says what to keep, so nothing is removed");
	return rc;
}

static void look_and_plan(struct job *job)
{
	struct collector *collector;
	struct snapshot *s = NULL;
	int rc;

	job->collect.kinds = KINDS_ALL;
	job->collect.sources = kind_sources(KINDS_ALL, NEEDS);
	job->collect.reasons = true;
	collector = collector_new(&job->collect);
	rc = collector_pass(collector, &s);
	if (rc)
		buf_printf(&job->error, "nothing could be read: %s", strerror(-rc));
	else if (job->action == ACTION_DETACH)
		make_letting_plan(job, s);
	else
		make_plan(job, s);
	snapshot_free(s);
	collector_free(collector);
}

static void planning(void *arg)
{
	struct job *job = arg;

	if (!read_policy(job))
		look_and_plan(job);
	set_phase(job, JOB_PLANNED);
}

static void on_act(void *arg, const struct act *act)
{
	struct job *job = arg;

	__atomic_add_fetch(&job->done, 1, __ATOMIC_RELAXED);
	eventfd_write(job->wake, 1);
}

static void put_result(struct buf *text, const struct act *act)
{
	buf_printf(text, "  %s  ", act->name);
	if (FACT_KNOWN(act, pid))
		put_mapping(text, act);
	buf_printf(text, "%s%s", FACT_KNOWN(act, pid) ? "  " : "", act->result == OUTCOME_PLANNED ? "not done" :
		   outcome_names[act->result]);
	if (FACT_KNOWN(act, stopped))
		buf_printf(text, ", stopped for %.1f ms", (double)act->stopped / 1e3);
	if (FACT_KNOWN(act, freed)) {
		buf_puts(text, ", ");
		units_put_size(text, act->freed, false);
		buf_puts(text, " came back");
	}
	if (FACT_KNOWN(act, saved)) {
		buf_puts(text, act->result == OUTCOME_SAVED ? " in " : ", saved in ");
		text_escape(text, act->saved, strlen(act->saved), 0);
	}
	if (FACT_KNOWN(act, why)) {
		buf_puts(text, ": ");
		text_escape(text, act->why, strlen(act->why), 0);
	}
	buf_putc(text, '\n');
}

static void put_results(struct job *job)
{
	buf_reset(&job->text);
	for (uint32_t i = 0; i < plan_count(&job->plan); i++)
		put_result(&job->text, plan_act(&job->plan, i));
	if (job_frees(job)) {
		buf_putc(&job->text, '\n');
		units_put_size(&job->text, plan_bytes(&job->plan), false);
		buf_puts(&job->text, " came back\n");
	}
}

/* The folder is looked at once: each object would fail by it. */
static int check_folder(struct job *job)
{
	int folder;

	if (!job->folder)
		return 0;
	folder = save_open_folder(job->folder, &job->error);
	if (folder < 0)
		return folder;
	close(folder);
	job->save = (struct save_options){ .folder = job->folder };
	job->settings.save = &job->save;
	return 0;
}

static void running(void *arg)
{
	struct job *job = arg;
	int rc = check_folder(job);

	job->settings.command = "monitor";
	if (!rc)	/* what cannot be told is not done */
		rc = audit_open("monitor", NULL, &job->settings.audit, &job->error);
	if (!rc) {
		rc = act_run(&job->plan, &job->collect, &job->settings, on_act, job, &job->stop);
		put_results(job);
		if (rc && rc != -EINTR)
			buf_printf(&job->text, "ended early: %s\n", strerror(-rc));
		rc = audit_close(job->settings.audit);
		if (rc)
			buf_printf(&job->text, "not all of it could be told to the audit: %s\n", strerror(-rc));
	}
	set_phase(job, JOB_DONE);
}

static void start(struct job *job, enum job_phase phase, void (*run)(void *))
{
	worker_wait(job->worker);	/* a phase tells of its end before it is over */
	job->phase = phase;
	job->started = true;
	worker_do(job->worker, run, job);
}

struct job *job_new(enum action action, const struct collect_options *collect, struct worker *worker,
		    int wake)
{
	struct job *job = xcalloc(1, sizeof(*job));

	job->action = action;
	job->collect = *collect;
	job->worker = worker;
	job->wake = wake;
	job->settings.permit = action == ACTION_SAVE ? PERMIT_ANY : PERMIT_DISUSED;
	job->settings.mode = &job->mode;
	buf_init(&job->text);
	buf_init(&job->error);
	return job;
}

void job_plan(struct job *job)
{
	start(job, JOB_PLANNING, planning);
}

void job_run(struct job *job)
{
	job->total = job->plan.acts;
	start(job, JOB_RUNNING, running);
}

void job_stop(struct job *job)
{
	__atomic_store_n(&job->stop, 1, __ATOMIC_RELAXED);
}

void job_free(struct job *job)
{
	if (!job)
		return;
	job_stop(job);
	if (job->started)
		worker_wait(job->worker);
	if (job->plan.s)
		plan_release(&job->plan);
	policy_free(job->policy);
	table_release(&job->keys);
	table_release(&job->pids);
	free(job->folder);
	buf_release(&job->text);
	buf_release(&job->error);
	free(job);
}
