/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipctop/lifecycle.h"

#include "ipctop/field.h"
#include "ipctop/units.h"

/* The kernel floors change times to a second, and starts have 10 ms. */
#define SLACK_MS 2000

static const struct pid_fact *pid_find(const struct scene *scene, uint64_t pid)
{
	uint32_t low = 0, high = scene->npids;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (scene->pids[middle].pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < scene->npids && scene->pids[low].pid == pid ? &scene->pids[low] : NULL;
}

enum life pid_judge(const struct scene *scene, uint64_t pid, bool has_when, int64_t when)
{
	const struct pid_fact *fact = pid ? pid_find(scene, pid) : NULL;
	int64_t booted = scene->now - scene->boot, when_ms;

	if (!fact)
		return LIFE_UNKNOWN;
	if (!fact->exists || fact->is_self || fact->is_thread || fact->is_dead_zombie)
		return LIFE_GONE;
	if (!scene->steady || !has_when || !fact->has_start ||
	    when < booted / 1000 || when > scene->now / 1000 + 2)
		return LIFE_UNKNOWN;
	when_ms = when * 1000;
	/* on the boot clock; never through btime, which is floored as well */
	return fact->start > when_ms - booted + SLACK_MS ? LIFE_GONE : LIFE_ALIVE;
}

bool lifecycle_condemned(const struct object *o)
{
	if (o->kind == KIND_SHM)
		return o->flags & OBJECT_CONDEMNED;
	return kinds[o->kind].outlives || o->kind == KIND_FILE || o->kind == KIND_DEVICE ?
		FACT_KNOWN(o, links) && o->links == 0 : false;
}

static bool is_mapped(const struct object *o)
{
	return (FACT_KNOWN(o, nattch) && o->nattch) || o->mappings || o->evidence.private_mapping;
}

static bool absence_proven(const struct object *o)
{
	if (kinds[o->kind].counted)
		return FACT_KNOWN(o, nattch) && !o->nattch;
	return o->evidence.lease == LEASE_GRANTED || o->evidence.absent;
}

void lifecycle_state(struct object *o)
{
	if (kinds[o->kind].unheld)
		return;
	if (lifecycle_condemned(o) && (is_mapped(o) || o->openers))
		FACT_SET(o, state, STATE_CONDEMNED);
	else if (is_mapped(o))
		FACT_SET(o, state, STATE_ATTACHED);
	else if (o->openers)
		FACT_SET(o, state, STATE_OPEN);
	else if (!absence_proven(o))
		FACT_UNKNOWN(o, state);
	else if (o->kind == KIND_SHM && !FACT_KNOWN(o, attach_time))
		FACT_SET(o, state, STATE_CREATED);
	else
		FACT_SET(o, state, STATE_DETACHED);
}

/* What the pattern of a family sees of an object; in @text when it must be made. */
static const char *family_text(const struct object *o, char *text, size_t room)
{
	const char *slash;

	if (kinds[o->kind].sysv) {
		snprintf(text, room, "0x%08llx", (unsigned long long)o->key);
		return o->key ? text : NULL;
	}
	if (o->kind == KIND_MEMFD)
		return o->label;
	if (!o->path)
		return NULL;
	if (!strncmp(o->path, "/dev/shm/", 9))
		return o->path + 9;
	slash = strrchr(o->path, '/');
	return slash ? slash + 1 : o->path;
}

void lifecycle_family(struct snapshot *s, struct object *o, const struct policy *policy)
{
	char made[32];
	const char *text = family_text(o, made, sizeof(made));
	struct family_match match;

	if (!text || !policy->families)
		return;
	family_match(policy->families, o->kind, text, s->arena, &match);
	if (match.row < 0)
		return;
	o->evidence.has_family = true;
	o->evidence.family = match.row;
	o->evidence.instance = match.instance;
	o->evidence.has_family_pid = match.has_pid;
	o->evidence.family_pid = match.pid;
	FACT_SET(o, family, family_row(policy->families, match.row)->name);
}

/* One object in front of the rules. */
struct judging {
	const struct scene *scene;
	const struct object *o;
	enum family_habit habit;
	uint64_t grace, long_grace, age;
	bool future, ageless;
};

#define R(code)		(1U << REASON_##code)
#define IF(test, code)	((test) ? R(code) : 0)

/*
 * The rules. Each gives the set of reasons for which it matches, 0 when it does not;
 * the first that matches decides.
 */
static uint32_t used(const struct judging *j)
{
	const struct evidence *e = &j->o->evidence;

	return IF(is_mapped(j->o), ATTACHED) | IF(j->o->openers, OPEN) | IF(e->locked, LOCKED) |
	       IF(e->waiters, WAITERS) | IF(e->mounted, MOUNTED) |
	       IF(e->lease == LEASE_REFUSED && !is_mapped(j->o) && !j->o->openers, IN_USE_UNSEEN);
}

static uint32_t kept(const struct judging *j)
{
	return IF(policy_keeps(j->scene->policy, j->o), KEPT) |
	       IF(j->habit == FAMILY_KEPT, KEPT_FAMILY);
}

static uint32_t absence_unproven(const struct judging *j)
{
	/* of who uses it nothing could prove it, as rule 9 says; but whoever waits is counted */
	if (kinds[j->o->kind].unheld)
		return IF(FACT_IS_UNKNOWN(j->o, waiters), HOLDERS_UNREADABLE);
	if (absence_proven(j->o))
		return 0;
	if (kinds[j->o->kind].counted)
		return R(HOLDERS_UNREADABLE);
	return IF(j->o->evidence.holders_unread, HOLDERS_UNREADABLE) | R(NO_LEASE);
}

static uint32_t known_alive(const struct judging *j)
{
	const struct evidence *e = &j->o->evidence;

	return IF(e->creator == LIFE_ALIVE && FACT_KNOWN(j->o, creator_pid), CREATOR_ALIVE) |
	       IF(e->last == LIFE_ALIVE, LAST_USER_ALIVE) |
	       IF(e->has_family_pid && e->family_life == LIFE_ALIVE, FAMILY_PID_ALIVE);
}

static uint32_t family_live(const struct judging *j)
{
	return IF(j->o->evidence.family_live, FAMILY_LIVE);
}

static uint32_t family_unknown(const struct judging *j)
{
	return IF(j->o->evidence.family_unknown, FAMILY_UNKNOWN);
}

static uint32_t recent(const struct judging *j)
{
	return IF(FACT_KNOWN(j->o, size) && !j->o->size, ZERO_LENGTH) | IF(j->future, FUTURE_TIME) |
	       IF(j->ageless || j->age < j->grace, YOUNG);
}

static uint32_t owner_gone(const struct judging *j)
{
	const struct scene *scene = j->scene;

	if (!scene->initial_pid_ns || !scene->uids_complete || !FACT_KNOWN(j->o, uid))
		return 0;
	/* others than its owner may use it, and nobody counts them */
	if (kinds[j->o->kind].unheld &&
	    (j->age < j->long_grace || j->o->evidence.last == LIFE_UNKNOWN))
		return 0;
	for (uint32_t i = 0; i < scene->nuids; i++)
		if (scene->uids[i] == j->o->uid)
			return 0;
	return R(OWNER_GONE);
}

static uint32_t family_orphan(const struct judging *j)
{
	return IF(j->habit == FAMILY_HELD, FAMILY_ORPHAN);
}

static uint32_t has_messages(const struct judging *j)
{
	return IF(kinds[j->o->kind].unheld && FACT_KNOWN(j->o, messages) && j->o->messages, MESSAGES);
}

static uint32_t uncounted(const struct judging *j)
{
	return IF(kinds[j->o->kind].unheld, NO_COUNT);
}

static uint32_t not_posix_shm(const struct judging *j)
{
	const struct object *o = j->o;

	return IF(!kinds[o->kind].sysv &&
		  (o->evidence.subfolder || (FACT_KNOWN(o, links) && o->links > 1)), NOT_POSIX_SHM);
}

/*
 * A segment that nobody ever attached has no last user that could be unknown. Of a file
 * only its name can tell of somebody.
 */
static uint32_t users_unknown(const struct judging *j)
{
	const struct object *o = j->o;
	bool creator = o->evidence.creator == LIFE_UNKNOWN;
	bool last = o->evidence.last == LIFE_UNKNOWN &&
		    (FACT_KNOWN(o, last_pid) || FACT_IS_UNKNOWN(o, last_pid));
	bool hidden = (creator && !FACT_KNOWN(o, creator_pid)) ||
		      (last && !FACT_KNOWN(o, last_pid));

	if (!kinds[o->kind].sysv)
		return IF(o->evidence.has_family_pid && o->evidence.family_life == LIFE_UNKNOWN,
			  CLOCK_UNSTEADY);
	if (!creator && !last)
		return 0;
	return IF(hidden, CREATOR_HIDDEN) |
	       IF((creator && FACT_KNOWN(o, creator_pid)) || (last && FACT_KNOWN(o, last_pid)),
		  CLOCK_UNSTEADY);
}

static uint32_t settling(const struct judging *j)
{
	return IF(j->age < j->long_grace, SETTLING);
}

static uint32_t abandoned(const struct judging *j)
{
	return R(ABANDONED);
}

enum pass { ALONE, BY_FAMILY };
static const struct rule {
	uint8_t number;		/* in the manual */
	uint8_t pass;
	enum verdict verdict;
	uint32_t (*match)(const struct judging *j);
} rules[] = {
	{ 1, ALONE, VERDICT_LIVE, used },
	{ 2, ALONE, VERDICT_IDLE, kept },
	{ 3, ALONE, VERDICT_UNKNOWN, absence_unproven },
	{ 4, ALONE, VERDICT_IDLE, known_alive },
	{ 5, BY_FAMILY, VERDICT_IDLE, family_live },
	{ 5, BY_FAMILY, VERDICT_UNKNOWN, family_unknown },
	{ 6, ALONE, VERDICT_IDLE, recent },
	{ 7, ALONE, VERDICT_STALE, owner_gone },
	{ 8, ALONE, VERDICT_STALE, family_orphan },
	{ 9, ALONE, VERDICT_IDLE, has_messages },
	{ 9, ALONE, VERDICT_UNKNOWN, uncounted },
	{ 10, ALONE, VERDICT_IDLE, not_posix_shm },
	{ 11, ALONE, VERDICT_UNKNOWN, users_unknown },
	{ 12, ALONE, VERDICT_IDLE, settling },
	{ 13, ALONE, VERDICT_STALE, abandoned },
};
#define FAMILY_RULE 5

static bool has_future_time(const struct object *o, int64_t limit)
{
	return (FACT_KNOWN(o, attach_time) && o->attach_time > limit) ||
	       (FACT_KNOWN(o, detach_time) && o->detach_time > limit) ||
	       (FACT_KNOWN(o, change_time) && o->change_time > limit) ||
	       (FACT_KNOWN(o, modify_time) && o->modify_time > limit) ||
	       (FACT_KNOWN(o, access_time) && o->access_time > limit) ||
	       (FACT_KNOWN(o, birth_time) && o->birth_time > limit) ||
	       (FACT_KNOWN(o, operation_time) && o->operation_time > limit) ||
	       (FACT_KNOWN(o, send_time) && o->send_time > limit) ||
	       (FACT_KNOWN(o, receive_time) && o->receive_time > limit);
}

/* An age that is unknown counts as none: too young for anything, whatever the grace time. */
static bool object_age(const struct snapshot *s, const struct object *o, uint64_t *age)
{
	static const struct field *field;
	struct value v;

	if (!field)
		field = field_find(CLASS_OBJECT, "age");
	field_get(s, field, o, &v);
	*age = v.state == VALUE_KNOWN ? v.u : 0;
	return v.state == VALUE_KNOWN;
}

static void judge_by(struct snapshot *s, const struct scene *scene, struct object *o, enum pass pass)
{
	struct judging j = {
		.scene = scene, .o = o,
		.grace = scene->older_than_set ? scene->older_than : scene->policy->grace,
		.long_grace = scene->older_than_set ? scene->older_than : scene->policy->long_grace,
		.future = has_future_time(o, scene->now / 1000),
	};

	j.ageless = !object_age(s, o, &j.age);
	if (o->evidence.has_family)
		j.habit = family_row(scene->policy->families, o->evidence.family)->habit;
	for (unsigned int i = 0; i < ARRAY_SIZE(rules); i++) {
		uint32_t reasons;

		if (rules[i].pass != pass || (rules[i].number > 1 && !kinds[o->kind].outlives))
			continue;
		reasons = rules[i].match(&j);
		if (!reasons)
			continue;
		o->evidence.rule = rules[i].number;
		o->evidence.reason_set = reasons;
		FACT_SET(o, verdict, rules[i].verdict);
		return;
	}
}

/* When it was used last, 0: never. */
static int64_t last_use(const struct object *o)
{
	const int64_t uses[] = { o->attach_time, o->detach_time, o->operation_time, o->send_time, o->receive_time };
	int64_t last = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(uses); i++)
		if (uses[i] > last)
			last = uses[i];
	return last;
}

