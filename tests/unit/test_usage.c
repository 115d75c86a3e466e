/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each holder's mappings of an object use: of real processes, also of such that end meanwhile. */
#include "ipctop/pages.h"

#include <pthread.h>
#include "held.h"

#define PAGES	100

static int shared = -1;			/* memfd of PAGES pages */

static int make_shared(void **state)
{
	shared = make_memfd(PAGES);
	return 0;
}

static int close_shared(void **state)
{
	return close(shared);
}

static const struct holder_usage *usage_of(const struct object_usage *u, pid_t pid)
{
	const struct holder_usage *rows = u->holders.rows;

	for (uint32_t i = 0; i < u->holders.count; i++)
		if (rows[i].pid == (uint64_t)pid)
			return &rows[i];
	fail_msg("no holder %d", pid);
	return NULL;
}

static const struct mapping_usage *mapping_of(const struct object_usage *u, const struct holder_usage *h,
					      uint32_t i)
{
	assert_true(i < h->mappings.count);
	return (const struct mapping_usage *)u->mappings.rows + h->mappings.first + i;
}

/* All of it, and behind it in another place the last ten pages; the addresses in order. */
static void map_twice(void *arg)
{
	char *at = mmap(NULL, 4 * PAGES * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *behind = at + 2 * PAGES * PAGE;

	DEMAND(at != MAP_FAILED);
	DEMAND(mmap(at, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, shared, 0) == at);
	DEMAND(mmap(behind, 10 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, shared,
		    (PAGES - 10) * PAGE) == behind);
	touch(at, 0, 20);
	touch(behind, 0, 3);
}

static void hold_open(void *arg)
{
	DEMAND(fcntl(shared, F_DUPFD, 100) >= 100);
}

static void test_mappings(void **state)
{
	pid_t twice = start_process(map_twice, NULL), open = start_process(hold_open, NULL);
	struct snapshot *s = take_snapshot(KIND_BIT(KIND_MEMFD));
	const struct holder_usage *h;
	struct object_usage u;

	assert_non_null(s);
	assert_int_equal(usage_read(s, find_file(s, shared), &u), 0);
	/* who only has it open uses no memory by that */
	assert_int_equal(u.holders.count, 1);
	assert_int_equal(u.left_out, 0);
	h = usage_of(&u, twice);
	assert_int_equal(h->error, 0);
	assert_true(h->start_time > 0);
	assert_int_equal(h->mappings.count, 2);
	assert_int_equal(mapping_of(&u, h, 0)->length, PAGES * PAGE);
	assert_int_equal(mapping_of(&u, h, 0)->rss, 20 * PAGE);
	assert_int_equal(mapping_of(&u, h, 0)->pss, 20 * PAGE);
	assert_int_equal(mapping_of(&u, h, 1)->start, mapping_of(&u, h, 0)->start + 2 * PAGES * PAGE);
	assert_int_equal(mapping_of(&u, h, 1)->rss, 3 * PAGE);
	assert_int_equal(h->rss, 23 * PAGE);
	assert_int_equal(h->pss, 23 * PAGE);
	assert_int_equal(h->swap, 0);
	usage_release(&u);
	snapshot_free(s);
	end_process(twice);
	end_process(open);
}

static void split(void *arg)
{
	char *at = map_pages(shared, PAGES);

	DEMAND(at && !munmap(at + 50 * PAGE, PAGE));
	touch(at, 0, PAGES / 2);
}

static struct mapping *first_mapping(const struct snapshot *s, uint32_t object)
{
	const struct object *o = snapshot_object(s, object);
	const struct holder *h = snapshot_row(s, CLASS_HOLDER, o->holders.first);

	while (!h->mappings.count)
		h++;
	return snapshot_row(s, CLASS_MAPPING, h->mappings.first);
}

/* Parts of a mapping that was whole when the snapshot was taken. */
static void test_split_since(void **state)
{
	pid_t pid = start_process(split, NULL);
	struct snapshot *s = take_snapshot(KIND_BIT(KIND_MEMFD));
	uint32_t object = find_file(s, shared);
	const struct holder_usage *row;
	struct object_usage u;
	struct mapping *m;

	/* the object's only two */
	assert_int_equal(snapshot_object(s, object)->mappings, 2);
	m = first_mapping(s, object);
	m[0].length = PAGES * PAGE;
	m[1] = m[0];
	assert_int_equal(usage_read(s, object, &u), 0);
	row = usage_of(&u, pid);
	assert_int_equal(row->mappings.count, 2);
	assert_int_equal(mapping_of(&u, row, 0)->length, 50 * PAGE);
	assert_int_equal(mapping_of(&u, row, 1)->length, 49 * PAGE);
	assert_int_equal(row->rss, 50 * PAGE);
	usage_release(&u);
	/* of another object at that place nothing is told */
	snapshot_object(s, object)->inode++;
	assert_int_equal(usage_read(s, object, &u), 0);
	row = usage_of(&u, pid);
	assert_int_equal(row->error, 0);
	assert_int_equal(row->mappings.count, 0);
	assert_int_equal(row->rss, 0);
	usage_release(&u);
	snapshot_free(s);
	end_process(pid);
}

static void test_gone_and_reused(void **state)
{
	pid_t stays = start_process(map_twice, NULL), goes = start_process(map_twice, NULL);
	struct snapshot *s = take_snapshot(KIND_BIT(KIND_MEMFD));
	uint32_t object = find_file(s, shared);
	struct object_usage u;

	end_process(goes);
	assert_int_equal(usage_read(s, object, &u), 0);
	assert_int_equal(u.holders.count, 2);
	assert_int_equal(usage_of(&u, goes)->error, ESRCH);
	assert_int_equal(usage_of(&u, goes)->mappings.count, 0);
	assert_int_equal(usage_of(&u, stays)->error, 0);
	assert_int_equal(usage_of(&u, stays)->rss, 23 * PAGE);
	usage_release(&u);
	/* the number is another's: it started at another time */
	for (uint32_t i = 0; i < snapshot_count(s, CLASS_PROCESS); i++)
		((struct process *)snapshot_row(s, CLASS_PROCESS, i))->start_tics -= 100;
	assert_int_equal(usage_read(s, object, &u), 0);
	assert_int_equal(usage_of(&u, stays)->error, ESRCH);
	usage_release(&u);
	snapshot_free(s);
	end_process(stays);
}

static void *hold_and_tell(void *ready)
{
	map_twice(NULL);
	DEMAND(write(*(int *)ready, "", 1) == 1);
	for (;;)
		pause();
}

/* The first thread has ended: its folder in /proc tells of no memory any more. */
static pid_t start_leaderless(void)
{
	static int ready[2];
	pthread_t thread;
	char path[64], state[256] = "";
	pid_t pid;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		DEMAND(!prctl(PR_SET_PDEATHSIG, SIGKILL));
		DEMAND(!pthread_create(&thread, NULL, hold_and_tell, &ready[1]));
		pthread_exit(NULL);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], state, 1), 1);
	close(ready[0]);
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	while (!strstr(state, ") Z")) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		assert_true(fd >= 0 && read(fd, state, sizeof(state) - 1) > 0);
		close(fd);
		sched_yield();
	}
	return remember(pid);
}

