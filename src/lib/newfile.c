/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipctop/newfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include "ipctop/io.h"

#define TRIES 16

static int make_hidden(struct newfile *n, const char *name)
{
	n->fd = openat(n->folder, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	return n->fd < 0 ? -errno : 0;
}

/* Let @give give the file a hidden name that nothing else has. */
static int hide(struct newfile *n, int (*give)(struct newfile *n, const char *name))
{
	char name[sizeof(NEWFILE_HIDDEN) + 2 * sizeof(uint64_t)];
	int rc = -EEXIST;
	uint64_t number;

	for (int i = 0; rc == -EEXIST && i < TRIES; i++) {
		if (getrandom(&number, sizeof(number), 0) != sizeof(number))
			return -EIO;
		snprintf(name, sizeof(name), NEWFILE_HIDDEN "%016llx", (unsigned long long)number);
		rc = give(n, name);
	}
	if (!rc)
		n->hidden = xstrdup(name);
	return rc;
}

int newfile_open(struct newfile *n, int folder)
{
	*n = (struct newfile){ .folder = folder };
	n->fd = openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (n->fd >= 0)
		return 0;
	/* file systems without it say the first, kernels of others the rest (open(2), BUGS) */
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT && errno != EINVAL)
		return -errno;
	return hide(n, make_hidden);
}

static int link_nameless(struct newfile *n, const char *name)
{
	char path[40];

	/* by descriptor alone it needs privilege */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", n->fd);
	if (!linkat(AT_FDCWD, path, n->folder, name, AT_SYMLINK_FOLLOW))
		return 0;
	if (errno != ENOENT)
		return -errno;
	return linkat(n->fd, "", n->folder, name, AT_EMPTY_PATH) ? -errno : 0;
}

/* Neither way writes over what is there. */
static int rename_hidden(struct newfile *n, const char *name)
{
	if (!renameat2(n->folder, n->hidden, n->folder, name, RENAME_NOREPLACE))
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (linkat(n->folder, n->hidden, n->folder, name, 0))
		return -errno;
	unlinkat(n->folder, n->hidden, 0);
	return 0;
}

int newfile_link(struct newfile *n, const char *name)
{
	int rc = n->hidden ? rename_hidden(n, name) : link_nameless(n, name);

	if (rc)
		return rc;
	free(n->hidden);
	n->hidden = NULL;
	return 0;
}

int newfile_replace(struct newfile *n, const char *name)
{
	/* a link never takes the place of another */
	int rc = n->hidden ? 0 : hide(n, link_nameless);

	if (rc)
		return rc;
	if (renameat(n->folder, n->hidden, n->folder, name))
		return -errno;
	free(n->hidden);
	n->hidden = NULL;
	return 0;
}

int newfile_settle(const struct newfile *n)
{
	if (!fsync(n->folder) || errno == EINVAL || errno == EROFS)
		return 0;	/* not every file system has an order to keep there */
	return -errno;
}

void newfile_drop(struct newfile *n)
{
	if (n->hidden)
		unlinkat(n->folder, n->hidden, 0);
	free(n->hidden);
	n->hidden = NULL;
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}

int newfile_put(int folder, const char *name, const void *text, size_t n, mode_t mode)
{
	struct newfile file;
	int rc = newfile_open(&file, folder);

	if (rc)
		return rc;
	rc = io_write(file.fd, text, n);
	if (!rc && (fchmod(file.fd, mode) || fsync(file.fd)))
		rc = -errno;
	if (!rc)
		rc = newfile_replace(&file, name);
	/* it is there by now, whether that is sure or not */
	if (!rc)
		(void)!newfile_settle(&file);
	newfile_drop(&file);
	return rc;
}
