/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A folder on the rescue host that is filled with copies from a volume.  Whatever the names are, nothing is made or
 * opened outside of it, no link is followed, and nothing that is there is written over.
 */
#ifndef RESPREP_KEEPER_OUTPUT_H
#define RESPREP_KEEPER_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct error;

/* What is taken at most, in bytes with their holes; 0: any. */
struct output_limits {
	uint64_t file, all;
	const char *
		list; /* this name in the folder is not one of the copies: OUTPUT_LIST_MAX is its limit; or NULL */
};
#define OUTPUT_LIST_MAX	 (UINT64_C(256) << 20)
#define OUTPUT_FILES_MAX (UINT64_C(1) << 20)

struct output {
	int root;      /* the folder; -1: not begun */
	int parent;    /* of the file that is being written */
	int file;      /* -1: none */
	char *name;    /* its name in `parent`; owned */
	bool nameless; /* it has no name yet, and gets that one at the end */
	char *aside;   /* the name that it has until then; NULL: it has its own; owned */
	bool single;   /* it is the only one, by a name that the user has chosen */
	uint64_t at;   /* where the next bytes go */
	bool is_list;
	struct output_limits limits;
	uint64_t all;	/* bytes in files that are ended */
	uint64_t begun; /* files */
	uint64_t whole; /* files that are ended and stay */
};
#define OUTPUT_INIT                                  \
	{                                            \
		.root = -1, .parent = -1, .file = -1 \
	}

/* Makes (0700) and opens `folder`.  ERR_EXISTS when it is not empty, ERR_REFUSED when it is a link. */
int output_begin(struct output *o, const char *folder, struct error *err);

/*
 * Begins instead the one new file `path` (0600) in a folder that is there; output_data() and output_end() as for those of a folder.  ERR_EXISTS when something is
 * there.  It gets its name at the end: whole or not there.
 */
int output_begin_file(struct output *o, const char *path, struct error *err);

/*
 * Begins a new file (0600), with the folders above it.  `path` is relative, "/" between; ERR_REFUSED for a name that is not harmless
 * (util/file-name.h), ERR_EXISTS when something is there, ERR_IO for a folder that is a link.
 */
int output_file(struct output *o, const char *path, struct error *err);

/* More of its content: `n` bytes, or with `p` NULL a hole of `n` bytes.  ERR_LIMIT when that is more than the limits allow. */
int output_data(struct output *o, const void *p, uint64_t n, struct error *err);

/* Ends it on stable storage, with the times of the original where they are known (tv_nsec UTIME_OMIT); without `keep` it is removed. */
int output_end(struct output *o, const struct timespec times[2], bool keep, struct error *err);

void output_clear(struct output *o);

#endif
