/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rows.h"

#include <errno.h>

const char *const tree_names[NR_TREES + 1] = {
	[TREE_NONE] = "none", [TREE_HOLDER] = "holder", [TREE_OWNER] = "owner", [TREE_FAMILY] = "family",
};

void row_filter_release(struct row_filter *f)
{
	free(f->user);
	free(f->holder);
	free(f->text);
	filter_free(f->expression);
	*f = (struct row_filter){ 0 };
}

void row_filter_copy(struct row_filter *to, const struct row_filter *from, enum row_class class)
{
	struct buf error = BUF_INIT;

	*to = (struct row_filter){ .kinds = from->kinds, .stale = from->stale, .by = from->by };
	if (from->user)
		to->user = xstrdup(from->user);
	if (from->holder)
		to->holder = xstrdup(from->holder);
	if (from->text && row_filter_text(to, class, from->text, &error))
		abort();	/* it was parsed before */
	buf_release(&error);
}

int row_filter_text(struct row_filter *f, enum row_class class, const char *text, struct buf *error)
{
	struct filter_error wrong = { 0 };
	struct filter *expression = NULL;

	if (text[0] == '=' && text[1] && filter_parse(class, text + 1, &expression, &wrong)) {
		buf_printf(error, "column %u: %s", wrong.column, wrong.text);
		return -EINVAL;
	}
	filter_free(f->expression);
	f->expression = expression;
	free(f->text);
	f->text = *text && strcmp(text, "=") ? xstrdup(text) : NULL;
	return 0;
}

uint32_t row_filter_needs(const struct row_filter *f, enum row_class class)
{
	uint32_t needs = f->expression ? filter_needs(f->expression) : 0;

	if (f->stale && class == CLASS_OBJECT)
		needs |= NEED_BIT(NEED_VERDICT);
	if (f->holder && class == CLASS_OBJECT)
		needs |= NEED_BIT(NEED_HOLDERS) | NEED_BIT(NEED_PROCESSES);
	return needs;
}

/* The text that a field shows, where it is one: others are numbers, and not searched. */
static const char *text_of(const struct snapshot *s, enum row_class class, const struct field *field,
			   const void *row)
{
	struct value v;

	if (field->type != VT_STRING && field->type != VT_NAME && field->type != VT_ENUM)
		return NULL;
	field_get_in(s, class, field, row, &v);
	if (v.state != VALUE_KNOWN)
		return NULL;
	return field->type == VT_ENUM ? field->names[v.u] : v.s;
}

static bool has_term(const char *text, const char *term, size_t n)
{
	for (; *text; text++)
		if ((*text | 0x20) == (*term | 0x20) && !strncasecmp(text, term, n))
			return true;
	return false;
}

bool row_has_text(const struct snapshot *s, enum row_class class, uint32_t row,
		  const struct columns *columns, const char *terms)
{
	const void *data = snapshot_row(s, class, row);

	for (unsigned int i = 0; i < columns->count; i++) {
		const char *text = text_of(s, class, columns->fields[i], data);

		for (const char *term = terms; text && *term; term += strspn(term, "|")) {
			size_t n = strcspn(term, "|");

			if (n && has_term(text, term, n))
				return true;
			term += n;
		}
	}
	return false;
}

/* Whether "alice,1000" has the owner of a row. */
static bool has_user(const char *users, const struct snapshot *s, enum row_class class, const void *row)
{
	const struct field *user = field_find(class, "user"), *uid = field_find(class, "uid");
	const char *name = user ? text_of(s, class, user, row) : NULL;
	struct value number = { .state = VALUE_NONE };
	char digits[DIGITS_MAX + 1] = "";

	if (uid)
		field_get_in(s, class, uid, row, &number);
	if (number.state == VALUE_KNOWN)
		*digits_put(digits, number.u) = '\0';
	while (*users) {
		size_t n = strcspn(users, ",");

		if ((name && strlen(name) == n && !memcmp(name, users, n)) ||
		    (*digits && strlen(digits) == n && !memcmp(digits, users, n)))
			return true;
		users += n + (users[n] == ',');
	}
	return false;
}

