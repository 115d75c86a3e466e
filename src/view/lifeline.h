/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_LIFELINE_H
#define IPCTOP_LIFELINE_H

#include "ipctop/view.h"

/*
 * Append the life of @o as a line of its five stages (design: created, attached, in
 * use, detached, removed), three rows of text: which were reached, their names, and
 * when; or, where the terminal is too narrow for that, a row for each stage.
 */
void lifeline_put(struct buf *out, const struct snapshot *s, const struct object *o,
		  const struct detail_options *options);

#endif
