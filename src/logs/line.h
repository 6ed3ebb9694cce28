/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines of a text file of any encoding that Windows uses, streamed.
 *
 * They are handed on as they stand in the buffer, so that gigabytes cost no copy: log_line_text() makes UTF-8 of those that are
 * wanted.
 */
#ifndef RESPREP_LOGS_LINE_H
#define RESPREP_LOGS_LINE_H

#include <stdbool.h>

#include "logs/read.h"

struct log_line {
	const char *
		text; /* without its line end, but one or a NUL follows; borrowed until the callback returns, or as `leaving` says */
	size_t len;
	bool wide;	 /* it was UTF-16 and is WTF-8; else it is as in the file */
	bool marked;	 /* options.find has found a place in it */
	uint64_t number; /* from 1 */
	uint64_t offset; /* bytes, of its first character in the file */
	uint64_t hole;	 /* NULs before or within it */
};

struct log_lines_options {
	int (*fn)(void *ctx, const struct log_line *line,
		  struct error *err); /* 1 from it ends the reading and is returned */
	void (*leaving)(void *ctx); /* the texts of all lines until now are about to go; or NULL */
	void *ctx;
	log_find *find; /* or NULL */
	void *find_ctx;
};

/*
 * UTF-8 or UTF-16 by the byte-order mark; UTF-16 also when a third of the first 512 bytes is NUL; else bytes.  NULs (holes left by a crash) are
 * left out; of a line of more than 64 KiB the rest is.  `ret` is filled but for nothing; it may not be NULL.
 */
int log_lines(const struct log_source *source, const struct log_lines_options *o,
	      struct log_info *ret, struct error *err);

/* The line as UTF-8, or as WTF-8 if it is wide: what is no UTF-8 is read in that code page.  Appended to `to`. */
struct text;
void log_line_text(const struct log_line *line, const struct code_pages *pages, unsigned ansi,
		   struct text *to);

#endif
