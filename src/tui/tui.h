/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TUI_TUI_H
#define TUI_TUI_H

#include <limits.h>
#include "ipctop/monitor.h"
#include "feeder.h"
#include "rows.h"
#include "screen.h"

/*
 * The monitor: what its files share.
 *
 * monitor.c has the loop: take a look, draw a frame, read an input. Tabs (tabs.c) are tables of
 * rows (panel.c) of a class; layers (layer.c) are what lies above them and has the keys first:
 * dialogs, prompts, the detail pane. Which key does what stands in one table (keys.c).
 */
struct monitor;
struct job;
struct worker;

/* A part of the screen. */
struct area {
	int y, x, height, width;
};

/* tabs.c */
enum tab { TAB_OBJECTS, TAB_PROCESSES, TAB_USERS, TAB_EVENTS, NR_TABS };
#define KINDS_HERE "(kinds)"
struct tab_info {
	const char *name;		/* "objects": in the settings */
	const char *title;
	enum row_class class;
	const char *columns, *sort;	/* where the user chose none; KINDS_HERE: one for each kind of memory */
	const char *empty;		/* what stands there when there is no row */
	bool trees;			/* rows can be put below others */
	/* the snapshot of @look that has the rows, and which they are */
	const struct snapshot *(*rows)(const struct monitor *m, const struct look *look, struct span *span);
};
extern const struct tab_info tab_infos[NR_TABS];
/* NEED_BIT of what a tab shows, and enum holding_by bits. */
uint32_t tab_needs(const struct monitor *m, enum tab tab);
uint32_t tab_holdings(const struct monitor *m, enum tab tab);
/* Whose holdings they are, of a tab that has such rows. */
enum holding_by tab_holding(const struct monitor *m, enum tab tab);

/* panel.c: the table of a tab, and where the user is in it. */
struct panel {
	const struct tab_info *info;
	struct columns columns;
	struct sort sort;
	enum tree tree;
	struct row_filter filter;
	bool follow;			/* the screen goes with the selected row */
	struct keymap tags, folded;

	struct arrangement rows;
	const struct snapshot *s;	/* that they are of */
	struct span span;		/* ... which has these, chosen or not */
	const struct snapshot *s_before;	/* that ENTRY_GONE rows are of */
	uint32_t collected, collected_before;	/* NEED_BIT: what was read for each of them */
	int64_t time_before;		/* of the look before */
	uint64_t number;		/* of the look that it is of */
	/* what was there before: of objects by @changes, of holdings by keys of all rows, chosen or not */
	const struct diff *changes;
	struct keymap now, before;
	struct row_key selected, selected_group;
	bool any;			/* something is selected */
	uint32_t at, top;		/* the selected entry, and the first on the screen */
	int scroll;			/* columns to the right */
	int page;			/* rows that the screen had room for */
	size_t widths[ARRAY_SIZE(((struct columns *)0)->fields)];
};
void panel_init(struct panel *p, const struct tab_info *info);
void panel_release(struct panel *p);
/* Columns and order, as they are written; 0, or -EINVAL with a sentence and nothing changed. */
int panel_columns(struct panel *p, const char *text, struct buf *error) __must_check;
int panel_sort(struct panel *p, const char *text, struct buf *error) __must_check;
/* Whether the field is one of the columns. */
bool panel_shows(const struct panel *p, const struct field *field);
/* The rows anew: of another look, or chosen or ordered differently. */
void panel_arrange(struct monitor *m, struct panel *p);
/* The same after @m->look became another one. */
void panel_refresh(struct monitor *m, struct panel *p);
void panel_select(struct panel *p, int64_t at);
/* Select the row of that key: whether it is there. */
bool panel_select_key(struct panel *p, const struct row_key *key);
/* The row in @p->s_before that was @row of @p->s; NO_ROW: it is new. */
uint32_t panel_row_before(const struct panel *p, uint32_t row);
/* The entry that is selected, NULL: none. */
const struct entry *panel_entry(const struct panel *p);
/* Let the columns be as wide as what is on the screen needs. */
static inline void panel_relayout(struct panel *p)
{
	memset(p->widths, 0, sizeof(p->widths));
}

/* table.c: the headings and the rows that there is room for. */
void panel_draw(struct monitor *m, struct panel *p, const struct area *area);

