/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "picture.h"

#include <errno.h>
#include "ipctop/text.h"
#include "ipctop/units.h"

#define INDENT "  "

/* Parts of a block that are resident: none, little, up to all of it; then swapped and unknown. */
enum glyph { GLYPH_ABSENT, GLYPH_QUARTER, GLYPH_HALF, GLYPH_MOST, GLYPH_FULL, GLYPH_SWAPPED, GLYPH_UNKNOWN };
static const char *const glyphs[2][GLYPH_UNKNOWN + 1] = {
	{ ".", "-", "=", "%", "#", "s", "?" },
	{ "·", "░", "▒", "▓", "█", "s", "?" },
};

static enum glyph block_glyph(const struct page_block *b)
{
	uint64_t all = b->resident + b->swapped + b->absent + b->unknown;

	if (b->unknown * 2 > all)
		return GLYPH_UNKNOWN;
	if (b->swapped > b->resident)
		return GLYPH_SWAPPED;
	if (!b->resident)
		return GLYPH_ABSENT;
	if (b->resident == all)
		return GLYPH_FULL;
	return GLYPH_QUARTER + (enum glyph)(b->resident * 3 / (all ? all : 1));
}

static void put_sum(struct buf *out, const struct page_picture *p)
{
	const struct {
		uint64_t pages;
		const char *what;
	} parts[] = {
		{ p->sum.resident, "resident" }, { p->sum.swapped, "swapped" },
		{ p->sum.absent, "never touched" }, { p->sum.unknown, "unknown" },
	};

	buf_printf(out, INDENT "%llu of ", (unsigned long long)p->pages);
	units_put_size(out, p->page_size, false);
	for (unsigned int i = 0; i < ARRAY_SIZE(parts); i++)
		if (parts[i].pages)
			buf_printf(out, "%s%llu %s", out->s[out->len - 1] == ' ' ? "" : ", ",
				   (unsigned long long)parts[i].pages, parts[i].what);
	if (p->sampled)
		buf_puts(out, "; by samples");
	if (p->error)
		buf_printf(out, " (%s)", strerror(p->error));
	buf_putc(out, '\n');
}

/* As the views write them. */
static void put_title(struct buf *out, const char *title, bool color)
{
	buf_printf(out, color ? "\n\033[1m%s\033[0m\n" : "\n%s\n", title);
}

void picture_put(struct buf *out, const struct page_picture *p, int rc, const struct detail_options *options)
{
	int columns = options->width - (int)strlen(INDENT);

	put_title(out, "pages", options->color);
	if (rc) {
		buf_printf(out, INDENT "%s\n", rc == -EOPNOTSUPP ? "it has none to look at" : strerror(-rc));
		return;
	}
	put_sum(out, p);
	for (uint32_t i = 0; i < p->nblocks; i++) {
		if (columns < 2 || i % (uint32_t)columns == 0)
			buf_puts(out, i ? "\n" INDENT : INDENT);
		buf_puts(out, glyphs[options->utf8][block_glyph(&p->blocks[i])]);
	}
	if (p->nblocks)
		buf_putc(out, '\n');
}

static void put_holder(struct buf *out, const struct snapshot *s, uint32_t object,
		       const struct holder_usage *h)
{
	const struct process *p = snapshot_holder(s, snapshot_object(s, object), h->pid);

	buf_printf(out, INDENT "%llu ", (unsigned long long)h->pid);
	if (p && FACT_KNOWN(p, comm))
		text_escape(out, p->comm, strlen(p->comm), 0);
	if (h->error) {
		buf_printf(out, ": %s\n", strerror(h->error));
		return;
	}
	buf_puts(out, ": resident ");
	units_put_size(out, h->rss, false);
	buf_puts(out, ", in proportion ");
	units_put_size(out, h->pss, false);
	if (h->swap) {
		buf_puts(out, ", swapped ");
		units_put_size(out, h->swap, false);
	}
	buf_putc(out, '\n');
}

void usage_put(struct buf *out, const struct snapshot *s, uint32_t object, const struct object_usage *u,
	       int rc, const struct detail_options *options)
{
	if (rc || !u->holders.count)
		return;
	put_title(out, "memory of its holders", options->color);
	for (uint32_t i = 0; i < u->holders.count; i++)
		put_holder(out, s, object, (const struct holder_usage *)u->holders.rows + i);
	if (u->left_out)
		buf_printf(out, INDENT "and %u more holders\n", u->left_out);
}
