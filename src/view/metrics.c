/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Figures for Prometheus. The textfile collector of its node exporter reads format 0.0.4; what this writes
 * is OpenMetrics too: all are gauges, since 0.0.4 knows no other type for what may fall, and the last line
 * is a comment there. What is not known has no sample: a 0 would be a lie.
 */
#include "ipctop/view.h"

#include <errno.h>
#include "ipctop/text.h"

#define OTHER	"other"
#define NOBODY	"unknown"

struct metrics {
	struct buf out, label;
	const struct snapshot *s;
	struct arena *names;		/* numbers of users who have no name */
	struct table sums;		/* struct user_sum */
};

/* What one user has of one kind. */
struct user_sum {
	const char *user;
	struct total sum;
};

static void begin(struct metrics *m, const char *name, const char *help)
{
	buf_printf(&m->out, "# HELP ipctop_%s %s\n# TYPE ipctop_%s gauge\n", name, help, name);
}

/* Text of others: no control characters, and what means something between quotes escaped. */
static void put_label(struct metrics *m, const char *key, const char *value, bool more)
{
	buf_printf(&m->out, "%s%s=\"", more ? "," : "{", key);
	buf_reset(&m->label);
	text_escape(&m->label, value, strlen(value), 0);
	for (const char *c = m->label.s; *c; c++) {
		if (*c == '"' || *c == '\\')
			buf_putc(&m->out, '\\');
		buf_putc(&m->out, *c);
	}
	buf_putc(&m->out, '"');
}

/* The name and up to two labels; key NULL: none. */
static void put_name(struct metrics *m, const char *name, const char *key, const char *value,
		     const char *second, const char *its_value)
{
	buf_printf(&m->out, "ipctop_%s", name);
	if (key)
		put_label(m, key, value, false);
	if (second)
		put_label(m, second, its_value, true);
	buf_puts(&m->out, key ? "} " : " ");
}

static void put_u64(struct metrics *m, uint64_t v)
{
	buf_u64(&m->out, v);
	buf_putc(&m->out, '\n');
}

static void put_millis(struct metrics *m, int64_t ms)
{
	buf_printf(&m->out, "%lld.%03lld\n", (long long)(ms / 1000), (long long)(ms % 1000));
}

static void put_document(struct metrics *m)
{
	const struct document *doc = snapshot_document(m->s);

	begin(m, "build_info", "Version of ipctop and of what it writes, as labels.");
	put_name(m, "build_info", "version", FACT_KNOWN(doc, version) ? doc->version : "", "schema", doc->schema);
	put_u64(m, 1);
	begin(m, "complete", "Whether all could be read: what is missing is told by ipctop_gaps.");
	put_name(m, "complete", NULL, NULL, NULL, NULL);
	put_u64(m, doc->complete);
	begin(m, "gaps", "How many times something could not be read, by source and error.");
	for (uint32_t i = 0; i < snapshot_count(m->s, CLASS_GAP); i++) {
		const struct gap *gap = snapshot_row(m->s, CLASS_GAP, i);

		put_name(m, "gaps", "source", gap->source, "error", gap->error);
		put_u64(m, gap->count);
	}
	begin(m, "collect_timestamp_seconds", "When reading began, since the epoch.");
	put_name(m, "collect_timestamp_seconds", NULL, NULL, NULL, NULL);
	put_millis(m, doc->time);
	begin(m, "collect_duration_seconds", "How long reading took.");
	put_name(m, "collect_duration_seconds", NULL, NULL, NULL, NULL);
	put_millis(m, doc->duration);
}

/* Limits are of several units, and a metric is of one. */
static const struct unit_metrics {
	enum unit unit;
	const char *limit, *limit_help, *used, *used_help;
} units[] = {
	{ UNIT_OBJECTS, "limit_objects", "Limits that count objects.",
	  "limit_used_objects", "Objects in use of those limits." },
	{ UNIT_PAGES, "limit_pages", "Limits that count pages.",
	  "limit_used_pages", "Pages in use of those limits." },
	{ UNIT_BYTES, "limit_bytes", "Limits that count bytes.",
	  "limit_used_bytes", "Bytes in use of those limits." },
};

