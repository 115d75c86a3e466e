/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcs: how words, numbers, moments and rows are written. Tens of thousands of rows: without printf. */
#include "ipcs.h"

#include <grp.h>
#include <pwd.h>

#define FLUSH_AT (64 * 1024)

void ipcs_flush(struct ipcs *p)
{
	fwrite(p->out.s, 1, p->out.len, stdout);
	buf_reset(&p->out);
}

void put_text(struct buf *out, const char *text, size_t n, size_t width)
{
	buf_grow(out, n > width ? n : width);
	memcpy(out->s + out->len, text, n);
	out->len += n;
	if (n < width) {
		memset(out->s + out->len, ' ', width - n);
		out->len += width - n;
	}
	out->s[out->len] = '\0';
}

void put_number(struct buf *out, uint64_t v, size_t width)
{
	char digits[DIGITS_MAX];

	put_text(out, digits, digits_put(digits, v) - digits, width);
}

void put_octal(struct buf *out, unsigned int v, size_t width)
{
	char digits[12], *at = digits + sizeof(digits);

	do
		*--at = '0' + (v & 7);
	while (v >>= 3);
	put_text(out, at, digits + sizeof(digits) - at, width);
}

/* Ids may be negative where somebody asked for such a one; keys are written by all their bits. */
static void put_key(struct buf *out, unsigned int key)
{
	static const char hex[] = "0123456789abcdef";
	char text[] = "0x00000000";

	for (char *at = text + sizeof(text) - 2; key; key >>= 4)
		*at-- = hex[key & 15];
	put_text(out, text, sizeof(text) - 1, sizeof(text));
}

/* "4.9K": one digit behind the point, where it is not 0. Thousandths are cut and then rounded, as util-linux does. */
static void human(char *text, size_t n, uint64_t v)
{
	unsigned int exponent = 0, tenths;
	uint64_t whole;

	while (exponent < 60 && v >> exponent >> 10)
		exponent += 10;
	whole = v >> exponent;
	tenths = ((unsigned __int128)(v - (whole << exponent)) * 1000 >> exponent) + 50;
	tenths /= 100;
	whole += tenths / 10;
	tenths %= 10;
	if (tenths)
		snprintf(text, n, "%llu.%u%c", (unsigned long long)whole, tenths, "BKMGTPE"[exponent / 10]);
	else
		snprintf(text, n, "%llu%c", (unsigned long long)whole, "BKMGTPE"[exponent / 10]);
}

void put_size(struct ipcs *p, enum unit unit, uint64_t v, int width)
{
	char text[32];
	size_t n, to_right = width < 0 ? -width : 0;

	if (unit != UNIT_HUMAN) {
		put_number(&p->out, v, width < 0 ? 0 : width);
		return;
	}
	human(text, sizeof(text), v);
	n = strlen(text);
	if (n < to_right)
		put_text(&p->out, "", 0, to_right - n);
	put_text(&p->out, text, n, width < 0 ? 0 : width);
}

void put_size_line(struct ipcs *p, const char *label, enum unit unit, uint64_t v)
{
	buf_printf(&p->out, "%s%s = ", label, unit == UNIT_BYTES ? " (bytes)" : "");
	put_size(p, unit, v, 0);
	buf_putc(&p->out, '\n');
}

static const char *moment_text(struct moments *m, int64_t time)
{
	struct moment *last = &m->last[time & (MOMENTS - 1)];
	time_t t = time;
	struct tm tm;

	if (*last->text && last->time == time)
		return last->text;
	if (!localtime_r(&t, &tm))
		memset(&tm, 0, sizeof(tm));
	last->time = time;
	/* no setlocale: always English, as ctime(3) writes it */
	if (!strftime(last->text, sizeof(last->text), "%a %b %e %H:%M:%S %Y", &tm))
		*last->text = '\0';
	return last->text;
}

void put_moment(struct ipcs *p, int64_t time, bool whole, size_t width)
{
	const char *text = "Not set";
	size_t n = strlen(text);

	if (time) {
		/* "Sat Nov 28 23:43:46 2026": "Nov 28 23:43:46 " */
		text = moment_text(&p->moments, time) + (whole ? 0 : 4);
		n = whole ? 24 : 16;
	}
	put_text(&p->out, text, n, width);
}

void put_moment_line(struct ipcs *p, const char *label, int64_t time)
{
	buf_puts(&p->out, label);
	put_moment(p, time, true, 26);
	buf_putc(&p->out, '\n');
}

