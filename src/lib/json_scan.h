/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LIB_JSON_SCAN_H
#define LIB_JSON_SCAN_H

#include <stddef.h>
#include "ipctop/alloc.h"

/*
 * Finds where a JSON value ends without making anything of it, and refuses what
 * json-c would let pass: words such as NaN, numbers such as 1., control characters
 * and bytes that are not UTF-8 in strings, brackets that do not match. The order of
 * values and separators, and the escapes in strings, are left to json-c.
 */
#define JSON_MAX_DEPTH	32

struct json_scan {
	const char *text;
	size_t len;		/* of the whole text */
	size_t pos;		/* where to begin; afterwards the end of the value, or of what is right */
	unsigned int depth;	/* of the value: 0 for the text itself */
	struct table big;	/* size_t: ends of integers beyond 64 bits; the caller releases it */
	const char *error;	/* what is wrong at pos */
};

/* Move @pos over blanks and one value. 0, -EINVAL (@error), -ENODATA (the text ends first). */
int json_scan_value(struct json_scan *s) __must_check;
/* Move @pos over blanks. */
void json_scan_blanks(struct json_scan *s);

#endif
