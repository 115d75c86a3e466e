/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipctop/group.h"

const char *const group_names[] = {
	"user", "family", "cgroup", "unit", "container", "kind", NULL,
};

const struct field *group_field(const char *name)
{
	for (unsigned int i = 0; group_names[i]; i++)
		if (!strcmp(group_names[i], name))
			return field_find(CLASS_OBJECT, name);
	return NULL;
}

uint32_t group_needs(const struct field *field)
{
	return field->needs | NEED_BIT(NEED_RESIDENT) | NEED_BIT(NEED_VERDICT);
}

static void set_value(struct snapshot *s, struct group_row *g, const struct field *field,
		      const struct value *v)
{
	struct buf digits = BUF_INIT;

	if (v->state == VALUE_UNKNOWN) {
		FACT_UNKNOWN(g, value);
	} else if (v->state == VALUE_KNOWN && v->type == VT_ENUM) {
		FACT_SET(g, value, field->names[v->u]);
	} else if (v->state == VALUE_KNOWN && v->type == VT_UINT) {
		buf_u64(&digits, v->u);
		FACT_SET(g, value, arena_strdup(s->arena, digits.s));
		buf_release(&digits);
	} else if (v->state == VALUE_KNOWN) {
		FACT_SET(g, value, v->s);
	}
}

static void add_object(struct group_row *g, const struct object *o)
{
	bool stale = FACT_KNOWN(o, verdict) && o->verdict == VERDICT_STALE;

	g->objects++;
	g->stale += stale;
	sum_add(&g->size, FACT_KNOWN(o, size), o->size);
	sum_add(&g->allocated, FACT_KNOWN(o, allocated), o->allocated);
	sum_add(&g->stale_allocated, stale && FACT_KNOWN(o, allocated), o->allocated);
}

static struct group_row *new_group(struct snapshot *s, const struct field *field, const struct value *v)
{
	struct group_row *g = snapshot_add(s, CLASS_GROUP);

	set_value(s, g, field, v);
	FACT_SET(g, objects, 0);
	FACT_SET(g, size, 0);
	FACT_SET(g, allocated, 0);
	FACT_SET(g, stale, 0);
	FACT_SET(g, stale_allocated, 0);
	return g;
}

void group_objects(struct snapshot *s, const struct field *field, uint32_t *rows, uint32_t count)
{
	struct sort by = { .keys = { { .field = field } }, .count = 1 };
	struct group_row *g = NULL;
	struct value v, before;

	sort_rows(s, CLASS_OBJECT, &by, rows, count);
	for (uint32_t i = 0; i < count; i++, before = v) {
		const struct object *o = snapshot_object(s, rows[i]);

		field_get(s, field, o, &v);
		if (!g || value_compare(s, field, &v, &before, false))
			g = new_group(s, field, &v);
		add_object(g, o);
	}
}
