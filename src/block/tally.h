/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a target compares with the records of a journal, in pieces of 512 bytes.  A piece may occur in several
 * phases; each of its images is one that an interrupted commit can leave.
 */
#ifndef RESPREP_BLOCK_TALLY_H
#define RESPREP_BLOCK_TALLY_H

#include <stdint.h>

struct changes;
struct commit_target;
struct error;

struct tally {
	uint64_t total;
	uint64_t first; /* as it was before everything */
	uint64_t last;	/* as it is after everything */
	uint64_t other; /* none of its images */
	/* the first place that is none of its images, for messages */
	uint64_t other_at;
	const char *other_path; /* borrowed from the changes */
};

int tally_take(struct commit_target *t, const struct changes *c, struct tally *ret,
	       struct error *err);

#endif
