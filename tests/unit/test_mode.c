/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Modes as chmod(1) reads them. */
#include "ipctop/mode.h"

#include <errno.h>
#include "unit.h"

static void test_apply(void **state)
{
	static const struct {
		const char *text;
		uint32_t umask, before, after;
	} cases[] = {
		{ "600", 022, 0666, 0600 },
		{ "0", 022, 0777, 0 },
		{ "0644", 022, 04755, 0644 },
		{ "u=rw,go-rwx", 022, 0777, 0600 },
		{ "a=r", 077, 0777, 0444 },
		{ "o-w", 022, 0666, 0664 },
		{ "ug+x", 022, 0600, 0710 },
		{ "u+r-x", 022, 0300, 0600 },
		{ "g=u", 022, 0640, 0660 },
		{ "go=u-w", 022, 0700, 0755 },
		{ "o=g,g=", 022, 0750, 0705 },
		{ "a+X", 022, 0644, 0644 },
		{ "a+X", 022, 0744, 0755 },
		{ "=rw", 022, 0777, 0644 },
		{ "+w", 022, 0444, 0644 },
		{ "-w", 022, 0666, 0466 },
		{ "=", 022, 0777, 0 },
		{ "u+", 022, 0640, 0640 },
		{ "go-w", 022, 01666, 01644 },
	};

	FOR_EACH_CASE(c, cases) {
		struct buf error = BUF_INIT;
		struct mode_change change;

		CHECK(c->text, !mode_parse(c->text, c->umask, &change, &error));
		if (mode_apply(&change, c->before) != c->after)
			fail_msg("%s: %04o becomes %04o, not %04o", c->text, c->before,
				 mode_apply(&change, c->before), c->after);
		buf_release(&error);
	}
}

static void test_refused(void **state)
{
	static const char *const wrong[] = {
		"", "8", "1777", "99999999999", "0x1ff", "u", "rw", "u+s", "+t", "u=rw,", ",u=rw", "u+rw go-r",
		"u=gr", "u\n+r", "a+r,a+r,a+r,a+r,a+r,a+r,a+r,a+r,a+r,a+r,a+r,a+r,a+r,a+r,a+r,a+r,a+r",
	};

	FOR_EACH_CASE(text, wrong) {
		struct buf error = BUF_INIT;
		struct mode_change change;

		CHECK(*text, mode_parse(*text, 022, &change, &error) == -EINVAL);
		CHECK(*text, strstr(error.s, "is not a mode") && !strchr(error.s, '\n'));
		buf_release(&error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_apply),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
