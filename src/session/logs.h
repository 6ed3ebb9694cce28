/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The logs that explain a failed Sysprep: which there are, what errors stand in them, and copies of them
 * with a manifest.
 */
#ifndef RESPREP_SESSION_LOGS_H
#define RESPREP_SESSION_LOGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "logs/read.h"
#include "util/sha256.h"

struct error;
struct report;
struct session;

struct log_file {
	char *path;					     /* on the volume, as stored */
	uint64_t size, created, modified, changed, accessed; /* bytes, FILETIMEs */
	uint64_t record;				     /* MFT record and sequence, or inode */
	char *problem;		     /* why it is not read or copied, a sentence; NULL when it is */
	bool too_large;		     /* the problem is that it is above the limit */
	char *copy;		     /* its path below the output folder, once it is there */
	uint8_t sha256[SHA256_SIZE]; /* of the copy */
};
struct log_files {
	struct log_file *list;
	size_t count;
};

/*
 * \Windows\Panther\Unattendgc\*, \Windows\Panther\*.log, \Windows\System32\Sysprep\Panther\*, Ec2ConfigLog.txt; folders that are missing are
 * passed over.  What is there and cannot be read (encrypted, compressed by WOF, a junction, damaged) is listed with its problem.
 */
int logs_list(struct session *s, struct log_files *ret, struct error *err);
void log_files_clear(struct log_files *f);
#define CLEANUP_LOG_FILES __attribute__((cleanup(log_files_clear)))

/*
 * Calls `fn` for each record of level error or above in the file.  What the volume does not give ends the file only, and becomes its
 * problem.
 */
int logs_errors(struct session *s, struct log_file *f, log_fn *fn, void *ctx, struct error *err);

#define LOGS_MAX_SIZE (UINT64_C(4) << 30)
#define LOGS_TOTAL    16 /* times the limit of one file: of all together */
/* That product; a limit so high that all together have none is UINT64_MAX. */
uint64_t logs_total(uint64_t max_size);

struct logs_copy {
	const struct report *report; /* of the target as it was opened */
	const char *const *argv;     /* the command line; NULL-terminated */
	uint64_t max_size;	     /* of one file, bytes */
	const char *folder;	     /* options.out_folder, for messages */
	/* filled in */
	size_t copied;
	uint64_t bytes;			      /* in all copies */
	uint8_t manifest_sha256[SHA256_SIZE]; /* of MANIFEST.json */
};

/*
 * Copies all of `files` into options.out_folder (made 0700; must be new or empty), with modification times kept, files 0600, under their own
 * paths as far as these are harmless names here (safe-names.h), and last a MANIFEST.json (docs/manifest.md).  A file that the volume does
 * not give, or that is above the limit, has a problem afterwards and no copy, and the others are copied.  An error is the host's, or an
 * interruption: the file that was being copied is gone, those before it stay, and there is no MANIFEST.json.
 */
int logs_extract(struct session *s, struct log_files *files, struct logs_copy *c,
		 struct error *err);

/* Whether the error speaks of one file of the volume, so that others can still be had. */
bool logs_error_is_local(const struct error *err);

#endif
