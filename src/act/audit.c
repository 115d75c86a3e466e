/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The audit trail: where its lines go. */
#include "ipctop/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>
#include "audit_line.h"
#include "ipctop/clock.h"
#include "ipctop/io.h"
#include "ipctop/text.h"

#define PATIENCE_S 1		/* that a daemon has to make room for a line */
#define RETRY_US 100000		/* one that was never there is looked for so often */

/*
 * syslog(3) waits for ever on a daemon that does not read, so the socket is our own. The form of
 * a message is that of RFC 3164, as the C library writes it.
 */
struct syslogger {
	int fd;				/* -1: not there */
	bool stream;			/* messages end with a NUL instead of their packet */
	bool stuck;			/* did not take the last line in time: no waiting until it does */
	bool was_there;			/* so it may be back at any moment */
	int64_t tried;			/* clock_mono_us: when it was looked for last */
	uint64_t lost;
};

struct audit {
	struct asker asker;
	char *command, *sudo;
	struct syslogger log;
	int file;			/* -1: none */
	bool torn;			/* the last line did not arrive whole */
	int error;			/* -errno of the first line that the file did not take */
	struct buf line;
};

static void log_close(struct syslogger *log)
{
	if (log->fd >= 0)
		close(log->fd);
	log->fd = -1;
}

