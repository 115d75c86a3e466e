// SPDX-License-Identifier: GPL-2.0-or-later
/* The object: made, mapped in parts of different treatment, and looked at. */
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define COUNTERS (16 * PAGE)

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102	/* Linux 6.13, of shared memory 6.15 */
#endif
#ifndef SYS_mseal
#define SYS_mseal 462
#endif

char *object_base;
int object_id = -1;
static int object_fd = -1;
static char *second_base, object_path[256];
static size_t length, readable, counters, counted;
static uint64_t offset, step;
static dev_t object_device;
static uint64_t object_inode;

/* A part of the mapping, and what may be done to it. */
struct part {
	char *start;
	size_t length;
	bool read, write;
};
static struct part parts[64];
static unsigned int nparts;

static int make_shm(void)
{
	int flags = is("kind", "huge") ? SHM_HUGETLB : 0;

	object_id = shmget((key_t)number("key"), length, IPC_CREAT | IPC_EXCL | 0600 | flags);
	return object_id < 0 ? fail("shmget") : 0;
}

static void *map_shm(int prot)
{
	/* what a part may become must be granted now; not everywhere is it */
	void *p = prot & PROT_WRITE ? shmat(object_id, NULL, SHM_EXEC) : (void *)-1;

	return p == (void *)-1 ? shmat(object_id, NULL, prot & PROT_WRITE ? 0 : SHM_RDONLY) : p;
}

static void *map_file(int prot)
{
	return mmap(NULL, length, prot, MAP_SHARED, object_fd, (off_t)offset);
}

static int sized(const char *call)
{
	if (object_fd < 0)
		return fail(call);
	return ftruncate(object_fd, (off_t)(length + offset)) ? fail("ftruncate") : 0;
}

