/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include "ipctop/alloc.h"

#define PATIENCE_S	3	/* that an end may take before it is made */

/* Handlers may use nothing else than what stands here. */
static struct {
	int pipe[2];
	struct termios before;
	bool saved;
	const char *sane;		/* what makes the screen a terminal again */
	size_t sane_len;
	volatile sig_atomic_t taken;
	volatile sig_atomic_t ending;	/* the signal that asks for it; 0: none does */
	volatile sig_atomic_t continued;
} state = { .pipe = { -1, -1 } };

static const int asking[] = { SIGWINCH, SIGTSTP, SIGCONT, SIGINT, SIGTERM, SIGHUP };
static const int deadly[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT, SIGALRM };
static struct sigaction old_asking[ARRAY_SIZE(asking)], old_deadly[ARRAY_SIZE(deadly)];

bool signals_in_background(void)
{
	pid_t group = tcgetpgrp(STDIN_FILENO);

	/* of a terminal that is not its own, or is gone, there is no telling, and no stopping either */
	return group > 0 && group != getpgrp();
}

/*
 * Async-signal-safe, and never waits for a terminal that takes nothing. How it takes keys is its
 * owner's to say: who changes that in the background is stopped (termios(3), SIGTTOU).
 */
void signals_restore(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };

	if (!state.taken)
		return;
	state.taken = 0;
	if (poll(&out, 1, 0) > 0 && out.revents & POLLOUT)
		(void)!write(STDOUT_FILENO, state.sane, state.sane_len);
	if (state.saved && !signals_in_background())
		tcsetattr(STDIN_FILENO, TCSANOW, &state.before);
}

static void on_asking(int signal)
{
	unsigned char byte = signal;
	int error = errno;

	if (signal == SIGCONT)
		state.continued = 1;
	/* where the way to an end is blocked, as by a terminal that takes nothing, it is made */
	if (signal == SIGTERM || signal == SIGHUP) {
		state.ending = signal;
		alarm(PATIENCE_S);
	}
	(void)!write(state.pipe[1], &byte, 1);
	errno = error;
}

static bool is_fault(int signal, const siginfo_t *info)
{
	return info->si_code > 0 && (signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL);
}

static void on_deadly(int signal, siginfo_t *info, void *context)
{
	signals_restore();
	for (unsigned int i = 0; i < ARRAY_SIZE(deadly); i++)
		if (deadly[i] == signal)
			sigaction(signal, &old_deadly[i], NULL);
	/* a fault happens again, where it was, to whoever was there to tell of it before */
	if (!is_fault(signal, info))
		raise(signal == SIGALRM ? SIGKILL : signal);
}

void signals_save_terminal(void)
{
	state.saved = !tcgetattr(STDIN_FILENO, &state.before);
}

static void take(const int *signals, struct sigaction *old, unsigned int n, const struct sigaction *action)
{
	for (unsigned int i = 0; i < n; i++)
		sigaction(signals[i], action, &old[i]);
}

void signals_take(const char *sane)
{
	static char stack[16384];
	const stack_t alternative = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction ask = { .sa_handler = on_asking, .sa_flags = SA_RESTART };
	struct sigaction die = { .sa_sigaction = on_deadly, .sa_flags = SA_SIGINFO | SA_ONSTACK };

	if (pipe2(state.pipe, O_CLOEXEC | O_NONBLOCK))
		state.pipe[0] = state.pipe[1] = -1;
	state.sane = sane;
	state.sane_len = strlen(sane);
	state.taken = 1;
	sigaltstack(&alternative, NULL);
	take(asking, old_asking, ARRAY_SIZE(asking), &ask);
	take(deadly, old_deadly, ARRAY_SIZE(deadly), &die);
	out_of_memory_after(signals_restore);
}

void signals_give_back(void)
{
	state.taken = 0;
	out_of_memory_after(NULL);
	for (unsigned int i = 0; i < ARRAY_SIZE(asking); i++)
		sigaction(asking[i], &old_asking[i], NULL);
	for (unsigned int i = 0; i < ARRAY_SIZE(deadly); i++)
		sigaction(deadly[i], &old_deadly[i], NULL);
	close(state.pipe[0]);
	close(state.pipe[1]);
	state.pipe[0] = state.pipe[1] = -1;
}

int signals_fd(void)
{
	return state.pipe[0];
}

int signals_next(void)
{
	unsigned char byte;

	/* what else came has no meaning any more */
	if (state.ending)
		return state.ending;
	return read(state.pipe[0], &byte, 1) == 1 ? byte : 0;
}

/*
 * In the background it stops as who wants the terminal does there, again and again: to take it would be
 * just that, and nothing but a signal that it cannot look at would end it. Where nobody can continue
 * it (an orphaned process group), the kernel does not stop it, and the terminal is lost.
 */
static void stop_in_background(void)
{
	struct sigaction stop = { .sa_handler = SIG_DFL }, mine;

	sigaction(SIGTTOU, &stop, &mine);
	while (!state.ending && signals_in_background()) {
		state.continued = 0;
		raise(SIGTTOU);
		if (!state.continued)
			state.ending = SIGHUP;
	}
	sigaction(SIGTTOU, &mine, NULL);
}

bool signals_foreground(void)
{
	stop_in_background();
	return !state.ending;
}

bool signals_stop(void)
{
	struct sigaction stop = { .sa_handler = SIG_DFL }, mine;

	sigaction(SIGTSTP, &stop, &mine);
	state.taken = 0;
	raise(SIGTSTP);
	sigaction(SIGTSTP, &mine, NULL);
	if (!signals_foreground())
		return false;
	state.taken = 1;
	return true;
}
