/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "space.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include "target.h"

#define PAGE	4096UL

/* A line of maps. */
struct line {
	uint64_t start, end, offset, device, inode;
	char perms[5];
	const char *name;
};

static bool parse(const char *text, struct line *l)
{
	unsigned int maj, min;
	int at = 0;

	if (sscanf(text, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64 " %n", &l->start, &l->end,
		   l->perms, &l->offset, &maj, &min, &l->inode, &at) != 7)
		return false;
	l->device = makedev(maj, min);
	l->name = text + at;
	return true;
}

/* Lines of a file, until one is enough. */
struct lines {
	FILE *f;
	char *text;
	size_t room;
};

static int lines_open(struct lines *x, pid_t tid, const char *file)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)tid, file);
	*x = (struct lines){ .f = fopen(path, "re") };
	return x->f ? 0 : errno == ENOENT ? -ESRCH : -errno;
}

static bool lines_next(struct lines *x)
{
	ssize_t n = getline(&x->text, &x->room, x->f);

	if (n > 0 && x->text[n - 1] == '\n')
		x->text[n - 1] = '\0';
	return n > 0;
}

static void lines_close(struct lines *x)
{
	free(x->text);
	fclose(x->f);
}

static uint32_t parse_flags(const char *words)
{
	static const struct { char name[3]; enum piece_flag flag; } known[] = {
		{ "lo", PIECE_LOCKED }, { "lf", PIECE_ON_FAULT }, { "dc", PIECE_NO_FORK },
		{ "dd", PIECE_NO_DUMP }, { "rr", PIECE_RANDOM }, { "sr", PIECE_SEQUENTIAL },
		{ "sl", PIECE_SEALED }, { "io", PIECE_DEVICE }, { "pf", PIECE_DEVICE },
		{ "mm", PIECE_DEVICE }, { "um", PIECE_UFFD }, { "uw", PIECE_UFFD }, { "ui", PIECE_UFFD },
	};
	uint32_t flags = 0;

	for (; *words; words += strcspn(words, " "), words += strspn(words, " "))
		for (size_t i = 0; i < ARRAY_SIZE(known); i++)
			if (!strncmp(words, known[i].name, 2))
				flags |= known[i].flag;
	return flags;
}

static const struct detach_range *range_at(const struct detach_request *r, uint64_t start)
{
	for (uint32_t i = 0; i < r->nranges; i++)
		if (r->ranges[i].start == start)
			return &r->ranges[i];
	return NULL;
}

static bool is_that(const struct detach_request *r, const struct detach_range *range, const struct line *l)
{
	return l->end - l->start == range->length && l->offset == range->offset &&
	       l->device == r->device && l->inode == r->inode && l->perms[3] == 's';
}

static uint32_t prot_of(const char *perms)
{
	return (perms[0] == 'r' ? PROT_READ : 0) | (perms[1] == 'w' ? PROT_WRITE : 0) |
	       (perms[2] == 'x' ? PROT_EXEC : 0);
}

int say_changed(struct buf *why)
{
	buf_puts(why, "its mappings changed meanwhile");
	return -ESTALE;
}

static void add_piece(struct space *s, const struct line *l)
{
	struct piece *p = table_add(&s->pieces, sizeof(*p));

	*p = (struct piece){ .start = l->start, .end = l->end, .offset = l->offset, .prot = prot_of(l->perms) };
}

/* A vdso in the lower 4 GiB is that of a 32-bit program: a 64-bit one has it near the top of its space. */
static void take_vdso(struct space *s, const struct line *l)
{
	s->vdso = l->start;
	s->vdso_length = l->end - l->start;
	s->wide = l->end > UINT32_MAX;
}

int space_read(struct space *s, const struct detach_request *r, pid_t tid, struct buf *why)
{
	bool pending = false;
	struct lines x;
	struct line l;
	int rc = lines_open(&x, tid, "smaps");

	*s = (struct space){ 0 };
	if (rc) {
		buf_printf(why, "its mappings cannot be read: %s", strerrordesc_np(-rc));
		return rc;
	}
	/* pieces, and the vdso, which lies above most */
	while ((s->pieces.count < r->nranges || pending || !s->vdso) && lines_next(&x)) {
		const struct detach_range *range;

		if (pending && !strncmp(x.text, "ProtectionKey:", 14) && strtoul(x.text + 14, NULL, 10))
			space_piece(s, s->pieces.count - 1)->flags |= PIECE_KEY;
		if (pending && !strncmp(x.text, "VmFlags: ", 9)) {
			space_piece(s, s->pieces.count - 1)->flags |= parse_flags(x.text + 9);
			pending = false;
		}
		if (!parse(x.text, &l))
			continue;
		if (!strcmp(l.name, "[vdso]"))
			take_vdso(s, &l);
		range = range_at(r, l.start);
		if (range && is_that(r, range, &l)) {
			add_piece(s, &l);
			pending = true;
		}
	}
	lines_close(&x);
	return s->pieces.count == r->nranges ? 0 : say_changed(why);
}

bool space_cut(struct space *s, uint32_t i, uint64_t size)
{
	struct piece *p = space_piece(s, i), *rest;
	uint64_t end = (size + PAGE - 1) & ~(PAGE - 1);

	if (p->offset + (p->end - p->start) <= end)
		return false;
	if (p->offset < end) {
		table_add(&s->pieces, sizeof(*p));
		p = space_piece(s, i);
		rest = p + 1;
		memmove(rest, p, (s->pieces.count - 1 - i) * sizeof(*p));
		p->more = true;
		p->end = rest->start = p->start + (end - p->offset);
		rest->offset = end;
		p = rest;
	}
	p->flags |= PIECE_BEYOND;
	return true;
}

void space_release(struct space *s)
{
	table_release(&s->pieces);
}

/* The room for a copy is still there, in one mapping of memory of its own. */
static bool has_scratch(const struct piece *p, const struct line *l)
{
	return p->scratch && l->start <= p->scratch && l->end - p->scratch >= p->end - p->start &&
	       l->end > p->scratch && !l->inode && !strcmp(l->perms, "rw-p");
}

int space_check(const struct space *s, const struct detach_request *r, pid_t tid, struct buf *why)
{
	uint32_t found = 0, range = 0, wanted = 0, scratches = 0;
	struct lines x;
	struct line l;
	int rc = lines_open(&x, tid, "maps");

	if (rc)
		return say_unread(r->pid, rc, why);
	for (uint32_t i = 0; i < s->pieces.count; i++)
		wanted += space_piece(s, i)->scratch != 0;
	while ((found < s->pieces.count || scratches < wanted) && lines_next(&x)) {
		const struct piece *p = space_piece(s, found);

		if (!parse(x.text, &l))
			continue;
		for (uint32_t i = 0; i < s->pieces.count && scratches < wanted; i++)
			scratches += has_scratch(space_piece(s, i), &l);
		if (found == s->pieces.count || l.end <= p->start)
			continue;
		if (l.start != p->start || !is_that(r, &r->ranges[range++], &l) || prot_of(l.perms) != p->prot)
			break;
		found += p->more ? 2 : 1;
	}
	lines_close(&x);
	return found == s->pieces.count && scratches == wanted ? 0 : say_changed(why);
}
