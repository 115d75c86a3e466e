/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pass over the system, from the task list to the verdicts. */
#include "pass.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sched.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "ipctop/clock.h"
#include "ipctop/field.h"

#define PROC_PID_INIT_INO 4026531836ULL	/* include/linux/proc_ns.h: never another's */
#define THREADS_MAX 8
#define SECOND_LOOK_MS 2000

static uint64_t device_of_memfd(unsigned int flags)
{
	int fd = memfd_create("ipctop", MFD_CLOEXEC | flags);
	struct stat st;
	uint64_t device = 0;

	if (fd < 0)
		return 0;
	if (!fstat(fd, &st))
		device = st.st_dev;
	close(fd);
	return device;
}

/* The kernel has one internal hugetlbfs for each size of huge pages. */
static void find_hugetlb(struct collector *c)
{
	DIR *dir = opendir("/sys/kernel/mm/hugepages");
	struct dirent *e;

	c->hugetlb_sought = true;
	while (dir && (e = readdir(dir))) {
		struct hugetlb_device *h;
		unsigned long long kib;
		uint64_t device;

		if (sscanf(e->d_name, "hugepages-%llukB", &kib) != 1 || !kib)
			continue;
		device = device_of_memfd(MFD_HUGETLB |
					 (unsigned int)__builtin_ctzll(kib * 1024) << MFD_HUGE_SHIFT);
		if (!device)
			continue;
		h = table_add(&c->hugetlb, sizeof(*h));
		*h = (struct hugetlb_device){ .device = device, .page_size = kib * 1024 };
	}
	if (dir)
		closedir(dir);
}

/* The root of each file system is kept open: with a thousand containers 1024 are too few. */
static void allow_descriptors(void)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static unsigned int count_cores(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) ? 1 : CPU_COUNT(&set);

	return n < 1 ? 1 : n > THREADS_MAX ? THREADS_MAX : n;
}

/* The default of SIGIO ends the program: a lease that somebody breaks would send it. */
static void ignore_sigio(void)
{
	struct sigaction act;

	if (!sigaction(SIGIO, NULL, &act) && act.sa_handler == SIG_DFL)
		signal(SIGIO, SIG_IGN);
}

/* Parts of one family may be of both kinds, and each speaks for the other. */
static uint32_t with_family(uint32_t of_kinds)
{
	const uint32_t posix = KIND_BIT(KIND_POSIX_SHM) | KIND_BIT(KIND_POSIX_SEM);

	return of_kinds & posix ? of_kinds | posix : of_kinds;
}

/*
 * Most of what is kept says itself what it is good for: a task what of it the last pass read, a
 * statx in which pass it was made. What depends on the whole of what is asked for is here.
 */
void collector_ask(struct collector *c, uint32_t of_kinds, uint32_t sources, bool reasons)
{
	const uint32_t sought = SOURCE_BIT(SOURCE_TMPFS) | SOURCE_BIT(SOURCE_MAPS) |
				SOURCE_BIT(SOURCE_LEASE);

	/* private mappings are read for files that nobody was seen to hold: those may be other files now */
	if ((sources & sought) != sought || c->options.kinds & ~of_kinds)
		c->want_private = false;
	c->options.kinds = of_kinds;
	c->options.sources = sources;
	c->options.reasons = reasons;
	if (with_family(of_kinds) != c->kinds)
		places_forget(c);
	c->kinds = with_family(of_kinds);
	if (!c->hugetlb_sought && sources & (SOURCE_BIT(SOURCE_MAPS) | SOURCE_BIT(SOURCE_FDS)))
		find_hugetlb(c);
}

struct collector *collector_new(const struct collect_options *options)
{
	struct collector *c = xcalloc(1, sizeof(*c));
	char self[16], mine[16];
	ssize_t n;
	int error;

	c->options = *options;
	allow_descriptors();
	c->threads = count_cores();
	c->query_works = !options->no_procmap_query;
	c->shm_device = device_of_memfd(0);
	/* where memfds are forbidden: the first of the kernel's own mounts */
	if (!c->shm_device)
		c->shm_device = makedev(0, 1);
	collector_ask(c, options->kinds, options->sources, options->reasons);
	c->ipc_ns = ns_inode(AT_FDCWD, "/proc/self/ns/ipc", &error);
	c->pid_ns = ns_inode(AT_FDCWD, "/proc/self/ns/pid", &error);
	c->mnt_ns = ns_inode(AT_FDCWD, "/proc/self/ns/mnt", &error);
	c->initial_pid_ns = c->pid_ns == PROC_PID_INIT_INO;
	n = readlink("/proc/self", self, sizeof(self) - 1);
	self[n < 0 ? 0 : n] = '\0';
	snprintf(mine, sizeof(mine), "%d", getpid());
	c->proc_is_ours = !strcmp(self, mine);
	c->names = user_names_new();
	ignore_sigio();
	return c;
}

