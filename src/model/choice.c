/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Choices among fields: columns and the order of rows. */
#include "ipctop/field.h"

#include <errno.h>
#include "ipctop/text.h"

/* What is hidden has no name that could be given. */
static const char *name_of_column(const void *class, unsigned int i)
{
	const struct field *f = field_at(*(const enum row_class *)class, i);

	return !f ? NULL : f->flags & FIELD_HIDDEN ? "" : f->name;
}

static int unknown_field(enum row_class class, const char *name, struct buf *error)
{
	const char *near = text_closest(name, name_of_column, &class);
	const struct field *f;

	buf_puts(error, "unknown column '");
	text_escape(error, name, strlen(name), 0);
	if (near && *near) {
		buf_printf(error, "' (did you mean '%s'?)", near);
		return -EINVAL;
	}
	buf_puts(error, "'; there are");
	for (unsigned int i = 0; (f = field_at(class, i)); i++)
		if (!(f->flags & FIELD_HIDDEN))
			buf_printf(error, "%s %s", i ? "," : "", f->name);
	return -EINVAL;
}

static bool columns_have(const struct columns *columns, const struct field *f)
{
	for (unsigned int i = 0; i < columns->count; i++)
		if (columns->fields[i] == f)
			return true;
	return false;
}

int columns_parse(enum row_class class, const char *text, struct columns *columns,
		  struct buf *error)
{
	struct columns chosen = { 0 };
	char *list, *rest, *word;
	int rc = 0;

	if (*text == '+') {
		chosen = *columns;
		text++;
	}
	if (!*text) {
		buf_puts(error, "no column given");
		return -EINVAL;
	}
	list = rest = xstrdup(text);
	while (!rc && (word = strsep(&rest, ","))) {
		const struct field *f = field_find(class, word);

		if (!f || f->flags & FIELD_HIDDEN)
			rc = unknown_field(class, word, error);
		else if (chosen.count < ARRAY_SIZE(chosen.fields) && !columns_have(&chosen, f))
			chosen.fields[chosen.count++] = f;
	}
	free(list);
	if (!rc)
		*columns = chosen;
	return rc;
}

static void columns_with(enum row_class class, uint16_t with, uint16_t without,
			 struct columns *columns)
{
	const struct field *f;

	columns->count = 0;
	for (unsigned int i = 0; (f = field_at(class, i)); i++)
		if ((f->flags & with) == with && !(f->flags & without) &&
		    columns->count < ARRAY_SIZE(columns->fields))
			columns->fields[columns->count++] = f;
}

void columns_default(enum row_class class, struct columns *columns)
{
	columns_with(class, FIELD_DEFAULT, 0, columns);
}

void columns_all(enum row_class class, struct columns *columns)
{
	columns_with(class, 0, FIELD_HIDDEN, columns);
}

uint32_t columns_needs(const struct columns *columns)
{
	uint32_t needs = 0;

	for (unsigned int i = 0; i < columns->count; i++)
		needs |= columns->fields[i]->needs;
	return needs;
}

uint32_t sort_needs(const struct sort *sort)
{
	uint32_t needs = 0;

	for (unsigned int i = 0; i < sort->count; i++)
		needs |= sort->keys[i].field->needs;
	return needs;
}

static int sort_add(enum row_class class, char *word, struct sort *sort, struct buf *error)
{
	char *direction = strchr(word, ':');
	struct sort_key key = { 0 };

	if (direction) {
		*direction++ = '\0';
		if (strcmp(direction, "desc") && strcmp(direction, "asc")) {
			buf_puts(error, "the order is ':asc' or ':desc', not ':");
			text_escape(error, direction, strlen(direction), 0);
			buf_putc(error, '\'');
			return -EINVAL;
		}
		key.descending = direction[0] == 'd';
	}
	key.field = field_find(class, word);
	if (!key.field || key.field->flags & FIELD_HIDDEN)
		return unknown_field(class, word, error);
	if (sort->count == ARRAY_SIZE(sort->keys)) {
		buf_printf(error, "at most %zu columns can be sorted by", ARRAY_SIZE(sort->keys));
		return -EINVAL;
	}
	sort->keys[sort->count++] = key;
	return 0;
}

int sort_parse(enum row_class class, const char *text, struct sort *sort, struct buf *error)
{
	struct sort parsed = { 0 };
	char *list = xstrdup(text), *rest = list, *word;
	int rc = 0;

	while (!rc && (word = strsep(&rest, ",")))
		rc = sort_add(class, word, &parsed, error);
	free(list);
	if (!rc)
		*sort = parsed;
	return rc;
}

struct sorting {
	const struct snapshot *s;
	enum row_class class;
	const struct sort *sort;
};

/* A row with its first value: fetched once, not at every comparison. */
struct sort_row {
	struct value first;
	uint32_t row, place;
};

static int compare_rows(const void *pa, const void *pb, void *arg)
{
	const struct sort_row *a = pa, *b = pb;
	const struct sorting *x = arg;
	const struct sort_key *key = x->sort->keys;
	int order = value_compare(x->s, key->field, &a->first, &b->first, key->descending);

	for (unsigned int i = 1; !order && i < x->sort->count; i++) {
		struct value va, vb;

		key = &x->sort->keys[i];
		field_get_in(x->s, x->class, key->field, snapshot_row(x->s, x->class, a->row), &va);
		field_get_in(x->s, x->class, key->field, snapshot_row(x->s, x->class, b->row), &vb);
		order = value_compare(x->s, key->field, &va, &vb, key->descending);
	}
	if (order)
		return order;
	order = (a->place > b->place) - (a->place < b->place);
	/* of one time, too, what happened last comes first */
	return x->class == CLASS_EVENT && x->sort->keys[0].descending ? -order : order;
}

void sort_rows(const struct snapshot *s, enum row_class class, const struct sort *sort,
	       uint32_t *rows, uint32_t count)
{
	struct sorting x = { .s = s, .class = class, .sort = sort };
	struct sort_row *sorted;

	if (!sort->count || count < 2)
		return;
	sorted = xcalloc(count, sizeof(*sorted));
	for (uint32_t i = 0; i < count; i++) {
		sorted[i].row = rows[i];
		sorted[i].place = i;
		field_get_in(s, class, sort->keys[0].field, snapshot_row(s, class, rows[i]),
			     &sorted[i].first);
	}
	qsort_r(sorted, count, sizeof(*sorted), compare_rows, &x);
	for (uint32_t i = 0; i < count; i++)
		rows[i] = sorted[i].row;
	free(sorted);
}
