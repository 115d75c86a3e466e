/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vet.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include "leave.h"
#include "room.h"
#include "seccomp.h"

pid_t vet_live_thread(pid_t pid)
{
	struct dirent *e;
	pid_t found = 0;
	char path[32];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? 0 : pid;
	while (!found && (e = readdir(dir))) {
		pid_t tid = number_of(e->d_name);

		if (tid > 0 && !thread_is_dying(tid))
			found = tid;
	}
	closedir(dir);
	return found;
}

static int check_process(const struct detach_request *r, pid_t self, pid_t *tid, struct buf *why)
{
	struct thread_stat stat;
	int rc;

	if (r->pid == 1 || r->pid == self) {
		buf_printf(why, "process %d is %s", (int)r->pid, r->pid == 1 ? "init" : "ipctop itself");
		return -EOPNOTSUPP;
	}
	rc = thread_stat(r->pid, &stat);
	if (rc)
		return say_unread(r->pid, rc, why);
	if (stat.flags & PF_KTHREAD) {
		buf_printf(why, "process %d is a thread of the kernel", (int)r->pid);
		return -EOPNOTSUPP;
	}
	*tid = thread_stat_dying(&stat) ? vet_live_thread(r->pid) : r->pid;
	if (*tid)
		return 0;
	buf_printf(why, "process %d is a zombie, it holds nothing", (int)r->pid);
	return -ESRCH;
}

static int check_tracer(const struct detach_request *r, struct vetted *v, struct buf *why)
{
	char path[40];
	int rc = say_tracer(r->pid, v->tid, why);

	if (rc)
		return rc;
	/* the same question as ptrace(2) asks */
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)v->tid);
	v->memory = open(path, O_RDWR | O_CLOEXEC);
	if (v->memory >= 0)
		return 0;
	rc = -errno;
	return rc == -EACCES || rc == -EPERM ? say_untraceable(r->pid, why) : say_unread(r->pid, rc, why);
}

static int check_pieces(const struct space *s, struct buf *why)
{
	static const struct { enum piece_flag flag; const char *what; } forbidden[] = {
		{ PIECE_SEALED, "sealed" }, { PIECE_DEVICE, "device memory" },
		{ PIECE_UFFD, "registered with userfaultfd" }, { PIECE_KEY, "under a protection key" },
		{ PIECE_GUARD, "in part without access (guard pages)" },
	};

	for (uint32_t i = 0; i < s->pieces.count; i++) {
		const struct piece *p = space_piece(s, i);

		for (size_t k = 0; k < ARRAY_SIZE(forbidden); k++) {
			if (!(p->flags & forbidden[k].flag))
				continue;
			buf_printf(why, "mapping %" PRIx64 "-%" PRIx64 " is %s", p->start, p->end,
				   forbidden[k].what);
			return -EOPNOTSUPP;
		}
	}
	if (s->vdso)
		return 0;
	buf_puts(why, "it has no vdso, where the code would stand that it is to run");
	return -EOPNOTSUPP;
}

#ifndef PAGEMAP_SCAN
struct pm_scan_arg {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
struct page_region {
	uint64_t start, end, categories;
};
#define PAGEMAP_SCAN _IOWR('f', 16, struct pm_scan_arg)	/* Linux 6.7 */
#endif
#define IS_GUARD (1 << 8)				/* PAGE_IS_GUARD, Linux 6.15, as guard pages of shared memory are */

/* They are no mappings of their own: smaps does not tell them. A kernel that does not know them has none. */
static void find_guards(struct space *s, pid_t tid)
{
	char path[40];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", (int)tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	for (uint32_t i = 0; fd >= 0 && i < s->pieces.count; i++) {
		struct piece *p = space_piece(s, i);
		struct page_region found;
		struct pm_scan_arg arg = {
			.size = sizeof(arg), .start = p->start, .end = p->end, .vec = (uintptr_t)&found, .vec_len = 1,
			.max_pages = 1, .category_mask = IS_GUARD, .return_mask = IS_GUARD,
		};

		if (ioctl(fd, PAGEMAP_SCAN, &arg) > 0)
			p->flags |= PIECE_GUARD;
	}
	if (fd >= 0)
		close(fd);
}

/* A device, or io_uring, goes on with the pages that it has: those of the object, not of the copy. */
static int check_pinned(const struct detach_request *r, pid_t tid, struct buf *why)
{
	struct buf text = BUF_INIT;
	uint64_t pinned = 0;

	if (!thread_file(tid, "status", &text))
		status_number(text.s, "VmPin", 10, &pinned);
	buf_release(&text);
	if (!pinned || r->force)
		return 0;
	buf_printf(why, "process %d has memory pinned for a device or io_uring: if that is of the object, what comes there "
		   "is not in the copy", (int)r->pid);
	return -ERANGE;
}

