/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tabs: which rows each shows. */
#include "tui.h"

static const struct snapshot *all_objects(const struct monitor *m, const struct look *look, struct span *span)
{
	*span = (struct span){ .count = snapshot_count(look->s, CLASS_OBJECT) };
	return look->s;
}

static const struct snapshot *by_process(const struct monitor *m, const struct look *look, struct span *span)
{
	*span = look->holdings[HOLDING_BY_PROCESS];
	return look->s;
}

static const struct snapshot *by_group(const struct monitor *m, const struct look *look, struct span *span)
{
	*span = look->holdings[m->by];
	return look->s;
}

static const struct snapshot *all_events(const struct monitor *m, const struct look *look, struct span *span)
{
	*span = (struct span){ .count = snapshot_count(m->journal, CLASS_EVENT) };
	return m->journal;
}

const struct tab_info tab_infos[NR_TABS] = {
	[TAB_OBJECTS] = {
		.name = "objects", .title = "Objects", .class = CLASS_OBJECT, .trees = true,
		.columns = "name,size,allocated,user,age,uses,state,verdict,family", .sort = "size:desc",
		.rows = all_objects,
		.empty = "nothing is shared here: no System V segment, no file in /dev/shm, no shared mapping",
	},
	[TAB_PROCESSES] = {
		.name = "processes", .title = "Processes", .class = CLASS_HOLDING,
		.columns = "pid,user,comm,objects,allocated,share," KINDS_HERE ",cmdline",
		.sort = "share:desc", .rows = by_process,
		.empty = "no process was seen to share anything",
	},
	[TAB_USERS] = {
		.name = "users", .title = "Users", .class = CLASS_HOLDING,
		.columns = "value,processes,objects,allocated,share," KINDS_HERE ",owned,stale,stale_allocated",
		.sort = "share:desc", .rows = by_group,
		.empty = "no process was seen to share anything",
	},
	[TAB_EVENTS] = {
		.name = "events", .title = "Events", .class = CLASS_EVENT,
		.columns = "time,event,name,kind,size,user,pid,comm,mappings", .sort = "time:desc",
		.rows = all_events,
		.empty = "nothing has changed since the monitor began to look",
	},
};

uint32_t tab_needs(const struct monitor *m, enum tab tab)
{
	const struct panel *p = &m->panels[tab];
	uint32_t needs = columns_needs(&p->columns) | sort_needs(&p->sort) |
			 row_filter_needs(&p->filter, p->info->class);

	if (p->info->rows == by_process)
		needs |= holding_needs(HOLDING_BY_PROCESS);
	if (p->info->rows == by_group)
		needs |= holding_needs(m->by);
	if (p->info->rows == all_events || p->tree == TREE_HOLDER)
		needs |= NEED_BIT(NEED_HOLDERS) | NEED_BIT(NEED_PROCESSES);
	return needs;
}

enum holding_by tab_holding(const struct monitor *m, enum tab tab)
{
	return tab_infos[tab].rows == by_process ? HOLDING_BY_PROCESS : m->by;
}

uint32_t tab_holdings(const struct monitor *m, enum tab tab)
{
	return tab_infos[tab].class == CLASS_HOLDING ? 1U << tab_holding(m, tab) : 0;
}
