/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The head of the screen: meters with what they were in the last minutes. */
#include "tui.h"

#include "ipctop/text.h"

#define LABEL	10
#define GRAPH_LEAST 8
#define HIGH	0.9		/* of a limit: a warning */

/* A meter: a part of a whole. */
struct level {
	bool known;
	uint64_t used, limit;		/* limit 0: there is none */
	struct buf text;
};

static const struct limits *limits_of(const struct snapshot *s)
{
	return snapshot_count(s, CLASS_LIMITS) ? snapshot_row(s, CLASS_LIMITS, 0) : NULL;
}

static const struct memory *memory_of(const struct snapshot *s)
{
	return snapshot_count(s, CLASS_MEMORY) ? snapshot_row(s, CLASS_MEMORY, 0) : NULL;
}

static void get_segments(const struct look *look, struct level *l)
{
	const struct limits *limits = limits_of(look->s);

	l->known = limits && FACT_KNOWN(limits, segments) && FACT_KNOWN(limits, shmmni);
	if (!l->known)
		return;
	l->used = limits->segments;
	l->limit = limits->shmmni;
	buf_printf(&l->text, "%llu/%llu", (unsigned long long)l->used, (unsigned long long)l->limit);
}

static void get_pages(const struct look *look, struct level *l)
{
	const struct limits *limits = limits_of(look->s);

	l->known = limits && FACT_KNOWN(limits, pages) && FACT_KNOWN(limits, shmall);
	if (!l->known)
		return;
	l->used = limits->pages;
	l->limit = limits->shmall;
	buf_u64(&l->text, l->used);
	buf_puts(&l->text, "/");
	/* the kernel's own default is as good as none (ipc/shm.c, SHMALL) */
	if (l->limit >= 1ULL << 50)
		buf_puts(&l->text, "no limit");
	else
		buf_u64(&l->text, l->limit);
	buf_puts(&l->text, " pages");
}

static void get_tmpfs(const struct look *look, struct level *l)
{
	const struct limits *limits = limits_of(look->s);

	l->known = limits && FACT_KNOWN(limits, tmpfs_used) && FACT_KNOWN(limits, tmpfs_size);
	if (!l->known)
		return;
	l->used = limits->tmpfs_used;
	l->limit = limits->tmpfs_size;
	units_put_size(&l->text, l->used, false);
	buf_putc(&l->text, '/');
	units_put_size(&l->text, l->limit, false);
}

static void get_shmem(const struct look *look, struct level *l)
{
	const struct memory *memory = memory_of(look->s);

	l->known = memory && FACT_KNOWN(memory, shmem) && FACT_KNOWN(memory, total);
	if (!l->known)
		return;
	l->used = memory->shmem;
	l->limit = memory->total;
	units_put_size(&l->text, l->used, false);
}

static void get_stale(const struct look *look, struct level *l)
{
	const struct memory *memory = memory_of(look->s);
	const struct summary *sum = &look->sum;

	l->known = sum->has_verdict || !sum->objects;
	if (!l->known)
		return;
	l->used = sum->stale_allocated;
	l->limit = memory && FACT_KNOWN(memory, total) ? memory->total : 0;
	buf_printf(&l->text, "%llu stale", (unsigned long long)sum->stale);
	if (sum->stale) {
		buf_puts(&l->text, ", ");
		units_put_size(&l->text, sum->stale_allocated, false);
		buf_puts(&l->text, " to win back");
	}
}

static const struct {
	const char *label;
	void (*get)(const struct look *look, struct level *l);
	bool limit;			/* near its end is a danger */
	bool stacked;			/* parted by kind */
} meters[NR_METERS] = {
	{ "Segments", get_segments, true },
	{ "Pages", get_pages, true },
	{ "/dev/shm", get_tmpfs, true },
	{ "Shmem", get_shmem, false, true },
	{ "Stale", get_stale, false },
};

static double part(const struct level *l)
{
	return l->known && l->limit ? (double)l->used / (double)l->limit : l->known ? 0 : -1;
}

static void keep(struct history *h, float value, bool new_step)
{
	float *last = &h->values[(h->next + HISTORY - 1) % HISTORY];

	if (!new_step) {
		*last = value > *last ? value : *last;
		return;
	}
	h->values[h->next] = value;
	h->next = (h->next + 1) % HISTORY;
	h->count += h->count < HISTORY;
}

