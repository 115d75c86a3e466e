/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "screen.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>
#include "curses_calls.h"
#include "ipctop/clock.h"
#include "ipctop/library.h"
#include "ipctop/text.h"
#include "scheme.h"
#include "signals.h"

LIBRARY(library, LIBNCURSESW, curses, CURSES_CALLS);
#include "curses_names.h"

#define ESCAPE_MS	25	/* between the bytes of one key; a person's are further apart */
#define MORE_CLICKS	(BUTTON1_DOUBLE_CLICKED | BUTTON1_TRIPLE_CLICKED)
#define TWICE_MS	400	/* between the clicks of a double click */
#define ALONE_MS	50	/* nobody types two keys so fast, nor does one that is held down */
#define PASTE_MS	500	/* a paste that says nothing for so long has lost its end */
#define DEAF_READS	50	/* readable and yet nothing to read, so many times: it is gone */

static struct {
	bool open, utf8, color, mouse;
	enum scheme scheme;
	SCREEN *terminal;
	unsigned int deaf;
	int cursor_y, cursor_x;
	bool pasting;
	int64_t read;			/* the last key: when */
	int64_t clicked;		/* the last click: when and where */
	int clicked_y, clicked_x;
} screen;

static bool is_utf8(void)
{
	return MB_CUR_MAX > 1 && !strcmp(nl_langinfo(CODESET), "UTF-8");
}

bool screen_utf8(void)
{
	return screen.utf8;
}

bool screen_color(void)
{
	return screen.color;
}

static attr_t attributes_of(enum role role)
{
	static const struct {
		enum look_attribute look;
		attr_t attribute;
	} table[] = {
		{ LOOK_BOLD, A_BOLD }, { LOOK_DIM, A_DIM }, { LOOK_UNDERLINE, A_UNDERLINE },
		{ LOOK_REVERSE, A_REVERSE },
	};
	const struct look_of *l = scheme_look(screen.scheme, role);
	attr_t attributes = A_NORMAL;

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++)
		if (l->attributes & table[i].look)
			attributes |= table[i].attribute;
	return attributes;
}

static attr_t role_attributes(enum role role)
{
	return attributes_of(role) | (screen.color ? COLOR_PAIR(role + 1) : 0);
}

void screen_scheme(enum scheme scheme)
{
	const char *no = getenv("NO_COLOR");

	screen.scheme = has_colors() && !(no && *no) ? scheme : SCHEME_MONO;
	screen.color = screen.scheme != SCHEME_MONO;
	for (unsigned int r = 0; screen.color && r < NR_ROLES; r++) {
		const struct look_of *l = scheme_look(screen.scheme, r);

		init_pair(r + 1, l->fg, l->bg);
	}
}

static int no_terminal(struct buf *error)
{
	const char *type = getenv("TERM");

	if (!type || !*type)
		buf_puts(error, "the type of the terminal is not known: TERM is not set");
	else
		buf_puts(error, "the type of the terminal, TERM, is not known here");
	return -ENOENT;
}

static const char *capability(const char *name)
{
	const char *sequence = tigetstr(name);

	return sequence == (char *)-1 ? NULL : sequence;
}

/* What a terminal that knows it puts around a paste (ctlseqs, bracketed paste); no key of ncurses has these. */
enum { PASTE_BEGINS = KEY_MAX + 0x100, PASTE_ENDS };
#define PASTE_ON	"\033[?2004h"
#define PASTE_OFF	"\033[?2004l"

/* What handlers write to make the screen a terminal again: terminfo cannot be asked there. */
static struct buf sane = BUF_INIT;

/* Without the pauses, "$<5>", that terminals of paper wanted. */
static void sane_put(const char *sequence)
{
	for (const char *s = sequence; *s; s++) {
		if (s[0] == '$' && s[1] == '<' && strchr(s, '>'))
			s = strchr(s, '>');
		else
			buf_putc(&sane, *s);
	}
}

static const char *make_sane(void)
{
	static const char *const names[] = { "sgr0", "op", "rmkx", "cnorm", "rmcup" };

	buf_reset(&sane);
	buf_puts(&sane, PASTE_OFF);
	if (screen.mouse)	/* terminfo has no word for it (ctlseqs, mouse tracking) */
		buf_puts(&sane, "\033[?1006l\033[?1000l");
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
		if (capability(names[i]))
			sane_put(capability(names[i]));
	buf_putc(&sane, '\r');
	return sane.s;
}

static void tell_terminal(const char *sequence)
{
	fputs(sequence, stdout);
	fflush(stdout);
}

