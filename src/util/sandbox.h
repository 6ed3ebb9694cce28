/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Locking this process in: from then on it can compute, read what it has open, and write to its standard output and to
 * sockets that it has open; nothing else.  Landlock takes away the file system, seccomp the system calls.
 */
#ifndef RESPREP_UTIL_SANDBOX_H
#define RESPREP_UTIL_SANDBOX_H

#include <stddef.h>

/*
 * `folders` (at most `count`, open) may still be read below, and the files `scratch` written to by their descriptors.  An opening for writing, a socket, a program, a write to another
 * descriptor kill the process; an opening for reading is refused.  Returns NULL, or a clause about what this kernel (or this build) lacks; the
 * rest is in force then.
 */
extern const char sandbox_instrumented
	[]; /* the clause of a build with a sanitizer, which needs what the lock takes away */
const char *sandbox_enter(const int *folders, size_t count, const int *scratch,
			  size_t scratch_count);

#endif
