/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ACTOR_H
#define ACTOR_H

/*
 * The test actor: a process that makes and holds any state on command.
 *
 *	actor COMMAND [key=value…]
 *
 * runs the command, prints one line of facts ("pid=12 id=7 key=0x0000002a"), and goes on
 * with the commands that come line by line on stdin, each answered by one line. A command
 * that failed is answered by "error call=CALL errno=NAME". At the end of stdin the actor removes
 * what it made and has a name, unless told to `leak`.
 *
 * A command is one row in a table; what it makes becomes the current segment, descriptor,
 * name or mapping, which is what later commands mean unless told otherwise.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum param_type {
	PARAM_NUMBER,		/* decimal, 0x…, 0…, with suffix K, M, G or T */
	PARAM_TEXT,		/* bytes, \xHH decoded */
};
struct param {
	const char *name;
	enum param_type type;
	const char *fallback;	/* NULL: must be given */
};

struct args;
struct command {
	const char *name, *help;
	struct param params[9];
	int (*run)(const struct args *a);	/* 0, or -1 after actor_fail */
};

/* Tables end with a row without a name. */
extern const struct command sysv_commands[], unheld_commands[], file_commands[], special_commands[], process_commands[];

uint64_t arg_number(const struct args *a, const char *name);
const char *arg_text(const struct args *a, const char *name);
bool arg_given(const struct args *a, const char *name);

/* One more fact of the answer. */
void fact(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));
void fact_inode(int fd);	/* dev, ino, fd */
/* The call that failed, with errno; gives -1. */
int actor_fail(const char *call);

/* What was made. */
struct mapping {
	char *address;
	size_t length;
	bool segment;		/* made by shmat */
};
extern int current_segment, current_fd;
extern char *current_path;
void mapping_add(void *address, size_t length, bool segment);
struct mapping *mapping_last(void);	/* NULL: none */
struct mapping *mapping_at(unsigned int i);	/* newest first; NULL: no more */
void mapping_forget(struct mapping *m);
void path_set(const char *path);	/* also becomes what is removed at the end */
void segment_set(int id);
/* What is already removed is not removed again. */
void path_forget(const char *path);
void segment_forget(int id);

#define PAGE 4096UL

#endif
