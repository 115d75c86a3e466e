/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CMD_CHANGE_H
#define CMD_CHANGE_H

#include "cmd.h"

/* change_tell.c: sentences for people, on stdout; what failed, on stderr. */

/* Whether that is a failure. What is gone cannot be changed; to be removed, or let go of, it needed no more. */
bool change_failed(const struct act *act);
/* How much it is, in one line, below the table of the plan. */
void change_tell_plan(const struct changes *c, const struct query *q);
/* The same for a question: "2 objects, 64K". */
void change_put_amounts(struct buf *out, const struct changes *c, const struct query *q);
/* What became of one row: failures always, all else when that is asked for. */
void change_tell_done(const struct changes *c, const struct act *act);
void change_tell_failures(const struct plan *plan);
/* What was done, in one line. */
void change_tell_results(const struct changes *c, const struct query *q);

#endif
