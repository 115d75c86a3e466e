/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mode and owner: what stands in an object's place is left alone. In namespaces of the test's own. */
#include "act/actor.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>
#include "unit.h"

static const struct mode_change mode_640 = { .absolute = true, .mode = 0640 };

static int own_world(void **state)
{
	static bool made;

	made = made || (!unshare(CLONE_NEWNS | CLONE_NEWIPC) &&
			!mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
			!mount("shm", "/dev/shm", "tmpfs", 0, NULL));
	*state = made ? &made : NULL;
	return 0;
}
#define NEED_WORLD(state) do { if (!*(state)) skip(); } while (0)

/* One act, run on @fresh as the executor would after its look. */
struct run {
	struct plan plan;
	struct act_settings settings;
	struct actor actor;
	struct act *act;
};

static void run_act(struct run *r, enum action action, const struct object *fresh,
		    const struct act_settings *settings)
{
	struct snapshot *s = snapshot_new();

	*r = (struct run){ .settings = *settings };
	plan_init(&r->plan, s);
	snapshot_free(s);
	r->act = snapshot_add(r->plan.s, CLASS_ACT);
	FACT_SET(r->act, name, "it");
	FACT_SET(r->act, kind, fresh->kind);
	FACT_SET(r->act, action, action);
	FACT_SET(r->act, result, OUTCOME_PLANNED);
	r->actor = (struct actor){ .plan = &r->plan, .settings = &r->settings, .ways = reach_new() };
	act_kinds[fresh->kind].act[action](&r->actor, r->act, fresh);
}

static void end(struct run *r)
{
	reach_free(r->actor.ways);
	plan_release(&r->plan);
}

static uint64_t chmod_640(const struct object *fresh)
{
	const struct act_settings settings = { .mode = &mode_640 };
	struct run r;
	uint64_t result;

	run_act(&r, ACTION_CHMOD, fresh, &settings);
	result = r.act->result;
	end(&r);
	return result;
}

static struct object make_file(const char *path, mode_t mode)
{
	struct object o = { .kind = KIND_POSIX_SHM };
	struct statx stx;
	struct stat st;
	int fd = open(path, O_CREAT | O_EXCL | O_RDWR, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &stx), 0);
	close(fd);
	o.device = st.st_dev;
	o.inode = st.st_ino;
	FACT_SET(&o, path, path);
	FACT_SET(&o, birth_time, stx.stx_btime.tv_sec);
	return o;
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static void test_file(void **state)
{
	struct act_settings settings = { .has_uid = true, .uid = 1234, .has_gid = true, .gid = 77 };
	struct object o;
	struct stat st;
	struct run r;

	NEED_WORLD(state);
	o = make_file("/dev/shm/a", 0666);
	assert_int_equal(chmod_640(&o), OUTCOME_CHANGED);
	assert_int_equal(mode_of("/dev/shm/a"), 0640);
	assert_int_equal(chmod_640(&o), OUTCOME_KEPT);
	run_act(&r, ACTION_CHOWN, &o, &settings);
	assert_int_equal(r.act->result, OUTCOME_CHANGED);
	assert_int_equal(r.act->uid, 0);
	assert_int_equal(r.act->new_uid, 1234);
	assert_int_equal(r.act->new_gid, 77);
	end(&r);
	assert_int_equal(stat("/dev/shm/a", &st), 0);
	assert_int_equal(st.st_uid, 1234);
	assert_int_equal(st.st_gid, 77);
	settings.has_uid = false;
	settings.gid = 78;
	run_act(&r, ACTION_CHOWN, &o, &settings);
	end(&r);
	assert_int_equal(stat("/dev/shm/a", &st), 0);
	assert_int_equal(st.st_uid, 1234);
	assert_int_equal(st.st_gid, 78);
	unlink("/dev/shm/a");
	assert_int_equal(chmod_640(&o), OUTCOME_GONE);
}

static void test_another_file(void **state)
{
	struct object o, other;

	NEED_WORLD(state);
	o = make_file("/dev/shm/a", 0666);
	other = make_file("/dev/shm/b", 0666);
	assert_int_equal(rename("/dev/shm/b", "/dev/shm/a"), 0);
	assert_int_equal(chmod_640(&o), OUTCOME_REFUSED);
	assert_int_equal(mode_of("/dev/shm/a"), 0666);
	/* an inode number that is used again: the birth differs */
	FACT_SET(&other, path, "/dev/shm/a");
	FACT_SET(&other, birth_time, other.birth_time - 5);
	assert_int_equal(chmod_640(&other), OUTCOME_REFUSED);
	assert_int_equal(mode_of("/dev/shm/a"), 0666);
	unlink("/dev/shm/a");
}

