/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "ipctop/clock.h"
#include "target.h"

#define LOOK_MS		1000
#define SILENCE_US	10000000

/* Until it has ended. -ETIMEDOUT: it was silent for too long, and has been killed. */
static int wait_for(pid_t child, const struct report *report)
{
	struct pollfd ended = { .fd = (int)syscall(SYS_pidfd_open, child, 0), .events = POLLIN };
	int64_t since = clock_mono_us();
	unsigned int beats = report->beats;
	int rc = 0;

	while (!waitpid(child, NULL, WNOHANG)) {
		/* without a descriptor for it (limits) the look is just more often */
		(void)!poll(&ended, ended.fd >= 0, ended.fd >= 0 ? LOOK_MS : 1);
		if (report->beats != beats) {
			beats = report->beats;
			since = clock_mono_us();
		} else if (clock_mono_us() - since > SILENCE_US) {
			kill(child, SIGKILL);
			rc = -ETIMEDOUT;
		}
	}
	if (ended.fd >= 0)
		close(ended.fd);
	return rc;
}

static int judge(int rc, const struct detach_request *r, const struct report *report, struct buf *why)
{
	if (report->finished) {
		buf_puts(why, report->why);
		return report->error;
	}
	if (rc == -ETIMEDOUT) {
		buf_printf(why, "process %d could not be looked at: something that it maps, or holds, does not answer",
			   (int)r->pid);
		return rc;
	}
	buf_puts(why, "it was interrupted: what does it was killed, or the process was about to become another (execve)");
	return -EINTR;
}

int child_run(const struct detach_request *r, int (*fn)(const struct detach_request *r, pid_t self,
	      struct report *report, struct buf *why), struct report *said, struct buf *why)
{
	struct report *report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t self = getpid(), child;
	int rc;

	*said = (struct report){ 0 };
	if (report == MAP_FAILED)
		return -errno;
	child = fork();
	if (!child) {
		struct buf text = BUF_INIT;

		target_clock(&report->beats);
		report->error = fn(r, self, report, &text);
		snprintf(report->why, sizeof(report->why), "%s", text.s);
		report->finished = true;
		_exit(0);
	}
	if (child < 0) {
		rc = -errno;
		buf_printf(why, "fork: %s", strerrordesc_np(-rc));
	} else {
		rc = judge(wait_for(child, report), r, report, why);
	}
	*said = *report;
	munmap(report, sizeof(*report));
	return rc;
}
