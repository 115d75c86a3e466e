/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pictures of the pages of real objects: what they tell, and that looking leaves no trace. */
#include "ipctop/pages.h"

#include <sys/shm.h>
#include <sys/swap.h>
#include "collect/picture.h"
#include "held.h"

#define PATIENCE	(60 * 1000 * 1000)
#define PAGES		1000
#define WRITTEN		100

/* Each way alone, where it tells all. */
static const struct {
	const char *name;
	unsigned int ways;
} exact_ways[] = {
	{ "cachestat", WAY_CACHESTAT },
	{ "mincore", WAY_MINCORE },
	{ "page tables, scanned", WAY_PAGE_TABLES | WAY_SCAN },
	{ "page tables, read", WAY_PAGE_TABLES },
};

static void check_block(const char *what, const struct page_block *b, uint64_t resident, uint64_t absent)
{
	CHECK(what, b->resident == resident);
	CHECK(what, b->absent == absent);
	CHECK(what, b->swapped == 0);
	CHECK(what, b->unknown == 0);
}

static bool can_open_mappings(void)
{
	return !geteuid();
}

/* Where the kernel lacks the way there is nothing to see. */
static bool is_told(unsigned int ways, const struct page_picture *p)
{
	return !p->sum.unknown || (ways != WAY_CACHESTAT && ways != WAY_MINCORE);
}

static void make_old(int fd)
{
	const struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 2000 } };

	assert_int_equal(futimens(fd, old), 0);
}

/* No page came to be, and no time moved. */
static void check_untouched(const char *what, const struct stat *before, int fd)
{
	struct stat now = stat_of(fd);

	CHECK(what, now.st_blocks == before->st_blocks);
	CHECK(what, now.st_atim.tv_sec == before->st_atim.tv_sec &&
		    now.st_atim.tv_nsec == before->st_atim.tv_nsec);
	CHECK(what, now.st_mtim.tv_sec == before->st_mtim.tv_sec);
	CHECK(what, now.st_ctim.tv_sec == before->st_ctim.tv_sec &&
		    now.st_ctim.tv_nsec == before->st_ctim.tv_nsec);
}

static void check_ways(const struct snapshot *s, uint32_t object, int fd)
{
	struct stat before = stat_of(fd);

	FOR_EACH_CASE(w, exact_ways) {
		struct page_picture p;

		assert_int_equal(picture_make(s, object, 10, w->ways, PATIENCE, &p), 0);
		CHECK(w->name, p.pages == PAGES && p.nblocks == 10 && p.page_size == PAGE && !p.sampled);
		CHECK(w->name, p.size == PAGES * PAGE);
		if (is_told(w->ways, &p)) {
			CHECK(w->name, !p.error);
			check_block(w->name, &p.sum, WRITTEN, PAGES - WRITTEN);
			check_block(w->name, &p.blocks[2], 50, 50);
			check_block(w->name, &p.blocks[3], 50, 50);
			check_block(w->name, &p.blocks[4], 0, 100);
		} else {
			CHECK(w->name, p.error);
		}
		check_untouched(w->name, &before, fd);
		pages_release(&p);
	}
}

static void test_memfd(void **state)
{
	int fd = make_memfd(PAGES);
	char *at = mmap(NULL, 800 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 200 * PAGE);
	struct snapshot *s;

	assert_true(at != MAP_FAILED);
	touch(at, 50, WRITTEN);
	make_old(fd);
	s = take_snapshot(KIND_BIT(KIND_MEMFD));
	assert_non_null(s);
	check_ways(s, find_file(s, fd), fd);
	snapshot_free(s);
	munmap(at, 800 * PAGE);
	close(fd);
}

static void touch_some(void *arg)
{
	char *at = map_pages(*(int *)arg, PAGES);

	DEMAND(at);
	touch(at, 530, 50);
	touch(at, 10, 10);
}

