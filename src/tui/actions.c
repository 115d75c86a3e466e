/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be done with objects: the menu, the plan to say yes to, the results. */
#include "verbs.h"
#include "job.h"

#include <sys/stat.h>
#include "ipctop/text.h"

/* How an action is offered; which objects know it is the table of kinds' to say. */
static const struct offer {
	enum action action;
	const char *label, *help;
	const char *title;		/* of the plan */
	const char *asks;		/* what is to be typed before; NULL: nothing */
	bool folder;			/* ... the folder for what is saved */
} offers[] = {
	{ ACTION_REMOVE, "remove", "what nobody needs; with one object's name typed, any", "Remove" },
	{ ACTION_REMOVE, "save, then remove", "each into a file first; what cannot be saved stays",
	  "Save, then remove", "Save in folder:", true },
	{ ACTION_SAVE, "save", "contents and metadata into a file each", "Save", "Save in folder:", true },
	{ ACTION_CHMOD, "change mode", "as chmod", "Change the mode of", "Mode, as chmod has it:" },
};

/* The objects it is about: those tagged, else the one in the pane, else the selected one. */
static void get_keys(const struct monitor *m, struct table *keys)
{
	const struct panel *p = &m->panels[TAB_OBJECTS];
	const struct entry *e = panel_entry(p);
	struct row_key key;

	if (detail_key(m, &key)) {
		*(struct row_key *)table_add(keys, sizeof(key)) = key;
		return;
	}
	if (m->tab != TAB_OBJECTS)
		return;
	for (uint32_t i = 0; m->look && p->tags.count && i < snapshot_count(m->look->s, CLASS_OBJECT); i++) {
		row_key_get(m->look->s, CLASS_OBJECT, i, &key);
		if (keymap_has(&p->tags, &key))
			*(struct row_key *)table_add(keys, sizeof(key)) = key;
	}
	if (keys->count || !e || e->type != ENTRY_ROW)
		return;
	row_key_get(p->s, CLASS_OBJECT, e->row, &key);
	*(struct row_key *)table_add(keys, sizeof(key)) = key;
}

static bool any_can(const struct monitor *m, const struct table *keys, enum action action)
{
	for (uint32_t i = 0; i < keys->count; i++) {
		uint32_t row = monitor_object_row(m, (const struct row_key *)keys->rows + i);

		if (row != NO_ROW && act_can(snapshot_object(m->look->s, row)->kind, action))
			return true;
	}
	return false;
}

static void job_discard(struct monitor *m)
{
	job_free(m->job);
	m->job = NULL;
	m->asked = false;
}

static void begin(struct monitor *m)
{
	if (m->job->action == ACTION_REMOVE && m->job->collect.policy_error) {
		monitor_error(m, "nothing is removed: the configuration, which says what to keep, "
			      "could not be read");
		job_discard(m);
		return;
	}
	monitor_tell(m, "looking ...");
	job_plan(m->job);
}

static void typed(struct monitor *m, const char *text, bool accepted)
{
	struct buf error = BUF_INIT;
	mode_t mask = umask(0);

	umask(mask);
	if (!accepted || !*text) {
		job_discard(m);
	} else if (offers[m->offer].folder) {
		m->job->folder = xstrdup(text);
		begin(m);
	} else if (mode_parse(text, mask, &m->job->mode, &error)) {
		monitor_error(m, "%s", error.s);
		job_discard(m);
	} else {
		begin(m);
	}
	buf_release(&error);
}

static void chosen(struct monitor *m, const struct menu_item *item)
{
	const struct offer *offer = &offers[item->value];
	const struct prompt prompt = {
		.label = offer->asks, .text = offer->folder ? "." : NULL, .done = typed,
	};

	m->offer = item->value;
	m->job = job_new(offer->action, &m->options->collect, m->wake);
	get_keys(m, &m->job->keys);
	if (offer->asks)
		prompt_open(m, &prompt);
	else
		begin(m);
}

