/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine itself: who reads, in which namespaces, by which clocks, within which limits. */
#include "pass.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "ipctop/clock.h"
#include "ipctop/field.h"
#include "ipctop/io.h"

#define CLOCKS_AGREE_MS 10000
#define TICK_MS 10

static void set_ns(struct pass *p, uint64_t number, uint64_t *member, uint64_t bit)
{
	struct document *doc = snapshot_document(p->s);

	*member = number;
	if (number)
		doc->facts.known |= bit;
	else
		doc->facts.unknown |= bit;
}

static void set_identity(struct pass *p)
{
	struct document *doc = snapshot_document(p->s);
	struct buf text = BUF_INIT;
	struct utsname u;

	FACT_SET(doc, schema, "ipctop/1");
	FACT_SET(doc, version, VERSION);
	if (!uname(&u)) {
		FACT_SET(doc, hostname, arena_strdup(p->s->arena, u.nodename));
		FACT_SET(doc, kernel, arena_strdup(p->s->arena, u.release));
	}
	if (!io_read_file(AT_FDCWD, "/proc/sys/kernel/random/boot_id", &text, 4096)) {
		text.s[strcspn(text.s, "\n")] = '\0';
		FACT_SET(doc, boot_id, arena_strdup(p->s->arena, text.s));
	} else {
		FACT_UNKNOWN(doc, boot_id);
	}
	buf_release(&text);
	FACT_SET(doc, uid, geteuid());
	set_ns(p, p->c->ipc_ns, &doc->ipc_ns, FACT_BIT(doc, ipc_ns));
	set_ns(p, p->c->pid_ns, &doc->pid_ns, FACT_BIT(doc, pid_ns));
	set_ns(p, p->c->mnt_ns, &doc->mnt_ns, FACT_BIT(doc, mnt_ns));
}

static void set_policy(struct pass *p)
{
	const struct policy *policy = p->c->options.policy;
	const struct collect_options *x = &p->c->options;
	struct document *doc = snapshot_document(p->s);
	struct policy_row *row;
	struct span keep = { .first = p->s->words.count };

	/* a pass that only finds the way to something judges nothing */
	if (!policy)
		return;
	row = snapshot_add(p->s, CLASS_POLICY);
	keep.count = policy->nkeep;
	for (unsigned int i = 0; i < policy->nkeep; i++)
		*(const char **)table_add(&p->s->words, sizeof(char *)) =
			arena_strdup(p->s->arena, policy->keep[i]);
	FACT_SET(row, grace, x->older_than_set ? x->older_than : policy->grace);
	FACT_SET(row, long_grace, x->older_than_set ? x->older_than : policy->long_grace);
	FACT_SET(row, keep, keep);
	FACT_SET(doc, policy, 0);
}

/*
 * The clock is steady when devtmpfs, which the kernel made at boot, was born at the time of
 * boot: a step since (a late NTP, a restored virtual machine) shows as a difference.
 */
static bool clock_is_steady(int64_t now, int64_t boot)
{
	struct statx stx;
	int64_t born, difference;

	if (statx(AT_FDCWD, "/dev", AT_STATX_DONT_SYNC, STATX_BTIME, &stx) < 0 ||
	    !(stx.stx_mask & STATX_BTIME))
		return false;
	born = stx.stx_btime.tv_sec * 1000LL + stx.stx_btime.tv_nsec / 1000000;
	difference = born - (now - boot);
	return difference >= -CLOCKS_AGREE_MS && difference <= CLOCKS_AGREE_MS;
}

static void set_memory(struct pass *p)
{
	struct document *doc;

	snapshot_add(p->s, CLASS_MEMORY);
	doc = snapshot_document(p->s);
	FACT_SET(doc, memory, 0);
	memory_read(p);
}

void system_begin(struct pass *p)
{
	struct document *doc = snapshot_document(p->s);
	struct collector *c = p->c;
	int64_t now = clock_real_ms(), boot = clock_boot_ms();

	p->start_us = clock_mono_us();
	/*
	 * Start times have 10 ms: rounded to that they are the same in every look, and the same
	 * in every pass while the clock is true to half a second.
	 */
	if (!c->passes || llabs(now - boot - c->boot_offset) > 500)
		c->boot_offset = (now - boot + TICK_MS / 2) / TICK_MS * TICK_MS;
	p->scene = (struct scene){
		.now = now, .boot = boot, .steady = clock_is_steady(now, boot),
		.initial_pid_ns = c->initial_pid_ns && c->proc_is_ours,
		.policy = c->options.policy,
		.older_than_set = c->options.older_than_set,
		.older_than = c->options.older_than,
	};
	FACT_SET(doc, time, now);
	FACT_SET(doc, complete, 1);
	FACT_SET(doc, gaps, ((struct span){ 0, 0 }));
	set_identity(p);
	set_policy(p);
	limits_begin(p);
	if (p->sources & SOURCE_BIT(SOURCE_MACHINE))
		set_memory(p);
}

void system_end(struct pass *p)
{
	struct document *doc = snapshot_document(p->s);

	FACT_SET(doc, duration, (clock_mono_us() - p->start_us) / 1000);
}
