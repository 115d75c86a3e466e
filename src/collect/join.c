/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mappings and descriptors joined into objects. */
#include "pass.h"

#include <errno.h>
#include <sys/stat.h>


#define DELETED " (deleted)"

/*
 * What the kernel's own file systems hold is told apart by the name that the kernel
 * gives. A file of that name elsewhere lies on another device.
 */
#define NAMED(prefix) prefix, sizeof(prefix) - 1
static const struct kernel_name {
	const char *prefix;
	size_t len;
	enum kind kind;
	const char *label;		/* NULL: what follows the prefix */
} kernel_names[] = {
	{ NAMED("/SYSV"), KIND_SHM, "" },
	{ NAMED("/memfd:"), KIND_MEMFD, NULL },
	{ NAMED("/dev/zero"), KIND_ANON, "" },
	{ NAMED("/anon_hugepage"), KIND_ANON, "" },
	{ NAMED("[anon_shmem:"), KIND_ANON, NULL },
}, special_names[] = {
	{ NAMED("anon_inode:"), KIND_SPECIAL, NULL },
	{ NAMED("[perf_event]"), KIND_SPECIAL, "perf_event" },
	{ NAMED("/[aio]"), KIND_SPECIAL, "aio" },
	{ NAMED("/secretmem"), KIND_SPECIAL, "secretmem" },
	{ NAMED("/dmabuf:"), KIND_SPECIAL, NULL },
	{ NAMED("socket:"), KIND_SPECIAL, "socket" },
};

static const struct kernel_name *find_name(const struct kernel_name *names, unsigned int n,
					   const char *name)
{
	for (unsigned int i = 0; i < n; i++)
		if (!strncmp(name, names[i].prefix, names[i].len))
			return &names[i];
	return NULL;
}

struct class {
	enum kind kind;
	const struct kernel_name *by;
	const struct shared_fs *fs;
};

static bool is_kernels_own(const struct pass *p, uint64_t device)
{
	const struct hugetlb_device *h = p->c->hugetlb.rows;

	if (device == p->c->shm_device)
		return true;
	for (uint32_t i = 0; i < p->c->hugetlb.count; i++)
		if (h[i].device == device)
			return true;
	return false;
}

enum kind kind_on_posix(const char *name)
{
	const char *slash = strrchr(name, '/');

	/* settled by the size, once it is known */
	return slash && !strncmp(slash + 1, "sem.", 4) ? KIND_POSIX_SEM : KIND_POSIX_SHM;
}

static enum kind kind_on(const struct shared_fs *fs, const char *name)
{
	switch (fs->type) {
	case FS_POSIX:
		return kind_on_posix(name);
	case FS_MQUEUE:
		return KIND_POSIX_MQ;
	case FS_HUGETLB:
		break;
	}
	return KIND_FILE;
}

static struct class classify(const struct pass *p, uint64_t device, const char *name)
{
	struct class c = { .kind = KIND_FILE };

	if (is_kernels_own(p, device)) {
		c.by = find_name(kernel_names, ARRAY_SIZE(kernel_names), name);
		c.kind = c.by ? c.by->kind : KIND_SPECIAL;
		return c;
	}
	c.fs = files_fs(p, device);
	if (c.fs) {
		c.kind = kind_on(c.fs, name);
		return c;
	}
	c.by = find_name(special_names, ARRAY_SIZE(special_names), name);
	if (c.by || name[0] != '/')
		c.kind = KIND_SPECIAL;
	return c;
}

/* Two files of these may share (device, inode) in maps: the path tells them apart. */
static uint64_t path_hash(const struct pass *p, const struct class *c, uint64_t device,
			  const char *name)
{
	const char *type = c->kind == KIND_FILE ? mounts_type(p, device) : "";
	uint64_t h = 0xcbf29ce484222325ULL;

	if (c->kind != KIND_FILE || (type && strcmp(type, "btrfs") && strcmp(type, "overlay")))
		return 0;
	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 0x100000001b3ULL;
	return h | 1;
}

const char *without_mark(struct arena *arena, const char *name, bool *marked)
{
	size_t len = strlen(name), mark = strlen(DELETED);

	*marked = len > mark && !strcmp(name + len - mark, DELETED);
	return arena_strndup(arena, name, *marked ? len - mark : len);
}

const char *name_in_sight(const struct pass *p, uint64_t device, const char *name)
{
	const struct shared_fs *fs = files_fs(p, device);
	struct buf path = BUF_INIT;
	const char *seen;

	if (!fs || fs->type != FS_MQUEUE)
		return arena_strdup(p->s->arena, name);
	buf_printf(&path, "%s%s", fs->path, name);
	seen = arena_strndup(p->s->arena, path.s, path.len);
	buf_release(&path);
	return seen;
}