/* Beyond the end of the object there is nothing to copy, but SIGBUS to keep. */
static int cut(const struct detach_request *r, const struct origin *origin, struct space *s, struct buf *why)
{
	for (uint32_t i = 0; i < s->pieces.count; i++) {
		const struct piece *p = space_piece(s, i);

		/* the size is not known where it cannot be opened: to read beyond it is an error then */
		if (p->flags & PIECE_BEYOND || origin->fd < 0 || !space_cut(s, i, origin->size) || r->force)
			continue;
		buf_printf(why, "mapping %" PRIx64 "-%" PRIx64 " goes beyond the end of the object: there a touch is "
			   "SIGBUS, and would stay that when the object grows", r->ranges[i].start,
			   r->ranges[i].start + r->ranges[i].length);
		return -ERANGE;
	}
	return 0;
}

static int measure(const struct detach_request *r, struct vetted *v, struct buf *why)
{
	struct origin origin;
	int rc;

	if (r->leave != LEAVE_COPY)
		return 0;
	origin_open(&origin, r, space_piece(&v->space, 0), v->tid);
	rc = cut(r, &origin, &v->space, why);
	for (uint32_t i = 0; i < v->space.pieces.count && !rc; i++) {
		struct piece *p = space_piece(&v->space, i);

		rc = p->flags & PIECE_BEYOND ? 0 : origin_measure(&origin, p, &p->copy, why);
		v->copy += p->copy;
	}
	origin_close(&origin);
	return rc ? rc : room_check(v->tid, v->copy, why);
}

int vet_running(const struct detach_request *r, pid_t self, struct vetted *v, struct buf *why)
{
	int rc;

	*v = (struct vetted){ .memory = -1 };
#ifndef ARCH_NAME
	buf_puts(why, "to make a process let go is not implemented for this processor");
	return -EOPNOTSUPP;
#endif
	if (!r->nranges)
		return say_changed(why);
	rc = check_process(r, self, &v->tid, why);
	if (!rc)
		rc = check_tracer(r, v, why);
	if (!rc)
		rc = space_read(&v->space, r, v->tid, why);
	if (!rc && r->leave == LEAVE_COPY)
		find_guards(&v->space, v->tid);
	if (!rc)
		rc = check_pieces(&v->space, why);
	if (!rc && r->leave == LEAVE_COPY)
		rc = check_pinned(r, v->tid, why);
	if (!rc && room_frozen(v->tid))
		rc = say_asleep(r->pid, why);
	return rc ? rc : measure(r, v, why);
}

void vet_release(struct vetted *v)
{
	space_release(&v->space);
	if (v->memory >= 0)
		close(v->memory);
}

bool vet_same(const struct vetted *v)
{
	char byte;

	/* of an address space that nobody has any more nothing is read (proc_pid_mem(5)) */
	return pread(v->memory, &byte, 1, v->space.vdso) == 1;
}

int vet_sharers(struct target *t, pid_t tid)
{
	DIR *dir = opendir("/proc");
	struct dirent *e;
	int found = 0;

	if (!dir)
		return -errno;
	while ((e = readdir(dir))) {
		pid_t pid = number_of(e->d_name);
		const pid_t *groups = t->groups.rows;
		bool known = pid <= 0;

		for (uint32_t i = 0; i < t->groups.count && !known; i++)
			known = groups[i] == pid;
		if (known || syscall(SYS_kcmp, tid, pid, KCMP_VM, 0, 0) != 0)
			continue;
		*(pid_t *)table_add(&t->groups, sizeof(pid)) = pid;
		found++;
	}
	closedir(dir);
	return found;
}

static bool reads(pid_t tid, uint64_t at, void *bytes, size_t n)
{
	struct iovec here = { bytes, n }, there = { (void *)(uintptr_t)at, n };

	return process_vm_readv(tid, &here, 1, &there, 1, 0) == (ssize_t)n;
}

#ifndef PTRACE_GET_RSEQ_CONFIGURATION
#define PTRACE_GET_RSEQ_CONFIGURATION 0x420f
#endif
#ifndef PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG
#define PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG 0x4211
#endif

struct sequence {
	uint32_t version, flags;
	uint64_t start, length, abort;
};

