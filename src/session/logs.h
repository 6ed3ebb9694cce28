/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The logs that explain a failed Sysprep: which there are, what stands in them, and copies of them
 * with a manifest.  The target is a Windows, or a folder of logs that somebody has sent.
 */
#ifndef RESPREP_SESSION_LOGS_H
#define RESPREP_SESSION_LOGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "logs/cascade.h"
#include "logs/known.h"
#include "logs/read.h"
#include "session/logs-places.h"
#include "util/sha256.h"

struct error;
struct report;
struct session;

struct log_file {
	char *path;	    /* on the volume, as stored */
	const char *group;  /* log_groups[].name; static; NULL in a folder of logs */
	enum log_kind kind; /* LOG_KIND_COUNT: pulled, but not read */
	enum log_place place;
	enum secret_kind secret;
	const char *
		host_text; /* of a file of this host that is no part of the target: all of it, `size` bytes; borrowed; else NULL */
	uint64_t size, created, modified, changed, accessed; /* bytes, FILETIMEs */
	uint64_t record;				     /* MFT record and sequence, or inode */
	char *problem; /* why it is not read or copied, a sentence; NULL when it is */
	char *note; /* what its reader should know, a clause ("5 bytes are zeros …"); or NULL */
	bool too_large;		     /* the problem is that it is above the limit */
	bool kept_back;		     /* the problem is that it is a secret as a whole */
	char *copy;		     /* its path below the output folder, once it is there */
	uint64_t copy_size;	     /* of the copy, which may be masked */
	size_t masked;		     /* secrets that the copy does not have */
	uint8_t sha256[SHA256_SIZE]; /* of the copy */
};
struct log_files {
	struct log_file *list;
	size_t count;
};

struct logs_wanted {
	const char *const *
		groups; /* names or aliases, "all"; NULL-terminated, or NULL for those by default */
	const char *const *
		sources; /* only files of these kinds, or whose path has one of these in it; or NULL */
	const char *console; /* the name of a file of this host, or NULL: */
	const char *
		console_text; /* the output of a serial console in it, read before the session; must outlive the list */
	size_t console_len;
};

/*
 * The files of the groups that are there; folders that are missing are passed over.  What is there and cannot be read (encrypted, compressed by
 * WOF, a junction, damaged) is listed with its problem.  In a folder of logs: every file that is a log by its name or its first lines, up to
 * LOGS_FOLDER_FILES and LOGS_FOLDER_DEPTH.  ERR_USAGE for a group or source that there is not.
 */
int logs_list(struct session *s, const struct logs_wanted *want, struct log_files *ret,
	      struct error *err);
void log_files_clear(struct log_files *f);
#define CLEANUP_LOG_FILES __attribute__((cleanup(log_files_clear)))

#define LOGS_FOLDER_FILES 10000
#define LOGS_FOLDER_DEPTH 16

/* ERR_USAGE names the group that there is not.  Needs no session. */
int logs_check_groups(const char *const *groups, struct error *err);

/* ---- reading ---- */

/* A record as it is shown: its message has no secrets any more. */
struct logs_record {
	const struct log_record *r; /* r->message is the masked one */
	uint64_t utc;		    /* FILETIME; 0 when it has no time, or its zone is not known */
	const struct known_hits
		*hits; /* of logs_filter.known: what it says that is known; else NULL */
	bool assumed; /* it was local time, and is UTC only if the zone was that of the installation then too */
};
typedef int logs_fn(void *ctx, const struct log_file *f, const struct logs_record *r,
		    struct error *err);

struct logs_filter {
	enum log_level least;
	uint64_t since, until;	       /* FILETIMEs; 0: no limit */
	bool since_local, until_local; /* they are local times of the installation */
	const char *grep; /* text in the message as it is shown, without regard to case; or NULL */
	bool with_secrets;
	struct known *
		known; /* records are matched with it, and those that it knows come below `least` too; not owned; or NULL */
	bool marks;    /* also records below `least` that are marks (logs/mark.h) */
};

/*
 * Reads one file after the other; remembers between them what setupact.log had, so that setuperr.log gives only what is not there too (the same time and
 * text).
 */
struct logs_reader;
struct logs_reader *logs_reader_new(struct session *s, const struct logs_filter *filter);
void logs_reader_free(struct logs_reader *r);
void logs_reader_freep(struct logs_reader **r);
#define CLEANUP_LOGS_READER __attribute__((cleanup(logs_reader_freep)))

/* "Pacific Standard Time", by which local times become UTC; NULL when the installation has none.  Borrowed. */
const char *logs_reader_zone(const struct logs_reader *r);
bool logs_reader_has_zone(const struct logs_reader *r);
/* The filter, with since and until as UTC. */
const struct logs_filter *logs_reader_filter(const struct logs_reader *r);
/* Records that were left out because another file has them too. */
uint64_t logs_reader_merged(const struct logs_reader *r);

/*
 * Calls `fn` for each record of the file that the filter lets through, in the order of the file.  What the volume does not give
 * ends the file only, and becomes its problem; holes become its note.
 */
int logs_read(struct logs_reader *r, struct log_file *f, logs_fn *fn, void *ctx, struct error *err);

/*
 * The runs (logs/cascade.h) that Setup's and Sysprep's own logs among the files tell of, for each machine that the folder has logs of: `fn` is given
 * them judged, with the folder of that machine.  What cannot be read is passed over: logs_read() says so.  With less than an installation to ask,
 * nobody knows whether a failure still stands.
 */
typedef void logs_runs_fn(void *ctx, const char *folder, const struct cascade *c);
int logs_runs(struct logs_reader *r, struct known *known, const struct log_files *files,
	      logs_runs_fn *fn, void *ctx, struct error *err);

/* ---- copies ---- */

#define LOGS_MAX_SIZE (UINT64_C(4) << 30)
#define LOGS_TOTAL    16 /* times the limit of one file: of all together */
/* That product; a limit so high that all together have none is UINT64_MAX. */
uint64_t logs_total(uint64_t max_size);

struct logs_copy {
	const struct report *report; /* of the target as it was opened */
	const char *const *argv;     /* the command line; NULL-terminated */
	uint64_t max_size;	     /* of one file, bytes */
	const char *folder;	     /* options.out_folder, for messages */
	bool with_secrets;	     /* nothing is masked or kept back */
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