/* What several have in their page tables is there once, in whatever order they tell it. */
static void test_several_holders(void **state)
{
	int fd = make_memfd(PAGES);
	char *at = mmap(NULL, 500 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 500 * PAGE);
	pid_t other = start_process(touch_some, &fd), third = start_process(touch_some, &fd);
	struct page_picture p;
	struct snapshot *s;

	assert_true(at != MAP_FAILED);
	touch(at, 0, 50);
	s = take_snapshot(KIND_BIT(KIND_MEMFD));
	for (unsigned int scan = 0; scan <= WAY_SCAN; scan += WAY_SCAN) {
		assert_int_equal(picture_make(s, find_file(s, fd), 10, WAY_PAGE_TABLES | scan, PATIENCE, &p), 0);
		check_block("all", &p.sum, 90, PAGES - 90);
		check_block("block", &p.blocks[0], 10, 90);
		check_block("block", &p.blocks[5], 80, 20);
		pages_release(&p);
	}
	snapshot_free(s);
	end_process(other);
	end_process(third);
	munmap(at, 500 * PAGE);
	close(fd);
}

/* As many blocks as there are cells: also when they do not divide, or are too many. */
static void test_blocks(void **state)
{
	static const uint32_t wanted[] = { 1, 3, 7, 999, 1000, 1001, 100000 };
	int fd = make_memfd(PAGES);
	char *at = map_pages(fd, PAGES);
	struct page_picture p;
	struct snapshot *s;

	touch(at, 250, WRITTEN);
	s = take_snapshot(KIND_BIT(KIND_MEMFD));
	FOR_EACH_CASE(n, wanted) {
		uint32_t object = find_file(s, fd);

		assert_int_equal(pages_picture(s, object, *n, &p), 0);
		assert_int_equal(p.nblocks, *n < PAGES ? *n : PAGES);
		assert_int_equal(pages_first(&p, 0), 0);
		assert_int_equal(pages_first(&p, p.nblocks), PAGES);
		for (uint32_t i = 0; i < p.nblocks; i++) {
			uint64_t first = pages_first(&p, i), end = pages_first(&p, i + 1), in = 0;

			for (uint64_t k = first; k < end; k++)
				in += k >= 250 && k < 250 + WRITTEN;
			assert_true(end > first && end - first <= PAGES / p.nblocks + 1);
			check_block("block", &p.blocks[i], in, end - first - in);
		}
		pages_release(&p);
	}
	snapshot_free(s);
	munmap(at, PAGES * PAGE);
	close(fd);
}

static void test_empty(void **state)
{
	int fd = make_memfd(0);
	struct snapshot *s = take_snapshot(KIND_BIT(KIND_MEMFD));
	struct page_picture p;

	assert_int_equal(pages_picture(s, find_file(s, fd), 10, &p), 0);
	assert_int_equal(p.nblocks, 0);
	assert_int_equal(p.pages, 0);
	assert_int_equal(p.error, 0);
	assert_int_equal(pages_first(&p, 0), 0);
	pages_release(&p);
	snapshot_free(s);
	close(fd);
}

/* Without a holder, in a large hole. */
static void test_posix(void **state)
{
	struct page_picture p;
	struct snapshot *s;
	struct stat st;
	uint32_t object;
	char name[64], path[100];
	int fd = make_posix(name, sizeof(name), 1 << 30);

	for (unsigned int i = 0; i < 64; i++)
		assert_int_equal(pwrite(fd, "", 1, (off_t)i << 24), 1);
	make_old(fd);
	st = stat_of(fd);
	close(fd);
	s = take_snapshot(KIND_BIT(KIND_POSIX_SHM));
	object = find_object(s, st.st_dev, st.st_ino);
	for (unsigned int way = WAY_CACHESTAT; way <= WAY_MINCORE; way <<= 1) {
		assert_int_equal(picture_make(s, object, 32, way, PATIENCE, &p), 0);
		if (is_told(way, &p)) {
			check_block("posix", &p.sum, 64, (1 << 30) / PAGE - 64);
			check_block("block", &p.blocks[31], 2, (1 << 25) / PAGE - 2);
		}
		pages_release(&p);
	}
	snprintf(path, sizeof(path), "/dev/shm%s", name);
	fd = open(path, O_RDONLY | O_NOATIME | O_CLOEXEC);
	check_untouched("posix", &st, fd);
	close(fd);
	shm_unlink(name);
	/* it is gone by now */
	assert_int_equal(pages_picture(s, object, 32, &p), 0);
	assert_int_equal(p.error, ENOENT);
	assert_int_equal(p.sum.unknown, (1 << 30) / PAGE);
	pages_release(&p);
	snapshot_free(s);
}

