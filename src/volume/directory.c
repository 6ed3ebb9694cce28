/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A directory where somebody has mounted the volume.
 *
 * Every look-up goes from the open directory, one name at a time, without following links: what the
 * FUSE driver shows as a symbolic link is a reparse point to us.  Names are matched exactly first, then
 * without regard to case.  This volume is only read; volume/staged keeps the changes.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/filetime.h"
#include "util/io.h"
#include "util/text.h"
#include "util/utf16.h"
#include "volume/volume-private.h"

struct directory {
	struct volume base;
	int fd; /* the caller's */
	char *path;
};

struct directory_file {
	struct volume_file base;
	int fd;
	char *path;
};

static struct directory *
directory_of(struct volume *base)
{
	return (struct directory *)base;
}

/* The name in the open folder that Windows would take for `name`; the caller's; NULL with errno. */
static char *
match(int dirfd, const char *name)
{
	struct stat st;
	char *found = NULL;
	int copy, e;
	DIR *dir;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return xstrdup(name);
	if (errno != ENOENT)
		return NULL;
	copy = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = copy < 0 ? NULL : fdopendir(copy);
	if (!dir) {
		if (copy >= 0)
			close(copy);
		return NULL;
	}
	errno = 0;
	for (const struct dirent *d = readdir(dir); d && !found; d = readdir(dir))
		if (name_equal(d->d_name, name))
			found = xstrdup(d->d_name);
	/* a folder that could not be read to its end does not say that the name is not there */
	e = errno ? errno : ENOENT;
	closedir(dir);
	errno = e;
	return found;
}

static int
refuse_link(int dirfd, const char *name, const char *path, struct error *err)
{
	char target[4096];
	ssize_t n = readlinkat(dirfd, name, target, sizeof target - 1);

	if (n < 0)
		return refuse_reparse(path, 0xa000000c, NULL, err);
	target[n] = '\0';
	return refuse_reparse(path, 0xa000000c, target, err);
}

/*
 * Opens the parent of the last name of `path`; that name as stored in `*ret_name` ("." for the root), the
 * real path of the parent in `real` if given.
 */
static int
open_parent(struct directory *d, const char *path, char **ret_name, struct text *real,
	    struct error *err)
{
	CLEANUP_FD int at = fcntl(d->fd, F_DUPFD_CLOEXEC, 0);
	const char *p = path;
	size_t len;
	const char *name = path_next(&p, &len);

	if (at < 0)
		return error_sys(err, errno, "cannot open '%s'", path);
	if (!name) {
		*ret_name = xstrdup(".");
		return steal_fd(&at);
	}
	for (;;) {
		CLEANUP_FREE char *wanted = xstrndup(name, len);
		CLEANUP_FREE char *stored = strcmp(wanted, "..") == 0 || strcmp(wanted, ".") == 0 ?
						    NULL :
						    match(at, wanted);
		int next;

		if (!stored)
			return error_sys(err, errno ? errno : ENOENT, "cannot open '%s'", path);
		name = path_next(&p, &len);
		if (!name) {
			*ret_name = steal(&stored);
			return steal_fd(&at);
		}
		if (real)
			text_addf(real, "/%s", stored);
		next = openat(at, stored, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0 && (errno == ELOOP || errno == ENOTDIR)) {
			struct stat st;

			if (fstatat(at, stored, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			    S_ISLNK(st.st_mode))
				return refuse_link(at, stored, path, err);
			errno = ENOTDIR;
		}
		if (next < 0)
			return error_sys(err, errno, "cannot open '%s'", path);
		close(at);
		at = next;
	}
}

static enum file_type
type_of(mode_t mode)
{
	return S_ISREG(mode) ? FILE_REGULAR :
	       S_ISDIR(mode) ? FILE_DIRECTORY :
	       S_ISLNK(mode) ? FILE_REPARSE :
			       FILE_SPECIAL;
}

static int
directory_stat(struct volume *base, const char *path, struct file_stat *ret, struct error *err)
{
	CLEANUP_FREE char *name = NULL;
	CLEANUP_FD int parent = open_parent(directory_of(base), path, &name, NULL, err);
	struct stat st;

	if (parent < 0)
		return -1;
	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_sys(err, errno, "cannot look at '%s'", path);
	*ret = (struct file_stat){ .type = type_of(st.st_mode),
				   .size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0,
				   .reparse_tag = S_ISLNK(st.st_mode) ? 0xa000000c : 0,
				   .record = st.st_ino,
				   .device = st.st_dev,
				   .modified = filetime_from_timespec(st.st_mtim),
				   .changed = filetime_from_timespec(st.st_ctim),
				   .accessed = filetime_from_timespec(st.st_atim) };
	return 0;
}

static enum file_type
entry_type(int dirfd, const struct dirent *e)
{
	struct stat st;

	switch (e->d_type) {
	case DT_REG:
		return FILE_REGULAR;
	case DT_DIR:
		return FILE_DIRECTORY;
	case DT_LNK:
		return FILE_REPARSE;
	case DT_UNKNOWN:
		return fstatat(dirfd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 ?
			       type_of(st.st_mode) :
			       FILE_SPECIAL;
	default:
		return FILE_SPECIAL;
	}
}

static int
directory_list(struct volume *base, const char *path, struct dir_list *ret, struct error *err)
{
	CLEANUP_FREE char *name = NULL;
	CLEANUP_FD int parent = open_parent(directory_of(base), path, &name, NULL, err);
	int fd;
	DIR *dir;

	if (parent < 0)
		return -1;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && (errno == ELOOP || errno == ENOTDIR)) {
		struct stat st;

		if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
			return refuse_link(parent, name, path, err);
		errno = ENOTDIR;
	}
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir)
		return error_sys(err, errno, "cannot list '%s'", path);
	errno = 0;
	for (const struct dirent *e = readdir(dir); e; e = readdir(dir))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			dir_list_add(ret, e->d_name, entry_type(fd, e));
	if (errno) {
		error_sys(err, errno, "cannot list '%s'", path);
		closedir(dir);
		return -1;
	}
	closedir(dir);
	return 0;
}

