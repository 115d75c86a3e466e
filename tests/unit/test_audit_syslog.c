/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The audit trail and daemons of syslog that are away, stuck, or come back. Each test has a /dev of its own. */
#include "ipctop/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "ipctop/clock.h"
#include "unit.h"

#define NEED_DEV(state) do { if (!*(state)) skip(); } while (0)

static const struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };

static int own_dev(void **state)
{
	static bool made;

	made = made || (!unshare(CLONE_NEWNS) && !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
			!mount("dev", "/dev", "tmpfs", 0, NULL));
	*state = made ? &made : NULL;
	unlink("/dev/log");
	return 0;
}

static int listen_at(int type)
{
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	unlink(name.sun_path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&name, sizeof(name)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 4), 0);
	return fd;
}

static struct audit *open_audit(void)
{
	struct buf error = BUF_INIT;
	struct audit *audit;

	assert_int_equal(audit_open("rm", NULL, &audit, &error), 0);
	buf_release(&error);
	return audit;
}

static void put(struct audit *audit, const char *object, enum outcome outcome)
{
	struct act act = { 0 };

	FACT_SET(&act, name, object);
	FACT_SET(&act, kind, KIND_SHM);
	FACT_SET(&act, action, ACTION_REMOVE);
	FACT_SET(&act, result, outcome);
	assert_int_equal(audit_act(audit, &act), 0);
}

/* The next message, "" when there is none. */
static const char *receive(int fd)
{
	static char text[9000];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	text[n < 0 ? 0 : n] = '\0';
	return text;
}

/* "<85>Nov 24 17:39:47 ipctop[4242]: " and what follows. */
static void check_message(const char *got, int level, const char *words)
{
	char head[64], tail[64];
	const char *at = strstr(got, " ipctop[");

	snprintf(head, sizeof(head), "<%d>", level);
	snprintf(tail, sizeof(tail), " ipctop[%d]: ", getpid());
	assert_int_equal(strncmp(got, head, strlen(head)), 0);
	assert_non_null(at);
	assert_int_equal(at - got, strlen(head) + strlen("Nov 24 17:39:47"));
	assert_int_equal(strncmp(at, tail, strlen(tail)), 0);
	assert_int_equal(strncmp(at + strlen(tail), words, strlen(words)), 0);
}

static void fill(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_int_equal(connect(fd, (const struct sockaddr *)&name, sizeof(name)), 0);
	while (send(fd, "x", 1, 0) == 1)
		;
	assert_int_equal(errno, EAGAIN);
	close(fd);
}

static void test_none(void **state)
{
	struct audit *audit;

	NEED_DEV(state);
	audit = open_audit();
	put(audit, "shm:1", OUTCOME_REMOVED);
	assert_int_equal(audit_close(audit), 0);
}

static void test_message(void **state)
{
	struct audit *audit;
	int fd;

	NEED_DEV(state);
	fd = listen_at(SOCK_DGRAM);
	audit = open_audit();
	put(audit, "shm:1", OUTCOME_REMOVED);
	check_message(receive(fd), 80 + 5, "action=remove object=shm:1 kind=shm result=removed command=rm by=");
	put(audit, "shm:2", OUTCOME_FAILED);
	check_message(receive(fd), 80 + 4, "action=remove object=shm:2 kind=shm result=failed command=rm by=");
	assert_int_equal(audit_close(audit), 0);
	assert_string_equal(receive(fd), "");
	close(fd);
}

/* A full queue delays by a second, once; what is lost is told when there is room again. */
static void test_stuck(void **state)
{
	struct audit *audit;
	int64_t began;
	int fd;

	NEED_DEV(state);
	fd = listen_at(SOCK_DGRAM);
	fill();
	began = clock_mono_us();
	audit = open_audit();
	for (int i = 0; i < 1000; i++)
		put(audit, "shm:1", OUTCOME_REMOVED);
	assert_true(clock_mono_us() - began < 2000000);
	while (!strcmp(receive(fd), "x"))
		;
	put(audit, "shm:2", OUTCOME_REMOVED);
	check_message(receive(fd), 85, "action=remove object=shm:2 ");
	assert_int_equal(audit_close(audit), 0);
	check_message(receive(fd), 84, "lost=1000 command=rm by=");
	close(fd);
}

static void test_restarted(void **state)
{
	struct audit *audit;
	int fd;

	NEED_DEV(state);
	fd = listen_at(SOCK_DGRAM);
	audit = open_audit();
	put(audit, "shm:1", OUTCOME_REMOVED);
	close(fd);
	fd = listen_at(SOCK_DGRAM);
	put(audit, "shm:2", OUTCOME_REMOVED);
	check_message(receive(fd), 85, "action=remove object=shm:2 ");
	close(fd);
	unlink(name.sun_path);
	put(audit, "shm:3", OUTCOME_REMOVED);
	fd = listen_at(SOCK_DGRAM);
	put(audit, "shm:4", OUTCOME_REMOVED);
	check_message(receive(fd), 85, "action=remove object=shm:4 ");
	assert_int_equal(audit_close(audit), 0);
	check_message(receive(fd), 84, "lost=1 command=rm by=");
	close(fd);
}

/* Old daemons listen for streams: messages end with a NUL. */
static void test_stream(void **state)
{
	struct audit *audit;
	const char *got;
	int fd, peer;

	NEED_DEV(state);
	fd = listen_at(SOCK_STREAM);
	audit = open_audit();
	put(audit, "shm:1", OUTCOME_REMOVED);
	put(audit, "shm:2", OUTCOME_REMOVED);
	peer = accept(fd, NULL, NULL);
	assert_true(peer >= 0);
	got = receive(peer);
	check_message(got, 85, "action=remove object=shm:1 ");
	check_message(got + strlen(got) + 1, 85, "action=remove object=shm:2 ");
	close(peer);
	/* a closed stream is no SIGPIPE */
	put(audit, "shm:3", OUTCOME_REMOVED);
	put(audit, "shm:4", OUTCOME_REMOVED);
	assert_int_equal(audit_close(audit), 0);
	close(fd);
}

/* Nobody accepts: neither connecting nor writing waits for long. */
static void test_stream_stuck(void **state)
{
	struct audit *audit;
	int64_t began;
	int fd;

	NEED_DEV(state);
	fd = listen_at(SOCK_STREAM);
	began = clock_mono_us();
	audit = open_audit();
	for (int i = 0; i < 5000; i++)
		put(audit, "shm:1", OUTCOME_REMOVED);
	assert_int_equal(audit_close(audit), 0);
	assert_true(clock_mono_us() - began < 2000000);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_none, own_dev),
		cmocka_unit_test_setup(test_message, own_dev),
		cmocka_unit_test_setup(test_stuck, own_dev),
		cmocka_unit_test_setup(test_restarted, own_dev),
		cmocka_unit_test_setup(test_stream, own_dev),
		cmocka_unit_test_setup(test_stream_stuck, own_dev),
	};

	signal(SIGPIPE, SIG_DFL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