/* As it was asked for before, or NULL; *@slot is where it is to be kept. */
static const char *known_name(struct names *names, uint32_t id, struct known **slot)
{
	struct known *k = &names->known[id % NAMES];

	*slot = k;
	return k->used && k->id == id ? k->text : NULL;
}

static const char *keep_name(struct known *slot, uint32_t id, const char *name)
{
	char number[DIGITS_MAX + 1];

	if (!name) {
		*digits_put(number, id) = '\0';
		name = number;
	}
	free(slot->text);
	*slot = (struct known){ .used = true, .id = id, .text = xstrdup(name) };
	return slot->text;
}

static const char *user_name(struct ipcs *p, uint32_t uid)
{
	struct known *slot;
	const char *name = known_name(&p->users, uid, &slot);
	const struct passwd *pw = name ? NULL : getpwuid(uid);

	return name ? name : keep_name(slot, uid, pw ? pw->pw_name : NULL);
}

static const char *group_name(struct ipcs *p, uint32_t gid)
{
	struct known *slot;
	const char *name = known_name(&p->groups, gid, &slot);
	const struct group *gr = name ? NULL : getgrgid(gid);

	return name ? name : keep_name(slot, gid, gr ? gr->gr_name : NULL);
}

void ipcs_release(struct ipcs *p)
{
	for (unsigned int i = 0; i < NAMES; i++) {
		free(p->users.known[i].text);
		free(p->groups.known[i].text);
	}
	buf_release(&p->out);
}

/* The id, and the owner cut to the column: by bytes, as printf does. */
static void put_owned(struct ipcs *p, const struct entry *e, size_t width)
{
	const char *owner = user_name(p, e->perm.uid);

	put_number(&p->out, e->id, width);
	buf_putc(&p->out, ' ');
	put_text(&p->out, owner, strnlen(owner, 10), 10);
}

static void put_name(struct ipcs *p, const char *name)
{
	buf_putc(&p->out, ' ');
	put_text(&p->out, name, strlen(name), 10);
}

static void put_creator(struct ipcs *p, const struct entry *e)
{
	put_number(&p->out, e->id, 11);
	put_octal(&p->out, e->perm.mode & 0777, 10);
	put_name(p, user_name(p, e->perm.cuid));
	put_name(p, group_name(p, e->perm.cgid));
	put_name(p, user_name(p, e->perm.uid));
	put_name(p, group_name(p, e->perm.gid));
}

static void put_times(struct ipcs *p, const struct ipcs_kind *kind, const struct entry *e)
{
	put_owned(p, e, kind->width);
	/* one blank more before the first of whole ones */
	if (kind->whole_times)
		buf_putc(&p->out, ' ');
	for (unsigned int i = 0; i < kind->times; i++) {
		buf_putc(&p->out, ' ');
		put_moment(p, e->times[i], kind->whole_times, kind->whole_times ? 26 : 20);
	}
}

static void put_row(struct ipcs *p, const struct ipcs_kind *kind, const struct entry *e)
{
	switch (p->format) {
	case FORMAT_CREATOR:
		put_creator(p, e);
		break;
	case FORMAT_TIME:
		put_times(p, kind, e);
		break;
	case FORMAT_PID:
		put_owned(p, e, kind->pid_width);
		kind->put_pids(p, e);
		break;
	case FORMAT_LIST:
		put_key(&p->out, (unsigned int)e->perm.__key);
		put_owned(p, e, 10);
		buf_putc(&p->out, ' ');
		put_octal(&p->out, e->perm.mode & 0777, 11);
		kind->put_list(p, e);
		break;
	case FORMAT_LIMITS:
	case FORMAT_STATUS:
	case NR_FORMATS:
		return;
	}
	buf_putc(&p->out, '\n');
	if (p->out.len >= FLUSH_AT)
		ipcs_flush(p);
}

/* How many there were. */
static unsigned int put_rows(struct ipcs *p, const struct ipcs_kind *kind, bool any)
{
	int highest = kind->highest();
	unsigned int n = 0;
	struct entry e;

	for (int i = 0; i <= highest; i++) {
		if (kind->stat(i, any, &e) < 0)
			continue;
		put_row(p, kind, &e);
		n++;
	}
	return n;
}

void ipcs_rows(struct ipcs *p, const struct ipcs_kind *kind)
{
	bool human_head = p->format == FORMAT_LIST && p->unit == UNIT_HUMAN && kind->human_head;

	if (!kind->titles[p->format])
		return;
	buf_printf(&p->out, "------ %s --------\n%s\n", kind->titles[p->format],
		   human_head ? kind->human_head : kind->heads[p->format]);
	if (!put_rows(p, kind, true))
		put_rows(p, kind, false);
}