static void take_terminal(const struct screen_options *options)
{
	cbreak();
	noecho();
	nonl();
	intrflush(stdscr, FALSE);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	leaveok(stdscr, FALSE);
	typeahead(-1);		/* a frame that was begun is shown, whatever is typed meanwhile */
	set_escdelay(ESCAPE_MS);
	curs_set(0);
	define_key("\033[200~", PASTE_BEGINS);
	define_key("\033[201~", PASTE_ENDS);
	if (has_colors()) {
		start_color();
		use_default_colors();
	}
	screen.mouse = options->mouse;
	if (screen.mouse) {
		/* all: after one that was not asked for, wgetch waits for a key */
		mousemask(ALL_MOUSE_EVENTS, NULL);
		mouseinterval(0);	/* a press is a click: no waiting for its end */
	}
}

int screen_open(const struct screen_options *options, struct buf *error)
{
	library_need(&library);
	setlocale(LC_CTYPE, "");
	screen.utf8 = is_utf8() && !options->ascii;
	signals_save_terminal();
	screen.terminal = newterm(NULL, stdout, stdin);
	if (!screen.terminal)
		return no_terminal(error);
	if (!capability("cup")) {
		endwin();
		delscreen(screen.terminal);
		buf_puts(error, "this terminal cannot move its cursor");
		return -EOPNOTSUPP;
	}
	take_terminal(options);
	/* ncurses 6.4 writes each move of the cursor by itself until the screen was left once */
	endwin();
	tell_terminal(PASTE_ON);
	screen_scheme(options->scheme);
	screen.cursor_y = -1;
	screen.open = true;
	signals_take(make_sane());
	return 0;
}

void screen_close(void)
{
	if (!screen.open)
		return;
	screen.open = false;
	if (signals_in_background()) {
		signals_restore();
	} else {
		if (screen.mouse)
			mousemask(0, NULL);
		tell_terminal(PASTE_OFF);
		endwin();
	}
	signals_give_back();
	buf_release(&sane);
	delscreen(screen.terminal);
}

void screen_size(int *rows, int *columns)
{
	*rows = LINES;
	*columns = COLS;
}

void screen_erase(void)
{
	erase();
	screen.cursor_y = -1;
}

void screen_show(void)
{
	curs_set(screen.cursor_y >= 0);
	if (screen.cursor_y >= 0)
		move(screen.cursor_y, screen.cursor_x);
	refresh();
}

void screen_redraw(void)
{
	clearok(curscr, TRUE);
}

void screen_cursor(int y, int x)
{
	screen.cursor_y = y < LINES ? y : -1;
	screen.cursor_x = x < COLS ? x : COLS - 1;
}

/* Text on its way to cells: what is to be skipped, and how much room there is. */
struct run {
	wchar_t cells[512];
	int n;				/* of @cells */
	int columns, width, skip;
};

/* One character; false when it has no room. */
static bool run_add(struct run *run, wchar_t c)
{
	int w = wcwidth(c);

	if (w < 0 || (c >= 0x80 && !screen.utf8)) {
		c = '?';
		w = 1;
	}
	if (run->skip > 0) {	/* of a wide one that is cut in two a blank stays */
		run->skip -= w;
		if (run->skip >= 0)
			return true;
		c = ' ';
		w = -run->skip;
		run->skip = 0;
	}
	if (run->columns + w > run->width || run->n >= (int)ARRAY_SIZE(run->cells) - 1)
		return false;
	if (w == 0 && !run->n)
		return true;	/* nothing to combine with */
	run->cells[run->n++] = c;
	run->columns += w;
	return true;
}

int screen_text(int y, int x, int width, int skip, enum role role, const char *text)
{
	struct run run = { .width = width, .skip = skip };

	if (y < 0 || y >= LINES || x < 0 || x >= COLS || width <= 0)
		return 0;
	if (run.width > COLS - x)
		run.width = COLS - x;
	while (*text && run_add(&run, (wchar_t)text_next_char(&text)))
		;
	attrset(role_attributes(role));
	mvaddnwstr(y, x, run.cells, run.n);
	attrset(A_NORMAL);
	return run.columns;
}

void screen_fill(int y, int x, int width, enum role role)
{
	if (y < 0 || y >= LINES || x < 0 || x >= COLS || width <= 0)
		return;
	attrset(role_attributes(role));
	mvhline(y, x, ' ', width < COLS - x ? width : COLS - x);
	attrset(A_NORMAL);
}

void screen_paint(int y, int x, int width, enum role role)
{
	if (y < 0 || y >= LINES || x < 0 || x >= COLS || width <= 0)
		return;
	mvchgat(y, x, width, attributes_of(role), screen.color ? role + 1 : 0, NULL);
}

