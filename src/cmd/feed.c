/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where snapshots come from. */
#include "cmd.h"

#include <errno.h>
#include <malloc.h>

static int open_machine(struct feed *feed, const struct query *q, uint32_t needs, bool reasons)
{
	struct buf error = BUF_INIT;
	int rc;

	feed->policy = policy_new();
	rc = policy_load(feed->policy, &error);
	if (rc)
		cmd_error("%s", error.s);
	buf_release(&error);
	if (rc && rc != -ETIMEDOUT && rc != -EREMOTE)
		return FAILED;
	feed->options = q->collect;
	feed->options.policy_error = -rc;
	feed->options.kinds = q->kinds ? q->kinds : KINDS_ALL;
	feed->options.sources = kind_sources(feed->options.kinds, needs);
	feed->options.reasons = reasons;
	feed->options.policy = feed->policy;
	feed->collector = collector_new(&feed->options);
	return DONE;
}

int feed_open(struct feed *feed, const struct query *q, uint32_t needs, bool reasons)
{
	*feed = (struct feed){ .file = q->file };
	return q->file ? DONE : open_machine(feed, q, needs, reasons);
}

static const char *feed_name(const struct feed *feed)
{
	return strcmp(feed->file, "-") ? feed->file : "standard input";
}

/* Of a document that is cut off, what came before the cut is shown, and that it is no more. */
static void tell_cut(const struct feed *feed)
{
	for (uint32_t i = 0; i < snapshot_count(feed->snapshot, CLASS_GAP); i++) {
		const struct gap *gap = snapshot_row(feed->snapshot, CLASS_GAP, i);

		if (!strcmp(gap->source, "snapshot"))
			cmd_error_of(feed_name(feed), "cut off: what follows is only its beginning");
	}
}

static int next_recorded(struct feed *feed)
{
	struct buf error = BUF_INIT;
	int rc = replay_read(feed->file, &feed->snapshot, &error);

	if (rc)
		cmd_error_of(feed_name(feed), "%s", error.s);
	else
		tell_cut(feed);
	buf_release(&error);
	return rc ? FAILED : DONE;
}

int feed_next(struct feed *feed, struct snapshot **s)
{
	int rc;

	snapshot_free(feed->snapshot);
	*s = feed->snapshot = NULL;
	if (feed->file) {
		rc = next_recorded(feed);
	} else {
		rc = collector_pass(feed->collector, &feed->snapshot);
		if (rc) {
			cmd_error("this machine: nothing could be read: %s", strerror(-rc));
			rc = FAILED;
		}
	}
	*s = feed->snapshot;
	return rc;
}

void feed_last(struct feed *feed)
{
	collector_free(feed->collector);
	feed->collector = NULL;
	malloc_trim(0);
}

void feed_forget(struct feed *feed)
{
	snapshot_free(feed->snapshot);
	feed->snapshot = NULL;
	feed_last(feed);
}

void feed_close(struct feed *feed)
{
	snapshot_free(feed->snapshot);
	collector_free(feed->collector);
	policy_free(feed->policy);
	*feed = (struct feed){ 0 };
}
