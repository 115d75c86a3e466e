/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ACT_AUDIT_LINE_H
#define ACT_AUDIT_LINE_H

/* An act as text for the audit trail: audit.h says in which form. Pure; any thread. */
#include "ipctop/snapshot.h"

/* Who asked. */
struct asker {
	const char *command;		/* "rm" */
	uint64_t uid;			/* the real one */
	bool has_login;
	uint64_t login;			/* /proc/self/loginuid */
	const char *sudo;		/* SUDO_USER, as it came; NULL: none */
	uint64_t pid;
};

/* Append the words of the syslog line, without the end of the line. */
void audit_line(struct buf *out, const struct asker *asker, const struct act *act);
/* Append the line of the file, its newline included. @now: milliseconds since the epoch. */
void audit_json(struct buf *out, const struct asker *asker, const struct act *act, int64_t now);
/* Whether that is worth a warning: it was refused, or failed. */
bool audit_warns(const struct act *act);

#endif
