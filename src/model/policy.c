/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipctop/policy.h"

#include <errno.h>
#include <fnmatch.h>

#include "ipctop/name.h"
#include "ipctop/text.h"

#define GRACE		(10 * 60)
#define LONG_GRACE	(48 * 3600)
/* so that times in milliseconds stay far from 2^63 */
#define LONGEST		(1000ULL * 366 * 86400)
#define MAX_WORDS	512

struct policy *policy_new(void)
{
	struct policy *p = xcalloc(1, sizeof(*p));

	p->grace = GRACE;
	p->long_grace = LONG_GRACE;
	return p;
}

struct policy_mark policy_mark(const struct policy *p)
{
	return (struct policy_mark){ p->grace, p->long_grace, p->nkeep, p->nrows };
}

void policy_undo(struct policy *p, const struct policy_mark *mark)
{
	p->grace = mark->grace;
	p->long_grace = mark->long_grace;
	while (p->nkeep > mark->nkeep)
		free(p->keep[--p->nkeep]);
	while (p->nrows > mark->nrows) {
		p->nrows--;
		free((char *)p->rows[p->nrows].name);
		free((char *)p->rows[p->nrows].pattern);
	}
}

void policy_free(struct policy *p)
{
	if (!p)
		return;
	family_table_free(p->families);
	policy_undo(p, &(struct policy_mark){ 0 });
	free(p->keep);
	free(p->rows);
	free(p);
}

/* A word of the file in a message. */
static void quote(struct buf *error, const char *word)
{
	buf_puts(error, ": '");
	text_escape(error, word, strlen(word), 0);
	buf_putc(error, '\'');
}

static int complain(struct buf *error, const char *what, const char *word)
{
	buf_puts(error, what);
	quote(error, word);
	return -EINVAL;
}