/* A file on a disk has no swapped pages, and those that are absent are on the disk. */
static void test_disk_file(void **state)
{
	char name[] = "/var/tmp/ipctop-test-pages.XXXXXX";
	struct page_picture p;
	struct snapshot *s;
	struct stat before;
	int fd = mkostemp(name, O_CLOEXEC);
	char *at;

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, PAGES * PAGE), 0);
	at = map_pages(fd, PAGES);
	assert_non_null(at);
	touch(at, 250, WRITTEN);
	make_old(fd);
	before = stat_of(fd);
	s = take_snapshot(KIND_BIT(KIND_FILE));
	for (unsigned int way = WAY_CACHESTAT; way <= WAY_MINCORE; way <<= 1) {
		uint32_t object = find_file(s, fd);
		struct stat now;

		if (object == NO_OBJECT)
			break;		/* it is known by another number */
		assert_int_equal(picture_make(s, object, 10, way, PATIENCE, &p), 0);
		/* the file system may have read more than was asked for */
		if (!p.error)
			assert_true(p.sum.resident >= WRITTEN && !p.sum.swapped && !p.sum.unknown);
		now = stat_of(fd);
		assert_int_equal(now.st_atim.tv_sec, before.st_atim.tv_sec);
		pages_release(&p);
	}
	snapshot_free(s);
	munmap(at, PAGES * PAGE);
	close(fd);
	unlink(name);
}

static void attach(void *arg)
{
	char *at = shmat(*(int *)arg, NULL, 0);

	DEMAND(at != (void *)-1);
	touch(at, 250, WRITTEN);
}

/* To look at a segment is not to attach it. */
static void test_segment(void **state)
{
	int id = shmget(IPC_PRIVATE, PAGES * PAGE - 5, IPC_CREAT | 0600);
	struct shmid_ds before, after;
	struct page_picture p;
	struct snapshot *s;
	uint32_t object;
	pid_t holder;

	assert_true(id >= 0);
	holder = start_process(attach, &id);
	assert_int_equal(shmctl(id, IPC_STAT, &before), 0);
	s = take_snapshot(KIND_BIT(KIND_SHM));
	object = find_segment(s, id);
	FOR_EACH_CASE(w, exact_ways) {
		if (!can_open_mappings() && !(w->ways & WAY_PAGE_TABLES))
			continue;
		assert_int_equal(picture_make(s, object, 10, w->ways, PATIENCE, &p), 0);
		if (is_told(w->ways, &p))
			check_block(w->name, &p.sum, WRITTEN, PAGES - WRITTEN);
		pages_release(&p);
	}
	assert_int_equal(shmctl(id, IPC_STAT, &after), 0);
	end_process(holder);
	/* the last who attached or detached is told: it would be this process */
	assert_int_equal(after.shm_lpid, holder);
	assert_int_equal(after.shm_atime, before.shm_atime);
	assert_int_equal(after.shm_nattch, 1);
	/* the snapshot still has the holder */
	assert_int_equal(pages_picture(s, object, 10, &p), 0);
	assert_int_equal(p.sum.unknown, PAGES);
	assert_true(p.error == ENOENT || p.error == ESRCH || p.error == ENODATA);
	pages_release(&p);
	snapshot_free(s);
	s = take_snapshot(KIND_BIT(KIND_SHM));
	assert_int_equal(pages_picture(s, find_segment(s, id), 10, &p), 0);
	assert_int_equal(p.sum.unknown, PAGES);
	assert_int_equal(p.error, ENXIO);
	pages_release(&p);
	snapshot_free(s);
	shmctl(id, IPC_RMID, NULL);
}

/* Nobody ever wrote to it: that its sums tell. */
static void test_fresh_segment(void **state)
{
	int id = shmget(IPC_PRIVATE, PAGES * PAGE, IPC_CREAT | 0600);
	struct snapshot *s = take_snapshot(KIND_BIT(KIND_SHM));
	struct page_picture p;

	assert_true(id >= 0);
	assert_int_equal(pages_picture(s, find_segment(s, id), 10, &p), 0);
	check_block("fresh", &p.sum, 0, PAGES);
	assert_int_equal(p.error, 0);
	pages_release(&p);
	snapshot_free(s);
	shmctl(id, IPC_RMID, NULL);
}

