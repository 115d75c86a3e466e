/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading saved objects. Nothing in such a file is believed before it was checked. */
#include "ipctop/save.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "ipctop/collect.h"
#include "ipctop/text.h"
#include "pack.h"

#define PIECE		(1 << 20)
#define HEAD_MAX	64		/* bytes of the first line */
#define DOCUMENT_MAX	(4 << 20)	/* and of the second */

struct saved {
	int fd;
	uint32_t owner;			/* of the file */
	bool anybodys;			/* everybody may write it */
	struct unpacker *u;
	struct buf head;		/* both lines, to see that they stay the same */
	struct snapshot *s;
	uint64_t size;			/* of the contents, by the document */
	uint64_t at;			/* where the next run may begin at the earliest */
	uint64_t left;			/* of the current run */
	uint64_t sum;
	bool ended;
};

static int fail(struct buf *error, int rc)
{
	if (rc == -EBADMSG)
		buf_puts(error, "it is damaged");
	else if (rc == -ENODATA)
		buf_puts(error, "it is cut off");
	else if (rc == -EINVAL)
		buf_puts(error, "it is not a saved object");
	else
		buf_printf(error, "it cannot be read: %s", strerrordesc_np(-rc));
	return rc;
}

/* Exactly @n bytes: 0 or -errno. */
static int get(struct saved *saved, void *buffer, size_t n)
{
	int64_t got = unpacker_get(saved->u, buffer, n);

	if (got < 0)
		return got;
	return (size_t)got == n ? 0 : -EBADMSG;	/* the frame ends too early, and well */
}

static int get_line(struct saved *saved, struct buf *line, size_t max)
{
	char c;
	int rc;

	for (size_t n = 0; n < max; n++) {
		rc = get(saved, &c, 1);
		if (rc)
			return rc;
		buf_putc(line, c);
		if (c == '\n')
			return 0;
	}
	return -EINVAL;
}

static int check_version(const struct buf *line, struct buf *error)
{
	const size_t n = strlen(SAVED_BEGIN);

	if (!strcmp(line->s, SAVED_HEAD))
		return 0;
	if (strncmp(line->s, SAVED_BEGIN, n))
		return fail(error, -EINVAL);
	buf_puts(error, "its format is ");
	text_escape(error, line->s + n, line->len - n - 1, 0);
	buf_puts(error, "; this program reads " SAVED_FORMAT);
	return -EPROTO;
}

/* Both lines; the second is where @line->s[@document] begins. */
static int get_head(struct saved *saved, struct buf *lines, size_t *document, struct buf *error)
{
	int rc = unpacker_rewind(saved->u);

	if (!rc)
		rc = get_line(saved, lines, HEAD_MAX);
	if (rc)
		return fail(error, rc);
	rc = check_version(lines, error);
	if (rc)
		return rc;
	*document = lines->len;
	rc = get_line(saved, lines, DOCUMENT_MAX);
	return rc ? fail(error, rc) : 0;
}

static int parse_document(struct saved *saved, size_t document, struct buf *error)
{
	const struct object *o;
	struct buf wrong = BUF_INIT;
	int rc = replay_parse(saved->head.s + document, saved->head.len - document, &saved->s, &wrong);

	if (rc) {
		buf_printf(error, "its document is wrong: %s", wrong.s);
	} else if (snapshot_count(saved->s, CLASS_OBJECT) != 1 || snapshot_document(saved->s)->gaps.count) {
		buf_puts(error, "its document is not that of one object");
		rc = -EINVAL;
	} else {
		o = saved_object(saved);
		saved->size = o->size;
		if (!FACT_KNOWN(o, size)) {
			buf_puts(error, "its document does not tell the size");
			rc = -EINVAL;
		}
	}
	buf_release(&wrong);
	return rc;
}

