/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading, writing and flushing a device, or files beneath a directory. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "block/changes.h"
#include "block/commit-target.h"
#include "block/commit.h"
#include "block/hold.h"
#include "util/alloc.h"
#include "util/beneath.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/io.h"

struct open_file {
	char *path; /* of the record; NULL: the device itself; owned */
	int fd;
	bool written; /* since the last flush */
	/* of a file as it was: an image's before anything of it was read */
	uint64_t size;
	struct timespec modified, changed;
};

struct commit_target {
	const struct hold *hold;
	struct open_file *files;
	size_t count;
};

static struct open_file *
find(struct commit_target *t, const char *path)
{
	for (size_t i = 0; i < t->count; i++)
		if (!path || strcmp(t->files[i].path, path) == 0)
			return &t->files[i];
	return NULL;
}

/* A limit for the size of files (ulimit -f) would end a commit in its middle. */
static int
check_limit(const char *path, const char *name, uint64_t size, struct error *err)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_FSIZE, &l) < 0 || l.rlim_cur == RLIM_INFINITY || size <= l.rlim_cur)
		return 0;
	return error_set(err, ERR_REFUSED,
			 "'%s%s%s' has %" PRIu64
			 " bytes, and this process may write files of %" PRIu64
			 " bytes only: raise that limit first (ulimit -f unlimited)",
			 path, name ? "/" : "", name ? name : "", size, (uint64_t)l.rlim_cur);
}

static int
add_file(struct commit_target *t, const char *path, bool writable, struct error *err)
{
	int fd = beneath_open(t->hold->fd, path,
			      (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
			      0);
	struct open_file *f;
	struct stat st;

	if (fd < 0)
		return error_sys(err, errno, "cannot open '%s/%s'", t->hold->path, path);
	ARRAY_GROW(t->files, t->count);
	f = &t->files[t->count++];
	*f = (struct open_file){ .path = xstrdup(path), .fd = fd };
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return error_set(err, ERR_REFUSED, "'%s/%s' is no plain file", t->hold->path, path);
	f->size = (uint64_t)st.st_size;
	f->modified = st.st_mtim;
	f->changed = st.st_ctim;
	return writable ? check_limit(t->hold->path, path, (uint64_t)st.st_size, err) : 0;
}

struct commit_target *
commit_target_open(const struct hold *h, const struct changes *c, bool writable, struct error *err)
{
	CLEANUP_COMMIT_TARGET struct commit_target *t = xzalloc(sizeof *t);
	int fd;

	t->hold = h;
	if ((h->kind == HOLD_DIRECTORY) != (c->identity.kind == TARGET_DIRECTORY)) {
		error_set(err, ERR_REFUSED, "the journal is of a %s, but '%s' is a %s",
			  c->identity.kind == TARGET_DIRECTORY ? "folder" : "disk or image",
			  h->path, h->kind == HOLD_DIRECTORY ? "folder" : "disk or image");
		return NULL;
	}
	if (h->kind != HOLD_DIRECTORY) {
		if (writable && h->kind == HOLD_IMAGE &&
		    check_limit(h->path, NULL, h->size, err) < 0)
			return NULL;
		fd = writable ? hold_open_writable(h, err) : fcntl(h->fd, F_DUPFD_CLOEXEC, 0);
		if (fd < 0)
			return NULL;
		ARRAY_GROW(t->files, t->count);
		t->files[t->count++] = (struct open_file){
			.fd = fd, .size = h->size, .modified = h->modified, .changed = h->changed
		};
		return steal(&t);
	}
	for (size_t i = 0; i < c->record_count; i++)
		if (!find(t, c->records[i].path) &&
		    add_file(t, c->records[i].path, writable, err) < 0)
			return NULL;
	return steal(&t);
}

void
commit_target_close(struct commit_target *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->count; i++) {
		close(t->files[i].fd);
		free(t->files[i].path);
	}
	free(t->files);
	free(t);
}

void
commit_target_closep(struct commit_target **t)
{
	commit_target_close(*t);
}

static bool
same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

