/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sys/wait.h>
#include <unistd.h>
#include "ipctop/view.h"
#include "sample.h"

/* What a view writes; free() it. */
static char *document(const struct snapshot *s, const uint32_t *rows, uint32_t count)
{
	struct stream stream;
	FILE *f = stream_open(&stream);

	assert_int_equal(view_json(f, s, rows, count), 0);
	return stream_close(&stream);
}

static char *chosen(const struct snapshot *s, enum row_class class, const char *member,
		    const char *by, uint32_t count, const char *columns)
{
	static const uint32_t rows[] = { 0, 1, 2, 3, 4, 5, 6, 7 };
	struct columns c = { 0 };
	struct buf error = BUF_INIT;
	struct stream stream;
	FILE *f = stream_open(&stream);
	uint64_t written = 0;

	assert_int_equal(columns_parse(class, columns, &c, &error), 0);
	assert_int_equal(view_json_begin(f, member, by), 0);
	/* in two pieces, as `maps` does */
	assert_int_equal(view_json_rows(f, s, class, rows, count / 2, &c, &written), 0);
	assert_int_equal(view_json_rows(f, s, class, rows + count / 2, count - count / 2, &c, &written), 0);
	assert_int_equal(view_json_end(f, written), 0);
	buf_release(&error);
	return stream_close(&stream);
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in:\n%s", part, text);
}

