/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON: one loop over the field table writes any row. */
#include "ipctop/view.h"

#include <errno.h>
#include <pthread.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "ipctop/json.h"
#include "ipctop/text.h"

/* One value on its way into the JSON object @out. */
struct cell {
	const struct snapshot *s;
	struct buf *scratch;
	struct json *out;
	enum row_class class;
	const void *row;
	const struct field *field;
	struct value v;
};

static void put_cell(struct cell *c);

/* All members of a row, in the order of the table. */
static void put_row(const struct snapshot *s, struct buf *scratch, struct json *out,
		    enum row_class class, const void *row)
{
	const struct field_class *fields = &field_classes[class];

	for (unsigned int f = 0; f < fields->count; f++) {
		struct cell c = { s, scratch, out, class, row, &fields->fields[f] };

		if (c.field->flags & (FIELD_TABLE | FIELD_KEY))
			continue;
		field_get(s, c.field, row, &c.v);
		put_cell(&c);
	}
}

static struct json *new_row(const struct cell *c, enum row_class class, uint32_t i)
{
	struct json *row = json_new_object();

	put_row(c->s, c->scratch, row, class, snapshot_row(c->s, class, i));
	return row;
}

static void put_text(struct cell *c)
{
	buf_reset(c->scratch);
	text_escape(c->scratch, c->v.s, strlen(c->v.s), 0);
	json_set_string(c->out, c->field->name, c->scratch->s, c->scratch->len);
}

static void put_word(struct cell *c, const char *word)
{
	json_set_string(c->out, c->field->name, word, strlen(word));
}

static void put_name(struct cell *c)
{
	put_word(c, c->v.s);	/* escaped already */
}

static void put_unsigned(struct cell *c)
{
	json_set_u64(c->out, c->field->name, c->v.u);
}

static void put_signed(struct cell *c)
{
	json_set_i64(c->out, c->field->name, c->v.i);
}

static void put_bool(struct cell *c)
{
	json_set_bool(c->out, c->field->name, c->v.u);
}

static void put_milli(struct cell *c)
{
	json_set_milli(c->out, c->field->name, c->v.i);
}

static void put_number_text(struct cell *c, const char *prefix, unsigned int shift, int width)
{
	unsigned int digits = 1;

	while (digits < 64 / shift && c->v.u >> (digits * shift))
		digits++;
	buf_reset(c->scratch);
	buf_puts(c->scratch, prefix);
	for (; width > (int)digits; width--)
		buf_putc(c->scratch, '0');
	while (digits--)
		buf_putc(c->scratch, "0123456789abcdef"[c->v.u >> (digits * shift) & ((1 << shift) - 1)]);
	json_set_string(c->out, c->field->name, c->scratch->s, c->scratch->len);
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
	buf_reset(c->scratch);
	buf_u64(c->scratch, major(c->v.u));
	buf_putc(c->scratch, ':');
	buf_u64(c->scratch, minor(c->v.u));
	json_set_string(c->out, c->field->name, c->scratch->s, c->scratch->len);
}

static void put_enum(struct cell *c)
{
	put_word(c, c->field->names[c->v.u]);
}

static void put_flags(struct cell *c)
{
	struct json *words = json_new_array();

	for (unsigned int i = 0; c->field->names[i]; i++)
		if (c->v.u & (1ULL << i))
			json_push_string(words, c->field->names[i], strlen(c->field->names[i]));
	json_set(c->out, c->field->name, words);
}

static void put_facts(struct cell *c)
{
	const struct field *unknown[64];
	unsigned int count = field_unknown(c->s, c->class, c->row, unknown);
	struct json *words = json_new_array();

	for (unsigned int i = 0; i < count; i++)
		json_push_string(words, unknown[i]->name, strlen(unknown[i]->name));
	json_set(c->out, c->field->name, words);
}

static void put_rows(struct cell *c)
{
	enum row_class class = c->field->rows;
	const struct field *key = field_key(class);
	struct json *rows = key ? json_new_object() : json_new_array();

	for (uint32_t i = c->v.span.first; i < c->v.span.first + c->v.span.count; i++) {
		struct json *row = new_row(c, class, i);
		struct value k;

		if (key) {
			field_get(c->s, key, snapshot_row(c->s, class, i), &k);
			json_set(rows, key->names[k.u], row);
		} else {
			json_push(rows, row);
		}
	}
	json_set(c->out, c->field->name, rows);
}

static void put_one_row(struct cell *c)
{
	json_set(c->out, c->field->name, new_row(c, c->field->rows, c->v.u));
}

static void put_embedded(struct cell *c)
{
	put_row(c->s, c->scratch, c->out, c->field->rows,
		snapshot_row(c->s, c->field->rows, c->v.u));
}

static void put_numbers(struct cell *c)
{
	const uint64_t *numbers = c->s->numbers.rows;
	struct json *array = json_new_array();

	for (uint32_t i = 0; i < c->v.span.count; i++)
		json_push_u64(array, numbers[c->v.span.first + i]);
	json_set(c->out, c->field->name, array);
}

static void put_strings(struct cell *c)
{
	const char *const *words = c->s->words.rows;
	struct json *array = json_new_array();

	for (uint32_t i = 0; i < c->v.span.count; i++) {
		const char *word = words[c->v.span.first + i];

		buf_reset(c->scratch);
		text_escape(c->scratch, word, strlen(word), 0);
		json_push_string(array, c->scratch->s, c->scratch->len);
	}
	json_set(c->out, c->field->name, array);
}

