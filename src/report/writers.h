/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A report as text for people, and as JSON for scripts. */
#ifndef RESPREP_REPORT_WRITERS_H
#define RESPREP_REPORT_WRITERS_H

#include "report/report.h"

struct error;
struct js;
struct text;

/* Each appends to `out`; text from the volume is escaped for a terminal. */
void report_text_head(struct text *out,
		      const struct report *r); /* target, volume, Windows, warnings */
void report_text_agents(struct text *out, const struct report *r); /* the launch agents at length */
void report_text_findings(struct text *out, const struct report *r, enum severity least);
void report_text_stats(struct text *out, const struct report *r);
void report_text_proof(struct text *out, const struct report_proof *p);

/* Takes a long text in pieces. */
struct report_sink {
	void (*write)(void *ctx, const char *text);
	void *ctx;
};
/* What changes or changed; without `all` what goes with a key that is made or deleted is only counted. */
int report_text_changes(const struct report *r, bool all, const struct report_sink *to,
			struct error *err);

/* null when it was not asked for; the caller's */
struct js *report_proof_json(const struct report_proof *p);

/*
 * The one object of --json (docs/report-schema.json).  `err` may hold an error, which then stands in it.
 * Findings below `least` are left out.  Its `changes` are not in it: they may be more than fits into memory.  The caller's.
 */
struct js *report_json(const struct report *r, enum severity least, const struct error *err,
		       int exit_code);
/* The text of that object, indented, with its changes as the last member. */
int report_print_json(const struct js *o, const struct report *r, const struct report_sink *to,
		      struct error *err);

#endif
