/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the personalities share: messages, and numbers as util-linux reads them. */
#include "compat.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio_ext.h>
#include "ipctop/io.h"

void compat_begin(struct compat *c, const char *program)
{
	const char *slash = strrchr(program, '/');

	c->name = slash ? slash + 1 : program;
}

int compat_error(const struct compat *c, int error, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", c->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	if (error)
		fprintf(stderr, ": %s", strerror(error));
	putc('\n', stderr);
	return 1;
}

int compat_try_help(const struct compat *c)
{
	fprintf(stderr, "Try '%s --help' for more information.\n", c->name);
	return 1;
}

int compat_help(const struct compat *c, const char *usage, const char *rest)
{
	fputs("\nUsage:\n", stdout);
	for (; *usage; usage++) {
		if (*usage == '%')
			fputs(c->name, stdout);
		else
			putchar(*usage);
	}
	fputs(rest, stdout);
	return 0;
}

int compat_version(const struct compat *c)
{
	printf("%s from ipctop %s\n", c->name, VERSION);
	return 0;
}

int compat_finish(const struct compat *c, int status)
{
	int rc = io_flush_stdout();

	if (!rc)
		return status;
	/* told once: nobody else shall find it */
	__fpurge(stdout);
	clearerr(stdout);
	/* who closed it, or his end of it, wants to hear nothing: so does util-linux see it */
	return rc == -EPIPE || rc == -EBADF ? status : compat_error(c, -rc, "write error");
}

bool compat_number(const struct compat *c, const char *text, const char *what, int32_t *number)
{
	intmax_t v;
	char *end;

	errno = 0;
	v = strtoimax(text, &end, 10);
	if (end == text || *end) {
		compat_error(c, errno, "%s: '%s'", what, text);
		return false;
	}
	if (errno || v < INT32_MIN || v > INT32_MAX) {
		compat_error(c, ERANGE, "%s: '%s'", what, text);
		return false;
	}
	*number = (int32_t)v;
	return true;
}

/* What @suffix multiplies by; 0: it is none. Beyond 64 bits it stays at what no size reaches. */
static unsigned __int128 unit_of(const char *suffix)
{
	static const char letters[] = "KMGTPEZY";
	const char *letter = strchr(letters, toupper((unsigned char)*suffix));
	const char *rest = suffix + 1;
	unsigned int base = 1024;
	unsigned __int128 unit = 1;

	if (!*suffix || !letter)
		return 0;
	if ((*rest == 'B' || *rest == 'b') && !rest[1])
		base = 1000;
	else if (*rest && (rest[0] != 'i' || (rest[1] != 'B' && rest[1] != 'b') || rest[2]))
		return 0;
	for (long i = 0; i <= letter - letters; i++)
		unit *= base;
	return unit;
}

int compat_size(const char *text, uint64_t *size)
{
	unsigned __int128 unit, sum;
	uint64_t whole, fraction = 0, divisor = 1;
	char *end;

	while (isspace((unsigned char)*text))
		text++;
	if (*text == '-')
		return -EINVAL;
	errno = 0;
	whole = strtoumax(text, &end, 0);
	if (end == text)
		return -EINVAL;
	if (errno)
		return -errno;
	*size = whole;
	if (!*end)
		return 0;
	if (*end == '.') {
		for (end++; isdigit((unsigned char)*end); end++) {
			/* further digits are below a byte of any unit that fits */
			if (divisor < 1000000000000000000) {
				fraction = fraction * 10 + (*end - '0');
				divisor *= 10;
			}
		}
	}
	unit = unit_of(end);
	if (!unit)
		return -EINVAL;
	if (unit > UINT64_MAX && (whole || fraction))
		return -ERANGE;
	sum = whole * unit + (unit > UINT64_MAX ? 0 : fraction * unit / divisor);
	if (sum > UINT64_MAX)
		return -ERANGE;
	*size = sum;
	return 0;
}
