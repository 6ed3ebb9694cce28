/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The answer files that the EC2 agents ship, as settings, and what a file holds beside them.
 *
 * EC2Config and EC2Launch v1: as public copies have them.  No public copy of EC2Launch v2's is known: its table is reconstructed
 * from what AWS documents of it ("How Sysprep works", EC2Launch v2).  A difference is a difference, never a fault.
 */
#ifndef RESPREP_ANSWER_SHIPPED_H
#define RESPREP_ANSWER_SHIPPED_H

#include <stdbool.h>
#include <stddef.h>

#include "answer/answer.h"

enum shipped_agent { SHIPPED_EC2CONFIG, SHIPPED_EC2LAUNCH, SHIPPED_EC2LAUNCH_V2, SHIPPED_NONE };

struct shipped_setting {
	enum pass pass;
	const char *component, *path; /* with its number where there are several */
	const char *value;	      /* NULL: the agent fills it in, so any will do */
};
struct shipped_file {
	const char *name; /* "EC2Config's sysprep2008.xml" */
	bool reconstructed;
	const struct shipped_setting *settings;
	size_t count;
};
const struct shipped_file *shipped_file(enum shipped_agent a);

enum shipped_how {
	SHIPPED_SAME,
	SHIPPED_DIFFERS, /* another value */
	SHIPPED_ADDED,	 /* not in the shipped file */
};

/* How a setting stands to the shipped file; the shipped one in *ret, or NULL. */
enum shipped_how shipped_compare(const struct shipped_file *f, const struct answer *a,
				 const struct answer_setting *s,
				 const struct shipped_setting **ret);
/* Whether the file has that shipped setting, with whatever value. */
bool shipped_is_there(const struct answer *a, const struct shipped_setting *s);

#endif
