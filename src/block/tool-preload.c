/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The object that is loaded into a packaged tool: code that runs with our rights, so it is taken only from where nobody can have put
 * another one who could not as well have put another program in place of ours.
 *
 *      FOLDER/resprep, FOLDER/tests/…/program   not installed: FOLDER/src/resprep-overlay.so
 *      anywhere else                            PKGLIBDIR/resprep-overlay.so
 *
 * It, the folder that it lies in and FOLDER belong to root, to us or to whom the program belongs (`sudo build/resprep`), and nobody else
 * may write to them; a sticky folder, in which everybody may make a `src`, is none of these.  Whoever may rename a folder above
 * FOLDER can replace the program itself.
 *
 * The tool gets a sealed copy, so it is what was looked at, and can be read without any privilege.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "block/tool-private.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/io.h"

#define PRELOAD_MAX (16u << 20) /* a debug build has 200 KiB */
#define SEALS	    (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

bool
tool_preload_trusted(const struct stat *what, const struct stat *program, uid_t self)
{
	if (what->st_uid != 0 && what->st_uid != self && what->st_uid != program->st_uid)
		return false;
	if (what->st_mode & S_IWOTH)
		return false;
	/* a group that may write to the program as well: a build with umask 002 */
	return !(what->st_mode & S_IWGRP) ||
	       (program->st_mode & S_IWGRP && what->st_gid == program->st_gid);
}

/* The folder or file `name` in `dirfd`, when it is to be trusted; else -1. */
static int
open_trusted(int dirfd, const char *name, int flags, const struct stat *program)
{
	CLEANUP_FD int fd = openat(dirfd, name, flags | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !tool_preload_trusted(&st, program, geteuid()))
		return -1;
	return flags & O_DIRECTORY || S_ISREG(st.st_mode) ? steal_fd(&fd) : -1;
}

/* The object in `folder`, or in its folder `sub`; -1, and *ret_found when it is there all the same. */
static int
open_object(const char *folder, const char *sub, const struct stat *program, bool *ret_found)
{
	CLEANUP_FREE char *path = xasprintf("%s/%s/%s", folder, sub, TOOL_PRELOAD);
	CLEANUP_FD int base = open_trusted(AT_FDCWD, folder, O_PATH | O_DIRECTORY, program);
	CLEANUP_FD int in =
		base < 0 ? -1 : open_trusted(base, sub, O_PATH | O_DIRECTORY | O_NOFOLLOW, program);

	*ret_found |= access(path, F_OK) == 0;
	return in < 0 ? -1 :
			open_trusted(in, TOOL_PRELOAD, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, program);
}

/* The folder of the program, or the one above the folder of a test; the caller's. */
static char *
base_folder(const char *self)
{
	static const char *const ends[] = { "/tests/support/", "/tests/unit/", "/" };
	const char *slash = strrchr(self, '/');
	size_t len = slash ? (size_t)(slash - self) + 1 : 0;

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		size_t end = strlen(ends[i]);

		if (len > end && strncmp(self + len - end, ends[i], end) == 0)
			return xstrndup(self, len - end);
	}
	return NULL;
}

/* What `from` holds, as a file of no folder that does not change any more; the caller's. */
static int
sealed_copy(int from, struct error *err)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	CLEANUP_FD int fd = -1;
	struct stat st;

	if (fstat(from, &st) < 0)
		return error_sys(err, errno, "cannot look at '%s'", TOOL_PRELOAD);
	if (st.st_size <= 0 || st.st_size > (off_t)PRELOAD_MAX)
		return error_set(err, ERR_CORRUPT, "'%s' is not as it was installed", TOOL_PRELOAD);
	bytes = xmalloc((size_t)st.st_size);
	if (io_pread_full(from, bytes, (size_t)st.st_size, 0) != (ssize_t)st.st_size)
		return error_sys(err, errno ? errno : EIO, "cannot read '%s'", TOOL_PRELOAD);
	fd = memfd_create("preload", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || io_pwrite_full(fd, bytes, (size_t)st.st_size, 0) < 0 ||
	    fcntl(fd, F_ADD_SEALS, SEALS) < 0)
		return error_sys(err, errno, "cannot make a memory file");
	return steal_fd(&fd);
}

int
tool_preload_open(const char *self, const char *installed, int *ret, bool *ret_found,
		  struct error *err)
{
	CLEANUP_FREE char *base = base_folder(self);
	CLEANUP_FD int fd = -1;
	struct stat program;

	*ret = -1;
	*ret_found = false;
	if (stat(self, &program) < 0)
		return 0;
	if (base)
		fd = open_object(base, "src", &program, ret_found);
	if (fd < 0)
		fd = open_object(installed, ".", &program, ret_found);
	if (fd < 0)
		return 0;
	*ret = sealed_copy(fd, err);
	return *ret < 0 ? -1 : 0;
}