/* The restartable sequence (rseq(2)) in which the thread is; what cannot be read may be one. */
static bool find_sequence(pid_t tid, const struct arch_regs *regs, struct sequence *s)
{
	struct {
		uint64_t pointer;
		uint32_t size, signature, flags, pad;
	} config = { 0 };
	uint64_t at;

	*s = (struct sequence){ 0 };
	if (ptrace(PTRACE_GET_RSEQ_CONFIGURATION, tid, sizeof(config), &config) < 0 || !config.pointer)
		return false;
	if (!reads(tid, config.pointer + 8, &at, sizeof(at)) || !at)
		return false;
	return !reads(tid, at, s, sizeof(*s)) || arch_ip(regs) - s->start < s->length;
}

void vet_abort(pid_t tid, struct arch_regs *regs)
{
	struct sequence s;

	if (find_sequence(tid, regs, &s) && s.abort)
		arch_jump(regs, s.abort);
}

bool vet_dispatches(const struct thread *th)
{
	struct {
		uint64_t mode, selector, offset, length;
	} config = { 0 };

	return !ptrace(PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, th->tid, sizeof(config), &config) && config.mode;
}

static void take_call(struct table *calls, const struct vetted *v, enum arch_isa isa, const char *name,
		      enum arch_sys call, const uint64_t args[6])
{
	struct seccomp_call *c = table_add(calls, sizeof(*c));

	*c = (struct seccomp_call){
		.name = name,
		.data = { .nr = arch_numbers[isa][call], .arch = arch_audit[isa],
			  .instruction_pointer = v->blob + SYSCALL_BYTES },
	};
	for (int i = 0; i < 6; i++)
		c->data.args[i] = isa == ISA_NARROW ? (uint32_t)args[i] : args[i];
}

static void take_calls(const struct detach_request *r, const struct vetted *v, enum arch_isa isa,
		       struct table *calls)
{
	static const uint64_t none[6], code[6] = {
		0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, (uint64_t)-1, 0
	};

	for (uint32_t i = 0; i < v->space.pieces.count; i++) {
		for (unsigned int step = 0; step < NR_LEAVE_STEPS; step++) {
			enum arch_sys call;
			uint64_t args[6];
			const char *name = leave_call(step, space_piece(&v->space, i), &call, args);

			if (name && leave_takes(r->leave, step))
				take_call(calls, v, isa, name, call, args);
		}
	}
	/* the gate, and what it does there should ipctop die */
	take_call(calls, v, isa, "mmap of code", SYS_CALL_MMAP, code);
	take_call(calls, v, isa, "futex", SYS_CALL_FUTEX, none);
	take_call(calls, v, isa, "rt_sigprocmask", SYS_CALL_SIGPROCMASK, none);
}

/* What its filters would say to all that it is to do. */
static int check_filters(const struct thread *th, const struct detach_request *r, const struct vetted *v,
			 enum arch_isa isa, struct buf *why)
{
	struct table calls = { 0 };
	int mode = seccomp_mode(th->tid), rc;

	if (mode < 0)
		return say_unread(r->pid, mode, why);
	if (!mode)
		return 0;
	take_calls(r, v, isa, &calls);
	rc = seccomp_allows(th->tid, mode, calls.rows, calls.count, why);
	table_release(&calls);
	return rc;
}

/* 0: it can do the calls. */
static int try_thread(const struct thread *th, const struct detach_request *r, const struct vetted *v,
		      struct buf *why)
{
	struct arch_regs regs;
	struct sequence unused;
	int rc = arch_get(th->tid, &regs);

	buf_reset(why);
	if (rc)
		return say_unread(r->pid, rc, why);
	if ((arch_isa(&regs) == ISA_WIDE) != v->space.wide) {
		buf_printf(why, "thread %d runs code of another instruction set than its process", (int)th->tid);
		return -EAGAIN;
	}
	/* the kernel would take the run of the blob for its end, and not begin it anew */
	if (find_sequence(th->tid, &regs, &unused)) {
		buf_printf(why, "thread %d is always in a restartable sequence", (int)th->tid);
		return -EAGAIN;
	}
	if (vet_dispatches(th)) {
		buf_printf(why, "thread %d uses syscall user dispatch", (int)th->tid);
		return -EOPNOTSUPP;
	}
	return check_filters(th, r, v, arch_isa(&regs), why);
}

/* One that sleeps in a call which goes on by itself is the least disturbed. */
static bool sleeps(const struct thread *th)
{
	struct arch_regs regs;

	return !arch_get(th->tid, &regs) && arch_restarts(&regs);
}

int vet_choose(struct target *t, const struct detach_request *r, struct vetted *v, struct thread **th,
	       struct buf *why)
{
	struct buf said = BUF_INIT;
	int rc = -ESRCH, last = rc;

