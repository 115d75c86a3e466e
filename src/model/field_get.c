/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields found by name, and their values out of rows. */
#include "ipctop/field.h"

void field_get(const struct snapshot *s, const struct field *field, const void *row,
	       struct value *v)
{
	const struct facts *facts = row;
	uint64_t bit;

	v->type = field->type;
	if (!row) {
		v->state = VALUE_NONE;
		v->u = 0;
		return;
	}
	if (field->get) {
		v->state = VALUE_NONE;
		field->get(s, row, v);
		return;
	}
	if (field->type == VT_FACTS) {
		v->state = VALUE_KNOWN;
		return;
	}
	bit = 1ULL << ((field->offset - sizeof(struct facts)) / 8);
	if (facts->known & bit) {
		v->state = VALUE_KNOWN;
		memcpy(&v->u, (const char *)row + field->offset, sizeof(v->u));
	} else {
		v->state = facts->unknown & bit ? VALUE_UNKNOWN : VALUE_NONE;
		v->u = 0;
	}
}

unsigned int field_unknown(const struct snapshot *s, enum row_class class, const void *row,
			   const struct field *unknown[64])
{
	const struct field_class *c = &field_classes[class];
	const struct facts *facts = row;
	unsigned int n = 0;

	if (!facts->unknown)
		return 0;	/* derived values are unknown only by stored ones */
	for (unsigned int f = 0; f < c->count && n < 64; f++) {
		struct value v;

		if (c->fields[f].flags & FIELD_TABLE)
			continue;
		field_get(s, &c->fields[f], row, &v);
		if (v.state == VALUE_UNKNOWN)
			unknown[n++] = &c->fields[f];
	}
	return n;
}

static bool same_name(const char *field, const char *name)
{
	for (; *field && *name; field++, name++) {
		char c = *name == '-' ? '_' : *name;

		if (c >= 'A' && c <= 'Z')
			c += 'a' - 'A';
		if (c != *field)
			return false;
	}
	return !*field && !*name;
}

const struct field *field_at(enum row_class class, unsigned int i)
{
	const struct field_class *c = &field_classes[class];

	for (unsigned int f = 0; f < c->count; f++) {
		unsigned int inner = 1;

		if (c->fields[f].type == VT_EMBED) {
			inner = field_classes[c->fields[f].rows].count;
			if (i < inner)
				return &field_classes[c->fields[f].rows].fields[i];
		} else if (i == 0) {
			return &c->fields[f];
		}
		i -= inner;
	}
	return NULL;
}

const struct field *field_find(enum row_class class, const char *name)
{
	const struct field *f;

	for (unsigned int i = 0; (f = field_at(class, i)); i++)
		if (same_name(f->name, name))
			return f;
	return NULL;
}

const struct field *field_key(enum row_class class)
{
	const struct field_class *c = &field_classes[class];

	for (unsigned int f = 0; f < c->count; f++)
		if (c->fields[f].flags & FIELD_KEY)
			return &c->fields[f];
	return NULL;
}

static bool field_of(enum row_class class, const struct field *field)
{
	const struct field_class *c = &field_classes[class];

	return field >= c->fields && field < c->fields + c->count;
}

/* The row that has @field: @row or what is embedded in it; NULL: that is not there, @at says why. */
static const void *row_with(const struct snapshot *s, enum row_class class,
			    const struct field *field, const void *row, struct value *at)
{
	const struct field_class *c = &field_classes[class];

	if (field_of(class, field))
		return row;
	for (unsigned int f = 0; f < c->count; f++) {
		if (c->fields[f].type != VT_EMBED || !field_of(c->fields[f].rows, field))
			continue;
		field_get(s, &c->fields[f], row, at);
		return at->state == VALUE_KNOWN ? snapshot_row(s, c->fields[f].rows, at->u) : NULL;
	}
	return row;
}

const void *field_row(const struct snapshot *s, enum row_class class, const struct field *field,
		      const void *row)
{
	struct value at;

	return row_with(s, class, field, row, &at);
}

void field_get_in(const struct snapshot *s, enum row_class class, const struct field *field,
		  const void *row, struct value *v)
{
	struct value at;
	const void *with = row_with(s, class, field, row, &at);

	if (with)
		field_get(s, field, with, v);
	else
		*v = (struct value){ .state = at.state, .type = field->type };
}