/* Words of one line: in place, ended with NULs. */
struct words {
	char *word[MAX_WORDS];
	unsigned int n;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The quoted word that begins at @s; gives where it ends, NULL if it does not. */
static char *unquote(char *s, char **word)
{
	char *to = s;

	*word = to;
	for (s++; *s && *s != '"'; *to++ = *s++)
		if (s[0] == '\\' && s[1] == '"')
			s++;
	s = *s ? s + 1 : NULL;
	*to = '\0';
	return s;
}

static int split(char *line, struct words *w, struct buf *error)
{
	w->n = 0;
	for (char *s = line;;) {
		char *word;

		while (is_blank(*s))
			s++;
		if (!*s || *s == '#')
			return 0;
		if (w->n == MAX_WORDS)
			return complain(error, "too many words in a line, from here", s);
		if (*s == '"') {
			s = unquote(s, &word);
			if (!s)
				return complain(error, "a quote is not closed", word);
			if (*s && !is_blank(*s))
				return complain(error, "expected a blank behind the closing quote", s);
		} else {
			for (word = s; *s && !is_blank(*s); s++)
				;
		}
		w->word[w->n++] = word;
		if (*s)
			*s++ = '\0';
	}
}

static int set_time(uint64_t *to, const struct words *w, struct buf *error)
{
	uint64_t seconds;

	if (w->n != 2)
		return complain(error, "expected one duration, such as 10m or 48h, behind", w->word[0]);
	if (units_parse_duration(w->word[1], &seconds))
		return complain(error, "expected a duration, such as 10m or 48h", w->word[1]);
	if (seconds > LONGEST)
		return complain(error, "the duration is longer than a thousand years", w->word[1]);
	*to = seconds;
	return 0;
}

static int add_grace(struct policy *p, const struct words *w, struct buf *error)
{
	return set_time(&p->grace, w, error);
}

static int add_long_grace(struct policy *p, const struct words *w, struct buf *error)
{
	return set_time(&p->long_grace, w, error);
}

static int add_keep(struct policy *p, const struct words *w, struct buf *error)
{
	if (w->n < 2)
		return complain(error, "expected names of objects behind", w->word[0]);
	for (unsigned int i = 1; i < w->n; i++) {
		int err = policy_add_keep(p, w->word[i], error);

		if (err)
			return err;
	}
	return 0;
}

static int set_group(uint8_t *group, const char *text, struct buf *error)
{
	if (text[0] < '1' || text[0] > '9' || text[1])
		return complain(error, "expected the number of a group, 1 to 9", text);
	*group = text[0] - '0';
	return 0;
}

static int set_kinds(uint32_t *set, char *text, struct buf *error)
{
	*set = 0;
	for (char *next; text; text = next) {
		enum kind kind;

		next = strchr(text, ',');
		if (next)
			*next++ = '\0';
		if (kind_parse(text, &kind))
			return complain(error, "expected a kind of object, such as posix-shm", text);
		*set |= KIND_BIT(kind);
	}
	return 0;
}

static int set_habit(uint8_t *habit, const char *word, struct buf *error)
{
	static const char *const habits[] = {
		[FAMILY_UNSURE] = "unsure", [FAMILY_HELD] = "held", [FAMILY_KEPT] = "kept",
	};

	for (*habit = 0; *habit < ARRAY_SIZE(habits); ++*habit)
		if (!strcmp(habits[*habit], word))
			return 0;
	return complain(error, "expected held, kept or unsure", word);
}

static int set_option(struct family_row *row, char *word, struct buf *error)
{
	if (!strncmp(word, "pid=", 4))
		return set_group(&row->pid, word + 4, error);
	if (!strncmp(word, "instance=", 9))
		return set_group(&row->instance, word + 9, error);
	if (!strncmp(word, "kinds=", 6))
		return set_kinds(&row->kinds, word + 6, error);
	return complain(error, "expected pid=N, instance=N or kinds=K,K", word);
}

static int add_family(struct policy *p, const struct words *w, struct buf *error)
{
	struct family_row row = { .kinds = KINDS_ALL };
	int err;

	if (w->n < 4)
		return complain(error, "expected a name, a pattern, and held, kept or unsure behind", w->word[0]);
	row.name = w->word[1];
	row.pattern = w->word[2];
	if (!*row.name || !*row.pattern)
		return complain(error, "a family needs a name and a pattern, not", "");
	err = set_habit(&row.habit, w->word[3], error);
	for (unsigned int i = 4; !err && i < w->n; i++)
		err = set_option(&row, w->word[i], error);
	if (err)
		return err;
	if (family_check(&row, error)) {
		quote(error, row.pattern);
		return -EINVAL;
	}
	row.name = xstrdup(row.name);
	row.pattern = xstrdup(row.pattern);
	p->rows = xrealloc(p->rows, p->nrows + 1, sizeof(*p->rows));
	p->rows[p->nrows++] = row;
	return 0;
}

static const struct {
	const char *word;
	int (*add)(struct policy *p, const struct words *w, struct buf *error);
} settings[] = {
	{ "grace", add_grace },
	{ "long-grace", add_long_grace },
	{ "keep", add_keep },
	{ "family", add_family },
};

static int add_line(struct policy *p, char *line, struct buf *error)
{
	struct words w;

	if (split(line, &w, error))
		return -EINVAL;
	if (!w.n)
		return 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(settings); i++)
		if (!strcmp(settings[i].word, w.word[0]))
			return settings[i].add(p, &w, error);
	return complain(error, "expected grace, long-grace, keep or family", w.word[0]);
}

int policy_add_text(struct policy *p, const char *file, const char *text, struct buf *error)
{
	const struct policy_mark mark = policy_mark(p);
	struct buf why = BUF_INIT;
	int err = 0;

	for (unsigned int number = 1; !err && *text; number++) {
		size_t len = strcspn(text, "\n");
		char *line = xstrndup(text, len);

		err = add_line(p, line, &why);
		if (err) {
			text_escape(error, file, strlen(file), 0);
			buf_printf(error, ":%u: %s", number, why.s);
		}
		free(line);
		text += len + (text[len] == '\n');
	}
	if (err)
		policy_undo(p, &mark);
	buf_release(&why);
	return err;
}

