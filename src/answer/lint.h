/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What Windows would stumble over in an answer file, and what should not stand in one.  Errors are what Windows refuses, warnings
 * what it passes over or what gives something away, notes the rest.  What a processed pass holds is history: a note, unless it
 * is a password.
 */
#ifndef RESPREP_ANSWER_LINT_H
#define RESPREP_ANSWER_LINT_H

#include <stdbool.h>
#include <stddef.h>

#include "answer/answer.h"

enum lint_severity { LINT_NOTE, LINT_WARNING, LINT_ERROR };

struct lint_problem {
	enum lint_severity severity;
	const char *code; /* "value", "order", …; static */
	int line, column; /* 0: the file as a whole */
	char *name; /* the setting, "specialize/…/CopyProfile"; NULL when it is about more or less than one */
	char *text; /* one sentence, without secrets */
};
struct lint_problems {
	struct lint_problem *list;
	size_t count;
	size_t more; /* that there was no room for */
};
void lint_problems_clear(struct lint_problems *l);
#define CLEANUP_LINT_PROBLEMS __attribute__((cleanup(lint_problems_clear)))

/* What the file is for; everything may be left out. */
struct lint_context {
	const char *architecture; /* of the installation: "amd64", … */
	unsigned build;		  /* 9600, … */
	bool template; /* an agent gives it to Sysprep: nothing in it may be marked as processed */
	bool filled;   /* what is empty is filled in by the agent before (EC2Launch) */
	/* whether a file is there, by its Windows path; 1, 0, or -1 when that cannot be told (another drive, a variable) */
	int (*exists)(void *ctx, const char *path);
	/* whether there is a time zone of that name; likewise */
	int (*time_zone)(void *ctx, const char *name);
	void *ctx;
};

/* Looks through a file, whatever it holds. */
void lint_file(const void *p, size_t n, const struct lint_context *c, struct lint_problems *ret);

#endif
