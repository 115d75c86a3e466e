/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A document that is read, written and read again is the same; an error is one clean sentence.
 * max_len=16384
 */
#include "ipctop/collect.h"
#include "ipctop/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void fail_unless(bool holds)
{
	if (!holds)
		abort();
}

static char *write_document(const struct snapshot *s)
{
	uint32_t count = snapshot_count(s, CLASS_OBJECT), *rows = xcalloc(count, sizeof(*rows));
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	for (uint32_t i = 0; i < count; i++)
		rows[i] = i;
	fail_unless(f && !view_json(f, s, rows, count) && !fclose(f));
	free(rows);
	return text;
}

static void check_clean(const char *text, bool lines)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		fail_unless((*c >= 0x20 && *c != 0x7F) || (lines && *c == '\n'));
}

static void check_again(const struct snapshot *s)
{
	char *first = write_document(s), *second;
	struct buf error = BUF_INIT;
	struct snapshot *again;

	check_clean(first, true);
	fail_unless(!replay_parse(first, strlen(first), &again, &error));
	second = write_document(again);
	fail_unless(!strcmp(first, second));
	free(first);
	free(second);
	snapshot_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct buf error = BUF_INIT;
	struct snapshot *s;

	if (replay_parse((const char *)data, n, &s, &error)) {
		fail_unless(!s && error.len > 0);
		check_clean(error.s, false);
	} else {
		fail_unless(s && !error.len);
		check_again(s);
		snapshot_free(s);
	}
	buf_release(&error);
	return 0;
}