/* The whole contract, member for member, as bytes. */
static void test_document_is_the_contract(void **state)
{
	static const uint32_t rows[] = { 0 };
	struct snapshot *s = sample_snapshot();
	char *text = document(s, rows, 1);

	assert_string_equal(text,
"{\n"
"\"schema\": \"ipctop/1\",\n\"version\": \"0.1\",\n\"time\": 1795532000.123,\n\"duration\": 0.041,\n"
"\"hostname\": \"host\",\n\"kernel\": \"6.18.44\",\n\"boot_id\": null,\n\"uid\": 0,\n"
"\"ipc_ns\": 4026531839,\n\"pid_ns\": 4026531836,\n\"mnt_ns\": null,\n\"complete\": false,\n"
"\"gaps\": [{\"source\":\"maps\",\"error\":\"EACCES\",\"count\":2,\"pids\":[1,7]},"
"{\"source\":\"fds\",\"error\":\"ENOENT\",\"count\":1,\"pids\":[]}],\n"
"\"policy\": {\"grace\":600,\"long_grace\":172800,\"keep\":[\"posix-shm:/keep*\",\"odd\\\\x0A\\\\xFE\"]},\n"
"\"limits\": {\"shmmni\":4096,\"shmall\":null,\"shmmax\":18446744073692774399,\"shm_rmid_forced\":false,"
"\"segments\":null,\"pages\":null,\"pages_resident\":null,\"pages_swapped\":null,"
"\"tmpfs_size\":null,\"tmpfs_used\":null,\"tmpfs_inodes\":null,\"tmpfs_inodes_used\":null,"
"\"semmni\":null,\"semmns\":null,\"semmsl\":null,\"semopm\":null,\"semaphore_sets\":null,\"semaphores\":null,"
"\"msgmni\":null,\"msgmnb\":null,\"msgmax\":null,\"queues\":null,\"messages\":null,\"message_bytes\":null,"
"\"fullest_queue\":null,\"fullest_bytes\":null,\"fullest_max_bytes\":null,\"mqueue_queues_max\":null,"
"\"mqueue_msg_max\":null,\"mqueue_msgsize_max\":null,\"mqueue_msg_default\":null,"
"\"mqueue_msgsize_default\":null,\"mqueues\":null,\"rlimit_msgqueue\":null,\"rlimit_memlock\":null,"
"\"hugetlb\":[{\"page_size\":2097152,\"pages\":3,\"overcommit\":null,\"used\":1}]},\n"
"\"memory\": {\"total\":17179869184,\"available\":null,\"shmem\":null,\"swap_total\":null,"
"\"swap_free\":null,\"cached\":null,\"hugetlb\":null},\n"
"\"totals\": {\"shm\":{\"objects\":1,\"size\":9007199254740993,\"allocated\":18446744073709551615,"
"\"stale\":0,\"stale_allocated\":0},"
"\"sem\":{\"objects\":1,\"size\":0,\"allocated\":0,\"stale\":0,\"stale_allocated\":0},"
"\"msg\":{\"objects\":1,\"size\":0,\"allocated\":0,\"stale\":0,\"stale_allocated\":0},"
"\"posix-shm\":{\"objects\":1,\"size\":0,\"allocated\":0,\"stale\":0,\"stale_allocated\":0},"
"\"posix-sem\":{\"objects\":1,\"size\":0,\"allocated\":0,\"stale\":0,\"stale_allocated\":0},"
"\"posix-mq\":{\"objects\":1,\"size\":0,\"allocated\":0,\"stale\":0,\"stale_allocated\":0},"
"\"memfd\":{\"objects\":1,\"size\":0,\"allocated\":0,\"stale\":0,\"stale_allocated\":0},"
"\"anon\":{\"objects\":1,\"size\":0,\"allocated\":0,\"stale\":0,\"stale_allocated\":0},"
"\"file\":{\"objects\":1,\"size\":0,\"allocated\":0,\"stale\":0,\"stale_allocated\":0},"
"\"device\":{\"objects\":1,\"size\":0,\"allocated\":0,\"stale\":0,\"stale_allocated\":0},"
"\"special\":{\"objects\":1,\"size\":0,\"allocated\":0,\"stale\":0,\"stale_allocated\":0}},\n"
"\"objects\": [\n"
"{\"name\":\"shm:7\",\"kind\":\"shm\",\"id\":7,\"key\":\"0x00a76098\",\"label\":null,\"path\":null,"
"\"ipc_ns\":4026531839,\"device\":\"0:1\",\"inode\":7,\"links\":null,"
"\"size\":9007199254740993,\"allocated\":18446744073709551615,\"rss\":null,\"swap\":null,"
"\"page_size\":null,\"mode\":\"0600\",\"uid\":1000,\"user\":\"alice\",\"gid\":null,\"group\":null,"
"\"creator_uid\":null,\"creator_user\":null,\"creator_gid\":null,\"creator_group\":null,"
"\"creator_pid\":null,\"creator_alive\":null,\"last_pid\":4712,\"last_alive\":true,"
"\"attach_time\":1795531000,\"detach_time\":null,\"change_time\":-1,"
"\"modify_time\":null,\"access_time\":null,\"birth_time\":null,"
"\"age\":1000,\"nattch\":2,\"mappings\":2,\"processes\":1,\"openers\":0,\"holders_complete\":true,"
"\"state\":\"attached\",\"flags\":[\"locked\",\"world-writable\"],\"logout\":false,"
"\"family\":null,"
"\"unknown\":[\"creator_pid\",\"creator_alive\"],"
"\"verdict\":\"live\",\"reasons\":[{\"code\":\"attached\",\"text\":\"2 mappings in 1 process\"}],"
"\"semaphores\":null,\"values\":null,\"waiters\":null,\"operation_time\":null,\"messages\":null,"
"\"bytes\":null,\"max_bytes\":null,\"max_messages\":null,\"message_size\":null,"
"\"notify\":null,\"notify_signal\":null,\"notify_pid\":null,\"send_pid\":null,\"receive_pid\":null,\"send_time\":null,"
"\"receive_time\":null,"
"\"holders\":[{\"pid\":4712,\"start_time\":1795530990.12,\"uid\":1000,\"user\":\"alice\",\"comm\":\"worker\","
"\"cmdline\":\"worker --fast \\\\xFF\\\\x1B[31m \\\"quoted\\\" back\\\\x5Cslash /\","
"\"cgroup\":null,\"unit\":null,\"container\":null,\"pid_ns\":4026531836,"
"\"mappings\":[{\"start\":\"0x7f0000000000\",\"length\":65536,\"prot\":\"rw-s\",\"offset\":0},"
"{\"start\":\"0xffffffffff600000\",\"length\":65536,\"prot\":\"rw-s\",\"offset\":0}],\"fds\":[]}]}\n"
"]\n}\n");
	free(text);
	snapshot_free(s);
}