void header_look(struct monitor *m)
{
	int64_t now = snapshot_document(m->look->s)->time, since = now - m->step;
	bool new_step = !m->step || since >= HISTORY_STEP || since < 0;

	if (new_step)
		m->step = now;
	for (unsigned int i = 0; i < NR_METERS; i++) {
		struct level l = { .text = BUF_INIT };

		meters[i].get(m->look, &l);
		keep(&m->history[i], (float)part(&l), new_step);
		buf_release(&l.text);
	}
}

struct range {
	float least, most;
};

/* Of the last @n steps. What stays as it is lies low, and less than a tenth is no rise. */
static struct range range_of(const struct history *h, unsigned int n)
{
	struct range r = { 0 };
	bool any = false;

	for (unsigned int i = 1; i <= n; i++) {
		float v = h->values[(h->next + HISTORY - i) % HISTORY];

		if (v < 0)
			continue;
		r.least = any && r.least < v ? r.least : v;
		r.most = v > r.most ? v : r.most;
		any = true;
	}
	if (r.most - r.least < r.most / 10)
		r.most = r.least + r.most / 10;
	return r;
}

/* Little is not nothing. */
static int level_of(float v, const struct range *r)
{
	return v <= 0 ? 0 : 1 + (int)((v - r->least) / (r->most - r->least) * 7 + 0.5F);
}

/* The last @width steps, the newest at the right. */
static void draw_graph(const struct history *h, int y, int x, int width)
{
	static const char *const blocks[2][9] = {
		{ " ", ".", ":", "-", "=", "+", "*", "%", "#" },
		{ " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" },
	};
	unsigned int n = h->count < (unsigned int)width ? h->count : (unsigned int)width;
	struct range range = range_of(h, n);

	for (unsigned int i = 1; i <= n; i++) {
		float v = h->values[(h->next + HISTORY - i) % HISTORY];

		screen_text(y, x + width - (int)i, 1, 0, ROLE_GRAPH,
			    v < 0 ? "?" : blocks[screen_utf8()][level_of(v, &range)]);
	}
}

/* What does not fit as a whole is left out: half a number would be another one. */
static void put_part(struct buf *legend, struct buf *part, int room)
{
	if ((int)(legend->len + part->len) + 2 <= room)
		buf_printf(legend, "%s%s", legend->len ? ", " : "", part->s);
	buf_release(part);
}

/* Memory of each kind, as parts of all of it; letters, so that it can be told without colours. */
static void draw_stack(const struct snapshot *s, const struct level *l, int y, int x, int width,
		       struct buf *legend, int room)
{
	static const enum role roles[] = { ROLE_BAR_A, ROLE_BAR_B, ROLE_BAR_C, ROLE_BAR_D };
	uint64_t rest = l->used, whole = l->used ? l->used : 1;
	unsigned int shown = 0;
	int at = 0;

	for (uint32_t i = 0; i < snapshot_count(s, CLASS_TOTAL); i++) {
		const struct total *t = snapshot_row(s, CLASS_TOTAL, i);
		char letter[2] = { 0 };
		struct buf part = BUF_INIT;
		int cells;

		if (!kinds[t->kind].memory || !FACT_KNOWN(t, allocated) || !t->allocated)
			continue;
		/* swapped pages are allocated and not in Shmem: the bar ends where it ends */
		cells = (int)((double)(t->allocated < rest ? t->allocated : rest) / (double)whole * width + 0.5);
		rest -= t->allocated < rest ? t->allocated : rest;
		letter[0] = kinds[t->kind].name[0] - 'a' + 'A';
		for (; cells > 0 && at < width; cells--)
			screen_text(y, x + at++, 1, 0, roles[shown % ARRAY_SIZE(roles)], letter);
		shown++;
		buf_printf(&part, "%s ", kinds[t->kind].name);
		units_put_size(&part, t->allocated, false);
		put_part(legend, &part, room);
	}
	for (; rest && at < width; at++)
		screen_text(y, x + at, 1, 0, ROLE_DIM, ".");
	if (rest) {
		struct buf part = BUF_INIT;

		buf_puts(&part, "other ");
		units_put_size(&part, rest, false);
		put_part(legend, &part, room);
	}
}

static void draw_bar(const struct level *l, bool limit, int y, int x, int width)
{
	double p = part(l);
	int cells = (int)(p * width + 0.5);

	if (l->used && !cells)
		cells = 1;
	for (int i = 0; i < cells && i < width; i++)
		screen_text(y, x + i, 1, 0, limit && p >= HIGH ? ROLE_METER_HIGH : ROLE_METER, "|");
}