static int make_posix(void)
{
	if (is("path", ""))
		snprintf(object_path, sizeof(object_path), "/dev/shm/target-%d", getpid());
	else
		snprintf(object_path, sizeof(object_path), "/dev/shm/%s", text("path"));
	object_fd = open(object_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return sized("shm_open");
}

static int make_file(void)
{
	snprintf(object_path, sizeof(object_path), "%s", text("path"));
	object_fd = open(object_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return sized("open");
}

static int make_memfd(void)
{
	object_fd = memfd_create("target", MFD_CLOEXEC);
	return sized("memfd_create");
}

static int make_nothing(void)
{
	return 0;
}

static void *map_anon(int prot)
{
	return mmap(NULL, length, prot, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

static void name_shm(void)
{
	fact("id", "%d", object_id);
	fact("name", "shm:%d", object_id);
}

static void name_posix(void)
{
	fact("name", "posix-shm:%s", object_path + strlen("/dev/shm"));
}

static void name_file(void)
{
	fact("name", "file:%s", object_path);
}

static void name_inode(void)
{
	fact("name", "%s:%u:%u:%llu", text("kind"), major(object_device), minor(object_device),
	     (unsigned long long)object_inode);
}

static const struct kind {
	const char *name;
	int (*make)(void);
	void *(*map)(int prot);
	void (*tell)(void);
} kinds[] = {
	{ "shm", make_shm, map_shm, name_shm },
	{ "huge", make_shm, map_shm, name_shm },
	{ "posix", make_posix, map_file, name_posix },
	{ "memfd", make_memfd, map_file, name_inode },
	{ "anon", make_nothing, map_anon, name_inode },
	{ "file", make_file, map_file, name_file },
};

static int protected_as(struct part *p, int prot)
{
	p->read = prot & PROT_READ;
	p->write = prot & PROT_WRITE;
	return mprotect(p->start, p->length, prot) ? fail("mprotect") : 0;
}

static int advised(struct part *p, int advice)
{
	return madvise(p->start, p->length, advice) ? fail("madvise") : 0;
}

static int holed(struct part *p, int unused)
{
	p->read = p->write = false;
	return munmap(p->start, p->length) ? fail("munmap") : 0;
}

static int locked(struct part *p, int unused)
{
	return mlock(p->start, p->length) ? fail("mlock") : 0;
}

static int guarded(struct part *p, int unused)
{
	p->read = p->write = false;
	return madvise(p->start, p->length, MADV_GUARD_INSTALL) ? fail("madvise") : 0;
}

static int sealed(struct part *p, int unused)
{
	return syscall(SYS_mseal, p->start, p->length, 0L) ? fail("mseal") : 0;
}

/* All pages are there, so that nobody ever waits for a fault to be served. */
static int registered(struct part *p, int unused)
{
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range = { (uintptr_t)p->start, p->length }, .mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	if (fd < 0)
		return fail("userfaultfd");
	if (ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &range))
		return fail("UFFDIO_REGISTER");
	return 0;
}

static const struct treatment {
	const char *name;
	int (*treat)(struct part *p, int how);
	int how;
} treatments[] = {
	{ "rw", protected_as, PROT_READ | PROT_WRITE },
	{ "r", protected_as, PROT_READ },
	{ "none", protected_as, PROT_NONE },
	{ "rx", protected_as, PROT_READ | PROT_EXEC },
	{ "hole", holed },
	{ "lock", locked },
	{ "dontfork", advised, MADV_DONTFORK },
	{ "dontdump", advised, MADV_DONTDUMP },
	{ "random", advised, MADV_RANDOM },
	{ "seal", sealed },
	{ "guard", guarded },
	{ "uffd", registered },
};

static int treat(struct part *p, const char *how)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(treatments); i++)
		if (!strcmp(treatments[i].name, how))
			return treatments[i].treat(p, treatments[i].how);
	errno = EINVAL;
	return fail("layout");
}

/* The parts of the mapping, of equal size as far as whole pages go. */
static int lay_out(void)
{
	char words[256], *rest = words, *word;
	unsigned int n = 1, i = 0;

	snprintf(words, sizeof(words), "%s", text("layout"));
	for (const char *s = words; *s; s++)
		n += *s == ',';
	if (n > ARRAY_SIZE(parts)) {
		errno = E2BIG;
		return fail("layout");
	}
	while ((word = strsep(&rest, ","))) {
		size_t from = length / PAGE * i / n * PAGE, to = length / PAGE * (i + 1) / n * PAGE;
		struct part *p = &parts[i++];

		*p = (struct part){ object_base + from, to - from, true, !number("ro") };
		if (*word && treat(p, word))
			return -1;
	}
	nparts = n;
	return 0;
}

static uint64_t contents_at(uint64_t at)
{
	return (at / sizeof(uint64_t) + 1) * 0x9e3779b97f4a7c15;
}

/* What each word says, where the page is touched at all. */
static uint64_t wanted_at(uint64_t at)
{
	return at / PAGE % step ? 0 : contents_at(at);
}

static void fill(char *base)
{
	for (uint64_t at = 0; at < readable; at += step * PAGE)
		for (uint64_t i = at; i < at + PAGE; i += sizeof(uint64_t))
			*(uint64_t *)(base + i) = contents_at(i);
	memset(base, 0, counters);
}

/* A look that survives a fault. */
static __thread sigjmp_buf *armed;
static __thread int fault;		/* the signal of the last */

static void caught(int signal_number)
{
	fault = signal_number;
	if (armed)
		siglongjmp(*armed, 1);
	broken("an access of the program itself gave signal %d", signal_number);
	signal(signal_number, SIG_DFL);
}

static bool try_read(volatile uint64_t *p, uint64_t *value)
{
	sigjmp_buf here;
	bool good = false;

	armed = &here;
	if (!sigsetjmp(here, 0)) {
		*value = *p;
		good = true;
	}
	armed = NULL;
	return good;
}

static bool try_write(uint64_t *p)
{
	sigjmp_buf here;
	bool good = false;

	armed = &here;
	if (!sigsetjmp(here, 0)) {
		__atomic_fetch_add(p, 0, __ATOMIC_SEQ_CST);
		good = true;
	}
	armed = NULL;
	return good;
}

static void catch_faults(void)
{
	struct sigaction act = { .sa_handler = caught, .sa_flags = SA_NODEFER };

	sigaction(SIGSEGV, &act, NULL);
	sigaction(SIGBUS, &act, NULL);
}

static const struct part *part_of(const char *at)
{
	for (unsigned int i = 0; i < nparts; i++)
		if (at >= parts[i].start && at < parts[i].start + parts[i].length)
			return &parts[i];
	return NULL;
}

/* One page of a mapping of the object. Whole pages are compared at the end. */
static void look_at(char *base, uint64_t at, bool whole)
{
	const struct part *p = part_of(object_base + at);
	bool read = p->read && at < readable, write = p->write && at < readable;
	uint64_t value;

	for (uint64_t i = at; i < at + (whole ? PAGE : sizeof(value)); i += sizeof(value)) {
		bool could = try_read((uint64_t *)(base + i), &value);

		if (could != read)
			broken("%p can%s be read", base + i, could ? "" : "not");
		else if (!could && p->read && fault != SIGBUS)
			broken("a touch of %p is signal %d, not SIGBUS", base + i, fault);
		else if (could && i >= counters && value != wanted_at(i))
			broken("%p says %#llx, not %#llx", base + i, (unsigned long long)value,
			       (unsigned long long)wanted_at(i));
		if (!could)
			break;
	}
	if (whole && base == object_base && try_write((uint64_t *)(base + at)) != write)
		broken("%p can%s be written", base + at, write ? "not" : "");
}

void object_watch(uint64_t *state)
{
	uint64_t pages = (readable + step * PAGE - 1) / (step * PAGE);

	if (!is("fence", "1"))
		look_at(object_base, any_number(state) % pages * step * PAGE, false);
}

/* Its mappings: addresses, protections and flags that a process can tell. */
static char before[32768], after[32768];

struct run {
	unsigned long long start, end;
	char prot[8], flags[64];
};

static size_t put_run(char *out, size_t size, const struct run *r)
{
	int n = r->end ? snprintf(out, size, "%llx-%llx %.3s%s\n", r->start, r->end, r->prot, r->flags) : 0;

	return n > 0 && (size_t)n < size ? (size_t)n : 0;
}

static void pick_flags(const char *line, struct run *r)
{
	static const char *const kept[] = { "lo", "dc", "dd", "rr", "sr", "wf" };
	size_t n = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(kept); i++)
		if (strstr(line, kept[i]))
			n += (size_t)snprintf(r->flags + n, sizeof(r->flags) - n, " %s", kept[i]);
}

