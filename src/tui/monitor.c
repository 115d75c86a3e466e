/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The monitor's loop: take a look, draw a frame, read an input. */
#include "verbs.h"
#include "job.h"
#include "settings.h"
#include "thread.h"

#include <errno.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "ipctop/text.h"

#define USUAL_INTERVAL	2000	/* milliseconds */
#define MESSAGE_LOOKS	2	/* that a message stays for, where no key is pressed */
#define EVENTS_KEPT	10000	/* at least; the oldest go */

static void __printf(2, 0) put_message(struct monitor *m, const char *fmt, va_list ap, bool is_error)
{
	buf_reset(&m->message);
	buf_vprintf(&m->message, fmt, ap);
	m->message_is_error = is_error;
	m->message_looks = 0;
}

void monitor_tell(struct monitor *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_message(m, fmt, ap, false);
	va_end(ap);
}

void monitor_error(struct monitor *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_message(m, fmt, ap, true);
	va_end(ap);
}

uint32_t monitor_object_row(const struct monitor *m, const struct row_key *key)
{
	uint32_t n = m->look ? snapshot_count(m->look->s, CLASS_OBJECT) : 0;

	for (uint32_t i = 0; i < n; i++) {
		struct row_key mine;

		row_key_get(m->look->s, CLASS_OBJECT, i, &mine);
		if (row_key_same(&mine, key))
			return i;
	}
	return NO_ROW;
}

/*
 * Whatever the tab shows, the head needs the sums of kinds, and the journal who came and who went: it
 * is written all the time, and read later.
 */
#define USUAL_NEEDS (NEED_BIT(NEED_DOCUMENT) | NEED_BIT(NEED_VERDICT) | NEED_BIT(NEED_RESIDENT) | \
		     NEED_BIT(NEED_HOLDERS))

void monitor_demand(struct monitor *m)
{
	struct demand demand = {
		.kinds = m->options->kinds, .needs = USUAL_NEEDS | tab_needs(m, m->tab),
		.holdings = tab_holdings(m, m->tab),
		.interval = m->interval, .paused = m->frozen,
	};

	if (detail_subject(m, &demand.subject, &demand.blocks)) {
		demand.needs = NEEDS_DOCUMENT;
		demand.reasons = true;
	}
	if (m->feeder)
		feeder_demand(m->feeder, &demand);
	if (m->feeder && !m->frozen)	/* what was ready while it was frozen */
		eventfd_write(m->wake, 1);
}

void monitor_tab(struct monitor *m, enum tab tab)
{
	m->tab = tab;
	m->choice++;
	monitor_demand(m);
	panel_refresh(m, monitor_panel(m));
}

/* Keep the events of a look, and not many more than some: the older half goes at once. */
static void keep_events(struct monitor *m, const struct look *look)
{
	uint32_t had = snapshot_count(m->journal, CLASS_EVENT);
	uint32_t came = look->events ? snapshot_count(look->events, CLASS_EVENT) : 0;

	if (look->unseen != UNSEEN_UNKNOWN)
		m->unseen += look->unseen_count;
	m->unseen_about |= look->unseen == UNSEEN_ABOUT && look->unseen_count;
	if (had + came > 2 * EVENTS_KEPT) {
		struct snapshot *old = m->journal;

		m->journal = snapshot_new();
		events_copy(m->journal, old, had > EVENTS_KEPT ? had - EVENTS_KEPT : 0);
		snapshot_free(old);
	}
	if (came)
		events_copy(m->journal, look->events, 0);
	snapshot_document(m->journal)->time = snapshot_document(look->s)->time;
}

static void layers_look(struct monitor *m)
{
	for (unsigned int i = 0; i < m->nlayers; i++)
		if (m->layers[i]->ops->look)
			m->layers[i]->ops->look(m, m->layers[i]);
}

static void take_look(struct monitor *m, struct look *look)
{
	if (!look)
		return;
	look_put(m->before);
	m->before = m->look;
	m->look = look;
	if (++m->message_looks > MESSAGE_LOOKS && !m->message_is_error)
		buf_reset(&m->message);
	keep_events(m, look);
	header_look(m);
	panel_refresh(m, monitor_panel(m));
	layers_look(m);
}

static void click_tab(struct monitor *m, int tab, const struct input *in)
{
	monitor_tab(m, tab);
}

