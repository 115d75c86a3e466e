/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feeder.h"

#include <errno.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include "ipctop/clock.h"
#include "thread.h"

struct look *look_new(struct snapshot *s)
{
	static uint64_t count;		/* of one thread: there is one feeder */
	struct look *look = xcalloc(1, sizeof(*look));

	look->number = ++count;
	look->s = s;
	look->references = 1;
	for (uint32_t i = 0; i < snapshot_count(s, CLASS_OBJECT); i++)
		summary_add(&look->sum, snapshot_object(s, i));
	return look;
}

struct look *look_recorded(struct snapshot *s)
{
	struct look *look = look_new(s);

	look->needs = NEEDS_DOCUMENT;
	look->holding_bits = (1U << NR_HOLDING_BYS) - 1;
	for (unsigned int by = 0; by < NR_HOLDING_BYS; by++)
		look->holdings[by] = holdings_add(s, by);
	return look;
}

struct look *look_get(struct look *look)
{
	__atomic_add_fetch(&look->references, 1, __ATOMIC_RELAXED);
	return look;
}

void look_put(struct look *look)
{
	if (!look || __atomic_sub_fetch(&look->references, 1, __ATOMIC_ACQ_REL))
		return;
	snapshot_free(look->s);
	snapshot_free(look->events);
	diff_release(&look->diff);
	if (look->closeup) {
		pages_release(&look->closeup->pages);
		usage_release(&look->closeup->usage);
	}
	free(look->closeup);
	arrangement_release(&look->rows);
	free(look);
}

struct feeder {
	struct collector *collector;
	pthread_t thread;
	struct look *last;		/* the thread's own: what the next is compared with */
	struct unseen_watch watch;
	struct choice *choice;		/* the thread's own, too */
	int wake;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* under the lock */
	struct demand demand;
	bool demanded, hurry, quit;
	struct choice *chosen;		/* what it becomes */
	bool chose;			/* @chosen is news */
	struct look *ready;
	int64_t due;			/* when the next pass begins, of the monotonic clock, µs */
};

static void wait_until(struct feeder *f, int64_t mono_us)
{
	struct timespec t = { .tv_sec = mono_us / 1000000, .tv_nsec = mono_us % 1000000 * 1000 };

	pthread_cond_timedwait(&f->changed, &f->lock, &t);
}

/* Until a pass is wanted: with the lock held. False: the end. */
static bool wait_for_turn(struct feeder *f)
{
	while (!f->quit) {
		bool free = f->demanded && !f->ready;

		if (free && f->hurry)
			return true;
		if (!free || f->demand.paused)
			pthread_cond_wait(&f->changed, &f->lock);
		else if (clock_mono_us() >= f->due)
			return true;
		else
			wait_until(f, f->due);
	}
	return false;
}

/* Of the object with that key: dear, so of one alone. */
static struct closeup *look_closely(const struct snapshot *s, const struct demand *d)
{
	for (uint32_t i = 0; i < snapshot_count(s, CLASS_OBJECT); i++) {
		struct closeup *c;
		struct row_key key;

		row_key_get(s, CLASS_OBJECT, i, &key);
		if (!row_key_same(&key, &d->subject))
			continue;
		c = xcalloc(1, sizeof(*c));
		c->key = key;
		c->pages_rc = pages_picture(s, i, d->blocks, &c->pages);
		c->usage_rc = usage_read(s, i, &c->usage);
		return c;
	}
	return NULL;
}

/* Where the choice has changed meanwhile the drawing thread arranges anew. */
static void arrange_rows(struct feeder *f, struct look *look)
{
	const struct choice *c;
	struct span span = { .count = snapshot_count(look->s, CLASS_OBJECT) };

	pthread_mutex_lock(&f->lock);
	if (f->chose) {
		choice_free(f->choice);
		f->choice = f->chosen;
		f->chosen = NULL;
		f->chose = false;
	}
	pthread_mutex_unlock(&f->lock);
	c = f->choice;
	if (!c || (c->class == CLASS_HOLDING && !(look->holding_bits & 1U << c->by)))
		return;
	if (c->class == CLASS_HOLDING)
		span = look->holdings[c->by];
	choice_arrange(c, &look->rows, look->s, span);
	look->choice = c->number;
}