static void put_amounts(struct metrics *m, const struct unit_metrics *unit, bool used)
{
	const char *name = used ? unit->used : unit->limit;

	begin(m, name, used ? unit->used_help : unit->limit_help);
	for (uint32_t i = 0; i < snapshot_count(m->s, CLASS_LIMIT); i++) {
		const struct limit *l = snapshot_row(m->s, CLASS_LIMIT, i);

		if (l->unit != unit->unit || !(used ? FACT_KNOWN(l, used) : FACT_KNOWN(l, limit)))
			continue;
		put_name(m, name, "limit", l->name, NULL, NULL);
		put_u64(m, used ? l->used : l->limit);
	}
}

static void put_ratio(struct metrics *m, const struct limit *l)
{
	unsigned __int128 millionths = l->limit ? (unsigned __int128)l->used * 1000000 / l->limit : 1000000;

	put_name(m, "limit_used_ratio", "limit", l->name, NULL, NULL);
	buf_u64(&m->out, (uint64_t)(millionths / 1000000));
	buf_printf(&m->out, ".%06u\n", (unsigned int)(millionths % 1000000));
}

static void put_limits(struct metrics *m)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(units); i++) {
		put_amounts(m, &units[i], false);
		put_amounts(m, &units[i], true);
	}
	begin(m, "limit_used_ratio", "How much of each limit is in use: 1 is full.");
	for (uint32_t i = 0; i < snapshot_count(m->s, CLASS_LIMIT); i++) {
		const struct limit *l = snapshot_row(m->s, CLASS_LIMIT, i);

		if (FACT_KNOWN(l, percent))
			put_ratio(m, l);
	}
}

/* What is told of all objects of a kind, and of those of one user. */
static const struct sum_metric {
	const char *name, *help;
	uint16_t member;		/* of struct total */
} sum_metrics[] = {
	{ "objects", "Objects by kind", offsetof(struct total, objects) },
	{ "size_bytes", "Sizes of the objects by kind", offsetof(struct total, size) },
	{ "allocated_bytes", "Memory and swap that the objects really use, by kind",
	  offsetof(struct total, allocated) },
	{ "stale_objects", "Objects that nobody needs any more, by kind", offsetof(struct total, stale) },
	{ "stale_allocated_bytes", "Memory and swap that would come back with the stale objects, by kind",
	  offsetof(struct total, stale_allocated) },
};

static uint64_t member_of(const struct total *sum, const struct sum_metric *metric)
{
	return *(const uint64_t *)((const char *)sum + metric->member);
}

static void put_kinds(struct metrics *m, const struct sum_metric *metric)
{
	struct buf help = BUF_INIT;

	buf_printf(&help, "%s.", metric->help);
	begin(m, metric->name, help.s);
	buf_release(&help);
	for (uint32_t i = 0; i < snapshot_count(m->s, CLASS_TOTAL); i++) {
		const struct total *t = snapshot_row(m->s, CLASS_TOTAL, i);

		put_name(m, metric->name, "kind", kinds[t->kind].name, NULL, NULL);
		put_u64(m, member_of(t, metric));
	}
}

static void put_users(struct metrics *m, const struct sum_metric *metric)
{
	struct buf name = BUF_INIT, help = BUF_INIT;

	buf_printf(&name, "user_%s", metric->name);
	buf_printf(&help, "%s and owner.", metric->help);
	begin(m, name.s, help.s);
	for (uint32_t i = 0; i < m->sums.count; i++) {
		const struct user_sum *u = (struct user_sum *)m->sums.rows + i;

		put_name(m, name.s, "kind", kinds[u->sum.kind].name, "user", u->user);
		put_u64(m, member_of(&u->sum, metric));
	}
	buf_release(&name);
	buf_release(&help);
}

static const char *owner_of(struct metrics *m, const struct object *o)
{
	struct buf number = BUF_INIT;
	const char *name;

	if (FACT_KNOWN(o, user))
		return o->user;
	if (!FACT_KNOWN(o, uid))
		return NOBODY;
	buf_u64(&number, o->uid);
	name = arena_strdup(m->names, number.s);
	buf_release(&number);
	return name;
}

static int compare_sums(const void *pa, const void *pb)
{
	const struct user_sum *a = pa, *b = pb;
	int order = strcmp(a->user, b->user);

	return order ? order : (a->sum.kind > b->sum.kind) - (a->sum.kind < b->sum.kind);
}

