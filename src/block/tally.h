/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a target compares with the records of a journal, in pieces of 512 bytes.  A piece may occur in several
 * phases; each of its images is one that an interrupted commit can leave.
 */
#ifndef RESPREP_BLOCK_TALLY_H
#define RESPREP_BLOCK_TALLY_H

#include <stdbool.h>
#include <stdint.h>

struct changes;
struct commit_target;
struct error;

struct tally {
	uint64_t total;
	uint64_t first; /* as it was before everything */
	uint64_t last;	/* as it is after everything */
	uint64_t other; /* none of its images */
	/* for messages, the first place that is none of its images, and the first that is not as it is after everything; paths are borrowed */
	uint64_t other_at, unlike_at;
	const char *other_path, *unlike_path;
	bool unlike;
};

/* One place and what is there. */
struct tally_place {
	const char *path; /* borrowed; NULL on a device */
	uint64_t offset;
	uint32_t len;
	bool first, last; /* as before, as after everything; both where these are the same */
	bool other;	  /* none of its images */
};
typedef void tally_fn(void *ctx, const struct tally_place *p);

/* tally_take(), and `fn` is told of every place, in the order of files and places; then of those that change the size of a file. */
int tally_each(struct commit_target *t, const struct changes *c, struct tally *ret, tally_fn *fn,
	       void *ctx, struct error *err);

int tally_take(struct commit_target *t, const struct changes *c, struct tally *ret,
	       struct error *err);

#endif
