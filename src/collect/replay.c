/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replay: one loop over the field table reads any row back from a JSON document. */
#include "ipctop/collect.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "ipctop/io.h"
#include "ipctop/text.h"
#include "replay.h"

static uint64_t fact_bit(const struct field *f)
{
	return 1ULL << ((f->offset - sizeof(struct facts)) / 8);
}

static bool is_stored(const struct field *f)
{
	return !f->get && f->type != VT_FACTS;
}

static void store(struct replay *r, enum row_class class, uint32_t row, const struct field *f,
		  const struct value *v)
{
	struct facts *facts = snapshot_row(r->s, class, row);

	memcpy((char *)facts + f->offset, &v->u, sizeof(v->u));
	facts->known |= fact_bit(f);
	facts->unknown &= ~fact_bit(f);
}

/* A field by its very name: field_find is for people. */
static const struct field *exact_field(enum row_class class, const char *name)
{
	const struct field_class *c = &field_classes[class];

	for (unsigned int f = 0; f < c->count; f++)
		if (!strcmp(c->fields[f].name, name))
			return &c->fields[f];
	return NULL;
}

static int read_row(struct replay *r, const struct place *at, enum row_class class,
		    const struct json *json, uint32_t *row);

/* Rows that stand by a key: one call for each member. */
struct keyed {
	struct cell *c;
	const struct field *key;
};

static int read_keyed_row(const char *name, struct json *json, void *arg)
{
	const struct keyed *k = arg;
	struct replay *r = k->c->r;
	struct value v = { .u = 0 };
	struct place at = { .up = k->c->at };
	uint32_t row;
	int rc;

	while (k->key->names[v.u] && strcmp(k->key->names[v.u], name))
		v.u++;
	at.name = k->key->names[v.u];
	if (!at.name)
		return replay_fail_word(r, k->c->at, name, strlen(name));
	rc = read_row(r, &at, k->c->field->rows, json, &row);
	if (!rc)
		store(r, k->c->field->rows, row, k->key, &v);
	return rc;
}

static int read_rows(struct cell *c)
{
	enum row_class class = c->field->rows;
	struct keyed keyed = { c, field_key(class) };
	uint32_t first = snapshot_count(c->r->s, class), row;
	int rc = 0;

	if (json_type(c->json) != (keyed.key ? JSON_OBJECT : JSON_ARRAY))
		return replay_fail(c->r, c->at, keyed.key ? "not an object" : "not an array");
	if (keyed.key)
		rc = json_each(c->json, read_keyed_row, &keyed);
	for (size_t i = 0; !rc && i < json_length(c->json); i++) {
		struct place at = { .up = c->at, .index = i };

		rc = read_row(c->r, &at, class, json_at(c->json, i), &row);
	}
	c->v.span = (struct span){ first, snapshot_count(c->r->s, class) - first };
	return rc;
}

static int read_one_row(struct cell *c)
{
	uint32_t row = 0;
	int rc = read_row(c->r, c->at, c->field->rows, c->json, &row);

	c->v.u = row;
	return rc;
}

/* Its members stand among those of the row around it; equal rows are one. */
static int read_embedded(struct cell *c)
{
	enum row_class class = c->field->rows;
	struct table *t = &c->r->s->tables[class];
	uint32_t row = 0;
	int rc = read_row(c->r, c->at, class, c->json, &row);

	if (rc)
		return rc;
	c->v.u = intern_row(&c->r->rows[class], t->rows, field_classes[class].size, row);
	if (c->v.u != row)
		t->count--;
	return 0;
}

/* Rows in rows; what holds none is read by replay_value. */
static int (*const readers[NR_VALUE_TYPES])(struct cell *c) = {
	[VT_ROWS] = read_rows, [VT_ROW] = read_one_row, [VT_EMBED] = read_embedded,
};

static int read_member(struct replay *r, const struct place *at, enum row_class class,
		       uint32_t row, const struct field *f, const struct json *json)
{
	struct cell c = { .r = r, .at = at, .field = f, .json = json };
	int rc;

	if (!json)	/* unknown or not applicable */
		return f->flags & FIELD_REQUIRED ? replay_fail(r, at, "null") : 0;
	rc = readers[f->type] ? readers[f->type](&c) : replay_value(&c);
	if (!rc && is_stored(f))
		store(r, class, row, f, &c.v);
	return rc;
}

