/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipctop/clock.h"
#include "ipctop/collect.h"
#include "ipctop/io.h"
#include "ipctop/rcfile.h"
#include "ipctop/text.h"
#include "follow.h"

#define SYSTEM_FILE	SYSCONFDIR "/ipctop/ipctop.conf"
#define LARGEST		(1024 * 1024)
#define PATIENCE_S	2

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

/* Whoever runs the server could say that the file is root's. */
static int check_server(int fd, const struct mounts *mounts, const char *path, struct buf *error)
{
	struct stat st;

	if (!fstat(fd, &st) && mounts_owner_told(mounts, st.st_dev))
		return 0;
	complain(error, path, "left out", "it is on another user's FUSE file system");
	return -EREMOTE;
}

/*
 * The text of a file; -ENOENT: there is none, without a sentence. -EREMOTE: by a @server of another user;
 * or, where a server may not be asked, one is on the way, without a sentence.
 */
static int read_file(const struct mounts *mounts, bool server, const char *path, struct buf *text,
		     struct buf *error)
{
	/* a FIFO must not stop us */
	int fd = open_safely(server ? NULL : mounts, path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
	int err = fd < 0 ? fd : 0;

	if (err == -ENOTDIR)
		return -ENOENT;
	if (err == -ENOENT || err == -EREMOTE)
		return err;
	if (err) {
		complain(error, path, "cannot be read", strerror(-err));
		return err;
	}
	err = server ? check_server(fd, mounts, path, error) : 0;
	if (!err)
		err = read_text(fd, path, text, error);
	close(fd);
	return err;
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

/*
 * The file at @path, by a process of its own: only that one waits for a server that does not answer. It
 * writes an errno, and the text or a sentence. Of the parent's threads it has the one that forked; what
 * another had locked would keep it waiting, as a server would.
 */
static void answer(int out, const struct mounts *mounts, const char *home, const char *path)
{
	struct buf text = BUF_INIT, error = BUF_INIT;
	int err = home && is_anothers(NULL, home) ? -ENOENT : read_file(mounts, true, path, &text, &error);
	const struct buf *said = err ? &error : &text;

	if (!io_write(out, &err, sizeof(err)))
		(void)!io_write(out, said->s, said->len);
	_exit(0);
}

/* All that comes from @in until its end. */
static int hear(int in, struct buf *answer)
{
	const int64_t until = clock_mono_us() + PATIENCE_S * INT64_C(1000000);
	char piece[4096];
	ssize_t n = 1;

	while (n) {
		const int64_t left = until - clock_mono_us();
		struct pollfd wait = { .fd = in, .events = POLLIN };

		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&wait, 1, left / 1000 + 1) <= 0)
			continue;
		n = read(in, piece, sizeof(piece));
		if (n < 0)
			return -errno;
		buf_add(answer, piece, n);
	}
	return 0;
}

static int read_patiently(const struct mounts *mounts, const char *home, const char *path,
			  struct buf *text, struct buf *error)
{
	struct buf said = BUF_INIT;
	int pipes[2], err;
	pid_t child;

	if (pipe2(pipes, O_CLOEXEC))
		return -errno;
	child = fork();
	if (!child)
		answer(pipes[1], mounts, home, path);
	close(pipes[1]);
	err = child < 0 ? -EAGAIN : hear(pipes[0], &said);
	close(pipes[0]);
	if (child > 0) {
		kill(child, SIGKILL);
		/* who waits for a server may be beyond that, too */
		waitpid(child, NULL, err ? WNOHANG : 0);
	}
	if (!err && said.len < sizeof(err))
		err = -EIO;
	if (!err) {
		memcpy(&err, said.s, sizeof(err));
		buf_puts(err ? error : text, said.s + sizeof(err));
	} else if (err == -ETIMEDOUT) {
		complain(error, path, "left out", "a network or FUSE file system on its way does not "
			 "answer");
	} else {
		complain(error, path, "cannot be read", strerror(-err));
	}
	buf_release(&said);
	return err;
}

static int add_file(struct policy *p, const struct mounts *mounts, const char *home, const char *path,
		    struct buf *error)
{
	struct buf text = BUF_INIT;
	int err = read_file(mounts, false, path, &text, error);

	if (err == -EREMOTE)
		err = read_patiently(mounts, home, path, &text, error);
	if (!err)
		err = policy_add_text(p, path, text.s, error);
	buf_release(&text);
	return err == -ENOENT ? 0 : err;
}

int config_add_file(struct policy *p, const char *path, struct buf *error)
{
	return add_file(p, NULL, NULL, path, error);
}

/* The user's file and the folder that is his; empty: there is no place for one. */
static const char *user_file(const struct mounts *mounts, struct buf *path)
{
	const char *base = rcfile_path(path, "ipctop.conf");

	if (base && !is_anothers(mounts, base))
		return base;
	buf_reset(path);
	return NULL;
}

static int load(struct policy *p, const struct mounts *mounts, const char *home,
		const char *const *paths, struct buf *error)
{
	const struct policy_mark mark = policy_mark(p);
	int err = 0, left_out = 0;

	for (; !err && *paths; paths++) {
		err = add_file(p, mounts, home, *paths, error);
		if (err == -ETIMEDOUT || err == -EREMOTE) {
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
	return load(p, NULL, NULL, paths, error);
}

int policy_load(struct policy *p, struct buf *error)
{
	struct buf user = BUF_INIT;
	const char *paths[] = { SYSTEM_FILE, NULL, NULL };
	struct table own = { 0 };
	const struct mounts *mounts = NULL;
	const char *home;
	int err;

	if (!mounts_read_of(0, &own) && mounts_any_server(own.rows))
		mounts = own.rows;
	home = user_file(mounts, &user);
	if (user.len)
		paths[1] = user.s;
	err = load(p, mounts, home, paths, error);
	mounts_release(&own);
	buf_release(&user);
	return err;
}
