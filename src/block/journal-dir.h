/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where journals go, and journals that wait for `recover`. */
#ifndef RESPREP_BLOCK_JOURNAL_DIR_H
#define RESPREP_BLOCK_JOURNAL_DIR_H

#include "block/journal.h"

struct error;
struct hold;

/*
 * The folder for a new journal: `named`, or the default one.  Not made here: journal_create() does.  ERR_REFUSED when it lies on the target; for the default
 * one also when a reboot would forget it (tmpfs, live medium): for a named one *ret_warning (the caller's) says so.  The caller's.
 */
char *journal_dir_for(const char *named, const struct hold *h, char **ret_warning,
		      struct error *err);

/* The folder to look into; never made.  The caller's. */
char *journal_dir_named(const char *named);

/*
 * An unfinished journal in `dir` of the target `id`, which the user named `path`; the caller's.  The same volume counts
 * under any name: as a disk, a partition or an image, and, where the serial number of what is mounted there is known, as a folder; a folder whose
 * is not known, by its path.  A damaged journal counts when it may be of the target.
 */
struct journal_unfinished {
	char *path; /* NULL: there is none */
	char *problem; /* a sentence that names it and says why it cannot be used; NULL of a sound one */
	char *elsewhere; /* what the journal's commit was made to, when that was a folder and the target is none, or the other way round */
	bool is_folder;	 /* `elsewhere` is */
};
struct journal_unfinished journal_dir_unfinished(const char *dir, const struct target_identity *id,
						 const char *path);
/*
 * The same wherever one may lie: in `named`, in the default folder, and in root's, as far as they can be read.  A journal that was made
 * without --journal-dir waits for this target too when a later command names a folder, and the other way round a folder that is named again.
 */
struct journal_unfinished
journal_anywhere_unfinished(const char *named, const struct target_identity *id, const char *path);
/* "run: resprep recover …", for a user who named `target`; the caller's. */
char *journal_unfinished_advice(const struct journal_unfinished *u, const char *target);
void journal_unfinished_clear(struct journal_unfinished *u);
#define CLEANUP_JOURNAL_UNFINISHED __attribute__((cleanup(journal_unfinished_clear)))

/* The folder for what goes beside a journal whose path without state is `base`; the caller's. */
char *journal_files_folder(const char *base);

#endif
