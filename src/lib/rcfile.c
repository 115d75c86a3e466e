/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipctop/rcfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ipctop/io.h"
#include "ipctop/newfile.h"
#include "ipctop/text.h"

#define LARGEST		(1024 * 1024)
#define MOST_LINKS	40	/* as path_resolution(7) */

struct rcline {
	char *text;		/* as it stands in the file, without its newline */
	char *key, *value;	/* NULL: a comment, or nothing */
};

static struct rcline *line_at(const struct rcfile *r, uint32_t i)
{
	return (struct rcline *)r->lines.rows + i;
}

static void line_release(struct rcline *l)
{
	free(l->text);
	free(l->key);
	free(l->value);
}

void rcfile_release(struct rcfile *r)
{
	for (uint32_t i = 0; i < r->lines.count; i++)
		line_release(line_at(r, i));
	table_release(&r->lines);
}

const char *rcfile_path(struct buf *path, const char *name)
{
	const char *base = secure_getenv("XDG_CONFIG_HOME");
	const char *below = "";

	if (!base || base[0] != '/') {
		base = secure_getenv("HOME");
		below = "/.config";
	}
	if (!base || base[0] != '/')
		return NULL;
	buf_printf(path, "%s%s/ipctop/%s", base, below, name);
	return base;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static size_t key_length(const char *s)
{
	return strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
}

/* What @text says, into @l. 0, or -EINVAL and in *@why what is wrong. */
static int parse_line(struct rcline *l, const char *text, const char **why)
{
	const char *key = text, *at, *end = text + strlen(text);
	struct buf value = BUF_INIT;
	size_t len;

	while (is_blank(*key))
		key++;
	if (!*key || *key == '#')
		return 0;
	len = key_length(key);
	for (at = key + len; is_blank(*at); at++)
		;
	if (!len || *at != '=') {
		*why = "expected key = value";
		return -EINVAL;
	}
	for (at++; is_blank(*at); at++)
		;
	while (end > at && is_blank(end[-1]))
		end--;
	/* a NUL would hide what stands behind it */
	if (text_unescape(&value, at, end - at) || strlen(value.s) != value.len) {
		*why = "a backslash is written as \\x5C, other bytes but NUL in the same way";
		buf_release(&value);
		return -EINVAL;
	}
	l->key = xstrndup(key, len);
	l->value = buf_detach(&value);
	return 0;
}

static void put_path(struct buf *error, const char *path)
{
	text_escape(error, path, strlen(path), 0);
	buf_puts(error, ": ");
}

static int parse_lines(struct rcfile *r, const char *path, const char *text, size_t len, struct buf *error)
{
	const char *end = text + len, *why = NULL;

	while (text < end) {
		const char *stop = memchr(text, '\n', end - text);
		size_t n = (stop ? stop : end) - text;
		struct rcline *l = table_add(&r->lines, sizeof(*l));

		l->text = xstrndup(text, n);
		if (strlen(l->text) < n)
			why = "a NUL byte is no text";
		if (why || parse_line(l, l->text, &why)) {
			text_escape(error, path, strlen(path), 0);
			buf_printf(error, ":%u: %s: '", r->lines.count, why);
			text_escape(error, l->text, strlen(l->text), 0);
			buf_putc(error, '\'');
			return -EINVAL;
		}
		text += n + 1;
	}
	return 0;
}

int rcfile_parse(struct rcfile *r, const char *path, const char *text, size_t len, struct buf *error)
{
	int rc = parse_lines(r, path, text, len, error);

	if (rc)
		rcfile_release(r);
	return rc;
}

/* Nothing but a regular file is read: a FIFO or a terminal would not end. */
static int read_text(const char *path, struct buf *text)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), rc;
	struct stat st;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	if (fstat(fd, &st))
		rc = -errno;
	else
		rc = S_ISREG(st.st_mode) ? io_read_fd(fd, text, LARGEST) : -EINVAL;
	close(fd);
	return rc;
}

int rcfile_read(struct rcfile *r, const char *path, struct buf *error)
{
	struct buf text = BUF_INIT;
	int rc = read_text(path, &text);

	if (rc) {
		put_path(error, path);
		buf_puts(error, rc == -EINVAL ? "no regular file" : strerrordesc_np(-rc));
	} else {
		rc = rcfile_parse(r, path, text.s, text.len, error);
	}
	buf_release(&text);
	return rc;
}

static struct rcline *find(const struct rcfile *r, const char *key)
{
	for (uint32_t i = r->lines.count; i-- > 0;)
		if (line_at(r, i)->key && !strcmp(line_at(r, i)->key, key))
			return line_at(r, i);
	return NULL;
}

const char *rcfile_get(const struct rcfile *r, const char *key)
{
	const struct rcline *l = find(r, key);

	return l ? l->value : NULL;
}

/* Blanks at its ends would not be read as part of it. */
static void put_value(struct buf *out, const char *value)
{
	size_t len = strlen(value);
	size_t first = value[0] == ' ', last = len > first && value[len - 1] == ' ';

	if (first)
		buf_puts(out, "\\x20");
	text_escape(out, value + first, len - first - last, 0);
	if (last)
		buf_puts(out, "\\x20");
}

static void unset(struct rcfile *r, const char *key)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->lines.count; i++) {
		struct rcline *l = line_at(r, i);

		if (l->key && !strcmp(l->key, key))
			line_release(l);
		else
			*line_at(r, n++) = *l;
	}
	r->lines.count = n;
}

