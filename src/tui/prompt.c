/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line of text, in the place of the footer. */
#include "tui.h"

#include "ipctop/text.h"

#define LEAST	10		/* columns that the text keeps */

struct prompt_layer {
	struct layer layer;
	struct prompt prompt;
	struct buf text, error;
	size_t at;			/* of the cursor, in bytes: never inside a character */
	bool changed;			/* and nobody was told yet */
};

static size_t before(const struct buf *text, size_t at)
{
	while (at > 0 && ((unsigned char)text->s[--at] & 0xc0) == 0x80)
		;
	return at;
}

static size_t behind(const struct buf *text, size_t at)
{
	if (at < text->len)
		at++;
	while (at < text->len && ((unsigned char)text->s[at] & 0xc0) == 0x80)
		at++;
	return at;
}

static void cut(struct prompt_layer *p, size_t from, size_t to)
{
	if (from == to)
		return;
	memmove(p->text.s + from, p->text.s + to, p->text.len - to + 1);
	p->text.len -= to - from;
	p->at = from;
}

static void insert(struct prompt_layer *p, int key)
{
	struct buf c = BUF_INIT;

	text_put_char(&c, key);
	buf_grow(&p->text, c.len);
	memmove(p->text.s + p->at + c.len, p->text.s + p->at, p->text.len - p->at + 1);
	memcpy(p->text.s + p->at, c.s, c.len);
	p->text.len += c.len;
	p->at += c.len;
	buf_release(&c);
}

static size_t word_before(const struct prompt_layer *p)
{
	size_t at = p->at;

	while (at && p->text.s[at - 1] == ' ')
		at--;
	while (at && p->text.s[at - 1] != ' ')
		at--;
	return at;
}

/* Whether the text is another then. */
static bool edit(struct prompt_layer *p, int key)
{
	size_t len = p->text.len;

	switch (key) {
	case K_LEFT: p->at = before(&p->text, p->at); break;
	case K_RIGHT: p->at = behind(&p->text, p->at); break;
	case K_HOME: case K_CTRL('A'): p->at = 0; break;
	case K_END: case K_CTRL('E'): p->at = len; break;
	case K_BACKSPACE: cut(p, before(&p->text, p->at), p->at); break;
	case K_DELETE: cut(p, p->at, behind(&p->text, p->at)); break;
	case K_CTRL('U'): cut(p, 0, p->at); break;
	case K_CTRL('K'): cut(p, p->at, len); break;
	case K_CTRL('W'): cut(p, word_before(p), p->at); break;
	default:
		if (key >= ' ' && key < K_ALT && key != 127)
			insert(p, key);
	}
	return p->text.len != len;
}

/* Once for all that was typed or pasted together: each time may go through all rows. */
static void settle(struct monitor *m, struct layer *layer)
{
	struct prompt_layer *p = (struct prompt_layer *)layer;

	if (!p->changed)
		return;
	p->changed = false;
	buf_reset(&p->error);
	if (p->prompt.change)
		p->prompt.change(m, p->text.s);
}

static void finish(struct monitor *m, struct prompt_layer *p, bool accepted)
{
	void (*done)(struct monitor *, const char *, bool) = p->prompt.done;
	char *text = xstrdup(p->text.s);

	layer_pop(m);
	done(m, text, accepted);
	free(text);
}

static bool input(struct monitor *m, struct layer *layer, const struct input *in)
{
	struct prompt_layer *p = (struct prompt_layer *)layer;

	if (in->type != INPUT_KEY)
		return true;
	if (in->key == K_ESC || in->key == K_ENTER) {
		settle(m, layer);
		finish(m, p, in->key == K_ENTER);
	} else if (in->key == p->prompt.again && p->prompt.repeat) {
		settle(m, layer);
		p->prompt.repeat(m, p->text.s);
	} else {
		p->changed |= edit(p, in->key);
	}
	return true;
}

/* Behind the text; above it where there it would be cut. */
static void draw_error(const struct prompt_layer *p, int rows, int columns, int x)
{
	int y = rows - 1;

	if (x + (int)text_width(p->error.s) > columns) {
		screen_fill(--y, 0, columns, ROLE_TEXT);
		x = 0;
	}
	screen_text(y, x, columns - x, 0, ROLE_ERROR, p->error.s);
}

static void draw(struct monitor *m, struct layer *layer)
{
	struct prompt_layer *p = (struct prompt_layer *)layer;
	struct buf shown = BUF_INIT;
	int rows, columns, x, room, at, skip;

	screen_size(&rows, &columns);
	screen_fill(rows - 1, 0, columns, ROLE_TEXT);
	room = columns < 2 * LEAST ? columns / 2 : LEAST;
	x = screen_text(rows - 1, 0, columns - room, 0, ROLE_LABEL, p->prompt.label);
	x += screen_text(rows - 1, x, 1, 0, ROLE_TEXT, " ");
	room = columns - x - 1;
	/* what was typed is foreign as well: it may have been pasted */
	text_escape(&shown, p->text.s, p->at, 0);
	at = (int)text_width(shown.s);
	text_escape(&shown, p->text.s + p->at, p->text.len - p->at, 0);
	skip = at > room ? at - room : 0;
	screen_text(rows - 1, x, room, skip, ROLE_TEXT, shown.s);
	screen_cursor(rows - 1, x + at - skip);
	x += (int)text_width(shown.s) - skip + 2;
	if (p->error.len)
		draw_error(p, rows, columns, x);
	buf_release(&shown);
}

static void release(struct layer *layer)
{
	struct prompt_layer *p = (struct prompt_layer *)layer;

	buf_release(&p->text);
	buf_release(&p->error);
	free(p);
}

static const struct layer_ops ops = { .draw = draw, .input = input, .settle = settle, .release = release };

void prompt_open(struct monitor *m, const struct prompt *prompt)
{
	struct prompt_layer *p = xcalloc(1, sizeof(*p));

	p->layer.ops = &ops;
	p->prompt = *prompt;
	buf_init(&p->text);
	buf_init(&p->error);
	if (prompt->text)
		buf_puts(&p->text, prompt->text);
	p->at = p->text.len;
	layer_push(m, &p->layer);
}

void prompt_error(struct monitor *m, const char *fmt, ...)
{
	struct layer *layer = layer_top(m);
	struct prompt_layer *p = (struct prompt_layer *)layer;
	va_list ap;

	if (!layer || layer->ops != &ops)
		return;
	buf_reset(&p->error);
	va_start(ap, fmt);
	buf_vprintf(&p->error, fmt, ap);
	va_end(ap);
}