static char *
directory_real_path(struct volume *base, const char *path, struct error *err)
{
	CLEANUP_TEXT struct text real = TEXT_INIT;
	CLEANUP_FREE char *name = NULL;
	CLEANUP_FD int parent = open_parent(directory_of(base), path, &name, &real, err);

	if (parent < 0)
		return NULL;
	if (strcmp(name, ".") == 0)
		return xstrdup("/");
	text_addf(&real, "/%s", name);
	return text_steal(&real);
}

static struct volume_file *
directory_open(struct volume *base, const char *path, struct error *err)
{
	CLEANUP_FREE char *name = NULL;
	CLEANUP_FD int parent = open_parent(directory_of(base), path, &name, NULL, err);
	CLEANUP_FD int fd = -1;
	struct directory_file *f;
	struct stat st;

	if (parent < 0)
		return NULL;
	fd = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) {
		if (errno == ELOOP)
			refuse_link(parent, name, path, err);
		else
			error_sys(err, errno, "cannot open '%s'", path);
		return NULL;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		error_set(err, ERR_UNSUPPORTED, "'%s' is %s", path,
			  S_ISDIR(st.st_mode) ? "a folder" : "no plain file");
		return NULL;
	}
	f = xzalloc(sizeof *f);
	f->base = (struct volume_file){ base, (uint64_t)st.st_size };
	f->fd = steal_fd(&fd);
	f->path = xstrdup(path);
	return &f->base;
}

static int
directory_read(struct volume_file *file, void *buf, size_t len, uint64_t offset, size_t *ret_len,
	       struct error *err)
{
	const struct directory_file *f = (const struct directory_file *)file;
	ssize_t n = io_pread_full(f->fd, buf, len, offset);

	if (n < 0)
		return error_sys(err, errno, "cannot read '%s'", f->path);
	*ret_len = (size_t)n;
	return 0;
}

static uint64_t
directory_hole(struct volume_file *file, uint64_t offset)
{
	const struct directory_file *f = (const struct directory_file *)file;
	off_t data = lseek(f->fd, (off_t)offset, SEEK_DATA);

	if (data < 0)
		return errno == ENXIO ? file->size - offset : 0;
	return (uint64_t)data - offset;
}

static void
directory_close_file(struct volume_file *file)
{
	struct directory_file *f = (struct directory_file *)file;

	close(f->fd);
	free(f->path);
	free(f);
}

/*
 * ntfs-3g counts the 8.3 alias as a link, and tells whether a name has one; the kernel's ntfs3 does neither (ntfs-3g(8), "Extended attributes";
 * Linux, fs/ntfs3/inode.c).
 */
static bool
has_alias(int fd)
{
	char alias[64];

	return fgetxattr(fd, "system.ntfs_dos_name", alias, sizeof alias) > 0;
}

static int
directory_single_name(struct volume *base, const char *path, struct error *err)
{
	struct volume_file *file = directory_open(base, path, err);
	unsigned long links;
	struct stat st;
	int fd;

	if (!file)
		return -1;
	fd = ((const struct directory_file *)file)->fd;
	if (fstat(fd, &st) < 0) {
		error_sys(err, errno, "cannot look at '%s'", path);
		directory_close_file(file);
		return -1;
	}
	links = (unsigned long)st.st_nlink;
	if (links > 1)
		links -= has_alias(fd);
	directory_close_file(file);
	return links <= 1 ?
		       0 :
		       error_set(err, ERR_UNSUPPORTED,
				 "'%s' has %lu names (hard links), so a change of it would be a "
				 "change of another file too; " WAY_OUT_LINKS,
				 path, links);
}

static int
directory_close(struct volume *base, struct error *err)
{
	struct directory *d = directory_of(base);

	(void)err;
	free(d->path);
	free(d);
	return 0;
}

static const struct volume_ops directory_ops = {
	.name = "directory",
	.stat = directory_stat,
	.list = directory_list,
	.real_path = directory_real_path,
	.open = directory_open,
	.read = directory_read,
	.hole = directory_hole,
	.close_file = directory_close_file,
	.single_name = directory_single_name,
	.close = directory_close,
};

struct volume *
volume_directory_open(int dirfd, const char *path, struct error *err)
{
	struct directory *d;
	struct statvfs vfs;

	if (fstatvfs(dirfd, &vfs) < 0) {
		error_sys(err, errno, "cannot look at '%s'", path);
		return NULL;
	}
	d = xzalloc(sizeof *d);
	d->base.ops = &directory_ops;
	d->base.state = (struct volume_state){ .mounted = true,
					       .read_only = (vfs.f_flag & ST_RDONLY) != 0,
					       .log_major = -1,
					       .log_minor = -1 };
	d->fd = dirfd;
	d->path = xstrdup(path);
	d->base.state.hibernated = volume_hibernated(&d->base);
	return &d->base;
}
