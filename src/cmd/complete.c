/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What may stand at the end of a command line, for the scripts in completions/. A line for each word:
 * the word, a tab, what it is. They are not compared with what was typed: each shell has its own way. A
 * line without a word says what is wanted where nobody knows the words: FILE, FOLDER, EXPR …
 */
#include "cmd.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <pwd.h>
#include <unistd.h>
#include "ipctop/create.h"
#include "ipctop/io.h"
#include "ipctop/text.h"

struct completion {
	const struct command *command;
	const struct query *q;
	const struct option_row *const *tables;
	char **words;		/* behind the command; the last, which may be empty, is completed */
	int count;
	const char *value;	/* what of the last word is completed */
};

static const char *last_word(const struct completion *c)
{
	return c->words[c->count - 1];
}

/* The whole of a word that ends in @word, and what it is. */
static void offer(const struct completion *c, const char *word, const char *help)
{
	printf("%.*s%s\t%s\n", (int)(c->value - last_word(c)), last_word(c), word, help);
}

static void offer_commands(const struct completion *c)
{
	for (unsigned int i = 0; commands[i]; i++)
		if (commands[i]->help)
			offer(c, commands[i]->name, commands[i]->help);
}

static void offer_options(const struct completion *c)
{
	const struct option_row *row;
	char letter[] = "-?";

	for (unsigned int i = 0; (row = option_at(c->tables, i)); i++) {
		letter[1] = row->letter;
		if (row->letter)
			offer(c, letter, row->help);
		if (row->name)
			printf("--%s\t%s\n", row->name, row->help);
	}
}

/* Kinds of the objects that a command is for. */
static uint32_t kinds_of(const struct command *command)
{
	static const struct {
		const struct command *command;
		enum action action;
	} acting[] = {
		{ &command_rm, ACTION_REMOVE }, { &command_clean, ACTION_REMOVE },
		{ &command_detach, ACTION_DETACH }, { &command_save, ACTION_SAVE },
		{ &command_cat, ACTION_SAVE }, { &command_chmod, ACTION_CHMOD },
		{ &command_chown, ACTION_CHOWN }, { &command_mk, ACTION_CREATE },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(acting); i++)
		if (acting[i].command == command)
			return change_kinds(acting[i].action);
	return KINDS_ALL;
}

static void offer_kinds(const struct completion *c)
{
	for (unsigned int k = 0; k < NR_KINDS; k++)
		if (c->command != &command_mk || CREATE_KINDS & KIND_BIT(k))
			offer(c, kinds[k].name, kinds[k].plural);
}

static bool has_word(const struct completion *c, const char *option)
{
	for (int i = 0; i < c->count - 1; i++)
		if (!strncmp(c->words[i], option, strlen(option)))
			return true;
	return false;
}

static void offer_columns(const struct completion *c)
{
	enum row_class class = c->q->shown ? c->q->shown : c->q->class;
	const struct field *f;

	if (class == CLASS_OBJECT && has_word(c, "--by"))
		class = CLASS_GROUP;
	for (unsigned int i = 0; (f = field_at(class, i)); i++)
		if (!(f->flags & FIELD_HIDDEN))
			offer(c, f->name, f->help);
}

/* A name service may hang for minutes, and nobody waits so long for a word. */
#define ANSWER_SECONDS	2

static void offer_users(const struct completion *c)
{
	struct buf name = BUF_INIT, help = BUF_INIT;
	const struct passwd *user;

	alarm(ANSWER_SECONDS);
	for (setpwent(); (user = getpwent());) {
		buf_reset(&name);
		buf_reset(&help);
		text_escape(&name, user->pw_name, strlen(user->pw_name), 0);
		text_escape(&help, user->pw_gecos, strcspn(user->pw_gecos, ","), 0);
		offer(c, name.s, help.s);
	}
	endpwent();
	alarm(0);
	buf_release(&name);
	buf_release(&help);
}

static void offer_processes(const struct completion *c)
{
	DIR *proc = opendir("/proc");
	struct buf comm = BUF_INIT, help = BUF_INIT;
	const struct dirent *entry;
	char path[sizeof(entry->d_name) + sizeof("/comm")];

	while (proc && (entry = readdir(proc))) {
		buf_reset(&comm);
		buf_reset(&help);
		snprintf(path, sizeof(path), "%s/comm", entry->d_name);
		if (!isdigit((unsigned char)path[0]) || io_read_file(dirfd(proc), path, &comm, 64) || !comm.len)
			continue;
		text_escape(&help, comm.s, comm.len - 1, 0);
		offer(c, entry->d_name, help.s);
	}
	if (proc)
		closedir(proc);
	buf_release(&comm);
	buf_release(&help);
}

