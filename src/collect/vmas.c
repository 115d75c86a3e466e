/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All mappings of processes, private ones too: rows of CLASS_MAP for `maps`. */
#include "pass.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "intern.h"

#define DELETED " (deleted)"

struct reading {
	struct pass *p;
	uint32_t task;
	uint64_t process;
	struct index objects;		/* (pid, address) of a shared mapping: its object */
	struct intern paths;		/* most are those of libraries, in each process again */
};

/* The mark can be part of a name: then the name as it stands leads to the same file. */
static bool is_deleted(const struct reading *r, const struct vma *vma, const char *path)
{
	size_t len = strlen(path), mark = strlen(DELETED);
	struct statx stx;

	if (len <= mark || strcmp(path + len - mark, DELETED))
		return false;
	return !stat_path(r->p, path, &stx) || !same_file(&stx, vma->device, vma->inode);
}

static void set_path(struct reading *r, struct map *row, const char *path, size_t len)
{
	FACT_SET(row, path, intern_string(&r->paths, r->p->s->arena, path, len));
}

static void set_file(struct reading *r, struct map *row, const struct vma *vma)
{
	size_t len = vma->name_len;

	FACT_SET(row, device, vma->device);
	FACT_SET(row, inode, vma->inode);
	/* names of the kernel's own files bear the mark all their life */
	if (vma->device != r->p->c->shm_device) {
		FACT_SET(row, deleted, is_deleted(r, vma, vma->name));
		if (row->deleted)
			len -= strlen(DELETED);
	}
	set_path(r, row, vma->name, len);
}

static struct map *add_row(struct reading *r, const struct vma *vma)
{
	uint32_t pid = pass_task(r->p, r->task)->pid;
	uint32_t found = index_find(&r->objects, pid, vma->start, 0);
	struct map *row = snapshot_add(r->p->s, CLASS_MAP);

	FACT_SET(row, process, r->process);
	FACT_SET(row, start, vma->start);
	FACT_SET(row, length, vma->end - vma->start);
	FACT_SET(row, prot, prot_text(vma->prot));
	FACT_SET(row, offset, vma->offset);
	if (vma->inode)
		set_file(r, row, vma);
	else if (vma->name_len)
		set_path(r, row, vma->name, vma->name_len);
	if (found) {
		const struct object *o = snapshot_object(r->p->s, found - 1);

		FACT_SET(row, kind, o->kind);
		FACT_SET(row, object, o->name);
	}
	return row;
}

static void add_vma(void *arg, const struct vma *vma)
{
	add_row(arg, vma);
}

static int add_used(void *arg, const struct vma *vma, const struct smaps_usage *usage)
{
	struct map *row = add_row(arg, vma);

	if (usage->has_rss)
		FACT_SET(row, rss, usage->rss);
	if (usage->has_pss)
		FACT_SET(row, pss, usage->pss);
	if (usage->has_swap)
		FACT_SET(row, swap, usage->swap);
	return 0;
}

/* Text: of all mappings it is the quicker way, and PROCMAP_QUERY leaves out [vsyscall]. */
static int read_maps(struct reading *r, int dir, const char *path)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC), rc;

	if (fd < 0)
		return -errno;
	rc = maps_read(fd, dir, MAPS_EVERYTHING, add_vma, r);
	close(fd);
	return rc;
}

static int read_task(struct reading *r, bool usage)
{
	const struct task *t = pass_task(r->p, r->task);
	char path[40], file[40];
	int dir, rc;

	snprintf(path, sizeof(path), "/proc/%u", t->pid);
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	/* of a dead leader, through a thread that lives */
	if (t->reader && t->reader != t->pid)
		snprintf(file, sizeof(file), "task/%u/%s", t->reader, usage ? "smaps" : "maps");
	else
		snprintf(file, sizeof(file), "%s", usage ? "smaps" : "maps");
	rc = usage ? smaps_read(dir, file, add_used, r) : read_maps(r, dir, file);
	/* a kernel thread or a zombie is there, and maps nothing */
	if (rc == -ESRCH && !faccessat(dir, "stat", F_OK, 0))
		rc = 0;
	close(dir);
	return rc;
}

