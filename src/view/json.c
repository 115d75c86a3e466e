/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON: one loop over the field table writes any row. */
#include "ipctop/view.h"

#include <errno.h>
#include <pthread.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "ipctop/json.h"
#include "ipctop/text.h"

/*
 * What makes rows into text, in one thread. Of rows that are embedded in many others
 * (a process, in each object that it holds) the text is kept.
 */
struct maker {
	const struct snapshot *s;
	struct json_writer out;
	struct buf scratch;
	enum row_class kept_class;	/* of the rows in @kept, when there are @spans */
	struct buf kept;
	struct span *spans;		/* of @kept; without length: not made yet */
};

static void maker_init(struct maker *m, const struct snapshot *s)
{
	*m = (struct maker){ .s = s, .scratch = BUF_INIT, .kept = BUF_INIT };
}

static void maker_release(struct maker *m)
{
	buf_release(&m->scratch);
	buf_release(&m->kept);
	free(m->spans);
}

/* One value on its way out. */
struct cell {
	struct maker *m;
	const char *key;		/* NULL: at the top */
	enum row_class class;
	const void *row;
	const struct field *field;
	struct value v;
};

static void put_cell(struct cell *c);

/* All members of a row, in the order of the table. */
static void put_members(struct maker *m, enum row_class class, const void *row)
{
	const struct field_class *fields = &field_classes[class];

	for (unsigned int f = 0; f < fields->count; f++) {
		const struct field *field = &fields->fields[f];
		struct cell c = { m, field->name, class, row, field };

		if (field->flags & (FIELD_TABLE | FIELD_KEY))
			continue;
		field_get(m->s, field, row, &c.v);
		put_cell(&c);
	}
}

static void put_row(struct maker *m, const char *key, enum row_class class, uint32_t i)
{
	json_begin_object(&m->out, key);
	put_members(m, class, snapshot_row(m->s, class, i));
	json_end_object(&m->out);
}

static void put_escaped(struct maker *m, const char *key, const char *text)
{
	buf_reset(&m->scratch);
	text_escape(&m->scratch, text, strlen(text), 0);
	json_write_string(&m->out, key, m->scratch.s, m->scratch.len);
}

static void put_word(struct cell *c, const char *key, const char *word)
{
	json_write_string(&c->m->out, key, word, strlen(word));
}

static void put_text(struct cell *c)
{
	put_escaped(c->m, c->key, c->v.s);
}

static void put_name(struct cell *c)
{
	put_word(c, c->key, c->v.s);	/* escaped already */
}

static void put_unsigned(struct cell *c)
{
	json_write_u64(&c->m->out, c->key, c->v.u);
}

static void put_signed(struct cell *c)
{
	json_write_i64(&c->m->out, c->key, c->v.i);
}

static void put_bool(struct cell *c)
{
	json_write_bool(&c->m->out, c->key, c->v.u);
}

static void put_micro(struct cell *c)
{
	json_write_micro(&c->m->out, c->key, c->v.i);
}

static void put_milli(struct cell *c)
{
	json_write_milli(&c->m->out, c->key, c->v.i);
}

static void put_number_text(struct cell *c, const char *prefix, unsigned int shift, int width)
{
	char text[32];
	size_t n = strlen(prefix);
	int digits = 1;

	while (digits < 64 / (int)shift && c->v.u >> (digits * shift))
		digits++;
	memcpy(text, prefix, n);
	for (; width > digits; width--)
		text[n++] = '0';
	while (digits--)
		text[n++] = "0123456789abcdef"[c->v.u >> (digits * shift) & ((1 << shift) - 1)];
	json_write_string(&c->m->out, c->key, text, n);
}

static void put_key(struct cell *c)
{
	put_number_text(c, "0x", 4, 8);
}

static void put_address(struct cell *c)
{
	put_number_text(c, "0x", 4, 1);
}

static void put_mode(struct cell *c)
{
	put_number_text(c, "", 3, 4);
}

static void put_device(struct cell *c)
{
	struct buf *text = &c->m->scratch;

	buf_reset(text);
	buf_u64(text, major(c->v.u));
	buf_putc(text, ':');
	buf_u64(text, minor(c->v.u));
	json_write_string(&c->m->out, c->key, text->s, text->len);
}

static void put_enum(struct cell *c)
{
	put_word(c, c->key, c->field->names[c->v.u]);
}

