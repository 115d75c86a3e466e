/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TUI_PICTURE_H
#define TUI_PICTURE_H

#include "ipctop/pages.h"
#include "ipctop/view.h"

/* What is read of the one object that the detail pane shows, as text. */

/* The pages of an object; @rc: what pages_picture gave. */
void picture_put(struct buf *out, const struct page_picture *p, int rc, const struct detail_options *options);
/* What its holders' mappings use; @rc: what usage_read gave. */
void usage_put(struct buf *out, const struct snapshot *s, uint32_t object, const struct object_usage *u,
	       int rc, const struct detail_options *options);

#endif
