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
	uint64_t time; /* FILETIME of the commit */
	struct changes changes;
	char *target_path; /* as the user named it then: a hint, never an identity; owned */
};

const char *journal_state_text(enum journal_state state); /* "pending", "applied", … */

/*
 * Writes `c` to a new journal in `dir`: NAME.journal.tmp, fsync, read back and verify (SHA-256 of header and payload), but no
 * rename: commit_run() does that.  *ret knows its names and time; its list of changes is empty, for the caller has it.  On failure nothing is left behind.  ERR_NO_SPACE says which disk is full.
 */
int journal_create(const char *dir, const char *target_path, const struct changes *c,
		   struct journal *ret, struct error *err);

/*
 * Reads and verifies a journal; `path` may name it in any state, or lack the suffix.  ERR_CORRUPT says what does not
 * match; ERR_UNSUPPORTED for a newer version.  Bounded by the file's size.
 */
int journal_read(const char *path, struct journal *ret, struct error *err);

/*
 * Removes a journal that never reached its commit point (.tmp), sound or torn: nothing was written under
 * it.  1 when it was one, 0 when `path` is a journal in another state or none.
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

/* Default folder: /var/lib/resprep, or $XDG_STATE_HOME/resprep (~/.local/state/resprep) when not root; the caller's. */
char *journal_default_dir(void);

#endif
