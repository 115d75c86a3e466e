/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cat: the contents of objects on standard output. */
#include "cmd.h"

#include <errno.h>
#include <inttypes.h>
#include "ipctop/text.h"

#define PIECE	(1 << 18)
#define LINE	16		/* bytes on a line of a hex dump */

/* A hex dump as `hexdump -C` makes it. */
struct hex {
	uint64_t at;			/* of the line that is being filled */
	unsigned char line[LINE], last[LINE];
	unsigned int n;			/* bytes in @line */
	bool any, starred;
};

struct dump {
	struct query q;
	bool hex;
	bool has_length;
	uint64_t offset, length;
	struct hex out;
	char *piece;
};

static void print_line(const struct hex *h)
{
	char text[LINE + 1];

	printf("%08" PRIx64 " ", h->at);
	for (unsigned int i = 0; i < LINE; i++) {
		fputs(i == LINE / 2 ? "  " : " ", stdout);
		if (i < h->n)
			printf("%02x", h->line[i]);
		else
			fputs("  ", stdout);
		text[i] = h->line[i] >= ' ' && h->line[i] <= '~' ? (char)h->line[i] : '.';
	}
	printf("  |%.*s|\n", (int)h->n, text);
}

static void end_line(struct hex *h)
{
	if (!h->n)
		return;
	if (h->any && h->n == LINE && !memcmp(h->line, h->last, LINE)) {
		if (!h->starred)
			puts("*");
		h->starred = true;
	} else {
		print_line(h);
		memcpy(h->last, h->line, sizeof(h->last));
		h->starred = false;
	}
	h->any = true;
	h->at += h->n;
	h->n = 0;
}

static void hex_put(struct hex *h, const char *s, size_t n)
{
	while (n) {
		size_t part = n < LINE - h->n ? n : LINE - h->n;

		memcpy(h->line + h->n, s, part);
		h->n += part;
		s += part;
		n -= part;
		if (h->n == LINE)
			end_line(h);
	}
}

static void hex_put_zeros(struct hex *h, uint64_t n)
{
	static const char zeros[LINE];

	while (n) {
		uint64_t part = n < LINE - h->n ? n : LINE - h->n;

		hex_put(h, zeros, part);
		n -= part;
		/* what would be one more line of them after a star is not even looked at */
		if (!h->n && h->starred && !memcmp(h->last, zeros, LINE)) {
			h->at += n / LINE * LINE;
			n %= LINE;
		}
	}
}

static void hex_end(struct hex *h)
{
	end_line(h);
	if (h->any)
		printf("%08" PRIx64 "\n", h->at);
}

static void put(struct dump *d, const char *s, size_t n)
{
	if (d->hex)
		hex_put(&d->out, s, n);
	else
		fwrite(s, 1, n, stdout);
}

static void put_zeros(struct dump *d, uint64_t n)
{
	if (d->hex) {
		hex_put_zeros(&d->out, n);
		return;
	}
	memset(d->piece, 0, n < PIECE ? n : PIECE);
	for (; n && !ferror(stdout); n -= n < PIECE ? n : PIECE)
		fwrite(d->piece, 1, n < PIECE ? n : PIECE, stdout);
}

/* 0, or -errno of reading. That stdout takes no more is told by others; here it only ends the work. */
static int put_run(struct dump *d, const struct contents *c, uint64_t from, uint64_t to)
{
	while (from < to && !ferror(stdout)) {
		int64_t n = contents_read(c, from, d->piece, to - from < PIECE ? to - from : PIECE);

		if (n < 0)
			return n;
		if (!n) {	/* cut meanwhile */
			put_zeros(d, to - from);
			break;
		}
		put(d, d->piece, n);
		from += n;
	}
	return 0;
}

