/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between set.c, which finds and replaces, and set-make.c, which makes what is missing. */
#ifndef RESPREP_ANSWER_SET_PRIVATE_H
#define RESPREP_ANSWER_SET_PRIVATE_H

#include "answer/answer.h"
#include "answer/spec.h"

/* The elements that were made: the number of the first, and how many, each within the one before. */
struct answer_made {
	size_t first, count;
};

/* The file with the setting made; the caller's. */
uint8_t *answer_make(const struct answer *a, const struct answer_spec *spec,
		     const char *architecture, struct answer_made *made, size_t *ret_len,
		     struct error *err);

/*
 * When the setting is in a member of a list that is not there, and whose members have an <Order>: the setting that gives it the next one,
 * as answer_spec_parse() takes it.  NULL otherwise, also when the order itself is to be set.  The caller's.
 */
char *answer_order_of_new(const struct answer *a, const struct answer_spec *spec,
			  const char *architecture);

#endif