static void test_dead_leader(void **state)
{
	pid_t pid = start_leaderless();
	struct snapshot *s = take_snapshot(KIND_BIT(KIND_MEMFD));
	struct object_usage u;

	assert_int_equal(usage_read(s, find_file(s, shared), &u), 0);
	assert_int_equal(usage_of(&u, pid)->error, 0);
	assert_int_equal(usage_of(&u, pid)->rss, 23 * PAGE);
	usage_release(&u);
	snapshot_free(s);
	end_process(pid);
}

static void test_many_holders(void **state)
{
	pid_t pids[USAGE_HOLDERS + 6];
	struct object_usage u;
	struct snapshot *s;

	for (unsigned int i = 0; i < ARRAY_SIZE(pids); i++)
		pids[i] = start_process(split, NULL);
	s = take_snapshot(KIND_BIT(KIND_MEMFD));
	assert_int_equal(usage_read(s, find_file(s, shared), &u), 0);
	assert_int_equal(u.holders.count, USAGE_HOLDERS);
	assert_int_equal(u.left_out, 6);
	usage_release(&u);
	snapshot_free(s);
	for (unsigned int i = 0; i < ARRAY_SIZE(pids); i++)
		end_process(pids[i]);
}

static void look_as_nobody(void *arg)
{
	struct snapshot *s = arg;
	const struct holder_usage *h;
	struct object_usage u;

	DEMAND(!setresgid(NOBODY, NOBODY, NOBODY) && !setresuid(NOBODY, NOBODY, NOBODY));
	DEMAND(!usage_read(s, find_file(s, shared), &u));
	h = u.holders.rows;
	DEMAND(u.holders.count == 1 && h->error == EACCES && !h->mappings.count);
	usage_release(&u);
}

static void test_as_nobody(void **state)
{
	struct snapshot *s;
	pid_t pid;

	if (geteuid())
		skip();
	pid = start_process(map_twice, NULL);
	s = take_snapshot(KIND_BIT(KIND_MEMFD));
	assert_int_equal(run_process(look_as_nobody, s), 0);
	snapshot_free(s);
	end_process(pid);
}

static void test_refused(void **state)
{
	struct snapshot *s = snapshot_new();
	struct object_usage u;

	assert_int_equal(usage_read(s, 0, &u), -EINVAL);
	snapshot_add(s, CLASS_OBJECT);
	assert_int_equal(usage_read(s, 0, &u), -ENODATA);
	s->replayed = true;
	assert_int_equal(usage_read(s, 0, &u), -EINVAL);
	usage_release(&u);
	snapshot_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_mappings, make_shared, close_shared),
		cmocka_unit_test_setup_teardown(test_split_since, make_shared, close_shared),
		cmocka_unit_test_setup_teardown(test_gone_and_reused, make_shared, close_shared),
		cmocka_unit_test_setup_teardown(test_dead_leader, make_shared, close_shared),
		cmocka_unit_test_setup_teardown(test_many_holders, make_shared, close_shared),
		cmocka_unit_test_setup_teardown(test_as_nobody, make_shared, close_shared),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
