/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pictures of pages that can be told in part, or not at all: then they say so, and why. */
#include "ipctop/pages.h"

#include <sys/file.h>
#include <sys/shm.h>
#include "collect/picture.h"
#include "held.h"

#define PATIENCE	(60 * 1000 * 1000)
#define PAGES		1000
#define WRITTEN		100

#define HUGE_FILE	"/proc/sys/vm/nr_overcommit_hugepages"

/* So many more huge pages may be used, until @lock is closed by less_huge_pages. */
static unsigned long more_huge_pages(int *lock, unsigned long n)
{
	char text[32] = "";
	unsigned long before;

	*lock = open(HUGE_FILE, O_RDONLY | O_CLOEXEC);
	if (*lock < 0)
		return 0;
	assert_int_equal(flock(*lock, LOCK_EX), 0);
	assert_true(read(*lock, text, sizeof(text) - 1) > 0);
	before = strtoul(text, NULL, 10);
	if (n) {
		FILE *f = fopen(HUGE_FILE, "w");

		if (f) {
			fprintf(f, "%lu", before + n);
			fclose(f);
		}
	}
	return before;
}

static void less_huge_pages(int lock, unsigned long before)
{
	FILE *f = lock < 0 ? NULL : fopen(HUGE_FILE, "w");

	if (f) {
		fprintf(f, "%lu", before);
		fclose(f);
	}
	if (lock >= 0)
		close(lock);
}

static void try_huge_segment(size_t huge)
{
	int id = shmget(IPC_PRIVATE, 2 * huge - 5, SHM_HUGETLB | 0600);
	char *at = id < 0 ? (void *)-1 : shmat(id, NULL, 0);
	struct page_picture p;
	struct snapshot *s;

	if (id >= 0)
		shmctl(id, IPC_RMID, NULL);
	/* that takes more rights than a memfd */
	if (at == (void *)-1)
		return;
	at[huge] = 1;
	s = take_snapshot(KIND_BIT(KIND_SHM));
	DEMAND(!pages_picture(s, find_segment(s, id), 100, &p));
	DEMAND(p.page_size == huge && p.nblocks == 2 && !p.error);
	DEMAND(p.blocks[0].absent == 1 && p.blocks[1].resident == 1);
	pages_release(&p);
	snapshot_free(s);
	shmdt(at);
}