void screen_box(int y, int x, int height, int width, const char *title)
{
	static const char *const edges[2][6] = {
		{ "+", "+", "+", "+", "-", "|" },
		{ "┌", "┐", "└", "┘", "─", "│" },
	};
	const char *const *e = edges[screen.utf8];

	for (int row = 0; row < height; row++) {
		bool edge = row == 0 || row == height - 1;

		screen_fill(y + row, x, width, ROLE_DIALOG);
		screen_text(y + row, x, 1, 0, ROLE_DIALOG, edge ? e[row ? 2 : 0] : e[5]);
		for (int col = 1; edge && col < width - 1; col++)
			screen_text(y + row, x + col, 1, 0, ROLE_DIALOG, e[4]);
		screen_text(y + row, x + width - 1, 1, 0, ROLE_DIALOG, edge ? e[row ? 3 : 1] : e[5]);
	}
	if (title && width > 6) {
		screen_text(y, x + 2, 1, 0, ROLE_DIALOG, " ");
		width = screen_text(y, x + 3, width - 6, 0, ROLE_DIALOG_TITLE, title);
		screen_text(y, x + 3 + width, 1, 0, ROLE_DIALOG, " ");
	}
}

void screen_view_line(int y, int x, int width, int skip, const char *text, size_t n)
{
	const char *end = text + n, *escape, *m;
	enum role role = ROLE_TEXT;

	while (text < end && width > 0) {
		struct run run = { .width = width, .skip = skip };
		const char *s = text;

		escape = memchr(text, '\033', end - text);
		m = escape ? memchr(escape, 'm', end - escape) : NULL;
		if (!m)
			escape = end;
		if (run.width > COLS - x)
			run.width = COLS - x;
		while (s < escape && run_add(&run, (wchar_t)text_next_char(&s)))
			;
		if (y >= 0 && y < LINES && x < COLS && run.n) {
			attrset(role_attributes(role));
			mvaddnwstr(y, x, run.cells, run.n);
		}
		x += run.columns;
		width -= run.columns;
		skip = run.skip;
		if (m)
			role = scheme_sgr_role(escape + 2, m - escape - 2);
		text = m ? m + 1 : end;
	}
	attrset(A_NORMAL);
}

/* What ncurses calls a key. */
static int special_key(wint_t code)
{
	static const struct {
		wint_t code;
		int key;
	} table[] = {
		{ KEY_UP, K_UP }, { KEY_DOWN, K_DOWN }, { KEY_LEFT, K_LEFT }, { KEY_RIGHT, K_RIGHT },
		{ KEY_PPAGE, K_PGUP }, { KEY_NPAGE, K_PGDN }, { KEY_HOME, K_HOME }, { KEY_END, K_END },
		{ KEY_BTAB, K_BACKTAB }, { KEY_BACKSPACE, K_BACKSPACE }, { KEY_DC, K_DELETE },
		{ KEY_IC, K_INSERT }, { KEY_ENTER, K_ENTER }, { KEY_FIND, K_HOME }, { KEY_SELECT, K_END },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].code == code)
			return table[i].key;
	return code >= KEY_F(1) && code <= KEY_F(63) ? K_F((int)(code - KEY_F0)) : 0;
}

static bool read_mouse(struct input *in)
{
	int64_t now = clock_mono_us() / 1000;
	MEVENT event;

	if (getmouse(&event) != OK)
		return false;
	in->y = event.y;
	in->x = event.x;
	if (event.bstate & (BUTTON4_PRESSED | BUTTON5_PRESSED)) {
		in->type = INPUT_WHEEL;
		in->key = event.bstate & BUTTON4_PRESSED ? K_UP : K_DOWN;
		return true;
	}
	/* ups and downs that came at once are summed up, whatever the interval */
	if (!(event.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED | MORE_CLICKS)))
		return false;
	in->type = INPUT_CLICK;
	in->twice = event.bstate & MORE_CLICKS || (now - screen.clicked < TWICE_MS &&
		    event.y == screen.clicked_y && event.x == screen.clicked_x);
	screen.clicked = in->twice ? 0 : now;
	screen.clicked_y = event.y;
	screen.clicked_x = event.x;
	return true;
}

/*
 * A sequence that no key has, behind its Esc and @kind: an answer of the terminal's, a key it alone
 * knows. Its letters are no keys (ECMA-48, 5.4: it ends with the first byte from '@' on).
 */