/* Neighbours that are alike are one, for the kernel merges them or not. Gives what is still shared. */
static uint64_t read_mappings(char *out, size_t size)
{
	FILE *f = fopen("/proc/thread-self/smaps", "re");
	struct run now, head = { 0 }, last = { 0 };
	unsigned long long inode;
	uint64_t shared = 0;
	unsigned int major_, minor_;
	bool inside = false;
	char line[4096];

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llx-%llx %7s %*x %x:%x %llu", &head.start, &head.end, head.prot, &major_,
			   &minor_, &inode) == 6) {
			now = head;
			inside = object_inside((void *)(uintptr_t)now.start);
			if (now.prot[3] == 's' && inode == object_inode &&
			    makedev(major_, minor_) == object_device)
				shared += (now.end - now.start) / PAGE;
		} else if (inside && !strncmp(line, "VmFlags:", 8)) {
			pick_flags(line + 8, &now);
			if (last.end == now.start && !strncmp(last.prot, now.prot, 3) &&
			    !strcmp(last.flags, now.flags)) {
				last.end = now.end;
				continue;
			}
			size_t n = put_run(out, size, &last);
			out += n;
			size -= n;
			last = now;
		}
	}
	put_run(out, size, &last);
	if (f)
		fclose(f);
	else
		broken("/proc/thread-self/smaps: %s", strerror(errno));
	return shared;
}

