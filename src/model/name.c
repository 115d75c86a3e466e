/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipctop/name.h"

#include <errno.h>
#include <limits.h>
#include <sys/sysmacros.h>

#include "ipctop/text.h"

#define FORM_BIT(form)	(1U << (form))
#define SYSV_FORMS	(FORM_BIT(NAME_ID) | FORM_BIT(NAME_KEY))
#define FILE_FORMS	(FORM_BIT(NAME_PATH) | FORM_BIT(NAME_INODE))

enum suffix {
	SUFFIX_NONE,
	SUFFIX_NS,		/* @NS */
	SUFFIX_MOUNT,		/* @MAJ:MIN, behind a path only: the other form has the device */
};

enum path_rule {
	PATH_ANY,		/* as the kernel says it */
	PATH_BELOW,		/* below /dev/shm: no way out of it, no empty part */
	PATH_FLAT,		/* directly in /dev/shm */
};

/* How the objects of a kind are named: the forms, and an example of each. */
static const struct grammar {
	unsigned int forms;
	enum suffix suffix;
	enum path_rule path;
	const char *example;
} grammars[] = {
	[KIND_SHM] = { SYSV_FORMS, SUFFIX_NS, PATH_ANY, "shm:7 or shm:0x00a76098" },
	[KIND_SEM] = { SYSV_FORMS, SUFFIX_NS, PATH_ANY, "sem:3 or sem:0x00a76098" },
	[KIND_MSG] = { SYSV_FORMS, SUFFIX_NS, PATH_ANY, "msg:5 or msg:0x00a76098" },
	[KIND_POSIX_SHM] = { FILE_FORMS, SUFFIX_MOUNT, PATH_BELOW,
			     "posix-shm:/name or posix-shm:MAJ:MIN:INODE" },
	[KIND_POSIX_SEM] = { FILE_FORMS, SUFFIX_MOUNT, PATH_FLAT,
			     "posix-sem:/name or posix-sem:MAJ:MIN:INODE" },
	[KIND_POSIX_MQ] = { FILE_FORMS, SUFFIX_NS, PATH_FLAT,
			    "posix-mq:/name or posix-mq:MAJ:MIN:INODE" },
	[KIND_MEMFD] = { FORM_BIT(NAME_INODE), SUFFIX_NONE, PATH_ANY, "memfd:MAJ:MIN:INODE" },
	[KIND_ANON] = { FORM_BIT(NAME_INODE), SUFFIX_NONE, PATH_ANY, "anon:MAJ:MIN:INODE" },
	[KIND_FILE] = { FILE_FORMS, SUFFIX_NONE, PATH_ANY, "file:/path or file:MAJ:MIN:INODE" },
	[KIND_DEVICE] = { FILE_FORMS, SUFFIX_NONE, PATH_ANY, "device:/path" },
	[KIND_SPECIAL] = { FORM_BIT(NAME_INODE), SUFFIX_NONE, PATH_ANY, "special:MAJ:MIN:INODE" },
};
_Static_assert(ARRAY_SIZE(grammars) == NR_KINDS, "a kind without names");

/* A part of a name that is being read: what is right is taken from its front. */
struct part {
	const char *s;
	size_t n;
};

static bool take_char(struct part *p, char c)
{
	if (!p->n || *p->s != c)
		return false;
	p->s++;
	p->n--;
	return true;
}

/* A decimal number up to @max, as it would be written: without needless zeros. */
static bool take_number(struct part *p, uint64_t max, uint64_t *v)
{
	size_t i = 0;

	*v = 0;
	for (; i < p->n && p->s[i] >= '0' && p->s[i] <= '9'; i++)
		if (__builtin_mul_overflow(*v, 10, v) || __builtin_add_overflow(*v, p->s[i] - '0', v))
			return false;
	if (!i || *v > max || (i > 1 && *p->s == '0'))
		return false;
	p->s += i;
	p->n -= i;
	return true;
}

/* MAJ:MIN */
static bool take_device(struct part *p, uint64_t *device)
{
	uint64_t major, minor;

	if (!take_number(p, UINT_MAX, &major) || !take_char(p, ':') || !take_number(p, UINT_MAX, &minor))
		return false;
	*device = makedev(major, minor);
	return true;
}

/* The readers of the forms: NULL, or what is wrong. */

static const char *read_id(struct part p, const struct grammar *g, struct name *name)
{
	if (!take_number(&p, INT_MAX, &name->id) || p.n)
		return "an id is a number from 0 to 2147483647";
	return NULL;
}

static const char *read_key(struct part p, const struct grammar *g, struct name *name)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = p.n - strlen("0x");

	if (n < 1 || n > 8)
		return "a key is 0x and one to eight hex digits";
	for (size_t i = strlen("0x"); i < p.n; i++) {
		char c = p.s[i] >= 'A' && p.s[i] <= 'F' ? p.s[i] | 0x20 : p.s[i];
		const char *digit = c ? strchr(digits, c) : NULL;

		if (!digit)
			return "a key is 0x and one to eight hex digits";
		name->key = name->key << 4 | (uint64_t)(digit - digits);
	}
	return name->key ? NULL : "a key of 0 names nothing";
}

/* Every part between slashes is a name: not empty, "." or "..". */
static bool is_below(const char *path)
{
	while (*path == '/') {
		size_t n = strcspn(++path, "/");

		if (!n || (n <= 2 && !strncmp(path, "..", n)))
			return false;
		path += n;
	}
	return true;
}

