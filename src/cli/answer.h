/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verbs of `resprep answer`; for cmd-answer.c and answer-*.c. */
#ifndef RESPREP_CLI_ANSWER_H
#define RESPREP_CLI_ANSWER_H

#include "cli/run.h"

struct error;
struct js;
struct report;
struct session;

#define ANSWER_WORDS 32

struct answer_run {
	struct common common;
	const char *target, *verb;
	const char *words[ANSWER_WORDS + 1]; /* behind the verb; NULL behind the last */
	const char *file;
	bool secrets, unchecked, force;
	struct report *report;
	struct js *members; /* of the JSON object: what the command answers; owned */
};

/* Each returns an exit code, or -1. */
int answer_run_list(struct answer_run *r, struct error *err);
int answer_run_show(struct answer_run *r, struct error *err);
int answer_run_lint(struct answer_run *r, struct error *err);
int answer_run_change(struct answer_run *r, struct error *err);

/* A session for reading or for edits, which are written unless this is a dry run. */
int answer_session(struct answer_run *r, bool edits, struct session **ret, struct error *err);
#endif