static void test_objects_in_the_order_given(void **state)
{
	static const uint32_t rows[] = { 6, 0, 3 };
	struct snapshot *s = sample_snapshot();
	char *text = document(s, rows, 3);
	const char *first = strstr(text, "\n{\"name\":\"device:/dev/dri/card0\"");
	const char *second = strstr(text, ",\n{\"name\":\"shm:7\"");
	const char *third = strstr(text, ",\n{\"name\":\"memfd:0:1:7\"");

	assert_non_null(first);
	assert_true(first < second && second < third);
	assert_null(strstr(text, "posix-sem:/lock"));
	free(text);
	text = document(s, NULL, 0);
	assert_has(text, "\n\"objects\": []\n}\n");
	free(text);
	snapshot_free(s);
}

static void test_foreign_bytes_are_escaped(void **state)
{
	static const uint32_t rows[] = { 1, 3 };
	struct snapshot *s = sample_snapshot();
	char *text = document(s, rows, 2);

	assert_has(text, "\"name\":\"posix-shm:/a\\\\x0A\\\\xFF\\\\x40b@0:25\"");
	assert_has(text, "\"path\":\"/dev/shm/a\\\\x0A\\\\xFF@b\"");
	assert_has(text, "\"label\":\"\\\\xE2\\\\x80\\\\xAEgnp.exe\"");
	for (const char *c = text; *c; c++)
		assert_true(*c == '\n' || (*c >= ' ' && *c < 0x7f));
	free(text);
	snapshot_free(s);
}

/* A required list is empty when it is unknown; what is unknown is told in any case. */
static void test_unknown_lists(void **state)
{
	static const uint32_t rows[] = { 5 };
	struct snapshot *s = sample_snapshot();
	char *text = document(s, rows, 1);

	assert_has(text, "\"flags\":null");
	assert_has(text, "\"unknown\":[\"path\",\"flags\",\"holders\"]");
	assert_has(text, "\"holders\":[]}");
	free(text);
	snapshot_free(s);
}

#define MANY 5000

static struct snapshot *many_objects(uint32_t *rows)
{
	struct snapshot *s = snapshot_new();

	sample_document(s);
	for (uint32_t i = 0; i < MANY; i++) {
		char name[32];
		struct object *o;

		snprintf(name, sizeof(name), "shm:%u", i);
		o = sample_object(s, KIND_SHM, arena_strdup(s->arena, name));
		/* texts of very different length, so that threads overtake each other */
		for (uint32_t r = 0; r < (i % 1000 == 3 ? 2000 : 1); r++)
			sample_reason(s, o, "attached", "2 mappings in 1 process");
		rows[i] = i;
	}
	return s;
}

static void test_many_objects_stay_in_order(void **state)
{
	static uint32_t rows[MANY];
	struct snapshot *s = many_objects(rows);
	char *text = document(s, rows, MANY), *at = strstr(text, "\"objects\": [\n");

	for (uint32_t i = 0; i < MANY; i++) {
		char start[64];
		int n = snprintf(start, sizeof(start), "\n{\"name\":\"shm:%u\",", i);

		at = strchr(at + 1, '\n');
		assert_non_null(at);
		assert_memory_equal(at, start, n);
	}
	assert_string_equal(strchr(at + 1, '\n'), "\n]\n}\n");
	free(text);
	snapshot_free(s);
}

static void test_full_disk_is_an_error(void **state)
{
	static uint32_t rows[MANY];
	struct snapshot *s = many_objects(rows);
	FILE *f = fopen("/dev/full", "w");

	assert_non_null(f);
	assert_int_equal(view_json(f, s, rows, MANY), -ENOSPC);
	setvbuf(f, NULL, _IONBF, 0);
	assert_int_equal(view_json(f, s, rows, 1), -ENOSPC);
	fclose(f);
	snapshot_free(s);
}

