/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TUI_CURSES_NAMES_H
#define TUI_CURSES_NAMES_H

/* Names of ncurses, the macros of curses.h among their users, mean the pointers in screen.c's struct curses. */
#undef cbreak
#define cbreak curses.cbreak
#undef clearok
#define clearok curses.clearok
#undef curs_set
#define curs_set curses.curs_set
#undef def_prog_mode
#define def_prog_mode curses.def_prog_mode
#undef define_key
#define define_key curses.define_key
#undef delscreen
#define delscreen curses.delscreen
#undef endwin
#define endwin curses.endwin
#undef flushinp
#define flushinp curses.flushinp
#undef getmouse
#define getmouse curses.getmouse
#undef has_colors
#define has_colors curses.has_colors
#undef init_pair
#define init_pair curses.init_pair
#undef intrflush
#define intrflush curses.intrflush
#undef keypad
#define keypad curses.keypad
#undef leaveok
#define leaveok curses.leaveok
#undef mouseinterval
#define mouseinterval curses.mouseinterval
#undef mousemask
#define mousemask curses.mousemask
#undef newterm
#define newterm curses.newterm
#undef nodelay
#define nodelay curses.nodelay
#undef noecho
#define noecho curses.noecho
#undef nonl
#define nonl curses.nonl
#undef reset_prog_mode
#define reset_prog_mode curses.reset_prog_mode
#undef resizeterm
#define resizeterm curses.resizeterm
#undef set_escdelay
#define set_escdelay curses.set_escdelay
#undef start_color
#define start_color curses.start_color
#undef tigetstr
#define tigetstr curses.tigetstr
#undef typeahead
#define typeahead curses.typeahead
#undef ungetch
#define ungetch curses.ungetch
#undef use_default_colors
#define use_default_colors curses.use_default_colors
#undef waddnwstr
#define waddnwstr curses.waddnwstr
#undef wattrset
#define wattrset curses.wattrset
#undef wchgat
#define wchgat curses.wchgat
#undef werase
#define werase curses.werase
#undef wget_wch
#define wget_wch curses.wget_wch
#undef whline
#define whline curses.whline
#undef wmove
#define wmove curses.wmove
#undef wrefresh
#define wrefresh curses.wrefresh
#undef stdscr
#define stdscr (*curses.stdscr)
#undef curscr
#define curscr (*curses.curscr)
#undef LINES
#define LINES (*curses.LINES)
#undef COLS
#define COLS (*curses.COLS)

#endif