/* What is known of @columns in @row, with blanks between. */
static void put_facts(struct buf *out, const struct snapshot *s, const struct columns *columns,
		      const void *row, bool raw)
{
	const struct value_style style = { .raw = raw };

	for (unsigned int i = 0; i < columns->count; i++) {
		const struct field *f = columns->fields[i];
		struct value v;

		field_get_in(s, CLASS_OBJECT, f, row, &v);
		if (v.state != VALUE_KNOWN)
			continue;
		if (out->len)
			buf_putc(out, ' ');
		value_put(out, s, f, field_row(s, CLASS_OBJECT, f, row), &v, &style);
	}
}

/* Names as they are printed for scripts: without a blank. */
static void offer_objects(const struct completion *c, const struct snapshot *s, const struct columns *told)
{
	struct columns name = { { field_find(CLASS_OBJECT, "name") }, 1 };
	struct buf word = BUF_INIT, help = BUF_INIT;

	for (uint32_t i = 0; i < snapshot_count(s, CLASS_OBJECT); i++) {
		buf_reset(&word);
		buf_reset(&help);
		put_facts(&word, s, &name, snapshot_object(s, i), true);
		put_facts(&help, s, told, snapshot_object(s, i), false);
		offer(c, word.s, help.s);
	}
	buf_release(&word);
	buf_release(&help);
}

/* One quick look at @q's kinds, with what @needs is read: the snapshot, or NULL; feed_close in any case. */
static struct snapshot *look(struct feed *feed, struct query *q, uint32_t needs)
{
	struct snapshot *s = NULL;

	q->collect.no_lease = q->collect.no_wait = true;
	if (feed_open(feed, q, needs, false) != DONE || feed_next(feed, &s) != DONE)
		return NULL;
	return s;
}

/* "shm:1": the kind tells already where to look. */
static void offer_names(const struct completion *c)
{
	struct query q = { .kinds = kinds_of(c->command) };
	char *prefix = xstrndup(c->value, strcspn(c->value, ":"));
	struct buf error = BUF_INIT;
	struct snapshot *s;
	struct feed feed;
	enum kind kind;

	if (c->value[strlen(prefix)])
		q.kinds &= kind_parse(prefix, &kind) ? 0 : KIND_BIT(kind);
	if (q.kinds && !columns_parse(CLASS_OBJECT, "size,user,state,age", &q.columns, &error)) {
		s = look(&feed, &q, query_needs(&q));
		if (s)
			offer_objects(c, s, &q.columns);
		feed_close(&feed);
	}
	buf_release(&error);
	free(prefix);
}

static void offer_holders_of(const struct completion *c, const struct snapshot *s, const struct object *o)
{
	struct buf pid = BUF_INIT, help = BUF_INIT;

	for (uint64_t i = o->holders.first; i < o->holders.first + o->holders.count; i++) {
		const struct holder *h = snapshot_row(s, CLASS_HOLDER, i);
		const struct process *p = snapshot_row(s, CLASS_PROCESS, h->process);

		buf_reset(&pid);
		buf_reset(&help);
		buf_printf(&pid, "%" PRIu64, p->pid);
		if (p->comm)
			text_escape(&help, p->comm, strlen(p->comm), 0);
		offer(c, pid.s, help.s);
	}
	buf_release(&pid);
	buf_release(&help);
}

/* Those that hold the objects that are named already; where none is, all. */
static void offer_pids(const struct completion *c)
{
	char **names = xcalloc(c->count, sizeof(*names));
	struct query q = { .kinds = 0 };
	int n = 0, status = DONE;
	struct snapshot *s;
	struct feed feed;
	uint32_t *rows, count;

	for (int i = 0; i < c->count - 1; i++)
		if (strchr(c->words[i], ':') && query_names(&q, 1, &c->words[i]) == DONE)
			names[n++] = c->words[i];
	if (n) {
		s = look(&feed, &q, NEED_BIT(NEED_HOLDERS) | NEED_BIT(NEED_PROCESSES));
		rows = s ? query_find(s, n, names, &count, &status) : NULL;
		for (uint32_t i = 0; rows && i < count; i++)
			offer_holders_of(c, s, snapshot_object(s, rows[i]));
		free(rows);
		feed_close(&feed);
	} else {
		offer_processes(c);
	}
	free(names);
}