/* How many rows there are, and by what they are chosen. */
static void put_choice(struct buf *text, const struct monitor *m, const struct panel *p)
{
	buf_printf(text, "  %u", p->rows.rows);
	if (m->tab == TAB_USERS)
		buf_printf(text, ", by %s", holding_by_names[m->by]);
	if (m->tab == TAB_EVENTS && m->unseen)
		buf_printf(text, "; %s %llu segment%s more came and went unseen",
			   m->unseen_about ? "about" : "at most", (unsigned long long)m->unseen,
			   m->unseen == 1 ? "" : "s");
	if (p->tags.count)
		buf_printf(text, ", %u tagged", p->tags.count);
	if (p->filter.kinds)
		for (unsigned int k = 0; k < NR_KINDS; k++)
			if (p->filter.kinds & KIND_BIT(k))
				buf_printf(text, ", %s", kinds[k].name);
	if (p->filter.stale)
		buf_puts(text, ", stale");
	if (p->filter.user) {
		buf_puts(text, ", user ");
		text_escape(text, p->filter.user, strlen(p->filter.user), 0);
	}
	if (p->filter.holder) {
		buf_printf(text, ", held by %s ", holding_by_names[p->filter.by]);
		text_escape(text, p->filter.holder, strlen(p->filter.holder), 0);
	}
	if (p->filter.text) {
		buf_puts(text, ", filter ");
		text_escape(text, p->filter.text, strlen(p->filter.text), 0);
	}
	if (p->sort.count && !panel_shows(p, p->sort.keys[0].field))
		buf_printf(text, ", ordered by %s", p->sort.keys[0].field->name);
	if (p->tree)
		buf_printf(text, ", below each %s", tree_names[p->tree]);
}

/* "Objects 12" …, and what the rows are chosen by. */
static void draw_tabs(struct monitor *m, int y, int width)
{
	const struct panel *p = monitor_panel(m);
	struct buf text = BUF_INIT;
	int x = 0;

	for (unsigned int t = 0; t < NR_TABS; t++) {
		enum role role = t == m->tab ? ROLE_TAB_ACTIVE : ROLE_TAB;
		int begin = x;

		buf_reset(&text);
		buf_printf(&text, t == m->tab ? "[%s]" : " %s ", tab_infos[t].title);
		x += screen_text(y, x, width - x, 0, role, text.s);
		zone_add(m, y, begin, 1, x - begin, click_tab, (int)t);
	}
	buf_reset(&text);
	put_choice(&text, m, p);
	screen_text(y, x, width - x, 0, ROLE_DIM, text.s);
	buf_release(&text);
}

struct area monitor_body(const struct monitor *m)
{
	struct area area = { 0 };
	int rows;

	screen_size(&rows, &area.width);
	area.y = header_height(m, rows, area.width);
	area.y += rows >= 6;			/* the tabs */
	area.height = rows - area.y - (rows >= 5);	/* the footer */
	return area;
}

static void draw(struct monitor *m)
{
	struct area body = monitor_body(m), head = { 0 };
	int rows, columns;

	screen_erase();
	zones_forget(m);
	screen_size(&rows, &columns);
	head.width = columns;
	head.height = header_height(m, rows, columns);
	header_draw(m, &head);
	if (rows >= 6)
		draw_tabs(m, head.height, columns);
	panel_draw(m, monitor_panel(m), &body);
	if (rows >= 5)
		footer_draw(m, rows - 1, columns);
	layers_draw(m);
	screen_show();
}

static void press(struct monitor *m, const struct input *in)
{
	const struct layer *top = layer_top(m);
	enum place place = top ? top->ops->place : PLACE_TABS;
	const struct binding *b = binding_find(m, in->key, place);

	if (in->key == K_ESC && actions_stop(m))
		return;
	buf_reset(&m->message);
	if (!b || b->arg != ARG_KEY)
		buf_reset(&m->jump);	/* any other key ends a number */
	if (b)
		b->run(m, b->arg == ARG_KEY ? in->key : b->arg);
}

