/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing below one folder, one name after the other, never through a link. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keeper/output.h"
#include "util/alloc.h"
#include "util/beneath.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/file-name.h"
#include "util/io.h"

/* Every name of a path stands for one plain file or folder. */
static int
check_path(const char *path, struct error *err)
{
	for (const char *p = path;; p++) {
		size_t n = strcspn(p, "/");

		if (!file_name_is_plain(p, n))
			return error_set(err, ERR_REFUSED,
					 "a name that is not written to this host");
		p += n;
		if (!*p)
			return 0;
	}
}

/* 1 when the folder is empty, 0 when not, -1 with errno. */
static int
is_empty(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0), entries = 0, e;
	DIR *d = copy < 0 ? NULL : fdopendir(copy);

	if (!d)
		return -1;
	errno = 0;
	for (const struct dirent *n = readdir(d); n; n = readdir(d))
		entries += strcmp(n->d_name, ".") != 0 && strcmp(n->d_name, "..") != 0;
	e = errno;
	closedir(d);
	errno = e;
	return e ? -1 : !entries;
}

/* `path` without what makes the kernel follow a link at its end: "/", "/.".  The caller's. */
static char *
without_tail(const char *path)
{
	size_t n = strlen(path);

	for (;;) {
		if (n > 1 && path[n - 1] == '/')
			n--;
		else if (n > 2 && path[n - 1] == '.' && path[n - 2] == '/')
			n--;
		else
			return xstrndup(path, n);
	}
}

int
output_begin(struct output *o, const char *path, struct error *err)
{
	CLEANUP_FREE char *folder = without_tail(path);
	CLEANUP_FD int fd = -1;
	int empty;

	if (io_make_dirs(folder, err) < 0)
		return -1;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	/* in a folder that others may write to, they may have put it there */
	if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
		return error_set(err, ERR_REFUSED,
				 "'%s' is a symbolic link; name the folder itself", folder);
	empty = fd < 0 ? -1 : is_empty(fd);
	if (empty < 0)
		return error_sys(err, errno, "cannot open the folder '%s'", folder);
	if (!empty)
		return error_set(err, ERR_EXISTS, "the folder '%s' is not empty; name a new one",
				 folder);
	o->root = steal_fd(&fd);
	return 0;
}

/*
 * A new file in `dirfd` that gets its name at the end, so that under it there is never a half: one without any name where the file
 * system has those, which is gone when this process is, else one beside it.  -1 with errno, EEXIST when the name is taken.
 */
