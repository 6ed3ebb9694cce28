/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The front door to all text logs: a file and its kind in, records out, streamed.
 *
 *      file ─▶ chunks ─▶ lines (line.c) ─▶ records (read.c), by the grammar of the kind
 */
#ifndef RESPREP_LOGS_READ_H
#define RESPREP_LOGS_READ_H

#include <stdbool.h>

#include "logs/record.h"

struct code_pages;

/* The first place in `n` bytes that may be of interest, or NULL. */
typedef const char *log_find(void *ctx, const char *p, size_t n);

struct log_options {
	enum log_level least; /* records below it are passed over, but for those that `find` marks */
	log_find *find; /* or NULL: sees whole lines as they stand in the file (UTF-16 as UTF-8), many at a time; a record is marked that has its place in it */
	void *find_ctx;
	const struct code_pages *pages; /* for lines that are no UTF-8; NULL: Windows-1252 */
	unsigned ansi;			/* the code page of the installation; 0: 1252 */
};

/* What there is to tell of a log besides its records. */
struct log_info {
	uint64_t lines;
	uint64_t hole;	      /* NULs in all of it; of UTF-16 bytes of NULs */
	uint64_t hole_offset; /* where the first of them are */
	uint64_t damaged;     /* events, or chunks of them, that could not be read as a whole */
	bool cut; /* a record or line was longer than the limit, and its end is missing */
};

/*
 * Reads a log of up to 16 GiB, above which it is ERR_LIMIT: UTF-8 with or without BOM, UTF-16LE/BE, else each line that is no UTF-8 in the
 * code page of the installation.  NUL holes are skipped and counted; a record is cut at 64 KiB; lines may have any length.  A line that begins no record
 * belongs to the one before it; the first lines of a file that begin none are a record without a time.  Memory stays small.  Asks for interrupts.
 * `o` and `ret` may be NULL.  0, also when `fn` stopped it.
 */
int log_records(const struct log_source *source, enum log_kind kind, const struct log_options *o,
		log_fn *fn, void *ctx, struct log_info *ret, struct error *err);

#endif