static void handle(struct monitor *m, const struct input *in)
{
	struct layer *top = layer_top(m);

	if (in->type == INPUT_END) {
		/* ^C is for what runs, at first */
		if (in->key == SIGINT && m->job && actions_stop(m))
			return;
		m->quit = true;
		m->status = in->key == SIGINT ? 0 : in->key;
		return;
	}
	/* a paste is text: where none is asked for, and as keys, it would be anything */
	if (in->type == INPUT_KEY && in->pasted && (!top || in->key < ' ' || in->key >= K_ALT))
		return;
	if (in->type == INPUT_RESIZE) {
		zones_forget(m);
		panel_relayout(monitor_panel(m));
		layers_look(m);
		monitor_demand(m);	/* pictures are as large as there is room for */
	}
	if (in->type == INPUT_CLICK && zone_click(m, in))
		return;
	if (top && top->ops->input(m, top, in))
		return;
	if (in->type == INPUT_KEY && !in->pasted)
		press(m, in);
	else if (in->type == INPUT_WHEEL && !top)
		for (int i = 0; i < 3; i++)
			move_selection(m, in->key);
}

/* Another thread has something. */
static void wake(struct monitor *m)
{
	eventfd_t count;

	(void)!eventfd_read(m->wake, &count);
	if (m->job)
		actions_wake(m);
	if (m->feeder && !m->frozen)
		take_look(m, feeder_take(m->feeder));
}

/* Drawn once for all inputs that wait: a held key does not run after itself. */
static void run(struct monitor *m)
{
	struct input in;

	while (!m->quit) {
		struct layer *top = layer_top(m);

		if (top && top->ops->settle)
			top->ops->settle(m, top);
		draw(m);
		screen_read(&in, -1, m->wake);
		for (;;) {
			if (in.type == INPUT_WAKE)
				wake(m);
			else if (in.type != INPUT_NONE)
				handle(m, &in);
			if (m->quit || in.type == INPUT_NONE)
				break;
			screen_read(&in, 0, -1);
		}
	}
}

static int init(struct monitor *m, struct buf *error)
{
	const struct monitor_options *o = m->options;
	struct panel *objects = &m->panels[TAB_OBJECTS];
	int rc = 0;

	for (unsigned int t = 0; t < NR_TABS; t++)
		panel_init(&m->panels[t], &tab_infos[t]);
	m->journal = snapshot_new();
	m->style = o->style;
	m->interval = USUAL_INTERVAL;
	m->by = HOLDING_BY_USER;
	buf_init(&m->message);
	buf_init(&m->search);
	buf_init(&m->jump);
	settings_load(m);
	if (o->interval)
		m->interval = o->interval;
	if (o->columns)
		rc = panel_columns(objects, o->columns, error);
	if (!rc && o->sort)
		rc = panel_sort(objects, o->sort, error);
	if (!rc && o->filter)
		rc = row_filter_text(&objects->filter, CLASS_OBJECT, o->filter, error);
	if (o->users)
		for (unsigned int t = 0; t < NR_TABS; t++)
			m->panels[t].filter.user = xstrdup(o->users);
	settings_begin(m);
	return rc;
}

static void release(struct monitor *m)
{
	while (m->nlayers)
		layer_pop(m);
	settings_release(m);
	/* an act under way is ended, and told to the audit, however long it takes */
	if (m->job)
		alarm(0);
	job_free(m->job);
	worker_free(m->worker);
	feeder_free(m->feeder);
	close(m->wake);
	look_put(m->before);
	look_put(m->look);
	snapshot_free(m->journal);
	for (unsigned int t = 0; t < NR_TABS; t++)
		panel_release(&m->panels[t]);
	buf_release(&m->message);
	buf_release(&m->search);
	buf_release(&m->jump);
	free(m);
}

int monitor_run(const struct monitor_options *options, struct buf *error)
{
	struct monitor *m = xcalloc(1, sizeof(*m));
	struct screen_options screen = {
		.ascii = options->ascii, .mouse = !options->no_mouse,
	};
	int rc;

	m->options = options;
	m->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rc = init(m, error);
	screen.scheme = options->no_color ? SCHEME_MONO : m->scheme;
	if (!rc)
		rc = screen_open(&screen, error);
	if (!rc) {
		if (options->recorded) {
			take_look(m, look_recorded(options->recorded));
		} else {
			m->worker = worker_new();
			m->feeder = feeder_new(&options->collect, m->wake);
			monitor_demand(m);
			panel_arrange(m, monitor_panel(m));
		}
		run(m);
		screen_close();
		rc = m->status;
		/* an end that a signal asked for does not wait for a disk */
		if (!rc)
			(void)!settings_keep(m, false, error);
	} else {
		snapshot_free(options->recorded);
	}
	release(m);
	return rc;
}