static void try_huge_pages(void *arg)
{
	const size_t huge = 2 << 20;
	int fd = memfd_create("huge", MFD_CLOEXEC | MFD_HUGETLB);
	struct page_picture p;
	struct snapshot *s;
	uint32_t object;
	char *at;

	*(bool *)arg = true;
	if (fd < 0 || ftruncate(fd, 4 * huge))
		return;
	at = mmap(NULL, 4 * huge, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (at == MAP_FAILED || stat_of(fd).st_blksize != (blksize_t)huge)
		return;
	*(bool *)arg = false;
	at[huge] = at[3 * huge] = 1;
	s = take_snapshot(KIND_BIT(KIND_MEMFD));
	object = find_file(s, fd);
	for (unsigned int scan = 0; scan <= WAY_SCAN; scan += WAY_SCAN) {
		DEMAND(!picture_make(s, object, 100, (WAYS_ALL & ~WAY_SCAN) | scan, PATIENCE, &p));
		DEMAND(p.page_size == huge && p.pages == 4 && p.nblocks == 4 && !p.error);
		DEMAND(p.sum.resident == 2 && p.sum.absent == 2);
		DEMAND(p.blocks[1].resident && p.blocks[3].resident && p.blocks[0].absent);
		pages_release(&p);
	}
	/* a page that no page table has any more is there all the same, but where? */
	DEMAND(!madvise(at + huge, huge, MADV_DONTNEED));
	DEMAND(!pages_picture(s, object, 4, &p));
	DEMAND(p.sum.resident == 1 && p.sum.unknown == 3 && p.error == ENODATA);
	pages_release(&p);
	snapshot_free(s);
	munmap(at, 4 * huge);
	close(fd);
	try_huge_segment(huge);
}

static void test_huge_pages(void **state)
{
	bool *lacking = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned long before;
	int lock, status;
	bool lacks;

	assert_true(lacking != MAP_FAILED);
	before = more_huge_pages(&lock, geteuid() ? 0 : 6);
	/* a failure ends that process alone: here the number is set back */
	status = run_process(try_huge_pages, lacking);
	less_huge_pages(lock, before);
	assert_int_equal(status, 0);
	lacks = *lacking;
	munmap(lacking, PAGE);
	if (lacks)
		skip();
}

/* A lease of somebody else: his file is not opened, and not waited for. */
static void take_lease(void *arg)
{
	int fd = shm_open(arg, O_RDWR, 0);

	signal(SIGIO, SIG_IGN);
	DEMAND(fd >= 0 && !fcntl(fd, F_SETLEASE, F_WRLCK));
}

static void test_lease(void **state)
{
	struct page_picture p;
	struct snapshot *s;
	char name[64];
	int fd = make_posix(name, sizeof(name), PAGES * PAGE);
	struct stat st;
	pid_t holder;

	st = stat_of(fd);
	close(fd);
	holder = start_process(take_lease, name);
	s = take_snapshot(KIND_BIT(KIND_POSIX_SHM));
	alarm(20);			/* to break a lease takes longer (fs.lease-break-time) */
	assert_int_equal(pages_picture(s, find_object(s, st.st_dev, st.st_ino), 10, &p), 0);
	alarm(0);
	assert_int_equal(p.error, 0);	/* nothing is allocated: so much the file's sums tell */
	assert_int_equal(p.sum.absent, PAGES);
	pages_release(&p);
	snapshot_object(s, find_object(s, st.st_dev, st.st_ino))->allocated = PAGE;
	assert_int_equal(pages_picture(s, find_object(s, st.st_dev, st.st_ino), 10, &p), 0);
	assert_int_equal(p.error, EAGAIN);
	assert_int_equal(p.sum.unknown, PAGES);
	pages_release(&p);
	snapshot_free(s);
	end_process(holder);
	shm_unlink(name);
}

/* What another user may see of what root has, and of his own. */
static void look_as_nobody(void *arg)
{
	const char *name = arg;
	struct page_picture p;
	struct snapshot *s;
	struct stat st;
	char *own;
	int fd;

	DEMAND(!stat(name, &st) && !setresgid(NOBODY, NOBODY, NOBODY) && !setresuid(NOBODY, NOBODY, NOBODY));
	/* another user's process is not dumpable any more: proc(5) */
	DEMAND(!prctl(PR_SET_DUMPABLE, 1));
	own = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	fd = memfd_create("own", 0);
	DEMAND(own != MAP_FAILED && fd >= 0 && !ftruncate(fd, PAGES * PAGE) && pwrite(fd, "", 1, PAGE) == 1);
	touch(own, 250, WRITTEN);
	s = take_snapshot(KIND_BIT(KIND_POSIX_SHM) | KIND_BIT(KIND_MEMFD) | KIND_BIT(KIND_ANON));
	DEMAND(s && !pages_picture(s, find_object(s, st.st_dev, st.st_ino), 10, &p));
	/* it may be read by all, so that its holes show; what is in them is its owner's business */
	DEMAND(p.sum.absent == PAGES - 1 && p.sum.unknown == 1 && p.error == EPERM);
	pages_release(&p);
	DEMAND(!pages_picture(s, find_file(s, fd), 10, &p));
	DEMAND(p.sum.resident == 1 && p.sum.absent == PAGES - 1 && !p.error);
	pages_release(&p);
	for (uint32_t i = 0; i < snapshot_count(s, CLASS_OBJECT); i++) {
		const struct object *o = snapshot_object(s, i);
		const struct mapping *m;

		if (o->kind != KIND_ANON || !o->holders.count)
			continue;
		m = snapshot_row(s, CLASS_MAPPING, ((struct holder *)snapshot_row(s, CLASS_HOLDER,
								 o->holders.first))->mappings.first);
		if (m->start != (uintptr_t)own)
			continue;
		DEMAND(!pages_picture(s, i, 10, &p));
		DEMAND(p.sum.resident == WRITTEN && p.blocks[4].resident == 0);
		pages_release(&p);
	}
	snapshot_free(s);
}

static void test_as_nobody(void **state)
{
	char name[64], path[100];
	int fd, status;

	if (geteuid())
		skip();
	fd = make_posix(name, sizeof(name), PAGES * PAGE);
	assert_int_equal(pwrite(fd, "", 1, 500 * PAGE), 1);
	assert_int_equal(fchmod(fd, 0644), 0);
	close(fd);
	snprintf(path, sizeof(path), "/dev/shm%s", name);
	status = run_process(look_as_nobody, path);
	shm_unlink(name);
	assert_int_equal(status, 0);
}

static void test_refused(void **state)
{
	struct snapshot *s = snapshot_new();
	struct object *o = snapshot_add(s, CLASS_OBJECT);
	struct page_picture p;

	o->kind = KIND_MEMFD;
	assert_int_equal(pages_picture(s, 1, 10, &p), -EINVAL);
	assert_int_equal(pages_picture(s, 0, 0, &p), -EINVAL);
	assert_int_equal(pages_picture(s, 0, 10, &p), -ENODATA);
	FACT_SET(o, size, 10 * PAGE);
	o->kind = KIND_DEVICE;
	assert_int_equal(pages_picture(s, 0, 10, &p), -EOPNOTSUPP);
	o->kind = KIND_SPECIAL;
	assert_int_equal(pages_picture(s, 0, 10, &p), -EOPNOTSUPP);
	/* on a file system that nobody knows: it could be a server's */
	o->kind = KIND_FILE;
	o->name = "file:1:2:3";
	o->device = 0x123456;
	assert_int_equal(pages_picture(s, 0, 10, &p), 0);
	assert_int_equal(p.error, EREMOTE);
	assert_int_equal(p.sum.unknown, 10);
	pages_release(&p);
	s->replayed = true;
	assert_int_equal(pages_picture(s, 0, 10, &p), -EINVAL);
	snapshot_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_huge_pages),
		cmocka_unit_test(test_lease),
		cmocka_unit_test(test_as_nobody),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
