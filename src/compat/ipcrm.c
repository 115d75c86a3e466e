/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcrm: its options, and its old form. */
#include "ipcrm.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <sys/ipc.h>

static const char usage[] =
	" % [options]\n"
	" % shm|msg|sem <id>...\n";

static const char help[] =
	"\nRemove certain IPC resources.\n"
	"\nOptions:\n"
	" -m, --shmem-id <id>        remove shared memory segment by id\n"
	" -M, --shmem-key <key>      remove shared memory segment by key\n"
	"     --posix-shmem <name>   remove POSIX shared memory segment by name\n"
	" -q, --queue-id <id>        remove message queue by id\n"
	" -Q, --queue-key <key>      remove message queue by key\n"
	"     --posix-mqueue <name>  remove POSIX message queue by name\n"
	" -s, --semaphore-id <id>    remove semaphore by id\n"
	" -S, --semaphore-key <key>  remove semaphore by key\n"
	"     --posix-semaphore <name> remove POSIX semaphore by name\n"
	" -a, --all[=shm|msg|sem]    remove all (in the specified category)\n"
	"     --all=pshm|pmsg|psem   remove all POSIX objects of that category\n"
	" -v, --verbose              explain what is being done\n"
	"\n"
	" -h, --help                 display this help\n"
	" -V, --version              display version\n"
	"\nFor more details see ipcrm(1).\n";

enum { OPTION_POSIX_SHM = 256, OPTION_POSIX_MSG, OPTION_POSIX_SEM };

static const struct option options[] = {
	{ "shmem-id", required_argument, NULL, 'm' },
	{ "shmem-key", required_argument, NULL, 'M' },
	{ "posix-shmem", required_argument, NULL, OPTION_POSIX_SHM },
	{ "queue-id", required_argument, NULL, 'q' },
	{ "queue-key", required_argument, NULL, 'Q' },
	{ "posix-mqueue", required_argument, NULL, OPTION_POSIX_MSG },
	{ "semaphore-id", required_argument, NULL, 's' },
	{ "semaphore-key", required_argument, NULL, 'S' },
	{ "posix-semaphore", required_argument, NULL, OPTION_POSIX_SEM },
	{ "all", optional_argument, NULL, 'a' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL }
};

/* Options that take an object. */
static const struct naming {
	int option;
	enum victim victim;
	enum { BY_ID, BY_KEY, BY_NAME } by;
} namings[] = {
	{ 'm', VICTIM_SHM, BY_ID },
	{ 'M', VICTIM_SHM, BY_KEY },
	{ OPTION_POSIX_SHM, VICTIM_POSIX_SHM, BY_NAME },
	{ 'q', VICTIM_MSG, BY_ID },
	{ 'Q', VICTIM_MSG, BY_KEY },
	{ OPTION_POSIX_MSG, VICTIM_POSIX_MSG, BY_NAME },
	{ 's', VICTIM_SEM, BY_ID },
	{ 'S', VICTIM_SEM, BY_KEY },
	{ OPTION_POSIX_SEM, VICTIM_POSIX_SEM, BY_NAME },
};

/* What --all is to take: bits of enum victim. Without a word all of System V. */
#define ALL_SYSV (1U << VICTIM_SHM | 1U << VICTIM_SEM | 1U << VICTIM_MSG)

static const char unparsed[] = "failed to parse argument";

/* Whether @text is a number at all; else it is told why not. */
static bool read_key(const struct compat *c, const char *text, unsigned long *v)
{
	char *end;

	errno = 0;
	*v = strtoul(text, &end, 0);
	if (!errno && end != text && !*end)
		return true;
	compat_error(c, errno, "%s: '%s'", unparsed, text);
	return false;
}

