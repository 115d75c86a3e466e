/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ipctop/policy.h"

static struct family_table *table;
static struct arena *arena;

static int set_up(void **state)
{
	unsigned int bad = 0;

	arena = arena_new();
	return family_table_new(NULL, 0, &table, &bad);
}

static int tear_down(void **state)
{
	family_table_free(table);
	arena_free(arena);
	return 0;
}

/* Names as the programs make them; NULL in @family: nobody's. */
static const struct {
	enum kind kind;
	const char *text, *family;
	enum family_habit habit;
	uint32_t pid;
	const char *instance;
} names[] = {
	{ KIND_POSIX_SHM, "PostgreSQL.2178362514", "PostgreSQL", FAMILY_HELD, 0, NULL },
	{ KIND_POSIX_SHM, "PostgreSQL.12x", NULL },
	{ KIND_FILE, "PostgreSQL.2178362514", NULL },
	{ KIND_SHM, "0x0052e2c1", "PostgreSQL", FAMILY_UNSURE, 0, NULL },
	{ KIND_SHM, "0x0052e2c0", NULL },
	{ KIND_SHM, "0x00000000", NULL },
	{ KIND_POSIX_SHM, "ora_+ASM_3011536284_0_0", "Oracle", FAMILY_KEPT, 0, NULL },
	{ KIND_SHM, "0x52564801", "Informix", FAMILY_UNSURE, 0, NULL },
	{ KIND_SHM, "0x52554801", NULL },
	{ KIND_POSIX_SEM, "sem.MDBrab0123abcd", "LMDB", FAMILY_UNSURE, 0, "ab0123abcd" },
	{ KIND_POSIX_SHM, "psm_95b62aa5", "Python shared_memory", FAMILY_UNSURE, 0, "95b62aa5" },
	{ KIND_POSIX_SHM, "psm_95b62aa", NULL },
	{ KIND_POSIX_SHM, "psm_95b62aa55", NULL },
	{ KIND_POSIX_SHM, "xpsm_95b62aa5", NULL },
	{ KIND_POSIX_SHM, "folder/psm_95b62aa5", NULL },
	{ KIND_POSIX_SEM, "sem.mp-3k_0x9zq", "Python multiprocessing", FAMILY_HELD, 0, "3k_0x9zq" },
	{ KIND_POSIX_SHM, "pym-4711-ab_12345", "Python multiprocessing", FAMILY_HELD, 4711, "4711-ab_12345" },
	{ KIND_POSIX_SEM, "sem.loky-4711-ab_12345", "loky", FAMILY_HELD, 4711, "4711-ab_12345" },
	{ KIND_POSIX_SHM, "joblib_memmapping_folder_4711_ab12_cd34/1-2-3.pkl", "joblib", FAMILY_UNSURE,
	  4711, "4711_ab12_cd34" },
	{ KIND_POSIX_SHM, "torch_4711_1804289383_0", "PyTorch", FAMILY_UNSURE, 4711, "4711_1804289383_0" },
	{ KIND_POSIX_SHM, "torch_4711_1804289383", "PyTorch", FAMILY_UNSURE, 4711, "4711_1804289383" },
	{ KIND_POSIX_SHM, "torch_model_cache", NULL },
	{ KIND_POSIX_SHM, "nccl-onFp46", "NCCL", FAMILY_HELD, 0, "onFp46" },
	{ KIND_POSIX_SHM, "nccl-shm-send-8f3a-0-1-2", "NCCL", FAMILY_UNSURE, 0, "8f3a" },
	{ KIND_POSIX_SHM, "cuda.shm.0.1a2b.1", "CUDA", FAMILY_UNSURE, 0, "1a2b" },
	{ KIND_POSIX_SHM, "plasmaAb12Cd", "Ray", FAMILY_UNSURE, 0, "Ab12Cd" },
	{ KIND_POSIX_SHM, "__KMP_REGISTERED_LIB_4711_1000", "OpenMP", FAMILY_UNSURE, 4711, "4711_1000" },
	{ KIND_POSIX_SHM, "vader_segment.node1.cluster.3e8.1a2b0001.3", "Open MPI", FAMILY_HELD, 0,
	  "node1.cluster.3e8.1a2b0001" },
	{ KIND_POSIX_SHM, "sm_segment.node1.1000.1a2b0001.0", "Open MPI", FAMILY_HELD, 0,
	  "node1.1000.1a2b0001" },
	{ KIND_POSIX_SHM, "osc_rdma.node1.1a2b0001.4.4711", "Open MPI", FAMILY_UNSURE, 0, "node1.1a2b0001.4" },
	{ KIND_POSIX_SHM, "open_mpi.0003", "Open MPI", FAMILY_UNSURE, 0, NULL },
	{ KIND_POSIX_SHM, "mpich_shar_tmpMCilHL", "MPICH", FAMILY_HELD, 0, "MCilHL" },
	{ KIND_POSIX_SHM, "ib_shmem-kvs_1_2-node1-1000.tmp", "MVAPICH2", FAMILY_UNSURE, 0, "kvs_1_2-node1-1000" },
	{ KIND_POSIX_SHM, "Intel_MPI_Xanzbb", "Intel MPI", FAMILY_UNSURE, 0, "Xanzbb" },
	{ KIND_POSIX_SHM, "ucx_shm_posix_2e841ba5", "UCX", FAMILY_HELD, 0, "2e841ba5" },
	{ KIND_POSIX_SHM, "psm3_shm.996.0x8003b4103:fe80000000000000:98039b03000c56de.0", "PSM", FAMILY_HELD, 0,
	  "996.0x8003b4103:fe80000000000000:98039b03000c56de.0" },
	{ KIND_POSIX_SHM, "psm2_shm.1000000000000001200000", "PSM", FAMILY_HELD, 0, "1000000000000001200000" },
	{ KIND_POSIX_SHM, "4711:1000:0:0", "libfabric", FAMILY_UNSURE, 4711, "4711:1000:0:0" },
	{ KIND_POSIX_SHM, "12:30:05", NULL },
	{ KIND_POSIX_SHM, "cmx000000103200000546250000as", "ComEx", FAMILY_UNSURE, 54625, "0000054625" },
	{ KIND_POSIX_SEM, "sem.cmx00000010320000054622000045", "ComEx", FAMILY_UNSURE, 54622, "0000054622" },
	{ KIND_POSIX_SHM, "fastrtps_port7411", "Fast-DDS", FAMILY_HELD, 0, "port7411" },
	{ KIND_POSIX_SHM, "fastrtps_port7411_el", "Fast-DDS", FAMILY_HELD, 0, "port7411" },
	{ KIND_POSIX_SEM, "sem.fastrtps_port7411_mutex", "Fast-DDS", FAMILY_HELD, 0, "port7411" },
	{ KIND_POSIX_SHM, "fastrtps_c1a2b3c4d5e6f708_el", "Fast-DDS", FAMILY_HELD, 0, "c1a2b3c4d5e6f708" },
	{ KIND_POSIX_SHM, "fastdds_port7411_sl", "Fast-DDS", FAMILY_HELD, 0, "port7411" },
	{ KIND_POSIX_SHM, "fastrtps_notes", NULL },
	{ KIND_POSIX_SHM, "fast_datasharing_01.0f.ab_0.0.12.3", "Fast-DDS", FAMILY_UNSURE, 0, "01.0f.ab_0.0.12.3" },
	{ KIND_POSIX_SHM, "iox2_3b8a.connection", "iceoryx2", FAMILY_UNSURE, 0, NULL },
	{ KIND_POSIX_SHM, "iceoryx_mgmt", "iceoryx", FAMILY_UNSURE, 0, NULL },
	{ KIND_POSIX_SHM, "iox1_0_m_root", "iceoryx", FAMILY_UNSURE, 0, NULL },
	{ KIND_POSIX_SHM, ".org.chromium.Chromium.Ab12Cd", "Chromium", FAMILY_UNSURE, 0, "Ab12Cd" },
	{ KIND_POSIX_SHM, "com.google.Chrome.Ab12Cd", "Chromium", FAMILY_UNSURE, 0, "Ab12Cd" },
	{ KIND_POSIX_SHM, "org.mozilla.ipc.4711.23", "Firefox", FAMILY_HELD, 4711, "4711.23" },
	{ KIND_POSIX_SHM, "snap.firefox.org.mozilla.ipc.4711.23", "Firefox", FAMILY_HELD, 4711, "4711.23" },
	{ KIND_MEMFD, "mozilla-ipc", "Firefox", FAMILY_UNSURE, 0, NULL },
	{ KIND_POSIX_SHM, "mozilla-ipc", NULL },
	{ KIND_POSIX_SHM, "pulse-shm-2735041853", "PulseAudio", FAMILY_HELD, 0, "2735041853" },
	{ KIND_MEMFD, "pipewire-memfd:flags=0x0000000f", "PipeWire", FAMILY_UNSURE, 0, NULL },
	{ KIND_POSIX_SHM, "jack-shm-registry", "JACK", FAMILY_KEPT, 0, NULL },
	{ KIND_POSIX_SHM, "jack-1000-0", "JACK", FAMILY_UNSURE, 0, NULL },
	{ KIND_POSIX_SEM, "sem.jack_sem.1000_default_system", "JACK", FAMILY_UNSURE, 0, NULL },
	{ KIND_POSIX_SHM, "shmpipe. 4711.    0", "GStreamer", FAMILY_HELD, 4711, " 4711.    0" },
	{ KIND_POSIX_SEM, "sem.qipc_systemsem_appabc", "Qt", FAMILY_UNSURE, 0, "appabc" },
	{ KIND_POSIX_SHM, "wine-3a2f11-fsync", "Wine", FAMILY_HELD, 0, "3a2f11" },
	{ KIND_POSIX_SHM, "u1000-Shm_125376fc", "Steam", FAMILY_UNSURE, 0, NULL },
	{ KIND_POSIX_SHM, "libpod_rootless_lock_1000", "Podman", FAMILY_KEPT, 0, NULL },
	{ KIND_POSIX_SHM, "libpod_lock", "Podman", FAMILY_KEPT, 0, NULL },
	{ KIND_POSIX_SHM, "lttng-ust-wait-8-1000", "LTTng", FAMILY_KEPT, 0, NULL },
	{ KIND_POSIX_SHM, "looking-glass", "ivshmem", FAMILY_KEPT, 0, NULL },
	{ KIND_FILE, "libvirt/qemu/1-guest/qemu_back_mem.pc.ram.Ab12Cd", "QEMU", FAMILY_UNSURE, 0, "Ab12Cd" },
	{ KIND_FILE, "qemu_back_mem._objects_ram-node0.Ab12Cd", "QEMU", FAMILY_UNSURE, 0, "Ab12Cd" },
	{ KIND_FILE, "rtemap_17", "DPDK", FAMILY_UNSURE, 0, NULL },
	{ KIND_POSIX_SHM, "rtemap_17", NULL },
	{ KIND_POSIX_SHM, "spdk_tgt_trace.pid4711", "SPDK", FAMILY_UNSURE, 4711, "4711" },
	{ KIND_POSIX_SHM, "afl_4711_180428938", "AFL++", FAMILY_HELD, 4711, "4711_180428938" },
	{ KIND_POSIX_SHM, "afl_4194303_180428", "AFL++", FAMILY_HELD, 4194303, "4194303_180428" },
	{ KIND_POSIX_SHM, "afl_2024_05", NULL },
	{ KIND_POSIX_SHM, "zm.mmap.3", "ZoneMinder", FAMILY_UNSURE, 0, "3" },
	{ KIND_SHM, "0x4e545030", "NTP", FAMILY_KEPT, 0, NULL },
	{ KIND_SHM, "0x47505344", "gpsd", FAMILY_HELD, 0, NULL },
	{ KIND_SHM, "0x48414c32", "LinuxCNC", FAMILY_UNSURE, 0, NULL },
	{ KIND_POSIX_SHM, "", NULL },
	{ KIND_POSIX_SHM, "psm_95b62aa5\n", NULL },
	{ KIND_POSIX_SHM, "\npsm_95b62aa5", NULL },
};