static void sample_maps(struct snapshot *s)
{
	struct map *m = snapshot_add(s, CLASS_MAP);

	FACT_SET(m, process, 0);
	FACT_SET(m, start, 0x55d000);
	FACT_SET(m, length, 4096);
	FACT_SET(m, prot, "r-xp");
	FACT_SET(m, device, makedev(8, 1));
	FACT_SET(m, path, "/usr/lib/lib\nfoo.so");
	FACT_SET(m, deleted, 1);
}

static void sample_group(struct snapshot *s)
{
	struct group_row *g = snapshot_add(s, CLASS_GROUP);

	FACT_SET(g, value, "alice");
	FACT_SET(g, objects, 3);
	FACT_SET(g, size, 1ULL << 54);
}

static void test_chosen_columns_only(void **state)
{
	struct snapshot *s = sample_snapshot();
	char *text = chosen(s, CLASS_OBJECT, "objects", NULL, 2, "uses,name,cgroup,unknown");

	assert_string_equal(text,
"{\n\"schema\": \"ipctop/1\",\n\"objects\": [\n"
"{\"uses\":2,\"name\":\"shm:7\",\"cgroup\":null,\"unknown\":[\"creator_pid\",\"creator_alive\"]},\n"
"{\"uses\":null,\"name\":\"posix-shm:/a\\\\x0A\\\\xFF\\\\x40b@0:25\",\"cgroup\":null,"
"\"unknown\":[\"allocated\",\"modify_time\",\"age\",\"state\",\"verdict\"]}\n]\n}\n");
	free(text);
	sample_group(s);
	text = chosen(s, CLASS_GROUP, "groups", "user", 1, "value,objects,size,stale");
	assert_string_equal(text,
"{\n\"schema\": \"ipctop/1\",\n\"by\": \"user\",\n\"groups\": [\n"
"{\"value\":\"alice\",\"objects\":3,\"size\":18014398509481984,\"stale\":null}\n]\n}\n");
	free(text);
	snapshot_free(s);
}

static void test_columns_of_an_embedded_row(void **state)
{
	struct snapshot *s = sample_snapshot();
	char *text;

	sample_maps(s);
	text = chosen(s, CLASS_MAP, "maps", NULL, 1, "pid,comm,start,path,deleted");
	assert_has(text, "\n{\"pid\":4712,\"comm\":\"worker\",\"start\":\"0x55d000\","
			 "\"path\":\"/usr/lib/lib\\\\x0Afoo.so\",\"deleted\":true}\n");
	free(text);
	snapshot_free(s);
}

/*
 * Everything against the schema, by another's validator: what is right passes, and what
 * lacks a member or has a wrong one does not.
 */
