/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_REACH_H
#define IPCTOP_REACH_H

#include <stdbool.h>
#include <stdint.h>
#include "ipctop/snapshot.h"

/*
 * Ways to what a snapshot told of, also in other namespaces, for who acts on it. To find one takes a look
 * at all processes, so what was found, and that nothing was, is remembered until reach_free; the
 * descriptors are closed with it. One thread.
 */
struct reach;
struct reach *reach_new(void);
void reach_free(struct reach *r);
/*
 * A descriptor (O_PATH) of the folder that is /dev/shm with device number @device: the reader's
 * own, or another mount namespace's through one of its processes; or of the queues of an IPC namespace,
 * as a mount of its own. -ENOENT: none has it.
 */
int reach_folder(struct reach *r, uint64_t device) __must_check;
/* A descriptor of the IPC namespace with inode number @ns, for setns(2). -ENOENT: not in sight. */
int reach_ipc_ns(struct reach *r, uint64_t ns) __must_check;

/*
 * A mount (O_PATH) of the queues of the thread's IPC namespace, which closing takes away. -EPERM: it may not mount,
 * -ENODEV: the kernel has no POSIX queues; fsopen(2). Any thread.
 */
int mqueue_mount(void) __must_check;

/*
 * A pidfd of the process that the row @p told of, by its number and start time: pidfd_open(2). -ESRCH: it has
 * gone, and its number may be another's. Any thread.
 */
int reach_process(const struct process *p) __must_check;
/*
 * Whether the process of that pidfd has ended, all its threads (pidfd_open(2), POLLIN). One that seems to is given
 * 2 seconds for it: a thread that is gone, or a leader, tells nothing of a process. Any thread.
 */
bool reach_ended(int pidfd);
/*
 * Where that process maps @o shared now, in the order of addresses: rows of struct reach_mapping in @rows,
 * which the caller releases. 0; -ESRCH; -EAGAIN: it has no memory just now, since it ends or its threads come and
 * go; or -errno of reading. Any thread.
 */
struct reach_mapping {
	uint64_t start, length, offset;	/* bytes */
};
int reach_mappings(const struct process *p, const struct object *o, struct table *rows) __must_check;

/* Whether @st is of the regular file that @o was. */
struct stat;
bool reach_is(const struct object *o, const struct stat *st);
/* The part of @path (NULL: none) below /dev/shm or /dev/mqueue, without a slash before it; NULL where it is not there. */
const char *reach_below(const char *path);

/*
 * Descriptors to read what a snapshot told of, O_NOATIME where the reader may. Nothing waits for a lease:
 * -EAGAIN where one is in the way. Files of network and FUSE file systems are opened like all others.
 *
 * By its name: -ENXIO where it has none here, -ENOENT, -ESTALE (another has it by now), or another errno.
 */
int reach_named(struct reach *r, const struct object *o) __must_check;
/* Through a process that holds it (segments, too): -ENXIO where none is known, or what the first said. */
int reach_held(const struct snapshot *s, const struct object *o) __must_check;

/*
 * Open the regular file @below of the folder @root without following links, for reading, never
 * waiting for somebody's lease: -EAGAIN where one is in the way, -ELOOP a link, -EMEDIUMTYPE no
 * regular file. @how_more: further flags of open(2). @st: what fstat(2) says of what was opened.
 */
int reach_file(int root, const char *below, int how_more, struct stat *st) __must_check;

/*
 * Open what @path leads to for reading, when it is @o: -ENOENT when that is something else, which is asked before
 * it is opened, since opening alone has effects on devices and pipes. @how: flags for the way there
 * (O_NOFOLLOW), @how_more: for opening.
 */
int reach_same(const char *path, int how, int how_more, const struct object *o) __must_check;

/*
 * Take the write lease on @fd, a file of @owner: the kernel's proof that nobody else has it open or
 * maps it (fcntl(2), F_SETLEASE). 0; -EAGAIN: somebody has; any other error is no answer. Given back by
 * lease_drop, or by closing. While it is held, openers wait: for microseconds only. SIGIO must be
 * ignored or blocked.
 */
int lease_take(int fd, uint32_t owner) __must_check;
void lease_drop(int fd);
/* Whether nobody waits to open it since: the last look before an act. */
bool lease_undisturbed(int fd) __must_check;

#endif
