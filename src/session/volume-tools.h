/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The packaged NTFS tools on what the overlay shows: replay of $LogFile, and the account of every cluster. */
#ifndef RESPREP_SESSION_VOLUME_TOOLS_H
#define RESPREP_SESSION_VOLUME_TOOLS_H

#include <stdbool.h>

struct error;
struct target;

/*
 * The volume of `t` is mounted and its $LogFile unclean: replays it with the packaged ntfsrecover, in the overlay, and mounts again.
 * t->replay tells how it went; a replay that fails leaves the overlay as it was, and is no error.  Errors: interrupted, or the volume
 * does not mount any more.
 */
int volume_tools_replay(struct target *t, struct error *err);

/*
 * Takes account of every cluster, with the packaged ntfsresize -i: of what the overlay shows, or (`changed` false) of the volume as it lies there.  *ret_problem is a clause when
 * something is amiss (the caller's), NULL when all is well.  1 when it was done, 0 when the tool cannot be run here (*ret_problem says why), -1 interrupted.
 */
int volume_tools_account(struct target *t, bool changed, char **ret_problem, struct error *err);

#endif