/* False: it ends there. */
static bool remove_by_key(struct removals *r, enum victim v, const char *text)
{
	unsigned long key;
	int id;

	if (!read_key(r->self, text, &key))
		return false;
	if ((key_t)key == IPC_PRIVATE) {
		compat_error(r->self, 0, "illegal key (%s)", text);
		r->failed++;
	} else if (key > UINT_MAX && key < -(unsigned long)INT_MAX - 1) {
		/* no key: with its upper bits cut off it would be another's */
		compat_error(r->self, 0, "invalid key (%s)", text);
		r->failed++;
	} else {
		id = find_key(r, v, (key_t)key, text);
		if (id >= 0)
			remove_id(r, v, id, true);
	}
	return true;
}

static bool remove_by_id(struct removals *r, enum victim v, const char *text)
{
	int32_t id;

	if (!compat_number(r->self, text, unparsed, &id))
		return false;
	remove_id(r, v, id, false);
	return true;
}

static bool remove_one(struct removals *r, const struct naming *n, const char *text)
{
	switch (n->by) {
	case BY_ID:
		return remove_by_id(r, n->victim, text);
	case BY_KEY:
		return remove_by_key(r, n->victim, text);
	case BY_NAME:
		remove_name(r, n->victim, text);
	}
	return true;
}

static const struct naming *find_naming(int option)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(namings); i++)
		if (namings[i].option == option)
			return &namings[i];
	return NULL;
}

/* An option but --help and --version: whether to go on; else it ends with 1. */
static bool take_option(struct removals *r, unsigned int *all, int option)
{
	const struct naming *naming = find_naming(option);
	enum victim v;

	if (naming)
		return remove_one(r, naming, optarg);
	switch (option) {
	case 'a':
		v = optarg ? victim_find(optarg) : NR_VICTIMS;
		if (optarg && v == NR_VICTIMS) {
			compat_error(r->self, 0, "unknown argument: %s", optarg);
			return false;
		}
		*all = optarg ? 1U << v : ALL_SYSV;
		return true;
	case 'v':
		r->verbose = true;
		return true;
	default:
		compat_try_help(r->self);
		return false;
	}
}

/* `ipcrm shm 7 8` */
static int run_old_form(struct removals *r, enum victim v, int argc, char **argv)
{
	if (argc < 3) {
		compat_error(r->self, 0, "not enough arguments");
		return compat_try_help(r->self);
	}
	for (int i = 2; i < argc; i++) {
		unsigned long id;
		char *end;

		errno = 0;
		id = strtoul(argv[i], &end, 10);
		/* neither nothing nor what has too many bits may mean another object */
		if (errno || *end || end == argv[i] || (id > UINT_MAX && (int)id >= 0)) {
			compat_error(r->self, 0, "invalid id: %s", argv[i]);
			r->failed++;
		} else {
			remove_id(r, v, (int)id, false);
		}
	}
	if (!r->failed)
		puts("resource(s) deleted");
	return r->failed > 0;
}

static int run_options(struct removals *r, int argc, char **argv)
{
	unsigned int all = 0;
	int option;

	while ((option = getopt_long(argc, argv, "q:m:s:Q:M:S:a::vhV", options, NULL)) != -1) {
		if (option == 'h')
			return compat_help(r->self, usage, help);
		if (option == 'V')
			return compat_version(r->self);
		if (!take_option(r, &all, option))
			return 1;
	}
	for (enum victim v = 0; v < NR_VICTIMS; v++)
		if (all & 1U << v)
			remove_all(r, v);
	if (optind < argc) {
		compat_error(r->self, 0, "unknown argument: %s", argv[optind]);
		return compat_try_help(r->self);
	}
	return r->failed > 0;
}

int compat_ipcrm(int argc, char **argv)
{
	struct compat self;
	struct removals r = { .self = &self };
	enum victim v = argc > 1 ? victim_find(argv[1]) : NR_VICTIMS;
	int status;

	compat_begin(&self, argv[0]);
	if (v < NR_VICTIMS && !victim_is_posix(v))
		status = run_old_form(&r, v, argc, argv);
	else
		status = run_options(&r, argc, argv);
	removals_end(&r);
	return compat_finish(&self, status);
}
