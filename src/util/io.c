/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole reads and writes, and small files on the rescue host; see io.h. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/io.h"

ssize_t
io_pread_full(int fd, void *buf, size_t len, uint64_t offset)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(fd, (char *)buf + done, len - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int
io_pwrite_full(int fd, const void *buf, size_t len, uint64_t offset)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pwrite(fd, (const char *)buf + done, len - done,
				   (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO;
		if (n <= 0)
			return -1;
		done += (size_t)n;
	}
	return 0;
}

int
io_write_full(int fd, const void *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = write(fd, (const char *)buf + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO;
		if (n <= 0)
			return -1;
		done += (size_t)n;
	}
	return 0;
}

/* Reads until the end: files of /sys and /proc have no size. */
static char *
read_all(int fd, size_t limit, size_t *ret_len)
{
	size_t len = 0, cap = 4096;
	char *buf = xmalloc(cap + 1);
	int keep;

	for (;;) {
		ssize_t n = read(fd, buf + len, cap - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		if (n == 0) {
			buf[len] = '\0';
			*ret_len = len;
			return buf;
		}
		len += (size_t)n;
		if (len > limit) {
			errno = EFBIG;
			break;
		}
		if (len == cap) {
			cap *= 2;
			buf = xrealloc(buf, cap + 1, 1);
		}
	}
	keep = errno;
	free(buf);
	errno = keep;
	return NULL;
}

char *
io_read_file(const char *path, size_t limit, size_t *ret_len, struct error *err)
{
	CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t len;
	char *text = fd < 0 ? NULL : read_all(fd, limit, &len);

	if (!text) {
		if (errno == EFBIG)
			error_set(err, ERR_LIMIT, "'%s' is larger than the %zu bytes that are read",
				  path, limit);
		else
			error_sys(err, errno, "cannot read '%s'", path);
		return NULL;
	}
	if (ret_len)
		*ret_len = len;
	return text;
}

/* Whole and flushed, or the file is gone. */
static int
write_or_remove(int fd, int dirfd, const char *name, const void *p, size_t n, struct error *err)
{
	if (io_write_full(fd, p, n) == 0 && fsync(fd) == 0)
		return 0;
	error_sys(err, errno, "cannot write the file '%s'", name);
	unlinkat(dirfd, name, 0);
	return -1;
}

int
io_write_new(int dirfd, const char *name, const void *p, size_t n, struct error *err)
{
	CLEANUP_FD int fd = openat(dirfd, name,
				   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return error_sys(err, errno, "cannot make the file '%s'", name);
	return write_or_remove(fd, dirfd, name, p, n, err);
}

int
io_write_piece(int dirfd, const char *name, uint64_t at, const void *p, size_t n, struct error *err)
{
	CLEANUP_FD int fd = -1;
	struct stat st;

	if (at == 0)
		return io_write_new(dirfd, name, p, n, err);
	fd = openat(dirfd, name, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_sys(err, errno, "cannot open the file '%s'", name);
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != at)
		return error_set(err, ERR_IO, "the file '%s' is not as it was left", name);
	return write_or_remove(fd, dirfd, name, p, n, err);
}

int
io_sync_folder_of(const char *path, struct error *err)
{
	CLEANUP_FREE char *copy = xstrdup(path);
	const char *folder = dirname(copy);
	CLEANUP_FD int fd = io_open_dir(folder, err);

	return fd < 0 ? -1 : io_sync_dir(fd, folder, err);
}

/* mkdir() of one folder, which lasts only when the name in the folder above is flushed too. */
static int
make_dir(const char *path, struct error *err)
{
	if (mkdir(path, 0700) == 0)
		return io_sync_folder_of(path, err);
	return errno == EEXIST ? 0 : error_sys(err, errno, "cannot make the folder '%s'", path);
}

int
io_make_dirs(const char *path, struct error *err)
{
	CLEANUP_FREE char *part = xstrdup(path);
	struct stat st;

	for (char *c = part + 1; *part; c++) {
		char keep = *c;

		if (keep && keep != '/')
			continue;
		*c = '\0';
		if (make_dir(part, err) < 0)
			return -1;
		if (!keep)
			break;
		*c = keep;
	}
	if (stat(path, &st) < 0)
		return error_sys(err, errno, "cannot look at the folder '%s'", path);
	return S_ISDIR(st.st_mode) ?
		       0 :
		       error_set(err, ERR_EXISTS, "'%s' is there, but is no folder", path);
}

/* One name of a walk; `*missing` counts the folders below `*at` that are not there. */
static int
walk_name(const char *name, int *at, size_t *missing, io_made_in *made_in, void *ctx,
	  struct error *err)
{
	bool up = strcmp(name, "..") == 0;
	struct stat st;
	int next;

	if (*missing) {
		*missing += up ? (size_t)-1 : 1;
		return 0;
	}
	next = openat(*at, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (next >= 0) {
		close(*at);
		*at = next;
		return 0;
	}
	/* a link that leads nowhere is not made a folder */
	if (errno != ENOENT || fstatat(*at, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return errno == ENOTDIR ?
			       error_set(err, ERR_EXISTS, "'%s' is there, but is no folder", name) :
			       error_sys(err, errno, "cannot look at the folder '%s'", name);
	*missing = 1;
	return made_in ? made_in(ctx, *at, err) : 0;
}

int
io_walk(const char *path, io_made_in *made_in, void *ctx, int *ret_fd, struct error *err)
{
	CLEANUP_FD int at = open(*path == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	size_t missing = 0;

	*ret_fd = -1;
	if (at < 0)
		return error_sys(err, errno, "cannot open a folder");
	while (*path) {
		size_t n = strcspn(path, "/");
		CLEANUP_FREE char *name = xstrndup(path, n);
		int got = *name && strcmp(name, ".") != 0 ?
				  walk_name(name, &at, &missing, made_in, ctx, err) :
				  0;

		if (got)
			return got;
		path += n + (path[n] == '/');
	}
	*ret_fd = steal_fd(&at);
	return 0;
}

int
io_sync_dir(int dirfd, const char *name, struct error *err)
{
	return fsync(dirfd) < 0 ? error_sys(err, errno, "cannot sync the folder '%s'", name) : 0;
}

int
io_open_dir(const char *path, struct error *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? error_sys(err, errno, "cannot open the folder '%s'", path) : fd;
}
