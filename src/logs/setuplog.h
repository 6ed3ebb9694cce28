/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Panther logs (setupact.log, setuperr.log) and Ec2ConfigLog.txt as records, streamed.
 *
 * "2014-06-05 10:40:55, Error                        [Shell Unattend] CopyProfile failed (0x80070003) [gle=0x00000003]"
 *
 * Blanks are squeezed in copies, so columns are not trusted; a line without a time belongs to the record before it, except that
 * a line that begins with a level alone (as in AWS's documentation) is a record without time.
 */
#ifndef RESPREP_LOGS_SETUPLOG_H
#define RESPREP_LOGS_SETUPLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

enum log_level {
	LOG_LEVEL_NONE,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_ERROR,
	LOG_LEVEL_FATAL
};

struct log_record {
	char time[24]; /* as written ("2014-06-05 10:40:55" local, or ISO without its Z); "" without */
	enum log_level level;
	char component[8]; /* "SYSPRP", or "" */
	const char *
		message; /* WTF-8, continuation lines behind "\n"; borrowed until the callback returns */
	const char *text; /* the first line whole, squeezed as written; borrowed */
	uint64_t line;	  /* from 1 */
	uint64_t offset;  /* bytes, where the record starts in the file */
};

struct log_source {
	int (*read)(void *ctx, void *buf, size_t len, uint64_t offset, size_t *ret_len,
		    struct error *err);
	void *ctx;
	uint64_t size;
	uint64_t (*hole)(
		void *ctx,
		uint64_t offset); /* bytes from there on that are zeros and need not be read, or NULL */
};

/* Called per record; returns 0 to go on, 1 to stop early, -1 with an error. */
typedef int log_fn(void *ctx, const struct log_record *r, struct error *err);

/*
 * Reads a log of up to 16 GiB, above which it is ERR_LIMIT: UTF-8 with or without BOM, UTF-16LE/BE, else Windows-1252; NUL holes are skipped; a record is cut at 64 KiB; lines of any length.
 * Memory stays small.  Asks for interrupts.
 */
int setuplog_read(const struct log_source *source, log_fn *fn, void *ctx, struct error *err);

const char *log_level_text(enum log_level level); /* "Error" */

#endif
