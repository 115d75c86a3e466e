/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes in place of a maps file: what is read from it is whole and read the same again, line by
 * line, and the shared mappings are those among all that are shared. max_len=40000
 */
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "collect/pass.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void fail_unless(bool holds)
{
	if (!holds)
		abort();
}

/* A file with these bytes. */
static int file_with(const uint8_t *data, size_t n)
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("maps", MFD_CLOEXEC);
	fail_unless(fd >= 0 && !ftruncate(fd, 0));
	fail_unless(pwrite(fd, data, n, 0) == (ssize_t)n && !lseek(fd, 0, SEEK_SET));
	return fd;
}

/* What is the same in two readings: the number of mappings, and all that was in them. */
struct sum {
	uint64_t count, shared, hash;
};

static void add(struct sum *sum, const struct vma *vma)
{
	const uint64_t parts[] = { vma->start, vma->end, vma->offset, vma->device, vma->inode, vma->prot };

	sum->count++;
	for (unsigned int i = 0; i < ARRAY_SIZE(parts); i++)
		sum->hash = (sum->hash ^ parts[i]) * 1099511628211U;
	for (size_t i = 0; i < vma->name_len; i++)
		sum->hash = (sum->hash ^ (uint8_t)vma->name[i]) * 1099511628211U;
}

/* The line that the kernel would write. */
static void put_line(struct buf *line, const struct vma *vma)
{
	buf_printf(line, "%08llx-%08llx %c%c%c%c %08llx %02x:%02x %llu ", (unsigned long long)vma->start,
		   (unsigned long long)vma->end, vma->prot & PROT_R ? 'r' : '-',
		   vma->prot & PROT_W ? 'w' : '-', vma->prot & PROT_X ? 'x' : '-',
		   vma->prot & PROT_SHARED ? 's' : 'p', (unsigned long long)vma->offset,
		   major(vma->device), minor(vma->device), (unsigned long long)vma->inode);
	for (size_t i = 0; i < vma->name_len; i++) {
		if (vma->name[i] == '\n')
			buf_puts(line, "\\012");
		else
			buf_putc(line, vma->name[i]);
	}
}

static void check_vma(void *arg, const struct vma *vma)
{
	struct sum *sum = arg, first = { 0 }, second = { 0 };
	struct buf line = BUF_INIT;
	struct vma again;
	char name[8192];

	fail_unless(vma->end > vma->start && !vma->name[vma->name_len]);
	put_line(&line, vma);
	fail_unless(!maps_parse_line(line.s, line.len, &again, name, sizeof(name)));
	add(&first, vma);
	add(&second, &again);
	fail_unless(first.hash == second.hash && again.name_len == vma->name_len);
	buf_release(&line);
	add(sum, vma);
	sum->shared += !!(vma->prot & PROT_SHARED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct sum all = { 0 }, shared = { 0 };
	int bad, bad_shared;
	struct vma vma;
	char name[16];

	bad = maps_read(file_with(data, n), -1, MAPS_EVERYTHING, check_vma, &all);
	bad_shared = maps_read(file_with(data, n), -1, MAPS_SHARED, check_vma, &shared);
	/* private lines are not looked into when only shared ones are asked for */
	fail_unless(bad || !bad_shared);
	fail_unless(shared.count == shared.shared && shared.count == all.shared);
	/* little room cuts the name, and no more */
	if (!maps_parse_line((const char *)data, n, &vma, name, sizeof(name)))
		fail_unless(vma.name_len < sizeof(name) && !name[vma.name_len]);
	return 0;
}
