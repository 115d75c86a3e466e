/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reasons as codes and as sentences. */
#include "ipctop/lifecycle.h"

#include "ipctop/field.h"
#include "ipctop/units.h"

const struct reason_info reason_infos[NR_REASONS] = {
	[REASON_ATTACHED] = { "attached", "somebody maps it" },
	[REASON_OPEN] = { "open", "somebody has a descriptor of it" },
	[REASON_LOCKED] = { "locked", "somebody holds a lock on it" },
	[REASON_WAITERS] = { "waiters", "somebody waits in it" },
	[REASON_MOUNTED] = { "mounted", "a mount, an overlay or a loop device stands on it" },
	[REASON_IN_USE_UNSEEN] = { "in-use-unseen",
		"the kernel counts a user whom no scan can see" },
	[REASON_KEPT] = { "kept", "it is on the keep list" },
	[REASON_KEPT_FAMILY] = { "kept-family", "its makers leave it on purpose" },
	[REASON_HOLDERS_UNREADABLE] = { "holders-unreadable", "not all processes could be read" },
	[REASON_NO_LEASE] = { "no-lease", "the kernel's own count of its users gave no answer" },
	[REASON_CREATOR_ALIVE] = { "creator-alive", "the process that created it lives" },
	[REASON_LAST_USER_ALIVE] = { "last-user-alive", "the process that used it last lives" },
	[REASON_FAMILY_PID_ALIVE] = { "family-pid-alive", "the process that its name tells lives" },
	[REASON_FAMILY_LIVE] = { "family-live", "another part of the same family instance is in use" },
	[REASON_FAMILY_UNKNOWN] = { "family-unknown",
		"of another part of the same family instance it is unknown" },
	[REASON_ZERO_LENGTH] = { "zero-length", "it is empty: perhaps just being made" },
	[REASON_FUTURE_TIME] = { "future-time", "one of its times lies in the future" },
	[REASON_YOUNG] = { "young", "it is younger than the grace time" },
	[REASON_OWNER_GONE] = { "owner-gone", "its owner has no process at all" },
	[REASON_FAMILY_ORPHAN] = { "family-orphan",
		"its makers hold it as long as they need it, and nobody does" },
	[REASON_MESSAGES] = { "messages", "messages are waiting in it" },
	[REASON_NO_COUNT] = { "no-count", "the kernel does not count who uses it" },
	[REASON_NOT_POSIX_SHM] = { "not-posix-shm",
		"it lies in a subfolder or has several links: not made by shm_open" },
	[REASON_CREATOR_HIDDEN] = { "creator-hidden",
		"its creator or last user is not to be seen from here" },
	[REASON_CLOCK_UNSTEADY] = { "clock-unsteady",
		"a process has that number, but times cannot tell whether it is the same one" },
	[REASON_SETTLING] = { "settling", "it is younger than the long grace time" },
	[REASON_ABANDONED] = { "abandoned", "nobody holds it, and all who made or used it are gone" },
};

struct telling {
	struct buf *out;
	const struct snapshot *s;
	const struct scene *scene;
	const struct object *o;
};

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static void put_duration(const struct telling *t, const char *before, uint64_t seconds)
{
	buf_puts(t->out, before);
	units_put_duration(t->out, seconds);
}

static uint64_t age_of(const struct telling *t)
{
	struct value v;

	field_get(t->s, field_find(CLASS_OBJECT, "age"), t->o, &v);
	return v.state == VALUE_KNOWN ? v.u : 0;
}

/* "last used 3m", or what else its latest time was. */
static void put_last(const struct telling *t, const char *before)
{
	/* nobody ever attached: the only time is that of its creation or last change */
	bool unused = FACT_KNOWN(t->o, state) && t->o->state == STATE_CREATED;

	buf_puts(t->out, before);
	put_duration(t, unused ? "last changed " : "last used ", age_of(t));
}

static uint64_t grace_of(const struct telling *t, uint64_t configured)
{
	return t->scene->older_than_set ? t->scene->older_than : configured;
}

static const char *habit_of(const struct telling *t)
{
	return t->o->family ? t->o->family : "its family";
}

static void tell_attached(const struct telling *t)
{
	const struct object *o = t->o;
	unsigned long long n = FACT_KNOWN(o, nattch) ? o->nattch : o->mappings;

	if (!FACT_KNOWN(o, processes))
		buf_printf(t->out, "%llu attachment%s, by the kernel's count", n, plural(n));
	else if (FACT_KNOWN(o, nattch) && o->nattch != o->mappings)
		buf_printf(t->out, "%llu attachment%s, of which %llu seen in %llu process%s", n,
			   plural(n), (unsigned long long)o->mappings,
			   (unsigned long long)o->processes, o->processes == 1 ? "" : "es");
	else
		buf_printf(t->out, "%llu mapping%s in %llu process%s", n, plural(n),
			   (unsigned long long)o->processes, o->processes == 1 ? "" : "es");
}