void collector_free(struct collector *c)
{
	if (!c)
		return;
	for (uint32_t i = 0; i < c->tasks.count; i++)
		task_release((struct task *)c->tasks.rows + i);
	table_release(&c->tasks);
	table_release(&c->hugetlb);
	index_release(&c->look.unheld);
	index_release(&c->index);
	stats_release(&c->stats);
	user_names_free(c->names);
	free(c);
}

static bool wants(const struct pass *p, enum source source)
{
	return p->sources & SOURCE_BIT(source);
}

/* Forget what was joined, to join again what was read again. */
static void forget_objects(struct pass *p)
{
	static const enum row_class joined[] = {
		CLASS_OBJECT, CLASS_HOLDER, CLASS_PROCESS, CLASS_MAPPING, CLASS_FD, CLASS_SEMAPHORE,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(joined); i++)
		p->s->tables[joined[i]].count = 0;
	snapshot_keep_gaps(p->s, p->gaps, p->numbers);
	index_clear(&p->index);
	index_clear(&p->ids);
	p->ids_known = false;
	p->where.count = p->links.count = 0;
	files_release(p);
	for (uint32_t i = 0; i < p->c->tasks.count; i++)
		pass_task(p, i)->process = 0;
}

static void find_objects(struct pass *p)
{
	if (wants(p, SOURCE_TMPFS) || wants(p, SOURCE_MAPS) || wants(p, SOURCE_FDS))
		files_find(p);
	if (p->sources & SOURCES_IPC_NS)
		ipc_namespaces_read(p);
	p->files = snapshot_count(p->s, CLASS_OBJECT);
	if (wants(p, SOURCE_TMPFS) || wants(p, SOURCE_MQUEUE))
		files_walk(p);
	join(p, wants(p, SOURCE_MAPS), wants(p, SOURCE_FDS));
	if (wants(p, SOURCE_SEMVALUES))
		semfiles_read(p);
	if (wants(p, SOURCE_MQUEUE))
		mqueues_read(p);
	join_holders(p);
	if (wants(p, SOURCE_LEASE))
		leases_ask(p);
}

/* Somebody unseen, or nobody knows: private mappings are the next place to look. */
static bool private_mappings_matter(const struct pass *p)
{
	if (!wants(p, SOURCE_MAPS) || !wants(p, SOURCE_LEASE) || p->c->want_private)
		return false;
	for (uint32_t i = p->files; i < snapshot_count(p->s, CLASS_OBJECT); i++) {
		const struct object *o = snapshot_object(p->s, i);
		const struct where *w = pass_where(p, i);

		if (w->fs && !o->mappings && !o->openers && o->evidence.lease != LEASE_GRANTED)
			return true;
	}
	return false;
}

/*
 * Segments whose mappings do not add up to the kernel's count, as one number: when it
 * changes although processes slept, one of them shares its memory with somebody awake.
 */
static uint64_t miscounted(const struct pass *p)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < snapshot_count(p->s, CLASS_OBJECT); i++) {
		const struct object *o = snapshot_object(p->s, i);

		if (o->kind == KIND_SHM && FACT_KNOWN(o, nattch) && o->nattch != o->mappings)
			sum += (o->id + 1) * 0x9e3779b97f4a7c15ULL ^ (o->nattch - o->mappings);
	}
	return sum;
}

/* Read, join, and read again where that turned out to be too little. */
void pass_objects(struct pass *p)
{
	bool maps = wants(p, SOURCE_MAPS), fds = wants(p, SOURCE_FDS);
	uint32_t skipped = tasks_scan(p, maps, fds, false);

	mounts_read(p);
	limits_of_tmpfs(p);
	p->hidden = tasks_hidden(p);
	/* without its mounts nobody knows, which is a gap of its own */
	if (p->hidden && ((struct mounts *)p->mounts.rows)->rows.count)
		snapshot_gap(p->s, "pids", EPERM, 0);
	p->gaps = p->s->tables[CLASS_GAP].count;
	p->numbers = p->s->numbers.count;
	find_objects(p);
	if (private_mappings_matter(p)) {
		p->c->want_private = true;
		skipped = tasks_scan(p, maps, fds, false);
		forget_objects(p);
		find_objects(p);
	}
	if (maps && wants(p, SOURCE_SHMCTL) && miscounted(p) != p->c->miscounted) {
		if (skipped) {
			tasks_scan(p, maps, fds, true);
			forget_objects(p);
			find_objects(p);
		}
		p->c->miscounted = miscounted(p);
	}
	if (maps || fds || p->sources & SOURCES_IPC_NS)
		tasks_gaps(p, maps, fds);
}

