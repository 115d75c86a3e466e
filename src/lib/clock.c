/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipctop/clock.h"

#include <time.h>

static int64_t read_clock(clockid_t id, int64_t per_second)
{
	struct timespec t = { 0 };

	clock_gettime(id, &t);
	return t.tv_sec * per_second + t.tv_nsec / (1000000000 / per_second);
}

int64_t clock_real_ms(void)
{
	return read_clock(CLOCK_REALTIME, 1000);
}

int64_t clock_boot_ms(void)
{
	return read_clock(CLOCK_BOOTTIME, 1000);
}

int64_t clock_mono_us(void)
{
	return read_clock(CLOCK_MONOTONIC, 1000000);
}