static void set_label(struct pass *p, struct object *o, const struct kernel_name *by,
		      const char *name)
{
	bool marked;
	char *label;
	size_t len;

	if (!by) {
		FACT_SET(o, label, without_mark(p->s->arena, name, &marked));
		return;
	}
	if (by->label) {
		if (*by->label)
			FACT_SET(o, label, by->label);
		return;
	}
	label = (char *)without_mark(p->s->arena, name + by->len, &marked);
	len = strlen(label);
	/* anon_inode:[io_uring] and [anon_shmem:NAME] stand in brackets */
	if (len && label[len - 1] == ']') {
		label[len - 1] = '\0';
		label += label[0] == '[';
	}
	FACT_SET(o, label, label);
}

static uint32_t add_object(struct pass *p, const struct class *c, uint64_t device, uint64_t inode,
			   const char *name)
{
	uint32_t index;
	struct object *o = object_add(p, c->kind, &index);

	FACT_SET(o, device, device);
	FACT_SET(o, inode, inode);
	pass_where(p, index)->name = name_in_sight(p, device, name);
	if (c->kind == KIND_MEMFD || c->kind == KIND_ANON || c->kind == KIND_SPECIAL)
		set_label(p, o, c->by, name);
	return index;
}

static uint64_t key_of_name(const char *name)
{
	return strtoull(name + strlen("/SYSV"), NULL, 16);
}

static bool segment_fits(const struct object *o, const struct raw_map *m, const char *name)
{
	uint64_t size = (o->size + 4095) & ~4095ULL, end;

	if (__builtin_add_overflow(m->offset, m->end - m->start, &end))
		return false;
	/* the name keeps the key at creation; shmctl's is 0 when it has none or is condemned.
	 * Huge pages round the length up. */
	return o->nattch && (o->key == 0 || o->key == key_of_name(name)) &&
	       (end <= size || end <= ((o->size + (1 << 30) - 1) & ~((1ULL << 30) - 1)));
}

/* Segments by their id alone, one behind the other. Few passes need it. */
static void index_ids(struct pass *p)
{
	if (p->ids_known)
		return;
	p->ids_known = true;
	for (uint32_t i = 0; i < snapshot_count(p->s, CLASS_OBJECT); i++) {
		const struct object *o = snapshot_object(p->s, i);

		if (o->kind != KIND_SHM)
			continue;
		pass_where(p, i)->same_id = index_find(&p->ids, 0, o->id, 0);
		index_add(&p->ids, 0, o->id, 0, i);
	}
}

/* A mapping in a process that has moved to another namespace since shmat. */
struct stray {
	const struct task *task;
	const struct raw_map *map;
	const char *name;
	struct statx file;
	int error;			/* of asking its file */
};

static bool stray_fits(const struct pass *p, const struct stray *x, const struct object *o)
{
	if (!segment_fits(o, x->map, x->name))
		return false;
	return x->error || x->map->device != p->c->shm_device ||
	       (x->file.stx_size == o->size && x->file.stx_btime.tv_sec <= o->change_time + 1);
}

static uint32_t find_stray(struct pass *p, const struct stray *x)
{
	uint32_t any = 0;

	index_ids(p);
	for (uint32_t i = index_find(&p->ids, 0, x->map->inode, 0); i; i = pass_where(p, i - 1)->same_id) {
		if (!stray_fits(p, x, snapshot_object(p->s, i - 1)))
			continue;
		if (any)
			return 0;	/* more than one: nothing is proven */
		any = i;
	}
	return any;
}

/*
 * Gone meanwhile, or of a namespace that is out of reach: its file tells. All mappings of it
 * have one id and one time of birth.
 */
static uint32_t strange_segment(struct pass *p, const struct class *c, const struct stray *x)
{
	uint64_t born = x->file.stx_btime.tv_sec * 1000000000ULL + x->file.stx_btime.tv_nsec;
	uint32_t found;

	if (x->error) {
		if (x->error != ENOENT && x->error != ESRCH)
			snapshot_gap(p->s, "map_files", x->error, x->task->pid);
		return 0;
	}
	found = index_find(&p->index, p->c->shm_device, x->map->inode, born);
	if (!found) {
		found = add_object(p, c, x->map->device, x->map->inode, x->name) + 1;
		FACT_SET(snapshot_object(p->s, found - 1), id, x->map->inode);
		index_add(&p->index, p->c->shm_device, x->map->inode, born, found - 1);
	}
	return found;
}

/*
 * Ids repeat across IPC namespaces: join by that of the process. One that has moved to
 * another namespace since shmat is found by size, key, count and time.
 */
