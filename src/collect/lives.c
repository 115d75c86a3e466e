/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What there is to know of a number that somebody is said to have had. Two files of a few pids:
 * a library would take longer to load than they take to read.
 */
#include "pass.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <unistd.h>

/* proc_pid_stat(5): the name may hold blanks and parentheses itself. */
bool life_parse_stat(const char *stat, struct life_facts *f)
{
	const char *at = strrchr(stat, ')');

	return at && sscanf(at, ") %c %*d %*d %*d %*d %*d %" SCNu64 " %*u %*u %*u %*u %*u %*u %*d %*d"
			    " %*d %*d %" SCNu64 " %*d %" SCNu64,
			    &f->state, &f->flags, &f->threads, &f->start) == 4;
}

bool life_parse_status(const char *status, struct life_facts *f)
{
	/* a newline in the name is escaped: only a line of its own begins so */
	const char *at = strstr(status, "\nTgid:");

	return at && sscanf(at, "\nTgid: %" SCNu64, &f->tgid) == 1;
}

/* The beginning of a file, as a string. */
static bool read_start(int dir, const char *name, char *text, size_t room)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, room - 1);

	if (fd >= 0)
		close(fd);
	text[n < 0 ? 0 : n] = '\0';
	return n > 0;
}

static void read_life(struct pid_fact *fact)
{
	struct life_facts f;
	char path[32], text[1024];
	int dir;

	/* through the folder both files are of one process, whoever gets its number */
	snprintf(path, sizeof(path), "/proc/%u", (unsigned int)fact->pid);
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return;
	if (read_start(dir, "stat", text, sizeof(text)) && life_parse_stat(text, &f) &&
	    read_start(dir, "status", text, sizeof(text)) && life_parse_status(text, &f)) {
		fact->is_thread = f.tgid != fact->pid;
		fact->is_dead_zombie = f.state == 'Z' && f.threads <= 1;
		fact->has_start = true;
		fact->start = tics_ms(f.start);
	}
	close(dir);
}

static int compare_processes(const void *pa, const void *pb)
{
	const struct process *a = *(const struct process *const *)pa;
	const struct process *b = *(const struct process *const *)pb;

	return (a->pid > b->pid) - (a->pid < b->pid);
}

/* A holder has been read already, and is neither a thread's number nor a dead zombie. */
static void keep_holders(struct pass *p, struct pid_fact *facts, uint32_t n)
{
	uint32_t count = snapshot_count(p->s, CLASS_PROCESS), at = 0;
	const struct process **rows = xcalloc(count, sizeof(*rows));

	for (uint32_t i = 0; i < count; i++)
		rows[i] = snapshot_row(p->s, CLASS_PROCESS, i);
	qsort(rows, count, sizeof(*rows), compare_processes);
	for (uint32_t i = 0; i < n; i++) {
		while (at < count && rows[at]->pid < facts[i].pid)
			at++;
		if (at == count || rows[at]->pid != facts[i].pid || !FACT_KNOWN(rows[at], start_time))
			continue;
		facts[i].has_start = true;
		facts[i].start = rows[at]->start_time - p->c->boot_offset;
	}
	free(rows);
}

void pid_facts_read(struct pass *p, const uint32_t *pids, uint32_t n)
{
	struct pid_fact *facts = table_add_n(&p->pid_facts, sizeof(*facts), n);
	const uint32_t self = getpid();

	for (uint32_t i = 0; i < n; i++)
		facts[i].pid = pids[i];
	/* another pid namespace's /proc tells of others by the same numbers */
	if (p->c->proc_is_ours)
		keep_holders(p, facts, n);
	for (uint32_t i = 0; i < n; i++) {
		/* EPERM is said of those that are there, hidden ones included */
		facts[i].exists = kill(pids[i], 0) == 0 || errno != ESRCH;
		facts[i].is_self = pids[i] == self;
		if (facts[i].exists && !facts[i].is_self && !facts[i].has_start && p->c->proc_is_ours)
			read_life(&facts[i]);
	}
}
