/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_OPTION_H
#define IPCTOP_OPTION_H

#include <stdbool.h>
#include <stdio.h>
#include "ipctop/buf.h"

/*
 * Command line options as rows beside the variables that they fill. The same rows
 * make the parser, --help and the completions. Names are never abbreviated.
 */
enum option_type {
	OPTION_FLAG,		/* bool *: set to true */
	OPTION_CLEAR,		/* bool *: set to false */
	OPTION_STRING,		/* const char **: the argument itself */
	OPTION_COUNT,		/* uint64_t *: a whole number */
	OPTION_DURATION,	/* uint64_t *: seconds */
	OPTION_CALL,		/* call(target, argument or NULL, error) */
	OPTION_HEADING,		/* in --help only: starts a group named @help */
};

struct option_row {
	char letter;			/* 0: long only */
	const char *name;		/* without the dashes; NULL: letter only */
	const char *arg;		/* NULL: takes none; "[=WHEN]": optional; else its word in --help */
	const char *help;
	enum option_type type;
	void *target;
	int (*call)(void *target, const char *arg, struct buf *error);	/* 0 or -EINVAL with a sentence */
	const char *const *words;	/* all that the argument may be, ends with NULL; or NULL */
};
#define OPTION_END { .name = NULL, .letter = 0, .help = NULL }

/*
 * Read @argv (argv[0] is the command's own name). Options and other words may be
 * mixed; "--" ends the options. @rows may be several tables in a row: an array of
 * tables that ends with NULL. The words are moved to the end: gives the index of the
 * first, or -EINVAL with one sentence in @error.
 */
int option_parse(const struct option_row *const *tables, int argc, char **argv, struct buf *error) __must_check;

/* The @i-th option of the tables, headings left out; NULL behind the last. */
const struct option_row *option_at(const struct option_row *const *tables, unsigned int i);
/* The option that @word gives: "--kind", "--kind=shm", "-k", "-nk" (the last of them); NULL: none. */
const struct option_row *option_find(const struct option_row *const *tables, const char *word);

/* Print the rows as the option part of --help. */
void option_help(const struct option_row *const *tables, FILE *out);

#endif