void actions_open(struct monitor *m, int arg)
{
	struct menu menu = { .title = "What is to be done", .chosen = chosen };
	struct menu_item items[ARRAY_SIZE(offers)];
	struct table keys = { 0 };
	int n = 0;

	if (m->job) {
		monitor_tell(m, "one thing after the other: an action is under way; Esc stops it");
		return;
	}
	if (!m->feeder) {
		monitor_tell(m, "a recording cannot be changed");
		return;
	}
	get_keys(m, &keys);
	for (unsigned int i = 0; i < ARRAY_SIZE(offers); i++)
		if (any_can(m, &keys, offers[i].action))
			items[n++] = (struct menu_item){
				.label = offers[i].label, .help = offers[i].help, .value = (int)i,
			};
	if (n)
		menu_open(m, &menu, items, n);
	else if (keys.count)
		monitor_tell(m, "nothing can be done with that");
	else
		monitor_tell(m, "no object is tagged or selected");
	table_release(&keys);
}

static void answered(struct monitor *m, int key)
{
	if (!m->job)
		return;
	if (key == 'y') {
		job_run(m->job);
	} else {
		job_discard(m);
		monitor_tell(m, "nothing was changed");
	}
}

/* "Remove 3 objects (12M)?" */
static void put_question(struct buf *out, const struct monitor *m)
{
	const struct job *job = m->job;

	buf_printf(out, "%s %llu object%s", offers[m->offer].title, (unsigned long long)job->plan.acts,
		   job->plan.acts == 1 ? "" : "s");
	if (job_frees(job)) {
		buf_puts(out, ", ");
		units_put_size(out, plan_bytes(&job->plan), false);
		buf_puts(out, " would come back");
	}
	if (job->folder) {
		buf_puts(out, ", in ");
		text_escape(out, job->folder, strlen(job->folder), 0);
	}
}

static void show_plan(struct monitor *m)
{
	struct job *job = m->job;
	struct buf question = BUF_INIT;
	struct pager pager = { .title = offers[m->offer].title, .answered = answered };

	buf_reset(&m->message);
	if (job->error.len) {
		monitor_error(m, "%s", job->error.s);
		job_discard(m);
		return;
	}
	put_question(&question, m);
	if (job->forced) {
		/* what goes with it is said before its name is asked for */
		buf_puts(&job->text, plan_act(&job->plan, 0)->kind == KIND_SHM ?
			 "\nNobody finds it by its key then, and it goes with its last attachment.\n" :
			 "\nIt loses its name; who has it keeps it, and who opens that name makes another.\n");
		buf_puts(&question, "? Type its name:");
		pager.typed = plan_act(&job->plan, 0)->name;
	} else if (job->plan.acts) {
		buf_puts(&question, "?");
		pager.answers = "yn";
	} else {
		buf_reset(&question);
		buf_puts(&question, "Nothing to do.");
	}
	pager.text = xstrdup(job->text.s);
	pager.footer = question.s;
	pager_open(m, &pager);
	buf_release(&question);
}

static void show_results(struct monitor *m)
{
	struct job *job = m->job;
	struct pager pager = { .title = "What became of it" };

	buf_reset(&m->message);
	if (job->error.len) {
		monitor_error(m, "%s", job->error.s);
	} else {
		for (uint32_t i = 0; i < job->keys.count; i++)
			keymap_remove(&m->panels[TAB_OBJECTS].tags,
				      (const struct row_key *)job->keys.rows + i);
		pager.text = xstrdup(job->text.s);
		pager_open(m, &pager);
	}
	job_discard(m);
	feeder_hurry(m->feeder);
}

void actions_wake(struct monitor *m)
{
	switch (job_phase(m->job)) {
	case JOB_PLANNING:
		break;
	case JOB_PLANNED:
		if (!m->asked)
			show_plan(m);
		m->asked = m->job != NULL;
		break;
	case JOB_RUNNING:
		monitor_tell(m, "%s: %u of %llu; Esc stops", offers[m->offer].label,
			     __atomic_load_n(&m->job->done, __ATOMIC_RELAXED),
			     (unsigned long long)m->job->total);
		break;
	case JOB_DONE:
		show_results(m);
		break;
	}
}

bool actions_stop(struct monitor *m)
{
	if (!m->job || job_phase(m->job) != JOB_RUNNING)
		return false;
	job_stop(m->job);
	monitor_tell(m, "stopping after the one under way");
	return true;
}
