/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcrm: what removes, and says so. */
#include "ipcrm.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>
#include "ipctop/audit.h"
#include "ipctop/reach.h"
#include "ipctop/text.h"

union semun {
	int val;
	struct semid_ds *buf;
	struct seminfo *info;
};

static void set_owner(struct act *act, const struct ipc_perm *perm)
{
	FACT_SET(act, uid, perm->uid);
}

/* SHM_STAT, by index, or IPC_STAT, by id: the id, or -1. */
static int stat_segment(int what, int n, struct act *act)
{
	struct shmid_ds ds;
	int id = shmctl(n, what, &ds);

	if (id < 0)
		return id;
	set_owner(act, &ds.shm_perm);
	FACT_SET(act, size, ds.shm_segsz);
	return id;
}

static int stat_set(int what, int n, struct act *act)
{
	struct semid_ds ds;
	union semun arg = { .buf = &ds };
	int id = semctl(n, 0, what, arg);

	if (id >= 0)
		set_owner(act, &ds.sem_perm);
	return id;
}

static int stat_queue(int what, int n, struct act *act)
{
	struct msqid_ds ds;
	int id = msgctl(n, what, &ds);

	if (id >= 0)
		set_owner(act, &ds.msg_perm);
	return id;
}

static int highest_segment(void)
{
	struct shm_info info;

	return shmctl(0, SHM_INFO, (struct shmid_ds *)&info);
}

static int highest_set(void)
{
	struct seminfo info;
	union semun arg = { .info = &info };

	return semctl(0, 0, SEM_INFO, arg);
}

static int highest_queue(void)
{
	struct msginfo info;

	return msgctl(0, MSG_INFO, (struct msqid_ds *)&info);
}

static int find_segment(key_t key)
{
	return shmget(key, 0, 0);
}

static int find_set(key_t key)
{
	return semget(key, 0, 0);
}

static int find_queue(key_t key)
{
	return msgget(key, 0);
}

static int remove_segment(int id)
{
	return shmctl(id, IPC_RMID, NULL);
}

static int remove_set(int id)
{
	return semctl(id, 0, IPC_RMID);
}

static int remove_queue(int id)
{
	return msgctl(id, IPC_RMID, NULL);
}

static const struct {
	const char *word, *what, *plural;
	const char *name;		/* what names of such objects begin with (name.h) */
	/* of System V */
	int by_index;			/* the command that wants an index */
	int (*stat)(int what, int n, struct act *act);
	int (*highest)(void);
	int (*find)(key_t key);
	int (*remove)(int id);
	/* of POSIX */
	int (*unlink)(const char *name);
	const char *folder;
} victims[NR_VICTIMS] = {
	[VICTIM_SHM] = {
		"shm", "shared memory segment", "shared memory", "shm", SHM_STAT, stat_segment,
		highest_segment, find_segment, remove_segment,
	},
	[VICTIM_SEM] = {
		"sem", "semaphore", "semaphores", "sem", SEM_STAT, stat_set, highest_set, find_set,
		remove_set,
	},
	[VICTIM_MSG] = {
		"msg", "message queue", "message queues", "msg", MSG_STAT, stat_queue, highest_queue,
		find_queue, remove_queue,
	},
	[VICTIM_POSIX_SHM] = {
		"pshm", "POSIX shared memory", .name = "posix-shm", .unlink = shm_unlink, .folder = "/dev/shm",
	},
	[VICTIM_POSIX_SEM] = {
		"psem", "POSIX semaphore", .name = "posix-sem", .unlink = sem_unlink, .folder = "/dev/shm",
	},
	[VICTIM_POSIX_MSG] = {
		"pmsg", "POSIX message queue", .name = "posix-mq", .unlink = mq_unlink, .folder = "/dev/mqueue",
	},
};

enum victim victim_find(const char *word)
{
	enum victim v = 0;

	while (v < NR_VICTIMS && strcmp(victims[v].word, word))
		v++;
	return v;
}

bool victim_is_posix(enum victim v)
{
	return victims[v].unlink;
}

static void begin_act(struct act *act, enum victim v)
{
	enum kind kind;

	*act = (struct act){ 0 };
	FACT_SET(act, action, ACTION_REMOVE);
	if (!kind_parse(victims[v].name, &kind))
		FACT_SET(act, kind, kind);
}

/* @error 0: it was removed, as @outcome says. */
static void log_act(struct removals *r, struct act *act, const char *name, int error, enum outcome outcome)
{
	struct buf ignored = BUF_INIT;

	FACT_SET(act, name, name);
	FACT_SET(act, result, !error ? outcome : error == EINVAL || error == EIDRM || error == ENOENT ?
		 OUTCOME_GONE : OUTCOME_FAILED);
	if (error)
		FACT_SET(act, why, strerror(error));
	if (!r->audit && audit_open("ipcrm", NULL, &r->audit, &ignored))
		r->audit = NULL;
	/* it goes to syslog alone, and where there is none that is no failure */
	if (r->audit)
		(void)!audit_act(r->audit, act);
	buf_release(&ignored);
}

void removals_end(struct removals *r)
{
	(void)!audit_close(r->audit);
	r->audit = NULL;
}