/* Of a set of semaphores several processes may be the last, and when is known of the latest only. */
static enum life judge_semaphores(const struct snapshot *s, const struct scene *scene, const struct object *o,
				  bool credible)
{
	/* that a value was set is no operation, and told by the change time */
	int64_t used = last_use(o), last = used > o->change_time ? used : o->change_time;
	enum life all = LIFE_GONE;

	for (uint32_t i = 0; i < o->values.count; i++) {
		const struct semaphore *one = snapshot_row(s, CLASS_SEMAPHORE, o->values.first + i);
		enum life life = FACT_KNOWN(one, last_pid) ? pid_judge(scene, one->last_pid, credible, last) :
				 FACT_IS_UNKNOWN(one, last_pid) ? LIFE_UNKNOWN : LIFE_GONE;

		if (life == LIFE_ALIVE)
			return LIFE_ALIVE;
		if (life == LIFE_UNKNOWN)
			all = LIFE_UNKNOWN;
	}
	return FACT_KNOWN(o, values) ? all : LIFE_UNKNOWN;
}

/* A receiver may wait for long, while senders come and go: each by its own time. */
static enum life judge_queue(const struct scene *scene, const struct object *o, bool credible)
{
	enum life send = pid_judge(scene, o->send_pid, credible, o->send_time);
	enum life receive = pid_judge(scene, o->receive_pid, credible, o->receive_time);