/* A required list that is missing is empty; nothing else that is required can be missing. */
static int read_missing(struct replay *r, const struct place *at, enum row_class class,
			uint32_t row, const struct field *f)
{
	struct value v = { .u = 0 };

	if (!(f->flags & FIELD_REQUIRED))
		return 0;
	if (!value_is_list(f->type))
		return replay_fail(r, at, "missing");
	if (is_stored(f))
		store(r, class, row, f, &v);
	return 0;
}

/* The names of facts that are unknown, not inapplicable. Names of other programs are passed over. */
static int read_unknown(struct replay *r, const struct place *at, enum row_class class,
			uint32_t row, const struct json *json)
{
	if (json_type(json) != JSON_ARRAY)
		return replay_fail(r, at, "not an array");
	for (size_t i = 0; i < json_length(json); i++) {
		struct place word_at = { .up = at, .index = i };
		size_t n;
		const char *word = json_to_string(json_at(json, i), &n);
		const struct field *f = word ? exact_field(class, word) : NULL;
		struct facts *facts = snapshot_row(r->s, class, row);

		if (!word)
			return replay_fail(r, &word_at, "not a string");
		if (!f || !is_stored(f) || f->type == VT_EMBED)
			continue;
		if (f->flags & FIELD_REQUIRED && !value_is_list(f->type))
			return replay_fail(r, &word_at, "what is always known is said to be unknown");
		facts->unknown |= fact_bit(f);
		facts->known &= ~fact_bit(f);
	}
	return 0;
}

static bool is_member(const struct field *f)
{
	return !(f->flags & (FIELD_TABLE | FIELD_KEY));
}

static int read_fields(struct replay *r, const struct place *up, enum row_class class,
		       uint32_t row, const struct json *json)
{
	const struct field_class *c = &field_classes[class];
	int rc = 0;

	for (unsigned int i = 0; !rc && i < c->count; i++) {
		const struct field *f = &c->fields[i];
		struct place at = { .up = up, .name = f->name };

		if (!is_member(f) || f->type == VT_FACTS)
			continue;
		if (f->type == VT_EMBED)
			rc = read_member(r, up, class, row, f, json);
		else if (json_has(json, f->name))
			rc = read_member(r, &at, class, row, f, json_get(json, f->name));
		else
			rc = read_missing(r, &at, class, row, f);
	}
	/* at last: what is unknown is so whatever else is said of it */
	for (unsigned int i = 0; !rc && i < c->count; i++) {
		struct place at = { .up = up, .name = c->fields[i].name };

		if (c->fields[i].type == VT_FACTS && json_has(json, at.name))
			rc = read_unknown(r, &at, class, row, json_get(json, at.name));
	}
	return rc;
}

static int read_row(struct replay *r, const struct place *at, enum row_class class,
		    const struct json *json, uint32_t *row)
{
	if (json_type(json) != JSON_OBJECT)
		return replay_fail(r, at, "not an object");
	*row = snapshot_count(r->s, class);
	snapshot_add(r->s, class);
	return read_fields(r, at, class, *row, json);
}

/* Whether the value that @reader is about to read is an array, or cut off before that shows. */
static bool at_array(const struct json_reader *reader)
{
	size_t i = reader->pos;

	while (i < reader->len && memchr(" \t\r\n", reader->text[i], 4))
		i++;
	return i == reader->len || reader->text[i] == '[';
}

/* The rows of the document itself, one by one: all that are whole stay, even if the rest is cut off. */
static int read_stream(struct replay *r, const struct place *up, const struct field *f,
		       struct json_reader *reader)
{
	uint32_t first = snapshot_count(r->s, f->rows), row;
	struct place at = { .up = up };
	struct json *json;
	struct value v;
	int rc;

	if (!at_array(reader))
		return replay_fail(r, up, "not an array");
	while ((rc = json_reader_element(reader, &json)) > 0) {
		rc = read_row(r, &at, f->rows, json, &row);
		json_free(json);
		if (rc)
			break;
		at.index++;
	}
	v.span = (struct span){ first, snapshot_count(r->s, f->rows) - first };
	store(r, CLASS_DOCUMENT, 0, f, &v);
	return rc;
}

static int read_top(struct replay *r, const struct field *f, struct json_reader *reader)
{
	struct place at = { .name = f->name };
	struct json *json;
	int rc;

	if (f->type == VT_ROWS && !field_key(f->rows))
		return read_stream(r, &at, f, reader);
	rc = json_reader_value(reader, &json);
	if (!rc)
		rc = read_member(r, &at, CLASS_DOCUMENT, 0, f, json);
	json_free(json);
	return rc;
}

