/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What registers say of a thread, in 64 and in 32 bits. */
#include "act/detach/arch.h"

#include <errno.h>
#include "unit.h"

#ifdef ARCH_NAME

#define WIDE 0x33
#define NARROW 0x23

static void test_result(void **state)
{
	static const struct {
		const char *what;
		uint64_t cs, rax;
		int64_t result;
	} cases[] = {
		{ "an address", WIDE, 0x7f0000001000, 0x7f0000001000 },
		{ "an error", WIDE, (uint64_t)-ENOMEM, -ENOMEM },
		{ "a low address of 32 bits", NARROW, 0x10000, 0x10000 },
		{ "one beyond 2 GiB", NARROW, 0xf7dfd000, 0xf7dfd000 },
		{ "the last page but one", NARROW, 0xffffe000, 0xffffe000 },
		{ "one that the kernel extended", NARROW, 0xfffffffff7dfd000, 0xf7dfd000 },
		{ "an error of 32 bits", NARROW, 0xfffffff4, -ENOMEM },
		{ "one that the kernel extended", NARROW, (uint64_t)-ENOMEM, -ENOMEM },
		{ "the last error", NARROW, 0xfffff001, -4095 },
		{ "the last page", NARROW, 0xfffff000, 0xfffff000 },
	};

	FOR_EACH_CASE(c, cases) {
		const struct arch_regs regs = { .x = { .cs = c->cs, .rax = c->rax } };

		if (arch_result(&regs) != c->result)
			fail_msg("%s: %lld, not %lld", c->what, (long long)arch_result(&regs),
				 (long long)c->result);
	}
}

static void test_restarts(void **state)
{
	static const struct {
		const char *what;
		uint64_t cs, orig_rax, rax;
		bool restarts, ended_early;
	} cases[] = {
		{ "asleep", WIDE, 230, (uint64_t)-RESTART_BLOCK, true, false },
		{ "asleep, 32 bits", NARROW, 267, (uint64_t)-RESTART_BLOCK, true, false },
		{ "asleep, 32 bits, not extended", NARROW, 267, 0xfffffdfc, true, false },
		{ "in no call", WIDE, (uint64_t)-1, (uint64_t)-RESTARTSYS, false, false },
		{ "in no call, 32 bits", NARROW, 0xffffffff, 0xfffffe00, false, false },
		{ "ended early", NARROW, 256, 0xfffffffc, false, true },
		{ "done", NARROW, 3, 1, false, false },
	};

	FOR_EACH_CASE(c, cases) {
		const struct arch_regs regs = {
			.x = { .cs = c->cs, .orig_rax = c->orig_rax, .rax = c->rax },
		};

		CHECK(c->what, arch_restarts(&regs) == c->restarts);
		CHECK(c->what, arch_ended_early(&regs) == c->ended_early);
	}
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifdef ARCH_NAME
		cmocka_unit_test(test_result),
		cmocka_unit_test(test_restarts),
#else
		{ 0 },
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