static void put_flags(struct cell *c)
{
	json_begin_array(&c->m->out, c->key);
	for (unsigned int i = 0; c->field->names[i]; i++)
		if (c->v.u & (1ULL << i))
			put_word(c, NULL, c->field->names[i]);
	json_end_array(&c->m->out);
}

static void put_facts(struct cell *c)
{
	const struct field *unknown[64];
	unsigned int count = field_unknown(c->m->s, c->class, c->row, unknown);

	json_begin_array(&c->m->out, c->key);
	for (unsigned int i = 0; i < count; i++)
		put_word(c, NULL, unknown[i]->name);
	json_end_array(&c->m->out);
}

/* Rows of a class with a key: an object of them by it. */
static void put_keyed_rows(struct cell *c, const struct field *key)
{
	const struct span span = c->v.span;

	json_begin_object(&c->m->out, c->key);
	for (uint32_t i = span.first; i < span.first + span.count; i++) {
		struct value v;

		field_get(c->m->s, key, snapshot_row(c->m->s, c->field->rows, i), &v);
		put_row(c->m, key->names[v.u], c->field->rows, i);
	}
	json_end_object(&c->m->out);
}

static void put_rows(struct cell *c)
{
	const struct field *key = field_key(c->field->rows);
	const struct span span = c->v.span;

	if (key) {
		put_keyed_rows(c, key);
		return;
	}
	json_begin_array(&c->m->out, c->key);
	for (uint32_t i = span.first; i < span.first + span.count; i++)
		put_row(c->m, NULL, c->field->rows, i);
	json_end_array(&c->m->out);
}

static void put_one_row(struct cell *c)
{
	put_row(c->m, c->key, c->field->rows, c->v.u);
}

/* The members of row @i, written apart into @kept. */
static void keep_members(struct maker *m, enum row_class class, uint32_t i)
{
	const struct json_writer out = m->out;

	m->spans[i].first = m->kept.len;
	m->out = (struct json_writer){ .out = &m->kept };
	put_members(m, class, snapshot_row(m->s, class, i));
	m->out = out;
	m->spans[i].count = m->kept.len - m->spans[i].first;
}

#define KEPT_MAX (1U << 30)	/* spans are of 32 bits */

static void put_embedded(struct cell *c)
{
	enum row_class class = c->field->rows;
	struct maker *m = c->m;

	if (!m->spans) {
		m->spans = xcalloc(snapshot_count(m->s, class), sizeof(*m->spans));
		m->kept_class = class;
	}
	if (class != m->kept_class || (!m->spans[c->v.u].count && m->kept.len > KEPT_MAX)) {
		put_members(m, class, snapshot_row(m->s, class, c->v.u));
		return;
	}
	if (!m->spans[c->v.u].count)
		keep_members(m, class, c->v.u);
	json_write_members(&m->out, m->kept.s + m->spans[c->v.u].first, m->spans[c->v.u].count);
}

static void put_numbers(struct cell *c)
{
	const uint64_t *numbers = c->m->s->numbers.rows;

	json_begin_array(&c->m->out, c->key);
	for (uint32_t i = 0; i < c->v.span.count; i++)
		json_write_u64(&c->m->out, NULL, numbers[c->v.span.first + i]);
	json_end_array(&c->m->out);
}

static void put_strings(struct cell *c)
{
	const char *const *words = c->m->s->words.rows;

	json_begin_array(&c->m->out, c->key);
	for (uint32_t i = 0; i < c->v.span.count; i++)
		put_escaped(c->m, NULL, words[c->v.span.first + i]);
	json_end_array(&c->m->out);
}

static void (*const writers[NR_VALUE_TYPES])(struct cell *c) = {
	[VT_STRING] = put_text,	    [VT_NAME] = put_name,	[VT_UINT] = put_unsigned,
	[VT_BYTES] = put_unsigned,  [VT_BOOL] = put_bool,	[VT_TIME] = put_signed,
	[VT_STAMP] = put_milli,	    [VT_SPAN_MS] = put_milli,	[VT_SPAN_US] = put_micro,
	[VT_AGE] = put_unsigned,
	[VT_KEY] = put_key,	    [VT_ADDRESS] = put_address,	[VT_MODE] = put_mode,
	[VT_DEVICE] = put_device,   [VT_ENUM] = put_enum,	[VT_FLAGS] = put_flags,
	[VT_FACTS] = put_facts,	    [VT_ROWS] = put_rows,	[VT_ROW] = put_one_row,
	[VT_EMBED] = put_embedded,  [VT_NUMBERS] = put_numbers,	[VT_STRINGS] = put_strings,
};

