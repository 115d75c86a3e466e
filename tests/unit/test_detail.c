/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "ipctop/lifecycle.h"
#include "ipctop/view.h"

#define NOW 1000000

static int setup(void **state)
{
	struct snapshot *s = snapshot_new();

	FACT_SET(snapshot_document(s), time, NOW * 1000LL);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	snapshot_free(*state);
	return 0;
}

static struct object *add_object(struct snapshot *s, enum kind kind, const char *name)
{
	struct object *o = snapshot_add(s, CLASS_OBJECT);

	FACT_SET(o, name, name);
	FACT_SET(o, kind, kind);
	return o;
}

static char *show_in(const struct snapshot *s, bool utf8, int width)
{
	const struct detail_options options = {
		.utf8 = utf8, .width = width, .style = { .now = NOW, .time_format = TIME_EPOCH },
	};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(view_detail(out, s, 0, &options), 0);
	fclose(out);
	return text;
}

static char *show(const struct snapshot *s, bool utf8)
{
	return show_in(s, utf8, 0);
}

static void expect_life_in(const struct snapshot *s, int width, const char *expected)
{
	char *text = show_in(s, false, width), *life = strstr(text, "\n\n") + 2;

	assert_non_null(strstr(life, "\n\n"));
	*(strstr(life, "\n\n") + 1) = '\0';
	assert_string_equal(life, expected);
	free(text);
}

static void expect_life(const struct snapshot *s, const char *expected)
{
	expect_life_in(s, 0, expected);
}

static void a_segment_nobody_attached_is_only_created(void **state)
{
	struct object *o = add_object(*state, KIND_SHM, "shm:7");

	FACT_SET(o, change_time, 900000);
	FACT_SET(o, nattch, 0);
	FACT_SET(o, state, STATE_CREATED);
	expect_life(*state, "  @-------------------.----------.--------.----------.\n"
			    "  created             attached   in use   detached   removed\n"
			    "  900000 or earlier   -          -        -          -\n");
}

static void an_attached_segment_is_in_use_now(void **state)
{
	struct object *o = add_object(*state, KIND_SHM, "shm:7");

	FACT_SET(o, change_time, 900000);
	FACT_SET(o, attach_time, 900001);
	FACT_SET(o, nattch, 2);
	FACT_SET(o, state, STATE_ATTACHED);
	expect_life(*state, "  *-------------------*-------------@--------.----------.\n"
			    "  created             attached      in use   detached   removed\n"
			    "  900000 or earlier   last 900001   now      -          -\n");
}

static void a_detached_segment_was_in_use(void **state)
{
	struct object *o = add_object(*state, KIND_SHM, "shm:7");

	FACT_SET(o, change_time, 900000);
	FACT_SET(o, attach_time, 900001);
	FACT_SET(o, detach_time, 900002);
	FACT_SET(o, nattch, 0);
	FACT_SET(o, state, STATE_DETACHED);
	expect_life(*state, "  *-------------------*-------------*--------@-------------.\n"
			    "  created             attached      in use   detached      removed\n"
			    "  900000 or earlier   last 900001   -        last 900002   -\n");
}

/* IPC_SET moves the change time; who attached before saw it created before. */
static void a_segment_is_no_younger_than_its_last_attach(void **state)
{
	struct object *o = add_object(*state, KIND_SHM, "shm:7");

	FACT_SET(o, change_time, 900009);
	FACT_SET(o, attach_time, 900001);
	FACT_SET(o, nattch, 1);
	FACT_SET(o, state, STATE_ATTACHED);
	expect_life(*state, "  *-------------------*-------------@--------.----------.\n"
			    "  created             attached      in use   detached   removed\n"
			    "  900001 or earlier   last 900001   now      -          -\n");
}

