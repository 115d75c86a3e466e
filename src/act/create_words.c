/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is to be made, as people say it. */
#include "ipctop/create.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <semaphore.h>
#include "ipctop/mode.h"
#include "ipctop/name.h"
#include "ipctop/text.h"
#include "ipctop/units.h"

#define USUAL_MODE	0600
#define SEM_HIGHEST	32767		/* SEMVMX: no file of the kernel tells it */
#define SIZED		(KIND_BIT(KIND_SHM) | KIND_BIT(KIND_POSIX_SHM))
#define SEMAPHORES	(KIND_BIT(KIND_SEM) | KIND_BIT(KIND_POSIX_SEM))
#define SYSV		(KIND_BIT(KIND_SHM) | KIND_BIT(KIND_SEM) | KIND_BIT(KIND_MSG))
#define POSIX		(CREATE_KINDS & ~SYSV)

/* What one option fills. */
struct word {
	const char *option;		/* without its dashes */
	const char *text;
	uint32_t kinds, needs;		/* KIND_BIT: which take it, and which must have it */
	int (*read)(const struct word *w, struct creation *c, struct buf *error);
	uint64_t *to;
	uint64_t least, most;
};

static int __printf(3, 4) wrong(struct buf *error, const struct word *w, const char *fmt, ...)
{
	va_list ap;

	buf_printf(error, "--%s '", w->option);
	text_escape(error, w->text, strlen(w->text), 0);
	buf_puts(error, "': ");
	va_start(ap, fmt);
	buf_vprintf(error, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static int in_range(const struct word *w, uint64_t v, struct buf *error)
{
	if (v < w->least)
		return wrong(error, w, "it is at least %" PRIu64, w->least);
	if (v > w->most)
		return wrong(error, w, "it is at most %" PRIu64, w->most);
	*w->to = v;
	return 0;
}

static int read_size(const struct word *w, struct creation *c, struct buf *error)
{
	uint64_t v;
	int rc = units_parse_size(w->text, &v);

	if (rc == -ERANGE)
		return wrong(error, w, "it is at most %" PRIu64, w->most);
	if (rc)
		return wrong(error, w, "a size is a number, and maybe K, M, G, T, P, E (of 1024) or KB, MB ... (of 1000)");
	return in_range(w, v, error);
}

static int read_number(const struct word *w, struct creation *c, struct buf *error)
{
	uint64_t v = 0;
	const char *s = w->text;

	do {
		if (*s < '0' || *s > '9')
			return wrong(error, w, "it is a whole number");
		if (v <= UINT32_MAX)
			v = v * 10 + (uint64_t)(*s - '0');
	} while (*++s);
	return in_range(w, v, error);
}

static int read_mode(const struct word *w, struct creation *c, struct buf *error)
{
	struct mode_change change;
	struct buf why = BUF_INIT;
	int rc = mode_parse(w->text, 0, &change, &why);

	if (rc)
		wrong(error, w, "%s", why.s);
	else
		c->mode = mode_apply(&change, 0);
	buf_release(&why);
	return rc;
}

static int read_key(const struct word *w, struct creation *c, struct buf *error)
{
	bool hex = !strncmp(w->text, "0x", 2) || !strncmp(w->text, "0X", 2);
	const char *digits = w->text + (hex ? 2 : 0);
	size_t n = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");
	uint64_t v;

	c->random_key = !strcmp(w->text, "random");
	if (c->random_key || !strcmp(w->text, "private"))
		return 0;
	v = strtoull(digits, NULL, hex ? 16 : 10);
	if (!n || digits[n] || v > UINT32_MAX)
		return wrong(error, w, "a key is 0x and one to eight hex digits, or a number up to 4294967295, "
			     "or 'random', or 'private'");
	if (!v)
		return wrong(error, w, "a key of 0 names nothing: 'private' makes it without one");
	c->key = v;
	return 0;
}

/* As other commands have it, with the kind before it or without, and with or without its slash. */
static void put_name(struct buf *out, enum kind kind, const char *text)
{
	size_t n = strlen(kinds[kind].name);

	if (!strncmp(text, kinds[kind].name, n) && text[n] == ':') {
		buf_puts(out, text);
		return;
	}
	buf_printf(out, "%s:%s", kinds[kind].name, text[0] == '/' ? "" : "/");
	buf_puts(out, text);
}

static int check_name(const struct word *w, const struct creation *c, const struct name *name,
		      struct buf *error)
{
	size_t most = NAME_MAX - (c->kind == KIND_POSIX_SEM ? strlen("sem.") : 0);

	if (name->has_ns || name->has_mount)
		return wrong(error, w, "an @ in it is written \\x40: it would lead to another namespace");
	if (name->form != NAME_PATH || strchr(name->path + 1, '/'))
		return wrong(error, w, "a name has no slash but the first");
	if (strlen(name->path + 1) > most)
		return wrong(error, w, "a name has %zu bytes at most", most);
	if (c->kind == KIND_POSIX_SHM && c->size == sizeof(sem_t) && !strncmp(name->path, "/sem.", 5))
		return wrong(error, w, "a file sem.* of %zu bytes would be a POSIX semaphore: 'mk posix-sem' makes those",
			     sizeof(sem_t));
	return 0;
}

/* Into @c->path, which is the caller's to free. */
static int read_name(const struct word *w, struct creation *c, struct buf *error)
{
	struct buf text = BUF_INIT, why = BUF_INIT;
	struct name name = { 0 };
	int rc;

	put_name(&text, c->kind, w->text);
	rc = *w->text ? name_parse(text.s, &name, &why) : -EINVAL;
	if (rc) {
		/* the sentence begins with the name itself */
		size_t n = strlen(text.s) + 2;

		wrong(error, w, "%s", !*w->text ? "it is empty" : why.len > n && !strncmp(why.s, text.s, n - 2) ?
		      why.s + n : why.s);
	} else {
		rc = check_name(w, c, &name, error);
		if (!rc) {
			c->path = name.path;
			name.path = NULL;
		}
		name_release(&name);
	}
	buf_release(&text);
	buf_release(&why);
	return rc;
}

static void put_kinds(struct buf *out, uint32_t set)
{
	const char *comma = "";

	for (unsigned int k = 0; k < NR_KINDS; k++) {
		if (!(set & KIND_BIT(k)))
			continue;
		buf_printf(out, "%s%s", comma, kinds[k].name);
		comma = ", ";
	}
}

static int read_word(const struct word *w, struct creation *c, struct buf *error)
{
	const char *kind = kinds[c->kind].name;

	if (w->text && w->kinds & KIND_BIT(c->kind))
		return w->read(w, c, error);
	if (w->text) {
		buf_printf(error, "--%s is not for %s, but for ", w->option, kind);
		put_kinds(error, w->kinds);
		return -EINVAL;
	}
	if (!(w->needs & KIND_BIT(c->kind)))
		return 0;
	buf_printf(error, "%s needs a --%s", kind, w->option);
	return -EINVAL;
}

int create_read(const struct create_words *words, struct creation *c, char **path, struct buf *error)
{
	const struct word rows[] = {
		{ "size", words->size, SIZED, SIZED, read_size, &c->size, 1, INT64_MAX },
		{ "count", words->count, KIND_BIT(KIND_SEM), 0, read_number, &c->count, 1, INT32_MAX },
		{ "value", words->value, SEMAPHORES, 0, read_number, &c->value, 0,
		  c->kind == KIND_SEM ? SEM_HIGHEST : SEM_VALUE_MAX },
		{ "max-bytes", words->max_bytes, KIND_BIT(KIND_MSG), 0, read_size, &c->max_bytes, 1, INT64_MAX },
		{ "max-messages", words->max_messages, KIND_BIT(KIND_POSIX_MQ), 0, read_number, &c->count, 1, INT32_MAX },
		{ "message-size", words->message_size, KIND_BIT(KIND_POSIX_MQ), 0, read_size, &c->size, 1, INT32_MAX },
		{ "mode", words->mode, CREATE_KINDS, 0, read_mode, NULL, 0, 0 },
		{ "key", words->key, SYSV, 0, read_key, NULL, 0, 0 },
		{ "name", words->name, POSIX, POSIX, read_name, NULL, 0, 0 },
	};
	int rc = 0;

	c->folder = -1;
	c->mode = USUAL_MODE;
	c->random_key = SYSV & KIND_BIT(c->kind);
	c->count = c->kind == KIND_SEM;
	if (c->kind == KIND_POSIX_SEM)
		c->size = sizeof(sem_t);
	c->reserve = words->reserve;
	if (c->reserve && c->kind != KIND_POSIX_SHM) {
		buf_puts(error, "--reserve is for posix-shm alone");
		return -EINVAL;
	}
	for (unsigned int i = 0; !rc && i < ARRAY_SIZE(rows); i++)
		rc = read_word(&rows[i], c, error);
	*path = (char *)c->path;
	return rc;
}
