// SPDX-License-Identifier: GPL-2.0-or-later
/* What a process may not do, and what of it others may not change. */
#include "target.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_ON 1
#endif

#define NUMBER offsetof(struct seccomp_data, nr)
/* The lower half of an argument. */
#define ARG(n) (offsetof(struct seccomp_data, args) + 8 * (n))
#define LOAD(at) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at)
#define UNLESS(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip)
#define UNLESS_ANY(bits, skip) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, skip)
#define GIVE(what) BPF_STMT(BPF_RET | BPF_K, what)
/* All calls but one of which something else is to be. */
#define BUT(call, what) { LOAD(NUMBER), UNLESS(call, 1), GIVE(what), GIVE(SECCOMP_RET_ALLOW) }

static const struct confinement {
	const char *name;
	struct sock_filter rows[8];
	unsigned int flags;
} confinements[] = {
	{ "allow", { GIVE(SECCOMP_RET_ALLOW) } },
	{ "kill-mmap", BUT(SYS_mmap, SECCOMP_RET_KILL_PROCESS) },
	{ "kill-thread-mmap", BUT(SYS_mmap, SECCOMP_RET_KILL_THREAD) },
	{ "errno-mmap", BUT(SYS_mmap, SECCOMP_RET_ERRNO | EACCES) },
	{ "errno-mremap", BUT(SYS_mremap, SECCOMP_RET_ERRNO | EPERM) },
	{ "trap-mmap", BUT(SYS_mmap, SECCOMP_RET_TRAP) },
	{ "kill-mprotect", BUT(SYS_mprotect, SECCOMP_RET_KILL_PROCESS) },
	{ "kill-munmap", BUT(SYS_munmap, SECCOMP_RET_KILL_PROCESS) },
	{ "notify-mmap", BUT(SYS_mmap, SECCOMP_RET_USER_NOTIF), SECCOMP_FILTER_FLAG_NEW_LISTENER },
	{ "private-mmap", { LOAD(NUMBER), UNLESS(SYS_mmap, 3), LOAD(ARG(3)), UNLESS_ANY(MAP_PRIVATE, 2),
			    GIVE(SECCOMP_RET_ALLOW), GIVE(SECCOMP_RET_ALLOW),
			    GIVE(SECCOMP_RET_KILL_PROCESS) } },
	{ "where", { LOAD(offsetof(struct seccomp_data, instruction_pointer) + 4), UNLESS(0x12345678, 1),
		     GIVE(SECCOMP_RET_KILL_PROCESS), GIVE(SECCOMP_RET_ALLOW) } },
	{ "other-abi", { LOAD(offsetof(struct seccomp_data, arch)), UNLESS(AUDIT_ARCH_X86_64, 1),
			 GIVE(SECCOMP_RET_ALLOW), GIVE(SECCOMP_RET_KILL_PROCESS) } },
};

static int filter(const char *name)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(confinements); i++) {
		const struct confinement *c = &confinements[i];
		struct sock_fprog program = { .filter = (struct sock_filter *)c->rows };

		if (strcmp(c->name, name))
			continue;
		/* the last row that says something: a return */
		for (unsigned short n = 0; n < ARRAY_SIZE(c->rows); n++)
			if (c->rows[n].code)
				program.len = (unsigned short)(n + 1);
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
			return fail("prctl");
		return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, c->flags, &program) < 0 ? fail("seccomp") :
										      0;
	}
	errno = EINVAL;
	return fail("seccomp");
}

bool confined_strictly(void)
{
	return is("seccomp", "strict");
}

/* Calls may be made from anywhere, as long as this says so. */
static char dispatch_selector;

int confine(void)
{
	if (!number("dumpable") && prctl(PR_SET_DUMPABLE, 0))
		return fail("prctl");
	if (number("dispatch") &&
	    prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0L, 0L, &dispatch_selector))
		return fail("prctl");
	if (confined_strictly())
		return prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) ? fail("prctl") : 0;
	return is("seccomp", "none") ? 0 : filter(text("seccomp"));
}

static volatile int trapped;

static void trap(int unused)
{
	trapped++;
}

static void set_trap(void)
{
	struct sigaction act = { .sa_handler = is("sigtrap", "handled") ? trap : SIG_IGN };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTRAP);
	if (is("sigtrap", "handled") || is("sigtrap", "ignored"))
		sigaction(SIGTRAP, &act, NULL);
	if (is("sigtrap", "blocked"))
		sigprocmask(SIG_BLOCK, &set, NULL);
}

/* The masks of signals of this thread: pending, blocked, ignored, caught. */
static char kept[1024];

static void read_masks(char *out, size_t size)
{
	FILE *f = fopen("/proc/thread-self/status", "re");
	char line[4096];
	size_t n = 0;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "Sig", 3) && strncmp(line, "SigQ", 4) && n < size)
			n += (size_t)snprintf(out + n, size - n, "%s", line);
	if (f)
		fclose(f);
}

void state_keep(void)
{
	set_trap();
	read_masks(kept, sizeof(kept));
}

void state_judge(void)
{
	char now[sizeof(kept)];

	read_masks(now, sizeof(now));
	if (strcmp(kept, now))
		broken("signals were %s and are %s", kept, now);
	if (trapped)
		broken("%d times SIGTRAP", trapped);
}
