/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A text to read, in a box, and perhaps a question below it. */
#include "tui.h"

#include "ipctop/text.h"

#define LEAST	8		/* columns that what is typed keeps */
#define MARGINS	4	/* left and right of the text, edges included */

struct pager_layer {
	struct layer layer;
	struct pager pager;
	struct buf shown;		/* its text, for a screen of so many columns */
	int columns;
	int lines, longest, top, page;
	struct buf typed;
	bool seen;			/* on the screen: what was pressed before is no answer */
};

static void measure(struct pager_layer *l)
{
	l->lines = l->longest = 0;
	for (const char *s = l->shown.s; *s; s += strcspn(s, "\n"), s += *s == '\n') {
		size_t n = strcspn(s, "\n");
		char *line = xstrndup(s, n);
		int width = (int)text_width(line);

		free(line);
		l->lines++;
		l->longest = width > l->longest ? width : l->longest;
	}
}

/* Nobody agrees to what he cannot read to its end. */
static void fit(struct pager_layer *l, int columns)
{
	if (l->columns == columns)
		return;
	l->columns = columns;
	buf_reset(&l->shown);
	wrap(&l->shown, l->pager.text, strlen(l->pager.text), columns > MARGINS ? columns - MARGINS : 1);
	measure(l);
	if (strcmp(l->shown.s, l->pager.text))
		l->longest = columns;
}

static bool asks(const struct pager_layer *l)
{
	return l->pager.answers || l->pager.typed;
}

static void answer_click(struct monitor *m, int key, const struct input *in);

/* What can be answered, as buttons; or what is typed. */
static void draw_footer(struct monitor *m, struct pager_layer *l, int y, int x, int width)
{
	int at = x + 2, end = x + width - 2;
	int least = l->pager.typed ? LEAST : l->pager.answers ? 4 * (int)strlen(l->pager.answers) : 0;

	at += screen_text(y, at, end - at - least, 0, ROLE_BOLD, l->pager.footer ? l->pager.footer :
			  "Esc closes") + 1;
	for (const char *a = l->pager.answers; a && *a; a++) {
		const char label[] = { '[', *a, ']', '\0' };

		zone_add(m, y, at, 1, 3, answer_click, *a);
		at += screen_text(y, at, end - at, 0, ROLE_CHOICE, label) + 1;
	}
	if (l->pager.typed) {
		struct buf shown = BUF_INIT;

		text_escape(&shown, l->typed.s, l->typed.len, 0);
		at += screen_text(y, at, end - at, 0, ROLE_CHOICE, shown.s);
		screen_cursor(y, at < end ? at : end);
		buf_release(&shown);
	}
}

static void clamp(struct pager_layer *l)
{
	if (l->top > l->lines - l->page)
		l->top = l->lines - l->page;
	if (l->top < 0)
		l->top = 0;
}

static void draw(struct monitor *m, struct layer *layer)
{
	struct pager_layer *l = (struct pager_layer *)layer;
	int rows, columns, width, height, y, x;
	const char *s;

	screen_size(&rows, &columns);
	fit(l, columns);
	s = l->shown.s;
	width = l->longest + MARGINS;
	if (l->pager.footer && width < (int)text_width(l->pager.footer) + 14)
		width = (int)text_width(l->pager.footer) + 14;
	if (l->pager.title && width < (int)text_width(l->pager.title) + 8)
		width = (int)text_width(l->pager.title) + 8;
	width = width < 24 ? 24 : width;
	/* a sliver of what lies below tells nobody anything */
	width = width + 2 * MARGINS < columns ? width : columns;
	height = l->lines + 3 < rows ? l->lines + 3 : rows;
	height = height < 4 ? 4 : height;
	y = (rows - height) / 2;
	x = (columns - width) / 2;
	l->page = height - 3;
	clamp(l);
	l->seen = true;
	screen_box(y, x, height, width, l->pager.title);
	for (int i = 0; *s && i < l->top + l->page; i++, s += strcspn(s, "\n"), s += *s == '\n')
		if (i >= l->top)
			screen_view_line(y + 1 + i - l->top, x + 2, width - MARGINS, 0, s, strcspn(s, "\n"));
	draw_footer(m, l, y + height - 2, x, width);
	if (l->top + l->page < l->lines)
		screen_text(y + height - 1, x + width - 9, 7, 0, ROLE_DIALOG, " more ");
}

static void answer(struct monitor *m, struct pager_layer *l, int key)
{
	void (*answered)(struct monitor *, int) = l->pager.answered;

	layer_pop(m);
	if (answered)
		answered(m, key);
}

static void answer_click(struct monitor *m, int key, const struct input *in)
{
	answer(m, (struct pager_layer *)layer_top(m), key);
}

/* Whether it is a key for that; several may come between two frames. */
static bool scroll(struct pager_layer *l, int key)
{
	switch (key) {
	case K_UP: l->top--; break;
	case K_DOWN: l->top++; break;
	case K_PGUP: l->top -= l->page; break;
	case K_PGDN: l->top += l->page; break;
	case K_HOME: l->top = 0; break;
	case K_END: l->top = l->lines; break;
	case K_LEFT: case K_RIGHT: break;
	default: return false;
	}
	clamp(l);
	return true;
}

static void type(struct monitor *m, struct pager_layer *l, int key)
{
	if (key == K_ENTER) {
		answer(m, l, strcmp(l->typed.s, l->pager.typed) ? 0 : 'y');
	} else if (key == K_BACKSPACE && l->typed.len) {
		while (l->typed.len > 1 && ((unsigned char)l->typed.s[l->typed.len - 1] & 0xc0) == 0x80)
			l->typed.len--;
		l->typed.s[--l->typed.len] = '\0';
	} else if (key == K_CTRL('U')) {
		buf_reset(&l->typed);
	} else if (key >= ' ' && key < K_ALT && key != 127) {
		text_put_char(&l->typed, key);
	}
}

/* One key by itself: no letter of a paste, whose terminal may not tell, and none of a word. */
static void answer_key(struct monitor *m, struct pager_layer *l, const struct input *in)
{
	if (in->key < 128 && strchr(l->pager.answers, in->key) && in->alone && !in->pasted)
		answer(m, l, in->key);
}

static bool input(struct monitor *m, struct layer *layer, const struct input *in)
{
	struct pager_layer *l = (struct pager_layer *)layer;

	if (in->type == INPUT_WHEEL)
		scroll(l, in->key);
	if (in->type != INPUT_KEY || (asks(l) && !l->seen) || scroll(l, in->key))
		return true;
	if (in->key == K_ESC)
		answer(m, l, 0);
	else if (l->pager.typed)
		type(m, l, in->key);
	else if (asks(l))
		answer_key(m, l, in);
	else if (!in->pasted)
		answer(m, l, 0);
	return true;
}

static void release(struct layer *layer)
{
	struct pager_layer *l = (struct pager_layer *)layer;

	free(l->pager.text);
	free((char *)l->pager.footer);
	free((char *)l->pager.typed);
	buf_release(&l->typed);
	buf_release(&l->shown);
	free(l);
}

static const struct layer_ops ops = { .draw = draw, .input = input, .release = release };

void pager_open(struct monitor *m, const struct pager *pager)
{
	struct pager_layer *l = xcalloc(1, sizeof(*l));

	l->layer.ops = &ops;
	l->pager = *pager;
	l->pager.footer = pager->footer ? xstrdup(pager->footer) : NULL;
	l->pager.typed = pager->typed ? xstrdup(pager->typed) : NULL;
	buf_init(&l->typed);
	buf_init(&l->shown);
	layer_push(m, &l->layer);
}