/* Of a class that has no such field every row passes. */
static bool has_value(const struct snapshot *s, enum row_class class, const void *row, const char *name,
		      uint32_t set)
{
	const struct field *field = field_find(class, name);
	struct value v;

	if (!field)
		return true;
	field_get_in(s, class, field, row, &v);
	return v.state == VALUE_KNOWN && set & 1U << v.u;
}

static bool is_holder(const struct row_filter *f, const struct snapshot *s, const struct process *p)
{
	const char *text;

	switch (f->by) {
	case HOLDING_BY_PROCESS:
		return p->pid == strtoull(f->holder, NULL, 10);
	case HOLDING_BY_USER:
		return has_user(f->holder, s, CLASS_PROCESS, p);
	case HOLDING_BY_CGROUP:
	case HOLDING_BY_UNIT:
	case HOLDING_BY_CONTAINER:
	case NR_HOLDING_BYS:
		break;
	}
	text = text_of(s, CLASS_PROCESS, field_find(CLASS_PROCESS, holding_by_names[f->by]), p);
	return text && !strcmp(text, f->holder);
}

static bool is_held(const struct row_filter *f, const struct snapshot *s, const struct object *o)
{
	for (uint32_t i = 0; i < o->holders.count; i++) {
		const struct holder *h = snapshot_row(s, CLASS_HOLDER, o->holders.first + i);

		if (is_holder(f, s, snapshot_row(s, CLASS_PROCESS, h->process)))
			return true;
	}
	return f->by == HOLDING_BY_USER && has_user(f->holder, s, CLASS_OBJECT, o);
}

bool row_filter_matches(const struct row_filter *f, const struct snapshot *s, enum row_class class,
			uint32_t row, const struct columns *columns)
{
	const void *data = snapshot_row(s, class, row);

	if (f->kinds && !has_value(s, class, data, "kind", f->kinds))
		return false;
	if (f->stale && !has_value(s, class, data, "verdict", 1U << VERDICT_STALE))
		return false;
	if (f->user && !has_user(f->user, s, class, data))
		return false;
	if (f->holder && class == CLASS_OBJECT && !is_held(f, s, data))
		return false;
	if (f->expression)
		return filter_match(f->expression, s, data);
	return !f->text || f->text[0] == '=' || row_has_text(s, class, row, columns, f->text);
}

/* Groups under construction: found by the key of their value. */
struct grouping {
	struct table groups;		/* struct row_group */
	struct keymap index;
	struct table members;		/* struct entry, in the order of the rows */
	const struct keymap *folded;
};

static uint32_t group_of(struct grouping *g, const char *title)
{
	struct row_group *group;
	struct row_key key;
	uint32_t at;

	row_key_text(title, strlen(title), &key);
	at = keymap_get(&g->index, &key);
	if (at != NO_ROW)
		return at;
	at = g->groups.count;
	group = table_add(&g->groups, sizeof(*group));
	group->key = key;
	group->title = xstrdup(title);
	group->folded = keymap_has(g->folded, &key);
	keymap_set(&g->index, &key, at);
	return at;
}

static void put_below(struct grouping *g, const struct snapshot *s, uint32_t row, const char *title)
{
	uint32_t at = group_of(g, title);
	struct row_group *group = (struct row_group *)g->groups.rows + at;

	group->rows++;
	summary_add(&group->sum, snapshot_object(s, row));
	*(struct entry *)table_add(&g->members, sizeof(struct entry)) =
		(struct entry){ .type = ENTRY_ROW, .row = row, .group = at };
}

static void put_below_holders(struct grouping *g, const struct snapshot *s, uint32_t row)
{
	const struct object *o = snapshot_object(s, row);
	struct buf title = BUF_INIT;

	for (uint32_t i = 0; i < o->holders.count; i++) {
		const struct holder *h = snapshot_row(s, CLASS_HOLDER, o->holders.first + i);
		const struct process *p = snapshot_row(s, CLASS_PROCESS, h->process);

		buf_reset(&title);
		buf_printf(&title, "%llu %s", (unsigned long long)p->pid,
			   FACT_KNOWN(p, comm) ? p->comm : "?");
		put_below(g, s, row, title.s);
	}
	if (!o->holders.count)
		put_below(g, s, row, FACT_KNOWN(o, holders_complete) && o->holders_complete ?
			  "held by nobody" : "no holder seen");
	buf_release(&title);
}