static void put_empty(struct cell *c)
{
	json_begin_array(&c->m->out, c->key);
	json_end_array(&c->m->out);
}

static void put_cell(struct cell *c)
{
	if (c->v.state == VALUE_KNOWN)
		writers[c->field->type](c);
	else if (value_is_list(c->field->type) && c->field->flags & FIELD_REQUIRED)
		put_empty(c);
	else
		json_write_null(&c->m->out, c->key);
}

/* Rows as text, each on a line of its own: what may be tens of thousands. */
struct job {
	const struct snapshot *s;
	enum row_class class;
	const uint32_t *rows;
	uint32_t count;
	const struct columns *columns;	/* NULL: whole rows */
	bool further;			/* others were written before these */
};

static void put_columns(const struct job *job, struct maker *m, const void *row)
{
	for (unsigned int i = 0; i < job->columns->count; i++) {
		const struct field *field = job->columns->fields[i];
		struct cell c = { m, field->name, job->class, row, field };

		field_get_in(job->s, job->class, field, row, &c.v);
		put_cell(&c);
	}
}

#define CHUNK 64	/* rows that are made into text in one go */

static void make_chunk(const struct job *job, uint32_t chunk, struct maker *m, struct buf *text)
{
	uint32_t end = job->count - chunk * CHUNK > CHUNK ? (chunk + 1) * CHUNK : job->count;

	for (uint32_t i = chunk * CHUNK; i < end; i++) {
		const void *row = snapshot_row(job->s, job->class, job->rows[i]);

		buf_puts(text, i || job->further ? ",\n" : "\n");
		m->out = (struct json_writer){ .out = text };
		json_begin_object(&m->out, NULL);
		if (job->columns)
			put_columns(job, m, row);
		else
			put_members(m, job->class, row);
		json_end_object(&m->out);
	}
}

static int write_text(FILE *out, struct buf *text)
{
	size_t n = text->len;

	errno = 0;
	if (fwrite(text->s, 1, n, out) != n)
		return errno ? -errno : -EIO;
	buf_reset(text);
	return 0;
}

#define MOST_THREADS 8
#define MANY_ROWS 2000	/* fewer are made sooner than threads are started */

/* Chunks on their way: threads take them in order and make them, one writes them in order. */
struct pump {
	const struct job *job;
	pthread_mutex_t lock;
	pthread_cond_t made, room;
	uint32_t chunks, taken, written;
	bool stop;
	unsigned int nslots;
	struct slot {
		struct buf text;
		bool ready;
	} slots[2 * MOST_THREADS];
};

static void *pump_make(void *arg)
{
	struct pump *p = arg;
	struct maker maker;

	maker_init(&maker, p->job->s);
	pthread_mutex_lock(&p->lock);
	for (;;) {
		struct slot *slot;
		uint32_t chunk;

		while (!p->stop && p->taken < p->chunks && p->taken - p->written == p->nslots)
			pthread_cond_wait(&p->room, &p->lock);
		if (p->stop || p->taken == p->chunks)
			break;
		chunk = p->taken++;
		slot = &p->slots[chunk % p->nslots];
		pthread_mutex_unlock(&p->lock);
		make_chunk(p->job, chunk, &maker, &slot->text);
		pthread_mutex_lock(&p->lock);
		slot->ready = true;
		pthread_cond_signal(&p->made);
	}
	pthread_mutex_unlock(&p->lock);
	maker_release(&maker);
	return NULL;
}

static int pump_write(struct pump *p, FILE *out)
{
	int rc = 0;

	pthread_mutex_lock(&p->lock);
	while (!rc && p->written < p->chunks) {
		struct slot *slot = &p->slots[p->written % p->nslots];

		while (!slot->ready)
			pthread_cond_wait(&p->made, &p->lock);
		pthread_mutex_unlock(&p->lock);
		rc = write_text(out, &slot->text);
		pthread_mutex_lock(&p->lock);
		slot->ready = false;
		p->written++;
		pthread_cond_broadcast(&p->room);
	}
	p->stop = true;
	pthread_cond_broadcast(&p->room);
	pthread_mutex_unlock(&p->lock);
	return rc;
}

