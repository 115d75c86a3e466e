/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_FILTER_H
#define IPCTOP_FILTER_H

#include "ipctop/field.h"

/*
 * Filter expressions over the fields of a class of rows:
 *
 *	kind == "shm" && nattch == 0 && size >= 64M && age > 4h
 *
 * == != < <= > >= compare; =~ !~ match a POSIX extended regular expression; && || !
 * ( ) combine, && before ||; a field alone means "known and true, not zero, not
 * empty". Literals: "strings" or 'strings' (\" \\ \n \t \xHH inside), numbers (decimal or 0x), sizes
 * (64M, 1.5GiB, 10KB), durations (4h, 2d), true, false, null. A bare word that is no field is an
 * error that says so, except where the other side is an enum, a name or a text: there it is taken as a string.
 *
 * Logic has three values: a comparison with an unknown or not applicable value is
 * undecided, undecided stays so through !, and an undecided row is not selected.
 * `field == null` and `field != null` ask whether a value is there at all.
 *
 * Texts compare byte by byte. A VT_FLAGS or list field compares with == and != and =~ against each of its
 * members (any). VT_TIME fields compare with numbers (epoch seconds) and with ISO times in quotes ("2026-11-24",
 * "2026-11-24T17:39:47"). VT_KEY with numbers or hex; VT_MODE with octal when quoted ("0600") or with 0-leading numbers.
 */
struct filter;

struct filter_error {
	unsigned int column;	/* counted from 1, in bytes */
	char text[200];		/* "expected a value after '>='" */
};

/*
 * Compile @text for rows of @class. 0 and *@filter (filter_free), or -EINVAL and @error.
 * A comparison whose sides can never match in type is an error here. At most 64 KiB
 * of text and 1000 terms. Thread-safe.
 */
int filter_parse(enum row_class class, const char *text, struct filter **filter,
		 struct filter_error *error) __must_check;
void filter_free(struct filter *f);

/* Whether @row is selected. Thread-safe. */
bool filter_match(const struct filter *f, const struct snapshot *s, const void *row);

/* NEED_BIT set of the fields that it reads. */
uint32_t filter_needs(const struct filter *f);

#endif
