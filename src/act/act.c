/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The executor: looks again, acts, tells. */
#include "actor.h"

#include <errno.h>
#include <unistd.h>
#include "ipctop/audit.h"
#include "ipctop/clock.h"
#include "ipctop/save.h"

/*
 * How old the last look at the machine may be; where there is so much that a look takes
 * longer, as old as it took.
 */
#define LOOK_US 500000

void settle_errno(struct actor *a, struct act *act, const char *call, int error)
{
	if (error == ENOENT)
		act_settle_gone(a->plan, act);
	else if (error == ESTALE)
		act_settle(a->plan, act, OUTCOME_REFUSED, "it changed since it was looked at");
	else if (error == EPERM || error == EACCES)
		act_settle(a->plan, act, OUTCOME_FAILED, "%s: not permitted: it is %s's", call,
			   FACT_KNOWN(act, user) ? act->user : "another user");
	else
		act_settle(a->plan, act, OUTCOME_FAILED, "%s: %s", call, strerror(error));
}

/* A removal takes time too: what was true of the machine is read again now and then. */
static int look(struct actor *a)
{
	int64_t began, took;
	int rc;

	if (a->fresh && clock_mono_us() < a->good_until)
		return 0;
	identity_finder_free(a->finder);
	snapshot_free(a->fresh);
	a->fresh = NULL;
	a->finder = NULL;
	began = clock_mono_us();
	rc = collector_pass(a->collector, &a->fresh);
	if (rc)
		return rc;
	a->finder = identity_finder_new(a->fresh);
	took = clock_mono_us() - began;
	a->good_until = began + took + (took > LOOK_US ? took : LOOK_US);
	return 0;
}

/* What is removed is saved first, or not removed. */
static bool save_first(struct actor *a, struct act *act, const struct object *o)
{
	struct buf error = BUF_INIT;
	char *file = NULL;
	int rc = save_object(a->settings->save, a->ways, a->fresh, o, &file, &error);

	if (rc)
		act_settle(a->plan, act, OUTCOME_FAILED, "it could not be saved: %s",
			   error.s);
	else
		FACT_SET(act, saved, arena_strdup(a->plan->s->arena, file));
	free(file);
	buf_release(&error);
	return !rc;
}

static const struct object *look_and_check(struct actor *a, struct act *act, enum permit permit)
{
	const struct object *o;
	int rc = look(a);

	if (rc) {
		act_settle(a->plan, act, OUTCOME_FAILED, "it could not be looked at again: %s",
			   strerror(-rc));
		return NULL;
	}
	o = plan_recheck(a->plan, act, permit, a->fresh, a->finder);
	/* removed while the machine was looked at, it is half seen: without a name, or a holder */
	if (!o && act->result == OUTCOME_REFUSED && act->action != ACTION_DETACH && file_is_gone(a, act->who))
		act_settle_gone(a->plan, act);
	if (!o || !o->evidence.namespace_other || a->settings->all_namespaces)
		return o;
	act_settle_foreign(a->plan, act);
	return NULL;
}

static bool is_parting(const struct act *act, const struct act *above)
{
	return above->action == ACTION_DETACH && act->action == ACTION_REMOVE && !strcmp(act->name, above->name);
}

/* Whether holders were to let go of the object before it is removed: they stand above. */
static bool is_parted(const struct actor *a, const struct act *act)
{
	return a->at && is_parting(act, plan_act(a->plan, a->order[a->at - 1]));
}

/* Who was to let go of it first has. */
static bool have_let_go(struct actor *a, struct act *act)
{
	for (uint32_t i = a->at; i-- > 0;) {
		const struct act *above = plan_act(a->plan, a->order[i]);

		if (!is_parting(act, above))
			break;
		if (above->result == OUTCOME_DETACHED || above->result == OUTCOME_GONE)
			continue;
		act_settle(a->plan, act, OUTCOME_REFUSED, "process %llu has not let go of it",
			   (unsigned long long)above->pid);
		return false;
	}
	return true;
}

/* And nobody else maps it by now. */
static bool is_let_go(struct actor *a, struct act *act, const struct object *o)
{
	if (kinds[o->kind].counted ? !o->nattch : !o->mappings)
		return true;
	act_settle(a->plan, act, OUTCOME_REFUSED, "meanwhile somebody else came to map it");
	return false;
}

static const struct object *look_before(struct actor *a, struct act *act, enum permit permit)
{
	const struct object *o;

	if (!is_parted(a, act))
		return look_and_check(a, act, permit);
	if (!have_let_go(a, act))
		return NULL;
	a->good_until = 0;
	o = look_and_check(a, act, permit);
	return o && is_let_go(a, act, o) ? o : NULL;
}

/* The kernel's times have seconds, and its clock of them lags by some milliseconds. */
#define CLOCK_LAG_MS 20

