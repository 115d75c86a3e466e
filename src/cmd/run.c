/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding the command, running it, and what all of them need: errors and the last look at stdout. */
#include "cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include "ipctop/io.h"
#include "ipctop/name.h"
#include "ipctop/text.h"

static void __printf(2, 0) put_error(const char *object, const char *fmt, va_list ap)
{
	struct buf line = BUF_INIT;

	buf_puts(&line, "ipctop: ");
	if (object) {
		text_escape(&line, object, strlen(object), 0);
		buf_puts(&line, ": ");
	}
	buf_vprintf(&line, fmt, ap);
	buf_putc(&line, '\n');
	fflush(stdout);	/* where both are one terminal or file: in the order of events */
	fwrite(line.s, 1, line.len, stderr);
	buf_release(&line);
}

void cmd_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_error(NULL, fmt, ap);
	va_end(ap);
}

void cmd_error_of(const char *object, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_error(object, fmt, ap);
	va_end(ap);
}

int cmd_usage(const struct command *command, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_error(NULL, fmt, ap);
	va_end(ap);
	fprintf(stderr, "Try 'ipctop help %s'.\n", command->name);
	return USAGE;
}

const struct command *cmd_find(const char *name)
{
	for (unsigned int i = 0; commands[i]; i++) {
		const struct command *c = commands[i];

		if (!strcmp(c->name, name) ||
		    (c->letter && name[0] == '-' && name[1] == c->letter && !name[2]))
			return c;
	}
	return NULL;
}

/* A kind or a name in the place of a command: what was meant is plain. */
static const char *meant_command(const char *word)
{
	struct buf error = BUF_INIT;
	struct name name = { 0 };
	enum kind kind;
	bool is_name;

	if (!kind_parse(word, &kind))
		return "list";
	is_name = !name_parse(word, &name, &error);
	if (is_name)
		name_release(&name);
	buf_release(&error);
	return is_name ? "show" : NULL;
}

static const char *name_of_command(const void *table, unsigned int i)
{
	const struct command *c = ((const struct command *const *)table)[i];

	return c && c->help ? c->name : NULL;	/* what is not for people is last */
}

int cmd_unknown(const char *word)
{
	const char *meant = meant_command(word), *near = text_closest(word, name_of_command, commands);
	struct buf escaped = BUF_INIT;

	text_escape(&escaped, word, strlen(word), 0);
	cmd_error("%s: no such %s", escaped.s, word[0] == '-' ? "option here" : "command");
	if (meant)
		fprintf(stderr, "Did you mean 'ipctop %s %s'?\n", meant, escaped.s);
	else if (near)
		fprintf(stderr, "Did you mean 'ipctop %s'?\n", near);
	else
		fputs("Try 'ipctop help'.\n", stderr);
	buf_release(&escaped);
	return USAGE;
}

/* Whoever started us may have left it ignored; then a closed pipe would be an error. */
static void end_by_sigpipe(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };

	sigaction(SIGPIPE, &action, NULL);
}

/* A file beyond RLIMIT_FSIZE is a full disk: a write that fails is told, and all the rest is done. */
static void outlive_file_limit(void)
{
	struct sigaction action = { .sa_handler = SIG_IGN };

	sigaction(SIGXFSZ, &action, NULL);
}

/* Of a closed one some file would get the number; in its place stands what fails as it would have. */
static void fill_standard_files(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

/* The command that a link is named after, or NULL. */
static const struct command *linked_command(const char *program)
{
	const char *slash = strrchr(program, '/');
	const struct command *command = cmd_find(slash ? slash + 1 : program);

	return command && command->by_link ? command : NULL;
}

static int run(int argc, char **argv)
{
	const struct command *command = argc < 1 ? NULL : linked_command(argv[0]);

	if (command)
		return command->run(command, argc, argv);
	command = argc < 2 ? NULL : cmd_find(argv[1]);
	if (command)
		return command->run(command, argc - 1, argv + 1);
	/* options alone are the monitor's, where they are not meant for a command */
	if (argc < 2 || (argv[1][0] == '-' && !text_closest(argv[1], name_of_command, commands)))
		return command_monitor.run(&command_monitor, argc, argv);
	return cmd_unknown(argv[1]);
}

/*
 * 0, or why stdout did not take it all. stdio remembers that a write failed and not
 * why; one byte more on what is broken already tells.
 */
static int check_stdout(void)
{
	int rc = io_flush_stdout();

	if (rc != -EIO)
		return rc;
	clearerr(stdout);
	putchar('\n');
	rc = io_flush_stdout();
	return rc ? rc : -EIO;
}

bool cmd_stdout_failed(void)
{
	int rc = check_stdout();

	if (rc)
		cmd_error("standard output: cannot be written: %s", strerror(-rc));
	return rc;
}

int cmd_main(int argc, char **argv)
{
	int status;

	fill_standard_files();
	end_by_sigpipe();
	outlive_file_limit();
	status = run(argc, argv);
	if (cmd_stdout_failed())
		return status == USAGE ? USAGE : FAILED;
	return status;
}
