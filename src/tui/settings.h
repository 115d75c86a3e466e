/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TUI_SETTINGS_H
#define TUI_SETTINGS_H

#include "tui.h"

/*
 * Settings, in $XDG_CONFIG_HOME/ipctop/ipctoprc. What options of the command line say holds for
 * one run: only what the user changes in the monitor is kept.
 */

/* Those of the file; a file with a mistake is told, and never written. */
void settings_load(struct monitor *m);
/* What they are now is what they were: options are in force. */
void settings_begin(struct monitor *m);
/*
 * Write what was changed since, or with @all what there is. 0, or -errno with a sentence; nothing was
 * written then.
 */
int settings_keep(struct monitor *m, bool all, struct buf *error) __must_check;
void settings_release(struct monitor *m);

#endif
