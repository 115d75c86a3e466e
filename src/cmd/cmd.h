/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_CMD_H
#define IPCTOP_CMD_H

#include "ipctop/act.h"
#include "ipctop/collect.h"
#include "ipctop/filter.h"
#include "ipctop/option.h"
#include "ipctop/view.h"

/*
 * Commands: one file each, that ends in its struct command. Functions here print
 * their errors themselves; what they give back is an exit status unless said.
 */
enum exit_status { DONE = 0, FAILED = 1, USAGE = 2, STALE = 3 };

struct command {
	const char *name;	/* "list", "--json" */
	char letter;		/* "-h" for --help; 0: none */
	const char *args;	/* "[KIND...]", or NULL */
	const char *help;	/* one line; NULL: not for people */
	bool options;		/* takes options, --help among them */
	bool by_link;		/* also run when the program is called by this name */
	/* @argv[0] is the command's own name */
	int (*run)(const struct command *command, int argc, char **argv);
};
/* The table of main.c; ends with NULL. */
extern const struct command *const commands[];
extern const struct command command_json, command_batch, command_list, command_show, command_maps,
	command_limits, command_metrics, command_account,
	command_clean, command_rm, command_detach, command_save, command_restore, command_cat, command_chmod,
	command_chown, command_mk,
	command_ipcs, command_ipcrm, command_ipcmk,
	command_monitor, command_help, command_help_option, command_version, command_schema,
	command_complete;

/* Run the command that @argv names: the whole of the program. */
int cmd_main(int argc, char **argv);
/* The command of exactly that name, or NULL. */
const struct command *cmd_find(const char *name);
/* An error and a hint for a word that is no command; gives USAGE. */
int cmd_unknown(const char *word);

/* An error on stderr, "ipctop: …". What users or others wrote goes through text_escape first. */
void cmd_error(const char *fmt, ...) __printf(1, 2);
/* "ipctop: OBJECT: …", @object escaped. */
void cmd_error_of(const char *object, const char *fmt, ...) __printf(2, 3);
/* Whether stdout did not take all, which is told then. */
bool cmd_stdout_failed(void);
/* How @command is called and what it is for: the head of its help. */
void cmd_print_head(const struct command *command);
/* cmd_error and a hint at `help COMMAND`; gives USAGE. */
int cmd_usage(const struct command *command, const char *fmt, ...) __printf(2, 3);

/* Users chosen by -u: numbers, and names where they are told by a document. */
struct users {
	struct table uids;	/* uint64_t */
	struct table names;	/* const char *, of argv or of @kept */
	char **kept;		/* copies that the names stand in */
	unsigned int nkept;
};
/* Add "alice,1000" as it is written: an option's call. 0, or -EINVAL with a sentence: an empty one. */
int users_add(void *users, const char *list, struct buf *error);
/* Turn the names into numbers by this machine's users: 0, or -errno with a sentence. */
int users_resolve(struct users *u, struct buf *error) __must_check;
bool users_have(const struct users *u, bool has_uid, uint64_t uid, const char *name);
void users_release(struct users *u);

/* A new owner: USER, USER:GROUP, USER: (the group of the user's login), :GROUP. */
struct owner {
	bool has_uid, has_gid;
	uint64_t uid, gid;
};
/* By this machine's users: 0, or -errno (-ENOENT: no such user or group) with a sentence. */
int owner_parse(const char *text, struct owner *owner, struct buf *error) __must_check;

/*
 * A query: which rows, from where, shown how. The rows of options that fill it stand
 * once, in common.c; a command names the groups that it takes.
 */
enum option_group {
	OPTIONS_ROWS	= 1 << 0,	/* --kind --user --filter */
	OPTIONS_SORT	= 1 << 1,	/* --sort */
	OPTIONS_COLUMNS	= 1 << 2,	/* --output --output-all */
	OPTIONS_FORMATS	= 1 << 3,	/* --json --raw --pairs --noheadings */
	OPTIONS_JSON	= 1 << 4,	/* --json alone */
	OPTIONS_VALUES	= 1 << 5,	/* --bytes --numeric --time-format --color */
	OPTIONS_READ	= 1 << 6,	/* --no-procmap-query */
	OPTIONS_SOURCE	= 1 << 7,	/* --snapshot --no-lease --older-than */
	OPTIONS_LIMIT	= 1 << 8,	/* --limit */
	OPTIONS_FILTER	= 1 << 9,	/* --filter alone, of OPTIONS_ROWS */
	OPTIONS_SNAPSHOT = 1 << 10,	/* --snapshot alone, of OPTIONS_SOURCE */
	OPTIONS_ORDER	= OPTIONS_SORT | OPTIONS_LIMIT,
};

enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct query {
	/* filled by options */
	uint32_t kinds;			/* KIND_BIT; 0: all */
	struct users users;
	const char *filter_text, *sort_text, *output_text;
	bool output_all, json, raw, pairs, noheadings, help;
	bool limited;
	uint64_t limit;			/* rows, when @limited; 0: all */
	struct value_style style;
	enum color_when color;
	bool plain;			/* for logs: a terminal gives no width, and colour only when asked */
	const char *file;		/* --snapshot */
	struct collect_options collect;

	/* made of them by query_prepare */
	enum row_class class;		/* of the rows that are chosen */
	enum row_class shown;		/* of the rows that are shown: other ones with --by */
	struct filter *filter;
	struct sort sort;
	struct columns columns;
};

/*
 * Read the options of @command: the groups @groups (enum option_group) and its @own rows (or NULL).
 * Gives the index of the first word behind them; or -1 when all is said already (help, an
 * error) and the command ends with *@status.
 */
int query_options(struct query *q, const struct command *command, unsigned int groups,
		  const struct option_row *own, int argc, char **argv, int *status);
/*
 * What may stand in the place of the last of @words, which stand behind the name of @command: a line for each,
 * on stdout. @tables are its options, @q the classes of its rows.
 */
void complete_words(const struct command *command, const struct query *q,
		    const struct option_row *const *tables, int count, char **words);
/*
 * Compile columns, order and filter for the classes @class and @shown, look up users.
 * DONE, or USAGE or FAILED after an error was printed.
 */
int query_prepare(struct query *q, const struct command *command, enum row_class class,
		  enum row_class shown);
void query_release(struct query *q);
/* Add the kind of that name; 0, or -EINVAL with a sentence. */
int query_add_kind(struct query *q, const char *name, struct buf *error);

/* Read @argc names and choose their kinds: DONE, or USAGE after each malformed one was told. */
int query_names(struct query *q, int argc, char **argv);
/*
 * The rows of objects of those names, each once; the caller frees them. For each that
 * has none an error is printed, and *@status is FAILED.
 */
uint32_t *query_find(const struct snapshot *s, int argc, char **argv, uint32_t *count, int *status);

/* What the columns, the order and the filter of @q read: NEED_BIT. */
uint32_t query_needs(const struct query *q);
/* Whether they read the reasons of verdicts: sentences that cost to make. */
bool query_reads_reasons(const struct query *q);

/* The rows of @s that @q chooses, in the order of @s, not cut; the caller frees them. */
uint32_t *query_select(const struct query *q, const struct snapshot *s, uint32_t *count);
/* Put rows of the shown class in the order asked for. */
void query_sort(const struct query *q, const struct snapshot *s, uint32_t *rows, uint32_t count);
/* How many of @count rows to show. */
uint32_t query_cut(const struct query *q, uint32_t count);
/* Write them in the format asked for: @member and @by are those of view_json_begin. 0 or -errno. */
int query_write(const struct query *q, const struct snapshot *s, const char *member,
		const char *by, const uint32_t *rows, uint32_t count) __must_check;

/*
 * The same in pieces, each of some rows. Starts with the first three filled and the rest zeroed. A
 * table is padded by what has been seen so far, for a terminal piece by piece: see query_streams.
 */
struct listing {
	const struct query *q;
	const char *member, *by;
	bool begun;
	uint64_t written;		/* rows of JSON */
	size_t widths[ARRAY_SIZE(((struct columns *)0)->fields)];
};
int listing_rows(struct listing *l, const struct snapshot *s, const uint32_t *rows, uint32_t count)
	__must_check;
int listing_end(struct listing *l) __must_check;
/* Whether pieces do: neither an order nor a terminal's width concerns all rows. */
bool query_streams(const struct query *q);

/* "… and 7 more" on @out, of rows that --limit left out. */
void query_print_cut(FILE *out, uint32_t more);

/* A script is told on stderr what the rows cannot say, if anything could not be read. */
void query_print_incomplete(const struct snapshot *s);

