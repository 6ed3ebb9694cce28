/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of a text file of any encoding that Windows uses, as UTF-8, streamed. */
#ifndef RESPREP_LOGS_LINE_H
#define RESPREP_LOGS_LINE_H

#include "logs/setuplog.h"

struct log_line {
	const char *text; /* without its line end; borrowed until the callback returns */
	size_t len;
	uint64_t number; /* from 1 */
	uint64_t offset; /* bytes, of its first character in the file */
};

typedef int log_line_fn(void *ctx, const struct log_line *line, struct error *err);

/*
 * Calls `fn` for each line; 1 from it ends the reading and is returned.  UTF-8 or UTF-16 by the byte-order mark;
 * UTF-16 also when a third of the first 512 bytes is NUL; else each line is UTF-8 if it is valid, or Windows-1252.  NULs (holes left by a crash) are
 * left out; of a line of more than 64 KiB the rest is.
 */
int log_lines(const struct log_source *source, log_line_fn *fn, void *ctx, struct error *err);

#endif
