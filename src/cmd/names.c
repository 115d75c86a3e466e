/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects named on the command line. */
#include "cmd.h"

#include <errno.h>
#include "ipctop/name.h"
#include "ipctop/text.h"

/* A path or an id in the place of a name, as other tools take them. */
static void hint_at_name(const char *word)
{
	static const char shm[] = "/dev/shm/";
	struct buf name = BUF_INIT;

	if (!strncmp(word, shm, strlen(shm)) && word[strlen(shm)]) {
		buf_puts(&name, "posix-shm:/");
		text_escape(&name, word + strlen(shm), strlen(word + strlen(shm)), TEXT_AT);
	} else if (*word && !word[strspn(word, "0123456789")]) {
		buf_printf(&name, "shm:%s", word);
	}
	if (name.len)
		fprintf(stderr, "Did you mean '%s'?\n", name.s);
	buf_release(&name);
}

/* All names are read before anything is collected, and only their kinds are. */
int query_names(struct query *q, int argc, char **argv)
{
	int status = DONE;

	for (int i = 0; i < argc; i++) {
		struct buf error = BUF_INIT;
		struct name name = { 0 };

		if (name_parse(argv[i], &name, &error)) {
			cmd_error("%s", error.s);
			hint_at_name(argv[i]);
			status = USAGE;
		} else {
			q->kinds |= KIND_BIT(name.kind);
			name_release(&name);
		}
		buf_release(&error);
	}
	return status;
}

static const char *why_not(int64_t rc)
{
	switch (-rc) {
	case ENOENT:
		return "no such object";
	case EEXIST:
		return "several objects have that name; add the namespace, as 'ipctop list' prints it";
	}
	return strerror(-rc);
}

/* What no process needs to hold is seen without reading any; @kind NR_KINDS: it is not known. */
static bool may_be_unseen(const struct snapshot *s, enum kind kind)
{
	for (uint32_t i = 0; i < snapshot_count(s, CLASS_GAP); i++) {
		const struct gap *gap = snapshot_row(s, CLASS_GAP, i);

		if (!gap->pids.count || kind == NR_KINDS || !kinds[kind].outlives)
			return true;
	}
	return false;
}

/* Told as tables print it, however it was typed. Whether it may be there all the same. */
static bool tell_not_found(const struct snapshot *s, const char *word, int64_t rc)
{
	enum kind kind = NR_KINDS;
	struct buf text = BUF_INIT, error = BUF_INIT;
	struct name name = { 0 };

	if (!name_parse(word, &name, &error)) {
		kind = name.kind;
		name_put(&text, &name);
		name_release(&name);
	} else {
		text_escape(&text, word, strlen(word), 0);
	}
	cmd_error("%s: %s", text.s, why_not(rc));
	buf_release(&text);
	buf_release(&error);
	return rc == -ENOENT && may_be_unseen(s, kind);
}

/* The rows of the names, each once; an error for each that has none. */
uint32_t *query_find(const struct snapshot *s, int argc, char **argv, uint32_t *count, int *status)
{
	struct name_finder *finder = name_finder_new(s);
	uint32_t *rows = xcalloc(argc, sizeof(*rows));
	bool *taken = xcalloc(snapshot_count(s, CLASS_OBJECT), sizeof(*taken)), unseen = false;

	*count = 0;
	for (int i = 0; i < argc; i++) {
		int64_t row = name_find(finder, argv[i]);

		if (row < 0) {
			unseen |= tell_not_found(s, argv[i], row);
			*status = FAILED;
		} else if (!taken[row]) {
			taken[row] = true;
			rows[(*count)++] = row;
		}
	}
	if (unseen)
		query_print_incomplete(s);
	free(taken);
	name_finder_free(finder);
	return rows;
}
