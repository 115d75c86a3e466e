/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON Schema of all JSON output, made from the field table. */
#include "ipctop/view.h"

#include <errno.h>
#include "ipctop/json.h"

/* Text as text_escape leaves it: no control characters, and a backslash only in \xHH. */
#define ESCAPED "([^\\\\\\x00-\\x1f\\x7f]|\\\\x[0-9A-F]{2})"

/* How the types look in JSON. */
static const struct shape {
	const char *type;		/* NULL: told by the field alone */
	const char *pattern;
	bool natural;			/* a number from 0 to 2^64 - 1 */
} shapes[NR_VALUE_TYPES] = {
	[VT_STRING] = { "string", "^" ESCAPED "*$" },
	[VT_NAME] = { "string" },
	[VT_UINT] = { "integer", .natural = true },
	[VT_BYTES] = { "integer", .natural = true },
	[VT_BOOL] = { "boolean" },
	[VT_TIME] = { "integer" },
	[VT_STAMP] = { "number" },
	[VT_SPAN_MS] = { "number" },
	[VT_SPAN_US] = { "number" },
	[VT_AGE] = { "integer", .natural = true },
	[VT_KEY] = { "string", "^0x[0-9a-f]{8}$" },
	[VT_ADDRESS] = { "string", "^0x[0-9a-f]{1,16}$" },
	[VT_MODE] = { "string", "^[0-7]{4,}$" },
	[VT_DEVICE] = { "string", "^[0-9]+:[0-9]+$" },
	[VT_ENUM] = { "string" },
	[VT_FLAGS] = { "array" },
	[VT_FACTS] = { "array" },
	[VT_ROWS] = { "array" },
	[VT_NUMBERS] = { "array" },
	[VT_STRINGS] = { "array" },
};

static void set_word(struct json *obj, const char *key, const char *word)
{
	json_set_string(obj, key, word, strlen(word));
}

static void push_word(struct json *array, const char *word)
{
	json_push_string(array, word, strlen(word));
}

/* {@key: @value} */
static struct json *new_with(const char *key, struct json *value)
{
	struct json *obj = json_new_object();

	json_set(obj, key, value);
	return obj;
}

static struct json *new_reference(const char *name)
{
	struct json *obj = json_new_object();
	struct buf at = BUF_INIT;

	buf_printf(&at, "#/$defs/%s", name);
	json_set_string(obj, "$ref", at.s, at.len);
	buf_release(&at);
	return obj;
}

static void set_type(struct json *schema, const char *type, bool nullable)
{
	struct json *types;

	if (!nullable) {
		set_word(schema, "type", type);
		return;
	}
	types = json_new_array();
	push_word(types, type);
	push_word(types, "null");
	json_set(schema, "type", types);
}

static struct json *new_words(const char *const *names, bool nullable)
{
	struct json *words = json_new_array();

	for (unsigned int i = 0; names[i]; i++)
		push_word(words, names[i]);
	if (nullable)
		json_push(words, NULL);
	return words;
}

static struct json *new_text(void)
{
	struct json *text = json_new_object();

	set_word(text, "type", "string");
	set_word(text, "pattern", shapes[VT_STRING].pattern);
	return text;
}

static struct json *new_number(void)
{
	struct json *number = json_new_object();

	set_word(number, "type", "integer");
	json_set_u64(number, "minimum", 0);
	json_set_u64(number, "maximum", UINT64_MAX);
	return number;
}

/* What is particular to a type: one function each. */
static void add_name(struct json *schema, enum row_class class, const struct field *f, bool nullable)
{
	struct buf pattern = BUF_INIT;

	buf_puts(&pattern, "^(");
	for (unsigned int k = 0; k < NR_KINDS; k++)
		buf_printf(&pattern, "%s%s", k ? "|" : "", kinds[k].name);
	buf_puts(&pattern, "):" ESCAPED "+$");
	json_set_string(schema, "pattern", pattern.s, pattern.len);
	buf_release(&pattern);
}

static void add_enum(struct json *schema, enum row_class class, const struct field *f, bool nullable)
{
	json_set(schema, "enum", new_words(f->names, nullable));
}

static void add_flags(struct json *schema, enum row_class class, const struct field *f, bool nullable)
{
	json_set(schema, "items", new_with("enum", new_words(f->names, false)));
	json_set_bool(schema, "uniqueItems", true);
}

static void add_facts(struct json *schema, enum row_class class, const struct field *unused, bool nullable)
{
	struct json *words = json_new_array();
	const struct field *f;

	for (unsigned int i = 0; (f = field_at(class, i)); i++)
		if (!(f->flags & FIELD_TABLE) && f->type != VT_FACTS)
			push_word(words, f->name);
	json_set(schema, "items", new_with("enum", words));
	json_set_bool(schema, "uniqueItems", true);
}

static void add_rows(struct json *schema, enum row_class class, const struct field *f, bool nullable)
{
	const struct field *key = field_key(f->rows);

	json_set(schema, key ? "additionalProperties" : "items",
		 new_reference(field_classes[f->rows].name));
	if (key)
		json_set(schema, "propertyNames", new_with("enum", new_words(key->names, false)));
}

static void add_row(struct json *schema, enum row_class class, const struct field *f, bool nullable)
{
	struct json *choice = json_new_array();

	json_push(choice, new_reference(field_classes[f->rows].name));
	if (nullable) {
		struct json *null = json_new_object();

		set_word(null, "type", "null");
		json_push(choice, null);
	}
	json_set(schema, "anyOf", choice);
}

static void add_numbers(struct json *schema, enum row_class class, const struct field *f, bool nullable)
{
	json_set(schema, "items", new_number());
}

