/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * target32 all|busy|fenced|confined NUMBER: a program that is made to let go of its System V segment and knows what it must find
 * afterwards. It prints "shm:ID PID ADDRESS", goes on until its standard input ends, and then prints a line per
 * fault and one with what was done. Exit status 0: no fault.
 *
 *	all	threads that write, read, sleep and wait
 *	busy	threads that are hardly ever in a system call, and know their registers
 *	fenced	touches nothing until the end; then a touch must be SIGSEGV
 *	confined	has a seccomp filter that kills it at the system call of that number
 *
 * Built for 32 bits, and the same for 64 to compare.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SIZE (1 << 20)
#define NR_WRITERS 4
#define NAP_MS 300
#define SLACK_MS 60000			/* an emulated machine may stand still for long; too short is never right */

struct segment {
	struct {
		volatile uint32_t count, pad[15];
	} cells[NR_WRITERS];
	volatile uint32_t pattern[SIZE / 4 - NR_WRITERS * 16];
};
static struct segment *segment;
static volatile bool stop;
static volatile unsigned int faults, writes, checks, waits, spins;
static volatile sig_atomic_t alarms;
static int never_written[2];

static void fault(const char *what, long got, long wanted)
{
	__atomic_add_fetch(&faults, 1, __ATOMIC_RELAXED);
	printf("fault: %s: %ld, not %ld\n", what, got, wanted);
	fflush(stdout);
}

static uint32_t pattern(uint32_t i)
{
	return i * 2654435761u + 1;
}

/* Only this thread writes there: what it finds is what it wrote, in whichever memory. */
static void *writer(void *arg)
{
	volatile uint32_t *count = arg;
	uint32_t shadow = 0;

	while (!stop) {
		if (*count != shadow)
			fault("a write is lost", *count, shadow);
		*count = ++shadow;
	}
	__atomic_add_fetch(&writes, shadow, __ATOMIC_RELAXED);
	return NULL;
}

static void check_contents(void)
{
	for (uint32_t i = 0; i < sizeof(segment->pattern) / 4; i++)
		if (segment->pattern[i] != pattern(i)) {
			fault("the contents", segment->pattern[i], pattern(i));
			break;
		}
	checks++;
}

static void *checker(void *unused)
{
	while (!stop)
		check_contents();
	return NULL;
}

/* Waits that end by themselves, each NAP_MS long; 0 when nothing was wrong. */
static long nap(void)
{
	return nanosleep(&(struct timespec){ 0, NAP_MS * 1000000 }, NULL);
}

/* By the instruction that 32-bit programs used before the vdso had a better one. */
static long nap_by_number(void)
{
#ifdef __i386__
	const long time[2] = { 0, NAP_MS * 1000000 };
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(162), "b"(time), "c"(0) : "memory");
	return result;
#else
	return nap();
#endif
}

