/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What systemd-logind would remove when its owner logs out. */
#include "logind.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include "follow.h"
#include "ipctop/io.h"

#define LARGEST	(1024 * 1024)
#define REMOVED	(KIND_BIT(KIND_SHM) | KIND_BIT(KIND_SEM) | KIND_BIT(KIND_MSG) | \
		 KIND_BIT(KIND_POSIX_SHM) | KIND_BIT(KIND_POSIX_SEM) | KIND_BIT(KIND_POSIX_MQ))

static int open_at(const struct logind *l, const char *path, int flags)
{
	struct buf whole = BUF_INIT;
	int fd;

	buf_printf(&whole, "%s%s", l->root, path);
	if (l->mounts) {
		fd = follow_open(l->mounts, whole.s, flags);
	} else {
		fd = open(whole.s, flags | O_CLOEXEC);
		fd = fd < 0 ? -errno : fd;
	}
	buf_release(&whole);
	return fd;
}

static bool is_absent(int rc)
{
	return rc == -ENOENT || rc == -ENOTDIR;
}

static bool is_folder(const struct logind *l, const char *path)
{
	int fd = open_at(l, path, O_PATH | O_DIRECTORY);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

bool logind_there(const struct logind *l)
{
	return is_folder(l, "/run/systemd/system") && is_folder(l, "/run/systemd/seats");
}

/* Its words for true and false; others change nothing. */
static void parse_bool(const char *word, bool *value)
{
	static const char *const yes[] = { "1", "yes", "y", "true", "t", "on" };
	static const char *const no[] = { "0", "no", "n", "false", "f", "off" };

	for (unsigned int i = 0; i < ARRAY_SIZE(yes); i++) {
		if (!strcasecmp(word, yes[i]))
			*value = true;
		if (!strcasecmp(word, no[i]))
			*value = false;
	}
}

static char *strip(char *s)
{
	static const char blanks[] = " \t\r\n";
	size_t n;

	s += strspn(s, blanks);
	for (n = strlen(s); n && strchr(blanks, s[n - 1]); n--)
		;
	s[n] = '\0';
	return s;
}

static void parse_line(char *line, bool *ours, bool *removes)
{
	char *value;

	line = strip(line);
	if (*line == '[')
		*ours = !strcmp(line, "[Login]");
	value = strchr(line, '=');
	if (!*ours || !value)
		return;
	*value++ = '\0';
	if (!strcmp(strip(line), "RemoveIPC"))
		parse_bool(strip(value), removes);
}

/* A backslash at the end goes on in the next line (systemd.syntax(7)), comments between do not. */
void logind_parse(const char *text, bool *removes)
{
	char *copy = xstrdup(text), *rest = copy, *line;
	struct buf joined = BUF_INIT;
	bool ours = false;

	while ((line = strsep(&rest, "\n"))) {
		const char *first = line + strspn(line, " \t\r");
		size_t n = strlen(line);

		if (*first == '#' || *first == ';')
			continue;
		buf_add(&joined, line, n);
		if (n && line[n - 1] == '\\') {
			joined.s[joined.len - 1] = ' ';
			continue;
		}
		parse_line(joined.s, &ours, removes);
		buf_reset(&joined);
	}
	parse_line(joined.s, &ours, removes);
	buf_release(&joined);
	free(copy);
}

/* 0 also for one that is not there; *@found whether it is. */
static int read_file(const struct logind *l, const char *path, bool *removes, bool *found)
{
	struct buf text = BUF_INIT;
	/* a FIFO must not stop us */
	int fd = open_at(l, path, O_RDONLY | O_NOCTTY | O_NONBLOCK), rc = fd < 0 ? fd : 0;

	*found = !is_absent(rc);
	if (is_absent(rc))
		return 0;
	if (!rc)
		rc = io_read_fd(fd, &text, LARGEST);
	if (!rc)
		logind_parse(text.s, removes);
	if (fd >= 0)
		close(fd);
	buf_release(&text);
	return rc;
}

/* In the order in which one hides another of its name. */
static const char *const folders[] = {
	"/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd",
};

struct dropin {
	char *name;
	unsigned int folder;
};

static int compare_dropins(const void *pa, const void *pb)
{
	const struct dropin *a = pa, *b = pb;
	int order = strcmp(a->name, b->name);

	return order ? order : (a->folder > b->folder) - (a->folder < b->folder);
}

static bool is_dropin(const char *name)
{
	size_t n = strlen(name);

	return name[0] != '.' && n > strlen(".conf") && !strcmp(name + n - strlen(".conf"), ".conf");
}

static DIR *open_folder(const struct logind *l, const char *path, int *rc)
{
	int fd = open_at(l, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	*rc = fd < 0 ? (is_absent(fd) ? 0 : fd) : dir ? 0 : -ENOMEM;
	if (fd >= 0 && !dir)
		close(fd);
	return dir;
}

static int list_dropins(const struct logind *l, unsigned int folder, struct table *dropins)
{
	struct buf path = BUF_INIT;
	struct dirent *e;
	DIR *dir;
	int rc;

	buf_printf(&path, "%s/logind.conf.d", folders[folder]);
	dir = open_folder(l, path.s, &rc);
	buf_release(&path);
	while (dir && (e = readdir(dir))) {
		if (is_dropin(e->d_name))
			*(struct dropin *)table_add(dropins, sizeof(struct dropin)) =
				(struct dropin){ .name = xstrdup(e->d_name), .folder = folder };
	}
	if (dir)
		closedir(dir);
	return rc;
}

static int read_dropins(const struct logind *l, struct table *dropins, bool *removes)
{
	struct dropin *d = dropins->rows;
	int rc = 0;

	if (dropins->count)
		qsort(d, dropins->count, sizeof(*d), compare_dropins);
	for (uint32_t i = 0; i < dropins->count && !rc; i++) {
		struct buf path = BUF_INIT;
		bool found;

		/* hidden by one of the same name */
		if (i && !strcmp(d[i].name, d[i - 1].name))
			continue;
		buf_printf(&path, "%s/logind.conf.d/%s", folders[d[i].folder], d[i].name);
		rc = read_file(l, path.s, removes, &found);
		buf_release(&path);
	}
	return rc;
}

/* Of several main files only the first counts; drop-ins come later, and the last word is theirs. */
static int read_main(const struct logind *l, bool *removes)
{
	bool found = false;
	int rc = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(folders) && !found && !rc; i++) {
		struct buf path = BUF_INIT;

		buf_printf(&path, "%s/logind.conf", folders[i]);
		rc = read_file(l, path.s, removes, &found);
		buf_release(&path);
	}
	return rc;
}

int logind_removes(const struct logind *l, bool *removes)
{
	struct table dropins = { 0 };
	int rc;

	*removes = true;
	rc = read_main(l, removes);
	for (unsigned int i = 0; i < ARRAY_SIZE(folders) && !rc; i++)
		rc = list_dropins(l, i, &dropins);
	if (!rc)
		rc = read_dropins(l, &dropins, removes);
	for (uint32_t i = 0; i < dropins.count; i++)
		free(((struct dropin *)dropins.rows)[i].name);
	table_release(&dropins);
	return rc;
}

int logind_lingering(const struct logind *l, struct table *names)
{
	struct dirent *e;
	int rc;
	DIR *dir = open_folder(l, "/var/lib/systemd/linger", &rc);

	while (dir && (e = readdir(dir)))
		if (e->d_name[0] != '.')
			*(char **)table_add(names, sizeof(char *)) = xstrdup(e->d_name);
	if (dir)
		closedir(dir);
	return rc;
}

/*
 * System users, as systemd is usually built; nobody (65534) is none. The users of DynamicUser= have no
 * logins (systemd's doc/UIDS-GIDS).
 */
bool logind_spares(uint64_t uid)
{
	return uid <= 999 || (uid >= 61184 && uid <= 65519);
}

/* What a pass asks of it, once. */
struct danger {
	struct pass *p;
	struct logind l;
	bool there;
	int removes_rc, lingering_rc;
	bool removes;
	struct table lingering;
	bool foreign_ipc;		/* the init that it serves has another IPC namespace than the reader */
};

static bool lingers(const struct danger *d, const char *user)
{
	char *const *names = d->lingering.rows;

	for (uint32_t i = 0; i < d->lingering.count; i++)
		if (!strcmp(names[i], user))
			return true;
	return false;
}

/* Folders of others are not entered. */
static bool in_own_folders(const struct danger *d, const struct object *o, uint32_t i)
{
	const struct where *w = pass_where(d->p, i);
	const struct shared_fs *fs = w->fs ? (struct shared_fs *)d->p->filesystems.rows + w->fs - 1 : NULL;
	char *path;
	bool own = true;

	if (!o->evidence.subfolder || !fs || !w->below)
		return true;
	path = xstrdup(w->below);
	for (char *slash = strchr(path, '/'); slash && own; slash = strchr(slash + 1, '/')) {
		struct stat st;

		*slash = '\0';
		own = !fstatat(fs->root, path, &st, AT_SYMLINK_NOFOLLOW) && st.st_uid == o->uid;
		*slash = '/';
	}
	free(path);
	return own;
}

/*
 * It removes segments that nobody is attached to, and the files of /dev/shm, in use or not. What
 * would spare the object for sure comes before what is not known.
 */
static bool is_spared(const struct danger *d, const struct object *o, uint32_t i)
{
	if (!d->there || (!d->removes_rc && !d->removes))
		return true;
	if (FACT_KNOWN(o, uid) && logind_spares(o->uid))
		return true;
	if (FACT_KNOWN(o, user) && !d->lingering_rc && lingers(d, o->user))
		return true;
	if (kinds[o->kind].sysv)
		return d->foreign_ipc || (FACT_KNOWN(o, nattch) && o->nattch) ||
		       o->flags & OBJECT_CONDEMNED;
	return o->flags & OBJECT_UNLINKED || !FACT_KNOWN(o, path) || !in_own_folders(d, o, i);
}

static bool is_untold(const struct danger *d, const struct object *o)
{
	return d->removes_rc || d->lingering_rc || !FACT_KNOWN(o, uid) || FACT_IS_UNKNOWN(o, user);
}

static void mark(const struct danger *d, struct object *o, uint32_t i)
{
	if (!(REMOVED & KIND_BIT(o->kind)))
		return;
	/* another namespace may have a logind of its own */
	if (o->evidence.namespace_other)
		FACT_UNKNOWN(o, logout);
	else if (is_spared(d, o, i))
		FACT_SET(o, logout, false);
	else if (is_untold(d, o))
		FACT_UNKNOWN(o, logout);
	else
		FACT_SET(o, logout, true);
}

void logouts_find(struct pass *p)
{
	struct danger d = { .p = p, .l = { .root = "" } };
	int error;
	uint64_t init;

	d.l.mounts = p->mounts.count ? p->mounts.rows : NULL;
	d.there = logind_there(&d.l);
	if (d.there) {
		init = ns_inode(AT_FDCWD, "/proc/1/ns/ipc", &error);
		d.foreign_ipc = init && init != p->c->ipc_ns;
		d.removes_rc = logind_removes(&d.l, &d.removes);
		d.lingering_rc = logind_lingering(&d.l, &d.lingering);
		if (d.removes_rc || d.lingering_rc)
			snapshot_gap(p->s, "logind", d.removes_rc ? -d.removes_rc : -d.lingering_rc, 0);
	}
	for (uint32_t i = 0; i < snapshot_count(p->s, CLASS_OBJECT); i++)
		mark(&d, snapshot_object(p->s, i), i);
	for (uint32_t i = 0; i < d.lingering.count; i++)
		free(((char **)d.lingering.rows)[i]);
	table_release(&d.lingering);
}
