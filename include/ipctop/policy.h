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
 * memfd, "0x%08x" and the key of a segment. It must match the whole of it. The first row
 * that matches wins, a site's rows first.
 *
 * An instance is what stands and falls together: objects of the same row, captured instance,
 * owner and file system.
 */
struct family_table;
struct family_match {
	int row;		/* -1: none */
	bool has_pid;
	uint32_t pid;
	const char *instance;	/* in the arena given; NULL: nothing captured */
};
/* 0, or -EINVAL with a sentence in @error: no expression, no such group, a reference back to a group. */
int family_check(const struct family_row *row, struct buf *error) __must_check;
/*
 * @rows (may be NULL, @count 0) before the built-in ones; their strings must outlive the table.
 * *@bad: index of the row that family_check refuses (-EINVAL).
 */
int family_table_new(const struct family_row *rows, unsigned int count, struct family_table **table,
		     unsigned int *bad) __must_check;
void family_table_free(struct family_table *t);
/* Thread-safe on one table, with an arena for each thread. */
void family_match(const struct family_table *t, enum kind kind, const char *text,
		  struct arena *arena, struct family_match *match);
const struct family_row *family_row(const struct family_table *t, int row);
unsigned int family_count(const struct family_table *t);

/*
 * Policy: grace times, keep list, families. From /etc/ipctop/ipctop.conf, then
 * $XDG_CONFIG_HOME/ipctop/ipctop.conf (else ~/.config); lines of `word value…`:
 *
 *	grace 10m
 *	long-grace 48h
 *	keep shm:0x00a76098
 *	keep posix-shm:/oracle_*
 *	family NAME PATTERN held|kept|unsure [pid=N] [instance=N] [kinds=K,K]
 *
 * A value with a blank stands in double quotes, in which \" is a quote and any other
 * backslash itself. A '#' where a word could begin starts a comment. A time that is set again
 * takes the place of the former; keep entries and families add up.
 *
 * A keep entry (`keep` may list several) is an object's name as ipctop prints it, or a pattern as
 * in the shell over such names, where '*' matches '/' too and a backslash is itself. One with a key
 * matches the segment also while it goes by its id; one without '@' matches in all namespaces.
 */
struct policy {
	uint64_t grace, long_grace;	/* seconds */
	char **keep;			/* names in canonical form, and patterns */
	unsigned int nkeep;
	struct family_row *rows;	/* a site's families; the strings are the policy's own */
	unsigned int nrows;
	struct family_table *families;	/* NULL before policy_ready */
};
struct policy *policy_new(void);	/* the defaults */
void policy_free(struct policy *p);
/*
 * Add the lines of @text (from @file, for messages). 0, or -EINVAL with a sentence "FILE:LINE: …"
 * in @error; the policy is then as before. Families come together by policy_ready.
 */
int policy_add_text(struct policy *p, const char *file, const char *text, struct buf *error) __must_check;
/* One more keep entry, also after policy_ready. 0, or -EINVAL with a sentence. */
int policy_add_keep(struct policy *p, const char *entry, struct buf *error) __must_check;
/* Build the family table; once, after the last policy_add_text. */
int policy_ready(struct policy *p, struct buf *error) __must_check;
/* Whether an object of that (canonical) name and key is on the keep list. */
bool policy_keeps(const struct policy *p, const struct object *o);

/* Undo: what was added since the mark was taken goes, before policy_ready. */
struct policy_mark {
	uint64_t grace, long_grace;
	unsigned int nkeep, nrows;
};
struct policy_mark policy_mark(const struct policy *p);
void policy_undo(struct policy *p, const struct policy_mark *mark);

#endif
