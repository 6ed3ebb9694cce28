/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The packaged NTFS tools on what the overlay shows: replay of $LogFile, and the account of every cluster. */
#ifndef RESPREP_SESSION_VOLUME_TOOLS_H
#define RESPREP_SESSION_VOLUME_TOOLS_H

#include <stdbool.h>

struct block;
struct error;
struct target;

/*
 * The volume of `t` is mounted and its $LogFile unclean: replays it with the packaged ntfsrecover, in the overlay, and mounts again.
 * t->replay tells how it went; a replay that fails leaves the overlay as it was, and is no error.  Errors: interrupted, or the volume
 * does not mount any more.
 */
int volume_tools_replay(struct target *t, struct error *err);

/* What an account of every cluster has found: nothing, when it came to no end or could not be taken. */
enum account { ACCOUNT_UNKNOWN, ACCOUNT_SOUND, ACCOUNT_AMISS };

/*
 * Takes account of every cluster of the volume of `t`, as `overlay` shows it, with the packaged ntfsresize -i.  *ret_problem is a clause (the caller's): what is
 * amiss, or why nothing is known; NULL when all is well.  -1: interrupted, or it could not be asked.
 */
int volume_tools_account(struct target *t, struct block *overlay, enum account *ret,
			 char **ret_problem, struct error *err);

/*
 * The volume as it was before any edit, its $LogFile replayed if that was done: an overlay, the caller's, to be closed before the one of `t`.
 * NULL: it could not be read.
 */
struct block *volume_tools_before(struct target *t, struct error *err);

/* Whether the edits take clusters or MFT records, or give some back: what is in use differs from `before`. */
int volume_tools_space_changed(struct target *t, struct block *before, bool *ret,
			       struct error *err);

#endif
