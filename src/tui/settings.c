/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is kept between runs: one row a setting. */
#include "settings.h"

#include <errno.h>
#include <time.h>
#include "ipctop/rcfile.h"
#include "ipctop/text.h"
#include "thread.h"

#define FILE_NAME "ipctoprc"
#define PATIENCE_S 2

static void put_sort(struct buf *out, const struct panel *p)
{
	for (unsigned int i = 0; i < p->sort.count; i++)
		buf_printf(out, "%s%s%s", i ? "," : "", p->sort.keys[i].field->name,
			   p->sort.keys[i].descending ? ":desc" : "");
}

static void put_columns(struct buf *out, const struct panel *p)
{
	for (unsigned int i = 0; i < p->columns.count; i++)
		buf_printf(out, "%s%s", i ? "," : "", p->columns.fields[i]->name);
}

static void put_tab(struct buf *out, const struct monitor *m)
{
	buf_puts(out, tab_infos[m->tab].name);
}

static void put_interval(struct buf *out, const struct monitor *m)
{
	buf_printf(out, "%g", (double)m->interval / 1000);
}

static void put_colors(struct buf *out, const struct monitor *m)
{
	buf_puts(out, scheme_names[m->scheme]);
}

static void put_tree(struct buf *out, const struct monitor *m)
{
	buf_puts(out, tree_names[m->panels[TAB_OBJECTS].tree]);
}

static void put_by(struct buf *out, const struct monitor *m)
{
	buf_puts(out, holding_by_names[m->by]);
}

/* The index of a word among others, or -EINVAL with a sentence. */
static int find_word(const char *word, const char *const *words, struct buf *error)
{
	for (int i = 0; words[i]; i++)
		if (!strcmp(words[i], word))
			return i;
	buf_puts(error, "there are");
	for (int i = 0; words[i]; i++)
		buf_printf(error, "%s %s", i ? "," : "", words[i]);
	return -EINVAL;
}

static int set_tab(struct monitor *m, const char *value, struct buf *error)
{
	const char *names[NR_TABS + 1] = { NULL };
	int rc;

	for (unsigned int t = 0; t < NR_TABS; t++)
		names[t] = tab_infos[t].name;
	rc = find_word(value, names, error);
	if (rc >= 0)
		m->tab = rc;
	return rc < 0 ? rc : 0;
}

static int set_interval(struct monitor *m, const char *value, struct buf *error)
{
	return interval_parse(value, &m->interval, error);
}

static int set_colors(struct monitor *m, const char *value, struct buf *error)
{
	int rc = find_word(value, scheme_names, error);

	if (rc >= 0)
		m->scheme = rc;
	return rc < 0 ? rc : 0;
}

static int set_tree(struct monitor *m, const char *value, struct buf *error)
{
	int rc = find_word(value, tree_names, error);

	if (rc >= 0)
		m->panels[TAB_OBJECTS].tree = rc;
	return rc < 0 ? rc : 0;
}

static int set_by(struct monitor *m, const char *value, struct buf *error)
{
	int rc = find_word(value, holding_by_names, error);

	if (rc == HOLDING_BY_PROCESS) {
		buf_puts(error, "processes have a tab of their own");
		return -EINVAL;
	}
	if (rc >= 0)
		m->by = rc;
	return rc < 0 ? rc : 0;
}

static const struct {
	const char *key;
	void (*put)(struct buf *out, const struct monitor *m);
	int (*set)(struct monitor *m, const char *value, struct buf *error);
} settings[] = {
	{ "tab", put_tab, set_tab },
	{ "interval", put_interval, set_interval },
	{ "colors", put_colors, set_colors },
	{ "objects.tree", put_tree, set_tree },
	{ "users.by", put_by, set_by },
};

/* And of each tab. */
static const struct {
	const char *key;
	void (*put)(struct buf *out, const struct panel *p);
	int (*set)(struct panel *p, const char *value, struct buf *error);
} panel_settings[] = {
	{ "columns", put_columns, panel_columns },
	{ "sort", put_sort, panel_sort },
};

_Static_assert(ARRAY_SIZE(settings) + NR_TABS * ARRAY_SIZE(panel_settings) == NR_SETTINGS,
	       "settings.h tells how many there are");

/* The key and the value of setting @i. */
static void get_setting(const struct monitor *m, unsigned int i, struct buf *key, struct buf *value)
{
	unsigned int n = ARRAY_SIZE(settings), tab, which;

	buf_reset(key);
	buf_reset(value);
	if (i < n) {
		buf_puts(key, settings[i].key);
		settings[i].put(value, m);
		return;
	}
	tab = (i - n) / ARRAY_SIZE(panel_settings);
	which = (i - n) % ARRAY_SIZE(panel_settings);
	buf_printf(key, "%s.%s", tab_infos[tab].name, panel_settings[which].key);
	panel_settings[which].put(value, &m->panels[tab]);
}

static int set_setting(struct monitor *m, unsigned int i, const char *value, struct buf *error)
{
	unsigned int n = ARRAY_SIZE(settings);

	if (i < n)
		return settings[i].set(m, value, error);
	return panel_settings[(i - n) % ARRAY_SIZE(panel_settings)].set(
		&m->panels[(i - n) / ARRAY_SIZE(panel_settings)], value, error);
}

