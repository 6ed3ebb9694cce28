/* SPDX-License-Identifier: GPL-3.0-or-later */
/* openat2() with RESOLVE_BENEATH, and how to do without; see beneath.h. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/beneath.h"
#include "util/cleanup.h"

/* The kernel would follow "a/../b", which stays below; nobody here has a use for it. */
static bool
leads_down(const char *path)
{
	for (;;) {
		size_t n = strcspn(path, "/");

		if (n == 0 || (n == 2 && strncmp(path, "..", 2) == 0))
			return false;
		if (!path[n])
			return true;
		path += n + 1;
	}
}

/* openat() of one name; a link is ELOOP, also where a folder is asked for and the kernel says ENOTDIR. */
static int
open_part(int at, const char *name, int flags, mode_t mode)
{
	int fd = openat(at, name, flags | O_NOFOLLOW, mode);
	struct stat st;

	if (fd < 0 && errno == ENOTDIR)
		errno = fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode) ?
				ELOOP :
				ENOTDIR;
	return fd;
}

int
beneath_open_by_parts(int dirfd, const char *path, int flags, mode_t mode)
{
	CLEANUP_FD int at = fcntl(dirfd, F_DUPFD_CLOEXEC, 0);

	if (!leads_down(path)) {
		errno = EXDEV;
		return -1;
	}
	for (;;) {
		size_t n = strcspn(path, "/");
		CLEANUP_FREE char *name = xstrndup(path, n);
		int next;

		if (at < 0)
			return -1;
		if (!path[n])
			return open_part(at, name, flags, mode);
		next = open_part(at, name, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
		cleanup_fd(&at);
		at = next;
		path += n + 1;
	}
}

int
beneath_open(int dirfd, const char *path, int flags, mode_t mode)
{
	struct open_how how = { .flags = (uint64_t)(unsigned)flags,
				.mode = flags & O_CREAT ? mode : 0,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };
	long fd;

	if (!leads_down(path)) {
		errno = EXDEV;
		return -1;
	}
	fd = syscall(SYS_openat2, dirfd, path, &how, sizeof how);
	if (fd < 0 && errno == ENOSYS)
		return beneath_open_by_parts(dirfd, path, flags, mode);
	return (int)fd;
}
