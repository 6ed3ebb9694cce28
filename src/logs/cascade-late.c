/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Errors of logs that have no beginnings of runs, put among the runs of those that have, by their time: \Windows\Panther's among those of
 * UnattendGC, and what setuperr.log has and setupact.log has not.  Windows writes each error to both; after a crash either may end in zeros.
 */
#include <stdlib.h>
#include <string.h>

#include "logs/cascade-private.h"
#include "util/alloc.h"

#define SEEN_SLOTS 32768 /* a power of two */
#define SEEN_LIMIT (SEEN_SLOTS / 4 * 3)

/* ---- what a pair of logs both have ---- */

/* FNV-1a of time and first line; never 0. */
static uint64_t
mark_of(const struct log_record *r)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (const char *p = r->time; *p; p++)
		h = (h ^ (unsigned char)*p) * 0x100000001b3u;
	for (const char *p = r->message; *p && *p != '\r' && *p != '\n'; p++)
		h = (h ^ (unsigned char)*p) * 0x100000001b3u;
	return h ? h : 1;
}

bool
cascade_see(struct cascade *c, const struct log_record *r)
{
	uint64_t mark;
	size_t at;

	if (r->level < LOG_LEVEL_ERROR)
		return true;
	/* too many to know them all: what the first log says is enough */
	if (c->seen_count == SEEN_LIMIT)
		return !c->second;
	if (!c->seen)
		c->seen = xcalloc(SEEN_SLOTS, sizeof *c->seen);
	mark = mark_of(r);
	/* ends, because a quarter of the slots is empty */
	for (at = mark % SEEN_SLOTS; c->seen[at]; at = (at + 1) % SEEN_SLOTS)
		if (c->seen[at] == mark)
			return !c->second;
	c->seen[at] = mark;
	c->seen_count++;
	return true;
}

void
cascade_forget_seen(struct cascade *c)
{
	if (c->seen_count)
		memset(c->seen, 0, SEEN_SLOTS * sizeof *c->seen);
	c->seen_count = 0;
	c->second = false;
}

void
cascade_second(struct cascade *c)
{
	c->second = true;
}

/* ---- runs by time ---- */

/* Index of the last run from `first` on that had begun by then, of specialize only or of any phase; -1: none had. */
static long
run_at(const struct cascade *c, size_t first, bool specialize, uint64_t stamp)
{
	long found = -1;

	for (size_t i = first; i < c->count; i++)
		if ((!specialize || c->runs[i].phase == LOG_PHASE_SPECIALIZE) &&
		    (!stamp || c->runs[i].stamp <= stamp))
			found = (long)i;
	return found;
}

/* A run of which only its errors are known. */
static struct cascade_run *
insert_run(struct cascade *c, size_t at, enum log_phase phase, const struct cascade_event *e)
{
	ARRAY_GROW(c->runs, c->count);
	memmove(c->runs + at + 1, c->runs + at, (c->count++ - at) * sizeof *c->runs);
	c->runs[at] = (struct cascade_run){
		.phase = phase, .stamp = e->stamp, .cause = -1, .certain = -1
	};
	memcpy(c->runs[at].time, e->time, sizeof e->time);
	return &c->runs[at];
}

/* What was logged after a run had ended well is not of that run. */
static bool
is_behind(const struct cascade_run *r, uint64_t stamp)
{
	return r->outcome == RUN_SUCCEEDED && r->ended && stamp > r->ended;
}

static void
insert_event(struct cascade_run *r, size_t at, const struct cascade_event *e)
{
	ARRAY_GROW(r->events, r->count);
	memmove(&r->events[at + 1], &r->events[at], (r->count - at) * sizeof *r->events);
	r->events[at] = *e;
	r->count++;
}

void
cascade_put_second(struct cascade *c, const struct log_record *r, struct known_hits *hits,
		   unsigned marks)
{
	bool oobe = (marks & SECOND_OOBE) && cascade_phase_of(r) == LOG_PHASE_SPECIALIZE;
	struct cascade_event e;
	struct cascade_run *run;
	long found = run_at(c, c->source, false, r->stamp);
	size_t at;

	cascade_fill_event(&e, r, hits);
	run = found < 0 ? NULL : &c->runs[found];
	/* its programs are started when specialize is done */
	if (run && oobe && run->phase == LOG_PHASE_SPECIALIZE)
		cascade_end_run(run, r);
	if (!run || (oobe && run->phase != LOG_PHASE_OOBE) || is_behind(run, r->stamp)) {
		enum log_phase phase = oobe ? LOG_PHASE_OOBE :
				       run  ? run->phase :
					      cascade_phase_of(r);

		if (c->count - c->source < RUN_LIMIT)
			run = insert_run(c, found < 0 ? c->source : (size_t)found + 1, phase, &e);
	}
	if (!run || run->count >= EVENT_LIMIT) {
		if (run)
			run->more++;
		cascade_event_clear(&e);
		return;
	}
	for (at = run->count; at > 0 && run->events[at - 1].stamp > e.stamp; at--)
		;
	insert_event(run, at, &e);
	if (marks & SECOND_FAILED)
		run->outcome = RUN_FAILED;
	run->validating |= (marks & SECOND_VALIDATING) != 0;
}

/* An event of \Windows\Panther among those of UnattendGC: before those of the same second, which tell of it. */
static void
put_in(struct cascade_run *r, struct cascade_event *e)
{
	size_t at = 0;

	while (at < r->count && (!e->stamp || r->events[at].stamp < e->stamp))
		at++;
	/* behind the others of its own log */
	while (at < r->count && e->path && r->events[at].path &&
	       strcmp(r->events[at].path, e->path) == 0 && r->events[at].stamp <= e->stamp)
		at++;
	insert_event(r, at, e);
}

void
cascade_settle_late(struct cascade *c)
{
	for (size_t i = 0; i < c->late_count; i++) {
		struct cascade_event *e = &c->late[i];
		long found = run_at(c, 0, true, e->stamp);
		struct cascade_run *r = found < 0 ? NULL : &c->runs[found];

		/* what was logged before any had begun is of a run before all others */
		if (!r || is_behind(r, e->stamp))
			r = insert_run(c, (size_t)(found + 1), LOG_PHASE_SPECIALIZE, e);
		put_in(r, e);
	}
	free(c->late);
	c->late = NULL;
	c->late_count = 0;
}
