/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_POLICY_H
#define IPCTOP_POLICY_H

#include <regex.h>
#include "ipctop/snapshot.h"

/*
 * Families: what made an object, told by its name. A reason, never alone a verdict.
 */
enum family_habit {
	FAMILY_UNSURE,		/* says who made it, and no more */
	FAMILY_HELD,		/* its makers hold it open or mapped as long as they need it */
	FAMILY_KEPT,		/* its makers leave it on purpose */
};

struct family_row {
	const char *name;	/* "PostgreSQL" */
	const char *pattern;	/* POSIX extended regular expression over the whole of what @on names */
	uint32_t kinds;		/* KIND_BIT: which kinds it may match */
	uint8_t pid;		/* number of the group that is the owner's pid; 0: none */
	uint8_t instance;	/* number of the group that tells one instance from another; 0: none,
				   all of a user's on a file system are one */
	uint8_t habit;		/* enum family_habit */
	const char *source;	/* where the convention is documented, or seen; NULL for a site's own */
};

/*
 * The table of families in force: built in, then a site's own rows. A pattern sees
 * the file's path below its mount without the leading slash ("sem.mp-abc"), the label of a
 * memfd, "0x%08x" and the key of a segment. The first row that matches wins, a site's rows first.
 */
struct family_table;
struct family_match {
	int row;		/* -1: none */
	bool has_pid;
	uint32_t pid;
	const char *instance;	/* in the arena given; NULL: nothing captured */
};
/* @rows (may be NULL, @count 0) before the built-in ones. *@bad: index of the row whose pattern is no expression (-EINVAL). */
int family_table_new(const struct family_row *rows, unsigned int count, struct family_table **table,
		     unsigned int *bad) __must_check;
void family_table_free(struct family_table *t);
/* Thread-safe on one table. */
void family_match(const struct family_table *t, enum kind kind, const char *text,
		  struct arena *arena, struct family_match *match);
const struct family_row *family_row(const struct family_table *t, int row);
unsigned int family_count(const struct family_table *t);

/*
 * Policy: grace times, keep list, families. From /etc/ipctop/ipctop.conf, then
 * $XDG_CONFIG_HOME/ipctop/ipctop.conf (else ~/.config); lines of `word value…`, '#' begins a comment:
 *
 *	grace 10m
 *	long-grace 48h
 *	keep shm:0x00a76098
 *	keep posix-shm:/oracle_*
 *	family NAME PATTERN held|kept|unsure [pid=N] [instance=N] [kinds=K,K]
 *
 * A keep entry is an object's name, or a pattern as in the shell over names; `keep` may list several.
 */
struct policy {
	uint64_t grace, long_grace;	/* seconds */
	char **keep;
	unsigned int nkeep;
	struct family_table *families;
};
struct policy *policy_new(void);	/* the defaults */
void policy_free(struct policy *p);
/*
 * Add the lines of @text (from @file, for messages). 0, or -EINVAL with a sentence "FILE:LINE: …"
 * in @error; the policy is then as before. Families come together by policy_ready.
 */
int policy_add_text(struct policy *p, const char *file, const char *text, struct buf *error) __must_check;
/* Build the family table; once, after the last policy_add_text. */
int policy_ready(struct policy *p, struct buf *error) __must_check;
/* Whether an object of that (canonical) name and key is on the keep list. */
bool policy_keeps(const struct policy *p, const struct object *o);

#endif
