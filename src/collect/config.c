/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ipctop/collect.h"
#include "ipctop/io.h"
#include "ipctop/text.h"
#include "follow.h"

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

/* Plainly where no file system is a server's, or where mounts cannot be read: then /proc is not there. */
static int open_safely(const struct mounts *mounts, const char *path, int flags)
{
	int fd;

	if (mounts && path[0] == '/')
		return follow_open(mounts, path, flags);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int add_file(struct policy *p, const struct mounts *mounts, const char *path,
		    struct buf *error)
{
	struct buf text = BUF_INIT;
	/* a FIFO must not stop us */
	int fd = open_safely(mounts, path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
	int err = fd < 0 ? fd : 0;

	if (err == -ENOENT || err == -ENOTDIR)
		return 0;
	if (err == -EREMOTE) {
		complain(error, path, "left out", "a network or FUSE file system, which might not "
			 "answer, is on its way");
		return err;
	}
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

int config_add_file(struct policy *p, const char *path, struct buf *error)
{
	return add_file(p, NULL, path, error);
}

/* A home that may not even be entered is somebody else's, as after setpriv or su. */
static bool is_anothers(const struct mounts *mounts, const char *home)
{
	int fd = open_safely(mounts, home, O_PATH | O_DIRECTORY);
	bool denied;

	if (fd < 0)
		return fd == -EACCES;
	denied = faccessat(fd, ".", X_OK, AT_EACCESS) && errno == EACCES;
	close(fd);
	return denied;
}

/* The user's file; empty: there is no place for one. */
static void user_file(const struct mounts *mounts, struct buf *path)
{
	const char *base = secure_getenv("XDG_CONFIG_HOME");
	const char *below = "";

	if (!base || base[0] != '/') {
		base = secure_getenv("HOME");
		below = "/.config";
	}
	if (base && base[0] == '/' && !is_anothers(mounts, base))
		buf_printf(path, "%s%s/ipctop/ipctop.conf", base, below);
}

static int load(struct policy *p, const struct mounts *mounts, const char *const *paths,
		struct buf *error)
{
	const struct policy_mark mark = policy_mark(p);
	int err = 0, left_out = 0;

	for (; !err && *paths; paths++) {
		err = add_file(p, mounts, *paths, error);
		if (err == -EREMOTE) {
			left_out = err;
			err = 0;
		}
	}
	if (!err)
		err = policy_ready(p, error);
	if (err)
		policy_undo(p, &mark);
	return err ? err : left_out;
}

int config_load(struct policy *p, const char *const *paths, struct buf *error)
{
	return load(p, NULL, paths, error);
}

int policy_load(struct policy *p, struct buf *error)
{
	struct buf user = BUF_INIT;
	const char *paths[] = { SYSTEM_FILE, NULL, NULL };
	struct table own = { 0 };
	const struct mounts *mounts = NULL;
	int err;

	if (!mounts_read_own(&own) && mounts_any_server(own.rows))
		mounts = own.rows;
	user_file(mounts, &user);
	if (user.len)
		paths[1] = user.s;
	err = load(p, mounts, paths, error);
	mounts_release(&own);
	buf_release(&user);
	return err;
}
