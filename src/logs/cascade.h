/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What went wrong first, and what only followed.
 *
 * One failure of Sysprep leaves a dozen error lines, and a log holds many runs.  So the records of Setup's logs become runs, one after the other
 * for each phase; of the newest run the first failure is its cause and the errors behind it follow from it.  A run without a failure or a
 * success of its own (Windows was started again, and stood still; the user closed Sysprep's window; Sysprep ended before it did anything) says nothing new: the one before it still counts.  So it does when the later one only says that
 * Setup failed, or that the pass was begun at an earlier boot.  A failure before a run that
 * succeeded is history.  What is known to stand in good runs is never the cause.
 *
 *      System32\Sysprep\Panther     "Beginning of a new sysprep run"          ─▶ LOG_PHASE_SYSPREP
 *      Panther\UnattendGC           "WinDeploy.exe launched …", [oobeldr.exe] ─▶ LOG_PHASE_SPECIALIZE, LOG_PHASE_OOBE
 *      Panther                      errors, put among the runs by their time; behind one that ended well they are a new one  ─▶ LOG_PHASE_SPECIALIZE
 *
 * The order of a file wins over its clock.  Memory is bounded whatever the logs hold.
 */
#ifndef RESPREP_LOGS_CASCADE_H
#define RESPREP_LOGS_CASCADE_H

#include "logs/known.h"
#include "logs/record.h"

struct cascade;

enum log_phase { LOG_PHASE_SYSPREP, LOG_PHASE_SPECIALIZE, LOG_PHASE_OOBE, LOG_PHASE_COUNT };
const char *log_phase_text(enum log_phase p); /* "sysprep", "specialize", "oobeSystem" */

enum run_outcome {
	RUN_OPEN, /* the log ends, or another run begins, without a word on how it ended */
	RUN_FAILED,
	RUN_SUCCEEDED
};

/* An error, or a line that is known, with all that a finding needs. */
struct cascade_event {
	char *path; /* NULL when the source has none */
	char *text; /* the line as written, at most 1 KiB of it */
	char *message;
	char time[32], component[32];
	uint64_t stamp; /* as in the record */
	uint64_t line, offset;
	enum log_level level;
	uint32_t code; /* that it gives as its reason; 0: none */
	struct known_hits hits;
};

struct cascade_run {
	enum log_phase phase;
	enum run_outcome outcome;
	bool validating; /* of Sysprep: it failed before it changed anything */
	bool acted; /* of Sysprep: a line tells of something that it did; without, its end is no success */
	bool cancelled; /* of Sysprep: the user closed its window before it did anything */
	char time[32];	/* of its beginning, or of its first event; "" unknown */
	uint64_t stamp;
	struct cascade_event *events; /* in order: the first 128 */
	size_t count;
	uint64_t ended; /* when it succeeded; 0 unknown */
	size_t more;	/* events that were not kept */
	long cause;	/* index of the first failure; -1: none */
	long certain; /* index of the first failure behind a cause that is uncertain, which may be the real one; -1: none */
	bool follows; /* the cause only passes on what failed at an earlier boot, or before this log tells of it */
	bool stopped; /* the cause is a step that was begun and did not come back */
};

/* `k` must outlive it. */
struct cascade *cascade_new(struct known *k);
void cascade_free(struct cascade *c); /* NULL is fine */
void cascade_freep(struct cascade **c);
#define CLEANUP_CASCADE __attribute__((cleanup(cascade_freep)))

/*
 * Takes the records of one log after the other: a log_fn, and the log_find that lets it pass over everything else (with LOG_LEVEL_ERROR as the
 * least level).  cascade_source() before each log, or before the first of a pair: setuperr.log has the errors of setupact.log again and no beginnings
 * of runs.  Where the first gave anything (cascade_got), cascade_second() goes before the second: only the errors that the first has not, lost in a
 * crash, are taken then, and put among its runs by their time.
 */
void cascade_source(struct cascade *c);
/* Whether the logs since then gave anything. */
bool cascade_got(const struct cascade *c);
void cascade_second(struct cascade *c);
int cascade_take(void *cascade, const struct log_record *r, struct error *err);
const char *cascade_find(void *cascade, const char *p, size_t n);

/* Puts all in order; after it nothing more is taken. */
void cascade_judge(struct cascade *c);

/* The newest run of the phase, or the one before it that still counts; NULL: there is none.  Borrowed. */
const struct cascade_run *cascade_newest(const struct cascade *c, enum log_phase phase);
/* A newer run which has nothing but what follows from that one; NULL: there is none.  Borrowed. */
const struct cascade_run *cascade_follower(const struct cascade *c, enum log_phase phase);
/* The newest one that failed and was followed by a success; NULL: there is none.  Borrowed. */
const struct cascade_run *cascade_history(const struct cascade *c, enum log_phase phase);
/* How many runs there are of the phase. */
size_t cascade_count(const struct cascade *c, enum log_phase phase);

/* The entry that an event is known by, the most telling one first; NULL: it is not known. */
const struct known_hit *cascade_known(const struct cascade_event *e);
/* Whether the words are those with which Sysprep and Setup pass on a failure that stands before them. */
bool cascade_follows(const char *message);
/* Whether it is an error that the logs of good runs have too, without being an entry of the table. */
bool cascade_is_noise(const char *message);
/*
 * The code that a message gives as its reason ("dwRet = 31", "hr = 0x…", "(0x…)", "error code -1073425657"), or else the first that it has
 * (code_scan), or else [gle=…]; false without.
 */
bool cascade_code(const char *message, uint32_t *ret);

#endif
