/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "field_derive.h"

/* The latest of the times of an object, where ipctop itself left no trace. */
static bool latest_time(const struct object *o, int64_t *latest, bool *unknown)
{
	const struct {
		bool known, unknown;
		int64_t t;
		bool by_reading;
	} times[] = {
#define T(m, ...) { FACT_KNOWN(o, m), FACT_IS_UNKNOWN(o, m), o->m, __VA_ARGS__ }
		T(attach_time), T(detach_time), T(change_time, true),
		T(modify_time), T(access_time, true), T(birth_time),
		T(operation_time), T(send_time), T(receive_time),
#undef T
	};
	bool any = false;

	*unknown = false;
	for (unsigned int i = 0; i < ARRAY_SIZE(times); i++) {
		if (times[i].by_reading && kinds[o->kind].touched)
			continue;
		*unknown |= times[i].unknown;
		if (times[i].known && (!any || times[i].t > *latest))
			*latest = times[i].t;
		any |= times[i].known;
	}
	return any;
}

void get_age(const struct snapshot *s, const void *row, struct value *v)
{
	int64_t now = snapshot_document(s)->time / 1000, latest = 0;
	bool unknown;

	if (latest_time(row, &latest, &unknown)) {
		v->state = VALUE_KNOWN;
		v->u = latest < now ? (uint64_t)now - (uint64_t)latest : 0;
	} else {
		v->state = unknown ? VALUE_UNKNOWN : VALUE_NONE;
	}
}

void get_uses(const struct snapshot *s, const void *row, struct value *v)
{
	const struct object *o = row;

	if (kinds[o->kind].unheld)
		return;
	if (kinds[o->kind].counted) {
		v->state = FACT_KNOWN(o, nattch) ? VALUE_KNOWN : VALUE_UNKNOWN;
		v->u = o->nattch;
	} else {
		bool known = kind_is_mapped(o->kind) ? FACT_KNOWN(o, mappings) : FACT_KNOWN(o, openers);

		v->state = known ? VALUE_KNOWN : VALUE_UNKNOWN;
		v->u = o->mappings + o->openers;
	}
}

/* What all holders have in common; several differing ones have no common value. */
static void common_of_holders(const struct snapshot *s, const struct object *o, size_t offset,
			      struct value *v)
{
	uint64_t bit = 1ULL << ((offset - sizeof(struct facts)) / 8);
	const char *common = NULL;

	for (uint32_t i = 0; i < o->holders.count; i++) {
		const struct holder *h = snapshot_row(s, CLASS_HOLDER, o->holders.first + i);
		const struct process *p = snapshot_row(s, CLASS_PROCESS, h->process);
		const char *mine;

		if (p->facts.unknown & bit) {
			v->state = VALUE_UNKNOWN;
			return;
		}
		if (!(p->facts.known & bit))
			continue;
		memcpy(&mine, (const char *)p + offset, sizeof(mine));
		if (common && strcmp(common, mine)) {
			common = "(several)";
			break;
		}
		common = mine;
	}
	v->state = common ? VALUE_KNOWN : VALUE_NONE;
	v->s = common;
}

#define COMMON(member)									\
void get_##member(const struct snapshot *s, const void *row, struct value *v)	\
{											\
	common_of_holders(s, row, offsetof(struct process, member), v);			\
}
COMMON(cgroup)
COMMON(unit)
COMMON(container)
