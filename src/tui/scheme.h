/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TUI_SCHEME_H
#define TUI_SCHEME_H

#include "screen.h"

/* How roles look in a scheme: a table without ncurses. */
enum look_attribute { LOOK_BOLD = 1, LOOK_DIM = 2, LOOK_UNDERLINE = 4, LOOK_REVERSE = 8 };
struct look_of {
	int8_t fg, bg;			/* 0 to 7 as ANSI numbers colours; -1: the terminal's own */
	uint8_t attributes;		/* enum look_attribute */
};
const struct look_of *scheme_look(enum scheme scheme, enum role role);
/* The role that an SGR sequence of our views stands for: the @n bytes @codes, "1;31" of "\033[1;31m". */
enum role scheme_sgr_role(const char *codes, size_t n);

#endif