static long nap_until(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_nsec += NAP_MS * 1000000;
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static long nap_in_poll(void)
{
	return poll(NULL, 0, NAP_MS);
}

static long nap_in_select(void)
{
	return select(0, NULL, NULL, NULL, &(struct timeval){ 0, NAP_MS * 1000 });
}

static long nap_at_futex(void)
{
	uint32_t word = 0;
	const long time[2] = { 0, NAP_MS * 1000000 };

	return syscall(SYS_futex, &word, 128 /* FUTEX_WAIT_PRIVATE */, 0, time, NULL, 0) == -1 &&
	       errno == ETIMEDOUT ? 0 : -errno;
}

static const struct nap {
	const char *name;
	long (*nap)(void);
} naps[] = {
	{ "nanosleep", nap },
	{ "nanosleep by number", nap_by_number },
	{ "clock_nanosleep until then", nap_until },
	{ "poll", nap_in_poll },
	{ "select", nap_in_select },
	{ "futex", nap_at_futex },
};
#define NR_NAPS (sizeof(naps) / sizeof(naps[0]))

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void *napper(void *arg)
{
	const struct nap *n = arg;

	while (!stop) {
		int64_t start = now_ms(), took;
		long result = n->nap();

		took = now_ms() - start;
		if (result)
			fault(n->name, result, 0);
		/* a millisecond for rounding */
		if (took < NAP_MS - 1 || took > NAP_MS + SLACK_MS)
			fault(n->name, took, NAP_MS);
		__atomic_add_fetch(&waits, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* Ends with the byte that comes at the end, not before. */
static void *reader(void *unused)
{
	char byte = 0;
	ssize_t n = read(never_written[0], &byte, 1);

	if (n != 1 || byte != 'x')
		fault("read", n < 0 ? -errno : n, 1);
	if (!stop)
		fault("read came back early", n, 1);
	return NULL;
}

/* @rounds of comparing each register with what was put into it; not 0: one differs. */
int spin(unsigned int rounds);
#ifdef __i386__
#define PUT(reg, value) "mov $" value ", %" reg "\n"
#define SEE(reg, value) "cmp $" value ", %" reg "\n jne 2f\n"
#define ALL(what) \
	what("eax", "0x11223344") what("ebx", "0x22334455") what("ecx", "0x33445566") \
	what("edx", "0x44556677") what("esi", "0x55667788") what("edi", "0x66778899") what("ebp", "0x778899aa")
__asm__(".text\n.globl spin\n.type spin, @function\nspin:\n"
	"push %ebx\n push %esi\n push %edi\n push %ebp\n"
	ALL(PUT) "1:\n" ALL(SEE)
	"subl $1, 20(%esp)\n jne 1b\n xor %eax, %eax\n jmp 3f\n"
	"2: mov $1, %eax\n"
	"3: pop %ebp\n pop %edi\n pop %esi\n pop %ebx\n ret\n");
#else
int spin(unsigned int rounds)
{
	for (volatile unsigned int i = 0; i < rounds; i++)
		;
	return 0;
}
#endif

static void *spinner(void *unused)
{
	while (!stop) {
		if (spin(1000000))
			fault("a register", 0, 1);
		__atomic_add_fetch(&spins, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void on_alarm(int signal)
{
	alarms++;
}

static pthread_t threads[NR_WRITERS + NR_NAPS + 2];
static unsigned int nthreads;

static void start(void *(*what)(void *), void *arg)
{
	if (pthread_create(&threads[nthreads++], NULL, what, arg))
		fault("pthread_create", errno, 0);
}

/* To the first thread only, so that no wait is ended by one. */
static void start_alarms(void)
{
	const struct sigaction act = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	const struct itimerval every = { { 0, 5000 }, { 0, 5000 } };

	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

static void block_alarms(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	pthread_sigmask(how, &set, NULL);
}

static void start_all(void)
{
	block_alarms(SIG_BLOCK);
	for (unsigned int i = 0; i < NR_WRITERS; i++)
		start(writer, (void *)&segment->cells[i].count);
	for (unsigned int i = 0; i < NR_NAPS; i++)
		start(napper, (void *)&naps[i]);
	start(checker, NULL);
	start(reader, NULL);
	block_alarms(SIG_UNBLOCK);
	start_alarms();
}

static bool input_has_ended(int patience)
{
	struct pollfd p = { STDIN_FILENO, POLLIN, 0 };
	char byte;

	return poll(&p, 1, patience) == 1 && read(STDIN_FILENO, &byte, 1) == 0;
}

static void run(bool busy)
{
	if (busy) {
		start(spinner, NULL);
		start(writer, (void *)&segment->cells[0].count);
		while (!input_has_ended(0))
			if (spin(1000000))
				fault("a register of the first thread", 0, 1);
	} else {
		start_all();
		while (!input_has_ended(-1))
			;
	}
	stop = true;
	(void)!write(never_written[1], "x", 1);
	for (unsigned int i = 0; i < nthreads; i++)
		pthread_join(threads[i], NULL);
}

static sigjmp_buf touched;
static void *volatile touched_at;

static void on_touch(int signal, siginfo_t *info, void *context)
{
	touched_at = info->si_addr;
	siglongjmp(touched, 1);
}

static void run_fenced(void)
{
	const struct sigaction act = { .sa_sigaction = on_touch, .sa_flags = SA_SIGINFO };

	while (!input_has_ended(-1))
		;
	sigaction(SIGSEGV, &act, NULL);
	if (!sigsetjmp(touched, 1))
		fault("a touch", (long)segment->pattern[7], -1);
	else if (touched_at != &segment->pattern[7])
		fault("SIGSEGV", (long)touched_at, (long)&segment->pattern[7]);
}

#ifdef __i386__
#define ARCHITECTURE AUDIT_ARCH_I386
#else
#define ARCHITECTURE AUDIT_ARCH_X86_64
#endif

static void confine(uint32_t number)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 0, 2),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program))
		fault("seccomp", errno, 0);
}

static void run_confined(void)
{
	while (!input_has_ended(-1))
		;
	check_contents();
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "all";
	int id = shmget(IPC_PRIVATE, SIZE, 0600);

	segment = id < 0 ? (void *)-1 : shmat(id, NULL, 0);
	if (segment == (void *)-1 || pipe(never_written)) {
		perror("target32");
		return 2;
	}
	for (uint32_t i = 0; i < sizeof(segment->pattern) / 4; i++)
		segment->pattern[i] = pattern(i);
	if (!strcmp(mode, "confined") && argc > 2)
		confine(strtoul(argv[2], NULL, 10));
	printf("shm:%d %d %p\n", id, (int)getpid(), (void *)segment);
	fflush(stdout);
	if (!strcmp(mode, "fenced"))
		run_fenced();
	else if (!strcmp(mode, "confined"))
		run_confined();
	else
		run(!strcmp(mode, "busy"));
	printf("%u writes, %u checks, %u waits, %u spins, %d alarms: %u faults\n", writes, checks, waits, spins,
	       (int)alarms, faults);
	shmctl(id, IPC_RMID, NULL);
	return faults != 0;
}
