/* SPDX-License-Identifier: GPL-2.0-or-later */
/* metrics: figures for Prometheus, on stdout or into a file of the node exporter's textfile collector. */
#include "cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "ipctop/limit.h"
#include "ipctop/newfile.h"

#define GROUPS (OPTIONS_ROWS | OPTIONS_READ | OPTIONS_SOURCE)
#define USERS 20

struct metering {
	struct query q;
	const char *output;		/* a file; NULL: stdout */
	uint64_t users;
};

/* Only a file may be replaced: not /dev/null, nor what a link leads to. */
static int check_target(int folder, const char *name)
{
	struct stat st;

	if (!*name)
		return -EISDIR;
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : -errno;
	return S_ISREG(st.st_mode) ? 0 : -EINVAL;
}

static int put_file(const char *path, const char *text, size_t n)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	char *folder = slash ? xstrndup(path, name - path) : xstrdup(".");
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 ? -errno : check_target(fd, name);

	/* the node exporter is another user */
	if (!rc)
		rc = newfile_put(fd, name, text, n, 0644);
	if (fd >= 0)
		close(fd);
	free(folder);
	return rc;
}

static int write_file(const struct metering *x, const struct snapshot *s)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	int rc = out ? view_metrics(out, s, x->users) : -errno;

	if (out && fclose(out) && !rc)
		rc = -errno;
	if (!rc)
		rc = put_file(x->output, text, n);
	free(text);
	if (rc == -EINVAL)
		cmd_error_of(x->output, "is not replaced: it is no regular file");
	else if (rc)
		cmd_error_of(x->output, "cannot be written: %s", strerror(-rc));
	return rc ? FAILED : DONE;
}

/* Objects that are not chosen do not count. */
static void choose(const struct query *q, struct snapshot *s)
{
	uint32_t count, *rows;

	if (!q->filter && !q->users.uids.count && !q->users.names.count && !s->replayed)
		return;
	rows = query_select(q, s, &count);
	for (uint32_t i = 0; i < count; i++)
		*snapshot_object(s, i) = *snapshot_object(s, rows[i]);
	s->tables[CLASS_OBJECT].count = count;
	s->tables[CLASS_TOTAL].count = 0;
	if (q->kinds)
		s->kinds = q->kinds;
	snapshot_sum(s);
	free(rows);
}

static int metrics(const struct metering *x)
{
	static const uint32_t needs = NEED_BIT(NEED_RESIDENT) | NEED_BIT(NEED_VERDICT) |
				      NEED_BIT(NEED_LIMITS);
	const struct query *q = &x->q;
	struct snapshot *s;
	struct feed feed;
	int status = feed_open(&feed, q, needs | query_needs(q), false);

	if (status == DONE)
		status = feed_next(&feed, &s);
	if (feed.snapshot) {
		choose(q, s);
		limit_rows(s);
		if (x->output)
			status = write_file(x, s);
		else if (view_metrics(stdout, s, x->users))
			status = FAILED;
	}
	feed_close(&feed);
	return status;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct metering x = { .q = { .class = CLASS_OBJECT }, .users = USERS };
	const struct option_row own[] = {
		{ 0, "output", "FILE", "write FILE, which is the old one or the new one, and whole",
		  OPTION_STRING, &x.output },
		{ 0, "users", "N", "tell of the N users who have most, of others as one (20)", OPTION_COUNT,
		  &x.users },
		OPTION_END
	};
	int status, first = query_options(&x.q, command, GROUPS, own, argc, argv, &status);

	if (first >= 0 && first < argc)
		status = cmd_usage(command, "metrics takes no words; kinds are chosen by --kind");
	else if (first >= 0)
		status = query_prepare(&x.q, command, CLASS_OBJECT, CLASS_OBJECT);
	x.q.columns.count = 0;	/* none is shown, and so none is read */
	if (first == argc && status == DONE)
		status = metrics(&x);
	query_release(&x.q);
	return status;
}

const struct command command_metrics = {
	.name = "metrics", .options = true,
	.help = "figures for Prometheus, for its textfile collector", .run = run,
};
