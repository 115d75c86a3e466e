/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The help: what the table of keys says. */
#include "verbs.h"

#include "ipctop/text.h"

static void put_keys(struct buf *line, const struct binding *b)
{
	size_t begin = line->len;

	for (unsigned int i = 0; i < ARRAY_SIZE(b->keys) && b->keys[i]; i++) {
		if (i)
			buf_putc(line, ' ');
		key_put_name(line, b->keys[i]);
	}
	for (size_t n = line->len - begin; n < 16; n++)
		buf_putc(line, ' ');
	buf_putc(line, ' ');
}

static void put_bindings(struct buf *text, bool read_only, enum place place, const char *title)
{
	buf_printf(text, "%s:\n", title);
	for (const struct binding *b = bindings; b->run; b++) {
		if (!binding_works(b, place, read_only))
			continue;
		buf_puts(text, "  ");
		put_keys(text, b);
		buf_printf(text, "%s\n", b->help);
	}
}

static const char legend[] =
	"\nIn the first columns:\n"
	"  +                came since the look before\n"
	"  ~                shows something else than in the look before\n"
	"  -                has gone since; in the next look the row is not there\n"
	"  *                tagged\n"
	"  ?  -             as values: could not be read; there is none\n";

void monitor_keys(struct buf *out)
{
	put_bindings(out, false, PLACE_TABS, "Keys in a table");
	put_bindings(out, false, PLACE_DETAIL, "\nKeys in the detail pane");
}

void help_open(struct monitor *m, int arg)
{
	struct buf text = BUF_INIT;
	struct pager pager = { .title = "ipctop " VERSION ": keys" };

	put_bindings(&text, m->options->read_only, PLACE_TABS, "Keys in a table");
	put_bindings(&text, m->options->read_only, PLACE_DETAIL, "\nKeys in the detail pane");
	buf_puts(&text, legend);
	pager.text = buf_detach(&text);
	pager_open(m, &pager);
}