static uint32_t find_segment(struct pass *p, const struct task *t, const struct raw_map *m,
			     const struct class *c, const char *name)
{
	uint32_t found = index_find(&p->index, p->c->shm_device, m->inode, t->ipc_ns);
	struct stray x = { .task = t, .map = m, .name = name };

	if (found && segment_fits(snapshot_object(p->s, found - 1), m, name))
		return found;
	x.error = stat_mapping(t->reader, m->start, m->end, &x.file);
	found = find_stray(p, &x);
	return found || !t->ipc_ns ? found : strange_segment(p, c, &x);
}

/* Tasks come one after the other: a change of task is a further one. */
static void count_map(struct pass *p, uint32_t object, struct where *w, uint32_t task,
		      const struct raw_map *m)
{
	struct object *o = snapshot_object(p->s, object);

	o->mappings++;
	if (w->map_task != task + 1)
		o->processes++;
	w->map_task = task + 1;
	if (m->prot & PROT_X)
		o->flags |= OBJECT_EXECUTABLE;
	if (!(m->prot & PROT_SHARED))
		o->evidence.private_mapping = true;
	if (w->end)
		return;
	w->map_tid = pass_task(p, task)->reader;
	w->map_device = m->device;
	w->start = m->start;
	w->end = m->end;
}

static void count_fd(struct pass *p, uint32_t object, struct where *w, uint32_t task,
		     const struct raw_fd *f)
{
	if (w->fd_task != task + 1)
		snapshot_object(p->s, object)->openers++;
	w->fd_task = task + 1;
	if (w->fd >= 0)
		return;
	w->tid = f->tid;
	w->fd = f->fd;
}

static void add_link(struct pass *p, uint32_t object, uint32_t task, uint32_t item, bool is_fd)
{
	struct where *w = pass_where(p, object);
	const struct task *t = pass_task(p, task);

	if (p->sources & SOURCE_BIT(SOURCE_HOLDERS)) {
		struct link *l = table_add(&p->links, sizeof(*l));

		*l = (struct link){ .object = object, .task = task, .item = item, .is_fd = is_fd };
	}
	w->awake |= !t->slept;
	w->holders = (w->holders ^ t->inode) * 0x100000001b3ULL;
	if (is_fd)
		count_fd(p, object, w, task, (struct raw_fd *)t->fds.rows + item);
	else
		count_map(p, object, w, task, (struct raw_map *)t->maps.rows + item);
}

/* The kinds that a class may turn out to be, once the file is known. */
static uint32_t wanted_as(const struct class *c)
{
	if (c->kind == KIND_FILE)
		return KIND_BIT(KIND_FILE) | KIND_BIT(KIND_DEVICE);
	if (c->fs && c->fs->type == FS_POSIX)
		return KIND_BIT(KIND_POSIX_SHM) | KIND_BIT(KIND_POSIX_SEM);
	return KIND_BIT(c->kind);
}

static uint32_t find_or_add(struct pass *p, const struct task *t, struct raw_map *m)
{
	const char *name = task_name(t, m->name);
	struct class c = classify(p, m->device, name);
	uint64_t extra = path_hash(p, &c, m->device, name);
	uint32_t found;

	m->segment = c.kind == KIND_SHM;
	/* private mappings are of interest on the shared file systems only */
	if (!(p->c->kinds & wanted_as(&c)) || (!(m->prot & PROT_SHARED) && !c.fs)) {
		m->object = NO_OBJECT;
		return 0;
	}
	if (m->segment)
		return m->object = find_segment(p, t, m, &c, name);
	found = index_find(&p->index, m->device, m->inode, extra);
	if (!found) {
		found = add_object(p, &c, m->device, m->inode, name) + 1;
		index_add(&p->index, m->device, m->inode, extra, found - 1);
	}
	/* what needs the path to be told apart needs it again */
	m->object = extra ? 0 : found;
	return found;
}

/* Whether the object at @at (+1) is what looking for @m by name and number would give. */
static bool stands_at(const struct pass *p, const struct task *t, const struct raw_map *m, uint32_t at)
{
	const struct object *o;

	if (!at || at > snapshot_count(p->s, CLASS_OBJECT))
		return false;
	o = snapshot_object(p->s, at - 1);
	if (o->inode != m->inode || (o->kind == KIND_SHM) != m->segment)
		return false;
	if (m->segment)
		return FACT_KNOWN(o, ipc_ns) && o->ipc_ns == t->ipc_ns &&
		       segment_fits(o, m, task_name(t, m->name));
	return o->device == m->device;
}

/* Most objects are where they were, or all as much behind as there are new ones before them. */
static uint32_t find_again(struct pass *p, const struct task *t, struct raw_map *m)
{
	uint32_t before = m->object, found;

	if (before == NO_OBJECT)
		return 0;
	if (before && stands_at(p, t, m, before + p->shift))
		return m->object = before + p->shift;
	if (before && p->shift && stands_at(p, t, m, before))
		return before;
	found = find_or_add(p, t, m);
	if (before && found)
		p->shift = found - before;
	return found;
}

