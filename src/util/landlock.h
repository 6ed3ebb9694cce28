/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Landlock: giving up, for this process and its children, whatever of the file system is not named (kernel.org, "Landlock: unprivileged access control"). */
#ifndef RESPREP_UTIL_LANDLOCK_H
#define RESPREP_UTIL_LANDLOCK_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Only what lies below the `readable` paths (NULL-terminated; those that are not there are passed over) may still be opened, for reading, and run with
 * `run`.  Also no TCP where the kernel can tell.  Needs PR_SET_NO_NEW_PRIVS.  False when this kernel has no Landlock: then nothing is restricted.
 */
bool landlock_restrict(const char *const *readable, bool run);

/* The same for `count` folders that are open; none: nothing at all. */
bool landlock_restrict_to(const int *fds, size_t count);

#endif