int policy_ready(struct policy *p, struct buf *error)
{
	unsigned int bad;
	int err = family_table_new(p->rows, p->nrows, &p->families, &bad);

	if (err)
		complain(error, "not a pattern of a family", p->rows[bad].pattern);
	return err;
}

/* What a name can be: printable, its backslashes all of the form \xHH. */
static bool is_escaped(const char *entry)
{
	char *plain = xstrdup(entry);
	struct buf out = BUF_INIT;
	bool yes;

	for (char *s = plain; (s = strchr(s, '\\'));)
		*s = '/';
	text_escape(&out, plain, strlen(plain), 0);
	yes = !strcmp(out.s, plain);
	buf_reset(&out);
	yes = yes && !text_unescape(&out, entry, strlen(entry));
	buf_release(&out);
	free(plain);
	return yes;
}

/* A pattern that no name can match protects nothing: its kind, if it is spelt out, must be one. */
static int check_pattern(const char *entry, struct buf *error)
{
	size_t literal = strcspn(entry, "*?[");
	const char *colon = memchr(entry, ':', literal);
	enum kind kind;
	char *word;
	int err;

	if (!colon && literal) {
		/* the kind itself is a pattern, as in "posix-*:/a" */
		if (strchr(entry, ':'))
			return 0;
		return complain(error, "expected KIND:NAME, such as posix-shm:/name or shm:0x00a76098", entry);
	}
	if (!colon)
		return 0;
	word = xstrndup(entry, colon - entry);
	err = kind_parse(word, &kind);
	if (err)
		complain(error, "expected a kind of object, such as posix-shm", word);
	free(word);
	return err;
}

int policy_add_keep(struct policy *p, const char *entry, struct buf *error)
{
	struct buf canonical = BUF_INIT;
	struct name name;

	if (strpbrk(entry, "*?[")) {
		if (!is_escaped(entry))
			return complain(error, "expected names as ipctop prints them", entry);
		if (check_pattern(entry, error))
			return -EINVAL;
		buf_puts(&canonical, entry);
	} else {
		if (name_parse(entry, &name, error))
			return -EINVAL;
		name_put(&canonical, &name);
		name_release(&name);
	}
	p->keep = xrealloc(p->keep, p->nkeep + 1, sizeof(*p->keep));
	p->keep[p->nkeep++] = buf_detach(&canonical);
	return 0;
}

/* @name as it is, and without its namespace where @entry has none. */
static bool entry_matches(const char *entry, const char *name)
{
	/* an '@' inside a name is escaped: this one begins the namespace */
	const char *at = strchr(name, '@');
	char *bare;
	bool yes;

	/* as text first: a name may itself contain what is special in a pattern */
	if (!strcmp(entry, name) || !fnmatch(entry, name, FNM_NOESCAPE))
		return true;
	if (!at || strchr(entry, '@'))
		return false;
	bare = xstrndup(name, at - name);
	yes = !strcmp(entry, bare) || !fnmatch(entry, bare, FNM_NOESCAPE);
	free(bare);
	return yes;
}

bool policy_keeps(const struct policy *p, const struct object *o)
{
	const char *at = strchr(o->name, '@');
	char by_key[64] = "";

	if (kinds[o->kind].sysv && FACT_KNOWN(o, key) && o->key)
		snprintf(by_key, sizeof(by_key), "%s:0x%08llx%s", kinds[o->kind].name, (unsigned long long)o->key,
			 at ? at : "");
	for (unsigned int i = 0; i < p->nkeep; i++)
		if (entry_matches(p->keep[i], o->name) || (by_key[0] && entry_matches(p->keep[i], by_key)))
			return true;
	return false;
}
