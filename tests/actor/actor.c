/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The core: commands read and answered, and what was made is removed at the end. */
#include "actor.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define MAX_PARAMS 9

struct args {
	const struct command *command;
	const char *values[MAX_PARAMS];
};

static const struct command core_commands[];
static const struct command *const tables[] = {
	core_commands, sysv_commands, unheld_commands, file_commands, special_commands, process_commands,
};

/* What is removed at the end: a segment, or a path. */
struct leftover {
	int segment;
	char *path;
};
static struct leftover *leftovers;
static unsigned int nleftovers;
static bool leaking;
static pid_t owner;

int current_segment = -1, current_fd = -1;
char *current_path;
static struct mapping *mappings;
static unsigned int nmappings;

static char answer[65536];
static size_t answered;

static void *grown(void *rows, unsigned int count, size_t size)
{
	if (count & (count - 1))
		return rows;
	rows = realloc(rows, (count ? count * 2UL : 1) * size);
	if (!rows)
		abort();
	return rows;
}

void fact(const char *name, const char *format, ...)
{
	va_list args;
	int n = snprintf(answer + answered, sizeof(answer) - answered, "%s%s=",
			 answered ? " " : "", name);

	if (n > 0 && (size_t)n < sizeof(answer) - answered)
		answered += n;
	va_start(args, format);
	n = vsnprintf(answer + answered, sizeof(answer) - answered, format, args);
	va_end(args);
	if (n > 0 && (size_t)n < sizeof(answer) - answered)
		answered += n;
}

void fact_inode(int fd)
{
	struct stat st;

	fact("fd", "%d", fd);
	if (fstat(fd, &st))
		return;
	fact("dev", "%u:%u", major(st.st_dev), minor(st.st_dev));
	fact("ino", "%llu", (unsigned long long)st.st_ino);
}

int actor_fail(const char *call)
{
	const char *name = strerrorname_np(errno);

	answered = snprintf(answer, sizeof(answer), "error call=%s errno=%s", call, name ? name : "0");
	return -1;
}

static void say(void)
{
	if (!strncmp(answer, "error", 5))
		printf("%s\n", answer);
	else
		printf("pid=%d%s%s\n", getpid(), answered ? " " : "", answer);
	fflush(stdout);
}

void mapping_add(void *address, size_t length, bool segment)
{
	mappings = grown(mappings, nmappings, sizeof(*mappings));
	mappings[nmappings++] = (struct mapping){ address, length, segment };
}

struct mapping *mapping_at(unsigned int i)
{
	return i < nmappings ? &mappings[nmappings - 1 - i] : NULL;
}

struct mapping *mapping_last(void)
{
	return mapping_at(0);
}

void mapping_forget(struct mapping *m)
{
	*m = mappings[--nmappings];
}

static void leftover_add(int segment, char *path)
{
	leftovers = grown(leftovers, nleftovers, sizeof(*leftovers));
	leftovers[nleftovers++] = (struct leftover){ segment, path };
}

void path_set(const char *path)
{
	current_path = strdup(path);
	leftover_add(-1, current_path);
}

void segment_set(int id)
{
	current_segment = id;
	leftover_add(id, NULL);
}

void path_forget(const char *path)
{
	for (unsigned int i = 0; i < nleftovers; i++)
		if (leftovers[i].path && !strcmp(leftovers[i].path, path))
			leftovers[i--] = leftovers[--nleftovers];
}

void segment_forget(int id)
{
	for (unsigned int i = 0; i < nleftovers; i++)
		if (!leftovers[i].path && leftovers[i].segment == id)
			leftovers[i--] = leftovers[--nleftovers];
}

/* A forked child ends without taking away what its parent made. */
static void clean_up(void)
{
	if (leaking || getpid() != owner)
		return;
	while (nleftovers--) {
		if (leftovers[nleftovers].path)
			remove(leftovers[nleftovers].path);
		else
			shmctl(leftovers[nleftovers].segment, IPC_RMID, NULL);
	}
}