static int put_contents(struct dump *d, const struct contents *c)
{
	uint64_t at = d->offset < c->size ? d->offset : c->size, end = c->size, start, stop;
	int rc = 0;

	if (d->has_length && d->length < end - at)
		end = at + d->length;
	d->out = (struct hex){ .at = at };
	while (at < end && !ferror(stdout) && (rc = contents_next(c, at, &start, &stop)) > 0) {
		start = start < end ? start : end;
		stop = stop < end ? stop : end;
		put_zeros(d, start - at);
		rc = put_run(d, c, start, stop);
		if (rc)
			return rc;
		at = stop;
	}
	if (!rc)
		put_zeros(d, end - at);
	if (d->hex)
		hex_end(&d->out);
	return rc;
}

static int cat_one(struct dump *d, const struct snapshot *s, const struct object *o)
{
	struct buf error = BUF_INIT;
	struct reach *ways = reach_new();
	struct contents c;
	int rc = contents_open(ways, s, o, &c, &error);

	if (rc) {
		cmd_error("%s: %s", o->name, error.s);
	} else {
		warn_of_writers(s, o);
		rc = put_contents(d, &c);
		if (rc)
			cmd_error("%s: cannot be read: %s", o->name, strerror(-rc));
		contents_close(&c);
	}
	reach_free(ways);
	buf_release(&error);
	return rc ? FAILED : DONE;
}

static int cat(struct dump *d, int argc, char **argv)
{
	uint32_t needs = NEED_BIT(NEED_BASE) | NEED_BIT(NEED_HOLDERS) | NEED_BIT(NEED_PROCESSES);
	struct snapshot *s;
	struct feed feed;
	int status = feed_open(&feed, &d->q, needs, false);

	if (status == DONE)
		status = feed_next(&feed, &s);
	if (feed.snapshot) {
		uint32_t count, *rows = query_find(s, argc, argv, &count, &status);

		d->piece = xcalloc(PIECE, 1);
		for (uint32_t i = 0; i < count; i++)
			if (cat_one(d, s, snapshot_object(s, rows[i])) != DONE)
				status = FAILED;
		free(d->piece);
		free(rows);
	}
	feed_close(&feed);
	return status;
}

static int set_size(uint64_t *size, const char *arg, struct buf *error)
{
	if (!units_parse_size(arg, size))
		return 0;
	buf_puts(error, "'");
	text_escape(error, arg, strlen(arg), 0);
	buf_puts(error, "' is not a size such as 4096, 64K or 1M");
	return -EINVAL;
}

static int set_offset(void *target, const char *arg, struct buf *error)
{
	return set_size(&((struct dump *)target)->offset, arg, error);
}

static int set_length(void *target, const char *arg, struct buf *error)
{
	((struct dump *)target)->has_length = true;
	return set_size(&((struct dump *)target)->length, arg, error);
}

static int run(const struct command *command, int argc, char **argv)
{
	struct dump d = { .q = { .class = CLASS_OBJECT } };
	const struct option_row own[] = {
		{ 0, "offset", "SIZE", "begin so many bytes behind the start", OPTION_CALL, &d, set_offset },
		{ 0, "length", "SIZE", "so many bytes at most", OPTION_CALL, &d, set_length },
		{ 'C', "hex", NULL, "as hexdump -C shows them", OPTION_FLAG, &d.hex },
		OPTION_END
	};
	int status, first = query_options(&d.q, command, OPTIONS_READ, own, argc, argv, &status);

	if (first >= 0 && first == argc)
		status = cmd_usage(command, "the contents of which object? Names are those that "
				   "'ipctop list' prints");
	else if (first >= 0)
		status = query_names(&d.q, argc - first, argv + first);
	if (first >= 0 && status == DONE)
		status = query_prepare(&d.q, command, CLASS_OBJECT, CLASS_OBJECT);
	if (first >= 0 && status == DONE)
		status = cat(&d, argc - first, argv + first);
	query_release(&d.q);
	return status;
}

const struct command command_cat = {
	.name = "cat", .args = "NAME...", .options = true,
	.help = "write the contents of objects to standard output", .run = run,
};
