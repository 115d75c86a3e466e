/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TUI_VERBS_H
#define TUI_VERBS_H

#include "tui.h"

/* What keys do: each row of the table in keys.c names one of these. */

/* verbs.c: moving in a table, and what it shows */
void move_selection(struct monitor *m, int key);
void scroll_columns(struct monitor *m, int columns);
void jump_digit(struct monitor *m, int digit);
void switch_tab(struct monitor *m, int step);
void sort_by(struct monitor *m, int letter);
void sort_step(struct monitor *m, int step);
void sort_invert(struct monitor *m, int arg);
void sort_choose(struct monitor *m, int arg);
void tree_next(struct monitor *m, int arg);
void fold(struct monitor *m, int sign);
void kind_next(struct monitor *m, int arg);
void user_choose(struct monitor *m, int arg);
void stale_only(struct monitor *m, int arg);
void show_all(struct monitor *m, int arg);
void tag(struct monitor *m, int arg);
void tag_alike(struct monitor *m, int arg);
void untag_all(struct monitor *m, int arg);
void follow(struct monitor *m, int arg);
void freeze(struct monitor *m, int arg);
void redraw(struct monitor *m, int arg);
void quit(struct monitor *m, int arg);

/* find.c: prompts */
void search_open(struct monitor *m, int arg);
void search_again(struct monitor *m, int arg);
void filter_open(struct monitor *m, int arg);
void interval_open(struct monitor *m, int arg);

/* help.c, detail.c, setup.c, actions.c */
void help_open(struct monitor *m, int arg);
void detail_open(struct monitor *m, int arg);
void detail_scroll(struct monitor *m, int key);
void detail_close(struct monitor *m, int arg);
void setup_open(struct monitor *m, int arg);
void columns_open(struct monitor *m, int arg);
void by_open(struct monitor *m, int arg);
void settings_save(struct monitor *m, int arg);
void actions_open(struct monitor *m, int arg);

#endif