static void names_of_known_programs_are_told(void **state)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		struct family_match m;

		family_match(table, names[i].kind, names[i].text, arena, &m);
		if ((m.row < 0) != !names[i].family)
			fail_msg("'%s' is of %s", names[i].text, m.row < 0 ? "nobody" : family_row(table, m.row)->name);
		if (m.row < 0)
			continue;
		assert_string_equal(family_row(table, m.row)->name, names[i].family);
		if (family_row(table, m.row)->habit != names[i].habit)
			fail_msg("'%s' has another habit", names[i].text);
		assert_int_equal(m.has_pid, names[i].pid != 0);
		assert_int_equal(m.pid, names[i].pid);
		assert_int_equal(!m.instance, !names[i].instance);
		if (m.instance)
			assert_string_equal(m.instance, names[i].instance);
	}
}

static void every_row_has_a_source_and_a_name_here(void **state)
{
	for (unsigned int r = 0; r < family_count(table); r++) {
		const struct family_row *row = family_row(table, r);
		struct buf error = BUF_INIT;
		bool tried = false;

		assert_non_null(row->source);
		assert_int_equal(family_check(row, &error), 0);
		assert_int_not_equal(row->kinds, 0);
		for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
			tried |= names[i].family && !strcmp(names[i].family, row->name);
		/* memfd labels are so plain that one of them stands for all */
		if (!tried && row->kinds != KIND_BIT(KIND_MEMFD))
			fail_msg("no name of %s is tried", row->name);
	}
}

