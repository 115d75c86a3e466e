/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mappings of one process: by PROCMAP_QUERY or from maps text. */
#include "pass.h"

#include <errno.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* linux/fs.h of kernels before 6.11 does not have it. */
struct procmap_query {
	uint64_t size;
	uint64_t query_flags;
	uint64_t query_addr;
	uint64_t vma_start, vma_end;
	uint64_t vma_flags;
	uint64_t vma_page_size;
	uint64_t vma_offset;
	uint64_t inode;
	uint32_t dev_major, dev_minor;
	uint32_t vma_name_size;
	uint32_t build_id_size;
	uint64_t vma_name_addr;
	uint64_t build_id_addr;
};
#define PROCMAP_QUERY_IOCTL		_IOWR('f', 17, struct procmap_query)
#define QUERY_VMA_READABLE		0x01
#define QUERY_VMA_WRITABLE		0x02
#define QUERY_VMA_EXECUTABLE		0x04
#define QUERY_VMA_SHARED		0x08
#define QUERY_COVERING_OR_NEXT_VMA	0x10
#define QUERY_FILE_BACKED_VMA		0x20

static int query_run(int fd, uint64_t flags, bool skip_shared, maps_fn fn, void *arg)
{
	char name[PATH_MAX];
	uint64_t address = 0;

	for (;;) {
		struct procmap_query q = {
			.size = sizeof(q),
			.query_flags = flags | QUERY_COVERING_OR_NEXT_VMA,
			.query_addr = address,
			.vma_name_size = sizeof(name),
			.vma_name_addr = (uintptr_t)name,
		};
		struct vma vma;

		if (ioctl(fd, PROCMAP_QUERY_IOCTL, &q) < 0) {
			if (errno == ENOENT)
				return 0;	/* behind the last */
			if (errno == EINTR)
				continue;
			return -errno;
		}
		address = q.vma_end;
		if (skip_shared && q.vma_flags & QUERY_VMA_SHARED)
			continue;
		vma = (struct vma){
			.start = q.vma_start, .end = q.vma_end, .offset = q.vma_offset,
			.device = makedev(q.dev_major, q.dev_minor), .inode = q.inode,
			/* the kernel's flags are ours */
			.prot = q.vma_flags & (PROT_R | PROT_W | PROT_X | PROT_SHARED),
			.name = q.vma_name_size ? name : "",
			.name_len = q.vma_name_size ? q.vma_name_size - 1 : 0,
		};
		fn(arg, &vma);
	}
}

_Static_assert(PROT_R == QUERY_VMA_READABLE && PROT_W == QUERY_VMA_WRITABLE &&
	       PROT_X == QUERY_VMA_EXECUTABLE && PROT_SHARED == QUERY_VMA_SHARED,
	       "protection bits are those of PROCMAP_QUERY");

int maps_query(int fd, unsigned int filter, maps_fn fn, void *arg)
{
	int rc = 0;

	if (filter & MAPS_SHARED)
		rc = query_run(fd, QUERY_VMA_SHARED, false, fn, arg);
	/* vDSO-like mappings and the like are no files: the kernel leaves them out */
	if (!rc && filter & MAPS_PRIVATE_FILES)
		rc = query_run(fd, QUERY_FILE_BACKED_VMA, true, fn, arg);
	return rc;
}

static bool read_hex(const char **at, const char *end, char after, uint64_t *v)
{
	const char *s = *at;

	*v = 0;
	for (; s < end && *s != after; s++) {
		unsigned int digit;

		if (*s >= '0' && *s <= '9')
			digit = *s - '0';
		else if (*s >= 'a' && *s <= 'f')
			digit = *s - 'a' + 10;
		else
			return false;
		if (*v >> 60)
			return false;
		*v = *v << 4 | digit;
	}
	if (s == *at || s >= end)
		return false;
	*at = s + 1;
	return true;
}

static bool read_decimal(const char **at, const char *end, uint64_t *v)
{
	const char *s = *at;

	*v = 0;
	for (; s < end && *s >= '0' && *s <= '9'; s++)
		if (__builtin_mul_overflow(*v, 10, v) || __builtin_add_overflow(*v, *s - '0', v))
			return false;
	if (s == *at || (s < end && *s != ' '))
		return false;
	*at = s;
	return true;
}

