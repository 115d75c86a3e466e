/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TUI_SCREEN_H
#define TUI_SCREEN_H

#include <stdbool.h>
#include <stdint.h>
#include "ipctop/buf.h"

/*
 * The terminal: cells out, keys and the mouse in. screen.c is the only user of ncurses.
 *
 * There is one screen. All calls come from the thread that opened it. Text is UTF-8 whose
 * foreign bytes were brought through text_escape before; where the locale has no UTF-8, each
 * character beyond ASCII is drawn as '?'. What lies outside the screen is not drawn.
 */

/* What something means; a scheme says how that looks. Nothing is told by colour alone. */
enum role {
	ROLE_TEXT,
	ROLE_DIM,
	ROLE_BOLD,
	ROLE_HEADING,		/* of columns */
	ROLE_SORTED,		/* ... the one that orders the rows */
	ROLE_SELECTED,
	ROLE_TAGGED,
	ROLE_NEW,		/* rows that came, changed and went since the look before */
	ROLE_CHANGED,
	ROLE_GONE,
	ROLE_LIVE,		/* verdicts */
	ROLE_IDLE,
	ROLE_UNKNOWN,
	ROLE_STALE,
	ROLE_TAB,
	ROLE_TAB_ACTIVE,
	ROLE_KEY,		/* of the footer: the key, and what it does */
	ROLE_LABEL,
	ROLE_METER,		/* filled part of a meter below its warning, above it, and the graph */
	ROLE_METER_HIGH,
	ROLE_GRAPH,
	ROLE_BAR_A,		/* parts of a stacked bar, in turn */
	ROLE_BAR_B,
	ROLE_BAR_C,
	ROLE_BAR_D,
	ROLE_ERROR,
	ROLE_DIALOG,
	ROLE_DIALOG_TITLE,
	ROLE_CHOICE,		/* the line or button of a dialog that Enter takes */
	NR_ROLES
};

enum scheme { SCHEME_DEFAULT, SCHEME_LIGHT, SCHEME_MONO, SCHEME_CONTRAST, NR_SCHEMES };
extern const char *const scheme_names[NR_SCHEMES + 1];

struct screen_options {
	enum scheme scheme;
	bool ascii;			/* no other characters, whatever the locale has */
	bool mouse;
};

/*
 * Take the terminal that is stdin and stdout. 0 (screen_close), or with a sentence: -ENOENT the type
 * of the terminal is not known, -EOPNOTSUPP it cannot move its cursor. From then on signals are
 * inputs; a crash gives the terminal back before the program dies of it.
 */
int screen_open(const struct screen_options *options, struct buf *error) __must_check;
void screen_close(void);
/* Another scheme, from the next frame on. */
void screen_scheme(enum scheme scheme);
/* Whether more than ASCII can be drawn. */
bool screen_utf8(void);
/* Whether the chosen scheme has colours, here. */
bool screen_color(void);
void screen_size(int *rows, int *columns);

/* A frame: erase, draw, show. */
void screen_erase(void);
void screen_show(void);
/* All of it again, whatever the terminal shows now. */
void screen_redraw(void);

/*
 * @text at row @y and column @x, at most @width columns of it, the first @skip columns left out. Gives
 * the columns that it took.
 */
int screen_text(int y, int x, int width, int skip, enum role role, const char *text);
/* Blanks. */
void screen_fill(int y, int x, int width, enum role role);
/* As @role over what is drawn already. */
void screen_paint(int y, int x, int width, enum role role);
/* A frame of @height and @width, empty inside, @title (or NULL) in its upper edge. */
void screen_box(int y, int x, int height, int width, const char *title);
/*
 * A line with the escape sequences of our own views (view.h, colours) as roles; bytes @text to @end.
 */
void screen_view_line(int y, int x, int width, int skip, const char *text, size_t n);
/* Where the cursor stands in a line of input; @y < 0: it is hidden. */
void screen_cursor(int y, int x);

/* Keys are code points, or these. */
#define K_ALT		0x1000000	/* together with a code point */
#define K_CTRL(c)	((c) & 0x1f)
#define K_ESC		27
#define K_ENTER		'\n'
#define K_TAB		'\t'
enum {
	K_SPECIAL = 0x2000000,
	K_UP, K_DOWN, K_LEFT, K_RIGHT, K_PGUP, K_PGDN, K_HOME, K_END, K_BACKTAB, K_BACKSPACE,
	K_DELETE, K_INSERT,
	K_F0 = K_SPECIAL + 0x100,	/* F1 is K_F(1) … */
};
#define K_F(n)		(K_F0 + (n))

struct input {
	enum input_type {
		INPUT_NONE,		/* the time is over */
		INPUT_KEY,
		INPUT_CLICK,		/* at @y, @x; @twice: on the same place as right before */
		INPUT_WHEEL,		/* @key: K_UP or K_DOWN */
		INPUT_RESIZE,
		INPUT_WAKE,		/* the descriptor that was given can be read */
		INPUT_END,		/* the terminal is gone, or the signal @key asks to end */
	} type;
	int key;
	int y, x;
	bool twice;
	bool pasted;			/* a key that nobody pressed */
	bool alone;			/* a key that none stood right before or behind */
};
/* What was typed and not read yet is for nobody; the next key is as the first. */
void screen_forget_keys(void);
/*
 * The next input, waited for @timeout milliseconds at most (-1: for ever), or until @wake (a descriptor,
 * -1: none) can be read. A stop by the terminal (SIGTSTP) happens in here, with the terminal given
 * back; INPUT_RESIZE follows it.
 */
void screen_read(struct input *in, int timeout, int wake);

#endif