static void a_narrow_terminal_has_the_stages_below_each_other(void **state)
{
	struct object *o = add_object(*state, KIND_SHM, "shm:7");

	FACT_SET(o, change_time, 900000);
	FACT_SET(o, attach_time, 900001);
	FACT_SET(o, nattch, 2);
	FACT_SET(o, state, STATE_ATTACHED);
	expect_life_in(*state, 62, "  * created    900000 or earlier\n"
				   "  * attached   last 900001\n"
				   "  @ in use     now\n"
				   "  . detached   -\n"
				   "  . removed    -\n");
	expect_life_in(*state, 63, "  *-------------------*-------------@--------.----------.\n"
				   "  created             attached      in use   detached   removed\n"
				   "  900000 or earlier   last 900001   now      -          -\n");
}

static void a_condemned_segment_goes_with_its_last_user(void **state)
{
	struct object *o = add_object(*state, KIND_SHM, "shm:7");

	FACT_SET(o, change_time, 900000);
	FACT_SET(o, attach_time, 900001);
	FACT_SET(o, nattch, 1);
	FACT_SET(o, flags, OBJECT_CONDEMNED);
	FACT_SET(o, state, STATE_CONDEMNED);
	expect_life(*state, "  *-------------------*-------------@--------.----------*\n"
			    "  created             attached      in use   detached   removed\n"
			    "  900000 or earlier   last 900001   now      -          goes with its last user\n");
}

static void that_a_file_was_mapped_once_is_not_known(void **state)
{
	struct object *o = add_object(*state, KIND_POSIX_SHM, "posix-shm:/a");

	FACT_SET(o, birth_time, 900000);
	FACT_SET(o, modify_time, 900003);
	FACT_SET(o, mappings, 0);
	FACT_SET(o, openers, 0);
	FACT_SET(o, state, STATE_DETACHED);
	expect_life(*state, "  *---------?----------*----------------@----------.\n"
			    "  created   attached   in use           detached   removed\n"
			    "  900000    ?          written 900003   -          -\n");
}

static void stages_are_drawn_where_the_locale_can(void **state)
{
	char *text;

	add_object(*state, KIND_SHM, "shm:7");
	text = show(*state, true);
	assert_non_null(strstr(text, "●───"));
	free(text);
}

/* A new field needs no change here to be shown. */
static void every_field_that_is_known_stands_on_the_page(void **state)
{
	static const char *const headings[] = { "name", "verdict", "reasons", "holders", "uses" };
	struct snapshot *s = *state;
	struct object *o = add_object(s, KIND_SHM, "shm:7");
	const struct field *f;
	char *text = "text";

	for (unsigned int i = 0; (f = field_at(CLASS_OBJECT, i)); i++) {
		if (f->get || f->type == VT_FACTS || f->type == VT_ROWS || f->type == VT_ENUM ||
		    f->type == VT_NAME)
			continue;
		o->facts.known |= 1ULL << ((f->offset - sizeof(struct facts)) / 8);
		if (f->type == VT_STRING)
			memcpy((char *)o + f->offset, &text, sizeof(text));
	}
	FACT_SET(o, state, STATE_ATTACHED);
	FACT_SET(o, verdict, VERDICT_LIVE);
	FACT_UNKNOWN(o, last_alive);
	text = show(s, false);
	for (unsigned int i = 0; (f = field_at(CLASS_OBJECT, i)); i++) {
		struct buf line = BUF_INIT;
		struct value v;
		bool elsewhere = false, is_number = false;

		for (unsigned int k = 0; k < ARRAY_SIZE(headings); k++)
			elsewhere |= !strcmp(headings[k], f->name);
		for (unsigned int k = 0; field_at(CLASS_OBJECT, k); k++) {
			const char *numeric = field_at(CLASS_OBJECT, k)->numeric;

			is_number |= numeric && !strcmp(numeric, f->name);
		}
		field_get(s, f, o, &v);
		buf_printf(&line, "\n  %-17s ", f->name);
		if (!elsewhere && !is_number && v.state != VALUE_NONE && !strstr(text, line.s))
			fail_msg("%s is not shown", f->name);
		buf_release(&line);
	}
	assert_non_null(strstr(text, "  user              text (0)\n"));
	assert_non_null(strstr(text, "  last_alive        ?\n"));
	free(text);
}