/* layer.c: what lies above the tabs. */
enum place {			/* where a key means something: bits of key_binding.places */
	PLACE_TABS	= 1 << 0,
	PLACE_DETAIL	= 1 << 1,
	PLACE_ANY	= PLACE_TABS | PLACE_DETAIL,
};
struct layer {
	const struct layer_ops *ops;
};
struct layer_ops {
	enum place place;		/* keys of the table that work there; 0: none */
	void (*draw)(struct monitor *m, struct layer *layer);
	/* whether the input was meant for it; the layer may be gone then */
	bool (*input)(struct monitor *m, struct layer *layer, const struct input *in);
	/* before it is drawn: all inputs that waited have been taken; may be NULL */
	void (*settle)(struct monitor *m, struct layer *layer);
	void (*look)(struct monitor *m, struct layer *layer);	/* another one, or another size; may be NULL */
	void (*release)(struct layer *layer);
};
void layer_push(struct monitor *m, struct layer *layer);
void layer_pop(struct monitor *m);
struct layer *layer_top(const struct monitor *m);
void layers_draw(struct monitor *m);

/*
 * Where a click means something: made anew with each frame, the last one above the others. A click is
 * for what was on the screen: where that has changed and was not drawn yet, it is for nothing.
 */
typedef void (*zone_fn)(struct monitor *m, int arg, const struct input *in);
struct zone {
	struct area area;
	zone_fn click;
	int arg;
};
void zone_add(struct monitor *m, int y, int x, int height, int width, zone_fn click, int arg);
/* What is on the screen is not so any more: rows, columns, layers. */
void zones_forget(struct monitor *m);
/* Whether it was for any of them. */
bool zone_click(struct monitor *m, const struct input *in);

/* prompt.c: one line of text, in the place of the footer. */
struct prompt {
	const char *label;
	const char *text;		/* at first */
	/* each change; NULL where none is of interest */
	void (*change)(struct monitor *m, const char *text);
	/* the end: by Enter, or by Esc; after the prompt went */
	void (*done)(struct monitor *m, const char *text, bool accepted);
	int again;			/* key that does ... */
	void (*repeat)(struct monitor *m, const char *text);
};
void prompt_open(struct monitor *m, const struct prompt *prompt);
/* What the text says is wrong; shown beside it. */
void prompt_error(struct monitor *m, const char *fmt, ...) __printf(2, 3);

/* menu.c: a list to choose from. Items are copied, labels (any bytes) and helps (or NULL) too. */
struct menu_item {
	const char *label;
	const char *help;
	int value;
	bool checked;
};
struct menu {
	const char *title;
	bool checks;			/* Space checks items */
	bool moves;			/* items can be moved up and down */
	int selected;			/* index of the item at first */
	/* Enter on an item; or, of a menu with checks, all of them */
	void (*chosen)(struct monitor *m, const struct menu_item *item);
	void (*checked)(struct monitor *m, const struct menu_item *items, int count);
};
void menu_open(struct monitor *m, const struct menu *menu, const struct menu_item *items, int count);

/*
 * wrap.c: append to @out the lines of @text, as a view writes them, those that are wider than @width going
 * on in the next line.
 */
void wrap(struct buf *out, const char *text, size_t len, int width);

/* pager.c: a text to read, and perhaps a question below it. */
struct pager {
	const char *title;
	char *text;			/* lines; taken over */
	const char *footer;		/* below it: the question, copied; NULL: what closes it */
	/* keys that end it with an answer, "yn", alone; Esc answers 0, and so does anything else without */
	const char *answers;
	void (*answered)(struct monitor *m, int key);
	const char *typed;		/* instead: what is to be typed, copied; any other text answers 0 */
};
void pager_open(struct monitor *m, const struct pager *pager);

/* keys.c */
#define ARG_KEY INT_MIN
struct binding {
	int keys[6];
	unsigned int places;		/* enum place */
	void (*run)(struct monitor *m, int arg);
	int arg;			/* ARG_KEY: the key that was pressed */
	const char *label;		/* in the footer; NULL: not there */
	const char *help;
	bool acts;			/* taken away by --read-only */
};
extern const struct binding bindings[];
const struct binding *binding_find(const struct monitor *m, int key, enum place place);
/* Append what people call a key: "F3", "Space", "Shift-Tab", "Alt-h", "Ctrl-L". */
void key_put_name(struct buf *out, int key);
bool binding_works(const struct binding *b, enum place place, bool read_only);

