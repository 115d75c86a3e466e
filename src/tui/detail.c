/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The detail pane: all about one object. */
#include "verbs.h"
#include "picture.h"

#include "ipctop/text.h"

#define PICTURE_LINES	4	/* at most */

struct detail_layer {
	struct layer layer;
	struct row_key key;
	char *name;			/* to tell what has gone */
	char *text;
	size_t len;
	bool gone;
	int lines, top, page;
};

static void count_lines(struct detail_layer *d)
{
	d->lines = 0;
	for (size_t i = 0; i < d->len; i++)
		d->lines += d->text[i] == '\n';
}

static void set_text(struct detail_layer *d, const char *text, size_t len, int width)
{
	struct buf wrapped = BUF_INIT;

	wrap(&wrapped, text, len, width);
	free(d->text);
	d->len = wrapped.len;
	d->text = buf_detach(&wrapped);
	count_lines(d);
}

/* What was read of this object alone: it comes with the look after the pane was opened. */
static void put_closeup(struct buf *out, const struct monitor *m, const struct detail_layer *d, uint32_t row,
			const struct detail_options *options)
{
	const struct closeup *c = m->look->closeup;

	if (m->look->closeup && row_key_same(&c->key, &d->key)) {
		picture_put(out, &c->pages, c->pages_rc, options);
		usage_put(out, m->look->s, row, &c->usage, c->usage_rc, options);
	}
}

static void build(struct monitor *m, struct detail_layer *d)
{
	struct buf more = BUF_INIT;
	struct detail_options options = {
		.color = screen_color(), .utf8 = screen_utf8(), .style = m->style,
	};
	uint32_t row = monitor_object_row(m, &d->key);
	FILE *out;
	char *text;
	size_t len;
	int rows;

	screen_size(&rows, &options.width);
	d->gone = row == NO_ROW;
	if (d->gone)
		return;		/* the last that was known stays */
	options.style.now = snapshot_document(m->look->s)->time / 1000;
	put_closeup(&more, m, d, row, &options);
	options.more = more.s;
	out = open_memstream(&text, &len);
	if (!out)
		out_of_memory();
	(void)!view_detail(out, m->look->s, row, &options);
	fclose(out);
	buf_release(&more);
	set_text(d, text, len, options.width);
	free(text);
}

static void look(struct monitor *m, struct layer *layer)
{
	build(m, (struct detail_layer *)layer);
}

static void clamp(struct detail_layer *d)
{
	if (d->top > d->lines - d->page)
		d->top = d->lines - d->page;
	if (d->top < 0)
		d->top = 0;
}

static void draw(struct monitor *m, struct layer *layer)
{
	struct detail_layer *d = (struct detail_layer *)layer;
	struct area area = monitor_body(m);
	const char *s = d->text, *end = d->text + d->len;

	for (int y = 0; y < area.height; y++)
		screen_fill(area.y + y, area.x, area.width, ROLE_TEXT);
	if (d->gone) {
		struct buf line = BUF_INIT;

		buf_printf(&line, "%s is gone; this is the last that was known of it", d->name);
		screen_text(area.y, area.x, area.width, 0, ROLE_ERROR, line.s);
		buf_release(&line);
		area.y++;
		area.height--;
	}
	d->page = area.height;
	clamp(d);
	for (int i = 0; s < end && i < d->top + d->page; i++) {
		const char *eol = memchr(s, '\n', end - s);

		eol = eol ? eol : end;
		if (i >= d->top)
			screen_view_line(area.y + i - d->top, area.x, area.width, 0, s, eol - s);
		s = eol < end ? eol + 1 : end;
	}
}

static bool input(struct monitor *m, struct layer *layer, const struct input *in)
{
	if (in->type == INPUT_WHEEL) {
		detail_scroll(m, in->key);
		detail_scroll(m, in->key);
		return true;
	}
	return in->type == INPUT_CLICK;
}

static void release(struct layer *layer)
{
	struct detail_layer *d = (struct detail_layer *)layer;

	free(d->name);
	free(d->text);
	free(d);
}

static const struct layer_ops ops = {
	.place = PLACE_DETAIL, .draw = draw, .input = input, .look = look, .release = release,
};

static struct detail_layer *top_detail(const struct monitor *m)
{
	struct layer *layer = layer_top(m);

