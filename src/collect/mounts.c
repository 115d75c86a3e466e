/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mounts of all mount namespaces in sight: /proc/PID/mountinfo, proc(5). */
#include "pass.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "ipctop/io.h"

#define MOUNTINFO_MAX (64 << 20)

/* mountinfo writes blanks and backslashes in octal. In place. */
static char *unescape(char *s)
{
	char *to = s, *from = s;

	while (*from) {
		if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] && from[3]) {
			*to++ = (from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0');
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
	return s;
}

/* File systems whose server may be away. A trailing '.' also takes what follows: fuse.sshfs. */
static bool is_remote(const char *type)
{
	static const char *const remote[] = {
		"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse", "fuseblk", "fuse.", "9p", "ceph",
		"afs", "coda", "ncpfs", "lustre", "gpfs", "beegfs", "orangefs", "glusterfs", "autofs",
		"virtiofs", "vboxsf", "vmhgfs", "pvfs2", "panfs", "wekafs", "ocfs2", "gfs2", "acfs",
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(remote); i++) {
		size_t len = strlen(remote[i]);

		if (!strcmp(type, remote[i]) ||
		    (remote[i][len - 1] == '.' && !strncmp(type, remote[i], len)))
			return true;
	}
	return false;
}

static void add_mount(struct mounts *mounts, char *line)
{
	char *fields[6], *separator = strstr(line, " - "), *rest;
	struct mount m = { 0 };
	unsigned int maj, min, n = 0;

	if (!separator)
		return;
	*separator = '\0';
	rest = separator + 3;
	while (n < ARRAY_SIZE(fields) && (fields[n] = strsep(&line, " ")))
		n++;
	if (n < ARRAY_SIZE(fields) || sscanf(fields[2], "%u:%u", &maj, &min) != 2)
		return;
	m.device = makedev(maj, min);
	m.root = xstrdup(unescape(fields[3]));
	m.point = xstrdup(unescape(fields[4]));
	m.type = xstrdup(strsep(&rest, " "));
	m.source = xstrdup(rest ? unescape(strsep(&rest, " ")) : "");
	m.options = xstrdup(rest ? unescape(rest) : "");
	m.remote = is_remote(m.type);
	*(struct mount *)table_add(&mounts->rows, sizeof(m)) = m;
	mounts->remote |= m.remote;
}

static int read_mounts(uint32_t pid, struct mounts *mounts)
{
	struct buf text = BUF_INIT;
	char path[40], *rest, *line;
	int rc;

	if (pid)
		snprintf(path, sizeof(path), "/proc/%u/mountinfo", pid);
	else
		snprintf(path, sizeof(path), "/proc/self/mountinfo");
	rc = io_read_file(AT_FDCWD, path, &text, MOUNTINFO_MAX);
	if (!rc) {
		rest = text.s;
		while ((line = strsep(&rest, "\n")))
			add_mount(mounts, line);
	}
	buf_release(&text);
	return rc;
}

static struct mounts *mounts_of(struct pass *p, uint64_t mnt_ns)
{
	struct mounts *m = p->mounts.rows;

	for (uint32_t i = 0; i < p->mounts.count; i++)
		if (m[i].mnt_ns == mnt_ns)
			return &m[i];
	return NULL;
}

static bool in_user_ns(uint32_t pid, const struct stat *user_ns)
{
	char path[40];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%u/ns/user", pid);
	return !stat(path, &st) && st.st_ino == user_ns->st_ino && st.st_dev == user_ns->st_dev;
}

/* @user_ns: through processes that are in that one only; NULL: through any. */
static void read_others(struct pass *p, const struct stat *user_ns)
{
	struct mounts *m;
	int rc;

	for (uint32_t i = 0; i < p->c->tasks.count; i++) {
		const struct task *t = pass_task(p, i);

		if (!t->mnt_ns || t->gone || mounts_of(p, t->mnt_ns) ||
		    (user_ns && !in_user_ns(t->pid, user_ns)))
			continue;
		m = table_add(&p->mounts, sizeof(*m));
		m->mnt_ns = t->mnt_ns;
		m->pid = t->pid;
		rc = read_mounts(t->pid, m);
		if (rc < 0 && rc != -ENOENT && rc != -ESRCH)
			snapshot_gap(p->s, "mounts", -rc, t->pid);
		if (rc < 0)
			m->mnt_ns = 0;	/* another member may be readable */
	}
}

void mounts_read(struct pass *p)
{
	struct mounts *m = table_add(&p->mounts, sizeof(*m));
	struct stat user_ns;
	int rc;

	m->mnt_ns = p->c->mnt_ns;
	rc = read_mounts(0, m);
	if (rc < 0)
		snapshot_gap(p->s, "mounts", -rc, 0);
	/* in a user namespace of his own anybody may change his root, and with it what he tells of mounts */
	if (!stat("/proc/self/ns/user", &user_ns))
		read_others(p, &user_ns);
	read_others(p, NULL);
}

int mounts_read_of(uint32_t pid, struct table *mounts)
{
	return read_mounts(pid, table_add(mounts, sizeof(struct mounts)));
}

void mounts_release(struct table *mounts)
{
	struct mounts *m = mounts->rows;

	for (uint32_t i = 0; i < mounts->count; i++) {
		struct mount *row = m[i].rows.rows;

		for (uint32_t k = 0; k < m[i].rows.count; k++) {
			free(row[k].root);
			free(row[k].point);
			free(row[k].type);
			free(row[k].source);
			free(row[k].options);
		}
		table_release(&m[i].rows);
	}
	table_release(mounts);
}

const char *mounts_type(const struct pass *p, uint64_t device)
{
	const struct mounts *m = p->mounts.rows;

	for (uint32_t i = 0; i < p->mounts.count; i++) {
		const struct mount *row = m[i].rows.rows;

		for (uint32_t k = 0; k < m[i].rows.count; k++)
			if (row[k].device == device)
				return row[k].type;
	}
	return NULL;
}

static uint64_t print_word(uint64_t h, uint64_t word)
{
	return ((h ^ word) * 0x9e3779b97f4a7c15ULL) ^ h >> 29;
}

uint64_t mounts_print(const struct pass *p)
{
	const struct shared_fs *fs = p->filesystems.rows;
	const struct mounts *m = p->mounts.rows;
	uint64_t h = p->filesystems.count;

	for (uint32_t i = 0; i < p->filesystems.count; i++)
		h = print_word(print_word(h, fs[i].device), fs[i].type);
	for (uint32_t i = 0; i < p->mounts.count; i++) {
		const struct mount *row = m[i].rows.rows;

		for (uint32_t k = 0; k < m[i].rows.count; k++) {
			h = print_word(h, row[k].device);
			for (const char *type = row[k].type; *type; type++)
				h = print_word(h, *type);
		}
	}
	return h;
}

static bool is_below(const char *path, const char *point)
{
	size_t len = strlen(point);

	if (len == 1)
		return true;
	return !strncmp(path, point, len) && (!path[len] || path[len] == '/');
}

bool mounts_pass_server(const struct mounts *set, const char *path, bool root)
{
	const struct mount *row = set->rows.rows;

	if (!set->rows.count)
		return true;	/* nothing is known of the way */
	for (uint32_t k = 0; set->remote && k < set->rows.count; k++)
		if (row[k].remote && is_below(path, row[k].point) &&
		    (root || row[k].point[1]))
			return true;
	return false;
}

bool mounts_any_server(const struct mounts *set)
{
	const struct mount *row = set->rows.rows;

	for (uint32_t k = 0; k < set->rows.count; k++)
		if (row[k].point[1] && is_remote(row[k].type))
			return true;
	return false;
}

bool mounts_may_hang(const struct pass *p, const char *path)
{
	return mounts_pass_server(p->mounts.rows, path, true);
}

/* The value of "key=" in mount options; its length in @len. */
static const char *option_value(const char *options, const char *key, size_t *len)
{
	size_t n = strlen(key);

	for (const char *at = options; at && *at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
		if (strncmp(at, key, n))
			continue;
		*len = strcspn(at + n, ",");
		return at + n;
	}
	return NULL;
}

bool mounts_owner_told(const struct mounts *set, uint64_t device)
{
	const struct mount *m = set->rows.rows;

	for (uint32_t k = 0; k < set->rows.count; k++) {
		const char *user;
		size_t len;

		if (m[k].device != device)
			continue;
		if (strncmp(m[k].type, "fuse", 4))
			return true;
		user = option_value(m[k].options, "user_id=", &len);
		return user && (strtoull(user, NULL, 10) == 0 || strtoull(user, NULL, 10) == geteuid());
	}
	return false;
}

/* Whether @o stands in one of the layers that an overlay's options name. */
static bool is_layer(const struct object *o, const struct mount *m)
{
	static const char *const keys[] = { "lowerdir=", "upperdir=", "workdir=", "lowerdir+=" };

	if (!o->path || strcmp(m->type, "overlay"))
		return false;
	for (unsigned int i = 0; i < ARRAY_SIZE(keys); i++) {
		size_t len = 0;
		const char *dirs = option_value(m->options, keys[i], &len);

		while (dirs && len) {
			size_t n = strcspn(dirs, ":,");
			size_t skip = n < len ? n + 1 : len;

			if (n && !strncmp(o->path, dirs, n) && o->path[n] == '/')
				return true;
			dirs += skip;
			len -= skip;
		}
	}
	return false;
}

static uint64_t hash_of(const char *name)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 0x100000001b3ULL;
	return h;
}