static void a_pid_must_be_one(void **state)
{
	static const struct {
		const char *text;
		uint32_t pid;
	} pids[] = {
		{ "torch_2147483647_1", 2147483647 }, { "torch_2147483648_1", 0 },
		{ "torch_18446744073709551617_1", 0 }, { "torch_0_1", 0 }, { "torch_0012_1", 12 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(pids); i++) {
		struct family_match m;

		family_match(table, KIND_POSIX_SHM, pids[i].text, arena, &m);
		assert_true(m.row >= 0);
		assert_int_equal(m.has_pid, pids[i].pid != 0);
		assert_int_equal(m.pid, pids[i].pid);
	}
}

static void parts_of_one_instance_share_a_row(void **state)
{
	struct family_match port, lock, mutex;

	family_match(table, KIND_POSIX_SHM, "fastrtps_port7411", arena, &port);
	family_match(table, KIND_POSIX_SHM, "fastrtps_port7411_el", arena, &lock);
	family_match(table, KIND_POSIX_SEM, "sem.fastrtps_port7411_mutex", arena, &mutex);
	assert_int_equal(port.row, lock.row);
	assert_int_equal(port.row, mutex.row);
	assert_string_equal(port.instance, mutex.instance);
}

static void a_site_comes_first(void **state)
{
	static const struct family_row rows[] = {
		{ .name = "ours", .pattern = "psm_(a).*", .kinds = KINDS_ALL, .instance = 1 },
		{ .name = "optional", .pattern = "x(-([0-9]+))?", .kinds = KINDS_ALL, .pid = 2, .instance = 1 },
	};
	struct family_table *t;
	struct family_match m;
	unsigned int bad = 99;

	assert_int_equal(family_table_new(rows, 2, &t, &bad), 0);
	assert_int_equal(family_count(t), family_count(table) + 2);
	family_match(t, KIND_POSIX_SHM, "psm_a5b62aa5", arena, &m);
	assert_int_equal(m.row, 0);
	assert_string_equal(m.instance, "a");
	family_match(t, KIND_POSIX_SHM, "psm_95b62aa5", arena, &m);
	assert_string_equal(family_row(t, m.row)->name, "Python shared_memory");
	family_match(t, KIND_POSIX_SHM, "x", arena, &m);
	assert_int_equal(m.row, 1);
	assert_null(m.instance);
	assert_false(m.has_pid);
	family_table_free(t);
}

static void a_bad_pattern_is_refused(void **state)
{
	static const struct family_row bad_rows[] = {
		{ .name = "a", .pattern = "(", .kinds = 1 },
		{ .name = "a", .pattern = "a)(b", .kinds = 1 },
		{ .name = "a", .pattern = "[a", .kinds = 1 },
		{ .name = "a", .pattern = "a(b)", .kinds = 1, .pid = 2 },
		{ .name = "a", .pattern = "a", .kinds = 1, .instance = 1 },
		{ .name = "a", .pattern = "(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)", .kinds = 1, .instance = 10 },
		{ .name = "a", .pattern = "(a)\\1", .kinds = 1 },
		{ .name = "a", .pattern = "a\\", .kinds = 1 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad_rows); i++) {
		struct family_row rows[2] = { { .name = "good", .pattern = "good", .kinds = 1 }, bad_rows[i] };
		struct buf error = BUF_INIT;
		struct family_table *t;
		unsigned int bad = 99;

		assert_int_equal(family_check(&bad_rows[i], &error), -EINVAL);
		assert_true(error.len > 0);
		assert_int_equal(family_table_new(rows, 2, &t, &bad), -EINVAL);
		assert_int_equal(bad, 1);
		buf_release(&error);
	}
}

static uint32_t seed = 1;

static uint32_t roll(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (uint64_t)seed * n >> 32;
}

static void make(char *s, const char *alphabet, unsigned int most)
{
	unsigned int n = roll(most + 1);

	for (unsigned int i = 0; i < n; i++)
		s[i] = alphabet[roll(strlen(alphabet))];
	s[n] = '\0';
}

/*
 * The short cut by literal beginnings never changes an answer: random expressions over a
 * few characters, against the same expression in the hands of regexec alone.
 */
static void the_short_cut_changes_no_answer(void **state)
{
	unsigned int tried = 0, matched = 0;

	while (tried < 5000) {
		char pattern[16], whole[32], text[12];
		struct family_row row = { .name = "x", .pattern = pattern, .kinds = KINDS_ALL };
		struct buf error = BUF_INIT;
		struct family_table *t;
		unsigned int bad;
		regex_t regex;

		make(pattern, "aabb()|?*+[].\\^${}1", 12);
		if (family_check(&row, &error)) {
			buf_release(&error);
			continue;
		}
		snprintf(whole, sizeof(whole), "^(%s)$", pattern);
		assert_int_equal(regcomp(&regex, whole, REG_EXTENDED), 0);
		assert_int_equal(family_table_new(&row, 1, &t, &bad), 0);
		for (unsigned int i = 0; i < 60; i++) {
			struct family_match m;
			bool yes;

			make(text, "aab.(1", 6);
			yes = !regexec(&regex, text, 0, NULL, 0);
			/* a kind that no built-in row knows */
			family_match(t, KIND_ANON, text, arena, &m);
			matched += yes;
			if (yes != (m.row == 0))
				fail_msg("'%s' and '%s': %d by regexec", pattern, text, yes);
		}
		family_table_free(t);
		regfree(&regex);
		tried++;
	}
	assert_true(matched > 1000);
}

/* The same for the built-in rows, with true names that are bent a little. */
static void built_in_rows_agree_with_regexec(void **state)
{
	unsigned int n = family_count(table);
	regex_t *regex = xcalloc(n, sizeof(*regex));

	for (unsigned int r = 0; r < n; r++) {
		char whole[256];

		snprintf(whole, sizeof(whole), "^(%s)$", family_row(table, r)->pattern);
		assert_int_equal(regcomp(&regex[r], whole, REG_EXTENDED | REG_NOSUB), 0);
	}
	for (unsigned int i = 0; i < 20000; i++) {
		enum kind kind = roll(NR_KINDS);
		char text[128];
		struct family_match m;
		int want = -1;

		snprintf(text, sizeof(text), "%s", names[roll(ARRAY_SIZE(names))].text);
		if (text[0] && roll(3))
			text[roll(strlen(text))] = "a0._-\\/:"[roll(8)];
		for (unsigned int r = 0; want < 0 && r < n; r++)
			if (family_row(table, r)->kinds & KIND_BIT(kind) && !regexec(&regex[r], text, 0, NULL, 0))
				want = r;
		family_match(table, kind, text, arena, &m);
		assert_int_equal(m.row, want);
	}
	for (unsigned int r = 0; r < n; r++)
		regfree(&regex[r]);
	free(regex);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_known_programs_are_told),
		cmocka_unit_test(every_row_has_a_source_and_a_name_here),
		cmocka_unit_test(a_pid_must_be_one),
		cmocka_unit_test(parts_of_one_instance_share_a_row),
		cmocka_unit_test(a_site_comes_first),
		cmocka_unit_test(a_bad_pattern_is_refused),
		cmocka_unit_test(the_short_cut_changes_no_answer),
		cmocka_unit_test(built_in_rows_agree_with_regexec),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
