/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "room.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "ipctop/io.h"
#include "ipctop/units.h"

/* Where control groups are mounted: systemd's places, and those of version 1 beside. */
static const struct hierarchy {
	const char *controller;		/* as /proc/PID/cgroup has it */
	const char *mounts[2];
} unified = { "", { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" } },
	memory = { "memory", { "/sys/fs/cgroup/memory" } };

static bool has_word(const char *list, size_t n, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = list; at <= list + n - len; at++)
		if (!strncmp(at, word, len) && (at + len == list + n || at[len] == ',') &&
		    (at == list || at[-1] == ','))
			return true;
	return false;
}

/* "4:memory:/path", "0::/path": the path of the group of @pid, or false. */
static bool group_path(pid_t pid, const struct hierarchy *h, struct buf *path)
{
	struct buf text = BUF_INIT;
	bool found = false;
	char name[40], *rest, *line;

	snprintf(name, sizeof(name), "/proc/%d/cgroup", (int)pid);
	if (io_read_file(AT_FDCWD, name, &text, 1 << 20))
		return false;
	rest = text.s;
	while (!found && (line = strsep(&rest, "\n"))) {
		char *list = strchr(line, ':');
		char *end = list ? strchr(list + 1, ':') : NULL;

		if (!end)
			continue;
		found = *h->controller ? has_word(list + 1, end - list - 1, h->controller) : end == list + 1;
		if (found)
			buf_puts(path, end + 1);
	}
	buf_release(&text);
	return found;
}

/* The first word of FILE of a group; false: it is not there. */
static bool read_word(const struct hierarchy *h, const char *group, const char *file, struct buf *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(h->mounts) && h->mounts[i]; i++) {
		struct buf path = BUF_INIT;
		int rc;

		buf_printf(&path, "%s%s/%s", h->mounts[i], group, file);
		buf_reset(text);
		rc = io_read_file(AT_FDCWD, path.s, text, 1 << 16);
		buf_release(&path);
		if (!rc)
			return true;
	}
	return false;
}

static bool read_number(const struct hierarchy *h, const char *group, const char *file, uint64_t *value)
{
	struct buf text = BUF_INIT;
	bool is_number;
	char *end;

	if (!read_word(h, group, file, &text)) {
		buf_release(&text);
		return false;
	}
	*value = strtoull(text.s, &end, 10);
	is_number = end != text.s;	/* else "max" */
	buf_release(&text);
	return is_number;
}

/* "NAME VALUE" in a file of such lines. */
static uint64_t read_stat(const struct hierarchy *h, const char *group, const char *file, const char *name)
{
	struct buf text = BUF_INIT;
	size_t n = strlen(name);
	uint64_t value = 0;
	char *rest, *line;

	if (read_word(h, group, file, &text)) {
		rest = text.s;
		while ((line = strsep(&rest, "\n")))
			if (!strncmp(line, name, n) && line[n] == ' ')
				value = strtoull(line + n + 1, NULL, 10);
	}
	buf_release(&text);
	return value;
}

/* The least that is free in the group and those above it; file pages that nobody uses give way. */
static uint64_t free_in_groups(pid_t pid, const struct hierarchy *h, const char *limit_file,
			       const char *use_file, const char *cache_name)
{
	struct buf group = BUF_INIT;
	uint64_t least = UINT64_MAX, limit, use;
	char *slash;

	if (!group_path(pid, h, &group)) {
		buf_release(&group);
		return least;
	}
	for (;;) {
		if (read_number(h, group.s, limit_file, &limit) && read_number(h, group.s, use_file, &use)) {
			uint64_t cache = read_stat(h, group.s, "memory.stat", cache_name);
			uint64_t held = use > cache ? use - cache : 0, spare = limit > held ? limit - held : 0;

			least = spare < least ? spare : least;
		}
		slash = group.len ? strrchr(group.s, '/') : NULL;
		if (!slash || group.len <= 1)
			break;
		*slash = '\0';
		group.len = slash - group.s;
	}
	buf_release(&group);
	return least;
}

static uint64_t available(void)
{
	struct buf text = BUF_INIT;
	uint64_t kib = UINT64_MAX / 1024;
	const char *at;

	if (!io_read_file(AT_FDCWD, "/proc/meminfo", &text, 1 << 16)) {
		at = strstr(text.s, "\nMemAvailable:");
		if (at)
			kib = strtoull(at + 14, NULL, 10);
	}
	buf_release(&text);
	return kib * 1024;
}

static int refuse(uint64_t bytes, uint64_t spare, const char *where, struct buf *why)
{
	buf_puts(why, where);
	units_put_size(why, spare, false);
	buf_puts(why, " free, the copy needs ");
	units_put_size(why, bytes, false);
	return -ENOMEM;
}

int room_check(pid_t pid, uint64_t bytes, struct buf *why)
{
	uint64_t spare = available(), two, one;

	if (spare < bytes)
		return refuse(bytes, spare, "no room for the copy: the machine has ", why);
	two = free_in_groups(pid, &unified, "memory.max", "memory.current", "inactive_file");
	one = free_in_groups(pid, &memory, "memory.limit_in_bytes", "memory.usage_in_bytes",
			     "total_inactive_file");
	spare = two < one ? two : one;
	return spare < bytes ? refuse(bytes, spare, "no room for the copy: its memory cgroup has ", why) : 0;
}

bool room_frozen(pid_t pid)
{
	struct buf group = BUF_INIT;
	bool frozen = group_path(pid, &unified, &group) &&
		      read_stat(&unified, group.s, "cgroup.events", "frozen") == 1;

	buf_release(&group);
	return frozen;
}
