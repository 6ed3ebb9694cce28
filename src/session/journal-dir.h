/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where journals go, and journals that wait for `recover`. */
#ifndef RESPREP_SESSION_JOURNAL_DIR_H
#define RESPREP_SESSION_JOURNAL_DIR_H

#include "block/journal.h"

struct error;
struct hold;
struct report;

/*
 * The folder for a new journal: `named`, or the default one.  Made if missing (0700).  ERR_REFUSED when it lies on the target; for the default
 * one also when a reboot would forget it (tmpfs, live medium): a warning in `r` for a named one.  The caller's.
 */
char *journal_dir_for(const char *named, const struct hold *h, struct report *r, struct error *err);

/* The folder to look into; never made.  The caller's. */
char *journal_dir_named(const char *named);

/*
 * The path of an unfinished journal in `dir` of the target `id`, which the user named `path`, or NULL; the caller's.  The
 * same volume counts under any name: as a disk, a partition or an image.
 */
char *journal_dir_unfinished(const char *dir, const struct target_identity *id, const char *path);

#endif