static uint64_t tasks_fingerprint(const struct pass *p)
{
	uint64_t h = 0;

	for (uint32_t i = 0; i < p->c->tasks.count; i++) {
		const struct task *t = pass_task(p, i);

		/* ipctop's own threads do not count, nor does it itself */
		h = (h ^ t->pid) * 0x100000001b3ULL;
		h = (h ^ t->inode) * 0x100000001b3ULL;
		if (t->gone)
			h++;
	}
	return h;
}

static bool is_open_question(const struct pass *p, uint32_t i)
{
	const struct object *o = snapshot_object(p->s, i);

	return pass_where(p, i)->fs && kinds[o->kind].outlives && !kinds[o->kind].counted &&
	       !o->mappings && !o->openers &&
	       (o->evidence.lease == LEASE_NO_ANSWER || o->evidence.lease == LEASE_NOT_ASKED);
}

/* Whether absence can be told by looking at all: everything is in sight and was read. */
static bool can_look(const struct pass *p)
{
	if (!wants(p, SOURCE_LEASE) || !wants(p, SOURCE_MAPS) || !wants(p, SOURCE_FDS) ||
	    !p->c->initial_pid_ns || !p->c->proc_is_ours || p->hidden)
		return false;
	for (uint32_t i = 0; i < p->c->tasks.count; i++) {
		const struct task *t = pass_task(p, i);

		if (t->gone || t->maps_error || t->fds_error || t->ns_error ||
		    (t->maps_valid && !t->private_read))
			return false;
	}
	return true;
}

/* Remember which files nobody was seen to hold; those of the last look count as proven. */
static bool compare_looks(struct pass *p)
{
	struct look *last = &p->c->look, now = { .at = clock_boot_ms(), .tasks = tasks_fingerprint(p) };
	bool proven = last->at && now.at - last->at >= SECOND_LOOK_MS && now.tasks == last->tasks;

	for (uint32_t i = p->files; i < snapshot_count(p->s, CLASS_OBJECT); i++) {
		struct object *o = snapshot_object(p->s, i);

		if (!is_open_question(p, i))
			continue;
		index_add(&now.unheld, o->device, o->inode, 0, i);
		if (proven && index_find(&last->unheld, o->device, o->inode, 0))
			o->evidence.absent = true;
	}
	index_release(&last->unheld);
	*last = now;
	return proven;
}

/*
 * Absence where no lease answers: two looks, 2 s apart, in which nothing came or went. The first
 * pass waits for its second look; later ones compare with the one before.
 */
static void look_twice(struct pass *p)
{
	bool open = false;

	for (uint32_t i = p->files; i < snapshot_count(p->s, CLASS_OBJECT) && !open; i++)
		open = is_open_question(p, i);
	if (!open || !can_look(p)) {
		index_release(&p->c->look.unheld);
		p->c->look = (struct look){ 0 };
		return;
	}
	compare_looks(p);
	if (p->c->passes || p->c->options.no_wait)
		return;
	usleep((SECOND_LOOK_MS + 10) * 1000);
	if (tasks_list(p) < 0)
		return;
	tasks_scan(p, true, true, true);
	forget_objects(p);
	find_objects(p);
	tasks_gaps(p, true, true);
	if (can_look(p))
		compare_looks(p);
}

/* Segments are marked where they are read. */
static void mark_foreign_file(struct pass *p, uint32_t i)
{
	uint32_t fs = pass_where(p, i)->fs;

	if (fs && !((struct shared_fs *)p->filesystems.rows)[fs - 1].own)
		snapshot_object(p->s, i)->evidence.namespace_other = true;
}

static void judge(struct pass *p)
{
	for (uint32_t i = 0; i < snapshot_count(p->s, CLASS_OBJECT); i++) {
		object_name(p, i);
		mark_foreign_file(p, i);
		lifecycle_family(p->s, snapshot_object(p->s, i), p->c->options.policy);
	}
	if (wants(p, SOURCE_MOUNTS))
		mounts_mark(p);
	if (wants(p, SOURCE_LOCKS))
		locks_read(p);
	if (wants(p, SOURCE_PROCESSES))
		processes_read(p);
	else if (wants(p, SOURCE_HOLDERS) && p->c->options.comms)
		comms_read(p);
	if (wants(p, SOURCE_PIDS))
		pids_judge(p);
	if (wants(p, SOURCE_UIDS))
		uids_find(p);
	lifecycle_judge(p->s, &p->scene, p->c->options.reasons);
	holders_complete(p);
}

