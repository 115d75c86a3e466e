/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipctop/mode.h"

#include <errno.h>
#include "ipctop/text.h"

#define NINE 0777U

static const struct {
	char letter;
	uint32_t bits;
} classes[] = {
	{ 'u', 0700 }, { 'g', 0070 }, { 'o', 0007 }, { 'a', NINE },
};

static uint32_t class_bits(char letter)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(classes); i++)
		if (classes[i].letter == letter)
			return classes[i].bits;
	return 0;
}

/* r, w or x for all three classes. */
static uint32_t permission_bits(char letter)
{
	return letter == 'r' ? 0444 : letter == 'w' ? 0222 : letter == 'x' ? 0111 : 0;
}

static bool parse_octal(const char *text, struct mode_change *change)
{
	const char *s = text;
	uint32_t mode = 0;

	for (; *s >= '0' && *s <= '7'; s++) {
		mode = mode * 8 + (*s - '0');
		if (mode > NINE)
			return false;
	}
	*change = (struct mode_change){ .absolute = true, .mode = mode };
	return s != text && !*s;
}

/* "rwX", or one class to copy from; gives what follows. */
static const char *parse_permissions(const char *s, struct mode_step *step)
{
	if (*s == 'u' || *s == 'g' || *s == 'o') {
		step->copy = *s;
		return s + 1;
	}
	for (; permission_bits(*s) || *s == 'X'; s++) {
		step->bits |= permission_bits(*s);
		step->maybe_x |= *s == 'X';
	}
	return s;
}

/* "go-rwx", "u+r-x": gives what follows, NULL when it is none. */
static const char *parse_clause(const char *s, uint32_t umask, struct mode_change *change)
{
	uint32_t named = 0;

	for (; class_bits(*s); s++)
		named |= class_bits(*s);
	do {
		struct mode_step *step = &change->steps[change->count];

		if (change->count == ARRAY_SIZE(change->steps) || !strchr("+-=", *s) || !*s)
			return NULL;
		/* nobody named: everybody, but the umask's bits neither come nor go; '=' clears all */
		*step = (struct mode_step){
			.op = *s, .who = named ? named : NINE & ~umask, .clear = named ? named : NINE,
		};
		s = parse_permissions(s + 1, step);
		change->count++;
	} while (*s && strchr("+-=", *s));
	return s;
}

static bool parse_symbolic(const char *s, uint32_t umask, struct mode_change *change)
{
	*change = (struct mode_change){ 0 };
	do {
		s = parse_clause(s, umask, change);
	} while (s && *s == ',' && s++);
	return s && !*s;
}

int mode_parse(const char *text, uint32_t umask, struct mode_change *change, struct buf *error)
{
	if (parse_octal(text, change) || parse_symbolic(text, umask, change))
		return 0;
	buf_puts(error, "'");
	text_escape(error, text, strlen(text), 0);
	buf_puts(error, "' is not a mode such as 600 or u=rw,go-rwx, of the nine permission bits");
	return -EINVAL;
}

/* The bits of one class, for all three. */
static uint32_t spread(uint32_t mode, char class)
{
	uint32_t bits = class == 'u' ? mode >> 6 : class == 'g' ? mode >> 3 : mode;

	return (bits & 7) * 0111;
}

static uint32_t apply(const struct mode_step *step, uint32_t mode)
{
	uint32_t bits = step->copy ? spread(mode, step->copy) : step->bits;

	if (step->maybe_x && mode & 0111)
		bits |= 0111;
	bits &= step->who;
	if (step->op == '+')
		return mode | bits;
	if (step->op == '-')
		return mode & ~bits;
	return (mode & ~step->clear) | bits;
}

uint32_t mode_apply(const struct mode_change *change, uint32_t mode)
{
	if (change->absolute)
		return change->mode;
	for (unsigned int i = 0; i < change->count; i++)
		mode = apply(&change->steps[i], mode);
	return mode;
}
