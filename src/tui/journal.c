/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui.h"

void events_copy(struct snapshot *to, const struct snapshot *from, uint32_t first)
{
	const struct field *f;

	for (uint32_t i = first; i < snapshot_count(from, CLASS_EVENT); i++) {
		const char *old = snapshot_row(from, CLASS_EVENT, i);
		char *new = snapshot_add(to, CLASS_EVENT);

		memcpy(new, old, sizeof(struct event));
		for (unsigned int k = 0; (f = field_at(CLASS_EVENT, k)); k++) {
			struct value v;
			char *copy;

			field_get(from, f, old, &v);
			if (v.state != VALUE_KNOWN || (f->type != VT_STRING && f->type != VT_NAME))
				continue;
			copy = arena_strdup(to->arena, v.s);
			memcpy(new + f->offset, &copy, sizeof(copy));
		}
	}
}