/*
 * detail.c: whether the pane is there; then its object, and of how many blocks a picture of its pages
 * may be. And the object when nothing lies above the pane.
 */
bool detail_subject(const struct monitor *m, struct row_key *key, uint32_t *blocks);
bool detail_key(const struct monitor *m, struct row_key *key);

/* actions.c: the job went on, or what its dialog waits for. */
void actions_wake(struct monitor *m);
/* Of a job under way: no further act, or no plan. False: there is none, or it is to stop already. */
bool actions_stop(struct monitor *m);
/* Whether acts are being done, or their results wait to be shown. */
bool actions_run(const struct monitor *m);

/* journal.c: events of @from from row @first on, as rows of @to that outlive @from. */
void events_copy(struct snapshot *to, const struct snapshot *from, uint32_t first);

/* header.c, footer.c */
int header_height(const struct monitor *m, int rows, int columns);
void header_draw(struct monitor *m, const struct area *area);
void header_look(struct monitor *m);
void footer_draw(struct monitor *m, int y, int width);

/* find.c: seconds, as milliseconds. 0, or -EINVAL with a sentence. */
int interval_parse(const char *text, int64_t *interval, struct buf *error) __must_check;

#define NR_SETTINGS 13		/* of settings.c */
#define NR_METERS 5
#define HISTORY		128	/* steps that graphs remember: more than any screen shows */
#define HISTORY_STEP	10000	/* milliseconds; where looks are further apart, one look */
struct history {
	float values[HISTORY];		/* parts of the whole, 0 to 1, the highest of the step; below 0: unknown */
	unsigned int count, next;
};

#define MAX_LAYERS 8
struct monitor {
	const struct monitor_options *options;
	int wake;			/* eventfd: a look is ready, or a job went on */
	struct feeder *feeder;		/* NULL: a recording */
	struct worker *worker;		/* whose thread does what actions do */
	struct job *job;		/* the action that is planned or run; NULL: none */
	unsigned int offer;		/* which action it is, of those that actions.c offers */
	struct row_key held;		/* the object whose holders were offered */
	bool asked;			/* its plan was shown */
	struct look *look, *before;	/* on the screen, and the one before it; NULL: none yet */
	struct snapshot *journal;	/* events, of CLASS_EVENT */
	uint64_t unseen;		/* segments that came and went between looks */
	bool unseen_about;		/* ... by estimate; else at most so many */
	struct panel panels[NR_TABS];
	enum tab tab;
	uint64_t choice, chosen;	/* counts what its rows are arranged by; that the feeder knows */
	enum holding_by by;		/* whose holdings the tab of users shows */
	struct layer *layers[MAX_LAYERS];
	unsigned int nlayers;
	struct zone zones[256];
	unsigned int nzones;
	struct history history[NR_METERS];
	int64_t step;			/* when their newest step began, ms since the epoch */
	struct value_style style;
	int64_t interval;		/* milliseconds */
	enum scheme scheme;
	char *kept[NR_SETTINGS];	/* settings as they were at first */
	bool settings_broken;		/* the file has a mistake: it is left alone */
	bool frozen;
	bool quit;
	int status;			/* signal that asked for the end, 0: the user did */
	struct buf message;		/* for the status line, until the next key or some looks later */
	bool message_is_error;
	unsigned int message_looks;	/* that it has seen */
	struct buf search;		/* what F3 looks for */
	struct buf jump;		/* digits typed so far */
	int64_t jumped;			/* when the last of them was, ms */
};
static inline struct panel *monitor_panel(struct monitor *m)
{
	return &m->panels[m->tab];
}
void monitor_tell(struct monitor *m, const char *fmt, ...) __printf(2, 3);
void monitor_error(struct monitor *m, const char *fmt, ...) __printf(2, 3);
/* After what is read may have become more or less: columns, filter, tab, layers. */
void monitor_demand(struct monitor *m);
void monitor_tab(struct monitor *m, enum tab tab);
/* Where the rows of the tab stand, headings included. */
struct area monitor_body(const struct monitor *m);
/* The row of an object of the look by its key, or NO_ROW. */
uint32_t monitor_object_row(const struct monitor *m, const struct row_key *key);

#endif
