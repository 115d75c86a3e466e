/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "audit_line.h"

#include "ipctop/field.h"
#include "ipctop/json.h"
#include "ipctop/text.h"

/*
 * The longest name in a folder is 255 bytes, 1020 when all of them are escaped. Five texts of
 * this length and all the rest stay below the 8 KiB at which syslog daemons begin to cut.
 */
#define VALUE_MAX 1400

static const struct value_style plain = { .bytes = true };

/* Cut @text, but neither a character nor an escape in two. */
static void shorten(struct buf *text)
{
	size_t n = VALUE_MAX;

	if (text->len <= n)
		return;
	while (((unsigned char)text->s[n] & 0xc0) == 0x80)
		n--;
	for (size_t i = 1; i <= 3; i++) {
		if (text->s[n - i] == '\\') {
			n -= i;
			break;
		}
	}
	text->s[text->len = n] = '\0';
	buf_puts(text, "…");
}

/* One word; @text is escaped, but for quotes. */
static void put_word(struct buf *out, const char *key, const char *text)
{
	const char *quote = !*text || strpbrk(text, " \"=") ? "\"" : "";
	struct buf value = BUF_INIT;

	for (; *text; text++) {
		if (*text == '"')
			buf_puts(&value, "\\x22");
		else
			buf_putc(&value, *text);
	}
	shorten(&value);
	buf_printf(out, "%s%s=%s%s%s", out->len ? " " : "", key, quote, value.s, quote);
	buf_release(&value);
}

static void put_text(struct buf *out, const char *key, const char *s)
{
	struct buf text = BUF_INIT;

	text_escape(&text, s, strlen(s), 0);
	put_word(out, key, text.s);
	buf_release(&text);
}

static void put_number(struct buf *out, const char *key, uint64_t v)
{
	buf_printf(out, " %s=%llu", key, (unsigned long long)v);
}

static void put_field(struct buf *out, const char *key, const char *name, const struct act *act)
{
	const struct field *field = field_find(CLASS_ACT, name);
	struct buf text = BUF_INIT;
	struct value v;

	field_get(NULL, field, act, &v);
	if (v.state == VALUE_NONE)
		return;
	value_put(&text, NULL, field, act, &v, &plain);
	put_word(out, key, text.s);
	buf_release(&text);
}

/* The fixed order: what, then who asked, then what may be long. */
static const struct {
	const char *key, *field;
} before[] = {
	{ "action", "action" }, { "object", "name" },	{ "kind", "kind" },
	{ "result", "result" }, { "verdict", "verdict" }, { "code", "code" },
	{ "uid", "uid" },	{ "owner", "user" },	{ "mode", "mode" },
	{ "new_mode", "new_mode" }, { "gid", "gid" },	{ "new_uid", "new_uid" },
	{ "new_gid", "new_gid" }, { "process", "pid" },	{ "comm", "comm" },
	{ "leave", "leave" },	{ "start", "start" },	{ "length", "length" },
	{ "stopped", "stopped" }, { "nattch", "nattch" }, { "new_nattch", "new_nattch" },
	{ "size", "size" },	{ "freed", "freed" },
}, after[] = {
	{ "saved", "saved" },	{ "why", "why" },
};

void audit_line(struct buf *out, const struct asker *asker, const struct act *act)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(before); i++)
		put_field(out, before[i].key, before[i].field, act);
	put_text(out, "command", asker->command);
	put_number(out, "by", asker->uid);
	if (asker->has_login)
		put_number(out, "login", asker->login);
	if (asker->sudo)
		put_text(out, "sudo", asker->sudo);
	put_number(out, "pid", asker->pid);
	for (unsigned int i = 0; i < ARRAY_SIZE(after); i++)
		put_field(out, after[i].key, after[i].field, act);
}

static bool is_number(enum value_type type)
{
	return type == VT_UINT || type == VT_BYTES || type == VT_AGE;
}

static void write_field(struct json_writer *w, const struct field *field, const struct act *act)
{
	/* "pid" is who asked */
	const char *key = field->offset == offsetof(struct act, pid) ? "process" : field->name;
	struct buf text = BUF_INIT;
	struct value v;

	field_get(NULL, field, act, &v);
	if (v.state != VALUE_KNOWN) {
		json_write_null(w, key);
	} else if (is_number(v.type)) {
		json_write_u64(w, key, v.u);
	} else if (v.type == VT_STAMP) {
		json_write_milli(w, key, v.i);
	} else if (v.type == VT_SPAN_US) {
		json_write_micro(w, key, v.i);
	} else {
		value_put(&text, NULL, field, act, &v, &plain);
		json_write_string(w, key, text.s, text.len);
	}
	buf_release(&text);
}

static void write_asker(struct json_writer *w, const struct asker *asker)
{
	struct buf text = BUF_INIT;

	json_write_string(w, "command", asker->command, strlen(asker->command));
	json_write_u64(w, "by", asker->uid);
	if (asker->has_login)
		json_write_u64(w, "login", asker->login);
	else
		json_write_null(w, "login");
	if (asker->sudo) {
		text_escape(&text, asker->sudo, strlen(asker->sudo), 0);
		json_write_string(w, "sudo", text.s, text.len);
	} else {
		json_write_null(w, "sudo");
	}
	json_write_u64(w, "pid", asker->pid);
	buf_release(&text);
}

void audit_json(struct buf *out, const struct asker *asker, const struct act *act, int64_t now)
{
	struct json_writer w = { .out = out };
	const struct field *field;

	json_begin_object(&w, NULL);
	json_write_milli(&w, "time", now);
	for (unsigned int i = 0; (field = field_at(CLASS_ACT, i)); i++)
		write_field(&w, field, act);
	write_asker(&w, asker);
	json_end_object(&w);
	buf_putc(out, '\n');
}

bool audit_warns(const struct act *act)
{
	return act->result == OUTCOME_REFUSED || act->result == OUTCOME_FAILED;
}
