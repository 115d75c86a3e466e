/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_MONITOR_H
#define IPCTOP_MONITOR_H

#include "ipctop/collect.h"
#include "ipctop/field.h"

/*
 * The full-screen monitor: draws snapshots, and calls what the commands call.
 */
struct monitor_options {
	struct collect_options collect;	/* what it collects with, but for kinds and sources */
	struct snapshot *recorded;	/* instead of this machine; taken over. NULL: this machine */
	uint32_t kinds;			/* KIND_BIT; 0: all */
	const char *users;		/* "alice,1000": only theirs; NULL: all */
	const char *filter;		/* plain terms parted by '|', or '=' and an expression; NULL: none */
	const char *sort, *columns;	/* of objects, as --sort and -o have them; NULL: as kept */
	int64_t interval;		/* milliseconds between looks; 0: as kept */
	bool read_only;			/* no actions */
	bool no_config;			/* settings are neither read nor kept */
	bool no_color, ascii, no_mouse;
	struct value_style style;
};

/*
 * Run it on the terminal that is stdin and stdout, until the user ends it. 0; -errno with a sentence
 * in @error where it cannot be: -ENOENT the type of the terminal is not known, -EOPNOTSUPP it cannot
 * move its cursor, -EINVAL an option is wrong; or the number of the signal that ended it. With 0 a
 * sentence tells that changed settings could not be kept. One thread, which has the signals; it
 * starts others.
 */
int monitor_run(const struct monitor_options *options, struct buf *error) __must_check;

/* Append the keys and what each does, as lines under headings. */
void monitor_keys(struct buf *out);

#endif
