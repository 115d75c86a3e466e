/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last line: what is to be told, or what the function keys do. */
#include "verbs.h"

#include "ipctop/text.h"

static void click_key(struct monitor *m, int arg, const struct input *in)
{
	bindings[arg].run(m, bindings[arg].arg);
}

/* Those that work where the user is: in the table, or in what lies above it. */
static void draw_keys(struct monitor *m, int y, int width)
{
	const struct layer *top = layer_top(m);
	enum place place = top && top->ops->place ? top->ops->place : PLACE_TABS;
	int x = 0;

	for (unsigned int i = 0; bindings[i].run; i++) {
		const struct binding *b = &bindings[i];
		struct buf key = BUF_INIT;
		int begin = x;

		if (!b->label || !binding_works(b, place, m->options->read_only))
			continue;
		key_put_name(&key, b->keys[0]);
		x += screen_text(y, x, width - x, 0, ROLE_KEY, key.s);
		x += screen_text(y, x, width - x, 0, ROLE_LABEL, b->label);
		x += screen_text(y, x, width - x, 0, ROLE_KEY, " ");
		zone_add(m, y, begin, 1, x - begin, click_key, (int)i);
		buf_release(&key);
	}
}

void footer_draw(struct monitor *m, int y, int width)
{
	screen_fill(y, 0, width, ROLE_TEXT);
	if (m->message.len)
		screen_text(y, 0, width, 0, m->message_is_error ? ROLE_ERROR : ROLE_BOLD, m->message.s);
	else
		draw_keys(m, y, width);
}
