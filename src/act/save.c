/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saving: contents and metadata of one object into one file. */
#include "ipctop/save.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>
#include "actor.h"
#include "ipctop/newfile.h"
#include "ipctop/view.h"
#include "pack.h"

#define PIECE		(1 << 20)	/* bytes that are read in one go */
#define BLOCK		4096		/* of which runs are made: one without a bit set is none */
#define NUMBERS		(1U << 30)	/* behind one name */
#define TRIES		100		/* to be the first to have one */
#define LONGEST_NAME	(NAME_MAX - 11 - (int)sizeof(SAVED_SUFFIX))

int save_level_max(void)
{
	return pack_level_max();
}

void save_file_name(struct buf *out, const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_+,=@";
	size_t start = out->len;

	for (; *name && out->len - start < LONGEST_NAME; name++) {
		if (*name == ':' && name[1] == '/')
			buf_putc(out, '-'), name++;
		else if (*name == ':')
			buf_putc(out, '-');
		else
			buf_putc(out, strchr(plain, *name) ? *name : '_');
	}
	/* "." and ".." lead elsewhere, and what begins so is hidden */
	if (out->len > start && out->s[start] == '.')
		out->s[start] = '_';
}

static void copy_rows(struct snapshot *to, struct span *span, enum row_class class, const struct snapshot *s,
		      struct span from, size_t size)
{
	*span = (struct span){ 0, from.count };
	for (uint32_t i = 0; i < from.count; i++)
		memcpy(snapshot_add(to, class), snapshot_row(s, class, from.first + i), size);
}

/* The document of the one object; what it refers to in @s is not copied, so @s must stay. */
static struct snapshot *single(const struct snapshot *s, const struct object *o, uint64_t size,
			       uint64_t page_size)
{
	struct snapshot *one = snapshot_new();
	struct document *doc = snapshot_document(one);
	struct object *copy;

	*doc = *snapshot_document(s);
	doc->facts.known &= ~(FACT_BIT(doc, policy) | FACT_BIT(doc, limits) | FACT_BIT(doc, memory) |
			      FACT_BIT(doc, totals));
	/* what else could not be read there is nothing of this object */
	doc->gaps = (struct span){ 0 };
	FACT_SET(doc, complete, true);
	copy = snapshot_add(one, CLASS_OBJECT);
	*copy = *o;
	copy->holders = (struct span){ 0 };
	FACT_SET(copy, size, size);
	if (page_size) {
		FACT_SET(copy, page_size, page_size);
		if (page_size > (uint64_t)sysconf(_SC_PAGESIZE))
			FACT_SET(copy, flags, copy->flags | OBJECT_HUGETLB);
	}
	copy_rows(one, &copy->reasons, CLASS_REASON, s, o->reasons, sizeof(struct reason));
	if (FACT_KNOWN(o, values))
		copy_rows(one, &copy->values, CLASS_SEMAPHORE, s, o->values, sizeof(struct semaphore));
	FACT_SET(doc, objects, ((struct span){ 0, 1 }));
	return one;
}

static int put_document(struct packer *p, const struct snapshot *s, const struct object *o,
			const struct contents *c)
{
	struct snapshot *one = single(s, o, c->size, c->page_size);
	const uint32_t row = 0;
	char *text = NULL;
	size_t len = 0, n = 0;
	FILE *out = open_memstream(&text, &len);
	int rc;

	if (!out)
		out_of_memory();
	rc = view_json(out, one, &row, 1);
	if (fclose(out) && !rc)
		rc = -ENOMEM;
	snapshot_free(one);
	/* JSON has line ends between its words only */
	for (size_t i = 0; i < len; i++)
		if (text[i] != '\n')
			text[n++] = text[i];
	if (!rc)
		rc = packer_put(p, SAVED_HEAD, strlen(SAVED_HEAD));
	if (!rc)
		rc = packer_put(p, text, n);
	if (!rc)
		rc = packer_put(p, "\n", 1);
	free(text);
	return rc;
}

static int put_numbers(struct packer *p, const uint64_t *numbers, unsigned int n)
{
	uint64_t out[3];

	for (unsigned int i = 0; i < n; i++)
		out[i] = htole64(numbers[i]);
	return packer_put(p, out, n * sizeof(out[0]));
}

static int put_run(struct packer *p, uint64_t offset, const char *s, size_t n, uint64_t *sum)
{
	const uint64_t head[] = { offset, n };
	int rc = n ? put_numbers(p, head, 2) : 0;

	*sum += n;
	return rc || !n ? rc : packer_put(p, s, n);
}

static bool is_zero(const char *s, size_t n)
{
	return !s[0] && !memcmp(s, s + 1, n - 1);
}

/* What was read at @offset, without its empty blocks. */
static int put_piece(struct packer *p, uint64_t offset, const char *s, size_t n, uint64_t *sum)
{
	size_t from = 0, at = 0;

	while (at < n) {
		size_t block = n - at < BLOCK ? n - at : BLOCK;

		if (is_zero(s + at, block)) {
			int rc = put_run(p, offset + from, s + from, at - from, sum);

			if (rc)
				return rc;
			from = at + block;
		}
		at += block;
	}
	return put_run(p, offset + from, s + from, n - from, sum);
}

/* Where it went wrong: reading what is saved, or writing. */
struct saving {
	const struct contents *c;
	struct packer *p;
	char *piece;
	uint64_t sum;
	bool reading;
};

