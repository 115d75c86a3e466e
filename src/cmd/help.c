/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the program says about itself: help, --help, --version, --json-schema. */
#include "cmd.h"

static int no_words(const struct command *command, int argc)
{
	return argc > 1 ? cmd_usage(command, "%s takes no arguments", command->name) : DONE;
}

static void print_command(const struct command *c)
{
	struct buf word = BUF_INIT;

	if (c->letter)
		buf_printf(&word, "-%c, ", c->letter);
	buf_puts(&word, c->name);
	if (c->args)
		buf_printf(&word, " %s", c->args);
	/* as the lists of options have it: a long one has its line */
	if (word.len > 22)
		printf("  %s\n%25s%s\n", word.s, "", c->help);
	else
		printf("  %-22s %s\n", word.s, c->help);
	buf_release(&word);
}

static void print_help(void)
{
	fputs("Usage: ipctop COMMAND [OPTION...]\n\n"
	      "What memory and IPC objects this machine's processes share: who holds each, what\n"
	      "stage of its life it is in, and whether anybody still needs it.\n\n"
	      "Commands:\n", stdout);
	for (unsigned int i = 0; commands[i]; i++)
		if (commands[i]->help)
			print_command(commands[i]);
	fputs("\nObjects are named as tables print them: shm:7, posix-shm:/name, memfd:0:1:99 ...\n"
	      "'ipctop help COMMAND' lists the options of a command; ipctop(1) is the manual.\n",
	      stdout);
}

static int run_help(const struct command *command, int argc, char **argv)
{
	char option[] = "--help";
	char *args[] = { NULL, option, NULL };
	const struct command *asked;

	if (argc > 2)
		return cmd_usage(command, "help is about one command at a time");
	if (argc < 2) {
		print_help();
		return DONE;
	}
	asked = cmd_find(argv[1]);
	if (!asked || !asked->help)
		return cmd_unknown(argv[1]);
	args[0] = argv[1];
	if (asked->options)
		return asked->run(asked, 2, args);
	cmd_print_head(asked);
	return DONE;
}

static int run_help_option(const struct command *command, int argc, char **argv)
{
	print_help();
	return DONE;
}

static int run_version(const struct command *command, int argc, char **argv)
{
	int status = no_words(command, argc);

	if (status == DONE)
		puts("ipctop " VERSION);
	return status;
}

static int run_schema(const struct command *command, int argc, char **argv)
{
	int status = no_words(command, argc);

	if (status == DONE && view_json_schema(stdout) < 0)
		status = FAILED;	/* the last look at stdout says why */
	return status;
}

const struct command command_help = {
	.name = "help", .args = "[COMMAND]", .help = "this help, or the options of a command",
	.run = run_help,
};

const struct command command_help_option = {
	.name = "--help", .letter = 'h', .help = "the same as help", .run = run_help_option,
};

const struct command command_version = {
	.name = "--version", .letter = 'V', .help = "the version", .run = run_version,
};

const struct command command_schema = {
	.name = "--json-schema", .help = "the JSON Schema of all JSON output", .run = run_schema,
};