void places_forget(struct collector *c)
{
	const struct task *t = c->tasks.rows;

	for (uint32_t i = 0; i < c->tasks.count; i++) {
		struct raw_map *m = t[i].maps.rows;

		for (uint32_t k = 0; k < t[i].maps.count; k++)
			m[k].object = 0;
	}
}

static void join_maps(struct pass *p)
{
	uint64_t devices = mounts_print(p);

	/* what a mapping's name makes of it depends on which file systems there are */
	if (devices != p->c->devices)
		places_forget(p->c);
	p->c->devices = devices;
	for (uint32_t i = 0; i < p->c->tasks.count; i++) {
		const struct task *t = pass_task(p, i);

		for (uint32_t k = 0; !t->gone && k < t->maps.count; k++) {
			uint32_t found = find_again(p, t, (struct raw_map *)t->maps.rows + k);

			if (found)
				add_link(p, found - 1, i, k, false);
		}
	}
}

static uint32_t find_opened(struct pass *p, const struct task *t, const struct raw_fd *f)
{
	const char *name = task_name(t, f->name);
	struct class c = classify(p, f->device, name);
	uint32_t found;

	if (c.kind == KIND_SHM)		/* by way of map_files */
		return index_find(&p->index, p->c->shm_device, f->inode, t->ipc_ns);
	found = index_find(&p->index, f->device, f->inode, 0);
	if (found)
		return found;
	/* what is only held open counts where it is memory */
	if ((c.kind != KIND_MEMFD && !c.fs) || !(p->c->kinds & wanted_as(&c)))
		return 0;
	found = add_object(p, &c, f->device, f->inode, name) + 1;
	index_add(&p->index, f->device, f->inode, 0, found - 1);
	return found;
}

static void join_fds(struct pass *p)
{
	for (uint32_t i = 0; i < p->c->tasks.count; i++) {
		const struct task *t = pass_task(p, i);

		for (uint32_t k = 0; !t->gone && k < t->fds.count; k++) {
			uint32_t found = find_opened(p, t, (struct raw_fd *)t->fds.rows + k);

			if (found)
				add_link(p, found - 1, i, k, true);
		}
	}
}

/*
 * A segment of no namespace in sight, if somebody still maps it: the namespace lives by the
 * attachment alone, and nothing but the file can be asked.
 */
static void settle_strange_segments(struct pass *p)
{
	for (uint32_t i = p->files; i < snapshot_count(p->s, CLASS_OBJECT); i++) {
		struct object *o = snapshot_object(p->s, i);

		if (o->kind != KIND_SHM || FACT_KNOWN(o, ipc_ns))
			continue;
		if (FACT_IS_UNKNOWN(o, size)) {
			pass_where(p, i)->dropped = true;
			continue;
		}
		FACT_UNKNOWN(o, ipc_ns);
		FACT_UNKNOWN(o, key);
		FACT_UNKNOWN(o, nattch);
		FACT_UNKNOWN(o, creator_pid);
		FACT_UNKNOWN(o, last_pid);
		o->evidence.namespace_other = true;
	}
}

static void mend_segment(struct object *o, uint64_t device, uint64_t page_size)
{
	o->flags |= OBJECT_HUGETLB;
	FACT_SET(o, device, device);
	/* counted as page_size / 4096 pages of page_size each: one factor too many */
	if (FACT_KNOWN(o, rss)) {
		o->rss /= page_size / 4096;
		o->swap /= page_size / 4096;
		o->allocated = o->rss + o->swap;
	}
}

/* Of which size a segment's pages are only a mapping tells. */
static void mend_huge_pages(struct pass *p)
{
	for (uint32_t i = 0; i < snapshot_count(p->s, CLASS_OBJECT); i++) {
		struct object *o = snapshot_object(p->s, i);
		const struct where *w = pass_where(p, i);
		uint64_t page_size = 4096;

		if (o->kind != KIND_SHM || FACT_KNOWN(o, page_size))
			continue;
		if (w->end) {
			if (is_hugetlb_device(p, w->map_device, &page_size))
				mend_segment(o, w->map_device, page_size);
			FACT_SET(o, page_size, page_size);
			continue;
		}
		FACT_UNKNOWN(o, page_size);
		if (FACT_KNOWN(o, rss) && o->rss > ((o->size + 4095) & ~4095ULL)) {
			FACT_UNKNOWN(o, rss);
			FACT_UNKNOWN(o, swap);
			FACT_UNKNOWN(o, allocated);
		}
	}
}

void join(struct pass *p, bool maps, bool fds)
{
	if (maps)
		join_maps(p);
	/* descriptors know files by stat's device, which only their own stat tells */
	stat_files(p);
	if (fds)
		join_fds(p);
	stat_others(p);
	settle_strange_segments(p);
	mend_huge_pages(p);
}