static int put_range(struct saving *w, uint64_t start, uint64_t end)
{
	while (start < end) {
		int64_t n = contents_read(w->c, start, w->piece, end - start < PIECE ? end - start : PIECE);
		int rc;

		if (n < 0)
			w->reading = true;
		if (n <= 0)
			return n;	/* cut meanwhile: what is not there is zero */
		rc = put_piece(w->p, start, w->piece, n, &w->sum);
		if (rc)
			return rc;
		start += n;
	}
	return 0;
}

static int put_contents(struct saving *w)
{
	uint64_t start, end = 0;
	int rc;

	while ((rc = contents_next(w->c, end, &start, &end)) > 0) {
		rc = put_range(w, start, end);
		if (rc)
			return rc;
	}
	w->reading = rc < 0;
	if (!rc) {
		const uint64_t last[] = { w->c->size, 0, w->sum };

		rc = put_numbers(w->p, last, 3);
	}
	return rc;
}

static int write_all(const struct save_options *options, const struct snapshot *s,
		     const struct object *o, const struct contents *c, int fd, struct buf *error)
{
	struct saving w = { .c = c };
	int rc;

	w.p = packer_new(fd, options->level, c->size);
	w.piece = xcalloc(PIECE, 1);
	rc = put_document(w.p, s, o, c);
	if (!rc)
		rc = put_contents(&w);
	if (!rc)
		rc = packer_end(w.p);
	if (!rc && fsync(fd))
		rc = -errno;
	packer_free(w.p);
	free(w.piece);
	if (rc)
		buf_printf(error, w.reading ? "its contents cannot be read: %s" :
			   "the file cannot be written: %s", strerrordesc_np(-rc));
	return rc;
}

static void put_numbered(struct buf *name, const char *object, unsigned int number)
{
	buf_reset(name);
	save_file_name(name, object);
	if (number)
		buf_printf(name, ".%u", number);
	buf_puts(name, SAVED_SUFFIX);
}

static bool is_taken(int folder, const char *object, unsigned int number, struct buf *name)
{
	struct stat st;

	put_numbered(name, object, number);
	return !fstatat(folder, name->s, &st, AT_SYMLINK_NOFOLLOW);
}

/* A number whose name is free, one above one that is taken: many saved files are not tried one by one. */
static unsigned int free_number(int folder, const char *object, struct buf *name)
{
	unsigned int taken = 0, open = 1;

	if (!is_taken(folder, object, 0, name))
		return 0;
	while (open < NUMBERS && is_taken(folder, object, open, name)) {
		taken = open;
		open *= 2;
	}
	while (open - taken > 1) {
		unsigned int middle = taken + (open - taken) / 2;

		if (is_taken(folder, object, middle, name))
			taken = middle;
		else
			open = middle;
	}
	return open;
}

/* Others may save at the same moment. */
static int link_numbered(struct newfile *n, const char *object, struct buf *name)
{
	int rc = -EEXIST;

	for (int tries = 0; rc == -EEXIST && tries < TRIES; tries++) {
		put_numbered(name, object, free_number(n->folder, object, name));
		rc = newfile_link(n, name->s);
	}
	return rc;
}

/* Give the file its name, and see that it keeps it. */
static int publish(struct newfile *n, const char *object, struct buf *name, struct buf *error)
{
	int rc = link_numbered(n, object, name);

	if (!rc) {
		rc = newfile_settle(n);
		if (rc)
			unlinkat(n->folder, name->s, 0);
	}
	if (rc)
		buf_printf(error, "the file cannot get its name: %s", strerrordesc_np(-rc));
	return rc;
}

static int save_in(int folder, const struct save_options *options, struct reach *ways,
		   const struct snapshot *s, const struct object *o, struct buf *name, struct buf *error)
{
	struct contents c;
	struct newfile n;
	int rc = contents_open(ways, s, o, &c, error);

	if (rc)
		return rc;
	rc = newfile_open(&n, folder);
	if (rc) {
		buf_printf(error, "no file can be made: %s", strerrordesc_np(-rc));
	} else {
		rc = write_all(options, s, o, &c, n.fd, error);
		if (!rc)
			rc = publish(&n, o->name, name, error);
		newfile_drop(&n);
	}
	contents_close(&c);
	return rc;
}

int save_open_folder(const char *path, struct buf *error)
{
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	if (folder >= 0)
		return folder;
	rc = -errno;
	buf_printf(error, "the folder to save in cannot be opened: %s", strerrordesc_np(-rc));
	return rc;
}

int save_object(const struct save_options *options, struct reach *ways, const struct snapshot *s,
		const struct object *o, char **file, struct buf *error)
{
	int folder = save_open_folder(options->folder, error), rc;
	struct buf name = BUF_INIT, path = BUF_INIT;

	*file = NULL;
	if (folder < 0)
		return folder;
	rc = save_in(folder, options, ways, s, o, &name, error);
	if (!rc) {
		buf_printf(&path, "%s/%s", options->folder, name.s);
		*file = buf_detach(&path);
	}
	close(folder);
	buf_release(&name);
	buf_release(&path);
	return rc;
}

void object_save(struct actor *a, struct act *act, const struct object *fresh)
{
	struct buf error = BUF_INIT;
	char *file = NULL;

	if (save_object(a->settings->save, a->ways, a->fresh, fresh, &file, &error)) {
		act_settle(a->plan, act, OUTCOME_FAILED, "%s", error.s);
	} else {
		act_settle(a->plan, act, OUTCOME_SAVED, NULL);
		FACT_SET(act, saved, arena_strdup(a->plan->s->arena, file));
	}
	free(file);
	buf_release(&error);
}