	if (!FACT_KNOWN(o, send_time))
		send = LIFE_GONE;
	if (!FACT_KNOWN(o, receive_time))
		receive = LIFE_GONE;
	if (send == LIFE_ALIVE || receive == LIFE_ALIVE)
		return LIFE_ALIVE;
	return send == LIFE_UNKNOWN || receive == LIFE_UNKNOWN ? LIFE_UNKNOWN : LIFE_GONE;
}

static enum life judge_last(const struct snapshot *s, const struct scene *scene, const struct object *o,
			    bool credible)
{
	int64_t last = last_use(o);

	if (o->kind == KIND_SEM)
		return judge_semaphores(s, scene, o, credible);
	if (o->kind == KIND_MSG)
		return judge_queue(scene, o, credible);
	return pid_judge(scene, o->last_pid, credible && last, last);
}

/*
 * Whether creator and last user live. While the change time itself is not credible,
 * no time of the object is.
 */
static void judge_pids(const struct snapshot *s, const struct scene *scene, struct object *o)
{
	struct evidence *e = &o->evidence;
	int64_t booted = (scene->now - scene->boot) / 1000;
	bool credible = FACT_KNOWN(o, change_time) && o->change_time >= booted &&
			o->change_time <= scene->now / 1000 + 2;
	bool born = FACT_KNOWN(o, birth_time);

	e->creator = pid_judge(scene, o->creator_pid, credible, o->change_time);
	e->last = judge_last(s, scene, o, credible);
	/* the number in the name of a container's file is of another pid namespace */
	if (e->has_family_pid && !e->namespace_other)
		e->family_life = pid_judge(scene, e->family_pid, credible && born, o->birth_time);
	if (!(s->sources & SOURCE_BIT(SOURCE_PIDS_ALL)))
		return;
	if (FACT_KNOWN(o, creator_pid) || FACT_IS_UNKNOWN(o, creator_pid)) {
		if (e->creator == LIFE_UNKNOWN)
			FACT_UNKNOWN(o, creator_alive);
		else
			FACT_SET(o, creator_alive, e->creator == LIFE_ALIVE);
	}
	if (FACT_KNOWN(o, last_pid) || FACT_IS_UNKNOWN(o, last_pid)) {
		if (e->last == LIFE_UNKNOWN)
			FACT_UNKNOWN(o, last_alive);
		else
			FACT_SET(o, last_alive, e->last == LIFE_ALIVE);
	}
}