static void add_strings(struct json *schema, enum row_class class, const struct field *f, bool nullable)
{
	json_set(schema, "items", new_text());
}

static void (*const adders[NR_VALUE_TYPES])(struct json *schema, enum row_class class,
					    const struct field *f, bool nullable) = {
	[VT_NAME] = add_name,	[VT_ENUM] = add_enum, [VT_FLAGS] = add_flags,
	[VT_FACTS] = add_facts, [VT_ROWS] = add_rows, [VT_ROW] = add_row,
	[VT_NUMBERS] = add_numbers, [VT_STRINGS] = add_strings,
};

static struct json *new_field(enum row_class class, const struct field *f)
{
	const struct shape *shape = &shapes[f->type];
	bool nullable = !(f->flags & FIELD_REQUIRED);
	struct json *schema = json_new_object();
	const char *type = shape->type;

	set_word(schema, "description", f->help);
	if (f->type == VT_ROWS && field_key(f->rows))
		type = "object";
	if (type)
		set_type(schema, type, nullable);
	if (shape->pattern)
		set_word(schema, "pattern", shape->pattern);
	if (shape->natural) {
		json_set_u64(schema, "minimum", 0);
		json_set_u64(schema, "maximum", UINT64_MAX);
	}
	if (adders[f->type])
		adders[f->type](schema, class, f, nullable);
	return schema;
}

/*
 * A row: @whole as in documents, where every member is there; else one of chosen columns, which
 * may be those of tables too.
 */
static struct json *new_class(enum row_class class, bool whole)
{
	struct json *schema = json_new_object(), *members = json_new_object();
	struct json *required = json_new_array();
	const struct field *f;

	set_word(schema, "type", "object");
	for (unsigned int i = 0; (f = field_at(class, i)); i++) {
		if (f->flags & FIELD_KEY || (whole && f->flags & FIELD_TABLE))
			continue;
		json_set(members, f->name, new_field(class, f));
		push_word(required, f->name);
	}
	json_set(schema, "properties", members);
	if (whole)
		json_set(schema, "required", required);
	else
		json_free(required);
	return schema;
}

/* The documents of chosen columns. */
static const struct list {
	const char *member;
	const char *definition;		/* of the document */
	const char *rows;		/* of a row of it */
	enum row_class class;
	bool by;
} lists[] = {
	{ "objects", "list", "list_object", CLASS_OBJECT, false },
	{ "groups", "list_by", "list_group", CLASS_GROUP, true },
	{ "maps", "maps", "list_map", CLASS_MAP, false },
	{ "limits", "list_limits", "list_limit", CLASS_LIMIT, false },
	{ "acts", "acts", "list_act", CLASS_ACT, false },
	{ "account", "account", "list_account", CLASS_ACCOUNT, true },
};

/* Told from whole documents by having none of their members, so that a document that lacks one is no list. */
static struct json *new_not_document(const struct list *list)
{
	struct json *any = json_new_array();
	const struct field *f;

	for (unsigned int i = 0; (f = field_at(CLASS_DOCUMENT, i)); i++) {
		struct json *names;

		if (!strcmp(f->name, "schema") || !strcmp(f->name, list->member))
			continue;
		names = json_new_array();
		push_word(names, f->name);
		json_push(any, new_with("required", names));
	}
	return new_with("anyOf", any);
}

static struct json *new_list(const struct list *list)
{
	struct json *schema = json_new_object(), *members = json_new_object();
	struct json *required = json_new_array(), *rows = json_new_object();

	set_word(rows, "type", "array");
	json_set(rows, "items", new_reference(list->rows));
	json_set(members, list->member, rows);
	push_word(required, "schema");
	push_word(required, list->member);
	if (list->by) {
		json_set(members, "by", new_text());
		push_word(required, "by");
	}
	set_word(schema, "type", "object");
	json_set(schema, "properties", members);
	json_set(schema, "required", required);
	json_set(schema, "not", new_not_document(list));
	return schema;
}

static struct json *new_schema(void)
{
	struct json *schema = json_new_object(), *any = json_new_array();
	struct json *definitions = json_new_object(), *number = json_new_object();

	set_word(schema, "$schema", "https://json-schema.org/draft/2020-12/schema");
	set_word(schema, "title", DOCUMENT_SCHEMA);
	set_word(schema, "description", "JSON output of ipctop: of --json, and with -J of list, list --by, maps, limits, clean and rm");
	set_word(schema, "type", "object");
	set_word(number, "const", DOCUMENT_SCHEMA);
	json_set(schema, "properties", new_with("schema", number));
	json_push(any, new_reference(field_classes[CLASS_DOCUMENT].name));
	for (unsigned int c = 0; c < NR_CLASSES; c++)
		json_set(definitions, field_classes[c].name, new_class(c, true));
	for (unsigned int i = 0; i < ARRAY_SIZE(lists); i++) {
		json_push(any, new_reference(lists[i].definition));
		json_set(definitions, lists[i].definition, new_list(&lists[i]));
		json_set(definitions, lists[i].rows, new_class(lists[i].class, false));
	}
	json_set(schema, "anyOf", any);
	json_set(schema, "$defs", definitions);
	return schema;
}

int view_json_schema(FILE *out)
{
	struct json *schema = new_schema();
	struct buf text = BUF_INIT;
	int rc = 0;

	json_put(&text, schema, true);
	buf_putc(&text, '\n');
	errno = 0;
	if (fwrite(text.s, 1, text.len, out) != text.len)
		rc = errno ? -errno : -EIO;
	buf_release(&text);
	json_free(schema);
	return rc;
}
