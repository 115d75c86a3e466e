/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef COLLECT_REPLAY_H
#define COLLECT_REPLAY_H

#include "intern.h"
#include "ipctop/field.h"
#include "ipctop/json.h"

/* What functions of replay give when the sentence about an error is made already. */
#define TOLD	(-EBADMSG)

struct replay {
	struct snapshot *s;
	struct buf *error;
	bool cut;			/* the text ended too early */
	struct buf scratch, expected;
	struct intern strings;
	struct intern rows[NR_CLASSES];	/* of embedded classes */
};

/* Where in the document a value stands: a chain on the stack, for errors. */
struct place {
	const struct place *up;
	const char *name;		/* NULL: an element of an array */
	size_t index;
};

/* One value on its way into a row. */
struct cell {
	struct replay *r;
	const struct place *at;
	const struct field *field;
	const struct json *json;	/* not null */
	struct value v;			/* filled but for state and type */
};

/* Tell what is wrong with the value at @at; gives TOLD. */
int replay_fail(struct replay *r, const struct place *at, const char *what);
int replay_fail_word(struct replay *r, const struct place *at, const char *word, size_t n);

/* Read a value of a type that holds no rows: 0 or TOLD. */
int replay_value(struct cell *c) __must_check;

#endif
