// SPDX-License-Identifier: GPL-2.0-or-later
/* Documents to compare: each object stands on a line of its own. */
#include "document.h"

#include "ipctop/buf.h"
#include "ipctop/view.h"

/* Behind one value: a string or a number. */
static const char *behind(const char *s)
{
	if (*s != '"')
		return s + strcspn(s, ",}\n");
	for (s++; *s && *s != '"'; s++)
		if (*s == '\\' && s[1])
			s++;
	return *s ? s + 1 : s;
}

static const char *const lines[] = { "\"time\":", "\"duration\":", "\"memory\":" };
static const char *const members[] = { "\"age\":", "\"start_time\":", "\"text\":" };

static const char *find(const char *const *words, unsigned int n, const char *at)
{
	for (unsigned int i = 0; i < n; i++)
		if (!strncmp(at, words[i], strlen(words[i])))
			return words[i];
	return NULL;
}

static char *without_ages(const char *s)
{
	struct buf out = BUF_INIT;
	bool begins = true;

	while (*s) {
		const char *word = find(members, ARRAY_SIZE(members), s);

		if (begins && find(lines, ARRAY_SIZE(lines), s + (*s == '{'))) {
			s += strcspn(s, "\n");
			begins = false;
			continue;
		}
		if (word) {
			buf_puts(&out, word);
			s = behind(s + strlen(word));
		}
		begins = *s == '\n';
		if (*s)
			buf_putc(&out, *s++);
	}
	return buf_detach(&out);
}

char *document_of(const struct snapshot *s)
{
	uint32_t n = snapshot_count(s, CLASS_OBJECT);
	uint32_t *rows = xcalloc(n, sizeof(*rows));
	char *text = NULL, *plain = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	for (uint32_t i = 0; i < n; i++)
		rows[i] = i;
	if (out) {
		int rc = view_json(out, s, rows, n);

		if (!fclose(out) && !rc)
			plain = without_ages(text);
	}
	free(text);
	free(rows);
	return plain;
}

static struct table lines_of(char *text)
{
	struct table t = { 0 };
	char *line;

	while ((line = strsep(&text, "\n")))
		*(const char **)table_add(&t, sizeof(line)) = line;
	return t;
}

static void missing(FILE *out, char mark, const struct table *a, const struct table *b)
{
	const char *const *line = a->rows, *const *other = b->rows;

	for (uint32_t i = 0; i < a->count; i++) {
		bool found = false;

		for (uint32_t k = 0; !found && k < b->count; k++)
			found = !strcmp(line[i], other[k]);
		if (!found)
			fprintf(out, "%c %s\n", mark, line[i]);
	}
}

void document_differences(FILE *out, char *before, char *after)
{
	struct table a = lines_of(before), b = lines_of(after);

	missing(out, '-', &a, &b);
	missing(out, '+', &b, &a);
	if (a.count == b.count)
		fprintf(out, "(lines that stand elsewhere are not shown)\n");
	table_release(&a);
	table_release(&b);
}