static void index_mappings(struct reading *r)
{
	const struct snapshot *s = r->p->s;

	for (uint32_t i = 0; i < snapshot_count(s, CLASS_OBJECT); i++) {
		const struct object *o = snapshot_object(s, i);

		for (uint32_t h = 0; h < o->holders.count; h++) {
			const struct holder *holder = snapshot_row(s, CLASS_HOLDER, o->holders.first + h);
			const struct process *process = snapshot_row(s, CLASS_PROCESS, holder->process);

			for (uint32_t m = 0; m < holder->mappings.count; m++) {
				const struct mapping *row = snapshot_row(s, CLASS_MAPPING,
									 holder->mappings.first + m);

				index_add(&r->objects, process->pid, row->start, 0, i);
			}
		}
	}
}

static bool is_asked_for(uint64_t pid, const uint64_t *pids, uint32_t npids)
{
	for (uint32_t i = 0; i < npids; i++)
		if (pids[i] == pid)
			return true;
	return !pids;
}

/* Facts of the processes asked for, which the rows refer to. */
static void read_processes(struct pass *p, const uint64_t *pids, uint32_t npids)
{
	for (uint32_t i = 0; i < p->c->tasks.count; i++)
		if (is_asked_for(pass_task(p, i)->pid, pids, npids))
			process_row(p, i);
	processes_read(p);
	user_names_fill(p);
}

/* The rows so far, when they are enough for a piece. */
static int hand_over(struct pass *p, const struct maps_receiver *to, bool last)
{
	struct table *rows = &p->s->tables[CLASS_MAP];
	int rc;

	if (!last && (!to->piece || rows->count < to->piece))
		return 0;
	rc = to->take(to->arg, p->s);
	rows->count = 0;
	return rc;
}

static void read_tasks(struct pass *p, const uint64_t *pids, uint32_t npids, bool usage,
		       const struct maps_receiver *to)
{
	struct reading r = { .p = p };
	int stop = 0;

	for (uint32_t i = 0; i < snapshot_count(p->s, CLASS_OBJECT); i++)
		object_name(p, i);
	index_mappings(&r);
	for (uint32_t i = 0; i < p->c->tasks.count && !stop; i++) {
		const struct task *t = pass_task(p, i);
		int rc;

		if (!is_asked_for(t->pid, pids, npids))
			continue;
		r.task = i;
		r.process = process_row(p, i);
		rc = read_task(&r, usage);
		/* of all processes some may go meanwhile; one that was named is missed */
		if (rc < 0 && (pids || (rc != -ENOENT && rc != -ESRCH)))
			snapshot_gap(p->s, "maps", rc == -ENOENT ? ESRCH : -rc, t->pid);
		stop = hand_over(p, to, false);
	}
	if (!stop)
		(void)hand_over(p, to, true);
	index_release(&r.objects);
	intern_release(&r.paths);
}

static int compare_pids(const void *pa, const void *pb)
{
	uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;

	return (a > b) - (a < b);
}

int collect_maps(const struct collect_options *options, const uint64_t *pids, uint32_t npids, bool usage,
		 const struct maps_receiver *receiver, struct snapshot **s)
{
	struct policy *policy = policy_new();	/* nothing is judged, but a snapshot tells by what */
	struct collect_options x = *options;
	struct collector *c;
	uint64_t *only = NULL;
	struct pass p;
	int rc;

	x.policy = policy;
	x.kinds = KINDS_ALL;
	x.sources = SOURCE_BIT(SOURCE_SHMCTL) | SOURCE_BIT(SOURCE_MAPS) | SOURCE_BIT(SOURCE_TMPFS) |
		    SOURCE_BIT(SOURCE_HOLDERS) | SOURCE_BIT(SOURCE_PROCESSES);
	c = collector_new(&x);
	c->want_private = true;
	if (pids) {
		only = xcalloc(npids, sizeof(*only));
		memcpy(only, pids, npids * sizeof(*only));
		qsort(only, npids, sizeof(*only), compare_pids);
		c->only = only;
		c->nonly = npids;
	}
	rc = pass_begin(&p, c);
	if (!rc) {
		pass_objects(&p);
		/* told again, and for the processes asked for, by what follows */
		snapshot_keep_gaps(p.s, 0, 0);
		read_processes(&p, pids, npids);
		read_tasks(&p, pids, npids, usage, receiver);
		system_end(&p);
	}
	pass_release(&p);
	collector_free(c);
	policy_free(policy);
	free(only);
	if (rc)
		snapshot_free(p.s);
	else
		*s = p.s;
	return rc;
}
