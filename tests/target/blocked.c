// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One system call that blocks, made by the only thread of a process. The mate says the first line when the
 * call has begun. A line `wake` on its stdin ends the wait as such a wait is meant to end.
 */
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { READ, WRITE };
static int fds[2];		/* what is waited for, and what ends the wait */
static int id, facts[2];
static volatile int *word;	/* of a futex */
static volatile int handled;
static struct timespec span;

static struct {
	struct pollfd poll;
	fd_set set;
	struct timeval tv;
	struct epoll_event event;
	struct io_event io;
	struct flock lock;
	siginfo_t info;
	sigset_t mask;
	struct sembuf down;
	struct { long type; char text[64]; } message;
	struct { const sigset_t *mask; size_t size; } masked;
	int status;
} io;

struct args {
	long a[6];
};

/* How one call is prepared, made and ended. */
struct blocking {
	const char *name;
	long number;
	int (*prepare)(void);			/* before mate and target part */
	void (*arm)(long *a, bool timed);	/* its arguments */
	void (*wake)(pid_t target);
	long result;				/* when it is ended; INT_MAX: any that is no error */
	long timed_out;				/* when its time is over; NEVER: it knows no time */
	bool interruptible;			/* by any stop, as signal(7) says */
};
#define NEVER 1
#define ANY   INT32_MAX
static const struct blocking *blocking;

static void set_span(void)
{
	uint64_t ms = number("ms");

	span = (struct timespec){ (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };
	io.tv = (struct timeval){ span.tv_sec, span.tv_nsec / 1000 };
}

static int make_nothing(void)
{
	return 0;
}

static int make_pipe(void)
{
	return pipe(fds) ? fail("pipe") : 0;
}

static int make_pty(void)
{
	struct termios raw;

	if (openpty(&fds[WRITE], &fds[READ], NULL, NULL, NULL) || tcgetattr(fds[READ], &raw))
		return fail("openpty");
	cfmakeraw(&raw);
	return tcsetattr(fds[READ], TCSANOW, &raw) ? fail("tcsetattr") : 0;
}

static int make_eventfd(void)
{
	fds[READ] = fds[WRITE] = eventfd(0, 0);
	return fds[READ] < 0 ? fail("eventfd") : 0;
}

static int make_inotify(void)
{
	char path[64];

	fds[WRITE] = open("/dev/shm", O_RDWR | O_TMPFILE, 0600);
	fds[READ] = inotify_init();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[WRITE]);
	return inotify_add_watch(fds[READ], path, IN_MODIFY) < 0 ? fail("inotify_add_watch") : 0;
}

static int make_futex(void)
{
	word = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return word == MAP_FAILED ? fail("mmap") : 0;
}

/* An address that the kernel finds. */
static int make_listener(void)
{
	struct sockaddr_un any = { .sun_family = AF_UNIX };

	fds[READ] = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(fds[READ], (struct sockaddr *)&any, sizeof(any.sun_family)) || listen(fds[READ], 1))
		return fail("listen");
	return 0;
}

static int make_sockets(void)
{
	return socketpair(AF_UNIX, SOCK_STREAM, 0, fds) ? fail("socketpair") : 0;
}

static int make_patient_sockets(void)
{
	struct timeval tv = { .tv_sec = 1000 };

	if (make_sockets())
		return -1;
	set_span();
	if (number("ms"))
		tv = io.tv;
	return setsockopt(fds[READ], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) ? fail("setsockopt") : 0;
}

static int make_queue(void)
{
	id = msgget(IPC_PRIVATE, 0600);
	return id < 0 ? fail("msgget") : 0;
}

static int make_semaphore(void)
{
	id = semget(IPC_PRIVATE, 1, 0600);
	return id < 0 ? fail("semget") : 0;
}

static int make_mq(void)
{
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 64 };
	char name[32];

	snprintf(name, sizeof(name), "/target-%d", getpid());
	id = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
	mq_unlink(name);
	return id < 0 ? fail("mq_open") : 0;
}

/* The mate's lock is of a description, and of a process, that the target is not. */
static int make_lock(void)
{
	struct flock lock = { .l_type = F_WRLCK };

	fds[WRITE] = memfd_create("locked", 0);
	return flock(fds[WRITE], LOCK_EX) || fcntl(fds[WRITE], F_SETLK, &lock) ? fail("flock") : 0;
}

static void handle(int unused)
{
	handled++;
}

