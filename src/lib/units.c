/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipctop/units.h"

#include <errno.h>

typedef unsigned __int128 u128;

/* No sum or product below comes near to overflowing once each term is held below this. */
#define TOO_MUCH	((u128)1 << 96)
#define FRACTION_DIGITS	18

/* A decimal number as written: @fraction in units of 10^-FRACTION_DIGITS. */
struct decimal {
	u128 whole;
	uint64_t fraction;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Read digits and an optional fraction; gives what follows, or NULL when there is no number. */
static const char *read_decimal(const char *s, struct decimal *d)
{
	int digits = 0;

	*d = (struct decimal){ 0 };
	if (!is_digit(*s))
		return NULL;
	for (; is_digit(*s); s++)
		if (d->whole < TOO_MUCH / 16)
			d->whole = d->whole * 10 + (*s - '0');
	if (*s != '.')
		return s;
	if (!is_digit(*++s))
		return NULL;
	for (; is_digit(*s); s++) {
		if (digits < FRACTION_DIGITS) {
			d->fraction = d->fraction * 10 + (*s - '0');
			digits++;
		}
	}
	for (; digits < FRACTION_DIGITS; digits++)
		d->fraction *= 10;
	return s;
}

/* @d times @unit, without what is left of the fraction; TOO_MUCH when beyond 64 bits. */
static u128 scale(const struct decimal *d, uint64_t unit)
{
	const uint64_t one = 1000000000000000000;

	if (d->whole > UINT64_MAX)
		return TOO_MUCH;
	return d->whole * unit + (u128)d->fraction * unit / one;
}

static const char size_letters[] = "KMGTPE";

static uint64_t power(uint64_t base, unsigned int exponent)
{
	uint64_t p = 1;

	while (exponent--)
		p *= base;
	return p;
}

/* What the suffix of a size stands for; 0 when it is none. */
static uint64_t size_unit(const char *suffix)
{
	const char *letter;
	unsigned int exponent;

	if (!*suffix || !strcmp(suffix, "B"))
		return 1;
	letter = strchr(size_letters, *suffix >= 'a' && *suffix <= 'z' ? *suffix - 'a' + 'A' : *suffix);
	if (!letter)
		return 0;
	exponent = letter - size_letters + 1;
	if (!suffix[1] || !strcmp(suffix + 1, "iB"))
		return power(1024, exponent);
	return strcmp(suffix + 1, "B") ? 0 : power(1000, exponent);
}

int units_parse_size(const char *s, uint64_t *bytes)
{
	struct decimal d;
	uint64_t unit;
	u128 v;

	s = read_decimal(s, &d);
	unit = s ? size_unit(s) : 0;
	if (!unit)
		return -EINVAL;
	v = scale(&d, unit);
	if (v > UINT64_MAX)
		return -ERANGE;
	*bytes = v;
	return 0;
}

static const struct {
	char letter;
	uint32_t seconds;
} duration_units[] = {
	{ 'w', 7 * 24 * 3600 }, { 'd', 24 * 3600 }, { 'h', 3600 }, { 'm', 60 }, { 's', 1 },
};

static uint64_t duration_unit(char letter)
{
	for (size_t i = 0; i < ARRAY_SIZE(duration_units); i++)
		if (duration_units[i].letter == letter)
			return duration_units[i].seconds;
	return 0;
}

int units_parse_duration(const char *s, uint64_t *seconds)
{
	u128 sum = 0;
	bool first = true;

	do {
		struct decimal d;
		uint64_t unit;

		s = read_decimal(s, &d);
		if (!s)
			return -EINVAL;
		/* only a number that stands alone is seconds: "1h30" may mean minutes */
		unit = *s ? duration_unit(*s) : first;
		if (!unit)
			return -EINVAL;
		if (*s)
			s++;
		if (sum <= UINT64_MAX)
			sum += scale(&d, unit);
		/* "2d 4h", as written below, is read back */
		if (*s == ' ' && s[1])
			s++;
		first = false;
	} while (*s);
	if (sum > UINT64_MAX)
		return -ERANGE;
	*seconds = sum;
	return 0;
}

void units_put_size(struct buf *out, uint64_t bytes, bool exact)
{
	unsigned int exponent = 0;
	u128 unit, tenths, whole;

	if (exact) {
		buf_u64(out, bytes);
		return;
	}
	while (exponent < strlen(size_letters) && bytes >> 10 * (exponent + 1))
		exponent++;
	unit = (u128)1 << 10 * exponent;
	tenths = ((u128)bytes * 10 + unit / 2) / unit;
	whole = (bytes + unit / 2) / unit;
	if (whole == 1024 && exponent < strlen(size_letters)) {
		whole = 1;
		tenths = 10;
		exponent++;
	}
	if (tenths < 100 && tenths % 10) {
		buf_u64(out, tenths / 10);
		buf_putc(out, '.');
		whole = tenths % 10;
	}
	buf_u64(out, whole);
	buf_putc(out, exponent ? size_letters[exponent - 1] : 'B');
}

void units_put_duration(struct buf *out, uint64_t seconds)
{
	const size_t last = ARRAY_SIZE(duration_units) - 1;
	size_t i = 0;

	while (i < last && seconds < duration_units[i].seconds)
		i++;
	buf_u64(out, seconds / duration_units[i].seconds);
	buf_putc(out, duration_units[i].letter);
	if (i == last)
		return;
	seconds = seconds % duration_units[i].seconds / duration_units[i + 1].seconds;
	if (seconds) {
		buf_putc(out, ' ');
		buf_u64(out, seconds);
		buf_putc(out, duration_units[i + 1].letter);
	}
}

static void put_epoch(struct buf *out, int64_t t)
{
	buf_printf(out, "%lld", (long long)t);
}

static void put_relative(struct buf *out, int64_t t, int64_t now)
{
	/* unsigned: the span between any two moments fits */
	if (t > now) {
		buf_puts(out, "in ");
		units_put_duration(out, (uint64_t)t - (uint64_t)now);
	} else {
		units_put_duration(out, (uint64_t)now - (uint64_t)t);
		buf_puts(out, " ago");
	}
}

static void put_iso(struct buf *out, int64_t t)
{
	time_t when = t;
	struct tm tm;
	char text[64];
	char zone[8];

	/* a year that does not fit in an int */
	if (!localtime_r(&when, &tm) || !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm) ||
	    strftime(zone, sizeof(zone), "%z", &tm) != 5) {
		put_epoch(out, t);
		return;
	}
	buf_puts(out, text);
	buf_add(out, zone, 3);
	buf_putc(out, ':');
	buf_add(out, zone + 3, 2);
}

void units_put_time(struct buf *out, int64_t t, int64_t now, enum time_format format)
{
	switch (format) {
	case TIME_RELATIVE:
		put_relative(out, t, now);
		return;
	case TIME_ISO:
		put_iso(out, t);
		return;
	case TIME_EPOCH:
		put_epoch(out, t);
		return;
	}
}

const char *const time_format_names[] = {
	[TIME_RELATIVE] = "relative", [TIME_ISO] = "iso", [TIME_EPOCH] = "epoch", NULL
};

int units_parse_time_format(const char *s, enum time_format *format)
{
	for (size_t i = 0; time_format_names[i]; i++) {
		if (!strcmp(s, time_format_names[i])) {
			*format = i;
			return 0;
		}
	}
	return -EINVAL;
}
