/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcs: its options, and in which order it shows what was asked for. */
#include "ipcs.h"

#include <getopt.h>
#include "ipctop/sysv.h"

static const char usage[] =
	" % [resource-option...] [output-option]\n"
	" % -m|-q|-s -i <id>\n";

static const char help[] =
	"\nShow information on IPC facilities.\n"
	"\nOptions:\n"
	" -i, --id <id>  print details on resource identified by <id>\n"
	" -h, --help     display this help\n"
	" -V, --version  display version\n"
	"\nResource options:\n"
	" -m, --shmems      shared memory segments\n"
	" -q, --queues      message queues\n"
	" -s, --semaphores  semaphores\n"
	" -a, --all         all (default)\n"
	"\nOutput options:\n"
	" -t, --time        show attach, detach and change times\n"
	" -p, --pid         show PIDs of creator and last operator\n"
	" -c, --creator     show creator and owner\n"
	" -l, --limits      show resource limits\n"
	" -u, --summary     show status summary\n"
	"     --human       show sizes in human-readable format\n"
	" -b, --bytes       show sizes in bytes\n"
	"\nFor more details see ipcs(1).\n";

enum { OPTION_HUMAN = 256 };

static const struct option options[] = {
	{ "id", required_argument, NULL, 'i' },
	{ "queues", no_argument, NULL, 'q' },
	{ "shmems", no_argument, NULL, 'm' },
	{ "semaphores", no_argument, NULL, 's' },
	{ "all", no_argument, NULL, 'a' },
	{ "time", no_argument, NULL, 't' },
	{ "pid", no_argument, NULL, 'p' },
	{ "creator", no_argument, NULL, 'c' },
	{ "limits", no_argument, NULL, 'l' },
	{ "summary", no_argument, NULL, 'u' },
	{ "human", no_argument, NULL, OPTION_HUMAN },
	{ "bytes", no_argument, NULL, 'b' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL }
};

/* Kinds in the order in which they are shown. */
static const struct {
	char letter;
	const struct ipcs_kind *kind;
} kinds[] = {
	{ 'q', &ipcs_msg }, { 'm', &ipcs_shm }, { 's', &ipcs_sem },
};
#define ALL_KINDS ((1U << ARRAY_SIZE(kinds)) - 1)

static const char formats[NR_FORMATS] = {
	[FORMAT_CREATOR] = 'c', [FORMAT_TIME] = 't', [FORMAT_PID] = 'p', [FORMAT_LIMITS] = 'l',
	[FORMAT_STATUS] = 'u',
};

struct request {
	unsigned int kinds;		/* bits of kinds[] */
	bool has_id;
	int32_t id;
};

/* An option that chooses a kind or a format. */
static void choose(struct ipcs *p, struct request *r, int option)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].letter == option)
			r->kinds |= 1U << i;
	for (unsigned int i = 0; i < NR_FORMATS; i++)
		if (formats[i] == option)
			p->format = i;
}

/* Whether to go on; else the status is in *@status. */
static bool read_options(struct ipcs *p, struct request *r, int argc, char **argv, int *status)
{
	int option;

	while ((option = getopt_long(argc, argv, "i:qmsatpclubVh", options, NULL)) != -1) {
		switch (option) {
		case 'i':
			if (!compat_number(p->self, optarg, "failed to parse id argument", &r->id)) {
				*status = 1;
				return false;
			}
			r->has_id = true;
			break;
		case 'a':
			r->kinds = ALL_KINDS;
			break;
		case OPTION_HUMAN:
			p->unit = UNIT_HUMAN;
			break;
		case 'b':
			p->unit = UNIT_BYTES;
			break;
		case 'h':
			*status = compat_help(p->self, usage, help);
			return false;
		case 'V':
			*status = compat_version(p->self);
			return false;
		case '?':
			*status = compat_try_help(p->self);
			return false;
		default:
			choose(p, r, option);
		}
	}
	return true;
}

/* A negative id is no id to util-linux, and it shows what comes first. */
static bool find_first(const struct ipcs_kind *kind, bool any, struct entry *e)
{
	int highest = kind->highest();

	for (int i = 0; i <= highest; i++)
		if (kind->stat(i, any, e) >= 0)
			return true;
	return false;
}

static bool find_by_id(const struct ipcs_kind *kind, int id, bool any, struct entry *e)
{
	for (unsigned int i = 0; i < SYSV_INDEXES; i++)
		if (kind->stat(sysv_index(id, i), any, e) == id)
			return true;
	return false;
}

static bool find(const struct ipcs_kind *kind, int id, bool any, struct entry *e)
{
	return id < 0 ? find_first(kind, any, e) : find_by_id(kind, id, any, e);
}

static int show_one(struct ipcs *p, const struct ipcs_kind *kind, int id)
{
	struct entry e;

	if (find(kind, id, true, &e) || find(kind, id, false, &e))
		return kind->put_detail(p, id, &e);
	compat_error(p->self, 0, "id %d not found", id);
	return 0;
}

static void show_all(struct ipcs *p, const struct ipcs_kind *kind)
{
	if (p->format == FORMAT_STATUS) {
		kind->put_status(p);
	} else if (p->format != FORMAT_LIMITS) {
		ipcs_rows(p, kind);
	} else if (!kind->put_limits(p)) {
		buf_printf(&p->out, "unable to fetch %s limits\n", kind->limits_fault);
	}
	buf_putc(&p->out, '\n');
}

static int show(struct ipcs *p, const struct request *r)
{
	unsigned int chosen = r->kinds ? r->kinds : ALL_KINDS;

	if (r->has_id && __builtin_popcount(r->kinds) != 1)
		return compat_error(p->self, 0, "when using an ID, a single resource must be specified");
	if (!r->has_id)
		buf_putc(&p->out, '\n');
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!(chosen & 1U << i))
			continue;
		if (r->has_id)
			return show_one(p, kinds[i].kind, r->id);
		show_all(p, kinds[i].kind);
	}
	return 0;
}

int compat_ipcs(int argc, char **argv)
{
	struct compat self;
	struct ipcs p = { .self = &self, .out = BUF_INIT };
	struct request request = { 0 };
	int status;

	compat_begin(&self, argv[0]);
	if (read_options(&p, &request, argc, argv, &status))
		status = show(&p, &request);
	ipcs_flush(&p);
	ipcs_release(&p);
	return compat_finish(&self, status);
}
