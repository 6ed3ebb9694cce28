/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where journals go, and journals that wait for `recover`. */
#ifndef RESPREP_BLOCK_JOURNAL_DIR_H
#define RESPREP_BLOCK_JOURNAL_DIR_H

#include "block/journal.h"

struct error;
struct hold;

/*
 * The folder for a new journal: `named`, or the default one.  Made if missing (0700).  ERR_REFUSED when it lies on the target; for the default
 * one also when a reboot would forget it (tmpfs, live medium): for a named one *ret_warning (the caller's) says so.  The caller's.
 */
char *journal_dir_for(const char *named, const struct hold *h, char **ret_warning,
		      struct error *err);

/* The folder to look into; never made.  The caller's. */
char *journal_dir_named(const char *named);

/*
 * The path of an unfinished journal in `dir` of the target `id`, which the user named `path`, or NULL; the caller's.  The
 * same volume counts under any name: as a disk, a partition or an image.
 */
char *journal_dir_unfinished(const char *dir, const struct target_identity *id, const char *path);

/* The folder for what goes beside a journal whose path without state is `base`; the caller's. */
char *journal_files_folder(const char *base);

#endif