int rcfile_set(struct rcfile *r, const char *key, const char *value)
{
	struct buf text = BUF_INIT;
	struct rcline *l;

	if (!*key || key[key_length(key)])
		return -EINVAL;
	if (!value) {
		unset(r, key);
		return 0;
	}
	l = find(r, key);
	/* what is as it was stays as somebody wrote it */
	if (l && !strcmp(l->value, value))
		return 0;
	if (!l)
		l = table_add(&r->lines, sizeof(*l));
	buf_printf(&text, "%s = ", key);
	put_value(&text, value);
	line_release(l);
	*l = (struct rcline){
		.text = buf_detach(&text), .key = xstrdup(key), .value = xstrdup(value),
	};
	return 0;
}

void rcfile_put(const struct rcfile *r, struct buf *out)
{
	for (uint32_t i = 0; i < r->lines.count; i++) {
		buf_puts(out, line_at(r, i)->text);
		buf_putc(out, '\n');
	}
}

static bool is_ours(uid_t uid)
{
	return uid == geteuid();
}

/* A link's target in the place of its name in @path. */
static int follow_link(struct buf *path)
{
	char target[PATH_MAX];
	ssize_t n = readlink(path->s, target, sizeof(target));
	const char *slash = strrchr(path->s, '/');

	if (n < 0 || n == sizeof(target))
		return n < 0 ? -errno : -ENAMETOOLONG;
	path->len = n && target[0] == '/' ? 0 : slash ? (size_t)(slash + 1 - path->s) : 0;
	buf_add(path, target, n);
	return 0;
}

/* Where the file itself is to be. A dotfile manager has a link at its place. */
static int follow_links(struct buf *path)
{
	int rc = 0;

	for (unsigned int i = 0; !rc && i < MOST_LINKS; i++) {
		struct stat st;

		if (lstat(path->s, &st))
			return errno == ENOENT ? 0 : -errno;
		if (!S_ISLNK(st.st_mode))
			return 0;
		if (!is_ours(st.st_uid) && st.st_uid)
			return -EPERM;
		rc = follow_link(path);
	}
	return rc ? rc : -ELOOP;
}

/* Whose folders and links on the way are gone through to make another. */
static bool is_trusted(uid_t uid)
{
	return is_ours(uid) || !uid;
}

/* The way to a folder, from the root on. */
struct way {
	int fd;
	bool led;		/* by somebody else's link: where to is his to say */
};

/* One step, to the folder @name, which is made where it is missing. */
static int step(struct way *w, const char *name)
{
	int next = openat(w->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), rc = next < 0 ? -errno : 0;
	struct stat st;

	if (rc == -ENOENT) {
		/* in another's folder it would be ours, and in his way for ever */
		if (w->led || fstat(w->fd, &st) || !is_trusted(st.st_uid))
			return -EPERM;
		if (mkdirat(w->fd, name, 0700) && errno != EEXIST)
			return -errno;
		next = openat(w->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		rc = next < 0 ? -errno : 0;
	}
	if (!rc && fstat(next, &st))
		rc = -errno;
	if (!rc && S_ISLNK(st.st_mode)) {
		w->led |= !is_trusted(st.st_uid);
		close(next);
		next = openat(w->fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		rc = next < 0 ? -errno : 0;
	}
	if (next >= 0) {
		close(w->fd);
		w->fd = next;
	}
	return rc;
}

/* Make the folders on the way to @path, as far as they are missing. */
static int make_folders(const char *path)
{
	struct way w = { .fd = open(path[0] == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC) };
	const char *slash;
	int rc = w.fd < 0 ? -errno : 0;

	for (; !rc && (slash = strchr(path, '/')); path = slash + 1) {
		char *name = xstrndup(path, slash - path);

		if (*name)
			rc = step(&w, name);
		free(name);
	}
	/* root goes nowhere at somebody's word */
	if (!rc && w.led && !geteuid())
		rc = -EPERM;
	if (w.fd >= 0)
		close(w.fd);
	return rc;
}

static int open_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? xstrndup(path, slash + 1 - path) : xstrdup(".");
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = fd < 0 ? -errno : fd;
	struct stat st;

	free(folder);
	if (fd >= 0 && (fstat(fd, &st) || !is_ours(st.st_uid))) {
		close(fd);
		rc = -EPERM;
	}
	return rc;
}

/* What is there now may be replaced, and *@mode is its mode. */
static int check_old(int folder, const char *name, mode_t *mode)
{
	struct stat st;

	*mode = 0600;
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (!is_ours(st.st_uid))
		return -EPERM;
	*mode = st.st_mode & 0777;
	return 0;
}

static int write_in(int folder, const char *name, const struct buf *text)
{
	mode_t mode;
	int rc = check_old(folder, name, &mode);

	return rc ? rc : newfile_put(folder, name, text->s, text->len, mode);
}

static int write_text(const char *path, const struct buf *text)
{
	struct buf file = BUF_INIT;
	const char *slash;
	int folder, rc;

	buf_puts(&file, path);
	rc = make_folders(file.s);
	if (!rc)
		rc = follow_links(&file);
	folder = rc ? rc : open_folder(file.s);
	if (folder >= 0) {
		slash = strrchr(file.s, '/');
		rc = write_in(folder, slash ? slash + 1 : file.s, text);
		close(folder);
	}
	buf_release(&file);
	return folder < 0 ? folder : rc;
}

int rcfile_write(const struct rcfile *r, const char *path)
{
	struct buf text = BUF_INIT;
	int rc;

	rcfile_put(r, &text);
	rc = text.len > LARGEST ? -EFBIG : write_text(path, &text);
	buf_release(&text);
	return rc;
}
