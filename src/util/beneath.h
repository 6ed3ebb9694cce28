/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening a path below a folder that is open: whatever it says, and whatever somebody has put there, nothing outside of the
 * folder is opened and no link is followed.
 */
#ifndef RESPREP_UTIL_BENEATH_H
#define RESPREP_UTIL_BENEATH_H

#include <sys/types.h>

/*
 * `path` is relative, "/" between.  `flags` as for open(), with `mode` for O_CREAT.  A descriptor, or -1 with errno: EXDEV for a path
 * that would lead out (absolute, "..") or has an empty name, ELOOP or ENOTDIR for one through a link.
 */
int beneath_open(int dirfd, const char *path, int flags, mode_t mode);

/* The same, one name after the other: what beneath_open() does where the kernel has no openat2() (before 5.6). */
int beneath_open_by_parts(int dirfd, const char *path, int flags, mode_t mode);

#endif
