/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For cascade*.c only. */
#ifndef RESPREP_LOGS_CASCADE_PRIVATE_H
#define RESPREP_LOGS_CASCADE_PRIVATE_H

#include "logs/cascade.h"

#define EVENT_LIMIT 128 /* of a run: the first failure is among the first */
#define RUN_LIMIT   64	/* of a log: only the newest ones matter */

struct cascade {
	struct known *known;
	struct cascade_run *runs; /* in the order of their logs */
	size_t count;
	size_t source; /* the first run of this log */
	struct cascade_event
		*late; /* of \Windows\Panther, which has no marks: put among the runs in the end */
	size_t late_count, late_before;
	uint64_t *seen; /* marks of the errors of this log: a table of SEEN_SLOTS, 0 for empty; NULL: none yet */
	size_t seen_count;
	bool second; /* of a pair: only what the first has not is taken */
	long newest[LOG_PHASE_COUNT], follower[LOG_PHASE_COUNT], history[LOG_PHASE_COUNT];
	size_t counts[LOG_PHASE_COUNT];
};

void cascade_event_clear(struct cascade_event *e);
/* Takes the hits. */
void cascade_fill_event(struct cascade_event *e, const struct log_record *r,
			struct known_hits *hits);
/* Which rules a record's log has. */
enum log_phase cascade_phase_of(const struct log_record *r);
/* The run ends well with this record, unless something failed or nothing was done. */
void cascade_end_run(struct cascade_run *run, const struct log_record *r);

/* Whether the record is to be taken: of the second log of a pair what the first has not.  Errors are remembered. */
bool cascade_see(struct cascade *c, const struct log_record *r);
void cascade_forget_seen(struct cascade *c);
/* Puts an error of the second log, which has no beginnings of runs, among the runs of the first, by its time.  Takes the hits. */
#define SECOND_FAILED	  (1u << 0) /* its run failed */
#define SECOND_VALIDATING (1u << 1) /* before it changed anything */
#define SECOND_OOBE	  (1u << 2) /* it is of oobeSystem */
void cascade_put_second(struct cascade *c, const struct log_record *r, struct known_hits *hits,
			unsigned marks);
/* What \\Windows\\Panther says, among the runs. */
void cascade_settle_late(struct cascade *c);

/* Fills in the codes of the run's events, its cause, and whether it was only validating, or stopped. */
void cascade_judge_run(struct cascade_run *r);

#endif
