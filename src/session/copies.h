/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The MANIFEST.json of a folder of copies, docs/manifest.md: what was copied from where, and whether the folder is still as it was then.
 */
#ifndef RESPREP_SESSION_COPIES_H
#define RESPREP_SESSION_COPIES_H

#include <stddef.h>
#include <stdint.h>

#include "util/sha256.h"

struct error;
struct log_files;
struct logs_copy;
struct session;

#define COPIES_MANIFEST "MANIFEST.json"

/* The text for files that are copied, or have a problem; the caller's. */
char *copies_manifest(struct session *s, const struct log_files *files,
		      const struct logs_copy *job);

enum copies_trouble {
	COPIES_CHANGED,	   /* other content or size than listed */
	COPIES_MISSING,	   /* listed, and not there */
	COPIES_UNLISTED,   /* there, and not listed */
	COPIES_NO_FILE,	   /* a link or the like where a file is listed */
	COPIES_OUTSIDE,	   /* listed with a path that is none below the folder; not looked at */
	COPIES_UNREADABLE, /* could not be read */
};
const char *copies_trouble_text(enum copies_trouble t); /* "changed", … */

struct copies_problem {
	char *file; /* below the folder, or as it is listed */
	enum copies_trouble trouble;
	char *detail; /* a clause, or NULL */
};

struct copies_verdict {
	size_t files, not_copied; /* listed with a copy, and without */
	uint64_t bytes;		  /* read */
	uint8_t manifest_sha256[SHA256_SIZE];
	struct copies_problem *list;
	size_t count;
	size_t unreadable; /* of them */
	const char *
		unlocked; /* what this kernel lacks to lock the reading in, a clause; static; or NULL */
};

/*
 * Compares the folder with its manifest, locked in: nothing outside of `folder` can be opened from here on (util/sandbox.h), whatever the
 * manifest names, and links are not followed.  ERR_NOT_FOUND without a manifest, ERR_CORRUPT for one that is none.
 */
int copies_verify(const char *folder, struct copies_verdict *ret, struct error *err);
void copies_verdict_clear(struct copies_verdict *v);
#define CLEANUP_COPIES_VERDICT __attribute__((cleanup(copies_verdict_clear)))

#endif