static int write_chunks(const struct job *job, uint32_t chunks, FILE *out)
{
	struct buf text = BUF_INIT;
	struct maker maker;
	int rc = 0;

	maker_init(&maker, job->s);
	for (uint32_t chunk = 0; !rc && chunk < chunks; chunk++) {
		make_chunk(job, chunk, &maker, &text);
		rc = write_text(out, &text);
	}
	maker_release(&maker);
	buf_release(&text);
	return rc;
}

static unsigned int threads_for(const struct job *job)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (job->count < MANY_ROWS || cores < 2)
		return 0;
	return cores < MOST_THREADS ? cores : MOST_THREADS;
}

static int write_rows(const struct job *job, FILE *out)
{
	struct pump p = {
		.job = job, .lock = PTHREAD_MUTEX_INITIALIZER, .made = PTHREAD_COND_INITIALIZER,
		.room = PTHREAD_COND_INITIALIZER, .chunks = job->count / CHUNK + !!(job->count % CHUNK),
	};
	unsigned int wanted = threads_for(job), started = 0;
	pthread_t threads[MOST_THREADS];
	int rc;

	p.nslots = 2 * wanted;
	for (unsigned int i = 0; i < ARRAY_SIZE(p.slots); i++)
		buf_init(&p.slots[i].text);
	while (started < wanted && !pthread_create(&threads[started], NULL, pump_make, &p))
		started++;
	rc = started ? pump_write(&p, out) : write_chunks(job, p.chunks, out);
	while (started)
		pthread_join(threads[--started], NULL);
	for (unsigned int i = 0; i < ARRAY_SIZE(p.slots); i++)
		buf_release(&p.slots[i].text);
	return rc;
}

/* The array of @job's rows as a value behind @text, which is written first. */
static int write_array(const struct job *job, FILE *out, struct buf *text)
{
	int rc;

	buf_putc(text, '[');
	rc = write_text(out, text);
	if (!rc)
		rc = write_rows(job, out);
	buf_puts(text, job->count ? "\n]" : "]");
	return rc;
}

int view_json(FILE *out, const struct snapshot *s, const uint32_t *rows, uint32_t count)
{
	const struct job job = { .s = s, .class = CLASS_OBJECT, .rows = rows, .count = count };
	const struct field_class *fields = &field_classes[CLASS_DOCUMENT];
	const struct document *doc = snapshot_document(s);
	struct buf text = BUF_INIT;
	struct maker maker;
	int rc = 0;

	maker_init(&maker, s);
	for (unsigned int f = 0; !rc && f < fields->count; f++) {
		const struct field *field = &fields->fields[f];
		struct cell c = { &maker, NULL, CLASS_DOCUMENT, doc, field };

		buf_printf(&text, "%s\n\"%s\": ", f ? "," : "{", field->name);
		field_get(s, field, doc, &c.v);
		maker.out = (struct json_writer){ .out = &text };
		if (field->rows == CLASS_OBJECT)
			rc = write_array(&job, out, &text);
		else
			put_cell(&c);
	}
	buf_puts(&text, "\n}\n");
	if (!rc)
		rc = write_text(out, &text);
	maker_release(&maker);
	buf_release(&text);
	return rc;
}

int view_json_begin(FILE *out, const char *member, const char *by)
{
	struct buf text = BUF_INIT;
	int rc;

	buf_puts(&text, "{\n\"schema\": \"" DOCUMENT_SCHEMA "\",\n");
	if (by)
		buf_printf(&text, "\"by\": \"%s\",\n", by);
	buf_printf(&text, "\"%s\": [", member);
	rc = write_text(out, &text);
	buf_release(&text);
	return rc;
}

int view_json_rows(FILE *out, const struct snapshot *s, enum row_class class, const uint32_t *rows,
		   uint32_t count, const struct columns *columns, uint64_t *written)
{
	const struct job job = {
		.s = s, .class = class, .rows = rows, .count = count, .columns = columns,
		.further = *written,
	};

	*written += count;
	return write_rows(&job, out);
}

int view_json_end(FILE *out, uint64_t written)
{
	struct buf text = BUF_INIT;
	int rc;

	buf_puts(&text, written ? "\n]\n}\n" : "]\n}\n");
	rc = write_text(out, &text);
	buf_release(&text);
	return rc;
}