static const char *error_text(int error)
{
	switch (error) {
	case EACCES:
	case EPERM:
		return "permission denied for";
	case EINVAL:
	case ENOENT:
		return "invalid";
	case EIDRM:
		return "already removed";
	default:
		return NULL;
	}
}

void remove_id(struct removals *r, enum victim v, int id, bool by_key)
{
	const char *what = by_key ? "key" : "id";
	struct buf name = BUF_INIT;
	struct act act, after;
	int error;

	begin_act(&act, v);
	(void)victims[v].stat(IPC_STAT, id, &act);
	if (r->verbose)
		printf("removing %s id `%d'\n", victims[v].what, id);
	error = victims[v].remove(id) < 0 ? errno : 0;
	if (error && error_text(error))
		compat_error(r->self, 0, "%s %s (%d)", error_text(error), what, id);
	else if (error)
		compat_error(r->self, error, "%s failed", what);
	r->failed += error != 0;
	/* a segment that somebody has attached stays until the last detach */
	begin_act(&after, v);
	buf_printf(&name, "%s:%d", victims[v].name, id);
	log_act(r, &act, name.s, error,
		!error && victims[v].stat(IPC_STAT, id, &after) >= 0 ? OUTCOME_CONDEMNED : OUTCOME_REMOVED);
	buf_release(&name);
}

int find_key(struct removals *r, enum victim v, key_t key, const char *text)
{
	int id = victims[v].find(key);

	if (id >= 0)
		return id;
	if (error_text(errno) && errno != EINVAL)
		compat_error(r->self, 0, "%s key (%s)", error_text(errno), text);
	else
		compat_error(r->self, errno, "key failed");
	r->failed++;
	return -1;
}

void remove_name(struct removals *r, enum victim v, const char *name)
{
	struct buf named = BUF_INIT, shown = BUF_INIT;
	struct act act;
	int error;

	begin_act(&act, v);
	text_escape(&shown, name, strlen(name), 0);
	if (r->verbose)
		printf("removing %s `%s'\n", victims[v].what, shown.s);
	error = victims[v].unlink(name) ? errno : 0;
	if (error == EACCES || error == EPERM)
		compat_error(r->self, 0, "permission denied for name `%s'", shown.s);
	else if (error == ENOENT)
		compat_error(r->self, 0, "name `%s' not found", shown.s);
	else if (error == ENAMETOOLONG)
		compat_error(r->self, 0, "name `%s' too long", shown.s);
	else if (error)
		compat_error(r->self, error, "name `%s' failed", shown.s);
	r->failed += error != 0;
	buf_printf(&named, "%s:%s", victims[v].name, *name == '/' ? "" : "/");
	text_escape(&named, name, strlen(name), TEXT_AT);
	log_act(r, &act, named.s, error, OUTCOME_UNLINKED);
	buf_release(&named);
	buf_release(&shown);
}

/* What may be read: others are not even tried. */
static void remove_all_ids(struct removals *r, enum victim v)
{
	int highest = victims[v].highest();

	if (highest < 0) {
		compat_error(r->self, 0, "kernel not configured for %s", victims[v].plural);
		r->failed++;
	}
	for (int i = 0; i <= highest; i++) {
		struct act act;
		int id;

		begin_act(&act, v);
		id = victims[v].stat(victims[v].by_index, i, &act);
		if (id >= 0)
			remove_id(r, v, id, false);
	}
}

/* Files as shm_open and the like make them: no folders, no links; semaphores by what their names begin with. */
static bool is_victim(int folder, enum victim v, const char *name)
{
	bool semaphore = !strncmp(name, "sem.", 4);
	struct stat st;

	if (v != VICTIM_POSIX_MSG && semaphore != (v == VICTIM_POSIX_SEM))
		return false;
	return !fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) && S_ISREG(st.st_mode);
}

/* Queues are those of the own IPC namespace, whatever is mounted, as far as one may see them so. */
static DIR *open_folder(enum victim v)
{
	int root = v == VICTIM_POSIX_MSG ? mqueue_mount() : -1, fd;
	DIR *folder;

	fd = openat(root < 0 ? AT_FDCWD : root, root < 0 ? victims[v].folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	folder = fd < 0 ? NULL : fdopendir(fd);
	if (root >= 0)
		close(root);
	return folder;
}

static void remove_all_names(struct removals *r, enum victim v)
{
	DIR *folder = open_folder(v);
	const struct dirent *entry;

	if (!folder) {
		compat_error(r->self, errno, "cannot list %s", victims[v].folder);
		r->failed++;
	}
	while (folder && (entry = readdir(folder))) {
		struct buf name = BUF_INIT;

		if (!is_victim(dirfd(folder), v, entry->d_name))
			continue;
		buf_printf(&name, "/%s", entry->d_name + (v == VICTIM_POSIX_SEM ? 4 : 0));
		remove_name(r, v, name.s);
		buf_release(&name);
	}
	if (folder)
		closedir(folder);
}

void remove_all(struct removals *r, enum victim v)
{
	if (victim_is_posix(v))
		remove_all_names(r, v);
	else
		remove_all_ids(r, v);
}
