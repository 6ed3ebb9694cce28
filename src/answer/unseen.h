/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Passwords in an answer file that Windows does not see, and people do: in comments, and in elements that are no setting, because of the case of their
 * names or of where they stand.
 */
#ifndef RESPREP_ANSWER_UNSEEN_H
#define RESPREP_ANSWER_UNSEEN_H

#include <stddef.h>

#include "answer/answer.h"

struct answer_unseen_secret {
	int line, column;
	const char *what; /* "a comment", "an element that is no setting of Windows"; static */
};
struct answer_unseen {
	struct answer_unseen_secret *list;
	size_t count;
};

/* At most 64 of each kind: more is no answer file, and one is enough to tell. */
void answer_unseen_find(const struct answer *a, struct answer_unseen *ret);
void answer_unseen_clear(struct answer_unseen *u);
#define CLEANUP_ANSWER_UNSEEN __attribute__((cleanup(answer_unseen_clear)))

#endif
