/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of logs that mark where Sysprep and Setup are: what a reader looks for first. */
#ifndef RESPREP_LOGS_MARK_H
#define RESPREP_LOGS_MARK_H

#include "logs/record.h"

/* What begins with a mark. */
enum log_stage {
	LOG_STAGE_NONE, /* no new one */
	LOG_STAGE_SYSPREP,
	LOG_STAGE_GENERALIZE,
	LOG_STAGE_SPECIALIZE,
	LOG_STAGE_OOBE,
	LOG_STAGE_AGENT,
	LOG_STAGE_READY,
	LOG_STAGE_COUNT
};
const char *log_stage_text(enum log_stage stage); /* "generalize", "Windows is Ready", … */

struct log_mark {
	enum log_kind kind;
	const char *text; /* in the message; of an event its provider */
	enum log_stage stage;
	uint32_t id;	   /* of an event */
	const char *words; /* what that event means, since its own words are elsewhere; or NULL */
};

/* The mark that the record is, or NULL; static. */
const struct log_mark *log_mark_of(const struct log_record *r);

/* Finds lines that may be marks, for log_options.find: begins with {.kind = …}, for one source. */
#define LOG_MARKS_MAX 64
struct log_mark_finder {
	enum log_kind kind;
	const char *next
		[LOG_MARKS_MAX]; /* where each mark is next, in the block that ends at `end`; NULL: nowhere in it */
	const char *last, *end;
};
const char *log_mark_find(void *finder, const char *p, size_t n);

#endif