static void put_below_value(struct grouping *g, const struct snapshot *s, uint32_t row, const char *name)
{
	const struct field *field = field_find(CLASS_OBJECT, name);
	const struct object *o = snapshot_object(s, row);
	struct value v;

	field_get(s, field, o, &v);
	put_below(g, s, row, v.state == VALUE_KNOWN ? text_of(s, CLASS_OBJECT, field, o) :
		  v.state == VALUE_UNKNOWN ? "?" : "-");
}

/* Groups in the order of their first rows; below each its rows. */
static void order_groups(struct grouping *g, struct arrangement *a)
{
	const struct entry *members = g->members.rows;
	struct row_group *groups = g->groups.rows;
	uint32_t *at = xcalloc(g->groups.count, sizeof(*at)), n = 0;

	a->entries = xcalloc((size_t)g->members.count + g->groups.count, sizeof(*a->entries));
	for (uint32_t i = 0; i < g->groups.count; i++) {
		a->entries[n] = (struct entry){ .type = ENTRY_GROUP, .row = NO_ROW, .group = i };
		at[i] = n + 1;
		n += 1 + (groups[i].folded ? 0 : groups[i].rows);
	}
	for (uint32_t i = 0; i < g->members.count; i++)
		if (!groups[members[i].group].folded)
			a->entries[at[members[i].group]++] = members[i];
	a->count = n;
	free(at);
}

static void arrange_groups(struct arrangement *a, const struct snapshot *s, const struct arranging *how,
			   const uint32_t *rows, uint32_t count)
{
	struct grouping g = { .folded = how->folded };

	for (uint32_t i = 0; i < count; i++) {
		if (how->tree == TREE_HOLDER)
			put_below_holders(&g, s, rows[i]);
		else
			put_below_value(&g, s, rows[i], how->tree == TREE_OWNER ? "user" : "family");
	}
	order_groups(&g, a);
	a->groups = xcalloc(g.groups.count, sizeof(*a->groups));
	if (g.groups.count)
		memcpy(a->groups, g.groups.rows, g.groups.count * sizeof(*a->groups));
	a->ngroups = g.groups.count;
	table_release(&g.groups);
	table_release(&g.members);
	keymap_release(&g.index);
}

static void arrange_flat(struct arrangement *a, const uint32_t *rows, uint32_t count)
{
	a->entries = xcalloc(count, sizeof(*a->entries));
	for (uint32_t i = 0; i < count; i++)
		a->entries[i] = (struct entry){ .type = ENTRY_ROW, .row = rows[i], .group = NO_ROW };
	a->count = count;
}

void arrange(struct arrangement *a, const struct snapshot *s, const struct arranging *how)
{
	uint32_t *rows = xcalloc(how->span.count, sizeof(*rows)), count = 0;

	*a = (struct arrangement){ 0 };
	for (uint32_t i = 0; i < how->span.count; i++)
		if (row_filter_matches(how->filter, s, how->class, how->span.first + i, how->columns))
			rows[count++] = how->span.first + i;
	sort_rows(s, how->class, how->sort, rows, count);
	a->rows = count;
	if (how->tree == TREE_NONE)
		arrange_flat(a, rows, count);
	else
		arrange_groups(a, s, how, rows, count);
	free(rows);
}

void arrangement_release(struct arrangement *a)
{
	for (uint32_t i = 0; i < a->ngroups; i++)
		free(a->groups[i].title);
	free(a->groups);
	free(a->entries);
	*a = (struct arrangement){ 0 };
}

struct choice *choice_new(const struct arranging *how)
{
	struct choice *c = xcalloc(1, sizeof(*c));

	c->class = how->class;
	row_filter_copy(&c->filter, how->filter, how->class);
	c->columns = *how->columns;
	c->sort = *how->sort;
	c->tree = how->tree;
	keymap_copy(&c->folded, how->folded);
	return c;
}

void choice_free(struct choice *c)
{
	if (!c)
		return;
	row_filter_release(&c->filter);
	keymap_release(&c->folded);
	free(c);
}

void choice_arrange(const struct choice *c, struct arrangement *a, const struct snapshot *s,
		    struct span span)
{
	const struct arranging how = {
		.class = c->class, .span = span, .filter = &c->filter, .columns = &c->columns,
		.sort = &c->sort, .tree = c->tree, .folded = &c->folded,
	};

	arrange(a, s, &how);
}
