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
	bool holder;			/* which process, is chosen before */
} offers[] = {
	{ ACTION_REMOVE, "remove", "what nobody needs; with one object's name typed, any", "Remove" },
	{ ACTION_REMOVE, "save, then remove", "each into a file first; what cannot be saved stays",
	  "Save, then remove", "Save in folder:", true },
	{ ACTION_SAVE, "save", "contents and metadata into a file each", "Save", "Save in folder:", true },
	{ ACTION_DETACH, "detach a holder", "a process keeps a copy and lets go of the object", "Detach",
	  .holder = true },
	{ ACTION_CHMOD, "change mode", "as chmod", "Change the mode of", "Mode, as chmod has it:" },
};

static uint32_t add_key(const struct monitor *m, struct table *keys, uint32_t row)
{
	row_key_get(m->look->s, CLASS_OBJECT, row, table_add(keys, sizeof(struct row_key)));
	return KIND_BIT(snapshot_object(m->look->s, row)->kind);
}

static uint32_t add_tagged(const struct monitor *m, const struct keymap *tags, struct table *keys)
{
	uint32_t kind_set = 0;

	for (uint32_t i = 0; i < snapshot_count(m->look->s, CLASS_OBJECT); i++) {
		struct row_key key;

		row_key_get(m->look->s, CLASS_OBJECT, i, &key);
		if (keymap_has(tags, &key))
			kind_set |= add_key(m, keys, i);
	}
	return kind_set;
}

/*
 * The objects it is about, and their kinds (KIND_BIT): the one in the pane, else those tagged, else the
 * selected one. Where all that was tagged is gone, that is meant all the same, and nothing else.
 */
static uint32_t get_keys(const struct monitor *m, struct table *keys)
{
	const struct panel *p = &m->panels[TAB_OBJECTS];
	const struct entry *e = panel_entry(p);
	struct row_key key;
	uint32_t row;

	if (!m->look)
		return 0;
	if (detail_key(m, &key)) {
		row = monitor_object_row(m, &key);
		return row == NO_ROW ? 0 : add_key(m, keys, row);
	}
	if (m->tab != TAB_OBJECTS)
		return 0;
	if (p->tags.count)
		return add_tagged(m, &p->tags, keys);
	return e && e->type == ENTRY_ROW ? add_key(m, keys, e->row) : 0;
}