int
commit_target_unchanged(const struct commit_target *t, struct error *err)
{
	for (size_t i = 0; i < t->count && t->hold->kind != HOLD_DISK; i++) {
		const struct open_file *f = &t->files[i];
		struct stat now;

		if (fstat(f->fd, &now) < 0)
			return error_sys(err, errno, "cannot look at '%s'", t->hold->path);
		/* the time of the last write can be set to anything, that of the last change cannot (inode(7)) */
		if ((uint64_t)now.st_size != f->size || !same_time(&now.st_mtim, &f->modified) ||
		    !same_time(&now.st_ctim, &f->changed))
			return error_set(
				err, ERR_BUSY,
				"'%s%s%s' was changed by another program while the repair was prepared; nothing was "
				"written; start again",
				t->hold->path, f->path ? "/" : "", f->path ? f->path : "");
	}
	return 0;
}

int
commit_target_read(struct commit_target *t, const char *path, void *buf, size_t len,
		   uint64_t offset, size_t *ret_len, struct error *err)
{
	const struct open_file *f = find(t, path);
	ssize_t n = f ? io_pread_full(f->fd, buf, len, offset) : -1;

	if (n < 0)
		return error_sys(err, f ? errno : ENOENT, "cannot read '%s%s%s' at %" PRIu64,
				 t->hold->path, path ? "/" : "", path ? path : "", offset);
	*ret_len = (size_t)n;
	return 0;
}

int
commit_target_size(struct commit_target *t, const char *path, uint64_t *ret, struct error *err)
{
	const struct open_file *f = find(t, path);
	struct stat st;

	if (!f || fstat(f->fd, &st) < 0)
		return error_sys(err, f ? errno : ENOENT, "cannot look at '%s'", path);
	*ret = (uint64_t)st.st_size;
	return 0;
}

/* Never longer: a file that grows in several steps may not have come to this one. */
static int
shorten(struct commit_target *t, struct open_file *f, uint64_t size, struct error *err)
{
	struct stat st;

	if (fstat(f->fd, &st) < 0 ||
	    ((uint64_t)st.st_size > size && ftruncate(f->fd, (off_t)size) < 0))
		return error_sys(err, errno, "cannot shorten '%s/%s'", t->hold->path, f->path);
	return 0;
}

int
commit_target_write(struct commit_target *t, const struct record *r, bool after, const uint8_t *p,
		    struct commit_stats *stats, struct error *err)
{
	struct open_file *f = find(t, r->path);
	uint32_t len = after ? r->after_len : r->before_len;
	uint32_t other = after ? r->before_len : r->after_len;

	if (!f)
		return error_set(err, ERR_INTERNAL, "no open file for a record");
	f->written = true;
	if (len && io_pwrite_full(f->fd, p, len, r->offset) < 0)
		return error_sys(err, errno, "cannot write %u bytes at %" PRIu64 " of '%s%s%s'",
				 len, r->offset, t->hold->path, r->path ? "/" : "",
				 r->path ? r->path : "");
	/* what stands behind goes last, so that nothing is lost before its image is in place */
	if (r->path && len < other && shorten(t, f, r->offset + len, err) < 0)
		return -1;
	stats->writes++;
	stats->written_bytes += len;
	if (!r->path)
		stats->sectors += (len + 511) / 512;
	return 0;
}

int
commit_target_flush(struct commit_target *t, struct error *err)
{
	for (size_t i = 0; i < t->count; i++) {
		struct open_file *f = &t->files[i];

		if (!f->written)
			continue;
		if (fsync(f->fd) < 0)
			return error_sys(err, errno, "cannot flush '%s'", t->hold->path);
		f->written = false;
	}
	return 0;
}

void
commit_target_drop_caches(struct commit_target *t)
{
	for (size_t i = 0; i < t->count; i++) {
		if (t->hold->kind != HOLD_DIRECTORY)
			hold_drop_caches(t->hold, t->files[i].fd);
		else
			posix_fadvise(t->files[i].fd, 0, 0, POSIX_FADV_DONTNEED);
	}
}