static int compare_instances(const void *pa, const void *pb)
{
	const struct object *a = *(const struct object *const *)pa;
	const struct object *b = *(const struct object *const *)pb;
	const struct evidence *ea = &a->evidence, *eb = &b->evidence;
	const char *ia = ea->instance ? ea->instance : "", *ib = eb->instance ? eb->instance : "";
	int order;

	if (ea->family != eb->family)
		return ea->family < eb->family ? -1 : 1;
	if (a->uid != b->uid)
		return a->uid < b->uid ? -1 : 1;
	if (a->device != b->device)
		return a->device < b->device ? -1 : 1;
	order = strcmp(ia, ib);
	return order;
}

/* Tell the members of one instance what the others are. */
static void judge_instance(struct object **members, uint32_t count)
{
	uint32_t live = 0, unknown = 0;

	for (uint32_t i = 0; i < count; i++) {
		live += members[i]->evidence.rule == 1 || members[i]->evidence.rule == 4;
		unknown += members[i]->verdict == VERDICT_UNKNOWN;
	}
	for (uint32_t i = 0; i < count; i++) {
		/* those that the rule can still reach are neither live nor idle by 4 */
		members[i]->evidence.family_live = live > 0;
		members[i]->evidence.family_unknown =
			unknown > (members[i]->verdict == VERDICT_UNKNOWN);
	}
}

