/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef COMPAT_IPCRM_H
#define COMPAT_IPCRM_H

#include <sys/types.h>
#include "compat.h"

/* Removing, object by object: each is told to the audit trail (audit.h). */
struct removals {
	const struct compat *self;
	bool verbose;
	unsigned int failed;		/* told */
	struct audit *audit;		/* opened with the first removal */
};
void removals_end(struct removals *r);

/* The kinds by the words of --all, in the order in which it takes them. */
enum victim {
	VICTIM_SHM, VICTIM_POSIX_SHM, VICTIM_SEM, VICTIM_POSIX_SEM, VICTIM_MSG, VICTIM_POSIX_MSG, NR_VICTIMS
};
/* "shm", "pshm"…: which it is; NR_VICTIMS for another word. */
enum victim victim_find(const char *word);
bool victim_is_posix(enum victim v);

/* One of System V; @by_key: it was found by its key, which errors speak of. */
void remove_id(struct removals *r, enum victim v, int id, bool by_key);
/* The id that @key has: -1 when it has none, which @text, as the user wrote the key, was told for. */
int find_key(struct removals *r, enum victim v, key_t key, const char *text);
/* One of POSIX. */
void remove_name(struct removals *r, enum victim v, const char *name);
/* All of that kind that the caller may read; of POSIX what lies directly in its folder. */
void remove_all(struct removals *r, enum victim v);

#endif