	return layer && layer->ops == &ops ? (struct detail_layer *)layer : NULL;
}

bool detail_key(const struct monitor *m, struct row_key *key)
{
	const struct detail_layer *d = top_detail(m);

	if (d)
		*key = d->key;
	return d != NULL;
}

bool detail_subject(const struct monitor *m, struct row_key *key, uint32_t *blocks)
{
	int rows, columns;

	for (unsigned int i = 0; i < m->nlayers; i++) {
		if (m->layers[i]->ops != &ops)
			continue;
		screen_size(&rows, &columns);
		*key = ((struct detail_layer *)m->layers[i])->key;
		*blocks = columns > 2 ? (uint32_t)(columns - 2) * PICTURE_LINES : 1;
		return true;
	}
	return false;
}

void detail_scroll(struct monitor *m, int key)
{
	struct detail_layer *d = top_detail(m);

	if (!d)
		return;
	switch (key) {
	case K_UP: d->top--; break;
	case K_DOWN: d->top++; break;
	case K_PGUP: d->top -= d->page; break;
	case K_PGDN: d->top += d->page; break;
	case K_HOME: d->top = 0; break;
	case K_END: d->top = d->lines; break;
	}
	clamp(d);	/* several keys may come between two frames */
}

void detail_close(struct monitor *m, int arg)
{
	if (!top_detail(m))
		return;
	layer_pop(m);
	monitor_demand(m);
}

static void open_object(struct monitor *m, const struct object *o, const struct row_key *key)
{
	struct detail_layer *d = xcalloc(1, sizeof(*d));

	d->layer.ops = &ops;
	d->key = *key;
	d->name = xstrdup(o->name);
	build(m, d);
	layer_push(m, &d->layer);
	monitor_demand(m);	/* with it all that can be known is read, at once */
}

/* What the processes of a row of another tab hold, as a choice of objects. */
static void open_objects(struct monitor *m, const struct panel *p, const struct entry *e)
{
	struct row_filter *filter = &m->panels[TAB_OBJECTS].filter;
	const void *row = snapshot_row(p->s, p->info->class, e->row);
	struct buf holder = BUF_INIT;
	struct value pid;

	field_get_in(p->s, p->info->class, field_find(p->info->class, "pid"), row, &pid);
	if (pid.state == VALUE_KNOWN)
		buf_u64(&holder, pid.u);
	else if (p->info->class == CLASS_HOLDING && FACT_KNOWN((const struct holding *)row, value))
		buf_puts(&holder, ((const struct holding *)row)->value);
	if (!holder.len)
		return;
	row_filter_release(filter);
	filter->holder = buf_detach(&holder);
	filter->by = pid.state == VALUE_KNOWN ? HOLDING_BY_PROCESS : m->by;
	monitor_tab(m, TAB_OBJECTS);
	monitor_tell(m, "what that %s holds; Esc shows all", holding_by_names[filter->by]);
}

/* The object that bears the name now. */
static void open_event(struct monitor *m, const struct event *e)
{
	uint32_t count = m->look ? snapshot_count(m->look->s, CLASS_OBJECT) : 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct object *o = snapshot_object(m->look->s, i);
		struct row_key key;

		if (strcmp(o->name, e->name))
			continue;
		row_key_get(m->look->s, CLASS_OBJECT, i, &key);
		open_object(m, o, &key);
		return;
	}
	monitor_tell(m, "it is gone");
}

void detail_open(struct monitor *m, int arg)
{
	struct panel *p = monitor_panel(m);
	const struct entry *e = panel_entry(p);
	struct row_key key;

	if (!e)
		return;
	if (e->type == ENTRY_GROUP) {
		fold(m, p->rows.groups[e->group].folded ? '+' : '-');
	} else if (e->type == ENTRY_GONE) {
		monitor_tell(m, "it is gone");
	} else if (p->info->class == CLASS_OBJECT) {
		row_key_get(p->s, CLASS_OBJECT, e->row, &key);
		open_object(m, snapshot_object(p->s, e->row), &key);
	} else if (p->info->class == CLASS_EVENT) {
		open_event(m, snapshot_row(p->s, CLASS_EVENT, e->row));
	} else {
		open_objects(m, p, e);
	}
}