static void skip_sequence(wint_t kind)
{
	wint_t c;

	while (get_wch(&c) == OK && kind == '[' && (c < '@' || c > '~'))
		;
}

/* A terminal sends Alt as Esc before the key, in one piece. */
static int escaped_key(void)
{
	wint_t next;
	int rc = get_wch(&next);

	if (rc == KEY_CODE_YES)
		ungetch((int)next);
	if (rc != OK || next == K_ESC)
		return K_ESC;
	if (next != '[' && next != 'O')
		return K_ALT | (int)next;
	skip_sequence(next);
	return 0;
}

static int plain_key(wint_t code)
{
	if (code == K_ESC)
		return escaped_key();
	return code == '\r' ? K_ENTER : code == 127 || code == 8 ? K_BACKSPACE : (int)code;
}

static bool any_input(void)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&in, 1, 0) > 0;
}

static void read_time(struct input *in)
{
	int64_t now = clock_mono_us() / 1000, pause = now - screen.read;

	if (pause > PASTE_MS)
		screen.pasting = false;
	in->pasted = screen.pasting;
	in->alone = pause > ALONE_MS && !any_input();
	screen.read = now;
}

/* The next key out of ncurses that means anything; false when there is none. */
static bool read_key(struct input *in)
{
	wint_t code;
	int rc;

	while ((rc = get_wch(&code)) != ERR) {
		screen.deaf = 0;
		read_time(in);
		if (rc == KEY_CODE_YES && code == KEY_MOUSE && read_mouse(in))
			return true;
		if (rc == KEY_CODE_YES && (code == PASTE_BEGINS || code == PASTE_ENDS))
			screen.pasting = code == PASTE_BEGINS;
		in->key = rc == KEY_CODE_YES ? special_key(code) : plain_key(code);
		in->type = in->key ? INPUT_KEY : INPUT_NONE;
		if (in->key)
			return true;
	}
	return false;
}

void screen_forget_keys(void)
{
	flushinp();
	screen.pasting = false;
	screen.read = 0;
}

static void resize(void)
{
	struct winsize size;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row && size.ws_col)
		resizeterm(size.ws_row, size.ws_col);
}

static void retake(void)
{
	reset_prog_mode();
	tell_terminal(PASTE_ON);
	resize();
	screen_redraw();
}

/* Give the terminal back, stop as anybody does, and take it again; false: it is to end. */
static bool suspend(void)
{
	def_prog_mode();
	tell_terminal(PASTE_OFF);
	endwin();
	if (!signals_stop())
		return false;
	retake();
	return true;
}

static bool read_signal(struct input *in)
{
	int signal = signals_next(), end = 0;

	in->type = INPUT_RESIZE;
	switch (signal) {
	case 0:
		in->type = INPUT_NONE;
		return false;
	case SIGWINCH:
		resize();
		/* where it is as large as before, it was another meanwhile, and may have lost something */
		screen_redraw();
		return true;
	case SIGTSTP:
		end = suspend() ? 0 : signals_next();
		break;
	case SIGCONT:	/* somebody stopped it otherwise: the terminal may be another's picture */
		if (signals_foreground())
			retake();
		else
			end = signals_next();
		break;
	default:
		end = signal;
	}
	if (end) {
		in->type = INPUT_END;
		in->key = end;
	}
	return true;
}

/* Readable, and yet no key: of a terminal that is gone this goes on for ever. */
static bool is_deaf(short revents)
{
	if (revents & (POLLHUP | POLLERR | POLLNVAL))
		return true;
	return revents & POLLIN && ++screen.deaf > DEAF_READS;
}

void screen_read(struct input *in, int timeout, int wake)
{
	int64_t end = clock_mono_us() + (int64_t)timeout * 1000;

	*in = (struct input){ .type = INPUT_NONE };
	for (;;) {
		struct pollfd fds[] = {
			{ .fd = STDIN_FILENO, .events = POLLIN },
			{ .fd = signals_fd(), .events = POLLIN },
			{ .fd = wake, .events = POLLIN },
		};
		int64_t left = end - clock_mono_us();
		int n;

		if (read_signal(in) || read_key(in))
			return;
		n = poll(fds, ARRAY_SIZE(fds), timeout < 0 ? -1 : left > 0 ? (int)((left + 999) / 1000) : 0);
		if (n < 0 && errno != EINTR)
			in->type = INPUT_END;
		else if (n > 0 && is_deaf(fds[0].revents))
			in->type = INPUT_END;
		else if (n > 0 && !(fds[0].revents | fds[1].revents) && fds[2].revents)
			in->type = INPUT_WAKE;
		else if (n != 0)
			continue;
		return;
	}
}