static const char validator[] =
	"import json, sys\n"
	"try:\n"
	"    import jsonschema\n"
	"except ImportError:\n"
	"    sys.exit(77)\n"
	"from copy import deepcopy\n"
	"docs = [json.loads(t) for t in sys.stdin.read().split('\\0')[:-1]]\n"
	"schema, whole, rest = docs[0], docs[1], docs[2:]\n"
	"jsonschema.Draft202012Validator.check_schema(schema)\n"
	"v = jsonschema.Draft202012Validator(schema)\n"
	"for i, doc in enumerate(docs[1:]):\n"
	"    for e in v.iter_errors(doc):\n"
	"        sys.exit('document %d: %s %s' % (i, e.message[:300], [c.message[:200] for c in e.context]))\n"
	"def refused(change, doc=whole):\n"
	"    bad = deepcopy(doc)\n"
	"    change(bad)\n"
	"    if v.is_valid(bad):\n"
	"        sys.exit('a wrong document passes: %r' % (change.__code__.co_consts,))\n"
	"def without(key):\n"
	"    return lambda d: d.pop(key)\n"
	"for key in list(whole):\n"
	"    refused(without(key))\n"
	"for key in whole['objects'][0]:\n"
	"    refused(lambda d, k=key: d['objects'][0].pop(k))\n"
	"for key in whole['objects'][0]['holders'][0]:\n"
	"    refused(lambda d, k=key: d['objects'][0]['holders'][0].pop(k))\n"
	"def put(key, value):\n"
	"    return lambda d: d['objects'][0].update({key: value})\n"
	"for key, value in [('name', None), ('name', 'x:1'), ('name', 'shm:\\\\'), ('name', 'shm:\\n'),\n"
	"        ('kind', 'nonsense'), ('size', '64M'), ('size', -1), ('size', 1.5), ('size', 2**64),\n"
	"        ('key', '0x1'), ('key', 7), ('mode', '0999'), ('device', '0'), ('state', 'gone'),\n"
	"        ('flags', ['odd']), ('unknown', None), ('unknown', ['odd']), ('label', 'a\\x1b'),\n"
	"        ('label', 'a\\\\b'), ('reasons', None), ('holders', [{}]), ('age', 'old'), ('last_alive', 1)]:\n"
	"    refused(put(key, value))\n"
	"refused(lambda d: d.update(schema='ipctop/2'))\n"
	"refused(lambda d: d['totals'].update(nonsense=d['totals']['shm']))\n"
	"refused(lambda d: d['totals']['shm'].pop('size'))\n"
	"refused(lambda d: d.update(gaps=None))\n"
	"for doc in rest:\n"
	"    refused(lambda d: d.pop('schema'), doc)\n"
	"refused(lambda d: d['objects'][0].update(name=3), rest[1])\n"
	"refused(lambda d: d['groups'][0].update(size='big'), rest[2])\n"
	"refused(lambda d: d.pop('by'), rest[2])\n"
	"refused(lambda d: d['maps'][0].update(start=3), rest[3])\n"
	"later = deepcopy(whole)\n"
	"later['new'] = later['objects'][0]['new'] = 1\n"
	"assert v.is_valid(later), 'a later member is refused'\n";

static void give(FILE *to, char *text)
{
	fwrite(text, 1, strlen(text) + 1, to);
	free(text);
}

static void test_all_output_is_valid(void **state)
{
	static const uint32_t rows[] = { 0, 1, 2, 3, 4, 5, 6, 7 };
	struct snapshot *s = sample_snapshot();
	char script[] = "/tmp/ipctop-test-XXXXXX", command[64];
	int fd = mkstemp(script), status;
	FILE *to;

	sample_maps(s);
	sample_group(s);
	assert_int_equal(write(fd, validator, sizeof(validator) - 1), sizeof(validator) - 1);
	close(fd);
	snprintf(command, sizeof(command), "python3 %s", script);
	to = popen(command, "w");
	assert_non_null(to);
	assert_int_equal(view_json_schema(to), 0);
	fputc('\0', to);
	give(to, document(s, rows, 8));
	give(to, document(s, rows, 0));
	give(to, chosen(s, CLASS_OBJECT, "objects", NULL, 8, "name,size,uses,age,holders"));
	give(to, chosen(s, CLASS_GROUP, "groups", "user", 1, "value,size"));
	give(to, chosen(s, CLASS_MAP, "maps", NULL, 1, "pid,start,path,kind"));
	status = pclose(to);
	unlink(script);
	snapshot_free(s);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_document_is_the_contract),
		cmocka_unit_test(test_objects_in_the_order_given),
		cmocka_unit_test(test_foreign_bytes_are_escaped),
		cmocka_unit_test(test_unknown_lists),
		cmocka_unit_test(test_many_objects_stay_in_order),
		cmocka_unit_test(test_full_disk_is_an_error),
		cmocka_unit_test(test_chosen_columns_only),
		cmocka_unit_test(test_columns_of_an_embedded_row),
		cmocka_unit_test(test_all_output_is_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