static int open_regular(struct saved *saved, const char *file, struct buf *error)
{
	struct stat st;

	saved->fd = open(file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (saved->fd < 0 || fstat(saved->fd, &st))
		return fail(error, -errno);
	saved->owner = st.st_uid;
	saved->anybodys = st.st_mode & S_IWOTH;
	if (S_ISREG(st.st_mode))
		return 0;
	buf_puts(error, "it is not a regular file: it is read twice");
	return -EINVAL;
}

int saved_open(const char *file, struct saved **result, struct buf *error)
{
	struct saved *saved = xcalloc(1, sizeof(*saved));
	size_t document = 0;
	int rc;

	buf_init(&saved->head);
	*result = NULL;
	rc = open_regular(saved, file, error);
	if (!rc) {
		saved->u = unpacker_new(saved->fd);
		rc = get_head(saved, &saved->head, &document, error);
	}
	if (!rc)
		rc = parse_document(saved, document, error);
	if (rc)
		saved_close(saved);
	else
		*result = saved;
	return rc;
}

void saved_close(struct saved *saved)
{
	if (!saved)
		return;
	if (saved->fd >= 0)
		close(saved->fd);
	unpacker_free(saved->u);
	buf_release(&saved->head);
	snapshot_free(saved->s);
	free(saved);
}

const struct snapshot *saved_snapshot(const struct saved *saved)
{
	return saved->s;
}

const struct object *saved_object(const struct saved *saved)
{
	return snapshot_object(saved->s, 0);
}

bool saved_may_give(const struct saved *saved, uint64_t uid)
{
	if (saved->anybodys)
		return false;
	return !saved->owner || saved->owner == geteuid() || saved->owner == uid;
}

static int get_number(struct saved *saved, uint64_t *number)
{
	uint64_t little;
	int rc = get(saved, &little, sizeof(little));

	*number = le64toh(little);
	return rc;
}

static int skip_run(struct saved *saved, struct buf *error)
{
	char *piece = saved->left ? xcalloc(PIECE, 1) : NULL;
	int64_t n = 0;

	while (saved->left && n >= 0)
		n = saved_read(saved, piece, PIECE, error);
	free(piece);
	return n < 0 ? n : 0;
}

/* 1 when there is a run, 0 at the good end. */
static int get_run(struct saved *saved, uint64_t *offset, uint64_t *length)
{
	uint64_t sum;
	int rc = get_number(saved, offset);

	if (!rc)
		rc = get_number(saved, length);
	if (rc)
		return rc;
	if (*length)
		return *offset >= saved->at && *offset <= saved->size &&
		       *length <= saved->size - *offset ? 1 : -EBADMSG;
	rc = get_number(saved, &sum);
	if (!rc && (*offset != saved->size || sum != saved->sum))
		rc = -EBADMSG;
	if (!rc)
		rc = unpacker_end(saved->u);
	saved->ended = !rc;
	return rc;
}

int saved_next(struct saved *saved, uint64_t *offset, uint64_t *length, struct buf *error)
{
	int rc = saved->ended ? 0 : skip_run(saved, error);

	if (rc || saved->ended)
		return rc;
	rc = get_run(saved, offset, length);
	if (rc < 0)
		return fail(error, rc);
	if (rc) {
		saved->at = *offset + *length;
		saved->left = *length;
		saved->sum += *length;
	}
	return rc;
}

int64_t saved_read(struct saved *saved, void *buffer, size_t n, struct buf *error)
{
	int rc;

	if (n > saved->left)
		n = saved->left;
	rc = get(saved, buffer, n);
	if (rc)
		return fail(error, rc);
	saved->left -= n;
	return n;
}

static int rewind_runs(struct saved *saved, struct buf *error)
{
	struct buf lines = BUF_INIT;
	size_t document;
	int rc = get_head(saved, &lines, &document, error);

	if (!rc && (lines.len != saved->head.len || memcmp(lines.s, saved->head.s, lines.len))) {
		buf_puts(error, "it changed while it was read");
		rc = -ESTALE;
	}
	buf_release(&lines);
	saved->at = saved->left = saved->sum = 0;
	saved->ended = false;
	return rc;
}

int saved_check(struct saved *saved, uint64_t *bytes, struct buf *error)
{
	uint64_t offset, length;
	int rc;

	do
		rc = saved_next(saved, &offset, &length, error);
	while (rc > 0);
	if (bytes)
		*bytes = saved->sum;
	return rc ? rc : rewind_runs(saved, error);
}