static int
open_aside(struct output *o, int dirfd, const char *name)
{
	struct stat st;
	int fd;

	o->nameless = false;
	if (!*name || fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = *name ? EEXIST : ENOENT;
		return -1;
	}
	/* without /proc it could not be given a name */
	fd = access("/proc/self/fd", X_OK) == 0 ?
		     openat(dirfd, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600) :
		     -1;
	if (fd >= 0) {
		o->nameless = true;
		return fd;
	}
	o->aside = xasprintf(".resprep-%d.part", (int)getpid());
	fd = openat(dirfd, o->aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		free(steal(&o->aside));
	return fd;
}

/* Nothing that is there is written over: 0, or -1 with errno. */
static int
give_name(struct output *o)
{
	CLEANUP_FREE char *path = xasprintf("/proc/self/fd/%d", o->file);

	if (o->nameless)
		return linkat(AT_FDCWD, path, o->parent, o->name, AT_SYMLINK_FOLLOW);
	if (renameat2(o->parent, o->aside, o->parent, o->name, RENAME_NOREPLACE) < 0 &&
	    (errno != EINVAL || linkat(o->parent, o->aside, o->parent, o->name, 0) < 0 ||
	     unlinkat(o->parent, o->aside, 0) < 0))
		return -1;
	free(steal(&o->aside));
	return 0;
}

/* What is not to stay. */
static void
remove_file(struct output *o)
{
	if (!o->nameless)
		unlinkat(o->parent, o->aside ? o->aside : o->name, 0);
}

int
output_begin_file(struct output *o, const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	CLEANUP_FREE char *folder = slash ? xstrndup(path, (size_t)(slash - path) + 1) :
					    xstrdup(".");
	CLEANUP_FD int at = -1;

	/* once: the limits are those of this file from here on */
	if (o->root >= 0 || o->file >= 0 || o->begun || !*name)
		return error_set(err, ERR_INTERNAL, "no file to write");
	at = io_open_dir(folder, err);
	if (at < 0)
		return -1;
	o->file = open_aside(o, at, name);
	if (o->file < 0)
		return error_sys(err, errno, "cannot make '%s'", path);
	o->parent = steal_fd(&at);
	o->name = xstrdup(name);
	o->single = true;
	o->at = 0;
	o->begun++;
	/* all copies are in it, and the list of them */
	o->limits.file = o->limits.all > UINT64_MAX - OUTPUT_LIST_MAX ? UINT64_MAX :
			 o->limits.all ? o->limits.all + OUTPUT_LIST_MAX :
					 0;
	o->limits.all = 0;
	o->limits.list = NULL;
	return 0;
}

/* The folder of `path`, made where it is missing; *ret_name is what stands behind it.  A descriptor, or -1 with errno. */
static int
open_parent(int root, const char *path, const char **ret_name)
{
	CLEANUP_FD int at = fcntl(root, F_DUPFD_CLOEXEC, 0);

	for (;;) {
		size_t n = strcspn(path, "/");
		CLEANUP_FREE char *name = xstrndup(path, n);
		int next;

		*ret_name = path;
		if (!path[n] || at < 0)
			return steal_fd(&at);
		if (mkdirat(at, name, 0700) < 0 && errno != EEXIST)
			return -1;
		next = beneath_open(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
		cleanup_fd(&at);
		at = next;
		path += n + 1;
	}
}

int
output_file(struct output *o, const char *path, struct error *err)
{
	const char *name;
	CLEANUP_FD int at = -1;

	if (o->root < 0 || o->file >= 0)
		return error_set(err, ERR_INTERNAL, "no folder to write to");
	if (check_path(path, err) < 0)
		return -1;
	if (o->begun >= OUTPUT_FILES_MAX)
		return error_set(err, ERR_LIMIT, "more than %" PRIu64 " copies", OUTPUT_FILES_MAX);
	o->begun++;
	at = open_parent(o->root, path, &name);
	if (at < 0)
		return error_sys(err, errno, "cannot open the folder of the copy '%s'", path);
	o->file = beneath_open(at, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (o->file < 0)
		return error_sys(err, errno, "cannot make the copy '%s'", path);
	o->parent = steal_fd(&at);
	o->name = xstrdup(name);
	o->single = false;
	o->at = 0;
	o->is_list = o->limits.list && strcmp(path, o->limits.list) == 0;
	return 0;
}

/* What it is in an error. */
static const char *
noun(const struct output *o)
{
	return o->single ? "file" : "copy";
}

static int
check_limits(const struct output *o, uint64_t end, struct error *err)
{
	const struct output_limits *l = &o->limits;
	uint64_t most = o->is_list ? OUTPUT_LIST_MAX : l->file;

	if (most && end > most)
		return error_set(err, ERR_LIMIT,
				 "the %s '%s' would have more than %" PRIu64 " bytes", noun(o),
				 o->name, most);
	if (l->all && !o->is_list && (end > l->all || o->all > l->all - end))
		return error_set(err, ERR_LIMIT,
				 "with the copy '%s' all together would have more than %" PRIu64
				 " bytes",
				 o->name, l->all);
	return 0;
}

static int
cannot_write(const struct output *o, struct error *err)
{
	return error_sys(err, errno, "cannot write the %s '%s'", noun(o), o->name);
}

int
output_data(struct output *o, const void *p, uint64_t n, struct error *err)
{
	if (o->file < 0 || n > INT64_MAX - o->at)
		return error_set(err, ERR_INTERNAL, "no file to write to");
	if (check_limits(o, o->at + n, err) < 0)
		return -1;
	if (p && io_pwrite_full(o->file, p, (size_t)n, o->at) < 0)
		return cannot_write(o, err);
	o->at += n;
	return 0;
}

static void
forget_file(struct output *o)
{
	if (o->file >= 0)
		close(o->file);
	if (o->parent >= 0)
		close(o->parent);
	free(o->name);
	free(o->aside);
	o->file = o->parent = -1;
	o->name = o->aside = NULL;
	o->nameless = false;
}

int
output_end(struct output *o, const struct timespec times[2], bool keep, struct error *err)
{
	int got = 0;

	if (o->file < 0)
		return error_set(err, ERR_INTERNAL, "no file to end");
	/* a hole at the end has written nothing; and some file systems tell only now that they are full */
	if (keep && (ftruncate(o->file, (off_t)o->at) < 0 || fsync(o->file) < 0))
		got = cannot_write(o, err);
	else if (keep && (o->nameless || o->aside) &&
		 (give_name(o) < 0 || (fsync(o->parent) < 0 && errno != EINVAL)))
		got = error_sys(err, errno, "cannot make '%s'", o->name);
	if (!keep || got < 0) {
		remove_file(o);
	} else {
		/* a host file system without such times still has the manifest */
		futimens(o->file, times);
		o->all += o->is_list ? 0 : o->at;
		o->whole++;
	}
	forget_file(o);
	return got;
}

void
output_clear(struct output *o)
{
	if (o->file >= 0)
		remove_file(o);
	forget_file(o);
	if (o->root >= 0)
		close(o->root);
	o->root = -1;
}