/* Where snapshots come from: this machine, or a recorded document. */
struct feed {
	struct policy *policy;
	struct collector *collector;
	const char *file;
	struct snapshot *snapshot;	/* the one given last */
	struct collect_options options;
};
/* Ready to give snapshots with what @needs (NEED_BIT) read: DONE or FAILED. */
int feed_open(struct feed *feed, const struct query *q, uint32_t needs, bool reasons);
/* The next snapshot, owned by the feed until the next call: DONE or FAILED. */
int feed_next(struct feed *feed, struct snapshot **s);
/* It gives no more: what would have made the next cheap is given back before much is written. */
void feed_last(struct feed *feed);
/* The same, and what it gave last is needed no more either. */
void feed_forget(struct feed *feed);
void feed_close(struct feed *feed);

/* Seconds with a fraction, or a duration: as microseconds. 0, or -EINVAL with a sentence. */
int delay_parse(const char *arg, int64_t *us, struct buf *error) __must_check;
/* The number of a process: whether @text is one. */
bool pid_parse(const char *text, uint64_t *pid);
/* Frames of text, @delay microseconds apart, of what the options of @q say. */
int batch_frames(const struct command *command, struct query *q, int64_t delay);

/*
 * What commands that change the system have in common: options, the plan shown, the
 * question, the run, the results.
 */
struct changes {
	/* filled by change_options */
	bool yes, dry_run, verbose, interactive, all_namespaces;
	const char *audit_file, *save_folder;
	int save_level;			/* of compression; 0: the usual */

	const struct command *command;
	bool sums;			/* the sum is told of a single object, too: nobody named it */
	bool parts;			/* holders let go before an object is removed */
	bool asks_names;		/* the question is answered by the name of each object */
	bool explained;			/* why nothing is planned was told already */
	enum action action;
	struct mode_change mode;	/* where settings.mode points to it */
	struct act_settings settings;
	struct plan plan;
};
enum { MAX_CHANGE_ROWS = 12 };
/* Of commands that take something away. */
#define CHANGE_SAVE_OPTION(c) \
	{ 0, "save", "FOLDER", "save each object in FOLDER before it goes", OPTION_STRING, \
	  &(c).save_folder }
/* The option rows of @c, OPTION_END included, into @rows behind the @n that are there. */
void change_options(struct changes *c, struct option_row rows[], unsigned int n);
/* The needs (NEED_BIT) of a plan and of what it tells. */
#define CHANGE_NEEDS (NEED_BIT(NEED_VERDICT) | NEED_BIT(NEED_RESIDENT))
/* The kinds (KIND_BIT) that know @action. */
uint32_t change_kinds(enum action action);
/*
 * Show the plan; ask where @ask and a terminal is there; run it; tell the results in the format of
 * @q. The plan stands on its own: @feed's snapshot is forgotten before it is run. Without --yes and without a terminal to ask on, nothing is changed: @unasked is given then.
 */
int change_run(struct changes *c, const struct query *q, struct feed *feed, bool ask,
	       int unasked);
/* Objects by their names, or by a choice of --filter, --kind and --user: DONE or USAGE. */
int change_words(const struct changes *c, struct query *q, int argc, char **argv);
typedef void (*change_fn)(struct changes *c, const struct snapshot *s, const struct object *o);
/*
 * A plan of the objects that @argv names, or of those that @q chooses where it names none, each by
 * @add; and change_run.
 */
int change_objects(struct changes *c, struct query *q, uint32_t needs, bool ask, int argc, char **argv,
		   change_fn add);
/*
 * The whole of a command whose first word says what to do (@read fills @c->settings by it: DONE, or a
 * status after an error was printed) and whose others are the names of objects.
 */
int change_command(struct changes *c, int argc, char **argv,
		   int (*read)(struct changes *c, const char *word));
void change_release(struct changes *c);
/* Close it, where it is open; of what did not arrive in @file, its name or NULL, an error is printed. */
int change_close_audit(struct audit **audit, const char *file);
/* Ask @question, "[y/N]": whether the answer was yes. False without a terminal. */
bool change_ask(const char *question);
bool change_can_ask(void);

/*
 * Tell on stdout of the segments in @s that were removed and that somebody keeps: who, and how they would let
 * go. One more look, with the options of @feed, where there are any.
 */
void tell_condemned(const struct query *q, const struct feed *feed, const struct snapshot *s);
/* Tell on stderr who may write to @o while its contents are read. */
void warn_of_writers(const struct snapshot *s, const struct object *o);

/* The terminal, or its absence. */
struct screen {
	bool terminal;		/* stdout is one */
	bool color;
	int width;		/* 0: no limit */
};
void screen_look(struct screen *screen, enum color_when color);
/* Whether the user's locale is. Loads it: only where the answer is needed. */
bool locale_is_utf8(void);

#endif
