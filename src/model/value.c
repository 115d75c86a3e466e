/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipctop/field.h"

#include <sys/sysmacros.h>
#include "ipctop/text.h"

/* What a value is in memory: how two of them are ordered. */
enum storage { AS_UNSIGNED, AS_SIGNED, AS_TEXT, AS_NAME, AS_COUNT };

static int order_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int order_i64(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static const uint8_t storages[NR_VALUE_TYPES] = {
	[VT_STRING] = AS_TEXT,	  [VT_NAME] = AS_NAME,	     [VT_UINT] = AS_UNSIGNED,
	[VT_BYTES] = AS_UNSIGNED, [VT_BOOL] = AS_UNSIGNED,   [VT_TIME] = AS_SIGNED,
	[VT_STAMP] = AS_SIGNED,	  [VT_SPAN_MS] = AS_SIGNED,  [VT_SPAN_US] = AS_SIGNED,
	[VT_AGE] = AS_UNSIGNED,
	[VT_KEY] = AS_UNSIGNED,	  [VT_ADDRESS] = AS_UNSIGNED, [VT_MODE] = AS_UNSIGNED,
	[VT_DEVICE] = AS_UNSIGNED, [VT_ENUM] = AS_UNSIGNED,  [VT_FLAGS] = AS_UNSIGNED,
	[VT_FACTS] = AS_UNSIGNED, [VT_ROWS] = AS_COUNT,	     [VT_ROW] = AS_UNSIGNED,
	[VT_EMBED] = AS_UNSIGNED, [VT_NUMBERS] = AS_COUNT,   [VT_STRINGS] = AS_COUNT,
};

static int order_known(const struct value *a, const struct value *b)
{
	switch ((enum storage)storages[a->type]) {
	case AS_UNSIGNED:
		return order_u64(a->u, b->u);
	case AS_SIGNED:
		return order_i64(a->i, b->i);
	case AS_TEXT:
		return strcmp(a->s, b->s);
	case AS_NAME:
		return strverscmp(a->s, b->s);	/* shm:9 before shm:10 */
	case AS_COUNT:
		return order_u64(a->span.count, b->span.count);
	}
	return 0;
}

int value_compare(const struct snapshot *s, const struct field *field, const struct value *a,
		  const struct value *b, bool descending)
{
	/* known first, then not applicable, unknown behind all: both ways */
	static const uint8_t place[] = { [VALUE_KNOWN] = 0, [VALUE_NONE] = 1, [VALUE_UNKNOWN] = 2 };
	int order;

	if (a->state != VALUE_KNOWN || b->state != VALUE_KNOWN)
		return order_u64(place[a->state], place[b->state]);
	order = order_known(a, b);
	return descending ? (order < 0) - (order > 0) : order;
}

/* Writers: one for each type. */
struct writing {
	struct buf *out;
	const struct snapshot *s;
	const struct field *field;
	const void *row;
	const struct value_style *style;
};

static void put_text(const struct writing *w, const char *s)
{
	text_escape(w->out, s, strlen(s), w->style->raw ? TEXT_BLANK : 0);
}

static void put_string(const struct writing *w, const struct value *v)
{
	put_text(w, v->s);
}

static void put_name(const struct writing *w, const struct value *v)
{
	const char *s = v->s, *blank;

	/* escaped already; a blank parts columns in raw output */
	while (w->style->raw && (blank = strchr(s, ' '))) {
		buf_add(w->out, s, blank - s);
		buf_puts(w->out, "\\x20");
		s = blank + 1;
	}
	buf_puts(w->out, s);
}

static void put_uint(const struct writing *w, const struct value *v)
{
	buf_u64(w->out, v->u);
}

static void put_bytes(const struct writing *w, const struct value *v)
{
	units_put_size(w->out, v->u, w->style->bytes);
}

static void put_bool(const struct writing *w, const struct value *v)
{
	buf_puts(w->out, v->u ? "yes" : "no");
}

/* Blanks inside a time or a duration part columns in raw output as well. */
static void put_spaced(const struct writing *w, struct buf *text)
{
	put_text(w, text->s);
	buf_release(text);
}

static void put_time(const struct writing *w, const struct value *v)
{
	struct buf text = BUF_INIT;

	units_put_time(&text, v->i, w->style->now, w->style->time_format);
	put_spaced(w, &text);
}

static void put_stamp(const struct writing *w, const struct value *v)
{
	struct value seconds = *v;

	seconds.i = v->i / 1000;
	put_time(w, &seconds);
}

static void put_span_ms(const struct writing *w, const struct value *v)
{
	buf_printf(w->out, "%lld.%03lld", (long long)(v->i / 1000), (long long)(v->i % 1000));
}

static void put_span_us(const struct writing *w, const struct value *v)
{
	buf_printf(w->out, "%lld.%06lld", (long long)(v->i / 1000000), (long long)(v->i % 1000000));
}

static void put_age(const struct writing *w, const struct value *v)
{
	struct buf text = BUF_INIT;

	if (w->style->bytes) {
		buf_u64(w->out, v->u);
		return;
	}
	units_put_duration(&text, v->u);
	put_spaced(w, &text);
}

static void put_key(const struct writing *w, const struct value *v)
{
	buf_printf(w->out, "0x%08llx", (unsigned long long)v->u);
}

static void put_address(const struct writing *w, const struct value *v)
{
	buf_printf(w->out, "0x%llx", (unsigned long long)v->u);
}

static void put_mode(const struct writing *w, const struct value *v)
{
	buf_printf(w->out, "%04llo", (unsigned long long)v->u);
}

static void put_device(const struct writing *w, const struct value *v)
{
	buf_printf(w->out, "%u:%u", major(v->u), minor(v->u));
}

static void put_enum(const struct writing *w, const struct value *v)
{
	buf_puts(w->out, w->field->names[v->u]);
}

/* Comma-separated; an empty list is told from an unknown one by '-'. */
static void put_word(const struct writing *w, const char *word, unsigned int *n)
{
	if ((*n)++)
		buf_putc(w->out, ',');
	put_text(w, word);
}

static void put_flags(const struct writing *w, const struct value *v)
{
	unsigned int n = 0;

	for (unsigned int i = 0; w->field->names[i]; i++)
		if (v->u & (1ULL << i))
			put_word(w, w->field->names[i], &n);
	if (!n)
		buf_putc(w->out, '-');
}

static enum row_class class_of(const struct field *field)
{
	for (unsigned int c = 0; c < NR_CLASSES; c++)
		if (field >= field_classes[c].fields &&
		    field < field_classes[c].fields + field_classes[c].count)
			return c;
	return CLASS_DOCUMENT;
}

static void put_facts(const struct writing *w, const struct value *v)
{
	const struct field *unknown[64];
	unsigned int count = field_unknown(w->s, class_of(w->field), w->row, unknown), n = 0;

	for (unsigned int i = 0; i < count; i++)
		put_word(w, unknown[i]->name, &n);
	if (!n)
		buf_putc(w->out, '-');
}

/* Rows of one text (reasons) are listed by it; others by their number. */
static void put_rows(const struct writing *w, const struct value *v)
{
	unsigned int n = 0;

	if (w->field->rows != CLASS_REASON) {
		buf_u64(w->out, v->span.count);
		return;
	}
	for (uint32_t i = 0; i < v->span.count; i++) {
		const struct reason *r = snapshot_row(w->s, CLASS_REASON, v->span.first + i);

		put_word(w, r->code, &n);
	}
	if (!n)
		buf_putc(w->out, '-');
}

static void put_numbers(const struct writing *w, const struct value *v)
{
	const uint64_t *numbers = w->s->numbers.rows;

	for (uint32_t i = 0; i < v->span.count; i++) {
		if (i)
			buf_putc(w->out, ',');
		buf_u64(w->out, numbers[v->span.first + i]);
	}
	if (!v->span.count)
		buf_putc(w->out, '-');
}

static void put_strings(const struct writing *w, const struct value *v)
{
	const char *const *words = w->s->words.rows;
	unsigned int n = 0;

	for (uint32_t i = 0; i < v->span.count; i++)
		put_word(w, words[v->span.first + i], &n);
	if (!n)
		buf_putc(w->out, '-');
}

static void (*const writers[NR_VALUE_TYPES])(const struct writing *, const struct value *) = {
	[VT_STRING] = put_string, [VT_NAME] = put_name,	    [VT_UINT] = put_uint,
	[VT_BYTES] = put_bytes,	  [VT_BOOL] = put_bool,	    [VT_TIME] = put_time,
	[VT_STAMP] = put_stamp,	  [VT_SPAN_MS] = put_span_ms, [VT_SPAN_US] = put_span_us,
	[VT_AGE] = put_age,
	[VT_KEY] = put_key,	  [VT_ADDRESS] = put_address, [VT_MODE] = put_mode,
	[VT_DEVICE] = put_device, [VT_ENUM] = put_enum,	    [VT_FLAGS] = put_flags,
	[VT_FACTS] = put_facts,	  [VT_ROWS] = put_rows,	    [VT_ROW] = put_uint,
	[VT_EMBED] = put_uint,	  [VT_NUMBERS] = put_numbers, [VT_STRINGS] = put_strings,
};

void value_put(struct buf *out, const struct snapshot *s, const struct field *field,
	       const void *row, const struct value *v, const struct value_style *style)
{
	struct writing w = { .out = out, .s = s, .field = field, .row = row, .style = style };
	struct value number;

	/* a user without a name is a number, as in ls and ps */
	if (field->numeric && (style->numeric || v->state == VALUE_NONE)) {
		w.field = field_find(class_of(field), field->numeric);
		field_get(s, w.field, row, &number);
		v = &number;
	}
	if (v->state != VALUE_KNOWN) {
		buf_putc(out, v->state == VALUE_UNKNOWN ? '?' : '-');
		return;
	}
	writers[v->type](&w, v);
}