/* Handled here; who waits for it by itself blocks it. */
static int make_signal(void)
{
	struct sigaction act = { .sa_handler = handle };

	return sigaction(SIGUSR1, &act, NULL) ? fail("sigaction") : 0;
}

static int make_blocked_signal(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	return sigprocmask(SIG_BLOCK, &set, NULL) ? fail("sigprocmask") : 0;
}

#define SIGSET_SIZE 8L		/* as the kernel has it */
#define ROW(...)    memcpy(a, ((const struct args){ { __VA_ARGS__ } }).a, sizeof(struct args))
#define SPAN	    (timed ? (long)&span : 0L)

static void arm_nanosleep(long *a, bool timed)
{
	ROW((long)&span, 0);
}

static void arm_clock(long *a, bool timed)
{
	ROW(CLOCK_MONOTONIC, 0, (long)&span, 0);
}

static void arm_clock_absolute(long *a, bool timed)
{
	uint64_t end = now_us() + number("ms") * 1000;

	span = (struct timespec){ (time_t)(end / 1000000), (long)(end % 1000000) * 1000 };
	ROW(CLOCK_MONOTONIC, TIMER_ABSTIME, (long)&span, 0);
}

static void arm_poll(long *a, bool timed)
{
	io.poll = (struct pollfd){ .fd = fds[READ], .events = POLLIN };
	ROW((long)&io.poll, 1, timed ? (long)number("ms") : -1);
}

static void arm_ppoll(long *a, bool timed)
{
	io.poll = (struct pollfd){ .fd = fds[READ], .events = POLLIN };
	ROW((long)&io.poll, 1, SPAN, (long)&io.mask, SIGSET_SIZE);
}

static void arm_select(long *a, bool timed)
{
	FD_ZERO(&io.set);
	FD_SET(fds[READ], &io.set);
	ROW(fds[READ] + 1, (long)&io.set, 0, 0, timed ? (long)&io.tv : 0);
}

static void arm_pselect(long *a, bool timed)
{
	arm_select(a, false);
	io.masked.mask = &io.mask;
	io.masked.size = SIGSET_SIZE;
	a[4] = SPAN;
	a[5] = (long)&io.masked;
}

static void arm_read(long *a, bool timed)
{
	ROW(fds[READ], (long)io.message.text, sizeof(io.message.text));
}

static void arm_futex(long *a, bool timed)
{
	ROW((long)word, FUTEX_WAIT, 0, SPAN);
}

static void arm_accept(long *a, bool timed)
{
	ROW(fds[READ]);
}

static void arm_recv(long *a, bool timed)
{
	ROW(fds[READ], (long)io.message.text, sizeof(io.message.text));
}

static void arm_msgrcv(long *a, bool timed)
{
	ROW(id, (long)&io.message, sizeof(io.message.text));
}

static void arm_sigsuspend(long *a, bool timed)
{
	ROW((long)&io.mask, SIGSET_SIZE);
}

static void arm_pause(long *a, bool timed)
{
}

static void arm_sigwait(long *a, bool timed)
{
	sigaddset(&io.mask, SIGUSR1);
	ROW((long)&io.mask, (long)&io.info, SPAN, SIGSET_SIZE);
}

static void arm_wait4(long *a, bool timed)
{
	pid_t child = fork();
	char c;

	if (!child) {
		close(fds[WRITE]);
		_exit(read(fds[READ], &c, 1) != 1);
	}
	ROW(child, (long)&io.status);
}

static void arm_flock(long *a, bool timed)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[WRITE]);
	fds[READ] = open(path, O_RDWR);
	ROW(fds[READ], LOCK_EX);
}

static void arm_fcntl(long *a, bool timed)
{
	io.lock = (struct flock){ .l_type = F_WRLCK };
	ROW(fds[WRITE], F_SETLKW, (long)&io.lock);
}

static void arm_epoll(long *a, bool timed)
{
	struct epoll_event event = { .events = EPOLLIN };
	int fd = epoll_create1(0);

	epoll_ctl(fd, EPOLL_CTL_ADD, fds[READ], &event);
	ROW(fd, (long)&io.event, 1, timed ? (long)number("ms") : -1);
}

static void arm_semop(long *a, bool timed)
{
	io.down = (struct sembuf){ .sem_op = -1 };
	ROW(id, (long)&io.down, 1, SPAN);
}

