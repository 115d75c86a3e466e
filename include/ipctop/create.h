/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_CREATE_H
#define IPCTOP_CREATE_H

#include "ipctop/newfile.h"
#include "ipctop/snapshot.h"

/*
 * Making objects, new ones and those that come back from a file. Nothing that exists is touched or given
 * (-EEXIST). A file of /dev/shm appears under its name when it is whole, with its owner and mode; what the
 * kernel makes visible at once has a mode that keeps others away until then. What fails midway is removed.
 * One thread.
 */
struct newborn {
	enum kind kind;
	int id;				/* of System V; else -1 */
	struct newfile file;		/* its descriptor, of POSIX kinds; .fd -1: closed */
	void *map;			/* NULL: not mapped */
	uint64_t length;		/* of @map */
	bool own_folder;		/* the folder of @file is closed with it */
};

struct creation {
	enum kind kind;
	/* System V */
	uint32_t key;			/* 0: none */
	bool random_key;		/* one that is not in use, which is in @key then */
	int flags;			/* of shmget(2): huge pages */
	/* POSIX kinds, and files on hugetlbfs */
	const char *path;		/* "/name", raw bytes */
	int folder;			/* where files are made, the caller's; -1: /dev/shm, by @path */
	const char *last;		/* the name in @folder */
	bool reserve;			/* POSIX shared memory: all pages now, not when they are touched */

	/* bytes of memory; of a message of a POSIX queue at most, 0: as the kernel has it */
	uint64_t size;
	uint64_t count;			/* semaphores; messages of a POSIX queue at most, 0: as the kernel has it */
	uint64_t value;			/* of each semaphore */
	uint64_t max_bytes;		/* in a queue of System V; 0: as the kernel has it */

	uint32_t mode;
	bool has_uid, has_gid;		/* whose it becomes; else the caller's */
	uint32_t uid, gid;
	bool owner_optional;		/* where it cannot be given away, the caller keeps it */
	bool given;			/* result: @uid and @gid own it */

	bool hold;			/* the caller has it attached, or open, afterwards */
	bool map;			/* memory of System V: @fill wants it attached */
	/* What it is to have in it before anybody sees it as whole; 0, or -errno with a sentence. */
	int (*fill)(const struct creation *c, const struct newborn *n, struct buf *error);
	void *arg;			/* @fill's */
};

/* How people say what is to be made; NULL: not said. */
struct create_words {
	const char *size, *count, *value, *max_bytes, *max_messages, *message_size, *mode, *key, *name;
	bool reserve;
};
/* The kinds (KIND_BIT) that people can make, and that can be held. */
#define CREATE_KINDS	(KIND_BIT(KIND_SHM) | KIND_BIT(KIND_SEM) | KIND_BIT(KIND_MSG) | KIND_BIT(KIND_POSIX_SHM) | \
			 KIND_BIT(KIND_POSIX_SEM) | KIND_BIT(KIND_POSIX_MQ))
#define CREATE_HOLDS	(CREATE_KINDS & ~(KIND_BIT(KIND_SEM) | KIND_BIT(KIND_MSG)))
/*
 * Read @words into @c, whose kind is set; *@path is what @c refers to, freed by the caller. Pure. 0, or -EINVAL
 * with a sentence.
 */
int create_read(const struct create_words *words, struct creation *c, char **path, struct buf *error) __must_check;

/*
 * 0 and @n (create_release), or -errno with a sentence that says which limit stands against it, where one
 * does.
 */
int create_object(struct creation *c, struct newborn *n, struct buf *error) __must_check;
/* Append the name by which other commands know it. */
void create_name(struct buf *out, const struct creation *c, const struct newborn *n);
/* Let go of it: it stays without a holder. */
void create_release(struct newborn *n);
/* Remove it, if it is still there and the same; 0, -ENOENT, -ESTALE (another has its name), or -errno. */
int create_undo(const struct creation *c, const struct newborn *n) __must_check;
/* Whether a segment goes with the process that made it, unless it is attached (kernel.shm_rmid_forced). */
bool create_goes_with_maker(void);

#endif
