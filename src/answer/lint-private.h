/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of lint: the file's frame (lint.c), values (lint-values.c), lists of commands (lint-lists.c). */
#ifndef RESPREP_ANSWER_LINT_PRIVATE_H
#define RESPREP_ANSWER_LINT_PRIVATE_H

#include "answer/lint.h"

struct lint {
	const struct lint_context *context;
	const struct answer *answer;
	struct lint_problems *out;
};

/* At an element. */
void lint_at(struct lint *l, size_t element, enum lint_severity s, const char *code,
	     const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* About a setting; in a processed pass it becomes a note. */
void lint_setting(struct lint *l, const struct answer_setting *s, enum lint_severity severity,
		  const char *code, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

void lint_values(struct lint *l);
void lint_commands(struct lint *l);
void lint_lists(struct lint *l);

#endif
