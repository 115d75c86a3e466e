/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any text is either a filter that can be asked about any row, or an error with a place in the text
 * and a clean sentence. No row passes both a filter and its opposite. max_len=2000
 */
#include <sys/sysmacros.h>

#include "ipctop/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void fail_unless(bool holds)
{
	if (!holds)
		abort();
}

static void add_rows(struct snapshot *s)
{
	struct object *o = snapshot_add(s, CLASS_OBJECT);
	struct process *p = snapshot_add(s, CLASS_PROCESS);
	struct holder *h = snapshot_add(s, CLASS_HOLDER);
	struct reason *r = snapshot_add(s, CLASS_REASON);
	struct map *m = snapshot_add(s, CLASS_MAP);

	FACT_SET(p, pid, 4712);
	FACT_SET(p, comm, "worker");
	FACT_SET(p, start_time, 1795530990120);
	FACT_UNKNOWN(p, cgroup);
	FACT_SET(h, process, 0);
	FACT_SET(r, code, "abandoned");
	FACT_SET(o, name, "posix-shm:/a\\x0Ab");
	FACT_SET(o, kind, KIND_POSIX_SHM);
	FACT_SET(o, path, "/dev/shm/a\nb");
	FACT_SET(o, key, 0xa76098);
	FACT_SET(o, device, makedev(0, 30));
	FACT_SET(o, size, UINT64_MAX);
	FACT_UNKNOWN(o, swap);
	FACT_SET(o, mode, 0600);
	FACT_SET(o, user, "");
	FACT_SET(o, last_alive, 1);
	FACT_SET(o, birth_time, INT64_MAX);
	FACT_SET(o, change_time, INT64_MIN);
	FACT_SET(o, nattch, 0);
	FACT_SET(o, state, STATE_DETACHED);
	FACT_SET(o, flags, OBJECT_LOCKED);
	FACT_SET(o, reasons, ((struct span){ 0, 1 }));
	FACT_SET(o, holders, ((struct span){ 0, 1 }));
	FACT_SET(m, process, 0);
	FACT_SET(m, start, 0x7f0000000000);
	FACT_SET(m, prot, "rw-s");
}

static const struct snapshot *sample(void)
{
	static struct snapshot *s;

	if (!s) {
		s = snapshot_new();
		add_rows(s);
		/* rows of which nothing is known */
		((struct object *)snapshot_add(s, CLASS_OBJECT))->facts.unknown = UINT64_MAX;
		snapshot_add(s, CLASS_OBJECT);
	}
	return s;
}

static void check_error(const struct filter_error *error, size_t len)
{
	fail_unless(error->column >= 1 && error->column <= len + 1);
	fail_unless(error->text[0]);
	for (const char *c = error->text; *c; c++)
		fail_unless((unsigned char)*c >= 0x20 && *c != 0x7F);
}

static void check_rows(enum row_class class, const char *text, const struct filter *f)
{
	const struct snapshot *s = sample();
	size_t room = strlen(text) + 4;
	char *opposite = xcalloc(room, 1);
	struct filter_error error;
	struct filter *not;
	bool denied;

	/* one deeper than allowed, or longer: then there is no opposite */
	snprintf(opposite, room, "!(%s)", text);
	denied = !filter_parse(class, opposite, &not, &error);
	for (uint32_t i = 0; i < snapshot_count(s, class); i++) {
		const void *row = snapshot_row(s, class, i);
		bool yes = filter_match(f, s, row);

		fail_unless(!denied || !yes || !filter_match(not, s, row));
	}
	fail_unless(denied || strstr(error.text, "deep") || strstr(error.text, "longer"));
	filter_free(not);
	free(opposite);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const enum row_class classes[] = { CLASS_OBJECT, CLASS_MAP, CLASS_DOCUMENT };
	char *text = xstrndup((const char *)data, n);

	for (unsigned int i = 0; i < ARRAY_SIZE(classes); i++) {
		struct filter_error error = { 0 };
		struct filter *f;

		if (filter_parse(classes[i], text, &f, &error)) {
			fail_unless(!f);
			check_error(&error, strlen(text));
		} else {
			check_rows(classes[i], text, f);
		}
		filter_free(f);
	}
	free(text);
	return 0;
}
