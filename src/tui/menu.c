/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list to choose from, in a box. */
#include "tui.h"

#include "ipctop/text.h"

#define HINT	" Enter chooses, Esc closes "
#define LEAST	(int)(sizeof(HINT) + 12)

struct menu_layer {
	struct layer layer;
	struct menu menu;
	struct menu_item *items;
	int count, at, top, page;
	struct buf typed;		/* letters: the item that begins with them */
};

static void draw_item(struct menu_layer *l, const struct menu_item *item, int y, int x, int width,
		      int labels, bool chosen)
{
	enum role role = chosen ? ROLE_CHOICE : ROLE_DIALOG;
	struct buf text = BUF_INIT;
	int at = x + 1;

	screen_fill(y, x, width, role);
	if (l->menu.checks)
		at += screen_text(y, at, width - 2, 0, role, item->checked ? "[x] " : "[ ] ");
	text_escape(&text, item->label, strlen(item->label), 0);
	screen_text(y, at, x + width - 1 - at, 0, role, text.s);
	at += labels + 2;
	if (item->help && at < x + width - 1)
		screen_text(y, at, x + width - 1 - at, 0, role, item->help);
	buf_release(&text);
}

static void click(struct monitor *m, int first, const struct input *in);

/* On the lower edge: which keys end it, and whether items stand below. */
static void draw_edge(const struct menu_layer *l, int y, int x, int width)
{
	if (!l->menu.checks && width >= LEAST)	/* else the title says it */
		screen_text(y, x + 2, width - 4, 0, ROLE_DIALOG, HINT);
	if (l->top + l->page < l->count && width >= LEAST)
		screen_text(y, x + width - 9, 7, 0, ROLE_DIALOG, " more ");
}

static void measure(const struct menu_layer *l, int *labels, int *helps)
{
	*labels = *helps = 0;
	for (int i = 0; i < l->count; i++) {
		int label = (int)text_width(l->items[i].label);
		int help = l->items[i].help ? (int)text_width(l->items[i].help) + 2 : 0;

		*labels = label > *labels ? label : *labels;
		*helps = help > *helps ? help : *helps;
	}
}

static void draw(struct monitor *m, struct layer *layer)
{
	struct menu_layer *l = (struct menu_layer *)layer;
	int rows, columns, labels, helps, width, height, y, x;

	screen_size(&rows, &columns);
	measure(l, &labels, &helps);
	width = labels + helps + 4 + (l->menu.checks ? 4 : 0);
	if (width < (int)strlen(l->menu.title) + 8)
		width = (int)strlen(l->menu.title) + 8;
	width = width < LEAST ? LEAST : width;
	width = width < columns ? width : columns;
	height = l->count + 2 < rows - 1 ? l->count + 2 : rows - 1;
	height = height < 3 ? 3 : height;
	y = rows > height + 4 ? 3 : 0;
	x = (columns - width) / 2;
	l->page = height - 2;
	if (l->at < l->top)
		l->top = l->at;
	if (l->at >= l->top + l->page)
		l->top = l->at - l->page + 1;
	/* no empty place below when there are items above */
	if (l->top + l->page > l->count)
		l->top = l->count > l->page ? l->count - l->page : 0;
	screen_box(y, x, height, width, l->menu.title);
	for (int i = 0; i < l->page && l->top + i < l->count; i++)
		draw_item(l, &l->items[l->top + i], y + 1 + i, x + 1, width - 2, labels,
			  l->top + i == l->at);
	draw_edge(l, y + height - 1, x, width);
	zone_add(m, y + 1, x, l->page, width, click, l->top - y - 1);
}

static void free_items(struct menu_item *items, int count)
{
	for (int i = 0; i < count; i++) {
		free((char *)items[i].label);
		free((char *)items[i].help);
	}
	free(items);
}

static void choose(struct monitor *m, struct menu_layer *l)
{
	struct menu_layer taken = *l;

	/* the layer goes, its items stay until they were told */
	l->items = NULL;
	l->count = 0;
	layer_pop(m);
	if (taken.menu.checks)
		taken.menu.checked(m, taken.items, taken.count);
	else if (taken.count)
		taken.menu.chosen(m, &taken.items[taken.at]);
	free_items(taken.items, taken.count);
}

static void click(struct monitor *m, int first, const struct input *in)
{
	struct menu_layer *l = (struct menu_layer *)layer_top(m);
	int at = first + in->y;

	if (at >= l->count)
		return;
	l->at = at;
	if (l->menu.checks)
		l->items[at].checked = !l->items[at].checked;
	else
		choose(m, l);
}

static void move_item(struct menu_layer *l, int step)
{
	int to = l->at + step;
	struct menu_item item = l->items[l->at];

	if (to < 0 || to >= l->count)
		return;
	l->items[l->at] = l->items[to];
	l->items[to] = item;
	l->at = to;
}

/* Letters go to the item that begins with what was typed since the last other key. */
static void type(struct menu_layer *l, int key)
{
	buf_putc(&l->typed, key);
	for (int i = 0; i < l->count; i++) {
		if (!strncasecmp(l->items[i].label, l->typed.s, l->typed.len)) {
			l->at = i;
			return;
		}
	}
	buf_reset(&l->typed);
}

static void step(struct menu_layer *l, int key)
{
	buf_reset(&l->typed);
	switch (key) {
	case K_UP: l->at--; break;
	case K_DOWN: l->at++; break;
	case K_PGUP: l->at -= l->page; break;
	case K_PGDN: l->at += l->page; break;
	case K_HOME: l->at = 0; break;
	case K_END: l->at = l->count; break;
	}
	if (l->at >= l->count)
		l->at = l->count - 1;
	if (l->at < 0)
		l->at = 0;
}

static bool input(struct monitor *m, struct layer *layer, const struct input *in)
{
	struct menu_layer *l = (struct menu_layer *)layer;

	if (in->type == INPUT_WHEEL)
		step(l, in->key);
	if (in->type != INPUT_KEY || in->pasted)
		return true;
	if (in->key == K_ENTER)
		choose(m, l);
	else if (in->key == K_ESC || in->key == K_F(10) || (in->key == 'q' && !l->typed.len))
		layer_pop(m);
	else if (in->key == ' ' && l->menu.checks && l->count)
		l->items[l->at].checked = !l->items[l->at].checked;
	else if (l->menu.moves && (in->key == K_F(7) || in->key == '[' || in->key == '-'))
		move_item(l, -1);
	else if (l->menu.moves && (in->key == K_F(8) || in->key == ']' || in->key == '+'))
		move_item(l, 1);
	else if ((in->key > ' ' || (in->key == ' ' && l->typed.len)) && in->key < 0x80)
		type(l, in->key);
	else
		step(l, in->key);
	return true;
}

static void release(struct layer *layer)
{
	struct menu_layer *l = (struct menu_layer *)layer;

	free_items(l->items, l->count);
	buf_release(&l->typed);
	free(l);
}

static const struct layer_ops ops = { .draw = draw, .input = input, .release = release };

void menu_open(struct monitor *m, const struct menu *menu, const struct menu_item *items, int count)
{
	struct menu_layer *l = xcalloc(1, sizeof(*l));

	l->layer.ops = &ops;
	l->menu = *menu;
	buf_init(&l->typed);
	l->items = xcalloc(count, sizeof(*items));
	l->count = count;
	l->at = menu->selected;
	for (int i = 0; i < count; i++) {
		l->items[i] = items[i];
		l->items[i].label = xstrdup(items[i].label);
		l->items[i].help = items[i].help ? xstrdup(items[i].help) : NULL;
	}
	layer_push(m, &l->layer);
}