static void judge_families(struct snapshot *s)
{
	uint32_t count = snapshot_count(s, CLASS_OBJECT), n = 0, first = 0;
	struct object **members = xcalloc(count, sizeof(*members));

	for (uint32_t i = 0; i < count; i++)
		if (snapshot_object(s, i)->evidence.has_family)
			members[n++] = snapshot_object(s, i);
	qsort(members, n, sizeof(*members), compare_instances);
	for (uint32_t i = 1; i <= n; i++) {
		if (i < n && !compare_instances(&members[first], &members[i]))
			continue;
		judge_instance(members + first, i - first);
		first = i;
	}
	free(members);
}

/* The deciding reason first: their order is that of the codes. */
static void tell_reasons(struct snapshot *s, const struct scene *scene, struct object *o,
			 struct buf *text)
{
	struct span span = { .first = snapshot_count(s, CLASS_REASON) };

	for (unsigned int code = 0; code < NR_REASONS; code++) {
		struct reason *r;

		if (!(o->evidence.reason_set & (1U << code)))
			continue;
		buf_reset(text);
		reason_put(text, s, scene, o, code);
		r = snapshot_add(s, CLASS_REASON);
		FACT_SET(r, code, reason_infos[code].code);
		FACT_SET(r, text, arena_strndup(s->arena, text->s, text->len));
		span.count++;
	}
	FACT_SET(o, reasons, span);
}

void lifecycle_judge(struct snapshot *s, const struct scene *scene, bool with_reasons)
{
	uint32_t count = snapshot_count(s, CLASS_OBJECT);
	struct buf text = BUF_INIT;

	for (uint32_t i = 0; i < count; i++) {
		struct object *o = snapshot_object(s, i);

		lifecycle_state(o);
		judge_pids(s, scene, o);
		judge_by(s, scene, o, ALONE);
	}
	judge_families(s);
	for (uint32_t i = 0; i < count; i++) {
		struct object *o = snapshot_object(s, i);

		if (o->evidence.rule > FAMILY_RULE)
			judge_by(s, scene, o, BY_FAMILY);
		if (with_reasons)
			tell_reasons(s, scene, o, &text);
	}
	buf_release(&text);
}
