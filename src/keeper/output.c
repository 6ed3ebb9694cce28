/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing below one folder, one name after the other, never through a link. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keeper/output.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/io.h"

#define NAME_MOST 255u

/* The names of a path, without those that mean something to the host. */
static int
check_path(const char *path, struct error *err)
{
	for (const char *p = path;; p++) {
		size_t n = strcspn(p, "/");
		bool bad = n == 0 || n > NAME_MOST || (n == 1 && *p == '.') ||
			   (n == 2 && strncmp(p, "..", 2) == 0);

		for (size_t i = 0; i < n; i++)
			bad |= (unsigned char)p[i] < 0x20 || p[i] == 0x7f;
		if (bad)
			return error_set(err, ERR_REFUSED,
					 "a name that is not written to this host");
		p += n;
		if (!*p)
			return 0;
	}
}

int
output_begin(struct output *o, const char *folder, struct error *err)
{
	CLEANUP_FD int fd = -1;
	int entries = 0;
	DIR *d;

	if (io_make_dirs(folder, err) < 0)
		return -1;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(dup(fd));
	if (!d)
		return error_sys(err, errno, "cannot open the folder '%s'", folder);
	for (const struct dirent *e = readdir(d); e; e = readdir(d))
		entries += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(d);
	if (entries)
		return error_set(err, ERR_EXISTS, "the folder '%s' is not empty; name a new one",
				 folder);
	o->root = steal_fd(&fd);
	return 0;
}

int
output_file(struct output *o, const char *path, struct error *err)
{
	CLEANUP_FD int at = -1;
	const char *p = path;

	if (o->root < 0 || o->file >= 0)
		return error_set(err, ERR_INTERNAL, "no folder to write to");
	if (check_path(path, err) < 0)
		return -1;
	for (at = dup(o->root); at >= 0; p++) {
		size_t n = strcspn(p, "/");
		CLEANUP_FREE char *name = xstrndup(p, n);
		int next;

		p += n;
		if (!*p) {
			o->file = openat(at, name,
					 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
					 0600);
			if (o->file < 0)
				return error_sys(err, errno, "cannot make the copy '%s'", path);
			o->parent = steal_fd(&at);
			o->name = steal(&name);
			o->at = 0;
			return 0;
		}
		if (mkdirat(at, name, 0700) < 0 && errno != EEXIST)
			return error_sys(err, errno, "cannot make the folder '%s'", name);
		next = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(at);
		at = next;
	}
	return error_sys(err, errno, "cannot open a folder for '%s'", path);
}

int
output_data(struct output *o, const void *p, uint64_t n, struct error *err)
{
	if (o->file < 0 || n > INT64_MAX - o->at)
		return error_set(err, ERR_INTERNAL, "no file to write to");
	if (p && io_pwrite_full(o->file, p, (size_t)n, o->at) < 0)
		return error_sys(err, errno, "cannot write the copy '%s'", o->name);
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
	o->file = o->parent = -1;
	o->name = NULL;
}

int
output_end(struct output *o, const struct timespec times[2], bool keep, struct error *err)
{
	int got = 0;

	if (o->file < 0)
		return error_set(err, ERR_INTERNAL, "no file to end");
	/* a hole at the end has written nothing */
	if (keep && ftruncate(o->file, (off_t)o->at) < 0)
		got = error_sys(err, errno, "cannot write the copy '%s'", o->name);
	if (!keep || got < 0)
		unlinkat(o->parent, o->name, 0);
	else
		futimens(o->file,
			 times); /* a host file system without such times still has the manifest */
	forget_file(o);
	return got;
}

void
output_clear(struct output *o)
{
	if (o->file >= 0)
		unlinkat(o->parent, o->name, 0);
	forget_file(o);
	if (o->root >= 0)
		close(o->root);
	o->root = -1;
}
