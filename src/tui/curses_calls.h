/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TUI_CURSES_CALLS_H
#define TUI_CURSES_CALLS_H

/*
 * What screen.c, and its macros of curses.h, want of ncurses: behind the struct of pointers that is made of
 * the list (library.h), these names stand for it.
 */
#define CURSES_CALLS(X) \
	X(cbreak) X(clearok) X(curs_set) X(def_prog_mode) X(define_key) X(delscreen) \
	X(endwin) X(flushinp) X(getmouse) X(has_colors) X(init_pair) X(intrflush) \
	X(keypad) X(leaveok) X(mouseinterval) X(mousemask) X(newterm) X(nodelay) X(noecho) \
	X(nonl) X(reset_prog_mode) X(resizeterm) X(set_escdelay) X(start_color) \
	X(tigetstr) X(typeahead) X(ungetch) X(use_default_colors) X(waddnwstr) X(wattrset) \
	X(wchgat) X(werase) X(wget_wch) X(whline) X(wmove) X(wrefresh) X(stdscr) X(curscr) \
	X(LINES) X(COLS)

#endif
