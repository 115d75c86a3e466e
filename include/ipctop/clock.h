/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_CLOCK_H
#define IPCTOP_CLOCK_H

#include <stdint.h>

/*
 * The clocks of the machine, in milliseconds. Only collectors and commands ask; the
 * model gets the time as an argument.
 */
int64_t clock_real_ms(void);		/* CLOCK_REALTIME: since the epoch */
int64_t clock_boot_ms(void);		/* CLOCK_BOOTTIME: since boot, sleep included */
int64_t clock_mono_us(void);		/* CLOCK_MONOTONIC, microseconds: for durations */

#endif
