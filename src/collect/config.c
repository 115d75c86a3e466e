/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ipctop/collect.h"
#include "ipctop/io.h"
#include "ipctop/text.h"

#define SYSTEM_FILE	SYSCONFDIR "/ipctop/ipctop.conf"
#define LARGEST		(1024 * 1024)

static void complain(struct buf *error, const char *path, const char *what, const char *why)
{
	text_escape(error, path, strlen(path), 0);
	buf_printf(error, ": %s%s%s", what, why ? ": " : "", why ? why : "");
}

/*
 * The policy says what may be removed, so whoever can write the file decides that: with
 * $HOME of another user in the environment, root would obey him.
 */
static int check_file(int fd, const char *path, struct buf *error)
{
	struct stat st;
	int err;

	if (fstat(fd, &st)) {
		err = -errno;
		complain(error, path, "cannot be read", strerror(-err));
		return err;
	}
	if (!S_ISREG(st.st_mode)) {
		complain(error, path, "not a regular file", NULL);
		return -EINVAL;
	}
	if (st.st_uid && st.st_uid != geteuid()) {
		complain(error, path, "belongs neither to root nor to the user", NULL);
		return -EPERM;
	}
	if (st.st_mode & S_IWOTH) {
		complain(error, path, "may be written by everybody", NULL);
		return -EPERM;
	}
	return 0;
}

static int read_text(int fd, const char *path, struct buf *text, struct buf *error)
{
	int err = check_file(fd, path, error);
	size_t len;

	if (err)
		return err;
	err = io_read_fd(fd, text, LARGEST);
	if (err) {
		complain(error, path, "cannot be read", strerror(-err));
		return err;
	}
	len = strlen(text->s);
	if (len != text->len) {
		unsigned int line = 1;

		for (size_t i = 0; i < len; i++)
			line += text->s[i] == '\n';
		text_escape(error, path, strlen(path), 0);
		buf_printf(error, ":%u: expected text, not a NUL byte", line);
		return -EINVAL;
	}
	return 0;
}

int config_add_file(struct policy *p, const char *path, struct buf *error)
{
	struct buf text = BUF_INIT;
	/* a FIFO must not stop us */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int err = fd < 0 ? -errno : 0;

	if (err == -ENOENT || err == -ENOTDIR)
		return 0;
	if (err) {
		complain(error, path, "cannot be read", strerror(-err));
		return err;
	}
	err = read_text(fd, path, &text, error);
	close(fd);
	if (!err)
		err = policy_add_text(p, path, text.s, error);
	buf_release(&text);
	return err;
}

/* The user's file; empty: there is no place for one. */
static void user_file(struct buf *path)
{
	const char *base = secure_getenv("XDG_CONFIG_HOME");
	const char *below = "";

	if (!base || base[0] != '/') {
		base = secure_getenv("HOME");
		below = "/.config";
	}
	/* a home that may not even be entered is somebody else's, as after setpriv or su */
	if (base && base[0] == '/' &&
	    (!faccessat(AT_FDCWD, base, X_OK, AT_EACCESS) || errno != EACCES))
		buf_printf(path, "%s%s/ipctop/ipctop.conf", base, below);
}

int config_load(struct policy *p, const char *const *paths, struct buf *error)
{
	const struct policy_mark mark = policy_mark(p);
	int err = 0;

	for (; !err && *paths; paths++)
		err = config_add_file(p, *paths, error);
	if (!err)
		err = policy_ready(p, error);
	if (err)
		policy_undo(p, &mark);
	return err;
}

int policy_load(struct policy *p, struct buf *error)
{
	struct buf user = BUF_INIT;
	const char *paths[] = { SYSTEM_FILE, NULL, NULL };
	int err;

	user_file(&user);
	if (user.len)
		paths[1] = user.s;
	err = config_load(p, paths, error);
	buf_release(&user);
	return err;
}