static void add_sum(struct total *to, const struct total *from)
{
	to->objects += from->objects;
	to->stale += from->stale;
	sum_add(&to->size, true, from->size);
	sum_add(&to->allocated, true, from->allocated);
	sum_add(&to->stale_allocated, true, from->stale_allocated);
}

/* Sums of one user and kind become one. */
static void merge(struct table *sums)
{
	struct user_sum *rows = sums->rows;
	uint32_t n = 0;

	if (sums->count)
		qsort(rows, sums->count, sizeof(*rows), compare_sums);
	for (uint32_t i = 0; i < sums->count; i++) {
		if (n && !compare_sums(&rows[n - 1], &rows[i]))
			add_sum(&rows[n - 1].sum, &rows[i].sum);
		else
			rows[n++] = rows[i];
	}
	sums->count = n;
}

static void sum_objects(struct metrics *m)
{
	struct user_sum *last = NULL;

	for (uint32_t i = 0; i < snapshot_count(m->s, CLASS_OBJECT); i++) {
		const struct object *o = snapshot_object(m->s, i);
		const char *user = owner_of(m, o);

		/* neighbours are mostly of one owner */
		if (!last || last->sum.kind != o->kind || strcmp(last->user, user)) {
			last = table_add(&m->sums, sizeof(*last));
			*last = (struct user_sum){ .user = user, .sum.kind = o->kind };
		}
		total_add(&last->sum, o);
	}
	merge(&m->sums);
}

struct rank {
	const char *user;
	struct total sum;
};

static int compare_ranks(const void *pa, const void *pb)
{
	const struct rank *a = pa, *b = pb;

	if (a->sum.allocated != b->sum.allocated)
		return a->sum.allocated < b->sum.allocated ? 1 : -1;
	if (a->sum.objects != b->sum.objects)
		return a->sum.objects < b->sum.objects ? 1 : -1;
	return strcmp(a->user, b->user);
}

static int compare_names(const void *pa, const void *pb)
{
	const struct rank *a = pa, *b = pb;

	return strcmp(a->user, b->user);
}

/* All but the @users who have most become one: a label must not have as many values as there are users. */
static void bound(struct metrics *m, uint64_t users)
{
	struct user_sum *rows = m->sums.rows;
	struct table ranks = { 0 };
	struct rank *last = NULL;

	for (uint32_t i = 0; i < m->sums.count; i++) {
		if (!last || strcmp(last->user, rows[i].user)) {
			last = table_add(&ranks, sizeof(*last));
			*last = (struct rank){ .user = rows[i].user };
		}
		add_sum(&last->sum, &rows[i].sum);
	}
	if (ranks.count > users) {
		qsort(ranks.rows, ranks.count, sizeof(struct rank), compare_ranks);
		qsort(ranks.rows, users, sizeof(struct rank), compare_names);
		for (uint32_t i = 0; i < m->sums.count; i++) {
			const struct rank key = { .user = rows[i].user };

			if (!bsearch(&key, ranks.rows, users, sizeof(key), compare_names))
				rows[i].user = OTHER;
		}
		merge(&m->sums);
	}
	table_release(&ranks);
}

int view_metrics(FILE *out, const struct snapshot *s, uint64_t users)
{
	struct metrics m = { .out = BUF_INIT, .label = BUF_INIT, .s = s, .names = arena_new() };
	int rc = 0;

	sum_objects(&m);
	bound(&m, users);
	put_document(&m);
	put_limits(&m);
	for (unsigned int i = 0; i < ARRAY_SIZE(sum_metrics); i++)
		put_kinds(&m, &sum_metrics[i]);
	for (unsigned int i = 0; i < ARRAY_SIZE(sum_metrics); i++)
		put_users(&m, &sum_metrics[i]);
	buf_puts(&m.out, "# EOF\n");
	errno = 0;
	if (fwrite(m.out.s, 1, m.out.len, out) != m.out.len)
		rc = errno ? -errno : -EIO;
	buf_release(&m.out);
	buf_release(&m.label);
	table_release(&m.sums);
	arena_free(m.names);
	return rc;
}