static void arm_aio(long *a, bool timed)
{
	static struct iocb cb, *cbs[1] = { &cb };
	aio_context_t context = 0;

	cb = (struct iocb){ .aio_lio_opcode = IOCB_CMD_POLL, .aio_fildes = (uint32_t)fds[READ],
			    .aio_buf = POLLIN };
	if (syscall(SYS_io_setup, 1, &context) || syscall(SYS_io_submit, context, 1L, cbs) != 1)
		broken("io_submit: %s", strerror(errno));
	ROW((long)context, 1, 1, (long)&io.io, SPAN);
}

static void arm_mq(long *a, bool timed)
{
	struct timespec now;
	uint64_t ms = number("ms");

	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_nsec += (long)(ms % 1000) * 1000000;
	span = (struct timespec){ now.tv_sec + (time_t)(ms / 1000) + now.tv_nsec / 1000000000,
				  now.tv_nsec % 1000000000 };
	ROW(id, (long)io.message.text, sizeof(io.message.text), 0, SPAN);
}

static void wake_by_write(pid_t target)
{
	uint64_t one = 1;

	if (write(fds[WRITE], &one, sizeof(one)) != sizeof(one))
		broken("write: %s", strerror(errno));
}

static void wake_futex(pid_t target)
{
	*word = 1;
	syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void wake_by_connecting(pid_t target)
{
	struct sockaddr_un to;
	socklen_t n = sizeof(to);

	getsockname(fds[READ], (struct sockaddr *)&to, &n);
	connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&to, n);
}

static void wake_by_message(pid_t target)
{
	io.message.type = 1;
	msgsnd(id, &io.message, 8, 0);
}

static void wake_by_semaphore(pid_t target)
{
	struct sembuf up = { .sem_op = 1 };

	semop(id, &up, 1);
}

static void wake_by_mq(pid_t target)
{
	mq_send(id, "wake up", 8, 0);
}

static void wake_by_signal(pid_t target)
{
	kill(target, SIGUSR1);
}

static void wake_by_unlocking(pid_t target)
{
	struct flock lock = { .l_type = F_UNLCK };

	flock(fds[WRITE], LOCK_UN);
	fcntl(fds[WRITE], F_SETLK, &lock);
}

static const struct blocking calls[] = {
	{ "nanosleep", SYS_nanosleep, make_nothing, arm_nanosleep, NULL, 0, 0 },
	{ "clock_nanosleep", SYS_clock_nanosleep, make_nothing, arm_clock, NULL, 0, 0 },
	{ "clock_absolute", SYS_clock_nanosleep, make_nothing, arm_clock_absolute, NULL, 0, 0 },
	{ "poll", SYS_poll, make_pipe, arm_poll, wake_by_write, 1, 0 },
	{ "ppoll", SYS_ppoll, make_pipe, arm_ppoll, wake_by_write, 1, 0 },
	{ "select", SYS_select, make_pipe, arm_select, wake_by_write, 1, 0 },
	{ "pselect", SYS_pselect6, make_pipe, arm_pselect, wake_by_write, 1, 0 },
	{ "pipe", SYS_read, make_pipe, arm_read, wake_by_write, 8, NEVER },
	{ "tty", SYS_read, make_pty, arm_read, wake_by_write, 8, NEVER },
	{ "eventfd", SYS_read, make_eventfd, arm_read, wake_by_write, 8, NEVER },
	{ "inotify", SYS_read, make_inotify, arm_read, wake_by_write, sizeof(struct inotify_event), NEVER },
	{ "futex", SYS_futex, make_futex, arm_futex, wake_futex, 0, -ETIMEDOUT },
	{ "accept", SYS_accept, make_listener, arm_accept, wake_by_connecting, ANY, NEVER },
	{ "recv", SYS_recvfrom, make_sockets, arm_recv, wake_by_write, 8, NEVER },
	{ "msgrcv", SYS_msgrcv, make_queue, arm_msgrcv, wake_by_message, 8, NEVER },
	{ "sigsuspend", SYS_rt_sigsuspend, make_signal, arm_sigsuspend, wake_by_signal, -EINTR, NEVER },
	{ "pause", SYS_pause, make_signal, arm_pause, wake_by_signal, -EINTR, NEVER },
	{ "wait4", SYS_wait4, make_pipe, arm_wait4, wake_by_write, ANY, NEVER },
	{ "flock", SYS_flock, make_lock, arm_flock, wake_by_unlocking, 0, NEVER },
	{ "fcntl", SYS_fcntl, make_lock, arm_fcntl, wake_by_unlocking, 0, NEVER },
	{ "mq", SYS_mq_timedreceive, make_mq, arm_mq, wake_by_mq, 8, -ETIMEDOUT },
	{ "epoll_wait", SYS_epoll_wait, make_pipe, arm_epoll, wake_by_write, 1, 0, true },
	{ "recv_timeout", SYS_recvfrom, make_patient_sockets, arm_recv, wake_by_write, 8, -EAGAIN, true },
	{ "semop", SYS_semop, make_semaphore, arm_semop, wake_by_semaphore, 0, NEVER, true },
	{ "semtimedop", SYS_semtimedop, make_semaphore, arm_semop, wake_by_semaphore, 0, -EAGAIN, true },
	{ "sigwaitinfo", SYS_rt_sigtimedwait, make_blocked_signal, arm_sigwait, wake_by_signal, SIGUSR1,
	  NEVER, true },
	{ "sigtimedwait", SYS_rt_sigtimedwait, make_blocked_signal, arm_sigwait, wake_by_signal, SIGUSR1,
	  -EAGAIN, true },
	{ "io_getevents", SYS_io_getevents, make_pipe, arm_aio, wake_by_write, 1, 0, true },
};

