/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TUI_JOB_H
#define TUI_JOB_H

#include "ipctop/act.h"
#include "ipctop/save.h"
#include "rows.h"

/*
 * An action on objects, planned and run beside the screen: it takes looks of its own, which take as
 * long as looks take. One at a time. What the screen asks of a job under way is its phase alone; the
 * rest is the thread's until the phase is JOB_PLANNED or JOB_DONE.
 */
enum job_phase { JOB_PLANNING, JOB_PLANNED, JOB_RUNNING, JOB_DONE };
struct job {
	/* set by who starts it */
	enum action action;
	struct table keys;		/* struct row_key, of objects */
	struct collect_options collect;	/* without kinds and sources; the policy is read anew */
	char *folder;			/* of what is saved, or saved first; NULL: nothing is */
	struct mode_change mode;
	struct table pids;		/* uint64_t: holders that are to let go of the one object; none: all */
	int wake;			/* eventfd, told of each change */

	struct plan plan;
	/* what is in it is done only when its name was typed: no rule allows it */
	bool forced;
	struct buf text;		/* of the plan, then of the results: for people */
	struct buf error;		/* why there is no plan, or why it was not run */
	struct policy *policy;
	struct act_settings settings;
	struct save_options save;
	int stop;			/* atomic: no further act is begun */

	enum job_phase phase;		/* atomic */
	uint32_t done;			/* atomic: acts, of so many: */
	uint64_t total;
	bool started;
	struct worker *worker;		/* whose thread it has; not the job's own */
};
struct job *job_new(enum action action, const struct collect_options *collect, struct worker *worker,
		    int wake);
/* Look, and make the plan and its text. */
void job_plan(struct job *job);
/* Run the plan that was shown. */
void job_run(struct job *job);
enum job_phase job_phase(const struct job *job);
/* It begins no further act. */
void job_stop(struct job *job);
/* Stops it at the next act, and waits for that. NULL is fine. */
void job_free(struct job *job);

/* Whether an action lets memory go, so that the plan says how much. */
static inline bool job_frees(const struct job *job)
{
	return job->action == ACTION_REMOVE;
}

#endif