static int identify(void)
{
	unsigned long long start, end, inode;
	unsigned int major_, minor_;
	FILE *f = fopen("/proc/self/maps", "re");
	bool found = false;
	char line[4096];

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llx-%llx %*s %*x %x:%x %llu", &start, &end, &major_, &minor_, &inode) != 5 ||
		    start != (uintptr_t)object_base)
			continue;
		object_device = makedev(major_, minor_);
		object_inode = inode;	/* which may be 0: the first segment of a namespace */
		found = true;
	}
	if (f)
		fclose(f);
	return found ? 0 : fail("maps");
}

static int map_it(const struct kind *k)
{
	int prot = number("ro") ? PROT_READ : PROT_READ | PROT_WRITE;
	char *filled;

	object_base = k->map(prot);
	filled = number("ro") ? k->map(PROT_READ | PROT_WRITE) : object_base;
	second_base = number("twice") ? k->map(prot) : NULL;
	if (object_base == MAP_FAILED || filled == MAP_FAILED || second_base == MAP_FAILED)
		return fail("map");
	fill(filled);
	if (filled != object_base && (object_id < 0 ? munmap(filled, length) : shmdt(filled)))
		return fail("unmap");
	if (number("short") && ftruncate(object_fd, (off_t)(offset + readable)))
		return fail("ftruncate");
	return 0;
}

int object_make(bool counts)
{
	const struct kind *k = kinds;

	while (k < kinds + ARRAY_SIZE(kinds) && strcmp(k->name, text("kind")))
		k++;
	errno = EINVAL;
	if (k == kinds + ARRAY_SIZE(kinds))
		return fail("kind");
	length = number("size");
	offset = number("offset") * PAGE;
	readable = length - number("short") * PAGE;
	step = number("sparse");
	counters = counts ? COUNTERS : 0;
	catch_faults();
	if (k->make() || map_it(k) || identify() || lay_out())
		return -1;
	if (number("condemn"))
		object_remove();
	if (object_fd >= 0)
		close(object_fd);
	k->tell();
	fact("address", "0x%012llx", (unsigned long long)(uintptr_t)object_base);
	fact("second", "0x%012llx", (unsigned long long)(uintptr_t)second_base);
	fact("length", "%zu", length);
	read_mappings(before, sizeof(before));
	return 0;
}

void object_remove(void)
{
	if (object_id >= 0)
		shmctl(object_id, IPC_RMID, NULL);
	if (object_path[0])
		unlink(object_path);
	object_path[0] = '\0';
}

bool object_inside(const void *address)
{
	const char *at = address;

	return at >= object_base && at < object_base + length;
}

void *object_counters(size_t size)
{
	void *p = object_base + counted;

	counted += size;
	if (counted > counters)
		abort();
	return p;
}

void object_judge(void)
{
	bool fenced = number("fence");
	uint64_t stride = step > 1 ? step * PAGE : PAGE, value;

	for (uint64_t at = 0; at < length; at += stride) {
		if (fenced && part_of(object_base + at)->read &&
		    try_read((uint64_t *)(object_base + at), &value))
			broken("%p is not fenced", object_base + at);
		if (fenced)
			continue;
		look_at(object_base, at, true);
		if (second_base)
			look_at(second_base, at, true);
		/* next to what was touched there is nothing */
		if (step > 1)
			look_at(object_base, at + PAGE, false);
	}
	if (confined_strictly())
		return;
	fact("left", "%llu", (unsigned long long)read_mappings(after, sizeof(after)));
	if (!fenced && strcmp(before, after))
		broken("mappings were %s and are %s", before, after);
}
