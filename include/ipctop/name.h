/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_NAME_H
#define IPCTOP_NAME_H

#include "ipctop/snapshot.h"

/*
 * Names of objects: the same string in every table, in JSON and on every command
 * line. design.md section 3 has the forms.
 */
enum name_form {
	NAME_ID,		/* shm:7 */
	NAME_KEY,		/* shm:0x00a76098 */
	NAME_PATH,		/* posix-shm:/name, file:/path, device:/path */
	NAME_INODE,		/* memfd:MAJ:MIN:INODE */
};

struct name {
	enum kind kind;
	enum name_form form;
	uint64_t id;			/* NAME_ID */
	uint64_t key;			/* NAME_KEY: never 0 */
	char *path;			/* NAME_PATH: raw bytes, begins with '/' */
	uint64_t device, inode;		/* NAME_INODE */
	bool has_ns, has_mount;
	uint64_t ns;			/* @NS */
	uint64_t mount;			/* @MAJ:MIN, as a dev_t */
};

/* Read a name. 0 (name_release), or -EINVAL with a sentence in @error: "shm:x: …". */
int name_parse(const char *text, struct name *name, struct buf *error) __must_check;
void name_release(struct name *name);
/* Append the canonical text of @name. name_parse reads it back the same. */
void name_put(struct buf *out, const struct name *name);

#endif
