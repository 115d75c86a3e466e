/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TUI_ROWS_H
#define TUI_ROWS_H

#include "ipctop/field.h"
#include "ipctop/filter.h"
#include "ipctop/holding.h"
#include "ipctop/view.h"

/*
 * Rows of a table: which of them, in which order, below which headings. Without a screen.
 *
 * A row is known across snapshots by its key: the place and the birth of an object, the pid and the
 * start of a process, the value of a group. Selection, tags and folds are keys.
 */
struct row_key {
	uint64_t part[4];
};
static inline bool row_key_same(const struct row_key *a, const struct row_key *b)
{
	return !memcmp(a, b, sizeof(*a));
}
void row_key_get(const struct snapshot *s, enum row_class class, uint32_t row, struct row_key *key);
/* The key of a text: of a group. */
void row_key_text(const char *text, size_t n, struct row_key *key);

/* A map of keys to numbers: zeroed at first. */
struct keymap {
	struct row_key *keys;
	uint32_t *values;
	uint32_t room, used, count;	/* used: places taken, by what was removed too */
};
#define NO_ROW UINT32_MAX
void keymap_set(struct keymap *map, const struct row_key *key, uint32_t value);
/* NO_ROW: it is not there. */
uint32_t keymap_get(const struct keymap *map, const struct row_key *key);
void keymap_remove(struct keymap *map, const struct row_key *key);
void keymap_release(struct keymap *map);
void keymap_copy(struct keymap *to, const struct keymap *from);
static inline bool keymap_has(const struct keymap *map, const struct row_key *key)
{
	return keymap_get(map, key) != NO_ROW;
}

/* Which rows: what is not set selects all. */
struct row_filter {
	uint32_t kinds;			/* KIND_BIT */
	char *user;			/* names or numbers, "alice,1000" */
	/* objects that such a process holds, or such a user owns; a pid has digits. NULL: whoever does */
	char *holder;
	enum holding_by by;
	char *text;			/* as it was typed: terms parted by '|', or '=' and an expression */
	struct filter *expression;	/* of the latter */
	bool stale;
};
/*
 * The text of the filter: 0, or -EINVAL with a sentence where an expression is none; then
 * the filter is as it was.
 */
int row_filter_text(struct row_filter *f, enum row_class class, const char *text, struct buf *error)
	__must_check;
void row_filter_release(struct row_filter *f);
/* Of rows of @class; nothing is shared with @from. */
void row_filter_copy(struct row_filter *to, const struct row_filter *from, enum row_class class);
/* Whether it may leave anything out. */
static inline bool row_filter_chooses(const struct row_filter *f)
{
	return f->kinds || f->user || f->holder || f->text || f->stale;
}
bool row_filter_matches(const struct row_filter *f, const struct snapshot *s, enum row_class class,
			uint32_t row, const struct columns *columns);
/* Whether any text of a row that @columns show has one of the terms, parted by '|'; the case is all one. */
bool row_has_text(const struct snapshot *s, enum row_class class, uint32_t row,
		  const struct columns *columns, const char *terms);
/* NEED_BIT of what the filter reads of @class. */
uint32_t row_filter_needs(const struct row_filter *f, enum row_class class);

/* What rows are put below. */
enum tree { TREE_NONE, TREE_HOLDER, TREE_OWNER, TREE_FAMILY, NR_TREES };
extern const char *const tree_names[NR_TREES + 1];

struct entry {
	enum entry_type { ENTRY_ROW, ENTRY_GROUP, ENTRY_GONE } type;
	uint32_t row;			/* ENTRY_GONE: of the snapshot before */
	uint32_t group;			/* that it stands below, or that it is; NO_ROW: none */
};

struct row_group {
	struct row_key key;
	char *title;
	struct summary sum;
	uint32_t rows;
	bool folded;
};

/* The rows as they are shown; the arrays belong to it. */
struct arrangement {
	struct entry *entries;
	uint32_t count;
	uint32_t rows;			/* that were chosen, folded ones too */
	struct row_group *groups;
	uint32_t ngroups;
};
struct arranging {
	enum row_class class;
	struct span span;		/* rows of the class that there are */
	const struct row_filter *filter;
	const struct columns *columns;
	const struct sort *sort;
	enum tree tree;			/* of objects alone */
	const struct keymap *folded;
};
void arrange(struct arrangement *a, const struct snapshot *s, const struct arranging *how);
void arrangement_release(struct arrangement *a);

/* All that arranging goes by but for the rows, of its own: another thread may have it. */
struct choice {
	uint64_t number;		/* which it is; the owner's to say */
	enum row_class class;
	unsigned int by;		/* of CLASS_HOLDING: enum holding_by */
	struct row_filter filter;
	struct columns columns;
	struct sort sort;
	enum tree tree;
	struct keymap folded;
};
struct choice *choice_new(const struct arranging *how);
void choice_free(struct choice *c);	/* NULL is fine */
void choice_arrange(const struct choice *c, struct arrangement *a, const struct snapshot *s,
		    struct span span);

#endif
