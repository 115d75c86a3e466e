/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_GROUP_H
#define IPCTOP_GROUP_H

#include "ipctop/field.h"

/*
 * Groups: sums over objects that have a field's value in common.
 */

/* The field that `--by @name` means; NULL for one that objects are not grouped by. */
const struct field *group_field(const char *name);
/* The names that group_field knows; ends with NULL. */
extern const char *const group_names[];
/* NEED_BIT set of grouping by @field: what it and the sums read. */
uint32_t group_needs(const struct field *field);

/*
 * Sum up the objects @rows by @field: adds rows of CLASS_GROUP to @s, ordered by
 * value, and orders @rows by it. Objects whose value is unknown, or to which it does not apply,
 * are a group each of their own: so is the group's value then.
 */
void group_objects(struct snapshot *s, const struct field *field, uint32_t *rows, uint32_t count);

#endif