static struct look *look_at(struct feeder *f, const struct demand *d)
{
	uint32_t set = d->kinds ? d->kinds : KINDS_ALL;
	struct snapshot *s = NULL;
	struct look *look;

	collector_ask(f->collector, set, kind_sources(set, d->needs), d->reasons);
	if (collector_pass(f->collector, &s))
		return NULL;
	look = look_new(s);
	look->needs = d->needs;
	look->holding_bits = d->holdings;
	for (unsigned int by = 0; by < NR_HOLDING_BYS; by++)
		if (d->holdings & 1U << by)
			look->holdings[by] = holdings_add(s, by);
	if (f->last) {
		look->events = snapshot_new();
		diff_snapshots(f->last->s, s, look->events, &look->diff);
		look->unseen = unseen_segments(&f->watch, f->last->s, s, &look->unseen_count);
	}
	if (d->blocks)
		look->closeup = look_closely(s, d);
	look_put(f->last);
	f->last = look_get(look);
	arrange_rows(f, look);
	return look;
}

static void *run(void *arg)
{
	struct feeder *f = arg;

	pthread_mutex_lock(&f->lock);
	while (wait_for_turn(f)) {
		struct demand demand = f->demand;
		int64_t start = clock_mono_us();
		struct look *look;

		f->hurry = false;
		pthread_mutex_unlock(&f->lock);
		look = look_at(f, &demand);
		pthread_mutex_lock(&f->lock);
		f->ready = look;
		f->due = start + f->demand.interval * 1000;
		if (look)
			eventfd_write(f->wake, 1);
	}
	pthread_mutex_unlock(&f->lock);
	return NULL;
}

struct feeder *feeder_new(const struct collect_options *options, int wake)
{
	struct feeder *f = xcalloc(1, sizeof(*f));
	struct collect_options own = *options;
	pthread_condattr_t attributes;

	f->wake = wake;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&f->changed, &attributes);
	pthread_mutex_init(&f->lock, NULL);
	own.no_wait = true;
	own.comms = true;		/* for the events, which are told later */
	f->collector = collector_new(&own);
	if (thread_start(&f->thread, run, f))
		out_of_memory();
	return f;
}

void feeder_free(struct feeder *f)
{
	if (!f)
		return;
	pthread_mutex_lock(&f->lock);
	f->quit = true;
	pthread_cond_signal(&f->changed);
	pthread_mutex_unlock(&f->lock);
	pthread_join(f->thread, NULL);
	look_put(f->ready);
	look_put(f->last);
	choice_free(f->choice);
	choice_free(f->chosen);
	collector_free(f->collector);
	pthread_cond_destroy(&f->changed);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

void feeder_demand(struct feeder *f, const struct demand *demand)
{
	const struct demand *old = &f->demand;

	pthread_mutex_lock(&f->lock);
	if (demand->needs & ~old->needs || demand->kinds != old->kinds ||
	    demand->holdings & ~old->holdings || demand->blocks > old->blocks ||
	    (demand->blocks && !row_key_same(&demand->subject, &old->subject)) ||
	    (demand->reasons && !old->reasons))
		f->hurry = true;
	if (demand->interval < old->interval)
		f->due -= (old->interval - demand->interval) * 1000;
	f->demand = *demand;
	f->demanded = true;
	pthread_cond_signal(&f->changed);
	pthread_mutex_unlock(&f->lock);
}

void feeder_choose(struct feeder *f, struct choice *choice)
{
	pthread_mutex_lock(&f->lock);
	choice_free(f->chosen);
	f->chosen = choice;
	f->chose = true;
	pthread_mutex_unlock(&f->lock);
}

void feeder_hurry(struct feeder *f)
{
	pthread_mutex_lock(&f->lock);
	f->hurry = true;
	pthread_cond_signal(&f->changed);
	pthread_mutex_unlock(&f->lock);
}

struct look *feeder_take(struct feeder *f)
{
	struct look *look;

	pthread_mutex_lock(&f->lock);
	look = f->ready;
	f->ready = NULL;
	pthread_cond_signal(&f->changed);
	pthread_mutex_unlock(&f->lock);
	return look;
}