static bool any_can(uint32_t kind_set, enum action action)
{
	for (unsigned int k = 0; k < NR_KINDS; k++)
		if (kind_set & KIND_BIT(k) && act_can(k, action))
			return true;
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

static void start(struct monitor *m)
{
	m->job = job_new(offers[m->offer].action, &m->options->collect, m->worker, m->wake);
	get_keys(m, &m->job->keys);
}

#define ALL_HOLDERS 0			/* no process has that number */

/* Of the object whose holders stood in the menu, wherever the selection is by now. */
static void chosen_holder(struct monitor *m, const struct menu_item *item)
{
	m->job = job_new(offers[m->offer].action, &m->options->collect, m->worker, m->wake);
	*(struct row_key *)table_add(&m->job->keys, sizeof(m->held)) = m->held;
	if (item->value != ALL_HOLDERS)
		*(uint64_t *)table_add(&m->job->pids, sizeof(uint64_t)) = item->value;
	begin(m);
}

/* "2 mappings, 64K" */
static void put_holding(struct buf *text, const struct snapshot *s, const struct holder *h)
{
	uint64_t length = 0;

	for (uint32_t i = 0; i < h->mappings.count; i++)
		length += ((struct mapping *)snapshot_row(s, CLASS_MAPPING, h->mappings.first + i))->length;
	buf_printf(text, "%u mapping%s, ", h->mappings.count, h->mappings.count == 1 ? "" : "s");
	units_put_size(text, length, false);
}

static struct menu_item holder_item(const struct snapshot *s, const struct holder *h)
{
	const struct process *p = snapshot_row(s, CLASS_PROCESS, h->process);
	struct buf label = BUF_INIT, help = BUF_INIT;

	buf_printf(&label, "%llu %s", (unsigned long long)p->pid, FACT_KNOWN(p, comm) ? p->comm : "");
	put_holding(&help, s, h);
	return (struct menu_item){
		.label = buf_detach(&label), .help = buf_detach(&help), .value = (int)p->pid,
	};
}

static void choose_holder(struct monitor *m, const struct object *o)
{
	const struct menu menu = { .title = "Which process lets go", .chosen = chosen_holder };
	struct menu_item *items = xcalloc(o->holders.count + 1, sizeof(*items));
	const struct snapshot *s = m->look->s;
	int n = 0;

	for (uint32_t i = 0; i < o->holders.count; i++) {
		const struct holder *h = snapshot_row(s, CLASS_HOLDER, o->holders.first + i);

		if (h->mappings.count)
			items[n++] = holder_item(s, h);
	}
	if (n > 1)
		items[n++] = (struct menu_item){ .label = xstrdup("all of them"), .value = ALL_HOLDERS };
	if (n)
		menu_open(m, &menu, items, n);
	else
		monitor_tell(m, "nobody is seen to map it");
	for (int i = 0; i < n; i++) {
		free((char *)items[i].label);
		free((char *)items[i].help);
	}
	free(items);
}

/* Holders are those of one object. */
static void open_holders(struct monitor *m)
{
	struct table keys = { 0 };
	uint32_t row;

	get_keys(m, &keys);
	row = keys.count == 1 ? monitor_object_row(m, keys.rows) : NO_ROW;
	if (keys.count > 1) {
		monitor_tell(m, "holders are those of one object: U untags the others");
	} else if (row == NO_ROW) {
		monitor_tell(m, "it is gone");
	} else {
		m->held = *(struct row_key *)keys.rows;
		choose_holder(m, snapshot_object(m->look->s, row));
	}
	table_release(&keys);
}

static void chosen(struct monitor *m, const struct menu_item *item)
{
	const struct offer *offer = &offers[item->value];
	const struct prompt prompt = {
		.label = offer->asks, .text = offer->folder ? "." : NULL, .done = typed,
	};

	m->offer = item->value;
	if (offer->holder) {
		open_holders(m);
		return;
	}
	start(m);
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
	struct row_key key;
	uint32_t kind_set;
	int n = 0;

	if (m->job) {
		monitor_tell(m, "one thing after the other: an action is under way; Esc stops it");
		return;
	}
	if (!m->feeder) {
		monitor_tell(m, "a recording cannot be changed");
		return;
	}
	kind_set = get_keys(m, &keys);
	for (unsigned int i = 0; i < ARRAY_SIZE(offers); i++)
		if (any_can(kind_set, offers[i].action))
			items[n++] = (struct menu_item){
				.label = offers[i].label, .help = offers[i].help, .value = (int)i,
			};
	if (n)
		menu_open(m, &menu, items, n);
	else if (keys.count)
		monitor_tell(m, "nothing can be done with that");
	else if (detail_key(m, &key))
		monitor_tell(m, "it is gone");
	else if (m->tab == TAB_OBJECTS && m->panels[m->tab].tags.count)
		monitor_tell(m, "what was tagged is gone; U untags it");
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
	const struct act *first = plan_act(&job->plan, 0);
	const char *what = job->action == ACTION_DETACH ? "mapping" : "object";
	bool used = job->forced && FACT_KNOWN(first, verdict) && first->verdict == VERDICT_LIVE;

	buf_printf(out, "%s %llu %s%s", offers[m->offer].title, (unsigned long long)job->plan.acts, what,
		   job->plan.acts == 1 ? "" : "s");
	if (job_frees(job) && !used) {
		buf_puts(out, ", ");
		units_put_size(out, plan_bytes(&job->plan), false);
		buf_puts(out, " would come back");
	}
	if (job->folder) {
		buf_puts(out, ", in ");
		text_escape(out, job->folder, strlen(job->folder), 0);
	}
}

/* What was typed before it came up was meant for something else. */
static void open_pager(struct monitor *m, const struct pager *pager)
{
	pager_open(m, pager);
	screen_forget_keys();
}

static const char *price(const struct act *act)
{
	if (act->action == ACTION_DETACH)
		return "\nThe others go on with the object; who lets go does not share it any more.\n";
	if (act->kind == KIND_SHM)
		return "\nNobody finds it by its key then, and it goes with its last attachment.\n";
	return "\nIt loses its name; who has it keeps it, and who opens that name makes another.\n";
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
		buf_puts(&job->text, price(plan_act(&job->plan, 0)));
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
	open_pager(m, &pager);
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
		open_pager(m, &pager);
	}
	job_discard(m);
	feeder_hurry(m->feeder);
}

/* What is under way says so; a dialog that comes up while something else is typed would take its keys. */
static bool may_show(const struct monitor *m)
{
	const struct layer *top = layer_top(m);

	return !top || top->ops->place;
}

static void planned(struct monitor *m)
{
	if (m->job->stop) {
		job_discard(m);
		monitor_tell(m, "nothing was changed");
	} else if (!m->asked && may_show(m)) {
		show_plan(m);
		m->asked = m->job != NULL;
	}
}

void actions_wake(struct monitor *m)
{
	switch (job_phase(m->job)) {
	case JOB_PLANNING:
		break;
	case JOB_PLANNED:
		planned(m);
		break;
	case JOB_RUNNING:
		monitor_tell(m, "%s: %u of %llu; Esc stops", offers[m->offer].label,
			     __atomic_load_n(&m->job->done, __ATOMIC_RELAXED),
			     (unsigned long long)m->job->total);
		break;
	case JOB_DONE:
		if (may_show(m))
			show_results(m);
		break;
	}
}

bool actions_run(const struct monitor *m)
{
	enum job_phase phase = m->job ? job_phase(m->job) : JOB_PLANNING;

	return phase == JOB_RUNNING || phase == JOB_DONE;
}

bool actions_stop(struct monitor *m)
{
	struct job *job = m->job;

	if (!job || !job->started || job->stop)
		return false;
	switch (job_phase(job)) {
	case JOB_PLANNING:
		monitor_tell(m, "stopping after this look");
		break;
	case JOB_RUNNING:
		monitor_tell(m, "stopping after the one under way");
		break;
	case JOB_PLANNED:
	case JOB_DONE:
		return false;
	}
	job_stop(job);
	return true;
}