static void log_open(struct syslogger *log)
{
	static const struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };
	static const struct timeval patience = { .tv_sec = PATIENCE_S };

	log->tried = clock_mono_us();
	for (int stream = 0; stream <= 1; stream++) {
		log->stream = stream;
		log->fd = socket(AF_UNIX, (stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
		if (log->fd < 0)
			return;
		/* it bounds connect(2) too */
		if (!setsockopt(log->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) &&
		    !connect(log->fd, (const struct sockaddr *)&name, sizeof(name))) {
			log->was_there = true;
			return;
		}
		log_close(log);
		if (errno != EPROTOTYPE)
			return;
	}
}

static bool log_send(struct syslogger *log, const struct buf *line)
{
	size_t n = line->len + log->stream;	/* with its NUL */
	ssize_t sent;

	do
		sent = send(log->fd, line->s, n, MSG_NOSIGNAL | (log->stuck ? MSG_DONTWAIT : 0));
	while (sent < 0 && errno == EINTR);
	if (sent == (ssize_t)n)
		return true;
	/* half a message cannot be taken back */
	if (sent >= 0)
		log_close(log);
	return false;
}

static bool is_gone(int error)
{
	return error == ECONNREFUSED || error == ENOTCONN || error == ECONNRESET || error == EPIPE;
}

static void log_put(struct syslogger *log, const struct buf *line)
{
	bool sent;

	/* a daemon that is being started again is soon back; connecting to a datagram socket never waits */
	if (log->fd < 0 && !log->stream &&
	    (log->was_there || clock_mono_us() - log->tried > RETRY_US))
		log_open(log);
	sent = log->fd >= 0 && log_send(log, line);
	if (!sent && log->fd >= 0 && is_gone(errno)) {
		/* it has a new socket */
		log_close(log);
		log_open(log);
		sent = log->fd >= 0 && log_send(log, line);
	}
	log->stuck = !sent;
	log->lost += !sent;
}

static void begin_message(struct audit *audit, int level)
{
	time_t now = clock_real_ms() / 1000;
	char stamp[32] = "";
	struct tm tm;

	if (localtime_r(&now, &tm))
		strftime(stamp, sizeof(stamp), "%b %e %T", &tm);
	buf_reset(&audit->line);
	buf_printf(&audit->line, "<%d>%s ipctop[%d]: ", LOG_AUTHPRIV | level, stamp, getpid());
}

static void put_syslog(struct audit *audit, const struct act *act)
{
	struct buf words = BUF_INIT;

	begin_message(audit, audit_warns(act) ? LOG_WARNING : LOG_NOTICE);
	audit_line(&words, &audit->asker, act);
	buf_add(&audit->line, words.s, words.len);
	log_put(&audit->log, &audit->line);
	buf_release(&words);
}

/* A trail with a hole says so, if it can. */
static void put_lost(struct audit *audit)
{
	uint64_t lost = audit->log.lost;

	if (!lost || audit->log.fd < 0)
		return;
	begin_message(audit, LOG_WARNING);
	buf_printf(&audit->line, "lost=%llu command=%s by=%llu", (unsigned long long)lost,
		   audit->asker.command, (unsigned long long)audit->asker.uid);
	log_put(&audit->log, &audit->line);
}

/* Whether the file ends within a line: the program that wrote it was killed, or its disk was full. */
static bool ends_torn(int fd, off_t size)
{
	char last;

	return size && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

static int file_open(struct audit *audit, const char *file)
{
	/* O_NONBLOCK: a FIFO without a reader would wait for one */
	const int flags = O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	struct stat st;

	audit->file = open(file, O_RDWR | flags, 0600);
	if (audit->file < 0 && errno == EACCES)
		audit->file = open(file, O_WRONLY | flags, 0600);
	if (audit->file < 0)
		return -errno;
	if (fstat(audit->file, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EMEDIUMTYPE;
	audit->torn = ends_torn(audit->file, st.st_size);
	return 0;
}

static int put_file(struct audit *audit, const struct act *act)
{
	ssize_t n;

	if (audit->file < 0)
		return 0;
	buf_reset(&audit->line);
	if (audit->torn)
		buf_putc(&audit->line, '\n');
	audit_json(&audit->line, &audit->asker, act, clock_real_ms());
	/* one write: lines of programs that run side by side do not mix */
	do
		n = write(audit->file, audit->line.s, audit->line.len);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)audit->line.len) {
		audit->torn = false;
		return 0;
	}
	if (n > 0)
		audit->torn = true;
	return n < 0 ? -errno : -ENOSPC;
}

static void ask_login(struct asker *asker)
{
	struct buf text = BUF_INIT;
	char *end;

	if (!io_read_file(AT_FDCWD, "/proc/self/loginuid", &text, 64)) {
		asker->login = strtoull(text.s, &end, 10);
		/* (uid_t)-1: nobody logged in, as of a daemon or a cron job without PAM */
		asker->has_login = end != text.s && asker->login < UINT32_MAX;
	}
	buf_release(&text);
}

int audit_open(const char *command, const char *file, struct audit **audit, struct buf *error)
{
	struct audit *a = xcalloc(1, sizeof(*a));
	const char *sudo = getenv("SUDO_USER");
	int rc = 0;

	*audit = a;
	a->file = a->log.fd = -1;
	buf_init(&a->line);
	if (file)
		rc = file_open(a, file);
	if (rc) {
		text_escape(error, file, strlen(file), 0);
		buf_printf(error, ": the audit file cannot be opened: %s",
			   rc == -EMEDIUMTYPE ? "not a regular file" :
			   rc == -ELOOP ? "it is a symbolic link" : strerror(-rc));
		(void)!audit_close(a);
		*audit = NULL;
		return rc;
	}
	a->command = xstrdup(command);
	a->sudo = sudo && *sudo ? xstrdup(sudo) : NULL;
	a->asker = (struct asker){
		.command = a->command, .uid = getuid(), .sudo = a->sudo, .pid = getpid(),
	};
	ask_login(&a->asker);
	log_open(&a->log);
	return 0;
}

int audit_act(struct audit *audit, const struct act *act)
{
	int rc = put_file(audit, act);

	put_syslog(audit, act);
	if (rc && !audit->error)
		audit->error = rc;
	return rc;
}

int audit_close(struct audit *audit)
{
	int rc;

	if (!audit)
		return 0;
	put_lost(audit);
	log_close(&audit->log);
	if (audit->file >= 0) {
		if (fsync(audit->file) && !audit->error)
			audit->error = -errno;
		close(audit->file);
	}
	rc = audit->error;
	buf_release(&audit->line);
	free(audit->command);
	free(audit->sudo);
	free(audit);
	return rc;
}