static const char *check_path(const struct buf *path, enum path_rule rule)
{
	if (strlen(path->s) != path->len)
		return "a path holds no zero byte";
	switch (rule) {
	case PATH_ANY:
		return path->len > 1 ? NULL : "a path is missing";
	case PATH_FLAT:
		if (strchr(path->s + 1, '/'))
			return "a name of this kind has no slash but the first";
		return is_below(path->s) ? NULL : "nothing can have this name";
	case PATH_BELOW:
		return is_below(path->s) ? NULL : "not the path of a file below /dev/shm";
	}
	return NULL;
}

static const char *read_path(struct part p, const struct grammar *g, struct name *name)
{
	struct buf path = BUF_INIT;
	const char *wrong;

	if (text_unescape(&path, p.s, p.n))
		wrong = "a backslash in a name is written \\x5C";
	else
		wrong = check_path(&path, g->path);
	if (!wrong)
		name->path = buf_detach(&path);
	buf_release(&path);
	return wrong;
}

static const char *read_inode(struct part p, const struct grammar *g, struct name *name)
{
	if (!take_device(&p, &name->device) || !take_char(&p, ':') ||
	    !take_number(&p, UINT64_MAX, &name->inode) || p.n)
		return "expected MAJ:MIN:INODE, decimal numbers";
	return NULL;
}

static const char *(*const readers[])(struct part, const struct grammar *, struct name *) = {
	[NAME_ID] = read_id,
	[NAME_KEY] = read_key,
	[NAME_PATH] = read_path,
	[NAME_INODE] = read_inode,
};

/* The form that the text behind the kind looks like. */
static enum name_form form_of(struct part p)
{
	if (p.n && *p.s == '/')
		return NAME_PATH;
	if (p.n >= 2 && !memcmp(p.s, "0x", 2))
		return NAME_KEY;
	return p.n && memchr(p.s, ':', p.n) ? NAME_INODE : NAME_ID;
}

static const char *read_suffix(struct part p, const struct grammar *g, struct name *name)
{
	/* the form with a device needs no namespace */
	if (g->suffix == SUFFIX_NS && name->form != NAME_INODE) {
		if (!take_number(&p, UINT64_MAX, &name->ns) || p.n || !name->ns)
			return "behind @ stands the number of an IPC namespace";
		name->has_ns = true;
		return NULL;
	}
	if (g->suffix == SUFFIX_MOUNT && name->form == NAME_PATH) {
		if (!take_device(&p, &name->mount) || p.n)
			return "behind @ stands the device of a /dev/shm, MAJ:MIN; "
			       "an @ in a name is written \\x40";
		name->has_mount = true;
		return NULL;
	}
	return name->form == NAME_PATH ? "an @ in a name is written \\x40" : "nothing stands behind @ here";
}

/* Read what stands behind the kind. */
static const char *read_body(struct part p, struct name *name, const char **example)
{
	const struct grammar *g = &grammars[name->kind];
	const char *at = memchr(p.s, '@', p.n);
	struct part suffix = { 0 };
	const char *wrong = NULL;

	if (at) {
		suffix = (struct part){ at + 1, p.n - (size_t)(at + 1 - p.s) };
		p.n = at - p.s;
	}
	name->form = form_of(p);
	if (!(g->forms & FORM_BIT(name->form))) {
		*example = g->example;
		return "names of this kind are ";
	}
	if (at)
		wrong = read_suffix(suffix, g, name);
	return wrong ? wrong : readers[name->form](p, g, name);
}

static const char *read_name(const char *text, struct name *name, const char **example)
{
	const char *colon = strchr(text, ':');

	*example = "";
	if (!colon)
		return "a name begins with its kind, as in shm:7";
	for (unsigned int k = 0; k < NR_KINDS; k++) {
		size_t n = strlen(kinds[k].name);

		if (n != (size_t)(colon - text) || memcmp(text, kinds[k].name, n))
			continue;
		name->kind = k;
		return read_body((struct part){ colon + 1, strlen(colon + 1) }, name, example);
	}
	return "no kind of object is called so";
}

/* What was typed, without what could harm a terminal; backslashes stay as they were. */
static void put_typed(struct buf *out, const char *text)
{
	for (;;) {
		size_t n = strcspn(text, "\\");

		text_escape(out, text, n, 0);
		text += n;
		if (!*text)
			return;
		buf_putc(out, *text++);
	}
}

int name_parse(const char *text, struct name *name, struct buf *error)
{
	const char *wrong, *example;

	*name = (struct name){ 0 };
	wrong = read_name(text, name, &example);
	if (!wrong)
		return 0;
	name_release(name);
	put_typed(error, text);
	buf_printf(error, ": %s%s", wrong, example);
	return -EINVAL;
}

void name_release(struct name *name)
{
	free(name->path);
	*name = (struct name){ 0 };
}

static void put_device(struct buf *out, uint64_t device)
{
	buf_u64(out, major(device));
	buf_putc(out, ':');
	buf_u64(out, minor(device));
}

void name_put(struct buf *out, const struct name *name)
{
	buf_puts(out, kinds[name->kind].name);
	buf_putc(out, ':');
	switch (name->form) {
	case NAME_ID:
		buf_u64(out, name->id);
		break;
	case NAME_KEY:
		buf_printf(out, "0x%08llx", (unsigned long long)name->key);
		break;
	case NAME_PATH:
		text_escape(out, name->path, strlen(name->path), TEXT_AT);
		break;
	case NAME_INODE:
		put_device(out, name->device);
		buf_putc(out, ':');
		buf_u64(out, name->inode);
		break;
	}
	if (name->has_ns || name->has_mount)
		buf_putc(out, '@');
	if (name->has_ns)
		buf_u64(out, name->ns);
	if (name->has_mount)
		put_device(out, name->mount);
}
