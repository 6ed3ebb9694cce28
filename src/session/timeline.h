/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What happened to a Windows, in one order: errors and marks of all its logs, last-write times of registry keys, times of files.
 *
 * The lines of one log stay in their order, whatever their times say: clocks are set and zones change between the passes of Setup.
 */
#ifndef RESPREP_SESSION_TIMELINE_H
#define RESPREP_SESSION_TIMELINE_H

#include "logs/mark.h"
#include "session/logs.h"

enum moment_source { MOMENT_LOG, MOMENT_KEY, MOMENT_FILE };

struct moment {
	enum moment_source source;
	uint64_t utc;  /* FILETIME; of a record without a time that of the one before it */
	bool assumed;  /* as in struct logs_record */
	bool has_time; /* it is its own */
	enum log_level level;
	enum log_stage stage; /* begins here */
	enum log_kind kind;   /* MOMENT_LOG */
	char *path;    /* of the log or file, or of the key ("SOFTWARE\Microsoft\…"); owned */
	char *text;    /* owned */
	char *meaning; /* of the error code in it, a clause; owned; or NULL */
	uint64_t line, offset;
};

struct timeline {
	struct moment *list;
	size_t count;
	uint64_t left_out; /* errors of logs that have too many of them */
	bool local;	   /* no zone is known: local times are taken for UTC */
	char *zone;	   /* or NULL; owned */
};

/* The filter's level counts for errors; marks come with any. */
int timeline_build(struct session *s, const struct logs_filter *filter, struct log_files *files,
		   struct timeline *ret, struct error *err);
void timeline_clear(struct timeline *t);
#define CLEANUP_TIMELINE __attribute__((cleanup(timeline_clear)))

#endif