/* Files that are roots of mounts, by device and name; two names with one hash: both count. */
static void find_sources(const struct pass *p, struct index *files, struct table *overlays)
{
	const struct mounts *sets = p->mounts.rows;

	for (uint32_t i = 0; i < p->mounts.count; i++) {
		const struct mount *m = sets[i].rows.rows;

		for (uint32_t k = 0; k < sets[i].rows.count; k++) {
			if (!strcmp(m[k].type, "overlay"))
				*(const struct mount **)table_add(overlays, sizeof(void *)) = &m[k];
			else if (m[k].root[0] == '/' && m[k].root[1] && files_fs(p, m[k].device))
				index_add(files, m[k].device, hash_of(m[k].root + 1), 0, 0);
		}
	}
}

void mounts_mark(struct pass *p)
{
	struct index files = { 0 };
	struct table overlays = { 0 };

	/* anybody can make a hundred thousand mounts, and as many files: no file is held against each */
	find_sources(p, &files, &overlays);
	for (uint32_t i = 0; (files.used || overlays.count) && i < snapshot_count(p->s, CLASS_OBJECT); i++) {
		struct object *o = snapshot_object(p->s, i);
		const struct where *w = pass_where(p, i);
		const struct mount *const *m = overlays.rows;

		if (!w->fs || !w->below)
			continue;
		o->evidence.mounted = index_find(&files, o->device, hash_of(w->below), 0);
		for (uint32_t k = 0; k < overlays.count && !o->evidence.mounted; k++)
			o->evidence.mounted = is_layer(o, m[k]);
	}
	index_release(&files);
	table_release(&overlays);
}
