/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef COLLECT_CGROUP_H
#define COLLECT_CGROUP_H

#include <stdbool.h>
#include "ipctop/buf.h"

/*
 * What a control group's path tells. Pure. Each appends to @out and gives true, or
 * gives false where the path tells nothing.
 */

/* The systemd unit: the first service, scope and the like on the way, as sd_pid_get_unit(3). */
bool cgroup_unit(const char *path, struct buf *out);
/*
 * The container: the first 12 digits of its id, as container tools show it, for Docker, Podman,
 * CRI-O, containerd and Kubernetes; the name for LXC and systemd-nspawn.
 */
bool cgroup_container(const char *path, struct buf *out);

#endif
