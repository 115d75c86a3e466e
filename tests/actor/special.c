/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel maps by itself, and descriptors that no scan can see. */
#include "actor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <arpa/inet.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int map_fd(int fd, size_t length, off_t offset)
{
	void *address = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);

	if (address == MAP_FAILED)
		return actor_fail("mmap");
	mapping_add(address, length, false);
	fact("address", "0x%012llx", (unsigned long long)(uintptr_t)address);
	return 0;
}

static int run_perf(const struct args *a)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr), .config = PERF_COUNT_SW_CPU_CLOCK,
		.exclude_kernel = 1,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? actor_fail("perf_event_open") : map_fd(fd, 2 * PAGE, 0);
}

static int run_secretmem(const struct args *a)
{
	int fd = (int)syscall(SYS_memfd_secret, O_CLOEXEC), rc;

	if (fd < 0)
		return actor_fail("memfd_secret");
	if (ftruncate(fd, (off_t)arg_number(a, "size")))
		return actor_fail("ftruncate");
	rc = map_fd(fd, arg_number(a, "size"), 0);
	close(fd);
	return rc;
}

static int run_packet(const struct args *a)
{
	struct tpacket_req req = {
		.tp_block_size = PAGE, .tp_block_nr = 1, .tp_frame_size = 2048, .tp_frame_nr = 2,
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));

	if (fd < 0)
		return actor_fail("socket");
	if (setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)))
		return actor_fail("setsockopt");
	return map_fd(fd, PAGE, 0);
}

static int run_aio(const struct args *a)
{
	static aio_context_t context;

	if (syscall(SYS_io_setup, 16, &context))
		return actor_fail("io_setup");
	fact("address", "0x%012llx", (unsigned long long)context);
	return 0;
}

static int uring_new(struct io_uring_params *params)
{
	memset(params, 0, sizeof(*params));
	return (int)syscall(SYS_io_uring_setup, 4, params);
}

static int run_uring_map(const struct args *a)
{
	struct io_uring_params params;
	int fd = uring_new(&params);

	if (fd < 0)
		return actor_fail("io_uring_setup");
	return map_fd(fd, params.sq_off.array + params.sq_entries * sizeof(uint32_t),
		      IORING_OFF_SQ_RING);
}

/* The ring keeps the file; no descriptor shows it any more. */
static int run_uring_file(const struct args *a)
{
	struct io_uring_params params;
	int ring = uring_new(&params);

	if (ring < 0)
		return actor_fail("io_uring_setup");
	if (syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, &current_fd, 1) < 0)
		return actor_fail("io_uring_register");
	close(current_fd);
	current_fd = ring;
	return 0;
}

union rights {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

static int send_fd(int to, int fd)
{
	union rights rights = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET,
					    .cmsg_type = SCM_RIGHTS } };
	struct iovec one = { .iov_base = &rights, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &one, .msg_iovlen = 1, .msg_control = &rights,
				  .msg_controllen = sizeof(rights) };

	memcpy(CMSG_DATA(&rights.header), &fd, sizeof(int));
	return sendmsg(to, &message, 0) == 1 ? 0 : -1;
}

static int receive_fd(int from)
{
	union rights rights;
	char byte;
	struct iovec one = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &one, .msg_iovlen = 1, .msg_control = &rights,
				  .msg_controllen = sizeof(rights) };
	int fd = -1;

	if (recvmsg(from, &message, MSG_CMSG_CLOEXEC) != 1 || !CMSG_FIRSTHDR(&message))
		return -1;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	return fd;
}

static int run_in_flight(const struct args *a)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return actor_fail("socketpair");
	if (send_fd(pair[0], current_fd))
		return actor_fail("sendmsg");
	close(current_fd);
	current_fd = -1;
	return 0;
}

static void hand_back(int end)
{
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while ((fd = receive_fd(end)) >= 0) {
		if (send_fd(end, fd))
			break;
		close(fd);
	}
	_exit(1);
}

/* Two processes hand the descriptor back and forth, as fast as they can; it is nobody else's. */
static int run_juggle(const struct args *a)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) || send_fd(pair[0], current_fd))
		return actor_fail("socketpair");
	close(current_fd);
	current_fd = -1;
	for (int i = 0; i < 2; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return actor_fail("fork");
		if (!pid) {
			close(pair[!i]);
			hand_back(pair[i]);
		}
		fact(i ? "right" : "left", "%d", pid);
	}
	close(pair[0]);
	close(pair[1]);
	return 0;
}

/* A lease of one's own: what another asker meets. */
static int run_lease(const struct args *a)
{
	return fcntl(current_fd, F_SETLEASE, F_WRLCK) ? actor_fail("fcntl") : 0;
}

const struct command special_commands[] = {
	{ "perf", "a perf ring", { { 0 } }, run_perf },
	{ "secretmem", "secret memory", { { "size", PARAM_NUMBER, "4096" } }, run_secretmem },
	{ "packet", "a packet socket's ring", { { 0 } }, run_packet },
	{ "aio", "an aio ring", { { 0 } }, run_aio },
	{ "uring_map", "an io_uring ring, mapped", { { 0 } }, run_uring_map },
	{ "uring_file", "give the current descriptor to an io_uring, and close it", { { 0 } },
	  run_uring_file },
	{ "in_flight", "send the current descriptor, received by nobody, and close it", { { 0 } },
	  run_in_flight },
	{ "juggle", "two children pass the current descriptor back and forth without end", { { 0 } },
	  run_juggle },
	{ "lease", "take a write lease on the current descriptor", { { 0 } }, run_lease },
	{ 0 }
};