/* Pages in swap: on a file of the test's own. */
static void test_swapped(void **state)
{
	char name[] = "/var/tmp/ipctop-test-swap.XXXXXX";
	int swap = geteuid() ? -1 : mkostemp(name, O_CLOEXEC), fd;
	struct page_picture p, by_mincore;
	struct snapshot *s;
	bool on = false;
	char *at;
	pid_t pid;

	if (swap >= 0 && !posix_fallocate(swap, 0, 8 << 20)) {
		pid = fork();
		if (!pid) {
			DEMAND(freopen("/dev/null", "w", stdout) && freopen("/dev/null", "w", stderr));
			execlp("mkswap", "mkswap", name, NULL);
			_exit(1);
		}
		waitpid(pid, NULL, 0);
		on = !swapon(name, 0);
	}
	if (!on) {
		if (swap >= 0)
			unlink(name);
		skip();
	}
	fd = make_memfd(PAGES);
	at = map_pages(fd, PAGES);
	touch(at, 250, WRITTEN);
	madvise(at + 250 * PAGE, 50 * PAGE, MADV_PAGEOUT);
	s = take_snapshot(KIND_BIT(KIND_MEMFD));
	(void)!pages_picture(s, find_file(s, fd), 10, &p);
	(void)!picture_make(s, find_file(s, fd), 10, WAY_MINCORE, PATIENCE, &by_mincore);
	snapshot_free(s);
	munmap(at, PAGES * PAGE);
	close(fd);
	assert_int_equal(swapoff(name), 0);
	close(swap);
	unlink(name);
	/* it is a wish: not all of them need have gone */
	assert_in_range(p.sum.swapped, 1, 50);
	assert_int_equal(p.blocks[2].swapped, p.sum.swapped);
	assert_int_equal(p.sum.resident, WRITTEN - p.sum.swapped);
	assert_int_equal(p.sum.absent, PAGES - WRITTEN);
	pages_release(&p);
	/* on their way to swap some are still in memory */
	assert_int_equal(by_mincore.sum.resident + by_mincore.sum.swapped, WRITTEN);
	assert_in_range(by_mincore.sum.swapped, 0, 50);
	assert_int_equal(by_mincore.sum.absent, PAGES - WRITTEN);
	pages_release(&by_mincore);
}

/* When time is up a part stands for the whole, and what was not looked at is unknown. */
static void test_patience(void **state)
{
	const uint64_t pages = 1 << 18;
	int fd = make_memfd(pages);
	struct snapshot *s = take_snapshot(KIND_BIT(KIND_MEMFD));
	uint32_t object = find_file(s, fd);
	struct page_picture p;

	assert_int_equal(picture_make(s, object, 1, WAY_CACHESTAT, 0, &p), 0);
	if (p.error != EPERM) {
		assert_true(p.sampled);
		assert_int_equal(p.sum.absent, pages);
		assert_int_equal(p.error, 0);
	}
	pages_release(&p);
	assert_int_equal(picture_make(s, object, 10, WAY_CACHESTAT, 0, &p), 0);
	if (p.error != EPERM) {
		assert_int_equal(p.error, ETIMEDOUT);
		assert_int_equal(p.blocks[0].unknown, 0);
		assert_int_equal(p.sum.absent + p.sum.unknown, pages);
		assert_int_equal(p.blocks[9].unknown, pages_first(&p, 10) - pages_first(&p, 9));
	}
	pages_release(&p);
	/* in pieces it is the same as at once */
	assert_int_equal(pwrite(fd, "", 1, 12345 * PAGE), 1);
	for (unsigned int way = WAY_CACHESTAT; way <= WAY_HOLES; way <<= 1) {
		assert_int_equal(picture_make(s, object, 10, way, PATIENCE, &p), 0);
		if (p.error != EPERM)
			check_block("pieces", &p.blocks[0], 1, pages / 10 - 1);
		/* holes alone do not tell whether what is written is in memory */
		if (p.error != EPERM || way == WAY_HOLES)
			assert_int_equal(p.sum.absent, pages - 1);
		pages_release(&p);
	}
	snapshot_free(s);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memfd),
		cmocka_unit_test(test_several_holders),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_posix),
		cmocka_unit_test(test_disk_file),
		cmocka_unit_test(test_segment),
		cmocka_unit_test(test_fresh_segment),
		cmocka_unit_test(test_swapped),
		cmocka_unit_test(test_patience),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
