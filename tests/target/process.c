// SPDX-License-Identifier: GPL-2.0-or-later
/* Processes beside the target: with its memory, in its place, stopped, dead. */
#include "target.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* A process that shares the memory without being a thread. It calls nothing: it has no libc of its own. */
static volatile uint64_t *shared_count;
static volatile uint64_t shadow_count;
static pid_t sharer_pid;

static int share(void *arg)
{
	while (!stopping) {
		(*shared_count)++;
		shadow_count++;
		if (*shared_count != shadow_count)
			return 1;
		for (volatile int i = 0; i < 500; i++)
			;
	}
	return 0;
}

static int vm_begin(void)
{
	static char stack[65536] __attribute__((aligned(16)));

	shared_count = object_counters(64);
	sharer_pid = clone(share, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);
	fact("sharer", "%d", sharer_pid);
	return sharer_pid < 0 ? fail("clone") : 0;
}

static void vm_end(void)
{
	int status;

	if (waitpid(sharer_pid, &status, 0) != sharer_pid || status)
		broken("the process with the same memory ended with %#x", status);
	if (*shared_count != shadow_count)
		broken("a write of the process with the same memory is lost");
	fact("shared_writes", "%llu", (unsigned long long)shadow_count);
}

/* The child has the terminal of this story: until it ends, its parent does not run. */
static void vfork_live(void)
{
	char line[64];
	pid_t child = vfork();
	int status;

	if (!child) {
		while (read(0, line, sizeof(line)) > 0 && line[0] != 'd')
			;
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status)
		broken("vfork: %s", strerror(errno));
}

static uintptr_t spawner;
static uint64_t spawned;

static void *spawn_on(void *arg)
{
	char program[] = "/bin/true";
	char *argv[] = { program, NULL };

	for (int status; !stopping; spawned++) {
		pid_t child;

		errno = posix_spawn(&child, program, NULL, NULL, argv, environ);
		if (errno || waitpid(child, &status, 0) != child || status) {
			broken("posix_spawn: %s, status %#x", strerror(errno), status);
			return NULL;
		}
	}
	return NULL;
}

static int spawn_begin(void)
{
	return start_thread(spawn_on, NULL, &spawner);
}

static void spawn_end(void)
{
	join_thread(spawner);
	fact("spawned", "%llu", (unsigned long long)spawned);
}

/* Stopped, until the test sends SIGCONT. */
static void stopped_live(void)
{
	char line[64];

	raise(SIGSTOP);
	while (read(0, line, sizeof(line)) > 0 && line[0] != 'd')
		;
}

static void zombie_live(void)
{
	object_remove();
	_exit(0);
}

/* As long as the mate asks for nothing, its child stays what it is. */
static void zombie_mate(pid_t target)
{
	char line[64];

	while (read(0, line, sizeof(line)) > 0)
		;
}

const struct mode process_modes[] = {
	{ .name = "vm", .help = "another process writes in the same memory", .counts = true,
	  .begin = vm_begin, .end = vm_end },
	{ .name = "vfork", .help = "waits for a child of vfork(2)", .live = vfork_live },
	{ .name = "spawn", .help = "starts programs all the time", .begin = spawn_begin, .end = spawn_end },
	{ .name = "stopped", .help = "stops itself", .live = stopped_live },
	{ .name = "zombie", .help = "ends, and is not waited for", .mated = true, .live = zombie_live,
	  .mate = zombie_mate },
	{ 0 }
};