	for (int pass = 0; pass < 2 && last; pass++) {
		for (uint32_t i = 0; i < t->threads.count; i++) {
			*th = (struct thread *)t->threads.rows + i;
			if (!(*th)->parked || sleeps(*th) != (pass == 0))
				continue;
			buf_reset(&said);
			/* while nobody else can trace the process */
			last = blob_place((*th)->tid, v->space.vdso, v->space.vdso_length, &v->blob, &said);
			if (!last)
				last = try_thread(*th, r, v, &said);
			if (!last)
				break;
			/* one that has gone says nothing of the others */
			if (last != -ESRCH) {
				buf_reset(why);
				buf_puts(why, said.s);
				rc = last;
			}
		}
	}
	buf_release(&said);
	if (last && rc != -ESRCH)
		return rc;
	buf_reset(why);
	return last ? say_gone(t->pid, why) : 0;
}

static bool is_inside(const struct space *s, uint64_t at)
{
	for (uint32_t i = 0; i < s->pieces.count; i++)
		if (at >= space_piece(s, i)->start && at < space_piece(s, i)->end)
			return true;
	return false;
}

#define FUTEXES_MAX 128		/* FUTEX_WAITV_MAX */

/* futex_waitv(2): the address is that of a list. */
static bool lists_inside(const struct thread *th, const struct space *s, uint64_t at, uint64_t n)
{
	struct {
		uint64_t value, address;
		uint32_t flags, reserved;
	} waits[FUTEXES_MAX];

	if (n > FUTEXES_MAX || !reads(th->tid, at, waits, n * sizeof(waits[0])))
		return false;
	for (uint64_t i = 0; i < n; i++)
		if (is_inside(s, waits[i].address))
			return true;
	return false;
}

/* A waiter would wait for the object that others still share, or for the copy that they do not wake. */
static int check_waiter(const struct thread *th, const struct space *s, struct buf *why)
{
	struct arch_regs regs;
	const int *futexes;
	uint64_t args[6];
	int number;

	if (arch_get(th->tid, &regs))
		return 0;
	number = arch_syscall(&regs, args);
	futexes = arch_futexes[arch_isa(&regs)];
	if (number == -1 || !((number == futexes[FUTEX_ONE] && is_inside(s, args[0])) ||
			      (number == futexes[FUTEX_NEW] && is_inside(s, args[0])) ||
			      (number == futexes[FUTEX_AGAIN] && is_inside(s, args[0])) ||
			      (number == futexes[FUTEX_LIST] && lists_inside(th, s, args[0], args[1]))))
		return 0;
	buf_printf(why, "thread %d waits on a lock inside the object", (int)th->tid);
	return -EOPNOTSUPP;
}

int vet_stopped(struct target *t, const struct detach_request *r, struct vetted *v,
		struct thread **th, struct buf *why)
{
	int rc = vet_choose(t, r, v, th, why);

	if (rc)
		return rc;
	if (!target_lives(t))
		return say_gone(r->pid, why);
	rc = vet_same(v) ? 0 : say_changed(why);
	if (!rc)
		rc = space_check(&v->space, r, (*th)->tid, why);
	for (uint32_t i = 0; i < t->threads.count && !rc; i++) {
		const struct thread *waiter = (struct thread *)t->threads.rows + i;

		if (waiter->parked)
			rc = check_waiter(waiter, &v->space, why);
	}
	return rc;
}

/* A signal that has come meanwhile is what ends the call, then. */
static bool has_signal(pid_t tid)
{
	struct buf text = BUF_INIT;
	uint64_t own = 0, shared = 0, blocked = 0;
	bool any = true;

	if (!thread_file(tid, "status", &text) && status_number(text.s, "SigPnd", 16, &own) &&
	    status_number(text.s, "ShdPnd", 16, &shared) && status_number(text.s, "SigBlk", 16, &blocked))
		any = (own | shared) & ~blocked;
	buf_release(&text);
	return any;
}

static bool waits_forever(const struct arch_regs *regs)
{
	uint64_t args[6];
	int number = arch_syscall(regs, args);
	const struct arch_wait *w = arch_waits[arch_isa(regs)];

	while (w->number != -1 && w->number != number)
		w++;
	if (w->number == -1)
		return false;
	if (w->mask >= 0 && args[w->mask])
		return false;	/* a handler could be meant to end just this call */
	if (w->timeout < 0)
		return true;
	return w->milliseconds ? (int)args[w->timeout] < 0 : !args[w->timeout];
}

void vet_again(const struct thread *th)
{
	struct arch_regs regs;

	if (!th->parked || arch_get(th->tid, &regs) || !arch_ended_early(&regs) || !waits_forever(&regs) ||
	    has_signal(th->tid))
		return;
	arch_again(&regs);
	(void)!arch_set(th->tid, &regs);
}
