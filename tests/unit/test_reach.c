/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process that a snapshot told of, found again: it and no other, and what it maps now. */
#include "ipctop/reach.h"

#include <poll.h>
#include "held.h"

#define PAGES 4

static void map_parts(void *arg)
{
	int fd = *(int *)arg;
	char *all = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_SHARED, fd, 0);

	DEMAND(all != MAP_FAILED);
	/* apart, and in another order than in the object */
	DEMAND(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0) != MAP_FAILED);
	DEMAND(!munmap(all + PAGE, PAGE));
	DEMAND(!close(fd));
}

static const struct process *only_process(const struct snapshot *s, const struct object *o)
{
	const struct holder *h;

	for (uint32_t i = 0; i < o->holders.count; i++) {
		const struct process *p;

		h = snapshot_row(s, CLASS_HOLDER, o->holders.first + i);
		p = snapshot_row(s, CLASS_PROCESS, h->process);
		if (p->pid != (uint64_t)getpid())
			return p;
	}
	fail();
	return NULL;
}

static void test_process(void **state)
{
	int fd = make_memfd(PAGES), pidfd;
	pid_t pid = start_process(map_parts, &fd);
	struct snapshot *s = take_snapshot(KIND_BIT(KIND_MEMFD));
	const struct object *o = snapshot_object(s, find_file(s, fd));
	struct process p = *only_process(s, o), other = p;
	struct pollfd ended = { .events = POLLIN };

	assert_int_equal(p.pid, pid);
	pidfd = reach_process(&p);
	assert_true(pidfd >= 0);
	other.start_tics -= 200;
	assert_int_equal(reach_process(&other), -ESRCH);
	end_process(pid);
	ended.fd = pidfd;
	assert_int_equal(poll(&ended, 1, 10000), 1);
	assert_int_equal(reach_process(&p), -ESRCH);
	close(pidfd);
	close(fd);
	snapshot_free(s);
}

static void test_mappings(void **state)
{
	int fd = make_memfd(PAGES);
	pid_t pid = start_process(map_parts, &fd);
	struct snapshot *s = take_snapshot(KIND_BIT(KIND_MEMFD));
	const struct object *o = snapshot_object(s, find_file(s, fd));
	const struct process *p = only_process(s, o);
	const struct reach_mapping *m;
	struct object stranger = *o;
	struct table rows = { 0 };

	assert_int_equal(reach_mappings(p, o, &rows), 0);
	m = rows.rows;
	assert_int_equal(rows.count, 2);	/* not the private one */
	assert_int_equal(m[0].length, PAGE);
	assert_int_equal(m[0].offset, 0);
	assert_int_equal(m[1].start, m[0].start + 2 * PAGE);
	assert_int_equal(m[1].length, 2 * PAGE);
	assert_int_equal(m[1].offset, 2 * PAGE);
	/* rows of before are no part of it */
	stranger.inode++;
	assert_int_equal(reach_mappings(p, &stranger, &rows), 0);
	assert_int_equal(rows.count, 0);
	end_process(pid);
	assert_int_equal(reach_mappings(p, o, &rows), -ESRCH);
	table_release(&rows);
	close(fd);
	snapshot_free(s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_process),
		cmocka_unit_test(test_mappings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
