/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many segments came and went between looks, by the ids of those that are there. */
#include "ipctop/diff.h"

#define INDEXES		32768U
#define ROUND_MIN	64U	/* indexes of a round at least (ipc_min_cycle) */
/*
 * So many rounds between two looks are no rounds: with ipcmni_extend the index has 24 bits, and
 * a round shows as 512.
 */
#define ROUNDS_MAX	256U

/* The segments of the reader's namespace in one look. */
struct ids {
	uint32_t *at;		/* of each index below @size: id + 1; 0: free, as all others are */
	uint32_t size, count;
	uint64_t newest;
};

static uint32_t index_of(uint64_t id)
{
	return id % INDEXES;
}

static uint64_t round_of(uint64_t id)
{
	return id / INDEXES;
}

static uint32_t id_at(const struct ids *ids, uint32_t index)
{
	return index < ids->size ? ids->at[index] : 0;
}

/* Indexes are used from below: a few segments need little room. */
static void make_room(struct ids *ids, uint32_t index)
{
	uint32_t size = ids->size ? ids->size : ROUND_MIN;

	if (index < ids->size)
		return;
	while (size <= index)
		size *= 2;
	ids->at = xrealloc(ids->at, size, sizeof(*ids->at));
	memset(ids->at + ids->size, 0, (size - ids->size) * sizeof(*ids->at));
	ids->size = size;
}

/* Whether the ids are such as that kernel gives. */
static bool collect_ids(const struct snapshot *s, struct ids *ids)
{
	const struct document *doc = snapshot_document(s);

	for (uint32_t i = 0; i < snapshot_count(s, CLASS_OBJECT); i++) {
		const struct object *o = snapshot_object(s, i);

		if (o->kind != KIND_SHM || !FACT_KNOWN(o, id) || !FACT_KNOWN(o, ipc_ns) ||
		    o->ipc_ns != doc->ipc_ns)
			continue;
		if (o->id > INT32_MAX || id_at(ids, index_of(o->id)))
			return false;
		make_room(ids, index_of(o->id));
		ids->at[index_of(o->id)] = o->id + 1;
		ids->count++;
		if (o->id > ids->newest)
			ids->newest = o->id;
	}
	return true;
}

static bool gives_in_a_circle(const struct document *doc)
{
	unsigned long major, minor;
	char *end;

	if (!FACT_KNOWN(doc, kernel) || !FACT_KNOWN(doc, ipc_ns))
		return false;
	major = strtoul(doc->kernel, &end, 10);
	minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
	return major > 5 || (major == 5 && minor >= 2);
}

/* Newer than the last, and yet of a lower id: somebody chose it, or the rounds began anew. */
static bool went_back(const struct ids *before, const struct ids *now, uint64_t newest)
{
	for (uint32_t i = 0; i < now->size; i++)
		if (now->at[i] && now->at[i] - 1 < newest && now->at[i] != id_at(before, i))
			return true;
	return false;
}

static uint32_t round_length(const struct ids *ids)
{
	uint32_t length = ids->count + ids->count / 2;

	return length < ROUND_MIN ? ROUND_MIN : length > INDEXES ? INDEXES : length;
}

/*
 * How often each index was passed since @from, up to the creation of what has it now: each time it
 * was given, but for the last time to nobody unseen.
 */
static uint64_t count_passed(const struct ids *now, uint64_t from, uint32_t length)
{
	uint64_t sum = 0, last = round_of(now->newest), first = round_of(from);

	for (uint32_t i = 0; i < length; i++) {
		uint64_t round = i <= index_of(now->newest) ? last + 1 : last;	/* + 1 */
		uint32_t id = id_at(now, i);			/* + 1 */
		bool has_new = id && id - 1 > from;

		if (id && !has_new)
			continue;
		if (has_new)
			round = round_of(id - 1) + 1;
		sum += round + (i > index_of(from)) - first - 1 - has_new;
	}
	return sum;
}

static enum unseen count_since(const struct ids *was, const struct ids *is, uint64_t newest,
			       uint64_t *count)
{
	uint64_t rounds = round_of(is->newest) - round_of(newest);
	uint32_t before = round_length(was), now = round_length(is);

	if (!rounds) {
		*count = count_passed(is, newest, INDEXES);
		return UNSEEN_AT_MOST;
	}
	/* how long the rounds between were is anybody's guess then */
	if (rounds > ROUNDS_MAX || before > now + now / 4 || now > before + before / 4)
		return UNSEEN_UNKNOWN;
	*count = count_passed(is, newest, before / 2 + now / 2);
	return UNSEEN_ABOUT;
}

enum unseen unseen_segments(struct unseen_watch *w, const struct snapshot *before,
			    const struct snapshot *now, uint64_t *count)
{
	struct ids was = { 0 }, is = { 0 };
	const struct document *doc = snapshot_document(now);
	bool circle = gives_in_a_circle(doc) && collect_ids(before, &was) && collect_ids(now, &is);
	enum unseen answer = UNSEEN_UNKNOWN;

	*count = 0;
	if (circle && (!w->begun || w->ipc_ns != doc->ipc_ns))
		*w = (struct unseen_watch){ was.count, doc->ipc_ns, was.newest };
	if (!circle || went_back(&was, &is, w->newest)) {
		*w = (struct unseen_watch){ circle, doc->ipc_ns, is.newest };
	} else if (!w->begun) {
		*w = (struct unseen_watch){ is.count, doc->ipc_ns, is.newest };
	} else if (is.newest > w->newest) {
		answer = count_since(&was, &is, w->newest, count);
		w->newest = is.newest;
	}
	free(was.at);
	free(is.at);
	return answer;
}
