/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory and descriptors that are released when their scope ends.  Ownership leaves by steal().
 * What must be checked (flush, unmount, rename, commit) is never left to these.
 */
#ifndef RESPREP_UTIL_CLEANUP_H
#define RESPREP_UTIL_CLEANUP_H

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static inline void
cleanup_free(void *p)
{
	int keep = errno;

	free(*(void **)p);
	errno = keep;
}
#define CLEANUP_FREE __attribute__((cleanup(cleanup_free)))

static inline void
cleanup_fd(const int *fd)
{
	int keep = errno;

	if (*fd >= 0)
		close(*fd);
	errno = keep;
}
#define CLEANUP_FD __attribute__((cleanup(cleanup_fd)))

/* The pointer in `*p`, which is NULL afterwards: return steal(&text). */
#define steal(p)                                 \
	({                                       \
		__typeof__(*(p)) stolen_ = *(p); \
		*(p) = NULL;                     \
		stolen_;                         \
	})

static inline int
steal_fd(int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}

#endif
