/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two processes.  The keeper owns the target and the journal and never parses what a volume holds; the worker parses, locked
 * in, and asks the keeper for whatever reaches the target or the rescue host.
 *
 *      session_hold ─▶ keeper_start ─┬─ keeper: serves until the worker ends, exits with its code
 *                                    └─ worker: goes on with the session, locked in
 *
 * What the worker may ask for is fixed before it starts: whether it may commit at all, where journals go, which file or folder is
 * its output.  It sends changed sectors, and the keeper checks that each lies inside a partition of the target; it sends bytes and
 * names for the output, and the keeper sees that they stay there.
 */
#ifndef RESPREP_KEEPER_KEEPER_H
#define RESPREP_KEEPER_KEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "block/changes.h"
#include "block/commit.h"
#include "block/journal-dir.h"
#include "block/tool.h"
#include "keeper/channel.h"
#include "keeper/output.h"
#include "keeper/proof.h"

struct block;
struct error;
struct hold;
struct partitions;
struct keeper;

struct keeper_options {
	bool may_commit; /* once */
	/* Asks the user, in the keeper, before anything is written: 1 yes, 0 no, -1 with an error.  NULL: the user has said yes. */
	int (*confirm)(const char *question, struct error *err);
	bool edits; /* there will be changes, whether they are committed or not: temporary files for them */
	int in_file; /* open, and read by the worker; 0: none, for that one is open anyway */
	bool require_sandbox;	 /* ERR_UNSUPPORTED where the kernel cannot lock the worker in */
	const char *journal_dir; /* NULL: the default */
	const char *out_file;	 /* the one new file that may be written, or NULL */
	const char *out_folder;	 /* the one new or empty folder that may be filled, or NULL */
	struct output_limits out_limits; /* of what goes into either */
	bool proof;			 /* the SHA-256 of the target may be asked for */
	/* With it: what it was before, of both targets; who is told at the end, in the keeper. */
	struct keeper_proof {
		const char *name; /* of the target, as the user gave it; NULL: there is none */
		uint8_t before[SHA256_SIZE], after[SHA256_SIZE];
		bool have_after; /* else it is not known */
	} proofs[2];
	proof_tell *tell_proof;		/* or NULL */
	proof_progress *proof_progress; /* or NULL */
};

/*
 * Forks.  In the worker: 0, with *ret to ask and *ret_missing a clause about what of the sandbox this kernel lacks (static, or
 * NULL).  In the keeper it returns only when the worker came to a bad end: -1 with an error that says how and whether anything was written; else the
 * process exits with the worker's code, or with 8 instead of a lower one when the target is not proven to be as it was.  `more` is a second target that is only read, or NULL.  `h` and `p` must stay as they are.
 */
int keeper_start(struct hold *h, const struct partitions *p, const struct hold *more,
		 const struct keeper_options *o, struct keeper **ret, const char **ret_missing,
		 struct error *err);

/* In the worker: nothing more will be asked. */
void keeper_free(struct keeper *k);

/*
 * A temporary file (spool_file()) of this worker, where the journals lie or else in a folder for such files; the caller's.  -1 when there is none
 * (any more).  It is not on the target.
 */
int keeper_scratch(struct keeper *k);

/*
 * A look at something that is open as `fd` (or -1), without a keeper: `fn` runs in a process of its own, locked in, that nobody answers; what it puts into
 * `answer` comes back in *ret, which the caller clears.  -1 when that process came to a bad end, or, with `require_sandbox`, could not be locked
 * in (ERR_UNSUPPORTED; `fn` has not run then).  *ret_missing is the clause of keeper_start(), for the caller to free, or NULL.
 */
int keeper_look(int fd, void (*fn)(void *ctx, struct message *answer), void *ctx,
		bool require_sandbox, struct message *ret, char **ret_missing, struct error *err);

/* ---- what a worker may ask ---- */

/* journal_anywhere_unfinished() of the target `id` (of the `second` one); the caller's. */
struct journal_unfinished keeper_unfinished(struct keeper *k, const struct target_identity *id,
					    bool second);

struct keeper_commit {
	bool declined; /* the user said no: nothing was written, and 0 is returned */
	bool committed; /* the commit point was passed: with an error, `recover` is needed and the message says so */
	char *journal; /* its path, or NULL; owned */
	char *warning; /* about the folder for journals, or NULL; owned */
	struct commit_stats stats;
};
/*
 * A commit in three steps: its journal begins, with the target's identity; the manifest follows in pieces of text; the changes end it.  ERR_REFUSED
 * when this worker may not commit, or not again, or changes something outside a partition of the target.  After an error nothing is left of the
 * journal.
 */
int keeper_commit_begin(struct keeper *k, const struct target_identity *id, struct error *err);
int keeper_commit_manifest(struct keeper *k, const char *text, size_t n, struct error *err);
/* Asks the user, then commit_journal(); begins by itself where nobody has.  `c` is empty afterwards, whatever came of it. */
int keeper_commit(struct keeper *k, struct changes *c, struct keeper_commit *ret,
		  struct error *err);
void keeper_commit_clear(struct keeper_commit *c);
#define CLEANUP_KEEPER_COMMIT __attribute__((cleanup(keeper_commit_clear)))

/* Writes a file into the folder beside the journal of the last commit: its first piece (`at` 0), or more behind its end, at `at`. */
int keeper_write_beside(struct keeper *k, const char *name, uint64_t at, const void *p, size_t n,
			struct error *err);

/*
 * tool_run_on() the target, for a volume of `present` bytes at `offset` of it as `overlay` shows it.  With `job` the pages that the tool left
 * come back there, the caller's.
 */
int keeper_tool(struct keeper *k, enum tool tool, struct block *overlay, uint64_t offset,
		uint64_t present, struct tool_job *job, struct tool_result *ret, struct error *err);

/* proof_hash() of the target, or of the `second` one. */
int keeper_proof(struct keeper *k, bool second, uint8_t digest[SHA256_SIZE], struct error *err);

/* Fills the output folder, one file after the other: output_begin(), output_file(), output_data(), output_end(). */
int keeper_folder_begin(struct keeper *k, struct error *err);
/* Instead of it, out_file: keeper_folder_data() and keeper_folder_end() are of that one file then. */
int keeper_file_begin(struct keeper *k, struct error *err);
int keeper_folder_file(struct keeper *k, const char *path, struct error *err);
int keeper_folder_data(struct keeper *k, const void *p, size_t n, struct error *err);
int keeper_folder_hole(struct keeper *k, uint64_t n, struct error *err);
int keeper_folder_end(struct keeper *k, const struct timespec times[2], bool keep,
		      struct error *err);

#endif