static int blocked_prepare(void)
{
	for (blocking = calls; blocking < calls + ARRAY_SIZE(calls); blocking++)
		if (is("call", blocking->name))
			return pipe(facts) ? fail("pipe") : blocking->prepare();
	errno = EINVAL;
	return fail("call");
}

/* What it says goes to the mate from here on, until the call has ended. */
static int said;

static int blocked_begin(void)
{
	said = dup(1);
	dup2(facts[WRITE], 1);
	close(facts[WRITE]);
	close(facts[READ]);
	return 0;
}

static void blocked_live(void)
{
	bool timed = number("ms") != 0;
	uint64_t state = now_us(), begin, us, late = number("late") * 1000, full = number("ms") * 1000;
	unsigned long interrupted = 0;
	long args[6] = { 0 }, result, wanted = timed ? blocking->timed_out : blocking->result;

	dup2(said, 1);
	close(said);
	set_span();
	blocking->arm(args, timed);
	begin = now_us();
	while ((result = registers_call(blocking->number, args, &state)) == -EINTR &&
	       blocking->interruptible && !handled)
		interrupted++;
	us = now_us() - begin;
	fact("result", "%ld", result);
	fact("ms", "%llu", (unsigned long long)us / 1000);
	fact("interrupted", "%lu", interrupted);
	if (wanted == ANY ? result < 0 : result != wanted)
		broken("%s gave %ld, not %ld", blocking->name, result, wanted);
	if (blocking->wake == wake_by_signal && wanted == -EINTR && handled != 1)
		broken("%s ended after %d signals", blocking->name, handled);
	/* who is interrupted by any stop begins anew, as his program would */
	if (timed && (us < full || us > full + late + (blocking->interruptible ? full : 0)))
		broken("%s of %llu us took %llu", blocking->name, (unsigned long long)full,
		       (unsigned long long)us);
}

static void blocked_end(void)
{
	if (blocking->prepare == make_queue)
		msgctl(id, IPC_RMID, NULL);
	if (blocking->prepare == make_semaphore)
		semctl(id, 0, IPC_RMID);
}

static bool has_begun(pid_t target)
{
	char path[64], line[256] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/syscall", target);
	f = fopen(path, "re");
	if (!f)
		return true;	/* has ended: nothing is to be waited for */
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	fclose(f);
	return strtol(line, NULL, 10) == blocking->number && line[0] != 'r' && line[0];
}

static void blocked_mate(pid_t target)
{
	static char line[8192];
	size_t n = 0;
	ssize_t k;

	close(facts[WRITE]);
	while (n < sizeof(line) - 1 && (k = read(facts[READ], line + n, sizeof(line) - 1 - n)) > 0)
		n += (size_t)k;
	while (n && line[n - 1] == '\n')
		line[--n] = '\0';
	/* a call of the same number may come before: the target has closed the pipe by then */
	while (strncmp(line, "error", 5) && !has_begun(target))
		sched_yield();
	say_line(1, line);
	while (read(0, line, sizeof(line)) > 0 && strncmp(line, "wake", 4))
		;
	if (blocking->wake && !number("ms"))
		blocking->wake(target);
}

const struct mode blocked_modes[] = {
	{ .name = "blocked", .help = "is in the system call call=", .mated = true,
	  .prepare = blocked_prepare, .begin = blocked_begin, .live = blocked_live, .end = blocked_end,
	  .mate = blocked_mate },
	{ 0 }
};
