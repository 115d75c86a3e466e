/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The executor: looks again, acts, tells. */
#include "actor.h"

#include <errno.h>
#include <unistd.h>
#include "ipctop/audit.h"
#include "ipctop/clock.h"
#include "ipctop/reach.h"
#include "ipctop/save.h"

#define LOOK_US 500000		/* how old the last look at the machine may be */

int actor_folder(struct actor *a, uint64_t device)
{
	struct folder *rows = a->folders.rows, *new;

	for (uint32_t i = 0; i < a->folders.count; i++)
		if (rows[i].device == device)
			return rows[i].fd;
	new = table_add(&a->folders, sizeof(*new));
	*new = (struct folder){ .device = device, .fd = reach_folder(device) };
	return new->fd;
}

void settle_errno(struct actor *a, struct act *act, const char *call, int error)
{
	if (error == EPERM || error == EACCES)
		act_settle(a->plan, act, OUTCOME_FAILED, "%s: not permitted: it is %s's", call,
			   FACT_KNOWN(act, user) ? act->user : "another user");
	else
		act_settle(a->plan, act, OUTCOME_FAILED, "%s: %s", call, strerror(error));
}

/* A removal takes time too: what was true of the machine is read again now and then. */
static int look(struct actor *a)
{
	int rc;

	if (a->fresh && clock_mono_us() - a->looked < LOOK_US)
		return 0;
	identity_finder_free(a->finder);
	snapshot_free(a->fresh);
	a->fresh = NULL;
	a->finder = NULL;
	rc = collector_pass(a->collector, &a->fresh);
	if (rc)
		return rc;
	a->finder = identity_finder_new(a->fresh);
	a->looked = clock_mono_us();
	return 0;
}

/* The object as it is now, when it still is what the plan was made for; else @act is settled. */
static const struct object *check(struct actor *a, struct act *act)
{
	const struct object *o = identity_find(a->finder, act->who);
	struct buf why = BUF_INIT;

	if (!o) {
		act_settle(a->plan, act, OUTCOME_GONE, "it was removed meanwhile");
	} else if (!identity_is(act->who, o)) {
		act_settle(a->plan, act, OUTCOME_REFUSED,
			   "it changed since it was looked at, or another has its place");
	} else if (o->evidence.namespace_other && !a->settings->all_namespaces) {
		act_settle(a->plan, act, OUTCOME_REFUSED,
			   "of another namespace: --all-namespaces acts on those too");
	} else if (!permit_allows(a->settings->permit, act->action, a->fresh, o, &why)) {
		act_settle(a->plan, act, OUTCOME_REFUSED, "meanwhile %s", why.s);
	}
	buf_release(&why);
	return act->result == OUTCOME_PLANNED ? o : NULL;
}

/* What is removed is saved first, or not removed. */
static bool save_first(struct actor *a, struct act *act, const struct object *o)
{
	struct buf error = BUF_INIT;
	char *file = NULL;
	int rc = 0;

	if (!a->settings->save || act->action != ACTION_REMOVE)
		return true;
	rc = save_object(a->settings->save, a->fresh, o, &file, &error);
	if (rc)
		act_settle(a->plan, act, OUTCOME_FAILED, "not removed, as it could not be saved: %s",
			   error.s);
	else
		FACT_SET(act, saved, arena_strdup(a->plan->s->arena, file));
	free(file);
	buf_release(&error);
	return !rc;
}

static void act_one(struct actor *a, struct act *act)
{
	int rc = look(a);
	const struct object *o;

	if (rc) {
		act_settle(a->plan, act, OUTCOME_FAILED, "it could not be looked at again: %s",
			   strerror(-rc));
		return;
	}
	o = check(a, act);
	if (o && save_first(a, act, o))
		act_kinds[act->kind].act[act->action](a, act, o);
}

static void tell(struct actor *a, struct act *act)
{
	/* the first line that did not arrive is told by audit_close */
	if (a->settings->audit)
		(void)!audit_act(a->settings->audit, act);
}

static void actor_release(struct actor *a)
{
	struct folder *rows = a->folders.rows;

	for (uint32_t i = 0; i < a->folders.count; i++)
		if (rows[i].fd >= 0)
			close(rows[i].fd);
	table_release(&a->folders);
	identity_finder_free(a->finder);
	snapshot_free(a->fresh);
	collector_free(a->collector);
}

int act_run(struct plan *plan, const struct collect_options *collect,
	    const struct act_settings *settings, act_fn done, void *arg, const volatile int *stop)
{
	struct actor a = { .plan = plan, .settings = settings };
	uint32_t *order = plan_order(plan);
	int rc = 0;

	a.collector = collector_new(collect);
	for (uint32_t i = 0; i < plan_count(plan); i++) {
		struct act *act = plan_act(plan, order[i]);

		if (act->result != OUTCOME_PLANNED)
			continue;
		if (stop && *stop) {
			rc = -EINTR;
			break;
		}
		act_one(&a, act);
		tell(&a, act);
		if (done)
			done(arg, act);
	}
	free(order);
	actor_release(&a);
	return rc;
}
