/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A setting as people name it: PASS/COMPONENT/SETTING=VALUE. */
#ifndef RESPREP_ANSWER_SPEC_H
#define RESPREP_ANSWER_SPEC_H

#include <stdbool.h>
#include <stddef.h>

#include "answer/answer.h"

struct error;

struct answer_spec_step {
	char *name;
	char *index; /* "2", the second of that name; or "RemoteDesktop", the one with that wcm:keyValue; NULL without */
};

struct answer_spec {
	char *text; /* the whole name, without the value */
	enum pass pass;
	char *component;
	struct answer_spec_step *steps;
	size_t count;
	char *plain; /* the path without indices */
	char *value;
};

/*
 * ERR_USAGE says what does not fit.  "Shell-Setup" is short for the known component that ends so.
 */
int answer_spec_parse(const char *text, struct answer_spec *ret, struct error *err);
void answer_spec_clear(struct answer_spec *s);
#define CLEANUP_ANSWER_SPEC __attribute__((cleanup(answer_spec_clear)))

/* The index as a number from 1; 0 when it is none. */
size_t answer_spec_number(const char *index);

#endif
