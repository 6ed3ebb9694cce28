/* SPDX-License-Identifier: GPL-3.0-or-later */
/* resprep logs: how records reach the terminal. */
#ifndef RESPREP_CLI_LOGS_H
#define RESPREP_CLI_LOGS_H

#include "session/logs.h"

struct common;
struct js;

enum logs_mode {
	LOGS_LIST,   /* the files, with the errors in them */
	LOGS_ERRORS, /* the errors alone */
	LOGS_SHOW,   /* all records */
};

/* One line of JSON on standard output; takes `o`. */
void logs_print_js(struct js *o);

/* Which known failures were explained already. */
struct logs_told {
	bool known[KNOWN_COUNT];
};
/* Lines below a record that was matched; nothing of one that was not. */
void logs_known_print(struct logs_told *told, struct known *known, const struct logs_record *r);
void logs_known_json(struct js *o, struct known *known, const struct logs_record *r);

/* What failed first in the newest run of each phase, after a heading; a logs_runs_fn. */
struct logs_runs_print {
	bool with_secrets, headed;
};
void logs_runs_print(void *ctx, const char *folder, const struct cascade *c);

/* What of a record is in JSON. */
struct js *logs_record_json(const struct log_file *f, const struct logs_record *r);

/* "SYSPRP ", "dvi: ", "Microsoft-Windows-User Profiles Service 1511: ": the component, where it is no part of the message.  Returns `to`. */
#define LOGS_PREFIX 80
const char *logs_component_prefix(const struct log_record *r, char to[LOGS_PREFIX]);

/* All records of all files that the filter lets through. */
int logs_show(struct session *s, const struct common *c, const struct logs_filter *filter,
	      enum logs_mode mode, struct log_files *files, struct error *err);

/* The timeline, with what the checks say at its end. */
struct report;
int logs_timeline(struct session *s, const struct common *c, const struct logs_filter *filter,
		  struct log_files *files, struct report *r, struct error *err);

#endif