static void (*const writers[NR_VALUE_TYPES])(struct cell *c) = {
	[VT_STRING] = put_text,	    [VT_NAME] = put_name,	[VT_UINT] = put_unsigned,
	[VT_BYTES] = put_unsigned,  [VT_BOOL] = put_bool,	[VT_TIME] = put_signed,
	[VT_STAMP] = put_milli,	    [VT_SPAN_MS] = put_milli,	[VT_AGE] = put_unsigned,
	[VT_KEY] = put_key,	    [VT_ADDRESS] = put_address,	[VT_MODE] = put_mode,
	[VT_DEVICE] = put_device,   [VT_ENUM] = put_enum,	[VT_FLAGS] = put_flags,
	[VT_FACTS] = put_facts,	    [VT_ROWS] = put_rows,	[VT_ROW] = put_one_row,
	[VT_EMBED] = put_embedded,  [VT_NUMBERS] = put_numbers,	[VT_STRINGS] = put_strings,
};

static void put_cell(struct cell *c)
{
	if (c->v.state == VALUE_KNOWN)
		writers[c->field->type](c);
	else if (value_is_list(c->field->type) && c->field->flags & FIELD_REQUIRED)
		json_set(c->out, c->field->name, json_new_array());
	else
		json_set_null(c->out, c->field->name);
}

/* Rows as text, each on a line of its own: what may be tens of thousands. */
struct job {
	const struct snapshot *s;
	enum row_class class;
	const uint32_t *rows;
	uint32_t count;
	const struct columns *columns;	/* NULL: whole rows */
};

static void put_columns(const struct job *job, struct buf *scratch, struct json *out, const void *row)
{
	for (unsigned int i = 0; i < job->columns->count; i++) {
		struct cell c = { job->s, scratch, out, job->class, row, job->columns->fields[i] };

		field_get_in(job->s, job->class, c.field, row, &c.v);
		put_cell(&c);
	}
}

#define CHUNK 256	/* rows that are made into text in one go */

static void make_chunk(const struct job *job, uint32_t chunk, struct buf *scratch, struct buf *text)
{
	uint32_t end = job->count - chunk * CHUNK > CHUNK ? (chunk + 1) * CHUNK : job->count;

	for (uint32_t i = chunk * CHUNK; i < end; i++) {
		const void *row = snapshot_row(job->s, job->class, job->rows[i]);
		struct json *out = json_new_object();

		if (job->columns)
			put_columns(job, scratch, out, row);
		else
			put_row(job->s, scratch, out, job->class, row);
		buf_puts(text, i ? ",\n" : "\n");
		json_put(text, out, false);
		json_free(out);
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
	struct buf scratch = BUF_INIT;

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
		make_chunk(p->job, chunk, &scratch, &slot->text);
		pthread_mutex_lock(&p->lock);
		slot->ready = true;
		pthread_cond_signal(&p->made);
	}
	pthread_mutex_unlock(&p->lock);
	buf_release(&scratch);
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
	struct buf scratch = BUF_INIT, text = BUF_INIT;
	int rc = 0;

	for (uint32_t chunk = 0; !rc && chunk < chunks; chunk++) {
		make_chunk(job, chunk, &scratch, &text);
		rc = write_text(out, &text);
	}
	buf_release(&scratch);
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

static void put_member(struct cell *c, struct buf *text)
{
	struct json *value;

	c->out = json_new_object();
	put_cell(c);
	value = json_get(c->out, c->field->name);
	if (value)
		json_put(text, value, false);
	else
		buf_puts(text, "null");
	json_free(c->out);
}

int view_json(FILE *out, const struct snapshot *s, const uint32_t *rows, uint32_t count)
{
	const struct job job = { .s = s, .class = CLASS_OBJECT, .rows = rows, .count = count };
	const struct field_class *fields = &field_classes[CLASS_DOCUMENT];
	const struct document *doc = snapshot_document(s);
	struct buf scratch = BUF_INIT, text = BUF_INIT;
	int rc = 0;

	for (unsigned int f = 0; !rc && f < fields->count; f++) {
		struct cell c = { s, &scratch, NULL, CLASS_DOCUMENT, doc, &fields->fields[f] };

		buf_printf(&text, "%s\n\"%s\": ", f ? "," : "{", c.field->name);
		field_get(s, c.field, doc, &c.v);
		if (c.field->rows == CLASS_OBJECT)
			rc = write_array(&job, out, &text);
		else
			put_member(&c, &text);
	}
	buf_puts(&text, "\n}\n");
	if (!rc)
		rc = write_text(out, &text);
	buf_release(&scratch);
	buf_release(&text);
	return rc;
}

int view_json_rows(FILE *out, const struct snapshot *s, enum row_class class, const char *member,
		   const char *by, const uint32_t *rows, uint32_t count,
		   const struct columns *columns)
{
	const struct job job = {
		.s = s, .class = class, .rows = rows, .count = count, .columns = columns,
	};
	struct buf text = BUF_INIT;
	int rc;

	buf_puts(&text, "{\n\"schema\": \"" DOCUMENT_SCHEMA "\",\n");
	if (by)
		buf_printf(&text, "\"by\": \"%s\",\n", by);
	buf_printf(&text, "\"%s\": ", member);
	rc = write_array(&job, out, &text);
	buf_puts(&text, "\n}\n");
	if (!rc)
		rc = write_text(out, &text);
	buf_release(&text);
	return rc;
}