/* Neither the last part nor a folder on the way may be a link, whatever it leads to. */
static void test_links(void **state)
{
	struct object o, inner;

	NEED_WORLD(state);
	o = make_file("/dev/shm/a", 0666);
	assert_int_equal(rename("/dev/shm/a", "/dev/shm/b"), 0);
	assert_int_equal(symlink("b", "/dev/shm/a"), 0);
	assert_int_equal(chmod_640(&o), OUTCOME_REFUSED);
	assert_int_equal(mode_of("/dev/shm/b"), 0666);
	assert_int_equal(mkdir("/dev/shm/d", 0755), 0);
	inner = make_file("/dev/shm/d/c", 0666);
	assert_int_equal(rename("/dev/shm/d", "/dev/shm/e"), 0);
	assert_int_equal(symlink("e", "/dev/shm/d"), 0);
	assert_int_equal(chmod_640(&inner), OUTCOME_REFUSED);
	assert_int_equal(mode_of("/dev/shm/e/c"), 0666);
	assert_int_equal(unlink("/dev/shm/d"), 0);
	assert_int_equal(chmod_640(&inner), OUTCOME_GONE);
	assert_int_equal(rename("/dev/shm/e", "/dev/shm/d"), 0);
	assert_int_equal(chmod_640(&inner), OUTCOME_CHANGED);
	assert_int_equal(mode_of("/dev/shm/d/c"), 0640);
	/* a folder in the place of a file */
	assert_int_equal(unlink("/dev/shm/d/c"), 0);
	assert_int_equal(mkdir("/dev/shm/d/c", 0755), 0);
	assert_int_equal(chmod_640(&inner), OUTCOME_REFUSED);
	assert_int_equal(mode_of("/dev/shm/d/c"), 0755);
	rmdir("/dev/shm/d/c");
	rmdir("/dev/shm/d");
	unlink("/dev/shm/a");
	unlink("/dev/shm/b");
}

static uint64_t own_ns(void)
{
	struct stat st;

	assert_int_equal(stat("/proc/self/ns/ipc", &st), 0);
	return st.st_ino;
}

static struct object make_segment(int id)
{
	struct object o = { .kind = KIND_SHM };
	struct shmid_ds ds;

	assert_int_equal(shmctl(id, IPC_STAT, &ds), 0);
	o.id = id;
	o.key = (uint32_t)ds.shm_perm.__key;
	o.ipc_ns = own_ns();
	o.creator_uid = ds.shm_perm.cuid;
	o.size = ds.shm_segsz;
	FACT_SET(&o, change_time, ds.shm_ctime);
	FACT_SET(&o, creator_pid, ds.shm_cpid);
	FACT_SET(&o, nattch, ds.shm_nattch);
	return o;
}

static unsigned int mode_of_segment(int id)
{
	struct shmid_ds ds;

	assert_int_equal(shmctl(id, IPC_STAT, &ds), 0);
	return ds.shm_perm.mode;
}

static void test_segment(void **state)
{
	const struct act_settings settings = { .has_uid = true, .uid = 1234 };
	struct shmid_ds ds;
	struct object o;
	struct run r;
	int id;

	NEED_WORLD(state);
	id = shmget(0x1234, 4096, IPC_CREAT | IPC_EXCL | 0666);
	o = make_segment(id);
	/* that somebody attached it since is no reason to leave it open to the world */
	assert_int_not_equal(shmat(id, NULL, 0), (void *)-1);
	assert_int_equal(shmctl(id, SHM_LOCK, NULL), 0);
	assert_int_equal(chmod_640(&o), OUTCOME_CHANGED);
	assert_int_equal(mode_of_segment(id) & 0777, 0640);
	assert_true(mode_of_segment(id) & SHM_LOCKED);
	o = make_segment(id);
	assert_int_equal(chmod_640(&o), OUTCOME_KEPT);
	run_act(&r, ACTION_CHOWN, &o, &settings);
	assert_int_equal(r.act->result, OUTCOME_CHANGED);
	end(&r);
	assert_int_equal(shmctl(id, IPC_STAT, &ds), 0);
	assert_int_equal(ds.shm_perm.uid, 1234);
	assert_int_equal(ds.shm_perm.gid, getgid());
	assert_int_equal(ds.shm_perm.mode & 0777, 0640);
	shmctl(id, IPC_RMID, NULL);
}

static void test_another_segment(void **state)
{
	struct object o, wrong;
	int id;

	NEED_WORLD(state);
	id = shmget(0x1234, 4096, IPC_CREAT | IPC_EXCL | 0666);
	o = wrong = make_segment(id);
	wrong.change_time--;
	assert_int_equal(chmod_640(&wrong), OUTCOME_REFUSED);
	wrong = o;
	wrong.key++;
	assert_int_equal(chmod_640(&wrong), OUTCOME_REFUSED);
	wrong = o;
	wrong.creator_pid++;
	assert_int_equal(chmod_640(&wrong), OUTCOME_REFUSED);
	wrong = o;
	wrong.creator_uid++;
	assert_int_equal(chmod_640(&wrong), OUTCOME_REFUSED);
	wrong = o;
	wrong.size++;
	assert_int_equal(chmod_640(&wrong), OUTCOME_REFUSED);
	assert_int_equal(mode_of_segment(id), 0666);
	shmctl(id, IPC_RMID, NULL);
	assert_int_equal(chmod_640(&o), OUTCOME_GONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_file, own_world),
		cmocka_unit_test_setup(test_another_file, own_world),
		cmocka_unit_test_setup(test_links, own_world),
		cmocka_unit_test_setup(test_segment, own_world),
		cmocka_unit_test_setup(test_another_segment, own_world),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