/* Whether the times of @o would tell of a use since the look. */
static bool is_at_rest(const struct actor *a, const struct object *o)
{
	int64_t second = (snapshot_document(a->fresh)->time - CLOCK_LAG_MS) / 1000;

	/* 0: it never happened */
	return o->change_time < second && o->operation_time < second && o->send_time < second &&
	       o->receive_time < second;
}

/*
 * Nobody counts who uses it, so what happens between the copy and the removal would be lost in silence: it is
 * saved by a look from which on its times tell of that.
 */
static const struct object *wait_for_rest(struct actor *a, struct act *act, const struct object *o)
{
	if (!kinds[o->kind].unheld || is_at_rest(a, o))
		return o;
	usleep(1000000 + CLOCK_LAG_MS * 1000);
	a->good_until = 0;
	o = look_and_check(a, act, a->settings->permit);
	if (!o || is_at_rest(a, o))
		return o;
	act_settle(a->plan, act, OUTCOME_REFUSED,
		   "it is in use: what changes in it while it is saved would be lost");
	return NULL;
}

static void act_one(struct actor *a, struct act *act)
{
	enum permit permit = a->settings->permit;
	const struct object *o = look_before(a, act, permit);

	if (o && a->settings->save && act->action == ACTION_REMOVE)
		o = wait_for_rest(a, act, o);
	if (o && a->settings->save && act->action == ACTION_REMOVE) {
		if (!save_first(a, act, o))
			return;
		/* attaching has changed a segment, and made it young again; of a file reading leaves no trace */
		if (kinds[act->kind].counted) {
			a->good_until = 0;
			if (permit == PERMIT_STALE)
				permit = PERMIT_DISUSED;
		}
		/* the look from before the copy is what nobody may have used it since */
		if (!kinds[act->kind].unheld)
			o = look_and_check(a, act, permit);
	}
	if (o)
		act_kinds[act->kind].act[act->action](a, act, o);
}

static void tell(struct actor *a, struct act *act)
{
	/* the first line that did not arrive is told by audit_close */
	if (a->settings->audit)
		(void)!audit_act(a->settings->audit, act);
}

/* What the plan refuses was asked for like all the rest. */
static void tell_refusals(struct actor *a)
{
	for (uint32_t i = 0; i < plan_count(a->plan); i++)
		if (plan_act(a->plan, i)->result == OUTCOME_REFUSED)
			tell(a, plan_act(a->plan, i));
}

/* Whether it is another mapping of the same process and object. */
static bool is_beside(const struct act *act, const struct act *other)
{
	return other->result == OUTCOME_PLANNED && other->action == ACTION_DETACH &&
	       act->action == ACTION_DETACH && act->pid == other->pid && !strcmp(act->name, other->name);
}

/* What is done together with the row under way. */
static void take_group(struct actor *a)
{
	const struct act *act = actor_row(a, 0);

	for (a->ngroup = 1; a->at + a->ngroup < plan_count(a->plan); a->ngroup++)
		if (!is_beside(act, actor_row(a, a->ngroup)))
			break;
}

/* What the look said of one holds for those that are done together with it. */
static void settle_group(struct actor *a, const struct act *act)
{
	for (uint32_t i = 1; i < a->ngroup; i++) {
		struct act *other = actor_row(a, i);

		if (other->result == OUTCOME_PLANNED && act->result != OUTCOME_PLANNED)
			act_settle(a->plan, other, act->result, FACT_KNOWN(act, why) ? "%s" : NULL, act->why);
	}
}

static void actor_release(struct actor *a)
{
	reach_free(a->ways);
	identity_finder_free(a->finder);
	snapshot_free(a->fresh);
	collector_free(a->collector);
}

int act_run(struct plan *plan, const struct collect_options *collect,
	    const struct act_settings *settings, act_fn done, void *arg, const volatile int *stop)
{
	struct actor a = { .plan = plan, .settings = settings, .ways = reach_new() };
	uint32_t *order = plan_order(plan);
	int rc = 0;

	a.collector = collector_new(collect);
	tell_refusals(&a);
	for (a.order = order; a.at < plan_count(plan); a.at += a.ngroup) {
		struct act *act = actor_row(&a, 0);

		a.ngroup = 1;
		if (act->result != OUTCOME_PLANNED)
			continue;
		if (stop && __atomic_load_n(stop, __ATOMIC_RELAXED)) {
			rc = -EINTR;
			break;
		}
		take_group(&a);
		act_one(&a, act);
		settle_group(&a, act);
		for (uint32_t k = 0; k < a.ngroup; k++) {
			tell(&a, actor_row(&a, k));
			if (done)
				done(arg, actor_row(&a, k));
		}
	}
	free(order);
	actor_release(&a);
	return rc;
}