static int compare_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* What decides an object's place, apart from its row: rows are large and far apart. */
struct place {
	uint32_t row;
	uint32_t rank;			/* kind, another namespace's, without a path: in this order */
	uint64_t ipc_ns;
	const char *path;
	uint64_t device, inode;
};

static struct place place_of(const struct object *o, uint32_t row)
{
	return (struct place){
		.row = row, .ipc_ns = o->ipc_ns, .path = o->path, .device = o->device, .inode = o->inode,
		.rank = o->kind << 2 | o->evidence.namespace_other << 1 | !o->path,
	};
}

static int compare_places(const void *pa, const void *pb)
{
	const struct place *a = pa, *b = pb;
	int order = compare_u64(a->rank, b->rank);

	if (!order)
		order = compare_u64(a->ipc_ns, b->ipc_ns);
	if (!order && a->path)
		order = strcmp(a->path, b->path);
	if (!order)
		order = compare_u64(a->device, b->device);
	return order ? order : compare_u64(a->inode, b->inode);
}

/* Move each row to its place, along the cycles of the permutation: a second table would be large. */
static void permute(struct object *rows, struct place *places, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct object first;
		uint32_t at = i;

		if (places[i].row == i)
			continue;
		first = rows[i];
		for (;;) {
			uint32_t from = places[at].row;

			places[at].row = at;
			if (from == i)
				break;
			rows[at] = rows[from];
			at = from;
		}
		rows[at] = first;
	}
}

/* Leave out what is not asked for, and put the rest in an order that a reader can follow. */
static void order_objects(struct pass *p)
{
	struct table *t = &p->s->tables[CLASS_OBJECT];
	struct object *rows = t->rows;
	struct place *places;
	uint32_t n = 0, first = 0;

	for (uint32_t i = 0; i < t->count; i++) {
		if (pass_where(p, i)->dropped || !(p->s->kinds & KIND_BIT(rows[i].kind)))
			continue;
		if (n != i)
			rows[n] = rows[i];
		n++;
	}
	t->count = n;
	/* segments of this namespace come first, and stay in the order of the kernel's indexes */
	while (first < n && rows[first].kind == KIND_SHM && !rows[first].evidence.namespace_other)
		first++;
	rows += first;
	n -= first;
	places = xcalloc(n, sizeof(*places));
	for (uint32_t i = 0; i < n; i++)
		places[i] = place_of(&rows[i], i);
	qsort(places, n, sizeof(*places), compare_places);
	permute(rows, places, n);
	free(places);
}

void pass_release(struct pass *p)
{
	files_release(p);
	mounts_release(&p->mounts);
	index_clear(&p->index);
	p->c->index = p->index;
	index_release(&p->ids);
	table_release(&p->where);
	table_release(&p->links);
	table_release(&p->pid_facts);
	table_release(&p->uids);
	buf_release(&p->text);
}

int pass_begin(struct pass *p, struct collector *c)
{
	int rc;

	*p = (struct pass){
		.c = c, .s = snapshot_new(), .sources = c->options.sources, .index = c->index,
		.text = BUF_INIT,
	};
	p->s->kinds = c->options.kinds;
	p->s->sources = p->sources;
	p->s->shm_device = c->shm_device;
	/* much will be as it was */
	for (unsigned int i = 0; i < NR_CLASSES; i++)
		table_reserve(&p->s->tables[i], field_classes[i].size, c->counts[i]);
	system_begin(p);
	if (c->options.policy_error)
		snapshot_gap(p->s, "config", c->options.policy_error, 0);
	rc = tasks_list(p);
	if (rc < 0)
		snapshot_gap(p->s, "pids", -rc, 0);
	return rc;
}

int collector_pass(struct collector *c, struct snapshot **s)
{
	struct pass p;

	/* without /proc the segments can still be told, and the gap says the rest */
	(void)pass_begin(&p, c);
	pass_objects(&p);
	look_twice(&p);
	judge(&p);
	if (wants(&p, SOURCE_TMPFSES))
		tmpfses_read(&p);
	if (wants(&p, SOURCE_CGROUPS))
		cgroups_read(&p);
	user_names_fill(&p);
	if (wants(&p, SOURCE_LOGIND))
		logouts_find(&p);
	order_objects(&p);
	if (wants(&p, SOURCE_LIMITS))
		limits_read(&p);
	snapshot_sum(p.s);
	system_end(&p);
	pass_release(&p);
	c->passes++;
	for (unsigned int i = 0; i < NR_CLASSES; i++)
		c->counts[i] = p.s->tables[i].count;
	*s = p.s;
	return 0;
}
