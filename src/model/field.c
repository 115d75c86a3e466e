/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipctop/field.h"
#include "field_derive.h"

/*
 * One row a field. Stored fields (STORED) are read and written by one loop; derived
 * ones have a getter. The order is that of the JSON contract.
 */
#define STORED(type_, member, ...) \
	{ .name = #member, .offset = offsetof(ROW, member), .type = type_, __VA_ARGS__ }
#define STORED_AS(type_, name_, member, ...) \
	{ .name = name_, .offset = offsetof(ROW, member), .type = type_, __VA_ARGS__ }
#define HELP(text)	.help = text
#define N(need)		.needs = NEED_BIT(NEED_##need)

#define ROW struct document
static const struct field document_fields[] = {
	STORED(VT_STRING, schema, HELP("version of this contract"), .flags = FIELD_REQUIRED),
	STORED(VT_STRING, version, HELP("version of ipctop")),
	STORED(VT_STAMP, time, HELP("start of the pass, seconds since the epoch"), .flags = FIELD_REQUIRED),
	STORED(VT_SPAN_MS, duration, HELP("seconds that the pass took")),
	STORED(VT_STRING, hostname, HELP("name of the machine")),
	STORED(VT_STRING, kernel, HELP("release of the kernel")),
	STORED(VT_STRING, boot_id, HELP("identity of this boot")),
	STORED(VT_UINT, uid, HELP("effective user of the reader")),
	STORED(VT_UINT, ipc_ns, HELP("IPC namespace of the reader")),
	STORED(VT_UINT, pid_ns, HELP("pid namespace of the reader")),
	STORED(VT_UINT, mnt_ns, HELP("mount namespace of the reader")),
	STORED(VT_BOOL, complete, HELP("whether all could be read"), .flags = FIELD_REQUIRED),
	STORED(VT_ROWS, gaps, HELP("facts that could not be read"), .rows = CLASS_GAP,
	       .flags = FIELD_REQUIRED),
	STORED(VT_ROW, policy, HELP("what verdicts were judged by"), .rows = CLASS_POLICY),
	STORED(VT_ROW, limits, HELP("limits of the kernel"), .rows = CLASS_LIMITS),
	STORED(VT_ROW, memory, HELP("memory of the machine"), .rows = CLASS_MEMORY),
	STORED(VT_ROWS, totals, HELP("sums by kind"), .rows = CLASS_TOTAL),
	STORED(VT_ROWS, objects, HELP("the objects"), .rows = CLASS_OBJECT, .flags = FIELD_REQUIRED),
};
#undef ROW

#define ROW struct gap
static const struct field gap_fields[] = {
	STORED(VT_STRING, source, HELP("what was read"), .flags = FIELD_REQUIRED),
	STORED(VT_STRING, error, HELP("symbol of the error"), .flags = FIELD_REQUIRED),
	STORED(VT_UINT, count, HELP("how many times"), .flags = FIELD_REQUIRED | FIELD_RIGHT),
	STORED(VT_NUMBERS, pids, HELP("the first processes concerned"), .flags = FIELD_REQUIRED),
};
#undef ROW

#define ROW struct policy_row
static const struct field policy_fields[] = {
	STORED(VT_AGE, grace, HELP("seconds before anything is stale"), .flags = FIELD_REQUIRED),
	STORED(VT_AGE, long_grace, HELP("seconds before what is merely abandoned is stale"),
	       .flags = FIELD_REQUIRED),
	STORED(VT_STRINGS, keep, HELP("names and patterns that are never stale"),
	       .flags = FIELD_REQUIRED),
};
#undef ROW

#define ROW struct limits
static const struct field limits_fields[] = {
	STORED(VT_UINT, shmmni, HELP("most segments")),
	STORED(VT_UINT, shmall, HELP("most pages of all segments")),
	STORED(VT_BYTES, shmmax, HELP("largest segment")),
	STORED(VT_BOOL, shm_rmid_forced, HELP("segments go with their last attachment or creator")),
	STORED(VT_UINT, segments, HELP("segments in use")),
	STORED(VT_UINT, pages, HELP("pages of all segments")),
	STORED(VT_UINT, pages_resident, HELP("of them in memory")),
	STORED(VT_UINT, pages_swapped, HELP("of them in swap")),
	STORED(VT_BYTES, tmpfs_size, HELP("size of /dev/shm")),
	STORED(VT_BYTES, tmpfs_used, HELP("used of /dev/shm")),
	STORED(VT_UINT, tmpfs_inodes, HELP("most files on /dev/shm")),
	STORED(VT_UINT, tmpfs_inodes_used, HELP("files on /dev/shm")),
	STORED(VT_UINT, semmni, HELP("most sets of semaphores")),
	STORED(VT_UINT, semmns, HELP("most semaphores of all sets")),
	STORED(VT_UINT, semmsl, HELP("most semaphores of one set")),
	STORED(VT_UINT, semopm, HELP("most operations of one semop")),
	STORED(VT_UINT, semaphore_sets, HELP("sets of semaphores in use")),
	STORED(VT_UINT, semaphores, HELP("semaphores of all sets")),
	STORED(VT_UINT, msgmni, HELP("most message queues")),
	STORED(VT_BYTES, msgmnb, HELP("bytes that a new message queue takes")),
	STORED(VT_BYTES, msgmax, HELP("largest message")),
	STORED(VT_UINT, queues, HELP("message queues in use")),
	STORED(VT_UINT, messages, HELP("messages of all queues")),
	STORED(VT_BYTES, message_bytes, HELP("bytes of the messages of all queues")),
	STORED(VT_UINT, fullest_queue, HELP("identifier of the fullest message queue")),
	STORED(VT_BYTES, fullest_bytes, HELP("bytes of the messages in it")),
	STORED(VT_BYTES, fullest_max_bytes, HELP("bytes that it takes")),
	STORED(VT_UINT, mqueue_queues_max, HELP("most POSIX message queues")),
	STORED(VT_UINT, mqueue_msg_max, HELP("most messages of one of them")),
	STORED(VT_BYTES, mqueue_msgsize_max, HELP("largest message of one of them")),
	STORED(VT_UINT, mqueue_msg_default, HELP("messages of one that is made without attributes")),
	STORED(VT_BYTES, mqueue_msgsize_default, HELP("message size of one that is made without attributes")),
	STORED(VT_UINT, mqueues, HELP("POSIX message queues that have a name")),
	STORED(VT_BYTES, rlimit_msgqueue, HELP("RLIMIT_MSGQUEUE of the reader, null for no limit")),
	STORED(VT_BYTES, rlimit_memlock, HELP("RLIMIT_MEMLOCK of the reader, null for no limit")),
	STORED(VT_ROWS, hugetlb, HELP("huge pages, by their size"), .rows = CLASS_POOL),
};
#undef ROW

#define ROW struct pool
static const struct field pool_fields[] = {
	STORED(VT_BYTES, page_size, HELP("size of these pages"), .flags = FIELD_REQUIRED),
	STORED(VT_UINT, pages, HELP("how many are kept ready")),
	STORED(VT_UINT, overcommit, HELP("how many more may be made when they are needed")),
	STORED(VT_UINT, used, HELP("how many are in use or promised")),
};
#undef ROW

/* What is counted in bytes is shown as a size. */
#define AMOUNT(member)									\
static void get_##member(const struct snapshot *s, const void *row, struct value *v)	\
{											\
	const struct limit *l = row;							\
											\
	v->state = FACT_KNOWN(l, member) ? VALUE_KNOWN :				\
		   FACT_IS_UNKNOWN(l, member) ? VALUE_UNKNOWN : VALUE_NONE;		\
	v->u = l->member;								\
	v->type = l->unit == UNIT_BYTES ? VT_BYTES : VT_UINT;				\
}
AMOUNT(limit)
AMOUNT(used)
AMOUNT(free)
AMOUNT(growth)
#define AMOUNT_FIELD(member, ...) \
	{ .name = #member, .type = VT_BYTES, .get = get_##member, __VA_ARGS__ }

#define ROW struct limit
static const struct field limit_fields[] = {
	STORED(VT_STRING, name, HELP("name of the limit"),
	       .flags = FIELD_REQUIRED | FIELD_DEFAULT | FIELD_WRAP),
	STORED(VT_STRING, setting, HELP("what sets it: a sysctl, a mount option, a limit of processes")),
	STORED(VT_ENUM, unit, HELP("what it counts: objects, pages, bytes; or a switch"),
	       .names = unit_names, .flags = FIELD_REQUIRED | FIELD_DEFAULT),
	AMOUNT_FIELD(limit, HELP("the limit"), .flags = FIELD_RIGHT | FIELD_DEFAULT),
	AMOUNT_FIELD(used, HELP("in use"), .flags = FIELD_RIGHT | FIELD_DEFAULT),
	AMOUNT_FIELD(free, HELP("left"), .flags = FIELD_RIGHT | FIELD_DEFAULT),
	STORED(VT_UINT, percent, HELP("in use, of a hundred, rounded down"),
	       .flags = FIELD_RIGHT | FIELD_DEFAULT),
	AMOUNT_FIELD(growth, HELP("growth in a day, with --interval or --since"), .flags = FIELD_RIGHT),
	STORED(VT_AGE, full_in, HELP("when it is full at that growth"), .flags = FIELD_RIGHT),
	STORED(VT_BOOL, first, HELP("whether it is full first at that growth, or, without one, the nearest"),
	       .flags = FIELD_REQUIRED),
	STORED(VT_STRING, fails, HELP("what fails where it is reached, and with which error"),
	       .flags = FIELD_DEFAULT | FIELD_TRUNCATE),
	STORED(VT_STRING, help, HELP("what it limits"), .flags = FIELD_TRUNCATE),
};
#undef ROW

#define ROW struct memory
static const struct field memory_fields[] = {
	STORED(VT_BYTES, total, HELP("MemTotal")),
	STORED(VT_BYTES, available, HELP("MemAvailable")),
	STORED(VT_BYTES, shmem, HELP("Shmem: all shared memory and tmpfs")),
	STORED(VT_BYTES, swap_total, HELP("SwapTotal")),
	STORED(VT_BYTES, swap_free, HELP("SwapFree")),
	STORED(VT_BYTES, cached, HELP("Cached, shared memory included")),
	STORED(VT_BYTES, hugetlb, HELP("Hugetlb: all huge pages set aside")),
};
#undef ROW

#define ROW struct total
static const struct field total_fields[] = {
	STORED(VT_ENUM, kind, HELP("kind of object"), .names = kind_names,
	       .flags = FIELD_HIDDEN | FIELD_KEY | FIELD_REQUIRED),
	STORED(VT_UINT, objects, HELP("how many"), .flags = FIELD_RIGHT),
	STORED(VT_BYTES, size, HELP("sum of their sizes"), .flags = FIELD_RIGHT),
	STORED(VT_BYTES, allocated, HELP("memory and swap that they use"), .flags = FIELD_RIGHT),
	STORED(VT_UINT, stale, HELP("how many are stale"), .flags = FIELD_RIGHT),
	STORED(VT_BYTES, stale_allocated, HELP("memory and swap that the stale ones use"),
	       .flags = FIELD_RIGHT),
};
#undef ROW

#define ROW struct object
static const struct field object_fields[] = {
	STORED(VT_NAME, name, HELP("name, as every command takes it"),
	       .flags = FIELD_REQUIRED | FIELD_DEFAULT | FIELD_WRAP),
	STORED(VT_ENUM, kind, HELP("kind of object"), .names = kind_names, .flags = FIELD_REQUIRED),
	STORED(VT_UINT, id, HELP("System V identifier"), .flags = FIELD_RIGHT),
	STORED(VT_KEY, key, HELP("System V key"), .flags = FIELD_RIGHT),
	STORED(VT_STRING, label, HELP("given name of a memfd, what a special mapping is"),
	       .flags = FIELD_TRUNCATE),
	STORED(VT_STRING, path, HELP("path of the file"), .flags = FIELD_TRUNCATE),
	STORED(VT_UINT, ipc_ns, HELP("IPC namespace"), .flags = FIELD_RIGHT),
	STORED(VT_DEVICE, device, HELP("device number, as maps and stat show it"), .flags = FIELD_RIGHT),
	STORED(VT_UINT, inode, HELP("inode number"), .flags = FIELD_RIGHT),
	STORED(VT_UINT, links, HELP("link count of the file"), .flags = FIELD_RIGHT),
	STORED(VT_BYTES, size, HELP("size in bytes"), .flags = FIELD_RIGHT | FIELD_DEFAULT),
	STORED(VT_BYTES, allocated, HELP("memory and swap that it really uses"), N(RESIDENT),
	       .flags = FIELD_RIGHT | FIELD_DEFAULT),
	STORED(VT_BYTES, rss, HELP("in memory"), N(RESIDENT), .flags = FIELD_RIGHT),
	STORED(VT_BYTES, swap, HELP("in swap"), N(RESIDENT), .flags = FIELD_RIGHT),
	STORED(VT_BYTES, page_size, HELP("size of its pages"), N(HOLDERS), .flags = FIELD_RIGHT),
	STORED(VT_MODE, mode, HELP("permissions"), .flags = FIELD_RIGHT),
	STORED(VT_UINT, uid, HELP("owner's user number"), .flags = FIELD_RIGHT),
	STORED(VT_STRING, user, HELP("owner"), .numeric = "uid", .flags = FIELD_DEFAULT),
	STORED(VT_UINT, gid, HELP("owner's group number"), .flags = FIELD_RIGHT),
	STORED(VT_STRING, group, HELP("owner's group"), .numeric = "gid"),
	STORED(VT_UINT, creator_uid, HELP("creator's user number"), .flags = FIELD_RIGHT),
	STORED(VT_STRING, creator_user, HELP("creator"), .numeric = "creator_uid"),
	STORED(VT_UINT, creator_gid, HELP("creator's group number"), .flags = FIELD_RIGHT),
	STORED(VT_STRING, creator_group, HELP("creator's group"), .numeric = "creator_gid"),
	STORED(VT_UINT, creator_pid, HELP("process that created it"), .flags = FIELD_RIGHT),
	STORED(VT_BOOL, creator_alive, HELP("whether that very process lives"), N(PIDS)),
	STORED(VT_UINT, last_pid, HELP("process that used it last: attached, detached, sent, received"),
	       .flags = FIELD_RIGHT),
	STORED(VT_BOOL, last_alive, HELP("whether that very process lives"), N(PIDS)),
	STORED(VT_TIME, attach_time, HELP("last attach")),
	STORED(VT_TIME, detach_time, HELP("last detach")),
	STORED(VT_TIME, change_time, HELP("creation or last change of mode, owner or name")),
	STORED(VT_TIME, modify_time, HELP("last write")),
	STORED(VT_TIME, access_time, HELP("last read")),
	STORED(VT_TIME, birth_time, HELP("creation of the file")),
	{ .name = "age", HELP("since the latest of its times"), .type = VT_AGE, .get = get_age,
	  .flags = FIELD_RIGHT | FIELD_DEFAULT },
	STORED(VT_UINT, nattch, HELP("attachments, by the kernel's count"), .flags = FIELD_RIGHT),
	STORED(VT_UINT, mappings, HELP("mappings seen"), N(HOLDERS), .flags = FIELD_RIGHT),
	STORED(VT_UINT, processes, HELP("processes seen that map it"), N(HOLDERS),
	       .flags = FIELD_RIGHT),
	STORED(VT_UINT, openers, HELP("processes seen that have a descriptor of it"), N(HOLDERS),
	       .flags = FIELD_RIGHT),
	STORED(VT_BOOL, holders_complete, HELP("whether these are all holders"), N(HOLDERS)),
	{ .name = "uses", HELP("attachments by the kernel's count, or mappings and openers"),
	  .type = VT_UINT, .get = get_uses, N(STATE),
	  .flags = FIELD_RIGHT | FIELD_DEFAULT | FIELD_TABLE },
	STORED(VT_ENUM, state, HELP("stage of its life"), .names = state_names, N(STATE),
	       .flags = FIELD_DEFAULT),
	STORED(VT_FLAGS, flags, HELP("what else is to know"), .names = object_flag_names),
	STORED(VT_BOOL, logout, HELP("whether systemd-logind would remove it at its owner's logout"),
	       N(LOGOUT)),
	STORED(VT_STRING, family, HELP("what made it, by its name"),
	       .flags = FIELD_DEFAULT | FIELD_TRUNCATE),
	{ .name = "unknown", HELP("fields that could not be read"), .type = VT_FACTS,
	  .flags = FIELD_REQUIRED },
	STORED(VT_ENUM, verdict, HELP("whether anybody still needs it"), .names = verdict_names,
	       N(VERDICT), .flags = FIELD_DEFAULT),
	STORED(VT_ROWS, reasons, HELP("why, the deciding reason first"), .rows = CLASS_REASON,
	       N(VERDICT), .flags = FIELD_REQUIRED),
	STORED(VT_UINT, semaphores, HELP("semaphores in the set; 1 for a POSIX one"), .flags = FIELD_RIGHT),
	STORED(VT_ROWS, values, HELP("the semaphores of the set"), .rows = CLASS_SEMAPHORE, N(VALUES)),
	STORED(VT_UINT, waiters, HELP("processes that wait for a semaphore of the set"), N(VALUES),
	       .flags = FIELD_RIGHT),
	STORED(VT_TIME, operation_time, HELP("last operation on the set")),
	STORED(VT_UINT, messages, HELP("messages in the queue"), .flags = FIELD_RIGHT),
	STORED(VT_BYTES, bytes, HELP("bytes of the messages in the queue"), N(CONTENTS), .flags = FIELD_RIGHT),
	STORED(VT_BYTES, max_bytes, HELP("bytes that the queue takes"), .flags = FIELD_RIGHT),
	STORED(VT_UINT, max_messages, HELP("messages that a POSIX queue takes"), .flags = FIELD_RIGHT),
	STORED(VT_BYTES, message_size, HELP("bytes that a message of a POSIX queue may have"),
	       .flags = FIELD_RIGHT),
	STORED(VT_STRING, notify, HELP("how a process is told of a message: signal, thread, none"),
	       N(CONTENTS)),
	STORED(VT_UINT, notify_signal, HELP("the signal"), N(CONTENTS), .flags = FIELD_RIGHT),
	STORED(VT_UINT, notify_pid, HELP("process that is told of a message"), N(CONTENTS),
	       .flags = FIELD_RIGHT),
	STORED(VT_UINT, send_pid, HELP("process that sent last"), .flags = FIELD_RIGHT),
	STORED(VT_UINT, receive_pid, HELP("process that received last"), .flags = FIELD_RIGHT),
	STORED(VT_TIME, send_time, HELP("last message sent")),
	STORED(VT_TIME, receive_time, HELP("last message received")),
	{ .name = "cgroup", HELP("control group of its holders"), .type = VT_STRING,
	  .get = get_cgroup, N(PROCESSES), .flags = FIELD_TABLE | FIELD_TRUNCATE },
	{ .name = "unit", HELP("systemd unit of its holders"), .type = VT_STRING, .get = get_unit,
	  N(PROCESSES), .flags = FIELD_TABLE | FIELD_TRUNCATE },
	{ .name = "container", HELP("container of its holders"), .type = VT_STRING,
	  .get = get_container, N(PROCESSES), .flags = FIELD_TABLE | FIELD_TRUNCATE },
	STORED(VT_ROWS, holders, HELP("who maps it or has it open"), .rows = CLASS_HOLDER,
	       .needs = NEED_BIT(NEED_HOLDERS) | NEED_BIT(NEED_PROCESSES), .flags = FIELD_REQUIRED),
};
#undef ROW

#define ROW struct holder
static const struct field holder_fields[] = {
	STORED(VT_EMBED, process, HELP("the process"), .rows = CLASS_PROCESS),
	STORED(VT_ROWS, mappings, HELP("its mappings of the object"), .rows = CLASS_MAPPING,
	       .flags = FIELD_REQUIRED),
	STORED(VT_ROWS, fds, HELP("its descriptors of the object"), .rows = CLASS_FD,
	       .flags = FIELD_REQUIRED),
};
#undef ROW

#define ROW struct process
static const struct field process_fields[] = {
	STORED(VT_UINT, pid, HELP("process"), .flags = FIELD_REQUIRED | FIELD_RIGHT | FIELD_DEFAULT),
	STORED(VT_STAMP, start_time, HELP("when it started")),
	STORED(VT_UINT, uid, HELP("its effective user number"), .flags = FIELD_RIGHT),
	STORED(VT_STRING, user, HELP("its effective user"), .numeric = "uid"),
	STORED(VT_STRING, comm, HELP("its short name")),
	STORED(VT_STRING, cmdline, HELP("its command line"), .flags = FIELD_TRUNCATE),
	STORED(VT_STRING, cgroup, HELP("its control group"), .flags = FIELD_TRUNCATE),
	STORED(VT_STRING, unit, HELP("its systemd unit"), .flags = FIELD_TRUNCATE),
	STORED(VT_STRING, container, HELP("its container"), .flags = FIELD_TRUNCATE),
	STORED(VT_UINT, pid_ns, HELP("its pid namespace"), .flags = FIELD_RIGHT),
};
#undef ROW

#define ROW struct mapping
static const struct field mapping_fields[] = {
	STORED(VT_ADDRESS, start, HELP("first address"), .flags = FIELD_REQUIRED | FIELD_RIGHT),
	STORED(VT_BYTES, length, HELP("length in bytes"), .flags = FIELD_REQUIRED | FIELD_RIGHT),
	STORED(VT_STRING, prot, HELP("protection, s for shared, p for private"),
	       .flags = FIELD_REQUIRED),
	STORED(VT_BYTES, offset, HELP("where in the object it begins"),
	       .flags = FIELD_REQUIRED | FIELD_RIGHT),
};
#undef ROW

#define ROW struct fd
static const struct field fd_fields[] = {
	STORED(VT_UINT, fd, HELP("descriptor number"), .flags = FIELD_REQUIRED | FIELD_RIGHT),
	STORED(VT_ENUM, access, HELP("opened for: r, w, rw, path"), .names = access_names),
};
#undef ROW

#define ROW struct semaphore
static const struct field semaphore_fields[] = {
	STORED(VT_UINT, number, HELP("its place in the set"), .flags = FIELD_REQUIRED | FIELD_RIGHT),
	STORED(VT_UINT, value, HELP("what it is at"), .flags = FIELD_REQUIRED | FIELD_RIGHT),
	STORED(VT_UINT, last_pid, HELP("process that changed it last"), .flags = FIELD_RIGHT),
	STORED(VT_UINT, rise_waiters, HELP("processes that wait for a larger value"), .flags = FIELD_RIGHT),
	STORED(VT_UINT, zero_waiters, HELP("processes that wait for 0"), .flags = FIELD_RIGHT),
};
#undef ROW

#define ROW struct reason
static const struct field reason_fields[] = {
	STORED(VT_STRING, code, HELP("code of the reason"), .flags = FIELD_REQUIRED),
	STORED(VT_STRING, text, HELP("the reason as a sentence"), .flags = FIELD_REQUIRED),
};
#undef ROW

#define ROW struct group_row
static const struct field group_fields[] = {
	STORED(VT_STRING, value, HELP("what they have in common"), .flags = FIELD_DEFAULT),
	STORED(VT_UINT, objects, HELP("how many"), .flags = FIELD_RIGHT | FIELD_DEFAULT),
	STORED(VT_BYTES, size, HELP("sum of their sizes"), .flags = FIELD_RIGHT | FIELD_DEFAULT),
	STORED(VT_BYTES, allocated, HELP("memory and swap that they use"),
	       .flags = FIELD_RIGHT | FIELD_DEFAULT),
	STORED(VT_UINT, stale, HELP("how many are stale"), .flags = FIELD_RIGHT | FIELD_DEFAULT),
	STORED(VT_BYTES, stale_allocated, HELP("memory and swap that the stale ones use"),
	       .flags = FIELD_RIGHT | FIELD_DEFAULT),
};
#undef ROW

#define ROW struct map
static const struct field map_fields[] = {
	STORED(VT_EMBED, process, HELP("the process"), .rows = CLASS_PROCESS),
	STORED(VT_ADDRESS, start, HELP("first address"), .flags = FIELD_RIGHT | FIELD_DEFAULT),
	STORED(VT_BYTES, length, HELP("length in bytes"), .flags = FIELD_RIGHT | FIELD_DEFAULT),
	STORED(VT_STRING, prot, HELP("protection, s for shared, p for private"),
	       .flags = FIELD_DEFAULT),
	STORED(VT_BYTES, offset, HELP("where in the file or object it begins"), .flags = FIELD_RIGHT),
	STORED(VT_DEVICE, device, HELP("device number"), .flags = FIELD_RIGHT),
	STORED(VT_UINT, inode, HELP("inode number"), .flags = FIELD_RIGHT),
	STORED(VT_ENUM, kind, HELP("kind of the object"), .names = kind_names,
	       .flags = FIELD_DEFAULT),
	STORED(VT_NAME, object, HELP("name of the object"), .flags = FIELD_DEFAULT | FIELD_WRAP),
	STORED(VT_STRING, path, HELP("what the kernel calls it: a file, [heap], [stack]"),
	       .flags = FIELD_DEFAULT | FIELD_TRUNCATE),
	STORED(VT_BOOL, deleted, HELP("whether the file has lost its name")),
	STORED(VT_BYTES, rss, HELP("resident, with -X"), .flags = FIELD_RIGHT),
	STORED(VT_BYTES, pss, HELP("resident, shared pages by share, with -X"), .flags = FIELD_RIGHT),
	STORED(VT_BYTES, swap, HELP("swapped, with -X"), .flags = FIELD_RIGHT),
};
#undef ROW

#define ROW struct act
static const struct field act_fields[] = {
	STORED(VT_NAME, name, HELP("name of the object"),
	       .flags = FIELD_REQUIRED | FIELD_DEFAULT | FIELD_WRAP),
	STORED(VT_ENUM, kind, HELP("kind of object"), .names = kind_names, .flags = FIELD_REQUIRED),
	STORED(VT_ENUM, action, HELP("what is to be done"), .names = action_names,
	       .flags = FIELD_REQUIRED),
	STORED(VT_BYTES, size, HELP("size in bytes"), .flags = FIELD_RIGHT),
	STORED(VT_BYTES, allocated, HELP("memory and swap that it really uses"),
	       .flags = FIELD_RIGHT | FIELD_DEFAULT),
	STORED(VT_UINT, uid, HELP("owner's user number"), .flags = FIELD_RIGHT),
	STORED(VT_STRING, user, HELP("owner"), .numeric = "uid", .flags = FIELD_DEFAULT),
	STORED(VT_MODE, mode, HELP("chmod: its permissions before"), .flags = FIELD_RIGHT),
	STORED(VT_MODE, new_mode, HELP("chmod, mk: its permissions from now on"), .flags = FIELD_RIGHT),
	STORED(VT_UINT, gid, HELP("chown: its group's number before"), .flags = FIELD_RIGHT),
	STORED(VT_STRING, group, HELP("chown: its group before"), .numeric = "gid"),
	STORED(VT_UINT, new_uid, HELP("chown, mk: its owner's number from now on"), .flags = FIELD_RIGHT),
	STORED(VT_UINT, new_gid, HELP("chown, mk: its group's number from now on"), .flags = FIELD_RIGHT),
	STORED(VT_AGE, age, HELP("since the latest of its times"), .flags = FIELD_RIGHT | FIELD_DEFAULT),
	STORED(VT_ENUM, state, HELP("stage of its life"), .names = state_names),
	STORED(VT_ENUM, verdict, HELP("whether anybody still needs it"), .names = verdict_names),
	STORED(VT_STRING, family, HELP("what made it, by its name"), .flags = FIELD_TRUNCATE),
	STORED(VT_STRING, code, HELP("code of the deciding reason")),
	STORED(VT_STRING, reason, HELP("the deciding reason as a sentence"),
	       .flags = FIELD_DEFAULT | FIELD_TRUNCATE),
	STORED(VT_ENUM, result, HELP("what became of it"), .names = outcome_names,
	       .flags = FIELD_REQUIRED | FIELD_DEFAULT),
	STORED(VT_STRING, why, HELP("why it was refused, kept, or failed"),
	       .flags = FIELD_DEFAULT | FIELD_TRUNCATE),
	STORED(VT_BYTES, freed, HELP("bytes that came back at once"), .flags = FIELD_RIGHT),
	STORED(VT_STRING, saved, HELP("file that its contents were saved to"), .flags = FIELD_TRUNCATE),
	STORED(VT_UINT, pid, HELP("detach: process that is to let go"), .flags = FIELD_RIGHT),
	STORED(VT_STAMP, start_time, HELP("detach: when that process started")),
	STORED(VT_STRING, comm, HELP("detach: its short name")),
	STORED(VT_ADDRESS, start, HELP("detach: first address of the mapping"), .flags = FIELD_RIGHT),
	STORED(VT_BYTES, length, HELP("detach: length of the mapping"), .flags = FIELD_RIGHT),
	STORED(VT_BYTES, offset, HELP("detach: where in the object the mapping begins"),
	       .flags = FIELD_RIGHT),
	STORED(VT_STRING, prot, HELP("detach: protection of the mapping")),
	STORED(VT_ENUM, leave, HELP("detach: what stays at that address"), .names = leave_names),
	STORED(VT_BYTES, copy, HELP("detach: memory that the copy takes, at its process's first mapping"),
	       .flags = FIELD_RIGHT),
	STORED(VT_UINT, other_holders, HELP("detach: how many other processes hold it"),
	       .flags = FIELD_RIGHT),
	STORED(VT_STRING, others, HELP("detach: who they are"), .flags = FIELD_TRUNCATE),
	STORED(VT_ENUM, becomes, HELP("detach: stage of the object's life after it"),
	       .names = future_names),
	STORED(VT_SPAN_US, stopped,
	       HELP("detach: seconds that its process stood still, at its first mapping"),
	       .flags = FIELD_RIGHT),
	STORED(VT_UINT, nattch, HELP("detach: attachments before, by the kernel's count"),
	       .flags = FIELD_RIGHT),
	STORED(VT_UINT, new_nattch, HELP("detach: attachments after it"), .flags = FIELD_RIGHT),
};
#undef ROW

#define ROW struct holding
static const struct field holding_fields[] = {
	STORED(VT_EMBED, process, HELP("the process"), .rows = CLASS_PROCESS),
	STORED(VT_STRING, value, HELP("what the processes have in common"),
	       .flags = FIELD_DEFAULT | FIELD_TRUNCATE),
	STORED(VT_UINT, processes, HELP("how many processes hold something"),
	       .flags = FIELD_RIGHT | FIELD_DEFAULT),
	STORED(VT_UINT, objects, HELP("how many objects they hold"), .flags = FIELD_RIGHT | FIELD_DEFAULT),
	STORED(VT_BYTES, size, HELP("sum of the sizes"), .flags = FIELD_RIGHT | FIELD_DEFAULT),
	STORED(VT_BYTES, allocated, HELP("memory and swap of all that is held"),
	       .flags = FIELD_RIGHT | FIELD_DEFAULT),
	STORED(VT_BYTES, share, HELP("of it in proportion: divided by all processes that hold the same"),
	       .flags = FIELD_RIGHT | FIELD_DEFAULT),
	STORED(VT_UINT, incomplete, HELP("objects whose size or memory is unknown and missing in the sums"),
	       .flags = FIELD_RIGHT),
#define BY_KIND(id, member)								\
	STORED_AS(VT_BYTES, #member, by_kind[KIND_##id], HELP("of the memory: kind " #member),	\
		  .flags = FIELD_RIGHT),
	KINDS(BY_KIND)
#undef BY_KIND
	STORED(VT_UINT, owned, HELP("objects of the user that nobody holds"), .flags = FIELD_RIGHT),
	STORED(VT_BYTES, owned_allocated, HELP("memory and swap that those use"), .flags = FIELD_RIGHT),
	STORED(VT_UINT, stale, HELP("how many of those are stale"), .flags = FIELD_RIGHT),
	STORED(VT_BYTES, stale_allocated, HELP("memory and swap that the stale of those use"),
	       .flags = FIELD_RIGHT),
};
#undef ROW

#define ROW struct event
static const struct field event_fields[] = {
	STORED(VT_STAMP, time, HELP("when it happened, at the latest"),
	       .flags = FIELD_REQUIRED | FIELD_DEFAULT),
	STORED(VT_ENUM, event, HELP("what happened"), .names = event_names,
	       .flags = FIELD_REQUIRED | FIELD_DEFAULT),
	STORED(VT_NAME, name, HELP("name of the object"),
	       .flags = FIELD_REQUIRED | FIELD_DEFAULT | FIELD_WRAP),
	STORED(VT_ENUM, kind, HELP("kind of object"), .names = kind_names,
	       .flags = FIELD_REQUIRED | FIELD_DEFAULT),
	STORED(VT_BYTES, size, HELP("size in bytes"), .flags = FIELD_RIGHT | FIELD_DEFAULT),
	STORED(VT_UINT, uid, HELP("owner's user number"), .flags = FIELD_RIGHT),
	STORED(VT_STRING, user, HELP("owner"), .numeric = "uid", .flags = FIELD_DEFAULT),
	STORED(VT_UINT, pid, HELP("process that did it"), .flags = FIELD_RIGHT | FIELD_DEFAULT),
	STORED(VT_STRING, comm, HELP("its short name"), .flags = FIELD_DEFAULT),
	STORED(VT_UINT, mappings, HELP("how many mappings more or fewer"), .flags = FIELD_RIGHT),
};
#undef ROW

#define ROW struct pile
static const struct field pile_fields[] = {
	STORED(VT_DEVICE, device, HELP("device number of the tmpfs"), .flags = FIELD_RIGHT),
	STORED(VT_STRING, path, HELP("where it is mounted")),
	STORED(VT_ENUM, kind, HELP("posix-shm: it is a /dev/shm"), .names = kind_names),
	STORED(VT_UINT, uid, HELP("the files' owner"), .flags = FIELD_RIGHT),
	STORED(VT_STRING, user, HELP("the files' owner"), .numeric = "uid"),
	STORED(VT_UINT, objects, HELP("files"), .flags = FIELD_RIGHT),
	STORED(VT_BYTES, memory, HELP("memory and swap that they take"), .flags = FIELD_RIGHT),
};
#undef ROW

#define ROW struct cgroup_row
static const struct field cgroup_fields[] = {
	STORED(VT_STRING, path, HELP("control group")),
	STORED(VT_BYTES, shmem, HELP("shared memory charged to it"), .flags = FIELD_RIGHT),
};
#undef ROW

#define ROW struct account
static const struct field account_fields[] = {
	STORED(VT_STRING, value, HELP("kind, user or control group"), .flags = FIELD_DEFAULT | FIELD_TRUNCATE),
	STORED(VT_UINT, objects, HELP("how many objects or files"), .flags = FIELD_RIGHT | FIELD_DEFAULT),
	STORED(VT_BYTES, memory, HELP("memory, and swap where the two cannot be told apart"),
	       .flags = FIELD_RIGHT | FIELD_DEFAULT),
	STORED(VT_BYTES, swap, HELP("known to be in swap besides"), .flags = FIELD_RIGHT),
	STORED(VT_UINT, percent, HELP("of all shared memory"), .flags = FIELD_RIGHT | FIELD_DEFAULT),
	STORED(VT_STRING, path, HELP("where the tmpfs is mounted"), .flags = FIELD_DEFAULT | FIELD_TRUNCATE),
	STORED(VT_STRING, what, HELP("what it is"), .flags = FIELD_DEFAULT | FIELD_TRUNCATE),
};
#undef ROW

#define CLASS(id, name_, type)								\
	[id] = { .name = #name_, .fields = name_##_fields,				\
		 .count = ARRAY_SIZE(name_##_fields), .size = sizeof(type) }

const struct field_class field_classes[NR_CLASSES] = {
	CLASS(CLASS_DOCUMENT, document, struct document),
	CLASS(CLASS_GAP, gap, struct gap),
	CLASS(CLASS_POLICY, policy, struct policy_row),
	CLASS(CLASS_LIMITS, limits, struct limits),
	CLASS(CLASS_MEMORY, memory, struct memory),
	CLASS(CLASS_TOTAL, total, struct total),
	CLASS(CLASS_OBJECT, object, struct object),
	CLASS(CLASS_HOLDER, holder, struct holder),
	CLASS(CLASS_PROCESS, process, struct process),
	CLASS(CLASS_MAPPING, mapping, struct mapping),
	CLASS(CLASS_FD, fd, struct fd),
	CLASS(CLASS_SEMAPHORE, semaphore, struct semaphore),
	CLASS(CLASS_REASON, reason, struct reason),
	CLASS(CLASS_GROUP, group, struct group_row),
	CLASS(CLASS_POOL, pool, struct pool),
	CLASS(CLASS_LIMIT, limit, struct limit),
	CLASS(CLASS_MAP, map, struct map),
	CLASS(CLASS_ACT, act, struct act),
	CLASS(CLASS_HOLDING, holding, struct holding),
	CLASS(CLASS_PILE, pile, struct pile),
	CLASS(CLASS_CGROUP, cgroup, struct cgroup_row),
	CLASS(CLASS_ACCOUNT, account, struct account),
	CLASS(CLASS_EVENT, event, struct event),
};