static void sentences_of_reasons_stand_below_each_other(void **state)
{
	struct snapshot *s = *state;
	struct object *o = add_object(s, KIND_SHM, "shm:7");
	char *text, *at;

	for (unsigned int i = 0; i < NR_REASONS; i++) {
		struct reason *r = snapshot_add(s, CLASS_REASON);

		FACT_SET(r, code, reason_infos[i].code);
		FACT_SET(r, text, "sentence");
	}
	FACT_SET(o, verdict, VERDICT_IDLE);
	FACT_SET(o, reasons, ((struct span){ 0, NR_REASONS }));
	text = show(s, false);
	at = strstr(text, "\nidle:");
	for (unsigned int i = 0; i < NR_REASONS; i++) {
		at = strchr(at + 1, '\n');
		assert_memory_equal(at + 1 + 2 + 18, " sentence\n", 10);
	}
	free(text);
}

static void holders_are_shown_with_addresses_and_without_escapes(void **state)
{
	struct snapshot *s = *state;
	struct object *o = add_object(s, KIND_SHM, "shm:7");
	struct process *p = snapshot_add(s, CLASS_PROCESS);
	struct holder *h = snapshot_add(s, CLASS_HOLDER);
	struct mapping *m = snapshot_add(s, CLASS_MAPPING);
	struct fd *fd = snapshot_add(s, CLASS_FD);
	struct reason *r = snapshot_add(s, CLASS_REASON);
	char *text;

	FACT_SET(p, pid, 4711);
	FACT_SET(p, comm, "a\033[2Jb\nc");
	FACT_SET(p, user, "alice");
	FACT_SET(p, cmdline, "evil \033]0;x\a");
	FACT_SET(h, process, 0);
	FACT_SET(h, mappings, ((struct span){ 0, 1 }));
	FACT_SET(h, fds, ((struct span){ 0, 1 }));
	FACT_SET(m, start, 0x7f0000000000);
	FACT_SET(m, length, 65536);
	FACT_SET(m, prot, "rw-s");
	FACT_SET(m, offset, 4096);
	FACT_SET(fd, fd, 5);
	FACT_SET(fd, access, ACCESS_RW);
	FACT_SET(r, code, "attached");
	FACT_SET(r, text, "1 mapping in 1 process");
	FACT_SET(o, verdict, VERDICT_LIVE);
	FACT_SET(o, reasons, ((struct span){ 0, 1 }));
	FACT_SET(o, holders, ((struct span){ 0, 1 }));
	FACT_SET(o, holders_complete, 0);
	text = show(s, false);
	assert_null(strpbrk(text, "\033\a"));
	assert_non_null(strstr(text, "\n  4711 a\\x1B[2Jb\\x0Ac, user alice\n"));
	assert_non_null(strstr(text, "\n      mapping 0x7f0000000000-0x7f0000010000 rw-s 64K from 4K\n"));
	assert_non_null(strstr(text, "\n      descriptor 5 rw\n"));
	assert_non_null(strstr(text, "\nlive: somebody uses it\n  attached           1 mapping in 1 process\n"));
	assert_non_null(strstr(text, "there may be more holders"));
	free(text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_segment_nobody_attached_is_only_created),
		TEST(an_attached_segment_is_in_use_now),
		TEST(a_detached_segment_was_in_use),
		TEST(a_segment_is_no_younger_than_its_last_attach),
		TEST(a_narrow_terminal_has_the_stages_below_each_other),
		TEST(a_condemned_segment_goes_with_its_last_user),
		TEST(that_a_file_was_mapped_once_is_not_known),
		TEST(stages_are_drawn_where_the_locale_can),
		TEST(every_field_that_is_known_stands_on_the_page),
		TEST(sentences_of_reasons_stand_below_each_other),
		TEST(holders_are_shown_with_addresses_and_without_escapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
