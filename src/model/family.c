/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipctop/policy.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#define SHM	KIND_BIT(KIND_SHM)
#define FILES	KIND_BIT(KIND_POSIX_SHM)
#define SEMS	(KIND_BIT(KIND_POSIX_SHM) | KIND_BIT(KIND_POSIX_SEM))
#define MEMFD	KIND_BIT(KIND_MEMFD)
#define HUGE	KIND_BIT(KIND_FILE)

#define ROW(n, k, p, pid_group, instance_group, h, s) \
	{ .name = n, .pattern = p, .kinds = k, .pid = pid_group, .instance = instance_group, \
	  .habit = FAMILY_##h, .source = s }

/*
 * HELD only where the maker's own source keeps the object (or, as the instance, one of its
 * fellows) open or mapped for as long as anybody may still want it; a pid only where
 * the maker's source prints its own. A closed program is UNSURE, or KEPT where it has a tool of its own.
 */
static const struct family_row built_in[] = {
	/* databases */
	/* a pinned segment may be unmapped for hours: the postmaster's control segment is what stays mapped,
	 * hence one instance for all of a user's */
	ROW("PostgreSQL", FILES, "PostgreSQL\\.[0-9]+", 0, 0, HELD,
	    "postgres: src/backend/storage/ipc/dsm_impl.c, dsm.c"),
	ROW("PostgreSQL", SHM, "0x0052e2c[1-9a-f]", 0, 0, UNSURE,
	    "postgres before 12: src/backend/port/sysv_shmem.c, port 5432 times 1000 plus 1"),
	ROW("Oracle", FILES, "ora_.+", 0, 0, KEPT,
	    "Oracle Database, MEMORY_TARGET; its own tool: sysresv"),
	ROW("Informix", SHM, "0x52(5[6-9a-f]|[6-9a-f][0-9a-f])48[0-9a-f][0-9a-f]", 0, 0, UNSURE,
	    "IBM Informix: SERVERNUM times 65536 plus 0x52564801; its own tool: onclean"),
	ROW("LMDB", SEMS, "sem\\.MDB[rw]([0-9A-Za-z]+)", 0, 1, UNSURE,
	    "openldap: libraries/liblmdb/mdb.c, mdb_env_setup_locks"),

	/* Python */
	/* a program may close a block and open it again by name */
	ROW("Python shared_memory", FILES, "psm_([0-9a-f]{8})", 0, 1, UNSURE,
	    "cpython: Lib/multiprocessing/shared_memory.py"),
	/* the name goes when the creator's object does: Finalize, resource tracker */
	ROW("Python multiprocessing", SEMS, "sem\\.mp-([0-9a-z_]{8})", 0, 1, HELD,
	    "cpython: Lib/multiprocessing/synchronize.py, SemLock"),
	/* unlinked right after it was made: nobody can come back by name */
	ROW("Python multiprocessing", FILES, "pym-(([0-9]+)-[0-9a-z_]{8})", 2, 1, HELD,
	    "cpython: Lib/multiprocessing/heap.py, Arena"),
	ROW("loky", SEMS, "sem\\.loky-(([0-9]+)-[0-9a-z_]+)", 2, 1, HELD,
	    "loky: loky/backend/synchronize.py, SemLock"),
	ROW("joblib", FILES, "joblib_memmapping_folder_(([0-9]+)_[^/]*)/.+", 2, 1, UNSURE,
	    "joblib: joblib/_memmapping_reducer.py, TemporaryResourcesManager"),

	/* machine learning */
	/* a tensor on its way through a queue is mapped by nobody */
	ROW("PyTorch", FILES, "torch_(([0-9]+)_[0-9]+(_[0-9]+)?)", 2, 1, UNSURE,
	    "pytorch: aten/src/ATen/MapAllocator.cpp, NewProcessWideShmHandle"),
	ROW("NCCL", FILES, "nccl-([0-9A-Za-z]{6})", 0, 1, HELD,
	    "nccl: src/misc/shmutils.cc, ncclShmOpen (RCCL too)"),
	ROW("NCCL", FILES, "nccl-shm-(send|recv)-([0-9a-f]+)-.+", 0, 2, UNSURE,
	    "nccl before 2.12: src/transport/shm.cc"),
	ROW("CUDA", FILES, "cuda\\.shm\\.[0-9a-f]+\\.([0-9a-f]+)\\.[0-9a-f]+", 0, 1, UNSURE,
	    "NVIDIA driver (closed), seen"),
	ROW("Ray", FILES, "plasma([0-9A-Za-z]{6})", 0, 1, UNSURE,
	    "ray: src/ray/object_manager/plasma/dlmalloc.cc"),
	/* written once and mapped by nobody, but looked up by every copy of the library in the process */
	ROW("OpenMP", FILES, "__KMP_REGISTERED_LIB_(([0-9]+)(_[0-9]+)?)", 2, 1, UNSURE,
	    "llvm-project: openmp/runtime/src/kmp_runtime.cpp, __kmp_reg_status_name"),

	/* message passing */
	ROW("Open MPI", FILES, "(vader|sm)_segment\\.(.+)\\.[0-9]+", 0, 2, HELD,
	    "ompi: opal/mca/btl/sm/btl_sm_component.c, btl/vader, opal/mca/shmem/mmap"),
	ROW("Open MPI", FILES, "osc_(rdma|sm)\\.(.+)\\.[^.]+", 0, 2, UNSURE,
	    "ompi: ompi/mca/osc/rdma/osc_rdma_component.c, osc/sm"),
	ROW("Open MPI", FILES, "open_mpi\\.[0-9]{4}", 0, 0, UNSURE,
	    "ompi: opal/mca/shmem/posix; openpmix/prrte issue 403"),
	ROW("MPICH", FILES, "mpich_shar_tmp([0-9A-Za-z]{6})", 0, 1, HELD,
	    "mpich: src/mpl/src/shm/mpl_shm_mmap.c, create_and_attach; src/mpid/common/shm"),
	ROW("MVAPICH2", FILES, "ib_(shmem|pool)-(.+)\\.tmp", 0, 2, UNSURE,
	    "mvapich2: src/mpid/ch3/channels/mrail/src"),
	ROW("Intel MPI", FILES, "Intel_MPI_([0-9A-Za-z]{6})", 0, 1, UNSURE,
	    "Intel MPI (closed), seen"),
	ROW("UCX", FILES, "ucx_shm_posix_([0-9a-f]+)", 0, 1, HELD,
	    "ucx: src/uct/sm/mm/posix/mm_posix.c"),
	ROW("PSM", FILES, "psm(2|3)_shm\\.([0-9].*)", 0, 2, HELD,
	    "opa-psm2: ptl_am/am_reqrep_shmem.c; libfabric: prov/psm3/psm3/ptl_am"),
	/* mapped as long as it is needed, but anybody may name a file so; what other versions
	 * print, three numbers, may be a time of day */
	ROW("libfabric", FILES, "(([0-9]+):[0-9]+:[0-9]+:[0-9]+)", 2, 1, UNSURE,
	    "libfabric: prov/shm/src/smr_ep.c, smr_endpoint_name; smr_util.c, smr_create"),
	ROW("ComEx", SEMS, "(sem\\.)?cmx[0-9]{10}([0-9]{10})[0-9A-Za-z]{6}", 2, 2, UNSURE,
	    "Global Arrays: comex/src-mpi-pr/comex.c, _generate_shm_name"),

	/* robotics */
	/* whoever finds a port that nobody holds makes it anew */
	ROW("Fast-DDS", SEMS, "(sem\\.)?(fastrtps|fastdds)_(port[0-9]+|[0-9a-f]{16})(_el|_sl|_mutex)?",
	    0, 3, HELD, "Fast-DDS: src/cpp/rtps/transport/shared_mem/SharedMemGlobal.hpp"),
	ROW("Fast-DDS", FILES, "fast_datasharing_(.+)", 0, 1, UNSURE,
	    "Fast-DDS: src/cpp/rtps/DataSharing/DataSharingPayloadPool.hpp"),
	ROW("iceoryx2", SEMS, "iox2_.+", 0, 0, UNSURE, "iceoryx2: its services also stand in /tmp/iceoryx2"),
	ROW("iceoryx", FILES, "iceoryx_mgmt|iox1?_.+", 0, 0, UNSURE,
	    "iceoryx: iceoryx_posh, iceoryx_posh_types.hpp"),

	/* desktops */
	/* shared memory is unlinked as soon as it is made: what keeps such a name may as well be any
	 * other temporary file of the program, with TMPDIR=/dev/shm */
	ROW("Chromium", FILES, "\\.?(org\\.chromium\\.Chromium|com\\.google\\.Chrome)\\.([0-9A-Za-z]{6})", 0, 2,
	    UNSURE, "chromium: base/memory/platform_shared_memory_region_posix.cc, base/files"),
	/* unlinked as soon as it is made; passed on by descriptor */
	ROW("Firefox", FILES, "(snap\\.[^.]+\\.)?org\\.mozilla\\.ipc\\.(([0-9]+)\\.[0-9]+)", 3, 2, HELD,
	    "firefox: ipc/chromium/src/base/shared_memory_posix.cc; ipc/glue/SharedMemoryPlatform_posix.cpp"),
	ROW("Firefox", MEMFD, "mozilla-ipc", 0, 0, UNSURE,
	    "firefox: ipc/glue/SharedMemoryPlatform_posix.cpp"),
	ROW("PulseAudio", FILES, "pulse-shm-([0-9]+)", 0, 1, HELD, "pulseaudio: src/pulsecore/shm.c"),
	ROW("PulseAudio", MEMFD, "pulseaudio", 0, 0, UNSURE, "pulseaudio: src/pulsecore/shm.c"),
	ROW("PipeWire", MEMFD, "pipewire-memfd.*", 0, 0, UNSURE, "pipewire: src/pipewire/mem.c"),
	ROW("JACK", FILES, "jack-shm-registry", 0, 0, KEPT, "jack2: common/shm.c"),
	ROW("JACK", SEMS, "jack-[0-9]+-[0-9]+|(sem\\.)?jack_sem\\..+|jack_db-[0-9]+/.+", 0, 0, UNSURE,
	    "jack2: common/shm.c, posix/JackPosixSemaphore.cpp, linux/JackLinuxFutex.cpp"),
	ROW("GStreamer", FILES, "shmpipe\\.( *([0-9]+)\\. *[0-9]+)", 2, 1, HELD,
	    "gst-plugins-bad: sys/shm/shmpipe.c"),
	ROW("Qt", SEMS, "(sem\\.)?qipc_(sharedmemory|systemsem)_(.+)", 0, 3, UNSURE,
	    "qtbase: src/corelib/ipc/qtipccommon.cpp"),
	ROW("Wayland", MEMFD, "(wayland|weston)-.+", 0, 0, UNSURE, "wayland: cursor/os-compatibility.c"),
	ROW("X11", MEMFD, "xshmfence", 0, 0, UNSURE, "libxshmfence: src/xshmfence_alloc.c"),
	ROW("Wine", FILES, "wine-([0-9a-f]+)-(esync|fsync)", 0, 1, HELD,
	    "wine-staging, proton: server/esync.c, server/fsync.c"),
	ROW("Steam", FILES, "u[0-9]+-(Shm_|ValveIPCSharedObj).*|ValveIPCSHM_[0-9]+", 0, 0, UNSURE,
	    "Steam (closed), seen"),

	/* runtimes, machines, instruments */
	ROW("Java", MEMFD, "java_heap.*", 0, 0, UNSURE,
	    "jdk: src/hotspot/os/linux/gc/z/zPhysicalMemoryBacking_linux.cpp"),
	ROW(".NET", MEMFD, "doublemapper", 0, 0, UNSURE, "dotnet/runtime: minipal/Unix/doublemapping.cpp"),
	ROW("Podman", FILES, "libpod_lock|libpod_rootless_lock_[0-9]+", 0, 0, KEPT,
	    "podman: libpod/define/config.go, libpod/lock/shm"),
	ROW("LTTng", FILES, "lttng-ust-wait-[0-9]+(-[0-9]+)?", 0, 0, KEPT,
	    "lttng-ust: include/lttng/ust-abi.h, LTTNG_UST_WAIT_FILENAME"),
	/* made by systemd-tmpfiles at boot, with the owner that both sides need */
	ROW("ivshmem", FILES, "looking-glass.*|scream-ivshmem.*", 0, 0, KEPT,
	    "Looking Glass and Scream: installation, tmpfiles.d"),
	ROW("QEMU", HUGE | FILES, "(libvirt/qemu/[^/]+/)?qemu_back_mem\\..+\\.([0-9A-Za-z]{6})", 0, 2, UNSURE,
	    "qemu: system/physmem.c, file_ram_open"),
	/* --huge-unlink=never leaves them on purpose */
	ROW("DPDK", HUGE, "rtemap_[0-9]+", 0, 0, UNSURE, "dpdk: lib/eal/common/eal_filesystem.h"),
	ROW("SPDK", FILES, "(spdk|nvmf|iscsi|vhost|bdev)[0-9A-Za-z_-]*_trace\\.pid([0-9]+)", 2, 2, UNSURE,
	    "spdk: lib/event/app.c, app_setup_trace"),
	/* what random() says, cut off: less than six digits are some other program's */
	ROW("AFL++", FILES, "afl_(([0-9]+)_[0-9]{6,10})", 2, 1, HELD,
	    "AFLplusplus: src/afl-sharedmem.c, built with USEMMAP"),
	ROW("ZoneMinder", FILES, "zm\\.mmap\\.([0-9]+)", 0, 1, UNSURE, "zoneminder: src/zm_monitor.cpp"),
	ROW("NTP", SHM, "0x4e54503[0-9a-f]", 0, 0, KEPT,
	    "ntp: ntpd/refclock_shm.c; gpsd: include/ntpshm.h; chrony"),
	ROW("gpsd", SHM, "0x47505344", 0, 0, HELD, "gpsd: gpsd/shmexport.c, GPSD_SHM_KEY"),
	ROW("LinuxCNC", SHM, "0x48414c32", 0, 0, UNSURE, "linuxcnc: src/hal/hal_priv.h, HAL_KEY"),
};

/*
 * The literal beginnings of a pattern: every text that it matches begins with one of them. They
 * are tested before the expression, which costs a hundred times more. @open: nothing has come
 * yet that is not literal, so what follows may be appended.
 */
#define MAX_PREFIXES 8
struct prefix {
	char text[31];
	uint8_t len;
	bool open;
};
struct prefixes {
	struct prefix p[MAX_PREFIXES];
	unsigned int n;
};

static const struct prefixes nothing_yet = { .p = { { .open = true } }, .n = 1 };

static void prefixes_close(struct prefixes *s)
{
	for (unsigned int i = 0; i < s->n; i++)
		s->p[i].open = false;
}

/* Too many: the empty one stands for all. */
static void prefixes_add(struct prefixes *s, const struct prefix *p)
{
	if (s->n == MAX_PREFIXES) {
		*s = nothing_yet;
		prefixes_close(s);
		return;
	}
	s->p[s->n++] = *p;
}

static struct prefix prefix_join(const struct prefix *a, const struct prefix *b)
{
	struct prefix both = *a;
	size_t n = b->len;

	both.open = b->open;
	if (n > sizeof(both.text) - a->len) {
		n = sizeof(both.text) - a->len;
		both.open = false;
	}
	memcpy(both.text + a->len, b->text, n);
	both.len += n;
	return both;
}

/* Each of @s that is open, followed by each of @next. */
static void prefixes_follow(struct prefixes *s, const struct prefixes *next)
{
	struct prefixes all = { .n = 0 };

	for (unsigned int i = 0; i < s->n; i++) {
		if (!s->p[i].open) {
			prefixes_add(&all, &s->p[i]);
			continue;
		}
		for (unsigned int k = 0; k < next->n; k++) {
			struct prefix both = prefix_join(&s->p[i], &next->p[k]);

			prefixes_add(&all, &both);
		}
	}
	*s = all;
}

/* Behind the bracket expression that begins at @re[i]. */
static size_t bracket_end(const char *re, size_t i, size_t len)
{
	i++;
	if (i < len && re[i] == '^')
		i++;
	if (i < len && re[i] == ']')
		i++;
	while (i < len && re[i] != ']') {
		if (re[i] == '[' && i + 1 < len && strchr(":.=", re[i + 1])) {
			char kind = re[i + 1];

			for (i += 2; i + 1 < len && !(re[i] == kind && re[i + 1] == ']'); i++)
				;
			i++;
		}
		i++;
	}
	return i < len ? i + 1 : len;
}

/* Where the part that begins at @i ends: at a '|' or ')' of its own level, or at @len. */
static size_t branch_end(const char *re, size_t i, size_t len, bool stop_at_bar)
{
	unsigned int depth = 0;

	while (i < len) {
		if (re[i] == '\\')
			i += 2;
		else if (re[i] == '[')
			i = bracket_end(re, i, len);
		else if (!depth && (re[i] == ')' || (stop_at_bar && re[i] == '|')))
			return i;
		else {
			depth += (re[i] == '(') - (re[i] == ')');
			i++;
		}
	}
	return len;
}

static void alternatives(const char *re, size_t len, struct prefixes *out, unsigned int depth);

/* The atom at @re[*i]: what it begins with; false: nothing literal. @*i moves behind it. */
static bool atom(const char *re, size_t *i, size_t len, struct prefixes *out, unsigned int depth)
{
	char c = re[*i];

	if (c == '(' && depth < 16) {
		size_t end = branch_end(re, *i + 1, len, false);

		alternatives(re + *i + 1, end - *i - 1, out, depth + 1);
		*i = end < len ? end + 1 : len;
		return true;
	}
	if (c == '\\') {
		/* GNU gives meanings to letters, digits and these behind a backslash */
		c = *i + 1 < len ? re[++*i] : 'a';
		if (!strchr("!\"#$%&()*+,-./:;=?@[\\]^_{|}~ ", c))
			return false;
	} else if (strchr("^$.[]()|*+?{}", c) || c & 0x80) {
		/* what repeats in UTF-8 is a character, not its last byte */
		return false;
	}
	++*i;
	*out = (struct prefixes){ .p = { { .text = { c }, .len = 1, .open = true } }, .n = 1 };
	return true;
}

static bool is_repeat(const char *re, size_t i, size_t len)
{
	return i < len && strchr("*+?{", re[i]);
}

static void sequence(const char *re, size_t len, struct prefixes *out, unsigned int depth)
{
	size_t i = len && re[0] == '^' ? 1 : 0;
	bool literal = true;

	*out = nothing_yet;
	while (literal && i < len) {
		struct prefixes next;

		literal = atom(re, &i, len, &next, depth);
		if (literal && is_repeat(re, i, len)) {
			char how = re[i++];

			/* "a+*" may be empty as "a*" is */
			literal = how == '?';
			if (how == '*' || how == '{' || is_repeat(re, i, len))
				break;
			if (how == '?')
				prefixes_add(&next, &nothing_yet.p[0]);
			else
				prefixes_follow(out, &next);
		}
		if (literal)
			prefixes_follow(out, &next);
	}
	if (!literal || i < len)
		prefixes_close(out);
}

static void alternatives(const char *re, size_t len, struct prefixes *out, unsigned int depth)
{
	*out = (struct prefixes){ .n = 0 };
	for (size_t i = 0;;) {
		size_t end = branch_end(re, i, len, true);
		struct prefixes one;

		sequence(re + i, end - i, &one, depth);
		for (unsigned int k = 0; k < one.n; k++)
			prefixes_add(out, &one.p[k]);
		if (end >= len)
			return;
		i = end + 1;
	}
}

#define MAX_GROUP 9
struct matcher {
	struct family_row row;
	struct prefixes prefixes;
	/* compiled when a text first begins as one of the prefixes: all at once would take
	 * longer than to list a small machine's segments */
	atomic_bool compiled;
	regex_t regex;
};
struct family_table {
	struct matcher *rows;
	unsigned int count;
};
static pthread_mutex_t compiling = PTHREAD_MUTEX_INITIALIZER;

static bool has_back_reference(const char *pattern)
{
	while ((pattern = strchr(pattern, '\\')) && pattern[1]) {
		if (pattern[1] >= '1' && pattern[1] <= '9')
			return true;
		pattern += 2;
	}
	return false;
}

int family_check(const struct family_row *row, struct buf *error)
{
	char why[128];
	size_t groups;
	regex_t regex;
	int err = regcomp(&regex, row->pattern, REG_EXTENDED);

	if (err) {
		regerror(err, &regex, why, sizeof(why));
		buf_printf(error, "not a regular expression (%s)", why);
		return -EINVAL;
	}
	groups = regex.re_nsub < MAX_GROUP ? regex.re_nsub : MAX_GROUP;
	regfree(&regex);
	if (row->pid > groups || row->instance > groups) {
		buf_printf(error, "the pattern has no group %u",
			   row->pid > groups ? row->pid : row->instance);
		return -EINVAL;
	}
	if (has_back_reference(row->pattern)) {
		buf_puts(error, "a pattern cannot refer back to a group");
		return -EINVAL;
	}
	return 0;
}

int family_table_new(const struct family_row *rows, unsigned int count, struct family_table **table,
		     unsigned int *bad)
{
	struct family_table *t;
	struct buf why = BUF_INIT;
	int err = 0;

	for (unsigned int i = 0; !err && i < count; i++) {
		err = family_check(&rows[i], &why);
		*bad = i;
	}
	buf_release(&why);
	if (err)
		return err;
	t = xcalloc(1, sizeof(*t));
	t->count = count + ARRAY_SIZE(built_in);
	t->rows = xcalloc(t->count, sizeof(*t->rows));
	for (unsigned int i = 0; i < t->count; i++) {
		struct matcher *m = &t->rows[i];

		m->row = i < count ? rows[i] : built_in[i - count];
		alternatives(m->row.pattern, strlen(m->row.pattern), &m->prefixes, 0);
	}
	*table = t;
	return 0;
}

void family_table_free(struct family_table *t)
{
	if (!t)
		return;
	for (unsigned int i = 0; i < t->count; i++)
		if (t->rows[i].compiled)
			regfree(&t->rows[i].regex);
	free(t->rows);
	free(t);
}

/* The pattern was checked: all that can still be missing is memory. */
static void compile(struct matcher *m)
{
	struct buf whole = BUF_INIT;

	pthread_mutex_lock(&compiling);
	if (!m->compiled) {
		buf_printf(&whole, "^(%s)$", m->row.pattern);
		if (regcomp(&m->regex, whole.s, REG_EXTENDED | (m->row.pid || m->row.instance ? 0 : REG_NOSUB)))
			out_of_memory();
		m->compiled = true;
	}
	pthread_mutex_unlock(&compiling);
	buf_release(&whole);
}

static bool may_match(const struct prefixes *s, const char *text)
{
	for (unsigned int i = 0; i < s->n; i++)
		if (!strncmp(text, s->p[i].text, s->p[i].len))
			return true;
	return false;
}

/* A pid written in decimal, leading zeros allowed; 0 and what no pid_t holds are none. */
static void capture_pid(struct family_match *match, const char *text, const regmatch_t *group)
{
	uint64_t pid = 0;

	for (regoff_t i = group->rm_so; i < group->rm_eo; i++) {
		if (text[i] < '0' || text[i] > '9')
			return;
		pid = pid * 10 + (text[i] - '0');
		if (pid > INT32_MAX)
			return;
	}
	match->has_pid = pid > 0;
	match->pid = pid;
}

void family_match(const struct family_table *t, enum kind kind, const char *text,
		  struct arena *arena, struct family_match *match)
{
	regmatch_t groups[MAX_GROUP + 2];

	*match = (struct family_match){ .row = -1 };
	for (unsigned int i = 0; i < t->count; i++) {
		struct matcher *m = &t->rows[i];

		if (!(m->row.kinds & KIND_BIT(kind)) || !may_match(&m->prefixes, text))
			continue;
		if (!m->compiled)
			compile(m);
		if (regexec(&m->regex, text, ARRAY_SIZE(groups), groups, 0))
			continue;
		match->row = i;
		/* one further: the group that makes the pattern match the whole is the first */
		if (m->row.pid && groups[m->row.pid + 1].rm_so >= 0)
			capture_pid(match, text, &groups[m->row.pid + 1]);
		if (m->row.instance && groups[m->row.instance + 1].rm_so >= 0) {
			const regmatch_t *g = &groups[m->row.instance + 1];

			match->instance = arena_strndup(arena, text + g->rm_so, g->rm_eo - g->rm_so);
		}
		return;
	}
}

const struct family_row *family_row(const struct family_table *t, int row)
{
	return &t->rows[row].row;
}

unsigned int family_count(const struct family_table *t)
{
	return t->count;
}