static void draw_meter(const struct monitor *m, unsigned int i, int y, int x, int width)
{
	struct level l = { .text = BUF_INIT };
	struct buf legend = BUF_INIT;
	int graph = width >= 60 ? width / 4 : width >= 40 ? GRAPH_LEAST : 0, bar, text, room;

	meters[i].get(m->look, &l);
	if (!l.known)
		buf_puts(&l.text, "?");
	screen_text(y, x, LABEL, 0, ROLE_BOLD, meters[i].label);
	x += LABEL;
	bar = width - LABEL - graph - 3;
	if (meters[i].stacked)
		bar /= 2;
	if (bar < 1)
		return;
	room = width - LABEL - graph - bar - 4;
	screen_text(y, x, 1, 0, ROLE_BOLD, "[");
	screen_text(y, x + bar + 1, 1, 0, ROLE_BOLD, "]");
	if (meters[i].stacked)
		draw_stack(m->look->s, &l, y, x + 1, bar, &legend, room);
	else
		draw_bar(&l, meters[i].limit, y, x + 1, bar);
	text = (int)text_width(l.text.s);
	screen_text(y, x + 1 + (bar > text ? bar - text : 0), bar, 0, ROLE_BOLD, l.text.s);
	if (legend.len)
		screen_text(y, x + bar + 3, room, 0, ROLE_TEXT, legend.s);
	if (graph)
		draw_graph(&m->history[i], y, x - LABEL + width - graph, graph);
	buf_release(&l.text);
	buf_release(&legend);
}

static void put_moment(struct buf *out, int64_t ms, bool whole)
{
	struct buf iso = BUF_INIT;

	units_put_time(&iso, ms / 1000, ms / 1000, TIME_ISO);
	if (iso.len > 19)	/* without the zone; of today the clock alone */
		iso.s[19] = '\0';
	buf_puts(out, whole || iso.len < 19 ? iso.s : iso.s + 11);
	buf_release(&iso);
}

static void draw_title(const struct monitor *m, int y, int width)
{
	const struct document *doc = snapshot_document(m->look->s);
	struct buf line = BUF_INIT;
	int x;

	x = screen_text(y, 0, width, 0, ROLE_BOLD, "ipctop ");
	if (FACT_KNOWN(doc, hostname)) {
		text_escape(&line, doc->hostname, strlen(doc->hostname), 0);
		buf_putc(&line, ' ');
	}
	put_moment(&line, doc->time, m->options->recorded != NULL);
	if (m->options->recorded)
		buf_puts(&line, " (recorded)");
	else if (m->frozen)
		buf_puts(&line, " FROZEN");
	else
		buf_printf(&line, " every %gs", (double)m->interval / 1000);
	buf_puts(&line, ": ");
	view_sums(&line, &m->look->sum, &m->style);
	screen_text(y, x, width - x, 0, ROLE_TEXT, line.s);
	buf_release(&line);
}

static void draw_gaps(const struct monitor *m, int y, int width)
{
	struct buf line = BUF_INIT;

	view_gaps(&line, m->look->s);
	if (line.len)
		screen_text(y, 0, width, 0, ROLE_ERROR, line.s + 2);
	buf_release(&line);
}

static bool has_gaps(const struct monitor *m)
{
	return m->look && snapshot_count(m->look->s, CLASS_GAP) > 0;
}

/* Rows are what the screen is for: the head takes a third of it at most. */
int header_height(const struct monitor *m, int rows, int columns)
{
	int height = 1 + NR_METERS + has_gaps(m);

	if (rows < 8)
		return 0;
	if (rows < 15 || columns < 30)
		return 1 + has_gaps(m);
	return height <= rows / 3 ? height : rows / 3;
}

void header_draw(struct monitor *m, const struct area *area)
{
	int y = area->y, end = area->y + area->height;

	if (!area->height)
		return;
	if (!m->look) {
		screen_text(y, 0, area->width, 0, ROLE_BOLD, "ipctop");
		return;
	}
	draw_title(m, y++, area->width);
	/* what is missing is told before what is there */
	if (has_gaps(m) && y < end)
		draw_gaps(m, y++, area->width);
	for (unsigned int i = 0; i < NR_METERS && y < end; i++)
		draw_meter(m, i, y++, 0, area->width);
}