static void tell_open(const struct telling *t)
{
	buf_printf(t->out, "open in %llu process%s", (unsigned long long)t->o->openers,
		   t->o->openers == 1 ? "" : "es");
}

static void tell_kept_family(const struct telling *t)
{
	buf_printf(t->out, "%s leaves it on purpose", habit_of(t));
}

static void tell_creator_alive(const struct telling *t)
{
	buf_printf(t->out, "its creator, process %llu, is alive",
		   (unsigned long long)t->o->creator_pid);
}

static void tell_last_user_alive(const struct telling *t)
{
	if (t->o->kind == KIND_MSG)
		buf_puts(t->out, "its last sender or its last receiver is alive");
	else if (FACT_KNOWN(t->o, last_pid))
		buf_printf(t->out, "its last user, process %llu, is alive", (unsigned long long)t->o->last_pid);
	else
		buf_puts(t->out, "one of its last users is alive");
}

static void tell_family_pid_alive(const struct telling *t)
{
	buf_printf(t->out, "process %u, which its name tells, is alive", t->o->evidence.family_pid);
}

static void tell_family_live(const struct telling *t)
{
	buf_printf(t->out, "another part of the same %s instance is in use", habit_of(t));
}

static void tell_family_unknown(const struct telling *t)
{
	buf_printf(t->out, "whether another part of the same %s instance is in use is unknown",
		   habit_of(t));
}

static void tell_young(const struct telling *t)
{
	put_last(t, "");
	put_duration(t, " ago, within the grace time of ", grace_of(t, t->scene->policy->grace));
}

static void tell_owner_gone(const struct telling *t)
{
	buf_printf(t->out, "its owner, user %llu, has no process", (unsigned long long)t->o->uid);
}

static void tell_family_orphan(const struct telling *t)
{
	buf_printf(t->out, "%s holds it as long as it is needed, and nobody holds it", habit_of(t));
}

static void tell_waiters(const struct telling *t)
{
	if (FACT_KNOWN(t->o, waiters))
		buf_printf(t->out, "%llu process%s wait%s in it", (unsigned long long)t->o->waiters,
			   t->o->waiters == 1 ? "" : "es", t->o->waiters == 1 ? "s" : "");
	else
		buf_puts(t->out, reason_infos[REASON_WAITERS].meaning);
}

static void tell_holders_unreadable(const struct telling *t)
{
	if (kinds[t->o->kind].unheld)
		buf_puts(t->out, "whether somebody waits in it could not be read");
	else
		buf_puts(t->out, reason_infos[REASON_HOLDERS_UNREADABLE].meaning);
}

static void tell_messages(const struct telling *t)
{
	buf_printf(t->out, "%llu message%s in it", (unsigned long long)t->o->messages, plural(t->o->messages));
}

static void tell_settling(const struct telling *t)
{
	put_last(t, "nobody holds it, but it was ");
	put_duration(t, " ago, within the long grace time of ",
		     grace_of(t, t->scene->policy->long_grace));
}

static void tell_abandoned(const struct telling *t)
{
	buf_puts(t->out, "nobody holds it");
	if (FACT_KNOWN(t->o, creator_pid))
		buf_printf(t->out, ", its creator %llu is gone",
			   (unsigned long long)t->o->creator_pid);
	if (FACT_KNOWN(t->o, last_pid) && t->o->last_pid != t->o->creator_pid)
		buf_printf(t->out, ", its last user %llu is gone",
			   (unsigned long long)t->o->last_pid);
	put_last(t, ", ");
	buf_puts(t->out, " ago");
}

/* Those that say more than the meaning of their code. */
static void (*const tellers[NR_REASONS])(const struct telling *) = {
	[REASON_ATTACHED] = tell_attached,
	[REASON_OPEN] = tell_open,
	[REASON_KEPT_FAMILY] = tell_kept_family,
	[REASON_HOLDERS_UNREADABLE] = tell_holders_unreadable,
	[REASON_CREATOR_ALIVE] = tell_creator_alive,
	[REASON_LAST_USER_ALIVE] = tell_last_user_alive,
	[REASON_FAMILY_PID_ALIVE] = tell_family_pid_alive,
	[REASON_FAMILY_LIVE] = tell_family_live,
	[REASON_FAMILY_UNKNOWN] = tell_family_unknown,
	[REASON_YOUNG] = tell_young,
	[REASON_OWNER_GONE] = tell_owner_gone,
	[REASON_FAMILY_ORPHAN] = tell_family_orphan,
	[REASON_WAITERS] = tell_waiters,
	[REASON_MESSAGES] = tell_messages,
	[REASON_SETTLING] = tell_settling,
	[REASON_ABANDONED] = tell_abandoned,
};

void reason_put(struct buf *out, const struct snapshot *s, const struct scene *scene,
		const struct object *o, enum reason_code code)
{
	struct telling t = { .out = out, .s = s, .scene = scene, .o = o };

	if (tellers[code])
		tellers[code](&t);
	else
		buf_puts(out, reason_infos[code].meaning);
}
