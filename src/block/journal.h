/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The journal: everything needed to finish, roll back or undo one commit, in one file on the rescue
 * host.  docs/journal.md has the format.
 *
 * The name is the state, and a rename changes it:
 *
 *      NAME.journal.tmp ─▶ NAME.journal ─▶ NAME.journal.applied ─▶ NAME.journal.undoing ─▶ NAME.journal.undone
 *      nothing written     commit point    all written, read back   undo under way         undone or rolled back
 *
 * NAME is TIME-SERIAL, for example 20261124T101530Z-1A2B3C4D5E6F7788.  Mode 0600.
 * NAME.files beside it (mode 0700) holds before.reg, after.reg and originals of changed files, for people.
 */
#ifndef RESPREP_BLOCK_JOURNAL_H
#define RESPREP_BLOCK_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "block/changes.h"

struct error;
struct spool;

enum journal_state {
	JOURNAL_TMP,	 /* never reached the commit point */
	JOURNAL_PENDING, /* committed, perhaps not all written: needs recover */
	JOURNAL_APPLIED,
	JOURNAL_UNDOING, /* an undo was interrupted: needs recover */
	JOURNAL_UNDONE,
};

struct journal {
	char *path; /* of the file in its present state; owned */
	char *base; /* path without the state's suffix, ending in ".journal"; owned */
	enum journal_state state;
	uint64_t time;		/* FILETIME of the commit */
	struct changes changes; /* without the manifest; images stay in the file */
	struct spool *file;	/* the journal itself, open; owned; NULL when `changes` is empty */
	uint64_t manifest_at, manifest_len; /* in it */
	char *target_path; /* as the user named it then: a hint, never an identity; owned */
};

const char *journal_state_text(enum journal_state state); /* "pending", "applied", … */

/*
 * Writes `c` to a new journal in `dir`: NAME.journal.tmp, fsync, read back and verify (SHA-256 of header and payload), but no
 * rename: commit_run() does that.  *ret is as journal_read() would give it.  On failure nothing is left behind.  ERR_NO_SPACE says which disk is full.
 */
int journal_create(const char *dir, const char *target_path, const struct changes *c,
		   struct journal *ret, struct error *err);

/*
 * The same piece by piece, so that it can be larger than memory: the manifest in pieces, then the watches, then the records.  Nobody has
 * the whole list but the file; what is kept of a record is where its images lie there.
 */
struct journal_writer;
struct journal_writer *journal_begin(const char *dir, const char *target_path,
				     const struct target_identity *id, struct error *err);
/* ERR_INTERNAL when it is out of order. */
int journal_add(struct journal_writer *w, const struct changes *piece, struct error *err);
/* What was added, and can be read; borrowed.  NULL with an error. */
const struct changes *journal_so_far(struct journal_writer *w, struct error *err);
/* fsync, read back and verify; *ret has all of it.  `w` is gone then; on failure it is to be dropped. */
int journal_end(struct journal_writer *w, struct journal *ret, struct error *err);
/* Removes the file; NULL is fine. */
void journal_drop(struct journal_writer *w);

/*
 * Whether `path` is a journal by its name ("….journal", with the suffix of a state) or has a part of a journal's header; also when it cannot be
 * looked at.  What is neither is another file that was named by mistake.
 */
bool journal_may_be(const char *path);

/*
 * Reads and verifies a journal; `path` may name it in any state, or lack the suffix.  ERR_CORRUPT says what does not
 * match; ERR_UNSUPPORTED for a newer version.  Bounded by the file's size; images and manifest stay in the file.
 */
int journal_read(const char *path, struct journal *ret, struct error *err);
/* Its open file, which images and manifest are read from; -1 without one. */
int journal_fd(const struct journal *j);
/* Its manifest; the caller's; "" without one. */
char *journal_manifest(const struct journal *j, struct error *err);

/*
 * Removes a journal that never reached its commit point (.tmp), sound or torn: nothing was written under
 * it.  1 when it was one, 0 when `path` is a journal in another state or none, or has
 * no journal's name: nothing else is ever removed.
 */
int journal_discard(const char *path, struct error *err);

/* Renames to `state` and fsyncs the folder; updates path and state. */
int journal_set_state(struct journal *j, enum journal_state state, struct error *err);

void journal_clear(struct journal *j);
#define CLEANUP_JOURNAL __attribute__((cleanup(journal_clear)))

/* All journals in `dir`, oldest first; of a damaged one only path and state are known, and a text in `problem`. */
struct journal_entry {
	char *path;
	enum journal_state state;
	struct target_identity identity;
	char *target_path;
	uint64_t time;
	uint64_t records, sectors;
	char *problem; /* NULL when sound */
};
int journal_list(const char *dir, struct journal_entry **ret, size_t *ret_count,
		 struct error *err); /* no dir: empty list */
/* Only those that need recovery; no other is read, however many lie there and however large they are. */
int journal_list_unfinished(const char *dir, struct journal_entry **ret, size_t *ret_count,
			    struct error *err);
void journal_list_free(struct journal_entry *list, size_t count);

#define JOURNAL_ROOT_DIR "/var/lib/resprep"

/* Default folder: that of root, or $XDG_STATE_HOME/resprep (~/.local/state/resprep) when not root; the caller's. */
char *journal_default_dir(void);

#endif
