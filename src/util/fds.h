/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Descriptors that a process was started with, or has opened, and does not need. */
#ifndef RESPREP_UTIL_FDS_H
#define RESPREP_UTIL_FDS_H

#include <stddef.h>

/* Closes every descriptor but 0, 1, 2 and the `count` in `keep`, of which some may be -1 or the same. */
void fds_close_others(const int *keep, size_t count);

/* The same one by one: what it does where the kernel has no close_range() (before 5.9). */
void fds_close_others_by_one(const int *keep, size_t count);

/*
 * Puts something that takes nothing and gives nothing on those of 0, 1, 2 that are closed, so that no file that is opened later gets one of
 * these numbers and, with it, what is printed.
 */
void fds_fill_standard(void);

#endif
