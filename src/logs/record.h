/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the logs of Setup, of Windows and of EC2's agents have in common: records.
 *
 * "2014-06-05 10:40:55, Error                        [Shell Unattend] CopyProfile failed (0x80070003) [gle=0x00000003]"
 *
 * is one of kind LOG_KIND_PANTHER, with a time, a level and a message, and without component and id.
 */
#ifndef RESPREP_LOGS_RECORD_H
#define RESPREP_LOGS_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "logs/kind.h"

struct error;

enum log_level {
	LOG_LEVEL_NONE, /* the log has no levels, or this line has none */
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_ERROR,
	LOG_LEVEL_FATAL
};
const char *log_level_text(enum log_level level); /* "Error"; "" for none */

/* What a log's clock shows. */
enum log_zone {
	LOG_ZONE_NONE, /* there is no time */
	LOG_ZONE_LOCAL, /* that of the installation, in the zone that was set when the line was written */
	LOG_ZONE_UTC
};

struct log_record {
	enum log_kind kind;
	enum log_place place;
	const char *path; /* of the source; borrowed, NULL if it has none */
	char time[32];	  /* "2014-06-05 10:40:55" or "2017-11-29 22:58:50.176"; "" without */
	enum log_zone zone;
	uint64_t stamp; /* the same as a FILETIME, as if it were UTC; 0 without */
	enum log_level level;
	char component[64]; /* "SYSPRP", "dvi", "Ec2SetPassword", an event's provider; or "" */
	uint32_t id;	    /* Panther's message id, 0x0f0082; of an event its number; 0 without */
	const char *
		message; /* WTF-8, continuation lines behind "\n"; borrowed until the callback returns */
	const char *text; /* the first line whole, as written; borrowed */
	const char *
		section; /* of setupapi's logs: "Device Install (Hardware initiated) - …"; else ""; borrowed */
	uint64_t line;	 /* from 1 */
	uint64_t offset; /* bytes, where the record starts in the file */
	uint64_t hole; /* NULs before or within it: lines are lost there, because Windows went down while logging */
};

struct log_source {
	int (*read)(void *ctx, void *buf, size_t len, uint64_t offset, size_t *ret_len,
		    struct error *err);
	void *ctx;
	uint64_t size;
	uint64_t (*hole)(
		void *ctx,
		uint64_t offset); /* bytes from there on that are zeros and need not be read, or NULL */
	const char *path;	  /* for the records; or NULL */
	enum log_place place;
};

/* Called per record; returns 0 to go on, 1 to stop early, -1 with an error. */
typedef int log_fn(void *ctx, const struct log_record *r, struct error *err);

#endif