/* Decode \xHH in place; other backslashes stand for themselves. */
static void decode(char *text)
{
	char *to = text;

	for (const char *s = text; *s; s++) {
		char digits[3] = { 0 };

		if (s[0] == '\\' && s[1] == 'x' && isxdigit((unsigned char)s[2]) &&
		    isxdigit((unsigned char)s[3])) {
			digits[0] = s[2];
			digits[1] = s[3];
			*to++ = (char)strtoul(digits, NULL, 16);
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

static int parse_number(const char *text, uint64_t *number)
{
	static const char suffixes[] = "KMGT";
	const char *suffix;
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 0);
	if (errno || end == text)
		return -1;
	suffix = *end ? strchr(suffixes, *end) : NULL;
	if (suffix) {
		*number <<= 10 * (suffix - suffixes + 1);
		end++;
	}
	return *end ? -1 : 0;
}

static unsigned int find_param(const struct args *a, const char *name, size_t len)
{
	unsigned int i = 0;

	while (i < MAX_PARAMS && a->command->params[i].name &&
	       (strlen(a->command->params[i].name) != len ||
		strncmp(a->command->params[i].name, name, len)))
		i++;
	return i < MAX_PARAMS && a->command->params[i].name ? i : MAX_PARAMS;
}

const char *arg_text(const struct args *a, const char *name)
{
	unsigned int i = find_param(a, name, strlen(name));

	if (i == MAX_PARAMS)
		abort();	/* the command's row lacks it */
	return a->values[i] ? a->values[i] : a->command->params[i].fallback;
}

uint64_t arg_number(const struct args *a, const char *name)
{
	uint64_t number = 0;

	if (parse_number(arg_text(a, name), &number))
		abort();	/* checked when it was read */
	return number;
}

bool arg_given(const struct args *a, const char *name)
{
	unsigned int i = find_param(a, name, strlen(name));

	return i < MAX_PARAMS && a->values[i];
}

static int usage(const char *what, const char *word)
{
	answered = snprintf(answer, sizeof(answer), "error usage=%s word=%s", what, word);
	return -1;
}

static int read_arg(struct args *a, char *word)
{
	char *value = strchr(word, '=');
	uint64_t number;
	unsigned int i;

	if (!value)
		return usage("no-value", word);
	i = find_param(a, word, value - word);
	if (i == MAX_PARAMS)
		return usage("no-such-parameter", word);
	value++;
	decode(value);
	if (a->command->params[i].type == PARAM_NUMBER && parse_number(value, &number))
		return usage("not-a-number", word);
	a->values[i] = value;
	return 0;
}

static const struct command *find_command(const char *name)
{
	for (unsigned int t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (const struct command *c = tables[t]; c->name; c++)
			if (!strcmp(c->name, name))
				return c;
	return NULL;
}

static int obey(char **words)
{
	struct args a = { .command = find_command(words[0]) };

	answered = 0;
	answer[0] = '\0';
	if (!a.command)
		return usage("no-such-command", words[0]);
	for (words++; *words; words++)
		if (read_arg(&a, *words))
			return -1;
	for (unsigned int i = 0; i < MAX_PARAMS && a.command->params[i].name; i++)
		if (!a.values[i] && !a.command->params[i].fallback)
			return usage("missing", a.command->params[i].name);
	return a.command->run(&a);
}

/* Also run by another thread, once the leader has gone. */
void obey_stdin(void);
void obey_stdin(void)
{
	static char line[65536];

	while (fgets(line, sizeof(line), stdin)) {
		char *words[32] = { NULL }, *rest = line, *word;
		unsigned int n = 0;

		while (n < 31 && (word = strsep(&rest, " \n")))
			if (*word)
				words[n++] = word;
		if (!n)
			continue;
		obey(words);
		say();
	}
}

static int run_leak(const struct args *a)
{
	leaking = true;
	return 0;
}

static int run_exit(const struct args *a)
{
	say();
	if (arg_number(a, "at_once"))
		_exit(arg_number(a, "status"));
	exit(arg_number(a, "status"));
}

static int run_help(const struct args *a)
{
	for (unsigned int t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		for (const struct command *c = tables[t]; c->name; c++) {
			printf("%-14s %s\n", c->name, c->help);
			for (const struct param *p = c->params; p->name; p++)
				printf("%-14s   %s=%s\n", "", p->name,
				       p->fallback ? p->fallback : "… (needed)");
		}
	}
	return 0;
}

static int run_nothing(const struct args *a)
{
	return 0;
}

static const struct command core_commands[] = {
	{ "nothing", "just be there", { { 0 } }, run_nothing },
	{ "leak", "remove nothing at the end", { { 0 } }, run_leak },
	{ "exit", "end, removing what was made unless at_once=1 or told to leak",
	  { { "status", PARAM_NUMBER, "0" }, { "at_once", PARAM_NUMBER, "0" } }, run_exit },
	{ "help", "the commands and what they take", { { 0 } }, run_help },
	{ 0 }
};

int main(int argc, char **argv)
{
	char nothing[] = "nothing";
	char *idle[] = { nothing, NULL };
	int failed;

	/* pipes of other actors would never end while this one has them */
	close_range(3, ~0U, 0);
	owner = getpid();
	atexit(clean_up);
	failed = obey(argc > 1 ? argv + 1 : idle);
	say();
	if (failed)
		return 1;
	obey_stdin();
	return 0;
}
