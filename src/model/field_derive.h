/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MODEL_FIELD_DERIVE_H
#define MODEL_FIELD_DERIVE_H

#include "ipctop/field.h"

/* The getters of derived fields of objects: @row is a struct object. */
void get_age(const struct snapshot *s, const void *row, struct value *v);
void get_uses(const struct snapshot *s, const void *row, struct value *v);
/* What all holders have in common; "(several)" where they differ. */
void get_cgroup(const struct snapshot *s, const void *row, struct value *v);
void get_unit(const struct snapshot *s, const void *row, struct value *v);
void get_container(const struct snapshot *s, const void *row, struct value *v);

#endif
