/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be done to each kind: one row a kind. */
#include "actor.h"

#define FILE_ACTS {							\
	[ACTION_REMOVE] = file_remove,					\
	[ACTION_CHMOD] = file_change, [ACTION_CHOWN] = file_change,	\
	[ACTION_SAVE] = object_save, [ACTION_DETACH] = holder_detach,	\
}
/* They have no name, or are not ipctop's to remove. */
#define OTHER_ACTS {							\
	[ACTION_SAVE] = object_save, [ACTION_DETACH] = holder_detach,	\
}

const struct act_kind act_kinds[NR_KINDS] = {
	[KIND_SHM] = {
		.act = {
			[ACTION_REMOVE] = segment_remove,
			[ACTION_CHMOD] = sysv_change, [ACTION_CHOWN] = sysv_change,
			[ACTION_SAVE] = object_save, [ACTION_DETACH] = holder_detach,
		},
	},
	[KIND_SEM] = {
		.act = {
			[ACTION_REMOVE] = semaphores_remove,
			[ACTION_CHMOD] = sysv_change, [ACTION_CHOWN] = sysv_change,
			[ACTION_SAVE] = object_save,
		},
	},
	[KIND_MSG] = {
		.act = {
			[ACTION_REMOVE] = queue_remove,
			[ACTION_CHMOD] = sysv_change, [ACTION_CHOWN] = sysv_change,
			[ACTION_SAVE] = object_save,
		},
	},
	[KIND_POSIX_SHM] = { .act = FILE_ACTS },
	[KIND_POSIX_SEM] = { .act = FILE_ACTS },
	[KIND_POSIX_MQ] = {
		.act = {
			[ACTION_REMOVE] = file_remove,
			[ACTION_CHMOD] = file_change, [ACTION_CHOWN] = file_change,
			[ACTION_SAVE] = object_save,
		},
	},
	[KIND_MEMFD] = { .act = OTHER_ACTS },
	[KIND_ANON] = { .act = OTHER_ACTS },
	[KIND_FILE] = { .act = OTHER_ACTS },
};

bool act_can(enum kind kind, enum action action)
{
	return act_kinds[kind].act[action] != NULL;
}