static bool read_prot(const char **at, const char *end, uint8_t *prot)
{
	const char *s = *at;

	if (end - s < 5 || s[4] != ' ' || (s[3] != 's' && s[3] != 'p'))
		return false;
	*prot = (s[0] == 'r' ? PROT_R : 0) | (s[1] == 'w' ? PROT_W : 0) |
		(s[2] == 'x' ? PROT_X : 0) | (s[3] == 's' ? PROT_SHARED : 0);
	*at = s + 5;
	return true;
}

/* Only a newline is written as \012; a backslash is itself. */
static size_t decode_name(char *name, size_t room, const char *s, const char *end)
{
	size_t n = 0;

	while (s < end && n + 1 < room) {
		if (end - s >= 4 && !memcmp(s, "\\012", 4)) {
			name[n++] = '\n';
			s += 4;
		} else {
			name[n++] = *s++;
		}
	}
	name[n] = '\0';
	return n;
}

int maps_parse_line(const char *line, size_t len, struct vma *vma, char *name, size_t room)
{
	const char *at = line, *end = line + len;
	uint64_t maj, min;

	if (!read_hex(&at, end, '-', &vma->start) || !read_hex(&at, end, ' ', &vma->end) ||
	    !read_prot(&at, end, &vma->prot) || !read_hex(&at, end, ' ', &vma->offset) ||
	    !read_hex(&at, end, ':', &maj) || !read_hex(&at, end, ' ', &min) ||
	    !read_decimal(&at, end, &vma->inode) || vma->end <= vma->start)
		return -EINVAL;
	vma->device = makedev(maj, min);
	while (at < end && *at == ' ')
		at++;
	vma->name_len = decode_name(name, room, at, end);
	vma->name = name;
	return 0;
}

/* `a\012b` and a name with a newline read the same; the link in map_files is the truth. */
static void settle_name(int dir, struct vma *vma, char *name, size_t room)
{
	char path[64];
	ssize_t n;

	if (dir < 0 || !memchr(vma->name, '\n', vma->name_len))
		return;
	snprintf(path, sizeof(path), "map_files/%llx-%llx", (unsigned long long)vma->start,
		 (unsigned long long)vma->end);
	n = readlinkat(dir, path, name, room - 1);
	if (n < 0)
		return;
	name[n] = '\0';
	vma->name_len = n;
}

static bool is_selected(const struct vma *vma, unsigned int filter)
{
	if (filter & MAPS_EVERYTHING)
		return true;
	if (vma->prot & PROT_SHARED)
		return filter & MAPS_SHARED;
	return filter & MAPS_PRIVATE_FILES && vma->inode;
}

/* Where the protection stands is found without reading the numbers: most lines are private. */
static bool is_private_line(const char *line, const char *end)
{
	const char *blank = memchr(line, ' ', end - line);

	return blank && end - blank > 5 && blank[4] == 'p';
}

/* Whole lines of @text; gives the length of what is left over. */
static size_t take_lines(const char *text, size_t len, line_fn fn, void *arg, int *stop)
{
	const char *line = text, *end;

	while (!*stop && (end = memchr(line, '\n', text + len - line))) {
		*stop = fn(arg, line, end - line);
		line = end + 1;
	}
	return text + len - line;
}

int lines_read(int fd, line_fn fn, void *arg)
{
	char text[32 * 1024];
	size_t kept = 0;
	int stop = 0;

	while (!stop) {
		ssize_t n = read(fd, text + kept, sizeof(text) - kept);
		size_t left;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		left = take_lines(text, kept + n, fn, arg, &stop);
		/* a line is shorter than the buffer: names end at PATH_MAX, four times escaped */
		if (left == sizeof(text))
			return -EINVAL;
		memmove(text, text + kept + n - left, left);
		kept = left;
	}
	return stop;
}

struct maps_reading {
	int dir, error;
	unsigned int filter;
	maps_fn fn;
	void *arg;
};

static int take_map(void *arg, const char *line, size_t len)
{
	struct maps_reading *r = arg;
	char name[PATH_MAX + 16];
	struct vma vma;

	if (r->filter == MAPS_SHARED && is_private_line(line, line + len))
		return 0;
	if (maps_parse_line(line, len, &vma, name, sizeof(name)) < 0) {
		r->error = -EINVAL;
	} else if (is_selected(&vma, r->filter)) {
		settle_name(r->dir, &vma, name, sizeof(name));
		r->fn(r->arg, &vma);
	}
	return 0;
}

int maps_read(int fd, int dir, unsigned int filter, maps_fn fn, void *arg)
{
	struct maps_reading r = { .dir = dir, .filter = filter, .fn = fn, .arg = arg };
	int rc = lines_read(fd, take_map, &r);

	return rc ? rc : r.error;
}
