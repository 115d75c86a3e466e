/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TUI_SIGNALS_H
#define TUI_SIGNALS_H

#include <stdbool.h>

/*
 * Signals of a program that has the terminal: those that ask for something are read like keys,
 * those that end it give the terminal back first. A part of screen.c.
 */

/* Remember how the terminal is, before it is taken. */
void signals_save_terminal(void);
/*
 * Once ncurses has it: catch what there is to catch. @sane, which must live until signals_give_back, is
 * written to the terminal before the program dies of a signal.
 */
void signals_take(const char *sane);
/* As it was before. */
void signals_give_back(void);
/* Readable when signals_next has one. */
int signals_fd(void);
/* The next signal that came, 0: none. One that asks for an end comes before all others, for ever. */
int signals_next(void);
/* Stop, as the default of SIGTSTP does; then as signals_foreground. */
bool signals_stop(void);
/*
 * Once the program has the terminal again: until then it stops, as who wants it in the background does.
 * False: it is to end instead, and has no terminal.
 */
bool signals_foreground(void);
bool signals_in_background(void);
/* Write @sane, once, if the screen has the terminal; in the background no more than that. */
void signals_restore(void);

#endif
