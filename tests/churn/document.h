/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHURN_DOCUMENT_H
#define CHURN_DOCUMENT_H

#include <stdio.h>
#include "ipctop/snapshot.h"

/*
 * The JSON document of a snapshot without what depends on when it was taken: its time and duration,
 * the machine's memory, ages, start times (by the two clocks of that moment, true to a
 * millisecond), and the sentences of reasons, which name ages. NULL: no memory. The caller frees it.
 */
char *document_of(const struct snapshot *s);
/* The lines that stand in one of them only. */
void document_differences(FILE *out, char *before, char *after);

#endif
