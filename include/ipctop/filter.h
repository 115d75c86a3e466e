/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_FILTER_H
#define IPCTOP_FILTER_H

#include "ipctop/field.h"

/*
 * Filter expressions over the fields of a class of rows:
 *
 *	kind == "shm" && nattch == 0 && size >= 64M && age > 4h
 *
 * == != < <= > >= compare a field with a value or with another field of the same sort; =~ !~
 * match a POSIX extended regular expression anywhere in a text. && || ! ( ) combine: ! binds
 * closest to one whole comparison ("!size > 4K" is "!(size > 4K)"), then &&, then ||. A field
 * alone means "known and true, not zero, not empty".
 *
 * Values are "texts" or 'texts' (\" \' \\ \n \t \xHH inside; any other backslash stays, so
 * that "\." can be written), numbers (decimal or 0x), sizes (64M, 1.5GiB, 10KB), durations (4h,
 * 1h30m, 2d), true, false and null. A bare word on the left must be a field. On the right it is
 * one of the words of the left side if it can be (`kind == device`), else a field of that name
 * if there is one, else a text where a text or name is wanted (`user == alice`), else an error.
 *
 * Logic has three values: a comparison with an unknown or not applicable value is undecided,
 * undecided stays so through !, and an undecided row is not selected. `field == null` and
 * `field != null` ask whether a value is there at all, and are always decided.
 *
 *	type of field		compares with			by
 *	text, name		any word, text or number	all, byte by byte
 *	number			a whole number			all but =~ !~
 *	size			a size or a number of bytes	all but =~ !~
 *	duration		a duration or seconds		all but =~ !~
 *	time			epoch seconds; 2026-11-24,	all but =~ !~
 *				2026-11-24T17:39[:47[.5]][Z|+HH:MM] (else local time)
 *	key, address		a number, quoted or not		all but =~ !~
 *	mode			0600, "0600", "600"; not 600	all but =~ !~
 *	device			0:1				== !=
 *	true or false		true, false			== !=
 *	one of a few words	one of them (else an error)	== != =~ !~
 *	set of words (flags)	one of them (else an error)	== != =~ !~
 *	list of fields		a field's name			== != =~ !~
 *	list of texts		a text				== != =~ !~
 *	list of numbers		a number			== !=
 *	list of rows		how many: a number; or a text	all; == != =~ !~
 *
 * A list or set passes == and =~ if any member does, and != and !~ if none does. The text of
 * a reason is its code, of a gap its source, of a holder the short name of the process: so
 * `reasons == abandoned`, `holders == 0`, `holders =~ "^postgres"`. A word of one field's
 * list is spelled as JSON has it. Names of objects are compared as they are written: what no
 * name may hold raw is \xHH in the field and in the text, so that a name can be copied.
 */
struct filter;

struct filter_error {
	unsigned int column;	/* counted from 1, in bytes */
	char text[200];		/* "expected a value after '>='" */
};

/*
 * Compile @text for rows of @class. 0 and *@filter (filter_free), or -EINVAL and @error (@column
 * and @text as printable bytes). A comparison whose sides can never match in type is an error
 * here. At most 64 KiB of text, 1000 comparisons, 100 '(' and '!' within each other; regular
 * expressions are bounded too. Thread-safe. Local times depend on TZ as it is now.
 */
int filter_parse(enum row_class class, const char *text, struct filter **filter,
		 struct filter_error *error) __must_check;
void filter_free(struct filter *f);

/* Whether @row is selected. Thread-safe. */
bool filter_match(const struct filter *f, const struct snapshot *s, const void *row);

/* NEED_BIT set of the fields that it reads. */
uint32_t filter_needs(const struct filter *f);

#endif