/* What an argument may be, by its word in --help. */
static const struct {
	const char *word;
	void (*offer)(const struct completion *c);
} arguments[] = {
	{ "COL", offer_columns },
	{ "COMMAND", offer_commands },
	{ "KIND", offer_kinds },
	{ "NAME", offer_names },
	{ "OWNER", offer_users },
	{ "PID", offer_pids },
	{ "USER", offer_users },
};

static void offer_words(const struct completion *c, const char *const *words)
{
	for (; *words; words++)
		offer(c, *words, "");
}

/* "KIND[,KIND...]", "COL[:desc][,COL...]", "[=WHEN]": for the last word from @value on. */
static void offer_argument(struct completion *c, const char *value, const char *arg, const char *const *words)
{
	static const char *const orders[] = { "asc", "desc", NULL };
	bool ordered = strstr(arg, "[:desc]");
	size_t len;

	arg += strspn(arg, "[=");
	len = strspn(arg, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	if (strstr(arg, "[,") && strrchr(value, ','))
		value = strrchr(value, ',') + 1;
	if (ordered && strchr(value, ':')) {
		value = strchr(value, ':') + 1;
		words = orders;
	} else if (!strncmp(arg, "COL", len) && !ordered && *value == '+') {
		value++;
	}
	c->value = value;
	if (words) {
		offer_words(c, words);
		return;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(arguments); i++) {
		if (len == strlen(arguments[i].word) && !strncmp(arg, arguments[i].word, len)) {
			arguments[i].offer(c);
			return;
		}
	}
	printf("\t%.*s\n", (int)len, arg);
}

/* The option that takes the word behind word @i, or NULL. */
static const struct option_row *option_before(const struct completion *c, int i)
{
	const struct option_row *row = NULL;

	if (i >= 0 && !strchr(c->words[i], '='))
		row = option_find(c->tables, c->words[i]);
	return row && row->arg && row->arg[0] != '[' ? row : NULL;
}

/* "MODE NAME...": what of it the last word is. */
static const char *argument_of(const struct completion *c)
{
	const char *arg = c->command->args ? c->command->args : "", *next;

	for (int i = 0; i < c->count - 1; i++)
		if (c->words[i][0] != '-' && !option_before(c, i - 1)) {
			next = strchr(arg, ' ');
			arg = next ? next + 1 : arg;
		}
	return arg;
}

void complete_words(const struct command *command, const struct query *q,
		    const struct option_row *const *tables, int count, char **words)
{
	struct completion c = { command, q, tables, words, count, words[count - 1] };
	const char *word = c.value, *equals = strchr(word, '=');
	const struct option_row *row = option_before(&c, count - 2);

	if (row) {
		offer_argument(&c, word, row->arg, row->words);
	} else if (!strncmp(word, "--", 2) && equals) {
		row = option_find(tables, word);
		if (row && row->arg)
			offer_argument(&c, equals + 1, row->arg, row->words);
	} else if (word[0] == '-') {
		offer_options(&c);
	} else {
		offer_argument(&c, word, argument_of(&c), NULL);
	}
}

/* The same by the options that @command has: it gets the words behind the name of this one. */
static void ask_command(const struct command *command, int count, char **words)
{
	static const struct option_row *const none[] = { NULL };
	char **argv;

	if (!command->options) {
		complete_words(command, NULL, none, count, words);
	} else if (!command->by_link) {
		argv = xcalloc(count + 3, sizeof(*argv));
		argv[0] = (char *)command->name;
		argv[1] = (char *)command_complete.name;
		memcpy(argv + 2, words, count * sizeof(*argv));
		command->run(command, count + 2, argv);
		free(argv);
	}
}

static int run(const struct command *command, int argc, char **argv)
{
	const struct command *asked = argc > 2 ? cmd_find(argv[1]) : NULL;
	struct completion c = { .words = argv + 1, .count = argc - 1 };

	if (argc < 2)
		return USAGE;
	c.value = last_word(&c);
	if (argc == 2)
		offer_commands(&c);
	if (asked)
		ask_command(asked, argc - 2, argv + 2);
	else if (argv[1][0] == '-')	/* options alone are the monitor's */
		ask_command(&command_monitor, argc - 1, argv + 1);
	return DONE;
}

const struct command command_complete = {
	.name = "--complete", .args = "WORD...", .run = run,
};