static void tell_broken(struct monitor *m, const char *what)
{
	struct buf line = BUF_INIT;

	m->settings_broken = true;
	text_escape(&line, what, strlen(what), 0);
	monitor_error(m, "settings: the file is left alone: %s", line.s);
	buf_release(&line);
}

/* What is wrong with one value leaves the others in force. */
static void apply(struct monitor *m, const struct rcfile *r)
{
	struct buf key = BUF_INIT, value = BUF_INIT, error = BUF_INIT, what = BUF_INIT;

	for (unsigned int i = 0; i < NR_SETTINGS; i++) {
		const char *kept;

		get_setting(m, i, &key, &value);
		kept = rcfile_get(r, key.s);
		buf_reset(&error);
		if (!kept || !set_setting(m, i, kept, &error) || m->settings_broken)
			continue;
		buf_printf(&what, "%s: %s", key.s, error.s);
		tell_broken(m, what.s);
	}
	buf_release(&key);
	buf_release(&value);
	buf_release(&error);
	buf_release(&what);
}

/* The file, read by a thread: a server on its way may never answer. */
struct reading {
	struct buf path, error;
	struct rcfile file;
	int rc;
	bool left;			/* by one of the two; the other frees it */
};

static void reading_leave(struct reading *r)
{
	if (!__atomic_exchange_n(&r->left, true, __ATOMIC_ACQ_REL))
		return;
	rcfile_release(&r->file);
	buf_release(&r->path);
	buf_release(&r->error);
	free(r);
}

static void *read_settings(void *arg)
{
	struct reading *r = arg;

	r->rc = rcfile_read(&r->file, r->path.s, &r->error);
	reading_leave(r);
	return NULL;
}

/* Whether it was read in time; what came of it is in @r then. */
static bool read_patiently(struct reading *r)
{
	struct timespec until;
	pthread_t thread;

	if (thread_start(&thread, read_settings, r)) {
		read_settings(r);
		return true;
	}
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_S;
	if (!pthread_timedjoin_np(thread, NULL, &until))
		return true;
	pthread_detach(thread);
	return false;
}

void settings_load(struct monitor *m)
{
	struct reading *r = xcalloc(1, sizeof(*r));

	buf_init(&r->path);
	buf_init(&r->error);
	if (m->options->no_config || !rcfile_path(&r->path, FILE_NAME))
		r->left = true;
	else if (!read_patiently(r))
		tell_broken(m, "a network or FUSE file system on its way does not answer");
	else if (r->rc)
		tell_broken(m, r->error.s);
	else
		apply(m, &r->file);
	reading_leave(r);
}

void settings_begin(struct monitor *m)
{
	struct buf key = BUF_INIT, value = BUF_INIT;

	for (unsigned int i = 0; i < NR_SETTINGS; i++) {
		get_setting(m, i, &key, &value);
		free(m->kept[i]);
		m->kept[i] = xstrdup(value.s);
	}
	buf_release(&key);
	buf_release(&value);
}

/* Into @r what is another than when the monitor began; all of it with @all. */
static unsigned int put_changed(const struct monitor *m, struct rcfile *r, bool all)
{
	struct buf key = BUF_INIT, value = BUF_INIT;
	unsigned int changed = 0;

	for (unsigned int i = 0; i < NR_SETTINGS; i++) {
		get_setting(m, i, &key, &value);
		if (all || strcmp(value.s, m->kept[i]))
			changed += !rcfile_set(r, key.s, value.s);
	}
	buf_release(&key);
	buf_release(&value);
	return changed;
}

static bool any_changed(const struct monitor *m)
{
	struct rcfile scratch = RCFILE_INIT;
	unsigned int changed = put_changed(m, &scratch, false);

	rcfile_release(&scratch);
	return changed > 0;
}

int settings_keep(struct monitor *m, bool all, struct buf *error)
{
	struct buf path = BUF_INIT;
	struct rcfile r = RCFILE_INIT;
	int rc = 0;

	if (!all && (m->options->no_config || !any_changed(m)))
		return 0;
	if (m->options->no_config || m->settings_broken) {
		buf_puts(error, m->settings_broken ? "the file has a mistake, and is left alone" :
			 "--no-config keeps none");
		rc = -EINVAL;
	} else if (!rcfile_path(&path, FILE_NAME)) {
		buf_puts(error, "neither XDG_CONFIG_HOME nor HOME is set");
		rc = -ENOENT;
	} else {	/* another monitor may have written meanwhile: what it changed stays */
		rc = rcfile_read(&r, path.s, error);
	}
	if (!rc && put_changed(m, &r, all)) {
		rc = rcfile_write(&r, path.s);
		if (rc) {
			text_escape(error, path.s, path.len, 0);
			buf_printf(error, ": %s", strerror(-rc));
		}
	}
	if (!rc)
		settings_begin(m);
	rcfile_release(&r);
	buf_release(&path);
	return rc;
}

void settings_release(struct monitor *m)
{
	for (unsigned int i = 0; i < NR_SETTINGS; i++)
		free(m->kept[i]);
}
