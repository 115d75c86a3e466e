/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cgroup.h"

#include <ctype.h>

#define ID_SHORT 12
#define ID_LONG 64

/* One component of a path: its text and length; false at the end. */
static bool next_component(const char **path, const char **at, size_t *len)
{
	*at = *path + strspn(*path, "/");
	*len = strcspn(*at, "/");
	*path = *at + *len;
	return *len > 0;
}

static bool ends_with(const char *s, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len > n && !memcmp(s + len - n, end, n);
}

/* systemd escapes names that could be taken for files of the kernel with a '_'. */
static void put_unescaped(struct buf *out, const char *s, size_t len)
{
	if (len && s[0] == '_') {
		s++;
		len--;
	}
	buf_add(out, s, len);
}

bool cgroup_unit(const char *path, struct buf *out)
{
	static const char *const types[] = { ".service", ".scope", ".socket", ".mount", ".swap" };
	const char *at;
	size_t len;

	while (next_component(&path, &at, &len)) {
		for (unsigned int i = 0; i < ARRAY_SIZE(types); i++) {
			if (ends_with(at, len, types[i])) {
				put_unescaped(out, at, len);
				return true;
			}
		}
	}
	return false;
}

/* 64 hexadecimal digits, at @s and not longer. */
static bool is_id(const char *s, size_t len)
{
	for (size_t i = 0; i < ID_LONG; i++)
		if (i >= len || !isxdigit((unsigned char)s[i]))
			return false;
	return len == ID_LONG || s[ID_LONG] == '.';
}

bool cgroup_container(const char *path, struct buf *out)
{
	/* "" stands for a bare id: Docker with cgroupfs, Kubernetes */
	static const char *const by_id[] = {
		"docker-", "libpod-", "crio-", "cri-containerd-", "",
	};
	static const char *const by_name[] = { "lxc.payload.", "machine-" };
	const char *at;
	size_t len;

	while (next_component(&path, &at, &len)) {
		for (unsigned int i = 0; i < ARRAY_SIZE(by_id); i++) {
			size_t n = strlen(by_id[i]);

			if (len >= n && !strncmp(at, by_id[i], n) && is_id(at + n, len - n)) {
				buf_add(out, at + n, ID_SHORT);
				return true;
			}
		}
		for (unsigned int i = 0; i < ARRAY_SIZE(by_name); i++) {
			size_t n = strlen(by_name[i]), end = len;

			if (len <= n || strncmp(at, by_name[i], n))
				continue;
			if (ends_with(at, len, ".scope"))
				end -= strlen(".scope");
			buf_add(out, at + n, end - n);
			return true;
		}
	}
	return false;
}