/* 0, TOLD, or what the reader says: -ENODATA where the text is cut off. */
static int read_document(struct replay *r, struct json_reader *reader)
{
	const char *key;
	int rc;

	while ((rc = json_reader_member(reader, &key)) > 0) {
		const struct field *f = exact_field(CLASS_DOCUMENT, key);

		rc = f && is_member(f) ? read_top(r, f, reader) : 0;
		if (rc)
			break;
	}
	return rc;
}

/* What must be there also when the text is cut off. */
static int check_document(struct replay *r)
{
	const struct field_class *c = &field_classes[CLASS_DOCUMENT];
	const struct facts *facts = (const void *)snapshot_document(r->s);

	for (unsigned int i = 0; i < c->count; i++) {
		struct place at = { .name = c->fields[i].name };
		int rc;

		if (!is_member(&c->fields[i]) || !is_stored(&c->fields[i]) ||
		    facts->known & fact_bit(&c->fields[i]))
			continue;
		rc = read_missing(r, &at, CLASS_DOCUMENT, 0, &c->fields[i]);
		if (rc)
			return rc;
	}
	return 0;
}

/* Read as far as "schema", before anything is made of the rest. */
static int check_schema(struct replay *r, struct json_reader *reader)
{
	const char *key, *schema;
	struct json *json = NULL;
	size_t n;
	int rc;

	while ((rc = json_reader_member(reader, &key)) > 0 && strcmp(key, "schema"))
		;
	if (rc > 0)
		rc = json_reader_value(reader, &json);
	schema = json_to_string(json, &n);
	if (rc || !schema) {
		buf_puts(r->error, "is not an ipctop document");
		if (rc)
			buf_printf(r->error, ": %s", reader->error);
		rc = TOLD;
	} else if (strcmp(schema, DOCUMENT_SCHEMA)) {
		buf_puts(r->error, "schema ");
		text_escape(r->error, schema, n, 0);
		buf_puts(r->error, ": this program reads " DOCUMENT_SCHEMA);
		rc = TOLD;
	}
	json_free(json);
	return rc;
}

static int read_all(struct replay *r, const char *text, size_t len)
{
	struct json_reader reader;
	int rc;

	json_reader_init(&reader, text, len);
	rc = check_schema(r, &reader);
	json_reader_release(&reader);
	if (rc)
		return rc;
	json_reader_init(&reader, text, len);
	rc = read_document(r, &reader);
	if (rc == -ENODATA) {
		snapshot_gap(r->s, "snapshot", ENODATA, 0);
		r->cut = true;
		rc = 0;
	}
	if (rc && rc != TOLD)
		buf_puts(r->error, reader.error);
	json_reader_release(&reader);
	return rc ? rc : check_document(r);
}

int replay_parse(const char *text, size_t len, struct snapshot **s, struct buf *error)
{
	struct replay r = {
		.s = snapshot_new(), .error = error, .scratch = BUF_INIT, .expected = BUF_INIT,
	};
	int rc;

	r.s->replayed = true;
	r.s->sources = SOURCES_ALL;
	r.s->kinds = KINDS_ALL;
	rc = read_all(&r, text, len);
	buf_release(&r.scratch);
	buf_release(&r.expected);
	intern_release(&r.strings);
	for (unsigned int c = 0; c < NR_CLASSES; c++)
		intern_release(&r.rows[c]);
	if (rc) {
		snapshot_free(r.s);
		r.s = NULL;
	}
	*s = r.s;
	return rc ? -EINVAL : 0;
}

#define MOST_BYTES UINT32_MAX

int replay_read(const char *file, struct snapshot **s, struct buf *error)
{
	struct buf text = BUF_INIT;
	int rc;

	*s = NULL;
	if (!strcmp(file, "-"))
		rc = io_read_fd(STDIN_FILENO, &text, MOST_BYTES);
	else
		rc = io_read_file(AT_FDCWD, file, &text, MOST_BYTES);
	if (rc == -EFBIG)
		buf_puts(error, "more than 4 GiB");
	else if (rc)
		buf_printf(error, "cannot be read: %s", strerrordesc_np(-rc));
	else
		rc = replay_parse(text.s, text.len, s, error);
	buf_release(&text);
	return rc;
}
