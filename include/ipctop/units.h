/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_UNITS_H
#define IPCTOP_UNITS_H

#include <stdbool.h>
#include <stdint.h>
#include "ipctop/buf.h"

/*
 * Sizes, durations and times as people write them. Pure; thread-safe (localtime_r).
 */

/*
 * Read a size: digits, an optional fraction, and an optional suffix as in
 * util-linux: K M G T P E and KiB MiB … are powers of 1024, KB MB … of 1000, B
 * is bytes. The whole of @s must be read. 0, -EINVAL (not a size), -ERANGE
 * (beyond 2^64 - 1).
 */
int units_parse_size(const char *s, uint64_t *bytes) __must_check;

/*
 * Read a duration in seconds: digits, an optional fraction, an optional suffix
 * s, m, h, d, w; several may follow each other ("1h30m"). A plain number is seconds.
 * 0, -EINVAL, -ERANGE. Fractions of a second are dropped.
 */
int units_parse_duration(const char *s, uint64_t *seconds) __must_check;

/*
 * Append a size: "64M", "1.5G" as lsblk writes it (powers of 1024, one digit
 * after the point when below 10 and not whole); with @exact the plain number of bytes.
 */
void units_put_size(struct buf *out, uint64_t bytes, bool exact);

/* Append a duration in its two largest units: "45s", "3m 20s", "2d 4h", "5w 1d". */
void units_put_duration(struct buf *out, uint64_t seconds);

enum time_format { TIME_RELATIVE, TIME_ISO, TIME_EPOCH };

/*
 * Append the moment @t (seconds since the epoch) as seen from @now: "3m 20s ago"
 * ("in 5s" when it lies ahead), "2026-11-24T17:39:47+00:00" in the local zone, or
 * seconds.
 */
void units_put_time(struct buf *out, int64_t t, int64_t now, enum time_format format);

extern const char *const time_format_names[];	/* ends with NULL */
/* "relative", "iso", "epoch"; -EINVAL for anything else. */
int units_parse_time_format(const char *s, enum time_format *format) __must_check;

#endif
