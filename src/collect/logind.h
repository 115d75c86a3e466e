/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef COLLECT_LOGIND_H
#define COLLECT_LOGIND_H

#include "pass.h"

/*
 * What systemd-logind would do at a logout: logind.conf(5), RemoveIPC=. All paths are below
 * @root ("" for the machine's own). Nothing is looked up on a network or FUSE file system of @mounts
 * (NULL: all are taken for local): -EREMOTE.
 */
struct logind {
	const struct mounts *mounts;
	const char *root;
};

/* Whether it is there: systemd is the init, and made the folder that logind keeps its seats in. */
bool logind_there(const struct logind *l);
/*
 * Whether RemoveIPC= is in effect by its files: 0 and *@removes, or -errno where one of them
 * could not be read.
 */
int logind_removes(const struct logind *l, bool *removes) __must_check;
/* The value that the text of one file gives: what it does not set stays. */
void logind_parse(const char *text, bool *removes);
/* The users that linger, who never log out in this sense: names (char *) to be freed; 0 or -errno. */
int logind_lingering(const struct logind *l, struct table *names) __must_check;
/* Whether it would spare a user of that number whatever else holds. */
bool logind_spares(uint64_t uid);

#endif
